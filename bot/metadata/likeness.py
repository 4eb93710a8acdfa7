"""How alike two descriptions of works are: their titles and their authors, as a librarian compares them."""

import functools
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from bot.bibliography.folding import fold, fold_title, strip_accents
from bot.bibliography.latex import to_text
from bot.bibliography.names import Name, given_names_agree, given_words

_SMALL = frozenset(
    {*("a", "an", "the", "of", "for", "in", "on", "at", "to", "by", "via", "with", "and", "from", "using", "as"), "is"}
)
_NUMERAL = re.compile(r"[ivx]+|first|second|third")
# Words that make a work another one than the work of the same title without them.
_OTHER_VERSION = re.compile(
    r"\b(?:extended|journal version|supplement\w*|erratum|errata|corrigend\w+|corrections?|correcting|retract\w+"
    r"|comments? on|reply|repl(?:y|ies) to|response to|rejoinder|thesis|dissertation|data ?sets?|corpus|poster|demo"
    r"|abstract|part|revisited|volume|review of|appendix|slides|late breaking|follow ?up|addendum|preface|editorial"
    r"|front matter|back matter|contents|foreword|index|non|not|without|beyond|against"
    r"|special (?:issue|session)|proposal|tutorial|version|software|code|toolbox|talk|keynote|workshop|guest)\b"
)
_FIGURES = {word: str(number) for number, word in enumerate(("one", "two", "three", "four", "five", "six"), 1)}
_FIGURES |= {"ii": "2", "iii": "3", "iv": "4"}
# What one word may be spelt like: colour, color; modelling, modeling; analyse, analyze; centre, center; model, models.
_SPELLINGS = (
    (re.compile(r"(?<=[iy])s(?=(?:e|ed|er|ers|es|ing|able|ations?)$)"), "z"),
    (re.compile(r"our"), "or"),
    (re.compile(r"[ao]e"), "e"),
    (re.compile(r"ogue(?=s?$)"), "og"),
    (re.compile(r"re(?=s?$)"), "er"),
    (re.compile(r"(.)\1"), r"\1"),
    (re.compile(r"(?<=[a-z]{3})s$"), ""),
)
# What makes a word another one: monophonic, polyphonic; supervised, unsupervised; online, offline.
_BEFORE = frozenset(("un", "semi", "self", "weakly", "mono", "poly", "multi", "single", "cross"))
_PREFIX = re.compile(
    r"^(?:non|un|semi|self|weakly|mono|poly|homo|hetero|multi|single|off|on|pre|post|intra|inter|in|a)"
)
# A translation in brackets, or what a programme adds.
_ADDED = re.compile(
    r"(?<=\w) (?:\[[^\[\] ]+(?: [^\[\] ]+){2,}\]|[(\[]invited(?: paper| talk)?[)\]])\s*\Z", re.IGNORECASE
)
_UMLAUTS = re.compile(r"([aou])e(?!u)")
_PARTICLES = frozenset(
    (
        *(
            "van",
            "von",
            "der",
            "den",
            "de",
            "di",
            "da",
            "del",
            "della",
            "la",
            "le",
            "el",
            "al",
            "bin",
            "ibn",
            "ter",
            "ten",
        ),
        *("dos", "das", "du", "des", "zu", "zur", "af", "av", "st", "y", "e"),
    )
)
_TYPO = 75
_LONGEST = 400  # characters of a title that are compared
_MOST_NAMES = 1000  # of those that share a name, each is compared with each


class Titles(StrEnum):
    """How two titles compare."""

    SAME = "same"
    """Up to case, punctuation, small words and what the spellings of English differ in."""
    SLIP = "slip"
    """Up to a word that is spelt nearly alike: a slip, or another word (*bass*, *brass*; *phase*, *phrase*)."""
    SUBTITLE = "subtitle"
    """One is the other with a subtitle more or less."""
    NEAR = "near"
    """The same, but for a word or two more or less."""
    OTHER = "other"
    VERSION = "version"
    """One says that it is another work about the same: an extended version, a correction, a second part."""


