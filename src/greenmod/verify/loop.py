"""Pytest decides which changes stay: sandbox, baseline, everything at once, then a search for what to drop.

The user's tree is only read.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from greenmod.model import ChangeSet, Verdict
from greenmod.verify.baseline import take_baseline
from greenmod.verify.compare import find_still_red, find_unawaited
from greenmod.verify.judge import Judge
from greenmod.verify.outcomes import count
from greenmod.verify.runner import Runner
from greenmod.verify.sandbox import Files, open_sandbox
from greenmod.verify.search import Found, Requires, closed, search
from greenmod.verify.verification import Conviction, Dropped, Suite, Verification

Render = Callable[[frozenset[str]], Files]
Tell = Callable[[str], None]

# Without a limit from the user: this many seconds, and this many times what the baseline took.
_LEAST_LIMIT = 60.0
_TIMES_BASELINE = 10


def verify(suite: Suite, changes: ChangeSet, ids: frozenset[str], render: Render, tell: Tell) -> Verification:
    """Find the most of the changes `ids` with which no test of `suite` is worse than without. Raises VerifyError.

    `render` gives the new content of each file under a subset of `ids`, always closed under `requires`.
    """
    chosen = changes.chosen(ids)
    if not chosen:
        return Verification()
    started = time.monotonic()
    changed = sorted({path for change in chosen for path in change.paths})
    # Git pathspecs: an ignored file that changes was named by the user, and is there as well.
    include = (*suite.include, *(f":(literal){path}" for path in changed))
    with open_sandbox(suite.root, include) as sandbox:
        for path in sandbox.left_out:
            tell(f"{path}: can't be read; the tests run without it")
        runner = Runner(suite, sandbox, changed)
        tell(f"Verifying with {runner.interpreter.path}")
        baseline = take_baseline(runner.run, suite.cheap, tell)
        if runner.limit is None:
            runner.limit = _LEAST_LIMIT + _TIMES_BASELINE * baseline.run.seconds
        judge = Judge(runner.run, render, baseline, tell)
        requires = {change.id: change.requires for change in chosen}
        found = search(requires, judge.rule)
        last = judge.run_with(frozenset(found.kept))
        fixed = judge.find_fixed_with(frozenset(found.kept))
        return Verification(
            kept=found.kept,
            dropped=_dropped(found, requires),
            verdicts=_verdicts(found, is_noticed=bool(fixed) and len(found.kept) == 1),
            fixed=fixed,
            still_red=find_still_red(baseline.run, last),
            flaky=tuple(sorted({sign.test for sign in judge.flaky})),
            unawaited=tuple(f"{sign.test}: {sign.coroutine}" for sign in find_unawaited(baseline.run, last)),
            before=count(baseline.run),
            after=count(last),
            runs=runner.runs,
            seconds=time.monotonic() - started,
        )


def _dropped(found: Found[Conviction], requires: Requires) -> tuple[Dropped, ...]:
    dropped = []
    for culprit in found.culprits:
        for one in culprit.ids:
            together = tuple(other for other in culprit.ids if other != one)
            dropped.append(Dropped(one, culprit.proof, together))
        for one in culprit.dependents:
            needs = closed({one}, requires)
            dropped.append(Dropped(one, culprit.proof, needs=next(other for other in culprit.ids if other in needs)))
    return tuple(sorted(dropped, key=lambda one: one.id))


def _verdicts(found: Found[Conviction], *, is_noticed: bool) -> dict[str, Verdict]:
    verdicts = dict.fromkeys(found.kept, Verdict.PROVEN if is_noticed else Verdict.UNPROVEN)
    for culprit in found.culprits:
        verdicts |= dict.fromkeys((*culprit.ids, *culprit.dependents), culprit.proof.verdict)
    return verdicts
