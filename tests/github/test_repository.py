"""GitHub's API: answers in the shape that GitHub documents, and the emulator for what commits come to."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
import responses
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from responses import matchers

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
from bot.github.model import Annotation, Blob, Check, CheckOutput, Label
from bot.github.repository import App, Repository, connect
from bot.problems import UsageError
from tests.support.emulator import CONTRIBUTORS
from tests.support.fixtures import MakeWorld
from tests.support.git import git
from tests.support.proxy import Answer, Fault
from tests.support.world import World

# With the port, which PyGithub names in each request.
API = "https://api.github.com:443"
NAME = "octocat/awesome-bird-songs"
HERE = f"{API}/repos/{NAME}"
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
PRIMARY = {
    "message": "API rate limit exceeded for installation ID 4242.",
    "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api",
}
SECONDARY = {
    "message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
    "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
}
BLOCKED = {
    "message": "You have exceeded a secondary rate limit and have been temporarily blocked from content creation. "
    "Please retry your request again later."
}
AT_1405 = 1_700_000_000 // 86_400 * 86_400 + (14 * 60 + 5) * 60
NOT_ACCESSIBLE = {
    "message": "Resource not accessible by integration",
    "documentation_url": "https://docs.github.com/rest/issues/comments#create-an-issue-comment",
    "status": "403",
}
VERDICT = Check(7, "Bibliography", "success", CheckOutput("No problems", "All is well."), "digest")
SHA = "6dcb09b5b57875f334f61aebed695e2e4193db5e"


@pytest.fixture
def github() -> Iterator[responses.RequestsMock]:
    """GitHub's answers; a request that was not foreseen fails, and one that was foreseen has to come."""
    with responses.RequestsMock() as answers:
        yield answers


@pytest.fixture
def repository() -> Repository:
    return connect(NAME, "secret", API, retries=1)


WRITES: dict[str, Callable[[Repository], object]] = {
    "add_comment": lambda repository: repository.add_comment(7, "Thank you"),
    "edit_comment": lambda repository: repository.edit_comment(70, "Thank you"),
    "delete_comment": lambda repository: repository.delete_comment(70),
    "add_labels": lambda repository: repository.add_labels(7, ["declined"]),
    "remove_label": lambda repository: repository.remove_label(7, "needs-info"),
    "close_issue": lambda repository: repository.close_issue(7),
    "create_issue": lambda repository: repository.create_issue("Links", "All is well", ["links"]),
    "open_issue": lambda repository: repository.edit_issue(7, title="Links", body="Not well", state="open"),
    "end_issue": lambda repository: repository.edit_issue(7, title="Links", body="Well", state="closed"),
    "add_blob": lambda repository: repository.add_blob(b"\xff"),
    "commit": lambda repository: repository.commit(str, [SHA], SHA, {"a.bib": b""}),
    "create_branch": lambda repository: repository.create_branch("bot/issue-7", SHA),
    "move_branch": lambda repository: repository.move_branch("bot/issue-7", SHA),
    "delete_branch": lambda repository: repository.delete_branch("bot/issue-7"),
    "open_pull": lambda repository: repository.open_pull("bot/issue-7", "main", "Add it", ""),
    "edit_pull": lambda repository: repository.edit_pull(8, title="Add it", body=""),
    "close_pull": lambda repository: repository.close_pull(8),
    "add_check": lambda repository: repository.add_check(SHA, VERDICT, ()),
    "edit_check": lambda repository: repository.edit_check(VERDICT, ()),
    "create_label": lambda repository: repository.create_label("declined", "cccccc", ""),
    "enable_workflow": lambda repository: repository.enable_workflow("refresh.yml"),
}
VERBS = ("POST", "PATCH", "PUT", "DELETE")
ANYTHING = re.compile(f"{re.escape(API)}/.*")

write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())


# --- What is sent ----------------------------------------------------------------------------------------------------

# The requests, as https://docs.github.com/en/rest documents them, and the statuses that it answers them with.
SENT: dict[str, tuple[str, str, Any, int]] = {
    "add_comment": ("POST", "/issues/7/comments", {"body": "Thank you"}, 201),
    "edit_comment": ("PATCH", "/issues/comments/70", {"body": "Thank you"}, 200),
    "delete_comment": ("DELETE", "/issues/comments/70", None, 204),
    "add_labels": ("POST", "/issues/7/labels", {"labels": ["declined"]}, 200),
    "remove_label": ("DELETE", "/issues/7/labels/needs-info", None, 200),
    "close_issue": ("PATCH", "/issues/7", {"state": "closed", "state_reason": "completed"}, 200),
    "create_issue": ("POST", "/issues", {"title": "Links", "body": "All is well", "labels": ["links"]}, 201),
    "open_issue": ("PATCH", "/issues/7", {"title": "Links", "body": "Not well", "state": "open"}, 200),
    "end_issue": (
        "PATCH",
        "/issues/7",
        {"title": "Links", "body": "Well", "state": "closed", "state_reason": "completed"},
        200,
    ),
    "add_blob": ("POST", "/git/blobs", {"content": "/w==", "encoding": "base64"}, 201),
    "create_branch": ("POST", "/git/refs", {"ref": "refs/heads/bot/issue-7", "sha": SHA}, 201),
    "move_branch": ("PATCH", "/git/refs/heads/bot/issue-7", {"sha": SHA, "force": False}, 200),
    "delete_branch": ("DELETE", "/git/refs/heads/bot/issue-7", None, 204),
    "open_pull": (
        "POST",
        "/pulls",
        {"title": "Add it", "head": "bot/issue-7", "base": "main", "body": "", "maintainer_can_modify": True},
        201,
    ),
    "edit_pull": ("PATCH", "/pulls/8", {"title": "Add it", "body": ""}, 200),
    "close_pull": ("PATCH", "/pulls/8", {"state": "closed"}, 200),
    "create_label": ("POST", "/labels", {"name": "declined", "color": "cccccc", "description": ""}, 201),
    "enable_workflow": ("PUT", "/actions/workflows/refresh.yml/enable", None, 204),
}
JUDGED = {
    "name": "Bibliography",
    "status": "completed",
    "conclusion": "success",
    "external_id": "digest",
    "output": {"title": "No problems", "summary": "All is well.", "annotations": []},
}
SENT["add_check"] = ("POST", "/check-runs", {"head_sha": SHA, **JUDGED}, 201)
SENT["edit_check"] = ("PATCH", "/check-runs/7", JUDGED, 200)


