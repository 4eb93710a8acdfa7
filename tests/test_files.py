"""Writing a file: whole or not at all, wherever it is cut off."""

import os
import tempfile
from pathlib import Path

import pytest

from bot import files
from bot.problems import UsageError

CALLS = [
    (tempfile, "mkstemp"),
    (os, "fdopen"),
    (os, "fsync"),
    (Path, "chmod"),
    (Path, "replace"),
]


@pytest.mark.parametrize(("owner", "name"), CALLS, ids=[name for _, name in CALLS])
@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "cut off"]
)
def test_a_write_that_fails_at_any_call_leaves_the_old_file_and_no_other(
    owner: object, name: str, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "list.bib"
    path.write_bytes(b"old")

    def fail(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, fail)
        with pytest.raises(UsageError if isinstance(error, OSError) else KeyboardInterrupt):
            files.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["list.bib"]


def test_a_write_to_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        files.write(Path("/dev/full/list.bib"), b"new")


def test_what_is_written_is_there_with_the_permissions_of_before(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "list.bib"
    files.write(path, b"one")
    path.chmod(0o640)
    files.write(path, b"two\r\n")
    assert path.read_bytes() == b"two\r\n"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    target, link = tmp_path / "target.bib", tmp_path / "list.bib"
    target.write_bytes(b"old")
    link.symlink_to(target)
    files.write(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_none_deletes_a_file_and_does_not_mind_when_it_is_gone(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("old")
    files.write_all(tmp_path, {"a.md": None, "b.md": None, "c.md": b"new"})
    assert [file.name for file in tmp_path.iterdir()] == ["c.md"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("absent", None, "there is no such file"),
        ("utf16", "text".encode("utf-16"), "not UTF-8"),
        ("latin1", "é".encode("latin-1"), "not UTF-8"),
    ],
)
def test_a_text_that_cannot_be_read_gets_its_sentence(
    name: str, content: bytes | None, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=sentence):
        files.read_text(path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a folder"):
        files.read(tmp_path)


def test_a_byte_order_mark_is_dropped_and_line_ends_stay(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\n")
    assert files.read_text(path) == "a\r\nb\n"
    assert files.read_text(path, keep_mark=True) == "\ufeffa\r\nb\n"
