"""What should be, worked out from what is: the branch, the pull request, the verdict, the labels and the comment.

Nothing is written that anybody sees. The clone is read, whose commits never change, so that the same situation always
comes to the same decision.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from bot.bibliography.blocks import Bibliography
from bot.bibliography.keys import base_of
from bot.bibliography.merging import changed_entries
from bot.bibliography.rules import can_be_accepted
from bot.forms.body import Submission, read_body
from bot.github.model import Pull
from bot.jobs import answer, offers
from bot.jobs import propose as proposing
from bot.jobs.change import NewCommit, as_on_the_branch, change_of, papers_on_the_branch
from bot.jobs.inquiry import could_not_ask
from bot.jobs.memory import Memory
from bot.jobs.offers import Offer
from bot.jobs.proposal import Proposal, Ruling, identity
from bot.jobs.situation import DECLINED, NEEDS_INFO, Situation
from bot.jobs.verdict import Verdict, verdict
from bot.problems import errors, waits

if TYPE_CHECKING:
    from bot.github.checkout import Checkout


_SAME_PAPER = frozenset({"duplicate-identifier", "duplicate-title"})


class PullText(msgspec.Struct, frozen=True):
    """What the pull request should say."""

    title: str
    text: str
    offer: Offer


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What should be. ``summary`` tells the run's log what was decided.

    ``lead`` and ``text`` are the comment; ``{pull}`` in the lead becomes the pull request. Without a lead and a text
    the bot has nothing to say here. ``key_refused`` is why the key that was chosen last is not taken, ``closing`` why
    an open pull request is closed. ``rivals`` are issues that have to be looked at afterwards.
    """

    summary: str
    memory: Memory
    commit: NewCommit | None = None
    pull: PullText | None = None
    closing: str = ""
    branch_goes: bool = False
    verdict: Verdict | None = None
    lead: str = ""
    text: str = ""
    labels: frozenset[str] = frozenset()
    no_labels: frozenset[str] = frozenset()
    issue_closes: bool = False
    key_refused: str = ""
    rivals: tuple[int, ...] = ()


def decide(situation: Situation, checkout: "Checkout", this_year: int, *, fresh: bool = False) -> Decision:
    """What should become of an issue; ``fresh`` when its pull request was opened by this very run."""
    issue, pull, memory = situation.issue, situation.pull, situation.memory
    if pull and pull.merged_at:
        return _merged(situation, pull, checkout)
    if pull and situation.declined:
        return Decision(
            summary=f"declined in #{pull.number}",
            memory=memory,
            text=answer.declined_comment(pull, DECLINED, issue),
            labels=frozenset({DECLINED}),
            no_labels=frozenset({NEEDS_INFO}),
        )
    if issue.state != "open":
        return _closed(situation)
    if issue.author.type == "Bot":
        return Decision(summary="filed by a bot, so left alone", memory=memory)
    home = situation.home
    submission = read_body(issue.body or "", (home.forms.add, home.forms.correct))
    labels = frozenset(submission.template.labels) if isinstance(submission, Submission) else frozenset()
    if not labels and not issue.labelled & home.form_labels and not situation.own:
        return Decision(summary="no form, so left alone", memory=memory)
    return _proposed(situation, labels, checkout, this_year, fresh)


def _merged(situation: Situation, pull: Pull, checkout: "Checkout") -> Decision:
    home, memory, branch = situation.home, situation.memory, situation.branch
    data = checkout.read(pull.merge_commit_sha, home.config.bibliography) if pull.merge_commit_sha else None
    # Commits that came after the merge are somebody's work: their branch stays.
    contained = branch is not None and (branch.by_bot_alone or branch.head == pull.head.sha)
    return Decision(
        summary=f"merged as #{pull.number}",
        memory=msgspec.structs.replace(memory, merged=pull.number),
        text=answer.merged_comment(
            pull, offers.offer_of(pull), data or home.bibliography.data, home.config, situation.issue
        ),
        no_labels=frozenset({NEEDS_INFO, DECLINED}),
        issue_closes=memory.merged != pull.number,
        branch_goes=contained,
    )


