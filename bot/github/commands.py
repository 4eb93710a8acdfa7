"""What people ask of the bot in a comment: lines such as ``/bot accept title-case``."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Literal

import msgspec

from bot.lines import prose_lines

Name = Literal["accept", "key", "retry", "ignore"]

COMMANDS: Mapping[Name, str] = {"accept": "RULE", "key": "NEWKEY", "retry": "", "ignore": "KEY.field until DATE"}
"""Each command with what stands for its argument, empty where it takes none; a word in lower case stands for itself."""

_LIMIT = 20


class Command(msgspec.Struct, frozen=True):
    """A line that asks for something; ``text`` is that line.

    ``argument`` is the words after the name, a space between. ``unknown`` is what names none of the commands, or has
    not the words that that one takes: whoever answers can say what is possible.
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
        wanted = [name, *argument.split()]
        if len(words) == len(wanted) and all(map(_fits, words, wanted)):
            return Command(name, " ".join(words[1:]), text)
    return Command("unknown", "", text)


def _fits(word: str, wanted: str) -> bool:
    return not wanted.islower() or word.lower() == wanted
