"""One run about the links: who is asked, what is left for later, which repairs are found, and when nothing counts."""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from itertools import pairwise

import msgspec
import pytest

from bot.bibliography.entry import Entry
from bot.config import Links, OwnerSettings
from bot.config import Owners as Settings
from bot.jobs import links as jobs
from bot.jobs.links import Run, check, due_links, next_state
from bot.links import archive
from bot.links.asking import Asked, ask
from bot.links.inquiry import Said
from bot.links.link import Link, Place, Repair
from bot.links.memory import Record, Sighting
from bot.links.observation import Kind, Observation
from bot.links.owners.owner import Owner
from bot.links.reach import Reach
from bot.links.state import LastRun, State
from bot.links.turns import Turns
from bot.links.verdict import Finding, Verdict
from bot.metadata.source import Query
from bot.web.session import Answer, Limits, Web
from tests.support.faults import FaultyServer, Reply, Request, answer_text
from tests.support.owners import Copy, Facts, Owners
from tests.support.sources import Case

MONDAY = datetime(2027, 1, 4, 3, 43, tzinfo=UTC)
WEEK = timedelta(weeks=1)
OK = Observation(Kind.OK, status=200)
GONE = Observation(Kind.GONE, "404 Not Found", 404)
WALL = Observation(Kind.BLOCKED, "403 Forbidden", 403)
CUT_OFF = Observation(Kind.ERROR, "the name does not resolve", network=True)
TEXT = "<p>" + "Owls call at dusk, and who counts their calls knows how many there are. " * 6
PAGE = answer_text(f"<!DOCTYPE html><title>Owls</title><h1>Owls</h1>{TEXT}", "text/html")
MISSING = answer_text("<title>404</title><p>Not here.", "text/html", 404)


def link(url: str, key: str = "Owl2018") -> Link:
    return Link(url, (Place("birds.bib", 1, url, key, "link"),))


def well(*links: Link) -> dict[str, State]:
    """All of them have been ok for some weeks."""
    return {"": State(tuple(Record(one.url, MONDAY - 2 * WEEK) for one in links), MONDAY - WEEK)}


def nearly_gone(url: str) -> Record:
    """Seen gone twice, so that the next look decides."""
    row = tuple(Sighting(MONDAY - weeks * WEEK, Kind.GONE, GONE.reason, 404) for weeks in (2, 1))
    return Record(url, MONDAY - 2 * WEEK, was_ok=True, sightings=row)


class Fake:
    """Who shows what it is told to show; no owner says anything, and no archive."""

    archive_url = archive.URL

    def __init__(self, shows: Callable[[str], Observation] = lambda _: OK) -> None:
        self.shows = shows
        self.owners: list[str] = []
        self.looks: list[str] = []
        self.seen: list[str] = []

    def owner(self, owner: Owner, subjects: Sequence[str]) -> Said:
        if subjects:
            self.owners.append(owner.name)
        return Said()

    def look_ahead(self, owner: Owner, subjects: Sequence[str]) -> Said:
        return self.owner(owner, subjects)

    def pages(self, links: Sequence[Link]) -> Iterator[Asked]:
        return ask(links, self._page, Turns(0.0), connections=4)

    def _page(self, url: str, *, title: str = "", method: str = "GET") -> Observation:
        self.looks.append(url)
        return self.shows(url)

    def look(self, url: str, title: str) -> Observation:
        return GONE

    def see(self, url: str, title: str) -> tuple[Observation, Answer | None]:
        self.seen.append(url)
        return GONE, None

    def fetch(self, url: str) -> Answer | None:
        return None

    def ask_archive(self, query: Query) -> Answer | None:
        return None


def run(
    links: Sequence[Link],
    reach: jobs.Reach,
    states: Mapping[str, State],
    now: datetime = MONDAY,
    *,
    entries: Mapping[str, Entry] | None = None,
    known: Mapping[str, Observation] | None = None,
    asked_owners: Collection[str] = (),
) -> Run:
    """One run that remembers in one file."""
    due = due_links(links, states, now, lambda _: "")
    return check(links, due, states, entries or {}, reach, now, known or {}, asked_owners=asked_owners)


def after(states: Mapping[str, State], one: Run, now: datetime = MONDAY) -> dict[str, State]:
    return {"": next_state(states.get("", State()), one, one.findings, now)}


def of(one: Run, url: str) -> Finding:
    (found,) = [finding for finding in one.findings if finding.link.url == url]
    return found


# --- What is left ----------------------------------------------------------------------------------------------------


