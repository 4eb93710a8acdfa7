"""Looks: what is asked, in which order and how often; and the rules that one table of hosts does not show."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.links import phrases, soft, walls
from bot.links.look import Looker
from bot.links.observation import Hop, Kind, Observation
from bot.links.page import Page, read
from bot.links.redirects import Cookies, is_front, leads_to, same_site
from bot.links.soft import Suspicion
from bot.web.errors import Reason, WebError
from bot.web.session import Stream

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ABSTRACT = "We describe a model that follows several voices at once and needs no transcription. " * 9
PAPER = f"<title>Counterpoint heard anew</title><h1>Counterpoint heard anew</h1><p>{ABSTRACT}"
CHALLENGE = "<title>Just a moment...</title><script>window._cf_chl_opt={}</script>"
NOWHERE = "<title>Page not found</title><p>Sorry, there is no such page."


class _Given:
    """A stream that is made up."""

    def __init__(self, url: str, status: int, headers: dict[str, str], body: bytes, cookies: tuple[str, ...]) -> None:
        self.url, self.status, self.cookies, self.fault = url, status, cookies, ""
        self.headers = headers
        self._body = body

    def chunks(self) -> Iterator[bytes]:
        yield self._body


Told = tuple[int, str] | WebError


class Site:
    """Answers by a function of the address; ``asked`` is what was asked of it."""

    def __init__(self, answer: Callable[[str], Told]) -> None:
        self.asked: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.more: dict[str, str] = {}
        self._answer = answer

    @contextlib.contextmanager
    def open(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] = {},
        until: float | None = None,
    ) -> Iterator[Stream]:
        self.asked.append(f"{method} {url}")
        self.headers.append(headers)
        told = self._answer(url)
        if isinstance(told, WebError):
            raise told
        status, text = told
        led = {"Location": text} if 300 < status < 400 else {"Content-Type": "text/html"}
        yield cast(Stream, _Given(url, status, led | self.more, text.encode(), ()))


def pages(known: Mapping[str, Told], otherwise: Told = (404, "<title>404")) -> Site:
    """A site with these pages by path."""
    return Site(lambda url: known.get("/" + url.split("/", 3)[3], otherwise))


def look(site: Site, path: str = "/p/a.html", title: str = "", method: str = "GET") -> Observation:
    return Looker(site.open).look(f"http://example.org{path}", title=title, method=method)


# --- What is asked ---------------------------------------------------------------------------------------------------


def test_a_page_is_asked_once_and_as_browsers_ask() -> None:
    site = pages({"/p/a.html": (200, PAPER)})
    assert look(site) == Observation(Kind.OK, "200 OK", 200)
    assert site.asked == ["GET http://example.org/p/a.html"]
    assert site.headers[0]["Accept-Encoding"] == "identity"
    assert site.headers[0]["Accept"].startswith("text/html")
    assert "Cookie" not in site.headers[0]


def test_what_is_gone_or_closed_or_broken_is_not_doubted() -> None:
    for status in (404, 403, 500):
        site = pages({"/p/a.html": (status, NOWHERE)})
        look(site)
        assert len(site.asked) == 1


def test_the_address_beside_is_asked_once_for_a_folder() -> None:
    site = pages({}, (200, NOWHERE))
    looker = Looker(site.open)
    for name in ("a.html", "b.html", "c"):
        assert looker.look(f"http://example.org/p/{name}").kind is Kind.SOFT_GONE
    assert len(site.asked) == 4
    beside = site.asked[1].removeprefix("GET http://example.org/p/")
    assert beside.endswith(".html")
    assert beside not in ("a.html", "b.html")
    looker.look("http://example.org/other/a.html")
    assert len(site.asked) == 6
    assert site.asked[5].startswith("GET http://example.org/other/")


def test_no_two_runs_ask_for_the_same_address_beside() -> None:
    sites = [pages({}, (200, NOWHERE)) for _ in range(2)]
    for site in sites:
        look(site)
    assert sites[0].asked[1] != sites[1].asked[1]


def test_threads_that_wonder_about_one_folder_ask_one_question() -> None:
    begun = threading.Barrier(8)

    def answer(url: str) -> Told:
        if "/p/a" in url:
            begun.wait(10)
        return 200, NOWHERE

    site = Site(answer)
    looker = Looker(site.open)
    seen: list[Observation] = []
    threads = [
        threading.Thread(target=lambda name=name: seen.append(looker.look(f"http://example.org/p/a{name}")))
        for name in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.kind for each in seen] == [Kind.SOFT_GONE] * 8
    assert len(site.asked) == 9


def test_a_question_that_was_broken_off_is_asked_again() -> None:
    failures = [RuntimeError("stop")]

    def answer(url: str) -> Told:
        if "/p/a" not in url and failures:
            raise failures.pop()
        return 200, NOWHERE

    looker = Looker(Site(answer).open)
    with pytest.raises(RuntimeError):
        looker.look("http://example.org/p/a1")
    assert looker.look("http://example.org/p/a2").kind is Kind.SOFT_GONE


# --- HEAD ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "kind"), [(200, Kind.OK), (404, Kind.ERROR), (403, Kind.ERROR), (500, Kind.ERROR)])
def test_of_head_only_the_good_is_believed(status: int, kind: Kind) -> None:
    site = pages({"/p/a.html": (status, "")})
    seen = look(site, method="HEAD")
    assert (seen.kind, seen.cut) == (kind, kind is Kind.ERROR)
    assert seen.note == ("only HEAD is answered" if kind is Kind.OK else "")
    assert site.asked == ["HEAD http://example.org/p/a.html"]


# --- The way ---------------------------------------------------------------------------------------------------------


def test_the_chain_is_the_evidence() -> None:
    site = pages({"/p/a.html": (301, "/b"), "/b": (302, "c?d#e"), "/c?d": (404, "")})
    seen = look(site)
    chain = (Hop(301, "http://example.org/b"), Hop(302, "http://example.org/c?d#e"))
    assert seen == Observation(Kind.GONE, "404 Not Found", 404, chain)


def test_a_circle_is_walked_twice_and_no_more() -> None:
    site = pages({"/p/a.html": (302, "/b"), "/b": (302, "/p/a.html")})
    seen = look(site)
    assert (seen.kind, seen.status, len(site.asked)) == (Kind.ERROR, 302, 4)


def test_a_host_that_leads_to_the_same_address_once_is_asked_again_as_browsers_do() -> None:
    answers = iter([(302, "/p/a.html"), (200, PAPER)])
    assert Looker(Site(lambda _: next(answers)).open).look("http://example.org/p/a.html").kind is Kind.OK


def test_an_address_that_differs_in_the_fragment_is_judged_by_the_same_way() -> None:
    site = pages({"/p/a.html": (301, "/b"), "/b": (200, PAPER + "<p id=s>")})
    looker = Looker(site.open)
    looker.expect(["http://example.org/p/a.html"])
    assert looker.twin("http://example.org/p/a.html#s") is None
    first = looker.look("http://example.org/p/a.html#t")
    asked = len(site.asked)
    other = looker.twin("http://example.org/p/a.html#s")
    assert other is not None
    assert len(site.asked) == asked
    assert (first.target, other.target) == ("http://example.org/b#t", "http://example.org/b#s")
    assert ("“t”" in first.note, other.note) == (True, "")


def test_a_redirect_has_the_last_word_on_the_place_in_the_page() -> None:
    site = pages({"/p/a.html": (301, "/b#results"), "/b": (200, PAPER + "<p id=results>")})
    assert look(site, "/p/a.html#s").target == "http://example.org/b#results"


def test_a_refresh_in_what_is_no_page_leads_nowhere() -> None:
    body = "<meta http-equiv=refresh content='0; url=/nowhere'>"
    site = pages({"/p/a.html": (200, body)})
    site.more = {"Content-Type": "text/plain"}
    assert look(site).kind is Kind.OK


def test_a_redirect_to_a_login_is_a_wall_also_where_that_is_not_there() -> None:
    assert look(pages({"/p/a.html": (302, "/login?x"), "/login?x": (404, "")})).kind is Kind.BLOCKED


@pytest.mark.parametrize(
    ("path", "kind"), [("/papers/owls", Kind.SOFT_GONE), ("/owls.html", Kind.SOFT_GONE), ("/owls", Kind.OK)]
)
def test_a_page_that_leads_to_the_front_page_is_gone_though_its_neighbours_are_missed(path: str, kind: Kind) -> None:
    site = pages({path: (302, "/"), "/": (200, PAPER)})
    assert look(site, path).kind is kind


def test_what_has_moved_keeps_the_place_in_the_page() -> None:
    site = pages({"/p/a.html": (301, "/b"), "/b": (200, PAPER + "<p id=s>")})
    assert look(site, "/p/a.html#s").target == "http://example.org/b#s"


def test_only_the_permanent_beginning_of_a_chain_is_a_move() -> None:
    site = pages(
        {"/p/a.html": (308, "/b"), "/b": (301, "/c"), "/c": (302, "/d"), "/d": (301, "/e"), "/e": (200, PAPER)}
    )
    seen = look(site)
    assert (seen.kind, seen.target, seen.fit) == (Kind.MOVED, "http://example.org/c", True)


def test_a_move_to_the_same_address_is_none() -> None:
    answers = iter([(301, "/p/a.html?x"), (301, "/p/a.html"), (200, PAPER)])
    assert Looker(Site(lambda _: next(answers)).open).look("http://example.org/p/a.html").kind is Kind.OK


@pytest.mark.parametrize(
    ("to", "title", "fit"),
    [
        ("http://www.example.org/x", "", True),
        ("https://papers.example.org/x", "", True),
        ("http://example.com/x", "", False),
        ("http://example.com/x", "Counterpoint Heard Anew", True),
        ("http://example.com/x", "Counterpoint", False),
        ("http://example.com/", "Counterpoint Heard Anew", False),
    ],
)
def test_what_may_take_an_address_s_place(to: str, title: str, fit: bool) -> None:
    site = Site(
        lambda url: (301, to) if url == "http://example.org/p/a.html" else (200, PAPER) if url == to else (404, "")
    )
    seen = look(site, title=title)
    assert (seen.kind, seen.fit) == (Kind.MOVED, fit)


@pytest.mark.parametrize(
    ("error", "network", "cut", "again"),
    [
        (WebError(Reason.DNS, "the host is unknown"), True, False, False),
        (WebError(Reason.CONNECT, "the connection was refused"), True, False, False),
        (WebError(Reason.TIMEOUT, "no answer within 20 s"), True, False, True),
        (WebError(Reason.CUT, "the connection was cut", passing=True), True, True, True),
        (WebError(Reason.TLS, "the certificate has expired"), False, False, False),
        (WebError(Reason.PROTOCOL, "what came is not HTTP"), False, False, False),
    ],
)
def test_why_there_was_no_answer(error: WebError, network: bool, cut: bool, again: bool) -> None:
    seen = look(pages({"/p/a.html": error}))
    assert seen == Observation(Kind.ERROR, str(error), network=network, cut=cut, again=again)


def test_what_is_unsafe_is_refused_also_on_the_way() -> None:
    refused = WebError(Reason.REFUSED, "the host is private")
    assert look(pages({"/p/a.html": refused})) == Observation(Kind.REFUSED, "the host is private")
    seen = look(pages({"/p/a.html": (302, "/b"), "/b": refused}))
    assert (seen.kind, seen.chain) == (Kind.REFUSED, (Hop(302, "http://example.org/b"),))


@given(st.text(max_size=40))
def test_any_place_is_an_address_or_none(location: str) -> None:
    with contextlib.suppress(WebError):
        assert leads_to("http://example.org/a/b", location).split(":")[0].lower() in ("http", "https")
    seen = look(pages({"/p/a.html": (302, location)}))
    assert seen.kind in (Kind.OK, Kind.GONE, Kind.ERROR, Kind.REFUSED, Kind.BLOCKED)
    assert seen.reason.isprintable()


@given(st.text(max_size=200))
def test_any_page_is_looked_at(text: str) -> None:
    seen = look(pages({"/p/a.html": (200, text)}), "/p/a.html#x", "A title")
    assert len(seen.reason) < 200
    assert seen.reason.isprintable()
    assert seen.note.isprintable()


@pytest.mark.parametrize(
    ("status", "value", "kind", "again", "after"),
    [
        (429, "", Kind.BLOCKED, True, 0),
        (429, "3600", Kind.BLOCKED, True, 3600),
        (503, "7", Kind.ERROR, True, 7),
        (503, "soon", Kind.ERROR, True, 0),
        (500, "7", Kind.ERROR, True, 0),
        (403, "7", Kind.BLOCKED, False, 0),
        (404, "7", Kind.GONE, False, 0),
    ],
)
def test_who_wants_to_be_asked_again_and_when(status: int, value: str, kind: Kind, again: bool, after: float) -> None:
    site = pages({"/p/a.html": (status, "")})
    site.more["Retry-After"] = value
    seen = look(site)
    assert (seen.kind, seen.again, seen.after) == (kind, again, after)


# --- Cookies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "url", "sent"),
    [
        ("a=1", "http://w.example.org/x/z", True),
        ("a=1", "http://example.org/x/z", False),
        ("a=1", "http://w.example.org/other", False),
        ("a=1; Path=/", "http://w.example.org/other", True),
        ("a=1; Path=/x", "http://w.example.org/xy", False),
        ("a=1; Path=/; Domain=example.org", "http://v.example.org/", True),
        ("a=1; Path=/; Domain=.example.org", "http://example.org/", True),
        ("a=1; Path=/; Domain=example.org", "http://badexample.org/", False),
        ("a=1; Path=/; Domain=org", "http://w.example.org/", False),
        ("a=1; Path=/; Domain=other.org", "http://other.org/", False),
        ("a=1; Secure", "http://w.example.org/x/", False),
        ("a=1; Secure", "https://w.example.org/x/", True),
        ("a=1; Max-Age=0", "http://w.example.org/x/", False),
        ("a=1; Max-Age=60", "http://w.example.org/x/", True),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "http://w.example.org/x/", False),
        ("a=1; Expires=Thu, 01-Jan-1970 00:00:00 GMT", "http://w.example.org/x/", False),
        ("a=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT", "http://w.example.org/x/", True),
        ("a=1; Expires=someday", "http://w.example.org/x/", True),
        ("a=1\nX: y", "http://w.example.org/x/", False),
        ("=1", "http://w.example.org/x/", False),
        ("a=" + "1" * 5000, "http://w.example.org/x/", False),
    ],
)
def test_who_gets_a_cookie(line: str, url: str, sent: bool) -> None:
    cookies = Cookies()
    cookies.keep("http://w.example.org/x/y", line, NOW)
    assert cookies.header(url) == ("a=1" if sent else "")


def test_a_cookie_takes_the_place_of_the_one_before_and_there_are_not_many() -> None:
    cookies = Cookies()
    for number in range(500):
        cookies.keep("http://127.0.0.1/", f"a={number}", NOW)
        cookies.keep("http://127.0.0.1/", f"n{number}=1; Domain=127.0.0.1", NOW)
    kept = cookies.header("http://127.0.0.1/").split("; ")
    assert len(kept) == 50
    assert "a=499" in kept
    assert cookies.header("http://9.127.0.0.1/") == ""


@given(st.text(max_size=60))
def test_any_cookie_can_be_sent_back(line: str) -> None:
    cookies = Cookies()
    cookies.keep("https://example.org/", line, NOW)
    sent = cookies.header("https://example.org/")
    assert sent == sent.strip()
    assert all(" " <= each <= "ÿ" and each != "\x7f" for each in sent)


# --- Addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/x", "http://example.org/x"),
        ("x", "http://example.org/a/x"),
        ("?q", "http://example.org/a/b?q"),
        ("//other.org/x", "http://other.org/x"),
        ("\\\\other.org\\x?a\\b", "http://other.org/x?a\\b"),
        ("\t https://other.org/x#y \n", "https://other.org/x#y"),
        ("HTTP://other.org", "HTTP://other.org"),
        ("/Ã©", "http://example.org/é"),
    ],
)
def test_where_a_redirect_leads(location: str, target: str) -> None:
    assert leads_to("http://example.org/a/b", location) == target


@pytest.mark.parametrize("location", ["mailto:a@example.org", "http://", "http://[::zebra/", "data:text/html,x", "//"])
def test_a_redirect_to_what_is_no_address(location: str) -> None:
    with pytest.raises(WebError) as caught:
        leads_to("http://example.org/a/b", location)
    assert caught.value.reason is Reason.REDIRECTS


@pytest.mark.parametrize("location", ["http://a:b@other.org/", "//a@other.org/", "http:\\\\a@other.org"])
def test_a_redirect_with_a_user_s_name_is_refused(location: str) -> None:
    with pytest.raises(WebError) as caught:
        leads_to("http://example.org/a/b", location)
    assert caught.value.reason is Reason.REFUSED


@pytest.mark.parametrize(
    ("url", "other", "same"),
    [
        ("http://example.org/", "https://www.example.org/x", True),
        ("http://a.example.org", "http://b.c.example.org", True),
        ("http://example.org", "http://example.com", False),
        ("http://a.ac.uk", "http://b.ac.uk", False),
        ("http://x.a.ac.uk", "http://y.a.ac.uk", True),
        ("http://anna.github.io", "http://bert.github.io", False),
        ("http://127.0.0.1:80/", "http://127.0.0.1:81/", True),
        ("http://127.0.0.1/", "http://1.0.0.1/", False),
        ("http://[::1]/", "http://[::1]:8080/", True),
    ],
)
def test_one_site(url: str, other: str, same: bool) -> None:
    assert same_site(url, other) is same


def test_front_pages() -> None:
    for path in ("", "/", "/index.html", "/home", "/default.aspx", "/index.php", "/?lang=en"):
        assert is_front(f"http://example.org{path}"), path
    for path in ("/a", "/main.pdf", "/index.php?id=7", "/en/", "/a/index.html"):
        assert not is_front(f"http://example.org{path}"), path
    assert is_front("http://example.org/en/", in_a_language=True)
    assert not is_front("http://example.org/ai/", in_a_language=True)


# --- Suspicion -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "end", "is_upward"),
    [
        ("/a/b.html", "/", True),
        ("/a/b.html", "/en/", True),
        ("/a/b/c.html", "/a/", True),
        ("/a/b", "/a/b/", False),
        ("/a/b/index.html", "/a/b/", False),
        ("/a/b.html", "/a/c.html", False),
        ("/a/b.html", "/x/y/z", False),
        ("/a/b/c.html", "/moved.html", False),
    ],
)
def test_what_leads_upward(asked: str, end: str, is_upward: bool) -> None:
    assert soft.leads_upward(f"http://example.org{asked}", f"http://example.org{end}") is is_upward


def test_what_leads_less_deep_without_a_name() -> None:
    asked = "http://example.org/a/b/fugue.html"
    assert soft.leads_less_deep(asked, "http://example.org/all.html")
    assert not soft.leads_less_deep(asked, "http://example.org/fugue.html")
    assert not soft.leads_less_deep(asked, "http://example.org/x/y/z.html")
    assert not soft.leads_less_deep(asked, "http://example.org/view?id=7")


@pytest.mark.parametrize(
    ("url", "beside"),
    [
        ("http://e.org/a/b.html", "http://e.org/a/W.html"),
        ("http://e.org/a/b", "http://e.org/a/W"),
        ("http://e.org/a/b/", "http://e.org/a/W/"),
        ("http://e.org/", "http://e.org/W"),
        ("http://e.org/a/123", "http://e.org/a/9"),
        ("http://e.org/a/123.pdf", "http://e.org/a/9.pdf"),
        ("http://e.org/a/v1.2", "http://e.org/a/W"),
        ("http://e.org/v.php?id=7&lang=en", "http://e.org/v.php?id=9&lang=en"),
        ("http://e.org/v.php?paper=abc", "http://e.org/v.php?paper=W"),
        ("http://e.org/a/b.html?utm_source=x", "http://e.org/a/W.html"),
    ],
)
def test_the_address_beside(url: str, beside: str) -> None:
    assert soft.beside(url, "W", "9").url == beside


@pytest.mark.parametrize(
    "words",
    [
        *("The page you are looking for has been removed.", "Sorry, we couldn’t find that page"),
        *("HTTP 404", "File missing"),
        *("Die Seite existiert nicht mehr", "Cette page n’existe plus", "No s’ha trobat la pàgina"),
        *("Pagina inesistente", "Lapa nav atrasta", "Síðan fannst ekki", "Halaman tidak ditemukan"),
        *("Página não encontrada", "Pagina niet gevonden", "Strony nie znaleziono", "Stránka nebyla nalezena"),
        *("Страница удалена", "Сторінку не знайдено", "Страницата не е намерена", "Aradığınız sayfa bulunamadı"),
        *("Η σελίδα δεν βρέθηκε", "ページが見つかりません", "页面不存在", "找不到網頁", "페이지를 찾을 수 없습니다"),
        *("Sidan finns inte", "Siden blev ikke fundet", "Siden ble ikke funnet", "Sivua ei löytynyt"),
        *("Az oldal nem található", "الصفحة غير موجودة"),
        *("Pagina nu a fost găsită", "Stranica nije pronađena", "Lehte ei leitud", "Không tìm thấy trang"),
        *("הדף לא נמצא", "ไม่พบหน้า", "Puslapis nerastas"),
    ],
)  # fmt: skip
def test_languages_in_which_a_page_says_that_it_is_not_there(words: str) -> None:
    assert phrases.says(phrases.NOT_FOUND, words)


@pytest.mark.parametrize(
    "words",
    [
        *("Finding notes in recordings", "A method for music", "Nichts als Noten", "Une méthode pour la musique"),
        *("Nota bene", "Notation of 4041 songs", "The foundations of hearing", "Музыка и слух", "音楽の聴き方"),
    ],
)
def test_titles_that_say_nothing_of_the_kind(words: str) -> None:
    assert not phrases.says(phrases.NOT_FOUND, words)


def test_words_decide_nothing_where_the_address_beside_is_truly_gone() -> None:
    site = pages({"/p/a.html": (200, NOWHERE)}, (404, NOWHERE))
    assert look(site).kind is Kind.OK
    assert len(site.asked) == 2


def test_one_place_is_the_same_though_it_never_looks_the_same() -> None:
    words = iter(ABSTRACT.split())

    def answer(url: str) -> Told:
        return (200, f"<title>Lab</title>{next(words) * 300}") if url == "http://example.org/" else (302, "/")

    assert look(Site(answer)).kind is Kind.SOFT_GONE


@pytest.mark.parametrize("beside", [(202, NOWHERE), (403, NOWHERE), (500, NOWHERE), (302, "/login"), (200, CHALLENGE)])
def test_where_the_address_beside_tells_nothing_there_is_a_note(beside: tuple[int, str]) -> None:
    seen = look(pages({"/p/a.html": (200, NOWHERE), "/login": (200, "<title>Sign in")}, beside))
    assert seen.kind is Kind.OK
    assert "cannot be told" in seen.note


def test_a_place_that_is_in_doubt_takes_none_s_place() -> None:
    site = pages({"/p/a.html": (301, "/p/b.html"), "/p/b.html": (200, NOWHERE)})
    seen = look(site)
    assert (seen.kind, seen.fit) == (Kind.MOVED, False)


def test_a_page_of_its_own_under_the_words_of_the_others_is_ok() -> None:
    site = pages({"/p/a.html": (200, f"<title>Not found: operas</title><p>{ABSTRACT}")}, (200, NOWHERE + "x" * 600))
    assert look(site).kind is Kind.OK


def test_the_paper_s_title_answers_all_doubt() -> None:
    site = pages({"/p/a.html": (200, "<title>Lost and not found</title><p>Short.")}, (200, "<title>Lost and not found"))
    assert look(site, title="Lost and Not Found").kind is Kind.OK
    assert len(site.asked) == 1


@pytest.mark.parametrize("path", ["/blob/main/paper.pdf", "/wiki/File:paper.pdf"])
def test_a_page_about_a_file_is_not_a_file_that_is_gone(path: str) -> None:
    site = pages({path: (200, f"<title>paper.pdf at main</title><p>{ABSTRACT}")})
    assert look(site, path).kind is Kind.OK


def test_each_suspicion_is_raised_by_its_own_cause() -> None:
    asked = "http://example.org/p/a.pdf"
    cases = {
        Suspicion.WORDS: ("http://example.org/p/a.pdf", NOWHERE + ABSTRACT, "http://example.org/p/a.html"),
        Suspicion.PARKED: (asked, f"<p>{ABSTRACT}<script src=//img.sedoparking.com/a.js></script>", asked),
        Suspicion.UPWARD: ("http://example.org/p/a", PAPER, "http://example.org/"),
        Suspicion.SHALLOW: ("http://example.org/p/fugue", PAPER, "http://example.org/all.html"),
        Suspicion.ERROR_PAGE: ("http://example.org/p/a", PAPER, "http://example.org/p/errors/404.html"),
        Suspicion.TYPE: (asked, PAPER, asked),
        Suspicion.SHORT: ("http://example.org/p/a", "<p>Hm.", "http://example.org/p/a"),
    }
    for suspicion, (first, text, end) in cases.items():
        assert suspicion in soft.suspicions(first, end, read(text), tagged=True), suspicion
    assert soft.suspicions("http://example.org/p/a", "http://example.org/p/a", read(PAPER), tagged=True) == set()


# --- Walls -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "title", ["Just a moment...", "Access Denied", "403 Forbidden", "Attention Required! | Cloudflare"]
)
def test_a_telling_title_is_a_wall_only_with_next_to_no_text(title: str) -> None:
    assert walls.challenge(200, {}, read(f"<title>{title}</title><p>Wait."))
    assert not walls.challenge(200, {}, read(f"<title>{title}</title><p>{ABSTRACT}{ABSTRACT}"))
    assert not walls.challenge(404, {}, read(f"<title>{title}</title><p>Wait."))


def test_a_challenge_s_own_marks_are_a_wall_whatever_the_status_but_not_around_a_long_page() -> None:
    for status in (200, 404, 500):
        assert walls.challenge(status, {}, read(CHALLENGE))
    assert not walls.challenge(200, {}, read(CHALLENGE + f"<p>{ABSTRACT * 3}"))
    assert walls.challenge(404, {"cf-mitigated": "challenge"}, None)


@pytest.mark.parametrize(
    "title", ["A captcha for birds", "Access control in archives", "Moments: just a study", "Blocked pipes"]
)
def test_titles_that_are_about_something_else(title: str) -> None:
    assert not walls.challenge(200, {}, read(f"<title>{title}</title><p>Short."))


@pytest.mark.parametrize(
    ("end", "text", "is_gate"),
    [
        ("http://example.org/login", "", True),
        ("http://example.org/users/sign_in", "", True),
        ("http://example.org/wp-login.php?redirect_to=x", "", True),
        ("http://login.example.org/?url=http://example.org/p/a.html", "", True),
        ("http://sso.example.org/x", "<title>Sign in</title><input type=password>", True),
        ("http://example.org/x?next=%2Fp%2Fa.html", "<input type=password>", True),
        ("http://example.org/x?next=%2Fp%2Fa.html", "", False),
        ("http://example.org/cas/publications", "", False),
        ("http://example.org/papers/login-habits", "", False),
        ("http://auth.example.org/docs", "", False),
        ("http://consent.example.org/m?continue=x", "", True),
        ("http://example.org/action/cookieAbsent", "", True),
        ("http://example.org/p/a.html?error=cookies_not_supported", "", True),
        ("http://example.org/errors/validateCaptcha", "", True),
        ("http://example.org/access-denied.html", "", True),
        ("http://example.org/captchas-for-birds.html", "", False),
    ],
)
def test_where_a_redirect_has_led(end: str, text: str, is_gate: bool) -> None:
    assert bool(walls.gate("http://example.org/p/a.html", end, read(text))) is is_gate


def test_a_login_that_was_listed_is_none_to_be_led_to() -> None:
    assert not walls.gate("http://example.org/login", "https://example.org/login", Page())


@pytest.mark.parametrize(("status", "text"), [(404, "404 Not Found"), (999, "999 Request Denied"), (444, "444")])
def test_statuses_for_people(status: int, text: str) -> None:
    assert walls.phrase(status) == text


# --- Walls that say little --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [
        "<title>Oh noes!</title><link href=/.within.website/x/xess/xess.css><p>Access denied",
        "<title>安全验证</title><p>请完成下列验证",
        "<title>Your access to this site has been limited</title><p>by its owner",
        "<script src=/aes.js></script><script>document.cookie='__test='+slowAES.decrypt(c,2,a,b)</script>",
    ],
)
def test_a_challenge_is_a_wall_also_where_every_address_shows_it(page: str) -> None:
    assert look(pages({}, (200, f"<!DOCTYPE html>{page}"))).kind is Kind.BLOCKED


def test_a_page_that_asks_for_consent_is_known_by_its_title_where_a_redirect_has_led_to_it() -> None:
    asking = "<!DOCTYPE html><title>Before you continue to Gongs</title><button>Accept all</button><button>Reject all"
    assert look(pages({"/p/a.html": (302, "/m?continue=a")}, (200, asking))).kind is Kind.BLOCKED
    assert look(pages({"/p/a.html": (302, "/forbidden")}, (200, PAPER * 20))).kind is not Kind.BLOCKED
