"""The asking for many links beside lychee's, against the same hosts on this machine.

``python -m benchmarks.links`` measures it: without a pause, with the same politeness for both, and with very many
links; and how much of the truth table each gets right. The hosts are another process (``benchmarks.strangers``), so
that what they take is nobody's.
"""

import ipaddress
import random
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks import truth
from benchmarks.measure import Run, against, machine, megabytes, process, seconds, table
from benchmarks.strangers import Told

CONNECTIONS = 64
HOSTS = 125
LINKS, FEW_LINKS = 40, 10  # of each host: without a pause, and with one
MEDIAN = 0.2
PAUSE = 1.0
SOME, MANY, MANY_HOSTS = 10_000, 100_000, 5_000
ROUNDS = 3
BOT, OTHER = "this bot", "lychee"


class Measured(msgspec.Struct, frozen=True):
    """A run, and what the hosts had of it."""

    run: Run
    told: Told


def addresses(port: int, hosts: int, each: int, kind: str = "") -> list[str]:
    """The addresses of so many hosts, in no order."""
    names = [f"127.1.{number >> 8}.{number & 255}" for number in range(hosts)]
    urls = [f"http://{name}:{port}/papers/{number}{kind}" for name in names for number in range(each)]
    random.Random(6).shuffle(urls)
    return urls


def asked(urls: Sequence[str], pause: float) -> Run:
    """The time, processor and memory that this bot takes, its start included."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "urls.txt")
        file.write_text("\n".join(urls))
        return process(sys.executable, "-m", __spec__.name, "ask", str(file), str(pause))


def asked_by_lychee(urls: Sequence[str], pause: float) -> Run:
    """The same of lychee, with as many connections; with a pause it too has one connection for each host."""
    with tempfile.TemporaryDirectory() as folder:
        file, settings = Path(folder, "urls.md"), Path(folder, "lychee.toml")
        file.write_text("\n".join(f"- <{url}>" for url in urls))
        settings.write_text("")
        options = {
            "--config": str(settings),
            "--max-concurrency": str(CONNECTIONS),
            "--host-concurrency": "1" if pause else str(CONNECTIONS),
            "--host-request-interval": f"{pause * 1000:.0f}ms",
            "--format": "json",
        }
        return process(
            str(truth.LYCHEE), "--no-progress", *(part for pair in options.items() for part in pair), str(file)
        )


CLIENTS: Mapping[str, Callable[[Sequence[str], float], Run]] = {BOT: asked, OTHER: asked_by_lychee}


def side_by_side(each: int, pause: float) -> dict[str, Measured]:
    """Both clients by turns, each of them first as often as the other; the median of each figure."""
    runs: dict[str, list[Measured]] = {name: [] for name in CLIENTS}
    for number in range(ROUNDS):
        for name in list(CLIENTS)[:: -1 if number % 2 else 1]:
            sys.stderr.write(f"round {number + 1} of {ROUNDS}, a pause of {pause:g} s: {name}\n")
            with served(MEDIAN) as server:
                run = CLIENTS[name](addresses(port(server), HOSTS, each), pause)
                runs[name].append(Measured(run, told(server)))
    return {name: _median(done) for name, done in runs.items()}


def _median(done: Sequence[Measured]) -> Measured:
    run = Run(
        statistics.median(one.run.seconds for one in done),
        int(statistics.median(one.run.peak for one in done)),
        cpu=statistics.median(one.run.cpu for one in done),
    )
    most = max(done, key=lambda one: one.told.together).told.together
    least = min(one.told.gap for one in done)
    return Measured(run, msgspec.structs.replace(done[0].told, together=most, gap=least))


def of_many(count: int) -> Measured:
    """So many links, of hosts that answer at once with a PDF, which costs least: memory is what is asked about."""
    sys.stderr.write(f"{count:,} links\n")
    with served(0.0) as server:
        run = asked(addresses(port(server), MANY_HOSTS, count // MANY_HOSTS, ".pdf"), 0.0)
        return Measured(run, told(server))


@contextmanager
def served(median: float) -> Iterator["subprocess.Popen[bytes]"]:
    """The hosts, in a process of their own."""
    command = (sys.executable, "-m", "benchmarks.strangers", str(median))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        try:
            yield server
        finally:
            server.kill()


def port(server: "subprocess.Popen[bytes]") -> int:
    """The port at which they answer; it is told once."""
    assert server.stdout
    return int(server.stdout.readline())


def told(server: "subprocess.Popen[bytes]") -> Told:
    """What they were asked; it ends them."""
    return msgspec.json.decode(server.communicate()[0], type=Told)


def _ask(file: Path, pause: float) -> None:
    """Ask for the addresses in a file, and count what was seen."""
    from bot.links.asking import ask
    from bot.links.link import Link
    from bot.links.look import Looker
    from bot.links.turns import Turns, polite
    from bot.web.session import Limits, Web

    links = [Link(url, ()) for url in file.read_text().split()]
    loopback = ipaddress.ip_network("127.0.0.0/8")
    turns = Turns(pause)
    with Web("Mozilla/5.0 (compatible; bench/1)", allow=(loopback,), limits=Limits(total=20, repeats=0)) as web:
        look = Looker(polite(web.open, turns)).look
        seen = Counter(
            one.observation.kind if one.observation else one.left
            for one in ask(links, look, turns, connections=CONNECTIONS)
        )
    print(dict(seen))
    if list(seen) != ["ok"]:
        raise SystemExit("Not all was seen to be ok.")


def _rows(runs: Mapping[str, Measured], pause: float) -> list[list[str]]:
    return [
        [
            name,
            f"{pause:g} s" if pause else "none",
            seconds(one.run.seconds),
            seconds(one.run.cpu),
            megabytes(one.run.peak),
            f"{one.told.requests:,}",
            str(one.told.together),
            seconds(one.told.gap),
        ]
        for name, one in runs.items()
    ]


def main() -> None:
    """Measure and print the tables."""
    free, polite = side_by_side(LINKS, 0.0), side_by_side(FEW_LINKS, PAUSE)
    some, many = of_many(SOME), of_many(MANY)
    columns = ["client", "pause", "time", "processor", "peak memory", "requests"]
    hosts = ["most at once at a host", "least from one to the next"]
    limits = [
        ["time without a pause, times lychee's", against(_ratio(free), 1.1, least=False)],
        ["time with the same politeness, times lychee's", against(_ratio(polite), 1, least=False)],
        [f"MB for {MANY:,} links", against(many.run.peak / 1e6, 120, least=False)],
        [
            f"memory for {MANY:,} links, times that for {SOME:,}",
            against(many.run.peak / some.run.peak, 1.5, least=False),
        ],
    ]
    sizes = [
        [f"{one.told.addresses:,}", seconds(one.run.seconds), seconds(one.run.cpu), megabytes(one.run.peak)]
        for one in (some, many)
    ]
    print(f"## Links\n\n{machine()}\n")
    print(
        table([*columns, *hosts], _rows(free, 0.0) + _rows(polite, PAUSE)),
        table(["links", "time", "processor", "peak memory"], sizes),
        table(["figure", "measured"], limits),
        table(["observation", "cases", f"right: {BOT}", f"right: {OTHER}"], truth.rows()),
        sep="\n\n",
    )


def _ratio(runs: Mapping[str, Measured]) -> float:
    return runs[BOT].run.seconds / runs[OTHER].run.seconds


if __name__ == "__main__":
    if sys.argv[1:2] == ["ask"]:
        _ask(Path(sys.argv[2]), float(sys.argv[3]))
    else:
        main()
