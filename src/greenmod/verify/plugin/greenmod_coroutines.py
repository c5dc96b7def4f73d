"""Says which coroutines nobody awaited, and in which test they were left, whatever the filters of warnings are."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CoroutineType
    from typing import Any

    Coroutine = CoroutineType[Any, Any, Any]


# After how many tests what outlived them is looked through.
_OFTEN = 200
# Private, but what everybody gets who calls an AsyncMock.
_OF_MOCKS = "AsyncMockMixin._execute_mock_call"


class Coroutines:
    """Hears of each coroutine before `warnings` does, which then warns as it would have."""

    def __init__(self, say: Callable[..., None], tree: str) -> None:
        self._say = say
        self._tree = tree
        self._tests = 0
        self._test = ""
        self._warn: Callable[[Coroutine], None] = warnings._warn_unawaited_coroutine  # type: ignore[attr-defined]
        warnings._warn_unawaited_coroutine = self._hear  # type: ignore[attr-defined] # CPython asks for it by name

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._settle()
        self._test = item.nodeid
        yield
        _forget_exception()
        self._test = ""

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Iterator[None]:
        """Find a coroutine in a cycle now, while its test can be named; only what is new is looked at."""
        yield
        _forget_exception()
        gc.collect()
        gc.freeze()

    def _settle(self) -> None:
        """Let go now and then, in no test's name, of what outlived its test and is garbage by now."""
        self._tests += 1
        if self._tests % _OFTEN == 0:
            gc.unfreeze()
            gc.collect()
            gc.freeze()

    def _hear(self, coroutine: Coroutine) -> None:
        if not self._is_internal(coroutine):
            self._say("unawaited", id=self._test, coroutine=coroutine.__qualname__)
        if coroutine.cr_origin is not None:  # somebody wants to know where it was made
            self._warn(coroutine)
            return
        # Word for word what the original says, which would take this frame for the place that is to blame.
        message = f"coroutine '{coroutine.__qualname__}' was never awaited"
        warnings.warn(message, category=RuntimeWarning, stacklevel=2, source=coroutine)

    def _is_internal(self, coroutine: Coroutine) -> bool:
        """Tell whether a library made it for itself, as a connection does that is found dead: in no test, or in any."""
        name = coroutine.__qualname__.rpartition(".")[2]
        if coroutine.__qualname__ == _OF_MOCKS or not name.startswith("_") or name.endswith("__"):
            return False
        return not coroutine.cr_code.co_filename.startswith(self._tree + os.sep)


def _forget_exception() -> None:
    """Drop what Python keeps of a failed test for a debugger: it holds its coroutines up to a later one."""
    for name in ("last_exc", "last_value", "last_traceback"):
        if hasattr(sys, name):
            setattr(sys, name, None)
