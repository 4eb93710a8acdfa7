"""Everything that a run reads about one issue before it decides: as it is now, not as the event says it was."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from bot.config import Config
from bot.github.commands import read_commands
from bot.github.errors import GitHubError
from bot.github.event import Event
from bot.github.model import Comment, Issue, Pull, may_write, proposal_branch
from bot.jobs.branch import Branch
from bot.jobs.closing import closed_by_person
from bot.jobs.home import Home, read_home
from bot.jobs.inquiry import Ask, inquire
from bot.jobs.memory import Memory, Order, looks_own, own_comments, read_memory
from bot.jobs.offers import Offer, offers
from bot.jobs.propose import Issue as Filed
from bot.jobs.propose import questions_about
from bot.metadata.question import Question
from bot.metadata.work import Work

if TYPE_CHECKING:
    from bot.github.checkout import Checkout
    from bot.github.repository import Repository


DECLINED = "declined"
NEEDS_INFO = "needs-info"

_UNRELATED = "the branch {name} has nothing in common with {branch}; delete it, and it is made anew"
# As much of a command as is repeated in the answer.
_SAID = 80


class Desk(msgspec.Struct, frozen=True):
    """What a run works with: the edges, the default branch's name, the time, and the event that started it.

    ``ask`` asks the scholarly sources, with ``lookup`` also about papers of which a form says enough.
    """

    repository: "Repository"
    checkout: "Checkout"
    branch: str
    now: datetime
    event: Event
    config: Config | None = None
    ask: Ask | None = None
    lookup: bool = False

    def home(self, sha: str) -> Home:
        """The list at a commit of the default branch."""
        return read_home(self.checkout, sha, self.repository.name, self.branch, self.config)


class Situation(msgspec.Struct, frozen=True):
    """One issue and what the bot has made of it so far.

    ``own`` are the bot's comments, the oldest first (one, unless two runs met), ``pulls`` the pull requests of the
    issue's branch, the newest first, ``others`` the open proposals of other issues. ``memory`` holds the commands
    given since, ``works`` what the sources say of the papers. ``declined`` tells whether a person has closed the newest
    pull request and nobody with write permission asked for another; ``author_may_write`` is asked only for those who
    have many proposals open.
    """

    issue: Issue
    home: Home
    own: tuple[Comment, ...]
    memory: Memory
    pulls: tuple[Pull, ...]
    others: tuple[Offer, ...]
    branch: Branch | None
    declined: bool
    author_may_write: bool
    works: Mapping[Question, Work] = {}

    @property
    def filed(self) -> Filed:
        """The issue as the main job reads it."""
        return Filed(self.issue.body or "", self.issue.title, self.issue.number, self.issue.created_at[:10])

    @property
    def open_pull(self) -> Pull | None:
        """The open pull request of the issue; the oldest, should there be more."""
        return next((pull for pull in reversed(self.pulls) if pull.is_open), None)

    @property
    def pull(self) -> Pull | None:
        """The pull request of the issue: an open one, or else the newest."""
        return self.open_pull or next(iter(self.pulls), None)


def observe(issue: Issue, desk: Desk, *, talk: int | None = None) -> Situation:
    """Read what there is about an issue; ``talk`` is a pull request whose comments may hold commands too."""
    repository, number = desk.repository, issue.number
    name = proposal_branch(number)
    comments = repository.comments(number) if issue.comments else []
    own = own_comments(comments, repository.login()) if any(looks_own(comment) for comment in comments) else []
    opened = repository.open_pulls(desk.branch)
    branches = desk.checkout.fetch(desk.branch)
    pulls = [pull for pull in reversed(opened) if pull.head.ref == name]
    if not pulls and (issue.comments or name in branches):
        pulls = repository.pulls_of(name)
    # A person may open one from the same branch into another branch than the default one: it is theirs.
    pulls = [pull for pull in pulls if pull.base is None or pull.base.ref == desk.branch]
    home = desk.home(branches[desk.branch])
    if name in branches and desk.checkout.merge_base(home.sha, branches[name]) is None:
        raise GitHubError(_UNRELATED.format(name=name, branch=desk.branch))
    memory = read_memory(own[0]) if own else Memory()
    talked = [*comments, *(repository.comments(talk) if talk else [])]
    given = new_orders(talked, memory, desk)
    memory, declined = _declined(issue, pulls, memory.with_orders(given), given, desk)
    if _asked_again(given):
        again = tuple(msgspec.structs.replace(one, again=True) for one in memory.known)
        memory = msgspec.structs.replace(memory, known=again)
    others = tuple(offer for offer in offers(opened) if offer.issue != number)
    author = issue.author.login
    many = sum(offer.author == author for offer in others) >= home.config.proposals.per_author
    return Situation(
        issue=issue,
        home=home,
        own=tuple(own),
        memory=memory,
        pulls=tuple(pulls),
        others=others,
        branch=read_branch(desk.checkout, home, branches[name]) if name in branches else None,
        declined=declined,
        author_may_write=many and may_write(issue.author_association) and repository.has_write_permission(author),
    )


def with_sources(situation: Situation, desk: Desk) -> Situation:
    """The situation with what the scholarly sources say of the papers, as far as anything is to be proposed."""
    issue, pull, home = situation.issue, situation.pull, situation.home
    if issue.state != "open" or issue.author.type == "Bot" or situation.declined or (pull and pull.merged_at):
        return situation
    asked = questions_about(situation.filed, home.bibliography, home.forms, home.config, everything=desk.lookup)
    answered = inquire(asked, situation.memory, desk.ask)
    return msgspec.structs.replace(situation, works=answered.works, memory=answered.memory)


def read_branch(checkout: "Checkout", home: Home, head: str) -> Branch | None:
    """A proposal's branch; ``None`` where it has nothing in common with the default branch."""
    base = checkout.merge_base(home.sha, head)
    if base is None:
        return None
    commits = checkout.commits(head, since=home.sha)
    wanted = {base, head, *(sha for commit in commits for sha in (commit.sha, *commit.parents))}
    texts = {sha: checkout.read(sha, home.config.bibliography) or b"" for sha in wanted}
    return Branch(head, base, tuple(commits), texts)


