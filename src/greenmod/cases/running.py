"""Run the tests of a runnable case, with this Python and the packages that it has."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

_NO_TESTS = 5


def missing_packages(files: Mapping[str, bytes]) -> list[str]:
    """Return the packages that a case imports and this Python lacks: without them its tests say nothing."""
    own = {path.split("/")[0].removesuffix(".py") for path in files}
    named = {name for path, data in files.items() if path.endswith(".py") for name in _imported(data)}
    return sorted(name for name in named - own - sys.stdlib_module_names if find_spec(name) is None)


def _imported(data: bytes) -> Iterator[str]:
    for node in ast.walk(ast.parse(data)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


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
