"""`[tool.greenmod]`: where a run's root is and what its `pyproject.toml` says.

Nothing here knows a codemod; tables named after codemods are kept raw and checked by the registry.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from greenmod.errors import UsageError, nearest

OptionValue = str | bool | int | list[str]

_LISTS = ("select", "ignore", "codemods", "exclude", "sandbox-include")
_STRINGS = ("fixtures",)


@dataclass(frozen=True, slots=True)
class Config:
    """A run's settings. `options` holds one raw table per codemod name."""

    root: Path
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    codemods: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    sandbox_include: tuple[str, ...] = ()
    fixtures: str = "fixtures"
    options: Mapping[str, Mapping[str, OptionValue]] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.root / "pyproject.toml"


def find_root(start: Path) -> Path:
    """Return the git work tree above `start`, else the nearest folder with a `pyproject.toml`, else `start` itself."""
    folder = start if os.path.isdir(start) else start.parent
    nearest_project: Path | None = None
    for candidate in (folder, *folder.parents):
        # `os.path` says no where `Path` raises: for folders that may not be searched.
        if os.path.exists(candidate / ".git"):
            return candidate
        if nearest_project is None and os.path.isfile(candidate / "pyproject.toml"):
            nearest_project = candidate
    return nearest_project or folder


def load(root: Path) -> Config:
    """Read `root`'s `[tool.greenmod]`. Raises UsageError with the place of what is wrong."""
    path = root / "pyproject.toml"
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Config(root)
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror}", "Check its permissions.") from error
    if b"greenmod" not in data:
        return Config(root)
    return _config(root, _table(path, data))


def _table(path: Path, data: bytes) -> Mapping[str, object]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        document = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}", "Correct the file; nothing was changed.") from error
    tools = document.get("tool", {})
    table = tools.get("greenmod", {}) if isinstance(tools, dict) else None
    if not isinstance(table, dict):
        raise UsageError(f"{path}: [tool.greenmod] must be a table")
    return table


def _config(root: Path, table: Mapping[str, object]) -> Config:
    where = f"{root / 'pyproject.toml'}: [tool.greenmod]"
    lists: dict[str, tuple[str, ...]] = {}
    options: dict[str, Mapping[str, OptionValue]] = {}
    fixtures = "fixtures"
    for key, value in table.items():
        if key in _LISTS:
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise UsageError(f"{where} {key} must be a list of strings, not {value!r}")
            lists[key.replace("-", "_")] = tuple(value)
        elif key in _STRINGS:
            if not isinstance(value, str):
                raise UsageError(f"{where} {key} must be a string, not {value!r}")
            fixtures = value
        elif isinstance(value, dict):
            options[key] = value
        else:
            hint = nearest(key, (*_LISTS, *_STRINGS))
            raise UsageError(f'{where} has no setting "{key}".{hint}', f"Known: {', '.join((*_LISTS, *_STRINGS))}.")
    return Config(root, fixtures=fixtures, options=options, **lists)
