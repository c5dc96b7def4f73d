"""Converts a copy of a project and runs its suite before and after; nothing given is ever written to.

The suite runs as greenmod's own verification runs it: in a sandbox, by the project's interpreter, with nothing to
remember from one run to the next. What differs is looked at a second time before it counts.
"""

from __future__ import annotations

import ast
import json
import os
import platform
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypedDict

import exchanges
from exchanges import Said
from suite_page import Result

from greenmod.verify.compare import Worse, find_differing, find_fixed, find_worse
from greenmod.verify.outcomes import Outcome, Run, Sign, count
from greenmod.verify.runner import Asked, Runner
from greenmod.verify.sandbox import Files, Sandbox, open_sandbox
from greenmod.verify.verification import Suite

NO_SKIP = "(no skip says why)"
_TIMES_ALONE = 6


@dataclass(frozen=True, slots=True)
class Project:
    """A checkout, the interpreter that runs its tests from `folder`, and how the codemod `select` is called."""

    root: Path
    python: Path
    folder: str
    select: str
    options: tuple[str, ...]
    pytest_args: tuple[str, ...]

    @property
    def command(self) -> tuple[str, ...]:
        given = (part for option in self.options for part in ("--option", f"{self.select}.{option}"))
        return ("greenmod", "run", "--select", self.select, *given)


def convert(project: Project) -> Result:
    """Convert a copy and compare. Ends the program where greenmod or the suite can't run."""
    with open_sandbox(project.root) as copy, open_sandbox(project.root) as stage:
        rewriting = rewrite(project, copy)
        compared = compare(Watched(project, stage, rewriting.files))
    clients = compared.said_before.through("TestClient")
    still = clients & compared.said_after.through("TestClient")
    moved = clients & compared.said_after.through("AsyncClient")
    left = {test: _rule(project, rewriting, test) for test in sorted(clients - moved)}
    return Result(
        python=_version(project.python),
        command=project.command,
        pytest_args=project.pytest_args,
        clients=len(clients),
        converted=len(moved - still),
        partly=sorted(moved & still),
        left=dict(Counter(left.values())),
        unexplained=[test for test, rule in left.items() if rule == NO_SKIP],
        **rewriting.told(),
        **compared.told(),
    )


class Place(TypedDict):
    path: str
    line: int


class Skip(Place):
    rule: str
    reason: str


class Problem(Place):
    message: str


class Report(TypedDict):
    """What is read of greenmod's own report."""

    changes: list[object]
    skips: list[Skip]
    problems: list[Problem]
    written: list[str] | None


@dataclass(frozen=True)
class Rewriting:
    """What greenmod reported of the copy, what it made of its files, and how much a second run would still change."""

    report: Report
    files: Files
    again: int
    plan_seconds: float
    write_seconds: float

    @cached_property
    def rules(self) -> Mapping[tuple[str, int], str]:
        return {(skip["path"], skip["line"]): skip["rule"] for skip in self.report["skips"]}

    def told(self) -> dict[str, Any]:
        """Return the part of the result that greenmod has to do with."""
        skips, problems = self.report["skips"], self.report["problems"]
        return {
            "plan_seconds": self.plan_seconds,
            "write_seconds": self.write_seconds,
            "changes": len(self.report["changes"]),
            "files": len(self.files),
            "again": self.again,
            "problems": [f"{one['path']}:{one['line']} {one['message']}" for one in problems],
            "skips": dict(Counter(skip["rule"] for skip in skips)),
            "reasons": [f"{skip['path']}:{skip['line']} {skip['rule']}: {skip['reason']}" for skip in skips],
        }


def rewrite(project: Project, copy: Sandbox) -> Rewriting:
    """Plan, write, and plan again."""
    planned = time.monotonic()
    _greenmod(project, copy)
    written = time.monotonic()
    report = _greenmod(project, copy, "--write")
    ended = time.monotonic()
    again = _greenmod(project, copy)
    files = {path: _bytes(copy.tree / path) for path in report["written"] or ()}
    return Rewriting(report, files, len(again["changes"]), written - planned, ended - written)


def _greenmod(project: Project, copy: Sandbox, *arguments: str) -> Report:
    report = copy.scratch / "report.json"
    report.unlink(missing_ok=True)
    memory = {"GREENMOD_CACHE_DIR": str(copy.scratch), "GREENMOD_STATE_DIR": str(copy.scratch), "NO_COLOR": "1"}
    command = [sys.executable, "-m", *project.command, *arguments, "--no-cache", "--format=json", f"--output={report}"]
    done = subprocess.run(command, cwd=copy.tree, env={**os.environ, **memory}, capture_output=True, text=True)
    if not report.exists():
        sys.exit(f"{' '.join(project.command)}: exit code {done.returncode}\n{done.stderr}")
    found: Report = json.loads(report.read_text(encoding="utf-8"))
    return found


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


class Console:
    """Tells what the runner has to tell."""

    def tell(self, sentence: str) -> None:
        print(sentence, file=sys.stderr)

    def begin(self, stage: str, total: int | None) -> None:
        pass

    def advance(self, count: int = 1) -> None:
        pass


