"""What is asked about a work, and what comes back."""

import msgspec

from bot.metadata.record import Record

NOT_ASKED = "{source} could not be asked: {reason}"
"""How it is said that a source was silent."""


class Question(msgspec.Struct, frozen=True):
    """The identifiers of one work: a bare DOI in lower case, an arXiv identifier without version, or both."""

    doi: str = ""
    arxiv: str = ""


class Finding(msgspec.Struct, frozen=True):
    """What the sources say about one work.

    ``records`` has the published version's first, the most reliable ones first. ``unavailable`` holds a reason for each
    source, by its title, that could not be asked and might know more.
    """

    records: tuple[Record, ...] = ()
    unavailable: dict[str, str] = {}
