"""The report on links, against the emulator: what it says, when it says it, and how people are obeyed."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.github.errors import GitHubError
from bot.jobs.link_report import People, full_report, is_long, read_people, write_report
from bot.jobs.link_text import LIMIT, Box, Figures, Left, Said, boxes, digest, report, substance, title
from bot.links.observation import Kind
from bot.links.verdict import Finding, Verdict
from tests.jobs.conftest import MakeBot
from tests.jobs.test_faults import shown, state
from tests.support.desk import Bot, birds
from tests.support.emulator import BOT, CONTRIBUTORS, STRANGER
from tests.support.findings import START, WEEK, finding, place
from tests.support.proxy import Fault
from tests.support.world import World

DEAD, OLD, SLOW, LOST = (f"https://{name}.example/paper" for name in ("dead", "old", "slow", "lost"))
GONE = finding(DEAD, Verdict.GONE, looks=3, repair="https://doi.org/10.5555/1")
SUSPECT = finding(LOST, Verdict.SUSPECT)
MOVED = finding(OLD, Verdict.MOVED, looks=2, target="https://new.example/paper")
DOWN = finding(SLOW, Verdict.DOWN, looks=4)
FINE = finding("https://fine.example/", Verdict.OK)
WALLED = finding("https://wall.example/", Verdict.BLOCKED)
FAILING = finding("https://fails.example/", Verdict.ERROR)
MARKER = "<!-- bot:links "


class Weekly:
    """The report of a list; each run looks a week after the one before."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.now = START + 3 * WEEK
        self._folder = folder
        self._bots = 0
        self.people = People()

    def bot(self, **settings: Any) -> Bot:
        self._bots += 1
        return Bot(self.world, self._folder / f"run-{self._bots}", **settings)

    def run(self, *findings: Finding, bot: Bot | None = None, **figures: Any) -> list[str]:
        desk = (bot or self.bot()).desk(now=self.now)
        self.world.proxy.clear()
        return self.write(findings, desk, **figures)

    def write(self, findings: Sequence[Finding], desk: Any, **figures: Any) -> list[str]:
        self.now += WEEK
        self.people = read_people(desk, desk.now)
        counts: dict[str, Any] = {
            "links": len(findings),
            "due": len(findings),
            "asked": len(findings),
            "left": 0,
            "commit": "f00",
        }
        return list(write_report(findings, Figures(**(counts | figures)), self.people, desk))

    # --- What people see ---------------------------------------------------------------------------------------------

    @property
    def issue(self) -> Any:
        """The one report."""
        [issue] = self.world.get("/issues?state=all")
        return issue

    @property
    def text(self) -> str:
        """What readers see of it."""
        return "\n".join(line for line in self.issue["body"].split("\n") if not line.startswith(MARKER))

    @property
    def comments(self) -> list[str]:
        return [one["body"] for one in self.world.comments(self.issue["number"]) if one["user"]["login"] == BOT]

    def row(self, url: str) -> str:
        """What stands below a link, with its boxes."""
        rows = re.split(r"^- ", self.text, flags=re.MULTILINE)
        [found] = [row for row in rows if f"]({url})" in row.split("\n")[0]]
        return found

    def tick(self, url: str, *, to: str = "x") -> None:
        """Tick the box below a link, as GitHub writes it."""
        row = self.row(url)
        ticked = re.sub(r"- \[.\] ", f"- [{to}] ", row)
        assert ticked != row
        body = self.issue["body"].replace(row, ticked).replace("\n", "\r\n")
        self.world.maintainer.edit_issue(self.issue["number"], body=body)

    def order(self, text: str, login: str = "") -> None:
        person = self.world.person(login) if login else self.world.maintainer
        person.comment(self.issue["number"], text)


@pytest.fixture
def weekly(world: World, tmp_path: Path) -> Weekly:
    return Weekly(world, tmp_path / "weekly")


# --- Opened, written, closed, reopened -------------------------------------------------------------------------------


def test_where_there_is_nothing_to_say_there_is_no_report(weekly: Weekly) -> None:
    assert weekly.run(FINE, WALLED, FAILING, finding("ftp://x.example", Verdict.REFUSED)) == [
        "the report: nothing new to say"
    ]
    assert weekly.world.get("/issues?state=all") == []


