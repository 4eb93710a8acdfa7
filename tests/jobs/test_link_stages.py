"""The weekly look at the links, stage by stage as the workflow runs it, week after week, on real pages."""

import datetime
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.bibliography.blocks import Bibliography
from bot.cli import _parser
from bot.config import CONFIG, load
from bot.jobs.link_stages import Folder, Shard, ask
from bot.jobs.links import listed_links
from bot.links.asking import Asked
from bot.links.inquiry import Said
from bot.links.link import Link
from bot.links.memory import Record, Sighting
from bot.links.observation import Kind, Observation
from bot.links.owners.github import GITHUB
from bot.links.owners.owner import Owner
from bot.links.schedule import HOST_FILES, file_of, in_shard
from bot.links.state import LastRun, State, read_history, read_state, write_state
from bot.links_command import Command as LinksCommand
from tests.jobs.conftest import MakeBot
from tests.support.command import Command, Ended
from tests.support.desk import BIRDS_CONFIG
from tests.support.emulator import MAINTAINER
from tests.support.fixtures import MakeWorld
from tests.support.owners import Copy, Owners
from tests.support.proxy import Answer
from tests.support.site import ABSTRACT, MISSING, PAGE, TITLE, Site, configured, listing
from tests.support.world import World

MONDAY = datetime.datetime(2027, 1, 4, 3, 43, tzinfo=datetime.UTC)
WEEK = datetime.timedelta(days=7)


class Weekly:
    """The workflow's stages, one run after the other."""

    def __init__(self, world: World, command: Command, folder: Path, config: Path) -> None:
        self.world = world
        self._command = command
        self._folder = folder
        self._number = 0
        command.set(BOT_CONFIG=str(config))

    @property
    def folder(self) -> Path:
        """What one stage leaves for the next; each machine has its own."""
        return self._folder / f"run-{self._number}"

    def next(self) -> None:
        """Another machine."""
        self._number += 1

    @property
    def clone(self) -> Path:
        return self._command.clone

    def stage(self, name: str, now: datetime.datetime, *more: str, status: int = 0) -> Ended:
        arguments = ["--folder", str(self.folder)] if name != "report" else []
        token = "GITHUB_TOKEN"
        if name == "ask":
            self._command.unset(token)
        ended = self._command.run("links", "--stage", name, "--now", now.isoformat(), *arguments, *more)
        if name == "ask":
            self._command.set(**{token: self.world.token})
        assert ended.status == status, ended.out + ended.err
        return ended

    def run(self, now: datetime.datetime) -> str:
        """One whole run, as with a list of a usual size; what it has printed."""
        self.next()
        return "".join(self.stage(name, now).out for name in ("begin", "ask", "keep", "report"))

    def report(self) -> Any:
        found = [issue for issue in self.world.get("/issues?state=all&labels=links") if "pull_request" not in issue]
        assert len(found) <= 1
        return found[0] if found else None

    def state(self) -> str:
        """What is remembered, all files together."""
        return "".join(self.kept(name.removeprefix("links/")).decode() for name in self.world.files("bot-state"))

    def kept(self, name: str) -> bytes:
        """A file that is remembered; empty if there is none."""
        return self.world.file(f"links/{name}", "bot-state") or b""

    def put(self, files: Mapping[str, bytes]) -> None:
        """Somebody writes files of what is remembered."""
        paths = {f"links/{name}": data for name, data in files.items()}
        self.world.person(MAINTAINER).commit("bot-state", paths, "By hand")


MakeWeekly = Callable[..., Weekly]
"""``make_weekly({"data/birds.bib": …})``: a list with these files among the others."""