@pytest.mark.parametrize(("name", "wanted"), SENT.items(), ids=SENT.keys())
def test_a_change_is_sent_as_github_documents_it(
    github: responses.RequestsMock, repository: Repository, name: str, wanted: tuple[str, str, Any, int]
) -> None:
    verb, path, body, status = wanted
    answer = {"number": 8, "id": 70, "sha": SHA, "head": {"ref": "bot/issue-7", "sha": SHA, "repo": None}}
    github.add(verb, HERE + path, body="" if status == 204 else json.dumps(answer), status=status)
    WRITES[name](repository)
    [call] = github.calls
    assert call.request.headers["Authorization"] == "token secret"
    assert (json.loads(call.request.body) if call.request.body else None) == body


# --- What is sent how often ------------------------------------------------------------------------------------------


@write
@pytest.mark.parametrize("answer", [500, 502, 503, "the connection broke", "too late"])
def test_a_change_is_sent_once_whatever_the_answer(write: Callable[[Repository], object], answer: int | str) -> None:
    repository = connect(NAME, "secret", API)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as github:
        for verb in VERBS:
            if isinstance(answer, int):
                github.add(verb, ANYTHING, json={"message": "Server Error"}, status=answer)
            else:
                kind = requests.ConnectionError if answer == "the connection broke" else requests.ReadTimeout
                github.add(verb, ANYTHING, body=kind(answer))
        with pytest.raises(GitHubError) as raised:
            write(repository)
        assert len(github.calls) == 1
        assert raised.value.status == (answer if isinstance(answer, int) else 0)
    assert (repository.requests, repository.writes) == (1, 1)


@pytest.mark.parametrize("fault", [Fault.BEFORE, Fault.ERROR, Fault.BAD_GATEWAY, Fault.AFTER])
def test_a_question_is_asked_again_and_a_change_is_not(make_world: MakeWorld, fault: Fault) -> None:
    world = make_world({"README.md": b"# Birds\n"})
    number = world.person(CONTRIBUTORS[0]).file_issue("A bird", "")
    repository = connect(world.name, world.token, world.address)
    world.proxy.arm(1, fault)
    assert repository.issue(number).title == "A bird"
    assert [request.method for request in world.proxy.requests] == ["GET", "GET"]
    world.proxy.clear()
    world.proxy.arm(1, fault)
    with pytest.raises(GitHubError):
        repository.add_comment(number, "Thank you")
    assert [request.method for request in world.proxy.requests] == ["POST"]


def test_a_question_that_is_never_answered_well_ends_with_what_github_said(
    github: responses.RequestsMock, repository: Repository
) -> None:
    github.get(f"{HERE}/issues/7", json={"message": "Server Error"}, status=502)
    with pytest.raises(GitHubError, match="502: Server Error"):
        repository.issue(7)
    assert len(github.calls) == 2


