"""A ``.bib`` file as its blocks, in order, each with its exact bytes: the blocks joined are the file.

BibTeX's own reading decides what a block is. Inside an entry braces must balance, in ``{…}`` and in ``"…"``
values alike, and a backslash does not escape a brace, so the end of an entry is brace matching. One possessive
regular expression does that in C for nearly every entry; what is nested deeper, delimited by parentheses or
broken falls to an exact scan. An entry that never closes is cut before the next line that starts an entry, so
that one missing brace costs one entry. Every path is linear in the size of the file, whatever is broken.

Offsets are in bytes throughout. Fields are read only when somebody asks for them.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from functools import cached_property
from itertools import chain

import msgspec

from bot.bibliography.entry import Entry
from bot.bibliography.fields import (
    Fault,
    Field,
    Macros,
    balanced,
    read_fields,
    read_key,
    read_string,
    read_unclosed,
    read_values,
)
from bot.problems import Problem, Severity


class Kind(Enum):
    """What a block is: BibTeX's four commands, the text between them, or something that cannot be read."""

    ENTRY = auto()
    STRING = auto()
    COMMENT = auto()
    PREAMBLE = auto()
    TEXT = auto()
    BROKEN = auto()


class Block(msgspec.Struct, frozen=True, gc=False):
    """One top-level piece of a file: ``data[start:end]``.

    ``type`` is lower case and ``key`` as written; both are empty where the block has none.
    """

    kind: Kind
    start: int
    end: int
    type: str = ""
    key: str = ""


class LocatedEntry:
    """An entry where it stands in its file; its fields are read at first use."""

    __slots__ = ("_bibliography", "_faults", "_values", "block")

    def __init__(self, bibliography: "Bibliography", block: Block) -> None:
        """Made by ``Bibliography.entries``."""
        self._bibliography = bibliography
        self.block = block
        self._values: dict[str, str] | None = None
        self._faults: tuple[Fault, ...] = ()

    @property
    def key(self) -> str:
        """The citation key as written."""
        return self.block.key

    @property
    def line(self) -> int:
        """The line of the file, from 1, on which the entry starts."""
        return self._bibliography.line(self.block.start)

    @property
    def fields(self) -> dict[str, str]:
        """The values as BibTeX means them, by lower-case name; where a field stands twice the first one counts."""
        if self._values is None:
            self._values, self._faults = read_values(self.text, self._bibliography.macros, self.block.start)
        return self._values

    @property
    def entry(self) -> Entry:
        """The entry as a value."""
        return Entry(self.block.type, self.block.key, self.fields)

    @property
    def text(self) -> str:
        """The entry as it is written."""
        return self._bibliography.text(self.block)

    @property
    def problems(self) -> list[Problem]:
        """What stops BibTeX from reading the entry, or makes its readers disagree."""
        return self._bibliography.locate(self._faults, self.block) if self.fields is not None and self._faults else []

    def located_fields(self) -> list[Field]:
        """The fields with their places in ``text``, in the file's order, a doubled one twice."""
        return read_fields(self.text, self._bibliography.macros, self.block.start)[0]

    def field_line(self, name: str | None) -> int:
        """The line on which the field stands; the entry's own for a field that it does not have."""
        if name in self.fields:
            for field in self.located_fields():
                if field.name == name:
                    return self.line + self.text.count("\n", 0, field.start)
        return self.line


