"""Markdown files that are generated as a whole, in parts where they would be too long for GitHub to render."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from bot.config import Config
from bot.escape import markdown

_GENERATED = "<!-- Generated from "
_HEADER = f"{_GENERATED}{{source}} by `python -m bot render`: change that file instead of this one. -->"
_CONTINUED = " (continued)"
_NEIGHBOURS = 10


class Page(msgspec.Struct, frozen=True):
    """What should stand in a file, by its path under the root; ``None`` for a file that should not be there."""

    path: str
    text: str | None


class Document(msgspec.Struct, frozen=True):
    """A page to be written: its title as plain text, and an introduction, items and a table's heading as Markdown.

    An item is one line, or a line with those that belong to it.
    """

    path: str
    title: str
    intro: str
    items: Sequence[Sequence[str]]
    heading: str = ""


def is_generated(text: str) -> bool:
    """Whether a page of this text was made here."""
    return text.startswith(_GENERATED)


def path_from(page: str, other: str) -> str:
    """The link from one page to another, both by their paths under the root."""
    path = posixpath.relpath(other, posixpath.dirname(page) or ".")
    return re.sub(r"[^\w./~-]", lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), path)


def part_path(path: str, number: int) -> str:
    """The file of a document's part: ``authors.md``, then ``authors-2.md``."""
    stem, extension = posixpath.splitext(path)
    return path if number == 1 else f"{stem}-{number}{extension}"


def document_pages(document: Document, config: Config) -> list[Page]:
    """The document as one page, or as parts of at most the README's ``limit`` of bytes, linked to each other."""
    limit = config.pages.readme.limit
    lines = [line for item in document.items for line in item]
    whole = _page_text(document, config, 1, 1, lines)
    if _size(whole) <= limit:
        return [Page(document.path, whole)]
    # There cannot be more parts than lines, nor longer links than those in the middle.
    frame = _page_text(document, config, len(lines) // 2, len(lines), [])
    parts = list(_split(document.items, limit - _size(frame) - len("\n")))
    return [
        Page(part_path(document.path, number), _page_text(document, config, number, len(parts), part))
        for number, part in enumerate(parts, 1)
    ]


def _page_text(document: Document, config: Config, number: int, count: int, lines: Sequence[str]) -> str:
    header = _HEADER.format(source=config.bibliography)
    body = "\n".join(([document.heading] if document.heading else []) + list(lines))
    sections = (header, f"# {markdown(document.title)}", document.intro, _links(document.path, number, count), body)
    return "\n\n".join(section for section in sections if section) + "\n"


def _links(path: str, number: int, count: int) -> str:
    """Where the other parts are: those around this one, the first and the last; nothing for a single page."""
    if count == 1:
        return ""
    around = range(max(1, number - _NEIGHBOURS), min(count, number + _NEIGHBOURS) + 1)
    links = [
        f"**{part}**" if part == number else f"[{part}]({path_from(path, part_path(path, part))})"
        for part in sorted({1, *around, count})
    ]
    return f"Part {' · '.join(links)}"


def _split(items: Iterable[Sequence[str]], room: int) -> Iterator[list[str]]:
    """The items' lines in parts of at most so many bytes; an item's first line stands again where it goes on."""
    lines: list[str] = []
    left = room
    for item in items:
        for line in item:
            if lines and _size(line) + 1 > left:
                yield lines
                lines, left = [], room
                if line is not item[0]:
                    lines.append(item[0] + _CONTINUED)
                    left -= _size(lines[0]) + 1
            lines.append(line)
            left -= _size(line) + 1
    yield lines


def _size(text: str) -> int:
    return len(text.encode())
