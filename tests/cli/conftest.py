"""What the tests of the command line share: a project to work in, and greenmod as a child process.

Nothing of greenmod is imported: what is tested is what a user meets.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

RENAME = '''\
"""Rename `old_name` to `new_name`."""

import libcst as cst

from greenmod.api import Codemod


class RenameIt(Codemod):
    name = "rename-it"
    triggers = ("old_name",)

    def leave_Name(self, original, updated):
        if original.value != "old_name":
            return updated
        if self.scope:
            self.skip(original, "not-global", "it may mean something else here")
            return updated
        return self.change(original, updated.with_changes(value="new_name"), "Rename `old_name`", why="it is old")
'''
# Root may read and write everything; without these two capabilities it may what its files' owner may.
DROP = """\
import ctypes, os, sys
for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    if ctypes.CDLL(None).prctl(24, capability, 0, 0, 0):  # PR_CAPBSET_DROP
        sys.exit("capabilities can't be dropped")
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM", "VIRTUAL_ENV", "PYTEST_ADDOPTS", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A git repository whose own codemod, `rename-it`, is the one that runs."""
    root = tmp_path / "project"
    (root / "codemods").mkdir(parents=True)
    (root / "codemods" / "rename_it.py").write_text(RENAME)
    (root / "pyproject.toml").write_text('[tool.greenmod]\ncodemods = ["codemods"]\nselect = ["rename-it"]\n')
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    return root


@pytest.fixture
def greenmod(project: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run greenmod in `project` (or `cwd`), under the command `under`; no run may show a Python traceback."""

    def run(
        *arguments: str, cwd: Path = project, under: tuple[str, ...] = (), **variables: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*under, sys.executable, "-m", "greenmod", *arguments],
            cwd=cwd,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
            timeout=120,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def mortal() -> tuple[str, ...]:
    """What to run a command under so that permission bits hold for it; skips where root can't be made mortal."""
    if sys.platform == "win32":
        pytest.skip("Windows has no permission bits")
    if os.geteuid() != 0:
        return ()
    under = (sys.executable, "-c", DROP)
    if subprocess.run([*under, "/bin/sh", "-c", "true"], capture_output=True, check=False).returncode:
        pytest.skip("root's capabilities can't be dropped here")
    return under
