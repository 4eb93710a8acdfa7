r"""Identifiers and addresses of works: their shapes, their check digits, and one form for comparing.

Values may be written as BibTeX files have them: ``\_``, ``\%``, ``\&``, ``\#``, ``\~{}`` and ``\textasciitilde``, each
also in braces, and ``\url{…}`` are undone.
"""

import re
from collections.abc import Callable

import msgspec

# DOI Handbook, section 2.2: a prefix `10.` with a registrant code (digits, may be subdivided by full stops), `/`, and
# a suffix of any printable characters; DOIs are compared without regard to case (section 2.4).
_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*+/\S++")
_DOI_LABEL = re.compile(r"(?:info:|urn:)?doi(?:\s*+[:=/]\s*+|\s++|(?=10\.))", re.IGNORECASE)
_DOI_RESOLVER = re.compile(r"(?:https?://)?(?:www\.|dx\.)?doi\.org/(?:doi:)?", re.IGNORECASE)
_DOI_IN_PATH = r"(?<=[/=:])10\.\d{4,9}(?:\.\d+)*+/[^\s?#&]++"
_AFTER_DOI = r"(?i)(?:/(?:full(?:text)?|abstract|abs|summary|meta|e?pdf|pdfplus|html)|\.pdf|\.html?)/?$"

# https://info.arxiv.org/help/arxiv_identifier.html: since April 2007 `YYMM.NNNN`, since January 2015 five digits;
# before that `archive(.SC)/YYMMNNN`, from August 1991 to March 2007.
_ARXIV = re.compile(
    r"""(?:(?P<year>\d\d)(?P<month>\d\d)\.(?P<number>\d{4,5})
         |(?P<archive>[a-z-]{2,9})(?:\.[A-Za-z-]{2,4})?/(?P<oldyear>\d\d)(?P<oldmonth>\d\d)(?P<oldnumber>\d{3})
        )(?:v(?P<version>[1-9]\d{0,2}))?""",
    re.VERBOSE | re.IGNORECASE,
)
_ARXIV_LABEL = re.compile(
    r"(?:arxiv\s++(?:e-?prints?|preprints?)[\s,]*+|corr,?\s++)?(?:arxiv\s*+[:.]?\s*+|abs/)?", re.IGNORECASE
)
_ARXIV_CLASS = r"\s*+\[[A-Za-z.-]{2,20}\]$"
_ARXIV_PLACE = re.compile(
    r"(?:https?://)?(?:[a-z0-9-]+\.)?(?:arxiv|ar5iv)(?:\.labs\.arxiv)?\.org/(?:abs|pdf|html|ps|format|e-print|src)/",
    re.IGNORECASE,
)
_ARXIV_FTP = r"(?i)(?:https?|ftp)://(?:[a-z0-9-]+\.)?arxiv\.org/(?:ftp/)?(?P<archive>[a-z-]+)/papers/\d{4}/(?P<id>[0-9.]+)(?:v\d+)?\.[a-z.]+$"
_ARXIV_DOI = r"(?i)10\.48550/arxiv\."
ARXIV_DOI = "10.48550/arxiv."
"""With what the DOI that arXiv gives each paper starts; the identifier follows."""
_OLD_ARCHIVES = frozenset(
    (
        *("acc-phys", "adap-org", "alg-geom", "ao-sci", "astro-ph", "atom-ph", "bayes-an", "chao-dyn", "chem-ph"),
        *("cmp-lg", "comp-gas", "cond-mat", "cs", "dg-ga", "funct-an", "gr-qc", "hep-ex", "hep-lat", "hep-ph"),
        *("hep-th", "math", "math-ph", "mtrl-th", "nlin", "nucl-ex", "nucl-th", "patt-sol", "physics", "plasm-ph"),
        *("q-alg", "q-bio", "quant-ph", "solv-int", "supr-con"),
    )
)
_AROUND_DOI = ".,;:'\"”’/ "
_LONGEST_ADDRESS = 4000  # characters; browsers and servers refuse longer ones
_URL_COMMAND = r"\\url\s*\{([^{}]*)\}"
ESCAPED = (
    r"(?:\\[_%&#$~{}](?:\{ ?\})?+|\{\\?[_%&#$~](?:\{ ?\})?+\}"
    r"|\\text(?:asciitilde|underscore)(?:\{\}|[ ]++|(?![A-Za-z]))|\{\\text(?:asciitilde|underscore)[ ]*+(?:\{\})?+\}"
    r"|\$\\(?:mathtt\{\\)?sim\}?\$|\$\\_\$)"
)
"""A pattern for one character of an address as BibTeX files write it: ``\\_``, ``{\\_}``, ``{~}`` and the like."""
_ESCAPE = re.compile(ESCAPED)
_ADDRESS = re.compile(r"(https?)://([^/?#]*+)([^#]*+)(#.*+)?", re.IGNORECASE | re.DOTALL)
_HOST = re.compile(
    r"(?:[^\W_](?:[\w-]{0,62})?\.)+[^\W\d_][\w-]{1,62}\.?|\d{1,3}(?:\.\d{1,3}){3}|localhost|\[[0-9A-Fa-f:.]+\]"
)
_PORT = re.compile(r":(\d{0,5})$")


