"""What a rule is, and what all rules share."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from bot.bibliography.entry import Entry
from bot.bibliography.folding import fold
from bot.config import Config
from bot.problems import Severity

EVERY = ("every field",)
"""For ``Rule.fields``: each field that an entry has."""

TEXT = ("every text",)
"""For ``Rule.fields``: each field but addresses and identifiers."""

LATEX = ("every LaTeX field",)
"""For ``Rule.fields``: each field that LaTeX typesets, so none of the list's own, no address and no identifier."""

_SHOWN = 1000

NAMES = ("author", "editor")

# Fields that hold an identifier, taken letter by letter by styles and programs.
_VERBATIM = frozenset(
    ("doi", "isbn", "issn", "eprint", "archiveprefix", "primaryclass", "crossref", "url", "urldate", "timestamp")
)


class Context(msgspec.Struct, frozen=True):
    """What rules need to know besides the entry: the list's configuration, ready for asking, and the current year."""

    config: Config
    this_year: int
    plain: frozenset[str]
    known_fields: frozenset[str]
    venues: dict[str, tuple[str, str]]
    """The folded name of each known venue → the name as the list writes it, and its entry type."""
    vocabularies: dict[str, frozenset[str]]
    """Per field the known values, and the spellings that an alias settles."""

    @classmethod
    def of(cls, config: Config, this_year: int) -> "Context":
        """Work out what the rules ask for."""
        return cls(
            config,
            this_year,
            config.plain_fields(),
            frozenset(config.known_fields()),
            {
                fold(spelling): (name, venue.type)
                for name, venue in config.venues.items()
                for spelling in (name, *venue.names)
            },
            {
                field: frozenset((*known, *config.aliases.get(field, {})))
                for field, known in config.vocabularies.items()
            },
        )

    def applies(self, fields: tuple[str, ...], name: str) -> bool:
        """Whether a rule for ``EVERY``, ``TEXT`` or ``LATEX`` reads the field ``name``."""
        if fields is EVERY:
            return True
        if fields is TEXT:
            return name not in _VERBATIM and name not in self.config.addresses
        return name not in _VERBATIM and name not in self.plain


Found = tuple[str, str]
"""What was found, as a clause without a full stop, and what would pass."""

ValueCheck = Callable[[str, Context], Found | None]
EntryCheck = Callable[[Entry, Context], Iterable[tuple[str | None, Found]]]
ListCheck = Callable[[Sequence[Entry], Config], Iterable[tuple[int, str | None, Found]]]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is asked of an entry.

    ``sentence`` says what is asked and ``why`` why, both for people; ``passes`` and ``fails`` are small examples.
    A rule has one check: ``value`` looks at each value of ``fields`` that is not empty, ``entry`` at a whole entry
    (and names the field of what it finds), ``entries`` at all entries of a file together (and names the index of
    the one to change). A rule without a check is reported by the part of the bot that ``found_by`` names.
    An error of an ``acceptable`` rule stops a proposal no longer once somebody with write permission accepts it;
    of the others there would be nothing to write, or a file that BibTeX and its users could not read.
    """

    name: str
    severity: Severity
    acceptable: bool = False
    fields: tuple[str, ...] = ()
    sentence: str
    why: str
    passes: str
    fails: str
    value: ValueCheck | None = None
    entry: EntryCheck | None = None
    entries: ListCheck | None = None
    found_by: str = ""


def quoted(text: str, limit: int = 80) -> str:
    """A value for a message: in quotation marks, shortened, with what cannot be seen as ``U+200B``."""
    short = text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
    return f"“{short if short.isprintable() else ''.join(map(_visible, short))}”"


def mended(value: str, otherwise: str) -> str:
    """A whole value as it would pass, unless it is empty or too long to be shown: then ``otherwise``."""
    return value if value.strip() and len(value) <= _SHOWN else otherwise


def _visible(char: str) -> str:
    return char if char.isprintable() else f"U+{ord(char):04X}"


def nearest(text: str, known: Iterable[str], cutoff: int = 65) -> str | None:
    """The known text that is most like the given one, in any case and accents; ``None`` when none is near.

    An abbreviation is near what it stands for: ``MGR`` and ``music genre recognition``.
    """
    known = list(known)
    folded = fold(text[:200])
    initials = "".join(word[0] for word in folded.split())
    for candidate in known:
        if len(initials) > 1 and candidate.lower() == initials:
            return candidate
    from rapidfuzz import fuzz, process

    best = process.extractOne(folded, known, scorer=fuzz.ratio, processor=fold, score_cutoff=cutoff)
    return best[0] if best else None
