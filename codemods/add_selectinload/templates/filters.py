"""Which attributes Jinja's filters read of the items that they are given, and what they give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .values import NOTHING, Listed, Packed, Value, at

# The place of the parameter `attribute` among the filter's arguments; `map` takes it as a keyword alone.
_PLACES = {
    "groupby": 0,
    "join": 1,
    "map": None,
    "max": 1,
    "min": 1,
    "rejectattr": 0,
    "selectattr": 0,
    "sort": 2,
    "sum": 0,
    "unique": 1,
}
_THROUGH = frozenset(
    {"d", "default", "list", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "unique"}
)
_ONE = frozenset({"first", "last", "max", "min", "random"})
_PARTS = frozenset({"batch", "slice"})


def attributes(name: str, args: Sequence[object], keywords: Mapping[str, object]) -> tuple[str, ...]:
    """Return the paths that a filter reads of each item: `team.name`."""
    if name not in _PLACES:
        return ()
    place = _PLACES[name]
    found = keywords.get("attribute", args[place] if place is not None and place < len(args) else None)
    paths = found.split(",") if isinstance(found, str) and name == "sort" else [found]
    return tuple(path.strip() for path in paths if isinstance(path, str) and path.strip())


def given(name: str, value: Value, read: Value) -> Value:
    """Return what a filter makes of a value; `read` is what its attribute gives of an item."""
    if name in _THROUGH:
        return value
    if name in _ONE:
        return at(value, 0)
    if name in _PARTS:
        return (Listed(value),)
    if name == "map":
        return (Listed(read),) if read else NOTHING
    if name == "groupby":
        return (Listed((Packed((read, value), ("grouper", "list")),)),)
    return NOTHING
