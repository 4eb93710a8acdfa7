"""Untrusted text made harmless: one function for each kind of place where it may go.

Every function accepts any string (lone surrogates too), takes linear time, and leaves harmless text as it is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from bot.lines import prose_lines

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"
_CONTROLS = f"\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f{_BIDI}\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff"
_LINE_ENDS = "\n\v\f\r\x1c-\x1e\x85\u2028\u2029"
_CONTROL = re.compile(f"[{_CONTROLS}]+")
_BLANKS = re.compile(f"[ \t{_LINE_ENDS}]+")
_UNEVEN = re.compile(f"[\t{_LINE_ENDS}{_CONTROLS}]|  |\\A | \\Z")
_UNSEEN = re.compile(f"[{_LINE_ENDS}{_CONTROLS}]")
_UNSEEN_IN_LINES = re.compile(f"[\v\f\r\x1c-\x1e\x85\u2028\u2029{_CONTROLS}]")
_NOT_IN_BRANCHES = re.compile(r"[^A-Za-z0-9]+")
_CARRIAGE_RETURN = re.compile(r"\r\n?")

# A zero-width space, which no reader sees: as an entity for Markdown, as itself where there are no entities.
_BREAK_ENTITY = "&#8203;"
_BREAK = "\u200b"

# What GitHub acts upon wherever it stands in a text, found at the character after which a break stops it: mentions,
# references (#12, owner/repo#12, GH-12), emoji, and addresses as `www.` and `https://`. See
# https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting. A commit's number may
# become a link, which tells nobody and closes nothing.
_ACTING = r"@(?=\S) | \#(?=[0-9]) | \bgh-(?=[0-9]) | :(?=//|[0-9a-z_+\-]+:) | www(?=\.)"
# And what Markdown reads in a line or at its start: GitHub Flavored Markdown 0.29 (https://github.github.com/gfm/),
# sections 4.1 to 4.3 and 5.2 (starts of a line), 4.10 (tables), 6.1 and 6.2 (escapes and entities), 6.5
# (strikethrough) and 6.9 (autolinks); the dollar sign starts GitHub's mathematics.
_MARKDOWN = re.compile(
    rf"""
      (?P<mark> [\\`*_\[\]|~] )
    | (?P<entity> [<>$] | &(?=\#?[0-9a-z]{{1,32}};) )
    | (?P<acting> {_ACTING} )
    | \A (?: (?P<start> \# | [-+=](?=[-=\ ]|\Z) | :(?=-) ) | (?P<number> [0-9]{{1,9}} )(?=[.)]) )
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Most titles and names, told at once: words with the punctuation of a sentence.
_PROSE = re.compile(
    r"""(?!\ )
    (?: [^\W\d_] | [,;!?()'"/] | \ (?!\ ) | (?<=\w)-(?=[^\W\d_]) | (?<=\w):(?=\ ) | (?<=[^\W\d_w])\.(?=\ |\Z) )*+
    (?<!\ )""",
    re.VERBOSE,
)
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "$": "&#36;"}
# The same without Markdown, where GitHub may still read an entity (`&#35;12`) as its character; and words in a commit's
# message: https://docs.github.com/en/actions/managing-workflow-runs/skipping-workflow-runs.
_ACTING_IN_SUBJECTS = re.compile(
    rf"{_ACTING} | &(?=\#?[0-9a-z]{{1,32}};) | \[(?=(?:skip|no)\ (?:ci|actions)\]|(?:ci|actions)\ skip\])",
    re.VERBOSE | re.IGNORECASE,
)
# `Key: value`, as https://git-scm.com/docs/git-interpret-trailers reads it, found at the character before the colon.
_TRAILER = re.compile(r"\A[A-Za-z0-9-]+(?=[ \t]*:)")
# What GitHub lets an account be called: letters, digits and hyphens; an underscore in names that a company manages.
_LOGIN = r"[A-Za-z0-9_-]+(?:\[bot\])?"
_CO_AUTHOR = re.compile(rf"(?P<login>{_LOGIN}) <[0-9]+\+(?P=login)@users\.noreply\.github\.com>")
_SUBJECT = 72
_PARAGRAPH = 1_000
_BACKLINK = re.compile(
    r"\]\(https?://(?:www\.)?github\.com/([^/()\s]+/[^/()\s]+/(?:issues|pull|pulls|discussions|commit)/)", re.IGNORECASE
)
_WEB = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_NOT_IN_DESTINATIONS = re.compile(
    f'[\x00-\x20"<>()\\[\\]\\\\|`\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000{_CONTROLS}]'
)
_ENTITY_IN_DESTINATIONS = re.compile(r"\$|&(?=#?[0-9A-Za-z]{1,32};)")
_BACKTICKS = re.compile("`+")
# The runner obeys `::command::` after blanks at the start of a line, and `##[command]` anywhere in it:
# https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
_COMMAND = re.compile(r"^[^\S\n]*+:(?=:)|##(?=\[)", re.MULTILINE)
_XML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
_XML_MARK = re.compile("[&<>\"']")
_HIDDEN = re.compile(r"<!-- .* -->[ \t]*")
# A block that is whole or worth nothing: code, a comment of several lines, a table (told by its second line).
_WHOLE = re.compile(r"^ {0,3}(?:```|~~~|<!--)|^(?=[^\n]*-)[ |:-]++$", re.MULTILINE)
_LEFT_OUT = "*(A part that is too long to stand here was left out.)*\n\n"


def markdown(text: str) -> str:
    """Text for a line of GitHub's Markdown: a paragraph, a list item, a table cell or a link's text.

    It comes out as it is and acts in no way: no markup, HTML, entity, mathematics, mention, reference, closing
    keyword, emoji or link of its own. Blanks and line ends become single spaces, control and bidirectional
    characters are dropped; mentions and the like are broken by a zero-width space.
    """
    return text if _PROSE.fullmatch(text) else _MARKDOWN.sub(_markdown, _one_line(text))


def _markdown(match: re.Match[str]) -> str:
    found = match[0]
    kind = match.lastgroup
    if kind == "acting":
        return found + _BREAK_ENTITY
    if kind == "entity":
        return _ENTITIES[found]
    return f"{found}\\" if kind == "number" else f"\\{found}"


def link(text: str, url: str) -> str:
    """A Markdown link whose text and address are untrusted; only the text where the address is not http(s)."""
    destination = link_destination(url)
    return f"[{markdown(text)}]({destination})" if destination else markdown(text)


def link_destination(url: str) -> str:
    """An http(s) address for the parentheses of a Markdown link; empty for any other address.

    Blanks, controls, and what ends a destination, a table cell or a link's text are percent-encoded.
    """
    url = url.strip()
    if not _WEB.match(url):
        return ""
    url = _NOT_IN_DESTINATIONS.sub(_percent, url)
    return _ENTITY_IN_DESTINATIONS.sub(lambda match: _ENTITIES[match[0]], url)


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode(errors="replace"))


def code_block(text: str, language: str) -> str:
    """Several lines as a fenced block of Markdown, the fences included; other control characters are shown as codes."""
    text = _UNSEEN_IN_LINES.sub(_code, _CARRIAGE_RETURN.sub("\n", text)).removesuffix("\n")
    fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"


def code_span(text: str) -> str:
    """Text to be copied as it is, as inline code of Markdown on one line; not for a table, where ``|`` parts cells."""
    text = _one_line(text)
    ticks = "`" * (1 + max(map(len, _BACKTICKS.findall(text)), default=0))
    return f"{ticks} {text} {ticks}" if text[:1] == "`" or text[-1:] == "`" else f"{ticks}{text}{ticks}"


def one_line(text: str, limit: int = 200) -> str:
    """Text for the title of an issue or pull request, or the subject of a commit: plain, at most ``limit`` long.

    Mentions, references and the like (also ``[skip ci]``) are broken by a zero-width space.
    """
    text = _ACTING_IN_SUBJECTS.sub(rf"\g<0>{_BREAK}", _one_line(text))
    return text if len(text) <= limit else text[: limit - 1].rstrip(f" {_BREAK}") + "…"


def commit_message(subject: str, paragraphs: Iterable[str] = (), trailers: Iterable[tuple[str, str]] = ()) -> str:
    """The message of a commit: a subject, paragraphs of one line each, and trailers (``Key: value``) at the end.

    Subject, paragraphs and values may be untrusted: none of them mentions, refers to or closes anything, skips a check
    or is a trailer of its own. A trailer without a value is left out; the value that credits somebody is ``co_author``.
    """
    parts = [_no_trailer(one_line(subject, _SUBJECT))]
    parts += [_no_trailer(one_line(paragraph, _PARAGRAPH)) for paragraph in paragraphs]
    lines = [f"{key}: {value if _CO_AUTHOR.fullmatch(value) else one_line(value)}" for key, value in trailers if value]
    return "\n\n".join(part for part in (*parts, "\n".join(lines)) if part)


def _no_trailer(line: str) -> str:
    return _TRAILER.sub(rf"\g<0>{_BREAK}", line)


def co_author(login: str, id_: int) -> str:
    """The value of ``Co-authored-by`` that credits an account of GitHub; empty where this cannot be its login."""
    value = f"{login} <{id_}+{login}@users.noreply.github.com>"
    return value if _CO_AUTHOR.fullmatch(value) else ""


def without_backlinks(text: str) -> str:
    """Markdown whose links to issues and the like of GitHub leave no trace there: a comment's links tell their targets.

    ``redirect.github.com`` leads to the same page without that, as other bots use it for the same purpose.
    """
    return _BACKLINK.sub(r"](https://redirect.github.com/\1", text)


def clipped(text: str, limit: int = 60_000) -> str:
    """Markdown for a comment, a body or a summary, as far as it has room: GitHub takes 65,536 characters.

    Code, tables and comments of several lines are left out whole; lists and paragraphs end after a line. The first
    gap is marked by a sentence. Hidden lines (``<!-- … -->``) are kept, all of them, whatever the limit.
    """
    if len(text) <= limit:
        return text
    blocks = list(_blocks(text))
    room = limit - len(_LEFT_OUT) - sum(len(block) for block in blocks if _is_hidden(block))
    kept = []
    marked = False
    for block in blocks:
        if _is_hidden(block):
            kept.append(block)
        elif len(block) <= room:
            kept.append(block)
            room -= len(block)
        else:
            part = _beginning(block, room - 1)
            kept += [f"{part}\n" if part else "", "" if marked else _LEFT_OUT]
            room -= len(part) + bool(part)
            marked = True
    return "".join(kept)


def _blocks(text: str) -> Iterator[str]:
    """The text in pieces that end where a blank line ends; each hidden line is a piece of its own."""
    start = 0
    for line in prose_lines(text):
        end = line.start + len(line.text) + len(line.end)
        hidden = _is_hidden(line.text)
        if hidden and line.start > start:
            yield text[start : line.start]
        if hidden or not line.text.strip(" \t"):
            yield text[line.start if hidden else start : end]
            start = end
    if start < len(text):
        yield text[start:]


def _is_hidden(block: str) -> bool:
    return bool(_HIDDEN.fullmatch(block.rstrip("\r\n")))


def _beginning(block: str, room: int) -> str:
    """The first lines of a block that have room; none where it would not make sense without the others."""
    if _WHOLE.search(block):
        return ""
    return block[: block.rfind("\n", 0, max(room, 0)) + 1]


def terminal(text: str, *, lines: bool = False) -> str:
    r"""Text for a line of a terminal or a log: line ends and control characters are shown as codes (``\x1b``).

    With ``lines`` the line feeds stay. What the runner of GitHub Actions would take for a workflow command is broken
    by a zero-width space.
    """
    shown = (_UNSEEN_IN_LINES if lines else _UNSEEN).sub(_code, text)
    return _COMMAND.sub(rf"\g<0>{_BREAK}", shown)


def _code(match: re.Match[str]) -> str:
    code = ord(match[0])
    short = {"\n": "\\n", "\r": "\\r"}.get(match[0])
    return short or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def workflow_command(command: str, message: str, properties: Mapping[str, str]) -> str:
    """A workflow command as the runner reads it: ``::error file=…,line=…::message``; a message may have many lines.

    Encoded as https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts does.
    """
    shown = ",".join(
        f"{name}={_data(value).replace(':', '%3A').replace(',', '%2C')}" for name, value in properties.items()
    )
    return f"::{command}{' ' if shown else ''}{shown}::{_data(message)}"


def _data(text: str) -> str:
    text = terminal(_CARRIAGE_RETURN.sub("\n", text), lines=True)
    return text.replace("%", "%25").replace("\n", "%0A")


def xml(text: str) -> str:
    """Text for an element's content or a quoted attribute of HTML, XML or SVG, on one line."""
    return _XML_MARK.sub(lambda match: _XML[match[0]], _one_line(text))


def _one_line(text: str) -> str:
    """The text with each run of blanks and line ends as one space, none at the ends, and without control characters."""
    return _BLANKS.sub(" ", _CONTROL.sub("", text)).strip(" ") if _UNEVEN.search(text) else text


def branch_part(text: str) -> str:
    """Text for the last part of a branch's name: ASCII letters, digits and hyphens, at most 60; never empty.

    That is far within what ``git check-ref-format`` allows.
    """
    return _NOT_IN_BRANCHES.sub("-", text)[:60].strip("-") or "submission"
