"""When it appeared."""

import re
from collections.abc import Iterator

from bot.bibliography.entry import Entry
from bot.bibliography.latex import to_text
from bot.bibliography.rules.rule import Context, Found, Rule, quoted
from bot.problems import Severity

_FIRST = 1800
_YEAR = re.compile(r"[0-9]{4}")
_MONTH = (
    r"(?i)jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?"
    r"|dec(ember)?"
)
_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th)?|and"
_LONGEST_MONTH = 60


def _missing(entry: Entry, context: Context) -> Iterator[tuple[str, Found]]:
    del context
    # A part takes what it lacks from the whole that `crossref` names (btxdoc.pdf, section 2.1).
    if not entry.get("year").strip() and not entry.get("crossref"):
        yield "year", ("the year is missing", "year = {2017}")


def _shape(value: str, context: Context) -> Found | None:
    text = to_text(value)
    if _YEAR.fullmatch(text) or not text:
        return None
    inside = {year for year in re.findall(r"(?<![0-9])[0-9]{4}(?![0-9])", text) if _plausible(year, context)}
    fix = f"year = {{{inside.pop()}}}" if len(inside) == 1 else "four digits: year = {2017}"
    return f"{quoted(value)} is no year of four digits", fix


def _range(value: str, context: Context) -> Found | None:
    text = to_text(value)
    if not _YEAR.fullmatch(text) or _plausible(text, context):
        return None
    return f"{quoted(value)} is no likely year", f"a year from {_FIRST} to {context.this_year + 1}"


def _plausible(year: str, context: Context) -> bool:
    return _FIRST <= int(year) <= context.this_year + 1


def _month(value: str, context: Context) -> Found | None:
    del context
    words = re.findall(r"[^\s.,/~–—-]+", to_text(value[:_LONGEST_MONTH]))
    months = [word for word in words if re.fullmatch(_MONTH, word)]
    rest = [word for word in words if word not in months]
    number = len(words) == 1 and words[0].isdecimal() and 1 <= int(words[0]) <= 12
    if number or (months and all(re.fullmatch(_DAY, word) for word in rest) and len(value) <= _LONGEST_MONTH):
        return None
    return f"{quoted(value)} is no month", "a name or its first three letters: month = {jul}"


RULES = (
    Rule(
        name="year-missing",
        severity=Severity.ERROR,
        acceptable=True,
        fields=("year",),
        sentence="An entry has a year, its own or that of the entry that its crossref names.",
        why="The list is sorted by year, and the citation key holds it.",
        passes="@misc{Todd1989,\n  year = {1989}\n}",
        fails="@misc{Todd1989,\n  author = {Todd, Peter M.}\n}",
        entry=_missing,
    ),
    Rule(
        name="year-shape",
        severity=Severity.ERROR,
        acceptable=True,
        fields=("year",),
        sentence="The year is four digits and nothing else.",
        why="Anything else cannot be sorted or counted. A paper that is not out yet has the year of its preprint.",
        passes="@misc{Todd1989,\n  year = {1989}\n}",
        fails="@misc{Todd1989,\n  year = {Winter 1989}\n}",
        value=_shape,
    ),
    Rule(
        name="year-range",
        severity=Severity.ERROR,
        acceptable=True,
        fields=("year",),
        sentence=f"The year is neither before {_FIRST} nor after the next one.",
        why="Such a year is a slip of the keyboard.",
        passes="@misc{Todd1989,\n  year = {1989}\n}",
        fails="@misc{Todd1989,\n  year = {1089}\n}",
        value=_range,
    ),
    Rule(
        name="month",
        severity=Severity.WARNING,
        fields=("month",),
        sentence="The month is a name, its first three letters, or a number from 1 to 12; days and ranges may follow.",
        why="BibTeX's styles print it next to the year.",
        passes="@misc{Pons2016,\n  month = {June 15--17}\n}",
        fails="@misc{Pons2016,\n  month = {13}\n}",
        value=_month,
    ),
)
