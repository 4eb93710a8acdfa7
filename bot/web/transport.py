"""Connections: by the guard, with one time limit for a whole answer, and kept for a next request."""

import contextlib
import errno
import functools
import http.client
import math
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import certifi

from bot.web.address import split
from bot.web.chains import FETCHING, INCOMPLETE, UNKNOWN_ISSUER, Chains
from bot.web.errors import Reason, WebError, seconds
from bot.web.guard import Guard
from bot.web.response import Response

FAILURES = (OSError, http.client.HTTPException, ValueError)
"""What connections raise, and reading from them."""

_REST = 60.0  # seconds for which a connection is kept
_MOST_AT_REST = 256
_LARGEST_CERTIFICATE = 1 << 16  # bytes
# OpenSSL's X509_V_ERR_* (x509_vfy.h)
_CERTIFICATE_FAULTS = {
    2: "is of an authority that is not known",
    9: "is not valid yet",
    10: "has expired",
    18: "is signed by itself",
    19: "is of an authority that is not known",
    20: "is of an authority that is not known",
    21: "is of an authority that is not known",
    62: "is for another host",
    64: "is for another host",
}


class Origin(NamedTuple):
    """Whom a connection leads to; ``host`` without brackets."""

    scheme: str
    host: str
    port: int


class Transport:
    """Sends requests over connections that the guard makes; threads may share it.

    ``each`` is the longest silence of a host in seconds. It never repeats and never follows. With ``complete_chains`` a
    certificate whose chain lacks what stands between it and a known authority is verified as browsers do: see
    ``Chains``.

    On ``http.client``, whose answers are read by ``Response``: what stands above it (urllib3, requests) costs two to
    five times as much of the processor for each request, and refuses heads that browsers read.
    """

    def __init__(self, guard: Guard, each: float, *, complete_chains: bool = False, authorities: str = "") -> None:
        """Read the authorities, those in the file ``authorities`` (PEM) besides; nothing is connected yet."""
        self._guard = guard
        self._each = each
        context = functools.partial(_context, authorities)
        self._context = context()
        self._chains = Chains(self._fetch, context, _blind_context()) if complete_chains else None
        self._rest = _Rest()

    def close(self) -> None:
        """Close the connections that are kept."""
        self._rest.close()

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, connect: float, total: float
    ) -> "Exchange":
        """One request; ``url`` is as it is sent. There are ``connect`` seconds for a connection, ``total`` for all.

        Raises:
            WebError: there was no connection; others of the ``FAILURES``.
        """
        end = time.monotonic() + total
        scheme, host, port, authority, target = split(url)
        origin = Origin(scheme, host, port)
        connection = self._rest.take(origin) or self._connected(origin, connect, end)
        try:
            connection.timed.settimeout(_left(end))
            return Exchange(
                connection, connection.ask(method, target, {"Host": authority, **headers}, body), self._rest
            )
        except BaseException:
            connection.close()
            raise

    def _connected(self, origin: Origin, limit: float, end: float) -> "_Connection":
        if origin.scheme == "http":
            raw = self._guard.connect(origin.host, origin.port, min(limit, _left(end)))
            timed = _TimedSocket(raw.family, raw.type, raw.proto, fileno=raw.detach())
            timed.each = self._each
            return _Connection(origin, timed)

        def encrypted(context: ssl.SSLContext) -> _TlsSocket:
            return self._encrypted(origin, context, min(limit, _left(end)))

        if self._chains is None:
            return _Connection(origin, encrypted(self._context))
        place = (origin.host, origin.port)
        helped = self._chains.known(place)
        try:
            return _Connection(origin, encrypted(helped or self._context), INCOMPLETE if helped else "")
        except ssl.SSLCertVerificationError as error:
            if helped or error.verify_code not in UNKNOWN_ISSUER:
                raise
            timed = self._chains.complete(place, encrypted, error)
            return _Connection(origin, timed, INCOMPLETE)

    def _encrypted(self, origin: Origin, context: ssl.SSLContext, limit: float) -> "_TlsSocket":
        raw = self._guard.connect(origin.host, origin.port, limit)
        try:
            made = context.wrap_socket(raw, server_hostname=origin.host.rstrip("."))
        except BaseException:
            raw.close()
            raise
        assert isinstance(made, _TlsSocket)  # noqa: S101  # what the context makes
        made.each = self._each
        return made

    def _fetch(self, url: str) -> bytes:
        """What is at an address of http, at most as long as a certificate may be.

        Raises:
            WebError: nothing that could be one.
        """
        self._guard.check(url)
        body = b""
        try:
            exchange = self.send("GET", url, {"Accept": "*/*"}, None, connect=FETCHING, total=FETCHING)
            with contextlib.closing(exchange):
                if exchange.response.status == 200:
                    while len(body) <= _LARGEST_CERTIFICATE:
                        piece = exchange.read(_LARGEST_CERTIFICATE)
                        if not piece:
                            return body
                        body += piece
        except FAILURES as error:
            raise web_error(error, FETCHING) from None
        raise WebError(Reason.SIZE, "no certificate")