def test_the_report_says_where_since_when_why_and_what_instead(weekly: Weekly) -> None:
    weekly.run(GONE, SUSPECT, MOVED, DOWN, FINE, WALLED, FAILING)
    issue, text = weekly.issue, weekly.text
    assert issue["title"] == "Links: 1 gone, 1 suspect, 1 moved, 1 down"
    assert issue["user"]["login"] == BOT
    assert weekly.world.labels(issue["number"]) == {"links"}
    where = f"[Audubon1838.link](https://github.com/{weekly.world.name}/blob/f00/data/birds.bib#L12)"
    gone = weekly.row(DEAD)
    assert gone.startswith(where)
    assert ", since 2027-01-04\n" in gone
    assert "2027-01-04, 2027-01-11, 2027-01-18: 404 Not Found" in gone
    assert "](https://doi.org/10.5555/1), the same paper" in gone
    assert "now at [https:&#8203;//new.example/paper](https://new.example/paper)" in weekly.row(OLD)
    assert "2027-01-04, 2027-01-11: 301 Moved Permanently" in weekly.row(OLD)
    assert "the name does not resolve" in weekly.row(SLOW)
    for verdict in ("gone", "suspect", "moved", "down", "blocked", "error", "ok"):
        assert f"| {verdict} | 1 |" in text
    assert "7 links in the list, 7 due in this run, 7 asked; 0 left" in text


def test_a_run_with_nothing_new_writes_nothing(weekly: Weekly) -> None:
    weekly.run(GONE, SUSPECT, FINE)
    before = weekly.issue
    looked_again = finding(DEAD, Verdict.GONE, looks=4, repair="https://doi.org/10.5555/1")
    history = [(date(2027, 1, 4), {"gone": 1, "ok": 1})]
    assert weekly.run(looked_again, SUSPECT, FINE, asked=2, left=1, history=history) == [
        "the report: nothing new to say"
    ]
    assert weekly.world.proxy.writes == []
    assert weekly.issue == before


@pytest.mark.parametrize(
    "later",
    [
        [GONE, SUSPECT],
        [GONE, SUSPECT, MOVED, WALLED],
        [GONE, finding(LOST, Verdict.SUSPECT, looks=2), MOVED],
        [finding(DEAD, Verdict.GONE, looks=3), SUSPECT, MOVED],
        [finding(DEAD, Verdict.GONE, place(field="code"), looks=3, repair="https://doi.org/10.5555/1"), SUSPECT, MOVED],
    ],
    ids=["one less", "one more", "a second look", "another repair", "another place"],
)
def test_what_is_new_is_written_into_the_same_issue(weekly: Weekly, later: list[Finding]) -> None:
    weekly.run(GONE, SUSPECT, MOVED)
    before = weekly.text
    weekly.run(*later)
    assert weekly.text != before
    assert [request.method for request in weekly.world.proxy.writes] == ["PATCH"]


def test_it_is_closed_when_there_is_nothing_to_say_and_reopened_when_there_is(weekly: Weekly) -> None:
    weekly.run(SUSPECT, FINE)
    assert weekly.run(FINE, WALLED) == [f"the report: #{weekly.issue['number']} closed, since there is nothing to say"]
    assert (weekly.issue["state"], weekly.issue["title"]) == ("closed", "Links: nothing to mend")
    assert LOST not in weekly.text
    assert weekly.run(FINE) == ["the report: nothing new to say"]
    assert weekly.world.proxy.writes == []
    weekly.run(MOVED)
    assert (weekly.issue["state"], weekly.issue["title"]) == ("open", "Links: 1 moved")


def test_who_closes_it_is_not_bothered_again_until_there_is_something_new(weekly: Weekly) -> None:
    weekly.run(SUSPECT)
    weekly.world.maintainer.close_issue(weekly.issue["number"])
    weekly.run(SUSPECT)
    assert weekly.issue["state"] == "closed"
    weekly.order("/bot ignore Audubon1838 until 2027-12-31", STRANGER)
    weekly.run(SUSPECT)
    assert len(weekly.world.proxy.writes) == 1
    assert weekly.issue["state"] == "closed"
    weekly.run(SUSPECT, MOVED)
    assert weekly.issue["state"] == "open"


