"""Names as sources deliver them, as BibTeX names."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.bibliography.names import Name, name_faults, read_names
from bot.metadata.people import authors, organisation, person, whole


def reads(value: str) -> list[tuple[str, str, str]]:
    return [(name.family, name.given, name.suffix) for name in read_names(value)]


@pytest.mark.parametrize(
    ("parts", "written"),
    [
        (("van den Oord", "Aäron"), "van den Oord, Aäron"),
        (("Oord", "Aäron van den"), "van den Oord, Aäron"),
        (("Cruz", "Juana Inés", "", "de la"), "de la Cruz, Juana Inés"),
        (("Di Giorgi", "Bruno"), "Di Giorgi, Bruno"),
        (("Di Giorgi",), "{Di Giorgi}"),
        (("King", "Martin Luther", "Jr"), "King, Jr., Martin Luther"),
        (("King, Jr.", "Martin Luther"), "King, Jr., Martin Luther"),
        (("King III", "Martin Luther"), "King, III, Martin Luther"),
        (("King", "", "Jr."), "{King Jr.}"),
        (("King", "Martin", "2nd edition"), "King, Martin"),
        (("Madonna",), "Madonna"),
        (("", "Madonna"), "Madonna"),
        (("ATLAS Collaboration",), "{ATLAS Collaboration}"),
        (("Center", "Peter"), "Center, Peter"),
        (("Böck, Sebastian",), "Böck, Sebastian"),
        (("王", "伟"), "王, 伟"),
        (("MÜLLER", "Jan"), "Müller, Jan"),
        (("MÜLLER", "JAN PETER"), "Müller, Jan Peter"),
        (("LI", "Wei"), "Li, Wei"),
        (("LI", "WU"), "Li, WU"),
        (("O'BRIEN-SMITH", "J.-P."), "O'Brien-Smith, J.-P."),
        (("Smith", "JC"), "Smith, JC"),
        (("M&uuml;ller", "J&amp;#252;rg"), "Müller, Jürg"),
        (('M\\"uller', "Andr{\\'e}"), "Müller, André"),
        (("Doe<sup>1,2</sup>", "Jane*"), "Doe, Jane"),
        (("Doe", "Dr. Jane, PhD"), "Doe, Jane"),
        (("Doe", "Jane et al."), "Doe, Jane"),
        (("Ha", "Ke$ha"), r"Ha, Ke\$ha"),
        (("Smith and Jones", "Ann"), "{Smith and Jones}, Ann"),
        (("And", "Metin"), "{And}, Metin"),
        (("MÃ¼ller", "Jan"), "MÃ¼ller, Jan"),
        (("", ""), ""),
        (("1", "*"), ""),
    ],
)
def test_a_person_whose_names_are_known_apart(parts: tuple[str, ...], written: str) -> None:
    assert person(*parts) == written
    assert name_faults(written) == ()


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Sebastian Böck", "Böck, Sebastian"),
        ("Böck, Sebastian", "Böck, Sebastian"),
        ("Peter M. Todd", "Todd, Peter M."),
        ("Aäron van den Oord", "van den Oord, Aäron"),
        ("Juan de la Cruz", "de la Cruz, Juan"),
        ("van den Oord, Aäron", "van den Oord, Aäron"),
        ("van den Oord", "van den Oord"),
        ("Ahmed al-Rashid", "al-Rashid, Ahmed"),
        ("danah boyd", "boyd, danah"),
        ("van den oord", "van den oord"),
        ("Center, Peter", "Center, Peter"),
        ("Madonna", "Madonna"),
        ("Martin Luther King Jr.", "King, Jr., Martin Luther"),
        ("King, Jr., Martin Luther", "King, Jr., Martin Luther"),
        ("Martin Luther King, Jr.", "King, Jr., Martin Luther"),
        ("Martin King III", "King, III, Martin"),
        ("King Jr.", "{King Jr.}"),
        ("Li, Xi", "Li, Xi"),
        ("Li, Ma", "Li, Ma"),
        ("王伟", "王伟"),
        ("김 철수", "{김 철수}"),
        ("김, 철수", "김, 철수"),
        ("Иван Петров", "Петров, Иван"),
        ("MÜLLER, Jan", "Müller, Jan"),
        ("JAN MÜLLER", "Müller, Jan"),
        ("JC Smith", "Smith, JC"),
        ("CERN", "CERN"),
        ("Jane Doe (MIT)", "Doe, Jane"),
        ("Jane Doe (University of Bells (Java))", "Doe, Jane"),
        ("Jane (MIT (USA)) Doe", "Doe, Jane"),
        ("Jane Doe (MIT", "Doe, Jane"),
        ("Jane Doe, University of Bells", "Doe, Jane"),
        ("Jane Doe <jane@example.org>", "Doe, Jane"),
        ("Jane  Doe1,2,*", "Doe, Jane"),
        ("Jane Doe †‡ 1", "Doe, Jane"),
        ("Prof. Dr. Jane Doe", "Doe, Jane"),
        ("Drew Profitt", "Profitt, Drew"),
        ("Doe, Jane, PhD", "Doe, Jane"),
        ("Jos&eacute; Garc{\\'\\i}a", "García, José"),
        ("Jane\u200b\u00a0Doe\n", "Doe, Jane"),
        (":", ""),
        ("", ""),
        ("12 *", ""),
    ],
)
def test_a_whole_name_is_taken_apart(name: str, written: str) -> None:
    assert whole(name) == written
    assert name_faults(written) == ()


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("ATLAS Collaboration", "{ATLAS Collaboration}"),
        ("The ATLAS Collaboration:", "{The ATLAS Collaboration}"),
        ("Google", "{Google}"),
        ("Google Brain", "{Google Brain}"),
        ("Gong Works, Inc.", "{Gong Works, Inc.}"),
        ("Institute of Bells, Java", "{Institute of Bells, Java}"),
        ("Bell & Gong", r"{Bell \& Gong}"),
        ("Barnes and Noble", "{Barnes and Noble}"),
        ("Working Group 3", "{Working Group 3}"),
        ("Gamelan Team (2017)", "{Gamelan Team (2017)}"),
    ],
)
def test_an_organisation_is_recognised_by_its_words(name: str, written: str) -> None:
    assert whole(name) == written
    assert [one.is_organisation for one in read_names(written)] == [True]
    assert name_faults(written) == ()


@pytest.mark.parametrize("name", ["Jane Doe et al.", "Jane Doe, et al", "Jane Doe and others", "Jane Doe et.al."])
def test_et_al_behind_a_name_is_others(name: str) -> None:
    assert whole(name) == "Doe, Jane and others"


def test_et_al_behind_an_organisation_is_others() -> None:
    assert whole("Gong Team et al.") == "{Gong Team} and others"


@pytest.mark.parametrize("name", ["et al.", "et al", "others", "Et alii", "and others"])
def test_et_al_alone_is_others(name: str) -> None:
    assert whole(name) == person(name) == person("", name) == "others"


def test_an_organisation_stands_in_braces() -> None:
    assert organisation(" Gong &amp; Bell{ Works ") == r"{Gong \& Bell Works}"
    assert organisation("Gong Works 3") == "{Gong Works 3}"
    assert organisation("") == organisation("{}") == organisation("\x00 ,") == ""


def test_names_are_joined_once_each_in_a_row() -> None:
    assert authors(iter(["Doe, Jane", "Doe, Jane", "", "{Gong Team}", "Doe, Jane"])) == (
        "Doe, Jane and {Gong Team} and Doe, Jane"
    )
    assert authors([]) == authors(["", ""]) == ""


def test_others_stand_once_at_the_end() -> None:
    assert authors(["others", "Doe, Jane and others", "Roe, Jim"]) == "Doe, Jane and Roe, Jim and others"
    assert authors(["others"]) == ""
    assert authors(["{Bells and others}"]) == "{Bells and others}"


def test_two_names_in_each_part_are_not_taken_for_two_people() -> None:
    name = person("García Márquez", "Gabriel José")
    alone = authors([name])
    assert reads(alone) == [("García Márquez", "Gabriel José", "")]
    assert name_faults(alone) == name_faults(authors([name, "others"])) == ()
    assert authors([name, "Doe, Jane"]) == "García Márquez, Gabriel José and Doe, Jane"


@pytest.mark.parametrize("piece", ["(", "(a", "{", "a ", "a,", "a and ", "Dr. ", "1", ".", "a@", "<", "et al ", "\\'"])
@pytest.mark.usefixtures("in_linear_time")
def test_hostile_names_are_refused_or_read_in_linear_time(piece: str) -> None:
    for length in (190, 1_900, 2_000_000):
        text = (piece * length)[:length]
        for written in (whole(text), person(text, text, text, text), organisation(text)):
            assert len(written) < 1_000
            assert name_faults(written) == ()


_NAME = st.text("abcnoABCNØÄäéßжЖ王伟", min_size=1, max_size=7)
_NAMES = st.lists(_NAME, min_size=1, max_size=3).map(" ".join)
_PARTICLE = st.sampled_from(["", "van", "van den", "de la", "von der", "d'"])


def is_shouted(text: str) -> bool:
    return any(word.isupper() for word in re.split(r"[ '-]", text))


@given(_NAMES, _NAMES, _PARTICLE, st.sampled_from(["", "Jr.", "Sr.", "III"]))
@example("And", "and", "", "")
@example("Aa Bb", "Cc Dd", "", "Jr.")
def test_a_person_is_read_back_as_the_same_person(family: str, given_: str, particle: str, suffix: str) -> None:
    if is_shouted(family) or is_shouted(given_):
        return
    written = authors([person(family, given_, suffix, particle)])
    assert reads(written) == [(f"{particle} {family}".strip(), given_, suffix)]
    assert name_faults(written) == ()


_ANY_NAME = st.lists(
    st.one_of(
        st.text(max_size=6),
        _NAME,
        st.sampled_from(
            [
                *(
                    " ",
                    ", ",
                    " and ",
                    " AND ",
                    "and",
                    "others",
                    " et al.",
                    "Jr.",
                    "{",
                    "}",
                    "\\",
                    "\\'e",
                    "~",
                    "&",
                    "&amp;",
                ),
                *(
                    "(",
                    ")",
                    "van ",
                    "de la ",
                    "Dr. ",
                    "PhD",
                    "*",
                    "1",
                    "①",
                    "$",
                    "#",
                    "_",
                    "%",
                    "^",
                    "@x.y",
                    "Team",
                    "Inc.",
                ),
                *("<sup>", "</sup>", "$x$", "김", ":", "-", ".", "'", "\u200d", "\n"),
            ]
        ),
    ),
    max_size=8,
).map("".join)


@given(_ANY_NAME, _ANY_NAME, _ANY_NAME)
@example("and", "", "")
@example("&", "a", "")
@example("①", "a", "")
def test_any_text_becomes_names_without_a_fault_or_none(one: str, two: str, three: str) -> None:
    for written in (person(one, two, three), person(one, particle=two), whole(one), whole(f"{two}, {one}")):
        value = authors([written])
        assert name_faults(value) == ()
        assert len(read_names(value)) == (1 if value else 0)
        assert value.isprintable() or not value.isascii()
    name = organisation(one)
    assert not name or [read.is_organisation for read in read_names(name)] == [True]
    assert name_faults(name) == ()
    everyone = authors([whole(one), whole(two), whole(three)])
    assert name_faults(everyone) == ()


@given(_NAMES)
def test_a_name_made_here_stays_as_it_is(name: str) -> None:
    written = whole(name)
    (read,) = read_names(written)
    if not read.is_organisation:
        assert whole(written) == written
    assert read_names(authors([written])) == (Name(read.family, read.given, read.suffix, read.is_organisation),)
