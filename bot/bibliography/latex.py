r"""LaTeX values as plain Unicode text.

What stands for a character is that character (``{\"u}`` → ``ü``), what only formats is gone (``\emph{x}`` → ``x``),
and a command that nobody here knows stays as it was typed, for a rule to report.
"""

import functools
import re
import unicodedata

# TeX's accents (The TeXbook, chapter 9; LaTeX2e for `\r` and `\k`) as combining characters, and the character
# that stands alone when there is no letter under the accent.
_ACCENTS = {
    "`": ("\u0300", "`"),
    "'": ("\u0301", "'"),
    "^": ("\u0302", "^"),
    "~": ("\u0303", "~"),
    "=": ("\u0304", "¯"),
    "u": ("\u0306", "˘"),
    ".": ("\u0307", "˙"),
    '"': ("\u0308", "¨"),
    "r": ("\u030a", "˚"),
    "H": ("\u030b", "˝"),
    "v": ("\u030c", "ˇ"),
    "d": ("\u0323", ""),
    "c": ("\u0327", "¸"),
    "k": ("\u0328", "˛"),
    "b": ("\u0331", ""),
    "t": ("\u0361", ""),
}
# Control symbols that are no accents: a character, a blank, or nothing to see.
_SYMBOLS = {
    **{char: char for char in "&%#_${}"},
    **dict.fromkeys((" ", "\t", "\n", ",", ";", ":", ">", "\\"), " "),
    **dict.fromkeys(("!", "/", "-", "@", "(", ")", "[", "]"), ""),
}
# Words that format, space or switch: their argument, if any, is the text.
_SILENT = frozenset(
    (
        *(
            "emph",
            "textit",
            "textbf",
            "texttt",
            "textsc",
            "textrm",
            "textsf",
            "textsl",
            "textup",
            "textmd",
            "textnormal",
        ),
        *("underline", "uline", "text", "mbox", "hbox", "ensuremath", "operatorname", "boldsymbol", "bm", "enquote"),
        *("mathrm", "mathbf", "mathit", "mathcal", "mathsf", "mathtt", "mathbb", "mathfrak", "mathscr"),
        *("em", "it", "bf", "tt", "sc", "rm", "sf", "sl", "itshape", "slshape", "scshape", "upshape", "bfseries"),
        *("mdseries", "ttfamily", "sffamily", "rmfamily", "normalfont", "textsuperscript", "textsubscript"),
        *("displaystyle", "textstyle", "small", "large", "Large", "footnotesize", "scriptsize", "tiny", "normalsize"),
        *("url", "path", "nolinkurl", "protect", "relax", "xspace", "left", "right", "limits", "nolimits"),
        *("allowbreak", "break", "nobreak", "noindent", "uppercase", "lowercase", "MakeUppercase", "MakeLowercase"),
    )
)
# What latexcodec's table lacks or spells over several lines, of the commands that titles and names use.
_WORDS = {
    **{word: word for word in ("TeX", "LaTeX", "BibTeX", "log", "exp", "max", "min", "sin", "cos", "lim")},
    **dict.fromkeys(("par", "newline", "linebreak", "quad", "qquad", "space", "nobreakspace", "thinspace"), " "),
    **dict(
        zip(("j", "ng", "NG", "dots", "textellipsis", "cdots", "slash", "euro", "texteuro"), "ȷŋŊ……⋯/€€", strict=True)
    ),
    **dict(zip(("textbackslash", "textunderscore", "textasciicircum", "textdollar", "textbar"), "\\_^$|", strict=True)),
    **dict(zip(("textquoteleft", "textquoteright", "textquotedblleft", "textquotedblright"), "‘’“”", strict=True)),
    **dict(zip(("lq", "rq", "flqq", "frqq", "grqq", "textquotesingle"), "‘’«»“'", strict=True)),
    **dict(zip(("lbrace", "rbrace", "vert", "mid", "textless", "textgreater"), "{}||<>", strict=True)),
    **dict(
        zip(("le", "ge", "to", "leftrightarrow", "circ", "star", "sharp", "flat", "natural"), "≤≥→↔∘⋆♯♭♮", strict=True)
    ),
}
_LIGATURES = {"--": "–", "---": "—", "``": "“", "''": "”", "~": " "}
# An accented letter or a letter that has a command, with the braces that belong to it.
_BASE = r"(?:\{(?:[A-Za-z]|\\[ij](?![A-Za-z]))\}|\\[ij](?![A-Za-z])|[A-Za-z])"
_ACCENTED = rf"\\(?:[`'^\"~=.][ ]?{_BASE}|[uvHckrdb](?:[ ]{_BASE}|(?=[{{\\]){_BASE}))"
_SPECIAL_LETTER = r"\\(?:ss|ae|AE|oe|OE|aa|AA|o|O|l|L|i|j|dh|DH|dj|DJ|ng|NG|th|TH)(?![A-Za-z])(?:\{\}|\\?[ ])?"
_LETTER = rf"\{{(?:{_ACCENTED}|{_SPECIAL_LETTER})\}}|{_ACCENTED}|{_SPECIAL_LETTER}"
_TOKEN = re.compile(
    r"""
      \\(?P<word>[A-Za-z]++)\*?\s*+
    | \\(?P<symbol>.?)
    | (?P<math>\$\$?)
    | (?P<brace>[{}])
    | (?P<ligature>---?|``|''|~)
    """,
    re.VERBOSE | re.DOTALL,
)
# An argument of which nothing is shown: the address of a link, BibTeX's own `\noopsort{…}`.
_HIDDEN = r"\\(?:href|noopsort|hspace|vspace|label|color|textcolor)\*?\s*+\{[^{}]*+\}"
_SPECIAL = re.compile(r"[\\{}~$]|--|``|''")


