"""Sockets with one time limit for all that is done with them."""

import socket
import time

import pytest

from bot.web.transport import _TimedSocket


def timed(raw: socket.socket) -> _TimedSocket:
    return _TimedSocket(raw.family, raw.type, raw.proto, fileno=raw.detach())


def read_slowly(reading: socket.socket) -> None:
    while reading.recv_into(bytearray(1)):
        time.sleep(0.01)


def test_the_limit_holds_even_where_bytes_are_always_there() -> None:
    near, far = socket.socketpair()
    with timed(near) as reading, far:
        far.sendall(b"x" * 1000)
        reading.settimeout(0.2)
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            read_slowly(reading)
        assert 0.15 < time.monotonic() - start < 2


def test_a_limit_that_is_set_again_begins_anew() -> None:
    near, far = socket.socketpair()
    with timed(near) as reading, far:
        far.sendall(b"xy")
        reading.settimeout(0.05)
        time.sleep(0.1)
        with pytest.raises(TimeoutError):
            reading.recv_into(bytearray(1))
        reading.settimeout(5)
        assert reading.recv_into(bytearray(2)) == 2


def test_silence_is_limited_by_itself() -> None:
    near, far = socket.socketpair()
    with timed(near) as reading, far:
        reading.each = 0.1
        reading.settimeout(60)
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            reading.recv_into(bytearray(1))
        assert time.monotonic() - start < 2


def test_sending_to_one_who_does_not_read_is_limited() -> None:
    near, far = socket.socketpair()
    with timed(near) as sending, far:
        sending.settimeout(0.2)
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            sending.sendall(bytes(50_000_000))
        with pytest.raises(TimeoutError):
            sending.send(b"x")
        assert time.monotonic() - start < 2
