"""What names stand for in the functions of test files: what they are bound to around, or imported as."""

from __future__ import annotations

from greenmod.api import Thing, What

from .parameters import Parameters
from .values import NOTHING, Evaluation, Local, Place, Real, Scope, Value
from .world import World, is_test_file


class Bindings:
    """Answers what names stand for: parameters, variables of the bodies around, imports.

    The evaluator comes with each question, as `values`: a cycle of references would outlive the decision.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self._parameters = Parameters(world)

    def of(self, scope: Scope, name: str, values: Evaluation) -> frozenset[Value]:
        """Return what a name may be: the nearest body around that binds it says so, else an import."""
        place: Scope | None = scope
        while place is not None:
            body = self.world.body(place)
            if body is not None and (place == scope or body.kind != "class"):
                if body.kind != "class" and any(parameter.name.lstrip("*") == name for parameter in body.parameters):
                    return self._parameters.of(place, body, name, values)
                # Within the body itself a term says what a local name is: one that is left is not bound yet.
                if name in body.bindings and (place != scope or body.kind == "module"):
                    bound = values(place, body.bindings[name])
                    if not self._is_import(place, name):
                        return bound
                    mocks = frozenset(each for each in bound if isinstance(each, Place))
                    # What takes the place of an import is no more than that.
                    return mocks | self.imported(place, name, values)
            place = _around(place)
        return self.imported(scope, name, values)

    def _is_import(self, scope: Scope, name: str) -> bool:
        facts = self.world.project.facts(scope.path)
        return facts is not None and any(fact.scope == scope.qualname and fact.name == name for fact in facts.imports)

    def imported(self, scope: Scope, name: str, values: Evaluation) -> frozenset[Value]:
        """Return what the imports of a file, or built-in names, say that a name is; dots may lead on from it."""
        if "." not in name and (found := self._variable(scope, name, values)):
            return found
        thing = self.world.objects.named(scope.path, name, scope.qualname)
        return frozenset({self.as_value(thing)}) if thing.what is not What.UNKNOWN else NOTHING

    def _variable(self, scope: Scope, name: str, values: Evaluation) -> frozenset[Value]:
        """Return what a variable is that is imported from another module of the tests."""
        facts = self.world.project.facts(scope.path)
        for qualified in facts.qualified_names(name, scope.qualname) if facts else ():
            module, _, imported = qualified.rpartition(".")
            path = self.world.project.module_path(module, scope.path) if module.strip(".") else None
            is_other = path is not None and path != scope.path and is_test_file(path)
            body = self.world.body(Scope(path, "")) if path is not None and is_other else None
            if path is not None and body is not None and imported in body.bindings:
                return values(Scope(path, ""), body.bindings[imported])
        return NOTHING

    def as_value(self, thing: Thing) -> Value:
        """Return what a test file defines as its own, everything else as a thing."""
        if thing.what in (What.FUNCTION, What.CLASS) and not thing.is_library:
            local = Scope(thing.file, thing.qualname)
            rows = self.world.rows(thing.file) if thing.file in self.world.followed else None
            if rows is not None and self.world.body(local) is not None:
                return Local(local)
        return Real(thing)

    def is_bound(self, scope: Scope, term: str) -> bool:
        """Tell whether the root of a chain is a parameter or variable of the functions around, whatever it holds."""
        root = term.partition(".")[0]
        place: Scope | None = scope
        while place is not None:
            body = self.world.body(place)
            if body is not None and body.kind not in ("class", "module") and body.binds(root):
                return True
            place = _around(place)
        return False


def _around(scope: Scope) -> Scope | None:
    if not scope.qualname:
        return None
    return Scope(scope.path, scope.qualname.rpartition(".")[0])
