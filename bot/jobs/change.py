"""What a proposal's branch gets, and what the proposal is with what people committed there."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from bot.bibliography.blocks import Bibliography
from bot.bibliography.merging import changed_entries, with_entries
from bot.escape import co_author, commit_message
from bot.github.model import Blob, Issue
from bot.jobs.branch import TREE, Branch, merge_files, update
from bot.jobs.home import Home
from bot.jobs.proposal import Identity, Proposal, identity, proposed
from bot.jobs.propose import with_accepted
from bot.jobs.situation import Situation
from bot.jobs.validate import new_since, validate
from bot.problems import Problem, Severity

if TYPE_CHECKING:
    from bot.github.checkout import Checkout


class NewCommit(msgspec.Struct, frozen=True):
    """A commit to be made: ``files`` differ from those of the commit ``like``. ``message`` is made of its tree."""

    message: Callable[[str], str]
    parents: tuple[str, ...]
    like: str
    files: Mapping[str, bytes | Blob | None]


class Change(msgspec.Struct, frozen=True):
    """What the branch gets: the bibliography as it will be there, and the commit, where one is needed."""

    data: bytes
    commit: NewCommit | None
    people: frozenset[str] = frozenset()
    by_bot_alone: bool = True
    overruled: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


def change_of(situation: Situation, proposal: Proposal, checkout: "Checkout") -> Change:
    """What it takes to put the proposal on its branch: nothing, a commit on top, or a merge with the default branch."""
    home, branch, issue = situation.home, situation.branch, situation.issue
    message = _with_credit(proposal.title, issue)
    if branch is None:
        return Change(
            proposal.data, NewCommit(message, (home.sha,), home.sha, {home.config.bibliography: proposal.data})
        )
    wished = changed_entries(home.bibliography, Bibliography.parse(proposal.data))
    merge_message = _with_credit(MERGE.format(branch=home.config.branch), issue)
    return change_of_branch(branch, wished, (message, merge_message), home, checkout)


def change_of_branch(
    branch: Branch,
    wished: Mapping[str, str | None],
    messages: tuple[Callable[[str], str], Callable[[str], str]],
    home: Home,
    checkout: "Checkout",
) -> Change:
    """What a branch gets so that the ``wished`` entries stand on it, and it merges.

    ``messages`` are those of a commit with the entries, and of one that merges the default branch.
    """
    path = home.config.bibliography
    message, merge_message = messages
    wanted = update(branch, wished)
    people = branch.of_people()
    files = {path: wanted.data} if wanted.data != branch.data else {}
    if branch.base == home.sha or checkout.merges_cleanly(
        home.sha, checkout.draft([branch.head], files) if files else branch.head
    ):
        commit = NewCommit(message, (branch.head,), branch.head, files) if files else None
        return Change(wanted.data, commit, people, branch.by_bot_alone, wanted.overruled)
    merged = merge_files(
        path,
        (branch.texts[branch.base], wanted.data, home.bibliography.data),
        (checkout.files(branch.base), checkout.files(branch.head), checkout.files(home.sha)),
    )
    if merged.conflicts:
        commit = NewCommit(message, (branch.head,), branch.head, files) if files else None
        return Change(wanted.data, commit, people, branch.by_bot_alone, wanted.overruled, merged.conflicts)
    commit = NewCommit(merge_message, (branch.head, home.sha), home.sha, merged.files)
    return Change(merged.data, commit, people, branch.by_bot_alone, wanted.overruled)


def change_on(
    branch: Branch | None, wished: Mapping[str, str | None], title: str, home: Home, checkout: "Checkout"
) -> Change:
    """The same for a branch that need not exist yet; a commit on it has this ``title``, and credits nobody."""

    def message(subject: str) -> Callable[[str], str]:
        return lambda tree: commit_message(subject, (), [(TREE, tree)])

    if branch is None:
        path = home.config.bibliography
        data = with_entries(home.bibliography, wished)
        return Change(data, NewCommit(message(title), (home.sha,), home.sha, {path: data}))
    messages = message(title), message(MERGE.format(branch=home.config.branch))
    return change_of_branch(branch, wished, messages, home, checkout)


MERGE = "Bring the proposal up to date with {branch}"
"""The subject of a commit that merges the default branch."""


def as_on_the_branch(
    proposal: Proposal, change: Change, home: Home, this_year: int, accepted: frozenset[str]
) -> Proposal:
    """The proposal with the entries as people left them on the branch, and with what is wrong there.

    An error of an ``accepted`` rule stops nothing there either.
    """
    conflicts = [conflict(place) for place in change.conflicts]
    if change.by_bot_alone:
        return msgspec.structs.replace(proposal, problems=(*conflicts, *proposal.problems))
    after, path = Bibliography.parse(change.data), home.config.bibliography
    standing = {located.key.lower(): located for located in after.entries}
    known = validate(home.bibliography, home.config, this_year, path)
    found = [_MISSING] if not change.data.strip() and home.bibliography.data.strip() else []
    told = {(problem.rule, problem.key) for problem in proposal.problems}
    found += [
        problem
        for problem in new_since(validate(after, home.config, this_year, path), known)
        if problem.key is None or problem.key.lower() in change.people or (problem.rule, problem.key) not in told
    ]
    found = with_accepted(found, accepted)
    others = (problem for problem in proposal.problems if (problem.key or "").lower() not in change.people)
    entries = []
    for one in proposal.entries:
        theirs = standing.get(one.entry.key.lower())
        if theirs and one.entry.key in change.overruled:
            entries.append(proposed(theirs.entry, home.config, one.changes))
        elif theirs:
            entries.append(one)
    return msgspec.structs.replace(proposal, entries=tuple(entries), problems=(*conflicts, *found, *others))


def papers_on_the_branch(change: Change, home: Home, papers: tuple[Identity, ...]) -> tuple[Identity, ...]:
    """The papers that the branch adds, as people left them."""
    if not change.people:
        return papers
    after = Bibliography.parse(change.data)
    listed = {entry.key.lower() for entry in home.bibliography.entries}
    added = [entry for entry in after.entries if entry.key.lower() not in listed]
    order = {paper.key.lower(): place for place, paper in enumerate(papers)}
    wanted = [entry for entry in added if entry.key.lower() in change.people | order.keys()]
    return tuple(identity(one.entry) for one in sorted(wanted, key=lambda one: order.get(one.key.lower(), len(order))))


_MISSING = Problem(
    severity=Severity.ERROR,
    rule="branch-conflict",
    message="the branch has no bibliography any more",
    fix="the file as it was, with the proposed entry",
)


def conflict(place: str) -> Problem:
    """That both the branch and the default branch changed something, so that a person has to choose."""
    return Problem(
        severity=Severity.ERROR,
        rule="branch-conflict",
        message=f"the proposal's branch and the default branch both changed {place}",
        fix="one of the two, chosen by a person in the pull request; the bot leaves it alone until then",
    )


def _with_credit(subject: str, issue: Issue) -> Callable[[str], str]:
    """A commit's message that credits who filed the form, and says which tree the bot made."""
    author = issue.author
    credit = [("Co-authored-by", co_author(author.login, author.id))] if author.id and author.type == "User" else []
    return lambda tree: commit_message(subject, (), (*credit, (TREE, tree)))
