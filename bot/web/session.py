"""Asking on the web: a request, what came back, and how long and how much it may take."""

import contextlib
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit

import msgspec

from bot.web.address import as_sent
from bot.web.decoding import CODINGS, Decoder
from bot.web.errors import Reason, WebError
from bot.web.guard import Guard, Network

if TYPE_CHECKING:
    from bot.web.transport import Exchange

_PIECE = 1 << 16
# RFC 9110, sections 5.6.2 and 5.5
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?")
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})  # RFC 9110, section 15.4; 300 and 304 tell no other place to ask
_REPEATED = frozenset({429, 500, 502, 503, 504})
_SECONDS = re.compile(r"[0-9]{1,10}")
_LONGEST_DATE = 100  # characters
_BACKOFF = 1.0  # seconds before the first repetition, twice that before the second, and up to half as much again


class Limits(msgspec.Struct, frozen=True):
    """How long and how much one call may take.

    ``connect`` (name server, connection, TLS), ``read`` (the longest silence) and ``total`` (all redirects, repetitions
    and pauses) are in seconds, ``size`` in bytes of the unpacked body; ``redirects`` and ``repeats`` count requests
    beyond the first.
    """

    connect: float = 10.0
    read: float = 20.0
    total: float = 60.0
    size: int = 20_000_000
    redirects: int = 5
    repeats: int = 2


class Answer(msgspec.Struct, frozen=True):
    """What came back, whatever the status: ``url`` is the address that gave it, ``body`` is unpacked.

    ``headers`` are found in upper and lower case. A query in ``url`` is as it was sent, with keys: not for people.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Stream:
    """An answer whose body is still to come; ``url``, ``status`` and ``headers`` are those of ``Answer``.

    ``cookies`` are the values of its ``Set-Cookie``, one for each. ``fault`` says what is odd about its head, its
    framing or the host's certificate, though there is a status, and is empty else. An answer whose head is not
    ``is_sound`` (RFC 9112) may be looked at by people, but programs do not rely on it.
    """

    def __init__(self, url: str, exchange: "Exchange", size: int, failed: Callable[[Exception], WebError]) -> None:
        """Begin to read; ``failed`` turns what the transport raises into what is raised here."""
        self.url = url
        self.status = exchange.response.status
        self.headers: Mapping[str, str] = exchange.response.fields
        self.cookies = exchange.response.fields.all("Set-Cookie")
        self.fault = "; ".join(exchange.faults)
        self.is_sound = exchange.response.is_sound
        self._exchange = exchange
        self._size = size
        self._failed = failed

    def chunks(self) -> Iterator[bytes]:
        """The body, unpacked, as it comes in; one may stop anywhere.

        Raises:
            WebError: timeout, cut, size, protocol or decoding.
        """
        from bot.web.transport import FAILURES

        decoder = Decoder(self.headers.get("Content-Encoding", ""))
        sent = unpacked = 0
        while True:
            try:
                data = self._exchange.read(_PIECE)
            except FAILURES as error:
                raise self._failed(error) from None
            sent += len(data)
            for piece in decoder.feed(data) if data else decoder.end():
                unpacked += len(piece)
                if unpacked > self._size:
                    break
                yield piece
            # Packed bytes are counted too: any number of them may come to nothing.
            if max(sent, unpacked) > self._size:
                raise WebError(Reason.SIZE, f"more than {_amount(self._size)}")
            if not data:
                return


class _Request(msgspec.Struct, frozen=True):
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


class Web:
    """The web as it is asked by one who calls itself ``agent``; threads may share it.

    ``allow`` are the networks that may be reached though they are private. ``clock`` and ``sleep`` are as in ``time``;
    times are values of ``clock``. No proxy, password or authority comes from the environment, and no cookie is kept.
    With ``complete_chains`` a certificate is good too whose chain lacks only what stands between it and a known
    authority, if the host's certificate says where that is; to ask there may take some seconds more. ``authorities`` is
    a file (PEM) of those that are known besides, such as a company's own.
    """

    def __init__(
        self,
        agent: str,
        *,
        allow: Iterable[Network] = (),
        limits: Limits = Limits(),  # noqa: B008  # frozen
        complete_chains: bool = False,
        authorities: str = "",
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Nothing is connected yet."""
        from bot.web.transport import Transport

        self.limits = limits
        self._agent = agent
        self._guard = Guard(allow)
        self._transport = Transport(self._guard, limits.read, complete_chains=complete_chains, authorities=authorities)
        self._clock = clock
        self._sleep = sleep

    def close(self) -> None:
        """Let the connections go that were kept for a next request."""
        self._transport.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def get(
        self,
        url: str,
        *,
        params: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] = _NO_HEADERS,
        until: float | None = None,
        spacing: float = 0.0,
    ) -> Answer:
        """Ask for an address, with these parameters added to its query; the answer is there by ``until``.

        Redirects are followed, but not from https to http, and ``headers`` stay with the host they were meant for.
        After a reset, a cut, a time-out while connecting, and 429, 500, 502, 503, 504 it is asked again, after a pause
        of at least ``spacing`` and what ``Retry-After`` says; where no time is left for it, the answer is returned as
        it is.

        Raises:
            WebError: there is no answer.
        """
        return self._ask(_Request("GET", _with_query(url, params), headers), until, spacing)

    def post(
        self,
        url: str,
        *,
        send: Mapping[str, Any],
        params: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] = _NO_HEADERS,
        until: float | None = None,
        spacing: float = 0.0,
    ) -> Answer:
        """The same with a question that is sent as JSON; it must change nothing there, since it may be repeated.

        It is not sent to another host or port than the one it was meant for.

        Raises:
            WebError: there is no answer.
        """
        sent = {**headers, "Content-Type": "application/json"}
        return self._ask(_Request("POST", _with_query(url, params), sent, msgspec.json.encode(send)), until, spacing)

    @contextlib.contextmanager
    def open(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] = _NO_HEADERS,
        body: bytes | None = None,
        until: float | None = None,
    ) -> Iterator[Stream]:
        """One request, nothing followed and nothing repeated; its connection ends with the ``with`` block.

        The connection is kept where the body was read to its end. ``url`` is asked for as a browser would send it.

        Raises:
            WebError: no answer began; reading its body raises it too.
        """
        from bot.web.transport import FAILURES, web_error

        left = self._end(until) - self._clock()
        if left <= 0:
            raise WebError(Reason.TIMEOUT, "no time was left")
        sent = as_sent(url)
        self._guard.check(sent)
        own = {"User-Agent": self._agent, "Accept": "*/*", "Accept-Encoding": CODINGS}
        given = {name.lower() for name in headers}
        fields = {**{name: value for name, value in own.items() if name.lower() not in given}, **headers}
        if not all(_TOKEN.fullmatch(name) and _VALUE.fullmatch(value) for name, value in fields.items()):
            raise WebError(Reason.REFUSED, "a header cannot be sent")
        start = time.monotonic()

        def failed(error: BaseException) -> WebError:
            return web_error(error, time.monotonic() - start)

        try:
            exchange = self._transport.send(method, sent, fields, body, connect=self.limits.connect, total=left)
        except FAILURES as error:
            raise failed(error) from None
        try:
            yield Stream(sent, exchange, self.limits.size, failed)
        finally:
            exchange.close()

    def _end(self, until: float | None) -> float:
        end = self._clock() + self.limits.total
        return end if until is None else min(end, until)

    def _ask(self, request: _Request, until: float | None, spacing: float) -> Answer:
        end = self._end(until)
        redirects = repeats = 0
        while True:
            pause = max(spacing, _BACKOFF * 2**repeats * random.uniform(1, 1.5))  # noqa: S311  # no secret
            may_repeat = repeats < self.limits.repeats
            try:
                with self.open(
                    request.method, request.url, headers=request.headers, body=request.body, until=end
                ) as stream:
                    if not stream.is_sound:
                        raise WebError(Reason.PROTOCOL, "what came is not HTTP")
                    following = _following(request, stream)
                    if following is None:
                        pause = max(pause, retry_after(stream.headers.get("Retry-After", "")))
                        fits = may_repeat and self._clock() + pause < end
                        if not (fits and stream.status in _REPEATED):
                            return Answer(stream.url, stream.status, stream.headers, b"".join(stream.chunks()))
            except WebError as error:
                if not (error.passing and may_repeat and self._clock() + pause < end):
                    raise
                following = None
            if following is None:
                repeats += 1
                self._sleep(pause)
            else:
                redirects += 1
                if redirects > self.limits.redirects:
                    raise WebError(Reason.REDIRECTS, "too many redirects")
                request = following


