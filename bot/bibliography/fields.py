"""The fields inside one entry, and the definition inside one ``@string``, as BibTeX reads them.

What BibTeX or biber would stumble over becomes a ``Fault`` at its place, and reading goes on after it. The grammar
is that of btxdoc.pdf and ``bibtex.web`` ("scan_a_field_value"): a value is a ``#``-joined row of ``{…}``, ``"…"``,
numbers and ``@string`` names, in which braces balance and a backslash escapes nothing.
"""

import re
from collections.abc import Iterator

import msgspec

from bot.problems import Severity


class Fault(msgspec.Struct, frozen=True):
    """Something that cannot be read as written, at the character ``at`` of the text."""

    at: int
    rule: str
    message: str
    fix: str
    field: str = ""
    severity: Severity = Severity.ERROR


class Field(msgspec.Struct, frozen=True):
    """A field where it stands: ``text[start:end]`` is ``name = value``, its value starts at ``value_start``.

    ``name`` is lower case; ``value`` is what BibTeX hands to a style.
    """

    name: str
    value: str
    start: int
    value_start: int
    end: int


# The abbreviations that BibTeX's standard styles define (plain.bst).
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class Macros:
    """The ``@string`` definitions of a file. A definition counts for what stands after it; a later one replaces it."""

    def __init__(self) -> None:
        """Nothing defined but the months."""
        self._definitions: dict[str, list[tuple[int, str]]] = {month[:3].lower(): [(-1, month)] for month in _MONTHS}

    def define(self, name: str, value: str, at: int) -> None:
        """Define ``name`` (its case is ignored) from the file's offset ``at`` on; call in the file's order."""
        self._definitions.setdefault(name.lower(), []).append((at, value))

    def value(self, name: str, at: int) -> str | None:
        """What ``name`` stands for at the offset ``at``; ``None`` where it is not defined."""
        for defined, value in reversed(self._definitions.get(name.lower(), ())):
            if defined <= at:
                return value
        return None


_IDENTIFIER = r"[^ \t\r\n\f\v\"#%'(),={}]++"
_BLANK = r"[ \t\r\n]*+"


def balanced(depth: int, outermost: str = r"[^{}]") -> str:
    """Text in which braces balance, nested at most ``depth`` deep; ``outermost`` is what may stand outside of them."""
    pattern = r"[^{}]*+"
    for level in range(1, depth + 1):
        pattern = f"(?:{outermost if level == depth else '[^{}]'}++|" + r"\{" + pattern + r"\})*+"
    return pattern


_BRACED = balanced(5)
_QUOTED = balanced(3, outermost=r"[^{}\"]")


# One field as nearly every file writes it. All of it is one group, so that `findall` shows whether matches adjoin.
_FIELD = re.compile(
    rf"({_BLANK},{_BLANK}({_IDENTIFIER}){_BLANK}={_BLANK}"
    rf"(?:\{{({_BRACED})\}}|\"({_QUOTED})\"|({_IDENTIFIER}))"
    rf"((?:{_BLANK}#{_BLANK}(?:\{{{_BRACED}\}}|\"{_QUOTED}\"|{_IDENTIFIER}))*+)(?={_BLANK}[,}})]))"
)
_PART = re.compile(rf"#{_BLANK}(?:\{{({_BRACED})\}}|\"({_QUOTED})\"|({_IDENTIFIER}))")
_HEAD = re.compile(rf"@{_BLANK}{_IDENTIFIER}{_BLANK}[{{(]{_BLANK}")
_KEY = re.compile(r"[^,{}=]*+")
_END = re.compile(rf"{_BLANK},?{_BLANK}[}})]\Z")
_NAME = re.compile(_IDENTIFIER)
_SKIP = re.compile(_BLANK)
_LINE_END = re.compile(r"[\r\n]|\Z")
_NEXT_FIELD = re.compile(rf",{_BLANK}{_IDENTIFIER}{_BLANK}=")
_RUN = re.compile(r"[ \t\r\n]+")
_BRACE = re.compile(r"[{}]")
_QUOTE_OR_BRACE = re.compile(r"[{}\"]")
# What BibTeX or biber refuse in a citation key.
_KEY_CHARACTERS = re.compile(r"[\s\"#%'(),={}\\~]")
_FIELD_LINE = re.compile(rf"[\r\n][ \t]*+{_IDENTIFIER}[ \t]*+=[ \t]*+[{{\"0-9]")
# A few definitions in a row, each twice the one before, would stand for more text than any memory holds.
_LONGEST_STRING = 1_000
_EACH_BRACE = "each { needs its }"
_KEY_MISSING = Fault(0, "syntax-key", "the entry has no citation key", "@type{key, before the first field")


