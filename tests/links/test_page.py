"""Reading pages: any bytes are one, in time that grows with their length, and what a reader sees is found."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.links import page as pages
from bot.links import phrases, walls
from bot.links.page import Page, read

_PIECES = st.sampled_from(
    [
        *(
            "<",
            ">",
            "</",
            "<!--",
            "-->",
            "<!",
            "<?",
            "&",
            "&#",
            "&#x",
            ";",
            "=",
            '"',
            "'",
            " ",
            "\n",
            "\0",
            "é",
            "\ud800",
        ),
        *("<p>", "<h1>", "</h1>", "<title>", "</title>", "<script>", "</script>", "<svg>", "<a id=b>", "<base href=/>"),
        *("<meta http-equiv=refresh content='0;url=/x'>", "<input type=", "<x-y", "<iframe src=a>", "99999999999999"),
    ]
)


@given(st.lists(st.one_of(_PIECES, st.text(max_size=5)), max_size=60).map("".join))
def test_any_text_is_a_page(text: str) -> None:
    page = read(text)
    assert "\0" in text or "\0" not in page.text
    assert all(line == " ".join(line.split()) != "" for line in page.text.split("\n") if page.text)
    assert all(isinstance(name, str) and name for name in pages.places(text))


@given(st.binary(max_size=200), st.text(max_size=30))
def test_any_body_of_any_type_has_a_text(body: bytes, content_type: str) -> None:
    assert isinstance(pages.decode(body, content_type), str)
    assert not (pages.is_html(body, content_type) and pages.is_pdf(body))


@given(st.text(max_size=60))
def test_any_refresh_is_read(value: str) -> None:
    found = pages.refresh(value)
    assert found is None or (found[0] >= 0 and found[1] == found[1].strip() != "")


@pytest.mark.parametrize(
    "piece",
    [
        *("<", "<a ", '<a b="', "<a b='c' ", "<!--", "<!-", "<!", "</", "</p", "&", "&#9", "<h1>", "<title>"),
        *("<script>",),
        *("<svg>", "<meta content=", "<x-y ", '="', "<a =", "<p id=a>", "&#" + "9" * 60, "< ", "<noscript>", "<!-->"),
    ],
)  # fmt: skip
def test_the_time_grows_with_the_length(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        begin = time.process_time()
        read(text)
        list(pages.places(text))
        return time.process_time() - begin

    assert seconds(1 << 18) < max(16 * seconds(1 << 16), 0.5)  # four times as long; sixteen times would be quadratic


@settings(max_examples=50)
@given(st.text(st.characters(codec="utf-8", exclude_characters="<>&\0\r"), min_size=1, max_size=40))
def test_text_and_headlines_are_what_a_reader_sees(words: str) -> None:
    line = " ".join(words.split())
    page = read(f"<!DOCTYPE html><title>{words}</title><h1>{words}</h1><p>{words}<script>{words}x</script>")
    assert page.title == line
    assert page.headings == ((line,) if line else ())
    assert page.text == "\n".join([line, line] if line else [])


def test_what_is_not_shown_is_no_text() -> None:
    page = read(
        "<head><style>p{}</style><!-- a <p>b --></head><body>one<noscript><p>enable JavaScript</noscript>"
        "<template>two</template><svg><title>three</title></svg><textarea>four</textarea><p>fi<b>v</b>e"
    )
    assert page.text == "one\nfive"
    assert page.title == ""
    assert page.fallback == "enable JavaScript"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("0;url=/new", (0, "/new")),
        ("0; URL='/a b'", (0, "/a b")),
        ("0,/new", (0, "/new")),
        ("0 /new", (0, "/new")),
        ("5; url=/new", (5, "/new")),
        ("0.9; url=/new", (0, "/new")),
        (".5;url=/new", (0, "/new")),
        ('0; url="/a"b', (0, "/a")),
        ("0;urL = /new ", (0, "/new")),
        ("0", None),
        ("5;", None),
        ("url=/new", None),
        ("", None),
    ],
)
def test_a_refresh_is_read_as_browsers_do(content: str, found: tuple[float, str] | None) -> None:
    assert pages.refresh(content) == found


def test_a_refresh_within_noscript_is_none() -> None:
    refresh = '<meta http-equiv="refresh" content="0; url=/x">'
    assert read(f"<noscript>{refresh}</noscript>").refresh is None
    assert read(refresh).refresh == (0, "/x")


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("é".encode(), "text/html; charset=utf-8", "é"),
        ("é".encode(), "text/html", "é"),
        ("é".encode("latin-1"), "text/html", "é"),
        ("€".encode("cp1252"), "text/html; charset=ISO-8859-1", "€"),
        ("Ж".encode("cp1251"), 'text/html; charset="windows-1251"', "Ж"),
        (b"<meta charset=koi8-r>" + "Ж".encode("koi8-r"), "text/html", "<meta charset=koi8-r>Ж"),
        ("音".encode("shift_jis"), "text/html; charset=Shift_JIS", "音"),
        ("é".encode("utf-16"), "text/html", "é"),
        ("aé".encode()[:-1], "text/html", "a"),
        (b"a", "text/html; charset=zip", "a"),
        (b"a", "text/html; charset=unicode_escape", "a"),
    ],
)
def test_a_body_is_decoded_as_it_says(body: bytes, content_type: str, text: str) -> None:
    assert pages.decode(body, content_type) == text


@pytest.mark.parametrize(
    ("start", "content_type", "is_html", "is_pdf"),
    [
        (b"<!DOCTYPE html><p>", "text/html", True, False),
        (b"\xef\xbb\xbf \n<HTML>", "application/pdf", True, False),
        (b"%PDF-1.7\n", "text/html", False, True),
        (b"\r\n%PDF-1.7\n", "application/octet-stream", False, True),
        (b"<html>%PDF-</html>", "text/html", True, False),
        (b"PK\x03\x04", "text/html", False, False),
        (b"plain words", "text/html; charset=x", True, False),
        (b"plain words", "text/plain", False, False),
        (b"<?xml version='1.0'?><rss>", "text/xml", False, False),
    ],
)
def test_the_bytes_win_over_the_type(start: bytes, content_type: str, is_html: bool, is_pdf: bool) -> None:
    assert (pages.is_html(start, content_type), pages.is_pdf(start)) == (is_html, is_pdf)


@pytest.mark.parametrize(
    ("text", "is_made"),
    [
        ("<div id=root></div><script src=a.js></script>", True),
        ("<app-root></app-root><script src=a.js></script>", True),
        ("<noscript>Please enable JavaScript.</noscript><script src=a.js></script>", True),
        ("<p>Please enable JavaScript.</p>", False),
        ("<div id=root></div>", False),
        ("<div id=root-cause></div><script></script>", False),
        (f"<div id=root><p>{'words ' * 99}</div><script src=a.js></script>", False),
    ],
)
def test_a_shell_for_scripts_is_known(text: str, is_made: bool) -> None:
    assert read(text).is_script_made is is_made


def test_places_are_ids_and_names() -> None:
    text = "<p id=one><a name='two&amp;'></a><!-- <p id=no> --><meta name=three></p id=four>"
    assert set(pages.places(text)) == {"one", "two&", "three"}


def test_what_else_a_page_tells() -> None:
    page = read(
        "<base href=/b/><meta name=citation_title content='A paper'><meta property='og:title' content=B><input>"
        "<input type=PASSWORD><textarea></textarea><iframe src='x.pdf'></iframe><object data=y.pdf></object>"
        "<a href=/secret.js></a><div class=Px-Captcha></div>"
    )
    assert (page.base, page.citations, page.inputs) == ("/b/", ("A paper", "B"), ("text", "password", "textarea"))
    assert (page.files, page.has_frame) == (("x.pdf", "y.pdf"), True)
    assert "px-captcha" in page.code
    assert "secret" not in page.code
    assert read("") == Page()


# --- Time ------------------------------------------------------------------------------------------------------------

# Words that a pattern may take again and again, for as much as is read of a page, before the end is not what it wants.
_AGAIN = [
    "se ha ",
    "fue ",
    "foi pode ser ",
    "e stata ",
    "pas ",
    "page ",
    "page you are ",
    "no pudimos ",
    "domain ",
    "has been ",
]


@pytest.mark.usefixtures("in_linear_time")
@pytest.mark.parametrize("words", _AGAIN)
@pytest.mark.parametrize("first", ["no ", "nao ", "non ", "n'est ", "this "])
def test_no_text_takes_long_to_tell_what_it_says(first: str, words: str) -> None:
    text = first + words * 5000 + "x"
    assert [phrases.says(each, text) for each in (phrases.DOWN, phrases.PARKED)] == [False, False]
    assert not phrases.says(phrases.NOT_FOUND, text) or "page" in words


@pytest.mark.usefixtures("in_linear_time")
@pytest.mark.parametrize("inside", ["activ", "javascript requires ", "habilit", "recaptcha/api.js?"])
def test_no_page_takes_long_to_tell_what_made_it(inside: str) -> None:
    shell = read(f"<!DOCTYPE html><script>{inside * 3000}render=</script><noscript>{inside * 3000}</noscript>")
    assert not shell.has_root
    assert shell.is_script_made is (inside.startswith("javascript"))
    assert walls.challenge(200, {}, shell) == ("a captcha" if "captcha" in inside else "")
