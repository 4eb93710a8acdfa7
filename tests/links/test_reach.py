"""What one run may ask of the web: pages, owners and the archive, each at its pace, and none once it wants no more."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from itertools import pairwise

import pytest

from bot.config import Links, OwnerSettings
from bot.config import Owners as Settings
from bot.links import archive
from bot.links.asking import NO_TIME, WANTS_REST
from bot.links.link import Link
from bot.links.observation import Kind, Observation
from bot.links.owners.arxiv import ARXIV
from bot.links.owners.doi import DOI
from bot.links.reach import Reach
from bot.metadata.source import Query
from bot.web.session import Limits, Web
from tests.support.faults import FaultyServer, Handler, Reply, Request, answer_text, hang_up
from tests.support.owners import Facts, Owners

OK = Observation(Kind.OK, status=200)
PAGE = answer_text(
    "<!DOCTYPE html><title>Gongs</title><h1>Gongs</h1><p>" + "They are struck with mallets. " * 20, "text/html"
)
LONG_REST = Reply(status=429, headers={"Retry-After": "3600"})
QUERY = Query("web/20260105000000/http://gongs.example.org/")
DOIS = [f"10.5555/gong.{number}" for number in range(8)]


@contextlib.contextmanager
def reaching(
    owners: Owners | None = None, wayback: str = "", minutes: float = 1.0, spacing: float = 0.0
) -> Iterator[Reach]:
    """The web, with no pause at hosts; owners at their addresses, and ``spacing`` between the requests to them."""
    urls = owners.urls if owners else {}
    if wayback:
        urls["wayback"] = wayback
    places = {name: OwnerSettings(url=url, spacing=spacing) for name, url in urls.items()}
    settings = Links(pause=0.0, timeout=1.0, minutes=minutes, owners=Settings(**places))
    limits = Limits(connect=1.0, read=1.0, total=2.0, repeats=0)
    with Web("birds-bot/1.0", allow=[ip_network("127.0.0.0/8")], limits=limits) as web:
        yield Reach(web, settings)


def link(url: str) -> Link:
    return Link(url, ())


def by_path(**replies: Reply) -> Handler:
    return lambda request: replies.get(request.path.strip("/"), PAGE)


def at_once(call: Callable[[str], object], arguments: list[str]) -> None:
    """Call it by as many threads as there are arguments."""
    threads = [threading.Thread(target=call, args=(one,)) for one in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


# --- Pages -----------------------------------------------------------------------------------------------------------


def test_who_wanted_a_long_rest_is_asked_for_no_repair_either() -> None:
    with FaultyServer(by_path(limit=LONG_REST)) as server, reaching(wayback=server.url) as reach:
        (asked,) = reach.pages([link(f"{server.url}/limit")])
        assert asked.observation
        assert asked.observation.status == 429
        assert reach.see(f"{server.url}/other", "") == (Observation(Kind.ERROR, WANTS_REST), None)
        assert reach.look(f"{server.url}/other", "") == Observation(Kind.ERROR, WANTS_REST)
        assert reach.fetch(f"{server.url}/other") is None
        assert reach.ask_archive(QUERY) is None
        assert len(server.requests) == 1


def test_who_leads_to_one_who_wanted_a_long_rest_says_nothing() -> None:
    with FaultyServer(LONG_REST) as shop, reaching() as reach:
        leads = Reply(status=302, headers={"Location": f"{shop.url}/new"})
        with FaultyServer(leads, host="127.0.0.2") as server:
            assert reach.see(shop.url, "")[0].status == 429
            assert reach.see(server.url, "") == (Observation(Kind.ERROR, WANTS_REST), None)
            assert reach.fetch(server.url) is None
            assert (len(shop.requests), len(server.requests)) == (1, 2)


def test_what_is_seen_and_what_was_served_come_of_one_request() -> None:
    with FaultyServer(PAGE) as server, reaching() as reach:
        observation, answer = reach.see(f"{server.url}/gongs", "Gongs")
        assert len(server.requests) == 1
        assert observation.kind is Kind.OK
        assert answer
        assert answer.body == PAGE.pieces
        assert reach.fetch(f"{server.url}/gongs") == answer


def test_pages_leave_a_quarter_of_the_time_to_the_repairs() -> None:
    minutes = 0.03
    with FaultyServer(Reply(delay=0.1, pieces=PAGE.pieces)) as server, reaching(minutes=minutes) as reach:
        start = time.monotonic()
        asked = list(reach.pages([link(f"{server.url}/{number}") for number in range(40)]))
        assert 0.70 * 60 * minutes < time.monotonic() - start < 0.95 * 60 * minutes
        assert {one.left for one in asked} == {"", NO_TIME}
        assert reach.see(f"{server.url}/", "")[0].kind is Kind.OK
        time.sleep(max(start + 60 * minutes - time.monotonic(), 0.0))
        count = len(server.requests)
        assert reach.see(f"{server.url}/", "") == (Observation(Kind.ERROR, NO_TIME), None)
        assert reach.fetch(f"{server.url}/") is None
        assert len(server.requests) == count


# --- Owners ----------------------------------------------------------------------------------------------------------


def known_dois() -> Owners:
    return Owners(Facts(dois=dict.fromkeys(DOIS, "https://gongs.example.org/")))


def test_repairs_keep_an_owners_pause_however_many_threads_look() -> None:
    seen: list[Observation] = []
    with known_dois() as owners, reaching(owners, spacing=0.05) as reach:
        at_once(lambda doi: seen.append(reach.look(f"https://doi.org/{doi}", "")), DOIS)
        times = [request.time for request in owners.requests("doi")]
    assert seen == [OK] * len(DOIS)
    assert len(times) == len(DOIS)
    assert all(later - earlier > 0.045 for earlier, later in pairwise(times))


def test_an_owner_that_wants_no_more_questions_is_asked_for_no_repair_either() -> None:
    with known_dois() as owners, reaching(owners) as reach:
        owners.override["doi"] = lambda _: Reply(status=429, headers={"Retry-After": "600"})
        assert reach.owner(DOI, DOIS).found == reach.owner(DOI, DOIS).failed == {}
        looks = [reach.look(f"https://doi.org/{doi}", "") for doi in DOIS]
        assert looks == [Observation(Kind.ERROR, "the DOI registry did not say")] * len(DOIS)
        assert len(owners.requests("doi")) == 1


def test_what_an_owner_has_said_is_not_asked_for_a_repair_again() -> None:
    with known_dois() as owners, reaching(owners) as reach:
        reach.owner(DOI, DOIS[:3])
        reach.look_ahead(DOI, DOIS[2:5])
        at_once(lambda doi: reach.look(f"https://doi.org/{doi.upper()}", ""), DOIS)
        assert len(owners.requests("doi")) == len(DOIS)


def test_each_owner_has_its_own_end() -> None:
    with known_dois() as owners, reaching(owners) as reach:
        owners.override["arxiv"] = lambda _: Reply(status=403)
        assert reach.owner(ARXIV, ["1706.08818"]).found == {}
        assert reach.owner(DOI, DOIS[:1]).found == {DOIS[0]: OK}


def test_where_there_is_no_time_no_owner_is_asked() -> None:
    with known_dois() as owners, reaching(owners, minutes=0) as reach:
        assert reach.owner(DOI, DOIS).found == {}
        assert reach.look(f"https://doi.org/{DOIS[0]}", "").kind is Kind.ERROR
        assert reach.ask_archive(QUERY) is None
        assert owners.requests("doi") == owners.requests("wayback") == []


# --- The archive -----------------------------------------------------------------------------------------------------


class Archive:
    """An archive that answers with these, one a request, and then with a page."""

    def __init__(self, *row: Reply) -> None:
        self.row = list(row)
        self.server = FaultyServer(self._answer)

    def _answer(self, request: Request) -> Reply:
        return self.row.pop(0) if self.row else PAGE


CUT, DOWN, LIMIT = hang_up(), Reply(status=503), Reply(status=429)


@pytest.mark.parametrize("trouble", [CUT, DOWN])
def test_an_archive_that_fails_twice_in_a_row_is_left(trouble: Reply) -> None:
    archiving = Archive(trouble, PAGE, trouble, trouble)
    with archiving.server as server, reaching(wayback=server.url) as reach:
        answers = [reach.ask_archive(QUERY) for _ in range(6)]
        assert [answer.status if answer else 0 for answer in answers][1] == 200
        assert answers[4:] == [None, None]
        assert len(server.requests) == 4
        assert reach.see(f"{server.url}/web/20190101000000/http://gongs.example.org/", "")[1] is None
        assert len(server.requests) == 4


def test_captures_that_do_not_come_are_failures_of_the_archive_too() -> None:
    archiving = Archive(CUT, CUT)
    with archiving.server as server, reaching(wayback=server.url) as reach:
        for year in (2019, 2020):
            assert reach.see(f"{server.url}/web/{year}0101000000/http://gongs.example.org/", "")[1] is None
        assert reach.ask_archive(QUERY) is None
        assert len(server.requests) == 2


def test_an_archive_that_limits_has_a_pause_and_one_more_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PAUSE", 0.3)
    archiving = Archive(LIMIT, PAGE, LIMIT, LIMIT)
    with archiving.server as server, reaching(wayback=server.url) as reach:
        answer = reach.ask_archive(QUERY)
        assert answer
        assert answer.status == 200
        assert server.requests[1].time - server.requests[0].time >= 0.29
        assert reach.ask_archive(QUERY) is None
        assert reach.ask_archive(QUERY) is None
        assert len(server.requests) == 4


def test_after_a_capture_is_refused_for_now_the_archive_rests_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PAUSE", 0.3)
    archiving = Archive(LIMIT)
    with archiving.server as server, reaching(wayback=server.url) as reach:
        assert reach.see(f"{server.url}/web/20190101000000/http://gongs.example.org/", "")[0].status == 429
        assert reach.ask_archive(QUERY)
        assert server.requests[1].time - server.requests[0].time >= 0.29
