"""The pull request that mends links, against the emulator and git."""

import re
from collections.abc import Callable, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bibliography.blocks import Bibliography
from bot.bibliography.identifiers import web_address
from bot.github.errors import GitHubError
from bot.jobs.link_repairs import Mend, mended, propose_repairs
from bot.jobs.link_report import Memory, People
from bot.jobs.link_text import Left
from bot.links.link import Repair
from bot.links.memory import Sighting
from bot.links.observation import Kind
from bot.links.verdict import Finding, Verdict
from tests.jobs.test_faults import shown, state
from tests.support.desk import BIRDS_CONFIG, PAPER, Bot, birds, form
from tests.support.emulator import CONTRIBUTORS
from tests.support.findings import BIB, START, finding, place
from tests.support.proxy import Answer, Fault
from tests.support.world import World

BRANCH = "bot/links"
AT_MOST = 3
CONFIG = f"{BIRDS_CONFIG}links:\n  repairs: {AT_MOST}\n"
LISTED = """\
% The list.

@article{Audubon1838,
  author = {Audubon, John James},
  title = {Birds of the eastern woods},
  year = {1838},
  journal = {Bioacoustics},
  link = {http://gone.example/a_b/birds.pdf},
  code = {http://moved.example/code},
  habitat = {[Woods](http://moved.example/code/woods?a=1&b=2) & [Marsh](http://moved.example/code)},
}

@Article {Stowell2014 ,
  Author = "Stowell, Dan",
  title = {Automatic classification of bird sounds},
  year = 2014,
  journal = {Bioacoustics},
  note = "See \\url{http://gone.example/100%_sure}, or http://gone.example/50\\%\\_sure.",
  doi = {10.7717/peerj.488},
}

@misc{Zed2001,
  author = {Zed, Zoe},
  title = {Crows},
  year = {2001},
  link = {http://plain.example/crows},
}
"""
A, B = "http://gone.example/a_b/birds.pdf", "http://moved.example/code"
NEW_A, NEW_B = "https://web.archive.org/web/2020/http://gone.example/a_b/birds.pdf", "https://new.example/c?a=1&b=2"
GONE = finding(A, Verdict.GONE, place(written=A), repair=NEW_A, looks=3)
MOVED = finding(B, Verdict.MOVED, place(field="code", written=B), place(field="habitat", written=B), repair=NEW_B)
SECURE = finding(
    "http://plain.example/crows",
    Verdict.OK,
    place("Zed2001", written="http://plain.example/crows"),
    repair="https://plain.example/crows",
)


