"""What may take an address's place. What has to be asked for it is asked by somebody else (``Asks``)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

import msgspec

from bot.bibliography import identifiers
from bot.bibliography.entry import Entry
from bot.bibliography.paper import arxiv_id
from bot.links import archive, page, soft, walls
from bot.links.archive import Capture
from bot.links.link import Link, Repair
from bot.links.memory import Record, Sighting
from bot.links.observation import Kind, Observation
from bot.links.owners.all import owner_of
from bot.links.verdict import Finding, Verdict
from bot.metadata.source import NonsenseError, Query
from bot.web.session import Answer
from bot.wording import listed

IDENTIFIERS = frozenset({"doi", "eprint"})
"""Fields whose value is an identifier: no address takes its place."""
PAPERS_OWN = frozenset({"link", "url"})
"""Fields that lead to the paper itself, so that another address of the paper may take their place."""

MOVED = "{how} to {target}, seen on {days}"
FOR_GOOD = {301: "301", 308: "308", 0: "`meta refresh`"}
MOVED_SOMEHOW = "moved"
SECURE = "the same page comes over https"
BY_DOI = "this is the DOI of the same paper, and its registry knows it"
BY_ARXIV = "this is the same paper at arXiv"
BY_CAPTURE = "this is the Wayback Machine's copy of {day}"

_HTTP, _HTTPS = "http://", "https://"
_ARXIV = "https://arxiv.org/abs/"
_OK = 200
_MOST_DAYS = 4


class Asks(Protocol):
    """One who asks for what a repair stands on, politely."""

    archive_url: str
    """The base address of the Wayback Machine."""

    def look(self, url: str, title: str) -> Observation:
        """A look at an address, as at one of the list: its owner is asked, if it has one."""

    def see(self, url: str, title: str) -> tuple[Observation, Answer | None]:
        """A look at an address, whoever may answer for it, and what ``fetch`` would give, by the same requests."""

    def fetch(self, url: str) -> Answer | None:
        """What an address serves, redirects followed: of the body the beginning. ``None`` where nothing comes."""

    def ask_archive(self, query: Query) -> Answer | None:
        """The answer of the Wayback Machine, no redirect followed. ``None`` where none comes."""


def find_repair(finding: Finding, record: Record, entries: Mapping[str, Entry], asks: Asks) -> Repair | None:
    """What may take the place of a link's address; ``None`` where nothing may, or where nobody could say.

    ``record`` is what is remembered of the link with this run's look, ``entries`` has the entries of its places by key.
    Only what has moved for good, is gone, or is the same over https is repaired.
    """
    verdict = finding.verdict
    url = finding.link.url
    if all(place.field in IDENTIFIERS for place in finding.link.places):
        return None
    if verdict is Verdict.MOVED:
        repair = _moved(finding, record)
    elif verdict is Verdict.GONE:
        repair = next(_instead(finding, record, entries, asks), None)
    elif verdict is Verdict.OK and finding.observation and finding.observation.kind is Kind.OK:
        repair = _secure(finding.link, finding.observation, asks)
    else:
        repair = None
    return repair if repair and _may_stand(repair.address, url) else None


def _may_stand(address: str, url: str) -> bool:
    """Whether an address can be written where the old one stands, and is another."""
    return identifiers.web_address(address) == address and address != url


# --- Moved -----------------------------------------------------------------------------------------------------------


def _moved(finding: Finding, record: Record) -> Repair | None:
    sightings = [one for one in record.sightings if one.kind is Kind.MOVED and one.target]
    if not sightings:
        return None
    last = sightings[-1]
    if not last.fit or (_is_secure(finding.link.url) and not _is_secure(last.target)):
        return None
    days = _days([one for one in sightings if one.target == last.target])
    return Repair(last.target, MOVED.format(how=_how(finding.observation, last), target=last.target, days=days))


def _how(observation: Observation | None, last: Sighting) -> str:
    """The first permanent redirect of the chain, or what its owner says."""
    if observation and observation.kind is Kind.MOVED:
        for hop in observation.chain:
            if hop.status in FOR_GOOD:
                return FOR_GOOD[hop.status]
    return MOVED_SOMEHOW


# --- https -----------------------------------------------------------------------------------------------------------


def _secure(link: Link, observation: Observation, asks: Asks) -> Repair | None:
    url, address = link.url, _twin(link.url)
    if address is None or _is_of_pageless(url):
        return None
    secure, safe = asks.see(address, link.title)
    if secure.kind is not Kind.OK or secure.status != observation.status or secure.note not in ("", observation.note):
        return None
    plain = asks.fetch(url) if safe and _is_secure(safe.url) else None
    return Repair(address, SECURE) if plain and safe and serve_the_same(plain, safe) else None


def _is_of_pageless(url: str) -> bool:
    """Whether its owner alone may be asked, and never its page."""
    owned = owner_of(url)
    return owned is not None and not owned[0].page


def serve_the_same(plain: Answer, secure: Answer) -> bool:
    """Whether two answers are the same but for ``https``: status, where they come from, and nearly the body."""
    if (plain.status, _without_scheme(plain.url)) != (secure.status, _without_scheme(secure.url)):
        return False
    kinds = [page.media_type(one.headers.get("Content-Type", "")) for one in (plain, secure)]
    if kinds[0] != kinds[1] or page.is_pdf(plain.body) != page.is_pdf(secure.body):
        return False
    if plain.body == secure.body:
        return True
    if not _is_page(plain) or not _is_page(secure):
        # Only the beginnings were read, and not always as much of both.
        length = min(len(plain.body), len(secure.body))
        return length > 0 and plain.body[:length] == secure.body[:length]
    shown = [soft.shown(one.url, one.url, one.status, _page(one)) for one in (plain, secure)]
    return soft.same(msgspec.structs.replace(shown[0], url=""), msgspec.structs.replace(shown[1], url=""))


def is_http(url: str) -> bool:
    """Whether an address may have a twin over https: at http's own port."""
    return _twin(url) is not None


