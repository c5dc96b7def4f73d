"""Two runs side by side."""

from __future__ import annotations

import pytest

from greenmod.verify.compare import Worse, find_differing, find_fixed, find_still_red, find_unawaited, find_worse
from greenmod.verify.outcomes import Ending, Outcome, Record, Result, Run, Sign


def run(ending: Ending = Ending.FINISHED, output: str = "", **outcomes: str) -> Run:
    """Make a run from `test=outcome`; `test__coroutine` is a coroutine of a test."""
    results = {}
    for name, outcome in outcomes.items():
        test, _, coroutine = name.partition("__")
        results[Sign(test, coroutine)] = Result(Outcome(outcome), f"{name} {outcome}")
    return Run(Record(results), ending, 0, output, 1.0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("passed", "failed"),
        ("passed", "error"),
        ("passed", "skipped"),
        ("passed", "xfailed"),
        ("xfailed", "failed"),  # among them the strict mark whose test now passes
        ("xpassed", "error"),
        ("skipped", "failed"),
    ],
)
def test_finds_what_got_worse(before: str, after: str) -> None:
    found = find_worse(run(test=before), run(test=after))
    assert found == (Worse(Sign("test"), Outcome(before), Outcome(after), f"test {after}"),)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("passed", "passed"),
        ("passed", "xpassed"),
        ("xfailed", "xpassed"),
        ("xpassed", "xfailed"),
        ("xfailed", "passed"),
        ("skipped", "passed"),
        ("failed", "passed"),
        ("failed", "error"),
        ("error", "failed"),
        ("failed", "skipped"),
    ],
)
def test_finds_nothing_worse(before: str, after: str) -> None:
    assert find_worse(run(test=before), run(test=after)) == ()


@pytest.mark.parametrize("before", ["passed", "xfailed", "xpassed"])
def test_calls_a_test_worse_when_it_is_gone(before: str) -> None:
    assert [worse.after for worse in find_worse(run(test=before), run())] == [Outcome.GONE]


@pytest.mark.parametrize("before", ["failed", "error", "skipped"])
def test_lets_a_test_go_that_showed_nothing(before: str) -> None:
    assert find_worse(run(test=before), run()) == ()


@pytest.mark.parametrize(("after", "is_worse"), [("failed", True), ("error", True), ("passed", False)])
def test_calls_a_new_test_worse_when_it_is_red(after: str, is_worse: bool) -> None:
    assert bool(find_worse(run(), run(test=after))) is is_worse


def test_calls_a_new_unawaited_coroutine_worse_and_shows_its_test() -> None:
    found = find_worse(run(test="passed"), run(test="passed", test__get="unawaited"))
    assert found == (Worse(Sign("test", "get"), Outcome.PASSED, Outcome.UNAWAITED, "test__get unawaited"),)


def test_lets_an_unawaited_coroutine_be_that_was_there_before() -> None:
    before = run(test="passed", test__get="unawaited")
    assert find_worse(before, run(test="passed", test__get="unawaited")) == ()
    assert find_worse(before, run(test="passed")) == ()


@pytest.mark.parametrize("before", ["failed", "error", "passed"])
@pytest.mark.parametrize("after", ["failed", "error", "passed"])
def test_minds_a_coroutine_unless_its_test_is_red_with_and_without(before: str, after: str) -> None:
    found = find_worse(run(test=before), run(test=after, test__get="unawaited"))
    assert (Sign("test", "get") in [worse.sign for worse in found]) is ("passed" in (before, after))


def test_names_the_most_telling_sign_first() -> None:
    before = run(a="passed", b="passed", c="passed", d="passed")
    found = find_worse(before, run(b="skipped", c="failed", d="passed", d__f="unawaited", file="error"))
    assert [worse.sign.test for worse in found] == ["file", "c", "d", "b", "a"]


def test_leaves_out_what_was_not_asked_for() -> None:
    found = find_worse(run(a="passed", b="passed"), run(a="failed", b="failed"), {"a"})
    assert [worse.sign.test for worse in found] == ["a"]


def test_leaves_out_what_is_ignored() -> None:
    assert find_fixed(run(test="failed"), run(test="passed"), {Sign("test")}) == ()


def test_calls_every_green_test_gone_with_the_reason_when_pytest_gave_up() -> None:
    after = run(Ending.UNUSABLE, output="ImportError while loading conftest")
    found = find_worse(run(test="passed", red="failed"), after)
    assert found == (Worse(Sign("test"), Outcome.PASSED, Outcome.GONE, "ImportError while loading conftest"),)


def test_calls_what_a_cut_off_run_never_said_unknown() -> None:
    assert run(Ending.TIMED_OUT).result(Sign("test")).outcome is Outcome.UNKNOWN
    assert run(Ending.FINISHED).result(Sign("test")).outcome is Outcome.GONE


@pytest.mark.parametrize("after", ["passed", "xfailed", "xpassed"])
def test_finds_what_is_fixed(after: str) -> None:
    before = run(test="error", green="passed", red="failed")
    assert find_fixed(before, run(test=after, green="passed", red="failed")) == ("test",)


def test_calls_a_file_fixed_when_its_tests_are_collected_again() -> None:
    after = Run(Record({Sign("t.py::test"): Result(Outcome.PASSED)}), Ending.FINISHED, 0, "", 1.0)
    before = Run(Record({Sign("t.py"): Result(Outcome.ERROR)}), Ending.FINISHED, 2, "", 1.0)
    assert find_fixed(before, after) == ("t.py",)
    assert find_fixed(before, run()) == ()


def test_finds_what_is_still_red() -> None:
    before = run(a="failed", b="error", c="failed", d="passed")
    assert find_still_red(before, run(a="error", b="error", c="passed", d="failed")) == ("a", "b")


def test_finds_new_unawaited_coroutines() -> None:
    before = run(a="passed", a__old="unawaited")
    after = run(a="passed", a__old="unawaited", a__new="unawaited")
    assert find_unawaited(before, after) == (Sign("a", "new"),)


def test_finds_what_differs_between_equal_runs() -> None:
    first = run(a="passed", b="failed", c="passed", d="passed", d__f="unawaited")
    second = run(a="passed", b="passed", d="passed")
    assert find_differing(first, second) == {Sign("b"), Sign("c"), Sign("d", "f")}


def test_names_the_first_by_name_when_both_are_quick() -> None:
    results = {Sign("a"): Result(Outcome.FAILED), Sign("b"): Result(Outcome.FAILED)}
    after = Run(Record(results, seconds={"a": 0.02, "b": 0.01}), Ending.FINISHED, 1, "", 1.0)
    assert [worse.sign.test for worse in find_worse(run(a="passed", b="passed"), after)] == ["a", "b"]


def test_says_of_tests_that_went_with_their_file_why_it_can_not_be_collected() -> None:
    after = Run(Record({Sign("t.py"): Result(Outcome.ERROR, "no module")}), Ending.FINISHED, 2, "", 1.0)
    assert after.result(Sign("t.py::test")) == Result(Outcome.GONE, "no module")
