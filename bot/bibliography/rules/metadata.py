"""What is reported where a form and the scholarly sources say different things, or the sources say nothing."""

from bot.bibliography.rules.rule import Rule
from bot.problems import Severity

_BY = "the look-up at scholarly sources"

RULES = (
    Rule(
        name="metadata-unavailable",
        severity=Severity.ERROR,
        sentence="A form with nothing but an identifier can be used when the sources that know the paper can be asked.",
        why=(
            "A source that is down is no reason to send anybody away: the bot asks again within a day, and there is "
            "nothing to do. With title, authors and year next to the identifier it goes on at once, and this is a "
            "warning only."
        ),
        passes="an identifier while its source answers; or an identifier, title, authors and year",
        fails="an identifier alone, while its source is down",
        found_by=_BY,
    ),
    Rule(
        name="metadata-unknown",
        severity=Severity.ERROR,
        sentence="The identifier of a form is one that a source knows, where nothing else is given.",
        why="A digit is soon mistyped, and nothing can be filled in for a paper that nobody knows.",
        passes="1606.00298",
        fails="1606.99999",
        found_by=_BY,
    ),
    Rule(
        name="metadata-differs",
        severity=Severity.WARNING,
        sentence="What a form says about a paper is what the sources say.",
        why="The form counts, since sources err too; but a difference is worth a look, so both are shown.",
        passes="the year 2016, and 2016 at Crossref",
        fails="the year 2015, and 2016 at Crossref",
        found_by=_BY,
    ),
    Rule(
        name="metadata-published",
        severity=Severity.HINT,
        sentence="A paper that has been published is filed as that.",
        why="Readers cite the published version. Which of the two a list names is its people's choice.",
        passes="the paper as its journal has it, with the arXiv identifier in eprint",
        fails="an arXiv preprint of which arXiv names the published version",
        found_by=_BY,
    ),
    Rule(
        name="metadata-retracted",
        severity=Severity.WARNING,
        sentence="A paper has not been retracted or withdrawn.",
        why="Its registry or arXiv says that it was; a list may have its reasons to name it all the same.",
        passes="a paper that stands",
        fails="a paper of which Crossref has a notice of retraction",
        found_by=_BY,
    ),
)