def _twin(url: str) -> str | None:
    """The same address over https; on another port nothing is known of TLS."""
    if url[: len(_HTTP)].lower() != _HTTP:
        return None
    rest = url[len(_HTTP) :]
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    plain = host.removesuffix(":80")
    return None if ":" in plain.rpartition("]")[2] else _HTTPS + plain + rest[len(host) :]


def _is_secure(url: str) -> bool:
    return url[: len(_HTTPS)].lower() == _HTTPS


def _without_scheme(url: str) -> str:
    rest = url.partition("#")[0].partition("://")[2]
    host, slash, path = rest.partition("/")
    return host.lower().removesuffix(":80").removesuffix(":443") + (slash or "/") + path


# --- Gone ------------------------------------------------------------------------------------------------------------


def _instead(finding: Finding, record: Record, entries: Mapping[str, Entry], asks: Asks) -> Iterator[Repair]:
    """What works instead of what is gone, the best first; each is asked for only when it is wanted."""
    link = finding.link
    for repair in others_of_paper(link, entries):
        if asks.look(repair.address, link.title).kind is Kind.OK:
            yield repair
    capture = _capture(link, _death(finding, record), asks)
    if capture:
        yield Repair(capture.address, BY_CAPTURE.format(day=_day(capture.at.date())))


def others_of_paper(link: Link, entries: Mapping[str, Entry]) -> list[Repair]:
    """What may take a link's place if it works: the DOI of the same paper, and its page at arXiv."""
    paper = _paper(link, entries)
    if paper is None:
        return []
    doi, arxiv = identifiers.doi(paper.get("doi")), arxiv_id(paper)
    others = [Repair(identifiers.doi_address(doi), BY_DOI)] if doi else []
    others += [Repair(_ARXIV + arxiv, BY_ARXIV)] if arxiv else []
    return [other for other in others if not _is_of_same(link.url, other.address)]


