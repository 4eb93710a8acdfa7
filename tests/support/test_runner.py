"""All parts together, with a small workflow: an event, the real runner, the API, and git."""

import threading
from pathlib import Path

from tests.support import events
from tests.support.fixtures import MakeWorld, RunWorkflow
from tests.support.git import git
from tests.support.runner import Run
from tests.support.world import project_files

ROOT = Path(__file__).parents[2]

# Comments on the issue of the event, through the API, and says what `git fetch` shows after that.
WORKFLOW = b"""
name: Answer
on: [issues, push, issue_comment, pull_request, schedule, workflow_dispatch]
permissions: {}
jobs:
  answer:
    runs-on: ubuntu-24.04
    permissions: {contents: read}
    steps:
      - uses: actions/checkout@8e8c483db84b4bee98b60c0593521ed34d9990e8
        with: {persist-credentials: false}
      - run: python3 answer.py
        env:
          GITHUB_TOKEN: ${{ github.token }}
          NUMBER: ${{ github.event.issue.number }}
"""
ANSWER = b"""
import json, os, subprocess, sys, urllib.request
def ask(path, body):
    address = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}{path}"
    headers = {"Authorization": f"token {os.environ['GITHUB_TOKEN']}"}
    urllib.request.urlopen(urllib.request.Request(address, json.dumps(body).encode(), headers)).read()
head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
event = json.load(open(os.environ["GITHUB_EVENT_PATH"]))
name, actor = os.environ["GITHUB_EVENT_NAME"], os.environ["GITHUB_ACTOR"]
print("event", name, event.get("action"), event["sender"]["login"], actor)
print("head", head)
if os.environ["NUMBER"]:
    ask(f"/issues/{os.environ['NUMBER']}/comments", {"body": event["issue"]["title"].upper()})
    ask("/git/refs", {"ref": f"refs/heads/bot/issue-{os.environ['NUMBER']}", "sha": head})
    subprocess.run(["git", "fetch", "--quiet", "origin", "+refs/heads/bot/*:refs/remotes/origin/bot/*"], check=True)
    subprocess.run(["git", "branch", "--remotes"])
sys.exit(int(os.environ.get("STATUS", 0)))
"""
FILES = {".github/workflows/answer.yml": WORKFLOW, "answer.py": ANSWER, ".gitignore": b"ignored\n"}


def line(run: Run, start: str) -> str:
    """What a step has printed after a word."""
    return next(line.partition(f"| {start} ")[2] for line in run.log.splitlines() if f"| {start} " in line)


def test_a_filed_issue_is_answered_and_its_branch_can_be_fetched(make_world: MakeWorld, act: RunWorkflow) -> None:
    world = make_world(FILES)
    number = world.person("contributor-1").file_issue("Title", "Body")
    run = act(world, "answer.yml", events.issues(world, "opened", number, "contributor-1"))
    assert run.status == 0, run.log
    assert line(run, "event") == "issues opened contributor-1 contributor-1"
    assert line(run, "head") == world.branches()["main"] == world.branches()["bot/issue-1"]
    assert f"origin/bot/issue-{number}" in run.log
    assert [(comment["body"], comment["user"]["login"]) for comment in world.comments(number)] == [
        ("TITLE", "github-actions[bot]")
    ]
    assert [(request.method, request.status) for request in world.proxy.requests] == [("POST", 201), ("POST", 201)]
    assert world.token not in run.log


def test_a_run_that_fails_says_so(make_world: MakeWorld, act: RunWorkflow) -> None:
    world = make_world(FILES)
    run = act(world, "answer.yml", events.schedule(world, "17 3 * * 1"), environment={"STATUS": "3"})
    assert run.status == 1  # of what a failing step has printed, act may lose the last lines


