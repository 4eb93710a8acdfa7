"""Is one of these the published version? Said beyond doubt, with what to look at, or not at all."""

import itertools
from typing import Any

import pytest

from bot.bibliography.entry import Entry
from bot.metadata.record import Kind, Record
from bot.preprints.candidate import AUTHORS_WORDS, Candidate, Link, Preprint
from bot.preprints.judgement import Judgement, Outcome, judge

TITLE, AUTHORS = "Listening to owls at night in boreal forests", "Thoreau, Henry David and Muir, John"
ENTRY = Entry("unpublished", "Thoreau2017", {"title": TITLE, "author": AUTHORS, "year": "2017", "eprint": "1709.01922"})
PAPER = {"title": TITLE, "author": AUTHORS, "year": "2018", "journal": "Bioacoustics", "doi": "10.5555/owls"}


def preprint(**about: Any) -> Preprint:
    fields: dict[str, str] = {name: about.pop(name) for name in ("title", "author", "year") if name in about}
    today = Record(
        source="arxiv",
        id="1709.01922",
        kind=Kind.PREPRINT,
        type="unpublished",
        fields={"title": TITLE, "author": AUTHORS, "year": "2017", **fields},
        **about,
    )
    return Preprint(ENTRY, today)


def candidate(*links: Link, source: str = "crossref", **about: Any) -> Candidate:
    of_record = {
        name: about.pop(name) for name in ("kind", "type", "dblp", "retracted", "notice", "titles") if name in about
    }
    fields = {name: value for name, value in {**PAPER, **about}.items() if value}
    record = Record(source=source, id="10.5555/owls", **{"type": "article", **of_record}, fields=fields)
    return Candidate((record,), frozenset(links or {Link.TITLE}))


def told(judgement: Judgement) -> str:
    return "\n".join((*judgement.warnings, *judgement.reasons))


def test_the_same_title_and_authors_soon_after_are_the_same_work() -> None:
    found = judge(preprint(), [candidate()])
    assert found.outcome is Outcome.PROPOSE
    assert "title is the same" in told(found)
    assert "authors are the same" in told(found)


WORTH_A_LOOK: dict[str, tuple[list[Link], dict[str, Any], str]] = {
    "a new title": ([Link.ARXIV], {"title": "What owls say"}, "another one now: “What owls say”"),
    "a subtitle": ([], {"title": f"{TITLE}: a field report"}, "another one now"),
    "an author more": ([], {"author": f"{AUTHORS} and Able, Ann"}, "more authors than the preprint: Able, Ann"),
    "an author less": ([], {"author": "Thoreau, Henry David"}, "fewer authors"),
    "another author": ([], {"author": "Thoreau, Henry David and Able, Ann"}, "others"),
    "late": ([], {"year": "2022"}, "5 years after"),
    "before the preprint": ([], {"year": "2012"}, "5 years before"),
    "without a year": ([Link.SEMANTICSCHOLAR], {"year": ""}, "the year"),
    "without a place": ([], {"journal": ""}, "venue"),
    "retracted": ([Link.ARXIV], {"retracted": True, "notice": "retraction, 10.5555/sorry"}, "10.5555/sorry"),
    "one page": ([], {"pages": "326"}, "one page"),
    "known to one source, without a DOI": (
        [Link.SEMANTICSCHOLAR],
        {"source": "semanticscholar", "doi": ""},
        "only Semantic Scholar",
    ),
    "the authors' words alone": ([Link.ARXIV], {"source": AUTHORS_WORDS, "doi": ""}, "nothing but the authors' words"),
    "arXiv's own DOI, authors unknown": ([Link.ARXIV], {"author": ""}, "no source names its authors"),
}


@pytest.mark.parametrize("name", WORTH_A_LOOK)
def test_what_is_not_beyond_doubt_says_what_to_look_at(name: str) -> None:
    links, about, warning = WORTH_A_LOOK[name]
    found = judge(preprint(), [candidate(*links, **about)])
    assert found.outcome is Outcome.WARN
    assert warning in "\n".join(found.warnings)


NOT_IT: dict[str, tuple[list[Link], dict[str, Any]]] = {
    "nobody in common": ([], {"author": "Able, Ann and Baker, Bob"}),
    "nobody in common, though a source has them as one": ([Link.SEMANTICSCHOLAR], {"author": "Able, Ann"}),
    "another title": ([], {"title": "What owls say"}),
    "another title by one of them, though a source has them as one": (
        [Link.OPENALEX],
        {"title": "What owls say", "author": "Muir, John and Able, Ann and Baker, Bob"},
    ),
    "the same title, many years later": ([], {"year": "2025"}),
    "the opposite": ([], {"title": TITLE.replace("Listening", "Not listening")}),
    "another word in the place of one": ([], {"title": TITLE.replace("owls", "hawks")}),
    "front matter": ([], {"title": f"Front matter: {TITLE}"}),
    "on a server of preprints": ([Link.SEMANTICSCHOLAR], {"journal": "SSRN Electronic Journal"}),
    "a second part": ([], {"title": f"{TITLE}, Part II"}),
    "an extended version": ([], {"title": f"{TITLE} (extended version)"}),
    "near, but years later": ([], {"title": f"{TITLE}: a field report", "year": "2025"}),
    "near, by others too": ([], {"title": f"{TITLE}: a field report", "author": f"{AUTHORS} and Able, Ann"}),
    **{
        f"a {kind}": ([Link.ARXIV], {"kind": kind})
        for kind in (Kind.THESIS, Kind.REPORT, Kind.NOTICE, Kind.OTHER, Kind.PREPRINT)
    },
}


