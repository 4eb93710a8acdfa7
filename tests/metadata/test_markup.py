"""Text as sources deliver it, as clean BibTeX values."""

import re
import unicodedata
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.bibliography import latex
from bot.bibliography.entry import Entry
from bot.bibliography.rules import check_entry
from bot.config import Config, load
from bot.metadata.markup import escape, to_pages, to_plain, to_title, to_value, to_year
from bot.problems import Problem, Severity

MEANT = {"title-protected", "title-double-braces", "title-full-stop", "title-missing", "braces"}


@cache
def config() -> Config:
    return load((Path(__file__).parents[2] / ".github/bot.yml").read_text(encoding="utf-8"), "bot.yml")


def problems(field: str, value: str) -> list[Problem]:
    fields = {"author": "Todd, Peter M.", "title": "A gong", "year": "1989"} | {field: value}
    return [one for one in check_entry(Entry("misc", "Todd1989", fields), config(), 2026) if one.field == field]


def faults(title: str) -> list[str]:
    """What the list's own rules find in a title, but for what the source alone can mend."""
    return [
        one.rule
        for one in problems("title", title)
        if one.severity is Severity.ERROR or one.rule in MEANT or one.rule.startswith(("characters", "latex"))
    ]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Gongs of the <i>Balinese</i> orchestra", "Gongs of the {Balinese} orchestra"),
        ("<title>Gongs &amp; bells</title>", r"Gongs \& bells"),
        ("<jats:italic>Gong</jats:italic> and <scp>ai</scp>", "Gong and ai"),
        ("The \n      <scp>MIDI</scp>\n      file", "The {MIDI} file"),
        ("<scp>T</scp>one rows<br/>and bells", "Tone rows and bells"),
        ("CO\n      <sub>2</sub> and 10<sup>−6</sup> and 4<sup>th</sup>", "{CO₂} and 10⁻⁶ and 4th"),
        ("&lt;i&gt;Gong&lt;/i&gt; &amp;amp; bell &amp;#38; drum", r"Gong \& bell \& drum"),
        ("&Uuml;ber T&ouml;ne &#8211; &#x201C;laut&#x201d;", "Über {Töne} – “laut”"),
        ("1D &lt;-&gt; 2D, a < b and <T>", "{1D} <-> {2D}, a < b and <{T}>"),
        (
            "Soft\u00adly, un\u200bseen\x07, all\u00a0in \t one\r\nline\u2028here",
            "Softly, unseen, all in one line here",
        ),
        ("Bo\u0308ck’s gong", "Böck’s gong"),
        ("زنگ\u200cها", "زنگ\u200cها"),
        ("Gong<!-- a <b> remark --> bell<script>alert(1)</script>", "Gong bell"),
        ("<![CDATA[Gong]]> bell", "Gong bell"),
    ],
)
def test_html_and_jats_become_text(text: str, title: str) -> None:
    assert to_title(text) == title
    assert faults(title) == []


