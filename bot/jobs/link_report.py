"""The one issue that reports on links: written anew only when there is something new to say, and never asked twice.

It remembers in a hidden line of its text what people decided, which commands were read, and what was told. A comment,
which notifies people, tells of each link once when it is gone; a hidden line in it says of which.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

import msgspec

from bot.github.markers import read_marker, write_marker
from bot.github.model import REPORT_LABEL, Comment, Issue
from bot.jobs.link_text import (
    LIMIT,
    Figures,
    Left,
    Said,
    boxes,
    digest,
    is_something,
    newest_first,
    news,
    report,
    substance,
    title,
)
from bot.jobs.memory import Memory as Orders
from bot.jobs.memory import Order
from bot.jobs.situation import Desk, new_orders
from bot.links.verdict import Finding, Verdict
from bot.wording import counted

_MARKER = "links"
_TOLD = "gone"
_IGNORE = "ignore"
_HALF_A_YEAR = timedelta(days=182)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# As many as there is room for; of more, only those that have been gone for longest are told.
_LEFT = 100
_MANY = 1_000
_UNCLEAR = 5
_MORE_MEMORY = 15_000  # characters: more than those by which a run makes the hidden line longer, with all it tells of

_OPENED = "the report: #{number} opened: {title}"
_WRITTEN = "the report: #{number} brought up to date: {title}"
_CLOSED = "the report: #{number} closed, since there is nothing to say"
_NEWS = "{count} newly gone, told in #{number}"
_NOTHING_NEW = "the report: nothing new to say"


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """What earlier runs have said and been told, in the report's hidden line.

    ``said`` is a digest of what the report says, ``told`` the digests of links that are gone and were told of in a
    comment, up to the comment ``heard``. ``left`` is what people want to be left alone, ``orders`` are their commands.
    """

    said: str = ""
    told: tuple[str, ...] = ()
    heard: int = 0
    left: tuple[Left, ...] = ()
    orders: Orders = Orders()


class _Told(msgspec.Struct, frozen=True):
    """Marks a comment that tells of links that are gone."""

    links: tuple[str, ...]


class People(msgspec.Struct, frozen=True):
    """What people have said in the report, and the report as it stands; nobody has said anything without one.

    ``ticked`` are the addresses of which a person says that they are gone. ``memory`` holds what was said just now too.
    """

    ticked: frozenset[str] = frozenset()
    memory: Memory = Memory()
    issue: Issue | None = None

    def ignored(self, key: str | None, field: str | None, url: str) -> bool:
        """Whether an address is to be left alone where it stands: in a field of an entry, or in neither, in a page."""
        names = {key.lower(), f"{key}.{field}".lower()} if key else set()
        name = digest(url)
        return any(one.link == name if one.link else one.target.lower() in names for one in self.memory.left)


def is_report(issue: Issue) -> bool:
    """Whether an issue has a report's hidden line, which counts only in one by the bot's own account."""
    return f"<!-- bot:{_MARKER} " in (issue.body or "")


def read_people(desk: Desk, now: datetime) -> People:
    """What people have ticked in the report and commented below it, those with write permission.

    Raises:
        GitHubError: GitHub could not be asked.
    """
    issue = _find(desk)
    if issue is None:
        return People()
    memory = _memory(issue)
    comments = desk.repository.comments(issue.number) if issue.comments else []
    given = new_orders(comments, memory.orders, desk)
    found = boxes(issue.body or "")
    until = now.date() + _HALF_A_YEAR
    unticked = {box for box, ticked in found.items() if box.says == "left" and not ticked}
    left = [one for one in memory.left if one.box not in unticked]
    left += [Left(box.name, until, box.what) for box, ticked in found.items() if box.says == "leave" and ticked]
    left += [wanted for order in given if order.obeyed and (wanted := _wanted(order))]
    orders = memory.orders.with_orders(given) if given else memory.orders
    told, heard = _told(comments, memory, desk)
    return People(
        ticked=frozenset(box.what for box, ticked in found.items() if box.says == "gone" and ticked),
        memory=msgspec.structs.replace(memory, told=told, heard=heard, left=_standing(left, now.date()), orders=orders),
        issue=issue,
    )


def write_report(findings: Sequence[Finding], figures: Figures, people: People, desk: Desk) -> Iterator[str]:
    """Bring the report to what there is to say of all links, and tell of those that are newly gone. Yields the log.

    Raises:
        GitHubError: GitHub did not do all that was asked; the next run goes on from there.
    """
    said, repository = _said(findings, people), desk.repository
    new = substance(said, figures)
    memory = msgspec.structs.replace(people.memory, told=_still_gone(people.memory.told, findings), said=new)
    issue = people.issue
    if issue is None:
        if not is_something(said, figures):
            yield _NOTHING_NEW
            return
        issue = repository.create_issue(title(said, figures), _body(said, figures, memory, desk), [REPORT_LABEL])
        yield _OPENED.format(number=issue.number, title=issue.title)
    if untold := _untold(said.findings, memory):
        names = tuple(digest(finding.link.url) for finding in untold)
        text = news(untold, figures, repository.name)
        comment = repository.add_comment(issue.number, f"{write_marker(_TOLD, _Told(names))}\n{text}")
        memory = msgspec.structs.replace(memory, told=(*memory.told, *names), heard=comment.id)
        yield _NEWS.format(count=counted(len(untold), "link"), number=issue.number)
    before, is_over = _memory(issue), not is_something(said, figures)
    if memory == before and not (is_over and issue.state == "open"):
        if people.issue is not None:
            yield _NOTHING_NEW
        return
    # People may have ticked a box since the text was read.
    standing = repository.issue(issue.number)
    said = msgspec.structs.replace(said, ticked=boxes(standing.body or ""))
    wanted, state = title(said, figures), standing.state
    if is_over:
        state = "closed"
    elif new != before.said:
        state = "open"
    repository.edit_issue(issue.number, title=wanted, body=_body(said, figures, memory, desk), state=state)
    if people.issue is not None:
        sentence = _CLOSED if (standing.state, state) == ("open", "closed") else _WRITTEN
        yield sentence.format(number=issue.number, title=wanted)


def full_report(
    findings: Sequence[Finding], figures: Figures, people: People, desk: Desk, limit: int | None = None
) -> str:
    """All that there is to say, however long, or as much of it as ``limit`` characters have room for."""
    return report(_said(findings, people), figures, desk.repository.name, desk.now.date(), limit)


def is_long(text: str, people: People) -> bool:
    """Whether the issue may lack room for all that there is to say, beside what its hidden line will hold."""
    return len(text) + len(write_marker(_MARKER, people.memory)) + _MORE_MEMORY > LIMIT


def _find(desk: Desk) -> Issue | None:
    """The newest report by the bot's own account, also where somebody took its label off."""
    login = desk.repository.login()
    for label in (REPORT_LABEL, ""):
        found = next(filter(is_report, desk.repository.issues_of(login, label)), None)
        if found:
            return found
    return None


