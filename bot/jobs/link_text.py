"""The report on links as Markdown: what is said of each link, beside it the boxes that people tick, and how long it is.

The most important comes first, and what has no room is counted.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Literal
from urllib.parse import quote, urlsplit

import msgspec

from bot.escape import code_span, link, link_destination, markdown, one_line, without_backlinks
from bot.github.markers import read_marker, write_marker
from bot.github.model import STATE_BRANCH
from bot.jobs.answer import SERVER
from bot.jobs.state_branch import FOLDER
from bot.lines import prose_lines
from bot.links.link import Place
from bot.links.memory import Sighting
from bot.links.observation import Kind
from bot.links.verdict import Finding, Verdict
from bot.wording import counted

LIMIT = 60_000
"""As long as a text on GitHub gets, which takes 65,536 characters."""

FULL = "report.md"
"""The name of the file beside the state that holds the whole report where the issue has no room for it."""

SAID = (Verdict.GONE, Verdict.SUSPECT, Verdict.MOVED, Verdict.DOWN)
"""The verdicts for which there is a report; the others stand in it besides."""

_BOX = "box"
_TITLE = "Links: {what}"
_NOTHING = "Links: nothing to mend"
_VOID_TITLE = "a run that does not count"
_VOID_PART_TITLE = "part of a run does not count"
_TROUBLE_TITLE = "something was lost"
_INTRO = (
    "What the weekly look at the list's addresses has found, as of {day}. This text changes when there is something "
    "new to say; each run's own figures stand in its summary."
)
_ALL_WELL = "All is well, as of {day}: nothing is gone, has moved or is down. This is reopened when there is something."
_VOID = "**This run does not count:** {why}"
_VOID_PART = "**Part of this run does not count:** {what}"
_LOST = "**Not looked at:** {what} left nothing behind; its links wait for the next run."
_ASIDE = "**Set aside:** {what}"
_ASKED = "{links} in the list, {due} due in this run, {asked} asked; {left} left for the next run."
_LEFT_ALONE = "{count} left alone"
_SECTIONS = {
    Verdict.GONE: "Gone",
    Verdict.SUSPECT: "Suspect: gone when last looked at, but not often enough to be sure",
    Verdict.MOVED: "Moved for good",
    Verdict.DOWN: "Down for weeks",
    Verdict.ERROR: "In error, which may pass by itself",
    Verdict.REFUSED: "Not asked, since the address is not safe to ask",
}
_FOLDED = (Verdict.ERROR, Verdict.REFUSED)
_BLOCKED = "{count} behind a wall, about which nothing is known"
_HOST = "{host}: {count}"
_ALIVE = "{host}: {count}, {alive} of them alive by DOI"
_INSTEAD = "instead: {address}, {reason}"
_NOW = "now at {address}"
_LEAVE = "leave it alone for six months"
_GONE = "it is gone"
_LEFT = "{target}, until {day}"
_UNCLEAR_HEADING = "Not understood:"
_UNCLEAR = "{login} wrote {what}; expected is `/bot ignore KEY.field until YYYY-MM-DD`, or `KEY` alone"
_HOW = (
    "People with write permission can tick a box, or comment `/bot ignore KEY.field until YYYY-MM-DD` (`KEY` alone "
    "stands for all its fields); the next run obeys. Unticking what is left alone ends that."
)
_MORE = "- and {count} more"
_IN_FULL = "What has no room here is in [{path}]({address}) on the branch {branch}."
_NEWS = "{count} gone for good, as it seems:"

_ROOM_FOR_MORE = 40
_LEFT_SHOWN = 50
_PLACES = 3
_ADDRESS = 100
_DESTINATION = 500  # characters of an address as it is written, beyond which it is no link
_REASON = 200
_LOOKS = 3
_NEWS_SHOWN = 20
_ASIDES_SHOWN = 20
_WEEK = timedelta(days=6)
_RUNS = 12
_BAR = 40
_BLOCKS = {Verdict.GONE: "█", Verdict.SUSPECT: "▓", Verdict.MOVED: "▒", Verdict.DOWN: "░"}
_DOI_HOSTS = frozenset({"doi.org", "dx.doi.org", "www.doi.org"})

History = Sequence[tuple[date, Mapping[str, int]]]
"""Runs, the oldest first: the day, and how many links had each verdict."""


class Figures(msgspec.Struct, frozen=True):
    """A run in figures, and what went wrong in it.

    Of all ``links``, so many were ``due``, were ``asked`` and are ``left`` for the next run. ``commit`` is that of the
    list in which the places stand. ``void`` is a sentence on why nothing of the run counts, empty where it does;
    ``void_parts`` has one on each part of it that does not, where others do. ``lost`` names what left nothing behind
    (``the job for 3.jsonl``), ``aside`` has a sentence on each file of the state that was set aside. ``history`` are
    the runs before this one.
    """

    links: int
    due: int
    asked: int
    left: int
    commit: str
    void: str = ""
    void_parts: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    history: History = ()


class Box(msgspec.Struct, frozen=True, omit_defaults=True):
    """A box to tick: the address ``what`` is gone, the link ``what`` shall be left alone, or is left alone already.

    A link is named by ``digest``; ``name`` tells people which one it is.
    """

    says: Literal["gone", "leave", "left"]
    what: str
    name: str = ""


class Left(msgspec.Struct, frozen=True):
    """What is left alone up to and including a day: ``KEY.field`` or ``KEY``, or with ``link`` one address' digest."""

    target: str
    until: date
    link: str = ""

    @property
    def box(self) -> Box:
        """The ticked box beside it."""
        return Box("left", self.link or self.target)


