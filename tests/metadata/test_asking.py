"""Asking a source: politely, each thing once, and never taking silence for “does not know”."""

import ipaddress
import json
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from bot.config import Metadata, Sources, SourceSettings
from bot.metadata.asking import Asker, UnavailableError
from bot.metadata.record import Record
from bot.metadata.source import Key, NonsenseError, Query, Source
from bot.web.cache import Cache
from bot.web.session import Limits, Web
from tests.support import faults
from tests.support.faults import FaultyServer, Reply, Request

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


def query(ids: Sequence[str]) -> Query:
    if len(ids) == 1:
        return Query(f"works/{ids[0]}", empty=frozenset({404}))
    return Query("works", (("ids", ",".join(ids)),))


def read(data: bytes, ids: Sequence[str]) -> dict[str, Record]:
    try:
        titles = json.loads(data)
    except ValueError:
        raise NonsenseError("the answer is no JSON") from None
    return {one: Record(source="crossref", id=one, fields={"title": titles[one]}) for one in ids if one in titles}


SOURCE = Source(
    name="crossref", title="Crossref", url="http://nowhere.invalid", spacing=0.0, batch=3, query=query, read=read
)
KNOWN = {"a": "Owls", "b": "Crows", "c": "Gulls", "d": "Wrens"}


def answer(request: Request) -> Reply:
    """A source that knows four works."""
    asked = request.param("ids").split(",") if request.param("ids") else [request.path.rpartition("/")[2]]
    found = {one: KNOWN[one] for one in asked if one in KNOWN}
    return faults.answer_json(found, 200 if found or request.param("ids") else 404)


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = time.monotonic()
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


Ask = Callable[..., Asker]


@pytest.fixture
def web() -> Iterator[Web]:
    with Web("birds-bot/1.0", allow=LOOPBACK, limits=Limits(total=5, repeats=0)) as made:
        yield made


def asker(web: Web, server: FaultyServer, **settings: object) -> Asker:
    source = SourceSettings(url=server.url, **settings)  # type: ignore[arg-type]
    return Asker(web, Metadata(sources=Sources(crossref=source, openalex=source)), {}, repeats=0)


def test_many_identifiers_are_asked_in_batches_and_each_once(web: Web) -> None:
    with FaultyServer(answer) as server:
        one = asker(web, server)
        answers = one.records(SOURCE, ["a", "b", "a", "c", "d", "x"])
        assert {id_: record.get("title") for id_, record in answers.found.items()} == KNOWN
        assert answers.unavailable == {}
        assert [request.param("ids") for request in server.requests] == ["a,b,c", "d,x"]
        again = one.records(SOURCE, ["x", "a"])
        assert set(again.found) == {"a"}
        assert len(server.requests) == one.requests["crossref"] == 2


def test_a_single_work_that_nobody_knows_is_not_unavailable(web: Web) -> None:
    with FaultyServer(answer) as server:
        answers = asker(web, server).records(SOURCE, ["x"])
    assert (answers.found, answers.unavailable) == ({}, {})


