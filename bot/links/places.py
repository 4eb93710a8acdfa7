r"""Every address of the list, with the places where it stands.

In running text that is an address which readers can follow: links, images, reference definitions and autolinks of
CommonMark (https://spec.commonmark.org/0.31.2/), GitHub's autolinks without brackets
(https://github.github.com/gfm/#autolinks-extension-), HTML's ``href`` and ``src``, LaTeX's ``\url`` and ``\href``.
"""

import html
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from operator import attrgetter

from bot.bibliography import identifiers, latex
from bot.bibliography.blocks import Bibliography, LocatedEntry
from bot.bibliography.fields import Field, Macros, read_fields, read_values
from bot.bibliography.identifiers import ESCAPED, trim, unescape
from bot.config import Config
from bot.lines import Line, prose_lines
from bot.links.link import Link, Place

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+://")
_FEW = 8  # addresses of an entry that are looked for in all of it
_WORD = re.compile(r"[^ \t\r\n]++")
_ARXIV = "https://arxiv.org/abs/{id}"
# What a browser would take for the end of a DOI, or undo in it. DOI Handbook, section 2.5.2.4.
_IN_DOI = str.maketrans({"%": "%25", "#": "%23", "?": "%3F"})
# A value that is one address may have blanks in it, but no other address behind a blank.
_SEVERAL = re.compile(r"\s(?:https?|ftp)://|\]\(|.\\(?:url|href)\b", re.IGNORECASE | re.DOTALL)


def together(lists: Iterable[Iterable[Link]]) -> list[Link]:
    """Each address once, with its places in the order of the lists; sorted by address."""
    found: dict[str, Link] = {}
    for links in lists:
        for link in links:
            known = found.get(link.url)
            found[link.url] = Link(link.url, known.places + link.places) if known else link
    return sorted(found.values(), key=attrgetter("url"))


def _links(places: dict[str, list[Place]]) -> list[Link]:
    """A link for each address, in the order of the first places; ``places`` is used up, since it may be long."""
    return [Link(url, tuple(places.pop(url))) for url in list(places)]


# --- The bibliography ------------------------------------------------------------------------------------------------


def bibliography_links(bibliography: Bibliography, config: Config) -> list[Link]:
    """Every address in every field of the entries that can be read, each once, in the file's order.

    Fields that hold an address are taken whole, identifiers are addresses of their resolvers, in all other fields every
    link and address counts. What has no scheme is no address.
    """
    places: dict[str, list[Place]] = {}
    addresses = frozenset(config.addresses)
    for entry in bibliography.entries:
        # Not by `entry.fields`, which would keep the values of all entries.
        values, _ = read_values(entry.text, bibliography.macros, entry.block.start)
        found = dict.fromkeys(_in_entry(values, addresses))
        if not found:
            continue
        whereabouts = _Whereabouts(entry, bibliography.macros, [written for _, written, _ in found])
        title = latex.to_text(values.get("title", ""))
        for field, written, url in found:
            line, exact = whereabouts.of(field, written)
            place = Place(config.bibliography, line, url if exact == url else exact, entry.key, field, title)
            places.setdefault(url, []).append(place)
    return _links(places)


