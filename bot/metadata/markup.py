r"""Text as scholarly sources deliver it (HTML, JATS, MathML, entities, LaTeX, line breaks) as clean BibTeX values.

All of it is read in two steps: markup becomes LaTeX, and LaTeX one line of plain text in which formulas may stand as
they are. What is written comes from that line alone, so that nothing of a source gets into a value unread.
"""

import functools
import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from bot.bibliography import latex

_LONGEST = 20_000  # characters; a title with much MathML has some thousands
_PASSES = 10  # double-encoded text has two layers or three
_GROWN = 5 * _LONGEST  # what it may become on the way

# Formulas stand in a line as noncharacters, which Unicode keeps for a program's own use, so at most 32 of them.
_MARKS = "\ufdd0-\ufdef"
_MARK = re.compile(f"[{_MARKS}]")
_FIRST_MARK, _MOST_MARKS = 0xFDD0, 32

# Controls, surrogates, noncharacters, soft hyphen, zero-width characters, marks of direction, tags; what
# `rules/characters.py` reports.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"
)
# Joiners, and the scripts and emoji that are written with them.
_JOINER = re.compile("[\u061c\u200c-\u200f]")
_JOINING = re.compile("[\u0590-\u109f\u1780-\u18aa\u2190-\u2bff\U0001f000-\U0001faff]")

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_TAG = re.compile(
    r"<!\[CDATA\[|\]\]>|<[!?][^<>]*+>"
    r"|<(?P<end>/?)(?P<prefix>[A-Za-z][\w.-]*+:)?(?P<name>[A-Za-z][\w.-]*+)(?P<attributes>\s[^<>]*+)?/?>"
)
# HTML and JATS (jats.nlm.nih.gov, elements in titles) by what they do to text: nothing, a blank around, not shown.
_INLINE = frozenset(
    (
        *("a", "b", "big", "bold", "code", "del", "em", "ext-link", "fixed-case", "font", "i", "img", "ins", "italic"),
        *(
            "kbd",
            "mark",
            "monospace",
            "named-content",
            "overline",
            "q",
            "roman",
            "s",
            "sans-serif",
            "sc",
            "scp",
            "small",
        ),
        *("span", "strike", "strong", "styled-content", "tt", "u", "underline", "xref"),
        *("maction", "menclose", "merror", "mpadded", "mphantom", "mstyle", "mtable", "mtd", "mtr", "none"),
    )
)
_BLOCKS = frozenset(
    (
        *("abstract", "article-title", "blockquote", "body", "br", "break", "div", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("head", "hr", "html", "label", "li", "list", "list-item", "mspace", "ol", "p", "pre", "sec", "subtitle"),
        *("title", "trans-title", "ul"),
    )
)
_HIDDEN = frozenset({"annotation-xml", "fn", "script", "style"})
_SCRIPTS = frozenset({"sub", "sup"})
# MathML 3 (www.w3.org/TR/MathML3): tokens, and elements whose children have places.
_TOKENS = frozenset({"mi", "mn", "mo", "ms", "mtext"})
_PLACED = frozenset(
    {"mfenced", "mfrac", "mover", "mroot", "msqrt", "msub", "msubsup", "msup", "munder", "munderover", "mrow", "math"}
)
_FORMULAS = frozenset({"alternatives", "disp-formula", "inline-formula", "math", "semantics"})
_TEX = frozenset({"annotation", "tex-math"})
_OPEN = _HIDDEN | _SCRIPTS | _TOKENS | _PLACED | _FORMULAS | _TEX
_BEFORE_SCRIPT = re.compile(r"\s*\n\s*\Z")
_SMALL_SIGNS = {
    "sub": str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎"),
    "sup": str.maketrans("0123456789+-−=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾"),
}
_TEX_DOCUMENT = re.compile(r"(?s)\\begin\{document\}(.*)\\end\{document\}")

# Pandoc's rule (Pandoc User's Guide, extension tex_math_dollars): no blank after the opening dollar and none before
# the closing one, which no digit follows; all other dollars are money.
_FORMULA = re.compile(
    r"(?s)\\.|(?P<dollars>\$\$?)(?=\S)(?P<formula>(?:[^$\\]|\\.){1,300}+)(?<=\S)(?P=dollars)(?!\d)|\$"
)
# Known to `latex`, but they load, hide or place something, or break a formula.
_NOT_IN_FORMULA = re.compile(
    r"\\(?:href|url|path|nolinkurl|label|color|textcolor|noopsort|[hv]space|par|newline|linebreak|noindent"
    r"|[a-z]*break|\\|MakeUppercase|MakeLowercase|uppercase|lowercase)(?![A-Za-z])|\^\^|--|``|[%#&]|[_^]\Z"
)
_FRACTION = re.compile(r"\\[dt]?frac\s*+\{([^{}]*+)\}\s*+\{([^{}]*+)\}")
_ROOT = re.compile(r"\\sqrt(?![A-Za-z])")
_COMMAND = re.compile(r"(?s)\\([A-Za-z]++|.?)")
_LIGATURE = re.compile("---?|``|''")
# Most texts: without anything that markup, entities, LaTeX or Unicode's composition could mean.
_SIMPLE = re.compile(r"(?:[A-Za-z0-9 ,.:;()?!/+]|-(?!-)|'(?!'))*+")
_LIGATURES = {"--": "–", "---": "—", "``": "“", "''": "”"}
_ESCAPES = str.maketrans(
    {char: f"\\{char}" for char in "&%#_$"}
    # BibTeX counts braces, also those after a backslash (btxdoc.pdf, section 4): a sign that is none.
    | {"~": r"\~{}", "^": r"\^{}", "\\": r"\textbackslash{}", "{": r"$\lbrace$", "}": r"$\rbrace$"}
)

_QUOTES = {'"': '"', "“": "”", "„": "“”", "«": "»", "»": "«", "‘": "’", "‚": "‘’", "'": "'"}
_KEPT_STOP = re.compile(r"(?:\.\.\.|…\.|\b[^\W\d_]\.[^\W\d_]\.|\b(?:etc|vs|Inc|Ltd|Jr|No|al)\.)\Z")
# As `rules/title.py` has it: below this, capitals may be abbreviations.
_SHOUTED_WORDS, _SHOUTED_LETTERS, _SHOUTED_WORD = 2, 10, 4
_CAPITALS = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]+")
# What is written without vowels is spoken letter by letter; and Roman numerals.
_ABBREVIATION = re.compile(r"[B-DF-HJ-NP-TV-XZ]{2,6}|[IVX]+")
_SENTENCE = re.compile(r"(?:\A|[:.?!] )\W*\Z")
# A part of a word: letters and digits, their marks, and signs between them (`Bach's`, `R&D`, `2.0`, `U.S.`).
_PART = (
    r"[^\W_](?:[\w\u0300-\u036f]|['’.&+](?=[^\W_]))*+"
    r"(?:(?<=\.[^\W_])\.|\.+\Z)?"
)
_WORD = re.compile(rf"{_PART}(?:[-‐‑–/]{_PART})*+|[{_MARKS}]")
_WORD_PART = re.compile(_PART)
# What writers of headlines leave small: these words, and others that are shorter.
_LONG_WORD = 4
_SMALL_WORDS = frozenset(
    (
        *("a", "an", "and", "as", "at", "but", "by", "for", "from", "in", "into", "nor", "of", "on", "onto", "or"),
        *("over", "per", "than", "the", "through", "to", "under", "upon", "using", "via", "vs", "with", "without"),
    )
)

