"""Hidden lines in which the bot keeps what it has to remember, in comments and in bodies of pull requests.

Anybody can write such a line or copy one. What it says counts only where the bot's own account has written the text,
which the caller has to check.
"""

import json
import re
from typing import TypeVar

import msgspec

from bot.lines import prose_lines

T = TypeVar("T", bound=msgspec.Struct)

_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"')
# All but what is certain to act nowhere, and what JSON's own escapes need. A body becomes the message of a commit when
# a pull request is squashed, and GitHub reads the comments in that too.
_MAY_ACT = re.compile(r"""[^A-Za-z0-9 _.,/"\\]""")


def write_marker(name: str, value: msgspec.Struct) -> str:
    """One line, an HTML comment, that holds the value as JSON; ``read_marker`` with the same name reads it back.

    Nothing in the value can end the comment, or mention, refer to or close anything.
    """
    text = json.dumps(msgspec.to_builtins(value), separators=(",", ":"))
    return f"<!-- bot:{name} {_STRING.sub(_harmless, text)} -->"


def _harmless(string: re.Match[str]) -> str:
    return _MAY_ACT.sub(_escape, string[0])


def _escape(char: re.Match[str]) -> str:
    return f"\\u{ord(char[0]):04x}"


def read_marker(text: str, name: str, type_: type[T]) -> T | None:
    """The value of the first line that is a marker of this name, alone on its line and outside of code.

    ``None`` where there is no such line, and where it does not hold a value of this type.
    """
    start, end = f"<!-- bot:{name} ", " -->"
    for line in prose_lines(text):
        found = line.text.rstrip(" \t")
        if found.startswith(start) and found.endswith(end):
            try:
                return msgspec.convert(json.loads(found[len(start) : -len(end)]), type_)
            except (ValueError, RecursionError, msgspec.ValidationError):
                return None
    return None
