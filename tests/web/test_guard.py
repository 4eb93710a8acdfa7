"""The guard: which addresses may be asked, whatever their spelling, and where a connection goes."""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.errors import Reason, WebError
from bot.web.guard import Guard, is_public

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")

PUBLIC = ["8.8.8.8", "1.1.1.1", "192.0.1.1", "100.63.255.255", "100.128.0.0", "172.32.0.1", "223.255.255.255"]
PUBLIC += ["2606:4700::1111", "2001:200::1", "2a00:1450:4001:82a::200e", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]

PRIVATE = ["0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254"]
PRIVATE += ["169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1"]
PRIVATE += ["198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"]
PRIVATE += ["168.63.129.16"]
PRIVATE += ["::", "::1", "::7f00:1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"]
PRIVATE += ["::ffff:0:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::808:808", "100::1"]
PRIVATE += ["2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1"]
PRIVATE += ["2002:7f00:1::", "2002:808:808::1", "3ffe::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254"]
PRIVATE += ["fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "4000::1", "2606:4700::1111%eth0"]


def reason(guard: Guard, url: str) -> Reason | None:
    try:
        guard.check(url)
    except WebError as error:
        return error.reason
    return None


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PRIVATE)
def test_other_addresses_are_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@given(st.ip_addresses())
def test_nothing_that_python_knows_as_special_is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    inner = getattr(address, "ipv4_mapped", None) or address
    special = inner.is_private or inner.is_loopback or inner.is_link_local or inner.is_multicast or inner.is_reserved
    if special or inner.is_unspecified:
        assert not is_public(address) or address in ipaddress.ip_network("64:ff9b::/96")


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_the_same_inside_ipv6(address: ipaddress.IPv4Address) -> None:
    assert is_public(ipaddress.ip_address(f"::ffff:{address}")) == is_public(address)
    assert is_public(ipaddress.ip_address(f"64:ff9b::{address}")) == is_public(address)
    assert not is_public(ipaddress.ip_address((0x2002 << 112) | (int(address) << 80)))
    assert not is_public(ipaddress.IPv6Address(int(address)))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "https://example.org",
        "https://example.org:443/a?b#c",
        "http://example.org:8080/",
        "https://example.org:8443/",
        "HTTP://EXAMPLE.ORG./",
        "http://8.8.8.8/",
        "http://[2606:4700::1111]/",
        "http://134744072/",
        "http://example.org/?next=http://user@127.0.0.1/",
        "https://notlocalhost/",
        "https://localhost.example.org/",
        "https://xn--bcher-kva.example/",
    ],
)
def test_public_places_may_be_asked(url: str) -> None:
    Guard().check(url)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("ftp://example.org/", "only http and https are asked"),
        ("file:///etc/passwd", "only http and https are asked"),
        ("gopher://127.0.0.1:70/", "only http and https are asked"),
        ("//example.org/", "only http and https are asked"),
        ("http://user:secret@example.org/", "a user name stands in the address"),
        ("http://user@example.org/", "a user name stands in the address"),
        ("http://@example.org/", "a user name stands in the address"),
        ("http://example.org:22/", "port 22 is not asked"),
        ("http://example.org:0/", "port 0 is not asked"),
        ("http://8.8.8.8:25/", "port 25 is not asked"),
        ("http://example.org:99999/", "it is no web address"),
        ("http://[::1/", "it is no web address"),
        ("http:///path", "it names no host that could be asked"),
        ("http://./", "it names no host that could be asked"),
        ("http://exa mple.org/", "it names no host that could be asked"),
        ("http://b\u00fccher.example/", "it names no host that could be asked"),
        ("http://%6cocalhost/", "it names no host that could be asked"),
        ("http://[fe80::1%25eth0]/", "it names no host that could be asked"),
        ("http://" + "a." * 200 + "org/", "it names no host that could be asked"),
        ("http://localhost/", "the host is private"),
        ("http://LOCALHOST./", "the host is private"),
        ("http://localhost../", "the host is private"),
        ("http://a.b.localhost/", "the host is private"),
        ("http://a.localhost./", "the host is private"),
        ("http://2130706433/", "the host is private"),
        ("http://0177.0.0.1/", "the host is private"),
        ("http://0x7f.1/", "the host is private"),
        ("http://0x7F000001/", "the host is private"),
        ("http://127.1/", "the host is private"),
        ("http://127.0.0.1./", "the host is private"),
        ("http://0/", "the host is private"),
        ("http://169.254.169.254/latest/meta-data/", "the host is private"),
        ("http://[::]/", "the host is private"),
        ("http://[::1]/", "the host is private"),
        ("http://[::ffff:7f00:1]/", "the host is private"),
        ("http://[64:ff9b::7f00:1]/", "the host is private"),
        ("http://[2002:7f00:1::]/", "the host is private"),
    ],
)
def test_other_places_are_refused_unasked(url: str, text: str) -> None:
    with pytest.raises(WebError) as caught:
        Guard().check(url)
    assert (caught.value.reason, str(caught.value)) == (Reason.REFUSED, text)


