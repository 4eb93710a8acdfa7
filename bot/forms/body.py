"""The body of an issue that was filed by a form, read back into answers, and written as GitHub writes it.

GitHub joins a form's answers under its labels as level-3 headings, with no mark that an answer could not hold too: an
answer may quote a heading, or open a code fence and never close it. Reading relies on the order of the template's own
labels, and on fences only where they help (see ``_found``).
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from bot.forms.template import Element, Template
from bot.problems import Problem, Severity

EMPTY_MARKS = frozenset({"", "_No response_", "None"})
"""What stands below the heading of a question without an answer: GitHub writes the last for a drop-down."""

_EMPTY = "the issue has no text, so there is nothing to read"
_UNKNOWN = "the issue does not have the headings of a form of this list, so its answers cannot be told apart"
_USE_A_FORM = "a new issue with the form {forms}; if the headings were edited away, put them back as they were"


class Submission(msgspec.Struct, frozen=True):
    """What a contributor wrote in a form.

    ``answers`` holds a text for each answered element by its id; for checkboxes the ticked labels, and for a drop-down
    of several values those chosen. An element without an answer is absent. ``before`` is text above the first heading,
    which only a hand can have put there. Lines end in ``\\n``.
    """

    template: Template
    answers: dict[str, str | tuple[str, ...]]
    before: str = ""


def read_body(body: str, templates: Sequence[Template]) -> Submission | Problem:
    """Read an issue's body by the template whose headings it has; linear in the body's length.

    Headings count in the template's order. A line like a heading that has come already, or that the template does not
    have, belongs to the answer in which it stands; a block out of order is accepted. When nothing fits, the problem
    (rule ``form-empty`` or ``form-unknown``) says what to do.

    One case is beyond telling: an answer that quotes the very next heading outside of a code fence ends there.
    """
    text = body.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        return _problem("form-empty", _EMPTY, templates)
    readings = [reading for template in templates if (reading := _read(text, template))]
    if not readings:
        return _problem("form-unknown", _UNKNOWN, templates)
    # A form's own headings come first, whatever its answers quote.
    template, blocks = min(readings, key=lambda reading: (reading[1][0][1], -len(reading[1])))
    answers = {}
    ends = [start for _, start, _ in blocks[1:]] + [len(text)]
    for (element, _, start), end in zip(blocks, ends, strict=True):
        answer = _answer(element, text[start:end])
        if answer:
            answers[element.id] = answer
    return Submission(template, answers, text[: blocks[0][1]].strip())


def render_body(template: Template, answers: Mapping[str, str | tuple[str, ...]]) -> str:
    """The body that GitHub makes of these answers: CRLF within an answer, as browsers send it, LF elsewhere."""
    return "\n\n".join(f"### {element.label}\n\n{_rendered(element, answers)}" for element in template.elements)


def _rendered(element: Element, answers: Mapping[str, str | tuple[str, ...]]) -> str:
    answer = answers.get(element.id, "")
    if element.type == "checkboxes":
        return "\n".join(f"- [{'x' if option in answer else ' '}] {option}" for option in element.options)
    if not answer:
        return "None" if element.type == "dropdown" else "_No response_"
    text = answer if isinstance(answer, str) else ", ".join(answer)
    if element.render:
        text = f"```{element.render}\n{text}\n```"
    return text.replace("\n", "\r\n")


def _problem(rule: str, message: str, templates: Sequence[Template]) -> Problem:
    forms = " or ".join(f"“{template.name}”" for template in templates)
    return Problem(severity=Severity.ERROR, rule=rule, message=message, fix=_USE_A_FORM.format(forms=forms))


# A level-3 heading, or a code fence: CommonMark 0.31, sections 4.2 and 4.5.
_MARK = re.compile(r"^(?:###[ \t](?P<label>.*)| {0,3}(?P<fence>`{3,}+(?=[^`\n]*$)|~{3,}+)(?P<info>.*))$", re.MULTILINE)

# An element, where its heading starts, and where its answer starts.
_Block = tuple[Element, int, int]


class _Mark(msgspec.Struct):
    """A heading of the template (``position`` is its place there), a foreign one (-1), or a fence (-2)."""

    position: int
    start: int
    end: int
    fence: str = ""
    may_close: bool = False


_FOREIGN, _FENCE = -1, -2


def _read(text: str, template: Template) -> tuple[Template, list[_Block]] | None:
    """The blocks of the template in the text, in the text's order; ``None`` where it is not this form's body.

    A body is a form's when it has most of its headings, or more of its headings than of others: so a body of another
    form that shares a label is not taken for it, and one that was cut short by hand still is.
    """
    position = {element.label: index for index, element in enumerate(template.elements)}
    marks = [
        _Mark(_FENCE, *match.span(), match["fence"], not match["info"].strip())
        if match["fence"]
        else _Mark(position.get(match["label"].strip(), _FOREIGN), *match.span())
        for match in _MARK.finditer(text)
    ]
    headings = _found(marks, len(template.elements))
    foreign = sum(mark.position == _FOREIGN for mark in marks)
    if not headings or (len(headings) <= foreign and 2 * len(headings) <= len(template.elements)):
        return None
    return template, [(template.elements[mark.position], mark.start, mark.end) for mark in headings]


def _found(marks: list[_Mark], count: int) -> list[_Mark]:
    """The headings at which answers start: the first of three readings that finds the most of them.

    In order, looking outside of code fences first; each once, outside of closed code fences; each once, fences or not.
    The first is the rule; the second reads a body whose blocks were moved; and no answer with a fence that it does not
    close can hide a heading from the third. They disagree about the truth in one case only: an answer leaves a fence
    open, and a later one quotes the headings between in order. That is the same text as one answer with a closed fence.
    """
    readings = [_in_order(marks, count), _once(marks, _fenced(marks)), _once(marks, frozenset())]
    return max(readings, key=len)


def _in_order(marks: list[_Mark], count: int) -> list[_Mark]:
    """Each label's first heading after the one before, outside of the fences opened since then where there is one."""
    found = []
    start = 0
    for position in range(count):
        chosen = -1
        fence = ""
        for index in range(start, len(marks)):
            mark = marks[index]
            if mark.position == _FENCE:
                fence = _after(fence, mark)
            elif mark.position == position:
                if not fence:
                    chosen = index
                    break
                chosen = index if chosen < 0 else chosen
        if chosen >= 0:
            found.append(marks[chosen])
            start = chosen + 1
    return found


