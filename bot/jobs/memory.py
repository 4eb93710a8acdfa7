"""What the bot remembers of an issue, in a hidden line of its one comment there."""

from collections.abc import Iterable, Sequence

import msgspec

from bot.github.markers import read_marker, write_marker
from bot.github.model import Comment
from bot.metadata.question import Question
from bot.metadata.work import Work

_MARKER = "answer"
# A comment has room for so many; the oldest are forgotten first.
_ORDERS = 100
# And for so many that were not theirs to give, so that nobody's comments push out what maintainers decided.
_REFUSED = 20


class Order(msgspec.Struct, frozen=True):
    """A command that somebody gave in a comment, and whether it was theirs to give.

    ``argument`` is all that was typed, for a command that does not exist.
    """

    comment: int
    login: str
    name: str
    argument: str = ""
    obeyed: bool = False


class Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the sources said about a work, so that they need not be asked again, unless somebody wants it ``again``."""

    question: Question
    work: Work
    again: bool = False


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """What earlier runs have done and been told.

    ``verdict`` is the digest of the verdict that stands on a commit. ``declined``, ``withdrawn`` and ``merged`` are the
    numbers of pull requests that ended so, and ``reopened`` of one that was declined and may be proposed again.
    ``forgotten`` is the last comment of which a command that was not obeyed had no room here. ``known`` is what the
    sources said about the papers.
    """

    orders: tuple[Order, ...] = ()
    verdict: str = ""
    declined: int = 0
    withdrawn: int = 0
    reopened: int = 0
    merged: int = 0
    forgotten: int = 0
    known: tuple[Known, ...] = ()

    def knows(self, order: Order) -> bool:
        """Whether the command was read before."""
        given = (order.comment, order.name, order.argument)
        return any((known.comment, known.name, known.argument) == given for known in self.orders)

    def with_orders(self, orders: Iterable[Order]) -> "Memory":
        """The memory with more commands."""
        every = (*self.orders, *orders)
        gone = [order for order in every if not order.obeyed][:-_REFUSED]
        return msgspec.structs.replace(
            self,
            orders=tuple(order for order in every if order not in gone)[-_ORDERS:],
            forgotten=max([self.forgotten, *(order.comment for order in gone)]),
        )


def write_comment(text: str, memory: Memory) -> str:
    """The text of the bot's comment, with the hidden line on top."""
    return f"{write_marker(_MARKER, memory)}\n{text}"


def read_memory(comment: Comment) -> Memory:
    """What the bot's comment remembers; nothing where its hidden line was damaged."""
    return read_marker(comment.body or "", _MARKER, Memory) or Memory()


def looks_own(comment: Comment) -> bool:
    """Whether the comment has the bot's hidden line; it counts only in a comment by the bot's own account."""
    return f"<!-- bot:{_MARKER} " in (comment.body or "")


def own_comments(comments: Sequence[Comment], login: str) -> list[Comment]:
    """The bot's own comments with a hidden line, the oldest first: there should be one."""
    return [comment for comment in comments if looks_own(comment) and comment.author.login == login]
