"""Is one submission listed already, among 100,000 papers? ``python -m benchmarks.duplicates`` measures it."""

import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks import corpus, measure
from benchmarks.measure import against, in_process, in_turn, megabytes, seconds, table
from bot.bibliography.blocks import Bibliography
from bot.bibliography.duplicates import Index, duplicates
from bot.bibliography.entry import Entry
from bot.config import Duplicates

PAPERS = 100_000
READING = "making the index of the file"
NEAR = Duplicates().near_title


def main() -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "large.bib")
        file.write_bytes(corpus.bibtex(PAPERS))
        kinds = (READING, *SUBMISSIONS)
        jobs = {kind: partial(in_process, "benchmarks.duplicates", kind, str(file)) for kind in kinds}
        runs = in_turn(jobs, rounds=5)
    reading = runs.pop(READING)
    rows = [[READING, "", seconds(reading.seconds), "once a run", megabytes(reading.peak)]]
    rows += [
        [kind, f"{run.count}", seconds(run.seconds), against(run.seconds, 0.2, least=False), megabytes(run.peak)]
        for kind, run in runs.items()
    ]
    print(f"## Duplicates of one submission among {PAPERS:,} papers\n\n{measure.machine()}\n")
    print(table(["submission", "found", "time", "seconds", "peak memory, with the bibliography"], rows))


def _new(listed: Entry) -> Entry:
    fields = {"author": "Nobody, Nora", "title": "Nothing like it stands in the list", "doi": "10.5555/nothing-like-it"}
    return Entry("article", "New", {**fields, "year": listed.get("year")})


def _identified(listed: Entry) -> Entry:
    return Entry("article", "New", {**_new(listed).fields, "link": listed.get("link")})


def _near(listed: Entry) -> Entry:
    return Entry(
        "article", "New", {**listed.fields, "title": f"{listed.get('title')}s", "link": "", "doi": "", "eprint": ""}
    )


SUBMISSIONS = {"new": _new, "the link of a listed paper": _identified, "a near title by the same author": _near}


def _measure(kind: str, file: Path) -> None:
    """One job in this process. The bibliography is split into entries before; their fields are not read."""
    small = Bibliography.parse(corpus.bibtex(10))
    _check("new", small, Index(small))  # loads what it takes
    bibliography = Bibliography.parse(file.read_bytes())
    assert len(bibliography.entries) == PAPERS
    if kind == READING:
        print(measure.job(lambda: len(Index(bibliography).candidates(Entry("misc", "", {}), NEAR))))
    else:
        print(measure.job(partial(_check, kind, bibliography, Index(bibliography))))


def _check(kind: str, bibliography: Bibliography, index: Index) -> int:
    """What ``propose`` does; how many duplicates it finds."""
    entries = bibliography.entries
    filed = SUBMISSIONS[kind](entries[len(entries) // 2].entry)
    known = [located.entry for located in index.candidates(filed, NEAR)]
    return len(duplicates([*known, filed], NEAR, new=len(known)))


if __name__ == "__main__":
    if sys.argv[1:]:
        _measure(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
