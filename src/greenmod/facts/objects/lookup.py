"""Names: through scopes and imports to what they are bound to, and what several bindings come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from greenmod.facts.objects import declarations as kinds
from greenmod.facts.objects.declarations import Bound
from greenmod.facts.objects.forms import find_form
from greenmod.facts.objects.module import Module, Place
from greenmod.facts.objects.thing import Rule, Thing, What, unknown

if TYPE_CHECKING:
    from greenmod.facts.objects.resolver import Resolver


_UNTYPED = "()"  # marks what is not known because a parameter has no annotation


def look_up(resolver: Resolver, place: Place, name: str) -> Thing:
    """Return what a plain name, used at `place`, stands for."""
    declared = place.module.declared
    for scope in _scopes(place):
        if not scope and place.module.is_library and (known := find_form(place.module.file, name)):
            return known
        if bounds := declared.names.get(scope, {}).get(name):
            if not scope and (again := _starred_again(resolver, place.module, name, bounds)):
                return again
            owner = place.owner if scope == place.scope or place.scope.startswith(f"{scope}.") else None
            return meant(resolver, Place(place.module, scope, owner), name, bounds)
    if found := through_stars(resolver, place.module, name):
        return found
    return _builtin(resolver, name) or unknown(f"`{name}` is not bound in {place.module.file}")


def _scopes(place: Place) -> Iterator[str]:
    """Yield the scopes in which a name is looked up; a class body is seen from directly inside only."""
    scope = place.scope
    while scope:
        if scope == place.scope or scope not in place.module.declared.classes:
            yield scope
        scope = scope.rpartition(".")[0]
    yield ""


def _builtin(resolver: Resolver, name: str) -> Thing | None:
    module = resolver.modules.builtins
    if module is not None and name in module.declared.names[""]:
        return resolver.name(Place(module), name)
    return None


def through_stars(resolver: Resolver, module: Module, name: str) -> Thing | None:
    """Look for a name in the modules that everything is imported from; the last one wins."""
    doubt: Thing | None = None
    for star in reversed(module.declared.stars):
        target = resolver.modules.find(star.module, module)
        if isinstance(target, Thing):
            said = f"`{name}` may come from `from {star.module} import *`: {target.reason}"
            doubt = unknown(said, Rule.STAR_IMPORT)
            continue
        if target is module or not is_exported(target, name):
            continue
        found = resolver.member(target.thing, name)
        if found.what is What.MISSING:
            continue
        if found.what is not What.UNKNOWN:
            return found
        doubt = doubt or found
    return doubt


def _starred_again(resolver: Resolver, module: Module, name: str, bounds: Sequence[Bound]) -> Thing | None:
    """Return what a later `import *` puts in the place of a name: of a module that lists it in `__all__`.

    Generated packages are corrected that way: those of Azure end with `from ._patch import *`.
    """
    for star in reversed(module.declared.stars):
        if star.line < max(bound.line for bound in bounds):
            return None
        target = resolver.modules.find(star.module, module)
        if isinstance(target, Thing) or target is module or name not in (target.declared.exports or ()):
            continue
        found = resolver.member(target.thing, name)
        if found.what not in (What.UNKNOWN, What.MISSING):
            return found
    return None


def is_exported(module: Module, name: str) -> bool:
    """Tell whether `import *` may bring a name."""
    exports = module.declared.exports
    if exports is not None and not module.declared.stars:
        return name in exports
    return not name.startswith("_") or exports is not None or "__all__" in module.declared.names[""]


def meant(resolver: Resolver, place: Place, name: str, bounds: Sequence[Bound]) -> Thing:
    """Return what a name, bound in the scope of `place`, stands for after all of its bindings."""
    bounds = _telling(place, name, bounds)
    if not bounds:
        return Thing(What.INSTANCE, "builtins", "NoneType", is_library=True)
    for_types = [bound for bound in bounds if bound.note == kinds.FOR_TYPES]
    running = [bound for bound in bounds if bound.note != kinds.FOR_TYPES]
    if not for_types or not running:
        return _joined(resolver, place, name, bounds)
    said = _joined(resolver, place, name, for_types)
    found = _joined(resolver, place, name, running)
    return found if _contradicts(resolver, found, said) else said


def _contradicts(resolver: Resolver, found: Thing, said: Thing) -> bool:
    """Tell whether what runs is known to be something else than what is said for type checkers."""
    if found.what is not said.what or found.file in ("builtins", "typing.py"):
        return False
    if found.what is not What.FUNCTION:
        return True
    here = resolver.signature(found)
    return here.is_certain and here.calling is not resolver.signature(said).calling


def _joined(resolver: Resolver, place: Place, name: str, bounds: Sequence[Bound]) -> Thing:
    """Return what several bindings come to, of which each may be the one that counts."""
    answers = [(bound, _bound(resolver, place, name, bound)) for bound in bounds]
    if bounds[-1].kind == kinds.ANEW and (made := _made_anew(place, name, answers)):
        return made
    telling = [(bound, one) for bound, one in answers if not _is_harmless(bound, one)]
    first = [one for bound, one in telling if not bound.note]  # no fallback
    everything = [one for _, one in telling or answers]
    found = everything if _differ(resolver, everything) else first or everything
    return one_of(resolver, list(dict.fromkeys(found)), f"`{name}` in {place.module.file}")


def _made_anew(place: Place, name: str, answers: Sequence[tuple[Bound, Thing]]) -> Thing | None:
    """Return what a name is that was bound to something made of itself; None where what it was says as much."""
    bound, last = answers[-1]
    if last.what in (What.CLASS, What.INSTANCE, What.MODULE):
        return last
    if all(one.what is not What.FUNCTION for _, one in answers[:-1]):
        return None
    return unknown(f"`{name}` is made anew of itself at {place.module.file}:{bound.line}")


def _differ(resolver: Resolver, found: Sequence[Thing]) -> bool:
    """Tell whether functions are not of one kind: then no order among them says which one it is."""
    are_functions = all(one.what is What.FUNCTION for one in found)
    return are_functions and len({resolver.signature(one).calling for one in found}) > 1


def _is_harmless(bound: Bound, found: Thing) -> bool:
    """Tell whether what isn't known is an import, or a parameter, that another binding stands in for."""
    if bound.kind == kinds.IMPORT:
        return found.rule == Rule.NOT_INSTALLED.value or found.what is What.MISSING
    return found.qualname == _UNTYPED


