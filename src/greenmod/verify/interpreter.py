"""The project's own Python: where it is, and whether it can run pytest.

Its answer comes from a child process; nothing of the project is imported here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from greenmod.errors import VerifyError
from greenmod.verify.managers import ask_managers, python_of
from greenmod.verify.verification import Suite

_ENVIRONMENTS = (".venv", "venv")
_OLDEST_PYTHON = (3, 8)
_OLDEST_PYTEST = 6
# Runs on any Python that greenmod could meet, so that an old one can be named.
_QUESTION = """\
import importlib.util, json, sys
try:
    if importlib.util.find_spec("pytest") is None:
        raise ModuleNotFoundError("No module named 'pytest'")
    import _pytest  # which knows the version, without all that `pytest` brings along
    version, problem = _pytest.__version__, ""
except Exception as error:
    version, problem = "", "%s: %s" % (type(error).__name__, error)
about = {"python": list(sys.version_info[:2]), "pytest": version, "problem": problem, "path": sys.path}
about["xdist"] = importlib.util.find_spec("xdist") is not None
print(json.dumps(about))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that can run the project's tests; `sys_path` is what its own configuration says."""

    path: Path
    sys_path: tuple[str, ...]
    has_xdist: bool = False

    @property
    def environment(self) -> Path | None:
        """The virtual environment it belongs to."""
        folder = self.path.parent.parent
        return folder if (folder / "pyvenv.cfg").is_file() else None

    @property
    def installs(self) -> tuple[tuple[str, int], ...]:
        """When a package was last installed or removed: a time by folder."""
        folders = filter(os.path.isdir, self.sys_path)
        return tuple((folder, os.stat(folder).st_mtime_ns) for folder in folders if folder.endswith("-packages"))


def find_python(suite: Suite, tell: Callable[[str], None]) -> Path:
    """Return the Python for the tests of `suite`; `tell` hears of a tool that should know it and does not.

    That is `--python`, else that of the active environment, of `.venv` or `venv` nearest above the tests, the one that
    the project's own tool names, or greenmod's own.
    """
    if suite.python is not None:
        return _named(suite.python)
    above = _folders(suite)
    near = (python_of(folder / name) for folder in above for name in _ENVIRONMENTS)
    found = next((python for python in (*_active(), *near) if python.is_file()), None)
    return found or ask_managers(suite.root, above, tell) or Path(sys.executable)


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
    return Interpreter(python, tuple(answer["path"]), answer["xdist"])


def _named(python: Path) -> Path:
    if python.is_file():
        return python.absolute()  # not resolved: an environment's python is a link that knows its environment
    found = shutil.which(python)
    if found is None:
        raise VerifyError(f"{python}: no such interpreter", "Give `--python` the path of one, or a command.")
    return Path(found)


def _active() -> Iterator[Path]:
    """Yield the Pythons of the active environments. Conda's `base` is none: many shells start in it, unasked."""
    environment = os.environ.get("VIRTUAL_ENV")
    if environment:
        yield python_of(Path(environment))
    conda = os.environ.get("CONDA_PREFIX")
    if conda and os.environ.get("CONDA_DEFAULT_ENV") not in ("base", "root"):
        yield Path(conda, "python.exe") if sys.platform == "win32" else python_of(Path(conda))


def _folders(suite: Suite) -> tuple[Path, ...]:
    """Return the folders from the named tests up to the root, then those from where pytest starts."""
    above = (folder for start in _starts(suite) for folder in (start, *start.parents))
    return tuple(dict.fromkeys(folder for folder in above if folder.is_relative_to(suite.root)))


def _starts(suite: Suite) -> Iterator[Path]:
    """Yield the folders of the tests that are named, then the one where pytest starts."""
    folder = suite.root / suite.folder
    for argument in suite.pytest_args:
        place = folder / argument.split("::")[0]
        if not argument.startswith("-") and place.exists():
            yield Path(os.path.normpath(place if place.is_dir() else place.parent))
    yield Path(os.path.normpath(folder))
