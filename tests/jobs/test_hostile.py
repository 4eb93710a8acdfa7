"""What people can do to the bot and to each other by forms, comments and branches, and cannot."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.github.errors import GitHubError
from tests.support.desk import BIRDS, PAPER, Bot, birds, form
from tests.support.emulator import CONTRIBUTORS, STRANGER
from tests.support.world import World

BIB = "data/birds.bib"
LIMIT = 65_536
"""How many characters GitHub takes for a comment or the text of a pull request."""

PREPRINT = """
@unpublished{Thoreau2018,
  author = {Thoreau, Henry David},
  title = {Listening to owls at night},
  year = {2018},
  eprint = {1801.00001},
  archiveprefix = {arXiv},
}
"""
TWO_FOR_ONE = """\
@article{a, author={Thoreau, Henry David}, title={Listening to owls at night}, year={2019},
  journal={J}, doi={10.1234/a}}
@article{b, author={Emerson, R}, title={A different thing}, year={2019}, journal={J}, doi={10.1234/b},
  eprint={1801.00001}, archiveprefix={arXiv}}
"""


def file(world: World, answers: dict[str, str], who: int = 0) -> int:
    return world.person(CONTRIBUTORS[who]).file_issue("A form", form(answers), ["add-paper"])


def writes_again(world: World, bot: Bot, number: int) -> int:
    world.proxy.clear()
    bot.respond(number)
    return len(world.proxy.writes)


def test_one_form_that_wants_two_things_at_once_stops_nobody_else(
    make_world: Callable[..., World], tmp_path: Path
) -> None:
    world = make_world({**birds(), BIB: (BIRDS + PREPRINT).encode()})
    bot = Bot(world, tmp_path / "clone")
    both = file(world, {"bibtex": TWO_FOR_ONE})
    innocent = file(world, {**PAPER, "paper-title": "Something else", "year": "2001"}, 1)
    bot.refresh(catch_up=True)
    assert bot.pull(innocent)["state"] == "open"
    assert "bot:answer" in bot.comment(both)


@pytest.mark.parametrize("word", ["A" * 60_000, "é" * 15_000])
def test_a_strangers_command_leaves_room_for_the_answer(world: World, bot: Bot, word: str) -> None:
    number = file(world, PAPER)
    world.person(STRANGER).comment(number, f"/bot key {word}")
    bot.respond(number)
    assert len(bot.comment(number)) <= LIMIT
    assert writes_again(world, bot, number) == 0


def test_a_strangers_many_commands_push_out_nothing_that_a_maintainer_decided(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    world.maintainer.comment(number, "/bot key Owls2019")
    bot.respond(number)
    for part in range(6):
        world.person(STRANGER).comment(number, "\n".join(f"/bot key K{part}x{line}" for line in range(20)))
    bot.respond(number)
    assert writes_again(world, bot, number) == 0
    assert "Owls2019" in bot.pull(number)["title"]


@pytest.mark.parametrize(
    "added",
    [
        "\n@article{Broken,\n  title = {x\n",
        "\n@misc{Audubon1838,\n  title = {Twice},\n  author = {A, B},\n  year = {2001},\n}\n",
        "\n@misc{Zed2014,\n  title = {X},\n  author = {Z, Z},\n  year = {2014},\n  doi = {10.7717/peerj.488},\n}\n",
    ],
)
def test_what_people_break_on_a_branch_is_not_green(world: World, bot: Bot, added: str) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    text = bot.bibliography(f"bot/issue-{number}") + added
    world.maintainer.commit(f"bot/issue-{number}", {BIB: text.encode()})
    bot.respond(number)
    assert bot.verdict(number) == "failure"
    assert writes_again(world, bot, number) == 0


def test_a_branch_without_the_bibliography_is_not_green(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    world.maintainer.commit(f"bot/issue-{number}", {BIB: None})
    bot.respond(number)
    assert bot.verdict(number) == "failure"


def test_what_was_accepted_stays_so_when_a_person_edits_the_entry(world: World, bot: Bot) -> None:
    number, branch = file(world, {**PAPER, "year": "1700"}), "bot/issue-1"
    world.maintainer.comment(number, "/bot accept year-range")
    bot.respond(number)
    text = bot.bibliography(branch).replace("owls at night", "{Owls} at night")
    world.maintainer.commit(branch, {BIB: text.encode()})
    bot.respond(number)
    assert bot.verdict(number) == "success"


def test_a_fence_that_a_person_left_open_hides_no_offer(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    pull = bot.pull(number)
    world.maintainer.edit_pull(pull["number"], body="```\nsee my notes\n\n" + pull["body"])
    bot.respond(number)
    assert writes_again(world, bot, number) == 0
    bot.respond(file(world, PAPER, 1))
    assert [one["state"] for one in world.pulls()].count("open") == 1


def test_a_proposal_that_a_person_merged_elsewhere_is_not_merged(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    world.maintainer.commit("stable", {"x.txt": b"x"})
    pull = bot.pull(number)["number"]
    world.maintainer.edit_pull(pull, base="stable")
    world.maintainer.merge(pull)
    bot.respond(number)
    assert world.issue(number)["state"] == "open"
    assert "Thoreau2019" not in bot.bibliography()


def test_a_branch_that_has_nothing_in_common_is_told_and_left(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    world.maintainer.replace_history(f"bot/issue-{number}")
    world.proxy.clear()
    with pytest.raises(GitHubError, match="nothing in common"):
        bot.respond(number)
    assert world.proxy.writes == []


def test_a_branch_without_an_issue_is_left(world: World, bot: Bot) -> None:
    world.maintainer.commit("bot/issue-999", {BIB: f"{BIRDS}\n".encode()})
    assert any("#999" in line for line in bot.refresh())


def test_a_page_in_another_encoding_is_not_written_over_and_proposals_go_on(
    make_world: Callable[..., World], tmp_path: Path
) -> None:
    files = birds()
    world = make_world({**files, "README.md": b"# V\xf6gel\n" + files["README.md"]})
    bot, number = Bot(world, tmp_path / "clone"), file(world, PAPER)
    with pytest.raises(GitHubError, match=r"README\.md: not UTF-8 text"):
        bot.refresh(catch_up=True)
    assert (world.file("README.md") or b"").startswith(b"# V\xf6gel")
    assert bot.pull(number)["state"] == "open"


def test_a_paper_whose_link_is_somebodys_issue_leaves_no_trace_there(world: World, bot: Bot) -> None:
    number = file(world, {**PAPER, "link": "https://github.com/octocat/victim/issues/1"})
    bot.respond(number)
    for text in (bot.comment(number), bot.pull(number)["body"]):
        assert "](https://github.com/octocat" not in text
        assert "](https://redirect.github.com/octocat/victim/issues/1)" in text
    assert "link = {https://github.com/octocat/victim/issues/1}" in bot.bibliography(f"bot/issue-{number}")
