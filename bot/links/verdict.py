"""What a row of looks at a link comes to."""

from datetime import datetime
from enum import StrEnum

import msgspec

from bot.links.link import Link, Repair
from bot.links.observation import Observation


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


class Judgement(msgspec.Struct, frozen=True):
    """A verdict, since when it holds, and why, as part of a sentence for people."""

    verdict: Verdict
    since: datetime
    reason: str = ""


class Finding(msgspec.Struct, frozen=True):
    """All there is to say of one link: what this run saw (``None`` where it was not asked), and what it comes to.

    ``judgement`` is ``None`` for a link of which nothing is known yet.
    """

    link: Link
    observation: Observation | None
    judgement: Judgement | None
    repair: Repair | None = None
