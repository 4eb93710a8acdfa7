"""Whether one of several candidates is the published version of a preprint, and how sure that is."""

import re
from collections.abc import Sequence
from enum import IntEnum, StrEnum

import msgspec

from bot.bibliography.folding import fold, fold_title
from bot.bibliography.latex import to_text
from bot.bibliography.names import read_names
from bot.metadata.likeness import Authors, Likeness, Titles, compare_authors, compare_titles
from bot.metadata.record import TITLES, Kind
from bot.preprints.candidate import AUTHORS_WORDS, Candidate, Link, Preprint


class Outcome(StrEnum):
    """What becomes of a preprint."""

    PROPOSE = "propose"
    WARN = "warn"
    NONE = "none"
    UNAVAILABLE = "unavailable"


class Judgement(msgspec.Struct, frozen=True):
    """What is to be said about a preprint, and why; ``candidate`` is what is proposed.

    ``reasons`` are sentence parts for people: why this is the same work, and after ``warnings`` what to look at.
    """

    outcome: Outcome
    candidate: Candidate | None = None
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class _Grade(IntEnum):
    """How sure it is that a candidate is the same work."""

    NO = 0
    THIN = 1
    SURE = 2


class _Graded(msgspec.Struct, frozen=True):
    candidate: Candidate
    grade: _Grade
    alike: Likeness
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]


# What is no published version of a paper, whatever else agrees.
_NO_PUBLICATION = frozenset({Kind.PREPRINT, Kind.THESIS, Kind.REPORT, Kind.NOTICE, Kind.OTHER})
# Servers of preprints and repositories, some of which call themselves a journal (SSRN at Crossref).
_SERVERS = re.compile(
    r"(?:\w*[ar]xiv(?:\.org)?|corr|computing research repository|ssrn(?: electronic journal)?"
    r"|social science research network|(?:(?:osf|authorea|peerj) )?preprints?(?:\.org)?|research square|researchgate"
    r"|authorea|zenodo|figshare|hal|osf|open science framework)(?: \(.*\))?"
)
_LINKED = {
    Link.ARXIV: "arXiv names it as the published version",
    Link.REGISTRY: "its own record names the preprint",
    Link.SEMANTICSCHOLAR: "Semantic Scholar has both as one paper",
    Link.OPENALEX: "OpenAlex has both as one paper",
}
OWN_LINKS = frozenset({Link.ARXIV, Link.REGISTRY})
"""What the preprint or the published paper says itself."""

_BY_TITLE = "it was found by its title alone"
_SAME_TITLE = "the title is the same"
_SAME_AUTHORS = "the authors are the same"
_SUPPORTED = "the authors' words at arXiv name the venue: “{words}”"
_YEARS = "published {year}, {gap} after the preprint"

_NEW_TITLE = "the title is another one now: “{title}”"
_LISTED_TITLE = "the list has another title than the paper: “{title}”"
_LISTED_AUTHORS = "the list has other authors than the paper: {names}"
_ADDED = "it has more authors than the preprint: {names}"
_REMOVED = "it has fewer authors than the preprint"
_CHANGED = "some of the authors are others"
_NO_AUTHORS = "no source names its authors"
_NO_VENUE = "no source names its venue"
_NO_TYPE = "no source tells whether it is an article, a conference paper or something else"
_NO_YEAR = "no source tells the year"
_LATE = "it was published {gap} years after the preprint"
_EARLY = "it was published {gap} years before the preprint was put online"
_GENERAL = "the title is a general one, and nothing but the title and {count} ties the two together"
_ONE_SOURCE = "only {source} knows where it was published, and there is no DOI"
_ONLY_WORDS = "nothing but the authors' words at arXiv says that it was published there"
_ONE_PAGE = "it has one page, so it may be an abstract"
_RETRACTED = "there is a notice about it: {notice}"
_ANOTHER = "there is another version: {venue}, {year}"
_THESIS = "the authors' words at arXiv call the preprint a thesis: “{words}”"
_EDITION = "the preprint calls itself another edition of it: “{title}”"
_ELSEWHERE = "the authors' words at arXiv name another place: “{words}”"
_WITHDRAWN = "the preprint has been withdrawn: {notice}"

