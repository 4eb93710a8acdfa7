"""A venue is known by any of the ways in which sources write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bibliography.venues import listed_venue
from bot.config import load

CONFIG = load(
    """\
name: BIRDS
title: Birds
repository: o/r
bibliography: x.bib
venues:
  ICASSP:
    type: inproceedings
    names: ["IEEE International Conference on Acoustics, Speech and Signal Processing"]
  ISMIR: {type: inproceedings, names: [International Society for Music Information Retrieval Conference]}
  IWDLM: {type: inproceedings, names: [International Workshop on Deep Learning for Music]}
  NIPS: {type: inproceedings, names: [Advances in Neural Information Processing Systems]}
  Bioacoustics: {type: article}
""",
    "bot.yml",
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ICASSP", "ICASSP"),
        ("ICASSP 2017", "ICASSP"),
        ("Proc. ICASSP'17", "ICASSP"),
        ("2017 IEEE International Conference on Acoustics, Speech and Signal Processing (ICASSP)", "ICASSP"),
        ("ICASSP 2017 - 2017 IEEE International Conference on Acoustics, Speech and Signal Processing", "ICASSP"),
        ("IEEE International Conference on Acoustics, Speech, and Signal Processing", "ICASSP"),
        ("Proceedings of the 18th International Society for Music Information Retrieval Conference", "ISMIR"),
        ("18th International Society for Music Information Retrieval Conference (ISMIR), Suzhou, China", "ISMIR"),
        ("Advances in Neural Information Processing Systems 30", "NIPS"),
        ("1st International Workshop on Deep Learning for Music", "IWDLM"),
        ("bioacoustics", "Bioacoustics"),
        ("2017 IEEE International Conference on Acoustics, Speech and Signal Processing Workshops (ICASSP)", ""),
        ("Workshop on Owls, ICASSP 2017", ""),
        ("ISMIR late-breaking session", ""),
        ("Journal of Owls", ""),
        ("", ""),
        ("2017", ""),
    ],
)
def test_a_venue_is_known_by_its_names_and_what_is_held_beside_it_is_not(text: str, name: str) -> None:
    assert listed_venue(text, CONFIG) == name


@given(st.text(max_size=80))
def test_any_text_is_a_known_venue_or_none(text: str) -> None:
    assert listed_venue(text, CONFIG) in ("", *CONFIG.venues)
