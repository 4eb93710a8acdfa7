"""A repository on GitHub: every question and every change that the bot makes there, one request each.

The transport is PyGithub's: authentication and connections. Only questions are repeated by it, since a change that
was answered with 502 may have been made: whoever writes looks first whether that has happened (see ``jobs``). Nothing
waits for GitHub's limits, which may take an hour: the run ends, and a later one goes on.
"""

import base64
import contextlib
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
import requests
from github import Auth, Github, GithubException, GithubIntegration, RateLimitExceededException
from github.Requester import Requester
from jwt import PyJWTError
from urllib3 import Retry

from bot.github.errors import (
    GitHubError,
    LimitedError,
    MissingError,
    MovedError,
    NotPermittedError,
    ProtectedError,
    PullsNotAllowedError,
    ReadOnlyError,
)
from bot.github.model import EXECUTABLE, PLAIN, Annotation, Blob, Check, Comment, Issue, Label, Pull, Tree, User
from bot.problems import UsageError
from bot.wording import counted

T = TypeVar("T")

# Whom GitHub names as the author of what a workflow's own token does; that token may not ask who it is.
_ACTIONS = "github-actions[bot]"
# With what such a token starts: https://github.blog/engineering/behind-githubs-new-authentication-token-formats/
_WORKFLOWS_OWN = "ghs_"
_TIMEOUT = 15
_PAGE = 100
# GitHub asks for a second between writes and takes about 80 a minute: a single proposal makes few, a refresh many.
# https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
_WRITES_AT_ONCE = 40
_PAUSE = 1.0
_NEAR_THE_LIMIT = 50
# https://docs.github.com/en/rest/checks/runs#create-a-check-run
_ANNOTATIONS = 50
# A repository that was renamed, or an issue that was transferred.
# https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
_ELSEWHERE = range(300, 400)
_NO_ADDRESS = "GITHUB_API_URL is no address of GitHub's API: {found}; expected is one such as https://api.github.com"
_NO_APP = (
    "the token of the App {id} for {name} could not be made ({what}); look at BOT_APP_ID and BOT_APP_KEY, and whether "
    "the App is installed there"
)

_PERMISSIONS = {
    "git": "contents: write",
    "pulls": "pull-requests: write",
    "issues": "issues: write",
    "labels": "issues: write",
    "check-runs": "checks: write",
    "actions": "actions: write",
}


class _Made(msgspec.Struct, frozen=True):
    sha: str


class _Reference(msgspec.Struct, frozen=True):
    object: _Made


class _Committed(msgspec.Struct, frozen=True):
    tree: _Made


class _Item(msgspec.Struct, frozen=True):
    path: str
    type: str
    sha: str


class _Items(msgspec.Struct, frozen=True):
    tree: tuple[_Item, ...]


class _Checks(msgspec.Struct, frozen=True):
    check_runs: tuple[Check, ...]


class _Secret(msgspec.Struct, frozen=True):
    """A secret's name; nobody is told its value."""

    name: str


class _Secrets(msgspec.Struct, frozen=True):
    """A page of secrets."""

    secrets: list[_Secret]


class _Workflows(msgspec.Struct, frozen=True):
    workflows: list[dict[str, Any]]


class _Required(msgspec.Struct, frozen=True):
    context: str


class _Parameters(msgspec.Struct, frozen=True):
    required_status_checks: tuple[_Required, ...] = ()


class _Rule(msgspec.Struct, frozen=True):
    parameters: _Parameters = _Parameters()


class _Retry(Retry):
    """When a question is asked again; an answer that leads elsewhere is an error.

    PyGithub would follow with a question, but without its parameters, and take a change for made that was only led on.
    """

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        """Whether an answer is a reason to ask again; one that leads elsewhere is an error."""
        if status_code in _ELSEWHERE:
            raise GithubException(status_code)
        return super().is_retry(method, status_code, has_retry_after)


