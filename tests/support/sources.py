"""The scholarly sources on this machine: a server that answers from given facts, in the shapes and with the manners of
arXiv, Crossref, DataCite, OpenAlex, Semantic Scholar and ISMIR's proceedings.

``Library`` holds the facts, ``Sources`` serves them over HTTP. A case is a mapping as in ``tests/data/preprints``,
whose ``README.md`` says what its keys hold. What a source has and this one lacks is refused with the source's own
error, so that nobody relies on it. The manners are those of
https://info.arxiv.org/help/api/user-manual.html, https://api.crossref.org/swagger-ui, https://support.datacite.org/docs/api,
https://docs.openalex.org and https://api.semanticscholar.org/api-docs/graph, and of answers that were recorded.
"""

import hashlib
import json
import math
import random
import re
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape, quoteattr

import msgspec

Case = Mapping[str, Any]
"""What the sources say about one preprint, and what should come of it."""

NAMES = ("arxiv", "crossref", "datacite", "openalex", "semanticscholar", "ismir")

_ARXIV_ID = re.compile(r"(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v(?P<version>\d+))?")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"()]+")
_WORD = re.compile(r"[^\W_]+")
_ARXIV_DOI = "10.48550/arxiv."
_LAST_YEAR_OF_DBLP_TITLES = 2018  # of ISMIR's list: titles with DBLP's full stop, a single author without brackets