def test_who_reopens_it_without_a_cause_finds_it_closed_again(weekly: Weekly) -> None:
    weekly.run(SUSPECT)
    weekly.run(FINE)
    weekly.world.maintainer.reopen_issue(weekly.issue["number"])
    weekly.run(FINE)
    assert weekly.issue["state"] == "closed"


def test_it_is_found_without_its_label_and_an_issue_of_others_is_never_taken_for_it(weekly: Weekly) -> None:
    weekly.run(SUSPECT)
    number, body = weekly.issue["number"], weekly.issue["body"]
    weekly.world.maintainer.unlabel(number, "links")
    other = weekly.world.person(STRANGER).file_issue("Links: 9 gone", body, ["links"])
    weekly.run(SUSPECT, MOVED)
    assert len(weekly.world.get("/issues?state=all")) == 2
    assert weekly.world.issue(number)["title"] == "Links: 1 suspect, 1 moved"
    assert weekly.world.issue(other)["title"] == "Links: 9 gone"


@pytest.mark.parametrize(
    ("trouble", "told", "named"),
    [
        (
            {"void": "23 of 40 hosts fail"},
            "**This run does not count:** 23 of 40 hosts fail",
            "a run that does not count",
        ),
        (
            {"void_parts": ("the job for 3.jsonl: 23 of 40 hosts fail",)},
            "**Part of this run does not count:** the job for 3.jsonl: 23 of 40 hosts fail",
            "part of a run does not count",
        ),
        ({"lost": ("shard 3/8",)}, "shard 3/8 left nothing behind", "something was lost"),
        ({"aside": ("`00.txt` is of a newer format",)}, "00.txt", "something was lost"),
    ],
    ids=["void", "part", "lost", "aside"],
)
def test_what_went_wrong_with_the_run_is_something_to_say(
    weekly: Weekly, trouble: dict[str, Any], told: str, named: str
) -> None:
    weekly.run(FINE, **trouble)
    assert told in weekly.text
    assert weekly.issue["title"] == f"Links: {named}"
    weekly.run(FINE)
    assert weekly.issue["state"] == "closed"


def test_what_changed_since_last_week_and_before_is_shown(weekly: Weekly) -> None:
    runs = [(date(2027, 1, 4), {"suspect": 4, "ok": 1}), (date(2027, 1, 24), {"gone": 9})]
    weekly.run(GONE, MOVED, history=runs)  # on the 25th, and the run of the day before is none of last week
    assert "| verdict | links | since 2027-01-04 |" in weekly.text
    for row in ("| gone | 1 | +1 |", "| suspect | 0 | -4 |", "| moved | 1 | +1 |", "| ok | 0 | -1 |"):
        assert row in weekly.text
    lines = re.findall(r"^(2027-\S+)  (.*)$", weekly.text, re.MULTILINE)
    assert [(day, bar.lstrip("█▓▒░ ")) for day, bar in lines] == [
        ("2027-01-04", "4 suspect"),
        ("2027-01-24", "9 gone"),
        ("2027-01-25", "1 gone, 1 moved"),
    ]
    assert [len(bar.partition(" ")[0]) for _, bar in lines] == [18, 40, 10]


def test_walls_are_counted_by_host_and_how_many_are_alive_by_their_doi(weekly: Weekly) -> None:
    walls = [finding(f"https://wall.example/{key}", Verdict.BLOCKED, place(key)) for key in ("A", "B", "C")]
    other = finding("https://other.example/", Verdict.BLOCKED, place("D"))
    known = finding("https://doi.org/10.5555/a", Verdict.OK, place("A", "doi"))
    wrong = finding("https://doi.org/10.5555/b", Verdict.ERROR, place("B", "doi"))
    linked = finding("https://dx.doi.org/10.5555/c", Verdict.OK, place("c", "link"))
    weekly.run(SUSPECT, *walls, other, known, wrong, linked)
    folded = weekly.text.partition("<summary>4 links behind a wall")[2].partition("</details>")[0]
    assert [line for line in folded.split("\n") if line.startswith("- ")] == [
        "- wall.example: 3, 2 of them alive by DOI",
        "- other.example: 1",
    ]