class App(msgspec.Struct, frozen=True):
    """A GitHub App whose token is used instead of the workflow's own: its id and its private key (PEM)."""

    id: str
    key: str


def connect(
    name: str, token: str, api_url: str, *, app: App | None = None, timeout: int = _TIMEOUT, retries: int = 3
) -> "Repository":
    """The repository ``owner/name``, asked with the App's token where there is one.

    Raises:
        GitHubError: the App is unknown, its key is wrong, or it is not installed there.
        UsageError: ``api_url`` is no address.
    """
    if not _is_address(api_url):
        raise UsageError(_NO_ADDRESS.format(found=api_url))
    settings: dict[str, Any] = {
        "base_url": api_url.rstrip("/"),
        "timeout": timeout,
        "retry": _Retry(
            total=retries,
            backoff_factor=0.3,
            allowed_methods=["GET"],
            status_forcelist=range(500, 600),
            respect_retry_after_header=False,
            raise_on_status=False,
        ),
        "per_page": _PAGE,
        # PyGithub would wait between all requests; see _WRITES_AT_ONCE.
        "seconds_between_requests": 0,
        "seconds_between_writes": 0,
        "user_agent": "dl4m-bot",
    }
    if app is None:
        login = _ACTIONS if token.startswith(_WORKFLOWS_OWN) else ""
        return Repository(Github(auth=Auth.Token(token), **settings).requester, name, login=login)
    try:
        integration = GithubIntegration(auth=Auth.AppAuth(app.id, app.key), **settings)
        owner, _, title = name.partition("/")
        installation = integration.get_repo_installation(owner, title)
        access = integration.get_access_token(installation.id)
    except GithubException as error:
        refusal = _error("GET", f"/repos/{name}/installation", error)
        if error.status not in (401, 404):
            raise refusal from None
        what = f"GitHub answered {error.status}: {refusal.said}"
        raise NotPermittedError(_NO_APP.format(id=app.id, name=name, what=what), error.status) from None
    except (requests.RequestException, PyJWTError, ValueError) as error:
        raise GitHubError(_NO_APP.format(id=app.id, name=name, what=type(error).__name__)) from None
    requester = Github(auth=Auth.Token(access.token), **settings).requester
    return Repository(requester, name, login=f"{installation.app_slug}[bot]")


