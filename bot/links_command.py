"""The edges of the command ``links``: the list's files, the file or folder of what is remembered, and the web.

What is to be printed is returned.
"""

import contextlib
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatch
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bot import files
from bot.bibliography.blocks import Bibliography
from bot.config import Config
from bot.jobs.link_listing import finding_object, links_text, run_object
from bot.jobs.link_stages import Folder, Shard, ask, begin, keep, report
from bot.jobs.links import Entries, check, due_links, in_this_shard, listed_links, next_state
from bot.links.link import Link
from bot.links.observation import Observation
from bot.links.reach import Reach
from bot.links.schedule import MOST_SHARDS
from bot.links.state import State, StateError, read_state, write_state
from bot.problems import UsageError
from bot.report import as_json_pieces

if TYPE_CHECKING:
    from bot.jobs.situation import Desk

_TOKEN = "GITHUB_TOKEN"  # noqa: S105  # its name
_KNOWN, _COMMIT, _BEFORE, _AFTER = "known.json", "commit", "before", "after"
_SUFFIX = ".md"
_NO_TIME = "--now {found}: expected a time such as 2026-01-19T03:43Z"
_NO_SHARD = "--shard {found}: expected K/N, such as 1/4; N is at most {most}"
_NO_FOLDER = "--stage {stage} needs --folder DIR, where it finds what the stage before it left"
_NO_KEY = "--only {key}: the bibliography has no such entry"
_ALONE = "--stage goes with none of --json, --only and --state"
_SET_ASIDE = "{file} cannot be read ({why}); it is kept as {aside}, and what is remembered begins anew"


class Command:
    """One run of it, on a list in the folder ``root``."""

    def __init__(
        self,
        parsed: Namespace,
        root: Path,
        config: Config,
        environment: Mapping[str, str],
        progress: Callable[[int, int], object],
    ) -> None:
        """Read the arguments and the list; ``progress`` is told how many pages of how many have been asked.

        Raises:
            UsageError: they cannot be obeyed, or the list cannot be read.
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
        self._shard = read_shard(parsed.shard)
        self._bibliography = Bibliography.parse(files.read(root / config.bibliography))
        self.links = self._links(self._bibliography)

    def look(self) -> tuple[Iterable[str], list[str]]:
        """Look at the links, and remember it where a file is named: what there is to say, in pieces, and besides."""
        path = Path(self._parsed.state) if self._parsed.state else None
        state, notes = _read_state(path) if path else (State(), [])
        wanted = in_this_shard(self._picked(), self._shard.number, self._shard.of)
        due = wanted if self._parsed.only else due_links(wanted, {"": state}, self.now, lambda _: "")
        with self._reach() as reach:
            run = check(wanted, due, {"": state}, Entries(self._bibliography), reach, self.now, {})
        if path:
            seen = {finding.link.url for finding in run.findings}
            listed = {link.url for link in self.links}
            others = [record for record in state.records if record.url in listed - seen]
            is_whole = not self._parsed.only and self._shard.of == 1
            after = next_state(state, run, run.findings, self.now, whole=is_whole)
            files.write(path, write_state(msgspec.structs.replace(after, records=(*after.records, *others))))
        if not self._parsed.json:
            return [links_text(run)], notes
        return as_json_pieces(run_object(run), "links", map(finding_object, run.findings)), notes

    def begin(self, desk: "Desk") -> Iterator[str]:
        """Bring into the folder what is remembered, and what GitHub says of its own."""
        with self._reach({_TOKEN: self._environment.get(_TOKEN, "")}) as reach:
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
        yield from keep(self._read(_BEFORE), self._read(_AFTER), self._timed(desk))

    def report(self, desk: "Desk") -> Iterator[str]:
        """Write the report and the repair."""
        from bot.jobs.publish import look

        desk = self._timed(desk)
        home = look(desk).home
        yield from report(self._links(home.bibliography), home, desk)

    # --- What there is -----------------------------------------------------------------------------------------------

    def _links(self, bibliography: Bibliography) -> list[Link]:
        names = sorted(path.relative_to(self._root).as_posix() for path in self._root.glob("*"))
        pages = [name for name in names if any(fnmatch(name, pattern) for pattern in self.config.links.pages)]
        texts = {name: files.read(self._root / name).decode("utf-8", "replace") for name in pages}
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
    def _reach(self, tokens: Mapping[str, str] | None = None) -> Iterator[Reach]:
        from bot.web.agent import browser_agent
        from bot.web.session import Limits, Web

        settings = self.config.links
        limits = Limits(
            connect=settings.timeout, read=settings.timeout, total=2 * settings.timeout, size=1 << 22, repeats=0
        )
        allow = tuple(map(ip_network, self.config.web.allow))
        name = browser_agent(self.config)
        with Web(name, allow=allow, limits=limits, complete_chains=True) as web:
            yield Reach(web, settings, tokens or {}, self._progress)

    def _timed(self, desk: "Desk") -> "Desk":
        return msgspec.structs.replace(desk, now=self.now)

    # --- The folder --------------------------------------------------------------------------------------------------

    def _write(self, folder: Folder, part: str) -> None:
        root = Path(self._parsed.folder)
        files.write(root / _COMMIT, (folder.commit or "").encode())
        files.write(root / _KNOWN, msgspec.json.encode(folder.known))
        (root / part).mkdir(parents=True, exist_ok=True)
        for name, data in folder.states.items():
            files.write(root / part / name, data)

    def _read(self, part: str) -> Folder:
        root = Path(self._parsed.folder)
        try:
            known = msgspec.json.decode(files.read(root / _KNOWN), type=dict[str, Observation])
        except msgspec.DecodeError as error:
            raise UsageError(f"{root / _KNOWN}: {error}") from None
        states = {path.name: files.read(path) for path in sorted((root / part).glob("*"))}
        return Folder(files.read(root / _COMMIT).decode("ascii", "replace") or None, states, known)


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