def test_nobody_waits_for_as_long_as_a_server_in_trouble_asks(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world({"README.md": b"# Birds\n"})
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    world.proxy.answer("GET", "", Answer(503, {"message": "Unavailable"}, {"Retry-After": "3600"}))
    with pytest.raises(GitHubError, match="503: Unavailable"):
        connect(world.name, world.token, world.address).settings()
    assert len(world.proxy.requests) == 4
    assert sum(waited) < 10


def test_many_changes_are_made_no_faster_than_one_a_second(
    github: responses.RequestsMock, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    github.patch(f"{HERE}/issues/comments/70", json={"id": 70})
    github.get(f"{HERE}/issues/7", json={"number": 7})
    for _ in range(40):
        repository.edit_comment(70, "Thank you")
        repository.issue(7)
    assert waited == []
    for _ in range(3):
        repository.edit_comment(70, "Thank you")
        repository.issue(7)
    assert waited == [1.0, 1.0, 1.0]


def test_a_question_without_an_answer_ends_with_a_sentence(
    github: responses.RequestsMock, repository: Repository
) -> None:
    github.get(f"{HERE}/issues/7", body=requests.ConnectionError())
    with pytest.raises(GitHubError, match="GitHub did not answer GET /repos/"):
        repository.issue(7)


# --- Elsewhere -------------------------------------------------------------------------------------------------------

MOVED_AWAY = {
    "message": "Moved Permanently",
    "url": f"{API}/repositories/1296269/somewhere",
    "documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
}


@write
@pytest.mark.parametrize("status", [302, 307, 308])
def test_a_change_that_was_led_elsewhere_is_not_taken_for_made(
    write: Callable[[Repository], object], status: int
) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as github:
        for verb in VERBS:
            github.add(verb, ANYTHING, json=MOVED_AWAY, status=status, headers={"Location": MOVED_AWAY["url"]})
        with pytest.raises(GitHubError, match="the repository was renamed"):
            write(connect(NAME, "secret", API))
        assert len(github.calls) == 1


@pytest.mark.parametrize(
    "there",
    [f"{API}/repositories/1296269/pulls", "https://elsewhere.example/pulls", "http://api.github.com/pulls", "nonsense"],
)
def test_a_question_is_asked_nowhere_else(github: responses.RequestsMock, repository: Repository, there: str) -> None:
    github.get(f"{HERE}/pulls", json=MOVED_AWAY, status=301, headers={"Location": there})
    with pytest.raises(GitHubError, match="GITHUB_REPOSITORY, or `repository` in the configuration, is its old name"):
        repository.open_pulls()
    assert len(github.calls) == 1


def test_a_real_connection_leads_nowhere_else_either(make_world: MakeWorld) -> None:
    world = make_world({"README.md": b"# Birds\n"})
    repository = connect(world.name, world.token, world.address)
    there = {"Location": f"{world.address}/repositories/1"}
    world.proxy.answer("GET", "/labels$", Answer(301, MOVED_AWAY, there))
    world.proxy.answer("POST", "/labels$", Answer(307, MOVED_AWAY, there))
    with pytest.raises(GitHubError, match="renamed"):
        repository.labels()
    with pytest.raises(GitHubError, match="renamed"):
        repository.create_label("declined", "cccccc", "")
    assert [(request.method, request.status) for request in world.proxy.requests] == [("GET", 301), ("POST", 307)]
    assert repository.settings()["full_name"] == world.name


# --- Lists -----------------------------------------------------------------------------------------------------------


def pages(github: responses.RequestsMock, address: str, found: list[list[Any]], **parameters: str) -> None:
    """Answers with a Link header, as https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
    shows them."""
    for number, items in enumerate(found, 1):
        last = len(found)
        links = [f'<{address}?per_page=100&page={number - 1}>; rel="prev"'] if number > 1 else []
        links += [f'<{address}?per_page=100&page={number + 1}>; rel="next"'] if number < last else []
        links += [f'<{address}?per_page=100&page={last}>; rel="last"'] if number < last else []
        asked = {**parameters, "per_page": "100", "page": str(number)}
        github.get(
            address,
            json=items,
            headers={"Link": ", ".join(links)} if links else {},
            match=[matchers.query_param_matcher(asked)],
        )


def test_comments_are_read_to_the_last_page(github: responses.RequestsMock, repository: Repository) -> None:
    bodies = [[{"id": 100 * page + one, "body": f"{page}.{one}"} for one in range(100)] for page in range(3)]
    pages(github, f"{HERE}/issues/7/comments", bodies)
    found = repository.comments(7)
    assert [comment.id for comment in found] == list(range(300))
    assert repository.requests == 3


def test_one_page_of_issues_is_read_or_all_and_pull_requests_are_left_out(
    github: responses.RequestsMock, repository: Repository
) -> None:
    issues: list[list[Any]] = [
        [{"number": 9}, {"number": 8, "pull_request": {"url": f"{HERE}/pulls/8"}}],
        [{"number": 7}],
    ]
    sorting = {"state": "open", "sort": "created", "direction": "desc"}
    pages(github, f"{HERE}/issues", issues, **sorting)
    assert [issue.number for issue in repository.open_issues()] == [9]
    assert len(github.calls) == 1
    assert [issue.number for issue in repository.open_issues(everything=True)] == [9, 7]


def test_a_branch_and_what_is_on_it(github: responses.RequestsMock, repository: Repository) -> None:
    # https://docs.github.com/en/rest/git
    tree = "9fb037999f264ba9a7fc6274d15fa3ae2ab98312"
    items = [
        {"path": "links", "mode": "040000", "type": "tree", "sha": tree},
        {"path": "links/00.txt", "mode": "100644", "type": "blob", "size": 3, "sha": "a"},
    ]
    reference = {"ref": "refs/heads/bot-state", "object": {"type": "commit", "sha": SHA}}
    github.get(f"{HERE}/git/ref/heads/bot-state", json=reference)
    github.get(f"{HERE}/git/ref/heads/nothing", json={"message": "Not Found"}, status=404)
    github.get(f"{HERE}/git/commits/{SHA}", json={"sha": SHA, "tree": {"sha": tree}})
    wanted = matchers.query_param_matcher({"recursive": "1"})
    github.get(f"{HERE}/git/trees/{tree}", json={"sha": tree, "tree": items, "truncated": False}, match=[wanted])
    assert repository.head("bot-state") == SHA
    assert repository.head("nothing") is None
    found = repository.tree(SHA)
    assert (found.sha, dict(found.files)) == (tree, {"links/00.txt": "a"})


def test_a_commit_without_parents_starts_from_nothing(github: responses.RequestsMock, repository: Repository) -> None:
    item = {"path": "a", "mode": "100644", "type": "blob", "content": "b"}
    trees = github.post(f"{HERE}/git/trees", json={"sha": "t"}, status=201)
    commits = github.post(f"{HERE}/git/commits", json={"sha": SHA}, status=201)
    assert repository.commit(lambda tree: f"of {tree}", [], None, {"a": b"b"}) == SHA
    assert json.loads(trees.calls[0].request.body) == {"tree": [item]}
    assert json.loads(commits.calls[0].request.body) == {"message": "of t", "tree": "t", "parents": []}


def test_the_issues_of_an_account_are_read_of_any_state_and_nobody_elses(
    github: responses.RequestsMock, repository: Repository
) -> None:
    bots = {"login": "github-actions[bot]", "type": "Bot"}
    found: list[Any] = [
        {"number": 9, "user": bots},
        {"number": 8, "user": bots, "pull_request": {"url": f"{HERE}/pulls/8"}},
        {"number": 7, "user": {"login": "mallory"}},
        {"number": 6, "user": bots, "state": "closed"},
    ]
    asked = {"state": "all", "creator": bots["login"], "sort": "created", "direction": "desc"}
    pages(github, f"{HERE}/issues", [found], **asked, labels="links")
    assert [issue.number for issue in repository.issues_of(bots["login"], "links")] == [9, 6]
    pages(github, f"{HERE}/issues", [found[:1]], **asked)
    assert [issue.number for issue in repository.issues_of(bots["login"])] == [9]


def pull(number: int, ref: str, full_name: str | None = NAME) -> dict[str, Any]:
    repo = {"full_name": full_name} if full_name else None
    return {"number": number, "head": {"ref": ref, "sha": SHA, "repo": repo}, "body": None, "state": "open"}


def test_pull_requests_of_forks_are_left_out_though_their_branches_are_named_like_the_bots(
    github: responses.RequestsMock, repository: Repository
) -> None:
    found = [pull(1, "bot/issue-1", "mallory/awesome-bird-songs"), pull(2, "bot/issue-1", None), pull(3, "bot/issue-1")]
    pages(github, f"{HERE}/pulls", [found], state="open", sort="created", direction="asc")
    assert [one.number for one in repository.open_pulls()] == [3]
    asked = {"state": "all", "head": "octocat:bot/issue-1", "sort": "created", "direction": "desc"}
    pages(github, f"{HERE}/pulls", [[*found, pull(4, "bot/issue-1"), pull(5, "bot/issue-10")]], **asked)
    assert [one.number for one in repository.pulls_of("bot/issue-1")] == [4, 3]


def test_a_repository_is_the_same_in_capitals(github: responses.RequestsMock, repository: Repository) -> None:
    found = [pull(1, "bot/issue-1", "Octocat/Awesome-Bird-Songs")]
    pages(github, f"{HERE}/pulls", [found], state="open", sort="created", direction="asc")
    assert [one.number for one in repository.open_pulls()] == [1]


def test_check_runs_are_the_newest_first(github: responses.RequestsMock, repository: Repository) -> None:
    runs = [{"id": one, "name": "Bibliography", "conclusion": None} for one in (3, 9, 5)]
    github.get(
        f"{HERE}/commits/{SHA}/check-runs",
        json={"total_count": 3, "check_runs": runs},
        match=[matchers.query_param_matcher({"check_name": "Bibliography"})],
    )
    assert [check.id for check in repository.checks(SHA, "Bibliography")] == [9, 5, 3]


def test_a_check_run_has_at_most_the_fifty_annotations_that_github_takes(
    github: responses.RequestsMock, repository: Repository
) -> None:
    github.post(f"{HERE}/check-runs", json={"id": 1}, status=201)
    notes = [Annotation("birds.bib", line, line, "failure", "No year") for line in range(1, 61)]
    repository.add_check(SHA, VERDICT, notes)
    sent = json.loads(github.calls[0].request.body or "")
    assert [note["start_line"] for note in sent["output"]["annotations"]] == list(range(1, 51))
    assert (sent["head_sha"], sent["status"], sent["conclusion"]) == (SHA, "completed", "success")


# --- Limits ----------------------------------------------------------------------------------------------------------

LIMITS = {
    "a secondary limit that says for how long": (403, SECONDARY, {"Retry-After": "60"}, "in 60 seconds"),
    "a second": (403, SECONDARY, {"Retry-After": "1"}, "in 1 second,"),
    "a secondary limit that does not": (
        403,
        SECONDARY,
        {"X-RateLimit-Remaining": "612", "X-RateLimit-Reset": str(AT_1405)},
        "in a minute",
    ),
    "too much content": (403, BLOCKED, {}, "in a minute"),
    "a secondary limit in other words": (403, {"message": "Slow down"}, {"Retry-After": "90"}, "in 90 seconds"),
    "429": (429, {"message": "Too many requests"}, {"Retry-After": "3600"}, "in 3,600 seconds"),
    "429 without a body": (429, None, {}, "in a minute"),
    "the primary limit": (
        403,
        PRIMARY,
        {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(AT_1405)},
        "at 14:05 UTC",
    ),
    "the primary limit in other words": (
        403,
        {"message": "No more today"},
        {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(AT_1405)},
        "at 14:05 UTC",
    ),
}


@pytest.mark.parametrize(("status", "body", "headers", "when"), LIMITS.values(), ids=LIMITS.keys())
@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_a_limit_ends_the_run_at_once_and_says_when_it_goes_on(
    github: responses.RequestsMock, verb: str, status: int, body: Any, headers: dict[str, str], when: str
) -> None:
    repository = connect(NAME, "secret", API)
    github.add(verb, f"{HERE}/issues/7/comments", json=body, status=status, headers=headers)
    with pytest.raises(LimitedError) as raised:
        repository.comments(7) if verb == "GET" else repository.add_comment(7, "Thank you")
    assert when in str(raised.value)
    assert len(github.calls) == 1


def test_a_real_connection_does_not_wait_for_a_limit_either(make_world: MakeWorld) -> None:
    world = make_world({"README.md": b"# Birds\n"})
    repository = connect(world.name, world.token, world.address)
    world.proxy.arm(1, Fault.SECONDARY_LIMIT)
    with pytest.raises(LimitedError, match="in 1 second,"):
        repository.settings()
    assert [request.status for request in world.proxy.requests] == [403]


@pytest.mark.parametrize(("remaining", "near"), [(1000, False), (50, False), (49, True), (0, True)])
def test_the_end_of_the_limit_is_seen_coming(
    github: responses.RequestsMock, repository: Repository, remaining: int, near: bool
) -> None:
    assert not repository.near_the_limit()
    headers = {
        "X-RateLimit-Limit": "1000",
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(AT_1405),
    }
    github.get(f"{HERE}/issues/7", json={"number": 7}, headers=headers)
    repository.issue(7)
    assert repository.near_the_limit() is near
    assert repository.limit_ends() == "at 14:05 UTC"


def test_a_limit_without_an_end_ends_within_the_hour(github: responses.RequestsMock, repository: Repository) -> None:
    headers = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "3"}
    github.get(f"{HERE}/issues/7", json={"number": 7}, headers=headers)
    repository.issue(7)
    assert repository.near_the_limit()
    assert repository.limit_ends() == "within the hour"


# --- Refusals --------------------------------------------------------------------------------------------------------


@write
def test_a_missing_permission_is_named_as_in_a_workflow(write: Callable[[Repository], object]) -> None:
    needed = {
        "add_blob": "contents: write",
        "commit": "contents: write",
        "create_branch": "contents: write",
        "move_branch": "contents: write",
        "delete_branch": "contents: write",
        "open_pull": "pull-requests: write",
        "edit_pull": "pull-requests: write",
        "close_pull": "pull-requests: write",
        "add_check": "checks: write",
        "edit_check": "checks: write",
        "enable_workflow": "actions: write",
    }
    [name] = [name for name, one in WRITES.items() if one is write]
    with responses.RequestsMock(assert_all_requests_are_fired=False) as github:
        for verb in VERBS:
            github.add(verb, ANYTHING, json=NOT_ACCESSIBLE, status=403)
        with pytest.raises(NotPermittedError) as raised:
            write(connect(NAME, "secret", API))
    assert "Resource not accessible by integration" in str(raised.value)
    assert str(raised.value).endswith(f"it needs the permission {needed.get(name, 'issues: write')}")


@pytest.mark.parametrize(
    ("header", "shown"),
    [("issues=write; pull_requests=write", "issues: write or pull-requests: write"), ("checks=read", "checks: read")],
)
def test_the_permission_is_the_one_that_github_names(
    github: responses.RequestsMock, repository: Repository, header: str, shown: str
) -> None:
    github.post(
        f"{HERE}/issues/7/comments",
        json=NOT_ACCESSIBLE,
        status=403,
        headers={"X-Accepted-GitHub-Permissions": header},
    )
    with pytest.raises(NotPermittedError, match=f"it needs the permission {shown}$"):
        repository.add_comment(7, "Thank you")


def test_the_name_of_a_repository_says_nothing_about_permissions(github: responses.RequestsMock) -> None:
    github.post(f"{API}/repos/git/pulls/check-runs", json=NOT_ACCESSIBLE, status=403)
    with pytest.raises(NotPermittedError, match=r"checks: write$"):
        connect("git/pulls", "secret", API).add_check(SHA, VERDICT, ())


def test_a_token_that_github_does_not_know(github: responses.RequestsMock, repository: Repository) -> None:
    github.get(f"{HERE}/issues/7", json={"message": "Bad credentials"}, status=401)
    with pytest.raises(NotPermittedError, match="GITHUB_TOKEN"):
        repository.issue(7)


def test_pull_requests_that_workflows_may_not_open(github: responses.RequestsMock, repository: Repository) -> None:
    said = {"message": "GitHub Actions is not permitted to create or approve pull requests."}
    github.post(f"{HERE}/pulls", json=said, status=403)
    with pytest.raises(PullsNotAllowedError, match="Allow GitHub Actions to create and approve pull requests"):
        repository.open_pull("bot/issue-7", "main", "Add it", "")


def test_a_second_pull_request_of_a_branch(github: responses.RequestsMock, repository: Repository) -> None:
    said = {
        "message": "Validation Failed",
        "errors": [
            {
                "resource": "PullRequest",
                "code": "custom",
                "message": "A pull request already exists for octocat:bot/issue-7.",
            }
        ],
    }
    github.post(f"{HERE}/pulls", json=said, status=422)
    with pytest.raises(MovedError):
        repository.open_pull("bot/issue-7", "main", "Add it", "")


def test_what_is_wrong_with_a_request_is_told_in_a_sentence(
    github: responses.RequestsMock, repository: Repository
) -> None:
    errors = [
        {"resource": "PullRequest", "code": "custom", "message": "No commits between main and bot/issue-7"},
        {"resource": "PullRequest", "field": "base", "code": "invalid"},
    ]
    github.post(f"{HERE}/pulls", json={"message": "Validation Failed", "errors": errors}, status=422)
    with pytest.raises(GitHubError) as raised:
        repository.open_pull("bot/issue-7", "main", "Add it", "")
    assert not isinstance(raised.value, MovedError)
    assert str(raised.value).endswith(
        "422: Validation Failed (No commits between main and bot/issue-7; PullRequest base invalid)"
    )


def test_what_is_wrong_may_be_a_text(github: responses.RequestsMock, repository: Repository) -> None:
    github.post(f"{HERE}/check-runs", json={"message": "Invalid request", "errors": "No such commit"}, status=422)
    with pytest.raises(GitHubError, match=r"422: Invalid request \(No such commit\)$"):
        repository.add_check(SHA, VERDICT, ())


@write
def test_an_archived_repository_takes_no_change(write: Callable[[Repository], object]) -> None:
    said = {"message": "Repository was archived so is read-only."}
    with responses.RequestsMock(assert_all_requests_are_fired=False) as github:
        for verb in VERBS:
            github.add(verb, ANYTHING, json=said, status=403)
        with pytest.raises(ReadOnlyError, match="archived"):
            write(connect(NAME, "secret", API))


def test_issues_that_are_switched_off(github: responses.RequestsMock, repository: Repository) -> None:
    said = {"message": "Issues are disabled for this repo", "documentation_url": "https://docs.github.com/v3/issues/"}
    github.get(f"{HERE}/issues/7", json=said, status=410)
    with pytest.raises(ReadOnlyError, match="switched off"):
        repository.issue(7)


def test_an_issue_that_was_deleted_is_missing_and_issues_are_not_said_to_be_off(
    github: responses.RequestsMock, repository: Repository
) -> None:
    github.get(f"{HERE}/issues/7", json={"message": "This issue was deleted"}, status=410)
    with pytest.raises(MissingError, match="/issues/7 was deleted"):
        repository.issue(7)


@pytest.mark.parametrize("number", [3, 7])
def test_an_issue_that_was_transferred_is_missing_whatever_its_number_is_there(
    github: responses.RequestsMock, repository: Repository, number: int
) -> None:
    there = f"{API}/repositories/1296269/issues/{number}"
    github.get(f"{HERE}/issues/7", status=301, headers={"Location": there}, json=MOVED_AWAY)
    with pytest.raises(MissingError, match="#7 was transferred"):
        repository.issue(7)
    assert len(github.calls) == 1


def test_what_github_does_not_know_is_missing(github: responses.RequestsMock, repository: Repository) -> None:
    github.get(f"{HERE}/issues/7", json={"message": "Not Found"}, status=404)
    github.get(f"{HERE}/branches/gone", json={"message": "Branch not found"}, status=404)
    github.get(f"{HERE}/collaborators/mallory/permission", json={"message": "Not Found"}, status=404)
    with pytest.raises(MissingError, match="knows nothing of /repos/"):
        repository.issue(7)
    assert repository.protection("gone") is None
    assert not repository.has_write_permission("mallory")


@pytest.mark.parametrize("name", ["comment", "label", "branch"])
def test_what_is_gone_already_is_deleted(github: responses.RequestsMock, repository: Repository, name: str) -> None:
    if name == "comment":
        github.delete(f"{HERE}/issues/comments/70", json={"message": "Not Found"}, status=404)
        repository.delete_comment(70)
    elif name == "label":
        github.delete(f"{HERE}/issues/7/labels/needs%2Finfo", json={"message": "Label does not exist"}, status=404)
        repository.remove_label(7, "needs/info")
    else:
        said = {"message": "Reference does not exist"}
        github.delete(f"{HERE}/git/refs/heads/bot/issue-7", json=said, status=422)
        repository.delete_branch("bot/issue-7")


@pytest.mark.parametrize(
    "said",
    [
        "Repository rule violations found\n\nCannot delete this ref\n\n",
        "Cannot delete protected branch",
    ],
)
def test_a_branch_that_a_rule_keeps_is_left(github: responses.RequestsMock, repository: Repository, said: str) -> None:
    github.delete(f"{HERE}/git/refs/heads/bot/issue-7", json={"message": said}, status=422)
    repository.delete_branch("bot/issue-7")


# --- Branches --------------------------------------------------------------------------------------------------------

# What GitHub answers to an update of a reference, with the status of each.
MOVED = [
    (422, "Update is not a fast forward"),
    (422, "Reference does not exist"),
    (404, "Not Found"),
]
PROTECTED = [
    (422, "Protected branch update failed for refs/heads/main."),
    (403, "Protected branch update failed for refs/heads/main."),
    (409, "Repository rule violations found\n\nChanges must be made through a pull request.\n\n"),
    (422, "Repository rule violations found\n\nCannot update this protected ref.\n\n"),
    (422, "Changes must be made through a pull request."),
    (422, 'Required status check "Bibliography" is expected.'),
    (422, 'Required status check "existing links" is expected. At least 1 approving review is required.'),
    (403, "You're not authorized to push to this branch. Visit https://docs.github.com/about-protected-branches"),
]


@pytest.mark.parametrize(("status", "said"), MOVED)
def test_a_branch_that_is_elsewhere_by_now(
    github: responses.RequestsMock, repository: Repository, status: int, said: str
) -> None:
    github.patch(f"{HERE}/git/refs/heads/main", json={"message": said}, status=status)
    with pytest.raises(MovedError, match="the branch main has moved"):
        repository.move_branch("main", SHA)


@pytest.mark.parametrize(("status", "said"), PROTECTED)
def test_a_branch_that_takes_no_direct_commits(
    github: responses.RequestsMock, repository: Repository, status: int, said: str
) -> None:
    github.patch(f"{HERE}/git/refs/heads/main", json={"message": said}, status=status)
    with pytest.raises(ProtectedError, match="the branch main is protected"):
        repository.move_branch("main", SHA)


def test_a_branch_is_made_only_once(github: responses.RequestsMock, repository: Repository) -> None:
    github.post(f"{HERE}/git/refs", json={"message": "Reference already exists"}, status=422)
    with pytest.raises(MovedError):
        repository.create_branch("bot/issue-7", SHA)


def test_rules_may_keep_the_bot_from_making_branches(github: responses.RequestsMock, repository: Repository) -> None:
    said = "Repository rule violations found\n\nCannot create ref due to creations being restricted.\n\n"
    github.post(f"{HERE}/git/refs", json={"message": said}, status=422)
    with pytest.raises(ProtectedError):
        repository.create_branch("bot/issue-7", SHA)


@pytest.mark.parametrize("name", ["octocat/rules-of-required-birds", "protected/already exists"])
def test_the_name_of_a_repository_says_nothing_about_its_branches(github: responses.RequestsMock, name: str) -> None:
    github.patch(re.compile(f"{API}/.*"), json=NOT_ACCESSIBLE, status=403)
    with pytest.raises(NotPermittedError, match="contents: write"):
        connect(name, "secret", API).move_branch("main", SHA)


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [(403, SECONDARY, LimitedError), (403, {"message": "Repository was archived so is read-only."}, ReadOnlyError)],
)
def test_a_limit_is_no_protection_and_neither_is_an_archive(
    github: responses.RequestsMock, repository: Repository, status: int, said: Any, kind: type[GitHubError]
) -> None:
    github.patch(f"{HERE}/git/refs/heads/main", json=said, status=status)
    with pytest.raises(kind):
        repository.move_branch("main", SHA)


