"""Page ranges."""

import re

from bot.bibliography.latex import to_text
from bot.bibliography.rules.rule import Context, Found, Rule, mended, quoted
from bot.problems import Severity

# A page as journals number them: 12, e1003, L12, 12:3, S-4, xii, 255+.
_PAGE = r"[A-Za-z]{0,3}[.:-]?[0-9]++(?:[:.][0-9]++)*+[A-Za-z]?\+?|[ivxlcdmIVXLCDM]++"
_PAGES = rf"(?:{_PAGE})(?: ?--? ?(?:{_PAGE}))?(?:, ?(?:{_PAGE})(?: ?--? ?(?:{_PAGE}))?)*+"
_RANGE = r"(?<![0-9A-Za-z:.])([0-9]{1,9}) ?--? ?([0-9]{1,9})(?![0-9A-Za-z:.])"
_DASH = r" ?(?:-{3,}+|[‐‑‒–—―−]|\\textendash(?:\{\}|\b)) ?"


def _dash(value: str, context: Context) -> Found | None:
    del context
    if (value.isascii() and "---" not in value and "\\" not in value) or not re.search(_DASH, value):
        return None
    return f"{quoted(value)} has a dash that BibTeX's styles do not know", mended(
        f"pages = {{{re.sub(_DASH, '--', value)}}}", "--"
    )


def _order(value: str, context: Context) -> Found | None:
    del context
    for match in re.finditer(_RANGE, re.sub(_DASH, "--", value)):
        first, last = match[1], match[2]
        if int(first) > int(last):
            whole = first[: -len(last)] + last
            if len(last) < len(first) and int(whole) > int(first):
                return f"{quoted(match[0])} has its last page shortened", f"pages = {{{first}--{whole}}}"
            fix = f"the first page first: pages = {{{last}--{first}}}, if these are the pages"
            return f"{quoted(match[0])} ends before it begins", fix
    return None


def _shape(value: str, context: Context) -> Found | None:
    del context
    text = re.sub(_DASH, "--", value).strip()
    if re.fullmatch(_PAGES, text[:200]):
        return None
    numbers = re.findall(r"[0-9]{1,9}", to_text(value)[:100])
    fix = "pages = {12--15}, or one page or article number"
    if len(numbers) in (1, 2) and re.match(r"(?:pages?|pp?\.?)[ ~]", value, re.IGNORECASE):
        fix = f"pages = {{{'--'.join(numbers)}}}"
    return f"{quoted(value)} is no range of pages", fix


RULES = (
    Rule(
        name="pages-dash",
        severity=Severity.WARNING,
        fields=("pages",),
        sentence="Pages are joined by one or two hyphens.",
        why="BibTeX's styles make a dash of them; a dash that is one already is taken for a letter.",
        passes="@misc{Todd1989,\n  pages = {27--43}\n}",
        fails="@misc{Todd1989,\n  pages = {27–43}\n}",
        value=_dash,
    ),
    Rule(
        name="pages-order",
        severity=Severity.WARNING,
        fields=("pages",),
        sentence="The first page is not after the last one.",
        why="One of the two numbers is a slip, or the two have changed places.",
        passes="@misc{Todd1989,\n  pages = {27--43}\n}",
        fails="@misc{Todd1989,\n  pages = {43--27}\n}",
        value=_order,
    ),
    Rule(
        name="pages-shape",
        severity=Severity.WARNING,
        fields=("pages",),
        sentence="Pages are numbers, also with letters (“e12”, “xii”), ranges of them, or several joined by “, ”.",
        why="Styles put “pp.” before them.",
        passes="@misc{Todd1989,\n  pages = {27--43, 51}\n}",
        fails="@misc{Todd1989,\n  pages = {pp. 27 to 43}\n}",
        value=_shape,
    ),
)
