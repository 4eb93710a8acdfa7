"""The list as it is on the default branch: its configuration, its forms and its bibliography, at one commit."""

from typing import TYPE_CHECKING

import msgspec

from bot.bibliography.blocks import Bibliography
from bot.config import CONFIG, Config, load
from bot.forms.template import read_template
from bot.jobs.propose import Forms
from bot.problems import UsageError

if TYPE_CHECKING:
    from bot.github.checkout import Checkout


class Home(msgspec.Struct, frozen=True):
    """The default branch at the commit ``sha``. ``config`` names the repository and the branch as they really are."""

    sha: str
    config: Config
    forms: Forms
    bibliography: Bibliography

    @property
    def form_labels(self) -> frozenset[str]:
        """The labels of both forms, in lower case."""
        return frozenset(label.lower() for form in (self.forms.add, self.forms.correct) for label in form.labels)

    @property
    def listed_keys(self) -> frozenset[str]:
        """The citation keys of the list, in lower case."""
        return frozenset(key.lower() for key in self.bibliography.keys)


def read_home(checkout: "Checkout", sha: str, repository: str, branch: str, config: Config | None = None) -> Home:
    """Read the list at a commit; a ``config`` from elsewhere counts instead of the list's own.

    Raises:
        UsageError: the configuration, a form or the bibliography is not there, or cannot be used.
    """
    if config is None:
        config = load(_text(checkout, sha, CONFIG), CONFIG)
    config = msgspec.structs.replace(config, repository=repository, branch=branch)
    forms = (config.forms.add, config.forms.correct)
    add, correct = (read_template(_text(checkout, sha, form), form) for form in forms)
    data = checkout.read(sha, config.bibliography)
    if data is None:
        raise UsageError(f"{config.bibliography}: there is no such file on the branch {branch}")
    return Home(sha, config, Forms(add, correct), Bibliography.parse(data))


def _text(checkout: "Checkout", sha: str, path: str) -> str:
    data = checkout.read(sha, path)
    if data is None:
        raise UsageError(f"{path}: there is no such file on the default branch")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from None
