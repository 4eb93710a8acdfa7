"""What every entry means, held against two readers that others wrote: pybtex and refkit."""

import importlib.util
import io
import re

import pybtex.database
import pybtex.errors
from hypothesis import given
from hypothesis import strategies as st
from pybtex.database.input.bibtex import Parser

from bot.bibliography.blocks import Bibliography
from bot.problems import Severity

WORDS = st.text(st.sampled_from("abcXYZ019 .:;-'üłŁ\n"), min_size=1, max_size=12).filter(lambda text: text.strip())
BRACED = st.recursive(
    WORDS,
    lambda inner: st.lists(st.one_of(inner, inner.map(lambda text: f"{{{text}}}")), max_size=3).map("".join),
    max_leaves=6,
)
MACROS = st.sampled_from(["jan", "DEC", "ieee", "Ieee"])
PARTS = st.one_of(
    BRACED.map(lambda text: f"{{{text}}}"), BRACED.map(lambda text: f'"{text}"'), st.integers(0, 9999).map(str), MACROS
)
BLANKS = st.sampled_from(["", " ", "\n", "\t", "\n  "])
NAMES = st.sampled_from(["title", "Note", "YEAR", "x-y", "doi", "author+an", "a1", "journal", "pages"])


@st.composite
def fields(draw: st.DrawFn) -> str:
    names = draw(st.lists(NAMES, max_size=5, unique_by=str.lower))
    written = []
    for name in names:
        value = f"{draw(BLANKS)}#{draw(BLANKS)}".join(draw(st.lists(PARTS, min_size=1, max_size=3)))
        written.append(f"{draw(BLANKS)}{name}{draw(BLANKS)}={draw(BLANKS)}{value}{draw(BLANKS)}")
    return ",".join(written) + draw(st.sampled_from(["", ",", ",\n"]))


@st.composite
def files(draw: st.DrawFn) -> str:
    parts = [draw(st.sampled_from(["", "\ufeff", "free text\n"])), '@string{ieee = {IEEE } # "Trans"}\n']
    for number in range(draw(st.integers(0, 4))):
        type_ = draw(st.sampled_from(["article", "Misc", "INPROCEEDINGS"]))
        opening, closing = draw(st.sampled_from([("{", "}"), ("(", ")")]))
        key = f"{draw(BLANKS)}Key{number}{draw(BLANKS)},"
        parts.append(f"@{draw(st.sampled_from(['', ' ']))}{type_}{opening}{key}{draw(fields())}{closing}")
        parts.append(draw(st.sampled_from(["\n\n", "\n", " ", "\n some words between \n", "\n@comment{x {y}}\n"])))
    return "".join(parts)


def ours(text: str) -> dict[str, tuple[str, dict[str, str]]]:
    return {entry.key: (entry.entry.type, entry.fields) for entry in Bibliography.parse(text.encode()).entries}


def squeezed(value: str) -> str:
    return re.sub(r"[ \t\r\n]+", " ", value).strip(" ")


def pybtex_means(text: str) -> dict[str, tuple[str, dict[str, str]]]:
    parser = Parser(person_fields=[])
    with pybtex.errors.capture():
        data = parser.parse_stream(io.StringIO(text))
    return {
        key: (entry.type, {name.lower(): squeezed(value) for name, value in entry.fields.items()})
        for key, entry in data.entries.items()
    }


@given(files())
def test_every_entry_means_what_pybtex_reads(text: str) -> None:
    assert ours(text) == pybtex_means(text)


@given(files())
def test_every_well_formed_entry_is_read_without_a_problem(text: str) -> None:
    bibliography = Bibliography.parse(text.encode())
    found = [*bibliography.problems, *(problem for entry in bibliography.entries for problem in entry.problems)]
    assert [problem for problem in found if problem.severity is Severity.ERROR] == []


@given(files())
def test_fields_are_at_the_places_that_are_given_for_them(text: str) -> None:
    for entry in Bibliography.parse(text.encode()).entries:
        assert {field.name: field.value for field in entry.located_fields()} == entry.fields
        for field in entry.located_fields():
            written = entry.text[field.start : field.end]
            assert written.lower().startswith(field.name)
            assert entry.text[field.value_start - 1] in "= \t\n"


# refkit has wheels for the common systems only; elsewhere it would take a Rust compiler to install it.
if importlib.util.find_spec("refkit"):
    import refkit

    @given(files())
    def test_refkit_finds_the_same_entries(text: str) -> None:
        text = re.sub(r"\s+=", " =", text.lstrip("\ufeff"))  # refkit 0.4 takes neither a line end there nor the mark
        document = refkit.BibDocument.parse(text)
        assert [entry.key for entry in document.entries.occurrences()] == list(ours(text))
        assert document.to_bibtex() == text
