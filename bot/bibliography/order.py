"""The order of the file: by citation key, ASCII, case-insensitively."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate


def sort_key(key: str) -> str:
    """What citation keys are compared by."""
    return key.lower()


def position(keys: Sequence[str], new: str) -> int:
    """Before which of the ``keys``, given in the file's order, a new one goes; ``len(keys)`` is the end.

    It goes before the first key that is greater and after which all are greater: in a sorted file its place, and
    in any other the place from which on the file is greater.
    """
    return positions(keys, [new])[0]


def positions(keys: Sequence[str], new: Sequence[str]) -> list[int]:
    """``position`` for several new keys, in one pass over the file's."""
    least = list(accumulate(map(sort_key, reversed(keys)), min))[::-1]  # the least key from each place to the end
    return [bisect_right(least, sort_key(key)) for key in new]
