"""Asking for many links: sites in turn, each as it wants to be asked, and what could not be asked left for later."""

import heapq
import math
import queue
import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

import msgspec

from bot.links.link import Link
from bot.links.observation import Kind, Observation
from bot.links.redirects import registered
from bot.links.turns import LONGEST_REST, ShutError, Turns
from bot.web.address import site
from bot.web.errors import WebError

_TRIES = 3
_BACKOFF = 1.0  # seconds before the second try, twice that before the third, and up to as much again
_WALLS = 3
_GRACE = 90.0  # seconds after the end of the time for the looks that have begun

NO_TIME = "there was not enough time left"
WANTS_REST = "its host wants to be left alone for longer than this run waits"
WALLED = "its host has shown a wall three times in this run"
_FAILED = "the look failed ({name})"


class Look(Protocol):
    """One look at an address: ``bot.links.look.Looker.look``."""

    def __call__(self, url: str, *, title: str = ..., method: str = ...) -> Observation:
        """What it shows; an error is an observation too."""


class Asked(msgspec.Struct, frozen=True):
    """What came of a link: an observation, or ``None`` and why it was left, as part of a sentence for people."""

    link: Link
    observation: Observation | None
    left: str = ""


class Try(msgspec.Struct, frozen=True):
    """A look that is to be made: ``number`` counts from 1, ``last`` is what the one before has shown."""

    link: Link
    site: str
    number: int = 1
    last: Observation | None = None

    @property
    def method(self) -> str:
        """HEAD for the second try where the first was cut off; else, and for the third, GET."""
        return "HEAD" if self.number == 2 and self.last is not None and self.last.cut else "GET"


class Agenda:
    """Which look is next; no clock and no threads, times are of any clock.

    Each site has one look at a time. Of those that may be asked, the one is next that had the fewest turns: so all
    come to their end at about the same time, also those that are slow.
    """

    def __init__(self, links: Iterable[Link]) -> None:
        """All sites may be asked at once, those with the most links first."""
        waiting: dict[str, list[Link]] = {}
        for link in links:
            waiting.setdefault(site_of(link.url), []).append(link)
        for each in waiting.values():
            each.reverse()
        self._waiting = waiting
        self._again: dict[str, Try] = {}
        self._walls: defaultdict[str, list[str]] = defaultdict(list)
        self._left: dict[str, str] = {}
        order = sorted(waiting, key=lambda name: -len(waiting[name]))
        self._turns = dict.fromkeys(order, 0)
        self._ready = [(0, number, name) for number, name in enumerate(order)]
        self._resting: list[tuple[float, int, str]] = []
        self._number = len(order)
        self._running: dict[str, Try] = {}

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return len(self._waiting)

    def next(self, now: float) -> tuple[str, float] | None:
        """The site whose turn is next, and when; ``None`` where all have a look running or nothing left."""
        while self._resting and self._resting[0][0] <= now:
            _, number, name = heapq.heappop(self._resting)
            heapq.heappush(self._ready, (self._turns[name], number, name))
        while self._ready:
            name = self._ready[0][2]
            if name not in self._left:
                return name, now
            heapq.heappop(self._ready)
        while self._resting:
            at, _, name = self._resting[0]
            if name not in self._left:
                return name, at
            heapq.heappop(self._resting)
        return None

    @property
    def is_over(self) -> bool:
        """Whether nothing is to be done, and no running look may change that."""
        return not self._running and self.next(-math.inf) is None

    def put_off(self, at: float) -> None:
        """Let the next site, whose turn is now, wait until then."""
        self._push(heapq.heappop(self._ready)[2], at)

    def take(self) -> Try:
        """The look of the next site, whose turn is now."""
        name = heapq.heappop(self._ready)[2]
        self._turns[name] += 1
        one = self._again.pop(name, None) or Try(self._waiting[name].pop(), name)
        self._running[name] = one
        return one

    def ended(self, one: Try, seen: Observation, *, at: float, again: float) -> Observation | None:
        """Note what a look has shown; the observation, if it is the link's last one in this run.

        Its site may be asked from ``at`` on, or from ``again`` where it is the same link that is asked.
        """
        del self._running[one.site]
        if seen.network and one.last is not None and one.last.kind is Kind.OK:
            seen = one.last  # HEAD was answered well, GET never is
        host = answering(one, seen)
        if seen.after > LONGEST_REST:
            self._left.setdefault(host, WANTS_REST)
        elif seen.again and one.number < _TRIES and host not in self._left:
            self._again[one.site] = Try(one.link, one.site, one.number + 1, seen)
            self._push(one.site, again)
            return None
        elif seen.kind is Kind.BLOCKED:
            self._count(one.site, host)
        self._go_on(one.site, at)
        return seen

    def gave_up(self, one: Try, *, at: float) -> Asked:
        """Note that a look led to a host that wants to be left alone, and what that makes of the link."""
        del self._running[one.site]
        self._go_on(one.site, at)
        return Asked(one.link, one.last, "" if one.last else WANTS_REST)

    def _count(self, name: str, host: str) -> None:
        """Count a wall that a host has shown to a look at a link of this site, which is left for three of one host.

        So one that leads to many others, like a shortener of addresses, is not left for what these do, nor are these
        for what leads to them.
        """
        self._walls[name].append(host)
        if self._walls[name].count(host) >= _WALLS:
            self._left.setdefault(name, WALLED)

    def _go_on(self, name: str, at: float) -> None:
        if self._waiting[name]:
            self._push(name, at)

    def rest(self) -> Iterator[Asked]:
        """What is not done: links that would have been asked again keep what was seen."""
        for running in self._running.values():
            yield Asked(running.link, running.last, "" if running.last else NO_TIME)
        for again in self._again.values():
            yield Asked(again.link, again.last)
        for name, links in self._waiting.items():
            for link in reversed(links):
                yield Asked(link, None, self._left.get(name, NO_TIME))

    def _push(self, name: str, at: float) -> None:
        self._number += 1
        heapq.heappush(self._resting, (at, self._number, name))


