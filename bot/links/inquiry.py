"""Asking those who answer for addresses, each as it wants to be asked."""

import math
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.config import OwnerSettings
from bot.links.observation import Observation
from bot.links.owners.owner import LimitError, Owner
from bot.metadata.asking import join
from bot.metadata.source import NonsenseError, Query
from bot.web.errors import WebError
from bot.web.session import retry_after

if TYPE_CHECKING:
    from bot.web.session import Answer, Web

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_TRIES = 3
_IN_A_ROW = 2
_BACKOFF = 1.0  # seconds before the second try, twice that before the third, and up to as much again
_LONGEST_REST = 30.0  # seconds that an owner may ask to be left alone for, and still be asked in this run
_PASSING = frozenset({429, 500, 502, 503, 504})


class _LeaveError(Exception):
    """The owner wants to be left alone for long."""


class _FailedError(Exception):
    """A request came to nothing, however often it was made."""


def ask_owner(
    owner: Owner,
    subjects: Iterable[str],
    web: "Web",
    settings: OwnerSettings,
    *,
    headers: Mapping[str, str] = _NO_HEADERS,
    until: float = math.inf,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> dict[str, Observation]:
    """What an owner says of its subjects, in as few requests as it takes; those are absent of which it said nothing.

    ``web`` repeats nothing by itself; ``headers`` are sent besides the owner's own. No request begins after ``until``,
    a time of ``clock``. What came to nothing is asked up to twice more, and in halves where it was a batch. Who fails
    twice in a row, or asks to be left alone for more than half a minute, is not asked for the rest; if it takes no
    questions, the owner ``instead`` is.
    """
    inquiry = _Inquiry(web, settings, headers, until, clock, sleep)
    found: dict[str, Observation] = {}
    wanted = list(dict.fromkeys(subjects))
    asked: Owner | None = owner
    while asked and wanted:
        takes_more = inquiry.ask(asked, wanted, found)
        asked = None if takes_more else asked.instead
        wanted = [one for one in wanted if one not in found]
    return found


class _Inquiry:
    """The requests of one run to one owner."""

    def __init__(
        self,
        web: "Web",
        settings: OwnerSettings,
        headers: Mapping[str, str],
        until: float,
        clock: Callable[[], float],
        sleep: Callable[[float], object],
    ) -> None:
        self._web = web
        self._settings = settings
        self._headers = headers
        self._until = until
        self._clock = clock
        self._sleep = sleep
        self._next = -math.inf

    def ask(self, owner: Owner, subjects: Sequence[str], found: dict[str, Observation]) -> bool:
        """Add what the owner says; whether it takes questions."""
        waiting = deque(subjects[start : start + owner.batch] for start in range(0, len(subjects), owner.batch))
        failures = 0
        while waiting and failures < _IN_A_ROW:
            batch = waiting.popleft()
            is_answered = False
            try:
                answer = self._answer(owner, owner.query(batch))
                is_answered = answer.status not in _PASSING
                found |= owner.read(answer.status, answer.body, batch)
            except LimitError:
                return False
            except _LeaveError:
                break
            except (_FailedError, NonsenseError):
                # What is wrong may be one subject: a batch with an answer of some kind has not failed yet.
                if len(batch) > 1:
                    middle = len(batch) // 2
                    waiting.extendleft((batch[middle:], batch[:middle]))
                failures += len(batch) == 1 or not is_answered
            else:
                failures = 0
        return True

    def _answer(self, owner: Owner, query: Query) -> "Answer":
        """The answer to one request, made again where that may help; the last one, if none was better.

        Raises:
            _FailedError: there was none.
            _LeaveError: the owner is not to be asked again, or there is no time left.
        """
        spacing = owner.spacing if self._settings.spacing is None else self._settings.spacing
        for number in range(1, _TRIES + 1):
            self._wait()
            self._next = self._clock() + spacing
            backoff = self._clock() + _BACKOFF * 2 ** (number - 1) * random.uniform(1, 2)  # noqa: S311  # no secret
            answer = None
            try:
                answer = self._request(owner, query)
            except WebError as error:
                if not error.passing or number == _TRIES:
                    raise _FailedError from None
            if answer is not None:
                rest = retry_after(answer.headers.get("Retry-After", "")) if answer.status in _PASSING else 0.0
                if rest > _LONGEST_REST:
                    raise _LeaveError
                self._next = max(self._next, self._clock() + rest)
                if answer.status not in _PASSING or number == _TRIES:
                    return answer
            self._next = max(self._next, backoff)
        raise AssertionError  # the last try returns or raises

    def _request(self, owner: Owner, query: Query) -> "Answer":
        address = join(self._settings.url or owner.url, query.path)
        headers = {**dict(owner.headers), **self._headers}
        until = None if self._until == math.inf else self._until
        if query.send is None:
            return self._web.get(address, params=query.params, headers=headers, until=until)
        return self._web.post(address, send=query.send, params=query.params, headers=headers, until=until)

    def _wait(self) -> None:
        """Wait for the owner's next turn."""
        if max(self._next, self._clock()) >= self._until:
            raise _LeaveError
        if (pause := self._next - self._clock()) > 0:
            self._sleep(pause)
