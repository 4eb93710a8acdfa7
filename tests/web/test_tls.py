"""TLS: the host is known by its name, and the time limits hold there too."""

import contextlib
import datetime
import ipaddress
import itertools
import socket
import ssl
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from bot.web import transport
from bot.web.chains import INCOMPLETE, intermediate, issuer_address
from bot.web.errors import Reason, WebError
from bot.web.session import Limits, Web
from tests.support.faults import (
    FaultyServer,
    Reply,
    Request,
    answer_json,
    cut,
    drip,
    drip_head,
    redirect,
    replies,
    silent,
)

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
OK = answer_json({"ok": True})
SECRET = [("key", "sesame")]
_DAY = datetime.timedelta(days=1)


class Authority(NamedTuple):
    """One that signs certificates, in a folder; ``issuer`` is where its own certificate can be had."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    issuer: str = ""

    @property
    def der(self) -> bytes:
        """Its own certificate."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def context(self, *names: x509.GeneralName, days: int = 1, sent: "tuple[Authority, ...]" = ()) -> ssl.SSLContext:
        """A server's side of TLS, with a certificate for these names that ends in so many days.

        The certificates of the authorities ``sent`` go with it.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(key, "server", self.certificate.subject, days).add_extension(
            x509.SubjectAlternativeName(names), critical=False
        )
        path = self.folder / f"server{next(_NUMBERS)}.pem"
        chain = b"".join(each.pem for each in sent)
        path.write_bytes(_pem(key) + self._sign(made).public_bytes(serialization.Encoding.PEM) + chain)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def below(self, name: str, issuer: str = "", *, is_authority: bool = True) -> "Authority":
        """An authority that this one signs; ``issuer`` is where its certificate can be had."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _as_authority(_certificate(key, name, self.certificate.subject, 5), is_authority)
        return Authority(self.folder, key, self._sign(made), issuer)

    def _sign(self, made: x509.CertificateBuilder) -> x509.Certificate:
        made = made.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        )
        if self.issuer:
            places = [x509.UniformResourceIdentifier(each) for each in self.issuer.split()]
            found = [x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, each) for each in places]
            made = made.add_extension(x509.AuthorityInformationAccess(found), critical=False)
        return made.sign(self.key, hashes.SHA256())


_NUMBERS = itertools.count()


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


def _as_authority(made: x509.CertificateBuilder, is_authority: bool = True) -> x509.CertificateBuilder:
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    made = made.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    return made.add_extension(usage, critical=True)


