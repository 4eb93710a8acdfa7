"""A change of one listed entry: a field, the whole entry, or its removal."""

from bot.bibliography.blocks import Bibliography, LocatedEntry
from bot.bibliography.duplicates import Index, duplicate_problem, duplicates
from bot.bibliography.edits import changes, removal
from bot.bibliography.entry import Entry
from bot.bibliography.folding import fold_title
from bot.bibliography.latex import to_text
from bot.bibliography.names import read_names, same_person
from bot.bibliography.paper import PREPRINT_VENUES
from bot.bibliography.rules import check_entry
from bot.bibliography.style import in_list_style
from bot.config import Config
from bot.forms.correcting import Correction, RemoveEntry, ReplaceEntry, SetFields
from bot.jobs.proposal import Plan, updated
from bot.problems import Problem, Severity


def plan_correction(correction: Correction, bibliography: Bibliography, config: Config, this_year: int) -> Plan:
    """What it takes to make the correction. Faults that the entry had before do not stop it."""
    listed = _listed(correction.key, bibliography) if correction.key else None
    if not isinstance(listed, LocatedEntry):
        return Plan(name=correction.key, problems=(*correction.problems, *([listed] if listed else [])))
    change, title = correction.change, f"[Update][{listed.key}]"
    if change is None:
        return Plan(name=listed.key, problems=tuple(correction.problems))
    if isinstance(change, RemoveEntry):
        return Plan(
            title=f"{title} Remove “{to_text(listed.entry.get('title'))}”",
            name=listed.key,
            problems=tuple(correction.problems),
            edits=(removal(bibliography, listed),),
            removed=listed.entry,
            reason=change.reason,
        )
    if isinstance(change, SetFields):
        wanted = change.applied_to(listed.entry, config)
    else:
        wanted = _replaced(listed, change, config)
    names = dict.fromkeys((*listed.fields, *wanted.fields))
    changed = {name: wanted.get(name) for name in names if wanted.get(name) != listed.entry.get(name)}
    styled = in_list_style(Entry(wanted.type, listed.key, changed), config)  # what nobody touched stays as it is
    values = {
        name: styled.get(name)
        for name in dict.fromkeys((*changed, *styled.fields))
        if styled.get(name) != listed.entry.get(name)
    }
    after = updated(listed.entry, values, styled.type, config)
    problems = [*correction.problems, *_new_problems(listed, wanted, bibliography, config, this_year)]
    if isinstance(change, ReplaceEntry) and not _same_paper(listed.entry, wanted):
        problems.append(_another_paper(listed.entry, wanted))
    if not after.changes:
        problems.append(_nothing_new(listed.key))
    return Plan(
        title=f"{title} Change {', '.join(one.field for one in after.changes or ())}",
        name=listed.key,
        entries=(after,),
        problems=tuple(problems),
        edits=tuple(changes(bibliography, listed, values, config.known_fields(), styled.type)),
    )


def _replaced(listed: LocatedEntry, change: ReplaceEntry, config: Config) -> Entry:
    """The listed entry with all that the new one says; what only the listed one says stays, but for an old venue."""
    venue = config.types[change.entry.type].venue if change.entry.type in config.types else None
    old = PREPRINT_VENUES if change.entry.get(venue or "") else ()
    kept = {
        name: value
        for name, value in listed.fields.items()
        if name not in old and (name not in PREPRINT_VENUES or "arxiv" not in value.lower())
    }
    return Entry(change.entry.type, listed.key, {**kept, **change.entry.fields})


def _same_paper(listed: Entry, wanted: Entry) -> bool:
    """Whether the two could be versions of one paper: a shared author, or the same title."""
    if fold_title(to_text(listed.get("title"))) == fold_title(to_text(wanted.get("title"))):
        return True
    ours, theirs = read_names(listed.get("author")), read_names(wanted.get("author"))
    return any(same_person(one, other) for one in ours for other in theirs)


def _another_paper(listed: Entry, wanted: Entry) -> Problem:
    return Problem(
        severity=Severity.WARNING,
        rule="correction-paper",
        message=f"“{wanted.get('title')[:80]}” shares neither title nor author with {listed.key}",
        fix="an issue of its own for another paper, by the form that adds one",
        key=listed.key,
    )


def _new_problems(
    listed: LocatedEntry, after: Entry, bibliography: Bibliography, config: Config, this_year: int
) -> list[Problem]:
    """What the correction brings in: problems that the entry did not have, duplicates that it was not."""
    index = Index(bibliography)
    before = _duplicates(listed, listed.entry, index, config)
    before += check_entry(listed.entry, config, this_year)
    known = {(problem.rule, problem.field, problem.message) for problem in before}
    found = check_entry(after, config, this_year)
    found += _duplicates(listed, after, index, config)
    return [problem for problem in found if (problem.rule, problem.field, problem.message) not in known]


def _duplicates(listed: LocatedEntry, entry: Entry, index: Index, config: Config) -> list[Problem]:
    near, file = config.duplicates.near_title, config.bibliography
    others = [one for one in index.candidates(entry, near) if one.block != listed.block]
    found = duplicates([*(one.entry for one in others), entry], near, new=len(others))
    return [
        duplicate_problem(pair, entry, others[pair.first].entry, f"{file}:{others[pair.first].line}") for pair in found
    ]


def _listed(key: str, bibliography: Bibliography) -> LocatedEntry | Problem:
    """The one entry with this citation key."""
    found = [one for one in bibliography.entries if one.key.lower() == key.lower()]
    blocks = [block for block in bibliography.blocks if block.key.lower() == key.lower()]
    if not blocks:
        from rapidfuzz import process

        near = [hit[0] for hit in process.extract(key, bibliography.keys, limit=3, score_cutoff=60)]
        message = f"no entry of the list has the citation key “{key[:80]}”"
        fix = f"{' or '.join(near)}?" if near else "the key of a listed entry, as it stands behind @type{"
        return Problem(severity=Severity.ERROR, rule="correction-key", message=message, fix=fix)
    first, line = blocks[0].key, bibliography.line(blocks[0].start)
    if len(blocks) > 1:
        other = bibliography.line(blocks[1].start)
        message = f"{first} stands on line {line} and on line {other}, so it does not say which entry is meant"
    elif not found:
        message = f"the entry {first} on line {line} is broken: no form can mend it"
    else:
        return found[0]
    fix = "a maintainer's look at that line first"
    return Problem(severity=Severity.ERROR, rule="correction-key", message=message, fix=fix, key=first)


def _nothing_new(key: str) -> Problem:
    return Problem(
        severity=Severity.ERROR,
        rule="correction-nothing",
        message=f"{key} says this already, so there is nothing to change",
        fix="a value that differs from the listed one",
        key=key,
    )