class Repository:
    """What the bot asks and does in one repository. ``requests`` counts what was sent, ``writes`` the changes."""

    def __init__(self, requester: Requester, name: str, *, login: str = "") -> None:
        """Made by ``connect``; ``login`` is the bot's own account, if that is known already."""
        self.name = name
        self.requests = 0
        self.writes = 0
        self._requester = requester
        self._login = login

    # --- Who ---------------------------------------------------------------------------------------------------------

    def login(self) -> str:
        """The account that the bot writes as."""
        if not self._login:
            try:
                self._login = self._ask("GET", "/user", User, of_repository=False).login
            except NotPermittedError as error:
                if error.status != 403:
                    raise
                self._login = _ACTIONS
        return self._login

    def is_own(self, login: str) -> bool:
        """Whether that is the bot's own account, as far as it is known without asking."""
        return login == (self._login or _ACTIONS)

    def has_write_permission(self, login: str) -> bool:
        """Whether somebody may write to the repository; not, if GitHub does not know them here."""
        try:
            found = self._ask("GET", f"/collaborators/{login}/permission", dict[str, Any])
        except MissingError:
            return False
        return found.get("permission") in ("admin", "write", "maintain", "push") or found.get("role_name") == "maintain"

    def near_the_limit(self) -> bool:
        """Whether so few requests are left in this hour that nothing new should be begun."""
        remaining, _ = self._requester.rate_limiting
        return 0 <= remaining < _NEAR_THE_LIMIT

    def limit_ends(self) -> str:
        """When the hour ends: ``at 14:05 UTC``."""
        return _at(self._requester.rate_limiting_resettime)

    # --- Issues ------------------------------------------------------------------------------------------------------

    def issue(self, number: int) -> Issue:
        """An issue, or a pull request as an issue.

        Raises:
            MissingError: there is none, it was deleted, or it is in another repository by now.
        """
        try:
            return self._ask("GET", f"/issues/{number}", Issue)
        except GitHubError as error:
            if error.status not in _ELSEWHERE:
                raise
            raise MissingError(f"the issue #{number} was transferred to another repository", error.status) from None

    def open_issues(self, *, everything: bool = False) -> list[Issue]:
        """The open issues, the newest first: one page of them, or all."""
        parameters = {"state": "open", "sort": "created", "direction": "desc"}
        found = self._pages("/issues", Issue, parameters, pages=None if everything else 1)
        return [issue for issue in found if issue.pull_request is None]

    def issues_of(self, login: str, label: str = "") -> list[Issue]:
        """The newest issues, open or not, that an account has filed (with a label), the newest first: one page."""
        parameters = {"state": "all", "creator": login, "sort": "created", "direction": "desc"}
        found = self._pages("/issues", Issue, parameters | ({"labels": label} if label else {}), pages=1)
        return [issue for issue in found if issue.pull_request is None and issue.author.login == login]

    def create_issue(self, title: str, body: str, labels: Sequence[str]) -> Issue:
        """File an issue; GitHub makes labels that do not exist yet."""
        return self._ask("POST", "/issues", Issue, {"title": title, "body": body, "labels": list(labels)})

    def edit_issue(self, number: int, *, title: str, body: str, state: str) -> None:
        """Give an issue another title and text, and open or close it: ``state`` is ``open`` or ``closed``."""
        wanted = {"title": title, "body": body, "state": state}
        reason = {"state_reason": "completed"} if state == "closed" else {}
        self._ask("PATCH", f"/issues/{number}", None, wanted | reason)

    def comments(self, number: int) -> list[Comment]:
        """The comments on an issue or pull request, the oldest first."""
        return list(self._pages(f"/issues/{number}/comments", Comment))

    def add_comment(self, number: int, body: str) -> Comment:
        """Comment on an issue or pull request."""
        return self._ask("POST", f"/issues/{number}/comments", Comment, {"body": body})

    def edit_comment(self, comment: int, body: str) -> None:
        """Give a comment another text."""
        self._ask("PATCH", f"/issues/comments/{comment}", None, {"body": body})

    def delete_comment(self, comment: int) -> None:
        """Delete a comment; one that is gone is no error."""
        self._delete(f"/issues/comments/{comment}")

    def add_labels(self, number: int, names: Sequence[str]) -> None:
        """Put labels on an issue; GitHub makes those that do not exist yet."""
        self._ask("POST", f"/issues/{number}/labels", None, {"labels": list(names)})

    def remove_label(self, number: int, name: str) -> None:
        """Take a label off an issue; one that is gone is no error."""
        self._delete(f"/issues/{number}/labels/{quote(name, safe='')}")

    def close_issue(self, number: int) -> None:
        """Close an issue as completed."""
        self._ask("PATCH", f"/issues/{number}", None, {"state": "closed", "state_reason": "completed"})

    # --- Branches and commits ----------------------------------------------------------------------------------------

    def commit(
        self,
        message: Callable[[str], str],
        parents: Sequence[str],
        tree: str | None,
        files: Mapping[str, bytes | Blob | None],
        executable: Container[str] = (),
    ) -> str:
        """Make a commit, signed by GitHub, that no branch points to yet; its SHA.

        ``tree`` is the tree to start from (``None`` for an empty one), ``files`` what differs from it: a path's
        content, or a file that git has already, or ``None`` for one that goes. What is written is plain but for the
        paths in ``executable``. The ``message`` is made of the SHA of the tree that comes of it.
        """
        items = [
            self._item(path, file, EXECUTABLE if path in executable else PLAIN) for path, file in sorted(files.items())
        ]
        base = {"base_tree": tree} if tree else {}
        made = self._ask("POST", "/git/trees", _Made, {**base, "tree": items}).sha
        wanted = {"message": message(made), "tree": made, "parents": list(parents)}
        return self._ask("POST", "/git/commits", _Made, wanted).sha

    def add_blob(self, data: bytes) -> Blob:
        """Make a file that no commit has yet."""
        wanted = {"content": base64.b64encode(data).decode(), "encoding": "base64"}
        return Blob(self._ask("POST", "/git/blobs", _Made, wanted).sha)

    def head(self, branch: str) -> str | None:
        """The commit that a branch is at; ``None`` where there is no such branch."""
        try:
            return self._ask("GET", f"/git/ref/heads/{quote(branch)}", _Reference).object.sha
        except MissingError:
            return None

    def tree(self, commit: str) -> Tree:
        """The tree of a commit, and its files by their paths."""
        sha = self._ask("GET", f"/git/commits/{commit}", _Committed).tree.sha
        found = self._ask("GET", f"/git/trees/{sha}", _Items, parameters={"recursive": "1"})
        return Tree(sha, {item.path: item.sha for item in found.tree if item.type == "blob"})

    def create_branch(self, branch: str, sha: str) -> None:
        """Make a branch.

        Raises:
            MovedError: there is one already.
        """
        try:
            self._ask("POST", "/git/refs", None, {"ref": f"refs/heads/{branch}", "sha": sha})
        except GitHubError as error:
            raise _refused_update(branch, error) from None

    def move_branch(self, branch: str, sha: str) -> None:
        """Move a branch on to a commit that descends from where it is: compare and set, never forced.

        Raises:
            MovedError: it is somewhere else by now, or gone.
            ProtectedError: it takes no direct commits.
        """
        try:
            self._ask("PATCH", f"/git/refs/heads/{quote(branch)}", None, {"sha": sha, "force": False})
        except GitHubError as error:
            raise _refused_update(branch, error) from None

    def delete_branch(self, branch: str) -> None:
        """Delete a branch; one that is gone, or that a rule keeps, is no error."""
        try:
            self._delete(f"/git/refs/heads/{quote(branch)}")
        except GitHubError as error:
            if error.status != 422:
                raise

    # --- Pull requests -----------------------------------------------------------------------------------------------

    def open_pulls(self, base: str = "") -> list[Pull]:
        """The open pull requests from branches of this repository, into ``base`` if it is said, the oldest first.

        Anybody may open one from the bot's branch into another branch, and write what they like into it.
        """
        parameters = {"state": "open", "sort": "created", "direction": "asc"} | ({"base": base} if base else {})
        found = (pull for pull in self._pages("/pulls", Pull, parameters) if self.is_home_of(pull))
        return [pull for pull in found if not base or pull.base is None or pull.base.ref == base]

    def pulls_of(self, branch: str, base: str = "") -> list[Pull]:
        """All pull requests of one branch of this repository, into ``base`` if it is said, the newest first."""
        owner = self.name.split("/")[0]
        parameters = {"state": "all", "head": f"{owner}:{branch}", "sort": "created", "direction": "desc"}
        found = [pull for pull in self._pages("/pulls", Pull, parameters) if self.is_home_of(pull)]
        found = [pull for pull in found if not base or pull.base is None or pull.base.ref == base]
        return sorted((pull for pull in found if pull.head.ref == branch), key=lambda pull: -pull.number)

    def pull(self, number: int) -> Pull:
        """A pull request."""
        return self._ask("GET", f"/pulls/{number}", Pull)

    def open_pull(self, branch: str, base: str, title: str, body: str) -> Pull:
        """Open a pull request.

        Raises:
            PullsNotAllowedError: the setting that lets workflows do so is off.
            MovedError: there is one already.
        """
        wanted = {"title": title, "head": branch, "base": base, "body": body, "maintainer_can_modify": True}
        try:
            return self._ask("POST", "/pulls", Pull, wanted)
        except GitHubError as error:
            if error.status == 422 and "already exists" in error.said:
                raise MovedError(str(error), error.status) from None
            raise

    def edit_pull(self, number: int, *, title: str, body: str) -> None:
        """Give a pull request another title and text."""
        self._ask("PATCH", f"/pulls/{number}", None, {"title": title, "body": body})

    def close_pull(self, number: int) -> None:
        """Close a pull request."""
        self._ask("PATCH", f"/pulls/{number}", None, {"state": "closed"})

    # --- Checks ------------------------------------------------------------------------------------------------------

    def checks(self, sha: str, name: str) -> list[Check]:
        """The check runs of this name on a commit, the newest first."""
        found = self._ask("GET", f"/commits/{sha}/check-runs", _Checks, parameters={"check_name": name})
        return sorted(found.check_runs, key=lambda check: -check.id)

    def add_check(self, sha: str, check: Check, annotations: Sequence[Annotation]) -> None:
        """Put a verdict on a commit."""
        self._ask("POST", "/check-runs", None, {"head_sha": sha, **_check(check, annotations)})

    def edit_check(self, check: Check, annotations: Sequence[Annotation]) -> None:
        """Give a check run of the bot's own another verdict."""
        self._ask("PATCH", f"/check-runs/{check.id}", None, _check(check, annotations))

    # --- Settings, for doctor and for catching up --------------------------------------------------------------------

    def settings(self) -> dict[str, Any]:
        """The repository as GitHub describes it: default branch, archived, issues, what may be merged how."""
        return self._ask("GET", "", dict[str, Any])

    def labels(self) -> list[str]:
        """The names of all labels."""
        return [label.name for label in self._pages("/labels", Label)]

    def create_label(self, name: str, color: str, description: str) -> None:
        """Make a label; ``color`` is six hexadecimal digits."""
        self._ask("POST", "/labels", None, {"name": name, "color": color, "description": description})

    def workflow_permissions(self) -> dict[str, Any]:
        """What workflows may do by default, and whether they may open pull requests; for administrators only."""
        return self._ask("GET", "/actions/permissions/workflow", dict[str, Any])

    def workflows(self) -> list[dict[str, Any]]:
        """The workflows, each with ``path`` and ``state``."""
        return self._ask("GET", "/actions/workflows", _Workflows, parameters={"per_page": str(_PAGE)}).workflows

    def secrets(self) -> set[str]:
        """The names of the secrets that workflows may use; for administrators only."""
        found = self._ask("GET", "/actions/secrets", _Secrets, parameters={"per_page": str(_PAGE)})
        return {secret.name for secret in found.secrets}

    def enable_workflow(self, file: str) -> None:
        """Switch a workflow on, which also counts as activity: ``file`` is its name in ``.github/workflows``."""
        self._ask("PUT", f"/actions/workflows/{file}/enable", None)

    def protection(self, branch: str) -> dict[str, Any] | None:
        """A branch as GitHub describes it, with its ``protection``; ``None`` where there is no such branch."""
        try:
            return self._ask("GET", f"/branches/{quote(branch)}", dict[str, Any])
        except MissingError:
            return None

    def required_by_rules(self, branch: str) -> set[str]:
        """The checks that rulesets ask for before something is merged into a branch."""
        rules = self._pages(f"/rules/branches/{quote(branch)}", _Rule)
        return {check.context for rule in rules for check in rule.parameters.required_status_checks}

    def is_protected(self, branch: str) -> bool:
        """Whether GitHub says that the branch is protected, by a rule of either kind."""
        return bool((self.protection(branch) or {}).get("protected"))

    # --- Requests ----------------------------------------------------------------------------------------------------

    def is_home_of(self, pull: Pull) -> bool:
        """Whether the pull request comes from a branch of this repository, and not of a fork."""
        return pull.head.repo is not None and pull.head.repo.full_name.lower() == self.name.lower()

    def _item(self, path: str, file: bytes | Blob | None, mode: str) -> dict[str, Any]:
        if isinstance(file, Blob):
            return {"path": path, "mode": file.mode, "type": file.kind, "sha": file.sha}
        item: dict[str, Any] = {"path": path, "mode": mode, "type": "blob"}
        if file is None:
            return item | {"sha": None}
        try:
            return item | {"content": file.decode()}
        except UnicodeDecodeError:
            return item | {"sha": self.add_blob(file).sha}

    def _pages(
        self, path: str, type_: type[T], parameters: Mapping[str, str] | None = None, pages: int | None = None
    ) -> Iterator[T]:
        number = 1
        while True:
            asked = {**(parameters or {}), "per_page": str(_PAGE), "page": str(number)}
            headers, data = self._send("GET", self._path(path), parameters=asked)
            yield from _converted(data, list[type_], path)  # type: ignore[valid-type]
            if 'rel="next"' not in headers.get("link", "") or number == pages:
                return
            number += 1

    def _ask(
        self,
        verb: str,
        path: str,
        type_: type[T] | None,
        body: Mapping[str, Any] | None = None,
        *,
        parameters: Mapping[str, str] | None = None,
        of_repository: bool = True,
    ) -> T:
        _, data = self._send(verb, self._path(path) if of_repository else path, parameters=parameters, body=body)
        return _converted(data, type_, path) if type_ is not None else None  # type: ignore[return-value]

    def _delete(self, path: str) -> None:
        with contextlib.suppress(MissingError):
            self._ask("DELETE", path, None)

    def _path(self, path: str) -> str:
        return f"/repos/{self.name}{path}"

    def _send(
        self,
        verb: str,
        path: str,
        *,
        parameters: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> tuple[dict[str, Any], Any]:
        self.requests += 1
        if verb != "GET":
            self.writes += 1
            if self.writes > _WRITES_AT_ONCE:
                time.sleep(_PAUSE)
        try:
            return self._requester.requestJsonAndCheck(
                verb, path, parameters=dict(parameters) if parameters else None, input=dict(body) if body else None
            )
        except GithubException as error:
            raise _error(verb, path, error) from None
        except requests.RequestException as error:
            raise GitHubError(f"GitHub did not answer {verb} {path} ({type(error).__name__})") from None
        except (ValueError, AttributeError):  # PyGithub expects an object of JSON, or no JSON at all
            raise GitHubError(f"GitHub answered {verb} {path} with something that is no JSON") from None


def _converted(data: Any, type_: type[T], path: str) -> T:
    try:
        return msgspec.convert(data, type_)
    except msgspec.ValidationError as error:
        raise GitHubError(f"GitHub answered {path} with something unexpected: {error}") from None


def _check(check: Check, annotations: Sequence[Annotation]) -> dict[str, Any]:
    shown = [msgspec.to_builtins(annotation) for annotation in annotations[:_ANNOTATIONS]]
    output = {"title": check.output.title, "summary": check.output.summary, "annotations": shown}
    return {
        "name": check.name,
        "status": "completed",
        "conclusion": check.conclusion,
        "external_id": check.external_id,
        "output": output,
    }


def _is_address(text: str) -> bool:
    try:
        address = urlsplit(text)
        return address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        return False


def _error(verb: str, path: str, error: GithubException) -> GitHubError:
    """GitHub's refusal as a sentence; see https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api."""
    data, status = error.data, error.status
    message = str(data.get("message", "")) if isinstance(data, Mapping) else ""
    details = _details(data.get("errors")) if isinstance(data, Mapping) else ""
    said = f"{message} ({details})" if details else message
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    where = f"{verb} {path}"
    if isinstance(error, RateLimitExceededException) or _is_limit(status, headers):
        return LimitedError(
            f"GitHub's limit is reached; it goes on {_until(headers)}, when the next run catches up", status
        )
    if status == 401:
        return NotPermittedError("GitHub does not know the token; is GITHUB_TOKEN set, and not expired?", status, said)
    if status in _ELSEWHERE:
        return GitHubError(
            f"{path} is elsewhere by now: the repository was renamed, and GITHUB_REPOSITORY, or `repository` in the "
            "configuration, is its old name",
            status,
        )
    if status == 404:
        return MissingError(f"GitHub knows nothing of {path}, or does not let the token see it", status, said)
    if status == 410 and "disabled" in message:
        return ReadOnlyError(
            "issues are switched off here; Settings → General → Features → Issues switches them on", status
        )
    if status == 410:
        return MissingError(f"{path} was deleted", status, said)
    if status == 403 and "archived" in message:
        return ReadOnlyError("the repository is archived, so nothing can be changed in it", status)
    if status == 403 and "not permitted to create or approve pull requests" in message:
        return PullsNotAllowedError(
            "workflows may not open pull requests here; Settings → Actions → General → Workflow permissions → "
            "“Allow GitHub Actions to create and approve pull requests” lets them",
            status,
        )
    if status == 403:
        return NotPermittedError(
            f"the token may not do {where}: {said}; it needs the permission {_permission(path, headers)}", status, said
        )
    return GitHubError(f"GitHub answered {where} with {status}{f': {said}' if said else ''}", status, said)


def _details(errors: object) -> str:
    """What is wrong, as https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api has it."""
    if not isinstance(errors, list):
        return str(errors or "")
    told = (
        str(one.get("message") or " ".join(str(one[name]) for name in ("resource", "field", "code") if name in one))
        if isinstance(one, Mapping)
        else str(one)
        for one in errors
    )
    return "; ".join(one for one in told if one)


def _permission(path: str, headers: Mapping[str, str]) -> str:
    """What GitHub says is needed, in the words of a workflow's ``permissions``; or what the path tells."""
    if accepted := headers.get("x-accepted-github-permissions"):
        return accepted.replace("=", ": ").replace("_", "-").replace(";", " or")
    parts = path.split("/")[4:]  # after /repos/owner/name
    return next((needed for part, needed in _PERMISSIONS.items() if part in parts), "that belongs to it")


def _is_limit(status: int, headers: Mapping[str, str]) -> bool:
    """As https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api tells limits from refusals."""
    return status == 429 or (
        status == 403 and ("retry-after" in headers or headers.get("x-ratelimit-remaining") == "0")
    )


def _until(headers: Mapping[str, str]) -> str:
    """When it goes on: without any of these headers, GitHub asks for a minute."""
    if (seconds := headers.get("retry-after", "")).isdigit():
        return f"in {counted(int(seconds), 'second')}"
    if headers.get("x-ratelimit-remaining") == "0" and (reset := headers.get("x-ratelimit-reset", "")).isdigit():
        return _at(int(reset))
    return "in a minute"


def _at(seconds: int) -> str:
    return time.strftime("at %H:%M UTC", time.gmtime(seconds)) if seconds else "within the hour"


def _refused_update(branch: str, error: GitHubError) -> GitHubError:
    """What the refusal to set a branch means: it has moved, or it is protected."""
    text = error.said.lower()
    if error.status not in (403, 404, 409, 422):
        return error
    # "Update is not a fast forward", "Reference already exists", "Reference does not exist", "Object does not exist"
    moved = ("not a fast forward", "not a fast-forward", "already exists", "does not exist")
    if error.status == 404 or (error.status == 422 and any(words in text for words in moved)):
        return MovedError(f"the branch {branch} has moved meanwhile", error.status)
    if "protected" in text or "rule" in text or "required" in text or "must be made through" in text:
        return ProtectedError(f"the branch {branch} is protected", error.status)
    return error
