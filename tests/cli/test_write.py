"""`greenmod run --write`, the patch that says the same, and `greenmod undo`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Greenmod = Callable[..., subprocess.CompletedProcess[str]]

# Each file's bytes before and after.
CORPUS: Mapping[str, tuple[bytes, bytes]] = {
    "plain.py": (b"old_name = 1\n", b"new_name = 1\n"),
    "crlf.py": (b"x = 1\r\nold_name = 1\r\n\r\n", b"x = 1\r\nnew_name = 1\r\n\r\n"),
    "mixed.py": (b"x = 1\r\nold_name = 1\ny = 2\r\n", b"x = 1\r\nnew_name = 1\ny = 2\r\n"),
    "cr.py": (b"x = 1\rold_name = 1\ry = 2\r", b"x = 1\rnew_name = 1\ry = 2\r"),
    "bom.py": (b"\xef\xbb\xbfold_name = 1\n", b"\xef\xbb\xbfnew_name = 1\n"),
    "bom_crlf.py": (b"\xef\xbb\xbf# \xc3\xa9\r\nold_name = 1", b"\xef\xbb\xbf# \xc3\xa9\r\nnew_name = 1"),
    "latin.py": (
        b"# -*- coding: latin-1 -*-\nold_name = '\xe9', old_name  # \xfc\n",
        b"# -*- coding: latin-1 -*-\nnew_name = '\xe9', new_name  # \xfc\n",
    ),
    "no_newline.py": (b"x = 1\nold_name = 1", b"x = 1\nnew_name = 1"),
    "one_line.py": (b"old_name", b"new_name"),
    "blanks.py": (b"old_name = 1   \n\x0c\nold_name\n\n\n", b"new_name = 1   \n\x0c\nnew_name\n\n\n"),
    "tabs.py": (b"if 1:\n\told_name = 1 ;\told_name\n", b"if 1:\n\tnew_name = 1 ;\tnew_name\n"),
    "a b/quo'te.py": (b"old_name = 1\n", b"new_name = 1\n"),
    "ünï/ÿ.py": (b"old_name = 1\n", b"new_name = 1\n"),
}
BEFORE = {path: before for path, (before, _) in CORPUS.items()}
AFTER = {path: after for path, (_, after) in CORPUS.items()}


def fill(root: Path) -> None:
    for path, before in BEFORE.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(before)


def contents(root: Path) -> dict[str, bytes]:
    return {path: (root / path).read_bytes() for path in CORPUS}


def test_a_patch_gives_what_writing_gives_and_undo_gives_it_back(
    project: Path, tmp_path: Path, greenmod: Greenmod
) -> None:
    fill(project)
    patch = tmp_path / "changes.patch"

    found = greenmod("run", "--format", "patch", "--output", str(patch))
    subprocess.run(["git", "apply", "--whitespace=nowarn", str(patch)], cwd=project, check=True)

    assert found.returncode == 1
    assert contents(project) == AFTER
    subprocess.run(["git", "apply", "--reverse", "--whitespace=nowarn", str(patch)], cwd=project, check=True)
    assert contents(project) == BEFORE

    written = greenmod("run", "--write", "--format", "summary")
    assert written.returncode == 0
    assert written.stdout.startswith("16 changes in 13 files, 13 files written")
    assert contents(project) == AFTER

    undone = greenmod("undo")
    assert undone.returncode == 0
    assert undone.stdout.splitlines() == [f"restored {path}" for path in sorted(CORPUS)]
    assert contents(project) == BEFORE


def test_writes_once_and_takes_back_once(project: Path, greenmod: Greenmod) -> None:
    (project / "pkg").mkdir()
    (project / "a.py").write_text("old_name = 1\n")
    (project / "pkg" / "b.py").write_text("old_name = 2\n")

    first = greenmod("run", "--write", "a.py")
    again = greenmod("run", "--write", "a.py")
    other = greenmod("run", "--write", cwd=project / "pkg")
    listed = greenmod("undo", "--list")

    assert [done.returncode for done in (first, again, other)] == [0, 0, 0]
    assert first.stderr.splitlines()[0].endswith("`greenmod undo` takes them back.")
    assert again.stderr.startswith("Nothing to change")
    assert (project / "pkg" / "b.py").read_text() == "new_name = 2\n"
    assert [re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "WHEN", line) for line in listed.stdout.splitlines()] == [
        "2  WHEN  written  1 file  greenmod run --write",
        "1  WHEN  written  1 file  greenmod run --write a.py",
    ]

    one = greenmod("undo", "1", cwd=project / "pkg")
    last = greenmod("undo")
    nothing = greenmod("undo")
    wrong = [greenmod("undo", "1"), greenmod("undo", "77")]

    assert (one.returncode, one.stdout, one.stderr) == (0, "restored a.py\n", "1 file restored.\n")
    assert (last.returncode, last.stdout) == (0, "restored pkg/b.py\n")
    assert (nothing.returncode, nothing.stdout) == (0, "")
    assert nothing.stderr == "Nothing to undo: greenmod wrote nothing here that is not taken back already.\n"
    assert [(done.returncode, done.stderr.splitlines()[0]) for done in wrong] == [
        (2, "greenmod: run 1 is undone already"),
        (2, 'greenmod: there is no run "77" to undo'),
    ]


def test_undo_leaves_a_file_alone_that_was_edited_since(project: Path, greenmod: Greenmod) -> None:
    (project / "a.py").write_text("old_name = 1\n")
    (project / "b.py").write_text("old_name = 2\n")
    greenmod("run", "--write")
    (project / "a.py").write_text("new_name = 'mine'\n")

    done = greenmod("undo")

    assert (done.returncode, done.stdout) == (3, "restored b.py\n")
    assert done.stderr.startswith("a.py:1: was edited after run 1 wrote it; left as it is.")
    assert (project / "a.py").read_text() == "new_name = 'mine'\n"


def test_names_the_files_with_uncommitted_changes_that_it_rewrites(project: Path, greenmod: Greenmod) -> None:
    for name in ("a.py", "b.py"):
        (project / name).write_text("old_name = 1\n")
    git = ["git", "-c", "user.name=someone", "-c", "user.email=someone@example.org"]
    subprocess.run([*git, "add", "."], cwd=project, check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "start"], cwd=project, check=True)
    (project / "b.py").write_text("old_name = 2\n")

    done = greenmod("run", "--write")

    assert done.returncode == 0
    assert done.stderr.splitlines()[-1] == "With uncommitted changes of your own: b.py"


def test_works_where_there_is_no_git(project: Path, tmp_path: Path, greenmod: Greenmod) -> None:
    """The root is then the folder of the nearest `pyproject.toml`; what git would ignore is left out by name."""
    bare = tmp_path / "bare"
    (bare / "pkg" / ".venv").mkdir(parents=True)
    (project / "codemods").rename(bare / "codemods")
    (project / "pyproject.toml").rename(bare / "pyproject.toml")
    for file in ("a.py", "pkg/b.py", "pkg/.venv/c.py"):
        (bare / file).write_text("old_name = 1\n")

    done = greenmod("run", "--write", "--format", "summary", cwd=bare)
    inside = greenmod("undo", cwd=bare / "pkg", PATH=os.devnull)

    assert done.returncode == 0
    assert done.stdout.startswith("2 changes in 2 files, 2 files written; 2 files looked at")
    assert inside.stdout.splitlines() == ["restored a.py", "restored pkg/b.py"]


@pytest.mark.skipif(sys.platform != "linux", reason="a small disk is made by mounting one, in a namespace of its own")
def test_writes_nothing_when_the_disk_is_full(project: Path, greenmod: Greenmod) -> None:
    """The project lies on a disk of 64 KB of which almost all is taken."""
    small = project / "small"
    small.mkdir()
    script = """
        mount -t tmpfs -o size=64k none small || exit 99
        cp -r pyproject.toml codemods small; cd small
        for name in a b c d; do { echo "old_name = 1"; head -c 7000 /dev/zero | tr '\\0' '#'; } > $name.py; done
        "$@"
        echo "exit code: $?"
        head -qn1 *.py; ls -A
    """
    under = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh")
    if subprocess.run([*under, "true"], cwd=project, capture_output=True, check=False).stdout[:12] != b"exit code: 0":
        pytest.skip("no disk can be mounted here")

    done = greenmod("run", "--write", under=under)

    found = done.stdout.splitlines()
    assert found[found.index("exit code: 3") + 1 :] == [
        *("old_name = 1", "old_name = 1", "old_name = 1", "old_name = 1"),
        *("a.py", "b.py", "c.py", "codemods", "d.py", "pyproject.toml"),
    ]
    assert "a.py:1: the disk is full; left as it is. Free some space and run greenmod again." in done.stderr
    assert "4 changes in 4 files found, none written" in done.stderr
