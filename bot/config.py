"""What this list wants: ``.github/bot.yml`` read into one typed value.

The structs below are the only list of the settings: reading, checking (``msgspec``) and the editor's schema
(``.github/bot.schema.json``) follow from them. What BibTeX itself defines (types, standard fields) is their
default, so that another list's file says only what is its own.
"""

import re
from typing import Annotated, Any

import msgspec
import yaml

from bot.problems import UsageError

CONFIG = ".github/bot.yml"
"""Where a list's configuration stands under its root."""


class ConfigError(UsageError):
    """The configuration cannot be used."""


def _about(description: str, *, least: int | None = None, most: int | None = None) -> msgspec.Meta:
    """What editors show beside a setting, and the least and the greatest number that it may be."""
    return msgspec.Meta(description=description, ge=least, le=most)


class Type(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry type."""

    venue: Annotated[str | None, _about("the field that holds the venue")] = None
    wanted: Annotated[tuple[str, ...], _about("what it should have besides author, title and year")] = ()


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
    """A venue that the list knows."""

    type: Annotated[str, _about("the entry type that it implies")]
    names: Annotated[tuple[str, ...], _about("other names for it")] = ()


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column of the README's table."""

    heading: Annotated[str, _about("what stands above it")]
    show: Annotated[str, _about("`title`, `code`, or the name of any other field")]


class ListPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page that lists each value of one field once, with its papers."""

    file: Annotated[str, _about("the page, such as `authors.md`")]
    field: Annotated[str, _about("the field whose values it lists")]
    title: Annotated[str, _about("the page's heading")]
    noun: Annotated[str, _about("what one value is called, such as `author`")]
    intro: Annotated[str, _about("a sentence under the heading")] = ""


class Readme(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"year_pages": "year-pages"}):
    """The list's home."""

    file: Annotated[str, _about("the page with the marked regions")] = "README.md"
    columns: Annotated[tuple[Column, ...], _about("the table's columns, from the left")] = (
        Column("Title", "title"),
        Column("Code", "code"),
    )
    limit: Annotated[int, _about("how many bytes a page may have; GitHub renders about 512 KB")] = 500_000
    year_pages: Annotated[str, _about("the folder for one page a year, once the table is too long")] = "years"


class Pages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is generated."""

    readme: Annotated[Readme, _about("the list's home")] = Readme()
    lists: Annotated[tuple[ListPage, ...], _about("pages such as authors.md")] = ()
    chart: Annotated[str | None, _about("the picture of papers per year, an SVG file")] = None
    rules: Annotated[str | None, _about("the page that explains the checks; problems link to it")] = None


class Forms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The issue forms' files."""

    add: Annotated[str, _about("the form that adds papers")] = ".github/ISSUE_TEMPLATE/add-paper.yml"
    correct: Annotated[str, _about("the form that corrects one")] = ".github/ISSUE_TEMPLATE/correct-paper.yml"


class Duplicates(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"near_title": "near-title"}):
    """When two papers look alike."""

    near_title: Annotated[float, _about("similarity, in percent, from which on two titles are near")] = 90.0


class Proposals(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"per_author": "per-author"}):
    """How many proposals may be open."""

    per_author: Annotated[int, _about("how many of one author, unless they have write permission", least=0)] = 5


class SourceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one scholarly source is asked; what is not set is as the source itself wants it."""

    url: Annotated[str | None, _about("its base address, such as that of a mirror")] = None
    spacing: Annotated[Annotated[float, msgspec.Meta(ge=0)] | None, _about("seconds from one request to the next")] = (
        None
    )
    budget: Annotated[int, _about("how many requests one run may make", least=0)] = 500


class Sources(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The scholarly sources."""

    arxiv: Annotated[SourceSettings, _about("arXiv's API")] = SourceSettings()
    crossref: Annotated[SourceSettings, _about("Crossref's REST API")] = SourceSettings()
    datacite: Annotated[SourceSettings, _about("DataCite's REST API")] = SourceSettings()
    openalex: Annotated[SourceSettings, _about("OpenAlex")] = SourceSettings()
    semanticscholar: Annotated[SourceSettings, _about("Semantic Scholar's graph")] = SourceSettings()
    ismir: Annotated[SourceSettings, _about("ISMIR's own list of its proceedings")] = SourceSettings()


