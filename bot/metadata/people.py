"""Names as scholarly sources deliver them as the value of BibTeX's ``author``: ``Family, Given and Family, Given``.

What is written is read back with ``names.read_names`` before it is used; what BibTeX would read as somebody else
stands in braces as a whole.
"""

import functools
import re
from collections.abc import Iterable

from bot.bibliography.names import Name, name_faults, read_names
from bot.metadata import markup

_LONGEST = 200  # characters
_OTHERS = "others"
_AND_OTHERS = f" and {_OTHERS}"

_NO_NAME = re.compile(r"[\\{}~^]")
_MAIL = re.compile(r"[^\s@<>(),;]++@[^\s@<>(),;]++")
# Marks of footnotes; superscript digits are what `markup` makes of `<sup>`.
_FOOTNOTE = re.compile(r"[\d¹²³⁰⁴-⁹₀-₉*∗⋆†‡§¶‖#✉]+")
_AFFILIATION = re.compile(r"\([^()]*+\)|\[[^\[\]]*+\]|<[^<>]*+>")
_OPEN_AFFILIATION = re.compile(r"[(\[<].*")
_COMMAS = re.compile(r"\s*+,[\s,]*+")
_EDGES = " ,;:)]>"
_ET_AL = re.compile(r"(?i)(?:^|[\s,]+)(?:and\s+)?(?:et\.?\s?al(?:ii\b|\.|\b).*|others\Z)")
_TITLES = re.compile(r"(?:(?:Dr|Prof|Professor|Mr|Mrs|Ms)(?:\.\s*|\s+))+(?=\S)")
_DEGREE = re.compile(r"Ph\.? ?D\.?|M\.? ?Sc\.?|D\.? ?Phil\.?")
_SUFFIXES = {"Jr": "Jr.", "JR": "Jr.", "jr": "Jr.", "Sr": "Sr.", "SR": "Sr.", "sr": "Sr."}
_SUFFIXES |= {numeral: numeral for numeral in ("II", "III", "IV")}

_PARTICLES = frozenset(
    (
        *("af", "av", "da", "das", "de", "degli", "dei", "del", "della", "den", "der", "di", "do", "dos", "du", "la"),
        *("le", "ten", "ter", "van", "vom", "von", "zu", "zum", "zur"),
    )
)
_GROUPS = frozenset(
    (
        *("academy", "agency", "alliance", "association", "authors", "center", "centre", "collaboration", "college"),
        *("commission", "committee", "community", "company", "conference", "consortium", "contributors", "corporation"),
        *("council", "department", "developers", "federation", "foundation", "group", "initiative", "institut"),
        *("institute", "investigators", "laboratories", "laboratory", "labs", "members", "ministry", "network"),
        *("organisation", "organization", "participants", "partnership", "programme", "project", "school", "society"),
        *("taskforce", "team", "union", "universität", "université", "universidad", "university"),
    )
)
_COMPANIES = frozenset(
    {"deepmind", "facebook", "google", "ibm", "ircam", "microsoft", "nvidia", "openai", "spotify", "yahoo", "yamaha"}
)
_LEGAL_FORM = re.compile(r"[ ,](?:Inc|Ltd|LLC|GmbH|Corp)\.?\Z")
_OF_A_GROUP = re.compile(r" (?:of|for|für|and|&) ")
# Scripts in which the family stands first, Japanese and Chinese signs and Korean syllables.
_FAMILY_FIRST = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_BRACED_WORD = re.compile(r"(?i)(?:^|\s)and(?:\s|$)|[,&]")

_LETTERS = re.compile(r"[^\W\d_]+")
_VOWEL = re.compile("[AEIOUYÀ-ÆÈ-ÏÒ-ÖØ-Ý]")
_INITIALS = 3  # letters: as many capitals may be initials (`JC`)


