"""Many papers at once: the rows of a table or the entries of a BibTeX file, under the rules that hold for one."""

import csv
import io
from collections.abc import Iterator
from pathlib import PurePath

import msgspec

from bot.bibliography.blocks import Bibliography
from bot.bibliography.edits import apply
from bot.bibliography.entry import Entry
from bot.config import Config
from bot.forms.adding import add_typed
from bot.forms.answers import read_bibtex, read_typed
from bot.jobs.additions import plan_additions
from bot.problems import Problem, Severity, UsageError, has_errors

# Headings of a table that are called otherwise in the forms; all others are elements of the form or fields.
_COLUMNS = {"title": "paper-title", "author": "authors", "type": "entry-type", "entrytype": "entry-type"}
_DELIMITERS = {".tsv": "\t", ".tab": "\t", ".csv": ","}
_LONGEST = 1 << 20  # characters of one cell


class Imported(msgspec.Struct, frozen=True):
    """What an import comes to: how many papers it has, a line for each, all problems, and the new bibliography."""

    count: int
    titles: tuple[str, ...]
    problems: tuple[Problem, ...]
    data: bytes


class _Source(msgspec.Struct, frozen=True):
    entry: Entry
    file: str
    line: int


def import_papers(
    sources: list[tuple[str, str]], bibliography: Bibliography, config: Config, this_year: int
) -> Imported:
    """Add the papers of ``sources`` (name and text of each file) to the bibliography: all, or none if one has an error.

    Raises:
        UsageError: a file is no table with a heading line.
    """
    found: list[_Source] = []
    problems: list[Problem] = []
    for file, text in sources:
        entries, faults = _bibtex(text, file) if _is_bibtex(file, text) else _table(text, file, config)
        found += entries
        problems += faults
    plan = plan_additions([one.entry for one in found], bibliography, config, this_year)
    place = {shown.entry.key: one for shown, one in zip(plan.entries, found, strict=True)}
    for problem in plan.problems:
        one = place.get(problem.key or "")
        problems.append(msgspec.structs.replace(problem, file=one.file, line=one.line) if one else problem)
    if unwritable := bibliography.encoding_problem:
        problems.append(msgspec.structs.replace(unwritable, file=config.bibliography))
    order = {file: number for number, (file, _) in enumerate(sources)}
    problems.sort(key=lambda problem: (order.get(problem.file or "", -1), problem.line or 0))
    data = bibliography.data if has_errors(problems) else apply(bibliography.data, plan.edits)
    titles = [
        f"{'+' if one.changes is None else '~'} {one.entry.key}: {one.entry.get('title')}" for one in plan.entries
    ]
    return Imported(len(found), tuple(titles), tuple(problems), data)


def _is_bibtex(file: str, text: str) -> bool:
    suffix = PurePath(file).suffix.lower()
    return suffix == ".bib" or (suffix not in _DELIMITERS and text.lstrip().startswith(("@", "%")))


def _bibtex(text: str, file: str) -> tuple[list[_Source], list[Problem]]:
    entries, problems = read_bibtex(text)
    lines = [one.line for one in Bibliography.parse(text.encode()).entries]
    located = [msgspec.structs.replace(problem, file=file) for problem in problems]
    return [_Source(entry, file, line) for entry, line in zip(entries, lines, strict=True)], located


def _table(text: str, file: str, config: Config) -> tuple[list[_Source], list[Problem]]:
    rows = _rows(text, file)
    heading_line, heading = next(rows, (1, []))
    names = [_COLUMNS.get(name.strip().lower(), name.strip().lower()) for name in heading]
    if "paper-title" not in names and "identifier" not in names:
        raise UsageError(
            f"{file}: the heading line has no column `title`, it has {', '.join(heading)[:200] or 'nothing'}; "
            "expected columns such as title, authors, year, type, venue, doi, link"
        )
    problems = [_unknown_column(name, file, heading_line) for name in names if not _is_known(name, config)]
    entries = []
    for line, cells in rows:
        cells_by_name = zip(names, cells, strict=False)
        answers = {name: cell.strip() for name, cell in cells_by_name if cell.strip()}
        if not answers:
            continue
        if len(cells) > len(names):
            problems.append(_too_many(len(cells), len(names), file, line))
        addition = add_typed(read_typed(answers, config), config)
        entries += [_Source(entry, file, line) for entry in addition.entries]
        problems += [msgspec.structs.replace(fault, file=file, line=line) for fault in addition.problems]
    return entries, problems


def _rows(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """The rows with the line on which each starts."""
    first = text.partition("\n")[0]
    delimiter = _DELIMITERS.get(PurePath(file).suffix.lower()) or max("\t,;", key=first.count)
    if delimiter == "," and first.count(";") > first.count(","):
        delimiter = ";"  # spreadsheets write it where the comma parts decimals
    csv.field_size_limit(_LONGEST)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise UsageError(f"{file}:{line}: not a table: {error}") from None


def _is_known(name: str, config: Config) -> bool:
    return name in ("paper-title", "authors", "entry-type", "identifier", "venue") or name in config.known_fields()


def _unknown_column(name: str, file: str, line: int) -> Problem:
    return Problem(
        severity=Severity.WARNING,
        rule="field-unknown",
        message=f"the column “{name[:60]}” is no field of the list, so it is left out",
        fix="the name of a field, as bot.yml lists them",
        file=file,
        line=line,
    )


def _too_many(cells: int, columns: int, file: str, line: int) -> Problem:
    return Problem(
        severity=Severity.ERROR,
        rule="table-row",
        message=f"the row has {cells} cells, the heading only {columns}",
        fix='quotation marks around a cell that holds the delimiter: "a, b"',
        file=file,
        line=line,
    )