class Metadata(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked about papers, and how."""

    mailto: Annotated[str, _about("an address that sources may write to; Crossref answers faster where it is told")] = (
        ""
    )
    patience: Annotated[float, _about("seconds that one form may wait for all sources together", least=0)] = 20
    sources: Annotated[Sources, _about("the scholarly sources")] = Sources()


class Preprints(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The search for published versions of listed preprints."""

    open: Annotated[int, _about("how many pull requests may be open at once", least=0)] = 5
    searches: Annotated[int, _about("how many searches by title one run may make", least=0)] = 300


class OwnerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one who answers for addresses is asked; what is not set is as they themselves want it."""

    url: Annotated[str | None, _about("its base address, such as that of a mirror")] = None
    spacing: Annotated[Annotated[float, msgspec.Meta(ge=0)] | None, _about("seconds from one request to the next")] = (
        None
    )


class Owners(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who answers for addresses instead of their pages, and the archive."""

    doi: Annotated[OwnerSettings, _about("the handle API of the DOI system")] = OwnerSettings()
    arxiv: Annotated[OwnerSettings, _about("arXiv's API")] = OwnerSettings()
    github: Annotated[OwnerSettings, _about("GitHub's API")] = OwnerSettings()
    wayback: Annotated[OwnerSettings, _about("the Internet Archive's Wayback Machine")] = OwnerSettings()


class Links(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"per_job": "per-job"},
):
    """The search for addresses that lead nowhere any more."""

    pages: Annotated[tuple[str, ...], _about("pages whose own text is read too, by patterns such as `docs/*.md`")] = (
        "*.md",
    )
    pause: Annotated[float, _about("seconds from one request to a host to the next", least=0)] = 1.0
    connections: Annotated[int, _about("how many hosts are asked at once", least=1)] = 64
    timeout: Annotated[float, _about("seconds that a host has for one answer", least=1)] = 20.0
    minutes: Annotated[
        float,
        # The workflow ends a job that takes much longer.
        _about("minutes for which one job asks, 75 at most; the rest waits for the next run", least=0, most=75),
    ] = 60
    per_job: Annotated[int, _about("from how many links on the work is spread over several jobs", least=1)] = 5000
    repairs: Annotated[int, _about("how many entries one pull request may mend", least=1)] = 50
    owners: Annotated[Owners, _about("who answers for addresses instead of their pages")] = Owners()


