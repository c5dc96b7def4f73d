"""Which places hold a `TestClient`, followed from its constructors through names, fixtures, helpers and files.

Everything that one client reaches is linked into one component.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..survey.rows import Expr, Usage
from .fixtures import Fixtures
from .links import Links
from .reach import Reach
from .world import Found, Occurrence, Place, World

CLIENTS = frozenset({"fastapi.testclient.TestClient", "starlette.testclient.TestClient"})
_OWN = ("starlette/testclient.py", "fastapi/testclient.py")  # in the repositories of Starlette and FastAPI themselves
ENTERING = frozenset(
    {"enter_context", "enter_async_context", "enterContext", "enterClassContext", "enterModuleContext"}
)
# What may stand around a client in an annotation and leave it one.
_AROUND = frozenset({"Generator", "Iterator", "Iterable", "AsyncGenerator", "AsyncIterator", "Optional", "Union",
                     "Annotated", "AsyncIterable"})  # fmt: skip


class Block(NamedTuple):
    """Why a component must be left alone: the place that says so, and the words for it."""

    path: str
    line: int
    rule: str
    words: str


class Annotation(NamedTuple):
    """An annotation that names the class, and the place that it speaks of."""

    path: str
    expr: Expr
    place: Place


class Clients:
    """The places that hold clients, and what is known of each."""

    def __init__(self, world: World, fixtures: Fixtures) -> None:
        self.world = world
        self.fixtures = fixtures
        self.links = Links()
        self.held: set[Place] = set()
        self.touched: set[Place] = set()  # functions in which something is done with a client
        self.followed: set[Place] = set()  # functions whose callers are looked for as well
        self.constructors: set[Place] = set()
        self.doubtful: dict[Place, str] = {}  # constructors that may make something else, and the rule for it
        self.factories: dict[Place, tuple[str, int]] = {}  # places that hold the class itself
        self.annotations: list[Annotation] = []
        self.blocks: dict[Place, list[Block]] = {}
        self._fresh: list[Place] = []
        self._generation = 0
        self._spread_over = 0  # how many files were loaded when everything was followed last
        self._done: set[tuple[Place, Occurrence]] = set()
        self._reach = Reach(world, fixtures)

    def follow(self) -> None:
        """Follow every constructor and annotation, loading the files that they lead to, until nothing is new."""
        while True:
            if self._generation != self.world.generation:
                self._generation = self.world.generation
                self._done.clear()
                self._fresh = sorted(self.held)
            known = self._spread_over
            self._spread_over = len(self.world.files)
            if known != self._spread_over:
                self._fresh = sorted(self.held)
            self._start()
            while self._fresh:
                self._spread(self._fresh.pop())
            self.world.load(self._reach.needed(self.held, self.followed))
            if len(self.world.files) == self._spread_over:  # answering a question may load files as well
                return

    def block_unparsable(self) -> None:
        """Block what a file could use that nothing is known of."""
        for path in sorted(self.world.broken):
            for place in self.held:
                if self._reach.may_use(path, place):
                    self.block(place, path, 1, "unparsable", "this file can't be parsed, and could use the client")

    def block(self, place: Place, path: str, line: int, rule: str, words: str) -> None:
        self.blocks.setdefault(place, []).append(Block(path, line, rule, words))

    def hold(self, place: Place, because: Place | None = None) -> None:
        """Note that a place holds a client."""
        if because is not None:
            self.links.join(place, because)
        if place not in self.held:
            self.held.add(place)
            self._fresh.append(place)

    def class_occurrences(self) -> Iterator[tuple[Occurrence, str]]:
        """Yield the places that name the class, or what may be it: with the rule that forbids to touch that."""
        for place in list(self.world.occurrences):
            if (rule := self._doubt(place)) is not None:
                yield from ((o, rule) for o in self.world.occurrences[place] if not o.rest)

    def _doubt(self, place: Place) -> str | None:
        """Return nothing for the class itself, the rule for what may be it or derives from it; None for all else."""
        if is_client_class(Found(place)):
            return ""
        if place.kind == "class":
            bases = (base for each in self.world.lineage(place.path, place.name) for base in self.world.bases(each))
            return "subclass" if any(is_client_class(Found(base)) for base in bases) else None
        if place.kind == "unknown" and place.scope == "several":
            return "ambiguous-name" if CLIENTS.intersection(place.name.split(" or ")) else None
        if place.kind == "unknown" and place.scope == "star" and place.name.endswith(".TestClient"):
            return "star-import" if place.name in CLIENTS else None
        return None

    def function_around(self, path: str, scope: str) -> Place | None:
        """Return the function that a scope is, if it is one."""
        place = Place("function", path, "", scope)
        return place if scope and scope in self.world.files[path].functions else None

    def owner_of(self, path: str, expr: Expr) -> Place | None:
        """Return the function in whose frame an expression runs."""
        is_inside = expr.place in _INSIDE or expr.place.startswith("asserted:")
        return self.function_around(path, expr.scope) if is_inside else None

    # Sources

    def _start(self) -> None:
        for occurrence, rule in self.class_occurrences():
            path, expr = occurrence.path, occurrence.expr
            if occurrence.is_called:
                call = Place("call", path, "", str(occurrence.number))
                self.constructors.add(call)
                self.hold(call)
                if rule:
                    self.doubtful[call] = rule
            elif expr.usage.kind in ("assigned", "returned", "yielded", "argument") and not rule:
                self._hand_class(path, expr)
            elif expr.usage.kind == "annotation" and (place := self._annotated(path, expr)):
                found = Annotation(path, expr, place)
                if found not in self.annotations:
                    self.annotations.append(found)
                    self.hold(place)

    def _hand_class(self, path: str, expr: Expr) -> None:
        """Follow the class itself to where it goes: what is made of it there isn't followed any further."""
        target = self._target(path, expr.scope, expr.usage.detail) if expr.usage.kind == "assigned" else None
        around = self.function_around(path, expr.scope)
        if target is None and around is not None and (function := self.world.function(around)) and function.fixture:
            target = around
        if target is not None:
            self.factories[target] = (path, expr.at[0])
            self.hold(target)

    def _annotated(self, path: str, expr: Expr) -> Place | None:
        """Return what an annotation says to be a client; None where it speaks of more than one, or of a factory."""
        around = {
            other.chain.rpartition(".")[2]
            for other in self.world.files[path].rows.exprs
            if other.usage.kind == "annotation" and other.usage.number == 1 and other.usage.detail == expr.usage.detail
        }
        if not around <= _AROUND:
            return None
        return self.annotated(path, expr.scope, expr.usage.detail)

    def annotated(self, path: str, scope: str, detail: str) -> Place | None:
        """Return what an annotation in a scope speaks of: a function's result, its parameter, or a variable."""
        function, _, name = detail.rpartition(":")
        if name == "return":
            return Place("function", path, "", function)
        if function:
            return Place("var", path, function, name)
        return self._target(path, scope, name)

    # Flow

    def _spread(self, place: Place) -> None:
        """Hand on what a place holds to wherever it goes."""
        if place.kind == "call":
            call = self.world.call(place.path, int(place.name))
            self._hand(place, Occurrence(place.path, call.expr, "", -1))
        for occurrence in self.world.occurrences.get(place, ()):
            if (place, occurrence) in self._done:
                continue
            self._done.add((place, occurrence))
            self.touch(place, occurrence.path, occurrence.expr)
            if (place.kind == "function" and occurrence.is_called and not occurrence.rest) or (
                occurrence.is_called and occurrence.rest == "__enter__"
            ):
                self.hold(Place("call", occurrence.path, "", str(occurrence.number)), place)
            elif place.kind != "function" and not occurrence.is_called and not occurrence.rest:
                self._hand(place, occurrence)
        if place.kind == "function":
            self._give(place)

    def _hand(self, place: Place, occurrence: Occurrence) -> None:
        """Follow a client to where the expression's value goes."""
        path, expr = occurrence.path, occurrence.expr
        usage = expr.usage
        self.touch(place, path, expr)
        target: Place | None = None
        if expr.place == "lambda":
            target = self.function_around(path, expr.scope)
        elif usage.kind in ("assigned", "walrus") or (usage.kind == "entered" and usage.detail):
            target = self._target(path, expr.scope, usage.detail)
        elif usage.kind in ("returned", "yielded"):
            target = self.function_around(path, expr.scope)
        elif usage.kind == "argument":
            target = self.parameter(path, usage) or self._entered(path, usage)
        if target is not None:
            self.hold(target, place)

    def touch(self, place: Place, path: str, expr: Expr) -> None:
        """Note that something is done with a client in the function around an expression."""
        if around := self.owner_of(path, expr):
            self.links.join(place, around)
            self.touched.add(around)

    def _give(self, place: Place) -> None:
        """Hand a fixture's client to the tests and fixtures that ask for it."""
        function = self.world.function(place)
        if function is None or not function.fixture:
            return
        for name in sorted(self.fixtures.names(place, function)):
            self._give_as(place, name)

    def _give_as(self, place: Place, name: str) -> None:
        for path, taker in self.fixtures.given(place, name):
            own = Place("function", path, "", taker.qualname)
            self.links.join(place, own)
            self.touched.add(own)
            if name in taker.parameters:
                self.hold(Place("var", path, taker.qualname, name), place)
        for path, number in self.world.asked_by_name:
            call = self.world.call(path, number)
            around = self.function_around(path, call.expr.scope)
            asker = self.world.function(around) if around else None
            if name in call.strings and asker and self.fixtures.find(path, asker, name) == place:
                self.hold(Place("call", path, "", str(number)), place)

    def parameter(self, path: str, usage: Usage) -> Place | None:
        """Return the parameter of the project's function that an argument goes to."""
        call = self.world.call(path, usage.number)
        callee = self.world.of_call(path, call)
        if callee.kind == "class":
            callee = self.world.member(callee.path, callee.name, "__init__").place
        function = self.world.function(callee) if callee.kind == "function" else None
        if function is None or call.star or function.fixture:
            return None
        name = usage.detail
        if name.isdigit():
            index = int(name) + (1 if callee.name.endswith(".__init__") else self.shift(path, callee, call.expr.chain))
            if index >= len(function.parameters):
                return None
            name = function.parameters[index]
        return Place("var", callee.path, callee.name, name) if name in function.parameters else None

    def shift(self, path: str, callee: Place, chain: str) -> int:
        """Return 1 where a method is called on an instance, so that its first parameter is taken."""
        owner = self.world.owner(callee.path, callee.name)
        function = self.world.function(callee)
        if not owner or function is None or "staticmethod" in function.decorators:
            return 0
        holder = self.world.lookup(path, "", chain.rpartition(".")[0]).place
        return 0 if holder.kind == "class" and "classmethod" not in function.decorators else 1

    def _entered(self, path: str, usage: Usage) -> Place | None:
        """Return what `stack.enter_context(client)` gives."""
        name = self.world.call(path, usage.number).expr.chain.rpartition(".")[2]
        return Place("call", path, "", str(usage.number)) if name in ENTERING else None

    def _target(self, path: str, scope: str, chain: str) -> Place | None:
        if not chain or chain == "?":
            return None
        found = self.world.lookup(path, scope, chain)
        return found.place if not found.rest and found.place.kind in ("var", "attr") else None


_INSIDE = ("", "lambda", "generator-expression", "comprehension", "nested-comprehension")


def is_client_class(found: Found) -> bool:
    """Tell whether a chain stands for the class `TestClient`."""
    place = found.place
    if found.rest:
        return False
    return (
        place.name in CLIENTS
        if place.kind == "external"
        else (place.kind == "class" and place.name == "TestClient" and place.path.endswith(_OWN))
    )