def _split(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_CROSSREF_PARAMS = _split(
    "query query.title query.bibliographic query.author query.container-title filter rows offset select sort "
    "order mailto"
)
_CROSSREF_SELECTS = _split(
    "abstract URL resource member posted score created degree update-policy short-title license ISSN "
    "container-title issued update-to issue prefix approved indexed article-number clinical-trial-number accepted "
    "author group-title DOI is-referenced-by-count updated-by event chair standards-body original-title funder "
    "translator published archive published-print alternative-id subject subtitle published-online "
    "publisher-location content-domain reference title link type publisher volume references-count ISBN issn-type "
    "assertion deposited page content-created short-container-title relation editor"
)
_CROSSREF_ROWS = 1000
_CROSSREF_RANKED = 100  # so many hits are ranked, however few are asked for
_OPENALEX_PARAMS = _split("filter per-page per_page page cursor select sort search mailto api_key")
_OPENALEX_VALUES = 100
_OPENALEX_TYPES = {
    "journal-article": "article",
    "proceedings-article": "article",
    "posted-content": "preprint",
    "dissertation": "dissertation",
    "book": "book",
    "monograph": "book",
    "book-chapter": "book-chapter",
    "report": "report",
    "dataset": "dataset",
}
_S2_FIELDS = _split(
    "paperId corpusId externalIds url title abstract venue publicationVenue year referenceCount citationCount "
    "influentialCitationCount isOpenAccess openAccessPdf fieldsOfStudy s2FieldsOfStudy publicationTypes "
    "publicationDate journal citationStyles authors"
)
_S2_BATCH = 500


class Answer(msgspec.Struct, frozen=True):
    """What a source answers; a body that is no text is sent as JSON."""

    status: int
    body: Any
    type: str = "application/json"
    headers: Mapping[str, str] = {}


class Request(msgspec.Struct, frozen=True):
    """One request to a source: ``path`` is under the source's address, ``at`` is monotonic and when it came."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    status: int
    at: float


# --- Facts ------------------------------------------------------------------------------------------------------------


class Library:
    """What all sources know. A work that several cases name is known as the first of them has it."""

    def __init__(self) -> None:
        self._preprints: dict[str, Case] = {}
        self._works: dict[str, Case] = {}
        self._depositions: dict[str, Case] = {}
        self._openalex: dict[str, dict[str, Any]] = {}
        self._papers: dict[str, dict[str, Any]] = {}
        self._proceedings: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._lists: dict[str, bytes] = {}
        self._titles = _Index()
        self._authors = _Index()
        self._everything = _Index()

    @classmethod
    def of(cls, cases: Iterable[Case]) -> Self:
        library = cls()
        for case in cases:
            library.add(case)
        return library

    def add(self, case: Case) -> None:
        """Add what a case says; the sources know the preprint itself even where it says nothing."""
        for work in case.get("crossref") or ():
            self._add_work(work)
        for paper in case.get("ismir") or ():
            self._add_ismir(paper)
        for deposition in case.get("datacite") or ():
            self._depositions.setdefault(deposition["doi"].lower(), deposition)
        preprint = case.get("arxiv")
        if preprint:
            self._preprints.setdefault(preprint["id"], preprint)
            self._add_to_openalex(preprint, case.get("openalex") or {})
            self._add_to_semanticscholar(preprint, case.get("semanticscholar") or {})

    def _add_work(self, work: Case) -> None:
        doi = work["DOI"].lower()
        if doi in self._works:
            return
        self._works[doi] = work
        people = " ".join(one.get("family") or one.get("name", "") for one in work.get("authors", ()))
        titles = " ".join((*_listed(work.get("title")), *_listed(work.get("subtitle"))))
        place = " ".join((*_listed(work.get("container")), work.get("publisher", ""), str(work.get("year", ""))))
        self._titles.add(doi, titles)
        self._authors.add(doi, people)
        self._everything.add(doi, f"{titles} {people} {place}")

    def _add_ismir(self, paper: Case) -> None:
        old = int(paper["year"]) <= _LAST_YEAR_OF_DBLP_TITLES
        authors = list(paper["author"])
        doi = paper.get("doi", "")
        number = re.sub(r".*zenodo\.", "", doi)
        self._proceedings[paper["year"]].append(
            {
                "title": f"{paper['title']}." if old else paper["title"],
                "author": authors[0] if old and len(authors) == 1 else authors,
                "year": paper["year"],
                "doi": doi or None,
                "url": f"https://doi.org/{doi}" if doi else None,
                "ee": paper.get("ee") or f"https://zenodo.org/record/{number}/files/paper.pdf",
                **({"pages": paper["pages"]} if "pages" in paper else {}),
                "abstract": paper.get("abstract"),
                "zenodo_id": int(number) if number.isdigit() else None,
                "dblp_key": paper.get("dblp_key"),
            }
        )
        self._lists.pop(paper["year"], None)
        if number.isdigit():
            deposition = {
                "doi": doi,
                "resourceTypeGeneral": "Text",
                "resourceType": "Conference paper",
                "title": paper["title"],
                "creators": authors,
                "year": paper["year"],
                "publisher": "ISMIR",
            }
            self._depositions.setdefault(doi.lower(), deposition)

    def _add_to_openalex(self, preprint: Case, facts: Case) -> None:
        doi = facts.get("doi") or _ARXIV_DOI + preprint["id"]
        arxiv = {"source": "arXiv (Cornell University)", "type": "repository", "version": "submittedVersion"}
        arxiv["url"] = f"https://arxiv.org/abs/{preprint['id']}"
        work = {
            "doi": doi.lower(),
            "type": facts.get("type", "preprint"),
            "title": preprint["title"],
            "authors": preprint["authors"],
            "year": preprint["published"][:4],
            "locations": [arxiv, *facts.get("locations", ())],
            "retracted": facts.get("is_retracted", False),
        }
        self._openalex.setdefault(doi.lower(), work)

    def _add_to_semanticscholar(self, preprint: Case, facts: Case) -> None:
        arxiv = preprint["id"]
        external: dict[str, Any] = {"ArXiv": arxiv, "CorpusId": _number(arxiv)}
        if facts:
            external |= {key: facts[key] for key in ("DBLP", "DOI", "MAG") if key in facts}
        else:
            external["DBLP"] = f"journals/corr/abs-{arxiv.replace('.', '-')}"
        paper = {
            "externalIds": external,
            "title": facts.get("title", preprint["title"]),
            "authors": facts.get("authors", preprint["authors"]),
            "venue": facts.get("venue", "arXiv.org"),
            "publicationVenue": facts.get("publicationVenue"),
            "publicationTypes": facts.get("publicationTypes", ["JournalArticle"]),
            "year": int(facts.get("year", preprint["published"][:4])),
            "publicationDate": preprint["published"],
            "journal": facts.get("journal") or (None if facts else {"name": "ArXiv", "volume": f"abs/{arxiv}"}),
        }
        for doi in (_ARXIV_DOI + arxiv, external.get("DOI", _ARXIV_DOI + arxiv)):
            self._papers.setdefault(f"doi:{doi}".lower(), paper)
        self._papers.setdefault(f"arxiv:{arxiv}".lower(), paper)

    # --- What each source answers ------------------------------------------------------------------------------------

    def arxiv(self, path: str, params: Mapping[str, str]) -> Answer:
        """A feed: at most ``max_results`` (10 if nobody says how many) of the preprints that it knows, in its order."""
        if not path.endswith("/query"):
            return Answer(404, "Not Found", "text/plain")
        asked = [one for one in params.get("id_list", "").split(",") if one]
        found: dict[str, str] = {}
        for one in asked:
            match = _ARXIV_ID.fullmatch(one)
            if not match:
                return Answer(400, _atom_error(one), "application/atom+xml; charset=utf-8")
            if match["id"] in self._preprints:
                found.setdefault(match["id"], match["version"] or "")
        start, count = int(params.get("start", 0)), int(params.get("max_results", 10))
        shown = sorted(found, key=_number)[start : start + count]
        entries = "".join(_atom_entry(self._preprints[one], found[one]) for one in shown)
        return Answer(200, _atom_feed(entries, len(found), start, count), "application/atom+xml; charset=utf-8")

    def crossref(self, path: str, params: Mapping[str, str]) -> Answer:
        """One work, the works of some DOIs, or those that share words with a query: there is always some such work."""
        if path.startswith("/works/"):
            if set(params) - {"mailto"}:
                return _crossref_failure("parameter-not-allowed", "*", "This route does not support these parameters")
            work = self._works.get(unquote(path.removeprefix("/works/")).lower())
            if work is None:
                return Answer(404, "Resource not found.", "text/plain;charset=UTF-8")
            return _crossref_answer("work", _crossref_work(work))
        if path != "/works":
            return Answer(404, "Resource not found.", "text/plain;charset=UTF-8")
        fault = _crossref_fault(params)
        if fault:
            return fault
        rows = int(params.get("rows", 20))
        scores = self._search(params)
        dois = dict.fromkeys(self._works, 1.0) if scores is None else scores
        wanted = [one.partition(":") for one in params.get("filter", "").split(",") if one]
        for name in ("doi", "type"):
            values = {value.lower() for key, _, value in wanted if key == name}
            if values:
                dois = {
                    doi: score
                    for doi, score in dois.items()
                    if (doi if name == "doi" else self._works[doi]["type"]) in values
                }
        offset = int(params.get("offset", 0))
        items = [_crossref_work(self._works[doi], dois[doi]) for doi in list(dois)[offset : offset + rows]]
        if "select" in params:
            names = params["select"].split(",")
            items = [{name: item[name] for name in names if name in item} for item in items]
        message = {"facets": {}, "total-results": len(dois), "items": items, "items-per-page": rows}
        return _crossref_answer("work-list", message | {"query": {"start-index": offset, "search-terms": None}})

    def _search(self, params: Mapping[str, str]) -> dict[str, float] | None:
        """The works that share a word with the query, best first, with scores; ``None`` without a query."""
        queries = [
            (self._titles, params.get("query.title")),
            (self._authors, params.get("query.author")),
            (self._everything, params.get("query.bibliographic") or params.get("query")),
        ]
        if not any(text for _, text in queries):
            return None
        shared: Counter[str] = Counter()
        for index, text in queries:
            index.count(text or "", shared)
        # Of works that share as many words, the one with the shortest title is the most relevant, as it is there.
        best = shared.most_common(int(params.get("offset", 0)) + max(int(params.get("rows", 20)), _CROSSREF_RANKED))
        return dict(
            sorted(
                ((doi, round(count * 10 / math.log(8 + self._titles.length(doi)), 4)) for doi, count in best),
                key=lambda pair: -pair[1],
            )
        )

    def datacite(self, path: str, params: Mapping[str, str]) -> Answer:
        """One DOI, or those of a query ``doi:("A" OR "B")`` or of ``ids``; arXiv's own DOIs are among them."""
        if path.startswith("/dois/"):
            data = self._deposition(unquote(path.removeprefix("/dois/")))
            if data is None:
                errors = [{"status": "404", "title": "The resource you are looking for doesn't exist."}]
                return Answer(404, {"errors": errors})
            return Answer(200, {"data": data})
        if path != "/dois":
            return Answer(
                404, {"errors": [{"status": "404", "title": "The resource you are looking for doesn't exist."}]}
            )
        query = params.get("query", "")
        texts = [params["ids"]] if "ids" in params else [query] if query.startswith(("doi:", "id:")) else []
        dois = [doi for text in texts for one in text.split(",") for doi in _DOI.findall(one.replace("\\", ""))]
        found = [data for doi in dict.fromkeys(dois) if (data := self._deposition(doi))]
        size, page = int(params.get("page[size]", 25)), int(params.get("page[number]", 1))
        shown = found[(page - 1) * size : page * size]
        meta = {"total": len(found), "totalPages": math.ceil(len(found) / max(size, 1)), "page": page}
        return Answer(200, {"data": shown, "meta": meta, "links": {"self": "https://api.datacite.org/dois"}})

    def _deposition(self, doi: str) -> dict[str, Any] | None:
        doi = doi.lower()
        facts = self._depositions.get(doi)
        if facts is None and doi.startswith(_ARXIV_DOI):
            preprint = self._preprints.get(doi.removeprefix(_ARXIV_DOI))
            facts = preprint and {
                "doi": doi,
                "resourceTypeGeneral": "Preprint",
                "resourceType": "Article",
                "title": preprint["title"],
                "creators": preprint["authors"],
                "year": preprint["published"][:4],
                "publisher": "arXiv",
            }
        return _datacite_data(facts) if facts else None

    def openalex(self, path: str, params: Mapping[str, str]) -> Answer:
        """One work by its DOI, or those of a filter ``doi:A|B``; a preprint and its published version are two works."""
        unknown = set(params).difference(_OPENALEX_PARAMS)
        if unknown:
            return _openalex_failure(403, f"{min(unknown)} is not a valid parameter.")
        if path.startswith("/works/"):
            name = unquote(path.removeprefix("/works/"))
            found = self._openalex_work(name) if name.startswith(("doi:", "https://doi.org/")) else None
            if found is None:
                return Answer(404, _OPENALEX_NOT_FOUND, "text/html; charset=utf-8")
            return Answer(200, found)
        key, _, value = params.get("filter", "").partition(":")
        if path != "/works" or key != "doi":
            return _openalex_failure(403, f"{key} is not a valid field.")
        names = [name for name in value.split("|") if name]
        size = int(params.get("per-page") or params.get("per_page") or 25)
        if len(names) > _OPENALEX_VALUES:
            limit = f"Decrease values to {_OPENALEX_VALUES} or below"
            return _openalex_failure(403, f"Maximum number of values exceeded for doi. {limit}")
        if not 1 <= size <= 200:
            return _openalex_failure(403, "per-page parameter must be between 1 and 200")
        works = [work for name in dict.fromkeys(names) if (work := self._openalex_work(name))]
        page = int(params.get("page", 1))
        meta = {"count": len(works), "db_response_time_ms": 3, "page": page, "per_page": size, "groups_count": None}
        return Answer(200, {"meta": meta, "results": works[(page - 1) * size : page * size], "group_by": []})

    def _openalex_work(self, name: str) -> dict[str, Any] | None:
        doi = re.sub(r"^(?:doi:|https://doi\.org/)", "", name).lower()
        facts = self._openalex.get(doi)
        if facts:
            return _openalex_work(facts)
        work = self._works.get(doi)
        return _openalex_work(_openalex_facts(work)) if work else None

    def semanticscholar(self, path: str, params: Mapping[str, str], body: bytes) -> Answer:
        """A batch: ``null`` in the place of what it does not know, but an error where it knows none."""
        if path != "/graph/v1/paper/batch":
            return Answer(404, {"error": "Not found"})
        fields = set(params.get("fields", "title").split(","))
        unknown = sorted(fields.difference(_S2_FIELDS))
        if unknown:
            return Answer(400, {"error": f"Unrecognized or unsupported fields: [{', '.join(unknown)}]"})
        try:
            ids = json.loads(body)["ids"]
        except (ValueError, KeyError, TypeError):
            return Answer(400, {"error": "Invalid JSON in request body"})
        if len(ids) > _S2_BATCH:
            return Answer(400, {"error": f"Too many paper ids: at most {_S2_BATCH}"})
        papers = [self._papers.get(str(one).lower()) for one in ids]
        if not any(papers):
            return Answer(400, {"error": "No valid paper ids given"})
        return Answer(200, [paper and _s2_paper(paper, fields) for paper in papers])

    def ismir(self, path: str, headers: Mapping[str, str]) -> Answer:
        """The list of a year's papers as a file, unless it is the one that the asker has."""
        match = re.fullmatch(r".*/database/proceedings/(\d{4})\.json", path)
        if not match or match[1] not in self._proceedings:
            return Answer(404, "404: Not Found", "text/plain; charset=utf-8")
        year = match[1]
        if year not in self._lists:
            self._lists[year] = json.dumps(self._proceedings[year], indent=2).encode()
        tag = f'"{hashlib.sha256(self._lists[year]).hexdigest()}"'
        about = {"ETag": tag, "Cache-Control": "max-age=300"}
        if headers.get("if-none-match", "").removeprefix("W/") == tag:
            return Answer(304, b"", headers=about)
        return Answer(200, self._lists[year], "text/plain; charset=utf-8", about)


class _Index:
    """Which works have which words."""

    def __init__(self) -> None:
        self._works: dict[str, list[str]] = defaultdict(list)
        self._lengths: dict[str, int] = {}

    def add(self, doi: str, text: str) -> None:
        words = _words(text)
        self._lengths[doi] = len(words)
        for word in words:
            self._works[word].append(doi)

    def count(self, text: str, shared: Counter[str]) -> None:
        """Add to each work's count how many of the text's words it has."""
        for word in _words(text):
            shared.update(self._works.get(word, ()))

    def length(self, doi: str) -> int:
        return self._lengths[doi]


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))


