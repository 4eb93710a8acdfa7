"""What differs between two states of a ``.bib`` file, and two changes of one file brought together, entry by entry.

For a merge by lines two proposals conflict that add neighbours, or change neighbouring fields of one entry; for this
one they do not. An entry is known by its citation key, the case of which does not count. A key that stands twice in a
file, or in a broken block, names no entry there: such blocks are like the text between the entries. All of it takes
time that grows with the sizes of the files alone.
"""

from collections.abc import Mapping

import msgspec

from bot.bibliography.blocks import Bibliography, Kind, LocatedEntry
from bot.bibliography.edits import Edit, apply, changes, placed, removals

_Changes = dict[str, bytes | None]
"""Entries by key in lower case, byte for byte; ``None`` for one that is gone."""


class Merge(msgspec.Struct, frozen=True):
    """The merged file, and the citation keys of the entries whose two changes cannot both stand.

    An empty key stands for what is not an entry. In a conflict ``data`` is as on their side.
    """

    data: bytes
    conflicts: tuple[str, ...] = ()


def changed_entries(before: Bibliography, after: Bibliography) -> dict[str, str | None]:
    """The entries whose exact text differs: their text in ``after``, or ``None`` where it has no such entry.

    Their citation keys are as written in ``after``, and for those that are gone in ``before``.
    """
    old, new = _sides(before, after)
    changed = [new.entries.get(key) or old.entries[key] for key in new.changes_since(old)]
    return {entry.key: entry.text if entry.key.lower() in new.entries else None for entry in changed}


def with_entries(bibliography: Bibliography, texts: Mapping[str, str | None]) -> bytes:
    """The file with each of these entries, by citation key, as given: changed, put in its place, or taken out.

    An entry that is as given already stays as it is; the others get the file's line endings. Of a key that stands
    twice the first entry is meant.
    """
    standing = {entry.key.lower(): entry for entry in reversed(bibliography.entries) if entry.key}
    wanted: _Changes = {}
    for key, text in texts.items():
        entry = standing.get(key.lower())
        if text is None or entry is None or entry.text != text:
            wanted[key.lower()] = None if text is None else _with_newline(text.encode(), bibliography.newline)
    return _put(_Side(bibliography, standing), wanted)


def merge(base: Bibliography, ours: Bibliography, theirs: Bibliography) -> Merge:
    """``theirs`` with all that ``ours`` changed since ``base``.

    An entry that one side changed is as that side has it. One that both changed is as ``theirs`` with the fields that
    ``ours`` changed, values compared as BibTeX reads them; it is a conflict where both changed one field, or one side
    removed the entry. What is not an entry (text between, strings, comments, preambles, broken blocks, the order) is
    as the side has it that changed it; where both did, it is a conflict, unless they differ in blank lines only.
    """
    if ours.data in (base.data, theirs.data):
        return Merge(theirs.data)
    if theirs.data == base.data:
        return Merge(ours.data)
    old, mine, new = _sides(base, ours, theirs)
    mine_changed, new_changed = mine.changes_since(old), new.changes_since(old)
    settled: _Changes = {}
    conflicts: list[str] = []
    for key in mine_changed:
        if key in new_changed and mine_changed[key] != new_changed[key]:
            settled[key] = _with_both(key, old, mine, new)
            if settled[key] is None:
                settled[key] = new_changed[key]
                conflicts.append((new.entries.get(key) or mine.entries[key]).key)
    start = _start(old, mine, new, new_changed)
    if start is None:
        start = new
        conflicts.append("")
    other, wanted = (mine, mine_changed) if start is new else (new, new_changed)
    wanted = {key: text for key, text in {**wanted, **settled}.items() if text != start.raw(key)}
    if start.bibliography.newline != other.bibliography.newline:
        wanted = {key: text and _with_newline(text, start.bibliography.newline) for key, text in wanted.items()}
    return Merge(_put(start, wanted), tuple(conflicts))


