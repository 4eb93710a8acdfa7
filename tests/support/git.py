"""git, as the tests call it: without the settings of the machine that they run on."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_ISOLATED = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


class GitError(Exception):
    """git ended with another status than 0; the text is what it said."""


def git(folder: Path, *arguments: str, data: bytes = b"", environment: Mapping[str, str] | None = None) -> bytes:
    """What git prints when it is run in a folder.

    Raises:
        GitError: it fails.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        input=data,
        capture_output=True,
        env={**kept, **_ISOLATED, **(environment or {})},
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace") or done.stdout.decode("utf-8", "replace")
        raise GitError(f"git {arguments[0]}: {said.strip()}")
    return done.stdout
