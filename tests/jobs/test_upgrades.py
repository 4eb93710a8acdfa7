"""The pull requests that make preprints published papers, against the emulator and sources on this machine."""

import re
import subprocess
from collections.abc import Callable, Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest

from bot.bibliography.blocks import Bibliography
from bot.config import load
from bot.github.errors import GitHubError, LimitedError
from bot.jobs.offers import Offer, write_body
from bot.jobs.preprints import search, summary_lines
from bot.jobs.publish import look
from bot.jobs.upgrades import propose_upgrades, upgrade_branch
from tests.jobs.test_faults import shown, state
from tests.support.desk import BIRDS, BIRDS_CONFIG, PAPER, Bot, birds, form
from tests.support.emulator import CONTRIBUTORS, STRANGER
from tests.support.proxy import Answer, Fault
from tests.support.scholars import Scholars
from tests.support.sources import Case, Library
from tests.support.world import World

BIB = "data/birds.bib"
AT_ONCE = 2
CONFIG = f"{BIRDS_CONFIG}preprints:\n  open: {AT_ONCE}\n"
NOT_ALLOWED = Answer(403, {"message": "GitHub Actions is not permitted to create or approve pull requests."})
TITLES = {
    "Crane2018": "The dances of cranes told from their calls",
    "Finch2018": "How zebra finches learn to sing a motif",
    "Gull2018": "A colony of gulls heard by one microphone",
    "Wren2018": "Who sings there? Wrens in a hedge at dawn",
}
"""Four preprints, each by its bird and Ada Lovelace."""
FIRST, SECOND, THIRD, FOURTH = TITLES


def listed(key: str) -> str:
    return f"""\
@unpublished{{{key},
  author = {{{key[:-4]}, Zoe and Lovelace, Ada}},
  title = {{{TITLES[key]}}},
  year = {{2018}},
  howpublished = {{arXiv preprint}},
  eprint = {{{arxiv(key)}}},
  archiveprefix = {{arXiv}},
  link = {{https://example.org/{key}.pdf}},
  habitat = {{forest & marsh}},
}}
"""


def arxiv(key: str) -> str:
    return f"1801.{list(TITLES).index(key) + 1:05}"


def case(key: str, doi: str = "", **work: object) -> Case:
    """What the sources know of a preprint that was published, under its key's DOI or another one."""
    doi = doi or f"10.5555/{key.lower()}"
    return {
        "arxiv": {
            "id": arxiv(key),
            "title": TITLES[key],
            "authors": [f"Zoe {key[:-4]}", "Ada Lovelace"],
            "published": "2018-01-02",
            "doi": doi,
        },
        "crossref": [
            {
                "DOI": doi,
                "type": "journal-article",
                "title": TITLES[key],
                "authors": [{"given": "Zoe", "family": key[:-4]}, {"given": "Ada", "family": "Lovelace"}],
                "year": "2019",
                "container": "Bioacoustics",
                "publisher": "Owl Press",
                "volume": "7",
                "page": "11-19",
                **work,
            }
        ],
    }


def branch(key: str) -> str:
    return f"bot/published-{key}"


def list_of(*keys: str) -> str:
    entries = [part + "\n}\n" for part in BIRDS.removesuffix("\n}\n").split("\n}\n\n")]
    return "\n".join(sorted([*entries, *map(listed, keys)], key=lambda text: text.partition("{")[2]))


