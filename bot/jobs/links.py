"""Link rot: every address of the list, whose turn it is, what was seen of it, and what that comes to."""

import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from bot.bibliography.blocks import Bibliography
from bot.bibliography.entry import Entry
from bot.config import Config
from bot.links.asking import Asked, failing, is_void, site_of, whose
from bot.links.inquiry import Said
from bot.links.link import Link, Repair
from bot.links.memory import Record, seen, to_the_minute
from bot.links.observation import Kind, Observation
from bot.links.owners.all import OWNERS, owner_of
from bot.links.owners.owner import Owner
from bot.links.places import bibliography_links, page_links, together
from bot.links.repair import Asks, find_repair, is_http, others_of_paper
from bot.links.schedule import file_of, in_shard, in_turn, is_due, is_weekly
from bot.links.state import LastRun, State
from bot.links.verdict import Finding, Verdict, judge
from bot.pages.own import own_text
from bot.wording import counted

_VOID = (
    "{failing} of {asked} that answered before cannot be reached now, so it is the machine that asked which is cut off"
)
_RESCUING = 4  # repairs of what is gone that are looked for at once: nearly all are found at one archive
_SECURING = 12  # and of what is at many hosts
_REPAIRED = (Verdict.OK, Verdict.MOVED, Verdict.GONE)


class Reach(Asks, Protocol):
    """What a run may ask of the web; ``bot.links.reach`` is it."""

    def owner(self, owner: Owner, subjects: Sequence[str]) -> Said:
        """What an owner says of its subjects."""

    def look_ahead(self, owner: Owner, subjects: Sequence[str]) -> Said:
        """What an owner says of the subjects of addresses that ``look`` will be asked for: many at once cost less."""

    def pages(self, links: Sequence[Link]) -> Iterator[Asked]:
        """What came of each of the links, whoever may answer for it."""


class Run(msgspec.Struct, frozen=True):
    """What came of one run: a finding for each link, whether it was ``due``, and whether it was asked.

    ``void`` is a sentence where nothing of the run counts, and then nothing in a finding's record is of this run.
    """

    findings: tuple[Finding, ...]
    due: frozenset[str]
    void: str = ""

    @property
    def asked(self) -> int:
        """How many links had their turn."""
        return sum(finding.observation is not None for finding in self.findings)


def listed_links(bibliography: Bibliography, pages: Mapping[str, str], config: Config) -> list[Link]:
    """Every address of the list once: in the bibliography, and in what people wrote in the pages, by their names."""
    rows = [bibliography_links(bibliography, config)]
    rows += [page_links(own_text(text), name) for name, text in sorted(pages.items())]
    return together(rows)


def file_of_link(link: Link) -> str:
    """The name of the file in which a link is remembered."""
    owned = owner_of(link.url)
    return file_of(link.url, owned[0].name if owned else "")


def in_this_shard(links: Sequence[Link], number: int, of: int) -> list[Link]:
    """The links that the ``number``-th of so many jobs asks."""
    return [link for link in links if in_shard(file_of_link(link), number, of)]


def due_links(
    links: Sequence[Link], states: Mapping[str, State], now: datetime, file: Callable[[Link], str] = file_of_link
) -> list[Link]:
    """The links whose turn it is, by what the files remember; ``file`` tells which of them a link is in."""
    records = _records(states)
    states_of = ((link, states.get(file(link))) for link in links)
    return [link for link, state in states_of if is_due(records.get(link.url), state.asked if state else None, now)]


def owned_by(owner: Owner, links: Sequence[Link], reach: Reach) -> dict[str, Observation]:
    """What one owner says of the links that are its own, by address."""
    subjects = {link.url: subject for link in links if (subject := owner.claim(link.url)) is not None}
    said = reach.owner(owner, list(dict.fromkeys(subjects.values()))).found
    return {url: said[subject] for url, subject in subjects.items() if subject in said}


