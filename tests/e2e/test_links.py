"""The weekly look at the links by the real runner: the workflow file as it is, real pages, the emulator.

Weeks pass in what is remembered: its looks are moved back in time before a run.
"""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.config import CONFIG
from bot.links.state import read_state
from tests.e2e.test_life import ROOT
from tests.support import events
from tests.support.emulator import MAINTAINER
from tests.support.fixtures import MakeWorld, RunWorkflow
from tests.support.owners import Copy, Owners
from tests.support.runner import Run
from tests.support.site import ABSTRACT, MISSING, PAGE, TITLE, Site, configured, listing
from tests.support.world import World, project_files

WEEK = timedelta(days=7)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ")
_DAY = re.compile(r"(?<=^\[\")\d{4}-\d\d-\d\d(?=\")", re.MULTILINE)


class Workflow:
    """The workflow on a world, run as often as one likes."""

    def __init__(self, world: World, act: RunWorkflow, config: Path) -> None:
        self.world = world
        self._act = act
        self._config = config

    def run(self, *, fails: bool = False) -> Run:
        event = events.schedule(self.world, "43 3 * * 1")
        ended = self._act(self.world, "links.yml", event, environment={"BOT_CONFIG": str(self._config)})
        assert (ended.status != 0) is fails, ended.log
        return ended

    def a_week_passes(self) -> None:
        """All that is remembered was a week earlier."""

        def earlier(match: re.Match[str]) -> str:
            return (datetime.fromisoformat(match[0]) - WEEK).strftime("%Y-%m-%dT%H:%MZ")

        def aged(path: str) -> bytes:
            text = _TIME.sub(earlier, (self.world.file(path, "bot-state") or b"").decode())
            return _DAY.sub(lambda match: f"{datetime.fromisoformat(match[0]) - WEEK:%Y-%m-%d}", text).encode()

        paths = self.world.files("bot-state")
        self.world.person(MAINTAINER).commit("bot-state", {path: aged(path) for path in paths}, "A week passes")

    @property
    def reports(self) -> list[dict[str, object]]:
        return [one for one in self.world.get("/issues?state=all&labels=links") if "pull_request" not in one]


def workflow(
    make_world: MakeWorld, act: RunWorkflow, files: dict[str, bytes], owners: Owners, folder: Path, more: str = ""
) -> Workflow:
    project = {name: data for name, data in project_files(ROOT).items() if name.startswith(("bot/", ".git", "requir"))}
    world = make_world({**project, **files})
    config = folder / "here.yml"
    config.write_bytes((world.file(CONFIG) or b"") + configured(owners, more).encode())
    return Workflow(world, act, config)


def test_the_weekly_workflow_makes_updates_closes_and_reopens_the_report_and_opens_the_repair(
    make_world: MakeWorld, act: RunWorkflow, site: Site, owners: Owners, tmp_path: Path
) -> None:
    weekly = workflow(make_world, act, listing(site.url), owners, tmp_path)
    weekly.run()
    assert weekly.reports == []
    assert "links/history.jsonl" in weekly.world.files("bot-state")
    site.answer = MISSING
    day = f"{datetime.now(UTC) - timedelta(days=60):%Y%m%d}000000"
    owners.facts.copies.append(Copy(url=site.url, at=day, body=f"<title>{TITLE}</title>{ABSTRACT}".encode()))
    weekly.a_week_passes()
    weekly.run()
    [report] = weekly.reports
    assert (report["state"], report["title"]) == ("open", "Links: 1 suspect")
    for _ in range(2):
        weekly.a_week_passes()
        ended = weekly.run()
    [report] = weekly.reports
    assert report["title"] == "Links: 1 gone"
    assert "1 link newly gone" in ended.log
    [pull] = weekly.world.pulls("bot/links")
    assert f"/web/{day}/{site.url}" in (weekly.world.file("data/birds.bib", "bot/links") or b"").decode()
    site.answer = PAGE
    weekly.a_week_passes()
    weekly.run()
    assert weekly.reports[0]["state"] == "closed"
    assert weekly.world.get(f"/pulls/{pull['number']}")["state"] == "closed"
    site.answer = MISSING
    weekly.a_week_passes()
    weekly.run()
    [again] = weekly.reports
    assert (again["number"], again["state"]) == (report["number"], "open")


def test_a_list_of_many_links_is_looked_at_by_several_jobs_and_reported_once(
    make_world: MakeWorld, act: RunWorkflow, site: Site, owners: Owners, tmp_path: Path
) -> None:
    site.answer = MISSING
    files = listing(site.url)
    files["data/birds.bib"] += b"\n@misc{Owl2019,\n  title = {Owls},\n  doi = {10.5555/nobody.knows},\n}\n"
    weekly = workflow(make_world, act, files, owners, tmp_path, "  per-job: 1\n")
    ended = weekly.run()
    assert "Links 1/3" in ended.log
    [report] = weekly.reports
    assert report["title"] == "Links: 1 suspect"
    assert site.looks == 1
    states = [name for name in weekly.world.files("bot-state") if name != "links/history.jsonl"]
    assert len(states) == 2
    for name in states:
        assert len(read_state(weekly.world.file(name, "bot-state") or b"").records) == 1


def failing(stage: str, shard: str = "") -> dict[str, bytes]:
    """The workflow with a stage that fails at once, in one shard alone or wherever it runs."""
    name = ".github/workflows/links.yml"
    text = (ROOT / name).read_text()
    command = f"run: .venv/bin/python -m bot links --stage {stage} "
    assert command in text
    condition = f'test "$SHARD" != {shard} && ' if shard else "false && "
    return {name: text.replace(command, command.replace("run: ", f"run: {condition}")).encode()}


@pytest.mark.parametrize("stage", ["begin", "keep"])
def test_whatever_fails_a_report_is_written(
    make_world: MakeWorld, act: RunWorkflow, site: Site, owners: Owners, tmp_path: Path, stage: str
) -> None:
    site.answer = MISSING
    weekly = workflow(make_world, act, listing(site.url), owners, tmp_path)
    weekly.run()
    weekly.a_week_passes()
    weekly.world.maintainer.commit("main", failing(stage))
    weekly.run(fails=True)
    assert site.looks == (1 if stage == "begin" else 2)
    [report] = weekly.reports
    assert report["title"] == "Links: 1 suspect, something was lost"
    assert "this run left nothing behind" in str(report["body"])
    weekly.world.maintainer.commit("main", {name: (ROOT / name).read_bytes() for name in failing(stage)})
    weekly.run()
    [report] = weekly.reports
    assert report["title"] == "Links: 1 suspect"


def test_a_job_that_fails_is_told_and_what_the_others_saw_is_kept(
    make_world: MakeWorld, act: RunWorkflow, site: Site, owners: Owners, tmp_path: Path
) -> None:
    files = listing(site.url)
    files["data/birds.bib"] += b"\n@misc{Owl2019,\n  title = {Owls},\n  doi = {10.5555/nobody.knows},\n}\n"
    files |= failing("begin", "3/3")
    weekly = workflow(make_world, act, files, owners, tmp_path, "  per-job: 1\n")
    weekly.run(fails=True)
    [report] = weekly.reports
    assert report["title"] == "Links: something was lost"
    assert "the job for doi.jsonl" in str(report["body"])
    assert owners.requests("doi") == []
    assert site.url in "".join(
        (weekly.world.file(name, "bot-state") or b"").decode() for name in weekly.world.files("bot-state")
    )
