"""Changing a file touches the lines of one entry, and the blank line around it."""

import difflib
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bibliography.blocks import Bibliography
from bot.bibliography.diff import unified_diff
from bot.bibliography.edits import Edit, apply, changes, insertions, removal
from bot.bibliography.entry import Entry

ORDER = ("author", "title", "year", "doi", "link")


def inserted(text: str, *keys: str) -> str:
    bibliography = Bibliography.parse(text.encode())
    entries = [Entry("misc", key, {"title": "T"}) for key in keys]
    return apply(bibliography.data, insertions(bibliography, entries, ORDER)).decode()


def changed(text: str, values: dict[str, str], type_: str | None = None) -> str:
    bibliography = Bibliography.parse(text.encode())
    return apply(bibliography.data, changes(bibliography, bibliography.entries[0], values, ORDER, type_)).decode()


def removed(text: str, index: int) -> str:
    bibliography = Bibliography.parse(text.encode())
    return apply(bibliography.data, [removal(bibliography, bibliography.entries[index])]).decode()


NEW = "@misc{b,\n  title = {T},\n}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", NEW),
        ("@misc{a,}\n\n@misc{c,}\n", f"@misc{{a,}}\n\n{NEW}\n@misc{{c,}}\n"),
        ("@misc{c,}\n", f"{NEW}\n@misc{{c,}}\n"),
        ("@misc{a,}\n", f"@misc{{a,}}\n\n{NEW}"),
        ("@misc{a,}", f"@misc{{a,}}\n\n{NEW}"),
        ("@misc{a,}\n\n", f"@misc{{a,}}\n\n{NEW}"),
        ("\ufeff@misc{c,}\n", f"\ufeff{NEW}\n@misc{{c,}}\n"),
        ("@misc{a,} @misc{c,}\n", f"@misc{{a,}} \n\n{NEW}\n@misc{{c,}}\n"),
        # A comment right above an entry is that entry's; the first lines of a file are the file's.
        ("@misc{a,}\n\n% on c\n@misc{c,}\n", f"@misc{{a,}}\n\n{NEW}\n% on c\n@misc{{c,}}\n"),
        ("@misc{a,}\n% on c\n@misc{c,}\n", f"@misc{{a,}}\n\n{NEW}\n% on c\n@misc{{c,}}\n"),
        ("% the list\n@misc{c,}\n", f"% the list\n\n{NEW}\n@misc{{c,}}\n"),
        ("@string{s = {x}}\n\n@misc{c,}\n", f"@string{{s = {{x}}}}\n\n{NEW}\n@misc{{c,}}\n"),
        # Not sorted: before the first key that is greater and after which all are.
        ("@misc{z,}\n\n@misc{a,}\n\n@misc{d,}\n", f"@misc{{z,}}\n\n@misc{{a,}}\n\n{NEW}\n@misc{{d,}}\n"),
        ("@misc{z,}\n\n@misc{a,}\n", f"@misc{{z,}}\n\n@misc{{a,}}\n\n{NEW}"),
        # A broken entry keeps its place too.
        ("@misc{a,\n\n@misc{c,}\n", f"@misc{{a,\n\n{NEW}\n@misc{{c,}}\n"),
    ],
)
def test_a_new_entry_stands_between_blank_lines_where_its_key_belongs(before: str, after: str) -> None:
    assert inserted(before, "b") == after


def test_a_file_with_windows_line_ends_keeps_them() -> None:
    assert inserted("@misc{a,}\r\n\r\n@misc{c,}\r\n", "b") == (
        "@misc{a,}\r\n\r\n@misc{b,\r\n  title = {T},\r\n}\r\n\r\n@misc{c,}\r\n"
    )


def test_several_new_entries_are_sorted_among_themselves_without_regard_to_case() -> None:
    text = inserted("@misc{m,}\n", "Z", "n", "A")
    assert [entry.key for entry in Bibliography.parse(text.encode()).entries] == ["A", "m", "n", "Z"]


ENTRY = '@Article{k, % odd\n\tTitle = "Ö {x}",\n    year={2017}\n}\n\n@misc{l, note = {z}}\n'


@pytest.mark.parametrize(
    ("values", "type_", "old", "new"),
    [
        ({"title": "New"}, None, '"Ö {x}"', "{New}"),
        ({"year": "2018"}, None, "{2017}", "{2018}"),
        ({"year": ""}, None, "    year={2017}\n", ""),
        ({"title": ""}, None, '\tTitle = "Ö {x}",\n', ""),
        ({"doi": "10.1/é"}, None, "year={2017}", "year={2017},\n\tdoi = {10.1/é}"),
        ({"title": "Ö {x}"}, None, "", ""),
        ({}, "misc", "Article", "misc"),
    ],
)
def test_changing_a_field_leaves_every_other_byte(
    values: dict[str, str], type_: str | None, old: str, new: str
) -> None:
    assert changed(ENTRY, values, type_) == ENTRY.replace(old, new, 1)


def test_a_field_is_added_where_the_order_of_fields_puts_it() -> None:
    text = "@misc{k,\n  title = {T},\n  link = {L},\n}\n"
    assert changed(text, {"author": "A", "year": "2017"}) == (
        "@misc{k,\n  author = {A},\n  title = {T},\n  year = {2017},\n  link = {L},\n}\n"
    )