def _with_query(url: str, params: Iterable[tuple[str, str]]) -> str:
    query = urlencode(list(params))
    if not query:
        return url
    address, _, fragment = url.partition("#")
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{query}" + (f"#{fragment}" if fragment else "")


def redirect_target(url: str, status: int, headers: Mapping[str, str]) -> str | None:
    """The absolute address that an answer of ``url`` sends to, or ``None`` where it sends nowhere.

    Raises:
        WebError: it sends to what is no address.
    """
    location = headers.get("Location", "").strip()
    if status not in _REDIRECTS or not location:
        return None
    with contextlib.suppress(UnicodeError):  # headers are read as Latin-1, and browsers read them as UTF-8
        location = location.encode("latin-1").decode()
    try:
        return urldefrag(urljoin(url, location)).url
    except ValueError:
        raise WebError(Reason.REDIRECTS, "a redirect to what is no web address") from None


def _following(request: _Request, stream: Stream) -> _Request | None:
    """The request that a redirect asks for.

    Fetch standard, "HTTP-redirect fetch" (https://fetch.spec.whatwg.org/#http-redirect-fetch): 303 makes a GET of
    anything, 301 and 302 of a POST, and 307 and 308 leave it.
    """
    target = redirect_target(stream.url, stream.status, stream.headers)
    if target is None:
        return None
    old, new = _origin(stream.url), _origin(target)
    if old[0] == "https" and new[0] == "http":
        raise WebError(Reason.REDIRECTS, "a redirect from https to http")
    if request.body is not None and stream.status in (307, 308):
        if old != new:
            raise WebError(Reason.REDIRECTS, "a redirect of what was sent to another host")
        return _Request(request.method, target, request.headers, request.body)
    headers = {} if old != new else {k: v for k, v in request.headers.items() if k.lower() != "content-type"}
    return _Request("GET", target, headers)


def _origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port (RFC 6454, section 4)."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        raise WebError(Reason.REDIRECTS, "a redirect to what is no web address") from None


def retry_after(value: str) -> float:
    """The seconds that a ``Retry-After`` asks for (RFC 9110, section 10.2.3: a number, or a date); 0 for nonsense."""
    from email.utils import mktime_tz, parsedate_tz

    text = value.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        date = parsedate_tz(text[:_LONGEST_DATE])
        return max(mktime_tz(date) - time.time(), 0.0) if date else 0.0
    except (ValueError, OverflowError, TypeError, IndexError):
        return 0.0


def _amount(size: int) -> str:
    """``20 MB``, ``64 KB``."""
    return f"{size / 1e6:g} MB" if size >= 1e6 else f"{size / 1e3:g} KB"
