"""Whether the repository is set up for the bot: what a maintainer reads in the terminal, and what is mended."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Command, Ended
from tests.support.desk import ADD, BIRDS_CONFIG, birds
from tests.support.emulator import STRANGER, token_of
from tests.support.fixtures import MakeWorld
from tests.support.git import git
from tests.support.proxy import Answer, Fault
from tests.support.world import World

LABELS = ("needs-info", "declined", "add-paper", "correct-paper")
WORKFLOWS = ("respond.yml", "refresh.yml", "validate.yml", "preprints.yml", "links.yml")
KEYS = {"OPENALEX_API_KEY": "OpenAlex", "S2_API_KEY": "Semantic Scholar"}
NOT_ACCESSIBLE = Answer(403, {"message": "Resource not accessible by integration"})
NOT_FOUND = Answer(404, {"message": "Not Found"})
PULLS = "workflows may open pull requests"
MERGE = "a merge needs the check Bibliography"
TICK = "tick “Allow GitHub Actions to create and approve pull requests” under Workflow permissions"
READABLE = "the configuration, the forms and the bibliography can be read"


@pytest.fixture
def command(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """By hand, at a terminal."""
    made = Command(world, tmp_path, monkeypatch, capsys)
    for name in ("GITHUB_ACTIONS", "GITHUB_EVENT_PATH", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name)
    return made


def found(ended: Ended) -> dict[str, tuple[str, str]]:
    """By item: the mark, and what to do."""
    lines = (re.fullmatch(r"(fine|mend|look)  ([^:]+)(?:: (.+))?", line) for line in ended.out.splitlines())
    return {line[2]: (line[1], line[3] or "") for line in lines if line}


def workflows(states: Mapping[str, str]) -> Answer:
    """As https://docs.github.com/en/rest/actions/workflows#list-repository-workflows shows them."""
    listed = [
        {"id": number, "name": name, "path": f".github/workflows/{name}", "state": state}
        for number, (name, state) in enumerate(states.items(), 1)
    ]
    return Answer(200, {"total_count": len(listed), "workflows": listed})


def branch(contexts: tuple[str, ...] | None) -> Answer:
    """As https://docs.github.com/en/rest/branches/branches#get-a-branch shows it."""
    required = {"enforcement_level": "everyone", "contexts": list(contexts or ()), "checks": []}
    protection = {"enabled": False} if contexts is None else {"enabled": True, "required_status_checks": required}
    return Answer(200, {"name": "main", "protected": contexts is not None, "protection": protection})


def rules(contexts: tuple[str, ...]) -> Answer:
    """As https://docs.github.com/en/rest/repos/rules#get-rules-for-a-branch shows them."""
    checks = [{"context": context, "integration_id": 15368} for context in contexts]
    parameters = {"required_status_checks": checks, "strict_required_status_checks_policy": False}
    found: list[dict[str, Any]] = [
        {"type": "deletion", "ruleset_source_type": "Repository", "ruleset_id": 42},
        {"type": "pull_request", "parameters": {"required_approving_review_count": 1}},
        {"type": "required_status_checks", "parameters": parameters},
    ]
    return Answer(200, found)


def secrets(*names: str) -> Answer:
    """As https://docs.github.com/en/rest/actions/secrets#list-repository-secrets shows them."""
    listed = [{"name": name, "created_at": "2026-01-02T03:04:05Z"} for name in names]
    return Answer(200, {"total_count": len(listed), "secrets": listed})


