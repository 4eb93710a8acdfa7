"""All that a run asks of the web about links: pages, those who answer for them, and the archive; each at its pace."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from bot.config import Links, OwnerSettings
from bot.links import archive
from bot.links.asking import Asked, ask
from bot.links.inquiry import ask_owner
from bot.links.link import Link
from bot.links.look import Looker
from bot.links.observation import Kind, Observation
from bot.links.owners.all import owner_of
from bot.links.owners.owner import Owner
from bot.links.turns import Turns, polite
from bot.metadata.asking import join
from bot.metadata.source import Query
from bot.web.address import as_sent, site
from bot.web.errors import WebError
from bot.web.session import Answer

if TYPE_CHECKING:
    from bot.web.session import Web

_TOO_MANY = 429
_TRIES = 2
_PIECES = 16  # of a body, each of 64 KiB at most
_NO_ANSWER = "{owner} did not say"


class Reach:
    """The web as one run about links may ask it.

    ``web`` repeats nothing by itself. ``tokens`` are those that owners may be sent, by the variable of the environment
    that holds them. No page is asked after ``settings.minutes``; ``progress`` is told how many of how many are done.
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
        self._until = time.monotonic() + 60 * settings.minutes
        own = settings.owners.wayback
        self.archive_url = own.url or archive.URL
        self._archive_is_closed = False
        spacing = archive.SPACING if own.spacing is None else own.spacing
        self._turns = Turns(settings.pause, pauses={site(self.archive_url): spacing})
        self._open = polite(web.open, self._turns)
        self._looker = Looker(self._open)

    @property
    def has_time(self) -> bool:
        """Whether anything may still be asked."""
        return time.monotonic() < self._until

    def owner(self, owner: Owner, subjects: Sequence[str]) -> dict[str, Observation]:
        """What an owner says of its subjects; those are absent of which it said nothing."""
        token = self._tokens.get(owner.token, "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        settings: OwnerSettings = getattr(self._settings.owners, owner.name)
        return ask_owner(owner, subjects, self._web, settings, headers=headers, until=self._until)

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
        asking = ask(tasks, self._looker.look, self._turns, connections=self._settings.connections, until=self._until)
        for number, asked in enumerate(asking, 1):
            self._progress(number, len(tasks))
            yield asked
            for link in others.get(_sent(asked.link.url), ()) if others else ():
                yield msgspec.structs.replace(asked, link=link)

    def look(self, url: str, title: str) -> Observation:
        """A look at one address, by its owner where it has one."""
        owned = owner_of(url)
        if owned is None:
            return self._looker.look(url, title=title)
        owner, subject = owned
        unsaid = Observation(Kind.ERROR, _NO_ANSWER.format(owner=owner.title))
        return self.owner(owner, [subject]).get(subject, unsaid)

    def fetch(self, url: str) -> Answer | None:
        """What an address serves, redirects followed; of the body the beginning. ``None`` where nothing comes."""
        return self._looker.fetch(url)

    def ask_archive(self, query: Query) -> Answer | None:
        """The answer of the Wayback Machine, no redirect followed. ``None`` where none comes, or no time is left."""
        address = join(self.archive_url, query.path)
        if query.params:
            address += f"?{urlencode(query.params)}"
        for _ in range(_TRIES):
            if self._archive_is_closed or not self.has_time:
                return None
            try:
                with self._open("GET", address) as stream:
                    body = b"".join(islice(stream.chunks(), _PIECES))
                    answer = Answer(stream.url, stream.status, stream.headers, body)
            except WebError:
                return None
            if answer.status != _TOO_MANY:
                return answer
            self._turns.rest(site(self.archive_url), archive.PAUSE)
        self._archive_is_closed = True
        return None


def _sent(url: str) -> str:
    """An address as it is sent, so without its fragment; of what nobody sends, itself."""
    try:
        return as_sent(url)
    except WebError:
        return url
