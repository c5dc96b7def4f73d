"""What a failing test says of its mocks: the messages of Python, asyncio and unittest.mock, 3.8 to 3.14.

Pure, and of no repository: which mock it was, the frame must tell.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from greenmod.api import Frame, Observation


class Kind(str, Enum):
    """What was done to a value that can't bear it."""

    AWAITED = "awaited what can't be awaited"
    SCHEDULED = "handed to asyncio what can't be awaited"
    COROUTINE_USED = "used a coroutine as if it were its result"
    COROUTINE_LEFT = "left the coroutine of a mock un-awaited"
    ENTERED = "`async with` on what has no `__aenter__`"
    ENTERED_PLAINLY = "`with` on what has no `__enter__`"
    ENTER_NOT_AWAITABLE = "`__aenter__` or `__aexit__` gave what can't be awaited"
    ITERATED = "`async for` over what has no `__aiter__`"
    ITERATOR_NOT_ASYNC = "`__aiter__` gave what has no `__anext__`"
    NEXT_NOT_AWAITABLE = "`__anext__` gave what can't be awaited"
    ASSERTED = "an assertion about awaiting on a mock that can't be awaited"
    AWAIT_MISSED = "an assertion about awaiting on a mock that was not awaited"
    AWAITED_TWICE = "one coroutine was awaited twice"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, and the innermost line of the repository through which the exception came; None where none is known.

    `subject` is the plain name of the type of the value that it happened to, empty where that is not said: `MagicMock`,
    `coroutine`, `dict`. `name` is the attribute or method that was asked for. Where the message `is_quoted`, by another
    exception, an answer or a log, the line is the one that speaks of the fault, not the one at which it happened.
    """

    kind: Kind
    subject: str = ""
    name: str = ""
    frame: Frame | None = None
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    """A pattern whose groups `subject` and `name` are those of the fault; `types` of exceptions have such messages."""

    kind: Kind
    pattern: str
    types: tuple[str, ...] = ("TypeError",)
    subject: str = ""

    def faults(self, text: str, type_: str) -> Iterator[Fault]:
        for match in re.finditer(self.pattern, text, re.MULTILINE):
            found = match.groupdict()
            subject = (found.get("subject") or self.subject).rpartition(".")[2]
            is_quoted = bool(self.types) and type_ not in self.types
            yield Fault(self.kind, subject, found.get("name") or "", is_quoted=is_quoted or not type_)


_MOCKS_COROUTINE = re.escape("AsyncMockMixin._execute_mock_call")
_TYPE = r"(?P<subject>[\w.]+)"
_RULES = (
    _Rule(Kind.AWAITED, rf"\bobject {_TYPE} can't be used in 'await' expression"),
    _Rule(Kind.AWAITED, rf"'{_TYPE}' object can't be awaited"),  # 3.14
    _Rule(Kind.ENTERED, rf"'{_TYPE}' object does not support the asynchronous context manager protocol"),
    _Rule(Kind.ENTERED_PLAINLY, r"'(?P<subject>coroutine)' object does not support the context manager protocol"),
    # Until 3.10, which does not say of what.
    _Rule(Kind.ENTERED, r"(?:^|AttributeError: )(?P<name>__aenter__|__aexit__)$", ("AttributeError",)),
    _Rule(Kind.ENTERED_PLAINLY, r"(?:^|AttributeError: )(?P<name>__enter__|__exit__)$", ("AttributeError",)),
    _Rule(
        Kind.ENTER_NOT_AWAITABLE,
        rf"'async with' received an object from (?P<name>__a\w+__) that does not implement __await__: {_TYPE}",
    ),
    _Rule(Kind.ITERATED, rf"'async for' requires an object with __aiter__ method, got {_TYPE}"),
    _Rule(
        Kind.ITERATOR_NOT_ASYNC,
        rf"'async for' received an object from __aiter__ that does not implement __anext__: {_TYPE}",
    ),
    _Rule(Kind.NEXT_NOT_AWAITABLE, rf"'async for' received an invalid object from __anext__: {_TYPE}"),
    _Rule(Kind.SCHEDULED, r"\ba coroutine was expected, got (?:<(?P<subject>\w+))?", ("TypeError", "ValueError")),
    _Rule(Kind.SCHEDULED, r"An asyncio\.Future, a coroutine or an awaitable is required", ("TypeError", "ValueError")),
    _Rule(Kind.SCHEDULED, r"\bA coroutine object is required", ("TypeError", "ValueError")),
    _Rule(Kind.ASSERTED, r"'(?P<name>assert_\w*await\w*)' is not a valid assertion", ("AttributeError",)),
    _Rule(Kind.ASSERTED, r"Attributes cannot start with 'assert' or 'assret'", ("AttributeError",)),  # until 3.9
    _Rule(
        Kind.ASSERTED,
        r"(?P<subject>\w*Mock) object has no attribute '(?P<name>assert_\w*await\w*)'",
        ("AttributeError",),
    ),
    _Rule(
        Kind.ASSERTED,
        r"'(?P<subject>function)' object has no attribute '(?P<name>assert_\w*await\w*)'",
        ("AttributeError",),
    ),
    _Rule(
        Kind.AWAIT_MISSED,
        r"Expected (?P<name>\S+) to have been awaited(?:\.$| once\. Awaited 0 times)",
        ("AssertionError",),
    ),
    _Rule(Kind.AWAITED_TWICE, r"cannot reuse already awaited coroutine", ("RuntimeError",)),
    _Rule(Kind.COROUTINE_LEFT, rf"coroutine '{_MOCKS_COROUTINE}' was never awaited", ("RuntimeWarning",), "coroutine"),
    *(
        _Rule(Kind.COROUTINE_USED, pattern, ("TypeError", "AttributeError"), "coroutine")
        for pattern in (
            r"'coroutine' object has no attribute '(?P<name>\w+)'",
            r"'coroutine' object is not (?:an? )?\w+",
            r"'coroutine' object (?:does not|doesn't) support (?!the (?:asynchronous )?context manager)",
            r"'coroutine' object can(?:not|'t) be interpreted",
            r"object of type 'coroutine' has no len\(\)",
            r"cannot unpack non-iterable coroutine object",
            r"not supported between instances of '[\w.]+' and 'coroutine'",
            r"not supported between instances of 'coroutine' and '[\w.]+'",
            r"unsupported operand type\(s\) for [^:]+: .*'coroutine'",
            r"argument of type 'coroutine' is not ",
            r"[Oo]bject of type coroutine is not JSON serializable",
            # `int()`, `str.join()`, `open()` and all others that say what they want instead.
            r", not '?coroutine\b|\(not \"coroutine\"\)|, coroutine found",
        )
    ),
    # Compared, printed, or handed to pydantic or a database; of other coroutines no mock is to blame.
    _Rule(Kind.COROUTINE_USED, rf"<coroutine object {_MOCKS_COROUTINE}", (), "coroutine"),
)


def read(observation: Observation) -> tuple[Fault, ...]:
    """Return the faults that an observation speaks of, in the order of the table; none where it is of other things."""
    frame = observation.frames[-1] if observation.frames else None
    # A page that shows an error has its quotes escaped.
    message = html.unescape(observation.message)
    said = ((message, observation.type), *((warning, "RuntimeWarning") for warning in observation.warnings))
    faults = (fault for text, type_ in said for rule in _RULES for fault in rule.faults(text, type_))
    # Where a coroutine was made nobody knows when it goes.
    placed = (fault if fault.kind is Kind.COROUTINE_LEFT else replace(fault, frame=frame) for fault in faults)
    return tuple(dict.fromkeys(placed))
