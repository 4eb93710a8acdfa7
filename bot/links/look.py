"""One look at an address: what is asked, how an answer is read, and what it shows."""

import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import unquote, urldefrag

import msgspec

from bot.bibliography.folding import fold_title
from bot.links import page as pages
from bot.links import soft, walls
from bot.links.observation import Hop, Kind, Observation
from bot.links.page import Page
from bot.links.redirects import PERMANENT, REDIRECTS, Cookies, is_front, leads_to, same_site
from bot.links.soft import Suspicion
from bot.web.address import as_sent
from bot.web.errors import Reason, WebError
from bot.web.session import Answer, Stream, retry_after

_REDIRECTS = 20  # as many as browsers follow: https://fetch.spec.whatwg.org/#http-redirect-fetch
_ROUNDS = 2  # times that an address is asked on the way before it is a circle: some answer otherwise at once
_SIZE = 1 << 16  # bytes of a page that are read
_SNIFFED = 1 << 12  # bytes of what is no text
_GONE = frozenset({404, 410})
_EMPTY = frozenset({204, 205})
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, *range(520, 531)})
_ON_THE_WAY = frozenset({Reason.DNS, Reason.CONNECT, Reason.TIMEOUT, Reason.CUT})
_UNSAFE = "it leads to an address that is not asked: "
_LONGEST_TEXT = 80  # characters from outside in a reason
_LONGEST_PAUSE = 366 * 86400.0
_REMEMBERED = 1000  # addresses beside others, each of about 10 KB
_HEADERS: Mapping[str, str] = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en,*;q=0.5",
    "Accept-Encoding": "identity",
}


class Open(Protocol):
    """One request, nothing followed and nothing repeated: ``bot.web.session.Web.open``, or what paces it."""

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str] = ..., until: float | None = ...
    ) -> AbstractContextManager[Stream]:
        """Raises ``WebError`` where no answer begins."""


class _Answer(msgspec.Struct, frozen=True):
    """What came of one request: ``body`` as far as it was read, ``is_whole`` where that was all of it."""

    url: str
    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    note: str
    body: bytes = b""
    is_whole: bool = False

    @property
    def media(self) -> str:
        return self.headers.get("Content-Type", "")


class _Way(msgspec.Struct, frozen=True):
    """The way that an address has led: either to an ``answer``, with its ``page`` if it is one, or to a ``failure``."""

    chain: tuple[Hop, ...]
    answer: _Answer | None = None
    page: Page | None = None
    failure: Observation | None = None
    notes: tuple[str, ...] = ()


