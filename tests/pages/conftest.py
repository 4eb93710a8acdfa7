"""Papers and a list to make pages from."""

from collections.abc import Callable

import pytest

from bot.bibliography.names import Name
from bot.bibliography.paper import Paper, split_values
from bot.config import Column, Config, ListPage, Pages, Readme


@pytest.fixture(scope="session")
def config() -> Config:
    return Config(
        name="BIRDS",
        title="Bird Song",
        repository="octocat/birds",
        bibliography="birds.bib",
        multivalued=("task", "dataset"),
        addresses=("link", "code", "url"),
        pages=Pages(
            readme=Readme(columns=(Column("Papers", "title"), Column("Code", "code"))),
            lists=(
                ListPage("authors.md", "author", "Authors", "researcher"),
                ListPage("datasets.md", "dataset", "Datasets", "dataset"),
            ),
            chart="fig/years.svg",
        ),
    )


@pytest.fixture(scope="session")
def paper() -> Callable[..., Paper]:
    """A function that makes a paper; authors are given as ``Family, Given; Family, Given``."""

    def make(
        title: str = "A title",
        *,
        key: str = "Key2017",
        authors: str = "Family, Given",
        year: int | None = 2017,
        type: str = "article",  # noqa: A002
        **fields: str,
    ) -> Paper:
        people = [name.partition(", ") for name in authors.split("; ") if name]
        names = tuple(Name(family, given) for family, _, given in people)
        values = {name: split_values(value) for name, value in fields.items() if name in ("task", "dataset")}
        return Paper(
            key=key,
            type=type,
            title=title,
            authors=names,
            year=year,
            venue="",
            link=fields.get("link", ""),
            code=fields.get("code", ""),
            fields={"title": title, **({"year": str(year)} if year is not None else {}), **fields},
            values={**values, "author": tuple(map(str, names))},
        )

    return make
