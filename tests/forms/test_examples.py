"""Filed forms, each a pair of files that anybody can add: see ``tests/data/forms/README.md``."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.config import Config
from bot.forms.adding import read_addition
from bot.forms.body import read_body
from bot.forms.correcting import RemoveEntry, ReplaceEntry, SetFields, key_in_title, read_correction
from bot.forms.template import Template
from bot.problems import Problem

FOLDER = Path(__file__).parents[1] / "data/forms"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def outcome(body: str, title: str, templates: list[Template], config: Config) -> dict[str, Any]:
    """What comes of a filed form, in the words of the examples."""
    submission = read_body(body, templates)
    if isinstance(submission, Problem):
        return {"problems": shown([submission])}
    found: dict[str, Any] = {
        "form": Path(submission.template.file).name,
        "before": submission.before,
        "answers": submission.answers,
    }
    if submission.template is templates[0] and not key_in_title(title):
        addition = read_addition(submission, config)
        entries = [{"type": entry.type, "fields": entry.fields} for entry in addition.entries]
        return {**found, "entries": entries, "problems": shown(addition.problems)}
    correction = read_correction(submission, title, config)
    change: dict[str, Any] = {}
    match correction.change:
        case SetFields(fields, type_):
            change = {"fields": fields, **({"type": type_} if type_ else {})}
        case ReplaceEntry(entry):
            change = {"entry": {"type": entry.type, "fields": entry.fields}}
        case RemoveEntry(reason):
            change = {"reason": reason}
    found["correction"] = {"key": correction.key, **change}
    return {**found, "problems": shown(correction.problems)}


def shown(problems: list[Problem]) -> list[str]:
    return [" ".join(str(part) for part in (p.severity, p.rule, p.line) if part) for p in problems]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", NAMES)
def test_a_filed_form_asks_for_what_the_example_says(
    name: str, newline: str, add: Template, correct: Template, config: Config
) -> None:
    expected = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    body = (FOLDER / f"{name}.md").read_text("utf-8").replace("\n", newline)
    del expected["what"]
    found = outcome(body, expected.pop("title", ""), [add, correct], config)
    assert {key: found.get(key) for key in expected} == expected


def test_every_body_has_its_expectation() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "README") == NAMES