class Weekly:
    """The repairs of a list, run by run."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self._folder = folder
        self._bots = 0

    def bot(self, **settings: Any) -> Bot:
        self._bots += 1
        return Bot(self.world, self._folder / f"run-{self._bots}", **settings)

    def run(self, *findings: Finding, people: People | None = None, bot: Bot | None = None) -> list[str]:
        desk = (bot or self.bot()).desk(now=START)
        self.world.proxy.clear()
        return list(propose_repairs(findings, people or People(), desk))

    @property
    def pull(self) -> Any:
        """The one open pull request."""
        [pull] = [one for one in self.world.pulls(BRANCH) if one["state"] == "open"]
        return pull

    @property
    def rows(self) -> list[list[str]]:
        """The table: entry, field, the addresses now and then, and why."""
        lines = [line for line in self.pull["body"].split("\n") if line.startswith("| ")][1:]
        cells = [re.split(r"(?<!\\) ?\| ?", line)[1:-1] for line in lines]
        return [[cell.rpartition("](")[2].rstrip(")") if "](" in cell else cell for cell in row] for row in cells]

    def bibliography(self, branch: str | None = BRANCH) -> str:
        return (self.world.file(BIB, branch) or b"").decode()

    def write(self, branch: str, *pairs: tuple[str, str]) -> None:
        text = self.bibliography(branch)
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        self.world.maintainer.commit(branch, {BIB: text.encode()})

    def verdicts(self) -> list[str]:
        return [check["conclusion"] for check in self.world.checks(self.world.branches()[BRANCH])]


@pytest.fixture
def make_weekly(make_world: Callable[..., World], tmp_path: Path) -> Callable[[], Weekly]:
    def make() -> Weekly:
        world = make_world({**birds(), ".github/bot.yml": CONFIG.encode(), BIB: LISTED.encode()})
        return Weekly(world, tmp_path / world.name.replace("/", "-"))

    return make


@pytest.fixture
def weekly(make_weekly: Callable[[], Weekly]) -> Weekly:
    return make_weekly()


def replaced(*pairs: tuple[str, str]) -> str:
    text = LISTED
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


# --- What is proposed ------------------------------------------------------------------------------------------------


def test_one_pull_request_mends_the_addresses_and_nothing_else(weekly: Weekly) -> None:
    log = weekly.run(GONE, MOVED, SECURE)
    assert log == [f"4 links to mend: proposed in #{weekly.pull['number']}"]
    assert weekly.pull["title"] == "[Update] Mend 4 links"
    assert weekly.bibliography() == replaced(
        (f"{{{A}}}", f"{{{NEW_A}}}"),
        (f"{{{B}}}", f"{{{NEW_B}}}"),
        (f"[Marsh]({B})", f"[Marsh]({NEW_B})"),
        ("http://plain.example", "https://plain.example"),
    )
    assert weekly.rows == [
        ["Audubon1838", "link", A, NEW_A, "404 Not Found; the same paper"],
        ["Audubon1838", "code", B, NEW_B, "the same paper"],
        ["Audubon1838", "habitat", B, NEW_B, "the same paper"],
        ["Zed2001", "link", "http://plain.example/crows", "https://plain.example/crows", "the same paper"],
    ]
    assert weekly.verdicts() == ["success"]
    assert weekly.bibliography("main") == LISTED


def test_where_there_is_nothing_to_mend_nothing_is_asked_but_what_is_open(weekly: Weekly) -> None:
    assert weekly.run(finding(A, Verdict.GONE)) == []
    assert [request.path.rpartition("/")[2] for request in weekly.world.proxy.requests] == ["pulls"]


def test_what_is_gone_but_whose_host_says_nothing_now_is_left(weekly: Weekly) -> None:
    assert GONE.record is not None
    silent = Sighting(START, Kind.ERROR, "the connection was refused")
    record = msgspec.structs.replace(GONE.record, sightings=(*GONE.record.sightings, silent))
    assert weekly.run(msgspec.structs.replace(GONE, record=record)) == []


@pytest.mark.parametrize("verdict", [Verdict.BLOCKED, Verdict.ERROR, Verdict.DOWN, Verdict.SUSPECT, Verdict.OK])
def test_what_works_or_about_which_nothing_is_known_is_left(weekly: Weekly, verdict: Verdict) -> None:
    assert weekly.run(finding(A, verdict, repair=NEW_A)) == []


@pytest.mark.parametrize(
    "one",
    [
        finding(A, Verdict.GONE, place(None), repair=NEW_A),
        finding(
            "https://doi.org/10.7717/peerj.488",
            Verdict.GONE,
            place("Stowell2014", "doi", "10.7717/peerj.488"),
            repair=NEW_A,
        ),
        finding(A, Verdict.GONE, place("Nobody", written=A), repair=NEW_A),
        finding(A, Verdict.GONE, place(field="code", written=A), repair=NEW_A),
        finding(A, Verdict.GONE, repair="javascript:alert(1)"),
        finding(A, Verdict.GONE, repair="https://x.example/}, evil = {1"),
        finding(
            "http://moved.example", Verdict.GONE, place(field="code", written="http://moved.example"), repair=NEW_A
        ),
        finding(A, Verdict.GONE, place(written=""), repair=NEW_A),
    ],
    ids=[
        "in a page",
        "an identifier",
        "no such entry",
        "no longer there",
        "no address",
        "braces",
        "a beginning",
        "nothing written",
    ],
)
def test_what_cannot_be_mended_is_left(weekly: Weekly, one: Finding) -> None:
    assert weekly.run(one) == []


def test_what_people_want_to_be_left_alone_is_left_alone(weekly: Weekly) -> None:
    people = People(memory=Memory(left=(Left("Audubon1838.code", START.date()),)))
    weekly.run(MOVED, people=people)
    assert [row[1] for row in weekly.rows] == ["habitat"]


def test_a_run_with_nothing_new_writes_nothing_even_with_other_words(weekly: Weekly) -> None:
    weekly.run(GONE, MOVED)
    reworded = Finding(GONE.link, None, GONE.judgement, Repair(NEW_A, "seen once more"))
    assert weekly.run(reworded, MOVED) == []
    assert weekly.world.proxy.writes == []


def test_it_follows_what_is_found(weekly: Weekly) -> None:
    weekly.run(GONE)
    assert weekly.run(SECURE) == [f"1 link to mend: #{weekly.pull['number']} brought up to date"]
    assert weekly.bibliography() == replaced(("http://plain.example", "https://plain.example"))
    assert weekly.pull["title"] == "[Update] Mend 1 link"
    assert len(weekly.rows) == 1
    assert len(weekly.world.log(BRANCH)) == 3


def test_no_more_entries_than_the_list_wants_are_mended_and_those_at_first_that_are_gone(weekly: Weekly) -> None:
    keys = [f"Wren20{number:02}" for number in range(10)]
    entries = [f"@misc{{{key},\n  title = {{Wrens}},\n  link = {{http://{key}.example/}},\n}}\n" for key in keys]
    weekly.world.maintainer.commit("main", {BIB: "\n".join([LISTED, *entries]).encode()})
    found = [
        finding(f"http://{key}.example/", Verdict.GONE if number > 7 else Verdict.MOVED, place(key), repair=NEW_A)
        for number, key in enumerate(keys)
    ]
    found = [as_written(one) for one in found]
    weekly.run(*found)
    assert [row[0] for row in weekly.rows] == [keys[0], keys[8], keys[9]]
    assert "7 entries more can be mended" in weekly.pull["body"]
    weekly.run(
        finding(
            "http://Wren2000.example/", Verdict.MOVED, place(keys[0], written="http://Wren2000.example/"), repair=NEW_A
        ),
        GONE,
    )
    weekly.run(*found, GONE)
    assert {row[0] for row in weekly.rows} == {keys[0], "Audubon1838", keys[8]}


def as_written(one: Finding) -> Finding:
    """The finding with its address as what is written at its places."""
    [where] = one.link.places
    assert where.key is not None
    assert one.repair is not None
    return finding(
        one.link.url,
        one.judgement.verdict if one.judgement else Verdict.OK,
        place(where.key, written=one.link.url),
        repair=one.repair.address,
    )


def test_what_a_contributor_changes_already_is_left_until_that_is_done(weekly: Weekly) -> None:
    body = form({"key": "Zed2001", "field": "title", "value": "Two crows"}, correct=True)
    number = weekly.world.person(CONTRIBUTORS[0]).file_issue("[Update]", body, ["correct-paper"])
    weekly.bot().respond(number)
    weekly.run(GONE, SECURE)
    assert [row[0] for row in weekly.rows] == ["Audubon1838"]
    [other] = [pull for pull in weekly.world.pulls() if pull["head"]["ref"] != BRANCH]
    weekly.world.maintainer.close_pull(other["number"])
    weekly.run(GONE, SECURE)
    assert [row[0] for row in weekly.rows] == ["Audubon1838", "Zed2001"]


# --- What people decide ----------------------------------------------------------------------------------------------


def test_what_was_merged_is_over_and_its_branch_is_tidied(weekly: Weekly) -> None:
    weekly.run(GONE)
    weekly.world.maintainer.merge(weekly.pull["number"])
    assert weekly.run(GONE) == ["bot/links: deleted, since its pull request has ended"]
    assert BRANCH not in weekly.world.branches()
    weekly.run(SECURE)
    assert [row[0] for row in weekly.rows] == ["Zed2001"]


@pytest.mark.parametrize("squash", [True, False])
def test_who_brings_the_old_address_back_after_a_merge_keeps_it(weekly: Weekly, squash: bool) -> None:
    weekly.run(GONE)
    weekly.world.maintainer.merge(weekly.pull["number"], squash=squash)
    weekly.write("main", (NEW_A, A))
    assert weekly.run(GONE) == ["bot/links: deleted, since its pull request has ended"]
    assert weekly.run(GONE) == []


def test_what_is_closed_is_not_proposed_again_but_what_is_new_is(weekly: Weekly) -> None:
    weekly.run(GONE)
    weekly.world.maintainer.close_pull(weekly.pull["number"])
    weekly.run(GONE)
    assert weekly.run(GONE) == []
    assert BRANCH not in weekly.world.branches()
    weekly.run(GONE, SECURE)
    assert [row[0] for row in weekly.rows] == ["Zed2001"]
    another = finding(A, Verdict.GONE, place(written=A), repair="https://doi.org/10.5555/12")
    weekly.run(another, SECURE)
    assert [row[3] for row in weekly.rows] == ["https://doi.org/10.5555/12", "https://plain.example/crows"]


def test_a_change_that_is_undone_on_the_branch_stays_undone(weekly: Weekly) -> None:
    weekly.run(GONE, SECURE)
    weekly.write(BRANCH, (NEW_A, A))
    weekly.run(GONE, SECURE)
    assert [row[0] for row in weekly.rows] == ["Zed2001"]
    assert weekly.bibliography() == replaced(("http://plain.example", "https://plain.example"))
    weekly.world.maintainer.merge(weekly.pull["number"])
    weekly.run(GONE)
    assert weekly.run(GONE) == []


def test_who_undoes_all_of_it_closes_it(weekly: Weekly) -> None:
    weekly.run(GONE)
    number = weekly.pull["number"]
    weekly.write(BRANCH, (NEW_A, A))
    assert weekly.run(GONE) == [f"#{number} closed, since there is nothing left to mend"]
    assert weekly.run(GONE) == []
    assert weekly.world.get(f"/pulls/{number}")["state"] == "closed"
    weekly.world.maintainer.delete_branch(BRANCH)
    assert weekly.run(GONE) == []


def test_what_people_commit_stands_and_keeps_the_pull_request_open(weekly: Weekly) -> None:
    weekly.run(GONE)
    number = weekly.pull["number"]
    weekly.write(BRANCH, (NEW_A, "https://better.example/birds.pdf"))
    weekly.run(GONE)
    weekly.run(finding(A, Verdict.OK))
    assert weekly.pull["number"] == number
    assert weekly.world.comments(number) == []
    assert "https://better.example/birds.pdf" in weekly.bibliography()
    weekly.run(GONE, SECURE)
    assert "https://better.example/birds.pdf" in weekly.bibliography()
    assert "https://plain.example" in weekly.bibliography()
    assert [row[0] for row in weekly.rows] == ["Zed2001"]


def test_what_people_change_besides_is_no_refusal(weekly: Weekly) -> None:
    weekly.run(GONE)
    weekly.write(BRANCH, ("Birds of the eastern woods", "Birds of the {Eastern} Woods"))
    weekly.run(GONE)
    assert [row[3] for row in weekly.rows] == [NEW_A]
    assert "{Eastern} Woods" in weekly.bibliography()
    assert NEW_A in weekly.bibliography()


def test_words_that_people_wrote_stay(weekly: Weekly) -> None:
    weekly.run(GONE)
    weekly.world.maintainer.edit_pull(
        weekly.pull["number"], title="Mine", body=weekly.pull["body"].replace("What the", "See the")
    )
    weekly.run(GONE, SECURE)
    assert weekly.pull["title"] == "Mine"
    assert "See the weekly look" in weekly.pull["body"]
    assert "https://plain.example" in weekly.bibliography()


def test_when_nothing_is_left_to_mend_it_is_closed_with_a_sentence(weekly: Weekly) -> None:
    weekly.run(GONE)
    number = weekly.pull["number"]
    assert weekly.run(finding(A, Verdict.OK)) == [f"#{number} closed, since there is nothing left to mend"]
    assert BRANCH not in weekly.world.branches()
    [comment] = weekly.world.comments(number)
    assert "nothing left to mend" in comment["body"]
    weekly.run(GONE)  # which nobody has declined
    assert [row[3] for row in weekly.rows] == [NEW_A]


def test_where_pull_requests_are_not_allowed_the_branch_is_ready(weekly: Weekly) -> None:
    bot = weekly.bot()
    desk = bot.desk(now=START)
    not_allowed = {"message": "GitHub Actions is not permitted to create or approve pull requests."}
    weekly.world.proxy.answer("POST", "/pulls$", Answer(403, not_allowed))
    [line] = list(propose_repairs([GONE], People(), desk))
    assert "workflows may not open pull requests here" in line
    assert NEW_A in weekly.bibliography()
    weekly.world.proxy.clear()
    weekly.run(GONE)
    assert [row[3] for row in weekly.rows] == [NEW_A]


# --- The default branch moves ----------------------------------------------------------------------------------------


def test_after_a_push_it_still_merges(weekly: Weekly) -> None:
    weekly.run(GONE, SECURE)
    weekly.write("main", ("title = {Crows}", "title = {Two Crows}"), ("Birds of the eastern", "Birds of the {Eastern}"))
    weekly.bot().refresh()
    weekly.world.maintainer.merge(weekly.pull["number"])
    assert weekly.bibliography("main") == replaced(
        ("title = {Crows}", "title = {Two Crows}"),
        ("Birds of the eastern", "Birds of the {Eastern}"),
        (A, NEW_A),
        ("http://plain.example", "https://plain.example"),
    )


def test_what_was_mended_otherwise_meanwhile_is_no_conflict(weekly: Weekly) -> None:
    weekly.run(GONE, SECURE)
    weekly.write("main", (A, "https://other.example/birds.pdf"))
    weekly.bot().refresh()
    assert weekly.verdicts() == ["success"]
    weekly.world.maintainer.merge(weekly.pull["number"])
    assert weekly.bibliography("main") == replaced(
        (A, "https://other.example/birds.pdf"), ("http://plain.example", "https://plain.example")
    )


def test_a_push_that_touches_nothing_of_it_writes_nothing(weekly: Weekly) -> None:
    weekly.run(GONE)
    weekly.write("main", ("title = {Crows}", "title = {Two Crows}"))
    bot = weekly.bot()
    bot.refresh()
    weekly.world.proxy.clear()
    weekly.bot().refresh()
    assert [one.path for one in weekly.world.proxy.writes] == []


def test_a_commit_of_a_person_is_judged_after_its_push(weekly: Weekly) -> None:
    weekly.run(GONE)
    weekly.write(BRANCH, ("  year = {1838},\n", "  year = {soon},\n"))
    weekly.bot().refresh()
    assert weekly.verdicts() == ["failure"]


# --- Bytes -----------------------------------------------------------------------------------------------------------

PLAIN = frozenset({"link", "code", "url"})


def mend(field: str, written: str, new: str, old: str = "") -> Mend:
    return Mend("K", field, old or written, written, new, "why", Verdict.GONE)


def entry_of(text: str) -> Any:
    [entry] = Bibliography.parse(text.encode()).entries
    return entry


@pytest.mark.parametrize(
    ("value", "written", "then"),
    [
        (r"{\url{http://a.example/x}}", "http://a.example/x", r"{\url{https://b.example/%7Ey_1&2#z}}"),
        (r"{\url{http://a.example/x_y}}", "http://a.example/x_y", r"{\url{https://b.example/%7Ey_1&2#z}}"),
        (r"{\url{http://a.example/x\_y}}", r"http://a.example/x\_y", r"{\url{https://b.example/\%7Ey\_1\&2\#z}}"),
        (r"{\href{http://a.example/x}{here}}", "http://a.example/x", r"{\href{https://b.example/%7Ey_1&2#z}{here}}"),
        ("{See http://a.example/x.}", "http://a.example/x", r"{See https://b.example/\%7Ey\_1\&2\#z.}"),
        ('"http://a.example/x"', "http://a.example/x", r'"https://b.example/\%7Ey\_1\&2\#z"'),
        (
            "{http://a.example/x, http://a.example/x/y}",
            "http://a.example/x",
            r"{https://b.example/\%7Ey\_1\&2\#z, http://a.example/x/y}",
        ),
        ("{(http://a.example/x)}", "http://a.example/x", r"{(https://b.example/\%7Ey\_1\&2\#z)}"),
        ('{http://a.example/} # "x"', "http://a.example/", r'{https://b.example/\%7Ey\_1\&2\#z} # "x"'),
    ],
)
def test_an_address_is_written_as_the_one_before_was(value: str, written: str, then: str) -> None:
    text = f"@Misc{{ K,\n\tTitle= {{T}} ,note = {value}\r\n ,}}"
    new = "https://b.example/%7Ey_1&2#z"
    assert mended(entry_of(text), [mend("note", written, new)], PLAIN).text == text.replace(value, then)


@pytest.mark.parametrize(
    "value",
    [
        "{http://a.example/xy}",
        "{http://a.example/x/y}",
        "{http://a.example/x?q=1}",
        "{http://a.example/x.pdf}",
        "{http://web.example/web/http://a.example/x}",
        "{http://b.example/?u=http://a.example/x}",
        r"{http://a.example/x\_y}",
        "{http://a.example/x-y}",
        "{http://a.example/X}",
    ],
)
def test_a_longer_address_that_holds_the_old_one_is_another(value: str) -> None:
    text = f"@misc{{K, url = {value}, note = {value}}}"
    both = [mend(field, "http://a.example/x", "https://b.example/") for field in ("url", "note")]
    assert mended(entry_of(text), both, PLAIN).text == text


def test_of_a_field_that_stands_twice_the_first_counts_as_everywhere() -> None:
    text = "@misc{K, url = {http://a.example/}, url = {http://a.example/}}"
    after = mended(entry_of(text), [mend("url", "http://a.example/", "https://b.example/")], PLAIN)
    assert after.text == "@misc{K, url = {https://b.example/}, url = {http://a.example/}}"


ADDRESS = st.from_regex(r"https?://[a-z]{1,8}\.example/[A-Za-z0-9/_.%&?=#~+,;:-]{0,20}", fullmatch=True).filter(
    lambda url: web_address(url) == url
)
ESCAPE = str.maketrans({char: f"\\{char}" for char in "_%&#"})


@given(
    ADDRESS,
    ADDRESS,
    st.sampled_from(["url", "note"]),
    st.booleans(),
    st.sampled_from(["{%s}", '"%s"', "{a %s b}", r"{\url{%s}}"]),
)
def test_the_new_address_is_what_is_read_back(old: str, new: str, field: str, escaped: bool, around: str) -> None:
    written = old.translate(ESCAPE) if escaped else old
    before, after = (f"@misc{{K,\n  {field} = {around},\n  title = {{T}},\n}}").split("%s")
    result = mended(entry_of(f"{before}{written}{after}"), [mend(field, written, new, old)], PLAIN)
    assert result.mends
    assert result.text.startswith(before)
    assert result.text.endswith(after)
    address = result.text.removeprefix(before).removesuffix(after)
    assert address == new if field == "url" else web_address(address) == new


@pytest.mark.usefixtures("in_linear_time")
@pytest.mark.parametrize("piece", ["http://a.example/x ", "http://a.example/x.", "\\_", "/", "http://"])
def test_a_long_field_is_mended_in_linear_time(piece: str) -> None:
    text = f"@misc{{K, note = {{{piece * (200_000 // len(piece))}}}}}"
    mended(entry_of(text), [mend("note", "http://a.example/x", "https://b.example/")], PLAIN)


@pytest.mark.parametrize(
    "text", ["<b>x</b> | `y` [z](http://e.example) @maintainer", "line\n\n| a | b |", "#1 \x00 $x$"]
)
def test_reasons_from_outside_act_in_no_way(weekly: Weekly, text: str) -> None:
    one = finding(A, Verdict.GONE, place(written=A), repair=NEW_A)
    hostile = Finding(one.link, None, one.judgement, Repair(NEW_A, text))
    weekly.run(hostile)
    assert len(weekly.rows) == 1
    visible = weekly.pull["body"].partition("<!--")[0]
    assert not re.search(r"<b>|(?<!\\)`|@maintainer|(?<!\\)\[z|#1", visible)


# --- Cut off anywhere -------------------------------------------------------------------------------------------------


def open_it(weekly: Weekly) -> Sequence[Finding]:
    return [GONE, MOVED]


def follow(weekly: Weekly) -> Sequence[Finding]:
    weekly.run(GONE, MOVED, SECURE)
    weekly.write(BRANCH, ("https://plain.example", "http://plain.example"))
    weekly.write("main", ("Birds of the eastern", "Birds of the {Eastern}"))
    return [GONE, SECURE]


def give_up(weekly: Weekly) -> Sequence[Finding]:
    weekly.run(GONE)
    return []


def go_on(weekly: Weekly) -> Sequence[Finding]:
    weekly.run(GONE)
    weekly.world.maintainer.close_pull(weekly.pull["number"])
    return [GONE, SECURE]


STORIES = (open_it, follow, give_up, go_on)


@pytest.mark.parametrize("fault", [Fault.BEFORE, Fault.AFTER, Fault.BAD_GATEWAY])
@pytest.mark.parametrize("story", STORIES, ids=[story.__name__ for story in STORIES])
def test_a_run_that_is_cut_off_anywhere_is_finished_by_the_next_one(
    make_weekly: Callable[[], Weekly], story: Callable[[Weekly], Sequence[Finding]], fault: Fault
) -> None:
    def begun() -> tuple[Weekly, Bot, Sequence[Finding]]:
        weekly = make_weekly()
        findings = story(weekly)
        return weekly, weekly.bot(timeout=1, retries=0), findings

    undisturbed, bot, findings = begun()
    undisturbed.run(*findings, bot=bot)
    requests, wanted = len(undisturbed.world.proxy.requests), shown(state(undisturbed.world))
    for number in range(1, requests + 1):
        weekly, bot, findings = begun()
        desk = bot.desk(now=START)
        weekly.world.proxy.clear()
        weekly.world.proxy.arm(number, fault, for_good=True)
        with pytest.raises(GitHubError):
            list(propose_repairs(findings, People(), desk))
        weekly.run(*findings)
        different = list(unified_diff(wanted, shown(state(weekly.world)), "undisturbed", "cut off", lineterm="", n=0))
        assert different == [], f"request {number} of {requests}:\n" + "\n".join(different)


def test_a_form_is_proposed_beside_it(weekly: Weekly) -> None:
    weekly.run(GONE)
    number = weekly.world.person(CONTRIBUTORS[0]).file_issue("A form", form(PAPER), ["add-paper"])
    weekly.bot().respond(number)
    assert f"bot/issue-{number}" in weekly.world.branches()
