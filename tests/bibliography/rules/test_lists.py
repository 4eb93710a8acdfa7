"""Rules that look at all entries of a file together."""

import msgspec
import pytest

from bot.bibliography.entry import Entry
from bot.bibliography.rules import check_list
from bot.config import Config
from bot.problems import Severity


def by(*authors: str) -> list[Entry]:
    return [Entry("misc", f"k{index:03}", {"author": author}) for index, author in enumerate(authors)]


def check(entries: list[Entry], config: Config, rule: str) -> list[tuple[int, str]]:
    return [(index, problem.message) for index, problem in check_list(entries, config) if problem.rule == rule]


def keyed(*keys: str) -> list[Entry]:
    return [Entry("misc", key, {}) for key in keys]


def test_a_key_that_is_taken_is_an_error_also_when_only_its_case_differs(config: Config) -> None:
    found = check_list(keyed("Choi2016", "choi2016", "Choi2016"), config)
    assert [(index, problem.rule, problem.severity) for index, problem in found if problem.rule == "key-twice"] == [
        (1, "key-twice", Severity.ERROR),
        (2, "key-twice", Severity.ERROR),
    ]


def test_entries_without_a_key_do_not_share_one(config: Config) -> None:
    assert check(keyed("", ""), config, "key-twice") == []


def test_order_ignores_case(config: Config) -> None:
    assert check(keyed("bock2012", "Choi2016", "deng2016", "Dieleman2011"), config, "key-order") == []


def test_only_the_entry_out_of_place_is_named_with_its_place(config: Config) -> None:
    entries = keyed("Wang2017", "Bock2012", "Choi2016", "Dieleman2011")
    ((index, problem),) = [found for found in check_list(entries, config) if found[1].rule == "key-order"]
    assert (index, problem.fix) == (0, "the entry at the end of the file")
    entries = keyed("Bock2012", "Choi2016", "Dieleman2011", "Bazzica2017", "Wang2017")
    ((index, problem),) = [found for found in check_list(entries, config) if found[1].rule == "key-order"]
    assert (index, problem.fix) == (3, "the entry before Bock2012")


def test_a_file_that_is_not_sorted_is_one_warning(config: Config) -> None:
    entries = keyed(*(f"Key{number * 37 % 100:02}" for number in range(100)))
    ((_, message),) = check(entries, config, "key-order")
    assert "of 100 entries" in message


def test_a_crossref_needs_its_target(config: Config) -> None:
    child = Entry("inproceedings", "Choi2016", {"crossref": "ISMIR2016"})
    parent = Entry("proceedings", "ismir2016", {})
    assert check([child, parent], config, "key-crossref") == []
    assert check([child], config, "key-crossref") == [(0, "no entry has the citation key “ISMIR2016”")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sturm, Bob", "Sturm, Bob L."),
        ("Todd, Peter", "Todd, Peter M."),
        ("Humphrey, Eric J", "Humphrey, Eric J."),
        ("Van den Oord, Aaron", "van den Oord, Aäron and van den Oord, Aaron"),
        ("Sandler, M.", "Sandler, Mark"),
    ],
)
def test_look_alike_authors_are_a_hint_in_either_order(one: str, other: str, config: Config) -> None:
    for first, second in ((one, other), (other, one)):
        found = [problem for _, problem in check_list(by(first, second), config) if problem.rule == "lookalike-author"]
        assert len(found) == 1
        assert found[0].severity is Severity.HINT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Wang, Xin", "Wang, Yong"),
        ("Schlüter, Jan", "Schluter, Jan"),
        ("Schlüter, Jan", 'Schl{\\"u}ter, Jan'),
        ("Lee, Kyogu", "Li, Kyogu"),
        ("{Google Brain}", "{Google Brain Team}"),
        ("Todd, Peter M.", "Todd, Peter M."),
    ],
)
def test_names_that_are_one_or_surely_two_are_no_hint(one: str, other: str, config: Config) -> None:
    assert check(by(one, other), config, "lookalike-author") == []


def test_the_hint_stands_at_the_rarer_spelling(config: Config) -> None:
    found = check(by("Sturm, Bob L.", "Sturm, Bob L.", "Sturm, Bob"), config, "lookalike-author")
    assert found == [(2, "“Sturm, Bob” looks like “Sturm, Bob L.” (2 × in the list)")]


@pytest.mark.parametrize("shown", ["Sturm, Bob L.", "Sturm, Bob"])
def test_an_alias_settles_it_one_way_or_the_other(shown: str, config: Config) -> None:
    settled = msgspec.structs.replace(config, aliases={"author": {"Sturm, Bob": shown}})
    assert check(by("Sturm, Bob L.", "Sturm, Bob"), settled, "lookalike-author") == []


def test_tasks_and_datasets_that_differ_in_case_or_punctuation_are_a_hint(config: Config) -> None:
    entries = [
        Entry(
            "misc", "a", {"task": "Onset detection", "dataset": "[GTzan](http://marsyas.info/downloads/datasets.html)"}
        ),
        Entry("misc", "b", {"task": "Onset-Detection & MGR", "dataset": "GTZAN & RWC"}),
        Entry("misc", "c", {"task": "Onset detection"}),
    ]
    found = check_list(entries, config)
    assert [(index, problem.field) for index, problem in found if problem.rule == "lookalike-value"] == [
        (1, "task"),
        (1, "dataset"),
    ]


def test_an_alias_settles_a_task_too(config: Config) -> None:
    entries = [Entry("misc", "a", {"task": "MGR"}), Entry("misc", "b", {"task": "mgr"})]
    settled = msgspec.structs.replace(config, aliases={"task": {"mgr": "MGR"}})
    assert check(entries, config, "lookalike-value")
    assert check(entries, settled, "lookalike-value") == []


@pytest.mark.usefixtures("in_linear_time")
def test_a_family_of_thousands_is_compared_in_linear_time(config: Config) -> None:
    large = by(*(f"Wang, A{number:x} and Wang, B{number:x}" for number in range(5000)))
    assert len(check_list(large, config)) < 5000
