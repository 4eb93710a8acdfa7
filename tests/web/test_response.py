"""Heads and framing read leniently: what a status says counts, whatever stands around it."""

import http.client
import io
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.errors import Reason
from bot.web.headers import Headers, read
from bot.web.response import CONFLICT, CUT, NO_LENGTH, OVERSIZED, UNKNOWN_CODING, Response


class Wire:
    """A connection on which these bytes come, and then its end."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(io.BytesIO(self._data))


def response(data: bytes, method: str = "GET") -> Response:
    made = Response(Wire(data), method=method)
    made.begin()
    return made


def body(made: Response) -> bytes:
    return b"".join(iter(lambda: made.read1(1000), b""))


def head(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1")


# --- The status ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("HTTP/1.1 200 OK", 200),
        ("HTTP/1.1 404", 404),
        ("HTTP/1.0 410 Gone", 410),
        ("HTTP/1.1  999 No", 999),
        ("HTTP/1.1 200OK", 200),
        ("http/1.1 200 ok", 200),
        ("HTTP/2 200", 200),
        ("HTTP/1.1 503 \xfc", 503),
    ],
)
def test_a_status_is_read(line: str, status: int) -> None:
    assert response(head(line, "Content-Length: 0")).status == status


@pytest.mark.parametrize(
    "data",
    [
        *(b"HTTP/1.1 099 No\r\n\r\n", b"HTTP/1.1 1000 No\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 -20 No\r\n\r\n"),
        *(b"HTTP/1.1 2_0\r\n\r\n", b"HTTP/1.1 20\r\n\r\n", b"HTTP/1.1\r\n\r\n", b"HTTPS/1.1 200 OK\r\n\r\n"),
        *(b"<!DOCTYPE html>\n<p>no head", b"\x15\x03\x03\x00\x02\x02\x46", b"SSH-2.0-x\r\n", b"\x00" * 100_000),
        b"HTTP/1.1 200 " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
def test_what_has_no_status_is_no_http(data: bytes) -> None:
    with pytest.raises(http.client.BadStatusLine):
        response(data)


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200 O", b"HTTP/1.1 103 Early\r\nLink: a\r\n\r\n"])
def test_what_ends_within_the_first_line_was_cut(data: bytes) -> None:
    with pytest.raises(ConnectionError):
        response(data)


def test_informational_answers_come_before_the_answer() -> None:
    early = head("HTTP/1.1 100 Continue") + head("HTTP/1.1 103 Early Hints", "Link: </a>; rel=preload", "X-Early: 1")
    made = response(early * 3 + head("HTTP/1.1 404 Not Found", "Content-Length: 2") + b"no")
    assert (made.status, dict(made.fields), body(made)) == (404, {"content-length": "2"}, b"no")


def test_informational_answers_without_end_are_no_answer() -> None:
    with pytest.raises(http.client.HTTPException):
        response(head("HTTP/1.1 103 Early Hints") * 1000 + head("HTTP/1.1 200 OK"))


# --- The fields ------------------------------------------------------------------------------------------------------


def test_fields_are_found_by_name_in_any_case() -> None:
    fields = read(b"Content-TYPE: text/html \r\nX-A:1\r\nx-a: 2\r\nX-a: 1\r\n")
    assert (fields["content-type"], fields["CONTENT-TYPE"], fields["X-A"]) == ("text/html", "text/html", "1, 2")
    assert list(fields) == ["content-type", "x-a"]
    assert len(fields) == 2
    assert "absent" not in fields


def test_every_cookie_is_kept_by_itself() -> None:
    fields = read(b"Set-Cookie: a=1; Expires=Mon, 24 Nov 2025 15:00:00 GMT\r\nset-cookie: b=2\r\nSet-Cookie: b=2\r\n")
    assert fields.all("Set-Cookie") == ("a=1; Expires=Mon, 24 Nov 2025 15:00:00 GMT", "b=2", "b=2")


def test_of_several_locations_the_first_counts() -> None:
    assert read(b"Location: /a,b\r\nLocation: /c\r\n")["Location"] == "/a,b"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (b"A: b\r\n c\r\n\td\r\nE: f\r\n", {"a": "b c d", "e": "f"}),
        (b"A : b\nC:d\n", {"a": "b", "c": "d"}),
        (b"no field\r\nA: b\r\n: c\r\n\r\n", {"a": "b"}),
        (b"A: b\rC: d\r\n", {"a": "b C: d"}),
        (b"A: b\x00c\xc3\xbc\r\n", {"a": "b c\u00c3\u00bc"}),
    ],
)
def test_odd_lines_are_read_as_browsers_do(lines: bytes, expected: dict[str, str]) -> None:
    assert dict(read(lines)) == expected


@given(st.binary())
def test_any_bytes_are_fields_without_breaks(data: bytes) -> None:
    for name, value in read(data).pairs:
        assert name
        assert not set("\r\n\0") & set(name + value)


@given(st.lists(st.tuples(st.text("aAbB-", min_size=1, max_size=3), st.text("xy ", max_size=3)), max_size=20))
def test_fields_hold_what_came(pairs: list[tuple[str, str]]) -> None:
    fields = Headers(pairs)
    for name, value in pairs:
        assert value in fields[name].split(", ")
        assert value in fields.all(name)


# --- The framing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "data", "expected", "stays"),
    [
        (["Content-Length: 2"], b"ab", b"ab", True),
        (["Content-Length: 2", "content-length: 2"], b"ab", b"ab", True),
        (["Content-Length: 2, 2"], b"ab", b"ab", True),
        (["Transfer-Encoding: chunked"], b"2\r\nab\r\n1;x=y\r\nc\r\n0\r\nA: b\r\n\r\n", b"abc", True),
        (["Transfer-Encoding: Chunked", "Content-Length: 1"], b"2\r\nab\r\n0\r\n\r\n", b"ab", False),
        (["Transfer-Encoding: identity", "Content-Length: 2"], b"ab", b"ab", False),
        (["Connection: close", "Content-Length: 2"], b"ab", b"ab", False),
        (["Connection: Foo, Close", "Content-Length: 2"], b"ab", b"ab", False),
        ([], b"ab", b"ab", False),
    ],
)
def test_a_body_is_framed(lines: list[str], data: bytes, expected: bytes, stays: bool) -> None:
    made = response(head("HTTP/1.1 200 OK", *lines) + data)
    assert body(made) == expected
    assert (made.missing(), made.is_over()) == (False, stays)
    assert (made.faults, made.is_sound, made.failure) == ([], True, None)


@pytest.mark.parametrize(
    ("line", "stays"), [("Connection: keep-alive", True), ("Connection: upgrade", False), ("Keep-Alive: 5", False)]
)
def test_an_old_connection_stays_only_where_it_says_so(line: str, stays: bool) -> None:
    made = response(head("HTTP/1.0 200 OK", line, "Content-Length: 0"))
    assert made.is_over() == stays


@pytest.mark.parametrize(("status", "method"), [(200, "HEAD"), (204, "GET"), (304, "GET")])
def test_some_answers_have_no_body(status: int, method: str) -> None:
    for line in ("Content-Length: 5", "Transfer-Encoding: chunked", "X: y"):
        made = response(head(f"HTTP/1.1 {status} Fine", line), method)
        assert (body(made), made.missing(), made.is_over()) == (b"", False, True)


@pytest.mark.parametrize(
    ("lines", "fault", "is_sound"),
    [
        (["Content-Length: 1", "Content-Length: 2"], CONFLICT, False),
        (["Content-Length: 1, 2"], CONFLICT, False),
        (["Content-Length: many"], NO_LENGTH, True),
        (["Content-Length: -1"], NO_LENGTH, True),
        (["Content-Length: +1"], NO_LENGTH, True),
        (["Content-Length: 1_0"], NO_LENGTH, True),
        (["Content-Length: " + "9" * 5000], NO_LENGTH, True),
        (["Transfer-Encoding: zebra"], UNKNOWN_CODING, True),
        (["X: " + "y" * 70_000], OVERSIZED, False),
        ([f"X-{number}: y" for number in range(2000)], OVERSIZED, False),
    ],
)
def test_what_is_odd_is_said_and_the_body_ends_with_the_connection(
    lines: list[str], fault: str, is_sound: bool
) -> None:
    made = response(head("HTTP/1.1 200 OK", *lines) + b"body")
    assert (made.status, made.faults, made.is_sound) == (200, [fault], is_sound)
    assert body(made) == b"body"
    assert not made.is_over()


def test_a_head_that_is_cut_off_has_its_status_and_no_body() -> None:
    made = response(b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nX: y")
    assert (made.status, made.fields["content-type"], made.faults, made.is_sound) == (404, "text/html", [CUT], False)
    assert made.failure
    assert made.failure.reason is Reason.CUT
    assert not made.is_over()


@pytest.mark.parametrize("line", [b"X: " + b"y" * 600_000 + b"\r\n", b"X: y\r\n" * 10_000, b"X" * 10_000_000])
def test_no_more_of_a_head_is_read_than_half_a_megabyte(line: bytes) -> None:
    wire = io.BytesIO(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + line + line)
    made = Response(type("Wire", (), {"makefile": lambda *_: io.BufferedReader(wire)})())
    made.begin()
    assert (made.status, made.fields["content-type"], made.faults) == (200, "text/html", [OVERSIZED])
    assert made.failure
    assert made.failure.reason is Reason.SIZE
    assert wire.tell() < 600_000
    assert not made.is_over()


@pytest.mark.parametrize(
    ("data", "is_over"),
    [(b"", False), (b"a", False), (b"ab", True), (b"abHTTP/1.1 200 OK\r\n\r\n", False)],
)
def test_a_connection_is_over_where_the_body_has_come_and_nothing_else(data: bytes, is_over: bool) -> None:
    made = response(head("HTTP/1.1 200 OK", "Content-Length: 2") + data)
    assert made.is_over() == is_over


def test_a_body_that_ends_early_is_missed() -> None:
    made = response(head("HTTP/1.1 200 OK", "Content-Length: 3") + b"ab")
    assert (body(made), made.missing(), made.is_over()) == (b"ab", True, False)


# --- Anything --------------------------------------------------------------------------------------------------------

_LINES = [
    *("Content-Length: 3", "Content-Length: 4", "Content-Length: x", "Transfer-Encoding: chunked", "Connection: close"),
    *("Set-Cookie: a=b", "Location: /x", " folded", ": none", "none", "X: \xff\x00\r", "", "HTTP/1.1 200 OK"),
]


@given(
    st.sampled_from(["HTTP/1.1 200 OK", "HTTP/1.0 404", "HTTP/1.1 103 x", "HTTP/1.1 204", "junk"]),
    st.lists(st.sampled_from(_LINES) | st.text(max_size=9).filter(str.isascii), max_size=8),
    st.binary(max_size=30) | st.sampled_from([b"3\r\nabc\r\n0\r\n\r\n", b"-3\r\nabc", b"zz\r\n", b"3\r\nab"]),
    st.integers(0, 300),
    st.sampled_from(["GET", "HEAD"]),
)
def test_any_answer_is_read_or_is_no_http(first: str, lines: list[str], data: bytes, cut: int, method: str) -> None:
    text = (head(first, *lines) + data)[:cut]
    failure: Any = None
    try:
        made = response(text, method)
        assert 200 <= made.status <= 999 or made.failure
        body(made)
        assert isinstance(made.is_over(), bool)
    except (http.client.HTTPException, OSError) as error:
        failure = error
    assert failure is not None or made.status


def test_large_heads_take_linear_time() -> None:
    start = time.monotonic()
    for line in ("A: b", " ", "Content-Length: 1", "Set-Cookie: a", "Connection: a", "A:\t\t\t", ":::", "\r"):
        response(head("HTTP/1.1 200 OK", *([line] * (500_000 // (len(line) + 2)))[:4990]))
        response(head("HTTP/1.1 200 OK", f"{line}{line * (500_000 // len(line))}"))
    assert time.monotonic() - start < 5
