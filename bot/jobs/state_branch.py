"""The branch of what is remembered from one run to the next: plain files, and a history of their own.

It is moved by compare and set, never forced. Several runs may write at once as long as each writes files of its own.
"""

import hashlib
import random
import time
from collections.abc import Callable, Mapping

from bot.escape import commit_message
from bot.github.errors import MovedError
from bot.github.model import STATE_BRANCH, Blob, Tree
from bot.jobs.branch import TREE
from bot.jobs.situation import Desk

FOLDER = "links"
"""Where on the branch the state of the links is."""

_TRIES = 20
# Seconds to pause before the second try at most, then half as much again each time. As many as there are shards, with
# some seconds for a try, all come through.
_PAUSE, _GROWTH, _LONGEST_PAUSE = 1.0, 1.5, 30.0
# Longer files are sent one by one: GitHub's time for one request is short.
_AT_ONCE = 100_000
_NOTHING = Tree("", {})
_TAKEN = "somebody else has written {path} on the branch {branch} meanwhile, so this run's is not written"
_KEEPS_MOVING = "the branch {branch} moves faster than it can be written; the next run takes it up"


def read(desk: Desk) -> tuple[str | None, dict[str, bytes]]:
    """The commit that the branch is at, and its files under ``links/`` by their paths; ``None`` without a branch."""
    return desk.checkout.snapshot(STATE_BRANCH, FOLDER)


def write(
    desk: Desk,
    sha: str | None,
    files: Mapping[str, bytes | None],
    message: str,
    *,
    sleep: Callable[[float], object] = time.sleep,
) -> str | None:
    """Bring files of the branch to these contents, ``None`` for one that goes, by one commit; where the branch is now.

    ``sha`` is where ``read`` found it. What others have written since then stays. Nothing is written where nothing
    differs. Who finds the branch moved tries again after a pause of random length.

    Raises:
        MovedError: others have written the same files since then, or write without a pause.
    """
    repository = desk.repository
    wanted = {path: None if data is None else _name(data) for path, data in files.items()}
    sent: dict[str, bytes | Blob | None] = {}
    for number in range(_TRIES):
        if number:
            longest = min(_PAUSE * _GROWTH ** (number - 1), _LONGEST_PAUSE)
            sleep(random.uniform(0, longest))  # noqa: S311  # no secret
        head = repository.head(STATE_BRANCH)
        now = repository.tree(head) if head else _NOTHING
        differing = [path for path, name in wanted.items() if now.files.get(path) != name]
        if not differing:
            return head
        if head and head != sha:
            before = repository.tree(sha) if sha else _NOTHING
            taken = [path for path in differing if now.files.get(path) != before.files.get(path)]
            if taken:
                raise MovedError(_TAKEN.format(path=taken[0], branch=STATE_BRANCH))
        for path in differing:
            data = files[path]
            if path not in sent:
                sent[path] = repository.add_blob(data) if data is not None and len(data) > _AT_ONCE else data
        changed = {path: sent[path] for path in differing}
        made = repository.commit(
            lambda tree: commit_message(message, (), [(TREE, tree)]), [head] if head else [], now.sha or None, changed
        )
        try:
            (repository.move_branch if head else repository.create_branch)(STATE_BRANCH, made)
        except MovedError:
            continue
        return made
    raise MovedError(_KEEPS_MOVING.format(branch=STATE_BRANCH))


def _name(data: bytes) -> str:
    """What git calls a file of this content: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