def _memory(issue: Issue) -> Memory:
    return read_marker(issue.body or "", _MARKER, Memory) or Memory()


def _body(said: Said, figures: Figures, memory: Memory, desk: Desk) -> str:
    marker = write_marker(_MARKER, memory)
    return f"{marker}\n\n{report(said, figures, desk.repository.name, desk.now.date(), LIMIT - len(marker) - 2)}"


def _said(findings: Sequence[Finding], people: People) -> Said:
    """What is said, without the places that are left alone."""
    shown = []
    for finding in findings:
        url, places = finding.link.url, finding.link.places
        kept = tuple(place for place in places if not people.ignored(place.key, place.field, url))
        if kept == places:
            shown.append(finding)
        elif kept:
            shown.append(msgspec.structs.replace(finding, link=msgspec.structs.replace(finding.link, places=kept)))
    orders = people.memory.orders.orders
    unclear = [order for order in orders if order.obeyed and not _wanted(order)][-_UNCLEAR:]
    return Said(shown, findings, people.memory.left, tuple((order.login, _line(order)) for order in unclear))


def _line(order: Order) -> str:
    """The command as it was typed, or nearly so."""
    return order.argument if order.name == "unknown" else f"/bot {order.name} {order.argument}".strip()


def _wanted(order: Order) -> Left | None:
    """What a command wants to be left alone; ``None`` where it is none that can be obeyed here."""
    if order.name != _IGNORE:
        return None
    try:
        target, _, day = order.argument.split(" ")
        return Left(target, date.fromisoformat(day)) if _DAY.fullmatch(day) else None
    except ValueError:
        return None


def _standing(left: Sequence[Left], today: date) -> tuple[Left, ...]:
    """What is left alone today: the last word on each counts."""
    last = {one.link or one.target.lower(): one for one in left}
    return tuple(one for one in last.values() if one.until >= today)[-_LEFT:]


def _told(comments: Sequence[Comment], memory: Memory, desk: Desk) -> tuple[tuple[str, ...], int]:
    """The links of which the report or a comment below it says that people were told, and the last such comment."""
    told, heard = list(memory.told), memory.heard
    for comment in comments:
        if comment.id > memory.heard and comment.author.login == desk.repository.login():
            marker = read_marker(comment.body or "", _TOLD, _Told)
            if marker:
                told += marker.links
                heard = max(heard, comment.id)
    return tuple(dict.fromkeys(told)), heard


def _still_gone(told: Sequence[str], findings: Sequence[Finding]) -> tuple[str, ...]:
    """Those that were told of and are gone: what comes back and goes again is news again."""
    gone = {digest(finding.link.url) for finding in findings if finding.verdict is Verdict.GONE}
    return tuple(one for one in told if one in gone)


def _untold(findings: Sequence[Finding], memory: Memory) -> list[Finding]:
    told = set(memory.told)
    gone = newest_first(finding for finding in findings if finding.verdict is Verdict.GONE)
    new = [finding for finding in gone if digest(finding.link.url) not in told]
    return new[max(0, len(new) - max(0, _MANY - len(told))) :]
