"""Loader options that were put together elsewhere: in a variable, a constant, or a function that returns them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ..flows.rows import LISTED, PACKED, Body
from ..flows.terms import parts
from .world import Scope, World

_DEPTH = 4
_LOADERS = frozenset(
    {"selectinload", "joinedload", "subqueryload", "immediateload", "contains_eager", "defaultload", "load_only"}
    | {"lazyload", "noload", "raiseload", "defer", "undefer", "selectin_polymorphic", "with_loader_criteria", "Load"}
)
# Answers with the text of what a name is assigned in a file; empty where that can't be told.
Written = Callable[[str, str, str], str]


class Prebuilt:
    """Finds the texts of options. Of those that a condition chooses from, all are found."""

    def __init__(self, world: World, written: Written) -> None:
        self._world = world
        self._written = written

    def spelled(self, scope: Scope, body: Body, text: str, term: str) -> str:
        """Return an argument of `.options(…)` as it is written, or as a starred list of what it stands for."""
        begun = _beginning(body, term)
        if begun.rpartition(".")[2] in _LOADERS and text.startswith(f"{begun}("):
            return text
        return f"*[{', '.join(self._texts(scope, body, term, text.lstrip('*'), 0))}]"

    def _texts(self, scope: Scope, body: Body, term: str, text: str, depth: int) -> Iterator[str]:
        """Yield loaders that a term may stand for, and what isn't known of it as the text that it has."""
        for part in term.split("|"):
            base, steps = parts(part)
            if base.startswith("#") and not steps:
                yield from self._of_call(scope, body, int(base[1:]), depth)
            elif part == text and (assigned := self._written(scope.path, text, scope.qualname)):
                yield f"*{assigned}" if assigned[:1] in ("[", "(") else assigned
            else:
                yield "*_"

    def _of_call(self, scope: Scope, body: Body, number: int, depth: int) -> Iterator[str]:
        call = body.calls[number]
        word = call.callee.rpartition(".")[2]
        if call.callee in (LISTED, PACKED):
            for term in call.args:
                yield from self._texts(scope, body, term, "", depth)
        elif word in _LOADERS or (word == "options" and call.callee.startswith("#")):
            yield from self._chained(scope, body, number, depth)
        else:
            target = self._world.function(scope.path, call.callee, body.qualname) if depth < _DEPTH else None
            there = self._world.body(target) if target is not None else None
            if target is None or there is None or not there.returned:
                yield "*_"
            else:
                for term in there.returned:
                    yield from self._texts(target, there, term, term, depth + 1)

    def _chained(self, scope: Scope, body: Body, number: int, depth: int) -> Iterator[str]:
        """Yield a loader with the calls that lead it on."""
        call = body.calls[number]
        owner, _, word = call.callee.rpartition(".")
        arguments = ", ".join(_known(call.texts))
        if "#" not in owner:
            yield f"{call.callee}({arguments})"
        else:
            for before in self._texts(scope, body, owner, "", depth):
                yield before if before.startswith("*") else f"{before}.{word}({arguments})"


def _beginning(body: Body, term: str) -> str:
    """Return what a chain of calls begins with."""
    while term.startswith("#"):
        term = body.calls[int(parts(term)[0][1:])].callee
    return term


def _known(texts: Iterable[str]) -> Iterator[str]:
    return (text or "*_" for text in texts)
