"""What can go wrong between the bot and GitHub; the text of each is a sentence for the person who keeps the list."""


class GitHubError(Exception):
    """GitHub did not do what was asked; a later run may get further."""

    def __init__(self, sentence: str, status: int = 0, said: str = "") -> None:
        """``status`` is that of the answer, 0 where there was none, and ``said`` what GitHub itself said in it."""
        super().__init__(sentence)
        self.status = status
        self.said = said


class MissingError(GitHubError):
    """There is no such thing, or none that the token may see."""


class MovedError(GitHubError):
    """A branch is not where it was when the run looked: look again."""


class ProtectedError(GitHubError):
    """The branch takes no direct commits."""


class NotPermittedError(GitHubError):
    """A setting of the repository, or the token's permissions, stand in the way."""


class PullsNotAllowedError(NotPermittedError):
    """The setting that lets workflows open pull requests is off."""


class ReadOnlyError(GitHubError):
    """The repository is archived, or its issues are switched off: there is nothing to do here."""


class LimitedError(GitHubError):
    """GitHub's limits are reached; the run ends, and a later one goes on."""
