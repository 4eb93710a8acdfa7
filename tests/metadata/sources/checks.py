"""What the tests of the sources share: hostile answers, and whether a record is fit for the list."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from bot.bibliography.entry import Entry
from bot.bibliography.rules import check_entry
from bot.config import Config, load
from bot.metadata.record import Record
from bot.metadata.source import NonsenseError, Source
from bot.problems import errors

Path_ = tuple[str | int, ...]

NASTY = (
    *(
        "",
        " ",
        "\x00",
        "a\x1b[31mb",
        "}{",
        "{{{",
        "\\",
        "$",
        "\\input{x}",
        "<script>alert(1)</script>",
        "&lt;b&gt;",
        "<i>",
    ),
    *(
        "&amp;amp;",
        "and",
        "a and b",
        ", ,",
        "x" * 6000,
        "{" * 400,
        "\u202eabc",
        "10.1000/a}b",
        "10.1000/\u2028",
        "é" * 90,
    ),
    *("10.48550/arXiv.1706.08818", "https://arxiv.org/abs/1706.08818", "-- --", "%", "0000", "20177", "٢٠١٧", "\ufffd"),
)
"""Texts that have broken readers, or the files that they wrote."""

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(NASTY)
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
"""Any JSON."""


def body(answer: Any) -> bytes:
    """An answer as a server sends it."""
    return json.dumps(answer).encode()


@st.composite
def broken(draw: st.DrawFn, answer: Any) -> bytes:
    """The body of an answer in which one to three values, anywhere, are anything."""
    broken_answer = json.loads(json.dumps(answer))
    for _ in range(draw(st.integers(1, 3))):
        paths = list(_paths(broken_answer))
        path = draw(st.sampled_from(paths))
        broken_answer = _with(broken_answer, path, draw(anything))
    return body(broken_answer)


def _paths(value: Any, path: Path_ = ()) -> list[Path_]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for step, child in children for found in _paths(child, (*path, step)))]


def _with(value: Any, path: Path_, new: Any) -> Any:
    if not path:
        return new
    value[path[0]] = _with(value[path[0]], path[1:], new)
    return value


@cache
def config() -> Config:
    """The list's own configuration."""
    return load((Path(__file__).parents[3] / ".github/bot.yml").read_text(encoding="utf-8"), "bot.yml")


def faults(record: Record, *, incomplete: bool = False) -> list[str]:
    """What stops the fields from being an entry of the list; ``incomplete``: but for fields that are missing."""
    entry = Entry(record.type or "misc", "Author2017", record.fields)
    found = errors(check_entry(entry, config(), 2026))
    missing = {"title", "author", "year"} - record.fields.keys() if incomplete else set()
    return [f"{one.rule}: {one.message}" for one in found if one.field not in missing]


def read_or_refuse(source: Source, data: bytes, ids: list[str]) -> list[Record]:
    """The records of an answer; none where the source's reader says that it is nonsense."""
    try:
        return list(source.read(data, ids).values())
    except NonsenseError:
        return []
