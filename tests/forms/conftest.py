"""The forms and the configuration of this list."""

from pathlib import Path

import pytest

from bot import config as bot_config
from bot.config import Config
from bot.forms.template import Template, read_template

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def config() -> Config:
    return bot_config.load((ROOT / ".github/bot.yml").read_text("utf-8"), "bot.yml")


@pytest.fixture(scope="session")
def add(config: Config) -> Template:
    return read_template((ROOT / config.forms.add).read_text("utf-8"), config.forms.add)


@pytest.fixture(scope="session")
def correct(config: Config) -> Template:
    return read_template((ROOT / config.forms.correct).read_text("utf-8"), config.forms.correct)
