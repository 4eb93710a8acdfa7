"""Text made comparable: transliterated to ASCII, lower case, or without accents."""

import re
import unicodedata

_BLANKS = re.compile(r"[ \t]{2,}|[\t-\r\x1c-\x1f]|^ | $")
_NOT_WORD = re.compile(r"[^0-9a-z]+")
_COMBINING = re.compile("[\u0300-\u036f]+")
# Latin letters that a decomposition leaves whole (ø, ł, ß, æ …), and the dashes and quotes of typesetters.
_LATIN = re.compile("[\u00c0-\u024f\u1e00-\u1eff\u2010-\u201f]+")


def to_ascii(text: str) -> str:
    """The text transliterated to ASCII, its case kept: ``Böck`` → ``Bock``, ``Łukasz`` → ``Lukasz``.

    Composed and decomposed accents (NFC and NFD) give the same; what has no transliteration is dropped.
    """
    if text.isascii():
        return text
    from anyascii import anyascii

    return anyascii(unicodedata.normalize("NFC", text))


def strip_accents(text: str) -> str:
    """The text without the accents of its letters, case and other scripts kept: the identity of a name.

    ``Schlüter`` and ``Schluter`` are one; ``王`` and ``望``, which a transliteration would make one, are not.
    """
    if text.isascii():
        return text
    base = unicodedata.normalize("NFC", _COMBINING.sub("", unicodedata.normalize("NFD", text)))
    return _LATIN.sub(lambda match: to_ascii(match[0]), base)


def fold(text: str) -> str:
    """The text for comparing: ASCII, lower case, each run of blanks one space, none at the ends."""
    folded = to_ascii(text).lower()
    return " ".join(folded.split()) if _BLANKS.search(folded) else folded


def fold_title(text: str) -> str:
    """A title for comparing: its words of ASCII letters and digits in lower case, single blanks between them."""
    return _NOT_WORD.sub(" ", to_ascii(text).lower()).strip()