def test_a_payload_holds_what_the_event_is_about(make_world: MakeWorld) -> None:
    world = make_world(FILES)
    before = world.branches()["main"]
    after = world.maintainer.commit("main", {"new": b"1", "answer.py": b"", ".gitignore": None}, "Two\n\nmore")
    pushed = events.push(world, "maintainer", before=before).payload
    assert (pushed["ref"], pushed["before"], pushed["after"]) == ("refs/heads/main", before, after)
    (commit,) = pushed["commits"]
    assert (commit["id"], commit["message"]) == (after, "Two\n\nmore")
    assert (commit["added"], commit["modified"], commit["removed"]) == (["new"], ["answer.py"], [".gitignore"])
    whole = events.push(world, "maintainer").payload["commits"]
    assert [commit["message"] for commit in whole] == ["The list", "Two\n\nmore"]
    assert whole[0]["added"] == sorted(FILES)

    number = world.person("contributor-1").file_issue("Title", "Body")
    comment = world.maintainer.comment(number, "/bot retry")
    commented = events.issue_comment(world, "created", number, comment, "maintainer").payload
    assert commented["comment"]["body"] == "/bot retry"
    assert commented["issue"]["number"] == number
    assert "pull_request" not in commented["issue"]
    assert commented["sender"]["login"] == "maintainer"
    assert (commented["repository"]["full_name"], commented["repository"]["default_branch"]) == (world.name, "main")

    world.maintainer.commit("x", {"a": b"1"})
    pull = world.maintainer.open_pull("x", "Pull")
    reply = world.maintainer.comment(pull, "/bot retry")
    assert events.issue_comment(world, "created", pull, reply, "maintainer").payload["issue"]["pull_request"]["url"]
    assert events.pull_request(world, "opened", pull, "maintainer").branch == "x"
    world.maintainer.merge(pull)
    closed = events.pull_request(world, "closed", pull, "maintainer")
    assert (closed.payload["number"], closed.payload["pull_request"]["merged"], closed.branch) == (pull, True, "main")
    labeled = events.issues(world, "labeled", number, "maintainer", label="add-paper").payload
    assert labeled["label"]["name"] == "add-paper"
    assert events.workflow_dispatch(world, "maintainer", {"all": "yes"}).payload["inputs"] == {"all": "yes"}


def test_several_runs_at_once_do_not_meet(make_world: MakeWorld, act: RunWorkflow) -> None:
    world = make_world(FILES)
    numbers = [world.maintainer.file_issue(f"Title {at}", "Body") for at in range(3)]
    found: dict[int, Run] = {}

    def start(number: int) -> None:
        found[number] = act(world, "answer.yml", events.issues(world, "opened", number, "maintainer"))

    threads = [threading.Thread(target=start, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[number].status for number in numbers] == [0, 0, 0], found
    assert set(world.branches()) == {"main", *(f"bot/issue-{number}" for number in numbers)}


INSTALL = b"""
name: Install
on: [workflow_dispatch]
permissions: {}
jobs:
  install:
    runs-on: ubuntu-24.04
    permissions: {contents: read}
    steps:
      - uses: actions/checkout@8e8c483db84b4bee98b60c0593521ed34d9990e8
        with: {persist-credentials: false}
      - run: |
          python3 -m venv --without-pip .venv
          python3 -m pip --python .venv/bin/python install --quiet --require-hashes --no-deps -r requirements/github.txt
          .venv/bin/python -c "import bot.cli, github; print('installed', github.__file__)"
          .venv/bin/python -c "import pytest" || echo "tests no"
"""


def test_the_lock_for_github_is_installed_without_a_network_and_the_bot_runs_from_it(
    make_world: MakeWorld, act: RunWorkflow
) -> None:
    world = make_world({**project_files(ROOT), ".github/workflows/install.yml": INSTALL})
    run = act(world, "install.yml", events.workflow_dispatch(world, "maintainer"))
    assert run.status == 0, run.log
    assert line(run, "installed").endswith("site-packages/github/__init__.py")
    assert "hostexecutor" in line(run, "installed")  # in the job's own environment, not in that of the tests
    assert line(run, "tests") == "no"


def test_the_files_of_the_project_are_those_of_its_checkout(make_world: MakeWorld, tmp_path: Path) -> None:
    files = project_files(ROOT)
    assert {"bot/cli.py", "requirements/github.txt", "dl4m.bib", "README.md", ".github/bot.yml"} <= files.keys()
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in files)
    world = make_world(files)
    clone = world.clone(tmp_path / "clone")
    assert (clone / "dl4m.bib").read_bytes() == (ROOT / "dl4m.bib").read_bytes()
    assert git(clone, "status", "--short") == b""
