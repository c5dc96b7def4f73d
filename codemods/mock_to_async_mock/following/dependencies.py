"""Where FastAPI is told to fill a parameter with what a function returns: `Depends(f)`, `Security(f)`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

from greenmod.api import What

from .values import Scope
from .views import View
from .world import World

_DEPENDS = re.compile(r"\b(?:Depends|Security)\(\s*([\w.]+)")


class Dependencies:
    """Answers which parameters, and which lines of production code, depend on a function of the repository."""

    def __init__(self, world: World) -> None:
        self.world = world

    @cached_property
    def parameters(self) -> Mapping[Scope, tuple[View, ...]]:
        """The parameters that FastAPI fills with what a function returns, by the function."""
        found: dict[Scope, list[View]] = defaultdict(list)
        for path in self.world.production:
            for qualname, bodies in self.world.bodies(path).items():
                for parameter in bodies[-1].parameters if bodies[-1].kind in ("function", "method") else ():
                    match = _DEPENDS.search(parameter.default) or _DEPENDS.search(parameter.annotation)
                    if match and (function := self._function(path, match[1], qualname)):
                        found[function].append(View("parameter", Scope(path, qualname), parameter.name))
        return {scope: tuple(views) for scope, views in found.items()}

    @cached_property
    def places(self) -> Mapping[Scope, tuple[tuple[str, str], ...]]:
        """Where production code writes `Depends(f)`, by the function: the file, and `file:line`."""
        found: dict[Scope, list[tuple[str, str]]] = defaultdict(list)
        for function, views in self.parameters.items():
            for view in views:
                body = self.world.body(view.scope)
                found[function].append((view.scope.path, f"{view.scope.path}:{body.line if body else 1}"))
        for path in self.world.production:
            for qualname, bodies in self.world.bodies(path).items():
                for call in bodies[-1].calls:
                    is_one = call.callee.rpartition(".")[2] in ("Depends", "Security") and call.args
                    if is_one and (known := self._function(path, call.args[0], qualname)):
                        found[known].append((path, f"{path}:{call.at[0]}"))
        return {scope: tuple(places) for scope, places in found.items()}

    def _function(self, path: str, name: str, scope: str) -> Scope | None:
        """Return the function of the repository that a name stands for."""
        if name.startswith("&"):
            return Scope(path, name[1:].replace("/", "."))
        if name[:1] in "#=\\?":
            return None
        thing = self.world.objects.named(path, name, scope)
        if thing.what is not What.FUNCTION or thing.is_library:
            return None
        return Scope(thing.file, thing.qualname)
