"""What is remembered of each link from one run to the next, as values, and what a look adds to it.

A look is kept only where a verdict or the report needs it, so that a week in which nothing changes changes nothing
here. Of a row of looks that find a link moved, two are kept that prove the same target. Of a row that finds it not to
work, those are kept that count: the hard ones, the first soft one, and of the errors, walls or refusals at the row's
end the errors of four weeks, or else the first.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from bot.links.link import Repair
from bot.links.observation import Kind, Observation

BETWEEN_HARD = timedelta(days=3)
"""How far apart hard sightings are that count by themselves."""
BETWEEN_WEEKS = timedelta(days=6)
"""How far apart two looks are that stand for two weekly runs, which do not always start on time."""
HARD_FOR_GONE = 3
ERRORS_FOR_DOWN = 4
_TWICE = 410  # counts double: its host says that it is for good (RFC 9110, section 15.5.11)
_FOUR_WEEKS = timedelta(days=27)  # of runs that do not always start on time
_SELDOM = 4
_DEAD = (Kind.GONE, Kind.SOFT_GONE)


class Sighting(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A look that has not shown the link to be ok, as far as a verdict or the report needs it; ``at`` is in UTC."""

    at: datetime
    kind: Kind
    reason: str = ""
    status: int = 0
    target: str = ""
    fit: bool = False


class Record(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What is known of one link. All times are in UTC, to the minute.

    ``since`` is when it became what it is: of an ok link the first look of the row that showed it ok, of one that has
    moved the first look that found it so, of others the first one that found it not to work. ``was_ok`` says of a link
    that is not ok that it was before, or had moved; ``sightings`` are the looks since then, the oldest first and none
    for an ok link. ``every`` is from how many weeks to how many an ok link is asked (1 or 4), ``due`` says that its
    turn had come but the run had no time for it. ``ticked`` says that a person has said it is gone.
    """

    url: str
    since: datetime
    was_ok: bool = False
    sightings: tuple[Sighting, ...] = ()
    every: int = 1
    due: bool = False
    ticked: bool = False
    repair: Repair | None = None

    @property
    def is_working(self) -> bool:
        """Whether its last look has shown it to work, here or where it has moved to."""
        return not self.sightings or self.sightings[-1].kind is Kind.MOVED


def seen(record: Record | None, url: str, observation: Observation, now: datetime) -> Record:
    """What is remembered of a link after a look; ``record`` is what was before, ``None`` of a new link."""
    now = to_the_minute(now)
    if observation.kind is Kind.OK:
        return _ok(record, url, now)
    sighting = Sighting(
        now, observation.kind, observation.reason, observation.status, observation.target, observation.fit
    )
    if record is None:
        return Record(url, now, sightings=(sighting,))
    if observation.kind is Kind.MOVED:
        return _moved(record, sighting)
    if record.is_working:
        return Record(url, now, was_ok=True, sightings=(sighting,))
    return msgspec.structs.replace(record, sightings=_bad(record.sightings, sighting), due=False)


def to_the_minute(at: datetime) -> datetime:
    """A time as it is remembered; one that is so already stays the same object, of which a run holds very many."""
    is_so = at.tzinfo is UTC and not (at.second or at.microsecond)
    return at if is_so else at.astimezone(UTC).replace(second=0, microsecond=0)


def hard(sightings: Sequence[Sighting]) -> tuple[Sighting, ...]:
    """The hard sightings that count, the oldest first: each long enough after the one before, until they suffice."""
    counted: list[Sighting] = []
    for one in sightings:
        if one.kind is Kind.GONE and _is_after(one, counted, BETWEEN_HARD) and not suffice(counted):
            counted.append(one)
    return tuple(counted)


def suffice(counted: Sequence[Sighting]) -> bool:
    """Whether hard sightings that count are enough to call a link gone."""
    return sum(2 if one.status == _TWICE else 1 for one in counted) >= HARD_FOR_GONE


def at_the_end(sightings: Sequence[Sighting]) -> tuple[Sighting, ...]:
    """The sightings of one kind at the end of a row, the oldest first."""
    start = len(sightings)
    while start and sightings[start - 1].kind is sightings[-1].kind:
        start -= 1
    return tuple(sightings[start:])


def weekly(errors: Sequence[Sighting]) -> tuple[Sighting, ...]:
    """Those of a row of errors that stand for weekly runs, the oldest first, until they suffice."""
    counted: list[Sighting] = []
    for one in errors:
        if len(counted) < ERRORS_FOR_DOWN and _is_after(one, counted, BETWEEN_WEEKS):
            counted.append(one)
    return tuple(counted)


def proofs(sightings: Sequence[Sighting]) -> tuple[Sighting, ...]:
    """Those of a row of the same target that prove it: the first that is fit, and the first a week after it."""
    fit = [one for one in sightings if one.fit]
    confirming = [one for one in fit if _is_after(one, fit[:1], BETWEEN_WEEKS)]
    return (*fit[:1], *confirming[:1])


def _is_after(one: Sighting, counted: Sequence[Sighting], least: timedelta) -> bool:
    return not counted or one.at - counted[-1].at >= least


def _ok(record: Record | None, url: str, now: datetime) -> Record:
    if record is None or record.sightings:
        return Record(url, now)
    every = _SELDOM if now - record.since >= _FOUR_WEEKS else record.every
    return msgspec.structs.replace(record, every=every, due=False)


def _moved(record: Record, sighting: Sighting) -> Record:
    """A target other than the last one starts anew: nothing was proved by the row before."""
    known = record.sightings
    if not record.is_working or not known or known[-1].target != sighting.target:
        since = record.since if record.is_working and known else sighting.at
        return Record(record.url, since, was_ok=record.was_ok or not known, sightings=(sighting,))
    proved = proofs((*known, sighting))
    last = known[-1] if known[-1].fit == sighting.fit else sighting
    kept = proved if sighting.fit else (*proved, last)
    return msgspec.structs.replace(record, sightings=kept, due=False)


def _bad(known: tuple[Sighting, ...], sighting: Sighting) -> tuple[Sighting, ...]:
    """What is kept of a row that shows a link not to work, with one look more."""
    dead = tuple(one for one in known if one.kind in _DEAD)
    if sighting.kind in _DEAD:
        is_new = sighting.kind not in {one.kind for one in dead} or len(hard((*dead, sighting))) > len(hard(dead))
        return (*dead, sighting) if is_new else dead
    row = at_the_end(known)
    if row[-1].kind is not sighting.kind:
        return (*dead, sighting)
    return (*dead, *(weekly((*row, sighting)) if sighting.kind is Kind.ERROR else row))