def test_a_branch_is_moved_by_compare_and_set_whatever_it_is_called(
    github: responses.RequestsMock, repository: Repository
) -> None:
    github.patch(
        f"{HERE}/git/refs/heads/list%232/100%25",
        json={"ref": "refs/heads/list#2/100%"},
        match=[matchers.json_params_matcher({"sha": SHA, "force": False})],
    )
    repository.move_branch("list#2/100%", SHA)


# --- Who -------------------------------------------------------------------------------------------------------------


def test_a_workflows_own_token_may_not_ask_who_it_is(github: responses.RequestsMock, repository: Repository) -> None:
    github.get(f"{API}/user", json=NOT_ACCESSIBLE, status=403)
    assert repository.login() == "github-actions[bot]"
    assert repository.login() == "github-actions[bot]"
    assert len(github.calls) == 1


def test_a_workflows_own_token_is_known_by_its_beginning(github: responses.RequestsMock) -> None:
    repository = connect(NAME, "ghs_of_a_workflow", API)
    assert repository.login() == "github-actions[bot]"
    assert repository.requests == len(github.calls) == 0


def test_a_persons_token_tells_whose_it_is(github: responses.RequestsMock, repository: Repository) -> None:
    assert repository.is_own("github-actions[bot]")
    github.get(f"{API}/user", json={"login": "octocat", "id": 1, "type": "User"})
    assert repository.login() == "octocat"
    assert repository.is_own("octocat")
    assert not repository.is_own("github-actions[bot]")