class Bibliography:
    """A ``.bib`` file: its bytes and its blocks. Immutable; changes are ``edits`` applied to ``data``."""

    def __init__(self, data: bytes, blocks: tuple[Block, ...], problems: tuple[tuple[int, Problem], ...]) -> None:
        """Made by ``parse``; ``problems`` are those of the blocks, each with its offset."""
        self.data = data
        self.blocks = blocks
        self._block_problems = problems

    @classmethod
    def parse(cls, data: bytes) -> "Bibliography":
        """Split a file into its blocks. Never fails: what cannot be read is a block too, and a problem."""
        if foreign := _foreign_encoding(data):
            return cls(data, (Block(Kind.TEXT, 0, len(data)),), ((0, foreign),))
        splitter = _Splitter(data)
        blocks = tuple(splitter.blocks())
        return cls(data, blocks, (*_not_utf8(data), *splitter.problems))

    @cached_property
    def entries(self) -> tuple[LocatedEntry, ...]:
        """The entries, in the file's order."""
        return tuple(LocatedEntry(self, block) for block in self.blocks if block.kind is Kind.ENTRY)

    def peek(self, field: str) -> list[bytes]:
        """One field's value in each entry as it is written, the other fields unread where that is possible.

        For searches: a value that holds ``field = {…}`` itself may be taken for the field.
        """
        data, find, match = self.data, self.data.find, _SIMPLE_VALUE.match
        name = field.encode()
        length = len(name)
        values = []
        for entry in self.entries:
            start, end = entry.block.start, entry.block.end
            at = find(name, start, end)
            while at > 0 and data[at - 1] not in b" \t\r\n,":  # `booktitle` holds `title`
                at = find(name, at + 1, end)
            if at > 0 and (found := match(data, at + length, end)):
                values.append(found[1] or found[2] or b"")
            else:
                values.append(entry.fields.get(field, "").encode())
        return values

    @property
    def keys(self) -> list[str]:
        """Every citation key in the file, those of broken entries too: a new entry may take none of them."""
        return [block.key for block in self.blocks if block.key]

    @cached_property
    def problems(self) -> list[Problem]:
        """What is wrong with the file apart from what stands within its entries, by line."""
        found = [msgspec.structs.replace(problem, line=self.line(at)) for at, problem in self._block_problems]
        for block in self.blocks:
            if block.kind is Kind.STRING:
                found += self.locate(read_string(self.text(block), self.macros, block.start)[1], block)
            elif block.kind is Kind.BROKEN and block.type not in _SPECIAL:
                found += self.locate(read_unclosed(self.text(block), self.macros, block.start), block)
        return sorted(found, key=lambda problem: problem.line or 0)

    @cached_property
    def encoding_problem(self) -> Problem | None:
        """Why the file may not be written to: it is no UTF-8."""
        return next((problem for problem in self.problems if problem.rule == "encoding"), None)

    @cached_property
    def macros(self) -> Macros:
        """The ``@string`` definitions, each with the place from which on it counts."""
        macros = Macros()
        for block in self.blocks:
            if block.kind is Kind.STRING:
                definition, _ = read_string(self.text(block), macros, block.start)
                if definition:
                    macros.define(*definition, at=block.end)
        return macros

    @cached_property
    def newline(self) -> str:
        """The line ending that the file uses most: what is inserted uses it too."""
        if b"\r" not in self.data:
            return "\n"
        return "\r\n" if self.data.count(b"\r\n") * 2 > self.data.count(b"\n") else "\n"

    def text(self, block: Block) -> str:
        """A block's text. Bytes that are no UTF-8 are read as Latin-1, so that offsets still fit."""
        raw = self.data[block.start : block.end]
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    def offset(self, block: Block, text: str, index: int) -> int:
        """The byte offset in the file of the character ``text[index]`` of a block's text."""
        if len(text.encode()) != block.end - block.start:  # read as Latin-1: a character is a byte
            return block.start + index
        return block.start + len(text[:index].encode())

    def line(self, offset: int) -> int:
        """The line, from 1, of a byte offset."""
        return bisect_right(self.line_starts, offset)

    @cached_property
    def line_starts(self) -> Sequence[int]:
        """The byte offset of each line's first byte; packed, since a long file has a million."""
        return array("Q", chain([0], (match.end() for match in re.finditer(rb"\n", self.data))))

    def locate(self, faults: Sequence[Fault], block: Block) -> list[Problem]:
        """The faults found in a block's text as problems of the file."""
        if not faults:
            return []
        text, first = self.text(block), self.line(block.start)
        line_ends = [match.start() for match in re.finditer("\n", text)]
        return [
            Problem(
                severity=fault.severity,
                rule=fault.rule,
                message=fault.message,
                fix=fault.fix,
                key=block.key or None,
                field=fault.field or None,
                line=first + bisect_left(line_ends, fault.at),
            )
            for fault in faults
        ]


