"""The bot's verdict on a proposal, as a check run shows it: a conclusion, findings at lines, a summary of all."""

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from bot.bibliography.blocks import Bibliography
from bot.config import Config
from bot.escape import clipped
from bot.github.model import CHECK, Annotation, Check, CheckOutput
from bot.jobs.comment import problem_list
from bot.problems import Problem, Severity, counted_problems, errors, lesser

_LEVELS = {Severity.ERROR: "failure", Severity.WARNING: "warning", Severity.HINT: "notice"}
_FINE = "Nothing stands in the way."
_WRONG = "This cannot be merged yet:"
_LESSER = "Worth a look; none of it stops the proposal:"
_TITLE = 200

OWN = "bot:"
"""With what the external id of the bot's check runs starts; a workflow's jobs have one too."""


class Verdict(msgspec.Struct, frozen=True):
    """What the check run says of a commit; ``check.external_id`` is a digest of all of it."""

    check: Check
    annotations: tuple[Annotation, ...]


def verdict(problems: Sequence[Problem], data: bytes, config: Config) -> Verdict:
    """The verdict on a bibliography with these problems."""
    counts = counted_problems(problems)
    wrong, minor = errors(problems), lesser(problems)
    parts = [_WRONG, problem_list(wrong, config, len(wrong))] if wrong else [_FINE]
    parts += [_LESSER, problem_list(minor, config, len(minor))] if minor else []
    summary = clipped("\n\n".join(parts))
    check = Check(0, CHECK, "failure" if wrong else "success", CheckOutput((counts or "No problems")[:_TITLE], summary))
    annotations = tuple(_annotations(problems, Bibliography.parse(data), config.bibliography))
    digest = hashlib.sha256(msgspec.json.encode((check, annotations))).hexdigest()[:20]
    return Verdict(msgspec.structs.replace(check, external_id=f"{OWN}{digest}"), annotations)


def _annotations(problems: Iterable[Problem], bibliography: Bibliography, path: str) -> Iterable[Annotation]:
    """The problems at the lines of their fields; those of no entry in the file stand in the summary alone."""
    wanted = {problem.key.lower() for problem in problems if problem.key}
    located = {entry.key.lower(): entry for entry in bibliography.entries if entry.key.lower() in wanted}
    for problem in problems:
        entry = located.get((problem.key or "").lower())
        if entry is not None:
            line = entry.field_line(problem.field)
            message = f"{problem.message}; what passes: {problem.fix}" if problem.fix else problem.message
            yield Annotation(path, line, line, _LEVELS[problem.severity], message, problem.rule)
