"""Imports point down the list of rooms, and nothing heavy is imported before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[1] / "src" / "greenmod"
CODEMODS = SRC.parents[1] / "codemods"

# From the top of the house to its ground; docs/architecture.md says what each is for. A line is one storey.
STOREYS = (
    ("__main__",),
    ("cli",),
    ("demo",),
    ("cases",),
    ("execute",),
    ("rounds",),
    ("report",),
    ("patches",),
    ("verify",),
    ("session",),
    ("planning",),
    ("apply", "journal"),
    ("settle",),
    ("engine",),
    ("registry",),
    ("description",),
    ("api",),
    ("facts",),
    ("prefilter", "discover", "source", "config"),
    ("errors",),
    ("model",),
    ("__init__",),
)
STOREY = {room: number for number, rooms in enumerate(STOREYS) for room in rooms}
# Where a library may be imported.
HOMES = {
    "libcst": {"api", "engine"},
    "typer": {"cli"},
    "rich": {"cli", "report"},
    "pathspec": {"discover"},
    "platformdirs": {"facts", "journal"},
    "sqlite3": {"facts"},
    "ahocorasick_rs": {"prefilter"},
}


def room_of(path: Path) -> str:
    first = path.relative_to(SRC).parts[0]
    return first.removesuffix(".py")


def imports_of(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each imported module of a file with its line, those for type checkers left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            module = node.module or ""
            # `from greenmod import config` imports a module by its name.
            names = [f"greenmod.{alias.name}" for alias in node.names] if module == "greenmod" else [module]
            yield from ((name, node.lineno) for name in names)


def test_every_room_has_its_storey() -> None:
    assert {room_of(path) for path in SRC.rglob("*.py") if "plugin" not in path.parts} == set(STOREY)


def test_imports_point_down() -> None:
    upward = [
        f"{path.relative_to(SRC)}:{line} imports {module}"
        for path in SRC.rglob("*.py")
        for module, line in imports_of(path)
        if module.startswith("greenmod.") and module.split(".")[1] in STOREY
        if STOREY[module.split(".")[1]] < STOREY[room_of(path)]
    ]

    assert upward == []


@pytest.mark.parametrize("library", sorted(HOMES))
def test_each_library_stays_in_its_rooms(library: str) -> None:
    elsewhere = [
        f"{path.relative_to(SRC)}:{line}"
        for path in SRC.rglob("*.py")
        for module, line in imports_of(path)
        if module.split(".")[0] == library and room_of(path) not in HOMES[library]
    ]

    assert elsewhere == []


def test_codemods_import_the_public_surface_alone() -> None:
    settings = {"iniconfig", "tomli", "tomlkit", "tomllib"}  # docs/decisions/0008-tomlkit.md
    templates = {"jinja2"}  # docs/decisions/0017-what-says-that-a-relationship-is-read.md
    allowed = {"greenmod.api", "libcst"} | settings | templates | set(sys.stdlib_module_names)
    others = [
        f"{path.relative_to(CODEMODS)}:{line} imports {module}"
        for path in CODEMODS.rglob("*.py")
        for module, line in imports_of(path)
        if module not in allowed and module.split(".")[0] not in allowed
    ]

    assert others == []


@pytest.mark.parametrize("module", ["greenmod.session", "greenmod.cli.quick", "greenmod.journal.recovery"])
def test_a_run_without_work_imports_nothing_heavy(module: str) -> None:
    heavy = ("libcst", "jinja2", "typer", "rich", "pytest", "asyncio", "greenmod.engine", "greenmod.planning")
    code = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
