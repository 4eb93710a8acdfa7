"""One repository with everything around it: the emulator's side, its mirror, its people, and the bot's way to it."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bot.config import CONFIG, Sources
from tests.support.emulator import BOT, MAINTAINER, Emulator, token_of
from tests.support.git import GitError, git
from tests.support.mirror import Mirror
from tests.support.people import Person
from tests.support.proxy import Proxy


class World:
    """The repository ``name`` (``owner/name``) with ``files`` as its only commit; ``close`` ends its proxy.

    The bot talks to ``address`` with ``token``; its ``origin`` is ``mirror.path``. What a test wants to know, it asks
    the emulator itself, which the proxy does not record; the answers have the shape of GitHub's.
    """

    def __init__(self, emulator: Emulator, folder: Path, files: Mapping[str, bytes], branch: str = "main") -> None:
        self._api = emulator.api
        self._number = emulator.next_number()
        self.branch = branch
        self.app = emulator.app
        self.name = f"{MAINTAINER}/list-{self._number}"
        self.token = token_of(BOT, self._number)
        self._reading = token_of(MAINTAINER, self._number)
        self._root = f"/repos/{self.name}"
        self._create()
        self.mirror = Mirror(folder / "origin.git", self._api, self.name, self._reading, branch)
        self.maintainer = self.person(MAINTAINER)
        self._fill(files)
        self.proxy = Proxy(emulator, self.mirror.update)
        self.address = self.proxy.address

    def person(self, login: str) -> Person:
        """Somebody of ``emulator``'s accounts."""
        return Person(login, token_of(login, self._number), self._api, self.name, self.mirror)

    def add_collaborator(self, login: str, permission: str = "push") -> None:
        self._call("PUT", f"/collaborators/{login}", {"permission": permission})

    def clone(self, folder: Path, branch: str | None = None) -> Path:
        """A clone in a folder that is not there yet, with the default branch or another checked out."""
        self.mirror.update()
        folder.parent.mkdir(parents=True, exist_ok=True)
        wanted = f"--branch={branch or self.branch}"
        git(folder.parent, "clone", "--quiet", wanted, str(self.mirror.path), str(folder))
        git(folder, "config", "user.name", MAINTAINER)
        git(folder, "config", "user.email", f"{MAINTAINER}@users.noreply.github.com")
        return folder

    def close(self) -> None:
        self.proxy.close()

    # --- How things stand --------------------------------------------------------------------------------------------

    def get(self, path: str) -> Any:
        """Anything under the repository's address, asked by its owner: ``get("/labels")``."""
        return self._api.call("GET", self._root + path, self._reading)

    def issue(self, number: int) -> Any:
        return self.get(f"/issues/{number}")

    def account(self, login: str) -> Any:
        return self._api.call("GET", f"/users/{quote(login)}", self._reading)

    def labels(self, number: int) -> set[str]:
        """The names of the labels of an issue or a pull request."""
        return {label["name"] for label in self.get(f"/issues/{number}/labels")}

    def comments(self, number: int) -> list[Any]:
        """The comments on an issue or a pull request, the oldest first."""
        return self._api.pages(f"{self._root}/issues/{number}/comments", self._reading)

    def pulls(self, branch: str | None = None) -> list[Any]:
        """All pull requests, closed ones too, or those of one branch, the oldest first."""
        found = self._api.pages(f"{self._root}/pulls?state=all&direction=asc", self._reading)
        return [pull for pull in found if branch in (None, pull["head"]["ref"])]

    def branches(self) -> dict[str, str]:
        """The branches and the commits that they are at."""
        return self.mirror.update()

    def checks(self, commit: str) -> list[Any]:
        """The check runs on a commit, the newest of each name."""
        found: list[Any] = self.get(f"/commits/{commit}/check-runs")["check_runs"]
        return found

    def file(self, path: str, branch: str | None = None) -> bytes | None:
        """A file of a branch; ``None`` if it is not there."""
        try:
            return git(self.mirror.path, "cat-file", "blob", f"{self.branches()[branch or self.branch]}:{path}")
        except GitError:
            return None

    def files(self, branch: str) -> list[str]:
        """The paths of the files of a branch; none where there is no such branch."""
        commit = self.branches().get(branch)
        listed = git(self.mirror.path, "ls-tree", "-r", "-z", "--name-only", commit) if commit else b""
        return [path for path in listed.decode().split("\0") if path]

    def log(self, branch: str | None = None, form: str = "%s") -> list[str]:
        """The commits of a branch, the newest first, each as ``git log --format`` shows it."""
        text = git(self.mirror.path, "log", "-z", f"--format={form}", self.branches()[branch or self.branch])
        return text.decode().removesuffix("\0").split("\0")

    # --- Making it ---------------------------------------------------------------------------------------------------

    def _create(self) -> None:
        self._api.call("POST", "/user/repos", self._reading, {"name": self.name.split("/")[1]})
        self._call("PATCH", "", {"default_branch": self.branch})
        self.add_collaborator(BOT)

    def _fill(self, files: Mapping[str, bytes]) -> None:
        for content in files.values():
            self.mirror.write("blob", content)  # so that it need not be asked for
        tree = self._call("POST", "/git/trees", {"tree": self.maintainer.tree_items(files)})["sha"]
        commit = self._call("POST", "/git/commits", {"message": "The list", "tree": tree, "parents": []})["sha"]
        self._call("POST", "/git/refs", {"ref": f"refs/heads/{self.branch}", "sha": commit})
        self.mirror.update()

    def _call(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        return self._api.call(method, self._root + path, self._reading, body)


def project_files(root: Path) -> dict[str, bytes]:
    """The files of this project that its workflows need where they run: the bot, its locks, its list and its pages."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *_AT_WORK],
        cwd=root,
        capture_output=True,
        check=True,
    )
    names = [name for name in listed.stdout.decode().split("\0") if name and (root / name).is_file()]
    return {name: (root / name).read_bytes() for name in names}


def without_sources(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a list that does without the scholarly sources, so that a workflow does not ask them."""
    off = "".join(f"    {name}: {{budget: 0}}\n" for name in Sources.__struct_fields__)
    return {**files, CONFIG: files[CONFIG] + f"\nmetadata:\n  sources:\n{off}".encode()}


_AT_WORK = (
    "bot",
    ".github",
    "requirements",
    "docs",
    "fig",
    ":(glob)*.md",
    ":(glob)*.bib",
    ".gitignore",
    ".gitattributes",
)
