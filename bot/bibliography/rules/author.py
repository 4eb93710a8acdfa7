"""Who wrote it: names as BibTeX reads them."""

from collections.abc import Iterator
from functools import lru_cache

from bot.bibliography.entry import Entry
from bot.bibliography.folding import strip_accents
from bot.bibliography.names import NameFault, name_faults, read_names
from bot.bibliography.rules.rule import NAMES, Context, Found, Rule, ValueCheck, mended, quoted
from bot.problems import Severity

# BibTeX asks for one of both (btxdoc.pdf, section 3.1), or for the editor alone.
_EDITED = frozenset({"book", "inbook", "proceedings", "collection"})
_LIST = "Family, Given and Family, Given"
_KINDS = {
    "and": ("the name before or after an “and” at the end is missing", f"“and” only between two names: {_LIST}"),
    "empty": ("name {position} of the list is empty or has no family name: {found}", f"each name whole: {_LIST}"),
    "commas": ("name {position} has more than two commas: {found}", f"names joined by “and”: {_LIST}"),
    "trailing-comma": ("name {position} ends with a comma: {found}", "the given name after the comma, or no comma"),
    "braces": ("the braces of name {position} do not balance: {found}", "each { with its }"),
    "long": ("name {position} has {length} characters: {found}", f"names joined by “and”: {_LIST}"),
    "et-al": ("name {position} says et al.: {found}", "all names, or “and others” at the end"),
    "mail": ("name {position} holds a mail address: {found}", "the name alone"),
    "digits": ("name {position} holds digits: {found}", "the name without the mark of a footnote"),
    "joined": ("name {position} seems to be two people: {found}", "“and” between names; an organisation in braces"),
}


def _missing(entry: Entry, context: Context) -> Iterator[tuple[str, Found]]:
    del context
    if not entry.get("author").strip() and not (entry.type in _EDITED and entry.get("editor").strip()):
        yield "author", ("the author is missing", "author = {Family, Given and Family, Given}")


def _faults(*kinds: str) -> ValueCheck:
    def check(value: str, context: Context) -> Found | None:
        del context
        faults = _faults_of(value)
        return _found(value, [fault for fault in faults if fault.kind in kinds]) if faults else None

    return check


# Several rules ask about the same value, one after the other.
_faults_of = lru_cache(maxsize=4)(name_faults)


def _found(value: str, faults: list[NameFault]) -> Found | None:
    """The first fault; what would pass is the whole value where that can be told."""
    if not faults:
        return None
    first = faults[0]
    message, fix = _KINDS[first.kind]
    message = message.format(position=first.position, found=quoted(first.found), length=len(first.found))
    if len(faults) > 1:
        message += f" (and {len(faults) - 1} more like it)"
    elif first.fix and value.count(first.found) == 1:
        fix = mended(value.replace(first.found, first.fix), fix)
    return message, fix


def _twice(value: str, context: Context) -> Found | None:
    del context
    seen = set()
    for name in read_names(value):
        identity = strip_accents(str(name))
        if identity in seen:
            return f"{quoted(str(name))} stands in the list twice", "each name once"
        seen.add(identity)
    return None


RULES = (
    Rule(
        name="author-missing",
        severity=Severity.ERROR,
        acceptable=True,
        fields=NAMES,
        sentence="An entry has an author; a book or proceedings may have an editor instead.",
        why="The list is read by author, and the citation key is made of the first author's family name.",
        passes="@misc{Todd1989,\n  author = {Todd, Peter M.}\n}",
        fails="@misc{Todd1989,\n  title = {A connectionist approach to algorithmic composition}\n}",
        entry=_missing,
    ),
    Rule(
        name="author-names",
        severity=Severity.ERROR,
        acceptable=True,
        fields=NAMES,
        sentence="Names are joined by “and”, and each is “Family, Given”, “Family, Jr, Given” or “Given Family”.",
        why="BibTeX reads names this way; it reads anything else as a name that nobody has.",
        passes="@misc{Bock2012,\n  author = {Böck, Sebastian and Schedl, Markus and {Google Brain}}\n}",
        fails="@misc{Bock2012,\n  author = {Böck, Sebastian, Schedl, Markus and}\n}",
        value=_faults("and", "empty", "commas", "trailing-comma", "braces", "long"),
    ),
    Rule(
        name="author-et-al",
        severity=Severity.ERROR,
        acceptable=True,
        fields=NAMES,
        sentence="The list of names does not say “et al.”.",
        why="It would become an author of that name. The list names all; BibTeX's own word for more is “and others”.",
        passes="@misc{Bock2012,\n  author = {Böck, Sebastian and others}\n}",
        fails="@misc{Bock2012,\n  author = {Böck, Sebastian et al.}\n}",
        value=_faults("et-al"),
    ),
    Rule(
        name="author-joined",
        severity=Severity.WARNING,
        fields=NAMES,
        sentence="Two people are joined by “and”, not by “&” or a comma.",
        why="BibTeX knows only “and”; everything up to it is one person.",
        passes="@misc{Bock2012,\n  author = {Böck, Sebastian and Schedl, Markus}\n}",
        fails="@misc{Bock2012,\n  author = {Böck, Sebastian & Schedl, Markus}\n}",
        value=_faults("joined"),
    ),
    Rule(
        name="author-clean",
        severity=Severity.WARNING,
        fields=NAMES,
        sentence="A name holds no mail address, no digits and no mark of a footnote.",
        why="They come along when a title page is copied, and make another person of the author.",
        passes="@misc{Bock2012,\n  author = {Böck, Sebastian}\n}",
        fails="@misc{Bock2012,\n  author = {Böck1, Sebastian}\n}",
        value=_faults("mail", "digits"),
    ),
    Rule(
        name="author-twice",
        severity=Severity.WARNING,
        fields=NAMES,
        sentence="No name stands in the list twice.",
        why="Publishers' exports sometimes repeat the whole list.",
        passes="@misc{Han2017,\n  author = {Han, Yoonchang and Kim, Jaehun}\n}",
        fails="@misc{Han2017,\n  author = {Han, Yoonchang and Kim, Jaehun and Han, Yoonchang}\n}",
        value=_twice,
    ),
)
