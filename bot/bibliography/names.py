"""People and organisations as BibTeX names them, read with pybtex."""

import functools
import re

import msgspec

from bot.bibliography import folding, latex

_LONGEST = 500  # characters; longer ones are no names, and pybtex's time grows with the square of a name's braces
_AND = re.compile(r"[{}]|(?:^|(?<=\s))and(?=\s|$)", re.IGNORECASE)
_OTHER_AND = re.compile(r"[{}]|[Aa][Nn][Dd]")  # what needs a closer look, also `and` in Sandler
_TYPED_SEPARATOR = r"(?i)[{}\n;]|(?:^|(?<=\s))and(?=\s|$)"
_BRACE_OR_COMMA = re.compile(r"[{},]")
_PLAIN = re.compile(r"[^{}\\~,]*+,[^{}\\~,]*+")
_ENTITY_AT_END = r"&#?[0-9A-Za-z]{1,31}\Z"
_ET_AL = re.compile(r"(?:^|(?<=[\s,.{}]))et\.?\s*+al(?:ii\b|\.|\b)", re.IGNORECASE)
_SUFFIX = r"[js]r\.?|[ivx]+|ph\.? ?d\.?|m\.? ?d\.?"
_MAIL = re.compile(r"(?<![^\s{}<>(),;])[^\s@{}<>(),;]++@[^\s@{}<>(),;]++")
_GOOD = re.compile(
    r"[^\W\d_][^\W\d_.' -]*+(?:[.' -]++[^\W\d_.' -]++)*+, ?[^\W\d_][^\W\d_]*+(?:[.' -]++[^\W\d_.' -]++)*+\.?"
)
_INITIALS = r"(?:[^\W\d_]\.?[ -]?){1,4}"
_LATEX_SPECIAL = re.compile(r"[\\{}&%#$_^~]")


class Name(msgspec.Struct, frozen=True):
    """A person or an organisation in plain Unicode, particles with the family (``van den Oord``).

    ``is_organisation`` says that braces held the name as a whole, so that it has no parts.
    """

    family: str
    given: str = ""
    suffix: str = ""
    is_organisation: bool = False

    def __str__(self) -> str:
        """``Family, Given``, ``Family, Jr, Given`` or ``Family``, as BibTeX writes a name."""
        if self.suffix:
            return f"{self.family}, {self.suffix}, {self.given}".rstrip()
        return f"{self.family}, {self.given}" if self.given else self.family


class NameFault(msgspec.Struct, frozen=True):
    """What is wrong with one name of a list.

    ``kind`` is one of ``and`` (nothing before or after an ``and``), ``empty`` (a name or its family missing),
    ``commas`` (more than two), ``trailing-comma``, ``braces``, ``long``, ``et-al``, ``mail``, ``digits`` and
    ``joined`` (names joined by ``&`` or a comma). ``position`` counts the names from 1, ``found`` is the name as
    typed, ``fix`` what would pass in its place, or empty where nobody can tell.
    """

    kind: str
    position: int
    found: str
    fix: str = ""


def read_names(value: str) -> tuple[Name, ...]:
    """The names of a BibTeX value (``Family, Given and Family, Given``); malformed ones are left out.

    ``and others`` is BibTeX's own and no name.
    """
    names = (_read(part) for part in _split(value) if part != "others" and len(part) <= _LONGEST)
    return tuple(name for name in names if name is not None)


def _split(value: str) -> list[str]:
    """The value cut at each word ``and`` outside braces, as BibTeX cuts it; empty parts are kept."""
    if not value or value.isspace():
        return []
    parts = value.split(" and ")
    if not _OTHER_AND.search("\n".join(parts)):
        return [part.strip() for part in parts]
    parts = []
    depth = start = 0
    for match in _AND.finditer(value):
        mark = match[0]
        if mark == "{":
            depth += 1
        elif mark == "}":
            depth = max(depth - 1, 0)
        elif depth == 0:
            parts.append(value[start : match.start()].strip())
            start = match.end()
    parts.append(value[start:].strip())
    return parts


def _commas(name: str) -> list[int] | None:
    """Where a name has commas outside braces; ``None`` when its braces do not balance."""
    depth = 0
    places = []
    for match in _BRACE_OR_COMMA.finditer(name):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if depth < 0:
                return None
        elif depth == 0:
            places.append(match.start())
    return None if depth else places


