import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pages.regions import RegionError, replace_region

PAGE = "# List\n\n<!-- bot:summary -->\nold\n<!-- /bot:summary -->\n\nBye  \n"


def test_only_what_is_between_the_markers_changes() -> None:
    assert replace_region(PAGE, "summary", "| new |", "README.md") == (
        "# List\n\n<!-- bot:summary -->\n\n| new |\n\n<!-- /bot:summary -->\n\nBye  \n"
    )


def test_replacing_twice_is_replacing_once() -> None:
    once = replace_region(PAGE, "summary", "new\n\nlines", "README.md")
    assert replace_region(once, "summary", "new\n\nlines", "README.md") == once


@given(
    before=st.text(st.sampled_from("ab \n\r#-<!>")),
    after=st.text(st.sampled_from("ab \n\r#-<!>`")),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_the_text_around_is_kept_byte_for_byte(before: str, after: str, end: str) -> None:
    head = f"{before}-->{end}{end}<!-- bot:x -->{end}"
    tail = f"<!-- /bot:x -->{end}{after}"
    assert replace_region(f"{head}old\n{tail}", "x", "new\nlines", "f") == f"{head}{end}new{end}lines{end}{end}{tail}"


def test_a_file_with_crlf_keeps_it() -> None:
    changed = replace_region(PAGE.replace("\n", "\r\n"), "summary", "a\nb", "README.md")
    assert changed.count("\r\n") == changed.count("\n")
    assert "\r\na\r\nb\r\n" in changed


def test_markers_may_be_written_with_other_blanks() -> None:
    assert replace_region("  <!--bot:x-->\n<!--  /bot:x -->  ", "x", "new", "f") == (
        "  <!--bot:x-->\n\nnew\n\n<!--  /bot:x -->  "
    )


@pytest.mark.parametrize(
    "text",
    [
        "```\n<!-- bot:summary -->\n<!-- /bot:summary -->\n```\n",
        "~~~~ markdown\n<!-- bot:summary -->\n~~~\n<!-- /bot:summary -->\n~~~~\n",
        "Put `<!-- bot:summary -->` there.\n",
        "    <!-- bot:summary -->\n",
        "<!--\n<!-- bot:summary\n-->\n",
    ],
)
def test_markers_in_code_and_in_sentences_are_text(text: str) -> None:
    assert replace_region(text + "\n" + PAGE, "summary", "new", "f") == text + "\n" + replace_region(
        PAGE, "summary", "new", "f"
    )


OPEN, CLOSE = "<!-- bot:summary -->", "<!-- /bot:summary -->"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", f"README.md: the line {OPEN} is missing; add it, alone on its line, where the region belongs"),
        (OPEN, f"README.md: the line {CLOSE} is missing; add it, alone on its line, where the region belongs"),
        (f"{OPEN} {CLOSE}", f"README.md: the line {OPEN} is missing; add it"),
        (f"{OPEN}\n{OPEN}\n{CLOSE}", f"README.md: the line {OPEN} stands 2 times; keep one"),
        (f"{OPEN}\n{CLOSE}\n\n{CLOSE}", f"README.md: the line {CLOSE} stands 2 times; keep one"),
        (f"{CLOSE}\n{OPEN}", f"README.md: {CLOSE} stands before {OPEN}; put it after"),
        (
            f"{OPEN}\n<!-- bot:contents -->\n{CLOSE}\n<!-- /bot:contents -->",
            f"README.md: <!-- bot:contents --> stands between {OPEN} and {CLOSE}; regions cannot overlap",
        ),
        (f"{OPEN}\n```\n{CLOSE}\n", f"README.md: the line {CLOSE} is missing"),
    ],
)
def test_markers_that_do_not_fit_are_named(text: str, sentence: str) -> None:
    with pytest.raises(RegionError) as caught:
        replace_region(text, "summary", "new", "README.md")
    assert str(caught.value).startswith(sentence)
