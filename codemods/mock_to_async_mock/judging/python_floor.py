"""The oldest Python that a project supports: before 3.8 there is no AsyncMock."""

from __future__ import annotations

import re

from greenmod.api import Project

_FLOORS = {
    "pyproject.toml": re.compile(r"""^(?:requires-python|python)\s*=\s*["']([^"']+)["']""", re.MULTILINE),
    "setup.cfg": re.compile(r"^python_requires\s*=\s*(.+)$", re.MULTILINE),
    "setup.py": re.compile(r"""python_requires\s*=\s*["']([^"']+)["']"""),
}
_VERSION = re.compile(r"(?:>=|~=|==|\^|~|>)\s*(\d+)(?:\.(\d+))?")


def old_python(project: Project, path: str) -> str:
    """Return what the project says of Python where it still supports one without AsyncMock; empty elsewhere."""
    folder = path.rpartition("/")[0]
    while True:
        if (floor := _floor(project, folder)) is not None:
            return floor
        if not folder:
            return ""
        folder = folder.rpartition("/")[0]


def _floor(project: Project, folder: str) -> str | None:
    """Return the setting that allows a Python before 3.8; empty where one does not, None where there is none."""
    for name, pattern in _FLOORS.items():
        text = project.read(f"{folder}/{name}".lstrip("/"))
        found = pattern.search(text) if text else None
        if found:
            version = _VERSION.search(found[1])
            is_old = version is not None and (int(version[1]), int(version[2] or 0)) < (3, 8)
            return f"{folder}/{name}".lstrip("/") + f" supports Python {found[1]}" if is_old else ""
    return None