def test_what_is_ok_and_was_left_is_due_at_once_and_no_other_line_changes() -> None:
    ok, gone, asked = (link(f"https://owls.test/{name}") for name in ("ok", "gone", "asked"))
    states = {"": State((*well(ok)[""].records, nearly_gone(gone.url), *well(asked)[""].records), MONDAY - WEEK)}

    class Left(Fake):
        def pages(self, links: Sequence[Link]) -> Iterator[Asked]:
            return (Asked(one, OK if one == asked else None, "" if one == asked else "no time") for one in links)

    records = {record.url: record for record in after(states, run([ok, gone, asked], Left(), states))[""].records}
    before = {record.url: record for record in states[""].records}
    assert records[ok.url] == msgspec.structs.replace(before[ok.url], due=True)
    assert records[gone.url] == before[gone.url]
    assert records[asked.url] == before[asked.url]


def test_every_link_of_a_host_of_walls_is_asked_within_some_weeks() -> None:
    links = [link(f"https://walls.test/{number}") for number in range(12)]
    reach = Fake(lambda _: WALL)
    states: dict[str, State] = {}
    asked: list[set[str]] = []
    for week in range(4 + 12):
        reach.looks.clear()
        states = after(states, run(links, reach, states, MONDAY + week * WEEK), MONDAY + week * WEEK)
        asked.append(set(reach.looks))
    assert {len(one) for one in asked} == {3}
    # Those that were never seen go first, so that four weeks do; and all are asked again.
    assert set.union(*asked[:4]) == {one.url for one in links}
    assert set.union(*asked[4:]) == {one.url for one in links}


def test_where_time_is_always_short_no_link_is_forgotten() -> None:
    """Neither those that are ok nor others, of which the former were left the week before."""
    links = [link(f"https://owls.test/{number}") for number in range(30)]
    looks: Counter[str] = Counter()

    class Short(Fake):
        def pages(self, links: Sequence[Link]) -> Iterator[Asked]:
            looks.update(one.url for one in links[:5])
            seen = [GONE if one.url.endswith("7") else OK for one in links]
            return (Asked(one, seen[at] if at < 5 else None) for at, one in enumerate(links))

    states: dict[str, State] = {}
    for week in range(6 + 18):
        if week == 6:
            assert set(looks.values()) == {1}
            assert len(looks) == 30
        states = after(states, run(links, Short(), states, MONDAY + week * WEEK), MONDAY + week * WEEK)
    assert min(looks.values()) >= 2


# --- Owners ----------------------------------------------------------------------------------------------------------

DOIS = [f"10.5555/owl.{number}" for number in range(8)]
DOI_LINKS = [link(f"https://doi.org/{doi}", f"Owl{number}") for number, doi in enumerate(DOIS)]


@contextlib.contextmanager
def reaching(owners: Owners, *, wayback: str = "", spacing: float = 0.0) -> Iterator[Reach]:
    places = {name: OwnerSettings(url=url, spacing=spacing) for name, url in owners.urls.items()}
    if wayback:
        places["wayback"] = OwnerSettings(url=wayback, spacing=0.0)
    settings = Links(pause=0.0, timeout=1.0, minutes=1.0, owners=Settings(**places))
    limits = Limits(connect=1.0, read=1.0, total=2.0, repeats=0)
    with Web("birds-bot/1.0", allow=[ip_network("127.0.0.0/8")], limits=limits) as web:
        yield Reach(web, settings)


def facts() -> Facts:
    return Facts(dois=dict.fromkeys(DOIS, "https://owls.test/"))


def asked_dois(owners: Owners) -> list[str]:
    return [request.path.partition("/handles/")[2] for request in owners.requests("doi")]


def test_an_owner_that_wants_a_rest_leaves_the_others_due_and_makes_no_error() -> None:
    states = well(*DOI_LINKS)
    with Owners(facts()) as owners:
        with reaching(owners) as reach:

            def limits(request: Request) -> Reply:
                if len(owners.requests("doi")) > 3:
                    return Reply(status=429, headers={"Retry-After": "600"})
                return owners._doi(request.path.removeprefix("/doi/"))

            owners.override["doi"] = limits
            first = run(DOI_LINKS, reach, states)
        seen = {finding.link.url for finding in first.findings if finding.observation}
        assert len(seen) == 3
        for finding in first.findings:
            assert finding.judgement
            assert finding.judgement.verdict is Verdict.OK
            assert finding.record
            assert finding.record.due is (finding.link.url not in seen)
        del owners.override["doi"]
        count = len(owners.requests("doi"))
        with reaching(owners) as reach:
            # By hand on the next day: those that were left, and no others.
            second = run(DOI_LINKS, reach, after(states, first), MONDAY + timedelta(days=1))
        assert {f"https://doi.org/{doi}" for doi in asked_dois(owners)[count:]} == {
            one.url for one in DOI_LINKS if one.url not in seen
        }
    assert [finding.observation for finding in second.findings if finding.observation] == [OK] * 5


