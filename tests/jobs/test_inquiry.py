"""Forms of which the sources know more than they say, against the emulator and sources on this machine.

The sources are asked over HTTP, as a run of the bot asks them; each run has to find out what an earlier one knew.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.bibliography.entry import Entry
from bot.config import load
from bot.github.errors import GitHubError
from bot.jobs.inquiry import inquire
from bot.jobs.memory import Memory, write_comment
from bot.jobs.offers import Offer, fitting, write_body
from bot.jobs.proposal import identity
from bot.metadata.question import Question
from bot.metadata.work import Work
from tests.jobs.conftest import MakeBot
from tests.jobs.test_faults import shown, state
from tests.support.desk import BIRDS, BIRDS_CONFIG, Bot, birds, form
from tests.support.emulator import CONTRIBUTORS, STRANGER
from tests.support.proxy import Fault
from tests.support.scholars import Scholars
from tests.support.sources import Library
from tests.support.world import World

BIB = "data/birds.bib"
ARXIV, DOI = "1801.00001", "10.5555/owls.2019"
AUTHORS = [{"given": "Henry David", "family": "Thoreau"}, {"given": "Ada", "family": "Lovelace"}]
OWLS = {
    "arxiv": {
        "id": ARXIV,
        "title": "Listening to owls at night",
        "authors": ["Henry David Thoreau", "Ada Lovelace"],
        "published": "2018-01-02",
    },
    "crossref": [
        {
            "DOI": DOI,
            "type": "journal-article",
            "title": "Listening to owls at night",
            "authors": AUTHORS,
            "year": "2019",
            "container": "Bioacoustics",
            "publisher": "Owl Press",
            "volume": "7",
            "page": "11-19",
        }
    ],
}
LINKED = {**OWLS, "arxiv": {**OWLS["arxiv"], "doi": DOI}}  # type: ignore[dict-item]
WHOLE = {
    "identifier": DOI,
    "paper-title": "Listening to owls at night",
    "authors": "Thoreau, Henry David; Lovelace, Ada",
    "year": "2019",
    "venue": "Bioacoustics",
}
PREPRINT = """
@unpublished{Thoreau2018,
  author = {Thoreau, Henry David and Lovelace, Ada},
  title = {Listening to {Owls} at night},
  year = {2018},
  eprint = {1801.00001},
  archiveprefix = {arXiv},
  link = {https://owls.example.org/open.pdf},
  habitat = {forest},
}
"""

Know = Callable[..., Scholars]


@pytest.fixture
def know() -> Iterator[Know]:
    """Makes sources that know these cases."""
    made: list[Scholars] = []

    def know(*cases: object) -> Scholars:
        made.append(Scholars(Library.of(cases), load(BIRDS_CONFIG, "bot.yml")).__enter__())  # type: ignore[arg-type]
        return made[-1]

    yield know
    for scholars in made:
        scholars.__exit__()


@pytest.fixture
def scholars(know: Know) -> Scholars:
    """Sources that know the paper on owls, which arXiv links to what came of it."""
    return know(LINKED)


@pytest.fixture
def bot(make_bot: MakeBot, scholars: Scholars) -> Bot:
    """A bot that asks them."""
    return make_bot(ask=scholars.ask)


def file(world: World, answers: dict[str, str]) -> int:
    return world.person(CONTRIBUTORS[0]).file_issue("A form", form(answers), ["add-paper"])


def edit(world: World, number: int, answers: dict[str, str]) -> None:
    world.person(CONTRIBUTORS[0]).edit_issue(number, body=form(answers))


def entry(bot: Bot, key: str, branch: str | None = None) -> dict[str, str]:
    """The fields of an entry, and its ``type``."""
    match = re.search(rf"^@(\w+){{{key},\n(.*?)^}}", bot.bibliography(branch), re.MULTILINE | re.DOTALL)
    assert match, bot.bibliography(branch)
    return {"type": match[1], **dict(re.findall(r"^  (\w+) = {(.*)},$", match[2], re.MULTILINE))}


def visible(text: str) -> str:
    """A comment without its hidden line."""
    return "\n".join(line for line in text.split("\n") if not line.startswith("<!-- "))


def test_a_form_with_nothing_but_an_arxiv_id_becomes_a_full_entry(world: World, know: Know, make_bot: MakeBot) -> None:
    bot = make_bot(ask=know({"arxiv": OWLS["arxiv"]}).ask)
    number = file(world, {"identifier": f"arXiv:{ARXIV}"})
    bot.respond(number)
    found = entry(bot, "Thoreau2018", f"bot/issue-{number}")
    assert {name: found[name] for name in ("type", "author", "title", "year", "eprint", "archiveprefix")} == {
        "type": "unpublished",
        "author": "Thoreau, Henry David and Lovelace, Ada",
        "title": "Listening to owls at night",
        "year": "2018",
        "eprint": ARXIV,
        "archiveprefix": "arXiv",
    }
    assert bot.pull(number)["title"] == "Add Thoreau2018: Listening to owls at night"
    assert bot.verdict(number) == "success"
    assert "needs-info" not in world.labels(number)


def words(line: str) -> list[str]:
    return re.findall(r"\w+", line)


def test_the_comment_says_what_came_from_where(world: World, bot: Bot) -> None:
    number = file(world, {"identifier": ARXIV})
    bot.respond(number)
    found = entry(bot, "Thoreau2019", f"bot/issue-{number}")
    assert (found["type"], found["journal"], found["doi"], found["eprint"]) == ("article", "Bioacoustics", DOI, ARXIV)
    lines = [line for line in visible(bot.comment(number)).split("\n") if line.startswith("- ") and ", from " in line]
    said = {
        field: source for line in lines for fields, _, source in [line.partition(", from ")] for field in words(fields)
    }
    assert (said["title"], said["pages"]) == ("Crossref", "Crossref")
    assert said["journal"] == "bot.yml, which knows Bioacoustics"
    assert said["link"] == "arXiv"
    assert "eprint" not in said  # which the contributor typed


@pytest.mark.parametrize("answers", [{"identifier": ARXIV}, WHOLE], ids=["an identifier", "a whole form"])
def test_nobody_is_asked_twice(world: World, bot: Bot, scholars: Scholars, answers: dict[str, str]) -> None:
    number = file(world, answers)
    bot.respond(number)
    assert scholars.count > 0
    before = bot.bibliography(f"bot/issue-{number}")
    scholars.clear()
    bot.respond(number)
    assert scholars.count == 0
    edit(world, number, {**answers, "code": "https://example.org/code"})
    bot.respond(number)
    assert scholars.count == 0
    changed = set(bot.bibliography(f"bot/issue-{number}").split("\n")) ^ set(before.split("\n"))
    assert changed == {"  code = {https://example.org/code},"}


def test_another_identifier_is_asked_about(world: World, bot: Bot, scholars: Scholars) -> None:
    number = file(world, {"identifier": "1801.00009"})
    bot.respond(number)
    edit(world, number, {"identifier": ARXIV})
    bot.respond(number)
    assert bot.pull(number)["title"] == "Add Thoreau2019: Listening to owls at night"


def test_a_maintainers_retry_asks_again(world: World, know: Know, make_bot: MakeBot) -> None:
    scholars = know({"arxiv": OWLS["arxiv"]})
    bot = make_bot(ask=scholars.ask)
    number = file(world, {"identifier": ARXIV})
    bot.respond(number)
    scholars.clear()
    world.person(STRANGER).comment(number, "/bot retry")
    bot.respond(number)
    assert scholars.count == 0
    world.maintainer.comment(number, "/bot retry")
    bot.respond(number)
    assert scholars.asked() == ["arxiv"]
    scholars.clear()
    bot.respond(number)
    assert scholars.count == 0


def test_an_identifier_alone_waits_while_every_source_is_down(world: World, bot: Bot, scholars: Scholars) -> None:
    scholars.all_down()
    number = file(world, {"identifier": ARXIV})
    world.maintainer.label(number, "needs-info")
    [said] = bot.respond(number)
    assert said == f"#{number}: metadata-unavailable"
    assert "[metadata-unavailable](" in bot.comment(number) or "(metadata-unavailable)" in bot.comment(number)
    assert re.search(r"\barXiv\b.* could not be asked", visible(bot.comment(number)))
    assert "tries again within a day" in bot.comment(number)
    assert world.labels(number) == {"add-paper"}
    assert world.pulls() == []
    assert f"bot/issue-{number}" not in world.branches()


def test_catching_up_proposes_what_waited_for_a_source(world: World, bot: Bot, scholars: Scholars) -> None:
    scholars.all_down()
    number = file(world, {"identifier": ARXIV})
    bot.respond(number)
    bot.refresh(catch_up=True)
    assert world.pulls() == []
    scholars.all_up()
    bot.refresh(catch_up=True)
    assert bot.pull(number)["title"] == "Add Thoreau2019: Listening to owls at night"
    assert "could not be asked" not in bot.comment(number)
    assert len(world.comments(number)) == 1


def test_a_complete_form_goes_on_while_a_source_is_down_and_is_filled_in_later(
    world: World, bot: Bot, scholars: Scholars
) -> None:
    scholars.down |= {"crossref", "openalex"}
    number = file(world, WHOLE)
    bot.respond(number)
    pull, branch = bot.pull(number)["number"], f"bot/issue-{number}"
    assert bot.verdict(number) == "success"
    assert re.search(r"\bCrossref\b.* could not be asked", visible(bot.comment(number)))
    assert "volume" not in entry(bot, "Thoreau2019", branch)
    scholars.all_up()
    bot.refresh(catch_up=True)
    assert bot.pull(number)["number"] == pull
    found = entry(bot, "Thoreau2019", branch)
    assert (found["volume"], found["pages"]) == ("7", "11--19")
    assert "could not be asked" not in bot.comment(number)
    scholars.clear()
    bot.refresh(catch_up=True)
    assert scholars.count == 0


def test_what_a_person_wrote_on_the_branch_stays_when_a_source_is_back(
    world: World, bot: Bot, scholars: Scholars
) -> None:
    scholars.down.add("crossref")
    number = file(world, WHOLE)
    bot.respond(number)
    branch = f"bot/issue-{number}"
    theirs = bot.bibliography(branch).replace("Listening to owls", "Listening to {Owls}")
    world.maintainer.commit(branch, {BIB: theirs.encode()})
    bot.respond(number)
    scholars.all_up()
    bot.refresh(catch_up=True)
    assert bot.bibliography(branch) == theirs


def test_what_was_known_stays_known_while_a_source_is_down(world: World, bot: Bot, scholars: Scholars) -> None:
    number = file(world, {"identifier": ARXIV})
    bot.respond(number)
    before = bot.bibliography(f"bot/issue-{number}")
    scholars.all_down()
    edit(world, number, {"identifier": ARXIV, "code": "https://example.org/code"})
    bot.respond(number)
    changed = set(bot.bibliography(f"bot/issue-{number}").split("\n")) ^ set(before.split("\n"))
    assert changed == {"  code = {https://example.org/code},"}


def test_a_retry_while_every_source_is_down_takes_nothing_away(world: World, bot: Bot, scholars: Scholars) -> None:
    number = file(world, {"identifier": ARXIV})
    bot.respond(number)
    before = bot.bibliography(f"bot/issue-{number}")
    scholars.all_down()
    world.maintainer.comment(number, "/bot retry")
    bot.respond(number)
    assert bot.bibliography(f"bot/issue-{number}") == before
    assert bot.verdict(number) == "success"
    assert re.search(r"\barXiv\b.* could not be asked", visible(bot.comment(number)))
    scholars.all_up()
    scholars.clear()
    bot.refresh(catch_up=True)
    assert "arxiv" in scholars.asked()
    assert "could not be asked" not in bot.comment(number)


def test_an_open_proposal_whose_form_waits_for_a_source_is_taken_up_by_catching_up(
    world: World, bot: Bot, scholars: Scholars
) -> None:
    number = file(world, {**WHOLE, "identifier": "", "paper-title": "Something else"})
    bot.respond(number)
    pull = bot.pull(number)["number"]
    scholars.all_down()
    edit(world, number, {"identifier": ARXIV})
    bot.respond(number)
    assert "tries again within a day" in bot.comment(number)
    assert bot.verdict(number) == "failure"
    scholars.all_up()
    bot.refresh(catch_up=True)
    assert (bot.pull(number)["number"], bot.verdict(number)) == (pull, "success")
    assert bot.pull(number)["title"] == "Add Thoreau2019: Listening to owls at night"
    scholars.clear()
    bot.refresh(catch_up=True)
    assert scholars.count == 0


def test_a_difference_is_shown_with_both_values_and_the_forms_stays(world: World, bot: Bot) -> None:
    number = file(world, {**WHOLE, "year": "2018"})
    bot.respond(number)
    found = entry(bot, "Thoreau2018", f"bot/issue-{number}")
    assert found["year"] == "2018"
    assert "the form says “2018”, Crossref says “2019”" in bot.comment(number)
    assert "metadata-differs" in bot.comment(number)
    assert found["volume"] == "7"
    assert bot.verdict(number) == "success"


@pytest.mark.parametrize("identifier", ["1801.00009", "10.5555/nobody.knows"])
def test_an_identifier_that_nobody_knows_needs_a_persons_help(world: World, bot: Bot, identifier: str) -> None:
    number = file(world, {"identifier": identifier})
    [said] = bot.respond(number)
    assert said == f"#{number}: metadata-unknown"
    assert "needs-info" in world.labels(number)
    assert world.pulls() == []
    edit(
        world, number, {"identifier": identifier, **{k: WHOLE[k] for k in ("paper-title", "authors", "year", "venue")}}
    )
    bot.respond(number)
    assert bot.pull(number)["state"] == "open"
    assert "needs-info" not in world.labels(number)


def test_the_doi_of_the_published_version_updates_the_listed_preprint(
    make_world: Callable[..., World], tmp_path: Path, scholars: Scholars
) -> None:
    world = make_world({**birds(), BIB: (BIRDS + PREPRINT).encode()})
    bot = Bot(world, tmp_path / "clone", ask=scholars.ask)
    number = file(world, {"identifier": DOI})
    bot.respond(number)
    assert bot.pull(number)["title"].startswith("[Update][Thoreau2018] ")
    branch = f"bot/issue-{number}"
    assert entry(bot, "Thoreau2018", branch) == {
        "type": "article",
        "author": "Thoreau, Henry David and Lovelace, Ada",
        "title": "Listening to {Owls} at night",
        "year": "2019",
        "journal": "Bioacoustics",
        "volume": "7",
        "pages": "11--19",
        "publisher": "Owl Press",
        "doi": DOI,
        "eprint": ARXIV,
        "archiveprefix": "arXiv",
        "link": "https://owls.example.org/open.pdf",
        "habitat": "forest",
    }
    assert bot.bibliography(branch).startswith(BIRDS.split("@article{Stowell2014")[0])
    assert bot.verdict(number) == "success"


def test_a_push_asks_no_source_about_open_proposals(world: World, bot: Bot, scholars: Scholars) -> None:
    number = file(world, {"identifier": ARXIV})
    bot.respond(number)
    scholars.clear()
    taken = "@misc{Thoreau2019,\n  author = {Zed, Zoe},\n  title = {Crows},\n  year = {2019},\n}\n"
    world.maintainer.commit("main", {BIB: f"{BIRDS}\n{taken}".encode()})
    bot.refresh()
    assert "Thoreau2019b" in bot.pull(number)["title"]
    assert scholars.count == 0


EVIL = (
    "Owls @octocat\n\nfixes #1 | closes octocat/victim#1 | GH-1 <script>alert(1)</script> <!-- bot:answer {} --> **x** "
    "`x` ![z](https://evil.example/p.png) https://github.com/octocat/victim/issues/1 [skip ci] :tada: & } {\r\n"
    "Co-authored-by: octocat <1+octocat@users.noreply.github.com>"
)


def test_what_a_hostile_source_says_does_no_harm(world: World, know: Know, make_bot: MakeBot) -> None:
    evil = {"id": ARXIV, "title": EVIL, "authors": [EVIL, "Ada Lovelace"], "published": "2018-01-02", "comment": EVIL}
    bot = make_bot(ask=know({"arxiv": evil}).ask)
    number = file(world, {"identifier": ARXIV})
    bot.respond(number)
    texts = [bot.comment(number)]
    for pull in world.pulls():
        texts += [pull["title"], pull["body"]]
        [message, _] = world.log(f"bot/issue-{number}", "%B")
        assert not re.search(r"@octocat|#1|GH-1|\[skip ci\]", message)
        assert len(re.findall("^Co-authored-by:", message, re.MULTILINE)) == 1  # of who filed the form
    for text in texts:
        outside_code = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        plain = visible(outside_code).removeprefix(f"Closes #{number}, ")
        assert not re.search(r"@octocat|#1|GH-1|<script|:tada:|<!--|(?<!\()https://github", plain)
    assert len(re.findall("^<!-- bot:answer ", bot.comment(number), re.MULTILINE)) == 1
    world.proxy.clear()
    bot.respond(number)
    assert world.proxy.writes == []


@pytest.mark.parametrize("fault", [Fault.BEFORE, Fault.BAD_GATEWAY])
def test_a_run_that_is_cut_off_anywhere_is_finished_by_the_next_one(
    make_world: Callable[..., World], tmp_path: Path, know: Know, fault: Fault
) -> None:
    scholars = know(LINKED)

    def begun(name: str) -> tuple[World, int, Bot]:
        world = make_world(birds())
        number = file(world, {"identifier": ARXIV})
        bot = Bot(world, tmp_path / name, timeout=1, retries=0, ask=scholars.ask)
        world.proxy.clear()
        return world, number, bot

    undisturbed, number, bot = begun("undisturbed")
    bot.respond(number)
    requests, wanted = len(undisturbed.proxy.requests), shown(state(undisturbed))
    for cut in range(1, requests + 1):
        world, number, bot = begun(f"cut-{cut}")
        world.proxy.arm(cut, fault, for_good=True)
        with pytest.raises(GitHubError):
            bot.respond(number)
        world.proxy.clear()
        bot.respond(number)
        assert shown(state(world)) == wanted, f"request {cut} of {requests}"


def test_a_paper_that_is_listed_already_is_not_asked_about(world: World, bot: Bot, scholars: Scholars) -> None:
    number = file(world, {"identifier": "10.7717/peerj.488"})
    bot.respond(number)
    assert "duplicate-identifier" in bot.comment(number)
    assert scholars.count == 0


def test_a_closed_issue_is_not_asked_about(world: World, bot: Bot, scholars: Scholars) -> None:
    number = file(world, {"identifier": ARXIV})
    bot.respond(number)
    world.maintainer.comment(number, "/bot retry")
    world.person(CONTRIBUTORS[0]).close_issue(number)
    scholars.clear()
    bot.respond(number)
    assert scholars.count == 0


@pytest.mark.parametrize("title", ["(:)-" * 4500, "深い" * 8000, "Deep " * 900])
def test_what_is_remembered_has_room_in_a_comment(title: str) -> None:
    question = Question("10.5555/a")
    few = [Question(f"10.5555/{number}") for number in range(2000)]
    answers = {one: Work("article", {"title": "Deep"}) for one in few} | {question: Work("article", {"title": title})}
    for questions in ([question], few, [*few, question]):
        memory = inquire(questions, Memory(), lambda _: answers).memory
        assert len(write_comment("", memory)) < 25_000
    assert len(inquire(few, Memory(), lambda _: answers).memory.known) > 100  # as many as have room


def test_what_is_offered_has_room_in_a_pull_request() -> None:
    family = " and ".join(f"Lovelace{number}, Ada" for number in range(50))
    papers = [
        identity(
            Entry("article", f"Lovelace{number}", {"title": "Owls " * 40, "author": family, "doi": f"10.5555/{number}"})
        )
        for number in range(300)
    ]
    assert fitting(tuple(papers[:10])) == tuple(papers[:10])
    offered = fitting(tuple(papers))
    assert [paper.key for paper in offered] == [paper.key for paper in papers]
    assert len(write_body("", "", Offer(1, papers=offered))) < 60_000
