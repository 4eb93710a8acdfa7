"""One look at each case of the truth table shows what a person would say."""

import ipaddress
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import certifi
import pytest

from bot.links.look import Looker
from bot.links.observation import Kind, Observation
from bot.web.session import Limits, Web
from tests.links.truth import CASES, Case, filled, strangers

LIMITS = Limits(connect=3, read=1.5, total=3)


@pytest.fixture(scope="module")
def looks() -> Iterator[dict[str, Observation]]:
    """What each case's look has shown, all at once; none has reached the host that nobody may reach."""
    with pytest.MonkeyPatch.context() as patch, strangers(CASES) as serving:
        patch.setattr(certifi, "where", lambda: str(serving.authority))
        with Web("bot/1", allow=serving.allow, limits=LIMITS, complete_chains=True) as web:
            looker = Looker(web.open, reading=1.0)

            def look(case: Case) -> Observation:
                return looker.look(filled(case.address, case.name, serving), title=case.title)

            with ThreadPoolExecutor(24) as pool:
                seen = list(pool.map(look, CASES))
        assert not any(ipaddress.ip_address("127.99.0.1") in network for network in serving.allow)
        assert serving.forbidden.connections == 0
        yield dict(zip((case.name for case in CASES), seen, strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_look_shows_what_a_person_would_say(case: Case, looks: dict[str, Observation]) -> None:
    seen = looks[case.name]
    assert seen.kind is case.seen, seen
    assert case.note in seen.note, seen
    if case.fit is not None:
        assert seen.fit is case.fit, seen


def test_every_look_but_a_good_one_says_why(looks: dict[str, Observation]) -> None:
    assert [name for name, seen in looks.items() if not seen.reason or len(seen.reason) > 200] == []
    assert [name for name, seen in looks.items() if seen.kind is Kind.MOVED and not seen.target] == []


def test_the_table_has_each_case_once_and_all_that_there_is() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 90
    assert {case.seen for case in CASES} == set(Kind)
