"""The loopback sources: each answers in its source's shapes and with its manners, and the cases do not contradict."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
import requests

from tests.support.sources import NAMES, Library, Sources, made_cases

DATA = Path(__file__).parents[1] / "data" / "preprints"
CASES: list[dict[str, Any]] = [json.loads(path.read_text("utf-8")) for path in sorted(DATA.glob("*.json"))]
ATOM = {"atom": "http://www.w3.org/2005/Atom", "arxiv": "http://arxiv.org/schemas/atom"}

KNOWN: dict[str, Any] = {
    "arxiv": {
        "id": "2001.00001",
        "title": "Sounds & Signals",
        "authors": ["Ana Díaz", "Bo van Dam"],
        "published": "2020-01-01",
        "doi": "10.5555/One",
        "journal_ref": "J. Sounds 1 (2020)",
        "comment": "5 pages",
        "categories": ["eess.AS", "cs.SD"],
    },
    "crossref": [
        {
            "DOI": "10.5555/One",
            "type": "journal-article",
            "title": "Sounds and signals",
            "subtitle": "A survey",
            "authors": [{"given": "Ana", "family": "Díaz"}, {"name": "Sound Group"}],
            "year": "2020",
            "container": "Journal of Sounds",
            "short_container": "J. Sounds",
            "event": "A meeting",
            "volume": "1",
            "issue": "2",
            "page": "3-4",
            "updated_by": [{"type": "retraction", "DOI": "10.5555/two"}],
        },
        {
            "DOI": "10.5555/two",
            "type": "journal-article",
            "title": "Retraction: Sounds and signals",
            "year": "2021",
            "update_to": [{"type": "retraction", "DOI": "10.5555/One"}],
        },
        {"DOI": "10.5555/three", "type": "book", "title": ["Klänge", "Signals"], "authors": [], "year": "1999"},
    ],
    "datacite": [
        {
            "doi": "10.5281/zenodo.990",
            "resourceTypeGeneral": "Dataset",
            "title": "Sounds: the data",
            "creators": ["Díaz, Ana", "Sound Group"],
            "year": "2020",
            "relatedIdentifiers": [{"relationType": "IsSupplementTo", "relatedIdentifier": "arXiv:2001.00001"}],
        }
    ],
    "openalex": {"locations": [{"source": "A Conference", "type": "conference", "url": "https://conference.example"}]},
    "semanticscholar": {
        "DOI": "10.5555/One",
        "DBLP": "journals/js/DiazD20",
        "venue": "Journal of Sounds",
        "year": "2019",
    },
    "ismir": [
        {
            "year": "2016",
            "title": "Alone",
            "author": ["Ana Díaz"],
            "doi": "10.5281/zenodo.991",
            "dblp_key": "conf/ismir/D16",
        },
        {"year": "2021", "title": "Alone Again", "author": ["Ana Díaz"], "doi": "10.5281/zenodo.992", "pages": "1-2"},
    ],
}
BARE: list[dict[str, Any]] = [
    {"arxiv": {"id": f"2002.{number:05}", "title": f"Paper {number}", "authors": ["Cy Lee"], "published": "2020-02-01"}}
    for number in range(12)
] + [{"arxiv": {"id": "hep-th/9711200", "title": "Old", "authors": ["Cy Lee"], "published": "1997-11-27"}}]


@pytest.fixture(scope="module")
def sources() -> Iterator[Sources]:
    with Sources(Library.of([KNOWN, *BARE])) as running:
        yield running


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as one:
        yield one


class Asker:
    """One source, asked."""

    def __init__(self, session: requests.Session, sources: Sources, name: str) -> None:
        self._session = session
        self._url = sources.urls[name]

    def get(self, path: str, **params: Any) -> requests.Response:
        """``query__title`` stands for ``query.title``."""
        params = {name.replace("__", "."): value for name, value in params.items()}
        return self._session.get(self._url + path, params=params, timeout=10)

    def get_with(self, path: str, headers: dict[str, str]) -> requests.Response:
        return self._session.get(self._url + path, headers=headers, timeout=10)

    def post(self, path: str, body: Any) -> requests.Response:
        return self._session.post(self._url + path, json=body, timeout=10)


@pytest.fixture
def arxiv(session: requests.Session, sources: Sources) -> Asker:
    return Asker(session, sources, "arxiv")


@pytest.fixture
def crossref(session: requests.Session, sources: Sources) -> Asker:
    return Asker(session, sources, "crossref")


@pytest.fixture
def datacite(session: requests.Session, sources: Sources) -> Asker:
    return Asker(session, sources, "datacite")


@pytest.fixture
def openalex(session: requests.Session, sources: Sources) -> Asker:
    return Asker(session, sources, "openalex")


@pytest.fixture
def scholar(session: requests.Session, sources: Sources) -> Asker:
    return Asker(session, sources, "semanticscholar")


@pytest.fixture
def ismir(session: requests.Session, sources: Sources) -> Asker:
    return Asker(session, sources, "ismir")


# --- arXiv ------------------------------------------------------------------------------------------------------------


def entries(answer: requests.Response) -> list[ElementTree.Element]:
    return ElementTree.fromstring(answer.content).findall("atom:entry", ATOM)


def text(entry: ElementTree.Element, path: str) -> str | None:
    return entry.findtext(path, namespaces=ATOM)


def test_arxiv_shows_ten_entries_unless_it_is_told_how_many(arxiv: Asker) -> None:
    ids = ",".join(case["arxiv"]["id"] for case in BARE)
    assert len(entries(arxiv.get("/api/query", id_list=ids))) == 10
    assert len(entries(arxiv.get("/api/query", id_list=ids, max_results=100))) == len(BARE)
    assert len(entries(arxiv.get("/api/query", id_list=ids, max_results=10, start=10))) == len(BARE) - 10


def test_arxiv_answers_in_an_order_of_its_own(arxiv: Asker) -> None:
    ids = [case["arxiv"]["id"] for case in BARE]
    found = [
        (text(one, "atom:id") or "").removeprefix("http://arxiv.org/abs/")
        for one in entries(arxiv.get("/api/query", id_list=",".join(ids), max_results=100))
    ]
    assert found != [f"{one}v1" for one in ids]
    assert sorted(found) == sorted(f"{one}v1" for one in ids)


def test_an_entry_of_arxiv_has_what_the_authors_said(arxiv: Asker) -> None:
    answer = arxiv.get("/api/query", id_list="2001.00001v3", max_results=1)
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    (entry,) = entries(answer)
    assert text(entry, "atom:id") == "http://arxiv.org/abs/2001.00001v3"
    assert text(entry, "atom:title") == "Sounds & Signals"
    assert [one.text for one in entry.findall("atom:author/atom:name", ATOM)] == ["Ana Díaz", "Bo van Dam"]
    assert text(entry, "atom:published") == "2020-01-01T09:00:00Z"
    assert (text(entry, "arxiv:doi"), text(entry, "arxiv:journal_ref")) == ("10.5555/One", "J. Sounds 1 (2020)")
    assert text(entry, "arxiv:comment") == "5 pages"
    primary = entry.find("arxiv:primary_category", ATOM)
    assert primary is not None
    assert primary.get("term") == "eess.AS"


def test_arxiv_leaves_out_what_it_does_not_know(arxiv: Asker) -> None:
    assert len(entries(arxiv.get("/api/query", id_list="2001.00001,0808.05394,9901.99999"))) == 1
    assert entries(arxiv.get("/api/query", id_list="0000.0000")) == []


def test_one_malformed_id_fails_a_whole_batch_of_arxiv(arxiv: Asker) -> None:
    answer = arxiv.get("/api/query", id_list="2001.00001,abc")
    assert answer.status_code == 400
    (entry,) = entries(answer)
    assert (text(entry, "atom:title"), text(entry, "atom:summary")) == ("Error", "incorrect id format for abc")


# --- Crossref ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("doi", ["10.5555/One", "10.5555/ONE", quote("10.5555/one", safe="")])
def test_crossref_gives_a_work_by_its_doi_however_written(crossref: Asker, doi: str) -> None:
    answer = crossref.get(f"/works/{doi}", mailto="a@b.example").json()
    assert (answer["status"], answer["message-type"]) == ("ok", "work")
    work = answer["message"]
    assert (work["DOI"], work["type"]) == ("10.5555/one", "journal-article")
    assert (work["title"], work["subtitle"]) == (["Sounds and signals"], ["A survey"])
    assert [(one.get("family"), one.get("name"), one["sequence"]) for one in work["author"]] == [
        ("Díaz", None, "first"),
        (None, "Sound Group", "additional"),
    ]
    assert (work["container-title"], work["short-container-title"]) == (["Journal of Sounds"], ["J. Sounds"])
    assert work["issued"] == {"date-parts": [[2020]]}
    assert (work["volume"], work["issue"], work["page"], work["event"]["name"]) == ("1", "2", "3-4", "A meeting")
    assert [(one["type"], one["DOI"]) for one in work["updated-by"]] == [("retraction", "10.5555/two")]


def test_a_notice_at_crossref_names_what_it_is_about(crossref: Asker) -> None:
    work = crossref.get("/works/10.5555/two").json()["message"]
    assert [(one["type"], one["DOI"]) for one in work["update-to"]] == [("retraction", "10.5555/One")]
    assert "author" not in work


@pytest.mark.parametrize("doi", ["10.5555/nothing", "10.5281/zenodo.990", "10.48550/arXiv.2001.00001"])
def test_crossref_answers_an_unknown_doi_in_plain_text(crossref: Asker, doi: str) -> None:
    answer = crossref.get(f"/works/{doi}")
    assert (answer.status_code, answer.text) == (404, "Resource not found.")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_crossref_gives_many_works_by_a_filter(crossref: Asker) -> None:
    wanted = "doi:10.5555/ONE,doi:10.5555/three,doi:10.5555/nothing"
    message = crossref.get("/works", filter=wanted, rows=10).json()["message"]
    assert {item["DOI"] for item in message["items"]} == {"10.5555/one", "10.5555/three"}
    assert (message["total-results"], message["items-per-page"]) == (2, 10)


def test_crossref_shows_twenty_works_unless_it_is_told_how_many() -> None:
    works = [{"DOI": f"10.5555/{n}", "type": "book", "title": f"Sounds {n}", "year": "2001"} for n in range(30)]
    library = Library.of([{"crossref": works}])
    assert len(library.crossref("/works", {"query.title": "sounds"}).body["message"]["items"]) == 20
    assert len(library.crossref("/works", {"query.title": "sounds", "rows": "25"}).body["message"]["items"]) == 25
    assert len(library.crossref("/works", {"query.title": "sounds", "offset": "25"}).body["message"]["items"]) == 5
    assert len(library.crossref("/works", {"query.title": "sounds", "rows": "0"}).body["message"]["items"]) == 0


def titles(answer: requests.Response) -> list[list[str]]:
    return [item["title"] for item in answer.json()["message"]["items"]]


def test_a_search_of_crossref_gives_the_nearest_first_and_whatever_shares_a_word(crossref: Asker) -> None:
    found = titles(crossref.get("/works", query__title="Sounds and signals: a survey"))
    assert found == [["Sounds and signals"], ["Retraction: Sounds and signals"], ["Klänge", "Signals"]]
    assert titles(crossref.get("/works", query__title="Klänge of the sea", rows=1)) == [["Klänge", "Signals"]]
    assert titles(crossref.get("/works", query__title="xylophone")) == []


def test_a_search_of_crossref_takes_authors_and_years_into_account(crossref: Asker) -> None:
    assert titles(crossref.get("/works", query__bibliographic="Signals Díaz Journal of Sounds 2020"))[0] == [
        "Sounds and signals"
    ]
    with_author = crossref.get("/works", query__title="Retraction", query__author="Díaz")
    assert sorted(titles(with_author)) == [["Retraction: Sounds and signals"], ["Sounds and signals"]]


def test_crossref_shows_only_what_was_selected(crossref: Asker) -> None:
    items = crossref.get("/works", query__title="survey", select="DOI,title").json()["message"]["items"]
    assert items == [{"DOI": "10.5555/one", "title": ["Sounds and signals"]}]


@pytest.mark.parametrize(
    ("params", "kind"),
    [
        ({"format": "bibtex"}, "unknown-parameter"),
        ({"select": "DOI,citations"}, "select-not-available"),
        ({"filter": "colour:red"}, "filter-not-available"),
        ({"rows": "1001"}, "integer-not-valid"),
        ({"rows": "many"}, "integer-not-valid"),
    ],
)
def test_crossref_refuses_what_it_does_not_have(crossref: Asker, params: dict[str, str], kind: str) -> None:
    answer = crossref.get("/works", **params)
    assert answer.status_code == 400
    assert answer.json()["message-type"] == "validation-failure"
    assert [one["type"] for one in answer.json()["message"]] == [kind]


def test_crossref_takes_no_search_with_a_doi(crossref: Asker) -> None:
    answer = crossref.get("/works/10.5555/one", query__author="Díaz")
    assert answer.status_code == 400
    assert answer.json()["message"][0]["type"] == "parameter-not-allowed"


# --- DataCite ---------------------------------------------------------------------------------------------------------


def test_datacite_gives_a_deposition(datacite: Asker) -> None:
    data = datacite.get("/dois/10.5281/ZENODO.990").json()["data"]
    assert (data["id"], data["type"]) == ("10.5281/zenodo.990", "dois")
    about = data["attributes"]
    assert about["titles"] == [{"title": "Sounds: the data"}]
    assert [(one["name"], one.get("familyName")) for one in about["creators"]] == [
        ("Díaz, Ana", "Díaz"),
        ("Sound Group", None),
    ]
    assert (about["publicationYear"], about["types"]["resourceTypeGeneral"]) == (2020, "Dataset")
    assert about["relatedIdentifiers"][0]["relationType"] == "IsSupplementTo"


def test_datacite_knows_the_preprints_of_arxiv_and_the_papers_of_ismir(datacite: Asker) -> None:
    preprint = datacite.get("/dois/10.48550/arXiv.2001.00001").json()["data"]["attributes"]
    assert (preprint["publisher"], preprint["types"]["resourceTypeGeneral"]) == ("arXiv", "Preprint")
    paper = datacite.get(f"/dois/{quote('10.5281/zenodo.992', safe='')}").json()["data"]["attributes"]
    assert (paper["titles"], paper["types"]["resourceType"]) == ([{"title": "Alone Again"}], "Conference paper")


@pytest.mark.parametrize("doi", ["10.5281/zenodo.1", "10.5555/one", "10.48550/arXiv.2001.99999"])
def test_datacite_answers_an_unknown_doi_in_json(datacite: Asker, doi: str) -> None:
    answer = datacite.get(f"/dois/{doi}")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["status"] == "404"


@pytest.mark.parametrize(
    "params",
    [
        {"query": 'doi:("10.5281/zenodo.990" OR "10.5281/zenodo.1" OR "10.5281/zenodo.992")'},
        {"query": "doi:(10.5281\\/zenodo.990 OR 10.5281\\/zenodo.992)"},
        {"ids": "10.5281/zenodo.990,10.5281/zenodo.992,10.5281/zenodo.1"},
    ],
)
def test_datacite_gives_many_depositions(datacite: Asker, params: dict[str, str]) -> None:
    answer = datacite.get("/dois", **params, **{"page[size]": "100"}).json()
    assert [data["id"] for data in answer["data"]] == ["10.5281/zenodo.990", "10.5281/zenodo.992"]
    assert answer["meta"]["total"] == 2
    assert len(datacite.get("/dois", **params, **{"page[size]": "1"}).json()["data"]) == 1


def test_datacite_shows_25_depositions_unless_it_is_told_how_many() -> None:
    facts = {"resourceTypeGeneral": "Text", "title": "T", "year": "2001"}
    library = Library.of([{"datacite": [{"doi": f"10.5281/{n}", **facts} for n in range(30)]}])
    ids = ",".join(f"10.5281/{n}" for n in range(30))
    assert len(library.datacite("/dois", {"ids": ids}).body["data"]) == 25


# --- OpenAlex ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["doi:10.48550/arXiv.2001.00001", "https://doi.org/10.48550/arxiv.2001.00001"])
def test_openalex_knows_a_preprint_by_its_doi_and_where_else_it_is(openalex: Asker, name: str) -> None:
    work = openalex.get(f"/works/{name}").json()
    assert (work["doi"], work["type"]) == ("https://doi.org/10.48550/arxiv.2001.00001", "preprint")
    places = [(one["source"]["display_name"], one["source"]["type"]) for one in work["locations"]]
    assert places == [("arXiv (Cornell University)", "repository"), ("A Conference", "conference")]
    assert [one["author"]["display_name"] for one in work["authorships"]] == ["Ana Díaz", "Bo van Dam"]


def test_openalex_has_the_published_version_as_a_work_of_its_own(openalex: Asker) -> None:
    work = openalex.get("/works/doi:10.5555/one").json()
    assert (work["title"], work["type"], work["is_retracted"]) == ("Sounds and signals", "article", True)
    assert work["biblio"] == {"volume": "1", "issue": "2", "first_page": "3", "last_page": "4"}


def test_openalex_answers_an_unknown_doi_in_html(openalex: Asker) -> None:
    answer = openalex.get("/works/doi:10.5555/nothing")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<h1>Not Found</h1>" in answer.text


@pytest.mark.parametrize("size", [{"per-page": "50"}, {"per_page": "50"}])
def test_openalex_gives_many_works_by_a_filter(openalex: Asker, size: dict[str, str]) -> None:
    wanted = "doi:10.48550/arXiv.2002.00001|https://doi.org/10.5555/one|10.5555/nothing"
    answer = openalex.get("/works", filter=wanted, **size).json()
    assert [one["doi"] for one in answer["results"]] == [
        "https://doi.org/10.48550/arxiv.2002.00001",
        "https://doi.org/10.5555/one",
    ]
    assert (answer["meta"]["count"], answer["meta"]["per_page"]) == (2, 50)


def test_openalex_refuses_too_much_and_what_it_does_not_have(openalex: Asker) -> None:
    many = "|".join(f"10.5555/{number}" for number in range(101))
    for params in ({"filter": f"doi:{many}"}, {"filter": "colour:red"}, {"rows": "5"}, {"per-page": "201"}):
        answer = openalex.get("/works", **({"filter": "doi:10.5555/one"} | params))
        assert answer.status_code == 403
        assert answer.json()["error"] == "Invalid query parameters error."


# --- Semantic Scholar -------------------------------------------------------------------------------------------------

BATCH = "/graph/v1/paper/batch"


def test_semantic_scholar_has_null_in_the_place_of_what_it_does_not_know(scholar: Asker) -> None:
    ids = ["ARXIV:2001.00001", "ARXIV:2001.99999", "DOI:10.5555/ONE", "DOI:10.48550/arXiv.2002.00001"]
    found = scholar.post(f"{BATCH}?fields=externalIds,title,authors,venue,year", {"ids": ids}).json()
    assert [one and one["externalIds"]["ArXiv"] for one in found] == ["2001.00001", None, "2001.00001", "2002.00001"]
    assert found[0]["externalIds"]["DOI"] == "10.5555/One"
    assert found[0]["externalIds"]["DBLP"] == "journals/js/DiazD20"
    assert (found[0]["venue"], found[0]["year"]) == ("Journal of Sounds", 2019)
    assert [one["name"] for one in found[0]["authors"]] == ["Ana Díaz", "Bo van Dam"]
    assert set(found[0]) == {"paperId", "externalIds", "title", "authors", "venue", "year"}


def test_semantic_scholar_knows_an_unpublished_preprint_as_one_of_arxiv(scholar: Asker) -> None:
    (found,) = scholar.post(f"{BATCH}?fields=externalIds,venue,journal", {"ids": ["ARXIV:2002.00002"]}).json()
    assert found["venue"] == "arXiv.org"
    assert found["journal"] == {"name": "ArXiv", "volume": "abs/2002.00002"}
    assert found["externalIds"]["DBLP"] == "journals/corr/abs-2002-00002"
    assert "DOI" not in found["externalIds"]


def test_semantic_scholar_shows_the_title_unless_it_is_told_what(scholar: Asker) -> None:
    (found,) = scholar.post(BATCH, {"ids": ["ARXIV:2001.00001"]}).json()
    assert set(found) == {"paperId", "title"}


def test_semantic_scholar_refuses_a_batch_with_nothing_that_it_knows(scholar: Asker) -> None:
    answer = scholar.post(BATCH, {"ids": ["ARXIV:2001.99999"]})
    assert (answer.status_code, answer.json()) == (400, {"error": "No valid paper ids given"})


def test_semantic_scholar_refuses_too_many_ids_unknown_fields_and_another_body(scholar: Asker) -> None:
    known = ["ARXIV:2001.00001"]
    assert scholar.post(BATCH, {"ids": known * 500}).status_code == 200
    assert scholar.post(BATCH, {"ids": known * 501}).status_code == 400
    answer = scholar.post(f"{BATCH}?fields=title,colour", {"ids": known})
    assert (answer.status_code, answer.json()["error"]) == (400, "Unrecognized or unsupported fields: [colour]")
    assert scholar.post(BATCH, known).status_code == 400


# --- ISMIR ------------------------------------------------------------------------------------------------------------


def test_ismir_writes_old_years_as_dblp_does(ismir: Asker) -> None:
    (old,) = ismir.get("/database/proceedings/2016.json").json()
    assert (old["title"], old["author"], old["doi"]) == ("Alone.", "Ana Díaz", "10.5281/zenodo.991")
    assert (old["zenodo_id"], old["dblp_key"]) == (991, "conf/ismir/D16")
    (new,) = ismir.get("/database/proceedings/2021.json").json()
    assert (new["title"], new["author"], new["pages"]) == ("Alone Again", ["Ana Díaz"], "1-2")


def test_ismir_sends_a_year_again_only_if_it_has_changed(ismir: Asker) -> None:
    tag = ismir.get("/database/proceedings/2016.json").headers["ETag"]
    again = ismir.get_with("/database/proceedings/2016.json", {"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    other = ismir.get_with("/database/proceedings/2021.json", {"If-None-Match": tag})
    assert other.status_code == 200
    assert other.headers["ETag"] != tag


def test_a_paper_more_gives_the_year_another_tag() -> None:
    library = Library.of([KNOWN])
    first = library.ismir("/database/proceedings/2016.json", {})
    library.add({"ismir": [{"year": "2016", "title": "More", "author": ["Cy Lee"]}]})
    second = library.ismir("/database/proceedings/2016.json", {"if-none-match": first.headers["ETag"]})
    assert second.status == 200
    assert [one["title"] for one in json.loads(second.body)] == ["Alone.", "More."]


@pytest.mark.parametrize("path", ["/database/proceedings/1999.json", "/database/conferences.json"])
def test_ismir_has_no_other_years(ismir: Asker, path: str) -> None:
    answer = ismir.get(path)
    assert (answer.status_code, answer.text) == (404, "404: Not Found")


# --- The server -------------------------------------------------------------------------------------------------------


def test_requests_are_recorded_by_source() -> None:
    with Sources(Library.of([KNOWN])) as running:
        assert set(running.urls) == set(running.requests) == set(NAMES)
        agent = {"User-Agent": "bot (mailto:a@b.example)"}
        requests.get(f"{running.urls['crossref']}/works/10.5555/one?mailto=a", headers=agent, timeout=10)
        requests.get(f"{running.urls['crossref']}/works/10.5555/nothing", timeout=10)
        requests.get(f"{running.urls['semanticscholar']}{BATCH}", timeout=10)
        first, second = running.requests["crossref"]
        assert (first.method, first.path, first.params, first.status) == (
            "GET",
            "/works/10.5555/one",
            {"mailto": "a"},
            200,
        )
        assert first.headers["user-agent"] == agent["User-Agent"]
        assert second.status == 404
        assert second.at >= first.at
        assert [one.status for one in running.requests["semanticscholar"]] == [405]
        assert running.requests["arxiv"] == []
        running.clear()
        assert running.requests["crossref"] == []


def test_each_answer_takes_its_time() -> None:
    with Sources(Library(), latency=0.1) as running:
        started = time.monotonic()
        requests.get(f"{running.urls['crossref']}/works/10.5555/one", timeout=10)
        assert time.monotonic() - started >= 0.1


def test_many_may_ask_at_once() -> None:
    with Sources(Library.of([KNOWN]), latency=0.01) as running:
        statuses: list[int] = []

        def ask() -> None:
            statuses.append(requests.get(f"{running.urls['crossref']}/works/10.5555/one", timeout=10).status_code)

        threads = [threading.Thread(target=ask) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses == [200] * 20
        assert len(running.requests["crossref"]) == 20


def test_a_client_that_keeps_its_connection_does_not_hold_up_the_end() -> None:
    with requests.Session() as one:
        with Sources(Library.of([KNOWN])) as running:
            assert one.get(f"{running.urls['crossref']}/works/10.5555/one", timeout=10).status_code == 200
            started = time.monotonic()
        assert time.monotonic() - started < 5


def test_what_goes_wrong_in_the_server_is_raised_at_the_end() -> None:
    running = Sources(Library.of([{"crossref": [{"DOI": "10.5555/one", "title": "No type"}]}]))
    with pytest.raises(KeyError, match="type"), running, pytest.raises(requests.ConnectionError):
        requests.get(f"{running.urls['crossref']}/works/10.5555/one", timeout=10)


# --- The cases --------------------------------------------------------------------------------------------------------

OUTCOMES = {"propose", "warn", "none"}
KINDS = {
    *("positive", "retitled", "authors-changed", "no-doi", "workshop-journal"),
    *("retracted", "withdrawn", "sibling", "none"),
}


def dois(case: dict[str, Any]) -> set[str]:
    places = [case.get("arxiv", {}), *(one for name in ("crossref", "datacite", "ismir") for one in case.get(name, ()))]
    return {(one.get("DOI") or one.get("doi") or "").lower() for one in places}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_case_says_what_is_listed_and_what_is_expected(case: dict[str, Any]) -> None:
    assert set(case) <= {"name", "kind", "invented", "listed", "expect", *NAMES}
    assert (DATA / f"{case['name']}.json").is_file()
    assert case["kind"] in KINDS
    assert {"type", "title", "author", "year"} <= set(case["listed"])
    assert any(case["arxiv"]["id"] in value for value in case["listed"].values())
    expect = case["expect"]
    assert {expect["outcome"], *expect.get("also", ())} <= OUTCOMES
    assert expect["why"]
    assert (expect["outcome"] == "none") <= ("doi" not in expect)
    assert (expect["outcome"] == "propose") <= bool({"doi", "venue"} & set(expect))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_is_expected_of_a_case_can_be_known_from_it(case: dict[str, Any]) -> None:
    if "doi" in case["expect"]:
        assert case["expect"]["doi"] in dois(case)
    if "venue" in case["expect"]:
        facts = json.dumps({name: value for name, value in case.items() if name != "expect"}, ensure_ascii=False)
        assert case["expect"]["venue"].lower() in facts.lower()


def test_the_cases_do_not_contradict_each_other() -> None:
    assert max(Counter(case["arxiv"]["id"] for case in CASES).values()) == 1
    works: dict[str, Any] = {}
    for case in CASES:
        for work in case.get("crossref", ()):
            assert works.setdefault(work["DOI"].lower(), work) == work, case["name"]


def test_there_are_enough_cases_of_every_kind_and_outcome() -> None:
    assert len([case for case in CASES if not case.get("invented")]) >= 60
    assert {case["kind"] for case in CASES} == KINDS
    counts = Counter(case["expect"]["outcome"] for case in CASES)
    assert min(counts[outcome] for outcome in OUTCOMES) >= 15


def test_made_facts_can_be_told_from_real_ones() -> None:
    for case in CASES:
        if any(
            doi.startswith(("10.5555/made", "10.5281/zenodo.99000")) for doi in dois(case) & {case["expect"].get("doi")}
        ):
            assert case.get("invented"), case["name"]


# --- Made cases -------------------------------------------------------------------------------------------------------


def test_made_cases_are_always_the_same_and_of_the_promised_mix() -> None:
    cases = list(made_cases(1000))
    assert cases == list(made_cases(1000))
    assert cases[:10] == list(made_cases(10))
    assert len({case["arxiv"]["id"] for case in cases}) == 1000
    assert len({case["listed"]["title"] for case in cases}) == 1000
    published = [case for case in cases if case["expect"]["outcome"] == "propose"]
    assert len(published) == 600
    assert len([case for case in published if "crossref" not in case]) == 200
    assert len([case for case in published if case.get("ismir")]) >= 90


def test_what_is_expected_of_a_made_case_can_be_known_from_it() -> None:
    for case in made_cases(500):
        test_what_is_expected_of_a_case_can_be_known_from_it(case)


def test_the_search_finds_each_made_work_first() -> None:
    cases = list(made_cases(500))
    library = Library.of(cases)
    for case in cases:
        for work in case.get("crossref", ()):
            answer = library.crossref("/works", {"query.title": work["title"], "rows": "1"}).body
            assert [item["DOI"] for item in answer["message"]["items"]] == [work["DOI"]]
