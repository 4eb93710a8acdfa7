"""Soft 404s: pages that come with a good status where the page that was meant is gone.

What looks like one is only a suspicion. It is settled by an address beside the one asked that surely does not exist:
where both have the same answer, the page that was meant is not there.
"""

import re
from enum import StrEnum
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

import msgspec

from bot.links import phrases
from bot.links.page import Page
from bot.links.phrases import says
from bot.links.redirects import is_front, path_of, same_site


class Suspicion(StrEnum):
    """Why a page may not be the one that was meant, as part of a sentence for people."""

    WORDS = "it says that there is no such page"
    PARKED = "the domain is for sale or parked"
    UPWARD = "it leads to a page above it"
    SHALLOW = "it leads to a page less deep"
    ERROR_PAGE = "it leads to an error page"
    TYPE = "a web page stands where a file was"
    SHORT = "there is next to no text"


# --- Words -----------------------------------------------------------------------------------------------------------

# Those who park domains, as their scripts, frames and pages name them.
_PARKERS = re.compile(
    r"sedoparking\.com|sedo\.com/(?:search|services|checkdomain)|parkingcrew\.(?:net|com)|bodis\.com|window\.park\s*="
    r"|hugedomains\.com|//(?:www\.)?dan\.com|afternic\.com|parklogic\.com|above\.com|parking-lander|data-adblockkey"
    r"|skenzo\.com|namebright\.com|uniregistry\.com|undeveloped\.com|domainmarket\.com|cashparking|smartname\.com"
    r"|dsparking\.com|domainpark|voodoo\.com|efty\.com|domainnamesales\.com|ztomy\.com|domain_profile\.cfm|buydomains\.com"
    r"|location(?:\.href)?\s*=\s*[\"']/lander\b|godaddy\.com/forsale|namecheap\.com/(?:parking|domains/registration)|parking\.reg\.ru"
    r"|atom\.com/lpd|spaceship\.com/.{0,40}parking"
)


_SHORT_TEXT = 500  # characters in which a sentence tells what the whole page is
_NEXT_TO_NOTHING = 100  # characters; a line or two
_PARKED_TEXT = 3000  # characters; a parked page has its advertisements, and no more


def says_not_found(page: Page) -> bool:
    """Whether a page says that there is none: in title or heading, or in the text of a short page."""
    return says(phrases.NOT_FOUND, _told(page, _SHORT_TEXT))


def says_down(page: Page) -> bool:
    """Whether a page says that the whole site is down for a while."""
    return says(phrases.DOWN, _told(page, _SHORT_TEXT))


def looks_parked(end: str, page: Page) -> bool:
    """Whether a page bears the marks of a domain that is for sale, or of somebody who parks domains."""
    if len(page.text) > _PARKED_TEXT:
        return False
    is_known = _PARKERS.search(page.code) or _PARKERS.search(f"//{urlsplit(end).hostname or ''}/")
    return bool(is_known) or says(phrases.PARKED, _told(page, 2 * _SHORT_TEXT))


def _told(page: Page, longest: int) -> str:
    return "\n".join((*page.headlines, page.text) if len(page.text) < longest else page.headlines)


# --- Suspicion -------------------------------------------------------------------------------------------------------

_FILES = frozenset(
    {
        *("pdf", "ps", "eps", "dvi", "djvu", "zip", "gz", "tgz", "tar", "bz2", "xz", "7z", "rar", "bib", "doc", "docx"),
        *("ppt", "pptx", "xls", "xlsx", "csv", "tsv", "mp3", "wav", "flac", "mid", "midi", "epub", "odt", "npz", "h5"),
    }
)
_PLAIN_FILES = frozenset({"bib", "csv", "tsv"})
_ERROR_PATHS = re.compile(
    r"(?:.*[_-])?(?:404|410|error(?:[_-]?(?:404|page|pages|docs?|document))?|errors|not[_-]?found|(?:page|file)[_-]?not[_-]?found|missing"
    r"|page[_-]?missing|no[_-]?such[_-]?page|oops|gone|deleted|removed|suspendedpage|fehler(?:seite)?|erreur|erro|errore)(?:[_-].*)?",
    re.IGNORECASE,
)
_LONGEST_NAME = 100  # characters that the name of an error page may have
_EXTENSION = re.compile(r"\.([a-z][a-z0-9]{0,5}|7z|bz2|mp3|mp4)\Z", re.IGNORECASE)


