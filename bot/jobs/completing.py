"""What a form leaves out, filled in from what the sources say; and where the two do not agree, both are shown."""

from collections.abc import Iterator, Mapping

import msgspec

from bot.bibliography import identifiers
from bot.bibliography.entry import Entry
from bot.bibliography.paper import arxiv_id, is_preprint
from bot.config import Config
from bot.forms.adding import Addition
from bot.forms.answers import venue_field, with_type
from bot.metadata.question import NOT_ASKED, Question
from bot.metadata.record import VENUE_FIELDS
from bot.metadata.work import Work, differences, is_same
from bot.problems import Problem, Severity
from bot.wording import listed

Text = tuple[str, str]
_NEEDED = ("title", "author", "year")
# What says where in a venue a paper stands.
_OF_VENUE = frozenset({"volume", "number", "pages", "publisher", "series", "isbn", "issn"})
# So many entries of one form are compared with the sources; of more, only what is missing is asked for.
_FEW = 20
# So many papers of one form are asked about at all.
_MOST = 100
_WORKS = "metadata-unavailable"

_NOT_ASKED: Text = (
    "the form gives {identifier} alone, and {silent}",
    "nothing for now; or the title, the authors and the year next to it",
)
_UNKNOWN: Text = (
    "none of the sources knows {identifier}",
    "the identifier as it stands on the paper's own page; or the title, the authors and the year next to it",
)
_UNKNOWN_BESIDE: Text = (
    "none of the sources knows {identifier}",
    "nothing, if the identifier is right",
)
_NOT_COMPARED: Text = (
    "{silent}",
    "nothing; the bot asks again within a day and fills in what it then knows",
)
_DIFFERENT: Text = (
    "the form says “{typed}”, {source} says “{found}”; what the form says is used",
    "nothing, if the form is right",
)
_PUBLISHED: Text = (
    "{source} knows it as published: {venue}{year}",
    "the DOI {doi} as the identifier, with nothing else, if that is the version you mean; else nothing",
)
_RETRACTED: Text = ("there is a notice about it: {notice}", "nothing, if it belongs on the list nevertheless")
_WITHDRAWN: Text = ("it has been withdrawn: {notice}", "nothing, if it belongs on the list nevertheless")


def questions(addition: Addition, *, everything: bool) -> list[Question]:
    """What the sources should be asked about an addition.

    About what lacks title, authors or year; with ``everything`` about all of a few entries.
    """
    entries = [*addition.entries, *([addition.unknown] if addition.unknown else [])]
    compared = everything and len(entries) <= _FEW
    asked = (question_of(entry) for entry in entries if compared or _lacks(entry))
    return list(dict.fromkeys(question for question in asked if question is not None))[:_MOST]


def question_of(entry: Entry) -> Question | None:
    """The identifiers of an entry's paper; ``None`` where it has none."""
    arxiv = arxiv_id(entry) or ""
    doi = identifiers.doi(entry.get("doi")) or next(
        (found for field in ("url", "link") if (found := identifiers.doi_in_url(entry.get(field)))), None
    )
    own = doi if doi and identifiers.arxiv(doi) is None else ""
    return Question(own, arxiv) if own or arxiv else None


def complete(addition: Addition, works: Mapping[Question, Work], config: Config) -> Addition:
    """The addition with what the sources know besides; what was typed stays."""
    if addition.unknown is not None:
        question = question_of(addition.unknown)
        found = works.get(question) if question else None
        if question is None or found is None:
            return addition
        return _from_identifier(addition, addition.unknown, question, found, config)
    problems = list(addition.problems)
    entries, sources = [], []
    for number, entry in enumerate(addition.entries):
        told = addition.sources_of(number)
        question = question_of(entry)
        found = works.get(question) if question else None
        if question is None or found is None:
            entries.append(entry)
            sources.append(told)
            continue
        filled, more = entry, dict[str, str]()
        if any(problem.rule == "type-missing" for problem in problems) and found.type:
            filled, more = with_type(entry, found.type, config), {"type": found.sources["type"]}
            problems = [problem for problem in problems if problem.rule != "type-missing"]
        problems += _about(filled, question, found, config)
        filled, of_sources = _filled(filled, found, config)
        entries.append(filled)
        sources.append({**told, **more, **of_sources})
    return Addition(tuple(entries), problems, sources=tuple(sources))


