"""Rules that look at an entry as a whole."""

import pytest

from bot.bibliography.entry import Entry
from bot.bibliography.rules import check_entry
from bot.config import Config
from bot.problems import Problem, Severity


def check(entry: Entry, config: Config, rule: str) -> list[Problem]:
    return [problem for problem in check_entry(entry, config, 2025) if problem.rule == rule]


@pytest.mark.parametrize("rule", ["author-missing", "title-missing", "year-missing"])
def test_author_title_and_year_are_asked_for(rule: str, config: Config) -> None:
    (problem,) = check(Entry("misc", "X2016", {}), config, rule)
    assert problem.severity is Severity.ERROR
    assert problem.field == rule.removesuffix("-missing")
    full = {"author": "Böck, S.", "title": "A title", "year": "2016"}
    assert not check(Entry("misc", "X2016", full), config, rule)


@pytest.mark.parametrize("value", ["", " ", "{}", "{ }"])
def test_an_empty_title_is_a_missing_one(value: str, config: Config) -> None:
    assert check(Entry("misc", "X", {"title": value}), config, "title-missing")


def test_a_book_may_have_an_editor_instead_of_an_author(config: Config) -> None:
    assert not check(Entry("book", "X", {"editor": "Griffith, Niall"}), config, "author-missing")
    assert check(Entry("article", "X", {"editor": "Griffith, Niall"}), config, "author-missing")


def test_a_part_takes_year_and_venue_from_the_whole_that_it_refers_to(config: Config) -> None:
    part = Entry("inproceedings", "X", {"author": "Böck, S.", "title": "A title", "crossref": "ISMIR2016"})
    assert not check(part, config, "year-missing")
    assert not check(part, config, "venue-missing")


@pytest.mark.parametrize(
    ("type_", "field"),
    [("article", "journal"), ("inproceedings", "booktitle"), ("phdthesis", "school"), ("techreport", "institution")],
)
def test_each_type_has_its_venue(type_: str, field: str, config: Config) -> None:
    (problem,) = check(Entry(type_, "X", {}), config, "venue-missing")
    assert problem.field == field
    assert problem.severity is Severity.WARNING
    assert not check(Entry(type_, "X", {field: "Somewhere"}), config, "venue-missing")


def test_a_venue_in_the_field_of_another_type_is_offered(config: Config) -> None:
    (problem,) = check(Entry("inproceedings", "X", {"journal": "ISMIR"}), config, "venue-missing")
    assert problem.fix == "booktitle = {ISMIR} instead of journal, if that is what is meant"


def test_arxiv_is_the_venue_of_preprints_only(config: Config) -> None:
    fields = {"journal": "arXiv preprint arXiv:1706.08818"}
    (problem,) = check(Entry("article", "X", fields), config, "venue-preprint")
    assert "eprint = {1706.08818}" in problem.fix
    assert not check(Entry("unpublished", "X", fields), config, "venue-preprint")
    assert check(Entry("misc", "X", {"howpublished": "CoRR"}), config, "venue-preprint")


def test_a_known_venue_implies_the_type(config: Config) -> None:
    (problem,) = check(Entry("article", "X", {"journal": "ISMIR 2016"}), config, "venue-type")
    assert problem.fix == "@inproceedings"
    assert not check(Entry("conference", "X", {"booktitle": "ISMIR"}), config, "venue-type")
    assert not check(Entry("article", "X", {"journal": "A journal that nobody knows"}), config, "venue-type")


@pytest.mark.parametrize(
    ("type_", "fix"), [("inproceeding", "@inproceedings"), ("thesis", "@phdthesis"), ("qwertz", "@misc")]
)
def test_an_unknown_type_comes_with_the_nearest_known_one(type_: str, fix: str, config: Config) -> None:
    (problem,) = check(Entry(type_, "X", {}), config, "type-unknown")
    assert problem.fix == fix


