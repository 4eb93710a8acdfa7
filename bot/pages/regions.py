"""Marked regions of a Markdown file: the bot writes what is between the markers, people everything else."""

import re

from bot.lines import Line, prose_lines
from bot.problems import UsageError

_MARKER = re.compile(r" {0,3}<!--[ \t]*+(/?)bot:([a-z]+)[ \t]*+-->[ \t]*+")


class RegionError(UsageError):
    """The markers of a region do not stand as they should."""


def replace_region(text: str, name: str, content: str, file: str) -> str:
    """Put ``content`` between ``<!-- bot:name -->`` and ``<!-- /bot:name -->``, and change nothing else.

    Each marker stands alone on a line; those in fenced code are text. The content's line feeds become what the
    first marker's line ends with. ``file`` is named in errors.

    Raises:
        RegionError: a marker is missing, stands twice, or in another region.
    """
    opening, closing = f"<!-- bot:{name} -->", f"<!-- /bot:{name} -->"
    found: dict[str, list[Line]] = {opening: [], closing: []}
    others: list[Line] = []
    for line in prose_lines(text):
        if (marker := marker_of(line)) is not None:
            is_end, its_name = marker
            found.get(f"<!-- {'/' if is_end else ''}bot:{its_name} -->", others).append(line)
    start, end = (_only(lines, marker, file) for marker, lines in found.items())
    if end.start < start.start:
        raise RegionError(f"{file}: {closing} stands before {opening}; put it after")
    for line in others:
        if start.start < line.start < end.start:
            raise RegionError(
                f"{file}: {line.text.strip()} stands between {opening} and {closing}; regions cannot overlap, "
                "put one after the other"
            )
    inside = f"\n{content}\n\n".replace("\n", start.end)
    return text[: start.start + len(start.text) + len(start.end)] + inside + text[end.start :]


def marker_of(line: Line) -> tuple[bool, str] | None:
    """Whether a line is a region's marker, and then whether it ends the region, and which."""
    match = _MARKER.fullmatch(line.text)
    return (bool(match[1]), match[2]) if match else None


def _only(found: list[Line], marker: str, file: str) -> Line:
    if not found:
        raise RegionError(f"{file}: the line {marker} is missing; add it, alone on its line, where the region belongs")
    if len(found) > 1:
        raise RegionError(f"{file}: the line {marker} stands {len(found)} times; keep one")
    return found[0]
