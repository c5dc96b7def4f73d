"""Queries that a function asks anew for each row of another query: no loader option mends them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from ..flows.rows import QUERIED, Body
from ..flows.terms import COMPARED, EACH, parts
from .methods import CHAINED, EXECUTORS
from .queries import GETS
from .states import Root, Shape, State

FILTERS = frozenset({"where", "filter", "filter_by"})
_JOINING = frozenset({"and_", "or_"})
# What a legacy query is asked for without asking the database, or to write.
_UNASKED = frozenset({"subquery", "cte", "exists", "as_scalar", "scalar_subquery", "label", "delete", "update"})


class Repeat(NamedTuple):
    """A query in `path` that is asked for each row that `root` gives."""

    path: str
    line: int
    root: Root


class Repeats:
    """Looks at the conditions of one function's queries. `states` says what a term may be."""

    def __init__(self, path: str, body: Body, states: Callable[[str], Iterable[State]]) -> None:
        self._path = path
        self._body = body
        self._states = states

    def found(self) -> Iterator[Repeat]:
        for number, call in enumerate(self._body.calls):
            word = _word(call.callee)
            if word in FILTERS and (beginning := self._beginning(call.callee)):
                rows = next(self._rows((*call.args, *call.named.values())), None)
                if rows is not None and self._is_asked(number, is_query=beginning == "query"):
                    yield Repeat(self._path, call.start[0], rows)
            elif word in GETS and any(state.root and state.root.kind == "get" for state in self._states(f"#{number}")):
                rows = next(self._rows(call.args[1:]), None)
                if rows is not None:
                    yield Repeat(self._path, call.start[0], rows)

    def _rows(self, terms: Iterable[str]) -> Iterator[Root]:
        """Yield the queries of whose rows a condition takes each."""
        for part in (part for term in terms for part in term.split("|")):
            base, steps = parts(part)
            if base.startswith("#") and not steps and _word(self._body.calls[int(base[1:])].callee) in _JOINING:
                yield from self._rows(self._body.calls[int(base[1:])].args)
            for state in self._states(part.removesuffix(COMPARED)):
                is_each = state.shape is Shape.COLUMN or (state.shape is Shape.ROW and state.is_many)
                if is_each and state.root is not None:
                    yield state.root

    def _beginning(self, callee: str) -> str:
        """Return what a chain of calls begins with, `select` or `query`; an empty text for any other."""
        while callee.startswith("#"):
            callee = self._body.calls[int(parts(callee)[0][1:])].callee
        word = "query" if callee == QUERIED else _word(callee)
        return word if word in ("select", "query") else ""

    def _is_asked(self, number: int, *, is_query: bool) -> bool:
        """Tell whether a statement that a call gives is executed by this function."""
        term = f"#{number}"
        for later in range(number + 1, len(self._body.calls)):
            call = self._body.calls[later]
            word = _word(call.callee)
            if term in call.args[:2] and word in EXECUTORS:
                return True
            if call.callee == f"{term}.{word}":
                return (
                    self._is_asked(later, is_query=is_query) if word in CHAINED else is_query and word not in _UNASKED
                )
        return is_query and any(read.term.startswith(f"{term}{EACH}") for read in self._body.reads)


def _word(callee: str) -> str:
    return callee.rpartition(".")[2]
