"""What names stand for in a repository, and what calling them gives: answered once, from as few files as possible."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from greenmod.facts.objects.calls import calling_of, is_awaitable
from greenmod.facts.objects.declarations import Declarations
from greenmod.facts.objects.layout import Finder
from greenmod.facts.objects.lookup import instance_of
from greenmod.facts.objects.members import undeclared
from greenmod.facts.objects.missing import is_for_types
from greenmod.facts.objects.module import Module, Place
from greenmod.facts.objects.modules import Modules
from greenmod.facts.objects.resolver import Resolver
from greenmod.facts.objects.sources import Memory
from greenmod.facts.objects.thing import Calling, Thing, What, unknown
from greenmod.facts.project import Project


class Objects:
    """Answers about the repository, its libraries and Python's own modules.

    Nothing is imported, no answer raises, and doubt is a Thing as well: UNKNOWN, with a rule and a reason.
    """

    def __init__(
        self,
        project: Project,
        declarations: Callable[[str], Declarations | None],
        libraries: Finder,
        memory: Memory | None = None,
    ) -> None:
        self._memory = memory
        self._modules = Modules(project, declarations, libraries)
        self._resolver = Resolver(self._modules)
        self._shown: dict[Thing, Thing] = {}
        self._answers: dict[tuple[str, Thing], Thing] = {}
        self._imported: dict[tuple[str, str], Thing] = {}

    def imported(self, dotted: str, importer: str) -> Thing:
        """Return what the target of `patch()`, written in the file `importer`, names.

        As `unittest.mock` follows it: the longest name that can be imported as a module, then attributes.
        """
        key = dotted, importer.rpartition("/")[0]
        if key not in self._imported:
            self._imported[key] = self._answer(lambda: self._follow(dotted, importer))
        return self._imported[key]

    def named(self, path: str, dotted: str, scope: str = "") -> Thing:
        """Return what a chain of names (or any expression) stands for in a file of the repository.

        Names that a comprehension or a lambda binds for itself are not looked at: nothing is MISSING under one.
        """
        found = self._at(path, scope, lambda place: self._resolver.value(place, dotted))
        if found.what is What.MISSING and self._is_rebound(path, dotted.partition(".")[0]):
            return unknown(f"`{dotted}` may be a name of a comprehension")
        return found

    def annotated(self, path: str, annotation: str, scope: str = "") -> Thing:
        """Return the instance that an annotation describes; `type[X]` describes the class."""
        return self._at(path, scope, lambda place: instance_of(self._resolver.kind(place, annotation)))

    def member(self, thing: Thing, name: str) -> Thing:
        """Return an attribute. MISSING where module or class are fully known and have none of that name."""
        return self._answer_once((name, thing), lambda: self._member(_plain(thing), name))

    def returned(self, thing: Thing) -> Thing:
        """Return what a call finally gives: awaited where it can be, the instance of a class, a function's result."""
        return self._answer_once(("()", thing), lambda: self._resolver.awaited(self._resolver.called(_plain(thing))))

    def called(self, thing: Thing) -> Thing:
        """Return what a call gives before anything is awaited or entered: for a coroutine function a `Coroutine`."""
        return self._answer(lambda: self._resolver.called(_plain(thing)))

    def names(self, thing: Thing) -> tuple[str, ...]:
        """Return the names that are declared in a module, a class or the class of an instance, sorted."""
        plain = _plain(thing)
        module = self._resolver.module_of(plain)
        if plain.what is What.MODULE and module is not None:
            return tuple(sorted(module.declared.names[""]))
        if plain.what not in (What.CLASS, What.INSTANCE):
            return ()
        above = self._resolver.ancestry(replace(plain, what=What.CLASS, owner=None))
        return tuple(sorted({name for each in above.classes for name in self._own_names(each.thing)}))

    def _own_names(self, thing: Thing) -> set[str]:
        module = self._resolver.module_of(thing)
        if module is None:
            return set()
        declared = module.declared
        return {*declared.names.get(thing.qualname, {}), *declared.attributes.get(thing.qualname, {})}

    def entered(self, thing: Thing) -> Thing:
        """Return what `as` binds where `with` or `async with` enters an instance, or what a call of a thing gives."""
        return self._answer(lambda: self._entered(_plain(thing)))

    def place(self, thing: Thing) -> str:
        """Return where a thing is defined: `app/services.py:12`; of an extract there are no lines."""
        module = self._resolver.module_of(thing) if thing.is_library else None
        has_line = thing.line and not (module is not None and module.is_shipped)
        return f"{thing.file}:{thing.line}" if has_line else thing.file

    def remember(self) -> None:
        """Write to the cache what was read of files."""
        if self._memory is not None:
            self._memory.flush()

    def _is_rebound(self, path: str, name: str) -> bool:
        """Tell whether a comprehension or a lambda anywhere in a file binds a name."""
        module = self._modules.at(path)
        text = self._modules.read(module) if module is not None else None
        name = re.escape(name)
        return (
            text is None
            or re.search(rf"\bfor\b[^:]*?\b{name}\b[^:]*?\bin\b|\blambda\b[^:]*\b{name}\b", text) is not None
        )

    def _entered(self, thing: Thing) -> Thing:
        if thing.what is What.INSTANCE:
            return self._resolver.entered(thing)
        return self._resolver.entered(self._resolver.called(thing))

    def _at(self, path: str, scope: str, ask: Callable[[Place], Thing]) -> Thing:
        module = self._modules.at(path)
        if module is None:
            return unknown(f"{path} can't be parsed")
        return self._answer(lambda: ask(Place(module, scope)))

    def _follow(self, dotted: str, importer: str) -> Thing:
        parts = dotted.split(".")
        if len(parts) < 2 or not all(part.isidentifier() for part in parts):
            return unknown(f"`{dotted}` names no attribute of a module")
        for cut in range(len(parts) - 1, 0, -1):
            module = self._modules.find_from(".".join(parts[:cut]), importer)
            if isinstance(module, Module):
                found = self._attribute(module, parts[cut:])
                is_there = found.what is not What.MISSING or found.file != module.file or "." in found.qualname
                if is_there or self._modules.is_rooted(module, ".".join(parts[:cut])):
                    return found
                return unknown(f"`{parts[0]}` may be another package than the one at {module.file}")
            doubt = module
        return doubt

    def _attribute(self, module: Module, names: list[str]) -> Thing:
        found = module.thing
        for name in names:
            owner, found = found, self._member(found, name)
            builtins = self._modules.builtins
            if found.what in (What.MISSING, What.UNKNOWN) and owner.what is What.MODULE and builtins is not None:
                # `patch("module.open")` makes the name in the module.
                known = name in builtins.declared.names[""]
                found = self._resolver.name(Place(builtins), name) if known and name == names[-1] else found
            if found.what in (What.MISSING, What.UNKNOWN):
                return found
        return found

    def _member(self, thing: Thing, name: str) -> Thing:
        """Return an attribute as it is when code runs: what a module imports for types alone is not there."""
        found = self._resolver.member(thing, name)
        module = self._resolver.module_of(thing) if thing.what is What.MODULE else None
        if module is None or not is_for_types(module, name) or found.what is What.UNKNOWN:
            return found
        return undeclared(self._resolver, module, name)

    def _answer_once(self, question: tuple[str, Thing], ask: Callable[[], Thing]) -> Thing:
        if question not in self._answers:
            self._answers[question] = self._answer(ask)
        return self._answers[question]

    def _answer(self, ask: Callable[[], Thing]) -> Thing:
        try:
            return self._show(ask())
        except RecursionError:
            return unknown("it takes too many steps to find out")

    def _show(self, thing: Thing) -> Thing:
        """Return a thing with what calling it gives."""
        if thing not in self._shown:
            self._shown[thing] = self._described(thing)
        return self._shown[thing]

    def _described(self, thing: Thing) -> Thing:
        if thing.what is What.FUNCTION:
            found = self._resolver.signature(thing)
            return replace(
                thing,
                calling=found.calling,
                decorators=found.decorators,
                auto_async=found.auto_async,
                is_certain=found.is_certain,
            )
        if thing.what is What.CLASS:
            return replace(thing, calling=calling_of(self._resolver, instance_of(thing)), auto_async=False)
        if thing.what is What.INSTANCE:
            return replace(thing, calling=self._call_of(thing), auto_async=is_awaitable(self._resolver, thing))
        if thing.what is What.UNKNOWN and thing.arguments:
            return replace(thing, arguments=tuple(map(self._show, thing.arguments)))
        return replace(thing, auto_async=False) if thing.what in (What.MODULE, What.PROPERTY) else thing

    def _call_of(self, thing: Thing) -> Calling:
        method = self._resolver.member(thing, "__call__")
        if method.what is What.FUNCTION and method.file != "builtins":
            if method.qualname == "Callable.__call__":
                return calling_of(self._resolver, self._resolver.called(thing))
            return self._resolver.signature(method).calling
        return Calling.UNKNOWN


def _plain(thing: Thing) -> Thing:
    """Return a thing as it was before it was shown."""
    if thing.what is What.UNKNOWN and thing.arguments:
        return replace(thing, arguments=tuple(map(_plain, thing.arguments)))
    if thing.what not in (What.FUNCTION, What.CLASS, What.INSTANCE, What.MODULE, What.PROPERTY):
        return thing
    return replace(thing, calling=Calling.UNKNOWN, decorators=(), auto_async=None, is_certain=True)
