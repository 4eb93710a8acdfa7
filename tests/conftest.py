"""What all tests share."""

import faulthandler
from collections.abc import Iterator

import pytest
from hypothesis import settings

pytest_plugins = ["tests.support.fixtures", "tests.support.site"]

# A slow machine is no failure; and the examples of a run are those of every other machine's.
settings.register_profile("here", deadline=None, derandomize=True, database=None)
settings.load_profile("here")


@pytest.fixture
def in_linear_time() -> Iterator[None]:
    """Ends the run, with a traceback, when a test takes a minute: its input is so large that a square takes many."""
    faulthandler.dump_traceback_later(60, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()
