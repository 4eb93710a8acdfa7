"""Whose turn it is, and which job and file a link belongs to."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.links.link import Link
from bot.links.memory import Record, seen
from bot.links.observation import Kind, Observation
from bot.links.schedule import HOST_FILES, MOST_SHARDS, file_of, in_shard, in_turn, is_due, is_weekly

MONDAY = datetime(2026, 1, 5, 3, 43, tzinfo=UTC)
WEEK = timedelta(weeks=1)
DAY = timedelta(days=1)
URLS = [f"https://gongs.example.org/{number}" for number in range(400)]
OWNERS = ("doi", "arxiv", "github")
FILES = [*HOST_FILES, *(file_of("", owner) for owner in OWNERS)]


def ok(url: str = URLS[0], every: int = 1) -> Record:
    return Record(url, MONDAY - 20 * WEEK, every=every)


def test_a_new_link_is_due_at_each_run() -> None:
    assert is_due(None, None, MONDAY)
    assert is_due(None, MONDAY, MONDAY + timedelta(hours=1))


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.OK])
def test_what_is_not_ok_is_due_at_each_run_also_by_hand(kind: Kind) -> None:
    record = seen(ok(), URLS[0], Observation(kind, target="https://new.example.org/"), MONDAY)
    assert is_due(record, MONDAY, MONDAY + timedelta(hours=1))


def test_an_ok_link_is_due_weekly_and_not_in_a_run_by_hand_in_between() -> None:
    assert not is_due(ok(), MONDAY, MONDAY + timedelta(hours=1))
    assert not is_due(ok(), MONDAY, MONDAY + 5 * DAY)
    assert is_due(ok(), MONDAY, MONDAY + 7 * DAY)


def test_a_weekly_run_may_come_hours_early_or_late() -> None:
    late, early = MONDAY + timedelta(hours=9), MONDAY + WEEK
    assert is_due(ok(), late, early)
    assert is_weekly(late, early)
    assert not is_weekly(MONDAY, MONDAY + 3 * DAY)
    assert is_weekly(None, MONDAY)


def test_what_the_run_before_had_no_time_for_is_due_at_once() -> None:
    late = Record(URLS[0], MONDAY - 20 * WEEK, every=4, due=True)
    assert is_due(late, MONDAY, MONDAY + timedelta(hours=1))


def test_of_links_asked_every_four_weeks_each_run_asks_a_quarter() -> None:
    asked = [
        {url for url in URLS if is_due(ok(url, 4), MONDAY + (week - 1) * WEEK, MONDAY + week * WEEK)}
        for week in range(8)
    ]
    assert all(len(urls) in range(70, 130) for urls in asked)
    assert Counter(url for urls in asked[:4] for url in urls) == Counter(URLS)
    assert asked[4:] == asked[:4]


def test_links_asked_every_four_weeks_are_not_asked_in_a_run_by_hand() -> None:
    assert not any(is_due(ok(url, 4), MONDAY, MONDAY + 3 * DAY) for url in URLS)


@given(st.lists(st.integers(6 * 24, 60 * 24), min_size=1, max_size=12), st.sampled_from(URLS))
def test_no_slot_is_lost_whenever_weekly_runs_come(hours: list[int], url: str) -> None:
    """Between the first and the last run as many looks as slots, but for those that fell into one gap."""
    record, asked, last_look = ok(url, 4), MONDAY, MONDAY
    for pause in hours:
        now = asked + timedelta(hours=pause)
        if is_due(record, asked, now):
            last_look = now
        else:
            # A slot comes in each four weeks, so that longer without a look means that one was lost.
            assert now - last_look < 5 * WEEK
        asked = now


def test_a_run_after_a_month_without_one_asks_all() -> None:
    assert all(is_due(ok(url, 4), MONDAY, MONDAY + 4 * WEEK) for url in URLS)


def test_a_clock_that_went_back_asks_nothing_that_is_ok() -> None:
    assert not any(is_due(ok(url, every), MONDAY, MONDAY - 9 * WEEK) for url in URLS for every in (1, 4))


# --- Who comes first -------------------------------------------------------------------------------------------------

LINKS = [Link(url, ()) for url in URLS]


def test_what_was_never_seen_is_asked_first_and_nothing_is_lost() -> None:
    records = {url: ok(url) for url in URLS[:50]}
    order = in_turn(LINKS[:60], records, MONDAY)
    assert order[:10] == LINKS[50:60]
    assert sorted(link.url for link in order) == sorted(URLS[:60])


def test_a_run_by_hand_in_the_same_week_asks_in_the_same_order() -> None:
    records = {url: ok(url) for url in URLS}
    assert in_turn(LINKS, records, MONDAY) == in_turn(LINKS, records, MONDAY + DAY)
    assert in_turn(LINKS, records, MONDAY) != in_turn(LINKS, records, MONDAY + WEEK)


@given(st.integers(1, 120), st.integers(1, 40), st.integers(0, 500))
def test_however_few_are_asked_in_a_week_all_have_their_turn_soon(count: int, asked: int, start: int) -> None:
    links = LINKS[:count]
    records = {link.url: ok(link.url) for link in links}
    weeks = 3 * -(-count // asked) + 1
    seen_by_then = {
        link.url for week in range(weeks) for link in in_turn(links, records, MONDAY + (start + week) * WEEK)[:asked]
    }
    assert seen_by_then == {link.url for link in links}


# --- Files and shards ------------------------------------------------------------------------------------------------


def test_an_owners_links_are_in_its_file() -> None:
    assert file_of("https://doi.org/10.1000/182", "doi") == "doi.jsonl"


@pytest.mark.parametrize(
    "url",
    [
        "http://gongs.example.org/b?c",
        "https://GONGS.example.org./",
        "https://gongs.example.org:8443/",
        "HTTPS://gongs.example.org",
    ],
)
def test_one_host_has_one_file_however_it_is_written(url: str) -> None:
    assert file_of(url) == file_of("https://gongs.example.org/a")


def test_hosts_are_spread_over_all_files() -> None:
    files = Counter(file_of(f"https://host{number}.example.org/") for number in range(1600))
    assert set(files) == set(HOST_FILES)
    assert max(files.values()) < 200


def test_an_address_that_nobody_will_ask_has_a_file_too() -> None:
    for url in ("ftp://gongs.example.org/", "https://user@gongs.example.org/", "https://", "", "\ud800"):
        assert file_of(url) in HOST_FILES


@given(st.integers(1, 40))
def test_each_file_is_in_one_shard_counted_from_0_or_from_1(of: int) -> None:
    for first in (0, 1):
        for file in FILES:
            assert sum(in_shard(file, number, of) for number in range(first, first + of)) == 1


@given(st.integers(2, MOST_SHARDS))
def test_owners_files_have_a_shard_of_their_own_and_none_is_empty(of: int) -> None:
    shards = [[file for file in FILES if in_shard(file, number, of)] for number in range(1, of + 1)]
    assert shards[-1] == [f"{owner}.jsonl" for owner in OWNERS]
    sizes = [len(files) for files in shards[:-1]]
    assert min(sizes) >= 1
    assert max(sizes) - min(sizes) <= 1


def test_one_shard_has_all() -> None:
    assert all(in_shard(file, number, 1) for file in FILES for number in (0, 1))
