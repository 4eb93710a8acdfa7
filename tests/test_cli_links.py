"""The command `links`: the whole truth table through it, what it remembers, and what it says."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import certifi
import pytest

from bot.cli import main
from bot.links.state import read_state
from tests.links.truth import CASES, filled, strangers
from tests.support.faults import FaultyServer, Reply, Request, answer_text, redirect
from tests.support.owners import Facts, Owners, Repository

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


# --- What it says, what it remembers, and what it reads --------------------------------------------------------------

MONDAY = datetime(2027, 1, 4, 3, 43, tzinfo=UTC)
WEEK = timedelta(days=7)
GOOD, OLD, NEW, LOST = "/good", "/old", "/new", "/lost"
DOI = "10.5555/owls"
BIB = """\
@article{{Owl2019,
  title = {{Listening to owls at night}},
  link = {{{site}/lost}},
  doi = {{10.5555/owls}},
}}
@misc{{Lark2020,
  title = {{Larks}},
  code = {{{site}/old}},
  url = {{{site}/good}},
}}
"""


class Listed:
    """A list in a folder, the pages that it links to, and the command."""

    def __init__(self, root: Path, site: FaultyServer, owners: Owners, capture: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self.site = site
        self.owners = owners
        self._config = root / "bot.yml"
        self._capture = capture
        self.write("birds.bib", BIB.format(site=site.url))
        self._settings = {name: {"url": url, "spacing": 0} for name, url in owners.urls.items()}
        self.configure()

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def configure(self, **links: object) -> None:
        settings = {"pause": 0, "timeout": 2, "owners": self._settings, **links}
        text = CONFIG.partition("links:\n")[0] + f"links: {json.dumps(settings)}\nweb: {{allow: [127.0.0.0/8]}}\n"
        self._config.write_text(text)

    def run(self, *arguments: str, now: datetime = MONDAY) -> str:
        more = ["--root", str(self.root), "--config", str(self._config), "--now", now.isoformat()]
        assert main(["links", *arguments, *more]) == 0
        return self._capture.readouterr().out

    def json(self, *arguments: str, now: datetime = MONDAY) -> Any:
        return json.loads(self.run("--json", *arguments, now=now))


@pytest.fixture
def listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Listed]:
    def serve(request: Request) -> Reply:
        if request.path == OLD:
            return redirect(NEW, 301)
        if request.path in (GOOD, NEW):
            return answer_text(f"<!DOCTYPE html><title>Larks</title><p>{'Larks sing at dawn. ' * 50}", "text/html")
        return answer_text("<title>404</title>", "text/html", 404)

    with Owners(Facts(dois={DOI: "https://owls.example/"})) as owners, FaultyServer(serve, host="127.82.0.1") as site:
        yield Listed(tmp_path, site, owners, capsys)


def test_the_object_of_json_has_all_of_each_link_and_null_where_nothing_is_known(listed: Listed) -> None:
    state, site = str(listed.root / "state"), listed.site.url
    for week in range(3):
        found = listed.json("--state", state, now=MONDAY + week * WEEK)
    assert found.keys() == {"void", "due", "asked", "links"}
    assert (found["void"], found["due"], found["asked"]) == (None, 4, 4)
    links = {link["url"]: link for link in found["links"]}
    assert list(links) == sorted([f"{site}{GOOD}", f"{site}{LOST}", f"{site}{OLD}", f"https://doi.org/{DOI}"])
    lost = links[f"{site}{LOST}"]
    assert "404" in lost.pop("reason")
    assert "same paper" in lost["repair"].pop("reason")
    assert lost == {
        "url": f"{site}{LOST}",
        "observation": "gone",
        "asked": True,
        "verdict": "gone",
        "since": "2027-01-04T03:43:00Z",
        "evidence": {"status": 404, "chain": [], "reason": "404 Not Found", "target": None, "note": None},
        "places": [{"key": "Owl2019", "field": "link", "line": 3, "file": "birds.bib"}],
        "repair": {"address": f"https://doi.org/{DOI}"},
    }
    good = links[f"{site}{GOOD}"]
    assert (good["observation"], good["verdict"], good["reason"], good["repair"]) == ("ok", "ok", None, None)
    moved = links[f"{site}{OLD}"]
    assert (moved["observation"], moved["verdict"]) == ("moved", "moved")
    assert moved["evidence"]["chain"] == [{"status": 301, "url": f"{site}{NEW}"}]
    assert moved["evidence"]["target"] == moved["repair"]["address"] == f"{site}{NEW}"
    doi = links[f"https://doi.org/{DOI}"]
    assert doi["places"] == [{"key": "Owl2019", "field": "doi", "line": 4, "file": "birds.bib"}]
    # Two days later, those alone are asked that are not ok.
    found = listed.json("--state", state, now=MONDAY + 2 * WEEK + timedelta(days=2))
    assert (found["due"], found["asked"]) == (2, 2)
    good = next(link for link in found["links"] if link["url"] == f"{site}{GOOD}")
    assert (good["asked"], good["observation"], good["verdict"], good["evidence"]["status"]) == (
        False,
        "ok",
        "ok",
        None,
    )


def test_the_token_in_the_environment_goes_to_githubs_api_and_to_no_page(
    listed: Listed, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed.owners.facts.repositories.append(Repository(name="lark/songs"))
    listed.write("README.md", "[Songs](https://github.com/lark/songs)\n")
    monkeypatch.setenv("GITHUB_TOKEN", listed.owners.token)
    links = {link["url"]: link for link in listed.json()["links"]}
    assert links["https://github.com/lark/songs"]["observation"] == "ok"
    [asked] = listed.owners.requests("github")
    assert (asked.path.rpartition("/")[2], asked.headers["authorization"]) == (
        "graphql",
        f"Bearer {listed.owners.token}",
    )
    assert [one for one in listed.site.requests if "authorization" in one.headers] == []


def test_the_text_has_what_is_to_be_mended_first_with_its_place_and_what_may_stand_instead(listed: Listed) -> None:
    state, site = str(listed.root / "state"), listed.site.url
    texts = [listed.run("--state", state, now=MONDAY + week * WEEK) for week in range(3)]
    headings = [[line for line in text.splitlines() if line and not line.startswith(" ")] for text in texts]
    assert headings[0][0].startswith("Suspect")
    assert headings[2][:2] == ["Gone", "Moved for good"]
    blocks = texts[2].split("\n\n")
    lines = [line.strip() for line in blocks[0].splitlines()]
    assert lines[:2] == ["Gone", f"{site}{LOST}"]
    assert "404 Not Found" in lines[2]
    assert lines[3] == "in birds.bib:3 Owl2019 link"
    assert lines[4].startswith(f"instead: https://doi.org/{DOI} (")
    assert texts[2].splitlines()[-1] == "4 links: 2 ok, 1 moved, 1 gone; 4 asked"
    assert f"{site}{GOOD}" not in texts[2]


def test_one_shards_file_is_asked_weekly_and_a_shared_one_forgets_nothing(listed: Listed) -> None:
    number = next(number for number in (1, 2) if listed.json("--shard", f"{number}/3")["links"])
    state = ["--shard", f"{number}/3", "--state", str(listed.root / "own")]
    assert listed.json(*state)["due"] == 3
    # What is ok has its turn in a week, all else at each run.
    soon = MONDAY + timedelta(days=1)
    assert {link["url"] for link in listed.json(*state, now=soon)["links"] if link["asked"]} == {
        f"{listed.site.url}{path}" for path in (LOST, OLD)
    }
    assert listed.json(*state, now=MONDAY + WEEK)["due"] == 3
    shared = ["--state", str(listed.root / "shared")]
    for one in ("1/3", "2/3", "3/3"):
        for link in listed.json("--shard", one, *shared)["links"]:
            assert link["asked"]
    assert len(read_state((listed.root / "shared").read_bytes()).records) == 4
    for one in ("1/3", "2/3", "3/3"):
        for link in listed.json("--shard", one, *shared, now=MONDAY + WEEK)["links"]:
            assert link["asked"]


def test_pages_are_found_in_folders_too_and_what_is_no_file_or_hidden_is_none(listed: Listed) -> None:
    for name in ("README.md", "docs/a.md", "docs/deep/b.md", "docs/c.txt", ".venv/d.md", "docs/.e/f.md"):
        listed.write(name, f"[a page]({listed.site.url}/{name})\n")
    (listed.root / "folder.md").mkdir()
    (listed.root / "docs" / "folder.md").mkdir()
    (listed.root / "docs" / "nowhere.md").symlink_to(listed.root / "nothing")

    def pages(*patterns: str) -> list[str]:
        listed.configure(pages=patterns)
        return sorted(
            place["file"] for link in listed.json()["links"] for place in link["places"] if place["key"] is None
        )

    assert pages("*.md") == ["README.md"]
    assert pages("docs/*.md") == ["docs/a.md"]
    assert pages("**/*.md") == ["README.md", "docs/a.md", "docs/deep/b.md"]
    assert pages("docs/*", "README.md", "R*") == ["README.md", "docs/a.md", "docs/c.txt"]
    assert pages() == []


@pytest.mark.parametrize("pattern", ["../*.md", "/etc/*.md", "docs/../../x.md", " "])
def test_a_page_outside_of_the_lists_folder_is_none(
    listed: Listed, pattern: str, capsys: pytest.CaptureFixture[str]
) -> None:
    listed.configure(pages=[pattern])
    assert main(["links", "--root", str(listed.root), "--config", str(listed.root / "bot.yml")]) == 2
    assert "links.pages[0]" in capsys.readouterr().err


def test_a_job_asks_no_longer_than_the_workflow_lets_it(listed: Listed, capsys: pytest.CaptureFixture[str]) -> None:
    listed.configure(minutes=76)
    assert main(["links", "--root", str(listed.root), "--config", str(listed.root / "bot.yml")]) == 2
    assert "links.minutes: found 76, expected" in capsys.readouterr().err
    listed.configure(minutes=0)
    found = listed.json()
    assert (found["due"], found["asked"]) == (4, 0)
    assert listed.site.requests == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--shard", "5"], "--shard 5: expected K/N, such as 1/4; N is at most 17"),
        (["--shard", "5/4"], "--shard 5/4: expected K/N, such as 1/4; N is at most 17"),
        (["--shard", "1/18"], "--shard 1/18: expected K/N, such as 1/4; N is at most 17"),
        (["--now", "monday"], "--now monday: expected a time such as 2026-01-19T03:43Z"),
        (["--only", "Crow1999"], "--only Crow1999: the bibliography has no such entry"),
        (["--stage", "ask", "--json"], "--stage goes with none of --json, --only and --state"),
        (["--stage", "ask"], "--stage ask needs --folder DIR, where it finds what the stage before it left"),
    ],
)
def test_what_cannot_be_obeyed_is_said_and_nobody_is_asked(
    listed: Listed, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(["links", "--root", str(listed.root), "--config", str(listed.root / "bot.yml"), *arguments]) == 2
    assert capsys.readouterr().err == f"error: {sentence}\n"
    assert listed.site.requests == []


def test_only_the_addresses_of_the_entries_that_are_named_are_asked_whosever_turn_it_is(listed: Listed) -> None:
    state = ["--state", str(listed.root / "state")]
    assert listed.json(*state)["asked"] == 4
    before = len(listed.site.requests)
    found = listed.json("--only", "lark2020", *state, now=MONDAY + timedelta(days=1))
    assert {link["url"] for link in found["links"]} == {f"{listed.site.url}{path}" for path in (GOOD, OLD)}
    assert len(listed.site.requests) > before
    assert len(read_state((listed.root / "state").read_bytes()).records) == 4


@pytest.mark.parametrize("broken", [b"nonsense", b'{"format":"links","version":99}\n'])
def test_a_state_that_cannot_be_read_is_kept_aside_and_told(
    listed: Listed, capsys: pytest.CaptureFixture[str], broken: bytes
) -> None:
    state = listed.root / "state"
    for number in (1, 2):
        state.write_bytes(broken)
        main(["links", "--root", str(listed.root), "--config", str(listed.root / "bot.yml"), "--state", str(state)])
        aside = listed.root / f"state.aside-{number}"
        assert f"it is kept as {aside}" in capsys.readouterr().err
        assert aside.read_bytes() == broken
        assert len(read_state(state.read_bytes()).records) == 4