# A page as journals number them: 12, e1003, L12, 12:3, S-4, xii.
_PAGE = r"(?:[A-Za-z]{1,3}[.:-]?)?[0-9]++(?:[:.][0-9]++)*+[A-Za-z]?\+?|[ivxlcdm]++|[IVXLCDM]++"
_PAGES = re.compile(rf"(?P<first>{_PAGE})(?: ?--? ?(?P<last>{_PAGE}))?")
_BEFORE_PAGES = re.compile(r"(?i)[ .-]*+(?:(?:pages?|pp?)[ .][ .-]*+)*+")
_DASH = re.compile("-{2,}|[‒–—―−]+")
_NUMBER_BEFORE = re.compile(r"(?<![0-9A-Za-z:.])[0-9]+\Z")
_NUMBER_AFTER = re.compile(r"[0-9]+(?=\+?\Z)")
_HYPHENS = str.maketrans("‐‑", "--")
_LONGEST_PAGES = 100
_YEAR = re.compile(r"\s*+([0-9]{4})(?![0-9])")
_FIRST_YEAR, _LAST_YEAR = 1800, 2099


@functools.lru_cache(maxsize=1024)  # each source tells the same title
def to_title(text: str) -> str:
    """A title as a BibTeX value: UTF-8 on one line, LaTeX's special characters escaped, capitals in braces.

    Markup, a full stop at the end and quotation marks around the whole go; what is all in capitals gets the case of a
    sentence. Harmless formulas stay. In braces stands what a style would write in small letters (btxhak.pdf, section
    4, ``change.case$`` with ``t``: all but the first letter, and the first one after a colon and a blank): words with
    a capital inside, several, or digits next to one, and where the title has the case of a sentence, each capitalised
    word. Empty for a text without a word, or one far too long for a title.
    """
    line, formulas = _read(text)
    if _MARK.fullmatch(line):  # a formula alone would be in braces as a whole
        line, formulas = latex.to_text(formulas[line]), {}
    line = _without_shouting(_without_dress(line))
    value = _apart("".join(_protected(line, formulas)))
    return value if any(map(str.isalnum, latex.to_text(value))) else ""


