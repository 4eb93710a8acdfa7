"""OpenAlex's answers as records."""

from typing import Any

import pytest
from hypothesis import given

from bot.metadata.record import Kind, Record
from bot.metadata.source import NonsenseError
from bot.metadata.sources import openalex
from bot.metadata.sources.openalex import SOURCE
from tests.metadata.sources.checks import anything, body, broken, faults, read_or_refuse

DOI = "10.1000/gong.17"
ARXIV_DOI = "10.48550/arxiv.1706.08818"


def place(address: str, source: tuple[str, str] | None, **more: Any) -> dict[str, Any]:
    named = {"id": "https://openalex.org/S1", "display_name": source[0], "type": source[1]} if source else None
    return {"landing_page_url": address, "source": named, "version": None, "is_published": False, **more}


JOURNAL = place(
    "https://doi.org/10.1000/gong.17", ("Journal of Gongs", "journal"), version="publishedVersion", is_published=True
)
ARXIV = place(
    "http://arxiv.org/abs/1706.08818", ("arXiv (Cornell University)", "repository"), version="submittedVersion"
)
HAL = place("https://hal.science/hal-1", ("HAL", "repository"), version="publishedVersion", is_published=True)


def work(*places: dict[str, Any], **changes: Any) -> dict[str, Any]:
    places = places or (JOURNAL, ARXIV)
    return {
        "id": "https://openalex.org/W1",
        "doi": "https://doi.org/10.1000/GONG.17",
        "title": "Learning to tell one gong from another",
        "type": "article",
        "authorships": [
            {"raw_author_name": "Anna Mallet", "author": {"display_name": "A. Mallet"}},
            {"raw_author_name": None, "author": {"display_name": "Jan de Trommel"}},
        ],
        "publication_year": 2018,
        "biblio": {"volume": "12", "issue": "3", "first_page": "101", "last_page": "117"},
        "is_retracted": False,
        "primary_location": places[0],
        "locations": list(places),
        **changes,
    }


def preprint(*places: dict[str, Any], **changes: Any) -> dict[str, Any]:
    empty = {"volume": None, "issue": None, "first_page": None, "last_page": None}
    return work(*places, **{"doi": f"https://doi.org/{ARXIV_DOI}", "type": "preprint", "biblio": empty, **changes})


def several(*works: Any) -> bytes:
    return body({"meta": {"count": len(works), "page": 1}, "results": list(works), "group_by": []})


def record_of(one: dict[str, Any], asked: str = DOI) -> Record:
    records = openalex.read(body(one), [asked])
    assert openalex.read(several(one), [asked]) == records
    return records[asked]


def test_one_doi_is_asked_by_its_path_which_is_free() -> None:
    query = SOURCE.query(["10.1000/a#b"])
    assert query.path == "works/doi:10.1000%2Fa%23b"
    assert query.empty == {404}
    assert {"doi", "locations", "is_retracted"} <= set(dict(query.params)["select"].split(","))


def test_several_dois_are_one_filter_and_as_many_to_a_page() -> None:
    query = SOURCE.query(["10.1000/a", ARXIV_DOI])
    assert query.path == "works"
    params = dict(query.params)
    assert params.pop("select")
    assert params == {"filter": f"doi:10.1000/a|{ARXIV_DOI}", "per_page": "2"}


def test_a_doi_that_would_end_the_filter_is_asked_alone() -> None:
    assert SOURCE.alone is not None
    assert [SOURCE.alone(doi) for doi in ("10.1000/a,b", "10.1000/a|b", "10.1000/a")] == [True, True, False]


def test_without_a_key_a_hundred_lists_are_free() -> None:
    assert SOURCE.key is not None
    assert (SOURCE.key.variable, SOURCE.key.param, SOURCE.key.header, SOURCE.free) == (
        "OPENALEX_API_KEY",
        "api_key",
        "",
        100,
    )


def test_an_article_has_its_journal_and_the_preprint_beside_it() -> None:
    record = record_of(work())
    assert record == Record(
        source="openalex",
        id=DOI,
        kind=Kind.PAPER,
        type="article",
        fields={
            "title": "Learning to tell one gong from another",
            "author": "Mallet, Anna and de Trommel, Jan",
            "year": "2018",
            "volume": "12",
            "number": "3",
            "pages": "101--117",
            "journal": "Journal of Gongs",
            "doi": DOI,
        },
        arxiv="1706.08818",
    )
    assert faults(record) == []


@pytest.mark.parametrize(
    ("work_type", "kind", "entry_type"),
    [
        ("article", Kind.PAPER, "article"),
        ("review", Kind.PAPER, "article"),
        ("conference-paper", Kind.PAPER, "inproceedings"),
        ("book-chapter", Kind.PAPER, "incollection"),
        ("book", Kind.PAPER, "book"),
        ("dissertation", Kind.THESIS, "phdthesis"),
        ("report", Kind.REPORT, "techreport"),
        ("erratum", Kind.NOTICE, ""),
        ("retraction", Kind.NOTICE, ""),
        ("peer-review", Kind.NOTICE, ""),
        ("dataset", Kind.OTHER, ""),
        ("paratext", Kind.OTHER, ""),
    ],
)
def test_the_type_decides_on_kind_and_entry_type(work_type: str, kind: Kind, entry_type: str) -> None:
    record = record_of(work(type=work_type))
    assert (record.kind, record.type) == (kind, entry_type)