# --- Comments --------------------------------------------------------------------------------------------------------


def test_each_link_that_is_gone_is_told_once_in_a_comment(weekly: Weekly) -> None:
    weekly.run(SUSPECT, MOVED, DOWN)
    assert weekly.comments == []
    weekly.run(GONE, MOVED, DOWN)
    [first] = weekly.comments
    assert f"]({DEAD})" in first
    assert OLD not in first
    weekly.run(GONE, DOWN)
    assert weekly.comments == [first]
    lost = finding(LOST, Verdict.GONE, looks=3)
    weekly.run(GONE, lost)
    [_, second] = weekly.comments
    assert f"]({LOST})" in second
    assert DEAD not in second
    for _ in range(2):
        weekly.run(GONE, lost)
        assert weekly.world.proxy.writes == []


def test_who_deletes_the_comment_is_not_told_again_but_what_dies_twice_is(weekly: Weekly) -> None:
    weekly.run(GONE)
    [comment] = weekly.world.comments(weekly.issue["number"])
    weekly.world.maintainer._call("DELETE", f"/issues/comments/{comment['id']}")
    weekly.run(GONE, MOVED)
    assert weekly.comments == []
    weekly.run(MOVED)
    weekly.run(GONE, MOVED)
    assert len(weekly.comments) == 1


def test_what_comes_back_and_goes_again_is_told_again(weekly: Weekly) -> None:
    weekly.run(GONE)
    weekly.run(MOVED)
    weekly.run(GONE, MOVED)
    assert len(weekly.comments) == 2
    weekly.run(FINE)
    weekly.run(GONE)
    assert len(weekly.comments) == 3


def test_a_comment_of_others_that_looks_like_it_keeps_nobody_from_being_told(weekly: Weekly) -> None:
    weekly.run(MOVED)
    weekly.order(f'<!-- bot:gone {{"links":["{digest(DEAD)}"]}} -->', STRANGER)
    weekly.run(GONE)
    assert len(weekly.comments) == 1


def test_of_many_that_are_gone_a_comment_shows_some_and_the_rest_is_not_told_later(weekly: Weekly) -> None:
    many = [finding(f"{DEAD}/{number}", Verdict.GONE, looks=3) for number in range(60)]
    weekly.run(*many)
    [comment] = weekly.comments
    assert comment.count("](https://dead.example/") == 20
    assert "- and 40 links more" in comment
    weekly.run(*many)
    assert len(weekly.comments) == 1


# --- People ----------------------------------------------------------------------------------------------------------


def test_a_suspect_that_somebody_ticks_is_told_to_the_next_run_and_stays_ticked(weekly: Weekly) -> None:
    weekly.run(SUSPECT, MOVED)
    weekly.tick(LOST)
    weekly.run(SUSPECT, MOVED)
    assert weekly.people.ticked == {LOST}
    weekly.run(SUSPECT, DOWN)
    assert weekly.people.ticked == {LOST}
    assert "- [x] it is gone" in weekly.row(LOST)
    weekly.tick(LOST, to=" ")
    weekly.run(SUSPECT, DOWN)
    assert weekly.people.ticked == frozenset()


@pytest.mark.parametrize("one", [GONE, MOVED, DOWN], ids=["gone", "moved", "down"])
def test_what_shall_be_left_alone_is_counted_for_half_a_year(weekly: Weekly, one: Finding) -> None:
    url = one.link.url
    weekly.run(one, SUSPECT)
    weekly.tick(url)
    ticked = weekly.now.date()
    weekly.run(one, SUSPECT)
    assert weekly.people.ignored("Audubon1838", "link", url)
    assert not weekly.people.ignored("Audubon1838", "link", LOST)
    assert url not in weekly.text
    assert "<summary>1 link left alone</summary>" in weekly.text
    assert weekly.issue["title"] == "Links: 1 suspect"
    weekly.now = datetime.combine(ticked + timedelta(days=182), START.timetz())
    weekly.run(one, SUSPECT)
    assert weekly.world.proxy.writes == []
    weekly.now = datetime.combine(ticked + timedelta(days=183), START.timetz())
    weekly.run(one, SUSPECT)
    assert not weekly.people.ignored("Audubon1838", "link", url)
    assert "- [ ] leave it alone" in weekly.row(url)