def _listed(value: Any) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def _number(text: str) -> int:
    """A number that is always the same for a text and in no order with it."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])


# --- arXiv's Atom -----------------------------------------------------------------------------------------------------


_ATOM_OWN = ("comment", "journal_ref", "doi")


def _atom_feed(entries: str, total: int, start: int, count: int) -> str:
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'
        ' xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">\n'
        "  <id>https://arxiv.org/api/made</id>\n  <title>arXiv Query: search_query=&amp;id_list=</title>\n"
        "  <updated>2026-01-05T00:00:00Z</updated>\n"
        f"  <opensearch:itemsPerPage>{count}</opensearch:itemsPerPage>\n"
        f"  <opensearch:totalResults>{total}</opensearch:totalResults>\n"
        f"  <opensearch:startIndex>{start}</opensearch:startIndex>\n{entries}</feed>\n"
    )


def _atom_error(wrong: str) -> str:
    place = f"https://arxiv.org/api/errors#incorrect_id_format_for_{escape(wrong)}"
    return _atom_feed(
        f"  <entry>\n    <id>{place}</id>\n    <title>Error</title>\n    <updated>2026-01-05T00:00:00Z</updated>\n"
        f"    <summary>incorrect id format for {escape(wrong)}</summary>\n"
        "    <author>\n      <name>arXiv api core</name>\n    </author>\n  </entry>\n",
        1,
        0,
        1,
    )


def _atom_entry(preprint: Case, version: str) -> str:
    name = f"{preprint['id']}v{version or preprint.get('version', 1)}"
    categories = preprint.get("categories") or ["cs.SD"]
    lines = [
        f"<id>http://arxiv.org/abs/{name}</id>",
        f"<title>{escape(preprint['title'])}</title>",
        f"<updated>{preprint.get('updated') or preprint['published']}T09:00:00Z</updated>",
        f'<link href="https://arxiv.org/abs/{name}" rel="alternate" type="text/html"/>',
        f'<link href="https://arxiv.org/pdf/{name}" rel="related" type="application/pdf" title="pdf"/>',
        f"<summary>{escape(preprint.get('summary', 'We present an approach and evaluate it.'))}</summary>",
        *(f'<category term={quoteattr(one)} scheme="http://arxiv.org/schemas/atom"/>' for one in categories),
        f"<published>{preprint['published']}T09:00:00Z</published>",
        f"<arxiv:primary_category term={quoteattr(categories[0])}/>",
        *(f"<author>\n      <name>{escape(one)}</name>\n    </author>" for one in preprint["authors"]),
        *(f"<arxiv:{key}>{escape(preprint[key])}</arxiv:{key}>" for key in _ATOM_OWN if preprint.get(key)),
    ]
    if preprint.get("doi"):
        lines.append(f'<link rel="related" href={quoteattr("https://doi.org/" + preprint["doi"])} title="doi"/>')
    return "  <entry>\n" + "".join(f"    {line}\n" for line in lines) + "  </entry>\n"


# --- Crossref's JSON --------------------------------------------------------------------------------------------------


def _crossref_answer(kind: str, message: Any) -> Answer:
    return Answer(200, {"status": "ok", "message-type": kind, "message-version": "1.0.0", "message": message})


def _crossref_failure(kind: str, value: str, message: str) -> Answer:
    found = [{"type": kind, "value": value, "message": message}]
    return Answer(400, {"status": "failed", "message-type": "validation-failure", "message": found})


def _crossref_fault(params: Mapping[str, str]) -> Answer | None:
    """The refusal of parameters that Crossref, or this one, does not have."""
    for name in params:
        if name not in _CROSSREF_PARAMS:
            text = f"Parameter {name} specified but there is no such parameter available on any route"
            return _crossref_failure("unknown-parameter", name, text)
    for name in ("rows", "offset"):
        value = params.get(name, "0")
        if not value.isdecimal() or int(value) > _CROSSREF_ROWS:
            text = (
                f"Integer specified as {value} but must be a positive integer less than or equal to {_CROSSREF_ROWS}."
            )
            return _crossref_failure("integer-not-valid", value, text)
    for name in params.get("select", "DOI").split(","):
        if name not in _CROSSREF_SELECTS:
            valid = ", ".join(sorted(_CROSSREF_SELECTS))
            text = f"Select {name} specified but there is no such select for this route. Valid selects are: {valid}"
            return _crossref_failure("select-not-available", name, text)
    for one in params.get("filter", "").split(","):
        name = one.partition(":")[0]
        if name not in ("", "doi", "type"):
            text = f"Filter {name} specified but there is no such filter for this route."
            return _crossref_failure("filter-not-available", name, text)
    return None


def _crossref_work(work: Case, score: float = 1.0) -> dict[str, Any]:
    doi = work["DOI"]
    year = {"date-parts": [[int(work["year"])]]} if work.get("year") else {"date-parts": [[None]]}
    found: dict[str, Any] = {
        "publisher": work.get("publisher", "Publisher"),
        "DOI": doi.lower(),
        "type": work["type"],
        "created": {"date-parts": [[2018, 1, 2]], "date-time": "2018-01-02T00:00:00Z", "timestamp": 1514851200000},
        "source": "Crossref",
        "is-referenced-by-count": 0,
        "title": _listed(work.get("title")),
        "subtitle": _listed(work.get("subtitle")),
        "short-title": [],
        "prefix": doi.partition("/")[0],
        "member": "297",
        "container-title": _listed(work.get("container")),
        "short-container-title": _listed(work.get("short_container")),
        "score": score,
        "issued": year,
        "published": year,
        "references-count": 0,
        "reference-count": 0,
        "URL": f"https://doi.org/{doi.lower()}",
        "relation": work.get("relation", {}),
    }
    if work.get("authors"):
        found["author"] = [
            {**one, "sequence": "additional" if at else "first", "affiliation": []}
            for at, one in enumerate(work["authors"])
        ]
    for name in ("volume", "issue", "page", "abstract", "subtype", "article-number"):
        if work.get(name):
            found[name] = work[name]
    if work.get("event"):
        found["event"] = {"name": work["event"]}
    if work.get("institution"):
        found["institution"] = [{"name": work["institution"]}]
    if work.get("updated_by"):
        found["updated-by"] = [_update(one) for one in work["updated_by"]]
    if work.get("update_to"):
        found["update-to"] = [_update(one) for one in work["update_to"]]
    return found


def _update(one: Case) -> dict[str, Any]:
    return {
        "updated": {"date-parts": [[2021, 3, 4]], "date-time": "2021-03-04T00:00:00Z", "timestamp": 1614816000000},
        "DOI": one["DOI"],
        "type": one["type"],
        "label": one["type"].capitalize(),
        "source": "publisher",
    }


# --- DataCite's JSON:API ----------------------------------------------------------------------------------------------


def _datacite_data(facts: Case) -> dict[str, Any]:
    doi = facts["doi"].lower()
    prefix, _, suffix = doi.partition("/")
    attributes = {
        "doi": doi,
        "prefix": prefix,
        "suffix": suffix,
        "identifiers": [],
        "alternateIdentifiers": [],
        "creators": [_creator(one) for one in facts.get("creators", ())],
        "titles": [{"title": facts["title"]}],
        "publisher": facts.get("publisher", "Zenodo"),
        "container": {"type": "Series", "title": facts["container"]} if facts.get("container") else {},
        "publicationYear": int(facts["year"]),
        "subjects": [],
        "contributors": [],
        "dates": [{"date": str(facts["year"]), "dateType": "Issued"}],
        "types": {
            "resourceType": facts.get("resourceType", ""),
            "resourceTypeGeneral": facts["resourceTypeGeneral"],
        },
        "relatedIdentifiers": list(facts.get("relatedIdentifiers", ())),
        "relatedItems": [],
        "version": facts.get("version"),
        "descriptions": [],
        "url": facts.get("url", f"https://zenodo.org/doi/{doi}"),
        "state": "findable",
    }
    return {"id": doi, "type": "dois", "attributes": attributes, "relationships": {}}


def _creator(name: str) -> dict[str, Any]:
    """``Family, Given`` is a person; any other text is known by its name alone, as Zenodo's old records are."""
    if "," not in name:
        return {"name": name, "affiliation": [], "nameIdentifiers": []}
    family, _, given = (part.strip() for part in name.partition(","))
    person = {"name": name, "nameType": "Personal", "givenName": given, "familyName": family}
    return {**person, "affiliation": [], "nameIdentifiers": []}


