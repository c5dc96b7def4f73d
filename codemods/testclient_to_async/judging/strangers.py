"""Uses through receivers that aren't followed: a method of some instance, an attribute of some object.

What becomes a coroutine, and what holds a client, must be known wherever it is used. So an attribute of the same name
on something unknown, in a file of tests, is taken for such a use.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from ..following.clients import Clients
from ..following.world import Found, Place
from ..survey.rows import Expr, Function
from .coroutines import Coroutines, is_for_tests
from .requests import REQUESTS
from .wording import said

# What looks at an object and keeps nothing of it.
_LOOKING = ("getattr", "hasattr", "id", "isinstance", "print", "repr", "setattr", "str", "super", "type")
_KEEPING = ("Dict", "List", "Set", "Tuple", "lambda")
_UNKNOWN = ("attr", "call", "unknown", "var")


class Strangers:
    """Blocks what may be used through something unknown."""

    def __init__(self, clients: Clients, coroutines: Coroutines) -> None:
        self._clients = clients
        self._world = clients.world
        self._coroutines = coroutines
        self._asked: dict[str, tuple[int, Sequence[tuple[str, Function]]]] = {}

    def look(self) -> None:
        """Look at every attribute that has a telling name."""
        methods, attributes = self._methods(), self._attributes()
        self._unknown_fixtures()
        self._handed_selves()
        self._named_in_text({**methods, **attributes})
        names = {*methods, *attributes}
        if not names:
            return
        for path in self._world.project.mentioning(*(f".{name}" for name in names)):
            is_near = is_for_tests(path) or path in self._world.files
            if is_near and (file := self._world.file(path)) is not None:
                for expr in (*file.rows.exprs, *(call.expr for call in file.rows.calls.values())):
                    self._look_at(path, expr, methods, attributes)

    def _look_at(
        self, path: str, expr: Expr, methods: dict[str, list[Place]], attributes: dict[str, list[Place]]
    ) -> None:
        parts = expr.chain.split(".")
        meant = methods.get(parts[-1], ()) if len(parts) > 1 else ()
        if len(parts) > 2 and parts[-1] in REQUESTS:
            meant = (*meant, *attributes.get(parts[-2], ()))
        if not meant:
            return
        found = self._world.lookup(path, expr.scope, expr.chain)
        if not self._is_unknown(found) or found.place in self._clients.held:
            return
        for place in meant:
            if "." not in place.name and place.kind != "attr" and path in self._importers:
                continue  # `Elsewhere` knows which modules these may be
            words = f"{said(expr.chain)} may be `{place.name}`, on an instance that isn't followed"
            self._clients.block(place, path, expr.at[0], "client-escapes", words)

    def _named_in_text(self, meant: Mapping[str, list[Place]]) -> None:
        """Block what `getattr(self, "client")` asks for by name."""
        for path, file in list(self._world.files.items()):
            for call in file.rows.calls.values():
                if call.expr.chain == "getattr":
                    for place in (place for text in call.strings for place in meant.get(text, ())):
                        words = f"`getattr` asks for `{place.name}` by name"
                        self._clients.block(place, path, call.expr.at[0], "client-escapes", words)

    @cached_property
    def _importers(self) -> Mapping[str, frozenset[str]]:
        return self._world.project.mentioning("import_module(", "__import__(")

    def _is_unknown(self, found: Found) -> bool:
        return found.place.kind in _UNKNOWN and (bool(found.rest) or found.place.kind == "attr")

    def _methods(self) -> dict[str, list[Place]]:
        """Return the functions that become coroutines, and the methods that do or return clients, by name."""
        found: dict[str, list[Place]] = defaultdict(list)
        for place in sorted({*self._coroutines.functions, *self._clients.held}):
            function = self._world.function(place) if place.kind == "function" else None
            is_plain = function and not function.is_async and not function.fixture
            is_ours = place in self._coroutines.functions or self._world.owner(place.path, place.name)
            if is_plain and is_ours:
                found[place.name.rpartition(".")[2]].append(place)
        return found

    def _attributes(self) -> dict[str, list[Place]]:
        """Return the attributes that hold clients, by name."""
        found: dict[str, list[Place]] = defaultdict(list)
        for place in sorted(self._clients.held):
            if place.kind == "attr" or (place.kind == "var" and not place.scope):
                found[place.name].append(place)
        return found

    def _handed_selves(self) -> None:
        """Block test cases that are handed on whole: `check(self)` may use their clients and methods."""
        families = {
            each: place
            for place in sorted({*self._clients.held, *self._coroutines.functions})
            if (owner := self._owner(place)) is not None
            for each in (owner, *self._world.family(owner.path, owner.name))
        }
        for path in sorted({owner.path for owner in families} & self._world.files.keys()):
            for expr in self._world.files[path].rows.exprs:
                owner = Place("class", path, "", self._world.owner(path, expr.scope))
                if expr.chain in ("self", "cls") and owner in families and self._is_handed(path, expr):
                    words = f"`{expr.chain}` is handed on whole, with its client"
                    self._clients.block(families[owner], path, expr.at[0], "client-escapes", words)

    def _owner(self, place: Place) -> Place | None:
        if place.kind == "attr":
            return Place("class", place.path, "", place.scope)
        owner = self._world.owner(place.path, place.name) if place.kind == "function" else ""
        return Place("class", place.path, "", owner) if owner else None

    def _is_handed(self, path: str, expr: Expr) -> bool:
        if expr.usage.kind == "argument":
            callee = self._world.call(path, expr.usage.number).expr.chain
            return callee not in _LOOKING and not callee.endswith(".object")
        return expr.usage.kind in ("assigned", "walrus", "returned", "yielded") or expr.usage.detail in _KEEPING

    def _unknown_fixtures(self) -> None:
        """Block a fixture whose name something asks for that gets it in an unknown way, or doesn't get it."""
        for place in self._fixtures():
            function = self._world.function(place)
            assert function is not None
            for name in self._clients.fixtures.names(place, function):
                self._lambdas(place, name)
                self._made_tests(place, name)
                if not is_for_tests(place.path) or not place.path.endswith("conftest.py"):
                    self._load_askers(place, name)
                for path, taker in self._unanswered(name):
                    words = f"`{taker.qualname}` asks for a fixture `{name}` that isn't found from here"
                    self._clients.block(place, path, taker.line, "mixed-clients", words)

    def _unanswered(self, name: str) -> Sequence[tuple[str, Function]]:
        """Return what takes a parameter `name` for which no fixture is found."""
        count = len(self._world.files)
        if self._asked.get(name, (0, ()))[0] != count:
            fixtures = self._clients.fixtures
            takers = [(path, taker) for path, taker in fixtures.takers(name) if name in taker.parameters]
            lost = [(path, taker) for path, taker in takers if fixtures.find(path, taker, name) is None]
            self._asked[name] = count, lost
        return self._asked[name][1]

    def _made_tests(self, place: Place, name: str) -> None:
        """Block functions that are made and handed on, and ask for a fixture by a parameter, as made tests do."""
        for path, function in self._nested.get(name, ()):
            uses = self._world.occurrences.get(Place("function", path, "", function.qualname), ())
            if self._clients.fixtures.find(path, function, name) == place and not all(use.is_called for use in uses):
                words = f"`{function.qualname}` is made and handed on, and may get the fixture `{name}`"
                self._clients.block(place, path, function.line, "callback", words)

    @cached_property
    def _nested(self) -> Mapping[str, list[tuple[str, Function]]]:
        """Return the functions inside of functions, by each of their parameters."""
        found: dict[str, list[tuple[str, Function]]] = defaultdict(list)
        for path, file in list(self._world.files.items()):
            for function in file.rows.functions:
                is_inner = self._clients.function_around(path, function.qualname.rpartition(".")[0]) is not None
                for parameter in function.parameters if is_inner and not function.fixture else ():
                    found[parameter].append((path, function))
        return found

    def _load_askers(self, place: Place, name: str) -> None:
        """Load the tests that may get a fixture of a plain module in a way that isn't seen, as through a plugin."""
        if not place.path.rpartition("/")[2].startswith("test_"):
            for path in self._world.project.mentioning(name):
                if is_for_tests(path):
                    self._world.file(path)

    def _lambdas(self, place: Place, name: str) -> None:
        """Block `token = pytest.fixture(lambda client: …)`, to which pytest gives the fixture `client`."""
        for path, expr in self._in_lambdas:
            if expr.chain.startswith(f"{name}."):
                words = f"{said(expr.chain)} is called in a lambda, which can't await"
                self._clients.block(place, path, expr.at[0], "lambda", words)

    @cached_property
    def _in_lambdas(self) -> list[tuple[str, Expr]]:
        """Return the calls in lambdas of modules."""
        calls = (
            (file.path, call.expr) for file in list(self._world.files.values()) for call in file.rows.calls.values()
        )
        return [(path, expr) for path, expr in calls if expr.place == "lambda" and not expr.scope]

    def _fixtures(self) -> Iterator[Place]:
        for place in sorted({*self._clients.held, *self._coroutines.functions}):
            function = self._world.function(place) if place.kind == "function" else None
            if function is not None and function.fixture:
                yield place
