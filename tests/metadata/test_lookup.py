"""From one identifier to an entry: whom it takes, in which order they count, and what happens when one is silent."""

import ipaddress
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.config import Config, Metadata, SourceSettings, load
from bot.config import Sources as SourcesSettings
from bot.metadata.asking import Asker
from bot.metadata.lookup import look_up
from bot.metadata.question import Finding, Question
from bot.metadata.work import Work, differences, work
from bot.web.session import Limits, Web
from tests.support import faults
from tests.support.desk import BIRDS_CONFIG
from tests.support.faults import FaultyServer
from tests.support.sources import NAMES, Library, Sources

CONFIG = load(BIRDS_CONFIG, "bot.yml")
DOI, ARXIV, ZENODO = "10.5555/owls.2019", "1709.01922", "10.5281/zenodo.990000777"
CASE: dict[str, Any] = {
    "name": "owls",
    "arxiv": {
        "id": ARXIV,
        "title": "Listening to owls at night",
        "authors": ["Henry David Thoreau", "John Muir"],
        "published": "2017-09-06",
        "doi": DOI,
    },
    "crossref": [
        {
            "DOI": DOI,
            "type": "journal-article",
            "title": "Listening to owls at night",
            "authors": [{"given": "Henry David", "family": "Thoreau"}, {"given": "John", "family": "Muir"}],
            "year": "2019",
            "container": "Bioacoustics",
            "volume": "7",
            "issue": "2",
            "page": "11-19",
            "publisher": "Walden Press",
        }
    ],
    "openalex": {"doi": DOI, "type": "article", "locations": []},
}
CROWS: dict[str, Any] = {
    "name": "crows",
    "arxiv": {
        "id": "1801.00001",
        "title": "Crows",
        "authors": ["Ann Able"],
        "published": "2018-01-02",
        "doi": DOI,  # a slip: it is the other paper's
    },
    "ismir": [
        {
            "year": "2017",
            "title": "Gulls at Sea.",
            "author": ["Ann Able", "Bob Baker"],
            "doi": ZENODO,
            "ee": "https://zenodo.org/record/990000777/files/gulls.pdf",
            "pages": "53-60",
        }
    ],
}
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture
def web() -> Iterator[Web]:
    with Web("birds-bot/1.0", allow=LOOPBACK, limits=Limits(total=5, repeats=0)) as made:
        yield made


@pytest.fixture
def sources() -> Iterator[Sources]:
    with Sources(Library.of([CASE, CROWS])) as running:
        yield running


@pytest.fixture
def find(web: Web, sources: Sources) -> Iterator[Callable[..., Finding]]:
    """Looks up one paper; the sources named ``down`` answer with an error."""
    with FaultyServer(lambda _: faults.html(503)) as broken:

        def ask(question: Question, *down: str) -> Finding:
            urls = {name: broken.url if name in down else sources.urls[name] for name in NAMES}
            settings = {name: SourceSettings(url=url, spacing=0.0) for name, url in urls.items()}
            asker = Asker(web, Metadata(sources=SourcesSettings(**settings)), {}, repeats=0)
            return look_up([question], asker)[question]

        yield ask


Find = Callable[..., Finding]


def test_an_arxiv_identifier_leads_to_the_published_version_that_arxiv_names(find: Find) -> None:
    found = work(find(Question(arxiv=ARXIV)), CONFIG)
    assert found.type == "article"
    assert found.fields == {
        "author": "Thoreau, Henry David and Muir, John",
        "title": "Listening to owls at night",
        "year": "2019",
        "journal": "Bioacoustics",
        "volume": "7",
        "number": "2",
        "pages": "11--19",
        "publisher": "Walden Press",
        "doi": DOI,
        "eprint": ARXIV,
        "archiveprefix": "arXiv",
        "primaryclass": found.fields["primaryclass"],
        "link": f"https://arxiv.org/pdf/{ARXIV}",
    }
    assert found.sources["journal"] == "bot.yml, which knows Bioacoustics"
    assert (found.sources["year"], found.sources["eprint"]) == ("Crossref", "arXiv")
    assert found.unavailable == {}


def test_a_doi_alone_gets_a_link_to_follow(find: Find) -> None:
    found = work(find(Question(DOI)), CONFIG)
    assert found.fields["link"] == f"https://doi.org/{DOI}"
    assert "eprint" not in found.fields


