"""The template of an issue form: the only list of what the form asks.

What GitHub accepts is in its docs under "Syntax for GitHub's form schema" and "Common validation errors when creating
issue forms"; a form that breaks one of those rules is hidden from people without a word.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec
import yaml

from bot.config import Config
from bot.problems import UsageError

DESCRIPTION_LIMIT = 200
"""How many characters the description of a form may have: GitHub hides a form whose description is longer."""


class TemplateError(UsageError):
    """The form cannot be used."""


class Element(msgspec.Struct, frozen=True):
    """One question of a form. ``options`` are those of a drop-down, or the labels of checkboxes."""

    id: str
    type: Literal["input", "textarea", "dropdown", "checkboxes", "upload"]
    label: str
    options: tuple[str, ...] = ()
    multiple: bool = False
    required: bool = False
    render: str = ""


class Template(msgspec.Struct, frozen=True):
    """A form: ``file`` is where it stands, ``elements`` are its questions in order, explanations left out."""

    file: str
    name: str
    description: str
    labels: tuple[str, ...]
    elements: tuple[Element, ...]


class _Option(msgspec.Struct, frozen=True):
    label: str


class _Attributes(msgspec.Struct, frozen=True):
    label: str = ""
    options: list[str | _Option] = []
    multiple: bool = False
    render: str = ""


class _Validations(msgspec.Struct, frozen=True):
    required: bool = False


class _Item(msgspec.Struct, frozen=True):
    type: Literal["input", "textarea", "dropdown", "checkboxes", "upload", "markdown"]
    id: str = ""
    attributes: _Attributes = _Attributes()
    validations: _Validations = _Validations()


class _Form(msgspec.Struct, frozen=True):
    name: str
    description: str
    body: list[_Item]
    labels: list[str] | str = []


def read_template(text: str, file: str) -> Template:
    """Read a form's YAML; ``file`` is named in errors.

    Raises:
        TemplateError: not YAML, or a form that GitHub would refuse or whose answers could not be told apart.
    """
    try:
        raw = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
        form = msgspec.convert(raw, _Form)
    except (yaml.YAMLError, RecursionError) as error:
        raise TemplateError(f"{file}: not YAML: {' '.join(str(error).split())}") from None
    except msgspec.ValidationError as error:
        raise TemplateError(f"{file}: {_sentence(str(error))}") from None
    elements = tuple(_element(item) for item in form.body if item.type != "markdown")
    labels = form.labels.split(",") if isinstance(form.labels, str) else form.labels
    template = Template(
        file=file,
        name=form.name.strip(),
        description=form.description.strip(),
        labels=tuple(label.strip() for label in labels),
        elements=elements,
    )
    for sentence in _broken_rules(template):
        raise TemplateError(f"{file}: {sentence}")
    return template


def dropdown_options(config: Config) -> dict[str, tuple[str, ...]]:
    """What the drop-downs of this list's forms offer, by element id: its entry types and its vocabularies."""
    return {**config.vocabularies, "entry-type": tuple(config.types)}


def fill_dropdowns(text: str, options: Mapping[str, tuple[str, ...]], file: str = "the form") -> str:
    """Write the options of each drop-down whose id is in ``options`` anew; every other character stays.

    An option that stays keeps its line, with the comments at and above it. A drop-down that is not named stays as it
    is, and so does one that already has these options.

    Raises:
        TemplateError: not a form, or options that GitHub refuses.
    """
    template = read_template(text, file)
    wanted = {
        element.id: options[element.id]
        for element in template.elements
        if element.type == "dropdown" and options.get(element.id, element.options) != element.options
    }
    # From the end on, so that the places of what is still to be written hold.
    for id_, node in reversed(_option_nodes(text)):
        if id_ in wanted:
            text = _with_options(text, node, wanted[id_])
    read_template(text, file)
    return text


def _element(item: _Item) -> Element:
    label = item.attributes.label.strip()
    options = (option if isinstance(option, str) else option.label for option in item.attributes.options)
    return Element(
        # GitHub makes the reference of an element without an id of its label.
        id=item.id or re.sub(r"[^a-z0-9_]+", "-", label.lower()).strip("-"),
        type=item.type,  # type: ignore[arg-type]  # `markdown` asks nothing and does not get here
        label=label,
        options=tuple(option.strip() for option in options),
        multiple=item.attributes.multiple,
        required=item.validations.required,
        render=item.attributes.render,
    )


