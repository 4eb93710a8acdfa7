"""Which addresses there are, and where they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bibliography.blocks import Bibliography
from bot.config import Config, load
from bot.links.link import Link, Place
from bot.links.places import bibliography_links, page_links, together

CONFIG = load(
    "name: Gongs\ntitle: Gongs\nrepository: a/b\nbibliography: gongs.bib\nown-fields: [link, code, dataset, note]\n"
    "multi-valued: [dataset]\n",
    "bot.yml",
)


def links(text: str, config: Config = CONFIG) -> list[Link]:
    return bibliography_links(Bibliography.parse(text.encode()), config)


def in_field(value: str, field: str = "note") -> list[str]:
    """The addresses in a field's value."""
    return [link.url for link in links(f"@misc{{Mallet2017,\n  {field} = {{{value}}}\n}}\n")]


def in_page(text: str) -> list[str]:
    return [link.url for link in page_links(text, "README.md")]


# --- The bibliography ------------------------------------------------------------------------------------------------

BIB = r"""% https://not.example.org/
@article{Mallet2017,
  title = {{G}ongs of {M\"u}nchen},
  link = {https://gongs.example.org/a\_b},
  doi = {10.1000/ABC},
  dataset = {[One](https://one.example.org/) & [Two](https://two.example.org/)},
}

@misc{Gong2018,
  eprint = {1706.08818},
  url =
    {https://gongs.example.org/a_b},
}
"""


def test_each_address_has_its_places_with_entry_field_line_and_title() -> None:
    title = "Gongs of München"
    assert links(BIB) == [
        Link(
            "https://gongs.example.org/a_b",
            (
                Place("gongs.bib", 4, r"https://gongs.example.org/a\_b", "Mallet2017", "link", title),
                Place("gongs.bib", 12, "https://gongs.example.org/a_b", "Gong2018", "url", ""),
            ),
        ),
        Link("https://doi.org/10.1000/abc", (Place("gongs.bib", 5, "10.1000/ABC", "Mallet2017", "doi", title),)),
        Link(
            "https://one.example.org/",
            (Place("gongs.bib", 6, "https://one.example.org/", "Mallet2017", "dataset", title),),
        ),
        Link(
            "https://two.example.org/",
            (Place("gongs.bib", 6, "https://two.example.org/", "Mallet2017", "dataset", title),),
        ),
        Link("https://arxiv.org/abs/1706.08818", (Place("gongs.bib", 10, "1706.08818", "Gong2018", "eprint", ""),)),
    ]


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://a.example.org/x", "https://a.example.org/x"),
        (r"https://a.example.org/\%7Eme?a=1\&b=2\#c", "https://a.example.org/%7Eme?a=1&b=2#c"),
        (r"https://a.example.org/\~{}me/\~{}x", "https://a.example.org/~me/~x"),
        (r"https://a.example.org/{\textasciitilde}me", "https://a.example.org/~me"),
        (r"https://a.example.org/\textasciitilde{}me", "https://a.example.org/~me"),
        (r"https://a.example.org/\textasciitilde me", "https://a.example.org/~me"),
        (r"https://a.example.org/{~}me/a{\_}b", "https://a.example.org/~me/a_b"),
        (r"\url{https://a.example.org/a\_b}", "https://a.example.org/a_b"),
        ("https://a.example.org/my paper.pdf", "https://a.example.org/my paper.pdf"),
        ("https://a.example.org/my\n    paper.pdf", "https://a.example.org/my paper.pdf"),
        ("https://ä.example.org/Gong–ü", "https://ä.example.org/Gong–ü"),
        ("ftp://a.example.org/x", "ftp://a.example.org/x"),
        ("HTTP://a.example.org/x.", "HTTP://a.example.org/x."),
        (
            "https://web.archive.org/web/2010/http://a.example.org/",
            "https://web.archive.org/web/2010/http://a.example.org/",
        ),
        ("https://a.example.org/(x)", "https://a.example.org/(x)"),
        ("https://user:secret@a.example.org/", "https://user:secret@a.example.org/"),
    ],
)
def test_a_field_that_holds_an_address_is_taken_whole(value: str, url: str) -> None:
    for field in ("link", "code", "url"):
        assert in_field(value, field) == [url]


