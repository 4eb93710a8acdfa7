"""Cut off anywhere: whatever happens to any request of a run, the next run ends in the same place.

An undisturbed run is recorded first. Then each of its requests fails in each way, and the run is ended there; a second
run follows, undisturbed. What stands in the repository afterwards has to be the same.
"""

import re
from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path
from pprint import pformat
from typing import Any

import pytest

from bot.github.errors import GitHubError
from tests.support.desk import BIRDS, PAPER, Bot, birds, form
from tests.support.emulator import CONTRIBUTORS
from tests.support.proxy import Fault
from tests.support.world import World

BIB = "data/birds.bib"
WRONG = {**PAPER, "year": "soon"}
ZED = "@misc{Zed2001,\n  author = {Zed, Zoe},\n  title = {Crows},\n  year = {2001},\n}\n"
TIMEOUT = 1


class Story:
    """A repository before a run, the run, and what it should come to however often it is cut off."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self._folder = folder
        self._runs = 0

    def file(self, answers: dict[str, str], who: int = 0) -> int:
        return self.world.person(CONTRIBUTORS[who]).file_issue("A form", form(answers), ["add-paper"])

    def bot(self) -> Bot:
        """A run of its own. It does not repeat requests, so that the first fault ends it."""
        self._runs += 1
        return Bot(self.world, self._folder / f"run-{self._runs}", timeout=TIMEOUT, retries=0)


def propose(story: Story) -> Callable[[Bot], object]:
    number = story.file(PAPER)
    return lambda bot: bot.respond(number)


def refuse(story: Story) -> Callable[[Bot], object]:
    number = story.file(WRONG)
    return lambda bot: bot.respond(number)


def follow_an_edit(story: Story) -> Callable[[Bot], object]:
    number = story.file(PAPER)
    story.bot().respond(number)
    story.world.person(CONTRIBUTORS[0]).edit_issue(number, body=form({**PAPER, "code": "https://example.org/code"}))
    return lambda bot: bot.respond(number)


def turn_red(story: Story) -> Callable[[Bot], object]:
    number = story.file(PAPER)
    story.bot().respond(number)
    story.world.person(CONTRIBUTORS[0]).edit_issue(number, body=form(WRONG))
    return lambda bot: bot.respond(number)


def obey(story: Story) -> Callable[[Bot], object]:
    number = story.file(PAPER)
    story.bot().respond(number)
    story.world.maintainer.comment(number, "/bot key Owls")
    return lambda bot: bot.respond(number)


def withdraw(story: Story) -> Callable[[Bot], object]:
    number = story.file(PAPER)
    story.bot().respond(number)
    story.world.person(CONTRIBUTORS[0]).close_issue(number)
    return lambda bot: bot.respond(number)


def note_a_merge(story: Story) -> Callable[[Bot], object]:
    number = story.file(PAPER)
    story.bot().respond(number)
    story.world.maintainer.merge(story.bot().pull(number)["number"])
    return lambda bot: bot.respond(number)


def note_a_refusal(story: Story) -> Callable[[Bot], object]:
    number = story.file(PAPER)
    story.bot().respond(number)
    pull = story.bot().pull(number)["number"]
    story.world.maintainer.close_pull(pull)
    event: dict[str, Any] = {"is_pull_request": True, "head_branch": f"bot/issue-{number}", "action": "closed"}
    return lambda bot: bot.respond(pull, **event, sender=story.world.maintainer.login)


def give_way(story: Story) -> Callable[[Bot], object]:
    first, second = story.file(PAPER), story.file(PAPER, 1)
    story.bot().respond(second)
    return lambda bot: (bot.respond(first), bot.respond(second))


def refresh(story: Story) -> Callable[[Bot], object]:
    number = story.file(PAPER)
    story.bot().respond(number)
    taken = ZED.replace("Zed2001", "Thoreau2019")
    story.world.maintainer.commit("main", {BIB: f"{BIRDS}\n{taken}".encode()})
    return lambda bot: bot.refresh()


def catch_up(story: Story) -> Callable[[Bot], object]:
    story.file(PAPER)
    story.file(WRONG, 1)
    return lambda bot: bot.refresh(catch_up=True)


# In the first ones each request fails in each way; in the others it is either done and not answered, or not done.
EVERY_WAY = (propose, follow_an_edit, refresh)
BOTH_WAYS = (refuse, turn_red, obey, withdraw, note_a_merge, note_a_refusal, give_way, catch_up)
CASES = [
    *((story, fault) for story in EVERY_WAY for fault in Fault),
    *((story, fault) for story in BOTH_WAYS for fault in (Fault.BEFORE, Fault.BAD_GATEWAY)),
]


def state(world: World) -> dict[str, Any]:
    """What people can see, without what differs from run to run: numbers given in turn, and commits' names."""
    issues = world.get("/issues?state=all&per_page=100")
    numbers = [issue["number"] for issue in issues]
    pulls = world.pulls()
    names = _names(pulls)
    talks = [*numbers, *(pull["number"] for pull in sorted(pulls, key=lambda pull: str(pull["head"]["ref"])))]
    branches = world.branches()
    return {
        "issues": [(issue["number"], issue["state"], world.labels(issue["number"])) for issue in issues],
        "comments": [[_plain(comment["body"], names) for comment in world.comments(number)] for number in talks],
        "pulls": sorted(
            (pull["head"]["ref"], pull["title"], pull["state"], _plain(pull["body"], names)) for pull in pulls
        ),
        "branches": sorted(branches),
        "files": {name: world.file(BIB, name) for name in branches},
        "pages": world.file("README.md"),
        "commits": {name: len(world.log(name)) for name in branches},
        "verdicts": {
            name: [(check["name"], check["conclusion"], check["output"]["title"]) for check in _checks(world, sha)]
            for name, sha in branches.items()
        },
    }


