"""ISMIR's proceedings as records."""

from typing import Any

import pytest
from hypothesis import given

from bot.metadata.record import Kind, Record
from bot.metadata.source import NonsenseError
from bot.metadata.sources import ismir
from bot.metadata.sources.ismir import SOURCE
from tests.metadata.sources.checks import anything, body, broken, faults, read_or_refuse

DOI = "10.5281/zenodo.1234567"


def paper(**changes: Any) -> dict[str, Any]:
    return {
        "title": "Learning to tell one gong from another.",
        "author": ["Anna Mallet", "Jan de Trommel"],
        "year": "2017",
        "doi": DOI,
        "url": f"https://doi.org/{DOI}",
        "ee": "https://zenodo.org/record/1234567/files/MalletT17.pdf",
        "pages": "101-107",
        "abstract": "We listen to gongs.",
        "zenodo_id": 1234567,
        "dblp_key": "conf/ismir/MalletT17",
        **changes,
    }


def record_of(**changes: Any) -> Record:
    [record] = ismir.read_year(body([paper(**changes)]), "2017")
    return record


def test_a_year_is_asked_by_its_file_where_404_means_that_there_is_none() -> None:
    query = SOURCE.query(["2017"])
    assert (query.path, query.params) == ("database/proceedings/2017.json", ())
    assert query.empty == {404}
    assert SOURCE.batch == 1


def test_a_paper_is_in_the_proceedings_and_links_to_its_pdf() -> None:
    record = record_of()
    assert record.fields == {
        "title": "Learning to tell one gong from another",
        "author": "Mallet, Anna and de Trommel, Jan",
        "year": "2017",
        "booktitle": "ISMIR",
        "pages": "101--107",
        "link": "https://zenodo.org/record/1234567/files/MalletT17.pdf",
        "doi": DOI,
    }
    assert (record.source, record.id, record.kind, record.type) == ("ismir", DOI, Kind.PAPER, "inproceedings")
    assert record.dblp == "conf/ismir/MalletT17"
    assert "International Society for Music Information Retrieval Conference" in record.venues
    assert faults(record) == []


def test_a_single_author_is_a_text_and_dblps_numbers_of_homonyms_go() -> None:
    assert record_of(author="Anna Mallet").get("author") == "Mallet, Anna"
    assert record_of(author=["Anna Mallet 0002"]).get("author") == "Mallet, Anna"


def test_what_a_paper_lacks_is_left_out_and_the_year_is_that_of_the_file() -> None:
    bare = {"title": "Of gongs", "author": ["Anna Mallet"], "year": None, "doi": None, "ee": None, "dblp_key": None}
    [first, second] = ismir.read_year(body([bare, {**bare, "ee": "javascript:alert(1)"}]), "2003")
    assert (
        first.fields
        == second.fields
        == {
            "title": "Of gongs",
            "author": "Mallet, Anna",
            "year": "2003",
            "booktitle": "ISMIR",
        }
    )
    assert first.id != second.id


def test_a_title_keeps_its_own_dots() -> None:
    assert record_of(title="And then...").get("title") == "And then..."
    assert record_of(title="Why gongs?").get("title") == "Why gongs?"


def test_all_papers_of_the_year_come_by_their_own_identifiers() -> None:
    data = body([paper(), paper(doi=None), None, "x", {"title": ""}, paper(doi=None, dblp_key=None)])
    assert list(SOURCE.read(data, ["2017"])) == [DOI, "conf/ismir/MalletT17", "2017/6"]


@pytest.mark.parametrize("data", [b"", b"404: Not Found", b"{}", b"null", body([paper()])[:-9]])
def test_what_is_no_list_is_nonsense(data: bytes) -> None:
    with pytest.raises(NonsenseError):
        ismir.read_year(data, "2017")


@given(broken([paper(), paper(author="Anna Mallet")]))
def test_a_list_with_anything_anywhere_is_fit_for_the_list_or_refused(data: bytes) -> None:
    for record in read_or_refuse(SOURCE, data, ["2017"]):
        assert faults(record, incomplete=True) == []


@given(anything)
def test_any_json_is_records_or_nonsense(answer: object) -> None:
    for data in (body(answer), body([answer])):
        for record in read_or_refuse(SOURCE, data, ["2017"]):
            assert faults(record, incomplete=True) == []
