"""The same results in the same order, whoever does the work."""

from __future__ import annotations

import gc
import os
from collections.abc import Sequence

import pytest

from greenmod.planning import pool
from greenmod.planning.pool import spread

# What a worker runs must be known in every process, which a function of a test module is not.
PROCESS = "__import__('os').getpid()"
COLLECTING = "__import__('gc').isenabled()"


class Counter:
    def __init__(self) -> None:
        self.done = 0

    def begin(self, stage: str, total: int) -> None:
        raise AssertionError("the caller announces the stage")

    def advance(self, count: int = 1) -> None:
        self.done += count


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_results_come_in_order_for_any_number_of_processes(jobs: int) -> None:
    items = list(range(-60, 60))
    progress = Counter()
    assert list(spread(abs, items, [1] * 120, 10, jobs, progress)) == [abs(number) for number in items]
    assert progress.done == 120


def test_small_work_stays_in_this_process() -> None:
    assert set(spread(eval, [PROCESS] * 2, [10, 10], 1000, None)) == {os.getpid()}
    assert set(spread(eval, [PROCESS] * 2, [10, 10], 1, 1)) == {os.getpid()}


def test_large_work_goes_to_others() -> None:
    assert os.getpid() not in set(spread(eval, [PROCESS] * 2, [10, 10], 1, 2))


def test_nothing_to_do_starts_nothing() -> None:
    assert list(spread(abs, [], [], 1, 8)) == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_error_of_a_step_reaches_the_caller(jobs: int) -> None:
    with pytest.raises(ZeroDivisionError):
        list(spread(eval, ["1", "1 / 0", "1"], [1] * 3, 1, jobs))


@pytest.mark.parametrize("jobs", [1, 2])
def test_collector_rests_while_work_is_done_and_goes_on_after(jobs: int) -> None:
    assert set(spread(eval, [COLLECTING] * 2, [1, 1], 1, jobs)) == {False}
    assert gc.isenabled()


def test_collector_goes_on_when_the_caller_stops_early() -> None:
    results = spread(abs, [1, 2, 3], [1] * 3, 10, 1)
    assert next(results) == 1
    results.close()  # type: ignore[attr-defined]  # a generator, as every iterator of `spread` is
    assert gc.isenabled()


@pytest.mark.parametrize("sizes", [[], [5], [1] * 200, [1000, 1, 1, 1], [0] * 70, [1, 1, 1000, 1]])
def test_chunks_hold_every_item_once_and_in_order(sizes: Sequence[int]) -> None:
    chunks = pool._chunks(sizes, 2)
    assert [index for chunk in chunks for index in chunk] == list(range(len(sizes)))
    assert all(len(chunk) <= 50 for chunk in chunks)
