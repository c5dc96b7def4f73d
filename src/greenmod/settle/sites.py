"""Where a file's import statements stand: in which block, for which scope, at which characters of the text.

Reads the baseline and changes nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from greenmod.engine.tokens import Span
from greenmod.facts.survey import dotted, parse
from greenmod.source import Source, line_starts

Import = ast.Import | ast.ImportFrom
Block = Sequence[ast.stmt]
_TRY = (ast.Try, getattr(ast, "TryStar", ast.Try))


class Kind(Enum):
    """What an import statement is a part of."""

    TOP = "the module"
    INNER = "a function, or what only type checkers read"
    GUARDED = "a condition, a `try` or a class, at the top"


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Statements in a row, and the scope that they bind names in.

    `shield` is the outermost `try` of a function that the region is a part of, with its own region.
    """

    block: Block
    scope: ast.AST
    kind: Kind
    shield: tuple[ast.stmt, Region] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """An import statement and the region that it is one of."""

    node: Import
    region: Region

    @property
    def anchor(self) -> tuple[ast.stmt, Block]:
        """What a new import stands above, so that nothing guards it; with its block."""
        statement, region = self.region.shield or (self.node, self.region)
        return statement, region.block

    @property
    def may_go(self) -> bool:
        """Tell whether an import is there for its names alone: not to find out whether it can be imported."""
        return self.region.kind is not Kind.GUARDED and self.region.shield is None


@dataclass(frozen=True, slots=True)
class File:
    """A parsed file, the other edits that it gets, and its import statements in order."""

    source: Source
    tree: ast.Module
    taken: tuple[Span, ...]
    starts: tuple[int, ...]
    sites: tuple[Site, ...]

    @property
    def top(self) -> list[Site]:
        return [site for site in self.sites if site.region.kind is Kind.TOP]

    def offset(self, line: int, column: int) -> int:
        """Map `ast`'s line and UTF-8 column to a character of the text."""
        start = self.starts[line - 1]
        if self.source.text.isascii():
            return start + column
        rest = self.source.text[start : start + column].encode()[:column]
        return start + len(rest.decode(errors="ignore"))

    def start(self, node: ast.stmt | ast.expr | ast.alias) -> int:
        return self.offset(node.lineno, node.col_offset)

    def end(self, node: ast.stmt | ast.expr | ast.alias) -> int:
        return self.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def text(self, start: int, end: int) -> str:
        return self.source.text[start:end]

    def line(self, number: int) -> str:
        """Return a line with its end; nothing above the first and below the last."""
        return self.text(self.starts[number - 1], self.after(number)) if 0 < number <= len(self.starts) else ""

    def after(self, line: int) -> int:
        """Return where the next line starts, or the text ends."""
        return self.starts[line] if line < len(self.starts) else len(self.source.text)

    def indent(self, node: ast.stmt) -> str | None:
        """Return what stands before a statement on its line; None where that is another statement."""
        before = self.text(self.starts[node.lineno - 1], self.start(node))
        return None if before.strip() else before

    def is_free(self, start: int, end: int) -> bool:
        """Tell whether no other edit stands at `[start, end]` or touches it."""
        return not any(first <= end and start <= last for first, last, _ in self.taken)

    def is_untouched(self, node: ast.stmt | ast.expr) -> bool:
        return self.is_free(self.start(node), self.end(node))


def read(source: Source, taken: Sequence[Span] = ()) -> File:
    """Parse a file. Raises SyntaxError where the running Python can't."""
    tree = parse(source)
    return File(source, tree, tuple(taken), tuple(line_starts(source.text)), tuple(_sites(tree)))


def rows(block: Block) -> list[list[ast.stmt]]:
    """Put the statements of a block together that share a line (`import a; import b`)."""
    found: list[list[ast.stmt]] = []
    for statement in block:
        if found and statement.lineno <= (found[-1][-1].end_lineno or 0):
            found[-1].append(statement)
        else:
            found.append([statement])
    return found


def bound_name(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def last_line(row: Sequence[ast.stmt]) -> int:
    return row[-1].end_lineno or row[-1].lineno


def _sites(tree: ast.Module) -> list[Site]:
    found: list[Site] = []
    waiting = [Region(tree.body, tree, Kind.TOP)]
    while waiting:  # no recursion: an `elif` stands in the `else` of the one before
        region = waiting.pop()
        for statement in region.block:
            if isinstance(statement, Import):
                found.append(Site(statement, region))
            else:
                waiting += _inside(statement, region)
    return sorted(found, key=lambda site: (site.node.lineno, site.node.col_offset))


def _inside(statement: ast.stmt, around: Region) -> Iterator[Region]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield Region(statement.body, statement, Kind.INNER)
        return
    if isinstance(statement, ast.ClassDef):
        yield Region(statement.body, statement, Kind.GUARDED)
        return
    shield = around.shield
    if shield is None and isinstance(statement, _TRY):
        shield = statement, around
    for block in _blocks(statement):
        kind = around.kind
        if kind is Kind.TOP:
            kind = Kind.INNER if _is_for_types(statement, block) else Kind.GUARDED
        yield Region(block, around.scope, kind, shield)


def _is_for_types(statement: ast.stmt, block: Block) -> bool:
    """Tell whether a block is that of `if TYPE_CHECKING:`."""
    if not isinstance(statement, ast.If) or block is not statement.body:
        return False
    return dotted(statement.test).rpartition(".")[2] == "TYPE_CHECKING"


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield the blocks of a compound statement, those of its handlers and cases too."""
    for _, value in ast.iter_fields(node):
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            yield value
        elif isinstance(value, list):
            for child in value:
                if isinstance(child, (ast.ExceptHandler, ast.match_case)):
                    yield child.body