def test_who_unticks_what_is_left_alone_sees_it_again(weekly: Weekly) -> None:
    weekly.run(MOVED, SUSPECT)
    weekly.order("/bot ignore Audubon1838.link until 2027-12-31")
    weekly.run(MOVED, finding(LOST, Verdict.SUSPECT, place("Stowell2014")))
    assert "- [x] Audubon1838.link, until 2027-12-31" in weekly.text
    body = weekly.issue["body"].replace("- [x] Audubon", "- [ ] Audubon")
    weekly.world.maintainer.edit_issue(weekly.issue["number"], body=body)
    weekly.run(MOVED, SUSPECT)
    assert f"]({OLD})" in weekly.text
    assert not weekly.people.ignored("Audubon1838", "link", OLD)


@pytest.mark.parametrize(
    ("command", "left"),
    [
        ("/bot ignore Audubon1838.link until 2027-03-01", {("Audubon1838", "link")}),
        ("/bot ignore audubon1838 UNTIL 2027-03-01", {("Audubon1838", "link"), ("Audubon1838", "code")}),
        ("/bot ignore Stowell.2014 until 2027-03-01", {("Stowell.2014", "link")}),
        ("/bot ignore Audubon1838.link until 2027-01-31", set()),
        ("/bot ignore Audubon until 2027-03-01", set()),
        ("/bot ignore Audubon1838.link until tomorrow", set()),
        ("/bot ignore Audubon1838.link until 20270301", set()),
        ("/bot ignore Audubon1838.link", set()),
        ("> /bot ignore Audubon1838.link until 2027-03-01", set()),
    ],
)
def test_a_maintainers_command_is_obeyed(weekly: Weekly, command: str, left: set[tuple[str, str]]) -> None:
    places = [("Audubon1838", "link"), ("Audubon1838", "code"), ("Stowell.2014", "link")]
    findings = [finding(f"https://{number}.example/", Verdict.MOVED, place(*one)) for number, one in enumerate(places)]
    weekly.run(*findings)
    weekly.order(command)
    weekly.run(*findings)
    assert {one for one in places if weekly.people.ignored(*one, "")} == left
    assert [f"https://{number}.example/)" in weekly.text for number in range(3)] == [one not in left for one in places]
    is_wrong = "Audubon1838.link" in command and not left and "01-31" not in command and ">" not in command
    assert ("Not understood" in weekly.text) == is_wrong


def test_a_command_counts_until_its_day_even_if_its_comment_is_gone(weekly: Weekly) -> None:
    weekly.run(MOVED)
    weekly.order(f"/bot ignore Audubon1838.link until {weekly.now + 3 * WEEK:%Y-%m-%d}")
    weekly.run(MOVED)
    assert weekly.issue["state"] == "closed"
    assert weekly.issue["title"] == "Links: nothing to mend"
    [comment] = weekly.world.comments(weekly.issue["number"])
    weekly.world.maintainer._call("DELETE", f"/issues/comments/{comment['id']}")
    for _ in range(3):
        weekly.run(MOVED)
        assert weekly.world.proxy.writes == []
    weekly.run(MOVED)
    assert weekly.issue["state"] == "open"


def test_others_are_not_obeyed_and_asked_about_once(weekly: Weekly) -> None:
    weekly.run(MOVED)
    for login in (STRANGER, CONTRIBUTORS[0]):
        weekly.order("/bot ignore Audubon1838 until 2027-12-31", login)
    weekly.run(MOVED)
    assert not weekly.people.ignored("Audubon1838", "link", OLD)
    assert f"]({OLD})" in weekly.text
    weekly.run(MOVED)
    assert not [one for one in weekly.world.proxy.requests if "/collaborators/" in one.path]
    assert weekly.world.proxy.writes == []


