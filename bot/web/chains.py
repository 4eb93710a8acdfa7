"""Chains of certificates that lack what stands between a host's and a known authority's, completed as browsers do."""

import contextlib
import re
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from bot.web.address import as_sent
from bot.web.errors import WebError

INCOMPLETE: Final = "the certificate's chain lacks its intermediate"
UNKNOWN_ISSUER: Final = frozenset({2, 20, 21})
"""OpenSSL's ``X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT``, the same with ``_LOCALLY``, and
``X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE``."""

FETCHING: Final = 5.0
"""Seconds within which an issuer's certificate is there."""

_MOST_LINKS = 3  # certificates that are fetched for one host, one above another
_MOST_PLACES, _MOST_ISSUERS, _MOST_CONTEXTS = 4096, 1024, 8  # remembered; a context takes about a megabyte
_LONGEST_ADDRESS = 2000
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
# RFC 5280, section 4.2.2.1, in DER: the object identifier of id-ad-caIssuers, and an address ([6] IA5String) of up to
# 127, 255 or 65,535 bytes
_ISSUERS = re.compile(rb"\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02\x86(?:\x81(.)|\x82(..)|([\x00-\x7f]))", re.DOTALL)

Place = tuple[str, int]
"""Host and port."""

Made = TypeVar("Made", bound=ssl.SSLSocket)


class Chains:
    """What completes the chains of hosts; threads share it.

    A host's certificate is read without trust, over a connection on which nothing is sent. It names an address of its
    issuer's certificate (Authority Information Access, RFC 5280, section 4.2.2.1), which is asked once, whatever comes
    of it. What is there is trusted as little: it only stands in the chain, which must end in a known authority. So it
    may be fetched over http.
    """

    def __init__(
        self, fetch: Callable[[str], bytes], context: Callable[[], ssl.SSLContext], blind: ssl.SSLContext
    ) -> None:
        """``fetch`` gets what is at an address within ``FETCHING`` seconds, or raises ``WebError``.

        ``context`` makes a new context with the known authorities, ``blind`` is one that verifies nothing.
        """
        self._fetch = fetch
        self._new_context = context
        self._blind = blind
        self._lock = threading.Lock()
        self._between: dict[Place, tuple[bytes, ...]] = {}
        self._issuers: dict[str, Future[bytes | None]] = {}
        self._contexts: dict[tuple[bytes, ...], ssl.SSLContext] = {}

    def known(self, place: Place) -> ssl.SSLContext | None:
        """The context for a host whose chain was completed before."""
        between = self._between.get(place)
        return self._context(between) if between else None

    def complete(
        self, place: Place, connect: Callable[[ssl.SSLContext], Made], unknown: ssl.SSLCertVerificationError
    ) -> Made:
        """A connection that is verified by a completed chain.

        Raises:
            ssl.SSLCertVerificationError: ``unknown``, where the chain cannot be completed, or what is wrong with it
                when it is.
            OSError, WebError: there was no connection.
        """
        if place in self._between:
            raise unknown
        with connect(self._blind) as untrusted:
            certificate = untrusted.getpeercert(binary_form=True) or b""
        between: tuple[bytes, ...] = ()
        while len(between) < _MOST_LINKS and (above := self._above(certificate)) and above not in between:
            certificate = above
            between += (above,)
            try:
                made = connect(self._context(between))
            except ssl.SSLCertVerificationError as error:
                if error.verify_code not in UNKNOWN_ISSUER:
                    raise
            else:
                self._remember(place, between)
                return made
        self._remember(place, ())
        raise unknown

    def _remember(self, place: Place, between: tuple[bytes, ...]) -> None:
        with self._lock:
            _make_room(self._between, _MOST_PLACES)
            self._between[place] = between

    def _context(self, between: tuple[bytes, ...]) -> ssl.SSLContext:
        context = self._contexts.get(between)
        if context is None:
            context = self._new_context()
            context.load_verify_locations(cadata=b"".join(between))
            with self._lock:
                _make_room(self._contexts, _MOST_CONTEXTS)
                self._contexts[between] = context
        return context

    def _above(self, certificate: bytes) -> bytes | None:
        """The certificate of the issuer of one, if there is one that may stand in a chain."""
        url = issuer_address(certificate)
        if not url:
            return None
        with self._lock:
            known = self._issuers.get(url)
            if known is None:
                mine: Future[bytes | None] = Future()
                _make_room(self._issuers, _MOST_ISSUERS)
                self._issuers[url] = mine
        if known is not None:
            with contextlib.suppress(TimeoutError):
                return known.result(timeout=FETCHING)
            return None
        found = None
        try:
            found = intermediate(self._fetch(url))
        except WebError:
            pass
        finally:
            mine.set_result(found)
        return found


def issuer_address(certificate: bytes) -> str | None:
    """The first address of http, as it is sent, at which a certificate (DER) says that its issuer's is."""
    for found in _ISSUERS.finditer(certificate):
        size = int.from_bytes(found[1] or found[2] or found[3], "big")
        address = certificate[found.end() : found.end() + size]
        if size <= _LONGEST_ADDRESS and address[:5].lower() == b"http:":
            with contextlib.suppress(WebError, UnicodeError):
                return as_sent(address.decode("ascii"))
    return None


def intermediate(data: bytes) -> bytes | None:
    """The one certificate (DER) that this is, in DER or PEM, if it is an authority's that another authority issued.

    One whose issuer has its own name is none: OpenSSL takes it for an authority that is trusted for its own sake.
    """
    pem = _PEM.search(data)
    try:
        if pem:
            data = ssl.PEM_cert_to_DER_cert(pem[0].decode())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=data)
        if context.cert_store_stats() != {"x509": 1, "x509_ca": 1, "crl": 0}:
            return None
        [shown] = context.get_ca_certs()
        [certificate] = context.get_ca_certs(binary_form=True)
    except (ssl.SSLError, ValueError):
        return None
    return None if _name(shown["subject"]) == _name(shown["issuer"]) else certificate


def _name(value: Any) -> list[str]:
    """A name as OpenSSL compares it (``X509_NAME_cmp``), or more coarsely: no order, no blanks, no case."""
    return sorted("".join(f"{kind}={text}".split()).lower() for part in value for kind, text in part)


def _make_room(memory: dict[Any, Any], most: int) -> None:
    """Forget what was remembered first, so that one more may be."""
    while len(memory) >= most:
        del memory[next(iter(memory))]
