"""The pull requests that make a listed preprint the published paper: one a paper, a few at once."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import msgspec

from bot.bibliography.blocks import Bibliography, LocatedEntry
from bot.bibliography.edits import apply
from bot.bibliography.identifiers import doi_address
from bot.bibliography.latex import to_text
from bot.bibliography.paper import is_preprint, read_paper
from bot.escape import branch_part, clipped, link_destination, markdown, one_line, without_backlinks
from bot.github.errors import GitHubError, LimitedError, PullsNotAllowedError, ReadOnlyError
from bot.github.model import UPGRADE_BRANCH, Pull
from bot.jobs.branch import entry_texts
from bot.jobs.change import change_on
from bot.jobs.closing import close, closed_by_person
from bot.jobs.home import Home
from bot.jobs.landing import bring, judge, judged
from bot.jobs.offers import Offer, offer_of, offers, visible_text, with_offer, write_body
from bot.jobs.preprints import Paper
from bot.jobs.proposal import identity
from bot.jobs.situation import Desk, read_branch
from bot.pages.rows import heading, row
from bot.preprints.judgement import Outcome
from bot.wording import counted

if TYPE_CHECKING:
    from bot.github.checkout import Checkout

T = TypeVar("T")

_TITLE = "[Update][{key}] Published: {venue}"
_INTRO = "The preprint **{key}**, “{title}”, has been published."
_LOOK = "**Look at this first:**"
_CHANGES = "What changes:"
_WHY = "Why this is the same work:"
_ROW = "As readers will see it:"
_PAGE = "The published version: {link}"
_HOW = (
    "The citation key, the title, the authors and the list's own fields stay as they are. Merge this, or close it and "
    "it is not proposed again. Commits to this branch are kept."
)

_GONE = "{key} is no longer listed as a preprint, so this has no use any more."
_SAID_OPEN = "{key}: proposed in #{number}"
_SAID_UPDATED = "{key}: #{number} brought up to date"
_SAID_CLOSED = "{key}: #{number} closed, since it is no longer listed as a preprint"
_SAID_DECLINED = "{key}: decided in #{number}, so not proposed again"
_SAID_HELD = "{key}: #{number} changes this entry already, so nothing more is proposed"
_SAID_WAITS = "{key}: waits for its turn, since {count} are open already"
_SAID_TIDIED = "{branch}: deleted, since its pull request has ended"
_SAID_BRANCH = "{key}: the branch {branch} is ready, but workflows may not open pull requests here"
_BROKEN = "the entry {key} cannot be changed without breaking it"
_NOT_ALL = "not all could be done: {what}"


def upgrade_branch(key: str) -> str:
    """The branch for the published version of an entry."""
    part = branch_part(key)
    # Two keys must not come to one branch: one of the papers would never have its turn.
    told = "" if part == key else f"-{hashlib.sha256(key.encode(errors='replace')).hexdigest()[:8]}"
    return f"{UPGRADE_BRANCH}{part}{told}"


def propose_upgrades(papers: Sequence[Paper], desk: Desk) -> Iterator[str]:
    """Bring the open pull requests up to date and open new ones, as many as the list takes at once. Yields the log.

    Raises:
        GitHubError: GitHub did not do all that was asked; the next run goes on from there.
    """
    branches = desk.checkout.fetch(desk.branch)
    home = desk.home(branches[desk.branch])
    found = [paper for paper in papers if paper.outcome in (Outcome.PROPOSE, Outcome.WARN)]
    by_branch: dict[str, Paper] = {}
    for paper in sorted(found, key=lambda one: one.outcome is Outcome.WARN):
        by_branch.setdefault(upgrade_branch(paper.key), paper)
    pulls = desk.repository.open_pulls(desk.branch)
    opened = {pull.head.ref: pull for pull in upgrades(pulls)}
    failed: list[str] = []
    count = 0
    for name, pull in opened.items():
        line = _carefully(partial(_keep, pull, by_branch.get(name), home, branches, desk), name, failed) or ""
        count += _listed_preprint(pull, home) is not None
        yield from filter(None, [line])
    held = {key.lower(): offer for offer in offers(pulls) for key in offer.listed}
    for name, paper in by_branch.items():
        if name in opened:
            continue
        if other := held.get(paper.key.lower()):
            yield _SAID_HELD.format(key=paper.key, number=other.pull)
        elif count >= home.config.preprints.open:
            yield _SAID_WAITS.format(key=paper.key, count=counted(count, "published version"))
        else:
            made = _carefully(partial(_open, paper, home, branches, desk), name, failed)
            count += made is not None and made.is_open
            yield from filter(None, [made and made.line])
    yield from tidy(opened, branches, home, desk)
    if failed:
        raise GitHubError(_NOT_ALL.format(what="; ".join(failed)))


def keep_upgrades(pulls: Sequence[Pull], branches: Mapping[str, str], home: Home, desk: Desk) -> Iterator[str]:
    """Bring the open pull requests up to date with the default branch, without asking anybody about the papers."""
    for pull in upgrades(pulls):
        if _is_behind(pull, branches, home, desk.checkout):
            yield from filter(None, [_keep(pull, None, home, branches, desk)])


def tidy(opened: Collection[str], branches: Mapping[str, str], home: Home, desk: Desk) -> Iterator[str]:
    """Delete the branches of pull requests that have ended, as long as nobody else has committed to them."""
    for name, head in branches.items():
        if not name.startswith(UPGRADE_BRANCH) or name in opened:
            continue
        branch = read_branch(desk.checkout, home, head)
        pulls = desk.repository.pulls_of(name)  # into whatever branch: none may lose its commits
        if pulls and not any(pull.is_open for pull in pulls) and branch and branch.by_bot_alone:
            desk.repository.delete_branch(name)
            yield _SAID_TIDIED.format(branch=name)


def upgrades(pulls: Sequence[Pull]) -> list[Pull]:
    """The open pull requests of published versions among the given ones, the oldest first."""
    found = [pull for pull in pulls if pull.is_open and pull.head.ref.startswith(UPGRADE_BRANCH)]
    return sorted(found, key=lambda pull: pull.number)


class _Opened(msgspec.Struct, frozen=True):
    """What was said about a paper that could be proposed, and whether it takes one of the places for open ones."""

    line: str
    is_open: bool = False


def _carefully(step: Callable[[], T], name: str, failed: list[str]) -> T | None:
    """Do one step; what fails for one paper does not keep the others from their turn."""
    try:
        return step()
    except (LimitedError, ReadOnlyError):
        raise
    except GitHubError as error:
        failed.append(f"{name}: {error}")
        return None


def _open(paper: Paper, home: Home, branches: Mapping[str, str], desk: Desk) -> _Opened:
    """Propose a paper, unless somebody decided about just that before."""
    located = _listed(paper.key, home)
    if located is None or not is_preprint(located.entry):
        return _Opened("")
    repository, name = desk.repository, upgrade_branch(paper.key)
    after = _after(paper, located, home)
    offer = Offer(0, listed=(paper.key,), papers=(identity(after.entry),))
    ended = [pull for pull in repository.pulls_of(name, desk.branch) if not pull.is_open]
    if declined := next((pull for pull in ended if _is_turned_down(pull, offer, desk)), None):
        return _Opened(_SAID_DECLINED.format(key=paper.key, number=declined.number))
    wished = {paper.key: after.text}
    branch = read_branch(desk.checkout, home, branches[name]) if name in branches else None
    title, text = _title(paper), _text(paper, after, home)
    change = change_on(branch, wished, title, home, desk.checkout)
    head = bring(change, branch, name, desk)
    judge(head, judged(change.data, home, desk.now.year, change.conflicts), desk)
    try:
        pull = repository.open_pull(
            name, desk.branch, title, write_body(title, text, msgspec.structs.replace(offer, head=head))
        )
    except PullsNotAllowedError:
        return _Opened(_SAID_BRANCH.format(key=paper.key, branch=name), is_open=True)
    return _Opened(_SAID_OPEN.format(key=paper.key, number=pull.number), is_open=True)


def _keep(pull: Pull, paper: Paper | None, home: Home, branches: Mapping[str, str], desk: Desk) -> str:
    """Bring an open pull request to what it should be; a sentence, where there was something to do."""
    name, key = pull.head.ref, _key_of(pull, home)
    head = branches.get(name)
    located = _listed_preprint(pull, home)
    branch = read_branch(desk.checkout, home, head) if head else None
    if located is None:
        close(pull, _GONE.format(key=markdown(key)), desk.repository)
        if branch and branch.by_bot_alone:
            desk.repository.delete_branch(name)
        return _SAID_CLOSED.format(key=key, number=pull.number)
    if branch is None:
        return ""
    said = offer_of(pull) or Offer(0, listed=(key,))
    if paper is not None and paper.key.lower() == key.lower():
        after = _after(paper, located, home)
        wished: dict[str, str | None] = {located.key: after.text}
        title, text = _title(paper), _text(paper, after, home)
        said = msgspec.structs.replace(said, listed=(located.key,), papers=(identity(after.entry),))
    else:
        wished = {located.key: entry_texts(Bibliography.parse(branch.data)).get(located.key.lower())}
        title, text = pull.title, visible_text(pull)
    change = change_on(branch, wished, title, home, desk.checkout)
    made = bring(change, branch, name, desk)
    # A conflict may be settled on either branch: until then each run looks at it.
    done = "" if change.conflicts else made
    if not done or done != said.head:
        judge(made, judged(change.data, home, desk.now.year, change.conflicts), desk)
    title, body = with_offer(pull, title, text, msgspec.structs.replace(said, head=done))
    if (title, body.strip()) == (pull.title, (pull.body or "").replace("\r\n", "\n").strip()):
        return ""
    desk.repository.edit_pull(pull.number, title=title, body=body)
    return _SAID_UPDATED.format(key=key, number=pull.number)


def _is_behind(pull: Pull, branches: Mapping[str, str], home: Home, checkout: "Checkout") -> bool:
    head, said = branches.get(pull.head.ref), offer_of(pull)
    if head is None:
        return False
    if said is None or said.head != head or _listed_preprint(pull, home) is None:
        return True
    return checkout.merge_base(home.sha, head) != home.sha and not checkout.merges_cleanly(home.sha, head)


def _is_turned_down(pull: Pull, offer: Offer, desk: Desk) -> bool:
    """Whether people have decided about this very version: they closed the pull request, or undid what they merged."""
    said = offer_of(pull)
    before = _dois(said) if said else set()
    if before and _dois(offer) and not before & _dois(offer):
        return False
    return bool(pull.merged_at) or closed_by_person(pull.number, desk.repository, desk.event)


def _dois(offer: Offer) -> set[str]:
    return {one for paper in offer.papers for one in paper.identifiers if one.startswith("doi:")}


def _key_of(pull: Pull, home: Home) -> str:
    """The entry's key, as the hidden line has it, or else the branch."""
    said, name = offer_of(pull), pull.head.ref
    if said and said.listed:
        return said.listed[0]
    keys = (key for key in home.bibliography.keys if key and upgrade_branch(key) == name)
    return next(keys, name.removeprefix(UPGRADE_BRANCH))


