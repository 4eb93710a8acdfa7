"""The search for published versions as a whole process, against sources on this machine that answer after 50 ms.

``python -m benchmarks.preprints`` measures it, with pauses that are a fiftieth of what each source asks for. The
sources are another process (``serve COUNT``), so that what they take is not the bot's.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks.measure import Run, against, machine, megabytes, process, seconds, table
from bot.config import CONFIG
from bot.metadata.sources import arxiv, crossref, datacite, ismir, openalex, semanticscholar
from tests.support.labelled import OUTCOMES, list_config, list_of
from tests.support.sources import Library, Sources, made_cases

FEW, MANY = 1_000, 10_000
LATENCY = 0.05
SCALE = 50
SOURCES = tuple(module.SOURCE for module in (arxiv, crossref, datacite, openalex, semanticscholar, ismir))
PAUSES: dict[str, float] = {source.name: source.spacing / SCALE for source in SOURCES}
LIST = Path(__file__).parent.parent


class Told(msgspec.Struct, frozen=True):
    """How many requests the sources had: all of them by source, and how many of these were searches by title."""

    requests: dict[str, int]
    searches: int

    @property
    def batched(self) -> int:
        """The requests that were no searches."""
        return sum(self.requests.values()) - self.searches

    @property
    def floor(self) -> float:
        """The seconds that they take at least, asked one at a time and with each source's pause."""
        return sum((count * max(PAUSES[name], LATENCY) for name, count in self.requests.items()), 0.0)


class Measured(msgspec.Struct, frozen=True):
    """One run: what it took, how many bytes the list has, what the sources had, how many papers of each outcome."""

    run: Run
    size: int
    told: Told
    outcomes: dict[str, int]


def measured(count: int) -> Measured:
    """Look for the published versions of so many preprints, in a process of its own."""
    with tempfile.TemporaryDirectory() as name, _served(count) as server:
        folder = Path(name)
        config = list_config()
        bib = folder / config.bibliography
        bib.write_bytes(list_of(list(made_cases(count)), config))
        file, output = folder / "bot.json", folder / "found.json"
        file.write_text(_settings(json.loads(server.stdout.readline())), "utf-8")  # type: ignore[union-attr]
        command = (sys.executable, "-m", "bot", "preprints", "--json", "--root", name, "--config", str(file))
        run = process(*command, cwd=LIST, output=output)
        told = msgspec.json.decode(server.communicate()[0], type=Told)
        outcomes = [paper["outcome"] for paper in json.loads(output.read_bytes())["papers"]]
        return Measured(run, bib.stat().st_size, told, {one: outcomes.count(one) for one in OUTCOMES})


def _settings(urls: dict[str, str]) -> str:
    """This list's configuration with other sources; JSON is YAML."""
    import yaml

    settings = yaml.safe_load((LIST / CONFIG).read_text("utf-8"))
    settings["web"] = {"allow": ["127.0.0.0/8"]}
    settings["metadata"] = {"sources": {name: {"url": url, "spacing": PAUSES[name]} for name, url in urls.items()}}
    return json.dumps(settings)


@contextmanager
def _served(count: int) -> Iterator[subprocess.Popen[bytes]]:
    """The sources of so many preprints: a process that prints their addresses, and at its end what it was asked."""
    command = (sys.executable, "-m", __spec__.name, "serve", str(count))
    with subprocess.Popen(command, cwd=LIST, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        try:
            yield server
        finally:
            server.kill()


def _serve(count: int) -> None:
    with Sources(Library.of(made_cases(count)), LATENCY) as sources:
        print(json.dumps(sources.urls), flush=True)
        sys.stdin.read()
        requests = {name: len(found) for name, found in sources.requests.items()}
        searches = sum(
            "query.title" in one.params or "query.bibliographic" in one.params for one in sources.requests["crossref"]
        )
        print(msgspec.json.encode(Told(requests, searches)).decode())


def main() -> None:
    """Measure and print the tables."""
    runs = {count: measured(count) for count in (FEW, MANY)}
    many = runs[MANY]
    rows = [
        [
            f"{count:,}",
            f"{one.size / 1e6:.1f} MB",
            seconds(one.told.floor),
            seconds(one.run.seconds),
            seconds(one.run.cpu),
            megabytes(one.run.peak),
            str(one.told.batched),
            str(one.told.searches),
        ]
        for count, one in runs.items()
    ]
    by_source = [[f"{count:,}", *(str(one.told.requests[name]) for name in PAUSES)] for count, one in runs.items()]
    by_outcome = [[f"{count:,}", *(str(one.outcomes[name]) for name in OUTCOMES)] for count, one in runs.items()]
    limits = [
        ["time: times the floor", against(many.run.seconds / many.told.floor, 1.1, least=False)],
        ["seconds of the bot's own", against(many.run.cpu, 30, least=False)],
        ["requests that are no searches", against(many.told.batched, 350, least=False)],
        ["searches by title", against(many.told.searches, 300, least=False)],
    ]
    print(f"## Preprints\n\n{machine()}\n")
    headings = ["preprints", "the list", "floor", "time", "the bot's own time", "peak memory", "requests", "searches"]
    print(
        table(headings, rows),
        table(["requests for", *(source.title for source in SOURCES)], by_source),
        table(["outcomes of", *OUTCOMES], by_outcome),
        table([f"figure, {MANY:,} preprints", "measured"], limits),
        sep="\n\n",
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        _serve(int(sys.argv[2]))
    else:
        main()