@given(st.ip_addresses(v=4).filter(lambda address: not is_public(address)), st.data())
def test_no_spelling_hides_a_private_address(address: ipaddress.IPv4Address, data: st.DataObject) -> None:
    spell = st.sampled_from(["{}", "{:#x}", "0{:o}", "0x0{:X}"])
    bytes_ = list(address.packed)
    kept = data.draw(st.integers(0, 3))
    parts = [*bytes_[:kept], int.from_bytes(bytes_[kept:], "big")]
    host = ".".join(data.draw(spell).format(part) for part in parts) + data.draw(st.sampled_from(["", "."]))
    assert reason(Guard(), f"http://{host}/") is Reason.REFUSED


@given(st.text(max_size=40))
def test_any_text_is_either_fine_or_refused(text: str) -> None:
    assert reason(Guard(), text) in (None, Reason.REFUSED)
    assert reason(Guard(), f"http://{text}/") in (None, Reason.REFUSED)


def test_allowed_networks_may_be_reached_on_any_port() -> None:
    guard = Guard([LOOPBACK])
    for url in ("http://127.0.0.1:5/", "http://127.9.9.9/", "http://localhost:9999/", "http://[::ffff:127.0.0.1]:7/"):
        assert reason(guard, url) is None
    for url in ("http://10.0.0.1/", "http://[::1]/", "http://8.8.8.8:25/", "ftp://127.0.0.1/", "http://a@127.0.0.1/"):
        assert reason(guard, url) is Reason.REFUSED


def test_localhost_needs_a_network_that_holds_loopback() -> None:
    assert reason(Guard([ipaddress.ip_network("10.0.0.0/8")]), "http://localhost/") is Reason.REFUSED
    assert reason(Guard([ipaddress.ip_network("::1/128")]), "http://x.localhost./") is None


# --- Connecting ------------------------------------------------------------------------------------------------------


Resolve = Callable[..., list[tuple[Any, ...]]]


def resolver(*addresses: str, asked: list[str] | None = None) -> Resolve:
    """``getaddrinfo`` that knows these addresses for every name."""

    def resolve(host: str, *_: object, **__: object) -> list[tuple[Any, ...]]:
        if asked is not None:
            asked.append(host)
        families = [(socket.AF_INET6 if ":" in address else socket.AF_INET, address) for address in addresses]
        return [(family, socket.SOCK_STREAM, 6, "", (address, 0)) for family, address in families]

    return resolve


@pytest.fixture
def listener() -> Any:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def untouched(server: socket.socket) -> bool:
    server.settimeout(0.05)
    try:
        server.accept()
    except TimeoutError:
        return True
    return False


@pytest.mark.parametrize(
    "addresses", [("127.0.0.1",), ("8.8.8.8", "10.0.0.1"), ("10.0.0.1", "8.8.8.8"), ("8.8.8.8", "::1"), ("fe80::1%lo",)]
)
def test_a_name_with_any_private_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver(*addresses))
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it connected"))
    with pytest.raises(WebError, match=r"^the host is private$") as caught:
        Guard().connect("two-faced.example", 80, 5)
    assert caught.value.reason is Reason.REFUSED


