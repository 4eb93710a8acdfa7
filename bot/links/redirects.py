"""Where an answer leads, and the cookies that are kept on the way."""

import contextlib
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urljoin, urlsplit

import msgspec

from bot.web.address import as_sent
from bot.web.errors import Reason, WebError

REDIRECTS = frozenset({301, 302, 303, 307, 308})  # RFC 9110, section 15.4; 300 and 304 tell no other place to ask
PERMANENT = frozenset({0, 301, 308})
"""Redirects for good; 0 is a page that leads on without delay."""

_LONGEST_ADDRESS = 16_000  # characters; most servers take half of that
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_BREAKS = re.compile(r"[\t\r\n]")
_BLANKS = "".join(map(chr, range(0x21)))  # https://url.spec.whatwg.org/#concept-basic-url-parser


def leads_to(url: str, location: str) -> str:
    """The absolute address that ``location`` means on the page ``url``, with its fragment, read as browsers do.

    Raises:
        WebError: redirects, where it is none of the web; refused, where it carries a user's name.
    """
    with contextlib.suppress(UnicodeError):  # headers are read as Latin-1, and browsers read them as UTF-8
        location = location.encode("latin-1").decode()
    location = _BREAKS.sub("", location).strip(_BLANKS)
    if len(location) > _LONGEST_ADDRESS:
        raise WebError(Reason.REDIRECTS, "a redirect to an address that is too long")
    scheme = _SCHEME.match(location)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise WebError(Reason.REDIRECTS, f"a redirect to what is no web address ({scheme[1][:20].lower()}:)")
    try:
        target = location if scheme else _joined(url, location)
        named = "@" in re.split(r"[/\\?#]", target.partition(":")[2].lstrip("/\\"), maxsplit=1)[0]
    except ValueError:
        raise _nonsense() from None
    if named:
        raise WebError(Reason.REFUSED, "a redirect to an address with a user name")
    try:
        as_sent(target)
    except WebError:
        raise _nonsense() from None
    return target


def _joined(url: str, location: str) -> str:
    """A relative address made absolute; a backslash is a slash up to the query, and two of them begin a host."""
    end = min((at for sign in "?#" if (at := location.find(sign)) >= 0), default=len(location))
    location = location[:end].replace("\\", "/") + location[end:]
    if location.startswith("//"):
        return f"{urlsplit(url).scheme}:{location}"
    return urljoin(url, location)


def _nonsense() -> WebError:
    return WebError(Reason.REDIRECTS, "a redirect to what is no web address")


# --- Cookies ---------------------------------------------------------------------------------------------------------

_MOST_COOKIES, _LONGEST_COOKIE = 50, 4096  # RFC 6265, section 6.1
_COOKIE = re.compile(r"[\x20-\x7e\x80-\xff]*")


class _Cookie(msgspec.Struct, frozen=True):
    domain: str
    is_shared: bool
    path: str
    name: str
    value: str
    is_secure: bool


