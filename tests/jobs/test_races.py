"""Many runs at the same time, as GitHub starts them: nothing is lost, nothing is there twice."""

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.github.errors import GitHubError
from tests.support.desk import BIRDS, PAPER, Bot, birds, form
from tests.support.emulator import CONTRIBUTORS
from tests.support.world import World

BIB = "data/birds.bib"
NAMES = (
    *("Owls", "Wrens", "Crows", "Finches", "Larks", "Robins", "Swifts", "Terns", "Gulls", "Hawks"),
    *("Jays", "Kites", "Martins", "Nightjars", "Orioles", "Plovers", "Quails", "Ravens", "Storks", "Thrushes"),
)


def paper(name: str) -> dict[str, str]:
    return {**PAPER, "paper-title": f"{name} and the way in which they sing", "link": ""}


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world(birds())


def at_once(world: World, folder: Path, numbers: list[int]) -> None:
    """A run for each issue, all at the same time; like GitHub, one after the other for the same issue."""
    bots = [Bot(world, folder / f"run-{index}") for index in range(len(numbers))]
    groups: dict[int, list[Bot]] = {}
    for bot, number in zip(bots, numbers, strict=True):
        groups.setdefault(number, []).append(bot)

    def run(number: int) -> None:
        for bot in groups[number]:
            try:
                bot.respond(number)
            except GitHubError:
                continue  # which a later run makes up for

    with ThreadPoolExecutor(len(groups)) as pool:
        list(pool.map(run, groups))


def opened(world: World) -> list[str]:
    return sorted(pull["head"]["ref"] for pull in world.pulls() if pull["state"] == "open")


def new_keys(world: World, branch: str) -> list[str]:
    text = (world.file(BIB, branch) or b"").decode()
    return [key for key in re.findall(r"@\w+{(\w+),", text) if f"{{{key}," not in BIRDS]


def test_twenty_forms_within_a_second(world: World, tmp_path: Path) -> None:
    forms = [paper(name) for name in NAMES]
    forms[11] = {**forms[3], "paper-title": forms[3]["paper-title"].upper() + "."}  # one paper twice
    numbers = [
        world.person(login).file_issue("A form", form(answers), ["add-paper"])
        for login, answers in zip(CONTRIBUTORS, forms, strict=True)
    ]
    edited = numbers[7]

    def edit() -> None:
        world.person(CONTRIBUTORS[7]).edit_issue(edited, body=form({**forms[7], "note": "Heard twice"}))

    def push() -> None:
        text = BIRDS.replace("Birds of the eastern woods", "Birds of the Eastern Woods")
        world.maintainer.commit("main", {BIB: text.encode()})

    world.proxy.on_request(60, edit)
    world.proxy.on_request(90, push)
    at_once(world, tmp_path, [*numbers, edited])
    late = Bot(world, tmp_path / "late")
    late.refresh(catch_up=True)  # what the day's schedule does
    wanted = sorted(f"bot/issue-{number}" for number in numbers if number != numbers[11])
    assert opened(world) == wanted
    assert {branch for branch in world.branches() if branch.startswith("bot/issue-")} == set(wanted)
    keys = Counter(key for branch in wanted for key in new_keys(world, branch))
    assert sum(keys.values()) == 19
    assert max(keys.values()) == 1
    for number in numbers:
        assert len([one for one in world.comments(number) if "<!-- bot:answer " in one["body"]]) == 1
    assert f"#{numbers[3]}" in late.comment(numbers[11])
    assert "note = {Heard twice}" in (world.file(BIB, f"bot/issue-{edited}") or b"").decode()
    world.proxy.clear()
    Bot(world, tmp_path / "again").refresh(catch_up=True)
    assert [one for one in world.proxy.writes if not one.path.endswith("/enable")] == []


def test_two_runs_for_one_issue_end_with_one_pull_request_and_one_comment(world: World, tmp_path: Path) -> None:
    number = world.person(CONTRIBUTORS[0]).file_issue("A form", form(PAPER), ["add-paper"])
    bots = [Bot(world, tmp_path / f"run-{index}") for index in range(4)]

    def run(bot: Bot) -> None:
        try:
            bot.respond(number)
        except GitHubError:
            return  # which a later run makes up for

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, bots))
    last = Bot(world, tmp_path / "last")
    last.respond(number)
    assert opened(world) == [f"bot/issue-{number}"]
    assert len(world.comments(number)) == 1
    assert new_keys(world, f"bot/issue-{number}") == ["Thoreau2019"]


def test_an_edit_while_its_run_goes_on_is_proposed_by_the_next_run(world: World, tmp_path: Path) -> None:
    number = world.person(CONTRIBUTORS[0]).file_issue("A form", form(PAPER), ["add-paper"])
    bot = Bot(world, tmp_path / "run")
    changed = form({**PAPER, "year": "2020"})
    world.proxy.on_request(4, lambda: world.person(CONTRIBUTORS[0]).edit_issue(number, body=changed))
    bot.respond(number)
    bot.respond(number)
    assert new_keys(world, f"bot/issue-{number}") == ["Thoreau2020"]
    assert bot.pull(number)["title"].startswith("Add Thoreau2020")


def test_a_person_who_commits_while_a_run_goes_on_loses_nothing(world: World, tmp_path: Path) -> None:
    number = world.person(CONTRIBUTORS[0]).file_issue("A form", form(PAPER), ["add-paper"])
    bot, branch = Bot(world, tmp_path / "run"), f"bot/issue-{number}"
    bot.respond(number)
    world.person(CONTRIBUTORS[0]).edit_issue(number, body=form({**PAPER, "note": "Heard twice"}))
    text = bot.bibliography(branch) + "\n% mine\n"
    world.proxy.clear()
    before_the_move = 7  # issue, comments, account, pull requests; tree, commit
    world.proxy.on_request(before_the_move, lambda: world.maintainer.commit(branch, {BIB: text.encode()}))
    bot.respond(number)
    after = bot.bibliography(branch)
    assert "% mine" in after
    assert "note = {Heard twice}" in after
