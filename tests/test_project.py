"""What holds for the project as a whole: its rooms, its locks, its files, and what each command loads."""

import ast
import json
import os
import re
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
import pytest
import yaml
from markdown_it import MarkdownIt
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.config import Config, schema
from bot.forms.body import Submission, read_body
from bot.forms.template import read_template
from bot.github.model import CHECK
from bot.jobs.situation import DECLINED

ROOT = Path(__file__).parent.parent


@cache
def project_files() -> tuple[str, ...]:
    """Every file of the project, those that are not committed yet too."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return tuple(name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file())


# --- The rooms -------------------------------------------------------------------------------------------------------

BELOW_ALL = {"wording", "problems", "lines", "escape", "config"}
# Room (a folder or a module of bot/) → the rooms that it may import. A new room needs a line here.
MAY_IMPORT = {
    "problems": {"wording"},
    "lines": set[str](),
    "escape": {"lines"},
    "wording": set[str](),
    "config": {"problems"},
    "files": {"problems"},
    "bibliography": BELOW_ALL,
    "forms": BELOW_ALL | {"bibliography"},
    "pages": BELOW_ALL | {"bibliography"},
    "github": BELOW_ALL,
    "web": BELOW_ALL,
    "metadata": BELOW_ALL | {"bibliography", "web"},
    "preprints": BELOW_ALL | {"bibliography", "metadata"},
    "links": BELOW_ALL | {"bibliography", "metadata", "web"},
    "jobs": BELOW_ALL | {"bibliography", "forms", "pages", "github", "metadata", "preprints", "links"},
    "report": BELOW_ALL | {"jobs"},
    "terminal": BELOW_ALL | {"jobs"},
    "links_command": BELOW_ALL | {"files", "bibliography", "web", "links", "jobs", "report"},
    "cli": BELOW_ALL
    | {"files", "bibliography", "forms", "pages", "github", "web", "metadata", "jobs", "report", "terminal"}
    | {"links_command"},
    "__main__": {"cli"},
}


@cache
def imports() -> dict[str, set[str]]:
    """Each module of the bot and those of the bot that it imports, also inside of functions."""
    paths = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in (ROOT / "bot").rglob("*.py")}
    modules = {name.removesuffix(".__init__"): path for name, path in paths.items()}
    return {name: set(_imported(path, modules)) for name, path in modules.items()}


def _imported(path: Path, modules: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield from {submodule if submodule in modules else node.module or ""} & modules.keys()
        elif isinstance(node, ast.Import):
            yield from {alias.name for alias in node.names} & modules.keys()


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def test_each_room_imports_only_rooms_below_it() -> None:
    upward = [
        f"{module} imports {other}"
        for module, others in imports().items()
        for other in others
        if room(module) != room(other) and room(other) not in MAY_IMPORT.get(room(module), set())
    ]
    assert upward == []


def test_each_room_has_its_place() -> None:
    assert {room(module) for module in imports()} - {""} <= MAY_IMPORT.keys()


def test_no_module_imports_itself_through_others() -> None:
    assert list(TopologicalSorter(imports()).static_order())


# --- What a command loads --------------------------------------------------------------------------------------------

NETWORK = {"requests", "urllib3", "http.client", "ssl", "asyncio", "github"}
PLOTTING = {"matplotlib", "PIL", "numpy"}
NEVER = NETWORK | PLOTTING
SLOW = {"pybtex", "latexcodec", "rapidfuzz", "anyascii", "difflib", "rich", "dataclasses"}
# Arguments → what must stay unloaded. `rich` is for terminals, and these commands do not write to one.
LOADS = {
    "--help": NEVER | SLOW,
    "propose --issue-body tests/data/sample-form/body.md": NEVER | {"rich"},
    "propose --issue-body tests/data/sample-form/body.md --json": NEVER | {"rich"},
    "validate": NEVER | {"rich"},
    "render --check": NEVER | {"rich", "rapidfuzz"},
    "import dl4m.bib --dry-run": NEVER | {"rich"},
}


@pytest.mark.parametrize("command", LOADS)
def test_a_command_loads_nothing_that_it_does_not_use(command: str) -> None:
    program = (
        "import sys, bot.cli\n"
        "try: status = bot.cli.main(sys.argv[1:])\n"
        "except SystemExit as exit: status = exit.code\n"
        "print('', *sys.modules, sep='\\n', file=sys.stderr)\n"
        "sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *command.split()], cwd=ROOT, capture_output=True, encoding="utf-8"
    )
    loaded = set(done.stderr.split("\n"))
    assert "bot.cli" in loaded, done.stderr
    assert done.returncode in (0, 1), done.stderr  # 2 would mean that it has not got far
    assert loaded & LOADS[command] == set()


# --- Dependencies ----------------------------------------------------------------------------------------------------

LOCKS = {"bot": "", "github": "github", "test": "test", "bench": "bench", "lock": "lock"}  # lock → dependency group


@cache
def pinned(lock: str) -> dict[str, str]:
    """The names in a lock and their versions."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", text, re.MULTILINE))


