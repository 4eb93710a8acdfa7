"""Splitting a file into blocks: nothing is lost, whatever is broken, and what is whole is read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.bibliography.blocks import Bibliography, Kind
from bot.problems import Problem


def joined(bibliography: Bibliography) -> bytes:
    return b"".join(bibliography.data[block.start : block.end] for block in bibliography.blocks)


def problems_of(bibliography: Bibliography) -> list[Problem]:
    return [*bibliography.problems, *(problem for entry in bibliography.entries for problem in entry.problems)]


def found(text: str) -> list[tuple[int | None, str]]:
    return [(problem.line, problem.rule) for problem in problems_of(Bibliography.parse(text.encode()))]


def keys(text: str) -> list[str]:
    return [entry.key for entry in Bibliography.parse(text.encode()).entries]


FRAGMENTS = st.sampled_from(
    [
        *(
            "@",
            "@article{",
            "@misc(",
            "@string{",
            "@comment{",
            "@preamble{",
            "key,",
            "key",
            ",",
            "=",
            "#",
            "{",
            "}",
            '"',
        ),
        *(
            "(",
            ")",
            "\n",
            "\r\n",
            " ",
            "%",
            "title = {A {B} C}",
            'note = "x"',
            "year = 2017",
            "a@b.org",
            "\\",
            "é",
            "🎵",
        ),
        *(
            "\n@article{k2,\n  title = {T},\n}\n",
            "\n@misc{k3, note = {",
            "\n@misc(k4, note = {x})\n",
            "\ufeff",
            "\x00",
            "\u2028",
        ),
    ]
)


@given(st.lists(FRAGMENTS, max_size=40).map("".join))
def test_the_blocks_joined_are_the_file(text: str) -> None:
    bibliography = Bibliography.parse(text.encode())
    assert joined(bibliography) == text.encode()
    lines = text.count("\n") + 1
    for problem in problems_of(bibliography):
        assert problem.line is not None
        assert 1 <= problem.line <= lines
        assert problem.message
        assert problem.fix


@given(st.binary(max_size=200))
def test_any_bytes_are_kept(data: bytes) -> None:
    assert joined(Bibliography.parse(data)) == data


@given(st.lists(FRAGMENTS, max_size=25).map("".join))
def test_broken_text_does_not_reach_into_the_entry_that_stands_on_its_own_after_it(text: str) -> None:
    # Whatever came before, its braces can swallow the entry only by closing after it, and nothing follows here.
    closing = "}" * (text.count("{") + 2)
    whole = "\n@article{Last2017,\n  title = {Last},\n}\n"
    assert "Last2017" in keys(text.replace("}", "").replace('"', "").replace("%", "").replace("\0", "") + whole)
    assert joined(Bibliography.parse((text + whole + closing).encode())) == (text + whole + closing).encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@misc{a,}", ["a"]),
        ("@ misc { a , year = 1 }", ["a"]),
        ("@MISC{a, title={x}} @misc{b, title={y}}", ["a", "b"]),
        ('@misc(a, title={x)}, note="y)")', ["a"]),
        ("\ufeff@misc{a,}", ["a"]),
        ("@misc{a,\r\n  title = {x},\r\n}\r\n", ["a"]),
        ("@misc{a, title = {{{{{{{{{{deep}}}}}}}}}}}", ["a"]),
        ("@misc{a, note = {see @misc{b, c} and me@x.org}}", ["a"]),
        ("@misc{a, note = {see\n@misc{b, c}\n}}", ["a"]),
        ('@misc{a, note = "see\n@misc{b, c}\n"}', ["a"]),
        ('@misc{a, note = "one {"} two"}\n@misc{b,}', ["a", "b"]),
        ("text\n@comment{x @misc{a,} y}\n@string{s = {x}}\n@preamble{{p}}\n@misc{b,}", ["b"]),
        ("% @misc{a,}\n@misc{b,}", ["b"]),
        ("@comment jabref-meta: x\n@misc{b,}", ["b"]),
        ("@misc{Müller2017,}", ["Müller2017"]),
    ],
)
def test_entries_are_found_where_bibtex_finds_them(text: str, expected: list[str]) -> None:
    assert keys(text) == expected


def test_an_unclosed_entry_costs_only_itself() -> None:
    text = "@misc{a, year = 1}\n\n@article{b,\n  title = {B},\n  year = {2017}\n\n@article{c,\n  title = {C},\n}\n"
    bibliography = Bibliography.parse(text.encode())
    assert [block.key for block in bibliography.blocks if block.kind is Kind.BROKEN] == ["b"]
    assert [entry.key for entry in bibliography.entries] == ["a", "c"]
    assert [(problem.line, problem.rule, problem.key) for problem in bibliography.problems] == [
        (3, "syntax-unclosed", "b")
    ]


def test_a_field_without_its_closing_brace_is_reported_at_its_own_line() -> None:
    text = "@article{b,\n  author = {A},\n  title = {B,\n  year = {2017}\n}\n\n@misc{c,}\n"
    assert found(text) == [(3, "syntax-unclosed")]
    assert keys(text) == ["c"]


def test_an_entry_that_only_a_stray_brace_far_below_would_close_does_not_swallow_what_is_between() -> None:
    text = "@misc{a, title = {x},\n\n@misc{b, title = {y}}\n\n@misc{c, title = {z}}\n}\n"
    assert keys(text) == ["b", "c"]


def test_unclosed_values_two_deep_leave_the_next_entry_whole() -> None:
    text = "@misc{a, title = {x {y,\n}\n\n@misc{b, title = {y}}\n"
    assert keys(text) == ["b"]
    assert found(text)[0] == (1, "syntax-unclosed")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@misc{a, t = {x}}, year = 2000}\n@misc{b,}", [(1, "syntax-brace")]),
        ("@misc{a, t = {x}}}\n", [(1, "syntax-brace")]),
        ("@comment{ @misc{a,} }", [(1, "syntax-comment")]),
        ("\n% @misc{a,}", [(2, "syntax-comment")]),
        ("@misc{a,\n % x\n t = {x}}", [(2, "syntax-comment")]),
        ('@misc{a,\n t = "x "y" z"}', [(2, "syntax-quote")]),
        ('@misc{a,\n t = "na\\"ive"}', [(2, "syntax-quote")]),
        ("@misc{a,\n t = foo}", [(2, "syntax-string")]),
        ("@misc{a, t = foo}\n@string{foo = {x}}", [(1, "syntax-string")]),
        ("@misc{a,\n t = {x}\n u = {y}}", [(3, "syntax-comma")]),
        ("@misc{a\n t = {x}}", [(2, "syntax-comma")]),
        ("@misc{a,\n t = {x},, u = {y}}", [(2, "syntax-comma")]),
        ("@misc{a,\n t = {x},\n T = {y}}", [(3, "syntax-field-twice")]),
        ("@misc{a,\n t = ,\n u = {y}}", [(2, "syntax-value")]),
        ("@misc{a,\n just words,\n u = {y}}", [(2, "syntax-value")]),
        ("@misc{a b, t = {x}}", [(1, "syntax-key")]),
        ("@misc{a#b, t = {x}}", [(1, "syntax-key")]),
        ("@misc{, t = {x}}", [(1, "syntax-key")]),
        ("@misc{t = {x}}", [(1, "syntax-key")]),
        ("@misc{}", [(1, "syntax-key")]),
        ("write to a@b.org\n", [(1, "syntax-stray")]),
        ("\n@article\n", [(2, "syntax-entry")]),
        ("@string{s}", [(1, "syntax-value")]),
        ("@string{s = {x}", [(1, "syntax-unclosed")]),
        ("@misc{a, t = {x},}\n@misc(b, t = 1,)", []),
        ("", []),
    ],
)
def test_what_readers_stumble_over_is_reported_with_its_line(text: str, expected: list[tuple[int, str]]) -> None:
    assert found(text) == expected


def test_definitions_that_double_each_other_do_not_fill_the_memory() -> None:
    lines = [
        "@string{a0 = {0123456789}}",
        *(f"@string{{a{n + 1} = a{n} # a{n}}}" for n in range(60)),
        "@misc{k, t = a60}",
    ]
    bibliography = Bibliography.parse("\n".join(lines).encode())
    assert "a7 stands for 1280 characters" in bibliography.problems[0].message
    assert bibliography.entries[0].fields == {"t": ""}


@pytest.mark.parametrize(
    ("data", "line", "word"),
    [
        ("@misc{a,}".encode("utf-16"), 1, "UTF-16"),
        (b"\x00\x00\x02@misc{a,}", 1, "binary"),
        (b"\x89PNG\r\n\x1a\n", 1, "0x89"),
        ("@misc{a,}\n@misc{b, t = {é}}\n".encode("latin-1"), 2, "0xE9"),
        (b"x" * 3_000_000 + b"\n\xff", 2, "0xFF"),
    ],
)
def test_an_encoding_other_than_utf8_is_one_problem_and_no_byte_is_lost(data: bytes, line: int, word: str) -> None:
    bibliography = Bibliography.parse(data)
    assert [(problem.rule, problem.line) for problem in bibliography.problems] == [("encoding", line)]
    assert word in bibliography.problems[0].message
    assert bibliography.encoding_problem == bibliography.problems[0]
    assert joined(bibliography) == data


def test_latin1_entries_can_still_be_read() -> None:
    [entry] = Bibliography.parse("@misc{b, t = {é}}".encode("latin-1")).entries
    assert entry.fields == {"t": "é"}


@pytest.mark.usefixtures("in_linear_time")
@pytest.mark.parametrize(
    "text",
    [
        "{" * 1_000_000,
        "}" * 1_000_000,
        "@" * 1_000_000,
        '"' * 1_000_000,
        "@\n" * 200_000,
        "@misc{a, t = " + "{" * 100_000 + "}" * 100_000 + "}",
        "@misc{a, t = " + " # ".join(["{x}"] * 50_000) + "}",
        "@misc{a," + "t = {x} " * 50_000 + "}",
        "@misc{a," + "," * 200_000 + "}",
        "".join(f"@misc{{k{number},\n  t = {{x}},\n\n" for number in range(20_000)),
        "".join(f"@misc{{k{number},\n  t = {{x,\n" for number in range(20_000)),
        "".join(f"@misc{{k{number}, t = {{ {{x,\n" for number in range(20_000)),
        "".join(f"@misc(k{number}, t = {{x,\n" for number in range(20_000)),
        "".join(f'@misc(k{number}, t = "x,\n' for number in range(20_000)),
        "".join(f'@misc{{k{number}, t = "x,\n' for number in range(20_000)),
        "@misc{a, " * 50_000,
        "@string{a = " * 50_000,
        "@comment{" * 50_000,
        "% " + "@misc{a,} " * 50_000,
        "@misc{a, t = {x}} " + "} " * 200_000,
        "@misc{a}\n" * 20_000 + "@misc{b, {",
    ],
    ids=lambda text: text[:20],
)
def test_hostile_text_is_read_in_linear_time(text: str) -> None:
    bibliography = Bibliography.parse(text.encode())
    assert joined(bibliography) == text.encode()
    assert isinstance(problems_of(bibliography), list)


@settings(max_examples=50)
@given(st.integers(0, 30), st.randoms(use_true_random=False))
def test_one_missing_brace_anywhere_loses_one_entry_at_most(broken: int, random: object) -> None:
    entries = [f"@misc{{k{number:02},\n  title = {{T {{U}}}},\n  year = 2000,\n}}\n\n" for number in range(31)]
    braces = [index for index, char in enumerate(entries[broken]) if char == "}"]
    at = braces[random.randrange(len(braces))]  # type: ignore[attr-defined]
    entries[broken] = entries[broken][:at] + entries[broken][at + 1 :]
    read = keys("".join(entries))
    assert [key for key in read if key != f"k{broken:02}"] == [f"k{n:02}" for n in range(31) if n != broken]
