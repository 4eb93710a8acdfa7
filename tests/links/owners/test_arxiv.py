"""arXiv: which addresses are papers', and what a feed says of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.links.observation import Kind, Observation
from bot.links.owners import arxiv
from bot.links.owners.arxiv import ARXIV
from bot.links.owners.owner import LimitError
from bot.metadata.source import NonsenseError
from tests.support.sources import Case, Library


def paper(identifier: str, **more: str) -> Case:
    return {"id": identifier, "title": "Of gongs", "authors": ["Anna Mallet"], "published": "2017-06-27", **more}


def feed(*ids: str, known: tuple[Case, ...] = (paper("1706.08818"), paper("cs/0309136"))) -> bytes:
    params = dict(ARXIV.query(ids).params)
    return str(Library.of([{"arxiv": one} for one in known]).arxiv("/api/query", params).body).encode()


@pytest.mark.parametrize(
    ("url", "subject"),
    [
        ("https://arxiv.org/abs/1706.08818", "1706.08818"),
        ("http://www.arxiv.org/pdf/1706.08818v3.pdf", "1706.08818"),
        ("https://export.arxiv.org/html/1706.08818v1", "1706.08818"),
        ("https://arxiv.org/format/1706.08818", "1706.08818"),
        ("https://arxiv.org/ps/cs/0309136", "cs/0309136"),
        ("https://arxiv.org/e-print/math.GT/0309136?x=y#z", "math/0309136"),
        ("https://arxiv.org/abs/1713.08818", None),
        ("https://arxiv.org/abs/170.8818", None),
        ("https://arxiv.org/abs/", None),
        ("https://arxiv.org/list/cs.SD/recent", None),
        ("https://arxiv.org/a/mallet_a_1", None),
        ("https://doi.org/10.48550/arXiv.1706.08818", None),
        ("https://arxiv.org.example.org/abs/1706.08818", None),
        ("https://ar5iv.org/abs/1706.08818", None),
        ("https://es.arxiv.org/abs/1706.08818", None),
        ("1706.08818", None),
    ],
)
def test_the_addresses_of_papers_are_claimed(url: str, subject: str | None) -> None:
    assert arxiv.claim(url) == subject


def test_papers_that_the_feed_has_are_ok_and_those_that_it_leaves_out_gone() -> None:
    ids = ["1706.08818", "1706.00001", "cs/0309136"]
    assert ARXIV.read(200, feed(*ids), ids) == {
        "1706.08818": Observation(Kind.OK, status=200),
        "1706.00001": Observation(Kind.GONE, "arXiv knows no such paper", status=404),
        "cs/0309136": Observation(Kind.OK, status=200),
    }


def test_a_withdrawn_paper_is_ok_with_a_note() -> None:
    withdrawn = paper("1706.08818", comment="This paper has been withdrawn because " + "of a gong " * 50)
    found = ARXIV.read(200, feed("1706.08818", known=(withdrawn,)), ["1706.08818"])["1706.08818"]
    assert found.kind is Kind.OK
    assert found.note.startswith("withdrawn: This paper has been withdrawn because of a gong")
    assert len(found.note) < 100


def test_one_unknown_paper_asked_for_by_itself_is_gone() -> None:
    assert ARXIV.read(200, feed("1706.00001"), ["1706.00001"])["1706.00001"].kind is Kind.GONE


def test_an_empty_feed_says_nothing_of_several_papers() -> None:
    ids = ["1706.08818", "cs/0309136"]
    with pytest.raises(NonsenseError, match="none of 2"):
        ARXIV.read(200, feed(*ids, known=()), ids)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<opensearch:totalResults>1<", b"<opensearch:totalResults>2<"),
        (b"<opensearch:totalResults>1<", b"<opensearch:totalResults>0<"),
    ],
)
def test_a_feed_that_is_cut_says_nothing_of_what_it_lacks(old: bytes, new: bytes) -> None:
    ids = ["1706.08818", "1706.00001"]
    whole = feed(*ids)
    assert whole.count(old) == 1
    assert ARXIV.read(200, whole.replace(old, new), ids).keys() == {"1706.08818"}


def test_a_feed_that_does_not_say_how_much_it_holds_is_taken_for_whole() -> None:
    ids = ["1706.08818", "1706.00001"]
    silent = feed(*ids).replace(b"<opensearch:totalResults>1</opensearch:totalResults>", b"")
    assert ARXIV.read(200, silent, ids)["1706.00001"].kind is Kind.GONE


def test_an_entry_that_cannot_be_read_is_not_gone() -> None:
    whole = feed("1706.08818").replace(b"<title>Of gongs</title>", b"<title> </title>")
    assert ARXIV.read(200, whole, ["1706.08818"]) == {}


def test_an_entry_without_its_identifier_stands_for_an_unknown_paper() -> None:
    whole = feed("1706.08818").replace(b"<id>http://arxiv.org/abs/1706.08818v1</id>", b"")
    whole = whole.replace(b"arxiv.org/abs/1706.08818v1", b"arxiv.org/").replace(b"pdf/1706.08818v1", b"")
    assert ARXIV.read(200, whole, ["1706.08818"])["1706.08818"].kind is Kind.GONE


@pytest.mark.parametrize("status", [400, 404, 500, 502])
def test_no_other_status_says_anything(status: int) -> None:
    with pytest.raises(NonsenseError, match=str(status)):
        ARXIV.read(status, feed("1706.08818"), ["1706.08818"])


@pytest.mark.parametrize("status", [403, 429, 503])
def test_one_who_is_asked_too_much_says_so(status: int) -> None:
    with pytest.raises(LimitError, match=str(status)):
        ARXIV.read(status, b"Rate exceeded.", ["1706.08818"])


@pytest.mark.parametrize("data", [b"", b"Rate exceeded.", b"<html><p>Oops", b"{}", b"<?xml version='1.0'?><rss/>"])
def test_what_is_no_feed_is_nonsense(data: bytes) -> None:
    with pytest.raises(NonsenseError):
        ARXIV.read(200, data, ["1706.08818"])


@given(st.data())
def test_any_cut_or_changed_feed_is_read_or_refused(data: st.DataObject) -> None:
    whole = feed("1706.08818", "cs/0309136")
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    changed = whole[:start] + data.draw(st.binary(max_size=4)) + whole[end:]
    try:
        found = ARXIV.read(200, changed, ["1706.08818", "cs/0309136"])
    except NonsenseError:
        return
    assert all(one.kind in (Kind.OK, Kind.GONE) for one in found.values())


@given(st.text())
def test_any_address_is_claimed_or_not(text: str) -> None:
    subject = arxiv.claim(f"https://arxiv.org/abs/{text}")
    assert subject is None or subject in dict(ARXIV.query([subject]).params)["id_list"]
