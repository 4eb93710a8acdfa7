"""How problems and proposals are written, for people, for GitHub's log and as JSON; the caller prints."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import indent
from typing import TYPE_CHECKING, Any

import msgspec

from bot.escape import terminal, workflow_command
from bot.problems import Problem, Severity
from bot.wording import counted

if TYPE_CHECKING:  # `validate` prints problems, and need not load what makes proposals
    from bot.jobs.proposal import Proposal

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "notice"}


def as_text(problem: Problem) -> str:
    """``dl4m.bib:12: error: sentence [rule]``, on one line."""
    place = ":".join(str(part) for part in (problem.file, problem.line) if part)
    where = " ".join(part for part in (problem.key, problem.field) if part)
    sentence = f"{where + ': ' if where else ''}{problem.message}"
    if problem.fix:
        sentence += f"; what passes: {problem.fix}"
    return terminal(f"{place + ': ' if place else ''}{problem.severity}: {sentence} [{problem.rule}]")


def as_workflow_command(problem: Problem) -> str:
    """The annotation that GitHub shows at the line."""
    message = f"{problem.message}; what passes: {problem.fix}" if problem.fix else problem.message
    properties = {"file": problem.file, "line": problem.line, "title": problem.rule}
    return workflow_command(
        _COMMANDS[problem.severity], message, {name: str(value) for name, value in properties.items() if value}
    )


def count(problems: Iterable[Problem]) -> str:
    """``1 error, 2 warnings, 0 hints``."""
    counts = Counter(problem.severity for problem in problems)
    return ", ".join(counted(counts[severity], severity.value) for severity in Severity)


def as_json(value: Any) -> str:
    """One JSON object, indented, in UTF-8."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    # The same JSON, but nothing that GitHub's runner would take for a command in its log.
    return text.replace("##[", "#\\u0023[")


def as_json_pieces(head: Mapping[str, Any], name: str, rows: Iterable[Any]) -> Iterator[str]:
    """The same of an object that ends with a list, ``name``: piece by piece, since the list may be long."""
    yield f"{as_json(head).removesuffix('}').rstrip()},\n  {as_json(name)}: ["
    for number, row in enumerate(rows):
        yield f"{',' if number else ''}\n{indent(as_json(row), '    ')}"
    yield "\n  ]\n}"


def problem_object(problem: Problem) -> dict[str, Any]:
    """A problem as JSON shows it; ``file`` only where there is one."""
    names: Sequence[str] = ("severity", "rule", "key", "field", "line", "message", "fix")
    return {**({"file": problem.file} if problem.file else {}), **{name: getattr(problem, name) for name in names}}


def proposal_object(proposal: "Proposal") -> dict[str, Any]:
    """A proposal as ``propose --json`` shows it."""
    return {
        "status": "ok" if proposal.ok else "problems",
        "title": proposal.title,
        "branch": proposal.branch,
        "entries": [
            {
                "key": one.entry.key,
                "type": one.entry.type,
                "fields": one.entry.fields,
                "bibtex": one.bibtex,
                "row": one.row,
            }
            for one in proposal.entries
        ],
        "problems": [problem_object(problem) for problem in proposal.problems],
    }


def proposal_text(proposal: "Proposal", comment: str) -> str:
    """A proposal as ``propose`` prints it: pull request, comment, diff and rows, each under a heading."""
    parts = [("Comment on the issue", comment)]
    if proposal.ok:
        parts.insert(0, ("Pull request", f"{proposal.title}\n{proposal.branch}\n"))
        parts.append(("Change of the bibliography", proposal.diff))
        if proposal.entries:
            parts.append(("Row in the README", "".join(f"{one.row}\n" for one in proposal.entries)))
    return "\n".join(f"{heading}\n{'=' * len(heading)}\n\n{terminal(text, lines=True)}" for heading, text in parts)


def diff(old: str | None, new: str | None, file: str) -> str:
    """The unified diff of a page; an absent file is shown as ``/dev/null``, as git does."""
    import difflib

    lines = difflib.unified_diff(
        (old or "").split("\n"),
        (new or "").split("\n"),
        "/dev/null" if old is None else f"a/{file}",
        "/dev/null" if new is None else f"b/{file}",
        lineterm="",
    )
    return "".join(f"{terminal(line)}\n" for line in lines)
