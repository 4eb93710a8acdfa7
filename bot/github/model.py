"""What GitHub says about a repository's issues and pull requests, as far as the bot reads it.

The shapes are those of GitHub's REST API, version 2022-11-28 (https://docs.github.com/en/rest), field by field under
the same names; what is not named here is left out while reading.
"""

import re
from collections.abc import Mapping

import msgspec

CHECK = "Bibliography"
"""The name of the bot's verdict on a pull request, and of the job that judges a person's: one required check."""

PROPOSAL_BRANCH = "bot/issue-"
PAGES_BRANCH = "bot/pages"
UPGRADE_BRANCH = "bot/published-"
"""With what the branch of a preprint's published version starts; the citation key follows."""
REPAIR_BRANCH = "bot/links"
STATE_BRANCH = "bot-state"
"""What is remembered from one run to the next; it has no history in common with the list."""

REPORT_LABEL = "links"
"""The label of the report on links."""

_NUMBER = re.compile(r"[1-9][0-9]{0,10}")
# https://docs.github.com/en/graphql/reference/enums#commentauthorassociation: all others cannot have write permission.
_MAY_WRITE = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})


class User(msgspec.Struct, frozen=True):
    """An account; ``type`` is ``User``, ``Bot`` or ``Organization``."""

    login: str
    id: int = 0
    type: str = "User"


GHOST = User("ghost")
"""Whom GitHub shows for an account that is gone."""


class Label(msgspec.Struct, frozen=True):
    """A label of an issue."""

    name: str


class Issue(msgspec.Struct, frozen=True):
    """An issue; ``pull_request`` is set where the number is that of a pull request."""

    number: int
    title: str = ""
    body: str | None = None
    user: User | None = None
    state: str = "open"
    labels: tuple[Label, ...] = ()
    created_at: str = ""
    comments: int = 0
    author_association: str = "NONE"
    closed_by: User | None = None
    pull_request: Mapping[str, object] | None = None

    @property
    def author(self) -> User:
        """Who filed it."""
        return self.user or GHOST

    @property
    def labelled(self) -> frozenset[str]:
        """The names of its labels in lower case: for GitHub, case does not tell labels apart."""
        return frozenset(label.name.lower() for label in self.labels)


class Comment(msgspec.Struct, frozen=True):
    """A comment on an issue or a pull request."""

    id: int
    body: str | None = None
    user: User | None = None
    author_association: str = "NONE"

    @property
    def author(self) -> User:
        """Who wrote it."""
        return self.user or GHOST


class NamedRepository(msgspec.Struct, frozen=True):
    """A repository by its name, ``owner/name``."""

    full_name: str


class End(msgspec.Struct, frozen=True):
    """One end of a pull request. ``repo`` is missing where the fork is gone."""

    ref: str
    sha: str
    repo: NamedRepository | None = None


class Pull(msgspec.Struct, frozen=True):
    """A pull request."""

    number: int
    head: End
    base: End | None = None
    title: str = ""
    body: str | None = None
    state: str = "open"
    merged_at: str | None = None
    merge_commit_sha: str | None = None
    html_url: str = ""
    labels: tuple[Label, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it can still be merged."""
        return self.state == "open"


class CheckOutput(msgspec.Struct, frozen=True):
    """What a check says."""

    title: str | None = None
    summary: str | None = None


class Check(msgspec.Struct, frozen=True):
    """A check run on a commit."""

    id: int
    name: str
    conclusion: str | None = None
    output: CheckOutput = CheckOutput()
    external_id: str | None = None


class Annotation(msgspec.Struct, frozen=True, omit_defaults=True):
    """A finding at a line of a file, as a check run shows it; ``annotation_level`` is notice, warning or failure."""

    path: str
    start_line: int
    end_line: int
    annotation_level: str
    message: str
    title: str = ""


def may_write(association: str) -> bool:
    """Whether somebody of this association with the repository can have write permission at all."""
    return association in _MAY_WRITE


def proposal_branch(number: int) -> str:
    """The branch that an issue's proposal is on."""
    return f"{PROPOSAL_BRANCH}{number}"


def issue_of(branch: str) -> int | None:
    """The number of the issue whose proposal is on this branch; ``None`` for any other branch."""
    digits = branch.removeprefix(PROPOSAL_BRANCH)
    return int(digits) if digits != branch and _NUMBER.fullmatch(digits) else None


PLAIN, EXECUTABLE = "100644", "100755"
"""The modes of files, as git writes them."""


class Blob(msgspec.Struct, frozen=True):
    """A file of a commit, by the name that git gives its content; ``kind`` is ``commit`` for a submodule."""

    sha: str
    mode: str = PLAIN
    kind: str = "blob"


class Commit(msgspec.Struct, frozen=True):
    """A commit of a branch, as git shows it."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    message: str


class Tree(msgspec.Struct, frozen=True):
    """All that a commit holds: the name that git gives it, and that of each file's content by its path."""

    sha: str
    files: Mapping[str, str]
