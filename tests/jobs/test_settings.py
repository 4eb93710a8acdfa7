"""Where a setting or a permission is missing a run still ends well: through the command line, as in a workflow."""

import re
from pathlib import Path

import pytest

from tests.support import events
from tests.support.command import Command
from tests.support.desk import PAPER, birds, form
from tests.support.emulator import BOT, CONTRIBUTORS
from tests.support.fixtures import MakeWorld
from tests.support.git import git
from tests.support.proxy import Answer, Fault
from tests.support.world import World

CONTRIBUTOR = CONTRIBUTORS[0]
NOT_ALLOWED = Answer(403, {"message": "GitHub Actions is not permitted to create or approve pull requests."})
NOT_ACCESSIBLE = Answer(403, {"message": "Resource not accessible by integration"})
ARCHIVED = Answer(403, {"message": "Repository was archived so is read-only."})
ISSUES_OFF = Answer(410, {"message": "Issues are disabled for this repo"})
LATE = 4_102_444_800 + (14 * 60 + 5) * 60
NEARLY_DONE = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "12", "X-RateLimit-Reset": str(LATE)}
LIMITED = Answer(
    403,
    {"message": "API rate limit exceeded for installation ID 4242."},
    {**NEARLY_DONE, "X-RateLimit-Remaining": "0"},
)
SETTING = "Allow GitHub Actions to create and approve pull requests"


@pytest.fixture
def command(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    return Command(world, tmp_path, monkeypatch, capsys)


def file(world: World, answers: dict[str, str] = PAPER, labels: tuple[str, ...] = ("add-paper",)) -> int:
    return world.person(CONTRIBUTOR).file_issue("A form", form(answers), list(labels))


def comment(world: World, number: int) -> str:
    [found] = world.comments(number)
    text: str = found["body"]
    return text


def test_a_run_as_in_a_workflow(world: World, command: Command) -> None:
    number = file(world)
    command.event(events.issues(world, "opened", number, CONTRIBUTOR).payload)
    ended = command.run("respond", str(number))
    assert ended.status == 0
    assert re.fullmatch(rf"#{number}: .+\n", ended.out)
    assert ended.err == ""
    assert len(ended.summary.splitlines()) == 1
    [pull] = world.pulls(f"bot/issue-{number}")
    assert f"#{pull['number']}" in comment(world, number)


# --- Pull requests by workflows --------------------------------------------------------------------------------------


def test_where_workflows_may_not_open_pull_requests_the_branch_is_kept_and_a_person_can_open_it(
    world: World, command: Command
) -> None:
    number = file(world)
    world.proxy.answer("POST", r"/pulls$", NOT_ALLOWED)
    ended = command.run("respond", str(number))
    assert ended.status == 0
    assert world.pulls() == []
    branch = world.file("data/birds.bib", f"bot/issue-{number}")
    assert branch is not None
    assert b"Thoreau2019" in branch
    text = comment(world, number)
    assert f"https://github.com/{world.name}/compare/main...bot/issue-{number}?expand=1" in text
    assert SETTING in text
    assert "Thoreau2019" in text


def test_as_long_as_they_may_not_a_later_run_says_nothing_new(world: World, command: Command) -> None:
    number = file(world)
    world.proxy.answer("POST", r"/pulls$", NOT_ALLOWED)
    command.run("respond", str(number))
    before, at = comment(world, number), world.branches()
    assert command.run("respond", str(number)).status == 0
    assert comment(world, number) == before
    assert world.branches() == at


@pytest.mark.parametrize("how", ["an edit", "a retry", "catching up"])
def test_when_the_setting_is_ticked_the_next_run_opens_it(world: World, command: Command, how: str) -> None:
    number = file(world)
    world.proxy.answer("POST", r"/pulls$", NOT_ALLOWED)
    command.run("respond", str(number))
    world.proxy.clear()
    if how == "a retry":
        world.maintainer.comment(number, "/bot retry")
    ended = command.run("refresh", "--catch-up") if how == "catching up" else command.run("respond", str(number))
    assert ended.status == 0
    [pull] = world.pulls(f"bot/issue-{number}")
    assert pull["state"] == "open"
    text = next(one["body"] for one in world.comments(number) if "<!-- bot:answer " in one["body"])
    assert f"#{pull['number']}" in text
    assert SETTING not in text


def test_pages_of_a_protected_branch_that_no_workflow_may_propose_name_the_setting(
    world: World, command: Command
) -> None:
    world.proxy.answer("PATCH", r"/git/refs/heads/main$", Answer(422, {"message": "Protected branch update failed"}))
    world.proxy.answer("POST", r"/pulls$", NOT_ALLOWED)
    for _ in range(2):
        ended = command.run("refresh")
        assert ended.status == 0
        assert SETTING in ended.out
        assert world.branches().keys() == {"main", "bot/pages"}
    world.proxy.clear()
    world.proxy.answer("PATCH", r"/git/refs/heads/main$", Answer(422, {"message": "Protected branch update failed"}))
    assert command.run("refresh").status == 0
    [pull] = world.pulls("bot/pages")
    assert pull["state"] == "open"


# --- Permissions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("POST", r"/git/trees$", "contents: write"),
        ("POST", r"/git/refs$", "contents: write"),
        ("POST", r"/pulls$", "pull-requests: write"),
        ("POST", r"/check-runs$", "checks: write"),
        ("POST", r"/issues/\d+/comments$", "issues: write"),
    ],
)
def test_a_missing_permission_is_named_and_the_next_run_finishes(
    world: World, command: Command, method: str, path: str, permission: str
) -> None:
    number = file(world)
    world.proxy.answer(method, path, NOT_ACCESSIBLE)
    ended = command.run("respond", str(number))
    assert ended.status == 1
    [error] = [line for line in ended.out.splitlines() if line.startswith("::error")]
    assert error.endswith(f"it needs the permission {permission}")
    assert permission in ended.summary
    world.proxy.clear()
    assert command.run("respond", str(number)).status == 0
    [pull] = world.pulls(f"bot/issue-{number}")
    assert f"#{pull['number']}" in comment(world, number)
    [check] = world.checks(world.branches()[f"bot/issue-{number}"])
    assert check["conclusion"] == "success"