def ask(
    links: Sequence[Link], look: Look, turns: Turns, *, connections: int, until: float = math.inf
) -> Iterator[Asked]:
    """Look at all links, by so many threads, and yield what came of each as its looks end; each link once.

    ``look`` is called by the threads, for each site by one at a time; its requests take their ``turns`` themselves, and
    give a site the rest that it asks for (see ``polite``). A look that may well end otherwise is made again up to
    twice. A site that wants a long rest, or has shown three walls and nothing else, is left, and so is a link that
    leads to one that wants a rest.

    No look begins after ``until``, a time of ``time.monotonic``, and none is waited for much longer. An exception in a
    look becomes an error with its type as the reason: one link's trouble does not end the run.
    """
    crew = _Crew(Agenda(links), look, turns, until)
    yield from crew.run(connections)


class _Crew:
    """The threads. Of those that have nothing to do one waits for the next site's time, the others for being called."""

    def __init__(self, agenda: Agenda, look: Look, turns: Turns, until: float) -> None:
        self._agenda = agenda
        self._look = look
        self._turns = turns
        self._until = until
        self._changed = threading.Condition()
        self._watched = math.inf  # the time that a thread waits for
        self._is_closing = False  # no look begins
        self._is_closed = False  # and none is waited for
        self._results: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()

    def run(self, connections: int) -> Iterator[Asked]:
        working = min(connections, self._agenda.sites)
        # Daemons, so that an interpreter whose run was broken off need not wait for them.
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(working)]
        for thread in threads:
            thread.start()
        try:
            while working:
                try:
                    asked = self._results.get(timeout=self._patience())
                except queue.Empty:
                    break
                if asked is None:
                    working -= 1
                else:
                    yield asked
        finally:
            with self._changed:
                self._is_closing = self._is_closed = True
                self._changed.notify_all()
        while not self._results.empty():
            if asked := self._results.get():
                yield asked
        yield from self._agenda.rest()

    def _patience(self) -> float | None:
        return None if self._until == math.inf else max(self._until - time.monotonic(), 0.0) + _GRACE

    def _work(self) -> None:
        try:
            while one := self._take():
                seen: Observation | None
                try:
                    seen = self._look(one.link.url, title=one.link.title, method=one.method)
                except ShutError:
                    seen = None
                except Exception as error:  # noqa: BLE001  # whatever it is, the other links are to be asked
                    seen = Observation(Kind.ERROR, _FAILED.format(name=type(error).__name__))
                self._ended(one, seen)
        finally:
            with self._changed:
                self._is_closing = True
                self._changed.notify_all()
            self._results.put(None)

    def _take(self) -> Try | None:
        """The next look, once its time has come; ``None`` where there is no other."""
        with self._changed:
            while not (self._is_closing or self._agenda.is_over):
                now = time.monotonic()
                if now >= self._until:
                    break
                due = self._due(now)
                if due <= now:
                    one = self._agenda.take()
                    self._changed.notify()  # somebody has to watch for the next
                    return one
                self._watch(min(due, self._until), now)
            return None

    def _due(self, now: float) -> float:
        """When a look may begin; a site that was asked meanwhile, by a redirect from elsewhere, is put off."""
        while head := self._agenda.next(now):
            name, due = head
            if due > now or not (wait := self._turns.wait(name)):
                return due
            self._agenda.put_off(now + wait)
        return math.inf

    def _watch(self, due: float, now: float) -> None:
        """Wait until something has changed, or until then, where no other thread does that."""
        if due >= self._watched:
            self._changed.wait()
            return
        self._watched = due
        self._changed.wait(min(due - now, threading.TIMEOUT_MAX))
        if self._watched == due:
            self._watched = math.inf

    def _ended(self, one: Try, seen: Observation | None) -> None:
        with self._changed:
            if self._is_closed:
                return
            now = time.monotonic()
            if seen is None:
                self._results.put(self._agenda.gave_up(one, at=now + self._turns.wait(one.site)))
                return
            host = answering(one, seen)
            wait = self._turns.wait(one.site)
            backoff = _BACKOFF * 2 ** (one.number - 1) * random.uniform(1, 2)  # noqa: S311  # no secret
            again = max(wait, self._turns.wait(host), backoff)
            final = self._agenda.ended(one, seen, at=now + wait, again=now + again)
            if final:
                self._results.put(Asked(one.link, final))


