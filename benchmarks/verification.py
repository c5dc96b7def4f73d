"""Measures what verification costs over the bare pytest runs that it needs; makes the page `docs/verification.md`.

    python benchmarks/verification.py CHECKOUT PYTHON [--select NAME | --diff FILE] [--output FILE] [-- PYTEST ARGS]
    python benchmarks/verification.py --page SEARCH FILE... > docs/verification.md

CHECKOUT is only read. PYTHON is the interpreter of an environment in which its tests run. The changes to verify are
those of a codemod or of a diff. SEARCH is what `search.py --output` wrote. It runs in an environment with greenmod.

Bare pytest runs in a copy of its own, with the bytecode of its last run at hand, as a user's does. It takes turns with
the same run by the loop, and with the loop as a whole. What the plugin adds to a run is told in CPU seconds, which
other work on the machine disturbs less than wall time.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import loop_page
import search
from loop_page import Cost, Result

from greenmod import apply, session
from greenmod.config import load
from greenmod.patches import Patch, read_diff
from greenmod.verify import Suite, Verification, verify
from greenmod.verify.outcomes import Run, count
from greenmod.verify.runner import Asked, Runner
from greenmod.verify.sandbox import Sandbox, open_sandbox

_ROUNDS = 3
_SELECTIONS = (1, 5)


@dataclass(frozen=True, slots=True)
class Project:
    """A checkout, the interpreter that runs its tests from `folder`, and the changes to verify."""

    root: Path
    python: Path
    folder: str
    pytest_args: tuple[str, ...]
    patch: Patch

    @property
    def suite(self) -> Suite:
        include = load(self.root).sandbox_include
        return Suite(self.root, self.python, self.pytest_args, include, folder=self.folder)


class Listener:
    """An audience that lets people see how it goes."""

    def tell(self, sentence: str) -> None:
        print(f"    {sentence}", file=sys.stderr, flush=True)

    def begin(self, stage: str, total: int | None) -> None:
        """See Audience."""

    def advance(self, count: int = 1) -> None:
        """See Audience."""


class Bare:
    """Pytest as a user runs it, in a copy that keeps its bytecode."""

    def __init__(self, suite: Suite, python: Path, sandbox: Sandbox) -> None:
        self._folder = sandbox.tree / suite.folder
        self._words = (str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *suite.pytest_args)
        path = os.pathsep.join((str(python.parent), os.environ.get("PATH", os.defpath)))
        left_out = ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
        self._env = {name: value for name, value in os.environ.items() if name not in left_out} | {"PATH": path}

    def seconds(self, tests: Sequence[str] = ()) -> float:
        """Run all tests or some, and return how long it took."""
        started = time.monotonic()
        done = subprocess.run([*self._words, *tests], cwd=self._folder, env=self._env, capture_output=True, check=False)
        if done.returncode not in (0, 1):
            sys.exit(f"pytest by itself: exit code {done.returncode}\n{done.stdout.decode()[-2000:]}")
        return time.monotonic() - started


class Ours:
    """The same runs by the loop's runner."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def run(self, tests: Sequence[str] | None = None, *, is_warm: bool = False) -> Run:
        only = None if tests is None else frozenset(tests)
        run = self._runner.run(Asked({}, only, is_warm=is_warm)).read()
        if tests is None:
            self._runner.usual, self._runner.modules = run.record.seconds, run.record.modules
        return run

    def seconds(self, tests: Sequence[str] | None = None, *, is_warm: bool = False) -> float:
        return self.run(tests, is_warm=is_warm).seconds


def main() -> None:
    """Measure a project, or print the page."""
    given, pytest_args = _arguments()
    if given.page:
        searched, *files = given.page
        print(loop_page.page(search.load(searched), [Result.load(file) for file in files]), end="")
        return
    root = given.checkout.resolve()
    patch = _diff(root, given.diff) if given.diff else _codemod(root, given.select)
    if not patch.plan.changes:
        sys.exit("there is no change to verify")
    project = Project(root, given.python.absolute(), given.folder, tuple(pytest_args), patch)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as most users have it; containers often don't
    result = measure(project, given.name or root.name, given.diff.name if given.diff else given.select)
    if given.output:
        result.save(given.output)
    print("\n".join(loop_page.tables([result])))


