"""What the sources are asked about an issue, and what they have said before: nobody is asked twice."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from bot.github.markers import write_marker
from bot.jobs.memory import Known, Memory
from bot.metadata.question import Question
from bot.metadata.work import Work

Ask = Callable[[Sequence[Question]], Mapping[Question, Work]]
"""Asks the sources about works."""

# Characters that the comment's hidden line has room for.
_ROOM = 20_000


class Answered(msgspec.Struct, frozen=True):
    """What the sources say, and the memory with it."""

    works: Mapping[Question, Work]
    memory: Memory


def inquire(questions: Sequence[Question], memory: Memory, ask: Ask | None) -> Answered:
    """Answer questions from the memory, and ask about what it lacks, or what a source could not tell before.

    A source that is down takes nothing away that was known before.
    """
    known = {one.question: one.work for one in memory.known}
    settled = {one.question for one in memory.known if not one.again and not one.work.unavailable}
    still_open = [one for one in questions if one not in settled]
    asked = ask(still_open) if ask and still_open else {}
    works: dict[Question, Work] = {}
    for question in questions:
        old, new = known.get(question), asked.get(question)
        if old and new and new.unavailable and len(new.fields) < len(old.fields):
            new = msgspec.structs.replace(old, unavailable=new.unavailable)
        if found := new or old:
            works[question] = found
    return Answered(works, msgspec.structs.replace(memory, known=_fitting(works)))


def _fitting(works: Mapping[Question, Work]) -> tuple[Known, ...]:
    """As many works as have room, written as they will be: a character may become six there."""
    kept, room = [], _ROOM
    for question, found in works.items():
        known = Known(question, found)
        room -= len(write_marker("", known))
        if room >= 0:
            kept.append(known)
    return tuple(kept)


def could_not_ask(works: Mapping[Question, Work]) -> bool:
    """Whether a source should be asked again."""
    return any(work.unavailable for work in works.values())
