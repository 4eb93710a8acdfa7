"""A recording HTTP proxy between the bot and the emulator, which can fail at any request.

All that it changes is the address: answers name the emulator's own, and PyGithub follows only links to the address
that it was given. After each request that moves a branch the mirror follows, before the bot hears of it.
"""

import json
import re
import select
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import urllib3

from tests.support.emulator import Emulator

_MOVES_BRANCHES = re.compile(r"/git/refs|/contents/|/merge$|/update-branch$|/pulls$")
_PASSED_ON = ("accept", "authorization", "content-type", "host", "user-agent")
_PASSED_BACK = ("content-type", "link", "location", "retry-after")
_SERVER_ERROR = {"message": "Server Error"}
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
_SECONDARY_LIMIT = {
    "message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
    "documentation_url": "https://docs.github.com/free-pro-team@latest/rest/overview/"
    "rate-limits-for-the-rest-api#about-secondary-rate-limits",
}


class Fault(StrEnum):
    """What can go wrong with one request."""

    BEFORE = "before"  # the connection breaks before anything is done
    AFTER = "after"  # it is done, and the connection breaks before the answer
    ERROR = "500"  # it is not done
    BAD_GATEWAY = "502"  # it is done, and answered with 502
    SECONDARY_LIMIT = "secondary-limit"  # 403 with Retry-After; it is not done
    TIMEOUT = "timeout"  # it is not done, and nobody answers


class Request(msgspec.Struct):
    """A request of the bot: ``path`` has no query, ``status`` is what the bot got, ``None`` if it got no answer."""

    method: str
    path: str
    status: int | None = None


class Answer(msgspec.Struct, frozen=True):
    """What is answered to a request instead of passing it on."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = {}


class Proxy:
    """A proxy at ``address`` in threads of its own. Requests are counted from 1, anew with ``clear``."""

    def __init__(self, emulator: Emulator, update: Callable[[], object]) -> None:
        self.requests: list[Request] = []
        self._emulator = emulator
        self._update = update
        self._faults: dict[int, Fault] = {}
        self._cut: int | None = None
        self._actions: dict[int, Callable[[], object]] = {}
        self._answers: list[tuple[str, re.Pattern[str], Answer]] = []
        self.errors: list[BaseException] = []
        self._lock = threading.Lock()
        # The emulator may let two move a branch from the same commit at once, and loses one; GitHub refuses one.
        self._moving = threading.Lock()
        self._pool = urllib3.HTTPConnectionPool("127.0.0.1", emulator.port, maxsize=16, timeout=60, retries=False)
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.005})
        self._thread.start()
        self.address = f"http://localhost:{self._server.server_address[1]}"

    # --- What a test asks --------------------------------------------------------------------------------------------

    @property
    def writes(self) -> list[Request]:
        """The requests that ask for a change."""
        return [request for request in self.requests if request.method != "GET"]

    def clear(self) -> None:
        """Forget the requests, faults, actions and answers: the next request is the first."""
        with self._lock:
            self.requests.clear()
            self._faults.clear()
            self._actions.clear()
            self._answers.clear()
            self._cut = None

    def arm(self, number: int, fault: Fault, *, for_good: bool = False) -> None:
        """Let a fault happen at the request of this number; ``for_good``, and no later one reaches anybody."""
        with self._lock:
            self._faults[number] = fault
            self._cut = number if for_good else None

    def on_request(self, number: int, action: Callable[[], object]) -> None:
        """Do something right before the request of this number is passed on, as if somebody were that quick."""
        with self._lock:
            self._actions[number] = action

    def answer(self, method: str, path: str, answer: Answer) -> None:
        """Answer each request of this method whose path the regular expression is found in; it is not done."""
        with self._lock:
            self._answers.append((method, re.compile(path), answer))

    def close(self) -> None:
        """End it.

        Raises:
            BaseException: what an action or the mirror has raised.
        """
        self._server.shutdown()
        self._thread.join()
        self._server.disconnect()
        self._server.server_close()
        self._pool.close()
        if self.errors:
            raise self.errors[0]

    # --- What the server does with a request -------------------------------------------------------------------------

    def handle(self, handler: "_Handler") -> None:
        """Answer one request, or break its connection."""
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        path = handler.path.partition("?")[0]
        request = Request(handler.command, path)
        with self._lock:
            self.requests.append(request)
            number = len(self.requests)
            fault = self._faults.get(number)
            if self._cut is not None and number > self._cut:
                fault = Fault.BEFORE
            action = self._actions.get(number)
            answers = [one for method, where, one in self._answers if method == request.method and where.search(path)]
        if action:
            self._guarded(action)
        match fault:
            case Fault.BEFORE:
                return handler.hang_up()
            case Fault.TIMEOUT:
                handler.wait_for_the_end()
                return handler.hang_up()
            case Fault.ERROR:
                return self._answer(handler, request, 500, _SERVER_ERROR)
            case Fault.SECONDARY_LIMIT:
                return self._answer(handler, request, 403, _SECONDARY_LIMIT, {"Retry-After": "1"})
        if answers:
            return self._answer(handler, request, answers[0].status, answers[0].body, answers[0].headers)
        moves = handler.command != "GET" and _MOVES_BRANCHES.search(path)
        with self._moving if moves else nullcontext():
            answer = self._pool.request(
                handler.command,
                handler.path,
                body=body or None,
                headers={name: value for name, value in handler.headers.items() if name.lower() in _PASSED_ON},
            )
        if moves and answer.status < 400:
            self._guarded(self._update)
        if fault is Fault.AFTER:
            return handler.hang_up()
        if fault is Fault.BAD_GATEWAY:
            return self._answer(handler, request, 502, _SERVER_ERROR)
        request.status = answer.status
        kept = {name: value for name, value in answer.headers.items() if _is_passed_back(name)}
        data = answer.data.replace(self._emulator.address.encode(), self.address.encode())
        handler.answer(answer.status, kept, data)
        return None

    def _answer(
        self,
        handler: "_Handler",
        request: Request,
        status: int,
        body: Any,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        request.status = status
        data = b"" if body is None else json.dumps(body).encode()
        handler.answer(status, {"Content-Type": "application/json", **(headers or {})}, data)

    def _guarded(self, action: Callable[[], object]) -> None:
        try:
            action()
        except BaseException as error:  # noqa: BLE001  # of a test: `close` raises it where pytest sees it
            self.errors.append(error)


def _is_passed_back(name: str) -> bool:
    return name.lower() in _PASSED_BACK or name.lower().startswith("x-ratelimit-")


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if error and not isinstance(error, OSError):  # which is a client that has gone
            self.proxy.errors.append(error)

    def disconnect(self) -> None:
        """Let those who still wait for a next request, or for an answer, go."""
        for connection in list(self._connections):
            with suppress(OSError):  # it has just ended by itself
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def hang_up(self) -> None:
        self.close_connection = True

    def wait_for_the_end(self) -> None:
        """Until the client gives up, or the proxy ends."""
        select.select([self.connection], [], [])

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the name that it has there
        """The proxy keeps its own record."""

    def _handle(self) -> None:
        self.server.proxy.handle(self)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815  # the names that it has there
