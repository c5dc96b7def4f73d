"""`greenmod hook`: what pre-commit and prek call, one at a time or several at once."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

Greenmod = Callable[..., subprocess.CompletedProcess[str]]

MANIFEST = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"


def test_fixes_only_the_files_it_is_given(project: Path, greenmod: Greenmod) -> None:
    for name in ("a.py", "b.py", "with space.py"):
        (project / name).write_text("old_name = 1\n")

    first = greenmod("hook", "a.py", "with space.py")
    second = greenmod("hook", "a.py", "with space.py")

    assert (first.returncode, second.returncode) == (1, 0)
    assert first.stdout.startswith("a.py\n# Rename `old_name`  [rename-it, safe]  a.py:1\n")
    assert first.stderr.startswith("2 changes in 2 files, 2 files written; 2 files looked at")
    assert (second.stdout, second.stderr[:17]) == ("", "Nothing to change")
    assert [(project / name).read_text() for name in ("a.py", "b.py", "with space.py")] == [
        "new_name = 1\n",
        "old_name = 1\n",
        "new_name = 1\n",
    ]


def test_only_complains_with_check(project: Path, greenmod: Greenmod) -> None:
    (project / "a.py").write_text("old_name = 1\n")
    (project / "fine.py").write_text("x = 1\n")

    wrong = greenmod("hook", "--check", "a.py", "fine.py")
    fine = greenmod("hook", "--check", "fine.py")

    assert (wrong.returncode, fine.returncode) == (1, 0)
    assert "1 change in 1 file found; 2 files looked at" in wrong.stderr
    assert (project / "a.py").read_text() == "old_name = 1\n"


def test_takes_arguments_before_the_files(project: Path, greenmod: Greenmod) -> None:
    (project / "a.py").write_text("def f(): old_name\n")

    done = greenmod("hook", "--select", "rename-it", "--show-skips", "a.py")

    assert done.returncode == 0
    assert done.stderr.startswith("a.py:1: left alone by rename-it [not-global]: it may mean something else here\n")


def start(project: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "greenmod", "hook", *arguments]
    return subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def end(processes: list[subprocess.Popen[str]]) -> list[tuple[int, str]]:
    said = [process.communicate()[1] for process in processes]
    return [(process.returncode, text) for process, text in zip(processes, said, strict=True)]


def is_cache_whole(folder: str) -> bool:
    with closing(sqlite3.connect(Path(folder) / "facts.sqlite3")) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_many_at_once_on_different_files_do_not_disturb_each_other(
    project: Path, tmp_path: Path, greenmod: Greenmod, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREENMOD_CACHE_DIR", str(tmp_path / "cache"))
    for number in range(16):
        (project / f"m{number}.py").write_text(f"old_name = {number}\n")

    ended = end([start(project, f"m{number}.py", f"m{number + 8}.py") for number in range(8)])

    assert [code for code, _ in ended] == [1] * 8, ended
    assert [(project / f"m{number}.py").read_text() for number in range(16)] == [
        f"new_name = {number}\n" for number in range(16)
    ]
    assert sorted(path.name for path in project.iterdir() if path.suffix != ".py") == [
        ".git",
        "codemods",
        "pyproject.toml",
    ]
    assert is_cache_whole(str(tmp_path / "cache"))
    runs = greenmod("undo", "--list").stdout.splitlines()
    assert [" ".join(line.split()[3:6]) for line in runs] == ["written 2 files"] * 8


def test_many_at_once_on_the_same_file_lose_nothing(project: Path, greenmod: Greenmod) -> None:
    """Each one fixes the file, finds it fixed, or says that it changed meanwhile; at least one fixes it."""
    (project / "a.py").write_text("old_name = 1\n" * 50)

    ended = end([start(project, "a.py") for _ in range(8)])

    codes = Counter(code for code, _ in ended)
    assert codes.keys() <= {0, 1, 3}, ended
    assert codes[1] >= 1
    assert all("changed after the run was planned" in text for code, text in ended if code == 3)
    assert (project / "a.py").read_text() == "new_name = 1\n" * 50
    assert greenmod("hook", "a.py").returncode == 0
    assert greenmod("undo").returncode == 0
    assert (project / "a.py").read_text() == "old_name = 1\n" * 50


def test_the_manifest_is_one_that_pre_commit_takes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    hooks = MANIFEST.read_text().split("\n\n")
    assert [hook.splitlines()[0] for hook in hooks] == ["- id: greenmod", "- id: greenmod-check"]
    assert all("require_serial: true" in hook and "types_or: [python]" in hook for hook in hooks)
