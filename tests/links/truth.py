"""The truth table: what hosts do, and what a person would say who looked at the address.

``CASES`` is plain data; ``strangers`` serves it, so that any checker of links may be run on it.
"""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import msgspec

from bot.links.observation import Kind
from tests.support.faults import (
    Reply,
    Request,
    answer_json,
    answer_text,
    bomb,
    cut,
    drip,
    drip_head,
    hang_up,
    http_date,
    packed,
    redirect,
    silent,
    wrongly_packed,
)
from tests.support.strangers import FORBIDDEN, HERE, MISSING, THERE, Answers, Host, Stranger, Strangers

OK, MOVED, BLOCKED, GONE = Kind.OK, Kind.MOVED, Kind.BLOCKED, Kind.GONE
SOFT, ERROR, REFUSED = Kind.SOFT_GONE, Kind.ERROR, Kind.REFUSED

TITLE = "Learning to Hear Counterpoint from Unlabelled Recordings"
PATH = "/papers/2019/counterpoint.html"
NEW = "/archive/counterpoint-2019.html"
_MOST = 1 << 16


class Case(msgspec.Struct, frozen=True):
    """One address, and what it is.

    ``seen`` is what one look shows, ``ends`` what is known after the tries of one run. ``address`` is what the list
    has, with ``{here}`` for the host; ``written`` is how BibTeX has it, where that is otherwise. ``fit`` says whether
    the target of what has moved may take its place, ``note`` is a word that the note about something ok has in it.
    """

    name: str
    seen: Kind
    ends: Kind
    here: Host
    there: Host
    address: str
    written: str
    title: str
    fit: bool | None
    note: str


def case(
    name: str,
    seen: Kind,
    answers: Mapping[str, Answers] = MappingProxyType({}),
    *,
    otherwise: Answers = MISSING,
    tls: str = "",
    path: str = PATH,
    address: str = "",
    written: str = "",
    there: Mapping[str, Answers] = MappingProxyType({}),
    ends: Kind | None = None,
    title: str = TITLE,
    fit: bool | None = None,
    note: str = "",
) -> Case:
    """A case, of which most is as usual."""
    here = Host(answers, otherwise, tls)
    where = address or HERE + path
    return Case(name, seen, ends or seen, here, Host(there), where, written or where, title, fit, note)


def strangers(cases: Iterable[Case]) -> Strangers:
    """The hosts of these cases, each of its own."""
    return Strangers(Stranger(each.name, each.here, each.there) for each in cases)


def filled(text: str, name: str, serving: Strangers) -> str:
    """An address of a case as the hosts are served."""
    return text.replace(HERE, serving.here[name].url).replace(FORBIDDEN, serving.forbidden.url)


# --- Pages -----------------------------------------------------------------------------------------------------------

_ABSTRACT = """<p>We describe a model that follows several voices at once and needs no transcription to learn from. Two
recordings of one fugue are aligned, and what they share is taken for the score. On four collections of keyboard music
it finds more entries of the subject than three earlier systems, and it does so without having seen a single label.</p>
<p>The code, the list of recordings and the listening test are open. Part of the work was done in Ghent.</p>"""


def page(title: str, body: str = "", head: str = "", status: int = 200) -> Reply:
    """A page of HTML with a title, and the same as its heading."""
    text = f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body><h1>{title}</h1>{body}</body></html>"
    return answer_text(text, "text/html", status)


def html(text: str, status: int = 200, headers: Mapping[str, str] = MappingProxyType({})) -> Reply:
    """A page as it is given."""
    return Reply(status=status, headers={"Content-Type": "text/html; charset=utf-8", **headers}, pieces=text.encode())


