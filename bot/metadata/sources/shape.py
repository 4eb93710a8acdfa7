"""Answers in JSON, read without trusting their types: what is not there, or is of another type, is empty."""

from collections.abc import Iterator
from typing import Any

import msgspec

from bot.bibliography import identifiers
from bot.metadata.source import NonsenseError

_LARGEST = 10**9
_MOST = 10_000  # parts of a list; the longest lists of authors have five thousand
_LONGEST = 20_000  # characters; a title with much MathML has some thousands, and readers of text take time


def load(data: bytes) -> Any:
    """The value of a body in JSON.

    Raises:
        NonsenseError: it is no JSON.
    """
    try:
        return msgspec.json.decode(data)
    except (ValueError, RecursionError) as error:  # msgspec's own error is a ValueError
        raise NonsenseError("the answer is no JSON") from error


def at(value: Any, *path: str | int) -> Any:
    """What stands at a path of keys and positions, or ``None``."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and len(value) > step else None
    return value


def text(value: Any, *path: str | int) -> str:
    """The text, or the whole number as text, at a path; empty where there is none, or one that is far too long."""
    value = at(value, *path)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST:
        value = str(value)
    return value.strip() if isinstance(value, str) and len(value) <= _LONGEST else ""


def texts(value: Any, *path: str | int) -> list[str]:
    """The texts of the list at a path, the empty ones left out; a single text is a list of one."""
    value = at(value, *path)
    parts = value[:_MOST] if isinstance(value, list) else [value]
    return [part for part in map(text, parts) if part]


def objects(value: Any, *path: str | int) -> Iterator[dict[str, Any]]:
    """The objects of the list at a path."""
    value = at(value, *path)
    return (part for part in value[:_MOST] if isinstance(part, dict)) if isinstance(value, list) else iter(())


def fields(**values: str) -> dict[str, str]:
    """A record's fields: those of the values that are not empty."""
    return {name: value for name, value in values.items() if value}


def own(doi: str) -> dict[str, str]:
    """The fields that identify a work by its DOI; where that is arXiv's, they are those that arXiv's BibTeX has."""
    arxiv_id = arxiv_of(doi)
    if arxiv_id:
        return {"eprint": arxiv_id, "archiveprefix": "arXiv"}
    return {"doi": doi} if doi.isascii() and not any(char in '{}\\"' for char in doi) else {}


def doi_of(value: Any, *path: str | int) -> str:
    """The DOI that the text at a path is, bare and in lower case; empty for none, and for arXiv's own."""
    doi = identifiers.doi(text(value, *path)) or ""
    return "" if arxiv_of(doi) else doi


def arxiv_of(value: Any, *path: str | int) -> str:
    """The arXiv identifier, without version, that the text at a path is; empty for none."""
    found = identifiers.arxiv(text(value, *path))
    return found.id if found else ""


def different(names: list[str], name: str) -> tuple[str, ...]:
    """The names, each once, that are not ``name``."""
    return tuple(dict.fromkeys(one for one in names if one and one != name))
