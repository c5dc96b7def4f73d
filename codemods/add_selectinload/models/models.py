"""The graph of models and schemas of a repository: the one thing that the rest of the codemod asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from greenmod.api import Objects, Project, Thing, What

from ..survey.rows import Path
from .chains import Chain, chains
from .entities import Entities
from .kinship import Kin, is_abstract
from .names import Names
from .nouns import Doubt, Entity, Key, Made, Relationship, Route, Schema
from .registry import Registry
from .routes import Routes
from .schemas import Schemas


class Models:
    """Answers by qualified name, and by what `project.objects()` says that a name stands for.

    A name may begin anywhere above the package: `app.models.Author` and `backend.app.models.Author` are one class, as
    long as no other ends so. Names that re-export a class stand for it. Nothing is guessed: what can't be told is
    None, and `doubt` and `doubts` say why.
    """

    def __init__(self, project: Project, objects: Objects | None = None) -> None:
        self._names = Names(project, objects or project.objects())
        self._kin = Kin(self._names)
        self._registry = Registry(self._names, self._kin)
        self._entities = Entities(self._names, self._kin, self._registry)
        self._schemas = Schemas(self._names, self._kin, self._registry)
        self._routes = Routes(self._names, self._registry, self._schemas)
        self._keys: dict[str, Key | None] = {}

    def entity(self, name: str) -> Entity | None:
        """Return the mapped class of a name; None for what is none, or doubtful."""
        key = self._key(name)
        return self._entities.by_key.get(key) if key else None

    def schema(self, name: str) -> Schema | None:
        """Return the Pydantic model of a name."""
        key = self._key(name)
        return self._schemas.of(key) if key else None

    def route(self, function: str) -> Route | None:
        """Return what a function of this name answers with; None for one that is no path operation."""
        found = [key for key in self._functions.get(function.rpartition(".")[2], ()) if self._ends(key, function)]
        return self._routes.of(found[0]) if len(found) == 1 else None

    def entity_of(self, thing: Thing) -> Entity | None:
        """Return the mapped class that a class, or an instance of it, is."""
        return self._entities.by_key.get(Key(thing.file, thing.qualname)) if _is_own(thing) else None

    def schema_of(self, thing: Thing) -> Schema | None:
        return self._schemas.of(Key(thing.file, thing.qualname)) if _is_own(thing) else None

    def route_at(self, path: str, qualname: str) -> Route | None:
        return self._routes.of(Key(path, qualname))

    @property
    def entities(self) -> tuple[Entity, ...]:
        """All mapped classes, by name."""
        return tuple(sorted(self._entities.by_key.values(), key=lambda each: (each.name, each.path)))

    def path(self, entity: str, hops: Iterable[str]) -> Chain | None:
        """Return the relationships of hops, the first one an heir's maybe; None where one leads nowhere."""
        found: list[Relationship] = []
        for name in hops:
            owner = self.entity(entity)
            relationship = owner.relationships.get(name) if owner is not None else None
            if relationship is None and owner is not None and not found:
                relationship = self.of_heir(owner, name)
            if relationship is None or relationship.target is None:
                return None
            found.append(relationship)
            entity = relationship.target
        return tuple(found)

    @cached_property
    def words(self) -> frozenset[str]:
        """The last names of all mapped classes."""
        return frozenset(entity.name.rpartition(".")[2] for entity in self.entities)

    def of_heir(self, entity: Entity, name: str) -> Relationship | None:
        """Return the relationship of that name that classes below a mapped one have, as long as it is the same one."""
        if name in entity.relationships or name in entity.columns:
            return None
        found = [each for heir in self._heirs.get(entity.name, ()) if (each := heir.relationships.get(name))]
        return found[0] if len({each.declared_in for each in found}) == 1 else None

    @cached_property
    def _heirs(self) -> Mapping[str, list[Entity]]:
        found: defaultdict[str, list[Entity]] = defaultdict(list)
        for entity in self.entities:
            for base in entity.bases:
                found[base].append(entity)
        return found

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """All path operations of the surveyed files, by place."""
        return tuple(found for key in self._routes.keys if (found := self._routes.of(key)))

    def chains(self, entity: Entity, path: Path) -> tuple[Chain, ...]:
        """Return the chains of relationships that reading an attribute path of a row loads; see `models.chains`."""
        return chains(self.entity, entity, path)

    def written(self, path: str, text: str, scope: str = "") -> tuple[str, str] | None:
        """Return where a name is assigned, and the text of what it is assigned: `User = Annotated[…, Depends(…)]`."""
        found = self._names.meant(path, text, scope)
        return (found.path, found.text) if isinstance(found, Made) and not found.rest else None

    def assigned(self, path: str, text: str, scope: str) -> str:
        """Return the text of what a module assigns to a name; empty where that can't be told."""
        found = self._names.meant(path, text, scope)
        if not isinstance(found, Made) or found.rest:
            return ""
        arguments = [*found.args, *(f"{name}={value}" for name, value in found.keywords.items())]
        return found.text or f"{found.callee}({', '.join(arguments)})"

    def doubt(self, name: str) -> Doubt | None:
        """Return why nothing is known of a class as a mapped one, or not all of it; None where nothing is in doubt."""
        key = self._key(name)
        if key is None:
            return Doubt("", 0, "unknown-class", f"no class, or more than one, is called `{name}`")
        if key in self._entities.imperative:
            return self._entities.imperative[key]
        row, kin = self._names.class_row(key), self._kin.of(key)
        if row is not None and kin.doubt and not is_abstract(row):
            return Doubt(key.path, row.line, "unknown-base", f"`{key.name}`: {kin.doubt}")
        return None

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """Everything that can't be told of mapped classes, sorted."""
        return self._entities.doubts

    def _key(self, name: str) -> Key | None:
        if name not in self._keys:
            self._keys[name] = self._find(name)
        return self._keys[name]

    def _find(self, name: str) -> Key | None:
        found = [key for key in self._classes.get(name.rpartition(".")[2], ()) if self._ends(key, name)]
        exact = [key for key in found if self._registry.qualified(key) == name]
        if len(exact) == 1 or len(found) == 1:
            return exact[0] if len(exact) == 1 else found[0]
        if found:
            return None
        thing = self._names.objects.imported(name, "")
        return Key(thing.file, thing.qualname) if thing.what is What.CLASS and not thing.is_library else None

    def _ends(self, key: Key, name: str) -> bool:
        module = key.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        return f".{module}.{key.qualname}".endswith(f".{name}")

    @cached_property
    def _classes(self) -> Mapping[str, list[Key]]:
        found: defaultdict[str, list[Key]] = defaultdict(list)
        for path in sorted({*self._names.project.surveys, *(key.path for key in self._registry.keys)}):
            for row in self._names.rows(path).classes:
                found[row.name].append(Key(path, row.qualname))
        return {name: list(dict.fromkeys(keys)) for name, keys in found.items()}

    @cached_property
    def _functions(self) -> Mapping[str, list[Key]]:
        found: defaultdict[str, list[Key]] = defaultdict(list)
        for key in dict.fromkeys(self._routes.keys):
            found[key.name].append(key)
        return found


def _is_own(thing: Thing) -> bool:
    return thing.what in (What.CLASS, What.INSTANCE) and not thing.is_library
