"""The repository's files as the survey saw them, and what a chain of names stands for in them.

Files are loaded when something leads to them. Nothing here knows what a client is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from greenmod.api import FileFacts, Project

from ..survey.rows import Call, Expr, Function, Rows, Store, from_data

_OTHER, _DEFINED = "?", ":"
_DEPTH = 12  # imports followed before a chain is given up


class Place(NamedTuple):
    """Something that can hold a value, or a definition: `kind` is one of

    var         the name in the function `scope`, or in the module
    attr        the attribute of the instances and the class `scope`
    function    the function `name`; its value is what it returns or yields
    class       the class `name`
    call        what the call number `name` returns
    module      the file itself
    external    `name`, which is of another package
    unknown     something that could not be followed; `name` says why
    """

    kind: str
    path: str = ""
    scope: str = ""
    name: str = ""


class Found(NamedTuple):
    """A place, and the attributes behind it."""

    place: Place
    rest: str = ""


class Occurrence(NamedTuple):
    """A place where a value is used: the chain, what follows the value in it, and the call if the chain is called."""

    path: str
    expr: Expr
    rest: str
    number: int = -1

    @property
    def is_called(self) -> bool:
        return self.number >= 0


class File(NamedTuple):
    """A loaded file."""

    path: str
    rows: Rows
    facts: FileFacts
    functions: Mapping[str, Function]


class World:
    """The loaded files, and every occurrence of every place in them."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.files: dict[str, File] = {}
        self.broken: set[str] = set()
        self.occurrences: dict[Place, list[Occurrence]] = defaultdict(list)
        self.stores: dict[Place, list[tuple[str, Store]]] = defaultdict(list)
        self.arguments: dict[tuple[str, int], list[tuple[str, Place]]] = defaultdict(list)
        self.calls: dict[Place, list[int]] = defaultdict(list)  # by the function that they stand in
        self.generation = 0  # how often everything was read anew, because classes turned out to be related
        self._families: dict[Place, Sequence[Place]] = {}
        self._found: dict[tuple[str, str, str], Found] = {}
        self.asked_by_name: list[tuple[str, int]] = []  # `request.getfixturevalue("client")`

    def load(self, paths: Iterable[str]) -> list[str]:
        """Load files that are not loaded yet; return those that were."""
        wanted = [path for path in paths if path not in self.files and path not in self.broken]
        surveys = self.project.survey_all(wanted) if wanted else {}
        fresh = [path for path in wanted if self._add(path, surveys.get(path))]
        if self._have_new_families(fresh):
            self._forget()
            fresh = list(self.files)
            self.generation += 1
        for path in fresh:
            self._index(self.files[path])
        return fresh

    def _have_new_families(self, fresh: Iterable[str]) -> bool:
        """Note which classes inherit from each other; tell whether classes that were known before are concerned."""
        before = dict(self._families)
        related: dict[Place, set[Place]] = {}
        for path in fresh:
            for fact in self.files[path].facts.classes:
                own = Place("class", path, "", fact.qualname)
                lineage = {*self.lineage(path, fact.qualname)}
                if len(lineage) > 1:
                    related[own] = lineage
        for lineage in related.values():
            family = {*lineage}.union(*(self._families.get(each, ()) for each in lineage))
            for each in family:
                self._families[each] = sorted(family)
        return self._families != before

    def _forget(self) -> None:
        for index in (self.occurrences, self.stores, self.arguments, self.calls, self._found):
            index.clear()
        self.asked_by_name.clear()

    def file(self, path: str) -> File | None:
        if path not in self.files:
            self.load([path])
        return self.files.get(path)

    def function(self, place: Place) -> Function | None:
        file = self.file(place.path)
        return file.functions.get(place.name) if file else None

    def call(self, path: str, number: int) -> Call:
        return self.files[path].rows.calls[number]

    def of_call(self, path: str, call: Call) -> Place:
        """Return what a call calls, without attributes behind it; unknown if there are any."""
        found = self.lookup(path, call.expr.scope, call.expr.chain)
        return found.place if not found.rest else Place("unknown", path, "", call.expr.chain)

    def lookup(self, path: str, scope: str, chain: str, depth: int = 0) -> Found:
        """Follow a chain, used in a scope of a file, to what it stands for."""
        key = path, scope, chain
        if key not in self._found:
            found = self._lookup(path, scope, chain, depth)
            if path not in self.files:
                return found  # what is loaded later may say more
            self._found[key] = found
        return self._found[key]

    def _lookup(self, path: str, scope: str, chain: str, depth: int) -> Found:
        first, _, rest = chain.partition(".")
        if first.startswith("#"):
            return self._of_instance(path, scope, first, rest, depth) or Found(Place("call", path, "", first[1:]), rest)
        facts = self._facts(path)
        if facts is None or depth > _DEPTH:
            return Found(Place("unknown", path, "", chain))
        for place in self._scopes(path, facts, scope, first):
            return self._bound(facts, place, first, rest, depth)
        for star in facts.star_imports:
            module = self.project.module_path(star, path)
            if module is None:
                return Found(Place("unknown", path, "star", f"{star}.{chain}"))
            found = self.lookup(module, "", chain, depth + 1)
            if found.place.kind != "unknown" or found.place.scope == "star":
                return found
        return Found(Place("unknown", path, "", chain))

    def _of_instance(self, path: str, scope: str, first: str, rest: str, depth: int) -> Found | None:
        """Follow `super().name`, `type(self).name` and `Class().name`; None for what other calls return."""
        file = self.files.get(path)
        if file is None or not rest:
            return None
        call = file.rows.calls.get(int(first[1:]))
        if call is None:
            return None
        owner = self._class_around(file, scope)
        if call.expr.chain == "super" and owner:
            lineage = self.lineage(path, owner)
            return self.member(lineage[1].path, lineage[1].name, rest, depth) if len(lineage) > 1 else None
        if call.expr.chain == "type" and owner:
            return self.member(path, owner, rest, depth)
        made = self.lookup(path, call.expr.scope, call.expr.chain, depth + 1)
        is_class = made.place.kind == "class" and not made.rest
        return self.member(made.place.path, made.place.name, rest, depth) if is_class else None

    def _class_around(self, file: File, scope: str) -> str:
        while scope and file.facts.find_class(scope) is None:
            scope = scope.rpartition(".")[0]
        return scope

    def member(self, path: str, owner: str, chain: str, depth: int = 0) -> Found:
        """Follow a chain of attributes of a class or of its instances."""
        chain = chain.removeprefix("__class__.")
        name, _, rest = chain.partition(".")
        for each in (*self.lineage(path, owner), *self.family(path, owner)):
            facts = self._facts(each.path)
            targets = facts.names.get(each.name, {}).get(name, ()) if facts else ()
            if targets and all(target.startswith(_DEFINED) for target in targets):
                qualname = targets[0][1:]
                if facts and facts.find_class(qualname):
                    return self._in_class(each.path, qualname, rest, depth)
                return Found(Place("function", each.path, "", qualname), rest)
        root = min(self.family(path, owner), default=self.lineage(path, owner)[-1])
        return Found(Place("attr", root.path, root.name, name), rest)

    def family(self, path: str, owner: str) -> Sequence[Place]:
        """Return the classes of the loaded files that derive from a class, or share heirs with it; sorted."""
        return self._families.get(Place("class", path, "", owner), ())

    def lineage(self, path: str, owner: str) -> list[Place]:
        """Return a class and those of the project that it derives from, in order."""
        found = [Place("class", path, "", owner)]
        for each in found:
            for base in self.bases(each):
                if base.kind == "class" and base not in found:
                    found.append(base)
        return found

    def heirs(self, own: Place) -> Iterator[Place]:
        """Yield the classes of the loaded files that derive from one."""
        for file in list(self.files.values()):
            for fact in file.facts.classes:
                if fact.bases and own in self.lineage(file.path, fact.qualname)[1:]:
                    yield Place("class", file.path, "", fact.qualname)

    def bases(self, owner: Place) -> Iterator[Place]:
        """Yield what the bases of a class stand for."""
        facts = self._facts(owner.path)
        for fact in facts.classes if facts else ():
            if fact.qualname == owner.name:
                for base in fact.bases:
                    yield self.lookup(owner.path, fact.scope, base).place

    def owner(self, path: str, qualname: str) -> str:
        """Return the class that a function is a method of; empty where it is none."""
        outer = qualname.rpartition(".")[0]
        facts = self._facts(path)
        return outer if outer and facts and facts.find_class(outer) else ""

    def _add(self, path: str, survey: object) -> bool:
        facts = self.project.facts(path)
        if survey is None or facts is None:
            self.broken.add(path)
            return False
        rows = from_data(survey)
        self.files[path] = File(path, rows, facts, {function.qualname: function for function in rows.functions})
        return True

    def _index(self, file: File) -> None:
        path, rows = file.path, file.rows
        for expr in rows.exprs:
            found = self.lookup(path, expr.scope, expr.chain)
            self.occurrences[found.place].append(Occurrence(path, expr, found.rest))
            value = found.place if not found.rest else Place("unknown")
            self._note_argument(path, expr, value)
        for number, call in rows.calls.items():
            found = self.lookup(path, call.expr.scope, call.expr.chain)
            self.occurrences[found.place].append(Occurrence(path, call.expr, found.rest, number))
            self._note_argument(path, call.expr, Place("call", path, "", str(number)))
            self.calls[Place("function", path, "", call.expr.scope)].append(number)
            if call.expr.chain.rpartition(".")[2] == "getfixturevalue":
                self.asked_by_name.append((path, number))
        for store in rows.stores:
            found = self.lookup(path, store.scope, store.target)
            if not found.rest:
                self.stores[found.place].append((path, store))

    def _note_argument(self, path: str, expr: Expr, value: Place) -> None:
        if expr.usage.kind == "argument":
            self.arguments[path, expr.usage.number].append((expr.usage.detail, value))

    def _facts(self, path: str) -> FileFacts | None:
        file = self.files.get(path)
        return file.facts if file else self.project.facts(path)

    def _scopes(self, path: str, facts: FileFacts, scope: str, name: str) -> Iterator[str]:
        """Yield the scopes that bind a name as seen from `scope`, the nearest first."""
        file = self.files.get(path)
        place = scope
        while True:
            is_seen = place == scope or not place or facts.find_class(place) is None
            is_shared = file is not None and name in file.rows.shared.get(place, ())
            if is_seen and not is_shared and name in facts.names.get(place, {}):
                yield place
            if not place:
                return
            place = place.rpartition(".")[0]

    def _bound(self, facts: FileFacts, scope: str, name: str, rest: str, depth: int) -> Found:
        """Follow a name from the scope that binds it."""
        path, targets = facts.path, facts.names[scope][name]
        if targets == (_OTHER,):
            if scope and facts.find_class(scope):
                return self.member(path, scope, f"{name}.{rest}".rstrip("."), depth)
            if rest and self._is_self(facts, scope, name):
                return self.member(path, scope.rpartition(".")[0], rest, depth)
            return Found(Place("var", path, scope, name), rest)
        if len(targets) > 1:
            return self._agreed(facts, targets, name, rest, depth)
        return self._target(facts, targets[0], rest, depth)

    def _target(self, facts: FileFacts, target: str, rest: str, depth: int) -> Found:
        if not target.startswith(_DEFINED):
            return self._imported(facts.path, f"{target}.{rest}" if rest else target, depth)
        if facts.find_class(target[1:]):
            return self._in_class(facts.path, target[1:], rest, depth)
        return Found(Place("function", facts.path, "", target[1:]), rest)

    def _agreed(self, facts: FileFacts, targets: tuple[str, ...], name: str, rest: str, depth: int) -> Found:
        """Follow a name that is bound in several ways to the one thing that it stands for, if it is one."""
        found = {self._target(facts, target, rest, depth) for target in targets if target != _OTHER}
        if len(found) == 1 and _OTHER not in targets:
            return found.pop()
        names = " or ".join(sorted(each.place.name for each in found))
        return Found(Place("unknown", facts.path, "several", names or name), rest)

    def _in_class(self, path: str, owner: str, rest: str, depth: int) -> Found:
        return self.member(path, owner, rest, depth) if rest else Found(Place("class", path, "", owner))

    def _is_self(self, facts: FileFacts, scope: str, name: str) -> bool:
        """Tell whether a name is the first parameter of a method."""
        outer = scope.rpartition(".")[0]
        if not outer or facts.find_class(outer) is None:
            return False
        functions = [f for f in facts.functions if f.qualname == scope]
        return any(f.parameters[:1] == (name,) and "staticmethod" not in f.decorators for f in functions)

    def _imported(self, path: str, dotted: str, depth: int) -> Found:
        level = len(dotted) - len(dotted.lstrip("."))
        dots, parts = dotted[:level], dotted[level:].split(".")
        for cut in range(len(parts), -1 if dots else 0, -1):
            module, rest = dots + ".".join(parts[:cut]), ".".join(parts[cut:])
            target = self.project.module_path(module, path)
            if target is not None and target != path:
                if not rest:
                    return Found(Place("module", target))
                return self.lookup(target, "", rest, depth + 1)
        if dots:
            return Found(Place("unknown", path, "", dotted))
        return Found(Place("external", "", "", dotted))