def _closed(situation: Situation) -> Decision:
    if not situation.own and not situation.pull:
        return Decision(summary="closed, so left alone", memory=situation.memory)
    return Decision(
        summary="closed, so withdrawn",
        memory=_withdrawn(situation),
        closing=answer.WITHDRAWN.format(issue=situation.issue.number),
        branch_goes=situation.branch is not None and situation.branch.by_bot_alone,
        text=answer.closed_comment(),
    )


def _proposed(
    situation: Situation, labels: frozenset[str], checkout: "Checkout", this_year: int, fresh: bool
) -> Decision:
    issue, home, memory = situation.issue, situation.home, situation.memory
    config, number, is_open = home.config, issue.number, situation.open_pull is not None
    kept = _kept(situation)
    ruling = _ruling(situation, kept)
    proposal = _propose(situation, this_year, ruling)
    refused = next((problem.message for problem in proposal.problems if problem.rule == "key-chosen"), "")
    if refused:  # a maintainer's slip, which is told to them and does not hold up the contributor
        ruling = msgspec.structs.replace(ruling, key="")
        proposal = _propose(situation, this_year, ruling)
    was_key = _was_key(situation.open_pull, kept, proposal)
    new = [one.entry.key for one in proposal.entries if one.changes is None]
    papers = tuple(identity(one.entry) for one in proposal.entries if one.changes is None)
    if not proposal.ok:
        branch = situation.branch
        nothing_to_do = waits(proposal.problems)
        return Decision(
            summary=", ".join(sorted({problem.rule for problem in errors(proposal.problems)})),
            memory=memory,
            pull=_waiting(situation) if nothing_to_do else None,
            verdict=verdict(proposal.problems, branch.data, config) if is_open and branch else None,
            lead=answer.STAYS if is_open else "",
            key_refused=refused,
            text=answer.proposal_comment(proposal, config, issue),
            labels=labels if nothing_to_do else labels | {NEEDS_INFO},
            no_labels=frozenset({DECLINED, NEEDS_INFO} if nothing_to_do else {DECLINED}),
        )
    waiting = Decision(
        summary="waits",
        memory=_withdrawn(situation),
        branch_goes=situation.branch is not None and situation.branch.by_bot_alone,
        labels=labels,
        no_labels=frozenset({DECLINED, NEEDS_INFO}),
    )
    other_paper = ruling.accepted & _SAME_PAPER  # a maintainer says so
    if not other_paper and (earlier := offers.rival(number, papers, situation.others)):
        return msgspec.structs.replace(
            waiting,
            summary=f"the same paper as #{earlier.issue}",
            closing=answer.SAME_PAPER.format(issue=earlier.issue),
            text=answer.rival_comment(earlier, issue),
        )
    if count := _too_many(situation, is_open=is_open, fresh=fresh):
        return msgspec.structs.replace(
            waiting,
            summary=f"{count} proposals of {issue.author.login} are open",
            closing=answer.TOO_MANY.format(issue=number),
            text=answer.many_comment(count, issue),
        )
    change = change_of(situation, proposal, checkout)
    proposal = as_on_the_branch(proposal, change, home, this_year, ruling.accepted)
    offer = Offer(
        number,
        issue.author.login,
        offers.fitting(papers_on_the_branch(change, home, papers)),
        tuple(one.entry.key for one in proposal.entries if one.changes is not None)
        + ((proposal.removed.key,) if proposal.removed else ()),
        was_key=was_key,
        unasked=could_not_ask(situation.works),
    )
    return Decision(
        summary=f"{', '.join(new) or 'a correction'} proposed",
        memory=memory,
        commit=change.commit,
        pull=PullText(proposal.title, answer.pull_text(proposal, config, issue), offer),
        verdict=verdict(proposal.problems, change.data, config),
        lead=answer.PROPOSED,
        text=answer.proposal_comment(proposal, config, issue, was_key=was_key, overruled=change.overruled)
        if proposal.ok
        else answer.branch_comment(proposal, config, overruled=change.overruled),
        labels=labels,
        no_labels=frozenset({DECLINED, NEEDS_INFO}),
        key_refused=refused,
        rivals=() if other_paper else offers.later_rivals(offer, situation.others),
    )


