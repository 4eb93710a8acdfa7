"""The order in which readers meet the papers: the newest first."""

from collections.abc import Iterable

from bot.bibliography.folding import fold
from bot.bibliography.paper import Paper


def reading_order(papers: Iterable[Paper]) -> list[Paper]:
    """The papers by decreasing year, first author's family name, title and key; those without a year last.

    Names and titles compare without accents and case; particles belong to the name (``van den Oord`` is under V).
    """
    return sorted(papers, key=_key)


def _key(paper: Paper) -> tuple[bool, int, str, str, str]:
    family = paper.authors[0].family if paper.authors else ""
    return paper.year is None, -(paper.year or 0), fold(family), fold(paper.title), paper.key
