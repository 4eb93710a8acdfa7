"""The weekly look at the links, cut in stages, so that what asks strangers' pages has no token.

``begin`` brings what is remembered from GitHub, ``ask`` looks at the links, ``keep`` takes to GitHub what is to be
remembered, ``report`` writes the report and the repair from all that is remembered. Between them stands a folder: files
by their names, which hold nothing but text that is read as strictly as any other.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from bot.bibliography.blocks import Bibliography
from bot.config import Config
from bot.github.errors import GitHubError
from bot.github.model import STATE_BRANCH
from bot.jobs import state_branch
from bot.jobs.home import Home
from bot.jobs.link_repairs import propose_repairs
from bot.jobs.link_report import People, full_report, read_people, write_report
from bot.jobs.link_text import LIMIT, Figures
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
from bot.links.owners.github import GITHUB
from bot.links.schedule import MOST_SHARDS, SUFFIX
from bot.links.state import LastRun, State, StateError, Week, read_history, read_state, write_history, write_state
from bot.links.verdict import Finding, Verdict
from bot.wording import counted

_HISTORY = "history.jsonl"
_FULL = "report.md"
_ASIDE = ".aside-"
_MESSAGE = "Links as of {day}"
_SET_ASIDE = "{file} cannot be read ({why}); it is kept as {aside}, and its links begin anew"
_STANDS_ASIDE = "{file} of the branch {branch} could not be read and stands there for a person to look at or delete"
_KEPT = "{count} remembered in {files}"
_SAME = "nothing to remember"
_WHOLE_RUN = "this run"
_LOST = "the job for {files}"
_LONGEST_RUN = timedelta(hours=12)  # from the first job's end to the last one's


class Shard(msgspec.Struct, frozen=True):
    """One of several jobs: the ``number``-th ``of`` so many."""

    number: int = 1
    of: int = 1


ALONE = Shard()


class Folder(msgspec.Struct, frozen=True):
    """What ``begin`` leaves for ``ask``, and ``ask`` for ``keep``: files by name.

    ``commit`` is where the branch was, ``states`` are its files, ``known`` is what GitHub's API said, by address.
    """

    commit: str | None
    states: Mapping[str, bytes]
    known: Mapping[str, Observation] = {}


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
    return Folder(commit, states, owned_by(GITHUB, due, reach)), log


def read_states(files: Mapping[str, bytes]) -> tuple[dict[str, State], list[str]]:
    """The files that hold states, read; and a sentence on each that cannot be."""
    read: dict[str, State] = {}
    log: list[str] = []
    for name, data in files.items():
        if _is_state(name):
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
    run = check(own, due_links(own, states, now), states, Entries(bibliography), reach, now, folder.known)
    by_file: dict[str, list[Finding]] = {name: [] for name in states}
    for finding in run.findings:
        by_file.setdefault(file_of_link(finding.link), []).append(finding)
    after = dict(folder.states)
    for name, findings in by_file.items():
        if not findings and (shard.of > 1 or name not in states):
            continue
        if (before := folder.states.get(name)) is not None and name not in states:
            after[_aside(name, before)] = before
        after[name] = write_state(next_state(states.get(name, State()), run, findings, now))
    return msgspec.structs.replace(folder, states=after), run


def keep(before: Folder, after: Folder, desk: Desk) -> Iterator[str]:
    """Take what is to be remembered to its branch. Yields the log.

    Raises:
        GitHubError: it could not be written.
    """
    changed = {name: data for name, data in after.states.items() if before.states.get(name) != data}
    if not changed:
        yield _SAME
        return
    _write(desk, before.commit, changed)
    states, _ = read_states(changed)
    count = sum(len(state.records) for state in states.values())
    yield _KEPT.format(count=counted(count, "link"), files=counted(len(changed), "file"))


def report(links: Sequence[Link], home: Home, desk: Desk) -> Iterator[str]:
    """Write the report and the repair from what is remembered of all links. Yields the log.

    Raises:
        GitHubError: GitHub did not do all that was asked; the next run goes on from there.
    """
    commit, files = state_branch.read(desk)
    kept = {_name(path): data for path, data in files.items()}
    states, _ = read_states(kept)
    people = read_people(desk, desk.now)
    states, ticked = _ticked(states, people)
    findings = remembered(states, links)
    history, broken = _history(kept)
    figures = _figures(links, states, kept, history, home, desk, broken)
    week = _week(states, findings, figures, history)
    changed = {name: write_state(states[name]) for name in ticked}
    if week is not None:
        changed[_HISTORY] = write_history((*history, week))
        if broken:
            changed[_aside(_HISTORY, kept[_HISTORY])] = kept[_HISTORY]
    text = full_report(findings, figures, people, desk)
    if len(text) > LIMIT:
        changed[_FULL] = text.encode()
        yield text
    _write(desk, commit, {name: data for name, data in changed.items() if kept.get(name) != data})
    failed: list[GitHubError] = []
    # What goes wrong with one must not keep people from the other.
    for job in (write_report(findings, figures, people, desk), propose_repairs(findings, people, desk)):
        try:
            yield from job
        except GitHubError as error:
            failed.append(error)
    if failed:
        raise failed[0]


def _write(desk: Desk, commit: str | None, files: Mapping[str, bytes]) -> None:
    if files:
        paths = {f"{state_branch.FOLDER}/{name}": data for name, data in files.items()}
        state_branch.write(desk, commit, paths, _MESSAGE.format(day=desk.now.date().isoformat()))


def _name(path: str) -> str:
    return path.removeprefix(f"{state_branch.FOLDER}/")


def _is_state(name: str) -> bool:
    return name.endswith(SUFFIX) and name != _HISTORY and "/" not in name


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


def _history(files: Mapping[str, bytes]) -> tuple[tuple[Week, ...], bool]:
    """The weekly runs so far, and whether the file of them is broken."""
    data = files.get(_HISTORY)
    try:
        return (tuple(read_history(data)), False) if data is not None else ((), False)
    except StateError:
        return (), True


def _figures(
    links: Sequence[Link],
    states: Mapping[str, State],
    files: Mapping[str, bytes],
    history: Sequence[Week],
    home: Home,
    desk: Desk,
    broken: bool,
) -> Figures:
    runs = {name: state.last for name, state in states.items() if state.last}
    newest = max((run.at for run in runs.values()), default=None)
    fresh = {
        name: run
        for name, run in runs.items()
        if newest and newest - run.at < _LONGEST_RUN and desk.now - run.at < _LONGEST_RUN
    }
    due, asked = sum(run.due for run in fresh.values()), sum(run.asked for run in fresh.values())
    aside = [name for name in files if _ASIDE in name]
    return Figures(
        links=len(links),
        due=due,
        asked=asked,
        left=due - asked,
        commit=home.sha,
        void=next((run.void for run in fresh.values() if run.void), ""),
        lost=_lost(links, fresh),
        aside=tuple(
            _STANDS_ASIDE.format(file=f"{state_branch.FOLDER}/{name}", branch=STATE_BRANCH) for name in sorted(aside)
        ),
        history=[(week.day, {verdict.value: count for verdict, count in week.counts.items()}) for week in history],
    )


def _lost(links: Sequence[Link], fresh: Mapping[str, LastRun]) -> tuple[str, ...]:
    """What left nothing behind: files whose links were not looked at in this run."""
    files = {file_of_link(link) for link in links}
    missing = sorted(files - fresh.keys())
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
