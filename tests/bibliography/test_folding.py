"""Text made comparable."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bibliography.folding import fold, fold_title, strip_accents, to_ascii


@pytest.mark.parametrize(
    ("text", "ascii_"),
    [
        ("Böck", "Bock"),
        ("Łukasz Stasiak", "Lukasz Stasiak"),
        ("Straße", "Strasse"),
        ("Ørsted", "Orsted"),
        ("Veličković", "Velickovic"),
        ("O’Brien – Lee", "O'Brien - Lee"),
        ("Αθήνα", "Athina"),
    ],
)
def test_letters_become_their_nearest_ascii_ones_and_keep_their_case(text: str, ascii_: str) -> None:
    assert to_ascii(text) == ascii_


@given(st.text())
def test_composed_and_decomposed_letters_fold_alike(text: str) -> None:
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    assert to_ascii(composed) == to_ascii(decomposed)
    assert strip_accents(composed) == strip_accents(decomposed)
    assert fold_title(composed) == fold_title(decomposed)


@given(st.text())
def test_what_is_folded_is_ascii_on_one_line_and_stays_as_it_is(text: str) -> None:
    folded = fold(text)
    assert folded.isascii()
    assert folded == " ".join(folded.lower().split())
    assert fold(folded) == folded


def test_names_that_differ_in_accents_alone_are_one() -> None:
    assert strip_accents("Schlüter, Jan") == strip_accents("Schluter, Jan")
    assert strip_accents("Bartłomiej") == strip_accents("Bartlomiej")


@pytest.mark.parametrize(
    ("one", "other"), [("王", "望"), ("Lee", "lee"), ("が", "か"), ("Sturm, Bob", "Sturm, Bob L.")]
)
def test_names_that_differ_in_more_than_accents_stay_two(one: str, other: str) -> None:
    assert strip_accents(one) != strip_accents(other)


def test_titles_that_differ_in_case_punctuation_and_accents_are_one() -> None:
    assert fold_title("Deep Learning – for “Músic”!") == "deep learning for music"
    assert fold_title("Deep-learning, for  music.") == "deep learning for music"
    assert fold_title("1-max pooling") == "1 max pooling"


def test_titles_that_differ_in_a_digit_are_two() -> None:
    assert fold_title("DCASE 2016 task 4") != fold_title("DCASE 2016 task 3")