class Weekly:
    """The preprints job on one list; each run is one of its own, as the workflow makes it."""

    def __init__(self, world: World, folder: Path, scholars: Scholars) -> None:
        self.world = world
        self.scholars = scholars
        self._folder = folder
        self._bots = 0

    def bot(self, **settings: Any) -> Bot:
        self._bots += 1
        return Bot(self.world, self._folder / f"run-{self._bots}", **settings)

    def run(self, bot: Bot | None = None) -> list[str]:
        """Search, and propose; what it tells."""
        desk = (bot or self.bot()).desk()
        home = look(desk).home
        papers = search(home.bibliography, home.config, self.scholars.asker(), desk.now)
        return [*summary_lines(papers), *propose_upgrades(papers, desk)]

    def refresh(self, *, catch_up: bool = False) -> list[str]:
        return self.bot(ask=self.scholars.ask).refresh(catch_up=catch_up)

    # --- What people see ---------------------------------------------------------------------------------------------

    def open(self) -> dict[str, Any]:
        """The open pull requests by their key."""
        pulls = [pull for pull in self.world.pulls() if pull["state"] == "open"]
        found = {pull["head"]["ref"].removeprefix("bot/published-"): pull for pull in pulls}
        assert len(found) == len(pulls)
        return found

    def text(self, key: str) -> str:
        text: str = self.open()[key]["body"]
        return text

    def bibliography(self, name: str | None = None) -> str:
        return (self.world.file(BIB, name) or b"").decode()

    def entry(self, key: str, name: str | None = None) -> dict[str, str]:
        """The fields of an entry and its ``type``."""
        [found] = [one for one in Bibliography.parse(self.bibliography(name).encode()).entries if one.key == key]
        return {"type": found.entry.type, **found.entry.fields}

    def verdicts(self, key: str) -> list[str]:
        """What the checks on the head of an entry's branch come to."""
        checks = self.world.checks(self.world.branches()[branch(key)])
        return [check["conclusion"] for check in checks if check["name"] == "Bibliography"]

    def said(self, number: int) -> list[str]:
        return [comment["body"] for comment in self.world.comments(number)]


@pytest.fixture
def make_weekly(make_world: Callable[..., World], tmp_path: Path) -> Iterator[Callable[..., Weekly]]:
    """``make_weekly(*keys, cases=[...])``: a list with these preprints, and sources that know these cases."""
    made: list[Scholars] = []

    def make(*keys: str, cases: list[Case] | None = None, sources: Scholars | None = None) -> Weekly:
        known = [case(key) for key in keys] if cases is None else cases
        if sources is None:
            sources = Scholars(Library.of(known), load(CONFIG, "bot.yml"))
            made.append(sources.__enter__())
        files = {**birds(), ".github/bot.yml": CONFIG.encode(), BIB: list_of(*keys).encode()}
        world = make_world(files)
        return Weekly(world, tmp_path / world.name.replace("/", "-"), sources)

    yield make
    for scholars in made:
        scholars.__exit__()


@pytest.fixture
def other_sources() -> Iterator[Callable[..., Scholars]]:
    """Makes sources that know other cases."""
    made: list[Scholars] = []

    def make(*cases: Case) -> Scholars:
        made.append(Scholars(Library.of(cases), load(CONFIG, "bot.yml")).__enter__())
        return made[-1]

    yield make
    for scholars in made:
        scholars.__exit__()


Make = Callable[..., Weekly]


def table(text: str) -> dict[str, list[str]]:
    """The evidence: what the fields were, what they become, and the source."""
    lines = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.split("\n") if line.startswith("| ")]
    rows = [[cell.strip() for cell in line] for line in lines if len(line) == 4]
    assert rows[0] == ["field", "now", "then", "source"]
    return {field: rest for field, *rest in rows[1:]}


def test_a_published_preprint_becomes_one_pull_request_with_the_evidence(make_weekly: Make) -> None:
    weekly = make_weekly(FIRST)
    told = weekly.run()
    [pull] = weekly.world.pulls()
    assert told == [
        "1 preprint: 1 published, 0 worth a look, 0 without news, 0 not known",
        f"{FIRST}: proposed in #{pull['number']}",
    ]
    assert (pull["title"], pull["head"]["ref"], pull["base"]["ref"]) == (
        f"[Update][{FIRST}] Published: Bioacoustics 2019",
        branch(FIRST),
        "main",
    )
    assert table(pull["body"]) == {
        "type": ["unpublished", "article", "Crossref"],
        "howpublished": ["arXiv preprint", "", "it named arXiv"],
        "year": ["2018", "2019", "Crossref"],
        "journal": ["", "Bioacoustics", "bot.yml, which knows Bioacoustics"],
        "volume": ["", "7", "Crossref"],
        "pages": ["", "11--19", "Crossref"],
        "publisher": ["", "Owl Press", "Crossref"],
        "doi": ["", r"10\.5555/crane2018", "Crossref"],
    }
    for reason in ("arXiv names it as the published version", "the title is the same", "the authors are the same"):
        assert f"- {reason}\n" in pull["body"]
    assert f"[{TITLES[FIRST]}](https://example.org/{FIRST}.pdf)" in pull["body"]
    assert weekly.verdicts(FIRST) == ["success"]


