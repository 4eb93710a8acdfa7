import re
from collections.abc import Callable

import msgspec
import pytest

from bot.bibliography.paper import Paper
from bot.config import Config
from bot.pages.order import reading_order
from bot.pages.readme import readme
from bot.pages.regions import RegionError

PRESENT = """\
# Bird Song

My *own* words, with `code`\x20\x20
and a break.

## Contents

<!-- bot:contents -->
<!-- /bot:contents -->

## The papers

<!-- bot:summary -->
| old | table |
<!-- /bot:summary -->

## Numbers

<!-- bot:statistics -->
<!-- /bot:statistics -->

## Thanks
"""


def limited(config: Config, limit: int) -> Config:
    pages = config.pages
    return msgspec.structs.replace(
        config, pages=msgspec.structs.replace(pages, readme=msgspec.structs.replace(pages.readme, limit=limit))
    )


def many(paper: Callable[..., Paper]) -> list[Paper]:
    """Ten papers a year from 2010 to 2019, and two without a year."""
    dated = [
        paper(f"Of {year}, number {n}", key=f"k{year}{n}", year=year) for year in range(2010, 2020) for n in range(10)
    ]
    return reading_order([*dated, paper("Once", key="u1", year=None), paper("Twice", key="u2", year=None)])


def without_regions(text: str) -> str:
    return re.sub(r"(<!-- bot:(\w+) -->).*?(<!-- /bot:\2 -->)", r"\1\3", text, flags=re.DOTALL)


def test_the_three_regions_are_made_anew(config: Config, paper: Callable[..., Paper]) -> None:
    text, years = readme(PRESENT, [paper("One"), paper("Two", code="https://github.com/a")], "- 2 papers", config)
    assert years == []
    assert text == PRESENT.replace(
        "<!-- bot:contents -->\n",
        "<!-- bot:contents -->\n\n- [The papers](#the-papers)\n- [Numbers](#numbers)\n- [Thanks](#thanks)\n\n",
    ).replace(
        "<!-- bot:summary -->\n| old | table |\n",
        "<!-- bot:summary -->\n\n| Papers | Code |\n| --- | --- |\n| One | No |\n"
        "| Two | [GitHub](https://github.com/a) |\n\n",
    ).replace("<!-- bot:statistics -->\n", "<!-- bot:statistics -->\n\n- 2 papers\n\n")  # fmt: skip


def test_making_it_twice_changes_nothing(config: Config, paper: Callable[..., Paper]) -> None:
    for limit in (500_000, 2500, 0):
        once, _ = readme(PRESENT, many(paper), "- 102 papers", limited(config, limit))
        assert readme(once, many(paper), "- 102 papers", limited(config, limit))[0] == once


def test_a_missing_marker_is_named(config: Config) -> None:
    with pytest.raises(RegionError, match=r"README\.md: the line <!-- bot:statistics --> is missing"):
        readme(PRESENT.replace("<!-- bot:statistics -->", ""), [], "", config)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_readme_of_exactly_the_limit_is_whole(config: Config, paper: Callable[..., Paper], end: str) -> None:
    present = PRESENT.replace("\n", end)
    whole, _ = readme(present, many(paper), "- 102 papers", config)
    size = len(whole.encode())
    assert readme(present, many(paper), "- 102 papers", limited(config, size)) == (whole, [])
    shorter, years = readme(present, many(paper), "- 102 papers", limited(config, size - 1))
    assert len(shorter.encode()) < size
    assert years
    assert without_regions(shorter) == without_regions(whole)


@pytest.mark.parametrize("limit", range(800, 3097, 150))
def test_a_long_readme_shows_the_newest_years_that_fit(config: Config, paper: Callable[..., Paper], limit: int) -> None:
    text, _ = readme(PRESENT, many(paper), "- 102 papers", limited(config, limit))
    assert len(text.encode()) <= limit
    rows = re.findall(r"^\| (Of \d+, number \d) \| No \|$", text, re.MULTILINE)
    shown = len(rows) // 10
    assert rows == [f"Of {year}, number {n}" for year in range(2019, 2019 - shown, -1) for n in range(10)]
    # Another year has ten rows of 25 bytes with their ends.
    assert limit - len(text.encode()) < 10 * 25 or shown == 0
    if shown:
        assert f"the papers from {2020 - shown} on" in text


def test_a_long_readme_links_to_a_page_of_every_year(config: Config, paper: Callable[..., Paper]) -> None:
    text, years = readme(PRESENT, many(paper), "- 102 papers", limited(config, 2000))
    assert "[2019](years/2019.md) (10) · [2018](years/2018.md) (10) · " in text
    assert "[2010](years/2010.md) (10) · [without a year](years/undated.md) (2)" in text
    assert [document.path for document in years] == [
        *(f"years/{year}.md" for year in range(2019, 2009, -1)),
        "years/undated.md",
    ]
    assert years[0].title == "Bird Song, 2019"
    assert years[0].intro == "10 papers of [Bird Song](../README.md)."
    assert years[0].heading == "| Papers | Code |\n| --- | --- |"
    assert years[0].items == [(f"| Of 2019, number {n} | No |",) for n in range(10)]


def test_a_readme_without_room_for_a_year_has_links_and_no_table(config: Config, paper: Callable[..., Paper]) -> None:
    text, _ = readme(PRESENT, many(paper), "- 102 papers", limited(config, 10))
    assert "no room for a year's papers" in text
    assert "[2019](years/2019.md)" in text
    assert "|" not in text
