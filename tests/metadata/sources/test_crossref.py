"""Crossref's answers as records."""

from typing import Any

import pytest
from hypothesis import given

from bot.bibliography.latex import to_text
from bot.metadata.record import Kind, Record
from bot.metadata.source import NonsenseError
from bot.metadata.sources import crossref
from bot.metadata.sources.crossref import SOURCE
from tests.metadata.sources.checks import anything, body, broken, faults, read_or_refuse

DOI = "10.1000/gong.17"


def date(*parts: int) -> dict[str, Any]:
    return {"date-parts": [list(parts)]}


def work(**changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "DOI": "10.1000/GONG.17",
        "type": "journal-article",
        "title": ["Learning to tell one gong from another"],
        "subtitle": [],
        "author": [
            {"given": "Anna", "family": "Mallet", "sequence": "first", "affiliation": []},
            {"given": "Jan", "family": "Trommel", "sequence": "additional", "prefix": "de", "suffix": "Jr."},
            {"name": "The Gong Collaboration", "sequence": "additional"},
        ],
        "container-title": ["Journal of Gongs"],
        "short-container-title": ["J. Gongs"],
        "published-print": date(2018, 3),
        "published-online": date(2017, 11, 2),
        "issued": date(2017, 11, 2),
        "volume": "12",
        "issue": "3",
        "page": "101-117",
        "publisher": "Bell & Sons",
        "ISBN": ["9780306406157"],
        "score": 1,
        "reference": [{"key": "a"}],
    }
    changed = {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in (fields | changed).items() if value is not None}


def single(one: Any) -> bytes:
    return body({"status": "ok", "message-type": "work", "message-version": "1.0.0", "message": one})


def several(*works: Any) -> bytes:
    message = {"facets": {}, "total-results": len(works), "items": list(works), "items-per-page": 20}
    return body({"status": "ok", "message-type": "work-list", "message": message})


def record_of(**changes: Any) -> Record:
    return crossref.read(single(work(**changes)), [DOI])[DOI]


def test_one_doi_is_asked_by_its_path_where_404_means_that_it_is_not_known() -> None:
    query = SOURCE.query(["10.1002/(sici)1<1::aid>3.0.co;2-#"])
    assert query.path == "works/10.1002%2F%28sici%291%3C1%3A%3Aaid%3E3.0.co%3B2-%23"
    assert query.params == ()
    assert query.empty == {404}


def test_several_dois_are_one_filter_and_as_many_rows() -> None:
    query = SOURCE.query(["10.1000/a", "10.1000/b"])
    params = dict(query.params)
    assert query.path == "works"
    assert params["filter"] == "doi:10.1000/a,doi:10.1000/b"
    assert params["rows"] == "2"
    assert {"DOI", "type", "title", "author", "updated-by", "update-to", "relation"} <= set(params["select"].split(","))
    assert query.empty == frozenset()


def test_a_doi_with_a_comma_is_asked_alone() -> None:
    assert SOURCE.alone is not None
    assert SOURCE.alone("10.1000/a,b")
    assert not SOURCE.alone("10.1000/a")


def test_an_article_has_the_fields_of_its_type() -> None:
    record = record_of()
    assert record == Record(
        source="crossref",
        id=DOI,
        kind=Kind.PAPER,
        type="article",
        fields={
            "title": "Learning to tell one gong from another",
            "author": "Mallet, Anna and de Trommel, Jr., Jan and {The Gong Collaboration}",
            "year": "2018",
            "volume": "12",
            "number": "3",
            "pages": "101--117",
            "publisher": r"Bell \& Sons",
            "journal": "Journal of Gongs",
            "doi": DOI,
        },
        venues=("J. Gongs",),
    )
    assert faults(record) == []


@pytest.mark.parametrize(
    ("source_type", "kind", "entry_type", "venue_field"),
    [
        ("journal-article", Kind.PAPER, "article", "journal"),
        ("proceedings-article", Kind.PAPER, "inproceedings", "booktitle"),
        ("book-chapter", Kind.PAPER, "incollection", "booktitle"),
        ("book-section", Kind.PAPER, "incollection", "booktitle"),
        ("reference-entry", Kind.PAPER, "incollection", "booktitle"),
        ("book", Kind.PAPER, "book", None),
        ("monograph", Kind.PAPER, "book", None),
        ("dissertation", Kind.THESIS, "phdthesis", "school"),
        ("report", Kind.REPORT, "techreport", "institution"),
        ("posted-content", Kind.PREPRINT, "unpublished", "howpublished"),
    ],
)
def test_the_type_decides_on_entry_type_and_venue(
    source_type: str, kind: Kind, entry_type: str, venue_field: str | None
) -> None:
    record = record_of(type=source_type, institution=[{"name": "University of Gong"}], container_title=["Gongs"])
    assert (record.kind, record.type) == (kind, entry_type)
    found = {name for name in ("journal", "booktitle", "school", "institution", "howpublished") if record.get(name)}
    assert found == ({venue_field} if venue_field else set())
    assert faults(record) == []


