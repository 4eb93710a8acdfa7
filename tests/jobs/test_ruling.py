"""What people decide about a submission, what other proposals hold, and what the bot fills in."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.bibliography.blocks import Bibliography
from bot.bibliography.entry import Entry
from bot.bibliography.merging import changed_entries
from bot.bibliography.rules import RULES, can_be_accepted
from bot.bibliography.rules.documentation import document
from bot.config import Config, load
from bot.forms.body import render_body
from bot.forms.template import read_template
from bot.jobs.comment import comment, shown
from bot.jobs.proposal import Identity, Proposal, Ruling, identity, same_paper
from bot.jobs.propose import Forms, Issue, propose
from bot.jobs.render import render
from bot.problems import Severity
from bot.report import proposal_object

ROOT = Path(__file__).parents[2]
CONFIG = load((ROOT / ".github" / "bot.yml").read_text(encoding="utf-8"), "bot.yml")
FORMS = Forms(
    *(
        read_template((ROOT / form).read_text(encoding="utf-8"), form)
        for form in (CONFIG.forms.add, CONFIG.forms.correct)
    )
)
LIST = """\
@inproceedings{Bock2012,
  author = {Böck, Sebastian},
  title = {Online real-time onset detection with recurrent neural networks},
  year = {2012},
  booktitle = {DAFx},
  doi = {10.1000/bock.2012},
}

