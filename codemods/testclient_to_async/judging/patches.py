"""Patches that reach the test's own client: of httpx's classes, and of `TestClient` by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from ..following.clients import Block, Clients, is_client_class
from ..following.fixtures import conftests
from ..following.world import Found, Place
from ..survey.rows import Call
from .coroutines import Coroutines

_PATCHERS = frozenset({"multiple", "object", "patch", "setattr", "spy", "stub"})
_CLASSES = (".AsyncClient", ".ASGITransport")
_TELLING = ("AsyncClient.", "ASGITransport.", "httpx.AsyncClient", "httpx2.AsyncClient")


class Patches:
    """Answers for test files."""

    def __init__(self, clients: Clients, coroutines: Coroutines) -> None:
        self._clients = clients
        self._coroutines = coroutines
        self._world = clients.world
        self._found: dict[str, Block | None] = {}

    def block(self, path: str) -> Block | None:
        """Return where a file, or a conftest file above it, patches what the test's client is made of."""
        if path not in self._found:
            above = (each for each in conftests(path) if each in self._speakers and self._world.file(each))
            self._found[path] = next((block for each in (path, *above) for block in self._in_file(each)), None)
        return self._found[path]

    def replaced(self) -> None:
        """Block the clients of a module whose class is replaced by name: `patch("tests.api.TestClient")`."""
        for path, file in list(self._world.files.items()):
            for number, call in file.rows.calls.items():
                if call.expr.chain.rpartition(".")[2] in _PATCHERS:
                    self._replaced(path, number, call)

    def _replaced(self, path: str, number: int, call: Call) -> None:
        arguments = [value for _, value in self._world.arguments[path, number]]
        targets = [(value.path, text) for value in arguments for text in call.strings if value.kind == "module"]
        for text in call.strings:
            module, _, name = text.rpartition(".")
            if module and (home := self._world.project.module_path(module, path)):
                targets.append((home, name))
        is_setattr = call.expr.chain.endswith("setattr")
        for home, name in targets:
            for place in self._replaceable(home, name, is_setattr):
                self._clients.block(place, path, call.expr.at[0], "client-escapes", f"`{name}` is patched here")
        if any(is_client_class(Found(value)) for value in arguments):
            for place in self._clients.constructors:
                if place.path == path or path.endswith("conftest.py"):
                    self._clients.block(place, path, call.expr.at[0], "client-escapes", "the class is patched here")

    def _replaceable(self, home: str, name: str, is_setattr: bool) -> Iterator[Place]:
        """Yield what a module's name stands for that a patch would take away: its clients, or a coroutine to be."""
        if name == "TestClient":
            yield from (place for place in self._clients.constructors if place.path == home)
        found = self._world.lookup(home, "", name).place
        if found in self._clients.held and found.kind == "var":
            yield found
        if is_setattr and found in self._coroutines.functions:
            yield found

    @cached_property
    def _speakers(self) -> Mapping[str, frozenset[str]]:
        return self._world.project.mentioning("AsyncClient", "ASGITransport")

    def _in_file(self, path: str) -> Iterator[Block]:
        for number, call in self._world.files[path].rows.calls.items():
            if call.expr.chain.rpartition(".")[2] not in _PATCHERS:
                continue
            named = [place.name for _, place in self._world.arguments[path, number] if place.kind == "external"]
            of_module = {"httpx", "httpx2"} & {*named} and "AsyncClient" in call.strings
            in_words = any(word in text for text in call.strings for word in _TELLING)
            if of_module or in_words or any(name.endswith(_CLASSES) for name in named):
                words = "httpx's client is patched here, and the test's own would be caught as well"
                yield Block(path, call.expr.at[0], "patches-httpx", words)
