"""A filed entry as the list writes it, where that loses nothing: names, accents, the DOI, web addresses."""

from bot.bibliography import identifiers
from bot.bibliography.entry import Entry, in_order
from bot.bibliography.latex import with_unicode_accents
from bot.bibliography.names import to_bibtex_names
from bot.config import Config

_NAMES = ("author", "editor")


def in_list_style(entry: Entry, config: Config) -> Entry:
    """The entry with its fields in the list's order and style.

    Names become ``Family, Given``, accents UTF-8, a DOI that was given as an address the bare DOI, and addresses lose
    BibTeX's escapes. All else stays as it was filed.
    """
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
