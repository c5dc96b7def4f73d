"""Whether what a mock gives can be awaited already."""

from __future__ import annotations

import builtins
import re

from greenmod.api import Calling, What

from ..following.evaluating import Evaluator
from ..following.names import Names
from ..following.values import Datum, Local, Place, Real, Scope
from ..survey.tags import CONSTRUCTORS
from .current import Current, Currents

_MAKERS = frozenset(
    [
        "Future",
        "create_future",
        "ensure_future",
        "create_task",
        "coroutine",
        "succeed",
        "fail",
        "sleep",
        "as_future",
        "make_awaitable",
        "make_coro",
        "make_mocked_coro",
        "simple_async_mock",
        "awaitable",
        "async_return",
        "future_result",
        "completed_future",
        "done_future",
        "gather",
        "make_deferred_yieldable",
        "defer_succeed",
        "Deferred",
        "wrap_future",
        "run_in_executor",
        "to_thread",
    ]
)
_HINTS = re.compile(r"(^|_)(fut|futures?|coro|coroutine|awaitable|deferred|async)(_|$)", re.IGNORECASE)

_BUILTINS = frozenset(dir(builtins))
_LATE = 1 << 30
# What a mock is told to call.
_DOING = ("side_effect", "wraps")


class Awaitables:
    """Answers whether the value, or side effect, of a mock can be awaited."""

    def __init__(self, evaluator: Evaluator, currents: Currents, names: Names) -> None:
        self.evaluator = evaluator
        self.names = names
        self.currents = currents
        self.world = evaluator.world
        self._asked: set[Place] = set()

    def is_awaitable(self, scope: Scope, term: str, *, is_called: bool) -> bool:
        """Tell whether a value may be awaitable; with `is_called`, what a call of it gives."""
        if not is_called and self._is_made(scope, term):
            return True
        if is_called and self._may_be_coroutine_function(scope, term):
            return True
        return any(self._of_value(scope, value, is_called) for value in self.evaluator.values(scope, term))

    def _may_be_coroutine_function(self, scope: Scope, term: str) -> bool:
        """Tell whether what can't be followed is an attribute, or has a name that only coroutine functions have."""
        owner, _, name = term.rpartition(".")
        names = self.names
        if not name.isidentifier() or self.evaluator.values(scope, term):
            return False
        # That of a class, such as an exception's, is none.
        is_method = bool(owner) and name[0].islower()
        return is_method or (name in names.asynchronous and name not in names.synchronous)

    def may_be_awaitable(self, scope: Scope, term: str) -> bool:
        """Tell whether a value is not known to be something that can't be awaited."""
        if self.is_awaitable(scope, term, is_called=False):
            return True
        for part in term.split("|"):
            if part.startswith("#") and part[1:].isdigit():
                callee = self.world.call(scope, int(part[1:])).callee
                if callee not in _BUILTINS and not self.evaluator.values(scope, part):
                    return True
        return False

    def _is_made(self, scope: Scope, term: str) -> bool:
        """Tell by the call that makes a value, or by its name, where nothing else is known."""
        for part in term.split("|"):
            if part.startswith("#") and part[1:].isdigit():
                call = self.world.call(scope, int(part[1:]))
                if call.callee in _BUILTINS:
                    continue
                if call.callee.rpartition(".")[2] in _MAKERS or self._gives_awaitable(scope, call.callee):
                    return True
            elif part.isidentifier() and _HINTS.search(part) and not self.evaluator.values(scope, part):
                return True
        return False

    def _gives_awaitable(self, scope: Scope, callee: str) -> bool:
        values = self.evaluator.values(scope, callee)
        if any(isinstance(value, Place) and self.currents.of(value, scope, _LATE) is Current.ASYNC for value in values):
            return True
        if any(self._of_value(scope, value, is_called=True) for value in values):
            return True
        return bool(_HINTS.search(callee.rpartition(".")[2])) and not values

    def _of_value(self, scope: Scope, value: object, is_called: bool) -> bool:
        if isinstance(value, Datum):
            return self._of_datum(value, is_called)
        if isinstance(value, Local) and is_called:
            body = self.world.body(value.scope)
            if body is None:
                return False
            if body.kind == "class":
                return self.world.body(Scope(value.scope.path, f"{value.scope.qualname}.__await__")) is not None
            if body.is_async and not body.is_generator:
                return True
            return any(self.is_awaitable(value.scope, term, is_called=False) for term in body.returned)
        if isinstance(value, Real) and is_called:
            return value.thing.what is not What.CLASS and value.thing.calling is Calling.COROUTINE
        if isinstance(value, Real):
            return value.thing.what is What.INSTANCE and value.thing.auto_async is True
        return isinstance(value, Place) and is_called and self._of_mock(scope, value)

    def _of_mock(self, scope: Scope, place: Place) -> bool:
        """Tell whether what a call of a mock gives can be awaited: by its kind, or by what it is told to do."""
        if place.steps:
            # As it is made: what was put there since is a site of its own.
            return self.currents.of(place, scope, 0) in (Current.ASYNC, Current.RIGHT, Current.UNKNOWN)
        call = self.world.call(place.scope, place.number)
        if call.tag not in CONSTRUCTORS or place in self._asked:
            return False
        if self.currents.of(place, scope, _LATE) is Current.ASYNC:
            return True
        self._asked.add(place)  # a mock may be told to do what it takes the place of
        try:
            told = dict(call.keywords)
            return any(self.is_awaitable(place.scope, told[name], is_called=True) for name in _DOING if name in told)
        finally:
            self._asked.discard(place)

    def _of_datum(self, value: Datum, is_called: bool) -> bool:
        body = self.world.body(value.scope)
        if body is None:
            return False
        if value.term.startswith("\\"):
            return is_called and self.is_awaitable(value.scope, body.lambdas[int(value.term[1:])].body, is_called=False)
        literal = body.literals[int(value.term[1:])]
        if is_called and literal.kind in ("list", "tuple"):
            return any(self.is_awaitable(value.scope, item, is_called=False) for item in literal.items)
        return False
