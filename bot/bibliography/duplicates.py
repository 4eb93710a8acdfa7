"""Is this paper listed already? By identifier, by title and author, and by a title that is nearly the same.

Comparing is exact and linear: dictionaries for identifiers and titles, and for near titles a window over the
sorted ones (the sorted-neighbourhood method of Hernández and Stolfo, 1995), from the front and from the back. For
a few new entries beside a long file, ``Index`` first picks the few entries of it that could matter, by searching
the file's bytes, so that the rest is not even read.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

import msgspec

from bot.bibliography import identifiers, latex
from bot.bibliography.blocks import Bibliography, LocatedEntry
from bot.bibliography.entry import Entry
from bot.bibliography.folding import fold, fold_title
from bot.bibliography.names import Name, read_names, same_person
from bot.problems import Problem, Severity


class Duplicate(msgspec.Struct, frozen=True):
    """Two entries that look like one paper, by their index in what was compared; ``first`` is the earlier one.

    ``rule`` is ``duplicate-identifier``, ``duplicate-title`` or ``duplicate-near``; ``what`` is what they share.
    """

    first: int
    second: int
    rule: str
    what: str


_SAME = Severity.ERROR, "one entry for one paper; to change the listed one, file a correction of it"
_SIMILAR = Severity.WARNING, "nothing more, if these are two papers; else one entry for both"


def duplicate_problem(found: Duplicate, entry: Entry, listed: Entry, place: str) -> Problem:
    """A duplicate as the problem of ``entry``; ``place`` says where the ``listed`` one stands."""
    shown = f"“{_short(listed.get('title'))}”"
    if found.rule == "duplicate-near":
        severity, fix = _SIMILAR
        message = f"“{_short(entry.get('title'))}” shares {found.what} with {listed.key} ({place}), {shown}"
    else:
        severity, fix = _SAME
        message = f"{found.what} is that of {listed.key} ({place}), {shown}"
    return Problem(severity=severity, rule=found.rule, message=message, fix=fix, key=entry.key)


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:119] + "…"


# Where an identifier of the paper itself may stand; `code` and datasets belong to something else.
_IDENTIFYING = ("doi", "eprint", "url", "link", "howpublished", "journal", "note")
_ADDRESSES = ("url", "link")
# How many entries of the same title and family name one more is compared with.
_GROUP = 20
# By how much LaTeX in a title may lower its similarity, in percent.
_MARGIN = 15
_WINDOW = 10


def shared_identifiers(entry: Entry) -> dict[str, str]:
    """What identifies the entry's paper: a canonical form of each DOI, arXiv id and address → how to call it."""
    found: dict[str, str] = {}
    for field in _IDENTIFYING:
        value = entry.get(field)
        if not value:
            continue
        if doi := identifiers.doi(value) or (identifiers.doi_in_url(value) if field in _ADDRESSES else None):
            found.setdefault(f"doi:{doi}", f"the DOI {doi}")
        if arxiv := identifiers.arxiv(value):
            found.setdefault(f"arxiv:{arxiv.id}", f"the arXiv identifier {arxiv.id}")
        elif field in _ADDRESSES and (address := identifiers.web_address(value)):
            found.setdefault(f"link:{identifiers.normal_link(address)}", f"the link {address}")
    return found


def duplicates(entries: Sequence[Entry], near: float, *, new: int = 0) -> list[Duplicate]:
    """The pairs of entries that look like one paper, of which the later one has an index of at least ``new``.

    ``near`` is the similarity of two titles, in percent, from which on they are near.
    """
    found: dict[tuple[int, int], Duplicate] = {}
    first_with: dict[str, int] = {}
    same_title: dict[tuple[str, str], list[int]] = {}
    papers = [_Features(entry) for entry in entries]
    for index, paper in enumerate(papers):
        for identifier, what in shared_identifiers(paper.entry).items():
            first = first_with.setdefault(identifier, index)
            if first != index and index >= new:
                found.setdefault((first, index), Duplicate(first, index, "duplicate-identifier", what))
        for family in {fold(name.family) for name in paper.authors} if paper.title else ():
            group = same_title.setdefault((paper.title, family), [])
            for first in group[:_GROUP] if index >= new else ():
                if _share_author(papers[first], paper):
                    found.setdefault(
                        (first, index), Duplicate(first, index, "duplicate-title", "the title with an author")
                    )
            group.append(index)
    for first, second in _near(papers, near, new):
        if (first, second) not in found and _share_author(papers[first], papers[second]):
            found[first, second] = Duplicate(first, second, "duplicate-near", "an author and nearly the same title")
    return [found[pair] for pair in sorted(found, key=lambda pair: (pair[1], pair[0]))]


