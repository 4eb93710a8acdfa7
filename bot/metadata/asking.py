"""Asking the sources, as each of them wants to be asked, and telling “does not know” from “could not be asked”."""

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import urlencode

import msgspec

from bot.config import Metadata, SourceSettings
from bot.metadata.record import Record
from bot.metadata.source import NonsenseError, Query, Source
from bot.web.errors import WebError
from bot.web.session import retry_after

if TYPE_CHECKING:
    from bot.web.session import Answer, Web

T = TypeVar("T")

_OK = 200
_NOT_MODIFIED = 304
_LIMITED = frozenset({403, 429})
_PASSING = frozenset({429, 500, 502, 503, 504})
# What may be wrong with one identifier of many: then the others are asked without it.
_BAD_BATCH = frozenset({400, 404, 413, 414, 422})
_IN_A_ROW = 2
_BACKOFF = 1.0  # seconds before the first repetition, twice that before the second, and up to half as much again
_LONGEST_PAUSE = 60.0
# So many answers are remembered, so that a long list takes no more memory than a short one.
_REMEMBERED = 2_000

_SAYS_LIMIT = "it takes no more requests for now (HTTP {status})"
_SAYS_STATUS = "it answered with HTTP {status}"
_NO_TIME = "there was not enough time left"
_NO_BUDGET = "its budget for one run is used up"
_NO_KEY = "what it takes without a key is used up; {variable} can hold one"


class Answers(msgspec.Struct, frozen=True):
    """What a source said about some identifiers.

    ``found`` holds the records by identifier, ``unavailable`` a reason for each identifier of which the source could
    not be asked. It does not know the others.
    """

    found: dict[str, Record]
    unavailable: dict[str, str]


class UnavailableError(Exception):
    """A source could not be asked; the text says why, as what follows “Crossref could not be asked:”."""


class Kept(Protocol):
    """Answers of earlier runs, by address: what to send so that the source says whether they still hold."""

    def conditions(self, address: str) -> dict[str, str]:
        """The headers of a conditional request; none where nothing is kept."""

    def body(self, address: str) -> bytes:
        """What is kept."""

    def keep(self, address: str, headers: Mapping[str, str], body: bytes) -> None:
        """Keep an answer, if it can be asked for conditionally."""


class _StumbleError(Exception):
    """A request came to nothing: it may be better soon, and after which pause; or the source takes no more."""

    def __init__(self, text: str, *, is_passing: bool, is_limit: bool = False, pause: float = 0.0) -> None:
        super().__init__(text)
        self.is_passing = is_passing
        self.is_limit = is_limit
        self.pause = pause