def set_up(world: World, **instead: Answer) -> None:
    """Let everything be as it should, but for what is named."""
    wanted = {
        "permissions": Answer(200, {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": True}),
        "workflows": workflows(dict.fromkeys(WORKFLOWS, "active")),
        "branch": branch(("Bibliography",)),
        "rules": Answer(200, []),
        "labels": Answer(200, [{"id": number, "name": name} for number, name in enumerate(LABELS)]),
        "secrets": secrets(*KEYS),
        **instead,
    }
    paths = {
        "settings": rf"^/repos/{world.name}$",
        "permissions": "/actions/permissions/workflow$",
        "workflows": "/actions/workflows$",
        "branch": rf"^/repos/{world.name}/branches/main$",
        "rules": "/rules/branches/main$",
        "labels": "/labels$",
        "secrets": "/actions/secrets$",
    }
    world.proxy.clear()
    for name, answer in wanted.items():
        world.proxy.answer("GET", paths[name], answer)


def test_all_is_fine(world: World, command: Command) -> None:
    set_up(world)
    ended = command.run("doctor")
    assert ended.status == 0
    assert ended.err == ""
    assert ended.out.splitlines() == [
        "fine  the repository can be changed",
        "fine  issues are on",
        "fine  the default branch is main",
        f"fine  {READABLE}",
        *(f"fine  the label {name} exists" for name in LABELS),
        f"fine  {PULLS}",
        *(f"fine  the workflow {name} is on" for name in WORKFLOWS),
        f"fine  {MERGE}",
        *(f"fine  {source} has a key, {key}" for key, source in KEYS.items()),
    ]
    assert world.proxy.writes == []


def settings(**values: Any) -> Answer:
    return Answer(200, {"default_branch": "main", "archived": False, "has_issues": True, **values})


@pytest.mark.parametrize(
    ("instead", "item", "what"),
    [
        ({"settings": settings(archived=True)}, "the repository can be changed", "unarchive it: {address}/settings"),
        (
            {"settings": settings(has_issues=False)},
            "issues are on",
            "tick Issues under Features: {address}/settings",
        ),
        (
            {"permissions": Answer(200, {"can_approve_pull_request_reviews": False})},
            PULLS,
            f"{TICK}: {{address}}/settings/actions",
        ),
        (
            {"workflows": workflows({name: "active" for name in WORKFLOWS if name != "refresh.yml"})},
            "the workflow refresh.yml is on",
            "put .github/workflows/refresh.yml there",
        ),
        (
            {"workflows": workflows({**dict.fromkeys(WORKFLOWS, "active"), "refresh.yml": "disabled_inactivity"})},
            "the workflow refresh.yml is on",
            "switch it on: {address}/actions/workflows/refresh.yml",
        ),
    ],
)
def test_one_item_is_to_be_mended_and_the_others_are_fine(
    world: World, command: Command, instead: dict[str, Answer], item: str, what: str
) -> None:
    set_up(world, **instead)
    ended = command.run("doctor")
    assert ended.status == 1
    items = found(ended)
    assert items.pop(item) == ("mend", what.format(address=f"https://github.com/{world.name}"))
    assert {mark for mark, _ in items.values()} == {"fine"}


def test_a_default_branch_of_another_name_is_set_in_the_configuration(make_world: MakeWorld, command: Command) -> None:
    world = make_world(birds(), branch="trunk")
    clone = world.clone(command.clone.parent / "trunk")
    command.set(GITHUB_REPOSITORY=world.name, GITHUB_API_URL=world.address, GITHUB_TOKEN=world.token)
    ended = command.run("--root", str(clone), "doctor")
    assert ended.status == 1
    items = found(ended)
    assert items["the default branch is main"] == ("mend", "it is trunk: set `branch: trunk` in bot.yml")
    assert items[READABLE] == ("fine", "")
    world.maintainer.commit(
        "trunk", {".github/bot.yml": BIRDS_CONFIG.replace("branch: main", "branch: trunk").encode()}, ""
    )
    git(clone, "pull", "--quiet")
    assert found(command.run("--root", str(clone), "doctor"))["the default branch is trunk"] == ("fine", "")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({".github/bot.yml": b"bibliography: [1"}, ".github/bot.yml"),
        ({".github/bot.yml": None}, ".github/bot.yml: there is no such file on the default branch"),
        ({ADD: None}, f"{ADD}: there is no such file on the default branch"),
        ({"data/birds.bib": None}, "data/birds.bib: there is no such file on the branch main"),
    ],
)
def test_a_list_that_cannot_be_read_is_told_and_the_rest_is_looked_at(
    world: World, command: Command, files: dict[str, bytes | None], said: str
) -> None:
    world.maintainer.commit("main", files, "Break it")
    set_up(world)
    ended = command.run("doctor")
    assert ended.status == 1
    items = found(ended)
    mark, what = items[READABLE]
    assert mark == "mend"
    assert what.startswith(said)
    assert items[MERGE] == ("fine", "")


def test_outside_of_a_clone_the_rest_is_looked_at(world: World, command: Command) -> None:
    git(command.clone, "remote", "remove", "origin")
    set_up(world)
    ended = command.run("doctor")
    assert ended.status == 1
    items = found(ended)
    assert items[READABLE][0] == "mend"
    assert items[PULLS] == ("fine", "")


# --- Labels ----------------------------------------------------------------------------------------------------------


def test_missing_labels_are_named_and_not_made(world: World, command: Command) -> None:
    ended = command.run("doctor")
    assert ended.status == 1
    items = found(ended)
    for name in LABELS:
        assert items[f"the label {name} exists"] == ("mend", "make it, or run `python -m bot doctor --fix`")
    assert world.proxy.writes == []


