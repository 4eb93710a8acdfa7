"""Turns at sites: one request at a time, and a pause from one to the next, whichever look they belong to."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.web.address import site
from bot.web.session import retry_after

if TYPE_CHECKING:
    from bot.links.look import Open
    from bot.web.session import Stream

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_NO_PAUSES: Mapping[str, float] = MappingProxyType({})
_LIMITS = frozenset({429, 503})  # RFC 6585, section 4; RFC 9110, section 15.6.4
_FEW = 256  # sites that are remembered without a look at whether they still matter

LONGEST_REST = 30.0
"""Seconds that a host may ask to be left alone for, and still be asked in this run."""


class ShutError(Exception):
    """The site is not to be asked again in this run."""


class _Site:
    """``next`` is the time before which no turn begins, ``users`` how many threads have a turn or wait for one."""

    __slots__ = ("lock", "next", "users")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.next = float("-inf")
        self.users = 0


class Turns:
    """Whose turn it is at each site; threads share it.

    ``pause`` is in seconds from the end of one turn to the start of the next.
    ``pauses`` holds those of sites that want another one. ``clock`` and ``sleep`` are as in ``time``.

    A thread has one turn at most, so that no two can wait for each other. Sites that are at rest and may be asked at
    once are forgotten.
    """

    def __init__(
        self,
        pause: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        *,
        pauses: Mapping[str, float] = _NO_PAUSES,
    ) -> None:
        """Every site may be asked at once."""
        self._pause = pause
        self._pauses = pauses
        self._clock = clock
        self._sleep = sleep
        self._sites: dict[str, _Site] = {}
        self._lock = threading.Lock()
        self._many = _FEW
        self._of_thread = threading.local()
        self._shut: set[str] = set()

    @contextlib.contextmanager
    def of(self, name: str) -> Iterator[float]:
        """A turn at a site, once it comes; how many seconds it took to come.

        Raises:
            ShutError: there are no more turns at this site.
            RuntimeError: this thread has a turn already.
        """
        if getattr(self._of_thread, "has_turn", False):
            raise RuntimeError("a thread has one turn at a time")
        start = self._clock()
        with self._lock:
            one = self._site(name)
            one.users += 1
        self._of_thread.has_turn = True
        try:
            with one.lock:
                # `next` grows where a site is given a rest meanwhile.
                while (left := one.next - self._clock()) > 0:
                    self._sleep(left)
                if name in self._shut:
                    raise ShutError(name)
                begun, pause = self._clock(), self._pauses.get(name, self._pause)
                one.next = begun + pause
                try:
                    yield begun - start
                finally:
                    one.next = max(one.next, self._clock() + pause)
        finally:
            self._of_thread.has_turn = False
            with self._lock:
                one.users -= 1

    def wait(self, name: str) -> float:
        """The seconds until a turn at the site may begin; one that is taken may last longer than that."""
        one = self._sites.get(name)
        return max(one.next - self._clock(), 0.0) if one else 0.0

    def rest(self, name: str, seconds: float) -> None:
        """Let no turn at the site begin for so many seconds."""
        with self._lock:
            one = self._site(name)
            one.next = max(one.next, self._clock() + seconds)

    def shut(self, name: str) -> None:
        """Let no turn at the site begin any more."""
        self._shut.add(name)

    def __len__(self) -> int:
        """How many sites are remembered."""
        return len(self._sites)

    def _site(self, name: str) -> _Site:
        """The site, remembered from now on; the lock is held."""
        one = self._sites.get(name)
        if one is None:
            if len(self._sites) >= self._many:
                now = self._clock()
                self._sites = {name: each for name, each in self._sites.items() if each.users or each.next > now}
                self._many = max(_FEW, 2 * len(self._sites))
            one = self._sites[name] = _Site()
        return one


def polite(open_: "Open", turns: Turns) -> "Open":
    """``open_``, but each request waits for the turn of the site that it goes to, and keeps it until it has ended.

    ``until`` moves by the time that the turn took to come: it is the host's own time. A site that asks to be left alone
    has a rest, or no more turns where that is too long.

    Raises:
        ShutError: the site is not to be asked again.
        WebError: refused, of what is no web address; and what ``open_`` raises.
    """

    @contextlib.contextmanager
    def open_in_turn(
        method: str, url: str, *, headers: Mapping[str, str] = _NO_HEADERS, until: float | None = None
    ) -> Iterator["Stream"]:
        name = site(url)
        with (
            turns.of(name) as waited,
            open_(method, url, headers=headers, until=None if until is None else until + waited) as stream,
        ):
            rest = retry_after(stream.headers.get("Retry-After", "")) if stream.status in _LIMITS else 0.0
            if rest > LONGEST_REST:
                turns.shut(name)
            elif rest:
                turns.rest(name, rest)
            yield stream

    return open_in_turn