def test_proceedings_are_named_by_the_publisher() -> None:
    proceedings = place(
        f"https://doi.org/{DOI}",
        None,
        id=f"doi:{DOI}",
        version="publishedVersion",
        is_published=True,
        raw_source_name="Proceedings of GONG 2018",
        raw_type="proceedings-article",
    )
    record = record_of(work(proceedings))
    assert (record.type, record.get("booktitle")) == ("inproceedings", "Proceedings of GONG 2018")


def test_an_article_of_a_conference_is_in_its_proceedings() -> None:
    nips = place("https://papers.example.org/1", ("Gong Information Processing Systems", "conference"))
    record = record_of(work(nips))
    assert (record.type, record.venue) == ("inproceedings", "Gong Information Processing Systems")


def test_a_retracted_paper_is_told() -> None:
    assert record_of(work(is_retracted=True)).retracted
    assert record_of(work(is_retracted=True)).notice
    assert not record_of(work(is_retracted="no")).retracted


def test_a_preprint_that_is_in_repositories_only_stays_one() -> None:
    record = record_of(preprint(ARXIV, HAL, type="article"), ARXIV_DOI)
    assert (record.kind, record.type, record.published, record.venue) == (Kind.PREPRINT, "unpublished", "", "")
    assert record.arxiv == record.get("eprint") == "1706.08818"
    assert record.get("doi") == ""
    assert faults(record) == []


def test_a_preprint_that_has_become_one_with_its_published_version_is_found_by_where_it_is() -> None:
    record = record_of(work(JOURNAL, ARXIV), ARXIV_DOI)
    assert (record.id, record.kind, record.published, record.get("doi")) == (ARXIV_DOI, Kind.PAPER, DOI, DOI)


def test_a_location_may_have_the_doi_of_the_published_version() -> None:
    record = record_of(preprint(ARXIV, JOURNAL), ARXIV_DOI)
    assert (record.kind, record.type, record.published, record.venue) == (
        Kind.PAPER,
        "article",
        DOI,
        "Journal of Gongs",
    )
    by_id = place("https://gongs.example.org/17", ("Journal of Gongs", "journal"), id=f"doi:{DOI}", is_published=True)
    assert record_of(preprint(ARXIV, by_id), ARXIV_DOI).published == DOI


def test_a_published_version_without_a_venue_makes_a_paper() -> None:
    bare = place(f"https://doi.org/{DOI}", None, version="publishedVersion")
    record = record_of(preprint(ARXIV, bare), ARXIV_DOI)
    assert (record.kind, record.published, record.venue) == (Kind.PAPER, DOI, "")


def test_a_venue_without_a_doi_is_told_too() -> None:
    nips = place("https://papers.example.org/1", ("Gong Information Processing Systems", "conference"))
    record = record_of(preprint(ARXIV, nips), ARXIV_DOI)
    assert (record.kind, record.type, record.venue, record.published) == (
        Kind.PAPER,
        "inproceedings",
        "Gong Information Processing Systems",
        "",
    )


def test_the_doi_of_a_repository_is_not_that_of_the_published_version() -> None:
    zenodo = place(
        "https://doi.org/10.5281/zenodo.1", ("Zenodo", "repository"), version="publishedVersion", is_published=True
    )
    assert record_of(preprint(ARXIV, zenodo), ARXIV_DOI).published == ""


def test_answers_are_matched_by_doi_and_broken_ones_left_out() -> None:
    data = several(work(doi="https://doi.org/10.1000/z"), None, {"doi": 3}, preprint(ARXIV), work())
    assert set(openalex.read(data, [DOI, ARXIV_DOI, "10.1000/c"])) == {DOI, ARXIV_DOI}
    assert openalex.read(several(), [DOI]) == {}


def test_the_published_work_does_not_hide_the_preprints_own() -> None:
    data = several(preprint(ARXIV, title="Old title"), work(JOURNAL, ARXIV))
    assert openalex.read(data, [ARXIV_DOI])[ARXIV_DOI].get("title") == "Old title"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<!doctype html><title>404 Not Found</title>",
        b"[]",
        b"{}",
        b'{"error": "Invalid query parameters error.", "message": "x"}',
        b'{"results": {}}',
        body(work())[:-9],
    ],
)
def test_what_is_no_answer_of_openalex_is_nonsense(data: bytes) -> None:
    with pytest.raises(NonsenseError):
        openalex.read(data, [DOI])


@given(broken(work()))
def test_a_work_with_anything_anywhere_is_fit_for_the_list_or_refused(data: bytes) -> None:
    for record in read_or_refuse(SOURCE, data, [DOI, ARXIV_DOI]):
        assert faults(record, incomplete=True) == []


@given(broken({"results": [preprint(ARXIV, JOURNAL), work()]}))
def test_a_list_with_anything_anywhere_is_fit_for_the_list_or_refused(data: bytes) -> None:
    for record in read_or_refuse(SOURCE, data, [ARXIV_DOI, DOI]):
        assert faults(record, incomplete=True) == []


@given(anything)
def test_any_json_is_records_or_nonsense(answer: object) -> None:
    for data in (body(answer), several(answer)):
        assert read_or_refuse(SOURCE, data, [DOI]) == []
