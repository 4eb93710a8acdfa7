"""What a body is, and what stands on a page: as much of HTML as tells a paper's page from a wall or an error page.

Not the standard library's ``html.parser``: before Python 3.13.4 it takes quadratic time for tags that never end
(https://github.com/python/cpython/issues/135462). Each pattern here looks at a character a bounded number of times.
"""

import codecs
import functools
import html
import re
from collections.abc import Iterator

import msgspec

_LONGEST = 300  # characters of a title
_MOST = 5  # headings that are kept


class Page(msgspec.Struct, frozen=True):
    """A page of HTML.

    ``text`` is what a reader sees, in lines of single blanks, ``fallback`` what is shown where scripts do not run.
    ``headings`` are those of the first level, ``citations`` the paper's titles that it gives to search engines.
    ``code`` is all scripts, and the attributes of all elements but links, in lower case: where walls are known by.
    ``refresh`` is the delay in seconds and the address of a ``meta refresh``, ``base`` what addresses are relative to.
    ``inputs`` are the types of the fields of its forms. ``files`` are the addresses of what is shown within the page.
    ``has_root`` says that there is an element in which scripts build pages, ``has_frame`` that another page is inside.
    """

    title: str = ""
    headings: tuple[str, ...] = ()
    citations: tuple[str, ...] = ()
    text: str = ""
    fallback: str = ""
    code: str = ""
    refresh: tuple[float, str] | None = None
    base: str = ""
    inputs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    has_script: bool = False
    has_root: bool = False
    has_frame: bool = False

    @property
    def headlines(self) -> tuple[str, ...]:
        """Title and headings."""
        return tuple(filter(None, (self.title, *self.headings)))

    @property
    def is_script_made(self) -> bool:
        """Whether it is an empty shell, in which scripts show one page or another: it says nothing of the address."""
        if not self.has_script or len(self.text) >= _SHELL:
            return False
        return self.has_root or bool(_WANTS_SCRIPTS.search(f"{self.fallback[:_FALLBACK]} {self.text}"))


_FALLBACK = 2000  # characters of what stands there without scripts
_SHELL = 300  # characters of text that a shell may have: a name, "Loading…", "Please enable JavaScript"
_WANTS_SCRIPTS = re.compile(
    r"(?:enabled?|activ\w{1,12}|requires?|needs?|turn on|without|einschalten|habilit\w{1,12}|включ\w{1,12}"
    r"|有効|启用|啟用).{0,40}java ?script"
    r"|java ?script.{0,40}(?:enabled?|required?|disabled|activ\w{1,12}|aktivier\w{1,12}|désactivé|有効|启用)",
    re.IGNORECASE,
)


# --- What a body is --------------------------------------------------------------------------------------------------

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|body|title|meta|script|h1)\b",
    re.IGNORECASE | re.DOTALL,
)
_OTHER_STARTS = (
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"%!PS",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8",
)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
# https://encoding.spec.whatwg.org/#names-and-labels; Python knows others, of which some are no encodings of text.
_ENCODINGS = re.compile(
    r"utf-?8|utf-?16(?:[lb]e|-[lb]e)?|(?:iso-?)?8859-?\d{1,2}(?:-[ei])?|iso-?8859-?\d{1,2}|(?:us-)?ascii|latin-?\d"
    r"|(?:windows|cp)-?\d{3,4}|koi8-?[ru]|gbk|gb2312|gb18030|big5(?:-hkscs)?|euc-?(?:jp|kr)|shift[_-]?jis|sjis"
    r"|iso-2022-(?:jp|kr)|ks_c_5601-1987|macintosh|mac-roman|tis-620"
)


def media_type(content_type: str) -> str:
    """The type that a ``Content-Type`` names, in lower case and without parameters."""
    return content_type.partition(";")[0].split(",")[0].strip().lower()


def is_pdf(start: bytes) -> bool:
    """Whether a body is a PDF, by its first bytes; readers let something stand before the mark (ISO 32000, H.3.4.1)."""
    return b"%PDF-" in start[:1024] and not _HTML_START.match(start[:1024])


def is_html(start: bytes, content_type: str) -> bool:
    """Whether a body is HTML: the bytes win over the type that the server gives it."""
    if is_pdf(start):
        return False
    if _HTML_START.match(start.removeprefix(codecs.BOM_UTF8)[:1024]):
        return True
    if media_type(content_type) not in _HTML_TYPES:
        return False
    is_binary = b"\0" in start[:512] and not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return not is_binary and not start.startswith(_OTHER_STARTS)


