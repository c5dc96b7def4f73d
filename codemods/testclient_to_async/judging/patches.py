"""Patches that reach the test's own client: of httpx's classes, and of `TestClient` by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from ..following.clients import Block, Clients
from ..following.fixtures import conftests

_PATCHERS = frozenset({"multiple", "object", "patch", "setattr", "spy", "stub"})
_CLASSES = (".AsyncClient", ".ASGITransport")
_TELLING = ("AsyncClient.", "ASGITransport.", "httpx.AsyncClient", "httpx2.AsyncClient")


class Patches:
    """Answers for test files."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
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
            for call in file.rows.calls.values():
                if call.expr.chain.rpartition(".")[2] in _PATCHERS:
                    for text in call.strings:
                        self._replaced(path, call.expr.at[0], text)

    def _replaced(self, path: str, line: int, text: str) -> None:
        module, _, name = text.rpartition(".")
        target = self._world.project.module_path(module, path) if name == "TestClient" and module else None
        for place in self._clients.constructors:
            if place.path == target:
                self._clients.block(place, path, line, "client-escapes", f"`{text}` is patched here")

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
