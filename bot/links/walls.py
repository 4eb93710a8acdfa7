"""Walls: pages that stand before the page that was meant, and say nothing of it.

Each mark is one of a product's own pages, not of all pages that the product guards: Cloudflare, Imperva, DataDome and
HUMAN put scripts of theirs into ordinary pages too. Words alone never make a wall of a page with text of its own.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from bot.links.page import Page

BLOCKED = frozenset({202, 401, 402, 403, 405, 406, 418, 423, 429, 451, 999})
"""Statuses that say: not you, not so, not now, not here. 202 is a firewall's, 418 and 999 are used by some sites."""

_PHRASES = {
    418: "I'm a teapot",
    520: "Unknown Error of the host",
    521: "Host Is Down",
    522: "Connection to the Host Timed Out",
    523: "Host Is Unreachable",
    524: "A Timeout Occurred",
    525: "TLS Handshake Failed",
    526: "Invalid Certificate of the host",
    530: "Host Not Found",
    999: "Request Denied",
}  # https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/


def phrase(status: int) -> str:
    """A status for people: ``404 Not Found``."""
    try:
        return f"{status} {_PHRASES.get(status) or HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


# --- Challenges ------------------------------------------------------------------------------------------------------

_HEADERS = (
    ("cf-mitigated", re.compile("challenge"), "Cloudflare"),
    ("x-amzn-waf-action", re.compile("challenge|captcha|block"), "AWS WAF"),
    ("x-vercel-mitigated", re.compile("challenge|deny"), "Vercel"),
    ("sg-captcha", re.compile("challenge"), "SiteGround"),
    ("x-sucuri-block", re.compile("."), "Sucuri"),
)
# What stands in the scripts and attributes of a challenge, in lower case.
_MARKS = (
    ("_cf_chl_opt", "Cloudflare"),
    ("cf-browser-verification", "Cloudflare"),
    ("/cdn-cgi/l/chk_", "Cloudflare"),
    ("anubis_challenge", "Anubis"),
    ("/.within.website/", "Anubis"),
    ("/git/go-away/", "go-away"),
    ("captcha-delivery.com", "DataDome"),
    ("px-captcha", "HUMAN"),
    ("gokuprops", "AWS WAF"),
    ("sec-if-cpt-container", "Akamai"),
    ("/_sec/cp_challenge/", "Akamai"),
    ("bm-verify=", "Akamai"),
    ("/.well-known/ddos-guard/", "DDoS-Guard"),
    ("check.ddos-guard.net", "DDoS-Guard"),
    ("sucuri_cloudproxy", "Sucuri"),
    ("/.well-known/sgcaptcha/", "SiteGround"),
    ("/_fs-ch-", "Fastly"),
    ("validate.perfdrive.com", "Radware"),
    ("distil_r_captcha", "Imperva"),
    ("distil_identification_block", "Imperva"),
    ("/.basedflare/", "Basedflare"),
    ("slowaes.decrypt", "InfinityFree"),
)
# What these put into ordinary pages too: a wall where there is next to no text.
_SHARED_MARKS = (
    ("_incapsula_resource", "Imperva"),
    ("/tspd/", "F5"),
    ("window.kpsdk", "Kasada"),
    ("awswaf.com", "AWS WAF"),
    ("window._pxappid", "HUMAN"),
)
_CAPTCHAS = re.compile(
    r"\bg-recaptcha\b|\bh-captcha\b|\bcf-turnstile\b|data-sitekey|altcha-widget|frc-captcha|smartcaptcha"
)
_CAPTCHA_SCRIPTS = re.compile(
    r"recaptcha/(?:api|enterprise)\.js(?!\?[^\"' ]{0,200}render=)|hcaptcha\.com/1/api|/turnstile/v\d|geetest"
)
# A title that says nothing but this, maybe with the site's name after a dash or a bar.
_TITLES = re.compile(
    r"(?:"
    r"just a moment|one moment,? please|attention required!?|pardon our interruption|request unsuccessful"
    r"|client challenge|validate user|radware (?:bot manager )?captcha|sucuri website firewall.*|ddos[ -]guard"
    r"|access (?:to this page )?(?:has been |is |was |temporarily )*(?:denied|blocked|restricted|forbidden)"
    r"|access denied.*"
    r"|(?:error |http )*403|(?:error |http )*(?:403[ :-]*)?forbidden|request (?:rejected|blocked)"
    r"|you (?:have been|are|were) blocked|unusual traffic.*|too many requests"
    r"|(?:please )?(?:verify|verifying|confirm|checking|making sure|prove)(?: that)? you(?:'re|’re| are) "
    r"(?:not a (?:ro)?bot|(?:a )?human).*"
    r"|are you (?:a|not a) (?:ro)?bot|are you (?:a )?human|human (?:check|verification)|captcha(?: challenge)?"
    r"|(?:ro)?bot (?:check|verification|detection|protection|challenge)|ddos protection.*"
    r"|(?:vercel )?security (?:check|verification|checkpoint)|checking your browser.*|browser (?:check|verification)"
    r"|nur einen moment|un instant|un momento|um momento|een moment(?: geduld)?|один момент|请稍候|請稍候"
    r"|しばらくお待ちください|잠시만 기다리십시오|chwileczkę|bir dakika(?: lütfen)?|et øjeblik|ett ögonblick"
    r"|zugriff verweigert|accès refusé|acceso denegado|acesso negado|accesso negato|доступ (?:запрещ[её]н|ограничен)"
    r"|toegang geweigerd|アクセス拒否|访问被拒绝|安全验证|安全驗證|人机验证|人機驗證"
    r"|your access to this (?:site|service) has been (?:temporarily )?limited.*"
    r")[\s.…!?]*(?:[|–—·-].*)?",
    re.IGNORECASE,
)
_TEXTS = re.compile(
    r"the requested url was rejected\. please consult with your administrator|incapsula incident id|your support id is"
    r"|verify(?:ing)? (?:that )?you are (?:a )?human|checking your browser before accessing"
    r"|(?:i'm|i am|you are) not a robot"
    r"|made us think (?:that )?you (?:were|are|might be) a (?:ro)?bot|unusual traffic from your|press (?:&|and) hold"
    r"|you don't have permission to access .{1,200} on this server|enable javascript and cookies to continue"
    r"|complete the (?:captcha|security check)|please solve (?:this|the) captcha|automated (?:access|requests|queries)",
    re.IGNORECASE,
)
_WORDY = 2000  # characters of text with which a page is no challenge, whatever it holds
_SPARSE = 700  # next to no text: a heading, a reason, an incident's number
_NOTHING = 200  # a line


