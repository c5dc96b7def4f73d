"""What an expression gives: chains of names, calls and awaits, as far as declarations tell."""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from greenmod.facts.objects.forms import form
from greenmod.facts.objects.lookup import instance_of, one_of
from greenmod.facts.objects.module import Place
from greenmod.facts.objects.thing import Calling, Thing, What, unknown

if TYPE_CHECKING:
    from greenmod.facts.objects.resolver import Resolver

_FIRST_AWAITED = frozenset({"wait_for", "shield", "run", "run_until_complete"})
_TASKS = frozenset({"create_task", "ensure_future"})
_COPIES = frozenset({"deepcopy", "copy", "aliased"})
_LITERALS: dict[type, str] = {ast.List: "list", ast.Dict: "dict", ast.Set: "set", ast.Tuple: "tuple"}


@lru_cache(maxsize=50_000)
def parse_expression(text: str) -> ast.expr | None:
    """Parse an expression; None where the text is none."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def evaluate(resolver: Resolver, place: Place, text: str) -> Thing:
    """Return what `text` gives at `place`."""
    node = parse_expression(text)
    if node is None:
        return unknown(f"`{text}` is no expression")
    return _evaluate(resolver, place, node)


def _evaluate(resolver: Resolver, place: Place, node: ast.expr) -> Thing:
    if isinstance(node, ast.Name):
        return resolver.name(place, node.id)
    if isinstance(node, ast.Attribute):
        return resolver.member(_evaluate(resolver, place, node.value), node.attr)
    if isinstance(node, ast.Call):
        return _call(resolver, place, node)
    if isinstance(node, ast.Await):
        return resolver.awaited(_evaluate(resolver, place, node.value))
    if isinstance(node, ast.Constant):
        return builtin(type(node.value).__name__)
    if isinstance(node, ast.BoolOp | ast.IfExp):
        return _choice(resolver, place, node)
    if isinstance(node, ast.Subscript) and (item := _item(resolver, _evaluate(resolver, place, node.value))):
        return item
    if isinstance(node, ast.Subscript | ast.BinOp):
        return resolver.kind(place, ast.unparse(node))
    if isinstance(node, ast.Lambda):
        return _lambda(resolver, place, node)
    if type(node) in _LITERALS:
        return builtin(_LITERALS[type(node)])
    return unknown(f"`{ast.unparse(node)}` is made at run time")


def builtin(name: str) -> Thing:
    return Thing(What.INSTANCE, "builtins", name, is_library=True)


def _item(resolver: Resolver, thing: Thing) -> Thing | None:
    """Return what `thing[…]` gives; None for a class, which stays one."""
    if thing.what is not What.INSTANCE:
        return None
    if thing.file == "builtins":
        return instance_of(thing.arguments[-1]) if thing.arguments else unknown(f"an item of a {thing.qualname}")
    return resolver.called(resolver.member(thing, "__getitem__"))


def _choice(resolver: Resolver, place: Place, node: ast.BoolOp | ast.IfExp) -> Thing:
    """Return what `a or b` gives: one answer is enough, for the other is the same kind of thing or None."""
    sides = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
    found = list(dict.fromkeys(_evaluate(resolver, place, side) for side in sides))
    found = [one for one in found if one != builtin("NoneType")] or found
    known = [one for one in found if one.what is not What.UNKNOWN]
    return one_of(resolver, known or found, f"`{ast.unparse(node)}`")


def _lambda(resolver: Resolver, place: Place, node: ast.Lambda) -> Thing:
    """Return a lambda as a function of its own; its result is looked at where it is called."""
    result = _evaluate(resolver, place, node.body)
    return Thing(What.FUNCTION, place.module.file, "<lambda>", is_library=place.module.is_library, arguments=(result,))


def _call(resolver: Resolver, place: Place, node: ast.Call) -> Thing:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    arguments = node.args
    if name == "super" and isinstance(node.func, ast.Name):
        return _above(resolver, place)
    if arguments:
        if name == "cast" and len(arguments) > 1:
            return instance_of(resolver.kind(place, ast.unparse(arguments[0])))
        if name == "partial":
            return replace(_evaluate(resolver, place, arguments[0]), auto_async=None)
        if name in ("Depends", "Security"):
            return _injected(resolver, _evaluate(resolver, place, arguments[0]))
        if name in _FIRST_AWAITED:
            return resolver.awaited(_evaluate(resolver, place, arguments[0]))
        if name in _TASKS:
            result = resolver.awaited(_evaluate(resolver, place, arguments[0]))
            return instance_of(
                form("Task", replace(result, what=What.CLASS) if result.what is What.INSTANCE else result)
            )
        if name in ("enter_async_context", "enter_context"):
            return resolver.entered(_evaluate(resolver, place, arguments[0]))
        if name in _COPIES:
            return _evaluate(resolver, place, arguments[0])
        if name == "getattr" and len(arguments) > 1:
            return _attribute(resolver, place, arguments)
        if name == "type" and isinstance(node.func, ast.Name) and len(arguments) == 1:
            return _class_of(_evaluate(resolver, place, arguments[0]))
    if name in ("field", "Field", "attrib", "ib"):
        return _default(resolver, place, node)
    return resolver.called(_evaluate(resolver, place, node.func))


def _above(resolver: Resolver, place: Place) -> Thing:
    """Return the object as the next of its classes sees it: `super()`."""
    me = place.scope.rpartition(".")[0]
    while me and me not in place.module.declared.classes:
        me = me.rpartition(".")[0]
    if not me:
        return unknown("`super()` stands in no class")
    rows = place.module.declared.classes[me]
    found = Thing(What.CLASS, place.module.file, me, rows[-1].line, is_library=place.module.is_library)
    above = resolver.ancestry(found)
    if len(above.classes) < 2 or above.doubt:
        return unknown(f"what is above `{me}` is not known")
    return instance_of(above.classes[1].thing)


def _injected(resolver: Resolver, dependency: Thing) -> Thing:
    """Return what FastAPI makes of a dependency: what it returns, awaits or yields."""
    given = resolver.called(dependency)
    yielded = resolver.signature(dependency).yields if dependency.what is What.FUNCTION else None
    return yielded or resolver.awaited(given)


def _attribute(resolver: Resolver, place: Place, arguments: list[ast.expr]) -> Thing:
    name = arguments[1]
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        return resolver.member(_evaluate(resolver, place, arguments[0]), name.value)
    return unknown("an attribute whose name is made at run time")


def _class_of(thing: Thing) -> Thing:
    if thing.what is What.INSTANCE:
        return replace(thing, what=What.CLASS, calling=Calling.UNKNOWN)
    return unknown("the class of something that is not known")


def _default(resolver: Resolver, place: Place, node: ast.Call) -> Thing:
    """Return what a dataclass's or model's field is by default."""
    for keyword in node.keywords:
        if keyword.arg in ("default_factory", "factory"):
            return resolver.called(_evaluate(resolver, place, keyword.value))
        if keyword.arg == "default":
            return _evaluate(resolver, place, keyword.value)
    if node.args and not (isinstance(node.args[0], ast.Constant) and node.args[0].value is Ellipsis):
        return _evaluate(resolver, place, node.args[0])
    return unknown("a field without a default")
