"""The clone, with git itself: what a fetch brings, what is read from it, and where the token goes."""

import base64
import itertools
import os
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.github.checkout import Checkout
from bot.github.errors import GitHubError, MissingError
from bot.github.model import Blob
from tests.support.git import GitError, git

SECRET = "ghs_0123456789abcdef"
SOMEBODY = {f"GIT_{role}_{what}": "somebody" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


class Origin:
    """The repository on the other side, and the clones of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / "origin.git"
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.path))

    def commit(
        self, branch: str, files: dict[str, bytes | None], *, message: str = "A commit", orphan: bool = False
    ) -> str:
        """Commit files on top of a branch, which is made from main if it is new; the commit's SHA."""
        parent = "" if orphan else self.sha(branch) or self.sha("main")
        environment = {**SOMEBODY, "GIT_INDEX_FILE": str(self._folder / "index")}
        git(self.path, "read-tree", *([parent] if parent else ["--empty"]), environment=environment)
        lines = []
        for path, data in files.items():
            blob = git(self.path, "hash-object", "-w", "--stdin", data=data or b"").strip()
            mode = b"100644" if data is not None else b"0"
            lines.append(b"%s %s\t%s\0" % (mode, blob, os.fsencode(path)))
        git(self.path, "update-index", "-z", "--index-info", data=b"".join(lines), environment=environment)
        tree = git(self.path, "write-tree", environment=environment).decode().strip()
        return self.commit_tree(branch, tree, [parent] if parent else [], message.encode())

    def commit_tree(
        self, branch: str, tree: str, parents: list[str], message: bytes, *, seconds: int = 1_700_000_000
    ) -> str:
        """Commit a tree as it is, with a message as it is, at a time of any clock."""
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        lines += [f"{role} somebody <somebody> {seconds} +0000" for role in ("author", "committer")]
        content = "\n".join([*lines, "", ""]).encode() + message
        sha = git(self.path, "hash-object", "-t", "commit", "-w", "--stdin", "--literally", data=content)
        self.set(branch, sha.decode().strip())
        return sha.decode().strip()

    def set(self, branch: str, sha: str) -> None:
        """Let a branch be at a commit, wherever it was."""
        git(self.path, "update-ref", f"refs/heads/{branch}", sha)

    def delete(self, branch: str) -> None:
        git(self.path, "update-ref", "-d", f"refs/heads/{branch}")

    def sha(self, branch: str) -> str:
        found = git(self.path, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")
        return found.decode().strip()

    def clone(self, *options: str) -> Path:
        name = f"clone-{len(list(self._folder.glob('clone-*')))}"
        git(self._folder, "clone", "--quiet", *options, self.path.as_uri(), name)
        return self._folder / name


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    made = Origin(tmp_path)
    made.commit("main", {"birds.bib": b"@misc{a}\n"}, message="The list")
    return made


@pytest.fixture
def checkout(origin: Origin) -> Checkout:
    return Checkout(origin.clone())


# --- Fetching --------------------------------------------------------------------------------------------------------


def test_branches_of_the_bot_come_and_go(origin: Origin, checkout: Checkout) -> None:
    origin.commit("feature", {"a": b"1"})
    assert checkout.fetch("main") == {"main": origin.sha("main")}
    origin.commit("bot/issue-1", {"birds.bib": b"@misc{b}\n"})
    origin.commit("bot/pages", {"README.md": b"# Birds\n"})
    names = ("main", "bot/issue-1", "bot/pages")
    assert checkout.fetch("main") == {name: origin.sha(name) for name in names}
    origin.delete("bot/issue-1")
    assert checkout.fetch("main").keys() == {"main", "bot/pages"}


def test_a_branch_may_give_way_to_branches_below_its_name(origin: Origin, checkout: Checkout) -> None:
    origin.commit("bot/issue-1", {"a": b"1"})
    checkout.fetch("main")
    origin.delete("bot/issue-1")
    origin.commit("bot/issue-1/more", {"a": b"1"})
    assert checkout.fetch("main").keys() == {"main", "bot/issue-1/more"}


def test_what_people_force_is_taken_as_it_is(origin: Origin, checkout: Checkout) -> None:
    first = origin.commit("bot/issue-1", {"a": b"1"})
    checkout.fetch("main")
    origin.delete("bot/issue-1")
    second = origin.commit("bot/issue-1", {"a": b"2"})
    assert first != second
    assert checkout.fetch("main")["bot/issue-1"] == second
    before = origin.sha("main")
    after = origin.commit("main", {"birds.bib": b"@misc{c}\n"}, orphan=True)
    assert before != after
    assert checkout.fetch("main")["main"] == after
    assert checkout.read(after, "birds.bib") == b"@misc{c}\n"


def test_tags_and_other_branches_are_not_fetched(origin: Origin) -> None:
    clone = origin.clone("--single-branch")
    origin.commit("feature", {"a": b"1"})
    git(origin.path, "tag", "v1", origin.commit("main", {"a": b"1"}))
    Checkout(clone).fetch("main")
    assert git(clone, "for-each-ref", "--format=%(refname)").decode().split() == [
        "refs/heads/main",
        "refs/remotes/origin/HEAD",
        "refs/remotes/origin/main",
    ]


def test_a_shallow_clone_is_completed(origin: Origin) -> None:
    first = origin.sha("main")
    for number in range(5):
        origin.commit("main", {"birds.bib": b"@misc{%d}\n" % number})
    origin.set("bot/issue-1", first)
    origin.commit("bot/issue-1", {"a": b"1"})
    clone = origin.clone("--depth=1", "--single-branch")
    assert git(clone, "rev-list", "--count", "HEAD") == b"1\n"
    checkout = Checkout(clone)
    branches = checkout.fetch("main")
    assert checkout.merge_base(branches["main"], branches["bot/issue-1"]) == first
    assert len(checkout.commits(branches["main"], since=first)) == 5
    assert checkout.fetch("main") == branches


def test_a_default_branch_of_another_name(origin: Origin, checkout: Checkout) -> None:
    origin.commit("release/2", {"a": b"1"})
    assert checkout.fetch("release/2") == {"release/2": origin.sha("release/2")}


def test_a_default_branch_below_the_bots_name(origin: Origin, checkout: Checkout) -> None:
    origin.commit("bot/main", {"a": b"1"})
    assert checkout.fetch("bot/main") == {"bot/main": origin.sha("bot/main")}


def test_a_default_branch_that_is_not_there(origin: Origin, checkout: Checkout) -> None:
    with pytest.raises(MissingError, match="origin has no branch trunk; `branch` in the configuration"):
        checkout.fetch("trunk")
    origin.commit("trunk/of/a/tree", {"a": b"1"})
    with pytest.raises(MissingError):
        checkout.fetch("trunk")


def test_a_default_branch_that_has_gone(origin: Origin, checkout: Checkout) -> None:
    checkout.fetch("main")
    origin.delete("main")
    with pytest.raises(MissingError):
        checkout.fetch("main")


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    empty = Origin(tmp_path)
    with pytest.raises(MissingError):
        Checkout(empty.clone()).fetch("main")


def test_a_clone_without_an_origin(origin: Origin) -> None:
    clone = origin.clone()
    git(clone, "remote", "remove", "origin")
    with pytest.raises(GitHubError, match="no remote `origin`"):
        Checkout(clone).fetch("main")


def test_a_folder_that_is_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(GitHubError, match="not a git repository"):
        Checkout(tmp_path).fetch("main")


def test_an_origin_that_is_gone(origin: Origin, tmp_path: Path) -> None:
    clone = origin.clone()
    origin.path.rename(tmp_path / "elsewhere.git")
    with pytest.raises(GitHubError, match="git fetch failed"):
        Checkout(clone).fetch("main")


def test_a_machine_without_git(origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = origin.clone()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitHubError, match="git is not installed here"):
        Checkout(clone).fetch("main")


# --- Reading ---------------------------------------------------------------------------------------------------------

ODD_NAMES = [
    "with blanks .bib",
    "ümläut/ÿ.bib",
    "tab\there",
    "line\nend",
    'quote"and\\slash',
    "-n",
    "is missing",
    "a:b",
    "HEAD",
    ":(glob)*",
    "data/sub/file",
]


def test_files_with_odd_names_are_listed_and_read(origin: Origin, checkout: Checkout) -> None:
    wanted = {name: f"{number}\n".encode() for number, name in enumerate(ODD_NAMES)}
    head = origin.commit("main", dict(wanted))
    checkout.fetch("main")
    files = checkout.files(head)
    assert files.keys() == {*ODD_NAMES, "birds.bib"}
    for name, data in wanted.items():
        blob = git(origin.path, "hash-object", "--stdin", data=data).decode().strip()
        assert files[name] == Blob(blob)
        if "\n" not in name:
            assert checkout.read(head, name) == data


def test_a_name_that_is_no_utf_8_is_kept(origin: Origin, checkout: Checkout) -> None:
    name = os.fsdecode(b"gr\xfc\xdfe.bib")
    head = origin.commit("main", {name: b"1"})
    checkout.fetch("main")
    assert name in checkout.files(head)
    assert checkout.read(head, name) == b"1"
    assert checkout.read(head, os.fsdecode(b"gr\xfc\xdf.bib")) is None


@pytest.mark.parametrize("data", [b"", b"\n", b"missing", b"a\r\nb\0c", bytes(range(256)) * 4096])
def test_a_file_is_read_byte_for_byte(origin: Origin, checkout: Checkout, data: bytes) -> None:
    head = origin.commit("main", {"birds.bib": data})
    checkout.fetch("main")
    assert checkout.read(head, "birds.bib") == data


def test_what_is_no_file_reads_as_nothing(origin: Origin, checkout: Checkout) -> None:
    origin.commit("main", {"data/more/owls.bib": b"1"})
    tree = git(origin.path, "rev-parse", "main^{tree}").decode().strip()
    listed = git(origin.path, "ls-tree", tree).decode()
    entries = f"{listed}160000 commit {'12' * 20}\tmodule\n"
    with_module = git(origin.path, "mktree", "--missing", data=entries.encode()).decode().strip()
    head = origin.commit_tree("main", with_module, [origin.sha("main")], b"With a submodule\n")
    checkout.fetch("main")
    for path in (
        "data",
        "data/more",
        "data/more/",
        "module",
        "nothing",
        "birds.bib/below",
        "",
        "data/../birds.bib",
        "a blob",
    ):
        assert checkout.read(head, path) is None, path
    assert checkout.read(head, "birds.bib\nend") is None
    assert checkout.read("12" * 20, "birds.bib") is None
    assert checkout.read("no-such-branch", "birds.bib") is None
    assert checkout.files(head)["module"] == Blob("12" * 20, "160000", "commit")


def test_links_and_programs_keep_their_modes(origin: Origin, checkout: Checkout) -> None:
    blob = git(origin.path, "hash-object", "-w", "--stdin", data=b"birds.bib").decode().strip()
    tree = git(origin.path, "mktree", data=f"120000 blob {blob}\tlink\n100755 blob {blob}\trun\n".encode())
    head = origin.commit_tree("main", tree.decode().strip(), [], b"Links\n")
    checkout.fetch("main")
    assert checkout.files(head) == {"link": Blob(blob, "120000"), "run": Blob(blob, "100755")}
    assert checkout.tree(head) == tree.decode().strip()


def test_a_commit_that_is_not_there_has_no_tree(checkout: Checkout) -> None:
    with pytest.raises(GitHubError, match="git rev-parse failed"):
        checkout.tree("12" * 20)
    with pytest.raises(GitHubError, match="git ls-tree failed"):
        checkout.files("12" * 20)


# --- History ---------------------------------------------------------------------------------------------------------


def test_where_two_branches_part(origin: Origin, checkout: Checkout) -> None:
    base = origin.sha("main")
    one, other = origin.commit("bot/issue-1", {"a": b"1"}), origin.commit("main", {"b": b"1"})
    checkout.fetch("main")
    assert checkout.merge_base(one, other) == base
    assert checkout.merge_base(base, one) == base


def test_histories_without_a_common_commit(origin: Origin, checkout: Checkout) -> None:
    alone = origin.commit("bot/issue-1", {"birds.bib": b"@misc{z}\n"}, orphan=True)
    main = checkout.fetch("main")["main"]
    assert checkout.merge_base(main, alone) is None
    assert [commit.sha for commit in checkout.commits(alone, since=main)] == [alone]


def test_a_merge_base_of_nothing_is_an_error(checkout: Checkout) -> None:
    main = checkout.fetch("main")["main"]
    with pytest.raises(GitHubError, match="git merge-base failed"):
        checkout.merge_base(main, "12" * 20)


MESSAGES = [
    b"",
    b"\n",
    b"One line",
    b"Subject\n\nBody\n\nBot-Tree: 1234\n",
    b"\n\n  Blank lines first",
    b"CRLF\r\n\r\nBody\r\n",
    "Grüße für Möwen ✓\n".encode(),
    b"no UTF-8: \xff\xfe\n",
    b"%H%n%x00 --all\n",
    b"commit 1234\nparent 5678\n",
]


def test_commits_are_told_with_their_messages_the_newest_first(origin: Origin, checkout: Checkout) -> None:
    since = origin.sha("main")
    made: list[tuple[str, str, tuple[str, ...], bytes]] = []
    for number, message in enumerate(MESSAGES):
        tree = git(origin.path, "mktree", data=b"").decode().strip() if number % 2 else f"{origin.sha('main')}^{{tree}}"
        tree = git(origin.path, "rev-parse", tree).decode().strip()
        parents = [made[-1][0] if made else since]
        made.append((origin.commit_tree("bot/issue-1", tree, parents, message), tree, tuple(parents), message))
    head = checkout.fetch("main")["bot/issue-1"]
    found = checkout.commits(head, since=since)
    assert [(commit.sha, commit.tree, commit.parents) for commit in found] == [one[:3] for one in reversed(made)]
    for commit, (*_, message) in zip(found, reversed(made), strict=True):
        assert commit.message.strip() == message.decode("utf-8", "replace").strip()
    assert checkout.commits(since, since=head) == []


def test_a_merge_names_both_parents_and_brings_the_commits_of_both(origin: Origin, checkout: Checkout) -> None:
    since = origin.sha("main")
    one, other = origin.commit("bot/issue-1", {"a": b"1"}), origin.commit("feature", {"b": b"1"})
    tree = git(origin.path, "rev-parse", f"{one}^{{tree}}").decode().strip()
    merge = origin.commit_tree("bot/issue-1", tree, [one, other], b"Merge\n")
    checkout.fetch("main")
    found = checkout.commits(merge, since=since)
    assert found[0].parents == (one, other)
    assert {commit.sha for commit in found} == {one, other, merge}


def test_a_parent_comes_after_its_children_whatever_the_clocks_said(origin: Origin, checkout: Checkout) -> None:
    since = origin.sha("main")
    tree = git(origin.path, "rev-parse", f"{since}^{{tree}}").decode().strip()
    parent = origin.commit_tree("bot/issue-1", tree, [since], b"Parent\n", seconds=1_700_003_000)
    slow = origin.commit_tree("bot/issue-1", tree, [parent], b"Slow\n", seconds=1_700_001_000)
    quick = origin.commit_tree("bot/issue-1", tree, [parent], b"Quick\n", seconds=1_700_002_000)
    merge = origin.commit_tree("bot/issue-1", tree, [slow, quick], b"Merge\n", seconds=1_700_000_000)
    checkout.fetch("main")
    found = [commit.sha for commit in checkout.commits(merge, since=since)]
    assert (found[0], {*found[1:3]}, found[3:]) == (merge, {slow, quick}, [parent])


# --- Changed lines ---------------------------------------------------------------------------------------------------


def test_lines_that_are_new_are_told_by_their_numbers(origin: Origin, checkout: Checkout) -> None:
    old = origin.commit("main", {"birds.bib": b"".join(b"%d\n" % number for number in range(1, 21))})
    lines = [b"top", *(b"%d" % number for number in range(1, 21) if number not in (5, 9)), b"one", b"two"]
    lines[lines.index(b"12")] = b"twelve"
    new = origin.commit("main", {"birds.bib": b"\n".join(lines) + b"\n", "other.bib": b"1\n"})
    checkout.fetch("main")
    found = checkout.changed_lines(old, new, "birds.bib")
    assert found == [(1, 1), (11, 11), (20, 21)]
    assert [lines[first - 1 : last] for first, last in found] == [[b"top"], [b"twelve"], [b"one", b"two"]]
    assert checkout.changed_lines(old, old, "birds.bib") == []
    assert checkout.changed_lines(old, new, "other.bib") == [(1, 1)]
    assert checkout.changed_lines(new, old, "other.bib") == []


def test_what_looks_like_a_difference_or_is_no_text_is_content(origin: Origin, checkout: Checkout) -> None:
    old = origin.commit("main", {"birds.bib": b"1\r\n", ".gitattributes": b"*.bib binary diff=odd\n"})
    new = origin.commit("main", {"birds.bib": b"1\r\n@@ -1 +7,3 @@\n\0\xff\r@@ -1 +8 @@\nno end"})
    checkout.fetch("main")
    assert checkout.changed_lines(old, new, "birds.bib") == [(2, 4)]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_lines_outside_of_those_that_are_new_were_there_before(
    checkout: Checkout, before: list[str], after: list[str]
) -> None:
    main = checkout.fetch("main")["main"]
    old, new = (checkout.draft((main,), {"a": "".join(f"{x}\n" for x in text).encode()}) for text in (before, after))
    found = checkout.changed_lines(old, new, "a")
    changed = {number for first, last in found for number in range(first, last + 1)}
    kept = [line for number, line in enumerate(after, 1) if number not in changed]
    rest = iter(before)
    assert all(line in rest for line in kept)  # in this order
    assert changed <= set(range(1, len(after) + 1))
    if len(after) > len(before):
        assert changed


# --- Merging and drafts ----------------------------------------------------------------------------------------------


def test_whether_two_branches_merge_is_asked_of_git(origin: Origin, checkout: Checkout) -> None:
    lines = [b"%d\n" % number for number in range(20)]
    origin.commit("main", {"birds.bib": b"".join(lines)})
    top = origin.commit("bot/issue-1", {"birds.bib": b"top\n" + b"".join(lines)})
    end = origin.commit("bot/issue-2", {"birds.bib": b"".join(lines) + b"end\n"})
    clash = origin.commit("bot/issue-3", {"birds.bib": b"another top\n" + b"".join(lines)})
    gone = origin.commit("bot/issue-4", {"birds.bib": None})
    main = checkout.fetch("main")["main"]
    assert checkout.merges_cleanly(main, top)
    assert checkout.merges_cleanly(top, end)
    assert not checkout.merges_cleanly(top, clash)
    assert not checkout.merges_cleanly(gone, end)
    assert checkout.merges_cleanly(main, gone)


def test_what_cannot_be_merged_at_all_is_an_error_and_no_conflict(origin: Origin, checkout: Checkout) -> None:
    alone = origin.commit("bot/issue-1", {"birds.bib": b"@misc{z}\n"}, orphan=True)
    main = checkout.fetch("main")["main"]
    with pytest.raises(GitHubError, match=r"git merge-tree failed: .*unrelated histories"):
        checkout.merges_cleanly(main, alone)


def test_a_draft_is_the_first_parent_with_other_files(origin: Origin, checkout: Checkout) -> None:
    main = origin.commit("main", {"data/more/owls.bib": b"1", "README.md": b"# Birds\n"})
    other = origin.commit("bot/issue-1", {"a": b"1"})
    checkout.fetch("main")
    files = {"data/more/owls.bib": b"2", "data/new/deep/wrens, and more.bib": b"\xff\r\n", "birds.bib": b""}
    draft = checkout.draft((main, other), files)
    for path, data in {**files, "README.md": b"# Birds\n"}.items():
        assert checkout.read(draft, path) == data
    assert checkout.files(draft).keys() == {*files, "README.md"}
    [first, *_] = checkout.commits(draft, since=main)
    assert first.parents == (main, other)


def test_a_draft_stays_in_the_clone_and_touches_nothing_that_is_checked_out(origin: Origin) -> None:
    clone = origin.clone()
    checkout = Checkout(clone)
    main = checkout.fetch("main")["main"]
    draft = checkout.draft((main,), {"birds.bib": b"@misc{z}\n"})
    assert git(clone, "status", "--porcelain") == b""
    assert (clone / "birds.bib").read_bytes() == b"@misc{a}\n"
    assert checkout.fetch("main") == {"main": main}
    with pytest.raises(GitError):
        git(origin.path, "cat-file", "-e", draft)


def test_a_draft_needs_nobodys_name(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    main = checkout.fetch("main")["main"]
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    for name, value in (("COUNT", "1"), ("KEY_0", "user.useConfigOnly"), ("VALUE_0", "true")):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    for name in SOMEBODY:
        monkeypatch.delenv(name, raising=False)
    assert checkout.read(checkout.draft((main,), {"a": b"1"}), "a") == b"1"


def test_a_draft_that_is_merged_tells_whether_the_merge_would_be_clean(origin: Origin, checkout: Checkout) -> None:
    head = origin.commit("bot/issue-1", {"birds.bib": b"@misc{b}\n"})
    main = origin.commit("main", {"birds.bib": b"@misc{c}\n"})
    checkout.fetch("main")
    assert not checkout.merges_cleanly(main, head)
    assert checkout.merges_cleanly(main, checkout.draft((head, main), {"birds.bib": b"@misc{d}\n"}))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.from_regex(r"[a-z]{1,3}(?:/[ -.0-~]{1,8}){0,2}\.bib", fullmatch=True), st.binary()))
def test_whatever_is_drafted_is_read_back(checkout: Checkout, files: dict[str, bytes]) -> None:
    folders = {str(parent) for path in files for parent in Path(path).parents}
    files = {path: data for path, data in files.items() if path not in folders and not path.startswith(".")}
    main = checkout.fetch("main")["main"]
    draft = checkout.draft((main,), files)
    assert {path: checkout.read(draft, path) for path in files} == files


# --- The token -------------------------------------------------------------------------------------------------------


class Server:
    """A server for https that takes note of the header by which a client names itself.

    It leads to another server, or says what branches a repository has and no more, or knows nothing.
    """

    def __init__(self, certificate: Path, *, leads_to: str = "", repository: Path | None = None) -> None:
        self.headers: list[str | None] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.headers.append(self.headers["Authorization"])
                if leads_to:
                    self.send_response(301)
                    self.send_header("Location", leads_to + self.path)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                elif repository:
                    # https://git-scm.com/docs/http-protocol#_smart_server_response
                    refs = git(repository, "upload-pack", "--stateless-rpc", "--advertise-refs", ".")
                    body = b"001e# service=git-upload-pack\n0000" + refs
                    self.send_response(200)
                    self.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                else:
                    self.send_error(404)

            def do_POST(self) -> None:
                server.headers.append(self.headers["Authorization"])
                self.send_error(404)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
                """The test keeps its own record."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.port = self._server.server_address[1]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate and its key in one file, for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("certificate") / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    return file


@pytest.fixture
def serve(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    """Makes such servers, which git trusts."""
    monkeypatch.setenv("GIT_SSL_CAINFO", str(certificate))
    monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    monkeypatch.setenv("GIT_ASKPASS", "true")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    made: list[Server] = []

    def make(**settings: Any) -> Server:
        made.append(Server(certificate, **settings))
        return made[-1]

    yield make
    for server in made:
        server.close()


def fetch_from(origin: Origin, address: str, server: str) -> tuple[Path, str]:
    """Fetch from an address where there is nothing to be had; the clone, and what the error says."""
    clone = origin.clone()
    git(clone, "remote", "set-url", "origin", address)
    with pytest.raises(GitHubError, match="git fetch failed") as raised:
        Checkout(clone, token=SECRET, server=server).fetch("main")
    return clone, str(raised.value)


def test_the_token_is_used_for_the_server_of_the_repository(origin: Origin, serve: Callable[..., Server]) -> None:
    server = serve()
    fetch_from(origin, f"https://localhost:{server.port}/octocat/birds", f"https://localhost:{server.port}")
    wanted = base64.b64encode(f"x-access-token:{SECRET}".encode()).decode()
    assert server.headers
    assert server.headers[0] == f"basic {wanted}"


def test_no_other_server_gets_it(origin: Origin, serve: Callable[..., Server]) -> None:
    server, other = serve(), serve()
    own = f"https://localhost:{server.port}"
    for address in (f"https://localhost:{other.port}/a/b", f"https://127.0.0.1:{other.port}/a/b"):
        fetch_from(origin, address, own)
    fetch_from(origin, f"https://127.0.0.1:{server.port}/a/b", own)
    assert len(other.headers) == 2
    assert {*server.headers, *other.headers} == {None}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_it_does_not_go_along_to_where_the_server_leads(
    origin: Origin, serve: Callable[..., Server], host: str
) -> None:
    other = serve(repository=origin.path)
    server = serve(leads_to=f"https://{host}:{other.port}")
    own = f"https://localhost:{server.port}"
    clone = origin.clone()
    origin.commit("main", {"news.bib": b"1"})
    git(clone, "remote", "set-url", "origin", f"{own}/octocat/birds")
    with pytest.raises(GitHubError, match="git fetch failed"):
        Checkout(clone, token=SECRET, server=own).fetch("main")
    assert server.headers
    assert {*other.headers} <= {None}
    with pytest.raises(GitHubError, match="git fetch failed"):
        Checkout(clone).fetch("main")
    assert len(other.headers) >= 2  # who brings no token is led on


def test_it_does_not_go_over_a_connection_in_the_clear(origin: Origin, tmp_path: Path) -> None:
    heard: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.headers["Authorization"])
            self.send_error(404)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """The test keeps its own record."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        port = server.server_address[1]
        for own in (f"http://localhost:{port}", f"https://localhost:{port}"):
            fetch_from(origin, f"http://localhost:{port}/octocat/birds", own)
        server.shutdown()
        thread.join()
    assert heard == [None, None]


def test_nobody_sees_it(origin: Origin, serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve()
    seen: list[str] = []
    run = subprocess.run

    def watched(arguments: list[str], **more: object) -> object:
        seen.extend(arguments)
        return run(arguments, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", watched)
    own = f"https://localhost:{server.port}"
    clone, said = fetch_from(origin, f"{own}/octocat/birds", own)
    encoded = base64.b64encode(f"x-access-token:{SECRET}".encode()).decode()
    everything = [*seen, said, *(path.read_text("latin-1") for path in clone.rglob("*") if path.is_file())]
    assert "fetch" in seen
    for text, secret in itertools.product(everything, (SECRET, encoded)):
        assert secret not in text


def test_without_a_token_none_is_sent(origin: Origin, serve: Callable[..., Server]) -> None:
    server = serve()
    clone = origin.clone()
    git(clone, "remote", "set-url", "origin", f"https://localhost:{server.port}/octocat/birds")
    with pytest.raises(GitHubError):
        Checkout(clone, server=f"https://localhost:{server.port}").fetch("main")
    assert server.headers
    assert set(server.headers) == {None}
