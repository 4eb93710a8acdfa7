"""Whose turn it is, and which job and which file a link belongs to."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from bot.links.link import Link
from bot.links.memory import BETWEEN_WEEKS, Record
from bot.web.address import site
from bot.web.errors import WebError

SUFFIX = ".jsonl"
HOST_FILES = tuple(f"{digit}{SUFFIX}" for digit in "0123456789abcdef")
"""The files of the links for which no owner answers, by their hosts."""
MOST_SHARDS = len(HOST_FILES) + 1
"""Into how many shards the work can be divided; of more, some would have nothing to do."""

_START = datetime(1970, 1, 1, tzinfo=UTC)  # a Thursday, so that a Monday's run that is late stays in its week
_WEEK = timedelta(weeks=1)
_GOLDEN = (5**0.5 - 1) / 2
_PORT = re.compile(r":\d+\Z")


def is_weekly(asked: datetime | None, now: datetime) -> bool:
    """Whether a run is the next weekly one, and none by hand in between; ``asked`` is when the last weekly one was."""
    return asked is None or now - asked >= BETWEEN_WEEKS


def is_due(record: Record | None, asked: datetime | None, now: datetime) -> bool:
    """Whether a link has its turn in a run; ``asked`` is when the last weekly run of its file was.

    New links and those that are not ok have it at each run, those that are ok in the weekly one, or in one of so many:
    in each week as many, and what fell into weeks without a run in the next one.
    """
    if record is None or record.due or record.sightings:
        return True
    if not is_weekly(asked, now):
        return False
    if asked is None or record.every == 1:
        return True
    first, last = _week(asked) + 1, _week(now)
    slot = int.from_bytes(_digest(record.url)[:4], "big")
    return (slot - first) % record.every <= last - first


def in_turn(links: Iterable[Link], records: Mapping[str, Record], now: datetime) -> list[Link]:
    """The links of one host in the order in which to ask them, since not all may be asked: it limits, or time ends.

    First come those that were never seen. The others are a circle, and each week begins elsewhere on it, by steps of
    the golden ratio. These spread evenly (D. Knuth, The Art of Computer Programming, section 6.4, theorem S), so that
    all have their turn within some weeks, however few of them are asked in one.
    """
    new: list[Link] = []
    others: list[Link] = []
    for link in links:
        (others if link.url in records else new).append(link)
    others.sort(key=lambda link: _digest(link.url))
    start = int(_week(now) * _GOLDEN % 1 * len(others))
    return [*new, *others[start:], *others[:start]]


def file_of(url: str, owner: str = "") -> str:
    """The name of the file that remembers a link: its owner's where one answers for it, else one of the 16 by host."""
    return f"{owner or _digest(_host(url)).hex()[0]}{SUFFIX}"


def in_shard(file: str, number: int, of: int) -> bool:
    """Whether a file belongs to the ``number``-th of so many shards; 0 is the last one.

    The last shard has the owners' files, the others share those by host. One shard has all.
    """
    if of == 1:
        return True
    shard = 1 + HOST_FILES.index(file) % (of - 1) if file in HOST_FILES else 0
    return shard == number % of


def _week(at: datetime) -> int:
    return (at - _START) // _WEEK


def _host(url: str) -> str:
    """The host of an address, on whatever port; of one that nobody will ask, all of it."""
    try:
        return _PORT.sub("", site(url))
    except WebError:
        return url


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