def _telling(place: Place, name: str, bounds: Sequence[Bound]) -> Sequence[Bound]:
    """Leave out placeholders, overloads and the setters of properties."""
    kept = [
        bound
        for bound in bounds
        if not (bound.kind == kinds.VALUE and bound.text in ("None", "...") and not bound.annotation)
    ]
    if annotated := [bound for bound in kept if bound.kind == kinds.VALUE and bound.annotation]:
        return annotated[:1]
    if len(kept) > 1:
        functions = place.module.declared.functions.get(f"{place.scope}.{name}" if place.scope else name, ())
        spared = {row.line for row in functions if _is_aside(name, row.decorators)}
        kept = [bound for bound in kept if bound.kind != kinds.FUNCTION or bound.line not in spared] or kept[-1:]
    return kept


def _is_aside(name: str, decorators: Iterable[str]) -> bool:
    last = [each.partition("(")[0] for each in decorators]
    return any(
        each.rpartition(".")[2] == "overload" or each in (f"{name}.setter", f"{name}.deleter", f"{name}.register")
        for each in last
    )


def one_of(resolver: Resolver, found: Sequence[Thing], name: str) -> Thing:
    """Return the one thing that several answers come to."""
    definitions = {one.key: one for one in found if one.what not in (What.UNKNOWN, What.MISSING)}
    if len(found) == 1:
        return found[0]
    if len(definitions) == 1 and len(found) == sum(one.key in definitions for one in found):
        return next(iter(definitions.values()))
    if all(one.what is What.MODULE for one in found):
        return found[0]  # one for each platform
    if all(one.what is What.FUNCTION for one in found) and len({resolver.signature(one).calling for one in found}) == 1:
        return found[-1]
    if doubt := next((one for one in found if one.what is What.UNKNOWN and not one.arguments), None):
        return replace(doubt, arguments=tuple(found))
    return unknown(f"{name} may be one of several things", Rule.UNRESOLVED, *found)


