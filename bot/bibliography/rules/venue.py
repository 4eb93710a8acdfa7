"""Where it appeared: journal, proceedings, school, institution."""

import re
from collections.abc import Iterator

from bot.bibliography.entry import Entry
from bot.bibliography.folding import fold
from bot.bibliography.identifiers import arxiv
from bot.bibliography.latex import to_text
from bot.bibliography.rules.rule import Context, Found, Rule, quoted
from bot.problems import Severity

_VENUES = ("journal", "booktitle", "howpublished", "series", "school", "institution", "publisher", "organization")
_PREPRINT = re.compile(r"arxiv|\bcorr\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)[0-9]{2}\b")
_PAGES = r"(?i)\b(?:pp?\.|pages) ?[0-9]+"
# btxdoc.pdf, section 3.1: the same type under two names.
_SAME_TYPE = {"conference": "inproceedings"}


def _missing(entry: Entry, context: Context) -> Iterator[tuple[str, Found]]:
    type_ = context.config.types.get(entry.type)
    if type_ is None or entry.get("crossref"):
        return
    for field in type_.wanted:
        if not entry.get(field).strip():
            fix = f"{field} = {{…}}"
            elsewhere = next((name for name in ("journal", "booktitle") if name != field and entry.get(name)), None)
            if elsewhere and field in ("journal", "booktitle"):
                fix = f"{field} = {{{entry.get(elsewhere)[:200]}}} instead of {elsewhere}, if that is what is meant"
            yield field, (f"@{entry.type} without {field}", fix)


def _preprint(entry: Entry, context: Context) -> Iterator[tuple[str, Found]]:
    del context
    if entry.type == "unpublished":
        return
    for field in _VENUES:
        value = entry.get(field)
        if value and _PREPRINT.search(value):
            found = arxiv(value)
            number = found.id if found else "1706.08818"
            fix = f"@unpublished with eprint = {{{number}}} and archiveprefix = {{arXiv}}; or where it was published"
            yield field, (f"@{entry.type} with the preprint server {quoted(value)} as its {field}", fix)
            return


def _known_type(entry: Entry, context: Context) -> Iterator[tuple[str, Found]]:
    for field in ("journal", "booktitle"):
        value = entry.get(field)
        if not value:
            continue
        name, type_ = context.venues.get(_plain(value), ("", ""))
        if type_ and type_ != _SAME_TYPE.get(entry.type, entry.type):
            yield field, (f"{quoted(name)} is a venue of @{type_}, this is @{entry.type}", f"@{type_}")


def _plain(venue: str) -> str:
    return fold(_YEAR.sub("", to_text(venue)))


def _dated(value: str, context: Context) -> Found | None:
    del context
    match = re.search(_PAGES, value) or _YEAR.search(value)
    if not match:
        return None
    kind = "the year" if match[0].isdecimal() else "pages"
    return f"{quoted(value)} holds {kind} ({match[0]})", "the name of the proceedings; year and pages have their fields"


RULES = (
    Rule(
        name="venue-missing",
        severity=Severity.WARNING,
        fields=_VENUES,
        sentence="An entry says where it appeared, in the field that its type asks for (bot.yml, types).",
        why="Readers look for a paper by its journal or conference.",
        passes="@article{Todd1989,\n  journal = {Computer Music Journal}\n}",
        fails="@article{Todd1989,\n  title = {A connectionist approach to algorithmic composition}\n}",
        entry=_missing,
    ),
    Rule(
        name="venue-preprint",
        severity=Severity.WARNING,
        fields=_VENUES,
        sentence="arXiv is the venue of @unpublished only, and is named by eprint and archiveprefix.",
        why="A preprint that is filed as an article is not found again when the article appears.",
        passes="@unpublished{Bammer2017,\n  eprint = {1706.08818},\n  archiveprefix = {arXiv}\n}",
        fails="@article{Bammer2017,\n  journal = {arXiv preprint arXiv:1706.08818}\n}",
        entry=_preprint,
    ),
    Rule(
        name="venue-type",
        severity=Severity.HINT,
        fields=("journal", "booktitle"),
        sentence="A venue that the list knows (bot.yml, venues) stands with the entry type that it implies.",
        why="Papers of one venue are counted together.",
        passes="@inproceedings{Jeong2016,\n  booktitle = {ISMIR}\n}",
        fails="@article{Jeong2016,\n  journal = {ISMIR}\n}",
        entry=_known_type,
    ),
    Rule(
        name="venue-dated",
        severity=Severity.WARNING,
        fields=("booktitle",),
        sentence="The name of the proceedings holds neither the year nor pages.",
        why="They have fields of their own, and every year's papers would have another venue.",
        passes="@inproceedings{Su2016,\n  booktitle = {ICASSP},\n  year = {2016}\n}",
        fails="@inproceedings{Su2016,\n  booktitle = {ICASSP 2016, pp. 579--583}\n}",
        value=_dated,
    ),
)
