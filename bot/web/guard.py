"""Which hosts may be reached, and the connection to one that may."""

import errno
import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

from bot.web.errors import Reason, WebError, seconds

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PORTS = frozenset({80, 443, 8080, 8443})
"""The ports that may be asked on any public host."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LOOPBACK = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))
_LONGEST_NAME = 253  # characters: RFC 1035, section 2.3.4

# https://www.iana.org/assignments/iana-ipv4-special-registry: what is not globally reachable, and besides 6to4's relays
# (192.88.99.0/24, deprecated by RFC 7526), multicast, and the platform address that Azure serves to its own machines,
# GitHub's runners among them (168.63.129.16).
_NOT_PUBLIC_4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
# https://www.iana.org/assignments/ipv6-unicast-address-assignments: only this block is given out. In it
# https://www.iana.org/assignments/iana-ipv6-special-registry sets aside protocols (2001::/23: Teredo, ORCHID,
# benchmarks), documentation, and 6to4, which holds any IPv4 address; 3ffe::/16 was the 6bone (RFC 3701).
_PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    ipaddress.IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3ffe::/16", "3fff::/20")
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052, section 2.1


def is_public(address: Address) -> bool:
    """Whether an address is of the public internet; an IPv4 address within an IPv6 one is judged by itself.

    Stricter than ``ipaddress``, whose ``is_global`` lets through multicast, 6to4, NAT64 and more, by Python's version.
    """
    address = _inner(address)
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return (
        address.scope_id is None and address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)
    )


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for when a machine connects to it (mapped, or by NAT64), else itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


class Guard:
    """What may be reached: public hosts on a few ports, and on any port the addresses of the ``allow`` networks."""

    def __init__(self, allow: Iterable[Network] = ()) -> None:
        """Allow these networks besides what is public."""
        self._allow = tuple(allow)

    def check(self, url: str) -> None:
        """Refuse an address that needs no name server to be refused; ``url`` is as it is sent, its host in ASCII.

        Raises:
            WebError: refused, by its scheme, a user name in it, its port, or its host.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise WebError(Reason.REFUSED, "it is no web address") from None
        if parts.scheme not in _DEFAULT_PORTS:
            raise WebError(Reason.REFUSED, "only http and https are asked")
        if "@" in parts.netloc:
            raise WebError(Reason.REFUSED, "a user name stands in the address")
        port = _DEFAULT_PORTS[parts.scheme] if port is None else port
        addresses = self._known(host or "")
        if addresses is None:
            # A name may turn out to be within an allowed network, where any port will do: `connect` knows.
            if port not in PORTS and not self._allow:
                raise _bad_port(port)
        else:
            self._check(addresses, port)

    def connect(self, host: str, port: int, limit: float) -> socket.socket:
        """A connection to a host within so many seconds, name server included; what is left is the socket's timeout.

        Every address of the name is checked, and the connection goes to one of these: a name that resolves otherwise
        a moment later gains nothing.

        Raises:
            WebError: refused, dns, connect or timeout.
        """
        end = time.monotonic() + limit
        addresses = self._known(host)
        if addresses is None:
            addresses = _resolved(host, limit)
        self._check(addresses, port)
        failure = WebError(Reason.TIMEOUT, f"no connection within {seconds(limit)}", passing=True)
        for tried, address in enumerate(addresses):
            share = (end - time.monotonic()) / (len(addresses) - tried)
            if share <= 0:
                break
            connection = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
            try:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.settimeout(share)
                connection.connect((str(address), port))
                connection.settimeout(max(end - time.monotonic(), 0.001))
            except TimeoutError:
                connection.close()
            except OSError as error:
                connection.close()
                refused = error.errno == errno.ECONNREFUSED
                text = "the connection was refused" if refused else "the host cannot be reached"
                failure = WebError(Reason.CONNECT, text, passing=error.errno == errno.ECONNRESET)
            else:
                return connection
        raise failure

    def _known(self, host: str) -> tuple[Address, ...] | None:
        """The addresses of a host that is an address, in any spelling, or ``localhost``; ``None`` for other names."""
        name = host.removesuffix(".").lower()
        if (
            not name.isascii()
            or not name.isprintable()
            or not 0 < len(name) <= _LONGEST_NAME
            or set(" %/\\@") & {*name}
        ):
            raise WebError(Reason.REFUSED, "it names no host that could be asked")
        if name.rstrip(".").split(".")[-1] == "localhost":  # RFC 6761, section 6.3: means loopback, and is not resolved
            return tuple(address for address in _LOOPBACK if self._is_allowed(address)) or _LOOPBACK
        address = _literal(name)
        return None if address is None else (address,)

    def _check(self, addresses: Iterable[Address], port: int) -> None:
        for address in addresses:
            if self._is_allowed(address):
                continue
            if not is_public(address):
                raise WebError(Reason.REFUSED, "the host is private")
            if port not in PORTS:
                raise _bad_port(port)

    def _is_allowed(self, address: Address) -> bool:
        address = _inner(address)
        return any(address in network for network in self._allow)


def _bad_port(port: int) -> WebError:
    return WebError(Reason.REFUSED, f"port {port} is not asked")


def _literal(name: str) -> Address | None:
    """The address that a host spells: IPv6, or IPv4 also in decimal, octal, hexadecimal and with parts left out."""
    if ":" in name:
        try:
            return ipaddress.IPv6Address(name)
        except ValueError:
            raise WebError(Reason.REFUSED, "it names no host that could be asked") from None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(name))
    except OSError:
        return None


def _resolved(host: str, limit: float) -> tuple[Address, ...]:
    """All addresses of a name, by the system's resolver, whose own time limit is longer than anybody waits."""
    answers: queue.SimpleQueue[list[Address] | Exception] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            answers.put([ipaddress.ip_address(sockaddr[0]) for *_, sockaddr in found])
        except (OSError, ValueError) as error:  # ValueError: a label that is too long
            answers.put(error)

    threading.Thread(target=resolve, daemon=True).start()
    try:
        answer = answers.get(timeout=max(limit, 0))
    except queue.Empty:
        raise WebError(Reason.DNS, f"the host's name did not resolve within {seconds(limit)}", passing=True) from None
    if isinstance(answer, socket.gaierror) and answer.errno == socket.EAI_AGAIN:
        raise WebError(Reason.DNS, "the host's name cannot be resolved now", passing=True)
    if isinstance(answer, Exception) or not answer:
        raise WebError(Reason.DNS, "the host is unknown")
    return tuple(dict.fromkeys(answer))
