"""One dry run of `mock-to-async-mock` over a work tree, and what its JSON document says."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CODEMOD = "mock-to-async-mock"
_FINISHED = (0, 1, 3)  # nothing to change, changes, changes beside files that can't be read


@dataclass(frozen=True, slots=True)
class Change:
    """A proposed change; `edits` are (path, start, end, text), offsets in bytes."""

    id: str
    path: str
    line: int
    title: str
    why: str
    edits: tuple[tuple[str, int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Skip:
    """A place left alone, or a finding."""

    path: str
    line: int
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Run:
    """What came out, in the document's order; `seconds` is wall time."""

    changes: tuple[Change, ...]
    skips: tuple[Skip, ...]
    problems: tuple[str, ...]
    seconds: float


def run(root: Path, python: Path, env: Mapping[str, str], options: tuple[str, ...] = ()) -> Run:
    """Plan over `root` with the greenmod of `python`. Ends the program where that fails."""
    command = [str(python), "-m", "greenmod", "run", "--select", _CODEMOD, "--format", "json", "--show-skips", *options]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=root, env=dict(env), capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode not in _FINISHED:
        sys.exit(f"{root}: exit code {done.returncode}\n{done.stderr}")
    document = json.loads(done.stdout)
    return Run(
        tuple(_change(row) for row in document["changes"]),
        tuple(Skip(row["path"], row["line"], row["rule"], row["reason"]) for row in document["skips"]),
        tuple(f"{row['path']}:{row['line']} {row['kind']}: {row['message']}" for row in document["problems"]),
        seconds,
    )


def applied(root: Path, changes: Iterable[Change]) -> dict[str, bytes]:
    """Return the Python files as they would be but for their imports, by path."""
    edits = sorted((edit for change in changes for edit in change.edits), reverse=True)
    files: dict[str, bytes] = {}
    for path, start, end, text in edits:
        before = files[path] if path in files else (root / path).read_bytes()
        files[path] = before[:start] + text.encode() + before[end:]
    return {path: data for path, data in files.items() if path.endswith(".py")}


def _change(row: dict[str, Any]) -> Change:
    edits = tuple((edit["path"], edit["start"], edit["end"], edit["text"]) for edit in row["edits"])
    return Change(row["id"], row["path"], row["line"], row["title"], row["why"], edits)