def _listed(key: str, home: Home) -> LocatedEntry | None:
    return next((one for one in home.bibliography.entries if one.key.lower() == key.lower()), None)


def _listed_preprint(pull: Pull, home: Home) -> LocatedEntry | None:
    located = _listed(_key_of(pull, home), home)
    return located if located and is_preprint(located.entry) else None


def _after(paper: Paper, located: LocatedEntry, home: Home) -> LocatedEntry:
    """The entry as it will stand.

    Raises:
        GitHubError: it would be none any more.
    """
    edits = msgspec.structs.replace(paper, located=located).edits(home.bibliography, home.config)
    after = Bibliography.parse(apply(home.bibliography.data, edits))
    changed = next((one for one in after.entries if one.key == located.key), None)
    if changed is None:
        raise GitHubError(_BROKEN.format(key=paper.key))
    return changed


def _title(paper: Paper) -> str:
    values = [to_text(paper.values.get(name, "")) for name in ("journal", "booktitle", "publisher")]
    venue = next(filter(None, values), paper.venue)
    year = f" {paper.year}" if paper.year else ""
    return one_line(_TITLE.format(key=paper.key, venue=f"{venue}{year}"))


def _text(paper: Paper, after: LocatedEntry, home: Home) -> str:
    """The pull request's text: what to look at, each field with its source, why it is the same work, the new row."""
    config = home.config
    parts = [_INTRO.format(key=markdown(paper.key), title=markdown(to_text(after.entry.get("title"))))]
    if paper.warnings:
        parts += [_LOOK, "\n".join(f"- {markdown(warning)}" for warning in paper.warnings)]
    rows = [(change.field, change.old, change.new, change.source) for change in paper.changes]
    lines = ["| field | now | then | source |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(map(markdown, cells))} |" for cells in rows]
    parts += [_CHANGES, "\n".join(lines)]
    if paper.reasons:
        parts += [_WHY, "\n".join(f"- {markdown(reason)}" for reason in paper.reasons)]
    parts += map(markdown, paper.hints)
    if paper.doi:
        address = link_destination(doi_address(paper.doi))
        parts.append(_PAGE.format(link=f"[{markdown(paper.doi)}]({address})"))
    parts += [_ROW, f"{heading(config)}\n{row(read_paper(after.entry, config), config)}"]
    return clipped(without_backlinks("\n\n".join([*parts, _HOW])))