class _Side:
    """One state of the file, with its entries by key in lower case."""

    __slots__ = ("bibliography", "entries")

    def __init__(self, bibliography: Bibliography, entries: dict[str, LocatedEntry]) -> None:
        self.bibliography = bibliography
        self.entries = entries

    def raw(self, key: str) -> bytes | None:
        """The exact bytes of an entry; ``None`` where there is none."""
        entry = self.entries.get(key)
        return self.bibliography.data[entry.block.start : entry.block.end] if entry else None

    def changes_since(self, old: "_Side") -> _Changes:
        """The entries that are not as in ``old``."""
        keys = dict.fromkeys((*self.entries, *old.entries))
        return {key: raw for key in keys if (raw := self.raw(key)) != old.raw(key)}

    def is_as(self, other: "_Side") -> bool:
        """Whether all that is not an entry is the same, but for blank lines, and stands between the same entries."""
        common = self.entries.keys() & other.entries.keys()
        return self._outline(common) == other._outline(common)

    def _outline(self, common: set[str]) -> list[str | bytes]:
        """The lines that belong to no entry, and between them the keys of the ``common`` entries."""
        data = self.bibliography.data
        outline: list[str | bytes] = []
        for block in self.bibliography.blocks:
            key = block.key.lower()
            if key in self.entries:
                outline += [key] if key in common else ()
            elif block.kind is Kind.TEXT:
                outline += filter(None, map(bytes.strip, data[block.start : block.end].split(b"\n")))
            else:
                outline.append(data[block.start : block.end])
        return outline


def _sides(*states: Bibliography) -> tuple[_Side, ...]:
    """The states with the entries whose key names one whole entry in each state that has it."""
    unclear = {""}
    for state in states:
        seen: set[str] = set()
        for block in state.blocks:
            key = block.key.lower()
            if key in seen or block.kind is not Kind.ENTRY:
                unclear.add(key)
            seen.add(key)
    return tuple(
        _Side(state, {key: entry for entry in state.entries if (key := entry.key.lower()) not in unclear})
        for state in states
    )


def _start(old: _Side, mine: _Side, new: _Side, new_changed: _Changes) -> _Side | None:
    """The side whose text between the entries stands; ``None`` where both have changed it."""
    if _put(old, new_changed) == new.bibliography.data:  # no byte of it
        return mine
    if mine.is_as(old):
        return new
    if new.is_as(old):
        return mine
    return new if new.is_as(mine) else None


def _with_both(key: str, old: _Side, mine: _Side, new: _Side) -> bytes | None:
    """The entry of ``new`` with what ``mine`` changed in it since ``old``; ``None`` where that cannot be."""
    here, there, was = mine.entries.get(key), new.entries.get(key), old.entries.get(key)
    if here is None or there is None or any(one.problems for one in (here, there, was) if one):
        return None
    if any(side.bibliography.encoding_problem for side in (mine, new)):
        return None
    ours, common, theirs = ({"": one.block.type, **one.fields} if one else {} for one in (here, was, there))
    values: dict[str, str] = {}
    for name in {**ours, **common}:
        value, before, listed = (fields.get(name, "") for fields in (ours, common, theirs))
        if value not in (before, listed):
            if listed != before:
                return None
            values[name] = value
    type_ = values.pop("", None)
    start, end = there.block.start, there.block.end
    edits = changes(new.bibliography, there, values, tuple(here.fields), type_)
    shifted = [Edit(edit.start - start, edit.end - start, edit.text) for edit in edits]
    return apply(new.bibliography.data[start:end], shifted)


def _put(side: _Side, texts: _Changes) -> bytes:
    """The file with each of these entries as given."""
    bibliography = side.bibliography
    edits: list[Edit] = []
    gone: list[LocatedEntry] = []
    new: dict[str, bytes] = {}
    for key, text in texts.items():
        entry = side.entries.get(key)
        if entry is None:
            if text is not None:
                new[key] = text
        elif text is None:
            gone.append(entry)
        else:
            edits.append(Edit(entry.block.start, entry.block.end, text))
    data = apply(bibliography.data, [*edits, *removals(bibliography, gone)])
    if not new:
        return data
    if edits or gone:
        bibliography = Bibliography.parse(data)
    return apply(data, placed(bibliography, new))


def _with_newline(text: bytes, newline: str) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\n", newline.encode())
