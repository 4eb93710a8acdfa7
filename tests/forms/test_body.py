import re
from collections import Counter
from itertools import combinations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.forms.body import EMPTY_MARKS, Submission, read_body, render_body
from bot.forms.template import Element, Template
from bot.problems import Problem, Severity

Given = dict[str, str | tuple[str, ...]]


def form(*elements: Element, name: str = "A form") -> Template:
    return Template(file="form.yml", name=name, description="d", labels=(), elements=elements)


def inputs(*labels: str) -> Template:
    return form(*(Element(id=label.lower(), type="textarea", label=label) for label in labels))


SONG = form(
    Element(id="title", type="input", label="Title"),
    Element(id="score", type="textarea", label="Score", render="abc"),
    Element(id="key", type="dropdown", label="Key", options=("C", "C, minor", "Yes")),
    Element(id="moods", type="dropdown", label="Moods", options=("sad", "sad, but true", "glad"), multiple=True),
    Element(id="rights", type="checkboxes", label="Rights", options=("mine", "free")),
    Element(id="notes", type="textarea", label="Notes"),
)


def read(body: str, *templates: Template) -> Submission:
    submission = read_body(body, templates or (SONG,))
    assert isinstance(submission, Submission), submission
    return submission


def answers(body: str, *templates: Template) -> Given:
    return read(body, *templates).answers


# What GitHub writes


def test_a_filed_form_looks_as_github_writes_it() -> None:
    body = render_body(
        SONG,
        {"title": "Help!", "score": "X:1\nK:C", "moods": ("sad", "glad"), "rights": ("free",), "notes": "a\nb"},
    )
    assert body == (
        "### Title\n\nHelp!\n\n### Score\n\n```abc\r\nX:1\r\nK:C\r\n```\n\n### Key\n\nNone\n\n"
        "### Moods\n\nsad, glad\n\n### Rights\n\n- [ ] mine\n- [x] free\n\n### Notes\n\na\r\nb"
    )


def test_questions_without_an_answer_are_absent() -> None:
    body = render_body(SONG, {})
    assert body.count("_No response_") == 3
    assert body.count("None") == 2
    assert answers(body) == {}


@pytest.mark.parametrize("mark", ["_No response_", "None", "", "  \n\n "])
def test_every_mark_of_an_empty_answer_is_known(mark: str) -> None:
    assert answers(f"### Title\n\n{mark}\n\n### Notes\n\n{mark}\n\n### Key\n\nC") == {"key": "C"}


def test_a_mark_with_words_around_it_is_an_answer() -> None:
    assert answers("### Notes\n\n_No response_ please check again") == {"notes": "_No response_ please check again"}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_endings_of_any_kind_are_read_alike(newline: str) -> None:
    body = "### Title\n\nHelp!\n\n### Notes\n\nfirst\n\nsecond\n"
    assert answers(body.replace("\n", newline)) == {"title": "Help!", "notes": "first\n\nsecond"}


def test_line_endings_may_be_mixed() -> None:
    assert answers("### Title\r\n\nHelp!\n\r\n### Notes\n\nfirst\r\nsecond\n") == {
        "title": "Help!",
        "notes": "first\nsecond",
    }


def test_what_unicode_calls_a_line_end_ends_no_line() -> None:
    assert answers("### Title\n\na\u2028### Notes\u2028b\x0bc\x85d") == {"title": "a\u2028### Notes\u2028b\x0bc\x85d"}


# Drop-downs and checkboxes


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("sad", ("sad",)),
        ("sad, glad", ("sad", "glad")),
        ("sad, but true", ("sad, but true",)),
        ("sad, but true, glad", ("sad, but true", "glad")),
        ("sad, sad, but true, glad", ("sad", "sad, but true", "glad")),
        ("glad, sad", ("glad", "sad")),
        ("mad, glad", ("mad", "glad")),
    ],
)
def test_several_values_of_a_drop_down_are_told_apart(text: str, values: tuple[str, ...]) -> None:
    assert answers(f"### Moods\n\n{text}") == {"moods": values}


def test_one_value_of_a_drop_down_may_hold_a_comma() -> None:
    assert answers("### Key\n\nC, minor") == {"key": "C, minor"}


def test_ticked_boxes_count_however_they_are_ticked() -> None:
    body = "### Rights\n\n- [x] mine\n- [X] free\n- [ ] other\n- [] another\n* [x] more"
    assert answers(body) == {"rights": ("mine", "free", "more")}


def test_no_box_ticked_is_no_answer() -> None:
    assert answers("### Rights\n\n- [ ] mine\n- [ ] free") == {}


