from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bibliography.entry import Entry
from bot.config import Config
from bot.forms.adding import Addition, read_addition
from bot.forms.body import Submission
from bot.forms.template import Template
from bot.problems import Problem, Severity

File = Callable[[dict[str, str]], Addition]

ENOUGH = {"paper-title": "Deep listening", "authors": "Böck, Sebastian", "year": "2012"}


@pytest.fixture(name="file", scope="session")
def _file(add: Template, config: Config) -> File:
    """File a form with these answers."""
    return lambda answers: read_addition(Submission(add, dict(answers)), config)


def the_entry(addition: Addition) -> Entry:
    [entry] = addition.entries
    return entry


def the_problem(addition: Addition) -> Problem:
    [problem] = addition.problems
    return problem


# By title, authors and year


def test_title_authors_and_year_make_an_entry(file: File) -> None:
    addition = file({**ENOUGH, "entry-type": "article", "venue": "Applied Sciences"})
    assert addition == Addition(
        (
            Entry(
                "article",
                "",
                {
                    "title": "Deep listening",
                    "author": "Böck, Sebastian",
                    "year": "2012",
                    "journal": "Applied Sciences",
                },
            ),
        ),
        [],
    )


@pytest.mark.parametrize(
    "typed",
    [
        "Böck, Sebastian and van den Oord, Aaron",
        "Sebastian Böck\nAaron van den Oord",
        "Böck, Sebastian; van den Oord, Aaron",
        "Böck, Sebastian;\nvan den Oord, Aaron\n",
    ],
)
def test_authors_are_typed_as_people_like(file: File, typed: str) -> None:
    author = the_entry(file({**ENOUGH, "authors": typed})).get("author")
    assert author == "Böck, Sebastian and van den Oord, Aaron"


@pytest.mark.parametrize(
    ("type_", "field"),
    [("article", "journal"), ("inproceedings", "booktitle"), ("phdthesis", "school"), ("techreport", "institution")],
)
def test_the_venue_goes_where_the_type_has_it(file: File, type_: str, field: str) -> None:
    assert the_entry(file({**ENOUGH, "entry-type": type_, "venue": "Somewhere"})).get(field) == "Somewhere"


def test_the_lists_own_fields_are_taken_over_under_their_names(file: File) -> None:
    own = {
        "link": "https://a.org/p.pdf",
        "layer": "4",
        "task": "MGR & F0",
        "repro": "Models & split sets only",
        "note": "x",
    }
    entry = the_entry(file({**ENOUGH, **own, "entry-type": "misc"}))
    assert own.items() <= entry.fields.items()


def test_an_answer_of_several_lines_becomes_one_value(file: File) -> None:
    entry = the_entry(file({**ENOUGH, "note": "one\n\n  two\tthree", "task": "MGR\n F0 "}))
    assert (entry.get("note"), entry.get("task")) == ("one two three", "MGR & F0")


@pytest.mark.parametrize("nothing", ["No", "no", "none", "None", "N/A", "n/a", "-", "–"])
def test_no_address_is_no_value(file: File, nothing: str) -> None:
    entry = the_entry(file({**ENOUGH, "code": nothing, "link": nothing}))
    assert entry.fields.keys() == {"title", "author", "year"}


def test_a_dash_is_no_value_anywhere_but_no_is_one(file: File) -> None:
    entry = the_entry(file({**ENOUGH, "layer": "-", "hardware": "n/a", "dataaugmentation": "No", "repro": "No"}))
    assert entry.fields.keys() == {"title", "author", "year", "dataaugmentation", "repro"}


def test_what_is_missing_is_left_to_the_rules(file: File) -> None:
    addition = file({"paper-title": "Deep listening", "entry-type": "misc"})
    assert addition == Addition((Entry("misc", "", {"title": "Deep listening"}),), [])


def test_braces_and_marks_in_a_title_are_kept_as_typed(file: File) -> None:
    title = "A | `b` <script> ![x](y) @name #12 {"
    assert the_entry(file({**ENOUGH, "paper-title": title})).get("title") == title


# The type


@pytest.mark.parametrize(
    "venue",
    ["ISMIR", "ismir", " Ismir ", "ISMIR 2017", "International Society for Music Information  Retrieval Conference"],
)
def test_a_known_venue_gives_the_type_and_stays_as_typed(file: File, venue: str) -> None:
    addition = file({**ENOUGH, "venue": venue})
    assert the_entry(addition).type == "inproceedings"
    assert the_entry(addition).get("booktitle") == " ".join(venue.split())
    assert addition.problems == []


def test_a_known_journal_makes_an_article(file: File) -> None:
    assert the_entry(file({**ENOUGH, "venue": "Computer Music Journal"})).type == "article"


