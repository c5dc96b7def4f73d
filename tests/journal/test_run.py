"""Writing a run: what is written, what is refused, and what stays as it was."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from greenmod.journal.history import runs, undo
from greenmod.journal.run import Written, write
from greenmod.journal.target import Write
from greenmod.model import Problem

A = Write("pkg/a.py", b"a = 1\r\n", b"a = 2\r\n")
B = Write("pkg/b.py", b"b = 1", b"b = 2")
C = Write("c.py", b"\xef\xbb\xbfc = 1\n", b"\xef\xbb\xbfc = 2\n")

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
needs_modes = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits")


def files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()}


def test_writes_every_file_and_leaves_no_temporary_file(root: Path) -> None:
    assert write(root, [C, B, A], "greenmod run") == Written("1", ("c.py", "pkg/a.py", "pkg/b.py"), ())
    assert (root / "pkg/a.py").read_bytes() == b"a = 2\r\n"
    assert (root / "pkg/b.py").read_bytes() == b"b = 2"
    assert (root / "c.py").read_bytes() == b"\xef\xbb\xbfc = 2\n"
    assert files(root) == {"c.py", "pkg/a.py", "pkg/b.py"}


def test_writes_nothing_when_there_is_nothing_to_write(root: Path, state: Path) -> None:
    assert write(root, [], "greenmod run") == Written(None, (), ())
    assert not state.exists()


@needs_modes
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o660])
def test_keeps_permission_bits_when_a_file_is_rewritten(root: Path, mode: int) -> None:
    (root / "c.py").chmod(mode)
    write(root, [C], "greenmod run")
    assert (root / "c.py").stat().st_mode & 0o7777 == mode


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_keeps_the_owner_when_a_file_is_rewritten(root: Path) -> None:
    os.chown(root / "c.py", 1234, 4321)
    write(root, [C], "greenmod run")
    status = (root / "c.py").stat()
    assert (status.st_uid, status.st_gid) == (1234, 4321)


def test_creates_a_file_and_its_folders(root: Path) -> None:
    assert write(root, [Write("new/deep/d.py", None, b"d = 1\n")], "greenmod run").paths == ("new/deep/d.py",)
    assert (root / "new/deep/d.py").read_bytes() == b"d = 1\n"


@needs_modes
def test_gives_a_new_file_the_mode_that_the_umask_leaves(root: Path) -> None:
    (root / "plain").touch()
    write(root, [Write("d.py", None, b"d = 1\n")], "greenmod run")
    assert (root / "d.py").stat().st_mode == (root / "plain").stat().st_mode


def test_deletes_a_file(root: Path) -> None:
    assert write(root, [Write("c.py", C.before, None)], "greenmod run").paths == ("c.py",)
    assert files(root) == {"pkg/a.py", "pkg/b.py"}


def test_leaves_a_file_alone_when_it_changed_after_planning(root: Path) -> None:
    (root / "pkg/a.py").write_bytes(b"mine\n")
    assert write(root, [A, B], "greenmod run") == Written(
        "1",
        ("pkg/b.py",),
        (Problem("pkg/a.py", 1, "stale", "changed after the run was planned; left as it is. Run greenmod again."),),
    )
    assert (root / "pkg/a.py").read_bytes() == b"mine\n"


def test_leaves_a_file_alone_when_it_appeared_after_planning(root: Path) -> None:
    done = write(root, [Write("c.py", None, b"new\n")], "greenmod run")
    assert (done.run, done.paths, [problem.kind for problem in done.problems]) == (None, (), ["stale"])
    assert (root / "c.py").read_bytes() == b"\xef\xbb\xbfc = 1\n"


def test_does_not_bring_back_a_file_that_was_deleted_after_planning(root: Path) -> None:
    (root / "c.py").unlink()
    assert [problem.kind for problem in write(root, [C], "greenmod run").problems] == ["stale"]
    assert files(root) == {"pkg/a.py", "pkg/b.py"}


@pytest.mark.parametrize("after", [b"a = 2\r\n", None])
def test_leaves_a_read_only_file_alone_even_for_root(root: Path, after: bytes | None) -> None:
    (root / "pkg/a.py").chmod(0o444)
    done = write(root, [Write("pkg/a.py", A.before, after), B], "greenmod run")
    assert done.paths == ("pkg/b.py",)
    assert done.problems == (
        Problem(
            "pkg/a.py",
            1,
            "read-only",
            "is not writable; left as it is. Give it write permission, or leave it out with `exclude`.",
        ),
    )
    assert (root / "pkg/a.py").read_bytes() == b"a = 1\r\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write in any folder")
def test_writes_the_rest_when_a_folder_may_not_be_written_in(root: Path) -> None:
    (root / "pkg").chmod(0o555)
    done = write(root, [A, C], "greenmod run")
    (root / "pkg").chmod(0o755)
    assert done.paths == ("c.py",)
    assert [(problem.path, problem.kind) for problem in done.problems] == [("pkg/a.py", "unwritable")]


def test_refuses_what_is_not_a_regular_file(root: Path) -> None:
    done = write(root, [Write("pkg", None, b"")], "greenmod run")
    assert done.problems == (Problem("pkg", 1, "unwritable", "is not a regular file; left as it is."),)


@needs_links
@pytest.mark.parametrize("path", ["away.py", "away/a.py", "../outside/a.py"])
def test_refuses_a_path_that_leaves_the_root(root: Path, path: str) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "a.py").write_bytes(b"a = 1\r\n")
    (root / "away.py").symlink_to(outside / "a.py")
    (root / "away").symlink_to(outside)
    done = write(root, [Write(path, A.before, A.after), B], "greenmod run")
    assert done.paths == ("pkg/b.py",)
    assert [(problem.path, problem.kind) for problem in done.problems] == [(path, "link")]
    assert (outside / "a.py").read_bytes() == b"a = 1\r\n"


@needs_links
def test_writes_through_a_link_that_stays_inside_and_keeps_the_link(root: Path) -> None:
    (root / "link.py").symlink_to("pkg/a.py")
    assert write(root, [Write("link.py", A.before, A.after), A], "greenmod run").paths == ("link.py", "pkg/a.py")
    assert os.readlink(root / "link.py") == "pkg/a.py"
    assert (root / "pkg/a.py").read_bytes() == b"a = 2\r\n"
    undo(root)
    assert (root / "pkg/a.py").read_bytes() == b"a = 1\r\n"
    assert files(root) == {"c.py", "link.py", "pkg/a.py", "pkg/b.py"}


@needs_links
def test_works_when_the_root_is_reached_through_a_link(root: Path) -> None:
    (root.parent / "way").symlink_to(root)
    assert write(root.parent / "way", [A], "greenmod run").paths == ("pkg/a.py",)
    assert undo(root).paths == ("pkg/a.py",)


@needs_links
def test_leaves_the_other_name_of_a_hard_link_as_it_was(root: Path) -> None:
    os.link(root / "c.py", root / "other.py")
    write(root, [C], "greenmod run")
    assert (root / "c.py").read_bytes() == b"\xef\xbb\xbfc = 2\n"
    assert (root / "other.py").read_bytes() == b"\xef\xbb\xbfc = 1\n"


def test_writes_the_rest_when_one_file_meets_a_bad_disk(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = os.replace

    def fail_for_a(old: Path, new: Path) -> None:
        if Path(new).name == "a.py":
            raise OSError(errno.EIO, "Input/output error")
        replace(old, new)

    monkeypatch.setattr(os, "replace", fail_for_a)
    done = write(root, [A, B], "greenmod run")
    assert done.paths == ("pkg/b.py",)
    assert done.problems == (
        Problem(
            "pkg/a.py",
            1,
            "unwritable",
            "can't be written: Input/output error. Check the disk and its folder's permissions.",
        ),
    )
    assert files(root) == {"c.py", "pkg/a.py", "pkg/b.py"}


def test_writes_nothing_when_the_journal_can_not_be_written(root: Path, state: Path) -> None:
    state.write_text("a file where a folder should be")
    done = write(root, [A, B], "greenmod run")
    assert (done.run, done.paths) == (None, ())
    assert [(problem.path, problem.kind) for problem in done.problems] == [
        ("pkg/a.py", "journal"),
        ("pkg/b.py", "journal"),
    ]
    assert "GREENMOD_STATE_DIR" in done.problems[0].message
    assert (root / "pkg/a.py").read_bytes() == b"a = 1\r\n"


def test_numbers_every_run_when_processes_write_at_the_same_time(root: Path) -> None:
    names = [f"m{index}.py" for index in range(6)]
    program = """
import sys
from pathlib import Path
from greenmod.journal.run import write
from greenmod.journal.target import Write

root, name = Path(sys.argv[1]), sys.argv[2]
states = (None, b"1", b"2", b"3")
for before, after in zip(states, states[1:]):
    assert write(root, [Write(name, before, after)], name).paths == (name,)
"""
    children = [subprocess.Popen([sys.executable, "-c", program, str(root), name]) for name in names]
    assert [child.wait() for child in children] == [0] * 6
    assert sorted((run.command, run.files) for run in runs(root)) == [
        (name, (name,)) for name in names for _ in range(3)
    ]
    assert len({run.id for run in runs(root)}) == 18
    assert {(root / name).read_bytes() for name in names} == {b"3"}