@pytest.mark.parametrize(("status", "said"), [(401, {"message": "Bad credentials"}), (403, SECONDARY), (500, {})])
def test_who_it_is_is_not_guessed_when_github_does_not_tell(
    github: responses.RequestsMock, status: int, said: Any
) -> None:
    github.get(f"{API}/user", json=said, status=status)
    with pytest.raises(GitHubError):
        connect(NAME, "secret", API, retries=0).login()


@pytest.mark.parametrize(
    ("answer", "may"),
    [
        ({"permission": "admin", "role_name": "admin"}, True),
        ({"permission": "write", "role_name": "maintain"}, True),
        ({"permission": "write", "role_name": "curator of the list"}, True),
        ({"permission": "read", "role_name": "triage"}, False),
        ({"permission": "read", "role_name": "read"}, False),
        ({"permission": "none", "role_name": ""}, False),
        ({}, False),
    ],
)
def test_who_may_write(
    github: responses.RequestsMock, repository: Repository, answer: dict[str, str], may: bool
) -> None:
    github.get(f"{HERE}/collaborators/octocat/permission", json=answer)
    assert repository.has_write_permission("octocat") is may


# --- Apps ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def app(private_key: rsa.RSAPrivateKey) -> App:
    pem = private_key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return App("1001", pem.decode())


