"""``docs/rules.md``: every rule with what it asks, why, and an example that passes and one that fails."""

from bot.bibliography.rules import RULES
from bot.bibliography.rules.rule import Rule
from bot.problems import Severity

_INTRODUCTION = """\
# Rules

What the bot asks of an entry, a file and a form. Each problem that it reports names the rule, which is explained here.
This page is written by `python -m bot render` from `bot/bibliography/rules/`.

* **Errors** stop a proposal, and `python -m bot validate` ends with 1. An error that “may be accepted” stops a proposal
  no longer when somebody with write permission comments `/bot accept` and the rule's name on its issue.
* **Warnings** are shown, and stop nothing.
* **Hints** are shown for whoever knows better than a program.
"""
_ASKED = {Severity.ERROR: "Error", Severity.WARNING: "Warning", Severity.HINT: "Hint"}
_ACCEPTABLE = "Error, may be accepted"


def document() -> str:
    """The whole page, in the order of the table; each rule's heading is its name, and so its anchor."""
    contents = "\n".join(f"| [{rule.name}](#{rule.name}) | {_asked(rule)} | {rule.sentence} |" for rule in RULES)
    table = f"| rule | | what is asked |\n|---|---|---|\n{contents}\n"
    return "\n".join([_INTRODUCTION, table, *map(_section, RULES)])


def _section(rule: Rule) -> str:
    reads = f" It reads {_joined(rule.fields)}." if rule.fields else ""
    by = f" Found by {rule.found_by}." if rule.found_by else ""
    return f"""\
## {rule.name}

**{_asked(rule)}.** {rule.sentence}{reads}{by}

{rule.why}

Passes:

{_block(rule.passes)}

Fails:

{_block(rule.fails)}
"""


def _asked(rule: Rule) -> str:
    return _ACCEPTABLE if rule.acceptable else _ASKED[rule.severity]


def _joined(fields: tuple[str, ...]) -> str:
    shown = [name if " " in name else f"`{name}`" for name in fields]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _block(example: str) -> str:
    """An example as a fenced block; characters that nobody would see are shown as their numbers."""
    language = "bibtex" if example.startswith("@") else "text"
    visible = "".join(char if char.isprintable() or char == "\n" else f"⟨U+{ord(char):04X}⟩" for char in example)
    return f"```{language}\n{visible}\n```"