@pytest.mark.parametrize(
    ("field", "fix"),
    [
        ("booktile", "booktitle = {…}"),
        ("authors", "author = {…}"),
        ("journaltitle", "journal = {…}"),
        ("date", "year = {…}"),
        ("xyzzy", "no such field; or its name among the fields of bot.yml"),
    ],
)
def test_an_unknown_field_comes_with_the_nearest_known_one(field: str, fix: str, config: Config) -> None:
    (problem,) = check(Entry("misc", "X", {field: "x"}), config, "field-unknown")
    assert (problem.field, problem.fix) == (field, fix)


def test_the_date_of_entry_is_a_known_field(config: Config) -> None:
    assert not check(Entry("misc", "X", {"timestamp": "2017-10-01"}), config, "field-unknown")


@pytest.mark.parametrize(
    ("key", "fits"),
    [
        ("Bock2012", True),
        ("bock2012", True),
        ("Bock2012b", True),
        ("Bock2012aa", True),
        ("Bock2013", False),
        ("Schluter2012", False),
        ("Bock2012onset", False),
        ("Bock2012-1", False),
    ],
)
def test_a_key_that_no_longer_fits_is_a_hint(key: str, fits: bool, config: Config) -> None:
    entry = Entry("misc", key, {"author": "Böck, Sebastian and Schlüter, Jan", "year": "2012"})
    found = check(entry, config, "key-fit")
    assert bool(found) is not fits
    assert all(problem.severity is Severity.HINT and "Bock2012" in problem.message for problem in found)


def test_an_entry_without_a_key_yet_has_no_problem_with_it(config: Config) -> None:
    assert not [
        problem for problem in check_entry(Entry("misc", "", {}), config, 2025) if problem.rule.startswith("key")
    ]


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({"eprint": "1706.08818", "archiveprefix": "arXiv"}, []),
        ({"eprint": "cs/0309136", "archiveprefix": "ArXiv"}, []),
        ({"eprint": "1706.08818"}, ["eprint-bare"]),
        ({"eprint": "1713.08818"}, ["eprint"]),
        ({"eprint": "hal-0123", "archiveprefix": "HAL"}, []),
        ({"eprint": "hal-0123", "archiveprefix": "arXiv"}, ["eprint"]),
    ],
)
def test_an_arxiv_identifier_says_that_it_is_one(fields: dict[str, str], rules: list[str], config: Config) -> None:
    found = [problem.rule for problem in check_entry(Entry("unpublished", "X", fields), config, 2025)]
    assert [rule for rule in found if rule.startswith("eprint")] == rules


def test_an_arxiv_address_is_mended(config: Config) -> None:
    fields = {"eprint": "https://arxiv.org/pdf/1703.09179v3.pdf", "archiveprefix": "arXiv"}
    (problem,) = check(Entry("unpublished", "X", fields), config, "eprint-bare")
    assert problem.fix == "eprint = {1703.09179v3}"


def test_a_doi_beside_the_address_that_holds_it_is_enough(config: Config) -> None:
    fields = {"link": "https://doi.org/10.1000/182"}
    assert check(Entry("misc", "X", fields), config, "link-doi")
    assert not check(Entry("misc", "X", {**fields, "doi": "10.1000/182"}), config, "link-doi")


def test_many_unknown_values_make_a_readable_number_of_problems(config: Config) -> None:
    tasks = " & ".join(f"Task {number}" for number in range(5000))
    assert 0 < len(check(Entry("misc", "X", {"task": tasks}), config, "value-unknown")) < 50


def test_a_long_value_is_shortened_in_the_message(config: Config) -> None:
    (problem,) = check(Entry("misc", "X", {"year": "in press " * 40}), config, "year-shape")
    assert problem.message.startswith("“in press in press")
    assert "…” is no year" in problem.message
    assert len(problem.message) < 120


def test_the_year_that_is_plausible_moves_with_the_calendar(config: Config) -> None:
    entry = Entry("misc", "X", {"year": "2026"})
    rules = {year: [problem.rule for problem in check_entry(entry, config, year)] for year in (2024, 2025)}
    assert "year-range" in rules[2024]
    assert "year-range" not in rules[2025]