def test_nothing_changes_but_what_the_publication_decides(make_weekly: Make) -> None:
    weekly = make_weekly(FIRST, SECOND)
    weekly.run()
    assert weekly.entry(FIRST, branch(FIRST)) == {
        "type": "article",
        "author": "Crane, Zoe and Lovelace, Ada",
        "title": TITLES[FIRST],
        "year": "2019",
        "journal": "Bioacoustics",
        "volume": "7",
        "pages": "11--19",
        "publisher": "Owl Press",
        "doi": "10.5555/crane2018",
        "eprint": "1801.00001",
        "archiveprefix": "arXiv",
        "link": f"https://example.org/{FIRST}.pdf",
        "habitat": "forest & marsh",
    }
    before, after = weekly.bibliography(), weekly.bibliography(branch(FIRST))
    start, end = before.index(listed(FIRST)), before.index(listed(FIRST)) + len(listed(FIRST))
    assert after.startswith(before[:start])
    assert after.endswith(before[end:])
    assert weekly.bibliography() == list_of(FIRST, SECOND)


def test_a_second_run_asks_the_same_few_questions_and_writes_nothing(make_weekly: Make) -> None:
    weekly = make_weekly(FIRST, SECOND)
    weekly.run()
    asked = weekly.scholars.count
    assert (asked, weekly.scholars.asked()) == (2, ["arxiv", "crossref"])
    weekly.scholars.clear()
    weekly.world.proxy.clear()
    told = weekly.run()
    assert told == ["2 preprints: 2 published, 0 worth a look, 0 without news, 0 not known"]
    assert weekly.scholars.count == asked
    assert [request.method for request in weekly.world.proxy.requests] == ["GET"]
    weekly.world.proxy.clear()
    weekly.run(weekly.bot())
    weekly.refresh()
    weekly.world.proxy.clear()
    weekly.refresh()
    assert weekly.world.proxy.writes == []


def test_a_few_are_open_at_once_and_the_others_come_in_turn(make_weekly: Make) -> None:
    weekly = make_weekly(*TITLES)
    told = weekly.run()
    assert set(weekly.open()) == {FIRST, SECOND}
    wait = "waits for its turn, since 2 published versions are open already"
    assert told[-2:] == [f"{THIRD}: {wait}", f"{FOURTH}: {wait}"]
    assert set(weekly.world.branches()) == {"main", branch(FIRST), branch(SECOND)}
    weekly.world.maintainer.merge(weekly.open()[FIRST]["number"])
    told = weekly.run()
    assert set(weekly.open()) == {SECOND, THIRD}
    assert told[-2] == f"{FOURTH}: {wait}"
    assert told[-1] == f"{branch(FIRST)}: deleted, since its pull request has ended"
    weekly.world.maintainer.close_pull(weekly.open()[SECOND]["number"])
    weekly.run()
    assert set(weekly.open()) == {THIRD, FOURTH}


def test_what_is_sure_comes_before_what_needs_a_look(make_weekly: Make) -> None:
    cases = [case(FIRST, title="Something that cranes do"), case(SECOND, title="What finches do"), case(THIRD)]
    weekly = make_weekly(FIRST, SECOND, THIRD, cases=cases)
    weekly.run()
    assert set(weekly.open()) == {THIRD, FIRST}
    text = weekly.text(FIRST)
    assert "**Look at this first:**\n\n- the title is another one now: “Something that cranes do”" in text
    assert "Look at this" not in weekly.text(THIRD)
    assert weekly.entry(FIRST, branch(FIRST))["title"] == TITLES[FIRST]