@pytest.mark.parametrize(
    ("value", "urls"),
    [
        ("", []),
        ("gongs.example.org/a", []),
        ("10.1000/182", []),
        ("javascript:alert(1)", []),
        ("https://a.example.org/ https://b.example.org/", ["https://a.example.org/", "https://b.example.org/"]),
        ("https://a.example.org/ & https://b.example.org/", ["https://a.example.org/", "https://b.example.org/"]),
        (
            r"\url{https://a.example.org/} \url{https://b.example.org/}",
            ["https://a.example.org/", "https://b.example.org/"],
        ),
        (
            "[A](https://a.example.org/) & [B](https://b.example.org/)",
            ["https://a.example.org/", "https://b.example.org/"],
        ),
        ("see https://a.example.org/x.", ["https://a.example.org/x"]),
        ("{https://a.example.org/x}", ["https://a.example.org/x"]),
    ],
)
def test_in_such_a_field_there_may_be_none_or_several(value: str, urls: list[str]) -> None:
    assert in_field(value, "link") == urls


@pytest.mark.parametrize(
    ("value", "urls"),
    [
        ("nothing", []),
        ("See https://a.example.org/x.", ["https://a.example.org/x"]),
        ("(https://a.example.org/x), and", ["https://a.example.org/x"]),
        ("(see https://a.example.org/x_(y))", ["https://a.example.org/x_(y)"]),
        ("``https://a.example.org/x''", ["https://a.example.org/x"]),
        ("“https://a.example.org/x”", ["https://a.example.org/x"]),
        (r"https://a.example.org/\~{}me/a\_b\%20c.", ["https://a.example.org/~me/a_b%20c"]),
        (r"https://a.example.org/{\textasciitilde}me.", ["https://a.example.org/~me"]),
        (r"\url{https://a.example.org/a_b,c}", ["https://a.example.org/a_b,c"]),
        (
            r"\href{https://a.example.org/x\#y}{https://shown.example.org}",
            ["https://a.example.org/x#y", "https://shown.example.org"],
        ),
        (r"\href{https://a.example.org/x}{the page}", ["https://a.example.org/x"]),
        ("[x](https://a.example.org/x_(y)_z)", ["https://a.example.org/x_(y)_z"]),
        ("[x](<https://a.example.org/x y>)", ["https://a.example.org/x y"]),
        ('[x](https://a.example.org/x "title")', ["https://a.example.org/x"]),
        ("[https://a.example.org](https://b.example.org/)", ["https://a.example.org", "https://b.example.org/"]),
        ("![x](https://a.example.org/x.png)", ["https://a.example.org/x.png"]),
        ("[x](gongs.example.org)", []),
        ("<https://a.example.org/x>.", ["https://a.example.org/x"]),
        ("{https://a.example.org/x}", ["https://a.example.org/x"]),
        ("见https://a.example.org/x。然后", ["https://a.example.org/x"]),
        ("http://a.example.org;http://b.example.org", ["http://a.example.org;http://b.example.org"]),
        ("HTTPS://A.example.org/", ["HTTPS://A.example.org/"]),
        ("https:// and http://", []),
        ("https://a.example.org/?u=http://b.example.org/", ["https://a.example.org/?u=http://b.example.org/"]),
        ("https://a.example.org, https://a.example.org", ["https://a.example.org"]),
    ],
)
def test_in_any_other_field_each_link_and_address_counts(value: str, urls: list[str]) -> None:
    for field in ("note", "howpublished", "abstract"):
        assert in_field(value, field) == urls


