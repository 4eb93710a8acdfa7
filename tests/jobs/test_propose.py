"""The main job, from an issue's text to what becomes of the file."""

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from bot.bibliography.blocks import Bibliography
from bot.config import load
from bot.forms.body import render_body
from bot.forms.template import read_template
from bot.jobs.comment import comment
from bot.jobs.proposal import Proposal
from bot.jobs.propose import Forms, Issue, propose
from bot.problems import Severity

ROOT = Path(__file__).parents[2]
CONFIG = load((ROOT / ".github" / "bot.yml").read_text(), "bot.yml")
FORMS = Forms(*(read_template((ROOT / form).read_text(), form) for form in (CONFIG.forms.add, CONFIG.forms.correct)))
LIST = """\
@comment{kept}

@inproceedings{Bock2012,
  author = {Böck, Sebastian},
  title = {Online real-time onset detection with recurrent neural networks},
  year = {2012},
  booktitle = {DAFx},
  doi = {10.1000/bock.2012},
}

@unpublished{Choi2016,
  author = {Choi, Keunwoo and Fazekas, György},
  title = {Towards playlist generation algorithms using {RNNs} trained on within-track transitions},
  year = {2016},
  eprint = {1606.02096},
  archiveprefix = {arXiv},
  link = {https://arxiv.org/pdf/1606.02096.pdf},
  task = {Playlist generation},
}
"""
PAPER = {
    "paper-title": "Learning to pinpoint singing voice from weakly labeled examples",
    "authors": "Schlüter, Jan",
    "year": "2016",
    "venue": "ISMIR",
    "link": "http://www.ofai.at/2016.pdf",
}


def file_form(answers: dict[str, str], title: str = "", number: int | None = None, text: str = LIST) -> Proposal:
    template = FORMS.correct if {"key", "field", "value"} & answers.keys() else FORMS.add
    issue = Issue(render_body(template, answers), title, number)
    return propose(issue, Bibliography.parse(text.encode()), FORMS, CONFIG, this_year=2026)


def rules(proposal: Proposal, severity: Severity = Severity.ERROR) -> list[str]:
    return [problem.rule for problem in proposal.problems if problem.severity is severity]


def test_a_filed_paper_becomes_an_entry_in_its_place_and_nothing_else_changes() -> None:
    proposal = file_form(PAPER, number=7)
    assert proposal.ok
    assert proposal.branch == "bot/issue-7"
    assert proposal.title == f"Add Schluter2016: {PAPER['paper-title']}"
    assert proposal.data.decode() == LIST + (
        "\n@inproceedings{Schluter2016,\n"
        "  author = {Schlüter, Jan},\n"
        f"  title = {{{PAPER['paper-title']}}},\n"
        "  year = {2016},\n"
        "  booktitle = {ISMIR},\n"
        "  link = {http://www.ofai.at/2016.pdf},\n"
        "}\n"
    )
    [shown] = proposal.entries
    assert shown.row == f"| [{PAPER['paper-title']}](http://www.ofai.at/2016.pdf) | No |"
    assert [line for line in proposal.diff.split("\n") if line.startswith("-")] == ["--- a/dl4m.bib"]


def test_without_a_number_the_branch_is_named_after_the_key() -> None:
    assert file_form(PAPER).branch == "bot/Schluter2016"


def test_a_taken_key_gets_a_letter() -> None:
    other = PAPER | {"authors": "Choi, Kahyun", "paper-title": "Something else entirely about sound"}
    assert file_form(other).entries[0].entry.key == "Choi2016b"


def test_all_problems_come_at_once_and_nothing_is_written() -> None:
    proposal = file_form({"paper-title": "A title.", "authors": "Doe, J et al.", "year": "20x7", "link": "ftp://x"})
    assert not proposal.ok
    assert {"author-et-al", "year-format", "link-web"} <= set(rules(proposal)) or len(set(rules(proposal))) >= 3
    assert proposal.data.decode() == LIST
    assert proposal.diff == ""


def test_errors_come_before_warnings_and_hints() -> None:
    weights = [
        list(Severity).index(problem.severity) for problem in file_form({"paper-title": "X.", "year": "1"}).problems
    ]
    assert weights == sorted(weights)
    assert len(set(weights)) > 1