def _from_identifier(addition: Addition, filed: Entry, question: Question, found: Work, config: Config) -> Addition:
    """The entry of a form that gave an identifier, and perhaps fields of the list's own."""
    others = [problem for problem in addition.problems if problem.rule not in (_WORKS, "form-empty")]
    if not found.is_enough and (found.unavailable or not found.fields.get("title")):
        return Addition((), [*others, *_too_little(question, found)], filed, addition.sources)
    type_ = filed.type if filed.type != "misc" else found.type or filed.type
    entry = with_type(filed, type_, config)
    problems = [*others, *_about(entry, question, found, config)]
    filled, sources = _filled(entry, found, config)
    of_type = {"type": found.sources["type"]} if type_ == found.type and filed.type == "misc" else {}
    return Addition((filled,), problems, sources=({**of_type, **addition.sources_of(0), **sources},))


def _lacks(entry: Entry) -> bool:
    return not all(entry.get(name) or (name == "author" and entry.get("editor")) for name in _NEEDED)


def _is_older(entry: Entry, found: Work) -> bool:
    """Whether a preprint was filed of which the sources know the published version."""
    return is_preprint(entry) and found.type not in ("", "unpublished", "misc")


def _filled(entry: Entry, found: Work, config: Config) -> tuple[Entry, dict[str, str]]:
    """The entry with what it lacks, and where that is from."""
    venue = venue_field(entry.type, config)
    # Of a preprint that was filed as one, the published version's place is not its own.
    keeps = _is_older(entry, found) and _is_filed(entry)
    fields, sources = dict(entry.fields), dict[str, str]()
    same_place = venue == venue_field(found.type, config) and is_same(
        venue, entry.get(venue), found.fields.get(venue, ""), config
    )
    for name, value in found.fields.items():
        fits = name == venue if name in VENUE_FIELDS else same_place or name not in _OF_VENUE
        if entry.get(name) or not fits or (keeps and name not in _NEEDED):
            continue
        if name == "author" and entry.get("editor"):
            continue
        fields[name], sources[name] = value, found.sources[name]
    return Entry(entry.type, entry.key, fields), sources


def _is_filed(entry: Entry) -> bool:
    """Whether more than identifiers was filed of it."""
    return any(entry.get(name) for name in _NEEDED)


def _about(entry: Entry, question: Question, found: Work, config: Config) -> Iterator[Problem]:
    """What there is to say about an entry beside what the sources say."""
    if not found.fields and not found.unavailable:
        yield _problem("metadata-unknown", _UNKNOWN_BESIDE, Severity.HINT, identifier=_shown(question))
    if found.unavailable:
        yield _problem(_WORKS, _NOT_COMPARED, Severity.WARNING, silent=_silent(found))
    if found.retracted:
        yield _problem("metadata-retracted", _RETRACTED, Severity.WARNING, notice=found.retracted)
    if found.withdrawn:
        yield _problem("metadata-retracted", _WITHDRAWN, Severity.WARNING, notice=found.withdrawn)
    if _is_older(entry, found) and _is_filed(entry):
        field = venue_field(found.type, config)
        if doi := found.fields.get("doi"):
            year = f", {found.fields['year']}" if found.fields.get("year") else ""
            venue = found.fields.get(field, found.type)
            source = found.sources["type"]
            yield _problem(
                "metadata-published", _PUBLISHED, Severity.HINT, source=source, venue=venue, year=year, doi=doi
            )
        return
    for one in differences(entry.fields, found, config):
        problem = _problem(
            "metadata-differs", _DIFFERENT, Severity.WARNING, typed=one.typed, source=one.source, found=one.found
        )
        yield msgspec.structs.replace(problem, field=one.field)


def _too_little(question: Question, found: Work) -> Iterator[Problem]:
    identifier = _shown(question)
    if found.unavailable:
        yield _problem(_WORKS, _NOT_ASKED, Severity.ERROR, identifier=identifier, silent=_silent(found))
    else:
        yield _problem("metadata-unknown", _UNKNOWN, Severity.ERROR, identifier=identifier)


def _shown(question: Question) -> str:
    return f"the DOI {question.doi}" if question.doi else f"arXiv:{question.arxiv}"


def _silent(found: Work) -> str:
    """Which sources could not be asked, and why: those with one reason together."""
    by_reason: dict[str, list[str]] = {}
    for source, reason in found.unavailable.items():
        by_reason.setdefault(reason, []).append(source)
    return "; ".join(NOT_ASKED.format(source=listed(sources), reason=reason) for reason, sources in by_reason.items())


def _problem(rule: str, text: Text, severity: Severity, **values: str) -> Problem:
    message, fix = (part.format(**{name: _short(value) for name, value in values.items()}) for part in text)
    return Problem(severity=severity, rule=rule, message=message, fix=fix)


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"
