"""Citation keys, and where they stand in the file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bibliography.entry import Entry
from bot.bibliography.keys import citation_key
from bot.bibliography.order import position, positions, sort_key


@pytest.mark.parametrize(
    ("author", "year", "key"),
    [
        ("Böck, Sebastian", "2012", "Bock2012"),
        ("Boulanger-Lewandowski, Nicolas and Bengio, Yoshua", "2012", "BoulangerLewandowski2012"),
        ("Van den Oord, Aaron", "2016", "VandenOord2016"),
        ("van Gemert, JC", "2017", "VanGemert2017"),
        ("Aaron van den Oord", "2016", "VandenOord2016"),
        ("{Google Brain}", "2016", "GoogleBrain2016"),
        ("Stasiak, Bartłomiej", "2016", "Stasiak2016"),
        ('Sch{\\"u}tz, A', "1999", "Schutz1999"),
        ("", "2016", "Anonymous2016"),
        ("Bach, J", "in press", "Bach"),
    ],
)
def test_a_key_is_the_first_family_name_and_the_year(author: str, year: str, key: str) -> None:
    assert citation_key(Entry("misc", "", {"author": author, "year": year}), set()) == key


def test_an_entry_without_authors_is_named_after_its_editor() -> None:
    assert citation_key(Entry("book", "", {"editor": "Todd, Peter", "year": "1991"}), set()) == "Todd1991"


def test_on_a_clash_a_letter_follows_then_two() -> None:
    entry = Entry("misc", "", {"author": "Bach, J", "year": "1999"})
    taken: set[str] = set()
    keys: list[str] = []
    for _ in range(54):
        keys.append(citation_key(entry, taken))
        taken.add(keys[-1].lower())
    assert keys[:3] == ["Bach1999", "Bach1999b", "Bach1999c"]
    assert keys[25:28] == ["Bach1999z", "Bach1999aa", "Bach1999ab"]
    assert keys[51:] == ["Bach1999az", "Bach1999ba", "Bach1999bb"]


def test_keys_that_differ_only_in_case_clash() -> None:
    assert citation_key(Entry("misc", "", {"author": "LeCun, Yann", "year": "1998"}), {"lecun1998"}) == "LeCun1998b"


@given(st.lists(st.text("abAB12", min_size=1, max_size=3)), st.text("abAB12", min_size=1, max_size=3))
def test_a_new_key_goes_before_the_first_greater_one_after_which_all_are_greater(keys: list[str], new: str) -> None:
    place = position(keys, new)
    assert all(sort_key(key) > sort_key(new) for key in keys[place:])
    assert place == 0 or sort_key(keys[place - 1]) <= sort_key(new)


@given(st.lists(st.text("abAB12", min_size=1, max_size=3)), st.lists(st.text("abAB12", min_size=1, max_size=3)))
def test_a_sorted_file_stays_sorted(keys: list[str], new: list[str]) -> None:
    keys = sorted(keys, key=sort_key)
    placed = [(place, 0, sort_key(key), key) for place, key in zip(positions(keys, new), new, strict=True)]
    old = [(index, 1, sort_key(key), key) for index, key in enumerate(keys)]
    merged = [key for *_, key in sorted(placed + old)]
    assert merged == sorted(merged, key=sort_key)
