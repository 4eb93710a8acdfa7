"""The truth table of observations, read by this bot and by lychee: who says what a person would say."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import mock

import certifi

from bot.links.asking import ask
from bot.links.link import Link, Place
from bot.links.look import Looker
from bot.links.observation import Kind
from bot.links.turns import Turns, polite
from bot.web.session import Limits, Web
from tests.links.truth import CASES, Case, filled, strangers
from tests.support.strangers import Strangers

LYCHEE = Path(sys.executable).with_name("lychee")
PATIENCE = 5.0  # seconds that both give an answer
_ENTRY = "@misc{{paper,\n  title = {{{title}}},\n  url = {{{url}}},\n}}\n"


def observed() -> dict[str, Kind]:
    """What this bot sees of each case after the tries of one run."""
    with _served() as serving, mock.patch.object(certifi, "where", return_value=str(serving.authority)):
        links = {filled(each.address, each.name, serving): each for each in CASES}
        limits = Limits(connect=PATIENCE, read=PATIENCE, total=PATIENCE, repeats=0)
        turns = Turns(0.0)
        with Web("Mozilla/5.0 (compatible; bench/1)", allow=serving.allow, limits=limits, complete_chains=True) as web:
            look = Looker(polite(web.open, turns)).look
            listed = [Link(url, (Place("a.bib", 1, url, title=each.title),)) for url, each in links.items()]
            return {
                links[one.link.url].name: one.observation.kind
                for one in ask(listed, look, turns, connections=64)
                if one.observation
            }


def said_by_lychee() -> dict[str, str]:
    """What lychee says of each case: ``ok``, ``error``, ``excluded``, or nothing where it found no address.

    Each case is a BibTeX file of its own, as a list has the address. It is told to leave private networks alone, and
    the one host that stands for them here; not loopback, where all the others are.
    """
    with _served() as serving, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, each in enumerate(CASES):
            url = filled(each.written, each.name, serving)
            (folder / f"{number}.bib").write_text(_ENTRY.format(title=each.title, url=url))
        (folder / "lychee.toml").write_text("")
        options = ["--config", "lychee.toml", "--format", "json", "--no-progress", "-vv", "--timeout", f"{PATIENCE:g}"]
        options += ["--exclude-private", "--exclude-link-local", "--exclude", r"^https?://127\.99\."]
        done = subprocess.run(
            [str(LYCHEE), *options, *(f"{number}.bib" for number in range(len(CASES)))],
            cwd=folder,
            env={**os.environ, "SSL_CERT_FILE": str(serving.authority)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return {CASES[int(Path(file).stem)].name: word for file, word in _said(json.loads(done.stdout))}


def _said(report: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    maps = {"success_map": "ok", "excluded_map": "excluded", "timeout_map": "error", "error_map": "error"}
    for key, word in maps.items():
        found = report.get(key)
        for file in found if isinstance(found, dict) else ():
            yield file, word


def is_right(each: Case, word: str) -> bool:
    """Whether lychee's word is what a person would say, as far as it has words: none for a wall, which is no error."""
    match each.ends:
        case Kind.OK | Kind.MOVED:
            return word == "ok"
        case Kind.BLOCKED:
            return False
        case Kind.REFUSED | Kind.ERROR:
            return word in ("error", "excluded")  # it leaves out names that are kept for examples
        case _:
            return word == "error"


def rows() -> list[list[str]]:
    """For each observation how many cases there are, and how many of them each gets right."""
    with ThreadPoolExecutor() as pool:
        # Some three minutes, of which it sleeps most.
        saying = pool.submit(said_by_lychee)
        seen, said = observed(), saying.result()
    lines = [(str(kind), [each for each in CASES if each.ends is kind]) for kind in Kind]
    return [
        [
            name,
            str(len(cases)),
            str(sum(seen.get(each.name) is each.ends for each in cases)),
            str(sum(is_right(each, said.get(each.name, "")) for each in cases)),
        ]
        for name, cases in [*lines, ("all", list(CASES))]
    ]


@contextlib.contextmanager
def _served() -> Iterator[Strangers]:
    """The hosts, new for each who asks: some answer otherwise the second time."""
    with strangers(CASES) as serving:
        yield serving
