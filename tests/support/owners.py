"""Who answers for addresses, on this machine: a server that answers like the DOI system's handle API, arXiv's API,
GitHub's GraphQL and REST APIs, and the Wayback Machine with its list of captures.

``Facts`` is what they know, ``Owners`` serves it. The shapes are those of
https://www.doi.org/the-identifier/resources/factsheets/doi-resolution-documentation,
https://info.arxiv.org/help/api/user-manual.html, https://docs.github.com/en/graphql, https://docs.github.com/en/rest
and https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server. What a question holds beyond what is
known here is refused with the owner's own error, so that nobody relies on it.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import unquote, urlencode

import msgspec

from tests.support.faults import FaultyServer, Reply, Request, answer_json, answer_text, redirect
from tests.support.sources import Case, Library

NAMES = ("doi", "arxiv", "github", "wayback")


class Repository(msgspec.Struct, frozen=True, kw_only=True):
    """A repository at GitHub: ``name`` is ``owner/name``, ``old`` are names that it had.

    ``paths`` are those that it has at each revision, issues and pull requests share their ``numbers``. ``blocked``
    says that it was taken down.
    """

    name: str
    old: tuple[str, ...] = ()
    archived: bool = False
    paths: Mapping[str, tuple[str, ...]] = MappingProxyType({"main": ("README.md",)})
    numbers: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()
    blocked: bool = False


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A capture: ``at`` in fourteen digits; ``to`` is where a captured redirect leads to."""

    url: str
    at: str
    status: int = 200
    type: str = "text/html"
    body: bytes = b"<!DOCTYPE html><title>A page</title><p>As it was."
    to: str = ""


class Facts(msgspec.Struct, kw_only=True):
    """What the owners know: DOIs in lower case with their addresses (``None`` for none), arXiv's papers as in
    ``tests/data/preprints``, repositories, names of users, captures."""

    dois: dict[str, str | None] = {}
    papers: list[Case] = []
    repositories: list[Repository] = []
    users: set[str] = set()
    copies: list[Copy] = []