def read_key(text: str, *, closed: bool = True) -> tuple[str, int, Fault | None]:
    """The citation key in an entry's text, where the fields start, and what is wrong with the key.

    BibTeX takes what stands before the first comma; where that is a field, the key or its comma is missing.
    """
    end = len(text) - closed
    head = _HEAD.match(text)
    raw = _KEY.match(text, head.end(), end) if head else None
    if head is None or raw is None:
        return "", end, _KEY_MISSING
    key, start = raw[0].strip(), raw.end()
    if text[start : start + 1] == "=":
        before, _, name = raw[0].rstrip().replace("\n", " ").replace("\t", " ").rpartition(" ")
        key, start = before.strip(), raw.start() + len(raw[0].rstrip()) - len(name)
    if not key:
        return "", start, _KEY_MISSING
    if match := _KEY_CHARACTERS.search(key):
        found = "a blank" if match[0].isspace() else f"“{match[0]}”"
        message = f"the citation key “{key[:60]}” holds {found}"
        return key, start, Fault(0, "syntax-key", message, "letters, digits, - _ : . + /")
    return key, start, None


def read_values(text: str, macros: Macros, at: int) -> tuple[dict[str, str], tuple[Fault, ...]]:
    """The values by lower-case name in the entry ``text``, and what is wrong; ``at`` is its offset in the file.

    Of a doubled field the first counts, as for BibTeX. An entry without a fault is read by one pattern, in C.
    """
    comma = text.find(",")
    if comma > 0 and text.find("=", 0, comma) < 0:
        matches = _FIELD.findall(text, comma)
        if _END.match(text, comma + sum([len(match[0]) for match in matches])):
            values: dict[str, str] = {}
            for _, name, braced, quoted, bare, joined in matches:
                value: str | None = braced or quoted or bare
                if bare and not bare.isdecimal():
                    value = macros.value(bare, at)
                if joined and value is not None:
                    value = _joined(value, joined, macros, at)
                if value is None:
                    break
                if "\n" in value or "  " in value or "\t" in value:
                    value = _RUN.sub(" ", value)
                values[name.lower()] = value.strip(" ")
            if len(values) == len(matches):  # else a fault, which the exact reader words
                return values, ()
    fields, faults = read_fields(text, macros, at)
    values = {}
    for field in fields:
        values.setdefault(field.name, field.value)
    return values, tuple(faults)


def read_fields(text: str, macros: Macros, at: int, *, closed: bool = True) -> tuple[list[Field], list[Fault]]:
    """The fields of an entry with their places, a doubled one twice, and what is wrong; as far as they can be read."""
    key, start, _ = read_key(text, closed=closed)
    reader = _Reader(text, macros, at, start, len(text) - closed)
    return list(reader.fields(first=not key)), reader.faults


def _joined(value: str, joined: str, macros: Macros, at: int) -> str | None:
    """``value`` and the parts behind it; ``None`` where one is not defined."""
    for braced, quoted, bare in _PART.findall(joined):
        part = bare if bare.isdecimal() else macros.value(bare, at) if bare else braced or quoted
        if part is None:
            return None
        value += part
    return value


