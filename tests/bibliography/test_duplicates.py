"""Two entries for one paper are found; two papers that only look alike are not an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bibliography.blocks import Bibliography
from bot.bibliography.duplicates import Duplicate, Index, duplicate_problem, duplicates
from bot.bibliography.entry import Entry, to_bibtex
from bot.problems import Severity

PAPER = {
    "author": "Böck, Sebastian and Schlüter, Jan",
    "title": "Enhanced {ODF} fusion for onset detection",
    "year": "2012",
    "doi": "10.1109/ICASSP.2012.123_4",
    "link": "http://www.example.org/papers/onset.pdf",
}
OTHER = {"author": "Ng, Andrew", "title": "Sparse coding of speech", "year": "2009"}


def entry(key: str, **fields: str) -> Entry:
    return Entry("article", key, fields)


def rules(*entries: Entry) -> list[tuple[int, int, str]]:
    return [(one.first, one.second, one.rule) for one in duplicates(entries, 90)]


@pytest.mark.parametrize(
    "fields",
    [
        {"doi": "10.1109/icassp.2012.123_4"},
        {"doi": "https://doi.org/10.1109/ICASSP.2012.123\\_4"},
        {"url": "http://dx.doi.org/10.1109%2FICASSP.2012.123_4"},
        {"link": "https://example.org/papers/onset.pdf#page=2"},
        {"url": "https://EXAMPLE.org/papers/onset.pdf/"},
    ],
)
def test_one_identifier_in_any_spelling_is_one_paper(fields: dict[str, str]) -> None:
    assert rules(entry("a", **PAPER), entry("b", **OTHER, **fields)) == [(0, 1, "duplicate-identifier")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"eprint": "1606.00298"}, {"link": "https://arxiv.org/pdf/1606.00298v2.pdf"}),
        ({"eprint": "1606.00298", "archiveprefix": "arXiv"}, {"doi": "10.48550/arXiv.1606.00298"}),
        ({"link": "http://arxiv.org/abs/1606.00298"}, {"journal": "arXiv preprint arXiv:1606.00298"}),
    ],
)
def test_versions_of_one_arxiv_paper_are_one_paper(first: dict[str, str], second: dict[str, str]) -> None:
    assert rules(entry("a", title="A", **first), entry("b", title="B", **second)) == [(0, 1, "duplicate-identifier")]


@pytest.mark.parametrize(
    "title",
    [
        "Enhanced ODF fusion for onset detection",
        "ENHANCED {ODF} FUSION -- FOR ONSET DETECTION.",
        "{Enhanced} \\emph{ODF} Fusion for Onset Detection",
    ],
)
def test_the_same_title_with_a_shared_author_is_one_paper(title: str) -> None:
    assert rules(entry("a", **PAPER), entry("b", title=title, author="Bock, S.")) == [(0, 1, "duplicate-title")]


def test_the_same_title_by_others_is_another_paper() -> None:
    assert rules(entry("a", **PAPER), entry("b", title=PAPER["title"], author="Ng, Andrew")) == []
    assert rules(entry("a", **PAPER), entry("b", title=PAPER["title"], author="Böck, Rudolf")) == []


def test_a_near_title_with_a_shared_author_is_worth_a_look() -> None:
    near = entry("b", title="Enhanced ODF fusions for onsets detection", author="Schlüter, J")
    assert rules(entry("a", **PAPER), near) == [(0, 1, "duplicate-near")]
    assert rules(entry("a", **PAPER), entry("b", title=near.get("title"), author="Ng, A")) == []
    assert rules(entry("a", **PAPER), entry("b", title="Onset detection", author="Schlüter, J")) == []


def test_entries_without_title_or_authors_are_not_alike() -> None:
    assert rules(entry("a"), entry("b"), entry("c", title="T"), entry("d", title="T"), entry("e", title="{}")) == []


def test_code_and_datasets_may_be_shared() -> None:
    shared = {"code": "https://github.com/o/r", "dataset": "[MSD](http://x.org/msd)"}
    assert rules(entry("a", title="A", **shared), entry("b", title="B", **shared)) == []


def test_only_pairs_with_a_new_entry_are_asked_for() -> None:
    same = entry("a", **PAPER)
    assert [(one.first, one.second) for one in duplicates([same, same, same], 90, new=2)] == [(0, 2), (1, 2)]


def test_a_pair_is_told_in_one_sentence_with_place_and_titles() -> None:
    [found] = duplicates([entry("a", **PAPER), entry("b", **PAPER)], 90)
    problem = duplicate_problem(found, entry("b", **PAPER), entry("a", **PAPER), "list.bib:3")
    assert problem.severity is Severity.ERROR
    assert problem.key == "b"
    assert "the DOI 10.1109/icassp.2012.123_4 is that of a (list.bib:3)" in problem.message
    near = duplicate_problem(Duplicate(0, 1, "duplicate-near", "x"), entry("b", title="U"), entry("a", title="T"), "p")
    assert near.severity is Severity.WARNING
    assert "“U”" in near.message
    assert "“T”" in near.message


def test_many_papers_are_compared_in_the_sorted_order_of_their_titles() -> None:
    many = [
        entry(f"k{number}", title=f"Paper on subject {number * 7919}", author=f"N{number}, A") for number in range(1200)
    ]
    first = entry("x", title="A long title about something particular", author="Ng, A")
    second = entry("y", title="The long title about something particular", author="Ng, A")
    third = entry("z", title="A long title about something particularly", author="Ng, A")
    found = duplicates([first, *many, second, third], 90)
    assert {(one.first, one.second, one.rule) for one in found} == {
        (0, 1201, "duplicate-near"),
        (0, 1202, "duplicate-near"),
        (1201, 1202, "duplicate-near"),
    }


TITLES = st.sampled_from(
    [
        "Deep learning for music",
        "{D}eep Learning for Müsic",
        'Deep learning for m{\\"u}sic',
        "Deep learnings for music",
        "x",
    ]
)
FIELDS = st.fixed_dictionaries(
    {"title": TITLES, "author": st.sampled_from(["Ng, A", "Bach, J and Ng, A", "Ng, B"])},
    optional={
        "doi": st.sampled_from(["10.1000/ABC", "https://doi.org/10.1000/abc", "10.1000/x\\_y", "10.1000/x_y"]),
        "link": st.sampled_from(
            ["http://a.org/p_1.pdf", "https://www.a.org/p\\_1.pdf", "http://arxiv.org/abs/1606.00298v1"]
        ),
        "eprint": st.sampled_from(["1606.00298", "arXiv:1606.00298v3"]),
    },
)


@given(st.lists(FIELDS, max_size=5), FIELDS)
def test_the_index_misses_no_duplicate_that_a_full_comparison_finds(
    listed: list[dict[str, str]], filed: dict[str, str]
) -> None:
    entries = [Entry("article", f"k{number}", fields) for number, fields in enumerate(listed)]
    new = Entry("article", "", filed)
    text = "\n\n".join(to_bibtex(entry, ("author", "booktitle", "title")) for entry in entries)
    found = {one.first for one in duplicates([*entries, new], 90, new=len(entries))}
    chosen = {one.key for one in Index(Bibliography.parse(text.encode())).candidates(new, 90)}
    assert {f"k{index}" for index in found} <= chosen


def test_the_index_leaves_out_what_cannot_be_meant() -> None:
    text = "\n".join(f"@misc{{k{number}, title = {{Title {number * 7919} of something}}}}" for number in range(100))
    text += "\n@misc{hit, booktitle = {no}, Title = {Neural nets}}\n@misc{macro, title = {Neural} # { nets}}"
    index = Index(Bibliography.parse(text.encode()))
    assert [one.key for one in index.candidates(Entry("misc", "", {"title": "Neural nets"}), 90)] == ["hit", "macro"]
    assert index.candidates(Entry("misc", "", {}), 90) == []
    assert Index(Bibliography.parse(b"")).candidates(Entry("misc", "", {"title": "x"}), 90) == []
