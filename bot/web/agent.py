"""How the bot names itself to whom it asks: who it is, for which list, and where to complain."""

import re

from bot.config import Config

VERSION = "1.0.0"

_TOKEN = re.compile(r"[^A-Za-z0-9.-]+")


def agent(config: Config) -> str:
    """The ``User-Agent`` (RFC 9110, section 10.1.5), with the list's address and, where one is set, a mail address.

    Crossref asks for ``mailto:`` in it (https://www.crossref.org/documentation/retrieve-metadata/rest-api/).
    """
    about = [_page(config)]
    if config.metadata.mailto:
        about.append(f"mailto:{config.metadata.mailto}")
    return _printable(f"{_name(config)} ({'; '.join(about)})")


def browser_agent(config: Config) -> str:
    """The same as pages made for browsers take it, in the form that crawlers have: they refuse other ones unread."""
    return _printable(f"Mozilla/5.0 (compatible; {_name(config)}; {_page(config)})")


def _name(config: Config) -> str:
    return f"{_TOKEN.sub('-', config.name).strip('-') or 'list'}-bot/{VERSION}"


def _page(config: Config) -> str:
    return f"+https://github.com/{config.repository}"


def _printable(text: str) -> str:
    return "".join(char for char in text if 32 <= ord(char) < 127)
