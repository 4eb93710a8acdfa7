"""Citation keys: ``FamilynameYear``, and a letter where two papers would have the same one."""

from collections.abc import Iterator
from itertools import count

from bot.bibliography.entry import Entry
from bot.bibliography.names import family_for_key, read_names

_NOBODY = "Anonymous"


def base_key(entry: Entry) -> str:
    """The key that the entry would have if no other had it: first author's (or editor's) family name, and year."""
    names = read_names(entry.get("author")) or read_names(entry.get("editor"))
    family = family_for_key(names[0]) if names else ""
    return (family or _NOBODY) + "".join(char for char in entry.get("year") if char in "0123456789")[:4]


def citation_key(entry: Entry, taken: set[str]) -> str:
    """The first free key for the entry: ``Choi2016``, then ``Choi2016b``, …, ``Choi2016z``, ``Choi2016aa``.

    ``taken`` holds the keys in use in lower case, since BibTeX ignores case between them.
    """
    base = base_key(entry)
    return next(key for key in (base + suffix for suffix in _suffixes()) if key.lower() not in taken)


def _suffixes() -> Iterator[str]:
    yield ""
    for number in count(2):
        suffix = ""
        while number:
            number, letter = divmod(number - 1, 26)
            suffix = chr(ord("a") + letter) + suffix
        yield suffix
