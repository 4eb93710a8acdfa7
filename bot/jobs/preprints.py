"""Which of the list's preprints have been published since, with the evidence, and what that changes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from bot.bibliography.blocks import Bibliography, LocatedEntry
from bot.bibliography.duplicates import shared_identifiers
from bot.bibliography.edits import Edit
from bot.bibliography.edits import changes as field_edits
from bot.bibliography.latex import to_text
from bot.bibliography.paper import is_preprint
from bot.config import Config
from bot.metadata.asking import Asker
from bot.metadata.record import TITLES
from bot.preprints.candidate import Preprint
from bot.preprints.changes import FieldChange, changes, hints
from bot.preprints.finding import BUDGET, find
from bot.preprints.judgement import Judgement, Outcome
from bot.problems import UsageError
from bot.wording import counted

_NO_SUCH_KEY = "{key}: no entry of {file} has this citation key"
_NO_PREPRINT = "it is not listed as a preprint"
_LISTED = "the published version is listed already, as {key}; one of the two entries can go"
_NOTHING_NEW = "all that the published version would change is there already"
_WEEK = 7 * 24 * 60 * 60

_HEADINGS = {
    Outcome.PROPOSE: "Published",
    Outcome.WARN: "Published, but worth a look",
    Outcome.UNAVAILABLE: "Not known, since not everything could be asked",
}
_SUMMARY = "{count}: {propose} published, {warn} worth a look, {none} without news, {unavailable} not known"
_LATER = "{count} left for later runs, since one run may make only so many searches by title"
_REQUESTS = "Requests: {requests}"


class Paper(msgspec.Struct, frozen=True):
    """A preprint of the list with what was found about it.

    ``doi``, ``venue`` and ``year`` are the published version's, as far as there is one and somebody told. ``changes``
    is what its entry becomes, ``reasons`` why, ``warnings`` what to look at first, ``hints`` what else to know.
    """

    located: LocatedEntry
    outcome: Outcome
    doi: str = ""
    venue: str = ""
    year: int | None = None
    changes: tuple[FieldChange, ...] = ()
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The citation key."""
        return self.located.key

    @property
    def values(self) -> dict[str, str]:
        """The fields' new values; an empty one takes the field out."""
        return {change.field: change.new for change in self.changes if change.field != "type"}

    @property
    def type(self) -> str:
        """The entry's new type."""
        return next((change.new for change in self.changes if change.field == "type"), self.located.entry.type)

    def edits(self, bibliography: Bibliography, config: Config) -> list[Edit]:
        """What it takes to change the entry in its file."""
        return field_edits(bibliography, self.located, self.values, config.known_fields(), self.type)


def search(
    bibliography: Bibliography, config: Config, asker: Asker, now: datetime, keys: Sequence[str] = ()
) -> list[Paper]:
    """Look for the published versions of all preprints, or of those with these ``keys``, in the file's order.

    Raises:
        UsageError: one of the keys is not in the list.
    """
    wanted = {key.lower() for key in keys}
    known = {key.lower() for key in bibliography.keys}
    for key in keys:
        if key.lower() not in known:
            raise UsageError(_NO_SUCH_KEY.format(key=key[:200], file=config.bibliography))
    chosen = [one for one in bibliography.entries if one.key and (not wanted or one.key.lower() in wanted)]
    questions = [(Preprint(entry), one) for one in chosen if is_preprint(entry := one.entry)]
    located = {id(preprint.entry): one for preprint, one in questions}  # keys may stand twice in a list
    others = [one for one in chosen if wanted and not is_preprint(one.entry)]
    papers = [Paper(one, Outcome.NONE, reasons=(_NO_PREPRINT,)) for one in others]
    listed = _listed(bibliography)
    turn = int(now.timestamp()) // _WEEK
    asked = [preprint for preprint, _ in questions]
    results = find(asked, asker, searches=config.preprints.searches, turn=turn)
    papers += [_paper(located[id(one.preprint.entry)], one.judgement, listed, config) for one in results]
    return sorted(papers, key=lambda paper: paper.located.block.start)


