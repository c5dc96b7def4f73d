"""Undo: what it restores, which run it picks, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from greenmod.errors import FileError, UsageError
from greenmod.journal.history import RunState, runs, undo
from greenmod.journal.run import Written, write
from greenmod.journal.target import Write

A1 = Write("pkg/a.py", b"a = 1\r\n", b"a = 2\r\n")
A2 = Write("pkg/a.py", b"a = 2\r\n", b"a = 3\r\n")
B1 = Write("pkg/b.py", b"b = 1", b"b = 2")
C1 = Write("c.py", b"\xef\xbb\xbfc = 1\n", None)
NEW = Write("new/deep/d.py", None, b"d = 1\n")


def states(root: Path) -> list[tuple[str, str]]:
    return [(run.id, run.state.value) for run in runs(root)]


def test_restores_bytes_modes_and_folders(root: Path, picture: Callable[[Path], object]) -> None:
    (root / "pkg/a.py").chmod(0o755)
    (root / "c.py").chmod(0o600)
    before = picture(root)
    write(root, [A1, B1, C1, NEW], "greenmod run")
    assert picture(root) != before
    assert undo(root) == Written("1", ("c.py", "new/deep/d.py", "pkg/a.py", "pkg/b.py"), ())
    assert picture(root) == before


def test_has_nothing_to_undo_before_the_first_run(root: Path) -> None:
    assert undo(root) == Written(None, (), ())


def test_goes_back_run_by_run_and_never_forward(root: Path) -> None:
    write(root, [A1], "first")
    write(root, [A2], "second")
    assert (undo(root).run, (root / "pkg/a.py").read_bytes()) == ("2", b"a = 2\r\n")
    assert (undo(root).run, (root / "pkg/a.py").read_bytes()) == ("1", b"a = 1\r\n")
    assert (undo(root).run, (root / "pkg/a.py").read_bytes()) == (None, b"a = 1\r\n")


def test_lists_runs_with_their_states_newest_first(root: Path) -> None:
    write(root, [A1, B1], "greenmod run --write")
    write(root, [A2], "greenmod hook")
    undo(root)
    listed = [(run.id, run.command, run.files, run.state) for run in runs(root)]
    assert listed == [
        ("3", "greenmod undo 2", ("pkg/a.py",), RunState.UNDO),
        ("2", "greenmod hook", ("pkg/a.py",), RunState.UNDONE),
        ("1", "greenmod run --write", ("pkg/a.py", "pkg/b.py"), RunState.WRITTEN),
    ]
    assert runs(root)[2].time <= runs(root)[0].time


def test_undoes_the_run_that_is_named(root: Path) -> None:
    write(root, [A1], "first")
    write(root, [B1], "second")
    assert undo(root, "1") == Written("1", ("pkg/a.py",), ())
    assert states(root) == [("3", "undo"), ("2", "written"), ("1", "undone")]


def test_leaves_a_file_that_was_edited_since_and_comes_back_for_it(root: Path) -> None:
    write(root, [A1, B1], "greenmod run")
    (root / "pkg/a.py").write_bytes(b"mine\n")
    done = undo(root)
    assert done.paths == ("pkg/b.py",)
    assert [(problem.path, problem.kind, problem.message) for problem in done.problems] == [
        (
            "pkg/a.py",
            "stale",
            "was edited after run 1 wrote it; left as it is. If a later run did that, undo that one first.",
        )
    ]
    assert (root / "pkg/a.py").read_bytes() == b"mine\n"
    assert states(root) == [("2", "undo"), ("1", "written")]
    (root / "pkg/a.py").write_bytes(b"a = 2\r\n")
    assert undo(root) == Written("1", ("pkg/a.py",), ())
    assert states(root) == [("3", "undo"), ("2", "undo"), ("1", "undone")]


def test_leaves_a_file_that_a_later_run_wrote_again(root: Path) -> None:
    write(root, [A1], "first")
    write(root, [A2], "second")
    assert [problem.kind for problem in undo(root, "1").problems] == ["stale"]
    assert (root / "pkg/a.py").read_bytes() == b"a = 3\r\n"


def test_counts_a_file_as_undone_when_somebody_restored_it_already(root: Path) -> None:
    write(root, [B1], "first")
    write(root, [A1], "second")
    (root / "pkg/a.py").write_bytes(b"a = 1\r\n")
    assert undo(root) == Written("2", ("pkg/a.py",), ())
    assert undo(root) == Written("1", ("pkg/b.py",), ())


def test_does_not_delete_what_was_written_over_a_new_file(root: Path) -> None:
    write(root, [NEW], "greenmod run")
    (root / "new/deep/d.py").write_bytes(b"d = 2\n")
    assert [problem.kind for problem in undo(root).problems] == ["stale"]
    assert (root / "new/deep/d.py").read_bytes() == b"d = 2\n"


def test_keeps_a_new_folder_when_something_else_is_in_it(root: Path) -> None:
    write(root, [NEW], "greenmod run")
    (root / "new/mine.py").write_bytes(b"")
    undo(root)
    assert sorted(path.relative_to(root).as_posix() for path in (root / "new").rglob("*")) == ["new/mine.py"]


def test_brings_a_deleted_file_back_when_its_folder_is_gone(root: Path) -> None:
    write(root, [Write("pkg/a.py", b"a = 1\r\n", None), Write("pkg/b.py", b"b = 1", None)], "greenmod run")
    (root / "pkg").rmdir()
    undo(root)
    assert (root / "pkg/a.py").read_bytes() == b"a = 1\r\n"


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ("7", 'there is no run "7" to undo'),
        ("last", 'there is no run "last" to undo'),
        ("1", "run 1 is undone already"),
        ("2", "run 2 is an undo itself"),
    ],
)
def test_refuses_a_run_that_can_not_be_undone(root: Path, run: str, message: str) -> None:
    write(root, [A1], "greenmod run")
    undo(root)
    with pytest.raises(UsageError) as caught:
        undo(root, run)
    assert caught.value.message == message


def test_restores_nothing_from_a_damaged_journal(root: Path, state: Path) -> None:
    write(root, [A1, B1], "greenmod run")
    (record,) = state.rglob("1.run")
    record.write_bytes(record.read_bytes()[:-1] + b"X")
    with pytest.raises(FileError, match="the journal is damaged"):
        undo(root)
    assert (root / "pkg/a.py").read_bytes() == b"a = 2\r\n"


def test_forgets_all_but_the_last_twenty_runs(root: Path, state: Path) -> None:
    for number in range(23):
        write(root, [Write("n.py", b"%d" % number if number else None, b"%d" % (number + 1))], "greenmod run")
    assert [run.id for run in runs(root)] == [str(number) for number in range(23, 3, -1)]
    assert len([path for path in state.rglob("*") if path.is_file()]) == 40


def test_keeps_the_runs_of_two_roots_apart(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write(root, [A1], "greenmod run")
    assert runs(other) == ()
    assert undo(other) == Written(None, (), ())
    assert undo(root).paths == ("pkg/a.py",)


def test_does_not_list_a_run_that_wrote_nothing(root: Path) -> None:
    write(root, [A2], "greenmod run")
    assert runs(root) == ()