# What BibTeX's `scan_identifier` accepts (bibtex.web, "id_class"), without the `@` that would start a command.
_NAME = rb"[^ \t\r\n\f\v\"#%'(),={}@]++"
_BLANK = rb"[ \t\r\n]*+"
# A line that starts an entry: the place to go on after one that is not closed.
_ENTRY_LINE = (
    rb"(?:^|(?<=[\r\n]))[ \t]*+@" + _BLANK + _NAME + _BLANK + rb"[{(]" + _BLANK + rb"[^,\s{}()]++" + _BLANK + rb","
)


_ENTRY = re.compile(
    rb"@" + _BLANK + rb"(" + _NAME + rb")" + _BLANK + rb"\{" + _BLANK + rb"([^ \t\r\n\f\v\"#%'(),={}\\~]++)" + _BLANK
    # A line that starts with `@` outside a value needs the exact scan: it may be the next entry.
    + rb",(?:[^{}\r\n]++|[\r\n]++(?![ \t]*+@)|\{" + balanced(4).encode() + rb"\})*+\}"
)  # fmt: skip
_BRACED, _QUOTED = balanced(3).encode(), balanced(3, outermost=r"[^{}\"]").encode()
_SIMPLE_VALUE = re.compile(
    _BLANK + rb"=" + _BLANK + rb"(?:\{(" + _BRACED + rb")\}|\"(" + _QUOTED + rb")\")" + _BLANK + rb"[,}]"
)
_HEAD = re.compile(rb"@" + _BLANK + rb"(" + _NAME + rb")" + _BLANK + rb"([{(])")
_IN_BRACES = re.compile(rb"[{}\"]|" + _ENTRY_LINE)
_IN_PARENTHESES = re.compile(rb"[{}\")]|" + _ENTRY_LINE)
_BRACE_OR_LINE = re.compile(rb"[{}]|" + _ENTRY_LINE)
_LIKE_FIELDS = re.compile(
    rb"[ \t\r\n]*+(?:,[ \t\r\n]*+)?(?:\}|" + _NAME + _BLANK + rb"=" + _BLANK + rb"[\"{0-9A-Za-z])"
)
_INNER_ENTRY = re.compile(rb"@" + _BLANK + _NAME + _BLANK + rb"[{(]" + _BLANK + rb"[^,\s{}()]++" + _BLANK + rb",")
_LIKE_HEAD = re.compile(rb"@" + _BLANK + rb"[A-Za-z]++[ \t]*+(?:[\r\n]|\w|\Z)")
_LINE_END = re.compile(rb"[\r\n]|\Z")
_SPECIAL = {"comment": Kind.COMMENT, "string": Kind.STRING, "preamble": Kind.PREAMBLE}

_ENTRY_IN_COMMENT = (
    "BibTeX reads the entry inside this @comment, biber does not; it is left alone here",
    "the entry outside of the comment, or without its @",
)
_ENTRY_AFTER_PERCENT = (
    "BibTeX reads the entry after this %, biber does not; it is left alone here",
    "the entry without the % before it, or no entry",
)
_STRAY = ("an @ in the text between entries: BibTeX takes it for the start of an entry", "(at) instead of @")
_AFTER_ENTRY = ("this stands after the end of the entry before it", "one closing brace less above")


