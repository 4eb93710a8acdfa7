"""Names that are perhaps one: people, tasks, datasets … that are spelled in more than one way across the file."""

from collections.abc import Iterator, Sequence

from bot.bibliography.entry import Entry
from bot.bibliography.folding import fold, fold_title, strip_accents
from bot.bibliography.names import Name, given_names_agree, given_words, read_names
from bot.bibliography.paper import split_values
from bot.bibliography.rules.rule import Found, Rule, quoted
from bot.bibliography.rules.vocabulary import value_name
from bot.config import Config
from bot.problems import Severity

# With how many of its neighbours, sorted, a name is compared: enough for people, and linear for a family of 10,000.
_NEIGHBOURS = 8
_SETTLE = (
    "one spelling for both; or in bot.yml, aliases, {field}: “{one}”: “{other}” if they are one, "
    "“{one}”: “{one}” if they are not"
)


class _Use:
    """One spelling: where it stands first, and how often."""

    __slots__ = ("count", "first")

    def __init__(self, first: int) -> None:
        self.first = first
        self.count = 0


def _people(entries: Sequence[Entry], config: Config) -> Iterator[tuple[int, str, Found]]:
    aliases = config.aliases.get("author", {})
    uses: dict[Name, _Use] = {}
    for index, entry in enumerate(entries):
        for name in read_names(entry.get("author")):
            use = uses.get(name)
            if use is None:
                use = uses[name] = _Use(index)
            use.count += 1
    families: dict[str, list[tuple[tuple[str, ...], str, Name]]] = {}
    for name in uses:
        shown = str(name)
        if not name.is_organisation and name.given and shown not in aliases:
            families.setdefault(fold(name.family), []).append((given_words(name), shown, name))
    for group in families.values():
        group.sort(key=lambda member: member[:2])
        for place, (words, shown, name) in enumerate(group):
            for other_words, other_shown, other in group[place + 1 : place + 1 + _NEIGHBOURS]:
                if words[:1] and other_words[:1] and words[0][0] != other_words[0][0]:
                    break
                if given_names_agree(words, other_words) and strip_accents(shown) != strip_accents(other_shown):
                    yield _hint("author", shown, uses[name], other_shown, uses[other])
                    break


def _values(entries: Sequence[Entry], config: Config) -> Iterator[tuple[int, str, Found]]:
    for field in config.multivalued:
        aliases = config.aliases.get(field, {})
        uses: dict[str, _Use] = {}
        for index, entry in enumerate(entries):
            for part in split_values(entry.get(field)):
                name = value_name(part)
                if name not in aliases:
                    uses.setdefault(name, _Use(index)).count += 1
        spellings: dict[str, list[str]] = {}
        for name in uses:
            spellings.setdefault(fold_title(name).replace(" ", "") or name, []).append(name)
        for group in spellings.values():
            main = max(group, key=lambda name: (uses[name].count, -uses[name].first))
            for name in group:
                if strip_accents(name) != strip_accents(main):
                    yield _hint(field, name, uses[name], main, uses[main])


def _hint(field: str, one: str, use: _Use, other: str, other_use: _Use) -> tuple[int, str, Found]:
    """The hint stands where the rarer spelling does, or of two equals the later one."""
    if (use.count, -use.first) > (other_use.count, -other_use.first):
        one, use, other, other_use = other, other_use, one, use
    message = f"{quoted(one)} looks like {quoted(other)} ({other_use.count} × in the list)"
    return use.first, field, (message, _SETTLE.format(field=field, one=one[:80], other=other[:80]))


RULES = (
    Rule(
        name="lookalike-author",
        severity=Severity.HINT,
        fields=("author",),
        sentence="An author has one spelling throughout the list; bot.yml (aliases) settles who is who.",
        why="Only a curator knows whether “Sturm, Bob” is “Sturm, Bob L.”. The bot does not guess: they count as two.",
        passes="@misc{a,\n  author = {Sturm, Bob L.}\n}\n@misc{b,\n  author = {Sturm, Bob L. and Sturm, Eva}\n}",
        fails="@misc{a,\n  author = {Sturm, Bob}\n}\n@misc{b,\n  author = {Sturm, Bob L.}\n}",
        entries=_people,
    ),
    Rule(
        name="lookalike-value",
        severity=Severity.HINT,
        fields=("every field of several values",),
        sentence="A task, a dataset or the like has one spelling in the list; bot.yml (aliases) settles which.",
        why="Spellings that differ only in case or punctuation are counted as two.",
        passes="@misc{a,\n  task = {Onset detection}\n}\n@misc{b,\n  task = {Onset detection & MGR}\n}",
        fails="@misc{a,\n  task = {Onset detection}\n}\n@misc{b,\n  task = {Onset-Detection}\n}",
        entries=_values,
    ),
)
