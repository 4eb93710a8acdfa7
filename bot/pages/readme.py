"""The README: its three regions, and where they would make it too long for GitHub, a page for each year."""

from collections.abc import Sequence

from bot.bibliography.paper import Paper
from bot.config import Config
from bot.escape import markdown
from bot.pages.contents import contents
from bot.pages.documents import Document, path_from
from bot.pages.regions import replace_region
from bot.pages.rows import heading, row
from bot.wording import counted

_UNDATED = "undated"

# The sentence above the table of a README that cannot hold all papers, and the one in the table's place.
_NEWEST = "This page has room for the papers from {year} on. All papers, on a page for each year:"
_NONE = "This page has no room for a year's papers. All papers, on a page for each year:"


def readme(text: str, papers: Sequence[Paper], statistics: str, config: Config) -> tuple[str, list[Document]]:
    """The README with its regions made anew, and the pages of the years, which are none where all papers fit.

    ``text`` is the README as it stands, ``papers`` come in reading order. A README of more than ``limit`` bytes
    has only the newest years that fit, whole, and links to the page of each year.

    Raises:
        RegionError: a marker is missing, stands twice, or in another region.
    """
    file, limit = config.pages.readme.file, config.pages.readme.limit
    text = replace_region(text, "statistics", statistics, file)
    text = replace_region(text, "contents", contents(text), file)

    def with_summary(*sections: str) -> str:
        return replace_region(text, "summary", "\n\n".join(sections), file)

    years = _rows_by_year(papers, config)
    table = heading(config)
    whole = with_summary("\n".join([table, *(line for rows in years.values() for line in rows)]))
    if _size(whole) <= limit:
        return whole, []
    documents = [_year_document(year, rows, table, config) for year, rows in years.items()]
    links = _year_links(years, documents, file)
    room = limit - _size(with_summary(_NEWEST.format(year="0000"), links, table))
    line_end = _size(with_summary("\n")) - _size(with_summary(""))
    shown: list[str] = []
    oldest = None
    for year, rows in years.items():
        room -= sum(_size(line) + line_end for line in rows)
        if room < 0 or year is None:
            break
        shown += rows
        oldest = year
    if oldest is None:
        return with_summary(_NONE, links), documents
    return with_summary(_NEWEST.format(year=oldest), links, "\n".join([table, *shown])), documents


def _rows_by_year(papers: Sequence[Paper], config: Config) -> dict[int | None, list[str]]:
    years: dict[int | None, list[str]] = {}
    for paper in papers:
        years.setdefault(paper.year, []).append(row(paper, config))
    return years


def _year_document(year: int | None, rows: Sequence[str], table: str, config: Config) -> Document:
    path = f"{config.pages.readme.year_pages}/{_UNDATED if year is None else year}.md"
    home = f"[{markdown(config.title)}]({path_from(path, config.pages.readme.file)})"
    return Document(
        path=path,
        title=f"{config.title}, {_label(year)}",
        intro=f"{counted(len(rows), 'paper')} of {home}.",
        items=[(line,) for line in rows],
        heading=table,
    )


def _year_links(years: dict[int | None, list[str]], documents: Sequence[Document], file: str) -> str:
    return " · ".join(
        f"[{_label(year)}]({path_from(file, document.path)}) ({len(rows):,})"
        for (year, rows), document in zip(years.items(), documents, strict=True)
    )


def _label(year: int | None) -> str:
    return "without a year" if year is None else str(year)


def _size(text: str) -> int:
    return len(text.encode())
