"""Puts probes into a syntax tree: calls that say which of given lines run, and change nothing else.

A probe stands before the innermost statement that holds such a line, at that statement's own position, so that
tracebacks, `co_firstlineno` and whatever reads the source stay as they were. Nothing here imports or runs anything.

It works in the project's interpreter: Python 3.8 and the standard library must do.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# What a probe calls, with the number of a site or a tuple of several. It is a name of `builtins`, which no module
# shadows by chance; with two underscores at its end as well, so that no class mangles it.
PROBE = "__greenmod_ran__"

_CLAUSES = (ast.excepthandler, getattr(ast, "match_case", ast.excepthandler))
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DOCUMENTED = (ast.Module, ast.ClassDef, *_FUNCTIONS)


def insert_probes(tree: ast.Module, sites: Iterable[Sequence[int]]) -> None:
    """Put probes into `tree` for sites: first line, last line (1-based, inclusive) and number of each.

    A function whose header is of a site gets one at the start of its body too: who calls it runs what changed.
    A line without a statement counts for the next one in its list of statements, else for the last one there.
    Where nothing is left of a site, its last line is the one before its first: it counts for what stands there now.
    """
    module = _Block(tree, tree.body)
    for first, last, number in sites:
        for line in range(first, last + 1):
            module.mark_line(line, number)
        if last < first:
            module.mark_line(first, number, is_gone=True)
    module.write()


class _Block:
    """A list of statements, and the numbers of the sites by the position that their probe gets in it."""

    def __init__(self, owner: ast.AST, statements: list[ast.stmt]) -> None:
        self._owner = owner
        self._statements = statements
        self._starts = [_start(statement).lineno for statement in statements]
        self._marks: defaultdict[int, set[int]] = defaultdict(set)
        self._inner: dict[int, list[_Block]] = {}

    def mark_line(self, line: int, number: int, is_gone: bool = False) -> None:
        following = bisect_right(self._starts, line)
        holders = list(self._holders(following, line))
        for index in holders:
            self._mark_within(index, line, number, is_gone)
        if not holders:
            self._mark(min(following, len(self._statements) - 1), number)

    def _holders(self, following: int, line: int) -> Iterator[int]:
        """Yield the statements that hold `line`: several where semicolons part them."""
        for index in reversed(range(following)):
            if _last_line(self._statements[index]) < line:
                return
            yield index

    def _mark_within(self, index: int, line: int, number: int, is_gone: bool) -> None:
        statement, inner = self._statements[index], self._blocks(index)
        if not inner or line <= _header_end(statement):
            self._mark(index, number)
            is_before = is_gone and line == self._starts[index]
            if isinstance(statement, _FUNCTIONS) and not is_before:
                inner[0]._mark(0, number)
            return
        for block in inner:
            if line < block._starts[0]:  # `else:`, `except …:`, `case …:` and comments count for what comes next
                block._mark(0, number)
                return
            if line <= _last_line(block._statements[-1]):
                block.mark_line(line, number, is_gone)
                return

    def _mark(self, index: int, number: int) -> None:
        self._marks[max(index, 0)].add(number)

    def _blocks(self, index: int) -> list[_Block]:
        if index not in self._inner:
            self._inner[index] = list(_inner_blocks(self._statements[index]))
        return self._inner[index]

    def write(self) -> None:
        """Put the probes in."""
        for blocks in self._inner.values():
            for block in blocks:
                block.write()
        head = self._head()
        numbers: defaultdict[int, set[int]] = defaultdict(set)
        for index, marked in self._marks.items():
            numbers[max(index, head)] |= marked
        for index in sorted(numbers, reverse=True):
            self._insert(index, _probe(sorted(numbers[index])))
        if numbers and isinstance(self._owner, ast.ClassDef):
            # The names of a class body are looked up in what its metaclass prepared, which may make them up.
            self._insert(head, ast.Global([PROBE]))

    def _head(self) -> int:
        """Count the statements that must stay first: a docstring, and what comes from the future."""
        statements = self._statements
        head = int(isinstance(self._owner, _DOCUMENTED) and bool(statements) and _is_text(statements[0]))
        while head < len(statements) and _is_from_future(statements[head]):
            head += 1
        return head

    def _insert(self, index: int, statement: ast.stmt) -> None:
        place: ast.AST = ast.Pass(lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)
        if self._statements:
            place = _start(self._statements[min(index, len(self._statements) - 1)])
        for node in ast.walk(statement):
            ast.copy_location(node, place)
        self._statements.insert(index, statement)


def _inner_blocks(statement: ast.stmt) -> Iterator[_Block]:
    """Yield the lists of statements directly within a statement, in the order of their lines."""
    for _, value in ast.iter_fields(statement):
        if isinstance(value, list) and value:
            if isinstance(value[0], ast.stmt):
                yield _Block(statement, value)
            elif isinstance(value[0], _CLAUSES):
                yield from (_Block(clause, clause.body) for clause in value)


def _start(statement: ast.stmt) -> ast.stmt | ast.expr:
    """Return the node at which a statement starts: its first decorator, if it has some."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return decorators[0] if decorators else statement


def _last_line(statement: ast.stmt) -> int:
    return statement.end_lineno or statement.lineno


def _header_end(statement: ast.stmt) -> int:
    """Return the last line of a compound statement's own expressions."""
    parts = (part for part in ast.iter_child_nodes(statement) if not isinstance(part, (ast.stmt, *_CLAUSES)))
    ends = (getattr(node, "end_lineno", None) or 0 for part in parts for node in ast.walk(part))
    return max(statement.lineno, max(ends, default=0))


def _is_text(statement: ast.stmt) -> bool:
    value = getattr(statement, "value", None)
    return isinstance(statement, ast.Expr) and isinstance(value, ast.Constant) and isinstance(value.value, str)


def _is_from_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__" and not statement.level


def _probe(numbers: Sequence[int]) -> ast.Expr:
    constants: list[ast.expr] = [ast.Constant(number) for number in numbers]
    ran = constants[0] if len(constants) == 1 else ast.Tuple(constants, ast.Load())
    return ast.Expr(ast.Call(ast.Name(PROBE, ast.Load()), [ran], []))