@unpublished{Choi2016,
  author = {Choi, Keunwoo},
  title = {Towards playlist generation algorithms},
  year = {2016},
  eprint = {1606.02096},
  archiveprefix = {arXiv},
}
"""
PAPER = {
    "paper-title": "Learning to pinpoint singing voice from weakly labeled examples",
    "authors": "Schlüter, Jan",
    "year": "2016",
    "entry-type": "misc",
    "link": "http://www.ofai.at/2016.pdf",
}
OTHER_BY_CHOI = PAPER | {"authors": "Choi, Kahyun"}
PUBLISHED = (
    "@inproceedings{x, title={Towards Playlist Generation Algorithms}, author={Choi, Keunwoo}, "
    "booktitle={SOAP}, year={2017}}"
)
ACCEPTABLE = frozenset(rule.name for rule in RULES if rule.acceptable)


def file_form(
    answers: dict[str, str], ruling: Ruling | None = None, *, date: str = "", text: str = LIST, config: Config = CONFIG
) -> Proposal:
    template = FORMS.correct if {"key", "field", "value"} & answers.keys() else FORMS.add
    issue = Issue(render_body(template, answers), number=7, date=date)
    bibliography = Bibliography.parse(text.encode(errors="replace"))
    return propose(issue, bibliography, FORMS, config, 2026, ruling or Ruling())


def accept(*rules: str) -> Ruling:
    return Ruling(accepted=frozenset(rules))


def rules(proposal: Proposal, severity: Severity = Severity.ERROR) -> list[str]:
    return [problem.rule for problem in proposal.problems if problem.severity is severity]


def keys(proposal: Proposal) -> list[str]:
    return [one.entry.key for one in proposal.entries]


def written(proposal: Proposal) -> dict[str, Entry]:
    return {entry.key: entry.entry for entry in Bibliography.parse(proposal.data).entries}


def bibtex(*papers: tuple[str, str]) -> dict[str, str]:
    return {
        "bibtex": "\n".join(
            f"@misc{{x, author={{{author}}}, title={{Paper {number} of all}}, year={{{year}}}}}"
            for number, (author, year) in enumerate(papers)
        )
    }


# What is accepted


@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        ({"identifier": "10.1000/BOCK.2012"}, "duplicate-identifier"),
        (
            {
                "paper-title": "Online Real-time Onset Detection with Recurrent Neural Networks.",
                "authors": "Böck, S",
                "year": "2012",
            },
            "duplicate-title",
        ),
    ],
)
def test_a_duplicate_that_is_accepted_is_an_entry_of_its_own(answers: dict[str, str], rule: str) -> None:
    answers = PAPER | answers
    refused, proposal = file_form(answers), file_form(answers, accept(rule))
    assert rules(refused) == [rule]
    assert (proposal.ok, rules(proposal)) == (True, [])
    [found] = [problem for problem in proposal.problems if problem.rule == rule]
    assert found.severity is Severity.WARNING
    assert found.message == refused.problems[0].message
    assert "a maintainer has accepted it" in comment(proposal, CONFIG)
    [key] = keys(proposal)
    assert key in written(proposal)
    assert written(proposal).keys() == {"Bock2012", "Choi2016", key}


@pytest.mark.parametrize(
    ("answers", "rule", "key"),
    [
        ({"year": "in press"}, "year-shape", "Schluter"),
        ({"year": "Winter 89/90"}, "year-shape", "Schluter8990"),
        ({"year": "1700"}, "year-range", "Schluter1700"),
        ({"year": ""}, "year-missing", "Schluter"),
        ({"authors": ""}, "author-missing", "Anonymous2016"),
        ({"authors": "Schlüter, Jan et al."}, "author-et-al", "Schluter2016"),
        ({"authors": "Schlüter, Jan, Dr, Prof"}, "author-names", "Anonymous2016"),
        ({"link": "ftp://ofai.at/2016.pdf"}, "link", "Schluter2016"),
        ({"identifier": "2016.pdf"}, "identifier", "Schluter2016"),
        ({"bibtex": "@misc{x, doi={x}, isbn={1}, issn={2}}"}, "doi isbn issn", "Schluter2016"),
        ({"bibtex": "@misc{x, eprint={1613.00001}, archiveprefix={arXiv}}"}, "eprint", "Schluter2016"),
        ({"bibtex": "@misc{x, crossref={Nowhere}}"}, "key-crossref", "Schluter2016"),
    ],
)
def test_what_is_accepted_is_written_as_filed_and_the_pages_can_be_made(
    answers: dict[str, str], rule: str, key: str
) -> None:
    answers = PAPER | answers
    assert set(rules(file_form(answers))) == set(rule.split())
    proposal = file_form(answers, accept(*rule.split()))
    assert proposal.ok
    assert keys(proposal) == [key]
    assert written(proposal)[key] == proposal.entries[0].entry
    pages = render(Bibliography.parse(proposal.data), CONFIG, _read, [])
    assert proposal.entries[0].row in (pages["README.md"] or "")


def _read(name: str) -> str | None:
    return (ROOT / name).read_text(encoding="utf-8") if (ROOT / name).exists() else None


def test_only_the_rules_that_were_accepted_pass() -> None:
    answers = PAPER | {"year": "1700", "link": "ftp://x"}
    assert rules(file_form(answers, accept("year-range"))) == ["link"]
    assert file_form(answers, accept("year-range")).data.decode() == LIST
    assert file_form(answers, accept("year-range", "link")).ok


@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        ({"paper-title": "{"}, "braces"),
        ({"paper-title": ""}, "title-missing"),
        ({"paper-title": "A\x01title"}, "characters-control"),
        ({"entry-type": "a type"}, "entry-type"),
        ({"bibtex": "none"}, "bibtex-empty"),
        ({"bibtex": "@misc{x, title={x}, title={y}}"}, "syntax-field-twice"),
    ],
)
def test_what_could_not_be_written_or_read_cannot_be_accepted(answers: dict[str, str], rule: str) -> None:
    every = accept(*(rule.name for rule in RULES))
    assert rule in rules(file_form(PAPER | answers, every))
    assert file_form(PAPER | answers, every).data.decode() == LIST


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"identifier": "2016.pdf"},
        {"identifier": "10.1000/bock.2012"},
        {"identifier": "10.1000/182"},
        {"key": "Bock2012", "field": "year", "value": "2012"},
        {"key": "Nobody2012", "field": "year", "value": "2012"},
        {"key": "Bock2012"},
    ],
)
def test_where_there_is_nothing_to_write_nothing_can_be_accepted(answers: dict[str, str]) -> None:
    every = accept(*(rule.name for rule in RULES))
    assert not file_form(answers, every).ok
    assert rules(file_form(answers, every)) == rules(file_form(answers))


def test_an_answer_that_the_list_has_no_field_for_is_not_all_that_a_paper_needs() -> None:
    config = load("name: X\ntitle: X\nrepository: o/r\nbibliography: x.bib\n", "bot.yml")
    assert rules(file_form({"task": "Cuckoo"}, text="", config=config)) == ["form-empty"]


def test_a_correction_is_accepted_like_an_addition() -> None:
    answers = {"key": "Bock2012", "field": "doi", "value": "bock"}
    assert rules(file_form(answers)) == ["doi"]
    proposal = file_form(answers, accept("doi"))
    assert proposal.ok
    assert proposal.data.decode() == LIST.replace("10.1000/bock.2012", "bock")


def test_two_papers_that_are_accepted_as_two_are_no_upgrade_of_one() -> None:
    assert "upgrade" in rules(file_form({"bibtex": PUBLISHED}), Severity.HINT)
    proposal = file_form({"bibtex": PUBLISHED}, accept("duplicate-title"))
    assert proposal.ok
    assert keys(proposal) == ["Choi2017"]
    assert written(proposal).keys() == {"Bock2012", "Choi2016", "Choi2017"}
    assert "duplicate-title" in rules(proposal, Severity.WARNING)


def test_each_rule_says_whether_it_can_be_accepted() -> None:
    errors = {rule.name for rule in RULES if rule.severity is Severity.ERROR}
    assert {rule for rule in errors if not can_be_accepted(rule)} == {
        *("title-missing", "key-chosen", "branch-conflict", "key-twice", "braces", "characters-control", "encoding"),
        *("form-unknown", "form-empty", "form-key", "form-field", "form-value", "bibtex-empty", "entry-type"),
        *("metadata-unavailable", "metadata-unknown", "correction-key", "correction-nothing", "table-row"),
        *(name for name in errors if name.startswith("syntax-")),
    }
    assert errors >= ACCEPTABLE
    assert can_be_accepted("venue-missing") is False
    assert can_be_accepted("form-conflict") is False
    assert can_be_accepted("no-such-rule") is None


def test_the_documentation_says_so_too() -> None:
    lines = document().split("\n")
    assert {
        line.split("]")[0][3:] for line in lines if line.startswith("| [") and "| Error, may be accepted |" in line
    } == (ACCEPTABLE)
    assert sum(line.startswith("**Error, may be accepted.**") for line in lines) == len(ACCEPTABLE)


PIECES = st.sampled_from(
    [
        *(
            "{",
            "}",
            '"',
            "@misc{x, title={A}, ",
            "author={B}",
            "year={x}",
            "eprint = x",
            "}",
            "\\",
            "%",
            "\x00",
            "#",
            "=",
        ),
        *("Böck", " and ", ",", "2016", "10.1000/bock.2012", "arXiv:1606.02096", "\n", "é", "https://x.org/", "&", " "),
        *("crossref={y},", "Towards playlist generation algorithms", "@misc{x, doi={y}, year = 1}", "@a{b, note = c}"),
    ]
)
FIELDS = st.sampled_from(["paper-title", "authors", "year", "venue", "link", "identifier", "note", "bibtex", "task"])


@given(
    st.dictionaries(FIELDS, st.lists(PIECES, max_size=3).map("".join), max_size=3),
    st.sampled_from(["", "", "", "Own2016", "bock2012", "}"]),
)
def test_whatever_is_accepted_the_file_can_be_read_and_holds_what_was_proposed(
    answers: dict[str, str], key: str
) -> None:
    proposal = file_form(PAPER | answers, Ruling(accepted=ACCEPTABLE, key=key), date="2026-11-24")
    if not proposal.ok:
        assert proposal.data.decode() == LIST
        return
    after = Bibliography.parse(proposal.data)
    assert proposal.entries
    assert after.problems == []
    assert [problem for entry in after.entries for problem in entry.problems] == []
    for one in proposal.entries:
        assert written(proposal)[one.entry.key] == one.entry
    assert len({entry.key.lower() for entry in after.entries}) == len(after.entries)


# Citation keys


def test_a_key_that_another_proposal_holds_is_not_given_again() -> None:
    assert keys(file_form(PAPER, Ruling(taken=frozenset({"schluter2016"})))) == ["Schluter2016b"]
    assert keys(file_form(OTHER_BY_CHOI, Ruling(taken=frozenset({"choi2016b"})))) == ["Choi2016c"]


def test_what_another_proposal_holds_is_not_listed_yet() -> None:
    ruling = Ruling(taken=frozenset({"parent"}))
    assert rules(file_form(PAPER | {"bibtex": "@misc{x, crossref={Parent}}"}, ruling)) == ["key-crossref"]


def test_a_key_stays_as_long_as_it_fits_and_is_free() -> None:
    assert keys(file_form(PAPER, Ruling(kept=("Schluter2016c",)))) == ["Schluter2016c"]
    assert keys(file_form(PAPER, Ruling(kept=("Bock2016",)))) == ["Schluter2016"]
    assert keys(file_form(PAPER, Ruling(kept=("Schlumer2016b",)))) == ["Schluter2016"]
    assert keys(file_form(PAPER, Ruling(kept=("Schluter2016-a",)))) == ["Schluter2016"]
    assert keys(file_form(PAPER, Ruling(kept=("Schluter2016c",), taken=frozenset({"schluter2016c"})))) == [
        "Schluter2016"
    ]
    listed = LIST.replace("Bock2012", "schluter2016C")
    assert keys(file_form(PAPER, Ruling(kept=("Schluter2016c",)), text=listed)) == ["Schluter2016"]


def test_several_keys_stay_by_the_order_of_the_entries() -> None:
    three = bibtex(("Doe, J", "2001"), ("Doe, A", "2001"), ("Doe, B", "2001"))
    assert keys(file_form(three)) == ["Doe2001", "Doe2001b", "Doe2001c"]
    assert keys(file_form(three, Ruling(kept=("Doe2001c", "Doe2001b")))) == ["Doe2001c", "Doe2001b", "Doe2001"]
    # What one keeps is not given to another before it.
    other = bibtex(("Roe, J", "2001"), ("Doe, J", "2001"))
    assert keys(file_form(bibtex(("Doe, J", "2001"), ("Doe, A", "2001")), Ruling(kept=("Roe2001", "Doe2001")))) == [
        "Doe2001b",
        "Doe2001",
    ]
    assert keys(file_form(other, Ruling(kept=("Roe2001b", "Roe2001b")))) == ["Roe2001b", "Doe2001"]


def test_an_upgrade_keeps_the_key_of_the_list_and_takes_none_from_the_new_entries() -> None:
    both = {"bibtex": f"{PUBLISHED}\n{bibtex(('Doe, J', '2001'))['bibtex']}"}
    assert keys(file_form(both, Ruling(kept=("Doe2001c",)))) == ["Choi2016", "Doe2001c"]


def test_a_key_that_somebody_chose_is_given() -> None:
    proposal = file_form(PAPER, Ruling(key="Pinpoint2016", kept=("Schluter2016",), taken=frozenset({"x"})))
    assert proposal.ok
    assert keys(proposal) == ["Pinpoint2016"]
    assert written(proposal)["Pinpoint2016"].get("year") == "2016"
    assert proposal.title.startswith("Add Pinpoint2016: ")
    assert keys(file_form(PAPER, Ruling(key="Schluter2016"))) == ["Schluter2016"]
    assert file_form(PAPER, Ruling(key="Schluter2016", kept=("Schluter2016",))).ok


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("BOCK2012", "taken by an entry of the list"),
        ("other2016", "taken by another open proposal"),
        ("Böck2016", "unusual characters"),
        ("a b", "unusual characters"),
        ("a}", "unusual characters"),
    ],
)
def test_a_chosen_key_that_cannot_be_given_is_an_error_that_says_what_can(key: str, said: str) -> None:
    proposal = file_form(PAPER, Ruling(key=key, taken=frozenset({"other2016"}), accepted=frozenset({"key-chosen"})))
    assert rules(proposal) == ["key-chosen"]
    assert said in proposal.problems[0].message
    assert "Schluter2016" in proposal.problems[0].fix
    assert keys(proposal) == ["Schluter2016"]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (bibtex(("Doe, J", "2001"), ("Doe, A", "2002")), "2 new entries"),
        ({"bibtex": PUBLISHED}, "no new entry"),
        ({"key": "Bock2012", "field": "year", "value": "2013"}, "no new entry"),
        ({"key": "Bock2012", "field": "remove", "value": "Withdrawn"}, "no new entry"),
    ],
)
def test_a_chosen_key_is_for_one_new_entry(answers: dict[str, str], said: str) -> None:
    proposal = file_form(answers, Ruling(key="Own2016"))
    assert rules(proposal) == ["key-chosen"]
    assert said in proposal.problems[0].message
    assert proposal.data.decode() == LIST


def test_a_broken_form_is_not_blamed_for_the_chosen_key() -> None:
    assert rules(file_form({"bibtex": "none"}, Ruling(key="Own2016"))) == ["bibtex-empty"]


# The day


def test_a_new_entry_has_the_day_on_which_its_issue_was_filed() -> None:
    proposal = file_form(PAPER, date="2026-11-24")
    assert written(proposal)["Schluter2016"].get("timestamp") == "2026-11-24"
    given = file_form({"bibtex": "@misc{x, title={A}, author={Doe, J}, year={2001}, timestamp={2017-01-01}}"}, date="x")
    assert written(given)["Doe2001"].get("timestamp") == "2017-01-01"


def test_what_is_listed_already_gets_no_day() -> None:
    for answers in ({"bibtex": PUBLISHED}, {"key": "Bock2012", "field": "year", "value": "2013"}):
        proposal = file_form(answers, date="2026-11-24")
        assert proposal.ok
        assert b"timestamp" not in proposal.data


def test_a_list_without_such_a_field_gets_no_day() -> None:
    config = load("name: X\ntitle: X\nrepository: o/r\nbibliography: x.bib\n", "bot.yml")
    proposal = file_form(PAPER, date="2026-11-24", config=config)
    assert proposal.ok
    assert b"timestamp" not in proposal.data


# What is filled in


def filled(proposal: Proposal) -> dict[str, tuple[str, str]]:
    assert {one.key for one in proposal.filled} <= set(keys(proposal))
    return {one.field: (one.value, one.source) for one in proposal.filled}


MADE = "the first author's family name and the year"
APART = "; the letter tells it from another paper's"


def test_what_was_typed_is_not_filled_in() -> None:
    typed = PAPER | {"identifier": "doi: 10.1000/x", "link": "https://doi.org/10.1000/X", "authors": "Jan Schlüter"}
    assert filled(file_form(typed)) == {"key": ("Schluter2016", MADE)}
    arxiv = {
        "bibtex": "@unpublished{x, author={Doe, J}, title={A}, year={2001}, eprint={1709.00001}, archiveprefix={arXiv}}"
    }
    assert filled(file_form(arxiv | {"identifier": "https://arxiv.org/abs/1709.00001"})) == {"key": ("Doe2001", MADE)}
    assert filled(file_form({"key": "Bock2012", "field": "identifier", "value": "https://doi.org/10.1000/y"})) == {}


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ({"entry-type": "", "venue": "ISMIR 2016"}, {"type": ("inproceedings", "bot.yml, which knows ISMIR")}),
        ({"entry-type": ""}, {}),
        ({"identifier": "https://doi.org/10.1000/X"}, {"doi": ("10.1000/x", "the identifier")}),
        ({"identifier": "arXiv:1709.00001"}, {}),
        (
            {"identifier": "https://arxiv.org/abs/1709.00001v2", "entry-type": ""},
            {
                "type": ("unpublished", "the arXiv identifier"),
                "eprint": ("1709.00001", "the identifier"),
                "archiveprefix": ("arXiv", "the identifier"),
            },
        ),
        (
            {"link": "https://arxiv.org/pdf/1709.00001.pdf", "entry-type": "unpublished"},
            {"eprint": ("1709.00001", "the link"), "archiveprefix": ("arXiv", "the link")},
        ),
        (
            {"venue": "arXiv preprint arXiv:1709.00001", "entry-type": "unpublished"},
            {"eprint": ("1709.00001", "the venue"), "archiveprefix": ("arXiv", "the venue")},
        ),
        ({"venue": "arXiv preprint arXiv:1709.00001", "identifier": "1709.00001"}, {}),
        (
            {
                "bibtex": "@article{x, journal={arXiv preprint arXiv:1709.00001}}",
                "entry-type": "",
            },
            {"eprint": ("1709.00001", "the venue"), "archiveprefix": ("arXiv", "the venue")},
        ),
    ],
)
def test_what_nobody_typed_is_told_with_where_it_is_from(
    answers: dict[str, str], found: dict[str, tuple[str, str]]
) -> None:
    proposal = file_form(PAPER | answers, date="2026-11-24")
    assert proposal.ok
    told = filled(proposal)
    assert told.pop("key") == ("Schluter2016", MADE)
    assert told.pop("timestamp") == ("2026-11-24", "the day on which the issue was filed")
    assert told == found
    entry = proposal.entries[0].entry
    assert all(value == (entry.type if field == "type" else entry.get(field)) for field, (value, _) in found.items())


def test_what_an_upgrade_leaves_as_it_is_was_not_filled_in() -> None:
    answers = {
        "paper-title": "Towards playlist generation algorithms",
        "authors": "Choi, Keunwoo",
        "year": "2017",
        "venue": "ISMIR",
        "identifier": "https://arxiv.org/abs/1709.00001",
    }
    proposal = file_form(answers, date="2026-11-24")
    assert proposal.entries[0].entry.get("eprint") == "1606.02096"
    assert filled(proposal) == {"type": ("inproceedings", "bot.yml, which knows ISMIR")}


@pytest.mark.parametrize(
    ("answers", "ruling", "source"),
    [
        (
            {},
            Ruling(taken=frozenset({"schluter2016"})),
            f"{MADE}{APART} Schluter2016",
        ),
        ({}, Ruling(kept=("Schluter2016b",)), f"{MADE}{APART} Schluter2016"),
        ({}, Ruling(key="Own"), "a maintainer's choice"),
        ({"year": ""}, Ruling(), "the first author's family name"),
        ({"authors": ""}, Ruling(), "“Anonymous”, since there is no name, and the year"),
        (
            {"authors": "", "bibtex": "@book{x, editor={Doe, J}}"},
            Ruling(),
            "the first editor's family name and the year",
        ),
    ],
)
def test_a_key_says_what_it_is_made_of(answers: dict[str, str], ruling: Ruling, source: str) -> None:
    assert filled(file_form(PAPER | answers, ruling))["key"][1] == source


def test_a_key_says_that_another_entry_of_the_same_form_has_it() -> None:
    proposal = file_form(bibtex(("Doe, J", "2001"), ("Doe, A", "2001")))
    assert [one.source for one in proposal.filled] == [
        MADE,
        f"{MADE}{APART} Doe2001",
    ]


def test_the_comment_tells_what_was_filled_in() -> None:
    proposal = file_form(PAPER | {"entry-type": "", "venue": "ISMIR"}, date="2026-11-24")
    text = comment(proposal, CONFIG)
    assert (
        "\n\nFilled in by the bot:\n\n- type inproceedings, from bot.yml, which knows ISMIR\n- key Schluter2016, f"
        in text
    )
    assert "\n- timestamp 2026-11-24, from the day on which the issue was filed\n" in f"{text}\n"
    assert shown(proposal, CONFIG) in text
    several = comment(file_form(bibtex(("Doe, J", "2001"), ("Roe, A", "2001"))), CONFIG)
    assert "\n- **Roe2001** key Roe2001, from the first author's family name and the year\n" in several
    assert "Filled in" not in comment(file_form(PAPER | {"year": "x"}), CONFIG)
    many = comment(file_form(bibtex(*((f"Doe{letter}, J", "2001") for letter in "abcdefghijklmnopqrstuvwxyz"))), CONFIG)
    assert many.count(", from the first author") == many.count("```bibtex") == 20


def test_what_was_filled_in_is_escaped_and_the_machine_s_report_does_not_change() -> None:
    proposal = file_form(PAPER | {"identifier": "https://doi.org/10.1000/<b>@octocat_[x](y)"})
    assert filled(proposal)["doi"][0] == "10.1000/<b>@octocat_[x](y)"
    told = comment(proposal, CONFIG).partition("Filled in by the bot:")[2].partition("Worth a look")[0]
    html = MarkdownIt("gfm-like").render(told)
    assert "<b>" not in html
    assert "<a " not in html
    assert "@octocat" not in html
    assert list(proposal_object(proposal)) == ["status", "title", "branch", "entries", "problems"]


# What other proposals can know


def test_a_paper_is_known_by_identifiers_title_and_families() -> None:
    entry = Entry(
        "misc",
        "Bock2012",
        {
            "title": '{A} T{\\"i}tle: of -- Words',
            "author": 'Böck, Sebastian and van den Oord, Aaron and B{\\"o}ck, August',
            "doi": "https://doi.org/10.1000/X",
            "eprint": "1709.00001v2",
            "link": "http://www.example.org/a/",
        },
    )
    found = identity(entry)
    assert found == Identity(
        "Bock2012",
        ("arxiv:1709.00001", "doi:10.1000/x", "link:example.org/a"),
        "a title of words",
        ("bock", "van den oord"),
    )
    assert msgspec.json.decode(msgspec.json.encode(found), type=Identity) == found


def test_what_is_kept_of_a_paper_is_small() -> None:
    many = " and ".join(f"Family{number}, A" for number in range(5_000))
    found = identity(
        Entry("misc", "k", {"title": "word " * 5_000, "author": many, "link": f"https://x.org/{'a' * 3_000}"})
    )
    assert len(msgspec.json.encode(found)) < 2_000
    assert (len(found.title), len(found.families)) == (500, 50)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (Identity("k", ("doi:x",)), True),
        (Identity("k", ("doi:y", "link:z"), "other", ("bock",)), True),
        (Identity("k", ("doi:q",), "a title", ("choi", "bock")), True),
        (Identity("k", (), "a title", ("choi",)), False),
        (Identity("k", (), "another title", ("bock",)), False),
        (Identity("a", ("doi:q",), "", ()), False),
    ],
)
def test_two_proposals_are_for_one_paper_by_an_identifier_or_by_title_and_family(other: Identity, same: bool) -> None:
    one = Identity("a", ("doi:x", "link:z"), "a title", ("bock", "schluter"))
    assert same_paper(one, other) is same
    assert same_paper(other, one) is same


def test_papers_without_a_title_are_not_one() -> None:
    assert not same_paper(Identity("a", (), "", ("bock",)), Identity("b", (), "", ("bock",)))


# What a proposal changes


def wished(proposal: Proposal, text: str = LIST) -> dict[str, str | None]:
    return changed_entries(Bibliography.parse(text.encode()), Bibliography.parse(proposal.data))


def test_what_a_proposal_changes_is_told_by_the_entries() -> None:
    several = file_form(bibtex(("Doe, J", "2001"), ("Abe, A", "2001")))
    assert wished(several) == {one.entry.key: one.bibtex for one in several.entries}
    corrected = file_form({"key": "Bock2012", "field": "year", "value": "2013"})
    assert wished(corrected) == {"Bock2012": LIST.split("\n\n")[0].replace("{2012}", "{2013}")}
    [(key, text)] = wished(file_form({"bibtex": PUBLISHED})).items()
    assert (key, (text or "").split("\n")[0]) == ("Choi2016", "@inproceedings{Choi2016,")
    assert wished(file_form({"key": "choi2016", "field": "remove", "value": "Withdrawn"})) == {"Choi2016": None}
    assert wished(file_form({})) == {}


TWICE = LIST + "\n@misc{choi2016,\n  title = {Another},\n}\n"


@pytest.mark.parametrize(
    "answers", [{"field": "year", "value": "2013"}, {"field": "remove", "value": "Twice"}, {"bibtex": PUBLISHED}]
)
def test_an_entry_whose_key_stands_twice_is_left_to_people(answers: dict[str, str]) -> None:
    proposal = file_form({"key": "Choi2016", **answers}, text=TWICE)
    assert rules(proposal) == ["correction-key"]
    assert "line 9 and on line 17" in proposal.problems[0].message
    assert proposal.data.decode() == TWICE
    assert rules(file_form({"bibtex": PUBLISHED}, text=TWICE)) == ["duplicate-title"]