def _once(marks: list[_Mark], ignored: frozenset[int]) -> list[_Mark]:
    """The first heading of each label, wherever it stands, but for those ``ignored`` by their offset."""
    first: dict[int, _Mark] = {}
    for mark in marks:
        if mark.position >= 0 and mark.start not in ignored:
            first.setdefault(mark.position, mark)
    return list(first.values())


def _fenced(marks: list[_Mark]) -> frozenset[int]:
    """The offsets of the headings that stand in a code fence which is closed again."""
    fence = ""
    inside: list[int] = []
    fenced: list[int] = []
    for mark in marks:
        if mark.position != _FENCE:
            inside.append(mark.start)
            continue
        before, fence = fence, _after(fence, mark)
        if before != fence:
            fenced += inside if before else ()
            inside = []
    return frozenset(fenced)


def _after(fence: str, mark: _Mark) -> str:
    """The fence that is open after this mark, if ``fence`` was before."""
    if not fence:
        return mark.fence
    return "" if mark.may_close and mark.fence.startswith(fence) else fence


def _answer(element: Element, text: str) -> str | tuple[str, ...]:
    text = text.strip()
    if text in EMPTY_MARKS:
        return ""
    if element.type == "checkboxes":
        return _ticked(text)
    if element.render and (text := _unfenced(text)) in EMPTY_MARKS:
        return ""
    return _chosen(text, element.options) if element.multiple else text


_BOX = re.compile(r"[-*+][ \t]+\[(?P<mark>[ \txX]?)\](?P<label>.*)")


def _ticked(text: str) -> tuple[str, ...]:
    """The labels of the ticked boxes; a line that is no box, since a hand was at it, counts as it stands."""
    values = []
    for line in text.split("\n"):
        box = _BOX.fullmatch(line.strip())
        value = line if box is None else box["label"] if box["mark"] in ("x", "X") else ""
        if value.strip():
            values.append(value.strip())
    return tuple(values)


def _unfenced(text: str) -> str:
    """The text in the fence that ``render:`` puts around an answer, which may hold fences itself."""
    lines = text.split("\n")
    opening, closing = (_MARK.fullmatch(line) for line in (lines[0], lines[-1]))
    is_fence = opening and closing and opening["fence"] and closing["fence"] and len(lines) > 1
    return "\n".join(lines[1:-1]).strip() if is_fence else text


def _chosen(text: str, options: tuple[str, ...]) -> tuple[str, ...]:
    """The values that are joined by ``, `` in the text; a value may hold a comma itself.

    GitHub joins them in the template's order, which tells `a`, `b` from `a, b` in nearly every case. Text that no
    choice of options explains is cut at its commas.
    """
    reached: dict[int, tuple[str, ...]] = {0: ()}
    joined = f"{text}, "
    for option in options:
        for start, values in list(reached.items()):
            if joined.startswith(f"{option}, ", start):
                reached[start + len(option) + 2] = (*values, option)
    if len(joined) in reached:
        return reached[len(joined)]
    return tuple(part.strip() for part in text.split(", ") if part.strip())