MATH = "<mml:math xmlns:mml='http://www.w3.org/1998/Math/MathML'>{}</mml:math>"
X = "<mml:mi>x</mml:mi>"
TEX = r"<tex-math>\documentclass{minimal}\begin{document}$$\beta$$\end{document}</tex-math>"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (MATH.format(f"\n {X}\n <mml:mo>=</mml:mo>\n <mml:mn>2</mml:mn>\n"), "x=2"),
        (MATH.format(f"<mml:msup>{X}<mml:mn>2</mml:mn></mml:msup>"), "x²"),
        (MATH.format(f"<mml:msub>{X}<mml:mi>n</mml:mi></mml:msub>"), "x_n"),
        (MATH.format(f"<mml:msubsup>{X}<mml:mi>n</mml:mi><mml:mn>2</mml:mn></mml:msubsup>"), "x_n²"),
        (MATH.format(f"<mml:mfrac>{X}<mml:mrow><mml:mn>1</mml:mn>{X}</mml:mrow></mml:mfrac>"), "x/1x"),
        (MATH.format(f"<mml:msqrt>{X}</mml:msqrt>"), "√x"),
        (MATH.format(f"<mml:mover>{X}<mml:mo>^</mml:mo></mml:mover>"), "x"),
        (MATH.format(f"<mml:mo>{{</mml:mo>{X}<mml:mo>&lt;</mml:mo><mml:mtext>a b</mml:mtext>"), "{x<a b"),
        (MATH.format(f"<mml:semantics>{X}<mml:annotation>junk</mml:annotation></mml:semantics>"), "x"),
        ("<math><semantics><annotation encoding='application/x-tex'>\\beta</annotation></semantics></math>", "β"),
        (f"<inline-formula><alternatives>{TEX}{MATH.format(X)}</alternatives></inline-formula>", "x"),
        (f"<inline-formula>{TEX}</inline-formula>", "β"),
        (TEX, "β"),
        (f"<mml:math>{X}", "x"),
        (f"{X}</mml:math>", "x"),
    ],
)
def test_mathml_becomes_text_and_latex_stands_in_where_there_is_none(text: str, plain: str) -> None:
    assert to_plain(text) == plain
    assert to_plain(f"Gong {text} bell") == f"Gong {plain} bell"
    assert latex.to_text(to_title(f"Gong {text} bell")) == f"Gong {plain} bell"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (r"The gong by M\"uller and Garc{\'\i}a", "The gong by {Müller} and {García}"),
        (r"\textit{Gong} \emph{bell} ``drum''", "Gong bell “drum”"),
        (r"On $\alpha$-gongs, $k$-means", r"On $\alpha$-gongs, $k$-means"),
        (r"Gongs in $L_2$ and $$\Delta$$", r"Gongs in {$L_2$} and {$\Delta$}"),
        (r"A $\foo{x}$ gong and \bar drum", "A foox gong and bar drum"),
        (r"A gong in $O(\sqrt{n})$ and $\frac{1}{n}$", "A gong in {O}(√n) and 1/n"),
        (r"Gongs for $5 and $6, or US$7", r"Gongs for \$5 and \$6, or {US}\$7"),
        (r"100% of C# in a_b ^ c", r"100\% of {C}\# in a\_b \^{} c"),
        (r"A \textbackslash{} and \~{} and \{x", r"A \textbackslash{} and \~{} and $\lbrace$x"),
        (r"Gong -- bell --- drum", "Gong – bell — drum"),
        (r"\textless i\textgreater gong \&amp; bell", r"gong \& bell"),
        (r"{Gong {bell} drum}", "Gong bell drum"),
        (r"Gong }{ bell", "Gong bell"),
        (r"$X$", "X"),
        (r"A gong \{\{x $x$$$y$$", r"A gong $\lbrace${}$\lbrace$x $x${}$y$"),
        (r"$AB_{c}$ gong", r"{AB\_c} gong"),
    ],
)
def test_latex_is_kept_where_it_is_a_formula_and_escaped_where_it_is_text(text: str, title: str) -> None:
    assert to_title(text) == title
    assert faults(title) == []


