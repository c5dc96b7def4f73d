"""From a repository to a Decision: which components change, what is written for each, what is set up for them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from greenmod.api import Decision, FilePlan, Project, SkippedSite

from .following.clients import Block
from .following.world import Occurrence, Place
from .judging.components import Analysis, Component
from .judging.versions import old_starlette
from .operations import Expected, Group, Operation, Orders, as_data
from .running.running import Running
from .survey.rows import Expr
from .writing.fidelity import Fidelity
from .writing.sheet import Written
from .writing.spelling import NameTaken
from .writing.writer import Writer


def decide(project: Project, options: Mapping[str, object]) -> Decision:
    """Decide on every component of a repository."""
    analysis = Analysis(project)
    running = Running(analysis, str(options["runner"]))
    planner = _Planner(analysis, Writer(analysis, Fidelity(project, options), running), running)
    return planner.decision()


class _Planner:
    def __init__(self, analysis: Analysis, writer: Writer, running: Running) -> None:
        self._analysis = analysis
        self._world = analysis.world
        self._writer = writer
        self._running = running
        self._left: list[SkippedSite] = []

    def decision(self) -> Decision:
        components = [self._judged(component) for component in self._analysis.components()]
        chosen = [component for component in components if component.block is None]
        missing = self._running.missing([t for component in chosen for t in self._tests(component)])
        written: list[tuple[Component, Written]] = []
        for component in chosen:
            blocked = self._mixed(component, missing.refused)
            try:
                if blocked is None:
                    written.append((component, self._writer.write(component)))
            except NameTaken as taken:
                blocked = self._taken(component, str(taken))
            if blocked is not None:
                self._left += self._analysis.skips(blocked)
        for component in components:
            if component.block is not None:
                self._left += self._analysis.skips(component)
        homes = missing.groups
        wanted = [(path, package) for component, sheet in written for path in sheet.operations
                  for package in self._running.undeclared(path, sheet.packages)]  # fmt: skip
        served = _served(written, homes)
        texts = [
            replace(change, serves=tuple(served[change.group])) for change in missing.changes if change.group in served
        ]
        names = tuple(component.name for component, _ in written)
        texts += (replace(change, serves=names) for change in self._running.declaring.changes(wanted))
        files = self._plans(written, homes)
        return Decision(files, tuple(dict.fromkeys((*self._left, *self._bystanders()))), tuple(texts))

    # Components

    def _judged(self, component: Component) -> Component:
        """Block a component whose Starlette is too old."""
        for place in component.constructors:
            if words := old_starlette(self._world.project, place.path):
                call = self._world.call(place.path, int(place.name))
                return component._replace(block=Block(place.path, call.expr.at[0], "old-starlette", words))
        return component

    def _mixed(self, component: Component, mixed: Mapping[str, Block]) -> Component | None:
        for path in self._files(component):
            if path in mixed:
                return component._replace(block=mixed[path])
        block = self._running.refuse_scope(component.functions)
        return component._replace(block=block) if block else None

    def _taken(self, component: Component, name: str) -> Component:
        first = min(component.constructors)
        line = self._world.call(first.path, int(first.name)).expr.at[0]
        return component._replace(block=Block(first.path, line, "name-taken", f"`{name}` means something else here"))

    def _tests(self, component: Component) -> Iterator[Place]:
        for place in component.functions:
            function = self._world.function(place)
            if function is None or function.is_async or place not in self._analysis.coroutines.functions:
                continue
            if function.fixture or self._analysis.fixtures.is_test(place.path, function):
                yield place

    def _files(self, component: Component) -> list[str]:
        return sorted({place.path for place in component.places})

    # Plans

    def _plans(
        self, written: list[tuple[Component, Written]], homes: Mapping[str, frozenset[str]]
    ) -> dict[str, FilePlan]:
        operations: dict[str, list[Operation]] = defaultdict(list)
        groups: dict[str, dict[str, Group]] = defaultdict(dict)
        expected: dict[str, list[Expected]] = defaultdict(list)
        together: dict[str, set[str]] = defaultdict(set)
        for component, sheet in written:
            group = self._group(component, sheet, homes)
            for path, found in sheet.operations.items():
                operations[path] += found
                groups[path][component.name] = group
                expected[path].append(sheet.expected[path])
                together[path] |= sheet.operations.keys() - {path}
        return {
            path: FilePlan(
                tuple(sorted({operation.at[0] for operation in found} | self._first_line(path))),
                as_data(Orders(tuple(found), groups[path], _joined(expected[path]))),
                tuple(sorted(together[path])),
                groups=tuple(groups[path]),
                innermost=True,
            )
            for path, found in sorted(operations.items())
        }

    def _first_line(self, path: str) -> set[int]:
        """LibCST gives what stands above the first statement to the module, so that one is shown as well."""
        return {start for start, _ in self._world.files[path].facts.statements[:1]}

    def _group(self, component: Component, sheet: Written, homes: Mapping[str, frozenset[str]]) -> Group:
        path, number = component.constructors[0].path, int(component.constructors[0].name)
        call = self._world.call(path, number)
        missing = sorted({p for each in sheet.operations for p in self._running.undeclared(each, sheet.packages)})
        parts = [
            f"`{call.expr.chain}` is Starlette's ({path}:{call.expr.at[0]})",
            f"{self._counted(component) or 'nothing'} would await its requests",
            self._running.runner(path).why,
            *([f"imports {' and '.join(missing)}, which the project didn't declare"] if missing else []),
        ]
        requires = tuple(sorted({group for each in sheet.operations for group in homes.get(each, ())}))
        return Group("Send requests through httpx's AsyncClient", "; ".join(parts), requires)

    def _counted(self, component: Component) -> str:
        """Return how many tests, fixtures and helpers of a component become async."""
        places = [place for place in component.functions if place in self._analysis.coroutines.functions]
        functions = [(place, function) for place in places if (function := self._world.function(place))]
        fixtures = sum(bool(function.fixture) for _, function in functions)
        tests = sum(self._analysis.fixtures.is_test(place.path, function) for place, function in functions)
        counts = (("test", tests), ("fixture", fixtures), ("helper", len(functions) - tests - fixtures))
        return ", ".join(f"{count} {word}{'s' if count > 1 else ''}" for word, count in counts if count)

    # What only names the class

    def _bystanders(self) -> Iterator[SkippedSite]:
        """Yield the places that name the class and make no client."""
        for occurrence, rule in self._analysis.clients.class_occurrences():
            path, expr = occurrence.path, occurrence.expr
            if rule or occurrence.is_called or expr.usage.kind in ("annotation", "inherited"):
                continue
            if self._is_followed(path, expr):
                continue
            yield _skip(occurrence, "client-factory", "the class is handed on; what is made of it isn't followed")

    def _is_followed(self, path: str, expr: Expr) -> bool:
        """Tell whether something else speaks for a mention of the class: what holds it, or what it is compared with."""
        is_compared = expr.usage.kind == "argument" and self._callee(path, expr.usage.number) == "isinstance"
        return is_compared or (path, expr.at[0]) in self._analysis.clients.factories.values()

    def _callee(self, path: str, number: int) -> str:
        return self._world.call(path, number).expr.chain


def _skip(occurrence: Occurrence, rule: str, words: str) -> SkippedSite:
    line = occurrence.expr.at[0]
    return SkippedSite(occurrence.path, line, rule, f"{occurrence.path}:{line} {words}")


def _joined(parts: list[Expected]) -> Expected:
    clients, helpers, tests = (tuple(row for part in parts for row in part[index]) for index in range(3))
    return Expected(clients, helpers, tests)


def _served(written: Sequence[tuple[Component, Written]], homes: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    """Return the components that need a fixture `anyio_backend`, by the group that brings it to one of their files."""
    served: dict[str, list[str]] = defaultdict(list)
    for component, sheet in written:
        for group in sorted({group for path in sheet.operations for group in homes.get(path, ())}):
            served[group].append(component.name)
    return served
