"""What started a run, read from GitHub's own shapes of events, and from anything else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.github.event import Event, read_event
from bot.problems import UsageError

REPOSITORY = {"full_name": "octocat/birds", "default_branch": "main"}
SENDER = {"login": "zed", "type": "User"}
NOTHING = Event("", "", "", "", None, False, "")


def event(**parts: object) -> Event:
    return read_event(json.dumps({"repository": REPOSITORY, "sender": SENDER, **parts}).encode())


def test_an_issue() -> None:
    assert event(action="opened", issue={"number": 3}) == Event("opened", "zed", "User", "main", 3, False, "")


def test_a_comment_on_an_issue_and_on_a_pull_request() -> None:
    comment = {"id": 5, "body": "/bot retry"}
    found = event(action="created", issue={"number": 3}, comment=comment)
    assert (found.number, found.is_pull_request) == (3, False)
    found = event(action="created", issue={"number": 4, "pull_request": {"url": "…"}}, comment=comment)
    assert (found.number, found.is_pull_request) == (4, True)


def test_a_pull_request() -> None:
    own = {"number": 4, "head": {"ref": "bot/issue-3", "repo": {"full_name": "octocat/birds"}}}
    assert event(action="closed", pull_request=own) == Event("closed", "zed", "User", "main", 4, True, "bot/issue-3")


@pytest.mark.parametrize("repository", [{"full_name": "mallory/birds"}, {}, None, "octocat/birds"])
def test_a_branch_of_another_repository_is_not_told(repository: object) -> None:
    found = event(action="closed", pull_request={"number": 4, "head": {"ref": "bot/issue-3", "repo": repository}})
    assert (found.number, found.head_branch) == (4, "")


def test_a_fork_without_a_name_is_not_this_repository() -> None:
    pull = {"number": 4, "head": {"ref": "bot/issue-3", "repo": {}}}
    assert read_event(json.dumps({"pull_request": pull}).encode()).head_branch == ""


def test_a_push_and_a_schedule_tell_less() -> None:
    assert event(ref="refs/heads/main") == Event("", "zed", "User", "main", None, False, "")
    assert read_event(b'{"schedule": "17 3 * * *"}') == NOTHING


@pytest.mark.parametrize("number", ["3", 3.5, True, None, [3]])
def test_a_number_is_a_number(number: object) -> None:
    assert event(issue={"number": number}).number is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["action", "sender", "login", "repository", "issue", "pull_request", "head", "repo", "number"]
                ),
                inner,
            )
        ),
    )
)
def test_any_object_is_an_event_and_nothing_else_is(value: object) -> None:
    data = json.dumps(value).encode()
    if isinstance(value, dict):
        found = read_event(data)
        assert found.number is None or found.number in _integers(value)
    else:
        with pytest.raises(UsageError, match="JSON object"):
            read_event(data)


def _integers(value: object) -> list[object]:
    if isinstance(value, dict):
        value = list(value.values())
    return [one for part in value for one in _integers(part)] if isinstance(value, list) else [value]


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"null", b"[]", b"[" * 100_000, b'{"a": "\xff"}'])
def test_what_is_no_object_is_answered_with_a_sentence(data: bytes) -> None:
    with pytest.raises(UsageError, match="GITHUB_EVENT_PATH"):
        read_event(data)
