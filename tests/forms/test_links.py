from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.forms.links import prefilled_link
from bot.forms.template import Element, Template


def parameters(link: str) -> dict[str, str]:
    return {
        name: value
        for name, [value] in parse_qs(urlsplit(link).query, strict_parsing=True, keep_blank_values=True).items()
    }


def test_a_link_opens_the_form_of_the_repository_filled_in(correct: Template) -> None:
    link = prefilled_link("a/list", correct, {"key": "Bock2012", "value": "two words\n& more=1#x?é"})
    assert link == (
        "https://github.com/a/list/issues/new?template=correct-paper.yml&key=Bock2012"
        "&value=two%20words%0A%26%20more%3D1%23x%3F%C3%A9"
    )


def test_only_inputs_and_text_areas_are_filled_in(add: Template) -> None:
    answers = {"year": "2017", "authors": "A, B", "entry-type": "article", "repro": "Yes", "unknown": "x", "note": ""}
    assert parameters(prefilled_link("a/list", add, answers)) == {
        "template": "add-paper.yml",
        "year": "2017",
        "authors": "A, B",
    }


@pytest.mark.parametrize("name", ["title", "type", "labels", "body", "template", "assignees", "milestone", "projects"])
def test_what_github_means_by_a_parameter_is_never_filled_in(name: str) -> None:
    form = Template("f.yml", "n", "d", (), (Element(name, "input", "Label"), Element("other", "input", "Other")))
    assert parameters(prefilled_link("a/list", form, {name: "x", "other": "y"})) == {"template": "f.yml", "other": "y"}


def test_a_long_link_loses_its_longest_value(correct: Template) -> None:
    answers = {"key": "Bock2012", "field": "f" * 3000, "value": "v" * 3100, "bibtex": "é" * 1000}
    assert parameters(prefilled_link("a/list", correct, answers)).keys() == {"template", "key", "field"}


def test_the_length_counts_as_the_link_is_written(correct: Template) -> None:
    answers = {"value": "v" * 4000, "bibtex": "é" * 1000}  # six characters each
    assert parameters(prefilled_link("a/list", correct, answers)).keys() == {"template", "value"}


def test_the_limit_is_6000_characters(correct: Template) -> None:
    bare = prefilled_link("a/list", correct, {"value": "x"})
    fits = "x" * (6000 - len(bare) + 1)
    assert len(prefilled_link("a/list", correct, {"value": fits})) == 6000
    assert "value" not in prefilled_link("a/list", correct, {"value": fits + "x"})


@given(answers=st.dictionaries(st.sampled_from(["key", "field", "value", "bibtex"]), st.text(max_size=3000)))
def test_any_link_is_a_link_of_bounded_length(correct: Template, answers: dict[str, str]) -> None:
    link = prefilled_link("a/list", correct, answers)
    assert len(link) <= 6000
    assert link.isascii()
    assert " " not in link
    assert parameters(link).items() <= {"template": "correct-paper.yml", **answers}.items()
