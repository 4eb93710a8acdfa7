"""What a proposal's branch holds, who wrote it, and what it gets next: people win, and nothing of theirs is lost.

A commit of the bot says in a trailer which tree it has. One whose trailer names another tree was changed by a person,
and so was one without the trailer; what people did is found by comparing each of their commits with its parents.
"""

from collections.abc import Mapping

import msgspec

from bot.bibliography.blocks import Bibliography
from bot.bibliography.merging import changed_entries, merge, with_entries
from bot.github.model import Blob, Commit

TREE = "Bot-Tree"
"""The trailer of the bot's commits."""


class Branch(msgspec.Struct, frozen=True):
    """A proposal's branch beside the default branch.

    ``base`` is the commit where the two part, ``commits`` are those of the branch alone, the newest first, and
    ``texts`` holds the bibliography in ``base``, in each of them and in their parents.
    """

    head: str
    base: str
    commits: tuple[Commit, ...]
    texts: Mapping[str, bytes]

    @property
    def data(self) -> bytes:
        """The bibliography on the branch."""
        return self.texts[self.head]

    @property
    def by_bot_alone(self) -> bool:
        """Whether nobody else has committed to it."""
        return all(is_own(commit) for commit in self.commits)

    def of_people(self) -> frozenset[str]:
        """The keys, in lower case, of the entries that people have changed on it."""
        return frozenset(key for commit in self.commits if not is_own(commit) for key in self._changed_in(commit))

    def _changed_in(self, commit: Commit) -> frozenset[str]:
        """What a commit changed: for a merge, what is as in none of its parents."""
        text = self.texts[commit.sha]
        parents = [self.texts.get(parent, b"") for parent in commit.parents] or [b""]
        if text in parents:
            return frozenset()
        after = Bibliography.parse(text)
        changed = [{key.lower() for key in changed_entries(Bibliography.parse(parent), after)} for parent in parents]
        return frozenset(set.intersection(*changed))


class Update(msgspec.Struct, frozen=True):
    """What the bibliography on a branch becomes, and the keys of the entries where people's version stands instead."""

    data: bytes
    overruled: tuple[str, ...]


def is_own(commit: Commit) -> bool:
    """Whether the commit is just as the bot made it."""
    trailers = commit.message.rstrip().rpartition("\n\n")[2].split("\n")
    return f"{TREE}: {commit.tree}" in trailers


def update(branch: Branch, wished: Mapping[str, str | None]) -> Update:
    """The branch's bibliography with the entries as the proposal wishes them, but for those that people changed.

    What the proposal wished before and no longer does becomes again what it was where the branch began.
    """
    base, head = Bibliography.parse(branch.texts[branch.base]), Bibliography.parse(branch.data)
    people, before = branch.of_people(), changed_entries(base, head)
    listed, standing = entry_texts(base), entry_texts(head)
    names = {key.lower() for key in wished}
    texts = {key: text for key, text in wished.items() if key.lower() not in people}
    for key in before:
        if key.lower() not in names | people:
            texts[key] = listed.get(key.lower())
    overruled = (key for key, text in wished.items() if key.lower() in people and standing.get(key.lower()) != text)
    return Update(with_entries(head, texts), tuple(overruled))


def entry_texts(bibliography: Bibliography) -> dict[str, str]:
    """The exact text of each entry by its key in lower case."""
    return {entry.key.lower(): entry.text for entry in reversed(bibliography.entries) if entry.key}


class MergedFiles(msgspec.Struct, frozen=True):
    """What differs from the default branch after a merge, and where both sides changed the same thing differently.

    ``data`` is the merged bibliography, which is one of the ``files``; empty where none was merged.
    """

    files: Mapping[str, bytes | Blob | None]
    conflicts: tuple[str, ...]
    data: bytes = b""


def merge_files(
    bibliography: str,
    texts: tuple[bytes, bytes, bytes],
    files: tuple[Mapping[str, Blob], Mapping[str, Blob], Mapping[str, Blob]],
) -> MergedFiles:
    """The merge of a branch with the default branch, each given as (merge base, branch, default branch).

    ``texts`` are those of the ``bibliography``, which is merged entry by entry; every other path is as the side has it
    that changed it.
    """
    base, ours, theirs = (Bibliography.parse(text) for text in texts)
    merged = merge(base, ours, theirs)
    others = merge_paths(*({path: blob for path, blob in side.items() if path != bibliography} for side in files))
    conflicts = (f"{bibliography}: {key}" if key else bibliography for key in merged.conflicts)
    files_taken = {**others.files, bibliography: merged.data}
    return MergedFiles(files_taken, (*conflicts, *others.conflicts), merged.data)


def merge_paths(base: Mapping[str, Blob], ours: Mapping[str, Blob], theirs: Mapping[str, Blob]) -> MergedFiles:
    """What of ``ours`` changed since ``base`` and goes into ``theirs``, path by path."""
    taken: dict[str, bytes | Blob | None] = {}
    conflicts = []
    for path in sorted(base.keys() | ours.keys()):
        was, here, there = base.get(path), ours.get(path), theirs.get(path)
        if here in (was, there):
            continue
        if there == was:
            taken[path] = here
        else:
            conflicts.append(path)
    return MergedFiles(taken, tuple(conflicts))
