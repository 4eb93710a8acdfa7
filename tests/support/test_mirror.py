"""The mirror and the people, held to what git itself makes of the same."""

import base64
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.emulator import CONTRIBUTORS, STRANGER, ApiError
from tests.support.fixtures import MakeWorld
from tests.support.git import git
from tests.support.mirror import Mirror, MirrorError
from tests.support.people import ConflictError
from tests.support.world import World

FILES = {
    "list.bib": b"@misc{A}\n",
    "docs/a.md": b"A\n",
    "docs/b/c.md": "é\n".encode(),
    "fig/x": b"\xff\x00",
    "docs.md": b"\r\n",
}


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world(FILES)


def files_of(folder: Path) -> dict[str, bytes]:
    names = git(folder, "ls-files", "-z").decode().rstrip("\0").split("\0")
    return {name: (folder / name).read_bytes() for name in names}


def write(clone: Path, files: Mapping[str, bytes], *, message: str = "By hand") -> str:
    for name, data in files.items():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_bytes(data)
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", message)
    return git(clone, "rev-parse", "HEAD").decode().strip()


def test_a_clone_holds_the_files_that_the_world_was_made_with(world: World, tmp_path: Path) -> None:
    assert files_of(world.clone(tmp_path / "clone")) == FILES


def test_git_finds_nothing_wrong_with_the_mirror(world: World) -> None:
    world.person(CONTRIBUTORS[0]).file_issue("Title", "Body")
    world.maintainer.commit("other", {"docs/b/c.md": None, "docs/new": b"new\n", "fig": None, "fig.svg": b"<svg/>"})
    world.maintainer.commit("other", {"docs/new": b"newer\n"}, "Zürich\n\nwith a body\n")
    git(world.mirror.path, "fsck", "--full", "--strict")
    assert world.log("other") == ["Zürich", "Edit", "The list"]
    assert world.log("other", "%b")[0].strip() == "with a body"


def test_what_the_api_changes_is_there_to_be_fetched(world: World, tmp_path: Path) -> None:
    clone = world.clone(tmp_path / "clone")
    sha = world.maintainer.commit("main", {"list.bib": b"@misc{B}\n", "docs/a.md": None})
    git(clone, "pull", "--quiet")
    assert git(clone, "rev-parse", "HEAD").decode().strip() == sha
    assert files_of(clone) == {name: data for name, data in FILES.items() if name != "docs/a.md"} | {
        "list.bib": b"@misc{B}\n"
    }


def test_a_branch_that_goes_is_gone_in_the_mirror(world: World) -> None:
    world.maintainer.commit("other", {"a": b"1"})
    assert set(world.branches()) == {"main", "other"}
    world.maintainer.delete_branch("other")
    assert git(world.mirror.path, "for-each-ref", "--format=%(refname)") == b"refs/heads/main\n"


def test_two_repositories_know_nothing_of_each_other(make_world: MakeWorld) -> None:
    one, other = make_world(FILES), make_world({"list.bib": b""}, branch="master")
    one.maintainer.file_issue("Title", "Body")
    assert (one.name != other.name, other.get("/issues"), other.branch) == (True, [], "master")
    assert other.file("list.bib") == b""
    assert other.file("docs/a.md") is None


def test_what_git_has_made_keeps_its_name_in_the_emulator(world: World, tmp_path: Path) -> None:
    clone = world.clone(tmp_path / "clone")
    write(clone, {"docs/b/d/e.md": b"deep\n", "bin": bytes(range(256))}, message="One\n\nmore")
    git(clone, "mv", "docs/a.md", "a.md")
    (clone / "run").write_bytes(b"#!/bin/sh\n")
    (clone / "run").chmod(0o755)
    (clone / "link").symlink_to("run")
    last = write(clone, {"docs/b/c.md": b"changed\n"}, message="Two")
    assert world.person("maintainer").push(clone, "main") == last
    assert world.branches() == {"main": last}
    assert world.get("/branches/main")["commit"]["sha"] == last
    assert world.get(f"/git/commits/{last}")["message"] == "Two\n"
    assert base64.b64decode(world.get("/contents/bin")["content"]) == bytes(range(256))
    assert git(world.mirror.path, "diff", "--name-only", last, git(clone, "rev-parse", "HEAD").decode().strip()) == b""
    again = world.clone(tmp_path / "again")
    assert files_of(again) == files_of(clone)
    assert os.access(again / "run", os.X_OK)