FAULTS: dict[str, tuple[Callable[[], Reply], str]] = {
    "429": (lambda: faults.too_many(), "no more requests"),
    "429 with Retry-After": (lambda: faults.too_many(3600), "no more requests"),
    "403": (lambda: Reply(status=403), "no more requests"),
    "500": (lambda: Reply(status=500), "HTTP 500"),
    "HTML": (faults.html, "no JSON"),
    "half JSON": (faults.broken_json, "no JSON"),
    "cut": (lambda: faults.cut(b'{"a": "Owls", "b": "Crows"}', 9), "connection"),
    "hung up": (faults.hang_up, "connection"),
    "elsewhere": (lambda: faults.redirect("http://169.254.169.254/latest/meta-data"), "private"),
    "in circles": (lambda: faults.redirect("/works"), "redirect"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_source_that_fails_is_unavailable_and_says_why(fault: str, web: Web) -> None:
    reply, reason = FAULTS[fault]
    with FaultyServer(lambda _: reply()) as server:
        answers = asker(web, server).records(SOURCE, ["a", "b"])
    assert answers.found == {}
    assert set(answers.unavailable) == {"a", "b"}
    assert all(reason in said for said in answers.unavailable.values()), answers.unavailable


def test_what_was_unavailable_is_asked_again_and_what_is_known_is_not(web: Web) -> None:
    replies = [Reply(status=500), faults.answer_json({"a": "Owls", "b": "Crows"})]
    with FaultyServer(lambda _: replies.pop(0)) as server:
        one = asker(web, server)
        assert set(one.records(SOURCE, ["a", "b"]).unavailable) == {"a", "b"}
        assert set(one.records(SOURCE, ["a", "b"]).found) == {"a", "b"}


def test_a_source_that_fails_twice_in_a_row_is_not_asked_any_more(web: Web) -> None:
    with FaultyServer(lambda _: Reply(status=500)) as server:
        answers = asker(web, server).records(SOURCE, [f"id{number}" for number in range(30)])
        assert len(answers.unavailable) == 30
        assert len(server.requests) == 2


def test_nonsense_twice_in_a_row_is_a_failure_too(web: Web) -> None:
    with FaultyServer(faults.html()) as server:
        one = asker(web, server)
        assert [bool(one.records(SOURCE, [name]).unavailable) for name in "abc"] == [True, True, True]
        assert len(server.requests) == 2


def test_a_good_answer_between_two_failures_makes_good(web: Web) -> None:
    good = faults.answer_json({"b": "Crows"})
    with FaultyServer(faults.replies(faults.Reply(status=418), good, faults.Reply(status=418), good)) as server:
        one = asker(web, server)
        found = [bool(one.records(SOURCE, [name]).unavailable) for name in ("a", "b", "c", "d")]
        assert found == [True, False, True, False]


def test_a_source_that_takes_no_more_is_not_asked_any_more(web: Web) -> None:
    with FaultyServer(lambda _: faults.too_many()) as server:
        one = asker(web, server)
        one.records(SOURCE, ["a"])
        assert "no more requests" in one.records(SOURCE, ["b"]).unavailable["b"]
        assert len(server.requests) == 1


def test_one_bad_identifier_does_not_spoil_the_batch(web: Web) -> None:
    def picky(request: Request) -> Reply:
        return Reply(status=400) if "bad" in request.param("ids") + request.path else answer(request)

    with FaultyServer(picky) as server:
        answers = asker(web, server).records(SOURCE, ["a", "bad", "c"])
    assert set(answers.found) == {"a", "c"}
    assert set(answers.unavailable) == {"bad"}


def test_what_was_not_known_among_others_may_be_asked_for_by_itself(web: Web) -> None:
    with FaultyServer(lambda request: faults.answer_json({}) if request.param("ids") else answer(request)) as server:
        one = asker(web, server)
        assert one.records(SOURCE, ["a", "x"]).found == {}
        assert set(one.records(SOURCE, ["a", "x"], one_by_one=True).found) == {"a"}
        assert [request.path for request in server.requests] == ["/works", "/works/a", "/works/x"]


def test_what_can_only_be_asked_alone_is(web: Web) -> None:
    import msgspec

    source = msgspec.structs.replace(SOURCE, alone=lambda one: one == "b")
    with FaultyServer(answer) as server:
        assert set(asker(web, server).records(source, ["a", "b", "c"]).found) == {"a", "b", "c"}
        assert [(request.path, request.param("ids")) for request in server.requests] == [
            ("/works", "a,c"),
            ("/works/b", ""),
        ]


def test_requests_keep_the_pause_that_a_source_asks_for(web: Web) -> None:
    clock = Clock()
    with FaultyServer(answer) as server:
        sources = Sources(crossref=SourceSettings(url=server.url, spacing=3.0))
        one = Asker(web, Metadata(sources=sources), {}, repeats=0, clock=clock, sleep=clock.sleep)
        one.records(SOURCE, ["a", "b", "c", "d"])
        one.records(SOURCE, ["x"])
    assert clock.slept == [3.0, 3.0]


def stumbling(web: Web, clock: Clock, server: FaultyServer, **settings: object) -> Asker:
    sources = Sources(crossref=SourceSettings(url=server.url, **settings))  # type: ignore[arg-type]
    return Asker(web, Metadata(sources=sources), {}, clock=clock, sleep=clock.sleep)


def test_a_source_that_stumbles_is_asked_again_in_its_turn_and_each_request_counts(web: Web) -> None:
    clock = Clock()
    replies = [Reply(status=503), faults.hang_up(), faults.answer_json({"a": "Owls"})]
    with FaultyServer(lambda _: replies.pop(0)) as server:
        one = stumbling(web, clock, server, spacing=5.0)
        assert set(one.records(SOURCE, ["a"]).found) == {"a"}
        assert one.requests["crossref"] == len(server.requests) == 3
    assert len(clock.slept) == 2
    assert all(pause >= 4.9 for pause in clock.slept)


def test_retry_after_is_obeyed(web: Web) -> None:
    clock = Clock()
    replies = [faults.too_many(7), faults.answer_json({"a": "Owls"})]
    with FaultyServer(lambda _: replies.pop(0)) as server:
        assert set(stumbling(web, clock, server).records(SOURCE, ["a"]).found) == {"a"}
    [pause] = clock.slept
    assert 6.9 <= pause <= 7


@pytest.mark.parametrize("reply", [faults.too_many(600), Reply(status=503, headers={"Retry-After": "600"})])
def test_a_source_that_asks_for_a_pause_too_long_is_left_alone_for_the_run(reply: Reply, web: Web) -> None:
    clock = Clock()
    with FaultyServer(lambda _: reply) as server:
        answers = stumbling(web, clock, server).records(SOURCE, ["a", "b", "c", "d"])
        assert set(answers.unavailable) == {"a", "b", "c", "d"}
        assert len(server.requests) == 1
    assert clock.slept == []


def test_repetitions_use_up_the_budget(web: Web) -> None:
    clock = Clock()
    with FaultyServer(lambda _: Reply(status=503)) as server:
        answers = stumbling(web, clock, server, budget=2).records(SOURCE, ["a"])
        assert len(server.requests) == 2
    assert "budget" in answers.unavailable["a"]


def test_a_source_that_refuses_everything_is_not_asked_about_each(web: Web) -> None:
    import msgspec

    source = msgspec.structs.replace(SOURCE, batch=100)
    with FaultyServer(lambda _: Reply(status=400)) as server:
        answers = asker(web, server).records(source, [f"id{number}" for number in range(100)])
        assert len(answers.unavailable) == 100
        assert len(server.requests) < 15


def test_a_pause_beyond_the_time_that_is_left_is_not_waited_for(web: Web) -> None:
    clock = Clock()
    with FaultyServer(answer) as server:
        sources = Sources(crossref=SourceSettings(url=server.url, spacing=30.0))
        one = Asker(web, Metadata(sources=sources), {}, repeats=0, clock=clock, sleep=clock.sleep)
        one.give(20)
        answers = one.records(SOURCE, ["a", "b", "c", "d"])
    assert set(answers.found) == {"a", "b", "c"}
    assert "time" in answers.unavailable["d"]
    assert clock.slept == []


def test_a_run_has_a_budget(web: Web) -> None:
    with FaultyServer(answer) as server:
        answers = asker(web, server, budget=1).records(SOURCE, ["a", "b", "c", "d"])
        assert set(answers.found) == {"a", "b", "c"}
        assert list(answers.unavailable) == ["d"]
        assert "budget" in answers.unavailable["d"]
        assert len(server.requests) == 1


def test_a_source_without_a_budget_is_one_that_the_list_does_without(web: Web) -> None:
    with FaultyServer(answer) as server:
        one = asker(web, server, budget=0)
        answers = one.records(SOURCE, ["a"])
        assert (answers.found, answers.unavailable) == ({}, {})
        assert one.ask(SOURCE, query(["a"]), json.loads) is None
        assert server.requests == []


def test_without_its_key_a_source_is_asked_for_many_only_so_often_and_names_the_secret(web: Web) -> None:
    import msgspec

    source = msgspec.structs.replace(SOURCE, name="openalex", key=Key("OPENALEX_API_KEY", param="api_key"), free=1)
    with FaultyServer(answer) as server:
        one = asker(web, server)
        answers = one.records(source, ["a", "b", "c", "x", "d"])
        assert set(answers.found) == {"a", "b", "c"}
        assert "OPENALEX_API_KEY" in answers.unavailable["d"]
        assert set(one.records(source, ["d"]).found) == {"d"}  # a single one is free


@pytest.mark.parametrize(("header", "param"), [("x-api-key", ""), ("", "api_key")])
def test_a_key_goes_to_its_source_and_into_no_message(header: str, param: str, web: Web) -> None:
    import msgspec

    source = msgspec.structs.replace(SOURCE, key=Key("A_KEY", header, param))
    with FaultyServer(lambda _: faults.hang_up()) as server:
        one = Asker(
            web, Metadata(sources=Sources(crossref=SourceSettings(url=server.url))), {"A_KEY": "hush"}, repeats=0
        )
        answers = one.records(source, ["a"])
        assert server.requests[0].headers.get(header or "-") == ("hush" if header else None)
        assert server.requests[0].param(param or "-") == ("hush" if param else "")
    assert "hush" not in str(answers)


def test_a_mirror_may_be_named_with_or_without_the_path(web: Web) -> None:
    for base in ("", "/mirror", "/mirror/works", "/mirror/", "/mirror/works/a"):
        with FaultyServer(answer) as server:
            sources = Sources(crossref=SourceSettings(url=server.url + base))
            Asker(web, Metadata(sources=sources), {}, repeats=0).records(SOURCE, ["a"])
            assert server.requests[0].path == ("/mirror" if base else "") + "/works/a"


def test_a_query_of_its_own_kind_is_answered_or_unavailable(web: Web) -> None:
    with FaultyServer(answer) as server:
        one = asker(web, server)
        assert one.ask(SOURCE, query(["a"]), json.loads) == {"a": "Owls"}
        assert one.ask(SOURCE, query(["x"]), json.loads) is None
    with FaultyServer(lambda _: Reply(status=502)) as server, pytest.raises(UnavailableError, match="502"):
        asker(web, server).ask(SOURCE, query(["a"]), json.loads)


def test_an_answer_of_an_earlier_run_is_asked_for_by_condition(
    web: Web, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cache")

    def conditional(request: Request) -> Reply:
        if request.headers.get("if-none-match") == '"1"':
            return Reply(status=304)
        return faults.answer_json({"a": "Owls"}, headers={"ETag": '"1"'})

    with FaultyServer(conditional) as server:
        for _ in range(2):
            one = Asker(
                web,
                Metadata(sources=Sources(crossref=SourceSettings(url=server.url))),
                {},
                kept=Cache(folder),
                repeats=0,
            )
            assert one.records(SOURCE, ["a"]).found["a"].get("title") == "Owls"
        assert [request.headers.get("if-none-match") for request in server.requests] == [None, '"1"']


def test_a_damaged_or_foreign_file_of_the_cache_counts_for_nothing(
    web: Web, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    with FaultyServer(lambda _: faults.answer_json({"a": "Owls"}, headers={"ETag": '"1"'})) as server:
        settings = Metadata(sources=Sources(crossref=SourceSettings(url=server.url)))
        Asker(web, settings, {}, kept=Cache(folder), repeats=0).records(SOURCE, ["a"])
        [file] = folder.iterdir()
        file.write_bytes(b"\xff" + file.read_bytes())
        Asker(web, settings, {}, kept=Cache(folder), repeats=0).records(SOURCE, ["a"])
        assert server.requests[1].headers.get("if-none-match") is None
