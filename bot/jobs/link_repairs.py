"""The one pull request that puts working addresses in the place of those that are gone or have moved."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from bot.bibliography.blocks import Bibliography, LocatedEntry
from bot.bibliography.identifiers import web_address
from bot.bibliography.merging import changed_entries
from bot.escape import clipped, link, markdown, one_line, without_backlinks
from bot.github.errors import PullsNotAllowedError
from bot.github.markers import read_marker
from bot.github.model import REPAIR_BRANCH, UPGRADE_BRANCH, Pull
from bot.jobs.branch import Branch
from bot.jobs.change import Change, change_on
from bot.jobs.closing import close, closed_by_person
from bot.jobs.home import Home
from bot.jobs.landing import bring, judge, judged
from bot.jobs.link_report import People
from bot.jobs.offers import MARKER, Offer, offer_of, offers, visible_text, with_offer, write_body
from bot.jobs.situation import Desk, read_branch
from bot.links.link import Repair
from bot.links.observation import Kind
from bot.links.repair import IDENTIFIERS
from bot.links.verdict import Finding, Verdict
from bot.wording import counted

_TITLE = "[Update] Mend {count}"
_INTRO = "What the weekly look at the list's addresses found to be gone or moved, and what can stand in its place:"
_MORE_ROWS = "And {count} more, for which there is no room here; the changed lines have all of them."
_WAITING = "{count} more can be mended; they wait until this is merged or closed."
_HOW = (
    "All else stays as it is. Merge this, or close it and none of it is proposed again. To decline one change, undo it "
    "by a commit to this branch; commits are kept."
)
_NOTHING_LEFT = "There is nothing left to mend, so this has no use any more."

_SAID_OPEN = "{count} to mend: proposed in #{number}"
_SAID_UPDATED = "{count} to mend: #{number} brought up to date"
_SAID_CLOSED = "#{number} closed, since there is nothing left to mend"
_SAID_TIDIED = "{branch}: deleted, since its pull request has ended"
_SAID_BRANCH = "{count} to mend: the branch {branch} is ready, but workflows may not open pull requests here"

_ROWS = 40_000
_SHOWN = 80
_REASON = 300
_DESTINATION = 1_000
_WINDOW = 20
_FIRST = (Verdict.GONE, Verdict.MOVED, Verdict.OK)
"""The verdicts of what may be mended, in this order; of what is ok, only ``http`` becomes ``https``."""

# What may go on after an address, so that it is the beginning of a longer one, and what may stand before it.
_GOES_ON = r"(?![\w/~%?=&#@:+$-]|\\[_%&#~]|[.,;!']+[\w/])"
_BEGINS = r"(?<![\w/=%.-])"
_SPECIAL = re.compile(r"[_%&#]")
_ESCAPED = re.compile(r"\\[_%&#]")
_DEFAULT_PORT = re.compile(r"(?<=\w):80(?=[/?#]|\Z)")
_VERBATIM = re.compile(r"\\(?:url|href)\s*\{\s*\Z")


class Mend(msgspec.Struct, frozen=True):
    """That ``new`` stands in the place of ``old`` in a field of an entry; ``written`` is ``old`` as the file has it."""

    key: str
    field: str
    old: str
    written: str
    new: str
    reason: str
    verdict: Verdict

    @property
    def name(self) -> str:
        """A digest, by which it is known what people declined."""
        named = f"{self.key.lower()} {self.field} {self.new}"
        return hashlib.sha256(named.encode(errors="replace")).hexdigest()[:12]


class Mended(msgspec.Struct, frozen=True):
    """An entry as it becomes, and what was mended in it."""

    text: str
    mends: tuple[Mend, ...]


class _Offer(Offer, frozen=True):
    """An offer of mends: digests of what stands on the branch, and of what people have undone there."""

    mends: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()


def propose_repairs(findings: Sequence[Finding], people: People, desk: Desk) -> Iterator[str]:
    """Bring the one pull request to what can be mended: open, up to date, or closed. Yields the log.

    Raises:
        GitHubError: GitHub did not do all that was asked; the next run goes on from there.
    """
    branches = desk.checkout.fetch(desk.branch)
    home = desk.home(branches[desk.branch])
    pulls = desk.repository.open_pulls(desk.branch)
    opened = _opened(pulls)
    head = branches.get(REPAIR_BRANCH)
    entries, plain = _entries(home.bibliography), home.config.plain_fields()
    found = {key: mended(entries[key.lower()], mends, plain) for key, mends in mends_of(findings, people, home).items()}
    if not any(one.mends for one in found.values()) and opened is None and head is None:
        return
    ended = [pull for pull in desk.repository.pulls_of(REPAIR_BRANCH, desk.branch) if not pull.is_open]
    branch = read_branch(desk.checkout, home, head) if head else None
    if opened is None and branch and ended and branch.by_bot_alone:
        desk.repository.delete_branch(REPAIR_BRANCH)
        yield _SAID_TIDIED.format(branch=REPAIR_BRANCH)
        branch = None
    said = _said(opened)
    offered = [mend for one in found.values() for mend in one.mends]
    undone = frozenset(said.declined) | _undone(offered, said, branch)
    declined = undone | _turned_down(offered, ended, desk)
    held = _held(pulls)
    kept = {
        key: mended(entries[key.lower()], [mend for mend in one.mends if mend.name not in declined], plain)
        for key, one in found.items()
        if key.lower() not in held
    }
    wished = _chosen(kept, said, home)
    waiting = sum(bool(one.mends) for one in kept.values()) - len(wished)
    said = msgspec.structs.replace(said, declined=tuple(sorted(undone)))
    if wished:
        yield from _propose(wished, waiting, said, opened, branch, home, desk)
    elif opened and branch and _is_theirs(branch):
        yield from _keep(opened, branch, {}, msgspec.structs.replace(said, mends=(), listed=()), home, desk)
    elif opened:
        if said.declined != _said(opened).declined:
            _, body = with_offer(opened, opened.title, visible_text(opened), said)
            desk.repository.edit_pull(opened.number, title=opened.title, body=body)
        close(opened, _NOTHING_LEFT, desk.repository)
        yield _SAID_CLOSED.format(number=opened.number)
        if branch and branch.by_bot_alone:
            desk.repository.delete_branch(REPAIR_BRANCH)


def keep_repairs(pulls: Sequence[Pull], branches: Mapping[str, str], home: Home, desk: Desk) -> Iterator[str]:
    """Bring the open pull request up to date with the default branch, without looking at any link."""
    pull, head, checkout = _opened(pulls), branches.get(REPAIR_BRANCH), desk.checkout
    if pull is None or head is None:
        return
    said = _said(pull)
    is_behind = checkout.merge_base(home.sha, head) != home.sha and not checkout.merges_cleanly(home.sha, head)
    branch = read_branch(checkout, home, head) if said.head != head or is_behind else None
    if branch is None:
        return
    yield from _keep(pull, branch, _still_fitting(branch, home), said, home, desk)


# --- What can be mended ----------------------------------------------------------------------------------------------


def mends_of(findings: Iterable[Finding], people: People, home: Home) -> dict[str, list[Mend]]:
    """What can be mended, by the keys of the entries as the list has them, in the list's order."""
    keys = Counter(key.lower() for key in home.bibliography.keys)
    listed = {entry.key.lower(): entry.key for entry in home.bibliography.entries if keys[entry.key.lower()] == 1}
    found: dict[str, list[Mend]] = {key: [] for key in listed.values()}
    for finding in findings:
        url, repair = finding.link.url, finding.repair
        verdict = finding.verdict
        if repair is None or verdict not in _FIRST or web_address(repair.address) != repair.address:
            continue
        if verdict is Verdict.OK and not _becomes_secure(url, repair.address):
            continue
        if finding.record and finding.record.sightings and finding.record.sightings[-1].kind is Kind.ERROR:
            continue  # gone by all that is known, but its host says nothing now
        for place in finding.link.places:
            key, field = listed.get((place.key or "").lower()), place.field or ""
            is_ours = place.file == home.config.bibliography and field not in IDENTIFIERS
            if key and field and place.written and is_ours and not people.ignored(place.key, field, url):
                found[key].append(Mend(key, field, url, place.written, repair.address, _why(finding, repair), verdict))
    return {key: mends for key, mends in found.items() if mends}


