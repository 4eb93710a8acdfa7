"""The weekly look at the links, cut in stages, so that what asks strangers' pages has no token.

``begin`` brings what is remembered from GitHub, ``ask`` looks at the links, ``keep`` takes to GitHub what is to be
remembered, ``report`` writes the report and the repair from all that is remembered. Between them stands a folder: files
by their names, which are read as strictly as what strangers send, since who asks strangers has written them.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from bot.bibliography.blocks import Bibliography
from bot.config import Config
from bot.github.errors import GitHubError
from bot.github.model import STATE_BRANCH
from bot.jobs import state_branch
from bot.jobs.home import Home
from bot.jobs.link_repairs import propose_repairs
from bot.jobs.link_report import People, full_report, is_long, read_people, write_report
from bot.jobs.link_text import FULL, Figures
from bot.jobs.links import (
    Entries,
    Reach,
    Run,
    check,
    due_links,
    file_of_link,
    in_this_shard,
    next_state,
    owned_by,
    remembered,
)
from bot.jobs.situation import Desk
from bot.links.link import Link
from bot.links.observation import Observation
from bot.links.owners.all import OWNERS
from bot.links.owners.github import GITHUB
from bot.links.schedule import HOST_FILES, MOST_SHARDS, SUFFIX, in_shard
from bot.links.state import LastRun, State, StateError, Week, read_history, read_state, write_history, write_state
from bot.links.verdict import Finding, Verdict
from bot.wording import counted

_STATES = frozenset([*HOST_FILES, *(f"{owner.name}{SUFFIX}" for owner in OWNERS)])
_HISTORY = "history.jsonl"
_ASIDE = ".aside-"
_SUMMARY = 1_000_000  # bytes; GitHub drops the summary of a step that is longer than 1 MiB
_LONGEST_CHARACTER = 4  # bytes
_MESSAGE = "Links as of {day}"
_SET_ASIDE = "{file} cannot be read ({why}); it is kept as {aside}, and what it remembers begins anew"
_STANDS_ASIDE = "{file} of the branch {branch} could not be read and stands there for a person to look at or delete"
_KEPT = "{count} remembered in {files}"
_NOT_KEPT = "{file} is none of this job's files, or cannot be read, and is not kept"
_SAME = "nothing to remember"
_IN_FULL = "the whole report is in {file} on the branch {branch}"
_WHOLE_RUN = "this run"
_LOST = "the job for {files}"
_VOID = "the job for {files}: {why}"
_LONGEST_RUN = timedelta(hours=12)  # from the first job's end to the last one's


class Shard(msgspec.Struct, frozen=True):
    """One of several jobs: the ``number``-th ``of`` so many."""

    number: int = 1
    of: int = 1


class Folder(msgspec.Struct, frozen=True):
    """What ``begin`` leaves for ``ask``, and ``ask`` for ``keep``: files by name.

    ``commit`` is where the branch was, ``states`` are its files. ``known`` is what owners have said, by address, and
    ``asked`` are the names of these owners: what they left open, they need not be asked again.
    """

    commit: str | None
    states: Mapping[str, bytes]
    known: Mapping[str, Observation] = {}
    asked: tuple[str, ...] = ()


def jobs_needed(links: int, config: Config) -> int:
    """Over how many jobs so many links are spread: one, or one for those that owners answer for and some by host."""
    per_job = config.links.per_job
    return 1 if links <= per_job else min(MOST_SHARDS, 1 + -(-links // per_job))


def plan(links: int, config: Config) -> str:
    """The outputs of the workflow's first step: how many ``jobs`` there are, and the ``shards`` as a list of JSON."""
    count = jobs_needed(links, config)
    shards = [f"{number}/{count}" for number in range(1, count + 1)]
    return f"jobs={count}\nshards={msgspec.json.encode(shards).decode()}"


def begin(links: Sequence[Link], shard: Shard, desk: Desk, reach: Reach) -> tuple[Folder, list[str]]:
    """What the branch remembers, and what GitHub's API says of the links that are due; and the log.

    Raises:
        GitHubError: the branch could not be read.
    """
    commit, files = state_branch.read(desk)
    states = {_name(path): data for path, data in files.items()}
    read, log = read_states(states)
    due = due_links(in_this_shard(links, shard.number, shard.of), read, desk.now)
    return Folder(commit, states, owned_by(GITHUB, due, reach), (GITHUB.name,)), log


