"""The sentence with which the bot closes a pull request, and how it is known afterwards who closed one."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from bot.github.errors import MissingError
from bot.github.event import Event
from bot.github.markers import read_marker, write_marker
from bot.github.model import Comment, Pull, User

if TYPE_CHECKING:
    from bot.github.repository import Repository

_MARKER = "closing"


class _Closing(msgspec.Struct, frozen=True):
    """Marks the sentence."""

    pull: int


def close(pull: Pull, sentence: str, repository: "Repository") -> None:
    """Close a pull request with a sentence, which is there once however often this is begun."""
    if not _has_said(pull.number, repository.comments(pull.number), repository.login()):
        marker = write_marker(_MARKER, _Closing(pull.number))
        repository.add_comment(pull.number, f"{marker}\n{sentence}")
    repository.close_pull(pull.number)


def closed_by_person(number: int, repository: "Repository", event: Event) -> bool:
    """Whether a person closed the pull request: GitHub tells, or the event of it, or that the bot did not say so."""
    try:
        closer = repository.issue(number).closed_by
    except MissingError:
        closer = None
    if closer is None and event.is_pull_request and (event.action, event.number) == ("closed", number) and event.sender:
        closer = User(event.sender, type=event.sender_type or "User")
    login = repository.login()
    if closer is None:
        return not _has_said(number, repository.comments(number), login)
    return closer.type != "Bot" and closer.login != login


def _has_said(number: int, comments: Iterable[Comment], login: str) -> bool:
    return any(
        read_marker(comment.body or "", _MARKER, _Closing) == _Closing(number) and comment.author.login == login
        for comment in comments
    )
