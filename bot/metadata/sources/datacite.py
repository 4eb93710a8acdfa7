"""DataCite's REST API (https://support.datacite.org/docs/api): arXiv's DOIs, Zenodo's, those of many theses.

The words are those of its metadata schema 4 (https://datacite-metadata-schema.readthedocs.io/).
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from bot.bibliography import identifiers
from bot.bibliography.folding import fold_title
from bot.metadata import markup, people
from bot.metadata.record import TITLES, Kind, Record
from bot.metadata.source import NonsenseError, Query, Source
from bot.metadata.sources import shape

_NAME = "datacite"

_ARTICLE = (Kind.PAPER, "article")
_IN_PROCEEDINGS = (Kind.PAPER, "inproceedings")
_CHAPTER = (Kind.PAPER, "incollection")
_BOOK = (Kind.PAPER, "book")
_THESIS = (Kind.THESIS, "phdthesis")
_MASTERS_THESIS = (Kind.THESIS, "mastersthesis")
_REPORT = (Kind.REPORT, "techreport")
_PREPRINT = (Kind.PREPRINT, "unpublished")
_NOTICE = (Kind.NOTICE, "")
_OTHER = (Kind.OTHER, "")
_TEXT = (Kind.PAPER, "")

# resourceTypeGeneral; what is not here is `_OTHER`.
_GENERAL = {
    "journalarticle": _ARTICLE,
    "datapaper": _ARTICLE,
    "conferencepaper": _IN_PROCEEDINGS,
    "bookchapter": _CHAPTER,
    "book": _BOOK,
    "report": _REPORT,
    "preprint": _PREPRINT,
    "peerreview": _NOTICE,
}
# Only these leave it to resourceType, which is free text: Zenodo writes `Conference paper`, others `PhD Thesis`.
_OPEN = {"text": _TEXT, "dissertation": _THESIS, "other": _OTHER, "": _OTHER}
_SPECIFIC = (
    (r"preprint", _PREPRINT),
    (r"peerreview|erratum|corrigendum|correction|retraction", _NOTICE),
    (r"poster|presentation|slides|lecture|dataset|software|image|video|proposal|proceedings$", _OTHER),
    (r"chapter|booksection|partofbook", _CHAPTER),
    (r"(?:conference|workshop|proceedings|symposium).*(?:paper|article|contribution)|inproceedings", _IN_PROCEEDINGS),
    (r"master|diplom|bachelor", _MASTERS_THESIS),
    (r"thesis|dissertation", _THESIS),
    (r"report|workingpaper", _REPORT),
    (r"article|journal", _ARTICLE),
    (r"book|monograph", _BOOK),
)
# Where a thesis, a report or a paper can be put by anybody: no school, institution or publisher.
_REPOSITORIES = frozenset({"arxiv", "zenodo", "figshare", "osf", "dryad", "hal", "researchgate"})

_IN_BOOKS = ("incollection", "inproceedings")
_SAME_WORK = frozenset(
    ("isversionof", "hasversion", "isidenticalto", "isvariantformof", "isoriginalformof", "ispreprintof", "haspreprint")
)


def query(ids: Sequence[str]) -> Query:
    """The work of one DOI, or those of several."""
    if len(ids) == 1:
        return Query(f"dois/{quote(ids[0], safe='')}", empty=frozenset({404}))
    asked = " OR ".join('"' + re.sub(r'([\\"])', r"\\\1", one) + '"' for one in ids)
    return Query("dois", (("query", f"doi:({asked})"), ("page[size]", str(len(ids)))))


def read(data: bytes, ids: Sequence[str]) -> dict[str, Record]:
    """The records of a work or a list of works, found by the DOIs that they have."""
    asked = set(ids)
    return {record.id: record for record in map(_record, _works(data)) if record and record.id in asked}


SOURCE = Source(
    name=_NAME,
    title=TITLES[_NAME],
    url="https://api.datacite.org",
    # https://support.datacite.org/docs/rate-limit: 3,000 requests in five minutes, of all that share an address.
    spacing=0.6,
    batch=50,
    query=query,
    read=read,
)


def _works(data: bytes) -> Iterator[dict[str, Any]]:
    found = shape.at(shape.load(data), "data")
    if isinstance(found, list):
        return (work for one in found if isinstance(work := shape.at(one, "attributes"), dict))
    work = shape.at(found, "attributes")
    if not isinstance(work, dict) or not shape.text(work, "doi"):
        raise NonsenseError("the answer has no data")
    return iter((work,))


def _record(work: dict[str, Any]) -> Record | None:
    doi = identifiers.doi(shape.text(work, "doi"))
    if not doi:
        return None
    own = shape.own(doi)
    kind, entry_type = _kind(work)
    publisher = markup.to_value(shape.text(work, "publisher") or shape.text(work, "publisher", "name"))
    if fold_title(publisher) in _REPOSITORIES:
        publisher = ""
    place = _Place(work)
    venues: list[str] = []
    venue = {}
    if entry_type in ("article", *_IN_BOOKS):
        venues = place.venues
        venue = {"journal" if entry_type == "article" else "booktitle": next(iter(venues), "")}
    elif kind in (Kind.THESIS, Kind.REPORT):
        venue = {"institution" if kind is Kind.REPORT else "school": publisher}
    return Record(
        source=_NAME,
        id=doi,
        kind=kind,
        type=entry_type,
        fields=shape.fields(
            title=markup.to_title(_title(work)),
            author=people.authors(map(_author, shape.objects(work, "creators"))),
            year=markup.to_year(shape.text(work, "publicationYear")),
            volume=markup.to_value(place.get("volume")),
            number=markup.to_value(place.get("issue")),
            pages=markup.to_pages(place.pages),
            publisher=publisher if kind is Kind.PAPER else "",
            **venue,
            **own,
        ),
        venues=tuple(venues[1:]),
        published=_published(work) if "eprint" in own else "",
        arxiv=own.get("eprint") or _arxiv(work),
    )


def _kind(work: dict[str, Any]) -> tuple[Kind, str]:
    general = shape.text(work, "types", "resourceTypeGeneral").lower()
    if general not in _OPEN:
        return _GENERAL.get(general, _OTHER)
    specific = re.sub(r"[^a-z]", "", shape.text(work, "types", "resourceType").lower())
    return next((found for pattern, found in _SPECIFIC if re.search(pattern, specific)), _OPEN[general])


def _title(work: dict[str, Any]) -> str:
    """The title, with markup, and the subtitle; titles in other words or languages are left out."""
    titles = list(shape.objects(work, "titles"))
    main = next((shape.text(one, "title") for one in titles if not shape.text(one, "titleType")), "")
    subtitle = next((shape.text(one, "title") for one in titles if shape.text(one, "titleType") == "Subtitle"), "")
    return f"{main.rstrip(' :')}: {subtitle}" if main and subtitle else main


def _author(creator: dict[str, Any]) -> str:
    name, family = shape.text(creator, "name"), shape.text(creator, "familyName")
    if shape.text(creator, "nameType") == "Organizational":
        return people.organisation(name)
    if family:
        return people.person(family, shape.text(creator, "givenName"))
    family, comma, given = name.partition(",")
    return people.person(family.strip(), given.strip()) if comma else people.whole(name)


class _Place:
    """Where a work stands: its container, which DataCite derives, or the items that it is said to be published in."""

    def __init__(self, work: dict[str, Any]) -> None:
        items = shape.objects(work, "relatedItems")
        self._items = [item for item in items if shape.text(item, "relationType") == "IsPublishedIn"]
        self._container = shape.at(work, "container")

    def get(self, name: str) -> str:
        found = (shape.text(part, name) for part in (self._container, *self._items))
        return next((text for text in found if text), "")

    @property
    def pages(self) -> str:
        first, last = self.get("firstPage"), self.get("lastPage")
        return f"{first}-{last}" if first and last and first != last else first

    @property
    def venues(self) -> list[str]:
        """The names of the venue, the container's before all."""
        titles = [title for item in self._items for title in shape.objects(item, "titles")]
        names = [shape.text(self._container, "title"), *(shape.text(title, "title") for title in titles)]
        return list(shape.different([markup.to_value(name) for name in names], ""))


def _related(work: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (
        one
        for one in shape.objects(work, "relatedIdentifiers")
        if shape.text(one, "relationType").lower() in _SAME_WORK
    )


def _published(work: dict[str, Any]) -> str:
    """What arXiv's own DOI is a version of: the DOI that its authors gave for the published version."""
    return next((doi for one in _related(work) if (doi := shape.doi_of(one, "relatedIdentifier"))), "")


def _arxiv(work: dict[str, Any]) -> str:
    return next((found for one in _related(work) if (found := shape.arxiv_of(one, "relatedIdentifier"))), "")