@pytest.mark.parametrize(
    ("value", "urls"),
    [
        ("10.1000/182", ["https://doi.org/10.1000/182"]),
        ("https://doi.org/10.1000/182", ["https://doi.org/10.1000/182"]),
        (r"doi:10.1000/a\_b", ["https://doi.org/10.1000/a_b"]),
        (
            "10.1002/(SICI)1097-0258(19980815)17:15<1661::AID-SIM968>3.0.CO;2-2",
            ["https://doi.org/10.1002/(sici)1097-0258(19980815)17:15<1661::aid-sim968>3.0.co;2-2"],
        ),
        ("10.1000/a#b?c%d", ["https://doi.org/10.1000/a%23b%3Fc%25d"]),
        ("nonsense", []),
        ("https://gongs.example.org/doi/10.1000/182", ["https://gongs.example.org/doi/10.1000/182"]),
    ],
)
def test_a_doi_leads_to_its_resolver(value: str, urls: list[str]) -> None:
    assert in_field(value, "doi") == urls


@pytest.mark.parametrize(
    ("fields", "urls"),
    [
        ("eprint = {1706.08818}", ["https://arxiv.org/abs/1706.08818"]),
        ("eprint = {arXiv:1706.08818v2}", ["https://arxiv.org/abs/1706.08818"]),
        ("eprint = {cs/0309136}, archiveprefix = {arXiv}", ["https://arxiv.org/abs/cs/0309136"]),
        ("eprint = {1706.08818}, eprinttype = {arxiv}", ["https://arxiv.org/abs/1706.08818"]),
        ("eprint = {1706.08818}, archiveprefix = {HAL}", []),
        ("eprint = {1706.99}", []),
        ("eprint = {https://hal.example.org/x}, archiveprefix = {HAL}", ["https://hal.example.org/x"]),
    ],
)
def test_an_eprint_at_arxiv_leads_there(fields: str, urls: list[str]) -> None:
    assert [link.url for link in links(f"@misc{{a, {fields}}}")] == urls


def test_the_line_and_the_spelling_are_those_of_the_file() -> None:
    text = (
        "@misc{a,\n"
        "  note = {first https://a.example.org/ and\n"
        "    then \\url{https://b.example.org/c\n d}},\n"
        "  link = {https://a.example.org/},\n"
        '  code = "https://c.example.org/my\r\n  code",\n'
        "}\n"
    )
    found = {(place.field, place.line, place.written) for link in links(text) for place in link.places}
    assert found == {
        ("note", 2, "https://a.example.org/"),
        ("note", 3, "https://b.example.org/c\n d"),
        ("link", 5, "https://a.example.org/"),
        ("code", 6, "https://c.example.org/my\r\n  code"),
    }


def test_an_address_that_begins_like_another_has_its_own_line() -> None:
    text = "@misc{a,\n note = {https://a.example.org/?u=https://b.example.org\n https://a.example.org/\n https://b.example.org}}"
    assert [(link.url, link.places[0].line) for link in links(text)] == [
        ("https://a.example.org/?u=https://b.example.org", 2),
        ("https://a.example.org/", 3),
        ("https://b.example.org", 4),
    ]


def test_an_address_that_stands_twice_in_a_field_has_one_place_there() -> None:
    (link,) = links("@misc{a, note = {https://a.example.org/ and\n https://a.example.org/}}")
    assert [place.line for place in link.places] == [1]


def test_an_address_that_is_put_together_is_on_its_fields_line() -> None:
    text = '@string{base = "https://a.example.org/"}\n@misc{a,\n  title = {x},\n  link = base # {x},\n  url = base\n}\n'
    assert [(link.url, link.places[0].line, link.places[0].written) for link in links(text)] == [
        ("https://a.example.org/x", 4, "https://a.example.org/x"),
        ("https://a.example.org/", 5, "https://a.example.org/"),
    ]