@cache
def wanted(lock: str) -> tuple[Requirement, ...]:
    """What pyproject.toml asks for on behalf of a lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]

    def of_group(name: str) -> Iterator[str]:
        for item in groups[name]:
            yield from [item] if isinstance(item, str) else of_group(item["include-group"])

    own = of_group(LOCKS[lock]) if LOCKS[lock] else iter(())
    runtime = () if lock == "lock" else project["project"]["dependencies"]
    return tuple(Requirement(text) for text in (*runtime, *own))


def test_there_is_one_lock_per_purpose() -> None:
    assert {path.stem for path in (ROOT / "requirements").iterdir()} == LOCKS.keys()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_each_file_by_hash_and_names_no_index(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    requirements = [
        part for part in re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", "").split("\n") if part
    ]
    hashed = re.compile(r"[a-z0-9-]+==[^ ]+( ; [^#]+?)?( +--hash=sha256:[0-9a-f]{64})+ *")
    assert [line for line in requirements if not hashed.fullmatch(line)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_what_pyproject_asks_for(lock: str) -> None:
    missing = [
        str(requirement)
        for requirement in wanted(lock)
        if not requirement.specifier.contains(
            pinned(lock).get(canonicalize_name(requirement.name), "0"), prereleases=True
        )
    ]
    assert missing == []


@pytest.mark.parametrize(("smaller", "larger"), [("bot", "github"), ("github", "test"), ("test", "bench")])
def test_a_larger_lock_holds_the_smaller_one(smaller: str, larger: str) -> None:
    assert pinned(smaller).items() <= pinned(larger).items()


def test_the_lock_of_the_emulator_pins_each_package_by_hash_and_names_no_address() -> None:
    folder = ROOT / "tests/support"
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert packages.pop("") == {"dependencies": wanted}
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert [name for name, package in packages.items() if not package["integrity"].startswith("sha512-")] == []
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_no_file_names_an_index() -> None:
    index = re.compile(
        rb"py[p]i\.org|python[h]osted|np[m]js|(?<!emit-)index-url|find-links|trusted-host", re.IGNORECASE
    )
    own = Path(__file__).relative_to(ROOT).as_posix()
    assert [name for name in project_files() if name != own and index.search((ROOT / name).read_bytes())] == []


# --- Files -----------------------------------------------------------------------------------------------------------


def test_the_schema_of_the_configuration_is_up_to_date() -> None:
    assert json.loads((ROOT / ".github/bot.schema.json").read_text()) == json.loads(json.dumps(schema()))


def _settings(type_: Any, path: str = "") -> Iterator[str]:
    """The settings of a configuration struct as paths of keys."""
    for field in msgspec.structs.fields(type_):
        here = f"{path}{field.encode_name}"
        yield here
        for struct in _structs(field.type):
            name = {"types": ".TYPE", "venues": ".VENUE"}.get(here, "")
            yield from _settings(struct, f"{here}{name}.")


def _structs(type_: Any) -> Iterator[Any]:
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        yield type_
    for argument in getattr(type_, "__args__", ()):
        yield from _structs(argument)


def test_every_setting_is_documented_and_no_other() -> None:
    table = re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs/adopting.md").read_text(), re.MULTILINE)
    assert table == list(_settings(Config))


def markdown_files() -> list[str]:
    return [name for name in project_files() if name.endswith(".md") and not name.startswith("tests/")]


@pytest.mark.parametrize("name", markdown_files())
def test_every_file_and_heading_that_a_page_links_to_exists(name: str) -> None:
    broken = []
    for link in _links((ROOT / name).read_text()):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (ROOT / name).parent / unquote(parts.path) if parts.path else ROOT / name
        if not target.exists() or (
            parts.fragment and target.suffix == ".md" and parts.fragment not in _anchors(target)
        ):
            broken.append(link)
    assert broken == []


def _links(text: str) -> Iterator[str]:
    for token in MarkdownIt("gfm-like").parse(text):
        for part in (token, *(token.children or ())):
            yield from (str(part.attrs[name]) for name in ("href", "src") if name in part.attrs)
            if part.type in ("html_block", "html_inline"):
                yield from re.findall(r'(?:href|src|srcset)="([^"]+)"', part.content)


@cache
def _anchors(path: Path) -> frozenset[str]:
    """What a fragment may name in a Markdown file: GitHub's anchors of its headings, and explicit ones."""
    text = path.read_text()
    tokens = MarkdownIt("gfm-like").parse(text)
    headings = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    anchors = set(re.findall(r'(?:id|name)="([^"]+)"', text))
    for heading in headings:
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        anchors.add(next(name for name in (anchor, *(f"{anchor}-{n}" for n in range(1, 99))) if name not in anchors))
    return frozenset(anchors)


