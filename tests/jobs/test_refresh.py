"""After a push and on a schedule, against the emulator: pages, proposals that are behind, and what was lost."""

import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.jobs.offers import Offer, write_body
from bot.jobs.proposal import Identity
from bot.jobs.refresh import take_up_unanswered
from bot.problems import UsageError
from tests.jobs.conftest import MakeBot
from tests.support.desk import BIRDS, PAPER, Bot, birds, form
from tests.support.emulator import BOT, CONTRIBUTORS
from tests.support.people import ConflictError
from tests.support.world import World

BIB = "data/birds.bib"
OTHER = {**PAPER, "paper-title": "Something on the songs of wrens", "link": ""}
ZED = "@misc{Zed2001,\n  author = {Zed, Zoe},\n  title = {Crows},\n  year = {2001},\n}\n"


def file(world: World, answers: dict[str, str], who: int = 0) -> int:
    return world.person(CONTRIBUTORS[who]).file_issue("A form", form(answers), ["add-paper"])


def keys(text: str) -> list[str]:
    return re.findall(r"@\w+{(\w+),", text)


def test_pages_follow_the_bibliography_in_one_commit_on_top_of_the_default_branch(world: World, bot: Bot) -> None:
    before = world.log(form="%H")
    told = bot.refresh()
    assert world.log(form="%H")[1:] == before
    assert b"2 papers" in (world.file("README.md") or b"")
    assert b"Stowell, Dan" in (world.file("authors.md") or b"")
    assert (world.file(BIB) or b"").decode() == BIRDS
    assert "authors.md" in " ".join(told)


def test_with_all_up_to_date_nothing_is_written(world: World, bot: Bot, make_bot: MakeBot) -> None:
    bot.refresh()
    world.proxy.clear()
    make_bot().refresh()
    assert world.proxy.writes == []


def test_the_forms_drop_downs_follow_the_configuration(world: World, bot: Bot) -> None:
    config = birds()[".github/bot.yml"] + b"vocabularies:\n  repro: [Surely, Hardly]\n"
    world.maintainer.commit("main", {".github/bot.yml": config})
    bot.refresh()
    assert b"- Surely\n" in (world.file(".github/ISSUE_TEMPLATE/add-paper.yml") or b"")


def test_who_pushes_meanwhile_wins_and_the_pages_are_made_of_what_they_pushed(world: World, bot: Bot) -> None:
    push = lambda: world.maintainer.commit("main", {BIB: f"{BIRDS}\n{ZED}".encode()})  # noqa: E731
    world.proxy.on_request(3, push)  # right before the branch is moved
    bot.refresh()
    assert b"3 papers" in (world.file("README.md") or b"")
    assert "Zed2001" in bot.bibliography()


def protect(world: World) -> None:
    world.maintainer._call(
        "PUT",
        "/branches/main/protection",
        {
            "required_status_checks": None,
            "enforce_admins": True,
            "required_pull_request_reviews": {"required_approving_review_count": 1},
            "restrictions": None,
        },
    )


def test_on_a_protected_branch_the_pages_are_one_pull_request_that_is_kept_up_to_date(world: World, bot: Bot) -> None:
    protect(world)
    bot.refresh()
    [pull] = world.pulls("bot/pages")
    assert b"2 papers" in (world.file("README.md", "bot/pages") or b"")
    assert [check["conclusion"] for check in world.checks(world.branches()["bot/pages"])] == ["success"]
    world.proxy.clear()
    bot.refresh()
    assert world.proxy.writes == []
    world.maintainer._call("DELETE", "/branches/main/protection")
    world.maintainer.commit("main", {BIB: f"{BIRDS}\n{ZED}".encode()})
    protect(world)
    bot.refresh()
    assert [one["number"] for one in world.pulls("bot/pages")] == [pull["number"]]
    assert b"3 papers" in (world.file("README.md", "bot/pages") or b"")
    world.maintainer._call("DELETE", "/branches/main/protection")
    world.maintainer.merge(pull["number"])
    bot.refresh()
    assert "bot/pages" not in world.branches()
    assert b"3 papers" in (world.file("README.md") or b"")


