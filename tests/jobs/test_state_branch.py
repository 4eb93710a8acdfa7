"""The branch of what is remembered, against the emulator and git."""

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.github.errors import GitHubError, MovedError
from bot.jobs.state_branch import read, write
from bot.links.schedule import MOST_SHARDS
from tests.jobs.conftest import MakeBot
from tests.support.desk import Bot, birds
from tests.support.git import git
from tests.support.proxy import Answer, Fault
from tests.support.world import World

STATE = "bot-state"
ONE, TWO = "links/00.jsonl", "links/01.jsonl"


def test_where_there_is_no_branch_nothing_is_remembered(bot: Bot) -> None:
    assert read(bot.desk()) == (None, {})


def test_the_first_commit_has_no_history_and_nothing_of_the_list(world: World, bot: Bot) -> None:
    files = {ONE: b"one\n", TWO: "zwei: ü\n".encode()}
    head = write(bot.desk(), None, files, "Look at the links")
    assert read(bot.desk()) == (head, files)
    assert world.log(STATE) == ["Look at the links"]
    assert world.log(STATE, "%P") == [""]
    assert git(world.mirror.path, "ls-tree", "-r", "--name-only", STATE).decode().split() == [ONE, TWO]


def test_what_is_written_later_follows_and_leaves_other_files_alone(world: World, bot: Bot) -> None:
    first = write(bot.desk(), None, {ONE: b"one\n", TWO: b"two\n"}, "First")
    second = write(bot.desk(), first, {TWO: b"2\n"}, "Second")
    assert read(bot.desk()) == (second, {ONE: b"one\n", TWO: b"2\n"})
    third = write(bot.desk(), second, {ONE: None}, "Third")
    assert read(bot.desk()) == (third, {TWO: b"2\n"})
    assert world.log(STATE) == ["Third", "Second", "First"]


def test_any_bytes_come_back(bot: Bot) -> None:
    files = {ONE: bytes(range(256)), TWO: b"", "links/long": b"0123456789\n" * 20_000, "links/ä b": b"\n\n"}
    write(bot.desk(), None, files, "Bytes")
    assert read(bot.desk())[1] == files


def test_files_elsewhere_on_the_branch_are_not_read_and_stay(world: World, bot: Bot) -> None:
    first = write(bot.desk(), None, {ONE: b"one\n"}, "First")
    world.maintainer.commit(STATE, {"README.md": b"Leave it\n", "linksmith": b"no\n"})
    found, files = read(bot.desk())
    assert files == {ONE: b"one\n"}
    assert found != first
    write(bot.desk(), found, {ONE: b"1\n"}, "Second")
    assert world.file("README.md", STATE) == b"Leave it\n"


def test_where_nothing_differs_nothing_is_written(world: World, bot: Bot) -> None:
    head = write(bot.desk(), None, {ONE: b"one\n"}, "First")
    world.proxy.clear()
    assert write(bot.desk(), head, {ONE: b"one\n", TWO: None}, "Again") == head
    assert world.proxy.writes == []
    assert write(bot.desk(), None, {}, "Nothing") == head


def test_shards_that_write_at_once_keep_each_others_files(world: World, make_bot: MakeBot) -> None:
    head = write(make_bot().desk(), None, {ONE: b"", TWO: b""}, "First")
    desk = make_bot().desk()
    world.proxy.clear()
    other = make_bot().desk()
    # Right before the branch would move, and once before that.
    world.proxy.on_request(4, lambda: write(other, head, {TWO: b"two\n"}, "Theirs"))
    write(desk, head, {ONE: b"one\n"}, "Ours")
    assert read(desk)[1] == {ONE: b"one\n", TWO: b"two\n"}
    assert world.log(STATE) == ["Ours", "Theirs", "First"]


def test_two_that_make_the_branch_at_once_both_find_their_files_there(world: World, make_bot: MakeBot) -> None:
    desk, other = make_bot().desk(), make_bot().desk()
    world.proxy.clear()
    world.proxy.on_request(2, lambda: write(other, None, {TWO: b"two\n"}, "Theirs"))
    write(desk, None, {ONE: b"one\n"}, "Ours")
    assert read(desk)[1] == {ONE: b"one\n", TWO: b"two\n"}


