"""What a form's answers say about an entry: those typed field by field, the BibTeX answer, and both together."""

import re
from collections.abc import Iterator, Mapping

import msgspec

from bot.bibliography import identifiers
from bot.bibliography.blocks import Bibliography
from bot.bibliography.entry import Entry
from bot.bibliography.names import to_bibtex_names
from bot.config import Config
from bot.problems import Problem, Severity, has_errors

VENUE = "venue"
"""Stands for the field that holds the venue in an entry of the type (``Type.venue``): it is one question in a form."""

_NO_VALUE = frozenset({"-", "–", "—", "n/a"})
_NO_ADDRESS = _NO_VALUE | {"no", "none"}
_FIELD_OF = {"paper-title": "title", "authors": "author"}
_NAMES = frozenset({"author", "editor"})
_TYPE = re.compile(r"[a-z][a-z0-9_-]*")
_LABEL = re.compile(r"\A(?:doi|arxiv):\s*", re.IGNORECASE)
_FROM_IDENTIFIER = "the identifier"

# What was found, and what would pass.
Text = tuple[str, str]
_NOT_AN_IDENTIFIER: Text = (
    "“{found}” is neither a DOI nor an arXiv identifier",
    "a DOI such as 10.1109/ICASSP.2014.6854950, or an arXiv identifier such as arXiv:1606.00298",
)
_NOT_A_TYPE: Text = (
    "“{found}” is not a type of publication",
    "one of {types}",
)
_NO_ENTRY: Text = (
    "the BibTeX answer holds no entry",
    "@article{{key, author = {{…}}, title = {{…}}, year = {{…}}}}, as a publisher's page exports it",
)
_CONFLICT: Text = (
    "for the {what} the form says “{typed}”, the BibTeX entry “{bibtex}”: what the form says is used",
    "the same in both, or one of them left out",
)


class Typed(msgspec.Struct, frozen=True):
    """What was typed field by field: an entry type or none, and values by field name, ``venue`` being one of them.

    ``sources`` says of a field that nobody typed as it is where its value was found.
    """

    type: str
    fields: dict[str, str]
    problems: list[Problem]
    sources: dict[str, str] = {}


def read_typed(answers: Mapping[str, str | tuple[str, ...]], config: Config) -> Typed:
    """Read all answers but the BibTeX one: an element's id is a field's name, but for the few that are not.

    ``identifier`` is a DOI, an arXiv identifier or both, also as addresses; one that is neither is an error, and so is
    a type that BibTeX could not read. Values
    have one line; the lines of a field of several values are joined by `` & `` like the values. A dash or ``n/a`` is no
    value, and for an address or the identifier neither is ``No``.
    """
    type_ = ""
    fields: dict[str, str] = {}
    problems: list[Problem] = []
    sources: dict[str, str] = {}
    for id_, answer in answers.items():
        text = answer if isinstance(answer, str) else " & ".join(answer)
        text = text.removeprefix("_No response_\n")  # somebody wrote below GitHub's mark for an empty answer
        name = field_of(id_)
        if is_no_value(name, text, config):
            continue
        if id_ == "identifier":
            found = read_identifier(text)
            fields |= found
            if _LABEL.sub("", one_line(text)).lower() not in found.values():
                sources |= dict.fromkeys(found, _FROM_IDENTIFIER)
            problems += () if found else [problem("identifier", _NOT_AN_IDENTIFIER, found=text)]
        elif id_ == "entry-type":
            type_ = one_line(text).lstrip("@").lower()
            if not _TYPE.fullmatch(type_):
                problems.append(not_a_type(type_, config))
                type_ = ""
        elif name == VENUE or name in config.known_fields():
            fields[name] = _value(name, text, config)
    return Typed(type_, fields, problems, sources)


def read_identifier(text: str) -> dict[str, str]:
    """What identifies the paper, as fields: ``doi``, or ``eprint`` and ``archiveprefix``, or all, or none of them."""
    fields: dict[str, str] = {}
    for part in (text, *re.split(r"[\s<>\[\]]+", text)):
        if arxiv := identifiers.arxiv(part):
            fields = {"eprint": arxiv.id, "archiveprefix": "arXiv"} | fields
        elif doi := identifiers.doi(part) or identifiers.doi_in_url(part):
            fields = {"doi": doi} | fields
    return fields


