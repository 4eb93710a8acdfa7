"""Workflow files, run by `act` as GitHub's runner would run them: on this machine, without containers.

Where it differs: `actions/checkout` copies the clone that it is started in, `.git` with its `origin` too, but not what
`.gitignore` names; permissions, concurrency groups and the filters of events count for nothing.

What a workflow installs with pip comes from the wheels that `make test` has fetched, so that it needs no network.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from tests.support.events import Event
from tests.support.world import World

_SECONDS = 300
_LABEL = "ubuntu-24.04"
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# What of this machine a job may see; the rest would make it depend on where it is run.
_KEPT = ("LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TMPDIR", "TZ")


class Run(msgspec.Struct, frozen=True):
    """A run of a workflow that has ended: 0 if all went well, and what it printed, without colours."""

    status: int
    log: str


def run_workflow(
    world: World,
    folder: Path,
    workflow: str,
    event: Event,
    *,
    python: Path,
    environment: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> Run:
    """Run a file of ``.github/workflows`` as it is on the event's branch, in a folder that no other run uses.

    ``python`` is an environment whose ``python3`` is the runner's own: with pip, and with nothing else.
    The workflow's own token is the bot's, and the API is ``world.address``.

    Raises:
        subprocess.TimeoutExpired: it takes five minutes.
    """
    clone = world.clone(folder / "clone", event.branch)
    payload = folder / "event.json"
    payload.write_text(json.dumps(event.payload))
    known = {
        "GITHUB_API_URL": world.address,
        "GITHUB_REPOSITORY": world.name,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_FIND_LINKS": str(Path(sys.prefix, "wheels")),
        "PIP_NO_INDEX": "1",
        **(environment or {}),
    }
    arguments = [
        *("--directory", str(clone), "--workflows", str(clone / ".github" / "workflows" / workflow)),
        *("--eventpath", str(payload), "--actor", event.payload["sender"]["login"]),
        *("--platform", f"{_LABEL}=-self-hosted", "--no-cache-server"),
        *(part for name, value in known.items() for part in ("--env", f"{name}={value}")),
        *(part for name, value in _secrets(world, secrets) for part in ("--secret", f"{name}={value}")),
    ]
    return _act(event.name, arguments, folder, python)


def _secrets(world: World, more: Mapping[str, str] | None) -> list[tuple[str, str]]:
    return [("GITHUB_TOKEN", world.token), *(more or {}).items()]


def _act(event: str, arguments: list[str], folder: Path, python: Path) -> Run:
    home = folder / "home"
    home.mkdir()
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    kept["PATH"] = f"{python / 'bin'}{os.pathsep}{kept['PATH']}"
    process = subprocess.Popen(
        [Path(sys.executable).parent / "act", event, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**kept, "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), "TERM": "dumb"},
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=_SECONDS)
    finally:  # also when the tests are interrupted
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    return Run(process.returncode, _COLOURS.sub("", output.decode("utf-8", "replace")).replace("\r\n", "\n"))
