"""Whether a project's TestClient is the one of httpx: Starlette's was requests' before 0.21, FastAPI's before 0.87."""

from __future__ import annotations

from greenmod.api import Project

_FIRST = {"starlette": "0.21", "fastapi": "0.87"}


def old_starlette(project: Project, path: str) -> str:
    """Return why a file's TestClient is too old, else nothing."""
    for package, first in _FIRST.items():
        found = project.requirement(path, package)
        if found is not None and found.specifiers and not found.admits_from(first):
            pins = ", ".join(found.specifiers)
            return f"{package} {pins} ({found.where}) has a TestClient of requests; upgrade to {first} first"
    return ""