@pytest.fixture
def make_weekly(
    make_world: MakeWorld,
    site: Site,
    owners: Owners,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> MakeWeekly:
    """Makes the one list of a test."""

    def make(files: Mapping[str, bytes] | None = None) -> Weekly:
        world = make_world({**listing(site.url), **(files or {})})
        config = tmp_path / "here.yml"
        config.write_bytes((world.file(CONFIG) or b"") + configured(owners).encode())
        return Weekly(world, Command(world, tmp_path, monkeypatch, capsys), tmp_path / "runs", config)

    return make


@pytest.fixture
def weekly(make_weekly: MakeWeekly) -> Weekly:
    """The list with one link."""
    return make_weekly()


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


def test_shards_share_the_work(weekly: Weekly, site: Site) -> None:
    plan = weekly.stage("plan", MONDAY).out
    assert "jobs=1\n" in plan
    assert json.loads(plan.partition("shards=")[2]) == ["1/1"]
    for shard in ("1/3", "2/3"):
        ask_shard(weekly, shard)
    assert site.looks == 1
    weekly.stage("report", MONDAY)
    assert weekly.report() is None


def ask_shard(weekly: Weekly, shard: str, now: datetime.datetime = MONDAY) -> None:
    weekly.next()
    for name in ("begin", "ask", "keep"):
        weekly.stage(name, now, "--shard", shard)


def add(weekly: Weekly, *entries: str) -> None:
    """Somebody adds entries to the list; clones that are there already do not know of it."""
    data = weekly.world.file("data/birds.bib") or b""
    weekly.world.maintainer.commit("main", {"data/birds.bib": data + "".join(entries).encode()}, "Add")


DOI = "@misc{Owl2019,\n  title = {Owls},\n  year = {2019},\n  doi = {10.5555/nobody.knows},\n}\n"


def test_a_shard_that_was_lost_is_told_and_its_links_wait_for_the_next_run(make_weekly: MakeWeekly, site: Site) -> None:
    weekly = make_weekly({"data/birds.bib": listing(site.url)["data/birds.bib"] + DOI.encode()})
    ask_shard(weekly, "1/3")
    ask_shard(weekly, "2/3")
    weekly.stage("report", MONDAY)
    assert weekly.report()["title"] == "Links: something was lost"
    assert "the job for doi.jsonl left nothing behind" in weekly.report()["body"]
    ask_shard(weekly, "3/3")
    weekly.stage("report", MONDAY)
    assert weekly.report()["state"] == "closed"


def test_a_link_that_is_added_while_the_others_are_asked_is_not_lost(weekly: Weekly) -> None:
    for name in ("begin", "ask", "keep"):
        weekly.stage(name, MONDAY)
    add(weekly, DOI)
    weekly.stage("report", MONDAY)
    assert weekly.report() is None


# --- What strangers may have got at ----------------------------------------------------------------------------------


def test_nothing_is_kept_but_this_jobs_files_and_only_what_reads_as_such(weekly: Weekly, site: Site) -> None:
    host = file_of(site.url)
    number = next(number for number in (1, 2) if host in shard_files(number, 3))
    other = next(name for name in shard_files(3 - number, 3))
    shard = f"{number}/3"
    for name in ("begin", "ask"):
        weekly.stage(name, MONDAY, "--shard", shard)
    forged = write_state(State((Record("https://evil.example/", MONDAY),)))
    second = next(name for name in shard_files(number, 3) if name != host)
    names = {
        other: forged,
        "doi.jsonl": forged,
        "evil.jsonl": forged,
        second: b"not a state\n",
        "history.jsonl": forged,
        "report.md": b"# Evil\n",
        f"{host}.aside-00000000": b"evil\n",
    }
    for name, data in names.items():
        (weekly.folder / "after" / name).write_bytes(data)
    (weekly.folder / "after" / "folder").mkdir()
    log = weekly.stage("keep", MONDAY, "--shard", shard).out
    assert weekly.world.files("bot-state") == [f"links/{host}"]
    assert site.url in weekly.kept(host).decode()
    for name in names:
        assert f"{name} is none of this job's files" in log


def test_a_job_that_has_all_files_keeps_none_of_another_name(weekly: Weekly, site: Site) -> None:
    weekly.stage("begin", MONDAY)
    weekly.stage("ask", MONDAY)
    forged = write_state(State((Record("https://evil.example/", MONDAY),)))
    for name in ("evil.jsonl", "00.jsonl", "wayback.jsonl"):
        (weekly.folder / "after" / name).write_bytes(forged)
    weekly.stage("keep", MONDAY)
    assert weekly.world.files("bot-state") == [f"links/{file_of(site.url)}"]


def shard_files(number: int, of: int) -> list[str]:
    return [name for name in HOST_FILES if in_shard(name, number, of)]


def test_keeping_needs_no_list(weekly: Weekly, site: Site) -> None:
    weekly.stage("begin", MONDAY)
    weekly.stage("ask", MONDAY)
    (weekly.clone / "data" / "birds.bib").unlink()
    weekly.stage("keep", MONDAY)
    assert site.url in weekly.state()


@pytest.mark.parametrize("damaged", [b"", b"[]", b'{"commit":null,"known":{"a":1},"asked":[]}', b"\xff"])
def test_a_folder_that_holds_something_else_is_not_read(weekly: Weekly, damaged: bytes) -> None:
    weekly.stage("begin", MONDAY)
    weekly.stage("ask", MONDAY)
    (weekly.folder / "begun.json").write_bytes(damaged)
    assert "begun.json" in weekly.stage("keep", MONDAY, status=2).err
    assert weekly.world.files("bot-state") == []


@pytest.mark.parametrize(
    ("url", "api", "is_named", "is_sent"),
    [
        ("{owner}", "", False, False),
        ("{owner}", "https://api.github.com", False, False),
        ("{owner}", "{owner}/", False, True),
        ("{owner}/", "{owner}", False, True),
        ("{owner}", "", True, True),
    ],
)
def test_the_token_goes_to_github_alone_unless_the_configuration_was_named(
    make_world: MakeWorld,
    make_bot: MakeBot,
    owners: Owners,
    tmp_path: Path,
    url: str,
    api: str,
    is_named: bool,
    is_sent: bool,
) -> None:
    owner = owners.urls["github"]
    (tmp_path / "birds.bib").write_text("@misc{A,\n  title = {A},\n  code = {https://github.com/somebody/code},\n}\n")
    text = f"{BIRDS_CONFIG}{configured(owners)}".replace("data/birds.bib", "birds.bib")
    config = load(text.replace(owner, url.format(owner=owner)), CONFIG)
    parsed = _parser().parse_args(["links", "--stage", "begin", "--folder", str(tmp_path / "folder")])
    environment = {"GITHUB_TOKEN": owners.token, "GITHUB_API_URL": api.format(owner=owner)}
    command = LinksCommand(parsed, tmp_path, config, environment, lambda done, all_: None, is_named=is_named)
    log = list(command.begin(make_bot().desk()))
    sent = [request.headers.get("authorization") for request in owners.requests("github")]
    assert sent
    assert set(sent) == {f"Bearer {owners.token}" if is_sent else None}
    assert any("without the token" in line for line in log) is not is_sent


class NobodyToAsk:
    """A reach in which only pages may be asked."""

    has_time = True

    def __init__(self) -> None:
        self.pages_asked: list[str] = []

    def owner(self, owner: Owner, subjects: Sequence[str]) -> Said:
        assert not subjects, owner.name
        return Said()

    def pages(self, links: Sequence[Link]) -> Iterator[Asked]:
        for link in links:
            self.pages_asked.append(link.url)
            yield Asked(link, Observation(Kind.OK))


def test_what_an_owner_has_left_open_is_asked_of_its_page_at_once() -> None:
    addresses = ("https://github.com/a/b", "https://github.com/a/c")
    text = "".join(f"@misc{{K{number},\n  code = {{{url}}},\n}}\n" for number, url in enumerate(addresses))
    bibliography = Bibliography.parse(text.encode())
    links = listed_links(bibliography, {}, load(BIRDS_CONFIG, CONFIG))
    folder = Folder(None, {}, {addresses[0]: Observation(Kind.OK)}, (GITHUB.name,))
    reach: Any = NobodyToAsk()
    after, run = ask(links, bibliography, Shard(), folder, reach, MONDAY)
    assert reach.pages_asked == [addresses[1]]
    assert run.asked == 2
    assert {record.url for record in read_state(after.states["github.jsonl"]).records} == set(addresses)


# --- What goes wrong, and is told ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "why"),
    [(b'{"format":"links-history","version":9}\n', "version 9"), (b"broken\n", "line 1 is broken")],
    ids=["newer", "broken"],
)
def test_a_history_that_cannot_be_read_is_told_by_the_run_that_finds_it(weekly: Weekly, data: bytes, why: str) -> None:
    weekly.run(MONDAY)
    weekly.put({"history.jsonl": data})
    log = weekly.run(MONDAY + WEEK)
    assert why in log
    [aside] = [name for name in weekly.world.files("bot-state") if ".aside-" in name]
    assert weekly.world.file(aside, "bot-state") == data
    [week] = read_history(weekly.kept("history.jsonl"))
    assert week.day == (MONDAY + WEEK).date()
    report = weekly.report()
    assert report["title"] == "Links: something was lost"
    assert aside.removeprefix("links/history.jsonl.") in report["body"]
    # It is said once.
    weekly.run(MONDAY + 2 * WEEK)
    assert weekly.report()["updated_at"] == report["updated_at"]
    assert len(read_history(weekly.kept("history.jsonl"))) == 2


