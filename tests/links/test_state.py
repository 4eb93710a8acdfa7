"""The files in which links are remembered."""

import json
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.links.link import Repair
from bot.links.memory import Record, Sighting, seen
from bot.links.observation import Kind, Observation
from bot.links.state import (
    LastRun,
    State,
    StateError,
    Week,
    read_history,
    read_state,
    write_history,
    write_state,
)
from bot.links.verdict import Verdict

START = datetime(2026, 1, 5, 3, 43, tzinfo=UTC)
WEEK = timedelta(weeks=1)
URL = "https://gongs.example.org/papers/1.html"
GONE = Sighting(START + WEEK, Kind.GONE, "404 Not Found", 404)

TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(
    lambda at: at.replace(second=0, microsecond=0)
)
TEXTS = st.text(max_size=20)
COUNTS = st.integers(0, 10**6)
SIGHTINGS = st.builds(
    Sighting,
    at=TIMES,
    kind=st.sampled_from([kind for kind in Kind if kind is not Kind.OK]),
    reason=TEXTS,
    status=st.integers(0, 999),
    target=TEXTS,
    fit=st.booleans(),
)
RECORDS = st.builds(
    Record,
    url=st.one_of(TEXTS, TEXTS.map("https://example.org/{}".format)),
    since=TIMES,
    was_ok=st.booleans(),
    sightings=st.lists(SIGHTINGS, max_size=3).map(tuple),
    every=st.sampled_from([1, 4]),
    due=st.booleans(),
    ticked=st.booleans(),
    repair=st.none() | st.builds(Repair, address=TEXTS, reason=TEXTS),
)
STATES = st.builds(
    State,
    records=st.lists(RECORDS, max_size=5, unique_by=lambda record: record.url).map(
        lambda records: tuple(sorted(records, key=lambda record: record.url))
    ),
    asked=st.none() | TIMES,
    last=st.none() | st.builds(LastRun, at=TIMES, due=COUNTS, asked=COUNTS, void=TEXTS),
)
WEEKS = st.lists(
    st.builds(
        Week,
        day=st.dates(),
        counts=st.dictionaries(st.sampled_from(list(Verdict)), st.integers(1, 10**6)),
        due=COUNTS,
        asked=COUNTS,
    ),
    max_size=5,
    unique_by=lambda week: week.day,
).map(lambda weeks: tuple(sorted(weeks, key=lambda week: week.day)))


def lines(data: bytes) -> list[str]:
    return data.decode().split("\n")[:-1]


@given(STATES)
def test_what_is_written_is_read_again(state: State) -> None:
    assert read_state(write_state(state)) == state


@given(STATES)
def test_a_link_has_one_line_and_the_lines_are_sorted_by_address(state: State) -> None:
    first, *rest = lines(write_state(State(state.records[::-1])))
    assert json.loads(first)["version"] == 1
    urls = [json.loads(line)[0] for line in rest]
    assert urls == sorted(record.url for record in state.records)


def test_an_ok_link_has_a_short_line() -> None:
    state = State((Record(URL, START), Record(URL + "?", START, every=4), Record(URL + "?b", START, every=4, due=True)))
    assert lines(write_state(state))[1:] == [
        f'["{URL}","2026-01-05T03:43Z"]',
        f'["{URL}?","2026-01-05T03:43Z",4]',
        f'["{URL}?b","2026-01-05T03:43Z",4,["due"]]',
    ]


def test_others_have_their_looks_and_what_may_take_their_place() -> None:
    record = Record(URL, START, was_ok=True, sightings=(GONE,), repair=Repair("https://doi.org/10.1000/182", "why"))
    assert lines(write_state(State((record,))))[1] == (
        f'["{URL}","2026-01-05T03:43Z",1,["was-ok"],[["2026-01-12T03:43Z","gone","404 Not Found",404]],'
        '["https://doi.org/10.1000/182","why"]]'
    )


def test_the_first_line_tells_of_the_last_runs() -> None:
    state = State((), START, LastRun(START + WEEK, 0, 0, "the machine is at fault"))
    assert json.loads(write_state(state)) == {
        "format": "links",
        "version": 1,
        "asked": "2026-01-05T03:43Z",
        "last": ["2026-01-12T03:43Z", 0, 0, "the machine is at fault"],
    }
    quiet = State((), None, LastRun(START, 0, 0))
    assert read_state(write_state(quiet)) == quiet


def test_a_week_in_which_nothing_changes_changes_the_first_line_alone() -> None:
    looks = {
        "https://a.example.org/": Observation(Kind.OK, status=200),
        "https://b.example.org/": Observation(Kind.BLOCKED, "403 Forbidden", status=403),
        "https://c.example.org/": Observation(Kind.ERROR, "it took too long"),
        "https://d.example.org/": Observation(Kind.GONE, "404 Not Found", status=404),
    }
    records: dict[str, Record] = {}
    files = []
    for week in range(12):
        now = START + week * WEEK
        records = {url: seen(records.get(url), url, look, now) for url, look in looks.items()}
        files.append(lines(write_state(State(tuple(records.values()), now))))
    assert files[6][1:] == files[5][1:] == files[11][1:]
    assert len({file[0] for file in files}) == 12