def test_a_merge_made_by_hand_is_pushed_with_both_its_parents(world: World, tmp_path: Path) -> None:
    other = world.maintainer.commit("other", {"b": b"2\n"})
    clone = world.clone(tmp_path / "clone")
    mine = write(clone, {"a": b"1\n"})
    git(clone, "merge", "--quiet", "--no-edit", "origin/other")
    merged = world.maintainer.push(clone, "main")
    assert [parent["sha"] for parent in world.get(f"/git/commits/{merged}")["parents"]] == [mine, other]


def test_other_time_zones_and_strange_names_keep_their_commit(world: World, tmp_path: Path) -> None:
    clone = world.clone(tmp_path / "clone")
    when = {"GIT_AUTHOR_DATE": "2024-02-29T23:30:00-0330", "GIT_COMMITTER_DATE": "2024-03-01T12:00:01+1245"}
    (clone / "a").write_bytes(b"1")
    git(clone, "add", "a")
    git(clone, "commit", "--quiet", "--message", "Far", "--author", 'Jürgen "J" Ω <j+1@example.org>', environment=when)
    head = git(clone, "rev-parse", "HEAD").decode().strip()
    assert world.maintainer.push(clone, "main") == head
    assert world.log(form="%an|%ae|%ad|%cd")[0] == (
        'Jürgen "J" Ω|j+1@example.org|Thu Feb 29 23:30:00 2024 -0330|Fri Mar 1 12:00:01 2024 +1245'
    )


def test_a_commit_that_the_api_cannot_make_is_replaced_by_the_one_that_it_made(world: World, tmp_path: Path) -> None:
    clone = world.clone(tmp_path / "clone")
    tree = git(clone, "write-tree").decode().strip()
    head = git(clone, "rev-parse", "HEAD").decode().strip()
    who = "A <a@example.org> 1700000000 +0000"
    raw = f"tree {tree}\nparent {head}\nauthor {who}\ncommitter {who}\n\nno line feed at the end"
    odd = git(clone, "hash-object", "-w", "-t", "commit", "--stdin", data=raw.encode()).decode().strip()
    git(clone, "reset", "--quiet", "--hard", odd)
    pushed = world.maintainer.push(clone, "main")
    assert pushed != odd
    assert world.branches() == {"main": pushed}
    git(clone, "fetch", "--quiet", "origin")
    assert git(clone, "rev-parse", "origin/main").decode().strip() == pushed


def test_a_push_never_goes_over_what_somebody_else_has_done(world: World, tmp_path: Path) -> None:
    clone = world.clone(tmp_path / "clone")
    write(clone, {"a": b"mine"})
    sha = world.maintainer.commit("main", {"a": b"theirs"})
    with pytest.raises(ApiError, match=r"422.*fast-forward"):
        world.maintainer.push(clone, "main")
    assert world.branches() == {"main": sha}


def test_a_wrong_name_is_found_out(world: World, tmp_path: Path) -> None:
    class Liar:
        def call(self, method: str, path: str, token: str) -> object:
            if path.endswith("/matching-refs/heads/"):
                return [{"ref": "refs/heads/main", "object": {"sha": "1" * 40}}]
            honest = world.branches()["main"]
            return world.get(path.removeprefix("/repos/somebody/else").replace("1" * 40, honest))

    mirror = Mirror(tmp_path / "other.git", Liar(), "somebody/else", "token", "main")  # type: ignore[arg-type]
    with pytest.raises(MirrorError, match=f"a commit {'1' * 40} that git calls {world.branches()['main']}"):
        mirror.update()


# --- Merging ---------------------------------------------------------------------------------------------------------


def text(**lines: str) -> bytes:
    return "".join(f"{name}: {value}\n\n\n\n" for name, value in lines.items()).encode()


