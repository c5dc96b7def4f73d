"""Which relationships are loaded where an attribute path is read, through properties and proxies."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..survey.rows import Path
from .nouns import Entity, Relationship

Chain = tuple[Relationship, ...]
_DEEP = 8  # relationships in one chain


def chains(find: Callable[[str], Entity | None], entity: Entity, path: Path) -> tuple[Chain, ...]:
    """Return the longest chains of relationships that reading `path` of an entity's row loads, each once.

    ("books", "title")    Author.books
    ("stars",)            Book.reviews, where the property `stars` reads `self.reviews`

    A property that reads itself of the next row (`self.parent.rights`) is followed once: how far it goes, the rows say.
    """
    found = set(_follow(find, entity, path, (), frozenset()))
    names = {tuple((each.declared_in, each.name) for each in chain): chain for chain in found if chain}
    kept = [key for key in names if not any(other != key and other[: len(key)] == key for other in names)]
    return tuple(names[key] for key in sorted(kept))


def _follow(
    find: Callable[[str], Entity | None],
    entity: Entity,
    path: Path,
    so_far: Chain,
    seen: frozenset[tuple[str, str]],
) -> Iterator[Chain]:
    yield so_far
    if not path or len(so_far) == _DEEP:
        return
    first, rest = path[0], path[1:]
    relationship = entity.relationships.get(first)
    if relationship is None:
        for inner in entity.reads.get(first, ()) if (entity.name, first) not in seen else ():
            yield from _follow(find, entity, inner, so_far, seen | {(entity.name, first)})
        return
    yield (*so_far, relationship)
    target = find(relationship.target) if relationship.target else None
    if target is not None:
        yield from _follow(find, target, rest, (*so_far, relationship), seen)
