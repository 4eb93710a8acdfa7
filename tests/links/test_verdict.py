"""What a row of looks comes to, weeks replayed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from bot.links.memory import Record, seen
from bot.links.observation import Kind, Observation
from bot.links.verdict import WRONG_IDENTIFIER, Judgement, Verdict, judge

START = datetime(2026, 1, 5, 3, 43, tzinfo=UTC)
URL = "https://gongs.example.org/papers/1.html"
NEW = "https://gongs.example.org/1"

OK = Observation(Kind.OK, status=200)
GONE = Observation(Kind.GONE, "404 Not Found", status=404)
FOR_GOOD = Observation(Kind.GONE, "410 Gone", status=410)
SOFT = Observation(Kind.SOFT_GONE, "the page says that it was not found", status=200)
WALL = Observation(Kind.BLOCKED, "403 Forbidden", status=403)
ERROR = Observation(Kind.ERROR, "it took too long", network=True)
REFUSED = Observation(Kind.REFUSED, "only http and https are asked")
MOVED = Observation(Kind.MOVED, "moved", status=200, target=NEW, fit=True)
UNFIT = Observation(Kind.MOVED, "moved", status=200, target=NEW)
ELSEWHERE = Observation(Kind.MOVED, "moved", status=200, target="https://other.example.org/", fit=True)

Looks = Sequence[tuple[float, Observation]]


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def replayed(looks: Looks, url: str = URL, *, ticked: bool = False) -> Record:
    """The record after looks, each with its day."""
    record = None
    for number, observation in looks:
        record = seen(record, url, observation, day(number))
    assert record is not None
    return msgspec.structs.replace(record, ticked=ticked)


def weekly(*observations: Observation) -> Looks:
    return [(7 * week, observation) for week, observation in enumerate(observations)]


def verdicts(looks: Looks, url: str = URL) -> list[str]:
    """The verdict after each of the looks."""
    return [str(judge(replayed(looks[: count + 1], url)).verdict) for count in range(len(looks))]


# --- Gone ------------------------------------------------------------------------------------------------------------


def test_gone_needs_three_hard_sightings() -> None:
    assert verdicts(weekly(OK, GONE, GONE, GONE, GONE)) == ["ok", "suspect", "suspect", "gone", "gone"]


def test_gone_holds_since_the_first_hard_sighting_and_tells_the_days() -> None:
    judgement = judge(replayed(weekly(OK, GONE, GONE, GONE, GONE)))
    assert judgement.since == day(7)
    assert judgement.reason == "404 Not Found, seen on 2026-01-12, 2026-01-19 and 2026-01-26"


@pytest.mark.parametrize(
    ("days", "last"),
    [
        ((0, 1, 2), "suspect"),
        ((0, 2.9, 5.8), "suspect"),
        ((0, 2, 4, 5.9), "suspect"),
        ((0, 2, 4, 7), "gone"),
        ((0, 3, 6), "gone"),
        ((0, 0.1, 0.2, 3, 3.1, 6), "gone"),
    ],
)
def test_hard_sightings_count_that_are_three_days_after_the_one_counted_before(
    days: tuple[float, ...], last: str
) -> None:
    found = verdicts([(number, GONE) for number in days])
    assert found[-1] == last
    assert set(found[:-1]) == {"suspect"}


def test_410_counts_double() -> None:
    assert verdicts([(0, FOR_GOOD), (2, FOR_GOOD), (3, GONE)]) == ["suspect", "suspect", "gone"]
    assert verdicts([(0, GONE), (3, FOR_GOOD)]) == ["suspect", "gone"]
    assert verdicts([(0, FOR_GOOD), (2, GONE)]) == ["suspect", "suspect"]


def test_one_ok_resets() -> None:
    assert verdicts(weekly(GONE, GONE, OK, GONE, GONE, GONE))[2:] == ["ok", "suspect", "suspect", "gone"]
    assert verdicts(weekly(GONE, GONE, GONE, OK))[-1] == "ok"


def test_a_working_page_that_moved_resets_too() -> None:
    assert verdicts(weekly(GONE, GONE, MOVED, GONE))[2:] == ["ok", "suspect"]


def test_errors_and_walls_between_hard_sightings_do_not_reset_them() -> None:
    assert verdicts(weekly(GONE, ERROR, GONE, WALL, GONE)) == ["suspect", "error", "suspect", "blocked", "gone"]


def test_what_is_gone_stays_gone_while_its_host_fails() -> None:
    looks = weekly(GONE, GONE, GONE, ERROR, ERROR, ERROR, ERROR, ERROR)
    assert set(verdicts(looks)[2:]) == {"gone"}
    assert judge(replayed(looks)).since == day(0)


def test_soft_sightings_are_never_gone_by_themselves() -> None:
    assert set(verdicts(weekly(*[SOFT] * 9))) == {"suspect"}
    assert verdicts(weekly(GONE, SOFT, GONE, SOFT, SOFT)) == ["suspect"] * 5


def test_soft_sightings_are_gone_once_a_person_has_ticked() -> None:
    judgement = judge(replayed(weekly(OK, SOFT, SOFT), ticked=True))
    assert (judgement.verdict, judgement.since) == (Verdict.GONE, day(7))
    assert "person" in judgement.reason


def test_a_tick_holds_until_the_link_works_again() -> None:
    ticked = replayed(weekly(OK, SOFT), ticked=True)
    failed = seen(ticked, URL, ERROR, day(14))
    assert judge(failed).verdict is Verdict.GONE
    back = seen(failed, URL, OK, day(21))
    assert judge(back).verdict is Verdict.OK
    assert judge(seen(back, URL, SOFT, day(28))).verdict is Verdict.SUSPECT


def test_a_tick_does_not_make_errors_or_walls_gone() -> None:
    assert judge(replayed(weekly(OK, ERROR), ticked=True)).verdict is Verdict.ERROR
    assert judge(replayed(weekly(OK, SOFT, WALL), ticked=True)).verdict is Verdict.BLOCKED


# --- Walls, errors, refusals -----------------------------------------------------------------------------------------


def test_a_wall_never_becomes_gone_by_repetition() -> None:
    assert set(verdicts(weekly(*[WALL] * 30))) == {"blocked"}


def test_behind_a_wall_nothing_is_known_of_what_was_gone() -> None:
    looks = weekly(OK, GONE, GONE, GONE, WALL, WALL, GONE)
    assert verdicts(looks)[3:] == ["gone", "blocked", "blocked", "gone"]
    assert judge(replayed(looks[:6])) == Judgement(Verdict.BLOCKED, day(28), "403 Forbidden, since 2026-02-02")


def test_blocked_holds_since_the_first_wall_of_the_row() -> None:
    assert judge(replayed(weekly(WALL, OK, WALL, WALL, WALL))).since == day(14)
    assert judge(replayed(weekly(WALL, ERROR, WALL, WALL))).since == day(14)


def test_errors_in_four_weekly_runs_are_down() -> None:
    looks = weekly(OK, ERROR, ERROR, ERROR, ERROR, ERROR)
    assert verdicts(looks) == ["ok", "error", "error", "error", "down", "down"]
    judgement = judge(replayed(looks))
    assert judgement.since == day(7)
    assert "2026-01-12, 2026-01-19, 2026-01-26 and 2026-02-02" in judgement.reason


def test_runs_by_hand_do_not_make_a_link_down() -> None:
    assert set(verdicts([(number, ERROR) for number in (0, 1, 2, 3, 4, 6, 7, 12, 17)])) == {"error"}
    assert verdicts([(number, ERROR) for number in (0, 5, 6, 11, 12, 17, 18)])[-2:] == ["error", "down"]


@pytest.mark.parametrize("between", [OK, WALL, GONE, MOVED, REFUSED])
def test_anything_else_between_the_errors_begins_a_new_row(between: Observation) -> None:
    assert verdicts(weekly(ERROR, ERROR, ERROR, between, ERROR))[-1] == "error"


def test_a_refused_address_is_refused_however_often() -> None:
    assert verdicts(weekly(REFUSED, REFUSED, REFUSED)) == ["refused"] * 3
    assert judge(replayed(weekly(REFUSED, REFUSED))) == Judgement(Verdict.REFUSED, day(0), REFUSED.reason)


# --- Moved -----------------------------------------------------------------------------------------------------------


def test_moved_needs_the_same_target_in_two_looks_six_days_apart() -> None:
    looks = [(0, OK), (7, MOVED), (8, MOVED), (12.9, MOVED), (13, MOVED), (14, MOVED)]
    assert verdicts(looks) == ["ok", "ok", "ok", "ok", "moved", "moved"]
    judgement = judge(replayed(looks))
    assert judgement.since == day(7)
    assert judgement.reason == f"moved to {NEW}, seen on 2026-01-12 and 2026-01-18"


def test_targets_that_take_turns_prove_nothing() -> None:
    assert set(verdicts(weekly(*[MOVED, ELSEWHERE] * 4))) == {"ok"}
    assert verdicts(weekly(MOVED, MOVED, ELSEWHERE, ELSEWHERE)) == ["ok", "moved", "ok", "moved"]


def test_a_target_that_is_not_fit_is_not_moved_to() -> None:
    assert set(verdicts(weekly(*[UNFIT] * 5))) == {"ok"}
    assert verdicts(weekly(MOVED, UNFIT)) == ["ok", "ok"]
    assert verdicts(weekly(UNFIT, MOVED)) == ["ok", "ok"]
    assert verdicts(weekly(MOVED, MOVED, UNFIT, MOVED)) == ["ok", "moved", "ok", "moved"]
    assert verdicts(weekly(MOVED, UNFIT, MOVED)) == ["ok", "ok", "moved"]


def test_what_works_at_its_old_address_again_is_ok() -> None:
    assert verdicts(weekly(MOVED, MOVED, OK, MOVED)) == ["ok", "moved", "ok", "ok"]


# --- Identifiers -----------------------------------------------------------------------------------------------------

UNKNOWN = Observation(Kind.GONE, "DOI unknown to its registry", status=404)


@pytest.mark.parametrize("url", ["https://doi.org/10.1000/182", "http://dx.doi.org/10.1000/182"])
def test_a_doi_that_never_was_is_a_wrong_identifier(url: str) -> None:
    looks = weekly(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
    assert verdicts(looks, url) == ["error"] * 4
    judgement = judge(replayed(looks, url))
    assert judgement.since == day(0)
    assert judgement.reason.startswith(WRONG_IDENTIFIER)


def test_a_wrong_identifier_stays_an_error_when_its_registry_fails() -> None:
    assert verdicts(weekly(UNKNOWN, UNKNOWN, UNKNOWN, ERROR), "https://doi.org/10.1000/182") == ["error"] * 4


def test_a_doi_that_was_ok_before_can_be_gone() -> None:
    assert verdicts(weekly(OK, UNKNOWN, UNKNOWN, UNKNOWN), "https://doi.org/10.1000/182")[1:] == [
        "suspect",
        "suspect",
        "gone",
    ]


def test_a_page_that_was_never_ok_can_be_gone() -> None:
    assert verdicts(weekly(GONE, GONE, GONE))[-1] == "gone"
