"""The list itself: its file, and the pages that follow from it."""

import re
from pathlib import Path

from bot.bibliography.blocks import Bibliography, Kind
from bot.bibliography.folding import fold
from bot.bibliography.names import read_names

ROOT = Path(__file__).parents[1]
LIST = Bibliography.parse((ROOT / "dl4m.bib").read_bytes())
README = (ROOT / "README.md").read_text()
ROWS = [line for line in README.split("\n") if line.startswith("| ")][2:]


def test_the_list_began_with_142_papers_and_lost_none() -> None:
    assert len(LIST.entries) >= 142
    assert LIST.problems == []
    assert [problem for entry in LIST.entries for problem in entry.problems] == []


def test_the_file_is_sorted_by_citation_keys_that_differ_in_more_than_case() -> None:
    keys = [entry.key.lower() for entry in LIST.entries]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_keys_are_family_names_in_ascii_with_the_year() -> None:
    keys = {entry.key for entry in LIST.entries}
    assert [key for key in keys if not re.fullmatch(r"[A-Z][A-Za-z]*[0-9]{4}[a-z]{0,2}", key)] == []
    assert {"VandenOord2013", "MartelBaro2017", "Stasiak2016", "Stasiak2016b", "Wulfing2012", "LeCun"} - keys == {
        "LeCun"
    }


def test_entries_are_written_in_the_list_s_style() -> None:
    for block in LIST.blocks:
        text = LIST.text(block)
        if block.kind is Kind.ENTRY:
            head, *fields, end = text.split("\n")
            assert re.fullmatch(r"@[a-z]+\{[A-Za-z0-9]+,", head)
            assert [field for field in fields if not re.fullmatch(r"  [a-z]+ = \{.+\},", field)] == []
            assert end == "}"
        else:
            assert text in ("\n\n", "\n")


def test_a_preprint_has_its_arxiv_identifier_and_no_venue_that_repeats_it() -> None:
    preprints = [entry.fields for entry in LIST.entries if entry.block.type == "unpublished"]
    assert len(preprints) >= 20
    for fields in preprints:
        assert re.fullmatch(r"[0-9]{4}\.[0-9]{4,5}", fields["eprint"])
        assert fields["archiveprefix"] == "arXiv"
        assert "howpublished" not in fields


def test_the_readme_has_a_row_for_each_paper_newest_first_then_by_family_name() -> None:
    assert len(ROWS) == len(LIST.entries)
    assert [row for row in ROWS if not (row.startswith("| ") and row.endswith(" |"))] == []
    titles = [
        re.sub(r"\]\(\S*\)", "", row[2:].split(" | ")[0]).lstrip("[").replace("&lt;", "<").replace("&gt;", ">")
        for row in ROWS
    ]
    place = {title: number for number, title in enumerate(titles)}
    order = sorted(
        (-int(entry.fields["year"]), fold(read_names(entry.fields["author"])[0].family), place[entry.fields["title"]])
        for entry in LIST.entries
    )
    assert [number for *_, number in order] == list(range(len(ROWS)))


def test_every_link_and_code_address_stands_in_its_row() -> None:
    for entry in LIST.entries:
        [row] = [
            row
            for row in ROWS
            if entry.fields["title"].split("<")[0] in row and (entry.fields.get("link", "")[:40] in row)
        ][:1]
        assert ("](http" in row.split(" | ")[0]) == ("link" in entry.fields)
        code = entry.fields.get("code", "")
        site = "GitHub" if "://github.com/" in code else "Website"
        assert row.endswith(f" | [{site}]({code}) |" if code else " | No |")