def new_orders(comments: list[Comment], memory: Memory, desk: Desk) -> list[Order]:
    """The commands in the comments that no earlier run has read; who gave them is asked once a person."""
    found: list[Order] = []
    known: dict[str, bool] = {}
    for comment in comments:
        author = comment.author
        if looks_own(comment) or author.type == "Bot":
            continue
        for command in read_commands(comment.body or ""):
            if command.name == "unknown" or len(command.argument) > _SAID:
                order = Order(comment.id, author.login, "unknown", command.text[:_SAID])
            else:
                order = Order(comment.id, author.login, command.name, command.argument)
            if memory.knows(order):
                continue
            if author.login not in known:
                known[author.login] = may_write(comment.author_association) and desk.repository.has_write_permission(
                    author.login
                )
            if not known[author.login] and comment.id <= memory.forgotten:
                continue
            found.append(msgspec.structs.replace(order, obeyed=known[author.login]))
    return found


def _declined(issue: Issue, pulls: list[Pull], memory: Memory, given: list[Order], desk: Desk) -> tuple[Memory, bool]:
    """Whether the newest pull request was turned down by a person, and that still stands."""
    if any(pull.is_open for pull in pulls):
        return msgspec.structs.replace(memory, declined=0, reopened=0, withdrawn=0), False
    if not pulls or any(pull.merged_at for pull in pulls):
        return memory, False
    number = pulls[0].number
    if memory.reopened == number:
        return memory, False
    if memory.declined != number:
        if memory.withdrawn == number or not closed_by_person(number, desk.repository, desk.event):
            return msgspec.structs.replace(memory, withdrawn=number), False
        return msgspec.structs.replace(memory, declined=number), True
    # Only people with a role in the repository, triage at least, can take the label off.
    if DECLINED not in issue.labelled or _reopened_by_maintainer(issue, desk) or _asked_again(given):
        return msgspec.structs.replace(memory, reopened=number), False
    return memory, True


def _reopened_by_maintainer(issue: Issue, desk: Desk) -> bool:
    event = desk.event
    reopened = event.action == "reopened" and event.number == issue.number and not event.is_pull_request
    return reopened and desk.repository.has_write_permission(event.sender)


def _asked_again(given: list[Order]) -> bool:
    return any(order.name == "retry" and order.obeyed for order in given)