PAPER = page(TITLE, _ABSTRACT)
OTHER = page("Proceedings of a small workshop", _ABSTRACT.replace("fugue", "canon"))
FRONT = page(
    "Laboratory for Listening",
    "<p>We are eleven people who work on how music is heard. Read about our projects, our people and where to find us."
    " The seminar is on Tuesdays. Next week Anna speaks about bells, and in June about the organs of the Low Countries."
    "</p><ul><li>Projects<li>People<li>Contact</ul>",
)
PDF = Reply(headers={"Content-Type": "application/pdf"}, pieces=b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n" + bytes(3000))
FORM = "<form action=/do><input name=user><input type=password name=word><button>Go</button></form>"
LOGIN = page("Sign in", FORM)


def echo(title: str, text: str) -> Answers:
    """A page that says with a good status that there is none, and repeats what was asked for."""
    return lambda request: page(title, f"<p>{text}</p><p>{request.path}</p>")


def told(status: int, headers: Mapping[str, str] = MappingProxyType({})) -> Reply:
    """A status with a short page."""
    return html(f"<title>{status}</title><p>{status}</p>", status, headers)


def led(status: int, to: str) -> dict[str, Answers]:
    """The listed page leads on."""
    return {PATH: redirect(to, status)}


def _endless() -> Iterator[bytes]:
    while True:
        yield b"<p>and on and on</p>" * 200


def _needs_cookie(request: Request) -> Reply:
    if "seen=yes" in request.headers.get("cookie", ""):
        return PAPER
    return Reply(status=302, headers={"Location": PATH, "Set-Cookie": "seen=yes; Path=/papers; HttpOnly"})


def _cookie_on_the_way(request: Request) -> Reply:
    return PAPER if "pass=7" in request.headers.get("cookie", "") else redirect("/nocookies", 302)


def _by_query(request: Request) -> Reply:
    return PAPER if request.param("id") == "17" else page("Paper", "<p>No paper with this number was found.</p>")


def _asked_as(expected: str) -> Answers:
    """The paper, where it is asked for exactly as browsers do; nothing else is known."""
    return lambda request: PAPER if request.path == expected else MISSING


def _get_only(status: int) -> Answers:
    return lambda request: PAPER if request.method == "GET" else told(status)


def _head_only(request: Request) -> Reply:
    return Reply(headers={"Content-Type": "text/html"}) if request.method == "HEAD" else hang_up()


def _raw(head: str, body: bytes = b"") -> Reply:
    return Reply(raw=head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body, end="close")


_BODY = PAPER.pieces if isinstance(PAPER.pieces, bytes) else b""
_HTML = "Content-Type: text/html; charset=utf-8"


def _counting(request: Request) -> Reply:
    number = int(request.param("n") or 0)
    return redirect(f"{PATH}?n={number + 1}", 302)


def _steps(count: int, status: int) -> dict[str, Answers]:
    steps: dict[str, Answers] = {PATH: redirect("/step/1", status)}
    steps |= {f"/step/{number}": redirect(f"/step/{number + 1}", status) for number in range(1, count)}
    return {**steps, f"/step/{count}": PAPER}


# --- What answers well -----------------------------------------------------------------------------------------------

_WELL = (
    case("a page", OK, {PATH: PAPER}),
    case("a page over https", OK, {PATH: PAPER}, tls="good"),
    case("a PDF", OK, {"/paper.pdf": PDF}, path="/paper.pdf"),
    case(
        "a PDF that is called something else",
        OK,
        {"/get": Reply(headers={"Content-Type": "text/html"}, pieces=PDF.pieces)},
        path="/get",
    ),
    case(
        "an archive",
        OK,
        {"/data.zip": Reply(headers={"Content-Type": "application/zip"}, pieces=b"PK\x03\x04" + bytes(9999))},
        path="/data.zip",
    ),
    case("data as JSON", OK, {"/data.json": answer_json({"notes": [1, 2]})}, path="/data.json"),
    case("BibTeX as plain text", OK, {"/p.bib": answer_text("@article{a,\n title = {A}\n}")}, path="/p.bib"),
    case(
        "BibTeX that is called HTML",
        OK,
        {"/p.bib": answer_text("@article{a,\n title = {A}\n}", "text/html")},
        path="/p.bib",
    ),
    case("a type is missing", OK, {PATH: Reply(pieces=_BODY)}),
    case("no content", OK, {PATH: Reply(status=204, pieces=None)}, note="empty"),
    case("partial content", OK, {PATH: html(_BODY.decode(), 206)}),
    case("somebody else's words (203)", OK, {PATH: html(_BODY.decode(), 203)}),
    case("several to choose from (300)", OK, {PATH: html(_BODY.decode(), 300)}),
    case(
        "a page with a place that the address names",
        OK,
        {PATH: page(TITLE, _ABSTRACT + '<h2 id="results">Results</h2>')},
        path=PATH + "#results",
    ),
    case("a page without the place that the address names", OK, {PATH: PAPER}, path=PATH + "#results", note="results"),
    case("a piece of text as the place", OK, {PATH: PAPER}, path=PATH + "#:~:text=fugue"),
    case(
        "a page that leads on after a while",
        OK,
        {PATH: page(TITLE, _ABSTRACT, "<meta http-equiv=refresh content='30; url=/'>"), "/": FRONT},
    ),
    case("a page that loads itself anew", OK, {PATH: page(TITLE, _ABSTRACT, "<meta http-equiv=refresh content=300>")}),
    case(
        "packed, though not asked for",
        OK,
        {
            PATH: msgspec.structs.replace(
                packed(_BODY), headers={"Content-Type": "text/html", "Content-Encoding": "gzip"}
            )
        },
    ),
)

_ODD = (
    case(
        "a body without an end", OK, {PATH: lambda _: Reply(headers={"Content-Type": "text/html"}, pieces=_endless())}
    ),
    case(
        "a PDF without an end",
        OK,
        {
            "/a.pdf": lambda _: Reply(
                headers={"Content-Type": "application/pdf"}, pieces=(b"%PDF-1.4\n" + bytes(9999) for _ in iter(int, 1))
            )
        },
        path="/a.pdf",
    ),
    case("closed in the middle of the body", OK, {PATH: cut(_BODY, 200)}, note="cut"),
    case("closed in the middle of a chunk", OK, {PATH: cut(_BODY, 200, chunked=True)}, note="cut"),
    case("reset in the middle of the body", OK, {PATH: cut(_BODY, 200, end="reset")}, note="cut"),
    case("a bomb", OK, {PATH: lambda _: bomb(200_000_000)}),
    case(
        "a bomb that calls itself HTML",
        OK,
        {
            PATH: lambda _: Reply(
                headers={"Content-Type": "text/html", "Content-Encoding": "gzip"}, pieces=bomb(50_000_000).pieces
            )
        },
    ),
    case("a body that drips", OK, {PATH: lambda _: drip(_BODY, 0.3)}, note="body"),
    case(
        "a body that falls silent",
        OK,
        {
            PATH: lambda _: Reply(
                headers={"Content-Type": "text/html", "Content-Length": "99"}, pieces=iter([b"<p>", b"x"]), pause=30
            )
        },
        note="body",
    ),
    case("a body that does not unpack", OK, {PATH: wrongly_packed(_BODY)}, note="unpack"),
    case("a coding that nobody knows", OK, {PATH: wrongly_packed(_BODY, "zebra")}, note="encoding"),
    case(
        "a head of 300 KB",
        OK,
        {PATH: Reply(headers={"Content-Type": "text/html", "X-Large": "x" * 300_000}, pieces=_BODY)},
    ),
    case(
        "a head of 300 KB in many lines",
        OK,
        {
            PATH: Reply(
                headers={"Content-Type": "text/html", **{f"X-{n}": "y" * 300 for n in range(1000)}}, pieces=_BODY
            )
        },
    ),
    case("a length that is no number", OK, {PATH: _raw(f"HTTP/1.1 200 OK\n{_HTML}\nContent-Length: many", _BODY)}),
    case(
        "a length that is too large",
        OK,
        {PATH: _raw(f"HTTP/1.1 200 OK\n{_HTML}\nContent-Length: 99999", _BODY)},
        note="cut",
    ),
    case("a length that is below zero", OK, {PATH: _raw(f"HTTP/1.1 200 OK\n{_HTML}\nContent-Length: -5", _BODY)}),
    case(
        "chunks that are none",
        OK,
        {PATH: _raw(f"HTTP/1.1 200 OK\n{_HTML}\nTransfer-Encoding: chunked", b"zz\r\n" + _BODY)},
    ),
    case("HTTP/1.0 without a length", OK, {PATH: _raw(f"HTTP/1.0 200 OK\n{_HTML}", _BODY)}),
    case(
        "a letter that is no UTF-8",
        OK,
        {PATH: Reply(headers={"Content-Type": "text/html; charset=utf-8"}, pieces=_BODY + b"\xff\xfe")},
    ),
    case("HEAD says 404, GET is fine", OK, {PATH: _get_only(404)}),
    case("HEAD says 405, GET is fine", OK, {PATH: _get_only(405)}),
    case("HEAD says 500, GET is fine", OK, {PATH: _get_only(500)}),
    case("only HEAD is answered", ERROR, {PATH: _head_only}, ends=OK),
    case("HEAD is fine, GET says 404", GONE, {PATH: lambda request: MISSING if request.method == "GET" else Reply()}),
)

_SPELT = (
    case("a raw space", OK, otherwise=_asked_as("/my%20papers/a%20b.html"), path="/my papers/a b.html"),
    case("letters with accents", OK, otherwise=_asked_as("/caf%C3%A9/%C3%BCber.html"), path="/café/über.html"),
    case("another script", OK, otherwise=_asked_as("/%E9%9F%B3%E6%A5%BD"), path="/音楽"),
    case("percent escapes are kept", OK, otherwise=_asked_as("/a%2Fb/c%20d%7Ee"), path="/a%2Fb/c%20d%7Ee"),
    case("a tilde", OK, otherwise=_asked_as("/~anna/papers.html"), path="/~anna/papers.html"),
    case("brackets and commas", OK, otherwise=_asked_as("/S0(19)2,a;b=1.html"), path="/S0(19)2,a;b=1.html"),
    case(
        "BibTeX escapes an underscore",
        OK,
        otherwise=_asked_as("/a_b_c.html"),
        path="/a_b_c.html",
        written=HERE + r"/a\_b\_c.html",
    ),
    case(
        "BibTeX escapes a percent sign",
        OK,
        otherwise=_asked_as("/a%20b.html"),
        path="/a%20b.html",
        written=HERE + r"/a\%20b.html",
    ),
    case(
        "BibTeX escapes an ampersand",
        OK,
        {"/v": lambda request: PAPER if request.param("b") == "2" else told(400)},
        path="/v?a=1&b=2",
        written=HERE + r"/v?a=1\&b=2",
    ),
)

# --- Redirects -------------------------------------------------------------------------------------------------------

_LED = (
    case("moved for good (301)", MOVED, {**led(301, NEW), NEW: PAPER}, fit=True),
    case("moved for good (308)", MOVED, {**led(308, NEW), NEW: PAPER}, fit=True),
    case("moved for a while (302)", OK, {**led(302, NEW), NEW: PAPER}),
    case("see other (303)", OK, {**led(303, NEW), NEW: PAPER}),
    case("moved for a while (307)", OK, {**led(307, NEW), NEW: PAPER}),
    case(
        "moved to another site, which has the paper", MOVED, led(301, THERE + "/p/1"), there={"/p/1": PAPER}, fit=True
    ),
    case(
        "moved to another site, which has something else",
        MOVED,
        led(301, THERE + "/p/1"),
        there={"/p/1": OTHER},
        fit=False,
    ),
    case("three permanent redirects", MOVED, _steps(3, 301), fit=True),
    case("ten temporary redirects", OK, _steps(10, 302)),
    case(
        "permanent, then temporary",
        MOVED,
        {**led(301, "/a.html"), "/a.html": redirect("/b.html", 302), "/b.html": PAPER},
        fit=True,
    ),
    case(
        "permanent after temporary", OK, {**led(302, "/a.html"), "/a.html": redirect("/b.html", 301), "/b.html": PAPER}
    ),
    case("a relative redirect", MOVED, {**led(301, "../2020/c.html"), "/papers/2020/c.html": PAPER}, fit=True),
    case(
        "a redirect to another query",
        OK,
        {PATH: lambda request: PAPER if request.param("v") == "2" else redirect("?v=2", 302)},
    ),
    case(
        "a protocol-relative redirect",
        MOVED,
        {PATH: lambda request: redirect(f"//{request.headers['host']}{NEW}", 301), NEW: PAPER},
        fit=True,
    ),
    case("a redirect with raw UTF-8", MOVED, {**led(301, "/é/ü.html"), "/%C3%A9/%C3%BC.html": PAPER}, fit=True),
    case("a redirect with blanks", MOVED, {**led(301, "  /a b.html "), "/a%20b.html": PAPER}, fit=True),
    case("a redirect with backslashes", MOVED, {**led(301, "\\a\\b.html"), "/a/b.html": PAPER}, fit=True),
    case("a redirect with a fragment", MOVED, {**led(301, NEW + "#abstract"), NEW: PAPER}, fit=True),
    case(
        "a folder gets its slash",
        MOVED,
        {"/papers": redirect("/papers/", 301), "/papers/": OTHER},
        path="/papers",
        fit=True,
    ),
    case(
        "meta refresh without delay",
        MOVED,
        {PATH: page("Moved", "", f"<meta http-equiv='Refresh' content='0; URL={NEW}'>"), NEW: PAPER},
        fit=True,
    ),
    case(
        "meta refresh within noscript",
        OK,
        {PATH: page(TITLE, _ABSTRACT, "<noscript><meta http-equiv=refresh content='0; url=/nojs'></noscript>")},
    ),
    case("a cookie is needed", OK, {PATH: _needs_cookie}),
    case(
        "a cookie is needed later",
        OK,
        {
            PATH: Reply(status=302, headers={"Location": "/in", "Set-Cookie": "pass=7; Path=/"}),
            "/in": _cookie_on_the_way,
        },
    ),
    case(
        "a cookie of another host is not sent",
        OK,
        {PATH: Reply(status=302, headers={"Location": THERE + "/in", "Set-Cookie": "pass=7; Path=/"})},
        there={"/in": lambda request: told(500) if request.headers.get("cookie") else PAPER},
    ),
    case("https leads to http", MOVED, led(301, THERE + PATH), there={PATH: PAPER}, tls="good", fit=True),
    case("a redirect to itself", ERROR, led(302, PATH)),
    case("a circle of two", ERROR, {**led(301, "/b"), "/b": redirect(PATH, 301)}),
    case(
        "a circle of pages",
        ERROR,
        {
            PATH: page("a", "", "<meta http-equiv=refresh content='0; url=/b'>"),
            "/b": page("b", "", f"<meta http-equiv=refresh content='0; url={PATH}'>"),
        },
    ),
    case("a redirect without an end", ERROR, {PATH: _counting}),
    case("too many redirects", ERROR, _steps(30, 302)),
    case("a redirect without a place to go", ERROR, {PATH: Reply(status=302)}),
    case("a permanent redirect to nothing", ERROR, {PATH: Reply(status=301, headers={"Location": ""})}),
    case("a redirect to mail", ERROR, led(302, "mailto:anna@example.org")),
    case("a redirect to ftp", ERROR, led(301, "ftp://example.org/paper.pdf")),
    case("a redirect to a script", ERROR, led(302, "javascript:alert(1)")),
    case("a redirect to nonsense", ERROR, led(302, "http://[::zebra/")),
    case("a redirect to no host", ERROR, led(302, "http://")),
    case("moved, and gone there", GONE, led(301, NEW)),
    case("moved, and closed there", BLOCKED, {**led(301, NEW), NEW: told(403)}),
    case("moved, and broken there", ERROR, {**led(301, NEW), NEW: told(500)}),
)

# --- Walls -----------------------------------------------------------------------------------------------------------

_CLOUDFLARE = """<!DOCTYPE html><html><head><title>Just a moment...</title><meta http-equiv="refresh" content="360">
</head><body><noscript>Enable JavaScript and cookies to continue</noscript>
<script>(function(){window._cf_chl_opt={cZone:'x'};
var a=document.createElement('script');a.src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1?ray=1';}());
</script></body></html>"""
_ANUBIS = """<!doctype html><html lang="en"><head><title>Making sure you&#39;re not a bot!</title>
<script id="anubis_version" type="application/json">"v1"</script><script id="anubis_challenge" type="application/json">
{"challenge":"0f"}</script></head><body><h1>Making sure you're not a bot!</h1><p id="status">Loading...</p>
<script type="module" src="/.within.website/x/cmd/anubis/static/js/main.mjs"></script></body></html>"""
_IMPERVA = """<html style="height:100%"><head><META NAME="ROBOTS" CONTENT="NOINDEX"></head><body style="margin:0px">
<iframe id="main-iframe" src="/_Incapsula_Resource?SWUDNSAI=9&xinfo=1" frameborder=0>
Request unsuccessful. Incapsula incident
ID: 1-2</iframe></body></html>"""
_DATADOME = """<html lang="en"><head><title>example.org</title></head><body style="margin:0"><script>var dd={'rt':'c',
'host':'geo.captcha-delivery.com'}</script><script src="https://ct.captcha-delivery.com/c.js"></script></body></html>"""
_AWS = """<!DOCTYPE html><html><head><title></title><script>window.gokuProps = {"key":"A"};</script>
<script src="https://0.edge.sdk.awswaf.com/0/challenge.js"></script></head><body><div id="challenge-container"></div>
</body></html>"""
_HUMAN = """<!DOCTYPE html><html><head><title>Access to this page has been denied</title></head><body>
<div id="px-captcha"></div><p>Press &amp; Hold to confirm you are a human (and not a bot).</p></body></html>"""
_PARDON = """<!DOCTYPE html><html><head><title>Pardon Our Interruption</title></head><body>
<h1>Pardon Our Interruption</h1>
<p>As you were browsing something about your browser made us think you were a bot. Please reload the page.</p></body>"""
_DDOS = """<!DOCTYPE html><html><head><title>DDoS-Guard</title><script src="/.well-known/ddos-guard/js-challenge/i.js">
</script></head><body><h1>Checking your browser before accessing the site</h1></body></html>"""
_AKAMAI = """<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><H1>Access Denied</H1>You don't have permission to
access "http&#58;&#47;&#47;example" on this server.<P>Reference&#32;&#35;18&#46;1</BODY></HTML>"""
_F5 = """<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with
your administrator.<br><br>Your support ID is: 1234567890</body></html>"""
_RECAPTCHA = """<html><head><title>Library</title><script src="https://www.google.com/recaptcha/api.js"></script></head><body>
<p>Please confirm.</p><form><div class="g-recaptcha" data-sitekey="x"></div></form></body></html>"""
_SITEGROUND = (
    """<html><head><meta http-equiv="refresh" content="0;/.well-known/sgcaptcha/?r=%2Fpapers"></head></html>"""
)
_SUCURI = """<html><head><title>You are being redirected...</title><script>var s={},u,c;S='c3VjdXJp';
document.cookie='sucuri_cloudproxy_uuid_1=2';location.reload();</script></head><body>One moment</body></html>"""
_ABOUT_WALLS = page(
    "Just a moment: how challenges work",
    "<p>Captchas and pages such as “Just a moment...” or “Checking your browser before accessing” stand in the way of"
    " programs. " + "We measured how often a reader meets them, and for how long they wait. " * 12 + "</p>"
    "<pre>&lt;script&gt;window._cf_chl_opt={}&lt;/script&gt;</pre>",
)
_WRITE_TO_US = page(
    "Write to us",
    "<form><input type=text name=n><input type=email name=m><textarea name=t></textarea><div class=g-recaptcha></div>"
    "</form>",
    '<script src="https://www.google.com/recaptcha/api.js"></script>',
)


def _sent_to(where: str, title: str = "Sign in") -> dict[str, Answers]:
    path = re.split(r"[?#]", where)[0]
    return {PATH: redirect(where, 302), path: page(title, FORM)}


_WALLED = (
    *(
        case(f"status {status}", BLOCKED, {PATH: told(status)})
        for status in (401, 402, 403, 405, 406, 418, 423, 429, 451, 999)
    ),
    case("a firewall's 202", BLOCKED, {PATH: Reply(status=202, headers={"x-amzn-waf-action": "challenge"})}),
    case("a 202 with a page", BLOCKED, {PATH: html(_AWS, 202)}),
    case("Cloudflare with 403", BLOCKED, {PATH: html(_CLOUDFLARE, 403, {"cf-mitigated": "challenge"})}),
    case("Cloudflare with 503", BLOCKED, {PATH: html(_CLOUDFLARE, 503)}),
    case("Cloudflare with 200", BLOCKED, {PATH: html(_CLOUDFLARE)}),
    case("Cloudflare for every path", BLOCKED, otherwise=html(_CLOUDFLARE)),
    case(
        "Cloudflare in another language",
        BLOCKED,
        {PATH: html("<title>Nur einen Moment…</title><p>Verbindung prüfen</p>", 200)},
    ),
    case("Anubis", BLOCKED, otherwise=html(_ANUBIS)),
    case("Imperva", BLOCKED, otherwise=html(_IMPERVA)),
    case("DataDome", BLOCKED, {PATH: html(_DATADOME)}),
    case("AWS, by its header with 405", BLOCKED, {PATH: html(_AWS, 405, {"x-amzn-waf-action": "captcha"})}),
    case("AWS with 200", BLOCKED, {PATH: html(_AWS)}),
    case("HUMAN with 200", BLOCKED, {PATH: html(_HUMAN)}),
    case("Pardon our interruption", BLOCKED, {PATH: html(_PARDON)}),
    case("DDoS-Guard", BLOCKED, otherwise=html(_DDOS)),
    case("Akamai with 200", BLOCKED, {PATH: html(_AKAMAI)}),
    case("F5 with 200", BLOCKED, otherwise=html(_F5)),
    case("nothing but a captcha", BLOCKED, {PATH: html(_RECAPTCHA)}),
    case("a captcha that refreshes at once", BLOCKED, {PATH: html(_SITEGROUND)}),
    case("Sucuri", BLOCKED, {PATH: html(_SUCURI)}),
    case("a challenge with 404", BLOCKED, {PATH: html(_CLOUDFLARE, 404, {"cf-mitigated": "challenge"})}),
    case("a redirect to a login", BLOCKED, _sent_to("/login?next=%2Fpapers%2F2019%2Fcounterpoint.html")),
    case("a permanent redirect to a login", BLOCKED, {PATH: redirect("/user/login", 301), "/user/login": LOGIN}),
    case("a redirect to Shibboleth", BLOCKED, _sent_to("/Shibboleth.sso/Login?SAMLDS=1", "Choose where you are from")),
    case("a redirect to CAS", BLOCKED, _sent_to("/cas/login?service=x", "Central Authentication Service")),
    case(
        "a redirect to a login of another site",
        BLOCKED,
        {PATH: redirect(THERE + "/idp/profile/SAML2/Redirect/SSO", 302)},
        there={"/idp/profile/SAML2/Redirect/SSO": LOGIN},
    ),
    case("a redirect to consent", BLOCKED, _sent_to("/consent?continue=x", "Before you continue")),
    case("a redirect to “no cookies”", BLOCKED, _sent_to("/action/cookieAbsent", "Cookies")),
    case("a redirect to a captcha", BLOCKED, _sent_to("/captcha?from=x", "Library")),
    case("a login that is meant", OK, {"/login": LOGIN}, path="/login"),
    case(
        "a paper about logins",
        OK,
        {PATH: redirect("/papers/login-habits.html", 302), "/papers/login-habits.html": PAPER},
    ),
    case("a page about challenges", OK, {PATH: _ABOUT_WALLS}),
    case("a form with a captcha", OK, {PATH: _WRITE_TO_US}),
    case("a page with a login in its corner", OK, {PATH: page(TITLE, _ABSTRACT + FORM)}),
    case(
        "Cloudflare's script in an ordinary page",
        OK,
        {PATH: page(TITLE, _ABSTRACT + "<script src=/cdn-cgi/challenge-platform/scripts/jsd/main.js></script>")},
    ),
)

# --- Gone ------------------------------------------------------------------------------------------------------------

_NOWHERE = {
    "English": ("Page not found", "Sorry, the page that you are looking for could not be found."),
    "German": ("Seite nicht gefunden", "Die gewünschte Seite existiert leider nicht mehr."),
    "French": ("Page introuvable", "La page demandée n’existe pas ou a été supprimée."),
    "Spanish": ("Página no encontrada", "Lo sentimos, la página que busca no existe."),
    "Portuguese": ("Página não encontrada", "A página solicitada não foi encontrada."),
    "Italian": ("Pagina non trovata", "La pagina richiesta non esiste."),
    "Dutch": ("Pagina niet gevonden", "Deze pagina bestaat niet (meer)."),
    "Polish": ("Nie znaleziono strony", "Strona nie istnieje."),
    "Czech": ("Stránka nenalezena", "Požadovaná stránka neexistuje."),
    "Russian": ("Страница не найдена", "Запрошенная страница не существует."),
    "Turkish": ("Sayfa bulunamadı", "Aradığınız sayfa mevcut değil."),
    "Greek": ("Η σελίδα δεν βρέθηκε", "Η σελίδα που ζητήσατε δεν υπάρχει."),
    "Japanese": ("ページが見つかりません", "お探しのページは存在しません。"),
    "Chinese": ("页面不存在", "抱歉,找不到您访问的页面。"),
    "Korean": ("페이지를 찾을 수 없습니다", "요청하신 페이지가 존재하지 않습니다."),
    "Swedish": ("Sidan hittades inte", "Sidan du söker finns inte."),
}
_SALE = page("lab-for-listening.example is for sale", "<p>This domain may be for sale. Make an offer today.</p>")
_PARKED = html(
    "<html data-adblockkey='MFww'><head><title>lab.example</title></head><body><h2>Related searches</h2><ul><li>Piano"
    "<li>Hearing aids<li>Music lessons</ul><script src='https://img.sedoparking.com/js/p.js'></script></body></html>"
)
_LANDER = html('<html><head><script>window.onload=function(){window.location.href="/lander"}</script></head></html>')
_SHELL = html(
    "<!DOCTYPE html><html><head><title>Atlas of Sound</title></head><body><noscript>You need to enable JavaScript"
    " to run this app.</noscript><div id='root'></div><script src='/static/main.1a2b.js'></script></body></html>"
)
_LIST = "".join(f"<li><a href='/p/{n}'>Report {n} on the sound of halls</a>" for n in range(60))


def _suggesting(request: Request) -> Reply:
    other = "".join(f"<li>{word}</li>" for word in sorted(f"{request.path}{n}"[::-1] for n in range(9)))
    text = "<p>Sorry, we could not find that page. You may search for it, or have a look at what others read today.</p>"
    return page("Page not found", f"{text}<ul>{other}</ul><p>{time.time_ns()}</p>")


_WENT = (
    case("404", GONE, {}),
    case("410", GONE, {PATH: told(410)}),
    case("404 with a long page", GONE, {PATH: page("Not here", _ABSTRACT, status=404)}),
    case(
        "404 with a refresh to the front page",
        GONE,
        {PATH: page("404", "", "<meta http-equiv=refresh content='0; url=/'>", 404)},
    ),
    case("a redirect to a 404", GONE, {PATH: redirect("/error/404", 302)}),
    *(case(f"not found with 200, in {language}", SOFT, otherwise=echo(*words)) for language, words in _NOWHERE.items()),
    case("not found with 200, with suggestions", SOFT, otherwise=_suggesting),
    case("not found with 200, as plain text", SOFT, otherwise=answer_text("File not found.\n")),
    case("not found with 200, as JSON", SOFT, otherwise=answer_json({"error": "not found"})),
    case(
        "not found with 200, in Windows-1251",
        SOFT,
        otherwise=Reply(
            headers={"Content-Type": "text/html; charset=windows-1251"},
            pieces="<title>Страница не найдена</title><p>Страница не найдена".encode("cp1251"),
        ),
    ),
    case("nothing with 200", SOFT, otherwise=html("")),
    case("a word with 200", SOFT, otherwise=html("<html><body>Hm.</body></html>")),
    case("not found by number with 200", SOFT, {"/paper.php": _by_query}, path="/paper.php?id=99"),
    case("found by number", OK, {"/paper.php": _by_query}, path="/paper.php?id=17"),
    case("all leads to the front page", SOFT, {"/": FRONT}, otherwise=redirect("/", 302)),
    case("all leads to the front page for good", SOFT, {"/": FRONT}, otherwise=redirect("/", 301)),
    case("all leads to the index", SOFT, {"/index.html": FRONT}, otherwise=redirect("/index.html", 302)),
    case("all leads to the front page of another site", SOFT, otherwise=redirect(THERE + "/", 301), there={"/": FRONT}),
    case(
        "all leads to an error page",
        SOFT,
        {"/error/notfound": page("Oops", "<p>That went wrong." + _LIST)},
        otherwise=redirect("/error/notfound", 302),
    ),
    case(
        "all leads to an error page that repeats the path",
        SOFT,
        {"/404.html": echo("Nothing here", "Try the search.")},
        otherwise=lambda request: redirect(f"/404.html?from={request.path}", 302),
    ),
    case("all leads to the folder", SOFT, {"/papers/": OTHER}, otherwise=redirect("/papers/", 302)),
    case(
        "all leads to the front page by meta refresh",
        SOFT,
        {"/": FRONT},
        otherwise=html("<meta http-equiv=refresh content='0; url=/'>"),
    ),
    case("a domain for sale", SOFT, otherwise=_SALE),
    case("a domain for sale, its front page listed", SOFT, otherwise=_SALE, path="/"),
    case("a parked domain", SOFT, otherwise=_PARKED),
    case("a parked domain, its front page listed", SOFT, otherwise=_PARKED, path="/"),
    case("a parked domain by script", SOFT, otherwise=_LANDER),
    case(
        "all leads to who sells the domain",
        SOFT,
        otherwise=redirect(THERE + "/domain?name=lab.example", 302),
        there={"/domain": _SALE},
    ),
    case("a PDF that became a page", SOFT, {"/a/paper.pdf": FRONT}, path="/a/paper.pdf"),
    case(
        "a PDF that became the front page", SOFT, {"/a/paper.pdf": redirect("/", 302), "/": FRONT}, path="/a/paper.pdf"
    ),
    case("a PDF where all is one page", SOFT, otherwise=FRONT, path="/a/paper.pdf"),
    case("a PDF where all is made by scripts", SOFT, otherwise=_SHELL, path="/a/paper.pdf"),
    case("an archive that became a page", SOFT, {"/code.tar.gz": FRONT}, path="/code.tar.gz"),
    case("an account was closed", SOFT, otherwise=page("Account Suspended", "<p>Contact your hosting provider.</p>")),
    # what looks like that, and is not
    case(
        "a PDF that leads to its paper's page",
        OK,
        {"/a/paper.pdf": redirect("/a/paper", 302), "/a/paper": PAPER},
        path="/a/paper.pdf",
    ),
    case(
        "a PDF shown within a page",
        OK,
        {"/a/paper.pdf": page("Viewer", "<iframe src='/raw/paper.pdf'></iframe>")},
        path="/a/paper.pdf",
    ),
    case("a page whose path says 404", OK, {"/404/not-found.html": PAPER}, path="/404/not-found.html"),
    case("a page whose title says 404", OK, {PATH: page("404 Not Found: a study of link rot", _ABSTRACT)}),
    case(
        "a short page about what is not found",
        OK,
        {PATH: page("Not found: lost operas", "<p>Eleven are not found.</p>")},
    ),
    case(
        "a demo where all is one page of scripts",
        OK,
        otherwise=html("<title>Piano</title><canvas id=c></canvas><script src=p.js></script>"),
    ),
    case(
        "a short page, badly framed, at every path",
        OK,
        otherwise=_raw(f"HTTP/1.1 200 OK\n{_HTML}\nContent-Length: many", b"<p>Hello.</p>"),
    ),
    case("a short page", OK, {PATH: html("<title>Demo</title><img src=a.png>")}),
    case("a page made by scripts", OK, {}, otherwise=_SHELL),
    case(
        "a page in a frame",
        OK,
        {},
        otherwise=html("<frameset rows=*><frame src='https://example.org/lab/'></frameset>"),
    ),
    case(
        "a project that moved up to the front",
        MOVED,
        {"/project/": redirect("/", 301), "/": FRONT},
        path="/project/",
        fit=False,
    ),
    case(
        "a page that leads to its folder for a while",
        OK,
        {PATH: redirect("/papers/2019/", 302), "/papers/2019/": OTHER},
    ),
    case("a front page", OK, {"/": FRONT}, path="/"),
    case("a front page that leads to a language", OK, {"/": redirect("/en/", 302), "/en/": FRONT}, path="/"),
    case(
        "a front page that moved to another site",
        MOVED,
        {"/": redirect(THERE + "/", 301)},
        there={"/": page(TITLE, _ABSTRACT)},
        path="/",
        fit=True,
    ),
    case(
        "suspicious, but what is beside it is closed",
        OK,
        {PATH: page("Not found: lost operas", "<p>Eleven.</p>")},
        otherwise=told(403),
        note="cannot be told",
    ),
    case(
        "a menu around everything",
        OK,
        {PATH: page("Lost and not found", f"<ul>{_LIST}</ul><p>Of eleven operas nothing is left but this list.</p>")},
        otherwise=page("Our reports", f"<ul>{_LIST}</ul><p>Choose one.</p>"),
    ),
)

# --- No answer -------------------------------------------------------------------------------------------------------

_FAILED = (
    *(
        case(f"status {status}", ERROR, {PATH: told(status)})
        for status in (400, 407, 408, 500, 501, 502, 503, 504, 520, 522)
    ),
    case("503 once", ERROR, {PATH: (told(503), PAPER)}, ends=OK),
    case("502 once", ERROR, {PATH: (told(502), PAPER)}, ends=OK),
    case("500 once, then gone", ERROR, {PATH: (told(500), MISSING)}, ends=GONE),
    case("429 once", BLOCKED, {PATH: (told(429, {"Retry-After": "1"}), PAPER)}, ends=OK),
    case("429 with an hour to wait", BLOCKED, {PATH: told(429, {"Retry-After": "3600"})}),
    case("429 with a date to wait for", BLOCKED, {PATH: lambda _: told(429, {"Retry-After": http_date(7200)})}),
    case("503 with an hour to wait", ERROR, {PATH: told(503, {"Retry-After": "3600"})}),
    case("reset", ERROR, {PATH: hang_up()}),
    case("reset once", ERROR, {PATH: (hang_up(), PAPER)}, ends=OK),
    case("closed without a word", ERROR, {PATH: hang_up("close")}),
    case("no answer", ERROR, {PATH: silent()}),
    case("a head that drips", ERROR, {PATH: drip_head(1.0)}),
    case("no HTTP", ERROR, {PATH: Reply(raw=b"SSH-2.0-OpenSSH_9.6\r\n", end="close")}),
    case("an expired certificate", ERROR, {PATH: PAPER}, tls="expired"),
    case("a self-signed certificate", ERROR, {PATH: PAPER}, tls="self-signed"),
    case("a certificate for another host", ERROR, {PATH: PAPER}, tls="other-name"),
    case("a certificate of an unknown authority", ERROR, {PATH: PAPER}, tls="unknown"),
    case("a certificate without what is above it", OK, {PATH: PAPER}, tls="incomplete", note="certificate"),
    case("a redirect to a host that does not exist", ERROR, led(301, "http://no-such-host.invalid/a")),
    case("a host that does not exist", ERROR, address="http://no-such-host.invalid/paper"),
    case("nobody listens", ERROR, address="http://127.10.255.254:9/paper"),
    case(
        "the site is down for a while",
        ERROR,
        otherwise=page("We’ll be back soon", "<p>The site is under maintenance.</p>"),
    ),
)

_UNSAFE = (
    case("an address on this machine", REFUSED, address=FORBIDDEN + "/"),
    case("a redirect to this machine", REFUSED, led(302, FORBIDDEN + "/")),
    case("a permanent redirect to this machine", REFUSED, led(301, FORBIDDEN + "/")),
    case(
        "a refresh to this machine", REFUSED, {PATH: html(f"<meta http-equiv=refresh content='0; url={FORBIDDEN}/'>")}
    ),
    case("a redirect to the machine's metadata", REFUSED, led(302, "http://169.254.169.254/latest/meta-data/")),
    case("the same as one number", REFUSED, led(302, "http://2852039166/latest/meta-data/")),
    case("a redirect to a private network", REFUSED, led(307, "http://192.168.0.1/")),
    case("a redirect to this machine by IPv6", REFUSED, led(302, "http://[::ffff:7f63:1]/")),
    case("a redirect with a user's name", REFUSED, led(302, "http://anna:secret@example.org/")),
    case("localhost", REFUSED, address="http://localhost/paper"),
    case("localhost with a dot at the end", REFUSED, address="http://www.localhost./paper"),
    case("a port that is no one's", REFUSED, address="http://93.184.216.34:25/"),
    case("a file on disk", REFUSED, address="file:///etc/passwd"),
)

CASES: tuple[Case, ...] = (*_WELL, *_ODD, *_SPELT, *_LED, *_WALLED, *_WENT, *_FAILED, *_UNSAFE)
