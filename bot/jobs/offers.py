"""What the bot's open pull requests hold: a hidden line in each says which papers it adds, and for whom.

So two proposals for one paper, or with one citation key, find out about each other from the list of open pull requests.
"""

import hashlib
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain

import msgspec

from bot.bibliography.keys import variants
from bot.escape import clipped
from bot.github.markers import read_marker, write_marker
from bot.github.model import Pull, issue_of
from bot.jobs.proposal import Identity, same_paper

MARKER = "offer"
"""The name of the hidden line."""

_LIMIT = 60_000
_ROOM = 40_000  # characters of the papers in it
_FAMILIES = 5


class Offer(msgspec.Struct, frozen=True):
    """An open proposal: the issue that it is for, who filed that, and the papers that it would add.

    ``listed`` are the keys of entries that it changes, ``head`` is the commit of its branch for which all was done, and
    ``text`` is a digest of the title and text that the bot gave its pull request, from which it knows that a person has
    written others. ``was_key`` is the key that the paper had before another one took it, ``unasked`` whether a source
    could not be asked about the papers.
    """

    issue: int
    author: str = ""
    papers: tuple[Identity, ...] = ()
    listed: tuple[str, ...] = ()
    was_key: str = ""
    unasked: bool = False
    head: str = ""
    text: str = ""
    pull: int = 0


def fitting(papers: tuple[Identity, ...]) -> tuple[Identity, ...]:
    """The papers as there is room for them in a hidden line: of many, each with less by which it is known."""
    bare = msgspec.structs.replace
    for lessened in (
        papers,
        tuple(bare(paper, families=paper.families[:_FAMILIES], title=paper.title[:100]) for paper in papers),
        tuple(bare(paper, families=(), title="") for paper in papers),
        tuple(bare(paper, families=(), title="", identifiers=()) for paper in papers),
    ):
        if len(write_marker(MARKER, Offer(0, papers=lessened))) <= _ROOM:
            return lessened
    return ()


def write_body(title: str, text: str, offer: Offer) -> str:
    """The text of a pull request, with the hidden line at its end."""
    text = text.strip()
    marker = write_marker(MARKER, msgspec.structs.replace(offer, text="0" * 16, pull=0))
    text = clipped(text, max(_LIMIT - len(marker), 0)).strip()
    told = msgspec.structs.replace(offer, text=_digest(title, text), pull=0)
    return f"{text}\n\n{write_marker(MARKER, told)}\n"


def with_offer(pull: Pull, title: str, text: str, offer: Offer) -> tuple[str, str]:
    """The title and text of an existing pull request: as wanted, but for the hidden line as a person wrote them."""
    said = read_marker(pull.body or "", MARKER, Offer)
    written = _without_marker(pull.body or "")
    if said is not None and said.text == _digest(pull.title, written):
        return title, write_body(title, text, offer)
    kept = msgspec.structs.replace(offer, text=said.text if said else "", pull=0)
    marker = write_marker(MARKER, kept)
    body = f"{written}\n\n{marker}\n"
    if read_marker(body, MARKER, Offer) is None:  # code or a comment that a person left open would hide it
        body = f"{marker}\n\n{written}\n"
    return pull.title, body


def offers(pulls: Iterable[Pull]) -> list[Offer]:
    """The open proposals among the pull requests, by the number of their issue."""
    found = []
    for pull in pulls:
        number = issue_of(pull.head.ref)
        if number is not None and pull.is_open:
            said = read_marker(pull.body or "", MARKER, Offer) or Offer(number)
            # The branch says whose it is: only people who may write can make one of that name.
            found.append(msgspec.structs.replace(said, issue=number, pull=pull.number))
    return sorted(found, key=lambda offer: (offer.issue, offer.pull))


def offer_of(pull: Pull) -> Offer | None:
    """What a pull request, open or not, says that it holds."""
    return read_marker(pull.body or "", MARKER, Offer)


def rival(number: int, papers: Sequence[Identity], others: Iterable[Offer]) -> Offer | None:
    """The proposal of an earlier issue for one of the same papers: it goes first."""
    return next((other for other in others if other.issue < number and _share_paper(papers, other.papers)), None)


def later_rivals(offer: Offer, others: Iterable[Offer]) -> tuple[int, ...]:
    """The issues that were filed later, and have a proposal for one of the same papers nevertheless."""
    return tuple(
        other.issue for other in others if other.issue > offer.issue and _share_paper(offer.papers, other.papers)
    )


def keys_before(pull: int, others: Iterable[Offer], listed: AbstractSet[str]) -> frozenset[str]:
    """The citation keys, in lower case, that pull requests opened before this one give to new entries, or will give.

    Who opens a pull request later sees the earlier ones, so it is the later one that takes another key: many runs at
    once come to the same keys, each by itself. ``listed`` are the keys of the list.
    """
    taken: set[str] = set()
    for other in sorted((other for other in others if other.pull < pull), key=lambda other: other.pull):
        for paper in other.papers:
            wanted = map(str.lower, chain([paper.key], variants(paper.key)))
            taken.add(next(key for key in wanted if key not in taken and key not in listed))
    return frozenset(taken)


def colliding(opened: Sequence[Offer]) -> list[int]:
    """The issues whose proposals have a paper of an earlier issue or a key of an earlier pull request."""
    papers: dict[tuple[str, ...], int] = {}
    taken: dict[str, int] = {}
    found = set()
    for offer in sorted(opened, key=lambda offer: offer.issue):
        if any(papers.setdefault(one, offer.issue) != offer.issue for one in _traits(offer)):
            found.add(offer.issue)
    for offer in sorted(opened, key=lambda offer: offer.pull):
        if any(taken.setdefault(key, offer.issue) != offer.issue for key in keys([offer])):
            found.add(offer.issue)
    return sorted(found)


def _traits(offer: Offer) -> set[tuple[str, ...]]:
    """What no other paper has: two papers that share one of these are the same (see ``same_paper``)."""
    found = {(one,) for paper in offer.papers for one in paper.identifiers}
    return found | {(paper.title, family) for paper in offer.papers if paper.title for family in paper.families}


def _share_paper(mine: Sequence[Identity], theirs: Sequence[Identity]) -> bool:
    return any(same_paper(one, other) for one in mine for other in theirs)


def keys(others: Iterable[Offer]) -> frozenset[str]:
    """The citation keys, in lower case, that other proposals give to new entries."""
    return frozenset(paper.key.lower() for other in others for paper in other.papers)


def visible_text(pull: Pull) -> str:
    """The text of a pull request without the hidden line."""
    return _without_marker(pull.body or "")


def _without_marker(body: str) -> str:
    lines = body.replace("\r\n", "\n").split("\n")
    return "\n".join(line for line in lines if not line.startswith(f"<!-- bot:{MARKER} ")).strip()


def _digest(title: str, text: str) -> str:
    return hashlib.sha256(f"{title}\n{text.strip()}".encode(errors="replace")).hexdigest()[:16]
