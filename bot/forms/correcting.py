"""The form that corrects a paper, or the one that adds papers under a title such as ``[Update][Bock2012]``."""

import re
from collections.abc import Mapping

import msgspec

from bot.bibliography.entry import Entry
from bot.config import Config
from bot.forms.answers import (
    Text,
    Typed,
    field_of,
    is_no_value,
    not_a_type,
    one_line,
    problem,
    read_bibtex,
    read_typed,
    with_fields,
    with_type,
    with_typed,
)
from bot.forms.body import Submission
from bot.problems import Problem, Severity

REMOVE = "remove"
"""What stands for the field to remove the whole entry."""

_NO_KEY: Text = (
    "the form does not say which entry to correct",
    "its citation key as it stands in the bibliography, for example Dieleman2014",
)
_TWO_KEYS: Text = (
    "the issue's title names the entry {title}, the form {form}: the form's is used",
    "the same citation key in both, or in one of them only",
)
_NOTHING: Text = (
    "the form does not say what to correct",
    "a field and its new value, or a BibTeX entry",
)
_NO_FIELD: Text = (
    "the form gives the new value “{value}”, but not the field that gets it",
    "the name of one field, such as title, author, year, venue, link or code",
)
_NOT_A_FIELD: Text = (
    "“{name}” is not the name of a field",
    _NO_FIELD[1],
)
_NO_NEW_VALUE: Text = (
    "the form names the field {name}, but no new value for it",
    "the new value, or - to clear the field",
)
_NO_REASON: Text = (
    "the form asks to remove the entry, but does not say why",
    "the reason, as the new value",
)
_REMOVE_OR_REPLACE: Text = (
    "the form asks to remove the entry, and also gives a BibTeX entry for it",
    "one of the two",
)
_NOT_ONE_ENTRY: Text = (
    "the BibTeX answer holds {count} entries, and a correction is about one",
    "the entry that is to replace the listed one; an issue for each of the others",
)

_TITLE = re.compile(r"\s*\[\s*update\s*\]\s*\[\s*([^\[\]\s]+)\s*\]", re.IGNORECASE)
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_-]*")


_KEYS_STAY: Text = (
    "a citation key stays as it is once it is merged, since papers cite it",
    "another field; a key that no longer fits its entry does no harm",
)


class SetFields(msgspec.Struct, frozen=True):
    """New values by field name, an empty one to clear the field, ``venue`` among the names; a new type or none."""

    fields: dict[str, str]
    type: str = ""

    def applied_to(self, entry: Entry, config: Config) -> Entry:
        """The entry with this change; its citation key stays."""
        return with_fields(with_type(entry, self.type or entry.type, config), self.fields, config)


class ReplaceEntry(msgspec.Struct, frozen=True):
    """A whole entry to take over, without a citation key."""

    entry: Entry


class RemoveEntry(msgspec.Struct, frozen=True):
    """The entry is to go."""

    reason: str


Change = SetFields | ReplaceEntry | RemoveEntry


class Correction(msgspec.Struct, frozen=True):
    """What a form asks to change in the entry ``key``; no change where the problems say why."""

    key: str
    change: Change | None
    problems: list[Problem]


def key_in_title(title: str) -> str:
    """The citation key in an issue's title that starts with ``[Update][KEY]``; empty for any other."""
    match = _TITLE.match(title)
    return match[1] if match else ""


def read_correction(submission: Submission, title: str, config: Config) -> Correction:
    """Read a filed form: a key with one field and its new value, a BibTeX entry, or ``remove`` with a reason.

    The issue's title gives the key where the form does not ask for it or has no answer: the form that adds papers is
    a correction then, by all that is filled in.
    """
    answers = {
        id_: answer if isinstance(answer, str) else " & ".join(answer) for id_, answer in submission.answers.items()
    }
    in_title, key = key_in_title(title), answers.get("key", "").strip("@{}[], \t\n`")
    problems = []
    if key and in_title and key != in_title:
        problems.append(problem("form-conflict", _TWO_KEYS, Severity.WARNING, title=in_title, form=key))
    key = key or in_title
    if not key:
        problems.append(problem("form-key", _NO_KEY))
    if any(element.id == "field" for element in submission.template.elements):
        change, found = _by_field(answers, config)
    else:
        change, found = _by_entry(read_typed(answers, config), answers.get("bibtex", ""), config)
    return Correction(key, change if key else None, problems + found)


_Found = tuple[Change | None, list[Problem]]


def _by_field(answers: Mapping[str, str], config: Config) -> _Found:
    """The change that the form to correct a paper asks for."""
    field = answers.get("field", "").strip("`*\"' \t\n").lower()
    value, bibtex = answers.get("value", ""), answers.get("bibtex", "")
    if field == REMOVE:
        if bibtex:
            return None, [problem("form-conflict", _REMOVE_OR_REPLACE)]
        return (RemoveEntry(value), []) if value else (None, [problem("form-value", _NO_REASON)])
    if value and not field:
        return None, [problem("form-field", _NO_FIELD, value=value)]
    if field == "key":
        return None, [problem("form-field", _KEYS_STAY)]
    if field and not _FIELD_NAME.fullmatch(field):
        return None, [problem("form-field", _NOT_A_FIELD, name=field)]
    if field and not value:
        return None, [problem("form-value", _NO_NEW_VALUE, name=field)]
    return _by_entry(_typed(field, value, config) if field else Typed("", {}, []), bibtex, config)


def _typed(field: str, value: str, config: Config) -> Typed:
    """One field and its new value as if they had been typed in the form that adds papers."""
    if field == "type" and value.lower() in config.types:
        field = "entry-type"  # BibTeX's own field `type`, the kind of a thesis or report, is hardly ever meant
    if is_no_value(field, value, config):
        if field == "entry-type":
            return Typed("", {}, [not_a_type(value, config)])
        names = ("doi", "eprint", "archiveprefix") if field == "identifier" else (field_of(field),)
        return Typed("", dict.fromkeys(names, ""), [])
    typed = read_typed({field: value}, config)
    if typed.type or typed.fields or typed.problems:
        return typed
    return Typed("", {field: one_line(value)}, [])  # not a field of this list, which the rules report


def _by_entry(typed: Typed, bibtex: str, config: Config) -> _Found:
    """The change that a BibTeX entry, or else values typed field by field, ask for."""
    if bibtex:
        entries, problems = read_bibtex(bibtex)
        problems = typed.problems + problems
        if len(entries) > 1:
            return None, [*problems, problem("form-several", _NOT_ONE_ENTRY, count=str(len(entries)))]
        if not entries:
            return None, problems
        entry, conflicts = with_typed(entries[0], typed, config)
        return ReplaceEntry(entry), problems + conflicts
    if typed.type or typed.fields:
        return SetFields(typed.fields, typed.type), typed.problems
    return None, typed.problems or [problem("form-empty", _NOTHING)]