def to_value(text: str) -> str:
    """The name of a venue or publisher, and the like, as a BibTeX value: like a title, but every word as it is."""
    line, formulas = _read(text)
    return _apart("".join(formulas.get(part) or escape(part) for part in re.split(f"([{_MARKS}])", line)))


def to_plain(text: str) -> str:
    """The text without any markup: plain Unicode (NFC) on one line; empty for one far too long."""
    return latex.to_text(to_value(text))


def escape(text: str) -> str:
    """Plain text as LaTeX prints it, for ``latex.to_text`` to undo.

    Only double hyphens and quotes are LaTeX's in it; the plain text made here has none but the primes of a formula.
    """
    return _apart(text.translate(_ESCAPES))


def to_pages(text: str) -> str:
    """Pages as BibTeX has them: ``26--30``, ``e12``, ``1--3, 7``; empty for what is no page or cannot be right.

    A shortened last page is completed (``1123-45`` → ``1123--1145``), a range of one page is that page.
    """
    plain = _DASH.sub("--", to_plain(text[: _LONGEST_PAGES + 1]).translate(_HYPHENS))
    if len(plain) > _LONGEST_PAGES:
        return ""
    parts = [_range(_BEFORE_PAGES.sub("", part, count=1).rstrip(" -.")) for part in re.split("[,;]", plain)]
    return ", ".join(parts) if all(parts) else ""


def to_year(value: object) -> str:
    """The year of a number, a date as text (``2017-08-07``) or date parts (``[[2017, 8]]``) as four digits.

    Empty for anything else, and for a year before 1800 or after 2099.
    """
    for _ in range(2):
        if isinstance(value, list | tuple) and value:
            value = value[0]
    match = _YEAR.match(str(value)) if isinstance(value, int | str) else None
    return match[1] if match and _FIRST_YEAR <= int(match[1]) <= _LAST_YEAR else ""