_EARLIEST, _LATEST, _TOO_LATE = -1, 3, 5
_NAMES = 8
# A title of so few words may be that of many works.
_GENERAL_WORDS = 4
_ONE = re.compile(r"[A-Z]?\d{1,4}")
_WORKSHOP = re.compile(r"\bworkshops?\b|\bw\b", re.IGNORECASE)
_ACRONYM = re.compile(r"\b[A-Z](?=[A-Za-z]*[A-Z]{2})[A-Za-z]*+\b")
SAYS_PUBLISHED = re.compile(
    r"\b(?:accept|appear|publish|present|proc|camera.ready|in press|forthcoming)", re.IGNORECASE
)
"""Words with which authors say that a paper is published or will be."""

_CALLED_THESIS = re.compile(
    r"\b(?:ph\.? ?d\.?|doctoral|master'?s?|m\.? ?sc\.?|bachelor'?s?|diploma|habilitation)\W+(?:thesis|dissertation)\b"
    r"|^\W*(?:thesis|dissertation)\b",
    re.IGNORECASE,
)
# What authors write behind the title of a preprint that has more in it than the paper.
_OF_EDITION = re.compile(
    r"\s*(?:[(\[]|[:–—-]\s)\s*(?:an?\s+)?(?:(?:extended|full|long|longer|complete|preprint|arxiv)\s+"
    r"(?:version|paper|report|preprint)|(?:extended\s+)?technical\s+report|preprint"
    r"|with\s+(?:an\s+)?(?:appendix|appendices|supplement\w*(?:\s+materials?)?))\s*[)\]]?\s*$",
    re.IGNORECASE,
)


def judge(preprint: Preprint, candidates: Sequence[Candidate]) -> Judgement:
    """Choose among the candidates; none where nothing is the same work beyond doubt, or at least worth a look."""
    if preprint.today and preprint.today.withdrawn:
        return Judgement(Outcome.NONE, reasons=(_WITHDRAWN.format(notice=preprint.today.notice),))
    graded = [one for candidate in candidates if (one := _grade(preprint, candidate)).grade > _Grade.NO]
    if not graded:
        return Judgement(Outcome.NONE)
    graded.sort(key=lambda one: _rank(one, preprint), reverse=True)
    best, warnings = graded[0], list(graded[0].warnings)
    # What its own record says is the word of whoever made that: only the preprint's page ends the question.
    if Link.ARXIV not in best.candidate.links:
        warnings += [
            _ANOTHER.format(venue=to_text(other.candidate.venue), year=other.candidate.year or "year unknown")
            for other in graded[1:]
            if other.grade == best.grade and not _WORKSHOP.search(other.candidate.venue)
            if not _is_one_publication(best.candidate, other.candidate)
        ][:1]
    return Judgement(
        Outcome.WARN if warnings else Outcome.PROPOSE, best.candidate, best.reasons, tuple(dict.fromkeys(warnings))
    )


def _is_one_publication(one: Candidate, two: Candidate) -> bool:
    """Whether two candidates may be one publication, of which only one of them has the DOI."""
    return not (one.doi and two.doi) and (one.year is None or two.year is None or one.year == two.year)


def _rank(one: _Graded, preprint: Preprint) -> tuple[float, ...]:
    """The better candidate has the greater one."""
    candidate = one.candidate
    gap = _gap(preprint, candidate)
    linked, soon = candidate.links != {Link.TITLE}, gap is not None and _EARLIEST <= gap <= _LATEST
    return (
        bool(candidate.links & OWN_LINKS),
        one.grade,
        linked or soon,
        -_TITLES.index(one.alike.titles) - _AUTHORS.index(one.alike.authors),
        linked,
        soon,
        _words_for(preprint, candidate) != "",
        not _WORKSHOP.search(candidate.venue),
        bool(candidate.doi),
        -abs(gap) if gap is not None else -99,
    )


