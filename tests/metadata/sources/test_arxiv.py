"""arXiv's feeds as records."""

from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bibliography.latex import to_text
from bot.metadata.record import Kind, Record
from bot.metadata.source import NonsenseError
from bot.metadata.sources import arxiv
from bot.metadata.sources.arxiv import SOURCE
from tests.metadata.sources.checks import NASTY, faults, read_or_refuse

HEAD = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom"
  xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/query-of-a-test</id>
  <title>arXiv Query: id_list=1706.08818</title>
  <updated>2026-01-01T00:00:00Z</updated>
  <opensearch:totalResults>1</opensearch:totalResults>
"""


def entry(
    address: str = "http://arxiv.org/abs/1706.08818v3",
    title: str = "Learning to tell one gong from another",
    summary: str = "We listen to gongs.",
    published: str = "2017-06-27T12:00:00Z",
    authors: tuple[str, ...] = ("Anna Mallet", "Jan de Trommel"),
    **more: str,
) -> str:
    names = "".join(
        f"<author><name>{escape(name)}</name><arxiv:affiliation>Gong Lab</arxiv:affiliation></author>"
        for name in authors
    )
    extra = "".join(f"<arxiv:{name}>{escape(value)}</arxiv:{name}>" for name, value in more.items())
    return (
        f"<entry><id>{escape(address)}</id><title>{escape(title)}</title><updated>2019-02-03T00:00:00Z</updated>"
        f'<link href="{escape(address)}" rel="alternate" type="text/html"/><summary>{escape(summary)}</summary>'
        f'<category term="cs.SD" scheme="http://arxiv.org/schemas/atom"/><published>{escape(published)}</published>'
        f'<arxiv:primary_category term="cs.SD"/>{extra}{names}</entry>'
    )


def feed(*entries: str) -> bytes:
    return (HEAD + "".join(entries) + "</feed>").encode()


def read_one(one: str, identifier: str = "1706.08818") -> Record:
    return arxiv.read(feed(one), [identifier])[identifier]


def test_a_hundred_are_asked_at_once_and_as_many_are_wanted_back() -> None:
    query = SOURCE.query(["1706.08818", "cs/0309136"])
    assert query.path == "api/query"
    assert dict(query.params) == {"id_list": "1706.08818,cs/0309136", "start": "0", "max_results": "2"}
    assert query.send is None
    assert (SOURCE.batch, SOURCE.spacing) == (100, 3.0)


def test_malformed_identifiers_are_not_asked_for() -> None:
    query = SOURCE.query(["1706.08818", "abc", "1706.08818,2", "a&b=c", ""])
    assert dict(query.params)["id_list"] == "1706.08818"
    assert dict(query.params)["max_results"] == "1"


def test_a_preprint_comes_out_as_arxivs_own_bibtex_has_it() -> None:
    record = read_one(entry())
    assert record == Record(
        source="arxiv",
        id="1706.08818",
        kind=Kind.PREPRINT,
        type="unpublished",
        fields={
            "title": "Learning to tell one gong from another",
            "author": "Mallet, Anna and de Trommel, Jan",
            "year": "2017",
            "eprint": "1706.08818",
            "archiveprefix": "arXiv",
            "primaryclass": "cs.SD",
            "link": "https://arxiv.org/pdf/1706.08818",
        },
        arxiv="1706.08818",
    )
    assert faults(record) == []


def test_answers_are_matched_by_identifier_never_by_position() -> None:
    data = feed(
        entry("http://arxiv.org/abs/cs/0309136v1", title="Second"),
        entry("http://arxiv.org/abs/2001.00001v2", title="Nobody asked"),
        entry("http://arxiv.org/abs/1706.08818v9", title="First"),
    )
    records = arxiv.read(data, ["1706.08818", "9901.00001", "cs/0309136"])
    assert {one: record.get("title") for one, record in records.items()} == {
        "1706.08818": "First",
        "cs/0309136": "Second",
    }
    assert records["cs/0309136"].get("link") == "https://arxiv.org/pdf/cs/0309136"


def test_an_empty_feed_says_that_nothing_is_known() -> None:
    assert arxiv.read(feed(), ["0000.0000"]) == {}


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("1D <-> 2D", "1D <-> 2D"),
        ("$p<0.05$ is enough", "p<0.05 is enough"),
        ("Gongs\n   in  a row", "Gongs in a row"),
    ],
)
def test_a_title_is_text_even_where_it_looks_like_html(title: str, plain: str) -> None:
    assert to_text(read_one(entry(title=title)).get("title")) == plain


def test_a_title_that_says_it_is_html_is_text_too() -> None:
    one = entry(title="1D <-> 2D").replace("<title>", '<title type="html">')
    assert to_text(read_one(one).get("title")) == "1D <-> 2D"


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.1109/GONG.2018.1", "10.1109/gong.2018.1"),
        ("https://doi.org/10.1109/GONG.2018.1", "10.1109/gong.2018.1"),
        ("10.1109/GONG.2018.1 10.1000/other", "10.1109/gong.2018.1"),
        ("10.1109/GONG.2018.1, 10.1000/other", "10.1109/gong.2018.1"),
        ("10.1109/GONG.2018.1;10.1000/other", "10.1109/gong.2018.1"),
        ("10.1109/A,B", "10.1109/a,b"),
        ("10.48550/arXiv.1706.08818 10.1000/other", "10.1000/other"),
        ("10.48550/arXiv.1706.08818", ""),
        ("to appear", ""),
    ],
)
def test_the_doi_of_the_published_version_is_the_first_that_is_not_arxivs(text: str, doi: str) -> None:
    assert read_one(entry(doi=text)).published == doi


def test_what_the_authors_say_is_kept_in_their_words() -> None:
    record = read_one(entry(journal_ref="Proc. GONG 2018,\n pp. 1-8", comment="8 pages; accepted at GONG & Bell"))
    assert record.journal_ref == "Proc. GONG 2018, pp. 1-8"
    assert record.comment == "8 pages; accepted at GONG & Bell"
    assert not record.withdrawn


@pytest.mark.parametrize(
    ("comment", "summary", "notice"),
    [
        ("This paper has been withdrawn", "", "This paper has been withdrawn"),
        ("8 pages. This paper has been withdrawn. Sorry.", "", "This paper has been withdrawn."),
        ("Withdrawn", "", "Withdrawn"),
        ("paper withdrawn for revision", "", "paper withdrawn for revision"),
        ("8 pages, withdrawn by the authors", "", "8 pages, withdrawn by the authors"),
        ("Withdrawn by arXiv administrators", "", "Withdrawn by arXiv administrators"),
        ("", "This paper has been withdrawn by the author due to an error in (1). Sorry.",
         "This paper has been withdrawn by the author due to an error in (1)."),
        ("", "We hit gongs. Our manuscript has now been withdrawn.", "Our manuscript has now been withdrawn."),
        ("", "We hit gongs. This article was temporarily withdrawn by us.",
         "This article was temporarily withdrawn by us."),
        ("", "Withdrawn due to a crucial error", "Withdrawn due to a crucial error"),
        ("", "The authors have withdrawn this paper because the gong broke.",
         "The authors have withdrawn this paper because the gong broke."),
        ("", "The drug has been withdrawn from the market; we ask why.", ""),
        ("", "We study how papers are withdrawn by the authors.", ""),
        ("", "Withdrawn drugs are listed in a database.", ""),
        ("", "Many users withdrew; samples were withdrawn by a needle.", ""),
        ("A previous version of this paper was withdrawn", "", ""),
        ("This paper was withdrawn from GONG 2018", "", ""),
        ("Withdrawn from GONG 2018, now under review", "", ""),
        ("The proof of Lemma 2 has been withdrawn", "", ""),
    ],
)  # fmt: skip
def test_a_withdrawn_paper_is_told_from_one_that_speaks_of_withdrawing(comment: str, summary: str, notice: str) -> None:
    record = read_one(entry(comment=comment, summary=summary))
    assert (record.withdrawn, record.notice) == (bool(notice), notice)


def test_a_long_notice_is_shortened() -> None:
    notice = read_one(entry(comment="This paper has been withdrawn because " + "of a gong " * 100)).notice
    assert len(notice) <= 160
    assert notice.startswith("This paper has been withdrawn because of a gong")
    assert notice.endswith("…")


def test_an_error_is_nonsense_and_says_why() -> None:
    error = (
        "<entry><id>https://arxiv.org/api/errors#incorrect_id_format_for_abc</id><title>Error</title>"
        "<summary>incorrect id format for abc</summary></entry>"
    )
    with pytest.raises(NonsenseError, match="incorrect id format for abc"):
        arxiv.read(feed(error), ["1706.08818"])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><body>Rate exceeded.</body></html>",
        b'{"a": 1}',
        b"/etc/hostname",
        b"https://example.org/feed",
        b"\xff\xfe\x00",
        feed(entry())[:-4],
        feed(entry())[:900],
        feed(entry(title="caf\xe9")).decode().encode("latin-1"),
        b'<rss version="2.0"><channel><item><title>x</title></item></channel></rss>',
    ],
)
def test_what_is_no_whole_atom_feed_is_nonsense(data: bytes) -> None:
    with pytest.raises(NonsenseError):
        arxiv.read(data, ["1706.08818"])


def test_an_answer_that_names_a_file_does_not_open_it(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_bytes(feed(entry()))
    with pytest.raises(NonsenseError):
        arxiv.read(str(file).encode(), ["1706.08818"])


def test_entities_that_multiply_are_nonsense() -> None:
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE feed [<!ENTITY a0 "{"ha" * 10}">{laughs}]>'
    data = HEAD.replace("<feed", bomb + "<feed") + "<entry><title>&a11;</title></entry></feed>"
    with pytest.raises(NonsenseError):
        arxiv.read(data.encode(), ["1706.08818"])


def test_an_entry_without_a_title_or_an_identifier_is_left_out() -> None:
    data = feed(
        entry(title=" "),
        entry("http://arxiv.org/abs/nothing"),
        entry("http://arxiv.org/abs/cs/0309136v1", authors=(), published="soon"),
    )
    records = arxiv.read(data, ["1706.08818", "cs/0309136"])
    assert list(records) == ["cs/0309136"]
    assert "year" not in records["cs/0309136"].fields
    assert "author" not in records["cs/0309136"].fields


xml_text = st.sampled_from([text for text in NASTY if text.isprintable()]) | st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=40
)


@given(title=xml_text, author=xml_text, published=xml_text, comment=xml_text, doi=xml_text, summary=xml_text)
def test_whatever_an_entry_says_the_record_is_fit_for_the_list(
    title: str, author: str, published: str, comment: str, doi: str, summary: str
) -> None:
    hostile = entry(title=title, authors=(author,), published=published, comment=comment, doi=doi, summary=summary)
    for record in read_or_refuse(SOURCE, feed(hostile), ["1706.08818"]):
        assert record.id == "1706.08818"
        assert faults(record, incomplete=True) == []


@given(st.integers(0, 400), st.binary(max_size=20))
def test_any_damage_is_a_record_or_nonsense(place: int, damage: bytes) -> None:
    data = feed(entry())
    place = len(HEAD) - 50 + place
    for record in read_or_refuse(SOURCE, data[:place] + damage + data[place + len(damage) :], ["1706.08818"]):
        assert record.id == "1706.08818"


@given(st.binary(max_size=200))
def test_any_bytes_are_a_feed_or_nonsense(data: bytes) -> None:
    assert read_or_refuse(SOURCE, data, ["1706.08818"]) == []


@pytest.mark.parametrize(
    "inner",
    [
        b"<a>" * 20_000 + b"</a>" * 20_000,
        b"<a " + b" ".join(b'a%d="b"' % number for number in range(20_000)) + b"/>",
        b"<a>" * 20_000,
    ],
    ids=["deep", "attributes", "not closed"],
)
def test_what_feedparser_would_read_for_hours_is_refused(inner: bytes) -> None:
    for head in (b"", b"\n" * 100_000, b"<!DOCTYPE feed [<!ENTITY a 'b'>]>"):
        with pytest.raises(NonsenseError):
            SOURCE.read(
                b'<?xml version="1.0"?>' + head + b'<feed xmlns="http://www.w3.org/2005/Atom">' + inner + b"</feed>", []
            )
