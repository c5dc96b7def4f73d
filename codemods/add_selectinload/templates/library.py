"""The templates of a repository, each read once. Jinja is imported when the first one is found, and no sooner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from greenmod.api import Project

from .folders import Folders
from .rows import TemplateRead

if TYPE_CHECKING:
    from .sources import Source


class Library:
    """Answers what the template of a name reads."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._folders = Folders(project)
        self._sources: dict[tuple[str, str], Source | None] = {}
        self._reads: dict[tuple[str, str], tuple[TemplateRead, ...]] = {}

    def reads(self, name: str, caller: str) -> tuple[TemplateRead, ...]:
        """Return what a template reads that code in the file `caller` renders; nothing where there is none to read."""
        if (name, caller) not in self._reads:
            self._reads[name, caller] = self._read(name, caller)
        return self._reads[name, caller]

    def _read(self, name: str, caller: str) -> tuple[TemplateRead, ...]:
        source = self._source(name, caller)
        if source is None:
            return ()
        from .reading import read

        return read(source, lambda other: self._source(other, caller))

    def _source(self, name: str, caller: str) -> Source | None:
        if (name, caller) not in self._sources:
            path = self._folders.find(name, caller)
            text = self._project.read(path) if path is not None else None
            self._sources[name, caller] = _parsed(name, path, text) if path is not None and text is not None else None
        return self._sources[name, caller]


def _parsed(name: str, path: str, text: str) -> Source | None:
    from .sources import Source, parse

    tree = parse(text)
    return Source(name, path, tree) if tree is not None else None
