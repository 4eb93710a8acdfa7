"""Addresses."""

import re
from collections.abc import Iterator

from bot.bibliography.entry import Entry
from bot.bibliography.identifiers import doi_in_url, web_address
from bot.bibliography.rules.rule import Context, Found, Rule, mended, quoted
from bot.problems import Severity

_MARKDOWN_LINK = r"\[[^\[\]]*+\]\(([^()\s]*+)\)"
# Not the paper's own address, so a DOI in it is not the paper's.
_CODE = "code"


def _link(entry: Entry, context: Context) -> Iterator[tuple[str, Found]]:
    for field in context.config.addresses:
        value = entry.get(field)
        if value and web_address(value) is None:
            address = f"https://{value}"
            fix = "an address that begins with https:// or http://"
            if "://" not in value and web_address(address) and "." in value:
                fix = mended(f"{field} = {{{address}}}", fix)
            yield field, (f"{quoted(value)} is no web address", fix)


def _doi_in_link(entry: Entry, context: Context) -> Iterator[tuple[str, Found]]:
    if entry.get("doi"):
        return
    for field in context.config.addresses:
        found = doi_in_url(entry.get(field)) if field != _CODE else None
        if found and not found.startswith("10.48550/"):  # arXiv's own, which eprint says better
            yield (
                field,
                (
                    f"{quoted(entry.get(field))} holds a DOI",
                    mended(f"doi = {{{found}}} besides", "the DOI in the field doi"),
                ),
            )
            return


def _markdown_link(entry: Entry, context: Context) -> Iterator[tuple[str, Found]]:
    for field in context.config.multivalued:
        value = entry.get(field)
        for match in re.finditer(_MARKDOWN_LINK, value) if "](" in value else ():
            if web_address(match[1]) is None:
                yield field, (f"{quoted(match[0])} links to no web address", "[Name](https://…), or the name alone")
                break


RULES = (
    Rule(
        name="link",
        severity=Severity.ERROR,
        acceptable=True,
        fields=("every address",),
        sentence="An address begins with http:// or https://, names a host, and holds no blank and no user name.",
        why="Readers follow it from the list's pages, where any other address would be dead or dangerous.",
        passes="@misc{Valin2017,\n  link = {https://arxiv.org/abs/1709.08243}\n}",
        fails="@misc{Valin2017,\n  link = {arxiv.org/abs/1709.08243}\n}",
        entry=_link,
    ),
    Rule(
        name="link-doi",
        severity=Severity.HINT,
        fields=("every address",),
        sentence="A DOI that stands in an address stands in the field doi too.",
        why="It outlives the address, and it is how duplicates and published versions are found.",
        passes="@misc{Lewis1988,\n  link = {https://doi.org/10.1000/182},\n  doi = {10.1000/182}\n}",
        fails="@misc{Lewis1988,\n  link = {https://doi.org/10.1000/182}\n}",
        entry=_doi_in_link,
    ),
    Rule(
        name="link-markdown",
        severity=Severity.WARNING,
        fields=("every field of several values",),
        sentence="A Markdown link in a field of the list leads to an http or https address.",
        why="It is shown as a link on the list's pages.",
        passes="@misc{Durand2015,\n  dataset = {[Ballroom](https://mtg.upf.edu/ismir2004/contest/)}\n}",
        fails="@misc{Durand2015,\n  dataset = {[Ballroom](mtg.upf.edu)}\n}",
        entry=_markdown_link,
    ),
)
