from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bibliography.entry import Entry
from bot.config import Config
from bot.forms.body import Submission
from bot.forms.correcting import (
    Correction,
    RemoveEntry,
    ReplaceEntry,
    SetFields,
    key_in_title,
    read_correction,
)
from bot.forms.template import Template
from bot.problems import Severity

File = Callable[..., Correction]

BIBTEX = "@article{other,\n title = {Published at last},\n year = 2014}"
PUBLISHED = Entry("article", "", {"title": "Published at last", "year": "2014"})


@pytest.fixture(name="file", scope="session")
def _file(correct: Template, config: Config) -> File:
    """File a correction with these answers under this title."""
    return lambda answers, title="": read_correction(Submission(correct, answers), title, config)


@pytest.fixture(name="file_addition", scope="session")
def _file_addition(add: Template, config: Config) -> File:
    """File the form that adds papers with these answers under this title."""
    return lambda answers, title: read_correction(Submission(add, answers), title, config)


def rules(correction: Correction) -> list[tuple[str, str]]:
    return [(problem.severity, problem.rule) for problem in correction.problems]


# One field


@pytest.mark.parametrize(
    ("field", "value", "fields"),
    [
        ("title", "A  new\ntitle", {"title": "A new title"}),
        ("paper-title", "A new title", {"title": "A new title"}),
        ("author", "Sebastian Böck; Jan Schlüter", {"author": "Böck, Sebastian and Schlüter, Jan"}),
        ("authors", "Sebastian Böck\nJan Schlüter", {"author": "Böck, Sebastian and Schlüter, Jan"}),
        ("Year", "2014", {"year": "2014"}),
        (" `code` ", "https://github.com/a/b", {"code": "https://github.com/a/b"}),
        ("task", "MGR\nF0", {"task": "MGR & F0"}),
        ("venue", "ISMIR", {"venue": "ISMIR"}),
        ("identifier", "arXiv:1706.08818", {"eprint": "1706.08818", "archiveprefix": "arXiv"}),
        ("type", "Master's thesis", {"type": "Master's thesis"}),
        ("tittle", "A new title", {"tittle": "A new title"}),
    ],
)
def test_a_field_gets_its_new_value(file: File, field: str, value: str, fields: dict[str, str]) -> None:
    correction = file({"key": "Bock2012", "field": field, "value": value})
    assert correction == Correction("Bock2012", SetFields(fields), [])


@pytest.mark.parametrize("field", ["entry-type", "type"])
def test_the_type_of_the_entry_can_be_corrected(file: File, field: str) -> None:
    assert file({"key": "Bock2012", "field": field, "value": "Article"}).change == SetFields({}, "article")


@pytest.mark.parametrize(
    ("field", "value", "cleared"),
    [
        ("note", "-", ["note"]),
        ("paper-title", "–", ["title"]),
        ("venue", "n/a", ["venue"]),
        ("code", "No", ["code"]),
        ("identifier", "-", ["doi", "eprint", "archiveprefix"]),
        ("unknown", "-", ["unknown"]),
    ],
)
def test_a_dash_clears_the_field(file: File, field: str, value: str, cleared: list[str]) -> None:
    correction = file({"key": "Bock2012", "field": field, "value": value})
    assert correction == Correction("Bock2012", SetFields(dict.fromkeys(cleared, "")), [])


@pytest.mark.parametrize("key", ["Bock2012", " `Bock2012` ", "@Bock2012", "{Bock2012},", "[Bock2012]"])
def test_the_key_may_have_its_usual_surroundings(file: File, key: str) -> None:
    assert file({"key": key, "field": "year", "value": "2014"}).key == "Bock2012"


# A whole entry


def test_a_whole_entry_is_taken_over(file: File) -> None:
    assert file({"key": "Bock2012", "bibtex": BIBTEX}) == Correction("Bock2012", ReplaceEntry(PUBLISHED), [])


def test_a_field_next_to_a_whole_entry_counts_more_and_both_are_shown(file: File) -> None:
    correction = file({"key": "Bock2012", "bibtex": BIBTEX, "field": "year", "value": "2015"})
    assert correction.change == ReplaceEntry(Entry("article", "", {"title": "Published at last", "year": "2015"}))
    assert rules(correction) == [(Severity.WARNING, "form-conflict")]


def test_a_correction_is_about_one_entry(file: File) -> None:
    correction = file({"key": "Bock2012", "bibtex": BIBTEX + BIBTEX})
    assert (correction.change, rules(correction)) == (None, [(Severity.ERROR, "form-several")])


def test_what_cannot_be_read_as_an_entry_changes_nothing(file: File) -> None:
    correction = file({"key": "Bock2012", "bibtex": "\n@misc{a, title = {T"})
    assert correction.change is None
    assert [(problem.severity, problem.line) for problem in correction.problems] == [(Severity.ERROR, 2)]


# Removal


def test_an_entry_is_removed_with_a_reason(file: File) -> None:
    correction = file({"key": "Bock2012", "field": "Remove", "value": "Retracted.\n\nSee the journal."})
    assert correction == Correction("Bock2012", RemoveEntry("Retracted.\n\nSee the journal."), [])


def test_a_removal_needs_a_reason(file: File) -> None:
    correction = file({"key": "Bock2012", "field": "remove"})
    assert (correction.change, rules(correction)) == (None, [(Severity.ERROR, "form-value")])


def test_an_entry_is_either_removed_or_replaced(file: File) -> None:
    correction = file({"key": "Bock2012", "field": "remove", "value": "Retracted.", "bibtex": BIBTEX})
    assert (correction.change, rules(correction)) == (None, [(Severity.ERROR, "form-conflict")])


