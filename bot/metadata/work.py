"""What the sources together say about a work, as the fields of an entry, and who said what."""

from collections.abc import Sequence

import msgspec

from bot.bibliography.entry import in_order
from bot.bibliography.folding import fold, fold_title
from bot.bibliography.identifiers import doi_address, normal_link
from bot.bibliography.latex import to_text
from bot.bibliography.names import read_names
from bot.bibliography.venues import FROM_LIST, first_listed, listed_venue
from bot.config import Config
from bot.metadata.likeness import Authors, Titles, compare_authors, compare_titles
from bot.metadata.question import Finding
from bot.metadata.record import TITLES, VENUE_FIELDS, Record

_FROM_DOI = "the DOI"
# All that the record of a preprint may add to a published version.
_OF_PREPRINT = frozenset({"eprint", "archiveprefix", "primaryclass", "link", "title", "author"})


class Work(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the sources together say about a work.

    ``sources`` says of each field, and of ``type``, who said it. ``unavailable`` holds a reason for each source that
    could not be asked, by its title. ``retracted`` and ``withdrawn`` say why, or are empty.
    """

    type: str = ""
    fields: dict[str, str] = {}
    sources: dict[str, str] = {}
    unavailable: dict[str, str] = {}
    retracted: str = ""
    withdrawn: str = ""

    @property
    def is_enough(self) -> bool:
        """Whether it makes an entry: there are a title, authors and a year."""
        return all(self.fields.get(name) for name in ("title", "author", "year"))


class Difference(msgspec.Struct, frozen=True):
    """A field of which somebody typed another value than a source has."""

    field: str
    typed: str
    found: str
    source: str


def work(finding: Finding, config: Config) -> Work:
    """The entry that the records come to: each field from the first record that has it."""
    records = finding.records
    type_, of_type = _type(records, config)
    fields: dict[str, str] = {}
    sources: dict[str, str] = {"type": of_type} if type_ else {}
    venue_field = config.types[type_].venue if type_ in config.types else None
    known = config.known_fields()
    for number, record in enumerate(records):
        for name, value in record.fields.items():
            later = number > 0 and record.type == "unpublished" and type_ != "unpublished" and name not in _OF_PREPRINT
            if name in known and name not in fields and name not in VENUE_FIELDS and not later:
                fields[name] = value
                sources[name] = TITLES[record.source]
        if venue_field and venue_field in VENUE_FIELDS and venue_field not in fields and record.venue:
            fields[venue_field], sources[venue_field] = _venue(record, config)
    if not fields.get("link") and fields.get("doi") and "link" in known:
        fields["link"], sources["link"] = doi_address(fields["doi"]), _FROM_DOI
    ordered = in_order(fields, known)
    return Work(
        type_,
        ordered,
        {name: sources[name] for name in ("type", *ordered) if name in sources},
        finding.unavailable,
        retracted=next((record.notice or record.source for record in records if record.retracted), ""),
        withdrawn=next((record.notice or record.source for record in records if record.withdrawn), ""),
    )


def _type(records: Sequence[Record], config: Config) -> tuple[str, str]:
    for record in records:
        if record.type in config.types:
            return record.type, TITLES[record.source]
    return "", ""


def _venue(record: Record, config: Config) -> tuple[str, str]:
    """The venue as the list calls it, if it knows it, and who says so."""
    if listed := first_listed((record.venue, *record.venues), config):
        return listed, FROM_LIST.format(venue=listed)
    return record.venue, TITLES[record.source]


def differences(fields: dict[str, str], found: Work, config: Config) -> list[Difference]:
    """Where what was typed and what the sources say do not come to the same."""
    return [
        Difference(name, value, found.fields[name], found.sources[name])
        for name, value in fields.items()
        if value
        and found.fields.get(name)
        and name not in config.own_fields
        and found.sources[name] != _FROM_DOI
        and not is_same(name, value, found.fields[name], config)
    ]


def is_same(name: str, typed: str, found: str, config: Config) -> bool:
    """Whether two values of a field say the same; one that is not there contradicts none."""
    if not typed or not found:
        return True
    if typed == found:
        return True
    if name == "title":
        return compare_titles(typed, found)[0] is Titles.SAME
    if name in ("author", "editor"):
        return compare_authors(read_names(typed), read_names(found))[0] in (Authors.SAME, Authors.UNKNOWN)
    if name in VENUE_FIELDS:
        one, two = (listed_venue(to_text(text), config) or fold_title(to_text(text)) for text in (typed, found))
        return one == two
    if name in config.addresses:
        return normal_link(typed) == normal_link(found)
    if name == "pages":
        one, two = (fold_title(to_text(text)) for text in (typed, found))
        return one == two or one == two.split(" ")[0]
    if name in _COUNTED:
        return fold(to_text(typed)).lstrip("0") == fold(to_text(found)).lstrip("0")
    one, two = (fold_title(to_text(text)) for text in (typed, found))
    return one == two or name in _LOOSE


_COUNTED = frozenset({"volume", "number"})
# Written in so many ways that a difference says nothing.
_LOOSE = frozenset({"publisher", "isbn", "issn", "month", "address", "series", "primaryclass", "archiveprefix"})
