"""Finding the published versions of preprints: which source is asked what, the cheap and certain ones first.

arXiv itself; Semantic Scholar, which knows identifiers; ISMIR's own list; OpenAlex; then the registries of the DOIs
found, for what is proposed is checked there; a search by title for what is still open.
"""

import itertools
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import msgspec

from bot.bibliography import identifiers
from bot.bibliography.folding import fold_title
from bot.bibliography.latex import to_text
from bot.metadata import markup
from bot.metadata.asking import Answers, Asker, UnavailableError
from bot.metadata.likeness import Titles, compare_titles
from bot.metadata.question import NOT_ASKED
from bot.metadata.record import VENUE_FIELD, Kind, Record
from bot.metadata.sources import arxiv, crossref, datacite, ismir, openalex, semanticscholar, shape
from bot.preprints.candidate import AUTHORS_WORDS, Candidate, Link, Preprint
from bot.preprints.judgement import OWN_LINKS, SAYS_PUBLISHED, Judgement, Outcome, judge

S = TypeVar("S")
T = TypeVar("T")

BUDGET = "budget"
"""Why a preprint was left unasked: the run may make no more searches."""

# So many preprints are in memory with all that is known about them.
_CHUNK = 500
_AT_ONCE = 3
# From the year of the preprint to this many years later it may be in ISMIR's list.
_ISMIR_YEARS = 1
_YEARS_LATER = 3
_ISMIR_LIKENESS = 92
# So many DOIs that a registry does not know among others are asked for by themselves in a run.
_ONE_BY_ONE = 40
_SEARCH_LIKENESS = 75
_DBLP = re.compile(r"(?P<kind>conf|journals|books|series)/(?P<venue>[^/]+)/[^/]*?(?P<year>\d{2})[a-z]?")
_YEAR = re.compile(r"\b(?:19|20)[0-9]{2}\b")
_ISMIR = re.compile(r"\bISMIR\b|\bmusic information retrieval\b", re.IGNORECASE)
# What authors write there though it was not published.
_NO_REFERENCE = re.compile(
    r"\b(?:submi\w+|under (?:review|revision)|in preparation|to be submitted|thesis|dissertation|arxiv|preprint"
    r"|technical report|unpublished|draft|corr\W+abs)\b",
    re.IGNORECASE,
)
_ACCEPTED = re.compile(r"\b(?:accepted|to appear|in press|published|forthcoming)\b", re.IGNORECASE)
# Words about the DOI of the published version of this very paper.
_SAYS_WHICH = re.compile(
    r"\b(?:final|published|publisher'?s|authenticated|authoritative|definitive|official)\s+"
    r"(?:(?:authenticated|published|journal)\s+)?(?:version|article|paper|publication)\b|\bversion\s+of\s+record\b",
    re.IGNORECASE,
)
_CONFERENCE = re.compile(r"\b(?:proc|conf|symp|workshop|congress|meeting)", re.IGNORECASE)


class Found(msgspec.Struct, frozen=True):
    """A preprint with what was found about it."""

    preprint: Preprint
    judgement: Judgement


class _State:
    """What is known about one preprint so far."""

    __slots__ = ("candidates", "dois", "gaps", "preprint", "unchecked")

    def __init__(self, preprint: Preprint) -> None:
        self.preprint = preprint
        self.dois: dict[str, set[Link]] = {}
        self.candidates: list[Candidate] = []
        self.gaps: dict[str, str] = {}
        self.unchecked: set[str] = set()

    def add_doi(self, doi: str, link: Link) -> None:
        """Note a DOI that may be the published version's."""
        if doi and identifiers.arxiv(doi) is None:
            self.dois.setdefault(doi, set()).add(link)

    @property
    def is_settled(self) -> bool:
        """Whether arXiv itself names a DOI, which is not that of a repository, where data and software are."""
        return any(Link.ARXIV in links and not doi.startswith(arxiv.REPOSITORIES) for doi, links in self.dois.items())


