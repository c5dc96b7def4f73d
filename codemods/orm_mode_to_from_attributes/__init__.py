"""Rename Pydantic's setting `orm_mode` to `from_attributes`.

In `class Config`, in `ConfigDict(...)` and dictionaries of settings, in the keywords of a class, and where a setting is
read as `Model.Config.orm_mode`. With `style = "modern"`, `class Config` becomes `model_config = ConfigDict(...)` where
nothing inherits from it or reads it otherwise; elsewhere it is renamed in place.

Why: Pydantic 2 renamed the setting and ignores the old name, so models no longer read the attributes of objects:
`from_orm` raises, and so does FastAPI's `response_model`. As a keyword of a class the old name is a TypeError.

Left alone: classes that aren't surely models of Pydantic 2 (look-alikes, `pydantic.v1`, bases of other packages);
projects that ask for, or support, Pydantic 1, and switches between versions; SQLModel, which reads attributes anyway;
settings next to `from_attributes` or `getter_dict`; settings that arrive through `**`, by assignment or by name; and
settings that something reads in a way that can't be renamed with them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar, cast

import libcst as cst

from greenmod.api import (
    Codemod,
    Context,
    Decision,
    FilePlan,
    Option,
    Project,
    Safety,
    SkippedSite,
    Survey,
    SurveyedFile,
)

from .deciding import Renames, Verdict
from .found import as_data, find
from .models import Models
from .modern import Conversion, find_conversions
from .sites import NEW, OLD
from .writing import as_model_config

NodeT = TypeVar("NodeT", cst.Name, cst.SimpleString)

_TITLES = {
    "body": "Rename `orm_mode` in `{scope}`",
    "keyword": "Rename the keyword `orm_mode` of class `{scope}`",
    "value": "Rename `orm_mode` in the `model_config` of `{scope}`",
    "call": "Rename `orm_mode` in the settings that `{about}` gets",
    "read": "Read `{about}.from_attributes`",
}


class Plan(NamedTuple):
    """A rename; or, with the way to write `ConfigDict` (see `Naming`), the conversion of a whole `class Config`."""

    group: str
    title: str
    why: str
    callee: str = ""
    module: str = ""
    beside: str | None = None


class OrmModeToFromAttributes(Codemod):
    name = "orm-mode-to-from-attributes"
    source = "https://docs.pydantic.dev/latest/migration/#changes-to-config"
    safety = Safety.SAFE
    triggers = ("orm_mode",)
    pattern = r"\borm_mode\b"
    options = (
        Option("style", "minimal", "minimal renames; modern writes model_config where it can", ("minimal", "modern")),
    )

    @classmethod
    def survey(cls, file: SurveyedFile) -> Survey:
        found = find(file)
        return Survey(tuple(site.line for site in found.sites), as_data(found))

    @classmethod
    def decide(cls, project: Project, options: Mapping[str, object]) -> Decision:
        models = Models(project)
        renames = Renames(project, models)
        conversions = find_conversions(project, models, renames) if options["style"] == "modern" else {}
        skips = [
            SkippedSite(verdict.path, verdict.site.line, *verdict.refusal)
            for verdict in renames.verdicts
            if verdict.refusal
        ]
        chosen = [verdict for verdict in renames.verdicts if verdict.refusal is None]
        plans: dict[str, dict[tuple[int, int], tuple[str | None, ...]]] = defaultdict(dict)
        for verdict in chosen:
            at, plan = _plan(verdict, conversions.get(verdict.holder))
            plans[verdict.path][at] = tuple(plan)
        files = {
            path: FilePlan(tuple(line for line, _ in found), found, _beside(path, chosen))
            for path, found in plans.items()
        }
        return Decision(files, tuple(skips))

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        plans = cast("Mapping[tuple[int, int], tuple[str, str, str, str, str, str | None]]", self.decision)
        self._waiting = {at: Plan(*plan) for at, plan in plans.items()}
        self._indent = ""

    def visit_Module(self, node: cst.Module) -> None:
        self._indent = node.default_indent

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:
        assert not self._waiting, f"LibCST has nothing at {sorted(self._waiting)}, where ast has a site"
        return updated_node

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        plan = self._plan_at(original_node) if original_node.value == OLD else None
        return self._renamed(original_node, updated_node.with_changes(value=NEW), plan) if plan else updated_node

    def leave_SimpleString(self, original_node: cst.SimpleString, updated_node: cst.SimpleString) -> cst.SimpleString:
        plan = self._plan_at(original_node) if OLD in original_node.value else None
        new = updated_node.with_changes(value=updated_node.value.replace(OLD, NEW))
        return self._renamed(original_node, new, plan) if plan else updated_node

    def leave_ClassDef(
        self, original_node: cst.ClassDef, updated_node: cst.ClassDef
    ) -> cst.ClassDef | cst.SimpleStatementLine:
        plan = self._plan_at(original_node) if original_node.name.value == "Config" else None
        if plan is None:
            return updated_node
        new = as_model_config(updated_node, plan.callee, self._indent, self.position(original_node)[1])
        name = plan.callee.rpartition(".")[2]
        imports = [self.need_import(plan.module, name, beside=plan.beside)] if plan.module else []
        return self.change(original_node, new, plan.title, why=plan.why, group=plan.group, imports=imports)

    def _plan_at(self, node: cst.CSTNode) -> Plan | None:
        return self._waiting.pop(self.position(node), None)

    def _renamed(self, original: cst.CSTNode, new: NodeT, plan: Plan) -> NodeT:
        return self.change(original, new, plan.title, why=plan.why, group=plan.group)


def _plan(verdict: Verdict, conversion: Conversion | None) -> tuple[tuple[int, int], Plan]:
    """Return where to change something, and what."""
    site, group = verdict.site, f"{verdict.group.path}:{verdict.group.qualname}"
    effect = "refuses the keyword" if site.kind == "keyword" else "ignores"
    why = f"{verdict.why}; Pydantic 2 {effect} `orm_mode`"
    if conversion is None:
        return (site.line, site.column), Plan(group, _TITLES[site.kind].format(**site._asdict()), why)
    shape, naming = conversion
    title = f"Write the settings of `{shape.owner}` as `model_config`"
    return (shape.line, shape.column), Plan(group, title, why, naming.text, naming.module, naming.beside)


def _beside(path: str, chosen: Sequence[Verdict]) -> tuple[str, ...]:
    """Return the other files of the groups that a file has part in."""
    groups = {verdict.group for verdict in chosen if verdict.path == path}
    return tuple(sorted({verdict.path for verdict in chosen if verdict.group in groups} - {path}))
