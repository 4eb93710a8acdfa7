"""Which events start the bot, and with what: the real workflow files in the real runner, with a bot that only notes it.

The runner needs neither GitHub nor its emulator here, since nothing is installed and nothing asked.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# `make check` leaves out what needs programs that not every system has.
pytestmark = pytest.mark.emulator

ROOT = Path(__file__).parents[2]
REPOSITORY = {"full_name": "octocat/birds", "name": "birds", "default_branch": "master", "owner": {"login": "octocat"}}
PERSON, BOT = {"login": "zed", "type": "User"}, {"login": "birds-bot[bot]", "type": "Bot"}
# `python3` and what it makes: they write down what they are called with and see, and do nothing.
NOTE = """\
#!/bin/sh
case "$*" in
  "-m venv "*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  "-m bot "*) echo "$*" >> "$NOTES.calls" && env >> "$NOTES.seen" ;;
esac
"""
SECRETS = (
    *("GITHUB_TOKEN=the-token", "BOT_APP_ID=the-app", "BOT_APP_KEY=the-key"),
    *("OPENALEX_API_KEY=a-key", "S2_API_KEY=another-key"),
)
HOSTILE = "$(touch pwned) `id` ${{ github.token }} ::set-env"


def started(folder: Path, workflow: str, event: str, payload: dict[str, Any]) -> tuple[list[str], str]:
    """What the bot was called with, and all that its call could see in the environment."""
    clone = folder / "clone"
    shutil.copytree(ROOT / ".github" / "workflows", clone / ".github" / "workflows")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x"]
    for arguments in (["init", "-q", "-b", "master"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *arguments], cwd=clone, check=True)
    subprocess.run(["git", "remote", "add", "origin", "https://github.com/octocat/birds"], cwd=clone, check=True)
    python = folder / "programs" / "python3"
    python.parent.mkdir()
    python.write_text(NOTE)
    python.chmod(0o755)
    calls, seen = folder / "notes.calls", folder / "notes.seen"
    calls.touch()
    seen.touch()
    (folder / "event.json").write_text(json.dumps({"repository": REPOSITORY, "sender": PERSON, **payload}))
    command = [
        *(str(Path(sys.executable).parent / "act"), event, "--workflows", f".github/workflows/{workflow}"),
        *("--eventpath", str(folder / "event.json"), "--platform", "ubuntu-24.04=-self-hosted", "--no-cache-server"),
        *(
            "--env",
            f"NOTES={folder / 'notes'}",
            "--env",
            "GITHUB_REPOSITORY=octocat/birds",
            "--secret",
            "GITHUB_TOKEN=the-token",
        ),
        *("--secret", "BOT_APP_ID=the-app", "--secret", "BOT_APP_KEY=the-key"),
        *("--secret", "OPENALEX_API_KEY=a-key", "--secret", "S2_API_KEY=another-key"),
    ]
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache"), "TERM": "dumb"}
    done = subprocess.run(command, cwd=clone, env=environment, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return calls.read_text().splitlines(), seen.read_text()


def issue(number: int = 3, **more: Any) -> dict[str, Any]:
    return {"number": number, "title": HOSTILE, "body": HOSTILE, "user": {"login": "zed"}, **more}


def pull(branch: str = "bot/issue-3", repository: str = "octocat/birds") -> dict[str, Any]:
    head = {"ref": branch, "sha": "1" * 40, "repo": {"full_name": repository}}
    return {"number": 8, "title": HOSTILE, "body": HOSTILE, "head": head, "base": {"ref": "master", "sha": "2" * 40}}


COMMAND = {"id": 1, "body": f"Please!\r\n\r\n/Bot retry {HOSTILE}"}
STARTS = [
    *(("issues", {"action": action, "issue": issue()}, 3) for action in ("opened", "edited", "reopened", "closed")),
    ("issues", {"action": "labeled", "issue": issue(), "label": {"name": "add-paper"}}, 3),
    ("issues", {"action": "labeled", "issue": issue(), "label": {"name": "correct-paper"}}, 3),
    ("issue_comment", {"action": "created", "issue": issue(), "comment": COMMAND}, 3),
    ("issue_comment", {"action": "created", "issue": issue(8, pull_request={"url": "x"}), "comment": COMMAND}, 8),
    *(
        ("pull_request", {"action": action, "pull_request": pull()}, 8)
        for action in ("closed", "reopened", "synchronize")
    ),
    ("pull_request", {"action": "closed", "pull_request": pull(), "sender": BOT}, 8),  # a merge queue's merge
    ("issues", {"action": "unlabeled", "issue": issue(), "label": {"name": "declined"}}, 3),
]
STAYS = [
    ("issues", {"action": "opened", "issue": issue(), "sender": BOT}),
    ("issues", {"action": "labeled", "issue": issue(), "label": {"name": "question"}}),
    ("issue_comment", {"action": "created", "issue": issue(), "comment": {"id": 1, "body": "Thank you, bot!"}}),
    ("issue_comment", {"action": "created", "issue": issue(), "comment": COMMAND, "sender": BOT}),
    ("issues", {"action": "unlabeled", "issue": issue(), "label": {"name": "add-paper"}}),
    ("pull_request", {"action": "synchronize", "pull_request": pull(), "sender": BOT}),
    ("pull_request", {"action": "closed", "pull_request": pull("typo")}),
    ("pull_request", {"action": "closed", "pull_request": pull("bot/pages")}),
    ("pull_request", {"action": "closed", "pull_request": pull(repository="mallory/birds")}),
]


@pytest.mark.parametrize(("event", "payload", "number"), STARTS)
def test_what_a_person_does_is_answered(event: str, payload: dict[str, Any], number: int, tmp_path: Path) -> None:
    calls, seen = started(tmp_path, "respond.yml", event, payload)
    assert calls == [f"-m bot respond {number} --lookup"]
    for value in (f"NUMBER={number}", *SECRETS):
        assert f"{value}\n" in seen
    # Nothing that anybody wrote is in reach of a shell.
    assert "pwned" not in seen


@pytest.mark.parametrize(("event", "payload"), STAYS)
def test_what_is_not_for_the_bot_starts_nothing(event: str, payload: dict[str, Any], tmp_path: Path) -> None:
    assert started(tmp_path, "respond.yml", event, payload) == ([], "")


@pytest.mark.parametrize(
    ("event", "call"),
    [
        ("push", "-m bot refresh --lookup"),
        ("schedule", "-m bot refresh --catch-up --lookup"),
        ("workflow_dispatch", "-m bot refresh --catch-up --lookup"),
    ],
)
def test_pages_and_proposals_are_brought_up_to_date(event: str, call: str, tmp_path: Path) -> None:
    calls, seen = started(tmp_path, "refresh.yml", event, {"ref": "refs/heads/master"})
    assert calls == [call]
    for value in SECRETS:
        assert f"{value}\n" in seen


@pytest.mark.parametrize("event", ["schedule", "workflow_dispatch"])
def test_published_versions_are_looked_for(event: str, tmp_path: Path) -> None:
    calls, seen = started(tmp_path, "preprints.yml", event, {"ref": "refs/heads/master"})
    assert calls == ["-m bot preprints --pull-requests"]
    for value in SECRETS:
        assert f"{value}\n" in seen


@pytest.mark.parametrize(
    ("sender", "head"),
    [
        (PERSON, pull("typo")),
        (PERSON, pull("typo", "mallory/birds")),
        (PERSON, pull("bot/pages")),
        (BOT, pull("dependabot/x")),
        (BOT, pull("bot/issue-3", "mallory/birds")),
    ],
)
def test_a_pull_request_is_judged(sender: dict[str, str], head: dict[str, Any], tmp_path: Path) -> None:
    payload = {"action": "synchronize", "pull_request": head, "sender": sender}
    calls, seen = started(tmp_path, "validate.yml", "pull_request", payload)
    assert calls == ["-m bot validate --format github --since HEAD^1"]
    for value in SECRETS:
        assert value not in seen


@pytest.mark.parametrize("sender", [PERSON, BOT])
def test_a_proposal_of_the_bot_is_judged_by_the_bot_alone(sender: dict[str, str], tmp_path: Path) -> None:
    payload = {"action": "synchronize", "pull_request": pull(), "sender": sender}
    assert started(tmp_path, "validate.yml", "pull_request", payload) == ([], "")
