"""Bring the generated pages up to date on the default branch: by one commit, or by one pull request if it is protected.

The commit is a fast-forward: who pushes at the same time wins, and the pages are made anew from what they pushed.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath

import msgspec

from bot.escape import commit_message
from bot.github.errors import GitHubError, MovedError, ProtectedError
from bot.github.model import CHECK, PAGES_BRANCH, Blob, Check, CheckOutput, Pull
from bot.jobs.branch import TREE, merge_paths
from bot.jobs.home import Home
from bot.jobs.render import render
from bot.jobs.situation import Desk
from bot.pages.render import generated_folders
from bot.wording import counted

_TRIES = 5
_SUBJECT = "Bring the pages up to date"
_TEXT = (
    "The bibliography or what the pages are made of has changed, and the branch {branch} takes no direct commits.\n\n"
    "Everything here is generated. It is kept up to date as long as this is open; merge it whenever you like."
)
_UP_TO_DATE = "the pages are up to date"
_PROPOSED = "the branch {branch} is protected, so the pages are in #{number}"
_KEEPS_MOVING = "the default branch changes faster than its pages can be made; a later run makes them"
_TURNED_DOWN = "the pages are out of date, but #{number}, which brings them up to date, was closed by hand"
_IN_THE_WAY = "#{number} is not brought up to date, since people changed {path} there and on the default branch"

# The check that a merge needs: nothing of a bibliography changes here.
_VERDICT = Check(0, CHECK, "success", CheckOutput("Generated pages", "Nothing of the bibliography changes."), "pages")


class Published(msgspec.Struct, frozen=True):
    """What became of the pages, as a sentence for the log; and the branches and the list that they were made of."""

    sentence: str
    branches: Mapping[str, str]
    home: Home


def publish(desk: Desk) -> Published:
    """Bring the pages up to date.

    Raises:
        GitHubError: GitHub did not do what was asked; the next run takes it up from there.
    """
    for _ in range(_TRIES):
        branches = desk.checkout.fetch(desk.branch)
        home = desk.home(branches[desk.branch])
        try:
            return Published(_publish(home, branches.get(PAGES_BRANCH), desk), branches, home)
        except MovedError:
            continue
    raise GitHubError(_KEEPS_MOVING)


def _publish(home: Home, head: str | None, desk: Desk) -> str:
    """``head`` is where the branch of the pages is, if there is one: then a pull request of it comes first."""
    stale = stale_pages(home, desk)
    opened = _open_pull(desk) if head is not None else None
    if head is not None and opened is not None and stale:
        return _bring_up_to_date(stale, head, home, opened, desk)
    if opened is not None:
        desk.repository.close_pull(opened.number)
    if head is not None:
        desk.repository.delete_branch(PAGES_BRANCH)  # it is merged, or has no use any more
    return _write(stale, home, desk) if stale else _UP_TO_DATE


def stale_pages(home: Home, desk: Desk) -> dict[str, bytes | None]:
    """The generated files that are not as they should be, with what should stand in them."""
    checkout, config = desk.checkout, home.config
    folders = set(generated_folders(config))
    files = checkout.files(home.sha)
    existing = [path for path in files if path.endswith(".md") and _folder(path) in folders]

    def read(path: str) -> str | None:
        data = checkout.read(home.sha, path)
        return None if data is None else data.decode("utf-8", "replace")

    wanted = {
        path: None if text is None else text.encode()
        for path, text in render(home.bibliography, config, read, existing).items()
    }
    return {path: data for path, data in wanted.items() if checkout.read(home.sha, path) != data}


def _folder(path: str) -> str:
    folder = str(PurePosixPath(path).parent)
    return "" if folder == "." else folder


def _write(stale: Mapping[str, bytes | None], home: Home, desk: Desk) -> str:
    repository = desk.repository
    made = repository.commit(_message, (home.sha,), desk.checkout.tree(home.sha), stale)
    try:
        repository.move_branch(desk.branch, made)
    except ProtectedError:
        return _propose(made, desk)
    return f"{counted(len(stale), 'page')} brought up to date: {', '.join(stale)}"


def _propose(made: str, desk: Desk) -> str:
    """The pages as a pull request; ``made`` is the commit that the protected branch did not take."""
    repository = desk.repository
    pulls = repository.pulls_of(PAGES_BRANCH)
    if pulls and not pulls[0].merged_at and _closed_by_person(pulls[0], desk):
        return _TURNED_DOWN.format(number=pulls[0].number)
    repository.create_branch(PAGES_BRANCH, made)
    repository.add_check(made, _VERDICT, ())
    opened = repository.open_pull(PAGES_BRANCH, desk.branch, _SUBJECT, _TEXT.format(branch=desk.branch))
    return _PROPOSED.format(branch=desk.branch, number=opened.number)


def _bring_up_to_date(stale: Mapping[str, bytes | None], head: str, home: Home, opened: Pull, desk: Desk) -> str:
    """Put the pages on the open pull request's branch, beside what people committed to it."""
    repository, checkout = desk.repository, desk.checkout
    base = checkout.merge_base(home.sha, head) or home.sha
    if base != home.sha or any(checkout.read(head, path) != data for path, data in stale.items()):
        sides = [checkout.files(commit) for commit in (base, head, home.sha)]
        kept = merge_paths(*({path: blob for path, blob in side.items() if path not in stale} for side in sides))
        if kept.conflicts:
            return _IN_THE_WAY.format(number=opened.number, path=kept.conflicts[0])
        files: dict[str, bytes | Blob | None] = {**kept.files, **stale}
        parents = (head,) if base == home.sha else (head, home.sha)
        head = repository.commit(_message, parents, checkout.tree(home.sha), files)
        repository.move_branch(PAGES_BRANCH, head)
    if not any(check.external_id == _VERDICT.external_id for check in repository.checks(head, CHECK)):
        repository.add_check(head, _VERDICT, ())
    return _PROPOSED.format(branch=desk.branch, number=opened.number)


def _open_pull(desk: Desk) -> Pull | None:
    return next((pull for pull in desk.repository.pulls_of(PAGES_BRANCH) if pull.is_open), None)


def _closed_by_person(pull: Pull, desk: Desk) -> bool:
    closer = desk.repository.issue(pull.number).closed_by
    return closer is not None and closer.type != "Bot" and closer.login != desk.repository.login()


def _message(tree: str) -> str:
    return commit_message(_SUBJECT, (), [(TREE, tree)])
