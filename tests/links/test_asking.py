"""Asking for many links: each once, sites in turn, at most twice more, and what is left said to be left."""

import heapq
import math
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.links.asking import NO_TIME, WALLED, WANTS_REST, Agenda, Asked, Try, answering, ask, failing, is_void
from bot.links.link import Link, Place
from bot.links.look import Looker
from bot.links.observation import Hop, Kind, Observation
from bot.links.turns import Turns, polite
from bot.web.session import Limits, Web
from tests.links.truth import CASES, filled, strangers

OK = Observation(Kind.OK, "200 OK", 200)
GONE = Observation(Kind.GONE, "404 Not Found", 404)
WALL = Observation(Kind.BLOCKED, "403 Forbidden", 403)
LIMIT = Observation(Kind.BLOCKED, "429 Too Many Requests", 429, again=True)
BUSY = Observation(Kind.ERROR, "503 Service Unavailable", 503, again=True)
CUT = Observation(Kind.ERROR, "the connection was cut", network=True, cut=True, again=True)
SLOW = Observation(Kind.ERROR, "no answer within 20 s", network=True, again=True)
NO_NAME = Observation(Kind.ERROR, "the name does not resolve", network=True)


def link(url: str, title: str = "") -> Link:
    return Link(url, (Place("a.bib", 1, url), Place("a.bib", 2, url, title=title)))


def links(*counts: int) -> list[Link]:
    """So many links at each of some sites, one site after the other."""
    return [link(f"http://host{at}.test/{number}") for at, count in enumerate(counts) for number in range(count)]


def after(observation: Observation, seconds: float) -> Observation:
    return msgspec.structs.replace(observation, after=seconds)


def by_way_of(observation: Observation, *urls: str) -> Observation:
    return msgspec.structs.replace(observation, chain=tuple(Hop(302, url) for url in urls))


class Look(msgspec.Struct, frozen=True):
    """A look as it was made: when it began and ended."""

    url: str
    method: str
    start: float
    end: float

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc


class Day:
    """What an agenda comes to with so many threads, in a time that only this knows.

    Answers take a tenth of a second, or what ``lasts`` has. ``answers`` holds what the looks at an address show, the
    last one again and again; what is not there is ok.
    """

    def __init__(
        self,
        asked: Sequence[Link],
        answers: Mapping[str, Sequence[Observation]] | None = None,
        *,
        threads: int = 64,
        pause: float = 0.0,
        until: float = math.inf,
        backoff: float = 3.0,
        lasts: Mapping[str, float] | None = None,
    ) -> None:
        agenda = Agenda(asked)
        self.looks: list[Look] = []
        self.results: list[Asked] = []
        tries: Counter[str] = Counter()
        running: list[tuple[float, int, Try, float]] = []
        now, number = 0.0, 0
        while True:
            head = agenda.next(now)
            if now < until and head and head[1] <= now and len(running) < threads:
                one = agenda.take()
                number += 1
                end = now + (lasts or {}).get(one.link.url, 0.1)
                heapq.heappush(running, (end, number, one, now))
                continue
            starts = [head[1]] if head and len(running) < threads and max(now, head[1]) < until else []
            ends = [running[0][0]] if running else []
            if not starts + ends:
                break
            now = max(now, min(starts + ends))
            if ends and ends[0] <= now:
                end, _, one, start = heapq.heappop(running)
                self.looks.append(Look(one.link.url, one.method, start, end))
                row = (answers or {}).get(one.link.url, [OK])
                seen = row[min(tries[one.link.url], len(row) - 1)]
                tries[one.link.url] += 1
                final = agenda.ended(one, seen, at=max(start + pause, end), again=end + backoff)
                if final:
                    self.results.append(Asked(one.link, final))
        assert agenda.is_over or now >= until or math.isfinite(until)
        self.results += agenda.rest()

    def of(self, url: str) -> Asked:
        (one,) = [result for result in self.results if result.link.url == url]
        return one

    def methods(self, url: str) -> list[str]:
        return [look.method for look in self.looks if look.url == url]


# --- Whose turn it is ------------------------------------------------------------------------------------------------


def test_each_link_is_asked_once() -> None:
    day = Day(links(3, 1, 2))
    assert Counter(look.url for look in day.looks) == Counter(one.url for one in links(3, 1, 2))
    assert sorted(result.link.url for result in day.results) == [one.url for one in links(3, 1, 2)]
    assert all(result.observation == OK and not result.left for result in day.results)


