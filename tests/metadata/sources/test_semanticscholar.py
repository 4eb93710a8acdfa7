"""Semantic Scholar's answers as records."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.metadata.record import Kind, Record
from bot.metadata.source import NonsenseError
from bot.metadata.sources import semanticscholar
from bot.metadata.sources.semanticscholar import SOURCE
from tests.metadata.sources.checks import anything, body, broken, faults, read_or_refuse

ARXIV = "1706.08818"
DOI = "10.1000/gong.17"


def paper(**changes: Any) -> dict[str, Any]:
    return {
        "paperId": "0" * 40,
        "externalIds": {"ArXiv": ARXIV, "DBLP": "conf/gong/MalletT18", "DOI": "10.1000/GONG.17", "CorpusId": 1},
        "publicationVenue": {
            "name": "International Conference on Gongs",
            "type": "conference",
            "alternate_names": ["GONG", "Int Conf Gongs"],
        },
        "title": "Learning to tell one gong from another",
        "venue": "International Conference on Gongs",
        "year": 2017,
        "publicationTypes": ["JournalArticle", "Conference"],
        "journal": {"name": "Proc. of GONG", "pages": "101 - 117"},
        "authors": [{"authorId": "1", "name": "Anna Mallet"}, {"authorId": None, "name": "Jan de Trommel"}],
        **changes,
    }


ARXIV_VENUE = {"name": "arXiv.org", "alternate_names": ["ArXiv"], "issn": "2331-8422"}
OF_ARXIV = {
    "publicationVenue": ARXIV_VENUE,
    "venue": "arXiv.org",
    "journal": {"name": "ArXiv", "volume": "abs/1706.08818"},
    "publicationTypes": ["JournalArticle"],
}


def record_of(**changes: Any) -> Record:
    return semanticscholar.read(body([paper(**changes)]), [ARXIV])[ARXIV]


def test_identifiers_are_sent_with_their_kind_and_the_year_is_not_asked_for() -> None:
    query = SOURCE.query([ARXIV, DOI, "cs/0309136"])
    assert query.path == "graph/v1/paper/batch"
    assert query.send == {"ids": ["ARXIV:1706.08818", "DOI:10.1000/gong.17", "ARXIV:cs/0309136"]}
    fields = dict(query.params)["fields"].split(",")
    assert {"externalIds", "publicationVenue", "authors", "title"} <= set(fields)
    assert "year" not in fields


def test_a_paper_has_its_venue_its_other_identifiers_and_no_year() -> None:
    record = record_of()
    assert record == Record(
        source="semanticscholar",
        id=ARXIV,
        kind=Kind.PAPER,
        type="inproceedings",
        fields={
            "title": "Learning to tell one gong from another",
            "author": "Mallet, Anna and de Trommel, Jan",
            "pages": "101--117",
            "booktitle": "International Conference on Gongs",
            "doi": DOI,
        },
        venues=("Proc. of GONG", "GONG", "Int Conf Gongs"),
        published=DOI,
        arxiv=ARXIV,
        dblp="conf/gong/MalletT18",
    )
    assert faults(record, incomplete=True) == []


def test_answers_stand_in_the_places_of_the_identifiers() -> None:
    answer = [None, paper(externalIds={"ArXiv": "2001.00001"}), "x", paper(externalIds={}), {}]
    records = semanticscholar.read(body(answer), ["1801.00001", "2001.00001", "2001.00002", "cs/0309136", DOI])
    assert set(records) == {"2001.00001", "cs/0309136"}


def test_a_paper_with_another_identifier_than_the_asked_one_is_left_out() -> None:
    answer = [paper(externalIds={"ArXiv": "2001.00001"}), paper(externalIds={"DOI": "10.1000/other"})]
    assert semanticscholar.read(body(answer), [ARXIV, DOI]) == {}


def test_arxivs_doi_finds_the_paper_by_whichever_doi_it_has_now() -> None:
    asked = "10.48550/arxiv.1706.08818"
    assert semanticscholar.read(body([paper()]), [asked])[asked].published == DOI
    assert semanticscholar.read(body([paper(externalIds={"ArXiv": "2001.00001"})]), [asked]) == {}


@pytest.mark.parametrize("ids", [[], [ARXIV], [ARXIV, DOI, "2001.00001"]])
def test_an_answer_with_too_few_or_too_many_places_is_nonsense(ids: list[str]) -> None:
    with pytest.raises(NonsenseError):
        semanticscholar.read(body([paper(), paper()]), ids)


def test_a_paper_that_is_nowhere_but_on_arxiv_is_a_preprint() -> None:
    ids = {"ArXiv": ARXIV, "DBLP": "journals/corr/MalletT17", "DOI": "10.48550/arXiv.1706.08818"}
    record = record_of(externalIds=ids, **OF_ARXIV)
    assert (record.kind, record.type, record.published, record.venue) == (Kind.PREPRINT, "unpublished", "", "")
    assert record.venues == ()
    assert not record.fields.keys() & {"doi", "volume", "pages", "journal"}
    assert record.dblp == "journals/corr/MalletT17"


@pytest.mark.parametrize(
    "ids", [{"ArXiv": ARXIV, "DOI": "10.1000/GONG.17"}, {"ArXiv": ARXIV, "DBLP": "conf/gong/MalletT18"}]
)
def test_a_doi_or_a_key_of_dblps_says_that_it_is_published(ids: dict[str, str]) -> None:
    assert record_of(externalIds=ids, **OF_ARXIV).kind is Kind.PAPER


def test_a_venue_alone_says_that_it_is_published() -> None:
    record = record_of(externalIds={"ArXiv": ARXIV}, publicationVenue=None, journal=None, venue="Days of the Gong")
    assert (record.kind, record.type, record.venue) == (Kind.PAPER, "inproceedings", "Days of the Gong")


@pytest.mark.parametrize(
    ("venue_type", "types", "entry_type"),
    [
        ("journal", ["JournalArticle", "Conference"], "article"),
        ("conference", ["JournalArticle"], "inproceedings"),
        (None, ["JournalArticle", "Conference"], "inproceedings"),
        (None, ["JournalArticle", "Review"], "article"),
        (None, ["Book"], "book"),
        (None, ["BookSection"], "incollection"),
        (None, None, ""),
    ],
)
def test_the_type_is_that_of_the_venue_else_of_the_paper(
    venue_type: str | None, types: list[str] | None, entry_type: str
) -> None:
    venue = {"name": "Gongs", "type": venue_type}
    record = record_of(publicationVenue=venue, publicationTypes=types)
    assert record.type == entry_type
    assert "Gongs" in (record.venue, *record.venues)


def test_a_dataset_is_no_paper() -> None:
    assert record_of(publicationTypes=["Dataset"]).kind is Kind.OTHER


@pytest.mark.parametrize("data", [b"", b"<html>", b"{}", b"null", b'{"error": "No valid paper ids given"}', b"[null"])
def test_what_is_no_list_is_nonsense(data: bytes) -> None:
    with pytest.raises(NonsenseError):
        semanticscholar.read(data, [ARXIV])


@given(broken([paper(), None, paper(**OF_ARXIV)]))
def test_a_list_with_anything_anywhere_is_fit_for_the_list_or_refused(data: bytes) -> None:
    for record in read_or_refuse(SOURCE, data, [ARXIV, DOI, "10.48550/arxiv.1706.08818"]):
        assert faults(record, incomplete=True) == []


@given(anything, st.integers(0, 3))
def test_any_json_is_records_or_nonsense(answer: object, count: int) -> None:
    for data in (body(answer), body([answer])):
        for record in read_or_refuse(SOURCE, data, [ARXIV, DOI, "x"][:count]):
            assert faults(record, incomplete=True) == []
