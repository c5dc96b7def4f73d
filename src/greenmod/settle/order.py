"""isort's order: the sections of a block of imports, and where a new statement goes among them.

Only one file is seen, so what is the project's own and what is another's is read from the blank lines between.
"""

from __future__ import annotations

import ast
import re
import sys
from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from itertools import pairwise

from greenmod.settle.sites import File, Import, last_line, rows

Natural = tuple[int | str, ...]
Key = tuple[int, bool, Natural, bool]
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Section(IntEnum):
    """What modules are to the file, in the order of isort's sections."""

    FUTURE = 0
    STANDARD = 1
    THIRD = 2
    FIRST = 3
    LOCAL = 4


class Side(Enum):
    """Where a new statement stands, seen from another."""

    ABOVE = "above"
    BELOW = "below"
    INSTEAD = "instead"


@dataclass(frozen=True, slots=True)
class Statement:
    """An import statement, as far as its place in the order goes. A relative one has `level` dots."""

    module: str
    is_from: bool
    level: int = 0

    def key(self, is_mixed: bool = False) -> Key:
        """Sort as isort does in a section: `import` before `from`, or by module alone if both are mixed."""
        rank = 0 if self.section == Section.FUTURE else 2 if self.level else 1
        return rank, not is_mixed and self.is_from, natural(self.module), self.is_from

    @property
    def section(self) -> Section:
        """The section, as far as it can be known without others: what is the project's own counts as another's."""
        top = self.module.partition(".")[0]
        if self.level:
            return Section.LOCAL
        if top == "__future__":
            return Section.FUTURE
        return Section.STANDARD if top in sys.stdlib_module_names else Section.THIRD


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new statement goes: beside no other where there is none.

    `is_apart`: in a section of its own, with a blank line between.
    """

    beside: ast.stmt | None
    side: Side
    section: Section
    key: Key
    is_apart: bool = False


@dataclass(frozen=True, slots=True)
class _Group:
    """Statements without a blank line between, and the sections that they are of."""

    nodes: tuple[Import, ...]
    low: Section
    high: Section

    def keys(self, is_mixed: bool = False) -> list[Key]:
        return [statement_of(node).key(is_mixed) for node in self.nodes]

    def is_sorted(self, is_mixed: bool = False) -> bool:
        keys = self.keys(is_mixed)
        return keys == sorted(keys)


def natural(text: str) -> Natural:
    """Sort as isort and ruff do: without regard to case, numbers as numbers."""
    return tuple(int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", text.lower()))


def statement_of(node: Import) -> Statement:
    if isinstance(node, ast.Import):
        return Statement(node.names[0].name, is_from=False)
    return Statement(node.module or "", is_from=True, level=node.level)


def find_place(file: File, new: Statement, gone: Collection[ast.stmt], others: Collection[str]) -> Place:
    """Return where a new statement goes in the file's first block of imports, or above everything.

    It takes the place of a statement that is `gone` where they would be neighbours, or where nothing is sorted.
    `others` are packages known to be no part of the project.
    """
    run = _first_block(file.tree)
    if not run:
        return Place(None, Side.ABOVE, new.section, new.key(), is_apart=True)
    nodes = [statement for row in run for statement in row if isinstance(statement, Import)]
    if any(len(row) > 1 for row in run):
        return Place(run[-1][-1], Side.BELOW, new.section, new.key())
    groups = _groups(file, nodes, others)
    section = _section(new, groups)
    fitting = [group for group in groups if group.low <= section <= group.high]
    if not fitting:
        return _apart(groups, section, new, gone)
    group = next((group for group in fitting if any(node in gone for node in group.nodes)), fitting[0])
    is_mixed = any(not each.is_sorted() and each.is_sorted(is_mixed=True) for each in groups)
    return _among(group, is_mixed, section, new, gone)


def _among(group: _Group, is_mixed: bool, section: Section, new: Statement, gone: Collection[ast.stmt]) -> Place:
    """Return the place of a new statement in a section."""
    if group.is_sorted(is_mixed):
        key = new.key(is_mixed)
        index = bisect_right(group.keys(is_mixed), key)
        near = group.nodes[max(index - 1, 0) : index + 1]
        if lost := [node for node in near if node in gone]:
            return Place(lost[0], Side.INSTEAD, section, key)
        return Place(near[0], Side.BELOW if index else Side.ABOVE, section, key)
    alike = [node for node in group.nodes if node in gone and statement_of(node).section == new.section]
    if alike:
        return Place(alike[0], Side.INSTEAD, section, new.key())
    return Place(group.nodes[-1], Side.BELOW, section, new.key())


def _apart(groups: Sequence[_Group], section: Section, new: Statement, gone: Collection[ast.stmt]) -> Place:
    """Return the place of a section that is missing: below the one before it, else above the first."""
    before = [group for group in groups if group.high < section]
    group = before[-1] if before else groups[0]
    beside = group.nodes[-1] if before else group.nodes[0]
    side = Side.INSTEAD if all(node in gone for node in group.nodes) else Side.BELOW if before else Side.ABOVE
    return Place(beside, side, section, new.key(), is_apart=True)


def _section(new: Statement, groups: Sequence[_Group]) -> Section:
    """Return the section of a new statement: the project's own is what stands there as such already."""
    own = {_top(node) for group in groups if group.low == Section.FIRST for node in group.nodes}
    is_own = new.section == Section.THIRD and new.module.partition(".")[0] in own
    return Section.FIRST if is_own else new.section


def _first_block(tree: ast.Module) -> list[list[ast.stmt]]:
    """Return the last run of imports in the first block, row by row; guarded imports are a part of the block."""
    run: list[list[ast.stmt]] = []
    is_broken = False
    for row in rows(tree.body):
        if any(isinstance(statement, Import) for statement in row):
            run, is_broken = [*([] if is_broken else run), row], False
        elif is_docstring(row[0]) or (run and _is_guarded_import(row[0])):
            is_broken = True
        elif run or isinstance(row[0], DEFINITIONS):
            break
    return run


def is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_guarded_import(statement: ast.stmt) -> bool:
    return isinstance(statement, (ast.Try, ast.If)) and any(isinstance(child, Import) for child in statement.body)


def _groups(file: File, nodes: Sequence[Import], others: Collection[str]) -> list[_Group]:
    """Return the sections of a run; one for all of it where they are not in isort's order."""
    parts = [[node] for node in nodes[:1]]
    for before, node in pairwise(nodes):
        if any(not file.line(number).strip() for number in range(last_line([before]) + 1, node.lineno)):
            parts.append([])
        parts[-1].append(node)
    sections = [[statement_of(node).section for node in part] for part in parts]
    foreign = [index for index, part in enumerate(parts) if any(_top(node) in others for node in part)]
    third = [index for index, found in enumerate(sections) if Section.THIRD in found]
    last_third = max([*third[:1], *foreign], default=0)
    groups = []
    for index, part in enumerate(parts):
        found = [
            Section.FIRST if section == Section.THIRD and index > last_third else section for section in sections[index]
        ]
        groups.append(_Group(tuple(part), min(found), max(found)))
    if any(before.high > group.low for before, group in pairwise(groups)):
        return [_Group(tuple(nodes), Section.FUTURE, Section.LOCAL)]
    return groups


def _top(node: Import) -> str:
    statement = statement_of(node)
    return "" if statement.level else statement.module.partition(".")[0]
