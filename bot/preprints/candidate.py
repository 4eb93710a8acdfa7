"""A preprint of the list, and what may be its published version."""

from enum import StrEnum

import msgspec

from bot.bibliography.entry import Entry
from bot.bibliography.names import Name, read_names
from bot.bibliography.paper import arxiv_id
from bot.metadata.record import Kind, Record

AUTHORS_WORDS = "the authors' words at arXiv"
"""The source of what is known from a preprint's journal reference alone."""


class Link(StrEnum):
    """What ties a candidate to a preprint, the surest first."""

    ARXIV = "arxiv"
    """The preprint's own page at arXiv names it."""
    REGISTRY = "registry"
    """Its own record names the preprint."""
    SEMANTICSCHOLAR = "semanticscholar"
    OPENALEX = "openalex"
    TITLE = "title"
    """Found by its title alone."""


class Preprint(msgspec.Struct, frozen=True):
    """An entry of the list that is a preprint; ``today`` is what arXiv says about it now."""

    entry: Entry
    today: Record | None = None

    @property
    def arxiv(self) -> str:
        """The arXiv identifier, or empty."""
        return arxiv_id(self.entry) or ""

    @property
    def titles(self) -> tuple[str, ...]:
        """The title as arXiv has it today, and as the list has it."""
        today = self.today.get("title") if self.today else ""
        return tuple(dict.fromkeys(title for title in (today, self.entry.get("title")) if title))

    @property
    def authors(self) -> tuple[tuple[Name, ...], ...]:
        """The authors as arXiv has them today, and as the list has them."""
        found = [read_names(self.today.get("author"))] if self.today else []
        return tuple(dict.fromkeys(names for names in (*found, read_names(self.entry.get("author"))) if names))

    @property
    def year(self) -> int | None:
        """The year in which it was first put online, or that the list has."""
        years = (self.today.get("year") if self.today else "", self.entry.get("year"))
        return next((int(year) for year in years if len(year) == 4 and year.isascii() and year.isdigit()), None)


class Candidate(msgspec.Struct, frozen=True):
    """What may be the published version: records about one work, the most reliable first, and how it was found."""

    records: tuple[Record, ...]
    links: frozenset[Link]

    @property
    def doi(self) -> str:
        """Its DOI, or empty."""
        return self.get("doi")

    @property
    def kind(self) -> Kind:
        """What the most reliable record says that it is."""
        return self.records[0].kind

    @property
    def type(self) -> str:
        """Its entry type, or empty where no record tells."""
        return next((record.type for record in self.records if record.type), "")

    @property
    def venue(self) -> str:
        """Its venue, or empty; the event where no record names the proceedings."""
        return next((record.venue for record in self.records if record.venue), "") or next(
            (record.venues[0] for record in self.records if record.venues), ""
        )

    @property
    def venues(self) -> tuple[str, ...]:
        """Every name of its venue."""
        names = (name for record in self.records for name in (record.venue, *record.venues) if name)
        return tuple(dict.fromkeys(names))

    @property
    def titles(self) -> tuple[str, ...]:
        """Every title that the most reliable record has: others may have taken theirs from the preprint."""
        record = self.records[0]
        return tuple(dict.fromkeys(title for title in (record.get("title"), *record.titles) if title))

    @property
    def authors(self) -> tuple[Name, ...]:
        """The authors that the most reliable record has."""
        return read_names(self.records[0].get("author"))

    @property
    def year(self) -> int | None:
        """The year of its publication, where a record tells."""
        year = self.get("year")
        return int(year) if year else None

    @property
    def sources(self) -> frozenset[str]:
        """The names of the sources that know it."""
        return frozenset(record.source for record in self.records)

    def get(self, field: str) -> str:
        """The value of a field in the first record that has it."""
        return next((value for record in self.records if (value := record.get(field))), "")

    def source_of(self, field: str) -> str:
        """The source of that value."""
        return next((record.source for record in self.records if record.get(field)), "")
