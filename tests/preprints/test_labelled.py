"""The bot on preprints whose fate is known: nothing wrong is proposed, and most of what was published is found."""

import pytest

from tests.support.labelled import PUBLISHED, Verdict, cases, judge_all, published, scores


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    """What the bot says about every case, all of them in one list and one library."""
    return judge_all(cases())


def test_there_are_enough_cases_of_every_kind() -> None:
    kinds = [case["kind"] for case in cases()]
    wanted = {"positive", "sibling", "none", "retitled", "authors-changed", "no-doi", "workshop-journal"}
    assert len(kinds) >= 60
    assert wanted <= set(kinds)


def test_nothing_wrong_is_proposed_without_a_warning(verdicts: list[Verdict]) -> None:
    assert [str(one) for one in verdicts if one.outcome == "propose" and not one.right] == []


def test_what_is_proposed_is_right(verdicts: list[Verdict]) -> None:
    propose = next(score for score in scores(verdicts) if score.outcome == "propose")
    assert propose.said > 30
    assert propose.precision == 1.0


def test_most_of_what_was_published_is_found(verdicts: list[Verdict]) -> None:
    missed = [str(one) for one in verdicts if one.wanted in PUBLISHED and one.outcome not in PUBLISHED]
    assert published(verdicts).recall >= 0.90, missed


def test_no_work_is_shown_as_published_that_is_another_one(verdicts: list[Verdict]) -> None:
    assert [str(one) for one in verdicts if one.outcome in PUBLISHED and not one.right] == []


def test_all_sources_answered(verdicts: list[Verdict]) -> None:
    assert [str(one) for one in verdicts if one.outcome == "unavailable"] == []
