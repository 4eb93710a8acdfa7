"""What sources know goes into what a form leaves out; what the form says stays, and the difference is shown."""

from typing import Any

import pytest

from bot.bibliography.blocks import Bibliography
from bot.config import load
from bot.forms.body import render_body
from bot.forms.template import read_template
from bot.jobs.comment import comment
from bot.jobs.proposal import Proposal
from bot.jobs.propose import Forms, Issue, propose, questions_about
from bot.metadata.question import Question
from bot.metadata.work import Work
from bot.problems import Severity
from tests.support.desk import ADD, BIRDS, BIRDS_CONFIG, CORRECT, ROOT

CONFIG = load(BIRDS_CONFIG, "bot.yml")
FORMS = Forms(*(read_template((ROOT / form).read_text(), form) for form in (ADD, CORRECT)))
DOI, ARXIV = "10.5555/owls.2019", "1709.01922"
OWLS = Work(
    "article",
    {
        "title": "Listening to {O}wls at night",
        "author": "Thoreau, Henry David and Muir, John",
        "year": "2019",
        "journal": "Bioacoustics",
        "pages": "1--9",
        "doi": DOI,
        "link": f"https://doi.org/{DOI}",
    },
    {
        **dict.fromkeys(("type", "title", "author", "year", "journal", "pages", "doi"), "Crossref"),
        "link": "the DOI",
    },
)
PREPRINT = Work(
    "unpublished",
    {
        "title": "Listening to owls at night",
        "author": "Thoreau, Henry David",
        "year": "2017",
        "eprint": ARXIV,
        "archiveprefix": "arXiv",
        "link": f"https://arxiv.org/pdf/{ARXIV}",
    },
    dict.fromkeys(("type", "title", "author", "year", "eprint", "archiveprefix", "link"), "arXiv"),
)
DOWN = {"Crossref": "no answer within 20 s"}


def body(answers: dict[str, str]) -> str:
    return render_body(FORMS.add, answers)


def file_form(answers: dict[str, str], work: Work | None = None, text: str = BIRDS) -> Proposal:
    issue, bibliography = Issue(body(answers)), Bibliography.parse(text.encode())
    asked = questions_about(issue, bibliography, FORMS, CONFIG, everything=True)
    works = dict.fromkeys(asked, work) if work else {}
    return propose(issue, bibliography, FORMS, CONFIG, this_year=2026, works=works)


def asked(answers: dict[str, str], **how: Any) -> list[Question]:
    return questions_about(Issue(body(answers)), Bibliography.parse(BIRDS.encode()), FORMS, CONFIG, **how)


def told(proposal: Proposal) -> dict[str, Severity]:
    return {problem.rule: problem.severity for problem in proposal.problems}


# --- What is asked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "question"),
    [
        ({"identifier": DOI.upper()}, Question(DOI)),
        ({"identifier": f"https://doi.org/{DOI}"}, Question(DOI)),
        ({"identifier": f"arXiv:{ARXIV}v2"}, Question("", ARXIV)),
        ({"identifier": f"10.48550/arXiv.{ARXIV}"}, Question("", ARXIV)),
        ({"link": f"https://arxiv.org/pdf/{ARXIV}.pdf"}, Question("", ARXIV)),
        ({"link": f"https://journal.example.org/doi/full/{DOI}"}, Question(DOI)),
        ({"bibtex": f"@misc{{x, doi = {{{DOI}}}, eprint = {{{ARXIV}}}}}"}, Question(DOI, ARXIV)),
    ],
)
def test_what_a_form_leaves_open_is_asked_by_its_identifier(answers: dict[str, str], question: Question) -> None:
    assert asked(answers) == [question]


FULL = {"paper-title": "Owls", "authors": "Thoreau, Henry", "year": "2019", "identifier": DOI}


def test_a_form_that_says_enough_is_looked_up_only_where_everything_is() -> None:
    assert asked(FULL) == []
    assert asked(FULL, everything=True) == [Question(DOI)]


def test_nothing_is_asked_without_an_identifier_or_about_what_is_listed_already_or_for_a_correction() -> None:
    assert asked({"paper-title": "Owls"}, everything=True) == []
    assert asked({"identifier": "10.7717/peerj.488"}, everything=True) == []
    correction = Issue(render_body(FORMS.correct, {"key": "Stowell2014", "field": "doi", "value": DOI}))
    assert questions_about(correction, Bibliography.parse(BIRDS.encode()), FORMS, CONFIG, everything=True) == []


def test_of_many_entries_only_those_are_asked_that_lack_something() -> None:
    full = "@misc{{x, author = {{A, B}}, title = {{T{n}}}, year = {{2019}}, doi = {{10.5555/{n}}}}}\n"
    entries = "".join(full.format(n=number) for number in range(25))
    assert asked({"bibtex": entries + f"@misc{{y, doi = {{{DOI}}}}}"}, everything=True) == [Question(DOI)]


