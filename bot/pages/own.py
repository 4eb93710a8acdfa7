"""What of a page people have written, and not the bot."""

from bot.lines import prose_lines
from bot.pages.documents import is_generated
from bot.pages.regions import marker_of


def own_text(text: str) -> str:
    """The text of a page with blank lines in the place of what the bot generates; no line moves."""
    if is_generated(text):
        return ""
    parts: list[str] = []
    position, opened = 0, ""
    for line in prose_lines(text):
        marker = marker_of(line)
        if marker is None:
            continue
        is_end, name = marker
        if opened:
            if is_end and name == opened:
                parts.append("\n" * text.count("\n", position, line.start))
                position, opened = line.start, ""
        elif not is_end:
            end = line.start + len(line.text)
            parts.append(text[position:end])
            position, opened = end, name
    return "".join([*parts, text[position:]])