def challenge(status: int, headers: Mapping[str, str], page: Page | None) -> str:
    """Who bars the way to the page that was meant (``a challenge of Cloudflare``); nothing where nobody does."""
    for header, pattern, owner in _HEADERS:
        if pattern.search(headers.get(header, "").lower()):
            return f"a challenge of {owner}"
    if page is None or len(page.text) > _WORDY:
        return ""
    for mark, owner in _MARKS:
        if mark in page.code:
            return f"a challenge of {owner}"
    if len(page.text) > _SPARSE or not (200 <= status < 300 or status == 503):
        return ""
    for mark, owner in _SHARED_MARKS:
        if mark in page.code and (len(page.text) < _NOTHING or _TEXTS.search(page.text)):
            return f"a challenge of {owner}"
    if _is_form(page):
        return ""
    if _CAPTCHAS.search(page.code) or (len(page.text) < _NOTHING and _CAPTCHA_SCRIPTS.search(page.code)):
        return "a captcha"
    if _TEXTS.search(page.text):
        return "a challenge"
    return next((f"a wall: “{title[:60]}”" for title in page.headlines if _TITLES.fullmatch(title)), "")


def _is_form(page: Page) -> bool:
    """Whether people write on the page: captchas guard such forms too."""
    return any(kind in ("textarea", "email", "tel", "password", "search", "url") for kind in page.inputs)


