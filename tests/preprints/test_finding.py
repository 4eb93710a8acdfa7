"""The search for published versions: who is asked what, how often, and what is said where somebody does not answer."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.bibliography.blocks import Bibliography
from bot.bibliography.paper import arxiv_id, is_preprint
from bot.config import Config, SourceSettings
from tests.support import faults
from tests.support.faults import FaultyServer
from tests.support.labelled import ask, asking, list_config, list_of
from tests.support.sources import NAMES, Library, Sources

ROOT = Path(__file__).parents[2]
CONFIG = list_config()
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WEEK = timedelta(weeks=1)
PEOPLE = ("Ana Wren", "Bo Heron")
TITLES = {"arxiv": "arXiv", "semanticscholar": "Semantic Scholar", "ismir": "ISMIR", "openalex": "OpenAlex"}
TITLES |= {"crossref": "Crossref", "datacite": "DataCite"}


def case(name: str, arxiv: str, title: str, /, **facts: Any) -> dict[str, Any]:
    """A preprint of 2016 by two people; ``facts`` are what the sources know besides."""
    preprint = {"id": arxiv, "title": title, "authors": list(PEOPLE), "published": "2016-05-01"}
    listed = {
        "type": "unpublished",
        "title": title,
        "author": "Wren, Ana and Heron, Bo",
        "year": "2016",
        "eprint": arxiv,
    }
    return {"name": name, "listed": listed, **facts, "arxiv": preprint | facts.get("arxiv", {})}


def work(doi: str, title: str, **more: Any) -> dict[str, Any]:
    """An article of 2017 by the same people, as Crossref has it."""
    authors = [{"given": "Ana", "family": "Wren"}, {"given": "Bo", "family": "Heron"}]
    place = {"year": "2017", "container": "Journal of Bird Song", "publisher": "Aviary Press"}
    return {"DOI": doi, "type": "journal-article", "title": title, "authors": authors, **place, **more}


AT_ARXIV = case(
    "AtArxiv2016",
    "1605.00001",
    "How wrens learn duets from their neighbours",
    arxiv={"doi": "10.5555/wrens"},
    crossref=[work("10.5555/wrens", "How wrens learn duets from their neighbours")],
)
AT_S2 = case(
    "AtS22016",
    "1605.00002",
    "Drumming of woodpeckers heard by convolutional networks",
    semanticscholar={"DOI": "10.5555/woodpeckers"},
    crossref=[work("10.5555/woodpeckers", "Drumming of woodpeckers heard by convolutional networks")],
)
AT_ISMIR = case(
    "AtIsmir2016",
    "1605.00003",
    "Transcribing the dawn chorus with recurrent networks",
    ismir=[
        {
            "year": "2017",
            "title": "Transcribing the dawn chorus with recurrent networks",
            "author": list(PEOPLE),
            "doi": "10.5281/zenodo.990000901",
        }
    ],
)
AT_OPENALEX = case(
    "AtOpenalex2016",
    "1605.00004",
    "Counting owls by the harmonics of their calls",
    openalex={
        "type": "article",
        "locations": [
            {
                "source": "Journal of Bird Song",
                "type": "journal",
                "url": "https://doi.org/10.5555/owls",
                "version": "publishedVersion",
            }
        ],
    },
    crossref=[work("10.5555/owls", "Counting owls by the harmonics of their calls")],
)
BY_TITLE = case(
    "ByTitle2016",
    "1605.00005",
    "Rhythm games that parrots play against a metronome",
    crossref=[work("10.5555/parrots", "Rhythm games that parrots play against a metronome")],
)
NOWHERE = case("Nowhere2016", "1605.00006", "Spectral envelopes of herons that were never recorded")
ALL = (AT_ARXIV, AT_S2, AT_ISMIR, AT_OPENALEX, BY_TITLE, NOWHERE)
PUBLISHED = {"AtArxiv2016", "AtS22016", "AtIsmir2016", "AtOpenalex2016", "ByTitle2016"}


def look(
    some: Sequence[dict[str, Any]],
    *,
    searches: int = 300,
    turn: datetime = MONDAY,
    listed: bytes = b"",
    down: Sequence[str] = (),
    down_at: str = "",
) -> dict[str, Any]:
    """What is found about the cases; the sources that are ``down`` are at another address."""
    with Sources(Library.of(some)) as sources:
        config = without(asking(sources, CONFIG, searches=searches), down, down_at)
        return ask(list_of(some, CONFIG) + listed, sources, config, turn)


def without(config: Config, down: Sequence[str], down_at: str) -> Config:
    others = {name: SourceSettings(url=down_at, spacing=0) for name in down}
    sources = msgspec.structs.replace(config.metadata.sources, **others)
    return msgspec.structs.replace(config, metadata=msgspec.structs.replace(config.metadata, sources=sources))


def outcomes(said: dict[str, Any]) -> dict[str, str]:
    return {paper["key"]: paper["outcome"] for paper in said["papers"]}


def only(said: dict[str, Any]) -> dict[str, Any]:
    (paper,) = said["papers"]
    return dict(paper)


def searches_of(sources: Sources) -> list[str]:
    """The titles that Crossref was searched for."""
    return [
        one.params["query.bibliographic"] for one in sources.requests["crossref"] if "query.bibliographic" in one.params
    ]


# --- Who is asked what ------------------------------------------------------------------------------------------------


def test_each_way_finds_what_it_is_there_for() -> None:
    said = look(ALL)
    assert {key for key, outcome in outcomes(said).items() if outcome == "propose"} == PUBLISHED
    assert outcomes(said)["Nowhere2016"] == "none"
    assert {paper["key"]: paper["doi"] for paper in said["papers"] if paper["doi"]} == {
        "AtArxiv2016": "10.5555/wrens",
        "AtS22016": "10.5555/woodpeckers",
        "AtIsmir2016": "10.5281/zenodo.990000901",
        "AtOpenalex2016": "10.5555/owls",
        "ByTitle2016": "10.5555/parrots",
    }


def test_the_cheap_and_certain_sources_come_first_and_only_what_is_open_goes_on() -> None:
    with Sources(Library.of(ALL)) as sources:
        said = ask(list_of(ALL, CONFIG), sources, asking(sources, CONFIG))
        in_order = sorted((one.at, name) for name, requests in sources.requests.items() for one in requests)
        first = list(dict.fromkeys(name for _, name in in_order))
        asked = {name: [one.params for one in requests] for name, requests in sources.requests.items()}
        assert first[:5] == ["arxiv", "semanticscholar", "ismir", "openalex", "crossref"]
        assert asked["arxiv"][0]["id_list"].split(",") == [one["arxiv"]["id"] for one in ALL]
        # arXiv's own DOI settles the first, an ISMIR paper the third; nobody asks OpenAlex about those with a DOI.
        assert [doi.rpartition(".")[2] for doi in asked["openalex"][0]["filter"].split("|")] == [
            "00004",
            "00005",
            "00006",
        ]
        assert [title.split(" ")[0] for title in searches_of(sources)] == ["Rhythm", "Spectral"]
        assert said["requests"] == {name: len(asked[name]) for name in NAMES if asked[name]}


def test_this_list_takes_few_requests() -> None:
    listed = (ROOT / CONFIG.bibliography).read_bytes()
    entries = [one.entry for one in Bibliography.parse(listed).entries if is_preprint(one.entry)]
    some = []
    for number, entry in enumerate(entries):
        title, doi = entry.get("title"), f"10.5555/list.{number}"
        names = [name.partition(", ")[::2] for name in entry.get("author").split(" and ")]
        authors = [{"given": given, "family": family} for family, given in names]
        facts: dict[str, Any] = {}
        if number % 2:
            facts["crossref"] = [work(doi, title, authors=authors, year=entry.get("year"))]
            facts["semanticscholar"] = {"DOI": doi}
        preprint = {
            "id": arxiv_id(entry),
            "title": title,
            "authors": [f"{given} {family}" for family, given in names],
            "published": f"{entry.get('year')}-01-01",
        }
        some.append({"name": entry.key, "arxiv": preprint, **facts})
    with Sources(Library.of(some)) as sources:
        said = ask(listed, sources, asking(sources, CONFIG))
        searches = len(searches_of(sources))
        counts = {name: len(requests) for name, requests in sources.requests.items()}
    assert len(said["papers"]) == len(entries) > 20
    assert set(outcomes(said).values()) <= {"propose", "warn", "none"}
    found = sum(paper["outcome"] in ("propose", "warn") for paper in said["papers"])
    assert found >= len(entries) // 2 - 1
    assert searches == len(entries) - found
    assert counts["arxiv"] == counts["semanticscholar"] == counts["openalex"] == 1
    assert counts["ismir"] <= len({entry.get("year") for entry in entries}) + 1
    assert counts["crossref"] - searches <= 2
    assert sum(counts.values()) - searches <= 20
    assert said["requests"] == {name: count for name, count in sorted(counts.items()) if count}


def test_many_preprints_are_asked_for_in_full_batches() -> None:
    some = [case(f"P{number}", f"1605.{number:05}", f"Paper number {number} of many birds") for number in range(1, 601)]
    said = look(some, searches=10)
    assert said["requests"]["arxiv"] == 6
    assert said["requests"]["semanticscholar"] == 2
    assert said["requests"]["openalex"] == 6
    assert said["requests"]["crossref"] == 10
    assert said["requests"]["ismir"] == 2
    assert [paper["key"] for paper in said["papers"]] == [one["name"] for one in some]


# --- When a source does not answer ------------------------------------------------------------------------------------

WOULD_KNOW = {
    "arxiv": {"AtArxiv2016"},
    "semanticscholar": {"AtS22016"},
    "ismir": {"AtIsmir2016"},
    "openalex": {"AtOpenalex2016"},
    "crossref": {"ByTitle2016"},
    "datacite": set[str](),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("reply", [faults.Reply(status=403), faults.html()], ids=["limiting", "nonsense"])
def test_with_one_source_down_nothing_is_said_to_be_unpublished_that_it_might_know(
    name: str, reply: faults.Reply
) -> None:
    with FaultyServer(reply) as server:
        said = look(ALL, down=[name], down_at=server.url)
    found = outcomes(said)
    # What the others find without it stays; nothing that it alone knows is “none”.
    lost = {key for key in PUBLISHED if found[key] not in ("propose", "warn")}
    assert {found[key] for key in lost} <= {"unavailable"}
    if name != "crossref":
        assert lost <= WOULD_KNOW[name]
    if name not in ("datacite", "ismir", "openalex"):
        assert lost >= WOULD_KNOW[name] - {"AtArxiv2016", "AtS22016"}
    nowhere = next(paper for paper in said["papers"] if paper["key"] == "Nowhere2016")
    if name == "datacite":  # no DOI to ask it for
        assert nowhere["outcome"] == "none"
    else:
        assert nowhere["outcome"] == "unavailable"
        assert any(TITLES[name] in reason for reason in nowhere["reasons"])


def test_what_its_registry_could_not_confirm_is_not_proposed_whoever_else_knows_it() -> None:
    with FaultyServer(faults.Reply(status=503)) as server:
        paper = only(look([AT_S2], down=["crossref", "datacite"], down_at=server.url))
    assert paper["outcome"] == "unavailable"
    assert paper["changes"] == {}
    assert any("Crossref could not be asked" in reason for reason in paper["reasons"])


def test_with_all_sources_down_nothing_is_known_and_nothing_changes() -> None:
    with FaultyServer(faults.Reply(status=403)) as server:
        said = look(ALL, down=NAMES, down_at=server.url)
    assert set(outcomes(said).values()) == {"unavailable"}
    assert all(paper["changes"] == {} and paper["reasons"] for paper in said["papers"])
    # Each is told once that it takes no more.
    assert set(said["requests"].values()) == {1}


# --- The budget -------------------------------------------------------------------------------------------------------


def test_one_search_a_run_leaves_the_others_for_the_next_turns_and_each_has_its_own() -> None:
    some = [
        case(f"Bird{letter}", f"1605.0010{at}", f"{letter} songs of an unknown bird")
        for at, letter in enumerate("ABCD")
    ]
    with Sources(Library.of(some)) as sources:
        searched = []
        for turn in range(4):
            sources.clear()
            said = ask(list_of(some, CONFIG), sources, asking(sources, CONFIG, searches=1), MONDAY + turn * WEEK)
            searched += searches_of(sources)
            assert sorted(outcomes(said).values()) == ["none", "unavailable", "unavailable", "unavailable"]
            left = [paper for paper in said["papers"] if paper["outcome"] == "unavailable"]
            assert all(paper["reasons"] == ["budget"] for paper in left)
    assert sorted(title[0] for title in searched) == list("ABCD")


def test_without_searches_what_the_other_ways_find_is_proposed() -> None:
    found = outcomes(look(ALL, searches=0))
    assert {key for key, outcome in found.items() if outcome == "propose"} == PUBLISHED - {"ByTitle2016"}
    assert found["ByTitle2016"] == found["Nowhere2016"] == "unavailable"


# --- What the list may hold -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["1605.1", "16051.00001", "hep/1", "not an identifier", "1605.00001,1605.00002"])
def test_a_malformed_identifier_does_not_spoil_the_batch(wrong: str) -> None:
    entry = (
        f"@unpublished{{Wrong2016, title={{Nothing that anybody wrote}}, author={{Wren, Ana}}, eprint={{{wrong}}}}}\n"
    )
    said = look(ALL, listed=entry.encode())
    found = outcomes(said)
    assert {key for key, outcome in found.items() if outcome == "propose"} >= PUBLISHED
    assert found["Wrong2016"] == "none"
    assert said["requests"]["arxiv"] == 1


def test_two_entries_of_one_preprint_are_both_answered_and_it_is_asked_for_once() -> None:
    again = (
        b"@misc{Again2016, title={How wrens learn duets}, author={Wren, Ana and Heron, Bo}, eprint={1605.00001v2}}\n"
    )
    with Sources(Library.of([AT_ARXIV])) as sources:
        said = ask(list_of([AT_ARXIV], CONFIG) + again, sources, asking(sources, CONFIG))
        assert [one.params["id_list"] for one in sources.requests["arxiv"]] == ["1605.00001"]
    assert [(paper["key"], paper["doi"]) for paper in said["papers"]] == [
        ("AtArxiv2016", "10.5555/wrens"),
        ("Again2016", "10.5555/wrens"),
    ]


def test_a_withdrawn_preprint_is_reported_and_nothing_is_proposed_for_it() -> None:
    comment = "This paper has been withdrawn by the authors due to an error in Section 2"
    gone = {**AT_ARXIV, "arxiv": {**AT_ARXIV["arxiv"], "comment": comment}}
    paper = only(look([gone]))
    assert (paper["outcome"], paper["changes"]) == ("none", {})
    assert any("withdrawn" in reason for reason in paper["reasons"])


@pytest.mark.parametrize("known", [AT_ARXIV, AT_S2, AT_OPENALEX, BY_TITLE], ids=lambda case: str(case["name"]))
def test_a_retracted_paper_is_never_proposed_without_a_warning(known: dict[str, Any]) -> None:
    updates = [{"type": "retraction", "DOI": "10.5555/notice"}]
    retracted = {**known, "crossref": [{**known["crossref"][0], "updated_by": updates}]}
    assert only(look([known]))["outcome"] == "propose"
    paper = only(look([retracted]))
    assert paper["outcome"] == "warn"
    assert "retract" in paper["reasons"][0]


def test_a_published_version_that_is_listed_already_is_named_and_not_proposed() -> None:
    other = (
        b"@article{Wren2017, title={How wrens learn duets}, author={Wren, Ana}, journal={JBS}, doi={10.5555/WRENS}}\n"
    )
    paper = only(look([AT_ARXIV], listed=other))
    assert (paper["outcome"], paper["changes"]) == ("none", {})
    assert any("Wren2017" in reason for reason in paper["reasons"])


def test_a_published_paper_is_no_preprint_and_nobody_is_asked_about_it() -> None:
    other = b"@article{Wren2017, title={How wrens learn duets}, author={Wren, Ana}, journal={Journal of Bird Song}}\n"
    with Sources(Library.of(ALL)) as sources:
        assert ask(other, sources, asking(sources, CONFIG)) == {"papers": [], "requests": {}}


def test_where_arxiv_names_the_doi_only_its_registry_is_asked_besides() -> None:
    assert look([AT_ARXIV])["requests"] == {"arxiv": 1, "crossref": 1}


def test_a_paper_that_names_the_preprint_is_found_by_a_search_whatever_its_title_is() -> None:
    relation = {"has-preprint": [{"id-type": "arxiv", "id": "1605.00005", "asserted-by": "subject"}]}
    retitled = [work("10.5555/beats", "Parrots keep the beat", relation=relation)]
    paper = only(look([{**BY_TITLE, "crossref": retitled}]))
    assert (paper["outcome"], paper["doi"]) == ("warn", "10.5555/beats")