def _grade(preprint: Preprint, candidate: Candidate) -> _Graded:
    """How sure it is that the candidate is the preprint's published version, with what speaks for and against it."""
    no = _Graded(candidate, _Grade.NO, _UNLIKE, (), ())
    if candidate.kind in _NO_PUBLICATION or _is_on_a_server(candidate):
        return no
    alike, edition = _likeness(preprint, candidate)
    own, linked = bool(candidate.links & OWN_LINKS), candidate.links != {Link.TITLE}
    if not _may_be_same(alike, preprint, candidate, own=own, linked=linked):
        return no
    reasons = [_LINKED[link] for link in Link if link in candidate.links and link in _LINKED] or [_BY_TITLE]
    warnings: list[str] = []
    if alike.titles is Titles.SAME or (linked and alike.titles is Titles.SLIP):
        reasons.append(_SAME_TITLE)
    else:
        warnings.append(_NEW_TITLE.format(title=to_text(candidate.get("title"))))
    if alike.authors is Authors.SAME:
        reasons.append(_SAME_AUTHORS)
    else:
        warnings.append(_about_authors(alike.authors, preprint, candidate))
    words = _words_for(preprint, candidate)
    if edition:
        warnings.append(_EDITION.format(title=to_text(edition)))
    else:
        warnings += _about_the_list(preprint, candidate, alike)
    warnings += _about_year(preprint, candidate, told=own or bool(words))
    if words:
        reasons.append(_SUPPORTED.format(words=words))
    if not linked and not words:
        if _is_general(preprint, alike):
            count = "the author" if alike.shared == 1 else f"{alike.shared} authors"
            warnings.append(_GENERAL.format(count=count))
        if candidate.type == "article" and _ONE.fullmatch(candidate.get("pages")):
            warnings.append(_ONE_PAGE)
        if elsewhere := _words_against(preprint, candidate):
            warnings.append(_ELSEWHERE.format(words=elsewhere))
        warnings += [_THESIS.format(words=_cut(text)) for text in _said(preprint) if _CALLED_THESIS.search(text)][:1]
    warnings += _about_place(candidate, words)
    if not candidate.type:
        warnings.append(_NO_TYPE)
    if any(record.retracted for record in candidate.records):
        notice = next((record.notice for record in candidate.records if record.retracted and record.notice), "")
        warnings.insert(0, _RETRACTED.format(notice=notice or "Crossref says so"))
    grade = _Grade.THIN if warnings else _Grade.SURE
    return _Graded(candidate, grade, alike, tuple(reasons), tuple(warnings))


_UNLIKE = Likeness(Titles.OTHER, Authors.UNKNOWN, 0.0, 0)


def _likeness(preprint: Preprint, candidate: Candidate) -> tuple[Likeness, str]:
    """The candidate beside the preprint as arXiv and the list have it: the better one of each.

    Where they are alike but for the word that the preprint is a longer edition, its title is given too.
    """
    titles = [compare_titles(mine, title) for title in candidate.titles for mine in preprint.titles]
    edition = ""
    if not any(title in (Titles.SAME, Titles.SLIP, Titles.SUBTITLE) for title, _ in titles):
        for mine in preprint.titles:
            short = _OF_EDITION.sub("", mine)
            again = [compare_titles(short, title) for title in candidate.titles] if short != mine else []
            if any(title is Titles.SAME for title, _ in again):
                titles, edition = again, mine
    if candidate.links == {Link.TITLE} and all(title in (Titles.OTHER, Titles.VERSION) for title, _ in titles):
        return _UNLIKE, ""  # whoever wrote it
    authors = [compare_authors(mine, candidate.authors) for mine in preprint.authors or ((),)]
    if not titles:
        return _UNLIKE, ""
    # A title that says that it is another work is that, whatever the preprint was called before.
    title, percent = min(titles, key=lambda one: (_TITLES.index(one[0]), -one[1]))
    alike, shared = min(authors, key=lambda one: (_AUTHORS.index(one[0]), -one[1]))
    return Likeness(title, alike, percent, shared), edition


