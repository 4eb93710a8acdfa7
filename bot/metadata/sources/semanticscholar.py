"""Semantic Scholar's graph (https://api.semanticscholar.org/api-docs/graph): what else a paper is known as.

Its year is that of the first version it saw, so it is never read.
"""

from collections.abc import Sequence
from typing import Any

from bot.bibliography import identifiers
from bot.metadata import markup, people
from bot.metadata.record import TITLES, VENUE_FIELD, Kind, Record
from bot.metadata.source import Key, NonsenseError, Query, Source
from bot.metadata.sources import shape

_NAME = "semanticscholar"
_FIELDS = "title,authors,venue,publicationVenue,publicationTypes,journal,externalIds"
_ARXIV_NAMES = frozenset({"arxiv", "arxiv.org", "corr", "computing research repository"})
_CORR = "journals/corr/"
_NONE_OF_THEM = b"No valid paper ids given"

_OF_VENUE = {"journal": "article", "conference": "inproceedings"}
# In order: a paper of a conference is called a journal article as well.
_OF_PAPER = (
    ("Conference", "inproceedings"),
    ("BookSection", "incollection"),
    ("Book", "book"),
    ("JournalArticle", "article"),
)


def query(ids: Sequence[str]) -> Query:
    """The papers of some DOIs and arXiv identifiers."""
    asked = [f"{'DOI' if one.startswith('10.') else 'ARXIV'}:{one}" for one in ids]
    return Query("graph/v1/paper/batch", (("fields", _FIELDS),), send={"ids": asked}, nothing=_NONE_OF_THEM)


def read(data: bytes, ids: Sequence[str]) -> dict[str, Record]:
    """The records of an answer, which has a paper, or ``null``, in the place of each identifier."""
    papers = shape.load(data)
    if not isinstance(papers, list):
        raise NonsenseError("the answer is no list")
    if len(papers) != len(ids):
        raise NonsenseError(f"the answer has {len(papers)} places for {len(ids)} identifiers")
    pairs = zip(ids, papers, strict=True)
    return {one: _record(one, paper) for one, paper in pairs if shape.text(paper, "title") and _is_asked(one, paper)}


SOURCE = Source(
    name=_NAME,
    title=TITLES[_NAME],
    url="https://api.semanticscholar.org",
    spacing=1.1,  # https://www.semanticscholar.org/product/api: one request a second
    batch=500,
    query=query,
    read=read,
    key=Key("S2_API_KEY", header="x-api-key"),
)


def _is_asked(asked: str, paper: dict[str, Any]) -> bool:
    """Whether the paper has the identifier that was asked for, or at least no other of its kind."""
    arxiv_id = shape.arxiv_of(asked)
    if arxiv_id:
        return shape.arxiv_of(paper, "externalIds", "ArXiv") in ("", arxiv_id)
    return identifiers.doi(shape.text(paper, "externalIds", "DOI")) in (None, asked)


def _record(asked: str, paper: dict[str, Any]) -> Record:
    doi = shape.doi_of(paper, "externalIds", "DOI")
    dblp = shape.text(paper, "externalIds", "DBLP")
    venue, others = _venues(paper)
    is_published = bool(venue or doi or (dblp and not dblp.startswith(_CORR)))
    kind, entry_type = (Kind.PAPER, _type(paper)) if is_published else (Kind.PREPRINT, "unpublished")
    if "Dataset" in shape.texts(paper, "publicationTypes"):
        kind, entry_type = Kind.OTHER, ""
    journal = shape.at(paper, "journal")
    of_arxiv = shape.text(journal, "name").lower() in _ARXIV_NAMES
    field = VENUE_FIELD.get(entry_type)
    return Record(
        source=_NAME,
        id=asked,
        kind=kind,
        type=entry_type,
        fields=shape.fields(
            title=markup.to_title(shape.text(paper, "title")),
            author=people.authors(
                people.whole(shape.text(author, "name")) for author in shape.objects(paper, "authors")
            ),
            volume="" if of_arxiv else markup.to_value(shape.text(journal, "volume")),
            pages="" if of_arxiv else markup.to_pages(shape.text(journal, "pages")),
            **({field: venue} if field else {}),
            **shape.own(doi),
        ),
        venues=others if field else shape.different([venue, *others], ""),
        published=doi,
        arxiv=shape.arxiv_of(paper, "externalIds", "ArXiv"),
        dblp=dblp,
    )


def _venues(paper: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The venue, empty for arXiv, and its other names."""
    names = [
        shape.text(paper, "publicationVenue", "name"),
        shape.text(paper, "venue"),
        shape.text(paper, "journal", "name"),
    ]
    names = [name for name in names if name and name.lower() not in _ARXIV_NAMES]
    if not names:
        return "", ()
    names += shape.texts(paper, "publicationVenue", "alternate_names")
    values = [markup.to_value(name) for name in names]
    return values[0], shape.different(values, values[0])


def _type(paper: dict[str, Any]) -> str:
    types = shape.texts(paper, "publicationTypes")
    of_venue = _OF_VENUE.get(shape.text(paper, "publicationVenue", "type"))
    return of_venue or next((entry_type for name, entry_type in _OF_PAPER if name in types), "")
