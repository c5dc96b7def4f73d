"""Which sites of a project are renamed, which are left alone and why, and which must go together. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from greenmod.api import Definition, Project

from .found import found_in
from .models import Models, Refusal
from .sites import HOLDERS, Site
from .users import User, Users, external_names, owner_of

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
        sites = [(path, site) for path in project.surveys for site in found_in(project, path).sites]
        self._users = Users(project, (Definition(path, site.scope) for path, site in sites if site.kind == "body"))
        self.verdicts = [self._verdict(path, site) for path, site in sites]
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
        owner = owner_of(self._project, own)
        found = self._evidence(owner) if owner else refuse("not-a-setting")
        if isinstance(found, str) or found.rule not in ("not-a-setting", "not-pydantic", "unknown-base"):
            return found
        uses = [self._use(user) for user in self._users.find(own)]
        if refused := [use for use in uses if isinstance(use, Refusal)]:
            return found if owner else refused[0]
        if self._models.nature(own).kind == "settings-class":
            uses.append(f"`{own.qualname}` derives from `pydantic.BaseConfig`")
        if uses:
            return uses[0]
        return refuse("not-pydantic") if owner is None and own.qualname.endswith("Config") else found

    def _call(self, path: str, site: Site) -> str | Refusal:
        names = external_names(self._project, path, site.about, site.scope)
        if any(name.startswith("pydantic.v1") for name in names):
            return Refusal("pydantic-v1", f"`{site.about}` is Pydantic 1's")
        if not names or not names.issubset(_TAKES[site.via]):
            return refuse("not-a-setting")
        return self._model(path, site) if site.owner else f"`{site.about}` is `{min(names)}`"

    def _evidence(self, owner: Definition) -> str | Refusal:
        nature = self._models.nature(owner)
        return self._models.refuse(owner) or f"`{owner.qualname}` derives from `{nature.name}` ({nature.where})"

    def _use(self, user: User) -> str | Refusal:
        if user.call:
            return f"`{user.call}` gets it as its settings"
        return self._evidence(user.model) if user.model else refuse("dynamic-config")

    # Places that read a setting

    def _settle_reads(self) -> None:
        """Rename what a setting is read by together with it; where that can't be, leave both alone."""
        reads = [verdict for verdict in self.verdicts if verdict.site.kind in ("read", "named")]
        links = [(read, self._read_by(read)) for read in reads if read.site.refusal != "dynamic-config"]
        while broken := [(read, settings) for read, settings in links if not _is_whole(read, settings)]:
            links = [link for link in links if link not in broken]
            for read, settings in broken:
                known = settings[0].refusal if settings and _are_refused(settings) else None
                read.refusal = read.refusal or known or refuse("setting-read")
                for verdict in settings:
                    verdict.refusal = verdict.refusal or refuse("setting-read")
        for read, settings in links:
            read.why = settings[0].why
            for verdict in settings:
                self.join(read.holder, verdict.holder)

    def _read_by(self, read: Verdict) -> list[Verdict]:
        """Return the settings that a place may read; all of the project's where its class isn't known."""
        settings = [verdict for verdict in self.verdicts if verdict.site.kind not in ("read", "named", "other")]
        holder, _, last = read.site.about.rpartition(".")
        name = holder if holder and last in HOLDERS else read.site.about
        owners = self._models.classes(read.path, name, read.site.scope)
        if owners is None:
            read.refusal = read.refusal or refuse("setting-read")
            return settings
        lineage = {each for owner in owners for each in self._models.lineage(owner)}
        heirs = owners if read.site.via == "self" else []
        return [
            verdict
            for verdict in settings
            if verdict.holder in lineage or not self._models.lineage(verdict.holder).isdisjoint(heirs)
        ]


def refuse(rule: str) -> Refusal:
    return Refusal(rule, _REASONS[rule])


def _is_whole(read: Verdict, settings: list[Verdict]) -> bool:
    is_renamed = read.refusal is None and read.site.kind == "read"
    return is_renamed and bool(settings) and not any(verdict.refusal for verdict in settings)


def _are_refused(settings: list[Verdict]) -> bool:
    return all(verdict.refusal for verdict in settings)
