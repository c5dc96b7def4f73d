"""How a function can be called: from its statement, its annotation, what it returns, and its decorators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from greenmod.facts.objects import decorators
from greenmod.facts.objects.calls import calling_of
from greenmod.facts.objects.declarations import Function
from greenmod.facts.objects.decorators import Applied, Effect
from greenmod.facts.objects.described import NONE, is_union, substitute, variable_name
from greenmod.facts.objects.forms import AWAITABLE, form, is_form
from greenmod.facts.objects.lookup import instance_of, one_of
from greenmod.facts.objects.module import Module, Place
from greenmod.facts.objects.overrides import annotation, overrides
from greenmod.facts.objects.thing import Calling, Thing, What, unknown

if TYPE_CHECKING:
    from greenmod.facts.objects.resolver import Resolver

_ANYTHING = unknown("anything")


@dataclass(frozen=True, slots=True)
class Signature:
    """`gives` is what a call gives, nothing awaited, and for a property its value; `yields` what a generator yields.

    The rest is as in Thing. `is_awaited`: a property of which each access has to be awaited.
    """

    gives: Thing
    calling: Calling = Calling.UNKNOWN
    decorators: tuple[str, ...] = ()
    auto_async: bool | None = None
    is_certain: bool = True
    yields: Thing | None = None
    is_property: bool = False
    is_awaited: bool = False


DOUBT = Signature(unknown("it depends on itself"), is_certain=False)


def signature(resolver: Resolver, thing: Thing) -> Signature:
    """Return how a FUNCTION can be called."""
    if thing.qualname == "<lambda>":
        return _plain(resolver, thing.arguments[0], certain=False)
    module = resolver.module_of(thing)
    rows = module.declared.functions.get(thing.qualname, ()) if module else ()
    row = next((row for row in rows if row.line == thing.line), rows[-1] if rows else None)
    if module is None or row is None:
        return _made_at_run_time(thing)
    if result := annotation(module, thing.qualname):
        row = row._replace(returns=result)
    if _is_overloaded_both_ways(resolver, module, thing, rows):
        return Signature(unknown("its overloads differ"), Calling.EITHER, auto_async=False, is_certain=False)
    found = _undecorated(resolver, module, thing, row)
    place = Place(module, thing.qualname.rpartition(".")[0])
    for text in reversed(row.decorators):
        found = _decorated(resolver, found, decorators.apply(resolver, place, text), text)
    if module.is_stub and found.auto_async:  # the real one may be a plain function that returns a future
        found = replace(found, auto_async=None)
    return found


def _is_overloaded_both_ways(resolver: Resolver, module: Module, thing: Thing, rows: Sequence[Function]) -> bool:
    """Tell whether of the overloads some give an awaitable and others don't, whatever they are called through."""
    overloads = [row for row in rows if any(each.rpartition(".")[2] == "overload" for each in row.decorators)]
    if len(overloads) < 2 or any(row.is_async or not row.returns for row in overloads):
        return False
    names = module.declared.names.get(thing.qualname, {})
    if any(bound.annotation for name in ("self", "cls") for bound in names.get(name, ())):
        return False
    given = {_undecorated(resolver, module, thing, row).calling for row in overloads}
    return Calling.COROUTINE in given and Calling.SYNC in given


def _made_at_run_time(thing: Thing) -> Signature:
    """Return how a method is called that no statement makes."""
    owner = f"{thing.file}:{thing.qualname.rpartition('.')[0]}"
    if thing.is_library and owner in overrides().coroutine_members:
        return Signature(instance_of(form("Coroutine", _ANYTHING, _ANYTHING, _ANYTHING)), Calling.COROUTINE)
    return DOUBT


def _undecorated(resolver: Resolver, module: Module, thing: Thing, row: Function) -> Signature:
    result = _result(resolver, module, thing, row)
    if row.is_generator:
        return _generator(resolver, row, result)
    if row.is_async:
        gives = instance_of(form("Coroutine", _ANYTHING, _ANYTHING, _class_of(result)))
        return Signature(gives, Calling.COROUTINE, auto_async=True)
    if is_union(result) and thing.owner is not None and _is_plain_union(resolver, thing.owner):
        result = one_of(
            resolver, [one for one in result.arguments if not is_form(one, *AWAITABLE)], f"`{thing.qualname}`"
        )
    return _plain(resolver, result, certain=bool(row.returns) or not row.gives)


def _is_plain_union(resolver: Resolver, owner: Thing) -> bool:
    above = resolver.ancestry(replace(owner, what=What.CLASS, owner=None))
    return any(f"{each.thing.file}:{each.thing.qualname}" in overrides().plain_unions for each in above.classes)


def _plain(resolver: Resolver, result: Thing, *, certain: bool) -> Signature:
    """Return how a `def` is called that gives `result`; `certain` where an annotation says so."""
    calling = calling_of(resolver, result)
    if calling is not Calling.UNKNOWN:
        return Signature(result, calling, auto_async=False, is_certain=certain or calling is not Calling.SYNC)
    among = {calling_of(resolver, one) for one in result.arguments}
    if is_union(result) and any(is_form(one, *AWAITABLE) for one in result.arguments):
        return Signature(result, Calling.COROUTINE, auto_async=False)
    if len(among) == 1 and Calling.UNKNOWN not in among:
        return Signature(result, among.pop(), auto_async=False, is_certain=certain)
    if Calling.COROUTINE in among:
        return Signature(result, Calling.EITHER, auto_async=False, is_certain=False)
    return Signature(result, Calling.SYNC, auto_async=False, is_certain=False)


