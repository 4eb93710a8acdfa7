"""After a push: the pages, and then every open proposal that the push left behind. On a schedule also what was lost.

Proposals are read by one fetch of their branches, not by a question each; only one that needs something is answered.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.forms.body import Submission, read_body
from bot.github.errors import GitHubError, LimitedError, MissingError, ReadOnlyError
from bot.github.model import Issue, Pull, issue_of, proposal_branch
from bot.jobs.home import Home
from bot.jobs.link_repairs import keep_repairs
from bot.jobs.offers import Offer, colliding, offers
from bot.jobs.proposal import Identity, identity, same_paper
from bot.jobs.publish import look, publish
from bot.jobs.respond import respond
from bot.jobs.situation import DECLINED, Desk
from bot.jobs.upgrades import keep_upgrades, tidy, upgrades
from bot.problems import UsageError
from bot.wording import counted

if TYPE_CHECKING:
    from bot.github.checkout import Checkout

SCHEDULED = ("refresh.yml", "preprints.yml", "links.yml")
"""The workflows with a schedule: they are kept from being switched off."""

_UNANSWERED_AFTER = timedelta(minutes=10)
_UNANSWERED_AT_ONCE = 3
_LATER = "so few requests are left this hour that the rest waits; GitHub takes more {when}, and the next run goes on"
_FAILED = "not all could be done: {what}"


def refresh(desk: Desk, *, catch_up: bool = False) -> Iterator[str]:
    """Bring pages and proposals up to date; with ``catch_up`` also answer what has no answer. Yields the log.

    Raises:
        GitHubError: GitHub did not do all that was asked; what could be done is done.
    """
    source, failed = look(desk), list[str]()
    try:
        yield publish(source, desk)
    except (LimitedError, ReadOnlyError):
        raise
    except (GitHubError, UsageError) as error:  # which is no reason to leave the proposals behind
        failed.append(str(error))
    pulls, home = desk.repository.open_pulls(desk.branch), source.home
    opened = offers(pulls)
    waiting = [*behind(opened, source.branches, home, desk.checkout), *colliding(opened), *left(pulls, source.branches)]
    waiting = list(dict.fromkeys(waiting))
    yield from _carefully(keep_upgrades(pulls, source.branches, home, desk), failed)
    yield from _carefully(keep_repairs(pulls, source.branches, home, desk), failed)
    yield f"{counted(len(opened), 'open proposal')}, {len(waiting)} to be brought up to date"
    if catch_up:
        issues = desk.repository.open_issues(everything=True)
        unasked = [offer.issue for offer in opened if offer.unasked]
        waiting = list(dict.fromkeys([*lost(issues, pulls, home), *waiting, *unasked]))
        yield from _stay_switched_on(desk)
        opened_upgrades = {pull.head.ref for pull in upgrades(pulls)}
        yield from _carefully(tidy(opened_upgrades, source.branches, home, desk), failed)
    yield from _respond_to(waiting, desk, failed)


def take_up_unanswered(recent: Iterable[Issue], desk: Desk, besides: int) -> Iterator[str]:
    """Answer a few of the ``recent`` forms that nobody answered: their own runs were lost. Yields the log."""
    old = [
        issue
        for issue in recent
        if issue.number != besides
        and not issue.comments
        and issue.author.type != "Bot"
        and desk.now - datetime.fromisoformat(issue.created_at) > _UNANSWERED_AFTER
    ]
    if not old:
        return
    home = desk.home(desk.checkout.fetch(desk.branch)[desk.branch])
    forms = [issue.number for issue in reversed(old) if is_filed_form(issue, home)]
    yield from _respond_to(forms[:_UNANSWERED_AT_ONCE], desk)


def behind(opened: Iterable[Offer], branches: Mapping[str, str], home: Home, checkout: "Checkout") -> list[int]:
    """The issues whose proposals no longer merge cleanly, or hold a paper or a key that is listed by now.

    So do those on whose branches is a commit that was not answered: a run was cut off, or a person made it.
    """
    found = []
    news = _News(home, checkout)
    for offer in opened:
        head = branches.get(proposal_branch(offer.issue))
        if head is None:
            continue
        if head != offer.head:
            found.append(offer.issue)
            continue
        base = checkout.merge_base(home.sha, head)
        if base == home.sha:
            continue
        if base is None or news.hold(offer, base) or not checkout.merges_cleanly(home.sha, head):
            found.append(offer.issue)
    return found


def left(pulls: Iterable[Pull], branches: Iterable[str]) -> list[int]:
    """The issues with a branch but without an open pull request: one ended, and that was not noted yet."""
    opened = {pull.head.ref for pull in pulls}
    numbers = (issue_of(branch) for branch in branches if branch not in opened)
    return sorted(number for number in numbers if number is not None)


def lost(issues: Iterable[Issue], pulls: Iterable[Pull], home: Home) -> list[int]:
    """The issues that may have missed an answer.

    First closed ones with an open pull request, for which others may wait; then filed forms that nobody answered, and
    those without a pull request.
    """
    opened = {number for pull in pulls if (number := issue_of(pull.head.ref)) is not None}
    listed = {issue.number: issue for issue in issues}
    forms = [
        issue
        for issue in listed.values()
        if is_filed_form(issue, home)
        and (not issue.comments or (issue.number not in opened and DECLINED not in issue.labelled))
    ]
    forms.sort(key=lambda issue: (issue.comments > 0, issue.number))
    return [*sorted(opened - listed.keys()), *(issue.number for issue in forms)]


def is_filed_form(issue: Issue, home: Home) -> bool:
    """Whether a person filed one of the list's forms with this issue, or it has the label of one."""
    if issue.author.type == "Bot":
        return False
    labelled = issue.labelled & home.form_labels
    body = read_body(issue.body or "", (home.forms.add, home.forms.correct))
    return bool(labelled) or isinstance(body, Submission)


