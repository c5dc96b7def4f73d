"""Kill, Ctrl-C and a full disk at every moment: each file is old or new, nothing is left behind, and undo restores."""

from __future__ import annotations

import errno
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from greenmod.errors import UsageError
from greenmod.journal.history import RunState, runs, undo
from greenmod.journal.recovery import Recovered, recover
from greenmod.journal.run import write
from greenmod.journal.target import Write

A = Write("pkg/a.py", b"a = 1\r\n", b"a = 2\r\n")
B = Write("link.py", b"b = 1", b"b = 2")
GONE = Write("c.py", b"\xef\xbb\xbfc = 1\n", None)
NEW = Write("new/deep/d.py", None, b"d = 1\n")

Picture = dict[str, tuple[int, bytes] | str | None]
OLD: Picture = {
    "c.py": (0o600, b"\xef\xbb\xbfc = 1\n"),
    "link.py": "pkg/b.py",
    "pkg": None,
    "pkg/a.py": (0o640, b"a = 1\r\n"),
    "pkg/b.py": (0o755, b"b = 1"),
}
# Each file that the writes are about, as the run makes it; None where it deletes it.
CHANGED: Picture = {
    "c.py": None,
    "new/deep/d.py": (0o644, b"d = 1\n"),
    "pkg/a.py": (0o640, b"a = 2\r\n"),
    "pkg/b.py": (0o755, b"b = 2"),
}

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a process can't be forked or killed -9 here")


@pytest.fixture
def root(root: Path) -> Path:
    """The repository of `OLD`."""
    (root / "link.py").symlink_to("pkg/b.py")
    for path, mode in (("c.py", 0o600), ("pkg/a.py", 0o640), ("pkg/b.py", 0o755)):
        (root / path).chmod(mode)
    return root


@pytest.fixture
def cut_off(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Iterator[Path]]:
    """Run `crash.py` over writes to copies of `root`; yields each copy, its journal in place, in order of points."""

    def run(how: str, what: str, *writes: Write) -> Iterator[Path]:
        root.rename(tmp_path / "template")
        (tmp_path / "writes").write_bytes(pickle.dumps(writes))
        program = Path(__file__).with_name("crash.py")
        previous = os.umask(0o022)
        subprocess.run([sys.executable, program, tmp_path, how, what], check=True)
        os.umask(previous)
        for point in count(1):
            if not (tmp_path / str(point)).exists():
                return
            monkeypatch.setenv("GREENMOD_STATE_DIR", str(tmp_path / str(point) / "state"))
            yield tmp_path / str(point) / "repository"

    return run


def changed(now: Picture) -> list[str]:
    """Return which files are new. Fails where a file is neither old nor new, or should not be there."""
    files = {path: what for path, what in now.items() if what is not None}
    for path in {*files, *OLD}:
        allowed = [OLD.get(path)] + ([CHANGED[path]] if path in CHANGED else [])
        assert files.get(path) in allowed, path
    return sorted(path for path in CHANGED if files.get(path) == CHANGED[path])


def without_temporaries(now: Picture) -> Picture:
    return {path: what for path, what in now.items() if not Path(path).name.startswith(".greenmod-")}


def leftovers(state: Path) -> list[str]:
    """Return what the journal holds besides finished runs."""
    files = [path for path in state.rglob("*") if path.is_file()]
    return [
        path.name for path in files if path.suffix not in {".run", ".done"} or not path.with_suffix(".run").exists()
    ]


def test_every_file_is_old_or_new_when_a_write_is_killed(
    cut_off: Callable[..., Iterator[Path]], picture: Callable[[Path], Picture]
) -> None:
    seen = []
    for root in cut_off("kill", "write", A, B, GONE, NEW):
        new = changed(without_temporaries(picture(root)))
        is_noted = any(root.parent.rglob("1.done"))
        found = recover(root)
        assert changed(picture(root)) == new
        assert found == () or not is_noted
        assert recover(root) == ()
        assert leftovers(root.parent / "state") == []
        assert [list(each.written) for each in found if each.written] in ([], [new])
        assert undo(root).paths == tuple(new)
        assert picture(root) == OLD
        seen.append(len(new))
    assert seen == sorted(seen)
    assert set(seen) == {0, 1, 2, 3, 4}


def test_undo_goes_on_where_it_was_killed(
    cut_off: Callable[..., Iterator[Path]], picture: Callable[[Path], Picture]
) -> None:
    seen = []
    for root in cut_off("kill", "undo", A, B, GONE, NEW):
        seen.append(len(changed(without_temporaries(picture(root)))))
        assert undo(root).problems == ()
        assert picture(root) == OLD
        assert leftovers(root.parent / "state") == []
        assert undo(root).run is None
    assert set(seen) == {0, 1, 2, 3, 4}


def test_recovery_goes_on_where_it_was_killed(
    cut_off: Callable[..., Iterator[Path]], picture: Callable[[Path], Picture]
) -> None:
    told: list[Recovered] = []
    for root in cut_off("kill", "recover", A, B, GONE, NEW):
        told += recover(root)
        assert changed(picture(root)) == ["pkg/a.py"]
        assert leftovers(root.parent / "state") == []
        assert undo(root).paths == ("pkg/a.py",)
        assert picture(root) == OLD
    assert set(told) == {Recovered("1", "write", ("pkg/a.py",), ("c.py", "new/deep/d.py", "pkg/b.py"), ())}


