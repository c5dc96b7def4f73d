"""Rules on sets of changes: is any test worse with them than without?

A symptom counts only once it was seen twice, on both sides: one that flips between two runs of the same content is
flaky and never decides. Where a test shows it alone, alone is how it is looked at further; a symptom that needs the
company of other tests costs a run of all of them each time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from greenmod.verify.baseline import Baseline
from greenmod.verify.compare import Worse, find_differing, find_fixed, find_worse, rank
from greenmod.verify.outcomes import WHOLE, Outcome, Run, Sign
from greenmod.verify.traffic import Altered, find_altered, find_noise, statement_counts
from greenmod.verify.trials import NONE, Tests, Trials


@dataclass(frozen=True, slots=True)
class Symptom:
    """A sign that is worse. `reference` is the run without changes that others are compared with."""

    sign: Sign
    worse: Worse = field(compare=False)
    reference: Run = field(compare=False)
    is_alone: bool = field(compare=False)

    @property
    def tests(self) -> Tests:
        """The tests that must run for it to show; None for all."""
        return frozenset({self.sign.test}) if self.is_alone else None


class Judge:
    """`flaky` are the signs that were seen to come and go. `suspect` names the likely causes of a symptom."""

    def __init__(
        self,
        trials: Trials,
        baseline: Baseline,
        tell: Callable[[str], None],
        suspect: Callable[[frozenset[str], Run, Sign], Collection[str]],
        *,
        accepts_traffic: bool = False,
    ) -> None:
        self.flaky = set(baseline.flaky)
        self._trials = trials
        self._baseline = baseline.run
        self._noise = baseline.noise
        self._is_repeated = baseline.is_repeated
        self._tell = tell
        self._suspect = suspect
        self._accepts_traffic = accepts_traffic
        self._known: dict[Sign, Symptom] = {}
        self._last = NONE

    def symptoms(self, ids: frozenset[str]) -> Sequence[Symptom]:
        """Return all that is worse with `ids`, each seen twice."""
        self._last = ids
        run = self._trials.run(ids)
        worse = {one.sign: one for one in self._look(run)}
        doubtful = worse.keys() - self._known.keys()
        if doubtful:
            self._confirm(ids, {sign: worse[sign] for sign in doubtful})
        found = [self._known[sign] for sign in worse if sign in self._known and sign not in self.flaky]
        found.sort(key=lambda symptom: rank(symptom.worse, run))
        self._tell(_sentence(found))
        return found

    def left(self, ids: frozenset[str], symptoms: Sequence[Symptom]) -> Sequence[Symptom]:
        """Return those of `symptoms` that are there with `ids`."""
        alone = frozenset(symptom.sign.test for symptom in symptoms if symptom.is_alone)
        runs: dict[bool, Run] = {}
        if not all(symptom.is_alone for symptom in symptoms):
            runs = {False: self._trials.run(ids)}
        if alone:
            runs[True] = runs.get(False) or self._trials.run(ids, alone)
        return [symptom for symptom in symptoms if self._find(runs[symptom.is_alone], symptom)]

    def shows(self, ids: frozenset[str], symptom: Symptom) -> Worse | None:
        """Return what `ids` make of the sign of `symptom`, if it is worse."""
        return self._find(self._trials.run(ids, symptom.tests), symptom)

    def suspects(self, symptom: Symptom) -> Collection[str]:
        """Return the changes that the symptom's test has run, or could have run."""
        return self._suspect(self._last, self._trials.run(self._last), symptom.sign)

    def dismiss(self, symptom: Symptom) -> None:
        """Hold a symptom for chance."""
        self.flaky.add(symptom.sign)

    def convict(self, ids: frozenset[str], symptom: Symptom, left: int) -> None:
        """Tell which changes are dropped."""
        what = f"{symptom.worse.before.value} → {symptom.worse.after.value}"
        self._tell(f"Dropped {', '.join(sorted(ids))}: {symptom.sign.test} ({what}); {left:,} left")

    def confirm_fixed(self, ids: frozenset[str]) -> tuple[str, ...]:
        """Return the red tests that `ids` turn green, each seen twice."""
        run = self._trials.run(ids)
        fixed = frozenset(find_fixed(self._baseline, run, self.flaky))
        if not fixed:
            return ()
        again = self._trials.again(ids, fixed)
        before = self._trials.again(NONE, fixed)
        alone = fixed.intersection(find_fixed(before, again))
        company = fixed - alone
        if company:
            shown = find_fixed(self._baseline, self._trials.again(ids))
            self.flaky |= {Sign(test) for test in company.difference(shown)}
            company = company.intersection(shown)
        return tuple(sorted(alone | company))

    def is_green(self, ids: frozenset[str], test: str) -> bool:
        """Tell whether a test passes with `ids`, run without the company of others."""
        return test in self._trials.run(ids, frozenset({test})).passed

    def statement_counts(self, before: Run, after: Run) -> Mapping[str, tuple[int, int]]:
        """Return how many SQL statements the tests that pass in both runs sent, where that differs."""
        return statement_counts(before.record, after.record, before.passed & after.passed, self._noise)

    def altered(self, before: Run, after: Run, among: Collection[str] | None = None) -> tuple[Altered, ...]:
        """Return the tests that pass in both runs and differ in their traffic by more than chance."""
        both = before.passed & after.passed
        return find_altered(before.record, after.record, both if among is None else both & {*among}, self._noise)

    def _worse(self, before: Run, after: Run, among: Collection[str] | None = None) -> tuple[Worse, ...]:
        found = find_worse(before, after, among=among)
        if self._accepts_traffic:
            return found
        return found + tuple(
            Worse(Sign(one.test, is_traffic=True), Outcome.PASSED, Outcome.ALTERED, one.message)
            for one in self.altered(before, after, among)
        )

    def _look(self, run: Run) -> tuple[Worse, ...]:
        return tuple(worse for worse in self._worse(self._baseline, run) if worse.sign not in self.flaky)

    def _find(self, run: Run, symptom: Symptom) -> Worse | None:
        found = self._worse(symptom.reference, run, {symptom.sign.test})
        return next((worse for worse in found if worse.sign == symptom.sign), None)

    def _confirm(self, ids: frozenset[str], worse: Mapping[Sign, Worse]) -> None:
        """See each sign once more, with and without the changes; first alone, else in the company of all tests."""
        tests = frozenset(sign.test for sign in worse if sign != WHOLE)
        alone: set[Sign] = set()
        if tests:
            before = self._trials.again(NONE, tests)
            after = self._trials.again(ids, tests)
            if not self._is_repeated:
                self._noise = self._noise.joined(find_noise(self._baseline.record, before.record))
            alone = {one.sign for one in self._worse(before, after, tests)}.intersection(worse)
            alone -= find_differing(before, self._baseline)
            self._known |= {sign: Symptom(sign, worse[sign], before, is_alone=True) for sign in alone}
        company = worse.keys() - alone
        if not company:
            return
        again = self._trials.again(ids)
        if not self._is_repeated:
            before = self._trials.again(NONE)
            self._is_repeated = True
            self._noise = self._noise.joined(find_noise(self._baseline.record, before.record))
            self.flaky |= find_differing(self._baseline, before)
        shown = {one.sign for one in self._look(again)}
        self.flaky |= company - shown
        self._known |= {
            sign: Symptom(sign, worse[sign], self._baseline, is_alone=False)
            for sign in company & shown
            if sign not in self.flaky
        }


def _sentence(symptoms: Sequence[Symptom]) -> str:
    if not symptoms:
        return "Nothing got worse"
    first = symptoms[0].worse
    others = f", and {len(symptoms) - 1} more" if len(symptoms) > 1 else ""
    return f"Worse: {first.sign.test} ({first.before.value} → {first.after.value}){others}"