def _broken_rules(template: Template) -> Iterable[str]:
    if not template.name:
        yield "name: empty; it is what people choose the form by"
    if not template.description:
        yield "description: empty; it stands below the form's name"
    if len(template.description) > DESCRIPTION_LIMIT:
        yield (
            f"description: {len(template.description)} characters; GitHub hides a form with more than "
            f"{DESCRIPTION_LIMIT}"
        )
    if not template.elements:
        yield "body: it asks nothing; GitHub wants at least one element that people fill in"
    for what, values in (
        ("id", [element.id for element in template.elements]),
        ("label", [element.label for element in template.elements]),
    ):
        for value in _repeated(values):
            yield f"body: two elements have the {what} “{value}”; answers are told apart by it"
    for element in template.elements:
        where = f"body: {element.id or element.label}"
        if not element.label or "\n" in element.label:
            yield f"{where}: expected a label of one line; it is the heading above the answer"
        if not re.fullmatch(r"[\w-]+", element.id, re.ASCII):
            yield f"{where}: an id may hold letters, digits, - and _ only"
        for option in _repeated(element.options):
            yield f"{where}: the option “{option}” stands twice"
        if element.type == "dropdown":
            if not element.options:
                yield f"{where}: a drop-down needs options"
            if any(option.lower() == "none" for option in element.options):
                yield f"{where}: GitHub reserves the option “None” for no answer"
        if not all(element.options):
            yield f"{where}: an option is empty"


def _repeated(values: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return [value for value in values if value in seen or seen.add(value)]  # type: ignore[func-returns-value]


def _sentence(error: str) -> str:
    """msgspec's ``Expected `str`, got `bool` - at `$.body[0].id``` with the place first."""
    what, _, path = error.partition(" - at `")
    place = path.rstrip("`").removeprefix("$").removeprefix(".") or "the form"
    quotes = "; put the value in quotes" if re.search(r"`str\b.*got `(?:bool|int|float|null|date)", what) else ""
    return f"{place}: {what[0].lower()}{what[1:]}{quotes}"


def _option_nodes(text: str) -> list[tuple[str, yaml.SequenceNode]]:
    """The options of each drop-down where they stand, with the element's id, in the text's order."""
    body = _child(yaml.compose(text, Loader=yaml.SafeLoader), "body")
    found = []
    for item in body.value if isinstance(body, yaml.SequenceNode) else ():
        id_, options = _child(item, "id"), _child(_child(item, "attributes"), "options")
        if isinstance(id_, yaml.ScalarNode) and isinstance(options, yaml.SequenceNode):
            found.append((id_.value, options))
    return found


def _child(node: Any, key: str) -> Any:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)


def _with_options(text: str, node: yaml.SequenceNode, options: tuple[str, ...]) -> str:
    if node.flow_style:
        written = f"[{', '.join(map(_scalar, options))}]"
        return text[: node.start_mark.index] + written + text[node.end_mark.index :]
    # A line each. What a line and the comments above it say stays with its option.
    newline = "\r\n" if "\r\n" in text else "\n"
    start = position = text.rfind("\n", 0, node.start_mark.index) + 1
    indent = text[start : node.start_mark.index]
    lines: dict[str, str] = {}
    for item in node.value:
        end = text.find("\n", len(text[: item.end_mark.index].rstrip())) + 1 or len(text)
        lines[item.value.strip()] = text[position:end].rstrip("\r\n")
        position = end
    last = text[start:position]
    ending = last[len(last.rstrip("\r\n")) :]
    written = newline.join(lines.get(option) or f"{indent}- {_scalar(option)}" for option in options)
    return text[:start] + written + ending + text[position:]


def _scalar(value: str) -> str:
    """The value as YAML that means this text anywhere: plain where that is certain, else in double quotes."""
    plain: str = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=float("inf"))
    if plain == f"[{value}]\n":
        return value
    quoted: str = yaml.safe_dump(value, default_style='"', allow_unicode=True, width=float("inf"))
    return quoted.rstrip("\n")
