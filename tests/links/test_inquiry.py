"""Asking owners: in batches, not too often, and never for longer than they like."""

import ipaddress
import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import msgspec
import pytest

from bot.config import OwnerSettings
from bot.links.inquiry import ask_owner
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
    """What came of asking an owner whose server answers like this, within so many ``seconds``."""

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
            until, sleep = self.clock.now + seconds, self.clock.sleep
            self.found = ask_owner(
                owner, subjects, web, settings, headers=headers, until=until, clock=self.clock, sleep=sleep
            )
            self.requests = list(server.requests)

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


def test_what_is_no_http_is_not_asked_for_again(web: Web) -> None:
    asked = Asked(web, lambda _: Reply(raw=b"owls\r\n\r\n"), "a")
    assert asked.batches == ["a"]
    assert asked.found == {}


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


def test_after_two_failures_in_a_row_the_owner_is_left(web: Web) -> None:
    one_by_one = msgspec.structs.replace(OWNER, batch=1)
    asked = Asked(web, in_turn(says(404), None, says(404), says(404)), "abcde", one_by_one)
    assert asked.batches == ["a", "b", "c", "d"]
    assert asked.found == {"b": OK}


def test_an_owner_that_is_down_is_left_soon(web: Web) -> None:
    asked = Asked(web, lambda _: says(503), "abcdefghijklmnop")
    assert len(asked.batches) == 6
    assert asked.found == {}


def test_one_bad_subject_does_not_spoil_its_batch(web: Web) -> None:
    def handler(request: Request) -> Reply:
        return says(400) if "B" in asked_for(request) else knows(request)

    asked = Asked(web, handler, "aBcdefgh")
    assert asked.found == dict.fromkeys("acdefgh", OK)


def test_who_answers_nonsense_is_left_soon(web: Web) -> None:
    asked = Asked(web, lambda _: Reply(pieces=b"<html>"), "abcdefghijklmnop")
    assert asked.batches == ["abcd", "ab", "a", "b"]
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
