"""Addresses as browsers send them (https://url.spec.whatwg.org/)."""

import functools
import ipaddress
import re
from urllib.parse import unquote

from bot.web.errors import Reason, WebError

_DEFAULT_PORTS = {"http": 80, "https": 443}
_BLANKS = "".join(map(chr, range(0x21)))  # at both ends: C0 controls and spaces
_BREAKS = str.maketrans("", "", "\t\n\r")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_AUTHORITY = re.compile(r"[/\\]*([^/\\?#]*)([^?#]*)(\?[^#]*)?")
_PORT = re.compile(r"(?::(?:0*([0-9]{1,5}))?)?")
# https://url.spec.whatwg.org/#percent-encoded-bytes: the sets for a path, and for a query of http or https
_IN_PATH = re.compile(r"[\x00-\x20\"#<>?^`{}\x7f-\U0010ffff]+")
_IN_QUERY = re.compile(r"[\x00-\x20\"#<>'\x7f-\U0010ffff]+")
# https://url.spec.whatwg.org/#forbidden-domain-code-point, and more that no host has: "*`{}
_NOT_IN_HOST = re.compile(r"[\x00-\x20\"#%*/:<>?@\[\\\]^`{|}\x7f-\U0010ffff]")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DOT = re.compile(r"(?:\.|%2e){1,2}", re.IGNORECASE)
_LONGEST_LABEL = 63  # RFC 1035, section 2.3.4
_LONGEST_NAME = 1000  # characters that may yet come to nothing, or to fewer


@functools.lru_cache(maxsize=256)
def as_sent(url: str) -> str:
    """The address that a browser would ask for ``url``: in ASCII, and without its fragment.

    Scheme and host are in lower case, a host that spells an IPv4 address in another way has it in the usual one, and a
    port is named where it is not the scheme's default. Percent-escapes stay as they are, also malformed ones.

    Raises:
        WebError: refused: it is no address of http or https, names no host, or has a user name.
    """
    text = url.strip(_BLANKS).translate(_BREAKS)
    scheme = _SCHEME.match(text)
    if scheme is None:
        raise WebError(Reason.REFUSED, "it is no web address")
    name = scheme[1].lower()
    if name not in _DEFAULT_PORTS:
        raise WebError(Reason.REFUSED, "only http and https are asked")
    parts = _AUTHORITY.match(text, scheme.end())
    assert parts  # noqa: S101  # it matches anything
    authority, path, query = parts[1], parts[2], parts[3] or ""
    if "@" in authority:
        raise WebError(Reason.REFUSED, "a user name stands in the address")
    bracket = authority.rfind("]") + 1
    colon = authority.find(":", bracket)
    cut = len(authority) if colon < 0 else colon
    port = _PORT.fullmatch(authority, cut)
    if port is None or int(port[1] or 0) > 0xFFFF:
        raise WebError(Reason.REFUSED, "it is no web address")
    host = _host(authority[:cut])
    if port[1] and int(port[1]) != _DEFAULT_PORTS[name]:
        host = f"{host}:{int(port[1])}"
    return f"{name}://{host}{_path(path)}{_IN_QUERY.sub(_escaped, query)}"


def site(url: str) -> str:
    """Whom an address asks: the host in ASCII, without a final dot, and its port where that is not the default.

    Raises:
        WebError: refused, as by ``as_sent``.
    """
    host, colon, port = as_sent(url).split("/", 3)[2].partition(":")
    if host.startswith("["):
        return as_sent(url).split("/", 3)[2]
    return f"{host.rstrip('.')}{colon}{port}"


def split(sent: str) -> tuple[str, str, int, str, str]:
    """An address as it is sent: its scheme, host (without brackets), port, ``Host`` header and request target."""
    scheme, _, rest = sent.partition("://")
    authority, slash, target = rest.partition("/")
    host, _, port = authority.rpartition(":")
    if not host or port.endswith("]"):
        host, port = authority, ""
    return scheme, host.strip("[]"), int(port or _DEFAULT_PORTS[scheme]), authority, slash + target


# --- The host --------------------------------------------------------------------------------------------------------


def _host(text: str) -> str:
    """A host in ASCII (https://url.spec.whatwg.org/#host-parsing)."""
    if text.startswith("["):
        return _ipv6(text)
    name = unquote(text, errors="replace") if "%" in text else text
    name = name.lower() if name.isascii() else _ascii(name)
    if not name.strip(".") or _NOT_IN_HOST.search(name):
        raise _no_host()
    return _ipv4(name) or name


def _ascii(name: str) -> str:
    """A name by UTS 46, not transitional; what IDNA 2008 has besides against characters, browsers do not ask for."""
    import idna

    if len(name) > _LONGEST_NAME:
        raise _no_host()
    try:
        labels = idna.uts46_remap(name, std3_rules=False).split(".")
        if max(map(len, labels)) > _LONGEST_LABEL:
            raise _no_host()
        return ".".join(each if each.isascii() else f"xn--{each.encode('punycode').decode()}" for each in labels)
    except UnicodeError:  # idna's own among them
        raise _no_host() from None


def _ipv4(name: str) -> str | None:
    """The usual spelling of a name that is an IPv4 address (https://url.spec.whatwg.org/#concept-ipv4-parser)."""
    parts = name.removesuffix(".").split(".")
    if not _NUMBER.fullmatch(parts[-1]):
        return None
    if len(parts) > 4 or not all(map(_NUMBER.fullmatch, parts)):
        raise _no_host()
    try:
        *first, last = map(_number, parts)
        address = ipaddress.IPv4Address(bytes(first) + last.to_bytes(4 - len(first), "big"))
    except (ValueError, OverflowError):
        raise _no_host() from None
    return str(address)


def _number(text: str) -> int:
    if text.startswith("0x"):
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") else 10)


def _ipv6(text: str) -> str:
    try:
        if not text.endswith("]") or "%" in text:
            raise ValueError
        address = ipaddress.IPv6Address(text[1:-1])
    except ValueError:
        raise _no_host() from None
    if address.ipv4_mapped:  # which Python writes with dots from 3.13 on
        high, low = divmod(int(address.ipv4_mapped), 0x10000)
        return f"[::ffff:{high:x}:{low:x}]"
    return f"[{address.compressed}]"


def _no_host() -> WebError:
    return WebError(Reason.REFUSED, "it names no host that could be asked")


# --- The rest --------------------------------------------------------------------------------------------------------


def _path(text: str) -> str:
    """A path without its dot segments (https://url.spec.whatwg.org/#path-state)."""
    path = _IN_PATH.sub(_escaped, text.replace("\\", "/"))
    if "/." not in path and "/%2" not in path:
        return path or "/"
    kept: list[str] = []
    segments = path.split("/")[1:]
    for place, segment in enumerate(segments, 1):
        dots = len(segment.lower().replace("%2e", ".")) if _DOT.fullmatch(segment) else 0
        if dots == 2 and kept:
            kept.pop()
        if not dots:
            kept.append(segment)
        elif place == len(segments):
            kept.append("")
    return "/" + "/".join(kept)


def _escaped(match: re.Match[str]) -> str:
    # A lone surrogate is no character: https://infra.spec.whatwg.org/#javascript-string-convert
    data = match[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
    return "".join(f"%{byte:02X}" for byte in data)
