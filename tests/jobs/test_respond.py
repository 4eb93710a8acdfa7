"""An issue from the form to its end, against the emulator: what people see, and what is written."""

import html
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.jobs.conftest import MakeBot
from tests.support.desk import BIRDS, PAPER, Bot, form
from tests.support.emulator import CONTRIBUTORS, MAINTAINER, STRANGER
from tests.support.git import git
from tests.support.world import World

CONTRIBUTOR = CONTRIBUTORS[0]
ENTRY = """@article{Thoreau2019,
  author = {Thoreau, Henry David},
  title = {Listening to owls at night},
  year = {2019},
  journal = {Bioacoustics},
  link = {https://owls.example.org/2019.pdf},
  timestamp = {%s},
}
"""
WRONG = {**PAPER, "year": "soon", "authors": ""}
CORRECTION = {"key": "Stowell2014", "field": "code", "value": "https://github.com/danstowell/birds"}


def file(world: World, answers: dict[str, str], login: str = CONTRIBUTOR, *, correct: bool = False) -> int:
    labels = ["correct-paper" if correct else "add-paper"]
    return world.person(login).file_issue("A form", form(answers, correct=correct), labels)


def test_a_filed_paper_becomes_a_branch_a_pull_request_a_verdict_and_one_comment(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    pull = bot.pull(number)
    assert pull["title"] == f"Add Thoreau2019: {PAPER['paper-title']}"
    assert f"Closes #{number}" in pull["body"]
    assert pull["base"]["ref"] == "main"
    day = world.issue(number)["created_at"][:10]
    assert bot.bibliography(f"bot/issue-{number}") == f"{BIRDS}\n{ENTRY % day}"
    assert world.log(f"bot/issue-{number}")[1:] == world.log()
    assert bot.verdict(number) == "success"
    comment = bot.comment(number)
    assert f"#{pull['number']}" in comment
    assert f"| [{PAPER['paper-title']}]({PAPER['link']}) | No |" in comment
    assert world.labels(number) == {"add-paper"}


def test_a_proposal_changes_the_bibliography_and_nothing_else(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    checkout = bot.desk().checkout
    branches = checkout.fetch("main")
    base, head = (checkout.files(branches[name]) for name in ("main", f"bot/issue-{number}"))
    assert {path for path in base.keys() | head.keys() if base.get(path) != head.get(path)} == {"data/birds.bib"}


def test_an_executable_bibliography_stays_one(world: World, make_bot: MakeBot, tmp_path: Path) -> None:
    clone = world.clone(tmp_path / "by-hand")
    (clone / "data/birds.bib").chmod(0o755)
    git(clone, "-c", "core.fileMode=true", "commit", "--quiet", "--all", "-m", "Mode")
    world.maintainer.push(clone, "main")
    number = file(world, PAPER)
    make_bot().respond(number)
    listed = git(world.mirror.path, "ls-tree", "-r", f"bot/issue-{number}", "data/birds.bib").split()
    assert listed[0] == b"100755"


def test_who_filed_the_form_is_credited_in_the_commit(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    user = world.issue(number)["user"]
    credit = f"Co-authored-by: {CONTRIBUTOR} <{user['id']}+{CONTRIBUTOR}@users.noreply.github.com>"
    [message, *_] = world.log(f"bot/issue-{number}", "%B")
    assert credit in message.split("\n")


def test_a_second_run_writes_nothing(world: World, bot: Bot, make_bot: MakeBot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    world.proxy.clear()
    make_bot().respond(number)
    assert world.proxy.writes == []
    assert len(world.proxy.requests) <= 6


def withdrawn(world: World, bot: Bot) -> int:
    number = file(world, PAPER)
    bot.respond(number)
    world.maintainer.close_issue(number)
    bot.respond(number)
    return number


def waiting(world: World, bot: Bot) -> int:
    first, second = file(world, PAPER), file(world, PAPER, STRANGER)
    bot.respond(second)
    bot.respond(first)
    bot.respond(second)
    return second


def merged(world: World, bot: Bot) -> int:
    number = file(world, PAPER)
    bot.respond(number)
    world.maintainer.merge(bot.pull(number)["number"])
    bot.respond(number)
    return number


def refused(world: World, bot: Bot) -> int:
    number = file(world, WRONG)
    bot.respond(number)
    return number


@pytest.mark.parametrize("end", ["withdrawn", "waiting", "merged", "refused", "turned_down"])
def test_a_run_with_nothing_to_do_takes_at_most_6_requests_and_no_write(world: World, bot: Bot, end: str) -> None:
    number: int = globals()[end](world, bot)
    world.proxy.clear()
    bot.respond(number)
    assert world.proxy.writes == []
    assert len(world.proxy.requests) <= 6


def test_a_first_proposal_takes_at_most_12_requests(world: World, bot: Bot) -> None:
    number = world.person(CONTRIBUTOR).file_issue("A form", form(PAPER))
    world.proxy.clear()
    bot.respond(number)
    assert len(world.proxy.requests) <= 12
    assert world.labels(number) == {"add-paper"}  # which its form would have given it, had the label been there


def test_errors_come_in_one_comment_with_a_label_and_no_pull_request(world: World, bot: Bot) -> None:
    number = file(world, WRONG)
    bot.respond(number)
    assert world.pulls() == []
    assert f"bot/issue-{number}" not in world.branches()
    comment = bot.comment(number)
    assert "author-missing" in comment
    assert "year-shape" in comment
    assert world.labels(number) == {"add-paper", "needs-info"}


def test_a_mended_form_is_proposed_and_the_comment_follows(world: World, bot: Bot) -> None:
    number = file(world, WRONG)
    bot.respond(number)
    world.person(CONTRIBUTOR).edit_issue(number, body=form(PAPER))
    bot.respond(number)
    assert bot.pull(number)["title"].startswith("Add Thoreau2019")
    assert len(world.comments(number)) == 1
    assert "year-shape" not in bot.comment(number)
    assert world.labels(number) == {"add-paper"}


def test_an_edit_becomes_a_commit_with_the_difference(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    first = world.branches()[f"bot/issue-{number}"]
    world.person(CONTRIBUTOR).edit_issue(number, body=form({**PAPER, "code": "https://github.com/owls/owls"}))
    bot.respond(number)
    assert "code = {https://github.com/owls/owls}" in bot.bibliography(f"bot/issue-{number}")
    assert first in world.log(f"bot/issue-{number}", "%H")
    assert len(world.pulls()) == 1
    assert bot.verdict(number) == "success"


def test_an_edit_that_changes_the_key_leaves_one_entry_under_the_new_one(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    world.person(CONTRIBUTOR).edit_issue(number, body=form({**PAPER, "year": "2020"}))
    bot.respond(number)
    text = bot.bibliography(f"bot/issue-{number}")
    assert re.findall(r"@\w+{(\w+),", text) == ["Audubon1838", "Stowell2014", "Thoreau2020"]
    assert bot.pull(number)["title"].startswith("Add Thoreau2020")


def test_an_edit_that_makes_it_wrong_turns_the_verdict_red_and_throws_nothing_away(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    before = bot.bibliography(f"bot/issue-{number}")
    world.person(CONTRIBUTOR).edit_issue(number, body=form(WRONG))
    bot.respond(number)
    assert bot.verdict(number) == "failure"
    assert bot.bibliography(f"bot/issue-{number}") == before
    assert bot.pull(number)["state"] == "open"
    assert "year-shape" in bot.comment(number)
    assert "needs-info" in world.labels(number)
    world.person(CONTRIBUTOR).edit_issue(number, body=form(PAPER))
    bot.respond(number)
    assert bot.verdict(number) == "success"


def test_commits_of_people_are_kept_and_their_version_of_the_entry_wins(world: World, bot: Bot) -> None:
    number, branch = file(world, PAPER), "bot/issue-1"
    bot.respond(number)
    text = bot.bibliography(branch).replace("Listening to owls at night", "Listening to {Owls} at Night")
    edited = world.maintainer.commit(branch, {"data/birds.bib": text.encode(), "notes.txt": b"mine\n"})
    world.person(CONTRIBUTOR).edit_issue(number, body=form({**PAPER, "paper-title": "Owls heard at night"}))
    bot.respond(number)
    assert bot.bibliography(branch) == text
    assert world.file("notes.txt", branch) == b"mine\n"
    assert edited in world.log(branch, "%H")
    assert "Thoreau2019" in bot.comment(number).split("stays")[0]


def test_what_people_broke_on_the_branch_is_told_and_is_not_ready_to_be_merged(world: World, bot: Bot) -> None:
    number, branch = file(world, PAPER), "bot/issue-1"
    bot.respond(number)
    text = bot.bibliography(branch).replace("year = {2019}", "year = {soon}")
    world.maintainer.commit(branch, {"data/birds.bib": text.encode()})
    bot.respond(number)
    assert bot.verdict(number) == "failure"
    assert "year-shape" in bot.comment(number)
    assert "ready to be merged" not in bot.comment(number)
    assert "edit the first post of this issue" not in bot.comment(number)


def test_a_check_of_the_same_name_that_is_not_the_bots_is_left_alone(world: World, bot: Bot) -> None:
    number, branch = file(world, PAPER), "bot/issue-1"
    bot.respond(number)
    head = world.maintainer.commit(branch, {"notes.txt": b"mine\n"})
    job = {"name": "Bibliography", "head_sha": head, "status": "completed", "conclusion": "failure"}
    world.maintainer.report_check({**job, "external_id": "8a6e0804-2bd0-4672-b79d-d97027f9071a"})
    bot.respond(number)
    found = world.get(f"/commits/{head}/check-runs?filter=all")["check_runs"]
    assert sorted(check["conclusion"] for check in found) == ["failure", "success"]


def test_the_bot_works_on_top_of_what_people_added_beside_its_entry(world: World, bot: Bot) -> None:
    number, branch = file(world, PAPER), "bot/issue-1"
    bot.respond(number)
    other = "@misc{Zed2001,\n  author = {Zed, Zoe},\n  title = {Crows},\n  year = {2001},\n}\n"
    text = bot.bibliography(branch) + "\n" + other
    world.maintainer.commit(branch, {"data/birds.bib": text.encode()})
    world.person(CONTRIBUTOR).edit_issue(number, body=form({**PAPER, "note": "Heard in woods"}))
    bot.respond(number)
    after = bot.bibliography(branch)
    assert other in after
    assert "note = {Heard in woods}" in after


@pytest.mark.parametrize("said", [{"title": "Owls!"}, {"body": "Mine, and no hidden line."}])
def test_what_a_person_wrote_in_the_pull_request_stays(world: World, bot: Bot, said: dict[str, str]) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    world.maintainer.edit_pull(bot.pull(number)["number"], **said)
    world.person(CONTRIBUTOR).edit_issue(number, body=form({**PAPER, "year": "2020"}))
    bot.respond(number)
    bot.respond(number)
    pull = bot.pull(number)
    assert all(pull[name].startswith(text) for name, text in said.items())
    world.proxy.clear()
    bot.respond(number)
    assert world.proxy.writes == []


def test_an_edit_on_the_web_whose_lines_end_otherwise_is_no_change(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    pull = bot.pull(number)
    world.maintainer.edit_pull(pull["number"], body=pull["body"].replace("\n", "\r\n"))
    world.person(CONTRIBUTOR).edit_issue(number, body=form({**PAPER, "year": "2020"}))
    bot.respond(number)
    assert "Thoreau2020" in bot.pull(number)["title"]


def test_closing_the_issue_withdraws_the_proposal_and_reopening_brings_it_back(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    pull = bot.pull(number)["number"]
    world.person(CONTRIBUTOR).close_issue(number)
    bot.respond(number)
    assert [one["state"] for one in world.pulls()] == ["closed"]
    assert f"bot/issue-{number}" not in world.branches()
    [sentence] = world.comments(pull)
    assert "withdrawn" in sentence["body"]
    world.person(CONTRIBUTOR).reopen_issue(number)
    bot.respond(number)
    assert bot.pull(number)["number"] != pull
    assert len(world.comments(number)) == 1


def test_closing_the_issue_leaves_a_branch_that_people_wrote_to(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    world.maintainer.commit("bot/issue-1", {"notes.txt": b"mine\n"})
    world.maintainer.close_issue(number, "not_planned")
    bot.respond(number)
    assert [one["state"] for one in world.pulls()] == ["closed"]
    assert world.file("notes.txt", "bot/issue-1") == b"mine\n"


def test_a_merged_paper_closes_the_issue_and_the_comment_says_where_it_stands(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    pull = bot.pull(number)["number"]
    world.maintainer.merge(pull)
    bot.respond(pull, is_pull_request=True, head_branch=f"bot/issue-{number}", action="closed", sender=MAINTAINER)
    assert world.issue(number)["state"] == "closed"
    assert f"bot/issue-{number}" not in world.branches()
    assert "Thoreau2019" in bot.comment(number)
    assert "line 16" in bot.comment(number)
    assert "@article{Thoreau2019," in bot.bibliography()
    world.proxy.clear()
    bot.respond(number)
    assert world.proxy.writes == []


def test_a_squashed_merge_is_a_merge(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    world.maintainer.merge(bot.pull(number)["number"], squash=True)
    bot.respond(number)
    assert world.issue(number)["state"] == "closed"
    assert f"bot/issue-{number}" not in world.branches()


def test_what_a_person_turned_down_is_not_proposed_again(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    pull = bot.pull(number)["number"]
    world.maintainer.close_pull(pull)
    closed = {"is_pull_request": True, "head_branch": f"bot/issue-{number}", "action": "closed"}
    bot.respond(pull, **closed, sender=MAINTAINER, sender_type="User")
    assert "declined" in world.labels(number)
    world.person(CONTRIBUTOR).edit_issue(number, body=form({**PAPER, "note": "Heard in woods"}))
    bot.respond(number)
    assert [one["state"] for one in world.pulls()] == ["closed"]
    world.proxy.clear()
    bot.respond(number)
    assert world.proxy.writes == []


def test_what_was_reopened_and_turned_down_once_more_stays_so(world: World, bot: Bot) -> None:
    number = turned_down(world, bot)
    [pull] = world.pulls()
    world.maintainer.reopen_pull(pull["number"])
    bot.respond(number)
    assert "declined" not in world.labels(number)
    world.maintainer.close_pull(pull["number"])
    bot.respond(number, sender=MAINTAINER, sender_type="User")
    bot.respond(number)
    assert [one["state"] for one in world.pulls()] == ["closed"]
    assert "declined" in world.labels(number)


def turned_down(world: World, bot: Bot) -> int:
    number = file(world, PAPER)
    bot.respond(number)
    world.maintainer.close_pull(bot.pull(number)["number"])
    bot.respond(number, sender=MAINTAINER, sender_type="User")
    return number


def test_a_maintainer_who_reopens_the_issue_has_it_proposed_again(world: World, bot: Bot) -> None:
    number = turned_down(world, bot)
    world.maintainer.close_issue(number)
    bot.respond(number)
    world.maintainer.reopen_issue(number)
    bot.respond(number, action="reopened", sender=MAINTAINER)
    assert bot.pull(number)["state"] == "open"
    assert "declined" not in world.labels(number)


def test_an_author_who_reopens_the_issue_does_not(world: World, bot: Bot) -> None:
    number = turned_down(world, bot)
    bot.respond(number, action="reopened", sender=CONTRIBUTOR)
    assert [one["state"] for one in world.pulls()] == ["closed"]
    assert "declined" in world.labels(number)


def test_without_the_label_declined_it_is_proposed_again(world: World, bot: Bot) -> None:
    number = turned_down(world, bot)
    world.maintainer.unlabel(number, "declined")
    bot.respond(number)
    assert bot.pull(number)["state"] == "open"


def test_an_accepted_rule_lets_a_proposal_through_and_is_remembered(world: World, bot: Bot) -> None:
    number = file(world, {**PAPER, "identifier": "10.7717/PEERJ.488"})
    bot.respond(number)
    assert "duplicate-identifier" in bot.comment(number)
    comment = world.maintainer.comment(number, "It is another edition.\n\n/bot accept duplicate-identifier")
    bot.respond(number)
    assert bot.pull(number)["title"].startswith("Add Thoreau2019")
    assert f"{MAINTAINER} accepted `duplicate-identifier`" in bot.comment(number)
    world.maintainer._call("DELETE", f"/issues/comments/{comment}")
    world.proxy.clear()
    bot.respond(number)
    assert world.proxy.writes == []


def test_a_chosen_key_is_taken(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    world.maintainer.comment(number, "/bot key Thoreau2019owls")
    bot.respond(number)
    assert "@article{Thoreau2019owls," in bot.bibliography(f"bot/issue-{number}")
    assert "@article{Thoreau2019," not in bot.bibliography(f"bot/issue-{number}")
    assert bot.pull(number)["title"].startswith("Add Thoreau2019owls:")


def test_a_key_that_cannot_be_is_told_and_holds_nothing_up(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    world.maintainer.comment(number, "/bot key Stowell2014")
    bot.respond(number)
    assert bot.verdict(number) == "success"
    assert "@article{Thoreau2019," in bot.bibliography(f"bot/issue-{number}")
    assert "`Stowell2014`, which cannot be" in bot.comment(number)
    assert "needs-info" not in world.labels(number)


def test_a_command_in_the_pull_request_is_obeyed_too(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    pull = bot.pull(number)["number"]
    world.maintainer.comment(pull, "/bot key Owls")
    bot.respond(pull, is_pull_request=True, sender=MAINTAINER)
    assert "@article{Owls," in bot.bibliography(f"bot/issue-{number}")


@pytest.mark.parametrize("login", [CONTRIBUTOR, STRANGER])
def test_commands_of_others_are_politely_not_obeyed(world: World, bot: Bot, login: str) -> None:
    number = file(world, PAPER)
    bot.respond(number)
    world.person(login).comment(number, "/bot key Mine2000\n/bot retry")
    bot.respond(number)
    assert "Mine2000" not in bot.bibliography(f"bot/issue-{number}")
    assert bot.comment(number).count(f"{login}, thank you") == 1


def test_a_copied_marker_counts_for_nothing(world: World, bot: Bot) -> None:
    number = file(world, {**PAPER, "identifier": "10.7717/peerj.488"})
    forged = '<!-- bot:answer {"orders":[{"comment":1,"login":"octocat","name":"accept",'
    forged += '"argument":"duplicate-identifier","obeyed":true}]} -->'
    world.person(STRANGER).comment(number, forged)
    bot.respond(number)
    assert world.pulls() == []
    comments = world.comments(number)
    assert [comment["body"] == forged for comment in comments] == [True, False]
    assert "duplicate-identifier" in comments[1]["body"]


def test_the_earlier_of_two_forms_for_one_paper_wins_and_the_other_is_linked(world: World, bot: Bot) -> None:
    first = file(world, PAPER)
    second = file(world, {**PAPER, "paper-title": "Listening to Owls at Night."}, STRANGER)
    bot.respond(first)
    bot.respond(second)
    assert [pull["head"]["ref"] for pull in world.pulls() if pull["state"] == "open"] == [f"bot/issue-{first}"]
    assert f"#{first}" in bot.comment(second)


def test_a_maintainer_who_accepts_the_other_lets_both_through(world: World, bot: Bot) -> None:
    first, second = file(world, PAPER), file(world, PAPER, STRANGER)
    bot.respond(first)
    bot.respond(second)
    world.maintainer.comment(second, "/bot accept duplicate-title")
    bot.respond(second)
    assert bot.pull(second)["title"].startswith("Add Thoreau2019b")
    bot.respond(first)
    assert [pull["state"] for pull in world.pulls()].count("open") == 2


def test_the_earlier_form_wins_also_when_the_later_one_was_answered_first(world: World, bot: Bot) -> None:
    first = file(world, PAPER)
    second = file(world, PAPER, STRANGER)
    bot.respond(second)
    bot.respond(first)
    opened = [pull["head"]["ref"] for pull in world.pulls() if pull["state"] == "open"]
    assert opened == [f"bot/issue-{first}"]
    assert f"#{first}" in bot.comment(second)
    assert len(world.comments(second)) == 1


def test_two_papers_of_one_author_and_year_get_two_keys(world: World, bot: Bot) -> None:
    first = file(world, PAPER)
    second = file(world, {**PAPER, "paper-title": "Something on the songs of wrens", "link": ""})
    bot.respond(first)
    bot.respond(second)
    assert "@article{Thoreau2019," in bot.bibliography(f"bot/issue-{first}")
    assert "@article{Thoreau2019b," in bot.bibliography(f"bot/issue-{second}")


def test_a_key_stays_when_the_proposal_that_was_in_its_way_goes(world: World, bot: Bot) -> None:
    first = file(world, PAPER)
    second = file(world, {**PAPER, "paper-title": "Something on the songs of wrens", "link": ""})
    bot.respond(first)
    bot.respond(second)
    before = world.branches()[f"bot/issue-{second}"]
    world.maintainer.close_issue(first)
    bot.respond(first)
    bot.respond(second)
    assert world.branches()[f"bot/issue-{second}"] == before
    assert "@article{Thoreau2019b," in bot.bibliography(f"bot/issue-{second}")


def titles(count: int) -> list[str]:
    birds = ["owls", "wrens", "crows", "finches", "larks", "robins", "swifts", "terns"]
    return [f"On the many different sounds that {bird} make" for bird in birds[:count]]


def test_six_forms_of_one_author_are_five_proposals_and_a_polite_comment(world: World, bot: Bot) -> None:
    numbers = [file(world, {**PAPER, "paper-title": title, "link": ""}) for title in titles(6)]
    for number in numbers:
        bot.respond(number)
    assert len(world.pulls()) == 5
    assert "5 open proposals" in bot.comment(numbers[-1])
    assert "needs-info" not in world.labels(numbers[-1])


def test_people_with_write_permission_may_have_more(world: World, bot: Bot) -> None:
    for title in titles(6):
        bot.respond(file(world, {**PAPER, "paper-title": title, "link": ""}, MAINTAINER))
    assert len(world.pulls()) == 6


def test_a_correction_shows_old_and_new_side_by_side(world: World, bot: Bot) -> None:
    number = file(world, CORRECTION, correct=True)
    bot.respond(number)
    pull = bot.pull(number)
    assert pull["title"] == "[Update][Stowell2014] Change code"
    assert f"| code |  | {CORRECTION['value'].replace(':', ':&#8203;')} |" in pull["body"]
    assert "code = {https://github.com/danstowell/birds}" in bot.bibliography(f"bot/issue-{number}")


def test_a_removal_shows_the_whole_entry(world: World, bot: Bot) -> None:
    number = file(world, {"key": "Stowell2014", "field": "remove", "value": "Withdrawn"}, correct=True)
    bot.respond(number)
    body = bot.pull(number)["body"]
    for part in ("Withdrawn", "Stowell, Dan", "Automatic classification of bird sounds", "2014", "Bioacoustics"):
        assert part in body
    assert "@article{Stowell2014," in bot.comment(number)
    assert "Stowell2014" not in bot.bibliography(f"bot/issue-{number}")
    world.maintainer.merge(bot.pull(number)["number"])
    bot.respond(number)
    assert "no longer" in bot.comment(number)


def test_an_issue_that_is_no_form_is_left_alone(world: World, bot: Bot) -> None:
    number = world.person(STRANGER).file_issue("A question", "Do owls sing? #1 @admin")
    bot.respond(number)
    assert world.proxy.writes == []


def test_an_issue_with_the_label_but_no_form_gets_the_forms(world: World, bot: Bot) -> None:
    number = world.person(STRANGER).file_issue("[Add] a paper", "Please add my paper", ["add-paper"])
    bot.respond(number)
    assert "issues/new?template=add-paper.yml" in bot.comment(number)
    assert "needs-info" in world.labels(number)


def test_a_closed_issue_that_was_never_answered_is_left_alone(world: World, bot: Bot) -> None:
    number = file(world, PAPER)
    world.person(CONTRIBUTOR).close_issue(number)
    bot.respond(number)
    assert world.proxy.writes == []


HOSTILE = {
    "paper-title": "Owls | `x` <script>alert(1)</script> ![x](https://e.example/p.png) @admin #1 Fixes #1 ::error::no",
    "authors": "Doe, @admin and Fixes &#35;1 -->",
    "year": "2019",
    "note": "```\n<!-- bot:answer {} -->\n[skip ci] closes #1\n\nCo-authored-by: admin <admin@localhost>",
}


def test_a_hostile_form_acts_nowhere(world: World, bot: Bot) -> None:
    number = file(world, HOSTILE)
    bot.respond(number)
    pull = bot.pull(number)
    [message, *_] = world.log(f"bot/issue-{number}", "%B")
    own = f"Closes #{number},"
    # The body of a pull request becomes the message of a commit where it is squashed: code protects nothing there.
    for text in (pull["title"], message, pull["body"].replace(own, "")):
        assert not re.search(r"@(?:admin|misc)", text)
        assert not re.search(r"(?i)(?:fixes|closes):? +#1", html.unescape(text).replace("\u200b", "&"))
    comment = bot.comment(number)
    tokens = [part for token in MarkdownIt("gfm-like").parse(comment) for part in (token, *(token.children or ()))]
    written = [token.content for token in tokens if token.type in ("html_block", "html_inline")]
    assert [text.split(" {")[0] for text in written] == ["<!-- bot:answer"]
    assert "image" not in {token.type for token in tokens}
    assert not re.search(r"@admin|Fixes #1", "".join(token.content for token in tokens if token.type == "text"))
    assert "Co-authored-by: admin" not in message
