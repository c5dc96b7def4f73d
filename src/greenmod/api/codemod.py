"""The base of every codemod, what it declares of itself, and what it knows of the file it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import libcst as cst

from greenmod.api.decisions import Decision, Survey, SurveyedFile
from greenmod.api.records import Record, Replacement, SkipRecord
from greenmod.api.visits import methods, passed_over
from greenmod.config import OptionValue
from greenmod.errors import CodemodError
from greenmod.facts.project import Project
from greenmod.facts.record import FileFacts
from greenmod.model import ImportNeed, Safety
from greenmod.prefilter import Triggers

NodeT = TypeVar("NodeT", bound=cst.CSTNode)
ReplacementT = TypeVar("ReplacementT", bound=Replacement)


@dataclass(frozen=True, slots=True)
class Option:
    """A setting of one codemod, from `[tool.greenmod.NAME]` or `--option NAME.OPTION=VALUE`."""

    name: str
    default: OptionValue
    help: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What a codemod's transformer knows about the file it is shown."""

    path: str
    find_facts: Callable[[], FileFacts]
    options: Mapping[str, OptionValue]
    decision: object = None
    locate: Callable[[cst.CSTNode], tuple[int, int]] | None = None


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
    #: Words of files that a decision may reach from others, though they hold no trigger: where only such files were
    #: given, the rest of the repository is looked at all the same, and they are told which path to add.
    reaches: ClassVar[Triggers] = ()
    #: A second cheap question for files that passed `triggers`: a regular expression over the bytes.
    pattern: ClassVar[str] = ""
    options: ClassVar[tuple[Option, ...]] = ()
    #: True where every node that is changed stands in a statement that holds a trigger word, and nothing outside it
    #: matters: LibCST then parses these statements alone, below the headers of the classes and functions around them.
    #: That is many times cheaper than whole files.
    statement_local: ClassVar[bool] = False
    #: True where `decide` goes by what failing tests say, too (`project.evidence`): `run --verify` then runs the tests
    #: before it plans, and plans again when it knows more.
    wants_evidence: ClassVar[bool] = False
    #: True where changes are there to save SQL statements. Under `run --verify` what tests load lazily is then traced
    #: (`project.evidence.loads`), and a change stays only if a test sends fewer statements because of it, or turns
    #: green, and none sends more.
    saves_statements: ClassVar[bool] = False
    #: True where `decide` asks `project.objects()` about most files: what they declare is then surveyed with them.
    wants_objects: ClassVar[bool] = False

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
        """Decide over all surveys of the repository which sites to change. Optional.

        Pure: it knows what it asks `project` alone, for it is not asked again while all of that is the same.
        """
        raise NotImplementedError

    def check(self, result: str) -> None:
        """Look at the whole file as all changes of this codemod would make it, and `refuse` what must not become true.

        It is called once the visit is over, with the text before imports are settled, if the codemod defines it. The
        text is valid Python. What a transformer can be shown a part of is checked as a whole here.
        """

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

    def refuse(self, group: str, node: cst.CSTNode, rule: str, reason: str) -> None:
        """Leave a whole group alone, over all files, because of `node` (an original node).

        Nothing of the group is changed, whatever was or will be recorded for it, nor what requires it; `rule` and
        `reason` are reported here and at each of its places.
        """
        self.skips.append(SkipRecord(node, rule, reason, group))

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

    # By kind of node, for a cheap visit: see `visits.py`.
    _visits: ClassVar[Mapping[type, str]] = {}
    _leaves: ClassVar[Mapping[type, str]] = {}
    _passed_over: ClassVar[frozenset[type]] = frozenset()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        found = [*methods(cls)]
        cls._visits = {kind: name for name, kind, attribute in found if name.startswith("visit") and not attribute}
        cls._leaves = {kind: name for name, kind, attribute in found if name.startswith("leave") and not attribute}
        if any(attribute for _, _, attribute in found):
            cls.on_visit_attribute = cst.CSTTransformer.on_visit_attribute  # type: ignore[method-assign]
            cls.on_leave_attribute = cst.CSTTransformer.on_leave_attribute  # type: ignore[method-assign]
        if cls.on_visit is Codemod.on_visit and cls.on_leave is Codemod.on_leave:
            cls._passed_over = passed_over({kind for _, kind, _ in found})

    def on_visit(self, node: cst.CSTNode) -> bool:
        kind = type(node)
        if kind in self._passed_over:
            return False
        if kind is cst.FunctionDef or kind is cst.ClassDef:
            self._scopes.append(node.name.value)  # type: ignore[attr-defined]
        name = self._visits.get(kind)
        return name is None or getattr(self, name)(node) is not False

    def on_leave(
        self, original_node: NodeT, updated_node: NodeT
    ) -> NodeT | cst.RemovalSentinel | cst.FlattenSentinel[NodeT]:
        kind = type(original_node)
        result: NodeT | cst.RemovalSentinel | cst.FlattenSentinel[NodeT] = updated_node
        name = self._leaves.get(kind)
        if name is not None:
            result = getattr(self, name)(original_node, updated_node)
            if result is not updated_node and not any(record.new is result for record in reversed(self.records)):
                raise CodemodError(
                    f"{name} returned a new node that no `change` recorded",
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
