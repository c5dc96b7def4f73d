"""Run the tests of a runnable case, with this Python and the packages that it has."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

_NO_TESTS = 5


def colour(files: Mapping[str, bytes]) -> tuple[str, str]:
    """Return `green` or `red`, and for the latter what pytest printed."""
    with TemporaryDirectory(prefix="greenmod-case-") as name:
        for path, data in files.items():
            (Path(name) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(name) / path).write_bytes(data)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", name, name]
        done = subprocess.run(command, cwd=name, capture_output=True, text=True)
    if done.returncode == 0:
        return "green", ""
    if done.returncode == _NO_TESTS:
        return "none", "no tests were found; name a file of the case test_….py"
    return "red", ""
