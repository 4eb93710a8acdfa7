"""The command line as a person meets it: what it prints, what it writes, and how it ends."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import main

ROOT = Path(__file__).parents[1]
BODY = ROOT / "tests" / "data" / "sample-form" / "body.md"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the list, without the bot."""
    for name in (".github", "fig", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for path in [*ROOT.glob("*.md"), ROOT / "dl4m.bib"]:
        shutil.copy(path, tmp_path)
    return tmp_path


def run(*arguments: str | Path, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
    )


def files_of(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_propose_shows_comment_diff_and_row_and_writes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files_of(root)
    assert main(["propose", "--root", str(root), "--issue-body", str(BODY), "--issue-number", "4"]) == 0
    out = capsys.readouterr().out
    for part in (
        "Add Kim2018: CREPE",
        "bot/issue-4",
        "```bibtex\n@inproceedings{Kim2018,",
        "\n+@inproceedings{Kim2018,",
    ):
        assert part in out
    assert out.endswith("(https://arxiv.org/abs/1802.06182) | [GitHub](https://github.com/marl/crepe) |\n")
    assert files_of(root) == before


def test_the_diff_that_propose_prints_is_what_write_changes(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files_of(root)
    assert main(["propose", "--root", str(root), "--issue-body", str(BODY), "--write"]) == 0
    out = capsys.readouterr().out
    after = files_of(root)
    assert [name for name in after if before.get(name) != after[name]] == ["dl4m.bib"]
    (root / "dl4m.bib").write_bytes(before["dl4m.bib"])
    diff = out[out.index("--- a/dl4m.bib") : out.index("\nRow in the README")]
    assert out.endswith("Written to dl4m.bib; `python -m bot render` brings the pages up to date.\n")
    subprocess.run(["git", "apply", "-"], cwd=root, input=diff.encode(), check=True)
    assert files_of(root) == after


def test_a_merged_paper_has_its_row_and_its_pages(root: Path) -> None:
    assert main(["propose", "--root", str(root), "--issue-body", str(BODY), "--write"]) == 0
    assert main(["render", "--root", str(root), "--check"]) == 1
    assert main(["render", "--root", str(root)]) == 0
    assert main(["render", "--root", str(root), "--check"]) == 0
    row = "| [CREPE: A convolutional representation for pitch estimation](https://arxiv.org/abs/1802.06182) |"
    readme = (root / "README.md").read_text()
    rows = [line for line in readme.split("\n") if line.startswith("| ")]
    assert rows[2].startswith(row)  # the newest year comes first, below heading and rule
    assert "143 papers" in readme
    assert "Salamon, Justin" in (root / "authors.md").read_text()
    assert "2018" in (root / "fig" / "articles_per_year.svg").read_text()


def test_json_is_all_that_goes_to_standard_output(root: Path) -> None:
    result = run("propose", "--issue-body", "-", "--json", "--root", root, stdin=BODY.read_bytes())
    assert result.returncode == 0
    proposal = json.loads(result.stdout)
    assert list(proposal) == ["status", "title", "branch", "entries", "problems"]
    assert (proposal["status"], proposal["branch"]) == ("ok", "bot/Kim2018")
    [entry] = proposal["entries"]
    assert list(entry) == ["key", "type", "fields", "bibtex", "row"]
    assert entry["fields"]["author"] == "Kim, Jong Wook and Salamon, Justin and Li, Peter and Bello, Juan Pablo"
    for problem in proposal["problems"]:
        assert list(problem) == ["severity", "rule", "key", "field", "line", "message", "fix"]


def test_with_errors_the_status_says_so_and_write_writes_nothing(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = root / "body.md"
    body.write_text("### Title of the paper\n\nX\n\n### Year of publication\n\nsoon\n")
    before = files_of(root)
    assert main(["propose", "--root", str(root), "--issue-body", str(body), "--write", "--json"]) == 1
    proposal = json.loads(capsys.readouterr().out)
    assert proposal["status"] == "problems"
    assert {problem["field"] for problem in proposal["problems"] if problem["severity"] == "error"} == {
        "author",
        "year",
    }
    assert files_of(root) == before


def test_validate_prints_each_problem_with_its_line_sorted_and_a_summary_last(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = root / "x.bib"
    path.write_text(
        "@misc{Doe2001,\n  author = {Doe, J et al.},\n  title = {A paper},\n  year = {2001},\n}\n\n@misc{b\n"
    )
    assert main(["validate", str(path), "--root", str(root)]) == 1
    *lines, summary = capsys.readouterr().out.rstrip("\n").split("\n")
    assert [line.split(":")[1] for line in lines] == sorted((line.split(":")[1] for line in lines), key=int)
    [et_al] = [line for line in lines if "et-al" in line]
    assert et_al.startswith(f"{path}:2: error: ")
    assert et_al.endswith("]")
    assert f"{path}:7: error: " in "\n".join(lines)
    assert summary.startswith("1 entry: ")


def test_validate_finds_no_error_in_the_list() -> None:
    assert run("validate").returncode == 0


def test_validate_writes_annotations_for_github_and_json_for_programs(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = root / "x.bib"
    path.write_text("@misc{Doe2001,\n  author = {Doe, J},\n  title = {100% a::b\r},\n  year = {1},\n}\n")
    assert main(["validate", str(path), "--root", str(root), "--format", "github"]) == 1
    lines = capsys.readouterr().out.split("\n")
    assert any(line.startswith("::error file=") and ",line=4,title=year" in line for line in lines)
    assert main(["validate", str(path), "--root", str(root), "--format", "json"]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert shown["entries"] == 1
    assert {"file", "line", "rule", "severity", "message", "fix"} <= shown["problems"][0].keys()


def test_what_was_wrong_in_an_earlier_commit_can_be_left_out(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bib = root / "dl4m.bib"
    wrong = "@misc{Doe2001,\n  author = {Doe, J},\n  title = {A paper},\n  year = {soon},\n}\n"
    bib.write_text(f"{wrong}\n{bib.read_text()}")
    git = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message=All"]):
        subprocess.run([*git, *command], check=True)
    bib.write_text("% a line more\n" + bib.read_text())
    assert main(["validate", "--root", str(root)]) == 1
    capsys.readouterr()
    assert main(["validate", "--root", str(root), "--since", "HEAD"]) == 0
    assert "year-shape" not in capsys.readouterr().out
    bib.write_text(bib.read_text() + "\n" + wrong.replace("2001", "2002").replace("A paper", "Another"))
    assert main(["validate", "--root", str(root), "--since", "HEAD"]) == 1
    out = capsys.readouterr().out
    assert out.count("[year-shape]") == 1
    assert "Doe2002" in out


def test_check_shows_what_is_out_of_date_with_a_diff(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    readme = root / "README.md"
    readme.write_text(readme.read_text().replace("142 papers", "141 papers") + "\nPeople's own text.\n")
    (root / "tasks.md").unlink()
    assert main(["render", "--check", "--root", str(root)]) == 1
    out = capsys.readouterr().out
    assert "-- 141 papers" in out
    assert "+- 142 papers" in out
    assert "People's own" not in out
    assert "--- /dev/null\n+++ b/tasks.md" in out
    assert out.rstrip().split("\n")[-1].startswith("out of date: README.md, tasks.md")


def test_render_leaves_what_belongs_to_people(root: Path) -> None:
    readme = root / "README.md"
    readme.write_text("Mine above.\n" + readme.read_text() + "\nMine below.\n")
    kept = {name: (root / name).read_bytes() for name in ("acronyms.md", "sources.md", "CONTRIBUTING.md", "dl4m.bib")}
    assert main(["render", "--root", str(root)]) == 0
    assert {name: (root / name).read_bytes() for name in kept} == kept
    assert readme.read_text().startswith("Mine above.\n")
    assert readme.read_text().endswith("\nMine below.\n")


def test_the_list_is_rendered(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "--check", "--root", str(ROOT)]) == 0
    assert "up to date" in capsys.readouterr().out


def test_root_and_config_are_understood_before_and_after_the_command(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = root / "other.yml"
    other.write_text((root / ".github" / "bot.yml").read_text().replace("dl4m.bib", "other.bib"))
    (root / "other.bib").write_text("")
    for arguments in (
        ["--root", str(root), "--config", str(other), "validate"],
        ["validate", "--root", str(root), "--config", str(other)],
        ["--root", str(root), "validate", "--config", str(other)],
    ):
        assert main(arguments) == 0
        assert capsys.readouterr().out.startswith("0 entries: ")
    monkeypatch.setenv("BOT_CONFIG", str(other))
    assert main(["validate", "--root", str(root)]) == 0
    assert capsys.readouterr().out.startswith("0 entries: ")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["validate", "absent.bib"], "absent.bib: there is no such file"),
        (["validate", "--config", "absent.yml"], "absent.yml: there is no such file"),
        (["validate", "--root", "absent"], "absent: there is no such folder"),
        (["propose", "--issue-body", "absent.md"], "absent.md: there is no such file"),
        (["propose", "--issue-body", "."], "this is a folder"),
        (["import", "absent.tsv"], "absent.tsv: there is no such file"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(arguments: list[str], sentence: str) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert result.stdout == b""
    [line] = result.stderr.decode().rstrip("\n").split("\n")
    assert sentence in line


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["propose"], ["validate", "--format", "xml"]])
def test_arguments_that_are_wrong_show_the_usage(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert b"usage: python -m bot" in result.stderr
    assert b"Traceback" not in result.stderr


def test_help_is_the_table_of_contents() -> None:
    out = run("--help").stdout.decode()
    for word in ("propose", "validate", "render", "import", "--root", "exit status", "examples"):
        assert word in out
    assert "--issue-body" in run("propose", "--help").stdout.decode()


@pytest.mark.parametrize(
    ("name", "data", "status"),
    [
        ("empty", b"", 0),
        ("binary", bytes(range(256)) * 40, 1),
        ("utf16", "@misc{a, title = {x}}".encode("utf-16"), 1),
        ("latin1", "@misc{Doe2001, author = {Doe, J}, title = {é}, year = {2001}}".encode("latin-1"), 1),
    ],
)
def test_a_file_that_is_no_bibliography_gets_its_sentence(name: str, data: bytes, status: int, root: Path) -> None:
    path = root / f"{name}.bib"
    path.write_bytes(data)
    result = run("validate", path, "--root", root)
    assert result.returncode == status
    assert b"Traceback" not in result.stderr
    assert (b"UTF-8" in result.stdout) == (status == 1)
    (root / "dl4m.bib").write_bytes(data)
    result = run("propose", "--issue-body", BODY, "--root", root, "--write")
    assert result.returncode == status
    assert b"Traceback" not in result.stderr
    assert ((root / "dl4m.bib").read_bytes() == data) == (status == 1)


def test_the_reader_of_a_pipe_may_stop_early() -> None:
    command = f"{sys.executable} -m bot validate | head -n 1"
    result = subprocess.run(command, shell=True, capture_output=True, cwd=ROOT, check=False)
    assert result.stderr == b""
