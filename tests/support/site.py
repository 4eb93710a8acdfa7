"""A host with the page of one paper, a list that links to it, and those who answer for other addresses."""

from collections.abc import Iterator

import pytest

from tests.support.desk import BIRDS, birds
from tests.support.faults import FaultyServer, Reply, Request, answer_text
from tests.support.owners import Facts, Owners

TITLE = "Listening to owls at night"
ABSTRACT = "<p>" + "Owls call at dusk, and who counts their calls knows how many there are. " * 6
PAGE = answer_text(f"<!DOCTYPE html><title>{TITLE}</title><h1>{TITLE}</h1>{ABSTRACT}", "text/html")
MISSING = answer_text("<title>404</title><p>Not here.", "text/html", 404)


class Site:
    """A host with the page of a paper, which works until it is told otherwise."""

    def __init__(self) -> None:
        self.answer = PAGE
        self.server = FaultyServer(self._serve, host="127.81.0.1")
        self.url = f"{self.server.url}/owls.html"

    def _serve(self, request: Request) -> Reply:
        return self.answer if request.path == "/owls.html" else MISSING

    @property
    def looks(self) -> int:
        return sum(request.path == "/owls.html" for request in self.server.requests)


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    with made.server:
        yield made


@pytest.fixture
def owners() -> Iterator[Owners]:
    with Owners(Facts()) as running:
        yield running


def configured(owners: Owners, more: str = "") -> str:
    places = "".join(f"    {name}: {{url: '{url}', spacing: 0}}\n" for name, url in owners.urls.items())
    return f"\nlinks:\n  pause: 0\n  timeout: 2\n{more}  owners:\n{places}web:\n  allow: [127.0.0.0/8]\n"


def listing(url: str) -> dict[str, bytes]:
    entry = f"""
@misc{{Thoreau2018,
  author = {{Thoreau, Henry David}},
  title = {{{TITLE}}},
  year = {{2018}},
  link = {{{url}}},
}}
"""
    bare = BIRDS.replace("  doi = {10.7717/peerj.488},\n", "")  # so that this one link is all there is
    return {**birds(), "data/birds.bib": (bare + entry).encode()}
