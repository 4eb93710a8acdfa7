"""GitHub: which addresses its APIs answer for, and what they say."""

from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.links.observation import Kind, Observation
from bot.links.owners.all import owner_of
from bot.links.owners.github import GITHUB
from bot.links.owners.github_rest import GITHUB_REST
from bot.links.owners.github_subjects import RENAMED, claim
from bot.links.owners.owner import LimitError, Owner
from bot.metadata.source import NonsenseError
from bot.web.session import Web
from tests.metadata.sources.checks import anything, body, broken
from tests.support.owners import Facts, Owners, Repository

GONGS = Repository(
    name="mallet/gongs",
    old=("mallet/gong", "trommel/gongs"),
    paths={"main": ("README.md", "src/a file.py"), "v1.0": ("README.md",), "0a1b2c3": ("x",)},
    numbers=(7,),
    tags=("v1.0", "release/2"),
)
FACTS = Facts(
    repositories=[
        GONGS,
        Repository(name="mallet/old-gongs", archived=True),
        Repository(name="mallet/stolen", blocked=True),
    ],
    users={"trommel"},
)
OK = Observation(Kind.OK, status=200)
NO_REPOSITORY = Observation(Kind.GONE, "GitHub knows no such repository", status=404)
NO_USER = Observation(Kind.GONE, "GitHub knows no such user or organization", status=404)
NO_PATH = Observation(Kind.GONE, "the repository has no such path", status=404)
BLOCKED = Observation(Kind.BLOCKED, "GitHub has blocked access to the repository", status=451)


def moved(target: str, note: str = "") -> Observation:
    reason = RENAMED.format(name="mallet/gongs")
    return Observation(Kind.MOVED, reason, status=200, target=target, fit=True, note=note)


ANSWERS: dict[str, Observation | None] = {
    "https://github.com/mallet/gongs": OK,
    "https://github.com/Mallet/Gongs/": OK,
    "https://github.com/mallet/gongs.git": OK,
    "https://github.com/mallet/gongs#readme": OK,
    "http://www.github.com/mallet/gongs?tab=readme-ov-file": OK,
    "https://github.com/mallet/gong": moved("https://github.com/mallet/gongs"),
    "https://github.com/trommel/gongs.git": moved("https://github.com/mallet/gongs.git"),
    "https://github.com/mallet/gong/?a=b#c": moved("https://github.com/mallet/gongs/?a=b#c"),
    "https://github.com/mallet/old-gongs": Observation(Kind.OK, status=200, note="archived"),
    "https://github.com/mallet/stolen": BLOCKED,
    "https://github.com/mallet/nothing": NO_REPOSITORY,
    "https://github.com/nobody/nothing": NO_REPOSITORY,
    "https://github.com/mallet/gongs/tree/main": OK,
    "https://github.com/mallet/gongs/tree/main/src/": OK,
    "https://github.com/mallet/gongs/blob/main/src/a%20file.py#L3": OK,
    "https://github.com/mallet/gongs/blob/v1.0/README.md": OK,
    "https://github.com/mallet/gongs/blob/0a1b2c3/x": OK,
    "https://github.com/mallet/gong/blob/main/src/a%20file.py#L3": moved(
        "https://github.com/mallet/gongs/blob/main/src/a%20file.py#L3"
    ),
    "https://github.com/mallet/gongs/blob/main/gone.py": NO_PATH,
    "https://github.com/mallet/gongs/tree/feature/x": None,
    "https://github.com/mallet/gong/tree/master": None,
    "https://github.com/mallet/gongs/issues/7": OK,
    "https://github.com/mallet/gongs/pull/7/": OK,
    "https://github.com/mallet/gong/issues/7": moved("https://github.com/mallet/gongs/issues/7"),
    "https://github.com/mallet/gongs/issues/8": None,
    "https://github.com/mallet/gongs/releases/tag/v1.0": OK,
    "https://github.com/mallet/gongs/releases/tag/release/2": OK,
    "https://github.com/mallet/gongs/releases/tag/v9": None,
    "https://github.com/mallet": OK,
    "https://github.com/Trommel?tab=repositories": OK,
    "https://github.com/nobody": NO_USER,
}
"""What the APIs say of addresses; ``None`` where only the page knows."""