class Owners:
    """The facts served on a free port, each owner under its own address; ends with its ``with``.

    GitHub's GraphQL answers only one who has the ``token``, its REST API ``free`` questions without.
    """

    def __init__(self, facts: Facts, *, token: str = "secret", free: int = 60) -> None:
        self.facts = facts
        self.token = token
        self.free = free
        self.override: dict[str, Callable[[Request], Reply]] = {}
        """What answers instead of an owner, by its name."""
        self._server = FaultyServer(self._answer)

    @property
    def urls(self) -> dict[str, str]:
        """Each owner's base address."""
        return {name: f"{self._server.url}/{name}" for name in NAMES}

    def requests(self, name: str) -> list[Request]:
        """The requests that an owner had, in order."""
        return [one for one in self._server.requests if one.path.split("/")[1] == name]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def _answer(self, request: Request) -> Reply:
        _, name, path = f"{request.path}/".split("/", 2)
        if name in self.override:
            return self.override[name](request)
        path = path.removesuffix("/")
        if name == "doi":
            return self._doi(path)
        if name == "arxiv":
            return self._arxiv(path, request)
        if name == "github":
            return self._github(path, request)
        return self._wayback(path, request) if name == "wayback" else answer_text("Not Found", status=404)

    # --- DOI, arXiv --------------------------------------------------------------------------------------------------

    def _doi(self, path: str) -> Reply:
        if not path.startswith("api/handles/"):
            return answer_text("<title>A landing page</title>", "text/html", 418)
        doi = unquote(path.removeprefix("api/handles/"))
        if doi.lower() not in self.facts.dois:
            return answer_json({"responseCode": 100, "handle": doi}, 404)
        admin = {"index": 100, "type": "HS_ADMIN", "data": {"format": "admin", "value": {"handle": "0.na/10.5555"}}}
        address = self.facts.dois[doi.lower()]
        url = {"index": 1, "type": "URL", "data": {"format": "string", "value": address}, "ttl": 86400}
        return answer_json({"responseCode": 1, "handle": doi, "values": [url, admin] if address else [admin]})

    def _arxiv(self, path: str, request: Request) -> Reply:
        answer = Library.of(self.facts.papers).arxiv(f"/{path}", dict(request.query))
        return Reply(status=answer.status, headers={"Content-Type": answer.type}, pieces=str(answer.body).encode())

    # --- GitHub ------------------------------------------------------------------------------------------------------

    def _github(self, path: str, request: Request) -> Reply:
        has_token = request.headers.get("authorization") == f"Bearer {self.token}"
        if path == "graphql":
            if not has_token:
                return answer_json({"message": "This endpoint requires you to be authenticated."}, 401)
            return self._graphql(request.json()["query"])
        if not has_token:
            if self.free == 0:
                limit = {"message": "API rate limit exceeded for 127.0.0.1.", "documentation_url": "https://docs"}
                return answer_json(limit, 403, {"x-ratelimit-remaining": "0"})
            self.free -= 1
        return self._rest([unquote(part) for part in path.split("/")], request)

    def _repository(self, name: str) -> Repository | None:
        name = name.lower()
        current = (one for one in self.facts.repositories if one.name.lower() == name)
        old = (one for one in self.facts.repositories if name in map(str.lower, one.old))
        return next(current, None) or next(old, None)

    def _is_user(self, login: str) -> bool:
        known = {*self.facts.users, *(one.name.split("/")[0] for one in self.facts.repositories)}
        return login.lower() in map(str.lower, known)

    def _graphql(self, text: str) -> Reply:
        try:
            fields = _Selection(text).read()
        except ValueError as error:
            return answer_json({"errors": [{"message": f"Parse error on {error}"}]})
        data: dict[str, Any] = {}
        errors: list[dict[str, Any]] = []
        for alias, name, arguments, inner in fields:
            if name == "repositoryOwner":
                data[alias] = {"login": arguments["login"]} if self._is_user(arguments["login"]) else None
            elif name == "repository":
                data[alias], fault = self._node(arguments, inner)
                errors += [{**fault, "path": [alias, *fault["path"]]}] if fault else []
            else:
                errors.append({"path": ["query", alias], "message": f"Field '{name}' doesn't exist on type 'Query'"})
        return answer_json({"data": data, **({"errors": errors} if errors else {})})

    def _node(self, arguments: dict[str, Any], inner: list[Any]) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        """A repository's fields, and an error with its path from there."""
        asked = f"{arguments['owner']}/{arguments['name']}"
        one = self._repository(asked)
        if not one:
            message = f"Could not resolve to a Repository with the name '{asked}'."
            return None, {"type": "NOT_FOUND", "path": [], "message": message}
        if one.blocked:
            return None, {"type": "FORBIDDEN", "path": [], "message": "Repository access blocked"}
        node: dict[str, Any] = {}
        fault: dict[str, Any] = {}
        for alias, name, given, _ in inner:
            if name == "nameWithOwner":
                node[alias] = one.name
            elif name == "isArchived":
                node[alias] = one.archived
            elif name == "object":
                ref, _, path = given["expression"].partition(":")
                is_there = ref in one.paths and (not path or _has(one.paths[ref], path))
                node[alias] = {"__typename": "Blob" if path in one.paths.get(ref, ()) else "Tree"} if is_there else None
            elif name == "release":
                node[alias] = {"__typename": "Release"} if given["tagName"] in one.tags else None
            elif name == "issueOrPullRequest":
                node[alias] = {"__typename": "Issue"} if given["number"] in one.numbers else None
                if not node[alias]:
                    message = f"Could not resolve to an issue or pull request with the number of {given['number']}."
                    fault = {"type": "NOT_FOUND", "path": [alias], "message": message}
        return node, fault

    def _rest(self, parts: list[str], request: Request) -> Reply:
        not_found = answer_json({"message": "Not Found", "documentation_url": "https://docs", "status": "404"}, 404)
        if parts[0] == "users" and len(parts) == 2:
            return answer_json({"login": parts[1], "type": "User"}) if self._is_user(parts[1]) else not_found
        if parts[0] == "repositories" and parts[1].isdigit() and int(parts[1]) < len(self.facts.repositories):
            one: Repository | None = self.facts.repositories[int(parts[1])]
            rest = parts[2:]
        elif parts[0] == "repos" and len(parts) > 2:
            one, rest = self._repository("/".join(parts[1:3])), parts[3:]
        else:
            return not_found
        if not one:
            return not_found
        if one.blocked:
            block = {
                "reason": "dmca",
                "created_at": "2021-04-22T17:53:56Z",
                "html_url": "https://github.com/github/dmca",
            }
            return answer_json({"message": "Repository access blocked", "block": block}, 451)
        if parts[0] == "repos" and one.name.lower() != "/".join(parts[1:3]).lower():
            number = self.facts.repositories.index(one)
            place = "/".join((f"{self.urls['github']}/repositories/{number}", *rest))
            query = f"?{urlencode(request.query)}" if request.query else ""
            return Reply(
                status=301,
                headers={"Location": place + query},
                pieces=json.dumps({"message": "Moved Permanently"}).encode(),
            )
        if not rest:
            return answer_json({"full_name": one.name, "archived": one.archived})
        return self._rest_inside(one, rest, request.param("ref")) or not_found

    def _rest_inside(self, one: Repository, rest: list[str], ref: str) -> Reply | None:
        page = f"https://github.com/{one.name}"
        match rest:
            case ["contents", *path] if ref in one.paths and _has(one.paths[ref], inside := "/".join(path)):
                if inside in one.paths[ref]:
                    return answer_json({"type": "file", "html_url": f"{page}/blob/{ref}/{inside}"})
                within = [name for name in one.paths[ref] if name.startswith(f"{inside}/")]
                return answer_json([{"type": "file", "html_url": f"{page}/blob/{ref}/{name}"} for name in within])
            case ["commits", revision] if revision in one.paths:
                return answer_json({"sha": "0" * 40, "html_url": f"{page}/commit/{'0' * 40}"})
            case ["issues", number] if int(number) in one.numbers:
                return answer_json({"number": int(number), "html_url": f"{page}/issues/{number}"})
            case ["releases", "tags", tag] if tag in one.tags:
                return answer_json({"tag_name": tag, "html_url": f"{page}/releases/tag/{tag}"})
        return None

    # --- The Wayback Machine -----------------------------------------------------------------------------------------

    def _wayback(self, path: str, request: Request) -> Reply:
        if path == "cdx/search/cdx":
            return self._list(request)
        match = re.fullmatch(r"web/(\d{1,14})(?:[a-z]{2}_)?/(.+)", path)
        if not match:
            return answer_text("<title>Wayback Machine</title>", "text/html", 404)
        url = match[2] + (f"?{urlencode(request.query)}" if request.query else "")
        copies = [one for one in self.facts.copies if _key(one.url) == _key(url)]
        if not copies:
            return answer_text("<p>The Wayback Machine has not archived that URL.</p>", "text/html", 404)
        near = min(copies, key=lambda one: abs(int(one.at) - int(match[1].ljust(14, "0"))))
        if near.at != match[1]:
            return redirect(f"{self.urls['wayback']}/web/{near.at}/{near.url}")
        headers = {"Content-Type": near.type, "memento-datetime": "x"}
        if near.to:
            headers["Location"] = f"{self.urls['wayback']}/web/{near.at}/{near.to}"
        return Reply(status=near.status, headers=headers, pieces=near.body)

    def _list(self, request: Request) -> Reply:
        fields = request.param("fl").split(",")
        if request.param("output") != "json" or not request.param("url"):
            return answer_text("Unsupported", status=400)
        rows = []
        for one in sorted(self.facts.copies, key=lambda one: one.at):
            known = {"timestamp": one.at, "original": one.url, "mimetype": one.type, "statuscode": str(one.status)}
            wanted = request.param("filter").partition(":")[::2]
            until = request.param("to") or "99999999999999"
            if _key(one.url) == _key(request.param("url")) and one.at <= until and known[wanted[0]] == wanted[1]:
                rows.append([known[field] for field in fields])
        limit = int(request.param("limit") or 0)
        rows = rows[limit:] if limit < 0 else rows[: limit or None]
        return answer_json([fields, *rows] if rows else [])