def test_no_links_are_no_work() -> None:
    assert Day([]).results == []


def test_sites_are_asked_in_turn() -> None:
    day = Day(links(3, 3, 3), threads=1)
    assert [look.host for look in day.looks] == ["host0.test", "host1.test", "host2.test"] * 3


def test_the_links_of_a_site_are_asked_in_their_order() -> None:
    day = Day(links(4), threads=8)
    assert [look.url for look in day.looks] == [one.url for one in links(4)]


def test_a_site_that_rests_holds_nobody_up() -> None:
    day = Day(links(5, 1, 1, 1), threads=1, pause=10.0)
    assert max(look.end for look in day.looks if look.host != "host0.test") < 1.0
    assert [look.start for look in day.looks if look.host == "host0.test"] == [0.0, 10.0, 20.0, 30.0, 40.0]


def test_a_slow_site_catches_up() -> None:
    """Among those that may be asked it goes before the others, since it had fewer turns."""
    asked = links(9, 9, 9, 9)
    day = Day(asked, threads=2, lasts={asked[0].url: 0.45})
    order = [look.host for look in sorted(day.looks, key=lambda look: (look.start, look.host))]
    assert [int(host[4]) for host in order[:9]] == [0, 1, 2, 3, 1, 2, 3, 0, 1]


def test_the_longest_site_begins_first() -> None:
    day = Day(links(1, 1, 1, 5), threads=2, pause=1.0)
    assert day.looks[0].host == "host3.test"
    assert max(look.end for look in day.looks) == pytest.approx(4.1)


ANSWERS = st.sampled_from(
    [OK, GONE, WALL, LIMIT, BUSY, CUT, SLOW, NO_NAME, after(LIMIT, 5), after(LIMIT, 3600), after(BUSY, 3600)]
    + [by_way_of(one, "http://host1.test/login") for one in (OK, WALL, after(LIMIT, 3600))]
)


@given(
    st.lists(st.integers(0, 8), max_size=6),
    st.data(),
    st.integers(1, 4),
    st.sampled_from([0.0, 0.5]),
    st.sampled_from([0.0, 0.35, 3.0, math.inf]),
)
def test_whatever_hosts_answer_each_link_has_one_end(
    counts: list[int], data: st.DataObject, threads: int, pause: float, until: float
) -> None:
    asked = links(*counts)
    answers = {one.url: data.draw(st.lists(ANSWERS, min_size=1, max_size=3)) for one in asked}
    day = Day(asked, answers, threads=threads, pause=pause, until=until)
    assert sorted(result.link.url for result in day.results) == sorted(one.url for one in asked)
    assert all((result.observation is None) == bool(result.left) for result in day.results)
    looks = Counter(look.url for look in day.looks)
    assert all(count <= 3 for count in looks.values())
    assert all((result.observation is None) == (looks[result.link.url] == 0) for result in day.results)
    assert all(look.start < until for look in day.looks)
    by_host = defaultdict(list)
    for look in day.looks:
        by_host[look.host].append(look)
    for row in by_host.values():
        row.sort(key=lambda look: look.start)
        assert all(later.start >= earlier.end for earlier, later in pairwise(row))
        assert all(later.start >= earlier.start + pause for earlier, later in pairwise(row))


# --- Again -----------------------------------------------------------------------------------------------------------


def test_a_passing_trouble_is_asked_again_and_forgotten() -> None:
    (one,) = links(1)
    day = Day([one], {one.url: [BUSY, OK]})
    assert day.methods(one.url) == ["GET", "GET"]
    assert day.of(one.url).observation == OK


def test_who_stays_in_trouble_is_asked_three_times_in_all() -> None:
    (one,) = links(1)
    day = Day([one], {one.url: [BUSY]})
    assert day.methods(one.url) == ["GET"] * 3
    assert day.of(one.url).observation == BUSY


@pytest.mark.parametrize("seen", [GONE, WALL, NO_NAME, OK, after(GONE, 5), after(WALL, 5)])
def test_what_says_nothing_else_the_next_moment_is_asked_once(seen: Observation) -> None:
    (one,) = links(1)
    assert Day([one], {one.url: [seen]}).methods(one.url) == ["GET"]


