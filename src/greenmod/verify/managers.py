"""The project's Python according to the tool that manages its environments: uv, poetry, pdm or hatch.

A tool is asked only where the project shows that it uses it, and only what makes nothing: `pdm info --python`, say,
makes an environment inside of the project when there is none, so that pdm's own file is read instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

# In seconds. The slowest of them, poetry, takes about one.
_TIMEOUT = 30.0
# What has an environment's own name is what its tests run in; only then the one for all else.
_HATCH_ENVIRONMENTS = ("hatch-test", "test", "default")


@dataclass(frozen=True, slots=True)
class Manager:
    """A tool, what shows that a project uses it, the command that makes an environment, and how it is asked.

    `ask` is given the folder that shows it and returns interpreters, or folders of environments, that may be there.
    It raises OSError when the tool can't be run, and TimeoutExpired.
    """

    name: str
    files: tuple[str, ...]
    table: tuple[str, ...]
    command: str
    ask: Callable[[Path], list[str]]

    def mark(self, folder: Path) -> Path | None:
        """Return the file in `folder` that shows that this tool is used there."""
        for file in self.files:
            if (folder / file).is_file():
                return folder / file
        project = folder / "pyproject.toml"
        return project if _has_table(project, self.table) else None


def ask_managers(root: Path, folders: Iterable[Path], tell: Callable[[str], None]) -> Path | None:
    """Return the Python that a tool names which one of `folders`, inside of `root` and nearest first, says is used.

    Each tool is asked once. One that is used but doesn't help is told of.
    """
    asked = set()
    for folder in folders:
        for manager in _MANAGERS:
            if manager.name in asked or (mark := manager.mark(folder)) is None:
                continue
            asked.add(manager.name)
            says = f"{mark.relative_to(root).as_posix()} says {manager.name}, but"
            try:
                answers = manager.ask(folder)
            except (OSError, subprocess.TimeoutExpired) as error:
                tell(f"{says} `{manager.name}` can't be run: {error}")
                continue
            found = next(filter(None, map(_python_at, answers)), None)
            if found is not None:
                return found
            tell(f"{says} it names no environment that is there; `{manager.command}` makes one")
    return None


def python_of(environment: Path) -> Path:
    """Return where a virtual environment has its Python."""
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _ask_uv(folder: Path) -> list[str]:
    # `uv python find` does not heed it (seen in 0.13). It is relative to the workspace, which is where the lock is.
    named = os.environ.get("UV_PROJECT_ENVIRONMENT")
    if named:
        above = (folder, *folder.parents)
        return [str(next((place for place in above if (place / "uv.lock").is_file()), folder) / named)]
    # Without an environment it names any Python of a fitting version, even of another environment on PATH.
    found = _run(folder, "uv", "python", "find", PATH="", UV_PYTHON_DOWNLOADS="never")
    return [line for line in found if (Path(line).parent.parent / "pyvenv.cfg").is_file()]


def _ask_poetry(folder: Path) -> list[str]:
    return _run(folder, "poetry", "env", "info", "--executable")


def _read_pdm(folder: Path) -> list[str]:
    named = os.environ.get("PDM_PYTHON")
    saved = folder / ".pdm-python"
    if named or not saved.is_file():
        return [named] if named else []
    return saved.read_text(encoding="utf-8", errors="replace").split("\n")


def _ask_hatch(folder: Path) -> list[str]:
    return [line for name in _HATCH_ENVIRONMENTS for line in _run(folder, "hatch", "env", "find", name)]


_MANAGERS = (
    Manager("uv", ("uv.lock",), ("tool", "uv"), "uv sync", _ask_uv),
    Manager("poetry", ("poetry.lock",), ("tool", "poetry"), "poetry install", _ask_poetry),
    Manager("pdm", ("pdm.lock", ".pdm-python"), ("tool", "pdm"), "pdm install", _read_pdm),
    Manager("hatch", ("hatch.toml",), ("tool", "hatch", "envs"), "hatch env create", _ask_hatch),
)


def _run(folder: Path, name: str, *arguments: str, **variables: str) -> list[str]:
    """Return the lines that a tool says in `folder` that are absolute paths; none where it fails."""
    command = shutil.which(name)
    if command is None:
        raise FileNotFoundError("it is not installed")
    done = subprocess.run(
        [command, *arguments],
        cwd=folder,
        env={**_environment(), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=_TIMEOUT,
        check=False,
    )
    lines = os.fsdecode(done.stdout).splitlines() if done.returncode == 0 else []
    return [line.strip() for line in lines if os.path.isabs(line.strip())]


def _environment() -> dict[str, str]:
    """Leave out the active environment: had it a Python, nobody would be asked."""
    return {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}


def _python_at(answer: str) -> Path | None:
    """Return the Python that an answer means, itself or an environment's; not resolved, since it is often a link."""
    place = Path(answer.strip())
    python = python_of(place) if place.is_dir() else place
    return python if python.is_absolute() and python.is_file() else None


def _has_table(project: Path, table: tuple[str, ...]) -> bool:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        found: object = tomllib.loads(project.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False  # whoever needs the file will say what is wrong with it
    for name in table:
        found = found.get(name) if isinstance(found, dict) else None
    return found is not None
