"""Rulings on runs that are given as data: what is worse, and what is chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from greenmod.errors import VerifyError
from greenmod.verify.baseline import take_baseline
from greenmod.verify.judge import Judge, Symptom
from greenmod.verify.outcomes import NO_TEST, WHOLE, Ending, Outcome, Sign
from greenmod.verify.transcript import Transcript
from greenmod.verify.trials import NONE

if TYPE_CHECKING:
    from tests.verify.conftest import Bench, Said

X = frozenset({"x"})
XY = frozenset({"x", "y"})
Y = frozenset({"y"})

Hear = Callable[..., tuple[Judge, "Bench"]]


@pytest.fixture
def hear(bench: type[Bench]) -> Hear:
    """Return a judge who has seen the baseline, twice if `is_repeated`, and the bench that it asks from then on."""

    def hear(*transcripts: Transcript, is_repeated: bool = False, accepts_traffic: bool = False) -> tuple[Judge, Bench]:
        runs = bench(*transcripts)
        trials = runs.trials()
        baseline = take_baseline(trials, 100.0 if is_repeated else 0.0, runs.told.append)
        judge = Judge(trials, baseline, runs.told.append, lambda ids, run, sign: ids, accepts_traffic=accepts_traffic)
        runs.asked.clear()
        return judge, runs

    return hear


def told(symptom: Symptom) -> tuple[str, str, str, str]:
    worse = symptom.worse
    return worse.sign.test, worse.before.value, worse.after.value, worse.message


def test_finds_nothing_when_nothing_is_worse(hear: Hear, said: Said) -> None:
    judge, runs = hear(said("a passed", "b failed"), said("a passed", "b failed", "c passed"))
    assert judge.symptoms(X) == []
    assert runs.asked == [("x", "")]
    assert runs.told[-1] == "Nothing got worse"


def test_repeats_only_what_got_worse_alone_and_on_both_sides(hear: Hear, said: Said) -> None:
    judge, runs = hear(said("a passed", "b passed"), said("a failed", "b passed"), said("a passed"), said("a failed"))
    assert [told(symptom) for symptom in judge.symptoms(X)] == [("a", "passed", "failed", "a failed")]
    assert runs.asked == [("x", ""), ("", "a"), ("x", "a")]


def test_looks_at_a_symptom_that_shows_alone_with_its_test_alone(hear: Hear, said: Said) -> None:
    judge, runs = hear(
        *(said("a passed", "b passed"), said("a failed", "b passed"), said("a passed"), said("a failed")),
        *(said("a passed"), said("a error")),
    )
    (symptom,) = judge.symptoms(XY)
    runs.asked.clear()
    assert symptom.tests == frozenset({"a"})
    assert judge.shows(X, symptom) is None
    shown = judge.shows(Y, symptom)
    assert shown is not None
    assert (shown.after, shown.message) == (Outcome.ERROR, "a error")
    assert judge.left(X, [symptom]) == []
    assert judge.left(Y, [symptom]) == [symptom]
    assert runs.asked == [("x", "a"), ("y", "a")]


def test_looks_at_a_symptom_that_shows_only_in_company_with_all_tests(hear: Hear, said: Said) -> None:
    judge, runs = hear(
        *(said("a passed", "b passed"), said("a failed", "b passed")),
        *(said("a passed"), said("a passed")),  # alone it is well
        *(said("a passed", "b passed"), said("a failed", "b passed")),
        said("a passed", "b passed"),
    )
    (symptom,) = judge.symptoms(XY)
    assert runs.asked == [("xy", ""), ("", "a"), ("xy", "a"), ("", ""), ("xy", "")]
    assert symptom.tests is None
    assert judge.shows(X, symptom) is None
    assert judge.left(XY, [symptom]) == [symptom]
    assert runs.asked[5:] == [("x", "")]


def test_leaves_dear_symptoms_unseen_while_cheap_ones_are_there(hear: Hear, said: Said) -> None:
    judge, runs = hear(
        *(said("a passed", "b passed"), said("a failed", "b failed")),
        *(said("a passed", "b passed"), said("a passed", "b failed")),
        *(said("a passed", "b passed"), said("a failed", "b failed")),
        said("b failed"),
        *(said("b passed"), said("a passed", "b passed")),
    )
    symptoms = judge.symptoms(XY)
    assert {symptom.sign.test: symptom.tests is not None for symptom in symptoms} == {"a": False, "b": True}
    runs.asked.clear()
    assert [symptom.sign.test for symptom in judge.left(X, symptoms)] == ["b", "a"]
    assert judge.left(Y, symptoms) == []
    assert runs.asked == [("x", "b"), ("y", "b"), ("y", "")]


def test_holds_what_is_worse_in_one_run_only_for_chance(hear: Hear, said: Said) -> None:
    judge, runs = hear(
        *(said("a passed", "b passed"), said("a failed", "b passed"), said("a passed"), said("a passed")),
        *(said("a passed", "b passed"), said("a passed", "b passed")),
        said("a failed", "b passed"),
    )
    assert judge.symptoms(XY) == []
    assert judge.flaky == {Sign("a")}
    runs.asked.clear()
    assert judge.symptoms(X) == []  # and it is not looked at again
    assert runs.asked == [("x", "")]


def test_holds_what_two_baseline_runs_disagree_on_for_chance(hear: Hear, said: Said) -> None:
    judge, runs = hear(said("a passed"), said("a failed"), said("a failed"), is_repeated=True)
    assert judge.symptoms(X) == []
    assert runs.asked == [("x", "")]


def test_holds_what_fails_without_changes_too_for_chance(hear: Hear, said: Said) -> None:
    judge, _ = hear(
        *(said("a passed", "b passed"), said("a failed", "b passed"), said("a failed"), said("a failed")),
        *(said("a failed", "b passed"), said("a failed", "b passed")),
    )
    assert judge.symptoms(X) == []
    assert judge.flaky == {Sign("a")}


def test_does_not_run_the_baseline_a_third_time(hear: Hear, said: Said) -> None:
    judge, runs = hear(
        *(said("a passed", "b passed"), said("a passed", "b passed"), said("a failed", "b passed")),
        *(said("a passed"), said("a passed"), said("a failed", "b passed")),
        is_repeated=True,
    )
    assert [symptom.tests is not None for symptom in judge.symptoms(X)] == [False]
    assert runs.asked == [("x", ""), ("", "a"), ("x", "a"), ("x", "")]


def test_does_not_confirm_a_sign_twice(hear: Hear, said: Said) -> None:
    judge, runs = hear(
        *(said("a passed", "b passed"), said("a failed", "b passed"), said("a passed"), said("a failed")),
        *(said("a failed", "b failed"), said("b passed"), said("b failed")),
    )
    judge.symptoms(XY)
    runs.asked.clear()
    assert sorted(symptom.sign.test for symptom in judge.symptoms(X)) == ["a", "b"]
    assert runs.asked == [("x", ""), ("", "b"), ("x", "b")]


def test_never_lets_a_dismissed_symptom_decide_again(hear: Hear, said: Said) -> None:
    judge, _ = hear(said("a passed"), said("a failed"), said("a passed"), said("a failed"), said("a failed"))
    (symptom,) = judge.symptoms(XY)
    judge.dismiss(symptom)
    assert judge.symptoms(X) == []
    assert judge.flaky == {Sign("a")}


def test_names_the_most_telling_symptom_first_and_the_quickest_of_a_kind(hear: Hear, said: Said) -> None:
    tests = "abcdefg"
    after = said("a timed out 60", "b crashed", "c failed 3.0", "d failed 0.2", "e error 9.0", "f unawaited")
    judge, runs = hear(said(*(f"{test} passed" for test in tests)), after, said(*(f"{t} passed" for t in tests)), after)
    assert [(symptom.sign.test, symptom.worse.after.value) for symptom in judge.symptoms(X)] == [
        ("e", "error"),
        ("d", "failed"),
        ("c", "failed"),
        ("f", "unawaited"),
        ("g", "gone"),
        ("b", "crashed"),
        ("a", "timed out"),
    ]
    assert runs.told[-1] == "Worse: e (passed → error), and 6 more"


def test_looks_at_a_run_that_comes_to_no_end_with_all_tests(hear: Hear, said: Said) -> None:
    cut = said("a passed", ending=Ending.TIMED_OUT)
    judge, runs = hear(said("a passed"), cut, said("a passed"), cut)
    (symptom,) = judge.symptoms(X)
    assert told(symptom) == (NO_TEST, "passed", "timed out", "pytest did not come to its end in time")
    assert (symptom.sign, symptom.tests) == (WHOLE, None)
    assert runs.asked == [("x", ""), ("", ""), ("x", "")]


def test_finds_an_unawaited_coroutine_beside_its_test(hear: Hear, said: Said) -> None:
    judge, _ = hear(said("a passed"), said("a unawaited"), said("a passed"), said("a unawaited"))
    (symptom,) = judge.symptoms(X)
    assert symptom.sign == Sign("a", "of_a")
    assert told(symptom) == ("a", "passed", "unawaited", "coroutine 'of_a' was never awaited")


def test_finds_a_test_that_only_changed_its_traffic(hear: Hear, said: Said) -> None:
    before, after = said("a passed", traffic={"a": "/old"}), said("a passed", traffic={"a": "/new"})
    judge, runs = hear(before, after, before, after)
    (symptom,) = judge.symptoms(X)
    message = "GET /old answered 200, now GET /new answered 200 in its place"
    assert told(symptom) == ("a", "passed", "different traffic", message)
    assert runs.asked == [("x", ""), ("", "a"), ("x", "a")]


def test_a_test_that_fails_is_not_told_by_its_traffic(hear: Hear, said: Said) -> None:
    before, after = said("a passed", traffic={"a": "/old"}), said("a failed", traffic={"a": "/new"})
    judge, _ = hear(before, after, before, after)
    assert [symptom.sign for symptom in judge.symptoms(X)] == [Sign("a")]


def test_lets_other_traffic_pass_when_it_is_accepted(hear: Hear, said: Said) -> None:
    after = said("a passed", traffic={"a": "/new"})
    judge, runs = hear(said("a passed", traffic={"a": "/old"}), after, accepts_traffic=True)
    assert judge.symptoms(X) == []
    assert runs.asked == [("x", "")]


def test_masks_traffic_that_two_baseline_runs_disagree_on(hear: Hear, said: Said) -> None:
    runs = [said("a passed", traffic={"a": f"/items/{number}"}) for number in (1, 2, 3)]
    judge, bench = hear(*runs, is_repeated=True)
    assert judge.symptoms(X) == []
    assert bench.asked == [("x", "")]


def test_masks_traffic_that_turns_out_to_differ_anyway_and_nothing_else(hear: Hear, said: Said) -> None:
    runs = [said("a passed", traffic={"a": f"/items/{number} /home"}) for number in range(4)]
    worse = [said("a passed", traffic={"a": f"/items/{number} /away"}) for number in range(2)]
    judge, bench = hear(*runs[:3], worse[0], said("a passed", traffic={"a": "/items/9 /home"}), worse[1])
    assert judge.symptoms(XY) == []
    assert judge.flaky == set()
    assert bench.asked == [("xy", ""), ("", "a")]
    (symptom,) = judge.symptoms(X)
    assert symptom.worse.message == "GET /home answered 200, now GET /away answered 200 in its place"


def test_calls_a_test_fixed_once_it_was_seen_twice(hear: Hear, said: Said) -> None:
    judge, runs = hear(
        *(said("a failed", "b failed", "c failed"), said("a passed", "b passed", "c passed")),
        *(said("a passed", "b failed", "c passed"), said("a failed", "b failed", "c passed")),
        said("a passed", "b failed", "c passed"),
    )
    judge.symptoms(X)
    runs.asked.clear()
    # `b` came once and no more; `c` needs the company of others to fail without the change.
    assert judge.confirm_fixed(X) == ("a", "c")
    assert judge.flaky == {Sign("b")}
    assert runs.asked == [("x", "a b c"), ("", "a b c"), ("x", "")]


def test_asks_nothing_about_what_is_fixed_when_nothing_is(hear: Hear, said: Said) -> None:
    judge, runs = hear(said("a failed"), said("a failed"))
    assert judge.confirm_fixed(X) == ()
    assert runs.asked == [("x", "")]


def test_never_calls_a_flaky_test_fixed(hear: Hear, said: Said) -> None:
    judge, _ = hear(said("a failed"), said("a passed"), said("a passed"), is_repeated=True)
    assert judge.confirm_fixed(X) == ()


def sent(**statements: int) -> list[dict[str, object]]:
    """The lines that say how many statements each test sent."""
    return [
        {"event": "statements", "id": test, "rows": ["digest"] * number, "arranged": 0}
        for test, number in statements.items()
    ]


def test_counts_statements_twice_the_other_way_round(hear: Hear, said: Said) -> None:
    judge, runs = hear(
        said("a passed", "b passed", "c passed", rows=sent(a=6, b=3, c=2)),
        said("a passed", "b passed", "c passed", rows=sent(a=4, b=4, c=2)),
        # `b` sends one more each time that it runs.
        said("a passed", "b passed", rows=sent(a=4, b=5)),
        said("a passed", "b passed", rows=sent(a=6, b=6)),
    )
    assert judge.statement_counts(X) == {"a": (6, 4)}
    assert runs.asked == [("x", ""), ("x", "a b"), ("", "a b")]


def test_finds_a_renamed_test_worse_under_its_old_id(hear: Hear, said: Said) -> None:
    judge, runs = hear(
        *(said("t.py::a[1] passed", "t.py::b passed"), said("t.py::a[2] failed", "t.py::b passed")),
        *(said("t.py::a[1] passed"), said("t.py::a[2] failed"), said("t.py::a[2] passed")),
    )
    (symptom,) = judge.symptoms(XY)
    assert symptom.sign == Sign("t.py::a[1]")
    assert runs.asked[1:] == [("", "t.py::a[1] t.py::a[2]"), ("xy", "t.py::a[1] t.py::a[2]")]
    assert judge.shows(X, symptom) is None


@pytest.mark.parametrize("ids", [X, NONE])
def test_tells_whether_a_test_is_green_among_some(hear: Hear, said: Said, ids: frozenset[str]) -> None:
    judge, runs = hear(said("a failed", "b passed"), said("a passed"))
    assert judge.is_green(frozenset({"a"}), ids, "a") == bool(ids)
    assert runs.asked == ([("x", "a")] if ids else [])


def test_stops_when_a_change_has_the_original_imported(hear: Hear, said: Said) -> None:
    foreign = {"event": "foreign", "module": "app", "file": "/env/app.py", "original": "/shop/app.py"}
    judge, _ = hear(said("a passed"), said(rows=[foreign]))
    with pytest.raises(VerifyError, match=r"^app: imported from /env/app\.py"):
        judge.symptoms(X)