@pytest.mark.parametrize(
    "formula",
    [
        *(r"^^5cinput{x}", r"\input{x}", r"\href{x}{y}", r"\color{red} x", r"x\par y", r"x % y", r"\def\x{y}"),
        *(r"}x{", r"{x", r"x}", r"x_", r"x & y", r"\write18{x}", r"x \\ y", r"\label{x}y"),
    ],
)
def test_a_formula_that_does_anything_but_print_is_no_formula(formula: str) -> None:
    title = to_title(f"A ${formula}$ gong")
    assert "$" not in title
    assert not re.search(r"\\[a-z]|\^\^", title)
    assert faults(title) == []


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("DeepBach: A steerable model for Bach chorales", "{DeepBach}: A steerable model for {Bach} chorales"),
        ("GLSR-VAE: Bells", "{GLSR-VAE}: Bells"),
        ("A WaveNet and an LSTM in 3D with mp3 and MP3s", "A {WaveNet} and an {LSTM} in {3D} with mp3 and {MP3s}"),
        ("Anticipation-RNNs, non-Western gongs", "Anticipation-{RNNs}, non-{Western} gongs"),
        ("The TV/CD gong and the T-Rex bell", "The {TV/CD} gong and the {T-Rex} bell"),
        ("The gong of J.S. Bach and O'Neill's bell", "The gong of {J.S.} {Bach} and {O'Neill's} bell"),
        ("R&D of gongs", r"{R\&D} of gongs"),
        ("#MeToo gongs and the iPad", r"\#{MeToo} gongs and the {iPad}"),
        ("Learning from Bach", "Learning from {Bach}"),
        ("Why gongs? Because of Bali", "Why gongs? {Because} of {Bali}"),
        ("(Re)tuning gongs: “Bells” in towns", "({Re})tuning gongs: “{Bells}” in towns"),
        ("The Gong and the Bell of Old Java", "The Gong and the Bell of Old Java"),
        ("Deep Learning", "Deep Learning"),
        ("“Old” Gongs of Java", "“{Old}” Gongs of Java"),
        ("Old Gongs between Nine Bells and Ten Drums", "Old Gongs between Nine Bells and Ten Drums"),
        ("Learning Gongs with an RNN in C: A Survey", "Learning Gongs with an {RNN} in {C}: A Survey"),
        (
            "Life of gongs and bells on Bali, Java, Lombok and Timor",
            "Life of gongs and bells on {Bali}, {Java}, {Lombok} and {Timor}",
        ),
        ("Über Glocken", "Über Glocken"),
        ("Звук колокола в Москве", "Звук колокола в {Москве}"),
        ("梵鐘の音", "梵鐘の音"),
    ],
)
def test_capitals_that_a_style_would_lose_are_in_braces(text: str, title: str) -> None:
    assert to_title(text) == title
    assert faults(to_title(text)) == []


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Gongs and bells.", "Gongs and bells"),
        ("Gongs and bells. .", "Gongs and bells"),
        ("What is a gong?.", "What is a gong?"),
        ("Gongs by the <scp>MIDI</scp>.", "Gongs by the {MIDI}"),
        ("Gongs and so on...", "Gongs and so on..."),
        ("Gongs and so on..", "Gongs and so on"),
        ("Gongs and so on…", "Gongs and so on…"),
        ("Cheap gongs by Gamelan Inc.", "Cheap gongs by {Gamelan} {Inc.}"),
        ("Gongs by Todd et al.", "Gongs by {Todd} et al."),
        ("Gongs of the U.S.", "Gongs of the {U.S.}"),
        ("Gongs of $x$.", "Gongs of $x$"),
        ("“Gongs and bells.”", "Gongs and bells"),
        ('"Gongs and bells".', "Gongs and bells"),
        ("'Gongs'", "Gongs"),
        ("„Gongs“", "Gongs"),
        ("“Gongs” and “bells”", "“{Gongs}” and “bells”"),
        ('"Gongs" and "bells"', '"{Gongs}" and "bells"'),
        (
            "GONGS AND BELLS: A SURVEY OF MIDI, LSTM AND 3D SOUND II",
            "Gongs and bells: A survey of midi, {LSTM} and {3D} sound {II}",
        ),
        ("LSTM", "{LSTM}"),
        ("GTZAN MIR", "{GTZAN} {MIR}"),
    ],
)
def test_a_title_has_no_full_stop_no_quotes_around_it_and_does_not_shout(text: str, title: str) -> None:
    assert to_title(text) == title
    assert faults(to_title(text)) == []


@pytest.mark.parametrize("text", ["", " ", "???", "<i></i>", "\x00\u200b", r"\textbackslash", "$=$", "&nbsp;", "."])
def test_a_text_without_a_word_is_no_title(text: str) -> None:
    assert to_title(text) == ""


def test_a_text_far_too_long_is_refused_and_not_cut() -> None:
    assert to_title("gong " * 20_000) == to_value("gong " * 20_000) == to_plain("gong " * 20_000) == ""
    assert to_title("gong " * 1_000) == ("gong " * 1_000).strip()


def test_markup_within_markup_within_markup_is_refused() -> None:
    assert to_plain("<i<i>>gong") == "gong"
    assert to_plain("<" * 50 + "i>" * 50 + "gong") == ""


@pytest.mark.parametrize(
    ("text", "value", "plain"),
    [
        ("Bell &amp; Gong Letters", r"Bell \& Gong Letters", "Bell & Gong Letters"),
        ("IEEE/ACM TRANS. ON BELLS.", "IEEE/ACM TRANS. ON BELLS.", "IEEE/ACM TRANS. ON BELLS."),
        ("Proc. 5th Int. Conf. on <i>Gongs</i>", "Proc. 5th Int. Conf. on Gongs", "Proc. 5th Int. Conf. on Gongs"),
        (r"J. $\alpha$-Bells", r"J. $\alpha$-Bells", "J. α-Bells"),
        (r"B\'{e}la's", "Béla's", "Béla's"),
    ],
)
def test_venues_and_comments_keep_their_words_as_they_are(text: str, value: str, plain: str) -> None:
    assert to_value(text) == value
    assert to_plain(text) == plain


