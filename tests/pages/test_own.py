"""What people wrote in a page is told from what the bot generates into it."""

from hypothesis import given
from hypothesis import strategies as st

from bot.pages.own import own_text

PAGE = """\
# Birds

<!-- bot:summary -->

| [Owls](https://owls.example.org) |

<!-- /bot:summary -->

See [Wrens](https://wrens.example.org).
"""


def test_what_stands_in_a_region_is_left_out_and_no_line_moves() -> None:
    own = own_text(PAGE)
    assert "owls" not in own
    assert own.split("\n")[8] == "See [Wrens](https://wrens.example.org)."
    assert own.count("\n") == PAGE.count("\n")


def test_a_page_that_the_bot_made_as_a_whole_has_nothing_of_its_own() -> None:
    assert own_text("<!-- Generated from birds.bib by `python -m bot render`. -->\n\n# Authors\n") == ""


def test_a_region_without_an_end_is_text() -> None:
    text = "<!-- bot:summary -->\n\nhttps://owls.example.org\n"
    assert own_text(text) == text


def test_markers_in_code_are_text() -> None:
    text = "```\n<!-- bot:summary -->\n```\nhttps://owls.example.org\n```\n<!-- /bot:summary -->\n```\n"
    assert own_text(text) == text


@given(st.lists(st.sampled_from(["<!-- bot:a -->", "<!-- /bot:a -->", "<!-- bot:b -->", "```", "text", ""])))
def test_lines_are_never_moved(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert own_text(text).count("\n") == text.count("\n")
