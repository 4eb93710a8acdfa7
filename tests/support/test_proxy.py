"""The proxy: what it records, how it breaks a request, and that the mirror keeps step."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from github import Auth, Github, GithubException, GithubIntegration
from github.Repository import Repository

from tests.support.emulator import ApiError, Emulator
from tests.support.fixtures import MakeWorld
from tests.support.git import git
from tests.support.proxy import Fault, Proxy, Request
from tests.support.world import World


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world({"a": b"1\n"})


@pytest.fixture
def repository(world: World) -> Iterator[Repository]:
    """The world's repository as the bot sees it: through the proxy, asked once."""
    auth = Auth.Token(world.token)
    with Github(
        base_url=world.address,
        auth=auth,
        timeout=2,
        retry=None,
        per_page=2,
        seconds_between_requests=0,
        seconds_between_writes=0,
    ) as api:
        found = api.get_repo(world.name)
        world.proxy.clear()
        yield found


def shown(found: list[Request]) -> list[tuple[str, str, int | None]]:
    return [(request.method, request.path.removeprefix("/repos/"), request.status) for request in found]


def test_it_records_each_request_with_the_status_that_the_bot_got(world: World, repository: Repository) -> None:
    number = world.maintainer.file_issue("Title", "Body")
    repository.get_issues(state="all")[0]
    repository.get_issue(number).create_comment("Hello")
    with pytest.raises(GithubException):
        repository.get_issue(99)
    root = world.name
    assert shown(world.proxy.requests) == [
        ("GET", f"{root}/issues", 200),
        ("GET", f"{root}/issues/1", 200),
        ("POST", f"{root}/issues/1/comments", 201),
        ("GET", f"{root}/issues/99", 404),
    ]
    assert shown(world.proxy.writes) == [("POST", f"{root}/issues/1/comments", 201)]
    world.proxy.clear()
    assert world.proxy.requests == []


def test_links_and_addresses_in_answers_lead_through_it(world: World, repository: Repository) -> None:
    for at in range(5):
        world.maintainer.file_issue(f"Title {at}", "Body")
    issues = list(repository.get_issues(sort="created", direction="asc"))
    assert [issue.number for issue in issues] == [1, 2, 3, 4, 5]
    issues[0].edit(body="Edited")
    assert issues[0].url.startswith(f"{world.address}/repos/")
    assert [method for method, _, _ in shown(world.proxy.requests)] == ["GET", "GET", "GET", "PATCH"]


def test_what_the_api_has_just_done_can_be_fetched(world: World, repository: Repository, tmp_path: Path) -> None:
    clone = world.clone(tmp_path / "clone")
    head = repository.get_branch("main").commit.sha
    repository.create_git_ref("refs/heads/bot/issue-1", head)
    repository.create_file("b", "New", b"2\n", branch="bot/issue-1")
    git(clone, "fetch", "--quiet", "origin")
    assert git(clone, "show", "origin/bot/issue-1:b") == b"2\n"
    repository.requester.requestJsonAndCheck("DELETE", f"/repos/{world.name}/git/refs/heads/bot/issue-1")
    git(clone, "fetch", "--quiet", "--prune", "origin")
    assert git(clone, "branch", "--remotes", "--list", "origin/bot/*") == b""


def test_the_app_is_installed_and_writes_as_itself(world: World) -> None:
    auth = Auth.AppAuth(world.app.id, world.app.key)
    with GithubIntegration(base_url=world.address, auth=auth) as integration:
        installation = integration.get_repo_installation(*world.name.split("/"))
        token = integration.get_access_token(installation.id, permissions={"issues": "write"}).token
    number = world.maintainer.file_issue("Title", "Body")
    with Github(base_url=world.address, auth=Auth.Token(token), seconds_between_writes=0, lazy=True) as api:
        api.get_repo(world.name).get_issue(number).create_comment("Hello")
    (comment,) = world.comments(number)
    assert (comment["user"]["login"], comment["user"]["type"]) == (world.app.login, "Bot")


# Fault → what the bot gets (a status, or an exception), whether the comment is made.
FAULTS = {
    Fault.BEFORE: (requests.ConnectionError, False),
    Fault.AFTER: (requests.ConnectionError, True),
    Fault.ERROR: (500, False),
    Fault.BAD_GATEWAY: (502, True),
    Fault.SECONDARY_LIMIT: (403, False),
    Fault.TIMEOUT: (requests.ReadTimeout, False),
}


