"""The list pages: each name of a field with its papers (``authors.md``, ``tasks.md``, ``datasets.md``)."""

from collections.abc import Sequence

from bot.bibliography.paper import Paper
from bot.config import Config, ListPage
from bot.escape import markdown
from bot.pages.documents import Document, path_from
from bot.pages.names import Listed
from bot.pages.rows import titled
from bot.wording import counted


def list_document(page: ListPage, names: Sequence[Listed], config: Config) -> Document:
    """The page of these names, in their order: how many papers each has, and which."""
    home = f"[{markdown(config.title)}]({path_from(page.file, config.pages.readme.file)})"
    total = f"{counted(len(names), markdown(page.noun))} in {home}, in alphabetical order, with their papers."
    return Document(
        path=page.file,
        title=page.title,
        intro=f"{page.intro}\n\n{total}" if page.intro else total,
        items=[_item(listed) for listed in names],
    )


def _item(listed: Listed) -> list[str]:
    papers = counted(len(listed.papers), "paper")
    return [f"- **{listed.value.markdown()}** ({papers})", *(f"  - {_dated(paper)}" for paper in listed.papers)]


def _dated(paper: Paper) -> str:
    return titled(paper) if paper.year is None else f"{titled(paper)} ({paper.year})"
