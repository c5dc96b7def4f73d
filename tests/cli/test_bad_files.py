"""Files and folders that greenmod can't work on: each is named with its line and what to do, the rest is done."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Greenmod = Callable[..., subprocess.CompletedProcess[str]]

PYTHON = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
posix = pytest.mark.skipif(sys.platform == "win32", reason="permission bits, links and pipes of POSIX")


def changed(project: Path) -> list[str]:
    """List the files whose first line was rewritten."""
    return [
        path.relative_to(project).as_posix()
        for path in sorted(project.rglob("*.py"))
        if path.is_file() and path.read_bytes()[:8] == b"new_name"
    ]


def test_works_on_the_others_when_files_can_not_be_parsed_or_decoded(project: Path, greenmod: Greenmod) -> None:
    bad = {
        "cookie.py": b"# coding: martian\nold_name = 1\n",
        "late.py": b"old_name = 1\n\n\nx = '\xe9'\n",
        "null.py": b"old_name = 1\0\n",
        "python2.py": b'x = 1\nprint "old_name"\n',
        "unclosed.py": b"x = 1\nold_name = (\n",
    }
    for name, data in {**bad, "good.py": b"old_name = 1\n"}.items():
        (project / name).write_bytes(data)

    done = greenmod("run", "--write", "--format", "summary")

    assert done.returncode == 3
    assert done.stdout.startswith("1 change in 1 file, 1 file written; 6 files looked at")
    assert "Could not be worked on: 5 files (named above)\n" in done.stdout
    assert changed(project) == ["good.py"]
    assert {name: (project / name).read_bytes() for name in bad} == bad
    told = done.stderr.splitlines()
    assert [line.split(": ")[0] for line in told] == [
        "cookie.py:1",
        "late.py:4",
        "null.py:1",
        "python2.py:2",
        "unclosed.py:2",
    ]
    assert "unknown encoding: martian. Save the file as UTF-8, or correct the coding line" in told[0]
    assert "byte 0xe9 is not valid utf-8. Save the file as UTF-8, or declare its encoding" in told[1]
    assert f"is not valid {PYTHON}: Missing parentheses in call to 'print'." in told[3]
    assert "Correct the file, leave it out with `exclude`, or use a newer Python." in told[4]


def test_works_on_the_others_when_files_are_too_deep_or_too_large(project: Path, greenmod: Greenmod) -> None:
    """LibCST's parser would take the process along, or all memory."""
    deep = {
        "deep_and.py": "old_name = " + " and ".join(["x"] * 20_000),
        "deep_brackets.py": f"old_name = {'(' * 5_000}1{')' * 5_000}",
        "deep_calls.py": f"old_name = x{'.y()' * 20_000}",
        "deep_elif.py": "if old_name: pass\n" + "elif 1: pass\n" * 5_000,
        "deep_minus.py": f"old_name = {'-' * 20_000}1",
        "deep_sum.py": "old_name = " + " + ".join(["x"] * 20_000),
    }
    for name, text in deep.items():
        (project / name).write_text(text + "\n")
    (project / "large.py").write_text("old_name = 1\n" + f"value = '{'x' * 1000}'\n" * 10_000)
    (project / "good.py").write_text("old_name = 1\n")

    done = greenmod("run", "--write", "--format", "summary")

    assert done.returncode == 3
    assert changed(project) == ["good.py"]
    told = done.stderr.splitlines()
    assert [line.split(": ")[0] for line in told] == [*(f"{name}:1" for name in sorted(deep)), "large.py:1"]
    assert all("nested too deeply to be parsed safely. Split the expression" in line for line in told[:-1]), told
    assert "is too large for LibCST" in told[-1]
    assert told[-1].endswith("Leave it out with `exclude`.")


def test_says_which_path_does_not_exist(project: Path, greenmod: Greenmod) -> None:
    (project / "a.py").write_text("old_name = 1\n")

    for command in ("run", "hook"):
        done = greenmod(command, "a.py", "nowhere/b.py")
        assert done.returncode == 2
        assert done.stderr == (
            "greenmod: nowhere/b.py: no such file or folder\nCheck the path; it is taken from the current folder.\n"
        )
    assert changed(project) == []


@posix
def test_works_on_the_others_when_permissions_are_missing(
    project: Path, greenmod: Greenmod, mortal: tuple[str, ...]
) -> None:
    for path in ("good.py", "read_only.py", "secret.py", "locked/a.py", "closed/a.py"):
        (project / path).parent.mkdir(exist_ok=True)
        (project / path).write_text("old_name = 1\n")
    subprocess.run(["git", "add", "."], cwd=project, check=True)
    for path, mode in (("read_only.py", 0o444), ("secret.py", 0), ("locked", 0o555), ("closed", 0)):
        (project / path).chmod(mode)

    try:
        done = greenmod("run", "--write", "--format", "summary", under=mortal)
        named = greenmod("hook", "secret.py", "good.py", under=mortal)
        beyond = greenmod("run", "closed/a.py", under=mortal)
    finally:
        for path in ("locked", "closed"):
            (project / path).chmod(0o755)

    (project / "secret.py").chmod(0o644)
    assert done.returncode == 3
    assert changed(project) == ["good.py"]
    assert done.stderr.splitlines() == [
        "closed/a.py:1: can't be read: Permission denied. Check its permissions, or leave it out with `exclude`.",
        "secret.py:1: can't be read: Permission denied. Check its permissions, or leave it out with `exclude`.",
        "locked/a.py:1: can't be written: Permission denied. Check the disk and its folder's permissions.",
        "read_only.py:1: is not writable; left as it is. Give it write permission, or leave it out with `exclude`.",
    ]
    assert named.returncode == 3
    assert named.stderr.startswith("secret.py:1: can't be read: Permission denied.")
    assert beyond.returncode == 2
    assert beyond.stderr.startswith("greenmod: closed/a.py: can't be reached: Permission denied\n")


