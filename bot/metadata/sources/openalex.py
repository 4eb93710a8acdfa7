"""OpenAlex (https://developers.openalex.org): for DOIs, where all the versions of a work are.

arXiv identifiers are asked as arXiv's DOIs (``10.48550/arxiv.1706.08818``).
"""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from bot.bibliography import identifiers
from bot.metadata import markup, people
from bot.metadata.record import TITLES, Kind, Record
from bot.metadata.source import Key, NonsenseError, Query, Source
from bot.metadata.sources import shape

_NAME = "openalex"
_FIELDS = (
    *("id", "doi", "title", "type", "authorships", "publication_year", "biblio", "is_retracted"),
    *("primary_location", "locations"),
)
_SELECT = ("select", ",".join(_FIELDS))

# https://developers.openalex.org/api-reference/works: `type`, and of a location `raw_type` in the words of its source.
_TYPES = {
    **dict.fromkeys(("article", "review", "letter", "editorial"), (Kind.PAPER, "article")),
    "conference-paper": (Kind.PAPER, "inproceedings"),
    **dict.fromkeys(("book-chapter", "book-section", "reference-entry"), (Kind.PAPER, "incollection")),
    "book": (Kind.PAPER, "book"),
    "dissertation": (Kind.THESIS, "phdthesis"),
    "report": (Kind.REPORT, "techreport"),
    "preprint": (Kind.PREPRINT, "unpublished"),
    **dict.fromkeys(("erratum", "retraction", "peer-review"), (Kind.NOTICE, "")),
}
_PROCEEDINGS_ARTICLE = "proceedings-article"
_VENUES = frozenset({"journal", "conference", "book series"})
_IN_BOOKS = ("incollection", "inproceedings")
_RETRACTED = "OpenAlex lists it as retracted"


def query(ids: Sequence[str]) -> Query:
    """The work of one DOI, which is free, or those of several, of which none has a comma or a bar."""
    if len(ids) == 1:
        return Query(f"works/doi:{quote(ids[0], safe='')}", (_SELECT,), empty=frozenset({404}))
    return Query("works", (("filter", f"doi:{'|'.join(ids)}"), ("per_page", str(len(ids))), _SELECT))


def read(data: bytes, ids: Sequence[str]) -> dict[str, Record]:
    """The records of a work or a list of works, found by the DOIs that they have; the arXiv DOI of a work that has
    become one with its published version is found by the places where the work is.
    """
    asked = set(ids)
    records: dict[str, Record] = {}
    for work in _works(data):
        doi = identifiers.doi(shape.text(work, "doi")) or ""
        arxiv_id = _arxiv(work)
        for one in (doi, f"{identifiers.ARXIV_DOI}{arxiv_id}"):
            if one in asked and one not in records:
                records[one] = _record(work, one, doi, arxiv_id)
    return records


SOURCE = Source(
    name=_NAME,
    title=TITLES[_NAME],
    url="https://api.openalex.org",
    spacing=0.1,
    batch=100,
    query=query,
    read=read,
    # https://developers.openalex.org/api-reference/authentication: without a key a cent's worth of lists a day.
    key=Key("OPENALEX_API_KEY", param="api_key"),
    free=100,
    alone=lambda doi: "," in doi or "|" in doi,  # a filter, or a value of it, ends there
)


def _works(data: bytes) -> Iterator[dict[str, Any]]:
    answer = shape.load(data)
    results = shape.at(answer, "results")
    if isinstance(results, list):
        return shape.objects(answer, "results")
    if not shape.text(answer, "id").startswith("https://openalex.org/"):
        raise NonsenseError("the answer has no work")
    return iter((answer,))


def _record(work: dict[str, Any], asked: str, doi: str, arxiv_id: str) -> Record:
    kind, entry_type = _TYPES.get(shape.text(work, "type"), (Kind.OTHER, ""))
    place = next((one for one in _places(work) if _venue(one)), None)
    published = ""
    if kind is Kind.PREPRINT or (kind is Kind.PAPER and asked.startswith(identifiers.ARXIV_DOI)):
        published = shape.doi_of(doi) if doi != asked else ""
        published = published or next((found for one in _places(work) if (found := _published(one, asked))), "")
        if place is None and not published:
            kind, entry_type = _TYPES["preprint"]
        elif kind is Kind.PREPRINT:
            kind, entry_type = _TYPES["article"]
    if entry_type == "article" and place is not None and _is_conference(work, place):
        entry_type = "inproceedings"
    biblio = shape.at(work, "biblio")
    first, last = shape.text(biblio, "first_page"), shape.text(biblio, "last_page")
    venue = markup.to_value(_venue(place)) if entry_type in ("article", *_IN_BOOKS) else ""
    is_retracted = shape.at(work, "is_retracted") is True
    return Record(
        source=_NAME,
        id=asked,
        kind=kind,
        type=entry_type,
        fields=shape.fields(
            title=markup.to_title(shape.text(work, "title")),
            author=people.authors(map(_author, shape.objects(work, "authorships"))),
            year=markup.to_year(shape.text(work, "publication_year")),
            volume=markup.to_value(shape.text(biblio, "volume")),
            number=markup.to_value(shape.text(biblio, "issue")),
            pages=markup.to_pages(f"{first}-{last}" if first and last and first != last else first),
            **{"booktitle" if entry_type in _IN_BOOKS else "journal": venue},
            **shape.own(doi),
        ),
        published=published,
        arxiv=arxiv_id,
        retracted=is_retracted,
        notice=_RETRACTED if is_retracted else "",
    )


def _places(work: dict[str, Any]) -> list[dict[str, Any]]:
    """Where the work is, the primary location before all."""
    primary = shape.at(work, "primary_location")
    return [*([primary] if isinstance(primary, dict) else []), *shape.objects(work, "locations")]


def _venue(place: Any) -> str:
    """The venue that a location is; empty for a repository.

    Proceedings are no source of OpenAlex's: their name is only there as the publisher wrote it.
    """
    if shape.text(place, "source", "type") in _VENUES:
        return shape.text(place, "source", "display_name")
    of_publisher = shape.at(place, "source") is None and shape.text(place, "id").startswith("doi:")
    return shape.text(place, "raw_source_name") if of_publisher else ""


def _is_conference(work: dict[str, Any], place: dict[str, Any]) -> bool:
    raw_types = (shape.text(work, "type_crossref"), shape.text(place, "raw_type"))
    return shape.text(place, "source", "type") == "conference" or _PROCEEDINGS_ARTICLE in raw_types


def _published(place: dict[str, Any], asked: str) -> str:
    """The DOI at which a location has the published version; empty where it does not, or has no DOI."""
    if shape.text(place, "source", "type") == "repository":
        return ""
    if shape.text(place, "version") != "publishedVersion" and shape.at(place, "is_published") is not True:
        return ""
    address = shape.text(place, "landing_page_url")
    doi = shape.doi_of(shape.text(place, "id")) or shape.doi_of(identifiers.doi_in_url(address) or "")
    return doi if doi != asked else ""


def _arxiv(work: dict[str, Any]) -> str:
    addresses = (shape.arxiv_of(place, "landing_page_url") for place in _places(work))
    return shape.arxiv_of(work, "doi") or next(filter(None, addresses), "")


def _author(authorship: dict[str, Any]) -> str:
    return people.whole(shape.text(authorship, "raw_author_name") or shape.text(authorship, "author", "display_name"))
