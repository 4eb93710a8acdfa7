"""Citation keys: ``FamilynameYear``, and a letter where two papers would have the same one."""

import re
from collections.abc import Iterator
from itertools import count

from bot.bibliography.entry import Entry
from bot.bibliography.names import family_for_key, read_names

NOBODY = "Anonymous"
"""Stands for the family name where no name can be read."""

_SHAPE = re.compile(r"[A-Za-z0-9_:.+/-]+")
_LETTERS = re.compile(r"(?<=[0-9])[a-z]{1,3}\Z")
_SUFFIX = re.compile(r"[a-z]{0,3}", re.IGNORECASE)


def is_key(text: str) -> bool:
    """Whether the text can be a citation key of the list: ASCII letters, digits and ``- _ : . + /`` (``key-shape``)."""
    return _SHAPE.fullmatch(text) is not None


def fits(key: str, entry: Entry) -> bool:
    """Whether the key is the one that the entry would have, or that with letters behind it, in any case."""
    base = base_key(entry)
    return key.lower().startswith(base.lower()) and _SUFFIX.fullmatch(key, len(base)) is not None


def base_key(entry: Entry) -> str:
    """The key that the entry would have if no other had it: first author's (or editor's) family name, and year."""
    names = read_names(entry.get("author")) or read_names(entry.get("editor"))
    family = family_for_key(names[0]) if names else ""
    return (family or NOBODY) + "".join(char for char in entry.get("year") if char in "0123456789")[:4]


def citation_key(entry: Entry, taken: set[str]) -> str:
    """The first free key for the entry: ``Choi2016``, then ``Choi2016b``, …, ``Choi2016z``, ``Choi2016aa``.

    ``taken`` holds the keys in use in lower case, since BibTeX ignores case between them.
    """
    return next(key for key in variants(base_key(entry)) if key.lower() not in taken)


def variants(key: str) -> Iterator[str]:
    """The keys that an entry could get instead of this one, in their order: with each letter behind the year."""
    return (base_of(key) + suffix for suffix in _suffixes())


def base_of(key: str) -> str:
    """The key without the letters behind its year."""
    return _LETTERS.sub("", key)


def _suffixes() -> Iterator[str]:
    yield ""
    for number in count(2):
        suffix = ""
        while number:
            number, letter = divmod(number - 1, 26)
            suffix = chr(ord("a") + letter) + suffix
        yield suffix
