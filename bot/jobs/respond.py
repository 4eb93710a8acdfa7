"""Answer an issue: bring its branch, pull request, verdict, labels and its one comment to what should be.

Each run looks at how things are now and does only the difference, so it may be repeated, overtaken or cut off
anywhere. The comment comes last: what its hidden line remembers has happened before.
"""

from collections.abc import Iterator, Sequence

import msgspec

from bot.escape import clipped
from bot.github.errors import GitHubError, MovedError, PullsNotAllowedError
from bot.github.model import Issue, Pull, issue_of, proposal_branch
from bot.jobs import answer
from bot.jobs.closing import close
from bot.jobs.decision import Decision, PullText, decide
from bot.jobs.landing import judge, land
from bot.jobs.link_report import is_report
from bot.jobs.memory import Memory, own_comments, write_comment
from bot.jobs.offers import Offer, keys_before, later_rivals, offer_of, offers, rival, with_offer, write_body
from bot.jobs.offers import keys as keys_of
from bot.jobs.situation import Desk, Situation, observe, with_sources
from bot.jobs.verdict import Verdict

# So often a run starts over because somebody else was faster.
_TRIES = 5
_KEEPS_MOVING = "the proposal of issue #{number} changes faster than it can be read; a later run takes it up"


def respond(number: int, desk: Desk, *, talk: int | None = None, recent: Sequence[Issue] = ()) -> Iterator[str]:
    """Answer the issue, and others that this one leaves waiting. Yields the log, a sentence about each.

    ``talk`` is a pull request whose comments may hold commands too; ``recent`` are issues that were read just now.

    Raises:
        GitHubError: GitHub did not do all that was asked; the next run takes it up from there.
    """
    waiting, done = [number], set[int]()
    while waiting:
        now = waiting.pop(0)
        done.add(now)
        read = next((issue for issue in recent if issue.number == now), None) if now == number else None
        summary, rivals = _respond_once(now, desk, talk if now == number else None, read)
        yield f"#{now}: {summary}"
        waiting += [other for other in rivals if other not in done and other not in waiting]


def issue_number(number: int, desk: Desk) -> tuple[int | None, int | None]:
    """The issue that a number from an event means, and the pull request if it is the number of one.

    The issue is ``None`` for a pull request that is none of the bot's proposals.
    """
    event = desk.event
    if not event.is_pull_request or event.number != number:
        return number, None
    if event.head_branch:
        return issue_of(event.head_branch), number
    pull = desk.repository.pull(number)
    return issue_of(pull.head.ref) if desk.repository.is_home_of(pull) else None, number


class _Met(msgspec.Struct, frozen=True):
    """Proposals that were opened at the same time: whether to decide anew for them, and which later ones have to."""

    again: bool = False
    later: tuple[int, ...] = ()


def _respond_once(number: int, desk: Desk, talk: int | None, read: Issue | None) -> tuple[str, tuple[int, ...]]:
    """What was decided, and the issues that have to be looked at after it."""
    fresh = False
    for attempt in range(_TRIES):
        issue = read if read and attempt == 0 else desk.repository.issue(number)
        if issue.pull_request is not None:
            return "a pull request and no issue, so left alone", ()
        if is_report(issue) and desk.repository.is_own(issue.author.login):
            return "the report on links, which the weekly run reads", ()
        situation = with_sources(observe(issue, desk, talk=talk), desk)
        decision = decide(situation, desk.checkout, desk.now.year, fresh=fresh)
        try:
            met = _bring_about(decision, situation, desk)
        except MovedError:
            continue
        if not met.again:
            return decision.summary, (*decision.rivals, *met.later)
        fresh = True
    raise GitHubError(_KEEPS_MOVING.format(number=number))


def _bring_about(decision: Decision, situation: Situation, desk: Desk) -> _Met:
    """Write what is not there yet."""
    repository, issue = desk.repository, situation.issue
    name = proposal_branch(issue.number)
    head = situation.branch.head if situation.branch else ""
    lead, met = decision.lead, _Met()
    pull = situation.open_pull
    if decision.commit:
        head = land(decision.commit, name, desk, exists=bool(head))
    if decision.pull:
        try:
            pull, met = _pull(decision.pull, pull, head, situation, desk)
        except PullsNotAllowedError:
            lead = answer.NOT_ALLOWED.format(compare=answer.compare_address(situation.home.config, name))
        if met.again:
            return met
    memory = decision.memory
    if decision.verdict and head:
        memory = _judge(decision.verdict, head, memory, desk, new=decision.commit is not None)
    _label(decision, issue, desk)
    if decision.issue_closes and issue.state == "open":
        repository.close_issue(issue.number)
    text = "\n\n".join(part for part in (lead.format(pull=f"#{pull.number}") if pull else lead, decision.text) if part)
    _comment(text, decision, memory, situation, desk)
    # From here on all is said. An open pull request or a branch that should not be there, or a pull request that names
    # another commit, is what tells a later run that this one did not get so far.
    for other in situation.pulls:
        if other.is_open and decision.closing:
            close(other, decision.closing, repository)
        elif other.is_open and pull and other.number != pull.number:
            close(other, answer.SECOND.format(pull=pull.number), repository)
    if decision.pull and pull:
        _settle(decision.pull, pull, head, desk)
    # GitHub deletes a branch wherever it is, so look right before whether somebody has just committed to it.
    if (
        decision.branch_goes
        and situation.branch
        and desk.checkout.fetch(desk.branch).get(name) == situation.branch.head
    ):
        repository.delete_branch(name)
    return met