@pytest.mark.parametrize("name", NOT_IT)
def test_what_is_another_work_is_not_mentioned(name: str) -> None:
    links, about = NOT_IT[name]
    assert judge(preprint(), [candidate(*links, **about)]) == Judgement(Outcome.NONE)


def test_an_identifier_makes_up_for_years() -> None:
    assert judge(preprint(), [candidate(Link.ARXIV, year="2023")]).outcome is Outcome.PROPOSE


@pytest.mark.parametrize("link", list(Link)[:-1])
def test_what_ties_the_two_together_is_told(link: Link) -> None:
    found = judge(preprint(), [candidate(link)])
    assert found.outcome is Outcome.PROPOSE
    assert found.reasons[0] != judge(preprint(), [candidate()]).reasons[0]


def test_the_title_and_the_authors_of_today_count_and_what_the_list_has_otherwise_is_told() -> None:
    today = {"title": "Boreal owls after dark, and what they are heard to say", "author": f"{AUTHORS} and Able, Ann"}
    found = judge(preprint(**today), [candidate(**today)])
    assert found.outcome is Outcome.WARN
    assert found.warnings == (
        f"the list has another title than the paper: “{today['title']}”",
        "the list has other authors than the paper: Thoreau, Henry David; Muir, John; Able, Ann",
    )
    assert judge(preprint(**today), [candidate()]).outcome is Outcome.PROPOSE


def test_another_title_of_the_published_work_counts_too() -> None:
    german = candidate(title="Eulen bei Nacht in borealen Wäldern", titles=(TITLE,))
    assert judge(preprint(), [german]).outcome is Outcome.PROPOSE


def test_a_general_title_by_one_author_needs_more_than_the_title() -> None:
    one = {"title": "Owls at night", "author": "Muir, John"}
    listed = Entry("unpublished", "Muir2017", {**one, "year": "2017"})

    def said(comment: str, *links: Link) -> Outcome:
        return judge(Preprint(listed, preprint(**one, comment=comment).today), [candidate(*links, **one)]).outcome

    assert said("") is Outcome.WARN
    assert said("", Link.SEMANTICSCHOLAR) is Outcome.PROPOSE
    assert said("To appear in Bioacoustics") is Outcome.PROPOSE


def test_the_authors_words_speak_for_a_venue_or_against_it() -> None:
    for_it = judge(preprint(comment="Accepted at the journal Bioacoustics"), [candidate()])
    assert for_it.outcome is Outcome.PROPOSE
    assert "Accepted at the journal Bioacoustics" in told(for_it)
    against = judge(preprint(comment="Accepted at ISMIR 2017"), [candidate()])
    assert against.outcome is Outcome.WARN
    assert "Accepted at ISMIR 2017" in "\n".join(against.warnings)


def test_a_conference_without_a_doi_that_dblp_knows_is_beyond_doubt() -> None:
    of_iclr = candidate(
        Link.SEMANTICSCHOLAR,
        source="semanticscholar",
        type="inproceedings",
        doi="",
        journal="",
        booktitle="International Conference on Learning Representations",
        dblp="conf/iclr/ThoreauM18",
    )
    assert judge(preprint(), [of_iclr]).outcome is Outcome.PROPOSE


CONFERENCE = {"doi": "10.5555/conf", "journal": "", "booktitle": "Conference on Owls", "type": "inproceedings"}
WORKSHOP = {**CONFERENCE, "doi": "10.5555/ws", "booktitle": "Workshop on Night Birds"}


def test_of_a_conference_and_a_journal_the_earlier_is_proposed_and_the_other_named() -> None:
    found = judge(preprint(), [candidate(year="2020"), candidate(**CONFERENCE, year="2017")])
    assert found.candidate is not None
    assert found.candidate.doi == "10.5555/conf"
    assert found.outcome is Outcome.WARN
    assert "Bioacoustics, 2020" in "\n".join(found.warnings)


def test_of_a_workshop_and_a_journal_the_journal_is_proposed() -> None:
    found = judge(preprint(), [candidate(**WORKSHOP, year="2017"), candidate()])
    assert found.candidate is not None
    assert found.candidate.doi == "10.5555/owls"
    assert found.outcome is Outcome.PROPOSE


def test_what_arxiv_names_goes_before_all_others() -> None:
    found = judge(preprint(), [candidate(), candidate(Link.ARXIV, **CONFERENCE, year="2021", title="What owls say")])
    assert found.candidate is not None
    assert found.candidate.doi == "10.5555/conf"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_in_which_candidates_were_found_decides_nothing(order: tuple[int, ...]) -> None:
    candidates = [candidate(), candidate(**CONFERENCE, year="2017"), candidate(title="What owls say")]
    found = judge(preprint(), [candidates[place] for place in order])
    assert found == judge(preprint(), candidates)


def test_a_withdrawn_preprint_is_told_and_nothing_is_proposed_for_it() -> None:
    found = judge(preprint(withdrawn=True, notice="withdrawn by the authors"), [candidate(Link.ARXIV)])
    assert found.outcome is Outcome.NONE
    assert "withdrawn by the authors" in told(found)


def test_without_a_candidate_there_is_nothing_to_say() -> None:
    assert judge(Preprint(ENTRY), []) == Judgement(Outcome.NONE)


def test_what_authors_write_may_be_anything_of_any_length() -> None:
    for text in ("A" * 20_000 + "1", "accepted " * 2_000, "(" * 20_000):
        assert judge(preprint(comment=text, journal_ref=text), [candidate()]).candidate is not None
