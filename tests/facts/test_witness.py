"""What was looked at, and whether it is still so."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from greenmod.facts.witness import Witness, still_true

LATER = 10**19  # nanoseconds: long after everything was touched


@pytest.fixture
def seen(tmp_path: Path) -> tuple[Path, bytes]:
    """Return a root, and the testimony of who saw a file, a folder, a link, and that a file is not there."""
    root = tmp_path / "root"
    (root / "app").mkdir(parents=True)
    (root / "app/a.py").write_text("one\n")
    (root / "app/link.py").symlink_to("../target.py")
    (root / "target.py").write_text("target\n")
    (tmp_path / "outside.txt").write_text("outside\n")
    witness = Witness(root, lambda: LATER)
    witness.saw_all(["app/a.py", "app", "app/link.py", "app/absent.ini", str(tmp_path / "outside.txt")])
    assert witness.holds()
    return root, witness.testimony()


def test_holds_while_nothing_is_different(seen: tuple[Path, bytes]) -> None:
    root, testimony = seen
    assert still_true(root, testimony) == testimony


def test_holds_where_no_more_than_times_are_different(seen: tuple[Path, bytes]) -> None:
    root, testimony = seen
    os.utime(root / "app/a.py", (1, 1))
    (root / "app/new.py").write_text("")
    (root / "app/new.py").unlink()
    renewed = still_true(root, testimony, lambda: LATER)
    assert renewed is not None
    assert (renewed != testimony, still_true(root, renewed)) == (True, renewed)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda root: (root / "app/a.py").write_text("two\n"), id="bytes"),
        pytest.param(lambda root: (root / "app/a.py").unlink(), id="gone"),
        pytest.param(lambda root: (root / "app/absent.ini").write_text(""), id="come"),
        pytest.param(lambda root: (root / "app/new.txt").write_text(""), id="name in folder"),
        pytest.param(lambda root: (root / "target.py").write_text("TARGET\n"), id="target of link"),
        pytest.param(lambda root: (root.parent / "outside.txt").write_text("OUTSIDE\n"), id="outside of root"),
        pytest.param(lambda root: _replace_by_link(root / "app/a.py", "one\n"), id="link to the same bytes"),
    ],
)
def test_does_not_hold_where_it_is_different(change: Callable[[Path], object], seen: tuple[Path, bytes]) -> None:
    root, testimony = seen
    change(root)
    assert still_true(root, testimony) is None


def test_does_not_trust_a_stat_that_a_second_change_may_share(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("one\n")
    status = file.stat()
    witness = Witness(tmp_path, lambda: status.st_ctime_ns)
    witness.saw(file)
    (trusting, careful) = (Witness(tmp_path, lambda: LATER), witness)
    trusting.saw(file)
    assert trusting.testimony() != careful.testimony()
    assert still_true(tmp_path, careful.testimony(), lambda: status.st_ctime_ns) == careful.testimony()


def test_notices_what_changed_while_it_was_looked_at(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one\n")
    witness = Witness(tmp_path)
    witness.saw("a.py")
    (tmp_path / "a.py").write_text("three\n")
    assert not witness.holds()


def _replace_by_link(file: Path, text: str) -> None:
    other = file.with_name("b.txt")
    other.write_text(text)
    file.unlink()
    file.symlink_to(other)
