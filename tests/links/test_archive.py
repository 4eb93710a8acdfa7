"""The Wayback Machine: what is asked, and which captures are taken for an answer."""

from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.links import archive
from bot.links.archive import Capture
from bot.links.owners.owner import LimitError
from bot.metadata.source import NonsenseError
from bot.web.session import Answer, Web
from tests.metadata.sources.checks import anything, body, broken
from tests.support.owners import Copy, Facts, Owners

BASE = archive.URL
URL = "http://gongs.example.org/paper.pdf?id=1#page=2"
DAY = datetime(2026, 1, 5, 3, 43, tzinfo=UTC)


def ask(owners: Owners, path: str, params: tuple[tuple[str, str], ...] = ()) -> Answer:
    """One request, nothing followed."""
    from urllib.parse import urlencode

    query = f"?{urlencode(params)}" if params else ""
    with (
        Web("test", allow=[ip_network("127.0.0.0/8")]) as web,
        web.open("GET", f"{owners.urls['wayback']}/{path}{query}") as stream,
    ):
        return Answer(stream.url, stream.status, stream.headers, b"".join(stream.chunks()))


def next_to(owners: Owners, url: str = URL) -> Capture | None:
    base = owners.urls["wayback"]
    answer = ask(owners, archive.next_to(url, DAY).path)
    return archive.read_next_to(base, url, DAY, answer.status, answer.headers)


def newest(owners: Owners, url: str = URL) -> tuple[Capture, ...]:
    query = archive.newest(url, DAY)
    answer = ask(owners, query.path, query.params)
    return archive.read_newest(owners.urls["wayback"], url, DAY, answer.status, answer.body)


def copy(at: str, **more: Any) -> Copy:
    return Copy(url=more.pop("url", "http://gongs.example.org/paper.pdf?id=1"), at=at, **more)


def test_the_day_and_the_address_are_asked_for_without_the_fragment() -> None:
    assert archive.next_to(URL, DAY).path == "web/20260105034300/http://gongs.example.org/paper.pdf?id=1"
    query = archive.newest(URL, DAY)
    assert query.path == "cdx/search/cdx"
    assert dict(query.params) == {
        "url": "http://gongs.example.org/paper.pdf?id=1",
        "output": "json",
        "filter": "statuscode:200",
        "to": "20260105034300",
        "limit": "-3",
        "fl": "timestamp,original,mimetype,statuscode",
    }


def test_the_capture_next_to_the_day_is_found() -> None:
    with Owners(Facts(copies=[copy("20190503101112"), copy("20240607080910")])) as owners:
        assert next_to(owners) == Capture(
            f"{owners.urls['wayback']}/web/20240607080910/http://gongs.example.org/paper.pdf?id=1",
            datetime(2024, 6, 7, 8, 9, 10, tzinfo=UTC),
        )


def test_one_from_after_the_day_is_not_taken_but_the_list_has_an_earlier_one() -> None:
    with Owners(Facts(copies=[copy("20190503101112"), copy("20260106000000")])) as owners:
        assert next_to(owners) is None
        assert [one.at.year for one in newest(owners)] == [2019]


def test_what_was_never_captured_has_none() -> None:
    with Owners(Facts()) as owners:
        assert next_to(owners) is None
        assert newest(owners) == ()


def test_the_list_has_the_good_ones_only_and_the_newest_first() -> None:
    copies = [copy(f"20{year}0101000000") for year in range(10, 20)]
    with Owners(Facts(copies=[*copies, copy("20210101000000", status=404)])) as owners:
        assert [one.at.year for one in newest(owners)] == [2019, 2018, 2017]


