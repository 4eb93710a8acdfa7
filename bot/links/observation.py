"""What one look at an address has shown. What many looks come to is a verdict: see ``bot.links.verdict``."""

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What a person would say who looked once."""

    OK = "ok"
    MOVED = "moved"
    """It works, and its host says for good that it is elsewhere now."""
    BLOCKED = "blocked"
    """A wall (login, payment, a firewall, a challenge): nothing is known of the page behind it."""
    GONE = "gone"
    """Its host, or its registry, says that there is no such thing."""
    SOFT_GONE = "soft-gone"
    """What came is no refusal, but surely not the page that was meant."""
    ERROR = "error"
    """No answer, or none that says anything."""
    REFUSED = "refused"
    """An address that is not safe to ask; it was not asked."""


class Hop(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One answer on the way: its status (0 for a page that led on by ``meta refresh``) and where it led to."""

    status: int
    url: str


class Observation(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One look, with its evidence.

    ``reason`` is part of a sentence for people (``404 Not Found``, ``the certificate has expired``), ``status`` that of
    the last answer (0 without one), ``chain`` the way there. Of what is moved, ``target`` is where the permanent part
    of the chain ends, and ``fit`` says that this may take the old address's place: it is itself ok, no front, login or
    consent page, and of the same site or with the title of the paper. ``note`` is what is odd about something that is
    ok. ``network`` says that the error came from the way there, not from an answer, ``cut`` that the connection ended
    before an answer began. ``again`` says that the same look may well have another end soon, ``after`` for how many
    seconds the host wants to be left alone.
    """

    kind: Kind
    reason: str = ""
    status: int = 0
    chain: tuple[Hop, ...] = ()
    target: str = ""
    fit: bool = False
    note: str = ""
    network: bool = False
    cut: bool = False
    again: bool = False
    after: float = 0.0
