"""Untrusted text, read back by the parsers of the places that it goes to."""

import re
import subprocess
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.escape import (
    branch_part,
    clipped,
    co_author,
    code_block,
    code_span,
    commit_message,
    link,
    link_destination,
    markdown,
    one_line,
    terminal,
    workflow_command,
    xml,
)

# GitHub's Markdown: tables, strikethrough, links of bare addresses (but not of bare names such as `example.org`).
GITHUB = MarkdownIt("gfm-like")
if GITHUB.linkify:
    GITHUB.linkify.set({"fuzzy_link": False})

ZERO_WIDTH_SPACE = "\u200b"
LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u206a\u206b\u206c\u206d\u206e\u206f"
NO_TEXT = "\ufeff\ufff9\ufffa\ufffb\ufffe\uffff"

# What GitHub acts upon in the text of a comment, by its documentation.
ACTS = re.compile(
    r"@[a-z0-9] | \#[0-9] | \bgh-[0-9] | (?:https?|ftp)://\S | \bwww\.\S | :[a-z0-9_+-]+:",
    re.VERBOSE | re.IGNORECASE,
)

PIECES = [
    *("@octocat", "@org/team", "a@b.co", "#12", "GH-3", "gh-3", "o/r#1", "Fixes #3", "closes ", ":tada:"),
    *("https://a.example", "http://", "www.", "example.org", "ftp://x", "mailto:", "://", "[a]: http://b", "::error::"),
    *("`", "``", "*", "**", "_", "~~", "|", "\\", "[", "]", "(", ")", "![x](y)", "[ ]", "[^1]", "$", "$$", "!"),
    *("<", ">", "<script>", "<!--", "-->", "&amp;", "&#64;", "&#x40;", "&", "&lt", "#35;", "x;"),
    *("1.", "1)", "-", "+", "=", "# ", "## ", "---", "===", ":-", "    ", "\t", "\n", "\r\n", "\u2028", "\x85", "\v"),
    *("é", "漢", "\u200b", "\u202e", "\x00", "\x1b[31m", "\ud800", "\ufeff", "\u00a0", "word", " "),
]
hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=8).map("".join)


def seen(text: str) -> str:
    """What a reader should see of a text on one line, without zero-width spaces."""
    kept = [
        " " if char in LINE_ENDS else char
        for char in text
        if char in LINE_ENDS
        or char == "\t"
        or (unicodedata.category(char) not in ("Cc", "Cs") and char not in BIDI and char not in NO_TEXT)
    ]
    return re.sub("[ \t]+", " ", "".join(kept)).strip().replace(ZERO_WIDTH_SPACE, "")


def shown(inline: Token) -> str:
    """The text of an inline token, which must hold nothing but text, without zero-width spaces."""
    children = inline.children or []
    assert {child.type for child in children} <= {"text"}, [child.type for child in children]
    text = "".join(child.content for child in children)
    assert not ACTS.search(text), text
    return text.replace(ZERO_WIDTH_SPACE, "").strip()


def inlines(source: str, *structure: str) -> list[Token]:
    """The inline tokens of a source that must have this structure: the types of the blocks that it opens."""
    tokens = GITHUB.parse(source)
    opened = [token.type.removesuffix("_open") for token in tokens if token.nesting == 1]
    assert tuple(opened) == structure
    assert all(token.nesting != 0 or token.type == "inline" for token in tokens)
    return [token for token in tokens if token.type == "inline"]


@pytest.mark.parametrize(
    "title",
    [
        "DeepBach: A steerable model for Bach chorales generation",
        "Music/Noise (v2.0) - what? Yes!",
        "From A to Z, at 16 kHz; an 'end-to-end' \"study\" of R&D in C# and F0",
        "Böck, Sebastian & van den Oord, Aäron",
        "20170815 and 1999",
        "音楽の深層学習",
        "x @ 50 % = #a?",
        "",
    ],
)
def test_harmless_text_stays_byte_identical(title: str) -> None:
    assert markdown(title) == one_line(title) == terminal(title) == title


@given(hostile)
@example("&#64;octocat")
@example("12. of May")
@example("www.example.org")
def test_text_in_a_paragraph_comes_out_as_text(text: str) -> None:
    source = markdown(text)
    if not seen(text):
        assert not GITHUB.parse(source) or shown(GITHUB.parse(source)[1]) == ""
        return
    (inline,) = inlines(source, "paragraph")
    assert shown(inline) == seen(text)


