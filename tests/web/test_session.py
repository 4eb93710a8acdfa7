"""Asking over real connections: time, size, redirects, repetitions, and what must not leak."""

import contextlib
import functools
import gzip
import ipaddress
import json
import socket
import threading
import time
import traceback
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web import transport
from bot.web.errors import Reason, WebError
from bot.web.session import Limits, Web, redirect_target
from tests.support.faults import (
    FaultyServer,
    Handler,
    Reply,
    Request,
    answer_json,
    answer_text,
    bomb,
    broken_json,
    cut,
    drip,
    drip_head,
    hang_up,
    html,
    http_date,
    packed,
    redirect,
    replies,
    silent,
    spelled,
    too_many,
    wrongly_packed,
)

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
OK = answer_json({"ok": True})


class Clock:
    """A clock that only pauses move."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def web(clock: Clock) -> Iterator[Web]:
    """The web with loopback allowed, real limits that no test waits for, and pauses that take no time."""
    limits = Limits(connect=5, read=5, total=60, size=1_000_000)
    with Web("bot/1 (mailto:a@example.org)", allow=[LOOPBACK], limits=limits, clock=clock, sleep=clock.sleep) as made:
        yield made


def impatient(**limits: Any) -> Web:
    """The web with limits that a test waits for."""
    return Web("bot/1", allow=[LOOPBACK], limits=Limits(**{"repeats": 0, **limits}))


@functools.cache
def plain() -> Web:
    """The web as it is, asked once; one for all examples of a property."""
    return Web("bot/1", limits=Limits(repeats=0))


def failure(web: Web, url: str, **named: Any) -> WebError:
    with pytest.raises(WebError) as caught:
        web.get(url, **named)
    return caught.value


# --- An answer -------------------------------------------------------------------------------------------------------


def test_an_answer_has_its_address_status_headers_and_body(web: Web) -> None:
    with FaultyServer(answer_json({"a": "ü"}, 404, {"X-Thing": "1"})) as server:
        answer = web.get(server.url + "/works", params=[("q", "a b&c"), ("rows", "2")], headers={"X-Key": "k"})
    assert answer.url == server.url + "/works?q=a+b%26c&rows=2"
    assert answer.status == 404
    assert (answer.headers["x-thing"], answer.headers["X-THING"]) == ("1", "1")
    assert "absent" not in answer.headers
    assert json.loads(answer.body) == {"a": "ü"}
    request = server.requests[0]
    assert (request.method, request.path) == ("GET", "/works")
    assert request.query == (("q", "a b&c"), ("rows", "2"))
    assert request.headers["user-agent"] == "bot/1 (mailto:a@example.org)"
    assert request.headers["x-key"] == "k"


def test_parameters_are_added_to_those_of_the_address(web: Web) -> None:
    with FaultyServer(OK) as server:
        web.get(server.url + "/a?b=1#part", params=[("c", "2")])
        web.get(server.url + "/a?b=1")
    assert [request.query for request in server.requests] == [(("b", "1"), ("c", "2")), (("b", "1"),)]


def test_a_question_is_posted_as_json(web: Web) -> None:
    with FaultyServer(OK) as server:
        answer = web.post(server.url + "/batch", send={"ids": ["a", "ß"]}, params=[("f", "t")], headers={"K": "v"})
    request = server.requests[0]
    assert (request.method, request.json(), request.query) == ("POST", {"ids": ["a", "ß"]}, (("f", "t"),))
    assert (request.headers["content-type"], request.headers["k"]) == ("application/json", "v")
    assert answer.status == 200


@pytest.mark.parametrize("reply", [html(), broken_json(), html(503), answer_text("<feed/>", "application/atom+xml")])
def test_what_is_nonsense_is_not_for_the_web_to_judge(web: Web, reply: Reply) -> None:
    with FaultyServer(reply) as server:
        answer = web.get(server.url)
    assert (answer.status, answer.body) == (reply.status, reply.pieces)


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate"])
def test_a_packed_body_is_unpacked(web: Web, encoding: str) -> None:
    with FaultyServer(packed(b"body" * 1000, encoding)) as server:
        assert web.get(server.url).body == b"body" * 1000
    assert server.requests[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("headers", [{}, {"Connection": "close"}])
def test_a_body_of_unknown_length_is_read_to_its_end(web: Web, headers: dict[str, str]) -> None:
    with FaultyServer(Reply(headers=headers, pieces=[b"one ", b"two"])) as server:
        assert web.get(server.url).body == b"one two"


def test_no_body_is_an_empty_body(web: Web) -> None:
    with FaultyServer(Reply(status=204, pieces=None, headers={"Content-Encoding": "gzip"})) as server:
        assert web.get(server.url).body == b""


def test_a_connection_is_kept_for_the_next_request(web: Web) -> None:
    with FaultyServer(OK) as server:
        for _ in range(3):
            web.get(server.url)
        assert len(server.requests) == 3
        assert server.connections == 1


def test_a_stream_is_read_as_far_as_one_likes(web: Web) -> None:
    endless: Handler = lambda _: Reply(pieces=iter(lambda: b"x" * 10_000, b""))  # noqa: E731
    with FaultyServer(endless) as server, web.open("GET", server.url) as stream:
        got = 0
        for piece in stream.chunks():
            got += len(piece)
            if got > 64_000:
                break
        assert stream.status == 200
    assert got < 200_000


def test_a_head_request_has_no_body(web: Web) -> None:
    reply = Reply(headers={"Content-Length": "500", "Content-Encoding": "gzip"})
    with FaultyServer(reply) as server, web.open("HEAD", server.url) as stream:
        assert (stream.status, list(stream.chunks())) == (200, [])


def test_no_cookie_and_nothing_of_the_environment_is_used(
    web: Web, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    with FaultyServer(answer_json({}, headers={"Set-Cookie": "a=b; Path=/"})) as server:
        web.get(server.url)
        web.get(server.url)
    assert not {"cookie", "authorization"} & {name for request in server.requests for name in request.headers}


def test_threads_share_one_web() -> None:
    def handler(request: Request) -> Reply:
        return answer_json({"n": request.param("n")})

    with impatient() as web, FaultyServer(handler) as server, ThreadPoolExecutor(64) as pool:
        answers = pool.map(lambda n: web.get(server.url, params=[("n", str(n))]), range(500))
        assert [json.loads(answer.body)["n"] for answer in answers] == [str(n) for n in range(500)]


# --- Time ------------------------------------------------------------------------------------------------------------


def test_a_silent_host_is_a_time_out() -> None:
    start = time.monotonic()
    with FaultyServer(silent()) as server, impatient(read=0.3) as web:
        error = failure(web, server.url)
    assert (error.reason, str(error)) == (Reason.TIMEOUT, "no answer within 0.3 s")
    assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    "reply",
    [
        drip(b"x" * 1000, 0.05),
        drip_head(0.05),
        Reply(pieces=iter([b"x"] * 1000), pause=0.05),
        Reply(pieces=iter([b"x"] * 1000), pause=0.05, headers={"Connection": "close"}),
        silent(),
    ],
    ids=["body", "head", "chunks", "until the end", "silence"],
)
def test_the_total_holds_against_a_drip(reply: Reply) -> None:
    start = time.monotonic()
    with FaultyServer(reply) as server, impatient(read=5, total=0.5) as web:
        error = failure(web, server.url)
    assert (error.reason, str(error)) == (Reason.TIMEOUT, "no answer within 0.5 s")
    assert 0.4 < time.monotonic() - start < 2


def test_a_drip_within_a_chunk_header_is_noticed() -> None:
    def pieces() -> Iterator[bytes]:
        yield b""
        while True:
            yield b"0"

    reply = Reply(headers={"Transfer-Encoding": "chunked"}, pieces=pieces(), pause=0.05)
    with FaultyServer(reply) as server, impatient(read=5, total=0.5) as web:
        assert failure(web, server.url).reason is Reason.TIMEOUT


def test_the_longest_silence_within_a_body_is_limited() -> None:
    start = time.monotonic()
    with FaultyServer(Reply(pieces=iter([b"x", b"y"]), pause=3)) as server, impatient(read=0.3, total=60) as web:
        assert failure(web, server.url).reason is Reason.TIMEOUT
    assert time.monotonic() - start < 2


def test_a_slow_answer_within_the_limits_is_an_answer() -> None:
    with FaultyServer(drip(b"x" * 20, 0.05)) as server, impatient(read=0.5, total=30) as web:
        assert web.get(server.url).body == b"x" * 20


def test_a_kept_connection_has_a_limit_of_its_own() -> None:
    handler = replies(drip(b"x" * 8, 0.05), drip(b"x" * 8, 0.05), drip(b"x" * 1000, 0.05))
    with FaultyServer(handler) as server, impatient(read=5, total=0.7) as web:
        for _ in range(2):
            assert web.get(server.url).body == b"x" * 8
        assert failure(web, server.url).reason is Reason.TIMEOUT
        assert server.connections == 1


def test_an_earlier_end_than_the_total_is_obeyed() -> None:
    start = time.monotonic()
    with FaultyServer(silent()) as server, impatient(read=5, total=60) as web:
        assert failure(web, server.url, until=time.monotonic() + 0.3).reason is Reason.TIMEOUT
        assert time.monotonic() - start < 2
        error = failure(web, server.url, until=time.monotonic() - 1)
        assert (error.reason, str(error)) == (Reason.TIMEOUT, "no time was left")
        assert len(server.requests) == 1


def test_a_time_out_of_reading_is_not_repeated(web: Web, clock: Clock) -> None:
    with FaultyServer(silent()) as server, impatient(read=0.2, repeats=2) as impatient_web:
        assert failure(impatient_web, server.url).reason is Reason.TIMEOUT
        assert len(server.requests) == 1


# --- Size ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_body_that_grows_to_gigabytes_takes_no_memory(web: Web, encoding: str) -> None:
    with FaultyServer(bomb(4 << 30, encoding)) as server:
        tracemalloc.start()
        try:
            error = failure(web, server.url)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (error.reason, str(error)) == (Reason.SIZE, "more than 1 MB")
    assert peak < 20_000_000


def test_a_body_without_end_is_stopped(web: Web) -> None:
    with FaultyServer(Reply(pieces=iter(lambda: b"x" * 10_000, b""))) as server:
        assert failure(web, server.url).reason is Reason.SIZE


def test_packed_bytes_that_come_to_nothing_are_counted(web: Web) -> None:
    nothing = gzip.compress(b"")
    reply = Reply(headers={"Content-Encoding": "gzip"}, pieces=iter(lambda: nothing * 500, b""))
    with FaultyServer(reply) as server:
        assert failure(web, server.url).reason is Reason.SIZE


def test_the_limit_itself_is_not_too_much(web: Web) -> None:
    with FaultyServer(replies(Reply(pieces=bytes(1_000_000)), Reply(pieces=bytes(1_000_001)))) as server:
        assert len(web.get(server.url).body) == 1_000_000
        assert failure(web, server.url).reason is Reason.SIZE


def test_the_body_of_a_redirect_or_a_repeated_answer_is_not_read(web: Web) -> None:
    def handler(request: Request) -> Reply:
        match request.path:
            case "/moved":
                return Reply(status=302, headers={"Location": "/busy"}, pieces=iter(lambda: b"x" * 10_000, b""))
            case "/busy" if len(server.requests) == 2:
                return Reply(status=503, pieces=iter(lambda: b"x" * 10_000, b""))
        return OK

    with FaultyServer(handler) as server:
        assert web.get(server.url + "/moved").status == 200


# --- What is broken --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        cut(b"x" * 1000, 500),
        cut(b"x" * 1000, 0),
        cut(b"x" * 1000, 500, end="reset"),
        cut(b"x" * 1000, 500, chunked=True),
        Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", end="close"),
        Reply(headers={"Content-Encoding": "gzip"}, pieces=gzip.compress(b"body")[:-4]),
        Reply(headers={"Content-Encoding": "gzip", "Connection": "close"}, pieces=[gzip.compress(b"body")[:-4]]),
        hang_up(),
        hang_up("close"),
    ],
)
def test_an_answer_that_ends_early_is_cut(web: Web, clock: Clock, reply: Reply) -> None:
    with FaultyServer(lambda _: reply) as server:
        error = failure(web, server.url)
    assert error.reason is Reason.CUT
    assert str(error) in ("the connection was cut", "the body was cut off")
    assert len(server.requests) == 3
    assert len(clock.pauses) == 2


@pytest.mark.parametrize("first", [hang_up(), hang_up("close"), cut(b"x" * 9, 5), cut(b"x" * 9, 5, chunked=True)])
def test_what_was_cut_once_is_asked_again(web: Web, first: Reply) -> None:
    with FaultyServer(replies(first, OK)) as server:
        assert web.get(server.url).status == 200
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (wrongly_packed(b'{"a": 1}'), Reason.DECODING),
        (wrongly_packed(b'{"a": 1}', "deflate"), Reason.DECODING),
        (wrongly_packed(b'{"a": 1}', "br"), Reason.DECODING),
        (Reply(raw=b"SSH-2.0-OpenSSH_9.6\r\n", end="close"), Reason.PROTOCOL),
        (Reply(raw=b"HTTP/1.1 abc\r\n\r\n", end="close"), Reason.PROTOCOL),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nA: " + b"x" * 300_000 + b"\r\n\r\n", end="close"), Reason.PROTOCOL),
        (Reply(raw=b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 2000 + b"\r\n", end="close"), Reason.PROTOCOL),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", end="close"), None),
    ],
)
def test_what_is_no_answer_is_an_error_at_once(web: Web, reply: Reply, reason: Reason | None) -> None:
    with FaultyServer(reply) as server:
        error = failure(web, server.url)
        assert len(server.requests) == 1
    assert error.reason is (reason or Reason.PROTOCOL)


def test_a_closed_port_is_a_connection_error(web: Web) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    error = failure(web, url)
    assert (error.reason, str(error)) == (Reason.CONNECT, "the connection was refused")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "http://ⓛocalhost/",
        "http://%6c%6fcalhost/",
        "http://１２７.0.0.1/",
        "http://127。0。0。1/",
        "http://[::ffff:127.0.0.1]/",
        "http://user:secret@example.org/",
        "http://example.org:22/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http://[/",
        "http://*.example.org/",
        "http://exa mple.org/",
        "http://" + "ü" * 300 + ".org/",
        "example.org",
        "",
        "\x00",
    ],
)
def test_addresses_that_may_not_be_asked_are_refused(url: str) -> None:
    with Web("bot/1") as web:
        assert failure(web, url).reason is Reason.REFUSED


@given(st.text(max_size=40))
def test_any_text_for_an_address_is_refused_or_asked(text: str) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    web = plain()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", no_network)
        patch.setattr(socket.socket, "connect", no_network)
        for url in (text, f"http://{text}/"):
            assert failure(web, url).reason in (Reason.REFUSED, Reason.DNS, Reason.CONNECT)


@pytest.mark.parametrize("key", ["secret\n", "sec\r\nX: y", "se\u0161cret", " secret"])
def test_a_header_that_cannot_be_sent_is_not_shown(web: Web, key: str) -> None:
    with FaultyServer(OK) as server:
        error = failure(web, server.url, headers={"X-Key": key})
    assert "cret" not in "".join(traceback.format_exception(error))
    assert error.reason in (Reason.REFUSED, Reason.PROTOCOL)
    assert not server.requests


# --- What is odd, and has a status -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "status", "fault"),
    [
        (
            spelled("HTTP/1.1 404 No", "A: " + "x" * 300_000, "Content-Length: 4", body=b"body"),
            404,
            "oversized headers",
        ),
        (spelled("HTTP/1.1 200 OK", *["A: b"] * 2000, "Content-Length: 4", body=b"body"), 200, "oversized headers"),
        (
            spelled("HTTP/1.1 410 Gone", "Content-Length: 1", "Content-Length: 9", body=b"body"),
            410,
            "conflicting lengths",
        ),
        (spelled("HTTP/1.1 200 OK", "Content-Length: many", body=b"body"), 200, "a length that is none"),
        (spelled("HTTP/1.1 103 Early", "", "HTTP/1.1 999 No", "Content-Length: 4", body=b"body"), 999, ""),
        (spelled("HTTP/1.1 404", "no field", "Content-Length: 4", body=b"body"), 404, ""),
    ],
)
def test_a_status_that_came_counts(web: Web, reply: Reply, status: int, fault: str) -> None:
    with FaultyServer(reply) as server, web.open("GET", server.url) as stream:
        assert (stream.status, stream.fault) == (status, fault)
        assert b"".join(stream.chunks()) == b"body"


@pytest.mark.parametrize(
    ("reply", "reason", "fault"),
    [
        (spelled("HTTP/1.1 404 No", "A: " + "x" * 900_000), Reason.SIZE, "oversized headers"),
        (Reply(raw=b"HTTP/1.1 404 No\r\nA: b\r\nC", end="close"), Reason.CUT, "headers that were cut off"),
        (cut(b"x" * 9, 5), Reason.CUT, ""),
        (spelled("HTTP/1.1 404 No", "Transfer-Encoding: chunked", body=b"zz\r\nab\r\n", end="keep"), Reason.CUT, ""),
    ],
)
def test_what_is_wrong_with_a_body_is_said_when_it_is_read(web: Web, reply: Reply, reason: Reason, fault: str) -> None:
    with FaultyServer(reply) as server:
        with web.open("GET", server.url) as stream:
            assert (stream.status, stream.fault) == (200 if reply.raw is None else 404, fault)
            with pytest.raises(WebError) as caught:
                list(stream.chunks())
        assert caught.value.reason is reason
        with web.open("GET", server.url):
            pass
        assert server.connections == 2


@pytest.mark.parametrize("name", ["Content-Length: 3", "Content-Length: many"])
def test_programs_get_what_only_looks_odd(web: Web, name: str) -> None:
    with FaultyServer(spelled("HTTP/1.1 200 OK", name, "no field", body=b"abc")) as server:
        assert web.get(server.url).body == b"abc"


@pytest.mark.parametrize(
    "reply", [hang_up("close"), Reply(raw=b"<p>no head\n", end="close"), Reply(raw=b"\x15\x03\x01")]
)
def test_what_has_no_status_is_no_answer(web: Web, reply: Reply) -> None:
    with (
        FaultyServer(msgspec.structs.replace(reply, end="close")) as server,
        pytest.raises(WebError) as caught,
        web.open("GET", server.url),
    ):
        pytest.fail("it has answered")
    assert caught.value.reason in (Reason.CUT, Reason.PROTOCOL)


def test_each_cookie_is_there_and_none_is_kept(web: Web) -> None:
    lines = ("Set-Cookie: a=1; Expires=Mon, 24 Nov 2025 15:00:00 GMT", "set-cookie: b=2", "Set-Cookie: b=2")
    with FaultyServer(spelled("HTTP/1.1 200 OK", *lines, "Content-Length: 0", end="keep")) as server:
        for _ in range(2):
            with web.open("GET", server.url) as stream:
                assert stream.cookies == ("a=1; Expires=Mon, 24 Nov 2025 15:00:00 GMT", "b=2", "b=2")
        with web.open("GET", server.url, headers={"Cookie": "c=\xfc"}):
            pass
    assert [request.headers.get("cookie") for request in server.requests] == [None, None, "c=\xfc"]


# --- What is sent ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rest", "target"),
    [
        ("/a%7eb/%zz?c=%C3%BC&d='|", "/a%7eb/%zz?c=%C3%BC&d=%27|"),
        ("/a%7eb/%zz?c=%C3%BC&d=|[]", "/a%7eb/%zz?c=%C3%BC&d=|[]"),
        ("/ü x/../y?q= ü#z", "/y?q=%20%C3%BC"),
        ("?", "/?"),
        ("/a//b", "/a//b"),
        ("", "/"),
    ],
)
def test_an_address_is_asked_for_as_it_is_sent(web: Web, rest: str, target: str) -> None:
    with FaultyServer(OK) as server:
        for url in (server.url + rest, f"  HTTP:\\\\127.0.0.1:{server.port}{rest}\n"):
            with web.open("GET", url) as stream:
                assert stream.url == server.url + target
    assert [request.target for request in server.requests] == [target] * 2
    assert {request.headers["host"] for request in server.requests} == {f"127.0.0.1:{server.port}"}


def test_headers_of_ones_own_take_the_place_of_the_usual_ones(web: Web) -> None:
    with FaultyServer(OK) as server:
        with web.open("GET", server.url, headers={"accept-encoding": "identity", "Accept": "text/html"}):
            pass
        with web.open("POST", server.url, body=b"abc"):
            pass
    first, second = server.requests
    assert (first.headers["accept-encoding"], first.headers["accept"]) == ("identity", "text/html")
    assert (second.headers["accept-encoding"], second.body) == ("gzip, deflate", b"abc")


# --- Connections -----------------------------------------------------------------------------------------------------


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def test_a_connection_ends_where_the_body_was_not_read(web: Web) -> None:
    with FaultyServer(Reply(pieces=bytes(500_000))) as server:
        for _ in range(2):
            with web.open("GET", server.url) as stream:
                next(stream.chunks())
        assert server.connections == 2


def test_what_comes_after_a_body_is_not_the_next_answer(web: Web) -> None:
    two = spelled(
        "HTTP/1.1 200 OK", "Content-Length: 2", body=b"okHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", end=""
    )
    with FaultyServer(two) as server:
        for _ in range(3):
            answer = web.get(server.url)
            assert (answer.status, answer.body) == (200, b"ok")


def test_a_connection_that_the_host_has_closed_is_not_used_again() -> None:
    reply = spelled("HTTP/1.1 200 OK", "Content-Length: 2", body=b"ok")
    with FaultyServer(reply) as server, impatient() as web:
        for _ in range(3):
            assert web.get(server.url).status == 200
            time.sleep(0.05)
        assert server.connections == 3


def test_connections_are_kept_for_some_hosts_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_MOST_AT_REST", 5)
    with Web("bot/1", allow=[LOOPBACK]) as web, contextlib.ExitStack() as stack:
        servers = [stack.enter_context(FaultyServer(OK, host=f"127.0.1.{n}")) for n in range(1, 9)]
        for server in [servers[0], *servers, *servers[3:], servers[0]]:
            web.get(server.url)
        assert [server.connections for server in servers] == [2, 1, 1, 1, 1, 1, 1, 1]


def test_a_connection_is_not_kept_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_REST", 0.05)
    with Web("bot/1", allow=[LOOPBACK]) as web, FaultyServer(OK) as server:
        for _ in range(2):
            web.get(server.url)
            time.sleep(0.1)
        assert server.connections == 2


@pytest.mark.parametrize(
    "reply",
    [
        OK,
        Reply(headers={"Connection": "close"}, pieces=b"x"),
        cut(b"x" * 9, 5),
        cut(b"x" * 9, 5, end="reset"),
        Reply(pieces=bytes(500_000)),
        hang_up(),
        Reply(raw=b"no\r\n", end="close"),
        spelled("HTTP/1.1 200 OK", *["A: b"] * 200),
        spelled("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"zz\r\n", end="keep"),
    ],
)
def test_no_connection_stays_open(reply: Reply) -> None:
    before = open_files()
    with FaultyServer(lambda _: reply) as server, Web("bot/1", allow=[LOOPBACK], limits=Limits(read=1)) as web:
        for read in (True, False) * 5:
            with contextlib.suppress(WebError), web.open("GET", server.url) as stream:
                if read:
                    list(stream.chunks())
    assert open_files() <= before


def test_a_connection_that_comes_to_rest_after_all_was_closed_is_closed() -> None:
    before = open_files()
    with FaultyServer(OK) as server:
        web = Web("bot/1", allow=[LOOPBACK])
        with web.open("GET", server.url) as stream:
            web.close()
            list(stream.chunks())
    assert open_files() <= before


# --- Redirects -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(web: Web, status: int) -> None:
    with FaultyServer(replies(redirect("/there?a=1#part", status), OK)) as server:
        answer = web.get(server.url + "/here")
    assert answer.url == server.url + "/there?a=1"
    assert [request.path for request in server.requests] == ["/here", "/there"]


@pytest.mark.parametrize("reply", [Reply(status=302), redirect("", 301), redirect("/there", 300), redirect("/x", 201)])
def test_what_sends_nowhere_is_the_answer(web: Web, reply: Reply) -> None:
    with FaultyServer(reply) as server:
        assert web.get(server.url).status == reply.status
        assert len(server.requests) == 1


def test_five_redirects_are_followed_and_no_more(web: Web) -> None:
    def handler(request: Request) -> Reply:
        left = int(request.path[1:])
        return redirect(f"/{left - 1}") if left else OK

    with FaultyServer(handler) as server:
        assert web.get(server.url + "/5").status == 200
        error = failure(web, server.url + "/6")
        assert (error.reason, str(error)) == (Reason.REDIRECTS, "too many redirects")
        assert len(server.requests) == 12


def test_a_loop_ends(web: Web) -> None:
    with FaultyServer(redirect("/")) as server:
        assert failure(web, server.url).reason is Reason.REDIRECTS
        assert len(server.requests) == 6


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("http://10.0.0.1/", Reason.REFUSED),
        ("http://[::1]/", Reason.REFUSED),
        ("//169.254.169.254/latest/", Reason.REFUSED),
        ("http://192.168.0.1:8080/", Reason.REFUSED),
        ("http://example.org:22/", Reason.DNS),  # a name may be within the allowed network: its addresses tell
        ("ftp://example.org/", Reason.REFUSED),
        ("file:///etc/passwd", Reason.REFUSED),
        ("javascript:alert(1)", Reason.REFUSED),
        ("http://user:pass@127.0.0.1/", Reason.REFUSED),
        ("http://[", Reason.REDIRECTS),
        ("http://127.0.0.1:99999/", Reason.REDIRECTS),
    ],
)
def test_each_redirect_is_checked_again(web: Web, monkeypatch: pytest.MonkeyPatch, to: str, reason: Reason) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with FaultyServer(redirect(to)) as server:
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        assert failure(web, server.url).reason is reason
        assert len(server.requests) == 1


def test_a_redirect_to_a_private_listener_leaves_it_untouched() -> None:
    only = ipaddress.ip_network("127.0.0.1/32")
    with (
        FaultyServer(OK, host="127.0.0.2") as private,
        FaultyServer(redirect(private.url)) as server,
        Web("bot/1", allow=[only]) as web,
    ):
        assert failure(web, server.url).reason is Reason.REFUSED
        assert private.connections == 0


def test_a_key_stays_with_its_host(web: Web) -> None:
    with FaultyServer(OK, host="127.0.0.2") as other:
        with FaultyServer(replies(redirect("/same"), redirect(other.url + "/other"))) as server:
            web.get(server.url, headers={"X-Api-Key": "k", "Authorization": "Bearer k"})
        assert [request.headers.get("x-api-key") for request in server.requests] == ["k", "k"]
        assert not {"x-api-key", "authorization"} & set(other.requests[0].headers)
        assert other.requests[0].headers["user-agent"] == "bot/1 (mailto:a@example.org)"


def test_a_key_does_not_come_back_by_way_of_another_host(web: Web) -> None:
    with FaultyServer(lambda _: redirect(server.url + "/back")) as other:
        with FaultyServer(replies(redirect(other.url), OK)) as server:
            web.get(server.url, headers={"X-Api-Key": "k"})
        assert [request.headers.get("x-api-key") for request in server.requests] == ["k", None]


@pytest.mark.parametrize(("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_a_question_is_repeated_only_where_a_redirect_says_so(web: Web, status: int, method: str) -> None:
    with FaultyServer(replies(redirect("/there", status), OK)) as server:
        web.post(server.url, send={"a": 1}, headers={"X-Api-Key": "k"})
    request = server.requests[1]
    assert (request.method, request.body) == (method, b'{"a":1}' if method == "POST" else b"")
    assert ("content-type" in request.headers) == (method == "POST")
    assert request.headers["x-api-key"] == "k"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_what_was_sent_never_goes_to_another_host(web: Web, status: int) -> None:
    with FaultyServer(OK, host="127.0.0.2") as other, FaultyServer(redirect(other.url, status)) as server:
        with contextlib.suppress(WebError):
            web.post(server.url, send={"a": 1}, headers={"X-Api-Key": "k"})
        assert [request.method for request in other.requests] == ([] if status in (307, 308) else ["GET"])
        assert not any(request.body or "x-api-key" in request.headers for request in other.requests)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/b", "https://example.org/b"),
        ("b", "https://example.org/a/b"),
        ("?b", "https://example.org/a/?b"),
        ("//other.org/b", "https://other.org/b"),
        (" https://other.org/ ", "https://other.org/"),
        ("/\u00c3\u00bc", "https://example.org/ü"),  # UTF-8 read as Latin-1
        ("/\u00fc", "https://example.org/\u00fc"),
    ],
)
def test_the_target_of_a_redirect_is_absolute(location: str, target: str) -> None:
    assert redirect_target("https://example.org/a/", 301, {"Location": location}) == target


@given(st.text())
def test_any_location_is_an_address_or_an_error(location: str) -> None:
    found: Reason | None = None
    target: str | None = None
    try:
        target = redirect_target("https://example.org/a", 302, {"Location": location})
    except WebError as error:
        found = error.reason
    assert found in (None, Reason.REDIRECTS)
    assert target is None or ":" in target


# --- Repetitions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_error_is_asked_again(web: Web, clock: Clock, status: int) -> None:
    busy = Reply(status=status)
    with FaultyServer(replies(busy, busy, OK)) as server:
        assert web.get(server.url).status == 200
        assert len(server.requests) == 3
    assert 1 <= clock.pauses[0] <= 1.5
    assert 2 <= clock.pauses[1] <= 3


def test_the_last_answer_is_returned_as_it_is(web: Web) -> None:
    with FaultyServer(answer_json({"error": "down"}, 503)) as server:
        answer = web.get(server.url)
        assert len(server.requests) == 3
    assert (answer.status, json.loads(answer.body)) == (503, {"error": "down"})


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501])
def test_a_lasting_error_is_not_asked_again(web: Web, status: int) -> None:
    with FaultyServer(Reply(status=status, headers={"Retry-After": "1"})) as server:
        assert web.get(server.url).status == status
        assert len(server.requests) == 1


def test_a_question_is_asked_again_too(web: Web) -> None:
    with FaultyServer(replies(too_many(), hang_up(), OK)) as server:
        assert web.post(server.url, send={"a": 1}).status == 200
        assert [request.body for request in server.requests] == [b'{"a":1}'] * 3


def test_retry_after_is_obeyed(web: Web, clock: Clock) -> None:
    with FaultyServer(replies(too_many(7), too_many(http_date(30)), OK)) as server:
        assert web.get(server.url).status == 200
    assert clock.pauses[0] == 7
    assert 25 < clock.pauses[1] <= 30


def test_retry_after_that_does_not_fit_is_not_waited_for(web: Web, clock: Clock) -> None:
    with FaultyServer(too_many(3600)) as server:
        answer = web.get(server.url)
        assert (answer.status, answer.headers["retry-after"]) == (429, "3600")
    with FaultyServer(too_many(http_date(3600))) as server:
        assert web.get(server.url).status == 429
    with FaultyServer(too_many(7)) as server:
        assert web.get(server.url, until=clock.now + 6).status == 429
        assert len(server.requests) == 1
    assert clock.pauses == []


@pytest.mark.parametrize(
    "value", ["", "soon", "-5", "1e3", "9" * 5000, "Mon, 99 Foo 99999 99:99:99 GMT", "0", "\u00ff"]
)
def test_a_retry_after_that_says_nothing_is_no_pause_of_its_own(web: Web, clock: Clock, value: str) -> None:
    with FaultyServer(replies(too_many(value), OK)) as server:
        answer = web.get(server.url)
    assert answer.status == 200
    assert 1 <= clock.pauses[0] <= 1.5


def test_the_spacing_of_a_source_holds_for_repetitions(web: Web, clock: Clock) -> None:
    with FaultyServer(replies(hang_up(), too_many(2), OK)) as server:
        web.get(server.url, spacing=4)
    assert clock.pauses == [4, 4]


def test_a_pause_that_does_not_fit_ends_the_asking(web: Web, clock: Clock) -> None:
    with FaultyServer(hang_up()) as server:
        assert failure(web, server.url, until=clock.now + 1).reason is Reason.CUT
        assert len(server.requests) == 1


def test_a_host_that_is_slow_to_connect_is_asked_again(clock: Clock) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        limits = Limits(connect=0.2)
        with (
            socket.create_connection(server.getsockname()),
            Web("bot/1", allow=[LOOPBACK], limits=limits, clock=clock, sleep=clock.sleep) as web,
        ):
            error = failure(web, f"http://127.0.0.1:{server.getsockname()[1]}/")
    assert (error.reason, str(error)) == (Reason.TIMEOUT, "no connection within 0.2 s")
    assert len(clock.pauses) == 2


# --- Nothing leaks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [silent(), hang_up(), cut(b"x" * 9, 3), wrongly_packed(b"x"), redirect("/?api_key=sesame"), Reply(raw=b"no\r\n")],
)
def test_no_error_holds_the_query(reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    with FaultyServer(lambda _: reply) as server, impatient(read=0.2) as web:
        error = failure(web, server.url + "/?api_key=sesame", params=[("mailto", "sesame")])
    assert "sesame" not in "".join(traceback.format_exception(error))
    assert not [record for record in caplog.records if record.levelname != "DEBUG" and "sesame" in record.getMessage()]


@pytest.mark.parametrize(
    "url", ["http://user:sesame@example.org/", "http://10.0.0.1/?k=sesame", "sesame:", "http://[?sesame"]
)
def test_no_refusal_holds_the_address(url: str) -> None:
    with Web("bot/1") as web:
        assert "sesame" not in "".join(traceback.format_exception(failure(web, url)))


def test_a_server_ends_what_hangs() -> None:
    start = time.monotonic()
    before = threading.active_count()
    with FaultyServer(silent()) as server:
        hanging = socket.create_connection(("127.0.0.1", server.port))
        hanging.sendall(b"GET / HTTP/1.1\r\n\r\n")
        while not server.requests:
            time.sleep(0.001)
    hanging.close()
    assert time.monotonic() - start < 2
    assert threading.active_count() == before


def test_a_server_raises_what_its_handler_raised(web: Web) -> None:
    def handler(_: Request) -> Reply:
        raise KeyError("a test's mistake")

    with pytest.raises(KeyError, match="a test's mistake"), FaultyServer(handler) as server:
        failure(web, server.url)
