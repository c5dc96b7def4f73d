"""Finding the project's Python, and what it is asked."""

from __future__ import annotations

import os
import sys
import venv
from pathlib import Path

import pytest

from greenmod.errors import VerifyError
from greenmod.verify.interpreter import Interpreter, ask, find_python
from greenmod.verify.verification import Suite

PYTHON = Path("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


@pytest.fixture(autouse=True)
def _without_active_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV"):
        monkeypatch.delenv(name, raising=False)


def find(suite: Suite) -> Path:
    """Find the Python for `suite` without anything to tell."""
    return find_python(suite, pytest.fail)


def make_environment(folder: Path) -> Path:
    """Make what looks like an environment and return its python."""
    python = folder / PYTHON
    python.parent.mkdir(parents=True)
    python.touch(0o755)
    return python


def make_script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_takes_the_one_that_is_named(tmp_path: Path) -> None:
    make_environment(tmp_path / ".venv")
    assert find(Suite(tmp_path, python=Path(sys.executable))) == Path(sys.executable)


def test_takes_a_command_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = make_environment(tmp_path / "env")
    monkeypatch.setenv("PATH", str(python.parent))
    assert find(Suite(tmp_path, python=Path(python.name))) == python


def test_refuses_a_named_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(VerifyError, match="nowhere/python: no such interpreter"):
        find(Suite(tmp_path, python=Path("nowhere/python")))


def test_prefers_the_active_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_environment(tmp_path / ".venv")
    active = make_environment(tmp_path / "active")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
    assert find(Suite(tmp_path)) == active


@pytest.mark.parametrize(("name", "is_taken"), [("shop", True), ("base", False)])
def test_prefers_an_active_conda_environment_unless_it_is_the_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_taken: bool
) -> None:
    nearest = make_environment(tmp_path / ".venv")
    active = tmp_path / "conda" / ("python.exe" if sys.platform == "win32" else "bin/python")
    active.parent.mkdir(parents=True)
    active.touch(0o755)
    monkeypatch.setenv("CONDA_PREFIX", str(tmp_path / "conda"))
    monkeypatch.setenv("CONDA_DEFAULT_ENV", name)
    assert find(Suite(tmp_path)) == (active if is_taken else nearest)


def test_passes_over_an_active_environment_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "gone"))
    assert find(Suite(tmp_path)) == Path(sys.executable)


@pytest.mark.parametrize("name", [".venv", "venv"])
def test_finds_the_environment_in_the_root(tmp_path: Path, name: str) -> None:
    python = make_environment(tmp_path / name)
    assert find(Suite(tmp_path)) == python


def test_finds_the_environment_nearest_to_the_named_tests(tmp_path: Path) -> None:
    make_environment(tmp_path / ".venv")
    nearest = make_environment(tmp_path / "backend/.venv")
    (tmp_path / "backend/tests").mkdir()
    (tmp_path / "backend/tests/test_a.py").touch()
    assert find(Suite(tmp_path, pytest_args=("-q", "backend/tests/test_a.py::test_b"))) == nearest
    assert find(Suite(tmp_path, pytest_args=("tests/test_a.py",), folder="backend")) == nearest


def test_finds_the_environment_above_the_folder_where_pytest_starts(tmp_path: Path) -> None:
    (tmp_path / "backend/src").mkdir(parents=True)
    nearest = make_environment(tmp_path / "backend/venv")
    assert find(Suite(tmp_path, folder="backend/src")) == nearest


def test_never_looks_above_the_root(tmp_path: Path) -> None:
    make_environment(tmp_path / ".venv")
    (tmp_path / "shop").mkdir()
    assert find(Suite(tmp_path / "shop")) == Path(sys.executable)


def test_tells_that_pytest_is_missing_and_how_to_install_it(tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", symlinks=True)
    python = tmp_path / "bare" / PYTHON
    with pytest.raises(VerifyError, match="can't import pytest") as caught:
        ask(python, tmp_path, {})
    assert f"{python} -m pip install pytest" in caught.value.remedy


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exit 3", "does not run as a Python interpreter"),
        ("echo hello", "does not run as a Python interpreter"),
        ("""echo '{"python": [3, 7], "pytest": "7.0", "problem": "", "path": []}'""", r"Python 3\.7 is too old"),
        ("""echo '{"python": [3, 8], "pytest": "5.4.3", "problem": "", "path": []}'""", r"pytest 5\.4\.3 is too old"),
    ],
)
def test_refuses_what_cannot_run_the_tests(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(VerifyError, match=message):
        ask(make_script(tmp_path / "python", text), tmp_path, dict(os.environ))


def test_refuses_a_file_that_cannot_be_started(tmp_path: Path) -> None:
    (tmp_path / "python").touch(0o644)
    with pytest.raises(VerifyError, match="does not run as a Python interpreter"):
        ask(tmp_path / "python", tmp_path, {})


def test_knows_the_path_of_one_that_can(tmp_path: Path) -> None:
    found = ask(Path(sys.executable), tmp_path, dict(os.environ))
    assert found.path == Path(sys.executable)
    assert os.path.dirname(os.path.dirname(pytest.__file__)) in found.sys_path


def test_knows_when_something_was_installed(tmp_path: Path) -> None:
    packages = tmp_path / "site-packages"
    packages.mkdir()
    python = Interpreter(tmp_path / "python", (str(tmp_path), str(packages), str(tmp_path / "gone-packages")))
    os.utime(packages, ns=(1, 1))
    assert python.installs == ((str(packages), 1),)
