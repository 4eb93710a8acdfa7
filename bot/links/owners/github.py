"""GitHub's GraphQL API, asked about many addresses at once (https://docs.github.com/en/graphql/reference).

It takes no questions without a token; ``github_rest`` does.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from bot.links.observation import Observation
from bot.links.owners import github_subjects
from bot.links.owners.github_rest import GITHUB_REST
from bot.links.owners.github_subjects import Sort, Thing
from bot.links.owners.owner import SAYS_LIMIT, SAYS_STATUS, LimitError, Owner, quoted
from bot.metadata.source import NonsenseError, Query
from bot.metadata.sources import shape

_NO_DATA = "the answer holds no data: {message}"
_OK = 200
_REFUSED = frozenset({401, 403, 404, 429})  # 404: a mirror that has no GraphQL
_INNER = {
    Sort.PATH: "inner: object(expression: {name}) {{__typename}} base: object(expression: {base}) {{__typename}}",
    Sort.ISSUE: "inner: issueOrPullRequest(number: {number}) {{__typename}}",
    Sort.RELEASE: "inner: release(tagName: {name}) {{__typename}}",
}
_NOT_FOUND = "NOT_FOUND"
_LIMITS = frozenset({"RATE_LIMITED", "RATE_LIMIT"})


def query(subjects: Sequence[str]) -> Query:
    """One question for all subjects, each under the name ``r`` and its number."""
    things = [github_subjects.thing(subject) for subject in subjects]
    parts = [f"r{number}: {_field(one)}" for number, one in enumerate(things) if one]
    return Query("graphql", send={"query": f"{{{' '.join(parts)}}}"})


def read(status: int, body: bytes, subjects: Sequence[str]) -> dict[str, Observation]:
    """What the answer says; an error at one subject leaves the others right.

    A path that is not found is gone where its branch is there. Else it is absent, since a branch may have a slash in
    its name, or another name now; so are an issue and a release, which may be elsewhere: only the page knows.
    """
    if status in _REFUSED:
        raise LimitError(SAYS_LIMIT.format(status=status))
    if status != _OK:
        raise NonsenseError(SAYS_STATUS.format(status=status))
    answer = shape.load(body)
    data, errors = shape.at(answer, "data"), list(shape.objects(answer, "errors"))
    at_subjects: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for error in errors:
        at_subjects[shape.text(error, "path", 0)].append(error)
    found: dict[str, Observation] = {}
    for number, subject in enumerate(subjects):
        one, name = github_subjects.thing(subject), f"r{number}"
        if one and isinstance(data, dict) and name in data:
            observation = _observation(one, data[name], at_subjects[name])
            found |= {subject: observation} if observation else {}
    if not found and any(shape.text(error, "type") in _LIMITS for error in errors):
        raise LimitError(SAYS_LIMIT.format(status=status))
    if not isinstance(data, dict):
        message = shape.text(errors[0], "message") if errors else ""
        raise NonsenseError(_NO_DATA.format(message=quoted(message) or "no reason"))
    return found


def _field(one: Thing) -> str:
    if one.sort is Sort.ACCOUNT:
        return f"repositoryOwner(login: {_string(one.owner)}) {{login}}"
    inner = _INNER.get(one.sort, "").format(
        name=_string(one.inner), base=_string(one.inner.partition(":")[0]), number=one.inner
    )
    return (
        f"repository(owner: {_string(one.owner)}, name: {_string(one.name)}, followRenames: true)"
        f" {{nameWithOwner isArchived {inner}}}"
    )


def _string(text: str) -> str:
    """A string of GraphQL, whose escapes are those of JSON (GraphQL, October 2021, section 2.9.4)."""
    return msgspec.json.encode(text).decode()


def _observation(one: Thing, node: Any, errors: list[dict[str, Any]]) -> Observation | None:
    if isinstance(node, dict):
        if one.sort is Sort.ACCOUNT:
            return github_subjects.there() if shape.text(node, "login") else None
        if one.sort is not Sort.REPOSITORY and not isinstance(node.get("inner"), dict):
            # Git has no branches `main` and `main/x` at once, so with this branch no other one was meant.
            has_branch = ":" in one.inner and isinstance(node.get("base", {}), dict)
            return github_subjects.no_such_path() if has_branch and not errors else None
        return github_subjects.known(one, shape.text(node, "nameWithOwner"), is_archived=node.get("isArchived") is True)
    if node is not None:
        return None
    # Errors deeper inside say nothing of the subject itself.
    types = {shape.text(error, "type") for error in errors if shape.at(error, "path", 1) is None}
    if any(github_subjects.says_blocked(shape.text(error, "message")) for error in errors):
        return github_subjects.blocked()
    if types == {_NOT_FOUND} or (not errors and one.sort is Sort.ACCOUNT):
        return github_subjects.gone(one)
    return None


GITHUB = Owner(
    name="github",
    title="GitHub",
    url="https://api.github.com",
    spacing=1.0,
    batch=100,
    claim=github_subjects.claim,
    query=query,
    read=read,
    headers=github_subjects.HEADERS,
    token=github_subjects.TOKEN,
    instead=GITHUB_REST,
)