def test_a_merge_keeps_what_both_sides_have_done(make_world: MakeWorld) -> None:
    world = make_world({"list.bib": text(a="1", b="1", c="1")})
    person = world.maintainer
    person.commit("bot/issue-1", {"list.bib": text(a="2", b="1", c="1")})
    number = person.open_pull("bot/issue-1", "Add A", "Closes #1")
    person.commit("bot/issue-1", {"new": b"after it was opened\n"})
    before = person.commit("main", {"list.bib": text(a="1", b="1", c="3")})
    head = world.branches()["bot/issue-1"]
    sha = person.merge(number)
    assert world.file("list.bib") == text(a="2", b="1", c="3")
    assert world.file("new") == b"after it was opened\n"
    assert world.branches() == {"main": sha, "bot/issue-1": head}
    assert [parent["sha"] for parent in world.get(f"/git/commits/{sha}")["parents"]] == [before, head]
    (pull,) = world.pulls("bot/issue-1")
    assert (pull["merged"], pull["state"], pull["base"]["ref"]) == (True, "closed", "main")
    assert pull["merged_at"]
    git(world.mirror.path, "fsck", "--full", "--strict")


def test_a_squash_leaves_one_commit_with_one_parent(make_world: MakeWorld) -> None:
    world = make_world({"a": b"1"})
    world.maintainer.commit("x", {"a": b"2"})
    world.maintainer.commit("x", {"a": b"3"})
    world.maintainer.merge(world.maintainer.open_pull("x", "Title"), squash=True)
    assert world.log() == ["Title (#1)", "The list"]
    assert world.file("a") == b"3"


def test_a_conflict_is_not_merged(make_world: MakeWorld) -> None:
    world = make_world({"a": b"1\n"})
    world.maintainer.commit("x", {"a": b"2\n"})
    number = world.maintainer.open_pull("x", "Title")
    sha = world.maintainer.commit("main", {"a": b"3\n"})
    with pytest.raises(ConflictError):
        world.maintainer.merge(number)
    assert world.branches()["main"] == sha
    assert world.pulls()[0]["state"] == "open"


# --- Issues ----------------------------------------------------------------------------------------------------------


def test_an_issue_is_filed_edited_labelled_answered_closed_and_reopened(world: World) -> None:
    person = world.person(CONTRIBUTORS[2])
    number = person.file_issue("Title", "One\r\ntwo", ["add-paper"])
    person.edit_issue(number, body="Three")
    person.comment(number, "First")
    world.maintainer.comment(number, "Second")
    world.maintainer.label(number, "needs info", "declined")
    world.maintainer.unlabel(number, "needs%20info")
    issue = world.issue(number)
    assert (issue["title"], issue["body"], issue["user"]["login"]) == ("Title", "Three", CONTRIBUTORS[2])
    assert world.labels(number) == {"add-paper", "declined"}
    assert [comment["body"] for comment in world.comments(number)] == ["First", "Second"]
    world.maintainer.close_issue(number, "not_planned")
    closed = world.issue(number)
    assert (closed["state"], closed["state_reason"], closed["closed_by"]["login"]) == (
        "closed",
        "not_planned",
        "maintainer",
    )
    person.reopen_issue(number)
    assert world.issue(number)["state"] == "open"


def test_all_comments_are_listed_however_many_there_are(world: World) -> None:
    number = world.maintainer.file_issue("Title", "Body")
    for at in range(105):
        world.maintainer.comment(number, str(at))
    assert [comment["body"] for comment in world.comments(number)] == [str(at) for at in range(105)]


def test_only_those_with_write_permission_may_commit(world: World) -> None:
    with pytest.raises(ApiError) as caught:
        world.person(STRANGER).commit("main", {"a": b"1"})
    assert caught.value.status == 403
    world.add_collaborator(STRANGER)
    world.person(STRANGER).commit("main", {"a": b"1"})
    assert world.file("a") == b"1"


def test_a_pull_request_is_closed_and_reopened(world: World) -> None:
    world.maintainer.commit("x", {"a": b"1"})
    number = world.maintainer.open_pull("x", "Title", "Body")
    world.maintainer.close_pull(number)
    assert [(pull["state"], pull["merged"]) for pull in world.pulls()] == [("closed", False)]
    world.maintainer.reopen_pull(number)
    assert [pull["state"] for pull in world.pulls()] == ["open"]


def test_the_name_of_an_object_is_git_s(world: World) -> None:
    data = b"what is to be hashed"
    assert world.mirror.write("blob", data) == hashlib.sha1(b"blob 20\0" + data).hexdigest()
    assert git(world.mirror.path, "hash-object", "--stdin", data=data).decode().strip() == world.mirror.write(
        "blob", data
    )
