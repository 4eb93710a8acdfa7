"""What may take an address's place, and what never may."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from urllib.parse import urlencode

import pytest
from requests.structures import CaseInsensitiveDict

from bot.bibliography.entry import Entry
from bot.links import archive
from bot.links.link import Link, Place, Repair
from bot.links.memory import Record, Sighting
from bot.links.observation import Hop, Kind, Observation
from bot.links.repair import find_repair, serve_the_same
from bot.links.verdict import Finding, Judgement, Verdict
from bot.metadata.source import Query
from bot.web.session import Answer, Web
from tests.support.owners import Copy, Facts, Owners

OLD = "https://gongs.example.org/papers/1.html"
DEATH = datetime(2026, 1, 5, 3, 43, tzinfo=UTC)
WEEK = timedelta(days=7)
OK = Observation(Kind.OK, status=200)
GONE = Observation(Kind.GONE, "404 Not Found", status=404)
TITLE = "Learning to tell one gong from another"
TEXT = "We listen to gongs of many makers and find what tells them apart. " * 20
PAGE = f"<!DOCTYPE html><title>{TITLE}</title><h1>{TITLE}</h1><p>{TEXT}".encode()
HTML = "text/html; charset=utf-8"


def answer(url: str, body: bytes = PAGE, status: int = 200, content_type: str = HTML) -> Answer:
    return Answer(url, status, CaseInsensitiveDict({"Content-Type": content_type}), body)


class Fake:
    """Who answers from what it was given; all else is gone, and the archive is silent."""

    archive_url = archive.URL

    def __init__(
        self,
        looks: Mapping[str, Observation] = {},  # never changed
        pages: Iterable[tuple[str, Answer]] = (),
        captures: Mapping[str, Answer] = {},
    ) -> None:
        self.looks = looks
        self.pages = dict(pages)
        self.captures = captures
        self.asked: list[str] = []

    def look(self, url: str, title: str) -> Observation:
        assert title == TITLE
        self.asked.append(url)
        return self.looks.get(url, GONE)

    def see(self, url: str, title: str) -> tuple[Observation, Answer | None]:
        return self.look(url, title), self.pages.get(url)

    def fetch(self, url: str) -> Answer | None:
        self.asked.append(url)
        return self.pages.get(url)

    def ask_archive(self, query: Query) -> Answer | None:
        self.asked.append(query.path)
        return self.captures.get(query.path)


def place(key: str | None = "Mallet2017", field: str | None = "link", file: str = "dl4m.bib") -> Place:
    return Place(file, 7, OLD, key, field, TITLE if key else "")


def finding(
    verdict: Verdict | None,
    url: str = OLD,
    observation: Observation | None = OK,
    places: tuple[Place, ...] = (place(),),
) -> Finding:
    judgement = Judgement(verdict, DEATH, "because") if verdict else None
    return Finding(Link(url, places), observation, judgement)


def record(*sightings: Sighting) -> Record:
    return Record(OLD, DEATH, was_ok=True, sightings=sightings)


def entry(key: str = "Mallet2017", **fields: str) -> dict[str, Entry]:
    return {key: Entry("article", key, {"title": TITLE, **fields})}


# --- Moved -----------------------------------------------------------------------------------------------------------

NEW = "https://www.gongs.example.org/1"
MOVED = Observation(Kind.MOVED, status=200, chain=(Hop(301, NEW), Hop(302, NEW + "?s=1")), target=NEW, fit=True)


def sighting(week: int, kind: Kind = Kind.MOVED, target: str = NEW, *, fit: bool = True, reason: str = "") -> Sighting:
    target = target if kind is Kind.MOVED else ""
    return Sighting(DEATH + week * WEEK, kind, reason, 200, target, fit and kind is Kind.MOVED)


SEEN_TWICE = record(sighting(0), sighting(1))


def test_what_has_moved_gets_its_new_address_with_the_evidence() -> None:
    asks = Fake()
    assert find_repair(finding(Verdict.MOVED, observation=MOVED), SEEN_TWICE, {}, asks) == Repair(
        NEW, f"301 to {NEW}, seen on 2026-01-05 and 2026-01-12"
    )
    assert asks.asked == []


def test_the_evidence_is_that_of_the_same_target() -> None:
    seen = record(sighting(0, target="https://gongs.example.org/other"), sighting(1), sighting(2), sighting(3))
    repair = find_repair(finding(Verdict.MOVED, observation=None), seen, {}, Fake())
    assert repair == Repair(NEW, f"moved to {NEW}, seen on 2026-01-12, 2026-01-19 and 2026-01-26")


@pytest.mark.parametrize(
    "last",
    [
        sighting(1, target="http://gongs.example.org/1"),
        sighting(1, fit=False),
        sighting(1, target="https://gongs.example.org/a}b"),
        sighting(1, target="https://gongs.example.org/a b"),
        sighting(1, target="javascript:alert(1)"),
        sighting(1, target=OLD),
        sighting(1, target=""),
    ],
)
def test_a_target_that_cannot_stand_there_is_none(last: Sighting) -> None:
    assert find_repair(finding(Verdict.MOVED, observation=MOVED), record(last), {}, Fake()) is None


def test_from_http_one_may_move_to_http() -> None:
    target = "http://www.gongs.example.org/1"
    seen = record(sighting(0, target=target), sighting(1, target=target))
    repair = find_repair(finding(Verdict.MOVED, url="http://gongs.example.org/1"), seen, {}, Fake())
    assert repair
    assert repair.address == target


# --- Never -----------------------------------------------------------------------------------------------------------

PLAIN, SECURE = "http://gongs.example.org/1", "https://gongs.example.org/1"


def ready() -> Fake:
    """Where everything that could take an address's place works."""
    looks = {SECURE: OK, "https://doi.org/10.5555/gong": OK, "https://arxiv.org/abs/1706.08818": OK}
    return Fake(looks, [(PLAIN, answer(PLAIN)), (SECURE, answer(SECURE))])


