"""A bare git repository that is kept equal to one of the emulator's, which has no git transport of its own.

The emulator names objects as git does, so they can be carried over one by one, and each name is checked. They are
written as loose objects (https://git-scm.com/docs/gitformat-loose) without starting a git for each.
"""

import base64
import hashlib
import re
import tempfile
import threading
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from tests.support.emulator import Api
from tests.support.git import git

_IDENTITY = re.compile(rb"(.*) <(.*)> (\d+) ([+-]\d{4})")
_ZONE = re.compile(r"([+-])(\d\d):?(\d\d)$")


class MirrorError(Exception):
    """An object is not what its name says."""


class Mirror:
    """The bare repository at ``path``, and the emulator's repository ``name`` that it follows."""

    def __init__(self, path: Path, api: Api, name: str, token: str, branch: str) -> None:
        self.path = path
        self._api = api
        self._token = token
        self._root = f"/repos/{name}/git"
        self._known: set[str] = set()
        self._branches: dict[str, str] = {}
        self._lock = threading.RLock()
        path.mkdir(parents=True)
        git(path, "init", "--quiet", "--bare", "--template=", f"--initial-branch={branch}")

    # --- From the emulator -------------------------------------------------------------------------------------------

    def update(self) -> dict[str, str]:
        """Take over what the emulator has by now; its branches and their commits."""
        with self._lock:
            listed = self._api.call("GET", f"{self._root}/matching-refs/heads/", self._token)
            found = {item["ref"].removeprefix("refs/heads/"): item["object"]["sha"] for item in listed}
            for sha in found.values():
                self._take_history(sha)
            self._set(found)
            return dict(found)

    def write(self, kind: str, content: bytes) -> str:
        """Put an object there, unless it is there already; its name."""
        framed = f"{kind} {len(content)}\0".encode() + content
        sha = hashlib.sha1(framed, usedforsecurity=False).hexdigest()
        path = self.path / "objects" / sha[:2] / sha[2:]
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix="tmp_obj_", delete=False) as file:
                file.write(zlib.compress(framed, 1))
            Path(file.name).chmod(0o444)
            Path(file.name).replace(path)
        self._known.add(sha)
        return sha

    def _set(self, branches: Mapping[str, str]) -> None:
        """Make these the branches, wherever they were before: what the emulator says is so."""
        gone = self._branches.keys() - branches.keys()
        moved = [name for name, sha in branches.items() if self._branches.get(name) != sha]
        commands = [f"delete refs/heads/{name}\n" for name in gone]
        commands += [f"update refs/heads/{name} {branches[name]}\n" for name in moved]
        if commands:
            git(self.path, "update-ref", "--stdin", data="".join(commands).encode())
        self._branches = dict(branches)

    def _take_history(self, sha: str) -> None:
        waiting = [sha]
        while waiting:
            if (sha := waiting.pop()) in self._known:
                continue
            commit = self._api.call("GET", f"{self._root}/commits/{sha}", self._token)
            self._take_tree(commit["tree"]["sha"])
            self._write_as(sha, "commit", _commit_content(commit))
            waiting += [parent["sha"] for parent in commit["parents"]]

    def _take_tree(self, sha: str) -> None:
        if sha in self._known:
            return
        entries = self._api.call("GET", f"{self._root}/trees/{sha}?recursive=1", self._token)["tree"]
        folders: dict[str, list[dict[str, Any]]] = {"": []}
        for entry in entries:
            folder, _, name = entry["path"].rpartition("/")
            folders.setdefault(folder, []).append({**entry, "path": name})
            if entry["type"] == "blob" and entry["sha"] not in self._known:
                blob = self._api.call("GET", f"{self._root}/blobs/{entry['sha']}", self._token)
                self._write_as(entry["sha"], "blob", base64.b64decode(blob["content"]))
        names = {"": sha, **{entry["path"]: entry["sha"] for entry in entries if entry["type"] == "tree"}}
        for path, name in names.items():
            self._write_as(name, "tree", _tree_content(folders.get(path, [])))

    def _write_as(self, sha: str, kind: str, content: bytes) -> None:
        if sha not in self._known and (written := self.write(kind, content)) != sha:
            raise MirrorError(f"the emulator calls a {kind} {sha} that git calls {written}")

    # --- To the emulator ---------------------------------------------------------------------------------------------

    def upload(self, sha: str, token: str) -> str:
        """Give the emulator a commit that git has made here, with its history; its name there.

        That is another name only for a commit that the API cannot make: one with a signature, or with a message that
        does not end with a line feed. Whoever moves a branch to it finds the emulator's commit here after ``update``.
        """
        listed = git(self.path, "rev-list", "--objects", "--no-object-names", "--reverse", sha, "--not", "--branches")
        objects = {name: (kind, content) for name, kind, content in self._read(listed)}
        names: dict[str, str] = {}  # commits only: all other objects have the same name on both sides
        body: dict[str, Any]
        for kind, content in objects.values():
            if kind == "blob":
                body = {"content": base64.b64encode(content).decode(), "encoding": "base64"}
                self._api.call("POST", f"{self._root}/blobs", token, body)
        sent: set[str] = set()
        for name, (kind, content) in objects.items():
            if kind == "commit":
                body = _parsed_commit(content)
                self._upload_tree(body["tree"], objects, sent, token)
                body["parents"] = [names.get(parent, parent) for parent in body["parents"]]
                names[name] = self._api.call("POST", f"{self._root}/commits", token, body)["sha"]
        return names.get(sha, sha)

    def _upload_tree(self, sha: str, objects: Mapping[str, tuple[str, bytes]], sent: set[str], token: str) -> None:
        if sha not in objects or sha in sent:
            return
        entries = list(_parsed_tree(objects[sha][1]))
        for entry in entries:
            if entry["type"] == "tree":
                self._upload_tree(entry["sha"], objects, sent, token)
        made = self._api.call("POST", f"{self._root}/trees", token, {"tree": entries})["sha"]
        if made != sha:
            raise MirrorError(f"git calls a tree {sha} that the emulator calls {made}")
        sent.add(sha)

    def _read(self, names: bytes) -> Iterator[tuple[str, str, bytes]]:
        """Objects by their names, one a line: name, kind, content."""
        answer = git(self.path, "cat-file", "--batch", data=names)
        at = 0
        while at < len(answer):
            end = answer.index(b"\n", at)
            name, kind, size = answer[at:end].decode().split(" ")
            at = end + 1 + int(size)
            yield name, kind, answer[end + 1 : at]
            at += 1