def test_what_a_person_closed_is_not_proposed_again_unless_it_is_another_publication(
    make_weekly: Make, other_sources: Callable[..., Scholars]
) -> None:
    weekly = make_weekly(FIRST)
    weekly.run()
    number = weekly.open()[FIRST]["number"]
    weekly.world.maintainer.close_pull(number)
    for _ in range(2):  # with its branch, and when that has been tidied up
        assert f"{FIRST}: decided in #{number}, so not proposed again" in weekly.run()
        assert weekly.open() == {}
    assert branch(FIRST) not in weekly.world.branches()
    weekly.scholars = other_sources(case(FIRST, "10.5555/another"))
    weekly.run()
    assert weekly.open()[FIRST]["number"] != number
    assert weekly.entry(FIRST, branch(FIRST))["doi"] == "10.5555/another"
    weekly.world.maintainer.close_pull(weekly.open()[FIRST]["number"])
    weekly.run()
    assert weekly.open() == {}


def test_what_was_merged_is_tidied_up_and_not_proposed_again(make_weekly: Make) -> None:
    weekly = make_weekly(FIRST)
    weekly.run()
    weekly.world.maintainer.merge(weekly.open()[FIRST]["number"])
    assert weekly.entry(FIRST)["journal"] == "Bioacoustics"
    weekly.refresh(catch_up=True)
    assert branch(FIRST) not in weekly.world.branches()
    weekly.world.proxy.clear()
    told = weekly.run()
    assert told == ["0 preprints: 0 published, 0 worth a look, 0 without news, 0 not known"]
    assert weekly.world.proxy.writes == []


def test_what_people_undid_after_the_merge_is_not_proposed_again(make_weekly: Make) -> None:
    weekly = make_weekly(FIRST)
    weekly.run()
    weekly.world.maintainer.merge(weekly.open()[FIRST]["number"])
    weekly.world.maintainer.commit("main", {BIB: list_of(FIRST).encode()})
    weekly.run()
    assert weekly.open() == {}


def test_when_the_entry_was_published_otherwise_the_pull_request_is_closed_with_a_sentence(make_weekly: Make) -> None:
    weekly = make_weekly(FIRST, SECOND)
    weekly.run()
    number = weekly.open()[FIRST]["number"]
    published = (
        listed(FIRST).replace("@unpublished", "@article").replace("howpublished = {arXiv preprint}", "journal = {Ibis}")
    )
    weekly.world.maintainer.commit("main", {BIB: list_of(FIRST, SECOND).replace(listed(FIRST), published).encode()})
    told = weekly.refresh()
    assert f"{FIRST}: #{number} closed, since it is no longer listed as a preprint" in told
    [sentence] = weekly.said(number)
    assert "no longer listed as a preprint" in sentence
    assert set(weekly.open()) == {SECOND}
    assert set(weekly.world.branches()) == {"main", branch(SECOND)}


def test_when_the_entry_is_gone_the_next_run_closes_the_pull_request(make_weekly: Make) -> None:
    weekly = make_weekly(FIRST)
    weekly.run()
    weekly.world.maintainer.commit("main", {BIB: BIRDS.encode()})
    weekly.run()
    assert weekly.open() == {}
    assert branch(FIRST) not in weekly.world.branches()


def merges_cleanly(world: World, name: str) -> bool:
    branches = world.branches()
    command = ["git", "-C", str(world.mirror.path), "merge-tree", "--write-tree", branches["main"], branches[name]]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("job", ["refresh", "run"])
def test_after_a_push_that_conflicts_it_is_brought_up_to_date_by_a_merge(make_weekly: Make, job: str) -> None:
    weekly = make_weekly(FIRST, SECOND)
    weekly.run()
    name = branch(FIRST)
    theirs = weekly.bibliography(name).replace("volume = {7}", "volume = {8}")
    head = weekly.world.maintainer.commit(name, {BIB: theirs.encode()}, "The volume is 8")
    # The line beside one that the branch changes.
    pushed = weekly.bibliography().replace("The dances of cranes", "The dances of {Cranes}")
    main = weekly.world.maintainer.commit("main", {BIB: pushed.encode()})
    assert not merges_cleanly(weekly.world, name)
    weekly.scholars.clear()
    getattr(weekly, job)()
    assert merges_cleanly(weekly.world, name)
    [parents, *_] = weekly.world.log(name, "%P")
    assert parents.split() == [head, main]
    found = weekly.entry(FIRST, name)
    assert (found["volume"], found["title"]) == ("8", "The dances of {Cranes} told from their calls")
    assert weekly.verdicts(FIRST) == ["success"]
    assert weekly.scholars.count == (0 if job == "refresh" else 2)
    weekly.world.proxy.clear()
    getattr(weekly, job)()
    assert [
        request for request in weekly.world.proxy.writes if "/pulls" in request.path or "/git" in request.path
    ] == []