def ask(owners: Owners, owner: Owner, subjects: Sequence[str], token: str = "") -> dict[str, Observation]:
    """One request as the owner wants it."""
    query = owner.query(subjects)
    address = f"{owners.urls['github']}/{query.path}"
    headers = {**dict(owner.headers), **({"Authorization": f"Bearer {token}"} if token else {})}
    with Web("test", allow=[ip_network("127.0.0.0/8")]) as web:
        if query.send is None:
            answer = web.get(address, params=query.params, headers=headers)
        else:
            answer = web.post(address, send=query.send, params=query.params, headers=headers)
    return owner.read(answer.status, answer.body, subjects)


def subject(url: str) -> str:
    found = claim(url)
    assert found is not None
    return found


def test_one_question_by_graphql_answers_for_all_addresses() -> None:
    subjects = {subject(url): wanted for url, wanted in ANSWERS.items()}
    with Owners(FACTS) as owners:
        found = ask(owners, GITHUB, list(subjects), "secret")
        assert len(owners.requests("github")) == 1
    assert found == {one: wanted for one, wanted in subjects.items() if wanted}


@pytest.mark.parametrize("url", ANSWERS)
def test_the_rest_api_says_the_same_one_by_one(url: str) -> None:
    # Of what is gone within a repository it says less.
    with Owners(FACTS) as owners:
        found = ask(owners, GITHUB_REST, [subject(url)])
    wanted = ANSWERS[url] if ANSWERS[url] != NO_PATH else None
    assert found == ({subject(url): wanted} if wanted else {})


@pytest.mark.parametrize("inside", ["", "/tree/main", "/blob/main/README.md", "/issues/7", "/releases/tag/v1.0"])
def test_what_is_inside_a_deleted_or_blocked_repository_shares_its_fate(inside: str) -> None:
    gone, blocked = f"/nobody/nothing{inside}", f"/mallet/stolen{inside}"
    with Owners(FACTS) as owners:
        assert ask(owners, GITHUB, [gone, blocked], "secret") == {gone: NO_REPOSITORY, blocked: BLOCKED}
        assert ask(owners, GITHUB_REST, [blocked]) == {blocked: BLOCKED}
        assert ask(owners, GITHUB_REST, [gone]) == ({} if inside else {gone: NO_REPOSITORY})


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/",
        "https://github.com",
        "https://github.com/features/actions",
        "https://github.com/Topics/music",
        "https://github.com/orgs/mallet",
        "https://github.com/mallet/gongs/wiki",
        "https://github.com/mallet/gongs/actions/runs/1",
        "https://github.com/mallet/gongs/releases",
        "https://github.com/mallet/gongs/issues",
        "https://github.com/mallet/gongs/issues/7/x",
        "https://github.com/mallet/gongs/issues/0",
        "https://github.com/mallet/gongs/issues/99999999999",
        "https://github.com/mallet/gongs/issues/٧",
        "https://github.com/mallet/gongs/raw/main/README.md",
        "https://github.com/mallet/gongs/tree",
        "https://github.com/mallet/gongs/tree/main^/README.md",
        "https://github.com/mallet/gongs/tree/main~1",
        "https://github.com/mallet/gongs/tree/main:README.md",
        "https://github.com/mallet/gongs/tree/@%7B1%7D",
        "https://github.com/mallet/gongs/tree/a..b",
        "https://github.com/mallet/gongs/blob/main/../x",
        "https://github.com/mallet/gongs/blob/main//x",
        "https://github.com/mallet/gongs/blob/main/a%0Ab",
        "https://github.com/mallet/..",
        "https://github.com/mallet/.git",
        "https://github.com/mal let/gongs",
        'https://github.com/mallet/gongs"){x}',
        "https://github.com//mallet/gongs",
        "https://github.com:8443/mallet/gongs",
        "https://me@github.com/mallet/gongs",
        "https://gist.github.com/mallet/1",
        "https://raw.githubusercontent.com/mallet/gongs/main/README.md",
        "https://mallet.github.io/gongs",
        "https://github.com.example.org/mallet/gongs",
    ],
)
def test_other_addresses_are_left_to_their_pages(url: str) -> None:
    assert claim(url) is None
    assert owner_of(url) is None