class _News:
    """The papers that came to the default branch since a commit, worked out once a commit from git's difference."""

    def __init__(self, home: Home, checkout: "Checkout") -> None:
        self._home = home
        self._checkout = checkout
        self._since: dict[str, list[Identity]] = {}

    def hold(self, offer: Offer, base: str) -> bool:
        """Whether one of them is, or has the key of, a paper that the proposal adds."""
        if base not in self._since:
            self._since[base] = list(self._papers(base))
        return any(
            same_paper(paper, mine) or paper.key.lower() == mine.key.lower()
            for paper in self._since[base]
            for mine in offer.papers
        )

    def _papers(self, base: str) -> Iterator[Identity]:
        bibliography = self._home.bibliography
        changed = self._checkout.changed_lines(base, self._home.sha, self._home.config.bibliography)
        entries, starts = bibliography.entries, bibliography.line_starts
        for first, last in changed:
            begin, end = starts[first - 1], starts[last] if last < len(starts) else len(bibliography.data)
            at = bisect_right(entries, begin, key=lambda entry: entry.block.end)
            while at < len(entries) and entries[at].block.start < end:
                yield identity(entries[at].entry)
                at += 1


def _respond_to(numbers: Iterable[int], desk: Desk, failed: Iterable[str] = ()) -> Iterator[str]:
    """Answer each issue; what fails for one, or has ``failed`` before, does not keep the others from their answer."""
    failed = list(failed)
    for number in numbers:
        if desk.repository.near_the_limit():
            yield _LATER.format(when=desk.repository.limit_ends())
            break
        try:
            yield from respond(number, desk)
        except (LimitedError, ReadOnlyError):
            raise
        except MissingError as error:  # an issue that is gone for good leaves nothing to do
            yield f"#{number}: {error}"
        except GitHubError as error:
            failed.append(f"#{number}: {error}")
    if failed:
        raise GitHubError(_FAILED.format(what="; ".join(failed)))


def _carefully(log: Iterator[str], failed: list[str]) -> Iterator[str]:
    """The log of something; what fails in it does not keep the forms from their answers."""
    try:
        yield from log
    except (LimitedError, ReadOnlyError):
        raise
    except GitHubError as error:
        failed.append(str(error))


def _stay_switched_on(desk: Desk) -> Iterator[str]:
    """GitHub switches schedules off after 60 days without activity; switching on what is on counts as some."""
    for workflow in SCHEDULED:
        try:
            desk.repository.enable_workflow(workflow)
        except (LimitedError, ReadOnlyError):
            raise
        except MissingError:  # a list may do without one of them
            continue
        except GitHubError as error:
            yield f"the schedule of {workflow} could not be renewed: {error}"
