"""What failing tests met: every exception of a failure, line by line, and what was printed, logged and answered.

    {"event": "failure", "id": test, "raised": [exception, …], "texts": [[phase, "output" or "answer", text], …]}

An exception is `phase`, `origin`, `type`, `message` and `frames`, of the tree's own files alone, outermost first, with
the names of `greenmod.facts.evidence.observation`. Beside what a test failed with there is what the code under test
handled instead of raising it: what it logged as a warning or worse, and what it answered with an HTTP status of 400 or
more. Of passing tests nothing is said; of a test that is run again, what it met the last time.

Nothing here may be felt by the tests, and no exception is kept: that would keep alive what its frames hold. It runs in
the project's interpreter: Python 3.8, pytest 6 and the standard library must do.
"""

from __future__ import annotations

import logging
import os
import sys
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, TracebackType

    from greenmod_pytest import Log

    Result = pytest.CallInfo[None]

_LONGEST_TEXT = 20_000
# Of the frames of one exception; recursion makes thousands of them.
_FIRST_FRAMES, _LAST_FRAMES = 20, 80
_MOST_CHAINED = 20
_MOST_HANDLED = 20
_CLIENT_ERROR, _SERVER_ERROR = 400, 500


class Failures:
    """Gathers what the test that runs meets, and says it when the test is over, if it failed."""

    def __init__(self, log: Log, tree: str) -> None:
        self._say = log.say
        self._tree = tree
        self._attempt: Attempt | None = None

    def pytest_configure(self) -> None:
        handle = logging.Logger.handle

        def listen(logger: logging.Logger, record: logging.LogRecord) -> None:
            if record.levelno >= logging.WARNING:
                self.hear(record.exc_info[1] if record.exc_info else sys.exc_info()[1])
            handle(logger, record)

        logging.Logger.handle = listen  # type: ignore[assignment,method-assign] # meant

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Iterator[None]:
        self._attempt = Attempt()
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        self._enter("call")
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Iterator[None]:
        self._enter("teardown")
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)  # what was expected to fail is known when the others are through
    def pytest_runtest_makereport(self, call: Result) -> Iterator[None]:
        made = yield
        report = made.get_result()  # type: ignore[attr-defined] # pluggy's, which pytest doesn't show
        attempt = self._attempt
        if attempt is not None:
            attempt.sections = report.sections  # all of them so far
            if report.outcome == "failed" and call.excinfo is not None:
                attempt.has_failed = True
                attempt.raised += self._exceptions(call.excinfo.value, attempt.phase, "raised")

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is not None and attempt.has_failed:
            self._say("failure", id=nodeid, raised=[*attempt.raised, *attempt.handled], texts=attempt.texts())

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        made = yield
        report = made.get_result()  # type: ignore[attr-defined] # as above
        excinfo = getattr(getattr(report, "call", None), "excinfo", None)
        if report.outcome == "failed" and excinfo is not None:
            self._say(
                "failure", id=report.nodeid, raised=self._exceptions(excinfo.value, "collect", "raised"), texts=[]
            )

    def hear(self, error: BaseException | None) -> None:
        """Take in an exception that is being handled where something is logged or answered."""
        attempt = self._attempt
        if attempt is not None and error is not None and attempt.heard < _MOST_HANDLED:
            attempt.heard += 1
            attempt.handled += self._exceptions(error, attempt.phase, "handled")

    def answer(self) -> Answer | None:
        """Return what listens to one HTTP answer of the test that runs."""
        return None if self._attempt is None else Answer(self, self._attempt)

    def _enter(self, phase: str) -> None:
        if self._attempt is not None:
            self._attempt.phase = phase

    def _exceptions(self, error: BaseException, phase: str, origin: str) -> list[dict[str, object]]:
        return [
            {
                "phase": phase,
                "origin": how,
                "type": _name(type(one)),
                "message": _text(one)[:_LONGEST_TEXT],
                "frames": self._frames(one.__traceback__),
            }
            for how, one in _chain(origin, error)
        ]

    def _frames(self, traceback: TracebackType | None) -> list[dict[str, object]]:
        found = []
        while traceback is not None:
            code = traceback.tb_frame.f_code
            path = self._path(code.co_filename)
            if path is not None and traceback.tb_lineno is not None:
                found.append((path, code, traceback.tb_lineno, traceback.tb_lasti))
            traceback = traceback.tb_next
        if len(found) > _FIRST_FRAMES + _LAST_FRAMES:
            found[_FIRST_FRAMES:-_LAST_FRAMES] = []
        return [
            {"path": path, "line": line, "function": code.co_name, **_columns(code, last)}
            for path, code, line, last in found
        ]

    @lru_cache(maxsize=10_000)  # noqa: B019 - it lives as long as the process
    def _path(self, file: str) -> str | None:
        """Return the place of a file in the tree; None for any other, and for code that was made from a string."""
        real = os.path.realpath(file) if os.path.isabs(file) else ""
        if not real.startswith(self._tree + os.sep):
            return None
        return real[len(self._tree) + 1 :].replace(os.sep, "/")


