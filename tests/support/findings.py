"""Findings about links, as the weekly look comes to them."""

from datetime import UTC, datetime, timedelta

from bot.links.link import Link, Place, Repair
from bot.links.memory import Record, Sighting
from bot.links.observation import Kind
from bot.links.verdict import Finding, Judgement, Verdict

BIB = "data/birds.bib"
WEEK = timedelta(days=7)
START = datetime(2027, 1, 4, 4, 0, tzinfo=UTC)

_KINDS = {
    Verdict.GONE: (Kind.GONE, "404 Not Found"),
    Verdict.SUSPECT: (Kind.GONE, "404 Not Found"),
    Verdict.MOVED: (Kind.MOVED, "301 Moved Permanently"),
    Verdict.DOWN: (Kind.ERROR, "the name does not resolve"),
    Verdict.ERROR: (Kind.ERROR, "the connection was refused"),
    Verdict.BLOCKED: (Kind.BLOCKED, "403 Forbidden"),
    Verdict.REFUSED: (Kind.REFUSED, "a private host"),
    Verdict.OK: (Kind.OK, ""),
}


def place(key: str | None = "Audubon1838", field: str | None = "link", written: str = "", line: int = 12) -> Place:
    return Place(BIB if key else "README.md", line, written, key, field if key else None)


def finding(
    url: str,
    verdict: Verdict,
    *places: Place,
    looks: int = 1,
    since: datetime = START,
    repair: str = "",
    reason: str = "",
    target: str = "",
) -> Finding:
    """A link of this verdict that was looked at so often, a week between."""
    kind, usual = _KINDS[verdict]
    reason = reason or usual
    sightings = tuple(Sighting(since + number * WEEK, kind, reason, target=target) for number in range(looks))
    return Finding(
        Link(url, places or (place(written=url),)),
        None,
        Judgement(verdict, since, reason),
        Repair(repair, "the same paper") if repair else None,
        Record(url, since, was_ok=True, sightings=() if verdict is Verdict.OK else sightings),
    )