@posix
def test_leaves_links_and_what_lies_behind_them_alone(project: Path, tmp_path: Path, greenmod: Greenmod) -> None:
    """A link is not written through when it is found; named, it means what it leads to, if that is the project's."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.py").write_text("old_name = 1\n")
    (project / "good.py").write_text("old_name = 1\n")
    for name, target in (("escape.py", outside / "a.py"), ("escape", outside), ("dangling.py", "nowhere.py")):
        (project / name).symlink_to(target)
    (project / "loop.py").symlink_to("loop.py")
    os.mkfifo(project / "pipe.py")

    found = greenmod("run", "--show-skips", "--write", "--format", "summary")
    named = [greenmod("run", "--write", path) for path in ("escape.py", "escape", "escape/a.py")]
    loop = greenmod("run", "loop.py")

    assert found.returncode == 3
    assert found.stderr.splitlines() == [
        "loop.py:1: can't be read: Too many levels of symbolic links. "
        "Check its permissions, or leave it out with `exclude`.",
        f"escape.py:1: left alone by rename-it [link]: the path leads through a link to {outside}/a.py",
    ]
    assert changed(project) == ["good.py"]
    assert (outside / "a.py").read_text() == "old_name = 1\n"
    for done, path in zip(named, ("escape.py", "escape", "escape/a.py"), strict=True):
        assert done.returncode == 2
        assert done.stderr.startswith(f"greenmod: {path}: lies outside the root {project}\nGive paths of one repo")
    assert (loop.returncode, loop.stderr.splitlines()[0]) == (
        2,
        "greenmod: loop.py: can't be reached: Too many levels of symbolic links",
    )


@posix
def test_does_not_wait_for_a_pipe_where_there_is_no_git(tmp_path: Path, greenmod: Greenmod) -> None:
    (tmp_path / "bare").mkdir()
    os.mkfifo(tmp_path / "bare" / "pipe.py")

    done = greenmod("run", cwd=tmp_path / "bare")

    assert (done.returncode, done.stderr[:17]) == (0, "Nothing to change")


@pytest.mark.parametrize("state", ["damaged", "cut off", "empty", "locked", "a folder", "read-only", "out of reach"])
def test_a_bad_cache_changes_nothing(
    project: Path, tmp_path: Path, greenmod: Greenmod, request: pytest.FixtureRequest, state: str
) -> None:
    (project / "a.py").write_text("old_name = 1\n")
    cache = tmp_path / "cache"
    expected = greenmod("run", GREENMOD_CACHE_DIR=str(cache)).stdout
    file = cache / "facts.sqlite3"
    under: tuple[str, ...] = ()
    if state in ("read-only", "out of reach"):
        under = request.getfixturevalue("mortal")
        cache.chmod(0o555 if state == "read-only" else 0)
    elif state == "locked":
        request.getfixturevalue("lock")(file)
    elif state == "a folder":
        file.unlink()
        file.mkdir()
    else:
        data = file.read_bytes()
        file.write_bytes({"damaged": b"\xff" * len(data), "cut off": data[:5000], "empty": b""}[state])

    done = greenmod("run", under=under, GREENMOD_CACHE_DIR=str(cache))
    cache.chmod(0o755)

    assert (done.returncode, done.stdout) == (1, expected)
    assert done.stderr.startswith("1 change in 1 file found")


@pytest.fixture
def lock() -> Iterator[Callable[[Path], None]]:
    """Hold a database for oneself until the test is over."""
    import sqlite3

    held: list[sqlite3.Connection] = []

    def hold(file: Path) -> None:
        held.append(sqlite3.connect(file, isolation_level=None))
        held[0].execute("BEGIN EXCLUSIVE")

    yield hold
    for connection in held:
        connection.close()


@posix
def test_writes_nothing_where_what_it_writes_could_not_be_undone(
    project: Path, tmp_path: Path, greenmod: Greenmod, mortal: tuple[str, ...]
) -> None:
    (project / "a.py").write_text("old_name = 1\n")
    (tmp_path / "state").mkdir(mode=0o555)

    done = greenmod("run", "--write", under=mortal, GREENMOD_STATE_DIR=str(tmp_path / "state"))

    assert done.returncode == 3
    assert done.stderr.startswith(f"a.py:1: the undo journal in {tmp_path}/state")
    assert "can't be written: Permission denied; nothing was changed." in done.stderr
    assert "1 change in 1 file found, none written" in done.stderr
    assert changed(project) == []
