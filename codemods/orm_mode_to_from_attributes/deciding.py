"""Which sites of a project are renamed, which are left alone and why, and which must go together. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from greenmod.api import Definition, External, Project

from .found import found_in
from .models import Models, Refusal
from .sites import HOLDERS, Site

# What takes settings, and through which keyword; empty: its own keywords are settings.
_TAKES = {
    "": ("pydantic.ConfigDict", "pydantic.config.ConfigDict", "pydantic_settings.SettingsConfigDict"),
    "__config__": ("pydantic.create_model", "pydantic.main.create_model"),
    "__cls_kwargs__": ("pydantic.create_model", "pydantic.main.create_model"),
    "config": (
        "pydantic.TypeAdapter",
        "pydantic.dataclasses.dataclass",
        "pydantic.validate_arguments",
        "pydantic.validate_call",
    ),
}
_REASONS = {
    "both-keys": "`from_attributes` is there as well: made for both versions of Pydantic, or by mistake",
    "dual-support": "a switch between the versions of Pydantic stands around it",
    "dynamic-config": "the settings reach Pydantic in a way that isn't followed, or can't be kept",
    "not-a-setting": "this isn't a setting of Pydantic",
    "not-pydantic": "this isn't a setting of a Pydantic model",
    "setting-read": "the setting is read in a way that can't be renamed with it",
}


@dataclass(slots=True)
class Verdict:
    """What becomes of one site: a rename, with its evidence, unless there is a refusal.

    `holder` is the class that holds the setting; sites of one `group` are renamed together or not at all.
    """

    path: str
    site: Site
    holder: Definition
    group: Definition
    refusal: Refusal | None = None
    why: str = ""


class Renames:
    """The verdicts on all sites of a project."""

    def __init__(self, project: Project, models: Models) -> None:
        self._project = project
        self._models = models
        self.verdicts = [
            self._verdict(path, site) for path in project.surveys for site in found_in(project, path).sites
        ]
        self._settle_reads()

    def join(self, one: Definition, other: Definition) -> None:
        """Put the groups of two holders together."""
        groups = sorted({verdict.group for verdict in self.verdicts if verdict.holder in (one, other)})
        for verdict in self.verdicts:
            if verdict.group in groups:
                verdict.group = groups[0]

    def _verdict(self, path: str, site: Site) -> Verdict:
        if site.kind in ("body", "keyword", "value") or site.owner:
            holder = Definition(path, site.owner or site.scope)
        else:
            holder = Definition(path, f"{site.line}:{site.column}")
        verdict = Verdict(path, site, holder, holder)
        judge = {"body": self._body, "keyword": self._model, "value": self._model, "call": self._call}.get(site.kind)
        found = judge(path, site) if judge else ""
        if isinstance(found, str):
            verdict.why = found
            verdict.refusal = refuse(site.refusal) if site.refusal else self._models.refuse_pin(path)
        else:
            # In a switch between versions, both forms in one class are meant.
            is_meant = found.rule == "both-forms" and site.refusal == "dual-support"
            verdict.refusal = refuse(site.refusal) if is_meant else found
        return verdict

    # Each of these returns the evidence for a rename, or what forbids it.

    def _model(self, path: str, site: Site) -> str | Refusal:
        return self._evidence(Definition(path, site.owner or site.scope))

    def _body(self, path: str, site: Site) -> str | Refusal:
        own = Definition(path, site.scope)
        owner = self._owner(own)
        found = self._evidence(owner) if owner else refuse("not-a-setting")
        if isinstance(found, str) or found.rule not in ("not-a-setting", "not-pydantic", "unknown-base"):
            return found
        if self._models.nature(own).kind == "settings-class":
            return f"`{own.qualname}` derives from `pydantic.BaseConfig`"
        if users := list(self._users(own, {own})):
            return next((user for user in users if isinstance(user, Refusal)), users[0])
        return refuse("not-pydantic") if owner is None and own.qualname.endswith("Config") else found

    def _call(self, path: str, site: Site) -> str | Refusal:
        names = self._external(path, site.about, site.scope)
        if any(name.startswith("pydantic.v1") for name in names):
            return Refusal("pydantic-v1", f"`{site.about}` is Pydantic 1's")
        if not names or not names.issubset(_TAKES[site.via]):
            return refuse("not-a-setting")
        return self._model(path, site) if site.owner else f"`{site.about}` is `{min(names)}`"

    def _evidence(self, owner: Definition) -> str | Refusal:
        nature = self._models.nature(owner)
        return self._models.refuse(owner) or f"`{owner.qualname}` derives from `{nature.name}` ({nature.where})"

    # Classes that are settings of models elsewhere

    def _owner(self, config: Definition) -> Definition | None:
        around, _, name = config.qualname.rpartition(".")
        owner = Definition(config.path, around)
        return owner if name == "Config" and around and self._project.find_class(owner) else None

    def _users(self, own: Definition, seen: set[Definition]) -> Iterator[str | Refusal]:
        """Yield what says, for each use of a class as settings, that a model uses it, or what forbids a rename."""
        for path in sorted(self._project.mentioning(own.qualname.rpartition(".")[2])):
            yield from self._handed(own, path)
            facts = self._project.facts(path)
            for fact in facts.classes if facts else ():
                heir = Definition(path, fact.qualname)
                if heir in seen or not any(own in targets for targets in self._project.bases(heir)):
                    continue
                if owner := self._owner(heir):
                    yield self._evidence(owner)
                yield from self._users(heir, seen | {heir})

    def _handed(self, own: Definition, path: str) -> Iterator[str | Refusal]:
        for use in found_in(self._project, path).uses:
            if use.name and own in self._project.resolve(path, use.name, use.scope):
                is_dataclass = self._external(path, use.about, use.scope) == {"pydantic.dataclasses.dataclass"}
                yield f"`{use.about}` gets it as its settings" if is_dataclass else refuse("dynamic-config")

    def _external(self, path: str, name: str, scope: str) -> frozenset[str]:
        """Return what a name stands for outside the project; nothing where that isn't all it stands for."""
        targets = self._project.resolve(path, name, scope) if name else frozenset()
        names = frozenset(target.name for target in targets if isinstance(target, External))
        return names if len(names) == len(targets) else frozenset()

    # Places that read a setting

    def _settle_reads(self) -> None:
        """Rename what a setting is read by together with it; where that can't be, leave both alone."""
        reads = [verdict for verdict in self.verdicts if verdict.site.kind in ("read", "named")]
        links = [(read, self._read_by(read)) for read in reads if read.site.refusal != "dynamic-config"]
        while broken := [(read, settings) for read, settings in links if not _is_whole(read, settings)]:
            links = [link for link in links if link not in broken]
            for verdict in (each for read, settings in broken for each in (read, *settings)):
                verdict.refusal = verdict.refusal or refuse("setting-read")
        for read, settings in links:
            read.why = settings[0].why
            for verdict in settings:
                self.join(read.holder, verdict.holder)

    def _read_by(self, read: Verdict) -> list[Verdict]:
        """Return the settings that a place may read; all of the project's where its class isn't known."""
        settings = [verdict for verdict in self.verdicts if verdict.site.kind not in ("read", "named", "other")]
        holder, _, last = read.site.about.rpartition(".")
        owners = self._models.classes(read.path, holder if last in HOLDERS else read.site.about, read.site.scope)
        if owners is None:
            read.refusal = read.refusal or refuse("setting-read")
            return settings
        lineage = {each for owner in owners for each in self._models.lineage(owner)}
        return [verdict for verdict in settings if verdict.holder in lineage]


def refuse(rule: str) -> Refusal:
    return Refusal(rule, _REASONS[rule])


def _is_whole(read: Verdict, settings: list[Verdict]) -> bool:
    if read.refusal or read.site.kind == "named":
        return False
    return bool(settings) and not any(verdict.refusal for verdict in settings)