@pytest.mark.parametrize("verdict", [None, *sorted(set(Verdict) - {Verdict.MOVED, Verdict.GONE, Verdict.OK})])
def test_what_works_is_blocked_or_in_error_is_left_alone(verdict: Verdict | None) -> None:
    asks = ready()
    seen = record(sighting(0), sighting(1), sighting(2, Kind.GONE))
    assert find_repair(finding(verdict, url=PLAIN), seen, entry(doi="10.5555/gong"), asks) is None
    assert asks.asked == []


@pytest.mark.parametrize("verdict", [Verdict.MOVED, Verdict.GONE, Verdict.OK])
def test_an_identifier_is_never_replaced(verdict: Verdict) -> None:
    asks = ready()
    places = (place(field="doi"), place(field="eprint"))
    found = find_repair(finding(verdict, url=PLAIN, places=places), SEEN_TWICE, entry(doi="10.5555/gong"), asks)
    assert found is None
    assert asks.asked == []


# --- https -----------------------------------------------------------------------------------------------------------


def secured(
    plain: Answer | None, secure: Answer | None, look: Observation = OK, observation: Observation = OK, url: str = PLAIN
) -> Repair | None:
    pages = [(one, page) for one, page in ((url, plain), ("https" + url[4:], secure)) if page]
    asks = Fake({"https" + url[4:]: look, SECURE: look}, pages)
    return find_repair(finding(Verdict.OK, url=url, observation=observation), record(), {}, asks)


def test_http_becomes_https_where_both_serve_the_same() -> None:
    assert secured(answer(PLAIN), answer(SECURE)) == Repair(SECURE, "the same page comes over https")
    ad = PAGE.replace(b"We listen", b"<span>3 visitors</span> We listen", 1)
    assert secured(answer(PLAIN), answer(SECURE, ad))
    both = "https://www.gongs.example.org/1"
    assert secured(answer(both), answer(both))


def test_each_of_the_two_is_asked_once_and_http_not_where_https_does_not_serve() -> None:
    asks = ready()
    assert find_repair(finding(Verdict.OK, url=PLAIN), record(), {}, asks)
    assert sorted(asks.asked) == [PLAIN, SECURE]
    asks = Fake()
    assert find_repair(finding(Verdict.OK, url=PLAIN), record(), {}, asks) is None
    assert asks.asked == [SECURE]