_WORDS = st.text("abcdxyzABXYZäöÄÉßøŁдЖ梵1302'’", min_size=1, max_size=7)
_TAGS = ("i", "b", "scp", "jats:italic", "span class='x'", "sc", "tt", "mml:mstyle", "em")
_SEPARATORS = st.sampled_from([" ", ": ", ", ", "-", " – ", "/", "? ", "! ", ". ", " (", ") ", " & ", " % ", "; ", "#"])


@st.composite
def marked_up(draw: st.DrawFn) -> tuple[str, str]:
    """A text with tags and entities, and the same without."""
    text = plain = ""
    for word in draw(st.lists(_WORDS, min_size=1, max_size=8)):
        separator = draw(_SEPARATORS)
        written = separator.replace("&", draw(st.sampled_from(["&", "&amp;", "&amp;amp;", "&#38;"])))
        tag = draw(st.sampled_from(("", *_TAGS)))
        text += (f"<{tag}>{word}</{tag.split()[0]}>" if tag else word) + written
        plain += word + separator
    word = draw(_WORDS)
    return f"{text}{word}", " ".join(f"{plain}{word}".replace("''", "”").split())


@given(marked_up())
def test_a_title_says_what_the_text_says_without_its_markup(made: tuple[str, str]) -> None:
    text, plain = made
    assert to_plain(text) == plain
    said = latex.to_text(to_title(text))
    if any(map(str.isalnum, plain)):
        assert said.lower() in (plain.lower(), plain.lower()[1:-1].strip())
    assert faults(to_title(text)) == [] or not said
    assert to_title(said) == to_title(text)


_ANY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("abAB12 \\{}$^_~&%#<>;/.:-`'\"“”\n\u200d\u00ad\ufdd0\ufffe\x85"),
    ),
    max_size=60,
)
_PIECES = st.lists(
    st.one_of(
        _ANY,
        st.sampled_from(
            [
                *("<i>", "</i>", "<sub>", "</sub>", "<mml:math>", "</mml:math>", "<msub>", "<mi>", "</msub>", "<br/>"),
                *("&amp;", "&lt;", "&#x200b;", "&#0;", "&amp", r"\textit{", r"\foo", r"\'", r"\&", r"\{", "$x$", "$$"),
                *(
                    r"$\alpha$",
                    "$X_{AB}$",
                    r"\textless ",
                    "<tex-math>",
                    "</tex-math>",
                    "Inc.",
                    "<!--",
                    "-->",
                    r"\label{",
                ),
            ]
        ),
    ),
    max_size=8,
).map("".join)


@given(_PIECES)
@example(r"\label{$x$} $Y$ gong")
@example("a. Inc.")
@example("<i\u200b>gong</i>")
@example("$X\ufdd0$ gong")
@example("&#&#65;")
def test_any_text_becomes_a_value_that_passes_the_rules(text: str) -> None:
    title, value, plain = to_title(text), to_value(text), to_plain(text)
    left = {"characters-mojibake"}
    if title:
        assert set(faults(title)) <= left
    rules = {one.rule for one in problems("publisher", value) if one.rule.startswith(("characters", "latex", "brace"))}
    assert not value or rules <= left
    assert plain == latex.to_text(value)
    assert plain.isprintable() or not plain.isascii()
    assert unicodedata.is_normalized("NFC", value + title)


_PLAIN = _PIECES.map(to_plain).filter(lambda text: "''" not in text)


@given(_PLAIN.filter(lambda text: not re.search(r"[\\{}~$]", text)))
def test_plain_text_stays_as_it_is(plain: str) -> None:
    assert to_plain(plain) == plain


@given(_PLAIN)
@example("{{${}~^\\$$ a_b")
def test_escaped_text_is_printed_letter_by_letter(plain: str) -> None:
    assert latex.to_text(escape(plain)) == plain
    assert escape(plain).count("{") == escape(plain).count("}")


