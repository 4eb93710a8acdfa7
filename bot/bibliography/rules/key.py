"""Citation keys, and the order of the file."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from bot.bibliography.entry import Entry
from bot.bibliography.keys import base_key, fits, is_key
from bot.bibliography.order import sort_key
from bot.bibliography.rules.rule import Context, Found, Rule, quoted
from bot.config import Config
from bot.problems import Severity

# What the reader reports already, as `syntax-key`.
_UNREADABLE = re.compile(r"[\s\"#%'(),={}\\~]")
# More entries out of place than this, and more than a fifth of all, are a file that is not sorted.
_MISPLACED = 10


def _shape(entry: Entry, context: Context) -> Iterator[tuple[None, Found]]:
    del context
    if entry.key and not is_key(entry.key) and not _UNREADABLE.search(entry.key):
        yield (
            None,
            (f"the citation key {quoted(entry.key)} has unusual characters", "ASCII letters, digits, - _ : . + /"),
        )


def _fit(entry: Entry, context: Context) -> Iterator[tuple[None, Found]]:
    del context
    if not entry.key or not (entry.get("author") or entry.get("editor")) or not entry.get("year"):
        return
    if not fits(entry.key, entry):
        message = f"the citation key {quoted(entry.key)} does not fit: author and year would make {base_key(entry)}"
        yield None, (message, "nothing, if others cite it already: a key stays once it is merged")


def _twice(entries: Sequence[Entry], config: Config) -> Iterator[tuple[int, None, Found]]:
    del config
    first: dict[str, int] = {}
    for index, entry in enumerate(entries):
        other = first.setdefault(entry.key.lower(), index)
        if entry.key and other != index:
            case = "" if entries[other].key == entry.key else f" ({quoted(entries[other].key)}: case does not count)"
            message = f"the citation key {quoted(entry.key)} is taken by an entry before this one{case}"
            yield index, None, (message, "another key, or one entry for both")


def _order(entries: Sequence[Entry], config: Config) -> Iterator[tuple[int, None, Found]]:
    keys = [sort_key(entry.key) for entry in entries]
    if all(one <= other for one, other in pairwise(keys)):
        return
    kept = _longest_sorted(keys)
    misplaced = [index for index in range(len(keys)) if index not in kept]
    if len(misplaced) > max(_MISPLACED, len(keys) // 5):
        message = f"the file is not sorted by citation key: {len(misplaced)} of {len(keys)} entries are out of place"
        yield misplaced[0], None, (message, "the entries in the order of their keys, small and capital letters alike")
        return
    places = sorted(kept)
    in_order = [keys[place] for place in places]
    for index in misplaced:
        position = bisect_right(in_order, keys[index])
        where = f"before {entries[places[position]].key}" if position < len(places) else "at the end of the file"
        yield index, None, (f"{quoted(entries[index].key)} is out of order", f"the entry {where}")


def _longest_sorted(keys: Sequence[str]) -> set[int]:
    """The indices of a longest run of keys in order, not necessarily side by side (patience sorting)."""
    tops: list[str] = []
    at: list[int] = []
    before: list[int] = []
    for index, key in enumerate(keys):
        pile = bisect_right(tops, key)
        before.append(at[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(key)
            at.append(index)
        else:
            tops[pile] = key
            at[pile] = index
    kept = set()
    index = at[-1] if at else -1
    while index >= 0:
        kept.add(index)
        index = before[index]
    return kept


def _crossref(entries: Sequence[Entry], config: Config) -> Iterator[tuple[int, str, Found]]:
    del config
    keys: set[str] | None = None
    for index, entry in enumerate(entries):
        target = entry.get("crossref").strip()
        if not target:
            continue
        keys = {other.key.lower() for other in entries} if keys is None else keys
        if target.lower() not in keys:
            yield (
                index,
                "crossref",
                (f"no entry has the citation key {quoted(target)}", "the key of an entry of this file"),
            )


RULES = (
    Rule(
        name="key-shape",
        severity=Severity.WARNING,
        sentence="A citation key is made of ASCII letters and digits, also - _ : . + and /.",
        why="LaTeX and some programs stumble over others. A new key is made by the bot.",
        passes="@misc{Bock2012,\n  author = {Böck, Sebastian}\n}",
        fails="@misc{Böck2012,\n  author = {Böck, Sebastian}\n}",
        entry=_shape,
    ),
    Rule(
        name="key-fit",
        severity=Severity.HINT,
        fields=("author", "editor", "year"),
        sentence="A citation key is the first author's family name and the year, a letter where two would be the same.",
        why="This is how keys are made. One that no longer fits stays nevertheless, since papers cite by it.",
        passes="@misc{Bock2012b,\n  author = {Böck, Sebastian},\n  year = {2012}\n}",
        fails="@misc{Bock2012,\n  author = {Böck, Sebastian},\n  year = {2013}\n}",
        entry=_fit,
    ),
    Rule(
        name="key-chosen",
        severity=Severity.ERROR,
        sentence="A citation key that a maintainer chooses is free, looks like one, and is for a single new entry.",
        why="It is written as it is chosen, and stays once it is merged.",
        passes="/bot key Choi2016Tagging, for one new paper",
        fails="/bot key Choi2016, when another paper has this key",
        found_by="the job that makes proposals",
    ),
    Rule(
        name="key-twice",
        severity=Severity.ERROR,
        sentence="No two entries of a file have the same citation key, nor keys that differ only in case.",
        why="BibTeX drops the second one.",
        passes="@misc{Choi2016,\n}\n@misc{Choi2016b,\n}",
        fails="@misc{Choi2016,\n}\n@misc{choi2016,\n}",
        entries=_twice,
    ),
    Rule(
        name="key-order",
        severity=Severity.WARNING,
        sentence="The entries of a file stand in the order of their citation keys, small and capital letters alike.",
        why="Two proposals then seldom touch the same place of the file, so that both can be merged.",
        passes="@misc{bock2012,\n}\n@misc{Choi2016,\n}",
        fails="@misc{Choi2016,\n}\n@misc{bock2012,\n}",
        entries=_order,
    ),
    Rule(
        name="key-crossref",
        severity=Severity.ERROR,
        acceptable=True,
        fields=("crossref",),
        sentence="A crossref names the citation key of an entry of the same file.",
        why="BibTeX takes from there what the entry lacks.",
        passes="@misc{Choi2016,\n  crossref = {ISMIR2016}\n}\n@proceedings{ISMIR2016,\n}",
        fails="@misc{Choi2016,\n  crossref = {ISMIR2016}\n}",
        entries=_crossref,
    ),
)