def read_unclosed(text: str, macros: Macros, at: int) -> list[Fault]:
    """What is wrong with an entry that is not closed: the field that swallows the next one, else the entry itself."""
    fields, faults = read_fields(text, macros, at, closed=False)
    unclosed = [
        Fault(field.start, "syntax-unclosed", f"the value of {field.name} is not closed", _EACH_BRACE, field.name)
        for field in fields
        if _FIELD_LINE.search(text, field.value_start, field.end)
    ]
    if any(fault.rule == "syntax-unclosed" for fault in faults):
        return faults
    if unclosed:
        return faults + unclosed[:1]
    return [*faults, Fault(0, "syntax-unclosed", "the entry that starts here is not closed", "a } at its end")]


def read_string(text: str, macros: Macros, at: int) -> tuple[tuple[str, str] | None, list[Fault]]:
    """Read ``@string{name = value}``: the definition, where there is one, and what is wrong."""
    head = _HEAD.match(text)
    start = head.end() if head else 0
    reader = _Reader(text, macros, at, start, len(text) - 1)
    fields = list(reader.fields(first=True))
    if not fields:
        return None, reader.faults or [
            Fault(0, "syntax-value", "this @string defines nothing", "@string{name = {text}}")
        ]
    name, value = fields[0].name, fields[0].value
    if len(value) > _LONGEST_STRING:
        message = f"the @string {name} stands for {len(value)} characters, so it is not defined"
        return None, [*reader.faults, Fault(0, "syntax-string", message, f"at most {_LONGEST_STRING} characters")]
    return (name, value), reader.faults