def test_where_the_landing_page_is_never_asked_http_stays() -> None:
    asks = ready()
    url = "http://dx.doi.org/10.5555/gong"
    assert find_repair(finding(Verdict.OK, url=url), record(), {}, asks) is None
    assert asks.asked == []


def test_what_is_odd_about_https_alone_keeps_it_out() -> None:
    odd, note = (Observation(Kind.OK, status=200, note=text) for text in ("the chain is incomplete", "archived"))
    assert secured(answer(PLAIN), answer(SECURE), odd, note) is None
    assert secured(answer(PLAIN), answer(SECURE), OK, note)
    assert secured(answer(PLAIN), answer(SECURE), note, note)


PDF = b"%PDF-1.7 " + bytes(range(200)) * 50


@pytest.mark.parametrize(
    ("plain", "secure"),
    [
        (answer(PLAIN), None),
        (None, answer(SECURE)),
        (answer(PLAIN), answer(SECURE, b"<!DOCTYPE html><title>Welcome</title><p>This server has just been set up.")),
        (answer(PLAIN), answer("https://gongs.example.org/2")),
        (answer(PLAIN), answer("https://other.example.org/1")),
        (answer(PLAIN), answer(PLAIN)),
        (answer(PLAIN), answer(SECURE, status=203)),
        (answer(PLAIN), answer(SECURE, content_type="text/plain")),
        (answer(PLAIN, PDF, content_type="application/pdf"), answer(SECURE, PAGE, content_type="application/pdf")),
        (
            answer(PLAIN, PDF, content_type="application/pdf"),
            answer(SECURE, PDF[:50] + b"x" + PDF[51:], content_type="application/pdf"),
        ),
        (answer(PLAIN, b"a b", content_type="text/csv"), answer(SECURE, b"", content_type="text/csv")),
    ],
)
def test_it_stays_http_where_they_do_not(plain: Answer | None, secure: Answer | None) -> None:
    assert secured(plain, secure) is None


def test_of_a_file_as_much_is_compared_as_came_of_both() -> None:
    kind = "application/pdf"
    assert serve_the_same(answer(PLAIN, PDF, content_type=kind), answer(SECURE, PDF[:900], content_type=kind))


@pytest.mark.parametrize(
    "look",
    [
        GONE,
        Observation(Kind.BLOCKED, "403 Forbidden", status=403),
        Observation(Kind.SOFT_GONE, status=200),
        Observation(Kind.ERROR, "the certificate has expired"),
        Observation(Kind.MOVED, status=200, target="https://gongs.example.org/2", fit=True),
        Observation(Kind.OK, status=200, note="the certificate's chain is incomplete"),
        Observation(Kind.OK, status=206),
    ],
)
def test_https_that_is_not_ok_itself_is_none(look: Observation) -> None:
    assert secured(answer(PLAIN), answer(SECURE), look) is None


@pytest.mark.parametrize(
    "url", ["http://gongs.example.org:8080/1", "https://gongs.example.org/1", "ftp://gongs.example.org/1"]
)
def test_only_plain_http_at_its_own_port_becomes_https(url: str) -> None:
    asks = ready()
    assert find_repair(finding(Verdict.OK, url=url), record(), {}, asks) is None
    assert asks.asked == []


def test_http_is_left_alone_where_this_run_has_not_seen_it_to_be_ok() -> None:
    for observation in (None, MOVED):
        asks = ready()
        assert find_repair(finding(Verdict.OK, url=PLAIN, observation=observation), record(), {}, asks) is None
        assert asks.asked == []


# --- Gone ------------------------------------------------------------------------------------------------------------

SEEN_GONE = record(*(sighting(week, Kind.GONE, reason="404 Not Found") for week in range(3)))
DOI, ARXIV = "https://doi.org/10.5555/gong", "https://arxiv.org/abs/1706.08818"


