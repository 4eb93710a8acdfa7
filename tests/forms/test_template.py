import pytest
import yaml

from bot.config import Config
from bot.forms.template import Element, TemplateError, dropdown_options, fill_dropdowns, read_template

FORM = """\
name: Suggest a song
description: Tell us about a song.
labels: [song, suggestion]
body:
  - type: markdown
    attributes:
      value: Thank you!
  - type: input
    id: song-title
    attributes:
      label: Title of the song
    validations:
      required: true
  - type: textarea
    attributes:
      label: The Score, please
      render: abc
  - type: dropdown
    id: key
    attributes:
      label: Key
      multiple: true
      options:
        - "Yes"
        - C minor
  - type: checkboxes
    id: rights
    attributes:
      label: Rights
      options:
        - label: I may share it
"""


def test_a_form_is_read_as_its_questions_in_order() -> None:
    form = read_template(FORM, "song.yml")
    assert (form.file, form.name, form.description) == ("song.yml", "Suggest a song", "Tell us about a song.")
    assert form.labels == ("song", "suggestion")
    assert form.elements == (
        Element(id="song-title", type="input", label="Title of the song", required=True),
        Element(id="the-score-please", type="textarea", label="The Score, please", render="abc"),
        Element(id="key", type="dropdown", label="Key", options=("Yes", "C minor"), multiple=True),
        Element(id="rights", type="checkboxes", label="Rights", options=("I may share it",)),
    )


def test_labels_of_the_issue_may_be_one_text() -> None:
    assert read_template(FORM.replace("[song, suggestion]", "song, suggestion"), "x").labels == ("song", "suggestion")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("name: Suggest a song\n", "", "missing required field `name`"),
        ("name: Suggest a song", "name: '  '", "name: empty"),
        ("description: Tell us about a song.", "description: ''", "description: empty"),
        ("Tell us about a song.", "x" * 201, "201 characters; GitHub hides a form with more than 200"),
        ("name: Suggest a song", "name: {", "not YAML"),
        ("type: input", "type: number", "body[1].type: invalid enum value 'number'"),
        (
            "label: Title of the song",
            "label: 7",
            "body[1].attributes.label: expected `str`, got `int`; put the value in",
        ),
        ("label: Title of the song", "placeholder: x", "expected a label of one line"),
        ("label: Title of the song", 'label: "two\\nlines"', "expected a label of one line"),
        ("label: Title of the song", "label: Key", "two elements have the label “Key”"),
        ("id: song-title", "id: key", "two elements have the id “key”"),
        ("id: song-title", "id: song title", "an id may hold letters, digits, - and _ only"),
        ("- C minor", "- None", "GitHub reserves the option “None”"),
        ("- C minor", "- none", "GitHub reserves the option “None”"),
        ("- C minor", '- "Yes"', "the option “Yes” stands twice"),
        ("- C minor", '- ""', "an option is empty"),
        ('- "Yes"', "- Yes", "options[0]: expected `str | object`, got `bool`; put the value in quotes"),
        ('      options:\n        - "Yes"\n        - C minor\n', "", "a drop-down needs options"),
    ],
)
def test_a_form_that_github_would_refuse_says_why(old: str, new: str, sentence: str) -> None:
    assert old in FORM
    with pytest.raises(TemplateError) as error:
        read_template(FORM.replace(old, new), "song.yml")
    assert str(error.value).startswith("song.yml: ")
    assert sentence in str(error.value)


def test_a_description_may_be_as_long_as_github_allows() -> None:
    assert read_template(FORM.replace("Tell us about a song.", "x" * 200), "x").description == "x" * 200


@pytest.mark.parametrize("text", ["", "- a list", "name: x\ndescription: y\nbody: []", "\0", "a: &a [*a]"])
def test_what_is_no_form_at_all_says_so(text: str) -> None:
    with pytest.raises(TemplateError, match=r"^x\.yml: "):
        read_template(text, "x.yml")