def test_a_box_broken_by_hand_is_not_lost() -> None:
    assert answers("### Rights\n\n- mine\n- [x] free") == {"rights": ("- mine", "free")}


# Code


@pytest.mark.parametrize(
    "answer",
    [
        "X:1",
        "```\ncode\n```",
        "````\n```\ncode\n```\n````",
        "before\n```abc\ncode\n```",
        "~~~\nopen",
        "```",
        "a\n\n\nb",
    ],
)
def test_the_fence_around_an_answer_is_taken_off_and_no_other(answer: str) -> None:
    assert answers(render_body(SONG, {"score": answer, "notes": "n"})) == {"score": answer, "notes": "n"}


@pytest.mark.parametrize("answer", ["no fence at all", "```abc\ncode\n```\nand words below it", "```abc", "```\n_x_"])
def test_an_answer_whose_fence_was_edited_stays_as_it_is(answer: str) -> None:
    assert answers(f"### Score\n\n{answer}\n\n### Notes\n\nn") == {"score": answer, "notes": "n"}


def test_an_empty_fence_is_no_answer() -> None:
    assert answers("### Score\n\n```abc\n\n```\n\n### Notes\n\n```\nhere it is\n```") == {
        "notes": "```\nhere it is\n```"
    }


# Where an answer ends


def test_a_heading_that_is_not_the_forms_belongs_to_the_answer() -> None:
    text = "#### Notes\n## Notes\n### Other notes\n###\n### \n###Notes\n ### Notes\n### Notes ###\nx ### Key"
    assert answers(render_body(SONG, {"title": text, "notes": "n"})) == {"title": text, "notes": "n"}


def test_a_heading_that_has_come_already_belongs_to_the_answer() -> None:
    assert answers("### Title\n\nA\n\n### Notes\n\nB\n\n### Title\n\nC\n\n### Notes\n\nD") == {
        "title": "A",
        "notes": "B\n\n### Title\n\nC\n\n### Notes\n\nD",
    }


def test_a_heading_in_a_code_fence_belongs_to_the_answer() -> None:
    quoted = "see\n\n```markdown\n### Score\n```python\n### Score\n```\n\nand\n\n~~~~\n### Score\n~~~\n### Score\n~~~~"
    given = {"title": quoted, "score": "X:1", "key": "C", "notes": "n"}
    assert answers(render_body(SONG, given)) == given


@pytest.mark.parametrize("fence", ["```", "~~~", "````markdown", "x\n   ```", "```\n### Title"])
def test_a_fence_that_is_never_closed_hides_no_heading(fence: str) -> None:
    given: Given = {
        "title": fence.strip(),
        "score": "X:1",
        "key": "C",
        "rights": ("mine",),
        "notes": "```\n### Key\n```",
    }
    assert answers(render_body(SONG, given)) == given


def test_a_fence_that_is_never_closed_in_moved_blocks_hides_no_heading() -> None:
    body = "### Notes\n\n```\n\n### Title\n\nt\n\n### Key\n\nC\n\n### Moods\n\n```sad```\n```"
    assert answers(body) == {"notes": "```", "title": "t", "key": "C", "moods": ("```sad```\n```",)}


def test_an_open_fence_does_not_bring_forward_a_later_heading() -> None:
    given = {"title": "### Key\n```", "key": "C", "notes": "n"}
    assert answers(render_body(SONG, given)) == given


def test_backticks_within_a_line_open_no_fence() -> None:
    given = {"title": "```x``` is code\n\n```\n### Score\n```", "score": "X:1", "notes": "n"}
    assert answers(render_body(SONG, given)) == given


def test_an_answer_may_quote_a_later_heading_but_the_next() -> None:
    given = {"title": "A\n### Key\nB\n### Notes", "score": "X:1", "key": "C", "notes": "n"}
    assert answers(render_body(SONG, given)) == given


def test_comments_tables_and_emoji_are_text() -> None:
    text = "<!-- hidden\n### Something\n-->\n\n| a | b |\n|---|---|\n| 🎵 | `x` |\n\n- [x] done\n> quote"
    assert answers(render_body(SONG, {"notes": text})) == {"notes": text}


# Edited by hand


def test_blocks_may_be_moved() -> None:
    assert answers("### Notes\n\nn\n\n### Title\n\nt\n\n### Key\n\nC") == {"notes": "n", "title": "t", "key": "C"}


def test_moved_blocks_may_quote_headings_in_fences() -> None:
    body = "### Notes\n\n```\n### Title\n```\n\n### Key\n\nC\n\n### Title\n\nt"
    assert answers(body) == {"notes": "```\n### Title\n```", "key": "C", "title": "t"}


