"""Pytest decides which changes stay: sandbox, baseline, everything at once, then a search for what to drop.

The user's tree is only read.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from greenmod import __version__
from greenmod.model import Change, ChangeSet, Verdict
from greenmod.verify.baseline import take_baseline
from greenmod.verify.compare import CUT_OFF, Worse, find_still_red, find_unawaited
from greenmod.verify.credit import find_credits
from greenmod.verify.judge import Judge, Symptom
from greenmod.verify.memory import remembering, variables
from greenmod.verify.outcomes import Run, Sign, count
from greenmod.verify.provenance import find_suspects, find_witnesses
from greenmod.verify.runner import Runner
from greenmod.verify.sandbox import open_sandbox
from greenmod.verify.search import Found, Requires, closed, search
from greenmod.verify.sites import Sites, find_sites
from greenmod.verify.trials import NONE, Render, Trials
from greenmod.verify.verification import Audience, Compared, Conviction, Dropped, Suite, Verification


def verify(suite: Suite, changes: ChangeSet, ids: frozenset[str], render: Render, audience: Audience) -> Verification:
    """Find the most of the changes `ids` with which no test of `suite` is worse than without. Raises VerifyError.

    `render` gives the content of each file under a subset of `ids`, always closed under `requires`; under none of them
    only of files that are not what they are in the tree.
    """
    chosen = changes.chosen(ids)
    if not chosen:
        return Verification()
    started = time.monotonic()
    changed = sorted({path for change in chosen for path in change.paths})
    # Git pathspecs: an ignored file that changes was named by the user, and is there as well.
    include = (*suite.include, *(f":(literal){path}" for path in changed))
    with open_sandbox(suite.root, include) as sandbox:
        sandbox.modes = suite.modes
        for path in sandbox.left_out:
            audience.tell(f"{path}: can't be read; the tests run without it")
        with closing(Runner(suite, sandbox, changed, audience)) as runner:
            audience.tell(f"Verifying with {runner.interpreter.path}")
            environment = (runner.interpreter, runner.interpreter.installs, variables(os.environ))
            about = (__version__, suite, os.path.realpath(suite.root), environment, sandbox.fingerprint)
            with remembering(suite.memory, *about) as memory, _telling_of_what_is_kept(suite, audience):
                baselines = _baselines(sandbox.tree, changed, render)
                trials = Trials(runner, render, partial(_locate, changes, baselines, render), memory, audience.tell)
                found = _verify(suite, chosen, trials, runner, audience)
            return replace(found, runs=runner.runs, seconds=time.monotonic() - started, testing_seconds=runner.seconds)


@contextmanager
def _telling_of_what_is_kept(suite: Suite, audience: Audience) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if suite.memory is not None:
            audience.tell("Stopped. What the tests have said is kept for a day; the same command goes on from here")
        raise


def _baselines(tree: Path, paths: Iterable[str], render: Render) -> dict[str, bytes | None]:
    """Return what the edits of the changes count in."""
    original = render(NONE)
    there = (path for path in paths if path not in original and (tree / path).is_file())
    return {**original, **{path: (tree / path).read_bytes() for path in there}}


def _locate(changes: ChangeSet, baselines: Mapping[str, bytes | None], render: Render, ids: frozenset[str]) -> Sites:
    return find_sites(changes.chosen(ids), baselines, render(ids))


def _verify(suite: Suite, chosen: Sequence[Change], trials: Trials, runner: Runner, audience: Audience) -> Verification:
    baseline = take_baseline(trials, suite.cheap, audience.tell)
    runner.usual = baseline.run.record.seconds
    runner.modules = baseline.run.record.modules

    def suspect(ids: frozenset[str], run: Run, sign: Sign) -> frozenset[str]:
        return find_suspects([change for change in chosen if change.id in ids], trials.sites(ids), run.record, sign)

    judge = Judge(trials, baseline, audience.tell, suspect, accepts_traffic=suite.accepts_traffic)
    requires = {change.id: change.requires for change in chosen}
    files = {change.id: change.path for change in chosen}
    found = search(requires, judge, files)
    outcome = _Outcome(trials, judge, requires, frozenset(found.kept))
    witnesses = outcome.witnesses()
    withdrawn: tuple[str, ...] = ()
    if suite.requires_proof:
        proven = {one for one in found.kept if closed({one}, requires) <= witnesses.keys()}
        again = search({one: requires[one] for one in found.kept if one in proven}, judge, files)
        withdrawn = tuple(one for one in found.kept if one not in proven)
        found = Found(again.kept, (*found.culprits, *again.culprits))
        outcome = _Outcome(trials, judge, requires, frozenset(found.kept))
    run, fixed = outcome.run, outcome.fixed
    return Verification(
        kept=found.kept,
        dropped=_dropped(found, requires),
        verdicts={**_verdicts(found, witnesses), **dict.fromkeys(withdrawn, Verdict.UNPROVEN)},
        fixed=fixed,
        still_red=find_still_red(baseline.run, run),
        flaky=tuple(sorted(sign.test for sign in judge.flaky if sign == Sign(sign.test))),
        unawaited=tuple(f"{sign.test}: {sign.coroutine}" for sign in find_unawaited(baseline.run, run)),
        witnesses={one: witnesses[one] for one in found.kept if one in witnesses},
        withdrawn=withdrawn,
        altered={one.test: one.message for one in judge.altered(baseline.run, run)},
        statements=judge.statement_counts(frozenset(found.kept)),
        tests=_tests(baseline.run, run),
        before=count(baseline.run),
        after=count(run),
    )


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
        return {**found, **find_credits(self._kept, doubtful, fixed, self._requires, is_green)}


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
