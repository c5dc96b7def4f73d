"""Run the tests of a runnable case, with this Python and the packages that it has.

A coroutine that nobody awaits turns them red, whatever the case's own settings say.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import greenmod.verify
from greenmod.cases.case import Case

_NO_TESTS = 5
_PLUGIN = Path(greenmod.verify.__file__).parent / "plugin"
_OPTIONS = (
    *("-q", "--tb=short", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "greenmod_exchanges"),
    *("-W", "error::RuntimeWarning", "-W", "error::pytest.PytestUnraisableExceptionWarning"),
)

# Method, path, status and digest of the body: of each exchange of each test, in order.
Exchanges = Mapping[str, list[list[object]]]


@dataclass(frozen=True, slots=True)
class Tested:
    """What the tests of a case said: `green`, `red` or `none`; what pytest printed; and what they asked the app."""

    colour: str
    output: str
    exchanges: Exchanges


def missing_packages(case: Case) -> list[str]:
    """Return the packages that a case imports and this Python lacks: without them its tests say nothing."""
    paths = (PurePosixPath(path) for path in {*case.before, *case.after})
    own = {part for path in paths for part in path.with_suffix("").parts}
    texts = {data for files in (case.before, case.after) for path, data in files.items() if path.endswith(".py")}
    named = {name for data in texts for name in _imported(data)}
    return sorted(name for name in named - own - sys.stdlib_module_names if find_spec(name) is None)


def _imported(data: bytes) -> Iterator[str]:
    """Yield the packages that a file can't do without: what it imports, but for what it only tries to."""
    try:
        tree = ast.parse(data)
    except SyntaxError:
        return
    tried = (statement for node in ast.walk(tree) if isinstance(node, ast.Try) for statement in node.body)
    optional = {node for statement in tried for node in ast.walk(statement)}
    for node in ast.walk(tree):
        if node in optional:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def run_tests(files: Mapping[str, bytes]) -> Tested:
    """Run the tests of some files, once."""
    with TemporaryDirectory(prefix="greenmod-case-") as name:
        folder, record = Path(name, "case"), Path(name, "exchanges.json")
        for path, data in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        command = [sys.executable, "-m", "pytest", *_OPTIONS, "--rootdir", str(folder), str(folder)]
        done = subprocess.run(command, cwd=folder, env=_environment(record), capture_output=True, text=True)
        exchanges = json.loads(record.read_bytes())["exchanges"] if record.exists() else {}
    colour = {0: "green", _NO_TESTS: "none"}.get(done.returncode, "red")
    return Tested(colour, done.stderr + done.stdout, exchanges)


def _environment(record: Path) -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(_PLUGIN), os.environ.get("PYTHONPATH", ""))))
    return {**os.environ, "PYTHONPATH": path, "GREENMOD_EXCHANGES": str(record)}
