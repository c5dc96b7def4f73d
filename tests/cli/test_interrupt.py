"""Ctrl-C at each stage of a run: exit code 130, one sentence, every file whole, and nobody left behind.

The signal goes to all processes of the group, as from a terminal. Each run is held up at the stage in question, by a
codemod or a test that says where it is and then takes its time.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

PATIENCE = 60.0  # seconds, for a machine that has much else to do
SLOW = '''\
"""Wait, in one stage."""
import pathlib, time
from greenmod.api import Codemod, Survey

def wait(stage):
    if stage == "{stage}":
        pathlib.Path("{signs}", str(time.time_ns())).touch()
        time.sleep(600)

class Slow(Codemod):
    name = "slow-it"
    triggers = ("old_name",)

    @classmethod
    def survey(cls, file):
        wait("survey")
        return Survey((1,))

    def leave_Name(self, original, updated):
        wait("propose")
        return updated
'''
SLOW_TEST = """\
import pathlib, subprocess, sys, time

def test_that_takes_its_time():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    pathlib.Path("{signs}", str(child.pid)).touch()
    time.sleep(600)
"""


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start greenmod in a group of its own, which is gone when the test is over."""
    started: list[subprocess.Popen[str]] = []

    def start(project: Path, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "greenmod", *arguments],
            cwd=project,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if living(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def living(group: int) -> list[str]:
    """List the commands of a process group that have not ended; the dead whom nobody has asked after don't count."""
    listed = subprocess.run(["ps", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=2) for line in listed.splitlines()]
    return [row[2] for row in rows if row[0] == str(group) and not row[1].startswith("Z")]


def wait_until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.005)


def interrupt(process: subprocess.Popen[str]) -> str:
    """Press Ctrl-C; returns what greenmod says, once its exit code is right and all its processes have ended."""
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    wait_until(lambda: not living(process.pid))
    return said


SENTENCE = "greenmod: interrupted; every file is as it was, or whole and in `greenmod undo`\n"


@pytest.mark.parametrize(("stage", "jobs"), [("survey", "1"), ("survey", "2"), ("propose", "1"), ("propose", "2")])
def test_stops_at_once_while_it_looks_for_changes(
    project: Path, tmp_path: Path, start: Callable[..., subprocess.Popen[str]], stage: str, jobs: str
) -> None:
    signs = tmp_path / "signs"
    signs.mkdir()
    (project / "codemods" / "slow.py").write_text(SLOW.format(stage=stage, signs=signs))
    for number in range(4):
        (project / f"m{number}.py").write_text("old_name = 1\n")

    process = start(project, "run", "--write", "--select", "slow-it", "--jobs", jobs)
    wait_until(lambda: len(list(signs.iterdir())) == int(jobs))

    assert interrupt(process) == SENTENCE
    assert [path.read_text() for path in sorted(project.glob("m*.py"))] == ["old_name = 1\n"] * 4


def test_ends_the_tests_and_removes_the_sandbox(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Callable[..., subprocess.Popen[str]]
) -> None:
    signs = tmp_path / "signs"
    for folder in (signs, tmp_path / "temporary"):
        folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (project / "a.py").write_text("old_name = 1\n")
    (project / "test_slow.py").write_text(SLOW_TEST.format(signs=signs))

    process = start(project, "run", "--write", "--verify", "--python", sys.executable)
    wait_until(lambda: list(signs.iterdir()))
    (child,) = (int(sign.name) for sign in signs.iterdir())

    assert interrupt(process).endswith(SENTENCE)
    wait_until(lambda: not is_running(child))
    assert list((tmp_path / "temporary").iterdir()) == []
    assert (project / "a.py").read_text() == "old_name = 1\n"


def is_running(process: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return state.stdout.strip()[:1] not in ("", "Z")


def test_leaves_each_file_old_or_new_while_it_writes(
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    start: Callable[..., subprocess.Popen[str]],
    greenmod: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    """What was written is in `greenmod undo`; nothing else is left behind. Now and then a run is done before."""
    monkeypatch.setenv("GREENMOD_STATE_DIR", str(tmp_path / "state"))
    files = [project / f"m{number:03}.py" for number in range(200)]
    for file in files:
        file.write_text("old_name = 1\n")

    process = start(project, "run", "--write", "--format", "summary")
    wait_until(lambda: any(project.glob(".greenmod-*.tmp")))
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)

    assert (process.returncode, said) in ((130, SENTENCE), (0, ""))
    texts = [file.read_text() for file in files]
    assert set(texts) <= {"old_name = 1\n", "new_name = 1\n"}
    assert {path.name for path in project.iterdir()} == {
        *(".git", "codemods", "pyproject.toml"),
        *(file.name for file in files),
    }
    undone = greenmod("undo")
    assert (undone.returncode, len(undone.stdout.splitlines())) == (0, texts.count("new_name = 1\n"))
    assert {file.read_text() for file in files} == {"old_name = 1\n"}
