"""What made a run start: the file that GitHub Actions hands to it.

The bot takes from it where to look and who acted; what an issue says it reads anew, since that may have changed.
"""

import msgspec

from bot.problems import UsageError

_NO_EVENT = "the file that GITHUB_EVENT_PATH names holds no event: expected a JSON object"


class Event(msgspec.Struct, frozen=True):
    """An event, as far as the bot needs it; a text is empty where the event does not tell.

    ``sender`` is the login of who acted, ``sender_type`` is ``User``, ``Bot`` or ``Organization``. ``number`` is that
    of the issue or pull request, ``head_branch`` the pull request's branch where it is one of this repository.
    """

    action: str
    sender: str
    sender_type: str
    default_branch: str
    number: int | None
    is_pull_request: bool
    head_branch: str


def read_event(data: bytes) -> Event:
    """Read an event, whatever its kind.

    The names are those of https://docs.github.com/en/webhooks/webhook-events-and-payloads.

    Raises:
        UsageError: the data is no JSON object.
    """
    try:
        event = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UsageError(_NO_EVENT) from None
    if not isinstance(event, dict):
        raise UsageError(_NO_EVENT)
    pull = _at(event, "pull_request")
    number = _at(event, "issue", "number") if pull is None else _at(pull, "number")
    repository = _text(event, "repository", "full_name")
    own = bool(repository) and _text(pull, "head", "repo", "full_name") == repository
    return Event(
        action=_text(event, "action"),
        sender=_text(event, "sender", "login"),
        sender_type=_text(event, "sender", "type"),
        default_branch=_text(event, "repository", "default_branch"),
        number=number if isinstance(number, int) and not isinstance(number, bool) else None,
        is_pull_request=pull is not None or _at(event, "issue", "pull_request") is not None,
        head_branch=_text(pull, "head", "ref") if own else "",
    )


def _text(value: object, *names: str) -> str:
    found = _at(value, *names)
    return found if isinstance(found, str) else ""


def _at(value: object, *names: str) -> object:
    """The value at a path of names; ``None`` where one of them is missing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
