"""Bring the generated pages up to date on the default branch: by one commit, or by one pull request if it is protected.

The commit is a fast-forward: who pushes at the same time wins, and the pages are made anew from what they pushed.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath

import msgspec

from bot.escape import commit_message
from bot.github.errors import GitHubError, MovedError, ProtectedError, PullsNotAllowedError
from bot.github.model import PAGES_BRANCH, Blob, Pull
from bot.jobs.branch import TREE, is_own, merge_paths
from bot.jobs.change import NewCommit
from bot.jobs.closing import close, closed_by_person
from bot.jobs.home import Home
from bot.jobs.landing import judge, judged, land, make
from bot.jobs.render import render
from bot.jobs.situation import Desk
from bot.pages.render import generated_folders
from bot.problems import UsageError
from bot.wording import counted

_TRIES = 5
_SUBJECT = "Bring the pages up to date"
_TEXT = (
    "The bibliography or what the pages are made of has changed, and the branch {branch} takes no direct commits.\n\n"
    "Everything here is generated. It is kept up to date as long as this is open; merge it whenever you like."
)
_NO_USE = "The pages on the default branch are up to date, so this has no use any more."
_UP_TO_DATE = "the pages are up to date"
_PROPOSED = "the branch {branch} is protected, so the pages are in #{number}"
_NOT_ALLOWED = (
    "the pages are on the branch bot/pages, but workflows may not open pull requests here; open one by hand, or let "
    "them: Settings → Actions → General → Allow GitHub Actions to create and approve pull requests"
)
_KEEPS_MOVING = "the default branch changes faster than its pages can be made; a later run makes them"
_TURNED_DOWN = (
    "the pages are out of date: #{number}, which brings them up to date, was closed by hand, and the branch {branch} "
    "is protected; reopen it, or let the bot write to the branch"
)
_IN_THE_WAY = "the branch bot/pages is left as it is, since people changed {path} there and on the default branch"
_PEOPLES = "the branch bot/pages has commits of people and no open pull request, so the bot leaves it alone"


class Source(msgspec.Struct, frozen=True):
    """What pages are made of: the list on the default branch, and where all branches are."""

    home: Home
    branches: Mapping[str, str]


def look(desk: Desk) -> Source:
    """Read the default branch and the bot's branches, by one fetch."""
    branches = desk.checkout.fetch(desk.branch)
    return Source(desk.home(branches[desk.branch]), branches)


def publish(source: Source, desk: Desk) -> str:
    """Bring the pages up to date; a sentence for the log.

    Raises:
        GitHubError: GitHub did not do what was asked; the next run takes it up from there.
    """
    for _ in range(_TRIES):
        try:
            return _publish(source, desk)
        except MovedError:
            source = look(desk)
    raise GitHubError(_KEEPS_MOVING)


def _publish(source: Source, desk: Desk) -> str:
    home, head, repository = source.home, source.branches.get(PAGES_BRANCH), desk.repository
    stale = stale_pages(home, desk)
    if not stale and head is None:
        return _UP_TO_DATE
    pulls = repository.pulls_of(PAGES_BRANCH)
    opened = next((pull for pull in pulls if pull.is_open), None)
    if head and stale and (opened or not pulls):
        return _bring_up_to_date(stale, head, home, opened, desk)
    if opened:
        close(opened, _NO_USE, repository)
    turned_down = bool(pulls) and opened is None and not pulls[0].merged_at
    turned_down = turned_down and closed_by_person(pulls[0].number, repository, desk.event)
    if turned_down and stale and repository.is_protected(desk.branch):
        return _TURNED_DOWN.format(number=pulls[0].number, branch=desk.branch)
    if head and not turned_down:
        if not all(is_own(commit) for commit in desk.checkout.commits(head, since=home.sha)):
            return _PEOPLES
        repository.delete_branch(PAGES_BRANCH)
    return _write(stale, home, desk) if stale else _UP_TO_DATE


def stale_pages(home: Home, desk: Desk) -> dict[str, bytes | None]:
    """The generated files that are not as they should be, with what should stand in them."""
    checkout, config = desk.checkout, home.config
    folders = set(generated_folders(config))
    files = checkout.files(home.sha)
    existing = [path for path in files if path.endswith(".md") and _folder(path) in folders]

    def read(path: str) -> str | None:
        data = checkout.read(home.sha, path)
        if data is None:
            return None
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise UsageError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from None

    wanted = {
        path: None if text is None else text.encode()
        for path, text in render(home.bibliography, config, read, existing).items()
    }
    return {path: data for path, data in wanted.items() if checkout.read(home.sha, path) != data}


def _folder(path: str) -> str:
    folder = str(PurePosixPath(path).parent)
    return "" if folder == "." else folder


def _write(stale: Mapping[str, bytes | None], home: Home, desk: Desk) -> str:
    made = make(NewCommit(_message, (home.sha,), home.sha, stale), desk)
    try:
        desk.repository.move_branch(desk.branch, made)
    except ProtectedError:
        return _propose(made, home, desk)
    return f"{counted(len(stale), 'page')} brought up to date: {', '.join(stale)}"


def _propose(made: str, home: Home, desk: Desk) -> str:
    """The pages as a pull request; ``made`` is the commit that the protected branch did not take."""
    desk.repository.create_branch(PAGES_BRANCH, made)
    judge(made, judged(home.bibliography.data, home, desk.now.year), desk)
    return _open(None, desk)


def _bring_up_to_date(stale: Mapping[str, bytes | None], head: str, home: Home, opened: Pull | None, desk: Desk) -> str:
    """Put the pages on their branch, beside what people committed to it, and see that it is proposed."""
    checkout, path = desk.checkout, home.config.bibliography
    base = checkout.merge_base(home.sha, head) or home.sha
    data = checkout.read(head, path) or b""
    if base != home.sha or any(checkout.read(head, page) != text for page, text in stale.items()):
        sides = [checkout.files(commit) for commit in (base, head, home.sha)]
        kept = merge_paths(*({file: blob for file, blob in side.items() if file not in stale} for side in sides))
        if kept.conflicts:
            return _IN_THE_WAY.format(path=kept.conflicts[0])
        files: dict[str, bytes | Blob | None] = {**kept.files, **stale}
        parents = (head,) if base == home.sha else (head, home.sha)
        head = land(NewCommit(_message, parents, home.sha, files), PAGES_BRANCH, desk, exists=True)
        data = data if path in kept.files else home.bibliography.data
    judge(head, judged(data, home, desk.now.year), desk)
    return _open(opened, desk)


def _open(opened: Pull | None, desk: Desk) -> str:
    try:
        pull = opened or desk.repository.open_pull(
            PAGES_BRANCH, desk.branch, _SUBJECT, _TEXT.format(branch=desk.branch)
        )
    except PullsNotAllowedError:
        return _NOT_ALLOWED
    return _PROPOSED.format(branch=desk.branch, number=pull.number)


def _message(tree: str) -> str:
    return commit_message(_SUBJECT, (), [(TREE, tree)])
