"""Which runs are made, and which of them answer for others. The runs are data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from greenmod.errors import VerifyError
from greenmod.verify.memory import Memory
from greenmod.verify.outcomes import Outcome, Sign
from greenmod.verify.trials import NONE

if TYPE_CHECKING:
    from tests.verify.conftest import Bench, Said

X = frozenset({"x"})
XY = frozenset({"x", "y"})
A = frozenset({"a"})
AB = frozenset({"a", "b"})


def test_runs_each_content_once(bench: type[Bench], said: Said) -> None:
    runs = bench(said("a passed"), said("a failed"))
    trials = runs.trials()
    first = trials.run(X)
    assert trials.run(X) is first
    assert trials.run(X | {"SAME"}) is first
    assert trials.run(XY) is not first
    assert runs.asked == [("x", ""), ("xy", "")]


def test_a_run_of_more_tests_answers_for_fewer(bench: type[Bench], said: Said) -> None:
    runs = bench(said("a passed", "b passed"), said("a passed", "b passed", "c passed"))
    trials = runs.trials()
    some = trials.run(X, AB)
    assert trials.run(X, A) is some
    every = trials.run(X)
    assert trials.run(X, frozenset({"a", "c"})) is every
    assert runs.asked == [("x", "a b"), ("x", "")]


def test_a_run_of_other_tests_answers_for_none(bench: type[Bench], said: Said) -> None:
    runs = bench(said("a passed"), said("b passed"))
    trials = runs.trials()
    trials.run(X, A)
    assert trials.run(X, frozenset({"b"})).passed == {"b"}


def test_runs_again_when_it_is_told_to_and_goes_by_the_first_run(bench: type[Bench], said: Said) -> None:
    runs = bench(said("a passed"), said("a failed"))
    trials = runs.trials()
    first = trials.run(X)
    assert trials.again(X) is not first
    assert trials.run(X) is first


def test_follows_changed_lines_in_runs_of_all_tests_only(bench: type[Bench], said: Said) -> None:
    runs = bench(said("a passed"), said("a passed"), said("a passed"))
    trials = runs.trials()
    trials.run(NONE)
    trials.run(XY)
    trials.again(XY, A)
    assert runs.sites == [{}, {"app.py": ((1, 2, 0),)}, {}]


def test_tells_what_is_run(bench: type[Bench], said: Said) -> None:
    runs = bench(said("a passed"), said("a passed"), said("a passed"), said("a passed"))
    trials = runs.trials()
    trials.run(NONE)
    trials.run(X)
    trials.again(XY, A)
    trials.again(XY, AB)
    assert runs.told == [
        "Running all tests with no change",
        "Running all tests with 1 change",
        "Running 1 test with 2 changes",
        "Running 2 tests with 2 changes",
    ]


def test_calls_renamed_tests_by_their_old_ids_and_asks_for_them_under_both(bench: type[Bench], said: Said) -> None:
    runs = bench(
        said("t.py::a[v1] passed", "t.py::b passed"),
        said("t.py::a[v2] failed", "t.py::b passed"),
        said("t.py::a[v2] failed"),
        said("t.py::a[v1] passed"),
    )
    trials = runs.trials()
    trials.run(NONE)
    old = Sign("t.py::a[v1]")
    assert trials.run(X).result(old).outcome is Outcome.FAILED
    assert trials.again(X, frozenset({old.test})).result(old).outcome is Outcome.FAILED
    assert trials.again(NONE, frozenset({old.test})).result(old).outcome is Outcome.PASSED
    assert runs.asked[2:] == [("x", "t.py::a[v1] t.py::a[v2]"), ("", "t.py::a[v1] t.py::a[v2]")]


def test_stops_when_a_change_has_the_original_imported(bench: type[Bench], said: Said) -> None:
    foreign = {"event": "foreign", "module": "app", "file": "/env/app.py", "original": "/shop/app.py"}
    trials = bench(said("a passed"), said(rows=[foreign])).trials()
    trials.run(NONE)
    with pytest.raises(VerifyError, match=r"^app: imported from /env/app\.py"):
        trials.run(X)


FOREIGN = {"event": "foreign", "module": "app", "file": "/shop/app.py", "original": "/shop/app.py"}


def test_prefers_the_sandbox_when_the_first_run_imports_the_original(bench: type[Bench], said: Said) -> None:
    runs = bench(said(rows=[FOREIGN]), said("a passed"))
    assert runs.trials().first().passed == {"a"}
    assert runs.preferred == ["/shop"]


def test_gives_up_when_the_original_is_imported_all_the_same(bench: type[Bench], said: Said) -> None:
    runs = bench(said(rows=[FOREIGN]), said(rows=[FOREIGN]))
    with pytest.raises(VerifyError, match="not from the sandbox"):
        runs.trials().first()
    assert len(runs.asked) == 2


def test_recalls_the_runs_of_a_verification_that_was_stopped(bench: type[Bench], said: Said, tmp_path: Path) -> None:
    runs = bench(said(rows=[FOREIGN]), said("a passed"), said("a failed"), said("a passed"))
    stopped = runs.trials(Memory(tmp_path / "memory"))
    stopped.first()
    stopped.run(X)
    stopped.again(X)

    again = bench(said("a passed"))
    trials = again.trials(Memory(tmp_path / "memory"))
    assert trials.first().passed == {"a"}
    assert again.preferred == ["/shop"]
    assert trials.run(X).passed == set()
    assert trials.again(X).passed == {"a"}
    assert again.asked == []
    assert trials.again(X).passed == {"a"}
    assert again.asked == [("x", "")]


def test_knows_renamed_tests_after_a_run_without_the_change(bench: type[Bench], said: Said) -> None:
    runs = bench(
        said("t.py::a[v1] passed"),
        said("t.py::a[v2] passed"),
        said("t.py::a[v1] passed"),
        said("t.py::a[v2] passed"),
        said("t.py::a[v1] passed", "t.py::a[v2] failed"),
    )
    trials = runs.trials()
    trials.run(NONE)
    trials.run(X)
    trials.again(NONE)
    tests = frozenset({"t.py::a[v1]"})
    assert trials.again(X, tests).passed == {"t.py::a[v1]"}
    assert trials.again(XY, tests).passed == {"t.py::a[v1]"}  # both are there: they are two tests