def test_a_link_is_left_alone_only_where_it_was_said(weekly: Weekly) -> None:
    both = finding(OLD, Verdict.MOVED, place("Audubon1838"), place("Stowell2014"), place(None, line=3))
    weekly.run(both)
    weekly.order("/bot ignore Audubon1838 until 2027-12-31")
    weekly.run(both)
    row = weekly.row(OLD)
    assert "Audubon1838" not in row.split("\n")[0]
    assert "[Stowell2014.link]" in row
    assert "[README.md, line 3]" in row
    assert "README.md?plain=1#L3" in row


def test_a_box_that_is_ticked_while_the_bot_writes_stays_ticked(weekly: Weekly, make_bot: MakeBot) -> None:
    weekly.run(SUSPECT, MOVED)
    desk = make_bot().desk(now=weekly.now)
    people = read_people(desk, desk.now)
    weekly.tick(LOST)
    figures = Figures(1, 1, 1, 0, "f00")
    list(write_report([SUSPECT], figures, people, desk))
    assert "- [x] it is gone" in weekly.row(LOST)


def test_a_hidden_line_that_somebody_damaged_is_made_anew(weekly: Weekly) -> None:
    weekly.run(GONE)
    damaged = weekly.issue["body"].replace('{"said"', '{"sad')
    weekly.world.maintainer.edit_issue(weekly.issue["number"], body=damaged)
    weekly.run(GONE)
    assert len(weekly.comments) == 1
    weekly.run(GONE)
    assert weekly.world.proxy.writes == []


def test_the_report_is_no_issue_to_answer(weekly: Weekly) -> None:
    weekly.run(SUSPECT)
    number = weekly.issue["number"]
    weekly.order("/bot ignore Audubon1838 until 2027-12-31")
    weekly.order("/bot nonsense")
    weekly.world.proxy.clear()
    bot = weekly.bot()
    assert bot.respond(number) == [f"#{number}: the report on links, which the weekly run reads"]
    assert weekly.bot().refresh(catch_up=True) is not None
    assert not [one for one in weekly.world.proxy.writes if "/issues" in one.path]
    assert weekly.comments == []


# --- Long, and hostile -----------------------------------------------------------------------------------------------

FIGURES = Figures(1, 1, 1, 0, "f00")
DAY = START.date()


def said(*findings: Finding, **others: Any) -> Said:
    return Said(findings, findings, **others)


def test_what_has_no_room_is_counted_and_the_most_important_stays(weekly: Weekly) -> None:
    many = [
        finding(f"https://{verdict}.example/{number}", verdict, place(f"Key{number}"), looks=3)
        for verdict in (Verdict.GONE, Verdict.MOVED, Verdict.ERROR, Verdict.BLOCKED)
        for number in range(400)
    ]
    weekly.run(*many, FINE)
    body = weekly.issue["body"]
    assert 50_000 < len(body) <= 60_000
    rows = {verdict: body.count(f"](https://{verdict}.example/") for verdict in ("gone", "moved", "error")}
    assert 100 < rows["gone"] < 400
    assert f"- and {400 - rows['gone']} more" in body
    assert rows["moved"] == 0
    assert "### Moved for good (400)\n\n- and 400 more" in body
    assert body.count("<details>") == body.count("</details>") == 2
    whole = f"https://github.com/{weekly.world.name}/blob/bot-state/links/report.md"
    assert body.count(f"[links/report.md]({whole})") == 1
    full = full_report(many, FIGURES, People(), weekly.bot().desk(now=weekly.now))
    assert [full.count(f"](https://{verdict}.example/") for verdict in ("gone", "moved", "error")] == [400, 400, 400]
    assert len(boxes(full)) == 800
    assert whole not in full
    assert whole in full_report(many, FIGURES, People(), weekly.bot().desk(now=weekly.now), 100_000)


