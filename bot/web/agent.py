"""How the bot names itself to whom it asks: who it is, for which list, and where to complain."""

import re

from bot.config import Config

VERSION = "1.0.0"

_TOKEN = re.compile(r"[^A-Za-z0-9.-]+")


def agent(config: Config) -> str:
    """The ``User-Agent`` (RFC 9110, section 10.1.5), with the list's address and, where one is set, a mail address.

    Crossref asks for ``mailto:`` in it (https://www.crossref.org/documentation/retrieve-metadata/rest-api/).
    """
    name = _TOKEN.sub("-", config.name).strip("-") or "list"
    about = [f"+https://github.com/{config.repository}"]
    if config.metadata.mailto:
        about.append(f"mailto:{config.metadata.mailto}")
    text = f"{name}-bot/{VERSION} ({'; '.join(about)})"
    return "".join(char for char in text if 32 <= ord(char) < 127)