def _why(finding: Finding, repair: Repair) -> str:
    """The evidence of a mend: for what is gone, that it is, and what the new address is."""
    judgement = finding.judgement
    is_gone = judgement is not None and judgement.verdict is Verdict.GONE
    return "; ".join(filter(None, (judgement.reason if judgement and is_gone else "", repair.reason)))


def _becomes_secure(old: str, new: str) -> bool:
    return old[:7].lower() == "http://" and new == f"https://{_DEFAULT_PORT.sub('', old[7:], count=1)}"


def mended(entry: LocatedEntry, mends: Sequence[Mend], plain: AbstractSet[str]) -> Mended:
    """An entry with what is to be mended in it, byte for byte as it was but for the addresses.

    The ``plain`` fields are no LaTeX. What does not stand there any more is left out; so is all of it, should the entry
    be another one after that.
    """
    text = entry.text
    fields = {field.name: field for field in reversed(entry.located_fields())}
    spans: dict[tuple[int, int], tuple[str, Mend]] = {}
    for mend in mends:
        field = fields.get(mend.field)
        if field is None:
            continue
        address = re.compile(f"{_BEGINS}{re.escape(mend.written)}{_GOES_ON}")
        for match in address.finditer(text, field.value_start, field.end):
            new = (
                mend.new
                if mend.field in plain
                else _as_before(mend, text[max(0, match.start() - _WINDOW) : match.start()])
            )
            spans.setdefault(match.span(), (new, mend))
    parts, at, done = list[str](), 0, list[Mend]()
    for (start, end), (new, mend) in sorted(spans.items(), key=lambda item: item[0]):
        if start >= at:
            parts += [text[at:start], new]
            at = end
            done.append(mend)
    after = "".join([*parts, text[at:]])
    if not done or not _is_same_but(text, after, {mend.field for mend in done}):
        return Mended(text, ())
    return Mended(after, tuple(dict.fromkeys(done)))