class Looker:
    """Looks at addresses; threads may share it.

    Every request goes through ``open_``. ``reading`` is for how many seconds a body is read, which decides little,
    ``patience`` for how many a whole way may take, with all its redirects; ``clock`` is as in ``time``. What an
    address that does not exist gets is asked once for a folder and remembered.
    """

    def __init__(
        self,
        open_: Open,
        *,
        clock: Callable[[], float] = time.monotonic,
        reading: float = 5.0,
        patience: float = 60.0,
    ) -> None:
        """Nothing is asked yet."""
        self._open = open_
        self._clock = clock
        self._reading = reading
        self._patience = patience
        self._lock = threading.Lock()
        self._twins: frozenset[str] = frozenset()
        self._ways: dict[str, tuple[_Way, str]] = {}
        self._beside: dict[tuple[str, str, str], Future[soft.Shown | None]] = {}
        # Nobody can have made a page of this name, nor guess it from another run.
        self._word = f"q{secrets.token_hex(8)}"
        self._number = str(1_900_000_000 + secrets.randbelow(200_000_000))  # as large as most databases can count

    def look(self, url: str, *, title: str = "", method: str = "GET") -> Observation:
        """What is at an address; ``title`` is that of the paper.

        ``method`` is HEAD for a second try after a reset: what it says is believed only where it is good.
        """
        try:
            sent = as_sent(url)
        except WebError as error:
            return Observation(Kind.REFUSED, str(error))
        way = self._follow(sent, method)
        if sent in self._twins:
            self._ways[sent] = way, method
        return self._seen(url, sent, title, way, method)

    def see(self, url: str, *, title: str = "") -> tuple[Observation, Answer | None]:
        """A look, and what ``fetch`` would give, by the same requests."""
        try:
            sent = as_sent(url)
        except WebError as error:
            return Observation(Kind.REFUSED, str(error)), None
        way = self._follow(sent, "GET")
        return self._seen(url, sent, title, way, "GET"), _served(way)

    def expect(self, twins: Iterable[str]) -> None:
        """Keep what comes of these addresses, as they are sent, for those that differ from them in the fragment."""
        self._twins = frozenset(twins)

    def twin(self, url: str, *, title: str = "") -> Observation | None:
        """What is at an address of which one was looked at that differs in the fragment; ``None`` if none was."""
        sent = as_sent(url)
        known = self._ways.get(sent)
        return self._seen(url, sent, title, *known) if known else None

    def _seen(self, url: str, sent: str, title: str, way: _Way, method: str) -> Observation:
        if way.answer is None:
            seen = way.failure or Observation(Kind.ERROR)
        else:
            seen = self._judge(url, sent, title, way, way.answer)
        return _by_head(seen) if method == "HEAD" else seen

    def fetch(self, url: str) -> Answer | None:
        """What an address serves, redirects followed; of a page the first 64 KB, of other files less.

        ``None`` where nothing comes.
        """
        try:
            return _served(self._follow(as_sent(url), "GET"))
        except WebError:
            return None

    # --- The way -----------------------------------------------------------------------------------------------------

    def _follow(self, url: str, method: str) -> _Way:
        """Follow redirects from an address, as it is sent, to an answer that leads nowhere else."""
        cookies = Cookies()
        chain: list[Hop] = []
        notes: list[str] = []
        seen: Counter[tuple[str, str]] = Counter()
        until = self._clock() + self._patience
        status = 0

        def failed(kind: Kind, reason: str, error: WebError | None = None) -> _Way:
            network = error is not None and error.reason in _ON_THE_WAY
            again = error is not None and (error.passing or error.reason in (Reason.TIMEOUT, Reason.CUT))
            cut = error is not None and error.reason is Reason.CUT
            failure = Observation(kind, _cut(reason), status, tuple(chain), network=network, cut=cut, again=again)
            return _Way(tuple(chain), failure=failure)

        while True:
            asked = (url, cookies.header(url))
            if seen[asked] == _ROUNDS:
                return failed(Kind.ERROR, "the redirects go round in a circle")
            seen[asked] += 1
            try:
                answer = self._ask(method, *asked, until)
            except WebError as error:
                if error.reason is Reason.REFUSED:
                    return failed(Kind.REFUSED, f"{_UNSAFE if chain else ''}{error}")
                return failed(Kind.ERROR, str(error), error)
            status = answer.status
            now = datetime.now(UTC)
            for line in answer.cookies:
                cookies.keep(url, line, now)
            if answer.note and answer.note not in notes:
                notes.append(answer.note)
            page = _page(answer)
            try:
                target = _led(answer, page)
            except WebError as error:
                return failed(Kind.REFUSED if error.reason is Reason.REFUSED else Kind.ERROR, str(error))
            if target is None:
                return _Way(tuple(chain), answer, page, notes=tuple(notes))
            url = as_sent(target[1])
            chain.append(Hop(target[0], url + _place(target[1])))
            if len(chain) > _REDIRECTS:
                return failed(Kind.ERROR, f"more than {_REDIRECTS} redirects")

    def _ask(self, method: str, url: str, cookies: str, until: float) -> _Answer:
        headers = {**_HEADERS, "Cookie": cookies} if cookies else _HEADERS
        with self._open(method, url, headers=headers, until=until) as stream:
            answer = _Answer(url, stream.status, stream.headers, stream.cookies, stream.fault)
            status = answer.status
            if method == "HEAD" or status in _EMPTY or status in REDIRECTS or status in walls.BLOCKED:
                return answer
            return self._read(stream, answer)

    def _read(self, stream: Stream, answer: _Answer) -> _Answer:
        """As much of the body as tells what it is. What is wrong with it does not matter, since the head was good."""
        end = self._clock() + self._reading
        body = bytearray()
        note, is_whole = "", False
        try:
            for piece in stream.chunks():
                body += piece
                if pages.is_pdf(bytes(body[:1024])) or len(body) >= self._wanted(body, answer.media):
                    break
                if self._clock() >= end:
                    note = "the body was still coming when reading ended"
                    break
            else:
                is_whole = True
        except WebError as error:
            note = f"of the body: {error}"
        notes = "; ".join(filter(None, (answer.note, note)))
        return msgspec.structs.replace(answer, body=bytes(body[:_SIZE]), is_whole=is_whole, note=notes)

    @staticmethod
    def _wanted(body: bytearray, media: str) -> int:
        start = bytes(body[:1024])
        return _SIZE if pages.is_text(media) or pages.is_html(start, media) else _SNIFFED

    # --- What it shows -----------------------------------------------------------------------------------------------

    def _judge(self, url: str, sent: str, title: str, way: _Way, answer: _Answer) -> Observation:
        """What the end of the way shows; ``sent`` is ``url`` as it was sent."""
        status, page, chain = answer.status, way.page, way.chain
        reason = walls.challenge(status, answer.headers, page)
        if status in walls.BLOCKED or reason:
            after = _pause(answer)
            reason = ": ".join(filter(None, (walls.phrase(status), reason)))
            return Observation(Kind.BLOCKED, _cut(reason), status, chain, again=status == 429, after=after)
        gate = walls.gate(sent, answer.url, page) if chain else ""
        if gate and status < 500:
            return Observation(Kind.BLOCKED, gate, status, chain)
        if status in _GONE:
            return Observation(Kind.GONE, walls.phrase(status), status, chain)
        if not (200 <= status < 300 or status == 300):
            reason = "a redirect without a place to go" if status in REDIRECTS else walls.phrase(status)
            return Observation(Kind.ERROR, reason, status, chain, again=status in _PASSING, after=_pause(answer))
        if page and (gate := walls.login_form(sent, page)):
            return Observation(Kind.BLOCKED, gate, status, chain)
        fine = _fine(url, sent, title, way, answer)
        shape = page or _plain(answer)
        if shape is None:
            return fine
        found = soft.suspicions(sent, answer.url, shape, tagged=b"<" in answer.body)
        found = _left(found, sent, title, way, answer, shape)
        return self._settle(sent, found, fine, answer, shape) if found else fine

    def _settle(self, sent: str, found: set[Suspicion], fine: Observation, answer: _Answer, page: Page) -> Observation:
        """What becomes of a suspicion; ``fine`` is what there is to say where it was wrong."""
        doubt = next(each for each in Suspicion if each in found)
        other = self._shown_beside(sent)
        if found - {Suspicion.SHORT, Suspicion.SHALLOW}:
            fine = msgspec.structs.replace(fine, fit=False)
        if other is None:
            return _noted(fine, f"{doubt}, and what does not exist there cannot be told from it")
        mine = soft.shown(sent, answer.url, answer.status, page)
        if soft.same(mine, other):
            if soft.says_down(page) and not soft.looks_parked(answer.url, page):
                return _ended(fine, Kind.ERROR, "the site says that it is down for a while", again=True)
            reason = "an address beside it that does not exist leads to the same"
            return _ended(fine, Kind.SOFT_GONE, reason if doubt is Suspicion.SHORT else f"{doubt}; {reason}")
        if Suspicion.TYPE in found:
            return _ended(fine, Kind.SOFT_GONE, Suspicion.TYPE.value)
        if Suspicion.ERROR_PAGE in found:
            return _ended(fine, Kind.SOFT_GONE, Suspicion.ERROR_PAGE.value)
        if Suspicion.UPWARD in found and soft.lost_to_front(sent, answer.url):
            return _ended(fine, Kind.SOFT_GONE, "it leads to the site's front page")
        return fine

    def _shown_beside(self, url: str) -> soft.Shown | None:
        """What an address beside this one shows that surely does not exist; ``None`` where that cannot be told."""
        question = soft.beside(url, self._word, self._number)
        with self._lock:
            known = self._beside.get(question.key)
            mine = known is None
            if known is None:
                known = self._beside[question.key] = Future()
                while len(self._beside) > _REMEMBERED:
                    del self._beside[next(iter(self._beside))]
        if mine:
            try:
                known.set_result(self._show(question.url))
            except BaseException as error:
                with self._lock:
                    self._beside.pop(question.key, None)
                known.set_exception(error)
                raise
        return known.result()

    def _show(self, url: str) -> soft.Shown | None:
        way = self._follow(url, "GET")
        answer = way.answer
        if answer is None:
            return None
        is_wall = answer.status in walls.BLOCKED or walls.challenge(answer.status, answer.headers, way.page)
        if is_wall or (way.chain and walls.gate(url, answer.url, way.page)):
            return None
        if not (200 <= answer.status < 400 or answer.status in _GONE):
            return None
        return soft.shown(url, answer.url, answer.status, way.page or _plain(answer) or Page())