def test_a_private_listener_stays_untouched(monkeypatch: pytest.MonkeyPatch, listener: socket.socket) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver("127.0.0.1"))
    with pytest.raises(WebError):
        Guard().connect("rebound.example", listener.getsockname()[1], 5)
    assert untouched(listener)


def test_the_connection_goes_to_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch, listener: socket.socket
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", resolver("127.0.0.1", asked=asked))
    connection = Guard([LOOPBACK]).connect("rebound.example", listener.getsockname()[1], 5)
    with connection:
        assert connection.getpeername() == listener.getsockname()
        assert 0 < (connection.gettimeout() or 0) <= 5
    assert asked == ["rebound.example"]


def test_addresses_and_localhost_are_not_resolved(monkeypatch: pytest.MonkeyPatch, listener: socket.socket) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("it resolved"))
    for host in ("127.0.0.1", "2130706433", "localhost", "a.localhost."):
        Guard([LOOPBACK]).connect(host, listener.getsockname()[1], 5).close()


def test_the_port_is_checked_for_what_a_name_resolves_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver("8.8.8.8"))
    guard = Guard([LOOPBACK])
    guard.check("http://example.org:25/")
    with pytest.raises(WebError, match=r"^port 25 is not asked$"):
        guard.connect("example.org", 25, 5)


def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch, listener: socket.socket) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver("127.0.0.2", "127.0.0.1"))
    port = listener.getsockname()[1]  # nobody listens there on 127.0.0.2
    Guard([LOOPBACK]).connect("two.example", port, 5).close()


def test_ipv6_is_reached_too() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        port = server.getsockname()[1]
        with Guard([ipaddress.ip_network("::1/128")]).connect("::1", port, 5) as connection:
            assert connection.getpeername()[:2] == ("::1", port)
        with pytest.raises(WebError, match=r"^the host is private$"):
            Guard([LOOPBACK]).connect("::1", port, 5)


@pytest.mark.parametrize("host", ["1:2", "::1%lo", "", ".", "a b", "bücher.example"])
def test_what_is_no_host_is_not_connected_to(host: str) -> None:
    with pytest.raises(WebError, match=r"^it names no host that could be asked$"):
        Guard().connect(host, 80, 5)


def test_without_time_nothing_is_connected_to(listener: socket.socket) -> None:
    with pytest.raises(WebError) as caught:
        Guard([LOOPBACK]).connect("127.0.0.1", listener.getsockname()[1], 0)
    assert caught.value.reason is Reason.TIMEOUT
    assert untouched(listener)


def test_nobody_listening_is_a_connection_error(listener: socket.socket) -> None:
    with pytest.raises(WebError, match=r"^the connection was refused$") as caught:
        Guard([LOOPBACK]).connect("127.0.0.2", listener.getsockname()[1], 5)
    assert (caught.value.reason, caught.value.passing) == (Reason.CONNECT, False)


def test_a_host_that_does_not_accept_is_a_time_out() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        address = server.getsockname()
        with socket.create_connection(address):  # fills the queue
            start = time.monotonic()
            with pytest.raises(WebError, match=r"^no connection within 0\.3 s$") as caught:
                Guard([LOOPBACK]).connect(address[0], address[1], 0.3)
    assert (caught.value.reason, caught.value.passing) == (Reason.TIMEOUT, True)
    assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    ("error", "text", "passing"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "the host is unknown", False),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), "the host's name cannot be resolved now", True),
        (UnicodeError("label too long"), "the host is unknown", False),
    ],
)
def test_a_name_that_does_not_resolve_says_so(
    monkeypatch: pytest.MonkeyPatch, error: Exception, text: str, passing: bool
) -> None:
    def resolve(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(WebError) as caught:
        Guard().connect("example.org", 80, 5)
    assert (caught.value.reason, str(caught.value), caught.value.passing) == (Reason.DNS, text, passing)


def test_a_name_server_that_is_silent_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def resolve(*_: object, **__: object) -> list[tuple[Any, ...]]:
        over.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    start = time.monotonic()
    try:
        with pytest.raises(WebError, match=r"within 0\.2 s$") as caught:
            Guard().connect("example.org", 80, 0.2)
    finally:
        over.set()
    assert caught.value.reason is Reason.DNS
    assert time.monotonic() - start < 2