class ArxivId(msgspec.Struct, frozen=True):
    """An arXiv identifier without its version (``1706.08818``, ``cs/0309136``), and the version if one was given."""

    id: str
    version: int | None = None


def doi(text: str) -> str | None:
    """The DOI that a text is, in lower case, or ``None``.

    Bare, after ``doi:``, or as an address at doi.org, percent-encoded or not; punctuation after it is dropped.
    """
    if "10." not in text:
        return None
    text = unescape(text).strip()
    label = _DOI_LABEL.match(text)
    text = text[label.end() :] if label else text
    resolver = _DOI_RESOLVER.match(text)
    if resolver:
        text = re.split(r"[?#]", text[resolver.end() :], maxsplit=1)[0]
    if resolver or "%2f" in text[:20].lower():
        text = _unquote(text)
    text = trim(text, _AROUND_DOI)
    return text.lower() if _DOI.fullmatch(text) and text.isprintable() else None


def doi_in_url(url: str) -> str | None:
    """The DOI that an http(s) address holds, at doi.org or in a publisher's path (``dl.acm.org/doi/abs/10.1145/…``)."""
    if "10." not in url or len(url) > _LONGEST_ADDRESS or not _ADDRESS.match(url):
        return None
    direct = doi(url)
    if direct:
        return direct
    match = re.search(_DOI_IN_PATH, _unquote(unescape(url)))
    if not match:
        return None
    found = match[0]
    while (shorter := re.sub(_AFTER_DOI, "", found)) != found and _DOI.fullmatch(shorter):
        found = shorter
    return doi(found)


def doi_address(doi: str) -> str:
    """Where a bare DOI leads to."""
    return f"https://doi.org/{doi}"


def trim(text: str, marks: str) -> str:
    """A text without the ``marks`` of the sentence that it stood in at its end; its own pairs of brackets stay."""
    end = len(text)
    pairs = {")": "(", "]": "[", ">": "<", "}": "{"}
    surplus = {close: text.count(close) - text.count(opening) for close, opening in pairs.items()}
    while end and ((last := text[end - 1]) in marks or surplus.get(last, 0) > 0):
        surplus[last] = surplus.get(last, 0) - 1
        end -= 1
    return text[:end]


def arxiv(text: str) -> ArxivId | None:
    """The arXiv identifier that a text is, or ``None``; impossible months and numbers of digits are refused.

    Bare, after ``arXiv:`` (``arXiv preprint arXiv:…``), an address at arxiv.org, or arXiv's own DOI. A subject class
    (``math.GT/0309136``, ``… [cs.SD]``) is dropped.
    """
    text = unescape(text).strip()
    if len(text) > 300:
        return None
    ftp = re.fullmatch(_ARXIV_FTP, text)
    if ftp:
        number = ftp["id"]
        text = number if ftp["archive"].lower() == "arxiv" else f"{ftp['archive']}/{number}"
    else:
        place = _ARXIV_PLACE.match(text)
        if place:
            text = re.split(r"[?#]", text[place.end() :], maxsplit=1)[0].rstrip("/")
            text = re.sub(r"(?:\.pdf|\.ps\.gz|\.ps)$", "", text, flags=re.IGNORECASE)
        elif (of_doi := doi(text)) is not None:
            if not re.match(_ARXIV_DOI, of_doi):
                return None
            text = re.sub(_ARXIV_DOI, "", of_doi)
        else:
            label = _ARXIV_LABEL.match(text)
            text = re.sub(_ARXIV_CLASS, "", text[label.end() if label else 0 :]).rstrip(".,; ")
    match = _ARXIV.fullmatch(text)
    return _arxiv_id(match) if match else None


def _arxiv_id(match: re.Match[str]) -> ArxivId | None:
    version = int(match["version"]) if match["version"] else None
    if match["year"]:
        date = match["year"] + match["month"]
        digits = 5 if date >= "1501" else 4
        possible = date >= "0704" and len(match["number"]) == digits and int(match["number"])
        identifier = f"{date}.{match['number']}"
        month = match["month"]
    else:
        archive = match["archive"].lower()
        date = match["oldyear"] + match["oldmonth"]
        possible = archive in _OLD_ARCHIVES and (date >= "9108" or date <= "0703") and int(match["oldnumber"])
        identifier = f"{archive}/{date}{match['oldnumber']}"
        month = match["oldmonth"]
    return ArxivId(identifier, version) if possible and "01" <= month <= "12" else None


