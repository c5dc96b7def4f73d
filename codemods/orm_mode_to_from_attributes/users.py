"""Which models have a class that stands apart as their settings: `class Config(Shared)`, `dataclass(config=Shared)`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from greenmod.api import Definition, External, Project

from .found import found_in

_DATACLASS = {"pydantic.dataclasses.dataclass"}


class User(NamedTuple):
    """The model whose `Config` inherits from a class, or the call that takes it; neither where that isn't followed."""

    model: Definition | None = None
    call: str = ""


class Users:
    """Finds the users of classes. Those `expected` are looked for in one pass over the bytes of the project."""

    def __init__(self, project: Project, expected: Iterable[Definition]) -> None:
        self._project = project
        self._expected = frozenset(expected)
        self._files: dict[Definition, list[str]] = {}

    def find(self, own: Definition, seen: frozenset[Definition] = frozenset()) -> Iterator[User]:
        """Yield the users of a class, those of its heirs too."""
        for path in self._files_with(own):
            yield from self._handed(own, path)
            for heir in self._heirs(own, path):
                if heir not in seen:
                    if model := owner_of(self._project, heir):
                        yield User(model)
                    yield from self.find(heir, seen | {own, heir})

    def _heirs(self, own: Definition, path: str) -> Iterator[Definition]:
        facts = self._project.facts(path)
        for fact in facts.classes if facts else ():
            heir = Definition(path, fact.qualname)
            if any(own in targets for targets in self._project.bases(heir)):
                yield heir

    def _handed(self, own: Definition, path: str) -> Iterator[User]:
        for use in found_in(self._project, path).uses:
            if use.name and own in self._project.resolve(path, use.name, use.scope):
                is_dataclass = external_names(self._project, path, use.about, use.scope) == _DATACLASS
                yield User(call=use.about if is_dataclass else "")

    def _files_with(self, own: Definition) -> list[str]:
        if own not in self._files:
            wanted = {own} if self._files else {own, *self._expected}
            words = {each: self._words(each) for each in wanted}
            spoken = sorted(set().union(*words.values()))
            files = self._project.mentioning(*spoken) if spoken else {}
            for each in wanted:
                found = {path for path, has in files.items() if words[each] and has.issuperset(words[each])}
                self._files[each] = sorted(found | {each.path})
        return self._files[own]

    def _words(self, own: Definition) -> frozenset[str]:
        """Return what a file must say to use a class of another file; nothing where no other can."""
        around, _, name = own.qualname.rpartition(".")
        if around:
            return frozenset({own.qualname} if self._project.find_class(Definition(own.path, around)) else ())
        module = own.path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
        return frozenset({name, module} if name == "Config" else {name})


def owner_of(project: Project, config: Definition) -> Definition | None:
    """Return the class around a class called `Config`."""
    around, _, name = config.qualname.rpartition(".")
    owner = Definition(config.path, around)
    return owner if name == "Config" and around and project.find_class(owner) else None


def external_names(project: Project, path: str, name: str, scope: str) -> frozenset[str]:
    """Return what a name stands for outside the project; nothing where that isn't all it stands for."""
    targets = project.resolve(path, name, scope) if name else frozenset()
    names = frozenset(target.name for target in targets if isinstance(target, External))
    return names if len(names) == len(targets) else frozenset()
