"""A paper's row of the table, the same in the README, a pull request's preview and the web page."""

import re

from bot.bibliography.paper import Paper
from bot.config import Config
from bot.escape import link, link_destination, markdown
from bot.pages.values import values

_GITHUB = re.compile(r"https?://(?:[^/?#@:]+\.)?github\.com(?=[:/?#]|\Z)", re.IGNORECASE)


def heading(config: Config) -> str:
    """The two lines with which the table starts."""
    columns = config.pages.readme.columns
    return f"{_line([markdown(column.heading) for column in columns])}\n{_line(['---'] * len(columns))}"


def row(paper: Paper, config: Config) -> str:
    """The paper's one line of the table, whatever the entry holds."""
    return _line([_cell(paper, column.show, config) for column in config.pages.readme.columns])


def titled(paper: Paper) -> str:
    """The paper's title, linked where the paper has a link; the citation key where it has no title."""
    return link(paper.title if markdown(paper.title) else paper.key, paper.link)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(paper: Paper, show: str, config: Config) -> str:
    if show == "title":
        return titled(paper)
    if show == "code":
        return link(_site(paper.code), paper.code) if paper.code else "No"
    if show in config.addresses:
        address = paper.fields.get(show, "")
        return link(show if link_destination(address) else address, address)
    return ("; " if show == "author" else " & ").join(value.markdown() for value in values(paper, show))


def _site(address: str) -> str:
    return "GitHub" if _GITHUB.match(address) else "Website"
