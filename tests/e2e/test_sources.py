"""The scholarly sources on this machine, and all else as it is: the workflow files, the runner, the emulator.

A configuration that `BOT_CONFIG` names says where the sources are, and that this machine may be asked.
"""

import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.config import CONFIG
from tests.e2e.test_life import ROOT, Life
from tests.support import events
from tests.support.desk import BIRDS, birds
from tests.support.emulator import MAINTAINER
from tests.support.fixtures import MakeWorld, RunWorkflow
from tests.support.runner import Run
from tests.support.sources import NAMES, Case, Library, Sources
from tests.support.world import World, project_files

ARXIV = "1801.00001"
OWLS: Case = {
    "arxiv": {
        "id": ARXIV,
        "title": "Listening to owls at night",
        "authors": ["Henry David Thoreau", "Ada Lovelace"],
        "published": "2018-01-02",
    }
}
LATER: dict[str, Any] = {
    "crossref": [
        {
            "DOI": "10.5555/owls.2019",
            "type": "journal-article",
            "title": "Listening to owls at night",
            "authors": [{"given": "Henry David", "family": "Thoreau"}, {"given": "Ada", "family": "Lovelace"}],
            "year": "2019",
            "container": "Bioacoustics",
            "volume": "7",
        }
    ],
    "semanticscholar": {"DOI": "10.5555/owls.2019", "venue": "Bioacoustics", "year": "2018"},
}
PREPRINT = """
@unpublished{Thoreau2018,
  author = {Thoreau, Henry David and Lovelace, Ada},
  title = {Listening to {Owls} at night},
  year = {2018},
  eprint = {1801.00001},
  archiveprefix = {arXiv},
}
"""
KEYS = {"OPENALEX_API_KEY": "hush-openalex", "S2_API_KEY": "hush-s2"}

WithSources = Callable[[World, Mapping[str, str]], RunWorkflow]


@pytest.fixture
def with_sources(act: RunWorkflow, tmp_path: Path) -> WithSources:
    """Runs workflows on a world whose sources are at these addresses."""

    def make(world: World, urls: Mapping[str, str]) -> RunWorkflow:
        places = "".join(f"    {name}: {{url: '{url}', spacing: 0}}\n" for name, url in urls.items())
        settings = f"\nmetadata:\n  sources:\n{places}web:\n  allow: [127.0.0.0/8]\n"
        config = tmp_path / "sources-on-this-machine.yml"
        config.write_bytes((world.file(CONFIG) or b"") + settings.encode())

        def run(world: World, workflow: str, event: events.Event, **more: Mapping[str, str]) -> Run:
            return act(world, workflow, event, environment={"BOT_CONFIG": str(config)}, **more)

        return run

    return make


@pytest.fixture
def nowhere() -> Iterator[dict[str, str]]:
    """Addresses where nobody listens: the port is taken, but not by a server."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield {name: f"http://127.0.0.1:{taken.getsockname()[1]}/{name}" for name in NAMES}


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """The list about birds, with a preprint."""
    files = {name: data for name, data in project_files(ROOT).items() if name.startswith(("bot/", ".git", "requir"))}
    return make_world({**files, **birds(), "data/birds.bib": (BIRDS + PREPRINT).encode()})


def test_a_form_with_nothing_but_an_arxiv_id_ends_as_a_full_entry_in_a_pull_request(
    make_world: MakeWorld, with_sources: WithSources
) -> None:
    world = make_world(project_files(ROOT), branch="master")
    with Sources(Library.of([OWLS])) as sources:
        life = Life(world, with_sources(world, sources.urls))
        number = life.file({"identifier": f"https://arxiv.org/abs/{ARXIV}v2"})
        assert len(sources.requests["arxiv"]) == 1
    pull = life.pull(number)
    assert pull["title"] == "Add Thoreau2018: Listening to owls at night"
    assert life.verdict(number) == "success"
    branch = life.bibliography(f"bot/issue-{number}")
    for line in (
        "@unpublished{Thoreau2018,",
        "  author = {Thoreau, Henry David and Lovelace, Ada},",
        "  title = {Listening to owls at night},",
        f"  eprint = {{{ARXIV}}},",
    ):
        assert f"\n{line}\n" in branch
    assert ", from arXiv" in life.answer(number)
    assert world.labels(number) == {"add-paper"}


def test_the_preprints_workflow_ends_in_a_pull_request_with_evidence(world: World, with_sources: WithSources) -> None:
    with Sources(Library.of([{**OWLS, **LATER}])) as sources:
        run = with_sources(world, sources.urls)
        ended = run(world, "preprints.yml", events.schedule(world, "23 5 * * 2"), secrets=KEYS)
        assert ended.status == 0, ended.log
        asked = {name: len(requests) for name, requests in sources.requests.items() if requests}
        told = {name: [(one.params, one.headers) for one in requests] for name, requests in sources.requests.items()}
    assert asked == {"arxiv": 1, "semanticscholar": 1, "crossref": 1}
    assert told["semanticscholar"][0][1]["x-api-key"] == KEYS["S2_API_KEY"]
    assert "hush" not in str([told["arxiv"], told["crossref"]])
    assert not any(key in ended.log for key in KEYS.values())
    [pull] = world.pulls()
    assert pull["title"] == "[Update][Thoreau2018] Published: Bioacoustics 2019"
    for line in (
        "| type | unpublished | article | Crossref |",
        "| year | 2018 | 2019 | Crossref |",
        "| journal |  | Bioacoustics | bot.yml, which knows Bioacoustics |",
        r"| doi |  | 10\.5555/owls.2019 | Crossref |",
        "- Semantic Scholar has both as one paper",
        "- the title is the same",
    ):
        assert f"\n{line}\n" in pull["body"]
    [check] = world.checks(world.branches()["bot/published-Thoreau2018"])
    assert (check["name"], check["conclusion"]) == ("Bibliography", "success")
    assert "1 preprint: 1 published" in ended.log
    assert f"Thoreau2018: proposed in #{pull['number']}" in ended.log


def test_with_every_source_down_the_preprints_workflow_changes_nothing_and_says_so(
    world: World, with_sources: WithSources, nowhere: dict[str, str]
) -> None:
    before = world.branches()
    run = with_sources(world, nowhere)
    world.proxy.clear()
    ended = run(world, "preprints.yml", events.workflow_dispatch(world, MAINTAINER))
    assert ended.status == 0, ended.log
    assert world.proxy.writes == []
    assert world.branches() == before
    assert world.pulls() == []
    assert "1 preprint: 0 published, 0 worth a look, 0 without news, 1 not known" in ended.log
    assert "Thoreau2018: arXiv could not be asked: " in ended.log


def test_a_form_that_met_every_source_down_is_taken_up_by_the_schedule(
    make_world: MakeWorld, act: RunWorkflow, with_sources: WithSources, nowhere: dict[str, str]
) -> None:
    world = make_world(project_files(ROOT), branch="master")
    life = Life(world, with_sources(world, nowhere))
    number = life.file({"identifier": ARXIV})
    assert world.pulls() == []
    assert "metadata-unavailable" in life.answer(number)
    assert world.labels(number) == {"add-paper"}
    with Sources(Library.of([OWLS])) as sources:
        Life(world, with_sources(world, sources.urls)).schedule()
    assert life.pull(number)["title"] == "Add Thoreau2018: Listening to owls at night"
