"""Times and peak memory of processes, run in turn, and the table that says how they compare."""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec


class Run(msgspec.Struct, frozen=True):
    """One run of a job in its own process: ``peak`` is in bytes, ``count`` is what the job says that it found.

    ``cpu`` are the seconds in which a processor worked for the process and for those that it started.
    """

    seconds: float
    peak: int
    count: int = 0
    cpu: float = 0.0


def process(*command: str, cwd: Path | None = None, output: Path | None = None) -> Run:
    """Run a whole process, from its start to its end; what it prints goes to the file ``output``, if there is one.

    The bot's modules may be kept compiled, as those of installed libraries are.

    Raises:
        subprocess.CalledProcessError: it failed; what it printed is in the exception.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    child = subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    printed = child.stdout.read() if child.stdout else b""
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.stderr.write(printed.decode(errors="replace"))
        raise subprocess.CalledProcessError(child.returncode, command, printed)
    if output:
        output.write_bytes(printed)
    return Run(seconds, _in_bytes(usage.ru_maxrss), cpu=usage.ru_utime + usage.ru_stime)


def job(function: Callable[[], int]) -> str:
    """Time ``function`` in this process; the result as text for the process that asked (see ``in_process``)."""
    start = time.perf_counter()
    count = function()
    seconds = time.perf_counter() - start
    return msgspec.json.encode(Run(seconds, _own_peak(), count)).decode()


def in_process(module: str, *arguments: str) -> Run:
    """Run ``python -m module ARGUMENTS``, which prints what ``job`` returns: its start does not count."""
    done = subprocess.run([sys.executable, "-m", module, *arguments], check=True, stdout=subprocess.PIPE)
    return msgspec.convert(json.loads(done.stdout), Run)


def in_turn(jobs: Mapping[str, Callable[[], Run]], rounds: int) -> dict[str, Run]:
    """Run all jobs one after the other, ``rounds`` times over; the median of each figure."""
    runs: dict[str, list[Run]] = {name: [] for name in jobs}
    for number in range(rounds):
        for name, run in jobs.items():
            sys.stderr.write(f"round {number + 1} of {rounds}: {name}\n")
            runs[name].append(run())
    return {
        name: Run(
            statistics.median(run.seconds for run in done),
            int(statistics.median(run.peak for run in done)),
            done[0].count,
            statistics.median(run.cpu for run in done),
        )
        for name, done in runs.items()
    }


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def against(figure: float, target: float, *, least: bool) -> str:
    """A ratio beside its target, and whether it is reached."""
    reached = figure >= target if least else figure <= target
    return f"{figure:.2f} ({'at least' if least else 'at most'} {target:g}: {'reached' if reached else 'not reached'})"


def seconds(figure: float) -> str:
    """A time with the digits that mean something."""
    return f"{figure * 1000:.0f} ms" if figure < 1 else f"{figure:.2f} s"


def megabytes(figure: int) -> str:
    """Bytes as MB (millions)."""
    return f"{figure / 1e6:.0f} MB"


def machine() -> str:
    """The machine in a line: processor, cores, system, Python."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()}, "
        f"{platform.python_implementation()} {platform.python_version()}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n")
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _own_peak() -> int:
    """The most memory that this process had; on Linux without what it inherited from the process that started it."""
    import resource  # not on Windows

    try:
        lines = Path("/proc/self/status").read_text().split("\n")
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return _in_bytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _in_bytes(maxrss: int) -> int:
    """``ru_maxrss`` is in kilobytes, on macOS in bytes."""
    return maxrss if sys.platform == "darwin" else maxrss * 1024
