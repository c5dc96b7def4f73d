"""The bodies of the whole repository, and how pytest and unittest tie them together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from greenmod.api import Definition, External, Objects, Project

from ..survey.rows import Body, Call, Rows, from_data
from ..survey.tags import CONSTRUCTORS, LIBRARIES, LIBRARY, is_name_of_mock, tag_of
from .values import Scope

_TEST_FILE = re.compile(r"(^|/)(tests?|testing|[\w-]*_tests?)/|(^|/)(test_[^/]*|[^/]*_tests?|conftest)\.py$")
_FIXTURES = frozenset({"pytest.fixture", "fixture", "pytest_asyncio.fixture", "pytest.yield_fixture"})
SET_UP = ("setUpClass", "setup_class", "asyncSetUp", "setUp", "setup_method", "setup")


def is_test_file(path: str) -> bool:
    """Tell whether a file belongs to the tests, by its name."""
    return bool(_TEST_FILE.search(path))


class World:
    """All that was surveyed, read when it is asked for."""

    def __init__(self, project: Project, objects: Objects) -> None:
        self.project = project
        self.objects = objects
        self._rows: dict[str, Rows | None] = {}
        self._bodies: dict[str, Mapping[str, tuple[Body, ...]]] = {}
        self._methods: dict[Scope, tuple[Scope, ...]] = {}
        self._fixtures: dict[str, Mapping[str, tuple[Scope, ...]]] = {}
        self._found: dict[tuple[str, str, str], tuple[Scope, ...]] = {}

    @cached_property
    def test_files(self) -> tuple[str, ...]:
        """The files that make mocks: those whose sites are judged."""
        return tuple(path for path in sorted(self.project.surveys) if (rows := self.rows(path)) and _makes_mocks(rows))

    @cached_property
    def followed(self) -> tuple[str, ...]:
        """The files that make mocks, and those of the tests that get mocks from them."""
        names = {name for path in self.test_files for name in self._offered(path)}
        users = [path for path in self.project.mentioning(*sorted(names)) if is_test_file(path)] if names else []
        self.project.survey_all(users)
        return tuple(sorted({*self.test_files, *users}))

    def _offered(self, path: str) -> Iterator[str]:
        """Yield the names under which other files can get at what the functions of a file return."""
        is_shared = not path.rpartition("/")[2].startswith("test_")
        for qualname, bodies in self.bodies(path).items():
            body = bodies[-1]
            if is_shared and body.kind == "function" and body.returned and "." not in qualname:
                yield _fixture_name(body) or qualname

    @cached_property
    def production(self) -> tuple[str, ...]:
        """The files whose code uses what tests replace."""
        return tuple(path for path in self.project.paths if path.endswith(".py") and not is_test_file(path))

    def read_production(self) -> None:
        """Survey all of it at once, on several processes where that is worth it."""
        self.project.survey_all(self.production)

    def rows(self, path: str) -> Rows | None:
        if path not in self._rows:
            data = self.project.survey(path)
            rows = from_data(data) if data is not None else None
            self._rows[path] = self._retagged(path, rows) if rows is not None and is_test_file(path) else rows
        return self._rows[path]

    def _retagged(self, path: str, rows: Rows) -> Rows:
        """Recognise mocks that a module of the project hands on from a mock library, or makes under the same names."""
        tags: dict[str, str] = {}
        bodies = []
        for body in rows.bodies:
            calls = body.calls
            if any(not call.tag and is_name_of_mock(call.callee) for call in calls):
                calls = tuple(
                    call._replace(tag=self._foreign_tag(path, call.callee, body.qualname, tags))
                    if not call.tag and is_name_of_mock(call.callee)
                    else call
                    for call in calls
                )
            bodies.append(body._replace(calls=calls) if calls is not body.calls else body)
        return rows._replace(bodies=tuple(bodies))

    def _foreign_tag(self, path: str, callee: str, scope: str, known: dict[str, str]) -> str:
        if callee not in known:
            found = self.project.resolve(path, callee, scope)
            names = {target.name for target in found if isinstance(target, External)}
            own = {target.qualname for target in found if isinstance(target, Definition) and target.path != path}
            if not names and own <= {callee}:
                names, own = self._starred(path, callee), set()
            known[callee] = (
                tag_of("", names, ()) if names and not own else "AsyncMock" if own == {"CoroutineMock"} else ""
            )
        return known[callee]

    def _starred(self, path: str, callee: str) -> set[str]:
        """Return the name of a mock library that a file imports from a module which has it by `import *`."""
        facts = self.project.facts(path)
        target = next((fact.target for fact in facts.imports if fact.name == callee), "") if facts else ""
        module = self.project.module_path(target.rpartition(".")[0], path) if "." in target.strip(".") else None
        shim = self.project.facts(module) if module is not None else None
        stars = {fact.target for fact in shim.imports if fact.name == "*"} if shim else set()
        return {f"{LIBRARY}.{callee}"} if LIBRARY in stars and stars <= LIBRARIES else set()

    def bodies(self, path: str) -> Mapping[str, tuple[Body, ...]]:
        """Return the bodies of a file by qualified name; several of one name where it is defined again."""
        if path not in self._bodies:
            found: dict[str, list[Body]] = defaultdict(list)
            rows = self.rows(path)
            for body in rows.bodies if rows else ():
                found[body.qualname].append(body)
            self._bodies[path] = {name: tuple(bodies) for name, bodies in found.items()}
        return self._bodies[path]

    def body(self, scope: Scope) -> Body | None:
        """Return the body of a scope; the last of several, which is the one that counts when all are defined."""
        found = self.bodies(scope.path).get(scope.qualname)
        return found[-1] if found else None

    def call(self, scope: Scope, number: int) -> Call:
        body = self.body(scope)
        assert body is not None
        return body.calls[number]

    def call_rows(self, scope: Scope) -> tuple[Call, ...]:
        body = self.body(scope)
        return body.calls if body is not None else ()

    def class_of(self, scope: Scope) -> Scope | None:
        """Return the class whose method a body is, or is inside of."""
        name = scope.qualname
        while name:
            name = name.rpartition(".")[0]
            body = self.body(Scope(scope.path, name))
            if name and body is not None and body.kind == "class":
                return Scope(scope.path, name)
        return None

    def methods(self, scope: Scope) -> tuple[Scope, ...]:
        """Return the methods of a class and of its bases in the repository; what sets up comes first."""
        if scope not in self._methods:
            self._methods[scope] = tuple(
                Scope(owner.path, name)
                for owner in self.lineage(scope)
                for name in sorted(self._inside(owner), key=_set_up_order)
            )
        return self._methods[scope]

    def _inside(self, owner: Scope) -> list[str]:
        return [name for name in self.bodies(owner.path) if _is_inside(name, owner.qualname)]

    def lineage(self, scope: Scope) -> tuple[Scope, ...]:
        """Return a class and its bases in the repository, itself first."""
        definition = Definition(scope.path, scope.qualname)
        bases = sorted(each for each in self.project.ancestors(definition) if isinstance(each, Definition))
        return (scope, *(Scope(each.path, each.qualname) for each in bases if each.qualname))

    def running_with(self, test: Scope) -> tuple[Scope, ...]:
        """Return the bodies that make what exists while a test runs: its own, of its fixtures, of its class."""
        scopes: dict[Scope, None] = {}
        waiting = [test]
        while waiting:
            scope = waiting.pop()
            body = self.body(scope)
            if body is None or scope in scopes:
                continue
            scopes[scope] = None
            fixtures = (self.find_fixture(scope, each.name) for each in body.parameters)
            waiting += [fixture for fixture in fixtures if fixture is not None]
            owner = self.class_of(scope)
            if owner is not None:
                waiting += [owner, *(each for each in self.methods(owner) if _sets_up(each.qualname))]
        return tuple(scopes)

    def fixtures(self, path: str) -> Mapping[str, tuple[Scope, ...]]:
        """Return the fixtures that a file defines, by the name under which tests ask for them."""
        if path not in self._fixtures:
            found: dict[str, list[Scope]] = defaultdict(list)
            for qualname, bodies in self.bodies(path).items():
                name = _fixture_name(bodies[-1])
                if name is not None:
                    found[name or qualname.rpartition(".")[2]].append(Scope(path, qualname))
            self._fixtures[path] = {name: tuple(scopes) for name, scopes in found.items()}
        return self._fixtures[path]

    def find_fixture(self, scope: Scope, name: str) -> Scope | None:
        """Return the fixture that a function in `scope` gets under a name: the nearest one."""
        key = (scope.path, scope.qualname, name)
        if key not in self._found:
            self._found[key] = tuple(self._nearest_fixture(scope, name))
        return next(iter(self._found[key]), None)

    def _nearest_fixture(self, scope: Scope, name: str) -> Iterator[Scope]:
        own = [each for each in self.fixtures(scope.path).get(name, ()) if each != scope]
        owner = self.class_of(scope)
        if owner is not None:
            lineage = self.lineage(owner)
            own_class = [each for each in own if Scope(each.path, each.qualname.rpartition(".")[0]) in lineage]
            yield from own_class[:1]
            for base in lineage[1:]:
                yield from (
                    each for each in self.fixtures(base.path).get(name, ()) if _is_inside(each.qualname, base.qualname)
                )
        yield from (each for each in own if "." not in each.qualname)
        yield from self._imported_fixture(scope.path, name)
        for path in self._conftests(scope.path):
            if path != scope.path:
                yield from (each for each in self.fixtures(path).get(name, ()) if "." not in each.qualname)
                yield from self._imported_fixture(path, name)

    def _imported_fixture(self, path: str, name: str) -> Iterator[Scope]:
        for target in self.project.resolve(path, name):
            if isinstance(target, Definition) and target.path != path:
                found = Scope(target.path, target.qualname)
                if any(found in scopes for scopes in self.fixtures(target.path).values()):
                    yield found

    def _conftests(self, path: str) -> Iterator[str]:
        folder = path.rpartition("/")[0]
        known = self._paths
        while True:
            conftest = f"{folder}/conftest.py".lstrip("/")
            if conftest in known:
                yield conftest
            if not folder:
                return
            folder = folder.rpartition("/")[0]

    @cached_property
    def _paths(self) -> frozenset[str]:
        return frozenset(self.project.paths)

    def is_fixture(self, scope: Scope) -> bool:
        body = self.body(scope)
        return body is not None and _fixture_name(body) is not None

    def requesters(self, fixture: Scope) -> Iterator[Scope]:
        """Yield the functions that may be given what a fixture returns."""
        body = self.body(fixture)
        name = (_fixture_name(body) if body else None) or fixture.qualname.rpartition(".")[2]
        for scope in self._askers.get(name, ()):
            if scope != fixture and self.find_fixture(scope, name) == fixture:
                yield scope

    @cached_property
    def _askers(self) -> Mapping[str, Sequence[Scope]]:
        """Every test function and fixture of files with mocks, by the names of its parameters."""
        found: dict[str, list[Scope]] = defaultdict(list)
        for path in self.followed:
            for qualname, bodies in self.bodies(path).items():
                for parameter in bodies[-1].parameters if bodies[-1].kind != "class" else ():
                    found[parameter.name].append(Scope(path, qualname))
        return found


def _makes_mocks(rows: Rows) -> bool:
    return rows.has_mocks or any(call.tag in CONSTRUCTORS for body in rows.bodies for call in body.calls)


def _fixture_name(body: Body) -> str | None:
    """Return the name that a fixture is given, empty where it is its own; None for what is no fixture."""
    for decorator in body.decorators:
        if decorator in _FIXTURES:
            return ""
        if decorator.startswith("#"):
            call = body.calls[int(decorator[1:])]
            if call.callee in _FIXTURES:
                named = dict(call.keywords).get("name", "")
                return body.literals[int(named[1:])].text if named.startswith("=") else ""
    return None


def _sets_up(qualname: str) -> bool:
    return qualname.rpartition(".")[2].lower().startswith(("setup", "asyncsetup"))


def _is_inside(name: str, owner: str) -> bool:
    return name.rpartition(".")[0] == owner


def _set_up_order(qualname: str) -> tuple[int, str]:
    name = qualname.rpartition(".")[2]
    return (SET_UP.index(name) if name in SET_UP else len(SET_UP), qualname)
