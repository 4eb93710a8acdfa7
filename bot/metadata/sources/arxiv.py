"""arXiv's Atom API (https://info.arxiv.org/help/api/user-manual.html), read with feedparser."""

import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from bot.bibliography import identifiers
from bot.metadata import markup, people
from bot.metadata.record import TITLES, Kind, Record
from bot.metadata.source import NonsenseError, Query, Source
from bot.metadata.sources import shape

_NAME = "arxiv"
_PDF = "https://arxiv.org/pdf/"
_ERROR = re.compile(r"https?://(?:export\.)?arxiv\.org/api/errors", re.IGNORECASE)
_CLASS = re.compile(r"[a-z-]{2,12}(?:\.[A-Za-z-]{2,20})?")
_BETWEEN_DOIS = r"[\s;]+|,\s*(?=10\.)"
# Where data and software are deposited; also ISMIR's papers.
REPOSITORIES = ("10.5281/", "10.6084/", "10.17605/", "10.5061/", "10.17632/", "10.7910/")

_WORK = r"(?:paper|article|manuscript|submission|preprint|e-?print|work|note|letter|report|version|document)"
_BY_WHOM = r"by\s+(?:(?:the|its|one|all|of|sole|first|corresponding|submitting)\s+)*(?:authors?|submitters?|arxiv)"
# What is said of this very paper: not that an older version of it was withdrawn, nor that it was from somewhere else.
_ELSEWHERE = r"(?!\s+from\s+(?!(?:the\s+)?arxiv))"
_SAYS_WITHDRAWN = re.compile(
    rf"(?<!version of )\b(?:this|the present|our)\s+(?:\w+\s+){{0,2}}{_WORK}\s+"
    rf"(?:has\s+(?:\w+\s+)?been|is|was|is\s+being)\s+(?:\w+\s+)?withdrawn\b{_ELSEWHERE}"
    rf"|\b(?:authors?|submitters?|we)\s+ha(?:s|ve)\s+(?:\w+\s+)?withdrawn\s+(?:this|our)\s+{_WORK}\b{_ELSEWHERE}",
    re.IGNORECASE,
)
_BEGINS = rf"\W*(?:(?:the\s+|this\s+)?{_WORK}\s+)?(?:(?:has\s+been|is|was)\s+)?withdrawn\b{_ELSEWHERE}"
_COMMENT_WITHDRAWN = re.compile(rf"{_BEGINS}|.*?\bwithdrawn\s+{_BY_WHOM}\b", re.IGNORECASE)
# A text that stands in the place of an abstract.
_SUMMARY_WITHDRAWN = re.compile(rf"{_BEGINS}\s*(?:[.;:!(]|$|{_BY_WHOM}\b|(?:due|because|since)\b)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
_LONGEST_NOTICE = 160
# A feed has five levels and elements of four attributes; before the first element stands a declaration.
_DEEPEST, _MOST_ATTRIBUTES, _LONGEST_HEAD = 30, 30, 1000
_ROOT = re.compile(rb"<\w")


def query(ids: Sequence[str]) -> Query:
    """The papers of some identifiers; ``max_results`` is said, since its default of 10 holds for ``id_list`` too."""
    wanted = [one for one in ids if identifiers.arxiv(one)]  # one that is malformed makes an error of the whole answer
    params = (("id_list", ",".join(wanted)), ("start", "0"), ("max_results", str(len(wanted))))
    return Query("api/query", params)


def read(data: bytes, ids: Sequence[str]) -> dict[str, Record]:
    """The records of a feed, found by the identifiers that its entries have."""
    asked = set(ids)
    return {record.id: record for record in map(_record, _entries(data)) if record and record.id in asked}


SOURCE = Source(
    name=_NAME,
    title=TITLES[_NAME],
    url="https://export.arxiv.org",
    spacing=3.0,  # https://info.arxiv.org/help/api/tou.html: one request every three seconds
    batch=100,
    query=query,
    read=read,
)


def _entries(data: bytes) -> Iterator[dict[str, Any]]:
    import feedparser

    if not _is_plain(data):
        raise NonsenseError("the answer is no well-formed Atom feed")
    try:
        # A file, since feedparser takes text for an address or the name of a file first.
        feed = feedparser.parse(io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # it raises whatever comes of what is no feed
        raise NonsenseError("the answer is no feed") from error
    if feed.get("bozo") or not str(feed.get("version")).startswith("atom"):
        raise NonsenseError("the answer is no well-formed Atom feed")
    entries = list(shape.objects(feed.get("entries")))
    for entry in entries:
        if _ERROR.match(shape.text(entry, "id")):
            raise NonsenseError(f"the answer is an error: {_short(shape.text(entry, 'summary')) or 'unnamed'}")
    return iter(entries)


def _is_plain(data: bytes) -> bool:
    """Whether it is XML as arXiv writes it: well-formed UTF-8, no document type, nothing deep or with many attributes.

    feedparser would read anything else too, by rules whose time grows with the square of its length.
    """
    from xml.parsers import expat  # expat itself limits what entities become

    depth = 0

    def start(_: str, attributes: list[str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST or len(attributes) > 2 * _MOST_ATTRIBUTES:
            raise ValueError("no feed")

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: object) -> None:
        raise ValueError("no feed")

    parser = expat.ParserCreate("utf-8")
    parser.ordered_attributes = True
    parser.StartElementHandler, parser.EndElementHandler, parser.StartDoctypeDeclHandler = start, end, refuse
    root = _ROOT.search(data[:_LONGEST_HEAD])
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError):
        return False
    return root is not None


def _record(entry: dict[str, Any]) -> Record | None:
    identifier = shape.arxiv_of(entry, "id")
    title = markup.to_title(shape.text(entry, "title"))
    if not identifier or not title:
        return None
    primary_class = shape.text(entry, "arxiv_primary_category", "term")
    comment = markup.to_plain(shape.text(entry, "arxiv_comment"))
    summary = shape.text(entry, "summary")
    notice = _withdrawal(comment, markup.to_plain(summary) if "withdraw" in summary.lower() else "")
    return Record(
        source=_NAME,
        id=identifier,
        kind=Kind.PREPRINT,
        type="unpublished",
        fields=shape.fields(
            title=title,
            author=people.authors(people.whole(shape.text(name, "name")) for name in shape.objects(entry, "authors")),
            year=markup.to_year(shape.text(entry, "published")),
            eprint=identifier,
            archiveprefix="arXiv",
            primaryclass=primary_class if _CLASS.fullmatch(primary_class) else "",
            link=_PDF + identifier,
        ),
        published=_first_doi(shape.text(entry, "arxiv_doi")),
        arxiv=identifier,
        journal_ref=markup.to_plain(shape.text(entry, "arxiv_journal_ref")),
        comment=comment,
        withdrawn=bool(notice),
        notice=notice,
    )


def _first_doi(text: str) -> str:
    """The first DOI of a text that may hold several, those of repositories last, and none that is arXiv's own."""
    found = [doi for part in re.split(_BETWEEN_DOIS, text) if (doi := shape.doi_of(part))]
    return min(found, key=lambda doi: doi.startswith(REPOSITORIES), default="")


def _withdrawal(comment: str, summary: str) -> str:
    """The sentence that says that the paper is withdrawn, shortened; empty where none does."""
    for text, short_form in ((comment, _COMMENT_WITHDRAWN), (summary, _SUMMARY_WITHDRAWN)):
        match = _SAYS_WITHDRAWN.search(text) or short_form.match(text)
        if match:
            before = [end.end() for end in _SENTENCE_END.finditer(text, 0, match.end() - 1)]
            after = _SENTENCE_END.search(text, match.end() - 1)
            return _short(text[before[-1] if before else 0 : after.end() if after else len(text)].strip())
    return ""


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_NOTICE else text[: _LONGEST_NOTICE - 1].rstrip() + "…"
