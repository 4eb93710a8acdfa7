"""Identifiers and addresses: their shapes, check digits, and one form for comparing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bibliography.identifiers import (
    ArxivId,
    arxiv,
    doi,
    doi_in_url,
    isbn_fault,
    issn_fault,
    normal_link,
    web_address,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.1109/ICNN.1988.23933", "10.1109/icnn.1988.23933"),
        ("doi:10.1109/ICNN.1988.23933", "10.1109/icnn.1988.23933"),
        ("DOI: 10.1109/ICNN.1988.23933.", "10.1109/icnn.1988.23933"),
        ("https://doi.org/10.1109/ICNN.1988.23933", "10.1109/icnn.1988.23933"),
        ("http://dx.doi.org/10.1109/ICNN.1988.23933", "10.1109/icnn.1988.23933"),
        ("10.1109/ICNN.1988.23933).", "10.1109/icnn.1988.23933"),
        ("info:doi/10.1109/ICNN.1988.23933", "10.1109/icnn.1988.23933"),
        ("doi.org/10.1109/ICNN.1988.23933?x=1", "10.1109/icnn.1988.23933"),
        ("https://doi.org/10.1016/S0925-2312%2801%2900706-8", "10.1016/s0925-2312(01)00706-8"),
        ("10.1016/S0925-2312(01)00706-8", "10.1016/s0925-2312(01)00706-8"),
        (r"10.1007/978-3-319-22482-4\_50", "10.1007/978-3-319-22482-4_50"),
        ("10.1002/(SICI)1097-0258(19980815)17:15<1661::AID-SIM968>3.0.CO;2-2",) * 2,
        ("10.1000.10/123456", "10.1000.10/123456"),
        ("  10.5281/zenodo.1417159 ", "10.5281/zenodo.1417159"),
        ("10.48550/arXiv.1706.08818", "10.48550/arxiv.1706.08818"),
    ],
)
def test_a_doi_is_read_in_every_way_it_is_written(text: str, expected: str) -> None:
    assert doi(text) == expected.lower()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ICNN.1988",
        "10.1109",
        "10.1109/",
        "10.11/x",
        "11.1109/x",
        "10.1109/a b",
        "https://example.org/10.1109/x",
        "10./x",
        "10.1109/x\u200b1",
        "10.1109/x\x001",
        "see 10.1109/x",
        "10.1109/...",
    ],
)
def test_what_is_no_doi_is_refused(text: str) -> None:
    assert doi(text) is None


@given(st.text(alphabet="0123456789./:()<>%abcDOI-_ "))
def test_a_doi_read_once_stays_the_same(text: str) -> None:
    found = doi(text)
    if found is not None:
        assert found == found.lower()
        assert doi(found) == found
        assert doi(f"https://doi.org/{found.replace('%', '%25')}") == found


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://dl.acm.org/doi/abs/10.1145/2647868.2654940", "10.1145/2647868.2654940"),
        ("https://link.springer.com/chapter/10.1007/978-3-319-22482-4_50", "10.1007/978-3-319-22482-4_50"),
        ("https://link.springer.com/content/pdf/10.1007%2F978-3-319-22482-4_50.pdf", "10.1007/978-3-319-22482-4_50"),
        ("https://www.tandfonline.com/doi/full/10.1080/09540099408915726", "10.1080/09540099408915726"),
        ("https://onlinelibrary.wiley.com/doi/10.1002/cpe.1/full", "10.1002/cpe.1"),
        ("https://example.org/get?doi=10.1000/182&x=1", "10.1000/182"),
        ("https://doi.org/10.1000/182", "10.1000/182"),
        ("https://arxiv.org/abs/1706.08818", None),
        ("https://example.org/v10.1145/x", None),
        ("10.1000/182", None),
        ("ftp://example.org/10.1000/182", None),
    ],
)
def test_a_doi_is_found_in_the_addresses_of_publishers(url: str, expected: str | None) -> None:
    assert doi_in_url(url) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1706.08818", ArxivId("1706.08818")),
        ("1706.08818v2", ArxivId("1706.08818", 2)),
        ("arXiv:1706.08818", ArxivId("1706.08818")),
        ("ARXIV: 1706.08818v1 [cs.SD]", ArxivId("1706.08818", 1)),
        ("arXiv preprint arXiv:1706.08818", ArxivId("1706.08818")),
        ("CoRR, abs/1706.08818", ArxivId("1706.08818")),
        ("https://arxiv.org/abs/1706.08818", ArxivId("1706.08818")),
        ("http://arxiv.org/pdf/1703.09179v3.pdf", ArxivId("1703.09179", 3)),
        ("https://www.arxiv.org/pdf/1706.08818#page=2", ArxivId("1706.08818")),
        ("https://export.arxiv.org/abs/1706.08818?context=cs", ArxivId("1706.08818")),
        ("arxiv.org/html/1706.08818v1", ArxivId("1706.08818", 1)),
        ("https://arxiv.org/ftp/arxiv/papers/1512/1512.07370.pdf", ArxivId("1512.07370")),
        ("https://arxiv.org/ftp/cs/papers/0309/0309136.pdf", ArxivId("cs/0309136")),
        ("10.48550/arXiv.1706.08818", ArxivId("1706.08818")),
        ("https://doi.org/10.48550/arXiv.1706.08818", ArxivId("1706.08818")),
        ("0704.0001", ArxivId("0704.0001")),
        ("1412.9999", ArxivId("1412.9999")),
        ("1501.00001", ArxivId("1501.00001")),
        ("math.GT/0309136v1", ArxivId("math/0309136", 1)),
        ("quant-ph/0201082", ArxivId("quant-ph/0201082")),
        ("Hep-Th/9901001", ArxivId("hep-th/9901001")),
        ("hep-th/9901001", ArxivId("hep-th/9901001")),
        ("arXiv:astro-ph/0601001", ArxivId("astro-ph/0601001")),
    ],
)
def test_an_arxiv_identifier_is_read_in_every_way_it_is_written(text: str, expected: ArxivId) -> None:
    assert arxiv(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1713.08818",
        "1700.08818",
        "1706.8818",
        "1412.12345",
        "1501.1234",
        "0703.0001",
        "1706.00000",
        "1706.088181",
        "music/0309136",
        "math/0313136",
        "math/0704136",
        "math/0309000",
        "cs/9013001",
        "10.1000/182",
        "2016",
        "arXiv",
        "https://example.org/abs/1706.08818",
        "1706.08818v0",
        "1706.08818 and more",
        "arXiv:1706.08818v",
    ],
)
def test_an_impossible_arxiv_identifier_is_refused(text: str) -> None:
    assert arxiv(text) is None


@given(st.integers(0, 99), st.integers(0, 99), st.integers(1, 99999), st.integers(1, 20))
def test_year_month_and_digits_of_an_arxiv_identifier_follow_from_each_other(
    year: int, month: int, number: int, version: int
) -> None:
    long, short = f"{year:02}{month:02}.{number:05}", f"{year:02}{month:02}.{number % 10_000:04}"
    possible = 1 <= month <= 12
    assert (arxiv(long) is not None) == (possible and year >= 15)
    assert (arxiv(short) is not None) == (possible and (7, 4) <= (year, month) <= (14, 12) and number % 10_000 > 0)
    if found := arxiv(f"https://arxiv.org/abs/{long}v{version}"):
        assert found == ArxivId(long, version)


@pytest.mark.parametrize(
    "text",
    [
        "978-1-4673-8695-1",
        "9781467386951",
        "0-8044-2957-X",
        "080442957x",
        "979-10-90636-07-1",
        "978 1 4673 8695 1",
        "978-1-4673-8695-1, 0-8044-2957-X",
    ],
)
def test_a_right_isbn_has_no_fault(text: str) -> None:
    assert isbn_fault(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("978-1-4673-8695-2", "ask for 1"),
        ("0-8044-2957-1", "ask for X"),
        ("978-1-4673-8695-1, 0-8044-2957-1", "“0-8044-2957-1”"),
        ("977-1-4673-8695-1", "978 or 979"),
        ("97814673", "ten digits"),
        ("X804429570", "ten digits"),
        ("", "ten digits"),
        ("978-1-4673-8695-1,", "ten digits"),
    ],
)
def test_a_wrong_isbn_is_explained(text: str, said: str) -> None:
    assert said in (isbn_fault(text) or "")


@pytest.mark.parametrize("text", ["0148-9267", "01489267", "01489267, 15315169", "2434-561X", "2434561x"])
def test_a_right_issn_has_no_fault(text: str) -> None:
    assert issn_fault(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0148-9268", "ask for 7"),
        ("0148-926", "eight digits"),
        ("01489267, 1531516", "eight digits"),
        ("", "eight digits"),
    ],
)
def test_a_wrong_issn_is_explained(text: str, said: str) -> None:
    assert said in (issn_fault(text) or "")


@given(st.integers(0, 9_999_999), st.integers(0, 9), st.integers(0, 6))
def test_every_slip_of_one_digit_is_seen(number: int, digit: int, place: int) -> None:
    digits = f"{number:07}"
    right = [digits + check for check in "0123456789X" if issn_fault(digits + check) is None]
    assert len(right) == 1
    slipped = right[0][:place] + str(digit) + right[0][place + 1 :]
    assert (issn_fault(slipped) is None) == (slipped == right[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://github.com/f0k/ismir2015", "https://github.com/f0k/ismir2015"),
        ("http://cvssp.org/projects/maruss/mirex2016/", "http://cvssp.org/projects/maruss/mirex2016/"),
        ("HTTPS://Example.org:8080/a?b=c&d=%20#e", "HTTPS://Example.org:8080/a?b=c&d=%20#e"),
        (r"http://example.org/a\_b\%20c\&d\#e", "http://example.org/a_b%20c&d#e"),
        (r"http://example.org/\~{}grichard", "http://example.org/~grichard"),
        (r"\url{http://example.org/x}", "http://example.org/x"),
        ("  http://example.org ", "http://example.org"),
        ("http://192.0.2.1/x", "http://192.0.2.1/x"),
        ("http://müller.example/ü", "http://müller.example/ü"),
        ("https://example.org/a(b)", "https://example.org/a(b)"),
    ],
)
def test_a_web_address_is_taken_as_a_browser_takes_it(text: str, expected: str) -> None:
    assert web_address(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "No",
        "example.org",
        "ftp://example.org",
        "javascript:alert(1)",
        "//example.org",
        "http://",
        "http:///x",
        "http://example",
        "http://exa mple.org",
        "http://example.org/a b",
        "http://user@example.org",
        "http://.org",
        "http://example.org/<script>",
        'http://example.org/"',
        "http://example.org/\u202e",
        "http://example.org/a\nb",
        "data:text/html,x",
        "https://example.org\\@evil.example",
        "http://example.org/" + "x" * 5000,
        "mailto:a@b.org",
    ],
)
def test_what_is_no_web_address_is_refused(text: str) -> None:
    assert web_address(text) is None


@given(st.text(alphabet="htps:/.@w\\ax?#%é[]0\u202e\n "))
def test_what_passes_as_an_address_is_plain_http(text: str) -> None:
    address = web_address(text)
    if address is not None:
        assert address.lower().startswith(("http://", "https://"))
        assert not any(char.isspace() or not char.isprintable() for char in address)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.example.org/paper",
        "http://example.org/paper/",
        "HTTP://EXAMPLE.ORG:80/paper#top",
        "https://example.org:443/paper/index.html",
        "https://example.org/pap%65r",
        r"\url{http://example.org/paper}",
        "http://example.org./paper?",
    ],
)
def test_addresses_of_one_page_are_one(url: str) -> None:
    assert normal_link(url) == normal_link("https://example.org/paper")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/Paper",
        "https://example.org/paper?id=1",
        "https://example.com/paper",
        "https://example.org:8080/paper",
        "https://example.org/paper2",
        "https://example.org/pap%2Fer",
    ],
)
def test_addresses_of_other_pages_stay_apart(url: str) -> None:
    assert normal_link(url) != normal_link("https://example.org/paper")


@given(st.text())
def test_any_text_is_compared_without_an_exception(text: str) -> None:
    for reader in (doi, doi_in_url, arxiv, isbn_fault, issn_fault, web_address):
        reader(text)
        reader(f"http://{text}")
    assert normal_link(normal_link(f"https://example.org/{text}")) is not None


@pytest.mark.usefixtures("in_linear_time")
@pytest.mark.parametrize(
    "piece", ["10.1000/", "(", "https://", "a.", "%2", "0123456789, ", "/full", "\\url{", "1706.08818", "-"]
)
def test_time_grows_with_the_length_only(piece: str) -> None:
    value = piece * (60_000 // len(piece))
    for text in (value, f"http://example.org/{value}", f"http://{value}", f"10.1000/{value}"):
        for reader in (doi, doi_in_url, arxiv, isbn_fault, issn_fault, web_address, normal_link):
            reader(text)


def test_a_number_with_many_blanks_is_no_number() -> None:
    assert isbn_fault(f"x{' ' * 200_000}}}")
