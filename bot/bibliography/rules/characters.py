"""Characters that came in by accident, and LaTeX that does not hold together."""

import re
import unicodedata

from bot.bibliography.latex import undecoded
from bot.bibliography.rules.rule import EVERY, LATEX, TEXT, Context, Found, Rule, mended, quoted
from bot.problems import Severity

ORDINARY = re.compile(r"[ !'()*+,\-./0-9:;=?@A-Z\[\]a-zÀ-ÁÆ-ÖØ-áæ-öø-ÿ]*+")
"""Values in which no rule of this module finds anything: nearly all."""

# C0 and C1 controls without tab and line ends, line and paragraph separator, surrogates, noncharacters.
_CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
# Unicode Standard Annex 9 (marks of direction), zero-width characters, soft hyphen, tags.
_NEVER = "\xad\u180e\u200b\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f"
# Joiners and marks of direction that these scripts, and emoji, are written with.
_JOINERS = "\u061c\u200c-\u200f"
_JOINING = "[\u0590-\u109f\u1780-\u18aa\u2190-\u2bff\U0001f000-\U0001faff]"
# UTF-8 of Latin letters and of typographic marks, read as Windows-1252 or Latin-1.
_CONTINUATION = "\x80-\xbfŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™"
_MOJIBAKE = f"[ÂÃ][{_CONTINUATION}]|[ÄÅ][\x80-\xbfŒœŠšŸŽžƒˆ˜‚„†‡•…‰‹›€™]|â[€\x80][{_CONTINUATION}]"
_ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
_MARKUP = (
    r"(?i)</?(?:i|b|u|em|strong|sub|sup|scp|sc|tt|br|p|span|font|a|img|script|math|(?:mml|jats):[a-z]+)"
    r"(?:\s[^<>]*+)?/?>"
)
_BRACE = r"[{}]"
# What takes part in escaping: an address, an escaped character, mathematics, an entity, a bare special character.
_SPECIAL = (
    r"(?s)\\(?:url|href|path|nolinkurl)\s*+\{[^{}]*+\}|\\.?|(?P<math>\$)|&(?:#?[0-9A-Za-z]{2,32});|(?P<bare>[&%#_^])"
)
_REPLACEMENT = "\ufffd"


def _control(value: str, context: Context) -> Found | None:
    del context
    found = re.search(_CONTROL, value)
    if not found:
        return None
    return f"a control character (U+{ord(found[0]):04X}) in {quoted(value)}", _mended(re.sub(_CONTROL, "", value))


def _invisible(value: str, context: Context) -> Found | None:
    del context
    invisible = f"[{_NEVER}]" if re.search(_JOINING, value) else f"[{_NEVER}{_JOINERS}]"
    found = re.search(invisible, value)
    if not found:
        return None
    message = f"a character that nobody sees (U+{ord(found[0]):04X}) in {quoted(value)}"
    return message, _mended(re.sub(invisible, "", value))


def _mojibake(value: str, context: Context) -> Found | None:
    del context
    if _REPLACEMENT in value:
        return f"{quoted(value)} has lost a letter ({_REPLACEMENT})", "the letter that stood there"
    found = re.search(_MOJIBAKE, value)
    if not found:
        return None
    message = f"{quoted(found[0])} in {quoted(value)} is a letter read in the wrong encoding"
    return message, _mended(re.sub(_MOJIBAKE, _utf8, value))


def _utf8(match: re.Match[str]) -> str:
    raw = b"".join(char.encode("cp1252" if char > "\xff" else "latin-1") for char in match[0])
    return raw.decode()


def _entity(value: str, context: Context) -> Found | None:
    del context
    if "&" not in value or not re.search(_ENTITY, value):
        return None
    from html import unescape

    found = next((match[0] for match in re.finditer(_ENTITY, value) if unescape(match[0]) != match[0]), None)
    if found is None:
        return None
    better = re.sub(_ENTITY, lambda match: unescape(match[0]), value)
    return f"the HTML entity {quoted(found)} in {quoted(value)}", _mended(better)


def _markup(value: str, context: Context) -> Found | None:
    del context
    found = re.search(_MARKUP, value) if "<" in value else None
    if not found:
        return None
    return f"the HTML tag {quoted(found[0])} in {quoted(value)}", _mended(re.sub(_MARKUP, "", value))


def _composed(value: str, context: Context) -> Found | None:
    del context
    if value.isascii() or unicodedata.is_normalized("NFC", value):
        return None
    return f"{quoted(value)} has letters put together from letter and accent", _mended(
        unicodedata.normalize("NFC", value)
    )


def _braces(value: str, context: Context) -> Found | None:
    del context
    depth = 0
    for match in re.finditer(_BRACE, value):
        depth += 1 if match[0] == "{" else -1
        if depth < 0:
            return f"{quoted(value)} closes a brace that none opens", "each } with its {"
    return (f"{quoted(value)} opens a brace that none closes", "each { with its }") if depth else None


def _escape(value: str, context: Context) -> Found | None:
    del context
    in_math = False
    bare: dict[str, None] = {}
    parts = []
    position = 0
    for match in re.finditer(_SPECIAL, value):
        parts.append(value[position : match.start()])
        position = match.end()
        in_math ^= match["math"] is not None
        if match["bare"] and not (in_math and match[0] in "_^&"):
            bare[match[0]] = None
            parts.append(r"\^{}" if match[0] == "^" else f"\\{match[0]}")
        else:
            parts.append(match[0])
    if not bare:
        return None
    return f"a bare {' and '.join(bare)} in {quoted(value)}", _mended("".join(parts) + value[position:])