def _root(folder: Path, subject: str, issuer: str | None = None) -> Authority:
    """An authority that signs for itself, perhaps by another name."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = None if issuer is None else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)])
    made = _as_authority(_certificate(key, subject, named, 5))
    return Authority(folder, key, made.sign(key, hashes.SHA256()))


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = _root(tmp_path, "authority")
    (tmp_path / "authority.pem").write_bytes(made.pem)
    return made


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


def test_an_authority_of_ones_own_is_known_besides_those_that_everybody_knows(authority: Authority) -> None:
    own = str(authority.folder / "authority.pem")
    with (
        FaultyServer(OK, tls=authority.context(HOST)) as server,
        Web("bot/1", allow=[LOOPBACK], authorities=own) as web,
    ):
        assert web.get(server.url).status == 200


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


def test_https_does_not_lead_to_http(web: Web, authority: Authority) -> None:
    with (
        FaultyServer(OK) as plain,
        FaultyServer(redirect(plain.url), tls=authority.context(HOST)) as server,
        pytest.raises(WebError) as caught,
    ):
        web.get(server.url)
    assert (caught.value.reason, str(caught.value)) == (Reason.REDIRECTS, "a redirect from https to http")
    assert not plain.requests


# --- Chains that lack something --------------------------------------------------------------------------------------

UNKNOWN = "the certificate is of an authority that is not known"


class Shelf:
    """A server of certificates, by path; what a path has not, it has not."""

    def __init__(self) -> None:
        self.holds: dict[str, Reply] = {}
        self.server = FaultyServer(self._answer)

    def put(self, path: str, data: bytes) -> None:
        self.holds[path] = Reply(headers={"Content-Type": "application/pkix-cert"}, pieces=data)

    def _answer(self, request: Request) -> Reply:
        return self.holds.get(request.path, Reply(status=404))

    @property
    def asked(self) -> list[str]:
        return [request.path for request in self.server.requests]


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    made = Shelf()
    with made.server:
        yield made


@pytest.fixture
def browser(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """The web, chains completed."""
    monkeypatch.setattr(certifi, "where", lambda: str(authority.folder / "authority.pem"))
    limits = Limits(connect=5, read=3, total=10, repeats=0)
    with Web("bot/1", allow=[ipaddress.ip_network("127.0.0.1/32")], limits=limits, complete_chains=True) as made:
        yield made


def seen(web: Web, server: FaultyServer) -> tuple[int, str]:
    """The status and what is odd."""
    with web.open("GET", server.url) as stream:
        assert b"".join(stream.chunks()) == OK.pieces
        return stream.status, stream.fault


def fault(web: Web, server: FaultyServer) -> str:
    """Why there is no answer."""
    with pytest.raises(WebError) as caught, web.open("GET", server.url):
        pytest.fail("it has answered")
    assert caught.value.reason is Reason.TLS
    assert not server.requests
    return str(caught.value)


def test_a_chain_that_lacks_its_intermediate_is_good_with_a_note(
    browser: Web, authority: Authority, shelf: Shelf
) -> None:
    between = authority.below("between", shelf.server.url + "/between.cer")
    shelf.put("/between.cer", between.der)
    with (
        FaultyServer(OK, tls=between.context(HOST)) as server,
        FaultyServer(OK, tls=between.context(HOST)) as other,
        FaultyServer(OK, tls=between.context(HOST, sent=(between,))) as whole,
    ):
        for _ in range(2):
            assert seen(browser, server) == (200, INCOMPLETE)
        assert seen(browser, other) == (200, INCOMPLETE)
        assert seen(browser, whole) == (200, "")
        assert browser.get(server.url).status == 200
        # One that failed, one on which nothing was asked, one for all requests.
        assert (server.connections, len(server.requests)) == (3, 3)
    assert shelf.asked == ["/between.cer"]


def test_a_host_is_known_by_what_completed_its_chain(browser: Web, authority: Authority, shelf: Shelf) -> None:
    between = authority.below("between", shelf.server.url + "/between.cer")
    shelf.put("/between.cer", between.der)
    close = Reply(headers={"Connection": "close"}, pieces=OK.pieces)
    with FaultyServer(close, tls=between.context(HOST)) as server:
        for _ in range(3):
            assert seen(browser, server) == (200, INCOMPLETE)
        assert server.connections == 2 + 3


def test_without_being_told_so_no_chain_is_completed(web: Web, authority: Authority, shelf: Shelf) -> None:
    between = authority.below("between", shelf.server.url + "/between.cer")
    shelf.put("/between.cer", between.der)
    with FaultyServer(OK, tls=between.context(HOST)) as server:
        assert fault(web, server) == UNKNOWN
    assert shelf.asked == []


@pytest.mark.parametrize(("steps", "is_good"), [(1, True), (2, True), (3, True), (4, False)])
def test_three_may_be_missing_and_no_more(
    browser: Web, authority: Authority, shelf: Shelf, steps: int, is_good: bool
) -> None:
    lowest = authority
    for step in range(steps):
        lowest = lowest.below(f"step {step}", f"{shelf.server.url}/{step}")
        shelf.put(f"/{step}", lowest.pem if step % 2 else lowest.der)
    with FaultyServer(OK, tls=lowest.context(HOST)) as server:
        if is_good:
            assert seen(browser, server) == (200, INCOMPLETE)
        else:
            assert fault(browser, server) == UNKNOWN
    assert shelf.asked == [f"/{step}" for step in reversed(range(steps))][:3]


@pytest.mark.parametrize(
    ("names", "days", "text"),
    [
        ([x509.DNSName("localhost")], 1, "the certificate is for another host"),
        ([HOST], -1, "the certificate has expired"),
    ],
)
def test_a_completed_chain_does_not_make_up_for_the_rest(
    browser: Web, authority: Authority, shelf: Shelf, names: list[x509.GeneralName], days: int, text: str
) -> None:
    between = authority.below("between", shelf.server.url + "/between.cer")
    shelf.put("/between.cer", between.der)
    with FaultyServer(OK, tls=between.context(*names, days=days)) as server:
        assert fault(browser, server) == text


@pytest.mark.parametrize(
    ("subject", "issuer"),
    [
        ("evil", None),
        ("evil", "EVIL"),
        ("evil ca", " Evil   CA "),
        ("evil ca", "evil\tca"),
        ("evil ca", "evil\u00a0ca"),
    ],
)
def test_nobody_becomes_an_authority_by_being_fetched(
    browser: Web, authority: Authority, shelf: Shelf, subject: str, issuer: str | None
) -> None:
    evil = _root(authority.folder, subject, issuer)._replace(issuer=shelf.server.url + "/evil.cer")
    shelf.put("/evil.cer", evil.der)
    below = evil.below("below", shelf.server.url + "/below.cer")
    shelf.put("/below.cer", below.der)
    for one in (evil, below):
        with FaultyServer(OK, tls=one.context(HOST)) as server:
            assert fault(browser, server) == UNKNOWN
    assert set(shelf.asked) == {"/evil.cer", "/below.cer"}


def test_one_who_is_no_authority_stands_in_no_chain(browser: Web, authority: Authority, shelf: Shelf) -> None:
    reader = authority.below("reader", shelf.server.url + "/reader.cer", is_authority=False)
    shelf.put("/reader.cer", reader.der)
    with FaultyServer(OK, tls=reader.context(HOST)) as server:
        assert fault(browser, server) == UNKNOWN


def test_a_certificate_of_somebody_else_completes_nothing(browser: Web, authority: Authority, shelf: Shelf) -> None:
    between = authority.below("between", shelf.server.url + "/between.cer")
    shelf.put("/between.cer", authority.below("between").der)
    with FaultyServer(OK, tls=between.context(HOST)) as server:
        assert fault(browser, server) == UNKNOWN


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=404),
        redirect("/there"),
        Reply(pieces=b""),
        Reply(pieces=b"<p>no certificate"),
        Reply(pieces=b"-----BEGIN CERTIFICATE-----\nzzz=\n-----END CERTIFICATE-----"),
        Reply(pieces=iter(lambda: b"x" * 10_000, b"")),
        Reply(raw=b"no HTTP\n", end="close"),
        silent(),
    ],
)
def test_where_there_is_no_certificate_it_is_asked_for_once(
    browser: Web, authority: Authority, shelf: Shelf, reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "FETCHING", 0.5)
    between = authority.below("between", shelf.server.url + "/between.cer")
    shelf.holds["/between.cer"] = reply
    with (
        FaultyServer(OK, tls=between.context(HOST)) as server,
        FaultyServer(OK, tls=between.context(HOST)) as other,
    ):
        for one in (server, server, other):
            assert fault(browser, one) == UNKNOWN
        assert (server.connections, other.connections) == (3, 2)  # one to see the certificate of each
    assert shelf.asked == ["/between.cer"]


@pytest.mark.parametrize(
    "where", ["", "https://127.0.0.1:{port}/a", "ldap://127.0.0.1:{port}/a", "http://a@127.0.0.1/"]
)
def test_a_certificate_that_names_no_place_of_http_asks_nobody(
    browser: Web, authority: Authority, shelf: Shelf, where: str
) -> None:
    between = authority.below("between", where.format(port=shelf.server.port))
    with FaultyServer(OK, tls=between.context(HOST)) as server:
        assert fault(browser, server) == UNKNOWN
    assert shelf.server.connections == 0


def test_a_private_place_of_the_issuer_stays_untouched(browser: Web, authority: Authority) -> None:
    with FaultyServer(OK, host="127.0.0.2") as private:
        between = authority.below("between", private.url + "/between.cer")
        with FaultyServer(OK, tls=between.context(HOST)) as server:
            assert fault(browser, server) == UNKNOWN
        assert private.connections == 0


def test_threads_that_need_the_same_certificate_ask_once(browser: Web, authority: Authority, shelf: Shelf) -> None:
    between = authority.below("between", shelf.server.url + "/between.cer")
    shelf.holds["/between.cer"] = Reply(pieces=between.der, delay=0.2)
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(4) as pool:
        servers = [stack.enter_context(FaultyServer(OK, tls=between.context(HOST))) for _ in range(4)]
        assert list(pool.map(lambda server: seen(browser, server), servers)) == [(200, INCOMPLETE)] * 4
    assert shelf.asked == ["/between.cer"]


@pytest.mark.parametrize("size", [10, 90, 200, 1000])
def test_the_first_place_of_http_is_read_from_a_certificate(authority: Authority, size: int) -> None:
    url = "http://example.org/" + "a" * size
    below = authority._replace(issuer=f"ldap://example.org/ {url} http://other.example/").below("below")
    assert issuer_address(below.der) == url
    assert issuer_address(authority.der) is None


def test_a_place_that_is_too_long_is_none(authority: Authority) -> None:
    below = authority._replace(issuer="http://example.org/" + "a" * 2000).below("below")
    assert issuer_address(below.der) is None


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_any_bytes_are_a_place_or_none(before: bytes, after: bytes) -> None:
    found = issuer_address(before + bytes.fromhex("06082b0601050507300286") + after)
    assert found is None or found.startswith("http://")


def test_what_is_not_one_certificate_of_an_authority_is_none(authority: Authority) -> None:
    below, other = authority.below("below"), authority.below("other")
    assert intermediate(below.der) == intermediate(b"\n" + below.pem) == below.der
    for data in (below.der + other.der, below.der[:-1], below.der[1:], b"", b"0", b"\x30\x82\xff\xff" + below.der):
        assert intermediate(data) is None
    assert intermediate(authority.below("reader", is_authority=False).der) is None
    assert intermediate(authority.der) is None


@given(st.binary())
def test_any_bytes_are_no_certificate(data: bytes) -> None:
    assert intermediate(data) is None
