"""Titles: there, readable, and in the case in which the list writes them."""

import re
from collections.abc import Iterator

from bot.bibliography.entry import Entry
from bot.bibliography.latex import to_text
from bot.bibliography.rules.rule import Context, Found, Rule, mended, quoted
from bot.problems import Severity

_LONGEST = 300
_WORD = r"[^\W\d_]+(?:['’][^\W\d_]+)*"
_CAPITALISED_LONG = re.compile(r"[A-Z][a-z]{3}")
_CAPITALISED = r"(?<![\w'’])[^\W\d_][^\W\d_A-Z]+(?![\w'’])"
# A title, and a subtitle after a colon, a dash or a full stop, begin with a capital.
_BEGINNING = re.compile(r"(?:\A|[:.?!–—]\s+|\s-{1,3}\s+|[(\[“\"'‘/])\W*\Z")
# Words that headline writers leave small as well.
_SMALL = frozenset(
    {"from", "into", "onto", "over", "than", "that", "through", "under", "upon", "using", "with", "without"}
)
# Fewer long words than this may all be names; more than this share of them in capitals is a habit.
_LONG_WORD = 4
_LONG_WORDS = 4
_BRACKET = r"[()\[\]]"
_ADDRESS = re.compile(r"https?://|www\.|\bdoi: ?10\.", re.IGNORECASE)
_ABBREVIATION = r"(?:\.\.|…|\b[^\W\d_]\.[^\W\d_]|\b(?:etc|vs|Inc|Ltd|Jr|No|al))\.\Z"
_PROTECTED = r"\{[^{}]*\}"


def _missing(entry: Entry, context: Context) -> Iterator[tuple[str, Found]]:
    del context
    title = entry.get("title")
    if not title.strip(" {}"):
        yield "title", ("the title is missing", "title = {Deep learning for music}")
    elif not any(map(str.isalnum, title)):
        yield "title", (f"{quoted(title)} holds no word", "the title as it stands on the paper")


def _capitals(value: str, context: Context) -> Found | None:
    del context
    text = to_text(value)
    if not text.isupper():
        return None
    words = re.findall(_WORD, text)
    if len(words) < 2 or sum(map(len, words)) < 10 or max(map(len, words)) < _LONG_WORD:
        return None
    return f"{quoted(text)} is all in capitals", "the first word and names with a capital, all else in small letters"


def _words(value: str, context: Context) -> Found | None:
    del context
    if len(_CAPITALISED_LONG.findall(value)) < _LONG_WORDS:
        return None
    text = to_text(value)
    long = capitals = 0
    for match in re.finditer(_CAPITALISED, text):
        word = match[0]
        if len(word) >= _LONG_WORD and word not in _SMALL and not _begins(text, match.start()):
            long += 1
            capitals += word[0].isupper()
    if capitals < _LONG_WORDS or capitals < long:
        return None
    fix = "the first word, names and abbreviations with a capital, all else in small letters"
    if not any(char in value for char in "{}\\$"):
        small = re.sub(_CAPITALISED, lambda word: _small(text, word), text)
        fix = mended(f"title = {{{small}}}, names with their capitals", fix)
    return f"{quoted(text)} has every word with a capital", fix


def _begins(text: str, place: int) -> bool:
    """Whether a title or subtitle begins at the place."""
    return _BEGINNING.search(text, max(0, place - 6), place) is not None


def _small(text: str, word: re.Match[str]) -> str:
    return word[0] if _begins(text, word.start()) else word[0].lower()


def _full_stop(value: str, context: Context) -> Found | None:
    del context
    text = value.rstrip("} ")
    if not text.endswith(".") or re.search(_ABBREVIATION, text[-8:]):
        return None
    return f"{quoted(text[-40:])} ends with a full stop", "the title without it; styles add their own"


def _double_braces(value: str, context: Context) -> Found | None:
    del context
    if " " not in value or not _in_one_pair(value):
        return None
    fix = mended(f"title = {{{value[1:-1]}}}, names in braces", "braces around names and abbreviations alone")
    return f"{quoted(value)} is in braces as a whole", fix


def _in_one_pair(value: str) -> bool:
    """Whether the brace at the start is closed by the one at the end."""
    if not value.startswith("{") or not value.endswith("}"):
        return False
    depth = 0
    for match in re.finditer(r"[{}]", value):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.end() == len(value)
    return False


def _protected(value: str, context: Context) -> Found | None:
    del context
    if "{" not in value or _in_one_pair(value):
        return None
    open_text = re.sub(_PROTECTED, " ", value)
    word = next((word for word in re.findall(_WORD, open_text) if sum(map(str.isupper, word)) > 1), None)
    if word is None or "\\" in value or not any(map(str.isupper, "".join(re.findall(_PROTECTED, value)))):
        return None
    return f"{quoted(word)} is not in braces, others are", f"{{{word}}}"


