"""The edges of the command ``links``: the list's files, the file or folder of what is remembered, and the web.

What is to be printed is returned.
"""

import contextlib
import glob
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from ipaddress import ip_network
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bot import files
from bot.bibliography.blocks import Bibliography
from bot.config import Config
from bot.jobs.link_listing import finding_object, links_text, run_object
from bot.jobs.link_stages import Folder, Shard, ask, begin, keep, report
from bot.jobs.links import Entries, check, due_links, file_of_link, in_this_shard, listed_links, next_state
from bot.links.link import Link
from bot.links.observation import Observation
from bot.links.owners.github import GITHUB
from bot.links.reach import Reach
from bot.links.schedule import MOST_SHARDS
from bot.links.state import State, StateError, read_state, write_state
from bot.problems import UsageError
from bot.report import as_json_pieces

if TYPE_CHECKING:
    from bot.jobs.situation import Desk

_TOKEN = "GITHUB_TOKEN"  # noqa: S105  # its name
_BEGUN, _BEFORE, _AFTER = "begun.json", "before", "after"
_SHARE_OF_BEGIN = 4  # it has one part in so many of the minutes, since it asks one owner, in batches
_LARGEST_STATE = 30_000_000  # bytes of one file
_NO_TIME = "--now {found}: expected a time such as 2026-01-19T03:43Z"
_NO_SHARD = "--shard {found}: expected K/N, such as 1/4; N is at most {most}"
_NO_FOLDER = "--stage {stage} needs --folder DIR, where it finds what the stage before it left"
_NO_KEY = "--only {key}: the bibliography has no such entry"
_ALONE = "--stage goes with none of --json, --only and --state"
_UNTRUSTED = "links.owners.github.url is not this GitHub's API, so it is asked without the token: {url}"
_SET_ASIDE = "{file} cannot be read ({why}); it is kept as {aside}, and what is remembered begins anew"


class _Begun(msgspec.Struct, frozen=True):
    """A folder but for the files of the state."""

    commit: str | None
    known: dict[str, Observation]
    asked: tuple[str, ...]


