"""Comparing works as a librarian does: spelling is forgiven, a second part is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bibliography.names import read_names
from bot.metadata.likeness import Authors, Titles, compare_authors, compare_titles

SAME = [
    ("Deep learning for music", "Deep Learning for Music."),
    ("{DeepBach}: A steerable model", "DeepBach: a Steerable Model"),
    ("End-to-end learning", "End to End Learning"),
    ("Music auto-tagging with CNNs", "Music Autotagging with CNNs"),
    ("Modelling polyphonic music", "Modeling Polyphonic Music"),
    ("A comparison on audio preprocessing", "A comparison of audio preprocessing"),
    (r"M{\"u}ller's na{\"i}ve filters", "Müller’s naive filters"),
    ("Rhythm & blues detection", "Rhythm and blues detection"),
    ("Owl calls – a survey", "Owl Calls: A Survey"),
]
SUBTITLE = [
    ("DeepBach", "DeepBach: A steerable model for Bach chorales"),
    ("Deep learning for music generation - A survey", "Deep learning for music generation"),
    ("A steerable model for Bach chorales", "DeepBach: a steerable model for Bach chorales"),
]
VERSION = [
    ("Owls at night: Part I", "Owls at night: Part II"),
    ("Owls at night", "Owls at night 2"),
    ("Owls at night", "Correction to: Owls at night"),
    ("Owls at night", "Owls at night: Extended version"),
    ("Owls at night", "Owls at night [dataset]"),
    ("Owls at night", "Comments on “Owls at night”"),
    ("Owls of the night", "Owls of the night: supplementary material"),
]
OTHER = [
    ("Owls at night", "Crows at noon"),
    ("Deep learning for music", "Deep learning for images"),
    (
        "Multi-level feature aggregation using sample-level networks for music classification",
        "Multi-level feature aggregation using pre-trained networks for music auto-tagging",
    ),
    ("", "Owls at night"),
]


@pytest.mark.parametrize(
    ("one", "two", "kind"),
    [
        *((one, two, Titles.SAME) for one, two in SAME),
        *((one, two, Titles.SUBTITLE) for one, two in SUBTITLE),
        *((one, two, Titles.VERSION) for one, two in VERSION),
        *((one, two, Titles.OTHER) for one, two in OTHER),
    ],
)
def test_titles_compare_by_what_they_say_whichever_comes_first(one: str, two: str, kind: Titles) -> None:
    assert compare_titles(one, two)[0] is kind
    assert compare_titles(two, one)[0] is kind


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_a_title_with_a_word_in_it_is_the_same_as_itself(title: str) -> None:
    kind, percent = compare_titles(title, title)
    assert (kind, percent) in ((Titles.SAME, 100.0), (Titles.OTHER, 0.0))


PEOPLE = [
    ("Böck, Sebastian and Schlüter, Jan", "Bock, S. and Schluter, J.", Authors.SAME),
    ("Doerfler, Monika", "Dörfler, Monika", Authors.SAME),
    ("van den Oord, Aäron", "Oord, Aaron van den", Authors.SAME),
    ("Li, Wei", "Wei, Li", Authors.SAME),
    ("García López, Ana", "García, Ana", Authors.SAME),
    ("Smith, Jane", "Smith, J. Q.", Authors.SAME),
    ("A, Ann and B, Bob", "B, Bob and A, Ann", Authors.SAME),
    ("{ATLAS Collaboration}", "{Atlas collaboration}", Authors.SAME),
    ("Able, Ann", "Able, Ann and Baker, Bob", Authors.ADDED),
    ("Able, Ann and Baker, Bob", "Able, Ann", Authors.REMOVED),
    ("Able, Ann and Baker, Bob", "Able, Ann and Cole, Cy", Authors.SOME),
    ("Able, Ann and Baker, Bob and Cole, Cy", "Able, Ann and Dean, Di and East, Ed and Fox, Flo", Authors.FEW),
    ("Smith, Jane", "Smith, Karl", Authors.NONE),
    ("Able, Ann", "Baker, Bob", Authors.NONE),
    ("", "Able, Ann", Authors.UNKNOWN),
]


@pytest.mark.parametrize(("one", "two", "kind"), PEOPLE)
def test_authors_compare_one_by_one(one: str, two: str, kind: Authors) -> None:
    assert compare_authors(read_names(one), read_names(two))[0] is kind


def test_two_people_of_one_name_count_as_two() -> None:
    assert compare_authors(read_names("Li, Wei and Li, Wei"), read_names("Li, Wei")) == (Authors.REMOVED, 1)
