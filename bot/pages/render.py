"""All pages of a list, from its papers."""

import posixpath
import re
from collections.abc import Callable, Iterable, Sequence

from bot.bibliography.paper import Paper
from bot.config import Config
from bot.pages.chart import chart
from bot.pages.documents import Page, document_pages, is_generated
from bot.pages.lists import list_document
from bot.pages.names import listed_names
from bot.pages.order import reading_order
from bot.pages.readme import readme
from bot.pages.statistics import papers_per_year, statistics
from bot.problems import UsageError


def pages(
    papers: Iterable[Paper], config: Config, read: Callable[[str], str | None], existing: Iterable[str] = ()
) -> list[Page]:
    """What should stand in each generated file, the README included.

    ``read`` gives the present text of a file by its path under the root, or ``None`` where there is none;
    ``existing`` names the files in the generated folders, of which those that an earlier run made and no one
    needs any more (a year's page, a part) are to go.

    Raises:
        UsageError: there is no README.
        RegionError: the README lacks the markers of a region.
    """
    papers = reading_order(papers)
    names = {
        page.file: listed_names(papers, page.field, config.aliases.get(page.field, {})) for page in config.pages.lists
    }
    file = config.pages.readme.file
    present = read(file)
    if present is None:
        raise UsageError(f"{file}: there is no such file; the list needs one, with the markers of its regions")
    counts = {path: len(listed) for path, listed in names.items()}
    text, year_documents = readme(present, papers, statistics(papers, counts, config), config)
    made = [Page(file, text)]
    documents = [list_document(page, names[page.file], config) for page in config.pages.lists] + year_documents
    for document in documents:
        made += document_pages(document, config)
    if config.pages.chart:
        made.append(Page(config.pages.chart, chart(papers_per_year(papers))))
    return made + _stale(made, config, read, existing)


def generated_folders(config: Config) -> tuple[str, ...]:
    """The folders under the root in which generated pages may stand (empty for the root itself), sorted."""
    lists = {posixpath.dirname(page.file) for page in config.pages.lists}
    return tuple(sorted({*lists, config.pages.readme.year_pages}))


def _stale(
    made: Sequence[Page], config: Config, read: Callable[[str], str | None], existing: Iterable[str]
) -> list[Page]:
    """The pages of an earlier run that are to go: named like one, and made by the bot."""
    own = {page.path for page in made}
    stems = "|".join(re.escape(posixpath.splitext(page.file)[0]) for page in config.pages.lists)
    years = re.escape(config.pages.readme.year_pages)
    name = re.compile(rf"(?:(?:{stems})-[0-9]+|{years}/(?:[0-9]+|undated)(?:-[0-9]+)?)\.md")
    return [
        Page(path, None)
        for path in sorted(set(existing))
        if path not in own and name.fullmatch(path) and is_generated(read(path) or "")
    ]
