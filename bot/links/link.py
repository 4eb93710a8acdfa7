"""An address of the list, where it stands, and what could stand there instead."""

import msgspec


class Place(msgspec.Struct, frozen=True, gc=False):
    r"""Where an address stands: ``key`` and ``field`` in the bibliography, neither in a page; ``line`` counts from 1.

    ``written`` is the address as the file has it, with BibTeX's ``\_`` and the like. ``title`` is that of the entry's
    paper, as plain text.
    """

    file: str
    line: int
    written: str
    key: str | None = None
    field: str | None = None
    title: str = ""


class Link(msgspec.Struct, frozen=True, gc=False):
    """An address as it is meant, and every place where it stands, in the files' order."""

    url: str
    places: tuple[Place, ...]

    @property
    def title(self) -> str:
        """The title of the first paper in whose entry it stands; empty where it stands in pages alone."""
        return next((place.title for place in self.places if place.title), "")


class Repair(msgspec.Struct, frozen=True, gc=False):
    """What may take an address's place: the ``address``, and the ``reason`` for people, with its evidence."""

    address: str
    reason: str
