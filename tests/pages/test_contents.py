import csv
from pathlib import Path

import pytest

from bot.pages.contents import contents

with (Path(__file__).parent / "data" / "anchors.tsv").open(encoding="utf-8", newline="") as file:
    ANCHORS = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]


@pytest.mark.parametrize(("heading", "anchor", "shown"), ANCHORS)
def test_a_heading_is_linked_as_github_names_it(heading: str, anchor: str, shown: str) -> None:
    assert contents(f"# Title\n\n## {heading}\n\ntext\n") == f"- [{shown}](#{anchor})"


def test_equal_headings_of_any_level_are_numbered() -> None:
    text = "# Audio\n## Audio\n### Audio\n## Datasets\n## Audio!\n"
    assert contents(text) == "- [Audio](#audio-1)\n- [Datasets](#datasets)\n- [Audio!](#audio-3)"


def test_other_levels_and_the_contents_themselves_are_left_out() -> None:
    assert contents("# One\n## Table of contents\n## Two\n### Three\n##Four\n##\n## Contents\n") == "- [Two](#two)"


@pytest.mark.parametrize(
    "hidden",
    [
        "```\n## x\n```",
        "~~~~sh\n## x\n~~~\n## y\n~~~~",
        "    ## x",
        "<!--\n## x\n-->",
        "````\n```\n## x\n````",
        "a ## x",
    ],
)
def test_headings_in_code_and_comments_are_text(hidden: str) -> None:
    assert contents(f"{hidden}\n\n## After\r\n") == "- [After](#after)"


def test_a_fence_with_a_backtick_in_its_line_is_none() -> None:
    assert contents("``` a`b\n## Shown\n") == "- [Shown](#shown)"
