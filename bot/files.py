"""The edge to the disk: reading with a sentence when that fails, and writing that is whole or not at all."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from bot.problems import UsageError


def read(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        UsageError: there is no such file, or it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise UsageError(f"{path}: this is a folder, not a file") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None


def read_text(path: Path, *, keep_mark: bool = False) -> str:
    """A text file; line ends stay as they are, a byte order mark only with ``keep_mark``, for what is written back.

    Raises:
        UsageError: as ``read``, or the file is no UTF-8.
    """
    try:
        return read(path).decode("utf-8" if keep_mark else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from None


def write(path: Path, data: bytes) -> None:
    """Put ``data`` in the file's place in one step: whoever is interrupted leaves the old file, and no other.

    A symbolic link stays one; the file keeps its permissions.

    Raises:
        UsageError: the file cannot be written.
    """
    import tempfile

    path = Path(os.path.realpath(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(_mode(path))
            Path(temporary).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None


def write_all(root: Path, files: Mapping[str, bytes | None]) -> None:
    """Write several files under ``root``; ``None`` deletes one. Each is whole or untouched."""
    for name, data in files.items():
        if data is not None:
            write(root / name, data)
            continue
        try:
            (root / name).unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(f"{root / name}: cannot be deleted: {error.strerror}") from None


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode & 0o7777
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask
