"""From one identifier to all that the sources know: which of them is asked, and in which order they count."""

from collections.abc import Iterable, Mapping, Sequence

from bot.bibliography.identifiers import ARXIV_DOI
from bot.bibliography.names import read_names
from bot.metadata.asking import Asker, UnavailableError
from bot.metadata.likeness import Authors, compare_authors
from bot.metadata.question import Finding, Question
from bot.metadata.record import TITLES, Kind, Record
from bot.metadata.source import Source
from bot.metadata.sources import arxiv, crossref, datacite, ismir, openalex, semanticscholar

_ISMIR = "ismir"
# Up to so many DOIs that no registry knows are asked for one by one, which is free at OpenAlex.
_ONE_BY_ONE = 20
_PUBLISHED = (crossref.SOURCE, ismir.SOURCE, datacite.SOURCE, openalex.SOURCE, semanticscholar.SOURCE)


def look_up(questions: Sequence[Question], asker: Asker) -> dict[Question, Finding]:
    """Ask about several works at once, in as few requests as it takes."""
    desk = _Desk(asker)
    preprints = desk.ask(arxiv.SOURCE, (question.arxiv for question in questions if question.arxiv))
    # arXiv gives each paper a DOI, so DataCite knows it too, if less well.
    desk.ask(
        datacite.SOURCE,
        (f"{ARXIV_DOI}{one.arxiv}" for one in questions if one.arxiv and one.arxiv in desk.gaps[arxiv.SOURCE.name]),
    )
    dois: dict[Question, str] = {}
    for question in questions:
        if doi := question.doi or (preprints[question.arxiv].published if question.arxiv in preprints else ""):
            dois[question] = doi
    known = set(desk.ask(crossref.SOURCE, dois.values()))
    known |= set(desk.ask(datacite.SOURCE, (doi for doi in dois.values() if doi not in known)))
    rest = [doi for doi in dict.fromkeys(dois.values()) if doi not in known][:_ONE_BY_ONE]
    for doi in rest:
        known |= set(desk.ask(openalex.SOURCE, [doi]))
    desk.ask(semanticscholar.SOURCE, (doi for doi in rest if doi not in known))
    return {question: desk.finding(question, dois.get(question, "")) for question in questions}


class _Desk:
    """What the sources have said so far."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._found: dict[str, dict[str, Record]] = {name: {} for name in TITLES}
        self._proceedings: dict[str, list[Record]] = {}
        self.gaps: dict[str, dict[str, str]] = {name: {} for name in TITLES}

    def ask(self, source: Source, ids: Iterable[str]) -> Mapping[str, Record]:
        """The records of a source, and those that it gave before."""
        answers = self._asker.records(source, list(dict.fromkeys(ids)))
        self._found[source.name] |= answers.found
        self.gaps[source.name] |= answers.unavailable
        return self._found[source.name]

    def finding(self, question: Question, doi: str) -> Finding:
        """What was said about one work; what is about another one, though its DOI was named, is left out."""
        published = [record for source in _PUBLISHED if doi and (record := self._found[source.name].get(doi))]
        unavailable = {
            source.title: self.gaps[source.name][doi] for source in _PUBLISHED if doi in self.gaps[source.name]
        }
        if published and _is_of_ismir(published[0]):
            published, gap = self._with_proceedings(doi, published)
            unavailable |= gap
        preprint = self._found[arxiv.SOURCE.name].get(question.arxiv)
        if preprint is None and question.arxiv in self.gaps[arxiv.SOURCE.name]:
            unavailable[arxiv.SOURCE.title] = self.gaps[arxiv.SOURCE.name][question.arxiv]
            preprint = self._found[datacite.SOURCE.name].get(f"{ARXIV_DOI}{question.arxiv}")
        if preprint and published and not question.doi and not _may_be_one(preprint, published[0]):
            published = []
        if published and published[0].kind is not Kind.OTHER and unavailable.keys() <= _FALLBACKS:
            unavailable = {}  # whoever could not be asked would have said less than who was
        return Finding((*published, *([preprint] if preprint else [])), unavailable)

    def _with_proceedings(self, doi: str, published: list[Record]) -> tuple[list[Record], dict[str, str]]:
        """The records with that of ISMIR's own list, which has pages, in front."""
        year = next((record.get("year") for record in published if record.get("year")), "")
        if not year:
            return published, {}
        if year not in self._proceedings:
            query = ismir.SOURCE.query([year])
            try:
                records = self._asker.ask(ismir.SOURCE, query, lambda data: ismir.read_year(data, year))
            except UnavailableError as error:
                return published, {ismir.SOURCE.title: str(error)}
            self._proceedings[year] = records or []
        own = [record for record in self._proceedings[year] if record.get("doi") == doi]
        return [*own, *published], {}


_FALLBACKS = frozenset({openalex.SOURCE.title, semanticscholar.SOURCE.title})


def _is_of_ismir(record: Record) -> bool:
    names = (record.get("publisher"), record.venue, *record.venues)
    return record.source == datacite.SOURCE.name and any(_ISMIR in name.lower() for name in names)


def _may_be_one(preprint: Record, published: Record) -> bool:
    """Whether a DOI that a preprint's page names can be that of the same work: they share authors."""
    authors, _ = compare_authors(read_names(preprint.get("author")), read_names(published.get("author")))
    return authors not in (Authors.NONE, Authors.FEW)
