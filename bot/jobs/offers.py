"""What the bot's open pull requests hold: a hidden line in each says which papers it adds, and for whom.

So two proposals for one paper, or with one citation key, find out about each other from the list of open pull requests.
"""

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from bot.github.markers import read_marker, write_marker
from bot.github.model import Pull, issue_of
from bot.jobs.proposal import Identity, same_paper

_MARKER = "offer"


class Offer(msgspec.Struct, frozen=True):
    """An open proposal: the issue that it is for, who filed that, and the papers that it would add.

    ``listed`` are the keys of entries that it changes, ``text`` is a digest of the title and text that the bot gave
    its pull request, from which it knows that a person has written others.
    """

    issue: int
    author: str = ""
    papers: tuple[Identity, ...] = ()
    listed: tuple[str, ...] = ()
    text: str = ""
    pull: int = 0


def write_body(title: str, text: str, offer: Offer) -> str:
    """The text of a pull request, with the hidden line at its end."""
    told = msgspec.structs.replace(offer, text=_digest(title, text), pull=0)
    return f"{text.strip()}\n\n{write_marker(_MARKER, told)}\n"


def with_offer(pull: Pull, title: str, text: str, offer: Offer) -> tuple[str, str]:
    """The title and text of an existing pull request: as wanted, but for the hidden line as a person wrote them."""
    said = read_marker(pull.body or "", _MARKER, Offer)
    written = _without_marker(pull.body or "")
    if said is None or said.text == _digest(pull.title, written):
        return title, write_body(title, text, offer)
    kept = msgspec.structs.replace(offer, text=said.text, pull=0)
    return pull.title, f"{written}\n\n{write_marker(_MARKER, kept)}\n"


def offers(pulls: Iterable[Pull]) -> list[Offer]:
    """The open proposals among the pull requests, by the number of their issue."""
    found = []
    for pull in pulls:
        number = issue_of(pull.head.ref)
        if number is not None and pull.is_open:
            said = read_marker(pull.body or "", _MARKER, Offer) or Offer(number)
            # The branch says whose it is: only people who may write can make one of that name.
            found.append(msgspec.structs.replace(said, issue=number, pull=pull.number))
    return sorted(found, key=lambda offer: (offer.issue, offer.pull))


def offer_of(pull: Pull) -> Offer | None:
    """What a pull request, open or not, says that it holds."""
    return read_marker(pull.body or "", _MARKER, Offer)


def rival(number: int, papers: Sequence[Identity], others: Iterable[Offer]) -> Offer | None:
    """The proposal of an earlier issue for one of the same papers: it goes first."""
    return next(
        (
            other
            for other in others
            if other.issue < number and any(same_paper(mine, its) for mine in papers for its in other.papers)
        ),
        None,
    )


def later_rivals(offer: Offer, others: Iterable[Offer]) -> tuple[int, ...]:
    """The issues that were filed later, and have a proposal for one of the same papers or with one of the same keys."""
    own = keys([offer])
    return tuple(
        other.issue
        for other in others
        if other.issue > offer.issue
        and (own & keys([other]) or any(same_paper(mine, its) for mine in offer.papers for its in other.papers))
    )


def keys(others: Iterable[Offer]) -> frozenset[str]:
    """The citation keys, in lower case, that other proposals give to new entries."""
    return frozenset(paper.key.lower() for other in others for paper in other.papers)


def _without_marker(body: str) -> str:
    lines = body.replace("\r\n", "\n").split("\n")
    return "\n".join(line for line in lines if not line.startswith(f"<!-- bot:{_MARKER} ")).strip()


def _digest(title: str, text: str) -> str:
    return hashlib.sha256(f"{title}\n{text.strip()}".encode(errors="replace")).hexdigest()[:16]
