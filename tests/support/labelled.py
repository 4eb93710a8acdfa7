"""The labelled preprints of ``tests/data/preprints``: what the bot says about them, and how often it is right.

Its ``README.md`` says what a case holds. The bot is asked as a whole: a list of all cases' entries, and sources that
know what all cases say.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec

from bot.bibliography.blocks import Bibliography
from bot.bibliography.entry import Entry, to_bibtex
from bot.config import CONFIG, Config, Metadata, Preprints, SourceSettings, load
from bot.config import Sources as SourcesSettings
from bot.jobs.preprints import papers_object, search
from bot.metadata.asking import Asker
from bot.web.session import Web
from tests.support.sources import Case, Library, Sources

DATA = Path(__file__).parents[1] / "data/preprints"
PUBLISHED = ("propose", "warn")
OUTCOMES = (*PUBLISHED, "none", "unavailable")
_ROOT = Path(__file__).parents[2]
_ALL = 100_000  # searches: the budget is not what is measured


class Verdict(msgspec.Struct, frozen=True):
    """What the bot said about a case: ``got`` is its object in ``preprints --json``; and whether that is ``right``."""

    case: Case
    got: Mapping[str, Any]
    right: bool

    @property
    def name(self) -> str:
        """The case's name."""
        return str(self.case["name"])

    @property
    def wanted(self) -> str:
        """The outcome that is expected."""
        return str(self.case["expect"]["outcome"])

    @property
    def outcome(self) -> str:
        """The outcome that there is."""
        return str(self.got["outcome"])

    def __str__(self) -> str:
        """The case in a line, for people."""
        expect = self.case["expect"]
        named = " ".join(filter(None, (expect.get("doi", ""), expect.get("year", ""))))
        said = " ".join(str(one) for one in (self.got["doi"], self.got["year"]) if one)
        reasons = "; ".join(self.got["reasons"][:2])
        return f"{self.name}: {self.wanted} {named} expected, {self.outcome} {said} found ({reasons or 'no reason'})"


class Score(msgspec.Struct, frozen=True):
    """How often an outcome is right: of ``said`` cases for which the bot said it ``right`` are, of ``wanted`` cases
    that are expected to have it the bot ``found`` so many."""

    outcome: str
    said: int
    right: int
    wanted: int
    found: int

    @property
    def precision(self) -> float:
        """The part of what was said that is right."""
        return self.right / self.said if self.said else 1.0

    @property
    def recall(self) -> float:
        """The part of what is expected that was found."""
        return self.found / self.wanted if self.wanted else 1.0


def cases() -> list[dict[str, Any]]:
    """All labelled cases, by name."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(DATA.glob("*.json"))]


def list_config() -> Config:
    """The configuration of this list."""
    return load((_ROOT / CONFIG).read_text("utf-8"), CONFIG)


def list_of(some: Sequence[Case], config: Config) -> bytes:
    """A bibliography of what the cases list, each under the case's name as its key."""
    entries = (
        Entry(case["listed"]["type"], case["name"], {k: v for k, v in case["listed"].items() if k != "type"})
        for case in some
    )
    return "\n\n".join([*(to_bibtex(entry, config.known_fields()) for entry in entries), ""]).encode()


def asking(sources: Sources, config: Config, *, searches: int = _ALL) -> Config:
    """The configuration for sources on this machine, which are asked without pauses."""
    places = {name: SourceSettings(url=url, spacing=0, budget=_ALL) for name, url in sources.urls.items()}
    metadata = Metadata(sources=SourcesSettings(**places))
    return msgspec.structs.replace(config, metadata=metadata, preprints=Preprints(searches=searches))


def ask(bibliography: bytes, sources: Sources, config: Config, turn: datetime | None = None) -> dict[str, Any]:
    """What ``preprints --json`` says about a list."""
    with Web("list-bot/1.0", allow=(ip_network("127.0.0.0/8"),)) as web:
        asker = Asker(web, config.metadata, {}, repeats=0)
        papers = search(Bibliography.parse(bibliography), config, asker, turn or datetime.now(UTC))
        return papers_object(papers, asker.requests)


def judge_all(some: Sequence[Case]) -> list[Verdict]:
    """What the bot says about each of the cases."""
    config = list_config()
    with Sources(Library.of(some)) as sources:
        said = ask(list_of(some, config), sources, asking(sources, config))
    by_key = {paper["key"]: paper for paper in said["papers"]}
    return [Verdict(case, by_key[case["name"]], _is_right(case["expect"], by_key[case["name"]])) for case in some]


def _is_right(expect: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
    """Whether it is what was expected, or what would be right too, about the right work."""
    return got["outcome"] in (expect["outcome"], *expect.get("also", ())) and _is_same_work(expect, got)


def _is_same_work(expect: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
    if got["outcome"] not in PUBLISHED:
        return True
    if expect.get("doi") and got["doi"].lower() != expect["doi"].lower():
        return False
    if expect.get("year") and str(got["year"]) != str(expect["year"]):
        return False
    return str(expect.get("venue", "")).lower() in got["venue"].lower()


def scores(verdicts: Sequence[Verdict]) -> list[Score]:
    """The scores of what the bot says, by outcome."""
    return [
        Score(
            outcome,
            said=sum(one.outcome == outcome for one in verdicts),
            right=sum(one.outcome == outcome and one.right for one in verdicts),
            wanted=sum(one.wanted == outcome for one in verdicts),
            found=sum(one.wanted == outcome and one.outcome == outcome and one.right for one in verdicts),
        )
        for outcome in OUTCOMES[:3]
    ]


def published(verdicts: Sequence[Verdict]) -> Score:
    """The score of “published”, with or without a warning."""
    return Score(
        "published",
        said=sum(one.outcome in PUBLISHED for one in verdicts),
        right=sum(one.outcome in PUBLISHED and one.right for one in verdicts),
        wanted=sum(one.wanted in PUBLISHED for one in verdicts),
        found=sum(
            one.wanted in PUBLISHED and one.outcome in PUBLISHED and _is_same_work(one.case["expect"], one.got)
            for one in verdicts
        ),
    )