def test_a_persons_push_to_the_branch_is_judged_anew(make_weekly: Make) -> None:
    weekly = make_weekly(FIRST)
    weekly.run()
    theirs = weekly.bibliography(branch(FIRST)).replace("year = {2019}", "year = {soon}")
    weekly.world.maintainer.commit(branch(FIRST), {BIB: theirs.encode()})
    weekly.refresh()
    assert weekly.verdicts(FIRST) == ["failure"]
    assert weekly.bibliography(branch(FIRST)) == theirs
    weekly.run()
    assert weekly.bibliography(branch(FIRST)) == theirs


def test_a_conflict_with_what_a_person_pushed_is_red_and_left_to_people(make_weekly: Make) -> None:
    weekly = make_weekly(FIRST)
    weekly.run()
    head = weekly.world.branches()[branch(FIRST)]
    pushed = weekly.bibliography().replace("year = {2018}", "year = {2017}")
    weekly.world.maintainer.commit("main", {BIB: pushed.encode()})
    weekly.refresh()
    assert weekly.verdicts(FIRST) == ["failure"]
    assert weekly.world.branches()[branch(FIRST)] == head
    weekly.world.proxy.clear()
    weekly.refresh()
    assert weekly.world.proxy.writes == []
    weekly.world.maintainer.commit(branch(FIRST), {"notes.txt": b"Which year?"})
    weekly.refresh()
    assert weekly.verdicts(FIRST) == ["failure"]  # on the new head
    weekly.world.maintainer.commit("main", {BIB: list_of(FIRST).encode()})
    weekly.refresh()
    assert weekly.verdicts(FIRST) == ["success"]


def test_title_and_text_that_a_person_wrote_stay(make_weekly: Make, other_sources: Callable[..., Scholars]) -> None:
    weekly = make_weekly(FIRST)
    weekly.run()
    number = weekly.open()[FIRST]["number"]
    weekly.world.maintainer.edit_pull(number, title="Cranes!", body="Mine. " + weekly.text(FIRST))
    weekly.scholars = other_sources(case(FIRST, volume="9"))
    weekly.run()
    pull = weekly.open()[FIRST]
    assert weekly.entry(FIRST, branch(FIRST))["volume"] == "9"
    assert pull["title"] == "Cranes!"
    assert pull["body"].startswith("Mine. ")


def test_a_pull_request_without_its_hidden_line_is_known_by_its_branch(
    make_world: Callable[..., World], make_weekly: Make, tmp_path: Path
) -> None:
    sources = make_weekly(FIRST).scholars
    text = list_of(FIRST).replace(f"{{{FIRST},", "{crane:2018_a,")
    world = make_world({**birds(), ".github/bot.yml": CONFIG.encode(), BIB: text.encode()})
    weekly = Weekly(world, tmp_path / "other", sources)
    weekly.run()
    [key] = weekly.open()
    world.maintainer.edit_pull(weekly.open()[key]["number"], body="Mine.")
    weekly.run()
    weekly.refresh()
    assert weekly.text(key).startswith("Mine.")
    assert weekly.entry("crane:2018_a", branch(key))["doi"] == "10.5555/crane2018"


def test_two_keys_that_differ_in_signs_alone_have_a_branch_each(
    make_world: Callable[..., World], make_weekly: Make, tmp_path: Path
) -> None:
    sources = make_weekly(FIRST, SECOND).scholars
    text = list_of(FIRST, SECOND).replace(f"{{{FIRST},", "{a_b,").replace(f"{{{SECOND},", "{a:b,")
    world = make_world({**birds(), ".github/bot.yml": CONFIG.encode(), BIB: text.encode()})
    weekly = Weekly(world, tmp_path / "other", sources)
    weekly.run()
    assert len(weekly.open()) == 2
    assert upgrade_branch("a_b") != upgrade_branch("a:b") != upgrade_branch("a-b") == "bot/published-a-b"
    assert upgrade_branch("x" * 60 + "1") != upgrade_branch("x" * 60 + "2")
    assert weekly.entry("a_b", upgrade_branch("a_b"))["doi"] == "10.5555/crane2018"
    assert weekly.entry("a:b", upgrade_branch("a:b"))["doi"] == "10.5555/finch2018"


