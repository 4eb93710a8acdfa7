"""The commands that ask scholarly sources, as processes, with a loopback server that answers like the sources."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from bot.forms.body import render_body
from bot.forms.template import read_template
from tests.support.desk import ADD, BIRDS_CONFIG, ROOT, birds
from tests.support.sources import Library, Sources

DOI, ARXIV = "10.5555/owls.2019", "1709.01922"
OWLS: dict[str, Any] = {
    "name": "owls",
    "arxiv": {
        "id": ARXIV,
        "title": "Listening to owls at night",
        "authors": ["Henry David Thoreau", "John Muir"],
        "published": "2017-09-06",
    },
    "crossref": [
        {
            "DOI": DOI,
            "type": "journal-article",
            "title": "Listening to <i>owls</i> at night",
            "authors": [{"given": "Henry David", "family": "Thoreau"}, {"given": "John", "family": "Muir"}],
            "year": "2018",
            "container": "Bioacoustics",
            "volume": "7",
            "page": "11-19",
            "publisher": "Walden Press",
        }
    ],
}
LISTED = f"""
@unpublished{{Thoreau2017,
  author = {{Thoreau, Henry David and Muir, John}},
  title = {{Listening to {{owls}} at night}},
  year = {{2017}},
  eprint = {{{ARXIV}}},
  archiveprefix = {{arXiv}},
  link = {{https://owls.example.org/thesis.pdf}},
  habitat = {{Woods}},
}}
"""


class Ended(msgspec.Struct, frozen=True):
    """A process that has ended."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        """What it printed, as the one JSON object that it is."""
        return json.loads(self.out)


class BirdList:
    """A list in a folder, and a configuration beside it that reaches the loopback sources."""

    def __init__(self, folder: Path, sources: Sources) -> None:
        self.root = folder / "list"
        for name, data in birds().items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        self.bib = self.root / "data" / "birds.bib"
        self.bib.write_text(self.bib.read_text() + LISTED)
        self.settings: dict[str, Any] = {
            **yaml.safe_load(BIRDS_CONFIG),
            "web": {"allow": ["127.0.0.0/8"]},
            "metadata": {
                "mailto": "owls@example.org",
                "sources": {name: {"url": url, "spacing": 0} for name, url in sources.urls.items()},
            },
        }
        self.config = folder / "bot.yml"
        self.save()

    def save(self) -> None:
        self.config.write_text(yaml.safe_dump(self.settings))

    def run(self, *arguments: str, named: bool = True, environment: Mapping[str, str] | None = None) -> Ended:
        """Run a command; with the configuration ``named`` on the command line, or with the list's own."""
        config = ["--config", str(self.config)] if named else []
        command = [sys.executable, "-m", "bot", "--root", str(self.root), *config, *arguments]
        known = {name: value for name, value in os.environ.items() if name in ("PATH", "SYSTEMROOT", "TMPDIR")}
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, encoding="utf-8", env={**known, **(environment or {})}, timeout=60
        )
        return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def sources() -> Iterator[Sources]:
    with Sources(Library.of([OWLS])) as running:
        yield running


@pytest.fixture
def owls(tmp_path: Path, sources: Sources) -> BirdList:
    return BirdList(tmp_path, sources)


def asked(sources: Sources) -> int:
    return sum(map(len, sources.requests.values()))


# --- lookup ----------------------------------------------------------------------------------------------------------


def test_lookup_shows_the_records_the_entry_and_where_each_field_is_from(owls: BirdList) -> None:
    ended = owls.run("lookup", f"https://doi.org/{DOI}", "--json")
    assert (ended.status, ended.err) == (0, "")
    found = ended.json()
    assert found["id"] == DOI
    assert [record["source"] for record in found["records"]] == ["crossref"]
    assert found["entry"]["key"] == "Thoreau2018"
    assert found["entry"]["type"] == "article"
    assert found["entry"]["fields"]["title"] == "Listening to owls at night"
    assert found["entry"]["fields"]["pages"] == "11--19"
    assert found["sources"].keys() == {"type", *found["entry"]["fields"]}
    text = owls.run("lookup", DOI).out
    assert "Crossref" in text
    assert "pages: 11--19" in text


def test_lookup_of_what_nobody_knows_is_an_answer_too(owls: BirdList) -> None:
    ended = owls.run("lookup", "10.5555/nobody", "--json")
    assert ended.status == 0
    assert ended.json()["records"] == []
    assert ended.json()["entry"] is None
    assert ended.json()["unavailable"] == {}


def test_lookup_of_what_is_no_identifier_is_wrong_usage(owls: BirdList, sources: Sources) -> None:
    ended = owls.run("lookup", "owls")
    assert ended.status == 2
    assert "neither a DOI nor an arXiv identifier" in ended.err
    assert asked(sources) == 0


def test_the_bot_says_who_it_is(owls: BirdList, sources: Sources) -> None:
    owls.run("lookup", DOI)
    [request] = sources.requests["crossref"]
    agent = {name.lower(): value for name, value in request.headers.items()}["user-agent"]
    assert agent.startswith("BIRDS-bot/")
    assert "https://github.com/octocat/awesome-bird-songs" in agent
    assert "mailto:owls@example.org" in agent


def test_a_key_reaches_its_source_and_nobody_reads_it(owls: BirdList, sources: Sources) -> None:
    keys = {"OPENALEX_API_KEY": "hush-openalex", "S2_API_KEY": "hush-s2"}
    ended = owls.run("preprints", "--json", environment=keys)
    assert ended.status == 0
    headers = {name.lower(): value for name, value in sources.requests["semanticscholar"][0].headers.items()}
    assert headers["x-api-key"] == "hush-s2"
    assert "hush" not in ended.out + ended.err


# --- propose ---------------------------------------------------------------------------------------------------------


def form(owls: BirdList, answers: dict[str, str]) -> str:
    path = owls.root.parent / "form.md"
    path.write_text(render_body(read_template((owls.root / ADD).read_text(), ADD), answers))
    return str(path)


def test_an_identifier_alone_is_proposed_as_a_full_entry(owls: BirdList) -> None:
    ended = owls.run("propose", "--issue-body", form(owls, {"identifier": "10.5555/owls.2019"}), "--json")
    # The list has the preprint, so this is its published version.
    assert ended.status == 0
    [entry] = ended.json()["entries"]
    assert (entry["key"], entry["type"], entry["fields"]["journal"]) == ("Thoreau2017", "article", "Bioacoustics")


def test_what_says_enough_is_looked_up_only_when_asked_to(owls: BirdList, sources: Sources) -> None:
    answers = {"identifier": "10.5555/gulls", "paper-title": "Gulls", "authors": "Able, Ann", "year": "2020"}
    path = form(owls, answers)
    assert owls.run("propose", "--issue-body", path, "--json").status == 0
    assert asked(sources) == 0
    assert owls.run("propose", "--issue-body", path, "--json", "--lookup").status == 0
    assert asked(sources) > 0


def test_networks_that_the_lists_own_file_allows_are_not_reached(owls: BirdList, sources: Sources) -> None:
    (owls.root / ".github" / "bot.yml").write_text(owls.config.read_text())
    ended = owls.run("lookup", DOI, "--json", named=False)
    assert ended.status == 0
    assert ended.json()["records"] == []
    assert "Crossref" in ended.json()["unavailable"]
    assert asked(sources) == 0


def test_a_configuration_named_in_the_environment_is_obeyed(owls: BirdList, sources: Sources) -> None:
    ended = owls.run("lookup", DOI, "--json", named=False, environment={"BOT_CONFIG": str(owls.config)})
    assert ended.json()["records"] != []


# --- preprints -------------------------------------------------------------------------------------------------------


def test_preprints_shows_what_was_published_with_every_fields_old_and_new_value_and_source(owls: BirdList) -> None:
    before = owls.bib.read_bytes()
    ended = owls.run("preprints", "--json")
    assert (ended.status, ended.err) == (0, "")
    found = ended.json()
    [paper] = found["papers"]
    assert (paper["key"], paper["outcome"], paper["doi"]) == ("Thoreau2017", "propose", DOI)
    assert (paper["venue"], paper["year"], paper["type"]) == ("Bioacoustics", 2018, "article")
    assert paper["changes"]["year"] == {"old": "2017", "new": "2018", "source": "Crossref"}
    assert paper["changes"]["type"]["new"] == "article"
    assert not {"title", "author", "link", "habitat", "eprint"} & paper["changes"].keys()
    assert paper["reasons"] != []
    assert set(found["requests"]) >= {"arxiv", "crossref"}
    assert owls.bib.read_bytes() == before


def test_preprints_write_changes_the_entry_and_nothing_else(owls: BirdList) -> None:
    before = owls.bib.read_text()
    ended = owls.run("preprints", "--write")
    assert ended.status == 0
    expected = before.replace("@unpublished{Thoreau2017", "@article{Thoreau2017").replace(
        "  year = {2017},\n  eprint",
        "  year = {2018},\n  journal = {Bioacoustics},\n  volume = {7},\n  pages = {11--19},\n"
        "  publisher = {Walden Press},\n  doi = {10.5555/owls.2019},\n  eprint",
    )
    assert owls.bib.read_text() == expected
    assert "Thoreau2017" in ended.out


def test_what_is_worth_a_look_is_written_only_when_it_is_named(owls: BirdList, tmp_path: Path) -> None:
    renamed = {**OWLS, "crossref": [{**OWLS["crossref"][0], "title": "Listening to owls at night: a field report"}]}
    with Sources(Library.of([renamed])) as sources:
        other = BirdList(tmp_path / "other", sources)
        before = other.bib.read_bytes()
        assert other.run("preprints", "--write").status == 0
        assert other.bib.read_bytes() == before
        assert other.run("preprints", "--write", "--key", "Thoreau2017").status == 0
        assert b"@article{Thoreau2017" in other.bib.read_bytes()


def test_a_key_that_is_no_preprint_or_not_there_is_told(owls: BirdList) -> None:
    ended = owls.run("preprints", "--json", "--key", "Stowell2014")
    assert ended.status == 0
    [paper] = ended.json()["papers"]
    assert (paper["outcome"], paper["reasons"]) == ("none", ["it is not listed as a preprint"])
    ended = owls.run("preprints", "--key", "Nobody1900")
    assert ended.status == 2
    assert "Nobody1900" in ended.err


def test_with_every_source_down_nothing_changes_and_the_run_says_so(owls: BirdList) -> None:
    for settings in owls.settings["metadata"]["sources"].values():
        settings["url"] = "http://127.0.0.1:9/"
    owls.save()
    before = owls.bib.read_bytes()
    ended = owls.run("preprints", "--json", "--write")
    assert ended.status == 0
    [paper] = ended.json()["papers"]
    assert paper["outcome"] == "unavailable"
    assert any("arXiv could not be asked" in reason for reason in paper["reasons"])
    assert owls.bib.read_bytes() == before


def test_pull_requests_are_no_output_for_a_program(owls: BirdList) -> None:
    ended = owls.run("preprints", "--pull-requests", "--json")
    assert ended.status == 2