def test_what_somebody_else_has_written_meanwhile_is_not_overwritten(world: World, make_bot: MakeBot) -> None:
    first = write(make_bot().desk(), None, {ONE: b"one\n", TWO: b"two\n"}, "First")
    second = write(make_bot().desk(), first, {ONE: b"theirs\n"}, "Theirs")
    with pytest.raises(MovedError, match=ONE):
        write(make_bot().desk(), first, {ONE: b"ours\n"}, "Ours")
    with pytest.raises(MovedError, match=ONE):
        write(make_bot().desk(), None, {ONE: b"ours\n"}, "Ours")
    desk = make_bot().desk()
    assert read(desk)[0] == second
    # What is the same on both sides is no matter, nor is what they have not written.
    write(desk, first, {ONE: b"theirs\n", TWO: b"ours\n"}, "Ours")
    assert read(desk)[1] == {ONE: b"theirs\n", TWO: b"ours\n"}


def test_a_branch_that_keeps_moving_is_given_up(world: World, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.github.repository._PAUSE", 0)
    head = write(bot.desk(), None, {ONE: b"one\n"}, "First")
    world.proxy.answer("PATCH", "/git/refs/heads/bot-state$", Answer(422, {"message": "Update is not a fast forward"}))
    pauses: list[float] = []
    with pytest.raises(MovedError, match="moves faster"):
        write(bot.desk(), head, {ONE: b"1\n"}, "Second", sleep=pauses.append)
    assert len(pauses) == 19
    assert len(set(pauses)) > 10
    assert min(pauses) >= 0
    assert pauses[0] <= 1
    assert 5 < max(pauses) <= 30


def test_as_many_as_there_are_shards_can_write_at_once(world: World, make_bot: MakeBot) -> None:
    head = write(make_bot().desk(), None, {ONE: b"", TWO: b""}, "First")
    desks = [make_bot().desk() for _ in range(MOST_SHARDS)]
    files = {f"links/{number}.jsonl": str(number).encode() for number in range(MOST_SHARDS)}

    def send(number: int) -> None:
        name = f"links/{number}.jsonl"
        write(desks[number], head, {name: files[name]}, name)

    with ThreadPoolExecutor(MOST_SHARDS) as threads:
        list(threads.map(send, range(MOST_SHARDS)))
    assert read(make_bot().desk())[1] == {ONE: b"", TWO: b"", **files}
    assert len(world.log(STATE)) == MOST_SHARDS + 1


def test_a_branch_that_was_deleted_is_made_anew(world: World, bot: Bot) -> None:
    head = write(bot.desk(), None, {ONE: b"one\n", TWO: b"two\n"}, "First")
    world.maintainer.delete_branch(STATE)
    write(bot.desk(), head, {ONE: b"1\n", TWO: None}, "Second")
    assert read(bot.desk())[1] == {ONE: b"1\n"}


def test_reading_it_leaves_the_clone_as_it_was(world: World, bot: Bot) -> None:
    write(bot.desk(), None, {ONE: b"one\n"}, "First")
    before = git(bot.clone, "for-each-ref"), (bot.clone / ".git" / "shallow").exists()
    read(bot.desk())
    assert (git(bot.clone, "for-each-ref"), (bot.clone / ".git" / "shallow").exists()) == before
    assert set(bot.desk().checkout.fetch("main")) == {"main"}


def test_a_repository_that_cannot_be_read_is_an_error_and_no_lost_memory(world: World, bot: Bot) -> None:
    subprocess.run(["git", "remote", "set-url", "origin", "nowhere"], cwd=bot.clone, check=True)
    with pytest.raises(GitHubError, match="git fetch failed"):
        read(bot.desk())


@pytest.mark.parametrize("fault", [Fault.BEFORE, Fault.AFTER, Fault.BAD_GATEWAY])
@pytest.mark.parametrize("is_new", [True, False])
def test_a_run_that_is_cut_off_anywhere_is_finished_by_the_next_one(
    make_world: Callable[..., World], tmp_path: Path, is_new: bool, fault: Fault
) -> None:
    number, wanted = 0, {ONE: b"one\n" * 30_000, TWO: b"\xff"}
    while True:
        number += 1
        world = make_world(birds())
        bot = Bot(world, tmp_path / f"{number}", timeout=1, retries=0)
        head = None if is_new else write(bot.desk(), None, {ONE: b"0", TWO: b"0"}, "First")
        world.proxy.clear()
        world.proxy.arm(number, fault, for_good=True)
        try:
            write(bot.desk(), head, wanted, "Second")
        except GitHubError:
            world.proxy.clear()
            write(bot.desk(), read(bot.desk())[0], wanted, "Second")
            assert read(bot.desk())[1] == wanted
            assert world.log(STATE) == (["Second"] if is_new else ["Second", "First"])
        else:
            break
    assert number > 6
