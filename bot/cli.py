"""The command line: read the arguments, wire the edges, run one job, print. Nothing else of the bot prints."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bot import files
from bot.config import CONFIG, Config, Web, load
from bot.problems import Problem, UsageError, has_errors
from bot.wording import counted

if TYPE_CHECKING:
    from bot.jobs.inquiry import Ask
    from bot.jobs.situation import Desk
    from bot.metadata.asking import Asker
    from bot.metadata.question import Question
    from bot.metadata.work import Work

_DESCRIPTION = "The bot that keeps a curated list of papers alive."
_EPILOG = """\
exit status: 0 fine, 1 errors found (or pages out of date), 2 wrong usage or configuration

examples:
  python -m bot propose --issue-body form.md            what would come of a filed form
  python -m bot propose --issue-body form.md --write    the same, and write it into the bibliography
  python -m bot lookup 1606.00298                       what the scholarly sources know about a paper
  python -m bot preprints                               which listed preprints have been published since?
  python -m bot links                                   which addresses of the list lead nowhere any more?
  python -m bot validate                                check the whole list
  python -m bot render --check                          are all generated pages up to date?
  python -m bot import papers.tsv --dry-run             what would come of many papers at once
  python -m bot respond 7                               answer issue 7 on GitHub (workflows run this)
  python -m bot doctor                                  is the repository on GitHub set up for the bot?