def _read(text: str) -> tuple[str, dict[str, str]]:
    """The text as one line of plain Unicode, and the formulas that its marks stand for (``$k$``)."""
    if len(text) > _LONGEST:
        return "", {}
    if _SIMPLE.fullmatch(text):
        return " ".join(text.split()), {}
    source = _without_markup(_MARK.sub("", text))
    formulas: dict[str, str] = {}
    source = _FORMULA.sub(lambda match: _set_aside(match, formulas), source)
    unknown = frozenset(latex.undecoded(source))
    if unknown:
        source = _COMMAND.sub(lambda match: match[1] if match[0] in unknown else match[0], source)
    line = _without_markup(latex.to_text(source))  # what LaTeX had hidden: `\textless i\textgreater`
    line = _LIGATURE.sub(lambda match: _LIGATURES[match[0]], line)
    return " ".join(line.split()), formulas


def _apart(value: str) -> str:
    """The value with a formula right behind another one so that their dollars are not read as a pair."""
    return value.replace("$$", "${}$")


def _set_aside(match: re.Match[str], formulas: dict[str, str]) -> str:
    """The mark for a harmless formula, and what is to be read as text for all else."""
    if match["formula"] is None:
        return r"\$" if match[0] == "$" else match[0]
    formula = " ".join(match["formula"].split())
    if len(formulas) < _MOST_MARKS and _is_harmless(formula):
        mark = chr(_FIRST_MARK + len(formulas))
        formulas[mark] = f"${formula}$"
        return mark
    return _ROOT.sub("√", _FRACTION.sub(r"\1/\2", formula))


def _is_harmless(formula: str) -> bool:
    """Whether LaTeX and BibTeX can take the formula as it is, and ``latex.to_text`` knows all of it."""
    depth = 0
    for brace in re.findall("[{}]", formula):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    # A word of capitals beside inner braces looks unprotected to the rule `title-protected`.
    words = _LETTERS.findall(formula) if "{" in formula and "\\" not in formula else []
    return (
        depth == 0
        and not _NOT_IN_FORMULA.search(formula)
        and not latex.undecoded(f"${formula}$")
        and latex.to_text(f"${formula}$") != ""
        and not any(sum(map(str.isupper, word)) > 1 for word in words)
    )


def _without_markup(text: str) -> str:
    """The text with entities decoded, elements as LaTeX, and no character that nobody sees; empty if it never ends."""
    for _ in range(_PASSES):
        before = text
        text = _UNSEEN.sub("", text)
        if not _JOINING.search(text):
            text = _JOINER.sub("", text)
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
        if "<" in text or "]]>" in text:
            text = _without_tags(text)
        text = unicodedata.normalize("NFC", text)
        if text == before:
            return text
        if len(text) > _GROWN:
            break
    return ""


class _Element:
    """An element that is open: what it shows so far, and LaTeX that stands for it."""

    __slots__ = ("is_hidden", "name", "parts", "tex")

    def __init__(self, name: str, is_hidden: bool = False) -> None:
        self.name = name
        self.is_hidden = is_hidden
        self.parts: list[str] = []
        self.tex = ""

    def add(self, text: str) -> None:
        """Add text; between the elements of a formula, blanks mean nothing."""
        if text and not (self.name in _PLACED and text.isspace()):
            self.parts.append(text)


