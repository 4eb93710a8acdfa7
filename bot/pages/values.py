"""What a paper has in one of its fields: one value or several, each perhaps a Markdown link."""

import msgspec

from bot.bibliography.paper import Paper
from bot.escape import link


class Value(msgspec.Struct, frozen=True):
    """A value's name, and the address that it links to; empty where it has none."""

    name: str
    url: str = ""

    def markdown(self) -> str:
        """The name, linked where it has an http(s) address."""
        return link(self.name, self.url)


def values(paper: Paper, field: str) -> list[Value]:
    """The paper's values of a field, in their order; ``author`` gives the names as ``Family, Given``."""
    texts = paper.values.get(field)
    if texts is None:
        texts = (paper.fields.get(field, ""),)
    return [_value(text) for text in texts if text]


def _value(text: str) -> Value:
    """``[Name](address)`` as its two parts; any other text is a name."""
    if text.startswith("[") and text.endswith(")"):
        name, bracket, url = text[1:-1].partition("](")
        if bracket and name.strip():
            return Value(name.strip(), url.strip())
    return Value(text)