"""
# Seconds that all forms of a run may wait for the sources.
_PATIENCE = 600.0
_LOOKUP = "ask the scholarly sources also about papers of which a form says enough"
_NOT_INSTALLED = (
    "{name} is not installed here, which talks to GitHub; "
    "`{python} -m pip install --require-hashes --no-deps -r requirements/github.txt` installs it"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    for stream in (sys.stdout, sys.stderr):
        # What people wrote may hold any character; a terminal that lacks one must not stop the bot.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    parsed = _parser().parse_args(arguments)
    try:
        status: int = parsed.run(parsed)
        sys.stdout.flush()
        return status
    except UsageError as error:
        print(f"error: {_terminal(str(error))}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader has seen enough, as in `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    # Both are understood before and after the command, so neither place may overwrite the other with a default.
    common.add_argument(
        "--root", metavar="DIR", default=argparse.SUPPRESS, help="the list's folder (default: this one)"
    )
    common.add_argument(
        "--config", metavar="FILE", default=argparse.SUPPRESS,
        help=f"another configuration (default: BOT_CONFIG in the environment, then {CONFIG} under the root)",
    )  # fmt: skip
    parser = argparse.ArgumentParser(
        prog="python -m bot",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        parents=[common],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], help_: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name, parents=[common], help=help_, description=help_[0].upper() + help_[1:] + ".", allow_abbrev=False
        )
        sub.set_defaults(run=run)
        return sub

    propose = command("propose", _propose, "work out what a filed issue form proposes, and show or write it")
    propose.add_argument("--issue-body", metavar="FILE", required=True, help="the issue's text; - reads standard input")
    propose.add_argument("--issue-title", metavar="T", default="", help="the issue's title")
    propose.add_argument("--issue-number", metavar="N", type=int, help="the issue's number; it names the branch")
    propose.add_argument("--author", metavar="LOGIN", default="", help="who filed it; thanked in the comment")
    propose.add_argument("--write", action="store_true", help="change the bibliography, if there is no error")
    propose.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    propose.add_argument("--lookup", action="store_true", help=_LOOKUP)

    lookup = command("lookup", _lookup, "show what the scholarly sources know about a paper")
    lookup.add_argument("id", metavar="ID", help="a DOI or an arXiv identifier, bare or as an address")
    lookup.add_argument("--json", action="store_true", help="one JSON object on standard output")

    preprints = command("preprints", _preprints, "look which preprints of the list have been published since")
    preprints.add_argument("--json", action="store_true", help="one JSON object on standard output")
    preprints.add_argument("--write", action="store_true", help="write what is beyond doubt into the bibliography")
    preprints.add_argument(
        "--key", metavar="KEY", nargs="+", action="extend", default=[],
        help="these preprints alone; --write then writes also what is worth a look",
    )  # fmt: skip
    preprints.add_argument(
        "--pull-requests", action="store_true", help="propose them on GitHub, a pull request each (workflows run this)"
    )

    links = command("links", _links, "look which addresses of the list lead nowhere any more")
    links.add_argument("--json", action="store_true", help="one JSON object on standard output")
    links.add_argument(
        "--only", metavar="KEY", nargs="+", action="extend", default=[],
        help="the addresses in these entries alone, whosever turn it is",
    )  # fmt: skip
    links.add_argument("--shard", metavar="K/N", default="1/1", help="the K-th of N parts, each with hosts of its own")
    links.add_argument("--state", metavar="FILE", help="what is remembered; it is written anew, and made where missing")
    links.add_argument("--now", metavar="TIME", help="as if it were this time, such as 2026-01-19T03:43Z")
    links.add_argument(
        "--stage", choices=["plan", "begin", "ask", "keep", "report"], help="one stage of the weekly workflow"
    )
    links.add_argument("--folder", metavar="DIR", help="what one stage leaves for the next")

    validate = command("validate", _validate, "check the bibliography, or other .bib files, by the list's rules")
    validate.add_argument("file", metavar="FILE", nargs="*", help="default: the list's bibliography")
    validate.add_argument(
        "--since", metavar="COMMIT", help="leave out what was wrong with the bibliography in this commit already"
    )
    validate.add_argument("--format", choices=["text", "json", "github"], default="text", help="default: text")

    render = command("render", _render, "regenerate all pages and the drop-downs of the forms")
    render.add_argument("--check", action="store_true", help="write nothing: show what is out of date")

    respond = command("respond", _respond, "answer an issue on GitHub: its pull request, its verdict and one comment")
    respond.add_argument("number", metavar="NUMBER", type=int, help="of the issue, or of a pull request of the bot's")
    respond.add_argument("--lookup", action="store_true", help=_LOOKUP)

    refresh = command("refresh", _refresh, "bring pages and open proposals on GitHub up to date")
    refresh.add_argument("--catch-up", action="store_true", help="also answer every form that has no answer")
    refresh.add_argument("--lookup", action="store_true", help=_LOOKUP)

    doctor = command("doctor", _doctor, "look whether the repository on GitHub is set up for the bot")
    doctor.add_argument("--fix", action="store_true", help="make the labels that are missing")

    import_ = command("import", _import, "add many papers from TSV, CSV or BibTeX files; all of them or none")
    import_.add_argument("file", metavar="FILE", nargs="+", help="a table with a heading line, or BibTeX")
    import_.add_argument("--dry-run", action="store_true", help="write nothing: show the report")
    return parser


def _root(parsed: argparse.Namespace) -> Path:
    root = Path(getattr(parsed, "root", "."))
    if not root.is_dir():
        raise UsageError(f"{root}: there is no such folder (--root)")
    return root


def _config(parsed: argparse.Namespace, root: Path) -> Config:
    named = _named_config(parsed)
    path = named or root / CONFIG
    config = load(files.read_text(path), str(path))
    # What is in the repository may be anybody's pull request: it does not say what of this network may be reached.
    return config if named else msgspec.structs.replace(config, web=Web())


def _named_config(parsed: argparse.Namespace) -> Path | None:
    """Another configuration than the list's own."""
    named = getattr(parsed, "config", None) or os.environ.get("BOT_CONFIG")
    return Path(named) if named else None


def _this_year() -> int:
    import time

    return time.gmtime().tm_year


def _terminal(text: str) -> str:
    from bot.escape import terminal

    return terminal(text)