@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        ({**PAPER, "identifier": "10.1000/BOCK.2012"}, "duplicate-identifier"),
        ({**PAPER, "identifier": "https://doi.org/10.1000/bock.2012"}, "duplicate-identifier"),
        ({**PAPER, "link": "https://arxiv.org/abs/1606.02096v2", "venue": ""}, "duplicate-identifier"),
        (
            {
                **PAPER,
                "paper-title": "Online Real-time Onset Detection With Recurrent Neural Networks",
                "authors": "Bock, S",
            },
            "duplicate-title",
        ),
    ],
)
def test_a_listed_paper_is_not_added_again(answers: dict[str, str], rule: str) -> None:
    proposal = file_form(answers)
    assert rules(proposal) == [rule]
    assert "dl4m.bib:" in proposal.problems[0].message
    assert proposal.data.decode() == LIST


def test_a_near_title_is_shown_but_does_not_stop() -> None:
    near = "Online real-time onset detections with recurrent neural network"
    proposal = file_form({**PAPER, "paper-title": near, "authors": "Böck, Sebastian"})
    assert proposal.ok
    assert "duplicate-near" in rules(proposal, Severity.WARNING)


PUBLISHED = """@inproceedings{whatever,
  title = {Towards Playlist Generation Algorithms Using RNNs Trained on Within-Track Transitions},
  author = {Choi, Keunwoo and Fazekas, Gy\\"orgy},
  booktitle = {Workshop on Surprise, Opposition, and Obstruction in Adaptive Systems},
  year = {2017},
  doi = {10.1000/soap.5},
  note = {new note},
  task = {Something else},
}"""


def test_the_published_version_of_a_listed_preprint_upgrades_it() -> None:
    proposal = file_form({"bibtex": PUBLISHED}, number=3)
    assert proposal.ok
    assert "upgrade" in rules(proposal, Severity.HINT)
    assert proposal.title.startswith("[Update][Choi2016] ")
    before = Bibliography.parse(LIST.encode()).entries[1].entry
    [_, after] = [located.entry for located in Bibliography.parse(proposal.data).entries]
    assert after.key == "Choi2016"
    assert after.type == "inproceedings"
    assert after.get("booktitle").startswith("Workshop on Surprise")
    assert (after.get("year"), after.get("doi"), after.get("note")) == ("2017", "10.1000/soap.5", "new note")
    kept = ("title", "author", "eprint", "archiveprefix", "link", "task")
    assert {name: after.get(name) for name in kept} == {name: before.get(name) for name in kept}
    assert "| year | 2016 | 2017 |" in comment(proposal, CONFIG)


def test_several_papers_in_one_answer_are_several_entries_each_with_its_problems() -> None:
    text = "@misc{a, title={One paper on sound}, author={Doe, J}, year={2001}}\n@misc{b, title={Two}, author={Doe, J}}"
    proposal = file_form({"bibtex": text})
    assert [one.entry.key for one in proposal.entries] == ["Doe2001", "Doe"]
    assert {problem.key for problem in proposal.problems if problem.severity is Severity.ERROR} == {"Doe"}


def test_one_paper_twice_in_one_answer_is_a_duplicate() -> None:
    text = "@misc{a, title={One paper on sound}, author={Doe, J}, year={2001}}\n"
    assert "duplicate-title" in rules(file_form({"bibtex": text + text}))


def test_what_is_wrong_in_the_file_already_does_not_stop_a_proposal() -> None:
    broken = LIST + "\n@misc{Broken, title = {x\n\n@misc{Zed2001, title = {ALL BAD.}, year = {soon}}\n"
    proposal = file_form(PAPER, text=broken)
    assert proposal.ok
    assert [line for line in broken.split("\n") if line not in proposal.data.decode().split("\n")] == []


def test_a_file_in_another_encoding_is_not_written_to() -> None:
    issue = Issue(render_body(FORMS.add, PAPER))
    data = LIST.encode("latin-1")
    proposal = propose(issue, Bibliography.parse(data), FORMS, CONFIG, this_year=2026)
    assert rules(proposal)[0] == "encoding"
    assert proposal.data == data


def test_nothing_but_an_identifier_says_what_to_type_besides() -> None:
    assert rules(file_form({"identifier": "arXiv:1709.01620"})) == ["metadata-unavailable"]


def test_a_field_is_corrected_in_its_line_alone() -> None:
    proposal = file_form({"key": "bock2012", "field": "booktitle", "value": "DAFx-12"}, title="[Update]")
    assert proposal.ok
    assert proposal.data.decode() == LIST.replace("{DAFx}", "{DAFx-12}")
    assert proposal.title == "[Update][Bock2012] Change booktitle"
    assert "| booktitle | DAFx | DAFx-12 |" in comment(proposal, CONFIG)