def _brackets(value: str, context: Context) -> Found | None:
    del context
    depth = 0
    for match in re.finditer(_BRACKET, value) if "(" in value or ")" in value or "[" in value or "]" in value else ():
        depth += 1 if match[0] in "([" else -1
        if depth < 0:
            break
    if depth == 0:
        return None
    missing = "nothing closes" if depth > 0 else "nothing opens"
    return f"{quoted(value)} has a bracket that {missing}", "brackets in pairs"


def _address(value: str, context: Context) -> Found | None:
    del context
    match = _ADDRESS.search(value)
    return (f"{quoted(value[match.start() :])} is an address", "the address in link, url or doi") if match else None


def _length(value: str, context: Context) -> Found | None:
    del context
    if len(value) <= _LONGEST:
        return None
    return f"{quoted(value)} has {len(value)} characters", "the title alone; a summary goes to abstract"


RULES = (
    Rule(
        name="title-missing",
        severity=Severity.ERROR,
        fields=("title",),
        sentence="An entry has a title, and the title holds a word.",
        why="It is what readers see and search.",
        passes="@misc{Huang2016,\n  title = {Deep learning for music}\n}",
        fails="@misc{Huang2016,\n  title = {???}\n}",
        entry=_missing,
    ),
    Rule(
        name="title-capitals",
        severity=Severity.WARNING,
        fields=("title",),
        sentence="A title is not in capitals only.",
        why="It shouts, and nobody can tell the abbreviations from the words.",
        passes="@misc{Huang2016,\n  title = {Deep learning for music}\n}",
        fails="@misc{Huang2016,\n  title = {DEEP LEARNING FOR MUSIC}\n}",
        value=_capitals,
    ),
    Rule(
        name="title-case",
        severity=Severity.WARNING,
        fields=("title",),
        sentence="A title has capitals where a sentence has them: its first word, names and abbreviations.",
        why="The list's titles look alike this way. Short titles, abbreviations and names are left alone.",
        passes="@misc{Duppada2017,\n  title = {Ensemble of deep neural networks for acoustic scene classification}\n}",
        fails="@misc{Duppada2017,\n  title = {Ensemble Of Deep Neural Networks For Acoustic Scene Classification}\n}",
        value=_words,
    ),
    Rule(
        name="title-full-stop",
        severity=Severity.WARNING,
        fields=("title",),
        sentence="A title does not end with a full stop.",
        why="Styles add one where it belongs.",
        passes="@misc{Huang2016,\n  title = {Deep learning for music}\n}",
        fails="@misc{Huang2016,\n  title = {Deep learning for music.}\n}",
        value=_full_stop,
    ),
    Rule(
        name="title-double-braces",
        severity=Severity.WARNING,
        fields=("title",),
        sentence="Braces in a title protect names and abbreviations, not the whole of it.",
        why="A style can then no longer set the title in its own way.",
        passes="@misc{Hadjeres2016,\n  title = {{DeepBach}: A steerable model for {Bach} chorales generation}\n}",
        fails="@misc{Hadjeres2016,\n  title = {{DeepBach: A steerable model for Bach chorales generation}}\n}",
        value=_double_braces,
    ),
    Rule(
        name="title-protected",
        severity=Severity.HINT,
        fields=("title",),
        sentence="A title that protects some of its capitals by braces protects all abbreviations.",
        why="BibTeX's styles write the others in small letters: “Lstm”.",
        passes="@misc{Hadjeres2017,\n  title = {{GLSR-VAE}: Regularization for {VAE} architectures}\n}",
        fails="@misc{Hadjeres2017,\n  title = {{GLSR-VAE}: Regularization for VAE architectures}\n}",
        value=_protected,
    ),
    Rule(
        name="title-brackets",
        severity=Severity.WARNING,
        fields=("title",),
        sentence="Brackets in a title stand in pairs.",
        why="One that is left over is the trace of a title cut off.",
        passes="@misc{Huang2016,\n  title = {Deep learning (for music)}\n}",
        fails="@misc{Huang2016,\n  title = {Deep learning (for music}\n}",
        value=_brackets,
    ),
    Rule(
        name="title-address",
        severity=Severity.WARNING,
        fields=("title",),
        sentence="A title holds no web address and no DOI.",
        why="They have fields of their own: link, url and doi.",
        passes="@misc{Huang2016,\n  title = {Deep learning for music},\n  link = {https://arxiv.org/abs/1606.04930}\n}",
        fails="@misc{Huang2016,\n  title = {Deep learning for music https://arxiv.org/abs/1606.04930}\n}",
        value=_address,
    ),
    Rule(
        name="title-length",
        severity=Severity.WARNING,
        fields=("title",),
        sentence=f"A title has at most {_LONGEST} characters.",
        why="What is longer is a summary, or a page copied by accident.",
        passes="@misc{Huang2016,\n  title = {Deep learning for music}\n}",
        fails="@misc{Huang2016,\n  title = {" + "Deep learning for music and more music. " * 8 + "}\n}",
        value=_length,
    ),
)
