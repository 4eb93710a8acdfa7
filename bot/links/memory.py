"""What is remembered of each link from one run to the next, as values."""

from datetime import datetime

import msgspec

from bot.links.link import Repair
from bot.links.observation import Kind


class Sighting(msgspec.Struct, frozen=True, omit_defaults=True):
    """A look that has not shown the link to be ok, as far as a verdict or the report needs it; ``at`` is in UTC."""

    at: datetime
    kind: Kind
    reason: str = ""
    status: int = 0
    target: str = ""
    fit: bool = False


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of one link.

    ``since`` is when it became what it is: of an ok link the first look of the row that showed it ok, of others the
    first one that did not. ``was_ok`` says that it was ok before, ``sightings`` are the looks since then, the oldest
    first and none for an ok link; ``every`` is from how many weeks to how many an ok link is asked (1 or 4), ``due``
    says that its turn had come but the run had no time for it. ``ticked`` says that a person has said it is gone.
    """

    url: str
    since: datetime
    was_ok: bool = False
    sightings: tuple[Sighting, ...] = ()
    every: int = 1
    due: bool = False
    ticked: bool = False
    repair: Repair | None = None
