"""The audience of a mock: the test files that may have it, because they share its fixture or import from its file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

from .values import Place
from .world import World


class Audience:
    """Answers which test files know the mocks of which."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._files: dict[str, tuple[str, ...]] = {}

    def files_of(self, origin: Place) -> tuple[str, ...]:
        """Return the files in which a mock may be put somewhere: its own, and those that ask for its fixture."""
        path = origin.scope.path
        if path not in self._files:
            is_conftest = path.rpartition("/")[2] == "conftest.py"
            self._files[path] = (path, *self._sharers(path)) if is_conftest or self._is_shared(path) else (path,)
        return self._files[path]

    def _is_shared(self, path: str) -> bool:
        return bool(self.importers.get(path))

    @cached_property
    def importers(self) -> Mapping[str, frozenset[str]]:
        """The test files that import from one of them, by the file that they import from."""
        found: dict[str, set[str]] = defaultdict(set)
        for path in self.world.followed:
            facts = self.world.project.facts(path)
            for fact in facts.imports if facts else ():
                module = fact.target if fact.name == "*" else fact.target.rpartition(".")[0]
                target = self.world.project.module_path(module, path) if module.strip(".") or module else None
                if target is not None and target in self.world.followed:
                    found[target].add(path)
        return {path: frozenset(importers) for path, importers in found.items()}

    def _sharers(self, path: str) -> tuple[str, ...]:
        """Return the test files that a conftest serves, or that import from a file."""
        folder, _, name = path.rpartition("/")
        prefix = f"{folder}/" if folder else ""
        served = [each for each in self.world.followed if each.startswith(prefix)] if name == "conftest.py" else []
        found = {*served, *self.importers.get(path, ())} - {path}
        return tuple(sorted(found))