# --- OpenAlex's JSON --------------------------------------------------------------------------------------------------

_OPENALEX_NOT_FOUND = (
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
    "<p>The requested URL was not found on the server.</p>\n"
)


def _openalex_failure(status: int, message: str) -> Answer:
    return Answer(status, {"error": "Invalid query parameters error.", "message": message})


def _openalex_facts(work: Case) -> dict[str, Any]:
    """A work of Crossref as OpenAlex has it."""
    place = {
        "source": next(iter(_listed(work.get("container"))), work.get("publisher", "")),
        "type": "journal" if work["type"] == "journal-article" else "conference",
        "url": f"https://doi.org/{work['DOI'].lower()}",
        "version": "publishedVersion",
    }
    people = [one.get("name") or f"{one.get('given', '')} {one['family']}".strip() for one in work.get("authors", ())]
    return {
        "doi": work["DOI"].lower(),
        "type": _OPENALEX_TYPES.get(work["type"], "other"),
        "title": next(iter(_listed(work.get("title"))), None),
        "authors": people,
        "year": work.get("year"),
        "locations": [place],
        "retracted": any(one["type"] == "retraction" for one in work.get("updated_by", ())),
        "volume": work.get("volume"),
        "issue": work.get("issue"),
        "page": work.get("page"),
    }