class Web(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of the internet may be reached."""

    allow: Annotated[
        tuple[str, ...],
        _about("private networks that may be reached, on any port; obeyed only in a file that is named to the bot"),
    ] = ()


class Config(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"own_fields": "own-fields", "multivalued": "multi-valued"},
):
    """One list's settings; the keys of ``bot.yml`` in the same order."""

    name: Annotated[str, _about("the list's short name")]
    title: Annotated[str, _about("what the list is about")]
    repository: Annotated[str, _about("owner/name on GitHub")]
    bibliography: Annotated[str, _about("the .bib file")]
    branch: Annotated[str, _about("the default branch")] = "main"
    fields: Annotated[
        tuple[str, ...], _about("known fields, in the order in which they are written; own fields may be left out")
    ] = BIBTEX_FIELDS
    own_fields: Annotated[tuple[str, ...], _about("fields of this list, curated by people; plain text, not LaTeX")] = (
        "link",
        "code",
    )
    multivalued: Annotated[tuple[str, ...], _about("fields of several values, joined by ` & `")] = ()
    addresses: Annotated[tuple[str, ...], _about("fields that hold a web address")] = ("url", "link", "code")
    types: Annotated[dict[str, Type], _about("entry types; BibTeX's own by default")] = msgspec.field(
        default_factory=lambda: dict(BIBTEX_TYPES)
    )
    venues: Annotated[dict[str, Venue], _about("venues whose entry type is known")] = {}
    vocabularies: Annotated[dict[str, tuple[str, ...]], _about("field: the values that it should have")] = {}
    aliases: Annotated[dict[str, dict[str, str]], _about("field: spelling: the spelling to show instead")] = {}
    pages: Annotated[Pages, _about("what is generated")] = Pages()
    forms: Annotated[Forms, _about("the issue forms")] = Forms()
    duplicates: Annotated[Duplicates, _about("when two papers look alike")] = Duplicates()
    proposals: Annotated[Proposals, _about("how many proposals may be open")] = Proposals()
    metadata: Annotated[Metadata, _about("what is asked about papers, and how")] = Metadata()
    preprints: Annotated[Preprints, _about("the search for published versions of listed preprints")] = Preprints()
    links: Annotated[Links, _about("the search for addresses that lead nowhere any more")] = Links()
    web: Annotated[Web, _about("what of the internet may be reached")] = Web()

    def known_fields(self) -> tuple[str, ...]:
        """Every field that an entry of this list may have, in the order in which they are written."""
        return (*self.fields, *(name for name in self.own_fields if name not in self.fields))

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
    for key, path in _paths(config):
        if (
            path.startswith(("/", "\\"))
            or ".." in path.replace("\\", "/").split("/")
            or ":" in path
            or not path.strip()
        ):
            raise ConfigError(f"{file}: {key}: found {_shown(path)}, expected a path within the list's folder")
    for name, venue in config.venues.items():
        if venue.type not in config.types:
            raise ConfigError(
                f"{file}: venues.{name}.type: found {_shown(venue.type)}, expected one of {', '.join(config.types)}"
            )
    _check_web(config, file)
    return config


def _check_web(config: Config, file: str) -> None:
    """Refuse addresses that are none. Imports at need: most lists set neither."""
    named = [(f"metadata.sources.{name}.url", getattr(config.metadata.sources, name)) for name in _fields(Sources)]
    named += [(f"links.owners.{name}.url", getattr(config.links.owners, name)) for name in _fields(Owners)]
    for key, one in named:
        if one.url is not None and not re.fullmatch(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?", one.url):
            raise ConfigError(f"{file}: {key}: found {_shown(one.url)}, expected an http or https address")
    for index, network in enumerate(config.web.allow):
        from ipaddress import ip_network

        try:
            ip_network(network)
        except ValueError:
            raise ConfigError(
                f"{file}: web.allow[{index}]: found {_shown(network)}, expected a network such as 127.0.0.0/8"
            ) from None


def _fields(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    return struct.__struct_fields__


def _paths(config: Config) -> list[tuple[str, str]]:
    """Every file, folder and pattern of files that the settings name, with the setting; some are written or deleted."""
    pages, forms = config.pages, config.forms
    named = [
        ("bibliography", config.bibliography),
        ("pages.readme.file", pages.readme.file),
        ("pages.readme.year-pages", pages.readme.year_pages),
        ("pages.chart", pages.chart),
        ("pages.rules", pages.rules),
        ("forms.add", forms.add),
        ("forms.correct", forms.correct),
    ]
    named += [(f"pages.lists[{index}].file", page.file) for index, page in enumerate(pages.lists)]
    named += [(f"links.pages[{index}]", pattern) for index, pattern in enumerate(config.links.pages)]
    return [(key, path) for key, path in named if path is not None]


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


_STRUCTS = (
    *(Config, Pages, Readme, Column, ListPage, Forms, Duplicates, Proposals, Type, Venue),
    *(Metadata, Sources, SourceSettings, Preprints, Links, Owners, OwnerSettings, Web),
)


def schema() -> dict[str, Any]:
    """The JSON Schema of ``bot.yml``, as ``.github/bot.schema.json`` holds it for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Config)}
