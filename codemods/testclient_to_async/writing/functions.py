"""Functions that become async: `async def`, marks, fixture decorators, and the base of their `TestCase`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..following.world import File, Place
from ..judging.components import Analysis
from ..operations import Define, Import, Replace
from ..running.running import Running
from ..survey.rows import Function
from .annotations import Annotations
from .sheet import Sheet
from .spelling import Spelling

_WIDER = ("class", "module", "package", "session")


class Functions:
    """Writes definitions; `spelling` gives the names of a file."""

    def __init__(
        self, analysis: Analysis, running: Running, spelling: Callable[[str], Spelling], annotations: Annotations
    ) -> None:
        self._analysis = analysis
        self._world = analysis.world
        self._running = running
        self._spelling = spelling
        self._annotations = annotations

    def write(self, sheet: Sheet, place: Place, loop_scope: str) -> None:
        """Write every definition of a function."""
        file = self._world.files[place.path]
        for function in file.rows.functions:
            if function.qualname == place.name and not function.is_async:
                self._define_one(sheet, file, function, loop_scope)

    def _define_one(self, sheet: Sheet, file: File, function: Function, loop_scope: str) -> None:
        path = file.path
        imports: list[Import] = []
        fixture = parameter = ""
        marks: tuple[str, ...] = ()
        drops: tuple[tuple[str, str], ...] = ()
        if function.fixture:
            if self._running.needs_own_fixture(path, function, loop_scope):
                spelled = self._spelling(path).module("pytest_asyncio")
                fixture, imports = f"{spelled.text}.fixture", [*spelled.imports]
                drops = self._spelling(path).dropped(function.fixture, "")
            parameter = self._running.parameter(path, function)
        elif self._analysis.fixtures.is_test(path, function):
            marks, needed = self._marks(path, function, loop_scope)
            imports += needed
            sheet.tests[path].append((sheet.group, function.qualname, marks[0] if marks else ""))
        scope = loop_scope if fixture else ""
        sheet.add(path, function.at, Define(marks, fixture, scope, parameter), tuple(imports), drops)
        if function.is_generator:
            self._annotations.write_generator(sheet, path, function)

    def _marks(self, path: str, function: Function, loop_scope: str) -> tuple[tuple[str, ...], tuple[Import, ...]]:
        mark = self._running.mark(path, function)
        if loop_scope:
            mark = f'asyncio(loop_scope="{loop_scope}")'
        one = self._running.one_backend(path, function)
        if not mark and not one:
            return (), ()
        pytest = self._spelling(path).module("pytest")
        marks = [each for each in (mark, one.format(pytest=pytest.text)) if each]
        return tuple(f"{pytest.text}.mark.{each}" for each in marks), pytest.imports

    def loop_scope(self, functions: Sequence[Place]) -> str:
        """Return the scope of the loop that a component's async fixtures and tests share; empty for a test's own."""
        scopes = {
            function.scope
            for place in functions
            if place in self._analysis.coroutines.functions
            and (function := self._world.function(place))
            and function.fixture
        }
        widest = next((scope for scope in reversed(_WIDER) if scope in scopes), "")
        return widest if widest and self._running.is_asyncio(functions) else ""

    def write_case(self, sheet: Sheet, path: str, name: str) -> None:
        """`class T(unittest.TestCase)` of what now has async tests."""
        for expr in self._world.files[path].rows.exprs:
            if expr.usage.kind == "inherited" and expr.usage.detail == name:
                spelling = self._spelling(path)
                found = spelling.name("unittest", "IsolatedAsyncioTestCase", expr.chain, expr.scope, expr.at[0])
                sheet.add(path, expr.at, Replace(found.text), found.imports, spelling.dropped(expr.chain, expr.scope))