# --- Reading an answer -----------------------------------------------------------------------------------------------


def _served(way: _Way) -> Answer | None:
    answer = way.answer
    return Answer(answer.url, answer.status, answer.headers, answer.body) if answer else None


def _page(answer: _Answer) -> Page | None:
    if not answer.body and not (answer.is_whole and pages.media_type(answer.media) in ("text/html", "")):
        return None
    if not pages.is_html(answer.body[:1024], answer.media):
        return None
    return pages.read(pages.decode(answer.body, answer.media))


def _plain(answer: _Answer) -> Page | None:
    """A text that is no HTML as if it were a page."""
    if not answer.body or not pages.is_text(answer.media) or pages.is_pdf(answer.body) or b"\0" in answer.body:
        return None
    text = pages.decode(answer.body, answer.media)
    return Page(text="\n".join(filter(None, (" ".join(line.split()) for line in text.split("\n")))))


def _led(answer: _Answer, page: Page | None) -> tuple[int, str] | None:
    """The status and the place of the redirect that an answer is, if it is one.

    Raises:
        WebError: it leads to what is no address of the web, or is none that may be asked.
    """
    if answer.status in REDIRECTS:
        location = answer.headers.get("Location", "").strip()
        return (answer.status, leads_to(answer.url, location)) if location else None
    if not 200 <= answer.status < 300 or answer.status == 202:
        return None
    is_html = pages.media_type(answer.media) in ("", "text/html", "application/xhtml+xml")
    delayed = pages.refresh(answer.headers.get("Refresh", "")) or (page.refresh if page and is_html else None)
    if delayed is None or delayed[0] > 0 or walls.challenge(answer.status, answer.headers, page):
        return None
    try:
        base = leads_to(answer.url, page.base) if page and page.base else answer.url
        target = leads_to(base, delayed[1])
    except WebError:
        return None  # browsers stay where they are
    return None if as_sent(target) == answer.url else (0, target)


