"""The events that start workflows, with payloads in GitHub's shape.

See https://docs.github.com/en/webhooks/webhook-events-and-payloads; what the emulator knows of an object goes in whole.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tests.support.git import git
from tests.support.world import World

_NOTHING = "0" * 40


class Event(msgspec.Struct, frozen=True):
    """An event: its name, what happened, and the branch whose files are checked out for it."""

    name: str
    payload: Mapping[str, Any]
    branch: str


def issues(world: World, action: str, number: int, sender: str, *, label: str = "") -> Event:
    """Somebody did something with an issue; ``label`` is that of ``labeled`` and ``unlabeled``."""
    more = {"label": {"name": label}} if label else {}
    return _event(world, "issues", sender, {"action": action, "issue": world.issue(number), **more})


def issue_comment(world: World, action: str, number: int, comment: int, sender: str) -> Event:
    """Somebody commented on an issue or a pull request."""
    pull = next((pull for pull in world.pulls() if pull["number"] == number), None)
    issue = (
        {**pull, "pull_request": {"url": pull["url"], "html_url": pull["html_url"]}} if pull else world.issue(number)
    )
    found = world.get(f"/issues/comments/{comment}")
    return _event(world, "issue_comment", sender, {"action": action, "issue": issue, "comment": found})


def pull_request(world: World, action: str, number: int, sender: str) -> Event:
    """Somebody did something with a pull request; closing and merging are both ``closed``."""
    pull = world.get(f"/pulls/{number}")
    branch = pull["base"]["ref"] if action == "closed" else pull["head"]["ref"]
    payload = {"action": action, "number": number, "pull_request": pull}
    return _event(world, "pull_request", sender, payload, branch=branch)


def push(world: World, sender: str, *, before: str = _NOTHING, branch: str = "") -> Event:
    """Somebody pushed to a branch, the default branch unless another is named, which was at ``before``."""
    branch = branch or world.branch
    after = world.branches()[branch]
    span = [after] if before == _NOTHING else [f"{before}..{after}"]
    listed = git(world.mirror.path, "rev-list", "--reverse", *span).decode().split()
    commits = [_pushed(world, sha) for sha in listed]
    payload = {
        "ref": f"refs/heads/{branch}",
        "before": before,
        "after": after,
        "created": before == _NOTHING,
        "deleted": False,
        "forced": False,
        "pusher": {"name": sender},
        "commits": commits,
        "head_commit": commits[-1] if commits else None,
    }
    return _event(world, "push", sender, payload, branch=branch)


def schedule(world: World, cron: str) -> Event:
    """It is time; the sender is whoever wrote the schedule."""
    return _event(world, "schedule", "maintainer", {"schedule": cron})


def workflow_dispatch(world: World, sender: str, inputs: Mapping[str, str] | None = None) -> Event:
    """Somebody started a workflow by hand."""
    return _event(
        world, "workflow_dispatch", sender, {"inputs": dict(inputs or {}), "ref": f"refs/heads/{world.branch}"}
    )


def _event(world: World, name: str, sender: str, payload: Mapping[str, Any], *, branch: str = "") -> Event:
    whole = {**payload, "repository": world.get(""), "sender": world.account(sender)}
    return Event(name, whole, branch or world.branch)


def _pushed(world: World, sha: str) -> dict[str, Any]:
    message, name, email, date = (
        git(world.mirror.path, "log", "-1", "--format=%B%x00%an%x00%ae%x00%cI", sha).decode().strip().split("\0")
    )
    changed = git(world.mirror.path, "diff-tree", "--root", "--no-commit-id", "--name-status", "-r", "-z", "-m", sha)
    parts = changed.decode().removesuffix("\0").split("\0")
    kinds = list(zip(parts[::2], parts[1::2], strict=False))
    return {
        "id": sha,
        "message": message.strip(),
        "timestamp": date,
        "author": {"name": name, "email": email},
        "added": [path for kind, path in kinds if kind == "A"],
        "modified": [path for kind, path in kinds if kind not in "AD"],
        "removed": [path for kind, path in kinds if kind == "D"],
    }
