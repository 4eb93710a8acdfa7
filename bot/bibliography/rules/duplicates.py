"""What the search for duplicates reports (``bot.bibliography.duplicates``)."""

from bot.bibliography.rules.rule import Rule
from bot.problems import Severity

_BY = "the search for duplicates"

RULES = (
    Rule(
        name="duplicate-identifier",
        severity=Severity.ERROR,
        acceptable=True,
        fields=("doi", "eprint", "url", "link"),
        sentence="No two entries have the same DOI, the same arXiv identifier (in any version) or the same address.",
        why="They are one paper. The published version of a listed preprint changes the entry that is there.",
        passes="@misc{a,\n  doi = {10.1109/ICNN.1988.23933}\n}\n@misc{b,\n  doi = {10.1109/CBMI.2016.7500246}\n}",
        fails="@misc{a,\n  doi = {10.1109/ICNN.1988.23933}\n}\n@misc{b,\n  doi = {10.1109/icnn.1988.23933}\n}",
        found_by=_BY,
    ),
    Rule(
        name="duplicate-title",
        severity=Severity.ERROR,
        acceptable=True,
        fields=("title", "author"),
        sentence="No two entries have the same title and an author in common.",
        why="They are one paper, whatever case, accents and punctuation say.",
        passes="@misc{a,\n  author = {Huang, Allen},\n  title = {Deep learning for music}\n}",
        fails="@misc{a,\n  author = {Huang, Allen},\n  title = {Deep learning for music}\n}\n"
        "@misc{b,\n  author = {Huang, A.},\n  title = {Deep Learning for Music.}\n}",
        found_by=_BY,
    ),
    Rule(
        name="duplicate-near",
        severity=Severity.WARNING,
        fields=("title", "author"),
        sentence="Two entries with an author in common and nearly the same title are two papers.",
        why="They may be one paper with a slip in its title, or a paper and its sequel: only a person can tell.",
        passes="@misc{a,\n  author = {Choi, Keunwoo},\n  title = {Text-based LSTM networks for music composition}\n}",
        fails="@misc{a,\n  author = {Huang, Allen},\n  title = {Deep learning for music}\n}\n"
        "@misc{b,\n  author = {Huang, Allen},\n  title = {Deep learnings for music}\n}",
        found_by=_BY,
    ),
    Rule(
        name="upgrade",
        severity=Severity.HINT,
        sentence="The published version of a listed preprint takes the preprint's place.",
        why="The citation key and what curators wrote stay; all else becomes what the publication says.",
        passes="a form with the published version: nothing more to do",
        fails="an entry of its own for the published version",
        found_by=_BY,
    ),
)