def _without_tags(text: str) -> str:
    """The text without its elements, formulas as text. A ``<`` that begins no element that is known stays."""
    stack = [_Element("")]
    is_open: Counter[str] = Counter()
    position = 0
    for match in _TAG.finditer(text):
        stack[-1].add(text[position : match.start()])
        position = match.end()
        name = (match["name"] or "").lower()
        if name in _OPEN:
            if match["end"]:
                while is_open[name]:
                    is_open[stack[-1].name] -= 1
                    closed = stack.pop()
                    _close(closed, stack)
                    if closed.name == name:
                        break
            elif name in _TOKENS and any(is_open[token] for token in _TOKENS):
                continue  # holds text alone (MathML 3, section 3.2); escaped once more at each level, it would explode
            elif not match[0].endswith("/>"):
                if name in _SCRIPTS and stack[-1].parts:
                    stack[-1].parts[-1] = _BEFORE_SCRIPT.sub("", stack[-1].parts[-1])
                no_tex = name == "annotation" and "tex" not in (match["attributes"] or "").lower()
                stack.append(_Element(name, no_tex or name in _HIDDEN))
                is_open[name] += 1
        elif name in _BLOCKS:
            stack[-1].add(" ")
        elif name and name not in _INLINE and not match["prefix"]:
            stack[-1].add(match[0])
    stack[-1].add(text[position:])
    while len(stack) > 1:
        _close(stack.pop(), stack)
    return "".join(stack[0].parts)


def _close(element: _Element, stack: list[_Element]) -> None:
    """Give what an element shows to the one that it stands in, LaTeX to its formula."""
    if element.is_hidden:
        return
    if element.name in _TEX:
        tex = "".join(element.parts)
        document = _TEX_DOCUMENT.search(tex)
        tex = (document[1] if document else tex).strip().strip("$").strip()
        formula = next((one for one in reversed(stack) if one.name in _FORMULAS), None)
        if formula is None:
            stack[-1].add(f"${tex}$")
        else:
            formula.tex = formula.tex or tex
    elif element.name in _FORMULAS:
        shown = "".join(element.parts).strip()
        stack[-1].add(shown or (f"${element.tex}$" if element.tex else ""))
    else:
        stack[-1].parts.append(_shown(element))


def _shown(element: _Element) -> str:
    """What a script or a piece of MathML shows."""
    name, text = element.name, "".join(element.parts)
    if name in _TOKENS:
        return escape(text if name == "mtext" else text.strip())
    if name in _SCRIPTS:
        return _small(name, text.strip()) or text.strip()
    first, second, third = (*element.parts, "", "", "")[:3]
    match name:
        case "mfenced":
            return f"({', '.join(element.parts)})"
        case "mfrac":
            return f"{first}/{second}"
        case "msqrt":
            return f"√{text}"
        case "mroot":
            return f"{_small('sup', second) or second}√{first}"
        case "msub" | "munder":
            return first + _script("sub", second)
        case "msup":
            return first + _script("sup", second)
        case "msubsup" | "munderover":
            return first + _script("sub", second) + _script("sup", third)
        case "mover":
            return first
    return text


def _script(place: str, text: str) -> str:
    return _small(place, text) or (escape({"sub": "_", "sup": "^"}[place]) + text if text else "")


def _small(place: str, text: str) -> str:
    """The text in Unicode's small digits and signs, or empty where it has others."""
    table = _SMALL_SIGNS[place]
    return text.translate(table) if all(ord(char) in table for char in text) else ""


def _without_dress(line: str) -> str:
    """A title without a full stop at its end and quotation marks around it."""
    while line:
        before = line
        if line.endswith(".") and not _KEPT_STOP.search(line, max(0, len(line) - 8)):
            line = line[:-1].rstrip()
        elif len(line) > 1 and line[-1] in _QUOTES.get(line[0], ""):
            inner = line[1:-1]
            if line[0] not in inner and line[-1] not in inner:
                line = inner.strip()
        if line == before:
            break
    return line


def _without_shouting(line: str) -> str:
    """A title that is all in capitals in the case of a sentence; numbers and what has no vowels stay."""
    words = _LETTERS.findall(line)
    if (
        not line.isupper()
        or len(words) < _SHOUTED_WORDS
        or sum(map(len, words)) < _SHOUTED_LETTERS
        or max(map(len, words)) < _SHOUTED_WORD
    ):
        return line

    def calm(match: re.Match[str]) -> str:
        word = match[0]
        if not word.isalpha() or _ABBREVIATION.fullmatch(word):
            return word
        begins = _SENTENCE.search(line, max(0, match.start() - 6), match.start())
        return word.capitalize() if begins else word.lower()

    return _CAPITALS.sub(calm, line)


