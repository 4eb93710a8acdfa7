"""What people read on GitHub: the one comment on an issue, and the text of its pull request.

All of it is decided elsewhere; here are the words, and each value passes the function of ``bot.escape`` for its place.
"""

from collections.abc import Iterable, Sequence

from bot.bibliography.blocks import Bibliography, LocatedEntry
from bot.bibliography.paper import read_paper
from bot.bibliography.rules import can_be_accepted
from bot.config import Config
from bot.escape import clipped, code_span, link_destination, markdown, without_backlinks
from bot.github.commands import COMMANDS
from bot.github.model import Issue, Pull
from bot.jobs.comment import comment, problem_list, shown
from bot.jobs.memory import Memory, Order
from bot.jobs.offers import Offer
from bot.jobs.proposal import Proposal, Proposed
from bot.pages.rows import heading, row
from bot.problems import counted_problems, errors

SERVER = "https://github.com"

PROPOSED = "**Proposed in {pull}.** A maintainer reads and merges it; edit the first post here to change it."
STAYS = "{pull} stays open meanwhile, its check is red, and nothing of it is thrown away."
NOT_ALLOWED = (
    "**The branch is ready**, but workflows may not open pull requests in this repository. A maintainer can [open it "
    "by hand]({compare}), or tick *Allow GitHub Actions to create and approve pull requests* under Settings → Actions "
    "→ General → Workflow permissions and comment `/bot retry` here."
)
_MERGED = "Thank you{author}! This is merged ({pull}) and stands in [the list]({page}) now:"
_REMOVED = "Thank you{author}! This is merged ({pull}); the entry is no longer in [the list]({page})."
_DECLINED = (
    "Thank you{author}. A maintainer decided against this proposal and closed {pull}; where no reason is given there, "
    "please ask. It is not proposed again, unless a maintainer reopens {pull} or this issue, takes the label `{label}` "
    "off or comments `/bot retry`."
)
_CLOSED = "This issue is closed, so nothing is proposed. Reopen it, and the proposal is made again."
_RIVAL = (
    "Thank you{author}! #{issue} was filed earlier and proposes the same paper (see #{pull}), so this one waits. If "
    "that is not merged, this is taken up within a day. If yours is a different paper, please say so here, and a "
    "maintainer can let it through."
)
_MANY = (
    "Thank you{author}! You have {count} open proposals, which is as many as the maintainers read at a time. This one "
    "is taken up within a day after one of them is merged or closed; there is nothing for you to do."
)
_PEOPLE_WIN = (
    "Somebody changed {keys} on the branch of the pull request. That version stays, and what the form says about it is "
    "not used."
)
_RENAMED = "The citation key {old} was taken meanwhile, so this paper has the key {new} now."
_ON_THE_BRANCH = (
    "The form is fine, but what is on the branch of the pull request cannot be merged as it is. Whoever may write to "
    "the repository can mend it there:"
)

_COMMANDS = "Commands:"
_ACCEPTED = "{login} accepted {what}."
_NO_SUCH_RULE = "{login} wanted to accept {what}, which is no rule."
_NOT_ACCEPTABLE = "{login} wanted to accept {what}: nobody can, since there would be nothing to write or to read."
_KEY = "{login} chose the citation key {what}."
_KEY_REFUSED = "{login} wanted the citation key {what}, which cannot be: {why}."
_RETRY = "{login} asked to try again, and that was done."
_IGNORE = "{login} asked to ignore {what}; that is for the issue that reports on links."
_UNKNOWN = "{login} wrote {what}, which is no command; there are {commands}."
_NOT_THEIRS = "{login}, thank you. Commands are for people with write permission here, so yours did nothing."

_CLOSES = "Closes #{issue}, filed by {author}."
_ROW = "As readers will see it:"
_CHANGES = "What changes in **{key}**:"
_GOES = "The entry **{key}** goes. Why: {reason}"
_PROBLEMS = "What the bot found: {counts}. The check *Bibliography* and the issue tell them."
_HOW = (
    "This follows the first post of the issue. Commits to this branch are kept, and where they change the same entry, "
    "they count."
)
_NAMES = 10
_ENTRIES = 20

WITHDRAWN = "Issue #{issue} was closed, so this proposal is withdrawn. Reopening the issue brings it back."
SAME_PAPER = "Issue #{issue} was filed earlier and proposes the same paper, so this one waits."
SECOND = "There is another pull request for the same issue, #{pull}, and it was there first."
TOO_MANY = (
    "The author of issue #{issue} has as many proposals open as the maintainers read at a time, so this waits. Nothing "
    "is lost."
)


def proposal_comment(
    proposal: Proposal, config: Config, issue: Issue, *, was_key: str = "", overruled: Sequence[str] = ()
) -> str:
    """What the comment says of a proposal, or of what is wrong with it.

    ``was_key`` is the key that the paper had before, ``overruled`` are the keys of entries that people changed.
    """
    notes = []
    if overruled:
        notes.append(_PEOPLE_WIN.format(keys=_listed(overruled)))
    if was_key and proposal.entries:
        notes.append(_RENAMED.format(old=code_span(was_key), new=code_span(proposal.entries[0].entry.key)))
    return _joined([*notes, comment(proposal, config, issue.author.login)])


def branch_comment(proposal: Proposal, config: Config, *, overruled: Sequence[str] = ()) -> str:
    """What the comment says where the form is fine, but what is on the branch is not."""
    notes = [_PEOPLE_WIN.format(keys=_listed(overruled))] if overruled else []
    return _joined([*notes, _ON_THE_BRANCH, problem_list(errors(proposal.problems), config), shown(proposal, config)])


