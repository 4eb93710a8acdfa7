"""What becomes of a listed preprint: each field's old and new value and its source, and nothing that is the list's."""

import pytest

from bot.bibliography.entry import Entry
from bot.config import load
from bot.metadata.record import Record
from bot.preprints.candidate import Candidate, Link
from bot.preprints.changes import changes, hints
from tests.support.desk import BIRDS_CONFIG

CONFIG = load(BIRDS_CONFIG, "bot.yml")
LISTED = {
    "author": "Thoreau, Henry David",
    "title": "Listening to {owls}",
    "year": "2017",
    "eprint": "1709.01922",
    "archiveprefix": "arXiv",
    "link": "https://owls.example.org/",
    "habitat": "Woods",
}
PAPER = {
    "author": "H. D. Thoreau",
    "title": "Listening to Owls",
    "year": "2018",
    "journal": "Bioacoustics",
    "volume": "7",
    "pages": "11--19",
    "publisher": "Walden Press",
    "doi": "10.5555/owls",
    "link": "https://elsewhere.example.org/",
}


def changed(listed: dict[str, str], *records: Record, type_: str = "unpublished") -> dict[str, tuple[str, str, str]]:
    candidate = Candidate(records, frozenset({Link.ARXIV}))
    rows = changes(Entry(type_, "Thoreau2017", listed), candidate, CONFIG)
    return {row.field: (row.old, row.new, row.source) for row in rows}


def record(type_: str = "article", source: str = "crossref", **fields: str) -> Record:
    return Record(source=source, id="10.5555/owls", type=type_, fields=fields)


def test_the_published_version_s_place_year_and_doi_come_and_all_else_stays() -> None:
    assert changed(LISTED, record(**PAPER)) == {
        "type": ("unpublished", "article", "crossref"),
        "year": ("2017", "2018", "crossref"),
        "journal": ("", "Bioacoustics", "bot.yml, which knows Bioacoustics"),
        "volume": ("", "7", "crossref"),
        "pages": ("", "11--19", "crossref"),
        "publisher": ("", "Walden Press", "crossref"),
        "doi": ("", "10.5555/owls", "crossref"),
    }


def test_each_value_is_that_of_the_most_reliable_record_that_has_it() -> None:
    other = record("article", "semanticscholar", volume="8", number="2")
    found = changed(LISTED, record(**PAPER), other)
    assert found["volume"] == ("", "7", "crossref")
    assert found["number"] == ("", "2", "semanticscholar")


@pytest.mark.parametrize(
    "places",
    [
        {"journal": "arXiv preprint arXiv:1709.01922"},
        {"journal": "CoRR", "volume": "abs/1709.01922"},
        {"howpublished": "arXiv:1709.01922"},
        {"publisher": "arXiv", "doi": "10.48550/arXiv.1709.01922"},
    ],
)
def test_what_named_arxiv_goes_and_its_identifier_is_kept_as_eprint(places: dict[str, str]) -> None:
    listed = {name: value for name, value in LISTED.items() if name not in ("eprint", "archiveprefix")} | places
    paper = {"year": "2018", "booktitle": "Conference on Owls", "doi": "10.5555/owls"}
    found = changed(listed, record("inproceedings", **paper), type_="misc")
    assert found["eprint"][1] == "1709.01922"
    assert found["archiveprefix"][1] == "arXiv"
    after = {**listed, **{name: new for name, (_, new, _) in found.items()}}
    assert not any("arxiv" in after.get(name, "").lower() for name in ("journal", "howpublished", "publisher", "doi"))
    assert after.get("volume", "") == ""
    assert after["booktitle"] == "Conference on Owls"


def test_a_book_has_its_publisher() -> None:
    found = changed(LISTED, record("book", title="Listening to Owls", year="2018", publisher="Walden Press"))
    assert found["publisher"] == ("", "Walden Press", "crossref")
    assert found["type"][1] == "book"


def test_a_place_that_the_list_knows_tells_the_type_where_no_source_does() -> None:
    told = Record(source="openalex", id="x", fields={"year": "2018"}, venues=("Bioacoustics",))
    found = changed(LISTED, told)
    assert found["type"][1] == "article"
    assert found["journal"][1] == "Bioacoustics"


@pytest.mark.parametrize(("key", "said"), [("Thoreau2017", True), ("Thoreau2018b", False), ("owls", False)])
def test_a_key_with_another_year_is_a_hint(key: str, said: bool) -> None:
    candidate = Candidate((record(**PAPER),), frozenset({Link.ARXIV}))
    assert bool(hints(Entry("unpublished", key, LISTED), candidate)) is said
