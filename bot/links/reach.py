"""All that a run asks of the web about links: pages, those who answer for them, and the archive; each at its pace."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from bot.config import Links, OwnerSettings
from bot.links import archive
from bot.links.asking import NO_TIME, WANTS_REST, Asked, ask
from bot.links.inquiry import Inquiry, Said
from bot.links.link import Link
from bot.links.look import Looker
from bot.links.observation import Kind, Observation
from bot.links.owners.all import owner_of
from bot.links.owners.owner import Owner
from bot.links.turns import ShutError, Turns, polite
from bot.metadata.asking import join
from bot.metadata.source import Query
from bot.web.address import as_sent, site
from bot.web.errors import WebError
from bot.web.session import Answer

if TYPE_CHECKING:
    from bot.web.session import Web

_LOOKING = 0.75  # of the time; the rest is for the repairs
_TOO_MANY = 429
_FAULTY = 500  # and above
_TRIES = 2
_IN_A_ROW = 2
_PIECES = 16  # of a body, each of 64 KiB at most
_NO_ANSWER = "{owner} did not say"


class Reach:
    """The web as one run about links may ask it.

    ``web`` repeats nothing by itself. ``tokens`` are those that owners may be sent, by the variable of the environment
    that holds them. Nothing is asked after ``settings.minutes``, and what ``owner`` and ``pages`` do leaves a quarter
    of them for the repairs. ``progress`` is told how many pages of how many are done. Threads may share it.
    """

    def __init__(
        self,
        web: "Web",
        settings: Links,
        tokens: Mapping[str, str] = MappingProxyType({}),
        progress: Callable[[int, int], object] = lambda done, all_: None,
    ) -> None:
        """The time begins."""
        self._web = web
        self._progress = progress
        self._settings = settings
        self._tokens = tokens
        now = time.monotonic()
        self._until = now + 60 * settings.minutes
        self._looking_until = now + _LOOKING * 60 * settings.minutes
        own = settings.owners.wayback
        self.archive_url = own.url or archive.URL
        self._archive_is_closed = False
        self._archive_failures = 0
        spacing = archive.SPACING if own.spacing is None else own.spacing
        self._turns = Turns(settings.pause, pauses={site(self.archive_url): spacing})
        self._open = polite(web.open, self._turns)
        self._looker = Looker(self._open, patience=3 * settings.timeout)
        self._lock = threading.Lock()
        self._inquiries: dict[str, Inquiry] = {}

    def owner(self, owner: Owner, subjects: Sequence[str]) -> Said:
        """What an owner says of its subjects."""
        return self._inquiry(owner).ask(subjects, self._looking_until)

    def pages(self, links: Sequence[Link]) -> Iterator[Asked]:
        """What came of each of the links, whoever may answer for it; those that are sent alike are asked once."""
        firsts: dict[str, Link] = {}
        others: dict[str, list[Link]] = {}
        for link in links:
            sent = _sent(link.url)
            if sent in firsts:
                others.setdefault(sent, []).append(link)
            else:
                firsts[sent] = link
        tasks = list(firsts.values())
        del firsts
        self._looker.expect(others)
        asking = ask(
            tasks, self._looker.look, self._turns, connections=self._settings.connections, until=self._looking_until
        )
        for number, asked in enumerate(asking, 1):
            self._progress(number, len(tasks))
            yield asked
            for link in others.get(_sent(asked.link.url), ()) if others else ():
                seen = asked.observation and (self._looker.twin(link.url, title=link.title) or asked.observation)
                yield msgspec.structs.replace(asked, link=link, observation=seen)

    def look(self, url: str, title: str) -> Observation:
        """A look at one address, by its owner where it has one."""
        owned = owner_of(url)
        if owned is None:
            return self.see(url, title)[0]
        owner, subject = owned
        said = self.look_ahead(owner, [subject])
        unsaid = Observation(Kind.ERROR, _NO_ANSWER.format(owner=owner.title))
        return said.found.get(subject) or said.failed.get(subject) or unsaid

    def look_ahead(self, owner: Owner, subjects: Sequence[str]) -> Said:
        """What an owner says of the subjects of addresses that ``look`` will be asked for: many at once cost less."""
        return self._inquiry(owner).ask(subjects, self._until)

    def see(self, url: str, title: str) -> tuple[Observation, Answer | None]:
        """A look at an address, whoever may answer for it, and what it serves; of the body the beginning."""
        is_capture = url.startswith(self.archive_url)
        if not self._has_time or (is_capture and self._archive_is_closed):
            return Observation(Kind.ERROR, NO_TIME), None
        try:
            seen, answer = self._looker.see(url, title=title)
        except ShutError:
            return Observation(Kind.ERROR, WANTS_REST), None
        if is_capture:
            self._note_archive(failed=seen.network, limits=seen.status == _TOO_MANY)
        return seen, answer

    def fetch(self, url: str) -> Answer | None:
        """What an address serves, redirects followed; of the body the beginning. ``None`` where nothing comes."""
        try:
            return self._looker.fetch(url) if self._has_time else None
        except ShutError:
            return None

    def ask_archive(self, query: Query) -> Answer | None:
        """The answer of the Wayback Machine, no redirect followed. ``None`` where none comes, or no time is left."""
        address = join(self.archive_url, query.path)
        if query.params:
            address += f"?{urlencode(query.params)}"
        for _ in range(_TRIES):
            if self._archive_is_closed or not self._has_time:
                return None
            answer = None
            try:
                with self._open("GET", address) as stream:
                    body = b"".join(islice(stream.chunks(), _PIECES))
                    answer = Answer(stream.url, stream.status, stream.headers, body)
            except ShutError:
                return None
            except WebError:
                pass
            status = answer.status if answer else 0
            self._note_archive(failed=not answer or status >= _FAULTY, limits=status == _TOO_MANY)
            if status != _TOO_MANY:
                return answer
        self._archive_is_closed = True
        return None

    @property
    def _has_time(self) -> bool:
        return time.monotonic() < self._until

    def _note_archive(self, *, failed: bool, limits: bool) -> None:
        """Note what came of a request to the archive; who fails twice in a row is not asked again."""
        with self._lock:
            self._archive_failures = self._archive_failures + 1 if failed else 0
            self._archive_is_closed = self._archive_is_closed or self._archive_failures >= _IN_A_ROW
        if limits:
            self._turns.rest(site(self.archive_url), archive.PAUSE)

    def _inquiry(self, owner: Owner) -> Inquiry:
        with self._lock:
            known = self._inquiries.get(owner.name)
            if known is None:
                token = self._tokens.get(owner.token, "")
                headers = {"Authorization": f"Bearer {token}"} if token else {}
                settings: OwnerSettings = getattr(self._settings.owners, owner.name)
                known = self._inquiries[owner.name] = Inquiry(owner, self._web, settings, headers=headers)
            return known


def _sent(url: str) -> str:
    """An address as it is sent, so without its fragment; of what nobody sends, itself."""
    try:
        return as_sent(url)
    except WebError:
        return url
