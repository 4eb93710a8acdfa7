"""Reading a large file: with keys, one entry inserted and written; and all fields of all entries.

``python -m benchmarks.read`` measures side by side with other readers, each job in its own process.
"""

import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import corpus, measure
from benchmarks.measure import Run, against, in_process, in_turn, megabytes, seconds, table

ENTRIES = 50_000
GROWTH = (5_000, 10_000, 20_000, 50_000, 100_000)
READ, FIELDS = "read", "fields"


def main() -> None:
    """Measure and print the tables."""
    with tempfile.TemporaryDirectory() as folder:
        files = {size: Path(folder, f"{size}.bib") for size in GROWTH}
        for size, file in files.items():
            file.write_bytes(corpus.bibtex(size))
        jobs = {
            f"{tool} {what}": partial(_run, tool, what, files[ENTRIES]) for tool in TOOLS for what in (READ, FIELDS)
        }
        runs = in_turn(jobs, rounds=3)
        growing = {
            f"{what} {size}": partial(_run, "bot", what, files[size]) for size in GROWTH for what in (READ, FIELDS)
        }
        growth = in_turn(growing, rounds=7)
        print(f"## Reading {ENTRIES:,} entries ({megabytes(files[ENTRIES].stat().st_size)})\n\n{measure.machine()}\n")
    print(_comparison(runs), _targets(runs), "## Growth", _growth(growth), sep="\n\n")


def _run(tool: str, what: str, file: Path) -> Run:
    return in_process("benchmarks.read", tool, what, str(file))


def _comparison(runs: dict[str, Run]) -> str:
    headings = ["tool", "read with keys", "peak memory", "entries", "all fields", "peak memory", "fields"]
    rows = []
    for tool in TOOLS:
        read, fields = runs[f"{tool} {READ}"], runs[f"{tool} {FIELDS}"]
        rows.append(
            [
                f"{tool}, one entry inserted and written too" if tool == "bot" else tool,
                *(seconds(read.seconds), megabytes(read.peak), f"{read.count:,}"),
                *(seconds(fields.seconds), megabytes(fields.peak), f"{fields.count:,}"),
            ]
        )
    return table(headings, rows)


def _targets(runs: dict[str, Run]) -> str:
    read, fields = runs[f"bot {READ}"], runs[f"bot {FIELDS}"]
    other, other_fields = runs[f"pybtex {READ}"], runs[f"pybtex {FIELDS}"]
    rows = [
        ["read, insert, write: times faster than pybtex reads", against(other.seconds / read.seconds, 25, least=True)],
        ["read, insert, write: part of pybtex's peak memory", against(read.peak / other.peak, 0.5, least=False)],
        ["all fields: times faster than pybtex", against(other_fields.seconds / fields.seconds, 15, least=True)],
    ]
    return table(["figure", "measured"], rows)


def _growth(runs: dict[str, Run]) -> str:
    rows, slowest = [], []
    for what, meaning in ((READ, "read, insert, write"), (FIELDS, "all fields")):
        each = [runs[f"{what} {size}"].seconds / size for size in GROWTH]
        slowest.append(max(each) / min(each))
        rows.append([meaning, *(f"{figure * 1e6:.1f} µs" for figure in each), against(slowest[-1], 1.3, least=False)])
    return table(["time per entry", *(f"{size:,}" for size in GROWTH), "slowest to fastest"], rows)


def _bot_read(file: Path) -> int:
    from bot.bibliography.blocks import Bibliography
    from bot.bibliography.edits import apply, insertions
    from bot.bibliography.entry import Entry

    bibliography = Bibliography.parse(file.read_bytes())
    keys = bibliography.keys
    new = Entry("misc", "Middle2016", {"author": "Middle, May", "title": "A new paper", "year": "2016"})
    data = apply(bibliography.data, insertions(bibliography, [new], ("author", "title", "year")))
    file.with_suffix(".new").write_bytes(data)
    return len(keys)


def _bot_fields(file: Path) -> int:
    from bot.bibliography.blocks import Bibliography

    return sum(len(entry.fields) for entry in Bibliography.parse(file.read_bytes()).entries)


def _pybtex_read(file: Path) -> int:
    from pybtex.database import parse_file

    return len(list(parse_file(str(file)).entries))


def _pybtex_fields(file: Path) -> int:
    from pybtex.database import parse_file

    # Authors and editors are not among its fields.
    return sum(len(dict(entry.fields)) + len(entry.persons) for entry in parse_file(str(file)).entries.values())


def _refkit_read(file: Path) -> int:
    from refkit import BibDocument

    return len(BibDocument.read(file).entries.occurrence_keys())


def _refkit_fields(file: Path) -> int:
    from refkit import BibDocument

    # `resolve`, which expands @strings, refuses files over 16 MiB.
    entries = BibDocument.read(file).entries.occurrences()
    return sum(len([field.value for field in entry.fields.occurrences()]) for entry in entries)


def _bibtexparser_read(file: Path) -> int:
    from bibtexparser.entrypoint import parse_file

    return len([entry.key for entry in parse_file(str(file)).entries])


def _bibtexparser_fields(file: Path) -> int:
    from bibtexparser.entrypoint import parse_file

    return sum(len(entry.fields) for entry in parse_file(str(file)).entries)


TOOLS: dict[str, dict[str, Callable[[Path], int]]] = {
    "bot": {READ: _bot_read, FIELDS: _bot_fields},
    "pybtex": {READ: _pybtex_read, FIELDS: _pybtex_fields},
    "refkit": {READ: _refkit_read, FIELDS: _refkit_fields},
    "bibtexparser": {READ: _bibtexparser_read, FIELDS: _bibtexparser_fields},
}


def _measure(tool: str, what: str, file: Path) -> None:
    """One job in this process. A few entries are read before, so that loading the tool does not count."""
    function = TOOLS[tool][what]
    few = file.with_name("few.bib")
    few.write_bytes(corpus.bibtex(10))
    function(few)
    print(measure.job(partial(function, file)))


if __name__ == "__main__":
    if sys.argv[1:]:
        _measure(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    else:
        main()