def isbn_fault(text: str) -> str | None:
    """What is wrong with one or more ISBNs joined by ``, ``, as part of a sentence; ``None`` when they are right.

    ISO 2108: ten digits weighted 10 … 1, a multiple of 11 (``X`` is ten), or, since 2007, thirteen with prefix 978
    or 979, weighted 1 and 3 in turn, a multiple of 10. Hyphens and blanks between the groups are allowed.
    """
    return _fault(text, _isbn_fault)


def issn_fault(text: str) -> str | None:
    """What is wrong with one or more ISSNs joined by ``, ``, as part of a sentence; ``None`` when they are right.

    ISO 3297: eight digits weighted 8 … 1, a multiple of 11 (``X`` is ten), usually with a hyphen in the middle.
    """
    return _fault(text, _issn_fault)


def _fault(text: str, fault_of: Callable[[str], str | None]) -> str | None:
    for number in re.split("[,;]", text):
        fault = fault_of(number.strip())
        if fault:
            shown = "".join(char if char.isprintable() else "�" for char in number.strip()[:40])
            return f"“{shown}” {fault}"
    return None


def _isbn_fault(number: str) -> str | None:
    if not re.fullmatch(r"(?:\d[- ]?){9}[\dXx]|97[89][- ]?(?:\d[- ]?){9}\d", number, re.ASCII):
        return "is not ten digits (the last may be X) or thirteen that begin with 978 or 979"
    digits = re.sub("[- ]", "", number)
    check = _check_digit_11(digits[:-1]) if len(digits) == 10 else _check_digit_10(digits[:-1])
    return (
        None if digits[-1].upper() == check else f"has the check digit {digits[-1]}, its other digits ask for {check}"
    )


def _issn_fault(number: str) -> str | None:
    if not re.fullmatch(r"\d{4}-?\d{3}[\dXx]", number, re.ASCII):
        return "is not eight digits (the last may be X) with a hyphen in the middle"
    digits = number.replace("-", "")
    check = _check_digit_11(digits[:-1])
    return (
        None if digits[-1].upper() == check else f"has the check digit {digits[-1]}, its other digits ask for {check}"
    )


def _check_digit_11(digits: str) -> str:
    total = sum(weight * int(digit) for weight, digit in zip(range(len(digits) + 1, 1, -1), digits, strict=True))
    return "0123456789X"[-total % 11]


def _check_digit_10(digits: str) -> str:
    total = sum((1, 3)[place % 2] * int(digit) for place, digit in enumerate(digits))
    return str(-total % 10)


def web_address(text: str) -> str | None:
    r"""The http or https address that a value is, as a browser takes it, or ``None``.

    BibTeX's ``\_ \% \& \#`` and ``\url{…}`` are undone. Refused: another scheme, no host, blanks, controls, marks
    of direction, quotes, ``<``, ``>``, backslashes, and a user name in the address (it hides the host).
    """
    address = unescape(text).strip()
    match = _ADDRESS.fullmatch(address)
    if (
        not match
        or len(address) > _LONGEST_ADDRESS
        or not address.isprintable()
        or re.search(r"[\s<>\"\\^`{|}]", address)
    ):
        return None
    host = _PORT.sub("", match[2])
    return address if "@" not in match[2] and _HOST.fullmatch(host) else None


def normal_link(url: str) -> str:
    """An address for comparing: what does not change the page is dropped.

    Scheme, ``www.``, case and default port of the host, fragment, ``index.html`` and the slash at the end; the query
    stays. Percent-encoded letters and digits are decoded (RFC 3986, section 6.2.2).
    """
    address = unescape(url).strip()
    match = _ADDRESS.fullmatch(address)
    if not match:
        return address
    host = re.sub(r":(?:80|443)?$", "", match[2].lower()).rstrip(".").removeprefix("www.")
    path, mark, query = match[3].partition("?")
    path = re.sub(
        r"%(?:2[de]|3\d|[46][1-9a-f]|[57][0-9a]|5f|7e)",
        lambda code: chr(int(code[0][1:], 16)),
        path,
        flags=re.IGNORECASE,
    )
    path = re.sub(r"/index\.(?:html?|php)$", "", path, flags=re.IGNORECASE).rstrip("/")
    return host + path + (mark + query if query else "")


def unescape(text: str) -> str:
    r"""A text with BibTeX's ``\_``, ``\%``, ``{\&}``, ``\~{}``, ``$\sim$`` and ``\url{…}`` undone."""
    if "\\" not in text and "{" not in text:
        return text
    return _ESCAPE.sub(_character, re.sub(_URL_COMMAND, r"\1", text))


def _character(escaped: re.Match[str]) -> str:
    written = escaped[0]
    if "textasciitilde" in written or "sim" in written:
        return "~"
    return "_" if "_" in written or "underscore" in written else written.lstrip("{").lstrip("\\")[0]


def _unquote(text: str) -> str:
    if "%" not in text:
        return text
    from urllib.parse import unquote

    return unquote(text, errors="replace")