def _bound(resolver: Resolver, place: Place, name: str, bound: Bound) -> Thing:
    module, scope = place.module, place.scope
    qualname = f"{scope}.{name}" if scope else name
    if bound.kind == kinds.IMPORT:
        return follow(resolver, module, bound.text)
    if bound.kind == kinds.FUNCTION:
        return Thing(What.FUNCTION, module.file, qualname, bound.line, is_library=module.is_library)
    if bound.kind == kinds.CLASS:
        return Thing(What.CLASS, module.file, qualname, bound.line, is_library=module.is_library)
    inside = place if bound.scope is None else Place(module, bound.scope, place.owner)
    if bound.annotation:
        found = resolver.kind(inside, bound.annotation)
        if not (found.what is What.UNKNOWN and bound.kind == kinds.VALUE and _says_nothing(bound.annotation)):
            return instance_of(found)
    if bound.kind == kinds.PARAMETER:
        return _parameter(resolver, inside, name, bound)
    return _value(resolver, inside, name, bound)


def _says_nothing(annotation: str) -> bool:
    return annotation.rpartition(".")[2] in ("Any", "Final", "ClassVar", "object", "TypeAlias")


def _value(resolver: Resolver, place: Place, name: str, bound: Bound) -> Thing:
    if not bound.text:
        return unknown(f"`{name}` at {place.module.file}:{bound.line} is made at run time")
    if bound.kind == kinds.CAUGHT:
        return instance_of(resolver.value(place, bound.text))
    if bound.kind in (kinds.ENTERED, kinds.ENTERED_ASYNC):
        return resolver.entered(resolver.value(place, bound.text))
    return resolver.value(place, bound.text)


def _parameter(resolver: Resolver, place: Place, name: str, bound: Bound) -> Thing:
    """Return what a parameter without annotation is: `self`, `cls`, or what its default says."""
    declared = place.module.declared
    outer = place.scope.rpartition(".")[0]
    for function in declared.functions.get(place.scope, ()):
        if (
            outer in declared.classes
            and function.parameters[:1] == (name,)
            and "staticmethod" not in function.decorators
        ):
            me = Thing(
                What.CLASS,
                place.module.file,
                outer,
                declared.classes[outer][-1].line,
                is_library=place.module.is_library,
            )
            owner = place.owner if place.owner is not None and place.owner.what in (What.CLASS, What.INSTANCE) else me
            is_class = (
                "classmethod" in function.decorators or name in ("cls", "mcs") or place.scope.endswith(".__new__")
            )
            return replace(owner, what=What.CLASS) if is_class else instance_of(replace(owner, what=What.CLASS))
    if bound.text.partition("(")[0].rpartition(".")[2] in ("Depends", "Security"):
        return resolver.value(place, bound.text)
    default = resolver.value(place._replace(scope=outer), bound.text) if bound.text else None
    if default is not None and default.what in (What.CLASS, What.FUNCTION):
        return default
    doubt = unknown(f"the parameter `{name}` at {place.module.file}:{bound.line} has no annotation")
    return replace(doubt, qualname=_UNTYPED)


def instance_of(kind: Thing) -> Thing:
    """Return the INSTANCE of a CLASS; doubt stays doubt."""
    if kind.what is What.CLASS:
        if kind.qualname in ("Type", "type") and kind.arguments:
            return kind.arguments[0]
        return replace(kind, what=What.INSTANCE)
    if kind.what is What.UNKNOWN:
        return replace(kind, arguments=tuple(instance_of(one) for one in kind.arguments)) if kind.arguments else kind
    return unknown(f"`{kind.qualname or kind.file}` is no class")


def follow(resolver: Resolver, module: Module, target: str) -> Thing:
    """Return what an import of `target` in `module` brings."""
    level = len(target) - len(target.lstrip("."))
    parent, dot, last = target[level:].rpartition(".")
    if not level and not dot:
        found = resolver.modules.find(target, module)
        return found if isinstance(found, Thing) else found.thing
    package = resolver.modules.find("." * level + parent, module)
    if isinstance(package, Thing):
        whole = resolver.modules.find(target, module)  # a folder without `__init__.py` around it
        return package if isinstance(whole, Thing) else whole.thing
    if package is module and (inside := resolver.modules.submodule(package, last)):
        return inside if isinstance(inside, Thing) else inside.thing
    found_there = resolver.member(package.thing, last)
    if found_there.what is What.MISSING:
        return unknown(f"{package.file} has no `{last}`, which {module.file} imports")
    return found_there
