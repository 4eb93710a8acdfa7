"""A scholarly source: what to ask it for some identifiers, and how to read what it answers. Nothing here asks.

Each module of ``bot.metadata.sources`` holds one, as ``SOURCE``.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from bot.metadata.record import Record


class NonsenseError(Exception):
    """What a source answered is not what it answers; the text says in a few words what is wrong, for people."""


class Query(msgspec.Struct, frozen=True):
    """One request: a path under the source's address, with parameters; a POST where there is something to send.

    ``empty`` are the statuses that mean that the source knows none of what was asked, ``nothing`` is what the body of a
    refusal says then.
    """

    path: str
    params: tuple[tuple[str, str], ...] = ()
    send: dict[str, Any] | None = None
    empty: frozenset[int] = frozenset()
    nothing: bytes = b""


class Key(msgspec.Struct, frozen=True):
    """How a source takes a key: the variable of the environment that holds it, and the header or parameter for it."""

    variable: str
    header: str = ""
    param: str = ""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A source: ``name`` in settings, ``title`` for people, and its ``url`` and etiquette.

    ``spacing`` is the pause in seconds from the start of one request to that of the next, ``batch`` how many
    identifiers one request may ask for, ``free`` how many requests for several of them a run may make without the
    ``key`` (``None``: any number).
    ``query`` makes the request for at most ``batch`` identifiers, ``read`` reads the body of an answer to it.
    """

    name: str
    title: str
    url: str
    spacing: float
    batch: int
    query: Callable[[Sequence[str]], Query]
    read: Callable[[bytes, Sequence[str]], dict[str, Record]]
    """The records that an answer holds, by the identifiers that were asked for; those of a whole volume by their own.

    Raises:
        NonsenseError: the answer is not what the source answers.
    """
    key: Key | None = None
    free: int | None = None
    alone: Callable[[str], bool] | None = None
    """Which identifiers one request may ask for by themselves only (``None``: none)."""