@pytest.mark.parametrize(
    "source_type", ["dataset", "component", "journal", "journal-issue", "proceedings", "grant", ""]
)
def test_what_is_no_text_by_authors_is_told(source_type: str) -> None:
    assert record_of(type=source_type).kind is Kind.OTHER


def test_a_thesis_without_an_institution_is_of_its_publisher() -> None:
    assert record_of(type="dissertation", publisher="University of Gong").venue == "University of Gong"


UNDATED = {"published_print": None, "published_online": None, "issued": {"date-parts": [[None]]}}


@pytest.mark.parametrize(
    ("dates", "year"),
    [
        ({"published_print": date(2018), "published_online": date(2017), "issued": date(2017)}, "2018"),
        ({"published_print": None, "published_online": date(2017), "issued": date(2016)}, "2017"),
        ({"published_print": {"date-parts": [[None]]}, "published_online": None, "issued": date(2016, 1)}, "2016"),
        ({**UNDATED, "approved": date(2015)}, "2015"),
        ({**UNDATED, "event": {"name": "Gong Days", "start": date(2014, 5, 1)}}, "2014"),
        ({**UNDATED, "event": {"name": "Gong Days, 2013."}}, "2013"),
        ({**UNDATED, "container_title": ["2012 IEEE Gongs", "Gongs of 2012"]}, "2012"),
        ({**UNDATED, "container_title": ["Gongs from 2001 to 2012"]}, ""),
        (UNDATED, ""),
    ],
)
def test_the_year_is_that_of_the_issue_where_it_is_known(dates: dict[str, Any], year: str) -> None:
    assert record_of(**dates).get("year") == year


@pytest.mark.parametrize(
    ("title", "subtitle", "whole"),
    [
        (["Gongs"], ["A survey"], "Gongs: A survey"),
        (["Gongs: a survey"], ["A Survey"], "Gongs: a survey"),
        (["Why gongs?"], ["A survey"], "Why gongs? A survey"),
        (["Gongs:"], ["A survey"], "Gongs: A survey"),
        (["Gongs und Glocken", "Gongs and bells"], ["Eine Umfrage", "A survey"], "Gongs und Glocken: Eine Umfrage"),
        (["Gongs"], [], "Gongs"),
    ],
)
def test_the_subtitle_belongs_to_the_title_once(title: list[str], subtitle: list[str], whole: str) -> None:
    assert to_text(record_of(title=title, subtitle=subtitle).get("title")) == whole


def test_markup_and_line_breaks_are_gone_from_titles_and_venues() -> None:
    record = record_of(
        title=["The sound of\n      <i>one</i>\n      gong &amp; bell"], container_title=["Gongs &amp; Bells"]
    )
    assert record.get("title") == r"The sound of one gong \& bell"
    assert record.get("journal") == r"Gongs \& Bells"


def test_the_first_author_is_first_and_a_title_is_no_particle() -> None:
    authors = [
        {"given": "Jan", "family": "Trommel", "sequence": "additional", "prefix": "Dr."},
        {"given": "Anna", "family": "Mallet", "sequence": "first"},
    ]
    assert record_of(author=authors).get("author") == "Mallet, Anna and Trommel, Jan"


def test_a_proceedings_paper_has_its_conference_among_its_names() -> None:
    record = record_of(
        type="proceedings-article",
        container_title=["2018 International Conference on Gongs (GONG)"],
        short_container_title=[],
        event={"name": "2018 Gong Days", "acronym": "GONG '18", "location": "Bell, BE"},
    )
    assert record.venue == "2018 International Conference on Gongs (GONG)"
    assert set(record.venues) == {"2018 Gong Days", "GONG '18"}
    assert "isbn" in record.fields


