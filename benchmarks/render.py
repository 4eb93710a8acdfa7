"""All pages of 10,000 papers, as a whole process: ``python -m benchmarks.render`` measures it."""

import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks import corpus, measure
from benchmarks.measure import Run, against, in_turn, megabytes, process, seconds, table
from benchmarks.propose import LIST
from bot.config import CONFIG, load

PAPERS = 10_000


def main() -> None:
    """Measure and print the table."""
    run = in_turn({"render": _render}, rounds=3)["render"]
    figures = [seconds(run.seconds), against(run.seconds, 10, least=False), megabytes(run.peak)]
    print(f"## Pages\n\n{measure.machine()}\n")
    print(table(["process", "time", "seconds", "peak memory"], [[f"`render` of {PAPERS:,} papers", *figures]]))


def _render() -> Run:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copytree(LIST / ".github", root / ".github")
        config = load((root / CONFIG).read_text(), CONFIG)
        shutil.copyfile(LIST / config.pages.readme.file, root / config.pages.readme.file)
        (root / config.bibliography).write_bytes(corpus.bibtex(PAPERS))
        return process(sys.executable, "-m", "bot", "render", "--root", str(root), cwd=LIST)


if __name__ == "__main__":
    main()
