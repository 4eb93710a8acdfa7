"""What this list wants: ``.github/bot.yml`` read into one typed value.

The structs below are the only list of the settings: reading, checking (``msgspec``) and the editor's schema
(``.github/bot.schema.json``) follow from them. What BibTeX itself defines (types, standard fields) is their
default, so that another list's file says only what is its own.
"""

from typing import Any

import msgspec
import yaml

from bot.problems import UsageError


class ConfigError(UsageError):
    """The configuration cannot be used."""


class Type(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry type: the field that holds its venue, and what it should have besides author, title and year."""

    venue: str | None = None
    wanted: tuple[str, ...] = ()


# btxdoc.pdf (BibTeX 0.99d), section 3.1 "Entry Types"; `conference` is its alias for `inproceedings`.
BIBTEX_TYPES = {
    "article": Type("journal", ("journal",)),
    "book": Type("publisher", ("publisher",)),
    "booklet": Type("howpublished"),
    "conference": Type("booktitle", ("booktitle",)),
    "inbook": Type("booktitle", ("publisher",)),
    "incollection": Type("booktitle", ("booktitle", "publisher")),
    "inproceedings": Type("booktitle", ("booktitle",)),
    "manual": Type("organization"),
    "mastersthesis": Type("school", ("school",)),
    "misc": Type("howpublished"),
    "phdthesis": Type("school", ("school",)),
    "proceedings": Type("series"),
    "techreport": Type("institution", ("institution",)),
    "unpublished": Type("howpublished"),
}

# btxdoc.pdf, section 3.2 "Fields", and the identifiers that today's styles print.
BIBTEX_FIELDS = (
    *("author", "editor", "title", "year", "month", "journal", "booktitle", "school", "institution"),
    *("howpublished", "volume", "number", "series", "edition", "chapter", "pages", "address", "organization"),
    *("publisher", "type", "doi", "isbn", "issn", "eprint", "archiveprefix", "primaryclass", "url", "urldate"),
    *("abstract", "keywords", "language", "annote", "crossref", "key", "note"),
)


class Venue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A venue that the list knows: the entry type that it implies, and other names for it."""

    type: str
    names: tuple[str, ...] = ()


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column of the README's table: its heading, and ``title``, ``code`` or the name of any other field."""

    heading: str
    show: str


class ListPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page that lists each value of one field once, with its papers (``authors.md`` for ``author``)."""

    file: str
    field: str
    title: str
    noun: str
    intro: str = ""


class Readme(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"year_pages": "year-pages"}):
    """The list's home: its table's columns, its size limit in bytes, and where older years go beyond that."""

    file: str = "README.md"
    columns: tuple[Column, ...] = (Column("Title", "title"), Column("Code", "code"))
    limit: int = 500_000
    year_pages: str = "years"


class Pages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is generated: the README's regions, the list pages, the picture, and the rules' documentation."""

    readme: Readme = Readme()
    lists: tuple[ListPage, ...] = ()
    chart: str | None = None
    rules: str | None = None


class Forms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The issue forms' files, and the fields that are drop-downs filled from the configuration."""

    add: str = ".github/ISSUE_TEMPLATE/add-paper.yml"
    correct: str = ".github/ISSUE_TEMPLATE/correct-paper.yml"


class Duplicates(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"near_title": "near-title"}):
    """From how much similarity on (percent) two titles with a shared author are shown as near."""

    near_title: float = 90.0


class Config(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"own_fields": "own-fields", "multivalued": "multi-valued"},
):
    """One list's settings; the keys of ``bot.yml`` in the same order."""

    name: str
    title: str
    repository: str
    bibliography: str
    branch: str = "main"
    fields: tuple[str, ...] = BIBTEX_FIELDS
    own_fields: tuple[str, ...] = ()
    multivalued: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ("url",)
    types: dict[str, Type] = msgspec.field(default_factory=lambda: dict(BIBTEX_TYPES))
    venues: dict[str, Venue] = {}
    vocabularies: dict[str, tuple[str, ...]] = {}
    aliases: dict[str, dict[str, str]] = {}
    pages: Pages = Pages()
    forms: Forms = Forms()
    duplicates: Duplicates = Duplicates()

    def known_fields(self) -> tuple[str, ...]:
        """Every field that an entry of this list may have, in the order in which they are written."""
        return self.fields

    def plain_fields(self) -> frozenset[str]:
        """The fields that hold plain text instead of LaTeX: the list's own ones and addresses."""
        return frozenset((*self.own_fields, *self.addresses))


def load(text: str, file: str) -> Config:
    """Read ``bot.yml``'s text; ``file`` is named in errors.

    Raises:
        ConfigError: not YAML, or a key that is unknown, missing or of another type.
    """
    try:
        raw = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(f"{file}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(raw, dict):
        raise ConfigError(f"{file}: expected settings (`name: …`, `bibliography: …`), found {_shown(raw)}")
    try:
        config = msgspec.convert(raw, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{file}: {_sentence(str(error), raw)}") from None
    for name, venue in config.venues.items():
        if venue.type not in config.types:
            raise ConfigError(
                f"{file}: venues.{name}.type: found {_shown(venue.type)}, expected one of {', '.join(config.types)}"
            )
    return config


def _sentence(error: str, raw: Any) -> str:
    """msgspec's ``Expected `int`, got `str` - at `$.a.b[0]``` with the key first and the value that was found."""
    what, _, path = error.partition(" - at `")
    path = path.rstrip("`").removeprefix("$").removeprefix(".")
    found = _at(raw, path)
    if "unknown field" in what:
        name = what.split("`")[1]
        return f"{path + '.' if path else ''}{name}: no such setting{_nearest(name)}"
    if "missing required" in what:
        name = what.split("`")[1]
        return f"{path + '.' if path else ''}{name}: missing; it must be set"
    return f"{path or 'the file'}: found {_shown(found)}, {what[0].lower()}{what[1:]}"


def _at(raw: Any, path: str) -> Any:
    """The value at a path such as ``pages.lists[0].file``; the innermost that exists."""
    for part in path.replace("[", ".").replace("]", "").split("."):
        if isinstance(raw, list) and part.isdigit() and int(part) < len(raw):
            raw = raw[int(part)]
        elif isinstance(raw, dict) and part in raw:
            raw = raw[part]
    return raw


def _nearest(name: str) -> str:
    import difflib

    known = [field.encode_name for struct in _STRUCTS for field in msgspec.structs.fields(struct)]
    close = difflib.get_close_matches(name, known, 1)
    return f"; did you mean `{close[0]}`?" if close else ""


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


_STRUCTS = (Config, Pages, Readme, Column, ListPage, Forms, Duplicates, Type, Venue)


def schema() -> dict[str, Any]:
    """The JSON Schema of ``bot.yml``, as ``.github/bot.schema.json`` holds it for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Config)}
