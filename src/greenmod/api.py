"""What the author of a codemod imports. Everything here is public; everything else is not.

A codemod is a plain LibCST transformer. `leave_*` returns the replacement, through `self.change(...)`; a site
that is left alone is reported through `self.skip(...)`. Nothing is silent.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

import libcst as cst

from greenmod.config import OptionValue
from greenmod.errors import CodemodError
from greenmod.facts.naming import Namer, Naming
from greenmod.facts.project import Definition, External, Project, Target, Unknown
from greenmod.facts.record import ClassFact, FileFacts, FunctionFact, ImportFact
from greenmod.facts.requirements import Requirement
from greenmod.facts.scopes import ScopedVisitor
from greenmod.facts.survey import dotted
from greenmod.model import ImportNeed, Safety
from greenmod.prefilter import Triggers

__all__ = [
    "ClassFact",
    "Codemod",
    "Context",
    "Decision",
    "Definition",
    "External",
    "FileFacts",
    "FilePlan",
    "FunctionFact",
    "ImportFact",
    "ImportNeed",
    "Namer",
    "Naming",
    "Option",
    "Project",
    "Requirement",
    "Safety",
    "ScopedVisitor",
    "SkippedSite",
    "Survey",
    "SurveyedFile",
    "Target",
    "Unknown",
    "dotted",
]

NodeT = TypeVar("NodeT", bound=cst.CSTNode)
Replacement = cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]
ReplacementT = TypeVar("ReplacementT", bound=Replacement)


@dataclass(frozen=True, slots=True)
class Option:
    """A setting of one codemod, from `[tool.greenmod.NAME]` or `--option NAME.OPTION=VALUE`."""

    name: str
    default: OptionValue
    help: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SurveyedFile:
    """A file as `Codemod.survey` sees it: text, `ast` tree and facts. Columns of `ast` count UTF-8 bytes."""

    path: str
    text: str
    tree: ast.Module
    facts: FileFacts


@dataclass(frozen=True, slots=True)
class Survey:
    """What a codemod found in one file: the lines of its sites (1-based), and JSON data for `decide`."""

    lines: tuple[int, ...] = ()
    data: object = None


@dataclass(frozen=True, slots=True)
class FilePlan:
    """What to do in one file: the lines of the sites to change, and data for the transformer.

    Without `lines` the transformer sees the whole file. `together` names other files that must change with it: the
    edits meet in one Change through `change(..., group=...)`.
    """

    lines: tuple[int, ...] | None = None
    data: object = None
    together: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class SkippedSite:
    """A candidate that `decide` leaves alone."""

    path: str
    line: int
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What `decide` returns: the files to change, and the sites left alone."""

    files: Mapping[str, FilePlan] = field(default_factory=dict)
    skips: tuple[SkippedSite, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What a codemod's transformer knows about the file it is shown."""

    path: str
    find_facts: Callable[[], FileFacts]
    options: Mapping[str, OptionValue]
    decision: object = None
    locate: Callable[[cst.CSTNode], tuple[int, int]] | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One call of `change`, as the engine reads it."""

    original: cst.CSTNode
    new: Replacement
    title: str
    why: str
    safety: Safety
    scope: str
    group: str | None
    requires: tuple[str, ...]
    imports: tuple[ImportNeed, ...]


@dataclass(frozen=True, slots=True)
class SkipRecord:
    """One call of `skip`, as the engine reads it."""

    node: cst.CSTNode
    rule: str
    reason: str


class Codemod(cst.CSTTransformer):
    """The base of every codemod.

    The class attributes `name`, `source`, `safety`, `triggers`, `pattern` and `options` are read from the source
    text without running it, so they must be literals.
    """

    name: ClassVar[str]
    source: ClassVar[str] = ""
    safety: ClassVar[Safety] = Safety.SAFE
    #: Words without which a file can't concern the codemod: any of the entries, all words of an entry that is a tuple.
    triggers: ClassVar[Triggers] = ()
    #: A second cheap question for files that passed `triggers`: a regular expression over the bytes.
    pattern: ClassVar[str] = ""
    options: ClassVar[tuple[Option, ...]] = ()
    #: True where every node that is changed stands in a statement that holds a trigger word, and nothing outside it
    #: matters: LibCST then parses these statements alone, below the headers of the classes and functions around them.
    #: That is many times cheaper than whole files.
    statement_local: ClassVar[bool] = False

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.records: list[Record] = []
        self.skips: list[SkipRecord] = []
        self._scopes: list[str] = []

    @classmethod
    def survey(cls, file: SurveyedFile) -> Survey | None:
        """Collect what matters in one candidate file, by `ast`; None where nothing does. Runs in workers."""
        raise NotImplementedError

    @classmethod
    def decide(cls, project: Project, options: Mapping[str, OptionValue]) -> Decision:
        """Decide over all surveys of the repository which sites to change. Pure; optional."""
        raise NotImplementedError

    @property
    def path(self) -> str:
        """The file, relative to the root."""
        return self.context.path

    @property
    def facts(self) -> FileFacts:
        """The file's facts; collected when they are first asked for."""
        return self.context.find_facts()

    @property
    def decision(self) -> object:
        """What `decide` (else `survey`) returned as data for this file."""
        return self.context.decision

    @property
    def scope(self) -> str:
        """The qualified name of the class or function being visited; empty at the top of the module."""
        return ".".join(self._scopes)

    def position(self, node: cst.CSTNode) -> tuple[int, int]:
        """Return the line and column of an original node's first token, as `ast` counts them in the file."""
        if self.context.locate is None:
            raise CodemodError("`position` is known only while greenmod runs the codemod")
        return self.context.locate(node)

    def option(self, name: str) -> OptionValue:
        """Return the value of one of the codemod's own options."""
        return self.context.options[name]

    def change(
        self,
        original: cst.CSTNode,
        new: ReplacementT,
        title: str,
        *,
        why: str = "",
        group: str | None = None,
        requires: Sequence[str] = (),
        imports: Sequence[ImportNeed] = (),
        safety: Safety | None = None,
    ) -> ReplacementT:
        """Record that `original` becomes `new`, and return `new`, for `leave_*` to return.

        Calls with one `group` make one Change, over all files. `requires` names groups it can't live without.
        """
        record = Record(
            original, new, title, why, safety or self.safety, self.scope, group, tuple(requires), tuple(imports)
        )
        self.records.append(record)
        return new

    def skip(self, node: cst.CSTNode, rule: str, reason: str) -> None:
        """Record that the site at `node` (an original node) is left alone, and why."""
        self.skips.append(SkipRecord(node, rule, reason))

    def need_import(
        self, module: str, name: str | None = None, *, asname: str | None = None, beside: str | None = None
    ) -> ImportNeed:
        """Return an import for `change(..., imports=[...])`; it is written once the change is chosen.

        `from module import name as asname`, or `import module as asname` without a name. It joins the import
        statement that binds the local name `beside` where the visit stands, if that is given.
        """
        found = self.facts.find_import(beside, self.scope) if beside else None
        return ImportNeed(self.path, module, name, asname, beside, line=found.line if found else 0)

    def drop_import(self, module: str, name: str | None = None) -> ImportNeed:
        """Like `need_import`, for an import that goes if nothing in the file uses it any more."""
        return ImportNeed(self.path, module, name, action="drop")

    def qualified_names(self, node: cst.CSTNode) -> frozenset[str]:
        """Return everything a name or attribute chain may stand for here; a definition of this file as `:qualname`."""
        text = _dotted(node)
        return self.facts.qualified_names(text, self.scope) if text else frozenset()

    def qualified_name(self, node: cst.CSTNode) -> str | None:
        """Return what a name or attribute chain stands for (`httpx.AsyncClient`); None in any doubt."""
        names = self.qualified_names(node)
        return next(iter(names)) if len(names) == 1 else None

    # LibCST looks up a method by name for every node and attribute it passes, and finds one that does nothing.
    # Knowing which ones a codemod defines makes a visit half as expensive.
    _defined: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._defined = frozenset(
            name
            for name in dir(cls)
            if name.startswith(("visit_", "leave_"))
            and getattr(cls, name) is not getattr(cst.CSTTransformer, name, None)
        )
        if any(
            hasattr(getattr(cst, name.split("_")[1], None), "visit") for name in cls._defined if name.count("_") > 1
        ):
            cls.on_visit_attribute = cst.CSTTransformer.on_visit_attribute  # type: ignore[method-assign]
            cls.on_leave_attribute = cst.CSTTransformer.on_leave_attribute  # type: ignore[method-assign]

    def on_visit(self, node: cst.CSTNode) -> bool:
        kind = type(node)
        if kind is cst.FunctionDef or kind is cst.ClassDef:
            self._scopes.append(node.name.value)  # type: ignore[attr-defined]
        return super().on_visit(node) if f"visit_{kind.__name__}" in self._defined else True

    def on_leave(
        self, original_node: NodeT, updated_node: NodeT
    ) -> NodeT | cst.RemovalSentinel | cst.FlattenSentinel[NodeT]:
        kind = type(original_node)
        result: NodeT | cst.RemovalSentinel | cst.FlattenSentinel[NodeT] = updated_node
        if f"leave_{kind.__name__}" in self._defined:
            result = super().on_leave(original_node, updated_node)
            if result is not updated_node and not any(record.new is result for record in self.records):
                raise CodemodError(
                    f"leave_{kind.__name__} returned a new node that no `change` recorded",
                    "Return what `self.change(original, new, title)` gives back, for every node that is replaced.",
                )
        if kind is cst.FunctionDef or kind is cst.ClassDef:
            self._scopes.pop()
        return result

    def on_visit_attribute(self, node: cst.CSTNode, attribute: str) -> None:
        """Do nothing: a codemod that defines `visit_<Node>_<attribute>` gets LibCST's own dispatch instead."""

    def on_leave_attribute(self, original_node: cst.CSTNode, attribute: str) -> None:
        """Do nothing: see `on_visit_attribute`."""


def _dotted(node: cst.CSTNode) -> str:
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return ""
    return ".".join((node.value, *reversed(parts)))
