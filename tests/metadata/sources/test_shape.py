"""Reading JSON without trusting it."""

import pytest
from hypothesis import given

from bot.metadata.source import NonsenseError
from bot.metadata.sources import shape
from tests.metadata.sources.checks import anything, body


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>", b'{"a": ', b"\xff\xfe{}", b'"\xed\xa0\x80"', b'"\\ud800"', b"[" * 100_000, b"9" * 5000, b"NaN"],
)
def test_what_is_no_json_is_nonsense(data: bytes) -> None:
    with pytest.raises(NonsenseError):
        shape.load(data)


@given(anything)
def test_any_json_is_loaded_and_can_be_asked_for_anything(value: object) -> None:
    loaded = shape.load(body(value))
    assert isinstance(shape.text(loaded, "a", 0, "b"), str)
    assert all(isinstance(text, str) and text for text in shape.texts(loaded, "a"))
    assert all(isinstance(part, dict) for part in shape.objects(loaded))


def test_a_path_leads_through_objects_and_lists_or_nowhere() -> None:
    value = {"a": [{"b": " x "}, None]}
    assert shape.text(value, "a", 0, "b") == "x"
    assert shape.text(value, "a", 1, "b") == ""
    assert shape.text(value, "a", 2, "b") == ""
    assert shape.text(value, "a", "b") == ""
    assert shape.text(value, "a") == ""
    assert list(shape.objects(value, "a")) == [{"b": " x "}]


def test_whole_numbers_are_texts_and_truth_values_are_not() -> None:
    assert [shape.text(value) for value in (2017, 0, True, False, 1.5, -3, 10**30)] == ["2017", "0", "", "", "", "", ""]


def test_a_single_text_is_a_list_of_one() -> None:
    assert shape.texts({"author": "A"}, "author") == ["A"]
    assert shape.texts({"author": ["A", None, "", "B"]}, "author") == ["A", "B"]


def test_a_text_that_is_far_too_long_is_none() -> None:
    assert shape.text("x" * 20_000) == "x" * 20_000
    assert shape.text("x" * 20_001) == ""


def test_a_work_is_identified_by_its_doi_or_as_arxivs_own_bibtex_does() -> None:
    assert shape.own("10.1000/a") == {"doi": "10.1000/a"}
    assert shape.own("10.48550/arxiv.1706.08818") == {"eprint": "1706.08818", "archiveprefix": "arXiv"}
    assert shape.own("10.1000/a}b") == {}


def test_arxivs_own_doi_is_no_published_one() -> None:
    assert shape.doi_of("https://doi.org/10.1000/A") == "10.1000/a"
    assert shape.doi_of("10.48550/arXiv.1706.08818") == ""
    assert shape.arxiv_of("10.48550/arXiv.1706.08818v2") == "1706.08818"