class Asker:
    """The sources for one run: one request at a time, each source's spacing, a budget, and nothing asked twice.

    Threads may share it: while one reads what a source said, another may ask.
    """

    def __init__(
        self,
        web: "Web",
        settings: Metadata,
        keys: Mapping[str, str],
        *,
        kept: Kept | None = None,
        repeats: int = 2,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``web`` repeats nothing by itself; ``keys`` holds the keys by the variable of each.

        A request that came to nothing is made so many times again (``repeats``).
        """
        self._web = web
        self._settings = settings
        self._keys = keys
        self._kept = kept
        self._repeats = repeats
        self._until: float | None = None
        self._clock = clock
        self._sleep = sleep
        self._one_at_a_time = threading.RLock()
        self._known: dict[tuple[str, str], Record | None] = {}
        self._next: dict[str, float] = {}
        self._failures: Counter[str] = Counter()
        self._down: dict[str, str] = {}
        self._free: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        """How many requests were made, by the name of the source."""

    def give(self, seconds: float) -> None:
        """Give what is asked from now on so much time."""
        self._until = self._clock() + seconds

    def records(self, source: Source, ids: Sequence[str], *, one_by_one: bool = False) -> Answers:
        """What the source says about the identifiers, in as few requests as it takes.

        ``one_by_one`` asks again, each by itself, for those that it did not know among others.
        """
        if self._is_off(source):
            return Answers({}, {})
        wanted, remembered = dict.fromkeys(ids), self._known
        known = {one: remembered[source.name, one] for one in wanted if (source.name, one) in remembered}
        if one_by_one:
            source = msgspec.structs.replace(source, batch=1)
            known = {one: record for one, record in known.items() if record}
        unavailable: dict[str, str] = {}
        for batch, outcome in self._outcomes(source, [one for one in wanted if one not in known]):
            if isinstance(outcome, str):
                unavailable |= dict.fromkeys(batch, outcome)
            else:
                known |= {one: outcome.get(one) for one in batch}
        if len(self._known) > _REMEMBERED:
            self._known = {}
        self._known |= {(source.name, one): record for one, record in known.items()}
        return Answers({one: record for one in wanted if (record := known.get(one))}, unavailable)

    def ask(self, source: Source, query: Query, read: Callable[[bytes], T]) -> T | None:
        """What the source says to one query of its own kind; ``None`` where it knows nothing.

        Raises:
            UnavailableError: it could not be asked, or its answer cannot be read.
        """
        if self._is_off(source):
            return None
        answer = self._fetch(source, query, is_list=True)
        return None if _knows_nothing(query, answer) else self._read(source, answer, read)

    def _outcomes(self, source: Source, ids: Sequence[str]) -> Iterator[tuple[Sequence[str], dict[str, Record] | str]]:
        """What came of each batch: its records, or why they are unavailable.

        What may be wrong with one identifier alone is found by halving the batch.
        """
        waiting = deque(_batches(source, ids))
        while waiting:
            batch = waiting.popleft()
            query = source.query(batch)
            try:
                answer = self._fetch(source, query, is_list=len(batch) > 1)
                if _knows_nothing(query, answer):
                    yield batch, {}
                elif answer.status != _OK and len(batch) > 1:
                    middle = len(batch) // 2
                    waiting.extendleft((batch[middle:], batch[:middle]))
                else:
                    yield batch, self._read(source, answer, partial(_records, source, batch))
            except UnavailableError as error:
                yield batch, str(error)

    def _fetch(self, source: Source, query: Query, *, is_list: bool) -> "Answer":
        """An answer that says something: good, empty, or that something is wrong with what was asked.

        A source that stumbles is asked again in its next turn, after the pause that it asks for.

        Raises:
            UnavailableError: the source could not be asked.
        """
        for attempt in count():
            try:
                return self._in_turn(source, query, is_list=is_list)
            except _StumbleError as stumble:
                pause = max(stumble.pause, _BACKOFF * 2**attempt * random.uniform(1, 1.5))  # noqa: S311  # no secret
                if attempt >= self._repeats or not stumble.is_passing or not self._has_time_for(pause):
                    self._failed(source, str(stumble), for_good=stumble.is_limit)
                    raise UnavailableError(str(stumble)) from None
                self._next[source.name] = self._clock() + max(pause, self._spacing(source))
        raise AssertionError  # `count` does not end

    def _in_turn(self, source: Source, query: Query, *, is_list: bool) -> "Answer":
        """The answer to one request, once it is the source's turn."""
        while True:
            with self._one_at_a_time:
                pause = self._pause(source, is_list=is_list)
                if not pause:
                    return self._request(source, query)
            self._sleep(pause)  # meanwhile other sources may be asked

    def _request(self, source: Source, query: Query) -> "Answer":
        """The answer to one request; the lock is held."""
        address, params, headers = self._address(source, query)
        kept = self._kept if query.send is None else None
        kept_as = f"{address}?{urlencode(query.params)}"  # without the key
        self.requests[source.name] += 1
        try:
            if query.send is None:
                headers |= kept.conditions(kept_as) if kept else {}
                answer = self._web.get(address, params=params, headers=headers, until=self._until)
            else:
                answer = self._web.post(address, send=query.send, params=params, headers=headers, until=self._until)
        except WebError as error:
            raise _StumbleError(str(error), is_passing=error.passing) from None
        if answer.status == _NOT_MODIFIED and kept:
            return msgspec.structs.replace(answer, status=_OK, body=kept.body(kept_as))
        if answer.status == _OK:
            if kept:
                kept.keep(kept_as, answer.headers, answer.body)
            return answer
        if answer.status in query.empty or answer.status in _BAD_BATCH:
            return answer
        asked = answer.headers.get("Retry-After", "")
        is_limit = answer.status in _LIMITED
        raise _StumbleError(
            (_SAYS_LIMIT if is_limit else _SAYS_STATUS).format(status=answer.status),
            is_passing=answer.status in _PASSING,
            is_limit=is_limit or bool(asked),
            pause=retry_after(asked),
        )

    def _has_time_for(self, pause: float) -> bool:
        return pause <= _LONGEST_PAUSE and (self._until is None or self._clock() + pause < self._until)

    def _pause(self, source: Source, *, is_list: bool) -> float:
        """How long to wait until the source may be asked, if it may; 0 where its turn is now, and taken."""
        if source.name in self._down:
            raise UnavailableError(self._down[source.name])
        if self.requests[source.name] >= self._of(source).budget:
            raise UnavailableError(_NO_BUDGET)
        missing = source.key if is_list and source.key and not self._keys.get(source.key.variable) else None
        if missing and source.free is not None and self._free[source.name] >= source.free:
            raise UnavailableError(_NO_KEY.format(variable=missing.variable))
        now = self._clock()
        start = max(now, self._next.get(source.name, now))
        if self._until is not None and start >= self._until:
            raise UnavailableError(_NO_TIME)
        if start > now:
            return start - now
        self._free[source.name] += missing is not None
        self._next[source.name] = now + self._spacing(source)
        return 0.0

    def _is_off(self, source: Source) -> bool:
        """Whether the list does without this source."""
        return self._of(source).budget == 0

    def _spacing(self, source: Source) -> float:
        spacing = self._of(source).spacing
        return source.spacing if spacing is None else spacing

    def _of(self, source: Source) -> SourceSettings:
        settings: SourceSettings = getattr(self._settings.sources, source.name)
        return settings

    def _address(self, source: Source, query: Query) -> tuple[str, list[tuple[str, str]], dict[str, str]]:
        """Where to ask, with the parameters and headers, the key among them."""
        base = self._of(source).url or source.url
        params, headers = list(query.params), {}
        if source.key and (value := self._keys.get(source.key.variable)):
            if source.key.header:
                headers[source.key.header] = value
            if source.key.param:
                params.append((source.key.param, value))
        return join(base, query.path), params, headers

    def _read(self, source: Source, answer: "Answer", read: Callable[[bytes], T]) -> T:
        if answer.status != _OK:
            reason = _SAYS_STATUS.format(status=answer.status)
            self._failed(source, reason)
            raise UnavailableError(reason)
        try:
            found = read(answer.body)
        except NonsenseError as error:
            self._failed(source, str(error))
            raise UnavailableError(str(error)) from None
        self._failures[source.name] = 0
        return found

    def _failed(self, source: Source, reason: str, *, for_good: bool = False) -> None:
        """Note it; who failed twice in a row, or takes no more, is not asked again in this run."""
        with self._one_at_a_time:
            self._failures[source.name] += 1
            if for_good or self._failures[source.name] >= _IN_A_ROW:
                self._down[source.name] = reason


def _knows_nothing(query: Query, answer: "Answer") -> bool:
    refused = answer.status in _BAD_BATCH and bool(query.nothing) and query.nothing in answer.body
    return answer.status in query.empty or refused


def _records(source: Source, batch: Sequence[str], body: bytes) -> dict[str, Record]:
    return source.read(body, batch)


def _batches(source: Source, ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """The identifiers in batches; those that can only be asked alone one by one."""
    alone = [one for one in ids if source.alone and source.alone(one)]
    together = [one for one in ids if one not in set(alone)] if alone else ids
    for start in range(0, len(together), source.batch):
        yield together[start : start + source.batch]
    for one in alone:
        yield [one]


def join(base: str, path: str) -> str:
    """The address of a path; a base may hold its beginning already (``https://mirror.example/graph/v1``)."""
    base, parts = base.rstrip("/"), path.split("/")
    for end in range(len(parts), 0, -1):
        if base.endswith("/" + "/".join(parts[:end])):
            return "/".join([base, *parts[end:]])
    return f"{base}/{path}"
