"""The fields of an answer's head, by name (RFC 9110, section 5)."""

import re
from collections.abc import Iterable, Iterator, Mapping

_FOLD = re.compile(rb"\n[ \t]+")


class Headers(Mapping[str, str]):
    """Fields by name, whatever its case; several of one name are one, joined by commas.

    ``pairs`` are all of them as they came. Of several that say the same one is left, and of several ``Location`` the
    first, since an address may hold a comma.
    """

    __slots__ = ("_values", "pairs")

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        """Fields, in the order in which they came."""
        self.pairs = tuple(pairs)
        found: dict[str, dict[str, None]] = {}
        for name, value in self.pairs:
            found.setdefault(name.lower(), {})[value] = None
        self._values = {name: ", ".join(values) for name, values in found.items()}
        if "location" in found:
            self._values["location"] = next(iter(found["location"]))

    def __getitem__(self, name: str) -> str:
        """The field's value."""
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        """The names, in lower case."""
        return iter(self._values)

    def __len__(self) -> int:
        """How many names there are."""
        return len(self._values)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of this name, as it came."""
        wanted = name.lower()
        return tuple(value for each, value in self.pairs if each.lower() == wanted)


def read(head: bytes) -> Headers:
    """The fields of a head without its first line (RFC 9112, section 5), as Latin-1; what is no field is left out."""
    # Folded lines are unfolded, and bytes that may not stand in a field become spaces, as section 5.5 of RFC 9110 says.
    text = _FOLD.sub(b" ", head.replace(b"\r\n", b"\n")).replace(b"\r", b" ").replace(b"\0", b" ").decode("latin-1")
    pairs = []
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        if colon and (name := name.strip(" \t")):
            pairs.append((name, value.strip(" \t")))
    return Headers(pairs)