def _as_before(mend: Mend, before: str) -> str:
    r"""The new address with BibTeX's ``\_ \% \& \#`` where LaTeX reads it, and the old one does not do without."""
    is_bare = bool(_SPECIAL.search(_ESCAPED.sub("", mend.written))) or bool(_VERBATIM.search(before))
    if is_bare and not _ESCAPED.search(mend.written):
        return mend.new
    return _SPECIAL.sub(r"\\\g<0>", mend.new)


def _is_same_but(before: str, after: str, fields: AbstractSet[str]) -> bool:
    """Whether two texts are one entry each, which differ in the values of these fields alone."""
    entries = [Bibliography.parse(text.encode()).entries for text in (before, after)]
    if any(len(found) != 1 for found in entries):
        return False
    (old,), (new,) = entries
    rest = [{name: value for name, value in one.fields.items() if name not in fields} for one in (old, new)]
    return (old.block.type, old.key, list(old.fields), rest[0]) == (new.block.type, new.key, list(new.fields), rest[1])


def _chosen(found: Mapping[str, Mended], said: _Offer, home: Home) -> dict[str, Mended]:
    """As many entries as one pull request may mend, in the list's order: those that it has already, then the worst."""
    listed = {key.lower() for key in said.listed}
    wanted = [(key, one) for key, one in found.items() if one.mends]
    wanted.sort(key=lambda item: min(_FIRST.index(mend.verdict) for mend in item[1].mends))
    wanted.sort(key=lambda item: item[0].lower() not in listed)
    chosen = dict(wanted[: home.config.links.repairs])
    return {key: one for key, one in found.items() if key in chosen}