def test_the_sample_form_of_the_demo_fits_the_form() -> None:
    file = ".github/ISSUE_TEMPLATE/add-paper.yml"
    template = read_template((ROOT / file).read_text(), file)
    submission = read_body((ROOT / "tests/data/sample-form/body.md").read_bytes().decode(), [template])
    assert isinstance(submission, Submission)
    assert {"paper-title", "authors", "year", "venue", "task"} <= submission.answers.keys()


# --- Automation ------------------------------------------------------------------------------------------------------


def test_continuous_integration_runs_make_test_and_nothing_else(tmp_path: Path) -> None:
    make = tmp_path / "make"
    make.write_text('#!/bin/sh\necho "make $*" in "$PWD"\n')
    make.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([ROOT / ".ci/run"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (f"make test in {ROOT}\n", "")


def test_what_is_run_is_executable() -> None:
    assert (ROOT / ".ci/run").stat().st_mode & stat.S_IXUSR


def commands_of(target: str) -> list[str]:
    """What make would run for a target, were nothing installed; the last command last."""
    # Without what the make that may run this test has told its children.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", target],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.rstrip("\n").split("\n")


def test_the_tests_are_the_last_thing_that_make_test_runs() -> None:
    assert "-m pytest" in commands_of("test")[-1]


NOT_IN_PYTHON = re.compile(r"npm|zizmor|actionlint|pip download")


def test_the_quick_check_needs_nothing_but_python() -> None:
    assert [command for command in commands_of("check") if NOT_IN_PYTHON.search(command)] == []
    assert any(NOT_IN_PYTHON.search(command) for command in commands_of("test"))
    assert 'pytest -q -m "not emulator"' in commands_of("check")[-1]


def test_what_stands_on_the_emulator_is_marked_and_nothing_else() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--collect-only",
            "-q",
            "-m",
            "emulator",
            "tests/support",
            "tests/test_project.py",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    listed = {line.partition("::")[0] for line in done.stdout.split("\n") if "::" in line}
    assert listed == {f"tests/support/{name}.py" for name in ("test_mirror", "test_proxy", "test_runner")}


def workflows() -> dict[str, Any]:
    """The workflows by their file names; YAML reads the key `on` as true."""
    names = [name for name in project_files() if name.startswith(".github/workflows/")]
    return {name.rpartition("/")[2]: yaml.safe_load((ROOT / name).read_text()) for name in names}


def jobs(workflow: str) -> list[Any]:
    return list(workflows()[workflow]["jobs"].values())


@pytest.mark.parametrize("name", workflows())
def test_a_workflow_pins_actions_by_commit_and_asks_for_no_permission_beyond_its_jobs(name: str) -> None:
    assert workflows()[name]["permissions"] == {}
    for job in jobs(name):
        assert "permissions" in job
        assert job["timeout-minutes"] <= 130
        for step in job["steps"]:
            assert re.fullmatch(r"\./.+|[\w./-]+@[0-9a-f]{40}", step.get("uses", "./run"))


@pytest.mark.parametrize("name", workflows())
def test_no_shell_of_a_workflow_is_given_what_people_wrote(name: str) -> None:
    number = r"github\.event\.(issue|pull_request)\.number"
    named = rf"github\.token|matrix\.shard|secrets\.[A-Z0-9_]+|{number}( \|\| {number})*"
    harmless = re.compile(rf"\$\{{\{{ ({named}) \}}\}}")
    assert "env" not in workflows()[name]
    for job in jobs(name):
        assert "env" not in job
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            assert [value for value in step.get("env", {}).values() if not harmless.fullmatch(value)] == []
            # No other commit than that of the event, and no token left behind in the clone.
            given = {"persist-credentials": False, **step.get("with", {})}
            assert {name: value for name, value in given.items() if name != "fetch-depth"} == {
                "persist-credentials": False
            }


@pytest.mark.parametrize("name", workflows())
def test_code_that_a_pull_request_brings_may_only_read(name: str) -> None:
    events = workflows()[name][True]
    triggers = {events: None} if isinstance(events, str) else events
    assert not triggers.keys() & {"pull_request_target", "workflow_run"}
    for job in jobs(name) if "pull_request" in triggers else ():
        if job["permissions"] != {"contents": "read"} or any("env" in step for step in job["steps"]):
            # But for the branches of proposals in this very repository: only who may write to it can push there.
            proposal = (
                "(github.event_name == 'pull_request' && startsWith(github.head_ref, 'bot/issue-') && "
                "github.event.pull_request.head.repo.full_name == github.repository)"
            )
            assert proposal in re.sub(r"\s+", " ", job["if"])


def test_one_required_check_covers_the_verdicts_of_the_bot_and_of_the_workflow() -> None:
    assert f"'{CHECK}' }}}}" in workflows()["validate.yml"]["jobs"]["validate"]["name"]
    assert workflows()["validate.yml"][True] == "pull_request"  # without a filter: what never comes blocks a merge


def test_the_labels_that_start_an_answer_are_those_of_the_forms() -> None:
    condition = workflows()["respond.yml"]["jobs"]["respond"]["if"]
    forms = [name for name in project_files() if re.fullmatch(r"\.github/ISSUE_TEMPLATE/.+-paper\.yml", name)]
    labels = {label for form in forms for label in read_template((ROOT / form).read_text(), form).labels}
    assert set(re.findall(r"label\.name == '([^']+)'", condition)) == labels | {DECLINED}


@pytest.mark.parametrize(
    ("name", "lock"),
    [("respond.yml", "github"), ("refresh.yml", "github"), ("links.yml", "github"), ("validate.yml", "bot")],
)
def test_a_workflow_installs_no_more_than_its_command_needs(name: str, lock: str) -> None:
    for job in jobs(name):
        scripts = "\n".join(step.get("run", "") for step in job["steps"])
        assert re.findall(r"requirements/(\w+)\.txt", scripts) == [lock]


def test_the_step_that_asks_strangers_pages_has_no_token() -> None:
    steps = [step for job in jobs("links.yml") for step in job["steps"]]
    asking = [step for step in steps if "--stage ask" in step.get("run", "")]
    assert len(asking) == 2
    for step in asking:
        assert step.get("env", {}).keys() <= {"SHARD"}
        assert not re.search("--stage (begin|keep|report)", step["run"])


def test_no_step_of_the_look_at_links_takes_the_time_of_those_after_it() -> None:
    most = schema()["$defs"]["Links"]["properties"]["minutes"]["maximum"]
    for job in jobs("links.yml"):
        minutes = {step["name"]: step["timeout-minutes"] for step in job["steps"] if "timeout-minutes" in step}
        assert sum(minutes.values()) + 5 <= job["timeout-minutes"]
        if "Ask" in minutes:
            assert minutes["Begin"] > most / 4
            assert minutes["Ask"] > most + 4
        later = [step for step in job["steps"] if step.get("name") in ("Keep", "Report") and len(job["steps"]) > 3]
        assert [step["name"] for step in later if "!cancelled()" not in step["if"]] == []


def test_whatever_is_installed_is_what_a_lock_names_and_nothing_else() -> None:
    """With what a release of tomorrow cannot break: pip looks for the newest one of a requirement with extras."""
    places = ["Makefile", *(f".github/workflows/{name}" for name in workflows())]
    lines = [line for name in places for line in (ROOT / name).read_text().splitlines() if "-r requirements/" in line]
    assert len(lines) >= 5
    assert [line for line in lines if "--require-hashes --no-deps -r" not in line] == []


def test_pre_commit_fetches_nothing() -> None:
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert {repository["repo"] for repository in repositories} == {"local"}
    assert {hook["language"] for repository in repositories for hook in repository["hooks"]} == {"system"}
