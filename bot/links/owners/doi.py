"""The handle API of the DOI system: whether a DOI exists, wherever it leads.

https://www.doi.org/the-identifier/resources/factsheets/doi-resolution-documentation, “DOI Proxy Server REST API”.
"""

import re
from collections.abc import Sequence
from urllib.parse import quote, unquote

from bot.bibliography import identifiers
from bot.links.observation import Kind, Observation
from bot.links.owners.owner import SAYS_LIMIT, SAYS_STATUS, LimitError, Owner, after_host
from bot.metadata.source import NonsenseError, Query
from bot.metadata.sources import shape

UNKNOWN = "DOI unknown to its registry"
NO_ADDRESS = "its registry has no address for this DOI"
FAILED = "the DOI's registry failed (response code {code})"
_NO_CODE = "the answer has no response code"

# hdl.handle.net resolves any handle; those with a prefix `10.` are DOIs.
_HOSTS = frozenset({"doi.org", "www.doi.org", "dx.doi.org", "hdl.handle.net"})
_LABEL = re.compile(r"doi:", re.IGNORECASE)
_SHORT = re.compile(r"10/[a-z0-9]+", re.IGNORECASE)  # https://shortdoi.org
_OK, _NOT_FOUND, _TOO_MANY = 200, 404, 429
# Handle.net Technical Manual, section 14.1 “Response Codes”.
_EXISTS, _UNKNOWN, _NO_VALUES = 1, 100, 200
_LEADS = frozenset({"URL", "10320/LOC", "HS_ALIAS"})


def claim(url: str) -> str | None:
    """The DOI of an address that the DOI system resolves, in lower case, as its reader would send it.

    What follows it stays: the DOI system would not drop a full stop either.
    """
    rest = after_host(url, _HOSTS)
    if rest is None:
        return None
    name = unquote(re.split(r"[?#]", rest[1:], maxsplit=1)[0], errors="replace")
    name = _LABEL.sub("", name, count=1) if _LABEL.match(name) else name
    if _SHORT.fullmatch(name):
        return name.lower()
    found = identifiers.doi(name)
    return name.lower() if found and name.lower().startswith(found) and name.isprintable() and " " not in name else None


def query(subjects: Sequence[str]) -> Query:
    """The request for one DOI."""
    return Query("api/handles/" + quote(subjects[0], safe="/:;()"))


def read(status: int, body: bytes, subjects: Sequence[str]) -> dict[str, Observation]:
    """Whether the DOI exists. An unknown one comes with status 404 and code 100, a page with 404 says nothing of it."""
    if status == _TOO_MANY:
        raise LimitError(SAYS_LIMIT.format(status=status))
    answer = shape.load(body)
    code = shape.at(answer, "responseCode")
    if not isinstance(code, int) or isinstance(code, bool):
        raise NonsenseError(_NO_CODE)
    if code == _UNKNOWN and status in (_OK, _NOT_FOUND):
        observation = Observation(Kind.GONE, UNKNOWN, status=_NOT_FOUND)
    elif code in (_EXISTS, _NO_VALUES) and status == _OK:
        types = {shape.text(value, "type").upper() for value in shape.objects(answer, "values")}
        observation = Observation(Kind.OK, status=_OK, note="" if types & _LEADS else NO_ADDRESS)
    elif code in (_EXISTS, _UNKNOWN, _NO_VALUES):
        raise NonsenseError(SAYS_STATUS.format(status=status))
    else:
        observation = Observation(Kind.ERROR, FAILED.format(code=code), status=status, again=True)
    return dict.fromkeys(subjects, observation)


DOI = Owner(
    name="doi",
    title="the DOI registry",
    url="https://doi.org",
    spacing=0.1,
    batch=1,
    claim=claim,
    query=query,
    read=read,
    page=False,
)
