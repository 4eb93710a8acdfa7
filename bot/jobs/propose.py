"""The main job: a filed form becomes a checked change of the bibliography, with all that is wrong in one answer."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from bot.bibliography.blocks import Bibliography
from bot.bibliography.diff import unified_diff
from bot.bibliography.edits import apply
from bot.bibliography.rules import can_be_accepted
from bot.config import Config
from bot.escape import branch_part, one_line
from bot.forms.adding import Addition, read_addition
from bot.forms.body import Submission, read_body
from bot.forms.correcting import key_in_title, read_correction
from bot.forms.links import prefilled_link
from bot.forms.template import Template
from bot.jobs.additions import listed_already, plan_additions, refused_key
from bot.jobs.completing import complete, questions
from bot.jobs.corrections import plan_correction
from bot.jobs.proposal import NO_RULING, Filled, Plan, Proposal
from bot.jobs.proposal import Ruling as Ruling
from bot.metadata.question import Question
from bot.metadata.work import Work
from bot.problems import Problem, Severity, has_errors


class Issue(msgspec.Struct, frozen=True):
    """What was filed: the issue's body and title as they are now, and its number where it has one.

    ``date`` is the day on which it was filed (``2026-11-24``), or empty.
    """

    body: str
    title: str = ""
    number: int | None = None
    date: str = ""


class Forms(msgspec.Struct, frozen=True):
    """The list's two forms."""

    add: Template
    correct: Template


def propose(
    issue: Issue,
    bibliography: Bibliography,
    forms: Forms,
    config: Config,
    this_year: int,
    ruling: Ruling = NO_RULING,
    works: Mapping[Question, Work] | None = None,
) -> Proposal:
    """Work out what an issue proposes, under what people have decided about it.

    ``works`` is what the sources answered to the ``questions_about`` it.
    Only what the submission brings can stop it; what is wrong in the file already is ``validate``'s business, but
    for an encoding in which nothing can be written.
    """
    plan = _plan(issue, bibliography, forms, config, this_year, ruling, works or {})
    found = with_accepted(plan.problems, ruling.accepted) if plan.edits else plan.problems
    problems = sorted(found, key=lambda problem: _WEIGHT[problem.severity])
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
        filled=plan.filled,
        forms=_filled_forms(issue, forms, config) if plan.no_form else (),
    )


def questions_about(
    issue: Issue, bibliography: Bibliography, forms: Forms, config: Config, *, everything: bool = False
) -> list[Question]:
    """What the sources should be asked before an issue is looked at.

    About papers without title, authors or year; with ``everything`` also about what a form says of the others.
    """
    submission = read_body(issue.body, (forms.add, forms.correct))
    if isinstance(submission, Problem) or _is_correction(submission, issue, forms):
        return []
    addition = read_addition(submission, config)
    if addition.unknown and listed_already(addition.unknown, bibliography, config):
        return []
    return questions(addition, everything=everything)


_WEIGHT = {severity: weight for weight, severity in enumerate(Severity)}


_ACCEPTED = "nothing more, since a maintainer has accepted it"


def _plan(
    issue: Issue,
    bibliography: Bibliography,
    forms: Forms,
    config: Config,
    this_year: int,
    ruling: Ruling,
    works: Mapping[Question, Work],
) -> Plan:
    submission = read_body(issue.body, (forms.add, forms.correct))
    if isinstance(submission, Problem):
        return Plan(problems=(submission,), no_form=True)
    if _is_correction(submission, issue, forms):
        correction = read_correction(submission, issue.title, config)
        return _with_one_key(plan_correction(correction, bibliography, config, this_year), ruling)
    addition = read_addition(submission, config)
    if addition.unknown and (listed := listed_already(addition.unknown, bibliography, config)):
        return Plan(problems=tuple(listed))
    addition = complete(addition, works, config)
    plan = plan_additions(addition.entries, bibliography, config, this_year, ruling, issue.date)
    plan = msgspec.structs.replace(
        plan, problems=(*addition.problems, *plan.problems), filled=(*_found(addition, plan), *plan.filled)
    )
    return _with_one_key(plan, ruling)


def _is_correction(submission: Submission, issue: Issue, forms: Forms) -> bool:
    return submission.template == forms.correct or bool(key_in_title(issue.title))


def _with_one_key(plan: Plan, ruling: Ruling) -> Plan:
    """The plan; a problem more where somebody chose a citation key and there is not one new entry to get it."""
    new = sum(one.changes is None for one in plan.entries)
    if not ruling.key or not plan.edits or new == 1:
        return plan
    return msgspec.structs.replace(plan, problems=(*plan.problems, refused_key(ruling.key, new)))


def _found(addition: Addition, plan: Plan) -> Iterator[Filled]:
    """What nobody typed of the entries, as far as the proposal puts it into the file."""
    for number, shown in enumerate(plan.entries):
        for name, source in addition.sources_of(number).items():
            value = shown.entry.type if name == "type" else shown.entry.get(name)
            if value and (shown.changes is None or any(change.field == name for change in shown.changes)):
                yield Filled(shown.entry.key, name, value, source)


def with_accepted(problems: Sequence[Problem], accepted: frozenset[str]) -> list[Problem]:
    """The problems; an error that somebody accepted stops nothing any more."""
    return [
        msgspec.structs.replace(problem, severity=Severity.WARNING, fix=_ACCEPTED)
        if problem.severity is Severity.ERROR and problem.rule in accepted and can_be_accepted(problem.rule)
        else problem
        for problem in problems
    ]


def _filled_forms(issue: Issue, forms: Forms, config: Config) -> tuple[tuple[str, str], ...]:
    """The forms as links, with what the issue says already: BibTeX, or the key of the entry to correct."""
    entry = {"bibtex": issue.body} if Bibliography.parse(issue.body.encode()).entries else {}
    key = key_in_title(issue.title)
    answers = (entry, {"key": key, **entry} if key else {})
    return tuple(
        (form.name, prefilled_link(config.repository, form, filled))
        for form, filled in zip((forms.add, forms.correct), answers, strict=True)
    )
