"""A loopback web server whose answers are scripted, with all that can be wrong with an answer.

A handler is given each request and makes the reply; ``replies`` makes one of a row of replies. Nothing is built in
memory that is sent in pieces, so an answer may be as long as one likes.
"""

import json
import socket
import ssl
import struct
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import parse_qsl

import msgspec


class Request(msgspec.Struct, frozen=True):
    """What was asked: ``path`` without the query, header names in lower case, ``time`` of ``time.monotonic``.

    ``target`` is path and query as they were sent.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    time: float
    target: str = ""

    def param(self, name: str) -> str:
        """The parameter's first value, or the empty string."""
        return next((value for key, value in self.query if key == name), "")

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered, and what is wrong with it.

    ``pieces`` is the body (``None`` for none at all), sent as it is iterated with ``pause`` seconds before each piece.
    Its length is announced where it is ``bytes``; other bodies are chunked. A header of the reply's own wins: with a
    ``Content-Length`` of its own nothing is chunked, and a ``Connection: close`` lets the body end with the connection.
    ``head_pause`` seconds come before each byte of the head. ``delay`` seconds come before everything. The connection
    ends after the reply where ``end`` is ``close``, and is reset where it is ``reset``. ``raw`` is sent instead of a
    head and a body.
    """

    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})
    pieces: bytes | Iterable[bytes] | None = b""
    pause: float = 0.0
    head_pause: float = 0.0
    delay: float = 0.0
    end: str = "keep"
    raw: bytes | None = None


Handler = Callable[[Request], Reply]


# --- Replies ---------------------------------------------------------------------------------------------------------


def answer_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A value as JSON."""
    return Reply(
        status=status,
        headers={"Content-Type": "application/json", **(headers or {})},
        pieces=json.dumps(value).encode(),
    )


def answer_text(text: str, content_type: str = "text/plain", status: int = 200) -> Reply:
    """A text in UTF-8; an Atom feed, say."""
    return Reply(status=status, headers={"Content-Type": f"{content_type}; charset=utf-8"}, pieces=text.encode())


def html(status: int = 200) -> Reply:
    """A page for people, where a program asked for data."""
    return answer_text("<!DOCTYPE html><title>Oops</title><p>Please try again later.", "text/html", status)


def broken_json() -> Reply:
    """JSON that stops in the middle, though the answer is complete."""
    return Reply(headers={"Content-Type": "application/json"}, pieces=b'{"message": {"items": [{"title": ["Dee')


def too_many(after: float | str | None = None) -> Reply:
    """429, with a ``Retry-After`` in seconds or as somebody wrote it, or without."""
    headers = {} if after is None else {"Retry-After": str(after)}
    return answer_json({"error": "too many requests"}, 429, headers)