def test_a_field_is_added_and_taken_out() -> None:
    added = file_form({"key": "Bock2012", "field": "code", "value": "https://github.com/CPJKU/madmom"})
    assert added.data.decode() == LIST.replace(
        "  doi = {10.1000/bock.2012},\n",
        "  doi = {10.1000/bock.2012},\n  code = {https://github.com/CPJKU/madmom},\n",
    )
    gone = file_form({"key": "Bock2012", "field": "doi", "value": "-"})
    assert gone.data.decode() == LIST.replace("  doi = {10.1000/bock.2012},\n", "")


def test_an_entry_is_removed_with_a_reason_and_shown_whole() -> None:
    proposal = file_form({"key": "Choi2016", "field": "remove", "value": "Withdrawn by its authors"})
    assert proposal.ok
    assert proposal.data.decode() == LIST[: LIST.index("\n@unpublished")]
    text = comment(proposal, CONFIG)
    assert "Withdrawn by its authors" in text
    assert "@unpublished{Choi2016," in text
    assert "Remove" in proposal.title


def test_a_whole_entry_corrects_all_that_it_says() -> None:
    proposal = file_form({"key": "Choi2016", "bibtex": PUBLISHED})
    [_, after] = [located.entry for located in Bibliography.parse(proposal.data).entries]
    assert (after.key, after.type, after.get("task"), after.get("year")) == (
        "Choi2016",
        "inproceedings",
        "Something else",
        "2017",
    )
    assert after.get("eprint") == "1606.02096"


def test_the_title_convention_makes_the_form_that_adds_a_correction() -> None:
    proposal = file_form({"code": "https://github.com/CPJKU/madmom"}, title="[Update][Bock2012] code")
    assert proposal.ok
    assert "code = {https://github.com/CPJKU/madmom}" in proposal.data.decode()
    assert len(Bibliography.parse(proposal.data).entries) == 2


def test_a_listed_paper_is_known_by_its_identifier_alone() -> None:
    proposal = file_form({"identifier": "https://arxiv.org/abs/1606.02096v2"})
    assert rules(proposal) == ["duplicate-identifier"]
    assert "Choi2016" in proposal.problems[0].message


@pytest.mark.parametrize(
    "bibtex",
    [
        "@misc{x, title={A new paper}, author={Jane Doe}, year={2017}, eprint={1709.04398}, archivePrefix={arXiv}}",
        "@article{x, title={A new paper}, author={Jane Doe}, year={2017}, journal={arXiv preprint arXiv:1709.04398}}",
    ],
)
def test_a_preprint_in_the_export_of_arxiv_or_a_search_engine_is_unpublished(bibtex: str) -> None:
    proposal = file_form({"bibtex": bibtex})
    [entry] = [one.entry for one in proposal.entries]
    assert proposal.ok
    assert entry.type == "unpublished"
    assert entry.fields == {
        "author": "Doe, Jane",
        "title": "A new paper",
        "year": "2017",
        "eprint": "1709.04398",
        "archiveprefix": "arXiv",
    }
    assert "type-preprint" in rules(proposal, Severity.HINT)


def test_a_corrected_value_takes_on_the_list_s_style_and_the_fault_is_told() -> None:
    proposal = file_form({"key": "Choi2016", "field": "doi", "value": "https://doi.org/10.1000/NEW.1"})
    assert "doi-bare" in rules(proposal, Severity.WARNING)
    assert "  doi = {10.1000/new.1},\n" in proposal.data.decode()
    authors = file_form(
        {"key": "Bock2012", "bibtex": '@inproceedings{x, author={Sebastian B{\\"o}ck and Jan Schl{\\"u}ter}}'}
    )
    assert "  author = {Böck, Sebastian and Schlüter, Jan},\n" in authors.data.decode()


def test_an_entry_of_another_type_leaves_no_old_venue_behind() -> None:
    bibtex = "@article{x, title={Online real-time onset detection}, author={Böck, S}, year={2013}, journal={JNMR}}"
    [_, *_] = entries = [one.entry for one in file_form({"key": "Bock2012", "bibtex": bibtex}).entries]
    assert (entries[0].type, entries[0].get("journal"), entries[0].get("booktitle")) == ("article", "JNMR", "")


def test_an_entry_about_another_paper_is_worth_a_look() -> None:
    bibtex = "@misc{x, title={Speech coding}, author={Ng, Andrew}, year={2009}}"
    assert "correction-paper" in rules(file_form({"key": "Bock2012", "bibtex": bibtex}), Severity.WARNING)
    assert "correction-paper" not in rules(file_form({"key": "Choi2016", "bibtex": PUBLISHED}), Severity.WARNING)