def test_wherever_the_issue_has_no_room_it_was_known_before(weekly: Weekly) -> None:
    told = []
    for number in (130, 150, 170, 185, 190, 195, 200, 1_000):
        many = [finding(f"https://gone.example/{n}", Verdict.GONE, place(f"Key{n}"), looks=3) for n in range(number)]
        weekly.run(*many)
        full = full_report(many, FIGURES, weekly.people, weekly.bot().desk(now=weekly.now))
        told.append((is_long(full, weekly.people), "report.md" in weekly.text))
    assert set(told) == {(False, False), (True, False), (True, True)}
    assert told == sorted(told)


HOSTILE = [
    "<script>alert(1)</script>",
    "](https://evil.example) [x](javascript:1)",
    "a | b `c` ~~d~~ *e* _f_",
    "@maintainer closes #1 octocat/list#2",
    "line\n\n# heading\n- [x] item <!-- bot:box {} -->",
    "--> </details>",
    "$x^2$ :tada: &amp; &#64;me",
    "\x1b[31m\u202e\x00",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_from_outside_acts(text: str) -> None:
    one = finding(
        f"https://a.example/{text}",
        Verdict.GONE,
        place(f"K{text}", f"f{text}"),
        looks=3,
        reason=text,
        repair=f"https://b.example/{text}",
    )
    shown = report(said(one, unclear=[(text, text)]), FIGURES, "o/n", DAY)
    tokens = [child for token in MarkdownIt("gfm-like").parse(shown) for child in token.children or ()]
    hrefs = [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]
    assert {re.sub(r"^(https?://[^/?#]*).*", r"\1", href, flags=re.DOTALL) for href in hrefs} == {
        "https://github.com",
        "https://a.example",
        "https://b.example",
    }
    assert not [token for token in tokens if token.type in ("strong_open", "em_open", "s_open", "image")]
    assert [token.content[:8] for token in tokens if token.type == "html_inline"] == ["<!-- bot"]
    assert set(boxes(shown).values()) == {False}
    texts = " ".join(token.content for token in tokens if token.type == "text")
    assert not re.search(r"@maintainer|#[0-9]|:tada:", texts)


TEXT = st.text() | st.sampled_from(HOSTILE)


@given(TEXT, TEXT, TEXT, st.sampled_from(list(Verdict)))
def test_any_text_makes_a_report_whose_boxes_are_read_back(url: str, key: str, reason: str, verdict: Verdict) -> None:
    one = finding(url, verdict, place(key or "K", "link"), reason=reason, target=url)
    body = report(said(one, SUSPECT), FIGURES, "o/n", DAY)
    wanted = {Box("gone", LOST)}
    if verdict is Verdict.SUSPECT:
        wanted.add(Box("gone", url))
    found = boxes(body)
    assert {box for box in found if box.says == "gone"} == wanted
    assert {box.what for box in found if box.says == "leave"} == (
        {digest(url)} if verdict in (Verdict.GONE, Verdict.MOVED, Verdict.DOWN) else set()
    )
    assert len(title(said(one, SUSPECT), FIGURES)) <= 200


@pytest.mark.usefixtures("in_linear_time")
@pytest.mark.parametrize("piece", ["- [x] <!-- bot:box ", "<!-- bot:box {} -->", "- [ ] a\n", "[", "x"])
def test_a_long_text_is_read_in_linear_time(piece: str) -> None:
    assert boxes(piece * (400_000 // len(piece))) == {}


def test_a_long_address_leaves_room_for_others() -> None:
    long = finding(f"https://a.example/{'x' * 100_000}", Verdict.SUSPECT, since=START + WEEK)
    shown = report(said(long, SUSPECT), FIGURES, "o/n", DAY)
    assert f"]({LOST})" in shown
    assert len(shown) < 5_000


def test_a_report_says_the_same_of_the_same_whatever_the_order() -> None:
    assert substance(said(GONE, MOVED), FIGURES) == substance(said(MOVED, GONE), FIGURES) != ""
    assert substance(said(FINE, WALLED), FIGURES) == ""


def test_a_day_that_people_named_is_part_of_what_is_said() -> None:
    left = [Left("A.link", date(2027, 1, 1))], [Left("A.link", date(2027, 1, 2))]
    assert substance(said(GONE, left=left[0]), FIGURES) != substance(said(GONE, left=left[1]), FIGURES)


def test_soft_sightings_are_evidence_too() -> None:
    soft = finding(LOST, Verdict.SUSPECT, reason="it says “not found”")
    assert soft.record is not None
    [sighting] = soft.record.sightings
    assert sighting.kind is Kind.GONE
    assert "2027-01-04: it says “not found”" in report(said(soft), FIGURES, "o/n", DAY)


# --- Cut off anywhere -------------------------------------------------------------------------------------------------


def open_it(weekly: Weekly) -> list[Finding]:
    return [GONE, SUSPECT]


def write_it(weekly: Weekly) -> list[Finding]:
    weekly.run(SUSPECT, MOVED)
    weekly.tick(OLD)
    weekly.order("/bot ignore Stowell2014 until 2027-12-31")
    weekly.order("/bot ignore Audubon1838 until 2027-12-31", STRANGER)
    return [GONE, SUSPECT, MOVED]


def close_it(weekly: Weekly) -> list[Finding]:
    weekly.run(GONE)
    return [FINE]


def reopen_it(weekly: Weekly) -> list[Finding]:
    weekly.run(SUSPECT)
    weekly.run(FINE)
    return [GONE]


STORIES: tuple[Callable[[Weekly], list[Finding]], ...] = (open_it, write_it, close_it, reopen_it)


def plain(found: dict[str, Any], world: World) -> list[str]:
    issues = [
        (issue["title"], re.sub(r'"(comment|heard)":\d+', "", issue["body"]))
        for issue in world.get("/issues?state=all")
    ]
    return [re.sub(r"/list-\d+/", "/list/", line) for line in shown({**found, "texts": issues})]


@pytest.mark.parametrize("fault", [Fault.BEFORE, Fault.AFTER, Fault.BAD_GATEWAY])
@pytest.mark.parametrize("story", STORIES, ids=[story.__name__ for story in STORIES])
def test_a_run_that_is_cut_off_anywhere_is_finished_by_the_next_one(
    make_world: Callable[..., World], tmp_path: Path, story: Callable[[Weekly], list[Finding]], fault: Fault
) -> None:
    def begun(name: str) -> tuple[Weekly, Bot, list[Finding]]:
        weekly = Weekly(make_world(birds()), tmp_path / name)
        findings = story(weekly)
        bot = weekly.bot(timeout=1, retries=0)
        weekly.world.proxy.clear()
        return weekly, bot, findings

    undisturbed, bot, findings = begun("undisturbed")
    now = undisturbed.now
    undisturbed.write(findings, bot.desk(now=now))
    requests, wanted = len(undisturbed.world.proxy.requests), plain(state(undisturbed.world), undisturbed.world)
    for number in range(1, requests + 1):
        weekly, bot, findings = begun(f"cut-{number}")
        weekly.world.proxy.arm(number, fault, for_good=True)
        with pytest.raises(GitHubError):
            weekly.write(findings, bot.desk(now=now))
        weekly.world.proxy.clear()
        weekly.write(findings, weekly.bot().desk(now=now))
        left = plain(state(weekly.world), weekly.world)
        different = list(unified_diff(wanted, left, "undisturbed", "cut off", lineterm="", n=0))
        assert different == [], f"request {number} of {requests}:\n" + "\n".join(different)


def test_long_addresses_hide_no_other_link_and_break_no_comment(weekly: Weekly) -> None:
    long = [finding(f"http://long.example/{number}/{'$' * 1900}", Verdict.GONE, looks=3) for number in range(30)]
    log = weekly.run(*long, GONE)
    assert f"{len(long) + 1} links newly gone" in " ".join(log)
    assert len(weekly.text) < LIMIT
    assert weekly.row(DEAD)
    [comment] = weekly.world.comments(weekly.issue["number"])
    assert len(comment["body"]) < LIMIT


def test_of_many_files_that_were_set_aside_some_are_named(weekly: Weekly) -> None:
    weekly.run(FINE, aside=[f"links/{number}.jsonl.aside could not be read" for number in range(700)])
    assert len(weekly.text) < LIMIT
    assert "and 680 files" in weekly.text
