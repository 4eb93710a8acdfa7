"""Turns at sites: one at a time, a pause between, nobody in anybody's way."""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import msgspec
import pytest

from bot.links.turns import ShutError, Turns, polite
from bot.web.errors import Reason, WebError
from bot.web.session import Stream


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def made(pause: float) -> tuple[Turns, Clock]:
    clock = Clock()
    return Turns(pause, clock, clock.sleep), clock


def begun(turns: Turns, clock: Clock, site: str, lasts: float = 0.0) -> float:
    """When a turn of so many seconds begins that is asked for now."""
    with turns.of(site):
        start = clock()
        clock.now += lasts
    return start


@pytest.mark.parametrize("lasts", [0.25, 5.0])
def test_the_pause_is_from_the_end_of_one_turn_to_the_start_of_the_next(lasts: float) -> None:
    turns, clock = made(1.0)
    starts = [begun(turns, clock, "owls.test", lasts) for _ in range(3)]
    assert starts == [100.0, 101.0 + lasts, 102.0 + 2 * lasts]


def test_another_site_is_not_held_up() -> None:
    turns, clock = made(60.0)
    assert [begun(turns, clock, site) for site in ("owls.test", "crows.test", "owls.test:8080")] == [100.0] * 3


def test_a_turn_tells_how_long_it_took_to_come() -> None:
    turns, _ = made(1.5)
    with turns.of("owls.test") as waited:
        assert waited == 0.0
    with turns.of("owls.test") as waited:
        assert waited == 1.5


def test_how_long_a_site_waits_can_be_told() -> None:
    turns, clock = made(2.0)
    assert turns.wait("owls.test") == 0.0
    begun(turns, clock, "owls.test", 0.5)
    assert turns.wait("owls.test") == 2.0
    assert turns.wait("crows.test") == 0.0
    clock.now += 10
    assert turns.wait("owls.test") == 0.0


def test_a_rest_holds_where_it_is_longer_than_the_pause() -> None:
    turns, clock = made(2.0)
    turns.rest("owls.test", 30.0)
    assert begun(turns, clock, "owls.test") == 130.0
    turns.rest("owls.test", 1.0)
    assert begun(turns, clock, "owls.test") == 132.0


def test_a_rest_that_is_given_while_one_waits_holds_for_it_too() -> None:
    clock = Clock()
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        if not naps:
            turns.rest("owls.test", 10.0)
        naps.append(seconds)
        clock.now += seconds

    turns = Turns(1.0, clock, sleep)
    begun(turns, clock, "owls.test")
    assert begun(turns, clock, "owls.test") == 110.0


def test_a_site_that_is_shut_has_no_more_turns() -> None:
    turns, clock = made(1.0)
    turns.shut("owls.test")
    for _ in range(2):
        with pytest.raises(ShutError), turns.of("owls.test"):
            pass
    assert begun(turns, clock, "crows.test") == 100.0


def test_who_waits_while_a_site_is_shut_gets_no_turn() -> None:
    clock = Clock()

    def sleep(seconds: float) -> None:
        turns.shut("owls.test")
        clock.now += seconds

    turns = Turns(1.0, clock, sleep)
    begun(turns, clock, "owls.test")
    with pytest.raises(ShutError), turns.of("owls.test"):
        pass


def test_many_threads_have_one_turn_at_a_time() -> None:
    turns = Turns(0.0)
    now, most, done = 0, 0, 0

    def ask() -> None:
        nonlocal now, most, done
        for _ in range(20):
            with turns.of("owls.test"):
                now += 1
                most = max(most, now)
                time.sleep(0.0005)
                done += 1
                now -= 1

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (most, done) == (1, 160)


def test_many_threads_keep_the_pause() -> None:
    turns = Turns(0.02)
    starts: list[float] = []

    def ask() -> None:
        for _ in range(3):
            with turns.of("owls.test"):
                starts.append(time.monotonic())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(starts) == 12
    # A turn begins a moment before it is noted here.
    assert all(later - earlier > 0.015 for earlier, later in pairwise(starts))


def test_a_turn_ends_with_what_was_done_in_it_however_that_ends() -> None:
    turns, clock = made(1.0)
    with pytest.raises(ValueError, match="owl"), turns.of("owls.test"):
        raise ValueError("owl")
    assert begun(turns, clock, "owls.test") == 101.0


def test_who_has_a_turn_gets_no_second_one() -> None:
    turns, clock = made(1.0)
    with turns.of("owls.test"):
        for site in ("owls.test", "crows.test"):
            with pytest.raises(RuntimeError), turns.of(site):
                pass
    assert begun(turns, clock, "crows.test") == 100.0
    assert begun(turns, clock, "owls.test") == 101.0


def test_sites_at_rest_are_forgotten() -> None:
    turns, clock = made(1.0)
    for number in range(20_000):
        begun(turns, clock, f"host{number}.test", 0.1)
    assert len(turns) < 1_000


