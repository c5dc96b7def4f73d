"""Temporary folders: gone in the end, or with the next start."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from greenmod.verify.temporary import open_folder, remove_leftovers

KILLED = """
import os, signal
from greenmod.verify.temporary import open_folder
with open_folder() as folder:
    (folder / "closed").mkdir(0o500)
    (folder / "closed" / "deep").mkdir(0)
    os.kill(os.getpid(), signal.SIGKILL)
"""
# Is killed before it gives up the claim.
KILLED_AGAIN = """
import os, signal, sys
from greenmod.verify.temporary import remove_leftovers
def listen(event, arguments):
    if event == "os.remove" and os.path.basename(arguments[0]) == "1":
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(listen)
remove_leftovers()
"""
needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="nobody can be killed")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_is_empty_and_is_removed_in_the_end(temporary: Path) -> None:
    with open_folder() as folder:
        assert folder.is_relative_to(temporary)
        assert list(folder.iterdir()) == []
        (folder / "file").write_text("left")
    assert list(temporary.iterdir()) == []


def test_leaves_the_folder_of_a_living_process_alone(temporary: Path) -> None:
    with open_folder() as folder:
        done = "from greenmod.verify.temporary import remove_leftovers; remove_leftovers()"
        subprocess.run([sys.executable, "-c", done], check=True)
        remove_leftovers()
        assert folder.is_dir()


@needs_posix
def test_removes_what_a_killed_process_left(temporary: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED], check=False)
    assert len(list(temporary.glob("greenmod-*"))) == 1
    remove_leftovers()
    assert list(temporary.iterdir()) == []


@needs_posix
def test_gives_up_the_claim_last_when_it_removes_what_was_left(temporary: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED], check=False)
    (folder,) = temporary.glob("greenmod-*")
    for number in range(20):
        (folder / f"also-{number}").mkdir()
    subprocess.run([sys.executable, "-c", KILLED_AGAIN], check=False)
    assert [path.name for path in folder.iterdir()] == ["claim"]
    remove_leftovers()
    assert list(temporary.iterdir()) == []


@needs_posix
@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "claim").rename(folder / "claim-made"),
        lambda folder: folder.rename(folder.with_name("mine")),
        lambda folder: (folder.with_name("greenmod-link")).symlink_to(folder.rename(folder.with_name("mine"))),
    ],
    ids=["without a claim", "another name", "link"],
)
def test_leaves_alone_what_may_be_somebody_elses(temporary: Path, spoil: Callable[[Path], object]) -> None:
    subprocess.run([sys.executable, "-c", KILLED], check=False)
    (folder,) = temporary.glob("greenmod-*")
    spoil(folder)
    before = sorted(temporary.rglob("*"))
    remove_leftovers()
    assert sorted(temporary.rglob("*")) == before
