"""arXiv's API, asked whether papers exist, and whether they were withdrawn."""

import re
from collections.abc import Sequence

from bot.bibliography import identifiers
from bot.links.observation import Kind, Observation
from bot.links.owners.owner import SAYS_LIMIT, SAYS_STATUS, LimitError, Owner, after_host, quoted
from bot.metadata.source import NonsenseError
from bot.metadata.sources import arxiv

UNKNOWN = "arXiv knows no such paper"
WITHDRAWN = "withdrawn: {notice}"
_KNOWS_NONE = "the answer holds none of {count} papers"

# Its other mirrors come and go; their addresses are looked at like others.
_HOSTS = frozenset({"arxiv.org", "www.arxiv.org", "export.arxiv.org"})
_PAPER = re.compile(r"/(?:abs|pdf|html|format|ps|e-print|src)/[^?#]")
_OK, _NOT_FOUND = 200, 404
_LIMITED = frozenset({403, 429, 503})
_ENTRY = re.compile(rb"<(?:[\w-]{1,20}:)?entry[\s/>]")
_TOTAL = re.compile(rb"<(?:[\w-]{1,20}:)?totalResults\b[^<>]*>\s*+(\d{1,9})\s*+<")


def claim(url: str) -> str | None:
    """The identifier, without its version, of the paper that an address of arXiv's is about."""
    rest = after_host(url, _HOSTS)
    found = identifiers.arxiv(f"https://arxiv.org{rest}") if rest and _PAPER.match(rest) else None
    return found.id if found else None


def read(status: int, body: bytes, subjects: Sequence[str]) -> dict[str, Observation]:
    """Which of the papers exist.

    The feed leaves out what arXiv does not know (https://github.com/lukasschwab/arxiv.py/issues/82). It is also known
    to be cut or empty for no reason (…/issues/43): a paper is only missing from a feed that has as many entries as it
    says, if it says that, and from an empty one only if it was asked for by itself.
    """
    if status in _LIMITED:
        raise LimitError(SAYS_LIMIT.format(status=status))
    if status != _OK:
        raise NonsenseError(SAYS_STATUS.format(status=status))
    records = arxiv.read(body, subjects)
    found = {one: _known(record.notice if record.withdrawn else "") for one, record in records.items()}
    entries = len(_ENTRY.findall(body))
    if not entries and len(subjects) > 1:
        raise NonsenseError(_KNOWS_NONE.format(count=len(subjects)))
    total = _TOTAL.search(body)
    if total is None or int(total[1]) == entries or len(subjects) == 1:
        missing = Observation(Kind.GONE, UNKNOWN, status=_NOT_FOUND)
        found |= {one: missing for one in subjects if one not in found and f"abs/{one}".encode() not in body}
    return found


def _known(notice: str) -> Observation:
    return Observation(Kind.OK, status=_OK, note=WITHDRAWN.format(notice=quoted(notice)) if notice else "")


ARXIV = Owner(
    name="arxiv",
    title="arXiv",
    url=arxiv.SOURCE.url,
    spacing=arxiv.SOURCE.spacing,
    batch=arxiv.SOURCE.batch,
    claim=claim,
    query=arxiv.query,
    read=read,
)
