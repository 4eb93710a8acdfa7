"""The sources on this machine as the bot asks them in this process, and some of them down when a test says so."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from ipaddress import ip_network
from typing import Self

from bot.config import Config
from bot.jobs.inquiry import Ask
from bot.metadata.asking import Asker
from bot.metadata.lookup import look_up
from bot.metadata.question import Question
from bot.metadata.work import Work, work
from bot.web.session import Limits, Web
from tests.support.labelled import asking
from tests.support.sources import NAMES, Answer, Library, Sources

_DOWN = Answer(503, "Service Unavailable", "text/plain")


class Scholars:
    """The sources with a ``library``; those in ``down`` answer that they are, and are counted like the others.

    ``asker`` and ``ask`` are new for each run of the bot, so that nothing is known from an earlier one.
    """

    def __init__(self, library: Library, config: Config) -> None:
        self.down: set[str] = set()
        self._stack = ExitStack()
        self._sources = _Sources(library, self.down)
        self._config = asking(self._sources, config)

    @property
    def count(self) -> int:
        """How many requests there were."""
        return sum(len(requests) for requests in self._sources.requests.values())

    def asked(self) -> list[str]:
        """The sources that were asked anything."""
        return [name for name in NAMES if self._sources.requests[name]]

    def clear(self) -> None:
        """Forget the requests."""
        self._sources.clear()

    def all_down(self) -> None:
        """Let every source be down."""
        self.down.update(NAMES)

    def all_up(self) -> None:
        """Let every source be up."""
        self.down.clear()

    def asker(self) -> Asker:
        """The sources for one run, which repeats nothing."""
        web = Web("list-bot/1.0", allow=(ip_network("127.0.0.0/8"),), limits=Limits(repeats=0))
        return Asker(self._stack.enter_context(web), self._config.metadata, {}, repeats=0)

    def ask(self) -> Ask:
        """What a run asks about forms with."""
        asker, config = self.asker(), self._config

        def ask(questions: Sequence[Question]) -> dict[Question, Work]:
            asker.give(config.metadata.patience)
            return {question: work(finding, config) for question, finding in look_up(questions, asker).items()}

        return ask

    def __enter__(self) -> Self:
        self._stack.enter_context(self._sources)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


class _Sources(Sources):
    def __init__(self, library: Library, down: set[str]) -> None:
        super().__init__(library)
        self._down = down

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        answer = super().answer(method, target, headers, body)
        return _DOWN if target.split("/")[1] in self._down else answer