def _in_braces(name: str) -> bool:
    r"""Whether one pair of braces holds the whole name; ``{\"O}`` is a letter and no organisation."""
    if not name.startswith("{") or (name.startswith("{\\") and " " not in name):
        return False
    depth = 0
    for match in _BRACE_OR_COMMA.finditer(name):
        depth += {"{": 1, "}": -1, ",": 0}[match[0]]
        if depth == 0:
            return match.end() == len(name)
    return False


@functools.lru_cache(maxsize=1 << 16)
def _read(name: str) -> Name | None:
    """One name, or ``None`` when it cannot be read; the plain forms at once, all others by pybtex."""
    if _PLAIN.fullmatch(name):
        family, _, given = name.partition(",")
        family = latex.to_text(family)
        return Name(family, latex.to_text(given)) if family else None
    if _in_braces(name):
        text = latex.to_text(name)
        return Name(text, is_organisation=True) if text else None
    if not _LATEX_SPECIAL.search(name) and "," not in name:
        words = name.split()
        if words and all(word[0].isupper() for word in words):
            return Name(latex.to_text(words[-1]), latex.to_text(" ".join(words[:-1])))
    commas = _commas(name)
    return None if commas is None or len(commas) > 2 else _read_with_pybtex(name)


def _read_with_pybtex(name: str) -> Name | None:
    from pybtex.database import Person
    from pybtex.exceptions import PybtexError

    try:
        person = Person(name)
    except PybtexError:
        return None
    family = latex.to_text(" ".join(person.prelast_names + person.last_names))
    given = latex.to_text(" ".join(person.first_names + person.middle_names))
    return Name(family, given, latex.to_text(" ".join(person.lineage_names))) if family else None


def name_faults(value: str) -> tuple[NameFault, ...]:
    """What is wrong with the names of a BibTeX value, at most one fault each; an empty value has none."""
    parts = _split(value)
    two_people = _two_people(parts)
    faults = []
    for position, part in enumerate(parts, 1):
        if part:
            kind, fix = _fault(part)
        else:
            kind, fix = ("and" if position in (1, len(parts)) else "empty"), ""
        if not kind and part == two_people:
            kind, fix = "joined", part.replace(",", " and", 1)
        if kind:
            faults.append(NameFault(kind, position, part, fix))
    return tuple(faults)


def _fault(name: str) -> tuple[str, str]:
    """The kind of fault of one name and what would pass; two empty texts for a good name."""
    if len(name) > _LONGEST:
        return "long", ""
    if _GOOD.fullmatch(name) and " al" not in name:
        return "", ""
    commas = _commas(name)
    if commas is None:
        return "braces", ""
    if _in_braces(name):
        return ("", "") if _read(name) else ("empty", "")
    if _ET_AL.search(name):
        rest = _ET_AL.sub("", name).strip(" ,;")
        return "et-al", f"{rest} and others" if rest else "others"
    if _MAIL.search(name):
        return "mail", re.sub(r"<\s*>|\(\s*\)", "", _MAIL.sub("", name)).strip(" ,")
    if "&" in name and "{" not in name and len(people := re.split(r"\s\\?&\s", name)) > 1:
        return "joined", " and ".join(people) if all("," in person for person in people) else ""
    if len(commas) > 2:
        return "commas", _with_and([piece.strip() for piece in name.split(",")])
    pieces = [
        name[start:end].strip() for start, end in zip([0, *(c + 1 for c in commas)], [*commas, None], strict=True)
    ]
    if not pieces[-1] and any(pieces):
        return "trailing-comma", name.rstrip(" ,")
    if not all(pieces) or _read(name) is None or not any(char.isalpha() for char in name):
        return "empty", ""
    if len(pieces) == 3 and not re.fullmatch(_SUFFIX, pieces[1], re.IGNORECASE) and " " in pieces[1]:
        return "joined", _with_and(pieces)
    if any(char.isdigit() for char in name):
        return "digits", re.sub(r"[\d*†‡§]+", "", name).strip()
    return "", ""