def file_type(url: str) -> str:
    """The extension with which an address promises a file (``pdf``), or nothing."""
    match = _EXTENSION.search(urlsplit(url).path)
    name = match[1].lower() if match else ""
    return name if name in _FILES else ""


def suspicions(asked: str, end: str, page: Page, *, tagged: bool) -> set[Suspicion]:
    """What about a page makes one doubt; ``tagged`` says that it has any HTML in it."""
    found: set[Suspicion] = set()
    front = is_front(asked)
    if says_not_found(page) or says_down(page):
        found.add(Suspicion.WORDS)
    if looks_parked(end, page):
        found.add(Suspicion.PARKED)
    if end != asked:
        if _has_error_path(end) and not _has_error_path(asked):
            found.add(Suspicion.ERROR_PAGE)
        elif not front and leads_upward(asked, end):
            found.add(Suspicion.UPWARD)
        elif not front and leads_less_deep(asked, end):
            found.add(Suspicion.SHALLOW)
    kind = file_type(asked)
    if kind and (tagged or kind not in _PLAIN_FILES):
        found.add(Suspicion.TYPE)
    # What scripts make, or what is in a frame, may be more than there is.
    if not front and len(page.text) < _NEXT_TO_NOTHING and not (page.has_frame or page.has_script):
        found.add(Suspicion.SHORT)
    return found


def _has_error_path(url: str) -> bool:
    return any(
        _ERROR_PATHS.fullmatch(_EXTENSION.sub("", part))
        for part in path_of(url).split("/")[-3:]
        if 0 < len(part) <= _LONGEST_NAME
    )


def leads_upward(asked: str, end: str) -> bool:
    """Whether a redirect leads to a front page, or to a folder in which the address lay."""
    if is_front(end, in_a_language=True):
        return True
    old, new = _parts(asked), _parts(end)
    return len(new) < len(old) and old[: len(new)] == new and not urlsplit(end).query


def lost_to_front(asked: str, end: str) -> bool:
    """Whether a redirect leads from what was a page or file, by its address, to the front page of the same site."""
    parts = _parts(asked)
    is_page = len(parts) > 1 or bool(parts and _EXTENSION.search(parts[-1])) or bool(urlsplit(asked).query)
    return (
        is_page
        and not is_front(asked, in_a_language=True)
        and is_front(end, in_a_language=True)
        and same_site(asked, end)
    )


def leads_less_deep(asked: str, end: str) -> bool:
    """Whether a redirect leads to a page less deep whose address does not name what was asked."""
    old, new = _parts(asked), _parts(end)
    stem = _EXTENSION.sub("", old[-1]).lower() if old else ""
    is_named = len(stem) > 2 and stem in path_of(end).lower()
    return len(new) < len(old) and not is_named and not urlsplit(end).query


def _parts(url: str) -> list[str]:
    """The parts of a path; a folder and its index file are one."""
    parts = [part for part in path_of(url).split("/") if part]
    return (
        parts[:-1]
        if parts and re.fullmatch(r"(?:index|default)\.\w*(?:htm|php|asp|jsp|cfm)\w*", parts[-1], re.IGNORECASE)
        else parts
    )


def shows_file(asked: str, page: Page) -> bool:
    """Whether a web page in a file's place is about that file: it is shown within, or its name is the page's title."""
    name = re.split("[/:]", path_of(asked))[-1].lower()
    within = any(file_type(address) or name in unquote(address).lower() for address in page.files)
    return within or (
        len(name) > 4 and any(name in title.lower() for title in page.headlines) and not says_not_found(page)
    )


# --- The address beside it -------------------------------------------------------------------------------------------

_NAMING = re.compile(
    r".*(?:id|page|p|paper|doc|document|article|item|record|name|file|doi|handle|number|key|q|v|a)", re.IGNORECASE
)
_NOT_NAMING = re.compile(
    r"utm_.*|lang|locale|hl|ref|source|sid|sessionid|phpsessid|jsessionid|tab|view|format|download|raw|.*clid"
)


