"""What a function does with its arguments, as far as its name tells: runs them, inspects them, takes their values."""

from __future__ import annotations

# What runs, or awaits, the coroutines that it is given.
SCHEDULERS = frozenset(
    {"gather", "create_task", "ensure_future", "wait_for", "shield", "run_until_complete", "run_coroutine_threadsafe"}
    | {"wait", "as_completed", "start_soon", "ensureDeferred", "async_to_sync", "timeout_at", "spawn"}
)
RUNNERS = ("asyncio.run", "anyio.run", "trio.run", "uvloop.run")
# The keywords by which they are given what they run.
RUN = frozenset({"coro", "fut", "future", "aw", "coro_or_future", "main", "func", "fs", "awaitable"})
INSPECTORS = frozenset(
    {"isawaitable", "iscoroutine", "iscoroutinefunction", "is_async_callable", "isasyncgenfunction", "isasyncgen"}
)
# Built-in functions that want a value, and never a coroutine.
_CONSUMERS = frozenset(
    {"len", "int", "float", "str", "bool", "list", "tuple", "set", "dict", "sorted", "sum", "min", "max", "any", "all"}
    | {"iter", "next", "print", "repr", "abs", "round", "enumerate", "zip", "map", "filter", "range", "reversed"}
    | {"bytes"}
)


def purpose_of(callee: str) -> str:
    """Return what is done with the arguments of a call."""
    if callee in _CONSUMERS:
        return "operand"
    last = callee.rpartition(".")[2]
    if last in SCHEDULERS or callee in RUNNERS:
        return "scheduled"
    return "inspected" if last in INSPECTORS else "argument"