def person(family: str, given: str = "", suffix: str = "", particle: str = "") -> str:
    """A person whose names are known apart: ``van den Oord, Aäron``, ``King, Jr., Martin Luther``, ``Madonna``.

    Marks of footnotes, affiliations in brackets, titles before and degrees behind are dropped. A family name without
    a given one is an organisation if it says so. Empty where no name is left.
    """
    family, given = _person_text(f"{particle} {family}"), _person_text(given)
    if family and given:
        family, given = _ET_AL.sub("", family), _ET_AL.sub("", given)
    if not family or not given:
        return _half(family or given, suffix)
    families, behind_family = _split(family)
    givens, behind_given = _split(_TITLES.sub("", given, count=1))
    words = " ".join(families).split()
    lineage = _suffix(suffix) or behind_family or behind_given or _last_suffix(words)
    return _written(" ".join(words), " ".join(givens), lineage)


@functools.lru_cache(maxsize=2048)  # each source tells the same names
def whole(name: str) -> str:
    """A name as one text, ``Given Family`` or ``Family, Given``, as ``Family, Given``; organisations in braces.

    Small words before the last one are particles, as for BibTeX. A name in Chinese, Japanese or Korean signs stays as
    it is. ``et al.`` is ``others``, at the end of a name ``and others``. Empty where no name is left.
    """
    text = _person_text(name)
    rest = _ET_AL.sub("", text).strip(_EDGES)
    if not rest:
        return _OTHERS if text else ""
    written = organisation(_ET_AL.sub("", _plain(name))) if _is_group(rest) else _whole(rest)
    return written + _AND_OTHERS if written and rest != text else written


def organisation(name: str) -> str:
    """An organisation in braces, so that BibTeX takes it for one name."""
    return _in_braces(_plain(name).strip(" ,;:"))


def authors(names: Iterable[str]) -> str:
    """The value of ``author`` for names made here; empty ones and repetitions of the one before are left out.

    ``others``, wherever it stands, is said once at the end.
    """
    listed: list[str] = []
    has_others = False
    for name in names:
        has_others |= name == _OTHERS or name.endswith(_AND_OTHERS)
        name = "" if name == _OTHERS else name.removesuffix(_AND_OTHERS)
        if name and (not listed or name != listed[-1]):
            listed.append(name)
    value = _joined(listed, has_others)
    for fault in name_faults(value):
        if fault.kind == "joined":  # a family of two words and a given name of two, alone, may be two people
            family, comma, given = fault.found.partition(",")
            listed[fault.position - 1] = f"{{{family}}}{comma}{given}"
            value = _joined(listed, has_others)
    return value


def _joined(listed: list[str], has_others: bool) -> str:
    return " and ".join([*listed, _OTHERS] if listed and has_others else listed)


def _plain(name: str) -> str:
    """A name without markup and addresses, and without what no name holds and BibTeX would misread."""
    if len(name) > 10 * _LONGEST:
        return ""
    text = " ".join(_NO_NAME.sub(" ", _MAIL.sub("", markup.to_plain(name))).split())
    return text if len(text) <= _LONGEST else ""


def _person_text(name: str) -> str:
    """A person's name without footnotes and affiliations."""
    text = _plain(name)
    for _ in range(2):
        text = _AFFILIATION.sub(" ", text)
    text = _FOOTNOTE.sub("", _OPEN_AFFILIATION.sub("", text))
    return " ".join(_COMMAS.sub(", ", text).split()).strip(_EDGES)


def _is_group(text: str) -> bool:
    """Whether a name says that it is an organisation's; before a comma, one word alone says nothing."""
    first, comma, _ = text.partition(",")
    if _LEGAL_FORM.search(text) or _OF_A_GROUP.search(first):
        return True
    words = [word.strip(".:").lower() for word in first.split()]
    return (len(words) > 1 or not comma) and not (_GROUPS | _COMPANIES).isdisjoint(words)


def _half(name: str, suffix: str) -> str:
    """A name that came without its other half."""
    if not name:
        return ""
    if "," in name or _is_group(name) or _ET_AL.search(name):
        return whole(name)
    return _written(name, "", _suffix(suffix))