@pytest.mark.parametrize("fault", Fault)
def test_a_fault_breaks_the_request_of_its_number_and_no_other(
    world: World, repository: Repository, fault: Fault
) -> None:
    issue = repository.get_issue(world.maintainer.file_issue("Title", "Body"))
    world.proxy.clear()
    world.proxy.arm(2, fault)
    issue.create_comment("One")
    got, done = FAULTS[fault]
    with pytest.raises((GithubException, requests.RequestException)) as caught:
        issue.create_comment("Two")
    error = caught.value
    assert (error.status if isinstance(error, GithubException) else type(error)) == got
    issue.create_comment("Three")
    assert [comment["body"] for comment in world.comments(1)] == ["One", *(["Two"] if done else []), "Three"]
    status = got if isinstance(got, int) else None
    assert [request.status for request in world.proxy.requests] == [201, status, 201]
    world.proxy.clear()
    issue.create_comment("Four")
    issue.create_comment("Five")
    assert [request.status for request in world.proxy.requests] == [201, 201]


def test_the_secondary_limit_says_when_to_come_again(world: World) -> None:
    world.proxy.arm(1, Fault.SECONDARY_LIMIT)
    answer = requests.get(f"{world.address}/repos/{world.name}", timeout=5)
    assert answer.headers["Retry-After"] == "1"
    assert "secondary rate limit" in answer.json()["message"]


def test_a_move_of_a_branch_that_is_not_answered_is_in_the_mirror_all_the_same(
    world: World, repository: Repository
) -> None:
    world.proxy.arm(1, Fault.AFTER)
    with pytest.raises(requests.ConnectionError):
        repository.create_file("b", "New", b"2\n", branch="main")
    assert git(world.mirror.path, "show", "main:b") == b"2\n"


def test_for_good_nothing_gets_through_until_it_is_cleared(world: World, repository: Repository) -> None:
    issue = repository.get_issue(world.maintainer.file_issue("Title", "Body"))
    world.proxy.clear()
    world.proxy.arm(1, Fault.AFTER, for_good=True)
    for text in ("One", "Two", "Three"):
        with pytest.raises(requests.ConnectionError):
            issue.create_comment(text)
    world.proxy.clear()
    issue.create_comment("Four")
    assert [comment["body"] for comment in world.comments(1)] == ["One", "Four"]


def test_an_action_happens_right_before_its_request_is_passed_on(world: World, repository: Repository) -> None:
    number = world.maintainer.file_issue("Title", "Body")
    world.proxy.on_request(2, lambda: world.maintainer.edit_issue(number, body="Edited meanwhile"))
    assert [repository.get_issue(number).body for _ in range(3)] == ["Body", "Edited meanwhile", "Edited meanwhile"]


def test_what_an_action_raises_is_raised_at_the_end(emulator: Emulator, world: World) -> None:
    proxy = Proxy(emulator, world.mirror.update)
    proxy.on_request(1, lambda: world.maintainer.close_issue(99))
    assert requests.get(f"{proxy.address}/repos/{world.name}", timeout=5).status_code == 200
    with pytest.raises(ApiError, match="404"):
        proxy.close()


def test_many_ask_at_once(world: World) -> None:
    number = world.maintainer.file_issue("Title", "Body")
    headers = {"Authorization": f"token {world.token}"}
    address = f"{world.address}/repos/{world.name}/issues/{number}/comments"

    def ask(text: str) -> Callable[[], object]:
        return lambda: requests.post(address, json={"body": text}, headers=headers, timeout=10)

    threads = [threading.Thread(target=ask(str(at))) for at in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {comment["body"] for comment in world.comments(number)} == {str(at) for at in range(20)}
    assert [request.status for request in world.proxy.requests] == [201] * 20


def test_a_client_that_waits_does_not_hold_up_the_end(emulator: Emulator, world: World) -> None:
    proxy = Proxy(emulator, world.mirror.update)
    proxy.arm(1, Fault.TIMEOUT)
    failed: list[Exception] = []

    def ask() -> None:
        try:
            requests.get(proxy.address, timeout=60)
        except requests.RequestException as error:
            failed.append(error)

    waiting = threading.Thread(target=ask)
    waiting.start()
    while not proxy.requests:
        time.sleep(0.01)
    proxy.close()
    waiting.join(10)
    assert len(failed) == 1
