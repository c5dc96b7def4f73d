"""Modules of installed libraries and of Python itself, read from stubs and source. Nothing is imported or run."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from pathlib import Path

from greenmod.errors import FileError
from greenmod.facts.cache import cache_key
from greenmod.facts.objects.declarations import Declarations
from greenmod.facts.objects.environment import Sites, find_sites, stdlib
from greenmod.facts.objects.module import NOTHING, Module
from greenmod.facts.objects.shipped import find_shipped
from greenmod.facts.objects.sources import Memory, declare_text
from greenmod.facts.witness import Saw, nobody
from greenmod.source import decode, plain_newlines, read_bytes

_COMPILED = (".so", ".pyd")


class Libraries:
    """Finds the modules that the files of a repository import from elsewhere."""

    def __init__(self, root: Path, python: Path | None, memory: Memory, saw: Saw = nobody) -> None:
        self._root = root
        self._saw = saw
        self._python = python
        self._memory = memory
        self._sites: dict[str, Sites] = {}
        self._known: dict[tuple[str, int], Module | None] = {}
        self._paths: dict[str, Path] = {}
        self._origins: dict[str, Sites] = {}
        self._modules: dict[str, Module] = {}
        self._texts: dict[str, bytes] = {}
        self._listed: dict[str, frozenset[str]] = {}

    def find(self, name: str, importer: str) -> Module | None:
        """Return a module by its dotted name; None where it isn't there."""
        sites = self._sites_for(importer)
        key = name, id(sites)
        if key not in self._known:
            self._known[key] = self._find(name, sites) or self._find_shipped(name, sites)
        return self._known[key]

    def has_package(self, name: str, importer: str) -> bool:
        """Tell whether anything of this name is installed, compiled or not."""
        sites = self._sites_for(importer)
        return name in sites.editable or any(self._has(root, name) for root in self._roots(name, sites))

    def is_compiled(self, name: str, importer: str) -> bool:
        """Tell whether a module is there, but as machine code alone."""
        sites = self._sites_for(importer)
        *parents, last = name.split(".")
        return any(
            each.startswith(f"{last}.") and each.endswith(_COMPILED)
            for root in self._roots(name, sites)
            for each in self._names(root.joinpath(*parents))
        )

    def read(self, file: str) -> str | None:
        """Return the source of a module by the `file` of its Things."""
        path = self._paths.get(file)
        return None if path is None else self._read(path)

    def mentions(self, file: str, word: str) -> bool:
        """Tell whether any source of the package around a library's file holds a word."""
        path = self._paths.get(file)
        if path is None:
            return True
        place = path.parents[file.count("/") - 1] if "/" in file else path
        key = str(place)
        if key not in self._texts:
            self._texts[key] = b"\n".join(map(_bytes, self._sources(place)))
        return word.encode() in self._texts[key]

    def _sources(self, place: Path) -> list[Path]:
        """Return all sources of a package, or of the one module that is there."""
        self._saw(place)
        if not place.is_dir():
            return [place]
        for folder, _, _ in os.walk(place):
            self._saw(folder)
        found = [*place.rglob("*.py"), *place.rglob("*.pyi")]
        for each in found:
            self._saw(each)
        return found

    @cached_property
    def _stdlib(self) -> Path:
        return stdlib()

    def _sites_for(self, importer: str) -> Sites:
        if importer in self._origins:
            return self._origins[importer]
        folder = importer.rpartition("/")[0] if (self._root / importer).exists() else ""
        if folder not in self._sites:
            found = find_sites(self._root, importer if folder else "", self._python, self._saw)
            same = next((each for each in self._sites.values() if each.roots == found.roots), found)
            self._sites[folder] = same
        return self._sites[folder]

    def _roots(self, name: str, sites: Sites) -> tuple[Path, ...]:
        return (self._stdlib,) if name.partition(".")[0] in sys.stdlib_module_names else sites.roots

    def _find(self, name: str, sites: Sites) -> Module | None:
        first, _, rest = name.partition(".")
        is_python = first in sys.stdlib_module_names
        if first in sites.editable and not is_python:
            place = sites.editable[first]
            return self._at(
                place.parent, (place.stem if place.suffix == ".py" else place.name, *_parts(rest)), name, sites
            )
        for root in self._roots(name, sites):
            parts = _parts(name)
            stubbed = (f"{first}-stubs", *parts[1:])
            for each in (stubbed, parts):
                if self._has(root, each[0]) and (found := self._at(root, each, name, sites, is_sure=not is_python)):
                    return found
        return None

    def _find_shipped(self, name: str, sites: Sites) -> Module | None:
        """Return what is known of a module whose package is not installed."""
        first = name.partition(".")[0]
        if first in sys.stdlib_module_names:
            return None
        is_there = first in sites.editable or any(self._has(root, first) for root in self._roots(first, sites))
        return None if is_there else find_shipped(name)

    def _at(
        self, root: Path, parts: tuple[str, ...], name: str, sites: Sites, *, is_sure: bool = True
    ) -> Module | None:
        """Return the module below a root: a stub before source, else a folder without `__init__.py`."""
        folder, last = root.joinpath(*parts[:-1]), parts[-1]
        names = self._names(folder)
        stem = "/".join(parts)
        for suffix in (".pyi", ".py"):
            if last in names and f"__init__{suffix}" in self._names(folder / last):
                return self._module(name, f"{stem}/__init__{suffix}", root, sites, is_sure=is_sure)
            if f"{last}{suffix}" in names:
                return self._module(name, f"{stem}{suffix}", root, sites, is_sure=is_sure)
        if last in names:
            self._saw(folder / last)
        is_folder = last in names and (folder / last).is_dir() and not parts[0].endswith("-stubs")
        return Module(name, f"{stem}/", True, NOTHING) if is_folder else None

    def _module(self, name: str, file: str, root: Path, sites: Sites, *, is_sure: bool) -> Module | None:
        if file not in self._modules:
            path = root / file
            declared = self._declared(path)
            if declared is None:
                return None
            self._paths[file] = path
            self._origins[file] = sites
            self._modules[file] = Module(name, file, True, declared, is_sure and sites.is_sure)
        return self._modules[file]

    def _read(self, path: Path) -> str | None:
        self._saw(path)
        try:
            return plain_newlines(decode(path.name, read_bytes(path, path.name)).text)
        except (FileError, FileNotFoundError):
            return None

    def _declared(self, path: Path) -> Declarations | None:
        self._saw(path)
        try:
            status = path.stat()
        except OSError:
            return None
        key = cache_key("bindings", os.fsencode(path), str(status.st_mtime_ns), str(status.st_size))

        def make() -> Declarations | None:
            text = self._read(path)
            return None if text is None else declare_text(str(path), text)

        return self._memory.recall(key, make)

    def _has(self, root: Path, name: str) -> bool:
        names = self._names(root)
        return name in names or f"{name}.py" in names or f"{name}.pyi" in names or self._has_compiled(names, name)

    def _has_compiled(self, names: frozenset[str], name: str) -> bool:
        return any(each.startswith(f"{name}.") and each.endswith(_COMPILED) for each in names)

    def _names(self, folder: Path) -> frozenset[str]:
        key = str(folder)
        if key not in self._listed:
            self._saw(key)
            try:
                self._listed[key] = frozenset(os.listdir(folder))
            except OSError:
                self._listed[key] = frozenset()
        return self._listed[key]


def _parts(name: str) -> tuple[str, ...]:
    return tuple(name.split(".")) if name else ()


def _bytes(path: Path) -> bytes:
    try:
        return read_bytes(path, path.name)
    except (FileError, FileNotFoundError):
        return b""
