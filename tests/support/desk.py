"""The bot at work on one repository of the emulator, in this process: quicker than a workflow, and as real."""

import datetime
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from bot.forms.body import render_body
from bot.forms.template import Template, read_template
from bot.github.checkout import Checkout
from bot.github.event import Event
from bot.github.repository import connect
from bot.jobs.inquiry import Ask
from bot.jobs.refresh import refresh
from bot.jobs.respond import issue_number, respond
from bot.jobs.situation import Desk
from tests.support.world import World

ROOT = Path(__file__).parents[2]
ADD, CORRECT = ".github/ISSUE_TEMPLATE/add-paper.yml", ".github/ISSUE_TEMPLATE/correct-paper.yml"
NOTHING = Event("", "", "", "", None, False, "")

# A list of another subject, so that nothing here depends on the one that the project comes with.
BIRDS_CONFIG = """\
name: BIRDS
title: Bird Song Recognition
repository: octocat/awesome-bird-songs
bibliography: data/birds.bib
branch: main
own-fields: [link, code, habitat, timestamp]
multi-valued: [habitat]
venues:
  Bioacoustics: {type: article}
pages:
  lists:
    - {file: authors.md, field: author, title: Authors, noun: author}
"""
BIRDS = """\
@article{Audubon1838,
  author = {Audubon, John James},
  title = {Birds of the eastern woods},
  year = {1838},
  journal = {Bioacoustics},
}

@article{Stowell2014,
  author = {Stowell, Dan},
  title = {Automatic classification of bird sounds by unsupervised features},
  year = {2014},
  journal = {Bioacoustics},
  doi = {10.7717/peerj.488},
}
"""
README = """\
# Birds

<!-- bot:contents -->
<!-- /bot:contents -->

## Papers

<!-- bot:summary -->
<!-- /bot:summary -->

## Statistics

<!-- bot:statistics -->
<!-- /bot:statistics -->
"""
PAPER = {
    "paper-title": "Listening to owls at night",
    "authors": "Thoreau, Henry David",
    "year": "2019",
    "venue": "Bioacoustics",
    "link": "https://owls.example.org/2019.pdf",
}


def birds() -> dict[str, bytes]:
    """The files of the list about birds, its pages not made yet."""
    return {
        ".github/bot.yml": BIRDS_CONFIG.encode(),
        ADD: (ROOT / ADD).read_bytes(),
        CORRECT: (ROOT / CORRECT).read_bytes(),
        "data/birds.bib": BIRDS.encode(),
        "README.md": README.encode(),
    }


def form(answers: Mapping[str, str], *, correct: bool = False) -> str:
    """The body of an issue that was filed by a form with these answers."""
    return render_body(_template(CORRECT if correct else ADD), dict(answers))


def _template(file: str) -> Template:
    return read_template((ROOT / file).read_text(), file)


class Bot:
    """The bot in a clone of its own; ``ask`` gives each run a way to the scholarly sources."""

    def __init__(
        self,
        world: World,
        folder: Path,
        *,
        timeout: int = 15,
        retries: int = 3,
        ask: Callable[[], Ask] | None = None,
    ) -> None:
        self.world = world
        self.clone = world.clone(folder)
        self._ask = ask
        self._settings: dict[str, Any] = {"timeout": timeout, "retries": retries}

    def desk(self, event: Event = NOTHING, now: datetime.datetime | None = None) -> Desk:
        """What a job works with; a new session, as in a run of its own."""
        return Desk(
            repository=connect(self.world.name, self.world.token, self.world.address, **self._settings),
            checkout=Checkout(self.clone),
            branch=self.world.branch,
            now=now or datetime.datetime.now(datetime.UTC),
            event=event,
            ask=self._ask() if self._ask else None,
            lookup=self._ask is not None,
        )

    def respond(self, number: int, **event: Any) -> list[str]:
        """Answer an issue, or the issue of a pull request, as the run of such an event does."""
        desk = self.desk(msgspec.structs.replace(NOTHING, **{"number": number, **event}))
        issue, talk = issue_number(number, desk)
        assert issue is not None
        return list(respond(issue, desk, talk=talk, recent=desk.repository.open_issues()))

    def refresh(self, *, catch_up: bool = False) -> list[str]:
        """What a push or the schedule makes it do."""
        return list(refresh(self.desk(), catch_up=catch_up))

    # --- What it has made --------------------------------------------------------------------------------------------

    def comment(self, number: int) -> str:
        """The text of its one comment on an issue."""
        [comment] = [one for one in self.world.comments(number) if "<!-- bot:answer " in one["body"]]
        text: str = comment["body"]
        return text

    def pull(self, number: int) -> Any:
        """The one open pull request for an issue."""
        [pull] = [one for one in self.world.pulls(f"bot/issue-{number}") if one["state"] == "open"]
        return pull

    def bibliography(self, branch: str | None = None) -> str:
        """The list on a branch."""
        data = self.world.file("data/birds.bib", branch)
        assert data is not None
        return data.decode()

    def verdict(self, number: int) -> str:
        """What the check on an issue's branch comes to."""
        checks = self.world.checks(self.world.branches()[f"bot/issue-{number}"])
        [check] = [check for check in checks if check["name"] == "Bibliography"]
        conclusion: str = check["conclusion"]
        return conclusion