@pytest.mark.parametrize(
    "piece",
    [
        *("<", "<<i>", "<a ", "<!-- ", "<mi>", "<sub>1", "<msup>", "<tex-math>x</tex-math>", "&", "&amp;", "&#38;amp;"),
        *("$", "$x", "$x$ ", "\\", "\\'", "\\foo ", "{", "}", "{a}", "\\frac{", ".", " .", "'", "-", "A-", "A'", "B:"),
        *("\u0301", "\u200b", "\n", " ", "1-", "1,", "pp. "),
    ],
)
@pytest.mark.usefixtures("in_linear_time")
def test_hostile_text_is_read_in_linear_time(piece: str) -> None:
    for length in (19_000, 2_000_000):
        text = (piece * length)[:length]
        assert len(to_title(text)) <= 20 * length
        assert len(to_pages(text)) <= length
        assert to_year(text) == ""


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        *(("26-30", "26--30"), ("26–30", "26--30"), ("26 - 30", "26--30"), ("pp. 26--30", "26--30")),
        *(
            ("p. 7", "7"),
            (".p.7", "7"),
            ("1, pp. 3-4", "1, 3--4"),
            ("Pages 3—9", "3--9"),
            ("255", "255"),
            ("26-26", "26"),
            ("\n 130-\n 135 ", "130--135"),
        ),
        *(
            ("e1008184", "e1008184"),
            ("e12-e15", "e12--e15"),
            ("S4-S12", "S4--S12"),
            ("S-4", "S-4"),
            ("26‐30", "26--30"),
            ("xii-xv", "xii--xv"),
        ),
        *(("1-3, 7", "1--3, 7"), ("1-3;7-9", "1--3, 7--9"), ("12:3–12:17", "12:3--12:17"), ("025006", "025006")),
        *(("1123-45", "1123--1145"), ("17-", "17"), ("<i>3</i>&ndash;4", "3--4")),
        *(
            ("1-n/a", ""),
            ("n/a", ""),
            ("-", ""),
            ("", ""),
            ("0-0", ""),
            ("0", ""),
            ("30-26", ""),
            ("1-0+", ""),
            ("S-5-3", ""),
            ("25-25", "25"),
            ("1199-00", ""),
            ("1-3, x!", ""),
        ),
        *(("forthcoming", ""), ("no. 5 of 7", ""), ("12–15–18", ""), ("٣-٤", "")),
    ],
)
def test_pages_are_as_bibtex_has_them_or_none(text: str, pages: str) -> None:
    assert to_pages(text) == pages
    assert not pages or problems("pages", pages) == []


@given(st.text("0123459eSx-–:., nap/+", max_size=24))
@example("1-2, " * 19)
@example("x– 0")
def test_pages_always_pass_the_rules(text: str) -> None:
    pages = to_pages(text)
    assert not pages or problems("pages", pages) == []
    assert to_pages(pages) == pages


@pytest.mark.parametrize(
    ("value", "year"),
    [
        *(
            (2017, "2017"),
            ("2017", "2017"),
            ("2017-08-07", "2017"),
            ("2017-08-07T00:00:00Z", "2017"),
            (" 2017 ", "2017"),
        ),
        *(([[2017, 8]], "2017"), ([2017, 8], "2017"), ([["2017"]], "2017"), ((2017,), "2017")),
        *((None, ""), (True, ""), ("", ""), ("in press", ""), ([], ""), ([[]], ""), ([[None]], ""), ({}, "")),
        *(
            (20170807, ""),
            ("20170807", ""),
            (17, ""),
            (1789, ""),
            (9999, ""),
            (-2017, ""),
            (2017.5, ""),
            ([[[2017]]], ""),
        ),
    ],
)
def test_a_year_is_four_digits_of_a_likely_year(value: object, year: str) -> None:
    assert to_year(value) == year


@pytest.mark.parametrize("layer", ["<mi>{}</mi>", "<mi><sub>{}</sub></mi>", "<mtext><mi>{}</mi></mtext>"])
def test_tokens_in_tokens_do_not_grow(layer: str) -> None:
    text = "\\"
    for _ in range(400):
        text = layer.format(text)
    assert len(to_title(f"Deep {text} music")) < 1000


def test_what_grows_from_layer_to_layer_ends() -> None:
    text = "\\" * 5000
    for depth in range(9):
        text = f"&{'amp;' * depth}lt;mi>{text}&{'amp;' * depth}lt;/mi>"
    assert len(to_title(f"Deep {text} music")) < 1_000_000
