"""People and organisations as BibTeX names them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pybtex.bibtex.utils import split_name_list
from pybtex.database import Person

from bot.bibliography.names import Name, family_for_key, name_faults, read_names, same_person, to_bibtex_names


def kinds(value: str) -> list[str]:
    return [fault.kind for fault in name_faults(value)]


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("", []),
        ("Böck, Sebastian", ["Böck, Sebastian"]),
        ("Sebastian Böck", ["Böck, Sebastian"]),
        ("Ludwig van Beethoven", ["van Beethoven, Ludwig"]),
        ("van den Oord, Aaron", ["van den Oord, Aaron"]),
        ("de la Vall{\\'e}e Poussin, Charles", ["de la Vallée Poussin, Charles"]),
        (
            "Charles Louis Xavier Joseph de la Vall{\\'e}e Poussin",
            ["de la Vallée Poussin, Charles Louis Xavier Joseph"],
        ),
        ("King, Jr, Martin Luther", ["King, Jr, Martin Luther"]),
        ("{Google Brain}", ["Google Brain"]),
        ("{Barnes and Noble, Inc.} and Böck, S.", ["Barnes and Noble, Inc.", "Böck, S."]),
        ('B{\\"o}ck, Sebastian AND Schl\\"uter,  Jan', ["Böck, Sebastian", "Schlüter, Jan"]),
        ("Knees, Peter and others", ["Knees, Peter"]),
        ("Sandler, Mark and Brandt, Anders", ["Sandler, Mark", "Brandt, Anders"]),
        ("Bo\u0308ck, Sebastian", ["B\u00f6ck, Sebastian"]),
        ("Plato", ["Plato"]),
        ("{The {Bach} and {Handel} and Co} and Plato", ["The Bach and Handel and Co", "Plato"]),
        ("Böck, Sebastian  and  Grill, Thomas", ["Böck, Sebastian", "Grill, Thomas"]),
    ],
)
def test_names_are_read_as_bibtex_reads_them(value: str, names: list[str]) -> None:
    assert [str(name) for name in read_names(value)] == names
    assert name_faults(value) == ()


def test_particles_belong_to_the_family() -> None:
    assert read_names("Ludwig van Beethoven")[0] == Name("van Beethoven", "Ludwig")


def test_an_organisation_is_one_name_without_parts() -> None:
    (brain,) = read_names("{Google Brain}")
    assert brain.is_organisation
    assert (brain.family, brain.given) == ("Google Brain", "")
    assert not read_names('{\\"O}zg\\"ur, Ali')[0].is_organisation


_WORD = st.text(alphabet="aàbcdeëfgnoüxyzABCDEÉNOÜŁ'.-", min_size=1, max_size=8)
_WORDS = st.lists(_WORD, min_size=1, max_size=3).map(" ".join)
_TEX = st.sampled_from(['{\\"o}', "\\'e", "{\\L}", "{Van}", "{von Neumann}", "van", "de", "~", "\\c c", "{\\o}x"])
_PLAIN_NAME = st.one_of(_WORDS, st.tuples(_WORDS, _WORDS).map(", ".join))
_TEX_NAME = st.lists(st.one_of(_WORD, _TEX), min_size=1, max_size=4).map(" ".join)


def as_pybtex(name: str) -> Name:
    """The name as pybtex reads it, LaTeX decoded like ours: by way of a name list of braces, which have no parts."""
    person = Person(name)

    def text(*words: list[str]) -> str:
        inner = " ".join(word for part in words for word in part)
        return read_names(f"{{x {inner}}}")[0].family.removeprefix("x").strip() if inner else ""

    return Name(
        text(person.prelast_names, person.last_names),
        text(person.first_names, person.middle_names),
        text(person.lineage_names),
    )


@given(st.one_of(_PLAIN_NAME, _TEX_NAME, st.tuples(_TEX_NAME, _TEX_NAME).map(", ".join)))
@example("Garcez, Artur S d'Avila")
@example("jean de la Fontaine du Bois")
@example("'t Hooft, Gerard")
def test_pybtex_reads_the_same_name(name: str) -> None:
    theirs = as_pybtex(name)
    for ours in read_names(name):
        if not ours.is_organisation and "and" not in name.lower().split():
            assert ours == theirs


@given(st.lists(_PLAIN_NAME.filter(lambda name: "AND" not in name.upper().split()), min_size=1, max_size=4))
def test_pybtex_cuts_a_list_at_the_same_places(names: list[str]) -> None:
    value = " and ".join(names)
    assert [str(name) for name in read_names(value)] == [str(as_pybtex(name)) for name in split_name_list(value)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{", ["braces"]),
        ("}", ["braces"]),
        ("and", ["and", "and"]),
        ("and and", ["and", "empty", "and"]),
        (", ,", ["empty"]),
        (",", ["empty"]),
        ("Böck, Sebastian and", ["and"]),
        ("and Böck, Sebastian", ["and"]),
        ("Böck, S. and and Schlüter, J.", ["empty"]),
        ("Böck, Sebastian,", ["trailing-comma"]),
        ("Böck,", ["trailing-comma"]),
        (", Sebastian", ["empty"]),
        ("Böck, Sebastian, Schlüter, Jan", ["commas"]),
        ("Böck, , Sebastian", ["empty"]),
        ("Böck, S. et al.", ["et-al"]),
        ("Böck et al", ["et-al"]),
        ("et. al.", ["et-al"]),
        ("Böck, Sebastian <sebastian@example.org>", ["mail"]),
        ("Böck, Sebastian1", ["digits"]),
        ("123", ["empty"]),
        ("Böck, S. & Schlüter, J.", ["joined"]),
        ("Jan Schlüter, Sebastian Böck and Thomas Grill", ["joined"]),
        ("A" * 501, ["long"]),
        ("a " + "{" * 150 + "x" + "}" * 150 + " y", ["empty"]),
        ("{}", ["empty"]),
        (".", ["empty"]),
    ],
)
def test_a_faulty_name_is_found_and_named(value: str, expected: list[str]) -> None:
    assert kinds(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "Alì, Etal and Valet, Alain",
        "Et, Alfred",
        "Garcez, Artur S d'Avila and Liem, CCS and R. Channing Moore",
        "{AT\\&T Labs} and {3M} and {Team @Home}",
        "Schlüter, Jan and others",
        "Martel Baro, Héctor and Gómez Gutiérrez, Emilia María",
        "Smith-Jones, Mary-Ann and O'Brien, Pat and 王, 小明",
    ],
)
def test_unusual_but_good_names_have_no_fault(value: str) -> None:
    assert kinds(value) == []


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        ("Böck, S. et al.", "Böck, S. and others"),
        ("Böck, Sebastian,", "Böck, Sebastian"),
        (
            "Sebastian Böck, Jan Schlüter, Thomas Grill, Karen Ullrich",
            "Sebastian Böck and Jan Schlüter and Thomas Grill and Karen Ullrich",
        ),
        ("Böck, S., Schlüter, J.", "Böck, S. and Schlüter, J."),
        ("Böck, Sebastian <s@example.org>", "Böck, Sebastian"),
        ("Böck1, Sebastian*", "Böck, Sebastian"),
        ("Böck, S. & Schlüter, J.", "Böck, S. and Schlüter, J."),
    ],
)
def test_a_fault_says_what_would_pass_and_that_passes(value: str, fix: str) -> None:
    (fault,) = name_faults(value)
    assert fault.fix == fix
    assert kinds(fix) == []


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("Jan Schlüter", "Schlüter, Jan"),
        ("Jan Schlüter\nSebastian Böck", "Schlüter, Jan and Böck, Sebastian"),
        ("Jan Schlüter\r\nSebastian Böck\r\n", "Schlüter, Jan and Böck, Sebastian"),
        ("Schlüter, Jan; Böck, Sebastian;", "Schlüter, Jan and Böck, Sebastian"),
        ("Schlüter, Jan and\n  Böck, Sebastian", "Schlüter, Jan and Böck, Sebastian"),
        ("Schlüter, Jan and Sebastian Böck", "Schlüter, Jan and Böck, Sebastian"),
        ("Ludwig van Beethoven; Aaron van den Oord", "van Beethoven, Ludwig and van den Oord, Aaron"),
        ('Schl{\\"u}ter, Jan', "Schlüter, Jan"),
        ("{Google Brain}\nJan Schlüter", "{Google Brain} and Schlüter, Jan"),
        ("{Barnes; Noble and Co}", "{Barnes; Noble and Co}"),
        ("{Universit\\'e de Lille}", "{Université de Lille}"),
        ("{AT\\&T Labs}", "{AT\\&T Labs}"),
        ("King, Jr, Martin", "King, Jr, Martin"),
        ("Schlüter, Jan and others", "Schlüter, Jan and others"),
        ("  \n ", ""),
        ("Schl&uuml;ter, Jan; Böck, S.", "Schl&uuml;ter, Jan and Böck, S."),
    ],
)
def test_typed_authors_become_bibtex_names(typed: str, names: str) -> None:
    assert to_bibtex_names(typed) == names


@pytest.mark.parametrize("typed", ["Böck, S. et al.", "{", "Böck, S., Schlüter, J., X", "Böck,", "x@example.org"])
def test_what_is_no_good_name_stays_as_it_is_typed(typed: str) -> None:
    assert to_bibtex_names(typed) == typed
    assert kinds(typed)


@given(st.text(alphabet="bAÜß ,;.{}&\n-'x"))
def test_no_letter_of_what_was_typed_is_lost(typed: str) -> None:
    written = to_bibtex_names(typed).replace(" and ", " ")
    assert sorted(char for char in written if char.isalpha()) == sorted(char for char in typed if char.isalpha())


@given(st.lists(_PLAIN_NAME, max_size=4))
def test_names_mean_the_same_after_writing_them(names: list[str]) -> None:
    value = " and ".join(names)
    written = to_bibtex_names(value)
    assert to_bibtex_names(written) == written
    if not name_faults(value):
        assert read_names(written) == read_names(value)


@given(st.text(alphabet="ab {},\\\"'~&@1;.\nandAND"))
def test_any_text_is_read_without_an_exception(value: str) -> None:
    names = read_names(value)
    faults = name_faults(value)
    to_bibtex_names(value)
    assert all(name.family for name in names)
    assert all(fault.position >= 1 for fault in faults)
    assert names or faults or not value.strip() or value.strip().lower() == "others"


@pytest.mark.parametrize(
    ("family", "key"),
    [
        ("Böck", "Bock"),
        ("Boulanger-Lewandowski", "BoulangerLewandowski"),
        ("Van den Oord", "VandenOord"),
        ("van den Oord", "VandenOord"),
        ("van Gemert", "VanGemert"),
        ("de Haas", "DeHaas"),
        ("d'Avila Garcez", "DAvilaGarcez"),
        ("Martel Baro", "MartelBaro"),
        ("Google Brain", "GoogleBrain"),
        ("Łukasz", "Lukasz"),
        ("王", "Wang"),
        ("…", ""),
    ],
)
def test_a_family_name_in_a_citation_key_is_ascii_letters_in_one_word(family: str, key: str) -> None:
    assert family_for_key(Name(family)) == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sturm, Bob", "Sturm, Bob L."),
        ("Sturm, B.", "Sturm, Bob"),
        ("Sturm, B L", "Sturm, Bob L."),
        ("Bazzica, JC", "Bazzica, Jan C."),
        ("Briot, Jean-Pierre", "Briot, J.-P."),
        ("Todd", "Todd, Peter"),
        ("Böck, Sebastian", "Bock, Sebastian"),
        ("Van den Oord, Aaron", "van den Oord, Aaron"),
    ],
)
def test_names_that_do_not_contradict_can_be_one_person(one: str, other: str) -> None:
    (a,), (b,) = read_names(one), read_names(other)
    assert same_person(a, b)
    assert same_person(b, a)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Wang, Xin", "Wang, Yong"),
        ("Wang, X.", "Wang, Yong"),
        ("Lee, Bob A.", "Lee, Bob B."),
        ("Lee, Bo", "Lee, Bob"),
        ("Sturm, Bob", "Storm, Bob"),
    ],
)
def test_names_that_contradict_are_two_people(one: str, other: str) -> None:
    (a,), (b,) = read_names(one), read_names(other)
    assert not same_person(a, b)
    assert not same_person(b, a)


@pytest.mark.usefixtures("in_linear_time")
@pytest.mark.parametrize(
    "piece", ["{", "}", "and ", ",", "A, B and ", "&", "a@", "et al ", "A B, C D and ", "A; ", "x"]
)
def test_time_grows_with_the_length_only(piece: str) -> None:
    value = piece * (60_000 // len(piece))
    read_names(value)
    name_faults(value)
    to_bibtex_names(value)
