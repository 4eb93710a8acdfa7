"""The life of a proposal through the real workflow files, the real runner and the emulator, with nothing in between.

The project's own list and bot stand in the repository. People act on the emulator; each act's event starts its workflow
file; what people see afterwards is asked of the emulator and of git.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import events
from tests.support.desk import birds, form
from tests.support.emulator import CONTRIBUTORS, MAINTAINER
from tests.support.fixtures import MakeWorld, RunWorkflow
from tests.support.runner import Run
from tests.support.world import World, project_files, without_sources

ROOT = Path(__file__).parents[2]
BIB = "dl4m.bib"
AUTHOR, SECOND = CONTRIBUTORS[:2]
PAPER = {
    "paper-title": "Listening to owls at night",
    "authors": "Thoreau, Henry David",
    "year": "2019",
    "venue": "ISMIR",
    "link": "https://owls.example.org/2019.pdf",
}
LISTED = "http://mtg.upf.edu/system/files/publications/monoaural-audio-source_0.pdf"


class Life:
    """The list on GitHub, and what happens when somebody does something there."""

    def __init__(self, world: World, act: RunWorkflow) -> None:
        self.world = world
        self._act = act

    def file(self, answers: dict[str, str], login: str = AUTHOR, *, correct: bool = False) -> int:
        labels = ["correct-paper" if correct else "add-paper"]
        number = self.world.person(login).file_issue("A form", form(answers, correct=correct), labels)
        self.issue(number, "opened", login)
        return number

    def edit(self, number: int, answers: dict[str, str]) -> None:
        self.world.person(AUTHOR).edit_issue(number, body=form(answers))
        self.issue(number, "edited", AUTHOR)

    def merge(self, number: int) -> None:
        """Merge the proposal of an issue: GitHub starts a run for the pull request, and one for the push."""
        pull = self.pull(number)["number"]
        before = self.world.branches()["master"]
        self.world.maintainer.merge(pull)
        self._run("respond.yml", events.pull_request(self.world, "closed", pull, MAINTAINER))
        self._run("refresh.yml", events.push(self.world, MAINTAINER, before=before))

    def issue(self, number: int, action: str, sender: str) -> None:
        self._run("respond.yml", events.issues(self.world, action, number, sender))

    def comment(self, number: int, text: str, login: str) -> None:
        made = self.world.person(login).comment(number, text)
        self._run("respond.yml", events.issue_comment(self.world, "created", number, made, login))

    def close_pull(self, number: int) -> None:
        pull = self.pull(number)["number"]
        self.world.maintainer.close_pull(pull)
        self._run("respond.yml", events.pull_request(self.world, "closed", pull, MAINTAINER))

    def schedule(self) -> None:
        self._run("refresh.yml", events.schedule(self.world, "37 4 * * *"))

    def _run(self, workflow: str, event: events.Event) -> Run:
        run = self._act(self.world, workflow, event)
        assert run.status == 0, run.log
        return run

    # --- What people see ---------------------------------------------------------------------------------------------

    def pull(self, number: int) -> Any:
        [pull] = [one for one in self.world.pulls(f"bot/issue-{number}") if one["state"] == "open"]
        return pull

    def answer(self, number: int) -> str:
        [comment] = [one["body"] for one in self.world.comments(number) if "<!-- bot:answer " in one["body"]]
        text: str = comment
        return text

    def bibliography(self, branch: str = "master") -> str:
        return (self.world.file(BIB, branch) or b"").decode()

    def readme(self) -> str:
        return (self.world.file("README.md") or b"").decode()

    def verdict(self, number: int) -> str:
        checks = self.world.checks(self.world.branches()[f"bot/issue-{number}"])
        [conclusion] = [check["conclusion"] for check in checks if check["name"] == "Bibliography"]
        text: str = conclusion
        return text


@pytest.fixture
def life(make_world: MakeWorld, act: RunWorkflow) -> Life:
    return Life(make_world(without_sources(project_files(ROOT)), branch="master"), act)


def test_a_filed_form_becomes_a_merged_paper_and_the_pages_follow(life: Life) -> None:
    number = life.file(PAPER)
    pull = life.pull(number)
    assert pull["title"] == "Add Thoreau2019: Listening to owls at night"
    assert f"#{pull['number']}" in life.answer(number)
    assert life.verdict(number) == "success"
    row = f"| [{PAPER['paper-title']}]({PAPER['link']}) | No |"
    assert row in life.answer(number)
    life.merge(number)
    assert "@inproceedings{Thoreau2019," in life.bibliography()
    assert row in life.readme()
    assert "143 papers" in life.readme()
    assert "Thoreau, Henry David" in (life.world.file("authors.md") or b"").decode()
    assert life.world.issue(number)["state"] == "closed"
    assert f"bot/issue-{number}" not in life.world.branches()
    assert "merged" in life.answer(number)
    assert len(life.world.comments(number)) == 1


def test_another_lists_papers_live_the_same_life(make_world: MakeWorld, act: RunWorkflow) -> None:
    files = {name: data for name, data in project_files(ROOT).items() if name.startswith(("bot/", ".git", "requir"))}
    world = make_world(without_sources({**files, **birds()}))
    number = world.person(AUTHOR).file_issue("A form", form({**PAPER, "venue": "Bioacoustics"}), ["add-paper"])
    assert act(world, "respond.yml", events.issues(world, "opened", number, AUTHOR)).status == 0
    [pull] = world.pulls()
    world.maintainer.merge(pull["number"])
    assert act(world, "respond.yml", events.pull_request(world, "closed", pull["number"], MAINTAINER)).status == 0
    assert act(world, "refresh.yml", events.push(world, MAINTAINER)).status == 0
    assert b"@article{Thoreau2019," in (world.file("data/birds.bib") or b"")
    assert b"3 papers" in (world.file("README.md") or b"")
    assert b"Thoreau, Henry David" in (world.file("authors.md") or b"")
    assert world.issue(number)["state"] == "closed"


def test_errors_are_mended_by_an_edit_and_then_proposed(life: Life) -> None:
    number = life.file({**PAPER, "year": "soon", "authors": ""})
    assert life.world.pulls() == []
    assert "year-shape" in life.answer(number)
    assert "needs-info" in life.world.labels(number)
    life.edit(number, PAPER)
    assert life.pull(number)["state"] == "open"
    assert life.verdict(number) == "success"
    assert "needs-info" not in life.world.labels(number)
    assert len(life.world.comments(number)) == 1


def test_a_paper_that_is_listed_already_is_not_proposed_until_a_maintainer_accepts_it(life: Life) -> None:
    number = life.file({**PAPER, "link": LISTED})
    assert life.world.pulls() == []
    assert "duplicate-identifier" in life.answer(number)
    life.comment(number, "/bot accept duplicate-identifier", SECOND)
    assert life.world.pulls() == []
    life.comment(number, "/bot accept duplicate-identifier", MAINTAINER)
    assert life.pull(number)["state"] == "open"


def test_what_a_maintainer_turned_down_stays_so_until_they_reopen_it(life: Life) -> None:
    number = life.file(PAPER)
    life.close_pull(number)
    assert "declined" in life.world.labels(number)
    life.edit(number, {**PAPER, "note": "Please!"})
    life.schedule()
    assert [pull["state"] for pull in life.world.pulls()] == ["closed"]
    life.world.maintainer.close_issue(number)
    life.issue(number, "closed", MAINTAINER)
    life.world.maintainer.reopen_issue(number)
    life.issue(number, "reopened", MAINTAINER)
    assert life.pull(number)["state"] == "open"


def test_a_correction_is_merged(life: Life) -> None:
    number = life.file({"key": "Bazzica2017", "field": "code", "value": "https://example.org/code"}, correct=True)
    assert life.pull(number)["title"] == "[Update][Bazzica2017] Change code"
    before = life.bibliography()
    life.merge(number)
    changed = set(life.bibliography().split("\n")) - set(before.split("\n"))
    assert changed == {"  code = {https://example.org/code},"}


def test_two_neighbours_are_both_merged_where_lines_would_conflict(life: Life) -> None:
    other = {**PAPER, "paper-title": "On the song of wrens", "link": "", "year": "2020", "authors": "Thoreau, Zoe"}
    first, second = life.file(PAPER), life.file(other, SECOND)
    life.merge(first)
    life.merge(second)
    keys = re.findall(r"@\w+{(Thoreau\w+),", life.bibliography())
    assert keys == ["Thoreau2019", "Thoreau2020"]
    assert "144 papers" in life.readme()


def test_two_forms_for_one_paper_are_one_proposal(life: Life) -> None:
    first, second = life.file(PAPER), life.file({**PAPER, "paper-title": "Listening to Owls at Night"}, SECOND)
    assert life.pull(first)["state"] == "open"
    assert life.world.pulls(f"bot/issue-{second}") == []
    assert f"#{first}" in life.answer(second)


def test_a_hostile_form_runs_nothing(life: Life, tmp_path: Path) -> None:
    owned = tmp_path / "owned"
    number = life.file(
        {
            **PAPER,
            "paper-title": f"$(touch {owned}) `touch {owned}` ${{{{ github.token }}}} ::error::z '; touch {owned} #",
            "authors": f"Doe; $(touch {owned})",
            "note": "::add-mask::x\n##[error]no\nEOF\n${{ secrets.GITHUB_TOKEN }}",
        }
    )
    assert "Doe" in life.answer(number)
    assert life.world.token not in life.answer(number)
    run = life._run("respond.yml", events.issues(life.world, "edited", number, AUTHOR))
    assert not re.search(r"^.*\|\s*(?:::error::|##\[error\])", run.log, re.MULTILINE)
    assert not owned.exists()


def test_what_a_person_pushes_to_a_proposal_is_kept(life: Life) -> None:
    number = life.file(PAPER)
    branch = f"bot/issue-{number}"
    text = life.bibliography(branch).replace("Listening to owls at night", "Listening to {Owls} at night")
    life.world.maintainer.commit(branch, {BIB: text.encode()})
    life.edit(number, {**PAPER, "paper-title": "Owls, heard at night", "note": "Heard twice"})
    assert life.bibliography(branch) == text
    assert "`Thoreau2019`" in life.answer(number)


def test_forms_whose_events_were_lost_are_answered_by_the_schedule(life: Life) -> None:
    number = life.world.person(AUTHOR).file_issue("A form", form(PAPER))
    life.schedule()
    assert life.pull(number)["state"] == "open"
    assert "add-paper" in life.world.labels(number)


def test_closing_the_issue_withdraws_the_proposal(life: Life) -> None:
    number = life.file(PAPER)
    life.world.person(AUTHOR).close_issue(number)
    life.issue(number, "closed", AUTHOR)
    assert [pull["state"] for pull in life.world.pulls()] == ["closed"]
    assert f"bot/issue-{number}" not in life.world.branches()


def test_the_verdict_on_a_persons_pull_request_is_that_of_validate(
    life: Life, act: RunWorkflow, tmp_path: Path
) -> None:
    broken = life.bibliography().replace("year = {2012}", "year = {soon}", 1)
    life.world.maintainer.commit("mine", {BIB: broken.encode()})
    pull = life.world.maintainer.open_pull("mine", "Change a year")
    run = act(life.world, "validate.yml", events.pull_request(life.world, "opened", pull, MAINTAINER))
    assert run.status != 0
    assert life.world.proxy.requests == []  # it may read, and does not even ask
    # What it prints at the lines; of a step that fails, act may lose the last of it.
    root = life.world.clone(tmp_path / "mine", "mine")
    command = [sys.executable, "-m", "bot", "validate", "--format", "github", "--since", "HEAD^1", "--root", str(root)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert re.search(rf"^::error file={BIB},line=\d+,title=year-shape::", done.stdout, re.MULTILINE)