def test_fix_makes_the_missing_labels_once(world: World, command: Command) -> None:
    world.maintainer.label(world.maintainer.file_issue("A paper", ""), "Declined")
    world.proxy.clear()
    items = found(command.run("doctor", "--fix"))
    assert {items[f"the label {name} exists"] for name in LABELS} == {("fine", "")}
    made = world.get("/labels?per_page=100")
    assert sorted(label["name"] for label in made) == ["Declined", "add-paper", "correct-paper", "needs-info"]
    [form_label] = [label for label in made if label["name"] == "add-paper"]
    assert form_label["description"] == "Filed by the form “Add a paper”"
    assert len(world.proxy.writes) == 3
    command.run("doctor", "--fix")
    assert len(world.proxy.writes) == 3


def test_fix_ends_well_when_labels_are_all_that_was_missing(world: World, command: Command) -> None:
    set_up(world, labels=Answer(200, [{"id": 1, "name": "needs-info"}]))
    assert command.run("doctor").status == 1
    ended = command.run("doctor", "--fix")
    assert ended.status == 0
    assert {label["name"] for label in world.get("/labels?per_page=100")} == {*LABELS} - {"needs-info"}


def test_fix_without_the_permission_names_it_and_goes_on(world: World, command: Command) -> None:
    set_up(world, labels=Answer(200, []))
    world.proxy.answer("POST", "/labels$", NOT_ACCESSIBLE)
    ended = command.run("doctor", "--fix")
    assert ended.status == 1
    items = found(ended)
    for name in LABELS:
        mark, what = items[f"the label {name} exists"]
        assert mark == "mend"
        assert what.endswith("it needs the permission issues: write")
    assert items[MERGE] == ("fine", "")


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (Answer(403, {"message": "Repository was archived so is read-only."}), "the repository is archived"),
        (
            Answer(422, {"message": "Validation Failed", "errors": [{"resource": "Label", "code": "already_exists"}]}),
            "GitHub answered POST",
        ),
    ],
)
def test_a_label_that_cannot_be_made_keeps_nobody_from_the_rest(
    world: World, command: Command, answer: Answer, what: str
) -> None:
    set_up(world, labels=Answer(200, []))
    world.proxy.answer("POST", "/labels$", answer)
    ended = command.run("doctor", "--fix")
    assert ended.status == 1
    items = found(ended)
    for name in LABELS:
        assert items[f"the label {name} exists"][0] == "mend"
        assert items[f"the label {name} exists"][1].startswith(what)
    assert items[MERGE] == ("fine", "")


def test_fix_ends_where_github_s_limit_is_reached(world: World, command: Command) -> None:
    set_up(world, labels=Answer(200, []))
    limit = Answer(403, {"message": "You have exceeded a secondary rate limit."}, {"Retry-After": "60"})
    world.proxy.answer("POST", "/labels$", limit)
    ended = command.run("doctor", "--fix")
    assert ended.status == 1
    assert "it goes on in 60 seconds" in ended.err
    assert len(world.proxy.writes) == 1


def test_a_label_says_no_more_than_github_takes(world: World, command: Command) -> None:
    text = re.sub(r"(?m)^name:.*$", f"name: {'Add a bird ' * 12}", birds()[ADD].decode())
    world.maintainer.commit("main", {ADD: text.encode()}, "A long name")
    command.run("doctor", "--fix")
    [label] = [one for one in world.get("/labels?per_page=100") if one["name"] == "add-paper"]
    assert label["description"].startswith("Filed by the form “Add a bird")
    assert len(label["description"]) <= 100


def test_the_label_of_a_form_is_that_of_this_list_in_any_case(world: World, command: Command) -> None:
    text = re.sub(r"(?m)^labels:.*$", 'labels: ["New: Birds"]', birds()[ADD].decode())
    world.maintainer.commit("main", {ADD: text.encode()}, "Another label")
    set_up(world)
    assert "mend  the label New: Birds exists: make it" in command.run("doctor").out
    labels = [{"id": number, "name": name} for number, name in enumerate((*LABELS, "new: birds"))]
    set_up(world, labels=Answer(200, labels))
    assert "fine  the label New: Birds exists\n" in command.run("doctor").out


# --- What a token may not see ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [NOT_ACCESSIBLE, NOT_FOUND])
def test_what_only_administrators_see_has_to_be_looked_at_by_a_person(
    world: World, command: Command, refusal: Answer
) -> None:
    set_up(world, permissions=refusal, workflows=refusal)
    ended = command.run("doctor")
    assert ended.status == 0
    items = found(ended)
    mark, what = items[PULLS]
    assert mark == "look"
    assert "only an administrator's token can tell" in what
    assert f"https://github.com/{world.name}/settings/actions" in what
    assert items["the workflows are on"] == (
        "look",
        f"this token cannot tell; look at https://github.com/{world.name}/actions",
    )


