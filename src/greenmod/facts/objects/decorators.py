"""What a decorator makes of a function: from the few that everybody uses, its annotation, or its own source."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from greenmod.facts.objects.declarations import Function
from greenmod.facts.objects.evaluation import parse_expression
from greenmod.facts.objects.forms import is_form
from greenmod.facts.objects.lookup import instance_of
from greenmod.facts.objects.module import Module, Place
from greenmod.facts.objects.thing import Thing, What

if TYPE_CHECKING:
    from greenmod.facts.objects.resolver import Resolver


class Effect(Enum):
    """NONE: it returns the function itself. SAME: a call gives the same. WRAPPED: so it does, from a plain `def`.

    PLAIN: what a coroutine function gives comes awaited.

    REPLACED: a call gives something else, which is known.
    """

    NONE = "none"
    SAME = "same"
    WRAPPED = "wrapped"
    PLAIN = "plain"
    COROUTINE = "coroutine"
    EITHER = "either"
    PROPERTY = "property"
    CONTEXT = "context manager"
    ASYNC_CONTEXT = "async context manager"
    REPLACED = "replaced"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Applied:
    """What a decorator does; with REPLACED, `gives` is what a call gives."""

    effect: Effect
    gives: Thing | None = None


_UNKNOWN = Applied(Effect.UNKNOWN)
_KNOWN = {
    ("builtins", "staticmethod"): Effect.NONE,
    ("builtins", "classmethod"): Effect.NONE,
    ("builtins", "property"): Effect.PROPERTY,
    ("functools.py", "cached_property"): Effect.PROPERTY,
    ("functools.py", "lru_cache"): Effect.WRAPPED,
    ("functools.py", "cache"): Effect.WRAPPED,
    ("functools.py", "wraps"): Effect.NONE,
    ("abc.py", "abstractmethod"): Effect.NONE,
    ("contextlib.py", "contextmanager"): Effect.CONTEXT,
    ("contextlib.py", "asynccontextmanager"): Effect.ASYNC_CONTEXT,
    ("typing.py", "overload"): Effect.NONE,
    ("typing.py", "final"): Effect.NONE,
    ("typing.py", "override"): Effect.NONE,
    ("typing.py", "no_type_check"): Effect.NONE,
    ("typing_extensions.py", "deprecated"): Effect.SAME,
    ("typing_extensions.py", "override"): Effect.NONE,
    ("types.py", "coroutine"): Effect.COROUTINE,
}
# By their last name alone, where their module can't be read.
_BY_NAME = {
    "property": Effect.PROPERTY,
    "cached_property": Effect.PROPERTY,
    "staticmethod": Effect.NONE,
    "classmethod": Effect.NONE,
    "abstractmethod": Effect.NONE,
    "overload": Effect.NONE,
    "override": Effect.NONE,
    "final": Effect.NONE,
    "reify": Effect.PROPERTY,
    "deprecated": Effect.SAME,
}
_RUNS = re.compile(
    r"(?:[\w.()]+\.)?run(?:_until_complete)?\(_(?:\(\))?(?:, .*)?\)$"
)  # `asyncio.run(f())`, `anyio.run(f)`
_PRESERVING = re.compile(r"^Callable\[\[(?P<same>.+)\], (?P=same)\]$")


def apply(resolver: Resolver, place: Place, text: str) -> Applied:
    """Return what a decorator, written as `text` at `place`, does."""
    node = parse_expression(text)
    if node is None or text == "...":
        return _UNKNOWN
    func = node.func if isinstance(node, ast.Call) else node
    found = resolver.value(place, ast.unparse(func))
    if known := _KNOWN.get((found.file, found.qualname)):
        return Applied(known)
    if found.what is What.FUNCTION:
        return _of_function(resolver, found, is_call=isinstance(node, ast.Call))
    if found.what is What.CLASS:
        return _of_class(resolver, found, is_call=isinstance(node, ast.Call))
    last = ast.unparse(func).rpartition(".")[2]
    if found.what is What.UNKNOWN and last.endswith("property"):
        return Applied(Effect.PROPERTY)
    return Applied(_BY_NAME.get(last, Effect.UNKNOWN)) if found.what is What.UNKNOWN else _UNKNOWN


def _of_class(resolver: Resolver, found: Thing, *, is_call: bool) -> Applied:
    """Return what a class does as a decorator: its instances are descriptors, or decorate by being called."""
    if resolver.member(found, "__get__").what is What.FUNCTION or found.qualname.endswith("property"):
        return Applied(Effect.PROPERTY)
    method = resolver.member(found, "__call__")
    if is_call and method.what is What.FUNCTION and method.file != "builtins":
        return _of_function(resolver, method, is_call=False)
    return _UNKNOWN


def _of_function(resolver: Resolver, function: Thing, *, is_call: bool) -> Applied:
    """Return what a function does as a decorator; with `is_call`, what it returns does."""
    module = resolver.module_of(function)
    rows = module.declared.functions.get(function.qualname, ()) if module else ()
    if module is None or not rows:
        return _UNKNOWN
    typed = any(_is_preserving(module, function.qualname, row, is_call=is_call) for row in rows)
    row = rows[-1]
    if is_call:
        by_source = _of_results(module, function.qualname, row)
    else:
        by_source = _applied(module, function.qualname, row)
    if by_source in (Effect.UNKNOWN, Effect.EITHER):
        if typed:
            return Applied(Effect.SAME)
        if gives := _replacement(resolver, module, function, row, is_call=is_call):
            return Applied(Effect.REPLACED, gives)
    return Applied(by_source)


def _replacement(resolver: Resolver, module: Module, function: Thing, row: Function, *, is_call: bool) -> Thing | None:
    """Return what calls give of a function that takes the place of the decorated one, as far as annotations tell."""
    name = _inner_name(row.gives[0]) if len(row.gives) == 1 else ""
    qualname = f"{function.qualname}.{name}"
    inner = _inner(module, function.qualname, name)
    if is_call and inner is not None:
        decorator = Thing(What.FUNCTION, module.file, qualname, inner.line, is_library=module.is_library)
        return _replacement(resolver, module, decorator, inner, is_call=False)
    if inner is not None and inner.returns and not inner.is_async:
        found = instance_of(resolver.kind(Place(module, function.qualname), inner.returns))
        return found if found.what is What.INSTANCE else None
    result = resolver.kind(Place(module, function.qualname.rpartition(".")[0]), row.returns) if row.returns else None
    if result is not None and not is_call and is_form(result, "Callable") and result.arguments:
        found = instance_of(result.arguments[-1])
        return found if found.what is What.INSTANCE else None
    return None


def _is_preserving(module: Module, qualname: str, row: Function, *, is_call: bool) -> bool:
    """Tell whether a decorator is annotated to return a function of the type that it is given."""
    if not row.returns:
        return False
    if is_call:
        plain = row.returns.replace("typing.", "").replace("t.", "")
        return bool(_PRESERVING.match(plain))
    bounds = module.declared.names.get(qualname, {})
    return any(
        bound.annotation == row.returns and row.returns not in ("Any", "Callable", "Callable[..., Any]")
        for name in row.parameters[:2]
        for bound in bounds.get(name, ())
    )


def _of_results(module: Module, qualname: str, row: Function) -> Effect:
    """Return what the functions do that a factory of decorators returns."""
    found = {
        _applied(module, f"{qualname}.{name}", inner)
        for text in row.gives
        if (name := _inner_name(text)) and (inner := _inner(module, qualname, name))
    }
    return next(iter(found)) if len(found) == 1 else Effect.UNKNOWN


def _inner_name(text: str) -> str:
    """Return the name of the function that is returned: `wrapper`, or `cast(F, wrapper)`."""
    node = parse_expression(text) if text else None
    while isinstance(node, ast.Call):
        if node.args:
            node = node.args[-1]
        else:
            node = node.func
    return node.id if isinstance(node, ast.Name) else ""


def _inner(module: Module, qualname: str, name: str) -> Function | None:
    rows = module.declared.functions.get(f"{qualname}.{name}", ())
    return rows[-1] if rows else None


def _applied(module: Module, qualname: str, row: Function) -> Effect:
    """Return what a decorator does to a function that it is given as its parameter."""
    is_method = qualname.rpartition(".")[0] in module.declared.classes and "staticmethod" not in row.decorators
    parameters = row.parameters[1:] if is_method else row.parameters
    if not parameters or not row.gives:
        return Effect.UNKNOWN
    given = parameters[0]
    found = {_one(module, qualname, text, given) for text in row.gives}
    if Effect.UNKNOWN in found:
        return Effect.UNKNOWN
    if Effect.COROUTINE in found and found & {Effect.WRAPPED, Effect.PLAIN, Effect.EITHER, Effect.NONE}:
        return Effect.NONE  # one wrapper for coroutine functions, another for the rest
    return (
        next(iter(found))
        if len(found) == 1
        else Effect.SAME
        if found <= {Effect.NONE, Effect.WRAPPED}
        else Effect.EITHER
    )


def _one(module: Module, qualname: str, text: str, given: str) -> Effect:
    """Return what it means that a decorator returns `text`."""
    name = _inner_name(text)
    if name == given:
        return Effect.NONE
    rows: Sequence[Function] = module.declared.functions.get(f"{qualname}.{name}", ()) if name else ()
    if not rows:
        return Effect.UNKNOWN
    kinds = {_wrapper(module, f"{qualname}.{name}", row, given) for row in rows}
    if Effect.COROUTINE in kinds and len(kinds) == 2:
        return Effect.NONE
    return next(iter(kinds)) if len(kinds) == 1 else Effect.UNKNOWN


def _wrapper(module: Module, qualname: str, row: Function, given: str) -> Effect:
    """Return what a function around another gives when it is called."""
    if row.is_generator:
        return Effect.UNKNOWN
    if row.is_async:
        return Effect.COROUTINE
    names = module.declared.names.get(qualname, {})
    texts = {text: [bound.text for bound in names.get(text, ())] or [text] for text in row.gives}
    kinds = {_of_text(text, given) for several in texts.values() for text in several}
    if not kinds:
        return Effect.PLAIN  # it returns nothing
    return next(iter(kinds)) if len(kinds) == 1 else Effect.EITHER


def _of_text(text: str, given: str) -> Effect:
    """Return what it means that a wrapper returns `text`."""
    if text in (f"{given}()", given):
        return Effect.WRAPPED
    return Effect.PLAIN if _RUNS.match(text.replace(given, "_")) else Effect.EITHER
