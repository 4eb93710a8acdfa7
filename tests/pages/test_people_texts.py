"""What people own: the README's text, CONTRIBUTING, acronyms and sources."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from markdown_it import MarkdownIt

from bot.config import load
from bot.forms.links import prefilled_link
from bot.forms.template import read_template
from bot.lines import prose_lines

ROOT = Path(__file__).parents[2]
TEXTS = ("README.md", "CONTRIBUTING.md", "acronyms.md", "sources.md")
CONFIG = load((ROOT / ".github/bot.yml").read_text(encoding="utf-8"), "bot.yml")
FORM = "https://github.com/ybayle/awesome-deep-learning-music/issues/new?template="


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_readme_has_its_sections_in_order() -> None:
    sections = [line.text.removeprefix("## ") for line in prose_lines(read("README.md")) if line.text.startswith("## ")]
    assert sections == [
        "Table of contents",
        "DL4M summary",
        "DL4M details",
        "Code without articles",
        "Statistics and visualisations",
        "How To Contribute",
        "For maintainers",
        "FAQ",
        "Acronyms used",
        "Sources",
        "Contributors",
        "Other useful related lists and resources",
    ]


@pytest.mark.parametrize(
    ("section", "region"),
    [("Table of contents", "contents"), ("DL4M summary", "summary"), ("Statistics and visualisations", "statistics")],
)
def test_the_readme_has_its_regions_where_they_belong(section: str, region: str) -> None:
    text = read("README.md").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    assert text.count(f"<!-- bot:{region} -->") == text.count(f"<!-- /bot:{region} -->") == 1


def test_the_readme_explains_the_lists_own_fields() -> None:
    details = read("README.md").partition("## DL4M details")[2].partition("\n## ")[0]
    for field in ("author", "year", "title", "journal", "booktitle", *CONFIG.own_fields):
        assert f"`{field}`" in details or field == "timestamp"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_people_find_the_forms_and_the_commands(name: str) -> None:
    text = read(name)
    for address in re.findall(re.escape(FORM) + r"[^)]+", text):
        answers = dict(parse_qsl(urlsplit(address).query, strict_parsing=True))
        file = f".github/ISSUE_TEMPLATE/{answers.pop('template')}"
        assert prefilled_link(CONFIG.repository, read_template(read(file), file), answers) == address
    assert f"{FORM}add-paper.yml" in text
    assert f"{FORM}correct-paper.yml" in text
    assert "make demo" in text
    assert "make test" in text


@pytest.mark.parametrize("name", TEXTS)
def test_links_between_the_files_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", read(name)):
        if not target.startswith(("http://", "https://")):
            assert (ROOT / target).exists(), target


@pytest.mark.parametrize("name", ["acronyms.md", "sources.md"])
def test_the_tables_that_people_keep_are_tables(name: str) -> None:
    tokens = MarkdownIt("gfm-like").parse(read(name))
    assert "table_open" in [token.type for token in tokens]
    assert not any("|" in token.content for token in tokens if token.type == "inline")


def test_acronyms_stand_once_and_in_order() -> None:
    names = re.findall(r"^\| ([^|]+?) \| [^|]+ \|$", read("acronyms.md"), re.MULTILINE)[1:]
    assert len(names) >= 43
    assert names == sorted(set(names), key=str.lower)


def test_sources_are_grouped_by_kind() -> None:
    text = read("sources.md")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Journals", "Conferences", "Workshops", "Aggregators"]
    assert len(re.findall(r"^\| \[[^\]]+\]\(https?://[^)]+\) \|", text, re.MULTILINE)) >= 21