def test_many_addresses_in_one_field_each_have_their_line() -> None:
    value = "\n".join(f"https://a{number}.example.org/ ." for number in range(100))
    found = links(f"@misc{{a,\n note = {{{value}}},\n}}")
    assert [(link.url, link.places[0].line) for link in found] == [
        (f"https://a{number}.example.org/", number + 2) for number in range(100)
    ]


def test_broken_entries_and_comments_do_not_stop_the_others() -> None:
    text = (
        "@misc{a, link = {https://a.example.org/}, nonsense, code = {https://b.example.org/}}\n"
        "@comment{@misc{c, link = {https://c.example.org/}}}\n"
        "@misc{broken, link = {https://d.example.org/\n\n"
        "@misc{e, link = {https://e.example.org/}}\n"
    )
    assert [link.url for link in links(text)] == [
        "https://a.example.org/",
        "https://b.example.org/",
        "https://e.example.org/",
    ]


def test_what_is_inherited_is_listed_once() -> None:
    text = "@misc{a, crossref = {b}}\n@proceedings{b, url = {https://b.example.org/}}"
    assert [(link.url, len(link.places)) for link in links(text)] == [("https://b.example.org/", 1)]


@given(st.text(max_size=60), st.text(alphabet="htps:/a.[]()<>{}\\url \n#\"'", max_size=60))
def test_any_text_is_read_and_each_place_is_where_it_says(one: str, two: str) -> None:
    text = f"@misc{{a,\n note = {{{one} https://a.example.org/{two}}},\n link = {{https://{two}}}\n}}"
    data = text.encode(errors="replace")
    rows = data.decode().split("\n")
    for link in links(data.decode()):
        assert "://" in link.url
        for place in link.places:
            at = "\n".join(rows[place.line - 1 :]).find(place.written)
            assert 0 <= at <= len(rows[place.line - 1])


# --- Pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("[x](https://a.example.org/x)", ["https://a.example.org/x"]),
        (
            '[x](https://a.example.org/x "title"), [y](\n<https://b.example.org/y z> )',
            ["https://a.example.org/x", "https://b.example.org/y z"],
        ),
        (
            "[x](https://a.example.org/x_(y)) (https://b.example.org)",
            ["https://a.example.org/x_(y)", "https://b.example.org"],
        ),
        (
            "[![b](https://a.example.org/b.svg)](https://b.example.org)",
            ["https://a.example.org/b.svg", "https://b.example.org"],
        ),
        ("<https://a.example.org/x>", ["https://a.example.org/x"]),
        (
            "See https://a.example.org/x, or **https://b.example.org/y**.",
            ["https://a.example.org/x", "https://b.example.org/y"],
        ),
        ("| https://a.example.org/x|https://b.example.org/|", ["https://a.example.org/x", "https://b.example.org/"]),
        (
            "[x]: https://a.example.org/x.\n[y]: <https://b.example.org/y> 'title'\n",
            ["https://a.example.org/x.", "https://b.example.org/y"],
        ),
        ("[^1]: see https://a.example.org/x.", ["https://a.example.org/x"]),
        (
            '<a class="x" href="https://a.example.org/x"><img src=\'https://b.example.org/y\'></a>',
            ["https://a.example.org/x", "https://b.example.org/y"],
        ),
        ("<a href = https://a.example.org/x>x</a>", ["https://a.example.org/x"]),
        (r"[x](https://a.example.org/a\_b?a=1&amp;b=2&copy=3)", ["https://a.example.org/a_b?a=1&b=2&copy=3"]),
        ("[x](README.md) [y](#part) [z](/x) ![i](fig/a.png) [m](mailto:a@example.org) [d](//a.example.org)", []),
        ("write https:// or http:// before it, or https://… instead", []),
        ("[x](ftp://a.example.org/)", ["ftp://a.example.org/"]),
        (
            "- 1. [x](https://a.example.org/x)\n\n      https://b.example.org/\n",
            ["https://a.example.org/x", "https://b.example.org/"],
        ),
        ("a `code` https://a.example.org/ `code`", ["https://a.example.org/"]),
        ("\\`https://a.example.org/ \\`", ["https://a.example.org/"]),
        ("``https://a.example.org/`", ["https://a.example.org/"]),
        ("one ` tick\n\nhttps://a.example.org/ and ` another", ["https://a.example.org/"]),
        ("text <!-- https://a.example.org/", ["https://a.example.org/"]),
        ("text\n    https://a.example.org/", ["https://a.example.org/"]),
        ("[x](https://a.example.org/x(y", ["https://a.example.org/x(y"]),
        ("> [x](https://a.example.org/)", ["https://a.example.org/"]),
    ],
)
def test_what_readers_of_a_page_can_follow(text: str, urls: list[str]) -> None:
    assert in_page(text) == urls


