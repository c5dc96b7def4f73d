"""What is being written for one component: operations and what its results are checked against, file by file."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from ..operations import Act, At, Expected, Import, Operation


class Written(NamedTuple):
    """The operations of a component, and what its results are checked against, by file."""

    operations: dict[str, list[Operation]]
    expected: dict[str, Expected]
    packages: tuple[str, ...]


class Sheet:
    """What is being written."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.operations: dict[str, dict[At, Operation]] = defaultdict(dict)
        self.clients: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        self.helpers: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        self.tests: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        self.packages: set[str] = set()

    def add(
        self, path: str, at: At, act: Act, imports: tuple[Import, ...] = (), drops: tuple[tuple[str, str], ...] = ()
    ) -> None:
        self.operations[path][at] = Operation(at, self.group, act, imports, drops)

    def written(self) -> Written:
        paths = sorted(self.operations)
        expected = {
            path: Expected(
                tuple(dict.fromkeys(self.clients[path])),
                tuple(dict.fromkeys(self.helpers[path])),
                tuple(dict.fromkeys(self.tests[path])),
            )
            for path in paths
        }
        return Written(
            {path: [*self.operations[path].values()] for path in paths}, expected, tuple(sorted(self.packages))
        )