def test_an_apps_token_is_used_and_its_account_is_known(
    github: responses.RequestsMock, app: App, private_key: rsa.RSAPrivateKey
) -> None:
    installation = {"id": 42, "app_id": 1001, "app_slug": "list-keeper"}
    github.get(f"{HERE}/installation", json=installation)
    made = {"token": "ghs_of_the_app", "expires_at": "2030-01-01T00:00:00Z", "permissions": {"issues": "write"}}
    github.post(f"{API}/app/installations/42/access_tokens", json=made, status=201)
    github.get(f"{HERE}/issues/7", json={"number": 7})
    repository = connect(NAME, "", API, app=app)
    assert repository.login() == "list-keeper[bot]"
    assert repository.is_own("list-keeper[bot]")
    assert not repository.is_own("github-actions[bot]")
    repository.issue(7)
    asked = [str(call.request.headers["Authorization"]) for call in github.calls]
    for header in asked[:2]:
        claims = jwt.decode(header.removeprefix("Bearer "), private_key.public_key(), algorithms=["RS256"])
        assert claims["iss"] == "1001"
    assert asked[2] == "token ghs_of_the_app"


@pytest.mark.parametrize("key", ["nonsense", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n"])
def test_a_key_that_is_none_is_told_in_a_sentence_that_does_not_show_it(key: str) -> None:
    with pytest.raises(GitHubError, match="look at BOT_APP_ID and BOT_APP_KEY") as raised:
        connect(NAME, "", API, app=App("1001", key))
    assert "1001" in str(raised.value)
    assert key not in str(raised.value)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "A JSON web token could not be decoded"),
        (404, "Integration not found"),
        (404, "Not Found"),
    ],
)
def test_an_app_that_is_not_known_or_not_installed(
    github: responses.RequestsMock, app: App, status: int, said: str
) -> None:
    github.get(f"{HERE}/installation", json={"message": said}, status=status)
    with pytest.raises(NotPermittedError) as raised:
        connect(NAME, "", API, app=app)
    assert said in str(raised.value)
    assert "BOT_APP_KEY" in str(raised.value)
    assert "GITHUB_TOKEN" not in str(raised.value)


