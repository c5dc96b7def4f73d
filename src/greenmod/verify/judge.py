"""Rules on a set of changes: is any test worse with them than without?

A sign decides only once it was seen twice, on both sides: one that flips between two runs of the same content is
flaky and never decides. A set under which the tests crash or hang is inconclusive, not broken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256

from greenmod.model import Verdict
from greenmod.verify.baseline import Baseline, RunTests, check_baseline, check_origin
from greenmod.verify.compare import Worse, find_differing, find_fixed, find_worse
from greenmod.verify.outcomes import NO_TEST, Ending, Outcome, Run, Sign
from greenmod.verify.sandbox import Files
from greenmod.verify.verification import Conviction

_INCONCLUSIVE = {
    Ending.TIMED_OUT: "the tests did not come to an end within {limit}",
    Ending.CRASHED: "pytest crashed (exit code {code})",
    Ending.INTERRUPTED: "pytest was stopped from within",
}


class Judge:
    """Remembers each ruling by the content that it is about, so that no content is tested twice for nothing."""

    def __init__(
        self,
        run_tests: RunTests,
        render: Callable[[frozenset[str]], Files],
        baseline: Baseline,
        tell: Callable[[str], None],
    ) -> None:
        self.flaky = set(baseline.flaky)
        self._run_tests = run_tests
        self._render = render
        self._baseline = baseline.run
        self._is_baseline_repeated = baseline.is_repeated
        self._tell = tell
        self._trusted: set[Sign] = set()
        self._rulings: dict[str, tuple[Run, Conviction | None]] = {}

    def rule(self, ids: frozenset[str]) -> Conviction | None:
        """Return what shows that the tests are worse with the changes `ids`; None if nothing does."""
        return self._look_up(ids)[1]

    def run_with(self, ids: frozenset[str]) -> Run:
        """Return the run that the ruling on `ids` rests on."""
        return self._look_up(ids)[0] if ids else self._baseline

    def find_fixed_with(self, ids: frozenset[str]) -> tuple[str, ...]:
        """Return the tests that the changes `ids` turned green, each seen twice as well."""
        run = self.run_with(ids)
        fixed = {Sign(test) for test in find_fixed(self._baseline, run, self.flaky)}
        if fixed:
            flips = find_differing(run, self._repeat(run, self._render(ids), fixed), fixed)
            flips |= self._flips_in_baseline(fixed - flips)
            self.flaky |= flips
        return tuple(sorted(sign.test for sign in fixed - self.flaky))

    def _look_up(self, ids: frozenset[str]) -> tuple[Run, Conviction | None]:
        files = self._render(ids)
        key = _digest(files)
        if key not in self._rulings:
            self._tell(f"Running the tests with {len(ids)} {'change' if len(ids) == 1 else 'changes'}")
            run = self._run_tests(files, None)
            check_origin(run)
            conviction = self._rule_on(run, files)
            self._tell(_sentence(conviction))
            self._rulings[key] = run, conviction
        return self._rulings[key]

    def _rule_on(self, run: Run, files: Files) -> Conviction | None:
        if not run.is_conclusive:
            return _inconclusive(self._baseline, run)
        doubtful = {worse.sign for worse in self._find_worse(run)} - self._trusted
        if doubtful:
            again = self._repeat(run, files, doubtful)
            if not again.is_conclusive:
                return _inconclusive(self._baseline, again)
            flips = find_differing(run, again, doubtful)
            flips |= self._flips_in_baseline(doubtful - flips)
            self.flaky |= flips
            self._trusted |= doubtful - flips
        worse = self._find_worse(run)
        return _broken(worse) if worse else None

    def _find_worse(self, run: Run) -> tuple[Worse, ...]:
        return find_worse(self._baseline, run, self.flaky)

    def _repeat(self, first: Run, files: Files, signs: set[Sign]) -> Run:
        """Run the tests of `signs` again; all of them if alone they behave differently, which order can do as well."""
        tests = {sign.test for sign in signs}
        self._tell(f"Running {len(tests)} {'test' if len(tests) == 1 else 'tests'} once more, to rule out chance")
        again = self._run_tests(files, tests)
        if again.is_conclusive and find_differing(first, again, signs):
            return self._run_tests(files, None)
        return again

    def _flips_in_baseline(self, signs: set[Sign]) -> frozenset[Sign]:
        if self._is_baseline_repeated or not signs:
            return frozenset()
        again = self._repeat(self._baseline, {}, signs)
        check_baseline(again)
        return find_differing(self._baseline, again, signs)


def _broken(worse: tuple[Worse, ...]) -> Conviction:
    first = worse[0]
    also = sorted({other.sign.test for other in worse} - {first.sign.test})
    return Conviction(Verdict.BROKEN, first.sign.test, first.before, first.after, first.message, tuple(also))


def _inconclusive(baseline: Run, run: Run) -> Conviction:
    message = _INCONCLUSIVE[run.ending].format(limit=f"{run.seconds:.0f} s", code=run.exit_code)
    test, *also = run.record.running or (NO_TEST,)
    before = baseline.result(Sign(test)).outcome
    return Conviction(Verdict.INCONCLUSIVE, test, before, Outcome.UNKNOWN, message, tuple(also))


def _sentence(conviction: Conviction | None) -> str:
    if conviction is None:
        return "Nothing got worse"
    if conviction.verdict is Verdict.INCONCLUSIVE:
        return f"Inconclusive: {conviction.message}, in {conviction.test}"
    others = f", and {len(conviction.also)} more" if conviction.also else ""
    return f"Worse: {conviction.test} ({conviction.before.value} → {conviction.after.value}){others}"


def _digest(files: Mapping[str, bytes | None]) -> str:
    content = sorted((path, None if data is None else sha256(data).hexdigest()) for path, data in files.items())
    return sha256(repr(content).encode()).hexdigest()