def test_100_000_links_are_less_than_12_megabytes() -> None:
    bad = tuple(Sighting(START + week * WEEK, Kind.GONE, "404 Not Found", 404) for week in range(3))
    size = sum(
        len(
            write_state(
                State((Record("https://example.org/".ljust(70, "x"), START, i % 20 == 0, bad * (i % 20 == 0)),))
            )
        )
        - len(write_state(State()))
        for i in range(1000)
    )
    assert size * 100 < 12_000_000


# --- Files that are not as they should be ----------------------------------------------------------------------------

HEAD = b'{"format":"links","version":1}\n'


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for each in (data, HEAD + data):
        for read in (read_state, read_history):
            with suppress(StateError):
                read(each)


@given(STATES, st.data())
def test_a_damaged_file_is_read_or_refused(state: State, data: st.DataObject) -> None:
    whole = bytearray(write_state(state))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_state(bytes(whole))
    except StateError:
        return
    assert read_state(write_state(found)).records == tuple(sorted(found.records, key=lambda record: record.url))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b'["https://a.example/"]',
        b'["https://a.example/",1]',
        b'["https://a.example/","2026-01-05"]',
        b'["https://a.example/","2026-02-30T03:43Z"]',
        b'["https://a.example/","2026-01-05T03:43Z",2]',
        b'["https://a.example/","2026-01-05T03:43Z",true]',
        b'["https://a.example/","2026-01-05T03:43Z",1,["odd"]]',
        b'["https://a.example/","2026-01-05T03:43Z",1,[],[["2026-01-05T03:43Z","ok"]]]',
        b'["https://a.example/","2026-01-05T03:43Z",1,[],[["2026-01-05T03:43Z","gone","",404,"",false,0]]]',
        b'["https://a.example/","2026-01-05T03:43Z",1,[],[],["https://b.example/"]]',
        b'["https://a.example/","2026-01-05T03:43Z",1,[],[],null,"more"]',
        b'["https://a.example/","2026-01-05T03:43Z"',
        b'["https://a.example/\xff","2026-01-05T03:43Z"]',
        b'["https://a.example/\\ud800","2026-01-05T03:43Z"]',
        b'["https://z.example/","2026-01-05T03:43Z"]',
        b"[" * 100_000,
        b"<<<<<<< HEAD",
    ],
)
def test_a_broken_line_is_named(line: bytes) -> None:
    good = b'["https://z.example/","2026-01-05T03:43Z"]\n'
    with pytest.raises(StateError, match=r"^line 3 is broken$"):
        read_state(HEAD + good + line + b"\n" + good.replace(b"z", b"zz"))


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"[]",
        b'{"version":1}',
        b'{"format":"links"}',
        b'{"format":"links","version":0}',
        b'{"format":"links","version":"1"}',
        b'{"format":"links-history","version":1}',
        b'{"format":"others","version":2}',
        b'{"format":"links","version":1,"more":1}',
        b'{"format":"links","version":1,"asked":"yesterday"}',
        b'{"format":"links","version":1,"asked":"2026-13-05T03:43Z"}',
        b'{"format":"links","version":1,"last":["2026-01-05T03:43Z"]}',
        b'\xef\xbb\xbf{"format":"links","version":1}',
    ],
)
def test_a_first_line_that_is_none_is_broken(head: bytes) -> None:
    with pytest.raises(StateError, match=r"^line 1 is broken$"):
        read_state(head + b"\n")


def test_a_newer_format_is_told_from_a_broken_file() -> None:
    for read, name in ((read_state, "links"), (read_history, "links-history")):
        with pytest.raises(StateError, match=r"version 2 .* newer than version 1"):
            read(b'{"format":"%s","version":2,"hosts":[1]}\n{"another":"line"}\n' % name.encode())


def test_a_file_without_a_last_line_end_or_with_others_is_read() -> None:
    data = write_state(State((Record(URL, START),), START))
    assert read_state(data[:-1]) == read_state(data.replace(b"\n", b"\r\n")) == read_state(data)


def test_what_no_utf_8_can_hold_does_not_stop_the_writing() -> None:
    state = State((Record("https://a.example/\ud800", START), Record("https://a.example/\udfff", START)))
    assert len(read_state(write_state(state)).records) == 1


# --- The history -----------------------------------------------------------------------------------------------------


@given(WEEKS)
def test_the_history_is_read_again(weeks: tuple[Week, ...]) -> None:
    assert read_history(write_history(weeks)) == weeks


def test_a_week_has_one_line_without_verdicts_that_no_link_has() -> None:
    week = Week(date(2026, 1, 5), {Verdict.GONE: 2, Verdict.OK: 120, Verdict.DOWN: 0}, 130, 122)
    assert lines(write_history([week]))[1:] == ['["2026-01-05",{"ok":120,"gone":2},130,122]']


def test_the_newest_60_weeks_are_kept_and_of_one_day_the_last_run() -> None:
    days = [date(2026, 1, 5) + number * WEEK for number in range(70)]
    weeks = [Week(day, {Verdict.OK: number}, 0, 0) for number, day in enumerate(days, 1)]
    again = Week(days[-1], {Verdict.GONE: 1}, 0, 0)
    assert read_history(write_history([*weeks, again])) == (*weeks[10:-1], again)


def test_a_broken_week_is_named() -> None:
    head = b'{"format":"links-history","version":1}\n'
    for line in (b'["2026-02-30",{},0,0]', b'["2026-01-05",{"odd":1},0,0]', b'["2026-01-05",{},-1,0]', b"[]"):
        with pytest.raises(StateError, match=r"^line 2 is broken$"):
            read_history(head + line)
