"""What a row of looks at a link comes to.

The last look decides, with two exceptions: what is gone stays so while its host fails, and one look is too little to
call a link moved, gone or down. Behind a wall nothing is known, so that what was gone before is blocked too.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from bot.links.link import Link, Repair
from bot.links.memory import ERRORS_FOR_DOWN, Record, Sighting, at_the_end, hard, proofs, suffice, weekly
from bot.links.observation import Kind, Observation
from bot.links.owners import doi
from bot.wording import listed

_SEEN = "{reason}, seen on {days}"
_SINCE = "{reason}, since {day}"
_ON = "{reason}, on {day}"
_TICKED = "{reason}, seen on {days}, and a person says that it is gone"
_MOVED = "moved to {target}, seen on {days}"
_PERHAPS = "leads to {target}, seen on {day}; to be seen once more"
_UNFIT = "leads to {target}, which is not surely the same"
_DOWN = "{reason}, in the weekly runs of {days}"
WRONG_IDENTIFIER = "wrong identifier"
_WRONG = WRONG_IDENTIFIER + ": {reason}"
_LONGEST_TARGET = 200
_DEAD = (Kind.GONE, Kind.SOFT_GONE)
_UNSAID = {
    Kind.MOVED: "moved",
    Kind.BLOCKED: "a wall",
    Kind.GONE: "gone",
    Kind.SOFT_GONE: "not the page that was meant",
    Kind.ERROR: "no answer",
    Kind.REFUSED: "not safe to ask",
}


class Verdict(StrEnum):
    """What is said of a link."""

    OK = "ok"
    MOVED = "moved"
    SUSPECT = "suspect"
    GONE = "gone"
    BLOCKED = "blocked"
    DOWN = "down"
    ERROR = "error"
    REFUSED = "refused"


class Judgement(msgspec.Struct, frozen=True, gc=False):
    """A verdict, since when it holds, and why, as part of a sentence for people."""

    verdict: Verdict
    since: datetime
    reason: str = ""


class Finding(msgspec.Struct, frozen=True, gc=False):
    """All there is to say of one link: what this run saw (``None`` where it was not asked), and what it comes to.

    ``judgement`` is ``None`` for a link of which nothing is known yet. ``record`` is what is remembered of it after
    this run, with the dated looks for a report.
    """

    link: Link
    observation: Observation | None
    judgement: Judgement | None
    repair: Repair | None = None
    record: Record | None = None

    @property
    def verdict(self) -> Verdict | None:
        """The verdict, as far as there is one."""
        return self.judgement.verdict if self.judgement else None


def judge(record: Record) -> Judgement:
    """The verdict on a link by the row of looks at it and their dates."""
    if not record.sightings:
        return Judgement(Verdict.OK, record.since)
    last = record.sightings[-1]
    if last.kind is Kind.MOVED:
        return _moved(record)
    row = at_the_end(record.sightings)
    since = row[0].at
    if last.kind is Kind.BLOCKED:
        return Judgement(Verdict.BLOCKED, since, _SINCE.format(reason=_reason(last), day=_day(since)))
    if last.kind is Kind.REFUSED:
        return Judgement(Verdict.REFUSED, since, _reason(last))
    dead = [one for one in record.sightings if one.kind in _DEAD]
    if dead and not _is_wrong_identifier(record):
        counted = hard(dead)
        if suffice(counted):
            reason = _SEEN.format(reason=_reason(counted[-1]), days=_days(counted))
            return Judgement(Verdict.GONE, counted[0].at, reason)
        if record.ticked:
            reason = _TICKED.format(reason=_reason(dead[-1]), days=_days(dead))
            return Judgement(Verdict.GONE, dead[0].at, reason)
        if last.kind in _DEAD:
            return Judgement(Verdict.SUSPECT, dead[0].at, _SEEN.format(reason=_reason(last), days=_days(dead)))
    elif last.kind in _DEAD:
        return Judgement(Verdict.ERROR, dead[0].at, _WRONG.format(reason=_reason(last)))
    counted = weekly(row)
    if len(counted) >= ERRORS_FOR_DOWN:
        return Judgement(Verdict.DOWN, since, _DOWN.format(reason=_reason(last), days=_days(counted)))
    return Judgement(Verdict.ERROR, since, _ON.format(reason=_reason(last), day=_day(last.at)))


def _moved(record: Record) -> Judgement:
    """What is moved works: it is ok until the move is proved."""
    last = record.sightings[-1]
    target = last.target if len(last.target) <= _LONGEST_TARGET else f"{last.target[: _LONGEST_TARGET - 1]}…"
    row = [one for one in record.sightings if one.target == last.target]
    proved = proofs(row)
    if not last.fit:
        return Judgement(Verdict.OK, record.since, _UNFIT.format(target=target))
    if len(proved) > 1:
        return Judgement(Verdict.MOVED, proved[0].at, _MOVED.format(target=target, days=_days(proved)))
    return Judgement(Verdict.OK, record.since, _PERHAPS.format(target=target, day=_day(proved[0].at)))


def _is_wrong_identifier(record: Record) -> bool:
    """Whether it is a DOI that was never seen to exist: DOIs do not die."""
    return not record.was_ok and doi.claim(record.url) is not None


def _reason(sighting: Sighting) -> str:
    return sighting.reason or _UNSAID[sighting.kind]


def _days(sightings: Sequence[Sighting]) -> str:
    return listed(list(dict.fromkeys(_day(one.at) for one in sightings)))


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"
