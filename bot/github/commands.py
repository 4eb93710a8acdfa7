"""What people ask of the bot in a comment: lines such as ``/bot accept title-case``."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Literal

import msgspec

from bot.lines import prose_lines

Name = Literal["accept", "key", "retry"]

COMMANDS: Mapping[Name, str] = {"accept": "RULE", "key": "NEWKEY", "retry": ""}
"""Each command with what stands for its one argument; empty where it takes none."""

_LIMIT = 20


class Command(msgspec.Struct, frozen=True):
    """A line that asks for something; ``text`` is that line.

    ``unknown`` is what names none of the commands, or has not as many words as that one takes: whoever answers can
    say what is possible.
    """

    name: Name | Literal["unknown"]
    argument: str
    text: str


def read_commands(body: str) -> list[Command]:
    """The commands in a comment, the first twenty of them.

    Each is a line of its own that starts with ``/bot``, in any case. Lines in code, quotes and HTML comments are none:
    they show what somebody else may have written.
    """
    return list(islice(_commands(body), _LIMIT))


def _commands(body: str) -> Iterator[Command]:
    for line in prose_lines(body):
        words = line.text.split()
        if words and words[0].lower() == "/bot" and line.text.startswith("/"):
            yield _command(words[1:], line.text.rstrip())


def _command(words: list[str], text: str) -> Command:
    for name, argument in COMMANDS.items():
        if words and words[0].lower() == name and len(words) == (2 if argument else 1):
            return Command(name, words[-1] if argument else "", text)
    return Command("unknown", "", text)