class Said(msgspec.Struct, frozen=True):
    """All that a report says: its ``findings`` with the places that are not left alone, and what people decided.

    ``everything`` are the findings before that. ``unclear`` has who wrote what was not understood; ``ticked`` tells of
    boxes that stand in the text already whether they are ticked.
    """

    findings: Sequence[Finding]
    everything: Sequence[Finding]
    left: Sequence[Left] = ()
    unclear: Sequence[tuple[str, str]] = ()
    ticked: Mapping[Box, bool] = {}


def digest(url: str) -> str:
    """A short name for a link, for hidden lines."""
    return hashlib.sha256(url.encode(errors="replace")).hexdigest()[:10]


def newest_first(findings: Iterable[Finding]) -> list[Finding]:
    """Those first that people have not seen for long."""
    known = [(finding.judgement.since, finding) for finding in findings if finding.judgement]
    known.sort(key=lambda pair: pair[1].link.url)
    known.sort(key=lambda pair: pair[0], reverse=True)
    return [finding for _, finding in known]


def name_of(place: Place) -> str:
    """A place for people: ``KEY.field``, or a page's file and line."""
    return f"{place.key}.{place.field}" if place.key else f"{place.file}, line {place.line}"


def boxes(body: str) -> dict[Box, bool]:
    """The boxes in the text of a report, and whether each is ticked."""
    found = {}
    for line in prose_lines(body):
        text = line.text.strip(" \t")
        at = text.rfind(f"<!-- bot:{_BOX} ")
        if at > 0 and text[:6].lower() in ("- [ ] ", "- [x] ") and (box := read_marker(text[at:], _BOX, Box)):
            found[box] = text[3] in "xX"
    return found


def is_something(said: Said, figures: Figures) -> bool:
    """Whether there is anything to report."""
    found = any(finding.verdict in SAID for finding in said.findings)
    return found or bool(figures.void or figures.void_parts or figures.lost or figures.aside)


def substance(said: Said, figures: Figures) -> str:
    """A digest of what is new when it changes: not the day, the figures, the history, or another look at the same."""
    rows = sorted(
        (
            str(finding.verdict),
            finding.link.url,
            finding.repair.address if finding.repair else "",
            _as_dated(finding),
            *(f"{place.file}: {place.key}.{place.field}" for place in finding.link.places),
        )
        for finding in said.findings
        if finding.verdict not in (None, Verdict.OK)
    )
    troubles = (figures.void, *figures.void_parts, *figures.lost, *figures.aside)
    rest = [*troubles, *map(str, said.left), *map(str, said.unclear)]
    return hashlib.sha256(msgspec.json.encode((rows, rest))).hexdigest()[:16] if is_something(said, figures) else ""


def _as_dated(finding: Finding) -> str:
    """Since when it is what it is, and how close a suspect is to being gone."""
    if finding.verdict not in SAID or not finding.judgement:
        return ""
    looks = finding.record.sightings if finding.record and finding.verdict is Verdict.SUSPECT else ()
    return f"{finding.judgement.since:%Y-%m-%d} {min(_LOOKS, sum(look.kind is Kind.GONE for look in looks))}"


