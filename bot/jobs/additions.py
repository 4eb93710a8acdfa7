"""New entries for the list: their keys, their problems and their places; or the upgrade of a listed preprint."""

from collections.abc import Sequence

import msgspec

from bot.bibliography.blocks import Bibliography, LocatedEntry
from bot.bibliography.duplicates import Duplicate, Index, duplicate_problem, duplicates
from bot.bibliography.edits import Edit, changes, insertions
from bot.bibliography.entry import Entry
from bot.bibliography.folding import fold, fold_title
from bot.bibliography.keys import citation_key
from bot.bibliography.latex import to_text
from bot.bibliography.paper import PREPRINT_VENUES, is_preprint
from bot.bibliography.rules import check_entry
from bot.bibliography.style import in_list_style
from bot.config import Config
from bot.jobs.proposal import Plan, Proposed, proposed, updated
from bot.problems import Problem, Severity

# Up to so many new entries the file is searched for each of them; beyond, it is read once and compared as a whole.
_FEW = 20


def plan_additions(entries: Sequence[Entry], bibliography: Bibliography, config: Config, this_year: int) -> Plan:
    """What it takes to add ``entries``; their keys are made here, in the order in which they were filed."""
    known = _known(entries, bibliography, config)
    found = duplicates([*(one.entry for one in known), *entries], config.duplicates.near_title, new=len(known))
    upgraded = _upgraded(found, known, entries)
    taken = {key.lower() for key in bibliography.keys}
    shown: list[Proposed] = []
    new: list[Entry] = []
    problems: list[Problem] = []
    edits: list[Edit] = []
    for index, filed in enumerate(entries):
        styled = in_list_style(filed, config)
        if index in upgraded:
            listed = upgraded[index]
            values = _published_values(listed.entry, styled, config)
            shown.append(updated(listed.entry, values, filed.type, config))
            edits += changes(bibliography, listed, values, config.known_fields(), filed.type)
            problems += [_upgrade_hint(listed.key), *check_entry(shown[-1].entry, config, this_year)]
        else:
            key = citation_key(styled, taken)
            taken.add(key.lower())
            new.append(msgspec.structs.replace(styled, key=key))
            shown.append(proposed(new[-1], config))
            if styled.type != filed.type:
                problems.append(_preprint_hint(key, filed.type))
            # What was filed is judged, so that what was mended on the way is told as well.
            problems += check_entry(msgspec.structs.replace(filed, key=key), config, this_year)
    problems += [
        _no_target(one.entry)
        for one in shown
        if one.entry.get("crossref") and one.entry.get("crossref").lower() not in taken
    ]
    edits += insertions(bibliography, new, config.known_fields())
    for pair in found:
        index = pair.second - len(known)
        if pair.first >= len(known):
            listed_entry, place = shown[pair.first - len(known)].entry, "this submission"
        elif index in upgraded and upgraded[index] is known[pair.first]:
            continue
        else:
            listed_entry, place = known[pair.first].entry, f"{config.bibliography}:{known[pair.first].line}"
        problems.append(duplicate_problem(pair, shown[index].entry, listed_entry, place))
    return Plan(_title(shown), shown[0].entry.key if shown else "", tuple(shown), tuple(problems), tuple(edits))


def listed_already(entry: Entry, bibliography: Bibliography, config: Config) -> list[Problem]:
    """The problems of an entry of which only identifiers are known: those of listed papers."""
    known = _known([entry], bibliography, config)
    found = duplicates([*(one.entry for one in known), entry], config.duplicates.near_title, new=len(known))
    return [
        duplicate_problem(pair, entry, known[pair.first].entry, f"{config.bibliography}:{known[pair.first].line}")
        for pair in found
    ]


def _known(entries: Sequence[Entry], bibliography: Bibliography, config: Config) -> list[LocatedEntry]:
    """The listed entries that any of the new ones could be, in the file's order."""
    if len(entries) > _FEW:
        return list(bibliography.entries)
    index, near = Index(bibliography), config.duplicates.near_title
    chosen = {one.block.start: one for entry in entries for one in index.candidates(entry, near)}
    return [chosen[start] for start in sorted(chosen)]


def _upgraded(
    found: Sequence[Duplicate], known: Sequence[LocatedEntry], entries: Sequence[Entry]
) -> dict[int, LocatedEntry]:
    """Which of the new entries is the published version of a listed preprint, and of that one alone."""
    same: dict[int, set[int]] = {}
    for pair in found:
        if pair.rule != "duplicate-near":
            same.setdefault(pair.second - len(known), set()).add(pair.first)
    return {
        index: known[first]
        for index, firsts in same.items()
        for first in firsts
        if len(firsts) == 1 and first < len(known) and is_preprint(known[first].entry) and _is_published(entries[index])
    }


def _is_published(entry: Entry) -> bool:
    venue = any(entry.get(field) for field in ("journal", "booktitle", "school", "institution", "publisher", "doi"))
    return entry.type not in ("unpublished", "misc") and venue and not is_preprint(entry)


def _published_values(listed: Entry, filed: Entry, config: Config) -> dict[str, str]:
    """What a published version changes: never a field of the list's own, nor the arXiv identifier that is there.

    A title or authors that say the same stay as curators wrote them, since theirs may protect capitals and accents.
    """
    keeping = {*config.own_fields, "eprint", "archiveprefix", "primaryclass"}
    values = {
        name: value
        for name, value in filed.fields.items()
        if value and not (name in keeping and listed.get(name)) and not _says_the_same(name, listed.get(name), value)
    }
    for name, value in listed.fields.items():
        if name in PREPRINT_VENUES and name not in filed.fields and name not in keeping and "arxiv" in value.lower():
            values[name] = ""
    return values


def _says_the_same(name: str, old: str, new: str) -> bool:
    if name == "title":
        return fold_title(to_text(old)) == fold_title(to_text(new))
    if name == "author":
        return fold(to_text(old)) == fold(to_text(new))
    return old == new


def _upgrade_hint(key: str) -> Problem:
    return Problem(
        severity=Severity.HINT,
        rule="upgrade",
        message=f"{key} is listed as a preprint; this makes it the published paper and keeps the list's own fields",
        fix="nothing more; both versions are shown side by side",
        key=key,
    )


def _no_target(entry: Entry) -> Problem:
    return Problem(
        severity=Severity.ERROR,
        rule="key-crossref",
        message=f"crossref names “{entry.get('crossref')[:80]}”, which is no citation key of the list",
        fix="the fields of that entry (booktitle, year …) in this one, without crossref",
        key=entry.key,
        field="crossref",
    )


def _preprint_hint(key: str, type_: str) -> Problem:
    return Problem(
        severity=Severity.HINT,
        rule="type-preprint",
        message=f"@{type_} on arXiv and nowhere else is a preprint, so it is filed as @unpublished",
        fix="nothing more; or the journal or conference, if the paper is published",
        key=key,
    )


def _title(shown: Sequence[Proposed]) -> str:
    if not shown:
        return ""
    if len(shown) == 1:
        entry = shown[0].entry
        verb = "Add " if shown[0].changes is None else "[Update]["
        return f"{verb}{entry.key}{': ' if shown[0].changes is None else '] '}{to_text(entry.get('title'))}"
    keys = [one.entry.key for one in shown]
    return f"Add {', '.join(keys[:3])}" + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")
