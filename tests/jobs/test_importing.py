"""Many papers at once, under the rules that hold for one."""

from pathlib import Path

import pytest

from bot.bibliography.blocks import Bibliography
from bot.cli import main
from bot.config import load
from bot.jobs.importing import Imported, import_papers
from bot.problems import UsageError

ROOT = Path(__file__).parents[2]
CONFIG = load((ROOT / ".github" / "bot.yml").read_text(), "bot.yml")
HEADING = "title\tauthors\tyear\ttype\tvenue\tpages\ttask\tdataaugmentation\n"


def imported(text: str, name: str = "papers.tsv", listed: str = "") -> Imported:
    return import_papers([(name, text)], Bibliography.parse(listed.encode()), CONFIG, this_year=2026)


def entries(result: Imported) -> list[tuple[str, str, dict[str, str]]]:
    return [(one.key, one.entry.type, one.fields) for one in Bibliography.parse(result.data).entries]


def test_a_row_is_an_entry_with_its_venue_where_its_type_asks_for_it() -> None:
    text = HEADING + (
        "Nets for chords\tBöck, S; van den Oord, A\t2016\tarticle\tJournal of X\t1-9\tMER & MGR\t\n"
        "Nets for beats\tBöck, S\t2016\tphdthesis\tJKU Linz\t\t\tNo\n"
        "Nets for keys\tBöck, S\t2015\tinproceedings\t\t\t\t\n"
        "Nets for drums\tBöck, S\t2014\tunpublished\tarXiv preprint arXiv:1406.1078\t\t\t\n"
    )
    assert entries(imported(text)) == [
        (
            "Bock2014",
            "unpublished",
            {
                "author": "Böck, S",
                "title": "Nets for drums",
                "year": "2014",
                "eprint": "1406.1078",
                "archiveprefix": "arXiv",
            },
        ),
        ("Bock2015", "inproceedings", {"author": "Böck, S", "title": "Nets for keys", "year": "2015"}),
        (
            "Bock2016",
            "article",
            {
                "author": "Böck, S and van den Oord, A",
                "title": "Nets for chords",
                "year": "2016",
                "journal": "Journal of X",
                "pages": "1-9",
                "task": "MER & MGR",
            },
        ),
        (
            "Bock2016b",
            "phdthesis",
            {
                "author": "Böck, S",
                "title": "Nets for beats",
                "year": "2016",
                "school": "JKU Linz",
                "dataaugmentation": "No",
            },
        ),
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.tsv", 'title\tauthors\tyear\n"A ""quoted"" title of sound"\tDoe, J\t2001\n'),
        ("a.csv", 'title,authors,year\r\n"A ""quoted"" title of sound","Doe, J",2001\r\n'),
        ("a.csv", 'Title;Author;Year\n"A ""quoted"" title of sound";Doe, J;2001\n'),
        ("a.txt", 'title\tauthors\tyear\n"A ""quoted"" title of sound"\tDoe, J\t2001\n\n'),
        ("a.bib", '@misc{x, title = {A "quoted" title of sound}, author = {Doe, J}, year = 2001}'),
        ("a.txt", '@misc{x, title = {A "quoted" title of sound}, author = {Doe, J}, year = 2001}'),
    ],
)
def test_tables_and_bibtex_give_the_same_entry(name: str, text: str) -> None:
    [(key, _, fields)] = entries(imported(text, name))
    assert key == "Doe2001"
    assert fields == {"author": "Doe, J", "title": 'A "quoted" title of sound', "year": "2001"}


def test_one_error_stops_all_and_every_problem_names_its_line() -> None:
    text = HEADING + "Fine paper\tDoe, J\t2001\n\nBad paper\tDoe, J\tsoon\nWorse paper\t\t1999\n"
    result = imported(text, listed="@comment{x}\n")
    assert result.data == b"@comment{x}\n"
    errors = [(problem.file, problem.line, problem.field) for problem in result.problems if problem.severity == "error"]
    assert errors == [("papers.tsv", 4, "year"), ("papers.tsv", 5, "author")]


def test_a_paper_that_is_listed_or_that_comes_twice_is_an_error() -> None:
    text = HEADING + "Nets for chords\tBöck, S\t2016\nNets for chords\tBöck, S\t2016\n"
    assert [problem.rule for problem in imported(text).problems if problem.severity == "error"] == ["duplicate-title"]
    listed = "@misc{k, title = {Nets for chords}, author = {Böck, S}, year = 2016}\n"
    assert {problem.line for problem in imported(text, listed=listed).problems if problem.severity == "error"} == {2, 3}


def test_an_import_keeps_what_is_listed_and_its_keys() -> None:
    listed = "% mine\n@misc{Bock2016, title = {Other}, author = {Böck, S}, year = 2016}\n"
    result = imported(HEADING + "Nets for chords\tBöck, S\t2016\n", listed=listed)
    assert result.data.decode().startswith(listed)
    assert [key for key, *_ in entries(result)] == ["Bock2016", "Bock2016b"]


def test_an_unknown_column_is_left_out_with_a_warning() -> None:
    result = imported("title\tauthors\tyear\tmood\nA title of sound\tDoe, J\t2001\thappy\n")
    assert [(problem.rule, problem.line) for problem in result.problems][:1] == [("field-unknown", 1)]
    assert "happy" not in result.data.decode()


def test_a_row_with_more_cells_than_the_heading_is_an_error() -> None:
    result = imported("title,authors,year\nA title of sound, with comma,Doe,2001\n", "a.csv")
    assert ("table-row", 2) in [(problem.rule, problem.line) for problem in result.problems]


@pytest.mark.parametrize("text", ["", "nothing here\n", "a\tb\n1\t2\n", 'title\n"open'])
def test_what_is_no_table_gets_its_sentence(text: str) -> None:
    with pytest.raises(UsageError, match=r"papers\.tsv"):
        imported(text)


def test_a_list_may_begin_with_an_import(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "papers.tsv"
    table.write_text(HEADING + "Nets for chords\tBöck, S\t2016\tarticle\tJournal of X\n")
    command = ["import", str(table), "--root", str(tmp_path), "--config", str(ROOT / ".github" / "bot.yml")]
    assert main([*command, "--dry-run"]) == 0
    assert not (tmp_path / "dl4m.bib").exists()
    assert "nothing was written" in capsys.readouterr().out
    assert main(command) == 0
    assert (tmp_path / "dl4m.bib").read_text().startswith("@article{Bock2016,\n  author = {Böck, S},\n")
    assert "written to dl4m.bib" in capsys.readouterr().out
    assert main(command) == 1
    assert "duplicate-title" in capsys.readouterr().out
