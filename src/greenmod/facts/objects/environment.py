"""Where a project's libraries are installed, found without running anything.

Looks where verification looks for the interpreter, less the tools that would have to be asked.
"""

from __future__ import annotations

import ast
import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from greenmod.facts.witness import Saw, nobody

_FOLDERS = (".venv", "venv")
_ABOVE_PACKAGES = (".", "lib", "lib64", "Lib", "local", "local/lib")


@dataclass(frozen=True, slots=True)
class Sites:
    """Folders that modules are found in, in order; `editable` are the places of packages installed by reference.

    `is_sure` is false where nothing says that the project runs with these.
    """

    roots: tuple[Path, ...]
    editable: Mapping[str, Path] = field(default_factory=dict)
    is_sure: bool = True


def find_sites(root: Path, importer: str, python: Path | None, saw: Saw = nobody) -> Sites:
    """Return what a file of the repository imports libraries from: as given, active, nearest, or greenmod's own."""
    if python is not None:
        saw(python)
        return _read(_prefix(python), saw)
    active = os.environ.get("VIRTUAL_ENV")
    conda = os.environ.get("CONDA_PREFIX") if os.environ.get("CONDA_DEFAULT_ENV") not in ("base", "root") else None
    named = [Path(each) for each in (active, conda) if each]
    folder = root / importer.rpartition("/")[0]
    above = (each for each in (folder, *folder.parents) if each.is_relative_to(root))
    likely = [each / name for each in above for name in _FOLDERS]
    for prefix in likely:
        saw(prefix / "pyvenv.cfg")
    near = [prefix for prefix in likely if (prefix / "pyvenv.cfg").is_file()]
    for prefix in (*named, *near):
        if (found := _read(prefix, saw)).roots:
            return found
    return _own(saw)


def stdlib() -> Path:
    """Return where the running Python's standard library lies."""
    return Path(sysconfig.get_path("stdlib"))


def _own(saw: Saw) -> Sites:
    paths = sysconfig.get_paths()
    roots = tuple(dict.fromkeys(Path(paths[name]) for name in ("purelib", "platlib")))
    return _with_references(roots, saw, is_sure=False)


def _prefix(python: Path) -> Path:
    """Return the environment of an interpreter; its link is not followed, for that knows its environment."""
    found = python if python.exists() else Path(shutil.which(python) or python)
    return Path(os.path.abspath(found)).parent.parent if sys.platform != "win32" else _windows_prefix(found)


def _windows_prefix(python: Path) -> Path:
    folder = python.absolute().parent
    return folder.parent if folder.name.lower() == "scripts" else folder


def _read(prefix: Path, saw: Saw) -> Sites:
    """Return the sites of an environment; without roots where it is none."""
    above = (*(prefix / folder for folder in _ABOVE_PACKAGES), *prefix.glob("lib*/python3*"))
    for folder in (*above, *prefix.glob("local/lib/python3*")):
        saw(folder)
    found = [*prefix.glob("lib/python3*/site-packages"), *prefix.glob("lib64/python3*/site-packages")]
    found += [*prefix.glob("Lib/site-packages"), *prefix.glob("lib/python3*/dist-packages")]
    found += [*prefix.glob("lib/python3/dist-packages"), *prefix.glob("local/lib/python3*/dist-packages")]
    roots: dict[str, Path] = {}
    for each in found:
        roots.setdefault(os.path.realpath(each), each)
    return _with_references(tuple(roots.values()), saw)


def _with_references(roots: tuple[Path, ...], saw: Saw, *, is_sure: bool = True) -> Sites:
    """Follow `.pth` files, as `site` does, and the finders that editable installs leave."""
    more: list[Path] = []
    editable: dict[str, Path] = {}
    for root in roots:
        saw(root)
        for entry in sorted(root.glob("*.pth")):
            saw(entry)
            more += _folders(root, entry, saw)
        for entry in sorted(root.glob("__editable___*_finder.py")):
            saw(entry)
            editable |= _mapping(entry)
    return Sites((*roots, *dict.fromkeys(more)), editable, is_sure)


def _folders(root: Path, entry: Path, saw: Saw) -> Iterator[Path]:
    for line in _lines(entry):
        if line and not line.startswith(("#", "import ", "import\t")):
            saw(root / line)
            if (root / line).is_dir():
                yield root / line


def _lines(path: Path) -> list[str]:
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return []


def _mapping(finder: Path) -> dict[str, Path]:
    """Return `MAPPING` of a finder that setuptools wrote: top-level names and where they lie."""
    try:
        tree = ast.parse(finder.read_text(encoding="utf-8"))
        values = (
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.AnnAssign | ast.Assign) and node.value is not None
            for target in ([node.target] if isinstance(node, ast.AnnAssign) else node.targets)
            if isinstance(target, ast.Name) and target.id == "MAPPING"
        )
        found: dict[object, str] = next(values, {})
        return {str(name): Path(place) for name, place in found.items()}
    except (OSError, SyntaxError, ValueError, TypeError, AttributeError):
        return {}
