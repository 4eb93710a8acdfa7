"""The local clone: what is on the default branch and on the bot's branches, read by one ``git fetch``.

Nothing here is pushed: commits are made through GitHub's API, which signs them. Commits that are made here serve to
ask git whether something would merge cleanly, and stay in the clone.
"""

import base64
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from bot.github.errors import GitHubError, MissingError
from bot.github.model import EXECUTABLE, PLAIN, Blob, Commit

_TIMEOUT = 300
_BRANCHES = "refs/remotes/origin/"
_HUNK = re.compile(rb"^@@ -[0-9,]+ \+([0-9]+)(?:,([0-9]+))? @@", re.MULTILINE)
# So many files are kept: those of the default branch are read often, those of a proposal once.
_KEPT = 24
# What a commit made here is signed with by name; it never leaves the clone.
_NOBODY = {f"GIT_{role}_{what}": "bot" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


class Checkout:
    """A clone whose ``origin`` is the repository."""

    def __init__(self, root: Path, *, token: str = "", server: str = "") -> None:
        """``token`` is used for fetching from ``server`` (an https address) alone."""
        self._root = root
        self._token = token
        self._server = server
        self._contents: dict[tuple[str, str], bytes | None] = {}

    def fetch(self, branch: str) -> dict[str, str]:
        """Bring the default branch and the bot's branches up to date; the SHA of each by its name.

        Raises:
            MissingError: there is no such default branch.
            GitHubError: the repository cannot be fetched.
        """
        shallow = self._git("rev-parse", "--is-shallow-repository").strip() == b"true"
        fetching = [
            *("fetch", "--quiet", "--no-tags", "--prune", "--force", "--no-auto-maintenance"),
            *(["--unshallow"] if shallow else []),
            "origin",
            f"+refs/heads/{branch}:{_BRANCHES}{branch}",
            f"+refs/heads/bot/*:{_BRANCHES}bot/*",
        ]
        done = self._run(fetching, environment=self._credentials())
        if b"couldn't find remote ref" in done.stderr:
            raise MissingError(f"origin has no branch {branch}; `branch` in the configuration names the default branch")
        if done.returncode:
            raise _failed(fetching, done)
        listed = self._git(
            "for-each-ref", "--format=%(objectname) %(refname)", f"{_BRANCHES}{branch}", f"{_BRANCHES}bot"
        )
        pairs = (line.split(" ", 1) for line in listed.decode().splitlines())
        return {name.removeprefix(_BRANCHES): sha for sha, name in pairs}

    def snapshot(self, branch: str, folder: str) -> tuple[str | None, dict[str, bytes]]:
        """Where any branch is, and the files under a folder of it by their paths; ``None`` where there is none.

        Its newest commit alone is fetched, and nothing of it stays: a shallow branch would make the clone shallow.

        Raises:
            GitHubError: the repository cannot be fetched.
        """
        origin = self._git("remote", "get-url", "origin").decode().strip()
        with tempfile.TemporaryDirectory(prefix="bot-") as aside:
            there = {"GIT_DIR": aside}
            self._git("init", "--quiet", "--bare", "--template=", aside)
            fetching = [
                "fetch",
                "--quiet",
                "--no-tags",
                "--depth=1",
                origin,
                f"+refs/heads/{branch}:refs/heads/{branch}",
            ]
            done = self._run(fetching, environment={**there, **self._credentials()})
            if b"couldn't find remote ref" in done.stderr:
                return None, {}
            if done.returncode:
                raise _failed(fetching, done)
            sha = self._git("rev-parse", f"refs/heads/{branch}", environment=there).decode().strip()
            listed = self._git("ls-tree", "-r", "-z", sha, "--", f"{folder}/", environment=there)
            named = [item.split(b"\t", 1) for item in listed.split(b"\0") if b" blob " in item]
            asked = b"".join(about.split(b" ")[2] + b"\n" for about, _ in named)
            contents = _contents(self._git("cat-file", "--batch", data=asked, environment=there)) if named else ()
            paths = (path.decode("utf-8", "surrogateescape") for _, path in named)
            return sha, dict(zip(paths, contents, strict=True))

    def read(self, commit: str, path: str) -> bytes | None:
        """A file of a commit; ``None`` where there is none."""
        known = (commit, path)
        if known not in self._contents:
            while len(self._contents) >= _KEPT:
                del self._contents[next(iter(self._contents))]
            self._contents[known] = self._read(f"{commit}:{path}") if "\n" not in path else None
        return self._contents[known]

    def tree(self, commit: str) -> str:
        """The SHA of a commit's tree."""
        return self._git("rev-parse", "--verify", f"{commit}^{{tree}}").decode().strip()

    def files(self, commit: str) -> dict[str, Blob]:
        """Every file of a commit by its path."""
        found = {}
        for item in (
            self._git("ls-tree", "-r", "-z", "--full-tree", commit).decode("utf-8", "surrogateescape").split("\0")
        ):
            if item:
                about, path = item.split("\t", 1)
                mode, kind, sha = about.split(" ")
                found[path] = Blob(sha, mode, kind)
        return found

    def executable(self, commit: str, paths: Iterable[str]) -> frozenset[str]:
        """Which of the paths are executable files of a commit; a file that is written anew stays what it was."""
        files = self.files(commit)
        return frozenset(path for path in paths if path in files and files[path].mode == EXECUTABLE)

    def merge_base(self, one: str, other: str) -> str | None:
        """The commit from which two branches part; ``None`` where they have nothing in common."""
        found = self._git("merge-base", one, other, accept=(0, 1)).decode().split()
        return found[0] if found else None

    def commits(self, branch: str, *, since: str) -> list[Commit]:
        """The commits of a branch that are not part of ``since``, the newest first."""
        listed = self._git("log", "-z", "--topo-order", "--format=%H%n%T%n%P%n%B", branch, f"^{since}", "--")
        commits = []
        for item in listed.decode("utf-8", "replace").split("\0"):
            if item:
                sha, tree, parents, message = item.split("\n", 3)
                commits.append(Commit(sha, tree, tuple(parents.split()), message))
        return commits

    def merges_cleanly(self, one: str, other: str) -> bool:
        """Whether git, and so GitHub, merges the two without a conflict."""
        done = self._run(["merge-tree", "--write-tree", "--no-messages", one, other])
        if done.returncode not in (0, 1):
            raise _failed(["merge-tree"], done)
        return done.returncode == 0

    def changed_lines(self, old: str, new: str, path: str) -> list[tuple[int, int]]:
        """The lines of a file that are new since an earlier commit: the first and the last of each run, from 1."""
        shown = self._git("diff", "--no-color", "--no-ext-diff", "--no-textconv", "--text", "-U0", old, new, "--", path)
        found = []
        for match in _HUNK.finditer(shown):
            start, count = int(match[1]), int(match[2] or 1)
            if count:
                found.append((start, start + count - 1))
        return found

    def draft(self, parents: Sequence[str], files: Mapping[str, bytes]) -> str:
        """A commit in this clone alone: the first parent with other files; its SHA."""
        executable = self.executable(parents[0], files)
        with tempfile.TemporaryDirectory(prefix="bot-") as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index"), **_NOBODY}
            self._git("read-tree", parents[0], environment=index)
            for path, data in files.items():
                sha = self._git("hash-object", "-w", "--stdin", data=data).decode().strip()
                self._git(
                    "update-index",
                    "--add",
                    "--cacheinfo",
                    f"{EXECUTABLE if path in executable else PLAIN},{sha},{path}",
                    environment=index,
                )
            tree = self._git("write-tree", environment=index).decode().strip()
            named = [part for parent in parents for part in ("-p", parent)]
            return self._git("commit-tree", tree, *named, "-m", "draft", environment=index).decode().strip()

    def _read(self, name: str) -> bytes | None:
        answer = self._git("cat-file", "--batch", data=f"{name}\n".encode("utf-8", "surrogateescape"))
        head, _, rest = answer.partition(b"\n")
        kind, size = head.split(b" ")[-2:] if not head.endswith(b" missing") else (b"missing", b"0")
        return rest[: int(size)] if kind == b"blob" else None

    def _credentials(self) -> dict[str, str]:
        """The token for fetching, where others cannot see it: neither in arguments nor in the clone's settings."""
        origin = self._git("remote", "get-url", "origin", accept=(0, 2)).decode().strip()
        if not origin:
            raise GitHubError("this folder is no clone of the list's repository: it has no remote `origin`")
        server, address = urlsplit(self._server), urlsplit(origin)
        if not self._token or (address.scheme, address.hostname) != ("https", server.hostname):
            return {}
        secret = base64.b64encode(f"x-access-token:{self._token}".encode()).decode()
        return {
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": f"http.{server.scheme}://{server.netloc}/.extraheader",
            "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {secret}",
            # git would take it along to wherever the server leads.
            "GIT_CONFIG_KEY_1": "http.followRedirects",
            "GIT_CONFIG_VALUE_1": "false",
        }

    def _git(
        self,
        *arguments: str,
        data: bytes | None = None,
        environment: Mapping[str, str] | None = None,
        accept: Iterable[int] = (0,),
    ) -> bytes:
        done = self._run(arguments, data, environment)
        if done.returncode not in accept:
            raise _failed(arguments, done)
        return done.stdout

    def _run(
        self, arguments: Sequence[str], data: bytes | None = None, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        settings = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **(environment or {})}
        try:
            return subprocess.run(  # noqa: S603
                ["git", "-C", str(self._root), *arguments],  # noqa: S607  # the one on the PATH, no shell
                input=data,
                stdin=None if data is not None else subprocess.DEVNULL,
                capture_output=True,
                env=settings,
                timeout=_TIMEOUT,
                check=False,
            )
        except FileNotFoundError:
            raise GitHubError("git is not installed here") from None
        except subprocess.TimeoutExpired:
            raise GitHubError(f"git {arguments[0]} did not end within {_TIMEOUT} seconds") from None


def _contents(batch: bytes) -> Iterator[bytes]:
    """What ``git cat-file --batch`` tells of objects that are there, one after the other."""
    at = 0
    while at < len(batch):
        start = batch.index(b"\n", at) + 1
        size = int(batch[at:start].split(b" ")[2])
        yield batch[start : start + size]
        at = start + size + 1


def _failed(arguments: Sequence[str], done: subprocess.CompletedProcess[bytes]) -> GitHubError:
    said = done.stderr.decode("utf-8", "replace").strip().split("\n")[-1]
    return GitHubError(f"git {arguments[0]} failed: {said[:300] or f'status {done.returncode}'}")
