"""The README's table of contents: its second-level headings, linked as GitHub names them."""

import html
import re
import unicodedata
from collections import Counter

from bot.lines import prose_lines

_HEADING = re.compile(r" {0,3}(#{1,6})(?=[ \t]|\Z)")
_IMAGE = re.compile(r"!\[[^\[\]]*\]\([^()]*\)")
_LINK = re.compile(r"\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])")
_TAG = re.compile(r"<[^<>]*>")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_UNDERSCORES = re.compile(r"(?<!\w)_+(?=\w)|(?<=\w)_+(?!\w)")
_OWN = ("contents", "table of contents")


def contents(text: str) -> str:
    """One linked line for each ``##`` heading outside code, without that of the contents themselves."""
    seen: Counter[str] = Counter()
    lines = []
    for line in prose_lines(text):
        match = _HEADING.match(line.text)
        if not match:
            continue
        shown = _LINK.sub(r"\1", _IMAGE.sub("", _heading(line.text[match.end() :]))).strip()
        name = _anchor(shown)
        anchor = f"{name}-{seen[name]}" if seen[name] else name
        seen[name] += 1
        if len(match[1]) == 2 and shown and shown.lower() not in _OWN:
            lines.append(f"- [{shown}](#{anchor})")
    return "\n".join(lines)


def _heading(text: str) -> str:
    """A heading's text without the number signs that may close it (CommonMark 0.31, section 4.2)."""
    text = text.strip(" \t")
    before = text.rstrip("#")
    return before.rstrip(" \t") if not before or before[-1] in " \t" else text


def _anchor(shown: str) -> str:
    """The name that GitHub gives a heading, before it numbers equal ones.

    As https://github.com/gjtorikian/html-pipeline (``toc_filter``) does: the text in lower case, of which letters,
    marks, decimal digits, connecting punctuation, hyphens and blanks stay, and blanks become hyphens.
    """
    plain = _UNDERSCORES.sub("", html.unescape(_ESCAPE.sub(r"\1", _TAG.sub("", shown))))
    return "".join("-" if char == " " else char for char in plain.lower() if char in " -" or _is_word(char))


def _is_word(char: str) -> bool:
    return unicodedata.category(char) in ("Nd", "Pc") or unicodedata.category(char)[0] in "LM"
