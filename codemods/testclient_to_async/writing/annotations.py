"""Annotations of what changes: `TestClient` in them, in strings too, and `Generator` of what becomes an async one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ..following.clients import Annotation, is_client_class
from ..following.world import Place
from ..judging.components import Analysis
from ..operations import Generator, Import, Replace
from ..survey.rows import Function, Text
from .sheet import Sheet
from .spelling import Spelling

_ASYNC = {"Generator": "AsyncGenerator", "Iterable": "AsyncIterable", "Iterator": "AsyncIterator"}
_MODULES = ("typing", "collections.abc")


class Annotations:
    """Writes annotations; `spelling` gives the names of a file."""

    def __init__(self, analysis: Analysis, spelling: Callable[[str], Spelling]) -> None:
        self._analysis = analysis
        self._world = analysis.world
        self._spelling = spelling

    def write(self, sheet: Sheet, annotation: Annotation) -> None:
        """Write httpx's class where an annotation names the old one."""
        path, expr = annotation.path, annotation.expr
        spelling = self._spelling(path)
        client = spelling.http("AsyncClient", expr.scope, expr.at[0], expr.chain)
        sheet.add(path, expr.at, Replace(client.text), client.imports, spelling.dropped(expr.chain, expr.scope))

    def write_texts(self, sheet: Sheet, members: Iterable[Place]) -> None:
        """Write `AsyncClient` into the annotations of members that are strings."""
        places = frozenset(members)
        for path in {place.path for place in places}:
            file = self._world.files[path]
            for text in file.rows.texts:
                kind = self._analysis.clients.annotated(path, text.scope, text.of)
                chain = next((c for c in re.findall(r"[\w.]+", text.says) if self._is_class(path, text.scope, c)), "")
                if kind in places and text.written:
                    self._text(sheet, path, text, kind, chain)

    def _text(self, sheet: Sheet, path: str, text: Text, of: Place, chain: str) -> None:
        new, spelling = text.written, self._spelling(path)
        imports: tuple[Import, ...] = ()
        drops: tuple[tuple[str, str], ...] = ()
        if chain:
            client = spelling.http("AsyncClient", text.scope, text.at[0], chain)
            new = re.sub(rf"(?<![\w.]){re.escape(chain)}(?!\w)", client.text, new)
            imports, drops = client.imports, spelling.dropped(chain, text.scope)
        is_generator = of in self._analysis.coroutines.functions and self._is_generator(of)
        head = re.match(r"\w+", text.says)
        if text.of.endswith(":return") and is_generator and head and head[0] in _ASYNC:
            target = self._world.lookup(path, text.scope, head[0]).place
            if target.kind == "external" and target.name.rpartition(".")[0] in _MODULES:
                module = target.name.rpartition(".")[0]
                spelled = spelling.name(module, _ASYNC[head[0]], head[0], text.scope, text.at[0])
                new, imports = _asynced(new), (*imports, *spelled.imports)
                drops = (*drops, *spelling.dropped(head[0], text.scope))
        if new != text.written:
            sheet.add(path, text.at, Replace(new), imports, drops)

    def _is_class(self, path: str, scope: str, chain: str) -> bool:
        return is_client_class(self._world.lookup(path, scope, chain))

    def _is_generator(self, place: Place) -> bool:
        function = self._world.function(place)
        return function is not None and function.is_generator

    def write_generator(self, sheet: Sheet, path: str, function: Function) -> None:
        """`-> Generator[X, None, None]` of what becomes an async generator."""
        for expr in self._world.files[path].rows.exprs:
            is_return = expr.usage.kind == "annotation" and expr.usage.detail == f"{function.qualname}:return"
            last = expr.chain.rpartition(".")[2]
            if not is_return or expr.usage.number != 1 or last not in _ASYNC:
                continue
            target = self._world.lookup(path, expr.scope, expr.chain).place
            module = target.name.rpartition(".")[0] if target.kind == "external" else ""
            if module not in _MODULES:
                continue
            spelling = self._spelling(path)
            spelled = spelling.name(module, _ASYNC[last], expr.chain, expr.scope, expr.at[0])
            sheet.add(path, expr.at, Generator(spelled.text), spelled.imports, spelling.dropped(expr.chain, expr.scope))


def _asynced(text: str) -> str:
    """`Generator[X, None, None]`, in a string → `AsyncGenerator[X, None]`."""
    text = re.sub(r"\bGenerator\[(.*), *None, *None\]", r"AsyncGenerator[\1, None]", text)
    return re.sub(r"\b(Iterator|Iterable|Generator)\[", r"Async\1[", text)