def is_text(content_type: str) -> bool:
    """Whether a body of this type is text, for people or for programs, or of no type at all."""
    name = media_type(content_type)
    return not name or name.startswith("text/") or name in _HTML_TYPES or name.endswith(("json", "xml"))


def decode(body: bytes, content_type: str) -> str:
    """A body as text, by its mark, the type's ``charset``, its own ``meta``, or as UTF-8 or Windows-1252 it may be."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    named = _CHARSET.search(content_type)
    declared = _DECLARED.search(body[:2048])
    for name in (named[1] if named else "", declared[1].decode("latin-1") if declared else ""):
        label = name.strip().lower()
        if _ENCODINGS.fullmatch(label):
            if label in ("iso-8859-1", "iso8859-1", "latin1", "latin-1", "ascii", "us-ascii"):
                label = "windows-1252"  # as the standard has it
            try:
                return body.decode(label, "replace")
            except LookupError:
                continue
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.start:  # where reading ended
            return body[: error.start].decode()
        return body.decode("windows-1252", "replace")


# --- HTML ------------------------------------------------------------------------------------------------------------

# Tags, comments and declarations (https://html.spec.whatwg.org/#tokenization); what does not end goes to the end.
_MARKUP = re.compile(
    r"<(?:"
    r"(?P<end>/)?(?P<name>[A-Za-z][^\s/>]*+)"
    r"(?P<rest>(?:[^>=]++|=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z))?+)*+)(?:>|\Z)"
    r"|!--(?:-?>|.*?(?:-->|\Z))"
    r"|[!?/][^>]*+(?:>|\Z)"
    r")",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([^\s/>=\"'][^\s/>=]*+)(?:\s*+=\s*+(?:\"([^\"]*+)\"?|'([^']*+)'?|([^\s>\"'][^\s>]*+)))?+")
_RAW = frozenset(
    {
        *("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"),
        *("noscript", "svg", "template"),
    }
)
_INLINE = frozenset(
    {
        *("a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "em", "font", "i", "ins", "kbd", "mark", "nobr", "q"),
        *("s", "samp", "small", "span", "strong", "sub", "sup", "tt", "u", "var", "wbr"),
    }
)
_FRAMES = frozenset({"frame", "iframe", "embed", "object"})
_CITATIONS = frozenset(
    {"citation_title", "dc.title", "dcterms.title", "eprints.title", "og:title", "bepress_citation_title"}
)
_ROOT = re.compile(
    r"\bid\s*=\s*[\"']?(?:root|app|application|__next|__nuxt|___gatsby|react-root|app-root|q-app|svelte|main-app|spa)"
    r"\b(?!-)|\bng-(?:app|version)\b|\bdata-reactroot\b",
    re.IGNORECASE,
)
_REFRESH = re.compile(
    r"\s*+(?:(\d{1,9})[\d.]*+|\.[\d.]*+)(?:\s*+[;,]\s*+|\s++)(?:url\s*+=\s*+)?(.*+)", re.DOTALL | re.IGNORECASE
)
_LONG_NUMBER = re.compile(r"&#(?:\d{8}|[xX][0-9A-Fa-f]{7})[0-9A-Fa-f]*+;?")


@functools.lru_cache(maxsize=32)
def _end_of(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}(?=[\s/>]|\Z)", re.IGNORECASE)


def unescape(text: str) -> str:
    """Character references resolved; the standard library alone fails for numbers of thousands of digits."""
    return html.unescape(_LONG_NUMBER.sub("\ufffd", text)) if "&" in text else text


def _attributes(rest: str) -> dict[str, str]:
    """The attributes of a tag, the first of each name."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(rest):
        found.setdefault(match[1].lower(), unescape(match[2] or match[3] or match[4] or ""))
    return found


def refresh(value: str) -> tuple[float, str] | None:
    """Delay and address of a ``Refresh``, or of a ``meta`` of that name; ``None`` where it names no address.

    https://html.spec.whatwg.org/#shared-declarative-refresh-steps: what follows the point of a number is dropped.
    """
    match = _REFRESH.fullmatch(value)
    if not match:
        return None
    address = match[2].strip()
    if address[:1] in ("'", '"'):
        address = address[1:].partition(address[0])[0]
    return (float(match[1] or 0), address.strip()) if address.strip() else None


