"""The head of an answer and how its body is framed (RFC 9112), read as browsers do: a status that came counts."""

import http.client
import re
from typing import Any, Final

from bot.web.errors import Reason, WebError
from bot.web.headers import Headers, read

OVERSIZED: Final = "oversized headers"
CONFLICT: Final = "conflicting lengths"
NO_LENGTH: Final = "a length that is none"
UNKNOWN_CODING: Final = "an unknown transfer coding"
CUT: Final = "headers that were cut off"

_LONGEST_LINE = 1 << 16  # bytes of the status line
_USUAL_SIZE, _USUAL_LINES = 1 << 16, 100  # what `http.client` reads
_SIZE, _LINES = 1 << 19, 5000  # what is read
_MOST_INFORMATIONAL = 10
_STATUS_LINE = re.compile(rb"HTTP/([0-9](?:\.[0-9])?)[ \t]+([1-9][0-9]{2})(?![0-9])", re.IGNORECASE)
_LENGTH = re.compile(r"[0-9]{1,18}")
_WITHOUT_BODY = frozenset({204, 304})  # RFC 9110, section 6.4.1


class Response(http.client.HTTPResponse):
    """An answer over a connection; ``fields`` are its headers.

    Informational answers before it are skipped. ``faults`` is what is odd about it, for people. ``is_sound`` says that
    the head was read to its end, is not larger than usual and does not contradict itself: what is not sound ends with
    its connection. ``failure`` is why there is no body to be read.
    """

    def __init__(self, sock: Any, debuglevel: int = 0, method: str | None = None, url: str | None = None) -> None:
        """Nothing is read yet."""
        super().__init__(sock, debuglevel, method, url)
        self._is_head = method == "HEAD"
        self.fields = Headers()
        self.faults: list[str] = []
        self.is_sound = True
        self.failure: WebError | None = None

    def begin(self) -> None:
        """Read the head.

        Raises:
            http.client.HTTPException: what came is no HTTP.
            OSError: nothing came, or the connection failed.
        """
        for _ in range(_MOST_INFORMATIONAL + 1):
            version = self._read_first_line()
            head = self._read_fields()
            if self.status >= 200 or self.failure:
                break
        else:
            raise http.client.HTTPException("informational answers without end")
        self.fields = read(head)
        self._frame(version)

    def missing(self) -> bool:
        """Whether the body ended before it was all there; asked when no more comes."""
        return bool(self.length)

    def is_over(self) -> bool:
        """Whether the connection may carry another request: the body was read, and no more than that has come.

        The rest of a body that has come already is read here.
        """
        if self.will_close:
            return False
        if self.chunked:
            return self.isclosed()
        waiting = self.fp.peek() if self.fp else b""
        if self.length and self.length <= len(waiting):
            length, self.length = self.length, 0
            self.fp.read(length)
            waiting = waiting[length:]
        return not self.length and not waiting

    def _read_first_line(self) -> bytes:
        line = self.fp.readline(_LONGEST_LINE)
        if not line:
            raise http.client.RemoteDisconnected("no answer")
        first = _STATUS_LINE.match(line)
        if first is None or len(line) >= _LONGEST_LINE:
            raise http.client.BadStatusLine("")
        if not line.endswith(b"\n"):
            raise http.client.RemoteDisconnected("no whole answer")
        self.status = self.code = int(first[2])
        return first[1]

    def _read_fields(self) -> bytes:
        lines: list[bytes] = []
        size = 0
        while True:
            line = self.fp.readline(_SIZE - size)
            if line in (b"\r\n", b"\n"):
                break
            size += len(line)
            lines.append(line)
            if not line.endswith(b"\n") and size < _SIZE:
                self._doubt(CUT)
                self.failure = WebError(Reason.CUT, "the connection was cut", passing=True)
                break
            if size >= _SIZE or len(lines) >= _LINES:
                self.failure = WebError(Reason.SIZE, "more headers than are read")
                break
        if size > _USUAL_SIZE or len(lines) > _USUAL_LINES:
            self._doubt(OVERSIZED)
        return b"".join(lines)

    def _frame(self, version: bytes) -> None:
        """How long the body is (RFC 9112, section 6.3), and whether the connection stays (section 9.3)."""
        codings = _tokens(self.fields.get("Transfer-Encoding", ""))
        lengths = set(_tokens(self.fields.get("Content-Length", "")))
        self.chunk_left = None
        self.chunked = False
        self.length = None
        if self._is_head or self.status in _WITHOUT_BODY:
            self.length = 0
        elif codings and codings != ["identity"]:
            self.chunked = codings[-1] == "chunked"
            if codings != ["chunked"]:
                self.faults.append(UNKNOWN_CODING)
        elif len(lengths) > 1:
            self._doubt(CONFLICT)
        elif lengths:
            (length,) = lengths
            if _LENGTH.fullmatch(length):
                self.length = int(length)
            else:
                self.faults.append(NO_LENGTH)
        options = _tokens(self.fields.get("Connection", ""))
        stays = "keep-alive" in options if version < b"1.1" else "close" not in options
        self.will_close = (
            not stays
            or bool(self.faults)
            or (bool(codings) and bool(lengths))  # what smugglers send
            or (self.length is None and not self.chunked)
        )

    def _doubt(self, fault: str) -> None:
        self.is_sound = False
        self.faults.append(fault)


def _tokens(value: str) -> list[str]:
    return [token for each in value.split(",") if (token := each.strip().lower())]