# --- Logins and consent ----------------------------------------------------------------------------------------------

_LOGIN = re.compile(
    r"(?:[a-z]{1,8}[_-])?(?:log[_-]?[io]n|sign[_-]?[io]n|log[_-]?me[_-]?in|servicelogin|ssostart|sso[_-]?login|samllogin|saml2?|shibboleth(?:\.sso)?|wayf"
    r"|openathens|loginuserpass|special:userlogin|openid(?:-connect)?|oauth2?|authenticate|authentication|institutional-?login|institution[_-]?login"
    r"|discovery-service|anmelden|anmeldung|connexion|acceder|iniciar-sesion|inloggen|logowanie|prihlaseni)"
    r"(?:[_-](?:form|page|required|user))?",
    re.IGNORECASE,
)
# Paths that are other things as often: a login where a field for a password stands, or a way back.
_MAYBE_LOGIN = re.compile(
    r"authn?|accounts?|cas|idp|adfs|sso|sessions?|users?|authorize|register|members?|subscribe", re.IGNORECASE
)
_LOGIN_HOST = re.compile(
    r"(?:login|logon|signin|sign-in|sso|idp\d?|auth|accounts?|wayf|cas|adfs|shib\w*|saml|openathens|id|identity|oauth|connect)"
    r"|.*\b(?:shibboleth|openathens|microsoftonline)\b.*",
    re.IGNORECASE,
)
_BACK = frozenset(
    {
        *(
            "return",
            "returnto",
            "return_to",
            "returnurl",
            "return_url",
            "redirect",
            "redirect_to",
            "redirect_uri",
            "url",
        ),
        *(
            "redirecturl",
            "redirect_url",
            "next",
            "service",
            "target",
            "goto",
            "continue",
            "dest",
            "destination",
            "from",
        ),
        *("back", "backurl", "back_url", "came_from", "ref", "referer", "relaystate", "samlrequest", "entityid", "uri"),
        *(
            "orig",
            "origin",
            "original",
            "requested",
            "came",
            "ret",
            "success",
            "path",
            "forward",
            "r",
            "u",
            "targeturl",
        ),
    }
)
_CONSENT = re.compile(
    r"consent|cookie[_-]?absent|cookies?[_-]?(?:consent|wall|required|not[_-]supported|disabled|policy-consent)|no[_-]?cookies?"
    r"|enable[_-]?cookies?|gdpr|(?:gdpr|privacy)[_-](?:consent|gate|wall)|age[_-]?(?:gate|check|verification)|accept[_-]?(?:terms|cookies)",
    re.IGNORECASE,
)
_CONSENT_HOST = re.compile(r"consent|cmp|guce|privacy-gate", re.IGNORECASE)
_CONSENT_TITLES = re.compile(
    r"before you continue.*|we value your privacy.*|(?:cookie|privacy) (?:consent|choices|settings|preferences).*"
    r"|bevor (?:sie|du) fortfahren.*|avant (?:de|d'accéder) .*|antes de continuar.*|prima di continuare.*",
    re.IGNORECASE,
)
_GATE = re.compile(
    r"(?:.*[_-])?captcha|validate[_-]?captcha|access[_-]?denied|challenge|(?:ro)?bot[_-]?(?:check|detected|verification)"
    r"|are[_-]you[_-](?:a[_-])?(?:human|robot)|verify[_-]?human|human[_-]?verification|unusual[_-]traffic|sorry|blocked"
    r"|ip[_-]?blocked|forbidden|paywall|unauthori[sz]ed|not[_-]?authori[sz]ed|403",
    re.IGNORECASE,
)
_LOGIN_TITLES = re.compile(
    r"(?:.*[|–—:·-] *)?(?:please )?(?:log|sign)[ -]?[io]n(?: (?:to|with|required|page|form|-|to your|through) ?.*)?"
    r"(?: *[|–—:·-].*)?|(?:institutional|member|user|central|web) (?:log|sign)[ -]?in.*|anmeld(?:en|ung).*|connexion.*"
    r"|iniciar sesión.*|authentication(?: required)?.*|single sign[ -]on.*|central authentication service.*|вход.*"
    r"|ログイン.*|登录.*|登錄.*|accedi.*|inloggen.*|logowanie.*|shibboleth.*"
    r"|select your (?:institution|organi[sz]ation).*",
    re.IGNORECASE,
)


