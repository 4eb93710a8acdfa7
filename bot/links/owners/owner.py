"""Who answers for addresses better than their pages do: what to ask, and how to read the answer. Nothing here asks.

Each module of ``bot.links.owners`` holds one; ``bot.links.owners.all`` has the list.
"""

import re
from collections.abc import Callable, Sequence

import msgspec

from bot.links.observation import Observation
from bot.metadata.source import NonsenseError, Query

SAYS_STATUS = "it answered with HTTP {status}"
SAYS_LIMIT = "it takes no more questions for now (HTTP {status})"

_LONGEST_ADDRESS = 4000  # characters; browsers and servers refuse longer ones
_LONGEST_QUOTE = 80
_ADDRESS = re.compile(r"(https?)://([^/?#\\]*+)(.*+)", re.IGNORECASE | re.DOTALL)
_PORTS = {"http": ":80", "https": ":443"}


class LimitError(NonsenseError):
    """The owner takes no more questions, or none asked like this: it need not be asked again in this run."""


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """One who answers for addresses: ``name`` in settings, ``title`` for people, its base ``url`` and etiquette.

    ``spacing`` is the pause in seconds from the start of one request to that of the next, ``batch`` how many subjects
    one request may ask for. Every request has the ``headers``; ``token`` names the variable of the environment that may
    hold a token, which is sent as ``Authorization: Bearer``. Redirects within the owner's own host are to be followed.
    Where it takes no questions (``LimitError``), the owner ``instead`` may be asked for the same subjects. ``page``
    says whether the page itself may be asked about what stays without an answer.
    """

    name: str
    title: str
    url: str
    spacing: float
    batch: int
    claim: Callable[[str], str | None]
    """The subject that it answers for in this address; ``None`` where it does not."""
    query: Callable[[Sequence[str]], Query]
    """The request for at most ``batch`` subjects."""
    read: Callable[[int, bytes, Sequence[str]], dict[str, Observation]]
    """What the status and the body of an answer say of the subjects; one of which they say nothing is absent.

    Raises:
        LimitError: it takes no more questions.
        NonsenseError: the answer is not what the owner answers. Of fewer subjects it may be.
    """
    headers: tuple[tuple[str, str], ...] = ()
    token: str = ""
    instead: "Owner | None" = None
    page: bool = True


def after_host(url: str, hosts: frozenset[str]) -> str | None:
    """What follows the host in a web address at one of the hosts, with the leading slash; ``None`` for other addresses.

    Only at the scheme's own port, and without a user name.
    """
    match = _ADDRESS.fullmatch(url) if len(url) <= _LONGEST_ADDRESS else None
    if not match or not url.isprintable():
        return None
    scheme, host, rest = match.groups()
    if host.lower().removesuffix(_PORTS[scheme.lower()]).removesuffix(".") not in hosts:
        return None
    return rest if rest.startswith("/") else f"/{rest}"


def quoted(text: str) -> str:
    """Text from outside as part of a sentence: one line, at most 80 characters."""
    text = " ".join("".join(char if char.isprintable() else " " for char in text[: 4 * _LONGEST_QUOTE]).split())
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1].rstrip() + "…"