def _openalex_work(facts: Mapping[str, Any]) -> dict[str, Any]:
    name = f"https://openalex.org/W{_number(facts['doi'])}"
    locations = [_location(one) for one in facts["locations"]]
    first, _, last = (facts.get("page") or "").partition("-")
    return {
        "id": name,
        "doi": f"https://doi.org/{facts['doi']}",
        "title": facts["title"],
        "display_name": facts["title"],
        "publication_year": int(facts["year"]) if facts["year"] else None,
        "publication_date": f"{facts['year']}-01-01" if facts["year"] else None,
        "ids": {"openalex": name, "doi": f"https://doi.org/{facts['doi']}"},
        "language": "en",
        "primary_location": locations[0],
        "type": facts["type"],
        "indexed_in": [],
        "authorships": [
            {
                "author_position": "first" if not at else "last" if at + 1 == len(facts["authors"]) else "middle",
                "author": {"id": f"https://openalex.org/A{_number(one)}", "display_name": one, "orcid": None},
                "institutions": [],
                "raw_author_name": one,
            }
            for at, one in enumerate(facts["authors"])
        ],
        "biblio": {
            "volume": facts.get("volume"),
            "issue": facts.get("issue"),
            "first_page": first or None,
            "last_page": last or None,
        },
        "is_retracted": facts["retracted"],
        "is_paratext": False,
        "locations_count": len(locations),
        "locations": locations,
        "best_oa_location": None,
    }


