"""Pytest decides which changes stay: everything at once, against the baseline, then a search for what to drop."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from greenmod.model import Change, Verdict
from greenmod.verify.baseline import Baseline
from greenmod.verify.compare import CUT_OFF, Worse, find_still_red, find_unawaited
from greenmod.verify.credit import find_credits
from greenmod.verify.judge import Judge, Symptom
from greenmod.verify.outcomes import Run, Sign, count
from greenmod.verify.proof import Proof, Prover
from greenmod.verify.provenance import find_suspects, find_witnesses
from greenmod.verify.search import Found, Requires, closed, search
from greenmod.verify.trials import Trials
from greenmod.verify.verification import Compared, Conviction, Dropped, Suite, Verification


class Attempt:
    """The most of some changes with which no test is worse than in the baseline, and then what proves each of them."""

    def __init__(
        self,
        suite: Suite,
        chosen: Sequence[Change],
        trials: Trials,
        baseline: Baseline,
        tell: Callable[[str], None],
    ) -> None:
        """Search. Raises VerifyError."""

        def suspect(ids: frozenset[str], run: Run, sign: Sign) -> frozenset[str]:
            return find_suspects([change for change in chosen if change.id in ids], trials.sites(ids), run.record, sign)

        self._suite = suite
        self._trials = trials
        self._baseline = baseline.run
        self._tell = tell
        self._judge = Judge(trials, baseline, tell, suspect, accepts_traffic=suite.accepts_traffic)
        self._requires = {change.id: change.requires for change in chosen}
        self._files = {change.id: change.path for change in chosen}
        self._savers = frozenset(change.id for change in chosen if change.codemod in suite.savers)
        self._found: Found[Symptom, Worse] = search(self._requires, self._judge, self._files)

    def unproven(self) -> Verification:
        """Return what stays and what that turns green, with no word on what each change is good for."""
        return self._verification(self._found, self._outcome(self._found), {})

    def proven(self) -> Verification:
        """Return what stays of those that have to prove themselves, and who speaks for the others."""
        found, savers = self._found, self._savers
        proof = Proof(found.kept, {})
        if savers.intersection(found.kept):
            prover = Prover(self._trials, self._requires, savers, self._judge.uncounted, self._tell)
            proof = prover.prove(found.kept, self._files)
            if proof.dropped:
                found = self._searched(found, proof.left)
        outcome = self._outcome(found)
        by_saving = {one: saving.test for one, saving in proof.savings.items() if one in found.kept}
        witnesses = {one: test for one, test in outcome.witnesses().items() if one not in savers} | by_saving
        withdrawn: tuple[str, ...] = ()
        if self._suite.requires_proof:
            proven = {one for one in found.kept if closed({one}, self._requires) <= witnesses.keys()}
            withdrawn = tuple(one for one in found.kept if one not in proven)
            found = self._searched(found, [one for one in found.kept if one in proven])
            outcome = self._outcome(found)
        told = self._verification(found, outcome, witnesses, withdrawn, proof.dropped)
        aside = partial(_aside, self._baseline, outcome.run)
        savings = {one: saving for one, saving in proof.savings.items() if one in found.kept}
        counts = self._judge.statement_counts(frozenset(found.kept))
        return replace(
            told,
            savings={one: saving.less(aside(saving.test)) for one, saving in savings.items()},
            statements={test: (sent - aside(test), sends - aside(test)) for test, (sent, sends) in counts.items()},
        )

    def _searched(self, found: Found[Symptom, Worse], left: Sequence[str]) -> Found[Symptom, Worse]:
        """Return what stays of those that are `left`: without the others a test may be worse."""
        again = search({one: self._requires[one] for one in left}, self._judge, self._files)
        return Found(again.kept, (*found.culprits, *again.culprits))

    def _outcome(self, found: Found[Symptom, Worse]) -> _Outcome:
        return _Outcome(self._trials, self._judge, self._requires, frozenset(found.kept))

    def _verification(
        self,
        found: Found[Symptom, Worse],
        outcome: _Outcome,
        witnesses: Mapping[str, str],
        withdrawn: Sequence[str] = (),
        useless: Sequence[Dropped] = (),
    ) -> Verification:
        before, run, judge = self._baseline, outcome.run, self._judge
        return Verification(
            kept=found.kept,
            dropped=tuple(sorted((*_dropped(found, self._requires), *useless), key=lambda one: one.id)),
            verdicts={
                **_verdicts(found, witnesses),
                **{one.id: one.conviction.verdict for one in useless},
                **dict.fromkeys(withdrawn, Verdict.UNPROVEN),
            },
            fixed=outcome.fixed,
            still_red=find_still_red(before, run),
            flaky=tuple(sorted(sign.test for sign in judge.flaky if sign == Sign(sign.test))),
            unawaited=tuple(f"{sign.test}: {sign.coroutine}" for sign in find_unawaited(before, run)),
            witnesses={one: witnesses[one] for one in found.kept if one in witnesses},
            withdrawn=tuple(withdrawn),
            altered={one.test: one.message for one in judge.altered(before, run)},
            tests=_tests(before, run),
            before=count(before),
            after=count(run),
        )


def _aside(before: Run, after: Run, test: str) -> int:
    """Return how many statements a test sends before and after its call, in one run as in the other."""
    return min(before.record.arranged.get(test, 0), after.record.arranged.get(test, 0))


class _Outcome:
    """What the tests say of the changes that are kept."""

    def __init__(self, trials: Trials, judge: Judge, requires: Requires, kept: frozenset[str]) -> None:
        self.run = trials.run(kept)
        self.fixed = judge.confirm_fixed(kept) if kept else ()
        self._trials = trials
        self._judge = judge
        self._requires = requires
        self._kept = kept

    def witnesses(self) -> dict[str, str]:
        """Return for each change that a test has proven that test."""
        passed = self.run.passed - {sign.test for sign in self._judge.flaky if sign == Sign(sign.test)}
        found = find_witnesses(self._trials.sites(self._kept), self.run.record, passed)
        doubtful = [one for one in self._requires if one in self._kept and one not in found]
        is_green = partial(self._judge.is_green, frozenset(self.fixed))  # one run answers for all of them
        fixed = [test for test in self.fixed if is_green(self._kept, test)] if doubtful else []
        is_green_again = partial(self._judge.is_green_again, frozenset(self.fixed), self._kept)
        return {**found, **find_credits(self._kept, doubtful, fixed, self._requires, is_green, is_green_again)}


def _tests(before: Run, after: Run) -> dict[str, Compared]:
    signs = {sign for run in (before, after) for sign in run.record.results if sign == Sign(sign.test)}
    return {
        sign.test: Compared(
            before.result(sign).outcome,
            after.result(sign).outcome,
            after.result(sign).message,
            after.record.seconds.get(sign.test, 0.0),
        )
        for sign in sorted(signs)
    }


def _dropped(found: Found[Symptom, Worse], requires: Requires) -> tuple[Dropped, ...]:
    dropped = []
    for culprit in found.culprits:
        # Of dearer symptoms it is not known with which culprit they went.
        also = [symptom for symptom in culprit.cured if symptom.price == culprit.symptom.price]
        conviction = _conviction(culprit.symptom.worse, also)
        for one in culprit.ids:
            together = tuple(other for other in culprit.ids if other != one)
            dropped.append(Dropped(one, conviction, together))
        for one in culprit.dependents:
            needs = closed({one}, requires)
            dropped.append(Dropped(one, conviction, needs=next(other for other in culprit.ids if other in needs)))
    return tuple(sorted(dropped, key=lambda one: one.id))


def _conviction(worse: Worse, cured: Sequence[Symptom]) -> Conviction:
    verdict = Verdict.INCONCLUSIVE if worse.after in CUT_OFF else Verdict.BROKEN
    also = sorted({symptom.sign.test for symptom in cured} - {worse.sign.test})
    return Conviction(verdict, worse.sign.test, worse.before, worse.after, worse.message, tuple(also))


def _verdicts(found: Found[Symptom, Worse], witnesses: Collection[str]) -> dict[str, Verdict]:
    verdicts = {one: Verdict.PROVEN if one in witnesses else Verdict.UNPROVEN for one in found.kept}
    for culprit in found.culprits:
        verdict = _conviction(culprit.symptom.worse, ()).verdict
        verdicts |= dict.fromkeys((*culprit.ids, *culprit.dependents), verdict)
    return verdicts
