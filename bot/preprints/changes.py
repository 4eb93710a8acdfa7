"""What becomes of a listed preprint when it is published: each field's old value, new value and source."""

import msgspec

from bot.bibliography.entry import Entry
from bot.bibliography.keys import base_of
from bot.bibliography.paper import ARXIV_PLACES, arxiv_id, names_arxiv
from bot.bibliography.venues import FROM_LIST, first_listed
from bot.config import Config
from bot.preprints.candidate import Candidate


class FieldChange(msgspec.Struct, frozen=True):
    """A field (``type`` for the entry type): what it was, what it becomes (empty: it goes), and who says so."""

    field: str
    old: str
    new: str
    source: str


_TAKEN = ("year", "volume", "number", "pages", "publisher", "doi")
_WAS_ARXIV = "it named arXiv"
_KEPT = "the arXiv identifier that the entry had elsewhere"
_OLD_KEY = "the key {key} has the year of the preprint; it stays, since others may cite it"


def changes(entry: Entry, candidate: Candidate, config: Config) -> tuple[FieldChange, ...]:
    """What changes, in the list's order of fields.

    Neither the citation key nor title and authors, nor what the list itself curates (``link`` among it), nor the arXiv
    identifier, which is kept as ``eprint``.
    """
    listed = first_listed(candidate.venues, config)
    type_ = candidate.type or (config.venues[listed].type if listed else "")
    type_ = type_ if type_ in config.types else entry.type
    source = candidate.records[0].source
    wanted: dict[str, tuple[str, str]] = {}
    field = config.types[type_].venue if type_ in config.types else None
    if field and field not in ("howpublished", "publisher") and (venue := candidate.venue):
        said = next(record.source for record in candidate.records if record.venue or record.venues)
        wanted[field] = (listed or venue, FROM_LIST.format(venue=listed) if listed else said)
    for name in _TAKEN:
        if value := candidate.get(name):
            wanted[name] = (value, candidate.source_of(name))
    for name in ARXIV_PLACES:
        if name not in wanted and names_arxiv(entry.get(name)):
            wanted[name] = ("", _WAS_ARXIV)
    if not entry.get("eprint") and (found := arxiv_id(entry)):
        wanted |= {"eprint": (found, _KEPT), "archiveprefix": ("arXiv", _KEPT)}
    known, own = config.known_fields(), set(config.own_fields)
    rows = [FieldChange("type", entry.type, type_, source)] if type_ != entry.type else []
    rows += [
        FieldChange(name, entry.get(name), wanted[name][0], wanted[name][1])
        for name in known
        if name in wanted and name not in own and wanted[name][0] != entry.get(name)
    ]
    return tuple(rows)


def hints(entry: Entry, candidate: Candidate) -> tuple[str, ...]:
    """What a reader may wonder about: a citation key with another year."""
    year = candidate.get("year")
    digits = "".join(char for char in base_of(entry.key)[-4:] if char.isdigit())
    return (_OLD_KEY.format(key=entry.key),) if year and len(digits) == 4 and digits != year else ()
