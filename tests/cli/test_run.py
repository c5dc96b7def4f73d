"""`greenmod run` without --write: what it prints in each format, and what it is about."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Greenmod = Callable[..., subprocess.CompletedProcess[str]]

TWO_SITES = 'old_name = 1\n\ndef f():\n    return old_name\n\nx = [old_name, "[bold]text[/bold]"]\n'
DIFF = """\
a.py
# Rename `old_name`  [rename-it, safe]  a.py:1
#   why: it is old
@@ -1,4 +1,4 @@
-old_name = 1
+new_name = 1
 
 def f():
     return old_name

# Rename `old_name`  [rename-it, safe]  a.py:6
#   why: it is old
@@ -3,4 +3,4 @@
 def f():
     return old_name
 
-x = [old_name, "[bold]text[/bold]"]
+x = [new_name, "[bold]text[/bold]"]

"""  # noqa: W293
SUMMARY = """\
2 changes in 1 file found; 1 file looked at in 0.0 s. Nothing was written; `greenmod run --write` writes them.
  rename-it: 2 changes
Left alone: 1 site (--show-skips says why)
  rename-it [not-global]: 1
"""
PATCH = """\
diff --git a/a.py b/a.py
--- a/a.py
+++ b/a.py
@@ -1,6 +1,6 @@
-old_name = 1
+new_name = 1
 
 def f():
     return old_name
 
-x = [old_name, "[bold]text[/bold]"]
+x = [new_name, "[bold]text[/bold]"]
"""  # noqa: W293


def timeless(text: str) -> str:
    return re.sub(r"\d+\.\d s", "0.0 s", text)


def test_shows_each_change_with_its_reason_and_writes_nothing(project: Path, greenmod: Greenmod) -> None:
    (project / "a.py").write_text(TWO_SITES)

    done = greenmod("run")

    assert (done.returncode, done.stdout, timeless(done.stderr)) == (1, DIFF, SUMMARY)
    assert (project / "a.py").read_text() == TWO_SITES


def test_every_format_tells_of_the_same_changes(project: Path, greenmod: Greenmod) -> None:
    (project / "a.py").write_text(TWO_SITES)

    patch = greenmod("run", "--format", "patch")
    summary = greenmod("run", "--format", "summary")
    document = greenmod("run", "--format", "json", "--show-skips")

    assert (patch.returncode, patch.stdout, timeless(patch.stderr)) == (1, PATCH, SUMMARY)
    assert (summary.returncode, timeless(summary.stdout), summary.stderr) == (1, SUMMARY, "")
    told = json.loads(document.stdout)
    assert [(change["id"], change["path"], change["line"], change["why"]) for change in told["changes"]] == [
        ("rename-it:a.py:<module>:1", "a.py", 1, "it is old"),
        ("rename-it:a.py:<module>:2", "a.py", 6, "it is old"),
    ]
    assert told["changes"][1]["edits"] == [{"path": "a.py", "start": 49, "end": 57, "text": "new_name"}]
    assert told["skips"] == [
        {
            "codemod": "rename-it",
            "path": "a.py",
            "line": 4,
            "rule": "not-global",
            "reason": "it may mean something else here",
        }
    ]
    assert told["written"] is None
    assert told["summary"] == {
        "files_looked_at": 1,
        "files_changed": 1,
        "changes": {"rename-it": 2},
        "skips": {"rename-it:not-global": 1},
    }
    skip = "a.py:4: left alone by rename-it [not-global]: it may mean something else here\n"
    assert timeless(document.stderr) == skip + SUMMARY


@pytest.mark.parametrize("form", ["patch", "summary"])
def test_puts_the_result_into_a_file_when_one_is_named(
    project: Path, tmp_path: Path, greenmod: Greenmod, form: str
) -> None:
    (project / "a.py").write_text(TWO_SITES)
    file = tmp_path / "result"

    done = greenmod("run", "--format", form, "--output", str(file))

    assert (done.returncode, done.stdout) == (1, "")
    assert timeless(file.read_text()) == {"patch": PATCH, "summary": SUMMARY}[form]


def test_says_so_when_there_is_nothing_to_change(project: Path, greenmod: Greenmod) -> None:
    (project / "a.py").write_text("x = 1\n")
    (project / "empty").mkdir()

    nothing, no_files = greenmod("run"), greenmod("run", "empty")

    assert (nothing.returncode, nothing.stdout) == (0, "")
    assert timeless(nothing.stderr) == "Nothing to change; 1 file looked at in 0.0 s.\n"
    assert (no_files.returncode, no_files.stdout) == (0, "")
    assert no_files.stderr == "No Python files here to look at (`exclude` and .gitignore leave files out).\n"


MORE_CODEMODS = """\
import libcst as cst
from greenmod.api import Codemod, Option, Safety

