"""Crossref's REST API (https://api.crossref.org/swagger-ui/index.html).

A DOI of another agency, DataCite's too, is answered with a 404 in plain text.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from bot.bibliography import identifiers
from bot.bibliography.folding import fold_title
from bot.metadata import markup, people
from bot.metadata.record import TITLES, Kind, Record
from bot.metadata.source import NonsenseError, Query, Source
from bot.metadata.sources import shape

_NAME = "crossref"
_ROWS = 20
# What a list may be told to hold (`select`); `institution` is not among it.
_FIELDS = (
    *("DOI", "type", "title", "subtitle", "author", "container-title", "short-container-title", "event"),
    *(
        "issued",
        "published-print",
        "published-online",
        "approved",
        "volume",
        "issue",
        "page",
        "article-number",
        "publisher",
    ),
    *("ISBN", "relation", "update-to", "updated-by"),
)
_SELECT = ("select", ",".join(_FIELDS))

# https://api.crossref.org/types: those that are works by authors; all others are `Kind.OTHER`.
_TYPES = {
    "journal-article": (Kind.PAPER, "article"),
    "proceedings-article": (Kind.PAPER, "inproceedings"),
    **dict.fromkeys(("book-chapter", "book-section", "book-part", "reference-entry"), (Kind.PAPER, "incollection")),
    **dict.fromkeys(("book", "monograph", "edited-book", "reference-book"), (Kind.PAPER, "book")),
    "dissertation": (Kind.THESIS, "phdthesis"),
    **dict.fromkeys(("report", "report-component"), (Kind.REPORT, "techreport")),
    "posted-content": (Kind.PREPRINT, "unpublished"),
    "peer-review": (Kind.NOTICE, ""),
}
_YEAR = r"(?<!\d)(?:19|20)\d\d(?!\d)"
_IN_BOOKS = ("incollection", "inproceedings")

# https://www.crossref.org/documentation/crossmark/participating-in-crossmark/: the types of an update. A work may be
# the new version of another, or of itself; all other updates are notices.
_VERSIONS = frozenset({"new_version", "new_edition"})
_TAKEN_BACK = frozenset({"retraction", "withdrawal", "removal", "expression_of_concern"})

_NOTICE_TITLE = re.compile(
    r"\W*(?:(?:publisher['’]?s?|authors?['’]?s?|editorial|editors?['’]?s?)\s+)?"
    r"(?:(?:corrigend(?:um|a)|errat(?:um|a))\b|expression\s+of\s+concern\b|publisher['’]?s\s+note\b"
    r"|(?:corrections?|retraction|withdrawal|removal|addendum|clarification)(?:\s+(?:note|notice))?"
    r"(?:\s*$|\s*[:：]|\s+(?:to|of|for)\s*[:“\"‘']|\s+to\b)"
    r"|(?:comments?\s+on|reply\s+to|(?:author|authors['’]?)\s+(?:reply|response))\b)",
    re.IGNORECASE,
)
# `RETRACTED: T`, `[Retracted] T`, `RETRACTED ARTICLE: T`: the paper itself, and its title.
_RETRACTED_TITLE = re.compile(
    r"\s*(?:[\[(]\s*(?:retracted|withdrawn)(?:\s+\w+)?\s*[\])]\s*[:.]?|(?:retracted|withdrawn)(?:\s+\w+)?\s*:)\s*",
    re.IGNORECASE,
)
_NOTICE_OF = "{type}, {doi}"
_NOTICE_IN_TITLE = "its title says so"


def query(ids: Sequence[str]) -> Query:
    """The work of one DOI, or those of several, of which none has a comma."""
    if len(ids) == 1:
        return Query(f"works/{quote(ids[0], safe='')}", empty=frozenset({404}))
    asked = ",".join(f"doi:{one}" for one in ids)
    return Query("works", (("filter", asked), ("rows", str(len(ids))), _SELECT))


def read(data: bytes, ids: Sequence[str]) -> dict[str, Record]:
    """The records of a work or a list of works, found by the DOIs that they have.

    One that was asked for by itself may be answered under another DOI, of which it is an alias.
    """
    asked = set(ids)
    records = [record for record in map(_record, _works(data)) if record]
    if len(ids) == len(records) == 1:
        return {ids[0]: records[0]}
    return {record.id: record for record in records if record.id in asked}


SOURCE = Source(
    name=_NAME,
    title=TITLES[_NAME],
    url="https://api.crossref.org",
    # https://www.crossref.org/documentation/retrieve-metadata/rest-api/access-and-authentication/: in the polite pool
    # three requests for lists a second, since December 2025.
    spacing=0.35,
    batch=50,
    query=query,
    read=read,
    alone=lambda doi: "," in doi,  # a filter ends there
)


def search(title: str, family: str) -> Query:
    """The search for a plain title and the family name of its first author.

    ``query.bibliographic`` is what Crossref recommends for references: the words of the title weigh most, and the name
    lifts the right one of several with a famous title, also where the record has no author. (``query.author`` beside
    ``query.title`` would lift other papers by somebody of that name above a right one without authors.)
    """
    wanted = f"{title} {family}".strip()
    return Query("works", (("query.bibliographic", wanted), ("rows", str(_ROWS)), _SELECT))


def read_search(
    data: bytes, is_wanted: Callable[[Sequence[str], str], bool] = lambda _titles, _arxiv: True
) -> list[Record]:
    """The records that a search found, in Crossref's order, each with its own DOI as ``id``.

    Most of what a search finds is something else: ``is_wanted`` is asked with the plain titles of a work and the arXiv
    identifier that it names, before the rest of it is read.

    Raises:
        NonsenseError: the answer is not what Crossref answers.
    """
    works = (work for work in _works(data) if is_wanted(_plain_titles(work), _arxiv(work)))
    return [record for record in map(_record, works) if record]


def _plain_titles(work: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(map(markup.to_plain, (_title(work)[0], *shape.texts(work, "title")))))


def _works(data: bytes) -> Iterator[dict[str, Any]]:
    message = shape.at(shape.load(data), "message")
    if not isinstance(message, dict):
        raise NonsenseError("the answer has no message")
    if "items" not in message:
        if not shape.text(message, "DOI"):
            raise NonsenseError("the answer has no DOI")
        return iter((message,))
    if not isinstance(message["items"], list):
        raise NonsenseError("the answer has no list of works")
    return shape.objects(message, "items")


def _record(work: dict[str, Any]) -> Record | None:
    doi = identifiers.doi(shape.text(work, "DOI"))
    if not doi:
        return None
    kind, entry_type = _TYPES.get(shape.text(work, "type"), (Kind.OTHER, ""))
    title, says_retracted = _title(work)
    notice = _retraction(work) or (_NOTICE_IN_TITLE if says_retracted else "")
    if _is_notice(work, title):
        kind, notice = Kind.NOTICE, ""
    shown = markup.to_title(title)
    publisher = markup.to_value(shape.text(work, "publisher"))
    venue_field, venue, series, venues = _venue(work, entry_type, publisher)
    return Record(
        source=_NAME,
        id=doi,
        kind=kind,
        type=entry_type,
        fields=shape.fields(
            title=shown,
            author=people.authors(map(_author, _in_sequence(work))),
            year=_year(work),
            volume=markup.to_value(shape.text(work, "volume")),
            number=markup.to_value(shape.text(work, "issue")),
            series=series,
            pages=markup.to_pages(shape.text(work, "page") or shape.text(work, "article-number")),
            publisher=publisher if kind is Kind.PAPER else "",
            isbn=_isbn(work) if entry_type in ("book", *_IN_BOOKS) else "",
            **{venue_field: venue},
            **shape.own(doi),
        ),
        venues=venues,
        titles=_other_titles(work, title, shown),
        published=_published(work, doi) if kind is Kind.PREPRINT else "",
        arxiv=_arxiv(work),
        retracted=bool(notice),
        notice=notice,
    )


def _title(work: dict[str, Any]) -> tuple[str, bool]:
    """The title, with markup, and whether it began with the word that it is retracted.

    Of titles in several languages it is the first; the subtitle belongs to it unless it holds it already.
    """
    title = next(iter(shape.texts(work, "title")), "")
    subtitle = next(iter(shape.texts(work, "subtitle")), "")
    marked = _RETRACTED_TITLE.match(title)
    if marked and marked.end() < len(title):
        title = title[marked.end() :]
    if subtitle and title and fold_title(markup.to_plain(subtitle)) not in fold_title(markup.to_plain(title)):
        title = title.rstrip(" :")
        title = f"{title} {subtitle}" if title.endswith(("?", "!")) else f"{title}: {subtitle}"
    return title, marked is not None


def _other_titles(work: dict[str, Any], title: str, shown: str) -> tuple[str, ...]:
    """The titles in other languages, and the title without its subtitle; ``shown`` is what the title is shown as."""
    return shape.different([markup.to_title(one) for one in shape.texts(work, "title") if one != title], shown)


def _is_notice(work: dict[str, Any], title: str) -> bool:
    """Whether the work says that it updates another, or its title that it is about another."""
    updates = [shape.text(update, "type").lower() for update in shape.objects(work, "update-to")]
    return any(one not in _VERSIONS for one in updates) or bool(_NOTICE_TITLE.match(markup.to_plain(title)))


def _retraction(work: dict[str, Any]) -> str:
    """What took the work back, and the DOI of the notice; empty where nothing did."""
    for update in shape.objects(work, "updated-by"):
        kind = shape.text(update, "type").lower()
        if kind in _TAKEN_BACK:
            return _NOTICE_OF.format(type=kind, doi=identifiers.doi(shape.text(update, "DOI")) or "").rstrip(", ")
    return ""


def _in_sequence(work: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(shape.objects(work, "author"), key=lambda author: shape.text(author, "sequence") != "first")


def _author(author: dict[str, Any]) -> str:
    family, given = shape.text(author, "family"), shape.text(author, "given")
    if not family:
        return people.organisation(shape.text(author, "name")) if shape.text(author, "name") else people.whole(given)
    if not given and " " in family:
        return people.whole(family)  # some publishers put whole names there
    prefix = shape.text(author, "prefix")
    particle = prefix if prefix.islower() else ""  # otherwise it is a title: `Dr.`
    return people.person(family, given, shape.text(author, "suffix"), particle)


def _year(work: dict[str, Any]) -> str:
    """The year of the issue or volume where it is known: it is what references cite.

    ``issued`` is the earliest date of all, so for an article the day when it went online, often in the year before.
    A dissertation may have only the date of its approval; old proceedings have none, but their name has the year.
    """
    for date in (("published-print",), ("published-online",), ("issued",), ("approved",), ("event", "start")):
        year = markup.to_year(shape.text(work, *date, "date-parts", 0, 0))
        if year:
            return year
    names = [shape.text(work, "event", "name"), *shape.texts(work, "container-title")]
    years = {year for name in names for year in re.findall(_YEAR, name)}
    return markup.to_year(years.pop()) if len(years) == 1 else ""


def _venue(work: dict[str, Any], entry_type: str, publisher: str) -> tuple[str, str, str, tuple[str, ...]]:
    """The field for the venue, the venue, the series that the volume is part of, and other names of the venue.

    Of two containers of a chapter or a proceedings paper the first is the series, the second the volume.
    """
    containers = [markup.to_value(name) for name in shape.texts(work, "container-title")]
    institution = markup.to_value(shape.text(work, "institution", 0, "name") or shape.text(work, "institution", "name"))
    others = shape.texts(work, "event", "name") + shape.texts(work, "event", "acronym")
    names = containers + [markup.to_value(name) for name in others + shape.texts(work, "short-container-title")]
    series = containers[0] if entry_type in _IN_BOOKS and len(containers) > 1 else ""
    venue = next(iter(containers[1:] if series else containers), "")
    field = "booktitle" if entry_type in _IN_BOOKS else "journal"
    if entry_type in ("phdthesis", "techreport"):
        field = "school" if entry_type == "phdthesis" else "institution"
        venue = institution or publisher
    elif entry_type == "unpublished":
        field, venue = "howpublished", institution
    elif entry_type == "book":
        venue = ""
    return field, venue, series, shape.different(names, venue)


def _isbn(work: dict[str, Any]) -> str:
    """The first ISBN that is right, without the address that Crossref may put before it."""
    numbers = (number.rsplit("/", 1)[-1] for number in shape.texts(work, "ISBN"))
    return next((number for number in numbers if identifiers.isbn_fault(number) is None), "")


def _published(work: dict[str, Any], doi: str) -> str:
    related = shape.objects(work, "relation", "is-preprint-of")
    return next((found for one in related if (found := shape.doi_of(one, "id")) and found != doi), "")


def _arxiv(work: dict[str, Any]) -> str:
    related = (one for kind in ("has-preprint", "is-version-of") for one in shape.objects(work, "relation", kind))
    return next((found for one in related if (found := shape.arxiv_of(one, "id"))), "")
