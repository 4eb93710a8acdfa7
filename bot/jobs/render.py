"""Everything that is derived from the bibliography and the configuration: pages, drop-downs, the rules' page."""

from collections.abc import Callable, Iterable

from bot.bibliography.blocks import Bibliography
from bot.bibliography.paper import read_paper
from bot.bibliography.rules.documentation import document
from bot.config import Config
from bot.forms.template import dropdown_options, fill_dropdowns
from bot.pages.render import pages


def render(
    bibliography: Bibliography, config: Config, read: Callable[[str], str | None], existing: Iterable[str]
) -> dict[str, str | None]:
    """What should stand in each generated file, by its path under the root; ``None`` for one that should not be there.

    ``read`` gives the present text of a file, or ``None``; ``existing`` names the files in the generated folders.
    """
    papers = [read_paper(located.entry, config) for located in bibliography.entries]
    wanted = {page.path: page.text for page in pages(papers, config, read, existing)}
    for form in (config.forms.add, config.forms.correct):
        text = read(form)
        if text is not None:
            wanted[form] = fill_dropdowns(text, dropdown_options(config), form)
    if config.pages.rules:
        wanted[config.pages.rules] = document()
    return wanted