# --- What people decided ---------------------------------------------------------------------------------------------


def _undone(offered: Iterable[Mend], said: _Offer, branch: Branch | None) -> frozenset[str]:
    """What was offered on the branch, and was undone there by people."""
    theirs = branch.of_people() if branch else frozenset()
    if not branch or not theirs:
        return frozenset()
    standing = _entries(Bibliography.parse(branch.data))
    return frozenset(
        mend.name
        for mend in offered
        if mend.name in said.mends and mend.key.lower() in theirs and not _stands(mend, standing.get(mend.key.lower()))
    )


def _turned_down(offered: Sequence[Mend], ended: Iterable[Pull], desk: Desk) -> frozenset[str]:
    """What was offered before: people undid it, closed the pull request, or brought the old address back after it."""
    names = {mend.name for mend in offered}
    found: set[str] = set()
    for pull in ended:
        said = _said(pull)
        found |= names & set(said.declined)
        again = (names & set(said.mends)) - found
        if again and (pull.merged_at or closed_by_person(pull.number, desk.repository, desk.event)):
            found |= again
    return frozenset(found)


def _held(pulls: Iterable[Pull]) -> frozenset[str]:
    """The keys, in lower case, of entries that another open pull request of the bot changes."""
    others = [offer_of(pull) for pull in pulls if pull.is_open and pull.head.ref.startswith(UPGRADE_BRANCH)]
    return frozenset(key.lower() for offer in (*offers(pulls), *filter(None, others)) for key in offer.listed)


# --- The pull request ------------------------------------------------------------------------------------------------


def _propose(
    wished: Mapping[str, Mended],
    waiting: int,
    said: _Offer,
    opened: Pull | None,
    branch: Branch | None,
    home: Home,
    desk: Desk,
) -> Iterator[str]:
    """Put the entries on the branch, and see that there is a pull request that says so."""
    texts = {key: one.text for key, one in wished.items()}
    count = counted(sum(len(one.mends) for one in wished.values()), "link")
    change = change_on(branch, texts, one_line(_TITLE.format(count=count)), home, desk.checkout)
    # What people changed on the branch stands as they have it, so only what is there is told.
    standing = _entries(Bibliography.parse(change.data))
    mends = [mend for one in wished.values() for mend in one.mends if _stands(mend, standing.get(mend.key.lower()))]
    count = counted(len(mends), "link")
    title = one_line(_TITLE.format(count=count))
    names = tuple(sorted(mend.name for mend in mends))
    if opened and names == said.mends:  # other words for the same change nothing
        title, text = opened.title, visible_text(opened)
    else:
        text = _text(mends, waiting)
    keys = tuple(dict.fromkeys(mend.key for mend in mends))
    said = msgspec.structs.replace(said, mends=names, listed=keys)
    if opened:
        if _bring_about(change, title, text, said, opened, branch, home, desk):
            yield _SAID_UPDATED.format(count=count, number=opened.number)
        return
    if not mends:
        return
    head = bring(change, branch, REPAIR_BRANCH, desk)
    judge(head, judged(change.data, home, desk.now.year, change.conflicts), desk)
    body = write_body(title, text, msgspec.structs.replace(said, head=head))
    try:
        pull = desk.repository.open_pull(REPAIR_BRANCH, desk.branch, title, body)
    except PullsNotAllowedError:
        yield _SAID_BRANCH.format(count=count, branch=REPAIR_BRANCH)
        return
    yield _SAID_OPEN.format(count=count, number=pull.number)


def _keep(
    pull: Pull, branch: Branch, wished: Mapping[str, str | None], said: _Offer, home: Home, desk: Desk
) -> Iterator[str]:
    """Bring the branch of an open pull request up to date, whose words stay."""
    change = change_on(branch, wished, pull.title, home, desk.checkout)
    if _bring_about(change, pull.title, visible_text(pull), said, pull, branch, home, desk):
        yield _SAID_UPDATED.format(count=counted(len(said.mends), "link"), number=pull.number)


