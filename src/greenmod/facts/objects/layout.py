"""Where modules lie in a repository, and which of them an import means, rather than a library's of the same name."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import Protocol

from greenmod.facts.objects.module import Module
from greenmod.facts.project import Project

ROOTS = ("src", "lib", "python")  # folders made to be on the import path, even with an `__init__.py`
_COMPILED = (".so", ".pyd", ".pyx", ".pyi")


class Finder(Protocol):
    """What finds the modules of libraries, by dotted name; `None` for a package that isn't there."""

    def find(self, name: str, importer: str) -> Module | None: ...

    def has_package(self, name: str, importer: str) -> bool: ...

    def is_compiled(self, name: str, importer: str) -> bool: ...

    def read(self, file: str) -> str | None: ...

    def mentions(self, file: str, word: str) -> bool: ...


class Layout:
    """Finds files and folders by the names that they are imported under."""

    def __init__(self, project: Project, libraries: Finder) -> None:
        self._project = project
        self._libraries = libraries

    def file(self, name: str, path: str) -> str:
        """Return the file that `name`, as imported in the file `path`, means; empty where it is none of them."""
        found = self._project.module_path(name, path)
        if found is not None and (name.startswith(".") or self._is_imported(name, found, path)):
            return found
        return ""

    def nearest_file(self, name: str, path: str) -> str:
        """Return the file of a module below a folder that has an `__init__.py`, though it is on the import path."""
        tail = name.replace(".", "/")
        ends = (f"/{tail}.py", f"/{tail}/__init__.py") if "/" in tail else (f"/{tail}/__init__.py",)
        found = [each for each in self._files.get(tail.rpartition("/")[2], ()) if f"/{each}".endswith(ends)]
        found = [each for each in found if _is_near(f"/{each}".removesuffix(ends[0]).removesuffix(ends[-1]), path)]
        return max(found, key=lambda each: _nearness(each, path), default="")

    def nearest_folder(self, name: str, path: str) -> str:
        """Return the folder of a package without `__init__.py`."""
        tail = name.replace(".", "/")
        found = [folder for folder in self.folders if f"/{folder}".endswith(f"/{tail}")]
        found = [folder for folder in found if _is_near(f"/{folder}".removesuffix(f"/{tail}"), path)]
        return max(found, key=lambda each: _nearness(each, path), default="")

    def is_foreign(self, name: str, path: str) -> bool:
        """Tell whether a name belongs to Python, to a library or to a requirement."""
        first = name.partition(".")[0]
        if first in sys.stdlib_module_names or self._libraries.has_package(first, path):
            return True
        return self._project.requirement(path, first) is not None

    def is_unlisted(self, stem: str) -> bool:
        """Tell whether a module is there, but none of the project's files: generated, ignored, or compiled."""
        base = str(self._project.root / stem)
        folder, _, last = base.replace(os.sep, "/").rpartition("/")
        self._project.saw(folder)
        try:
            names = os.listdir(folder)
        except OSError:
            return False
        ours = [each for each in names if each == last or each.startswith(f"{last}.")]
        return any(each in (last, f"{last}.py") or each.endswith(_COMPILED) for each in ours)

    def modules_in(self, package: Module) -> tuple[str, ...]:
        """Return the names of the modules in a package of the repository."""
        folder = package.file.rpartition("/")[0]
        prefix = f"{folder}/" if folder else ""
        inside = (path[len(prefix) :] for path in self._project.paths if path.startswith(prefix))
        names = {path.partition("/")[0].removesuffix(".py") for path in inside}
        return tuple(sorted(names - {"__init__"})) if package.is_package else ()

    def _is_imported(self, name: str, found: str, path: str) -> bool:
        """Tell whether an absolute import means a file of the repository, and no module of Python or of a library."""
        tail = name.replace(".", "/")
        root = found.removesuffix(".py").removesuffix("/__init__").removesuffix(tail).rstrip("/")
        here = path.rpartition("/")[0]
        first = name.partition(".")[0]
        if first in sys.stdlib_module_names:
            return root == "" or (root == here and f"{here}/__init__.py" not in self.paths)
        if not _is_near(f"/{root}" if root else "", path):
            is_package = "." in name or found.endswith("/__init__.py")
            return is_package and not self._libraries.has_package(first, path)
        if root == "" or root.rpartition("/")[2] in ROOTS:
            return True
        return self._libraries.find(name, path) is None or self._is_copied(f"{root}/{first}/", first, path)

    def _is_copied(self, folder: str, name: str, path: str) -> bool:
        """Tell whether an installed package is this repository's own: it has the same modules."""
        inside = [each[len(folder) :] for each in self._project.paths if each.startswith(folder)]
        stems = [each.removesuffix(".py") for each in inside if "/" not in each and each != "__init__.py"][:9]
        known = [stem for stem in stems if self._libraries.find(f"{name}.{stem}", path) is not None]
        return len(known) * 2 > len(stems)

    @cached_property
    def paths(self) -> frozenset[str]:
        return frozenset(self._project.paths)

    @cached_property
    def _files(self) -> Mapping[str, list[str]]:
        """Every path under the last name of its module."""
        index: dict[str, list[str]] = {}
        for path in self._project.paths:
            name = path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
            index.setdefault(name, []).append(path)
        return index

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder with Python files below it."""
        found: set[str] = set()
        for path in self._project.paths:
            folder = path.rpartition("/")[0]
            while folder and folder not in found:
                found.add(folder)
                folder = folder.rpartition("/")[0]
        return frozenset(found)


def _is_near(root: str, path: str) -> bool:
    """Tell whether a folder is one around a file, or `src` and the like in one."""
    around = root.rpartition("/")[0] if root else ""
    return f"/{path}".startswith((f"{root}/", f"{around}/"))


def _nearness(path: str, other: str) -> tuple[int, int]:
    """Order paths by how many folders they share with another, then by how short they are."""
    shared = 0
    for one, two in zip(path.split("/"), other.split("/"), strict=False):
        if one != two:
            break
        shared += 1
    return shared, -len(path)
