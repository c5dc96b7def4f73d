"""Which module a dotted name means, seen from another: of the repository, of a library, of Python itself."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cached_property

from greenmod.facts.objects.declarations import Declarations
from greenmod.facts.objects.layout import ROOTS, Finder, Layout
from greenmod.facts.objects.module import NOTHING, Module
from greenmod.facts.objects.native import declare_native, is_native
from greenmod.facts.objects.thing import Rule, Thing, unknown
from greenmod.facts.project import Project


class Modules:
    """Finds modules, each once."""

    def __init__(self, project: Project, declarations: Callable[[str], Declarations | None], libraries: Finder) -> None:
        self.layout = Layout(project, libraries)
        self._project = project
        self._declarations = declarations
        self._libraries = libraries
        self._found: dict[tuple[str, str, bool], Module | Thing] = {}
        self._by_file: dict[tuple[bool, str], Module] = {}
        self._native: dict[str, Module | None] = {}
        self._held: dict[tuple[Module, re.Pattern[str]], bool] = {}
        self._texts: dict[str, list[tuple[str, str]]] = {}

    def of(self, thing: Thing) -> Module | None:
        """Return the module that a thing is declared in."""
        return self._by_file.get((thing.is_library, thing.file))

    @cached_property
    def builtins(self) -> Module | None:
        """Return the module whose names are known everywhere."""
        return self.compiled("builtins")

    def compiled(self, name: str) -> Module | None:
        """Return one of Python's modules that are compiled."""
        return self._library(name, "")

    def read(self, module: Module) -> str | None:
        """Return a module's source; None where it has none."""
        return self._libraries.read(module.file) if module.is_library else self._project.read(module.file)

    def holds(self, module: Module, pattern: re.Pattern[str]) -> bool:
        """Tell whether a module's source matches a pattern; one without source may hold anything."""
        key = module, pattern
        if key not in self._held:
            text = self.read(module)
            self._held[key] = text is None or pattern.search(text) is not None
        return self._held[key]

    def library_mentions(self, module: Module, word: str) -> bool:
        """Tell whether the library that a module belongs to speaks of a word anywhere."""
        return module.is_library and self._libraries.mentions(module.file, word)

    def has_heir_with(self, classname: str, name: str) -> bool:
        """Tell whether a file outside of the tests that speaks of a class gives anything an attribute of this name."""
        pattern = re.compile(rf"\b(?:async )?def {name}\b|^\s*{name}\s*[:=]|\.{name}\s*(?::[^=\n]+)?=(?!=)", re.M)
        whole = re.compile(rf"\b{re.escape(classname)}\b")
        texts = (text for path, text in self.mentioning(name) if not _is_test(path))
        return any(pattern.search(text) and whole.search(text) for text in texts)

    def mentioning(self, name: str) -> list[tuple[str, str]]:
        """Return the files that hold a word, with their texts."""
        if name not in self._texts:
            self._texts[name] = [(path, self._project.read(path) or "") for path in self._project.mentioning(name)]
        return self._texts[name]

    def at(self, path: str) -> Module | None:
        """Return the module of a file of the repository; None where it can't be read or parsed."""
        key = False, path
        if key not in self._by_file:
            declared = self._declarations(path)
            if declared is None:
                return None
            name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            self._by_file[key] = Module(name, path, False, declared)
        return self._by_file[key]

    def find(self, name: str, importer: Module) -> Module | Thing:
        """Return the module `name`, as imported in `importer`; an unknown Thing where it can't be found."""
        if importer.is_library:
            return self._in_library(name, importer)
        return self.find_from(name, importer.file)

    def find_from(self, name: str, path: str) -> Module | Thing:
        """Return the module `name`, as imported in a file of the repository."""
        key = name, path.rpartition("/")[0], False
        if key not in self._found:
            self._found[key] = self._in_repository(name, path)
        return self._found[key]

    def is_rooted(self, module: Module, name: str) -> bool:
        """Tell whether the folder that a module's dotted name begins in can only be on the import path.

        Not so one inside of a package, or of the tests: what is called `azure` there may be meant to be another.
        """
        stem = module.file.removesuffix(".py").removesuffix("/__init__").rstrip("/")
        root = stem.removesuffix(name.replace(".", "/")).rstrip("/")
        if module.is_library or not root or root.rpartition("/")[2] in ROOTS:
            return True
        parts = root.split("/")
        around = ("/".join([*parts[:count], "__init__.py"]) for count in range(1, len(parts) + 1))
        return not _is_test(f"{root}/") and not any(path in self.layout.paths for path in around)

    def submodule(self, package: Module, name: str) -> Module | Thing | None:
        """Return a module inside of a package; None where there is none."""
        if not package.is_package:
            return None
        if package.is_library:
            found = self._in_library(f"{package.name}.{name}", package)
            if isinstance(found, Module):
                return found
            return found if self._libraries.is_compiled(f"{package.name}.{name}", package.file) else None
        folder = package.file.rpartition("/")[0]
        stem = f"{folder}/{name}" if folder else name
        for path in (f"{stem}/__init__.py", f"{stem}.py"):
            if path in self.layout.paths:
                return self.at(path) or _unreadable(path)
        if stem in self.layout.folders:
            return self._namespace(stem)
        return _unlisted(stem) if self.layout.is_unlisted(stem) else None

    def _in_repository(self, name: str, path: str) -> Module | Thing:
        if found := self.layout.file(name, path):
            return self.at(found) or _unreadable(found)
        if name.startswith("."):
            return self._relative_folder(name, path)
        library = self._library(name, path)
        if library is not None:
            return library
        if not self.layout.is_foreign(name, path):
            if inside := self.layout.nearest_file(name, path):
                return self.at(inside) or _unreadable(inside)
            if folder := self.layout.nearest_folder(name, path):
                return self._namespace(folder)
        return self._nowhere(name, path)

    def _relative_folder(self, name: str, path: str) -> Module | Thing:
        """Follow `from . import a` in a folder without `__init__.py`."""
        level = len(name) - len(name.lstrip("."))
        parts = path.split("/")[:-level]
        stem = "/".join([*parts, *name[level:].split(".")]).rstrip("/")
        if stem in self.layout.folders:
            return self._namespace(stem)
        if self.layout.is_unlisted(stem):
            return _unlisted(stem)
        return unknown(f"{path} imports {name}, which is not in the repository")

    def _namespace(self, folder: str) -> Module:
        key = False, f"{folder}/"
        if key not in self._by_file:
            self._by_file[key] = Module(folder.replace("/", "."), f"{folder}/", False, NOTHING)
        return self._by_file[key]

    def _in_library(self, name: str, importer: Module) -> Module | Thing:
        key = _absolute(name, importer), "", True
        if key not in self._found:
            self._found[key] = self._library(key[0], importer.file) or self._nowhere(key[0], importer.file)
        return self._found[key]

    def _library(self, name: str, path: str) -> Module | None:
        found = self._libraries.find(name, path)
        if found is None and is_native(name):
            if name not in self._native:
                declared = declare_native(name)
                self._native[name] = Module(name, name, True, declared, is_sure=False) if declared else None
            found = self._native[name]
        if found is not None:
            self._by_file.setdefault((True, found.file), found)
        return found

    def _nowhere(self, name: str, path: str) -> Thing:
        first = name.partition(".")[0]
        if self._libraries.is_compiled(name, path):
            return unknown(f"{name} is compiled, and has no stub")
        if name in sys.stdlib_module_names:
            return unknown(f"{name} is not part of every Python", Rule.NOT_INSTALLED)
        if first in sys.stdlib_module_names or self._libraries.has_package(first, path):
            return unknown(f"{first} has no module {name}")
        if self.layout.nearest_folder(first, path):
            return unknown(f"the repository has no module {name}")
        return unknown(
            f"{first} is neither in the repository nor installed in an environment of it", Rule.NOT_INSTALLED
        )


def _is_test(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith(("test_", "conftest")) or name.endswith("_test.py") or "tests/" in path


def _unlisted(stem: str) -> Thing:
    return unknown(f"{stem} is none of the project's files, or can't be read as Python")


def _unreadable(path: str) -> Thing:
    return unknown(f"{path} can't be parsed")


def _absolute(name: str, importer: Module) -> str:
    """Return the absolute name of a module that a library's module imports."""
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    parts = importer.name.split(".")
    kept = parts[: len(parts) - level + importer.is_package]
    return ".".join([*kept, *filter(None, [name[level:]])])