@pytest.mark.parametrize("doi", ["10.1234/a{b", "10.1234/a},note={evil", r"10.1234/a\\input{b}"])
def test_a_doi_that_is_no_bibtex_is_left_out(make_weekly: Make, doi: str) -> None:
    known = case(FIRST)
    venue = {"name": "NeurIPS", "type": "conference"}
    semantic = {"DOI": doi, "venue": "NeurIPS", "publicationVenue": venue, "DBLP": "conf/nips/Crane18"}
    arxiv_says = {name: value for name, value in known["arxiv"].items() if name != "doi"}
    weekly = make_weekly(FIRST, SECOND, cases=[{"arxiv": arxiv_says, "semanticscholar": semantic}, case(SECOND)])
    weekly.run()
    assert set(weekly.open()) == {FIRST, SECOND}
    assert not {"doi", "note"} & set(weekly.entry(FIRST, branch(FIRST)))


def test_two_publications_that_were_both_declined_do_not_take_turns(
    make_weekly: Make, other_sources: Callable[..., Scholars]
) -> None:
    weekly = make_weekly(FIRST)
    for doi in ("10.5555/a", "10.5555/b", "10.5555/a", "10.5555/b"):
        weekly.scholars = other_sources(case(FIRST, doi))
        weekly.run()
        for pull in weekly.open().values():
            weekly.world.maintainer.close_pull(pull["number"])
    assert len(weekly.world.pulls()) == 2


def test_a_strangers_pull_request_from_the_bots_branch_into_another_one_does_nothing(make_weekly: Make) -> None:
    weekly = make_weekly(FIRST)
    weekly.run()
    weekly.world.maintainer.commit("other", {"notes.txt": b"x"})
    body = write_body("x", "y", Offer(0, listed=("Stowell2014",)))
    wanted = {"title": "x", "head": branch(FIRST), "base": "other", "body": body}
    number = weekly.world.person(STRANGER)._call("POST", "/pulls", wanted)["number"]
    weekly.run()
    weekly.refresh(catch_up=True)
    assert branch(FIRST) in weekly.world.branches()
    assert {pull["number"]: pull["state"] for pull in weekly.world.pulls()} == {1: "open", number: "open"}


def test_where_workflows_may_not_open_pull_requests_it_says_so(make_weekly: Make) -> None:
    weekly = make_weekly(*TITLES)
    weekly.world.proxy.answer("POST", "/pulls$", NOT_ALLOWED)
    told = weekly.run()
    assert f"{FIRST}: the branch {branch(FIRST)} is ready, but workflows may not open pull requests here" in told
    assert set(weekly.world.branches()) == {"main", branch(FIRST), branch(SECOND)}  # no more than may be open at once
    weekly.world.proxy.clear()
    weekly.run()
    assert set(weekly.open()) == {FIRST, SECOND}


def test_with_every_source_down_no_pull_request_is_touched_or_opened(make_weekly: Make) -> None:
    weekly = make_weekly(FIRST)
    weekly.run()
    before = weekly.open()
    weekly.world.maintainer.commit("main", {BIB: list_of(FIRST, SECOND).encode()})
    weekly.scholars.all_down()
    weekly.world.proxy.clear()
    told = weekly.run()
    assert told[0] == "2 preprints: 0 published, 0 worth a look, 0 without news, 2 not known"
    assert [line.partition(" could not be asked")[0] for line in told[1:]] == [f"{FIRST}: arXiv", f"{SECOND}: arXiv"]
    assert weekly.world.proxy.writes == []
    assert weekly.open() == before