@pytest.mark.parametrize("nonsense", [answer_text("<p>Not found", "text/html", 404), answer_text("<p>", "text/html")])
def test_nonsense_about_neighbours_is_an_error_of_these_alone(nonsense: Reply) -> None:
    with Owners(facts()) as owners, reaching(owners) as reach:
        broken = DOIS[2:5]

        def answer(request: Request) -> Reply:
            path = request.path.removeprefix("/doi/")
            return nonsense if path.removeprefix("api/handles/") in broken else owners._doi(path)

        owners.override["doi"] = answer
        found = run(DOI_LINKS, reach, well(*DOI_LINKS))
    kinds = [finding.observation.kind for finding in found.findings if finding.observation]
    assert kinds == [Kind.OK] * 2 + [Kind.ERROR] * 3 + [Kind.OK] * 3
    assert all("did not say" in of(found, f"https://doi.org/{doi}").record.sightings[0].reason for doi in broken)  # type: ignore[union-attr]


def test_an_owner_that_is_down_is_an_error_of_those_that_were_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.links.inquiry._BACKOFF", 0.01)
    with Owners(facts()) as owners, reaching(owners) as reach:
        owners.override["doi"] = lambda _: Reply(raw=b"", end="close")
        found = run(DOI_LINKS, reach, well(*DOI_LINKS))
        asked = {f"https://doi.org/{doi}" for doi in asked_dois(owners)}
    assert len(asked) == 2
    assert {one.link.url for one in found.findings if one.observation} == asked
    assert all(one.judgement and (one.judgement.verdict is Verdict.OK) for one in found.findings if not one.observation)


REPOSITORY, DOI = link("https://github.com/owl/nest"), DOI_LINKS[0]


def test_who_was_asked_before_is_not_asked_for_what_it_left_open() -> None:
    known = link("https://github.com/owl/known")
    reach = Fake()
    found = run([REPOSITORY, known, DOI], reach, {}, known={known.url: GONE}, asked_owners=("github", "doi"))
    assert reach.owners == []
    assert reach.looks == [REPOSITORY.url]
    assert [finding.observation for finding in found.findings] == [OK, GONE, None]


def test_who_was_not_asked_before_is_asked_before_the_page() -> None:
    reach = Fake()
    found = run([REPOSITORY, DOI], reach, {})
    assert sorted(reach.owners) == ["doi", "github"]
    assert reach.looks == [REPOSITORY.url]
    assert [finding.observation for finding in found.findings] == [OK, None]


# --- Void ------------------------------------------------------------------------------------------------------------


def test_nothing_of_a_void_run_is_remembered_but_that_it_was_void() -> None:
    links = [link(f"https://host{number}.test/") for number in range(50)]
    new = link("https://new.test/")
    before = well(*links)[""]
    shows: Callable[[str], Observation] = lambda url: OK if url > "https://host3" else CUT_OFF  # noqa: E731
    found = run([*links, new], Fake(shows), {"": before})
    failed = sum(shows(one.url) == CUT_OFF for one in links)
    assert failed > 20
    assert found.void == (
        f"{failed} hosts of 50 that answered before cannot be reached now, "
        "so it is the machine that asked which is cut off"
    )
    kept = next_state(before, found, found.findings, MONDAY)
    assert kept == State(before.records, before.asked, LastRun(MONDAY, 51, 51, found.void))
    assert [finding.record for finding in found.findings] == [*before.records, None]
    assert {finding.judgement.verdict for finding in found.findings if finding.judgement} == {Verdict.OK}


# --- Repairs ---------------------------------------------------------------------------------------------------------


def entries(count: int, **fields: str) -> dict[str, Entry]:
    return {
        f"Owl{number}": Entry(
            "article", f"Owl{number}", {"title": "Owls", **{name: f"{text}{number}" for name, text in fields.items()}}
        )
        for number in range(count)
    }


def lost(server: FaultyServer, count: int) -> tuple[list[Link], dict[str, State]]:
    links = [link(f"{server.url}/lost/{number}", f"Owl{number}") for number in range(count)]
    return links, {"": State(tuple(nearly_gone(one.url) for one in links), MONDAY - WEEK)}


def by_path(request: Request) -> Reply:
    if request.path.startswith("/limit"):
        return Reply(status=429, headers={"Retry-After": "3600"})
    return MISSING if request.path.startswith("/lost") else PAGE


def test_a_host_that_wanted_a_long_rest_does_not_end_the_run_that_asks_it_for_a_repair() -> None:
    """Here the archive, a page of which is in the list too."""
    with FaultyServer(by_path) as wayback, FaultyServer(by_path, host="127.0.0.2") as server, Owners(Facts()) as owners:
        gone, states = lost(server, 2)
        links = [link(f"{wayback.url}/limit"), *gone]
        with reaching(owners, wayback=wayback.url) as reach:
            found = run(links, reach, states)
        assert len(wayback.requests) == 1
    verdicts = [finding.judgement.verdict for finding in found.findings if finding.judgement]
    assert verdicts == [Verdict.BLOCKED, Verdict.GONE, Verdict.GONE]
    assert [finding.repair for finding in found.findings] == [None] * 3