def _paper(located: LocatedEntry, judgement: Judgement, listed: Mapping[str, str], config: Config) -> Paper:
    candidate = judgement.candidate
    if candidate is None:
        return Paper(located, judgement.outcome, reasons=judgement.reasons)
    other = listed.get(candidate.doi.lower()) if candidate.doi else None
    if other and other != located.key:
        return Paper(located, Outcome.NONE, reasons=(_LISTED.format(key=other),))
    changed = changes(located.entry, candidate, config)
    if not changed:
        return Paper(located, Outcome.NONE, reasons=(_NOTHING_NEW,))
    return Paper(
        located,
        judgement.outcome,
        candidate.doi,
        to_text(candidate.venue),
        candidate.year,
        tuple(msgspec.structs.replace(change, source=TITLES.get(change.source, change.source)) for change in changed),
        judgement.reasons,
        judgement.warnings,
        hints(located.entry, candidate),
    )


def _listed(bibliography: Bibliography) -> dict[str, str]:
    """The citation keys by DOI."""
    found: dict[str, str] = {}
    for one in bibliography.entries:
        for identifier in shared_identifiers(one.entry):
            kind, _, value = identifier.partition(":")
            if kind == "doi":
                found.setdefault(value, one.key)
    return found


def writable(papers: Iterable[Paper], *, named: bool) -> list[Paper]:
    """What may be written without anybody looking at it first: what is beyond doubt, or was ``named`` by a person."""
    wanted = (Outcome.PROPOSE, Outcome.WARN) if named else (Outcome.PROPOSE,)
    return [paper for paper in papers if paper.outcome in wanted]


def papers_object(papers: Iterable[Paper], requests: Mapping[str, int]) -> dict[str, Any]:
    """What was found, as ``preprints --json`` shows it."""
    return {"papers": [_object(paper) for paper in papers], "requests": dict(sorted(requests.items()))}


def _object(paper: Paper) -> dict[str, Any]:
    return {
        "key": paper.key,
        "outcome": paper.outcome.value,
        "doi": paper.doi,
        "venue": paper.venue,
        "year": paper.year,
        "type": paper.type if paper.changes else "",
        "changes": {
            change.field: {"old": change.old, "new": change.new, "source": change.source} for change in paper.changes
        },
        "reasons": [*paper.warnings, *paper.reasons, *paper.hints],
    }


def papers_text(papers: Sequence[Paper], requests: Mapping[str, int]) -> str:
    """What was found, for people."""
    parts: list[str] = []
    for outcome, heading in _HEADINGS.items():
        if some := [paper for paper in papers if paper.outcome is outcome and not _is_later(paper)]:
            parts += [f"{heading}\n{'=' * len(heading)}", *("\n".join(_lines(paper)) for paper in some)]
    if told := [paper for paper in papers if paper.outcome is Outcome.NONE and paper.reasons]:
        parts.append("\n".join(f"{paper.key}: {'; '.join(paper.reasons)}" for paper in told))
    parts += [*_later(papers), summary(papers)]
    if requests:
        parts.append(
            _REQUESTS.format(requests=", ".join(f"{name} {count}" for name, count in sorted(requests.items())))
        )
    return "\n\n".join(parts)


def summary_lines(papers: Sequence[Paper]) -> Iterator[str]:
    """How many there are of each outcome, and what there is to say about those of which nothing is proposed."""
    yield summary(papers)
    told = (paper for paper in papers if not paper.changes and paper.reasons and not _is_later(paper))
    yield from (f"{paper.key}: {'; '.join(paper.reasons)}" for paper in told)
    yield from _later(papers)


def summary(papers: Sequence[Paper]) -> str:
    """How many preprints there are of each outcome."""
    counts = {outcome.value: sum(paper.outcome is outcome for paper in papers) for outcome in Outcome}
    return _SUMMARY.format(count=counted(len(papers), "preprint"), **counts)


def _is_later(paper: Paper) -> bool:
    """Whether it is merely not its turn: there may be thousands of these."""
    return BUDGET in paper.reasons


def _later(papers: Sequence[Paper]) -> list[str]:
    count = sum(map(_is_later, papers))
    return [_LATER.format(count=counted(count, "preprint"))] if count else []


def _lines(paper: Paper) -> Iterator[str]:
    yield f"{paper.key}: {to_text(paper.located.entry.get('title'))}"
    for change in paper.changes:
        old = f" (was {change.old})" if change.old else ""
        yield f"  {change.field}: {change.new or 'goes'}{old}, from {change.source}"
    yield from (f"  look: {warning}" for warning in paper.warnings)
    yield from (f"  {reason}" for reason in (*paper.reasons, *paper.hints))
