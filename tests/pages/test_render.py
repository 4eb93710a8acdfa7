import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import msgspec
import pytest

from bot.bibliography.paper import Paper
from bot.config import Config
from bot.pages.render import generated_folders, pages
from bot.problems import UsageError

README = "".join(f"<!-- bot:{name} -->\n<!-- /bot:{name} -->\n" for name in ("contents", "summary", "statistics"))
HEADER = "<!-- Generated from birds.bib by `python -m bot render`: change that file instead of this one. -->\n"


def rendered(
    papers: list[Paper], config: Config, files: dict[str, str] | None = None, existing: tuple[str, ...] = ()
) -> dict[str, str | None]:
    present = {"README.md": README, **(files or {})}
    made = pages(papers, config, present.get, existing)
    assert len({page.path for page in made}) == len(made)
    return {page.path: page.text for page in made}


def with_limit(config: Config, limit: int) -> Config:
    readme = msgspec.structs.replace(config.pages.readme, limit=limit)
    return msgspec.structs.replace(config, pages=msgspec.structs.replace(config.pages, readme=readme))


def test_all_pages_follow_from_the_papers(config: Config, paper: Callable[..., Paper]) -> None:
    made = rendered([paper("One", authors="Bach, J", year=2001), paper("Two", authors="Bach, J")], config)
    assert list(made) == ["README.md", "authors.md", "datasets.md", "fig/years.svg"]
    readme, authors, datasets, picture = (text or "" for text in made.values())
    assert readme.index("| Two | No |") < readme.index("| One | No |")
    assert "- 2 papers, " in readme
    assert "- 1 researcher: " in readme
    assert "- **Bach, J** (2 papers)\n  - Two (2017)\n  - One (2001)\n" in authors
    assert authors.startswith(HEADER)
    assert datasets.startswith(HEADER)
    assert "2001: 1 paper" in "".join(ElementTree.fromstring(picture).itertext())


def test_aliases_are_those_of_the_field(config: Config, paper: Callable[..., Paper]) -> None:
    settled = msgspec.structs.replace(config, aliases={"author": {"MSD": "Moser, D"}, "dataset": {"FMA": "MSD"}})
    made = rendered([paper(authors="MSD", dataset="FMA")], settled)
    assert "**Moser, D**" in (made["authors.md"] or "")
    assert "**MSD**" in (made["datasets.md"] or "")


def test_the_order_of_the_file_changes_no_page(config: Config, paper: Callable[..., Paper]) -> None:
    papers = [
        paper(f"Title {number % 7}", key=f"k{number}", year=2000 + number % 5, authors=f"A{number % 3}, B",
              dataset=f"[D{number % 4}](http://{number % 2}.example)")
        for number in range(40)
    ]  # fmt: skip
    assert rendered(papers, config) == rendered(papers[::-1], config)


def test_an_empty_list_has_pages(config: Config) -> None:
    made = rendered([], config)
    assert "| Papers | Code |\n| --- | --- |\n\n<!-- /bot:summary -->" in (made["README.md"] or "")
    assert "0 researchers" in (made["authors.md"] or "")


def test_a_long_list_is_spread_over_pages_within_the_limit(config: Config, paper: Callable[..., Paper]) -> None:
    papers = [
        paper("T" * 50, key=f"k{number}", year=2010 + number % 3, authors=f"Name{number}, B") for number in range(300)
    ]
    made = rendered(papers, with_limit(config, 4000))
    assert {"years/2010.md", "years/2010-2.md", "years/2012.md", "authors.md", "authors-2.md"} <= set(made)
    for path, text in made.items():
        assert text is not None
        assert len(text.encode()) <= 4000
        assert text.startswith(HEADER) or path in ("README.md", "fig/years.svg")
    rows = sum((text or "").count("| TTT") for path, text in made.items() if path.startswith("years/"))
    assert rows == 300


def test_pages_that_nothing_needs_any_more_are_deleted(config: Config, paper: Callable[..., Paper]) -> None:
    stale = ["authors-2.md", "datasets-13.md", "years/1988.md", "years/2017-2.md", "years/undated.md"]
    by_hand = {"authors-3.md": "# My notes", "years/1989.md": "Kept"}
    others = ["README.md", "authors.md", "years/README.md", "authors-old.md", "notes/1988.md", "acronyms.md"]
    files = dict.fromkeys([*stale, *others[1:]], HEADER) | by_hand
    made = rendered([paper()], config, files, tuple(reversed([*stale, *by_hand, *others])))
    assert [path for path, text in made.items() if text is None] == stale


def test_a_list_without_readme_is_told_so(config: Config) -> None:
    with pytest.raises(UsageError, match=r"README\.md: there is no such file"):
        pages([], config, lambda path: None)


def test_the_generated_folders_are_named(config: Config) -> None:
    assert generated_folders(config) == ("", "years")
