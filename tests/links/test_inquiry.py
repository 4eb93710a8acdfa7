"""Asking owners: in batches, not too often, and never for longer than they like."""

import ipaddress
import json
import math
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

import msgspec
import pytest

from bot.config import OwnerSettings
from bot.links.inquiry import Inquiry, Said
from bot.links.observation import Kind, Observation
from bot.links.owners.owner import LimitError, Owner
from bot.metadata.source import NonsenseError, Query
from bot.web.session import Limits, Web
from tests.support import faults
from tests.support.faults import FaultyServer, Handler, Reply, Request

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
OK = Observation(Kind.OK, status=200)
GONE = Observation(Kind.GONE, "no such thing", status=404)


def query(subjects: Sequence[str]) -> Query:
    return Query("things", (("ids", ",".join(subjects)),))


def post(subjects: Sequence[str]) -> Query:
    return Query("things", send={"ids": list(subjects)})


def read(status: int, body: bytes, subjects: Sequence[str]) -> dict[str, Observation]:
    if status in (403, 429):
        raise LimitError("it takes no more questions")
    if status != 200:
        raise NonsenseError("it answered with something else")
    try:
        known = json.loads(body)
    except ValueError:
        raise NonsenseError("the answer is no JSON") from None
    return {one: OK if known[one] else GONE for one in subjects if one in known}


OWNER = Owner(
    name="github",
    title="GitHub",
    url="http://nowhere.invalid",
    spacing=1.0,
    batch=4,
    claim=lambda url: None,
    query=query,
    read=read,
    headers=(("Accept", "application/json"),),
)
ONE_BY_ONE = msgspec.structs.replace(OWNER, batch=1)


def asked_for(request: Request) -> list[str]:
    ids: list[str] = request.param("ids").split(",") if request.param("ids") else request.json()["ids"]
    return ids


def knows(request: Request) -> Reply:
    """Small letters are there, capitals are gone, and of figures it says nothing."""
    return faults.answer_json({one: one.islower() for one in asked_for(request) if not one.isdigit()})


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = time.monotonic()
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Asked:
    """What came of asking an owner whose server answers like this, within so many ``seconds``: once, or in turn for
    each of the groups of subjects that bars divide."""

    def __init__(
        self,
        web: Web,
        handler: Handler,
        subjects: str,
        owner: Owner = OWNER,
        *,
        spacing: float | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
        seconds: float = math.inf,
    ) -> None:
        self.clock = Clock()
        with FaultyServer(handler) as server:
            settings = OwnerSettings(url=server.url, spacing=spacing)
            inquiry = Inquiry(owner, web, settings, headers=headers, clock=self.clock, sleep=self.clock.sleep)
            until = self.clock.now + seconds
            self.said: list[Said] = [inquiry.ask(group, until) for group in subjects.split("|")]
            self.requests = list(server.requests)

    @property
    def found(self) -> Mapping[str, Observation]:
        """What was said at last."""
        return self.said[-1].found

    @property
    def failed(self) -> Mapping[str, Observation]:
        return self.said[-1].failed

    @property
    def batches(self) -> list[str]:
        return ["".join(asked_for(request)) for request in self.requests]


@pytest.fixture
def web() -> Iterator[Web]:
    with Web("birds-bot/1.0", allow=LOOPBACK, limits=Limits(total=5, repeats=0)) as made:
        yield made


def in_turn(*replies: Reply | None) -> Handler:
    """These replies, one a request, ``None`` for one that knows; after the last one all know."""
    waiting = list(replies)

    def handler(request: Request) -> Reply:
        reply = waiting.pop(0) if waiting else None
        return knows(request) if reply is None else reply

    return handler