def test_the_token_of_a_stranger_changes_nothing_and_sees_what_it_may(world: World, command: Command) -> None:
    command.set(GITHUB_TOKEN=token_of(STRANGER, 1))
    ended = command.run("doctor")
    items = found(ended)
    assert items["the repository can be changed"] == ("fine", "")
    assert items[PULLS][0] == "look"


# --- What a merge needs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("instead", "fine"),
    [
        ({"branch": branch(("Bibliography", "CI"))}, True),
        ({"branch": branch(("CI",))}, False),
        ({"branch": branch(())}, False),
        ({"branch": branch(None)}, False),
        ({"branch": Answer(200, {"name": "main", "protected": False})}, False),
        ({"branch": branch(None), "rules": rules(("CI", "Bibliography"))}, True),
        ({"branch": branch(None), "rules": rules(("CI",))}, False),
        ({"branch": branch(("Bibliography",)), "rules": NOT_FOUND}, True),
        ({"branch": branch(None), "rules": Answer(403, {"message": "Upgrade to GitHub Pro"})}, False),
    ],
)
def test_the_check_that_a_merge_needs_is_found_in_either_kind_of_rule(
    world: World, command: Command, instead: dict[str, Answer], fine: bool
) -> None:
    set_up(world, **instead)
    ended = command.run("doctor")
    assert ended.status == 0  # the bot can do without
    address = f"https://github.com/{world.name}/settings/branches"
    advice = f"require the status check Bibliography in a rule for the branch: {address}"
    assert found(ended)[MERGE] == (("fine", "") if fine else ("look", advice))


def test_a_branch_that_does_not_exist_yet(world: World, command: Command) -> None:
    set_up(world, branch=NOT_FOUND)
    assert found(command.run("doctor"))[MERGE] == ("look", "the default branch does not exist yet: push the list")


# --- Ends ------------------------------------------------------------------------------------------------------------


def test_a_repository_that_was_renamed_is_told_and_nothing_is_looked_at_or_made(world: World, command: Command) -> None:
    there = {"Location": f"{world.address}/repositories/1"}
    for method, status in (("GET", 301), ("POST", 307)):
        world.proxy.answer(method, "", Answer(status, {"message": "Moved Permanently"}, there))
    ended = command.run("doctor", "--fix")
    assert ended.status == 1
    assert re.fullmatch(r"error: [^\n]*the repository was renamed, and [^\n]*`repository`[^\n]*\n", ended.err)
    assert ended.out == ""


def test_it_ends_with_a_sentence_when_github_does_not_go_on(world: World, command: Command) -> None:
    set_up(world)
    world.proxy.arm(2, Fault.SECONDARY_LIMIT)
    ended = command.run("doctor")
    assert ended.status == 1
    assert re.fullmatch(r"error: GitHub's limit is reached; it goes on in 1 second, [^\n]*\n", ended.err)
    assert "fine  the repository can be changed" in ended.out


def test_what_it_says_cannot_be_a_command_of_the_runner(world: World, command: Command) -> None:
    set_up(world, settings=settings(default_branch="x\n::error::hacked"))
    ended = command.run("doctor")
    assert not [line for line in ended.out.splitlines() if line.lstrip().startswith("::")]


def test_a_key_of_a_source_is_wished_for_but_not_needed(world: World, command: Command) -> None:
    set_up(world, secrets=secrets("S2_API_KEY"))
    ended = command.run("doctor")
    assert ended.status == 0
    mark, what = found(ended)["OpenAlex has a key, OPENALEX_API_KEY"]
    assert (mark, "/settings/secrets/actions" in what) == ("look", True)
    assert found(ended)["Semantic Scholar has a key, S2_API_KEY"] == ("fine", "")


def test_a_key_that_is_set_here_counts_and_is_not_shown(
    world: World, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(world, secrets=NOT_ACCESSIBLE)
    monkeypatch.setenv("OPENALEX_API_KEY", "hush-hush")
    ended = command.run("doctor")
    assert found(ended)["OpenAlex has a key, OPENALEX_API_KEY"] == ("fine", "")
    assert "cannot tell" in found(ended)["Semantic Scholar has a key, S2_API_KEY"][1]
    assert "hush" not in ended.out + ended.err


def test_private_networks_in_the_lists_own_file_are_said_to_have_no_effect(world: World, command: Command) -> None:
    set_up(world)
    settings_with_networks = f"{BIRDS_CONFIG}web:\n  allow: [127.0.0.0/8]\n"
    world.maintainer.commit("main", {".github/bot.yml": settings_with_networks.encode()})
    ended = command.run("doctor")
    assert ended.status == 0
    assert found(ended)["web.allow in bot.yml"][0] == "look"
