"""Links that open a form with answers already in it."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from bot.forms.template import Template

LONGEST = 6_000
"""How many characters a link may have: beyond about 8,000 GitHub answers with an error instead of the form."""

# What GitHub means by these parameters is the issue itself, not an element of the form.
_OF_GITHUB = frozenset({"title", "body", "type", "labels", "assignees", "milestone", "projects", "template"})


def prefilled_link(repository: str, template: Template, answers: Mapping[str, str]) -> str:
    """The address that opens a form of ``repository`` (``owner/name``) with these answers by element id.

    Inputs and text areas are filled in only: of a drop-down in the address GitHub makes a blank editor. As long as the
    link is longer than ``LONGEST``, it loses its longest value.
    """
    fillable = {element.id for element in template.elements if element.type in ("input", "textarea")} - _OF_GITHUB
    parameters = {"template": template.file.rpartition("/")[2]}
    parameters |= {id_: answer for id_, answer in answers.items() if id_ in fillable and answer}
    lengths = {id_: len(quote(answer, safe="")) for id_, answer in parameters.items() if id_ != "template"}
    while len(link := _link(repository, parameters)) > LONGEST and lengths:
        longest = max(lengths, key=lambda id_: lengths[id_])
        del lengths[longest], parameters[longest]
    return link


def _link(repository: str, parameters: Mapping[str, str]) -> str:
    return f"https://github.com/{repository}/issues/new?{urlencode(parameters, quote_via=quote, safe='')}"
