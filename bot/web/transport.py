"""requests and urllib3 as they are used here: connections by the guard, and one time limit for a whole answer."""

import functools
import http.client
import math
import socket
import ssl
import time
from collections.abc import Iterator
from typing import Any, cast

import certifi
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

from bot.web.errors import Reason, WebError, seconds
from bot.web.guard import Guard

FAILURES = (OSError, http.client.HTTPException, urllib3.exceptions.HTTPError, ValueError)
"""What requests and urllib3 raise; requests' own exceptions are among the ``OSError``."""

_POOL = 64  # connections kept for a host, and hosts
# OpenSSL's X509_V_ERR_* (x509_vfy.h)
_CERTIFICATE_FAULTS = {
    9: "is not valid yet",
    10: "has expired",
    18: "is signed by itself",
    19: "is signed by itself",
    20: "is of an authority that is not known",
    21: "is of an authority that is not known",
    62: "is for another host",
    64: "is for another host",
}


class Transport(HTTPAdapter):
    """Sends requests over connections that the guard makes; ``each`` is the longest silence of a host in seconds.

    ``send`` takes a ``urllib3.Timeout`` with ``connect`` and ``total``; the latter holds up to the last byte of the
    body. It never repeats and never follows.
    """

    def __init__(self, guard: Guard, each: float) -> None:
        """Read the authorities; nothing is connected yet."""
        self._guard = guard
        self._each = each
        super().__init__(pool_connections=_POOL, pool_maxsize=_POOL)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        """Let all connections be ours."""
        context = create_urllib3_context()
        context.load_verify_locations(certifi.where())
        context.sslsocket_class = _TlsSocket
        super().init_poolmanager(connections, maxsize, block, ssl_context=context, **pool_kwargs)
        ours: dict[str, Any] = {
            "http": functools.partial(_PlainPool, guard=self._guard, each=self._each),
            "https": functools.partial(_TlsPool, guard=self._guard, each=self._each),
        }
        self.poolmanager.pool_classes_by_scheme = ours

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing: the context verifies always, and has read the authorities once, not at each connection."""


class _TimedSocket(socket.socket):
    """A socket whose timeout, once set, is one for all that follows, and whose every call is limited by ``each`` too.

    urllib3 sets what is left of the total before it sends and before it reads; without this a drip would begin a new
    limit with each byte.
    """

    each = math.inf
    _end = math.inf

    def settimeout(self, value: float | None, /) -> None:
        self._end = math.inf if value is None else time.monotonic() + value
        super().settimeout(value)

    def recv_into(self, *arguments: Any, **named: Any) -> int:
        self._limit()
        return super().recv_into(*arguments, **named)

    def send(self, *arguments: Any, **named: Any) -> int:
        self._limit()
        return super().send(*arguments, **named)

    def sendall(self, *arguments: Any, **named: Any) -> None:
        self._limit()
        super().sendall(*arguments, **named)

    def _limit(self) -> None:
        left = min(self._end - time.monotonic(), self.each)
        if left <= 0:
            raise TimeoutError("timed out")
        super().settimeout(None if left == math.inf else left)


class _TlsSocket(_TimedSocket, ssl.SSLSocket):
    """The same under TLS; OpenSSL's handshake and reading are limited as a whole by Python."""


class _PlainConnection(HTTPConnection):
    def __init__(self, *arguments: Any, guard: Guard, each: float, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._guard = guard
        self._each = each

    def _new_conn(self) -> socket.socket:
        raw = self._guard.connect(self._dns_host, self.port, self.timeout or math.inf)
        limit = raw.gettimeout()
        timed = _TimedSocket(raw.family, raw.type, raw.proto, fileno=raw.detach())
        timed.each = self._each
        timed.settimeout(limit)
        return timed


class _TlsConnection(HTTPSConnection):
    def __init__(self, *arguments: Any, guard: Guard, each: float, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._guard = guard
        self._each = each

    def _new_conn(self) -> socket.socket:
        return self._guard.connect(self._dns_host, self.port, self.timeout or math.inf)

    def connect(self) -> None:
        super().connect()
        cast(_TlsSocket, self.sock).each = self._each


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def web_error(error: BaseException, waited: float) -> WebError:
    """What one of the ``FAILURES`` means, after so many seconds; nothing of its text, which holds the address."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            fault = _CERTIFICATE_FAULTS.get(cause.verify_code, "is not valid")
            return WebError(Reason.TLS, f"the certificate {fault}")
    for cause in causes:
        if isinstance(cause, TimeoutError | urllib3.exceptions.TimeoutError):
            return WebError(Reason.TIMEOUT, f"no answer within {seconds(waited)}")
        if isinstance(cause, ssl.SSLError):
            return WebError(Reason.TLS, "the encryption failed")
        if isinstance(cause, ConnectionError | http.client.IncompleteRead):
            return WebError(Reason.CUT, "the connection was cut", passing=True)
    return WebError(Reason.PROTOCOL, "what came is not HTTP")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and those that it wraps, in their arguments, as its reason or as its cause, outermost first."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
        waiting.extend(each for each in inner if isinstance(each, BaseException))