class UpIt(Codemod):
    name = "up-it"
    triggers = ("old_name", "third")
    options = (Option("word", "UP", "what to write", ("UP", "HIGH")),)

    def leave_Name(self, original, updated):
        if original.value != "third":
            return updated
        return self.change(original, updated.with_changes(value=self.option("word")), "Up")

class DropIt(Codemod):
    name = "drop-it"
    safety = Safety.UNSAFE

    def leave_Name(self, original, updated):
        if original.value != "fourth":
            return updated
        return self.change(original, updated.with_changes(value="gone"), "Drop")
"""


@pytest.fixture
def three(project: Path) -> Path:
    """A project of three codemods, one of them unsafe, which selects nothing."""
    (project / "codemods" / "more.py").write_text(MORE_CODEMODS)
    (project / "pyproject.toml").write_text(
        '[tool.greenmod]\ncodemods = ["codemods"]\n[tool.greenmod.up-it]\nword = "HIGH"\n'
    )
    (project / "a.py").write_text("old_name = third = fourth\n")
    return project


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "new_name = HIGH = fourth"),
        (("--unsafe",), "new_name = HIGH = gone"),
        (("--select", "rename-it"), "new_name = third = fourth"),
        (("--select", "rename-it, drop-it", "--select", "up-it"), "new_name = HIGH = gone"),
        (("--ignore", "rename-it,up-it", "--unsafe"), "old_name = third = gone"),
        (("--option", "up-it.word=UP"), "new_name = UP = fourth"),
    ],
)
def test_runs_the_codemods_that_are_asked_for(
    three: Path, greenmod: Greenmod, arguments: tuple[str, ...], line: str
) -> None:
    patch = greenmod("run", "--format", "patch", *arguments)

    assert patch.stdout.splitlines()[-1] == f"+{line}"


def test_changes_only_what_lies_under_the_paths(project: Path, greenmod: Greenmod) -> None:
    """Paths are taken from the current folder; what is printed is relative to the root; configuration is the root's."""
    odd = project / "pkg" / "with space" / "ünïcode"
    odd.mkdir(parents=True)
    for file in (project / "top.py", project / "pkg" / "a.py", odd / "b c.py", project / "pkg" / "other.wsgi"):
        file.write_text("old_name = 1\n")

    here = greenmod("run", cwd=project / "pkg")
    named = greenmod("run", "with space/ünïcode/b c.py", "../top.py", "other.wsgi", cwd=project / "pkg")
    patch = greenmod("run", str(odd), "--format", "patch", cwd=project.parent)

    assert headings(here.stdout) == ["pkg/a.py", "pkg/with space/ünïcode/b c.py"]
    assert headings(named.stdout) == ["pkg/other.wsgi", "pkg/with space/ünïcode/b c.py", "top.py"]
    assert headings(patch.stdout) == [
        "diff --git a/pkg/with space/ünïcode/b c.py b/pkg/with space/ünïcode/b c.py",
        "--- a/pkg/with space/ünïcode/b c.py\t",
        "+++ b/pkg/with space/ünïcode/b c.py\t",
    ]


def headings(text: str) -> list[str]:
    return [line for line in text.splitlines() if ".py" in line or ".wsgi" in line if not line.startswith("#")]


TOGETHER = """\
from greenmod.api import Codemod, Decision, FilePlan, Survey

class RenameTogether(Codemod):
    name = "rename-it"
    triggers = ("old_name",)

    @classmethod
    def survey(cls, file):
        return Survey((1,))

    @classmethod
    def decide(cls, project, options):
        paths = tuple(sorted(project.surveys))
        return Decision({path: FilePlan(together=paths) for path in paths})

    def leave_Name(self, original, updated):
        if original.value != "old_name":
            return updated
        return self.change(original, updated.with_changes(value="new_name"), "Rename it everywhere", group="all")
"""


def test_leaves_a_change_alone_that_reaches_beyond_the_paths(project: Path, greenmod: Greenmod) -> None:
    (project / "codemods" / "rename_it.py").write_text(TOGETHER)
    (project / "a.py").write_text("old_name = 1\n")
    (project / "b.py").write_text("old_name = 2\n")

    one = greenmod("run", "a.py", "--show-skips")
    both = greenmod("run", "a.py", "b.py")

    reason = "a.py:1: left alone by rename-it [outside-paths]: the change reaches beyond the given paths: add b.py\n"
    assert (one.returncode, one.stdout) == (0, "")
    assert one.stderr.startswith(reason)
    assert both.returncode == 1
    assert both.stderr.startswith("1 change in 2 files found")
