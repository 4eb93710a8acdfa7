from collections.abc import Callable

import msgspec
import pytest

from bot.bibliography.paper import Paper
from bot.config import Config
from bot.pages.statistics import papers_per_year, statistics
from bot.wording import counted


def test_the_statistics_follow_from_the_papers(config: Config, paper: Callable[..., Paper]) -> None:
    papers = [
        paper(type="article", year=2017),
        paper(type="book", year=2015),
        paper(type="inproceedings", year=2017),
        paper(type="inproceedings", year=None),
    ]
    assert statistics(papers, {"authors.md": 1234, "datasets.md": 1}, config) == (
        "- 4 papers, with all that is known of them in [birds.bib](birds.bib)\n"
        "- 1,234 researchers: see [Authors](authors.md)\n"
        "- 1 dataset: see [Datasets](datasets.md)\n"
        "- Entries by type: 2 inproceedings, 1 article, 1 book\n"
        "\n"
        "![Papers per year from 2015 to 2017; the most, 2, are of 2017](fig/years.svg)"
    )


def test_a_list_without_papers_list_pages_and_picture_has_statistics(config: Config) -> None:
    bare = msgspec.structs.replace(config, pages=msgspec.structs.replace(config.pages, lists=(), chart=None))
    assert statistics([], {}, bare) == "- 0 papers, with all that is known of them in [birds.bib](birds.bib)"


def test_years_are_counted_in_their_order(paper: Callable[..., Paper]) -> None:
    years = papers_per_year([paper(year=year) for year in (2017, 1988, None, 2017)])
    assert list(years.items()) == [(1988, 1), (2017, 2)]


@pytest.mark.parametrize(
    ("number", "noun", "words"),
    [
        (0, "paper", "0 papers"),
        (1, "paper", "1 paper"),
        (2, "study", "2 studies"),
        (2, "essay", "2 essays"),
        (1000000, "task", "1,000,000 tasks"),
    ],
)
def test_things_are_counted_in_words(number: int, noun: str, words: str) -> None:
    assert counted(number, noun) == words
