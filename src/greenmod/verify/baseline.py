"""The tests before any change: what counts as green, what is red already, and what can't be relied on.

Red tests are part of the baseline. A project whose tests can't be run at all is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from greenmod.errors import VerifyError
from greenmod.verify.compare import find_differing
from greenmod.verify.outcomes import Ending, Run, Sign, count
from greenmod.verify.sandbox import Files

# Runs the tests (all, or some) with some files replaced.
RunTests = Callable[[Files, Collection[str] | None], Run]

_ENDED = {
    Ending.UNUSABLE: "pytest could not run the tests",
    Ending.INTERRUPTED: "pytest was stopped from within",
    Ending.CRASHED: "pytest crashed",
    Ending.TIMED_OUT: "the tests did not come to an end in time",
}
_REMEDY = {
    Ending.UNUSABLE: "Run the same pytest command by hand in a fresh copy of the repository; what it lacks there "
    "belongs into `[tool.greenmod] sandbox-include`.",
    Ending.TIMED_OUT: "Allow more time, or choose fewer tests after `--`.",
}


@dataclass(frozen=True, slots=True)
class Baseline:
    """The first run, and the signs that a second one disagreed about if there was one."""

    run: Run
    flaky: frozenset[Sign] = frozenset()
    is_repeated: bool = False


def take_baseline(run_tests: RunTests, cheap: float, tell: Callable[[str], None]) -> Baseline:
    """Run the unchanged tests, twice if that takes less than `cheap` seconds. Raises VerifyError."""
    tell("Running the tests without any change")
    first = run_tests({}, None)
    check_baseline(first)
    counts = count(first)
    tell(f"Before: {counts} ({first.seconds:.1f} s)")
    if not (counts.passed or counts.xfailed or counts.xpassed or counts.skipped):
        tell("No test passes before the changes, so none can show that a change is wrong")
    if first.seconds >= cheap:
        return Baseline(first)
    tell("Running them once more, to know which are flaky")
    second = run_tests({}, None)
    check_baseline(second)
    return Baseline(first, find_differing(first, second), is_repeated=True)


def check_baseline(run: Run) -> None:
    """Raise VerifyError unless `run` can be compared with others."""
    check_origin(run)
    if run.ending is not Ending.FINISHED:
        raise VerifyError(_describe(run), _REMEDY.get(run.ending, "Make the tests run to their end without greenmod."))
    if not run.record.results:
        raise VerifyError(
            f"pytest found no tests\n{_indent(run.output)}", "Name the tests that should decide after `--`."
        )


def check_origin(run: Run) -> None:
    """Raise VerifyError if modules of the project were imported from anywhere but the sandbox."""
    if not run.record.foreign:
        return
    module = min(run.record.foreign, key=lambda name: (name.count("."), name))
    foreign = run.record.foreign[module]
    raise VerifyError(
        f"{module}: imported from {foreign.file}, not from the sandbox, so the tests would not notice any change",
        f"The environment holds an install of the project. Run again with PYTHONPATH="
        f"{_holder(module, Path(foreign.original))}; greenmod then puts the sandbox's copy of that folder first.",
    )


def _holder(module: str, file: Path) -> Path:
    """Return the folder from which `module` can be imported."""
    above = module.count(".") + (file.name == "__init__.py")
    return file.parents[above]


def _describe(run: Run) -> str:
    code = "" if run.exit_code is None else f" (exit code {run.exit_code})"
    under_way = f" in {', '.join(run.record.running)}" if run.record.running else ""
    return f"{_ENDED[run.ending]}{under_way}{code}, before any change\n{_indent(run.output)}"


def _indent(output: str) -> str:
    return "\n".join(f"    {line}" for line in output.splitlines())