def _pause(answer: _Answer) -> float:
    if answer.status not in (429, 503):
        return 0.0
    return min(max(retry_after(answer.headers.get("Retry-After", "")), 0.0), _LONGEST_PAUSE)


# --- Saying it -------------------------------------------------------------------------------------------------------


def _fine(url: str, sent: str, title: str, way: _Way, answer: _Answer) -> Observation:
    """What there is to say of a good end: that it is ok, or that it has moved there."""
    notes = list(way.notes)
    if answer.status in _EMPTY or (answer.is_whole and not answer.body):
        notes.append("it is empty")
    fragment = urldefrag(url).fragment
    if place := _missing_place(fragment, way, answer):
        notes.append(f"the page has no place called “{place}”")
    note = "; ".join(map(_cut, notes))
    fine = Observation(Kind.OK, walls.phrase(answer.status), answer.status, way.chain, note=note)
    permanent = 0
    while permanent < len(way.chain) and way.chain[permanent].status in PERMANENT:
        permanent += 1
    if not permanent or (target := way.chain[permanent - 1].url).partition("#")[0] == sent:
        return fine
    fit = (is_front(sent) or not is_front(target, in_a_language=True)) and not walls.gate(sent, target, None)
    fit = fit and (same_site(sent, target) or _tells_title(way.page, title))
    place = f"#{fragment}" if fragment and "#" not in target else ""
    reason = " ".join(str(hop.status) if hop.status else "meta refresh" for hop in way.chain[:permanent])
    return msgspec.structs.replace(
        fine, kind=Kind.MOVED, reason=f"moved for good ({reason})", target=target + place, fit=fit
    )


