"""Numbers and rows of things, in words for readers."""

from collections.abc import Sequence


def counted(number: int, noun: str) -> str:
    """``1 task``, ``2 tasks``, ``1,234 studies``; ``noun`` is in the singular."""
    if number != 1:
        noun = noun[:-1] + "ies" if noun[-1:] == "y" and noun[-2:-1] not in "aeiou" else noun + "s"
    return f"{number:,} {noun}"


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