def test_a_doi_that_arxiv_names_by_a_slip_is_not_taken(find: Find) -> None:
    found = work(find(Question(arxiv="1801.00001")), CONFIG)
    assert (found.type, found.fields["title"]) == ("unpublished", "Crows")
    assert "doi" not in found.fields


def test_a_paper_of_ismir_has_what_its_own_list_knows(find: Find) -> None:
    found = work(find(Question(ZENODO)), CONFIG)
    assert (found.type, found.fields["booktitle"], found.fields["pages"]) == ("inproceedings", "ISMIR", "53--60")
    assert found.fields["link"] == "https://zenodo.org/record/990000777/files/gulls.pdf"


@pytest.mark.parametrize("question", [Question("10.5555/nobody"), Question(arxiv="1801.99999")])
def test_what_nobody_knows_is_known_to_nobody_and_nobody_was_silent(question: Question, find: Find) -> None:
    assert find(question) == Finding()


def test_another_source_stands_in_for_one_that_is_down_and_both_are_told(find: Find) -> None:
    finding = find(Question(DOI), "crossref")
    assert "Crossref" in finding.unavailable
    assert [record.source for record in finding.records][:1] == ["openalex"]


def test_arxiv_s_own_doi_stands_in_for_arxiv(find: Find) -> None:
    finding = find(Question(arxiv=ARXIV), "arxiv")
    assert "arXiv" in finding.unavailable
    assert work(finding, CONFIG).fields["title"] == "Listening to owls at night"


def test_with_every_source_down_nothing_is_known_and_nothing_is_not_found(find: Find) -> None:
    finding = find(Question(DOI, ARXIV), *NAMES)
    assert finding.records == ()
    assert {"Crossref", "arXiv"} <= finding.unavailable.keys()


def test_who_is_not_needed_may_be_down(find: Find) -> None:
    assert find(Question(DOI), "openalex", "semanticscholar", "ismir", "arxiv", "datacite").unavailable == {}


def test_several_works_are_asked_together(web: Web, sources: Sources) -> None:
    settings = {name: SourceSettings(url=url, spacing=0.0) for name, url in sources.urls.items()}
    asker = Asker(web, Metadata(sources=SourcesSettings(**settings)), {}, repeats=0)
    questions = [Question(DOI), Question(arxiv=ARXIV), Question(arxiv="1801.00001")]
    found = look_up(questions, asker)
    assert all(found[question].records for question in questions)
    assert asker.requests["arxiv"] == 1
    assert asker.requests["crossref"] == 1


@pytest.mark.parametrize(
    ("name", "typed", "found", "differs"),
    [
        ("title", "Owls at night", "Owls at {N}ight", False),
        ("title", "Owls at night", "Crows at noon", True),
        ("author", "Muir, J.", "Muir, John", False),
        ("author", "Muir, John", "Muir, John and Able, Ann", True),
        ("year", "2018", "2019", True),
        ("pages", "11-19", "11--19", False),
        ("pages", "11", "11--19", False),
        ("pages", "12--19", "11--19", True),
        ("number", "04", "4", False),
        ("journal", "bioacoustics", "Bioacoustics", False),
        ("journal", "The Auk", "Bioacoustics", True),
        ("publisher", "Walden", "Walden Press Ltd.", False),
        ("url", "http://www.owls.example/a/", "https://owls.example/a", False),
        ("doi", "10.5555/OWLS.2019", "10.5555/owls.2019", False),
        ("link", "https://owls.example/mine.pdf", "https://owls.example/other.pdf", False),
        ("year", "", "2019", False),
    ],
)
def test_a_difference_is_one_only_where_it_says_something_else(
    name: str,
    typed: str,
    found: str,
    differs: bool,
) -> None:
    known = Work("article", {name: found}, {name: "Crossref"})
    assert bool(differences({name: typed}, known, CONFIG)) is differs


def test_a_field_that_the_list_does_not_have_is_left_out() -> None:
    from bot.metadata.record import Record

    config: Config = load(
        "name: X\ntitle: X\nrepository: o/r\nbibliography: x.bib\nfields: [author, title]\n", "bot.yml"
    )
    record = Record(source="crossref", id=DOI, type="article", fields={"title": "Owls", "doi": DOI})
    assert work(Finding((record,)), config).fields == {"title": "Owls"}