def test_a_turn_that_lasts_is_remembered() -> None:
    turns, clock = made(1.0)
    has_turn, may_end = threading.Event(), threading.Event()
    order: list[str] = []

    def ask() -> None:
        with turns.of("owls.test"):
            has_turn.set()
            may_end.wait(20)
            order.append("the first has ended")

    thread = threading.Thread(target=ask)
    thread.start()
    assert has_turn.wait(20)
    for number in range(1_000):
        begun(turns, clock, f"host{number}.test", 1.0)
    threading.Timer(0.1, may_end.set).start()
    with turns.of("owls.test"):
        order.append("the second has begun")
    thread.join(20)
    assert order == ["the first has ended", "the second has begun"]


def test_what_still_rests_is_remembered() -> None:
    turns, clock = made(1.0)
    turns.rest("owls.test", 1e6)
    for number in range(5_000):
        begun(turns, clock, f"host{number}.test", 0.1)
    assert turns.wait("owls.test") == pytest.approx(1e6 - 500)


class Answered(msgspec.Struct):
    """The head of an answer."""

    status: int = 200
    headers: Mapping[str, str] = {}


class Opened:
    """In the place of ``Web.open``: notes what it is given, and when an answer is open."""

    def __init__(self, fault: WebError | None = None, answer: Answered | None = None) -> None:
        self.answer = answer or Answered()
        self.calls: list[tuple[str, str, Mapping[str, str], float | None]] = []
        self.is_open = False
        self.fault = fault

    @contextlib.contextmanager
    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, until: float | None = None
    ) -> Iterator[Stream]:
        self.calls.append((method, url, headers or {}, until))
        if self.fault:
            raise self.fault
        self.is_open = True
        try:
            yield self.answer  # type: ignore[misc]  # nobody looks at more of it
        finally:
            self.is_open = False


def test_a_request_keeps_its_site_until_it_has_ended() -> None:
    turns, clock = made(1.0)
    opened = Opened()
    open_ = polite(opened, turns)
    with open_("GET", "https://owls.test/a"):
        clock.now += 7.0
        with pytest.raises(RuntimeError), open_("GET", "https://owls.test/b"):
            pass
        assert opened.is_open
    assert len(opened.calls) == 1
    assert begun(turns, clock, "owls.test") == 108.0


def test_a_request_goes_through_as_it_is() -> None:
    opened = Opened()
    with polite(opened, made(1.0)[0])("HEAD", "http://owls.test/a", headers={"Accept": "text/html"}):
        pass
    assert opened.calls == [("HEAD", "http://owls.test/a", {"Accept": "text/html"}, None)]


def test_http_and_https_of_a_host_are_one_site_and_its_other_ports_others() -> None:
    turns, clock = made(5.0)
    open_ = polite(Opened(), turns)
    starts = []
    for url in ("http://Owls.test/a", "https://owls.test:443/b", "https://owls.test:8443/c", "http://owls.test:80"):
        with open_("GET", url):
            starts.append(clock())
    assert starts == [100.0, 105.0, 105.0, 110.0]


def test_the_time_that_a_request_waits_is_not_taken_from_its_host() -> None:
    turns, clock = made(5.0)
    opened = Opened()
    for _ in range(2):
        with polite(opened, turns)("GET", "http://owls.test/a", until=clock() + 20):
            pass
    assert [until for *_, until in opened.calls] == [120.0, 125.0]


def in_seconds(seconds: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("status", "wants", "rests"),
    [(429, "30", 30.0), (503, "7", 7.0), (429, "soon", 1.0), (429, "-5", 1.0), (404, "30", 1.0), (200, "9999", 1.0)],
)
def test_the_rest_that_a_site_asks_for_is_kept(status: int, wants: str, rests: float) -> None:
    turns, clock = made(1.0)
    with polite(Opened(answer=Answered(status, {"Retry-After": wants})), turns)("GET", "http://owls.test/a"):
        pass
    assert begun(turns, clock, "owls.test") == 100.0 + rests
    assert begun(turns, clock, "crows.test") == 100.0 + rests


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("wants", ["31", "99999999", in_seconds(3600)], ids=["31 s", "years", "a date"])
def test_a_site_that_asks_for_a_longer_rest_has_no_more_turns(status: int, wants: str) -> None:
    turns, _ = made(1.0)
    open_ = polite(Opened(answer=Answered(status, {"Retry-After": wants})), turns)
    with open_("GET", "http://owls.test/a"):
        pass
    with pytest.raises(ShutError), open_("GET", "https://owls.test/b"):
        pass


def test_a_failed_request_gives_its_turn_back() -> None:
    turns, clock = made(1.0)
    open_ = polite(Opened(WebError(Reason.CUT, "the connection was cut")), turns)
    for _ in range(2):
        with pytest.raises(WebError, match="cut"), open_("GET", "http://owls.test/a"):
            pass
    assert clock() == 101.0


def test_an_address_that_is_none_is_refused() -> None:
    opened = Opened()
    with pytest.raises(WebError) as caught, polite(opened, made(1.0)[0])("GET", "http://[owls/a"):
        pass
    assert caught.value.reason is Reason.REFUSED
    assert opened.calls == []
