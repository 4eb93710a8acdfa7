"""A proposal: a change of the bibliography that the bot offers as one pull request."""

from collections.abc import Mapping

import msgspec

from bot.bibliography.edits import Edit
from bot.bibliography.entry import Entry, to_bibtex
from bot.bibliography.paper import read_paper
from bot.config import Config
from bot.pages.rows import row
from bot.problems import Problem, has_errors


class Change(msgspec.Struct, frozen=True):
    """A field of a listed entry, its type included: what it was and what it becomes; empty where there is none."""

    field: str
    old: str
    new: str


class Proposed(msgspec.Struct, frozen=True):
    """One entry of a proposal as it will stand, with the row that readers will see.

    ``changes`` is ``None`` for a new entry, and lists what changes in one that is listed already.
    """

    entry: Entry
    bibtex: str
    row: str
    changes: tuple[Change, ...] | None = None


class Plan(msgspec.Struct, frozen=True):
    """What a submission comes to: the entries as they will stand, the edits that put them there, and the problems."""

    title: str = ""
    name: str = ""
    entries: tuple[Proposed, ...] = ()
    problems: tuple[Problem, ...] = ()
    edits: tuple[Edit, ...] = ()
    removed: Entry | None = None
    reason: str = ""
    no_form: bool = False


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A plan with its branch, and what it makes of the file.

    ``data`` is the whole bibliography after the change (as it was, while there are errors); ``diff`` shows the
    change as ``diff -u`` does. ``reason`` is why ``removed`` is to go. ``forms`` are names and addresses of the forms,
    filled in as far as possible, where what was filed is none of them.
    """

    title: str
    branch: str
    entries: tuple[Proposed, ...]
    removed: Entry | None
    reason: str
    problems: tuple[Problem, ...]
    data: bytes
    diff: str
    forms: tuple[tuple[str, str], ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is something to merge: no error stands in the way."""
        return not has_errors(self.problems)


def proposed(entry: Entry, config: Config, changes: tuple[Change, ...] | None = None) -> Proposed:
    """The entry as a proposal shows it."""
    return Proposed(entry, to_bibtex(entry, config.known_fields()), row(read_paper(entry, config), config), changes)


def updated(listed: Entry, values: Mapping[str, str], type_: str, config: Config) -> Proposed:
    """A listed entry with new values (an empty one takes the field out) and type, and what that changes."""
    fields = {name: value for name, value in {**listed.fields, **values}.items() if value}
    was = [Change("type", listed.type, type_)] if type_ != listed.type else []
    was += [Change(name, listed.get(name), value) for name, value in values.items() if listed.get(name) != value]
    return proposed(Entry(type_, listed.key, fields), config, tuple(was))
