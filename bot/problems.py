"""What a check has found: one value, made by rules and readers, shown by whoever prints."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from bot.wording import counted


class UsageError(Exception):
    """What was asked for cannot be done at all; the text is a sentence for the person who asked (exit status 2)."""


class Severity(StrEnum):
    """How much a problem weighs: an error stops a proposal, the others are only shown."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One finding of a check.

    ``message`` says what was found and ``fix`` what would pass, both as plain text for people: whoever
    shows them escapes them for the place. ``line`` counts from 1 in ``file``; ``key`` is the citation key,
    ``field`` the field's lower-case name; each is ``None`` where it does not apply.
    """

    severity: Severity
    rule: str
    message: str
    fix: str = ""
    key: str | None = None
    field: str | None = None
    line: int | None = None
    file: str | None = None


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether any of the problems stops a proposal."""
    return any(problem.severity is Severity.ERROR for problem in problems)


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """The problems that stop a proposal."""
    return [problem for problem in problems if problem.severity is Severity.ERROR]


def lesser(problems: Iterable[Problem]) -> list[Problem]:
    """The problems that are only shown."""
    return [problem for problem in problems if problem.severity is not Severity.ERROR]


def counted_problems(problems: Iterable[Problem]) -> str:
    """``1 error, 2 warnings``: how many there are of each severity; empty where there is none."""
    severities = [problem.severity for problem in problems]
    return ", ".join(counted(count, one.value) for one in Severity if (count := severities.count(one)))


def waits(problems: Iterable[Problem]) -> bool:
    """Whether nothing but a source that could not be asked stops a proposal, so that people have nothing to do."""
    found = errors(problems)
    return bool(found) and all(problem.rule == "metadata-unavailable" for problem in found)