@pytest.mark.parametrize("type_", ["article", "Article", " @article "])
def test_a_type_may_be_edited_by_hand(file: File, type_: str) -> None:
    assert the_entry(file({**ENOUGH, "entry-type": type_})).type == "article"


def test_an_unknown_type_is_left_to_the_rules(file: File) -> None:
    addition = file({**ENOUGH, "entry-type": "artikel"})
    assert (the_entry(addition).type, addition.problems) == ("artikel", [])


@pytest.mark.parametrize("type_", ["journal article", "{", "@", "a,b", "x" * 60_000 + "!"])
def test_a_type_that_bibtex_could_not_read_is_an_error(file: File, type_: str) -> None:
    problem = file({**ENOUGH, "entry-type": type_, "venue": "ISMIR"}).problems[0]
    assert (problem.severity, problem.rule) == (Severity.ERROR, "entry-type")
    assert "article, book" in problem.fix


def test_a_type_that_is_given_counts_more_than_the_venue(file: File) -> None:
    addition = file({**ENOUGH, "entry-type": "article", "venue": "ISMIR"})
    assert (the_entry(addition).type, addition.problems) == ("article", [])


def test_arxiv_makes_it_unpublished(file: File) -> None:
    addition = file({**ENOUGH, "identifier": "arXiv:1706.08818v2"})
    assert the_entry(addition).type == "unpublished"
    assert the_entry(addition).fields.items() >= {"eprint": "1706.08818", "archiveprefix": "arXiv"}.items()
    assert addition.problems == []


def test_a_known_venue_counts_more_than_arxiv(file: File) -> None:
    assert the_entry(file({**ENOUGH, "identifier": "1706.08818", "venue": "ISMIR"})).type == "inproceedings"


@pytest.mark.parametrize("venue", ["", "The Moon", "2017"])
def test_without_any_of_them_it_is_misc_with_a_hint(file: File, venue: str) -> None:
    addition = file({**ENOUGH, **({"venue": venue} if venue else {})})
    assert the_entry(addition).type == "misc"
    assert the_entry(addition).get("howpublished") == venue
    problem = the_problem(addition)
    assert (problem.severity, problem.rule) == (Severity.HINT, "type-missing")
    assert venue in problem.message


@pytest.mark.parametrize("identifier", ["", "https://arxiv.org/abs/1706.08818"])
@pytest.mark.parametrize("venue", ["arXiv preprint arXiv:1706.08818", "arXiv:1706.08818v1", "CoRR abs/1706.08818"])
def test_a_venue_that_only_repeats_the_arxiv_identifier_is_not_stored(file: File, venue: str, identifier: str) -> None:
    entry = the_entry(file({**ENOUGH, "venue": venue, **({"identifier": identifier} if identifier else {})}))
    assert entry.type == "unpublished"
    assert entry.fields.keys() == {"title", "author", "year", "eprint", "archiveprefix"}
    assert entry.get("eprint") == "1706.08818"


def test_a_venue_that_says_another_arxiv_identifier_is_kept(file: File) -> None:
    entry = the_entry(file({**ENOUGH, "venue": "arXiv:1706.99999", "identifier": "1706.08818"}))
    assert (entry.get("eprint"), entry.get("howpublished")) == ("1706.08818", "arXiv:1706.99999")


def test_the_arxiv_identifier_is_taken_from_the_link_where_nothing_else_says_what_it_is(file: File) -> None:
    link = {"link": "https://arxiv.org/pdf/1706.08818.pdf"}
    entry = the_entry(file({**ENOUGH, **link}))
    assert (entry.type, entry.get("eprint"), entry.get("link")) == ("unpublished", "1706.08818", link["link"])
    for more in ({"venue": "ISMIR"}, {"entry-type": "article"}, {"identifier": "10.1000/182"}):
        assert "eprint" not in the_entry(file({**ENOUGH, **link, **more})).fields


# The identifier


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("10.1000/182", {"doi": "10.1000/182"}),
        ("doi:10.1000/182", {"doi": "10.1000/182"}),
        ("https://doi.org/10.1000/182", {"doi": "10.1000/182"}),
        ("https://dl.acm.org/doi/abs/10.1145/3068697", {"doi": "10.1145/3068697"}),
        ("<https://doi.org/10.1000/182>", {"doi": "10.1000/182"}),
        ("[10.1000/182](https://doi.org/10.1000/182)", {"doi": "10.1000/182"}),
        ("https://arxiv.org/pdf/1706.08818v3.pdf", {"eprint": "1706.08818", "archiveprefix": "arXiv"}),
        ("https://doi.org/10.48550/arXiv.1706.08818", {"eprint": "1706.08818", "archiveprefix": "arXiv"}),
        ("10.1000/182 10.1000/183", {"doi": "10.1000/182"}),
        ("cs/0309136", {"eprint": "cs/0309136", "archiveprefix": "arXiv"}),
        (
            "10.1000/182 and arXiv:1706.08818",
            {"doi": "10.1000/182", "eprint": "1706.08818", "archiveprefix": "arXiv"},
        ),
    ],
)
def test_an_identifier_may_be_written_in_many_ways(file: File, text: str, fields: dict[str, str]) -> None:
    entry = the_entry(file({**ENOUGH, "identifier": text, "entry-type": "misc"}))
    assert {name: entry.get(name) for name in entry.fields if name not in ("title", "author", "year")} == fields