_TITLES = (Titles.SAME, Titles.SLIP, Titles.SUBTITLE, Titles.NEAR, Titles.VERSION, Titles.OTHER)
_AUTHORS = (*(Authors.SAME, Authors.ADDED, Authors.REMOVED, Authors.SOME, Authors.FEW), Authors.UNKNOWN, Authors.NONE)
_MOST = frozenset({Authors.SAME, Authors.ADDED, Authors.REMOVED})


def _may_be_same(alike: Likeness, preprint: Preprint, candidate: Candidate, *, own: bool, linked: bool) -> bool:
    """Whether it can be the same work at all. The weaker the link, the more has to agree."""
    if alike.authors in (Authors.NONE, Authors.FEW):
        return False
    if own:
        return alike.authors is not Authors.UNKNOWN or alike.titles in (Titles.SAME, Titles.SLIP, Titles.SUBTITLE)
    if alike.titles is Titles.VERSION:
        return False
    if alike.authors is Authors.UNKNOWN:
        return linked and alike.titles is Titles.SAME
    gap = _gap(preprint, candidate)
    if not linked and (gap or 0) > _TOO_LATE:
        return False
    if alike.titles is Titles.SAME:
        return linked or alike.authors in _MOST or not _is_general(preprint, alike)
    if linked:
        return alike.authors in _MOST and (alike.titles is not Titles.OTHER or alike.shared > 1)
    soon = gap is not None and _EARLIEST <= gap <= _LATEST
    return alike.titles in (Titles.SLIP, Titles.SUBTITLE, Titles.NEAR) and alike.authors is Authors.SAME and soon


def _gap(preprint: Preprint, candidate: Candidate) -> int | None:
    """How many years the candidate came after the preprint."""
    return candidate.year - preprint.year if candidate.year and preprint.year else None


def _about_the_list(preprint: Preprint, candidate: Candidate, alike: Likeness) -> list[str]:
    """What the entry will go on to say, though arXiv today says what the published paper says."""
    told = []
    title = preprint.entry.get("title")
    if alike.titles is Titles.SAME and all(
        compare_titles(title, other)[0] not in (Titles.SAME, Titles.SLIP) for other in candidate.titles
    ):
        told.append(_LISTED_TITLE.format(title=to_text(candidate.get("title"))))
    names = read_names(preprint.entry.get("author"))
    is_short = preprint.entry.get("author").endswith(" and others")
    if alike.authors is Authors.SAME and not is_short:
        listed = compare_authors(names, candidate.authors)[0]
        if listed not in (Authors.SAME, Authors.UNKNOWN):
            shown = [str(name) for name in candidate.authors[:_NAMES]]
            shown += ["…"] if len(candidate.authors) > _NAMES else []
            told.append(_LISTED_AUTHORS.format(names="; ".join(shown)))
    return told


def _about_authors(authors: Authors, preprint: Preprint, candidate: Candidate) -> str:
    if authors is Authors.ADDED:
        known = {fold(name.family) for names in preprint.authors for name in names}
        new = [str(name) for name in candidate.authors if fold(name.family) not in known]
        return _ADDED.format(names="; ".join(new[:_NAMES]) or "see its page")
    return {Authors.REMOVED: _REMOVED, Authors.UNKNOWN: _NO_AUTHORS}.get(authors, _CHANGED)


