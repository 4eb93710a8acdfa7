"""The jobs on GitHub as whole processes, against the local emulator: ``python -m benchmarks.github`` measures them.

A proxy counts the requests; git's own record of what it runs counts the fetches.
"""

import itertools
import os
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from benchmarks import measure
from benchmarks.measure import Run, against, in_turn, megabytes, process, seconds, table
from bot.bibliography.keys import variants
from bot.jobs.offers import Offer, write_body
from bot.jobs.proposal import Identity
from tests.support.desk import BIRDS, PAPER, birds, form
from tests.support.emulator import CONTRIBUTORS, Emulator
from tests.support.world import World

PROPOSALS = 100
_BIB = "data/birds.bib"
_ENTRY = "@misc{{{key},\n  author = {{Zed, Zoe}},\n  title = {{Crows, part {number}}},\n  year = {{2001}},\n}}\n"


class Bench:
    """The emulator, and repositories made in it, one for each run that changes something."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        """Clones and repositories go into ``folder``."""
        self._emulator = emulator
        self._folder = folder
        self._numbers = itertools.count(1)
        self.figures: dict[str, tuple[int, int, int]] = {}
        """What was measured: requests, writes and fetches by its name."""

    def propose(self) -> Run:
        """The first run for an issue that was filed just now."""
        with closing(self._world()) as world:
            number = world.person(CONTRIBUTORS[0]).file_issue("A form", form(PAPER), ["add-paper"])
            return self._bot(world, "a first proposal", "respond", str(number))

    def nothing(self) -> Run:
        """Another run for it, with nothing to do."""
        with closing(self._world()) as world:
            number = world.person(CONTRIBUTORS[0]).file_issue("A form", form(PAPER), ["add-paper"])
            self._bot(world, "", "respond", str(number))
            return self._bot(world, "a run with nothing to do", "respond", str(number))

    def refresh(self) -> Run:
        """After a push, with many open proposals of which none needs anything."""
        with closing(self._world()) as world:
            for number, key in zip(range(1, PROPOSALS + 1), variants("Zed2001"), strict=False):
                entry = _ENTRY.format(key=key, number=number)
                head = world.maintainer.commit(f"bot/issue-{number}", {_BIB: f"{BIRDS}\n{entry}".encode()})
                paper = Identity(key, (), f"crows part {number}", ("zed",))
                body = write_body("Add it", "A paper", Offer(number, CONTRIBUTORS[0], (paper,), head=head))
                world.maintainer.open_pull(f"bot/issue-{number}", "Add it", body)
            self._bot(world, "", "refresh")  # the pages
            world.maintainer.commit("main", {"notes.txt": b"something else\n"})
            return self._bot(world, f"a refresh with {PROPOSALS} open proposals", "refresh")

    def _world(self) -> World:
        return World(self._emulator, self._folder / f"world-{next(self._numbers)}", birds())

    def _bot(self, world: World, name: str, *arguments: str) -> Run:
        folder = self._folder / f"clone-{next(self._numbers)}"
        root, trace = world.clone(folder), folder.with_suffix(".trace")
        os.environ |= {
            "GITHUB_TOKEN": world.token,
            "GITHUB_API_URL": world.address,
            "GITHUB_REPOSITORY": world.name,
            "GIT_TRACE2": str(trace),
        }
        world.proxy.clear()
        run = process(sys.executable, "-m", "bot", *arguments, "--root", str(root))
        fetches = sum(" start " in line and "git -C" in line and " fetch " in line for line in _lines(trace))
        self.figures[name] = (len(world.proxy.requests), len(world.proxy.writes), fetches)
        return run


def _lines(trace: Path) -> list[str]:
    return trace.read_text().split("\n") if trace.exists() else []


def main() -> None:
    """Measure and print the tables."""
    with tempfile.TemporaryDirectory() as name, closing(Emulator(Path(name))) as emulator:
        bench = Bench(emulator, Path(name))
        runs = in_turn({"propose": bench.propose, "nothing": bench.nothing}, rounds=5)
        runs |= in_turn({"refresh": bench.refresh}, rounds=3)
        figures = bench.figures
    named = zip(runs.values(), ("a first proposal", "a run with nothing to do", _refresh_name()), strict=True)
    rows = [
        [what, seconds(run.seconds), seconds(run.cpu), *map(str, figures[what]), megabytes(run.peak)]
        for run, what in named
    ]
    limits = [
        ["a first proposal: seconds", against(runs["propose"].seconds, 3, least=False)],
        ["a first proposal: seconds of the bot's own", against(runs["propose"].cpu, 1, least=False)],
        ["a first proposal: requests", against(figures["a first proposal"][0], 12, least=False)],
        ["nothing to do: requests", against(figures["a run with nothing to do"][0], 6, least=False)],
        [f"refresh, {PROPOSALS} proposals: requests", against(figures[_refresh_name()][0], 6, least=False)],
        [f"refresh, {PROPOSALS} proposals: fetches", against(figures[_refresh_name()][2], 1, least=False)],
    ]
    print(f"## On GitHub\n\n{measure.machine()}\n")
    headings = ["run", "time", "the bot's own time", "requests", "of them writes", "fetches", "peak memory"]
    print(table(headings, rows), table(["figure", "measured"], limits), sep="\n\n")


def _refresh_name() -> str:
    return f"a refresh with {PROPOSALS} open proposals"


if __name__ == "__main__":
    main()