class Exchange:
    """A request that was sent, and its answer, whose body is still to come."""

    def __init__(self, connection: "_Connection", response: Response, rest: "_Rest") -> None:
        """A connection, what came over it, and where it goes to afterwards."""
        self.response = response
        self.faults = [fault for fault in (connection.fault, *response.faults) if fault]
        self._connection = connection
        self._rest = rest

    def read(self, size: int) -> bytes:
        """Some bytes of the body, as they came; none at its end.

        Raises:
            WebError: there is no body that could be read; others of the ``FAILURES``.
        """
        if self.response.failure:
            raise self.response.failure
        try:
            data = self.response.read1(size)
        except FAILURES:
            self.response.will_close = True
            raise
        if not data and self.response.missing():
            raise http.client.IncompleteRead(b"")
        return data

    def close(self) -> None:
        """Keep the connection for a next request, if all was read, or else end it."""
        self._connection.timed.rest()
        try:
            is_over = self.response.is_over()
        except FAILURES:
            is_over = False
        self.response.close()
        if is_over:
            self._rest.put(self._connection)
        else:
            self._connection.close()


class _Rest:
    """Connections that wait for a next request; those that waited longest go first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: dict[_Connection, float] = {}  # in the order of time
        self._of: dict[Origin, list[_Connection]] = {}
        self._most = _MOST_AT_REST

    def take(self, origin: Origin) -> "_Connection | None":
        """One that may be used, if there is one."""
        while True:
            with self._lock:
                waiting = self._of.get(origin)
                if not waiting:
                    return None
                connection = waiting[-1]
                since = self._remove(connection)
            if time.monotonic() - since < _REST and connection.timed.is_quiet():
                return connection
            connection.close()

    def put(self, connection: "_Connection") -> None:
        """Keep one; whatever has waited too long is closed."""
        now = time.monotonic()
        over: list[_Connection] = []
        with self._lock:
            self._since[connection] = now
            self._of.setdefault(connection.origin, []).append(connection)
            for oldest, since in self._since.items():
                if len(self._since) - len(over) <= self._most and now - since < _REST:
                    break
                over.append(oldest)
            for each in over:
                self._remove(each)
        for each in over:
            each.close()

    def close(self) -> None:
        """Close all, and those that are still in use when they come to rest."""
        with self._lock:
            self._most = 0
            waiting = list(self._since)
            self._since.clear()
            self._of.clear()
        for each in waiting:
            each.close()

    def _remove(self, connection: "_Connection") -> float:
        """Since when it was there; the lock is held."""
        waiting = self._of[connection.origin]
        waiting.remove(connection)
        if not waiting:
            del self._of[connection.origin]
        return self._since.pop(connection)


# --- Connections -----------------------------------------------------------------------------------------------------


class _TimedSocket(socket.socket):
    """A socket whose timeout, once set, is one for all that follows, and whose every call is limited by ``each`` too.

    Without this a drip would begin a new limit with each byte. At ``rest`` it gives nothing, as one that does not
    block, until a timeout is set.
    """

    each = math.inf
    _end = math.inf
    _is_at_rest = False

    def settimeout(self, value: float | None, /) -> None:
        self._end = math.inf if value is None else time.monotonic() + value
        self._is_at_rest = False
        super().settimeout(value)

    def rest(self) -> None:
        self._is_at_rest = True

    def is_quiet(self) -> bool:
        """Whether nothing has come, not even an end; a timeout is to be set afterwards."""
        super().settimeout(0)
        try:
            socket.socket.recv(self, 1, socket.MSG_PEEK)  # what is under TLS too
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def recv_into(self, *arguments: Any, **named: Any) -> int:
        if self._is_at_rest:
            raise BlockingIOError(errno.EAGAIN, "at rest")
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


class _Connection(http.client.HTTPConnection):
    """One that is made; ``fault`` is what was odd about its certificate. It never connects by itself."""

    response_class = Response
    auto_open = 0

    def __init__(self, origin: Origin, timed: _TimedSocket, fault: str = "") -> None:
        super().__init__(origin.host, origin.port)
        self.origin = origin
        self.timed = timed
        self.fault = fault
        self.sock = timed

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> Response:
        self.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            self.putheader(name, value)
        if body is not None:
            self.putheader("Content-Length", str(len(body)))
        # Who answers before all was sent, and hangs up, has answered.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.endheaders(body)
        response = self.getresponse()
        assert isinstance(response, Response)  # noqa: S101  # the class above
        return response


def _context(authorities: str) -> ssl.SSLContext:
    """TLS from version 1.2 on, verified by name, with the authorities that everybody knows and those in a file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certifi.where())
    if authorities:
        context.load_verify_locations(authorities)
    context.set_alpn_protocols(["http/1.1"])
    context.verify_flags &= ~ssl.VERIFY_X509_PARTIAL_CHAIN  # a chain ends in an authority
    context.sslsocket_class = _TlsSocket
    return context


def _blind_context() -> ssl.SSLContext:
    """TLS with anybody, to see a certificate: nothing may be sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslsocket_class = _TlsSocket
    return context


def _left(end: float) -> float:
    """The seconds until then; some, since a timeout of none would be no limit."""
    return max(end - time.monotonic(), 0.001)


def web_error(error: BaseException, waited: float) -> WebError:
    """What one of the ``FAILURES`` means, after so many seconds; nothing of its text, which may hold the address."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return WebError(Reason.TLS, f"the certificate {_CERTIFICATE_FAULTS.get(error.verify_code, 'is not valid')}")
    if isinstance(error, TimeoutError):
        return WebError(Reason.TIMEOUT, f"no answer within {seconds(waited)}")
    if isinstance(error, ssl.SSLError):
        return WebError(Reason.TLS, "the encryption failed")
    if isinstance(error, OSError | http.client.IncompleteRead):
        return WebError(Reason.CUT, "the connection was cut", passing=True)
    return WebError(Reason.PROTOCOL, "what came is not HTTP")
