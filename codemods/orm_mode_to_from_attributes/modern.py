"""Which `class Config` can become `model_config`, one that others inherit from only together with these. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from greenmod.api import Definition, Namer, Naming, Project

from .deciding import Renames
from .found import found_in
from .models import Models
from .shapes import Shape
from .users import external_names

# What a model of each kind calls its settings, and where that comes from.
_HOMES = {"model": ("pydantic", "ConfigDict"), "settings": ("pydantic_settings", "SettingsConfigDict")}
_WORDS = (".Config", "__config__", '"Config"', "'Config'")


class Conversion(NamedTuple):
    """A `class Config` that can be converted, and how its file writes `ConfigDict`."""

    shape: Shape
    naming: Naming


def find_conversions(project: Project, models: Models, renames: Renames) -> dict[Definition, Conversion]:
    """Return what can be converted, by the `Config` class, and join the groups of those that need one another."""
    found = dict(_candidates(project, models, renames))
    if not found:
        return {}
    readers = _Readers(project, models, {verdict.holder for verdict in renames.verdicts})
    if readers.are_everywhere:
        return {}
    found = {config: each for config, each in found.items() if config not in readers.read}
    while broken := {config for config in found if not readers.heirs[config] <= found.keys()}:
        found = {config: each for config, each in found.items() if config not in broken}
    for config in found:
        for heir in readers.heirs[config]:
            renames.join(config, heir)
    return found


class _Readers:
    """Who looks at `Model.Config` in the project: as an heir, `class Config(Model.Config)`, or as a reader."""

    def __init__(self, project: Project, models: Models, settings: set[Definition]) -> None:
        self._project = project
        self._settings = settings
        self._models = models
        self.heirs: Mapping[Definition, set[Definition]] = defaultdict(set)
        self.read: set[Definition] = set()
        self.are_everywhere = False
        for path in sorted(project.mentioning(*_WORDS)):
            for reader in found_in(project, path).readers:
                self.read |= self._meant(path, reader.holder, reader.scope, with_heirs=reader.via == "self")
            self._note_heirs(path)

    def _note_heirs(self, path: str) -> None:
        facts = self._project.facts(path)
        for fact in facts.classes if facts else ():
            for holder, _, last in (base.rpartition(".") for base in fact.bases):
                if holder and last == "Config":
                    for config in self._meant(path, holder, fact.scope):
                        self.heirs[config].add(Definition(path, fact.qualname))

    def _meant(self, path: str, holder: str, scope: str, *, with_heirs: bool = False) -> set[Definition]:
        """Return every class whose settings `holder.Config` may be."""
        owners = self._models.classes(path, holder, scope)
        self.are_everywhere = self.are_everywhere or owners is None
        found = {each for owner in owners or () for each in self._models.lineage(owner)}
        if with_heirs:
            found |= {each for each in self._settings if self._models.lineage(each) & {*(owners or ())}}
        return found


def _candidates(project: Project, models: Models, renames: Renames) -> list[tuple[Definition, Conversion]]:
    """Return what may be converted for all that its own file says."""
    verdicts = {verdict.holder: verdict for verdict in renames.verdicts if verdict.site.kind == "body"}
    namers: dict[str, Namer] = {}
    found = []
    for path in project.surveys:
        for shape in found_in(project, path).shapes:
            config = Definition(path, f"{shape.owner}.Config")
            verdict = verdicts.get(config)
            if (
                not shape.is_plain
                or verdict is None
                or verdict.refusal
                or not _inherits_alike(project, models, path, shape)
            ):
                continue
            if naming := _naming(project, models, namers, Definition(path, shape.owner), shape.line):
                found.append((config, Conversion(shape, naming)))
    return found


def _inherits_alike(project: Project, models: Models, path: str, shape: Shape) -> bool:
    """Tell whether the model has by itself what its `Config` inherits: from nothing, or from a base's `Config`."""
    owner = Definition(path, shape.owner)
    if not shape.base or external_names(project, path, shape.base, shape.owner) == {"pydantic.BaseConfig"}:
        return True
    holder, _, last = shape.base.rpartition(".")
    bases = models.classes(path, holder, shape.owner) if last == "Config" else None
    return bases is not None and all(base in models.lineage(owner) for base in bases)


def _naming(project: Project, models: Models, namers: dict[str, Namer], owner: Definition, line: int) -> Naming | None:
    facts, home = project.facts(owner.path), _HOMES.get(models.nature(owner).kind)
    if facts is None or home is None:
        return None
    namer = namers.setdefault(owner.path, Namer(facts))
    return namer.find(*home, models.model_base(owner), owner.qualname, line)