def merged_comment(pull: Pull, offer: Offer | None, data: bytes | None, config: Config, issue: Issue) -> str:
    """Where the paper stands now; ``data`` is the bibliography as the merge left it."""
    page = link_destination(f"{SERVER}/{config.repository}/blob/{config.branch}/{config.pages.readme.file}")
    values = {"author": _author(issue), "pull": f"#{pull.number}", "page": page}
    wanted = [paper.key for paper in offer.papers] + list(offer.listed) if offer else []
    located = {entry.key.lower(): entry for entry in Bibliography.parse(data or b"").entries}
    standing = [located[key.lower()] for key in wanted if key.lower() in located]
    if wanted and not standing:
        return _REMOVED.format(**values)
    rows = [row(read_paper(entry.entry, config), config) for entry in standing]
    places = [_place(entry, pull, config) for entry in standing]
    table = without_backlinks("\n".join([heading(config), *rows])) if rows else ""
    return _joined([_MERGED.format(**values), table, "\n".join(places)])


def declined_comment(pull: Pull, label: str, issue: Issue) -> str:
    """That a person decided against the proposal."""
    return _DECLINED.format(author=_author(issue), pull=f"#{pull.number}", label=label)


def closed_comment() -> str:
    """That nothing is proposed for a closed issue."""
    return _CLOSED


def rival_comment(earlier: Offer, issue: Issue) -> str:
    """That an earlier issue proposes the same paper."""
    return _RIVAL.format(author=_author(issue), issue=earlier.issue, pull=earlier.pull)


def many_comment(count: int, issue: Issue) -> str:
    """That the author has enough proposals open."""
    return _MANY.format(author=_author(issue), count=count)


def orders_text(memory: Memory, key_refused: str) -> str:
    """What was made of each command, a line each; empty where there was none.

    ``key_refused`` is why the key that was chosen last is not taken; empty where it is.
    """
    chosen = [order for order in memory.orders if order.obeyed and order.name == "key"]
    lines = (_order(order, key_refused if order in chosen[-1:] else "") for order in memory.orders)
    shown_once = dict.fromkeys(f"- {line}" for line in lines)
    return _joined([_COMMANDS, "\n".join(shown_once)]) if memory.orders else ""


def pull_text(proposal: Proposal, config: Config, issue: Issue) -> str:
    """The text of the pull request, but for its hidden line.

    GitHub makes it the message of a commit where pull requests are squashed: nothing stands in it as code, which would
    act there.
    """
    counts = counted_problems(proposal.problems)
    parts = [_CLOSES.format(issue=issue.number, author=markdown(issue.author.login))]
    if proposal.entries:
        some = proposal.entries[:_ENTRIES]
        parts += [_ROW, "\n".join([heading(config), *(one.row for one in some)])]
        parts += [_changes(one) for one in some if one.changes is not None]
    if removed := proposal.removed:
        parts += [_GOES.format(key=markdown(removed.key), reason=markdown(proposal.reason))]
        parts += [_table(("field", "value"), (("type", removed.type), *removed.fields.items()))]
    return clipped(without_backlinks(_joined([*parts, _PROBLEMS.format(counts=counts) if counts else "", _HOW])))


def _changes(one: Proposed) -> str:
    changes = [(change.field, change.old, change.new) for change in one.changes or ()]
    return _joined([_CHANGES.format(key=markdown(one.entry.key)), _table(("field", "now", "then"), changes)])


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *([markdown(cell) for cell in line] for line in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def compare_address(config: Config, branch: str) -> str:
    """Where a person opens a pull request of the branch by hand."""
    return link_destination(f"{SERVER}/{config.repository}/compare/{config.branch}...{branch}?expand=1")


def _place(entry: LocatedEntry, pull: Pull, config: Config) -> str:
    file = f"{SERVER}/{config.repository}/blob/{pull.merge_commit_sha or config.branch}/{config.bibliography}"
    where = f"{markdown(config.bibliography)}, line {entry.line}"
    return f"- {code_span(entry.key)}: [{where}]({link_destination(file)}#L{entry.line})"


def _order(order: Order, refused: str) -> str:
    login, what = markdown(order.login), code_span(order.argument) if order.argument else ""
    if not order.obeyed:
        return _NOT_THEIRS.format(login=login)
    if order.name == "accept":
        acceptable = can_be_accepted(order.argument)
        template = _NO_SUCH_RULE if acceptable is None else _ACCEPTED if acceptable else _NOT_ACCEPTABLE
        return template.format(login=login, what=what)
    if order.name == "key":
        return (_KEY_REFUSED if refused else _KEY).format(login=login, what=what, why=markdown(refused))
    if order.name == "retry":
        return _RETRY.format(login=login)
    if order.name == "ignore":
        return _IGNORE.format(login=login, what=what)
    commands = ", ".join(code_span(f"/bot {name} {argument}".strip()) for name, argument in COMMANDS.items())
    return _UNKNOWN.format(login=login, what=what, commands=commands)


def _author(issue: Issue) -> str:
    return f", {markdown(issue.author.login)}"


def _listed(names: Sequence[str]) -> str:
    some = [code_span(name) for name in names[:_NAMES]]
    more = len(names) - len(some)
    return ", ".join(some) + (f" and {more} more" if more > 0 else "")


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part.strip() for part in parts if part.strip())