@pytest.mark.parametrize("answers", [{}, {"code": "https://github.com/a/b", "venue": "ISMIR", "entry-type": "article"}])
@pytest.mark.parametrize("identifier", ["10.1000/182", "arXiv:1706.08818"])
def test_an_identifier_alone_cannot_be_looked_up_yet(file: File, identifier: str, answers: dict[str, str]) -> None:
    addition = file({**answers, "identifier": identifier})
    problem = the_problem(addition)
    assert addition.entries == ()
    assert (problem.severity, problem.rule) == (Severity.ERROR, "metadata-unavailable")
    assert identifier in problem.message
    assert "title" in problem.fix
    assert "authors" in problem.fix
    assert "year" in problem.fix


@pytest.mark.parametrize(
    "text", ["hello", "10.1", "1713.12345", "https://example.org/paper", "{" * 60_000, "@article{a}"]
)
@pytest.mark.parametrize("answers", [{}, ENOUGH])
def test_what_is_no_identifier_is_an_error_that_shows_both_shapes(
    file: File, text: str, answers: dict[str, str]
) -> None:
    errors = [problem for problem in file({**answers, "identifier": text}).problems if problem.severity == "error"]
    [problem] = errors
    assert problem.rule == "identifier"
    assert "10.1109/" in problem.fix
    assert "arXiv:" in problem.fix
    assert len(problem.message) < 300


# BibTeX

BIBTEX = """\
@string{ismir = {Proc. ISMIR}}
@InProceedings{whatever2012,
  Title     = {Deep
               Listening},
  author    = "B{\\"o}ck, Sebastian" # { and Schlüter, Jan},
  booktitle = ismir,
  year      = 2012,
  keywords  = {},
}
"""


def test_a_bibtex_entry_is_taken_over_without_its_key(file: File) -> None:
    addition = file({"bibtex": BIBTEX})
    assert addition == Addition(
        (
            Entry(
                "inproceedings",
                "",
                {
                    "title": "Deep Listening",
                    "author": 'B{\\"o}ck, Sebastian and Schlüter, Jan',
                    "booktitle": "Proc. ISMIR",
                    "year": "2012",
                },
            ),
        ),
        [],
    )


@pytest.mark.parametrize(
    "wrapped", ["```bibtex\n{}```", "```\n{}```\n", "Here it is:\n\n~~~\n{}~~~\nThank you!", "  {}"]
)
def test_fences_and_words_around_the_entry_do_not_matter(file: File, wrapped: str) -> None:
    assert file({"bibtex": wrapped.format(BIBTEX)}) == file({"bibtex": BIBTEX})


@pytest.mark.parametrize("key", ["a b", "a#b", "", "Bock2012"])
def test_a_bad_key_does_not_matter_since_the_bot_makes_one(file: File, key: str) -> None:
    addition = file({"bibtex": f"@misc{{{key},\n title = {{T}}}}"})
    assert (the_entry(addition), addition.problems) == (Entry("misc", "", {"title": "T"}), [])


def test_several_entries_are_several_papers_each_with_its_own_problems(file: File) -> None:
    addition = file(
        {"bibtex": "@misc{a,\n title = {A},\n title = {B}\n}\n@misc{b, title = {C}}\n@misc{c,\n year = nope}"}
    )
    assert [entry.get("title") for entry in addition.entries] == ["A", "C", ""]
    assert [(problem.key, problem.line) for problem in addition.problems] == [("a", 3), ("c", 7)]


def test_an_empty_field_is_left_out(file: File) -> None:
    entries = file({"bibtex": '@misc{a, title = {A}, note = {}}\n@misc{b, title = {B}, note = ""}'}).entries
    assert [entry.fields.keys() for entry in entries] == [{"title"}, {"title"}]


def test_what_cannot_be_read_is_reported_with_its_line_and_the_rest_is_read(file: File) -> None:
    addition = file({"bibtex": "\n@misc{a,\n  title = {A\n\n@misc{b,\n  title = {B}\n}"})
    assert the_entry(addition).get("title") == "B"
    problem = the_problem(addition)
    assert (problem.severity, problem.line) == (Severity.ERROR, 3)


