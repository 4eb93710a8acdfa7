"""Is the repository on GitHub set up for the bot? One finding an item: fine, or what to click."""

from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

import msgspec

from bot.github.errors import GitHubError, LimitedError, MissingError, NotPermittedError
from bot.github.model import CHECK
from bot.jobs.home import Home
from bot.jobs.situation import DECLINED, NEEDS_INFO, Desk
from bot.metadata.keys import KEYED
from bot.problems import UsageError

if TYPE_CHECKING:
    from bot.github.repository import Repository

# Each label of the bot's own: its colour and what people read beside it.
_OWN_LABELS = {
    NEEDS_INFO: ("d93f0b", "The bot waits for an edit of the first post"),
    DECLINED: ("cccccc", "A maintainer decided against the proposal"),
}
_FORM_LABEL = ("0e8a16", "Filed by the form “{form}”")
_NO_LABEL = "make it, or run `python -m bot doctor --fix`"
_WORKFLOWS = ("respond.yml", "refresh.yml", "validate.yml", "preprints.yml", "links.yml")
_NO_KEY = "optional; without it {source} answers few requests a day. Put one into the secret {variable}: {address}"
_KEY_UNSEEN = "optional, and this token cannot tell; without it {source} answers few requests a day: {address}"
_NO_EFFECT = "it has no effect there; name a configuration by --config or BOT_CONFIG to reach private networks"
_MUST_BE_ON = "active"


class Finding(msgspec.Struct, frozen=True):
    """One item: what was looked at, and what to do about it; nothing where it is fine.

    ``must`` is false for what the bot can do without, and for what the token may not see, so that a person has to look.
    """

    item: str
    mend: str = ""
    must: bool = True


def examine(desk: Desk, *, fix: bool = False, keys: Container[str] = ()) -> Iterator[Finding]:
    """Look at everything that the bot relies on; with ``fix`` make the labels that are missing.

    ``keys`` are the variables of sources' keys that are set here.
    """
    repository = desk.repository
    settings = repository.settings()
    address = f"https://github.com/{repository.name}"
    yield Finding(
        "the repository can be changed", f"unarchive it: {address}/settings" if settings.get("archived") else ""
    )
    yield Finding(
        "issues are on",
        "" if settings.get("has_issues") else f"tick Issues under Features: {address}/settings",
    )
    branch = str(settings.get("default_branch", ""))
    yield Finding(
        f"the default branch is {desk.branch}",
        "" if branch == desk.branch else f"it is {branch}: set `branch: {branch}` in bot.yml",
    )
    yield from _list(branch, desk, fix=fix)
    yield _pull_requests(repository, address)
    yield from _workflows(repository, address)
    yield _protection(branch, repository, address)
    yield from _keys(repository, address, keys)


def _list(branch: str, desk: Desk, *, fix: bool) -> Iterator[Finding]:
    item = "the configuration, the forms and the bibliography can be read"
    try:
        home = desk.home(desk.checkout.fetch(branch)[branch])
    except (UsageError, GitHubError) as error:
        yield Finding(item, str(error))
        return
    yield Finding(item)
    if home.config.web.allow and desk.config is None:
        yield Finding("web.allow in bot.yml", _NO_EFFECT, must=False)
    yield from _labels(home, desk.repository, fix=fix)


def _labels(home: Home, repository: "Repository", *, fix: bool) -> Iterator[Finding]:
    wanted = dict(_OWN_LABELS)
    for form in (home.forms.add, home.forms.correct):
        colour, about = _FORM_LABEL
        wanted |= {label: (colour, about.format(form=form.name)) for label in form.labels}
    present = {label.lower() for label in repository.labels()}
    for name, (colour, about) in wanted.items():
        mend = "" if name.lower() in present else _NO_LABEL
        if mend and fix:
            try:
                repository.create_label(name, colour, about[:100])
                mend = ""
            except LimitedError:
                raise
            except GitHubError as error:
                mend = str(error)
        yield Finding(f"the label {name} exists", mend)


def _pull_requests(repository: "Repository", address: str) -> Finding:
    item = "workflows may open pull requests"
    click = (
        "tick “Allow GitHub Actions to create and approve pull requests” under Workflow permissions: "
        f"{address}/settings/actions"
    )
    try:
        allowed = repository.workflow_permissions().get("can_approve_pull_request_reviews")
    except (NotPermittedError, MissingError):
        return Finding(item, f"only an administrator's token can tell; see that it is ticked: {click}", must=False)
    return Finding(item, "" if allowed else click)


def _workflows(repository: "Repository", address: str) -> Iterator[Finding]:
    try:
        found = {str(one.get("path", "")).rpartition("/")[2]: one for one in repository.workflows()}
    except (NotPermittedError, MissingError):
        yield Finding("the workflows are on", f"this token cannot tell; look at {address}/actions", must=False)
        return
    for name in _WORKFLOWS:
        state = found.get(name, {}).get("state", "")
        mend = f"switch it on: {address}/actions/workflows/{name}" if state else f"put .github/workflows/{name} there"
        yield Finding(f"the workflow {name} is on", "" if state == _MUST_BE_ON else mend)


def _keys(repository: "Repository", address: str, keys: Container[str]) -> Iterator[Finding]:
    """The keys of the scholarly sources that have any."""
    secrets: set[str] | None
    try:
        secrets = repository.secrets()
    except (NotPermittedError, MissingError):
        secrets = None
    for source in KEYED:
        variable = source.key.variable if source.key else ""
        known = variable in keys or variable in (secrets or ())
        text = _NO_KEY if secrets is not None else _KEY_UNSEEN
        mend = text.format(source=source.title, variable=variable, address=f"{address}/settings/secrets/actions")
        yield Finding(f"{source.title} has a key, {variable}", "" if known else mend, must=False)


def _protection(branch: str, repository: "Repository", address: str) -> Finding:
    item = f"a merge needs the check {CHECK}"
    click = f"require the status check {CHECK} in a rule for the branch: {address}/settings/branches"
    found = repository.protection(branch)
    if found is None:
        return Finding(item, "the default branch does not exist yet: push the list", must=False)
    required = found.get("protection", {}).get("required_status_checks", {}).get("contexts", ())
    return Finding(item, "" if CHECK in (*required, *_ruled(branch, repository)) else click, must=False)


def _ruled(branch: str, repository: "Repository") -> set[str]:
    """The checks that rulesets ask for; none where the plan of a private repository has no rulesets."""
    try:
        return repository.required_by_rules(branch)
    except (NotPermittedError, MissingError):
        return set()