class Watched:
    """Runs the suite in the sandbox and listens."""

    def __init__(self, project: Project, stage: Sandbox, files: Files) -> None:
        self._files = files
        self._said = stage.scratch / "exchanges.json"
        os.environ["GREENMOD_EXCHANGES"] = str(self._said)  # the runner hands the environment on
        suite = Suite(
            project.root,
            python=project.python,
            pytest_args=("-p", "greenmod_exchanges", *project.pytest_args),
            folder=project.folder,
        )
        self._runner = Runner(suite, stage, tuple(files), Console())

    def before(self, only: Sequence[str] | None = None) -> tuple[Run, Said]:
        return self._run({}, only)

    def after(self) -> tuple[Run, Said]:
        return self._run(self._files)

    def _run(self, files: Files, only: Sequence[str] | None = None) -> tuple[Run, Said]:
        run = self._runner.run(Asked(files, frozenset(only) if only else None)).read()
        said = exchanges.read(self._said)
        print(f"{count(run)}; {run.ending.value} after {run.seconds:.1f} s", file=sys.stderr, flush=True)
        if not run.is_conclusive or run.record.foreign:
            running = ", ".join(run.record.running)
            sys.exit(
                f"The suite can't be compared: {run.ending.value} {running} {dict(run.record.foreign)}\n{run.output}"
            )
        self._runner.usual = self._runner.usual or run.record.seconds
        return run, said


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs without and with the changes, `again` a second one without. What equal runs disagree about is `unsteady`;
    `chance` are tests whose exchanges differ between equal runs as well, though not between the first two.
    """

    before: Run
    again: Run
    after: Run
    said_before: Said
    said_again: Said
    said_after: Said
    worse: Mapping[Sign, Worse]
    unsteady: frozenset[Sign]
    chance: frozenset[str]

    def told(self) -> dict[str, Any]:
        """Return the part of the result that the suite has to do with."""
        worse = [one for sign, one in self.worse.items() if sign not in self.unsteady]
        changed = exchanges.find_changed(self.said_before, self.said_again, self.said_after)
        return {
            "before": str(count(self.before)),
            "after": str(count(self.after)),
            "seconds_before": self.before.seconds,
            "seconds_after": self.after.seconds,
            "worse": [
                (o.sign.test, o.before.value, o.after.value, o.message) for o in worse if o.after != Outcome.GONE
            ],
            "vanished": _only(self.before, self.after),
            "appeared": _only(self.after, self.before),
            "fixed": list(find_fixed(self.before, self.after, self.unsteady)),
            "unsteady": sorted({sign.test for sign in self.unsteady}),
            "exchanges": sum(map(len, self.said_before.exchanges.values())),
            "random": sorted({*exchanges.find_differing(self.said_before, self.said_again), *self.chance}),
            "different": [(one.test, one.before, one.after) for one in changed if one.test not in self.chance],
        }


def compare(watched: Watched) -> Comparison:
    """Run the suite twice, and where something differs up to four times; what still differs by itself some times."""
    before, said_before = watched.before()
    after, said_after = watched.after()
    worse = {one.sign: one for one in find_worse(before, after)}
    again, said_again = before, said_before
    if worse or exchanges.find_differing(said_before, said_after):
        again, said_again = watched.before()
    unsteady = find_differing(before, again)
    if worse.keys() - unsteady:
        repeated, _ = watched.after()
        unsteady |= worse.keys() - {one.sign for one in find_worse(before, repeated)}
    changed = [one.test for one in exchanges.find_changed(said_before, said_again, said_after)]
    chance = _find_chance(watched, changed) if changed else frozenset()
    return Comparison(before, again, after, said_before, said_again, said_after, worse, unsteady, chance)


def _find_chance(watched: Watched, tests: Sequence[str]) -> frozenset[str]:
    """Run some tests alone, without the changes, and return those whose exchanges are not the same each time."""
    first, *others = (watched.before(tests)[1] for _ in range(_TIMES_ALONE))
    return frozenset(test for test in tests if any(other.rows(test) != first.rows(test) for other in others))


def _only(one: Run, other: Run) -> list[str]:
    """Return the tests that only `one` collected."""
    return sorted({sign.test for sign in one.record.results} - {sign.test for sign in other.record.results})


def _rule(project: Project, rewriting: Rewriting, test: str) -> str:
    """Return the rule of the skip at the `def` line of a test."""
    path, *names = test.partition("[")[0].split("::")
    for at in (path, Path(project.folder, path).as_posix()):
        if (project.root / at).is_file():
            line = _find_line(ast.parse((project.root / at).read_bytes()).body, names)
            return rewriting.rules.get((at, line), NO_SKIP)
    return NO_SKIP


def _find_line(body: Sequence[ast.stmt], names: Sequence[str]) -> int:
    """Return the line of the definition that `names` lead to, 0 if it isn't there; the last of several counts."""
    for node in reversed(body):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name == names[0]:
            return _find_line(node.body, names[1:]) if names[1:] else node.lineno
    return 0


def _version(python: Path) -> str:
    question = "import platform; print(platform.python_version())"
    done = subprocess.run([python, "-c", question], capture_output=True, text=True, check=True)
    return f"{done.stdout.strip()} on {platform.system()}"