class Attempt:
    """What one run of a test met so far. Threads that outlive the test add to what nobody reads any more."""

    def __init__(self) -> None:
        self.phase = "setup"
        self.has_failed = False
        self.heard = 0
        self.raised: list[dict[str, object]] = []
        self.handled: list[dict[str, object]] = []
        self.answers: list[list[str]] = []
        self.sections: list[tuple[str, str]] = []

    def texts(self) -> list[list[str]]:
        """Return what was captured, and answered."""
        captured = [
            [title.rpartition(" ")[2], "output", text[-_LONGEST_TEXT:]]
            for title, text in self.sections
            if title.startswith("Captured ") and text.strip()
        ]
        return [*captured, *self.answers[:_MOST_HANDLED]]


class Answer:
    """Listens to one HTTP answer."""

    def __init__(self, failures: Failures, attempt: Attempt) -> None:
        self._failures = failures
        self._attempt = attempt
        self._is_failure = False
        self._body = b""

    def hear(self, message: object) -> None:
        """Take in what the application sends, which need not be what ASGI allows."""
        if not isinstance(message, dict):
            return
        kind, status, body = message.get("type"), message.get("status"), message.get("body")
        if kind == "http.response.start" and isinstance(status, int) and status >= _CLIENT_ERROR:
            # Handlers of exceptions answer before they are done with them.
            self._failures.hear(sys.exc_info()[1])
            self._is_failure = status >= _SERVER_ERROR
        elif kind == "http.response.body" and self._is_failure and isinstance(body, (bytes, bytearray, memoryview)):
            self._body = (self._body + bytes(body))[:_LONGEST_TEXT]
            if self._body and not message.get("more_body"):
                self._attempt.answers.append([self._attempt.phase, "answer", self._body.decode("utf-8", "replace")])


def _chain(origin: str, error: BaseException) -> Iterator[tuple[str, BaseException]]:
    """Yield an exception and what hangs on it: its cause, what was handled when it was raised, members of a group."""
    waiting = [(origin, error)]
    seen: set[int] = set()
    while waiting and len(seen) < _MOST_CHAINED:
        how, one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield how, one
        if one.__cause__ is not None:
            waiting.append(("cause", one.__cause__))
        if one.__context__ is not None:  # also where `from None` hides it
            waiting.append(("context", one.__context__))
        if any(kind.__name__ == "BaseExceptionGroup" for kind in type(one).__mro__):  # Python's own, or the backport
            waiting += (("member", member) for member in one.exceptions)  # type: ignore[attr-defined] # groups have it


def _name(kind: type) -> str:
    """Return the name as tracebacks show it."""
    return (
        kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    )


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as other:  # what the project's own exception does is the project's
        return f"(it can't be shown: {type(other).__name__})"


def _columns(code: CodeType, last: int) -> dict[str, int | None]:
    """Return the columns of an instruction, and the line where it ends; Python before 3.11 doesn't know."""
    if last < 0 or not hasattr(code, "co_positions"):
        return {}
    found = next(islice(code.co_positions(), last // 2, None), (None,) * 4)
    return {"column": found[2], "end_line": found[1], "end_column": found[3]}
