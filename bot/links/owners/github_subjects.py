"""What an address at GitHub is about, and what is observed of it; the two APIs are in modules of their own."""

import re
from enum import Enum, auto
from urllib.parse import unquote

import msgspec

from bot.links.observation import Kind, Observation
from bot.links.owners.owner import after_host

HEADERS = (("Accept", "application/vnd.github+json"), ("X-GitHub-Api-Version", "2022-11-28"))
TOKEN = "GITHUB_TOKEN"  # noqa: S105  # the name of a variable
UNKNOWN_REPOSITORY = "GitHub knows no such repository"
UNKNOWN_PATH = "the repository has no such path"
UNKNOWN_ACCOUNT = "GitHub knows no such user or organization"
RENAMED = "renamed to {name}"
ARCHIVED = "archived"
BLOCKED = "GitHub has blocked access to the repository"

_HOSTS = frozenset({"github.com", "www.github.com"})
_PAGES = "https://github.com/"
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,38}")
_NAME = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}")
_FULL_NAME = re.compile(rf"{_LOGIN.pattern}/{_NAME.pattern}")
# git-check-ref-format; what else it allows in a revision (`main^`, `HEAD~2`, `@{1}`) is no name of one.
_REF = re.compile(r"(?!.*(?:\.\.|@\{))[^\s~^:?*\[\\/-][^\s~^:?*\[\\/]*")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")  # GraphQL's Int has 32 bits
_OK, _NOT_FOUND, _FOR_LEGAL_REASONS = 200, 404, 451
_SAYS_BLOCKED = "access blocked"
# Pages of GitHub itself, which stand where users do. Nobody can have these names.
_RESERVED = frozenset(
    (
        *("about", "account", "advisories", "ai", "apps", "blog", "business", "careers", "cla", "codespaces"),
        *("collections", "community", "contact", "copilot", "customer-stories", "customers", "dashboard"),
        *("developer", "discussions", "downloads", "education", "enterprise", "enterprises", "events", "explore"),
        *("features", "garage", "gist", "git-guides", "github-copilot", "guides", "help", "home", "images"),
        *("integrations", "issues", "join", "login", "logos", "logout", "maintainers", "marketplace", "mirrors"),
        *("mobile", "models", "new", "newsletter", "newsroom", "nonprofit", "notifications", "open-source"),
        *("organizations", "orgs", "partners", "password_reset", "personal", "plans", "popular", "premium-support"),
        *("press", "pricing", "privacy", "pulls", "readme", "repos", "repositories", "resources", "search"),
        *("security", "sessions", "settings", "showcases", "signup", "site", "site-policy", "sitemap", "social"),
        *("social-impact", "solutions", "spark", "sponsors", "stafftools", "starred", "stars", "startups", "status"),
        *("suggestions", "support", "team", "teams", "terms", "topics", "tos", "training", "trending", "universe"),
        *("user", "users", "watching", "webhooks", "why-github", "wiki"),
    )
)


class Sort(Enum):
    """What can be asked for."""

    ACCOUNT = auto()
    REPOSITORY = auto()
    PATH = auto()
    ISSUE = auto()
    RELEASE = auto()


class Thing(msgspec.Struct, frozen=True):
    """What an address is about: a user or an organisation (``name`` is empty), a repository, or something inside one.

    ``inner`` is a revision and a path (``main:README.md``, ``main``), the number of an issue or pull request, or the
    tag of a release. ``rest`` is what follows the repository's name in the address.
    """

    sort: Sort
    owner: str
    name: str = ""
    inner: str = ""
    rest: str = ""


def claim(url: str) -> str | None:
    """What follows the host in an address that GitHub's API can answer for."""
    rest = after_host(url, _HOSTS)
    return rest if rest and thing(rest) else None


def thing(subject: str) -> Thing | None:
    """What a subject is about; ``None`` for one that the API cannot answer for.

    Of a branch whose name has slashes only the first part is taken: such a subject is not found, and so not answered.
    """
    path = re.split(r"[?#]", subject, maxsplit=1)[0]
    _, *parts = path.removesuffix("/").split("/")
    if not parts or not _LOGIN.fullmatch(parts[0]) or parts[0].lower() in _RESERVED:
        return None
    owner = parts[0]
    if len(parts) == 1:
        return Thing(Sort.ACCOUNT, owner)
    name = parts[1].removesuffix(".git")
    if not _NAME.fullmatch(name):
        return None
    sort, inner = _inside([unquote(part, errors="replace") for part in parts[2:]])
    return Thing(sort, owner, name, inner, subject[len(f"/{owner}/{name}") :]) if sort else None


def _inside(parts: list[str]) -> tuple[Sort | None, str]:
    """What the rest of a repository's address is about."""
    if any(part in ("", ".", "..") or not part.isprintable() for part in parts):
        return None, ""
    match parts:
        case []:
            return Sort.REPOSITORY, ""
        case ["tree" | "blob", ref, *path] if _REF.fullmatch(ref):
            return Sort.PATH, ":".join((ref, "/".join(path))) if path else ref
        case ["issues" | "pull", number] if _NUMBER.fullmatch(number):
            return Sort.ISSUE, number
        case ["releases", "tag", *tag] if tag:
            return Sort.RELEASE, "/".join(tag)
    return None, ""


def full_name(url: str) -> str:
    """``owner/name`` of the repository within which an address lies; empty for others."""
    rest = after_host(url, _HOSTS)
    return "/".join(rest.split("/")[1:3]) if rest else ""


def known(one: Thing, full_name: str, *, is_archived: bool = False) -> Observation | None:
    """What is observed of something in a repository whose name is this now; ``None`` where that is no name."""
    if not _FULL_NAME.fullmatch(full_name):
        return None
    note = ARCHIVED if is_archived else ""
    if full_name.lower() == f"{one.owner}/{one.name}".lower():
        return Observation(Kind.OK, status=_OK, note=note)
    reason, target = RENAMED.format(name=full_name), f"{_PAGES}{full_name}{one.rest}"
    return Observation(Kind.MOVED, reason, status=_OK, target=target, fit=True, note=note)


def there() -> Observation:
    """A user's or an organisation's page that is there."""
    return Observation(Kind.OK, status=_OK)


def gone(one: Thing) -> Observation:
    """A user, an organisation or a repository that is not known."""
    return Observation(Kind.GONE, UNKNOWN_REPOSITORY if one.name else UNKNOWN_ACCOUNT, status=_NOT_FOUND)


def no_such_path() -> Observation:
    """A path that its branch does not have."""
    return Observation(Kind.GONE, UNKNOWN_PATH, status=_NOT_FOUND)


def says_blocked(message: str) -> bool:
    """Whether an error says that a repository was taken down, by law or by GitHub's own terms."""
    return _SAYS_BLOCKED in message.lower()


def blocked() -> Observation:
    """A repository that was taken down."""
    return Observation(Kind.BLOCKED, BLOCKED, status=_FOR_LEGAL_REASONS)
