"""Changes to a ``.bib`` file, as values: each touches only the lines of its entry and the blank line around it."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from bot.bibliography.blocks import Bibliography, Block, Kind, LocatedEntry
from bot.bibliography.entry import Entry, to_bibtex
from bot.bibliography.fields import Field
from bot.bibliography.order import positions, sort_key


class Edit(msgspec.Struct, frozen=True):
    """``data[start:end]`` becomes ``text``."""

    start: int
    end: int
    text: bytes


def apply(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The file with all edits made; those at one place are made in the order given.

    Raises:
        ValueError: two edits overlap.
    """
    view, position = memoryview(data), 0  # slices of a view are no copies
    parts: list[bytes | memoryview] = []
    for edit in sorted(edits, key=lambda edit: edit.start):
        if edit.start < position:
            raise ValueError(f"two edits overlap at byte {edit.start}")
        parts += [view[position : edit.start], edit.text]
        position = edit.end
    return b"".join([*parts, view[position:]])


def insertions(bibliography: Bibliography, entries: Iterable[Entry], order: tuple[str, ...]) -> list[Edit]:
    """The edits that put new entries where their keys belong (see ``order.position``), in the list's style."""
    newline = bibliography.newline
    return placed(
        bibliography, {entry.key: to_bibtex(entry, order).replace("\n", newline).encode() for entry in entries}
    )


def placed(bibliography: Bibliography, texts: Mapping[str, bytes]) -> list[Edit]:
    """The edits that put the texts of new entries, by citation key, where their keys belong, blank lines between."""
    blocks = [block for block in bibliography.blocks if block.key]
    new = sorted(texts, key=sort_key)
    together: dict[int, list[bytes]] = {}
    for key, place in zip(new, positions([block.key for block in blocks], new), strict=True):
        start = _above(bibliography, blocks[place]) if place < len(blocks) else len(bibliography.data)
        together.setdefault(start, []).append(texts[key])
    return [Edit(start, start, _between(bibliography, start, texts)) for start, texts in together.items()]


def removal(bibliography: Bibliography, entry: LocatedEntry) -> Edit:
    """The edit that takes an entry out, with one of the blank lines around it."""
    return _without(bibliography.data, entry.block.start, entry.block.end)


def removals(bibliography: Bibliography, entries: Iterable[LocatedEntry]) -> list[Edit]:
    """The edits that take several entries out; those with nothing but blanks between them go as one."""
    data = bibliography.data
    spans: list[tuple[int, int]] = []
    for entry in sorted(entries, key=lambda entry: entry.block.start):
        start, end = entry.block.start, entry.block.end
        if spans and not data[spans[-1][1] : start].strip():
            start, _ = spans.pop()
        spans.append((start, end))
    return [_without(data, start, end) for start, end in spans]


def changes(
    bibliography: Bibliography,
    entry: LocatedEntry,
    values: Mapping[str, str],
    order: tuple[str, ...],
    type_: str | None = None,
) -> list[Edit]:
    """The edits that give fields of an entry new values, and the entry another type; all other bytes stay.

    An empty value takes the field out. A field that the entry does not have goes after those that come before it
    in ``order``, on a line of its own.
    """
    text, fields = entry.text, entry.located_fields()
    staying = [field for field in fields if values.get(field.name, field.value)]
    present = {field.name: field for field in reversed(fields)}
    rank = {name: number for number, name in enumerate(order)}
    edits: list[tuple[int, int, str]] = []
    added: dict[int, list[str]] = {}
    if type_ is not None and type_ != entry.block.type and (match := _TYPE.match(text)):
        edits.append((match.start(1), match.end(1), type_))
    for name, value in sorted(values.items(), key=lambda item: rank.get(item[0], len(rank))):
        if name in present:
            if not value:
                edits.append((*_whole(text, present[name]), ""))
            elif value != present[name].value:
                edits.append((present[name].value_start, present[name].end, f"{{{value}}}"))
        elif value:
            before = [field for field in staying if rank.get(field.name, len(rank)) <= rank.get(name, len(rank))]
            place = before[-1].end if before else _key_end(text)
            added.setdefault(place, []).append(f",{bibliography.newline}{_indent(text, fields)}{name} = {{{value}}}")
    edits += [(place, place, "".join(lines)) for place, lines in added.items()]
    return [_in_file(bibliography, entry.block, text, *edit) for edit in sorted(edits)]


