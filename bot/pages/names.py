"""The names that stand in a field of the papers, each once, whatever its accents."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from bot.bibliography.folding import fold, strip_accents
from bot.bibliography.paper import Paper
from bot.escape import link_destination, markdown
from bot.pages.values import Value, values


class Listed(msgspec.Struct, frozen=True):
    """A name as it is shown, with its link if it has one, and its papers in the order given."""

    value: Value
    papers: tuple[Paper, ...]


class _Group:
    """What is known of one name while the papers are read; a paper stands under its position."""

    def __init__(self) -> None:
        self.spellings: Counter[str] = Counter()
        self.links: Counter[str] = Counter()
        self.papers: dict[int, Paper] = {}


def listed_names(papers: Iterable[Paper], field: str, aliases: Mapping[str, str]) -> list[Listed]:
    """Each name once, sorted by its letters without accents and case.

    Names that differ in accents only are one: compared without accents, the case kept (``MSD`` is not ``msd``).
    It is shown in the spelling with the most accents, then the most frequent, then the first in the alphabet, and
    linked to its most frequent http(s) address. ``aliases`` maps a spelling to the one to show instead. A paper
    that has a name twice counts once.
    """
    shown = {strip_accents(name): _composed(spelling) for name, spelling in aliases.items()}
    groups: dict[str, _Group] = {}
    for position, paper in enumerate(papers):
        for value in values(paper, field):
            name = _composed(value.name)
            if not markdown(name):
                continue
            group = groups.setdefault(_settled(strip_accents(name), shown), _Group())
            group.papers[position] = paper
            group.spellings[name] += 1
            if link_destination(value.url):
                group.links[value.url] += 1
    settled = {strip_accents(spelling): spelling for spelling in shown.values()}
    names = [
        Listed(
            Value(settled.get(identity) or _best_spelling(group.spellings), _most_frequent(group.links)),
            tuple(group.papers.values()),
        )
        for identity, group in groups.items()
    ]
    return sorted(names, key=lambda listed: (fold(listed.value.name), listed.value.name))


def _composed(name: str) -> str:
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def _settled(identity: str, shown: Mapping[str, str]) -> str:
    """The identity after all aliases; a circle of them ends where it closes."""
    seen = set()
    while identity in shown and identity not in seen:
        seen.add(identity)
        identity = strip_accents(shown[identity])
    return identity


def _best_spelling(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda name: (-_accents(name), -spellings[name], name))


def _accents(name: str) -> int:
    return 0 if name.isascii() else sum(char.isalpha() and not char.isascii() for char in name)


def _most_frequent(links: Counter[str]) -> str:
    return min(links, key=lambda url: (-links[url], url), default="")