def _dollar(value: str, context: Context) -> Found | None:
    del context
    if "$" not in value or sum(match["math"] is not None for match in re.finditer(_SPECIAL, value)) % 2 == 0:
        return None
    return f"an odd number of $ in {quoted(value)}", r"$…$ around a formula, \$ for the sign"


def _latex(value: str, context: Context) -> Found | None:
    del context
    unknown = undecoded(value)
    if not unknown:
        return None
    shown = ", ".join(quoted(command, 30) for command in unknown[:5])
    return f"LaTeX that this list does not know: {shown}", "the letter or sign itself, in UTF-8"


def _mended(value: str) -> str:
    return mended(value, "the same without it")


RULES = (
    Rule(
        name="braces",
        severity=Severity.ERROR,
        fields=EVERY,
        sentence="The braces of a value balance, also those after a backslash.",
        why="BibTeX finds the end of a value by counting them; one too few swallows the entries that follow.",
        passes="@misc{Hadjeres2016,\n  title = {{DeepBach}: A steerable model}\n}",
        fails="@misc{Hadjeres2016,\n  title = {{DeepBach: A steerable model}\n}",
        value=_braces,
    ),
    Rule(
        name="characters-control",
        severity=Severity.ERROR,
        fields=EVERY,
        sentence="A value holds no control characters.",
        why="They come along when text is copied from a PDF, and break programs that read the file.",
        passes="@misc{Huang2016,\n  title = {Deep learning for music}\n}",
        fails="@misc{Huang2016,\n  title = {Deep learning\x02 for music}\n}",
        value=_control,
    ),
    Rule(
        name="characters-invisible",
        severity=Severity.WARNING,
        fields=EVERY,
        sentence="A value holds no zero-width character, soft hyphen or mark of direction without need.",
        why="Nobody sees them, but they keep equal names apart and can make a text look like another one.",
        passes="@misc{Huang2016,\n  title = {Deep learning for music}\n}",
        fails="@misc{Huang2016,\n  title = {Deep\u200b learning for music}\n}",
        value=_invisible,
    ),
    Rule(
        name="characters-mojibake",
        severity=Severity.WARNING,
        fields=EVERY,
        sentence="Letters with accents are what they seem: “é”, not “Ã©”.",
        why="The text was read in another encoding than it was written in.",
        passes="@misc{Bock2012,\n  author = {Böck, Sebastian}\n}",
        fails="@misc{Bock2012,\n  author = {BÃ¶ck, Sebastian}\n}",
        value=_mojibake,
    ),
    Rule(
        name="characters-entity",
        severity=Severity.WARNING,
        fields=TEXT,
        sentence="A value holds no HTML entities.",
        why="BibTeX is not HTML: “&amp;” would be printed letter by letter.",
        passes="@misc{Schluter2013,\n  author = {Schlüter, Jan}\n}",
        fails="@misc{Schluter2013,\n  author = {Schl&uuml;ter, Jan}\n}",
        value=_entity,
    ),
    Rule(
        name="characters-markup",
        severity=Severity.WARNING,
        fields=TEXT,
        sentence="A value holds no HTML tags.",
        why="They would be printed letter by letter.",
        passes="@misc{Pons2016,\n  title = {What is in a \\emph{CNN}?}\n}",
        fails="@misc{Pons2016,\n  title = {What is in a <i>CNN</i>?}\n}",
        value=_markup,
    ),
    Rule(
        name="characters-composed",
        severity=Severity.WARNING,
        fields=EVERY,
        sentence="A letter with its accent is one character (Unicode's form NFC).",
        why="Otherwise two names that look the same are not found together.",
        passes="@misc{Bock2012,\n  author = {B\u00f6ck, Sebastian}\n}",
        fails="@misc{Bock2012,\n  author = {Bo\u0308ck, Sebastian}\n}",
        value=_composed,
    ),
    Rule(
        name="latex-escape",
        severity=Severity.WARNING,
        fields=LATEX,
        sentence="Outside formulas, & % # _ and ^ have a backslash before them. The list's own fields are plain text.",
        why="LaTeX gives them a meaning of their own, and stops or loses text.",
        passes="@misc{Humphrey2012,\n  title = {Moving beyond feature design \\& more}\n}",
        fails="@misc{Humphrey2012,\n  title = {Moving beyond feature design & more}\n}",
        value=_escape,
    ),
    Rule(
        name="latex-dollar",
        severity=Severity.WARNING,
        fields=LATEX,
        sentence="Dollar signs stand in pairs around a formula.",
        why="LaTeX would set all that follows as a formula.",
        passes="@misc{Phan2016,\n  title = {Convolutional networks with $k$-max pooling}\n}",
        fails="@misc{Phan2016,\n  title = {Convolutional networks with $k-max pooling}\n}",
        value=_dollar,
    ),
    Rule(
        name="latex-unknown",
        severity=Severity.WARNING,
        fields=LATEX,
        sentence="A LaTeX command is one that the bot can turn into text.",
        why="It would stand in the list's pages as it is typed.",
        passes='@misc{Bock2012,\n  author = {B{\\"o}ck, Sebastian}\n}',
        fails="@misc{Bock2012,\n  author = {B\\oumlaut{}ck, Sebastian}\n}",
        value=_latex,
    ),
)
