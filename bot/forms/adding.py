"""The form that adds papers: from its answers to entries."""

from collections.abc import Iterator

import msgspec

from bot.bibliography import identifiers
from bot.bibliography.entry import Entry
from bot.bibliography.venues import FROM_LIST, listed_venue
from bot.config import Config
from bot.forms.answers import VENUE, Text, Typed, field_of, problem, read_bibtex, read_typed, with_fields, with_typed
from bot.forms.body import Submission
from bot.problems import Problem, Severity, has_errors

_NOTHING: Text = (
    "the form has neither an identifier nor a BibTeX entry nor a title",
    "a BibTeX entry, or the title, the authors and the year",
)
_ONLY_IDENTIFIER: Text = (
    "the form gives {identifier} alone, and the sources that know the rest were not asked",
    "the title, the authors and the year next to it, or a BibTeX entry",
)
_SEVERAL: Text = (
    "the BibTeX answer holds {count} entries, so what is filled in besides ({fields}) is not used",
    "these fields in the BibTeX entries themselves, or one issue for each paper",
)
_NO_TYPE: Text = (
    "no type of publication is given, so the paper is filed as misc",
    "article, inproceedings, phdthesis … as the type of publication",
)
_UNKNOWN_VENUE: Text = (
    "no type of publication is given, and the venue “{venue}” implies none, so the paper is filed as misc",
    _NO_TYPE[1],
)

_NO_SUCH_FIELD: Text = (
    "the answer to “{label}” was left out: this list has no field {name}",
    "{name} among the own fields in bot.yml, or a form without the question",
)

# Where a value was found, as what follows “from”.
_FROM_LINK = "the link"
_FROM_VENUE = "the venue"
_FROM_ARXIV = "the arXiv identifier"

_IDENTIFIERS = ("doi", "eprint", "archiveprefix", "link")


class Addition(msgspec.Struct, frozen=True):
    """The entries that a form asks to add, their citation keys still empty, and what is wrong with the form.

    ``unknown`` is what was filed of a paper of which there is an identifier, but neither title nor authors nor year.
    ``sources`` says of the fields, and of the ``type``, of each entry where they were found, if nobody typed them; it
    is empty where everything was typed.
    """

    entries: tuple[Entry, ...]
    problems: list[Problem]
    unknown: Entry | None = None
    sources: tuple[dict[str, str], ...] = ()

    def sources_of(self, number: int) -> dict[str, str]:
        """Where the values of an entry were found that nobody typed."""
        return self.sources[number] if self.sources else {}


def read_addition(submission: Submission, config: Config) -> Addition:
    """Read a filed form: an identifier, or a BibTeX answer of one or more entries, or a title with authors and year.

    What an entry lacks is not said here: the rules do that for every entry alike.
    """
    typed = read_typed(submission.answers, config)
    typed.problems.extend(_not_of_this_list(submission, config))
    bibtex = submission.answers.get("bibtex")
    if isinstance(bibtex, str):
        entries, problems = read_bibtex(bibtex)
        problems = typed.problems + problems
        if len(entries) == 1:
            typed = _without_arxiv_venue(typed)
            entry, conflicts = with_typed(entries[0], typed, config)
            sources = {name: source for name, source in typed.sources.items() if not entries[0].get(name)}
            return Addition((entry,), problems + conflicts, sources=(sources,) if sources else ())
        if entries and (ignored := [*typed.fields, *(["entry-type"] if typed.type else [])]):
            fields = ", ".join(ignored)
            problems.append(problem("form-several", _SEVERAL, Severity.WARNING, count=str(len(entries)), fields=fields))
        return Addition(tuple(entries), problems)
    return add_typed(typed, config)


def _not_of_this_list(submission: Submission, config: Config) -> Iterator[Problem]:
    """A warning for each answer that has no field in this list, so that it is not lost without a word."""
    known = {*config.known_fields(), VENUE, "identifier", "bibtex", "entry-type"}
    for element in submission.template.elements:
        if element.id in submission.answers and field_of(element.id) not in known:
            yield problem("field-unknown", _NO_SUCH_FIELD, Severity.WARNING, label=element.label, name=element.id)


def add_typed(typed: Typed, config: Config) -> Addition:
    """The entry of what was typed field by field, in a form or in a row of a table; none where that is too little."""
    typed = _with_arxiv_of_link(_without_arxiv_venue(typed))
    if not {"title", "author", "year"} & typed.fields.keys():
        identified = any(name in typed.fields for name in _IDENTIFIERS)
        unknown = with_fields(Entry(typed.type or "misc", "", {}), typed.fields, config) if identified else None
        more = [] if has_errors(typed.problems) else [_too_little(typed)]
        return Addition((), typed.problems + more, unknown, (typed.sources,) if typed.sources else ())
    venue = next((typed.fields[name] for name in (VENUE, "booktitle", "journal") if name in typed.fields), "")
    type_, source = (typed.type, "") if typed.type else _implied_type(venue, typed.fields, config)
    entry = with_fields(Entry(type_ or "misc", "", {}), typed.fields, config)
    sources = {**({"type": source} if source else {}), **typed.sources}
    return Addition(
        (entry,), typed.problems + ([] if type_ else [_type_missing(venue)]), sources=(sources,) if sources else ()
    )


def _implied_type(venue: str, fields: dict[str, str], config: Config) -> tuple[str, str]:
    """The entry type that the venue or an arXiv identifier implies, and which did; empty where they imply none."""
    if name := listed_venue(venue, config):
        return config.venues[name].type, FROM_LIST.format(venue=name)
    return ("unpublished", _FROM_ARXIV) if fields.get("eprint") else ("", "")


def _without_arxiv_venue(typed: Typed) -> Typed:
    """What was typed; a venue that says no more than an arXiv identifier (``arXiv preprint …``) is the identifier."""
    arxiv = identifiers.arxiv(typed.fields.get(VENUE, ""))
    if not arxiv or typed.fields.get("eprint", arxiv.id) != arxiv.id:
        return typed
    return _with_arxiv(typed, arxiv, _FROM_VENUE)


def _with_arxiv_of_link(typed: Typed) -> Typed:
    """What was typed, with the arXiv identifier of its link where nothing else says what the paper is."""
    arxiv = identifiers.arxiv(typed.fields.get("link", ""))
    if not arxiv or typed.type not in ("", "unpublished") or {VENUE, "doi", "eprint"} & typed.fields.keys():
        return typed
    return _with_arxiv(typed, arxiv, _FROM_LINK)


def _with_arxiv(typed: Typed, arxiv: identifiers.ArxivId, source: str) -> Typed:
    fields = {name: value for name, value in typed.fields.items() if name != VENUE}
    found = {"eprint": arxiv.id, "archiveprefix": "arXiv"}
    sources = {name: source for name in found if name not in fields}
    return Typed(typed.type, fields | found, typed.problems, typed.sources | sources)


def _too_little(typed: Typed) -> Problem:
    if doi := typed.fields.get("doi"):
        return problem("metadata-unavailable", _ONLY_IDENTIFIER, identifier=f"the DOI {doi}")
    if eprint := typed.fields.get("eprint"):
        return problem("metadata-unavailable", _ONLY_IDENTIFIER, identifier=f"arXiv:{eprint}")
    return problem("form-empty", _NOTHING)


def _type_missing(venue: str) -> Problem:
    return problem("type-missing", _UNKNOWN_VENUE if venue else _NO_TYPE, Severity.HINT, venue=venue)
