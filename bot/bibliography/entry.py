"""An entry as a value, and the one style in which the bot writes a new one."""

import msgspec


class Entry(msgspec.Struct, frozen=True, gc=False):
    """An entry as BibTeX means it: what forms and imports make, and what reading a block yields.

    ``type`` and the field names are lower case (BibTeX ignores their case); ``fields`` keeps the order of the
    file. A value is what BibTeX hands to a style: delimiters gone, ``@string`` and ``#`` resolved, each run of
    blanks one space. LaTeX in it is not decoded; see ``latex.to_text``.
    """

    type: str
    key: str
    fields: dict[str, str]

    def get(self, field: str) -> str:
        """The field's value, or the empty string."""
        return self.fields.get(field, "")


def in_order(fields: dict[str, str], order: tuple[str, ...]) -> dict[str, str]:
    """The fields that have a value, sorted by ``order``; fields that it does not name follow as they stand."""
    rank = {name: position for position, name in enumerate(order)}
    names = sorted((name for name in fields if fields[name]), key=lambda name: rank.get(name, len(rank)))
    return {name: fields[name] for name in names}


def to_bibtex(entry: Entry, order: tuple[str, ...]) -> str:
    """The entry in the list's style: two spaces, one field a line, braces, fields in ``order``; no final newline.

    The values must have balanced braces (rule ``braces``), which is all that BibTeX asks of a braced value.
    """
    lines = [f"@{entry.type}{{{entry.key},"]
    lines += [f"  {name} = {{{value}}}," for name, value in in_order(entry.fields, order).items()]
    return "\n".join([*lines, "}"])