def test_blanks_around_headings_may_be_edited() -> None:
    assert answers("###  Title  \nt\n###\tNotes\nn") == {"title": "t", "notes": "n"}


def test_text_above_the_first_heading_is_kept() -> None:
    submission = read("Hello!\n\nPlease add this.\n\n### Title\n\nt\n\n### Notes\n\nn")
    assert submission.before == "Hello!\n\nPlease add this."
    assert submission.answers == {"title": "t", "notes": "n"}


# Which form

PAPER, CORRECTION = inputs("Title of it", "Authors", "Year", "Venue"), inputs("Key", "Field", "Value", "Entry")


def test_the_form_is_known_by_its_headings() -> None:
    assert read(render_body(PAPER, {"year": "2017"}), CORRECTION, PAPER).template == PAPER
    assert read(render_body(CORRECTION, {"key": "A"}), PAPER, CORRECTION).template == CORRECTION


def test_a_body_of_which_little_is_left_is_still_ours() -> None:
    assert answers("### Year\n\n2017", PAPER) == {"year": "2017"}
    assert answers("### Year\n\n2017\n\n### Authors\n\nA\n\n### My own words\n\nx", PAPER)["year"] == "2017"


def test_as_many_headings_of_others_make_it_anothers() -> None:
    assert isinstance(read_body("### Year\n\n2017\n\n### Date\n\nx", [PAPER]), Problem)


def test_of_two_forms_with_the_same_first_heading_the_one_with_more_of_the_others_is_meant() -> None:
    short, long = inputs("Name"), inputs("Name", "Year")
    for order in ([short, long], [long, short]):
        assert read(render_body(long, {"year": "2017"}), *order).template == long


def test_a_form_stays_ours_whatever_headings_its_answers_hold() -> None:
    given = {"title of it": "t", "venue": "\n".join(f"### Heading {number}" for number in range(10))}
    assert answers(render_body(PAPER, given), PAPER) == given


def test_another_form_that_shares_a_label_is_not_ours() -> None:
    body = render_body(inputs("Name", "Authors", "Licence"), {"name": "n", "authors": "A"})
    problem = read_body(body, [PAPER, CORRECTION])
    assert isinstance(problem, Problem)
    assert problem.rule == "form-unknown"


def test_a_form_that_quotes_another_form_whole_is_itself() -> None:
    inner = render_body(PAPER, {"year": "2017"}).replace("\r", "")
    assert read(render_body(CORRECTION, {"value": inner}), PAPER, CORRECTION).answers == {"value": inner}
    inner = render_body(CORRECTION, {"key": "K"}).replace("\r", "")
    assert read(render_body(PAPER, {"venue": inner}), PAPER, CORRECTION).answers == {"venue": inner}


@pytest.mark.parametrize("body", ["", " \n\r\n\t"])
def test_an_issue_without_text_says_what_to_do(body: str) -> None:
    problem = read_body(body, [PAPER, SONG])
    assert isinstance(problem, Problem)
    assert (problem.severity, problem.rule) == (Severity.ERROR, "form-empty")
    assert "“A form”" in problem.fix


@pytest.mark.parametrize("body", ["Hello!", "## Title\n\nt", "### Other\n\nx", "### ", "```\n", "{" * 1000])
def test_an_issue_without_a_form_says_what_to_do(body: str) -> None:
    problem = read_body(body, [SONG])
    assert isinstance(problem, Problem)
    assert (problem.severity, problem.rule) == (Severity.ERROR, "form-unknown")
    assert "“A form”" in problem.fix


# Hostile bodies


@pytest.mark.usefixtures("in_linear_time")
@pytest.mark.parametrize(
    "text",
    [
        "### A\n" * 10_000,
        "### Title\n" * 6_000,
        "### Moods\n" * 6_000,
        "{" * 60_000,
        "`" * 65_000,
        "```\n" * 16_000,
        "~~~x\n### Notes\n" * 4_000,
        "sad, " * 13_000,
        "### " * 16_000,
        " " * 65_000,
        "\n" * 65_000,
        "- [" * 20_000,
        "\r" * 65_000,
    ],
)
@pytest.mark.parametrize("where", ["title", "score", "moods"])
def test_the_longest_body_is_read_in_no_time(text: str, where: str) -> None:
    body = render_body(SONG, {"title": "t", where: (text,) if where == "moods" else text, "notes": "n"})
    submission = read_body(body, [SONG, PAPER, CORRECTION])
    assert isinstance(submission, Submission)


# Properties

LINE = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12)
WORD = LINE.map(str.strip).filter(lambda text: text and text not in EMPTY_MARKS)