def _terminal_lines(text: str) -> str:
    from bot.escape import terminal

    return terminal(text, lines=True)


def _propose(parsed: argparse.Namespace) -> int:
    from bot import report
    from bot.bibliography.blocks import Bibliography
    from bot.forms.template import read_template
    from bot.jobs.propose import Forms, Issue, propose, questions_about

    root = _root(parsed)
    config = _config(parsed, root)
    add, correct = (
        read_template(files.read_text(root / form), form) for form in (config.forms.add, config.forms.correct)
    )
    bibliography = Bibliography.parse(files.read(root / config.bibliography))
    issue = Issue(_issue_body(parsed.issue_body), parsed.issue_title, parsed.issue_number)
    forms = Forms(add, correct)
    questions = questions_about(issue, bibliography, forms, config, everything=parsed.lookup)
    works = _ask(config)(questions) if questions else {}
    proposal = propose(issue, bibliography, forms, config, _this_year(), works=works)
    if parsed.json:
        print(report.as_json(report.proposal_object(proposal)))
    else:
        from bot.jobs.comment import comment

        text = comment(proposal, config, parsed.author)
        if sys.stdout.isatty():
            from rich.console import Console

            from bot.terminal import show_proposal

            show_proposal(proposal, text, Console())
        else:
            print(report.proposal_text(proposal, text), end="")
    if parsed.write and proposal.ok and proposal.data != bibliography.data:
        files.write(root / config.bibliography, proposal.data)
        if not parsed.json:
            print(f"\nWritten to {config.bibliography}; `python -m bot render` brings the pages up to date.")
    return 0 if proposal.ok else 1


def _issue_body(name: str) -> str:
    if name != "-":
        return files.read_text(Path(name))
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"standard input: not UTF-8 text (byte {error.start})") from None


def _lookup(parsed: argparse.Namespace) -> int:
    from bot import report
    from bot.jobs.lookup import lookup, lookup_object, lookup_text

    config = _config(parsed, _root(parsed))
    found = lookup(parsed.id, config, _asker(config))
    print(report.as_json(lookup_object(found)) if parsed.json else _terminal_lines(lookup_text(found)))
    return 0


def _preprints(parsed: argparse.Namespace) -> int:
    import datetime

    # Threads that read answers let the one go on at once that waits for the next: a tenth of the time of a long list.
    sys.setswitchinterval(0.0005)

    from bot import report
    from bot.bibliography.blocks import Bibliography
    from bot.bibliography.edits import apply
    from bot.jobs.preprints import papers_object, papers_text, search, writable

    if parsed.pull_requests:
        if parsed.json or parsed.write:
            raise UsageError("--pull-requests goes with neither --json nor --write")
        return _propose_upgrades(parsed)
    root = _root(parsed)
    config = _config(parsed, root)
    path = root / config.bibliography
    bibliography = Bibliography.parse(files.read(path))
    asker = _asker(config)
    papers = search(bibliography, config, asker, datetime.datetime.now(datetime.UTC), parsed.key)
    if parsed.json:
        print(report.as_json(papers_object(papers, asker.requests)))
    else:
        print(_terminal_lines(papers_text(papers, asker.requests)))
    if parsed.write and (written := writable(papers, named=bool(parsed.key))):
        edits = [edit for paper in written for edit in paper.edits(bibliography, config)]
        files.write(path, apply(bibliography.data, edits))
        if not parsed.json:
            print(_terminal_lines(f"\nWritten to {config.bibliography}: {', '.join(paper.key for paper in written)}"))
    return 0


def _propose_upgrades(parsed: argparse.Namespace) -> int:
    from bot.jobs.preprints import search, summary_lines
    from bot.jobs.publish import look
    from bot.jobs.upgrades import propose_upgrades

    asker = _asker(_config(parsed, _root(parsed)))

    def told(desk: "Desk") -> Iterator[str]:
        home = look(desk).home
        papers = search(home.bibliography, home.config, asker, desk.now, parsed.key)
        yield from summary_lines(papers)
        yield from propose_upgrades(papers, desk)

    return _on_github(parsed, told)