# What is missing


@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        ({"key": "A"}, "form-empty"),
        ({"key": "A", "value": "x"}, "form-field"),
        ({"key": "A", "value": "x", "bibtex": BIBTEX}, "form-field"),
        ({"key": "A", "field": "title and year", "value": "x"}, "form-field"),
        ({"key": "A", "field": "{" * 60_000, "value": "x"}, "form-field"),
        ({"key": "A", "field": "title"}, "form-value"),
        ({"key": "A", "field": "title", "bibtex": BIBTEX}, "form-value"),
        ({"key": "A", "field": "identifier", "value": "hello"}, "identifier"),
        ({"key": "A", "field": "entry-type", "value": "-"}, "entry-type"),
        ({"key": "A", "field": "entry-type", "value": "a journal"}, "entry-type"),
        ({"field": "title", "value": "x"}, "form-key"),
        ({"key": "@", "bibtex": BIBTEX}, "form-key"),
    ],
)
def test_what_is_missing_is_said_and_nothing_changes(file: File, answers: dict[str, str], rule: str) -> None:
    correction = file(answers)
    assert (correction.change, rules(correction)) == (None, [(Severity.ERROR, rule)])
    assert all(problem.fix and len(problem.message) < 300 for problem in correction.problems)


# The title


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("[Update][Bock2012]", "Bock2012"),
        ("[update] [ Bock2012 ] a new title", "Bock2012"),
        (" [UPDATE][VandenOord2016b]: published", "VandenOord2016b"),
        ("[Update] Bock2012", ""),
        ("[Update][]", ""),
        ("[Add][Bock2012]", ""),
        ("Re: [Update][Bock2012]", ""),
        ("[" * 10_000, ""),
        ("[Update]" + " " * 10_000, ""),
    ],
)
def test_an_update_is_known_by_the_issues_title(title: str, key: str) -> None:
    assert key_in_title(title) == key


def test_the_title_supplies_the_key(file: File) -> None:
    correction = file({"field": "year", "value": "2014"}, "[Update][Bock2012] year")
    assert correction == Correction("Bock2012", SetFields({"year": "2014"}), [])


def test_the_forms_key_counts_more_than_the_titles_and_both_are_shown(file: File) -> None:
    answers = {"key": "Bock2013", "field": "year", "value": "2014"}
    assert file(answers, "[Update][Bock2013]").problems == []
    correction = file(answers, "[Update][Bock2012]")
    assert (correction.key, rules(correction)) == ("Bock2013", [(Severity.WARNING, "form-conflict")])
    assert "Bock2012" in correction.problems[0].message
    assert "Bock2013" in correction.problems[0].message


def test_the_form_that_adds_papers_corrects_under_such_a_title(file_addition: File) -> None:
    answers = {"year": "2014", "entry-type": "article", "venue": "Applied Sciences", "code": "no"}
    change = SetFields({"year": "2014", "venue": "Applied Sciences"}, "article")
    assert file_addition(answers, "[Update][Bock2012]") == Correction("Bock2012", change, [])


def test_the_form_that_adds_papers_replaces_by_its_bibtex_under_such_a_title(file_addition: File) -> None:
    correction = file_addition({"bibtex": BIBTEX, "task": "MGR"}, "[Update][Bock2012]")
    assert correction == Correction(
        "Bock2012", ReplaceEntry(Entry("article", "", {**PUBLISHED.fields, "task": "MGR"})), []
    )


# Applying


BOTH = Entry("inproceedings", "Bock2012", {"booktitle": "ISMIR", "journal": "TISMIR"})
LISTED = Entry("inproceedings", "Bock2012", {"title": "T", "booktitle": "ISMIR", "code": "https://a.org", "note": "n"})


@pytest.mark.parametrize(
    ("change", "type_", "fields"),
    [
        (SetFields({"title": "U"}), "inproceedings", LISTED.fields | {"title": "U"}),
        (SetFields({"venue": "ICASSP"}), "inproceedings", LISTED.fields | {"booktitle": "ICASSP"}),
        (SetFields({"code": "", "note": "m"}), "inproceedings", {"title": "T", "booktitle": "ISMIR", "note": "m"}),
        (SetFields({"venue": ""}), "inproceedings", {"title": "T", "code": "https://a.org", "note": "n"}),
        (SetFields({}, "article"), "article", {"title": "T", "code": "https://a.org", "note": "n", "journal": "ISMIR"}),
        (
            SetFields({"venue": "TISMIR"}, "article"),
            "article",
            {"title": "T", "code": "https://a.org", "note": "n", "journal": "TISMIR"},
        ),
        (SetFields({}, "conference"), "conference", LISTED.fields),
    ],
)
def test_a_change_is_applied_to_the_entry_and_keeps_its_key(
    change: SetFields, type_: str, fields: dict[str, str], config: Config
) -> None:
    assert change.applied_to(LISTED, config) == Entry(type_, "Bock2012", fields)


def test_a_venue_that_is_there_already_is_not_overwritten_by_another_type(config: Config) -> None:
    assert SetFields({}, "article").applied_to(BOTH, config).fields == BOTH.fields


@given(answers=st.dictionaries(st.sampled_from(["key", "field", "value", "bibtex"]), st.text()), title=st.text())
def test_no_answer_is_too_odd(file: File, answers: dict[str, str], title: str) -> None:
    correction = file(answers, title)
    assert correction.change or any(severity is Severity.ERROR for severity, _ in rules(correction))