def gate(asked: str, end: str, page: Page | None) -> str:
    """To what login, consent page or other gate a redirect from ``asked`` has led, in words; nothing where to none.

    What the listed address itself is like does not count: a login page may be what the list means.
    """
    old, new = urlsplit(asked), urlsplit(end)
    before = {part.lower() for part in _segments(old.path)}
    host, old_host = ((parts.hostname or "").lower() for parts in (new, old))
    parts = [part for part in _segments(new.path) if part.lower() not in before]
    label = host.partition(".")[0] if host != old_host and "." in host and not host.replace(".", "").isdigit() else ""
    query = [(name.lower(), value) for name, value in parse_qsl(new.query[:4000], keep_blank_values=True)]
    if (
        any(map(_CONSENT.fullmatch, parts))
        or _CONSENT_HOST.fullmatch(label)
        or any(_CONSENT.fullmatch(value) for _, value in query)
    ):
        return "it leads to a page that asks for consent or cookies"
    is_sparse = page is None or len(page.text) < _SPARSE
    if page is not None and is_sparse and any(map(_CONSENT_TITLES.fullmatch, page.headlines)):
        return "it leads to a page that asks for consent or cookies"
    asks = page is not None and "password" in page.inputs
    is_titled = page is not None and any(_LOGIN_TITLES.fullmatch(title) for title in page.headlines)
    goes_back = _goes_back(asked, query)
    is_named = any(map(_LOGIN.fullmatch, parts)) or any(_LOGIN.fullmatch(value) for _, value in query[:20])
    may_be = (
        any(map(_MAYBE_LOGIN.fullmatch, parts))
        or bool(label and _LOGIN_HOST.fullmatch(label))
        or (host != old_host and bool(re.search("shibboleth|openathens|microsoftonline", host)))
    )
    if is_named or (may_be and (asks or is_titled or goes_back)) or (asks and (is_titled or goes_back)):
        return "it leads to a login"
    if any(map(_GATE.fullmatch, parts)) and (asks or goes_back or is_sparse):
        return "it leads to a wall"
    return ""


def login_form(url: str, page: Page) -> str:
    """Whether a login stands in place of the page, in words: by title, field for a password, and next to no text."""
    is_meant = any(_LOGIN.fullmatch(part) or _MAYBE_LOGIN.fullmatch(part) for part in _segments(urlsplit(url).path))
    if is_meant or "password" not in page.inputs or len(page.text) > _SPARSE or urlsplit(url).path in ("", "/"):
        return ""
    return "a login stands there" if any(map(_LOGIN_TITLES.fullmatch, page.headlines)) else ""


def _segments(path: str) -> list[str]:
    """The parts of a path without their extensions and parameters (``/user/login.jsp;id=1`` → ``user``, ``login``)."""
    return [
        re.sub(
            r"\.(?:php\d?|aspx?|jspx?|html?|do|action|cgi|cfm|seam|xhtml)\Z",
            "",
            part.partition(";")[0],
            flags=re.IGNORECASE,
        )
        for part in unquote(path[:4000]).split("/")
        if part
    ]


def _goes_back(asked: str, query: list[tuple[str, str]]) -> bool:
    """Whether a query holds the address that was asked for, to go back to it."""
    path = urlsplit(asked).path
    return len(path) > 1 and any(
        name in _BACK and (path in value or quote(path, safe="") in value) for name, value in query
    )
