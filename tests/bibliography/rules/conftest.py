"""What the tests of the rules share: the list's own configuration."""

from pathlib import Path

import pytest

from bot.config import Config, load


@pytest.fixture(scope="session")
def config() -> Config:
    return load((Path(__file__).parents[3] / ".github/bot.yml").read_text(encoding="utf-8"), "bot.yml")