def test_a_missing_permission_for_labels_is_named(world: World, command: Command) -> None:
    number = file(world, {**PAPER, "year": "soon"})
    world.proxy.answer("POST", r"/labels$", NOT_ACCESSIBLE)
    ended = command.run("respond", str(number))
    assert ended.status == 1
    assert "issues: write" in ended.out


def test_outside_of_a_workflow_an_error_is_on_standard_error(
    world: World, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = file(world)
    monkeypatch.delenv("GITHUB_ACTIONS")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    world.proxy.answer("POST", r"/git/trees$", NOT_ACCESSIBLE)
    ended = command.run("respond", str(number))
    assert ended.status == 1
    assert ended.out == ""
    assert re.fullmatch(r"error: .*contents: write\n", ended.err)


# --- Nothing to be changed -------------------------------------------------------------------------------------------


def test_an_archived_repository_is_no_failure(world: World, command: Command) -> None:
    number = file(world)
    for method in ("POST", "PATCH", "PUT", "DELETE"):
        world.proxy.answer(method, "", ARCHIVED)
    for arguments in (("respond", str(number)), ("refresh",), ("refresh", "--catch-up")):
        ended = command.run(*arguments)
        assert ended.status == 0
        assert re.search(r"^::notice::.*archived", ended.out, re.MULTILINE)
        assert "archived" in ended.summary


def test_issues_that_are_switched_off_are_no_failure(world: World, command: Command) -> None:
    number = file(world)
    world.proxy.answer("GET", r"/issues(/\d+)?$", ISSUES_OFF)
    for arguments in (("respond", str(number)), ("refresh", "--catch-up")):
        ended = command.run(*arguments)
        assert ended.status == 0
        assert re.search(r"^::notice::.*switched off", ended.out, re.MULTILINE)


# --- Limits ----------------------------------------------------------------------------------------------------------


def test_a_secondary_limit_at_any_request_ends_the_run_and_the_next_one_finishes(
    make_world: MakeWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    undisturbed = Command(make_world(birds()), tmp_path / "undisturbed", monkeypatch, capsys)
    undisturbed.run("respond", str(file(undisturbed.world)))
    for number in range(1, len(undisturbed.world.proxy.requests) + 1):
        command = Command(make_world(birds()), tmp_path / f"run-{number}", monkeypatch, capsys)
        issue = file(command.world)
        command.world.proxy.arm(number, Fault.SECONDARY_LIMIT)
        ended = command.run("respond", str(issue))
        assert ended.status == 0
        assert re.search(r"^::notice::.*it goes on in 1 second,", ended.out, re.MULTILINE)
        assert "it goes on in 1 second," in ended.summary
        assert len(command.world.proxy.requests) == number
        command.world.proxy.clear()
        assert command.run("respond", str(issue)).status == 0
        [pull] = command.world.pulls(f"bot/issue-{issue}")
        assert f"#{pull['number']}" in comment(command.world, issue)


def test_the_limit_of_an_hour_ends_the_run_and_says_when_it_goes_on(world: World, command: Command) -> None:
    number = file(world)
    world.proxy.answer("GET", r"/pulls$", LIMITED)
    ended = command.run("respond", str(number))
    assert ended.status == 0
    assert "it goes on at 14:05 UTC" in ended.out


def test_near_its_limit_a_run_begins_nothing_new_and_the_next_one_finishes(world: World, command: Command) -> None:
    other = {"paper-title": "Owls by day", "authors": "Poe, Edgar Allan", "year": "2020", "venue": "Bioacoustics"}
    first, second = file(world), file(world, other)
    world.proxy.answer("PUT", r"/enable$", Answer(204, None, NEARLY_DONE))
    ended = command.run("refresh", "--catch-up")
    assert ended.status == 0
    assert "at 14:05 UTC" in ended.out
    assert "at 14:05 UTC" in ended.summary
    assert world.pulls() == []
    world.proxy.clear()
    assert command.run("refresh", "--catch-up").status == 0
    for number in (first, second):
        [pull] = world.pulls(f"bot/issue-{number}")
        assert f"#{pull['number']}" in comment(world, number)


# --- What the run is told --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("respond", "1"), ("refresh",), ("doctor",)])
def test_without_a_token_nothing_is_begun(
    world: World, command: Command, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    ended = command.run(*arguments)
    assert ended.status == 2
    assert re.fullmatch(r"error: GITHUB_TOKEN is not set[^\n]*\n", ended.err)
    assert world.proxy.requests == []


def test_a_key_of_an_app_that_is_none(world: World, command: Command) -> None:
    command.set(BOT_APP_ID="1001", BOT_APP_KEY="a secret that is no key")
    ended = command.run("respond", "1")
    assert ended.status == 1
    assert re.fullmatch(r"::error::[^\n]*look at BOT_APP_ID and BOT_APP_KEY[^\n]*\n", ended.out)
    assert "the token of the App 1001" in ended.summary
    assert "a secret" not in ended.out + ended.err + ended.summary
    assert world.proxy.requests == []


def test_a_key_of_an_app_without_its_id_is_not_used(world: World, command: Command) -> None:
    number = file(world)
    command.set(BOT_APP_ID="", BOT_APP_KEY="a secret that is no key")
    assert command.run("respond", str(number)).status == 0
    assert len(world.pulls(f"bot/issue-{number}")) == 1


def test_an_address_of_the_api_that_is_none(world: World, command: Command) -> None:
    command.set(GITHUB_API_URL="api.github.com")
    ended = command.run("respond", "1")
    assert ended.status == 2
    assert re.fullmatch(r"error: GITHUB_API_URL is no address of GitHub's API: api.github.com;[^\n]*\n", ended.err)


@pytest.mark.parametrize("arguments", [("respond", "1"), ("refresh", "--catch-up")])
def test_a_repository_that_was_renamed_meanwhile_is_left_to_a_run_that_knows_its_name(
    world: World, command: Command, arguments: tuple[str, ...]
) -> None:
    file(world)
    before = world.branches()
    there = {"Location": f"{world.address}/repositories/1"}
    for method, status in (("GET", 301), ("POST", 307), ("PATCH", 307), ("PUT", 307), ("DELETE", 307)):
        world.proxy.answer(method, "", Answer(status, {"message": "Moved Permanently"}, there))
    ended = command.run(*arguments)
    assert ended.status == 1
    assert "the repository was renamed" in ended.out
    assert world.branches() == before


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"action": ', "\ud800".encode("utf-8", "replace").decode()])
def test_an_event_that_is_none(world: World, command: Command, text: str) -> None:
    command.event(text)
    ended = command.run("respond", "1")
    assert ended.status == 2
    assert re.fullmatch(r"error: [^\n]*GITHUB_EVENT_PATH[^\n]*\n", ended.err)
    assert world.proxy.requests == []


def test_an_event_whose_file_is_gone(command: Command) -> None:
    command.set(GITHUB_EVENT_PATH="/nowhere/event.json")
    ended = command.run("respond", "1")
    assert ended.status == 2
    assert re.fullmatch(r"error: [^\n]*/nowhere/event.json[^\n]*\n", ended.err)


@pytest.mark.parametrize("name", ["octocat/no-such-list", "maintainer"])
@pytest.mark.parametrize("arguments", [("respond", "1"), ("refresh", "--catch-up"), ("doctor",)])
def test_a_repository_that_github_does_not_know(command: Command, arguments: tuple[str, ...], name: str) -> None:
    command.set(GITHUB_REPOSITORY=name)
    ended = command.run(*arguments)
    assert ended.status == 1
    assert f"/repos/{name}" in ended.out


def test_an_issue_that_is_not_there(world: World, command: Command) -> None:
    ended = command.run("respond", "999")
    assert ended.status == 1
    assert "::error::GitHub knows nothing of" in ended.out


@pytest.mark.parametrize("arguments", [("respond", "1"), ("refresh",)])
def test_what_the_bot_did_itself_is_not_answered(world: World, command: Command, arguments: tuple[str, ...]) -> None:
    number = file(world)
    command.event(events.issues(world, "labeled", number, BOT, label="add-paper").payload)
    world.proxy.clear()
    ended = command.run(*arguments)
    assert ended.status == 0
    assert world.proxy.requests == []
    assert "nothing to do" in ended.summary


def test_a_broken_configuration_on_the_default_branch_is_told(world: World, command: Command) -> None:
    number = file(world)
    world.maintainer.commit("main", {".github/bot.yml": b"bibliography: [1"}, "Break it")
    ended = command.run("respond", str(number))
    assert ended.status == 2
    assert re.match(r"error: .github/bot.yml", ended.err)


def test_a_folder_that_is_no_clone(world: World, command: Command) -> None:
    number = file(world)
    git(command.clone, "remote", "remove", "origin")
    ended = command.run("respond", str(number))
    assert ended.status == 1
    assert "::error::this folder is no clone" in ended.out


# --- Text of strangers -----------------------------------------------------------------------------------------------

HOSTILE = "x\n::error::hacked ##[add-mask]x | <b>@all</b> [link](https://evil.example)"


def test_text_of_strangers_is_harmless_in_the_log_and_in_the_summary(world: World, command: Command) -> None:
    number = file(world, {**PAPER, "paper-title": HOSTILE.replace("\n", " "), "authors": HOSTILE, "year": HOSTILE})
    world.proxy.answer("POST", r"/issues/\d+/comments$", Answer(422, {"message": HOSTILE}))
    ended = command.run("respond", str(number))
    assert ended.status == 1
    lines = ended.out.splitlines()
    assert [
        line for line in lines if re.match(r"\s*::", line) and not line.startswith("::error::GitHub answered")
    ] == []
    assert sum(line.startswith("::error::") for line in lines) == 1
    assert "##[" not in ended.out
    for line in ended.summary.splitlines():
        assert line.startswith("- ")
        assert "<b>" not in line
        assert "@all" not in line
        assert "](https://evil" not in line


# --- Labels ----------------------------------------------------------------------------------------------------------


def test_labels_that_do_not_exist_are_made(world: World, command: Command) -> None:
    number = file(world, {**PAPER, "year": "soon"}, labels=())
    assert world.get("/labels") == []
    assert command.run("respond", str(number)).status == 0
    assert {"add-paper", "needs-info"} <= world.labels(number)
