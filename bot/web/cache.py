"""Answers kept in a folder from one run to the next, to be asked for again by condition (RFC 9110, section 13)."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

_LARGEST = 10_000_000


class _Head(msgspec.Struct, frozen=True):
    """What stands above a kept body."""

    address: str
    etag: str = ""
    modified: str = ""


class Cache:
    """One folder; each answer is a file of its own. A file that cannot be read or written is as good as none."""

    def __init__(self, folder: Path) -> None:
        """The folder is made when there is something to keep."""
        self._folder = folder

    def conditions(self, address: str) -> dict[str, str]:
        """The headers of a conditional request; none where nothing is kept."""
        head, _ = self._read(address)
        headers = {"If-None-Match": head.etag, "If-Modified-Since": head.modified} if head else {}
        return {name: value for name, value in headers.items() if value}

    def body(self, address: str) -> bytes:
        """The body that is kept; empty where there is none."""
        return self._read(address)[1]

    def keep(self, address: str, headers: Mapping[str, str], body: bytes) -> None:
        """Keep an answer, if it has what a condition needs."""
        head = _Head(address, headers.get("ETag", ""), headers.get("Last-Modified", ""))
        if not (head.etag or head.modified) or len(body) > _LARGEST:
            return
        path = self._path(address)
        new = path.with_suffix(f".{os.getpid()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            new.write_bytes(msgspec.json.encode(head) + b"\n" + body)
            new.replace(path)
        except OSError:
            return

    def _read(self, address: str) -> tuple[_Head | None, bytes]:
        try:
            first, _, body = self._path(address).read_bytes().partition(b"\n")
            head = msgspec.json.decode(first, type=_Head)
        except (OSError, msgspec.MsgspecError):
            return None, b""
        return (head, body) if head.address == address else (None, b"")

    def _path(self, address: str) -> Path:
        return self._folder / hashlib.sha256(address.encode(errors="replace")).hexdigest()
