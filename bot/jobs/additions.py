"""New entries for the list: their keys, their problems and their places; or the upgrade of a listed preprint."""

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence

import msgspec

from bot.bibliography.blocks import Bibliography, LocatedEntry
from bot.bibliography.duplicates import Duplicate, Index, duplicate_problem, duplicates
from bot.bibliography.edits import Edit, changes, insertions
from bot.bibliography.entry import Entry, in_order
from bot.bibliography.folding import fold, fold_title
from bot.bibliography.keys import NOBODY, base_key, citation_key, fits, is_key
from bot.bibliography.latex import to_text
from bot.bibliography.names import read_names
from bot.bibliography.paper import ARXIV_PLACES, arxiv_id, is_preprint, names_arxiv
from bot.bibliography.rules import check_entry
from bot.bibliography.rules.rule import quoted
from bot.bibliography.style import in_list_style
from bot.config import Config
from bot.jobs.proposal import NO_RULING, Filled, Plan, Proposed, Ruling, proposed, updated
from bot.problems import Problem, Severity
from bot.wording import counted

# Up to so many new entries the file is searched for each of them; beyond, it is read once and compared as a whole.
_FEW = 20

_DATE = "timestamp"
# Where a value is from, as what follows “from”.
_FROM_DAY = "the day on which the issue was filed"
_FROM_PERSON = "a maintainer's choice"
_FROM_VENUE = "the venue"
_NO_NAME = f"“{NOBODY}”, since there is no name,"
# What is wrong with a citation key that somebody chose.
_UNUSUAL = "the chosen citation key {key} has unusual characters"
_IN_LIST = "the chosen citation key {key} is taken by an entry of the list"
_IN_PROPOSAL = "the chosen citation key {key} is taken by another open proposal"
_NOT_ONE = "the citation key {key} was chosen, but this proposes {count}"


def plan_additions(
    entries: Sequence[Entry],
    bibliography: Bibliography,
    config: Config,
    this_year: int,
    ruling: Ruling = NO_RULING,
    date: str = "",
) -> Plan:
    """What it takes to add ``entries``; their keys are made here, in the order in which they were filed.

    ``date`` is the day on which that was; new entries get it as ``timestamp``, where the list has that field.
    """
    known = _known(entries, bibliography, config)
    found = duplicates([*(one.entry for one in known), *entries], config.duplicates.near_title, new=len(known))
    listed = Counter(map(str.lower, bibliography.keys))
    upgraded = {
        index: one
        for index, one in _upgraded(found, known, entries, ruling.accepted).items()
        if listed[one.key.lower()] == 1  # else nobody could tell which of the entries changes
    }
    styled = [in_list_style(filed, config) for filed in entries]
    keys, problems = _keys({n: entry for n, entry in enumerate(styled) if n not in upgraded}, listed, ruling)
    there = {*listed, *map(str.lower, keys.values())}
    shown: list[Proposed] = []
    new: list[Entry] = []
    filled: list[Filled] = []
    edits: list[Edit] = []
    for index, filed in enumerate(entries):
        if index in upgraded:
            target = upgraded[index]
            values = _published_values(target.entry, styled[index], config)
            shown.append(updated(target.entry, values, filed.type, config))
            edits += changes(bibliography, target, values, config.known_fields(), filed.type)
            problems += [_upgrade_hint(target.key), *check_entry(shown[-1].entry, config, this_year)]
        else:
            key = keys[index]
            new.append(_dated(msgspec.structs.replace(styled[index], key=key), date, config))
            shown.append(proposed(new[-1], config))
            filled.append(Filled(key, "key", key, _FROM_PERSON if key == ruling.key else _key_source(new[-1])))
            filled += _filled_fields(new[-1], filed)
            if styled[index].type != filed.type:
                problems.append(_preprint_hint(key, filed.type))
            # What was filed is judged, so that what was mended on the way is told as well.
            problems += check_entry(msgspec.structs.replace(filed, key=key), config, this_year)
    problems += [
        _no_target(one.entry)
        for one in shown
        if one.entry.get("crossref") and one.entry.get("crossref").lower() not in there
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
    return Plan(
        title=_title(shown),
        name=shown[0].entry.key if shown else "",
        entries=tuple(shown),
        problems=tuple(problems),
        edits=tuple(edits),
        filled=tuple(filled),
    )


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
    found: Sequence[Duplicate], known: Sequence[LocatedEntry], entries: Sequence[Entry], accepted: Container[str]
) -> dict[int, LocatedEntry]:
    """Which of the new entries is the published version of a listed preprint, and of that one alone.

    Of two papers that an ``accepted`` rule takes for one, none is the other's.
    """
    same: dict[int, set[int]] = {}
    for pair in found:
        if pair.rule != "duplicate-near" and pair.rule not in accepted:
            same.setdefault(pair.second - len(known), set()).add(pair.first)
    upgraded = {
        index: known[first]
        for index, firsts in same.items()
        for first in firsts
        if len(firsts) == 1 and first < len(known) and is_preprint(known[first].entry) and _is_published(entries[index])
    }
    # Two entries of one form for the same preprint cannot both become its published version.
    claims = Counter(one.block.start for one in upgraded.values())
    return {index: one for index, one in upgraded.items() if claims[one.block.start] == 1}


