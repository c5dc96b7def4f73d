"""What the tools that manage environments are asked, with small executables in their place."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from greenmod.verify.interpreter import find_python
from greenmod.verify.managers import ask_managers
from greenmod.verify.verification import Suite

needs_shell = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")
Install = Callable[[str, str], None]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    return tmp_path / "shop"


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture(autouse=True)
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Leave only what is installed by this on PATH: a tool by its name and the shell script that it is."""
    tools = tmp_path / "tools"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools))
    for name in ("UV_PROJECT_ENVIRONMENT", "PDM_PYTHON", "VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(name, raising=False)

    def install(name: str, script: str) -> None:
        (tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (tools / name).chmod(0o755)

    return install


def make_environment(folder: Path) -> Path:
    """Make what looks like an environment and return its python."""
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    python.parent.mkdir(parents=True)
    python.touch(0o755)
    (folder / "pyvenv.cfg").touch()
    return python


def write(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


MARKS = [
    ("uv", "uv.lock", ""),
    ("uv", "pyproject.toml", "[tool.uv]\n"),
    ("poetry", "poetry.lock", ""),
    ("poetry", "pyproject.toml", "[tool.poetry]\nname = 'shop'\n"),
    ("hatch", "hatch.toml", ""),
    ("hatch", "pyproject.toml", "[tool.hatch.envs.test]\nskip-install = true\n"),
]
# Each says what it is to say only when it is asked rightly.
SCRIPTS = {
    "uv": '[ "$*" = "python find" ] && echo {python}',
    "poetry": '[ "$*" = "env info --executable" ] && echo {python}',
    "hatch": '[ "$*" = "env find default" ] && echo {environment}',
}


@needs_shell
@pytest.mark.parametrize(("name", "file", "text"), MARKS)
def test_asks_the_tool_that_the_project_uses(
    root: Path, install: Install, tmp_path: Path, name: str, file: str, text: str
) -> None:
    python = make_environment(tmp_path / "elsewhere")
    write(root / file, text)
    install(name, SCRIPTS[name].format(python=python, environment=tmp_path / "elsewhere"))
    assert ask_managers(root, [root], pytest.fail) == python


@needs_shell
@pytest.mark.parametrize("text", ["", "[tool.black]\n", "[tool.hatch.version]\npath = 'a'\n", "[tool", "tool = 1\n"])
def test_asks_none_that_the_project_does_not_use(root: Path, install: Install, tmp_path: Path, text: str) -> None:
    write(root / "pyproject.toml", text)
    for name in SCRIPTS:
        install(name, f"echo asked > {tmp_path / 'asked'}")
    assert ask_managers(root, [root], pytest.fail) is None
    assert not (tmp_path / "asked").exists()


@needs_shell
def test_asks_in_the_folder_that_shows_it_without_an_active_environment(
    root: Path, install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    write(root / "backend/poetry.lock")
    monkeypatch.setenv("VIRTUAL_ENV", "/gone")
    install("poetry", f'echo "$PWD,$VIRTUAL_ENV" > {tmp_path / "asked"}')
    ask_managers(root, [root / "backend/tests", root / "backend", root], told.append)
    assert (tmp_path / "asked").read_text() == f"{root / 'backend'},\n"


@needs_shell
def test_lets_uv_neither_look_on_the_path_nor_download(
    root: Path, install: Install, tmp_path: Path, told: list[str]
) -> None:
    write(root / "uv.lock")
    install("uv", f'echo "$PATH,$UV_PYTHON_DOWNLOADS" > {tmp_path / "asked"}')
    ask_managers(root, [root], told.append)
    assert (tmp_path / "asked").read_text() == ",never\n"


@needs_shell
def test_prefers_the_nearest_folder_then_the_first_tool(root: Path, install: Install, tmp_path: Path) -> None:
    pythons = {name: make_environment(tmp_path / name) for name in ("uv", "poetry")}
    for name, python in pythons.items():
        install(name, f"echo {python}")
    write(root / "uv.lock")
    write(root / "backend/poetry.lock")
    assert ask_managers(root, [root / "backend", root], pytest.fail) == pythons["poetry"]
    write(root / "backend/uv.lock")
    assert ask_managers(root, [root / "backend", root], pytest.fail) == pythons["uv"]


@needs_shell
def test_goes_on_with_the_next_tool_when_one_is_not_installed(
    root: Path, install: Install, tmp_path: Path, told: list[str]
) -> None:
    python = make_environment(tmp_path / "elsewhere")
    write(root / "backend/uv.lock")
    write(root / "poetry.lock")
    install("poetry", f"echo {python}")
    assert ask_managers(root, [root / "backend", root], told.append) == python
    assert told == ["backend/uv.lock says uv, but `uv` can't be run: it is not installed"]


@needs_shell
@pytest.mark.parametrize(
    "script", ["exit 1", "echo", "echo 'Creating environment'", "echo bin/python", "echo /nowhere/bin/python", "pwd"]
)
def test_passes_over_an_answer_that_is_no_python(root: Path, install: Install, told: list[str], script: str) -> None:
    write(root / "poetry.lock")
    install("poetry", script)
    assert ask_managers(root, [root], told.append) is None
    assert told == ["poetry.lock says poetry, but it names no environment that is there; `poetry install` makes one"]


@needs_shell
def test_passes_over_a_python_of_uv_that_belongs_to_no_environment(
    root: Path, install: Install, told: list[str]
) -> None:
    write(root / "uv.lock")
    install("uv", f"echo {os.path.realpath(sys.executable)}")
    assert ask_managers(root, [root], told.append) is None
    assert told == ["uv.lock says uv, but it names no environment that is there; `uv sync` makes one"]


@needs_shell
def test_does_not_wait_for_long(root: Path, install: Install, told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("greenmod.verify.managers._TIMEOUT", 0.2)
    write(root / "poetry.lock")
    install("poetry", "exec /bin/sleep 60")
    assert ask_managers(root, [root], told.append) is None
    assert len(told) == 1
    assert told[0].startswith("poetry.lock says poetry, but `poetry` can't be run: ")
    assert told[0].endswith("timed out after 0.2 seconds")


@pytest.mark.parametrize("folder", ["backend", "."])
def test_heeds_uvs_variable_relative_to_the_lock(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    python = make_environment(root / "../elsewhere")
    write(root / "uv.lock")
    write(root / "backend/pyproject.toml", "[tool.uv]\n")
    monkeypatch.setenv("UV_PROJECT_ENVIRONMENT", "../elsewhere")
    assert ask_managers(root, [root / folder], pytest.fail) == python


def test_reads_what_pdm_has_saved_and_never_runs_it(
    root: Path, install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved, named = make_environment(tmp_path / "saved"), make_environment(tmp_path / "named")
    install("pdm", f"echo asked > {tmp_path / 'asked'}")
    write(root / ".pdm-python", f"{saved}\n")
    assert ask_managers(root, [root], pytest.fail) == saved
    monkeypatch.setenv("PDM_PYTHON", str(named))
    assert ask_managers(root, [root], pytest.fail) == named
    assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize(("file", "text"), [("pdm.lock", ""), ("pyproject.toml", "[tool.pdm]\n")])
def test_tells_that_pdm_has_saved_nothing(root: Path, told: list[str], file: str, text: str) -> None:
    write(root / file, text)
    assert ask_managers(root, [root], told.append) is None
    assert told == [f"{file} says pdm, but it names no environment that is there; `pdm install` makes one"]


@needs_shell
def test_prefers_hatchs_environment_for_tests_and_the_version_that_is_there(
    root: Path, install: Install, tmp_path: Path
) -> None:
    python = make_environment(tmp_path / "hatch-test.py3.12")
    make_environment(tmp_path / "default")
    write(root / "hatch.toml")
    install(
        "hatch",
        f"case $3 in hatch-test) echo {tmp_path}/$3.py3.14; echo {tmp_path}/$3.py3.12;; "
        f"default) echo {tmp_path}/$3;; *) exit 1;; esac",
    )
    assert ask_managers(root, [root], pytest.fail) == python


@needs_shell
def test_is_asked_only_when_nothing_nearer_is_there(
    root: Path, install: Install, tmp_path: Path, told: list[str]
) -> None:
    managed = make_environment(tmp_path / "elsewhere")
    write(root / "backend/tests/test_a.py")
    write(root / "backend/poetry.lock")
    suite = Suite(root, pytest_args=("backend/tests",))
    assert find_python(suite, told.append) == Path(sys.executable)
    assert told == ["backend/poetry.lock says poetry, but `poetry` can't be run: it is not installed"]
    install("poetry", f"echo {managed}")
    assert find_python(suite, pytest.fail) == managed
    near = make_environment(root / ".venv")
    assert find_python(suite, pytest.fail) == near
