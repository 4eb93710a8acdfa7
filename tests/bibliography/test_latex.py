"""LaTeX values as plain text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pybtex.richtext import Text

from bot.bibliography.latex import to_text, undecoded, with_unicode_accents


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (r"Schl{\"u}ter", "Schlüter"),
        (r"Schl\"uter", "Schlüter"),
        (r"Schl\"{u}ter", "Schlüter"),
        (r"B{\" o}ck", "Böck"),
        (r"Fazekas, Gy{\"o}rgy and Li\`{o}, Pietro", "Fazekas, György and Liò, Pietro"),
        (r"Veli\v{c}kovi\'c", "Veličković"),
        (r"Veli\v ckovi{\'{c}}", "Veličković"),
        (r"{\L}ukasz Mo{\'n}ko, J{\k{e}}drzej", "Łukasz Mońko, Jędrzej"),
        (r"Garc\'{\i}a and \v{\i}", "García and ǐ"),
        (r"{\ss}, {\o}, {\AA}, \ae sir", "ß, ø, Å, æsir"),
        (r"Fran\c cais, Fran\c{c}ais", "Français, Français"),
        (r"\H{o}, \u{a}, \r{u}, \.z, \=a, \d{m}, \b{b}", "ő, ă, ů, ż, ā, ṃ, ḇ"),
        (r"\'{\~a}", "ã́"),
    ],
)
def test_accents_become_letters(value: str, text: str) -> None:
    assert to_text(value) == unicodedata.normalize("NFC", text)
    assert undecoded(value) == ()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("{DeepBach}: A {{steerable}} model", "DeepBach: A steerable model"),
        ("Deep~learning", "Deep learning"),
        ("a -- b --- c - d", "a – b — c - d"),
        ("26--30", "26–30"),
        ("26-30", "26-30"),
        (r"R\&D, 50\%, \#1, a\_b, \$5, \{x\}", "R&D, 50%, #1, a_b, $5, {x}"),
        ("``Emotion in music'' isn't", "“Emotion in music” isn't"),
        (r"\emph{deep} \textbf{learning} {\em for} \texttt{music} \textsc{now}", "deep learning for music now"),
        (r"\url{http://example.org/x}", "http://example.org/x"),
        (r"\href{http://example.org/x}{the paper}", "the paper"),
        (r"$k$-max pooling of $\alpha \leq 2$", "k-max pooling of α ≤ 2"),
        (r"$a--b~c$ and 1--2", "a--b c and 1–2"),
        (r"$L_2$ and x$^2$", "L_2 and x^2"),
        ("$1 \\rightarrow 2$, 1D $\\leftrightarrow$ 2D", "1 → 2, 1D ↔ 2D"),
        (r"\LaTeX{} and \TeX", "LaTeX and TeX"),
        ("two\n lines\tand\u2028more", "two lines and more"),
        (r"\noopsort{1973a}A title", "A title"),
        (r"one \\ two\,three\-four", "one two threefour"),
        (r"C\# and A$\flat$ and F$\sharp$", "C# and A♭ and F♯"),
        (r"a \ldots{} b\dots", "a … b…"),
        ("50% of it", "50% of it"),
        ("no `code` here", "no `code` here"),
        (r"\~{} and \^{}", "~ and ^"),
    ],
)
def test_what_only_formats_goes_and_the_text_stays(value: str, text: str) -> None:
    assert to_text(value) == text
    assert undecoded(value) == ()


def test_an_unknown_command_stays_as_it_is_typed_and_is_named_once() -> None:
    value = r"\foo{bar} and \foo{baz} \" \qux"
    assert to_text(value).startswith(r"\foobar and \foobaz")
    assert undecoded(value) == ("\\foo", "\\qux")
    assert undecoded("a lone backslash \\") == ("\\",)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (r"M{\"u}ller and {\L}ukasz", "Müller and Łukasz"),
        (r"{DeepBach}: R\&D of {\'e}t\'{e}", r"{DeepBach}: R\&D of été"),
        (r"$\'x = \alpha$ and \emph{deep} \foo{x}", r"$\'x = \alpha$ and \emph{deep} \foo{x}"),
        ("no LaTeX at all", "no LaTeX at all"),
    ],
)
def test_accents_alone_can_be_decoded(value: str, expected: str) -> None:
    assert with_unicode_accents(value) == expected


@given(st.text())
def test_any_text_becomes_one_line_in_composed_form(value: str) -> None:
    text = to_text(value)
    assert text == " ".join(unicodedata.normalize("NFC", text).split())
    undecoded(value)


@given(st.text(alphabet="ab\\{}\"'~^$`-cvui &%_ü"))
def test_any_latex_is_read_without_an_exception(value: str) -> None:
    assert "\n" not in to_text(value)
    assert len(set(undecoded(value))) == len(undecoded(value))


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs", "Zs", "Zl", "Zp", "Cc"], exclude_characters="\\{}~$`'-"))
)
def test_text_without_latex_stays_as_it_is(value: str) -> None:
    assert to_text(value) == unicodedata.normalize("NFC", value)


# LaTeX that pybtex reads as we do: it knows neither accents over braces in braces nor formatting commands.
_SHARED = st.lists(
    st.sampled_from(
        [
            "Deep",
            " ",
            "music ",
            "{Bach}",
            "{The {LSTM} net}",
            r"{\"u}",
            r"\'e",
            r"{\o}",
            r"{\L}",
            r"\v{c}",
            r"\c{c}",
            r"{\ss}",
            r"\&",
            r"\_",
            r"\%",
            "--",
            "---",
            "~",
            "isn't",
            "ü",
            r"{\AA}",
            r"\`{o}",
            r"\~n",
            r"$\alpha$ ",
            "x",
        ]
    )
).map("".join)


@given(_SHARED)
def test_pybtex_reads_the_same(value: str) -> None:
    theirs = str(Text.from_latex(value)).replace("\xa0", " ")
    assert to_text(value) == " ".join(unicodedata.normalize("NFC", theirs).split())


@pytest.mark.usefixtures("in_linear_time")
@pytest.mark.parametrize("piece", ["{", "}", "\\", "$", "\\'", "\\foo", "\\href{", '{\\"u}', "-", "\u0301", "\\v", "~"])
def test_time_grows_with_the_length_only(piece: str) -> None:
    to_text(piece * (60_000 // len(piece)))
