"""Asking those who answer for addresses, each as it wants to be asked."""

import math
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from bot.config import OwnerSettings
from bot.links.observation import Kind, Observation
from bot.links.owners.owner import LimitError, Owner
from bot.metadata.asking import join
from bot.metadata.source import NonsenseError, Query
from bot.web.errors import WebError
from bot.web.session import retry_after

if TYPE_CHECKING:
    from bot.web.session import Answer, Web

_NOBODY: Mapping[str, Observation] = MappingProxyType({})
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_TRIES = 3
_IN_A_ROW = 2
_NONSENSE_IN_A_ROW = 20  # more than comes of one or two bad subjects in a batch
_BACKOFF = 1.0  # seconds before the second try, twice that before the third, and up to as much again
_LONGEST_REST = 30.0  # seconds that an owner may ask to be left alone for, and still be asked in this run
_PASSING = frozenset({429, 500, 502, 503, 504})
_UNSAID = "{owner} did not say: {why}"


class Said(msgspec.Struct, frozen=True):
    """What came of asking an owner for subjects, by subject.

    ``found`` is what it says, ``failed`` are errors of those that it was asked for by themselves, to no end. What is in
    neither it was not asked for, or has said nothing of.
    """

    found: Mapping[str, Observation] = _NOBODY
    failed: Mapping[str, Observation] = _NOBODY


class _LeaveError(Exception):
    """The owner wants to be left alone for long."""


class _TimeError(Exception):
    """There is no time left."""


class _FailedError(Exception):
    """A request came to nothing, however often it was made; the text says why."""


class Inquiry:
    """All that one run asks of one owner; threads may share it, and then one asks at a time.

    ``web`` repeats nothing by itself; ``headers`` are sent besides the owner's own. What came to nothing is asked up to
    twice more, and in halves where it was a batch. Who fails twice in a row, says nothing but nonsense, or asks to be
    left alone for more than half a minute, is not asked again; if it takes no questions, the owner ``instead`` is. What
    was said is remembered.
    """

    def __init__(
        self,
        owner: Owner,
        web: "Web",
        settings: OwnerSettings,
        *,
        headers: Mapping[str, str] = _NO_HEADERS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Nothing is asked yet."""
        self._owner: Owner | None = owner  # whom to ask now
        self._web = web
        self._settings = settings
        self._headers = headers
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = -math.inf
        self._failures = 0
        self._nonsense = 0
        self._said: dict[str, Observation] = {}
        self._alike: dict[Observation, Observation] = {}  # of very many subjects the same is said

    def ask(self, subjects: Iterable[str], until: float = math.inf) -> Said:
        """What the owner says of the subjects, in as few requests as it takes.

        No request begins after ``until``, a time of ``clock``.
        """
        wanted = list(dict.fromkeys(subjects))
        failed: dict[str, Observation] = {}
        with self._lock:
            asked: Owner | None = None
            while self._owner is not asked:
                asked = self._owner
                if asked:
                    self._ask(asked, [one for one in wanted if one not in self._said], until, failed)
            found = {one: self._said[one] for one in wanted if one in self._said}
        return Said(found, {one: error for one, error in failed.items() if one not in found})

    def _ask(self, owner: Owner, subjects: Sequence[str], until: float, failed: dict[str, Observation]) -> None:
        """Ask an owner until all is asked, or it is not to be asked any more."""
        waiting = deque(subjects[start : start + owner.batch] for start in range(0, len(subjects), owner.batch))
        while waiting and self._owner is owner:
            batch = waiting.popleft()
            is_answered = False
            try:
                answer = self._answer(owner, owner.query(batch), until)
                is_answered = answer.status not in _PASSING
                said = owner.read(answer.status, answer.body, batch)
            except LimitError:
                self._turn_to(owner.instead)
            except _LeaveError:
                self._turn_to(None)
            except _TimeError:
                return
            except (_FailedError, NonsenseError) as error:
                if len(batch) > 1:  # what is wrong may be one subject
                    middle = len(batch) // 2
                    waiting.extendleft((batch[middle:], batch[:middle]))
                else:
                    why = _UNSAID.format(owner=owner.title, why=error)
                    failed[batch[0]] = Observation(Kind.ERROR, why, network=isinstance(error, _FailedError))
                self._failures = 0 if is_answered else self._failures + 1
                self._nonsense += is_answered
                if self._failures >= _IN_A_ROW or self._nonsense >= _NONSENSE_IN_A_ROW:
                    self._turn_to(None)
            else:
                self._failures = self._nonsense = 0
                self._said |= {one: self._alike.setdefault(seen, seen) for one, seen in said.items()}

    def _turn_to(self, owner: Owner | None) -> None:
        self._owner = owner
        self._failures = self._nonsense = 0

    def _answer(self, owner: Owner, query: Query, until: float) -> "Answer":
        """The answer to one request, made again where that may help; the last one, if none was better.

        Raises:
            _FailedError: there was none.
            _LeaveError: the owner is not to be asked again.
            _TimeError: there was no time left.
        """
        spacing = owner.spacing if self._settings.spacing is None else self._settings.spacing
        for number in range(1, _TRIES + 1):
            self._wait(until)
            self._next = self._clock() + spacing
            backoff = self._clock() + _BACKOFF * 2 ** (number - 1) * random.uniform(1, 2)  # noqa: S311  # no secret
            answer = None
            try:
                answer = self._request(owner, query, until)
            except WebError as error:
                if self._clock() >= until:
                    raise _TimeError from None
                if not error.passing or number == _TRIES:
                    raise _FailedError(str(error)) from None
            if answer is not None:
                rest = retry_after(answer.headers.get("Retry-After", "")) if answer.status in _PASSING else 0.0
                if rest > _LONGEST_REST:
                    raise _LeaveError
                self._next = max(self._next, self._clock() + rest)
                if answer.status not in _PASSING or number == _TRIES:
                    return answer
            self._next = max(self._next, backoff)
        raise AssertionError  # the last try returns or raises

    def _request(self, owner: Owner, query: Query, until: float) -> "Answer":
        address = join(self._settings.url or owner.url, query.path)
        headers = {**dict(owner.headers), **self._headers}
        end = None if until == math.inf else until
        if query.send is None:
            return self._web.get(address, params=query.params, headers=headers, until=end)
        return self._web.post(address, send=query.send, params=query.params, headers=headers, until=end)

    def _wait(self, until: float) -> None:
        """Wait for the owner's next turn."""
        if max(self._next, self._clock()) >= until:
            raise _TimeError
        if (pause := self._next - self._clock()) > 0:
            self._sleep(pause)
