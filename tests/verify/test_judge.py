"""Rulings on runs that are given as data."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from greenmod.errors import VerifyError
from greenmod.model import Verdict
from greenmod.verify.baseline import Baseline
from greenmod.verify.judge import Judge
from greenmod.verify.outcomes import Ending, Foreign, Outcome, Record, Result, Run, Sign
from greenmod.verify.sandbox import Files
from greenmod.verify.verification import Conviction


def run(ending: Ending = Ending.FINISHED, *, running: tuple[str, ...] = (), **outcomes: str) -> Run:
    results = {Sign(test): Result(Outcome(outcome), f"{test} {outcome}") for test, outcome in outcomes.items()}
    return Run(Record(results, running), ending, 1, "", 90.0)


class Bench:
    """Hands out the runs it was given, one after another."""

    def __init__(self, *runs: Run) -> None:
        self.left = list(runs)
        self.asked: list[tuple[Files, Collection[str] | None]] = []

    def __call__(self, files: Files, only: Collection[str] | None) -> Run:
        self.asked.append((files, only))
        return self.left.pop(0)


def render(ids: frozenset[str]) -> Mapping[str, bytes | None]:
    return {"app.py": "".join(sorted(ids)).replace("same", "").encode()}


def judge(bench: Bench, before: Run, *, is_repeated: bool = True) -> Judge:
    return Judge(bench, render, Baseline(before, is_repeated=is_repeated), lambda sentence: None)


def test_calls_a_set_inconclusive_when_the_tests_take_too_long() -> None:
    bench = Bench(run(Ending.TIMED_OUT, running=("b", "c"), a="passed"))
    ruling = judge(bench, run(a="passed", b="passed")).rule(frozenset({"x"}))
    message = "the tests did not come to an end within 90 s"
    assert ruling == Conviction(Verdict.INCONCLUSIVE, "b", Outcome.PASSED, Outcome.UNKNOWN, message, ("c",))


def test_calls_a_set_inconclusive_when_only_the_repetition_hangs() -> None:
    bench = Bench(run(a="failed"), run(Ending.TIMED_OUT), run(Ending.TIMED_OUT))
    ruling = judge(bench, run(a="passed")).rule(frozenset({"x"}))
    assert ruling is not None
    assert ruling.verdict is Verdict.INCONCLUSIVE


def test_rules_once_on_each_content() -> None:
    bench = Bench(run(a="failed"), run(a="failed"))
    judging = judge(bench, run(a="passed"))
    first = judging.rule(frozenset({"x"}))
    assert first == Conviction(Verdict.BROKEN, "a", Outcome.PASSED, Outcome.FAILED, "a failed")
    assert judging.rule(frozenset({"x", "same"})) is first


def test_repeats_only_what_got_worse_and_only_until_it_is_trusted() -> None:
    bench = Bench(run(a="failed", b="passed"), run(a="failed"), run(a="passed"), run(a="failed", b="passed"))
    judging = judge(bench, run(a="passed", b="passed"), is_repeated=False)
    judging.rule(frozenset({"x"}))
    judging.rule(frozenset({"y"}))
    assert bench.asked == [
        ({"app.py": b"x"}, None),
        ({"app.py": b"x"}, {"a"}),
        ({}, {"a"}),
        ({"app.py": b"y"}, None),
    ]


def test_calls_a_test_fixed_only_when_it_was_seen_twice() -> None:
    bench = Bench(run(a="passed", b="passed"), run(a="passed", b="failed"), run(a="passed", b="failed"))
    judging = judge(bench, run(a="failed", b="failed"))
    assert judging.rule(frozenset({"x"})) is None
    assert judging.find_fixed_with(frozenset({"x"})) == ("a",)
    assert judging.flaky == {Sign("b")}


def test_stops_when_a_change_has_the_original_imported() -> None:
    foreign = Run(Record({}, foreign={"app": Foreign("/env/app.py", "/shop/app.py")}), Ending.FINISHED, 0, "", 1.0)
    with pytest.raises(VerifyError, match=r"^app: imported from /env/app\.py"):
        judge(Bench(foreign), run(a="passed")).rule(frozenset({"x"}))