class Beside(msgspec.Struct, frozen=True):
    """An address that surely does not exist, beside one that was asked; ``key`` names all that it stands beside."""

    url: str
    key: tuple[str, str, str]


def beside(url: str, word: str, number: str) -> Beside:
    """An address in the same folder, with a name of the same kind: ``word``, or ``number`` where the name is a number.

    Where a parameter names the page (``?id=17``), its value is what is made up.
    """
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    query = parse_qsl(parts.query[:4000], keep_blank_values=True)[:50]
    naming = [
        at
        for at, (name, value) in enumerate(query)
        if value and _NAMING.fullmatch(name) and not _NOT_NAMING.fullmatch(name.lower())
    ]
    if naming:
        name, value = query[naming[-1]]
        made = number if value.isdigit() else word
        query[naming[-1]] = (name, made)
        names = "&".join(name for name, _ in query)
        return Beside(
            urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), "")),
            (origin, parts.path, f"?{names}"),
        )
    path = parts.path or "/"
    is_folder = path.endswith("/") and len(path) > 1
    folder, _, name = path.rstrip("/").rpartition("/")
    match = _EXTENSION.search(name)
    extension = match[0] if match else ""
    stem = name.removesuffix(extension)
    made = number if stem.isdigit() else word
    kind = "number" if stem.isdigit() else "file" if file_type(url) else "name"
    made = f"{folder}/{made}{extension}{'/' if is_folder else ''}"
    return Beside(urlunsplit((parts.scheme, parts.netloc, made, "", "")), (origin, folder, kind))


class Shown(msgspec.Struct, frozen=True):
    """What came of an address: the status, where it ended, and the page's headlines and text without its own names."""

    status: int
    url: str
    was_led: bool
    headline: str
    text: str
    says_not_found: bool = False


_COMPARED = 10_000  # characters
_ALIKE = 90  # percent
_ALIKE_UNDER_ONE_HEADLINE = 60


def shown(asked: str, end: str, status: int, page: Page) -> Shown:
    """What is compared of an answer; pages repeat the address that was asked for, and that is taken out."""
    names = _names(asked)
    headline = " | ".join(page.headlines)
    was_led = urlsplit(end)[:3] != urlsplit(asked)[:3]
    # An address that still names what was asked for is that page's own, wherever it is.
    is_own = any(name in path_of(end) for name in names[-2:])
    return Shown(
        status=status,
        url=_without(unquote(end), names),
        was_led=was_led and not is_own,
        headline=_without(headline, names),
        text=_without(page.text[:_COMPARED], names),
        says_not_found=says_not_found(page),
    )


def _names(url: str) -> list[str]:
    """What of an address a page may repeat, the longest first; the last two are its own name and that of its file."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    name = path.rstrip("/").rpartition("/")[2]
    values = [value for _, value in parse_qsl(parts.query[:4000])][:20]
    repeated = {
        url,
        quote(url, safe=""),
        parts.path,
        quote(parts.path, safe=""),
        path,
        parts.query,
        unquote(parts.query),
        *values,
    }
    own = [name, _EXTENSION.sub("", name)]
    return [each for each in sorted(repeated, key=len, reverse=True) if len(each) > 2] + [
        each for each in own if len(each) > 2
    ]


def _without(text: str, names: list[str]) -> str:
    for name in names:
        text = text.replace(name, "")
    return " ".join(text.split())


def same(one: Shown, other: Shown) -> bool:
    """Whether two addresses have come to the same: to one place, or to nearly the same page."""
    if one.status != other.status:
        return False
    if one.was_led and other.was_led and one.url == other.url:
        return True
    from rapidfuzz import fuzz

    percent = fuzz.ratio(one.text, other.text)  # 100 where both are empty
    headlines = fuzz.ratio(one.headline, other.headline)
    if one.headline and other.headline and headlines < _ALIKE_UNDER_ONE_HEADLINE:
        return False
    is_told = one.says_not_found and other.says_not_found and bool(one.headline) and headlines >= _ALIKE
    return percent >= (_ALIKE_UNDER_ONE_HEADLINE if is_told else _ALIKE)
