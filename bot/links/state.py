r"""The files in which links are remembered from one run to the next, and the history of runs: lines of JSON in UTF-8.

The first line says what the file is, in which version of the format, when the last weekly run of its links was, and how
the last run went, be it weekly or by hand. Then each link has one line, sorted by address. Times are in UTC, to the
minute::

    {"format":"links","version":1,"asked":"2026-01-19T03:43Z","last":["2026-01-19T03:43Z",3,3]}
    ["https://gongs.example.org/","2025-11-03T03:43Z",4]
    ["https://gongs.example.org/a","2026-01-12T03:43Z",1,["was-ok"],[["2026-01-12T03:43Z","gone","404 Not Found",404]]]
    ["https://mallets.example.org/","2026-01-19T03:43Z"]

A link has its address, since when it is what it is, from how many weeks to how many it is asked while it is ok, marks
(``was-ok``, ``due``, ``ticked``), the looks that count, and what may take its place (the address, and why); a look has
its time, what it has shown, the reason, the status, where the link has moved to, and whether that may take its place.
What a line has nothing of at its end is left out. ``last`` is when the run was, how many links were due, how many of
them had their turn, and why nothing of it counts, if that is so.

The history has one line a weekly run: its day, how many links had each verdict, how many were due, how many had their
turn::

    {"format":"links-history","version":1}
    ["2026-01-19",{"ok":2,"suspect":1},3,3]
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import chain
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from bot.links.link import Repair
from bot.links.memory import Record, Sighting
from bot.links.observation import Kind
from bot.links.verdict import Verdict
from bot.problems import UsageError

VERSION = 1
BROKEN = "line {line} is broken"
NEWER = "it is written in version {version} of its format, newer than version {known} that this bot reads"

_LINKS = "links"
_HISTORY = "links-history"
_MOST_WEEKS = 60


class StateError(UsageError):
    """A file is broken, or written in a newer format; the text says which."""


class LastRun(msgspec.Struct, frozen=True):
    """The last run of a file's links, weekly or not: when, how many were due, and how many of them had their turn.

    ``void`` is a sentence on why nothing of it counts, empty where it does.
    """

    at: datetime
    due: int
    asked: int
    void: str = ""


class State(msgspec.Struct, frozen=True):
    """One file: what is remembered of its links, when the last weekly run of them was, and the last run at all."""

    records: tuple[Record, ...] = ()
    asked: datetime | None = None
    last: LastRun | None = None


class Week(msgspec.Struct, frozen=True):
    """A weekly run: its day, how many links had each verdict, how many were due, and how many had their turn."""

    day: date
    counts: Mapping[Verdict, int]
    due: int
    asked: int


# --- Links -----------------------------------------------------------------------------------------------------------

_Time = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\dZ$")]
_Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d$")]
_Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
_Mark = Literal["was-ok", "due", "ticked"]


class _Look(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    at: _Time
    kind: Literal["moved", "blocked", "gone", "soft-gone", "error", "refused"]
    reason: str = ""
    status: _Count = 0
    target: str = ""
    fit: bool = False


class _Link(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    url: str
    since: _Time
    every: Literal[1, 4] = 1
    marks: tuple[_Mark, ...] = ()
    looks: tuple[_Look, ...] = ()
    repair: tuple[str, str] | None = None


class _LastRun(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    at: _Time
    due: _Count
    asked: _Count
    void: str = ""


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    asked: _Time | None = None
    last: _LastRun | None = None


def read_state(data: bytes) -> State:
    """The state that a file holds.

    Raises:
        StateError: it is broken, or newer than this bot.
    """
    state, listed = _read(data, _LINKS, _head, _Link, _record)
    records: dict[str, Record] = {}
    for number, record in enumerate(listed, 2):
        if record.url in records:
            raise StateError(BROKEN.format(line=number))
        records[record.url] = record
    return msgspec.structs.replace(state, records=tuple(listed))


def write_state(state: State) -> bytes:
    """A state as its file holds it; of several records of one address the last one."""
    head: dict[str, Any] = {}
    if state.asked:
        head["asked"] = _minute(state.asked)
    if state.last:
        last = state.last
        head["last"] = _without_end([_minute(last.at), last.due, last.asked, last.void], 3)
    records = {_sound(record.url): record for record in state.records}
    return _written(_LINKS, head, (_row(url, records[url]) for url in sorted(records)))


def _head(line: bytes) -> State:
    head = msgspec.json.decode(line, type=_Head)
    last = LastRun(_time(head.last.at), head.last.due, head.last.asked, head.last.void) if head.last else None
    return State((), _time(head.asked) if head.asked else None, last)


def _record(line: _Link) -> Record:
    return Record(
        line.url,
        _time(line.since),
        "was-ok" in line.marks,
        tuple(
            [
                Sighting(_time(look.at), Kind(look.kind), look.reason, look.status, look.target, look.fit)
                for look in line.looks
            ]
        ),
        line.every,
        "due" in line.marks,
        "ticked" in line.marks,
        Repair(*line.repair) if line.repair else None,
    )


def _row(url: str, record: Record) -> list[Any]:
    has = {"was-ok": record.was_ok, "due": record.due, "ticked": record.ticked}
    marks = [mark for mark, is_set in has.items() if is_set]
    looks = [
        _without_end([_minute(one.at), one.kind, one.reason, one.status, one.target, one.fit])
        for one in record.sightings
    ]
    repair = [record.repair.address, record.repair.reason] if record.repair else None
    every = record.every if record.every != 1 or marks or looks or repair else None
    return _without_end([url, _minute(record.since), every, marks, looks, repair])


# --- The history -----------------------------------------------------------------------------------------------------


class _Week(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    day: _Day
    counts: dict[Verdict, _Count]
    due: _Count
    asked: _Count


def read_history(data: bytes) -> tuple[Week, ...]:
    """The weekly runs that a file holds, the oldest first.

    Raises:
        StateError: it is broken, or newer than this bot.
    """
    return tuple(_read(data, _HISTORY, _history_head, _Week, _week)[1])


def write_history(weeks: Sequence[Week]) -> bytes:
    """The history as its file holds it: of each day the last run, of these the newest 60."""
    days = {week.day: week for week in weeks}
    return _written(_HISTORY, {}, (_week_row(days[day]) for day in sorted(days)[-_MOST_WEEKS:]))


def _history_head(line: bytes) -> None:
    msgspec.json.decode(line, type=_HistoryHead)


def _week(line: _Week) -> Week:
    return Week(date.fromisoformat(line.day), line.counts, line.due, line.asked)


def _week_row(week: Week) -> list[Any]:
    counts = {verdict: week.counts[verdict] for verdict in Verdict if week.counts.get(verdict)}
    return [week.day.isoformat(), counts, week.due, week.asked]


class _HistoryHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int


# --- Lines -----------------------------------------------------------------------------------------------------------

_H = TypeVar("_H")
_L = TypeVar("_L")
_T = TypeVar("_T")


class _Named(msgspec.Struct, frozen=True):
    format: str
    version: int


def _read(
    data: bytes, name: str, head: Callable[[bytes], _H], line_type: type[_L], convert: Callable[[_L], _T]
) -> tuple[_H, list[_T]]:
    """What the first line of a file of this format says, and the others."""
    first, *lines = data.removesuffix(b"\n").split(b"\n")
    decode = msgspec.json.Decoder(line_type).decode
    number = 1
    try:
        named = msgspec.json.decode(first, type=_Named)
        if named.format == name and named.version > VERSION:
            raise StateError(NEWER.format(version=named.version, known=VERSION))
        if named != _Named(name, VERSION):
            raise StateError(BROKEN.format(line=1))
        said = head(first)
        found = []
        for line in lines:
            number += 1
            found.append(convert(decode(line)))
    except (msgspec.DecodeError, ValueError, RecursionError):  # a day that no month has is a ValueError
        raise StateError(BROKEN.format(line=number)) from None
    return said, found


def _written(name: str, head: Mapping[str, Any], rows: Iterable[Sequence[Any]]) -> bytes:
    # Lone surrogates, which no UTF-8 can hold, are question marks.
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    written = bytearray()
    for line in chain([{"format": name, "version": VERSION, **head}], rows):
        written += encode(line).encode("utf-8", "replace") + b"\n"
    return bytes(written)


def _without_end(row: list[Any], least: int = 2) -> list[Any]:
    """A row without the values at its end that say nothing, but with so many at least."""
    while len(row) > least and not row[-1]:
        row.pop()
    return row


def _sound(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='minutes')}Z"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