def says(status: int, **headers: str) -> Reply:
    return Reply(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_subjects_are_asked_in_batches_and_each_once(web: Web) -> None:
    asked = Asked(web, knows, "abCda1e")
    assert asked.batches == ["abCd", "1e"]
    assert asked.found == {"a": OK, "b": OK, "C": GONE, "d": OK, "e": OK}


def test_nothing_is_asked_for_nothing(web: Web) -> None:
    assert Asked(web, knows, "").requests == []


def test_there_is_a_pause_from_one_request_to_the_next(web: Web) -> None:
    assert Asked(web, knows, "abcdefghi").clock.slept == pytest.approx([1.0, 1.0])
    assert Asked(web, knows, "abcdefghi", spacing=0.25).clock.slept == pytest.approx([0.25, 0.25])
    assert Asked(web, knows, "abcdefghi", spacing=0.0).clock.slept == []


def test_the_owners_headers_are_sent_and_those_of_the_run(web: Web) -> None:
    asked = Asked(web, knows, "a", headers={"Authorization": "Bearer x"})
    (request,) = asked.requests
    assert (request.headers["accept"], request.headers["authorization"]) == ("application/json", "Bearer x")


def test_a_question_may_be_sent(web: Web) -> None:
    asked = Asked(web, knows, "aB", msgspec.structs.replace(OWNER, query=post))
    assert [request.method for request in asked.requests] == ["POST"]
    assert asked.found == {"a": OK, "B": GONE}


@pytest.mark.parametrize("trouble", [says(503), says(500), says(429), Reply(end="reset", raw=b"")])
def test_who_stumbles_is_asked_again(web: Web, trouble: Reply) -> None:
    asked = Asked(web, in_turn(trouble, trouble), "ab")
    assert asked.batches == ["ab"] * 3
    assert asked.found == {"a": OK, "b": OK}
    first, second = asked.clock.slept
    assert 1 <= first <= 2
    assert 2 <= second <= 4


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_clear_answer_is_not_asked_for_again(web: Web, status: int) -> None:
    asked = Asked(web, in_turn(says(status)), "a")
    assert asked.batches == ["a"]
    assert asked.found == {}
    assert bool(asked.failed) is (status != 403)


def test_what_is_no_http_is_not_asked_for_again(web: Web) -> None:
    asked = Asked(web, lambda _: Reply(raw=b"owls\r\n\r\n"), "a")
    assert asked.batches == ["a"]
    assert asked.found == {}
    assert [(one.kind, one.network) for one in asked.failed.values()] == [(Kind.ERROR, True)]


def test_a_rest_of_half_a_minute_is_kept(web: Web) -> None:
    asked = Asked(web, in_turn(says(429, Retry_After="30")), "a")
    assert asked.found == {"a": OK}
    assert asked.clock.slept == [pytest.approx(30, abs=0.5)]


def test_who_wants_a_longer_rest_is_left(web: Web) -> None:
    instead = msgspec.structs.replace(OWNER, batch=1)
    asked = Asked(
        web, in_turn(None, says(429, Retry_After="31")), "abcdefgh", msgspec.structs.replace(OWNER, instead=instead)
    )
    assert asked.batches == ["abcd", "efgh"]
    assert set(asked.found) == set("abcd")
    assert asked.failed == {}


CUT = Reply(end="reset", raw=b"")


@pytest.mark.parametrize("trouble", [CUT, says(503)])
def test_after_two_failures_in_a_row_the_owner_is_left(web: Web, trouble: Reply) -> None:
    asked = Asked(web, in_turn(*[trouble] * 3, None, *[trouble] * 6), "abcdefg", ONE_BY_ONE)
    assert asked.batches == ["a"] * 3 + ["b"] + ["c"] * 3 + ["d"] * 3
    assert asked.found == {"b": OK}
    assert set(asked.failed) == set("acd")


def test_what_fails_is_an_error_that_says_why_and_what_was_not_asked_is_none(web: Web) -> None:
    asked = Asked(web, in_turn(*[CUT] * 3, says(404), *[says(503)] * 3), "abcd", ONE_BY_ONE)
    assert asked.failed == {
        "a": Observation(Kind.ERROR, "GitHub did not say: the connection was cut", network=True),
        "b": Observation(Kind.ERROR, "GitHub did not say: it answered with something else"),
        "c": Observation(Kind.ERROR, "GitHub did not say: it answered with something else"),
    }
    assert asked.found == {"d": OK}


def test_an_owner_that_is_down_is_left_soon(web: Web) -> None:
    asked = Asked(web, lambda _: says(503), "abcdefghijklmnop")
    assert len(asked.batches) == 6
    assert asked.said == [Said()]


@pytest.mark.parametrize("status", [404, 200])
def test_nonsense_about_some_is_no_failure_of_the_owner(web: Web, status: int) -> None:
    """Such as a page in place of an answer, for neighbours that it cannot read."""
    nonsense = Reply(status=status, pieces=b"<html>")
    asked = Asked(web, in_turn(*[nonsense] * 5), "abcdefgh", ONE_BY_ONE)
    assert asked.found == dict.fromkeys("fgh", OK)
    assert set(asked.failed) == set("abcde")


def test_who_takes_no_more_questions_makes_no_errors(web: Web) -> None:
    asked = Asked(web, in_turn(None, says(403)), "abcd", ONE_BY_ONE)
    assert asked.said == [Said({"a": OK})]
    assert asked.batches == ["a", "b"]


@pytest.mark.parametrize("end", [[says(429, Retry_After="600")], [says(403)], [CUT] * 6, [says(429)] * 3])
def test_who_is_not_to_be_asked_is_not_asked_later_either(web: Web, end: list[Reply]) -> None:
    asked = Asked(web, in_turn(None, *end), "a|bcd|bcd|a", ONE_BY_ONE)
    assert len(asked.batches) == 1 + len(end)
    assert asked.said[2] == Said()
    assert asked.said[3] == Said({"a": OK})


def test_who_was_out_of_time_may_be_asked_later() -> None:
    clock = Clock()
    with FaultyServer(knows) as server, Web("birds-bot/1.0", allow=LOOPBACK) as web:
        inquiry = Inquiry(OWNER, web, OwnerSettings(url=server.url), clock=clock, sleep=clock.sleep)
        assert inquiry.ask("abcdefgh", clock.now + 0.5) == Said(dict.fromkeys("abcd", OK))
        assert inquiry.ask("efgh", clock.now + 9) == Said(dict.fromkeys("efgh", OK))


def test_what_was_said_is_not_asked_again(web: Web) -> None:
    asked = Asked(web, knows, "abcd|aBd|abcde")
    assert asked.batches == ["abcd", "B", "e"]
    assert asked.said[1:] == [Said({"a": OK, "B": GONE, "d": OK}), Said(dict.fromkeys("abcde", OK))]


def test_the_pause_holds_from_one_asking_to_the_next(web: Web) -> None:
    assert Asked(web, knows, "a|b|c").clock.slept == pytest.approx([1.0, 1.0])


def test_where_another_is_asked_instead_it_stays_so(web: Web) -> None:
    instead = msgspec.structs.replace(OWNER, batch=1, query=post)
    asked = Asked(web, in_turn(says(403)), "a|b", msgspec.structs.replace(OWNER, instead=instead))
    assert [request.method for request in asked.requests] == ["GET", "POST", "POST"]
    assert asked.said == [Said({"a": OK}), Said({"b": OK})]


def test_threads_ask_one_at_a_time_and_keep_the_pause(web: Web) -> None:
    running = most = 0
    lock = threading.Lock()

    def handler(request: Request) -> Reply:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return knows(request)

    with FaultyServer(handler) as server:
        inquiry = Inquiry(ONE_BY_ONE, web, OwnerSettings(url=server.url, spacing=0.05))
        threads = [threading.Thread(target=inquiry.ask, args=(one,)) for one in "abcdefgh"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        starts = [request.time for request in server.requests]
    assert len(starts) == 8
    assert most == 1
    assert all(later - earlier > 0.045 for earlier, later in pairwise(starts))


def test_one_bad_subject_does_not_spoil_its_batch(web: Web) -> None:
    def handler(request: Request) -> Reply:
        return says(400) if "B" in asked_for(request) else knows(request)

    asked = Asked(web, handler, "aBcdefgh")
    assert asked.found == dict.fromkeys("acdefgh", OK)


def test_who_answers_nonsense_is_left_soon(web: Web) -> None:
    asked = Asked(web, lambda _: Reply(pieces=b"<html>"), "abcdefghijklmnop|q")
    assert asked.batches[:7] == ["abcd", "ab", "a", "b", "cd", "c", "d"]
    assert len(asked.batches) == 20
    assert asked.found == {}


def test_where_it_takes_no_questions_another_may(web: Web) -> None:
    instead = msgspec.structs.replace(OWNER, batch=1, query=post)
    asked = Asked(web, in_turn(None, says(403)), "abcdef", msgspec.structs.replace(OWNER, instead=instead))
    assert [(request.method, batch) for request, batch in zip(asked.requests, asked.batches, strict=True)] == [
        ("GET", "abcd"),
        ("GET", "ef"),
        ("POST", "e"),
        ("POST", "f"),
    ]
    assert asked.found == dict.fromkeys("abcdef", OK)
    assert asked.clock.slept == pytest.approx([1.0, 1.0, 1.0])


def test_no_request_begins_when_the_time_is_over(web: Web) -> None:
    asked = Asked(web, knows, "abcdefghijkl", seconds=1.5)
    assert asked.batches == ["abcd", "efgh"]
    assert set(asked.found) == set("abcdefgh")
    assert Asked(web, knows, "abcdefghijkl", seconds=0).requests == []