@pytest.mark.parametrize("name", ["maintainer", ""])
def test_an_app_of_a_repository_without_an_owner(github: responses.RequestsMock, app: App, name: str) -> None:
    github.get(re.compile(f"{API}/repos/.*"), json={"message": "Not Found"}, status=404)
    with pytest.raises(NotPermittedError, match="look at BOT_APP_ID and BOT_APP_KEY"):
        connect(name, "", API, app=app)


def test_an_app_of_a_repository_that_was_renamed(github: responses.RequestsMock, app: App) -> None:
    there = {"Location": f"{API}/repositories/1296269/installation"}
    github.get(f"{HERE}/installation", json=MOVED_AWAY, status=301, headers=there)
    with pytest.raises(GitHubError, match="renamed"):
        connect(NAME, "", API, app=app)


def test_an_app_may_reach_a_limit_too(github: responses.RequestsMock, app: App) -> None:
    github.get(f"{HERE}/installation", json=SECONDARY, status=403, headers={"Retry-After": "60"})
    with pytest.raises(LimitedError, match="in 60 seconds"):
        connect(NAME, "", API, app=app)


def test_an_app_is_told_of_a_connection_that_breaks(github: responses.RequestsMock, app: App) -> None:
    github.get(f"{HERE}/installation", body=requests.ConnectionError())
    with pytest.raises(GitHubError, match="ConnectionError"):
        connect(NAME, "", API, app=app, retries=0)


@pytest.mark.parametrize(
    "address", ["", "api.github.com", "ftp://api.github.com", "https://", "http://[::1", "http://localhost:port"]
)
@pytest.mark.parametrize("kind", ["token", "app"])
def test_an_address_that_is_none_is_told_before_anything_is_asked(app: App, address: str, kind: str) -> None:
    with pytest.raises(UsageError, match="GITHUB_API_URL is no address of GitHub's API"):
        connect(NAME, "secret", address, app=app if kind == "app" else None)


# --- Odd answers -----------------------------------------------------------------------------------------------------

