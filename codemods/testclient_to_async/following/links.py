"""Places that can change together only, joined into sets."""

from __future__ import annotations

from .world import Place


class Links:
    """Sets of places; each has a root, which stands for it."""

    def __init__(self) -> None:
        self._parents: dict[Place, Place] = {}

    def root(self, place: Place) -> Place:
        path = [place]
        while (parent := self._parents.get(path[-1])) is not None:
            path.append(parent)
        for each in path[:-1]:
            self._parents[each] = path[-1]
        return path[-1]

    def join(self, one: Place, other: Place) -> None:
        roots = sorted({self.root(one), self.root(other)})
        if len(roots) == 2:
            self._parents[roots[1]] = roots[0]