def _asker(config: Config) -> "Asker":
    """The scholarly sources, as this run may ask them."""
    from ipaddress import ip_network

    from bot.metadata.asking import Asker
    from bot.metadata.keys import read_keys
    from bot.web.agent import agent
    from bot.web.cache import Cache
    from bot.web.session import Limits, Web

    # The asker repeats, in each source's turn; the longest answers of all are 2 MB.
    limits = Limits(repeats=0, size=5_000_000)
    web = Web(agent(config), allow=tuple(map(ip_network, config.web.allow)), limits=limits)
    folder = os.environ.get("BOT_CACHE")
    return Asker(web, config.metadata, read_keys(os.environ), kept=Cache(Path(folder)) if folder else None)


def _ask(config: Config) -> "Ask":
    """Asks the sources about works; for each form anew there is as much time as the configuration says.

    All forms of a run together have ``_PATIENCE``: nobody's many forms keep the rest of the run from its turn.
    """
    import time

    from bot.metadata.lookup import look_up
    from bot.metadata.work import work

    asker = _asker(config)
    left = _PATIENCE

    def ask(questions: "Sequence[Question]") -> "dict[Question, Work]":
        nonlocal left
        start = time.monotonic()
        asker.give(min(config.metadata.patience, left))
        try:
            return {question: work(finding, config) for question, finding in look_up(questions, asker).items()}
        finally:
            left = max(left - (time.monotonic() - start), 0.0)

    return ask


