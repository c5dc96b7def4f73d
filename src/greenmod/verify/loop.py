"""Pytest decides which changes stay: everything at once, against the baseline, then a search for what to drop."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
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


def find_kept(
    suite: Suite,
    chosen: Sequence[Change],
    trials: Trials,
    baseline: Baseline,
    tell: Callable[[str], None],
    *,
    is_last: bool = True,
) -> Verification:
    """Find the most of the `chosen` changes with which no test is worse than in `baseline`. Raises VerifyError.

    Unless it `is_last`, a change that is to save statements may stay for letting a red test get further.
    """

    def suspect(ids: frozenset[str], run: Run, sign: Sign) -> frozenset[str]:
        return find_suspects([change for change in chosen if change.id in ids], trials.sites(ids), run.record, sign)

    judge = Judge(trials, baseline, tell, suspect, accepts_traffic=suite.accepts_traffic)
    requires = {change.id: change.requires for change in chosen}
    files = {change.id: change.path for change in chosen}
    found = search(requires, judge, files)
    savers = frozenset(change.id for change in chosen if change.codemod in suite.savers)
    proof = Proof(found.kept, {})
    if savers.intersection(found.kept):
        prover = Prover(trials, requires, savers, judge.uncounted, tell)
        proof = prover.prove(found.kept, files, is_last=is_last)
        if proof.dropped:
            again = search({one: requires[one] for one in proof.left}, judge, files)
            found = Found(again.kept, (*found.culprits, *again.culprits))
    outcome = _Outcome(trials, judge, requires, frozenset(found.kept))
    by_saving = {one: saving.test for one, saving in proof.savings.items() if one in found.kept}
    witnesses = {one: test for one, test in outcome.witnesses().items() if one not in savers} | by_saving
    withdrawn: tuple[str, ...] = ()
    if suite.requires_proof:
        proven = {one for one in found.kept if closed({one}, requires) <= witnesses.keys()}
        again = search({one: requires[one] for one in found.kept if one in proven}, judge, files)
        withdrawn = tuple(one for one in found.kept if one not in proven)
        found = Found(again.kept, (*found.culprits, *again.culprits))
        outcome = _Outcome(trials, judge, requires, frozenset(found.kept))
    run, fixed = outcome.run, outcome.fixed
    aside = partial(_aside, baseline.run, run)
    return Verification(
        kept=found.kept,
        dropped=tuple(sorted((*_dropped(found, requires), *proof.dropped), key=lambda one: one.id)),
        verdicts={
            **_verdicts(found, witnesses),
            **{one.id: one.conviction.verdict for one in proof.dropped},
            **dict.fromkeys(withdrawn, Verdict.UNPROVEN),
        },
        fixed=fixed,
        still_red=find_still_red(baseline.run, run),
        flaky=tuple(sorted(sign.test for sign in judge.flaky if sign == Sign(sign.test))),
        unawaited=tuple(f"{sign.test}: {sign.coroutine}" for sign in find_unawaited(baseline.run, run)),
        witnesses={one: witnesses[one] for one in found.kept if one in witnesses},
        withdrawn=withdrawn,
        savings={one: saving.less(aside(saving.test)) for one, saving in proof.savings.items() if one in found.kept},
        promising=tuple(one for one in proof.promising if one in found.kept),
        altered={one.test: one.message for one in judge.altered(baseline.run, run)},
        statements={
            test: (sent - aside(test), sends - aside(test))
            for test, (sent, sends) in judge.statement_counts(frozenset(found.kept)).items()
        },
        tests=_tests(baseline.run, run),
        before=count(baseline.run),
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
