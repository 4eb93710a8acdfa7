from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.bibliography.paper import Paper
from bot.config import Column, Config
from bot.pages.rows import heading, row, titled

HOSTILE = (Path(__file__).parent / "data" / "hostile-titles.txt").read_text(encoding="utf-8").split("\n")[:-1]


def with_columns(config: Config, *shown: str) -> Config:
    columns = tuple(Column(show.capitalize(), show) for show in shown)
    readme = msgspec.structs.replace(config.pages.readme, columns=columns)
    return msgspec.structs.replace(config, pages=msgspec.structs.replace(config.pages, readme=readme))


def cells(config: Config, *rows: str) -> list[list[str]]:
    """The texts of a table's cells, row by row, as GitHub's Markdown reads them."""
    tokens = MarkdownIt("gfm-like").parse("\n".join([heading(config), *rows]))
    assert tokens[0].type == "table_open"
    assert tokens[-1].type == "table_close"
    table: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            table.append([])
        elif token.type == "inline":
            assert {child.type for child in token.children or []} <= {"text", "link_open", "link_close"}
            table[-1].append("".join(child.content for child in token.children or []).replace("\u200b", ""))
    return table


def test_the_table_starts_with_the_configured_headings(config: Config) -> None:
    assert heading(config) == "| Papers | Code |\n| --- | --- |"


def test_a_row_has_the_linked_title_and_the_code(config: Config, paper: Callable[..., Paper]) -> None:
    assert (
        row(paper("Deep Bach", link="https://arxiv.org/pdf/1612.01010.pdf", code="https://github.com/a/b"), config)
        == "| [Deep Bach](https://arxiv.org/pdf/1612.01010.pdf) | [GitHub](https://github.com/a/b) |"
    )


def test_a_row_without_addresses_has_a_bare_title_and_no_code(config: Config, paper: Callable[..., Paper]) -> None:
    assert row(paper("Neural net modeling of music"), config) == "| Neural net modeling of music | No |"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("https://github.com/a/b", "GitHub"),
        ("http://www.github.com/a/b", "GitHub"),
        ("https://GitHub.com", "GitHub"),
        ("https://gist.github.com/a/1", "GitHub"),
        ("https://a.github.io/b", "Website"),
        ("https://notgithub.com/a/b", "Website"),
        ("https://github.com.example.org/a", "Website"),
        ("https://example.org/?github.com/", "Website"),
        ("https://gitlab.com/a/b", "Website"),
    ],
)
def test_the_code_is_named_by_its_host(config: Config, paper: Callable[..., Paper], code: str, name: str) -> None:
    assert row(paper(code=code), config).endswith(f"| [{name}]({code}) |")


def test_other_columns_show_any_field(config: Config, paper: Callable[..., Paper]) -> None:
    shown = paper(
        authors="Böck, S; Schlüter, J",
        task="MGR & Onset detection",
        dataset="Inhouse & [C4S](http://mmc.tudelft.nl/c4s) & [X](ftp://x)",
        url="https://example.org/page",
        link="see the [library](x)",
        time="2_h | 3",
    )
    columns = with_columns(config, "year", "author", "task", "dataset", "url", "link", "time", "loss")
    assert row(shown, columns) == (
        "| 2017 | Böck, S; Schlüter, J | MGR & Onset detection | Inhouse & [C4S](http://mmc.tudelft.nl/c4s) & X "
        "| [url](https://example.org/page) | see the \\[library\\](x) | 2\\_h \\| 3 |  |"
    )
    assert len(cells(columns, row(shown, columns))[1]) == 8


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_stays_one_row_of_text(config: Config, paper: Callable[..., Paper], title: str) -> None:
    line = row(paper(title, link="https://e.org/a|b)"), config)
    assert cells(config, line, line) == [["Papers", "Code"], [title, "No"], [title, "No"]]


@given(title=st.text(), link=st.text())
def test_a_row_is_one_line_whatever_the_entry_holds(
    config: Config, paper: Callable[..., Paper], title: str, link: str
) -> None:
    line = row(paper(title, link=f"https://e.org/{link}", code=f"http://e.org/{link}"), config)
    assert line.splitlines() == [line]
    assert line.startswith("| ")
    assert line.endswith(" |")
    assert [len(shown) for shown in cells(config, line, line)] == [2, 2, 2]


@pytest.mark.parametrize("title", ["", "\x1b\u202e"])
def test_a_paper_without_a_title_is_shown_by_its_key(paper: Callable[..., Paper], title: str) -> None:
    assert titled(paper(title, key="Böck_2012", link="https://e.org")) == "[Böck\\_2012](https://e.org)"
