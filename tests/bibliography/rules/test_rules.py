"""The table of rules as a whole, and every rule by its examples and by the cases in ``tests/data/rules``."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bibliography.blocks import Bibliography
from bot.bibliography.entry import Entry
from bot.bibliography.rules import RULES, check_entry, check_list
from bot.bibliography.rules.documentation import document
from bot.bibliography.rules.rule import Rule
from bot.config import Config
from bot.problems import Problem

ROOT = Path(__file__).parents[3]
YEAR = 2025
CHECKED = [rule for rule in RULES if rule.value or rule.entry or rule.entries]
REPORTED = [rule for rule in RULES if rule not in CHECKED]


_HEAD = re.compile(r"@(\w+)\{([^,]*),\n")
_FIELD = re.compile(r"  (\w+) = \{(.*?)\},?\n(?=  \w+ = |\})", re.DOTALL)


def example(text: str) -> list[Entry]:
    """The entries of an example, read by its lines so that broken values can be shown too."""
    entries = []
    for block in re.split(r"(?m)^(?=@)", f"{text}\n")[1:]:
        head = _HEAD.match(block)
        assert head, block
        entries.append(Entry(head[1], head[2], dict(_FIELD.findall(block, head.end()))))
    return entries


def findings(rule: str, entries: list[Entry], config: Config) -> list[Problem]:
    """What the rule finds in the entries."""
    found = [problem for entry in entries for problem in check_entry(entry, config, YEAR)]
    found += [problem for _, problem in check_list(entries, config)]
    return [problem for problem in found if problem.rule == rule]


def named(rule: Rule) -> str:
    return rule.name


@pytest.mark.parametrize("rule", CHECKED, ids=named)
def test_a_rules_examples_show_what_passes_and_what_fails(rule: Rule, config: Config) -> None:
    assert findings(rule.name, example(rule.passes), config) == []
    found = findings(rule.name, example(rule.fails), config)
    assert len(found) == 1
    assert found[0].severity is rule.severity


@pytest.mark.parametrize("rule", CHECKED, ids=named)
def test_an_example_that_passes_is_bibtex(rule: Rule) -> None:
    bibliography = Bibliography.parse(rule.passes.encode())
    assert bibliography.problems == []
    assert [located.entry for located in bibliography.entries] == example(rule.passes)


@pytest.mark.parametrize(
    "rule", [rule for rule in REPORTED if rule.name.startswith("syntax-") and rule.name != "syntax-entry"], ids=named
)
def test_the_readers_rules_have_examples_that_the_reader_reports_by_that_name(rule: Rule) -> None:
    assert rule.name not in _reported(rule.passes)
    assert rule.name in _reported(rule.fails)


def _reported(text: str) -> set[str]:
    bibliography = Bibliography.parse(text.encode())
    problems = [*bibliography.problems, *(problem for located in bibliography.entries for problem in located.problems)]
    return {problem.rule for problem in problems}


def cases(file: str) -> list[list[str]]:
    """The rows of a data file: tab-separated, four cells each, under a heading."""
    lines = (ROOT / "tests/data/rules" / file).read_text(encoding="utf-8").split("\n")
    return [line.split("\t") for line in lines[1:] if line]


@pytest.mark.parametrize(("rule", "field", "verdict", "value"), cases("values.tsv"))
def test_a_value_passes_or_fails(rule: str, field: str, verdict: str, value: str, config: Config) -> None:
    found = findings(rule, [Entry("misc", "Bock2012", {field: value})], config)
    assert bool(found) == {"passes": False, "fails": True}[verdict]
    assert all(problem.field == field and problem.key == "Bock2012" for problem in found)


@pytest.mark.parametrize(("rule", "field", "value", "fix"), cases("fixes.tsv"))
def test_a_problem_says_what_would_pass(rule: str, field: str, value: str, fix: str, config: Config) -> None:
    (found,) = findings(rule, [Entry("misc", "Bock2012", {field: value})], config)
    assert found.fix == fix


def test_every_value_in_the_data_is_of_a_rule_that_exists() -> None:
    names = {rule for file in ("values.tsv", "fixes.tsv") for rule, *_ in cases(file)}
    assert names <= {rule.name for rule in CHECKED}


def test_each_rule_has_one_name_and_one_way_to_be_found() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        ways = [way for way in (rule.value, rule.entry, rule.entries, rule.found_by) if way]
        assert len(ways) == 1, rule.name
        assert rule.sentence.endswith(".")
        assert rule.why.endswith(".")


def test_every_rule_that_the_code_reports_is_in_the_table() -> None:
    known = {rule.name for rule in RULES}
    reported = set()
    for file in (ROOT / "bot").rglob("*.py"):
        if "rules" not in file.parts:
            text = file.read_text(encoding="utf-8")
            reported |= set(re.findall(r"rule=\"([a-z-]+)\"", text))
            reported |= set(re.findall(r"\"((?:syntax|duplicate|form|correction|metadata|bibtex)-[a-z-]+)\"", text))
    assert {"syntax-unclosed", "form-empty", "encoding"} <= reported
    assert reported <= known


def test_the_documentation_has_a_section_for_each_rule() -> None:
    page = document()
    assert re.findall(r"(?m)^## (.+)$", page) == [rule.name for rule in RULES]
    assert all(f"](#{rule.name})" in page for rule in RULES)


def test_the_documentation_shows_no_character_that_nobody_can_see() -> None:
    assert all(char.isprintable() or char == "\n" for char in document())


def test_a_good_entry_has_no_problem(config: Config) -> None:
    entry = Entry(
        "inproceedings",
        "Schluter2015",
        {
            "author": "Schlüter, Jan and Grill, Thomas",
            "title": "Exploring data augmentation for improved singing voice detection with neural networks",
            "year": "2015",
            "booktitle": "ISMIR",
            "pages": "121-126",
            "link": "http://ismir2015.uma.es/articles/248_Paper.pdf",
            "code": "https://github.com/f0k/ismir2015",
            "archi": "CNN",
            "task": "SVD",
            "dataset": "Inhouse & [Jamendo](http://www.mathieuramona.com/wp/data/jamendo/) & RWC",
            "dataaugmentation": "Mixing & Pitch shift, 50%",
            "timestamp": "2017-10-01",
            "note": "plain text, so & and _ are no problem",
        },
    )
    assert check_entry(entry, config, YEAR) == []


def test_all_problems_of_an_entry_are_reported_at_once(config: Config) -> None:
    entry = Entry(
        "article", "X", {"title": "DEEP LEARNING FOR MUSIC.", "year": "20017", "doi": "x", "lnk": "http://x.org"}
    )
    found = {problem.rule for problem in check_entry(entry, config, YEAR)}
    assert found >= {"author-missing", "title-capitals", "title-full-stop", "year-shape", "doi", "venue-missing"}
    assert "field-unknown" in found


@given(
    type_=st.sampled_from(["article", "misc", "book", "nonsense"]),
    fields=st.dictionaries(
        st.sampled_from(
            ["author", "title", "year", "month", "pages", "doi", "eprint", "isbn", "link", "task", "journal"]
        ),
        st.text(alphabet="abAÃ©&;#<i>/{}\\$%_^ ,.-0129\u200b\x00\ud800'\"()[]:@andAND\n"),
    ),
)
def test_any_entry_is_checked_without_an_exception(type_: str, fields: dict[str, str], config: Config) -> None:
    entry = Entry(type_, "Key2016", fields)
    for problem in (*check_entry(entry, config, YEAR), *(found for _, found in check_list([entry, entry], config))):
        assert problem.message
        assert problem.fix
        assert not problem.message.endswith(".")
        assert "\x00" not in problem.message


@pytest.mark.usefixtures("in_linear_time")
@pytest.mark.parametrize(
    "piece", ["{", "\\", "& ", "and ", "A, B and ", "\n", "<i", "&amp;", "Ã©", "(", "1-", "[a](", "Abcd "]
)
def test_time_grows_with_the_length_only(piece: str, config: Config) -> None:

    value = piece * (65_536 // len(piece))
    entry = Entry(
        "article",
        "Key2016",
        dict.fromkeys(("author", "title", "year", "month", "pages", "doi", "eprint", "link", "task", "journal"), value),
    )
    problems = check_entry(entry, config, YEAR)
    assert all(len(problem.message) < 600 and len(problem.fix) < 1200 for problem in problems)
