"""Two runs side by side: what got worse, what got better, what differs at all.

Pure. The rule: a suite that was green for a sign may not turn red, lose it or stop checking it. A test that is red with
and without is free to leave coroutines behind: which ones depends on where it stops.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from greenmod.verify.outcomes import WHOLE, Outcome, Run, Sign

RED = frozenset({Outcome.FAILED, Outcome.ERROR})
# With these it can't be told what the test would have come to.
CUT_OFF = frozenset({Outcome.TIMED_OUT, Outcome.CRASHED})
_BAD = RED | CUT_OFF | {Outcome.UNAWAITED}
# What each outcome may not become. A mark for an expected failure allows both of its sides.
_WORSE = {
    Outcome.PASSED: RED | CUT_OFF | {Outcome.XFAILED, Outcome.SKIPPED, Outcome.GONE},
    Outcome.XPASSED: RED | CUT_OFF | {Outcome.GONE},
    Outcome.XFAILED: RED | CUT_OFF | {Outcome.GONE},
    Outcome.SKIPPED: RED | CUT_OFF,
    Outcome.GONE: _BAD,
}
# The most telling first: a test that failed says more than the dozen that vanished with its file. What costs the time
# of a limit comes last.
_TELLING = (
    *(Outcome.ERROR, Outcome.FAILED, Outcome.UNAWAITED, Outcome.ALTERED, Outcome.XFAILED, Outcome.SKIPPED),
    *(Outcome.GONE, Outcome.CRASHED, Outcome.TIMED_OUT),
)


@dataclass(frozen=True, slots=True)
class Worse:
    """A sign that got worse, and what the later run says of it."""

    sign: Sign
    before: Outcome
    after: Outcome
    message: str


def find_worse(before: Run, after: Run, among: Collection[str] | None = None) -> tuple[Worse, ...]:
    """Return what got worse (`among` some tests), the most telling first, and of those the quickest to show."""
    found = []
    for sign in _signs(before, after):
        if among is not None and sign.test not in among:
            continue
        was, now = before.result(sign), after.result(sign)
        if sign.coroutine and RED.issuperset(run.result(Sign(sign.test)).outcome for run in (before, after)):
            continue
        if now.outcome in _WORSE.get(was.outcome, ()):
            shown = before.result(Sign(sign.test)) if sign.coroutine else was
            found.append(Worse(sign, shown.outcome, now.outcome, now.message))
    return tuple(sorted(found, key=lambda worse: rank(worse, after)))


def rank(worse: Worse, run: Run) -> tuple[int, float, Sign]:
    """Order what got worse in `run`: in the same way each time, so that less than a tenth of a second is nothing."""
    return _TELLING.index(worse.after), round(run.record.seconds.get(worse.sign.test, 0.0), 1), worse.sign


def find_fixed(before: Run, after: Run, ignored: Collection[Sign] = ()) -> tuple[str, ...]:
    """Return the red tests that turned green, and the files that can be collected again."""
    fixed = []
    green = {sign.test for sign in after.record.results if _is_green(after.result(sign).outcome)}
    for sign in _red(before).difference(ignored):
        now = after.result(sign).outcome
        is_collected_again = now is Outcome.GONE and any(test.startswith(f"{sign.test}::") for test in green)
        if _is_green(now) or is_collected_again:
            fixed.append(sign.test)
    return tuple(sorted(fixed))


def find_still_red(before: Run, after: Run) -> tuple[str, ...]:
    """Return the tests that were red and are."""
    return tuple(sorted(sign.test for sign in _red(before) & _red(after)))


def find_unawaited(before: Run, after: Run) -> tuple[Sign, ...]:
    """Return the coroutines that only `after` left un-awaited."""
    return tuple(sorted(sign for sign in _signs(before, after) if _is_new_leak(before, after, sign)))


def find_differing(first: Run, second: Run) -> frozenset[Sign]:
    """Return the signs that two runs of the same content disagree about."""
    signs = _signs(first, second)
    return frozenset(sign for sign in signs if first.result(sign).outcome is not second.result(sign).outcome)


def _signs(before: Run, after: Run) -> set[Sign]:
    return {*before.record.results, *after.record.results, WHOLE}


def _red(run: Run) -> set[Sign]:
    return {sign for sign, result in run.record.results.items() if result.outcome in RED}


def _is_green(outcome: Outcome) -> bool:
    return outcome in (Outcome.PASSED, Outcome.XPASSED, Outcome.XFAILED)


def _is_new_leak(before: Run, after: Run, sign: Sign) -> bool:
    return after.result(sign).outcome is Outcome.UNAWAITED and before.result(sign).outcome is not Outcome.UNAWAITED