def test_of_two_containers_of_a_chapter_the_first_is_the_series() -> None:
    record = record_of(type="book-chapter", container_title=["Lecture Notes in Gongs", "Gongs of the World"])
    assert record.get("booktitle") == "Gongs of the World"
    assert record.get("series") == "Lecture Notes in Gongs"
    assert "Lecture Notes in Gongs" in record.venues
    journal = record_of(container_title=["Journal of Gongs", "Zeitschrift für Gongs"])
    assert (journal.get("journal"), journal.get("series")) == ("Journal of Gongs", "")


def test_an_isbn_is_of_books_and_right() -> None:
    numbers = ["9780306406158", "http://id.crossref.org/isbn/9780306406157", "0306406152"]
    assert record_of(type="book", ISBN=numbers).get("isbn") == "9780306406157"
    assert record_of(type="book", ISBN=["12"]).get("isbn") == ""
    assert record_of(ISBN=numbers).get("isbn") == ""


def test_an_article_number_stands_for_pages() -> None:
    assert record_of(page=None, article_number="e1008184").get("pages") == "e1008184"


@pytest.mark.parametrize(
    ("update", "kind"),
    [
        ("correction", Kind.NOTICE),
        ("erratum", Kind.NOTICE),
        ("retraction", Kind.NOTICE),
        ("new_version", Kind.PAPER),
        ("new_edition", Kind.PAPER),
    ],
)
def test_what_updates_another_work_is_a_notice_unless_it_is_a_new_version(update: str, kind: Kind) -> None:
    assert record_of(update_to=[{"DOI": "10.1000/other", "type": update}]).kind is kind


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Correction: Learning to tell one gong from another", Kind.NOTICE),
        ("Correction to: Learning to tell gongs", Kind.NOTICE),
        ("Author Correction: Learning to tell gongs", Kind.NOTICE),
        ("Publisher’s Note: Learning to tell gongs", Kind.NOTICE),
        ("Corrections to “Learning to tell gongs”", Kind.NOTICE),
        ("Erratum", Kind.NOTICE),
        ("Corrigendum to Learning to tell gongs", Kind.NOTICE),
        ("Retraction Note: Learning to tell gongs", Kind.NOTICE),
        ("Comment on <i>Learning to tell gongs</i>", Kind.NOTICE),
        ("Comments on “Learning to tell gongs”", Kind.NOTICE),
        ("Reply to the comment on gongs", Kind.NOTICE),
        ("Correction of room acoustics with gongs", Kind.PAPER),
        ("Commentary and gongs", Kind.PAPER),
        ("Retractions in the literature on gongs", Kind.PAPER),
        ("Replying to gongs", Kind.PAPER),
        ("Removal of gongs from noisy speech", Kind.PAPER),
    ],
)
def test_a_title_may_say_that_a_work_is_about_another(title: str, kind: Kind) -> None:
    assert record_of(title=[title]).kind is kind


def test_a_peer_review_is_a_notice() -> None:
    assert record_of(type="peer-review").kind is Kind.NOTICE


@pytest.mark.parametrize(
    "title", ["RETRACTED: Of gongs", "[Retracted] Of gongs", "RETRACTED ARTICLE: Of gongs", "Withdrawn: Of gongs"]
)
def test_a_retracted_paper_may_say_so_in_its_title_which_is_cleaned(title: str) -> None:
    record = record_of(title=[title])
    assert (record.get("title"), record.kind, record.retracted) == ("Of gongs", Kind.PAPER, True)
    assert "title" in record.notice


@pytest.mark.parametrize(
    ("update", "retracted"),
    [("retraction", True), ("withdrawal", True), ("removal", True), ("correction", False), ("new_version", False)],
)
def test_a_paper_is_retracted_by_what_took_it_back(update: str, retracted: bool) -> None:
    record = record_of(updated_by=[{"DOI": "10.1000/OTHER", "type": update, "source": "publisher"}])
    assert record.kind is Kind.PAPER
    assert record.retracted is retracted
    assert record.notice == (f"{update}, 10.1000/other" if retracted else "")


def test_the_notice_of_a_retraction_is_not_retracted_though_its_title_reads_so() -> None:
    record = record_of(title=["Retracted: Of gongs"], update_to=[{"DOI": "10.1000/x", "type": "retraction"}])
    assert (record.kind, record.retracted) == (Kind.NOTICE, False)


def test_an_ordinary_title_about_retracting_stays() -> None:
    record = record_of(title=["Retracted gongs in the wild: a survey"])
    assert record.get("title") == "Retracted gongs in the wild: a survey"
    assert not record.retracted