def test_each_address_has_one_owner() -> None:
    owned = {
        "https://github.com/mallet/gongs": "github",
        "https://doi.org/10.48550/arXiv.1706.08818": "doi",
        "https://arxiv.org/abs/1706.08818": "arxiv",
    }
    assert {url: found[0].name for url in owned if (found := owner_of(url))} == owned


@given(
    st.sampled_from(["blob/main", "tree", "releases/tag", "issues"]),
    st.text(st.characters(codec="utf-8") | st.sampled_from('"\\{}()#%\n'), min_size=1, max_size=12),
)
@example("releases/tag", '"')
@example("releases/tag", '"){x}#')
@example("blob/main", "\\")
@example("blob/main", '\\"')
def test_nothing_in_an_address_gets_out_of_its_string(kind: str, text: str) -> None:
    from urllib.parse import quote

    from tests.support.owners import _Selection

    found = claim(f"https://github.com/mallet/gongs/{kind}/{quote(text)}")
    if found is None:
        return
    [field] = _Selection(GITHUB.query([found]).send["query"]).read()  # type: ignore[index]
    alias, name, arguments, inner = field
    assert (alias, name) == ("r0", "repository")
    assert arguments == {"owner": "mallet", "name": "gongs", "followRenames": True}
    assert [one[0] for one in inner[:3]] == ["nameWithOwner", "isArchived", "inner"]
    assert [one[0] for one in inner[3:]] in ([], ["base"])
    [value] = inner[2][2].values()
    plain = text.removesuffix("/")
    assert str(value) in (plain, f"main:{plain}", plain.replace("/", ":", 1))


# --- Who is refused --------------------------------------------------------------------------------------------------


def test_without_a_token_graphql_sends_to_the_rest_api() -> None:
    with Owners(FACTS) as owners:
        with pytest.raises(LimitError, match="401"):
            ask(owners, GITHUB, ["/mallet/gongs"])
        assert GITHUB.instead is GITHUB_REST
        assert ask(owners, GITHUB_REST, ["/mallet/gongs"]) == {"/mallet/gongs": OK}


def test_the_rest_api_has_its_limit_too() -> None:
    with Owners(FACTS, free=1) as owners:
        assert ask(owners, GITHUB_REST, ["/mallet/gongs"]) == {"/mallet/gongs": OK}
        with pytest.raises(LimitError, match="403"):
            ask(owners, GITHUB_REST, ["/mallet/nothing"])


@pytest.mark.parametrize("owner", [GITHUB, GITHUB_REST])
@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_refusal_says_nothing_of_a_repository(owner: Owner, status: int) -> None:
    with pytest.raises(LimitError, match=str(status)):
        owner.read(status, body({"message": "You have exceeded a secondary rate limit."}), ["/mallet/gongs"])


def test_a_block_that_comes_as_403_is_no_limit() -> None:
    answer = body({"message": "Repository access blocked", "block": {"reason": "tos"}})
    assert GITHUB_REST.read(403, answer, ["/mallet/gongs"]) == {"/mallet/gongs": BLOCKED}