class _Word:
    """A word of a title where it stands.

    ``is_kept``: BibTeX keeps its first letter; ``begins``: it is the first of the title or subtitle.
    """

    __slots__ = ("begins", "end", "is_kept", "parts", "start")

    def __init__(self, match: re.Match[str], is_kept: bool, begins: bool) -> None:
        self.start, self.end = match.span()
        self.parts = _WORD_PART.findall(match[0])
        self.is_kept = is_kept
        self.begins = begins


def _words(line: str) -> Iterator[_Word]:
    """The words of a title, in order; a formula is one without parts."""
    end = 0
    for match in _WORD.finditer(line):
        start = match.start()
        is_kept = start == 0 or line.startswith(": ", start - 2)
        yield _Word(match, is_kept, end == 0 or ": " in line[end:start])
        end = match.end()


def _protected(line: str, formulas: dict[str, str]) -> Iterator[str]:
    """The pieces of a title's value: capitals that a style would lose in braces, specials escaped."""
    words = list(_words(line))
    is_headline = _is_headline(words)
    end = 0
    for word in words:
        yield escape(line[end : word.start])
        end = word.end
        text = line[word.start : word.end]
        if text in formulas:
            formula = formulas[text]
            yield f"{{{formula}}}" if any(map(str.isupper, formula)) else formula
            continue
        needs = [
            _needs_braces(part, is_headline, word.is_kept and not place, word.begins and not place)
            for place, part in enumerate(word.parts)
        ]
        if sum(needs) > 1:
            yield f"{{{escape(text)}}}"
        elif any(needs):
            part = word.parts[needs.index(True)]
            before = text[: sum(map(len, word.parts[: needs.index(True)])) + needs.index(True)]
            yield f"{escape(before)}{{{escape(part)}}}{escape(text[len(before) + len(part) :])}"
        else:
            yield escape(text)
    yield escape(line[end:])


def _is_special(part: str) -> bool:
    """Whether a word has a capital inside, several, or digits next to one."""
    capitals = sum(map(str.isupper, part))
    return capitals > 1 or (capitals == 1 and (not part[0].isupper() or any(map(str.isnumeric, part))))


def _needs_braces(part: str, is_headline: bool, is_kept: bool, begins: bool) -> bool:
    if _is_special(part):
        return True
    if not part[0].isupper() or is_kept:
        return False
    return begins or not is_headline or (len(part) == 1 and part != "A")


def _is_headline(words: list[_Word]) -> bool:
    """Whether a title has its words in capitals (``A Model of Music``): more than two for each long small one.

    One word alone tells nothing next to others that are always small (``Learning from Bach``): it may be a name. In
    doubt it is a sentence, since braces too many lose nothing.
    """
    capitals = small = always_small = 0
    for word in words:
        if not word.parts or word.begins or _is_special(word.parts[0]):
            continue
        first = word.parts[0]
        if first[0].isupper() and len(first) > 1:
            capitals += first.lower() not in _SMALL_WORDS
        elif len(first) < _LONG_WORD or first in _SMALL_WORDS:
            always_small += 1
        else:
            small += first[0].islower()
    return capitals > 2 * small and (capitals > 1 or not always_small)


def _range(text: str) -> str:
    match = _PAGES.fullmatch(text)
    if not match or not text.strip("0- "):
        return ""
    first, last = match["first"], match["last"]
    if last is None or first == last:
        return str(first)
    from_, to = _NUMBER_BEFORE.search(first), _NUMBER_AFTER.match(last)
    if from_ and to and int(to[0]) <= int(from_[0]):
        whole = first[: -len(to[0])] + last
        if not first.isdigit() or len(to[0]) >= len(first) or int(whole.rstrip("+")) <= int(first):
            return ""
        last = whole
    return f"{first}--{last}"