class _Reader:
    """The exact reader: goes from field to field, and over whatever stands in the way."""

    def __init__(self, text: str, macros: Macros, at: int, start: int, end: int) -> None:
        self.text, self.macros, self.at = text, macros, at
        self.position, self.end = start, end
        self.faults: list[Fault] = []

    def fields(self, *, first: bool = False) -> Iterator[Field]:
        """The fields up to the end; ``first`` says that no comma stands before the first one."""
        seen: dict[str, int] = {}
        while True:
            commas = self._commas()
            if self.position >= self.end:
                return
            if not commas and not first:
                self._fault(self.position, "syntax-comma", f"a comma is missing before {self._here()}", "a comma there")
            elif commas > 1:
                self._fault(self.position, "syntax-comma", f"two commas stand before {self._here()}", "one comma")
            first = False
            field = self._field()
            if field is None:
                return
            if not field.name:
                continue
            if field.name in seen:
                self._fault(
                    field.start,
                    "syntax-field-twice",
                    f"the field {field.name} stands twice, first on line {self._line(seen[field.name])} of the entry: "
                    "BibTeX takes the first, biber the last",
                    "one of the two",
                    field.name,
                )
            else:
                seen[field.name] = field.start
            yield field

    def _commas(self) -> int:
        """Skip blanks, commas and comment lines; how many commas there were."""
        commas = 0
        while True:
            self._blanks()
            if self.position >= self.end:
                return commas
            here = self.text[self.position]
            if here == ",":
                commas += 1
                self.position += 1
            elif here == "%":
                self._fault(
                    self.position,
                    "syntax-comment",
                    "BibTeX knows no % comment inside an entry and loses the fields after it",
                    "the comment before the entry",
                    severity=Severity.WARNING,
                )
                line_end = _LINE_END.search(self.text, self.position, self.end)
                self.position = line_end.end() if line_end else self.end
            else:
                return commas

    def _field(self) -> Field | None:
        """The field at the position; one without a name where none can be read; ``None`` at the end."""
        start = self.position
        name = _NAME.match(self.text, start, self.end)
        if name is None:
            self._fault(start, "syntax-value", f"{self._here()} stands where a field should", "name = {value}")
            return self._recover(start + 1)
        self.position = name.end()
        self._blanks()
        if self.text[self.position : self.position + 1] != "=" or self.position >= self.end:
            self._fault(start, "syntax-value", f"no = follows “{name[0][:60]}”", f"{name[0][:60]} = {{value}}")
            return self._recover(self.position)
        self.position += 1
        self._blanks()
        value_start = self.position
        parts = []
        while True:
            part = self._part(name[0].lower(), start)
            if part is None:
                return self._recover(self.position)
            parts.append(part)
            value_end = self.position
            self._blanks()
            if self.position >= self.end or self.text[self.position] != "#":
                break
            self.position += 1
            self._blanks()
        value = _RUN.sub(" ", "".join(parts)).strip(" ")
        field = Field(name[0].lower(), value, start, value_start, value_end)
        if self.position < self.end and self.text[self.position] not in ",%" and self.text[value_end - 1] == '"':
            self._fault(
                self.position,
                "syntax-quote",
                f"the value of {field.name} ends at the quotation mark before {self._here()}",
                'braces around a quotation mark inside a value: {"}',
                field.name,
            )
            self._recover(self.position)
        return field

    def _part(self, field: str, start: int) -> str | None:
        """One piece of a value; ``None`` where there is none."""
        here = self.text[self.position : self.position + 1] if self.position < self.end else ""
        if here == "{":
            end = self._closing(_BRACE, self.position + 1)
            if end < 0:
                self._fault(
                    start, "syntax-unclosed", f"the value of {field} is not closed", "each { needs its }", field
                )
                return self._rest()
        elif here == '"':
            end = self._closing(_QUOTE_OR_BRACE, self.position + 1)
            if end < 0:
                self._fault(start, "syntax-quote", f"the value of {field} has no closing quotation mark", '"…"', field)
                return self._rest()
        elif match := _NAME.match(self.text, self.position, self.end):
            self.position = match.end()
            if match[0].isdecimal():
                return match[0]
            value = self.macros.value(match[0], self.at)
            if value is None:
                self._fault(
                    match.start(),
                    "syntax-string",
                    f"{field} uses “{match[0][:60]}”, which no @string before it defines",
                    f"{field} = {{{match[0][:60]}}}, or an @string",
                    field,
                )
                return ""
            return value
        else:
            self._fault(start, "syntax-value", f"{field} has no value", f"{field} = {{value}}, or no {field}", field)
            return None
        part = self.text[self.position + 1 : end]
        self.position = end + 1
        return part

    def _closing(self, tokens: re.Pattern[str], start: int) -> int:
        """The delimiter that closes the value, where braces balance; -1 where there is none."""
        depth = 0
        for token in tokens.finditer(self.text, start, self.end):
            if token[0] == "{":
                depth += 1
            elif token[0] == "}":
                if depth == 0:
                    return token.start() if tokens is _BRACE else -1
                depth -= 1
            elif depth == 0:
                return token.start()
        return -1

    def _rest(self) -> str:
        """Everything that is left: the value of a field that does not close."""
        rest = self.text[self.position + 1 : self.end]
        self.position = self.end
        return rest

    def _recover(self, start: int) -> Field | None:
        """Go on at the next thing that looks like a field."""
        match = _NEXT_FIELD.search(self.text, start, self.end)
        self.position = match.start() if match else self.end
        return Field("", "", start, start, start) if match else None

    def _blanks(self) -> None:
        match = _SKIP.match(self.text, self.position, self.end)
        if match:
            self.position = match.end()

    def _line(self, at: int) -> int:
        return self.text.count("\n", 0, at) + 1

    def _here(self) -> str:
        shown = self.text[self.position : min(self.position + 30, self.end)].split("\n", 1)[0].rstrip()
        return f"“{shown}”"

    def _fault(
        self, at: int, rule: str, message: str, fix: str, field: str = "", severity: Severity = Severity.ERROR
    ) -> None:
        self.faults.append(Fault(at, rule, message, fix, field, severity))