def instead(asks: Fake, url: str = OLD, places: tuple[Place, ...] = (place(),), **fields: str) -> Repair | None:
    entries = entry(**fields) | entry("Trommel2018", doi="10.5555/other")
    return find_repair(finding(Verdict.GONE, url, GONE, places), SEEN_GONE, entries, asks)


def test_the_doi_of_the_same_paper_comes_first_and_nobody_else_is_asked() -> None:
    asks = ready()
    assert instead(asks, doi="10.5555/Gong", eprint="1706.08818") == Repair(
        DOI, "this is the DOI of the same paper, and its registry knows it"
    )
    assert asks.asked == [DOI]


@pytest.mark.parametrize("look", [GONE, Observation(Kind.ERROR, "the DOI's registry failed")])
def test_a_doi_that_is_not_known_gives_way_to_arxiv(look: Observation) -> None:
    asks = Fake({DOI: look, ARXIV: OK})
    found = instead(asks, doi="10.5555/gong", eprint="1706.08818")
    assert found == Repair(ARXIV, "this is the same paper at arXiv")


@pytest.mark.parametrize(
    "places",
    [
        (place(field="code"),),
        (place(field="dataset"),),
        (place(), place(field="code")),
        (place(), place("Trommel2018")),
        (place(None, None, "README.md"),),
        (place("Nobody1999"),),
    ],
)
def test_only_the_papers_own_page_gives_way_to_another_of_it(places: tuple[Place, ...]) -> None:
    asks = ready()
    if not any(one.title for one in places):
        asks.look = lambda url, title: GONE  # type: ignore[method-assign]
    assert instead(asks, places=places, doi="10.5555/gong", eprint="1706.08818") is None
    assert [one.partition("/")[0] for one in asks.asked] == ["web", "cdx"]


def test_a_page_or_its_own_identifier_does_not_keep_a_paper_from_its_doi() -> None:
    for other in (place(None, None, "README.md"), place(field="url"), place(field="eprint")):
        found = instead(ready(), places=(place(), other), doi="10.5555/gong")
        assert found
        assert found.address == DOI


@pytest.mark.parametrize(
    ("url", "fields"),
    [
        ("http://dx.doi.org/10.5555/GONG", {"doi": "10.5555/gong"}),
        ("https://arxiv.org/pdf/1706.08818v2", {"eprint": "1706.08818"}),
        (OLD, {"doi": "no DOI", "eprint": "2017-A"}),
    ],
)
def test_what_is_gone_does_not_take_its_own_place(url: str, fields: dict[str, str]) -> None:
    asks = ready()
    assert instead(asks, url, (place(),), **fields) is None
    assert not any(one.startswith("https") for one in asks.asked)


# --- Captures --------------------------------------------------------------------------------------------------------


class Archive(Fake):
    """The real archive's shapes over loopback; what a look at a capture shows is given or ok."""

    def __init__(self, owners: Owners, looks: Mapping[str, Observation] | None = None) -> None:
        super().__init__(looks or {})
        self.archive_url = owners.urls["wayback"]
        self.web = Web("test", allow=[ip_network("127.0.0.0/8")])

    def look(self, url: str, title: str) -> Observation:
        self.asked.append(url)
        return self.looks.get(url.removeprefix(self.archive_url), OK)

    def see(self, url: str, title: str) -> tuple[Observation, Answer | None]:
        return self.look(url, title), self.web.get(url)

    def ask_archive(self, query: Query) -> Answer | None:
        address = f"{self.archive_url}/{query.path}?{urlencode(query.params)}".rstrip("?")
        with self.web.open("GET", address) as stream:
            return Answer(stream.url, stream.status, stream.headers, b"".join(stream.chunks()))


def captured(
    *copies: Copy, url: str = OLD, looks: Mapping[str, Observation] | None = None, seen: Record = SEEN_GONE
) -> str | None:
    """When the capture was taken that takes the address's place."""
    with Owners(Facts(copies=list(copies))) as owners:
        asks = Archive(owners, looks)
        with asks.web:
            repair = find_repair(finding(Verdict.GONE, url, GONE), seen, entry(), asks)
        assert all(one.startswith(owners.urls["wayback"]) for one in asks.asked)
        if repair is None:
            return None
        base, _, rest = repair.address.partition("/web/")
        assert base == owners.urls["wayback"]
        assert rest.endswith(url)
        assert repair.reason == f"this is the Wayback Machine's copy of {rest[:4]}-{rest[4:6]}-{rest[6:8]}"
        return rest[:14]