def test_a_limit_within_a_good_answer_is_one() -> None:
    answer = body({"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]})
    with pytest.raises(LimitError):
        GITHUB.read(200, answer, ["/mallet/gongs"])


@pytest.mark.parametrize(
    ("status", "data"),
    [
        (200, b"<html>"), (502, b"{}"), (200, b"{}"), (200, b'{"data": null}'), (200, b"[]"),
        (200, b'{"errors": [{"message": "Something went wrong while executing your query."}]}'),
    ],
)  # fmt: skip
def test_what_is_no_answer_of_graphql_is_nonsense(status: int, data: bytes) -> None:
    with pytest.raises(NonsenseError):
        GITHUB.read(status, data, ["/mallet/gongs"])


@pytest.mark.parametrize(
    ("status", "data"),
    [
        (404, b"<html>Not Found"),
        (404, b"{}"),
        (200, b"{}"),
        (200, b'{"full_name": "a b/c"}'),
        (500, b"{}"),
        (301, b"{}"),
    ],
)
def test_what_is_no_answer_of_the_rest_api_is_nonsense(status: int, data: bytes) -> None:
    with pytest.raises(NonsenseError):
        GITHUB_REST.read(status, data, ["/mallet/gongs"])


NODE = {"nameWithOwner": "mallet/gongs", "isArchived": False, "inner": {"__typename": "Blob"}}
MISSING = {"type": "NOT_FOUND", "path": ["r1"], "message": "Could not resolve to a Repository"}
SUBJECTS = ["/mallet/gongs", "/mallet/nothing", "/mallet/gongs/blob/main/x"]
ANSWER = {"data": {"r0": NODE, "r1": None, "r2": NODE}, "errors": [MISSING]}


@pytest.mark.parametrize(
    "error",
    [
        {**MISSING, "type": "FORBIDDEN", "message": "Resource protected by organization SAML enforcement."},
        {**MISSING, "type": "SERVICE_UNAVAILABLE"},
        {**MISSING, "path": ["r0"]},
        {**MISSING, "path": ["r1", "inner"]},
        {**MISSING, "path": []},
        {**MISSING, "path": None},
        {"path": ["r1"], "message": "timeout"},
        {},
    ],
)
def test_only_not_found_at_the_repository_itself_is_gone(error: dict[str, Any]) -> None:
    assert GITHUB.read(200, body(ANSWER), SUBJECTS)["/mallet/nothing"] == NO_REPOSITORY
    found = GITHUB.read(200, body({**ANSWER, "errors": [error]}), SUBJECTS)
    assert found == {"/mallet/gongs": OK, "/mallet/gongs/blob/main/x": OK}


def test_a_user_is_gone_only_where_nothing_else_went_wrong() -> None:
    assert GITHUB.read(200, b'{"data": {"r0": null}}', ["/nobody"]) == {"/nobody": NO_USER}
    fault = {"path": ["r0"], "type": "INTERNAL", "message": "timeout"}
    assert GITHUB.read(200, body({"data": {"r0": None}, "errors": [fault]}), ["/nobody"]) == {}
    assert GITHUB.read(200, b'{"data": {}}', ["/nobody"]) == {}


@given(broken(ANSWER) | anything.map(body) | st.binary(max_size=40), st.sampled_from([200, 200, 404, 500]))
def test_any_answer_of_graphql_is_read_or_refused(data: bytes, status: int) -> None:
    try:
        found = GITHUB.read(status, data, SUBJECTS)
    except NonsenseError:
        return
    assert found.keys() <= set(SUBJECTS)
    assert all(one.target.startswith("https://github.com/") for one in found.values() if one.kind is Kind.MOVED)


@given(
    broken(
        {"full_name": "mallet/gongs", "archived": False, "html_url": "https://github.com/mallet/gongs", "login": "x"}
    )
    | broken([{"html_url": "https://github.com/mallet/gongs/blob/main/x"}])
    | anything.map(body)
    | st.binary(max_size=40),
    st.sampled_from([200, 301, 401, 403, 404, 451, 500]),
    st.sampled_from([*SUBJECTS, "/mallet"]),
)
def test_any_answer_of_the_rest_api_is_read_or_refused(data: bytes, status: int, one: str) -> None:
    try:
        found = GITHUB_REST.read(status, data, [one])
    except NonsenseError:
        return
    assert found.keys() <= {one}


@given(st.text(), st.sampled_from(["", "a/", "a/b/", "a/b/blob/main/", "a/b/releases/tag/"]))
def test_any_address_is_claimed_or_not_and_what_is_claimed_can_be_asked(text: str, start: str) -> None:
    found = claim(f"https://github.com/{start}{text}")
    if found is not None:
        assert GITHUB.query([found]).send
        assert GITHUB_REST.query([found]).path.isascii()