def check(
    links: Sequence[Link],
    due: Sequence[Link],
    states: Mapping[str, State],
    entries: Mapping[str, Entry],
    reach: Reach,
    now: datetime,
    known: Mapping[str, Observation],
    asked_owners: Collection[str] = (),
) -> Run:
    """Look at those of the links that are due, and say what all of them come to.

    ``states`` is what is remembered, ``entries`` are those of the bibliography by key, and ``known`` is what owners
    have said already, by address. Those among ``asked_owners``, names of owners, are not asked again: what they have
    not said, the page does.
    """
    records = _records(states)
    now = to_the_minute(now)
    # Most looks show the same, which need not be held a hundred thousand times.
    alike: dict[Observation, Observation] = {}
    asking = _ask(due, records, known, asked_owners, reach, now)
    observed = {url: alike.setdefault(observation, observation) for url, observation in asking}
    turns = frozenset(link.url for link in due)
    void = _void(observed, records)
    findings: list[Finding] = []
    wanting: list[int] = []
    for link in links:
        record, observation = records.get(link.url), observed.get(link.url)
        if void:
            findings.append(_finding(link, observation, record))
            continue
        if observation is not None:
            after: Record | None = seen(record, link.url, observation, now)
        else:
            # What is not ok is due at each run as it is.
            is_left = record is not None and not record.sightings and link.url in turns
            after = msgspec.structs.replace(record, due=True) if record and is_left else record
        findings.append(_finding(link, observation, after))
        if _wants_repair(findings[-1], record):
            wanting.append(len(findings) - 1)
    _find_repairs(findings, wanting, entries, reach)
    return Run(tuple(findings), turns, void)


def next_state(before: State, run: Run, findings: Sequence[Finding], now: datetime, *, whole: bool = True) -> State:
    """What a file remembers after a run, of its own findings; links that are no longer listed are forgotten.

    With ``whole`` these are all links of the file, so that the run can be its weekly one.
    """
    due = sum(finding.link.url in run.due for finding in findings)
    asked = sum(finding.observation is not None for finding in findings)
    last = LastRun(now, due, asked, run.void)
    if run.void:
        return msgspec.structs.replace(before, last=last)
    records = tuple(finding.record for finding in findings if finding.record is not None)
    is_the_weekly_one = whole and is_weekly(before.asked, now)
    return State(records, now if is_the_weekly_one else before.asked, last)


def remembered(state: Mapping[str, State], links: Sequence[Link]) -> list[Finding]:
    """What is remembered of all links, as findings."""
    records = _records(state)
    return [
        Finding(link, None, judge(record) if record else None, record.repair if record else None, record)
        for link in links
        for record in [records.get(link.url)]
    ]


class Entries(Mapping[str, Entry]):
    """The entries of a bibliography by key, each read when it is asked for; of doubled keys the first."""

    def __init__(self, bibliography: Bibliography) -> None:
        """Nothing is read yet."""
        self._located = {one.key: one for one in reversed(bibliography.entries)}

    def __getitem__(self, key: str) -> Entry:
        """The entry of this key."""
        return self._located[key].entry

    def __iter__(self) -> Iterator[str]:
        """The keys."""
        return iter(self._located)

    def __len__(self) -> int:
        """How many keys there are."""
        return len(self._located)


def _records(states: Mapping[str, State]) -> dict[str, Record]:
    return {record.url: record for state in states.values() for record in state.records}


# --- Asking ----------------------------------------------------------------------------------------------------------


def _ask(
    due: Sequence[Link],
    records: Mapping[str, Record],
    known: Mapping[str, Observation],
    asked_owners: Collection[str],
    reach: Reach,
    now: datetime,
) -> Iterator[tuple[str, Observation]]:
    """What was seen of the links, by address: said by owners, or else by their pages. What was left is absent."""
    owned: dict[str, list[tuple[Link, str]]] = {owner.name: [] for owner in OWNERS}
    pages: list[Link] = []
    for link in due:
        if link.url in known:
            yield link.url, known[link.url]
        elif (found := owner_of(link.url)) is not None:
            owned[found[0].name].append((link, found[1]))
        else:
            pages.append(link)
    for owner in OWNERS:
        subjects = {link.url: subject for link, subject in owned[owner.name]}
        links = in_turn((link for link, _ in owned.pop(owner.name)), records, now)
        if owner.name in asked_owners:
            said = Said()
        else:
            said = reach.owner(owner, list(dict.fromkeys(subjects[link.url] for link in links)))
        for link in links:
            subject = subjects[link.url]
            if subject in said.found:
                yield link.url, said.found[subject]
            elif owner.page:
                pages.append(link)
            elif subject in said.failed:
                yield link.url, said.failed[subject]
    by_site: dict[str, list[Link]] = {}
    for link in pages:
        by_site.setdefault(site_of(link.url), []).append(link)
    for asked in reach.pages([link for links in by_site.values() for link in in_turn(links, records, now)]):
        if asked.observation is not None:
            yield asked.link.url, asked.observation