def title(said: Said, figures: Figures) -> str:
    """The title of the report."""
    counts = Counter(finding.verdict for finding in said.findings)
    parts = [f"{counts[verdict]:,} {verdict}" for verdict in SAID if counts[verdict]]
    parts += [_VOID_TITLE] * bool(figures.void)
    parts += [_VOID_PART_TITLE] * bool(figures.void_parts)
    parts += [_TROUBLE_TITLE] * bool(figures.lost or figures.aside)
    return one_line(_TITLE.format(what=", ".join(parts))) if parts else _NOTHING


def news(findings: Sequence[Finding], figures: Figures, repository: str) -> str:
    """The comment that tells of links that are gone since the one before."""
    rows = (f"- {_about(finding, figures, repository)}" for finding in findings[:_NEWS_SHOWN])
    lines = list(_as_many(rows, LIMIT // 2))
    if more := len(findings) - len(lines):
        lines.append(_MORE.format(count=counted(more, "link")))
    return without_backlinks("\n".join([_NEWS.format(count=_links_are(len(findings))), "", *lines]))


def report(said: Said, figures: Figures, repository: str, day: date, limit: int | None = LIMIT) -> str:
    """The report, at most ``limit`` characters long; what is cut names the file that has all of it."""
    if not is_something(said, figures):
        return "\n\n".join([_ALL_WELL.format(day=day), *_tail(said, figures, day)])
    head = "\n\n".join([_INTRO.format(day=day), *_troubles(figures), _counts(said, figures, day)])
    tail = "\n\n".join(_tail(said, figures, day))
    in_full = _in_full(repository)
    sections = list(_sections(said, figures, repository))
    room = None
    if limit is not None:
        frames = sum(len(section.text([], section.rows)) + 2 for section in sections)
        room = limit - len(head) - len(tail) - len(in_full) - 6 - frames
    parts = [head]
    is_cut = False
    for section in sections:
        shown = section.rows if room is None else list(_as_many(section.rows, room))
        room = None if room is None else room - sum(len(row) + 1 for row in shown)
        is_cut |= len(shown) < len(section.rows)
        parts.append(section.text(shown, section.rows))
    return without_backlinks("\n\n".join([*parts, *[in_full] * is_cut, tail]))


def _in_full(repository: str) -> str:
    path = f"{FOLDER}/{FULL}"
    address = link_destination(f"{SERVER}/{repository}/blob/{STATE_BRANCH}/{path}")
    return _IN_FULL.format(path=path, address=address, branch=STATE_BRANCH)


class _Section(msgspec.Struct, frozen=True):
    """Rows under a heading, or folded under it; ``intro`` stands above them."""

    heading: str
    rows: list[str]
    is_folded: bool = False

    def text(self, shown: Sequence[str], every: Sequence[str]) -> str:
        left = len(every) - len(shown)
        rows = "\n".join([*shown, _MORE.format(count=f"{left:,}")] if left else shown)
        if self.is_folded:
            return f"<details><summary>{self.heading}</summary>\n\n{rows}\n\n</details>"
        return f"### {self.heading}\n\n{rows}"


def _as_many(rows: Iterable[str], room: int) -> Iterator[str]:
    """The rows that there is room for; a long one that has none hides no short one after it."""
    for row in rows:
        if len(row) + 1 + _ROOM_FOR_MORE <= room:
            room -= len(row) + 1
            yield row


def _troubles(figures: Figures) -> list[str]:
    void = [_VOID.format(why=markdown(figures.void))] if figures.void else []
    void += [_VOID_PART.format(what=markdown(what)) for what in figures.void_parts]
    lost = [_LOST.format(what=markdown(what)) for what in figures.lost]
    aside = [_ASIDE.format(what=markdown(what)) for what in figures.aside[:_ASIDES_SHOWN]]
    more = len(figures.aside) - len(aside)
    return [*void, *lost, *aside, *([_MORE.format(count=counted(more, "file"))] if more else [])]


def _counts(said: Said, figures: Figures, day: date) -> str:
    """How many there are of each verdict, and how that has changed since a run a week ago."""
    shown, now = (Counter(finding.verdict for finding in findings) for findings in (said.findings, said.everything))
    earlier = [row for row in figures.history if row[0] <= day - _WEEK]
    when, before = earlier[-1] if earlier else (None, dict[str, int]())
    lines = [f"| verdict | links |{f' since {when} |' if when else ''}", f"|---|---|{'---|' if when else ''}"]
    for verdict in (*_SECTIONS, Verdict.BLOCKED, Verdict.OK):
        if now[verdict] or before.get(verdict):
            change = now[verdict] - before.get(verdict, 0)
            told = f" {f'{change:+,}' if change else '±0'} |" if when else ""
            lines.append(f"| {verdict} | {shown[verdict] if verdict is not Verdict.OK else now[verdict]:,} |{told}")
    return "\n".join(lines)


def _tail(said: Said, figures: Figures, day: date) -> Iterator[str]:
    """What stands below the findings."""
    if said.unclear:
        lines = [f"- {_UNCLEAR.format(login=markdown(login), what=code_span(what))}" for login, what in said.unclear]
        yield "\n".join([_UNCLEAR_HEADING, "", *lines])
    if said.left:
        rows = [
            _ticking(_LEFT.format(target=markdown(one.target), day=one.until), one.box, said, default=True)
            for one in said.left
        ]
        left = _Section(_LEFT_ALONE.format(count=counted(_left_alone(said), "link")), rows, is_folded=True)
        yield left.text(rows[:_LEFT_SHOWN], rows)
    if is_something(said, figures):
        if figures.history:
            yield _picture(said, figures, day)
        yield _ASKED.format(
            links=counted(figures.links, "link"),
            due=f"{figures.due:,}",
            asked=f"{figures.asked:,}",
            left=f"{figures.left:,}",
        )
        yield _HOW


def _left_alone(said: Said) -> int:
    """How many links of which something would be said are left alone."""
    every = sum(finding.verdict not in (None, Verdict.OK) for finding in said.everything)
    return every - sum(finding.verdict not in (None, Verdict.OK) for finding in said.findings)


def _picture(said: Said, figures: Figures, day: date) -> str:
    """The last runs and this one, a line each, with a bar of what there is to say."""
    now = {str(verdict): count for verdict, count in Counter(finding.verdict for finding in said.everything).items()}
    runs = [*(row for row in figures.history if row[0] < day), (day, now)][-_RUNS:]
    most = max(1, *(sum(counts.get(verdict, 0) for verdict in SAID) for _, counts in runs))
    lines = []
    for when, counts in runs:
        bar = "".join(_BLOCKS[verdict] * -(-counts.get(verdict, 0) * _BAR // most) for verdict in SAID)
        told = ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in SAID if counts.get(verdict))
        lines.append(f"{when}  {f'{bar} {told}' if told else '-'}")
    legend = "  ".join(f"{_BLOCKS[verdict]} {verdict}" for verdict in SAID)
    return "\n".join(["```text", *lines, "", legend, "```"])


# --- Findings --------------------------------------------------------------------------------------------------------


def _sections(said: Said, figures: Figures, repository: str) -> Iterator[_Section]:
    of_verdict: dict[Verdict | None, list[Finding]] = {}
    for finding in said.findings:
        of_verdict.setdefault(finding.verdict, []).append(finding)
    for verdict, heading in _SECTIONS.items():
        found = newest_first(of_verdict.get(verdict, ()))
        rows = [_row(finding, said, figures, repository) for finding in found]
        folded = verdict in _FOLDED
        if rows:
            yield _Section(f"{len(rows):,} × {heading}" if folded else f"{heading} ({len(rows):,})", rows, folded)
    if walled := of_verdict.get(Verdict.BLOCKED):
        yield _Section(_BLOCKED.format(count=counted(len(walled), "link")), list(_hosts(walled, said)), is_folded=True)


def _row(finding: Finding, said: Said, figures: Figures, repository: str) -> str:
    verdict, url = finding.verdict, finding.link.url
    looks = _looks(finding) if verdict in SAID else ""
    lines = [f"- {_about(finding, figures, repository, is_dated=bool(looks))}"]
    if verdict not in SAID:
        return lines[0]
    if looks:
        lines.append(f"  - {looks}")
    if finding.repair:
        reason = markdown(finding.repair.reason[:_REASON])
        lines.append(f"  - {_INSTEAD.format(address=_address(finding.repair.address), reason=reason)}")
    elif verdict is Verdict.MOVED and finding.record:
        targets = [look.target for look in finding.record.sightings if look.target]
        lines += [f"  - {_NOW.format(address=_address(targets[-1]))}"] if targets else []
    if verdict is Verdict.SUSPECT:
        if len(url) <= _DESTINATION:
            lines.append(f"  {_ticking(_GONE, Box('gone', url), said)}")
    else:
        name = name_of(finding.link.places[0])[:_ADDRESS]
        lines.append(f"  {_ticking(_LEAVE, Box('leave', digest(url), name), said)}")
    return "\n".join(lines)


def _ticking(text: str, box: Box, said: Said, *, default: bool = False) -> str:
    mark = "x" if said.ticked.get(box, default) else " "
    return f"- [{mark}] {text} {write_marker(_BOX, box)}"


def _about(finding: Finding, figures: Figures, repository: str, *, is_dated: bool = False) -> str:
    """Where a link stands, its address, since when it is what it is, and why, unless the dated looks tell that."""
    places = finding.link.places
    shown = [_place(place, figures.commit, repository) for place in places[:_PLACES]]
    if len(places) > _PLACES:
        shown.append(f"{len(places) - _PLACES:,} more")
    text = f"{', '.join(shown)}: {_address(finding.link.url)}"
    if finding.judgement:
        text += f", since {finding.judgement.since:%Y-%m-%d}"
        reason = "" if is_dated else finding.judgement.reason[:_REASON]
        text += f": {markdown(reason)}" if reason else ""
    return text


def _place(place: Place, commit: str, repository: str) -> str:
    plain = "?plain=1" if place.file.lower().endswith((".md", ".markdown")) else ""
    file = quote(place.file, errors="replace")
    address = link_destination(f"{SERVER}/{repository}/blob/{commit}/{file}{plain}")
    return f"[{markdown(name_of(place)[:_REASON])}]({address}#L{place.line})"


def _address(url: str) -> str:
    """An address that readers can follow, cut short where it is long."""
    text = url if len(url) <= _ADDRESS else f"{url[: _ADDRESS - 1]}…"
    return link(text, url) if len(link_destination(url)) <= _DESTINATION else markdown(text)


def _looks(finding: Finding) -> str:
    """The dated evidence: the first looks of those that the verdict stands on."""
    sightings = finding.record.sightings if finding.record else ()
    count = _evidence(finding.verdict)
    looks = [look for look in sightings if count(look)][:_LOOKS]
    parts = [
        f"{', '.join(f'{look.at:%Y-%m-%d}' for look in group)}: {markdown(reason[:_REASON])}"
        for reason, group in groupby(looks, key=lambda look: look.reason or look.kind)
    ]
    return "; ".join(parts)


def _evidence(verdict: Verdict | None) -> Callable[[Sighting], bool]:
    kinds: Mapping[Verdict | None, Collection[Kind]] = {
        Verdict.GONE: (Kind.GONE, Kind.SOFT_GONE),
        Verdict.SUSPECT: (Kind.GONE, Kind.SOFT_GONE),
        Verdict.MOVED: (Kind.MOVED,),
    }
    wanted = kinds.get(verdict, (Kind.ERROR,))
    return lambda look: look.kind in wanted


def _hosts(walled: Sequence[Finding], said: Said) -> Iterator[str]:
    """The hosts that do not let the bot in, those with the most links first."""
    alive = {
        place.key.lower()
        for finding in said.everything
        if finding.verdict is Verdict.OK
        for place in finding.link.places
        if place.key and (place.field == "doi" or _host(finding.link.url) in _DOI_HOSTS)
    }
    of_host: dict[str, list[Finding]] = {}
    for finding in walled:
        of_host.setdefault(_host(finding.link.url), []).append(finding)
    for host, found in sorted(of_host.items(), key=lambda item: (-len(item[1]), item[0])):
        known = sum(any((place.key or "").lower() in alive for place in one.link.places) for one in found)
        template = _ALIVE if known else _HOST
        yield f"- {template.format(host=markdown(host[:_ADDRESS]), count=f'{len(found):,}', alive=f'{known:,}')}"


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def _links_are(number: int) -> str:
    return f"{counted(number, 'link')} {'is' if number == 1 else 'are'}"
