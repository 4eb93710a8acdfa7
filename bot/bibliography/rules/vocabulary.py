"""What the list knows: entry types, fields, and values of vocabularies (bot.yml)."""

import re
from collections.abc import Iterator

from bot.bibliography.entry import Entry
from bot.bibliography.paper import split_values
from bot.bibliography.rules.rule import EVERY, Context, Found, Rule, nearest, quoted
from bot.problems import Severity

_MARKDOWN_LINK = r"\[([^\[\]]++)\]\([^()]*+\)"
_SHOWN = 12
# Types of biblatex and of reference managers (biblatex manual, section 2.1).
_OTHER_TYPES = {"thesis": "phdthesis", "report": "techreport", "preprint": "unpublished"}
# biblatex's names for BibTeX's fields (biblatex manual, section 2.2.5).
_OTHER_NAMES = {
    "date": "year",
    "journaltitle": "journal",
    "location": "address",
    "eprinttype": "archiveprefix",
    "eprintclass": "primaryclass",
    "annotation": "annote",
    "arxiv": "eprint",
}


def _type(entry: Entry, context: Context) -> Iterator[tuple[None, Found]]:
    if entry.type not in context.config.types:
        near = _OTHER_TYPES.get(entry.type) or nearest(entry.type, context.config.types) or "misc"
        yield None, (f"{quoted('@' + entry.type)} is no entry type of this list", f"@{near}")


def _field(entry: Entry, context: Context) -> Iterator[tuple[str, Found]]:
    if entry.fields.keys() <= context.known_fields:
        return
    for name in entry.fields:
        if name not in context.known_fields:
            near = _OTHER_NAMES.get(name)
            near = near if near in context.known_fields else nearest(name, context.config.known_fields(), 75)
            fix = f"{near} = {{…}}" if near else "no such field; or its name among the fields of bot.yml"
            yield name, (f"{quoted(name)} is no field of this list", fix)


def _empty(entry: Entry, context: Context) -> Iterator[tuple[str, Found]]:
    del context
    for name, value in entry.fields.items():
        if not value.strip(" {}") and name not in ("author", "title", "year"):
            yield name, ("the field is empty", "a value, or no such field")


def _value(entry: Entry, context: Context) -> Iterator[tuple[str, Found]]:
    for field, known in context.vocabularies.items():
        value = entry.get(field)
        if not value or value in known:
            continue
        parts = split_values(value) if field in context.config.multivalued else (value,)
        names = dict.fromkeys(map(value_name, parts))
        for name in [name for name in names if name not in known][:_SHOWN]:
            yield field, _unknown(name, context.config.vocabularies[field])


def value_name(value: str) -> str:
    """The name that a value is shown by: that of a Markdown link (``[MSD](https://…)``), else the value."""
    link = re.fullmatch(_MARKDOWN_LINK, value)
    return link[1] if link else value


def _unknown(name: str, known: tuple[str, ...]) -> Found:
    near = nearest(name, known)
    if near:
        return f"{quoted(name)} is a new value", f"{near}, if that is what is meant"
    more = ", …" if len(known) > _SHOWN else ""
    return f"{quoted(name)} is a new value", f"one of {', '.join(known[:_SHOWN])}{more}; or a new one, if none fits"


RULES = (
    Rule(
        name="type-unknown",
        severity=Severity.WARNING,
        sentence="The entry type is one that the list knows (bot.yml, types).",
        why="BibTeX's styles print an unknown type as misc, and it is counted apart.",
        passes="@inproceedings{Choi2016,\n  title = {Automatic tagging using deep convolutional neural networks}\n}",
        fails="@inproceeding{Choi2016,\n  title = {Automatic tagging using deep convolutional neural networks}\n}",
        entry=_type,
    ),
    Rule(
        name="field-unknown",
        severity=Severity.WARNING,
        fields=EVERY,
        sentence="A field is one that the list knows (bot.yml, fields).",
        why="BibTeX skips a field that it does not know without a word, so that a slip is never seen.",
        passes="@misc{Choi2016,\n  booktitle = {ISMIR}\n}",
        fails="@misc{Choi2016,\n  booktile = {ISMIR}\n}",
        entry=_field,
    ),
    Rule(
        name="field-empty",
        severity=Severity.WARNING,
        fields=EVERY,
        sentence="A field has a value; one without is left out.",
        why="An empty field looks like something that was forgotten.",
        passes="@misc{Choi2016,\n  booktitle = {ISMIR}\n}",
        fails="@misc{Choi2016,\n  booktitle = {ISMIR},\n  pages = {}\n}",
        entry=_empty,
    ),
    Rule(
        name="value-unknown",
        severity=Severity.WARNING,
        fields=("every field with a vocabulary",),
        sentence="A value of a field with a vocabulary (bot.yml, vocabularies) is one of its values.",
        why="Papers of one task or dataset are found and counted together. A value that is new is welcome, too.",
        passes="@misc{Choi2016,\n  task = {MGR & Composition},\n  dataset = {[MSD](https://labrosa.ee.columbia.edu/millionsong/)}\n}",
        fails="@misc{Choi2016,\n  task = {mgr}\n}",
        entry=_value,
    ),
)