def test_a_preprint_names_the_published_version() -> None:
    itself = {"id-type": "doi", "id": "10.1000/GONG.17", "asserted-by": "object"}
    relation = {"is-preprint-of": [itself, {"id-type": "doi", "id": "10.1000/PUBLISHED", "asserted-by": "subject"}]}
    assert record_of(type="posted-content", relation=relation).published == "10.1000/published"
    assert record_of(relation=relation).published == ""


@pytest.mark.parametrize(
    ("relation", "arxiv"),
    [
        ({"has-preprint": [{"id-type": "doi", "id": "10.48550/arXiv.1706.08818"}]}, "1706.08818"),
        ({"is-version-of": [{"id-type": "uri", "id": "https://arxiv.org/abs/1706.08818v2"}]}, "1706.08818"),
        ({"has-preprint": [{"id-type": "arxiv", "id": "1706.08818"}]}, "1706.08818"),
        ({"has-preprint": [{"id-type": "doi", "id": "10.1101/014852"}]}, ""),
        ({"cites": [{"id-type": "doi", "id": "10.48550/arXiv.1706.08818"}]}, ""),
    ],
)
def test_a_paper_names_its_preprint(relation: dict[str, Any], arxiv: str) -> None:
    assert record_of(relation=relation).arxiv == arxiv


def test_answers_are_matched_by_doi_and_broken_ones_left_out() -> None:
    data = several(work(DOI="10.1000/B", title=["B"]), None, {"DOI": 3}, "x", work(DOI="10.1000/z"), work(title=["A"]))
    records = crossref.read(data, [DOI, "10.1000/b", "10.1000/c"])
    assert {one: record.get("title") for one, record in records.items()} == {"10.1000/b": "B", DOI: "A"}


def test_a_search_asks_for_title_and_name_and_all_that_a_match_needs() -> None:
    query = crossref.search("Of gongs & bells", "Mallet")
    params = dict(query.params)
    assert query.path == "works"
    assert params["query.bibliographic"] == "Of gongs & bells Mallet"
    assert params["rows"] == "20"
    assert {"updated-by", "update-to", "relation", "subtitle", "event", "short-container-title"} <= set(
        params["select"].split(",")
    )


def test_what_a_search_finds_stays_in_order() -> None:
    data = several(work(DOI="10.1000/b"), {"title": ["no DOI"]}, work(DOI="10.1000/a"), work(DOI="10.1000/c"))
    assert [record.id for record in crossref.read_search(data)] == ["10.1000/b", "10.1000/a", "10.1000/c"]
    assert crossref.read_search(several()) == []


@pytest.mark.parametrize(
    "data",
    [
        b"Resource not found.",
        b"",
        b"[]",
        b"{}",
        b"null",
        b'{"status": "failed", "message": [{"type": "parameter-not-allowed"}]}',
        b'{"message": {}}',
        b'{"message": {"items": {}}}',
        b'{"message": {"items": null}}',
        several(work())[:-9],
    ],
)
def test_what_is_no_answer_of_crossref_is_nonsense(data: bytes) -> None:
    with pytest.raises(NonsenseError):
        crossref.read(data, [DOI])
    with pytest.raises(NonsenseError):
        crossref.read_search(data)


FULL = work(
    type="book-chapter",
    subtitle=["A survey"],
    institution=[{"name": "University of Gong"}],
    event={"name": "Gong Days", "acronym": "GONG"},
    relation={"has-preprint": [{"id": "10.48550/arXiv.1706.08818"}], "is-preprint-of": [{"id": "10.1000/p"}]},
    **{"updated-by": [{"DOI": "10.1000/r", "type": "retraction"}], "update-to": [{"DOI": "10.1000/s", "type": "x"}]},
)


@given(broken({"status": "ok", "message": FULL}))
def test_a_work_with_anything_anywhere_is_fit_for_the_list_or_refused(data: bytes) -> None:
    for record in read_or_refuse(SOURCE, data, [DOI]):
        assert faults(record, incomplete=True) == []


@given(broken({"status": "ok", "message": {"items": [FULL, work()]}}))
def test_a_list_with_anything_anywhere_is_fit_for_the_list_or_refused(data: bytes) -> None:
    for record in read_or_refuse(SOURCE, data, [DOI]):
        assert faults(record, incomplete=True) == []


@given(anything)
def test_any_json_is_records_or_nonsense(answer: object) -> None:
    for data in (body(answer), single(answer), several(answer)):
        assert read_or_refuse(SOURCE, data, [DOI]) == []
