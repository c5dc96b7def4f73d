"""Codemods of one's own that break their contract: named, with the file they failed on; nothing of theirs is kept."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Greenmod = Callable[..., subprocess.CompletedProcess[str]]

# The body of a codemod: what it is called, what its class holds, and how it treats the name `old_name`.
TEMPLATE = """\
import libcst as cst
from greenmod.api import *

class {title}(Codemod):
    name = "{name}"
    triggers = ("old_name",)
{members}
    def leave_Name(self, original, updated):
        if original.value != "old_name":
            return updated
        {action}
"""
CHANGE = 'return self.change(original, updated.with_changes(value="x"), "Rename")'
DECIDE = "    @classmethod\n    def decide(cls, project, options): "
SURVEY = "    @classmethod\n    def survey(cls, file): "


def write(project: Path, name: str, action: str = CHANGE, members: str = "", head: str = "") -> None:
    """Write the codemod `name`, which is the only thing wrong in a project whose other codemod works."""
    text = TEMPLATE.format(title=name.title().replace("-", ""), name=name, members=members, action=action)
    (project / "codemods" / f"{name.replace('-', '_')}.py").write_text(head + text)


# What each codemod does, and what is said of it.
FAILING = {
    "breaks-syntax": (
        {"action": 'return self.change(original, cst.Name("class"), "Rename")'},
        "its result is not valid Python: invalid syntax in 'class = 1'",
    ),
    "decides-beyond": (
        {"members": f'{DECIDE}return Decision({{"../outside.py": FilePlan()}})'},
        "`decide` plans for ../outside.py, which is none of the project's Python files",
    ),
    "decides-nothing": ({"members": f"{DECIDE}return None"}, "`decide` returned None\nReturn a Decision"),
    "decides-wrongly": (
        {"members": f'{DECIDE}raise KeyError("where")'},
        "KeyError: 'where' (decides_wrongly.py:",
    ),
    "ends-the-process": ({"action": "raise SystemExit(5)"}, "SystemExit: 5 (ends_the_process.py:11)"),
    "forgets-to-record": (
        {"action": 'return updated.with_changes(value="x")'},
        "leave_Name returned a new node that no `change` recorded\n"
        "Return what `self.change(original, new, title)` gives back, for every node that is replaced.",
    ),
    "imports-nothing": ({"head": "import no_such_module\n"}, "ModuleNotFoundError: No module named 'no_such_module'"),
    "passes-updated": (
        {"action": 'return self.change(updated, updated.with_changes(value="x"), "Rename")'},
        "`change` or `skip` was given a Name that is not in the file\nPass the *original* node",
    ),
    "raises-always": ({"action": 'raise RuntimeError("boom")'}, "RuntimeError: boom (raises_always.py:11)"),
    "returns-nonsense": ({"action": 'return self.change(original, 5, "Rename")'}, "got a return value of int"),
    "sends-the-unsendable": (
        {"members": f'{DECIDE}return Decision({{"a.py": FilePlan(data=lambda: 1)}})'},
        "Can't",
    ),
    "surveys-nonsense": ({"members": f"{SURVEY}return 1, 2"}, "`survey` returned (1, 2)\nReturn a Survey, or None."),
    "surveys-the-unsayable": (
        {"members": f"{SURVEY}return Survey((1,), object())"},
        "TypeError: Object of type object is not JSON serializable",
    ),
}


def test_each_failure_is_named_and_the_codemod_that_works_does_its_work(project: Path, greenmod: Greenmod) -> None:
    for name, (parts, _) in FAILING.items():
        write(project, name, **parts)
    (project / "a.py").write_text("old_name = 1\n")

    done = greenmod("run", "--write", "--format", "summary", "--select", ",".join(("rename-it", *FAILING)))

    assert done.returncode == 3
    assert (project / "a.py").read_text() == "new_name = 1\n"
    assert "1 change in 1 file, 1 file written" in done.stdout
    for name, (_, message) in FAILING.items():
        told = done.stderr.partition(f"the codemod {name} failed here and changed nothing: ")[2]
        assert message in told.partition("the codemod ")[0], f"{name}: {done.stderr}"


def test_the_same_is_said_when_workers_find_it(project: Path, greenmod: Greenmod) -> None:
    write(project, "ends-the-process", "raise SystemExit(5)")
    write(project, "raises-always", 'raise RuntimeError("boom")')
    for name in ("a.py", "b.py"):
        (project / name).write_text("old_name = 1\n")

    alone, together = (
        greenmod("run", "--select", "ends-the-process,raises-always", "--jobs", jobs).stderr.splitlines()[:4]
        for jobs in ("1", "2")
    )

    assert alone == together
    assert [line.split(" failed")[0] for line in alone] == [
        "a.py:1: the codemod ends-the-process",
        "a.py:1: the codemod raises-always",
        "b.py:1: the codemod ends-the-process",
        "b.py:1: the codemod raises-always",
    ]


def test_of_changes_that_overlap_one_stands_and_the_other_waits(project: Path, greenmod: Greenmod) -> None:
    write(project, "also-it")
    (project / "a.py").write_text("old_name = 1\n")

    done = greenmod("run", "--select", "also-it,rename-it", "--show-skips", "--format", "patch")

    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "+x = 1"
    assert done.stderr.startswith(
        "a.py:1: left alone by rename-it [conflict]: conflicts with also-it:a.py:<module>:1; run again after it\n"
    )


def test_an_edit_outside_of_its_file_is_left_alone(project: Path, tmp_path: Path, greenmod: Greenmod) -> None:
    (tmp_path / "outside.py").write_text("x = 1\n")
    (project / "other.py").write_text("x = 1\n")
    for name, path in (("import-outside", "../outside.py"), ("import-elsewhere", "other.py")):
        need = f'imports=[ImportNeed("{path}", "os")]'
        write(project, name, f'return self.change(original, updated.with_changes(value="x"), "Rename", {need})')
    (project / "a.py").write_text("old_name = 1\n")

    done = greenmod("run", "--write", "--select", "import-outside,import-elsewhere", "--show-skips")

    assert done.returncode == 3
    assert "[outside-paths]: the change reaches beyond the given paths: add ../outside.py" in done.stderr
    assert "the codemod import-elsewhere wants an import in other.py, which it was not shown" in done.stderr
    assert [(project / name).read_text() for name in ("a.py", "other.py")] == ["old_name = 1\n", "x = 1\n"]
    assert (tmp_path / "outside.py").read_text() == "x = 1\n"


def test_a_change_waits_for_one_that_it_requires_and_that_is_forbidden(project: Path, greenmod: Greenmod) -> None:
    action = """self.change(
            original, updated.with_changes(value="x"), "Rename",
            group=self.scope or "top", requires=["top"] if self.scope else [],
        )
        return self.records[-1].new"""
    write(project, "chain-it", action)
    (project / "a.py").write_text("old_name = 1  # greenmod: ignore[chain-it] not yet\ndef f(): return old_name\n")

    done = greenmod("run", "--select", "chain-it", "--show-skips")

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines()[:2] == [
        "a.py:1: left alone by chain-it [suppressed]: not yet",
        "a.py:2: left alone by chain-it [requires]: requires a change that is left alone",
    ]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('    name = "a" + "b"', 4, "`name` must be a literal: it is read without running the file"),
        ("    name = 3", 4, "`name` must be a word such as `verb-thing`, not 3"),
        ('    name = "rename it"', 4, "`name` must be a word such as `verb-thing`, not 'rename it'"),
        ("    triggers = ()", 3, 'the codemod Bad has no `name`\nAdd `name = "verb-thing"`.'),
        ('    name = "b-c"\n    triggers = "old"', 5, "`triggers` must be a tuple of words, or of tuples of words"),
        ('    name = "b-c"\n    pattern = "("', 5, "`pattern` must be a regular expression, not '('"),
        ('    name = "b-c"\n    safety = "safe"', 5, "`safety` must be Safety.SAFE or Safety.UNSAFE"),
        (
            '    name = "b-c"\n    options = (Option("a"),)',
            5,
            "`options` must be a tuple of literal `Option(...)` calls",
        ),
        ('    name = "b-c"\n    options = compute()', 5, "`options` must be a tuple of literal `Option(...)` calls"),
    ],
)
def test_what_is_read_without_running_must_be_plain(
    project: Path, greenmod: Greenmod, text: str, line: int, message: str
) -> None:
    file = project / "codemods" / "bad.py"
    file.write_text(f"from greenmod.api import Codemod\n\nclass Bad(Codemod):\n{text}\n")

    done = greenmod("list")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"greenmod: {file}:{line}: {message}")


@pytest.mark.parametrize("state", ["not Python", "a name that is taken"])
def test_a_codemod_that_can_not_be_listed_is_named(project: Path, greenmod: Greenmod, state: str) -> None:
    file = project / "codemods" / "worse.py"
    file.write_text("def (:\n" if state == "not Python" else (project / "codemods" / "rename_it.py").read_text())

    done = greenmod("run")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"greenmod: {file}: ")
    assert {
        "not Python": "the codemod can't be read: invalid syntax (worse.py, line 1)\nCorrect it, or take it out of",
        "a name that is taken": "the name rename-it is taken\nGive the codemod another name.",
    }[state] in done.stderr


def test_codemods_that_are_not_readable_are_named(project: Path, greenmod: Greenmod, mortal: tuple[str, ...]) -> None:
    (project / "codemods").chmod(0)
    try:
        done = greenmod("run", under=mortal)
    finally:
        (project / "codemods").chmod(0o755)

    assert done.returncode == 2
    assert done.stderr == (
        f"greenmod: {project}/codemods: can't be read: Permission denied\nCheck the permissions of the codemods.\n"
    )
