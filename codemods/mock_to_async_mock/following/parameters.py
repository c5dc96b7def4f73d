"""What the parameters of test functions, fixtures and helpers are filled with: by patches, by pytest, by callers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from ..survey.rows import Body, Call
from .calls import injects, patched_by_keyword, positional
from .values import NOTHING, Evaluation, Place, Scope, Self, Value
from .world import SET_UP, World


class Parameters:
    """Answers what parameters may be."""

    def __init__(self, world: World) -> None:
        self.world = world

    def of(self, scope: Scope, body: Body, name: str, values: Evaluation) -> frozenset[Value]:
        """Return what a parameter of a body may be."""
        owner = self.world.class_of(scope)
        is_first = body.parameters[0].name == name and body.kind == "method"
        if owner is not None and is_first and "staticmethod" not in body.decorators:
            return frozenset({Self(owner)})
        injected = self._injected(scope, body)
        if name in injected:
            return injected[name]
        fixture = self.world.find_fixture(scope, name)
        if fixture is not None and _is_run_by_pytest(self.world, scope):
            return returned(self.world, fixture, values)
        if scope.path in self.world.followed:
            return self._arguments(scope, body, name, values)
        return NOTHING

    def _injected(self, scope: Scope, body: Body) -> Mapping[str, frozenset[Value]]:
        """Return the parameters that decorators fill with mocks: the undermost decorator fills the first."""
        if body.kind not in ("function", "method"):
            return {}
        names = [parameter.name for parameter in body.parameters]
        if body.kind == "method" and "staticmethod" not in body.decorators:
            names = names[1:]
        found: dict[str, frozenset[Value]] = {}
        patches = [*self._patches(scope, body)]
        position = 0
        for where, number in patches:
            call = self.world.call(where, number)
            keyword = patched_by_keyword(call)
            if keyword:
                found |= {each: frozenset({Place(where, number, (f"={each}",))}) for each in keyword}
            elif injects(call) and position < len(names):
                found[names[position]] = frozenset({Place(where, number)})
                position += 1
        return found

    def _patches(self, scope: Scope, body: Body) -> Iterator[tuple[Scope, int]]:
        """Yield the patches that decorate a function, the undermost first, then those of its class."""
        for decorator in reversed(body.decorators):
            if (number := self._patch_number(body, decorator)) is not None:
                yield scope, number
        owner = Scope(scope.path, scope.qualname.rpartition(".")[0])
        around = self.world.body(owner) if owner.qualname else None
        if around is not None and around.kind == "class" and scope.qualname.rpartition(".")[2].startswith("test"):
            for decorator in reversed(around.decorators):
                if (number := self._patch_number(around, decorator)) is not None:
                    yield owner, number

    def _patch_number(self, body: Body, decorator: str) -> int | None:
        if not decorator.startswith("#"):
            return None
        number = int(decorator[1:])
        return number if body.calls[number].tag.startswith("patch") else None

    def _arguments(self, scope: Scope, body: Body, name: str, values: Evaluation) -> frozenset[Value]:
        """Return what a helper's callers, in its own file, give it as a parameter."""
        names = [parameter.name for parameter in body.parameters]
        if name not in names:
            return NOTHING
        shift = 1 if body.kind == "method" and "staticmethod" not in body.decorators else 0
        found: set[Value] = set()
        for caller, call in self._callers.get(scope, ()):
            term = dict(call.keywords).get(name) or positional(call, names.index(name) - shift)
            if term:
                found |= values(caller, term)
        return frozenset(found)

    @cached_property
    def _callers(self) -> Mapping[Scope, Sequence[tuple[Scope, Call]]]:
        """Every call of a function of a test file by another function of that file."""
        found: dict[Scope, list[tuple[Scope, Call]]] = defaultdict(list)
        for path in self.world.followed:
            bodies = self.world.bodies(path)
            helpers: dict[str, list[str]] = defaultdict(list)
            for qualname, group in bodies.items():
                if group[-1].kind in ("function", "method"):
                    helpers[qualname.rpartition(".")[2]].append(qualname)
            for qualname, group in bodies.items():
                for call in group[-1].calls:
                    last = call.callee.rpartition(".")[2].rpartition("/")[2].lstrip("&")
                    for helper in helpers.get(last, ()):
                        if _may_call(call.callee, helper, qualname):
                            found[Scope(path, helper)].append((Scope(path, qualname), call))
        return found


def returned(world: World, function: Scope, values: Evaluation) -> frozenset[Value]:
    """Return what a function of a test file returns or yields."""
    body = world.body(function)
    if body is None:
        return NOTHING
    return frozenset().union(*(values(function, term) for term in body.returned))


def _may_call(callee: str, helper: str, caller: str) -> bool:
    """Tell whether a callee, in `caller`, may be the helper of a qualified name: `helper()`, `self.helper()`."""
    if callee.startswith("&"):
        return callee[1:].replace("/", ".") == helper
    root, dot, rest = callee.partition(".")
    owner = helper.rpartition(".")[0]
    if dot:
        return root in ("self", "cls") and "." not in rest and bool(owner)
    return not owner or caller.startswith(f"{owner}.") or caller == owner


def _is_run_by_pytest(world: World, scope: Scope) -> bool:
    """Tell whether a function's parameters are filled by pytest: it is a test or a fixture, and not nested."""
    name = scope.qualname.rpartition(".")[2]
    return name.startswith("test") or name in SET_UP or world.is_fixture(scope)