class _Splitter:
    """One pass over a file; collects the problems it meets, each with its offset."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.problems: list[tuple[int, Problem]] = []
        self._braces: tuple[frozenset[int], list[int]] | None = None  # known once something did not close
        self._stray_until = 0

    def blocks(self) -> Iterator[Block]:
        data = self.data
        types: dict[bytes, str] = {}
        text = position = 0  # where the current free text starts, and where to look for the next `@`
        after_entry = False
        while (at := data.find(b"@", position)) >= 0:
            match = _ENTRY.match(data, at)
            block: Block | None
            if match and (kind := types.get(match[1]) or _type(match[1], types)) not in _SPECIAL:
                # Nearly every entry starts its line, where no comment can stand before it.
                if at > text and data[at - 1] != 10 and (comment := self._comment_end(at, text)):
                    position = comment
                    continue
                block = Block(Kind.ENTRY, at, match.end(), kind, match[2].decode("utf-8", "replace"))
            else:
                block = self._scan(at)
                if block is None or (comment := self._comment_end(at, text)):
                    position = comment if block else at + 1
                    continue
            if at > text:
                self._free_text(text, at, after_entry)
                yield Block(Kind.TEXT, text, at)
            yield block
            after_entry = block.kind is Kind.ENTRY
            text = position = block.end
        if text < len(data):
            self._free_text(text, len(data), after_entry)
            yield Block(Kind.TEXT, text, len(data))

    def _scan(self, at: int) -> Block | None:
        """The block that starts with the ``@`` at ``at``, read exactly; ``None`` where none starts."""
        head = _HEAD.match(self.data, at)
        if head is None:
            self._stray(at)
            return None
        type_ = head[1].decode("utf-8", "replace").lower()
        kind = _SPECIAL.get(type_, Kind.ENTRY)
        if kind is Kind.COMMENT and head[2] == b"(":
            return None  # no tool writes it, and BibTeX takes any `@comment` for free text
        end, closed = self._end(head.end() - 1)
        if kind is Kind.COMMENT and (inner := _INNER_ENTRY.search(self.data, head.end(), end)):
            self._warn(inner.start(), "syntax-comment", *_ENTRY_IN_COMMENT)
        if kind is not Kind.ENTRY:
            if not closed:
                self._error(at, "syntax-unclosed", f"the @{type_} that starts here is not closed", "} at its end")
            return Block(kind if closed else Kind.BROKEN, at, end, type_)
        key, _, fault = read_key(self.data[at:end].decode("utf-8", "replace"), closed=closed)
        if fault:
            self._error(at, fault.rule, fault.message, fault.fix, key)
        return Block(Kind.ENTRY if closed else Kind.BROKEN, at, end, type_, key)

    def _end(self, opening: int) -> tuple[int, bool]:
        """Where the block whose delimiter opens at ``opening`` ends, and whether it is closed there."""
        parenthesised = self.data[opening : opening + 1] == b"("
        unmatched = self._braces[0] if self._braces else frozenset()
        outside = 0 if parenthesised else 1  # the depth of the entry's own text, where `"` opens a value
        depth, quoted = outside, False
        tokens = (_IN_PARENTHESES if parenthesised else _IN_BRACES).finditer(self.data, opening + 1)
        for token in tokens if opening not in unmatched else ():
            what = token[0]
            if what == b"}":
                depth -= 1
                if depth < outside:
                    if not parenthesised:
                        return token.end(), True
                    break
            elif what == b'"':
                quoted ^= depth == outside
            elif what == b")":
                if depth == outside and not quoted:
                    return token.end(), True
            elif len(what) > 1 and depth == outside and not quoted:  # a line that starts an entry
                return self._without_blanks(opening, token.start()), False
            elif b"{" in what:
                if token.end() - 1 in unmatched:
                    break
                depth += 1
        self._braces = self._braces or self._match_braces()
        starts = self._braces[1]
        following = bisect_right(starts, opening)
        return self._without_blanks(opening, starts[following] if following < len(starts) else len(self.data)), False

    def _without_blanks(self, start: int, end: int) -> int:
        """``end`` without the blanks before it, which belong to the text between blocks."""
        while end > start + 1 and self.data[end - 1] in b" \t\r\n":
            end -= 1
        return end

    def _match_braces(self) -> tuple[frozenset[int], list[int]]:
        """The opening braces without a partner, and the entry lines that no matched pair of braces encloses.

        One pass with a stack: a line is outside all matched pairs when every brace open at it stays open, that is
        when the stack never again gets shorter than it is there.
        """
        stack: list[int] = []
        lines: list[tuple[int, int]] = []  # offset of the line, height of the stack there
        lowest: list[int] = []  # how low the stack gets between this line and the next
        for token in _BRACE_OR_LINE.finditer(self.data):
            what = token[0]
            if what == b"}":
                if stack:
                    stack.pop()
                    if lowest:
                        lowest[-1] = min(lowest[-1], len(stack))
                continue
            if len(what) > 1:
                lines.append((token.start(), len(stack)))
                lowest.append(len(stack))
            if b"{" in what:
                stack.append(token.start() + what.index(b"{"))
        outside: list[int] = []
        low = len(stack)
        for (offset, height), least in zip(reversed(lines), reversed(lowest), strict=True):
            low = min(low, least)
            if low >= height:
                outside.append(offset)
        return frozenset(stack), outside[::-1]

    def _comment_end(self, at: int, text: int) -> int:
        """The end of the line where a ``%`` stands before the ``@`` in it, else 0: biber skips it, BibTeX does not."""
        start = max(self.data.rfind(b"\n", text, at), self.data.rfind(b"\r", text, at), text - 1) + 1
        if b"%" not in self.data[start:at]:
            return 0
        self._warn(at, "syntax-comment", *_ENTRY_AFTER_PERCENT)
        return _LINE_END.search(self.data, at).start()  # type: ignore[union-attr]  # the pattern matches the file's end

    def _stray(self, at: int) -> None:
        """Report an ``@`` that starts nothing, once a line."""
        if at < self._stray_until or self.data[at + 1 : at + 8].lower() == b"comment":
            return  # `@comment` without braces: BibTeX skips the word
        self._stray_until = _LINE_END.search(self.data, at).start()  # type: ignore[union-attr]
        line = max(self.data.rfind(b"\n", 0, at), self.data.rfind(b"\r", 0, at)) + 1
        if self.data[line:at].strip(b" \t") or not _LIKE_HEAD.match(self.data, at):
            self._warn(at, "syntax-stray", *_STRAY)
        else:
            self._error(at, "syntax-entry", "an entry seems to start here, but no { follows its type", "@type{key,")

    def _free_text(self, start: int, end: int, after_entry: bool) -> None:
        if after_entry and (match := _LIKE_FIELDS.match(self.data, start, end)):
            self._error(match.end() - 1, "syntax-brace", *_AFTER_ENTRY)

    def _error(self, at: int, rule: str, message: str, fix: str, key: str = "") -> None:
        problem = Problem(severity=Severity.ERROR, rule=rule, message=message, fix=fix, key=key or None)
        self.problems.append((at, problem))

    def _warn(self, at: int, rule: str, message: str, fix: str) -> None:
        self.problems.append((at, Problem(severity=Severity.WARNING, rule=rule, message=message, fix=fix)))


def _type(raw: bytes, types: dict[bytes, str]) -> str:
    """The type in lower case, one string for each spelling."""
    return types.setdefault(raw, raw.decode("utf-8", "replace").lower())


def _foreign_encoding(data: bytes) -> Problem | None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        found = "the file is UTF-16"
    elif data.count(b"\0", 0, 65_536) * 10 > min(len(data), 65_536):
        found = "the file is binary, or text in an encoding other than UTF-8"
    else:
        return None
    return Problem(
        severity=Severity.ERROR, rule="encoding", message=f"{found}; nothing in it was read", fix="save it as UTF-8"
    )


def _not_utf8(data: bytes) -> Iterator[tuple[int, Problem]]:
    """The first byte that is no UTF-8, looked for without making a second copy of the file."""
    if data.isascii():
        return
    import codecs

    decoder, step = codecs.getincrementaldecoder("utf-8")(), 1 << 20
    for start in range(0, len(data), step):
        try:
            decoder.decode(data[start : start + step], final=start + step >= len(data))
        except UnicodeDecodeError as error:
            pending = len(error.object) - len(data[start : start + step])
            at = start + error.start - pending
            yield (
                at,
                Problem(
                    severity=Severity.ERROR,
                    rule="encoding",
                    message=f"the byte 0x{data[at]:02X} is no UTF-8 (in Latin-1 it is “{chr(data[at])}”)",
                    fix="save the file as UTF-8",
                ),
            )
            return
