"""All who answer for addresses, in the order in which they are asked whether an address is theirs."""

from bot.links.owners.arxiv import ARXIV
from bot.links.owners.doi import DOI
from bot.links.owners.github import GITHUB
from bot.links.owners.owner import Owner

OWNERS: tuple[Owner, ...] = (DOI, ARXIV, GITHUB)


def owner_of(url: str) -> tuple[Owner, str] | None:
    """Who answers for an address, and for which subject of theirs; ``None`` where its page has to be asked."""
    for owner in OWNERS:
        subject = owner.claim(url)
        if subject is not None:
            return owner, subject
    return None
