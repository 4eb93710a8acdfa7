"""The command `links`: the whole truth table through it, what it remembers, and what it says."""

import json
from collections.abc import Mapping
from typing import Any

import certifi
import pytest

from bot.cli import main
from tests.links.truth import CASES, filled, strangers

CONFIG = """\
name: BIRDS
title: Bird Song Recognition
repository: octocat/awesome-bird-songs
bibliography: birds.bib
links:
  pause: 0
  timeout: 2
web:
  allow: {allow}
"""


def entry(number: int, address: str, title: str) -> str:
    return f"@misc{{Case{number},\n  title = {{{title}}},\n  url = {{{address}}},\n}}\n"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What the command says of each case of the truth table, asked all at once as a list of papers."""
    root = tmp_path_factory.mktemp("list")
    with pytest.MonkeyPatch.context() as patch, strangers(CASES) as serving:
        patch.setattr(certifi, "where", lambda: str(serving.authority))
        entries = [
            entry(number, filled(case.written, case.name, serving), case.title) for number, case in enumerate(CASES)
        ]
        (root / "birds.bib").write_text("\n".join(entries))
        config = root / "bot.yml"
        config.write_text(CONFIG.format(allow=[str(network) for network in serving.allow]))
        output = root / "output.json"
        with output.open("w") as stream, pytest.MonkeyPatch.context() as out:
            out.setattr("sys.stdout", stream)
            assert main(["links", "--json", "--root", str(root), "--config", str(config)]) == 0
        assert serving.forbidden.connections == 0
    return {place["key"]: link for link in json.loads(output.read_text())["links"] for place in link["places"]}


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: CASES[number].name)
def test_the_command_says_of_each_case_what_a_person_would(number: int, table: Mapping[str, Any]) -> None:
    link = table[f"Case{number}"]
    assert link["observation"] == CASES[number].ends, link