def _whole(text: str) -> str:
    text = _TITLES.sub("", text, count=1)
    pieces, suffix = _split(text)
    if len(pieces) > 2:
        return _in_braces(text)
    if len(pieces) == 2:
        return _written(pieces[0], _TITLES.sub("", pieces[1], count=1), suffix)
    words = pieces[0].split()
    suffix = suffix or _last_suffix(words)
    if len(words) > 1 and _FAMILY_FIRST.search(text):
        return _in_braces(text)
    if len(words) > 1 and words[0] not in _PARTICLES and all(word[0].islower() for word in words):
        return _written(words[-1], " ".join(words[:-1]), suffix)  # `danah boyd`: no particle, but two small names
    read = read_names(markup.escape(" ".join(words)))
    return _written(read[0].family, read[0].given, suffix) if len(read) == 1 else _in_braces(text)


def _split(text: str) -> tuple[list[str], str]:
    """The parts between the commas without suffix, degrees and affiliations, and the suffix."""
    first, *others = (piece.strip() for piece in text.split(","))
    suffixes = [found for piece in others if (found := _suffix(piece))]
    rest = [piece for piece in others if piece and not (_suffix(piece) or _DEGREE.fullmatch(piece) or _is_group(piece))]
    return [first, *rest], suffixes[0] if suffixes else ""


def _suffix(text: str) -> str:
    return _SUFFIXES.get(text.strip(" .,"), "")


def _last_suffix(words: list[str]) -> str:
    """The suffix at the end of a name's words, which it is taken from."""
    return _suffix(words.pop()) if len(words) > 1 and _suffix(words[-1]) else ""


def _written(family: str, given: str, suffix: str) -> str:
    """The name as BibTeX has it, such that it is read back as this name."""
    words = given.split()
    while len(words) > 1 and words[-1] in _PARTICLES:
        family = f"{words.pop()} {family}"
    family, given = _calm(family, " ".join(words))
    if not given:
        return _alone(f"{family} {suffix}".strip())
    written = str(Name(_part(family), _part(given), suffix))
    if _is_read_as(written, Name(family, given, suffix)):
        return written
    return _in_braces(" ".join(part for part in (given, family, suffix) if part))


def _alone(name: str) -> str:
    """A name that is one part."""
    written = _part(name)
    return written if _is_read_as(written, Name(name)) else _in_braces(name)


def _in_braces(name: str) -> str:
    written = f"{{{markup.escape(name)}}}"
    return written if name and _is_read_as(written, Name(name, is_organisation=True)) else ""


def _part(text: str) -> str:
    """A family or given name; in braces if it holds what joins or divides names."""
    escaped = markup.escape(text)
    return f"{{{escaped}}}" if _BRACED_WORD.search(text) else escaped


def _is_read_as(written: str, name: Name) -> bool:
    # Next to another name: alone, `Family Family, Given Given` may be two people, which `authors` sees to.
    return read_names(written) == (name,) and not name_faults(f"{written} and Knuth, Donald")


def _calm(family: str, given: str) -> tuple[str, str]:
    """The names without capitals throughout: ``MÜLLER`` → ``Müller``, ``LI`` → ``Li``; initials stay.

    A name alone stays, it may be an abbreviation.
    """
    if not given:
        return family, given
    is_shouted = family.isupper() and "." not in family and len(family) > 1
    words = [_capitalised(word) if _is_shouted(word, is_shouted) else word for word in given.split(" ")]
    return _capitalised(family) if is_shouted else family, " ".join(words)


def _is_shouted(word: str, in_capitals: bool) -> bool:
    """Whether a given name is in capitals and no initials; three with a vowel, if all is in capitals."""
    if not word.isupper() or "." in word:
        return False
    longest = max(map(len, _LETTERS.findall(word)), default=0)
    return longest > _INITIALS or (in_capitals and longest == _INITIALS and _VOWEL.search(word) is not None)


def _capitalised(name: str) -> str:
    return _LETTERS.sub(lambda match: match[0].capitalize(), name)