def _with_and(pieces: list[str]) -> str:
    """Names that were joined by commas (``A B, C D, …`` or ``Family, A., Family, B., …``) joined by ``and``."""
    if all(" " in piece for piece in pieces):
        return " and ".join(pieces)
    if len(pieces) % 2 == 0 and all(re.fullmatch(_INITIALS, piece) for piece in pieces[1::2]):
        return " and ".join(f"{family}, {given}" for family, given in zip(pieces[::2], pieces[1::2], strict=True))
    return ""


def _two_people(parts: list[str]) -> str | None:
    """The one name with a comma, if it reads ``Given Family, Given Family`` and no other is written family first."""
    with_comma = [part for part in parts if "," in part]
    if len(with_comma) != 1 or not all(" " in part or part == "others" for part in parts):
        return None
    first, _, second = with_comma[0].partition(",")
    if any(len(word.strip(".")) < 2 for word in second.split()) or not first[:1].isupper():
        return None  # `Family Family, Given G.`, or a particle
    letters = (first + second).replace(" ", "").replace("-", "").replace(".", "").isalpha()
    return with_comma[0] if letters and min(len(first.split()), len(second.split())) > 1 else None


def to_bibtex_names(text: str) -> str:
    """What a person typed as authors, as BibTeX names in UTF-8: ``Family, Given and Family, Given``.

    The names may be joined by ``and``, stand one a line, or be joined by ``;``. LaTeX accents are decoded, a name in
    braces stays whole. A name that is not good stays as it was typed, so that ``name_faults`` reports it.
    """
    return " and ".join(_to_bibtex(part) for part in _split_typed(text))


def _split_typed(text: str) -> list[str]:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    pieces = [""]
    marks = ["\n"]  # the separator before each piece
    depth = start = 0
    for match in re.finditer(_TYPED_SEPARATOR, text):
        mark = match[0]
        if mark == "{":
            depth += 1
        elif mark == "}":
            depth = max(depth - 1, 0)
        elif depth == 0 and not (
            mark == ";" and re.search(_ENTITY_AT_END, text[max(0, match.start() - 34) : match.start()])
        ):
            pieces[-1] = text[start : match.start()]
            pieces.append("")
            marks.append(mark)
            start = match.end()
    pieces[-1] = text[start:]
    marks.append("\n")
    # A line that ends with its separator leaves nothing between the two; only between two `and`s a name is missing.
    return [
        " ".join(piece.split())
        for piece, before, after in zip(pieces, marks, marks[1:], strict=False)
        if piece.strip() or not {before, after} & {"\n", ";"}
    ]


def _to_bibtex(name: str) -> str:
    if _fault(name)[0] or name == "others":
        return name
    read = _read(name)
    if read is None or _LATEX_SPECIAL.search(str(read)):
        return name
    if read.is_organisation:
        return f"{{{read.family}}}"
    written = str(read)
    return written if _read(written) == read else name


def family_for_key(name: Name) -> str:
    """The name's part of a citation key: ``Böck`` → ``Bock``, ``van den Oord`` → ``VandenOord``, ``Google Brain`` →
    ``GoogleBrain``. Empty when no letter or digit is left.
    """
    letters = re.sub(r"[^0-9A-Za-z]+", "", folding.to_ascii(name.family))
    return letters[:1].upper() + letters[1:]


def same_person(a: Name, b: Name) -> bool:
    """Whether two names can be one person's: the same family name, and given names that do not contradict.

    Initials stand for any name that they begin (``Bob`` ~ ``B.`` ~ ``Bob L.``, ``JC`` ~ ``Jan C.``); a missing
    given name contradicts none.
    """
    return folding.fold(a.family) == folding.fold(b.family) and given_names_agree(given_words(a), given_words(b))


def given_names_agree(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Whether the ``given_words`` of two names do not contradict each other, word by word from the first."""
    return all(one == two or (1 in (len(one), len(two)) and one[0] == two[0]) for one, two in zip(a, b, strict=False))


def given_words(name: Name) -> tuple[str, ...]:
    """The given names, folded, initials as single letters: ``Jean-Pierre`` → jean, pierre; ``JC`` → j, c."""
    words: list[str] = []
    for word in re.split(r"[^0-9A-Za-z']+", folding.to_ascii(name.given)):
        if 2 <= len(word) <= 3 and word.isupper():
            words += word.lower()
        elif word:
            words.append(word.lower())
    return tuple(words)
