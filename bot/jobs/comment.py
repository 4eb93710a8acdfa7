"""What the contributor reads: one comment with the row, the entry and all problems, escaped for GitHub."""

from collections.abc import Sequence
from itertools import groupby

from bot.bibliography.entry import to_bibtex
from bot.config import Config
from bot.escape import clipped, code_block, code_span, markdown, without_backlinks
from bot.jobs.proposal import Change, Proposal, Proposed
from bot.pages.rows import heading
from bot.problems import Problem, Severity, errors, lesser, waits
from bot.wording import listed

# How many entries and problems one comment shows: GitHub takes 65,536 characters.
_ENTRIES = 20
_PROBLEMS = 60
_TEXT = 300
# Of so many fields from one source, the values are said as well.
_VALUES = 2

# What `one_line` puts into a title, which `markdown` does in its own way.
_BREAK = "\u200b"

_THANKS = "Thank you{author}! This is ready to be merged:"
_NOT_YET = (
    "Thank you{author}! This cannot be added yet. Please **edit the first post of this issue** (⋯ → *Edit*) as the "
    "list below says; the rest of what you wrote is kept, and this comment follows your edit."
)
_WAITS = (
    "Thank you{author}! There is nothing for you to do yet. What you gave could not be looked up just now; the bot "
    "tries again within a day, and this comment follows. With the title, the authors and the year in the first post of "
    "this issue (⋯ → *Edit*) it goes on at once."
)
_FORMS = "These forms ask for what is needed; what could be read of this issue is filled in already:"
_ROW = "As readers will see it:"
_FILLED = "Filled in by the bot:"
_LOOK = "Worth a look; none of it stops the proposal:"
_ALSO = "Worth a look as well; none of this stands in the way:"
_ASKED = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.HINT: "💡"}


def comment(proposal: Proposal, config: Config, author: str = "") -> str:
    """The comment on a proposal, as GitHub's Markdown; ``author`` is the login of who filed it. Ends with a newline."""
    name = f", {markdown(author)}" if author else ""
    parts = [_ready(proposal, config, name) if proposal.ok else _refused(proposal, config, name)]
    if minor := lesser(proposal.problems):
        parts += [_LOOK if proposal.ok else _ALSO, problem_list(minor, config)]
    return clipped(without_backlinks("\n\n".join(parts))) + "\n"


def shown(proposal: Proposal, config: Config) -> str:
    """What a proposal changes: the row as readers will see it, the entry or its changes, and what the bot filled in."""
    parts = []
    if proposal.removed:
        parts += [
            f"Why: {markdown(proposal.reason)}",
            "This entry goes:",
            code_block(to_bibtex(proposal.removed, config.known_fields()), "bibtex"),
        ]
    if proposal.entries:
        some = proposal.entries[:_ENTRIES]
        parts += [_ROW, "\n".join([heading(config), *(one.row for one in some)])]
        parts += [_entry(one) for one in some]
        if len(proposal.entries) > _ENTRIES:
            parts.append(f"… and {len(proposal.entries) - _ENTRIES} more entries.")
        parts += _filled(proposal, {one.entry.key for one in some})
    return "\n\n".join(parts)


def problem_list(problems: Sequence[Problem], config: Config, most: int = _PROBLEMS) -> str:
    """The problems, a line each, at most so many; empty where there is none."""
    lines = [_problem(problem, config) for problem in problems[:most]]
    if len(problems) > most:
        lines.append(f"- … and {len(problems) - most} more.")
    return "\n".join(lines)


def _ready(proposal: Proposal, config: Config, name: str) -> str:
    title = f"**{markdown(proposal.title.replace(_BREAK, ''))}**"
    return "\n\n".join([_THANKS.format(author=name), title, shown(proposal, config)])


def _refused(proposal: Proposal, config: Config, name: str) -> str:
    lead = _WAITS if waits(proposal.problems) else _NOT_YET
    parts = [lead.format(author=name), problem_list(errors(proposal.problems), config)]
    if proposal.forms:
        parts = [parts[1], _FORMS, "\n".join(f"- [{markdown(form)}]({address})" for form, address in proposal.forms)]
    return "\n\n".join(parts)


def _entry(one: Proposed) -> str:
    if one.changes is None:
        return code_block(one.bibtex, "bibtex")
    return f"What changes in **{markdown(one.entry.key)}**:\n\n{_changes(one.changes)}"


def _changes(changes: Sequence[Change]) -> str:
    rows = [f"| {markdown(change.field)} | {markdown(change.old)} | {markdown(change.new)} |" for change in changes]
    return "\n".join(["| field | now | then |", "|---|---|---|", *rows])


def _filled(proposal: Proposal, keys: set[str]) -> list[str]:
    """What nobody typed in the entries with these keys, with where it is from; each entry and source is a line."""
    lines: list[str] = []
    for (key, source), group in groupby(proposal.filled, key=lambda one: (one.key, one.source)):
        values = list(group)
        whose = f"**{markdown(key)}** " if len(proposal.entries) > 1 else ""
        if len(values) > _VALUES:  # they stand in the entry above
            found = listed([markdown(one.field) for one in values])
        else:
            found = " and ".join(f"{markdown(one.field)} {markdown(_short(one.value))}" for one in values)
        lines += [f"- {whose}{found}, from {markdown(_short(source))}"] if key in keys else ()
    return [_FILLED, "\n".join(lines)] if lines else []


def _problem(problem: Problem, config: Config) -> str:
    where = " ".join(f"**{markdown(part)}**" for part in (problem.key, problem.field) if part)
    line = f"line {problem.line} of the BibTeX" if problem.line else ""
    place = ", ".join(part for part in (where, line) if part)
    text = f"- {_ASKED[problem.severity]} {place + ': ' if place else ''}{markdown(_short(problem.message))}."
    if problem.fix:
        text += f" What passes: {_copyable(_short(problem.fix))}"
    if not config.pages.rules:
        return f"{text} ({problem.rule})"
    address = f"https://github.com/{config.repository}/blob/{config.branch}/{config.pages.rules}#{problem.rule}"
    return f"{text} ([{problem.rule}]({address}))"


def _short(text: str) -> str:
    """The text as far as all problems of a comment have room."""
    return text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"


def _copyable(fix: str) -> str:
    """What would pass; as code where escaping it would put invisible characters into what people copy."""
    escaped = markdown(fix)
    return code_span(fix) if "&#8203;" in escaped else escaped
