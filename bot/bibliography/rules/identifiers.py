"""DOI, arXiv identifier, ISBN and ISSN."""

from collections.abc import Iterator

from bot.bibliography.entry import Entry
from bot.bibliography.identifiers import arxiv, doi, doi_in_url, isbn_fault, issn_fault
from bot.bibliography.rules.rule import Context, Found, Rule, mended, quoted
from bot.problems import Severity

_ARXIV_PREFIXES = frozenset({"arxiv", "arxiv e-prints", "corr"})


def _doi(value: str, context: Context) -> Found | None:
    del context
    if doi(value) or doi_in_url(value):
        return None
    return f"{quoted(value)} is no DOI", "10., a number, a slash and the rest: doi = {10.1109/ICASSP.2014.6854950}"


def _doi_bare(value: str, context: Context) -> Found | None:
    del context
    if value.startswith("10.") and value.isascii():
        return None
    found = doi(value) or doi_in_url(value)
    if found is None or value.lower() == found:
        return None
    return f"{quoted(value)} is an address or has a label", mended(f"doi = {{{found}}}", "the DOI alone")


def _eprint(entry: Entry, context: Context) -> Iterator[tuple[str, Found]]:
    del context
    value, prefix = entry.get("eprint"), entry.get("archiveprefix").strip().lower()
    if not value or (prefix and prefix not in _ARXIV_PREFIXES):
        return
    if arxiv(value) is None and (prefix or _looks_like_arxiv(value)):
        yield (
            "eprint",
            (
                f"{quoted(value)} is no arXiv identifier",
                "year, month and number: eprint = {1706.08818}, or {cs/0309136}",
            ),
        )


def _looks_like_arxiv(value: str) -> bool:
    return "arxiv" in value.lower() or value.replace(".", "").isdecimal()


def _eprint_bare(entry: Entry, context: Context) -> Iterator[tuple[str, Found]]:
    del context
    value = entry.get("eprint")
    found = arxiv(value) if value else None
    if found is None:
        return
    if any(mark in value.lower() for mark in (":", "arxiv", "[", "abs/")):
        version = f"v{found.version}" if found.version else ""
        yield "eprint", (f"{quoted(value)} is an address or has a label", f"eprint = {{{found.id}{version}}}")
    if not entry.get("archiveprefix").strip():
        yield "eprint", (f"{quoted(value)} does not say that it is arXiv's", "archiveprefix = {arXiv} next to it")


def _isbn(value: str, context: Context) -> Found | None:
    del context
    fault = isbn_fault(value)
    return (fault, "the number as it stands on the book; several joined by a comma and a blank") if fault else None


def _issn(value: str, context: Context) -> Found | None:
    del context
    fault = issn_fault(value)
    return (
        (fault, "the number as the journal gives it: issn = {0148-9267}; several joined by a comma and a blank")
        if fault
        else None
    )


RULES = (
    Rule(
        name="doi",
        severity=Severity.ERROR,
        acceptable=True,
        fields=("doi",),
        sentence="A DOI is “10.”, a number, a slash and the rest.",
        why="It leads to the paper, and it is how duplicates are found.",
        passes="@misc{Lewis1988,\n  doi = {10.1109/ICNN.1988.23933}\n}",
        fails="@misc{Lewis1988,\n  doi = {ICNN.1988.23933}\n}",
        value=_doi,
    ),
    Rule(
        name="doi-bare",
        severity=Severity.WARNING,
        fields=("doi",),
        sentence="A DOI stands alone, without doi.org or “doi:” before it.",
        why="Styles and programs put the address before it themselves.",
        passes="@misc{Lewis1988,\n  doi = {10.1109/ICNN.1988.23933}\n}",
        fails="@misc{Lewis1988,\n  doi = {https://doi.org/10.1109/ICNN.1988.23933}\n}",
        value=_doi_bare,
    ),
    Rule(
        name="eprint",
        severity=Severity.ERROR,
        acceptable=True,
        fields=("eprint", "archiveprefix"),
        sentence="With archiveprefix arXiv, eprint is an identifier of arXiv's shape.",
        why="Year, month and the number of digits follow from each other since 1991, so a slip can be seen.",
        passes="@misc{Bammer2017,\n  eprint = {1706.08818},\n  archiveprefix = {arXiv}\n}",
        fails="@misc{Bammer2017,\n  eprint = {1713.08818},\n  archiveprefix = {arXiv}\n}",
        entry=_eprint,
    ),
    Rule(
        name="eprint-bare",
        severity=Severity.WARNING,
        fields=("eprint", "archiveprefix"),
        sentence="The arXiv identifier stands alone in eprint, and archiveprefix says arXiv.",
        why="This is what arXiv's own BibTeX looks like, and styles put the address together from both.",
        passes="@misc{Bammer2017,\n  eprint = {1706.08818},\n  archiveprefix = {arXiv}\n}",
        fails="@misc{Bammer2017,\n  eprint = {arXiv:1706.08818},\n  archiveprefix = {arXiv}\n}",
        entry=_eprint_bare,
    ),
    Rule(
        name="isbn",
        severity=Severity.ERROR,
        acceptable=True,
        fields=("isbn",),
        sentence="An ISBN has 10 or 13 digits, and the last one fits the others. Several are joined by “, ”.",
        why="The check digit shows every slip of a single digit.",
        passes="@misc{Pons2016,\n  isbn = {978-1-4673-8695-1}\n}",
        fails="@misc{Pons2016,\n  isbn = {978-1-4673-8695-7}\n}",
        value=_isbn,
    ),
    Rule(
        name="issn",
        severity=Severity.ERROR,
        acceptable=True,
        fields=("issn",),
        sentence="An ISSN has 8 digits, and the last one fits the others. Several are joined by “, ”.",
        why="The check digit shows every slip of a single digit.",
        passes="@misc{Todd1989,\n  issn = {0148-9267, 1531-5169}\n}",
        fails="@misc{Todd1989,\n  issn = {0148-9268}\n}",
        value=_issn,
    ),
)
