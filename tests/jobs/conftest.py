"""The bot at work on a list in the emulator."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.desk import Bot, birds
from tests.support.world import World

MakeBot = Callable[..., Bot]


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """The list about birds."""
    return make_world(birds())


@pytest.fixture
def make_bot(world: World, tmp_path: Path) -> MakeBot:
    """Makes a run's clone, as often as a test wants."""
    made: list[Bot] = []

    def make(**settings: Any) -> Bot:
        made.append(Bot(world, tmp_path / f"clone-{len(made)}", **settings))
        return made[-1]

    return make


@pytest.fixture
def bot(make_bot: MakeBot) -> Bot:
    """One such clone."""
    return make_bot()