def _location(one: Case) -> dict[str, Any]:
    version = one.get("version")
    source = {
        "id": f"https://openalex.org/S{_number(one['source'])}",
        "display_name": one["source"],
        "issn_l": None,
        "issn": None,
        "host_organization_name": None,
        "type": one["type"],
    }
    return {
        "is_oa": one["type"] == "repository",
        "landing_page_url": one.get("url"),
        "pdf_url": None,
        "source": source,
        "license": None,
        "version": version,
        "is_accepted": version in ("acceptedVersion", "publishedVersion"),
        "is_published": version == "publishedVersion",
    }


# --- Semantic Scholar's JSON ------------------------------------------------------------------------------------------


def _s2_paper(paper: Mapping[str, Any], fields: set[str]) -> dict[str, Any]:
    name = hashlib.sha256(paper["externalIds"]["ArXiv"].encode()).hexdigest()[:40]
    about = {
        **paper,
        "authors": [{"authorId": str(_number(one)), "name": one} for one in paper["authors"]],
        "url": f"https://www.semanticscholar.org/paper/{name}",
        "corpusId": paper["externalIds"]["CorpusId"],
    }
    return {"paperId": name, **{field: about.get(field) for field in sorted(fields - {"paperId"})}}


# --- The server -------------------------------------------------------------------------------------------------------


