"""Rules on sets of changes: is any test worse with them than without?

A symptom counts only once it was seen twice, on both sides: one that flips between two runs of the same content is
flaky and never decides. Where a test shows it alone, alone is how it is looked at further; else with the other tests
that were worse, and where these don't do, with all of them each time. The dear ones wait until the others are gone: as
long as a change is there under which a test hangs, each run that has the test in it costs its limit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from greenmod.verify.baseline import Baseline
from greenmod.verify.compare import Worse, find_differing, find_fixed, find_worse, rank
from greenmod.verify.outcomes import WHOLE, Outcome, Run, Sign
from greenmod.verify.traffic import Altered, Noise, find_altered, find_noise, statement_counts
from greenmod.verify.trials import NONE, Tests, Trials

# What a look at a symptom costs: see Symptom.price.
_IN_COMPANY = 2


@dataclass(frozen=True, slots=True)
class Symptom:
    """A sign that is worse. `reference` is the run of some tests (or None for all) without changes, to compare with."""

    sign: Sign
    worse: Worse = field(compare=False)
    reference: Run = field(compare=False)
    tests: Tests = field(compare=False)

    @property
    def price(self) -> int:
        """What a look at it costs: 0 a run of a few tests, 1 that and waiting for its end, 2 a run of all tests."""
        if self.tests is None:
            return _IN_COMPANY
        return 1 if self.worse.after is Outcome.TIMED_OUT else 0


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
        self._companies: dict[Sign, Tests] = {}
        self._repeated: dict[tuple[frozenset[str], frozenset[str]], frozenset[str]] = {}
        self._fixed: dict[frozenset[str], tuple[str, ...]] = {}
        self._last = NONE

    def symptoms(self, ids: frozenset[str]) -> Sequence[Symptom]:
        """Return all that is worse with `ids`, each seen twice."""
        self._last = ids
        run = self._trials.run(ids)
        doubtful = self._look(run).keys() - self._known.keys()
        if doubtful:
            self._confirm(ids, run, doubtful)
        found = [self._known[sign] for sign in self._look(run) if sign in self._known]
        found.sort(key=lambda symptom: (symptom.price, rank(symptom.worse, run)))
        self._tell(_sentence(found))
        return found

    def left(self, ids: frozenset[str], symptoms: Sequence[Symptom]) -> Sequence[Symptom]:
        """Return those of `symptoms` that are there with `ids`, the dearer ones unseen while cheaper ones are there."""
        for price in sorted({symptom.price for symptom in symptoms}):
            looked_at = [symptom for symptom in symptoms if symptom.price == price]
            run = self._trials.run(ids, self._tests_of(looked_at))
            found = ((symptom, self._find(run, symptom)) for symptom in looked_at)
            there = [replace(symptom, worse=worse) for symptom, worse in found if worse is not None]
            if there:
                return [*there, *(symptom for symptom in symptoms if symptom.price > price)]
        return []

    def shows(self, ids: frozenset[str], symptom: Symptom) -> Worse | None:
        """Return what `ids` make of the sign of `symptom`, if it is worse."""
        return self._find(self._trials.run(ids, self._company(symptom)), symptom)

    def upholds(self, ids: frozenset[str], symptom: Symptom) -> bool:
        """Tell whether a symptom comes and goes with `ids` once more; a dear one is taken at its word.

        A test that fails at random can tell a story of any length, but rarely twice.
        """
        if symptom.price:
            return True
        tests = self._company(symptom)
        before, after = self._trials.again(NONE, tests), self._trials.again(ids, tests)
        return self._find(before, symptom) is None and self._find(after, symptom) is not None

    def suspects(self, symptom: Symptom) -> Collection[str]:
        """Return the changes that the symptom's test has run, or could have run."""
        return self._suspect(self._last, self._trials.run(self._last), symptom.sign)

    def dismiss(self, symptom: Symptom) -> None:
        """Hold a symptom for chance."""
        self.flaky.add(symptom.sign)

    def convict(self, ids: frozenset[str], symptom: Symptom, left: int) -> None:
        """Tell which changes are dropped."""
        self._tell(f"Dropped {', '.join(sorted(ids))}: {_told(symptom.worse)}; {left:,} left")

    def confirm_fixed(self, ids: frozenset[str]) -> tuple[str, ...]:
        """Return the red tests that `ids` turn green, each seen twice."""
        if ids not in self._fixed:
            self._fixed[ids] = self._confirmed_fixed(ids)
        return self._fixed[ids]

    def _confirmed_fixed(self, ids: frozenset[str]) -> tuple[str, ...]:
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

    def is_green(self, tests: frozenset[str], ids: frozenset[str], test: str) -> bool:
        """Tell whether one of `tests` passes with `ids`, run in the company of these alone."""
        return test in self._trials.run(ids, tests).passed

    def is_green_again(self, tests: frozenset[str], ids: frozenset[str], test: str) -> bool:
        """Tell whether one of `tests` passes with `ids` in another run of these, the same one for all of them."""
        if (tests, ids) not in self._repeated:
            self._repeated[tests, ids] = self._trials.again(ids, tests).passed
        return test in self._repeated[tests, ids]

    def statement_counts(self, ids: frozenset[str]) -> Mapping[str, tuple[int, int]]:
        """Return how many SQL statements passing tests send without and with `ids`, where that differs, seen twice."""
        found = self._statement_counts(self._baseline, self._trials.run(ids))
        if found:
            tests = frozenset(found)
            # The other way round: what grows with each run that a database has seen is not the changes' doing.
            after, before = self._trials.again(ids, tests), self._trials.again(NONE, tests)
            again = self._statement_counts(before, after)
            found = {test: pair for test, pair in found.items() if _growth(pair) == _growth(again.get(test, (0, 0)))}
        return found

    @property
    def uncounted(self) -> frozenset[str]:
        """The tests of which it is known that the number of their statements says nothing."""
        return self._noise.uncounted | {sign.test for sign in self.flaky if sign == Sign(sign.test)}

    def _statement_counts(self, before: Run, after: Run) -> dict[str, tuple[int, int]]:
        both = before.passed & after.passed
        return dict(statement_counts(before.record, after.record, both, self._noise))

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

    def _look(self, run: Run) -> dict[Sign, Worse]:
        return {worse.sign: worse for worse in self._worse(self._baseline, run) if not self._is_chance(worse.sign)}

    def _find(self, run: Run, symptom: Symptom) -> Worse | None:
        found = self._worse(symptom.reference, run, {symptom.sign.test})
        return next((worse for worse in found if worse.sign == symptom.sign), None)

    def _tests_of(self, symptoms: Sequence[Symptom]) -> Tests:
        """Return the tests that must run for any of some symptoms of one price to show; None for all."""
        if any(symptom.tests is None for symptom in symptoms):
            return None
        return frozenset().union(*(self._companies.get(one.sign) or {one.sign.test} for one in symptoms))

    def _company(self, symptom: Symptom) -> Tests:
        """Return the tests that must run for a symptom to tell anything: its own, unless that needs some before it."""
        if symptom.tests is None or len(symptom.tests) == 1:
            return symptom.tests
        if symptom.sign not in self._companies:
            own = frozenset({symptom.sign.test})
            is_worse_anyway = self._find(self._trials.again(NONE, own), symptom) is not None
            self._companies[symptom.sign] = symptom.tests if is_worse_anyway else own
        return self._companies[symptom.sign]

    def _confirm(self, ids: frozenset[str], run: Run, signs: Set[Sign]) -> None:
        """See what is worse in `run` once more, with and without the changes: among themselves, else with all tests.

        Runs without the changes come first: what they show to be chance needs no other run.
        """
        among = self._confirm_among(ids, run, frozenset(sign.test for sign in signs if sign != WHOLE))
        company = self._look(run).keys() & signs - among
        if company and not self._is_repeated:
            self._is_repeated = True
            again = self._trials.again(NONE)
            self._learn(find_noise(self._baseline.record, again.record), find_differing(self._baseline, again))
            company &= self._look(run).keys()
        if company:
            worse = self._look(run)
            shown = self._look(self._trials.again(ids)).keys()
            self.flaky |= company - shown
            found = (Symptom(sign, worse[sign], self._baseline, tests=None) for sign in company & shown)
            self._known |= {symptom.sign: symptom for symptom in found}

    def _confirm_among(self, ids: frozenset[str], run: Run, tests: frozenset[str]) -> set[Sign]:
        """Return what some tests, without the others, show to be worse with the changes."""
        if not tests:
            return set()
        before = self._trials.again(NONE, tests)
        if not self._is_repeated:
            # A test that asked more or less may just miss the company: only all tests together tell.
            masks = Noise(find_noise(self._baseline.record, before.record).masks)
            self._learn(masks, {sign for sign in self._differing(before, tests) if sign.coroutine})
        left = tests & {sign.test for sign in self._look(run)}
        if not left:
            return set()
        if left != tests:
            before = self._trials.again(NONE, left)
        after = self._trials.again(ids, left)
        worse = self._look(run)
        shown = {one.sign for one in self._worse(before, after, left)}
        among = shown & worse.keys() - self._differing(before, left)
        self._known |= {sign: Symptom(sign, worse[sign], before, left) for sign in among}
        return among

    def _differing(self, again: Run, tests: Collection[str]) -> set[Sign]:
        """Return what some tests without changes say otherwise than in the baseline."""
        traffic = {Sign(one.test, is_traffic=True) for one in self.altered(self._baseline, again, tests)}
        return traffic | {sign for sign in find_differing(self._baseline, again) if sign.test in tests}

    def _learn(self, noise: Noise, differing: Collection[Sign]) -> None:
        """Know as chance what differs between the baseline and another run without changes."""
        self._noise = self._noise.joined(noise)
        self.flaky |= {*differing}

    def _is_chance(self, sign: Sign) -> bool:
        """Tell whether a sign says nothing. A coroutine that is found now here, now there belongs to no test at all."""
        return sign in self.flaky or any(sign.coroutine == other.coroutine != "" for other in self.flaky)


def _growth(pair: tuple[int, int]) -> int:
    before, after = pair
    return after - before


def _sentence(symptoms: Sequence[Symptom]) -> str:
    if not symptoms:
        return "Nothing got worse"
    first = symptoms[0].worse
    others = f", and {len(symptoms) - 1} more" if len(symptoms) > 1 else ""
    return f"Worse: {_told(first)}{others}"


def _told(worse: Worse) -> str:
    coroutine = f" {worse.sign.coroutine}" if worse.sign.coroutine else ""
    return f"{worse.sign.test} ({worse.before.value} → {worse.after.value}{coroutine})"
