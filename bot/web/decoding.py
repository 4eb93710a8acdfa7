"""The content codings of HTTP undone, in pieces of bounded size (RFC 9110, section 8.4.1)."""

import zlib
from collections.abc import Iterator

from bot.web.errors import Reason, WebError

CODINGS = "gzip, deflate"
"""The codings that are read, as ``Accept-Encoding`` has them."""

_PIECE = 1 << 16
_GZIP, _ZLIB, _RAW = 31, 15, -15  # zlib's `wbits`


class Decoder:
    """Undoes the coding that a ``Content-Encoding`` names; pieces go in by ``feed``, and ``end`` ends the body.

    Both yield what came out, at most 64 KiB at a time, and raise ``WebError``: ``decoding`` for a coding that is not
    known or does not unpack, ``cut`` for one that is not complete. What follows a complete gzip file and is none itself
    is dropped, as browsers do.
    """

    def __init__(self, encoding: str) -> None:
        """A new body, with this ``Content-Encoding``."""
        self._codings = [name for part in encoding.split(",") if (name := part.strip().lower()) not in ("", "identity")]
        self._engine: zlib._Decompress | None = None
        self._start = b""
        self._complete = False  # one whole stream was read
        self._over = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What these bytes of the body unpack to."""
        if not self._codings:
            yield data
            return
        while data and not self._over:
            if self._engine is None:
                data = self._start + data
                self._start = b""
                if len(data) < 2:
                    self._start = data
                    return
                self._engine = zlib.decompressobj(self._format(data))
            try:
                piece = self._engine.decompress(data, _PIECE)
            except zlib.error:
                if not self._complete:
                    raise WebError(Reason.DECODING, "the body does not unpack") from None
                self._over = True
                return
            if piece:
                yield piece
            data = self._engine.unconsumed_tail
            if self._engine.eof:
                data = self._finish(self._engine)

    def end(self) -> Iterator[bytes]:
        """What is left when the body has ended."""
        if self._engine is not None and not self._over:
            piece = self._engine.flush()
            if piece:
                yield piece
            if self._engine.eof:
                self._finish(self._engine)
        if not self._over and (self._engine is not None or (self._start and not self._complete)):
            raise WebError(Reason.CUT, "the body was cut off", passing=True)

    def _finish(self, engine: "zlib._Decompress") -> bytes:
        """One stream is complete: the bytes after it, which may be another gzip file."""
        self._complete = True
        self._over = self._codings[0] == "deflate"
        self._engine = None
        return engine.unused_data

    def _format(self, start: bytes) -> int:
        match self._codings:
            case ["gzip" | "x-gzip"]:
                return _GZIP
            case ["deflate"]:  # of zlib (RFC 1950) by the standard, raw (RFC 1951) by some servers
                is_zlib = start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
                return _ZLIB if is_zlib else _RAW
        raise WebError(Reason.DECODING, "the encoding of the body is unknown")