def _pull(wanted: PullText, pull: Pull | None, head: str, situation: Situation, desk: Desk) -> tuple[Pull, _Met]:
    """The pull request, opened where there is none; where it adds other papers now, it says so at once."""
    if pull is None:
        body = write_body(wanted.title, wanted.text, msgspec.structs.replace(wanted.offer, head=head))
        name = proposal_branch(situation.issue.number)
        pull = desk.repository.open_pull(name, desk.branch, wanted.title, body)
        return pull, _meet(wanted.offer, pull, situation, desk)
    before = offer_of(pull)
    if before is not None and before.papers == wanted.offer.papers:
        return pull, _Met()
    pull = _settle(wanted, pull, before.head if before else "", desk)
    return pull, _meet(wanted.offer, pull, situation, desk)


def _settle(wanted: PullText, pull: Pull, head: str, desk: Desk) -> Pull:
    """The pull request with title and text as they should be; ``head`` is the commit for which all of it is done."""
    offer = msgspec.structs.replace(wanted.offer, head=head)
    title, body = with_offer(pull, wanted.title, wanted.text, offer)
    if title != pull.title or not _same_text(pull.body, body):
        desk.repository.edit_pull(pull.number, title=title, body=body)
    return msgspec.structs.replace(pull, title=title, body=body)


def _meet(offer: Offer, pull: Pull, situation: Situation, desk: Desk) -> _Met:
    """Look once more at what others propose, now that they can see this proposal."""
    others = [other for other in offers(desk.repository.open_pulls(desk.branch)) if other.issue != offer.issue]
    earlier = [other for other in others if other.issue < offer.issue]
    own, limit = keys_of([offer]), situation.home.config.proposals.per_author
    is_new = situation.open_pull is None
    crowded = sum(other.author == offer.author for other in earlier) >= limit and not situation.author_may_write
    again = (
        rival(offer.issue, offer.papers, earlier) is not None
        or bool(own & keys_before(pull.number, others, situation.home.listed_keys))
        or (is_new and crowded)
    )
    # Whoever opens a pull request after this one has seen it, but not what has just been changed in it.
    unaware = [] if is_new else [other.issue for other in others if other.pull > pull.number and own & keys_of([other])]
    return _Met(again, (*later_rivals(offer, others), *unaware))


def _judge(verdict: Verdict, head: str, memory: Memory, desk: Desk, *, new: bool) -> Memory:
    """Put the verdict on the commit, unless it stands there already, and not on a ``new`` one; the memory of it."""
    digest = f"{head[:12]} {verdict.check.external_id}"
    if memory.verdict == digest:
        return memory
    judge(head, verdict, desk, new=new)
    return msgspec.structs.replace(memory, verdict=digest)


def _label(decision: Decision, issue: Issue, desk: Desk) -> None:
    if missing := sorted(name for name in decision.labels if name.lower() not in issue.labelled):
        desk.repository.add_labels(issue.number, missing)
    for label in issue.labels:
        if label.name.lower() in decision.no_labels - decision.labels:
            desk.repository.remove_label(issue.number, label.name)


def _comment(text: str, decision: Decision, memory: Memory, situation: Situation, desk: Desk) -> None:
    """Say it in the one comment, if it says something new; a second one, of two runs that met, goes."""
    repository, number, own = desk.repository, situation.issue.number, situation.own
    if text:
        orders = answer.orders_text(memory, decision.key_refused)
        body = clipped(write_comment("\n\n".join(part for part in (text, orders) if part), memory))
        if not own:
            # Another run may have been as quick, or have commented since the issue was read: the first comment stays.
            login = repository.add_comment(number, body).author.login
            own = tuple(own_comments(repository.comments(number), login))
        if own and not _same_text(own[0].body, body):
            repository.edit_comment(own[0].id, body)
    for surplus in own[1:]:
        repository.delete_comment(surplus.id)


def _same_text(standing: str | None, wanted: str) -> bool:
    """Whether the text stands there already; line ends, and blanks around it, may be GitHub's."""
    return (standing or "").replace("\r\n", "\n").strip() == wanted.strip()