def test_an_issues_proposal_and_a_published_version_live_side_by_side(make_weekly: Make) -> None:
    from tests.jobs.test_inquiry import file

    weekly = make_weekly(FIRST)
    weekly.run()
    bot = weekly.bot(ask=weekly.scholars.ask)
    number = file(weekly.world, {"identifier": "10.5555/crane2018"})
    bot.respond(number)
    weekly.world.maintainer.merge(bot.pull(number)["number"])
    weekly.refresh()
    bot.respond(number)
    assert weekly.open() == {}
    assert weekly.entry(FIRST)["doi"] == "10.5555/crane2018"


# --- What sources may say ---------------------------------------------------------------------------------------------

EVIL = (
    "Bio @octocat\n\nfixes #1 | closes octocat/victim#1 | GH-1 <script>alert(1)</script> <!-- bot:offer {} --> **x** "
    "`x` [y](https://evil.example) https://github.com/octocat/victim/issues/1 $x$ ![z](https://evil.example/p.png) "
    "[skip ci] :tada:\r\nCo-authored-by: octocat <1+octocat@users.noreply.github.com> ::error::x & } {"
)


@pytest.mark.parametrize("field", ["container", "title", "publisher", "volume", "page"])
def test_what_a_hostile_source_says_does_no_harm(make_weekly: Make, field: str) -> None:
    weekly = make_weekly(FIRST, cases=[case(FIRST, **{field: EVIL})])
    weekly.run()
    pull = weekly.open()[FIRST]
    body = pull["body"]
    harmless = re.sub(r"\\[`*_\[\]|~]|&#8203;|\u200b", "\N{MIDDLE DOT}", body)
    assert not re.search(r"<script|\*\*x|`|!\[z|\]\(https://evil|\$x", harmless)
    for text in (harmless, pull["title"]):  # where GitHub reads no markup, but acts on these
        assert not re.search(r"@octocat|#1|GH-1|:tada:|(?<!\()https://(?!doi\.org/|example\.org/)", text)
    assert re.fullmatch(r"[^\n\r]{1,256}", pull["title"])
    assert [line for line in body.split("\n") if "<" in line] == [body.rstrip().split("\n")[-1]]
    assert table(body)  # no cell of it has become two
    assert not re.search("\n(?:fixes|Co-authored-by|::error)", body)
    [message, _] = weekly.world.log(branch(FIRST), "%B")
    subject, trailers = message.strip().split("\n\n")
    assert re.fullmatch("Bot-Tree: [0-9a-f]{40}", trailers)
    assert not re.search(r"@octocat|#1|GH-1|\[skip ci\]|\n", subject)
    after = Bibliography.parse(weekly.bibliography(branch(FIRST)).encode())
    assert [one.key for one in after.entries] == ["Audubon1838", FIRST, "Stowell2014"]
    assert after.problems == []
    weekly.world.proxy.clear()
    weekly.run()
    assert weekly.world.proxy.writes == []


@pytest.mark.parametrize("long", ["A" * 60_000, "é @octocat #1 " * 5_000])
def test_what_a_source_says_at_length_leaves_room_for_the_hidden_line(make_weekly: Make, long: str) -> None:
    weekly = make_weekly(FIRST, cases=[case(FIRST, title=long, container=long)])
    weekly.run()
    for pull in weekly.open().values():
        assert len(pull["body"]) <= 65_536
        assert len(pull["title"]) <= 256
    weekly.world.proxy.clear()
    weekly.run()
    assert weekly.world.proxy.writes == []


# --- Cut off anywhere -------------------------------------------------------------------------------------------------


def propose(weekly: Weekly) -> None:
    """Nothing has happened yet."""


def go_on(weekly: Weekly) -> None:
    """One was merged, and another was closed."""
    weekly.run()
    weekly.world.maintainer.merge(weekly.open()[FIRST]["number"])
    weekly.world.maintainer.close_pull(weekly.open()[SECOND]["number"])


def keep_up(weekly: Weekly) -> None:
    """The default branch has moved so that the branches conflict, and a person has committed to one."""
    weekly.run()
    theirs = weekly.bibliography(branch(FIRST)).replace("volume = {7}", "volume = {8}")
    weekly.world.maintainer.commit(branch(FIRST), {BIB: theirs.encode()})
    pushed = weekly.bibliography().replace("The dances of cranes", "The dances of {Cranes}")
    weekly.world.maintainer.commit("main", {BIB: pushed.encode()})