class Cookies:
    """The cookies of one chain of redirects (RFC 6265, section 5)."""

    def __init__(self) -> None:
        """None yet."""
        self._kept: dict[tuple[str, str, str], _Cookie] = {}

    def keep(self, url: str, line: str, now: datetime) -> None:
        """Obey one ``Set-Cookie`` of an answer of ``url``; what is wrong with it is ignored, or makes it ignored."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        first, *rest = line.split(";")
        name, _, value = (part.strip() for part in first.partition("="))
        if not name or len(line) > _LONGEST_COOKIE or not _COOKIE.fullmatch(line):
            return
        said: dict[str, str] = {}
        for attribute in rest:
            key, _, content = attribute.partition("=")
            said[key.strip().lower()] = content.strip()
        domain = said.get("domain", "").lower().removeprefix(".")
        if domain and domain != host and not (_is_name(host) and "." in domain and host.endswith(f".{domain}")):
            return
        path = said.get("path", "")
        if not path.startswith("/"):
            path = parts.path.rpartition("/")[0] or "/"
        cookie = _Cookie(domain or host, bool(domain) and _is_name(host), path, name, value, "secure" in said)
        place = (cookie.domain, path, name)
        self._kept.pop(place, None)
        if not _is_over(said, now) and len(self._kept) < _MOST_COOKIES:
            self._kept[place] = cookie

    def header(self, url: str) -> str:
        """The ``Cookie`` of a request for ``url``, or nothing."""
        parts = urlsplit(url)
        host, path = (parts.hostname or "").lower(), parts.path or "/"
        return "; ".join(
            f"{each.name}={each.value}"
            for each in sorted(self._kept.values(), key=lambda each: -len(each.path))
            if (host == each.domain or (each.is_shared and host.endswith(f".{each.domain}")))
            and (path == each.path or path.startswith(each.path.rstrip("/") + "/"))
            and (parts.scheme == "https" or not each.is_secure)
        )


def _is_name(host: str) -> bool:
    """Whether a host is a name, and no address."""
    return ":" not in host and not host.rpartition(".")[2].isdigit()


def _is_over(said: dict[str, str], now: datetime) -> bool:
    if re.fullmatch(r"-?\d+", age := said.get("max-age", "")):
        return age.startswith("-") or not age.strip("0")
    try:
        end = parsedate_to_datetime(said.get("expires", "").replace("-", " "))
        return (end if end.tzinfo else end.replace(tzinfo=UTC)) <= now
    except (ValueError, TypeError, IndexError, OverflowError):
        return False


# --- Addresses -------------------------------------------------------------------------------------------------------

_FRONT = re.compile(
    r"/(?:(?:index|default|home|main|welcome)(?:\.(?:s?html?|php|aspx?|jspx?|cfm|xhtml|do))?/?)?", re.IGNORECASE
)
_LANGUAGE = re.compile(
    r"\A/(?:ca|cs|da|de|el|en|es|eu|fi|fr|hu|it|ja|ko|nb|nl|no|pl|pt|ro|ru|sv|tr|uk|zh)(?:[-_][a-z]{2,4})?(?=/|\Z)",
    re.IGNORECASE,
)
# Names under which anybody gets one: what stands before them is a site of its own (https://publicsuffix.org).
_SECOND_LEVEL = frozenset("ac co com edu gob gouv gov go mil ne net nom or org res sch".split())  # noqa: SIM905
_HOSTING = frozenset(
    {
        *("github.io", "gitlab.io", "blogspot.com", "wordpress.com", "netlify.app", "herokuapp.com", "pages.dev"),
        *("vercel.app", "readthedocs.io", "web.app", "firebaseapp.com", "appspot.com", "weebly.com", "wixsite.com"),
        *(
            "hf.space",
            "tumblr.com",
            "sourceforge.net",
            "sourceforge.io",
            "bitbucket.io",
            "neocities.org",
            "substack.com",
        ),
        *("azurewebsites.net", "cloudfront.net", "amazonaws.com", "free.fr", "narod.ru", "googlecode.com", "surge.sh"),
    }
)


def path_of(url: str) -> str:
    """The path of an address, its escapes undone."""
    return unquote(urlsplit(url).path) or "/"


def is_front(url: str, *, in_a_language: bool = False) -> bool:
    """Whether an address is that of a site's front page, or of the one in a language; a query may make it another."""
    path = path_of(url)
    if in_a_language:
        path = _LANGUAGE.sub("", path, count=1) or "/"
    return bool(_FRONT.fullmatch(path)) and not _names_a_page(urlsplit(url).query)


def _names_a_page(query: str) -> bool:
    return bool(re.search(r"(?:^|&)[^=&]*(?:id|page|p|paper|doc|name|file|doi)=[^&]", query, re.IGNORECASE))


def same_site(url: str, other: str) -> bool:
    """Whether two addresses are of one site: one host, but for ``www``, or hosts under one registered name."""
    one, two = (registered((urlsplit(each).hostname or "").lower().rstrip(".")) for each in (url, other))
    return one == two and bool(one)


def registered(host: str) -> str:
    """The registered name under which a host is, as far as that can be told; a host without a name is itself."""
    if not _is_name(host):
        return host
    labels = host.removeprefix("www.").split(".")
    public = 1
    if ".".join(labels[-2:]) in _HOSTING or (len(labels[-1]) == 2 and len(labels) > 2 and labels[-2] in _SECOND_LEVEL):
        public = 2
    return ".".join(labels[-public - 1 :])
