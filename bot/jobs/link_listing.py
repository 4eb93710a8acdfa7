"""What a look at the links has shown, for a terminal and for programs."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from bot.jobs.links import Run
from bot.links.link import Link, Place
from bot.links.observation import Kind, Observation
from bot.links.verdict import Finding, Verdict
from bot.wording import counted

_ORDER = (
    *(Verdict.GONE, Verdict.SUSPECT, Verdict.MOVED, Verdict.DOWN),
    *(Verdict.ERROR, Verdict.REFUSED, Verdict.BLOCKED, Verdict.OK),
)
_HEADINGS = {
    Verdict.GONE: "Gone",
    Verdict.SUSPECT: "Suspect: perhaps gone, to be seen again",
    Verdict.MOVED: "Moved for good",
    Verdict.DOWN: "Down for weeks",
    Verdict.ERROR: "In error",
    Verdict.REFUSED: "Not asked, since the address is not safe",
    Verdict.BLOCKED: "Behind a wall, so nothing is known",
    Verdict.OK: "Ok, but",
}
_PLACES = 3


def run_object(run: Run) -> dict[str, Any]:
    """What ``links --json`` shows of the run itself, its links left out."""
    return {"void": run.void or None, "due": len(run.due), "asked": run.asked}


def finding_object(finding: Finding) -> dict[str, Any]:
    """What ``links --json`` shows of one link: of one that was not asked what its last look has shown, else null."""
    judgement, repair, seen = finding.judgement, finding.repair, _last(finding)
    return {
        "url": finding.link.url,
        "observation": seen.kind if seen else None,
        "asked": finding.observation is not None,
        "verdict": judgement.verdict if judgement else None,
        "since": judgement.since.strftime("%Y-%m-%dT%H:%M:%SZ") if judgement else None,
        "reason": (judgement.reason or None) if judgement else None,
        "evidence": _evidence_object(seen) if seen else None,
        "places": [
            {"key": place.key, "field": place.field, "line": place.line, "file": place.file}
            for place in finding.link.places
        ],
        "repair": {"address": repair.address, "reason": repair.reason} if repair else None,
    }


def _last(finding: Finding) -> Observation | None:
    """What the last look at a link has shown, as far as it is remembered; of what is ok that it was."""
    record = finding.record
    if finding.observation is not None or record is None:
        return finding.observation
    if not record.sightings:
        return Observation(Kind.OK)
    last = record.sightings[-1]
    return Observation(last.kind, last.reason, last.status, target=last.target, fit=last.fit)


def _evidence_object(seen: Observation) -> dict[str, Any]:
    return {
        "status": seen.status or None,
        "chain": [{"status": hop.status or None, "url": hop.url} for hop in seen.chain],
        "reason": seen.reason or None,
        "target": seen.target or None,
        "note": seen.note or None,
    }


def links_text(run: Run) -> str:
    """The run for people: what to look at first, with its places, and then how many there are of each."""
    groups: dict[Verdict, list[Finding]] = {}
    for finding in run.findings:
        if finding.judgement:
            groups.setdefault(finding.judgement.verdict, []).append(finding)
    lines = [] if not run.void else [f"This run does not count: {run.void}", ""]
    for verdict in _ORDER:
        found = groups.get(verdict, ())
        shown = [finding for finding in found if verdict is not Verdict.OK or _is_worth_a_word(finding)]
        if shown:
            lines += [_HEADINGS[verdict], *(line for finding in shown for line in _lines(finding)), ""]
    counts = Counter(finding.judgement.verdict for finding in run.findings if finding.judgement)
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in reversed(_ORDER) if counts[verdict])
    left = len(run.due) - run.asked
    summary = f"{counted(len(run.findings), 'link')}{': ' if told else ''}{told}; {run.asked} asked"
    return "\n".join([*lines, summary + (f", {left} left for the next run" if left else "")])


def _is_worth_a_word(finding: Finding) -> bool:
    seen = finding.observation
    return bool(finding.repair or (seen and (seen.note or seen.kind is Kind.MOVED)))


def _lines(finding: Finding) -> Iterator[str]:
    seen, judgement = finding.observation, finding.judgement
    reason = (judgement.reason if judgement else "") or (seen.note or seen.reason if seen else "")
    yield f"  {finding.link.url}"
    if reason:
        yield f"    {reason}"
    yield f"    in {_places(finding.link)}"
    if finding.repair:
        yield f"    instead: {finding.repair.address} ({finding.repair.reason})"


def _places(link: Link) -> str:
    shown = "; ".join(map(_place, link.places[:_PLACES]))
    more = len(link.places) - _PLACES
    return shown + (f"; and {more} more" if more > 0 else "")


def _place(place: Place) -> str:
    where = f"{place.file}:{place.line}"
    return f"{where} {place.key} {place.field}" if place.key else where
