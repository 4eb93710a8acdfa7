"""Check a whole bibliography: every rule on every entry, and all entries against each other."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from bot.bibliography.blocks import Bibliography
from bot.bibliography.duplicates import duplicate_problem, duplicates
from bot.bibliography.rules import check_entry, check_list
from bot.config import Config
from bot.problems import Problem

_LINE = re.compile(r"line [0-9]+")


def validate(bibliography: Bibliography, config: Config, this_year: int, file: str) -> list[Problem]:
    """All problems of the file, by line, each with ``file`` as its file."""
    problems = [*bibliography.problems, *_of_entries(bibliography, config, this_year)]
    problems = [msgspec.structs.replace(problem, file=file) for problem in problems]
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.field or "", problem.rule))


def new_since(problems: Iterable[Problem], before: Iterable[Problem]) -> list[Problem]:
    """The problems that are not among those of an earlier version of the file, wherever in it they stood."""
    known = Counter(_regardless_of_lines(problem) for problem in before)
    found = []
    for problem in problems:
        what = _regardless_of_lines(problem)
        if known[what]:
            known[what] -= 1
        else:
            found.append(problem)
    return found


def _regardless_of_lines(problem: Problem) -> tuple[str, str | None, str | None, str]:
    return problem.rule, problem.key, problem.field, _LINE.sub("line", problem.message)


def _of_entries(bibliography: Bibliography, config: Config, this_year: int) -> Iterator[Problem]:
    located = bibliography.entries
    entries = [one.entry for one in located]
    for one, entry in zip(located, entries, strict=True):
        yield from one.problems
        for problem in check_entry(entry, config, this_year):
            yield msgspec.structs.replace(problem, line=one.field_line(problem.field))
    for index, problem in check_list(entries, config):
        yield msgspec.structs.replace(problem, line=located[index].field_line(problem.field))
    told: set[int] = set()
    for found in duplicates(entries, config.duplicates.near_title):
        if found.second in told:
            continue  # the third entry for one paper is told of the first only
        told.add(found.second)
        first, second = located[found.first], located[found.second]
        problem = duplicate_problem(found, second.entry, first.entry, f"line {first.line}")
        yield msgspec.structs.replace(problem, line=second.line)
