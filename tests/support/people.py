"""What people do on GitHub, done in the emulator; where that does not behave as GitHub does, this makes up for it."""

import binascii
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.emulator import Api
from tests.support.git import GitError, git
from tests.support.mirror import Mirror


class ConflictError(Exception):
    """GitHub would not let this be merged."""


class Person:
    """An account, and what it does in one repository."""

    def __init__(self, login: str, token: str, api: Api, name: str, mirror: Mirror) -> None:
        self.login = login
        self._token = token
        self._api = api
        self._root = f"/repos/{name}"
        self._mirror = mirror

    # --- Issues ------------------------------------------------------------------------------------------------------

    def file_issue(self, title: str, body: str, labels: Sequence[str] = ()) -> int:
        """File an issue, by a form if it has the form's labels; its number."""
        wanted = {"title": title, "body": body, "labels": list(labels)}
        number: int = self._call("POST", "/issues", wanted)["number"]
        return number

    def edit_issue(self, number: int, *, title: str | None = None, body: str | None = None) -> None:
        wanted = {"title": title, "body": body}
        self._call("PATCH", f"/issues/{number}", {name: text for name, text in wanted.items() if text is not None})

    def close_issue(self, number: int, reason: str = "completed") -> None:
        """``reason`` is ``completed`` or ``not_planned``."""
        self._call("PATCH", f"/issues/{number}", {"state": "closed", "state_reason": reason})

    def reopen_issue(self, number: int) -> None:
        self._call("PATCH", f"/issues/{number}", {"state": "open"})

    def comment(self, number: int, body: str) -> int:
        """Comment on an issue or a pull request; the comment's id."""
        comment: int = self._call("POST", f"/issues/{number}/comments", {"body": body})["id"]
        return comment

    def label(self, number: int, *names: str) -> None:
        self._call("POST", f"/issues/{number}/labels", {"labels": list(names)})

    def unlabel(self, number: int, name: str) -> None:
        self._call("DELETE", f"/issues/{number}/labels/{name}")

    # --- Branches ----------------------------------------------------------------------------------------------------

    def commit(self, branch: str, files: Mapping[str, bytes | None], message: str = "Edit") -> str:
        """Commit to a branch, which is made from the default branch if it is not there; ``None`` deletes a file."""
        branches = self._mirror.update()
        head = branches.get(branch) or branches[self._call("GET", "")["default_branch"]]
        tree = self._call("GET", f"/git/commits/{head}")["tree"]["sha"]
        made = self._call("POST", "/git/trees", {"base_tree": tree, "tree": self.tree_items(files)})["sha"]
        sha = self._call("POST", "/git/commits", {"message": message, "tree": made, "parents": [head]})["sha"]
        return self._move(branch, sha, new=branch not in branches)

    def push(self, clone: Path, branch: str) -> str:
        """Push what a clone has checked out, as ``git push`` does: never over what somebody else has done meanwhile."""
        incoming = f"refs/incoming/{self.login}"
        git(clone, "push", "--quiet", "--force", str(self._mirror.path), f"HEAD:{incoming}")
        new = branch not in self._mirror.update()
        sha = git(self._mirror.path, "rev-parse", incoming).decode().strip()
        git(self._mirror.path, "update-ref", "-d", incoming)
        return self._move(branch, self._mirror.upload(sha, self._token), new=new)

    def replace_history(self, branch: str) -> None:
        """Force-push a branch's files as one commit without a history."""
        tree = self._call("GET", f"/git/commits/{self._mirror.update()[branch]}")["tree"]["sha"]
        orphan = self._call("POST", "/git/commits", {"message": "All", "tree": tree, "parents": []})["sha"]
        self._call("PATCH", f"/git/refs/heads/{branch}", {"sha": orphan, "force": True})
        self._mirror.update()

    def delete_branch(self, branch: str) -> None:
        self._call("DELETE", f"/git/refs/heads/{branch}")
        self._mirror.update()

    def tree_items(self, files: Mapping[str, bytes | None]) -> list[dict[str, Any]]:
        """Files as https://docs.github.com/en/rest/git/trees#create-a-tree wants them."""
        return [{"path": path, "mode": "100644", "type": "blob", **self._content(data)} for path, data in files.items()]

    def _content(self, data: bytes | None) -> dict[str, str | None]:
        if data is None:
            return {"sha": None}
        try:
            return {"content": data.decode()}
        except UnicodeDecodeError:
            body = {"content": binascii.b2a_base64(data).decode(), "encoding": "base64"}
            return {"sha": self._call("POST", "/git/blobs", body)["sha"]}

    def _move(self, branch: str, sha: str, *, new: bool) -> str:
        if new:
            self._call("POST", "/git/refs", {"ref": f"refs/heads/{branch}", "sha": sha})
        else:
            self._call("PATCH", f"/git/refs/heads/{branch}", {"sha": sha})
        self._mirror.update()
        return sha

    # --- Pull requests -----------------------------------------------------------------------------------------------

    def open_pull(self, branch: str, title: str, body: str = "") -> int:
        """Open a pull request of a branch into the default branch; its number."""
        base = self._call("GET", "")["default_branch"]
        wanted = {"title": title, "body": body, "head": branch, "base": base}
        number: int = self._call("POST", "/pulls", wanted)["number"]
        return number

    def report_check(self, check: Mapping[str, Any]) -> None:
        """Put a check run on a commit, as a workflow's job does."""
        self._call("POST", "/check-runs", check)

    def edit_pull(self, number: int, **wanted: str) -> None:
        """Give a pull request another ``title``, ``body`` or ``base``."""
        self._call("PATCH", f"/pulls/{number}", wanted)

    def close_pull(self, number: int) -> None:
        self._call("PATCH", f"/pulls/{number}", {"state": "closed"})

    def reopen_pull(self, number: int) -> None:
        self._call("PATCH", f"/pulls/{number}", {"state": "open"})

    def merge(self, number: int, *, squash: bool = False) -> str:
        """Merge a pull request, as GitHub does it; the commit that the base is at now.

        git merges what both branches are by now. The emulator's own merge, which would write the head that the branch
        had once over the base, goes to a branch beside it and only leaves the pull request merged. Issues that the
        pull request's body closes on GitHub stay open.

        Raises:
            ConflictError: git cannot merge it.
        """
        pull = self._call("GET", f"/pulls/{number}")
        base, head, title = pull["base"]["ref"], pull["head"]["ref"], pull["title"]
        branches = self._mirror.update()
        try:
            tree = git(self._mirror.path, "merge-tree", "--write-tree", branches[base], branches[head])
        except GitError as error:
            raise ConflictError(f"#{number} cannot be merged: {error}") from None
        message = f"{title} (#{number})" if squash else f"Merge pull request #{number} from {head}\n\n{title}"
        parents = [branches[base]] if squash else [branches[base], branches[head]]
        named = [part for parent in parents for part in ("-p", parent)]
        who = {
            f"GIT_{role}_{what}": text
            for role in ("AUTHOR", "COMMITTER")
            for what, text in (("NAME", self.login), ("EMAIL", f"{self.login}@users.noreply.github.com"))
        }
        made = git(
            self._mirror.path,
            "commit-tree",
            tree.decode().strip(),
            *named,
            data=f"{message}\n".encode(),
            environment=who,
        )
        sha = self._move(base, self._mirror.upload(made.decode().strip(), self._token), new=False)
        aside = f"merged-{number}"
        self._call("PATCH", f"/pulls/{number}", {"base": aside})
        self._call("PUT", f"/pulls/{number}/merge", {})
        self._call("PATCH", f"/pulls/{number}", {"base": base})
        self._call("DELETE", f"/git/refs/heads/{aside}")
        return sha

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self._api.call(method, self._root + path, self._token, body)
