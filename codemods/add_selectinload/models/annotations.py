"""What an annotation is made of: the classes that it names, and whether there may be several or none of them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache

from greenmod.api import dotted

from .expressions import parsed

_MAPPED = frozenset({"Mapped", "DynamicMapped", "WriteOnlyMapped"})
_TRANSPARENT = _MAPPED | {"Annotated", "Required", "NotRequired", "Final", "ClassVar", "Awaitable", "Coroutine"}
_SEVERAL = frozenset(
    [
        "list",
        "List",
        "set",
        "Set",
        "frozenset",
        "FrozenSet",
        "tuple",
        "Tuple",
        "Sequence",
        "MutableSequence",
        "Iterable",
        "Collection",
        "deque",
        "Deque",
        "AbstractSet",
        "MutableSet",
        "Iterator",
        "AsyncIterator",
        "Generator",
        "InstrumentedList",
        "InstrumentedSet",
    ]
)
_KEYED = frozenset(
    ["dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict", "MappedCollection"]
)
_BARE = frozenset({"list", "List", "set", "Set", "frozenset", "tuple", "Tuple", "dict", "Dict"})
_NOTHING = frozenset({"Literal", "Callable", "type", "Type"})


@dataclass(frozen=True, slots=True)
class Leaf:
    """A class that an annotation names, with the annotations that it is parametrised with."""

    name: str
    arguments: tuple[Shape, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """An annotation, its wrappers taken off. `wrapper` is the last name of the outermost one of SQLAlchemy's own."""

    leaves: tuple[Leaf, ...] = ()
    is_many: bool = False
    is_optional: bool = False
    wrapper: str = ""


@lru_cache(maxsize=20_000)
def shape_of(text: str) -> Shape:
    """Return what an annotation is made of; nothing where it can't be read.

    Wrappers are known by their names: `Mapped`, `Optional`, `list` and their kin mean what they say.
    """
    node = parsed(text) if text else None
    return _shape(node) if node is not None else Shape()


def _shape(node: ast.expr) -> Shape:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            return shape_of(node.value)
        return Shape(is_optional=node.value is None)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _union([node.left, node.right])
    if isinstance(node, ast.Name | ast.Attribute):
        name = dotted(node)
        last = name.rpartition(".")[2]
        if last == "None":
            return Shape(is_optional=True)
        # A bare `Collection` is as likely a class of the project's own.
        return Shape(is_many=True) if last in _BARE else Shape((Leaf(name),))
    return _subscript(node) if isinstance(node, ast.Subscript) else Shape()


def _subscript(node: ast.Subscript) -> Shape:
    name = dotted(node.value)
    last = name.rpartition(".")[2]
    inside = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    if last in ("Union", "Optional"):
        found = _union(inside)
        return Shape(found.leaves, found.is_many, found.is_optional or last == "Optional", found.wrapper)
    if last in _TRANSPARENT and inside:
        found = _shape(inside[-1] if last == "Coroutine" else inside[0])
        return Shape(found.leaves, found.is_many, found.is_optional, last if last in _MAPPED else found.wrapper)
    if last in _SEVERAL:
        return Shape(_union(inside).leaves, is_many=True)
    if last in _KEYED:
        return Shape(_shape(inside[-1]).leaves, is_many=True)
    if last in _NOTHING or not name:
        return Shape()
    return Shape((Leaf(name, tuple(map(_shape, inside))),))


def _union(nodes: list[ast.expr]) -> Shape:
    found = [_shape(node) for node in nodes]
    return Shape(
        tuple(dict.fromkeys(leaf for each in found for leaf in each.leaves)),
        any(each.is_many for each in found),
        any(each.is_optional for each in found),
    )
