"""A record: what one scholarly source says about one work, as BibTeX would have it."""

from enum import StrEnum

import msgspec

TITLES = {
    "arxiv": "arXiv",
    "crossref": "Crossref",
    "datacite": "DataCite",
    "openalex": "OpenAlex",
    "semanticscholar": "Semantic Scholar",
    "ismir": "ISMIR",
}
"""What each source is called, by its name in settings and records."""


class Kind(StrEnum):
    """What a work is, as far as it matters for a list of papers."""

    PAPER = "paper"
    """An article, a paper in proceedings, a chapter, a book."""
    THESIS = "thesis"
    REPORT = "report"
    PREPRINT = "preprint"
    NOTICE = "notice"
    """What is about another work: a correction, a retraction, a comment, a peer review."""
    OTHER = "other"
    """No text by authors: a dataset, software, a figure, a whole volume or issue."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What one source says about one work.

    ``source`` is the source's name, ``id`` what it was asked for: a bare DOI in lower case, or an arXiv identifier
    without version. ``type`` is an entry type, or empty where the source does not tell. ``fields`` are BibTeX values as
    an entry of that type has them, clean: LaTeX for titles (capitals protected), names as ``Family, Given and …``,
    years of four digits, pages with ``--``, bare identifiers; the venue is in the field of its type (``journal``,
    ``booktitle``, ``school``, ``institution``), its other names and abbreviations in ``venues``, other titles of the
    work (in another language, without its subtitle) in ``titles``.

    ``published`` is the DOI that the source gives for the published version of a preprint, ``arxiv`` the identifier of
    the preprint that it says is this work. ``journal_ref`` and ``comment`` are arXiv's, in the authors' words. ``dblp``
    is DBLP's key of the work. ``notice`` says in a few words why a ``retracted`` or ``withdrawn`` work is that.
    """

    source: str
    id: str
    kind: Kind = Kind.PAPER
    type: str = ""
    fields: dict[str, str] = {}
    venues: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    published: str = ""
    arxiv: str = ""
    journal_ref: str = ""
    comment: str = ""
    dblp: str = ""
    retracted: bool = False
    withdrawn: bool = False
    notice: str = ""

    def get(self, field: str) -> str:
        """The field's value, or the empty string."""
        return self.fields.get(field, "")

    @property
    def venue(self) -> str:
        """The venue, wherever its type has it."""
        return next((self.fields[name] for name in VENUE_FIELDS if self.fields.get(name)), "")


VENUE_FIELDS = ("journal", "booktitle", "school", "institution", "howpublished")
"""The fields in which a record may have its venue."""

VENUE_FIELD = {"article": "journal", "inproceedings": "booktitle", "incollection": "booktitle"}
"""Which of them a paper of this type has its venue in."""