def _has(paths: tuple[str, ...], path: str) -> bool:
    return any(one == path or one.startswith(f"{path}/") for one in paths)


def _key(url: str) -> str:
    """The form by which the archive finds an address: no scheme, no `www`, no case."""
    return re.sub(r"^https?:/+(?:www\.)?", "", url.lower()).replace(":80/", "/").rstrip("/")


Field = tuple[str, str, dict[str, Any], list[Any]]
"""Alias, name, arguments, and the fields within."""


class _Selection:
    """A GraphQL query without variables and fragments (https://spec.graphql.org/October2021/#sec-Language)."""

    _TOKEN = re.compile(r'[\s,]*(?:([A-Za-z_]\w*)|("(?:[^"\\\n]|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*")|(-?\d+)|([{}():]))')

    def __init__(self, text: str) -> None:
        self._tokens = list(self._split(text.strip()))
        self._at = 0

    def read(self) -> list[Field]:
        """The fields that are asked for.

        Raises:
            ValueError: it is no such query.
        """
        fields = self._fields()
        if self._at != len(self._tokens):
            raise ValueError("what follows the query")
        return fields

    def _split(self, text: str) -> Iterator[str]:
        at = 0
        while at < len(text):
            match = self._TOKEN.match(text, at)
            if not match:
                raise ValueError(repr(text[at : at + 20]))
            yield match[0].strip(", \n\t")
            at = match.end()

    def _next(self, wanted: str = "") -> str:
        if self._at >= len(self._tokens):
            raise ValueError("the end")
        token = self._tokens[self._at]
        if wanted and token != wanted:
            raise ValueError(f"{token!r}, expected {wanted!r}")
        self._at += 1
        return token

    def _is_next(self, token: str) -> bool:
        return self._tokens[self._at : self._at + 1] == [token]

    def _fields(self) -> list[Field]:
        self._next("{")
        fields = []
        while not self._is_next("}"):
            alias = name = self._next()
            if self._is_next(":"):
                self._next(":")
                name = self._next()
            arguments: dict[str, Any] = {}
            if self._is_next("("):
                self._next("(")
                while not self._is_next(")"):
                    key = self._next()
                    self._next(":")
                    arguments[key] = json.loads(self._next())
                self._next(")")
            fields.append((alias, name, arguments, self._fields() if self._is_next("{") else []))
        self._next("}")
        return fields
