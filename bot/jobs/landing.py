"""How what was decided comes to stand on GitHub: a commit on a branch, and the verdict on that commit."""

from collections.abc import Sequence

import msgspec

from bot.bibliography.blocks import Bibliography
from bot.jobs.branch import Branch
from bot.jobs.change import Change, NewCommit, conflict
from bot.jobs.home import Home
from bot.jobs.situation import Desk
from bot.jobs.validate import new_since, validate
from bot.jobs.verdict import OWN, Verdict, verdict


def make(commit: NewCommit, desk: Desk) -> str:
    """Make a commit that no branch points to yet; its SHA."""
    tree = desk.checkout.tree(commit.like)
    executable = desk.checkout.executable(commit.like, commit.files)
    return desk.repository.commit(commit.message, commit.parents, tree, commit.files, executable)


def land(commit: NewCommit, name: str, desk: Desk, *, exists: bool) -> str:
    """Make a commit and put it on a branch, which ``exists`` or is made; its SHA.

    Raises:
        MovedError: the branch is somewhere else by now.
    """
    sha = make(commit, desk)
    (desk.repository.move_branch if exists else desk.repository.create_branch)(name, sha)
    return sha


def bring(change: Change, branch: Branch | None, name: str, desk: Desk) -> str:
    """Put a change on its branch, as far as it needs a commit; the branch's head after that."""
    if change.commit is None:
        return branch.head if branch else ""
    return land(change.commit, name, desk, exists=branch is not None)


def judged(data: bytes, home: Home, year: int, conflicts: Sequence[str] = ()) -> Verdict:
    """The verdict on a branch's bibliography: its conflicts, and what is wrong there but not on the default branch."""
    found = list(map(conflict, conflicts))
    if data != home.bibliography.data:
        config, path = home.config, home.config.bibliography
        known = validate(home.bibliography, config, year, path)
        found += new_since(validate(Bibliography.parse(data), config, year, path), known)
    return verdict(found, data, home.config)


def judge(head: str, verdict: Verdict, desk: Desk, *, new: bool = False) -> None:
    """Put the verdict on a commit, unless it stands there already; a ``new`` commit has none yet."""
    check = verdict.check
    # A workflow's own job of the same name stands there too where a person pushed; that one is not the bot's to change.
    found = [] if new else desk.repository.checks(head, check.name)
    standing = [other for other in found if (other.external_id or "").startswith(OWN)]
    if not standing:
        desk.repository.add_check(head, check, verdict.annotations)
    elif standing[0].external_id != check.external_id:
        desk.repository.edit_check(msgspec.structs.replace(check, id=standing[0].id), verdict.annotations)