def test_a_capture_is_found_by_the_fewest_requests() -> None:
    with FaultyServer(by_path) as server, Owners(Facts()) as owners, reaching(owners) as reach:
        (gone,), states = lost(server, 1)
        owners.facts.copies.append(Copy(url=gone.url, at="20261201000000", body=str(PAGE.pieces).encode()))
        repair = run([gone], reach, states).findings[0].repair
        assert repair
        assert repair.address == f"{owners.urls['wayback']}/web/20261201000000/{gone.url}"
        assert len(owners.requests("wayback")) == 2


def test_repairs_ask_owners_at_their_pace_and_many_at_once_where_they_can() -> None:
    papers: list[Case] = [
        {"arxiv": {"id": f"1706.0881{number}", "title": "Owls", "authors": ["Anna Owl"], "published": "2017-06-27"}}
        for number in range(8)
    ]
    known = Facts(dois={DOIS[1]: "https://owls.test/"}, papers=papers)
    with FaultyServer(by_path) as server, Owners(known) as owners, reaching(owners, spacing=0.05) as reach:
        links, states = lost(server, 8)
        found = run(links, reach, states, entries=entries(8, doi="10.5555/owl.", eprint="1706.0881"))
        assert len(owners.requests("arxiv")) == 1
        times = [request.time for request in owners.requests("doi")]
    assert len(times) == 8
    assert all(later - earlier > 0.045 for earlier, later in pairwise(times))
    assert [finding.repair.address if finding.repair else "" for finding in found.findings] == [
        f"https://doi.org/{DOIS[number]}" if number == 1 else f"https://arxiv.org/abs/1706.0881{number}"
        for number in range(8)
    ]


def test_a_repair_that_fails_ends_nothing_and_what_was_known_stays() -> None:
    plain = [link(f"http://owls{number}.test/") for number in range(4)]
    moved = link("https://moved.test/")
    target = "https://moved.test/new"
    row = tuple(Sighting(MONDAY - weeks * WEEK, Kind.MOVED, "", 200, target, fit=True) for weeks in (2, 1))
    repair = Repair(target, "moved")
    record = Record(moved.url, MONDAY - 2 * WEEK, sightings=row, repair=repair)
    states = {"": State((record,), MONDAY - WEEK)}

    class Failing(Fake):
        def see(self, url: str, title: str) -> tuple[Observation, Answer | None]:
            super().see(url, title)
            raise LookupError(url)

    def broken(*_: object) -> None:
        raise LookupError

    reach = Failing(lambda url: Observation(Kind.MOVED, "", 200, target=target, fit=True) if "moved" in url else OK)
    assert [finding.repair for finding in run(plain, reach, {}).findings] == [None] * 4
    assert sorted(reach.seen) == [f"https://owls{number}.test/" for number in range(4)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "find_repair", broken)
        found = run([moved], reach, states).findings[0]
    assert found.repair == repair
    assert found.record
    assert found.record.repair == repair


def test_entries_that_cannot_be_read_end_nothing() -> None:
    class Broken(dict[str, Entry]):
        def get(self, *_: object) -> Entry:
            raise LookupError

    gone = link("https://owls.test/lost")
    states = {"": State((nearly_gone(gone.url),), MONDAY - WEEK)}
    found = run([gone], Fake(lambda _: GONE), states, entries=Broken(Owl2018=Entry("misc", "Owl2018", {})))
    assert found.findings[0].judgement
    assert found.findings[0].judgement.verdict is Verdict.GONE


def test_what_is_gone_does_not_wait_for_what_may_be_more_secure() -> None:
    plain = [link(f"http://owls{number}.test/") for number in range(40)]
    gone = link("https://owls.test/lost")
    states = {"": State((nearly_gone(gone.url),), MONDAY - WEEK)}
    was_asked = threading.Event()
    in_time: list[bool] = []

    class Slow(Fake):
        def see(self, url: str, title: str) -> tuple[Observation, Answer | None]:
            in_time.append(was_asked.wait(10))
            return super().see(url, title)

        def ask_archive(self, query: Query) -> Answer | None:
            was_asked.set()
            return None

    run([*plain, gone], Slow(lambda url: GONE if "lost" in url else OK), states)
    assert in_time == [True] * 40


def test_hosts_take_turns_where_pages_may_be_more_secure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_SECURING", 1)
    reach = Fake()
    run([link(f"http://{host}.test/{number}") for host in ("crow", "owl") for number in range(3)], reach, {})
    hosts = [url.split("/")[2] for url in reach.seen]
    assert hosts == ["crow.test", "owl.test"] * 3
