"""GitHub's REST API, one address a request (https://docs.github.com/en/rest): it also answers who has no token.

Then it takes 60 requests an hour.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from bot.links.observation import Observation
from bot.links.owners import github_subjects
from bot.links.owners.github_subjects import Sort, Thing
from bot.links.owners.owner import SAYS_LIMIT, SAYS_STATUS, LimitError, Owner
from bot.metadata.source import NonsenseError, Query
from bot.metadata.sources import shape

_NO_NAME = "the answer names no repository or user"
_NO_MESSAGE = "the answer is no message"
_OK, _NOT_FOUND, _FOR_LEGAL_REASONS = 200, 404, 451
_REFUSED = frozenset({401, 403, 429})


def query(subjects: Sequence[str]) -> Query:
    """The request for one subject. That of a renamed repository is answered by a redirect to be followed."""
    one = github_subjects.thing(subjects[0])
    if one is None:
        raise ValueError(f"not claimed: {subjects[0]}")
    if one.sort is Sort.ACCOUNT:
        return Query(f"users/{one.owner}")
    path, params = f"repos/{one.owner}/{one.name}", ()
    if one.sort is Sort.PATH:
        ref, _, inside = one.inner.partition(":")
        if inside:
            return Query(f"{path}/contents/{quote(inside)}", params=(("ref", ref),))
        path += f"/commits/{quote(ref, safe='')}"
    elif one.sort is Sort.ISSUE:
        path += f"/issues/{one.inner}"  # pull requests are issues too
    elif one.sort is Sort.RELEASE:
        path += f"/releases/tags/{quote(one.inner, safe='')}"
    return Query(path, params)


def read(status: int, body: bytes, subjects: Sequence[str]) -> dict[str, Observation]:
    """What the answer says of the one subject; absent as in ``github.read``."""
    one = github_subjects.thing(subjects[0])
    if one is None:
        return {}
    answer = None if status in (401, 429) else shape.load(body)
    if status == _FOR_LEGAL_REASONS or github_subjects.says_blocked(shape.text(answer, "message")):
        observation: Observation | None = github_subjects.blocked()
    elif status in _REFUSED:
        raise LimitError(SAYS_LIMIT.format(status=status))
    elif status == _NOT_FOUND:
        if not shape.text(answer, "message"):
            raise NonsenseError(_NO_MESSAGE)
        observation = github_subjects.gone(one) if one.sort in (Sort.ACCOUNT, Sort.REPOSITORY) else None
    elif status == _OK:
        observation = _there(one, answer)
    else:
        raise NonsenseError(SAYS_STATUS.format(status=status))
    return {subjects[0]: observation} if observation else {}


def _there(one: Thing, answer: Any) -> Observation | None:
    if one.sort is Sort.ACCOUNT:
        if not shape.text(answer, "login"):
            raise NonsenseError(_NO_NAME)
        return github_subjects.there()
    if one.sort is not Sort.REPOSITORY:
        # The contents of a folder are a list; every part says where it is now.
        page = shape.text(answer, "html_url") or shape.text(answer, 0, "html_url")
        return github_subjects.known(one, github_subjects.full_name(page))
    observation = github_subjects.known(
        one, shape.text(answer, "full_name"), is_archived=shape.at(answer, "archived") is True
    )
    if observation is None:
        raise NonsenseError(_NO_NAME)
    return observation


GITHUB_REST = Owner(
    name="github",
    title="GitHub",
    url="https://api.github.com",
    spacing=1.0,
    batch=1,
    claim=github_subjects.claim,
    query=query,
    read=read,
    headers=github_subjects.HEADERS,
    token=github_subjects.TOKEN,
)