@pytest.mark.parametrize(
    "text", ["none", "see the link", "\ud800", "@comment{@misc{a}}", "@string{a = {b}}", "{" * 60_000]
)
def test_an_answer_without_an_entry_is_an_error(file: File, text: str) -> None:
    addition = file({**ENOUGH, "bibtex": text})
    assert addition.entries == ()
    assert [problem.rule for problem in addition.problems if problem.severity == "error"] == ["bibtex-empty"]
    assert "form-several" not in [problem.rule for problem in addition.problems]


def test_what_is_typed_next_to_an_entry_completes_it(file: File) -> None:
    addition = file({"bibtex": BIBTEX, "code": "https://github.com/a/b", "identifier": "10.1000/182"})
    assert the_entry(addition).get("code") == "https://github.com/a/b"
    assert the_entry(addition).get("doi") == "10.1000/182"
    assert addition.problems == []


def test_what_is_typed_counts_more_than_the_entry_and_both_are_shown(file: File) -> None:
    addition = file({"bibtex": BIBTEX, "year": "2013", "paper-title": "Deep Listening", "venue": "ISMIR"})
    assert the_entry(addition).fields.items() >= {"year": "2013", "booktitle": "ISMIR"}.items()
    assert [(p.severity, p.rule, p.field) for p in addition.problems] == [
        (Severity.WARNING, "form-conflict", "year"),
        (Severity.WARNING, "form-conflict", "booktitle"),
    ]
    assert "“2013”" in addition.problems[0].message
    assert "“2012”" in addition.problems[0].message


def test_another_type_moves_the_venue_and_both_types_are_shown(file: File) -> None:
    addition = file({"bibtex": BIBTEX, "entry-type": "article"})
    entry = the_entry(addition)
    assert (entry.type, entry.get("journal"), "booktitle" in entry.fields) == ("article", "Proc. ISMIR", False)
    assert "“article”" in the_problem(addition).message
    assert "“inproceedings”" in the_problem(addition).message


@pytest.mark.parametrize(
    ("bibtex", "typed"),
    [
        ("doi = {https://doi.org/10.1000/ABC}", {"identifier": "10.1000/abc"}),
        ("eprint = {1706.08818v2}, archiveprefix = {arxiv}", {"identifier": "arXiv:1706.08818"}),
        ("author = {Sebastian Böck and Jan Schlüter}", {"authors": "Böck, Sebastian; Schlüter, Jan"}),
        ("title = {A   title}", {"paper-title": "A\ntitle"}),
    ],
)
def test_the_same_in_other_words_is_no_conflict(file: File, bibtex: str, typed: dict[str, str]) -> None:
    assert file({"bibtex": f"@misc{{a, {bibtex}}}", **typed}).problems == []


def test_next_to_several_entries_other_fields_are_not_used_and_named(file: File) -> None:
    addition = file({"bibtex": BIBTEX + BIBTEX, "task": "MGR", "entry-type": "article"})
    assert [(entry.type, entry.get("task")) for entry in addition.entries] == [("inproceedings", "")] * 2
    problem = the_problem(addition)
    assert (problem.severity, problem.rule) == (Severity.WARNING, "form-several")
    assert "task, entry-type" in problem.message


def test_an_entry_alone_or_several_alone_have_no_problems(file: File) -> None:
    assert file({"bibtex": BIBTEX + BIBTEX.replace("2012", "2013")}).problems == []


# Nothing


@pytest.mark.parametrize(
    "answers", [{}, {"task": "MGR"}, {"link": "https://example.org"}, {"identifier": "n/a"}, {"identifier": "no"}]
)
def test_too_little_is_one_error_that_says_what_is_enough(file: File, answers: dict[str, str]) -> None:
    problem = the_problem(file(answers))
    assert (problem.severity, problem.rule) == (Severity.ERROR, "form-empty")
    assert "BibTeX" in problem.fix


# Hostile answers


@pytest.mark.usefixtures("in_linear_time")
@pytest.mark.parametrize("name", ["identifier", "bibtex", "paper-title", "authors", "venue", "link", "task", "year"])
@pytest.mark.parametrize("text", ["{", "and and", ", ,", "10.1000/", "@a{", '"', "\u2028", "a\n", "arXiv:", "<", "é;"])
def test_long_answers_are_read_in_linear_time(file: File, name: str, text: str) -> None:
    file({**ENOUGH, name: (text + " ") * (60_000 // (len(text) + 1))})


IDS = ["identifier", "bibtex", "paper-title", "authors", "year", "entry-type", "venue", "code", "task"]


@given(answers=st.dictionaries(st.sampled_from(IDS), st.text()))
def test_no_answer_is_too_odd(file: File, answers: dict[str, str]) -> None:
    addition = file(answers)
    assert addition.entries or addition.problems
    assert all(entry.key == "" and all(entry.fields.values()) for entry in addition.entries)