def http_date(seconds: float) -> str:
    """So many seconds from now, as HTTP writes a date."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def redirect(to: str, status: int = 302) -> Reply:
    """Another place to ask; ``to`` is sent in UTF-8, whatever it is."""
    return Reply(status=status, headers={"Location": to})


def spelled(*lines: str, body: bytes = b"", end: str = "close") -> Reply:
    """An answer with this head, line by line, right or wrong, in Latin-1."""
    return Reply(raw="".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1") + body, end=end)


def silent() -> Reply:
    """No answer as long as the server runs."""
    return Reply(delay=float("inf"))


def cut(whole: bytes, after: int, *, chunked: bool = False, end: str = "close") -> Reply:
    """A body whose connection ends after so many bytes: the length announced is that of the whole."""
    if not chunked:
        return Reply(headers={"Content-Length": str(len(whole))}, pieces=[whole[:after]], end=end)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return Reply(raw=head + b"%x\r\n" % len(whole) + whole[:after], end=end)


def hang_up(end: str = "reset") -> Reply:
    """The connection ends before there is an answer."""
    return Reply(raw=b"", end=end)


def drip(body: bytes, pause: float) -> Reply:
    """A body that comes byte by byte, its length announced."""
    return Reply(headers={"Content-Length": str(len(body))}, pieces=(bytes([byte]) for byte in body), pause=pause)


def drip_head(pause: float) -> Reply:
    """A head that comes byte by byte."""
    return Reply(head_pause=pause, pieces=b"late")


def bomb(size: int, encoding: str = "gzip") -> Reply:
    """A body of so many zeros, packed about a thousandfold."""
    return Reply(headers={"Content-Encoding": encoding}, pieces=_packed_zeros(size, 31 if encoding == "gzip" else 15))


def packed(body: bytes, encoding: str = "gzip") -> Reply:
    """A body that is packed as it says."""
    wbits = {"gzip": 31, "x-gzip": 31, "deflate": 15}[encoding]
    packer = zlib.compressobj(wbits=wbits)
    return Reply(headers={"Content-Encoding": encoding}, pieces=packer.compress(body) + packer.flush())


def wrongly_packed(body: bytes, encoding: str = "gzip") -> Reply:
    """A plain body that says it is packed."""
    return Reply(headers={"Content-Encoding": encoding}, pieces=body)


def replies(*row: Reply) -> Handler:
    """A handler that gives each of the replies once, in order, and the last to all later requests."""
    waiting = list(row)
    lock = threading.Lock()

    def handler(_: Request) -> Reply:
        with lock:
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return handler


def _packed_zeros(size: int, wbits: int) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=wbits)
    block = bytes(1 << 20)
    for start in range(0, size, len(block)):
        if piece := packer.compress(block[: size - start]):
            yield piece
    yield packer.flush()


# --- The server ------------------------------------------------------------------------------------------------------


class FaultyServer:
    """A server at ``url`` on a free port of ``host``, in threads of its own, which answers as the handler says.

    ``requests`` are those that came, in order. ``tls`` makes it an https server. Leaving it ends all that still hangs,
    and raises what a handler has raised; it takes up to ``poll`` seconds, and many servers with few are busy.
    """

    def __init__(
        self,
        handler: Handler | Reply,
        *,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        poll: float = 0.005,
    ) -> None:
        self.handler: Handler = replies(handler) if isinstance(handler, Reply) else handler
        self.requests: list[Request] = []
        self._server = _Server(self, host, tls)
        self.port = int(self._server.server_address[1])
        shown = f"[{host}]" if ":" in host else host
        self.url = f"{'https' if tls else 'http'}://{shown}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": poll})
        self._thread.start()

    @property
    def connections(self) -> int:
        """How many connections were made, whatever was asked over them."""
        return self._server.accepted

    def close(self) -> None:
        """End it.

        Raises:
            BaseException: what a handler has raised.
        """
        self._server.stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.disconnect()
        self._server.server_close()
        if self._server.errors:
            raise self._server.errors[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, owner: FaultyServer, host: str, tls: ssl.SSLContext | None) -> None:
        self.owner = owner
        self.tls = tls
        self.stopped = threading.Event()
        self.errors: list[BaseException] = []
        self.accepted = 0
        self.open: set[socket.socket] = set()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, 0), _Handler)

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer's asks a name server for the host's name

    def process_request(self, request: Any, client_address: Any) -> None:
        self.accepted += 1
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if error and not isinstance(error, OSError):  # which is a client that has gone
            self.errors.append(error)

    def disconnect(self) -> None:
        for connection in list(self.open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        if self.server.tls:  # here, in the connection's own thread: a handshake that hangs stops nobody else
            self.request.settimeout(10)
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
            self.request.settimeout(None)
            self.server.open.add(self.request)
        super().setup()

    def finish(self) -> None:
        super().finish()
        if self.server.tls:
            self.server.open.discard(self.request)
            self.request.close()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the name that it has there
        """The server keeps its own record."""

    def _handle(self) -> None:
        path, _, query = self.path.partition("?")
        request = Request(
            self.command,
            path,
            tuple(parse_qsl(query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(int(self.headers.get("Content-Length") or 0)),
            time.monotonic(),
            self.path,
        )
        self.server.owner.requests.append(request)
        self._send(self.server.owner.handler(request))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815  # the names that it has there

    def _send(self, reply: Reply) -> None:
        if not self._wait(reply.delay):
            return
        if reply.raw is not None:
            self.wfile.write(reply.raw)
        else:
            self._send_parts(reply)
        if reply.end == "reset":  # closing with nothing to linger for sends RST
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if reply.end in ("close", "reset"):
            self.close_connection = True

    def _send_parts(self, reply: Reply) -> None:
        headers = {"Date": http_date(0), **reply.headers}
        names = {name.lower(): value.lower() for name, value in headers.items()}
        pieces = [reply.pieces] if isinstance(reply.pieces, bytes) else reply.pieces
        chunked = False
        if "content-length" not in names and "transfer-encoding" not in names:
            if isinstance(reply.pieces, bytes):
                headers["Content-Length"] = str(len(reply.pieces))
            elif pieces is not None and names.get("connection") != "close":
                headers["Transfer-Encoding"] = "chunked"
                chunked = True
        self.close_connection = self.close_connection or names.get("connection") == "close"
        head = f"HTTP/1.1 {reply.status} Whatever\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        if reply.head_pause:
            for byte in head.encode():
                if not self._wait(reply.head_pause):
                    return
                self.wfile.write(bytes([byte]))
        else:
            self.wfile.write(head.encode())
        if self.command == "HEAD":
            return
        for piece in pieces or ():
            if reply.pause and not self._wait(reply.pause):
                return
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _wait(self, seconds: float) -> bool:
        """Whether the server still runs after so many seconds; else the connection ends."""
        if seconds and self.server.stopped.wait(None if seconds == float("inf") else seconds):
            self.close_connection = True
            return False
        return True