def give_up(weekly: Weekly) -> None:
    """The entries are gone."""
    weekly.run()
    weekly.world.maintainer.commit("main", {BIB: BIRDS.encode()})


STORIES = (propose, go_on, keep_up, give_up)


@pytest.mark.parametrize("fault", [Fault.BEFORE, Fault.AFTER, Fault.BAD_GATEWAY])
@pytest.mark.parametrize("story", STORIES, ids=[story.__name__ for story in STORIES])
def test_a_run_that_is_cut_off_anywhere_is_finished_by_the_next_one(
    make_weekly: Make, other_sources: Callable[..., Scholars], story: Callable[[Weekly], None], fault: Fault
) -> None:
    keys = (FIRST, SECOND, THIRD)
    sources = other_sources(*map(case, keys))

    def begun() -> tuple[Weekly, Bot]:
        weekly = make_weekly(*keys, sources=sources)
        story(weekly)
        bot = weekly.bot(timeout=1, retries=0)
        weekly.world.proxy.clear()
        return weekly, bot

    undisturbed, bot = begun()
    undisturbed.run(bot)
    requests, wanted = len(undisturbed.world.proxy.requests), state(undisturbed.world)
    for number in range(1, requests + 1):
        weekly, bot = begun()
        weekly.world.proxy.arm(number, fault, for_good=True)
        with pytest.raises(GitHubError):
            weekly.run(bot)
        weekly.world.proxy.clear()
        weekly.run()
        different = list(
            unified_diff(shown(wanted), shown(state(weekly.world)), "undisturbed", "cut off", lineterm="", n=0)
        )
        assert different == [], f"request {number} of {requests}:\n" + "\n".join(different)


def test_what_fails_for_one_paper_keeps_none_of_the_others_from_its_turn(make_weekly: Make) -> None:
    weekly = make_weekly(FIRST, SECOND)
    bot = weekly.bot(retries=0)
    weekly.world.proxy.clear()
    weekly.world.proxy.arm(3, Fault.ERROR)
    with pytest.raises(GitHubError, match=branch(FIRST)):
        weekly.run(bot)
    assert set(weekly.open()) == {SECOND}


def test_at_githubs_limit_the_run_ends(make_weekly: Make) -> None:
    weekly = make_weekly(FIRST, SECOND)
    bot = weekly.bot(retries=0)
    weekly.world.proxy.clear()
    weekly.world.proxy.arm(3, Fault.SECONDARY_LIMIT)
    with pytest.raises(LimitedError):
        weekly.run(bot)
    assert len(weekly.world.proxy.requests) == 3


def test_an_upgrade_that_fails_keeps_no_form_from_its_answer(make_weekly: Make) -> None:
    weekly = make_weekly(FIRST)
    weekly.run()
    [pull] = weekly.world.pulls()
    weekly.world.maintainer.commit("main", {BIB: BIRDS.encode()})  # so that it has no use any more
    number = weekly.world.person(CONTRIBUTORS[0]).file_issue("A form", form(PAPER), ["add-paper"])
    weekly.world.proxy.answer("PATCH", rf"/pulls/{pull['number']}$", Answer(422, {"message": "Validation Failed"}))
    with pytest.raises(GitHubError, match="Validation Failed"):
        weekly.refresh(catch_up=True)
    assert f"bot/issue-{number}" in weekly.world.branches()


def test_what_a_contributor_changes_already_is_not_proposed_besides(make_weekly: Make) -> None:
    weekly = make_weekly(FIRST)
    correction = {"key": FIRST, "field": "title", "value": "Cranes at dawn"}
    body = form(correction, correct=True)
    number = weekly.world.person(CONTRIBUTORS[0]).file_issue("[Update]", body, ["correct-paper"])
    weekly.bot().respond(number)
    [pull] = weekly.world.pulls()
    assert f"{FIRST}: #{pull['number']} changes this entry already, so nothing more is proposed" in weekly.run()
    assert len(weekly.world.pulls()) == 1
