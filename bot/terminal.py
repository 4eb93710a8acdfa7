"""A proposal on a terminal: the comment laid out, the diff in colours. Loaded only where there is one."""

from rich.console import Console
from rich.markdown import Markdown
from rich.rule import Rule
from rich.syntax import Syntax

from bot.escape import terminal
from bot.jobs.proposal import Proposal


def show_proposal(proposal: Proposal, comment: str, console: Console) -> None:
    """Print what ``report.proposal_text`` writes, for eyes instead of pipes."""
    if proposal.ok:
        _heading(console, "Pull request")
        console.print(f"{terminal(proposal.title)}\n{terminal(proposal.branch)}", markup=False, highlight=False)
    _heading(console, "Comment on the issue")
    console.print(Markdown(terminal(comment, lines=True)))
    if proposal.ok:
        _heading(console, "Change of the bibliography")
        console.print(Syntax(terminal(proposal.diff, lines=True), "diff", background_color="default", word_wrap=True))
    if proposal.ok and proposal.entries:
        _heading(console, "Row in the README")
        console.print("\n".join(terminal(one.row) for one in proposal.entries), markup=False, highlight=False)


def _heading(console: Console, text: str) -> None:
    console.print(Rule(text, align="left", style="bold"))