def answering(one: Try, seen: Observation) -> str:
    """The site whose answer an observation is: that of the last place on the way."""
    return site_of(seen.chain[-1].url) if seen.chain else one.site


def site_of(url: str) -> str:
    """The site of an address, or itself where it is none: nobody is asked for it."""
    try:
        return site(url)
    except WebError:
        return url


# --- Whether the runner is at fault ----------------------------------------------------------------------------------

_FEW = 20  # sites
_SHARE = 5  # one of so many


def whose(url: str) -> str:
    """Whose host an address is at: those under one registered name are one, however many there are."""
    return registered(site_of(url))


def failing(seen: Iterable[tuple[str, Observation]]) -> set[str]:
    """The sites of which no look came to an answer, from a row of sites and what was seen there."""
    answers: dict[str, bool] = {}
    for name, observation in seen:
        answers[name] = answers.get(name, False) or not observation.network
    return {name for name, has_answer in answers.items() if not has_answer}


def is_void(well: AbstractSet[str], failing: AbstractSet[str]) -> bool:
    """Whether a run says more of the machine that it ran on than of the sites, and nothing of it counts.

    ``well`` are the sites that were asked and whose last look before was no error, ``failing`` those that now fail on
    the network: so do more than a fifth of the former, and at least 20 of them.
    """
    now = len(well & failing)
    return now >= _FEW and now * _SHARE > len(well)