def copy(at: str, body: bytes = PAGE, url: str = OLD, status: int = 200, kind: str = "text/html", to: str = "") -> Copy:
    return Copy(url=url, at=at, body=body, status=status, type=kind, to=to)


def test_the_newest_capture_from_before_the_death_takes_its_place() -> None:
    assert captured(copy("20190101000000"), copy("20241224180000"), copy("20260112000000")) == "20241224180000"


def test_the_death_is_the_first_bad_look_not_the_verdict() -> None:
    assert captured(copy("20190101000000"), copy("20260106000000")) == "20190101000000"


def test_nothing_takes_its_place_where_nothing_was_captured_before() -> None:
    assert captured() is None
    assert captured(copy("20260112000000")) is None
    assert captured(copy("20241224180000", url="https://gongs.example.org/papers/2.html")) is None


NOT_FOUND = b"<!DOCTYPE html><title>404 - page not found</title><h1>Page not found</h1><p>" + TEXT.encode()
LOGIN = b"<!DOCTYPE html><title>Login</title><h1>Login</h1><form><input name=u><input type=password name=p></form>"
PARKED = b"<!DOCTYPE html><title>gongs.example.org</title><h1>This domain is for sale</h1><p>Buy this domain."


@pytest.mark.parametrize("body", [NOT_FOUND, LOGIN, PARKED])
def test_a_capture_of_something_else_gives_way_to_an_older_one(body: bytes) -> None:
    assert captured(copy("20241224180000", body)) is None
    assert captured(copy("20190101000000"), copy("20241224180000", body)) == "20190101000000"


def test_a_captured_error_gives_way_to_the_last_good_capture() -> None:
    gone = copy("20250101000000", NOT_FOUND, status=404)
    assert captured(copy("20190101000000"), copy("20200101000000"), gone) == "20200101000000"


def test_a_captured_redirect_to_elsewhere_is_no_capture() -> None:
    front = copy("20250101000000", url="https://gongs.example.org/")
    led = copy("20250101000000", b"", status=302, to="https://gongs.example.org/")
    assert captured(led, front) is None
    assert captured(copy("20190101000000"), led, front) == "20190101000000"


@pytest.mark.parametrize("kind", [Kind.BLOCKED, Kind.GONE, Kind.SOFT_GONE, Kind.ERROR, Kind.REFUSED])
def test_a_capture_that_is_not_ok_by_the_rules_for_any_address_is_none(kind: Kind) -> None:
    looks = {f"/web/20241224180000/{OLD}": Observation(kind)}
    assert captured(copy("20241224180000"), looks=looks) is None
    assert captured(copy("20190101000000"), copy("20241224180000"), looks=looks) == "20190101000000"


def test_a_pdf_that_was_captured_as_a_page_is_none() -> None:
    url = "https://gongs.example.org/1.pdf"
    pdf = copy("20190101000000", PDF, url, kind="application/pdf")
    assert captured(pdf, copy("20241224180000", url=url), url=url) == "20190101000000"
    assert captured(copy("20241224180000", url=url), url=url) is None
    assert captured(copy("20241224180000", b"nothing", url, kind="application/pdf"), url=url) is None
    frame = b"<!DOCTYPE html><title>1.pdf</title><iframe src='https://gongs.example.org/1.pdf'></iframe>"
    assert captured(copy("20241224180000", frame, url), url=url) == "20241224180000"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_archive_that_does_not_answer_repairs_nothing(status: int) -> None:
    silent = Fake()
    assert instead(silent) is None
    refusing = Fake(captures={path: answer("", b"", status) for path in silent.asked})
    assert instead(refusing) is None
    assert len(refusing.asked) == 2
