import re
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import Config
from bot.pages.documents import Document, document_pages, is_generated, path_from


def limited(config: Config, limit: int) -> Config:
    readme = msgspec.structs.replace(config.pages.readme, limit=limit)
    return msgspec.structs.replace(config, pages=msgspec.structs.replace(config.pages, readme=readme))


def document(items: Sequence[Sequence[str]], heading: str = "") -> Document:
    return Document("lists/a b.md", "A *title*", "An introduction.", items, heading)


def parts(items: Sequence[Sequence[str]], config: Config, heading: str = "") -> list[str]:
    return [page.text or "" for page in document_pages(document(items, heading), config)]


def test_a_short_document_is_one_page(config: Config) -> None:
    (text,) = parts([["- one"], ["- two", "  - more"]], config)
    head, *sections = text.split("\n\n")
    assert is_generated(head)
    assert sections == ["# A \\*title\\*", "An introduction.", "- one\n- two\n  - more\n"]


def test_a_page_of_exactly_the_limit_is_not_split(config: Config) -> None:
    items = [["é" * 40] for _ in range(50)]
    size = len(parts(items, config)[0].encode())
    assert len(parts(items, limited(config, size))) == 1
    assert len(parts(items, limited(config, size - 1))) == 2


def test_a_long_document_is_split_in_parts_that_link_to_each_other(config: Config) -> None:
    pages = document_pages(
        document([[f"| {number} |"] for number in range(300)], "| a |\n| --- |"), limited(config, 1000)
    )
    assert [page.path for page in pages] == [
        "lists/a b.md", *(f"lists/a b-{number}.md" for number in range(2, len(pages) + 1))
    ]  # fmt: skip
    rows = []
    for number, page in enumerate(pages, 1):
        assert page.text is not None
        assert len(page.text.encode()) <= 1000
        assert is_generated(page.text)
        assert "\n\n| a |\n| --- |\n| " in page.text
        links = re.findall(r"\[(\d+)\]\(([^)]+)\)", page.text)
        assert links == [
            (str(other), f"a%20b{'' if other == 1 else f'-{other}'}.md")
            for other in range(1, len(pages) + 1)
            if other != number
        ]
        assert f"**{number}**" in page.text
        rows += re.findall(r"^\| (\d+) \|$", page.text, re.MULTILINE)
    assert rows == [str(number) for number in range(300)]


def test_one_of_very_many_parts_links_to_its_neighbours_and_the_ends(config: Config) -> None:
    texts = parts([[f"- {number}"] for number in range(1000)], limited(config, 0))
    assert len(texts) == 1000
    numbers = [int(number) for number in re.findall(r"\[(\d+)\]\(", texts[499])]
    assert numbers == [1, *range(490, 500), *range(501, 511), 1000]


def test_an_item_longer_than_a_page_goes_on_under_its_first_line(config: Config) -> None:
    texts = parts([["- **Bach, J**", *(f"  - Cantata {number}" for number in range(200))]], limited(config, 1000))
    assert len(texts) > 2
    for text in texts[1:]:
        assert re.search(r"\n\n- \*\*Bach, J\*\* \(continued\)\n  - Cantata", text)
    assert sum(text.count("Cantata") for text in texts) == 200


@given(
    items=st.lists(st.lists(st.text(st.sampled_from("aé "), min_size=1, max_size=30), min_size=1, max_size=5)),
    limit=st.integers(0, 3000),
)
def test_no_line_is_lost_and_only_long_lines_go_over_the_limit(
    config: Config, items: list[list[str]], limit: int
) -> None:
    items = [["- " + line for line in item] for item in items * 10]
    pages = document_pages(document(items), limited(config, limit))
    lines = [line for page in pages for line in (page.text or "").split("\n") if line.startswith("- ")]
    assert [line for line in lines if not line.endswith("(continued)")] == [line for item in items for line in item]
    if limit >= 2000:  # below, the links between so many parts alone may take more
        assert all(len((page.text or "").encode()) <= limit for page in pages)


@pytest.mark.parametrize(
    ("page", "other", "path"),
    [
        ("README.md", "years/2017.md", "years/2017.md"),
        ("years/2017.md", "README.md", "../README.md"),
        ("a/b.md", "a/c d(1).md", "c%20d%281%29.md"),
    ],
)
def test_pages_link_to_each_other_from_where_they_are(page: str, other: str, path: str) -> None:
    assert path_from(page, other) == path
