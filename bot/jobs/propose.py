"""The main job: a filed form becomes a checked change of the bibliography, with all that is wrong in one answer."""

import msgspec

from bot.bibliography.blocks import Bibliography
from bot.bibliography.diff import unified_diff
from bot.bibliography.edits import apply
from bot.config import Config
from bot.escape import branch_part, one_line
from bot.forms.adding import read_addition
from bot.forms.body import read_body
from bot.forms.correcting import key_in_title, read_correction
from bot.forms.links import prefilled_link
from bot.forms.template import Template
from bot.jobs.additions import listed_already, plan_additions
from bot.jobs.corrections import plan_correction
from bot.jobs.proposal import Plan, Proposal
from bot.problems import Problem, Severity, has_errors


class Issue(msgspec.Struct, frozen=True):
    """What was filed: the issue's body and title as they are now, and its number where it has one."""

    body: str
    title: str = ""
    number: int | None = None


class Forms(msgspec.Struct, frozen=True):
    """The list's two forms."""

    add: Template
    correct: Template


def propose(issue: Issue, bibliography: Bibliography, forms: Forms, config: Config, this_year: int) -> Proposal:
    """Work out what an issue proposes.

    Only what the submission brings can stop it; what is wrong in the file already is ``validate``'s business, but
    for an encoding in which nothing can be written.
    """
    plan = _plan(issue, bibliography, forms, config, this_year)
    problems = sorted(plan.problems, key=lambda problem: _WEIGHT[problem.severity])
    if unwritable := bibliography.encoding_problem:
        problems.insert(0, msgspec.structs.replace(unwritable, file=config.bibliography))
    edits = () if has_errors(problems) else plan.edits
    return Proposal(
        title=one_line(plan.title),
        branch=f"bot/issue-{issue.number}" if issue.number is not None else f"bot/{branch_part(plan.name)}",
        entries=plan.entries,
        removed=plan.removed,
        reason=plan.reason,
        problems=tuple(problems),
        data=apply(bibliography.data, edits),
        diff=unified_diff(bibliography, edits, config.bibliography),
        forms=_filled_forms(issue, forms, config) if plan.no_form else (),
    )


_WEIGHT = {severity: weight for weight, severity in enumerate(Severity)}


def _plan(issue: Issue, bibliography: Bibliography, forms: Forms, config: Config, this_year: int) -> Plan:
    submission = read_body(issue.body, (forms.add, forms.correct))
    if isinstance(submission, Problem):
        return Plan(problems=(submission,), no_form=True)
    if submission.template == forms.correct or key_in_title(issue.title):
        correction = read_correction(submission, issue.title, config)
        return plan_correction(correction, bibliography, config, this_year)
    addition = read_addition(submission, config)
    if addition.unknown and (listed := listed_already(addition.unknown, bibliography, config)):
        return Plan(problems=tuple(listed))
    plan = plan_additions(addition.entries, bibliography, config, this_year)
    return msgspec.structs.replace(plan, problems=(*addition.problems, *plan.problems))


def _filled_forms(issue: Issue, forms: Forms, config: Config) -> tuple[tuple[str, str], ...]:
    """The forms as links, with what the issue says already: BibTeX, or the key of the entry to correct."""
    entry = {"bibtex": issue.body} if Bibliography.parse(issue.body.encode()).entries else {}
    key = key_in_title(issue.title)
    answers = (entry, {"key": key, **entry} if key else {})
    return tuple(
        (form.name, prefilled_link(config.repository, form, filled))
        for form, filled in zip((forms.add, forms.correct), answers, strict=True)
    )