@given(hostile, hostile)
def test_text_in_a_table_stays_in_its_cell(text: str, other: str) -> None:
    table = f"| a | b |\n| --- | --- |\n| {markdown(text)} | {markdown(other)} |\n| x | y |"
    cells = inlines(table, "table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td", "tr", "td", "td")
    assert [shown(cell) for cell in cells] == ["a", "b", seen(text), seen(other), "x", "y"]


@given(hostile)
def test_text_at_the_start_of_a_list_item_starts_nothing(text: str) -> None:
    tokens = GITHUB.parse(f"- {markdown(text)}x\n- y")
    assert [token.type for token in tokens if token.nesting == 1] == [
        *("bullet_list_open", "list_item_open", "paragraph_open", "list_item_open", "paragraph_open")
    ]


@pytest.mark.parametrize(
    "text", ["# x", "- x", "+ x", "1. x", "12) x", "> x", "---", "===", "***", "~~~", "-", "=", "#"]
)
def test_text_under_a_line_of_text_changes_nothing_of_it(text: str) -> None:
    inlines(f"A line\n{markdown(text)}", "paragraph")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("@octocat", "@&#8203;octocat"),
        ("Fixes #12", "Fixes #&#8203;12"),
        ("GH-12", "GH-&#8203;12"),
        ("owner/repo#12", "owner/repo#&#8203;12"),
        ("https://example.org", "https:&#8203;//example.org"),
        ("www.example.org", "www&#8203;.example.org"),
        (":tada:", ":&#8203;tada:"),
        ("$x$", "&#36;x&#36;"),
        ("1D <-> 2D", "1D &lt;-&gt; 2D"),
        ("a|b", "a\\|b"),
        ("AT&T &copy; R&D", "AT&T &amp;copy; R&D"),
        ("a\r\nb\u2028c\x1b[2Jd", "a b c\\[2Jd"),
    ],
)
def test_what_github_acts_upon_is_broken(text: str, escaped: str) -> None:
    assert markdown(text) == escaped


@given(hostile, st.sampled_from(["https://example.org/", "HTTP://e.org?q=", "http://e.org/#"]), hostile)
def test_a_link_holds_its_text_and_goes_where_it_says(text: str, start: str, rest: str) -> None:
    (cell, no) = inlines(
        f"| {link('a' + text, start + rest)} | No |\n| --- | --- |", "table", "thead", "tr", "th", "th"
    )
    assert [child.type for child in cell.children or []] == ["link_open", "text", "link_close"]
    opening, label, _ = cell.children or []
    assert label.content.strip().replace(ZERO_WIDTH_SPACE, "") == seen("a" + text)
    href = str(opening.attrs["href"])
    assert href.lower().startswith(start.lower())
    assert not re.search(r'[\s<>()\[\]|\\`"]', href)
    assert no.content == "No"