def _paper(link: Link, entries: Mapping[str, Entry]) -> Entry | None:
    """The entry whose paper's own page the link is; ``None`` where it is that of several, or of something else."""
    fields = {(place.key, place.field) for place in link.places if place.key is not None}
    keys = {key for key, field in fields if field not in IDENTIFIERS}
    others = {field for _, field in fields if field not in IDENTIFIERS} - PAPERS_OWN
    return entries.get(keys.pop() or "") if len(keys) == 1 and not others else None


def _is_of_same(url: str, address: str) -> bool:
    """Whether an address leads where the one does that is gone."""
    one, other = identifiers.arxiv(url), identifiers.arxiv(address)
    if one and other:
        return one.id == other.id
    return identifiers.doi(url) == identifiers.doi(address) is not None


def _death(finding: Finding, record: Record) -> datetime:
    """When it was first seen not to work."""
    bad = [one.at for one in record.sightings if one.kind in (Kind.GONE, Kind.SOFT_GONE, Kind.ERROR)]
    if bad:
        return min(bad)
    return finding.judgement.since if finding.judgement else record.since


# --- Captures --------------------------------------------------------------------------------------------------------


def _capture(link: Link, death: datetime, asks: Asks) -> Capture | None:
    """The newest capture from before the death that shows the page, of those that the archive names."""
    tried: set[str] = set()
    for captures in _captures(link.url, death, asks):
        for capture in captures:
            if capture.address not in tried and _shows_the_page(link, capture, death, asks):
                return capture
            tried.add(capture.address)
    return None


def _captures(url: str, death: datetime, asks: Asks) -> Iterator[Sequence[Capture]]:
    base = asks.archive_url
    answer = asks.ask_archive(archive.next_to(url, death))
    try:
        found = archive.read_next_to(base, url, death, answer.status, answer.headers) if answer else None
    except NonsenseError:
        found = None
    if found:
        yield (found,)
    answer = asks.ask_archive(archive.newest(url, death))
    try:
        yield archive.read_newest(base, url, death, answer.status, answer.body) if answer else ()
    except NonsenseError:
        return


def _shows_the_page(link: Link, capture: Capture, death: datetime, asks: Asks) -> bool:
    """Whether a capture is ok by the rules for any address, and of this page.

    Its neighbours in the archive say nothing of it, so that here words decide: who refuses a good capture breaks
    nothing.
    """
    observation, answer = asks.see(capture.address, link.title)
    if observation.kind not in (Kind.OK, Kind.MOVED) or not answer or answer.status != _OK:
        return False
    if not archive.capture_of(asks.archive_url, link.url, answer.url, death):
        return False
    if not _is_page(answer):
        return soft.file_type(link.url) != "pdf" or page.is_pdf(answer.body)
    shown = _page(answer)
    if soft.file_type(link.url) and not soft.shows_file(link.url, shown):
        return False
    is_wall = walls.challenge(answer.status, answer.headers, shown) or walls.login_form(link.url, shown)
    return not (is_wall or soft.says_not_found(shown) or soft.says_down(shown) or soft.looks_parked(link.url, shown))


def _is_page(answer: Answer) -> bool:
    return page.is_html(answer.body, answer.headers.get("Content-Type", ""))


def _page(answer: Answer) -> page.Page:
    return page.read(page.decode(answer.body, answer.headers.get("Content-Type", "")))


# --- Words -----------------------------------------------------------------------------------------------------------


def _days(sightings: Sequence[Sighting]) -> str:
    """The days of the looks, the last ones where there are many: ``2026-01-05, 2026-01-12 and 2026-01-19``."""
    days = [_day(day) for day in sorted({one.at.date() for one in sightings})][-_MOST_DAYS:]
    return listed(days)


def _day(day: date) -> str:
    return day.isoformat()
