from collections.abc import Callable
from itertools import permutations

from bot.bibliography.paper import Paper
from bot.pages.order import reading_order


def test_papers_are_read_by_year_family_title_and_key(paper: Callable[..., Paper]) -> None:
    wanted = [
        paper("Z", key="1", year=2018, authors="Zorn, A"),
        paper("Z", key="2", year=2017, authors=""),
        paper("Z", key="3", year=2017, authors="Bach, J; Aas, X"),
        paper("Z", key="4", year=2017, authors="Böck, S"),
        paper("Z", key="5", year=2017, authors="bohm, S"),
        paper("á first title", key="6", year=2017, authors="van den Oord, Aäron"),
        paper("B second title", key="7", year=2017, authors="Van den Oord, Aaron"),
        paper("B second title", key="8", year=2017, authors="Van den Oord, Aaron"),
        paper("Z", key="9", year=2017, authors="Velarde, G"),
        paper("Z", key="10", year=1988, authors="Aas, A"),
        paper("Z", key="0", year=0, authors="Zorn, A"),
        paper("Z", key="11", year=None, authors="Aas, A"),
    ]
    assert reading_order(reversed(wanted)) == wanted
    assert all(reading_order(some) == wanted[:4] for some in permutations(wanted[:4]))
