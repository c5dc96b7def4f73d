"""Tests that go by another id after a change."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenmod.verify.outcomes import Ending, Exchange, Outcome, Record, Result, Run, Sign
from greenmod.verify.renaming import pair_renamed, rename

HOME = Exchange("GET", "/", "200", "aa")
AWAY = Exchange("GET", "/away", "200", "bb")


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ("a", "a", {}),
        ("a[1] a[2]", "a[3] a[2]", {"a[3]": "a[1]"}),
        ("a[1] a[2]", "a[3] a[4]", {"a[3]": "a[1]", "a[4]": "a[2]"}),
        ("a", "a[asyncio] a[trio]", {"a[asyncio]": "a", "a[trio]": "a"}),
        ("a[asyncio]", "a", {"a": "a[asyncio]"}),
        ("a[1] a[2]", "a[3]", {}),  # which of the two?
        ("a[1]", "a[1] a[2]", {}),  # one more
        ("a[1]", "b[1]", {}),
        ("A::a[1]", "B::a[2]", {}),
        ("A::a[1]", "A::a[x[0]-::]", {"A::a[x[0]-::]": "A::a[1]"}),
    ],
)
def test_pairs_new_ids_with_those_that_are_gone(before: str, after: str, names: dict[str, str]) -> None:
    found = pair_renamed([f"t.py::{test}" for test in before.split()], [f"t.py::{test}" for test in after.split()])
    assert found == {f"t.py::{new}": f"t.py::{old}" for new, old in names.items()}


def test_pairs_no_files_that_cannot_be_collected() -> None:
    assert pair_renamed(["t.py"], ["u.py"]) == {}


IDS = st.lists(st.sampled_from([f"t.py::{name}[{number}]" for name in "ab" for number in range(4)]), unique=True)


@given(IDS, IDS)
def test_pairs_only_what_is_new_with_what_is_gone(before: Sequence[str], after: Sequence[str]) -> None:
    names = pair_renamed(before, after)
    assert names.keys() <= {*after} - {*before}
    assert {*names.values()} <= {*before} - {*after}
    assert all(new.partition("[")[0] == old.partition("[")[0] for new, old in names.items())


def run(record: Record) -> Run:
    return Run(record, Ending.FINISHED, 0, "", 1.0)


PASSED = Result(Outcome.PASSED)


def test_gives_all_that_is_said_of_a_test_its_old_id() -> None:
    new, old = "t.py::a[2]", "t.py::a[1]"

    def record(test: str) -> Record:
        return Record(
            {Sign(test): PASSED, Sign(test, "notify"): Result(Outcome.UNAWAITED), Sign("t.py::b"): PASSED},
            running=(test,),
            collected=("t.py::b", test),
            seconds={test: 1.5, "t.py::b": 0.5},
            traffic={test: (HOME,)},
            statements={test: ("dd",)},
            executed={test: frozenset({3})},
        )

    assert rename(run(record(new)), {new: old}) == run(record(old))


def test_leaves_a_run_alone_in_which_nothing_is_renamed() -> None:
    before = run(Record({Sign("t.py::a"): PASSED}))
    assert rename(before, {}) is before


def test_the_worst_counts_of_several_tests_that_were_one() -> None:
    trio, asyncio, old = "t.py::a[trio]", "t.py::a[asyncio]", "t.py::a"
    record = Record(
        {Sign(asyncio): PASSED, Sign(trio): Result(Outcome.FAILED, "no trio")},
        collected=(asyncio, trio),
        seconds={asyncio: 1.0, trio: 2.0},
        traffic={asyncio: (HOME,), trio: (AWAY,)},
    )
    renamed = rename(run(record), {trio: old, asyncio: old}).record
    assert renamed.results == {Sign(old): Result(Outcome.FAILED, "no trio")}
    assert renamed.collected == (old,)
    assert renamed.seconds == {old: 3.0}
    assert renamed.traffic == {old: (HOME,)}