def measure(project: Project, name: str, changes: str) -> Result:
    """Run pytest by itself, by the runner and by the loop, by turns."""
    with _opened(project) as (bare, ours):
        bare.seconds()  # which leaves its bytecode
        first = ours.run()
        before = cpu_seconds(bare.seconds)
        own, tests = _spent(resource.RUSAGE_SELF), _spent(resource.RUSAGE_CHILDREN)
        found = _verify(project)
        own, tests = _spent(resource.RUSAGE_SELF) - own, _spent(resource.RUSAGE_CHILDREN) - tests
        alone, through = [before], [cpu_seconds(ours.run)]
        for _ in range(_ROUNDS - 1):
            alone.append(cpu_seconds(bare.seconds))
            through.append(cpu_seconds(ours.run))
        passed = [test for test in first.record.collected if test in first.passed and " " not in test]
        return Result(
            name=name,
            python=version_of(project.python),
            pytest_args=project.pytest_args,
            what=changes,
            tests=str(count(first)),
            bare=statistics.median(alone),
            ours=statistics.median(through),
            changes=len(project.patch.plan.changes),
            kept=len(found.kept),
            runs=found.runs,
            seconds=found.seconds,
            testing=found.testing_seconds,
            own_cpu=own,
            tests_cpu=tests,
            costs=[_cost(bare, ours, passed[:: max(1, len(passed) // number)][:number]) for number in _SELECTIONS],
        )


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return what the processes spend that a piece of work starts and waits for."""
    before = _spent(resource.RUSAGE_CHILDREN)
    work()
    return _spent(resource.RUSAGE_CHILDREN) - before


def _spent(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


@contextmanager
def _opened(project: Project) -> Iterator[tuple[Bare, Ours]]:
    with (
        open_sandbox(project.root, project.suite.include) as copy,
        open_sandbox(project.root, project.suite.include) as stage,
        closing(Runner(project.suite, stage, project.patch.plan.paths(), Listener())) as runner,
    ):
        yield Bare(project.suite, project.python, copy), Ours(runner)


def _verify(project: Project) -> Verification:
    return verify(project.suite, project.patch.plan, project.patch.plan.ids, project.patch.render, Listener())


def _cost(bare: Bare, ours: Ours, tests: Sequence[str]) -> Cost:
    first = ours.seconds(tests, is_warm=True)  # which starts the warm process, unless there is one
    ways: tuple[Callable[[], float], ...] = (
        lambda: bare.seconds(tests),
        lambda: ours.seconds(tests),
        lambda: ours.seconds(tests, is_warm=True),
    )
    rounds = [[way() for way in ways] for _ in range(_ROUNDS)]
    alone, plain, warm = (statistics.median(column) for column in zip(*rounds, strict=True))
    return Cost(len(tests), alone, plain, first, warm)


@dataclass(frozen=True, slots=True)
class _Planned(Patch):
    """A codemod's plan: with the formatting and imports that a user gets."""

    renderer: apply.Renderer | None = None

    def render(self, ids: object) -> dict[str, bytes | None]:
        assert self.renderer is not None
        return dict(self.renderer(frozenset(ids)))  # type: ignore[call-overload]


def _codemod(root: Path, name: str) -> Patch:
    run, plan = session.make_plan(session.Request((root,), select=(name,), use_cache=False))
    baselines = {path: apply.read_baseline(run.root, plan, path) for path in plan.paths()}
    return _Planned(plan, baselines, renderer=apply.Renderer(plan, baselines, apply.formatter(run.root)))


def _diff(root: Path, file: Path) -> Patch:
    return read_diff(root, file.read_bytes(), file.name)


def version_of(python: Path) -> str:
    question = "import platform, pytest; print(platform.python_version(), 'with pytest', pytest.__version__)"
    return subprocess.run([python, "-c", question], capture_output=True, text=True, check=True).stdout.strip()


def _arguments() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path, nargs="?")
    parser.add_argument("python", type=Path, nargs="?")
    parser.add_argument("--name", help="what the project is called, with its version; the folder's name")
    parser.add_argument("--folder", default=".", help="where pytest starts, relative to the checkout")
    parser.add_argument("--select", default="testclient-to-async", help="the codemod")
    parser.add_argument("--diff", type=Path, help="a diff, instead of a codemod")
    parser.add_argument("--output", type=Path, help="where the result goes as JSON")
    parser.add_argument("--page", type=Path, nargs="+", metavar="FILE", help="print the page of these results")
    cut = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    given = parser.parse_args(sys.argv[1:cut])
    if not given.page and not given.python:
        parser.error("CHECKOUT and PYTHON are needed, or --page with results")
    return given, sys.argv[cut + 1 :]


if __name__ == "__main__":
    main()
