"""The DOI system: which addresses are its, and what its handle API says."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.links.observation import Kind, Observation
from bot.links.owners import doi
from bot.links.owners.doi import DOI
from bot.links.owners.owner import LimitError
from bot.metadata.source import NonsenseError
from tests.metadata.sources.checks import anything, body, broken

URL_VALUE = {"index": 1, "type": "URL", "data": {"format": "string", "value": "https://gongs.example.org/1"}}
ANSWER = {"responseCode": 1, "handle": "10.5555/gong", "values": [URL_VALUE]}


@pytest.mark.parametrize(
    ("url", "subject"),
    [
        ("https://doi.org/10.5555/Gong", "10.5555/gong"),
        ("http://dx.doi.org/10.5555/gong", "10.5555/gong"),
        ("HTTPS://WWW.DOI.ORG/10.5555/gong", "10.5555/gong"),
        ("https://doi.org:443/10.5555/gong", "10.5555/gong"),
        ("https://doi.org./10.5555/gong", "10.5555/gong"),
        ("https://doi.org/doi:10.5555/gong", "10.5555/gong"),
        ("https://doi.org/10.5555/gong?source=x#part", "10.5555/gong"),
        ("https://doi.org/10.5555%2Fgong%231", "10.5555/gong#1"),
        ("https://doi.org/10.1002/(SICI)1097-4571(199806)49:8%3C693::AID-ASI4%3E3.0.CO;2-O",
         "10.1002/(sici)1097-4571(199806)49:8<693::aid-asi4>3.0.co;2-o"),
        ("https://doi.org/10.5555/gong.", "10.5555/gong."),
        ("https://doi.org/10.48550/arXiv.1706.08818", "10.48550/arxiv.1706.08818"),
        ("https://hdl.handle.net/10.5555/gong", "10.5555/gong"),
        ("https://doi.org/10/b8Qx", "10/b8qx"),
        ("https://hdl.handle.net/2027/spo.bbp2372", None),
        ("https://doi.org/", None),
        ("https://www.doi.org/the-identifier/", None),
        ("https://doi.org:8443/10.5555/gong", None),
        ("https://mit@doi.org/10.5555/gong", None),
        ("https://doi.org.example.org/10.5555/gong", None),
        ("https://dl.acm.org/doi/10.5555/gong", None),
        ("ftp://doi.org/10.5555/gong", None),
        ("https://doi.org/10.5555/a%00b", None),
        ("https://doi.org/10.5555/a%20b", None),
        ("10.5555/gong", None),
    ],
)  # fmt: skip
def test_addresses_that_the_doi_system_resolves_are_claimed(url: str, subject: str | None) -> None:
    assert doi.claim(url) == subject


def test_the_handle_is_asked_for_never_the_landing_page() -> None:
    assert DOI.query(["10.5555/gong"]).path == "api/handles/10.5555/gong"
    assert DOI.query(["10.5555/a<b>?c#d%"]).path == "api/handles/10.5555/a%3Cb%3E%3Fc%23d%25"
    assert (DOI.url, DOI.batch, DOI.page) == ("https://doi.org", 1, False)


def read(status: int, answer: Any) -> Observation:
    return DOI.read(status, body(answer), ["10.5555/gong"])["10.5555/gong"]


def test_a_registered_doi_is_ok() -> None:
    assert read(200, ANSWER) == Observation(Kind.OK, status=200)


def test_a_doi_without_an_address_is_ok_with_a_note() -> None:
    admin = {"index": 100, "type": "HS_ADMIN", "data": {}}
    for answer in ({**ANSWER, "values": [admin]}, {"responseCode": 200, "handle": "10.5555/gong"}):
        assert read(200, answer).kind is Kind.OK
        assert read(200, answer).note == doi.NO_ADDRESS
    loc = {"index": 1000, "type": "10320/loc", "data": {}}
    assert read(200, {**ANSWER, "values": [admin, loc]}).note == ""


def test_an_unknown_doi_is_gone() -> None:
    assert read(404, {"responseCode": 100, "handle": "10.5555/gong"}) == Observation(
        Kind.GONE, "DOI unknown to its registry", status=404
    )


def test_a_registry_that_fails_says_nothing_of_the_doi() -> None:
    found = read(500, {"responseCode": 2, "handle": "10.5555/gong"})
    assert (found.kind, found.again, found.status) == (Kind.ERROR, True, 500)


@pytest.mark.parametrize("status", [200, 403, 404, 410, 502])
@pytest.mark.parametrize(
    "data", [b"<!DOCTYPE html><h1>404 Not Found</h1>", b"", b"[]", b'{"responseCode":"100"}', b"100"]
)
def test_what_is_no_answer_of_the_registry_is_nonsense(status: int, data: bytes) -> None:
    with pytest.raises(NonsenseError):
        DOI.read(status, data, ["10.5555/gong"])


@pytest.mark.parametrize(("status", "code"), [(404, 1), (503, 1), (503, 100), (403, 100), (404, 200)])
def test_a_code_that_does_not_fit_its_status_is_nonsense(status: int, code: int) -> None:
    with pytest.raises(NonsenseError, match=str(status)):
        read(status, {"responseCode": code})


def test_one_who_is_asked_too_much_says_so() -> None:
    with pytest.raises(LimitError):
        DOI.read(429, b"", ["10.5555/gong"])


@given(broken(ANSWER) | anything.map(body) | st.binary(max_size=40), st.sampled_from([200, 404, 500, 301]))
def test_any_answer_is_read_or_refused_and_nothing_is_gone_without_the_code(data: bytes, status: int) -> None:
    try:
        found = DOI.read(status, data, ["10.5555/gong"])
    except NonsenseError:
        return
    assert found.keys() == {"10.5555/gong"}
    if found["10.5555/gong"].kind is Kind.GONE:
        assert json.loads(data)["responseCode"] == 100


@given(st.text(), st.sampled_from(["https://doi.org/", "https://doi.org/10.5555/", "http://dx.doi.org/10.", ""]))
def test_any_address_is_claimed_or_not_and_what_is_claimed_can_be_asked(text: str, start: str) -> None:
    subject = doi.claim(start + text)
    if subject is not None:
        path = DOI.query([subject]).path
        assert path.startswith("api/handles/10")
        assert path.isascii()
        assert not set(path) & set(" ?#<>")
