"""Why nothing came back from the web."""

from enum import StrEnum


class Reason(StrEnum):
    """What went wrong with a request."""

    REFUSED = "refused"
    """The address is none that may be asked; nothing was sent."""
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    CUT = "cut"
    """The connection ended before the answer did."""
    SIZE = "size"
    REDIRECTS = "redirects"
    PROTOCOL = "protocol"
    """What came is no HTTP."""
    DECODING = "decoding"
    """The body does not unpack."""


class WebError(Exception):
    """A request had no answer; the text is part of a sentence for people (``no answer within 20 s``).

    The text holds nothing of the address, the headers or the body: there may be a key in them. ``passing`` says that
    the same request may well have an answer soon.
    """

    def __init__(self, reason: Reason, text: str, *, passing: bool = False) -> None:
        """Say why, for programs and for people."""
        super().__init__(text)
        self.reason = reason
        self.passing = passing


def seconds(value: float) -> str:
    """A time for people: ``20 s``, ``0.3 s``."""
    return f"{round(value, 1):g} s"