def test_an_upgrade_takes_nothing_but_the_preprint_s_venue() -> None:
    more = "  howpublished = {arXiv},\n  url = {https://arxiv.org/abs/1606.02096},\n  keywords = {arXiv first},\n  task"
    text = LIST.replace("  task = {Playlist", f"{more} = {{Playlist")
    [_, after] = Bibliography.parse(file_form({"bibtex": PUBLISHED}, text=text).data).entries
    assert after.fields["url"] == "https://arxiv.org/abs/1606.02096"
    assert after.fields["keywords"] == "arXiv first"
    assert "howpublished" not in after.fields


def test_a_correction_to_a_preprint_keeps_its_identifier() -> None:
    bibtex = "@article{x, title={Onset detection}, author={Böck, S}, journal={arXiv preprint arXiv:1209.1234}}"
    [after, _] = Bibliography.parse(file_form({"key": "Bock2012", "bibtex": bibtex}).data).entries
    assert (after.block.type, after.fields["eprint"]) == ("unpublished", "1209.1234")
    assert "journal" not in after.fields


def test_a_correction_touches_no_field_that_nobody_named() -> None:
    text = LIST.replace("@unpublished{Choi2016", "@misc{Choi2016").replace("{Choi, Keunwoo", "{Keunwoo Choi")
    proposal = file_form({"key": "Choi2016", "field": "task", "value": "MGR"}, text=text)
    assert proposal.data.decode() == text.replace("{Playlist generation}", "{MGR}")


def test_a_broken_entry_is_named_with_its_line() -> None:
    text = LIST.replace("  doi = {10.1000/bock.2012},\n}", "")
    [problem] = file_form({"key": "Bock2012", "field": "year", "value": "2013"}, text=text).problems
    assert (problem.rule, "line 3" in problem.message) == ("correction-key", True)


def test_hostile_field_names_are_data_too() -> None:
    bibtex = "@misc{x, a|b*<b>` = {1}, @octocat = {2}, title={Online}, author={Böck, S}, year={2012}}"
    text = comment(file_form({"key": "Bock2012", "bibtex": bibtex}), CONFIG)
    html = re.sub(r"<(pre|code)>.*?</\1>", "", MarkdownIt("gfm-like").render(text), flags=re.DOTALL)
    assert set(re.findall(r"</?([a-z0-9]+)", html)) <= _ELEMENTS
    assert re.findall(r"@\w", re.sub(r"<[^>]*>", "", html)) == []


def test_a_crossref_to_an_entry_that_is_not_listed_is_an_error() -> None:
    bibtex = "@inproceedings{x, title={Online}, author={Ng, S}, crossref={Nowhere}}"
    assert rules(file_form({"bibtex": bibtex})) == ["key-crossref"]
    assert "key-crossref" not in rules(file_form({"bibtex": bibtex.replace("Nowhere", "bock2012")}))


def test_a_key_is_not_changed() -> None:
    assert rules(file_form({"key": "Bock2012", "field": "key", "value": "Boeck2012"})) == ["form-field"]


def test_an_answer_without_a_field_in_the_list_is_not_lost_without_a_word() -> None:
    config = load("name: X\ntitle: X\nrepository: o/r\nbibliography: x.bib\n", "bot.yml")
    issue = Issue(render_body(FORMS.add, {**PAPER, "task": "Cuckoo"}))
    proposal = propose(issue, Bibliography.parse(b""), FORMS, config, this_year=2026)
    assert [problem.rule for problem in proposal.problems if "task" in problem.message] == ["field-unknown"]


def test_a_comment_is_never_longer_than_github_takes() -> None:
    for answers in ({"paper-title": "A word " * 8000}, {"authors": "Doe, J\n" * 8000}, {"note": "[x](y) " * 8000}):
        assert len(comment(file_form({**PAPER, **answers}), CONFIG)) <= 60_200


def test_an_unknown_key_is_answered_with_the_nearest_ones() -> None:
    proposal = file_form({"key": "Boeck2012", "field": "year", "value": "2013"})
    assert rules(proposal) == ["correction-key"]
    assert "Bock2012" in proposal.problems[0].fix


def test_a_correction_that_changes_nothing_says_so() -> None:
    assert rules(file_form({"key": "Bock2012", "field": "year", "value": "2012"})) == ["correction-nothing"]