def _is_theirs(branch: Branch) -> bool:
    """Whether anything that people changed on the branch is another than where it began."""
    changed = changed_entries(Bibliography.parse(branch.texts[branch.base]), Bibliography.parse(branch.data))
    return bool(branch.of_people() & {key.lower() for key in changed})


def _bring_about(
    change: Change, title: str, text: str, said: _Offer, pull: Pull, branch: Branch | None, home: Home, desk: Desk
) -> bool:
    """Bring an open pull request to what it should be; whether its text is another one now."""
    made = bring(change, branch, REPAIR_BRANCH, desk)
    # A conflict may be settled on either branch: until then each run looks at it.
    done = "" if change.conflicts else made
    before = _said(pull).head
    if not done or done != before:
        judge(made, judged(change.data, home, desk.now.year, change.conflicts), desk)
    title, body = with_offer(pull, title, text, msgspec.structs.replace(said, head=done))
    if (title, body.strip()) == (pull.title, (pull.body or "").replace("\r\n", "\n").strip()):
        return False
    desk.repository.edit_pull(pull.number, title=title, body=body)
    return True


def _still_fitting(branch: Branch, home: Home) -> dict[str, str | None]:
    """The entries that the branch changes, without those in which the default branch changed the same fields since."""
    before, after = Bibliography.parse(branch.texts[branch.base]), Bibliography.parse(branch.data)
    base, here, there = (_entries(side) for side in (before, after, home.bibliography))
    wished: dict[str, str | None] = {}
    for key, text in changed_entries(before, after).items():
        was, now, listed = (side.get(key.lower()) for side in (base, here, there))
        if was and now and listed:
            fields = [name for name in {**was.fields, **now.fields} if was.fields.get(name) != now.fields.get(name)]
            if all(listed.fields.get(name) in (was.fields.get(name), now.fields.get(name)) for name in fields):
                wished[key] = text
    return wished


def _text(mends: Sequence[Mend], waiting: int) -> str:
    """The pull request's text: each change with its evidence."""
    lines, room = ["| entry | field | now | then | why |", "|---|---|---|---|---|"], _ROWS
    for mend in mends:
        cells = markdown(mend.key), markdown(mend.field), _address(mend.old), _address(mend.new)
        row = f"| {' | '.join(cells)} | {markdown(mend.reason[:_REASON])} |"
        room -= len(row)
        if room < 0:
            break
        lines.append(row)
    left = len(mends) - len(lines) + 2
    parts = [_INTRO, "\n".join(lines)]
    parts += [_MORE_ROWS.format(count=f"{left:,}")] if left else []
    parts += [_WAITING.format(count=counted(waiting, "entry"))] if waiting else []
    return clipped(without_backlinks("\n\n".join([*parts, _HOW])))


def _address(url: str) -> str:
    shown = url if len(url) <= _SHOWN else f"{url[: _SHOWN - 1]}…"
    return link(shown, url) if len(url) <= _DESTINATION else markdown(shown)


def _opened(pulls: Iterable[Pull]) -> Pull | None:
    return next((pull for pull in pulls if pull.is_open and pull.head.ref == REPAIR_BRANCH), None)


def _said(pull: Pull | None) -> _Offer:
    found = read_marker((pull.body if pull else "") or "", MARKER, _Offer)
    return found or _Offer(0)


def _entries(bibliography: Bibliography) -> dict[str, LocatedEntry]:
    return {entry.key.lower(): entry for entry in reversed(bibliography.entries) if entry.key}


def _stands(mend: Mend, entry: LocatedEntry | None) -> bool:
    """Whether an entry has the new address, however it is written."""
    value = entry.fields.get(mend.field, "") if entry else ""
    return mend.new in value or mend.new in _ESCAPED.sub(lambda match: match[0][1], value)