def _tree_content(entries: list[dict[str, Any]]) -> bytes:
    """https://git-scm.com/book/en/v2/Git-Internals-Git-Objects; sorted as if a folder's name ended with a slash."""
    named = [(entry["path"].encode() + b"/" * (entry["type"] == "tree"), entry) for entry in entries]
    return b"".join(
        f"{entry['mode'].lstrip('0')} {entry['path']}\0".encode() + bytes.fromhex(entry["sha"])
        for _, entry in sorted(named, key=lambda pair: pair[0])
    )


def _parsed_tree(content: bytes) -> Iterator[dict[str, str]]:
    at = 0
    while at < len(content):
        end = content.index(b"\0", at)
        mode, _, name = content[at:end].decode().partition(" ")
        at = end + 21
        kind = {"40000": "tree", "160000": "commit"}.get(mode, "blob")
        yield {"path": name, "mode": mode.zfill(6), "type": kind, "sha": content[end + 1 : at].hex()}


def _commit_content(commit: Mapping[str, Any]) -> bytes:
    lines = [f"tree {commit['tree']['sha']}", *(f"parent {parent['sha']}" for parent in commit["parents"])]
    for role in ("author", "committer"):
        who = commit[role]
        lines.append(f"{role} {who['name']} <{who['email']}> {_git_date(who['date'])}")
    message = commit["message"]
    return "\n".join([*lines, "", message if message.endswith("\n") else f"{message}\n"]).encode()


def _parsed_commit(content: bytes) -> dict[str, Any]:
    """A commit as https://docs.github.com/en/rest/git/commits#create-a-commit wants it."""
    head, _, message = content.partition(b"\n\n")
    found: dict[str, Any] = {"parents": [], "message": message.decode()}
    for line in head.split(b"\n"):
        key, _, value = line.partition(b" ")
        if key == b"tree":
            found["tree"] = value.decode()
        elif key == b"parent":
            found["parents"].append(value.decode())
        elif key in (b"author", b"committer") and (who := _IDENTITY.fullmatch(value)):
            name, email, seconds, zone = (part.decode() for part in who.groups())
            found[key.decode()] = {"name": name, "email": email, "date": _iso_date(int(seconds), zone)}
    return found


def _git_date(iso: str) -> str:
    zone = _ZONE.search(iso)
    seconds = int(datetime.fromisoformat(iso).timestamp() // 1)
    return f"{seconds} {''.join(zone.groups()) if zone else '+0000'}"


def _iso_date(seconds: int, zone: str) -> str:
    minutes = (int(zone[1:3]) * 60 + int(zone[3:5])) * (-1 if zone[0] == "-" else 1)
    return datetime.fromtimestamp(seconds, timezone(timedelta(minutes=minutes))).isoformat()
