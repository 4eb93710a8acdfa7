"""A paper: an entry read for its meaning, LaTeX decoded."""

import re

import msgspec

from bot.bibliography import identifiers, latex
from bot.bibliography.entry import Entry
from bot.bibliography.names import Name, read_names
from bot.config import Config


class Paper(msgspec.Struct, frozen=True):
    """What an entry says, as plain Unicode text on one line each.

    ``year`` is ``None`` where it is missing or no number. ``link`` and ``code`` are http(s) addresses or empty.
    ``values`` holds the parts of each multi-valued field, and of ``author`` the names as ``Family, Given``.
    """

    key: str
    type: str
    title: str
    authors: tuple[Name, ...]
    year: int | None
    venue: str
    link: str
    code: str
    fields: dict[str, str]
    values: dict[str, tuple[str, ...]]


def read_paper(entry: Entry, config: Config) -> Paper:
    """Read an entry for its meaning; names that do not parse are left out (rule ``author-names`` reports them)."""
    plain = config.plain_fields()
    fields = {name: value if name in plain else latex.to_text(value) for name, value in entry.fields.items()}
    authors = tuple(read_names(entry.get("author") or entry.get("editor")))
    values = {name: split_values(fields[name]) for name in config.multivalued if fields.get(name)}
    values["author"] = tuple(str(author) for author in authors)
    venue_field = config.types[entry.type].venue if entry.type in config.types else None
    return Paper(
        key=entry.key,
        type=entry.type,
        title=fields.get("title", ""),
        authors=authors,
        year=int(fields["year"]) if _is_year(fields.get("year", "")) else None,
        venue=fields.get(venue_field or "", ""),
        link=identifiers.web_address(entry.get("link")) or "",
        code=identifiers.web_address(entry.get("code")) or "",
        fields=fields,
        values=values,
    )


PREPRINT_VENUES = ("journal", "booktitle", "howpublished")
"""The fields in which a preprint may say that it is one; its publication puts its venue there."""

ARXIV_PLACES = (*PREPRINT_VENUES, "publisher", "volume")
"""The fields that may say nothing but that a paper is on arXiv; its publication empties them."""

_CORR = re.compile(r"(?i)\s*(?:corr|computing research repository)(?:\s*\Z|[\s,]+abs/)|\s*abs/")
_THESES = ("school", "institution")
_ARXIV_FIELDS = ("eprint", "doi", "link", "url", "howpublished", "journal", "booktitle", "volume", "note")
_ARXIV_IN_TEXT = re.compile(
    r"(?i)arxiv(?:\.org/(?:abs|pdf)/|[: ]\s*)((?:\d{4}\.\d{4,5}|[a-z-]{2,9}(?:\.[a-z-]{2,4})?/\d{7})(?:v\d+)?)"
)


def is_preprint(entry: Entry) -> bool:
    """Whether the entry is a preprint: ``@unpublished``, or arXiv is the only place that it names."""
    if entry.type == "unpublished":
        return True
    places = [place for field in PREPRINT_VENUES if (place := entry.get(field))] or [entry.get("publisher")]
    if any(map(names_arxiv, places)):
        return all(map(names_arxiv, places))
    published = any(places) or any(entry.get(field) for field in _THESES) or _has_own_doi(entry)
    return not published and (arxiv_id(entry) is not None or "arxiv" in entry.get("note").lower())


def arxiv_id(entry: Entry) -> str | None:
    """The arXiv identifier of the entry's paper, without version, whichever of its fields holds it."""
    elsewhere = entry.get("archiveprefix").lower() not in ("", "arxiv")
    fields = _ARXIV_FIELDS[1:] if elsewhere else _ARXIV_FIELDS
    values = [value for field in fields if (value := entry.get(field))]
    for value in values:
        if found := identifiers.arxiv(value):
            return found.id
    for value in values:
        if (match := _ARXIV_IN_TEXT.search(value)) and (found := identifiers.arxiv(match[1])):
            return found.id
    return None


def names_arxiv(value: str) -> bool:
    """Whether a place or a volume is arXiv's: ``arXiv preprint …``, ``CoRR``, ``CoRR abs/1606.00298``, ``abs/…``."""
    return "arxiv" in value.lower() or _CORR.match(value) is not None


def _has_own_doi(entry: Entry) -> bool:
    """Whether it has a DOI other than the one that arXiv gives."""
    doi = identifiers.doi(entry.get("doi"))
    return doi is not None and identifiers.arxiv(doi) is None


def split_values(value: str) -> tuple[str, ...]:
    """The parts of a multi-valued field: ``A & B`` is two values, ``R&D`` one."""
    return tuple(part for part in (part.strip() for part in value.split(" & ")) if part)


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isascii() and text.isdigit()
