"""The command line in this process, as a workflow's job runs it: in the environment that GitHub Actions makes."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from tests.support import events
from tests.support.world import World


class Ended:
    """A run that is over: its exit status, its log, its errors, and the summary of the workflow's run."""

    def __init__(self, status: int, out: str, err: str, summary: str) -> None:
        self.status = status
        self.out = out
        self.err = err
        self.summary = summary
        assert "Traceback" not in out + err


class Command:
    """A workflow's job without its workflow: the environment that GitHub Actions makes, and the command line."""

    def __init__(
        self, world: World, folder: Path, environment: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]
    ) -> None:
        self.world = world
        self.clone = world.clone(folder / "clone")
        self._event = folder / "event.json"
        self._summary = folder / "summary.md"
        self._environment = environment
        self._capture = capture
        for name in ("BOT_APP_ID", "BOT_APP_KEY", "BOT_CONFIG", "GITHUB_SERVER_URL"):
            environment.delenv(name, raising=False)
        self.set(
            GITHUB_ACTIONS="true",
            GITHUB_API_URL=world.address,
            GITHUB_EVENT_PATH=str(self._event),
            GITHUB_REPOSITORY=world.name,
            GITHUB_STEP_SUMMARY=str(self._summary),
            GITHUB_TOKEN=world.token,
        )
        self.event(events.schedule(world, "17 4 * * *").payload)

    def set(self, **environment: str) -> None:
        for name, value in environment.items():
            self._environment.setenv(name, value)

    def unset(self, *names: str) -> None:
        for name in names:
            self._environment.delenv(name, raising=False)

    def event(self, payload: Any) -> None:
        """What the run is told to have happened; a text goes into the file as it is."""
        self._event.write_text(payload if isinstance(payload, str) else json.dumps(payload))

    def run(self, *arguments: str) -> Ended:
        self._summary.write_text("")
        self._capture.readouterr()
        status = main(["--root", str(self.clone), *arguments])
        out, err = self._capture.readouterr()
        return Ended(status, out, err, self._summary.read_text())