def read_states(files: Mapping[str, bytes]) -> tuple[dict[str, State], list[str]]:
    """The files that hold states, read; and a sentence on each that cannot be."""
    read: dict[str, State] = {}
    log: list[str] = []
    for name, data in files.items():
        if name in _STATES:
            try:
                read[name] = read_state(data)
            except StateError as error:
                log.append(_SET_ASIDE.format(file=name, why=error, aside=_aside(name, data)))
    return read, log


def ask(
    links: Sequence[Link], bibliography: Bibliography, shard: Shard, folder: Folder, reach: Reach, now: datetime
) -> tuple[Folder, Run]:
    """Look at the links of this job that are due; the folder with what is to be remembered, and what came of it."""
    states, _ = read_states(folder.states)
    own = in_this_shard(links, shard.number, shard.of)
    due = due_links(own, states, now)
    run = check(own, due, states, Entries(bibliography), reach, now, folder.known, asked_owners=frozenset(folder.asked))
    by_file: dict[str, list[Finding]] = {name: [] for name in states if in_shard(name, shard.number, shard.of)}
    for finding in run.findings:
        by_file.setdefault(file_of_link(finding.link), []).append(finding)
    after = {
        name: write_state(next_state(states.get(name, State()), run, findings, now))
        for name, findings in by_file.items()
    }
    return msgspec.structs.replace(folder, states=after), run


def keep(before: Folder, after: Folder, shard: Shard, desk: Desk) -> Iterator[str]:
    """Take what is to be remembered to its branch: this job's files, and nothing that does not read as such. Yields
    the log.

    Raises:
        GitHubError: it could not be written.
    """
    states, _ = read_states(after.states)
    own = {name: state for name, state in states.items() if in_shard(name, shard.number, shard.of)}
    yield from (_NOT_KEPT.format(file=name) for name in after.states if name not in own)
    changed = {name: after.states[name] for name in own if after.states[name] != before.states.get(name)}
    if not changed:
        yield _SAME
        return
    replaced = {name: before.states[name] for name in changed if name in before.states}
    readable, _ = read_states(replaced)
    asides = {_aside(name, data): data for name, data in replaced.items() if name not in readable}
    _write(desk, before.commit, {**changed, **asides})
    count = sum(len(own[name].records) for name in changed)
    yield _KEPT.format(count=counted(count, "link"), files=counted(len(changed), "file"))


def report(
    links: Sequence[Link], files_of_run: Collection[str], home: Home, desk: Desk, summarise: Callable[[str], object]
) -> Iterator[str]:
    """Write the report and the repair from what is remembered of all links. Yields the log.

    ``files_of_run`` are the names of the files that the jobs before this one had to write, by the list as it was then.
    A report for which the issue may lack room is given to ``summarise`` too, as far as the run's summary has room.

    Raises:
        GitHubError: GitHub did not do all that was asked; the next run goes on from there.
    """
    commit, files = state_branch.read(desk)
    kept = {_name(path): data for path, data in files.items()}
    states, _ = read_states(kept)
    people = read_people(desk, desk.now)
    states, ticked = _ticked(states, people)
    findings = remembered(states, links)
    changed: dict[str, bytes | None] = {name: write_state(states[name]) for name in ticked}
    history, why = _history(kept)
    if why:
        aside = _aside(_HISTORY, kept[_HISTORY])
        changed[aside] = kept[_HISTORY]
        yield _SET_ASIDE.format(file=_HISTORY, why=why, aside=aside)
    asides = sorted(name for name in {*kept, *changed} if _ASIDE in name)
    figures = _figures(links, files_of_run, states, asides, history, home, desk)
    week = _week(states, findings, figures, history)
    if why or week:
        changed[_HISTORY] = write_history((*history, week) if week else history)
    text = full_report(findings, figures, people, desk)
    changed[FULL] = None
    if is_long(text, people):
        changed[FULL] = text.encode()
        is_too_long = len(text.encode()) > _SUMMARY
        most = _SUMMARY // _LONGEST_CHARACTER
        summarise(full_report(findings, figures, people, desk, most) if is_too_long else text)
    failed: list[GitHubError] = []
    # What goes wrong with one must not keep people from the others.
    for job in (
        _remember(changed, kept, commit, desk),
        write_report(findings, figures, people, desk),
        propose_repairs(findings, people, desk),
    ):
        try:
            yield from job
        except GitHubError as error:
            failed.append(error)
    if failed:
        raise failed[0]


