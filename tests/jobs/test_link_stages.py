"""The weekly look at the links, stage by stage as the workflow runs it, week after week, on real pages."""

import datetime
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.config import CONFIG
from tests.support.command import Command, Ended
from tests.support.desk import BIRDS, birds
from tests.support.emulator import MAINTAINER
from tests.support.faults import FaultyServer, Reply, Request, answer_text
from tests.support.fixtures import MakeWorld
from tests.support.owners import Copy, Facts, Owners
from tests.support.world import World

TITLE = "Listening to owls at night"
ABSTRACT = "<p>" + "Owls call at dusk, and who counts their calls knows how many there are. " * 6
PAGE = answer_text(f"<!DOCTYPE html><title>{TITLE}</title><h1>{TITLE}</h1>{ABSTRACT}", "text/html")
MISSING = answer_text("<title>404</title><p>Not here.", "text/html", 404)
MONDAY = datetime.datetime(2027, 1, 4, 3, 43, tzinfo=datetime.UTC)
WEEK = datetime.timedelta(days=7)


class Site:
    """A host with the page of a paper, which works until it is told otherwise."""

    def __init__(self) -> None:
        self.answer = PAGE
        self.server = FaultyServer(self._serve, host="127.81.0.1")
        self.url = f"{self.server.url}/owls.html"

    def _serve(self, request: Request) -> Reply:
        return self.answer if request.path == "/owls.html" else MISSING

    @property
    def looks(self) -> int:
        return sum(request.path == "/owls.html" for request in self.server.requests)


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    with made.server:
        yield made


@pytest.fixture
def owners() -> Iterator[Owners]:
    with Owners(Facts()) as running:
        yield running


def configured(owners: Owners, more: str = "") -> str:
    places = "".join(f"    {name}: {{url: '{url}', spacing: 0}}\n" for name, url in owners.urls.items())
    return f"\nlinks:\n  pause: 0\n  timeout: 2\n{more}  owners:\n{places}web:\n  allow: [127.0.0.0/8]\n"


def listing(url: str) -> dict[str, bytes]:
    entry = f"""
@misc{{Thoreau2018,
  author = {{Thoreau, Henry David}},
  title = {{{TITLE}}},
  year = {{2018}},
  link = {{{url}}},
}}
"""
    bare = BIRDS.replace("  doi = {10.7717/peerj.488},\n", "")  # so that this one link is all there is
    return {**birds(), "data/birds.bib": (bare + entry).encode()}


class Weekly:
    """The workflow's stages, one run after the other."""

    def __init__(self, world: World, command: Command, folder: Path, config: Path) -> None:
        self.world = world
        self._command = command
        self._folder = folder
        self._number = 0
        command.set(BOT_CONFIG=str(config))

    def stage(self, name: str, now: datetime.datetime, *more: str) -> Ended:
        # Each run has a machine of its own, and so a folder.
        folder = self._folder / f"run-{self._number}"
        arguments = ["--folder", str(folder)] if name != "report" else []
        token = "GITHUB_TOKEN"
        if name == "ask":
            self._command.unset(token)
        ended = self._command.run("links", "--stage", name, "--now", now.isoformat(), *arguments, *more)
        if name == "ask":
            self._command.set(**{token: self.world.token})
        assert ended.status == 0, ended.out + ended.err
        return ended

    def run(self, now: datetime.datetime) -> str:
        """One whole run, as with a list of a usual size; what it has printed."""
        self._number += 1
        return "".join(self.stage(name, now).out for name in ("begin", "ask", "keep", "report"))

    def report(self) -> Any:
        found = [issue for issue in self.world.get("/issues?state=all&labels=links") if "pull_request" not in issue]
        assert len(found) <= 1
        return found[0] if found else None

    def state(self) -> str:
        """What is remembered, all files together."""
        names = self.world.files("bot-state")
        return "".join((self.world.file(name, "bot-state") or b"").decode() for name in names)


MakeWeekly = Callable[..., Weekly]