def test_a_correction_is_not_stopped_by_a_fault_that_was_there_before() -> None:
    text = LIST.replace("year = {2012}", "year = {soon}")
    proposal = file_form({"key": "Bock2012", "field": "code", "value": "https://github.com/x/y"}, text=text)
    assert proposal.ok
    assert not file_form({"key": "Bock2012", "field": "year", "value": "20"}, text=text).ok


def test_a_comment_with_many_long_problems_still_shows_them() -> None:
    entries = "".join(
        f"@misc{{x, title={{T{n}}}, author={{{'Doe, J et al. and ' * 90}}}, year={{x}}}}\n" for n in range(30)
    )
    text = comment(file_form({"bibtex": entries}), CONFIG)
    assert 20_000 < len(text) <= 60_200
    assert text.count("- ❌") >= 50


# What the comment itself is made of.
_ELEMENTS = {"a", "p", "strong", "em", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "br"}
HOSTILE = (
    "T | `x` <script>alert(1)</script> ![x](http://e.org/x.png) @name #12 Fixes #3 ::error::boom "
    "[l](javascript:x) a\u2028b &#64;root ##[error]y"
)


@pytest.mark.parametrize(
    "field", ["paper-title", "authors", "venue", "link", "code", "task", "note", "year", "identifier"]
)
def test_hostile_text_is_data_wherever_it_is_typed(field: str) -> None:
    proposal = file_form({**PAPER, field: HOSTILE}, title=HOSTILE)
    text = comment(proposal, CONFIG, HOSTILE)
    for shown in (proposal.title, *(one.row for one in proposal.entries)):
        assert "\n" not in shown
        assert "\u2028" not in shown
    html = re.sub(r"<(pre|code)>.*?</\1>", "", MarkdownIt("gfm-like").render(text), flags=re.DOTALL)
    assert set(re.findall(r"</?([a-z0-9]+)", html)) <= _ELEMENTS
    assert all(
        url.startswith(("http://www.ofai.at/", "https://github.com/ybayle/"))
        for url in re.findall('href="([^"]*)', html)
    )
    assert re.findall(r"@\w|#\d", re.sub(r"<[^>]*>", "", html)) == []
    for one in proposal.entries:
        assert one.row.count(" | ") == len(CONFIG.pages.readme.columns) - 1


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "### Your contact details\n\nme\n\n### What happened?\n\nA bug\n",
        "### x\n" * 10_000,
        "{" * 60_000,
        "\x00\x01",
        "### BibTeX entry\n\n" + "@misc{a, " * 5_000,
        "x" * 65_536,
    ],
)
def test_any_body_gets_its_sentence(body: str) -> None:
    proposal = propose(Issue(body), Bibliography.parse(LIST.encode()), FORMS, CONFIG, this_year=2026)
    assert not proposal.ok
    assert all(problem.message and problem.fix for problem in proposal.problems)
    assert proposal.data.decode() == LIST


def test_what_is_no_form_is_answered_with_the_forms_and_what_could_be_read() -> None:
    issue = Issue("Please add this:\n```\n@misc{a, title = {A paper}, author = {Doe, J}, year = 2001}\n```", "A paper")
    proposal = propose(issue, Bibliography.parse(LIST.encode()), FORMS, CONFIG, this_year=2026)
    text = comment(proposal, CONFIG)
    assert rules(proposal) == ["form-unknown"]
    assert "template=add-paper.yml&bibtex=Please%20add%20this" in text
    assert "template=correct-paper.yml)" in text
    proposal = propose(Issue("2013, not 2012", "[Update][Bock2012]"), Bibliography.parse(b""), FORMS, CONFIG, 2026)
    assert "template=correct-paper.yml&key=Bock2012)" in comment(proposal, CONFIG)


@pytest.mark.parametrize("key", ["../x y", "a..b~^:", "-", "ключ", "x" * 300])
def test_a_hostile_key_makes_no_odd_branch(key: str) -> None:
    branch = file_form({"key": key, "field": "year", "value": "2001"}).branch
    assert re.fullmatch(r"bot/[A-Za-z0-9](?:[A-Za-z0-9-]{0,58}[A-Za-z0-9])?", branch)


@pytest.mark.parametrize("name", ["{", "and and", ", ,", "}", "and", ",", "\\", '{\\"'])
def test_names_that_are_none_are_refused(name: str) -> None:
    proposal = file_form({**PAPER, "authors": name})
    assert not proposal.ok
    assert {problem.field for problem in proposal.problems if problem.severity is Severity.ERROR} >= {"author"}
