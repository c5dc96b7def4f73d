"""How the project runs async tests, and what that asks of the converted ones: marks, fixtures, loops.

Which plugin runs them is decided folder by folder, as pytest's settings are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from greenmod.api import Project

from ..following.clients import Block
from ..following.world import Place
from ..judging.components import Analysis
from ..survey.rows import Function
from .backends import BACKEND, Backends, Missing
from .declaring import Declaring
from .pytest_settings import read_settings
from .runner import Runner, Uses, choose_runner


class Running:
    """Answers for one project."""

    def __init__(self, analysis: Analysis, wanted: str) -> None:
        self._analysis = analysis
        self._project: Project = analysis.world.project
        self._wanted = wanted
        self._runners: dict[str, Runner] = {}
        self._read = analysis.world.project.read
        self.backends = Backends(analysis)
        self.declaring = Declaring(self._read, self._is_new)

    def runner(self, path: str) -> Runner:
        """Return what runs the async tests of a file."""
        folder = path.rpartition("/")[0]
        if folder not in self._runners:
            settings = read_settings(self._read, folder)
            self._runners[folder] = choose_runner(settings, self._uses(folder), self._wanted)
        return self._runners[folder]

    def is_asyncio(self, functions: Sequence[Place]) -> bool:
        return any(self.runner(place.path).kind == "asyncio" for place in functions)

    def mark(self, path: str, function: Function) -> str:
        """Return the mark that a converted test needs, empty where it has it or needs none."""
        mark = self.runner(path).mark
        if not mark or self._is_unittest(path, function):
            return ""
        full = f"pytest.mark.{mark}"
        return "" if full in self._marks_on(path, function) else mark

    def one_backend(self, path: str, function: Function) -> str:
        """Return the mark that keeps a converted test on one of anyio's backends, where its module has others."""
        is_anyio = self.runner(path).kind == "anyio" and not self._is_unittest(path, function)
        return self.backends.mark(path) if is_anyio else ""

    def needs_own_fixture(self, path: str, function: Function, loop_scope: str) -> bool:
        """Tell whether an async fixture needs pytest-asyncio's decorator: in strict mode, or for a loop's scope."""
        runner = self.runner(path)
        if runner.kind != "asyncio":
            return False
        is_own = self._analysis.world.lookup(path, "", function.fixture).place.name.startswith("pytest_asyncio.")
        return bool(loop_scope) or (runner.mode == "strict" and not is_own)

    def parameter(self, path: str, function: Function) -> str:
        """Return what an async fixture must ask for so that sync tests can have it too."""
        runner = self.runner(path)
        if runner.kind != "anyio" or BACKEND in function.parameters:
            return ""
        own = Place("function", path, "", function.qualname)
        fixtures, coroutines = self._analysis.fixtures, self._analysis.coroutines.functions
        takers = [
            (taker_path, taker)
            for name in fixtures.names(own, function)
            for taker_path, taker in fixtures.given(own, name)
            if not taker.is_async
        ]
        is_asked_sync = any(Place("function", p, "", taker.qualname) not in coroutines for p, taker in takers)
        return BACKEND if is_asked_sync or function.autouse else ""

    def missing(self, tests: Sequence[Place]) -> Missing:
        """Return the fixtures `anyio_backend` that converted tests and fixtures lack."""
        paths = {
            place.path
            for place in tests
            if (function := self._analysis.world.function(place)) and not self._is_unittest(place.path, function)
            if self.runner(place.path).kind == "anyio"
        }
        return self.backends.missing(sorted(paths), tests)

    def refuse_scope(self, functions: Sequence[Place]) -> Block | None:
        """Return why async fixtures can't have the scope that they have."""
        for place in functions:
            function = self._analysis.world.function(place)
            if function is None or place not in self._analysis.coroutines.functions or not function.fixture:
                continue
            if self.backends.mark(place.path):
                words = "an async fixture would run on all of anyio's backends here, and its tests on one"
                return Block(place.path, function.line, "anyio-backends", words)
            found = self._project.requirement(place.path, "pytest-asyncio")
            is_asyncio = self.runner(place.path).kind == "asyncio"
            if function.scope != "function" and is_asyncio and found and not found.admits_from("0.24"):
                words = f"pytest-asyncio {', '.join(found.specifiers)} ({found.where}) knows no `loop_scope`"
                return Block(place.path, function.line, "fixture-scope", words)
            if function.scope != "function" and is_asyncio:
                return self._of_other_loop(functions, function.scope)
            if function.scope != "function" and (block := self.backends.narrower(place.path, function)):
                return block
        return None

    def _of_other_loop(self, functions: Sequence[Place], scope: str) -> Block | None:
        """Return a test that is async already, and so runs in a loop of its own, beside fixtures of a wider one."""
        for place in functions:
            function = self._analysis.world.function(place)
            if function and function.is_async:
                words = f"this runs in a loop of its own, and the client's fixture would live in that of the {scope}"
                return Block(place.path, function.line, "fixture-scope", words)
        return None

    def undeclared(self, path: str, packages: Sequence[str]) -> tuple[str, ...]:
        """Return those of some packages, and of the runner's own, that the project around a file does not declare."""
        more = ("pytest-asyncio",) if self.runner(path).kind == "asyncio" else ()
        folder = path.rpartition("/")[0]
        return tuple(p for p in sorted({*packages, *more}) if not self.declaring.is_declared(folder, p))

    def _is_new(self, folder: str) -> bool:
        """Tell whether nothing in the project speaks of pytest-asyncio yet."""
        uses = self._uses(folder)
        return not (read_settings(self._read, folder).asyncio_mode or uses.asyncio_marks or uses.imports_pytest_asyncio)

    def _uses(self, folder: str) -> Uses:
        words = self._words
        return Uses(
            sum("mark.asyncio" in found for found in words.values()),
            sum("mark.anyio" in found for found in words.values()),
            any("pytest_asyncio" in found for found in words.values()),
            self.declaring.is_declared(folder, "pytest-asyncio"),
        )

    @cached_property
    def _words(self) -> dict[str, frozenset[str]]:
        return dict(self._project.mentioning("mark.asyncio", "mark.anyio", "pytest_asyncio"))

    def _is_unittest(self, path: str, function: Function) -> bool:
        owner = self._analysis.world.owner(path, function.qualname)
        return bool(owner) and any(
            base.name.startswith("unittest.")
            for each in self._analysis.world.lineage(path, owner)
            for base in self._analysis.world.bases(each)
        )

    def _marks_on(self, path: str, function: Function) -> Iterator[str]:
        """Yield the marks that a test has: its own, and those of its classes and module."""
        world, rows = self._analysis.world, self._analysis.world.files[path].rows
        facts = world.files[path].facts
        scope = function.qualname
        names = [*function.decorators]
        while scope:
            scope = scope.rpartition(".")[0]
            names += rows.marks.get(scope, ())
            names += next((fact.decorators for fact in facts.classes if fact.qualname == scope), ())
        for name in names:
            if name:
                yield world.lookup(path, "", name).place.name