def _remember(
    wanted: Mapping[str, bytes | None], kept: Mapping[str, bytes], commit: str | None, desk: Desk
) -> Iterator[str]:
    """Write what differs from what the branch has. Yields the log."""
    _write(desk, commit, {name: data for name, data in wanted.items() if kept.get(name) != data})
    if wanted.get(FULL) is not None:
        yield _IN_FULL.format(file=f"{state_branch.FOLDER}/{FULL}", branch=STATE_BRANCH)


def _write(desk: Desk, commit: str | None, files: Mapping[str, bytes | None]) -> None:
    if files:
        paths = {f"{state_branch.FOLDER}/{name}": data for name, data in files.items()}
        state_branch.write(desk, commit, paths, _MESSAGE.format(day=desk.now.date().isoformat()))


def _name(path: str) -> str:
    return path.removeprefix(f"{state_branch.FOLDER}/")


def _aside(name: str, data: bytes) -> str:
    """The name under which a file is kept that cannot be read: one for each content."""
    return f"{name}{_ASIDE}{hashlib.sha256(data).hexdigest()[:8]}"


def _ticked(states: Mapping[str, State], people: People) -> tuple[dict[str, State], list[str]]:
    """The states with what people ticked as gone, and the names of those that this has changed."""
    after, changed = dict(states), []
    for name, state in states.items():
        records = tuple(
            msgspec.structs.replace(record, ticked=True)
            if record.url in people.ticked and record.sightings and not record.ticked
            else record
            for record in state.records
        )
        if records != state.records:
            after[name] = msgspec.structs.replace(state, records=records)
            changed.append(name)
    return after, changed


def _history(files: Mapping[str, bytes]) -> tuple[tuple[Week, ...], str]:
    """The weekly runs so far, and why the file of them cannot be read; empty where it can."""
    if _HISTORY not in files:
        return (), ""
    try:
        return read_history(files[_HISTORY]), ""
    except StateError as error:
        return (), str(error)


def _figures(
    links: Sequence[Link],
    files_of_run: Collection[str],
    states: Mapping[str, State],
    asides: Sequence[str],
    history: Sequence[Week],
    home: Home,
    desk: Desk,
) -> Figures:
    runs = {name: state.last for name, state in states.items() if state.last}
    newest = max((run.at for run in runs.values()), default=None)
    fresh = {
        name: run
        for name, run in runs.items()
        if newest and newest - run.at < _LONGEST_RUN and desk.now - run.at < _LONGEST_RUN
    }
    due, asked = sum(run.due for run in fresh.values()), sum(run.asked for run in fresh.values())
    void, void_parts = _void(fresh)
    return Figures(
        links=len(links),
        due=due,
        asked=asked,
        left=due - asked,
        commit=home.sha,
        void=void,
        void_parts=void_parts,
        lost=_lost(files_of_run, fresh),
        aside=tuple(_STANDS_ASIDE.format(file=f"{state_branch.FOLDER}/{name}", branch=STATE_BRANCH) for name in asides),
        history=[(week.day, {verdict.value: count for verdict, count in week.counts.items()}) for week in history],
    )


def _void(fresh: Mapping[str, LastRun]) -> tuple[str, tuple[str, ...]]:
    """Why nothing of this run counts, or else a sentence on each job of which nothing does."""
    files: dict[str, list[str]] = {}
    for name, run in sorted(fresh.items()):
        files.setdefault(run.void, []).append(name)
    if "" not in files:
        return next(iter(files), ""), ()
    return "", tuple(_VOID.format(files=", ".join(names), why=why) for why, names in files.items() if why)


def _lost(files: Collection[str], fresh: Mapping[str, LastRun]) -> tuple[str, ...]:
    """What left nothing behind: files that this run had to write and has not written."""
    missing = sorted(set(files) - fresh.keys())
    if not missing:
        return ()
    return (_WHOLE_RUN,) if len(missing) == len(files) else (_LOST.format(files=", ".join(missing)),)


def _week(
    states: Mapping[str, State], findings: Sequence[Finding], figures: Figures, history: Sequence[Week]
) -> Week | None:
    """This week's line of the history; ``None`` where there is one already, or where the run was none."""
    asked = max((state.asked for state in states.values() if state.asked), default=None)
    if asked is None or (history and history[-1].day >= asked.date()):
        return None
    verdicts = [finding.judgement.verdict for finding in findings if finding.judgement]
    counts = {verdict: count for verdict in Verdict if (count := verdicts.count(verdict))}
    return Week(asked.date(), counts, figures.due, figures.asked)