def _generator(resolver: Resolver, row: Function, result: Thing) -> Signature:
    """Return how a generator function is called; `result` is what it is annotated to return, or yields."""
    yields = result
    if row.returns:
        yields = instance_of(result.arguments[0]) if is_form(result) and result.arguments else _ANYTHING
    name = "AsyncGenerator" if row.is_async else "Generator"
    gives = instance_of(form(name, _class_of(yields)))
    calling = Calling.ASYNC_ITERATOR if row.is_async else Calling.SYNC
    return Signature(gives, calling, auto_async=False, yields=yields)


def _result(resolver: Resolver, module: Module, thing: Thing, row: Function) -> Thing:
    """Return what a function's annotation, else its `return` and `yield` statements, say that it gives."""
    outer = thing.qualname.rpartition(".")[0]
    if row.returns:
        if thing.owner is not None and _returns_itself(resolver, module, thing, row):
            return instance_of(replace(thing.owner, what=What.CLASS))
        return instance_of(resolver.kind(Place(module, outer, thing.owner), row.returns))
    place = Place(module, thing.qualname, thing.owner)
    found = [resolver.value(place, text) if text else unknown("it is made at run time") for text in row.gives]
    telling = [one for one in dict.fromkeys(found) if one != instance_of(NONE)]
    if any(is_form(one, *AWAITABLE) for one in telling) and _calls_for_nothing(row, found):
        telling.append(instance_of(NONE))
    return one_of(resolver, telling, f"what `{thing.qualname}` returns") if telling else instance_of(NONE)


def _calls_for_nothing(row: Function, found: Sequence[Thing]) -> bool:
    """Tell whether a function returns what a call gives that gives None: `return asyncio.run(main())`."""
    return any(one == instance_of(NONE) and text.endswith(")") for text, one in zip(row.gives, found, strict=True))


def _returns_itself(resolver: Resolver, module: Module, thing: Thing, row: Function) -> bool:
    """Tell whether a method is annotated to return what its `self` is: `def __aenter__(self: T) -> T`."""
    if not row.parameters or "staticmethod" in row.decorators:
        return False
    outer = Place(module, thing.qualname.rpartition(".")[0])
    for bound in module.declared.names.get(thing.qualname, {}).get(row.parameters[0], ()):
        if bound.annotation and row.returns in (bound.annotation, _inside(bound.annotation)):
            return bool(variable_name(resolver.kind(outer, row.returns)))
    return False


def _inside(annotation: str) -> str:
    return annotation.partition("[")[2].rpartition("]")[0]


def _class_of(thing: Thing) -> Thing:
    """Return a thing as the argument of a generic class."""
    if thing.what is What.INSTANCE:
        return replace(thing, what=What.CLASS)
    return form("Type", thing) if thing.what is What.CLASS else unknown(thing.reason or thing.what.value)


def _decorated(resolver: Resolver, found: Signature, applied: Applied, text: str) -> Signature:
    """Return how a function is called once a decorator went over it."""
    effect = applied.effect
    if applied.gives is not None:
        return _replaced(resolver, found, applied.gives)
    if effect is Effect.NONE:
        return found
    if effect is Effect.SAME:
        return replace(found, auto_async=None if found.auto_async else found.auto_async)
    if effect is Effect.WRAPPED:
        return replace(found, auto_async=False)
    if effect is Effect.PROPERTY:
        return replace(found, is_property=True, is_awaited=found.calling is Calling.COROUTINE, auto_async=False)
    if effect in (Effect.CONTEXT, Effect.ASYNC_CONTEXT):
        return _managed(found, effect)
    if effect is Effect.COROUTINE:
        if found.calling is Calling.COROUTINE:
            return replace(found, auto_async=True)
        gives = instance_of(form("Coroutine", _ANYTHING, _ANYTHING, _class_of(found.gives)))
        return replace(found, gives=gives, calling=Calling.COROUTINE, auto_async=True)
    if effect is Effect.PLAIN:
        if found.calling is not Calling.COROUTINE:
            return replace(found, auto_async=False)
        return Signature(resolver.awaited(found.gives), Calling.SYNC, auto_async=False)
    if effect is Effect.EITHER and found.calling is Calling.COROUTINE:
        return replace(found, calling=Calling.EITHER, auto_async=False, decorators=(*found.decorators, text))
    if effect is Effect.EITHER:
        return replace(found, auto_async=False, is_certain=False)
    return replace(found, auto_async=None, decorators=(*found.decorators, text))


def _replaced(resolver: Resolver, found: Signature, gives: Thing) -> Signature:
    """Return how the function is called that takes another's place; its one type variable is the other's result."""
    result = _class_of(resolver.awaited(found.gives))
    free = {variable_name(each) for each in gives.arguments} - {""}
    return _plain(resolver, substitute(gives, dict.fromkeys(free, result)) if len(free) == 1 else gives, certain=True)


def _managed(found: Signature, effect: Effect) -> Signature:
    """Return a generator function as a factory of context managers."""
    is_async = effect is Effect.ASYNC_CONTEXT
    name = "AbstractAsyncContextManager" if is_async else "AbstractContextManager"
    gives = instance_of(form(name, _class_of(found.yields or _ANYTHING)))
    calling = Calling.ASYNC_CONTEXT if is_async else Calling.SYNC
    return replace(found, gives=gives, calling=calling, auto_async=False, is_certain=True)
