"""Whether a relationship leads to several rows or to one."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .annotations import Shape
from .expressions import literal
from .nouns import Key
from .tables import Tables


def is_collection(tables: Tables, key: Key, target: Key, named: Mapping[str, str], shape: Shape) -> bool | None:
    """Return it as the mapper would have it: by `uselist`, the annotation, `secondary`, or foreign keys.

    None where none of them tells. `named` are the keywords of the relationship.
    """
    uselist = literal(named.get("uselist"))
    if isinstance(uselist, bool):
        return uselist
    if shape.wrapper:
        is_written = shape.is_many or shape.wrapper in ("DynamicMapped", "WriteOnlyMapped") or _is_own_collection(shape)
        # `Mapped[list[Author]]` on the side that holds the key: the mapper goes by the key.
        return is_written and ("secondary" in named or _by_keys(tables, key, target, named) is not False)
    if "collection_class" in named or named.get("secondary", "None") != "None":
        return True
    return _by_keys(tables, key, target, named)


def _is_own_collection(shape: Shape) -> bool:
    """Tell whether an annotation names a collection of the project's own: `Mapped[Ordered[Book]]`."""
    return len(shape.leaves) == 1 and len(shape.leaves[0].arguments) > 0


def _by_keys(tables: Tables, key: Key, target: Key, named: Mapping[str, str]) -> bool | None:
    here, there = tables.links(key, target), tables.links(target, key)
    if key == target or (here and there and set(here) == set(there)):
        return _of_itself(named, here or ())
    if here and not there:
        return False
    if there and not here:
        return True
    told = " ".join(named.get(each, "") for each in ("foreign_keys", "remote_side"))
    mentions = _mentions(told, target.name), _mentions(told, key.name)
    if "foreign_keys" in named and here and there:
        if mentions == (True, False):
            return True
        columns = set(re.findall(r"\w+", named["foreign_keys"]))
        if mentions == (False, True) or columns & set(here):
            return False
    return None


def _of_itself(named: Mapping[str, str], keys: tuple[str, ...]) -> bool:
    """Tell the direction of a relationship with the own class: to the parent where the remote side is its key."""
    remote = set(re.findall(r"\w+", named.get("remote_side", "")))
    if remote:
        return bool(remote & set(keys))
    marked = re.findall(r"remote\(\s*([\w.]+)", named.get("primaryjoin", ""))
    if marked:
        return any(each.rpartition(".")[2] in keys for each in marked)
    return True


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", text) is not None
