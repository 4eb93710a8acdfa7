"""The forms of this list, as people meet them on GitHub."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.config import Config
from bot.forms.template import Template, dropdown_options, fill_dropdowns

FOLDER = Path(__file__).parents[2] / ".github/ISSUE_TEMPLATE"
FORMS = ["add-paper.yml", "correct-paper.yml"]


def raw(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text("utf-8"))


def test_the_ids_of_the_elements_are_a_contract(add: Template, correct: Template) -> None:
    assert " ".join(element.id for element in add.elements) == (
        "identifier bibtex paper-title authors year entry-type venue link code archi layer task dataset "
        "dataaugmentation time hardware repro note"
    )
    assert " ".join(element.id for element in correct.elements) == "key field value bibtex"


def test_only_what_has_a_fixed_set_of_values_is_a_drop_down(add: Template, correct: Template) -> None:
    kinds = {element.id: element.type for element in (*add.elements, *correct.elements)}
    assert {id_ for id_, kind in kinds.items() if kind == "dropdown"} == {"entry-type", "repro"}
    assert {kind for kind in kinds.values() if kind != "dropdown"} == {"input", "textarea"}
    assert not any(element.multiple for element in add.elements)


def test_bibtex_is_shown_as_code(add: Template, correct: Template) -> None:
    rendered = [(e.id, e.render) for form in (add, correct) for e in form.elements if e.render]
    assert rendered == [("bibtex", "bibtex"), ("bibtex", "bibtex")]


def test_no_label_is_in_both_forms_or_like_another(add: Template, correct: Template) -> None:
    labels = [re.sub(r"\W+", "-", e.label.lower()) for form in (add, correct) for e in form.elements]
    assert len(set(labels)) == len(labels)


def test_nothing_is_required_but_the_key_of_a_correction(add: Template, correct: Template) -> None:
    assert [element.id for element in add.elements if element.required] == []
    assert [element.id for element in correct.elements if element.required] == ["key"]


def test_each_form_sets_its_own_label(add: Template, correct: Template) -> None:
    assert (add.labels, correct.labels) == (("add-paper",), ("correct-paper",))


@pytest.mark.parametrize("name", FORMS)
def test_no_description_is_longer_than_github_allows(name: str) -> None:
    form = raw(name)
    descriptions = [form["description"], *(item["attributes"].get("description", "") for item in form["body"])]
    assert max(map(len, descriptions)) <= 200


@pytest.mark.parametrize("name", FORMS)
def test_no_question_asks_for_what_github_forbids(name: str) -> None:
    labels = " ".join(item["attributes"].get("label", "") for item in raw(name)["body"]).lower()
    assert not re.search(r"password|token|secret|credential", labels)


@pytest.mark.parametrize("name", FORMS)
def test_the_options_are_those_of_the_configuration(name: str, config: Config) -> None:
    text = (FOLDER / name).read_text("utf-8")
    assert fill_dropdowns(text, dropdown_options(config)) == text


def test_the_contact_link_leads_to_this_repository(config: Config) -> None:
    chooser = raw("config.yml")
    assert chooser["blank_issues_enabled"] is True
    addresses = [link["url"] for link in chooser["contact_links"]]
    assert addresses == [f"https://github.com/{config.repository}/blob/{config.branch}/CONTRIBUTING.md"]
