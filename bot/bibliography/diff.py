"""The unified diff of some edits, worked out from the edits alone: its cost is that of what changed."""

from collections.abc import Iterable, Iterator

import msgspec

from bot.bibliography.blocks import Bibliography
from bot.bibliography.edits import Edit

_CONTEXT = 3


class _Change(msgspec.Struct, frozen=True):
    """Lines of the file, ``start`` from 0, and what they become."""

    start: int
    old: list[bytes]
    new: list[bytes]


def unified_diff(bibliography: Bibliography, edits: Iterable[Edit], path: str) -> str:
    """The change of the file as ``diff -u`` shows it, with git's ``a/`` and ``b/`` before the path."""
    hunks: list[list[_Change]] = []
    for change in _changes(bibliography, sorted(edits, key=lambda edit: edit.start)):
        if hunks and change.start - _end(hunks[-1][-1]) <= 2 * _CONTEXT:
            hunks[-1].append(change)
        else:
            hunks.append([change])
    lines: list[str] = []
    shift = 0
    for hunk in hunks:
        body, start, old, new = _hunk(bibliography, hunk)
        lines.append(f"@@ -{_range(start, old)} +{_range(start + shift, new)} @@")
        lines += body
        shift += new - old
    return "\n".join([f"--- a/{path}", f"+++ b/{path}", *lines, ""]) if lines else ""


def _changes(bibliography: Bibliography, edits: list[Edit]) -> Iterator[_Change]:
    """The edits widened to whole lines; those that share a line are one change, lines that stay are left out."""
    data, position = bibliography.data, 0
    while position < len(edits):
        start = _line_start(data, edits[position].start)
        parts, at = [], start
        while True:
            edit = edits[position]
            parts += [data[at : edit.start], edit.text]
            at = edit.end
            changed = b"".join(parts)
            # A change that ends with a line needs nothing of the line that follows.
            whole = _line_start(data, at) == at and (not changed or changed.endswith(b"\n"))
            end = at if whole else _line_end(data, at)
            position += 1
            if position == len(edits) or edits[position].start >= end:
                break
        old = _lines(data[start:end])
        new = _lines(changed + data[at:end])
        first = bibliography.line(start) - 1
        same = 0
        while same < min(len(old), len(new)) and old[same] == new[same]:
            same += 1
        tail = 0
        while tail < min(len(old), len(new)) - same and old[-1 - tail] == new[-1 - tail]:
            tail += 1
        if same < max(len(old), len(new)):
            yield _Change(first + same, old[same : len(old) - tail], new[same : len(new) - tail])


def _hunk(bibliography: Bibliography, changes: list[_Change]) -> tuple[list[str], int, int, int]:
    """A hunk's lines, its first line in the old file, and how many lines it has there and in the new file."""
    start = max(0, changes[0].start - _CONTEXT)
    body: list[str] = []
    position, old, new = start, 0, 0
    for change in changes:
        before = _file_lines(bibliography, position, change.start)
        body += [_shown(" ", line) for line in before]
        body += [_shown("-", line) for line in change.old] + [_shown("+", line) for line in change.new]
        old += len(before) + len(change.old)
        new += len(before) + len(change.new)
        position = _end(change)
    after = _file_lines(bibliography, position, position + _CONTEXT)
    body += [_shown(" ", line) for line in after]
    return body, start, old + len(after), new + len(after)


def _end(change: _Change) -> int:
    return change.start + len(change.old)


def _range(start: int, count: int) -> str:
    return f"{start + 1 if count else start},{count}"


def _shown(mark: str, line: bytes) -> str:
    text = line.decode("utf-8", "replace")
    return mark + (text[:-1] if text.endswith("\n") else f"{text}\n\\ No newline at end of file")


def _file_lines(bibliography: Bibliography, start: int, end: int) -> list[bytes]:
    starts, data = bibliography.line_starts, bibliography.data
    first = starts[start] if start < len(starts) else len(data)
    return _lines(data[first : starts[end] if end < len(starts) else len(data)])


def _lines(data: bytes) -> list[bytes]:
    """The lines with their ends; only a line feed ends one, as for git."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _line_start(data: bytes, offset: int) -> int:
    return data.rfind(b"\n", 0, offset) + 1


def _line_end(data: bytes, offset: int) -> int:
    end = data.find(b"\n", offset)
    return len(data) if end < 0 else end + 1
