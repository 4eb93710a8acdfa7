"""Hosts as the web has them, on this machine: each case on an address of its own in 127.0.0.0/8, over HTTP or HTTPS."""

import contextlib
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Self

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from tests.support.faults import FaultyServer, Handler, Reply, Request, answer_text

Answers = Reply | tuple[Reply, ...] | Callable[[Request], Reply]
"""What is answered: always the same, each of a row once and then the last, or what a function of the request says."""

HERE, THERE, FORBIDDEN = "{here}", "{there}", "{forbidden}"
"""What stands in the ``Location`` and the body of an answer for the host itself, the other host of its case, and the
host that nobody may reach."""

MISSING = answer_text("<!DOCTYPE html><title>404 Not Found</title><h1>Not Found</h1>", "text/html", 404)
_ISSUER = "/issuer.cer"
_DAY = timedelta(days=1)


class Host(msgspec.Struct, frozen=True):
    """A host: what it answers to each path, and to all others. ``tls`` is what its certificate is like, or empty.

    ``good``, ``expired``, ``self-signed``, ``other-name``, ``unknown`` (of an authority that nobody knows),
    ``incomplete`` (what stands between it and the authority is not sent, but can be had from the other host).
    """

    answers: Mapping[str, Answers] = MappingProxyType({})
    otherwise: Answers = MISSING
    tls: str = ""


class Stranger(msgspec.Struct, frozen=True):
    """Two hosts, of which ``there`` is one that ``here`` may lead to; ``name`` is unique."""

    name: str
    here: Host
    there: Host


class Strangers:
    """Serves them until it is left; the addresses ``here`` and ``there`` are those of the hosts by name.

    ``allow`` are the networks to be allowed, which hold none but these hosts. ``authority`` is the file with the
    certificate of the one authority that is to be known. ``forbidden`` is outside of ``allow``.
    """

    def __init__(self, strangers: Iterable[Stranger]) -> None:
        self.here: dict[str, FaultyServer] = {}
        self.there: dict[str, FaultyServer] = {}
        self._stack = contextlib.ExitStack()
        folder = Path(self._stack.enter_context(TemporaryDirectory()))
        self._certificates = _Certificates(folder)
        self.authority = folder / "authority.pem"
        self.forbidden = FaultyServer(answer_text("secret"), host="127.99.0.1")
        self._open = [self.forbidden]
        for number, stranger in enumerate(strangers):
            place = f"{number // 250}.{1 + number % 250}"
            other = stranger.there
            if stranger.here.tls == "incomplete":
                other = msgspec.structs.replace(other, answers={**other.answers, _ISSUER: self._certificates.issuer})
            there = self._serve(f"127.20.{place}", other, "")
            here = self._serve(f"127.10.{place}", stranger.here, there.url)
            self.here[stranger.name], self.there[stranger.name] = here, there
        self.allow = [ipaddress.ip_network("127.10.0.0/16"), ipaddress.ip_network("127.20.0.0/16")]

    def _serve(self, address: str, host: Host, there: str) -> FaultyServer:
        context = self._certificates.context(host.tls, address, there) if host.tls else None
        server = FaultyServer(MISSING, host=address, tls=context, poll=0.5)
        texts = {HERE: server.url, THERE: there, FORBIDDEN: self.forbidden.url}
        server.handler = _handler(host, texts)
        self._open.append(server)
        return server

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End all at once, since each takes a moment."""
        ending = [threading.Thread(target=server.close) for server in self._open]
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join()
        self._stack.close()


def _handler(host: Host, texts: Mapping[str, str]) -> Handler:
    given: dict[str, int] = {}
    lock = threading.Lock()

    def choose(request: Request) -> Reply:
        answers = host.answers.get(request.path, host.otherwise)
        if isinstance(answers, Reply):
            return answers
        if not isinstance(answers, tuple):
            return answers(request)
        with lock:
            number = given.get(request.path, 0)
            given[request.path] = number + 1
        return answers[min(number, len(answers) - 1)]

    def handler(request: Request) -> Reply:
        reply = choose(request)
        headers = {name: _filled(value, texts) for name, value in reply.headers.items()}
        pieces = reply.pieces
        if isinstance(pieces, bytes) and b"{" in pieces:
            pieces = _filled(pieces.decode("latin-1"), texts).encode("latin-1")
        return msgspec.structs.replace(reply, headers=headers, pieces=pieces)

    return handler


def _filled(text: str, texts: Mapping[str, str]) -> str:
    for name, value in texts.items():
        text = text.replace(name, value)
    return text


class _Certificates:
    """Certificates of one authority that is known, and of one that is not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known = _Authority("known")
        self._unknown = _Authority("unknown")
        self._between = _Authority("between", self._known)
        (folder / "authority.pem").write_bytes(self._known.pem)
        der = self._between.certificate.public_bytes(serialization.Encoding.DER)
        self.issuer = Reply(headers={"Content-Type": "application/pkix-cert"}, pieces=der)

    def context(self, kind: str, address: str, there: str) -> ssl.SSLContext:
        name = "127.30.0.1" if kind == "other-name" else address
        key = ec.generate_private_key(ec.SECP256R1())
        issuers = {"unknown": self._unknown, "self-signed": None, "incomplete": self._between}
        issuer = issuers.get(kind, self._known)
        made = _certificate(key, address, issuer, days=-1 if kind == "expired" else 5)
        made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))]), False)
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        if kind == "incomplete":
            where = x509.UniformResourceIdentifier(there + _ISSUER)
            access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, where)
            made = made.add_extension(x509.AuthorityInformationAccess([access]), False)
        signed = made.sign(issuer.key if issuer else key, hashes.SHA256())
        path = self._folder / f"{address}.pem"
        path.write_bytes(_pem(key) + signed.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


class _Authority:
    def __init__(self, name: str, issuer: "_Authority | None" = None) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        made = _certificate(self.key, name, issuer, days=5)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), True).add_extension(usage, True)
        self.certificate = made.sign(issuer.key if issuer else self.key, hashes.SHA256())
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM)


def _certificate(
    key: ec.EllipticCurvePrivateKey, name: str, issuer: _Authority | None, *, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 10 * _DAY)
        .not_valid_after(now + days * _DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )
    issuing = issuer.key if issuer else key
    return made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing.public_key()), False)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
