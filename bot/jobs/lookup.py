"""What the scholarly sources know about one paper, for people who want to see it."""

from typing import Any

import msgspec

from bot.bibliography import identifiers
from bot.bibliography.entry import Entry, to_bibtex
from bot.bibliography.keys import citation_key
from bot.config import Config
from bot.forms.answers import read_identifier
from bot.metadata.asking import Asker
from bot.metadata.lookup import look_up
from bot.metadata.question import NOT_ASKED, Finding, Question
from bot.metadata.record import TITLES
from bot.metadata.work import Work, work
from bot.problems import UsageError

_NO_IDENTIFIER = (
    "{text}: neither a DOI nor an arXiv identifier; expected one such as 10.1109/ICASSP.2014.6854950 or 1606.00298"
)
_NOTHING = "None of the sources knows it."
_RETRACTED = "There is a notice about it: {notice}"
_WITHDRAWN = "It has been withdrawn: {notice}"


class Lookup(msgspec.Struct, frozen=True):
    """What was asked for, what each source says, and what it comes to; ``entry`` is the entry of a new paper."""

    id: str
    finding: Finding
    work: Work
    entry: Entry | None
    bibtex: str


def lookup(text: str, config: Config, asker: Asker) -> Lookup:
    """Ask about the paper that a text identifies.

    Raises:
        UsageError: the text is no identifier.
    """
    fields = read_identifier(text)
    doi = identifiers.doi(fields.get("doi", "")) or ""
    if not fields:
        raise UsageError(_NO_IDENTIFIER.format(text=text[:200]))
    question = Question(doi, fields.get("eprint", ""))
    asker.give(config.metadata.patience)
    finding = look_up([question], asker)[question]
    found = work(finding, config)
    entry = None
    if found.fields.get("title"):
        bare = Entry(found.type or "misc", "", found.fields)
        entry = msgspec.structs.replace(bare, key=citation_key(bare, set()))
    return Lookup(
        question.doi or question.arxiv, finding, found, entry, to_bibtex(entry, config.known_fields()) if entry else ""
    )


def lookup_object(found: Lookup) -> dict[str, Any]:
    """The look-up as ``lookup --json`` shows it."""
    entry = found.entry
    shown = {"key": entry.key, "type": entry.type, "fields": entry.fields, "bibtex": found.bibtex} if entry else None
    return {
        "id": found.id,
        "records": [msgspec.to_builtins(record) for record in found.finding.records],
        "entry": shown,
        "sources": found.work.sources,
        "unavailable": found.finding.unavailable,
    }


def lookup_text(found: Lookup) -> str:
    """The look-up for people: each source's values, then the entry, and where each of its fields is from."""
    parts = []
    for record in found.finding.records:
        lines = [f"  {name}: {value}" for name, value in {"type": record.type, **record.fields}.items() if value]
        parts.append("\n".join([f"{TITLES[record.source]} ({record.id})", *lines]))
    parts += [NOT_ASKED.format(source=source, reason=reason) for source, reason in found.finding.unavailable.items()]
    if found.work.retracted:
        parts.append(_RETRACTED.format(notice=found.work.retracted))
    if found.work.withdrawn:
        parts.append(_WITHDRAWN.format(notice=found.work.withdrawn))
    if found.entry:
        origins = [f"  {name}: {source}" for name, source in found.work.sources.items()]
        parts += [found.bibtex, "\n".join(["Where each field is from", *origins])]
    elif not found.finding.unavailable:
        parts.append(_NOTHING)
    return "\n\n".join(parts)
