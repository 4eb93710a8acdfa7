"""The keys of the sources that have any: optional secrets, from the environment, never shown."""

from collections.abc import Mapping

from bot.metadata.sources import openalex, semanticscholar

KEYED = tuple(source for source in (openalex.SOURCE, semanticscholar.SOURCE) if source.key)
"""The sources that take a key."""


def read_keys(environment: Mapping[str, str]) -> dict[str, str]:
    """The keys that are set, by variable; one that no header could hold is as good as none."""
    values = {source.key.variable: environment.get(source.key.variable, "").strip() for source in KEYED if source.key}
    return {name: value for name, value in values.items() if value and value.isascii() and value.isprintable()}