@st.composite
def templates(draw: st.DrawFn) -> Template:
    elements = []
    for number, label in enumerate(draw(st.lists(WORD, min_size=1, max_size=5, unique=True))):
        kind = draw(st.sampled_from(["input", "textarea", "code", "dropdown", "several", "checkboxes"]))
        options = tuple(draw(st.lists(WORD, min_size=1, max_size=4, unique=True)))
        elements.append(
            Element(
                id=f"element-{number}",
                type={"code": "textarea", "several": "dropdown"}.get(kind, kind),  # type: ignore[arg-type]
                label=label,
                options=options if kind in ("dropdown", "several", "checkboxes") else (),
                multiple=kind == "several",
                render="bibtex" if kind == "code" else "",
            )
        )
    return form(*elements)


def texts(template: Template) -> st.SearchStrategy[str]:
    """Answers as bad as people can make them: of headings, fences and marks as well as words."""
    headings = st.sampled_from([f"### {element.label}" for element in template.elements])
    marks = ["```", "````", "~~~", "```bibtex", "  ```", "### Other", "#### x", "_No response_", "None", "", "- [x] y"]
    lines = st.lists(st.one_of(LINE, headings, st.sampled_from(marks)), max_size=8)
    return lines.map("\n".join).map(str.strip)


@st.composite
def submissions(draw: st.DrawFn) -> Submission:
    template = draw(templates())
    found: Given = {}
    for element in template.elements:
        if element.type == "checkboxes" or element.multiple:
            subset = draw(st.sets(st.sampled_from(element.options)))
            answer: str | tuple[str, ...] = tuple(option for option in element.options if option in subset)
            # Values that joined read as other values: GitHub's text does not say which were chosen.
            joined = [
                ", ".join(some) for n in range(len(element.options)) for some in combinations(element.options, n + 1)
            ]
            assume(
                not element.multiple or (joined.count(", ".join(answer)) <= 1 and ", ".join(answer) not in EMPTY_MARKS)
            )
        elif element.options:
            answer = draw(st.sampled_from(["", *element.options]))
        else:
            answer = draw(texts(template))
        if answer and answer not in EMPTY_MARKS:
            found[element.id] = answer
    return Submission(template, found)


def heading(line: str) -> str | None:
    match = re.fullmatch(r"###[ \t](.*)", line)
    return match[1].strip() if match else None


def leaves_a_fence_open(block: str) -> bool:
    fence = ""
    for line in block.split("\n"):
        match = re.fullmatch(r" {0,3}(`{3,}|~{3,})(.*)", line)
        if match and not fence:
            fence = match[1] if match[1][0] == "~" or "`" not in match[2] else ""
        elif match and match[1].startswith(fence) and not match[2].strip():
            fence = ""
    return bool(fence)


@given(submissions())
def test_reading_what_github_writes_gives_back_what_was_filed(submission: Submission) -> None:
    labels = [element.label for element in submission.template.elements]
    quoting = open_ = False
    for position, element in enumerate(submission.template.elements):
        answer = submission.answers.get(element.id, "")
        lines = answer.split("\n") if isinstance(answer, str) else []
        # The one line that nobody can tell from the next heading is one that reads like it.
        assume(not any(heading(line) in labels[position + 1 : position + 2] for line in lines))
        quoting |= any(heading(line) in labels for line in lines)
        rendered = render_body(form(element), submission.answers).replace("\r\n", "\n")
        open_ |= leaves_a_fence_open(rendered)
    # A fence left open, and the headings quoted after it: the same text as one long answer with a closed fence.
    assume(not (quoting and open_))
    assert read_body(render_body(submission.template, submission.answers), [submission.template]) == submission


@given(st.data())
def test_no_text_is_lost_whatever_the_body(data: st.DataObject) -> None:
    template = data.draw(templates().filter(lambda t: all(e.type in ("input", "textarea") for e in t.elements)))
    body = data.draw(texts(template).map(lambda text: f"### {template.elements[0].label}\n{text}"))
    labels = {element.label for element in template.elements}

    def words(text: str) -> Counter[str]:
        """The lines that say something: no heading of the form, no fence, no mark of an empty answer."""
        lines = (line.strip() for line in text.split("\n"))
        return Counter(
            line
            for line in lines
            if line not in EMPTY_MARKS and heading(line) not in labels and not re.match("```|~~~", line)
        )

    submission = read_body(body, [template])
    if isinstance(submission, Submission):
        kept = "\n".join([submission.before, *map(str, submission.answers.values())])
        assert words(kept) == words(body)


@given(st.text(), st.lists(templates(), max_size=3))
def test_no_body_is_too_odd_to_be_read(body: str, some: list[Template]) -> None:
    assert isinstance(read_body(body, some), Submission | Problem)
