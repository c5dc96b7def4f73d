"""A codemod of one's own, from `greenmod new` to `greenmod run`; codemods that come from LibCST as they are."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Greenmod = Callable[..., subprocess.CompletedProcess[str]]

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def empty(project: Path) -> Path:
    """A project without configuration and without codemods."""
    (project / "codemods" / "rename_it.py").unlink()
    (project / "codemods").rmdir()
    (project / "pyproject.toml").unlink()
    return project


def test_a_new_codemod_is_proven_and_runs(empty: Path, greenmod: Greenmod) -> None:
    made = greenmod("new", "rename-user-model")

    assert made.returncode == 0
    assert made.stdout.splitlines() == [
        "codemods/rename_user_model.py",
        "fixtures/rename-user-model/renamed/before.py",
        "fixtures/rename-user-model/renamed/after.py",
        "fixtures/rename-user-model/unchanged_in_function/before.py",
    ]
    assert '    [tool.greenmod]\n    codemods = ["codemods"]\n' in made.stderr

    unasked = greenmod("test", "rename-user-model")
    assert unasked.returncode == 2
    assert 'there is no codemod "rename-user-model"' in unasked.stderr

    (empty / "pyproject.toml").write_text('[tool.greenmod]\ncodemods = ["codemods"]\n')
    proven = greenmod("test", "rename-user-model")
    assert (proven.returncode, proven.stdout, proven.stderr) == (0, "", "2 cases proven, 0 failed.\n")

    (empty / "app.py").write_text("old_name = 1\n")
    found = greenmod("run", "--select", "rename-user-model", "--format", "patch")
    assert (found.returncode, found.stdout.splitlines()[-2:]) == (1, ["-old_name = 1", "+new_name = 1"])

    again = greenmod("new", "rename-user-model")
    assert again.returncode == 2
    assert again.stderr.endswith("rename_user_model.py exists already\nChoose another name, or remove it first.\n")


def follow_the_readme(root: Path) -> None:
    """Write what the README's section about codemods shows: the codemod, and a file for each line of its cases."""
    section = README.read_text(encoding="utf-8").split("## Writing a codemod")[1]
    shown = re.findall(r"```(?:python)?\n(.*?)```", section, re.DOTALL)
    (root / "codemods").mkdir()
    (root / "codemods" / "rename_user_model.py").write_text(shown[0])
    for line in shown[1].splitlines():
        path, text = line.split(maxsplit=1)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text + "\n")
    (root / "pyproject.toml").write_text('[tool.greenmod]\ncodemods = ["codemods"]\n')


def test_the_readmes_codemod_is_proven_by_its_two_cases(empty: Path, greenmod: Greenmod) -> None:
    """And a case that fails shows what was expected and what was found."""
    follow_the_readme(empty)

    proven = greenmod("test", "rename-user-model")
    unchanged = empty / "fixtures" / "rename-user-model" / "unchanged_text" / "before.py"
    unchanged.write_text("UserModel  # skip: never\n")
    failed = greenmod("test", "rename-user-model")

    assert (proven.returncode, proven.stderr) == (0, "2 cases proven, 0 failed.\n")
    assert (failed.returncode, failed.stderr) == (1, "1 case proven, 1 failed.\n")
    assert "unchanged_text: result: expected (-) and found (+):\n" in failed.stdout
    assert "\n-UserModel  # skip: never\n+User  # skip: never\n" in failed.stdout
    assert "unchanged_text: skips: case.py:1: expected a skip [never]; there is none\n" in failed.stdout


def test_lists_and_explains_the_projects_own_codemods(project: Path, greenmod: Greenmod) -> None:
    case = project / "fixtures" / "rename-it" / "renamed_at_the_top"
    case.mkdir(parents=True)
    (case / "before.py").write_text("old_name = 1\n")
    (case / "after.py").write_text("new_name = 1\n")

    listed = greenmod("list", cwd=case)
    explained = greenmod("explain", "rename-it", cwd=case)

    (own,) = (line for line in listed.stdout.splitlines() if line.split()[0] == "rename-it")
    assert own.split("  ")[-2:] == ["Rename `old_name` to `new_name`.", "[project]"]
    assert "orm-mode-to-from-attributes" in listed.stdout
    assert explained.stdout == (
        "# rename-it\n\nRename `old_name` to `new_name`.\n\nSafety: safe.\n\n## What it changes\n\n"
        "### Renamed at the top\n\n```diff\n-old_name = 1\n+new_name = 1\n```\n"
    )


TRANSFORMER = """\
import libcst as cst

class Swap(cst.CSTTransformer):
    def leave_Name(self, original, updated):
        return updated.with_changes(value="new_name") if original.value == "old_name" else updated
"""


def test_runs_transformers_and_commands_of_libcst_as_they_are(
    project: Path, tmp_path: Path, greenmod: Greenmod
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "swapping.py").write_text(TRANSFORMER)
    (project / "a.py").write_text('x =  old_name   # odd\ny = "{}".format(x)\n')
    command = "libcst.codemod.commands.rename:RenameCommand"
    options = ("--option", f"{command}.old_name=old_name", "--option", f"{command}.new_name=fresh")

    swapped = greenmod("run", "--select", "swapping:Swap", "--format", "patch", PYTHONPATH=str(tmp_path / "elsewhere"))
    strings = greenmod(
        "run", "--select", "libcst.codemod.commands.convert_format_to_fstring:ConvertFormatStringCommand"
    )
    renamed = greenmod("run", "--select", command, *options, "--format", "patch")

    assert swapped.stdout.splitlines()[-3:] == [
        "-x =  old_name   # odd",
        "+x =  new_name   # odd",
        ' y = "{}".format(x)',
    ]
    assert "# Apply ConvertFormatStringCommand  [libcst.codemod" in strings.stdout
    assert '\n-y = "{}".format(x)\n+y = f"{x}"\n' in strings.stdout
    assert "+x =  fresh   # odd" in renamed.stdout.splitlines()
