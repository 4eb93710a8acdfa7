"""A filed entry as the list writes it, where that loses nothing: names, accents, the DOI, web addresses."""

from bot.bibliography import identifiers
from bot.bibliography.entry import Entry, in_order
from bot.bibliography.latex import with_unicode_accents
from bot.bibliography.names import to_bibtex_names
from bot.config import Config

_NAMES = ("author", "editor")
_VENUES = ("journal", "booktitle", "howpublished")


def in_list_style(entry: Entry, config: Config) -> Entry:
    """The entry with its fields in the list's order and style.

    Names become ``Family, Given``, accents UTF-8, a DOI that was given as an address the bare DOI, and addresses lose
    BibTeX's escapes. What says that it is on arXiv and nowhere else is ``@unpublished``, with its identifier in
    ``eprint``. All else stays as it was filed.
    """
    entry = _as_preprint(entry)
    plain = config.plain_fields()
    fields = {}
    for name, value in entry.fields.items():
        if name in _NAMES:
            fields[name] = to_bibtex_names(value)
        elif name == "doi":
            doi = identifiers.doi(value)
            fields[name] = doi if doi and doi != value.lower() else value
        elif name in config.addresses:
            fields[name] = identifiers.web_address(value) or value
        else:
            fields[name] = value if name in plain else with_unicode_accents(value)
    return Entry(entry.type, entry.key, in_order(fields, config.known_fields()))


def _as_preprint(entry: Entry) -> Entry:
    """``@misc`` or ``@article`` as arXiv and others export a preprint, as the list writes one."""
    if entry.type not in ("misc", "article"):
        return entry
    venues = {name: entry.get(name) for name in _VENUES if entry.get(name)}
    found = [identifiers.arxiv(venue) for venue in venues.values()]
    eprint = identifiers.arxiv(entry.get("eprint")) if entry.get("archiveprefix").lower() == "arxiv" else None
    arxiv = eprint or next((one for one in found if one), None)
    if arxiv is None or None in found or any(one and one.id != arxiv.id for one in found):
        return entry
    fields = {name: value for name, value in entry.fields.items() if name not in venues}
    return Entry("unpublished", entry.key, {"eprint": arxiv.id, "archiveprefix": "arXiv"} | fields)