def test_head_is_the_second_try_after_a_cut_and_nothing_else() -> None:
    (one,) = links(1)
    assert Day([one], {one.url: [CUT]}).methods(one.url) == ["GET", "HEAD", "GET"]
    assert Day([one], {one.url: [BUSY, CUT]}).methods(one.url) == ["GET", "GET", "GET"]
    assert Day([one], {one.url: [SLOW]}).methods(one.url) == ["GET", "GET", "GET"]


HEAD_OK = Observation(Kind.OK, "200 OK", 200, note="only HEAD is answered", again=True)


@pytest.mark.parametrize(("last", "ends"), [(CUT, HEAD_OK), (SLOW, HEAD_OK), (GONE, GONE), (BUSY, BUSY), (OK, OK)])
def test_what_head_has_shown_holds_only_where_get_is_never_answered(last: Observation, ends: Observation) -> None:
    (one,) = links(1)
    day = Day([one], {one.url: [CUT, HEAD_OK, last]})
    assert day.methods(one.url) == ["GET", "HEAD", "GET"]
    assert day.of(one.url).observation == ends


def test_while_a_link_is_to_be_asked_again_its_site_waits() -> None:
    first, second, other = links(2, 1)
    day = Day([first, second, other], {first.url: [BUSY, OK]}, backoff=3.0)
    starts = {look.url: look.start for look in day.looks}
    assert starts[first.url] == pytest.approx(3.1)
    assert starts[second.url] > starts[first.url]
    assert starts[other.url] == 0.0


# --- Left ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seen", [LIMIT, BUSY])
def test_a_host_that_wants_a_long_rest_is_left(seen: Observation) -> None:
    asked = links(3, 1)
    day = Day(asked, {asked[0].url: [after(seen, 3600)]})
    assert day.methods(asked[0].url) == ["GET"]
    assert day.of(asked[0].url).observation == after(seen, 3600)
    assert [(day.of(one.url).observation, day.of(one.url).left) for one in asked[1:3]] == [(None, WANTS_REST)] * 2
    assert day.of(asked[3].url).observation == OK


def test_a_host_that_wants_half_a_minute_is_not_left() -> None:
    asked = links(2)
    day = Day(asked, {asked[0].url: [after(LIMIT, 30), OK]})
    assert [result.observation for result in day.results] == [OK, OK]


def test_after_three_walls_a_host_is_left() -> None:
    asked = links(6, 1)
    day = Day(asked, {one.url: [WALL] for one in asked[:6]})
    assert [day.of(one.url).observation for one in asked[:3]] == [WALL] * 3
    assert [(day.of(one.url).observation, day.of(one.url).left) for one in asked[3:6]] == [(None, WALLED)] * 3
    assert day.of(asked[6].url).observation == OK


def test_three_walls_are_three_links_not_three_looks() -> None:
    asked = links(4)
    day = Day(asked, {asked[0].url: [LIMIT], asked[1].url: [WALL]})
    assert [day.of(one.url).observation for one in asked] == [LIMIT, WALL, OK, OK]


@pytest.mark.parametrize(("between", "left"), [(OK, 2), (GONE, 2), (NO_NAME, 2)])
def test_walls_count_whatever_is_shown_between_them(between: Observation, left: int) -> None:
    asked = links(6)
    rows = [WALL, WALL, between, WALL, OK, OK]
    day = Day(asked, {one.url: [seen] for one, seen in zip(asked, rows, strict=True)})
    assert sum(result.left == WALLED for result in day.results) == left


def test_who_leads_to_walls_of_several_hosts_is_not_left() -> None:
    asked = links(6)
    walls = {one.url: by_way_of(WALL, "http://a.test/", f"http://shop{at % 3}.test/") for at, one in enumerate(asked)}
    day = Day(asked, {url: [wall] for url, wall in walls.items()})
    assert {result.link.url: result.observation for result in day.results} == walls


def test_who_leads_to_one_login_again_and_again_is_left() -> None:
    asked = links(5)
    wall = by_way_of(WALL, "http://login.test/")
    day = Day(asked, {one.url: [wall] for one in asked})
    assert [day.of(one.url).left for one in asked] == ["", "", "", WALLED, WALLED]


def test_walls_that_others_have_led_to_do_not_leave_a_host() -> None:
    asked = [link(f"http://short{number}.test/") for number in range(3)] + links(2)
    wall = by_way_of(WALL, "http://host0.test/login")
    day = Day(asked, {one.url: [wall] for one in asked[:3]}, threads=1)
    assert [day.of(one.url).observation for one in asked[3:]] == [OK, OK]


