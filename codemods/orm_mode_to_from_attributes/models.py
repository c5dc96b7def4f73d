"""What a class is to Pydantic, as far as its bases and the project's pins tell. Decides nothing about sites."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Sequence
from typing import NamedTuple

from greenmod.api import ClassFact, Definition, External, FileFacts, Project, Target

_KINDS = {
    "pydantic.BaseModel": "model",
    "pydantic.main.BaseModel": "model",
    "pydantic.RootModel": "model",
    "pydantic.root_model.RootModel": "model",
    "pydantic.generics.GenericModel": "model",
    "pydantic.BaseConfig": "settings-class",
    "pydantic.BaseSettings": "old-settings",
    "pydantic.env_settings.BaseSettings": "old-settings",
    "pydantic_settings.BaseSettings": "settings",
    "pydantic_settings.main.BaseSettings": "settings",
    "sqlmodel.SQLModel": "sqlmodel-no-op",
    "sqlmodel.main.SQLModel": "sqlmodel-no-op",
}
# A class is the first of these that one of its bases is.
_STRENGTH = (
    "pydantic-v1",
    "dual-support",
    "sqlmodel-no-op",
    "settings",
    "old-settings",
    "model",
    "settings-class",
    "unknown-base",
    "not-pydantic",
)
_OF_PYDANTIC = frozenset(_STRENGTH[:7])
MODELS = frozenset({"model", "settings", "old-settings"})
_FIRST_FASTAPI = "0.100.0"  # the first release that works with Pydantic 2


class Nature(NamedTuple):
    """What a class is, and by which name, found where (`path:line`); for a model it is `kind in MODELS`."""

    kind: str
    name: str = ""
    where: str = ""


class Refusal(NamedTuple):
    """Why a site is left alone: a rule, and a sentence."""

    rule: str
    reason: str


class Models:
    """Answers for the classes of a project, and remembers."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._natures: dict[Definition, Nature] = {}
        self._pins: dict[str, Refusal | None] = {}

    def nature(self, definition: Definition) -> Nature:
        if definition not in self._natures:
            self._natures[definition] = Nature("not-pydantic")  # a class that derives from itself is nothing yet
            self._natures[definition] = self._nature(definition)
        return self._natures[definition]

    def lineage(self, owner: Definition) -> frozenset[Definition]:
        """Return every class whose settings `owner` may have: itself, its ancestors, and their `Config`s."""
        around, _, name = owner.qualname.rpartition(".")
        if name == "Config" and around:
            owner = Definition(owner.path, around)
        owners = {owner, *self._ancestors(owner)}
        configs = {config_of(each) for each in owners}
        return frozenset(owners | configs | {base for config in configs for base in self._ancestors(config)})

    def classes(self, path: str, name: str, scope: str) -> list[Definition] | None:
        """Return the project's classes that a name may stand for; None where it may stand for anything."""
        targets = self._project.resolve(path, name, scope) if name else frozenset()
        found = [target for target in targets if isinstance(target, Definition) and self._project.find_class(target)]
        others = [target for target in targets if isinstance(target, External)]
        return found if targets and len(found) + len(others) == len(targets) else None

    def model_base(self, owner: Definition) -> str:
        """Return the base that makes a class a model, as it is written."""
        fact = self._project.find_class(owner)
        bases = zip(fact.bases, self._project.bases(owner, fact), strict=True) if fact else ()
        return next((text for text, targets in bases if self._base_nature(targets).kind in MODELS), "")

    def refuse(self, owner: Definition) -> Refusal | None:
        """Return what forbids any change to the settings of a model, its own facts and its bases' considered."""
        nature = self.nature(owner)
        if nature.kind not in MODELS:
            return Refusal(nature.kind, _WHAT[nature.kind].format(owner=owner.qualname, **nature._asdict()))
        if {"Config", "model_config"} <= self._names(owner):
            return Refusal("both-forms", "Pydantic 2 refuses a class that has both `Config` and `model_config`")
        if any("getter_dict" in self._names(each) for each in self.lineage(owner)):
            return Refusal("getter-dict", "`getter_dict` has no successor: its part of the work has to move by hand")
        return None

    def refuse_pin(self, path: str) -> Refusal | None:
        """Return what the project's declared dependencies say against Pydantic 2 at `path`."""
        if path not in self._pins:
            self._pins[path] = self._refuse_pin(path)
        return self._pins[path]

    def _refuse_pin(self, path: str) -> Refusal | None:
        pydantic = self._project.requirement(path, "pydantic")
        if pydantic is None:
            fastapi = self._project.requirement(path, "fastapi")
            if fastapi is None or fastapi.admits_from(_FIRST_FASTAPI):
                return None
            return Refusal("pinned-below-2", f"FastAPI {fastapi.specifiers[0]} needs Pydantic 1 ({fastapi.where})")
        pin = f"`pydantic{pydantic.specifiers[0]}` ({pydantic.where})"
        if not pydantic.admits(2):
            return Refusal("pinned-below-2", f"the project asks for {pin}, and Pydantic 1 knows no `from_attributes`")
        if pydantic.admits(1):
            return Refusal("dual-support", f"the project supports Pydantic 1 too: {pin}")
        return None

    def _nature(self, definition: Definition) -> Nature:
        facts = self._project.find_classes(definition)
        if not facts:
            return Nature("unknown-base", definition.qualname)
        return _one_of([self._statement_nature(definition, fact) for fact in facts])

    def _statement_nature(self, definition: Definition, fact: ClassFact) -> Nature:
        bases = [self._base_nature(targets) for targets in self._project.bases(definition, fact)]
        nature = min(bases, key=lambda base: _STRENGTH.index(base.kind), default=Nature("not-pydantic"))
        return nature if nature.where else nature._replace(where=f"{definition.path}:{fact.line}")

    def _base_nature(self, targets: frozenset[Target]) -> Nature:
        return _one_of(sorted(self._target_nature(target) for target in targets))

    def _target_nature(self, target: Target) -> Nature:
        if isinstance(target, Definition):
            return self.nature(target)
        top = target.name.partition(".")[0]
        if not isinstance(target, External):
            return Nature("not-pydantic" if target.name in dir(builtins) else "unknown-base", target.name or "a call")
        if target.name in _KINDS:
            return Nature(_KINDS[target.name], target.name)
        if target.name.startswith("pydantic.v1"):
            return Nature("pydantic-v1", target.name)
        return Nature("not-pydantic" if top in sys.stdlib_module_names else "unknown-base", target.name)

    def _ancestors(self, definition: Definition) -> set[Definition]:
        return {each for each in self._project.ancestors(definition) if isinstance(each, Definition)}

    def _names(self, definition: Definition) -> set[str]:
        facts: FileFacts | None = self._project.facts(definition.path)
        return set(facts.names.get(definition.qualname, {})) if facts else set()


_WHAT = {
    "pydantic-v1": "`{owner}` derives from `{name}` ({where}), which is Pydantic 1",
    "dual-support": "`{owner}` derives from {name} ({where}): either version of Pydantic",
    "sqlmodel-no-op": "`{owner}` derives from `{name}` ({where}), which reads attributes anyway: delete the setting",
    "settings-class": "`{owner}` is a class of settings, not a model",
    "unknown-base": "`{owner}` derives from `{name}` ({where}), of which greenmod knows nothing",
    "not-pydantic": "`{owner}` is no Pydantic model",
}


def _one_of(natures: Sequence[Nature]) -> Nature:
    """Return the nature of what may be either of several things."""
    kinds = {nature.kind for nature in natures}
    if len(kinds) == 1:
        return natures[0]
    kind = "dual-support" if kinds <= _OF_PYDANTIC else "unknown-base"
    return Nature(kind, " or ".join(nature.name or "something else" for nature in natures), natures[0].where)


def config_of(owner: Definition) -> Definition:
    return Definition(owner.path, f"{owner.qualname}.Config")
