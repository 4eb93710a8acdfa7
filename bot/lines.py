"""The lines of a Markdown text that are no code."""

import re
from collections.abc import Iterator

import msgspec

_LINE = re.compile(r"([^\r\n]*+)(\r\n?|\n|\Z)")
_FENCE = re.compile(r" {0,3}(?:(`{3,})[^`]*+|(~{3,}).*+)\Z")


class Line(msgspec.Struct, frozen=True):
    """A line without its end, the end (LF, CRLF or CR, or nothing at the file's end), and where it starts."""

    text: str
    end: str
    start: int


def prose_lines(text: str) -> Iterator[Line]:
    """The lines outside fenced code and outside comments of several lines.

    Fences as in CommonMark 0.31, section 4.5; one that is not closed lasts to the end of the file.
    """
    fence = ""
    in_comment = False
    position = 0
    while position < len(text):
        match = _LINE.match(text, position)
        assert match  # noqa: S101  (every part is optional)
        line, end = match[1], match[2]
        opening = _FENCE.match(line)
        if fence:
            stripped = line.strip(" \t")
            if stripped.startswith(fence) and not stripped.strip(fence[0]) and not line.startswith("    "):
                fence = ""
        elif in_comment:
            in_comment = "-->" not in line
        elif opening:
            fence = opening[1] or opening[2]
        elif line.lstrip(" ").startswith("<!--") and "-->" not in line:
            in_comment = True
        else:
            yield Line(line, end, position)
        position = match.end()