class Index:
    """A long bibliography made ready for asking whether it lists a paper, without reading its entries' fields."""

    def __init__(self, bibliography: Bibliography) -> None:
        """Work out once what every question needs: the file in lower case, and the titles roughly folded."""
        self._entries = bibliography.entries
        self._lowered = bibliography.data.lower()
        self._titles = _folded_titles(bibliography.peek("title"))

    def candidates(self, entry: Entry, near: float) -> list[LocatedEntry]:
        """The entries that ``duplicates`` could find to be the paper of ``entry``, and hardly any other.

        A long piece of an identifier stands literally wherever the identifier does, however LaTeX or an address
        escape the rest; titles are compared as they are written, with a margin for what LaTeX makes of them.
        """
        chosen: set[int] = set()
        for identifier in shared_identifiers(entry):
            piece = max(_LITERAL.findall(identifier.partition(":")[2].lower()), key=len, default="").encode()
            position = self._lowered.find(piece) if piece else -1
            while position >= 0:
                index = bisect_right(self._entries, position, key=lambda located: located.block.start) - 1
                chosen.add(max(index, 0))
                following = self._entries[index + 1].block.start if index + 1 < len(self._entries) else -1
                position = self._lowered.find(piece, following) if following >= 0 else -1  # one hit an entry is enough
        title = fold_title(latex.to_text(entry.get("title")))
        if title and self._entries:
            from rapidfuzz import fuzz, process

            cutoff = max(0.0, near - _MARGIN)
            hits = process.extract(title, self._titles, scorer=fuzz.ratio, score_cutoff=cutoff, limit=None)
            chosen |= {index for _, _, index in hits}
        return [self._entries[index] for index in sorted(chosen) if index < len(self._entries)]


_LITERAL = re.compile(r"[a-z0-9.:/-]+")
_LETTERS = bytes(byte if (chr(byte).isalnum() and byte < 128) or byte == 0 else ord(" ") for byte in range(256))


def _folded_titles(raw: list[bytes]) -> list[str]:
    """The titles roughly folded, all at once in C: ASCII ones by a table, the others one by one."""
    # Joined by NUL, which stays; what else is neither letter nor digit becomes a blank.
    joined = b"\0".join([title.replace(b"\0", b"") for title in raw] if b"\0" in b"".join(raw) else raw)
    texts = joined.lower().translate(_LETTERS, b"{}\\\"'`").decode().split("\0")
    for index, title in enumerate(raw):
        if not title.isascii():
            texts[index] = fold_title(latex.to_text(title.decode("utf-8", "replace")))
    return texts


class _Features:
    """What of an entry is compared, each worked out once."""

    __slots__ = ("authors", "entry", "title")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.title = fold_title(latex.to_text(entry.get("title")))
        self.authors: tuple[Name, ...] = tuple(read_names(entry.get("author") or entry.get("editor")))


def _share_author(first: _Features, second: _Features) -> bool:
    families = {fold(name.family) for name in second.authors}
    return any(
        same_person(one, other) for one in first.authors if fold(one.family) in families for other in second.authors
    )


def _near(papers: Sequence[_Features], near: float, new: int) -> Iterator[tuple[int, int]]:
    """Pairs of near titles: each new one against all where they are few, else neighbours in the sorted titles."""
    from rapidfuzz import fuzz

    titled = [index for index, paper in enumerate(papers) if paper.title]
    if (len(papers) - new) * len(papers) <= 1_000_000:
        pairs: Iterator[tuple[int, int]] = (
            (first, second) for second in titled if second >= new for first in titled if first < second
        )
    else:
        pairs = _neighbours(papers, titled, new)
    for first, second in pairs:
        if fuzz.ratio(papers[first].title, papers[second].title, score_cutoff=near):
            yield first, second


def _neighbours(papers: Sequence[_Features], titled: list[int], new: int) -> Iterator[tuple[int, int]]:
    for step in (1, -1):
        ordered = sorted(titled, key=lambda index: papers[index].title[::step])
        for place, index in enumerate(ordered):
            for other in ordered[place + 1 : place + 1 + _WINDOW]:
                first, second = sorted((index, other))
                if second >= new:
                    yield first, second
