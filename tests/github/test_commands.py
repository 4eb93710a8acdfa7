"""What a comment asks of the bot, told apart from what it only shows."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.escape import code_block
from bot.github.commands import COMMANDS, Command, read_commands

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"


@pytest.mark.parametrize(
    ("line", "name", "argument"),
    [
        ("/bot accept title-case", "accept", "title-case"),
        ("/bot key Bock2012b", "key", "Bock2012b"),
        ("/bot retry", "retry", ""),
        ("/BOT Retry", "retry", ""),
        ("/Bot  ACCEPT\ttitle-case  ", "accept", "title-case"),
        ("/bot key ключ", "key", "ключ"),
        ("/bot ignore Choi2016.link until 2027-06-30", "ignore", "Choi2016.link until 2027-06-30"),
        ("/bot IGNORE  Choi2016\tUntil 2027-06-30 ", "ignore", "Choi2016 Until 2027-06-30"),
    ],
)
def test_a_command_is_read(line: str, name: str, argument: str) -> None:
    [command] = read_commands(line)
    assert (command.name, command.argument) == (name, argument)


@pytest.mark.parametrize(
    "line",
    [
        "/bot",
        "/bot ",
        "/bot help",
        "/bot accept",
        "/bot key",
        "/bot accept a b",
        "/bot retry now",
        "/bot retry, please",
        "/bot ignore Choi2016.link",
        "/bot ignore Choi2016.link 2027-06-30",
        "/bot ignore Choi2016.link for 2027-06-30",
        "/bot ignore Choi2016.link until 2027-06-30 please",
    ],
)
def test_what_the_bot_does_not_understand_is_told_with_its_line(line: str) -> None:
    assert read_commands(line) == [Command("unknown", "", line.rstrip())]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "bot retry",
        "/bots retry",
        "/botretry",
        "please /bot retry",
        " /bot retry",
        "    /bot retry",
        "> /bot retry",
        "> > /bot retry",
        "- /bot retry",
        "`/bot retry`",
        "```\n/bot retry\n```",
        "```\n/bot retry",
        "~~~ text\n\n/bot retry\n~~~",
        "````\n```\n/bot retry\n````",
        "<!-- /bot retry -->",
        "<!--\n/bot retry\n-->",
        "<!--\n\n/bot retry",
    ],
)
def test_what_a_comment_only_shows_is_no_command(body: str) -> None:
    assert read_commands(body) == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_commands_are_read_in_their_order_among_other_text(end: str) -> None:
    lines = [
        "Thanks!",
        "",
        "/bot key A2001",
        "> /bot retry",
        "",
        "```",
        "/bot retry",
        "```",
        "/bot nonsense",
        "/bot retry",
    ]
    assert read_commands(end.join(lines)) == [
        Command("key", "A2001", "/bot key A2001"),
        Command("unknown", "", "/bot nonsense"),
        Command("retry", "", "/bot retry"),
    ]


def test_no_more_than_twenty_are_read() -> None:
    body = "\n".join(f"/bot key K{number}" for number in range(30))
    assert [command.argument for command in read_commands(body)] == [f"K{number}" for number in range(20)]


@given(st.lists(st.sampled_from(["/bot retry", "```", "~~~", "`", "\n", "<!--", "-->", "> "]) | st.text()).map("".join))
def test_code_hides_any_text_and_ends(text: str) -> None:
    assert read_commands(f"{code_block(text, '')}\n/bot key A") == [Command("key", "A", "/bot key A")]


@pytest.mark.usefixtures("in_linear_time")
@pytest.mark.parametrize("piece", ["/bot ", "/bot retry\n", "```\n", "`", "<!--\n", "<!-- -->", "> ", " "])
def test_a_long_comment_takes_linear_time(piece: str) -> None:
    assert len(read_commands(piece * (400_000 // len(piece)))) <= 20


def test_each_command_stands_in_the_manual_and_no_other() -> None:
    usages = {f"/bot {name} {argument}".strip() for name, argument in COMMANDS.items()}
    told = {line.split("`")[1] for line in OPERATING.read_text().split("\n") if line.startswith("| `/bot ")}
    assert told == usages