def _keys(new: Mapping[int, Entry], listed: Mapping[str, int], ruling: Ruling) -> tuple[dict[int, str], list[Problem]]:
    """A key for each new entry, and what is wrong with the one that somebody chose, where there is one new entry.

    Else it is the key that the entry has in this proposal already, as long as that fits and is free, or the first
    free one.
    """
    keys: dict[int, str] = {}
    taken = {*listed, *ruling.taken}
    for (index, entry), kept in zip(new.items(), ruling.kept, strict=False):
        if kept.lower() not in taken and fits(kept, entry):
            keys[index] = kept
            taken.add(kept.lower())
    for index, entry in new.items():
        if index not in keys:
            keys[index] = citation_key(entry, taken)
            taken.add(keys[index].lower())
    if not ruling.key or len(new) != 1:
        return keys, []
    if not is_key(ruling.key):
        found = _UNUSUAL
    elif ruling.key.lower() in listed:
        found = _IN_LIST
    elif ruling.key.lower() in ruling.taken:
        found = _IN_PROPOSAL
    else:
        return dict.fromkeys(new, ruling.key), []
    [key] = keys.values()
    return keys, [_not_chosen(found.format(key=quoted(ruling.key)), f"{key}, or another key that is free", key)]


def refused_key(key: str, new: int) -> Problem:
    """The problem of a citation key that somebody chose where there is not one new entry but ``new``."""
    message = _NOT_ONE.format(key=quoted(key), count=counted(new, "new entry") if new else "no new entry")
    return _not_chosen(message, "a key for the one new entry of a proposal; another paper in an issue of its own", None)


def _not_chosen(message: str, fix: str, key: str | None) -> Problem:
    return Problem(severity=Severity.ERROR, rule="key-chosen", message=message, fix=fix, key=key)


def _dated(entry: Entry, date: str, config: Config) -> Entry:
    if not date or entry.get(_DATE) or _DATE not in config.known_fields():
        return entry
    return Entry(entry.type, entry.key, in_order({**entry.fields, _DATE: date}, config.known_fields()))


def _key_source(entry: Entry) -> str:
    """What the key of an entry is made of, and why it has a letter more."""
    base = base_key(entry)
    role = "author" if read_names(entry.get("author")) else "editor"
    source = _NO_NAME if base.startswith(NOBODY) else f"the first {role}'s family name"
    if base[-1].isdigit():
        source += " and the year"
    if entry.key == base:
        return source
    return f"{source}; the letter tells it from another paper's {base}"


def _filled_fields(entry: Entry, filed: Entry) -> Iterator[Filled]:
    """What the list's style and the day put into the entry."""
    for name, value in entry.fields.items():
        if not filed.get(name):
            yield Filled(entry.key, name, value, _FROM_DAY if name == _DATE else _FROM_VENUE)


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
        if name in ARXIV_PLACES and name not in filed.fields and name not in keeping and names_arxiv(value):
            values[name] = ""
    # What is emptied or overwritten may be the only place with the arXiv identifier.
    if "eprint" in config.known_fields() and not listed.get("eprint") and (found := arxiv_id(listed)):
        values |= {"eprint": found, "archiveprefix": "arXiv"}
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
