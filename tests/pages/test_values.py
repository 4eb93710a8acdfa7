from collections.abc import Callable

from bot.bibliography.paper import Paper
from bot.pages.values import Value, values


def test_a_field_has_one_value_or_several_each_perhaps_a_link(paper: Callable[..., Paper]) -> None:
    shown = paper(authors="Bach, J; Mozart, W", dataset="MSD & [C4S](http://c4s.org)", journal="A & B", note="")
    assert values(shown, "author") == [Value("Bach, J"), Value("Mozart, W")]
    assert values(shown, "dataset") == [Value("MSD"), Value("C4S", "http://c4s.org")]
    assert values(shown, "journal") == [Value("A & B")]
    assert values(shown, "note") == values(shown, "doi") == []


def test_what_is_no_whole_link_is_a_name(paper: Callable[..., Paper]) -> None:
    for text in ("[C4S]", "[C4S] (x)", "see [C4S](http://c4s.org)", "[C4S](http://c4s.org) v2", "[ ](http://c4s.org)"):
        assert values(paper(dataset=text), "dataset") == [Value(text)]