_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TYPE = re.compile(r"@[ \t\r\n]*([^ \t\r\n{(]+)")
_KEY = re.compile(r"@[^{(]*[{(][ \t\r\n]*[^ \t\r\n,]*")


def _above(bibliography: Bibliography, block: Block) -> int:
    """Where to insert before an entry: above the comment lines that stand right on top of it, which are its own."""
    index = bisect_left(bibliography.blocks, block.start, key=lambda other: other.start)
    if index == 0 or bibliography.blocks[index - 1].kind is not Kind.TEXT:
        return block.start
    text = bibliography.blocks[index - 1]
    raw = bibliography.data[text.start : text.end]
    if not raw.strip():
        return block.start
    blank = max(raw.rfind(b"\n\n"), raw.rfind(b"\n\r\n"))
    if blank >= 0:
        return text.start + raw.index(b"\n", blank + 1) + 1
    if index == 1:  # the file's first lines, about the file rather than its first entry
        return block.start
    first = raw.find(b"\n") + 1
    return text.start + first if first else block.start


def _between(bibliography: Bibliography, start: int, texts: list[bytes]) -> bytes:
    """The new entries with the blank lines that part them from what stands before and after."""
    newline, data = bibliography.newline.encode(), bibliography.data
    before = data[max(0, start - 4) : start].replace(b"\r", b"").removeprefix(_BYTE_ORDER_MARK)
    missing = 0 if not before or before.endswith(b"\n\n") else 1 if before.endswith(b"\n") else 2
    closing = newline if start == len(data) else newline * 2
    return newline * missing + (newline * 2).join(texts) + closing


def _without(data: bytes, start: int, end: int) -> Edit:
    """The edit that takes ``data[start:end]`` out, with its line where nothing else stands on it, and a blank one."""
    after = re.compile(rb"[ \t]*\r?\n(?:[ \t]*\r?\n)?|[ \t]*\Z").match(data, end)
    if after and (
        data[max(0, start - 1) : start] in (b"", b"\n") or (start == 3 and data.startswith(_BYTE_ORDER_MARK))
    ):
        end = after.end()
        if end == len(data) and (before := re.compile(rb"\n([ \t]*\r?\n)\Z").search(data, max(0, start - 99), start)):
            start = before.start(1)
    return Edit(start, end, b"")


def _whole(text: str, field: Field) -> tuple[int, int]:
    """A field with its comma, and with its line where nothing else stands on it."""
    start, end = field.start, field.end
    if match := re.compile(r"[ \t\r\n]*,").match(text, end):
        end = match.end()
    line = text.rfind("\n", 0, start) + 1
    rest = re.compile(r"[ \t]*\r?\n").match(text, end)
    if rest and not text[line:start].strip():
        return line, rest.end()
    return start, end


def _key_end(text: str) -> int:
    match = _KEY.match(text)
    return match.end() if match else 0


def _indent(text: str, fields: Sequence[Field]) -> str:
    """The blanks that the entry's first field on a line of its own is indented by; two where there is none."""
    for field in fields:
        line = text.rfind("\n", 0, field.start) + 1
        if line and not text[line : field.start].strip():
            return text[line : field.start]
    return "  "


def _in_file(bibliography: Bibliography, block: Block, text: str, start: int, end: int, new: str) -> Edit:
    return Edit(bibliography.offset(block, text, start), bibliography.offset(block, text, end), new.encode())
