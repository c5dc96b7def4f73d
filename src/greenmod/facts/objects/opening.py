"""Objects over a project, with everything that they read from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from greenmod.facts.cache import Cache
from greenmod.facts.objects.declarations import Declarations
from greenmod.facts.objects.libraries import Libraries
from greenmod.facts.objects.objects import Objects
from greenmod.facts.objects.sources import Memory, Reader

if TYPE_CHECKING:
    from greenmod.facts.project import Environment, Project


def open_objects(
    project: Project, environment: Environment, declarations: Callable[[str], Declarations | None] | None = None
) -> Objects:
    """Return Objects that read the repository's files themselves, unless `declarations` are given."""
    memory = Memory(environment.cache or Cache(None))
    libraries = Libraries(project.root, environment.python, memory, environment.saw)
    return Objects(project, declarations or Reader(project.read, memory, environment.declared), libraries, memory)