def _in_entry(values: Mapping[str, str], addresses: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """The addresses of an entry: the field, the address as it is written, and as it is meant."""
    for field, value in values.items():
        if field == "doi" and (doi := identifiers.doi(value.strip("{} "))):
            yield field, value, identifiers.doi_address(doi.translate(_IN_DOI))
        elif field == "eprint" and (arxiv := _arxiv(values)):
            yield field, value, _ARXIV.format(id=arxiv)
        elif "://" not in value:
            continue
        elif field in addresses and (whole := _whole(value)):
            yield field, *whole
        else:
            for _, written in _written(value, _IN_FIELDS):
                url = unescape(written).strip()
                if _SCHEME.match(url):
                    yield field, written, url


def _arxiv(values: Mapping[str, str]) -> str | None:
    archive = values.get("archiveprefix") or values.get("eprinttype") or "arxiv"
    found = identifiers.arxiv(values["eprint"]) if archive.lower() == "arxiv" else None
    return found.id if found else None


def _whole(value: str) -> tuple[str, str] | None:
    """The one address that a value is, as written and as meant."""
    command = _URL.fullmatch(value)
    written = (command[1] if command else value).strip()
    url = unescape(written).strip()
    return (written, url) if _SCHEME.match(url) and not _SEVERAL.search(written) else None


class _Whereabouts:
    """Finds the addresses of one entry, in the fields' order; fields are read exactly only where that is needed."""

    def __init__(self, entry: LocatedEntry, macros: Macros, addresses: Collection[str]) -> None:
        self._text = text = entry.text
        self._line = entry.line
        self._values: dict[str, _Value] | None = None
        if len(addresses) > _FEW or any(text.count(written) != 1 for written in addresses):
            fields, _ = read_fields(text, macros, entry.block.start)
            self._values = {one.name: _Value(text, one) for one in reversed(fields)}

    def of(self, field: str, written: str) -> tuple[int, str]:
        """The line of an address in a field, and how exactly it is written there.

        What no single piece of the file holds, such as an address put together from ``@string``s, is on its field's
        line.
        """
        if self._values is None:
            return self._line + self._text.count("\n", 0, self._text.index(written)), written
        value = self._values[field]
        span = value.find(written)
        start, end = span or (value.field.start, 0)
        return self._line + bisect_left(self._breaks, start), self._text[start:end] if span else written

    @cached_property
    def _breaks(self) -> list[int]:
        return [match.start() for match in re.finditer("\n", self._text)]


class _Value:
    """A field's value as the file has it, searched from one address to the next."""

    def __init__(self, text: str, field: Field) -> None:
        self.field = field
        self._text = text
        self._position = 0

    def find(self, written: str) -> tuple[int, int] | None:
        """Where an address stands in the text, whatever blanks the text has for its single ones."""
        at = self._evened.find(written, self._position)
        if at < 0:
            self._position = len(self._evened)  # who searched on would search all of it for each address
            return None
        self._position = at + len(written)
        return self._original(at), self._original(at + len(written) - 1) + 1

    @cached_property
    def _words(self) -> list[re.Match[str]]:
        return list(_WORD.finditer(self._text, self.field.value_start, self.field.end))

    @cached_property
    def _evened(self) -> str:
        return " ".join([word[0] for word in self._words])

    @cached_property
    def _ends(self) -> list[int]:
        """Where in ``_evened`` the words end, with the blank behind them."""
        return [*accumulate(len(word[0]) + 1 for word in self._words)]

    def _original(self, at: int) -> int:
        index = bisect_right(self._ends, at)
        return self._words[index].end() - (self._ends[index] - 1 - at)


# --- Pages -----------------------------------------------------------------------------------------------------------

_FENCE = re.compile(r"([ \t>]*+)(?:(`{3,})[^`]*+|(~{3,}).*+)\Z")
_ITEM = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)])(?:[ \t]|\Z)")
_NOT_AN_END = re.compile(r"[^\r\n]")
_BLANK_LINE = re.compile(r"\n(?=[ \t\r]*+(?:\n|\Z))")
_TICKS = re.compile(r"`++")
_OPENING = re.compile(r"\\.|`++|<!--|<(pre|code|script|style)\b", re.IGNORECASE | re.DOTALL)
_MARKDOWN_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[Xx][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_INDENTED = 4  # columns from which on a line is code


def page_links(text: str, file: str) -> list[Link]:
    """Every address in a Markdown page, each once, in the page's order; none in code or in comments.

    Addresses relative to the page, and parts of it, are left out.
    """
    places: dict[str, list[Place]] = {}
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    for at, written in _written(_without_code(_without_code_blocks(text)), _IN_PAGES):
        url = _ENTITY.sub(lambda match: html.unescape(match[0]), _MARKDOWN_ESCAPE.sub(r"\1", written)).strip()
        if _SCHEME.match(url):
            place = Place(file, bisect_right(starts, at), written)
            places.setdefault(url, []).append(place)
    return _links(places)


def _without_code_blocks(text: str) -> str:
    """The text with blanks in the place of fenced code, indented code, and comments of several lines."""
    parts: list[str] = []
    position = 0
    blocks = _CodeBlocks()
    for line in prose_lines(text):
        end = line.start + len(line.text)
        if line.start > position:
            parts.append(_blank(text[position : line.start]))
            blocks.skip()
        parts.append((_blank if blocks.holds(line) else str)(text[line.start : end]) + line.end)
        position = end + len(line.end)
    return "".join([*parts, _blank(text[position:])])


class _CodeBlocks:
    """Tells which lines are code for which ``prose_lines`` does not look: indented, or fenced in a list or a quote."""

    def __init__(self) -> None:
        self._may_begin = True  # indented code cannot interrupt a paragraph
        self._in_list = False
        self._fence = ""
        self._is_within: Callable[[str], bool] = bool

    def skip(self) -> None:
        """Lines were left out."""
        self._may_begin = True

    def holds(self, line: Line) -> bool:
        text = line.text.expandtabs(_INDENTED)
        bare = text.strip(" ")
        if self._fence and (not bare or self._is_within(text)):
            marks = text.strip(" >")
            if marks.startswith(self._fence) and not marks.strip(self._fence[0]):
                self._fence = ""
            return True
        self._fence = ""
        if not bare:
            self._may_begin = True
            return False
        indent = len(text) - len(text.lstrip(" "))
        if indent >= _INDENTED and self._may_begin and not self._in_list:
            return True
        if opening := _FENCE.match(text):
            self._fence = opening[2] or opening[3]
            self._is_within = _is_quoted if ">" in opening[1] else lambda line: line.startswith(" " * indent)
            return True
        if _ITEM.match(text):
            self._in_list = True
        elif indent < 2 and (self._may_begin or bare.startswith("#")):
            self._in_list = False
        self._may_begin = False
        return False


def _is_quoted(text: str) -> bool:
    return text.lstrip(" ").startswith(">")


def _without_code(text: str) -> str:
    """The text with blanks in the place of code spans, comments, and HTML's own elements for code."""
    ticks: dict[int, list[int]] = {}
    for match in _TICKS.finditer(text):
        ticks.setdefault(len(match[0]), []).append(match.start())
    breaks = [match.start() for match in _BLANK_LINE.finditer(text)]
    folded = text.lower() if len(text.lower()) == len(text) else text
    unclosed: set[str] = set()
    parts: list[str] = []
    kept = position = 0
    while opening := _OPENING.search(text, position):
        start, position = opening.span()
        end = -1
        if opening[0][0] == "`":
            closing = _after(ticks.get(position - start, ()), start)
            if 0 <= closing < _after(breaks, start, len(text)):
                end = closing + position - start
        elif opening[0][0] == "<":
            mark = f"</{opening[1].lower()}" if opening[1] else "-->"
            if mark not in unclosed and (end := folded.find(mark, position)) >= 0:
                end += len(mark)
            else:
                unclosed.add(mark)
        if end >= 0:
            parts += [text[kept:start], _blank(text[start:end])]
            kept = position = end
    return "".join([*parts, text[kept:]])


def _after(places: Sequence[int], at: int, otherwise: int = -1) -> int:
    """The first of sorted places that is behind another."""
    index = bisect_right(places, at)
    return places[index] if index < len(places) else otherwise


def _blank(text: str) -> str:
    """As many blanks as a text has characters; line ends stay."""
    return _NOT_AN_END.sub(" ", text)


# --- Where addresses stand in a text: the last group of a match is the address as it is written ----------------------

_PAIR = r"\((?:\\.|[^\s()\\]|\((?:\\.|[^\s()\\])*+\))*+\)"
_MARKDOWN = re.compile(
    r"\]\([ \t\r\n]*+(?:<(?P<bracketed>(?:\\.|[^<>\\\r\n])*+)>|"
    rf"(?P<plain>(?:\\.|[^\s()\\<]|{_PAIR})(?:\\.|[^\s()\\]|{_PAIR})*+))(?P<end>\)|[ \t\r\n]++[)\"'(])?"
)
_DEFINITION = re.compile(r"^ {0,3}\[(?!\^)[^\[\]\r\n]++\]:[ \t]*+(?:<([^<>\r\n]*+)>|([^\s<]\S*+))", re.MULTILINE)
_AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}://[^\s<>]*+)>")
_ATTRIBUTE = re.compile(
    r"""(?<=[\s"'])(?:href|src)\s*+=\s*+(?:"([^"<>]*+)"|'([^'<>]*+)'|([^\s"'=<>`]++))""", re.IGNORECASE
)
_IN_BRACES = r"\s*+\{((?:" + ESCAPED + r"|[^{}])*+)\}"
_URL = re.compile(r"\\url" + _IN_BRACES)
_HREF = re.compile(r"\\href" + _IN_BRACES)
# Full-width marks end an address in texts without blanks.
_STOPS = r"\s<>\"`\]\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
_BARE = r"(?<![A-Za-z0-9])(https?://(?=[\w\[]){part}++)"
_END_OF_LABEL = r"\](?![(\[:])"
_BARE_IN_FIELDS = re.compile(
    _BARE.replace("{part}", rf"(?:{ESCAPED}|[^{_STOPS}{{}}\\]|{_END_OF_LABEL})"), re.IGNORECASE
)
_BARE_IN_PAGES = re.compile(_BARE.replace("{part}", rf"(?:[^{_STOPS}|]|{_END_OF_LABEL})"), re.IGNORECASE)
_AFTER_BARE = ".,;:!?'\"*”’»…"
_IN_FIELDS = (_HREF, _URL, _MARKDOWN, _AUTOLINK, _BARE_IN_FIELDS)
_IN_PAGES = (_MARKDOWN, _DEFINITION, _AUTOLINK, _ATTRIBUTE, _BARE_IN_PAGES)


def _written(text: str, patterns: tuple[re.Pattern[str], ...]) -> list[tuple[int, str]]:
    """Where the addresses stand in a text, and how they are written; each by the first of the patterns that fits."""
    found: list[tuple[int, str]] = []
    for pattern in patterns:
        parts: list[str] = []
        position = 0
        for match in pattern.finditer(text):
            if pattern is _MARKDOWN and match["end"] is None:
                continue
            group = next(index for index in range(1, len(match.groups()) + 1) if match[index] is not None)
            start, end = match.span(group)
            is_bare = pattern in (_BARE_IN_FIELDS, _BARE_IN_PAGES)
            found.append((start, trim(match[group], _AFTER_BARE) if is_bare else match[group]))
            parts += [text[position:start], _blank(text[start:end])]
            position = end
        text = "".join([*parts, text[position:]])
    return sorted(found)
