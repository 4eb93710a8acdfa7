"""Venues by the names that a list has for them."""

import functools
import re
from collections.abc import Iterable, Iterator

from bot.bibliography.folding import fold
from bot.bibliography.latex import to_text
from bot.config import Config

FROM_LIST = "bot.yml, which knows {venue}"
"""Where a venue's name, or its entry type, is from, as what follows “from”."""

_YEAR = re.compile(r"\b(?:19|20)\d\d\b|['’]\d\d\b")
_ORDINAL = re.compile(
    r"\b\d{1,3}(?:st|nd|rd|th)\b|\b(?:[a-z]+-)?(?:first|second|third|[a-z]+th)(?= (?:annual|int|ieee|acm))"
)
_PROCEEDINGS = re.compile(r"^\W*(?:in )?(?:proceedings|proc\.?)(?: of)?(?: the)?\b", re.IGNORECASE)
_ABBREVIATION = re.compile(r"\(([^()]{2,60})\)")
_PART = re.compile(r"\s+[-–—]+\s+|[,:;]\s+")
# What is held beside a conference is not the conference.
_BESIDE = re.compile(
    r"\b(?:workshops?|symposium|posters?|demos?|challenge|companion|adjunct|satellite|late[- ]breaking"
    r"|extended abstracts?|tutorials?)\b"
)


def listed_venue(text: str, config: Config) -> str:
    """The list's own name for a venue that is written in any of the ways in which sources write one; else empty.

    ``2017 IEEE International Conference on Acoustics, Speech and Signal Processing (ICASSP)`` and ``Proceedings of
    ICASSP 2017, New Orleans`` are ``ICASSP``. A workshop at ICASSP is not.
    """
    known = {_plain(spelling): name for name, venue in config.venues.items() for spelling in (name, *venue.names)}
    whole = fold(text)
    for spelling in _spellings(whole):
        name = known.get(spelling)
        if name and (not _BESIDE.search(whole) or _BESIDE.search(spelling) or whole == fold(name)):
            return name
    return ""


def first_listed(names: Iterable[str], config: Config) -> str:
    """The list's own name for a venue of which a source has several names, as BibTeX values; else empty."""
    return next((name for spelling in names if (name := listed_venue(to_text(spelling), config))), "")


def _spellings(text: str) -> Iterator[str]:
    """A folded text without what changes from year to year, then the abbreviation in it, then its parts."""
    yield _plain(text)
    yield _plain(_ABBREVIATION.sub(" ", text))
    yield from map(_plain, _ABBREVIATION.findall(text))
    yield from map(_plain, _PART.split(text))


@functools.lru_cache(maxsize=1 << 12)
def _plain(text: str) -> str:
    """Words alone, without “Proceedings of the”, year, volume and ordinal."""
    text = _ORDINAL.sub(" ", _YEAR.sub(" ", _PROCEEDINGS.sub("", fold(text))))
    words = re.findall(r"[a-z0-9]+", text.replace("&", " and "))
    return " ".join(word for word in words if word not in _FILLING and not word.isdigit())


_FILLING = frozenset({"the", "and", "of", "on", "for", "in", "annual"})