def test_what_people_commit_to_the_pages_branch_is_kept(world: World, bot: Bot) -> None:
    protect(world)
    bot.refresh()
    world.maintainer.commit("bot/pages", {"notes.txt": b"mine\n"})
    world.maintainer._call("DELETE", "/branches/main/protection")
    world.maintainer.commit("main", {BIB: f"{BIRDS}\n{ZED}".encode()})
    protect(world)
    bot.refresh()
    assert world.file("notes.txt", "bot/pages") == b"mine\n"
    assert b"3 papers" in (world.file("README.md", "bot/pages") or b"")


def test_a_pages_pull_request_that_a_person_closed_is_not_opened_again(
    world: World, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    protect(world)
    bot.refresh()
    [pull] = world.pulls("bot/pages")
    world.maintainer.close_pull(pull["number"])
    _tell_who_closed(monkeypatch, world.maintainer.login)
    told = bot.refresh()
    assert len(world.pulls("bot/pages")) == 1
    assert f"#{pull['number']}" in told[0]


def test_a_branch_of_the_pages_that_people_wrote_to_is_not_deleted(world: World, bot: Bot) -> None:
    protect(world)
    bot.refresh()
    [pull] = world.pulls("bot/pages")
    world.maintainer.commit("bot/pages", {"notes.txt": b"mine\n"})
    world.maintainer._call("DELETE", "/branches/main/protection")
    pages = {
        path: world.file(path, "bot/pages") for path in ("README.md", "authors.md", "tasks.md") if world.file(path)
    }
    world.maintainer.commit("main", {**pages, "authors.md": world.file("authors.md", "bot/pages")})
    bot.refresh()
    assert world.file("notes.txt", "bot/pages") == b"mine\n"
    assert [one["state"] for one in world.pulls("bot/pages")] == ["closed"]
    assert "no use any more" in world.comments(pull["number"])[0]["body"]


def test_a_bibliography_that_people_broke_beside_the_pages_is_judged(world: World, bot: Bot) -> None:
    protect(world)
    bot.refresh()
    broken = BIRDS.replace("year = {1838}", "year = {soon}")
    world.maintainer.commit("bot/pages", {BIB: broken.encode()})
    bot.refresh()
    checks = world.checks(world.branches()["bot/pages"])
    assert [check["conclusion"] for check in checks] == ["failure"]


def _tell_who_closed(monkeypatch: pytest.MonkeyPatch, login: str) -> None:
    """GitHub's answer for the number of a pull request, which the emulator lacks."""
    from bot.github.model import Issue, User
    from bot.github.repository import Repository

    ask: Callable[[Repository, int], Issue] = Repository.issue

    def issue(self: Repository, number: int) -> Issue:
        try:
            return ask(self, number)
        except Exception:  # noqa: BLE001
            return Issue(number, closed_by=User(login))

    monkeypatch.setattr(Repository, "issue", issue)


def merges_cleanly(world: World, branch: str) -> bool:
    branches = world.branches()
    done = subprocess.run(
        ["git", "-C", world.mirror.path, "merge-tree", "--write-tree", branches["main"], branches[branch]],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def test_of_two_neighbours_the_second_is_brought_up_to_date_when_the_first_is_merged(world: World, bot: Bot) -> None:
    first, second = file(world, PAPER), file(world, {**OTHER, "authors": "Thoreau, Zoe", "year": "2020"}, 1)
    bot.respond(first)
    bot.respond(second)
    world.maintainer.merge(bot.pull(first)["number"])
    branch = f"bot/issue-{second}"
    head = world.branches()[branch]
    assert not merges_cleanly(world, branch)
    bot.refresh()
    assert merges_cleanly(world, branch)
    [parents, *_] = world.log(branch, "%P")
    assert parents.split() == [head, world.branches()["main"]]
    world.maintainer.merge(bot.pull(second)["number"])
    assert keys(bot.bibliography()) == ["Audubon1838", "Stowell2014", "Thoreau2019", "Thoreau2020"]


def test_a_proposal_that_still_merges_cleanly_is_left_alone(world: World, bot: Bot) -> None:
    number = file(world, {**PAPER, "authors": "Zorn, Zoe"})
    bot.respond(number)
    before = world.branches()[f"bot/issue-{number}"]
    text = BIRDS.replace("@article{Audubon1838", "@misc{Aaa2001,\n  author = {Aaa, A},\n}\n\n@article{Audubon1838")
    world.maintainer.commit("main", {BIB: text.encode()})
    bot.refresh()
    assert world.branches()[f"bot/issue-{number}"] == before


def test_a_key_that_is_taken_by_a_merge_becomes_the_next_one_and_the_comment_says_so(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    taken = ZED.replace("Zed2001", "Thoreau2019")
    world.maintainer.commit("main", {BIB: f"{BIRDS}\n{taken}".encode()})
    bot.refresh()
    text = bot.bibliography(f"bot/issue-{number}")
    assert keys(text) == ["Audubon1838", "Stowell2014", "Thoreau2019", "Thoreau2019b"]
    assert taken in text
    assert bot.pull(number)["title"].startswith("Add Thoreau2019b:")
    assert "`Thoreau2019` was taken" in bot.comment(number)
    world.proxy.clear()
    bot.refresh()
    assert world.proxy.writes == []
    world.maintainer.merge(bot.pull(number)["number"])
    assert keys(bot.bibliography()) == ["Audubon1838", "Stowell2014", "Thoreau2019", "Thoreau2019b"]


def test_a_paper_that_was_listed_meanwhile_turns_its_proposal_red(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    same = (
        f"@misc{{Owls,\n  author = {{Thoreau, Henry}},\n  title = {{{PAPER['paper-title']}}},\n  year = {{2019}},\n}}\n"
    )
    world.maintainer.commit("main", {BIB: BIRDS.replace("@article{Stowell", f"{same}\n@article{{Stowell", 1).encode()})
    bot.refresh()
    assert bot.verdict(number) == "failure"
    assert "duplicate-title" in bot.comment(number)
    assert bot.pull(number)["state"] == "open"


def test_where_a_person_and_the_default_branch_changed_one_path_it_is_left_and_said(world: World, bot: Bot) -> None:
    number, branch = file(world, PAPER), "bot/issue-1"
    bot.respond(number)
    world.maintainer.commit(branch, {"notes.txt": b"on the branch\n"})
    text = bot.bibliography().replace("Birds of the eastern woods", "Birds of the Eastern Woods")
    world.maintainer.commit("main", {BIB: text.encode(), "notes.txt": b"on main\n"})
    head = world.branches()[branch]
    bot.refresh()
    assert world.branches()[branch] == head
    assert "both changed notes.txt" in bot.comment(number)
    assert "ready to be merged" not in bot.comment(number)
    assert bot.verdict(number) == "failure"


def test_other_paths_are_as_the_side_has_them_that_changed_them(world: World, bot: Bot) -> None:
    first, second = file(world, PAPER), file(world, {**OTHER, "authors": "Thoreau, Zoe", "year": "2020"}, 1)
    bot.respond(first)
    bot.respond(second)
    world.maintainer.commit(f"bot/issue-{second}", {"mine.txt": b"mine\n"})
    world.maintainer.commit("main", {"theirs.txt": b"theirs\n"})
    world.maintainer.merge(bot.pull(first)["number"])
    bot.refresh()
    assert world.file("mine.txt", f"bot/issue-{second}") == b"mine\n"
    assert world.file("theirs.txt", f"bot/issue-{second}") == b"theirs\n"


def test_a_line_merge_that_conflicts_is_no_conflict_for_the_bot_but_is_for_git(world: World, bot: Bot) -> None:
    papers = [("On larks", "2001"), ("Of terns and gulls", "2002"), ("How swifts sleep", "2003")]
    numbers = [
        file(world, {**OTHER, "paper-title": title, "year": year}, who) for who, (title, year) in enumerate(papers)
    ]
    for number in numbers:
        bot.respond(number)
    for number in numbers:
        try:
            world.maintainer.merge(bot.pull(number)["number"])
        except ConflictError:
            bot.refresh()
            world.maintainer.merge(bot.pull(number)["number"])
    assert keys(bot.bibliography())[2:] == ["Thoreau2001", "Thoreau2002", "Thoreau2003"]


def test_a_hundred_proposals_that_need_nothing_take_at_most_six_requests_and_one_fetch(
    world: World, make_bot: MakeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _open_proposals(world, 100)
    bot = make_bot()
    bot.refresh()  # the pages
    world.maintainer.commit("main", {"notes.txt": b"something else\n"})
    world.proxy.clear()
    fetches = _count_fetches(monkeypatch)
    told = bot.refresh()
    assert "100 open proposals, 0 to be brought up to date" in told
    assert len(world.proxy.requests) <= 6
    assert world.proxy.writes == []
    assert len(fetches) == 1


def _open_proposals(world: World, count: int) -> None:
    """Many proposals, made quicker than by the bot: each adds an entry of its own."""
    for number in range(1, count + 1):
        entry = ZED.replace("Zed2001", f"Zed{2001 + number}").replace("Crows", f"Crows, part {number}")
        head = world.maintainer.commit(f"bot/issue-{number}", {BIB: f"{BIRDS}\n{entry}".encode()})
        paper = Identity(f"Zed{2001 + number}", (), f"crows part {number}", ("zed",))
        body = write_body("Add it", "A paper", Offer(number, CONTRIBUTORS[0], (paper,), head=head))
        world.maintainer.open_pull(f"bot/issue-{number}", "Add it", body)


def _count_fetches(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    from bot.github.checkout import Checkout

    calls: list[Any] = []
    fetch = Checkout.fetch

    def counted(self: Checkout, branch: str) -> dict[str, str]:
        calls.append(branch)
        return fetch(self, branch)

    monkeypatch.setattr(Checkout, "fetch", counted)
    return calls


def test_catching_up_answers_forms_that_nobody_answered(world: World, bot: Bot) -> None:
    numbers = [file(world, PAPER), file(world, OTHER, 1)]
    world.person(CONTRIBUTORS[2]).file_issue("A question", "Do owls sing?")
    bot.refresh(catch_up=True)
    assert [bot.pull(number)["state"] for number in numbers] == ["open", "open"]
    assert world.comments(3) == []


def test_catching_up_closes_what_was_closed_while_nobody_looked(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    world.maintainer.close_issue(number)
    bot.refresh(catch_up=True)
    assert [pull["state"] for pull in world.pulls()] == ["closed"]


def test_catching_up_takes_up_what_waited_for_an_earlier_proposal(world: World, bot: Bot) -> None:
    first, second = file(world, PAPER), file(world, PAPER, 1)
    bot.respond(first)
    bot.respond(second)
    world.maintainer.close_issue(first)
    bot.refresh(catch_up=True)
    assert bot.pull(second)["title"].startswith("Add Thoreau2019")


def test_catching_up_twice_writes_nothing_the_second_time(world: World, bot: Bot, make_bot: MakeBot) -> None:
    for answers in (PAPER, OTHER, {**PAPER, "year": "soon"}):
        file(world, answers)
    bot.refresh(catch_up=True)
    world.proxy.clear()
    make_bot().refresh(catch_up=True)
    assert [one for one in world.proxy.writes if not one.path.endswith("/enable")] == []


def test_a_run_also_answers_forms_whose_own_run_was_lost(world: World, bot: Bot) -> None:
    lost, question = file(world, PAPER), world.person(CONTRIBUTORS[1]).file_issue("A question", "Do owls sing?")
    desk = bot.desk(now=datetime.now(UTC) + timedelta(minutes=11))
    told = list(take_up_unanswered(desk.repository.open_issues(), desk, besides=99))
    assert told == [f"#{lost}: Thoreau2019 proposed"]
    assert bot.pull(lost)["state"] == "open"
    assert world.comments(question) == []


def test_a_form_that_was_filed_just_now_is_left_to_its_own_run(world: World, bot: Bot) -> None:
    file(world, PAPER)
    desk = bot.desk()
    assert list(take_up_unanswered(desk.repository.open_issues(), desk, besides=99)) == []
    assert world.proxy.writes == []


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (".github/bot.yml", "there is no such file on the default branch"),
        (".github/ISSUE_TEMPLATE/add-paper.yml", "there is no such file on the default branch"),
        (BIB, "there is no such file on the branch main"),
    ],
)
def test_what_the_default_branch_lacks_is_said(world: World, bot: Bot, file: str, sentence: str) -> None:
    world.maintainer.commit("main", {file: None})
    with pytest.raises(UsageError, match=f"{file}: {sentence}"):
        bot.refresh()


def test_the_bots_account_is_what_the_emulator_knows_it_as(world: World, bot: Bot) -> None:
    assert bot.desk().repository.login() == BOT
