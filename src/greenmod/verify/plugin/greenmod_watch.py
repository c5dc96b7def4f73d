"""What waits for a module of somebody else's to be imported, and then acts on it.

It imports nothing itself: a project that does without the module stays without it. It runs in the project's
interpreter: Python 3.8 and the standard library must do.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


def watch(name: str, callback: Callable[[ModuleType], None]) -> None:
    """Call back with the module `name`: now if it is there, and each time that it was executed from now on.

    One that is taken out of `sys.modules` and imported anew is another module, with classes of its own.
    """
    module = sys.modules.get(name)  # None also where its import is forbidden
    if module is not None:
        callback(module)
    sys.meta_path.insert(0, _Watch(name, callback))


class _Watch(MetaPathFinder):
    """Finds one module as the finders behind it do, and has its loader tell when it was executed."""

    def __init__(self, name: str, callback: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._callback = callback

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        found = (find(fullname, path, target) for find in self._finds_behind())
        spec: ModuleSpec | None = next(filter(None, found), None)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            self._follow(spec.loader)
        return spec

    def _finds_behind(self) -> Iterator[Callable[..., ModuleSpec | None]]:
        # Those before had their turn, and may be watching too: asking them would go round in circles.
        finders = list(sys.meta_path)
        for finder in finders[finders.index(self) + 1 :] if self in finders else finders:
            find = getattr(finder, "find_spec", None)
            if find is not None:
                yield find

    def _follow(self, loader: object) -> None:
        execute: Callable[[ModuleType], None] = loader.exec_module  # type: ignore[attr-defined] # the caller looked

        def exec_module(module: ModuleType) -> None:
            execute(module)
            if module.__name__ == self._name:  # a loader may serve many, such as that of a zip file
                self._callback(module)

        loader.exec_module = exec_module  # type: ignore[attr-defined] # see above
