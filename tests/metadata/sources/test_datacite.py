"""DataCite's answers as records."""

from typing import Any

import pytest
from hypothesis import given

from bot.metadata.record import Kind, Record
from bot.metadata.source import NonsenseError
from bot.metadata.sources import datacite
from bot.metadata.sources.datacite import SOURCE
from tests.metadata.sources.checks import anything, body, broken, faults, read_or_refuse

DOI = "10.5281/zenodo.1234567"


def types(general: str | None, specific: str | None = None) -> dict[str, Any]:
    return {"bibtex": "misc", "resourceTypeGeneral": general, "resourceType": specific}


def work(**changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "doi": "10.5281/ZENODO.1234567",
        "types": types("Text", "Conference paper"),
        "titles": [{"title": "Learning to tell one gong from another"}],
        "creators": [
            {"name": "Mallet, Anna", "nameType": "Personal", "givenName": "Anna", "familyName": "Mallet"},
            {"name": "de Trommel, Jan", "affiliation": []},
            {"name": "The Gong Collaboration", "nameType": "Organizational"},
        ],
        "publisher": "Gong Society",
        "container": {
            "type": "Series",
            "title": "Proceedings of GONG",
            "volume": "2",
            "firstPage": "11",
            "lastPage": "18",
        },
        "publicationYear": 2018,
        "relatedIdentifiers": [],
        "relatedItems": [],
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def single(one: Any) -> bytes:
    return body({"data": {"id": DOI, "type": "dois", "attributes": one}})


def several(*works: Any) -> bytes:
    return body({"data": [{"id": "x", "type": "dois", "attributes": one} for one in works], "meta": {"total": 2}})


def record_of(**changes: Any) -> Record:
    return datacite.read(single(work(**changes)), [DOI])[DOI]


def related(relation: str, identifier: str, kind: str = "DOI") -> list[dict[str, str]]:
    return [{"relationType": relation, "relatedIdentifier": identifier, "relatedIdentifierType": kind}]


def test_one_doi_is_asked_by_its_path_where_404_means_that_it_is_not_known() -> None:
    query = SOURCE.query(["10.1000/a b?"])
    assert (query.path, query.params) == ("dois/10.1000%2Fa%20b%3F", ())
    assert query.empty == {404}


def test_several_dois_are_phrases_of_one_query() -> None:
    query = SOURCE.query(["10.1000/a", '10.1000/b") OR doi:(*'])
    assert query.path == "dois"
    assert dict(query.params) == {"query": 'doi:("10.1000/a" OR "10.1000/b\\") OR doi:(*")', "page[size]": "2"}


def test_a_paper_of_zenodos_has_the_fields_of_its_type() -> None:
    record = record_of()
    assert record == Record(
        source="datacite",
        id=DOI,
        kind=Kind.PAPER,
        type="inproceedings",
        fields={
            "title": "Learning to tell one gong from another",
            "author": "Mallet, Anna and de Trommel, Jan and {The Gong Collaboration}",
            "year": "2018",
            "volume": "2",
            "pages": "11--18",
            "publisher": "Gong Society",
            "booktitle": "Proceedings of GONG",
            "doi": DOI,
        },
    )
    assert faults(record) == []


@pytest.mark.parametrize(
    ("general", "specific", "kind", "entry_type"),
    [
        ("JournalArticle", None, Kind.PAPER, "article"),
        ("ConferencePaper", "Poster", Kind.PAPER, "inproceedings"),
        ("BookChapter", None, Kind.PAPER, "incollection"),
        ("Book", None, Kind.PAPER, "book"),
        ("Dissertation", None, Kind.THESIS, "phdthesis"),
        ("Dissertation", "Master's thesis", Kind.THESIS, "mastersthesis"),
        ("Report", None, Kind.REPORT, "techreport"),
        ("Preprint", "Article", Kind.PREPRINT, "unpublished"),
        ("PeerReview", None, Kind.NOTICE, ""),
        ("Text", "Conference paper", Kind.PAPER, "inproceedings"),
        ("Text", "Journal article", Kind.PAPER, "article"),
        ("Text", "Book section", Kind.PAPER, "incollection"),
        ("Text", "Preprint", Kind.PREPRINT, "unpublished"),
        ("Text", "PhD Thesis", Kind.THESIS, "phdthesis"),
        ("Text", "Masterarbeit", Kind.THESIS, "mastersthesis"),
        ("Text", "Technical report", Kind.REPORT, "techreport"),
        ("Text", "Presentation", Kind.OTHER, ""),
        ("Text", "Conference proceedings", Kind.OTHER, ""),
        ("Text", None, Kind.PAPER, ""),
        ("Other", None, Kind.OTHER, ""),
        ("Other", "Conference paper", Kind.PAPER, "inproceedings"),
        ("Dataset", "Journal article", Kind.OTHER, ""),
        ("Software", None, Kind.OTHER, ""),
        ("Image", "Figure", Kind.OTHER, ""),
        (None, None, Kind.OTHER, ""),
    ],
)
def test_the_type_is_the_general_one_unless_that_leaves_it_open(
    general: str | None, specific: str | None, kind: Kind, entry_type: str
) -> None:
    record = record_of(types=types(general, specific))
    assert (record.kind, record.type) == (kind, entry_type)
    assert faults(record) == []


def test_a_thesis_is_of_the_school_that_published_it_unless_that_is_a_repository() -> None:
    thesis = types("Dissertation")
    assert record_of(types=thesis, publisher="University of Gong").get("school") == "University of Gong"
    assert record_of(types=thesis, publisher={"name": "University of Gong"}).get("school") == "University of Gong"
    assert record_of(types=thesis, publisher="Zenodo").get("school") == ""
    assert record_of(types=types("Report"), publisher="Gong Lab").get("institution") == "Gong Lab"


def test_a_repository_is_no_publisher() -> None:
    assert record_of(publisher="Zenodo").get("publisher") == ""


def test_the_item_that_it_is_published_in_stands_for_a_missing_container() -> None:
    items = [
        {"relationType": "Cites", "titles": [{"title": "Another journal"}], "volume": "99"},
        {
            "relationType": "IsPublishedIn",
            "relatedItemType": "ConferenceProceeding",
            "titles": [{"title": "GONG 2018"}, {"title": "8th Days of the Gong", "titleType": "Subtitle"}],
            "volume": "4",
            "issue": "1",
            "firstPage": "5",
            "lastPage": "5",
        },
    ]
    record = record_of(container={}, relatedItems=items)
    assert record.get("booktitle") == "GONG 2018"
    assert record.venues == ("8th Days of the Gong",)
    assert [record.get(name) for name in ("volume", "number", "pages")] == ["4", "1", "5"]


def test_titles_in_other_words_are_left_out_and_a_subtitle_is_not() -> None:
    titles = [
        {"title": "Vom Gong", "titleType": "TranslatedTitle"},
        {"title": "Of gongs", "lang": "en"},
        {"title": "A survey", "titleType": "Subtitle"},
    ]
    assert record_of(titles=titles).get("title") == "Of gongs: A survey"


def test_arxivs_own_doi_names_the_preprint_and_what_it_became() -> None:
    answer = work(
        doi="10.48550/ARXIV.1706.08818",
        types=types("Preprint", "Article"),
        publisher="arXiv",
        container={},
        relatedIdentifiers=related("IsVersionOf", "10.1000/PUBLISHED"),
    )
    asked = "10.48550/arxiv.1706.08818"
    record = datacite.read(single(answer), [asked])[asked]
    assert (record.kind, record.type, record.published, record.arxiv) == (
        Kind.PREPRINT,
        "unpublished",
        "10.1000/published",
        "1706.08818",
    )
    assert {"eprint": "1706.08818", "archiveprefix": "arXiv"}.items() <= record.fields.items()
    assert not record.fields.keys() & {"doi", "publisher", "journal"}
    assert faults(record) == []


@pytest.mark.parametrize(
    ("relation", "identifier", "kind", "arxiv"),
    [
        ("IsVersionOf", "https://arxiv.org/abs/1706.08818", "URL", "1706.08818"),
        ("IsIdenticalTo", "arXiv:1706.08818", "arXiv", "1706.08818"),
        ("IsVariantFormOf", "10.48550/arXiv.1706.08818", "DOI", "1706.08818"),
        ("IsSupplementTo", "https://arxiv.org/abs/1706.08818", "URL", ""),
        ("Cites", "arXiv:1706.08818", "arXiv", ""),
        ("IsVersionOf", "10.5281/zenodo.1234566", "DOI", ""),
    ],
)
def test_only_a_version_of_the_work_is_its_preprint(relation: str, identifier: str, kind: str, arxiv: str) -> None:
    record = record_of(relatedIdentifiers=related(relation, identifier, kind))
    assert (record.arxiv, record.published) == (arxiv, "")


def test_answers_are_matched_by_doi_and_broken_ones_left_out() -> None:
    data = several(work(doi="10.1000/B"), None, {"doi": []}, "x", work(doi="10.1000/z"), work())
    assert list(datacite.read(data, [DOI, "10.1000/b", "10.1000/c"])) == ["10.1000/b", DOI]
    assert datacite.read(several(), [DOI]) == {}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"errors": [{"status": "404", "title": "not here"}]}',
        b'{"data": {"attributes": {}}}',
        b'{"data": "x"}',
        single(work())[:-9],
    ],
)
def test_what_is_no_answer_of_datacite_is_nonsense(data: bytes) -> None:
    with pytest.raises(NonsenseError):
        datacite.read(data, [DOI])


FULL = work(
    relatedIdentifiers=related("IsVersionOf", "arXiv:1706.08818"),
    relatedItems=[{"relationType": "IsPublishedIn", "titles": [{"title": "GONG"}], "issue": "2"}],
)


@given(broken({"data": {"attributes": FULL}}))
def test_a_work_with_anything_anywhere_is_fit_for_the_list_or_refused(data: bytes) -> None:
    for record in read_or_refuse(SOURCE, data, [DOI]):
        assert faults(record, incomplete=True) == []


@given(broken({"data": [{"attributes": FULL}, {"attributes": work(types=types("Dissertation"))}]}))
def test_a_list_with_anything_anywhere_is_fit_for_the_list_or_refused(data: bytes) -> None:
    for record in read_or_refuse(SOURCE, data, [DOI]):
        assert faults(record, incomplete=True) == []


@given(anything)
def test_any_json_is_records_or_nonsense(answer: object) -> None:
    for data in (body(answer), single(answer), several(answer)):
        assert read_or_refuse(SOURCE, data, [DOI]) == []
