"""A proposal: a change of the bibliography that the bot offers as one pull request."""

from collections.abc import Mapping

import msgspec

from bot.bibliography.duplicates import shared_identifiers
from bot.bibliography.edits import Edit
from bot.bibliography.entry import Entry, to_bibtex
from bot.bibliography.folding import fold, fold_title
from bot.bibliography.latex import to_text
from bot.bibliography.names import read_names
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


class Filled(msgspec.Struct, frozen=True):
    """A value of the entry ``key`` that the bot filled in and nobody typed.

    ``field`` is a field's name, ``type`` or ``key``; ``source`` is where the value is from, as what follows “from”.
    """

    key: str
    field: str
    value: str
    source: str


class Ruling(msgspec.Struct, frozen=True):
    """What people with write permission have decided about a submission, and what other proposals hold.

    ``accepted`` are the rules whose errors do not stop it, as far as they are acceptable; of two papers that such a
    rule takes for one, both are listed. ``key`` is the citation key that somebody chose, ``taken`` those of other open
    proposals in lower case, and ``kept`` those that the new entries of this proposal have so far, in their order.
    """

    accepted: frozenset[str] = frozenset()
    key: str = ""
    taken: frozenset[str] = frozenset()
    kept: tuple[str, ...] = ()


NO_RULING = Ruling()


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
    filled: tuple[Filled, ...] = ()


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A plan with its branch, and what it makes of the file.

    ``data`` is the whole bibliography after the change (as it was, while there are errors); ``diff`` shows the
    change as ``diff -u`` does. ``reason`` is why ``removed`` is to go. ``filled`` is what nobody typed. ``forms`` are
    names and addresses of the forms, filled in as far as possible, where what was filed is none of them.
    """

    title: str
    branch: str
    entries: tuple[Proposed, ...]
    removed: Entry | None
    reason: str
    problems: tuple[Problem, ...]
    data: bytes
    diff: str
    filled: tuple[Filled, ...] = ()
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


class Identity(msgspec.Struct, frozen=True):
    """By what a proposed paper is known without its entry: small enough to be kept beside a pull request.

    ``identifiers`` are sorted keys of ``duplicates.shared_identifiers``; ``title`` and ``families`` are folded.
    """

    key: str
    identifiers: tuple[str, ...] = ()
    title: str = ""
    families: tuple[str, ...] = ()


_LONGEST = 500
_FAMILIES = 50


def identity(entry: Entry) -> Identity:
    """By what the entry's paper is known: at most 50 family names, each text at most 500 characters."""
    names = read_names(entry.get("author") or entry.get("editor"))
    return Identity(
        entry.key,
        tuple(sorted(one for one in shared_identifiers(entry) if len(one) <= _LONGEST)),
        fold_title(to_text(entry.get("title")))[:_LONGEST],
        tuple(dict.fromkeys(fold(name.family) for name in names[:_FAMILIES])),
    )


def same_paper(one: Identity, other: Identity) -> bool:
    """Whether two proposals are for one paper: a shared identifier, or the same title and a shared family name."""
    if set(one.identifiers) & set(other.identifiers):
        return True
    return bool(one.title) and one.title == other.title and bool(set(one.families) & set(other.families))