def to_text(value: str) -> str:
    """A LaTeX value as plain Unicode (NFC) on one line, without the braces that protect it.

    Every run of blanks is one space. As LaTeX prints them, ``~`` is a blank, ``--`` an en dash and ``---`` an em
    dash (in pages too: ``26--30`` → ``26–30``; a single hyphen stays), double single-quotes are typographic ones.
    Of mathematics the dollar signs and braces go. An unknown command stays as typed, see ``undecoded``. Any text
    is accepted; the time is linear in its length.
    """
    if not _SPECIAL.search(value):
        return " ".join(unicodedata.normalize("NFC", value).split())
    return _decode(value)[0]


def with_unicode_accents(value: str) -> str:
    r"""The value with accented and special letters in UTF-8 (``M{\"u}ller`` → ``Müller``), all other LaTeX as it is."""
    if "\\" not in value:
        return value
    parts = re.split(r"((?<!\\)\$)", value)  # text, a dollar sign, mathematics, where accents mean something else, …
    parts[::4] = [re.sub(_LETTER, _as_letter, part) for part in parts[::4]]
    return "".join(parts)


def _as_letter(match: re.Match[str]) -> str:
    letter = to_text(match[0])
    return letter if len(letter) <= 2 and letter.isalpha() else match[0]


def undecoded(value: str) -> tuple[str, ...]:
    r"""The commands of a LaTeX value that are not known (``\foo``), each once, in the order of the text."""
    return () if "\\" not in value else _decode(value)[1]


def _decode(value: str) -> tuple[str, tuple[str, ...]]:
    """The text, and the commands that are not known."""
    if "\\" in value:
        value = re.sub(_HIDDEN, "", value)
    parts: list[str] = []
    unknown: dict[str, None] = {}
    accents: list[tuple[str, str]] = []  # waiting for their letter
    in_math = False
    position = 0
    for match in _TOKEN.finditer(value):
        _add(value[position : match.start()], accents, parts)
        position = match.end()
        kind, name = match.lastgroup, match[match.lastgroup or 0]
        if kind == "brace":
            if name == "}":
                _stand_alone(accents, parts)
        elif kind == "math":
            in_math = not in_math
        elif kind == "ligature":
            _add(name if in_math and name != "~" else _LIGATURES[name], accents, parts)
        elif name in _ACCENTS and not in_math:
            accents.append(_ACCENTS[name])
        elif name not in _SILENT:
            shown = _word(name) if kind == "word" else _SYMBOLS.get(name)
            if shown is None:
                unknown["\\" + name] = None
                shown = match[0]
            elif in_math and match[0].endswith(" "):
                shown += " "  # LaTeX has its own blanks around relations
            _add(shown, accents, parts)
    _add(value[position:], accents, parts)
    _stand_alone(accents, parts)
    text = unicodedata.normalize("NFC", "".join(parts))
    return " ".join(text.split()), tuple(unknown)


def _add(text: str, accents: list[tuple[str, str]], parts: list[str]) -> None:
    """Add literal text; accents that wait go to its first character."""
    if accents:
        text = text.lstrip(" ")  # `\" o` is `\"o`
        if not text:
            return
        if text[0].isalpha():
            letter = {"ı": "i", "ȷ": "j"}.get(text[0], text[0])
            parts.append(letter + "".join(mark for mark, _ in reversed(accents)))
            text = text[1:]
            accents.clear()
        else:
            _stand_alone(accents, parts)
    parts.append(text)


def _stand_alone(accents: list[tuple[str, str]], parts: list[str]) -> None:
    parts.extend(char for _, char in accents)
    accents.clear()


@functools.lru_cache(maxsize=1024)
def _word(word: str) -> str | None:
    r"""What ``\word`` prints, or ``None``: this module's few words, else latexcodec's table of symbols."""
    if word in _WORDS:
        return _WORDS[word]
    import codecs

    import latexcodec  # noqa: F401  (registers the codec)

    for code in (f"\\{word}", f"$\\{word}$"):
        shown = codecs.decode(code.encode(), "latex")
        if "\\" not in shown:
            return shown
    return None