class Authors(StrEnum):
    """How two lists of authors compare, the first with the second."""

    SAME = "same"
    ADDED = "added"
    """All of the first, and more."""
    REMOVED = "removed"
    """Fewer of the first, and nobody else."""
    SOME = "some"
    """At least half of the fewer."""
    FEW = "few"
    NONE = "none"
    UNKNOWN = "unknown"
    """One of the lists is empty."""


class Likeness(msgspec.Struct, frozen=True):
    """How two works compare; ``percent`` is the similarity of their titles, ``shared`` how many authors they share."""

    titles: Titles
    authors: Authors
    percent: float
    shared: int


def compare_titles(title: str, other: str) -> tuple[Titles, float]:
    """How two titles compare, and their similarity in percent."""
    from rapidfuzz import fuzz

    one, two = _comparable(title), _comparable(other)
    if not one or not two:
        return Titles.OTHER, 0.0
    if one.replace(" ", "") == two.replace(" ", ""):
        return Titles.SAME, 100.0
    percent = fuzz.ratio(one, two)
    changes = [
        (mine, other)
        for mine, other in _changed(one.split(), two.split())
        if mine.replace(" ", "") != other.replace(" ", "")
    ]
    said = [set(_OTHER_VERSION.findall(" ".join(words))) for words in zip(*changes, strict=True)] if changes else []
    if any(said) and said[0] != said[-1]:
        return Titles.VERSION, percent
    if any(_numerals(mine) != _numerals(other) for mine, other in changes):
        return (Titles.VERSION if percent >= _NEAR else Titles.OTHER), percent
    told = [pair for pair in changes if not _means_the_same(*pair)]
    if not told:
        return Titles.SAME, percent
    if any(_is_opposite(*pair) for pair in told):
        return Titles.OTHER, percent
    if all(_is_nearly_alike(*pair) for pair in told):
        return Titles.SLIP, percent
    if _has_subtitle(title, two) or _has_subtitle(other, one):
        return Titles.SUBTITLE, percent
    # A word more or less is how titles are revised; another word in its place is how the next paper is called.
    is_near = percent >= _NEAR and not any(mine and other for mine, other in told)
    return (Titles.NEAR if is_near else Titles.OTHER), percent


_NEAR = 88


def compare_authors(names: Sequence[Name], others: Sequence[Name]) -> tuple[Authors, int]:
    """How the second list of authors compares with the first, and how many people are in both."""
    if not names or not others:
        return Authors.UNKNOWN, 0
    if all(name.is_organisation for name in names) != all(name.is_organisation for name in others):
        return Authors.UNKNOWN, 0  # a group on the one side, its members on the other
    if len(names) > _MOST_NAMES < len(others):
        names, others = names[:_MOST_NAMES], others[:_MOST_NAMES]
    left: dict[str, list[Name]] = {}
    for other in others:
        for key in _keys(other):
            left.setdefault(key, []).append(other)
    shared, taken = 0, set[int]()
    for name in names:
        found = next(
            (
                other
                for key in _keys(name)
                for other in left.get(key, ())
                if id(other) not in taken and _same_author(name, other)
            ),
            None,
        )
        if found is not None:
            taken.add(id(found))
            shared += 1
    shared += sum(_is_spelt_otherwise(*pair) for pair in zip(names, others, strict=False)) if shared < len(names) else 0
    if shared == 0:
        return Authors.NONE, 0
    if shared == len(names):
        return (Authors.SAME if shared == len(others) else Authors.ADDED), shared
    if shared == len(others):
        return Authors.REMOVED, shared
    return (Authors.SOME if 2 * shared >= min(len(names), len(others)) else Authors.FEW), shared


def _comparable(title: str) -> str:
    """The title's words, numbers in figures, without what was added in brackets."""
    words = fold_title(_ADDED.sub("", to_text(title)).replace("&", " and "))[:_LONGEST].split()
    return " ".join(_FIGURES.get(word, word) for word in words)


def _numerals(words: str) -> list[str]:
    """The figures, wherever they stand, and the numerals among the words."""
    return re.findall(r"\d+", words) + [word for word in words.split() if _NUMERAL.fullmatch(word)]


