"""How fast a preprint is held against what a search found, and how often the bot is right.

``python -m benchmarks.matching`` measures it on the labelled preprints of ``tests/data/preprints``.
"""

import statistics
import time

import msgspec

from benchmarks.measure import against, machine, seconds, table
from bot.bibliography.blocks import Bibliography
from bot.metadata.record import Record
from bot.metadata.sources import arxiv, crossref
from bot.preprints.candidate import Candidate, Link, Preprint
from bot.preprints.judgement import judge
from tests.support.labelled import cases, judge_all, list_config, list_of, published, scores
from tests.support.sources import Case, Library

CANDIDATES = 20
# So many come first: they load what judging needs.
WARM = 5


def comparisons() -> list[tuple[Preprint, list[Candidate]]]:
    """Each labelled preprint, as arXiv has it today, with what Crossref's search finds for it: as many as there are."""
    some = cases()
    library = Library.of(some)
    entries = Bibliography.parse(list_of(some, list_config())).entries
    found = [
        (Preprint(one.entry, _today(case, library)), _candidates(case, library))
        for case, one in zip(some, entries, strict=True)
        if case.get("arxiv")
    ]
    return [(preprint, candidates) for preprint, candidates in found if len(candidates) == CANDIDATES]


def _today(case: Case, library: Library) -> Record | None:
    id_ = case["arxiv"]["id"]
    feed = library.arxiv("/api/query", dict(arxiv.query([id_]).params)).body
    return arxiv.read(feed.encode(), [id_]).get(id_)


def _candidates(case: Case, library: Library) -> list[Candidate]:
    query = crossref.search(case["arxiv"]["title"], case["arxiv"]["authors"][0].split(" ")[-1])
    answer = msgspec.json.encode(library.crossref("/works", dict(query.params)).body)
    return [Candidate((record,), frozenset({Link.TITLE})) for record in crossref.read_search(answer)[:CANDIDATES]]


def times() -> list[float]:
    """The seconds of processor time that each comparison takes, made once."""
    found = []
    for preprint, candidates in comparisons():
        begin = time.process_time()
        judge(preprint, candidates)
        found.append(time.process_time() - begin)
    return found[WARM:]


def main() -> None:
    """Measure and print the tables."""
    taken = times()
    verdicts = judge_all(cases())
    everything = published(verdicts)
    speed = [
        [
            f"{len(taken)} preprints, {CANDIDATES} candidates each",
            seconds(statistics.median(taken)),
            seconds(max(taken)),
            against(statistics.median(taken) * 1000, 5, least=False),
        ]
    ]
    rows = [
        [
            one.outcome,
            str(one.said),
            str(one.right),
            f"{one.precision:.2f}",
            str(one.wanted),
            str(one.found),
            f"{one.recall:.2f}",
        ]
        for one in (*scores(verdicts), everything)
    ]
    wrong = [one for one in verdicts if one.outcome == "propose" and not one.right]
    limits = [
        ["wrong proposals without a warning", against(len(wrong), 0, least=False)],
        ["precision of `propose`", against(scores(verdicts)[0].precision, 1, least=True)],
        ["recall over all published", against(everything.recall, 0.9, least=True)],
    ]
    print(f"## Matching\n\n{machine()}\n")
    print(
        table(["one list of candidates", "median", "slowest", "median in ms"], speed),
        f"{len(verdicts)} labelled preprints:",
        table(["outcome", "said", "of them right", "precision", "expected", "of them found", "recall"], rows),
        table(["figure", "measured"], limits),
        sep="\n\n",
    )
    print("\nOther than expected (“right” where the case allows it too):\n")
    for one in verdicts:
        if one.outcome != one.wanted or not one.right:
            print(f"* {'right' if one.right else 'WRONG'}: {one}")


if __name__ == "__main__":
    main()
