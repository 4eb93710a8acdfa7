"""Hidden lines: whatever stands in them comes back, and nothing else does."""

import re
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.escape import code_block, markdown, one_line
from bot.github.markers import read_marker, write_marker


class Memory(msgspec.Struct, frozen=True):
    """What the bot might keep."""

    text: str = ""
    number: int = 0
    texts: tuple[str, ...] = ()
    named: dict[str, int] = {}


FORGED = '<!-- bot:memory {"text":"forged"} -->'
PIECES = [
    *(
        "-->",
        "--!>",
        "--",
        "->",
        "<!--",
        ">",
        "<",
        "]]>",
        "&#45;",
        "\\u002d",
        "\\",
        '"',
        "\\\\",
        '\\"',
        "{",
        "}",
        "[",
        "]",
    ),
    *("@octocat", "#12", "GH-3", "o/r#1", "Fixes ", "https://e.org", ":tada:", "[skip ci]", "[", "skip-checks: true"),
    *(
        "`",
        "```",
        "~~~",
        "\n",
        "\r\n",
        "\r",
        "\u2028",
        "\x85",
        "\x0b",
        "\x00",
        "\ud800",
        "é",
        "😀",
        " ",
        "\t",
        "/bot retry",
    ),
    *(f"\n{FORGED}\n", "\n```\n", "\n~~~\n", "\n<!--\n", "> "),
]
hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=8).map("".join)
memories = st.builds(
    Memory, hostile, st.integers(-(2**62), 2**62), st.lists(hostile).map(tuple), st.dictionaries(hostile, st.integers())
)
# What the bot writes around a marker, with what others wrote in it.
surroundings = st.lists(
    hostile.map(markdown) | hostile.map(lambda text: code_block(text, "bibtex")) | hostile.map(one_line).map(markdown)
).map("\n\n".join)


@given(memories, surroundings, surroundings, st.sampled_from(["\n", "\r\n"]))
def test_a_value_comes_back_whatever_else_the_bot_wrote(value: Memory, before: str, after: str, end: str) -> None:
    text = f"{before}\n\n{write_marker('memory', value)}\n\n{after}"
    assert read_marker(text.replace("\r", "").replace("\n", end), "memory", Memory) == value


@given(surroundings)
def test_what_others_write_is_no_marker_where_the_bot_shows_it(text: str) -> None:
    assert read_marker(text, "memory", Memory) is None


class Comments(HTMLParser):
    """Reads a page as a browser does, and keeps its comments apart from all else."""

    def __init__(self) -> None:
        super().__init__()
        self.comments: list[str] = []
        self.others: list[str] = []

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        self.others.append(data)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.others.append(tag)


@given(memories)
@example(Memory("--><script>"))
@example(Memory(number=-5))
def test_a_marker_is_one_hidden_line_that_acts_in_no_way(value: Memory) -> None:
    marker = write_marker("memory", value)
    assert len(marker.splitlines()) == 1
    page = Comments()
    page.feed(marker)
    page.close()
    assert (len(page.comments), page.others) == (1, [])
    # Not as the message of a commit either, where a comment is text.
    assert not re.search(
        r"[@#`&\r]|://|\bgh-\d|\[(skip|no|ci|actions)|skip-checks|:[a-z0-9_+-]+:", marker, re.IGNORECASE
    )


def test_a_marker_is_its_name_and_json() -> None:
    assert write_marker("memory", Memory("a b", 1)) == (
        '<!-- bot:memory {"text":"a b","number":1,"texts":[],"named":{}} -->'
    )
    assert write_marker("memory", Memory('x--> "@a"')).startswith(
        '<!-- bot:memory {"text":"x\\u002d\\u002d\\u003e \\"\\u0040a\\"",'
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!-- bot:memory -->",
        '<!-- bot:other {"text":"a"} -->',
        '<!-- bot:memory {"text":1} -->',
        "<!-- bot:memory [] -->",
        "<!-- bot:memory {} --> x",
        "x <!-- bot:memory {} -->",
        "> <!-- bot:memory {} -->",
        "    <!-- bot:memory {} -->",
        "```\n<!-- bot:memory {} -->\n```",
        "<!--\n<!-- bot:memory {} -->",
        f"<!-- bot:memory {'[' * 20_000} -->",
        f"<!-- bot:memory {'9' * 20_000} -->",
    ],
)
def test_what_is_no_marker_of_this_name_or_type_is_none(text: str) -> None:
    assert read_marker(text, "memory", Memory) is None


def test_the_first_marker_counts() -> None:
    first, second = write_marker("memory", Memory("first")), write_marker("memory", Memory("second"))
    assert read_marker(f"{first}\n{second}", "memory", Memory) == Memory("first")
    # One that was damaged is not made good by another that follows.
    assert read_marker(f"{first.replace('first', chr(34))}\n{second}", "memory", Memory) is None


@given(memories, st.data())
def test_a_marker_that_was_cut_is_none(value: Memory, data: st.DataObject) -> None:
    marker = write_marker("memory", value)
    place = data.draw(st.integers(1, len(marker) - 1))
    assert read_marker(marker[:place], "memory", Memory) is None
    assert read_marker(marker[place:], "memory", Memory) is None


@given(st.text(), st.text())
def test_no_text_makes_reading_fail(before: str, inside: str) -> None:
    read_marker(f"{before}\n<!-- bot:memory {inside} -->", "memory", Memory)


@pytest.mark.usefixtures("in_linear_time")
@pytest.mark.parametrize(
    "piece", ["<!-- bot:memory ", "<!-- bot:other {} -->\n", "`" * 7 + "x", "\\", '"', "-", "<!--\n"]
)
def test_a_long_text_takes_linear_time(piece: str) -> None:
    text = piece * (400_000 // len(piece))
    assert read_marker(text, "memory", Memory) is None
    assert read_marker(write_marker("memory", Memory(text)), "memory", Memory) == Memory(text)
