"""bot.yml: what is wrong in it is said with the file, the key, what was found and what was expected."""

from pathlib import Path

import pytest

from bot.config import BIBTEX_FIELDS, ConfigError, load

LEAST = "name: Rust\ntitle: Rust papers\nrepository: o/r\nbibliography: rust.bib\n"
ROOT = Path(__file__).parents[1]


def test_another_list_needs_four_lines() -> None:
    config = load(LEAST, "bot.yml")
    assert config.bibliography == "rust.bib"
    assert config.fields == BIBTEX_FIELDS
    assert config.types["article"].venue == "journal"
    assert config.known_fields() == (*BIBTEX_FIELDS, "link", "code")


def test_the_settings_of_this_list_are_read() -> None:
    config = load((ROOT / ".github" / "bot.yml").read_text(), "bot.yml")
    assert config.bibliography == "dl4m.bib"
    assert config.venues["ISMIR"].type == "inproceedings"
    assert "Yes" in config.vocabularies["repro"]
    assert {"link", "task", "note"} <= config.plain_fields()
    assert set(config.own_fields) <= set(config.known_fields())


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ["found None", "expected settings"]),
        ("- a\n", ["found ['a']", "expected settings"]),
        ("name: [", ["not YAML"]),
        ("a: &a [*a]\n", []),
        ("name: x\n", ["title", "missing"]),
        (LEAST + "bibliografy: x\n", ["bibliografy", "no such setting", "did you mean `bibliography`?"]),
        (LEAST + "branch: 3\n", ["branch", "found 3", "expected `str`"]),
        (LEAST + "fields: author\n", ["fields", "found 'author'", "expected `array`"]),
        (LEAST + "pages: {lists: [{file: 1}]}\n", ["pages.lists[0].file", "found 1"]),
        (LEAST + "pages: {lists: [{fle: x}]}\n", ["pages.lists[0]"]),
        (LEAST + "pages: {readme: {limit: many}}\n", ["pages.readme.limit", "found 'many'", "expected `int`"]),
        (LEAST + "venues: {ISMIR: {type: artcle}}\n", ["venues.ISMIR.type", "found 'artcle'", "article"]),
        (LEAST.replace("rust.bib", "../rust.bib"), ["bibliography", "found '../rust.bib'", "within the list's folder"]),
        (LEAST + "pages: {chart: /etc/x.svg}\n", ["pages.chart", "found '/etc/x.svg'"]),
        (LEAST + "pages: {readme: {year-pages: a/../..}}\n", ["pages.readme.year-pages"]),
        (LEAST + "pages: {lists: [{file: ../a.md, field: author, title: A, noun: a}]}\n", ["pages.lists[0].file"]),
        (LEAST + "vocabularies: {task: [yes]}\n", ["vocabularies", "found", "expected `str`"]),
    ],
)
def test_an_error_names_file_key_found_and_expected(text: str, parts: list[str]) -> None:
    with pytest.raises(ConfigError) as raised:
        load(text, "folder/bot.yml")
    sentence = str(raised.value)
    assert sentence.startswith("folder/bot.yml: ")
    assert "\n" not in sentence
    assert [part for part in parts if part not in sentence] == []