def shown(found: dict[str, Any]) -> list[str]:
    """The state line by line, so that a difference can be read."""
    return pformat(found, width=160).split("\n")


def _names(pulls: list[Any]) -> dict[str, str]:
    """Pull requests by their branch instead of by their number."""
    of_branch: dict[str, list[str]] = {}
    for pull in pulls:
        of_branch.setdefault(pull["head"]["ref"], []).append(f"#{pull['number']}")
    return {name: f"{branch}/{index}" for branch, found in of_branch.items() for index, name in enumerate(found)}


def _checks(world: World, sha: str) -> list[Any]:
    found: list[Any] = world.get(f"/commits/{sha}/check-runs?filter=all")["check_runs"]
    return found


def _plain(text: str, names: dict[str, str]) -> str:
    text = re.sub(r"#\d+", lambda match: names.get(match[0], match[0]), text)
    text = re.sub(r'"(verdict|head)":"[^"]*"', r'"\1":""', text)
    text = re.sub(r'"(merged|declined|withdrawn|comment|pull)":\d+', r'"\1":0', text)
    return re.sub(r"/list-\d+/blob/(?:[0-9a-f]{40}/)?", "/list/blob/", text)


@pytest.mark.parametrize(("story", "fault"), CASES, ids=[f"{story.__name__}-{fault}" for story, fault in CASES])
def test_a_run_that_is_cut_off_anywhere_is_finished_by_the_next_one(
    make_world: Callable[..., World],
    tmp_path: Path,
    story: Callable[[Story], Callable[[Bot], object]],
    fault: Fault,
) -> None:
    undisturbed = Story(make_world(birds()), tmp_path / "undisturbed")
    run = story(undisturbed)
    bot = undisturbed.bot()
    undisturbed.world.proxy.clear()
    run(bot)
    requests = len(undisturbed.world.proxy.requests)
    wanted = state(undisturbed.world)
    for number in range(1, requests + 1):
        cut = Story(make_world(birds()), tmp_path / f"cut-{number}")
        run = story(cut)
        bot = cut.bot()
        cut.world.proxy.clear()
        cut.world.proxy.arm(number, fault, for_good=True)
        with pytest.raises(GitHubError):
            run(bot)
        cut.world.proxy.clear()
        run(cut.bot())
        different = list(
            unified_diff(shown(wanted), shown(state(cut.world)), "undisturbed", "cut off", lineterm="", n=0)
        )
        assert different == [], f"request {number} of {requests}:\n" + "\n".join(different)
