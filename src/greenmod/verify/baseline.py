"""The tests before any change: what counts as green, what is red already, and what can't be relied on.

Red tests are part of the baseline. A project whose tests can't be run at all is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from greenmod.errors import VerifyError
from greenmod.verify.compare import find_differing
from greenmod.verify.outcomes import Ending, Run, Sign, count
from greenmod.verify.traffic import Noise, find_noise
from greenmod.verify.trials import NONE, Trials

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
    """The first run, and the signs and the traffic that a second one disagreed about if there was one."""

    run: Run
    flaky: frozenset[Sign] = frozenset()
    noise: Noise = field(default_factory=Noise)
    is_repeated: bool = False


def take_baseline(trials: Trials, cheap: float, tell: Callable[[str], None]) -> Baseline:
    """Run the unchanged tests, twice if that takes less than `cheap` seconds. Raises VerifyError."""
    first = trials.first()
    check_baseline(first)
    counts = count(first)
    tell(f"Before: {counts} ({first.seconds:.1f} s)")
    if not (counts.passed or counts.xfailed or counts.xpassed or counts.skipped):
        tell("No test passes before the changes, so none can show that a change is wrong")
    if first.seconds >= cheap:
        return Baseline(first)
    second = trials.again(NONE)  # to know which are flaky
    check_baseline(second)
    noise = find_noise(first.record, second.record)
    return Baseline(first, find_differing(first, second), noise, is_repeated=True)


def check_baseline(run: Run) -> None:
    """Raise VerifyError unless `run` can be compared with others."""
    if run.ending is not Ending.FINISHED:
        raise VerifyError(_describe(run), _REMEDY.get(run.ending, "Make the tests run to their end without greenmod."))
    if not run.record.results:
        raise VerifyError(
            f"pytest found no tests\n{_indent(run.output)}", "Name the tests that should decide after `--`."
        )


def _describe(run: Run) -> str:
    code = "" if run.exit_code is None else f" (exit code {run.exit_code})"
    under_way = f" in {', '.join(run.record.running)}" if run.record.running else ""
    return f"{_ENDED[run.ending]}{under_way}{code}, before any change\n{_indent(run.output)}"


def _indent(output: str) -> str:
    return "\n".join(f"    {line}" for line in output.splitlines())