class _Reader:
    """What is collected on the way through a page."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.code: list[str] = []
        self.found: dict[str, str] = {}
        self.headings: list[str] = []
        self.citations: list[str] = []
        self.inputs: list[str] = []
        self.files: list[str] = []
        self.fallback: list[str] = []
        self.flags: set[str] = set()
        self.refresh: tuple[float, str] | None = None
        self.heading: int | None = None

    def shown(self, text: str) -> None:
        self.pieces.append(unescape(text).replace("\n", " "))

    def start(self, name: str, rest: str) -> None:
        if name not in _INLINE:
            self.pieces.append("\n")
        if name != "a":
            self.code.append(rest)
        if ("-" in name and name not in ("font-face", "annotation-xml")) or _ROOT.search(rest):
            self.flags.add("root")
        if name == "h1":
            self.heading = len(self.pieces)
        elif name == "script":
            self.flags.add("script")
        elif name == "input":
            self.inputs.append(_attributes(rest).get("type", "text").lower()[:20])
        elif name == "textarea":
            self.inputs.append(name)
        elif name == "base" and "base" not in self.found:
            self.found["base"] = _attributes(rest).get("href", "")
        elif name in _FRAMES:
            self._frame(name, _attributes(rest))
        elif name == "meta":
            self._meta(_attributes(rest))

    def _frame(self, name: str, attributes: dict[str, str]) -> None:
        address = attributes.get("data" if name == "object" else "src", "")
        if address:
            self.files.append(address)
            self.flags.add("frame")

    def _meta(self, attributes: dict[str, str]) -> None:
        content = attributes.get("content", "")
        if attributes.get("http-equiv", "").strip().lower() == "refresh" and self.refresh is None:
            self.refresh = refresh(content)
        if (attributes.get("name") or attributes.get("property", "")).strip().lower() in _CITATIONS:
            self.citations.append(_line(content))

    def end(self, name: str) -> None:
        if name == "h1" and self.heading is not None:
            if len(self.headings) < _MOST and (text := _line("".join(self.pieces[self.heading :]))):
                self.headings.append(text)
            self.heading = None
        if name not in _INLINE:
            self.pieces.append("\n")

    def raw(self, name: str, content: str) -> None:
        """An element whose content is no markup, or not that of this page."""
        if name == "script":
            self.code.append(content)
        elif name == "title":
            self.found.setdefault("title", _line(unescape(content)))
        elif name == "noscript":
            self.fallback.append(unescape(_MARKUP.sub(" ", content)))


def _line(text: str) -> str:
    return " ".join(text[: 4 * _LONGEST].split())[:_LONGEST]


def read(text: str) -> Page:
    """Read a page; any text is one."""
    reader = _Reader()
    at = 0
    while match := _MARKUP.search(text, at):
        reader.shown(text[at : match.start()])
        at = match.end()
        name = (match["name"] or "").lower()
        if not name:
            continue
        if match["end"]:
            reader.end(name)
            continue
        reader.start(name, match["rest"])
        if name in _RAW and not (name == "svg" and match["rest"].endswith("/")):
            end = _end_of(name).search(text, at)
            stop = end.start() if end else len(text)
            reader.raw(name, text[at:stop])
            at = stop
    reader.shown(text[at:])
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return Page(
        title=reader.found.get("title", ""),
        headings=tuple(reader.headings),
        citations=tuple(reader.citations[:_MOST]),
        text="\n".join(filter(None, lines)),
        fallback=" ".join(" ".join(reader.fallback).split()),
        code="\n".join(reader.code).lower(),
        refresh=reader.refresh,
        base=reader.found.get("base", ""),
        inputs=tuple(reader.inputs),
        files=tuple(reader.files),
        has_script="script" in reader.flags,
        has_root="root" in reader.flags,
        has_frame="frame" in reader.flags,
    )


def places(text: str) -> Iterator[str]:
    """The names of the places of a page to which a fragment may lead: ``id`` of any element, ``name`` of a link."""
    for match in _MARKUP.finditer(text):
        if match["name"] and not match["end"]:
            attributes = _attributes(match["rest"])
            yield from filter(None, (attributes.get("id"), attributes.get("name")))
