"""What is run on a copy of an application: greenmod, and its tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loader_page import Suite

_CODEMOD = "add-selectinload"


@dataclass(frozen=True, slots=True)
class Application:
    """A checkout, the interpreter that runs its tests from `folder`, and where its production code is."""

    checkout: Path
    python: Path
    name: str
    folder: str
    code: tuple[str, ...]
    on_path: tuple[str, ...]
    is_verified: bool
    has_tests: bool
    pytest_args: tuple[str, ...]


def run_greenmod(application: Application, root: Path, *arguments: str) -> dict[str, Any]:
    """Run greenmod over a copy. Ends the program where it has nothing to say."""
    verify = ["--verify", "--", *application.pytest_args] if application.is_verified and arguments else []
    command = ["run", "--select", _CODEMOD, "--show-skips", "--no-cache", *arguments]
    return _report(application, root, command, verify)


def find_lazy_loads(application: Application, root: Path) -> list[dict[str, Any]]:
    """Return what the tests of a copy load lazily, as `greenmod trace` says it."""
    loads: list[dict[str, Any]] = _report(application, root, ["trace"], ["--", *application.pytest_args])["loads"]
    return loads


def _report(application: Application, root: Path, command: Sequence[str], pytest_args: Sequence[str]) -> dict[str, Any]:
    scratch = root.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    report = scratch / "report.json"
    report.unlink(missing_ok=True)
    memory = {"GREENMOD_CACHE_DIR": str(scratch), "GREENMOD_STATE_DIR": str(scratch), "NO_COLOR": "1"}
    options = ["--python", str(application.python), "--format", "json", "--output", str(report)]
    told = scratch / "greenmod.log"  # what it is at, while it is
    with told.open("w") as output:
        done = subprocess.run(
            [sys.executable, "-m", "greenmod", *command, *options, *pytest_args],
            cwd=root / application.folder if pytest_args else root,
            env={**os.environ, **memory, "PYTHONPATH": _on_path(application, root)},
            stdout=output,
            stderr=output,
        )
    if not report.exists():
        sys.exit(f"{application.name}: exit code {done.returncode}\n{told.read_text()}")
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return found


def _on_path(application: Application, root: Path) -> str:
    return os.pathsep.join(str(root / folder) for folder in application.on_path)


def run_tests(application: Application, root: Path) -> Suite:
    """Run the tests of a copy."""
    results = root.parent / "scratch" / "results.xml"
    results.parent.mkdir(exist_ok=True)
    results.unlink(missing_ok=True)
    environment = {**os.environ, "PYTHONPATH": _on_path(application, root), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [
        str(application.python),
        "-m",
        "pytest",
        "-q",
        "--tb=no",
        "-p",
        "no:cacheprovider",
        f"--junit-xml={results}",
    ]
    start = time.perf_counter()
    done = subprocess.run(
        [*command, *application.pytest_args],
        cwd=root / application.folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - start
    if not results.exists():
        print(f"{root}: exit code {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}", file=sys.stderr)
        return Suite(0, 1, seconds, ("(pytest did not finish)",))
    passed, red = 0, set()
    for case in ElementTree.parse(results).iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            red.add(f"{case.get('classname')}::{case.get('name')}")
        elif "skipped" not in kinds:
            passed += 1
    print(f"{root.name}: {passed} passed, {len(red)} failed, {seconds:.0f} s", file=sys.stderr, flush=True)
    return Suite(passed, len(red), seconds, sorted(red))