@pytest.fixture
def weekly(
    make_world: MakeWorld,
    site: Site,
    owners: Owners,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Weekly:
    world = make_world(listing(site.url))
    config = tmp_path / "here.yml"
    config.write_bytes((world.file(CONFIG) or b"") + configured(owners).encode())
    return Weekly(world, Command(world, tmp_path, monkeypatch, capsys), tmp_path / "runs", config)


def test_a_list_of_which_all_is_well_has_no_report_and_its_state_alone_is_written(weekly: Weekly, site: Site) -> None:
    weekly.run(MONDAY)
    assert weekly.report() is None
    assert weekly.world.pulls() == []
    assert site.url in weekly.state()
    before = weekly.state()
    weekly.world.proxy.clear()
    weekly.run(MONDAY + WEEK)
    assert site.looks == 2
    written = [line for line in weekly.state().splitlines() if line not in before.splitlines()]
    # The first line of each file, with the time of the run, and the history's next line.
    assert [line for line in written if not line.startswith(("{", '["2027-01-11"'))] == []
    assert {one.path.rsplit("/", 1)[-1] for one in weekly.world.proxy.writes} <= {"trees", "commits", "bot-state"}


def test_a_page_that_goes_is_reported_repaired_and_forgotten_when_it_comes_back(
    weekly: Weekly, site: Site, owners: Owners
) -> None:
    weekly.run(MONDAY)
    owners.facts.copies.append(
        Copy(url=site.url, at="20261201000000", body=f"<title>{TITLE}</title><h1>{TITLE}</h1>{ABSTRACT}".encode())
    )
    site.answer = MISSING
    weekly.run(MONDAY + WEEK)
    report = weekly.report()
    assert report["state"] == "open"
    assert "Suspect" in report["body"]
    assert weekly.world.comments(report["number"]) == []
    weekly.run(MONDAY + 2 * WEEK)
    assert weekly.world.pulls() == []
    weekly.run(MONDAY + 3 * WEEK)
    report = weekly.report()
    assert "1 gone" in report["title"]
    for evidence in ("Thoreau2018", "404", "2027-01-11", "2027-01-18", "2027-01-25"):
        assert evidence in report["body"]
    assert len(weekly.world.comments(report["number"])) == 1
    [pull] = weekly.world.pulls("bot/links")
    changed = (weekly.world.file("data/birds.bib", "bot/links") or b"").decode()
    assert f"link = {{{owners.urls['wayback']}/web/20261201000000/{site.url}}}" in changed
    # Nothing new: nothing is written but the state.
    before = weekly.report()
    weekly.run(MONDAY + 4 * WEEK)
    assert weekly.report()["updated_at"] == before["updated_at"]
    assert len(weekly.world.comments(report["number"])) == 1
    # It is back: the report and the repair are closed.
    site.answer = PAGE
    weekly.run(MONDAY + 5 * WEEK)
    assert weekly.report()["state"] == "closed"
    assert weekly.world.get(f"/pulls/{pull['number']}")["state"] == "closed"
    # And gone once more: the same issue is opened again.
    site.answer = MISSING
    weekly.run(MONDAY + 6 * WEEK)
    assert weekly.report()["number"] == report["number"]
    assert weekly.report()["state"] == "open"


def test_what_a_person_ticks_and_what_a_person_quiets_is_obeyed(weekly: Weekly, site: Site) -> None:
    site.answer = MISSING
    weekly.run(MONDAY)
    number = weekly.report()["number"]
    weekly.world.person(MAINTAINER).comment(number, "/bot ignore Thoreau2018.link until 2027-02-28")
    weekly.run(MONDAY + WEEK)
    assert weekly.report()["state"] == "closed"
    weekly.run(MONDAY + 9 * WEEK)
    assert weekly.report()["state"] == "open"


def test_the_stage_that_asks_pages_needs_no_token_and_the_others_ask_no_page(weekly: Weekly, site: Site) -> None:
    weekly.stage("begin", MONDAY)
    assert site.looks == 0
    weekly.stage("ask", MONDAY)
    looks = site.looks
    assert looks == 1
    weekly.stage("keep", MONDAY)
    weekly.stage("report", MONDAY)
    assert site.looks == looks


def test_a_run_that_left_nothing_behind_is_told_in_the_report(weekly: Weekly) -> None:
    weekly.run(MONDAY)
    weekly.stage("report", MONDAY + WEEK)
    assert "this run" in weekly.report()["body"]


def test_a_broken_state_is_kept_aside_and_told(weekly: Weekly, site: Site) -> None:
    weekly.run(MONDAY)
    [name] = [one for one in weekly.world.files("bot-state") if site.url in str(weekly.world.file(one, "bot-state"))]
    broken = b'{"format":"links","version":99}\n'
    weekly.world.person(MAINTAINER).commit("bot-state", {name: broken}, "Break it")
    log = weekly.run(MONDAY + WEEK)
    assert "version 99" in log
    kept = [one for one in weekly.world.files("bot-state") if one.startswith(f"{name}.aside-")]
    assert [weekly.world.file(one, "bot-state") for one in kept] == [broken]
    assert site.url in (weekly.world.file(name, "bot-state") or b"").decode()
    assert "could not be read" in weekly.report()["body"]


def test_shards_share_the_work_and_the_last_job_tells_which_was_lost(weekly: Weekly, site: Site) -> None:
    plan = weekly.stage("plan", MONDAY).out
    assert "jobs=1\n" in plan
    assert json.loads(plan.partition("shards=")[2]) == ["1/1"]
    for shard in ("1/3", "2/3"):
        weekly._number += 1
        for name in ("begin", "ask", "keep"):
            weekly.stage(name, MONDAY, "--shard", shard)
    assert site.looks == 1
    weekly.stage("report", MONDAY)
    assert weekly.report() is None
