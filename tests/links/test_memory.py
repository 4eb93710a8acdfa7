"""What a look adds to what is remembered: all that a verdict needs, and no more."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.links.link import Repair
from bot.links.memory import Record, Sighting, seen
from bot.links.observation import Kind, Observation
from bot.links.verdict import judge

START = datetime(2026, 1, 5, 3, 43, tzinfo=UTC)
URL = "https://gongs.example.org/papers/1.html"
DOI = "https://doi.org/10.1000/182"
OK = Observation(Kind.OK, status=200)
GONE = Observation(Kind.GONE, "404 Not Found", status=404)
SOFT = Observation(Kind.SOFT_GONE, "the page says that it was not found", status=200)
ERROR = Observation(Kind.ERROR, "it took too long")
WALL = Observation(Kind.BLOCKED, "403 Forbidden", status=403)
MOVED = Observation(Kind.MOVED, status=200, target="https://gongs.example.org/1", fit=True)
REPAIR = Repair("https://doi.org/10.1000/182", "because")


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def replayed(*looks: tuple[float, Observation]) -> Record:
    record = None
    for number, observation in looks:
        record = seen(record, URL, observation, day(number))
    assert record is not None
    return record


# --- A link that is ok -----------------------------------------------------------------------------------------------


def test_of_an_ok_link_only_since_when_is_remembered() -> None:
    assert replayed((0, OK)) == Record(URL, day(0))
    assert replayed((0, OK), (7, OK), (14, OK)) == Record(URL, day(0))


def test_after_four_good_weeks_it_is_asked_every_four() -> None:
    weeks = [(7.0 * week, OK) for week in range(9)]
    assert [replayed(*weeks[: count + 1]).every for count in range(9)] == [1, 1, 1, 1, 4, 4, 4, 4, 4]


def test_it_is_asked_weekly_again_after_one_bad_look() -> None:
    weeks = [(7.0 * week, OK) for week in range(9)]
    assert replayed(*weeks, (63, ERROR), (70, OK)) == Record(URL, day(70))


def test_the_time_is_kept_in_utc_to_the_minute() -> None:
    local = datetime(2026, 1, 5, 5, 43, 59, 999, tzinfo=timezone(timedelta(hours=2)))
    assert seen(None, URL, OK, local) == Record(URL, START)
    assert seen(None, URL, GONE, local).sightings[0].at == START


# --- A link that is not ----------------------------------------------------------------------------------------------


def test_a_bad_look_begins_a_row() -> None:
    record = replayed((0, OK), (7, GONE))
    assert record == Record(URL, day(7), was_ok=True, sightings=(Sighting(day(7), Kind.GONE, "404 Not Found", 404),))
    assert not replayed((0, GONE)).was_ok


def test_what_has_moved_counts_as_having_been_ok() -> None:
    assert replayed((0, MOVED), (7, GONE)).was_ok
    assert replayed((0, OK), (7, MOVED)).was_ok


@pytest.mark.parametrize(
    "looks",
    [
        [GONE, GONE, GONE],
        [SOFT],
        [GONE, SOFT],
        [ERROR, ERROR, ERROR, ERROR],
        [WALL],
        [Observation(Kind.REFUSED, "no web address")],
        [MOVED, MOVED],
        [msgspec.structs.replace(MOVED, fit=False)],
        [MOVED, MOVED, msgspec.structs.replace(MOVED, fit=False)],
        [GONE, GONE, GONE, ERROR, ERROR, ERROR, ERROR],
        [GONE, WALL],
    ],
)
def test_a_week_in_which_nothing_changes_changes_nothing(looks: list[Observation]) -> None:
    before = replayed((-7, OK), *((7.0 * week, look) for week, look in enumerate(looks)))
    for week in range(len(looks), len(looks) + 20):
        # Reasons change from look to look, and say nothing new.
        look = msgspec.structs.replace(looks[-1], reason=f"{looks[-1].reason} ({week})")
        assert seen(before, URL, look, day(7 * week)) == before


def test_a_look_too_soon_changes_nothing() -> None:
    for look, pause in ((GONE, 2.9), (ERROR, 5.9), (MOVED, 5.9), (WALL, 100)):
        before = replayed((0, OK), (7, look))
        assert seen(before, URL, look, day(7 + pause)) == before


def test_another_target_begins_the_row_of_looks_anew() -> None:
    elsewhere = msgspec.structs.replace(MOVED, target="https://other.example.org/")
    record = replayed((0, MOVED), (7, MOVED), (14, elsewhere))
    assert [one.target for one in record.sightings] == ["https://other.example.org/"]
    assert record.since == day(0)


def test_a_look_means_that_the_link_waits_no_longer() -> None:
    for before in (replayed((0, OK)), replayed((0, GONE)), replayed((0, MOVED))):
        waiting = msgspec.structs.replace(before, due=True)
        for look in (OK, GONE, MOVED):
            assert not seen(waiting, URL, look, day(7)).due


def test_a_repair_is_kept_as_long_as_it_is_one_of_the_same() -> None:
    def repaired(*looks: tuple[float, Observation]) -> Record:
        return msgspec.structs.replace(replayed(*looks), repair=REPAIR)

    gone = repaired((0, GONE), (7, GONE), (14, GONE))
    assert seen(gone, URL, ERROR, day(21)).repair == REPAIR
    assert seen(gone, URL, OK, day(21)).repair is None
    assert seen(repaired((0, OK)), URL, OK, day(7)).repair == REPAIR
    assert seen(repaired((0, OK)), URL, GONE, day(7)).repair is None
    assert seen(repaired((0, MOVED)), URL, MOVED, day(7)).repair == REPAIR
    elsewhere = msgspec.structs.replace(MOVED, target="https://other.example.org/")
    assert seen(repaired((0, MOVED)), URL, elsewhere, day(7)).repair is None


# --- Any row ---------------------------------------------------------------------------------------------------------

LOOKS = st.lists(
    st.tuples(
        st.integers(0, 24 * 9),
        st.one_of(
            st.sampled_from([OK, GONE, SOFT, ERROR, WALL, MOVED]),
            st.builds(Observation, kind=st.just(Kind.GONE), status=st.sampled_from([404, 410])),
            st.builds(
                Observation,
                kind=st.just(Kind.MOVED),
                target=st.sampled_from(["https://a.example/", "https://b.example/"]),
                fit=st.booleans(),
            ),
            st.just(Observation(Kind.REFUSED, "no")),
        ),
    ),
    min_size=1,
    max_size=30,
)


def everything(looks: list[tuple[datetime, Observation]], url: str) -> Record:
    """A record that keeps each look since the link last was ok, or its target another."""
    row: list[Sighting] = []
    was_ok = False
    for at, look in looks:
        if look.kind is Kind.OK:
            was_ok, row = True, []
            continue
        worked_before = bool(row) and row[-1].kind is Kind.MOVED
        if worked_before and (look.kind is not Kind.MOVED or look.target != row[-1].target):
            was_ok, row = True, []
        if look.kind is Kind.MOVED and not worked_before:
            row = []
        row.append(Sighting(at, look.kind, look.reason, look.status, look.target, look.fit))
    return Record(url, row[0].at if row else looks[0][0], was_ok, tuple(row))


@given(LOOKS, st.sampled_from([URL, DOI]))
def test_what_is_kept_is_enough_for_the_same_verdict_since_the_same_time(
    looks: list[tuple[int, Observation]], url: str
) -> None:
    record, now, dated = None, START, []
    for hours, look in looks:
        now += timedelta(hours=hours)
        dated.append((now, look))
        record = seen(record, url, look, now)
        kept, full = judge(record), judge(everything(dated, url))
        assert kept.verdict == full.verdict
        if record.sightings and kept.verdict != "ok":
            assert kept.since == full.since


@given(LOOKS)
def test_few_looks_are_kept_the_oldest_first(looks: list[tuple[int, Observation]]) -> None:
    record, now = None, START
    for hours, look in looks:
        now += timedelta(hours=hours)
        record = seen(record, URL, look, now)
        times = [one.at for one in record.sightings]
        assert len(times) <= 8
        assert times == sorted(times)
        assert all(record.since <= at for at in times)
        assert (not record.sightings) == (look.kind is Kind.OK)


def test_a_clock_that_went_back_counts_nothing_twice() -> None:
    record = replayed((20, GONE), (10, GONE), (0, GONE))
    assert len(record.sightings) == 1
