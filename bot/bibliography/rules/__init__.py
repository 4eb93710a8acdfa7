"""What is asked of an entry, one module a concern, and the one table of all rules."""

from collections.abc import Sequence

from bot.bibliography.entry import Entry
from bot.bibliography.rules import (
    author,
    characters,
    duplicates,
    forms,
    identifiers,
    key,
    links,
    lookalike,
    metadata,
    pages,
    reading,
    title,
    venue,
    vocabulary,
    year,
)
from bot.bibliography.rules.rule import EVERY, LATEX, TEXT, Context, Found, Rule
from bot.config import Config
from bot.problems import Problem

RULES: tuple[Rule, ...] = (
    *author.RULES,
    *title.RULES,
    *year.RULES,
    *venue.RULES,
    *pages.RULES,
    *identifiers.RULES,
    *links.RULES,
    *vocabulary.RULES,
    *key.RULES,
    *lookalike.RULES,
    *characters.RULES,
    *duplicates.RULES,
    *reading.RULES,
    *forms.RULES,
    *metadata.RULES,
)
"""Every rule, also those that other parts of the bot report."""

_OF_ENTRY = tuple((rule, rule.entry) for rule in RULES if rule.entry)
_OF_LIST = tuple((rule, rule.entries) for rule in RULES if rule.entries)
_OF_VALUE = tuple((rule, rule.value) for rule in RULES if rule.value)
_OF_GROUP = tuple((rule, check) for rule, check in _OF_VALUE if rule.fields in (EVERY, TEXT, LATEX))
_OF_FIELD = {
    name: tuple((rule, check) for rule, check in _OF_VALUE if name in rule.fields)
    for name in {name for rule, _ in _OF_VALUE for name in rule.fields}
}


def can_be_accepted(rule_name: str) -> bool | None:
    """Whether an error of the rule can be accepted by a maintainer; ``None`` where there is no such rule.

    A rule that only warns stops nothing, so there is nothing to accept.
    """
    return next((rule.acceptable for rule in RULES if rule.name == rule_name), None)


def check_entry(entry: Entry, config: Config, this_year: int) -> list[Problem]:
    """All problems of one entry, each with the entry's key and, where it has one, its field; without a line."""
    context = _context(config, this_year)
    problems = [
        _problem(rule, entry, field, found) for rule, check in _OF_ENTRY for field, found in check(entry, context)
    ]
    for name, value in entry.fields.items():
        if not value:
            continue
        for rule, check_value in _OF_FIELD.get(name, ()):
            if found := check_value(value, context):
                problems.append(_problem(rule, entry, name, found))
        if not characters.ORDINARY.fullmatch(value):
            for rule, check_value in _OF_GROUP:
                if context.applies(rule.fields, name) and (found := check_value(value, context)):
                    problems.append(_problem(rule, entry, name, found))
    return problems


def check_list(entries: Sequence[Entry], config: Config) -> list[tuple[int, Problem]]:
    """The problems that only show in all entries of a file together, each with the index of the entry it belongs to."""
    return [
        (index, _problem(rule, entries[index], field, found))
        for rule, check in _OF_LIST
        for index, field, found in check(entries, config)
    ]


def _problem(rule: Rule, entry: Entry, field: str | None, found: Found) -> Problem:
    message, fix = found
    return Problem(severity=rule.severity, rule=rule.name, message=message, fix=fix, key=entry.key or None, field=field)


_latest: list[Context] = []


def _context(config: Config, this_year: int) -> Context:
    """The context, worked out once for the entries of one file after the other."""
    if not _latest or _latest[0].config is not config or _latest[0].this_year != this_year:
        _latest[:] = [Context.of(config, this_year)]
    return _latest[0]
