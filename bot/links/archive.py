"""The Wayback Machine: which captures of an address there are from before a day. Nothing here asks.

Two questions, since neither answers always: the capture next to a day
(https://archive.org/help/wayback_api.php, “Memento”: ``/web/DATE/URL`` redirects to it), and the list of captures
(https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from bot.bibliography import identifiers
from bot.links.owners.owner import SAYS_LIMIT, SAYS_STATUS, LimitError
from bot.metadata.source import NonsenseError, Query
from bot.metadata.sources import shape
from bot.web.errors import WebError
from bot.web.session import redirect_target

URL = "https://web.archive.org"
SPACING = 2.5  # seconds from one request to the next: more than 0.4 a second are refused
PAUSE = 60.0  # seconds without a request after a 429; who goes on is shut out for longer

_NO_LIST = "the answer is no list of captures"
_OK, _FORBIDDEN, _NOT_FOUND, _TOO_MANY = 200, 403, 404, 429
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# `id_` and the like ask for another form of the same capture.
_CAPTURE = re.compile(r"/web/([0-9]{14})(?:[a-z]{2}_)?/(https?:/.+)\Z", re.IGNORECASE | re.DOTALL)
_SLASHES = re.compile(r"(https?):/+", re.IGNORECASE)  # servers on the way make one slash of two
_STAMP = "%Y%m%d%H%M%S"
_DATE = re.compile(r"[0-9]{14}")
_MOST = 3
_FIELDS = ("timestamp", "original", "mimetype", "statuscode")
_REVISIT = "warc/revisit"


class Capture(msgspec.Struct, frozen=True):
    """A page as it was: where the archive has it, and when it was taken."""

    address: str
    at: datetime


def next_to(url: str, day: datetime) -> Query:
    """The question for the capture next to a day; what it is answered with must not be followed."""
    return Query(f"web/{_stamp(day)}/{_whole(url)}")


def read_next_to(base: str, url: str, day: datetime, status: int, headers: Mapping[str, str]) -> Capture | None:
    """The capture that the answer leads to, if it is of this address and not from after the day.

    ``base`` is where the archive was asked.

    Raises:
        LimitError: it takes no more questions for now.
        NonsenseError: the answer is not what the archive answers.
    """
    asked = f"{base.rstrip('/')}/{next_to(url, day).path}"
    if status == _OK:
        return capture_of(base, url, asked, day)
    if status in _REDIRECTS:
        try:
            target = redirect_target(asked, status, headers)
        except WebError as error:
            raise NonsenseError(str(error)) from None
        return capture_of(base, url, target or "", day)
    _has_none(status)
    return None


def newest(url: str, day: datetime) -> Query:
    """The question for the last good captures until a day."""
    params = (
        ("url", _whole(url)),
        ("output", "json"),
        ("filter", "statuscode:200"),
        ("to", _stamp(day)),
        ("limit", f"-{_MOST}"),
        ("fl", ",".join(_FIELDS)),
    )
    return Query("cdx/search/cdx", params)


def read_newest(base: str, url: str, day: datetime, status: int, body: bytes) -> tuple[Capture, ...]:
    """The last good captures of the address until the day, the newest first.

    Raises:
        LimitError: it takes no more questions for now.
        NonsenseError: the answer is not what the archive answers.
    """
    if status != _OK:
        _has_none(status)
        return ()
    rows = shape.load(body) if body.strip() else []
    if not isinstance(rows, list):
        raise NonsenseError(_NO_LIST)
    found = {capture.at: capture for row in rows[1:] if (capture := _listed(base, url, day, row))}
    return tuple(found[at] for at in sorted(found, reverse=True)[:_MOST])


def capture_of(base: str, url: str, address: str, day: datetime) -> Capture | None:
    """The capture at an address in the archive, if it is of this page and not from after the day."""
    match = _CAPTURE.search(address)
    return _capture(base, url, day, match[1], match[2]) if match else None


def _capture(base: str, url: str, day: datetime, stamp: str, original: str) -> Capture | None:
    original = _SLASHES.sub(r"\1://", original, count=1)
    # The archive itself finds addresses without regard to case.
    if identifiers.normal_link(original).lower() != identifiers.normal_link(_whole(url)).lower():
        return None
    if stamp > _stamp(day):
        return None
    try:
        at = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Capture(f"{base.rstrip('/')}/web/{stamp}/{original}", at)


def _listed(base: str, url: str, day: datetime, row: Any) -> Capture | None:
    """The capture of a row of the list."""
    stamp, original, kind, status = (shape.text(row, place) for place in range(len(_FIELDS)))
    if status != str(_OK) or kind == _REVISIT or not _DATE.fullmatch(stamp):
        return None
    return _capture(base, url, day, stamp, original)


def _has_none(status: int) -> None:
    """Nothing where the archive has no capture that it may show; all else is no answer."""
    if status == _TOO_MANY:
        raise LimitError(SAYS_LIMIT.format(status=status))
    if status not in (_FORBIDDEN, _NOT_FOUND):
        raise NonsenseError(SAYS_STATUS.format(status=status))


def _stamp(day: datetime) -> str:
    return day.astimezone(UTC).strftime(_STAMP)


def _whole(url: str) -> str:
    """An address without its fragment, which no server is sent."""
    return url.partition("#")[0]