# --- What comes of it ------------------------------------------------------------------------------------------------


def test_an_identifier_alone_becomes_a_full_entry_and_the_comment_says_from_where() -> None:
    proposal = file_form({"identifier": DOI, "code": "https://owls.example.org/code"}, OWLS)
    assert proposal.ok
    [shown] = proposal.entries
    assert shown.entry.key == "Thoreau2019"
    assert shown.entry.type == "article"
    assert shown.entry.fields == {**OWLS.fields, "code": "https://owls.example.org/code"}
    sources = {(one.field, one.source) for one in proposal.filled}
    assert {("title", "Crossref"), ("type", "Crossref"), ("link", "the DOI")} <= sources
    text = comment(proposal, CONFIG)
    assert "Filled in by the bot:" in text
    assert "from Crossref" in text


def test_what_the_form_says_stays_and_both_values_are_shown() -> None:
    proposal = file_form({"identifier": DOI, "year": "2018", "paper-title": "Hearing Owls"}, OWLS)
    assert proposal.ok
    [shown] = proposal.entries
    assert (shown.entry.get("year"), shown.entry.get("title")) == ("2018", "Hearing Owls")
    assert shown.entry.get("author") == OWLS.fields["author"]
    differing = {problem.field: problem for problem in proposal.problems if problem.rule == "metadata-differs"}
    assert set(differing) == {"year", "title"}
    assert "2018" in differing["year"].message
    assert "2019" in differing["year"].message
    assert all(problem.severity is Severity.WARNING for problem in differing.values())


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("paper-title", "Listening to owls at night"),
        ("authors", "H. D. Thoreau\nJ. Muir"),
        ("venue", "bioacoustics"),
        ("link", "https://owls.example.org/2019.pdf"),
    ],
)
def test_the_same_said_otherwise_is_no_difference(field: str, typed: str) -> None:
    proposal = file_form({"identifier": DOI, "year": "2019", field: typed}, OWLS)
    assert proposal.ok
    assert "metadata-differs" not in told(proposal)


def test_the_type_of_a_form_without_one_is_the_source_s() -> None:
    proposal = file_form({**FULL, "authors": "Thoreau, Henry David\nMuir, John"}, OWLS)
    [shown] = proposal.entries
    assert (shown.entry.type, shown.entry.get("journal"), shown.entry.get("pages")) == (
        "article",
        "Bioacoustics",
        "1--9",
    )
    assert "type-missing" not in told(proposal)


def test_a_type_that_somebody_chose_stays() -> None:
    proposal = file_form({"identifier": DOI, "entry-type": "misc"}, OWLS)
    assert proposal.entries[0].entry.type in ("misc", "article")
    proposal = file_form({"identifier": DOI, "entry-type": "techreport"}, OWLS)
    [shown] = proposal.entries
    assert shown.entry.type == "techreport"
    assert shown.entry.get("journal") == ""


# --- When a source does not answer -----------------------------------------------------------------------------------


def test_an_identifier_alone_waits_while_its_source_is_down() -> None:
    proposal = file_form({"identifier": DOI}, Work(unavailable=DOWN))
    assert told(proposal) == {"metadata-unavailable": Severity.ERROR}
    text = comment(proposal, CONFIG)
    assert "Crossref could not be asked: no answer within 20 s" in text
    assert "tries again within a day" in text


def test_a_form_that_says_enough_goes_on_and_names_the_source_that_is_down() -> None:
    proposal = file_form(FULL, Work(unavailable=DOWN))
    assert proposal.ok
    assert told(proposal)["metadata-unavailable"] is Severity.WARNING
    assert "Crossref could not be asked" in comment(proposal, CONFIG)


def test_an_identifier_that_nobody_knows_is_told_at_once() -> None:
    proposal = file_form({"identifier": DOI}, Work())
    assert told(proposal) == {"metadata-unknown": Severity.ERROR}


def test_what_a_source_leaves_open_is_asked_of_people() -> None:
    half = Work("article", {"title": "Owls", "doi": DOI}, {"type": "Crossref", "title": "Crossref", "doi": "Crossref"})
    assert "author-missing" in told(file_form({"identifier": DOI}, half))


# --- Preprints, retractions ------------------------------------------------------------------------------------------


def test_a_complete_preprint_of_which_there_is_a_published_version_stays_what_it_is_and_says_so() -> None:
    typed = {"paper-title": "Owls at night", "authors": "Thoreau, Henry David", "year": "2017", "identifier": ARXIV}
    proposal = file_form(typed, OWLS)
    assert proposal.ok
    [shown] = proposal.entries
    assert shown.entry.type == "unpublished"
    assert shown.entry.get("journal") == ""
    assert told(proposal)["metadata-published"] is Severity.HINT
    assert "metadata-differs" not in told(proposal)