@pytest.mark.parametrize(
    "url",
    ["", "javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "ftp://e.org", "//e.org", "e.org", "http:"],
)
def test_an_address_that_is_not_of_the_web_is_no_link(url: str) -> None:
    assert link_destination(url) == ""
    assert link("C4S", url) == "C4S"


@pytest.mark.parametrize(
    ("url", "destination"),
    [
        ("http://e.org/a?b=c&d=%20#e", "http://e.org/a?b=c&d=%20#e"),
        ("https://e.org/Foo_(bar) [1]", "https://e.org/Foo_%28bar%29%20%5B1%5D"),
        ('http://e.org/a|b\\c`d"<e>', "http://e.org/a%7Cb%5Cc%60d%22%3Ce%3E"),
        ("http://e.org/\u202egpj.exe\u00a0", "http://e.org/%E2%80%AEgpj.exe"),
        ("http://e.org/?a=1&copy;=2&b=$x$", "http://e.org/?a=1&amp;copy;=2&b=&#36;x&#36;"),
        ("http://müller.example/ä", "http://müller.example/ä"),
    ],
)
def test_a_destination_is_encoded_where_it_would_end_and_nowhere_else(url: str, destination: str) -> None:
    assert link_destination(url) == destination


@given(hostile)
@example("```\n````")
def test_a_code_block_holds_all_lines_and_ends_where_it_should(text: str) -> None:
    text = "".join(char for char in text if char == "\n" or char.isprintable())
    tokens = GITHUB.parse(f"{code_block(text, 'bibtex')}\n\nafter")
    assert [token.type for token in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    assert tokens[0].info == "bibtex"
    assert tokens[0].content == text.removesuffix("\n") + "\n"


def test_a_code_block_shows_its_text_unchanged() -> None:
    bibtex = "@misc{a,\n\ttitle = {`` x `` and ``` y ```},\n}"
    assert GITHUB.parse(code_block(bibtex, "bibtex"))[0].content == bibtex + "\n"
    assert code_block("a\r\nb\x1b\u202e", "") == "```\na\nb\\x1b\\u202e\n```"


@given(hostile)
def test_a_title_is_one_plain_line_that_acts_in_no_way(text: str) -> None:
    title = one_line(text)
    assert not re.search(f"[{LINE_ENDS}\t{BIDI}]", title)
    assert not ACTS.search(title)
    assert title.replace(ZERO_WIDTH_SPACE, "").strip() == seen(text)


def test_a_title_is_cut_where_github_would_refuse_it() -> None:
    title = one_line("@a " * 1000, limit=60)
    assert len(title) <= 60
    assert title.startswith("@\u200ba @\u200ba")
    assert title.endswith("…")


@pytest.mark.parametrize("words", ["[skip ci]", "[ci skip]", "[no ci]", "[Skip Actions]", "[actions skip]"])
def test_a_title_skips_no_checks(words: str) -> None:
    assert words not in one_line(f"Deep learning {words}")
    assert one_line(f"Deep learning {words}").replace(ZERO_WIDTH_SPACE, "") == f"Deep learning {words}"


@pytest.mark.parametrize("text", ["Fixes &#35;12", "&#x23;12", "&num;12", "&commat;octocat", "&AMP;commat;octocat"])
def test_a_title_holds_no_entity_that_could_be_read_as_its_character(text: str) -> None:
    assert "&\u200b" in one_line(text)
    assert one_line(text).replace(ZERO_WIDTH_SPACE, "") == text


def trailers(message: str) -> list[str]:
    """What git takes for the trailers of a commit with this message."""
    command = ["git", "interpret-trailers", "--parse", "--no-divider"]
    done = subprocess.run(command, input=message.encode(), capture_output=True, check=True)
    return done.stdout.decode().splitlines()


CREDIT = ("Co-authored-by", co_author("octocat", 583231))
messages = st.lists(
    st.sampled_from(["Co-authored-by: x <x@y>", "skip-checks: true", "Signed-off-by: x", "skip-checks:true", "\n\n"])
    | hostile
).map("".join)


@given(messages, st.lists(messages, max_size=3))
@settings(max_examples=200)
@example("Add A", ["skip-checks: true"])
@example("Add A", ["", "(cherry picked from commit 1)", "Co-authored-by : x"])
@example("Co-authored-by: x <x@y>", [])
def test_what_others_wrote_adds_no_trailer_to_a_commit(subject: str, paragraphs: list[str]) -> None:
    message = commit_message(f"Add {subject}", paragraphs, [CREDIT, ("Issue", "")])
    assert trailers(message) == ["Co-authored-by: octocat <583231+octocat@users.noreply.github.com>"]
    assert trailers(commit_message(f"Add {subject}", paragraphs)) == []
    # Nor when it is put below other text, as a squashed pull request does.
    assert trailers(f"Add A (#1)\n\n* {commit_message('Add A', paragraphs)}") == []


@given(messages, st.lists(messages, max_size=3), messages)
def test_a_commit_mentions_refers_to_and_skips_nothing(subject: str, paragraphs: list[str], value: str) -> None:
    message = commit_message(subject, paragraphs, [("Issue", value)])
    assert not ACTS.search(message)
    assert not re.search(r"\[skip ci\]|&#?\w+;|^skip-checks *:", message, re.MULTILINE)
    lines = [line for line in (one_line(subject, 72), *(one_line(text, 1000) for text in paragraphs)) if line]
    assert message.replace(ZERO_WIDTH_SPACE, "").startswith("\n\n".join(lines).replace(ZERO_WIDTH_SPACE, ""))


def test_a_commit_message_as_it_should_be() -> None:
    message = commit_message(
        "Add Doe2020: " + "A long title " * 9, ["Filed in issue 3 by octocat.", "Title: @a #1"], [CREDIT]
    )
    assert message == (
        "Add Doe2020: A long title A long title A long title A long title A long…\n\n"
        "Filed in issue 3 by octocat.\n\n"
        "Title\u200b: @\u200ba #\u200b1\n\n"
        "Co-authored-by: octocat <583231+octocat@users.noreply.github.com>"
    )
    assert len(message.split("\n")[0]) <= 72


@pytest.mark.parametrize("login", ["octocat", "a-b-C3", "dependabot[bot]", "octocat_acme"])
def test_a_login_of_github_is_credited(login: str) -> None:
    assert co_author(login, 7) == f"{login} <7+{login}@users.noreply.github.com>"


@pytest.mark.parametrize("login", ["", "a b", "a\nCo-authored-by: b", "a>", "@a", "é", "a[bot]x", "[bot]", "a\n"])
def test_what_is_no_login_is_not(login: str) -> None:
    assert co_author(login, 7) == ""


def test_an_account_without_a_number_is_not_credited() -> None:
    assert co_author("octocat", -1) == ""


HIDDEN = '<!-- bot:state {"a":1} -->'
words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=9)
blocks = st.one_of(
    hostile.filter(lambda text: bool(seen(text))).map(markdown),
    st.lists(words, min_size=1, max_size=9).map(lambda items: "\n".join(f"- {item}" for item in items)),
    st.lists(words, min_size=1, max_size=9).map(
        lambda cells: "\n".join(["| a |", "|---|", *(f"| {cell} |" for cell in cells)])
    ),
    hostile.map(lambda text: code_block(f"{text}\n\n{HIDDEN}\n\n- x", "bibtex")),
    st.just(HIDDEN),
    words.map(lambda word: f"{word}\n{HIDDEN}\n{word}"),
)


def structure(text: str, kind: str) -> list[str]:
    """The outermost blocks of this kind in a Markdown text, each by what stands in it."""
    tokens = GITHUB.parse(text)
    found = []
    for index, token in enumerate(tokens):
        if token.type == kind and token.nesting == 0:
            found.append(token.content)
        elif token.type == f"{kind}_open" and token.level == 0:
            end = next(n for n in range(index, len(tokens)) if tokens[n].type == f"{kind}_close")
            found.append("\n".join(one.content for one in tokens[index:end] if one.type == "inline"))
    return found


def subsequence(part: list[str], whole: list[str]) -> bool:
    remaining = iter(whole)
    return all(one in remaining for one in part)


@given(st.lists(blocks, max_size=12), st.integers(200, 400), st.sampled_from(["", "\n"]))
def test_a_clipped_text_keeps_code_tables_and_hidden_lines_whole(parts: list[str], limit: int, end: str) -> None:
    text = "\n\n".join(parts) + end
    short = clipped(text, limit)
    if len(text) <= limit:
        assert short == text
        return
    assert len(short) <= limit
    assert structure(short, "html_block") == structure(text, "html_block")
    for kind in ("fence", "table"):
        assert subsequence(structure(short, kind), structure(text, kind))
    note = "A part that is too long to stand here was left out."
    assert [one for one in structure(short, "paragraph") if note in one] == [f"*({note})*"]
    lines = [line for line in short.split("\n") if line and note not in line]
    assert subsequence(lines, text.split("\n"))
    assert clipped(short, limit) == short


def test_a_list_that_is_too_long_ends_after_an_item_and_the_rest_follows() -> None:
    items = "".join(f"- item {number}\n" for number in range(1_000))
    short = clipped(f"Hello\n\n{items}\nBye\n", 300)
    assert short.startswith("Hello\n\n- item 0\n- item 1\n")
    assert re.search(r"- item \d+\n\n\*\(A part that is too long to stand here was left out\.\)\*\n\nBye\n\Z", short)
    assert len(short) > 270


def test_only_what_has_no_room_is_left_out() -> None:
    text = f"Hello\n{HIDDEN}\nYou\n\n{'x' * 300}\n\n| a |\n|---|\n| b |"
    note = "*(A part that is too long to stand here was left out.)*"
    assert clipped(text, 200) == text.replace("x" * 300, note)


def test_what_github_takes_is_not_clipped() -> None:
    assert clipped("x" * 60_000) == "x" * 60_000
    assert len(clipped("x\n" * 60_000)) <= 60_000


def obeyed(line: str) -> bool:
    """Whether the runner of GitHub Actions takes a line of a log for a command (ActionCommand.cs)."""
    return line.lstrip().startswith("::") or "##[" in line


commands = st.lists(
    st.sampled_from(["::", ":", "##[", "##", "[", "]", "error", " ", "\t", "\n", "\r\n", "\u3000", "%0A", "\x1b"])
    | st.text(max_size=3)
).map("".join)


@given(commands)
def test_no_line_in_a_log_is_a_command(text: str) -> None:
    assert not any(obeyed(line) for line in terminal(text, lines=True).split("\n"))
    assert not obeyed(terminal(text))


@given(st.text())
def test_a_terminal_sees_no_control_character(text: str) -> None:
    one, many = terminal(text), terminal(text, lines=True)
    for char in one + many.replace("\n", ""):
        assert char == "\t" or (unicodedata.category(char) not in ("Cc", "Cs") and char not in BIDI + "\u2028\u2029")
    assert many.count("\n") == text.count("\n")


def test_control_characters_are_shown() -> None:
    assert terminal("a\x1b[31mb\u202ec\r\nd") == "a\\x1b[31mb\\u202ec\\r\\nd"
    assert terminal("a\x1b[31mb\nd", lines=True) == "a\\x1b[31mb\nd"


def read_command(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as the runner reads it."""
    head, message = line.removeprefix("::").split("::", 1)
    command, _, rest = head.partition(" ")
    properties = dict(part.split("=", 1) for part in rest.split(",")) if rest else {}

    def decode(text: str, *, in_property: bool) -> str:
        codes = {"%0D": "\r", "%0A": "\n"} | ({"%3A": ":", "%2C": ","} if in_property else {}) | {"%25": "%"}
        for code, char in codes.items():
            text = text.replace(code, char)
        return text

    named = {name: decode(value, in_property=True) for name, value in properties.items()}
    return command, named, decode(message, in_property=False)


# Without the characters that are shown as codes, and without commands, which are broken.
plain_lines = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" \n")).filter(
    lambda text: not any(obeyed(line) for line in text.split("\n"))
)


@given(plain_lines, plain_lines)
@example("100 % of: a, b", "%0A%25")
def test_the_runner_reads_what_was_meant(message: str, title: str) -> None:
    line = workflow_command("error", message, {"file": "dl4m.bib", "title": title})
    assert "\n" not in line
    assert read_command(line) == ("error", {"file": "dl4m.bib", "title": title}, message)


@given(commands)
def test_a_message_cannot_start_another_command(text: str) -> None:
    line = workflow_command("warning", text, {})
    assert line.startswith("::warning::")
    assert not re.search(r"[\r\n]", line)
    assert not any(obeyed(part) for part in read_command(line)[2].split("\n"))


@given(hostile)
def test_text_in_a_picture_is_text(text: str) -> None:
    element = ElementTree.fromstring(f'<text class="{xml(text)}">{xml(text)}</text>')
    assert len(element) == 0
    assert (element.text or "").replace(ZERO_WIDTH_SPACE, "").strip() == seen(text)
    assert element.get("class") == (element.text or "")


@pytest.mark.usefixtures("in_linear_time")
@pytest.mark.parametrize(
    "piece",
    ["@", "&a", ":a", "www.", "`", " \n", "\r", "##[", "[skip ", "\x1b", "| ", "(-", "a-", "<!-- ", "\n```", "x\n\n"],
)
@pytest.mark.parametrize(
    "escape",
    [
        *(markdown, one_line, terminal, xml, link_destination, clipped, commit_message),
        lambda text: code_block(text, ""),
        lambda text: commit_message("", [text], [("Issue", text)]),
        lambda text: co_author(text, 1),
    ],
)
def test_a_long_text_takes_linear_time(piece: str, escape: Callable[[str], str]) -> None:
    text = "http://e" + piece * (200_000 // len(piece))
    escape(text)


@given(st.text())
def test_a_branch_part_is_what_git_takes_for_one(text: str) -> None:
    part = branch_part(text)
    assert re.fullmatch(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*", part)
    assert len(part) <= 60


def test_a_citation_key_is_its_own_branch_part() -> None:
    assert branch_part("Bock2012b") == "Bock2012b"
    assert branch_part("../x y") == "x-y"
    assert branch_part("ключ") == "submission"


@given(st.text().filter(lambda text: seen(text)))
def test_a_code_span_holds_its_text_and_nothing_else(text: str) -> None:
    [paragraph] = [token for token in GITHUB.parse(f"x {code_span(text)} y") if token.type == "inline"]
    assert [child.type for child in paragraph.children or []] == ["text", "code_inline", "text"]
    assert (paragraph.children or [])[1].content.strip() == seen(text)