# --- What it comes to ------------------------------------------------------------------------------------------------


def _void(observed: Mapping[str, Observation], records: Mapping[str, Record]) -> str:
    """Why nothing of the run counts, as a sentence; empty where it does."""
    well = {whose(url) for url in observed if url in records and not _was_error(records[url])}
    failed = failing((whose(url), seen) for url, seen in observed.items())
    if not is_void(well, failed):
        return ""
    return _VOID.format(failing=counted(len(well & failed), "host"), asked=len(well))


def _was_error(record: Record) -> bool:
    return bool(record.sightings) and record.sightings[-1].kind is Kind.ERROR


def _finding(link: Link, observation: Observation | None, record: Record | None) -> Finding:
    """What a link comes to; a repair is kept only where the verdict may have one."""
    if record is None:
        return Finding(link, observation, None)
    judgement = judge(record)
    if record.repair is not None and judgement.verdict not in _REPAIRED:
        record = msgspec.structs.replace(record, repair=None)
    return Finding(link, observation, judgement, record.repair, record)


def _wants_repair(finding: Finding, before: Record | None) -> bool:
    """Whether a repair is to be looked for: of what is ok over http at its first look and with each rare one.

    What has moved may have moved on, so it is looked at each time.
    """
    observation, judgement, record = finding.observation, finding.judgement, finding.record
    if observation is None or judgement is None or record is None:
        return False
    if judgement.verdict is Verdict.OK:
        is_rare = before is None or record.every > 1
        return is_rare and record.repair is None and observation.kind is Kind.OK and is_http(finding.link.url)
    return judgement.verdict is Verdict.MOVED or (judgement.verdict is Verdict.GONE and record.repair is None)


def _find_repairs(findings: list[Finding], wanting: Sequence[int], entries: Mapping[str, Entry], reach: Reach) -> None:
    """Put into some of the findings what may take their addresses' places, which their records remember."""
    from concurrent.futures import ThreadPoolExecutor

    def find(number: int) -> Repair | None:
        finding = findings[number]
        try:
            return find_repair(finding, finding.record, entries, reach) if finding.record else None
        except Exception:  # noqa: BLE001  # whatever it is, the others are to be found, and the run to be remembered
            return finding.repair

    working = [number for number in wanting if findings[number].verdict is Verdict.OK]
    working = _spread(working, findings)
    lost = [number for number in wanting if findings[number].verdict is not Verdict.OK]
    with contextlib.suppress(Exception):  # without it, each asks by itself
        gone = (findings[number].link for number in lost if findings[number].verdict is Verdict.GONE)
        _look_ahead(gone, entries, reach)
    with ThreadPoolExecutor(_RESCUING) as few, ThreadPoolExecutor(_SECURING) as many:
        rescued, secured = few.map(find, lost), many.map(find, working)
        found = [*zip(lost, rescued, strict=True), *zip(working, secured, strict=True)]
    for number, repair in found:
        finding = findings[number]
        record = finding.record and msgspec.structs.replace(finding.record, repair=repair)
        findings[number] = msgspec.structs.replace(finding, repair=repair, record=record)


def _look_ahead(links: Iterable[Link], entries: Mapping[str, Entry], reach: Reach) -> None:
    """Ask owners that answer for many at once for all that may take the places of links."""
    subjects: dict[str, tuple[Owner, list[str]]] = {}
    for link in links:
        for other in others_of_paper(link, entries):
            if (owned := owner_of(other.address)) is not None and owned[0].batch > 1:
                subjects.setdefault(owned[0].name, (owned[0], []))[1].append(owned[1])
    for owner, asked in subjects.values():
        reach.look_ahead(owner, asked)


def _spread(numbers: Sequence[int], findings: Sequence[Finding]) -> list[int]:
    """The findings of these numbers, those of one site far from each other: its threads wait for their turns."""
    before: Counter[str] = Counter()
    order: list[tuple[int, int]] = []
    for number in numbers:
        name = site_of(findings[number].link.url)
        order.append((before[name], number))
        before[name] += 1
    return [number for _, number in sorted(order)]