def test_an_arxiv_identifier_alone_of_a_published_paper_becomes_the_published_paper() -> None:
    arxiv = {"eprint": ARXIV, "archiveprefix": "arXiv"}
    both = Work(OWLS.type, OWLS.fields | arxiv, OWLS.sources | dict.fromkeys(arxiv, "arXiv"))
    proposal = file_form({"identifier": f"arXiv:{ARXIV}"}, both)
    assert proposal.ok
    [shown] = proposal.entries
    assert (shown.entry.type, shown.entry.get("eprint"), shown.entry.get("doi")) == ("article", ARXIV, DOI)


def test_an_arxiv_identifier_alone_becomes_an_unpublished_paper() -> None:
    proposal = file_form({"identifier": f"arXiv:{ARXIV}"}, PREPRINT)
    assert proposal.ok
    [shown] = proposal.entries
    assert shown.entry.type == "unpublished"
    assert shown.entry.fields == PREPRINT.fields


@pytest.mark.parametrize("what", ["retracted", "withdrawn"])
def test_a_paper_that_was_taken_back_is_told(what: str) -> None:
    import msgspec

    proposal = file_form({"identifier": DOI}, msgspec.structs.replace(OWLS, **{what: "retraction, 10.5555/sorry"}))
    assert proposal.ok
    [found] = [problem for problem in proposal.problems if problem.rule == "metadata-retracted"]
    assert "10.5555/sorry" in found.message


def test_the_published_version_of_a_listed_preprint_becomes_that_entry_and_keeps_what_is_the_list_s() -> None:
    listed = BIRDS + (
        "\n@unpublished{Thoreau2017,\n  author = {Thoreau, Henry David and Muir, John},\n"
        "  title = {Listening to owls at night},\n  year = {2017},\n"
        f"  eprint = {{{ARXIV}}},\n  link = {{https://owls.example.org/}},\n  habitat = {{Woods}},\n}}\n"
    )
    proposal = file_form({"identifier": DOI}, OWLS, listed)
    assert proposal.ok
    [shown] = proposal.entries
    assert shown.entry.key == "Thoreau2017"
    kept = {name: shown.entry.get(name) for name in ("eprint", "link", "habitat", "title")}
    assert kept == {
        "eprint": ARXIV,
        "link": "https://owls.example.org/",
        "habitat": "Woods",
        "title": "Listening to owls at night",
    }
    assert (shown.entry.type, shown.entry.get("journal"), shown.entry.get("doi")) == ("article", "Bioacoustics", DOI)


@pytest.mark.parametrize(
    "places",
    ["  journal = {arXiv preprint arXiv:1709.01922},\n", "  journal = {CoRR},\n  volume = {abs/1709.01922},\n"],
)
def test_the_arxiv_identifier_of_a_listed_preprint_is_kept_wherever_it_stood(places: str) -> None:
    listed = BIRDS + (
        "\n@article{Thoreau2017,\n  author = {Thoreau, Henry David and Muir, John},\n"
        f"  title = {{Listening to owls at night}},\n  year = {{2017}},\n{places}}}\n"
    )
    proposal = file_form({"identifier": DOI}, OWLS, listed)
    assert proposal.ok
    [shown] = proposal.entries
    assert (shown.entry.key, shown.entry.get("eprint"), shown.entry.get("archiveprefix")) == (
        "Thoreau2017",
        ARXIV,
        "arXiv",
    )
    assert (shown.entry.get("journal"), shown.entry.get("volume")) == ("Bioacoustics", "")


def test_what_belongs_to_another_place_than_the_form_names_is_not_filled_in() -> None:
    proposal = file_form({**FULL, "venue": "Conference on Owls", "entry-type": "inproceedings"}, OWLS)
    assert proposal.ok
    [shown] = proposal.entries
    assert (shown.entry.get("booktitle"), shown.entry.get("pages")) == ("Conference on Owls", "")


def test_an_identifier_that_nobody_knows_next_to_all_the_rest_is_a_hint() -> None:
    proposal = file_form(FULL, Work())
    assert proposal.ok
    assert told(proposal)["metadata-unknown"] is Severity.HINT


def test_a_preprint_without_its_authors_gets_them_and_nothing_of_the_published_version_s_place() -> None:
    bibtex = (
        f"@misc{{x, title = {{Listening to owls}}, year = {{2017}}, eprint = {{{ARXIV}}}, archiveprefix = {{arXiv}}}}"
    )
    proposal = file_form({"bibtex": bibtex}, OWLS)
    assert proposal.ok
    [shown] = proposal.entries
    assert (shown.entry.get("author"), shown.entry.get("year")) == (OWLS.fields["author"], "2017")
    assert (shown.entry.get("journal"), shown.entry.get("pages"), shown.entry.get("doi")) == ("", "", "")