def find(preprints: Sequence[Preprint], asker: Asker, *, searches: int, turn: int) -> Iterator[Found]:
    """What was found about each preprint, in no certain order.

    ``searches`` is how many searches by title may be made; where more are wanted, those of this ``turn`` (a number that
    grows by one from run to run) are made.
    """
    run = _Run(asker)
    still_open: list[tuple[_State, Judgement]] = []
    for judged in _in_parts(partial(_look_up, run=run), preprints, _CHUNK):
        for state, judgement in judged:
            if _wants_search(state, judgement):
                still_open.append((state, judgement))
            else:
                yield Found(state.preprint, _with_gaps(judgement, state))
    in_turn = _in_turn(still_open, searches, turn)
    asked = [state for state, _ in in_turn[:searches]]
    for found in _in_parts(partial(_search, asker=asker), asked, crossref.SOURCE.batch):
        yield from found
    for state, judgement in in_turn[searches:]:
        state.gaps[BUDGET] = BUDGET
        yield Found(state.preprint, _with_gaps(judgement, state))


def _in_turn(
    still_open: Sequence[tuple[_State, Judgement]], searches: int, turn: int
) -> list[tuple[_State, Judgement]]:
    """What is to be searched for, in the order of this turn: first the share of those of which nothing is known.

    The shares are equal parts of the list by citation key, so that one preprint more or less moves none far.
    """
    ordered = sorted(still_open, key=lambda one: one[0].preprint.entry.key)
    unknown = [one for one in ordered if one[1].candidate is None]
    shares = -(-len(unknown) // searches) if searches else 1
    start = turn % shares * len(unknown) // shares if unknown else 0
    return unknown[start:] + unknown[:start] + [one for one in ordered if one[1].candidate is not None]


def _in_parts(work: Callable[[Sequence[S]], T], of: Sequence[S], size: int) -> Iterator[T]:
    """What comes of so many at a time; while one part is read and judged, the sources are asked about the next."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(work, [of[begin : begin + size] for begin in range(0, len(of), size)])


def _look_up(preprints: Sequence[Preprint], run: "_Run") -> list[tuple[_State, Judgement]]:
    """What the sources know about some preprints by their identifiers."""
    states, asker = [_State(preprint) for preprint in preprints], run.asker
    _ask_arxiv(states, asker)
    _ask_semantic_scholar([state for state in states if not state.is_settled], asker)
    _ask_ismir([state for state in states if not state.dois], run.proceedings)
    _ask_openalex([state for state in states if not state.dois and not _has_doi(state)], asker)
    _ask_registries(states, run)
    return [(state, judge(state.preprint, state.candidates)) for state in states]


def _ask_arxiv(states: Sequence[_State], asker: Asker) -> None:
    by_id = _by(lambda state: state.preprint.arxiv, states)
    answers = asker.records(arxiv.SOURCE, list(by_id))
    for id_, record in answers.found.items():
        for state in by_id[id_]:
            state.preprint = Preprint(state.preprint.entry, record)
            said = record.comment if _SAYS_WHICH.search(record.comment) else ""
            for doi in (record.published, *_dois_in(f"{record.journal_ref} {said}")):
                state.add_doi(doi, Link.ARXIV)
    _note(arxiv.SOURCE.title, answers.unavailable, by_id)


def _ask_semantic_scholar(states: Sequence[_State], asker: Asker) -> None:
    by_id = _by(lambda state: state.preprint.arxiv, states)
    answers = asker.records(semanticscholar.SOURCE, list(by_id))
    for id_, record in answers.found.items():
        for state in by_id[id_]:
            state.add_doi(record.published, Link.SEMANTICSCHOLAR)
            if record.kind is Kind.PAPER:
                state.candidates.append(
                    Candidate((_dated(_with_dblp(record), state.preprint),), frozenset({Link.SEMANTICSCHOLAR}))
                )
    _note(semanticscholar.SOURCE.title, answers.unavailable, by_id)


def _ask_ismir(states: Sequence[_State], proceedings: "_Proceedings") -> None:
    for state in states:
        known = next((one for one in state.candidates if one.records[0].dblp), None)
        if known and not known.records[0].dblp.startswith("conf/ismir/"):
            continue
        try:
            papers = proceedings.like(state.preprint.titles, _ismir_years(state.preprint, known))
        except UnavailableError as error:
            state.gaps[ismir.SOURCE.title] = str(error)
            continue
        if known and papers:  # Semantic Scholar knows the same paper
            state.candidates.remove(known)
            state.candidates.append(Candidate((papers[0], *known.records), known.links))
        else:
            state.candidates += [Candidate((paper,), frozenset({Link.TITLE})) for paper in papers]


def _ismir_years(preprint: Preprint, known: Candidate | None) -> list[int]:
    """The years in whose lists a preprint may be: as DBLP's key or the authors say, else its own and the next."""
    today = preprint.today
    said = " ".join((today.journal_ref, today.comment)) if today else ""
    if known and known.year:
        return [known.year]
    if _ISMIR.search(said) and (years := _YEAR.findall(said)):
        return [int(year) for year in dict.fromkeys(years)]
    return list(range(preprint.year, preprint.year + _ISMIR_YEARS + 1)) if preprint.year else []


def _ask_openalex(states: Sequence[_State], asker: Asker) -> None:
    by_doi = _by(lambda state: state.preprint.arxiv and f"{identifiers.ARXIV_DOI}{state.preprint.arxiv}", states)
    answers = asker.records(openalex.SOURCE, list(by_doi))
    for doi, record in answers.found.items():
        for state in by_doi[doi]:
            state.add_doi(record.published, Link.OPENALEX)
            if record.kind is Kind.PAPER:
                state.candidates.append(Candidate((record,), frozenset({Link.OPENALEX})))
    _note(openalex.SOURCE.title, answers.unavailable, by_doi)


def _ask_registries(states: Sequence[_State], run: "_Run") -> None:
    """Check each DOI that was found where it is registered."""
    asker = run.asker
    dois = list(dict.fromkeys(doi for state in states for doi in state.dois))
    first = asker.records(crossref.SOURCE, dois)
    rest = [doi for doi in dois if doi not in first.found and doi not in first.unavailable]
    second = asker.records(datacite.SOURCE, rest)
    records = {**second.found, **first.found}
    silent = first.unavailable.keys() | second.unavailable.keys()
    dead = [doi for doi in dois if doi not in records and doi not in silent]
    for source in (crossref.SOURCE, datacite.SOURCE) if len(dois) > 1 else ():
        # By itself an alias is found, and what a list leaves out.
        alone = run.may_ask_alone([doi for doi in dead if doi not in records])
        records |= asker.records(source, alone, one_by_one=True).found
    unchecked = silent - records.keys()
    for state in states:
        state.unchecked |= unchecked & state.dois.keys()
        for doi, links in state.dois.items():
            if record := records.get(doi):
                named = {Link.REGISTRY} if record.arxiv and record.arxiv == state.preprint.arxiv else set()
                others = [one for one in state.candidates if one.doi == doi or one.records[0].published == doi]
                more = tuple(other for one in others for other in one.records)
                state.candidates = [one for one in state.candidates if one not in others]
                state.candidates.append(Candidate((record, *more), frozenset(links | named)))
            for title, reason in (
                (crossref.SOURCE.title, first.unavailable.get(doi)),
                (datacite.SOURCE.title, second.unavailable.get(doi)),
            ):
                if reason:
                    state.gaps[title] = reason
    _name_dois(states, records)


def _name_dois(states: Sequence[_State], records: Mapping[str, Record]) -> None:
    """Give the DOIs that no registry told anything about to the candidates that other sources know by them."""
    for state in states:
        for place, candidate in enumerate(state.candidates):
            doi = candidate.records[0].published
            if doi and doi not in records and not candidate.doi:
                record = candidate.records[0]
                named = msgspec.structs.replace(record, fields={**record.fields, **shape.own(doi)})
                state.candidates[place] = Candidate((named, *candidate.records[1:]), candidate.links)


def _search(states: Sequence[_State], asker: Asker) -> list[Found]:
    """Search by title for what is still open, and check what is found where it is registered."""
    judged = [(state, _search_title(state, asker)) for state in states]
    chosen = [one.candidate.doi for _, one in judged if one.candidate and Link.TITLE in one.candidate.links]
    checked = asker.records(crossref.SOURCE, [doi for doi in chosen if doi])
    return [Found(state.preprint, _checked(state, judgement, checked)) for state, judgement in judged]


def _checked(state: _State, judgement: Judgement, checked: Answers) -> Judgement:
    """The judgement once the registry's record of what was chosen is known."""
    candidate = judgement.candidate
    record = checked.found.get(candidate.doi) if candidate else None
    if candidate and record:
        others = [one for one in state.candidates if one is not candidate]
        better = Candidate((record, *candidate.records), candidate.links)
        judgement = judge(state.preprint, [*others, better])
    elif candidate and (reason := checked.unavailable.get(candidate.doi)):
        state.gaps[crossref.SOURCE.title] = reason
        judgement = Judgement(Outcome.NONE)
    if judgement.outcome is Outcome.NONE:
        judgement = judge(state.preprint, _words_of_authors(state.preprint))
    return _with_gaps(judgement, state)


def _search_title(state: _State, asker: Asker) -> Judgement:
    """The judgement with what a search by title finds."""
    known = {one.doi for one in state.candidates}
    for record in _records_like(state, asker):
        doi = record.get("doi")
        if doi and doi not in known:
            named = {Link.REGISTRY} if record.arxiv and record.arxiv == state.preprint.arxiv else set()
            state.candidates.append(Candidate((record,), frozenset({Link.TITLE} | named)))
    return judge(state.preprint, state.candidates)


def _records_like(state: _State, asker: Asker) -> list[Record]:
    """What Crossref has with a title that may be the preprint's."""
    from rapidfuzz import fuzz

    preprint = state.preprint
    titles = [to_text(title) for title in preprint.titles]
    folded = [fold_title(title) for title in titles]
    names = next(iter(preprint.authors), ())

    def is_worth_judging(theirs: Sequence[str], arxiv_id: str) -> bool:
        if arxiv_id and arxiv_id == preprint.arxiv:
            return True
        pairs = itertools.product(map(fold_title, theirs), folded)
        return any(fuzz.partial_ratio(*pair, score_cutoff=_SEARCH_LIKENESS) for pair in pairs)

    if not titles or not titles[0]:
        return []
    try:
        query = crossref.search(titles[0], names[0].family if names else "")
        return asker.ask(crossref.SOURCE, query, partial(crossref.read_search, is_wanted=is_worth_judging)) or []
    except UnavailableError as error:
        state.gaps[crossref.SOURCE.title] = str(error)
        return []


def _wants_search(state: _State, judgement: Judgement) -> bool:
    """Whether a search by title may bring more: nothing was found, or nothing that is sure."""
    if state.preprint.today and state.preprint.today.withdrawn:
        return False
    candidate = judgement.candidate
    if candidate is None:
        return True
    if judgement.outcome is not Outcome.WARN or candidate.links & OWN_LINKS:
        return False
    by_title_alone = candidate.links == {Link.TITLE}
    titles = (compare_titles(mine, title)[0] for mine in state.preprint.titles for title in candidate.titles)
    return not candidate.doi or by_title_alone or Titles.SAME not in titles


def _with_gaps(judgement: Judgement, state: _State) -> Judgement:
    """The judgement; where nothing was found, or nothing checked, and not all could be asked, nobody knows."""
    withdrawn = state.preprint.today is not None and state.preprint.today.withdrawn
    candidate = judgement.candidate
    is_checked = candidate is None or candidate.doi not in state.unchecked
    if (judgement.outcome is not Outcome.NONE and is_checked) or not state.gaps or withdrawn:
        return judgement
    reasons = tuple(
        BUDGET if source == BUDGET else NOT_ASKED.format(source=source, reason=reason)
        for source, reason in state.gaps.items()
    )
    return Judgement(Outcome.UNAVAILABLE, reasons=reasons)


def _words_of_authors(preprint: Preprint) -> list[Candidate]:
    """What the authors say at arXiv about where it was published, where nobody else says anything."""
    today = preprint.today
    if today is None or not today.journal_ref:
        return []
    if _NO_REFERENCE.search(today.journal_ref) and not _ACCEPTED.search(today.journal_ref):
        return []
    years = _YEAR.findall(today.journal_ref)
    type_ = "inproceedings" if _CONFERENCE.search(today.journal_ref) else "article"
    venue = VENUE_FIELD[type_]
    fields = {"title": today.get("title"), "author": today.get("author"), venue: markup.escape(today.journal_ref)}
    fields |= {"year": years[-1]} if years else {}
    return [Candidate((Record(source=AUTHORS_WORDS, id=today.id, type=type_, fields=fields),), frozenset({Link.ARXIV}))]


def _dated(record: Record, preprint: Preprint) -> Record:
    """A record without a year with that in which the authors say that it was published, if they name one alone."""
    today, first = preprint.today, preprint.year
    if record.get("year") or today is None or first is None:
        return record
    said = " ".join(text for text in (today.journal_ref, today.comment) if SAYS_PUBLISHED.search(text))
    years = {year for year in _YEAR.findall(said) if -1 <= int(year) - first <= _YEARS_LATER}
    if len(years) != 1:
        return record
    return msgspec.structs.replace(record, fields={**record.fields, "year": years.pop()})


def _dois_in(text: str) -> list[str]:
    """The DOIs in a text that somebody wrote."""
    found = (identifiers.doi(part) for part in re.findall(r"10\.\d{4,9}/\S+", text))
    return [doi for doi in found if doi]


def _with_dblp(record: Record) -> Record:
    """A record of Semantic Scholar with what DBLP's key tells besides: the year, and whether it is an article.

    Semantic Scholar's own years are often those of the preprint.
    """
    match = _DBLP.fullmatch(record.dblp)
    if not match or match["venue"] == "corr":
        return record
    year = int(match["year"])
    fields = {**record.fields, "year": str(year + (2000 if year < 50 else 1900))}  # DBLP writes two digits
    type_ = record.type or {"conf": "inproceedings", "journals": "article"}.get(match["kind"], "")
    field = VENUE_FIELD.get(type_)
    if field and record.venues and not record.venue:
        fields[field] = record.venues[0]
    return msgspec.structs.replace(record, type=type_, fields=fields)


def _has_doi(state: _State) -> bool:
    return any(one.doi for one in state.candidates)


def _by(identifier: Callable[[_State], str], states: Sequence[_State]) -> dict[str, list[_State]]:
    """The states by an identifier, without those that have none; a list may hold one preprint twice."""
    found: dict[str, list[_State]] = {}
    for state in states:
        if one := identifier(state):
            found.setdefault(one, []).append(state)
    return found


def _note(title: str, unavailable: Mapping[str, str], by_id: Mapping[str, Sequence[_State]]) -> None:
    for id_, reason in unavailable.items():
        for state in by_id[id_]:
            state.gaps[title] = reason


class _Run:
    """What all parts of a run share."""

    def __init__(self, asker: Asker) -> None:
        self.asker = asker
        self.proceedings = _Proceedings(asker)
        self._alone = _ONE_BY_ONE

    def may_ask_alone(self, dois: Sequence[str]) -> Sequence[str]:
        """As many of these as the run may still ask for by themselves."""
        some = dois[: max(self._alone, 0)]
        self._alone -= len(some)
        return some


class _Proceedings:
    """ISMIR's lists of papers, a year each, read once."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._lock = threading.Lock()
        self._years: dict[int, dict[str, Record]] = {}

    def like(self, titles: Iterable[str], years: Sequence[int]) -> list[Record]:
        """The papers of these years with nearly one of these titles.

        Raises:
            UnavailableError: the list could not be read.
        """
        from rapidfuzz import fuzz, process

        found: dict[str, Record] = {}
        for year in years:
            papers = self._papers(year)
            for title in titles:
                wanted = fold_title(to_text(title))
                hits = process.extract(wanted, papers.keys(), scorer=fuzz.ratio, score_cutoff=_ISMIR_LIKENESS, limit=3)
                found |= {folded: papers[folded] for folded, _, _ in hits}
        return list(found.values())

    def _papers(self, year: int) -> dict[str, Record]:
        with self._lock:
            if year not in self._years:
                query = ismir.SOURCE.query([str(year)])
                records = self._asker.ask(ismir.SOURCE, query, lambda data: ismir.read_year(data, str(year))) or []
                self._years[year] = {fold_title(to_text(record.get("title"))): record for record in records}
            return self._years[year]