class Sources:
    """A library served on a free port of this machine, each source under its own address; ends with its ``with``.

    ``latency`` is how long each answer takes, in seconds. ``requests`` are those of each source, in order.
    """

    def __init__(self, library: Library, latency: float = 0.0) -> None:
        self.known = library
        self.latency = latency
        self.requests: dict[str, list[Request]] = {name: [] for name in NAMES}
        self.errors: list[BaseException] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.sources = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.005})

    @property
    def urls(self) -> dict[str, str]:
        """Each source's base address."""
        return {name: f"http://127.0.0.1:{self._server.server_address[1]}/{name}" for name in NAMES}

    def clear(self) -> None:
        """Forget the requests."""
        for requests in self.requests.values():
            requests.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        if self.errors:
            raise self.errors[0]

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What a request is answered; it is recorded."""
        at = time.monotonic()
        parts = urlsplit(target)
        _, name, path = (parts.path + "/").split("/", 2)
        path = f"/{path.removesuffix('/')}"
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        ask: dict[str, Callable[[], Answer]] = {
            "arxiv": lambda: self.known.arxiv(path, params),
            "crossref": lambda: self.known.crossref(path, params),
            "datacite": lambda: self.known.datacite(path, params),
            "openalex": lambda: self.known.openalex(path, params),
            "semanticscholar": lambda: self.known.semanticscholar(path, params, body),
            "ismir": lambda: self.known.ismir(path, headers),
        }
        if name not in ask:
            return Answer(404, "Not Found", "text/plain")
        right = "POST" if name == "semanticscholar" else "GET"
        answer = ask[name]() if method == right else Answer(405, {"message": "Method Not Allowed"})
        self.requests[name].append(Request(method, path, params, headers, answer.status, at))
        return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # a client that keeps its connection does not hold up the end
    request_queue_size = 128
    sources: Sources

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if error and not isinstance(error, OSError):  # which is a client that has gone
            self.sources.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        sources = self.server.sources
        begin = time.monotonic()
        answer = sources.answer(self.command, self.path, headers, body)
        data = answer.body
        if not isinstance(data, (bytes, str)):
            data = msgspec.json.encode(data)
        if isinstance(data, str):
            data = data.encode()
        if sources.latency:
            time.sleep(max(0.0, begin + sources.latency - time.monotonic()))
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.type)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if answer.status != 304:
            self.wfile.write(data)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the name that it has there
        """The server keeps its own record."""

    do_GET = do_POST = _handle  # noqa: N815  # the names that they have there


# --- Made cases -------------------------------------------------------------------------------------------------------

_GIVEN = _split(
    "Ana Bruno Chiara Dmitri Elena Farid Greta Hiroshi Ines Jakub Keiko Lars Mei Nadia Oskar Priya Quentin Rosa "
    "Stefan Tomas Ursula Viktor Wanda Xavier Yuki Zoë Amélie Björn Carmen Dóra"
)
_FAMILIES = _split(
    "Abe Bauer Castro Dubois Eriksson Fischer García Hansen Ivanova Jansen Kovács Lindqvist Moreau Nakamura Olsen "
    "Petrov Quiroga Rossi Schmidt Tanaka Ueda Vogel Weber Xu Yamada Zhang Álvarez Brunner Cho Dvořák Eklund "
    "Fontana Gruber Holm Ito Jung Keller Larsen Meyer Novák Okafor Park Ramos Silva Torres Urban Varga Wagner "
    "Yilmaz Zeman"
)
_HOW = _split(
    "adversarial attentive bayesian causal contrastive convolutional differentiable equivariant factorised "
    "generative hierarchical invariant joint latent masked multimodal neural online probabilistic quantised "
    "recurrent residual scalable self-supervised sparse structured temporal unsupervised variational "
    "weakly-supervised"
)
_WHAT = _split(
    "adaptation alignment analysis classification completion compression detection disentanglement embedding "
    "estimation extraction generation harmonisation identification inpainting modelling prediction recognition "
    "recommendation restoration retrieval segmentation separation similarity summarisation synthesis tagging "
    "tracking transcription transfer"
)
_OF = _split(
    "accordion ballad bassline beat cadence cello chord choir chorus downbeat drum dynamics fiddle flute genre "
    "groove guitar gamelan harmony instrument karaoke key lyrics melody metre mood motif note onset orchestra "
    "organ percussion phrase piano pitch playlist raga rhythm riff samba score singing sitar solo structure tala "
    "tango tempo texture timbre trumpet tuning viola violin voice"
)
_FROM = _split(
    "amateur archival broadcast classical commercial contemporary electroacoustic ethnographic folk historical "
    "jazz live noisy orchestral polyphonic popular rehearsal short studio symbolic"
)
_MATERIAL = _split("albums concerts corpora recordings scores sketches streams tapes transcripts videos")
_JOURNALS = (
    ("Journal of Made Audio Research", "J. Made Audio Res."),
    ("Transactions on Invented Music Processing", "Trans. Invent. Music Process."),
)
_MADE_PREFIX = "10.5555/"  # Crossref's own for tests
_MADE_ZENODO = 900_000_000  # far above what Zenodo has given


def made_cases(count: int) -> Iterator[dict[str, Any]]:
    """Cases of papers that nobody wrote, always the same: three in five are published, a third of those without a DOI
    at Crossref.

    In turn a published one is known by arXiv's own DOI, by Semantic Scholar's, by its title alone, by ISMIR's list, or
    by Semantic Scholar's venue and DBLP key.
    """
    chance = random.Random(5)
    titles: set[str] = set()
    for number in range(count):
        title = _made_title(chance)
        while title in titles:
            title = _made_title(chance)
        titles.add(title)
        people = [(chance.choice(_GIVEN), chance.choice(_FAMILIES)) for _ in range(chance.randint(1, 4))]
        year = 2015 + number % 9
        yield _made_case(number, title, list(dict.fromkeys(people)), year)


def _made_title(chance: random.Random) -> str:
    how, also = chance.sample(_HOW, 2)
    words = (
        how,
        also,
        chance.choice(_OF),
        chance.choice(_WHAT),
        "from",
        chance.choice(_FROM),
        chance.choice(_MATERIAL),
    )
    return " ".join(words).capitalize()


def _made_case(number: int, title: str, people: Sequence[tuple[str, str]], year: int) -> dict[str, Any]:
    arxiv = f"{year % 100:02}{1 + number % 12:02}.{10000 + number // 36:05}"
    authors = [f"{given} {family}" for given, family in people]
    case: dict[str, Any] = {
        "name": f"made-{number}",
        "kind": "none",
        "invented": True,
        "listed": {
            "type": "unpublished",
            "title": title,
            "author": " and ".join(f"{family}, {given}" for given, family in people),
            "year": str(year),
            "eprint": arxiv,
            "archiveprefix": "arXiv",
            "link": f"https://arxiv.org/pdf/{arxiv}.pdf",
        },
        "arxiv": {"id": arxiv, "title": title, "authors": authors, "published": f"{year}-{1 + number % 12:02}-05"},
        "expect": {"outcome": "none", "why": "Nobody published it."},
    }
    if number % 5 < 3:
        _publish(case, number, title, people, year)
    return case


def _publish(case: dict[str, Any], number: int, title: str, people: Sequence[tuple[str, str]], year: int) -> None:
    published = str(year + number % 2)
    authors = case["arxiv"]["authors"]
    case["kind"] = "positive"
    expect = case["expect"] = {"outcome": "propose", "year": published, "why": "Title, authors and year agree."}
    way = number // 5 % 6
    if number % 5 < 2:
        journal, short = _JOURNALS[number % 2]
        doi = f"{_MADE_PREFIX}made.{number}"
        work = {
            "DOI": doi,
            "type": "journal-article",
            "title": title,
            "authors": [{"given": given, "family": family} for given, family in people],
            "year": published,
            "container": journal,
            "short_container": short,
            "publisher": "Nobody",
            "volume": str(1 + number % 40),
            "page": f"{number}-{number + 9}",
        }
        case["crossref"] = [work]
        expect |= {"doi": doi, "venue": journal}
        if way < 2:
            case["arxiv"]["doi"] = doi
        elif way < 4:
            case["semanticscholar"] = {"DOI": doi, "venue": journal, "year": str(year)}
    elif way < 3:
        doi = f"10.5281/zenodo.{_MADE_ZENODO + number}"
        case["ismir"] = [{"year": published, "title": title, "author": authors, "doi": doi}]
        expect["doi"] = doi
    else:
        venue = "International Conference on Learning Representations"
        key = f"conf/iclr/Made{number}"
        case["semanticscholar"] = {
            "DBLP": key,
            "venue": venue,
            "publicationTypes": ["JournalArticle"],
            "year": str(year),
        }
        case["semanticscholar"]["publicationVenue"] = {"name": venue, "type": "conference", "alternate_names": ["ICLR"]}
        expect |= {"venue": venue}
        del expect["year"]  # nobody but DBLP's page says it