@pytest.mark.parametrize(
    "text",
    [
        "`https://a.example.org/`",
        "`` ` https://a.example.org/ ``",
        "`code over\nlines https://a.example.org/`",
        "```\nhttps://a.example.org/\n```",
        "~~~sh\nhttps://a.example.org/\n\nhttps://b.example.org/",
        "> ```\n> https://a.example.org/\n> ```",
        "1.  item\n\n    ```sh\n    https://a.example.org/\n    ```",
        "text\n\n    https://a.example.org/\n\n\thttps://b.example.org/",
        "text\n```\ncode\n```\n    https://a.example.org/",
        "<!-- https://a.example.org/ -->",
        "text <!-- over\n\nlines https://a.example.org/ --> text",
        "<!--\nhttps://a.example.org/\n-->",
        "<pre>\n\nhttps://a.example.org/</pre>",
        "<code>https://a.example.org/</code>",
        "[x](`https://a.example.org/`)",
    ],
)
def test_code_and_comments_are_left_out(text: str) -> None:
    assert in_page(text) == []
    after = "\n\nhttps://after.example.org/\n"
    if not text.startswith("~~~"):
        assert in_page(text + after) == ["https://after.example.org/"]


def test_a_quoted_or_indented_fence_ends_with_its_quote_or_item() -> None:
    assert in_page("> ```\n> https://a.example.org/\n\nhttps://b.example.org/") == ["https://b.example.org/"]
    assert in_page("1. x\n\n     ```\n     https://a.example.org/\n\nhttps://b.example.org/") == [
        "https://b.example.org/"
    ]


def test_places_in_a_page_have_their_line_and_spelling() -> None:
    text = "# Gongs\n\n[x](https://a.example.org/a\\_b)\r\n```\ncode\n```\nhttps://a.example.org/a_b.\n"
    assert page_links(text, "docs/x.md") == [
        Link(
            "https://a.example.org/a_b",
            (
                Place("docs/x.md", 3, "https://a.example.org/a\\_b"),
                Place("docs/x.md", 7, "https://a.example.org/a_b"),
            ),
        )
    ]


@given(st.text(max_size=200), st.text(alphabet="htps:/a.[]()<>`!-\\ \n#\"'>~\t1", max_size=200))
def test_any_page_is_read_and_each_place_is_where_it_says(one: str, two: str) -> None:
    text = f"{one}\nhttps://a.example.org/{two}"
    rows = text.split("\n")
    for link in page_links(text, "x.md"):
        for place in link.places:
            assert place.written in "\n".join(rows[place.line - 1 :])
            assert place.key is place.field is None


# --- Together --------------------------------------------------------------------------------------------------------


def test_each_address_stands_once_with_all_its_places_sorted() -> None:
    one = Place("a.bib", 1, "https://b.example.org/", "a", "link")
    two, three = Place("README.md", 2, "https://b.example.org/"), Place("README.md", 3, "https://a.example.org/")
    assert together(
        [
            [Link("https://b.example.org/", (one,))],
            [Link("https://b.example.org/", (two,)), Link("https://a.example.org/", (three,))],
        ]
    ) == [Link("https://a.example.org/", (three,)), Link("https://b.example.org/", (one, two))]
