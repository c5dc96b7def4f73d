"""Uses that no name leads to: modules imported under names made at run time, fixtures asked for by name, the state
that a lifespan hands to requests.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property

from ..following.clients import Clients
from ..following.fixtures import NOBODY, conftests, name_of
from ..following.world import Place
from ..survey.rows import Call, Expr
from .coroutines import Coroutines
from .uses import Uses

_DYNAMIC = re.compile(r"""\b(?:import_module|__import__)\(\s*(?!["'\s])""")
_STORED = re.compile(
    r"""\.state\.\w+\s*(?::[^=\n]+)?=(?!=)|\[["']state["']\]\[[^\]]+\]\s*=(?!=)|setattr\(\s*\w+\.state"""
)
_LAZY = ("lazy_fixture", "lf")
_STATE_WORDS = ("request.state", "req.state", "conn.state", '["state"]', "['state']", "websocket.state")


class Elsewhere:
    """Blocks components that may be used where nobody would await them."""

    def __init__(self, clients: Clients, uses: Uses, coroutines: Coroutines) -> None:
        self._clients = clients
        self._world = clients.world
        self._uses = uses
        self._coroutines = coroutines

    def look(self) -> None:
        """Look for all of them."""
        self._asked_by_name()
        self._called_elsewhere()
        self._states()

    def _asked_by_name(self) -> None:
        """Block fixtures that `request.getfixturevalue` may be asked for: it can't await, nor be followed."""
        for place in sorted({*self._coroutines.functions, *self._clients.held}):
            function = self._world.function(place) if place.kind == "function" else None
            if function is None or not function.fixture:
                continue
            name = name_of(function)
            self._lazily(place, name)
            for path, number in self._world.asked_by_name:
                call = self._world.call(path, number)
                is_named = name in call.strings and place in self._coroutines.functions
                is_open = not call.strings and self._clients.fixtures.find(path, NOBODY, name) == place
                if is_named or is_open:
                    words = f"`getfixturevalue` may be asked for `{name}`, which can't be followed"
                    self._clients.block(place, path, call.expr.at[0], "client-escapes", words)

    def _lazily(self, place: Place, name: str) -> None:
        """Block `lazy_fixture("client")`."""
        for path, call in self._lazy_calls:
            if name in call.strings:
                words = f"`{call.expr.chain}` asks for `{name}`, which can't be followed"
                self._clients.block(place, path, call.expr.at[0], "client-escapes", words)

    @cached_property
    def _lazy_calls(self) -> list[tuple[str, Call]]:
        files = list(self._world.files.values())
        calls = ((file.path, call) for file in files for call in file.rows.calls.values())
        return [(path, call) for path, call in calls if call.expr.chain.rpartition(".")[2] in _LAZY]

    def _called_elsewhere(self) -> None:
        """Block what is used on modules that are imported by a name made at run time: nobody would await it."""
        if not self._importers:
            return
        names = self._exported()
        for path in self._world.project.mentioning(*(f".{name}" for name in names)) if names else ():
            if (file := self._world.file(path)) is None:
                continue
            for expr in (*file.rows.exprs, *(call.expr for call in file.rows.calls.values())):
                used = names.keys() & {*expr.chain.split(".")[1:]}
                if used and self._world.lookup(path, expr.scope, expr.chain).place.kind in ("var", "unknown", "call"):
                    self._used(path, expr, [place for name in used for place in names[name]])

    def _used(self, path: str, expr: Expr, places: list[Place]) -> None:
        for place in places:
            if place.path != path and self._may_import(path, place.path):
                words = f"`{expr.chain}` may be what is in {place.path}, and nothing awaits it here"
                self._clients.block(place, path, expr.at[0], "callback", words)

    def _exported(self) -> dict[str, list[Place]]:
        """Return the tests and clients that others could use as attributes of a module, by name."""
        found: dict[str, list[Place]] = defaultdict(list)
        for place in self._coroutines.functions:
            function = self._world.function(place)
            if function and not function.is_async and not function.fixture and "." not in place.name:
                found[place.name].append(place)
        for place in self._clients.held:
            if place.kind == "var" and not place.scope:
                found[place.name].append(place)
        return found

    def _may_import(self, path: str, target: str) -> bool:
        """Tell whether a file, or a conftest file above it, may import another under a name made at run time."""
        own = [each for each in (path, *conftests(path)) if each in self._importers]
        module = target.removesuffix(".py").replace("/", ".")
        for importer in own:
            file = self._world.file(importer)
            for call in file.rows.calls.values() if file else ():
                if call.expr.chain.rpartition(".")[2] in ("import_module", "__import__"):
                    start, _, end = next(iter(call.strings), "").partition("{")
                    if f".{start.replace('%s', '')}" in f".{module}" and module.endswith(end):
                        return True
        return False

    def _states(self) -> None:
        """Block a lifespan that is entered beside its client where something reads the state that it may yield."""
        for entered, place in self._uses.entered.items():
            reader = self._state_reader(entered.path)
            if reader and entered.is_built and not _STORED.search(self._world.project.read(reader) or ""):
                continue
            if reader:
                line = self._world.files[entered.path].rows.withs[entered.number].at[0]
                what = (
                    "what a request keeps in its state would stay for the next"
                    if entered.is_built
                    else ("the lifespan's state would not reach the requests")
                )
                words = f"{what} ({reader})"
                self._clients.block(place, entered.path, line, "lifespan-state", words)

    def _state_reader(self, path: str) -> str:
        """Return a file that reads a request's state and that a test file may import, at any depth; else nothing."""
        # Where the name of a module is made at run time, everything may be imported.
        if not self._state_readers:
            return ""
        seen, waiting = {path}, [path]
        while waiting:
            importer = waiting.pop()
            if importer in self._state_readers:
                return importer
            facts = self._world.project.facts(importer)
            for fact in facts.imports if facts else ():
                for module in (fact.target, fact.target.rpartition(".")[0]):
                    found = self._world.project.module_path(module, importer) if module.strip(".") else None
                    if found and found not in seen:
                        seen.add(found)
                        waiting.append(found)
        return min(self._state_readers) if seen.intersection(self._dynamic_importers) else ""

    @cached_property
    def _state_readers(self) -> frozenset[str]:
        return frozenset(self._world.project.mentioning(*_STATE_WORDS))

    @cached_property
    def _importers(self) -> frozenset[str]:
        return frozenset(self._world.project.mentioning("import_module(", "__import__("))

    @cached_property
    def _dynamic_importers(self) -> frozenset[str]:
        found = self._world.project.mentioning("import_module(", "__import__(")
        return frozenset(path for path in found if _DYNAMIC.search(self._world.project.read(path) or ""))