class Command:
    """One run of it, on a list in the folder ``root``; the list is read when it is needed."""

    def __init__(
        self,
        parsed: Namespace,
        root: Path,
        config: Config,
        environment: Mapping[str, str],
        progress: Callable[[int, int], object],
        *,
        is_named: bool = False,
    ) -> None:
        """Read the arguments; ``progress`` is told how many pages of how many have been asked.

        ``is_named`` says that the configuration is none that a pull request may have brought.

        Raises:
            UsageError: they cannot be obeyed.
        """
        if parsed.stage and (parsed.json or parsed.only or parsed.state):
            raise UsageError(_ALONE)
        if parsed.stage not in (None, "plan", "report") and not parsed.folder:
            raise UsageError(_NO_FOLDER.format(stage=parsed.stage))
        self.config = config
        self.now = read_time(parsed.now)
        self._parsed = parsed
        self._root = root
        self._environment = environment
        self._progress = progress
        self._is_named = is_named
        self._shard = read_shard(parsed.shard)

    @cached_property
    def links(self) -> list[Link]:
        """Every address of the list.

        Raises:
            UsageError: the list cannot be read.
        """
        return self._links(self._bibliography)

    @cached_property
    def _bibliography(self) -> Bibliography:
        return Bibliography.parse(files.read(self._root / self.config.bibliography))

    def look(self) -> tuple[Iterable[str], list[str]]:
        """Look at the links, and remember it where a file is named: what there is to say, in pieces, and besides."""
        path = Path(self._parsed.state) if self._parsed.state else None
        state, notes = _read_state(path) if path else (State(), [])
        wanted = in_this_shard(self._picked(), self._shard.number, self._shard.of)
        due = wanted if self._parsed.only else due_links(wanted, {"": state}, self.now, lambda _: "")
        with self._reach(self._tokens()) as reach:
            run = check(wanted, due, {"": state}, Entries(self._bibliography), reach, self.now, {})
        if path:
            seen = {finding.link.url for finding in run.findings}
            listed = {link.url for link in self.links}
            others = [record for record in state.records if record.url in listed - seen]
            # A file of one shard is whole; one that several share is not.
            is_whole = not self._parsed.only and not others
            after = next_state(state, run, run.findings, self.now, whole=is_whole)
            files.write(path, write_state(msgspec.structs.replace(after, records=(*after.records, *others))))
        if not self._parsed.json:
            return [links_text(run)], notes
        return as_json_pieces(run_object(run), "links", map(finding_object, run.findings)), notes

    def begin(self, desk: "Desk") -> Iterator[str]:
        """Bring into the folder what is remembered, and what GitHub says of its own."""
        tokens = self._tokens()
        if not tokens:
            yield _UNTRUSTED.format(url=self.config.links.owners.github.url)
        with self._reach(tokens, self.config.links.minutes / _SHARE_OF_BEGIN) as reach:
            folder, log = begin(self.links, self._shard, self._timed(desk), reach)
        self._write(folder, _BEFORE)
        yield from log

    def ask(self) -> str:
        """Look at the links, with nothing but the folder: what there is to say of them."""
        with self._reach() as reach:
            after, run = ask(self.links, self._bibliography, self._shard, self._read(_BEFORE), reach, self.now)
        self._write(after, _AFTER)
        return links_text(run)

    def keep(self, desk: "Desk") -> Iterator[str]:
        """Take to GitHub what is to be remembered."""
        yield from keep(self._read(_BEFORE), self._read(_AFTER), self._shard, self._timed(desk))

    def report(self, desk: "Desk", summarise: Callable[[str], object]) -> Iterator[str]:
        """Write the report and the repair; ``summarise`` is given a report for which the issue may lack room."""
        from bot.jobs.publish import look

        desk = self._timed(desk)
        home = look(desk).home
        # The list may have changed since the jobs before this one looked at it, and they have looked at this commit.
        files_of_run = frozenset(map(file_of_link, self.links))
        yield from report(self._links(home.bibliography), files_of_run, home, desk, summarise)

    def _tokens(self) -> dict[str, str]:
        """The token that GitHub's API is sent, where that is whom it was meant for; it is sent to nobody else."""
        url = (self.config.links.owners.github.url or GITHUB.url).rstrip("/")
        is_trusted = self._is_named or url in (GITHUB.url, self._environment.get("GITHUB_API_URL", "").rstrip("/"))
        return {_TOKEN: self._environment.get(_TOKEN, "")} if is_trusted else {}

    # --- What there is -----------------------------------------------------------------------------------------------

    def _links(self, bibliography: Bibliography) -> list[Link]:
        # Unlike `Path.glob`, it leaves out what is hidden, such as the bot's own installation.
        found = (glob.iglob(one, root_dir=self._root, recursive=True) for one in self.config.links.pages)  # noqa: PTH207
        names = {Path(name).as_posix() for name in chain.from_iterable(found) if (self._root / name).is_file()}
        texts = {name: files.read(self._root / name).decode("utf-8", "replace") for name in names}
        return listed_links(bibliography, texts, self.config)

    def _picked(self) -> list[Link]:
        keys = {key.lower() for key in self._parsed.only}
        if not keys:
            return self.links
        listed = {key.lower() for key in self._bibliography.keys}
        if missing := [key for key in self._parsed.only if key.lower() not in listed]:
            raise UsageError(_NO_KEY.format(key=missing[0]))
        return [link for link in self.links if any((place.key or "").lower() in keys for place in link.places)]

    @contextlib.contextmanager
    def _reach(self, tokens: Mapping[str, str] | None = None, minutes: float | None = None) -> Iterator[Reach]:
        from bot.web.agent import browser_agent
        from bot.web.session import Limits, Web

        settings = self.config.links
        if minutes is not None:
            settings = msgspec.structs.replace(settings, minutes=minutes)
        limits = Limits(
            connect=settings.timeout, read=settings.timeout, total=2 * settings.timeout, size=1 << 22, repeats=0
        )
        allow = tuple(map(ip_network, self.config.web.allow))
        name = browser_agent(self.config)
        own = self._environment.get("SSL_CERT_FILE", "")  # OpenSSL's own name for it
        authorities = own if Path(own).is_file() else ""
        with Web(name, allow=allow, limits=limits, complete_chains=True, authorities=authorities) as web:
            yield Reach(web, settings, tokens or {}, self._progress)

    def _timed(self, desk: "Desk") -> "Desk":
        return msgspec.structs.replace(desk, now=self.now)

    # --- The folder --------------------------------------------------------------------------------------------------

    def _write(self, folder: Folder, part: str) -> None:
        root = Path(self._parsed.folder)
        for name, data in folder.states.items():
            files.write(root / part / name, data)
        begun = _Begun(folder.commit, dict(folder.known), folder.asked)
        files.write(root / _BEGUN, msgspec.json.encode(begun))

    def _read(self, part: str) -> Folder:
        root = Path(self._parsed.folder)
        try:
            begun = msgspec.json.decode(files.read(root / _BEGUN), type=_Begun)
        except msgspec.DecodeError as error:
            raise UsageError(f"{root / _BEGUN}: {error}") from None
        # Links to elsewhere, and what never ends, can only have come from a stage that was taken over.
        found = [path for path in sorted((root / part).glob("*")) if path.is_file() and not path.is_symlink()]
        states = {path.name: files.read(path) for path in found if path.stat().st_size <= _LARGEST_STATE}
        return Folder(begun.commit, states, begun.known, begun.asked)


def read_shard(text: str) -> Shard:
    """The part that ``K/N`` names.

    Raises:
        UsageError: it names none.
    """
    number, slash, of = text.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(of) <= MOST_SHARDS and int(number) <= int(of)):
        raise UsageError(_NO_SHARD.format(found=text, most=MOST_SHARDS))
    return Shard(int(number), int(of))


def read_time(text: str | None) -> datetime:
    """A time as ISO 8601 has it, in UTC where it says nothing else; without one, the time that it is.

    Raises:
        UsageError: it is no time.
    """
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(_NO_TIME.format(found=text)) from None
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


def _read_state(path: Path) -> tuple[State, list[str]]:
    """What a file remembers; what cannot be read is kept aside, with a sentence about it."""
    if not path.exists():
        return State(), []
    try:
        return read_state(files.read(path)), []
    except StateError as error:
        number = 1
        while (aside := path.with_name(f"{path.name}.aside-{number}")).exists():
            number += 1
        path.rename(aside)
        return State(), [_SET_ASIDE.format(file=path, why=error, aside=aside)]
