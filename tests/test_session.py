"""One run from paths to a ChangeSet: which files, which codemods, and the same answer however it was reached."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from greenmod.config import Config
from greenmod.errors import UsageError
from greenmod.model import ChangeSet, Skip
from greenmod.session import Request, find_candidates, make_plan, plan, start

MODEL = "from pydantic import BaseModel\n\n\nclass {name}(BaseModel):\n    class Config:\n        orm_mode = True\n"
OWN = '''
import libcst as cst

from greenmod.api import Codemod, Decision, FilePlan, Survey


class Rename(Codemod):
    """Rename `old`."""

    name = "rename-old"
    triggers = ("old",)

    @classmethod
    def survey(cls, file):
        return Survey((1,))

    @classmethod
    def decide(cls, project, options):
        return Decision({path: FilePlan(together=tuple(sorted(project.surveys))) for path in project.surveys})

    def leave_Name(self, original, updated):
        if original.value != "old":
            return updated
        return self.change(original, cst.Name("new"), "Rename", group="all of them")
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for number in range(6):
        folder = tmp_path / "app" / f"part{number}"
        folder.mkdir(parents=True)
        (folder / "schemas.py").write_text(MODEL.format(name=f"Model{number}"))
        (folder / "other.py").write_text("x = 1\n")
    (tmp_path / "app/broken.py").write_text("print 'orm_mode'\n")
    (tmp_path / "pyproject.toml").write_text("[tool.greenmod]\nselect = ['orm-mode-to-from-attributes']\n")
    return tmp_path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "codemods").mkdir()
    (tmp_path / "codemods/rename_old.py").write_text(OWN)
    (tmp_path / "pyproject.toml").write_text("[tool.greenmod]\ncodemods = ['codemods']\nselect = ['rename-old']\n")
    for name in ("a", "b"):
        (tmp_path / f"{name}.py").write_text("old = 1\n")
    return tmp_path


def test_plans_a_whole_repository(project: Path) -> None:
    run, found = make_plan(Request((project,)))
    assert run.root == project
    assert [change.path for change in found.changes] == [f"app/part{number}/schemas.py" for number in range(6)]
    assert sorted(found.baselines) == [change.path for change in found.changes]
    assert [(problem.path, problem.kind) for problem in found.problems] == [("app/broken.py", "syntax")]


@pytest.mark.parametrize(
    "change",
    [{"jobs": 1}, {"jobs": 2}, {"use_cache": False}, {"gated": False, "use_cache": False}, {"paths": "app"}],
    ids=str,
)
def test_answer_does_not_depend_on_how_it_was_reached(change: dict[str, object], project: Path) -> None:
    _, expected = make_plan(Request((project,)))
    more = {"paths": (project / "app",)} if "paths" in change else change
    request = replace(Request((project,)), **more)
    assert make_plan(request)[1] == make_plan(request)[1] == expected


def test_only_files_under_the_paths_change(project: Path) -> None:
    _, found = make_plan(
        Request((project / "app/part1", project / "app/part2/schemas.py", project / "app/part3/other.py"))
    )
    assert [change.path for change in found.changes] == ["app/part1/schemas.py", "app/part2/schemas.py"]
    assert found.problems == ()


def test_change_beyond_the_paths_is_a_skip_that_names_what_to_add(own: Path) -> None:
    _, found = make_plan(Request((own,)))
    assert [change.paths for change in found.changes] == [("a.py", "b.py")]
    _, found = make_plan(Request((own / "a.py",)))
    reason = "the change reaches beyond the given paths: add b.py"
    assert (found.changes, found.skips) == ((), (Skip("rename-old", "a.py", 1, "outside-paths", reason),))


def test_project_does_not_rewrite_its_own_codemods_and_cases(own: Path) -> None:
    (own / "fixtures/rename-old/some").mkdir(parents=True)
    (own / "fixtures/rename-old/some/before.py").write_text("old\n")
    run, found = make_plan(Request((own,)))
    assert run.files.all == ("a.py", "b.py")
    assert [change.paths for change in found.changes] == [("a.py", "b.py")]


def test_without_candidates_there_is_nothing_to_plan(project: Path) -> None:
    run = start(Request((project / "app/part1/other.py",)))
    assert find_candidates(run) == {}
    assert plan(run, {}) == ChangeSet()


def test_candidates_elsewhere_are_no_work_for_the_chosen(project: Path) -> None:
    run = start(Request((project / "app/part1/other.py",)))
    assert plan(run, {"app/part2/schemas.py": ("orm-mode-to-from-attributes",)}) == ChangeSet()


def test_given_configuration_is_used_instead_of_the_files(project: Path) -> None:
    config = Config(project, select=("async-client-app-to-transport",))
    assert make_plan(Request((project,)), config)[1].changes == ()


def test_link_is_left_alone_and_named(project: Path) -> None:
    (project / "app/link.py").symlink_to("part1/schemas.py")
    _, found = make_plan(Request((project,)))
    assert len(found.changes) == 6
    target = project / "app/part1/schemas.py"
    reason = f"the path leads through a link to {target}"
    assert Skip("orm-mode-to-from-attributes", "app/link.py", 1, "link", reason) in found.skips


def test_names_a_path_that_is_not_there(project: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere.py: no such file or folder"):
        start(Request((project, project / "nowhere.py")))


def test_takes_the_current_folder_when_no_path_is_given(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "app/part1")
    run, found = make_plan(Request())
    assert run.root == project
    assert [change.path for change in found.changes] == ["app/part1/schemas.py"]
