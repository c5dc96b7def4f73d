"""The project's own Python: where it is, and whether it can run pytest.

Its answer comes from a child process; nothing of the project is imported here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from greenmod.errors import VerifyError
from greenmod.verify.verification import Suite

_ENVIRONMENTS = (".venv", "venv")
_OLDEST_PYTHON = (3, 8)
_OLDEST_PYTEST = 6
# Runs on any Python that greenmod could meet, so that an old one can be named.
_QUESTION = """\
import json, sys
try:
    import pytest
    version, problem = pytest.__version__, ""
except Exception as error:
    version, problem = "", "%s: %s" % (type(error).__name__, error)
print(json.dumps({"python": list(sys.version_info[:2]), "pytest": version, "problem": problem, "path": sys.path}))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that can run the project's tests; `sys_path` is what its own configuration says."""

    path: Path
    sys_path: tuple[str, ...]

    @property
    def environment(self) -> Path | None:
        """The virtual environment it belongs to."""
        folder = self.path.parent.parent
        return folder if (folder / "pyvenv.cfg").is_file() else None


def find_python(suite: Suite) -> Path:
    """Return `--python`, else that of the active environment, of the nearest one above the tests, or greenmod's own."""
    if suite.python is not None:
        return _named(suite.python)
    active = os.environ.get("VIRTUAL_ENV")
    folders = [Path(active)] if active else []
    for start in _starts(suite):
        for above in (start, *start.parents):
            if not above.is_relative_to(suite.root):
                break
            folders.extend(above / name for name in _ENVIRONMENTS)
    found = (python for folder in folders if (python := _python_of(folder)).is_file())
    return next(found, Path(sys.executable))


def ask(python: Path, folder: Path, env: Mapping[str, str]) -> Interpreter:
    """Have `python` tell about itself. Raises VerifyError if it can't run pytest."""
    another = "Name the project's interpreter with `--python`."
    try:
        done = subprocess.run(
            [python, "-c", _QUESTION], cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=True
        )
        # What a sitecustomize prints comes before.
        answer = json.loads(done.stdout.splitlines()[-1])
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError) as error:
        raise VerifyError(f"{python}: does not run as a Python interpreter: {error}", another) from error
    major, minor = answer["python"]
    if (major, minor) < _OLDEST_PYTHON:
        raise VerifyError(f"{python}: Python {major}.{minor} is too old; verification needs 3.8 or newer", another)
    if not answer["pytest"]:
        raise VerifyError(
            f"{python}: can't import pytest ({answer['problem']})",
            f"Install it there (`{python} -m pip install pytest`), or name the project's interpreter with `--python`.",
        )
    if int(answer["pytest"].split(".")[0]) < _OLDEST_PYTEST:
        raise VerifyError(
            f"{python}: pytest {answer['pytest']} is too old; verification needs {_OLDEST_PYTEST} or newer", another
        )
    return Interpreter(python, tuple(answer["path"]))


def _named(python: Path) -> Path:
    if python.is_file():
        return python.absolute()  # not resolved: an environment's python is a link that knows its environment
    found = shutil.which(python)
    if found is None:
        raise VerifyError(f"{python}: no such interpreter", "Give `--python` the path of one, or a command.")
    return Path(found)


def _starts(suite: Suite) -> Iterator[Path]:
    """Yield the folders of the tests that are named, then the one where pytest starts."""
    folder = suite.root / suite.folder
    for argument in suite.pytest_args:
        place = folder / argument.split("::")[0]
        if not argument.startswith("-") and place.exists():
            yield Path(os.path.normpath(place if place.is_dir() else place.parent))
    yield Path(os.path.normpath(folder))


def _python_of(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
