"""Hosts on this machine that answer like those that a list leads to: each after a while of its own, and counted.

``python -m benchmarks.strangers MEDIAN`` serves every address of 127.0.0.0/8 at one port, until its input ends. It
prints the port, and at the end what it was asked. An address's latency is log-normal and always the same, so that all
who ask have the same to wait for.
"""

import asyncio
import hashlib
import math
import statistics
import sys
import time
from collections import defaultdict

import msgspec

SIGMA = 0.6
_LARGEST = 1 << 16  # bytes of a head
_PAGE = "<!doctype html><html><head><title>{name}</title></head><body>\n{text}</body></html>"
_PARAGRAPH = "<p>{name} tells, in words that no other page has in this order, what was found and what was not.</p>\n"
_PDF = b"%PDF-1.7\n" + b"%" * 2_000


class Told(msgspec.Struct, frozen=True):
    """What was asked: ``together`` is the most requests that a host had at once, ``gap`` the least time in seconds
    from one to the next, ``addresses`` how many were asked for."""

    requests: int
    addresses: int
    together: int
    gap: float


class _Host:
    """What one host has had."""

    __slots__ = ("gap", "last", "now", "together")

    def __init__(self) -> None:
        self.now = self.together = 0
        self.last = -math.inf
        self.gap = math.inf


class _Visit(asyncio.Protocol):
    """One connection, kept for as many requests as its client likes."""

    def __init__(self, hosts: "Hosts") -> None:
        self._hosts = hosts
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            self._hosts.asked(self._transport, head)
        if len(self._buffer) > _LARGEST:
            self._transport.abort()


class Hosts:
    """All hosts: ``median`` is that of the seconds until an answer begins."""

    def __init__(self, median: float) -> None:
        """Nobody was asked."""
        self._median = median
        self._hosts: defaultdict[bytes, _Host] = defaultdict(_Host)
        self._addresses: set[bytes] = set()
        self._requests = 0
        self._normal = statistics.NormalDist()

    @property
    def told(self) -> Told:
        """What was asked until now."""
        hosts = self._hosts.values()
        together = max((host.together for host in hosts), default=0)
        return Told(self._requests, len(self._addresses), together, min((host.gap for host in hosts), default=math.inf))

    def asked(self, transport: asyncio.Transport, head: bytes) -> None:
        """Answer a request, once its time has come."""
        method, path, name = _request(head)
        now, host = time.monotonic(), self._hosts[name]
        host.gap, host.last = min(host.gap, now - host.last), now
        host.now += 1
        host.together = max(host.together, host.now)
        self._requests += 1
        self._addresses.add(hashlib.blake2b(name + path, digest_size=8).digest())
        answer = _answer(path, with_body=method != b"HEAD")
        if self._median:
            asyncio.get_running_loop().call_later(self._latency(name + path), self._send, transport, host, answer)
        else:
            self._send(transport, host, answer)

    def _send(self, transport: asyncio.Transport, host: _Host, answer: bytes) -> None:
        host.now -= 1
        if not transport.is_closing():
            transport.write(answer)

    def _latency(self, address: bytes) -> float:
        share = int.from_bytes(hashlib.blake2b(address, digest_size=7).digest()) / (1 << 56)
        return self._median * math.exp(SIGMA * self._normal.inv_cdf(min(max(share, 1e-9), 1 - 1e-9)))


def _request(head: bytes) -> tuple[bytes, bytes, bytes]:
    """Method, path and host of a request."""
    first, *lines = head.split(b"\r\n")
    method, path, _ = first.split(b" ")
    host = next(value for name, _, value in (line.partition(b":") for line in lines) if name.lower() == b"host")
    return method, path, host.strip()


def _answer(path: bytes, *, with_body: bool) -> bytes:
    """A page of some 8 KB about the path, or a PDF where it says so."""
    name = "Paper " + path.decode(errors="replace").strip("/")
    media, body = "text/html; charset=utf-8", _PAGE.format(name=name, text=_PARAGRAPH.format(name=name) * 75).encode()
    if path.endswith(b".pdf"):
        media, body = "application/pdf", _PDF
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return head + body if with_body else head


async def serve(median: float) -> None:
    """Serve until the input ends."""
    hosts = Hosts(median)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Visit(hosts), "0.0.0.0", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(msgspec.json.encode(hosts.told).decode(), flush=True)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