def test_a_link_that_leads_to_a_host_that_is_left_is_not_asked_again() -> None:
    first, second = links(1, 1)
    wants_rest, limit = (by_way_of(one, "http://shop.test/") for one in (after(LIMIT, 3600), LIMIT))
    day = Day([first, second], {first.url: [wants_rest], second.url: [limit]}, threads=1)
    assert day.of(second.url).observation == limit
    assert day.methods(second.url) == ["GET"]


def test_what_was_seen_stays_where_there_is_no_time_to_ask_again() -> None:
    asked = links(3)
    day = Day(asked, {asked[0].url: [BUSY]}, until=1.0)
    assert day.of(asked[0].url).observation == BUSY
    assert [day.of(one.url).left for one in asked[1:]] == [NO_TIME] * 2


# --- By threads ------------------------------------------------------------------------------------------------------


class Pages:
    """Looks that note themselves; ``shows`` says what one shows, after so many seconds."""

    def __init__(self, shows: Callable[[str], Observation] = lambda _: OK, lasts: float = 0.0) -> None:
        self.looks: list[tuple[str, str, str]] = []
        self.spans: list[Look] = []
        self._shows = shows
        self._lasts = lasts
        self._lock = threading.Lock()
        self.now = self.together = 0

    def look(self, url: str, *, title: str = "", method: str = "GET") -> Observation:
        start = time.monotonic()
        with self._lock:
            self.looks.append((url, title, method))
            self.now += 1
            self.together = max(self.together, self.now)
        time.sleep(self._lasts)
        seen = self._shows(url)
        with self._lock:
            self.now -= 1
            self.spans.append(Look(url, method, start, time.monotonic()))
        return seen


def asked_by_threads(
    asked: Sequence[Link], pages: Pages, *, pause: float = 0.0, connections: int = 8, until: float = math.inf
) -> Iterator[Asked]:
    turns = Turns(pause)

    def look(url: str, *, title: str = "", method: str = "GET") -> Observation:
        with turns.of(urlsplit(url).netloc):
            return pages.look(url, title=title, method=method)

    return ask(asked, look, turns, connections=connections, until=until)


def test_threads_ask_each_link_once() -> None:
    asked = links(*range(12))
    pages = Pages()
    results = list(asked_by_threads(asked, pages))
    assert sorted(one.link.url for one in results) == sorted(one.url for one in asked)
    assert Counter(url for url, _, _ in pages.looks) == Counter(one.url for one in asked)


def test_a_look_is_told_the_title() -> None:
    pages = Pages()
    assert len(list(asked_by_threads([link("http://a.test/", "On Owls")], pages))) == 1
    assert pages.looks == [("http://a.test/", "On Owls", "GET")]


def test_as_many_sites_are_asked_at_once_as_there_are_connections() -> None:
    pages = Pages(lasts=0.05)
    assert len(list(asked_by_threads(links(*[2] * 12), pages, connections=4))) == 24
    assert pages.together == 4


def test_a_site_has_one_look_at_a_time_and_its_pause() -> None:
    pages = Pages(lasts=0.01)
    list(asked_by_threads(links(4, 4), pages, pause=0.05))
    for host in ("host0.test", "host1.test"):
        spans = sorted((one.start, one.end) for one in pages.spans if one.host == host)
        assert len(spans) == 4
        assert all(later[0] - earlier[0] > 0.045 for earlier, later in pairwise(spans))


def test_while_some_rest_others_are_asked_by_one_thread() -> None:
    pages = Pages()
    start = time.monotonic()
    assert len(list(asked_by_threads(links(*[3] * 20), pages, pause=0.2, connections=1))) == 60
    assert 0.4 <= time.monotonic() - start < 1.5


def test_results_come_as_looks_end() -> None:
    def shows(url: str) -> Observation:
        time.sleep(0.5 if "host0" in url else 0.0)
        return OK

    results = asked_by_threads(links(1, 1), Pages(shows))
    start = time.monotonic()
    assert next(results).link.url == "http://host1.test/0"
    assert time.monotonic() - start < 0.4
    assert next(results).link.url == "http://host0.test/0"