def _changed(one: list[str], two: list[str]) -> Iterator[tuple[str, str]]:
    """Where two lists of words differ: what stands in the one, and what in the other."""
    from difflib import SequenceMatcher

    for tag, begin, end, other_begin, other_end in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if tag != "equal":
            yield " ".join(one[begin:end]), " ".join(two[other_begin:other_end])


def _means_the_same(one: str, two: str) -> bool:
    """Whether a difference is one of small words, or of the spellings of English."""
    words = [_content(side) for side in (one, two)]
    return "".join(words[0]) == "".join(words[1]) or len({"".join(map(_spelling, side)) for side in words}) == 1


def _is_nearly_alike(one: str, two: str) -> bool:
    """Whether a difference may be a slip in a word."""
    from rapidfuzz import fuzz

    joined = ["".join(_content(side)) for side in (one, two)]
    return min(map(len, joined)) > 3 and fuzz.ratio(*joined) >= _TYPO and joined[0][0] == joined[1][0]


def _is_opposite(one: str, two: str) -> bool:
    """Whether a word means another thing by what stands before it."""
    if not one or not two:
        return (one or two) in _BEFORE
    rest = [_PREFIX.sub("", side.replace(" ", "")) for side in (one, two)]
    return rest[0] == rest[1] and len(rest[0]) > 3


def _content(words: str) -> list[str]:
    return [word for word in words.split() if word not in _SMALL]


@functools.lru_cache(maxsize=1 << 12)
def _spelling(word: str) -> str:
    for pattern, instead in _SPELLINGS:
        word = pattern.sub(instead, word)
    return word


def _has_subtitle(title: str, short: str) -> bool:
    """Whether ``short``, which is folded, is ``title`` up to a mark, or from one on."""
    parts = [_comparable(part) for part in re.split(r"[:.?!]\s+|\s[-–—]+\s", to_text(title))]
    return any(short in (" ".join(parts[:at]), " ".join(parts[at:])) for at in range(1, len(parts)))


@functools.lru_cache(maxsize=1 << 12)
def _keys(name: Name) -> tuple[str, ...]:
    """Under what a name may be found: its family name, the last part of it, and its given name for swapped ones."""
    family = _family(name)
    words = family.split()
    swapped = _family(Name(name.given)) if name.given and " " not in name.given.strip() else ""
    return tuple(dict.fromkeys(filter(None, ("".join(words), words[-1] if words else "", swapped, *words[:1]))))


@functools.lru_cache(maxsize=1 << 12)
def _family(name: Name) -> str:
    words = re.findall(r"[a-z0-9]+", _UMLAUTS.sub(r"\1", fold(name.family)))
    return " ".join([word for word in words if word not in _PARTICLES] or words)


def _same_author(one: Name, two: Name) -> bool:
    mine, theirs = _family(one).split(), _family(two).split()
    same_family = "".join(mine) == "".join(theirs) or set(mine[:1] + mine[-1:]) & set(theirs[:1] + theirs[-1:])
    if same_family and given_names_agree(_first_given(one), _first_given(two)):
        return True
    swapped = fold(one.family) == fold(two.given) and fold(one.given) == fold(two.family)
    return swapped and bool(one.given and two.given)


def _first_given(name: Name) -> tuple[str, ...]:
    words = [_UMLAUTS.sub(r"\1", word) for word in given_words(name) if word not in _PARTICLES]
    return tuple(words[:1])


def _is_spelt_otherwise(one: Name, two: Name) -> bool:
    """Whether two names in the same place are one in two spellings, as transliterations and slips make them."""
    from rapidfuzz import fuzz

    if _same_author(one, two):
        return False
    given = [word[:1] for name in (one, two) for word in _first_given(name)]
    other_script = any(not _is_latin(name.family) for name in (one, two))
    alike = fuzz.ratio(_family(one), _family(two)) >= (_TRANSLITERATED if other_script else _SLIP)
    return alike and len(given) == 2 and (given[0] == given[1] or other_script)


_TRANSLITERATED, _SLIP = 70, 88


def _is_latin(text: str) -> bool:
    return strip_accents(text).isascii()
