"""Says which coroutines nobody awaited, and in which test they were left, whatever the filters of warnings are."""

from __future__ import annotations

import gc
import sys
import warnings
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CoroutineType
    from typing import Any

    Coroutine = CoroutineType[Any, Any, Any]


class Coroutines:
    """Hears of each coroutine before `warnings` does, which then warns as it would have."""

    def __init__(self, say: Callable[..., None]) -> None:
        self._say = say
        self._test = ""
        self._warn: Callable[[Coroutine], None] = warnings._warn_unawaited_coroutine  # type: ignore[attr-defined]
        warnings._warn_unawaited_coroutine = self._hear  # type: ignore[attr-defined] # CPython asks for it by name

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._test = item.nodeid
        yield
        _forget_exception()
        self._test = ""

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Iterator[None]:
        yield
        _forget_exception()
        # A coroutine in a cycle is found when that is collected: now, while its test can still be named.
        gc.collect(1)

    def _hear(self, coroutine: Coroutine) -> None:
        self._say("unawaited", id=self._test, coroutine=coroutine.__qualname__)
        if coroutine.cr_origin is not None:  # somebody wants to know where it was made
            self._warn(coroutine)
            return
        # Word for word what the original says, which would take this frame for the place that is to blame.
        message = f"coroutine '{coroutine.__qualname__}' was never awaited"
        warnings.warn(message, category=RuntimeWarning, stacklevel=2, source=coroutine)


def _forget_exception() -> None:
    """Drop what Python keeps of a failed test for a debugger: it holds its coroutines up to a later one."""
    for name in ("last_exc", "last_value", "last_traceback"):
        if hasattr(sys, name):
            setattr(sys, name, None)