def _left(found: set[Suspicion], sent: str, title: str, way: _Way, answer: _Answer, page: Page) -> set[Suspicion]:
    """Which suspicions are worth a question."""
    if Suspicion.PARKED not in found:
        if page.citations and _tells_title(Page(citations=page.citations), title):
            return set()
        if _tells_title(page, title) and (way.chain or Suspicion.TYPE not in found):
            return set()
    if Suspicion.TYPE in found and soft.shows_file(sent, page):
        found = found - {Suspicion.TYPE}
    # What was not read as it was meant may be short for that.
    is_told = answer.is_whole and not answer.note and way.page is not None
    return found if is_told else found - {Suspicion.SHORT}


_SITE_S_NAME = re.compile(r"\s+[|–—·:-]\s+")  # what stands between a page's title and that of its site


def _tells_title(page: Page | None, title: str) -> bool:
    """Whether a page calls itself by the title of the paper; one of three words or more also among other words."""
    wanted = fold_title(title)
    if page is None or not wanted:
        return False
    for each in (*page.headlines, *page.citations):
        if wanted in map(fold_title, (each, *_SITE_S_NAME.split(each))):
            return True
        if wanted.count(" ") > 1 and f" {wanted} " in f" {fold_title(each)} ":
            return True
    return False


def _missing_place(fragment: str, way: _Way, answer: _Answer) -> str:
    """The name in a fragment that a page lacks; nothing where it has it, or where names are not looked for.

    https://html.spec.whatwg.org/#find-a-potential-indicated-element; what has a sign in it is for scripts and readers.
    """
    page = way.page
    if not fragment or page is None or not answer.is_whole or page.is_script_made:
        return ""
    name = unquote(fragment)
    if name.lower() == "top" or name.startswith(("!", "/", ":~:")) or set("=&:~") & set(name):
        return ""
    known = set(pages.places(pages.decode(answer.body, answer.media)))
    return "" if {fragment, name, f"user-content-{name}"} & known else _cut(name)


def _noted(seen: Observation, note: str) -> Observation:
    return msgspec.structs.replace(seen, note="; ".join(filter(None, (seen.note, note))))


def _ended(seen: Observation, kind: Kind, reason: str, *, again: bool = False) -> Observation:
    return Observation(kind, reason, seen.status, seen.chain, again=again)


def _by_head(seen: Observation) -> Observation:
    """What HEAD has shown; also good news only until a third look by GET says more."""
    if seen.kind in (Kind.OK, Kind.MOVED):
        ok = Observation(Kind.OK, walls.phrase(seen.status), seen.status, seen.chain, note=seen.note, again=True)
        return _noted(ok, "only HEAD is answered")
    if seen.kind is Kind.REFUSED:
        return seen
    return Observation(Kind.ERROR, "the connection was cut", network=True, cut=True, again=True)


def _place(target: str) -> str:
    """The fragment of a redirect's target, with its sign, as far as it can be written as it is."""
    fragment = urldefrag(target).fragment
    if not fragment:
        return ""
    return f"#{fragment}" if fragment.isascii() and fragment.isprintable() and not set(' "<>`') & set(fragment) else ""


def _cut(text: str) -> str:
    """A text from outside as a short line."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text[: 4 * _LONGEST_TEXT]).split())
    return line if len(line) <= _LONGEST_TEXT else line[: _LONGEST_TEXT - 1] + "…"