@pytest.mark.parametrize(
    ("location", "date"),
    [
        ("https://web.archive.org/web/20190503101112/http://gongs.example.org/paper.pdf?id=1", "2019-05-03"),
        ("/web/20190503101112/http://gongs.example.org/paper.pdf?id=1", "2019-05-03"),
        ("/web/20190503101112id_/http://gongs.example.org/paper.pdf?id=1", "2019-05-03"),
        ("/web/20190503101112if_/https://www.gongs.example.org:443/paper.pdf?id=1", "2019-05-03"),
        ("/web/20190503101112/http:/gongs.example.org/paper.pdf?id=1", "2019-05-03"),
        ("/web/20190503101112/http://gongs.example.org:80/PAPER.pdf?id=1", "2019-05-03"),
        ("/web/20260105034300/http://gongs.example.org/paper.pdf?id=1", "2026-01-05"),
        ("/web/20260105034301/http://gongs.example.org/paper.pdf?id=1", None),
        ("/web/20190503101112/http://gongs.example.org/", None),
        ("/web/20190503101112/http://gongs.example.org/paper.pdf?id=2", None),
        ("/web/20190503101112/http://others.example.org/paper.pdf?id=1", None),
        ("/web/20190503/http://gongs.example.org/paper.pdf?id=1", None),
        ("/web/20191303101112/http://gongs.example.org/paper.pdf?id=1", None),
        ("/web/2/http://gongs.example.org/paper.pdf?id=1", None),
        ("/save/http://gongs.example.org/paper.pdf?id=1", None),
        ("https://web.archive.org/", None),
        ("", None),
    ],
)
def test_only_a_capture_of_the_same_address_is_one(location: str, date: str | None) -> None:
    found = archive.read_next_to(BASE, URL, DAY, 302, {"Location": location})
    assert (found.at.date().isoformat() if found else None) == date
    if found:
        assert found.address.startswith(f"{BASE}/web/{found.at:%Y%m%d%H%M%S}/http")


def test_a_capture_within_a_captured_address_is_not_taken_for_it() -> None:
    inner = "https://web.archive.org/web/20100101000000/http://gongs.example.org/"
    found = archive.read_next_to(BASE, inner, DAY, 302, {"Location": f"/web/20190503101112/{inner}"})
    assert found
    assert found.at.year == 2019


@pytest.mark.parametrize(("status", "error"), [(429, LimitError), (500, NonsenseError), (503, NonsenseError)])
def test_no_answer_is_told_from_no_capture(status: int, error: type[Exception]) -> None:
    with pytest.raises(error, match=str(status)):
        archive.read_next_to(BASE, URL, DAY, status, {})
    with pytest.raises(error, match=str(status)):
        archive.read_newest(BASE, URL, DAY, status, b"[]")


@pytest.mark.parametrize("status", [403, 404])
def test_what_the_archive_may_not_show_is_none(status: int) -> None:
    assert archive.read_next_to(BASE, URL, DAY, status, {}) is None
    assert archive.read_newest(BASE, URL, DAY, status, b"Blocked Site Error") == ()


HEAD = ["timestamp", "original", "mimetype", "statuscode"]
ROW = ["20190503101112", "http://gongs.example.org/paper.pdf?id=1", "application/pdf", "200"]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, "20260105034301"), (0, "2019"), (0, "20191303101112"), (0, "٢٠١٩٠٥٠٣١٠١١١٢"), (1, "http://gongs.example.org/"),
        (2, "warc/revisit"), (3, "404"), (3, "-"), (3, ""),
    ],
)  # fmt: skip
def test_a_row_that_is_no_good_capture_is_left_out(place: int, value: str) -> None:
    row = [*ROW[:place], value, *ROW[place + 1 :]]
    found = archive.read_newest(BASE, URL, DAY, 200, body([HEAD, row, ROW]))
    assert [one.at.year for one in found] == [2019]
    assert archive.read_newest(BASE, URL, DAY, 200, body([HEAD, row])) == ()


def test_an_empty_list_is_none_and_a_page_is_nonsense() -> None:
    assert archive.read_newest(BASE, URL, DAY, 200, b"[]") == ()
    assert archive.read_newest(BASE, URL, DAY, 200, b"\n") == ()
    for data in (b"<html>", b"{}", b'"20190503101112"', b"20190503101112 http://gongs.example.org/ 200"):
        with pytest.raises(NonsenseError):
            archive.read_newest(BASE, URL, DAY, 200, data)


@given(broken([HEAD, ROW, ROW]) | anything.map(body) | st.binary(max_size=50))
def test_any_list_is_read_or_refused(data: bytes) -> None:
    try:
        found = archive.read_newest(BASE, URL, DAY, 200, data)
    except NonsenseError:
        return
    assert all(one.at <= DAY and "gongs.example.org" in one.address for one in found)


@given(st.text(), st.text(max_size=30))
def test_any_redirect_is_read_or_refused(location: str, url: str) -> None:
    try:
        found = archive.read_next_to(BASE, url, DAY, 302, {"Location": f"/web/20190503101112/{location}"})
    except NonsenseError:
        return
    assert found is None or found.at.year == 2019
