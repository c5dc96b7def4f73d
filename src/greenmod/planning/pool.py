"""The same map in this process or in several; results come in the order of the items either way.

Processes start only when the work is worth it: a worker costs 0.2 s of CPU for importing LibCST alone.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from typing import Protocol, TypeVar

from greenmod.errors import InternalError

Item = TypeVar("Item")
Result = TypeVar("Result")


class Progress(Protocol):
    """Shown while long work goes on."""

    def begin(self, stage: str, total: int) -> None:
        """Announce a stage of so many files."""

    def advance(self, count: int = 1) -> None:
        """Say that so many more files are done."""


def spread(
    step: Callable[[Item], Result],
    items: Sequence[Item],
    sizes: Sequence[int],
    share: int,
    jobs: int | None,
    progress: Progress | None = None,
) -> Iterator[Result]:
    """Yield `step(item)` for each item, in order. `share` is how many bytes of `sizes` are worth a process."""
    workers = _workers(sum(sizes), share, jobs, len(items))
    results = _inline(step, items) if workers < 2 else _spread(step, items, sizes, workers)
    for result in results:
        if progress is not None:
            progress.advance()
        yield result


def _workers(total: int, share: int, jobs: int | None, count: int) -> int:
    if jobs is not None:
        return min(jobs, count)
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(available, total // share, count)


def _inline(step: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    with without_collector():
        for item in items:
            yield step(item)


@contextmanager
def without_collector() -> Iterator[None]:
    """Collect no garbage that is cyclic: trees and facts are none, and looking for it costs a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _spread(
    step: Callable[[Item], Result], items: Sequence[Item], sizes: Sequence[int], workers: int
) -> Iterator[Result]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    chunks = _chunks(sizes, workers)
    with ProcessPoolExecutor(workers, mp_context=_context(), initializer=_begin) as pool:
        try:
            with _deaf_to_interrupts():
                futures = [pool.submit(_run, step, [items[i] for i in chunk]) for chunk in chunks]
            for future in futures:
                yield from future.result()
        except BrokenProcessPool as error:
            raise InternalError("a worker process died", "If memory ran out: use --jobs 1, or fewer paths.") from error
        except BaseException:  # Ctrl-C: nobody waits for work in progress
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise


def _begin() -> None:
    gc.disable()
    sys.stdout = sys.stderr  # what a codemod prints is not the run's result


def _run(step: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    return [step(item) for item in items]


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach, though it goes to all: this one hears it, and ends them.

    A signal that is blocked when a process is started stays blocked there; here it comes when the block ends.
    """
    if sys.platform == "win32":
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # it would end the block too early if it had to be started under it
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _chunks(sizes: Sequence[int], workers: int) -> list[list[int]]:
    """Cut the items, in order, into chunks of about equal bytes: enough of them that nobody waits long."""
    goal = max(1, sum(sizes) // (workers * 8))
    chunks: list[list[int]] = [[]]
    filled = 0
    for index, size in enumerate(sizes):
        if chunks[-1] and (filled + size > goal or len(chunks[-1]) >= 50):
            chunks.append([])
            filled = 0
        chunks[-1].append(index)
        filled += size
    return chunks


def _context() -> BaseContext:
    import multiprocessing

    if sys.platform == "linux" and "forkserver" in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["greenmod.engine.propose"])
        return context
    return multiprocessing.get_context("spawn")