def test_a_look_that_fails_is_an_error_and_ends_nothing() -> None:
    def shows(url: str) -> Observation:
        if url.endswith("/1"):
            raise LookupError("a secret")
        return OK

    results = {one.link.url: one.observation for one in asked_by_threads(links(3, 3), Pages(shows))}
    assert len(results) == 6
    for url, seen in results.items():
        assert seen == (Observation(Kind.ERROR, "the look failed (LookupError)") if url.endswith("/1") else OK)


def test_no_look_begins_when_the_time_is_over_and_what_has_begun_ends() -> None:
    pages = Pages(lasts=0.2)
    start = time.monotonic()
    results = list(asked_by_threads(links(5, 5), pages, pause=0.1, until=start + 0.4))
    assert time.monotonic() - start < 2.0
    assert Counter((one.observation, one.left) for one in results) == {(OK, ""): 4, (None, NO_TIME): 6}
    assert max(look.start for look in pages.spans) < start + 0.4


def test_where_there_is_no_time_nothing_is_asked() -> None:
    pages = Pages()
    results = list(asked_by_threads(links(2, 1), pages, until=time.monotonic() - 1))
    assert [one.left for one in results] == [NO_TIME] * 3
    assert pages.looks == []


def test_a_look_that_does_not_end_does_not_hold_up_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.links.asking._GRACE", 0.2)
    never = threading.Event()

    def shows(url: str) -> Observation:
        if "host0" in url:
            never.wait(20)
        return OK

    try:
        results = list(asked_by_threads(links(1, 1), Pages(shows), until=time.monotonic() + 0.1))
    finally:
        never.set()
    assert {one.link.url: one.left for one in results} == {"http://host0.test/0": NO_TIME, "http://host1.test/0": ""}


def test_a_run_that_is_broken_off_begins_no_more_looks() -> None:
    before = set(threading.enumerate())
    pages = Pages(lasts=0.02)
    results = asked_by_threads(links(*[20] * 4), pages, connections=2)
    next(results)
    results.close()  # type: ignore[attr-defined]
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()
    assert len(pages.looks) < 10


def test_a_rest_is_kept_by_the_host_that_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the link led there from elsewhere, which is asked again when that host may be."""
    monkeypatch.setattr("bot.links.asking._BACKOFF", 0.01)
    turns = Turns(0.0)
    rows = [by_way_of(after(LIMIT, 0.4), "http://host1.test/limit"), by_way_of(after(WALL, 20), "http://host1.test/")]
    starts: list[float] = []

    def look(url: str, *, title: str = "", method: str = "GET") -> Observation:
        starts.append(time.monotonic())
        turns.rest("host1.test", rows[0].after)
        return rows.pop(0)

    wall = rows[1]
    assert [one.observation for one in ask(links(1), look, turns, connections=2)] == [wall]
    assert starts[1] - starts[0] >= 0.4
    assert turns.wait("host1.test") > 15
    assert turns.wait("host0.test") == 0


def test_the_pauses_before_a_link_is_asked_again_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.links.asking._BACKOFF", 0.1)
    pages = Pages(lambda _: BUSY)
    assert [one.observation for one in asked_by_threads(links(1), pages)] == [BUSY]
    first, second = (later.start - earlier.end for earlier, later in pairwise(pages.spans))
    assert 0.09 < first < 0.2 + 0.1
    assert 0.19 < second < 0.4 + 0.1


def test_a_site_that_was_asked_on_the_way_from_elsewhere_rests_too() -> None:
    turns = Turns(0.3)
    order: list[str] = []

    def look(url: str, *, title: str = "", method: str = "GET") -> Observation:
        order.append(urlsplit(url).netloc)
        for host in (order[-1], "host1.test"):
            if host == order[-1] or len(order) == 1:
                with turns.of(host):
                    pass
        return OK

    results = list(ask(links(1, 1, 1), look, turns, connections=1))
    assert len(results) == 3
    assert order == ["host0.test", "host2.test", "host1.test"]


def test_a_thread_that_dies_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else is wrong, a report is written."""
    monkeypatch.setattr(threading, "excepthook", lambda _: None)

    def look(url: str, *, title: str = "", method: str = "GET") -> Observation:
        raise SystemExit

    results = list(ask(links(2, 2), look, Turns(0.0), connections=2))
    assert sorted(one.link.url for one in results) == [one.url for one in links(2, 2)]
    assert {one.left for one in results} == {NO_TIME}