def test_every_file_is_old_or_new_when_a_write_is_interrupted(
    cut_off: Callable[..., Iterator[Path]], picture: Callable[[Path], Picture]
) -> None:
    seen = []
    for root in cut_off("interrupt", "write", A, GONE):
        new = changed(picture(root))
        recover(root)
        assert changed(picture(root)) == new
        assert leftovers(root.parent / "state") == []
        assert undo(root).paths == tuple(new)
        assert picture(root) == OLD
        seen.append(len(new))
    assert set(seen) == {0, 1, 2}


def test_leaves_a_file_alone_that_was_edited_after_a_kill(
    cut_off: Callable[..., Iterator[Path]], picture: Callable[[Path], Picture]
) -> None:
    told: list[Recovered] = []
    for root in cut_off("kill", "write", A, B):
        (root / "pkg/a.py").write_bytes(b"mine\n")
        told += recover(root)
        undo(root)
        assert picture(root) == {**OLD, "pkg/a.py": (0o640, b"mine\n")}
    assert {(each.written, each.unwritten, each.edited) for each in told} == {
        ((), ("pkg/b.py",), ("pkg/a.py",)),
        (("pkg/b.py",), (), ("pkg/a.py",)),
    }


STOPPING = """
import os, pickle, signal, sys
from pathlib import Path
from greenmod.journal.run import write

def stop_between_two_files(event, arguments):
    global renames
    renames += event == "os.rename"
    if event == "os.rename" and renames == 3:
        os.kill(os.getpid(), signal.SIGSTOP)

renames = 0
sys.addaudithook(stop_between_two_files)
sys.exit(len(write(Path(sys.argv[1]), pickle.loads(bytes.fromhex(sys.argv[2])), "live").problems))
"""


@pytest.fixture
def living(root: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that writes A, B and NEW and is stopped when A is new."""
    writes = pickle.dumps([A, B, NEW]).hex()
    with subprocess.Popen([sys.executable, "-c", STOPPING, root, writes]) as process:
        os.waitpid(process.pid, os.WUNTRACED)
        yield process
        process.kill()


def test_leaves_the_run_of_a_living_process_alone(
    root: Path, living: subprocess.Popen[bytes], picture: Callable[[Path], Picture]
) -> None:
    half_way = picture(root)
    assert recover(root) == ()
    assert picture(root) == half_way
    assert len(without_temporaries(half_way)) < len(half_way)
    assert [run.state for run in runs(root)] == [RunState.UNFINISHED]
    assert undo(root).run is None
    with pytest.raises(UsageError, match="run 1 is not finished"):
        undo(root, "1")
    write(root, [GONE], "meanwhile")
    living.send_signal(signal.SIGCONT)
    assert living.wait() == 0
    assert changed(picture(root)) == ["c.py", "new/deep/d.py", "pkg/a.py", "pkg/b.py"]
    assert (undo(root).run, undo(root).run) == ("2", "1")
    assert picture(root) == OLD


def test_keeps_an_unfinished_run_when_twenty_later_ones_are_kept(root: Path, living: subprocess.Popen[bytes]) -> None:
    for number in range(21):
        write(root, [Write("n.py", b"%d" % number if number else None, b"%d" % (number + 1))], "later")
    living.kill()
    living.wait()
    assert [(each.run, each.written) for each in recover(root)] == [("1", ("pkg/a.py",))]
    assert undo(root, "1").paths == ("pkg/a.py",)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let the disk be full after so many more calls of `os.write`."""
    write_really = os.write

    def fill(calls: float) -> None:
        left = calls

        def write_if_there_is_room(descriptor: int, data: bytes) -> int:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            return write_really(descriptor, data)

        monkeypatch.setattr(os, "write", write_if_there_is_room)

    return fill


def test_writes_nothing_when_the_disk_gets_full(
    root: Path, state: Path, disk: Callable[[float], None], picture: Callable[[Path], Picture]
) -> None:
    seen = []
    for room in count():
        disk(room)
        done = write(root, [A, B, GONE, NEW], "greenmod run")
        if done.paths:
            break
        assert picture(root) == OLD
        assert leftovers(state) == []
        assert [problem.path for problem in done.problems] == ["c.py", "link.py", "new/deep/d.py", "pkg/a.py"]
        seen += sorted({problem.kind for problem in done.problems})
    assert seen == ["journal"] * 5 + ["disk-full"] * 3
    # There was room for the files, but not for the note that they are written: the next start makes it.
    assert done.problems == ()
    assert len(changed(picture(root))) == 4
    disk(float("inf"))
    assert [each.written for each in recover(root)] == [("c.py", "new/deep/d.py", "pkg/a.py", "pkg/b.py")]
    undo(root)
    assert picture(root) == OLD


def test_undoes_nothing_when_the_disk_is_full_and_all_when_it_is_not(
    root: Path, disk: Callable[[float], None], picture: Callable[[Path], Picture]
) -> None:
    write(root, [A, NEW], "greenmod run")
    new = picture(root)
    for room in (0, 3, 4):
        disk(room)
        assert [problem.path for problem in undo(root).problems] == ["new/deep/d.py", "pkg/a.py"]
        assert picture(root) == new
    disk(float("inf"))
    assert undo(root).problems == ()
    assert picture(root) == OLD
