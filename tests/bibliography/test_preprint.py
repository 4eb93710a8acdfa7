"""Which entries are preprints, and where their arXiv identifier stands."""

import pytest

from bot.bibliography.entry import Entry
from bot.bibliography.paper import arxiv_id, is_preprint

PREPRINTS = {
    "unpublished": ("unpublished", {}),
    "in eprint": ("misc", {"eprint": "1706.08818", "archiveprefix": "arXiv"}),
    "only in the link": ("misc", {"link": "https://arxiv.org/pdf/1706.08818.pdf"}),
    "a journal of arXiv": ("article", {"journal": "arXiv preprint arXiv:1706.08818"}),
    "a journal of arXiv, and who runs it": (
        "article",
        {"journal": "arXiv preprint arXiv:1706.08818", "publisher": "Cornell University"},
    ),
    "CoRR with the number": ("article", {"journal": "CoRR abs/1706.08818"}),
    "CoRR in full": ("article", {"journal": "Computing Research Repository", "eprint": "1706.08818"}),
    "as DBLP writes it": ("article", {"journal": "CoRR", "volume": "abs/1706.08818"}),
    "in howpublished": ("misc", {"howpublished": r"\url{https://arxiv.org/abs/1706.08818}"}),
    "as DataCite writes it": ("misc", {"publisher": "arXiv", "doi": "10.48550/arXiv.1706.08818"}),
    "in a note": ("misc", {"note": "Preprint at https://arxiv.org/abs/1706.08818, 2017"}),
}
PUBLISHED = {
    "with its preprint's identifier": ("inproceedings", {"booktitle": "ISMIR", "eprint": "1706.08818"}),
    "with a link to arXiv": ("article", {"journal": "Bioacoustics", "link": "https://arxiv.org/abs/1706.08818"}),
    "with a note": ("article", {"journal": "Bioacoustics", "note": "arXiv:1706.08818"}),
    "with a DOI of its own": ("misc", {"doi": "10.1000/182", "link": "https://arxiv.org/abs/1706.08818"}),
    "a thesis": ("phdthesis", {"school": "TU Wien", "link": "https://arxiv.org/abs/1706.08818"}),
    "without arXiv": ("misc", {"howpublished": "A talk"}),
}


@pytest.mark.parametrize("name", PREPRINTS)
def test_what_arxiv_alone_has_is_a_preprint(name: str) -> None:
    type_, fields = PREPRINTS[name]
    entry = Entry(type_, "Bammer2017", fields)
    assert is_preprint(entry)
    assert arxiv_id(entry) == ("1706.08818" if fields else None)


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_was_published_elsewhere_is_none(name: str) -> None:
    type_, fields = PUBLISHED[name]
    assert not is_preprint(Entry(type_, "Bammer2017", fields))


def test_the_number_of_another_archive_is_no_arxiv_identifier() -> None:
    entry = Entry("misc", "Bammer2017", {"eprint": "1706.08818", "archiveprefix": "HAL"})
    assert arxiv_id(entry) is None