def test_no_link_leads_to_a_host_that_wants_a_long_rest() -> None:
    """Not even from elsewhere, and its own links are left too."""
    turns = Turns(0.0)
    asked: list[str] = []

    def look(url: str, *, title: str = "", method: str = "GET") -> Observation:
        with turns.of(urlsplit(url).netloc):
            pass
        if "host0" not in url:
            return OK
        with turns.of("host1.test"):
            asked.append(url)
            turns.shut("host1.test")
        return by_way_of(after(LIMIT, 3600), "http://host1.test/limit")

    results = {one.link.url: one for one in ask(links(3, 2, 1), look, turns, connections=1)}
    assert asked == ["http://host0.test/0"]
    assert [results[f"http://host0.test/{number}"].left for number in range(3)] == ["", WANTS_REST, WANTS_REST]
    assert [results[f"http://host1.test/{number}"].left for number in range(2)] == [WANTS_REST, WANTS_REST]
    assert results["http://host2.test/0"].observation == OK


def test_what_was_seen_stays_where_the_way_is_shut_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.links.asking._BACKOFF", 0.01)
    turns = Turns(0.0)

    def look(url: str, *, title: str = "", method: str = "GET") -> Observation:
        with turns.of("host1.test"):
            turns.shut("host1.test")
        return BUSY

    assert [(one.observation, one.left) for one in ask(links(1), look, turns, connections=1)] == [(BUSY, "")]


def test_addresses_that_are_none_are_looked_at_too() -> None:
    refused = Observation(Kind.REFUSED, "it is no web address")
    asked = [link("http://[owls/"), link("http://[crows/"), link("")]
    results = list(ask(asked, Pages(lambda _: refused).look, Turns(0.0), connections=2))
    assert {one.link.url: one.observation for one in results} == {one.url: refused for one in asked}


def test_an_answer_is_of_the_last_place_on_the_way() -> None:
    one = Try(link("http://owls.test/"), "owls.test")
    assert answering(one, OK) == "owls.test"
    assert answering(one, by_way_of(OK, "http://b.test/", "https://Crows.test:8443/x")) == "crows.test:8443"


# --- Real hosts ------------------------------------------------------------------------------------------------------

_CHANGE = [each for each in CASES if each.ends is not each.seen]


def test_after_its_tries_a_run_knows_what_one_look_did_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cases of the truth table that the first look gets wrong, asked politely over the network."""
    monkeypatch.setattr("bot.links.asking._BACKOFF", 0.05)
    assert len(_CHANGE) >= 5
    with strangers(_CHANGE) as serving, Web("bot/1", allow=serving.allow, limits=Limits(total=5)) as web:
        urls = {filled(each.address, each.name, serving): each for each in _CHANGE}
        turns = Turns(0.01)
        look = Looker(polite(web.open, turns)).look
        results = list(ask([link(url) for url in urls], look, turns, connections=8))
    ends = {urls[one.link.url].name: one.observation.kind for one in results if one.observation}
    assert ends == {each.name: each.ends for each in _CHANGE}


# --- Whether the runner is at fault ----------------------------------------------------------------------------------


def sites(count: int, start: int = 0) -> set[str]:
    return {f"host{number}.test" for number in range(start, start + count)}


@pytest.mark.parametrize(
    ("well", "failed", "void"),
    [
        (100, 21, True),
        (100, 20, False),
        (99, 20, True),
        (30, 19, False),
        (20, 20, True),
        (19, 19, False),
        (0, 0, False),
    ],
)
def test_a_run_is_void_when_more_than_a_fifth_and_twenty_fail(well: int, failed: int, void: bool) -> None:
    assert is_void(sites(well), sites(failed)) is void


def test_sites_that_failed_before_or_are_new_do_not_make_a_run_void() -> None:
    assert not is_void(sites(90), sites(500, 100))
    assert not is_void(sites(90), sites(500, 72))
    assert is_void(sites(90), sites(500, 70))


def test_a_site_fails_when_nothing_of_it_came_to_an_answer() -> None:
    seen = [("a.test", SLOW), ("a.test", OK), ("b.test", CUT), ("b.test", SLOW), ("c.test", BUSY), ("d.test", WALL)]
    assert failing(seen) == {"b.test"}
    assert failing(reversed(seen)) == {"b.test"}
    assert failing([]) == set()
