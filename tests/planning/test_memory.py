"""A plan is remembered while nothing that it depended on is different, and decided anew when anything is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from greenmod.facts.evidence.observation import Evidence, Observation, Phase
from greenmod.model import ChangeSet
from greenmod.session import Request, find_candidates, plan, start

CODEMOD = '''
from pathlib import Path

import libcst as cst

from greenmod.api import Codemod, Decision, FilePlan, Option, SkippedSite, Survey


class Rename(Codemod):
    """Rename `old`."""

    name = "rename-old"
    triggers = ("old",)
    wants_evidence = True
    options = (Option("word", "new", "What it becomes."),)

    @classmethod
    def survey(cls, file):
        return Survey((1,))

    @classmethod
    def decide(cls, project, options):
        with open(MARKS, "a") as marks:
            marks.write("decided\\n")
        if project.read("fail.ini") is not None:
            raise ValueError("no luck")
        project.requirement("app/a.py", "pydantic")
        objects = project.objects()
        objects.imported("web.client.get", "app/a.py")
        objects.imported("app.made.thing", "app/a.py")
        skip = SkippedSite("app/a.py", 1, "left", "for no reason")
        return Decision({path: FilePlan() for path in project.surveys}, (skip,))

    def leave_Name(self, original, updated):
        return self.change(original, cst.Name("new"), "Rename") if original.value == "old" else updated
'''
SETTINGS = "[tool.greenmod]\ncodemods = ['tools']\nselect = ['rename-old']\n"
PACKAGES = ".venv/lib/python3.12/site-packages"
FILES = {
    "tools/rename_old.py": CODEMOD,
    "tools/beside.py": "",
    "pyproject.toml": SETTINGS,
    "app/__init__.py": "",
    "app/a.py": "x = old\n",
    "app/b.py": "x = 1\n",
    ".venv/pyvenv.cfg": "",
    f"{PACKAGES}/web/__init__.py": "",
    f"{PACKAGES}/web/client.py": "async def get(): ...\n",
}
SAID = Observation("test_a.py::test", Phase.CALL, "TypeError", "no")


class Runs:
    """A repository that is planned again and again."""

    def __init__(self, root: Path) -> None:
        self.root = root / "project"
        self.marks = root / "marks"
        self.marks.write_text("")
        for path, text in FILES.items():
            self.write(path, text.replace("MARKS", repr(str(self.marks))))
        self.request = Request((self.root,), jobs=1)

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def plan(self, evidence: Evidence | None = None) -> ChangeSet:
        run = start(self.request)
        return plan(run, find_candidates(run), None, evidence or Evidence())

    @property
    def decisions(self) -> int:
        return self.marks.read_text().count("decided")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    return Runs(tmp_path)


def test_second_plan_is_the_first_without_deciding(runs: Runs) -> None:
    first = runs.plan()
    assert (runs.plan(), runs.decisions) == (first, 1)
    assert ([change.title for change in first.changes], [skip.rule for skip in first.skips]) == (["Rename"], ["left"])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda runs: runs.write("app/a.py", "y = old\n"), id="candidate"),
        pytest.param(lambda runs: runs.write("app/b.py", "x = 2\n"), id="other file"),
        pytest.param(lambda runs: runs.write("app/c.py", ""), id="new file"),
        pytest.param(lambda runs: (runs.root / "app/b.py").unlink(), id="file gone"),
        pytest.param(lambda runs: runs.write("app/made.pyi", ""), id="module that is not listed"),
        pytest.param(lambda runs: runs.write("requirements/base.txt", "pydantic<2\n"), id="requirements"),
        pytest.param(lambda runs: runs.write("uv.lock", 'name = "pydantic"\nversion = "2.1"\n'), id="lock"),
        pytest.param(lambda runs: runs.write("pyproject.toml", SETTINGS + "exclude = ['x']\n"), id="settings"),
        pytest.param(lambda runs: runs.write(f"{PACKAGES}/web/client.py", "def get(): ...\n"), id="library"),
        pytest.param(lambda runs: runs.write(f"{PACKAGES}/web/client.pyi", "def get(): ...\n"), id="stub"),
        pytest.param(lambda runs: runs.write(f"{PACKAGES}/more.pth", "/nowhere\n"), id="path file"),
        pytest.param(lambda runs: (runs.root / ".venv/pyvenv.cfg").unlink(), id="environment"),
        pytest.param(lambda runs: runs.write("tools/beside.py", "x = 1\n"), id="file beside the codemod"),
    ],
)
def test_decides_anew_when_something_is_different(change: Callable[[Runs], object], runs: Runs) -> None:
    runs.plan()
    change(runs)
    runs.plan()
    assert runs.decisions == 2


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"options": ("rename-old.word=newer",)}, id="option"),
        pytest.param({"unsafe": True}, id="unsafe"),
        pytest.param({"python": Path("/nowhere/bin/python")}, id="interpreter"),
        pytest.param({"paths": "app/a.py"}, id="paths"),
        pytest.param({"use_cache": False}, id="without the cache"),
    ],
)
def test_decides_anew_when_something_else_is_asked(changed: dict[str, object], runs: Runs) -> None:
    runs.plan()
    if "paths" in changed:
        changed = {"paths": (runs.root / "app/a.py",)}
    runs.request = replace(runs.request, **changed)  # type: ignore[arg-type]  # the fields' own types
    runs.plan()
    assert runs.decisions == 2


def test_decides_anew_when_the_codemod_is_different(runs: Runs) -> None:
    runs.plan()
    codemod = runs.root / "tools/rename_old.py"
    codemod.write_text(codemod.read_text() + "# more\n")
    runs.plan()
    assert runs.decisions == 2


def test_decides_anew_in_another_environment(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    runs.plan()
    monkeypatch.setenv("VIRTUAL_ENV", str(runs.root / ".venv"))
    runs.plan()
    assert runs.decisions == 2


def test_decides_by_each_evidence_and_forgets_nothing_without_it(runs: Runs) -> None:
    for evidence in (None, Evidence((SAID,)), None, Evidence((SAID,)), Evidence((replace(SAID, message="yes"),))):
        runs.plan(evidence)
    assert runs.decisions == 3


def test_number_of_processes_makes_no_difference(runs: Runs) -> None:
    runs.plan()
    runs.request = replace(runs.request, jobs=2)
    runs.plan()
    assert runs.decisions == 1


def test_touched_file_makes_no_difference(runs: Runs) -> None:
    runs.plan()
    runs.write("app/b.py", "x = 1\n")
    runs.plan()
    assert runs.decisions == 1


def test_failure_is_not_remembered(runs: Runs) -> None:
    runs.write("fail.ini", "")
    assert [problem.kind for problem in (*runs.plan().problems, *runs.plan().problems)] == ["codemod", "codemod"]
    (runs.root / "fail.ini").unlink()
    assert (len(runs.plan().changes), runs.decisions) == (1, 3)
