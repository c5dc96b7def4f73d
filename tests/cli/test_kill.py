"""`kill -9` while tests decide what is written, and while it is written: every file is as it was, or all are new.

What becomes of a write whose own process is killed is in tests/journal/test_crash.py.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

Greenmod = Callable[..., subprocess.CompletedProcess[str]]

# Says in a file that a session begins, and waits to be killed if it is the one of which `last` tells.
CONFTEST = """\
import pathlib, time

signs = pathlib.Path("{signs}")

def pytest_sessionstart():
    number = len(list(signs.glob("session-*"))) + 1
    (signs / f"session-{{number}}").touch()
    if (signs / "last").read_text() == str(number):
        time.sleep(600)
"""


def picture(root: Path) -> dict[str, tuple[int, bytes]]:
    """Return the files of `root` with their times, those of git left out."""
    files = (path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(root).as_posix(): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


@pytest.fixture
def signs(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the sessions' signs; the project has two changes, of which one is wrong."""
    signs = tmp_path / "signs"
    for folder in (signs, tmp_path / "temporary"):
        folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setenv("GREENMOD_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (project / "conftest.py").write_text(CONFTEST.format(signs=signs))
    (project / "a.py").write_bytes(b"old_name = 1\r\n")
    (project / "b.py").write_text("old_name = 2\n")
    (project / "test_b.py").write_text("import a, b\n\ndef test_b():\n    assert b.old_name == 2\n")
    return signs


def kill_in_session(project: Path, signs: Path, number: int) -> None:
    """Start a run with --write and kill it when its session of pytest of that number has begun."""
    for sign in signs.iterdir():
        sign.unlink()
    (signs / "last").write_text(str(number))
    command = [sys.executable, "-m", "greenmod", "run", "--verify", "--write", "--python", sys.executable]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not (signs / f"session-{number}").exists():
            assert process.poll() is None, "it ended before"
            time.sleep(0.01)
        process.kill()
    assert process.returncode == -signal.SIGKILL


def test_leaves_every_file_as_it_was_and_the_next_run_does_all(project: Path, signs: Path, greenmod: Greenmod) -> None:
    before = picture(project)
    for number in (1, 3, 5):  # the baseline, and two runs with changes, of which one is a fork where there are forks
        kill_in_session(project, signs, number)
        assert picture(project) == before

    (signs / "last").write_text("none")
    done = greenmod("run", "--verify", "--write", "--python", sys.executable)

    assert done.returncode == 1
    after = picture(project)
    assert {path for path in after if after[path] != before[path]} == {"a.py"}
    assert (project / "a.py").read_bytes() == b"new_name = 1\r\n"
    assert after.keys() == before.keys()
    assert os.listdir(os.environ["TMPDIR"]) == []


def test_writes_all_when_it_is_killed_while_it_writes(project: Path, greenmod: Greenmod) -> None:
    files = [project / f"many_{number:03}.py" for number in range(400)]
    for file in files:
        file.write_text("old_name = 1\n")
    command = [sys.executable, "-m", "greenmod", "run", "--write", "--format", "summary"]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not any(project.glob(".greenmod-*")):
            assert process.poll() is None, "it ended before it was seen to write"
        process.kill()
    assert process.returncode == -signal.SIGKILL
    until = time.monotonic() + 30
    while any(project.glob(".greenmod-*")) and time.monotonic() < until:
        time.sleep(0.05)
    assert {file.read_text() for file in files} == {"new_name = 1\n"}
    assert list(project.glob(".greenmod-*")) == []
    while greenmod("undo").returncode and time.monotonic() < until:  # the other process may be noting its end
        time.sleep(0.05)
    assert {file.read_text() for file in files} == {"old_name = 1\n"}
