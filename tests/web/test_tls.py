"""TLS: the host is known by its name, and the time limits hold there too."""

import datetime
import ipaddress
import socket
import ssl
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.web.errors import Reason, WebError
from bot.web.session import Limits, Web
from tests.support.faults import FaultyServer, Reply, answer_json, cut, drip, drip_head, replies, silent

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
OK = answer_json({"ok": True})
SECRET = [("key", "sesame")]
_DAY = datetime.timedelta(days=1)


class Authority(NamedTuple):
    """One that signs certificates, in a folder."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def context(self, *names: x509.GeneralName, days: int = 1) -> ssl.SSLContext:
        """A server's side of TLS, with a certificate for these names that ends in so many days."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(key, "server", self.certificate.subject, days).add_extension(
            x509.SubjectAlternativeName(names), critical=False
        )
        made = made.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        )
        path = self.folder / "server.pem"
        path.write_bytes(_pem(key) + made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _certificate(
    key: ec.EllipticCurvePrivateKey, name: str, issuer: x509.Name | None, days: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer or subject)
    return (
        builder.public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 10 * _DAY)
        .not_valid_after(now + days * _DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
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
    certificate = (
        _certificate(key, "authority", None, 5)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "authority.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(tmp_path, key, certificate)


@pytest.fixture
def web(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """The web, as if the authority were one of those that everybody knows."""
    monkeypatch.setattr(certifi, "where", lambda: str(authority.folder / "authority.pem"))
    with Web("bot/1", allow=[LOOPBACK], limits=Limits(connect=5, read=3, total=0.8, repeats=0)) as made:
        yield made


HOST = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


def test_a_certificate_for_the_host_is_good(web: Web, authority: Authority) -> None:
    with FaultyServer(OK, tls=authority.context(HOST, x509.DNSName("localhost"))) as server:
        for _ in range(2):
            assert web.get(server.url).status == 200
        assert web.get(f"https://localhost:{server.port}/").status == 200
        assert server.connections == 2


@pytest.mark.parametrize(
    ("names", "days", "text"),
    [
        ([x509.DNSName("localhost")], 1, "the certificate is for another host"),
        ([x509.IPAddress(ipaddress.ip_address("127.0.0.2"))], 1, "the certificate is for another host"),
        ([HOST], -1, "the certificate has expired"),
    ],
)
def test_a_certificate_that_is_not_good_is_refused(
    web: Web, authority: Authority, names: list[x509.GeneralName], days: int, text: str
) -> None:
    with FaultyServer(OK, tls=authority.context(*names, days=days)) as server:
        with pytest.raises(WebError) as caught:
            web.get(server.url, params=SECRET)
        assert not server.requests
    assert (caught.value.reason, str(caught.value)) == (Reason.TLS, text)
    assert "sesame" not in "".join(traceback.format_exception(caught.value))


def test_the_environment_adds_no_authority(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(authority.folder / "authority.pem"))
    with FaultyServer(OK, tls=authority.context(HOST)) as server, Web("bot/1", allow=[LOOPBACK]) as web:
        with pytest.raises(WebError) as caught:
            web.get(server.url)
        assert not server.requests
    assert str(caught.value) == "the certificate is of an authority that is not known"


@pytest.mark.parametrize("reply", [drip(b"x" * 1000, 0.05), drip_head(0.05)], ids=["body", "head"])
def test_the_total_holds_against_a_drip(web: Web, authority: Authority, reply: Reply) -> None:
    start = time.monotonic()
    with (
        FaultyServer(reply, tls=authority.context(HOST)) as server,
        pytest.raises(WebError, match=r"^no answer within 0\.8 s$") as caught,
    ):
        web.get(server.url)
    assert caught.value.reason is Reason.TIMEOUT
    assert time.monotonic() - start < 2.5


@pytest.mark.usefixtures("web")
def test_the_longest_silence_is_limited(authority: Authority) -> None:
    start = time.monotonic()
    with (
        FaultyServer(silent(), tls=authority.context(HOST)) as server,
        Web("bot/1", allow=[LOOPBACK], limits=Limits(read=0.3)) as quick,
        pytest.raises(WebError, match=r"^no answer within 0\.3 s$"),
    ):
        quick.get(server.url)
    assert time.monotonic() - start < 2.5


def test_the_total_holds_against_a_handshake_that_hangs(web: Web) -> None:
    start = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(WebError) as caught:
        web.get(f"https://127.0.0.1:{server.getsockname()[1]}/")
    assert (caught.value.reason, str(caught.value)) == (Reason.TIMEOUT, "no answer within 0.8 s")
    assert time.monotonic() - start < 2.5


def test_a_host_without_tls_is_a_tls_error(web: Web) -> None:
    with (
        FaultyServer(Reply(raw=b"HTTP/1.1 400 Bad Request\r\n\r\n", end="close")) as server,
        pytest.raises(WebError) as caught,
    ):
        web.get(server.url.replace("http:", "https:"))
    assert caught.value.reason in (Reason.TLS, Reason.CUT)


def test_a_cut_is_noticed(web: Web, authority: Authority) -> None:
    with (
        FaultyServer(replies(cut(b"x" * 9, 5)), tls=authority.context(HOST)) as server,
        pytest.raises(WebError) as caught,
    ):
        web.get(server.url)
    assert caught.value.reason is Reason.CUT