def test_fields_can_be_taken_out_and_added_at_one_place_at_once() -> None:
    text = "@misc{k,\n  title = {T},\n  year = {2017},\n}\n"
    assert changed(text, {"title": "", "year": "", "doi": "10.1/x", "link": "L"}) == (
        "@misc{k,\n  doi = {10.1/x},\n  link = {L},\n}\n"
    )


def test_an_entry_in_latin1_is_changed_at_the_right_bytes() -> None:
    data = "@misc{k, note = {éé}, year = {2017}}".encode("latin-1")
    bibliography = Bibliography.parse(data)
    edits = changes(bibliography, bibliography.entries[0], {"year": "2018"}, ORDER)
    assert apply(data, edits) == data.replace(b"2017", b"2018")


@pytest.mark.parametrize(
    ("before", "index", "after"),
    [
        ("@misc{a,}\n\n@misc{b,}\n\n@misc{c,}\n", 1, "@misc{a,}\n\n@misc{c,}\n"),
        ("@misc{a,}\n\n@misc{b,}\n\n@misc{c,}\n", 0, "@misc{b,}\n\n@misc{c,}\n"),
        ("@misc{a,}\n\n@misc{b,}\n", 1, "@misc{a,}\n"),
        ("@misc{a,}\n", 0, ""),
        ("@misc{a,} @misc{b,}\n", 0, " @misc{b,}\n"),
        ("@misc{a,}\n% on b\n@misc{b,}\n", 0, "% on b\n@misc{b,}\n"),
        ("@misc{a,}\r\n\r\n@misc{b,}\r\n", 0, "@misc{b,}\r\n"),
    ],
)
def test_a_removed_entry_takes_one_blank_line_with_it(before: str, index: int, after: str) -> None:
    assert removed(before, index) == after


def test_overlapping_edits_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        apply(b"abcdef", [Edit(0, 3, b"x"), Edit(2, 4, b"y")])


SEPARATORS = st.sampled_from(["\n\n", "\n", " ", "\n\n% c\n", "\n\n\n", "\n% x\n\n", "\r\n\r\n"])


@st.composite
def files_and_edits(draw: st.DrawFn) -> tuple[Bibliography, list[Edit]]:
    numbers = draw(st.lists(st.integers(0, 20), max_size=10, unique=True))
    if draw(st.booleans()):
        numbers.sort()
    text = "".join(
        f"@misc{{k{number:02},\n  title = {{Tü{number}}},\n  year = 2000{draw(st.sampled_from(['', ',']))}\n}}"
        + draw(SEPARATORS)
        for number in numbers
    )
    bibliography = Bibliography.parse((text.rstrip() if draw(st.booleans()) else text).encode())
    edits: list[Edit] = []
    for entry in bibliography.entries:
        what = draw(st.integers(0, 5))
        if what == 0 and not edits:
            edits.append(removal(bibliography, entry))
        elif what in (1, 2):
            values = {"title": draw(st.sampled_from(["", "new"])), "doi": draw(st.sampled_from(["", "10.1/x"]))}
            edits += changes(bibliography, entry, values, ORDER, draw(st.sampled_from([None, "book"])))
    if not any(edit.end > edit.start and not edit.text for edit in edits):
        new = [
            Entry("misc", f"k{number:02}b", {"title": "T"}) for number in draw(st.sets(st.integers(0, 21), max_size=3))
        ]
        edits += insertions(bibliography, new, ORDER)
    return bibliography, edits


@given(files_and_edits())
def test_what_an_edit_does_not_name_means_the_same_afterwards(case: tuple[Bibliography, list[Edit]]) -> None:
    bibliography, edits = case
    after = Bibliography.parse(apply(bibliography.data, edits))
    assert after.problems == []
    assert [problem for entry in after.entries for problem in entry.problems] == []
    spans = [(edit.start, edit.end) for edit in edits]
    untouched = {
        entry.key: entry.text
        for entry in bibliography.entries
        if not any(start < entry.block.end and end > entry.block.start for start, end in spans)
    }
    assert untouched.items() <= {entry.key: entry.text for entry in after.entries}.items()


@given(files_and_edits())
def test_inserting_adds_lines_and_takes_none(case: tuple[Bibliography, list[Edit]]) -> None:
    bibliography, _ = case
    edits = insertions(bibliography, [Entry("misc", "k10b", {"title": "T"})], ORDER)
    before = [line.rstrip() for line in bibliography.data.decode().split("\n")]
    after = [line.rstrip() for line in apply(bibliography.data, edits).decode().split("\n")]
    gone = [line for line in difflib.ndiff(before, after) if line.startswith("- ")]
    # Only where two entries share a line does the second one move to a line of its own.
    assert gone == [] or any(line.count("@") or line.count("}") for line in gone)
    added = [line for line in after if "k10b" in line]
    assert added == ["@misc{k10b,"]


@given(case=files_and_edits())
def test_the_diff_applies_to_the_file(
    case: tuple[Bibliography, list[Edit]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    bibliography, edits = case
    folder: Path = tmp_path_factory.mktemp("diff")
    (folder / "list.bib").write_bytes(bibliography.data)
    diff = unified_diff(bibliography, edits, "list.bib")
    if diff:
        command = ["git", "apply", "--whitespace=nowarn", "-"]
        subprocess.run(command, cwd=folder, input=diff.encode(), check=True, capture_output=True)
    assert (folder / "list.bib").read_bytes() == apply(bibliography.data, edits)
