"""What a decision asks for on the way, and what it may hand back."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenmod.model import ChangeSet
from greenmod.session import Request, make_plan

CODEMOD = '''
import libcst as cst

from greenmod.api import Codemod, Decision, FilePlan, Survey, TextChange


class Rename(Codemod):
    """Rename `old`."""

    name = "rename-old"
    triggers = ("old",)

    @classmethod
    def survey(cls, file):
        if "fail" in file.text:
            raise ValueError("no luck")
        return None if "nothing" in file.text else Survey((1,), len(file.text))

    @classmethod
    def decide(cls, project, options):
        found = {}
        DECIDE
        return Decision({path: FilePlan(groups=("g",)) for path in project.surveys}, texts=tuple(found.values()))

    def leave_Name(self, original, updated):
        if original.value == "stop":
            self.refuse("g", original, "no-way", "it stops here")
        if original.value != "old":
            return updated
        return self.change(original, cst.Name("new"), "Rename", group="g")
'''
SURVEY_ALL = 'found = {1: TextChange("found.txt", repr(dict(project.survey_all(project.paths))), "g", "Say")}'


def planned(
    root: Path,
    decide: str,
    files: dict[str, str],
    jobs: int = 1,
    codemod: str = CODEMOD,
    python: Path | None = None,
) -> ChangeSet:
    (root / "codemods").mkdir()
    (root / "codemods/rename_old.py").write_text(codemod.replace("DECIDE", decide))
    (root / "pyproject.toml").write_text("[tool.greenmod]\ncodemods = ['codemods']\nselect = ['rename-old']\n")
    for path, text in files.items():
        (root / path).write_text(text)
    return make_plan(Request((root,), jobs=jobs, python=python))[1]


@pytest.mark.parametrize("jobs", [1, 2])
def test_decision_can_survey_many_files_at_once(jobs: int, tmp_path: Path) -> None:
    files = {"a.py": "old", "b.py": "old  # nothing", "c.py": "x = 1", "d.py": "nothing"}
    (change,) = planned(tmp_path, SURVEY_ALL, files, jobs=jobs).changes
    assert change.edits[1].text == "{'a.py': 3, 'b.py': None, 'c.py': 5, 'd.py': None}"


def test_survey_that_fails_on_another_file_is_named(tmp_path: Path) -> None:
    (problem,) = planned(tmp_path, SURVEY_ALL, {"a.py": "old", "other.py": "fail"}).problems
    assert (problem.path, "no luck" in problem.message) == ("other.py", True)


@pytest.mark.parametrize("path", ["../outside.ini", "/etc/hosts", ".git/config", ""])
def test_text_for_no_path_of_the_repository_is_a_problem(path: str, tmp_path: Path) -> None:
    decide = f'found = {{1: TextChange({path!r}, "x", "g", "Say")}}'
    found = planned(tmp_path, decide, {"a.py": "old"})
    (problem,) = found.problems
    assert (found.changes, f"{path!r}, which is no path inside the repository" in problem.message) == ((), True)


def test_skip_may_name_a_line_of_any_file(tmp_path: Path) -> None:
    codemod = CODEMOD.replace("texts=tuple(found.values())", "skips=found")
    decide = 'from greenmod.api import SkippedSite; found = (SkippedSite("a.ini", 3, "rule", "reason"),)'
    found = planned(tmp_path, decide, {"a.py": "old", "a.ini": "x"}, codemod=codemod)
    assert [(skip.path, skip.line) for skip in found.skips] == [("a.ini", 3)]


def test_group_refused_in_one_file_is_left_alone_in_all_and_in_texts(tmp_path: Path) -> None:
    decide = 'found = {1: TextChange("new.ini", "x", "g", "Say")}'
    found = planned(tmp_path, decide, {"a.py": "old", "b.py": "x\nold; stop\n"})
    assert (found.changes, found.problems) == ((), ())
    assert [(skip.path, skip.line, skip.rule) for skip in found.skips] == [
        ("a.py", 1, "no-way"),
        ("b.py", 2, "no-way"),
        ("new.ini", 1, "no-way"),
    ]


def test_group_is_left_alone_where_one_of_its_files_can_not_be_worked_on(tmp_path: Path) -> None:
    found = planned(tmp_path, "project.surveys['b.py']", {"a.py": "old", "b.py": "old"})
    assert len(found.changes) == 1
    (tmp_path / "b.py").write_text("# @generated\nold")
    found = make_plan(Request((tmp_path,)))[1]
    assert (found.changes, [(skip.path, skip.rule) for skip in found.skips]) == (
        (),
        [("a.py", "generated"), ("b.py", "generated")],
    )


@pytest.mark.parametrize("times", [1, 2])  # what is remembered says the same
def test_decision_can_ask_what_names_stand_for(tmp_path: Path, times: int) -> None:
    packages = tmp_path / "env/lib/python3.12/site-packages"
    packages.mkdir(parents=True)
    (packages / "web.py").write_text("async def get(): ...\n")
    (tmp_path / "env/bin").mkdir()
    (tmp_path / "env/bin/python").touch()
    decide = (
        "objects = project.objects()\n"
        "        both = [objects.named('a.py', name) for name in ('here', 'web.get')]\n"
        "        text = repr([(objects.place(thing), thing.calling.value) for thing in both])\n"
        "        found = {1: TextChange('found.txt', text, 'g', 'Say')}"
    )
    root = tmp_path / "repository"
    root.mkdir()
    files = {"a.py": "import web\nold = 1\ndef here(): ...\n"}
    (change,) = planned(root, decide, files, python=tmp_path / "env/bin/python").changes
    for _ in range(times - 1):
        (change,) = make_plan(Request((root,), python=tmp_path / "env/bin/python"))[1].changes

    assert change.edits[1].text == "[('a.py:3', 'plain'), ('web.py:1', 'coroutine')]"


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("wanted", ["True", "False"])
def test_objects_are_the_same_whether_they_were_surveyed_or_not(wanted: str, jobs: int, tmp_path: Path) -> None:
    codemod = CODEMOD.replace('triggers = ("old",)', f'triggers = ("old",)\n    wants_objects = {wanted}')
    decide = """
        project.survey_all(project.paths)
        things = [project.objects().named(path, "get") for path in project.paths]
        said = str([(one.what.value, one.line, one.calling.value) for one in things])
        found = {1: TextChange("found.txt", said, "g", "Say")}
    """
    files = {"a.py": "async def get(): return old\n", "b.py": "\ndef get(): return 1\n", "c.py": "get = nothing\n"}
    (change,) = planned(tmp_path, decide.strip(), files, jobs=jobs, codemod=codemod).changes
    assert change.edits[1].text == (
        "[('function', 1, 'coroutine'), ('function', 2, 'plain'), ('unknown', 0, 'unknown')]"
    )


@pytest.mark.parametrize("jobs", [1, 2])
def test_decision_with_objects_of_a_class_of_the_codemod_is_a_problem(jobs: int, tmp_path: Path) -> None:
    own = "from typing import NamedTuple\n\n\nclass Own(NamedTuple):\n    number: int\n\n\nclass Rename("
    codemod = CODEMOD.replace("class Rename(", own).replace('FilePlan(groups=("g",))', "FilePlan(data=Own(1))")
    found = planned(tmp_path, "", {"a.py": "old", "b.py": "old"}, jobs=jobs, codemod=codemod)
    assert not found.changes
    (problem,) = found.problems
    assert "`decide` plans with objects of a class of its own, Own" in problem.message
