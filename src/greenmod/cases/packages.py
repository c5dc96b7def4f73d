"""The packages that the tests of a case can't do without."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import PurePosixPath

from greenmod.cases.case import Case

# How tests ask for pytest-asyncio, which they need not import.
_ASYNCIO = re.compile(rb"\bmark\.asyncio\b|\basyncio_mode\b")


def missing_packages(case: Case) -> list[str]:
    """Return the packages that a case needs and this Python lacks: without them its tests say nothing."""
    paths = (PurePosixPath(path) for path in {*case.before, *case.after})
    own = {part for path in paths for part in path.with_suffix("").parts}
    files = {*case.before.items(), *case.after.items()}
    named = {name for path, data in files if path.endswith(".py") for name in _imported(data)}
    if any(_ASYNCIO.search(data) for _, data in files):
        named.add("pytest_asyncio")
    return sorted(name for name in named - own - sys.stdlib_module_names if find_spec(name) is None)


def _imported(data: bytes) -> Iterator[str]:
    """Yield the packages that a file imports whatever happens: in no `try` and on no condition."""
    try:
        tree = ast.parse(data)
    except SyntaxError:
        return
    attempts = (node.body for node in ast.walk(tree) if isinstance(node, ast.Try))
    branches = (node.body + node.orelse for node in ast.walk(tree) if isinstance(node, ast.If))
    optional = {node for body in (*attempts, *branches) for statement in body for node in ast.walk(statement)}
    for node in ast.walk(tree):
        if node in optional:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
