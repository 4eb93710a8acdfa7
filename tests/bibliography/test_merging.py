"""Two changes of one file brought together: nothing is lost that one side did, and what cannot be is said."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.bibliography.blocks import Bibliography
from bot.bibliography.merging import Merge, changed_entries, merge, with_entries


def parsed(text: str) -> Bibliography:
    return Bibliography.parse(text.encode())


def merged(base: str, ours: str, theirs: str) -> tuple[str, tuple[str, ...]]:
    found = merge(parsed(base), parsed(ours), parsed(theirs))
    return found.data.decode(), found.conflicts


def given_entries(text: str, texts: dict[str, str | None]) -> str:
    return with_entries(parsed(text), texts).decode()


A, B, C = ("@misc{a,\n  year = {2001},\n}", "@misc{b,\n  year = {2002},\n}", "@misc{c,\n  year = {2003},\n}")
AC = f"{A}\n\n{C}\n"


# What differs


def test_what_differs_is_told_by_the_exact_text() -> None:
    after = f"{A}\n\n{B}\n\n{C.replace('{2003}', '2003')}\n"
    assert changed_entries(parsed(AC), parsed(after)) == {"b": B, "c": C.replace("{2003}", "2003")}
    assert changed_entries(parsed(after), parsed(AC)) == {"c": C, "b": None}


def test_a_key_is_the_same_in_any_case_and_told_as_written() -> None:
    assert changed_entries(parsed(AC), parsed(AC.replace("{a,", "{A,"))) == {"A": A.replace("{a,", "{A,")}
    assert changed_entries(parsed(AC.replace("{a,", "{A,")), parsed(C)) == {"A": None}


def test_order_blank_lines_and_comments_are_no_entries() -> None:
    assert changed_entries(parsed(AC), parsed(f"% list\n\n\n{C}{A}@comment{{x}}")) == {}


def test_a_key_that_stands_twice_or_is_broken_names_no_entry() -> None:
    assert changed_entries(parsed(AC), parsed(f"{A}\n{B.replace('{b,', '{A,')}\n{C}")) == {}
    assert changed_entries(parsed(AC), parsed(f"{A}\n@misc{{c,\n year = {{\n")) == {}


# Entries as given


@pytest.mark.parametrize(
    ("before", "texts", "after"),
    [
        (AC, {"b": B}, f"{A}\n\n{B}\n\n{C}\n"),
        (AC, {"A": None}, f"{C}\n"),
        (AC, {"a": None, "c": None}, ""),
        (AC, {"a": None, "c": None, "b": B}, f"{B}\n"),
        (AC, {"d": None}, AC),
        (AC, {"c": "@book{C,}"}, f"{A}\n\n@book{{C,}}\n"),
        (f"{A}\n% on c\n{C} % end", {"c": "@book{c,}"}, f"{A}\n% on c\n@book{{c,}} % end"),
        ("", {"b": B, "a": A}, f"{A}\n\n{B}\n"),
        # Neighbours that go leave no blank lines behind, also at the end; a comment between them stays.
        (f"{A}\n\n{B}\n\n{C}\n", {"b": None, "c": None}, f"{A}\n"),
        (f"{A}\n\n{B}\n\n{C}\n", {"a": None, "b": None}, f"{C}\n"),
        (f"{A}\n\n% x\n{B}\n\n{C}\n", {"a": None, "b": None}, f"% x\n{C}\n"),
        (f"{A} {B}\n\n{C}\n", {"a": None, "b": None}, f"{C}\n"),
        (f"\ufeff{A}\n\n{C}\n", {"a": None}, f"\ufeff{C}\n"),
    ],
)
def test_entries_become_as_given(before: str, texts: dict[str, str | None], after: str) -> None:
    assert given_entries(before, texts) == after
    assert given_entries(after, texts) == after


def test_new_text_gets_the_line_ends_of_the_file() -> None:
    windows = AC.replace("\n", "\r\n")
    assert given_entries(windows, {"b": B}) == f"{A}\n\n{B}\n\n{C}\n".replace("\n", "\r\n")
    assert given_entries(windows, {"a": A}) == windows
    assert given_entries(AC, {"a": A.replace("\n", "\r\n")}) == AC


def test_an_entry_that_is_as_given_keeps_its_odd_line_ends() -> None:
    odd = AC.replace("2001},\n", "2001},\r\n")
    texts = {entry.key: entry.text for entry in parsed(odd).entries}
    assert given_entries(odd, dict(texts)) == odd


def test_of_a_key_that_stands_twice_the_first_entry_is_meant() -> None:
    assert given_entries(f"{A}\n\n{A}\n", {"a": B.replace("{b,", "{a,")}) == f"{B.replace('{b,', '{a,')}\n\n{A}\n"


@given(st.data())
def test_what_changed_put_in_gives_the_same_entries(data: st.DataObject) -> None:
    before, after = data.draw(FILES), data.draw(FILES)
    result = with_entries(parsed(before), changed_entries(parsed(before), parsed(after)))
    assert texts_of(result.decode()) == texts_of(after)


# Merging


def test_entries_that_both_sides_add_at_one_place_both_stand() -> None:
    b2 = B.replace("{b,", "{b2,")
    assert merged(AC, f"{A}\n\n{b2}\n\n{C}\n", f"{A}\n\n{B}\n\n{C}\n") == (f"{A}\n\n{B}\n\n{b2}\n\n{C}\n", ())


def test_fields_that_the_sides_changed_are_both_changed_and_all_else_is_as_on_their_side() -> None:
    base = "@misc{k,\n  author = {A},\n  year = {2001},\n  note = {x},\n}\n"
    ours = base.replace("{A}", "{Ä}").replace("  note = {x},\n", "").replace("  year", "  doi = {10.1/x},\n  year")
    theirs = base.replace("{2001}", '"2002"').replace("@misc", "@Book").replace("note =", "NOTE\t=")
    expected = '@Book{k,\n  author = {Ä},\n  doi = {10.1/x},\n  year = "2002",\n}\n'
    assert merged(base, ours, theirs) == (expected, ())


def test_a_value_written_in_another_way_is_no_change() -> None:
    base = "@misc{k,\n  title = {A  title},\n  year = 2001,\n}\n"
    ours = base.replace("{A  title}", '"A title"').replace("2001", "2002")
    theirs = base.replace("{A  title}", "{A title}").replace("title =", "TITLE =")
    assert merged(base, ours, theirs) == (theirs.replace("2001", "{2002}"), ())


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (A.replace("2001", "2011"), A.replace("2001", "2021")),
        (A.replace("2001", "2011"), ""),
        ("", A.replace("2001", "2011")),
        (A.replace("misc", "book"), A.replace("misc", "article")),
        (A.replace("year", "note"), A.replace("2001", "2011")),
        # What cannot be read for sure is not merged by fields.
        (A.replace("\n}", "\n doi = {x},\n doi = {y},\n}"), A.replace("\n}", "\n note = {z},\n}")),
        (A.replace(",\n}", "\n note = {x}\n}"), A.replace(",\n}", ",\n doi = {z}\n}")),
    ],
)
def test_two_changes_of_one_thing_are_a_conflict_and_their_side_stands(ours: str, theirs: str) -> None:
    base = f"{A}\n\n{C}\n"
    sides = [f"{side}\n\n{C}\n" if side else f"{C}\n" for side in (ours, theirs)]
    assert merged(base, *sides) == (sides[1], ("a",))


def test_one_key_for_two_papers_is_a_conflict_and_one_paper_twice_is_none() -> None:
    here, there = B.replace("2002", "2012"), B.replace("{b,", "{B,")
    assert merged(AC, f"{A}\n\n{here}\n\n{C}\n", f"{A}\n\n{there}\n\n{C}\n") == (f"{A}\n\n{there}\n\n{C}\n", ("B",))
    same = B.replace("{2002}", "2002")
    assert merged(AC, f"{A}\n\n{B}\n\n{C}\n", f"{A}\n\n{same}\n\n{C}\n") == (f"{A}\n\n{same}\n\n{C}\n", ())
    other = B.replace("misc", "book")
    assert merged(AC, f"{A}\n\n{B}\n\n{C}\n", f"{A}\n\n{other}\n\n{C}\n") == (f"{A}\n\n{other}\n\n{C}\n", ("b",))


@pytest.mark.parametrize(
    "text",
    [
        f"% a list\n\n{A}\n\n{C}\n",
        f"{A}\n\n@string{{s = {{x}}}}\n\n{C}\n",
        f"{C}\n\n{A}\n",
        f"{A}\n\n\n\n{C}\n\n",
        f"{A}\n\n{C}\n\n@misc{{broken,\n",
        f"{A}\n\n{C}\n\n{C}\n",
    ],
    ids=["comment", "string", "order", "blank", "broken", "twice"],
)
def test_what_one_side_did_besides_the_entries_stands_with_the_entries_of_the_other(text: str) -> None:
    change = {"b": B, "a": A.replace("2001", "2011")}
    entries, both = given_entries(AC, dict(change)), given_entries(text, dict(change))
    assert merged(AC, text, entries) == (both, ())
    assert merged(AC, entries, text) == (both, ())


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("% ours\n", "% theirs\n"),
        ("@string{s = {ours}}\n", "@string{s = {theirs}}\n"),
        ("@misc{x,\n}\n@misc{x,\n}\n", "@comment{theirs}\n"),
        ("@misc{,\n note = {x},\n}\n", "@misc{x,\n note = {x\n\n"),
    ],
)
def test_two_changes_of_what_is_no_entry_are_a_conflict_and_entries_are_merged_nevertheless(
    ours: str, theirs: str
) -> None:
    assert merged(AC, f"{ours}{A}\n\n{B}\n\n{C}\n", f"{theirs}{AC}") == (f"{theirs}{A}\n\n{B}\n\n{C}\n", ("",))


def test_the_same_change_of_what_is_no_entry_is_no_conflict() -> None:
    assert merged(AC, f"% same\n{A}\n\n\n{C}\n", f"% same\n{AC}") == (f"% same\n{AC}", ())


def test_blank_lines_that_both_sides_changed_are_no_conflict() -> None:
    ours, theirs = f"\n{A}\n\n{B}\n\n\n{C}\n", f"{A}\n\n{C}\n\n\n"
    assert merged(AC, ours, theirs) == (f"{A}\n\n{B}\n\n{C}\n\n\n", ())
    commented = f"% on a\n{A}\n\n\n{C}\n\n"
    assert merged(AC, commented, theirs) == (commented, ())


def test_a_comment_that_moves_to_another_entry_is_a_change_and_goes_with_the_change_of_the_other_side() -> None:
    base, moved = f"% x\n{A}\n\n{C}\n", f"\n{A}\n\n% x\n{C}\n"
    assert merged(base, moved, base.replace("\n\n", "\n\n\n")) == (moved, ())
    assert merged(base, moved, base.replace("% x", "% y"))[1] == ("",)


def test_a_file_whose_line_ends_one_side_changed_keeps_them() -> None:
    windows = AC.replace("\n", "\r\n")
    ours = f"{A}\n\n{B}\n\n{C.replace('2003', '2013')}\n"
    assert merged(AC, ours, windows) == (ours.replace("\n", "\r\n"), ())
    assert merged(AC, windows, ours) == (ours.replace("\n", "\r\n"), ())


def test_odd_line_ends_of_one_entry_are_kept() -> None:
    odd = A.replace("2001},\n", "2011},\r\n")
    assert merged(AC, f"{odd}\n\n{C}\n", f"{A}\n\n{B}\n\n{C}\n") == (f"{odd}\n\n{B}\n\n{C}\n", ())
    assert merged(AC, f"{odd}\n\n{C}\n", f"% list\n{AC}") == (f"% list\n{odd}\n\n{C}\n", ())
    windows = AC.replace("\n", "\r\n").replace("@misc{c", f"{B}\r\n\r\n@misc{{c")
    assert merged(AC, f"{A}\n\n{B}\n\n{C}\n", windows) == (windows, ())


def test_a_file_that_is_no_utf8_loses_no_byte() -> None:
    base = "@misc{a,\n note = {é},\n}\n\n@misc{c,\n note = {ü},\n}\n".encode("latin-1")
    ours, theirs = base.replace(b"\xe9", b"\xe8"), base.replace(b"\xfc", b"\xfb")
    found = merge(*(Bibliography.parse(data) for data in (base, ours, theirs)))
    assert found == Merge(base.replace(b"\xe9", b"\xe8").replace(b"\xfc", b"\xfb"))
    ours, theirs = base.replace(b"\xe9},", b"\xe9},\n title = {\xe4},"), base.replace(b"misc{a", b"book{a")
    assert merge(*(Bibliography.parse(data) for data in (base, ours, theirs))) == Merge(theirs, ("a",))


@pytest.mark.usefixtures("in_linear_time")
def test_time_grows_with_the_length_only() -> None:
    number = 30_000
    texts = [f"@misc{{k{index:06},\n  year = {{{index}}},\n  note = {{x}},\n}}" for index in range(number)]
    base = "\n\n".join(texts)
    ours = "\n\n% x\n".join(text.replace("{x}", "{y}") for text in texts[: number // 2] + texts[number // 2 :: 2])
    theirs = "\n\n\n".join(text.replace("year = {", "year = {1") for text in texts[::2])
    found = merge(parsed(base), parsed(ours), parsed(theirs))
    assert len(found.conflicts) == number // 4


# Any files

KEYS = [f"k{number:02}" for number in range(12)]
SEPARATORS = st.sampled_from(["\n\n", "\n\n", "\n\n", "\n", " ", "\n\n\n", "\n\n% c\n", "\n\n% d\n\n", "\n% e\n\n"])
TEXTS = st.builds(
    "@TYPE{{KEY,\n  title = {{{}}},\n  year = {}{}\n}}".format,
    st.sampled_from(["One", "Two {T}", "Ü"]),
    st.sampled_from(["2001", "{2001}", "2002"]),
    st.sampled_from(["", ",", ",\n  note = {n},"]),
).flatmap(lambda text: st.sampled_from(["misc", "Book"]).map(lambda type_: text.replace("TYPE", type_)))
"""Entries that are called KEY."""


@st.composite
def files(draw: st.DrawFn) -> str:
    """A file of some of the ``KEYS``, sorted or not."""
    keys = draw(st.lists(st.sampled_from(KEYS), max_size=8, unique=True))
    if draw(st.booleans()):
        keys.sort()
    text = draw(st.sampled_from(["", "", "% the list\n\n", "\ufeff"]))
    return text + "".join(draw(TEXTS).replace("KEY", key) + draw(SEPARATORS) for key in keys)


@st.composite
def tidy_files(draw: st.DrawFn) -> str:
    """A file of some of the ``KEYS`` in order, a blank line between any two."""
    entries = [draw(TEXTS).replace("KEY", key) for key in sorted(draw(st.sets(st.sampled_from(KEYS), max_size=8)))]
    return draw(st.sampled_from(["", "% the list\n\n", "\ufeff"])) + "\n\n".join(entries) + "\n" * bool(entries)


FILES = files()
TIDY = tidy_files()
CHANGES = st.dictionaries(st.sampled_from(KEYS), st.none() | TEXTS, max_size=6)


def texts_of(text: str) -> dict[str, str]:
    return {entry.key: entry.text for entry in parsed(text).entries}


def with_changes(text: str, changes: dict[str, str | None]) -> str:
    return given_entries(text, {key: entry and entry.replace("KEY", key) for key, entry in changes.items()})


@given(FILES, FILES)
def test_a_side_that_changed_nothing_gives_way_and_two_that_agree_are_the_result(one: str, other: str) -> None:
    assert merged(one, one, other) == (other, ())
    assert merged(one, other, one) == (other, ())
    assert merged(one, other, other) == (other, ())


@given(TIDY, CHANGES, CHANGES)
def test_changes_of_different_entries_all_survive_whichever_side_they_are_on(
    base: str, here: dict[str, str | None], there: dict[str, str | None]
) -> None:
    here = {key: text for key, text in here.items() if key not in there}
    ours, theirs = with_changes(base, here), with_changes(base, there)
    result, conflicts = merged(base, ours, theirs)
    assert conflicts == ()
    assert merged(base, theirs, ours) == (result, ())
    expected = texts_of(base) | {key: text.replace("KEY", key) for key, text in (here | there).items() if text}
    assert texts_of(result) == {key: text for key, text in expected.items() if (here | there).get(key, "") is not None}
    assert [line for line in result.split("\n") if line.startswith("%")] == base.split("\n")[:1] * base.startswith("%")


@given(FILES, FILES, FILES)
def test_a_merge_of_any_files_holds_what_one_side_did_and_can_be_read(base: str, ours: str, theirs: str) -> None:
    result, conflicts = merged(base, ours, theirs)
    after = parsed(result)
    assert after.problems == []
    assert [problem for entry in after.entries for problem in entry.problems] == []
    old, mine, new, both = (texts_of(text) for text in (base, ours, theirs, result))
    for key in KEYS:
        was, here, there = old.get(key), mine.get(key), new.get(key)
        if key in conflicts or here in (was, there):
            assert both.get(key) == there
        elif there == was:
            assert both.get(key) == here
        else:
            assert (
                values(both[key]).items()
                >= {
                    name: value for name, value in values(mine[key]).items() if value != values(was or "").get(name)
                }.items()
            )
    sides = [comments_of(base), comments_of(ours), comments_of(theirs)]
    assert comments_of(result) == (sides[1] if sides[2] == sides[0] and "" not in conflicts else sides[2])


def comments_of(text: str) -> list[str]:
    return [line.strip() for line in text.removeprefix("\ufeff").split("\n") if line.startswith("%")]


def values(text: str) -> dict[str, str]:
    return {
        name: value for entry in parsed(text).entries for name, value in (*entry.fields.items(), ("", entry.block.type))
    }


@given(base=TIDY, here=CHANGES, there=CHANGES)
def test_where_git_merges_without_conflict_the_entries_mean_the_same(
    base: str, here: dict[str, str | None], there: dict[str, str | None], tmp_path_factory: pytest.TempPathFactory
) -> None:
    ours, theirs = with_changes(base, here), with_changes(base, there)
    folder: Path = tmp_path_factory.mktemp("merge")
    for name, text in (("base", base), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_text(text, encoding="utf-8", newline="")
    command = ["git", "merge-file", "-p", "ours", "base", "theirs"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    result, conflicts = merged(base, ours, theirs)
    git = parsed(done.stdout.decode())
    assume(done.returncode == 0 and not conflicts)
    assert {entry.key: entry.entry for entry in parsed(result).entries} == {
        entry.key: entry.entry for entry in git.entries
    }