READS: dict[str, Callable[[Repository], object]] = {
    "issue": lambda repository: repository.issue(7),
    "comments": lambda repository: repository.comments(7),
    "open_issues": lambda repository: repository.open_issues(),
    "open_pulls": lambda repository: repository.open_pulls(),
    "pulls_of": lambda repository: repository.pulls_of("bot/issue-7"),
    "pull": lambda repository: repository.pull(8),
    "checks": lambda repository: repository.checks(SHA, "Bibliography"),
    "labels": lambda repository: repository.labels(),
    "workflows": lambda repository: repository.workflows(),
    "commit": WRITES["commit"],
    "add_comment": WRITES["add_comment"],
    "open_pull": WRITES["open_pull"],
}
ODD = {
    "nothing": "",
    "a page for people": "<!DOCTYPE html><title>Unicorn!</title>",
    "half of it": '{"number": 7, "ti',
    "text": '"yes"',
    "a number": "7",
    "null": "null",
    "a list of nothing known": "[17, null]",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("status", [200, 400, 403, 422])
@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_an_answer_that_nobody_expects_is_an_error_of_githubs(
    read: Callable[[Repository], object], status: int, text: str
) -> None:
    repository = connect(NAME, "secret", API, retries=0)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as github:
        for verb in ("GET", *VERBS):
            github.add(verb, ANYTHING, body=text, status=status)
        with pytest.raises(GitHubError):
            read(repository)


def test_an_object_without_what_is_needed_is_an_error_of_githubs(repository: Repository) -> None:
    for read in (READS["issue"], READS["pull"], READS["checks"], READS["workflows"], READS["labels"], READS["commit"]):
        with responses.RequestsMock(assert_all_requests_are_fired=False) as github:
            for verb in ("GET", "POST"):
                github.add(verb, ANYTHING, json={"hello": "world"})
            with pytest.raises(GitHubError, match="something unexpected"):
                read(repository)


def test_an_account_that_is_gone_is_the_ghost_and_a_text_may_be_missing(
    github: responses.RequestsMock, repository: Repository
) -> None:
    github.get(f"{HERE}/issues/7", json={"number": 7, "title": "A bird", "user": None, "body": None, "labels": []})
    issue = repository.issue(7)
    assert (issue.author.login, issue.body) == ("ghost", None)
    pages(github, f"{HERE}/issues/7/comments", [[{"id": 70, "user": None, "body": None}]])
    [comment] = repository.comments(7)
    assert (comment.author.login, comment.body) == ("ghost", None)


def test_what_github_adds_to_its_answers_is_left_out(github: responses.RequestsMock, repository: Repository) -> None:
    label = {"id": 1, "name": "add-paper", "color": "0e8a16", "default": False, "news": {"of": "tomorrow"}}
    github.get(f"{HERE}/issues/7", json={"number": 7, "labels": [label], "reactions": {"+1": 3}, "type": None})
    assert repository.issue(7).labels == (Label("add-paper"),)


# --- Commits ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def birds(make_world: MakeWorld) -> World:
    return make_world(
        {
            "README.md": b"# Birds\n",
            "data/birds.bib": b"@misc{a}\n",
            "data/more/owls.bib": b"@misc{b}\n",
            "data/more/gulls.bib": b"@misc{c}\n",
        }
    )


def test_a_commit_is_what_git_would_make_of_the_same_change(birds: World, tmp_path: Path) -> None:
    clone = birds.clone(tmp_path / "clone")
    head = birds.branches()["main"]
    tree = git(clone, "rev-parse", f"{head}^{{tree}}").decode().strip()
    owls = git(clone, "rev-parse", f"{head}:data/more/owls.bib").decode().strip()
    repository = connect(birds.name, birds.token, birds.address)
    told: list[str] = []

    def message(made: str) -> str:
        told.append(made)
        return f"Take them over\n\nBot-Tree: {made}"

    files = {
        "data/birds.bib": "@misc{é}\n".encode(),
        "data/new/deep/wrens.bib": b"@misc{d}\r\n",
        "data/more/gulls.bib": None,
        "copy/of/owls.bib": Blob(owls),
        "bin/run": Blob(owls, "100755"),
    }
    sha = repository.commit(message, [head], tree, files)
    assert repository.writes == 2
    repository.create_branch("bot/issue-7", sha)
    (clone / "data/birds.bib").write_bytes("@misc{é}\n".encode())
    (clone / "data/new/deep").mkdir(parents=True)
    (clone / "data/new/deep/wrens.bib").write_bytes(b"@misc{d}\r\n")
    (clone / "data/more/gulls.bib").unlink()
    (clone / "copy/of").mkdir(parents=True)
    (clone / "copy/of/owls.bib").write_bytes(b"@misc{b}\n")
    (clone / "bin").mkdir()
    (clone / "bin/run").write_bytes(b"@misc{b}\n")
    (clone / "bin/run").chmod(0o755)
    git(clone, "-c", "core.autocrlf=false", "add", "--all")
    wanted = git(clone, "write-tree").decode().strip()
    assert told == [wanted]
    [shown, _] = birds.log("bot/issue-7", "%T %P %B")
    assert shown.strip() == f"{wanted} {head} Take them over\n\nBot-Tree: {wanted}"


def test_a_file_in_another_encoding_is_committed_byte_for_byte(birds: World) -> None:
    head = birds.branches()["main"]
    [tree, *_] = birds.log("main", "%T")
    repository = connect(birds.name, birds.token, birds.address)
    data = "@misc{é, title = {Grüße}}\n".encode("latin-1")
    repository.create_branch("latin", repository.commit(lambda made: made, [head], tree, {"data/birds.bib": data}))
    assert birds.file("data/birds.bib", "latin") == data


def test_a_branch_that_somebody_moved_is_left_where_it_is(birds: World) -> None:
    repository = connect(birds.name, birds.token, birds.address)
    head = birds.branches()["main"]
    [tree, *_] = birds.log("main", "%T")
    made = repository.commit(lambda made: made, [head], tree, {"README.md": b"# Owls\n"})
    theirs = birds.maintainer.commit("main", {"README.md": b"# Gulls\n"}, "Gulls")
    with pytest.raises(MovedError):
        repository.move_branch("main", made)
    assert birds.branches()["main"] == theirs
