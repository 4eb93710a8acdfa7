import unicodedata
from collections.abc import Callable

from bot.bibliography.paper import Paper
from bot.pages.names import listed_names


def shown(papers: list[Paper], field: str = "author", aliases: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """Each name as Markdown, with the keys of its papers."""
    return [
        (listed.value.markdown(), " ".join(paper.key for paper in listed.papers))
        for listed in listed_names(papers, field, aliases or {})
    ]


def test_each_name_stands_once_in_alphabetical_order_with_its_papers(paper: Callable[..., Paper]) -> None:
    papers = [
        paper(key="a", authors="van den Oord, Aäron; Zorn, A"),
        paper(key="b", authors="Åkesson, B; van den Oord, Aäron"),
        paper(key="c", authors="Velarde, G; Bach, J"),
        paper(key="d", authors=""),
    ]
    assert shown(papers) == [
        ("Åkesson, B", "b"),
        ("Bach, J", "c"),
        ("van den Oord, Aäron", "a b"),
        ("Velarde, G", "c"),
        ("Zorn, A", "a"),
    ]


def test_spellings_that_differ_in_accents_only_are_one_name_with_its_accents(paper: Callable[..., Paper]) -> None:
    papers = [
        paper(key="a", authors="Schluter, Jan"),
        paper(key="b", authors="Schlüter, Jan"),
        paper(key="c", authors="Schluter, Jan"),
        paper(key="d", authors=unicodedata.normalize("NFD", "Schlüter, Jan")),
    ]
    assert shown(papers) == [("Schlüter, Jan", "a b c d")]


def test_the_spelling_does_not_depend_on_the_order_of_the_papers(paper: Callable[..., Paper]) -> None:
    papers = [paper(key=name, authors=name) for name in ("Gómez, E", "Gomez, É", "Gomez, E")]
    assert {shown(order)[0][0] for order in (papers, papers[::-1])} == {"Gomez, É"}
    papers.append(paper(authors="Gómez, E"))
    assert {shown(order)[0][0] for order in (papers, papers[::-1])} == {"Gómez, E"}


def test_look_alikes_and_other_cases_are_not_merged(paper: Callable[..., Paper]) -> None:
    papers = [paper(key="a", authors="Sturm, Bob; Sturm, Bob L; Sturm, Bob L."), paper(key="b", authors="sturm, bob")]
    assert [name for name, _ in shown(papers)] == ["Sturm, Bob", "sturm, bob", "Sturm, Bob L", "Sturm, Bob L."]


def test_an_alias_settles_which_names_are_one(paper: Callable[..., Paper]) -> None:
    papers = [
        paper(key="a", authors="Sturm, Bob"),
        paper(key="b", authors="Sturm, Bob L"),
        paper(key="c", authors="Gómez Gutiérrez, Emilia"),
        paper(key="d", authors="Gomez, Emilia"),
    ]
    aliases = {
        "Sturm, Bob": "Sturm, Bob L",
        "Sturm, Bob L": "Sturm, Bob L.",
        "Gomez Gutierrez, Emilia": "Gomez, Emilia",
        "Circle": "Round",
        "Round": "Circle",
    }
    assert shown(papers, aliases=aliases) == [("Gomez, Emilia", "c d"), ("Sturm, Bob L.", "a b")]
    assert len(shown([paper(authors="Round"), paper(authors="Circle")], aliases=aliases)) <= 2


def test_a_name_twice_in_a_paper_counts_once(paper: Callable[..., Paper]) -> None:
    assert shown([paper(key="a", authors="Han, Yoonchang; Lee, Kyogu; Han, Yoonchang")]) == [
        ("Han, Yoonchang", "a"),
        ("Lee, Kyogu", "a"),
    ]


def test_two_papers_of_one_key_are_two(paper: Callable[..., Paper]) -> None:
    assert shown([paper("One", key="a"), paper("Two", key="a")]) == [("Family, Given", "a a")]


def test_a_dataset_is_known_by_its_name_and_linked_most_often_wins(paper: Callable[..., Paper]) -> None:
    papers = [
        paper(key="a", dataset="GTzan & [MSD](http://b.org) & [RWC](http://r.org/b)"),
        paper(key="b", dataset="[GTzan](http://g.org) & [MSD](http://c.org)"),
        paper(key="c", dataset="[MSD](http://c.org) & msd & R&D"),
        paper(key="d", dataset="[Piano-midi.de](Piano-midi.de)"),
        paper(key="e", dataset="[Evil](javascript:x) & [Wiki](https://e.org/Foo_(bar))"),
        paper(key="f", dataset="[](http://x.org) & \x1b & [RWC](http://r.org/a)"),
    ]
    assert shown(papers, "dataset") == [
        ("\\[\\](http:&#8203;//x.org)", "f"),
        ("Evil", "e"),
        ("[GTzan](http://g.org)", "a b"),
        ("[MSD](http://c.org)", "a b c"),
        ("msd", "c"),
        ("Piano-midi.de", "d"),
        ("R&D", "c"),
        ("[RWC](http://r.org/a)", "a f"),
        ("[Wiki](https://e.org/Foo_%28bar%29)", "e"),
    ]


def test_any_field_can_be_listed(paper: Callable[..., Paper]) -> None:
    papers = [paper(key="a", journal="CMJ"), paper(key="b"), paper(key="c", journal="CMJ & JCMS")]
    assert shown(papers, "journal") == [("CMJ", "a"), ("CMJ & JCMS", "c")]