def _propose(situation: Situation, this_year: int, ruling: Ruling) -> Proposal:
    home = situation.home
    return proposing.propose(
        situation.filed, home.bibliography, home.forms, home.config, this_year, ruling, situation.works
    )


def _waiting(situation: Situation) -> PullText | None:
    """What the open pull request says already, and that a source has to be asked again."""
    pull = situation.open_pull
    if pull is None:
        return None
    said = offers.offer_of(pull) or Offer(situation.issue.number)
    return PullText(pull.title, offers.visible_text(pull), msgspec.structs.replace(said, unasked=True))


def _withdrawn(situation: Situation) -> Memory:
    """The memory with the pull request that the bot closes."""
    pull = situation.open_pull
    return msgspec.structs.replace(situation.memory, withdrawn=pull.number) if pull else situation.memory


def _kept(situation: Situation) -> tuple[str, ...]:
    """The citation keys that the proposal's new entries have so far, in the order in which they were filed."""
    pull, branch = situation.open_pull, situation.branch
    if pull and (offer := offers.offer_of(pull)):
        return tuple(paper.key for paper in offer.papers)
    if branch is None:
        return ()
    before, after = Bibliography.parse(branch.texts[branch.base]), Bibliography.parse(branch.data)
    listed = {entry.key.lower() for entry in before.entries}
    return tuple(key for key in changed_entries(before, after) if key.lower() not in listed)


def _ruling(situation: Situation, kept: tuple[str, ...]) -> Ruling:
    """What people decided, and the keys that others hold.

    A proposal that is open keeps its keys, unless an earlier pull request or the list has one of them; then it takes
    new ones that nobody holds.
    """
    pull, listed = situation.open_pull, situation.home.listed_keys
    earlier = offers.keys_before(pull.number, situation.others, listed) if pull else frozenset()
    stays = pull is not None and not any(key.lower() in earlier | listed for key in kept)
    obeyed = [order for order in situation.memory.orders if order.obeyed]
    chosen = [order.argument for order in obeyed if order.name == "key"]
    accepted = (order.argument for order in obeyed if order.name == "accept")
    return Ruling(
        accepted=frozenset(rule for rule in accepted if can_be_accepted(rule)),
        key=chosen[-1] if chosen else "",
        taken=earlier if stays else earlier | offers.keys(situation.others),
        kept=kept,
    )


def _was_key(pull: Pull | None, kept: Sequence[str], proposal: Proposal) -> str:
    """The key that the one paper had before, where it had to give it up; empty where it did not, or a person chose."""
    new = [one.entry.key for one in proposal.entries if one.changes is None]
    if len(kept) == len(new) == 1 and kept[0] != new[0] and base_of(kept[0]) == base_of(new[0]):
        return kept[0]
    said = offers.offer_of(pull) if pull else None
    return said.was_key if said and [paper.key for paper in said.papers] == new else ""


def _too_many(situation: Situation, *, is_open: bool, fresh: bool) -> int:
    """How many proposals the author has open, where that is too many for one more; else 0."""
    issue, limit = situation.issue, situation.home.config.proposals.per_author
    theirs = [other for other in situation.others if other.author == issue.author.login]
    ahead = [other for other in theirs if other.issue < issue.number] if is_open else theirs
    crowded = len(ahead) >= limit and (not is_open or fresh) and not situation.author_may_write
    return len(theirs) if crowded else 0