def _links(parsed: argparse.Namespace) -> int:
    from bot.jobs.link_stages import plan
    from bot.links_command import Command

    def progress(done: int, all_: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{done} of {counted(all_, 'page')}", end="\n" if done == all_ else "", file=sys.stderr, flush=True)

    root = _root(parsed)
    is_named = _named_config(parsed) is not None
    command = Command(parsed, root, _config(parsed, root), os.environ, progress, is_named=is_named)
    match parsed.stage:
        case None:
            pieces, notes = command.look()
            for piece in pieces:
                print(piece if parsed.json else _terminal_lines(piece), end="")
            print()
            for note in notes:
                print(f"warning: {_terminal(note)}", file=sys.stderr)
        case "plan":
            print(plan(len(command.links), command.config))
        case "ask":
            text = command.ask()
            print(_terminal_lines(text))
            _summarise(text.split("\n")[-1:])
        case "begin":
            return _on_github(parsed, command.begin)
        case "keep":
            return _on_github(parsed, command.keep)
        case "report":
            return _on_github(parsed, lambda desk: command.report(desk, _add_to_summary))
    return 0


def _validate(parsed: argparse.Namespace) -> int:
    from bot import report
    from bot.bibliography.blocks import Bibliography
    from bot.jobs.validate import new_since, validate

    root = _root(parsed)
    config = _config(parsed, root)
    paths = [Path(name) for name in parsed.file] or [root / config.bibliography]
    problems: list[Problem] = []
    entries = 0
    for path in paths:
        bibliography = Bibliography.parse(files.read(path))
        entries += len(bibliography.entries)
        name = str(path) if parsed.file else config.bibliography
        problems += validate(bibliography, config, _this_year(), name)
    known = _known_problems(parsed, root, config) if parsed.since and not parsed.file else []
    everything, problems = problems, new_since(problems, known)
    summary = f"{counted(entries, 'entry')}: {report.count(problems)}"
    if known:
        summary += f"; {counted(len(everything) - len(problems), 'problem')} from before {parsed.since} left out"
    if parsed.format == "json":
        print(
            report.as_json({"entries": entries, "problems": [report.problem_object(problem) for problem in problems]})
        )
    else:
        line = report.as_text if parsed.format == "text" else report.as_workflow_command
        print("\n".join([*(line(problem) for problem in problems), summary]))
    return 1 if has_errors(problems) else 0


def _known_problems(parsed: argparse.Namespace, root: Path, config: Config) -> list[Problem]:
    """What was wrong with the bibliography in an earlier commit; nothing where it was not there."""
    from bot.bibliography.blocks import Bibliography
    from bot.github.checkout import Checkout
    from bot.github.errors import GitHubError
    from bot.jobs.validate import validate

    try:
        data = Checkout(root).read(parsed.since, config.bibliography) or b""
    except GitHubError as error:
        raise UsageError(f"--since {parsed.since}: {error}") from None
    return validate(Bibliography.parse(data), config, _this_year(), config.bibliography)


def _render(parsed: argparse.Namespace) -> int:
    from bot import report
    from bot.bibliography.blocks import Bibliography
    from bot.jobs.render import render
    from bot.pages.render import generated_folders

    root = _root(parsed)
    config = _config(parsed, root)

    def read(name: str) -> str | None:
        return files.read_text(root / name, keep_mark=True) if (root / name).exists() else None

    existing = [
        path.relative_to(root).as_posix()
        for folder in generated_folders(config)
        for path in (root / folder).glob("*.md")
    ]
    bibliography = Bibliography.parse(files.read(root / config.bibliography))
    wanted = render(bibliography, config, read, existing)
    stale = {name: text for name, text in wanted.items() if read(name) != text}
    if not parsed.check:
        files.write_all(root, {name: None if text is None else text.encode() for name, text in stale.items()})
        print(
            "\n".join([*(f"{'wrote' if stale[name] is not None else 'deleted'} {name}" for name in stale), ""]), end=""
        )
        print(f"{counted(len(wanted), 'file')}: {len(stale)} changed")
        return 0
    for name, text in stale.items():
        print(report.diff(read(name), text, name), end="")
    out = ", ".join(stale)
    print(f"out of date: {out}; run `python -m bot render`" if stale else f"{counted(len(wanted), 'file')} up to date")
    return 1 if stale else 0


def _respond(parsed: argparse.Namespace) -> int:
    from bot.jobs.refresh import take_up_unanswered
    from bot.jobs.respond import issue_number, respond

    def told(desk: "Desk") -> Iterator[str]:
        number, talk = issue_number(parsed.number, desk)
        if number is None:
            yield f"#{parsed.number}: not a proposal of the bot, so left alone"
            return
        recent = desk.repository.open_issues()
        yield from respond(number, desk, talk=talk, recent=recent)
        yield from take_up_unanswered(recent, desk, besides=number)

    return _on_github(parsed, told)


def _refresh(parsed: argparse.Namespace) -> int:
    from bot.jobs.refresh import refresh

    return _on_github(parsed, lambda desk: refresh(desk, catch_up=parsed.catch_up))


def _doctor(parsed: argparse.Namespace) -> int:
    from bot.github.errors import GitHubError
    from bot.jobs.doctor import examine
    from bot.metadata.keys import read_keys

    failing = False
    try:
        for finding in examine(_desk(parsed), fix=parsed.fix, keys=read_keys(os.environ)):
            failing |= finding.must and bool(finding.mend)
            mark = "fine" if not finding.mend else "mend" if finding.must else "look"
            print(_terminal(f"{mark}  {finding.item}{f': {finding.mend}' if finding.mend else ''}"))
    except GitHubError as error:
        _say("error", str(error))
        return 1
    return 1 if failing else 0


def _on_github(parsed: argparse.Namespace, job: "Callable[[Desk], Iterator[str]]") -> int:
    """Run a job against the repository and print its log, which is also the summary of the workflow's run."""
    from bot.github.errors import GitHubError, LimitedError, ReadOnlyError

    told: list[str] = []
    try:
        desk = _desk(parsed)
        if desk.repository.is_own(desk.event.sender):
            told.append("started by the bot's own doing, so there is nothing to do")
        else:
            for line in job(desk):
                told.append(line)
                print(_terminal(line))
    except (LimitedError, ReadOnlyError) as error:  # nothing that anybody has to mend in the run
        told.append(str(error))
        _say("notice", str(error))
    except GitHubError as error:
        told.append(str(error))
        _say("error", str(error))
        return 1
    finally:
        _summarise(told)
    return 0


def _desk(parsed: argparse.Namespace) -> "Desk":
    """The edges of a job on GitHub, from what GitHub Actions puts into the environment."""
    import datetime

    from bot.github.checkout import Checkout
    from bot.github.event import read_event
    from bot.jobs.situation import Desk

    try:
        from bot.github.repository import App, connect
    except ModuleNotFoundError as missing:
        if (missing.name or "bot").partition(".")[0] == "bot":
            raise
        raise UsageError(_NOT_INSTALLED.format(name=missing.name, python=sys.executable)) from None

    root, environment = _root(parsed), os.environ
    own = _config(parsed, root)
    token, event_file = environment.get("GITHUB_TOKEN", ""), environment.get("GITHUB_EVENT_PATH", "")
    app = App(environment.get("BOT_APP_ID", ""), environment.get("BOT_APP_KEY", ""))
    if not token and not (app.id and app.key):
        raise UsageError(
            "GITHUB_TOKEN is not set: this command talks to GitHub, in a workflow or with a token of yours"
        )
    name = environment.get("GITHUB_REPOSITORY") or own.repository
    event = read_event(files.read(Path(event_file)) if event_file else b"{}")
    given = _named_config(parsed) is not None
    lookup = getattr(parsed, "lookup", False)
    return Desk(
        repository=connect(
            name,
            token,
            environment.get("GITHUB_API_URL") or "https://api.github.com",
            app=app if app.id and app.key else None,
        ),
        checkout=Checkout(root, token=token, server=environment.get("GITHUB_SERVER_URL") or "https://github.com"),
        branch=event.default_branch or own.branch,
        now=datetime.datetime.now(datetime.UTC),
        event=event,
        config=own if given else None,
        ask=_ask(own),
        lookup=lookup,
    )


def _say(command: str, sentence: str) -> None:
    """A sentence on standard error; in a workflow's run as an annotation, which stands out."""
    from bot.escape import workflow_command

    if os.environ.get("GITHUB_ACTIONS") == "true":
        print(workflow_command(command, sentence, {}))
    else:
        print(f"{command}: {_terminal(sentence)}", file=sys.stderr)


def _summarise(told: Sequence[str]) -> None:
    """Add sentences to the summary of the workflow's run."""
    from bot.escape import markdown

    if told:
        _add_to_summary("\n".join(f"- {markdown(line)}" for line in told))


def _add_to_summary(text: str) -> None:
    """Add Markdown to the summary of the workflow's run."""
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")


def _import(parsed: argparse.Namespace) -> int:
    from bot import report
    from bot.bibliography.blocks import Bibliography
    from bot.jobs.importing import import_papers

    root = _root(parsed)
    config = _config(parsed, root)
    path = root / config.bibliography
    # A list may begin with an import.
    bibliography = Bibliography.parse(files.read(path) if path.exists() else b"")
    sources = [(name, files.read_text(Path(name))) for name in parsed.file]
    imported = import_papers(sources, bibliography, config, _this_year())
    for title in imported.titles:
        print(_terminal(title))
    for problem in imported.problems:
        print(report.as_text(problem))
    refused = has_errors(imported.problems)
    if not refused and not parsed.dry_run:
        files.write(path, imported.data)
    outcome = "nothing was written" if refused or parsed.dry_run else f"written to {config.bibliography}"
    print(f"{counted(imported.count, 'paper')}: {report.count(imported.problems)}; {outcome}")
    return 1 if refused else 0
