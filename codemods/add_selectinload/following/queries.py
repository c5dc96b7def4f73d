"""Which calls begin a query, and of what."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from ..flows.rows import QUERIED, Body, Call
from ..flows.terms import parts
from .methods import EXECUTORS
from .states import OptionsCall, Root, Shape, Slot, State

# What gives one row by its key.
GETS = frozenset({"get", "get_one", "get_or_404", "get_or_abort"})
_NAME = re.compile(r"[A-Za-z_][\w.]*\Z")
# Answers with the qualified name of the mapped class that a text stands for in a file; empty where there is none.
NameOf = Callable[[str, str, str], str]


# What a query asks for that loads no relationships, or none that are known.
_ASIDE = {
    "columns": "it asks for columns, a table or an aggregate, of which no relationship is read",
    "generic-query": "its class is known only where it is called from: no option fits them all",
    "text-statement": "a text says nothing of what its rows are",
}


class Aside(NamedTuple):
    """A query for no mapped class that is known: a rule says why."""

    path: str
    line: int
    rule: str

    @property
    def reason(self) -> str:
        return _ASIDE[self.rule]


class Queries:
    """Recognises the roots of one body. `begun` is told of them, `aside` of the others."""

    def __init__(
        self,
        path: str,
        body: Body,
        name_of: NameOf,
        is_statement: Callable[[str, str, str], bool],
        begun: Callable[[Root], None],
        aside: Callable[[Aside], None],
    ) -> None:
        self._path = path
        self._body = body
        self._name_of = name_of
        self._is_statement = is_statement
        self._begun = begun
        self._aside = aside

    def of_call(self, call: Call) -> State | None:
        """Return what a call gives that begins a query; None for any other."""
        word = call.callee.rpartition(".")[2].partition("[")[0]
        if not call.args:
            return None
        if call.callee == QUERIED:
            return self._rooted(call, "attribute", Shape.QUERY, 1)
        if word in EXECUTORS and self._is_text(call.args[0]):
            self._aside(Aside(self._path, call.start[0], "text-statement"))
            return None
        if word == "select" and self._is_statement(self._path, call.callee, self._body.qualname):
            return self._rooted(call, "select", Shape.STATEMENT, len(call.args))
        if word == "query" and "." in call.callee:
            return self._rooted(call, "query", Shape.QUERY, len(call.args))
        if word in GETS and "." in call.callee and len(call.args) > 1:
            found = self._rooted(call, "get", Shape.ROW, 1)
            root = found.root if found is not None else None
            if found is None or root is None or root.slots[0] is None:
                return None
            text = call.text_of.get("options", "")
            options = (OptionsCall(self._path, call.start, call.end, (text,)),) if text else ()
            return found._replace(entity=root.slots[0].entity, options=options, is_async=call.is_awaited)
        return None

    def _rooted(self, call: Call, kind: str, shape: Shape, count: int) -> State | None:
        slots = tuple(self._slot(term, text) for term, text in zip(call.args[:count], call.texts[:count], strict=True))
        if not any(slots):
            if kind != "get":  # dictionaries have one, too
                is_generic = any(parts(term)[0].startswith("@") for term in call.args[:count])
                self._aside(Aside(self._path, call.start[0], "generic-query" if is_generic else "columns"))
            return None
        root = Root(self._path, self._body.qualname, call.start, call.end, kind, slots)
        self._begun(root)
        first = slots[0]
        return State(shape, root, entity=first.entity if first is not None else "")

    def _is_text(self, term: str) -> bool:
        base, steps = parts(term)
        callee = self._body.calls[int(base[1:])].callee if base.startswith("#") and not steps else ""
        is_called = callee.rpartition(".")[2] == "text"
        return is_called and self._is_statement(self._path, callee, self._body.qualname)

    def _slot(self, term: str, text: str) -> Slot | None:
        """Return the entity that an argument of a query is; None for a column, a function or what isn't known."""
        base, steps = parts(term)
        if base.startswith("#") and not steps:
            aliased = self._body.calls[int(base[1:])]
            if (
                aliased.callee.rpartition(".")[2] in ("aliased", "with_polymorphic")
                and aliased.args
                and _NAME.match(text)
            ):
                entity = self._name_of(self._path, aliased.args[0], self._body.qualname)
                return Slot(text, entity) if entity and aliased.callee.endswith("aliased") else None
            return None
        if not _NAME.match(text) or base[:1] in ("@", "#", "?"):
            return None
        entity = self._name_of(self._path, text, self._body.qualname)
        return Slot(text, entity) if entity else None