DROPDOWN = """\
# The form.
name: "A form"   # its name
description: d
body:
  - {type: input, id: before, attributes: {label: Before}}
  - type: dropdown
    id: kind
    attributes:
      label: Kind
      # Generated.
      options:
        - article   # the usual one
        # A word on books.
        - book
        - misc
      description: after the options
  # The end.
  - type: dropdown
    id: flow
    attributes: {label: Flow, options: [a, 'b'], description: "d"}
"""


def test_options_are_replaced_and_every_other_character_stays() -> None:
    filled = fill_dropdowns(DROPDOWN, {"kind": ("x", "y"), "flow": ("c",), "before": ("no drop-down",)})
    old = "        - article   # the usual one\n        # A word on books.\n        - book\n        - misc\n"
    assert old in DROPDOWN
    assert filled == DROPDOWN.replace(old, "        - x\n        - y\n").replace("[a, 'b']", "[c]")


def test_an_option_that_stays_keeps_its_line_and_its_comments() -> None:
    filled = fill_dropdowns(DROPDOWN, {"kind": ("new", "book", "article")})
    assert (
        "      options:\n        - new\n        # A word on books.\n        - book\n"
        "        - article   # the usual one\n      description" in filled
    )


def test_an_option_of_several_lines_ends_where_it_ends() -> None:
    text = DROPDOWN.replace("- misc\n", "- >-\n          odds and\n          ends\n\n")
    filled = fill_dropdowns(text, {"kind": ("article", "odds and ends", "x")})
    assert "- >-\n          odds and\n          ends\n        - x\n\n      description: after" in filled


@pytest.mark.parametrize("options", [{}, {"kind": ("article", "book", "misc")}, {"unknown": ("x",)}])
def test_a_form_that_is_up_to_date_does_not_change(options: dict[str, tuple[str, ...]]) -> None:
    assert fill_dropdowns(DROPDOWN, options) == DROPDOWN


def test_line_endings_and_a_missing_last_one_stay() -> None:
    text = DROPDOWN[: DROPDOWN.index("      description: after")].rstrip("\n").replace("\n", "\r\n")
    filled = fill_dropdowns(text, {"kind": ("x", "article")})
    assert filled.endswith("      options:\r\n        - x\r\n        - article   # the usual one")


LIKE_OTHER_TYPES = ["Yes", "no", "off", "~", "null", "1", "1.5", "1e3", "0x1F", "2017-01-01"]
LIKE_SYNTAX = ["a: b", "a #b", "# a", "- a", "a, b", "[a]", "{a}", "*a", "&a", "!a", "|", ">", "%a", "@a", "?", ":"]
LIKE_QUOTES = ["`a`", "'a'", '"a"', "a\\b", "ü → 😀", "a\u2028b"]


@pytest.mark.parametrize("value", LIKE_OTHER_TYPES + LIKE_SYNTAX + LIKE_QUOTES)
@pytest.mark.parametrize("id_", ["kind", "flow"])
def test_any_value_is_the_same_text_when_yaml_reads_it(value: str, id_: str) -> None:
    filled = fill_dropdowns(DROPDOWN, {id_: (value, "plain words & more")})
    options = {item["id"]: item["attributes"].get("options") for item in yaml.safe_load(filled)["body"]}
    assert options[id_] == [value, "plain words & more"]
    assert "plain words & more" in filled
    assert '"plain words & more"' not in filled


def test_a_vocabulary_that_github_cannot_show_is_refused() -> None:
    with pytest.raises(TemplateError, match="GitHub reserves the option “None”"):
        fill_dropdowns(DROPDOWN, {"kind": ("None", "Some")})


def test_drop_downs_offer_the_types_and_the_vocabularies_of_the_list(config: Config) -> None:
    options = dropdown_options(config)
    assert options["entry-type"] == tuple(config.types)
    assert options["repro"] == ("Yes", "Partly", "No", "Models & split sets only")
