"""The README's statistics: how many papers and names, entries by type, and the picture of the years."""

from collections import Counter
from collections.abc import Mapping, Sequence

from bot.bibliography.paper import Paper
from bot.config import Config
from bot.escape import markdown
from bot.pages.chart import describe
from bot.pages.documents import path_from
from bot.wording import counted


def papers_per_year(papers: Sequence[Paper]) -> dict[int, int]:
    """How many papers each year has, in the order of the years; those without a year are left out."""
    return dict(sorted(Counter(paper.year for paper in papers if paper.year is not None).items()))


def statistics(papers: Sequence[Paper], names: Mapping[str, int], config: Config) -> str:
    """The statistics as Markdown; ``names`` gives how many names each list page has, by its file."""
    readme = config.pages.readme.file
    bibliography = f"[{markdown(config.bibliography)}]({path_from(readme, config.bibliography)})"
    lines = [f"- {counted(len(papers), 'paper')}, with all that is known of them in {bibliography}"]
    for page in config.pages.lists:
        link = f"[{markdown(page.title)}]({path_from(readme, page.file)})"
        lines.append(f"- {counted(names[page.file], markdown(page.noun))}: see {link}")
    types = Counter(paper.type for paper in papers)
    by_type = sorted(types.items(), key=lambda item: (-item[1], item[0]))
    if by_type:
        lines.append(f"- Entries by type: {', '.join(f'{number:,} {markdown(type_)}' for type_, number in by_type)}")
    if config.pages.chart:
        years = papers_per_year(papers)
        lines += ["", f"![{markdown(describe(years))}]({path_from(readme, config.pages.chart)})"]
    return "\n".join(lines)
