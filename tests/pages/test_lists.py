from collections.abc import Callable

import msgspec

from bot.bibliography.paper import Paper
from bot.config import Config, ListPage
from bot.pages.documents import document_pages
from bot.pages.lists import list_document
from bot.pages.names import listed_names

AUTHORS = ListPage("authors.md", "author", "Authors", "researcher")


def page_text(page: ListPage, papers: list[Paper], config: Config) -> str:
    (made,) = document_pages(list_document(page, listed_names(papers, page.field, {}), config), config)
    assert made.path == page.file
    return made.text or ""


def test_a_list_page_tells_who_wrote_what(config: Config, paper: Callable[..., Paper]) -> None:
    papers = [
        paper("Two | halves", authors="Böck, S; Bach, J", year=2018, link="https://e.org"),
        paper("One", authors="Böck, S", year=None),
    ]
    assert page_text(AUTHORS, papers, config) == (
        "<!-- Generated from birds.bib by `python -m bot render`: change that file instead of this one. -->\n"
        "\n"
        "# Authors\n"
        "\n"
        "2 researchers in [Bird Song](README.md), in alphabetical order, with their papers.\n"
        "\n"
        "- **Bach, J** (1 paper)\n"
        "  - [Two \\| halves](https://e.org) (2018)\n"
        "- **Böck, S** (2 papers)\n"
        "  - [Two \\| halves](https://e.org) (2018)\n"
        "  - One\n"
    )


def test_the_list_page_of_nothing_says_so(config: Config) -> None:
    assert page_text(AUTHORS, [], config).endswith("\n0 researchers in [Bird Song](README.md), in alphabetical order, "
                                                   "with their papers.\n")  # fmt: skip


def test_an_introduction_and_a_folder_are_the_lists_own(config: Config, paper: Callable[..., Paper]) -> None:
    page = msgspec.structs.replace(AUTHORS, file="lists/who.md", intro="See *also* [x](y).")
    text = page_text(page, [paper()], config)
    assert "\n\nSee *also* [x](y).\n\n1 researcher in [Bird Song](../README.md)" in text
