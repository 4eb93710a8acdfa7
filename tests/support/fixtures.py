"""The fixtures of the tests that stand on real components. Such a test has the marker `emulator`."""

import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.support.emulator import Emulator
from tests.support.events import Event
from tests.support.runner import Run, run_workflow
from tests.support.world import World


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "emulator: runs against GitHub's emulator; `make check` leaves it out")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "emulator" in getattr(item, "fixturenames", ()):
            item.add_marker("emulator")


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The emulator, one for all tests."""
    with closing(Emulator(tmp_path_factory.mktemp("emulator"))) as running:
        yield running


MakeWorld = Callable[..., World]
"""``make_world(files, branch="main")``: a repository with these files as its first commit."""


@pytest.fixture
def make_world(emulator: Emulator, tmp_path: Path) -> Iterator[MakeWorld]:
    """Makes repositories, as many as a test wants."""
    with ExitStack() as stack:

        def make(files: Mapping[str, bytes], branch: str = "main") -> World:
            folder = tmp_path / f"world-{emulator.next_number()}"
            return stack.enter_context(closing(World(emulator, folder, files, branch)))

        yield make


RunWorkflow = Callable[..., Run]
"""``act(world, "ci.yml", event, environment={}, secrets={})``: run a workflow of the world's event branch."""


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the Python of the tests, but without what they have installed; pip is there."""
    folder = tmp_path_factory.mktemp("python")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder


@pytest.fixture
def act(tmp_path: Path, python: Path) -> RunWorkflow:
    """Runs workflows, as many as a test wants, also several at once."""
    numbers = itertools.count(1)

    def run(world: World, workflow: str, event: Event, **more: Mapping[str, str]) -> Run:
        folder = tmp_path / f"act-{next(numbers)}"
        folder.mkdir()
        return run_workflow(world, folder, workflow, event, python=python, **more)

    return run