def test_of_a_run_of_which_a_part_does_not_count_the_part_is_named(make_weekly: MakeWeekly, site: Site) -> None:
    weekly = make_weekly({"data/birds.bib": listing(site.url)["data/birds.bib"] + DOI.encode()})
    host, why = file_of(site.url), "23 hosts of 40 cannot be reached"
    ok = State((Record(site.url, MONDAY),), MONDAY, LastRun(MONDAY, 1, 1))
    void = State((Record("https://doi.org/10.5555/nobody.knows", MONDAY),), MONDAY, LastRun(MONDAY, 1, 1, why))
    weekly.run(MONDAY)
    weekly.put({host: write_state(ok), "doi.jsonl": write_state(void)})
    weekly.stage("report", MONDAY)
    assert weekly.report()["title"] == "Links: part of a run does not count"
    assert f"**Part of this run does not count:** the job for doi.jsonl: {why}" in weekly.report()["body"]
    void_too = msgspec.structs.replace(ok, last=LastRun(MONDAY, 1, 1, why))
    weekly.put({host: write_state(void_too)})
    weekly.stage("report", MONDAY)
    assert weekly.report()["title"] == "Links: a run that does not count"
    assert f"**This run does not count:** {why}" in weekly.report()["body"]
    assert ".jsonl" not in weekly.report()["body"]


