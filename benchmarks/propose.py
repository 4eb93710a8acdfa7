"""The main job as a whole process, from the start of Python to its end.

``python -m benchmarks.propose`` measures it on the list and on a large one, beside what pybtex takes.
"""

import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks import corpus, measure
from benchmarks.measure import Run, against, in_turn, megabytes, process, seconds, table
from bot.config import CONFIG, load

ENTRIES = 50_000
LIST = Path(__file__).parent.parent
FORM = LIST / "tests/data/sample-form/body.md"


def main() -> None:
    """Measure and print the tables."""
    loading = partial(process, sys.executable, "-c", "import pybtex.database, yaml")
    small = in_turn({"bot": partial(_propose, LIST), "pybtex": loading}, rounds=15)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copytree(LIST / ".github", root / ".github")
        file = root / load((root / CONFIG).read_text(), CONFIG).bibliography
        file.write_bytes(corpus.bibtex(ENTRIES))
        size = megabytes(file.stat().st_size)
        reading = "import sys, pybtex.database; pybtex.database.parse_file(sys.argv[1])"
        jobs = {"bot": partial(_propose, root), "pybtex": partial(process, sys.executable, "-c", reading, str(file))}
        large = in_turn(jobs, rounds=5)
    rows = [
        ["`propose` on the list", *_figures(small["bot"])],
        ["`import pybtex.database, yaml`", *_figures(small["pybtex"])],
        [f"`propose` on {ENTRIES:,} entries ({size})", *_figures(large["bot"])],
        ["pybtex reads them", *_figures(large["pybtex"])],
    ]
    ratios = [
        ["on the list: times the imports", against(small["bot"].seconds / small["pybtex"].seconds, 2, least=False)],
        [
            f"on {ENTRIES:,} entries: times faster than pybtex reads",
            against(large["pybtex"].seconds / large["bot"].seconds, 8, least=True),
        ],
    ]
    print(f"## `propose` as a whole process\n\n{measure.machine()}\n")
    print(table(["process", "time", "peak memory"], rows), table(["figure", "measured"], ratios), sep="\n\n")


def _propose(root: Path) -> Run:
    command = (sys.executable, "-m", "bot", "propose", "--root", str(root), "--issue-body", str(FORM))
    return process(*command, "--issue-number", "1", "--author", "octocat", cwd=LIST)


def _figures(run: Run) -> list[str]:
    return [seconds(run.seconds), megabytes(run.peak)]


if __name__ == "__main__":
    main()