def _about_year(preprint: Preprint, candidate: Candidate, *, told: bool) -> list[str]:
    gap = _gap(preprint, candidate)
    if candidate.year is None:
        return [_NO_YEAR]
    if gap is None or told or _EARLIEST <= gap <= _LATEST:
        return []
    return [_LATE.format(gap=gap) if gap > 0 else _EARLY.format(gap=-gap)]


def _about_place(candidate: Candidate, words: str) -> list[str]:
    if not candidate.venue and candidate.type != "book":
        return [_NO_VENUE]
    known = candidate.sources
    if known == {AUTHORS_WORDS}:
        return [_ONLY_WORDS]
    if candidate.doi or words or len(known) > 1 or not known <= _MERGING:
        return []
    if any(record.dblp and not record.dblp.startswith("journals/corr/") for record in candidate.records):
        return []
    return [_ONE_SOURCE.format(source=TITLES[next(iter(known))])]


def _is_general(preprint: Preprint, alike: Likeness) -> bool:
    words = [word for word in fold_title(to_text(preprint.titles[0])).split() if len(word) > 3]
    return len(words) <= _GENERAL_WORDS and alike.shared < 2


def _is_on_a_server(candidate: Candidate) -> bool:
    """Whether its best record says so; a source that merges versions may name the server beside the journal."""
    record = candidate.records[0]
    return any(_SERVERS.fullmatch(fold(to_text(name))) for name in (record.venue, *record.venues))


def _said(preprint: Preprint) -> list[str]:
    """What the authors say at arXiv about where it is published."""
    today = preprint.today
    return [text for text in (today.journal_ref, today.comment) if text] if today else []


def _words_for(preprint: Preprint, candidate: Candidate) -> str:
    """The authors' words that name the candidate's venue, or empty."""
    venues = [to_text(name) for name in candidate.venues]
    abbreviations = {found for name in venues for found in (*_ACRONYM.findall(name), _initials(name)) if found}
    abbreviations -= _PUBLISHERS
    full = [_main_words(name) for name in venues]
    for text in _said(preprint):
        folded = f" {_main_words(text)} "
        workshop = bool(_WORKSHOP.search(text)) == any(map(_WORKSHOP.search, venues))
        by_name = any(len(name) > 3 and f" {name} " in folded for name in full)
        if workshop and (by_name or any(f" {fold(short)} " in folded for short in abbreviations)):
            return _cut(text)
    return ""


def _words_against(preprint: Preprint, candidate: Candidate) -> str:
    """The authors' words that say that it is published, by an abbreviation that is not the candidate's; or empty."""
    if _words_for(preprint, candidate):
        return ""
    for text in _said(preprint):
        is_reference = preprint.today is not None and text == preprint.today.journal_ref
        for clause in re.split(r"[;]|\.\s", text):
            if (is_reference or SAYS_PUBLISHED.search(clause)) and set(_ACRONYM.findall(clause)) - _PUBLISHERS:
                return _cut(text)
    return ""


def _main_words(text: str) -> str:
    return " ".join(word for word in fold_title(_HYPHENED.sub("", text)).split() if word not in _SMALL)


def _initials(venue: str) -> str:
    """A venue by the first letters of its words: ``TASLP`` is IEEE/ACM Transactions on Audio, Speech, …"""
    words = [word for word in re.findall(r"[A-Za-z]+", venue) if word[0].isupper() and word not in _PUBLISHERS]
    words = [word for word in words if word.lower() not in _SMALL]
    return "".join(word[0] for word in words) if len(words) > 2 else ""


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


_HYPHENED = re.compile(r"(?<=\b[TJ])-(?=[A-Z]{2})")  # T-ASLP
_SMALL = frozenset({"the", "of", "on", "for", "in", "and", "at"})
# Sources that know of a paper by what they merged.
_MERGING = frozenset({"semanticscholar", "openalex"})
_SHOWN = 150
_PUBLISHERS = frozenset({"IEEE", "ACM", "MIT", "AES", "USA", "UK", "PDF", "LNCS", "CNN", "RNN", "DOI", "ISBN"})
