"""The proceedings of ISMIR (https://github.com/ismir/conference-archive): one list of papers a year."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from bot.bibliography import identifiers
from bot.metadata import markup, people
from bot.metadata.record import TITLES, Kind, Record
from bot.metadata.source import NonsenseError, Query, Source
from bot.metadata.sources import shape

_NAME = "ismir"
_VENUE = "ISMIR"
_VENUES = (
    "International Society for Music Information Retrieval Conference",
    "International Conference on Music Information Retrieval",
)
_HOMONYM = r"\s+\d{4}$"  # DBLP's number for one of several people of a name


def query(ids: Sequence[str]) -> Query:
    """The papers of one year."""
    return Query(f"database/proceedings/{quote(ids[0])}.json", empty=frozenset({404}))


def read(data: bytes, ids: Sequence[str]) -> dict[str, Record]:
    """The records of a year by their own identifiers."""
    return {record.id: record for record in read_year(data, ids[0])}


SOURCE = Source(
    name=_NAME,
    title=TITLES[_NAME],
    url="https://raw.githubusercontent.com/ismir/conference-archive/master",
    spacing=1.0,
    batch=1,
    query=query,
    read=read,
)


def read_year(data: bytes, year: str) -> list[Record]:
    """The papers of a year, each with its DOI as ``id``, or DBLP's key, or the year and its place in the list.

    Raises:
        NonsenseError: the answer is no list of papers.
    """
    papers = shape.load(data)
    if not isinstance(papers, list):
        raise NonsenseError("the answer is no list")
    records = (_record(paper, year, place) for place, paper in enumerate(papers, 1) if isinstance(paper, dict))
    return [record for record in records if record]


def _record(paper: dict[str, Any], year: str, place: int) -> Record | None:
    title = markup.to_title(shape.text(paper, "title"))
    if not title:
        return None
    doi = identifiers.doi(shape.text(paper, "doi")) or ""
    dblp = shape.text(paper, "dblp_key")
    return Record(
        source=_NAME,
        id=doi or dblp or f"{year}/{place}",
        kind=Kind.PAPER,
        type="inproceedings",
        fields=shape.fields(
            title=title,
            author=people.authors(people.whole(re.sub(_HOMONYM, "", name)) for name in shape.texts(paper, "author")),
            year=markup.to_year(shape.text(paper, "year")) or year,
            booktitle=_VENUE,
            pages=markup.to_pages(shape.text(paper, "pages")),
            link=identifiers.web_address(shape.text(paper, "ee")) or "",
            **shape.own(doi),
        ),
        venues=_VENUES,
        dblp=dblp,
    )