def test_a_report_is_written_also_where_the_state_cannot_be(weekly: Weekly, site: Site) -> None:
    site.answer = MISSING
    weekly.stage("begin", MONDAY)
    weekly.stage("ask", MONDAY)
    weekly.stage("keep", MONDAY)
    refused = Answer(403, {"message": "Resource not accessible by integration"})
    weekly.world.proxy.answer("POST", "/git/trees$", refused)
    weekly.stage("report", MONDAY, status=1)
    assert weekly.report()["title"] == "Links: 1 suspect"


# --- A report for which the issue has no room ------------------------------------------------------------------------


def test_a_long_report_is_in_the_summary_and_beside_the_state_and_goes_when_it_is_short_again(
    make_weekly: MakeWeekly, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = [f"https://gongs.example/{'long' * 20}/{number}" for number in range(400)]
    entries = [f"@misc{{K{number},\n  code = {{{url}}},\n}}\n" for number, url in enumerate(addresses)]
    weekly = make_weekly({"data/birds.bib": "\n".join(entries).encode()})

    def state(*sightings: Sighting) -> bytes:
        records = tuple(Record(url, MONDAY, was_ok=True, sightings=sightings) for url in addresses)
        return write_state(State(records, MONDAY, LastRun(MONDAY, 400, 400)))

    weekly.world.person(MAINTAINER).commit(
        "bot-state", {f"links/{file_of(addresses[0])}": state(Sighting(MONDAY, Kind.GONE, "404 Not Found", 404))}
    )
    ended = weekly.stage("report", MONDAY)
    whole = weekly.kept("report.md").decode()
    assert len(whole) > 60_000
    assert all(f"]({url})" in whole for url in addresses)
    body = weekly.report()["body"]
    assert not all(f"]({url})" in body for url in addresses)
    where = f"https://github.com/{weekly.world.name}/blob/bot-state/links/report.md"
    assert f"[links/report.md]({where})" in body
    assert where not in whole
    assert f"{whole}\n" in ended.summary
    assert "links/report.md" in ended.out
    assert len(ended.out) < 1_000
    # GitHub drops a summary that is too long, so it is cut where that would be.
    monkeypatch.setattr("bot.jobs.link_stages._SUMMARY", 60_000)
    summary = weekly.stage("report", MONDAY).summary
    assert 5_000 < len(summary) < 15_000
    assert where in summary
    assert len(weekly.kept("report.md")) > 60_000
    weekly.put({file_of(addresses[0]): state()})
    ended = weekly.stage("report", MONDAY)
    assert weekly.report()["state"] == "closed"
    assert weekly.kept("report.md") == b""
    assert "report.md" not in ended.out