def read_bibtex(answer: str) -> tuple[list[Entry], list[Problem]]:
    """The entries of a BibTeX answer, and what is wrong in it, each problem with its line in the answer.

    Their keys are empty: the citation key is made anew, so a bad one is no problem. Whatever else stands in the
    answer, Markdown fences for example, is text between entries, which BibTeX ignores.
    """
    bibliography = Bibliography.parse(answer.encode(errors="replace"))
    found = [*bibliography.problems, *(fault for entry in bibliography.entries for fault in entry.problems)]
    problems = sorted((fault for fault in found if fault.rule != "syntax-key"), key=lambda fault: fault.line or 0)
    entries = [
        Entry(located.entry.type, "", {name: value for name, value in located.fields.items() if value})
        for located in bibliography.entries
    ]
    if not entries and not has_errors(problems):
        problems.append(problem("bibtex-empty", _NO_ENTRY))
    return entries, problems


def with_typed(entry: Entry, typed: Typed, config: Config) -> tuple[Entry, list[Problem]]:
    """The BibTeX entry with what was typed next to it; a warning shows both values where they differ."""
    problems = []
    if typed.type not in ("", entry.type):
        problems.append(_conflict("entry type", None, typed.type, entry.type))
    entry = with_type(entry, typed.type or entry.type, config)
    for name, value in _stored(typed.fields, entry.type, config):
        if (bibtex := entry.get(name)) and not _same(name, value, bibtex):
            problems.append(_conflict(name, name, value, bibtex))
    return with_fields(entry, typed.fields, config), problems


def with_type(entry: Entry, type_: str, config: Config) -> Entry:
    """The entry as one of another type; its venue moves to the field where that type has it."""
    before, after = venue_field(entry.type, config), venue_field(type_, config)
    fields = dict(entry.fields)
    if before != after and before in fields and after not in fields:
        fields[after] = fields.pop(before)
    return Entry(type_, entry.key, fields)


def with_fields(entry: Entry, fields: Mapping[str, str], config: Config) -> Entry:
    """The entry with these values; an empty one clears the field."""
    changed = entry.fields | dict(_stored(fields, entry.type, config))
    return Entry(entry.type, entry.key, {name: value for name, value in changed.items() if value})


def venue_field(type_: str, config: Config) -> str:
    """The field that holds the venue in an entry of the type."""
    known = config.types.get(type_)
    return known.venue if known and known.venue else "howpublished"


def field_of(id_: str) -> str:
    """The name of the field that an element asks for."""
    return _FIELD_OF.get(id_, id_)


def is_no_value(name: str, text: str, config: Config) -> bool:
    """Whether the text is what people type into a field where there is nothing to say."""
    return text.strip().lower() in (_NO_ADDRESS if name in (*config.addresses, "identifier") else _NO_VALUE)


def not_a_type(found: str, config: Config) -> Problem:
    """The problem of an entry type that BibTeX could not read; one that merely is unknown is the rules' business."""
    return problem("entry-type", _NOT_A_TYPE, found=found, types=", ".join(config.types))


def one_line(text: str) -> str:
    """The text with each run of blanks and line ends as one space."""
    return " ".join(text.split())


def problem(
    rule: str, text: Text, severity: Severity = Severity.ERROR, field: str | None = None, **values: str
) -> Problem:
    """A problem of the form in the words of ``text``; the values that it quotes have one line and are not too long."""
    quoted = {name: one_line(value) for name, value in values.items()}
    quoted = {name: value if len(value) <= 200 else f"{value[:199]}…" for name, value in quoted.items()}
    message, fix = (part.format(**quoted) for part in text)
    return Problem(severity=severity, rule=rule, message=message, fix=fix, field=field)


def _value(name: str, text: str, config: Config) -> str:
    if name in _NAMES:
        return to_bibtex_names(text)
    if name in config.multivalued:
        return " & ".join(one_line(line) for line in text.split("\n") if line.strip())
    return one_line(text)


def _stored(fields: Mapping[str, str], type_: str, config: Config) -> Iterator[tuple[str, str]]:
    """The fields under the names that they have in an entry of the type."""
    for name, value in fields.items():
        yield venue_field(type_, config) if name == VENUE else name, value


def _same(name: str, typed: str, bibtex: str) -> bool:
    if name in _NAMES:
        return typed == to_bibtex_names(bibtex)
    if name == "doi":
        return typed.lower() == (identifiers.doi(bibtex) or bibtex).lower()
    if name == "eprint":
        found = identifiers.arxiv(bibtex)
        return typed == (found.id if found else bibtex)
    return typed == bibtex or (name == "archiveprefix" and typed.lower() == bibtex.lower())


def _conflict(what: str, field: str | None, typed: str, bibtex: str) -> Problem:
    return problem("form-conflict", _CONFLICT, Severity.WARNING, field, what=what, typed=typed, bibtex=bibtex)
