"""A filed entry takes on the list's style where that loses nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bibliography.entry import Entry, to_bibtex
from bot.bibliography.latex import to_text, with_unicode_accents
from bot.bibliography.style import in_list_style
from bot.config import Config

CONFIG = Config(
    name="X", title="X", repository="o/r", bibliography="x.bib", own_fields=("task",), addresses=("url", "code")
)


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        ('M{\\"u}ller', "Müller"),
        ('{\\"{U}}ber', "Über"),
        ("caf\\'e", "café"),
        ("\\v{C}ech \\c{c} \\v c", "Čech ç č"),
        ("{\\L}ukasz and \\O{}rsted, stra{\\ss}e", "Łukasz and Ørsted, straße"),
        ('na\\"{\\i}ve', "naïve"),
        ("{DNN} \\emph{for} Audio \\& Music", "{DNN} \\emph{for} Audio \\& Music"),
        ("$\\hat{x} + \\'e$ and \\'e", "$\\hat{x} + \\'e$ and é"),
        ("\\$5 for a caf\\'e and \\$6", "\\$5 for a café and \\$6"),
        ("\\cite \\url{x} \\verb", "\\cite \\url{x} \\verb"),
        ('\\"', '\\"'),
        ("plain", "plain"),
    ],
)
def test_accents_become_utf8_and_other_latex_stays(latex: str, expected: str) -> None:
    assert with_unicode_accents(latex) == expected


@given(st.text(st.sampled_from("abuOLi\\{}\"'~`^=.vcHk $&")))
def test_what_a_value_says_is_the_same_with_unicode_accents(latex: str) -> None:
    assert to_text(with_unicode_accents(latex)) == to_text(latex)


def test_names_accents_doi_and_addresses_are_mended_and_all_else_stays() -> None:
    filed = Entry(
        "article",
        "k",
        {
            "task": "A & B\\_C",
            "doi": "https://doi.org/10.1000/ABC.1",
            "url": "http://x.org/a\\_b",
            "title": "{\\'E}tude of {DNN}s",
            "author": 'Ludwig van Beethoven and {Google Brain} and M{\\"u}ller, J',
        },
    )
    assert in_list_style(filed, CONFIG).fields == {
        "author": "van Beethoven, Ludwig and {Google Brain} and Müller, J",
        "title": "Étude of {DNN}s",
        "doi": "10.1000/abc.1",
        "url": "http://x.org/a_b",
        "task": "A & B\\_C",
    }


@pytest.mark.parametrize("doi", ["10.1109/CBMI.2016.7500246", "not a doi"])
def test_a_bare_doi_and_what_is_none_stay_as_typed(doi: str) -> None:
    assert in_list_style(Entry("misc", "k", {"doi": doi}), CONFIG).fields == {"doi": doi}


def test_an_entry_is_written_one_field_a_line_in_order() -> None:
    entry = Entry("misc", "k", {"zzz": "1", "year": "2001", "title": "T", "note": ""})
    assert to_bibtex(entry, ("title", "year")) == "@misc{k,\n  title = {T},\n  year = {2001},\n  zzz = {1},\n}"
