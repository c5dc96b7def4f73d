"""The operations of one file, carried out on LibCST's tree.

Each operation is found by the position of its key token when the node around it is entered, and carried out when the
node is left: what is inside has changed by then. None may be left over, and the result is checked before it counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

import libcst as cst

from greenmod.api import Context, ImportNeed

from ..operations import (
    Act,
    At,
    Await,
    Construct,
    Define,
    Delegate,
    Enter,
    Generator,
    Listed,
    Operation,
    Raises,
    Replace,
    from_data,
)
from .checking import check
from .constructing import as_async_client
from .defining import as_async_def
from .entering import as_async_with
from .gluing import Gluing
from .layout import Frame, code, expression, indent_of
from .phrasing import as_async_generator, as_await, as_list, called_in, in_blocks

NewT = TypeVar("NewT", bound=cst.CSTNode | cst.FlattenSentinel[cst.CSTNode])
_FIXTURES = frozenset({"pytest.fixture", "pytest.yield_fixture", "pytest_asyncio.fixture"})


class Rewriting(Gluing):
    """A codemod whose decision for a file are Orders (as `operations.as_data` writes them)."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        orders = from_data(self.decision)
        self._groups = orders.groups
        self._expected = orders.expected
        self._waiting: dict[At, Operation] = {operation.at: operation for operation in orders.operations}
        assert len(self._waiting) == len(orders.operations), "two operations have one key"
        self._taken: dict[int, Operation] = {}
        self._lines: dict[int, str] = {}  # the indentation of the lines on which constructors begin
        self._wider: Counter[int] = Counter()  # the columns that operations have added to a line so far
        self._level = ""
        self._blocks = [""]
        self._last_break: cst.ParenthesizedWhitespace | None = None

    def visit_Module(self, node: cst.Module) -> None:
        self._module = node
        self._level = node.default_indent

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:
        left = sorted(f"{type(each.act).__name__} at {at[0]}:{at[1]}" for at, each in self._waiting.items())
        assert not left, f"LibCST has nothing there, where ast has a site: {', '.join(left)}"
        return updated_node

    def check(self, result: str) -> None:
        sites = {record.group: record.original for record in reversed(self.records)}
        for group, reason in check(result, self._expected):
            self.refuse(group, sites.get(group, self._module), "self-check", reason)

    # Where we are

    def visit_IndentedBlock(self, node: cst.IndentedBlock) -> None:
        self._blocks.append(self._blocks[-1] + (self._level if node.indent is None else node.indent))

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        self._blocks.pop()
        return updated_node

    def visit_ParenthesizedWhitespace(self, node: cst.ParenthesizedWhitespace) -> None:
        self._last_break = node

    def _indent_at(self, call: cst.Call) -> str:
        """Return the indentation of the line on which a call that is being entered begins."""
        space = next((paren.whitespace_after for paren in reversed(call.lpar)), None)
        if not isinstance(space, cst.ParenthesizedWhitespace) and self._last_break is not None:
            line = self.position(self._last_break)[0] + len(self._last_break.empty_lines) + 1
            space = self._last_break if line == self.position(call)[0] else None
        return indent_of(space, self._blocks[-1], self._blocks[-1])

    def _frame(self, column: int, line: str) -> Frame:
        return Frame(column, line, self._blocks[-1], self._level)

    # Expressions

    def visit_Call(self, node: cst.Call) -> None:
        operation = self._take(node, _last_name(node.func), Await, Construct, Listed)
        if operation is not None and isinstance(operation.act, Await):
            opening = "(await " if self._has_parens(node, operation.act) and not node.lpar else "await "
            self._wider[self.position(node)[0]] += len(opening)
        elif operation is not None:
            self._lines[id(node)] = self._indent_at(node)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        operation = self._taken.get(id(original_node))
        if operation is None:
            return updated_node
        match operation.act:
            case Await() as act:
                act = act._replace(parens=self._has_parens(original_node, act))
                return self._changed(original_node, as_await(updated_node, act), operation)
            case Construct() as act:
                line, column = self.position(original_node)
                frame = self._frame(column + self._wider[line], self._lines[id(original_node)])
                return self._changed(original_node, as_async_client(updated_node, act, frame), operation)
            case Listed():
                return self._changed(original_node, as_list(updated_node), operation)
        raise AssertionError(f"a call is not what {operation.act} is about")

    def _has_parens(self, call: cst.Call, act: Await) -> bool:
        return act.parens or self.is_glued(call)

    def visit_Subscript(self, node: cst.Subscript) -> None:
        self._take(node, _last_name(node.value), Generator)

    def leave_Subscript(self, original_node: cst.Subscript, updated_node: cst.Subscript) -> cst.Subscript:
        operation = self._taken.get(id(original_node))
        if operation is None or not isinstance(operation.act, Generator):
            return updated_node
        return self._changed(original_node, as_async_generator(updated_node, operation.act.text), operation)

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self._take(node, node.attr, Replace, Generator)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        return self._replaced(original_node, updated_node)

    def visit_Name(self, node: cst.Name) -> None:
        self._take(node, node, Replace, Generator)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        return self._replaced(original_node, updated_node)

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self._take(node, node, Replace)

    def leave_SimpleString(self, original_node: cst.SimpleString, updated_node: cst.SimpleString) -> cst.BaseExpression:
        return self._replaced(original_node, updated_node)

    def _replaced(self, original: cst.BaseExpression, updated: cst.BaseExpression) -> cst.BaseExpression:
        operation = self._taken.get(id(original))
        if operation is None or not isinstance(operation.act, Replace | Generator):
            return updated
        new = expression(operation.act.text).with_changes(lpar=updated.lpar, rpar=updated.rpar)
        self._wider[self.position(original)[0]] += len(code(new)) - len(code(original))
        return self._changed(original, new, operation)

    # Statements

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._take(node, node.name, Define)

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        operation = self._taken.get(id(original_node))
        if operation is None or not isinstance(operation.act, Define):
            return updated_node
        new = as_async_def(updated_node, operation.act, self._fixture_decorator(original_node.decorators))
        return self._changed(original_node, new, operation)

    def _fixture_decorator(self, decorators: Sequence[cst.Decorator]) -> int | None:
        """Return which decorator makes a function a fixture; one that is only named so is as good as it gets."""
        callees = [
            each.decorator.func if isinstance(each.decorator, cst.Call) else each.decorator for each in decorators
        ]
        known = [index for index, callee in enumerate(callees) if self.qualified_names(callee) & _FIXTURES]
        named = [
            index for index, callee in enumerate(callees) if (name := _last_name(callee)) and name.value == "fixture"
        ]
        return next(iter((*known, *named)), None)

    def visit_With(self, node: cst.With) -> None:
        operation = self._take(node, node, Enter)
        item = node.items[0].item
        if operation is not None and isinstance(operation.act, Enter) and operation.act.manager:
            assert isinstance(item, cst.Call), "only what is constructed in the statement is given a manager"
            construct = self._find(_last_name(item.func), Construct)
            assert construct is not None, "a statement with a manager constructs a client"
            self._taken[id(node.items[0])] = self._waiting.pop(construct.at)

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> cst.With:
        operation = self._taken.get(id(original_node))
        if operation is None or not isinstance(operation.act, Enter):
            return updated_node
        inside = self._taken.get(id(original_node.items[0]))
        construct = inside.act if inside is not None and isinstance(inside.act, Construct) else None
        frame = self._frame(0, self._blocks[-1])
        new = as_async_with(updated_node, operation.act, construct, frame)
        return self._changed(original_node, new, operation, *([inside] if inside else []))

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> None:
        self._take_blocks(node.body)

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        taken, blocks = self._blocks_of(original_node.body)
        if not taken:
            return updated_node
        space = updated_node.trailing_whitespace
        frame = self._frame(0, self._blocks[-1])
        lines = in_blocks(updated_node.body, blocks, updated_node.leading_lines, space, frame)
        if len(lines) == 1:
            return self._changed(original_node, lines[0], *taken)
        return self._changed(original_node, cst.FlattenSentinel(lines), *taken)

    def visit_SimpleStatementSuite(self, node: cst.SimpleStatementSuite) -> None:
        self._take_blocks(node.body)

    def leave_SimpleStatementSuite(
        self, original_node: cst.SimpleStatementSuite, updated_node: cst.SimpleStatementSuite
    ) -> cst.BaseSuite:
        taken, blocks = self._blocks_of(original_node.body)
        if not taken:
            return updated_node
        frame = self._frame(0, self._blocks[-1] + self._level)
        lines = in_blocks(updated_node.body, blocks, [], updated_node.trailing_whitespace, frame)
        return self._changed(original_node, cst.IndentedBlock(lines), *taken)

    def _take_blocks(self, statements: Sequence[cst.BaseSmallStatement]) -> None:
        """Note which statements become blocks."""
        for statement in statements:
            if (call := called_in(statement)) is not None:
                self._take(statement, _last_name(call.func), Raises, Delegate)

    def _blocks_of(self, statements: Sequence[cst.BaseSmallStatement]) -> tuple[list[Operation], dict[int, Act]]:
        found = {index: self._taken[id(each)] for index, each in enumerate(statements) if id(each) in self._taken}
        return [*found.values()], {index: operation.act for index, operation in found.items()}

    # Operations

    def _find(self, key: cst.CSTNode | None, *kinds: type[Act]) -> Operation | None:
        operation = self._waiting.get(self.position(key)) if key is not None and self._waiting else None
        return operation if operation is not None and isinstance(operation.act, kinds) else None

    def _take(self, node: cst.CSTNode, key: cst.CSTNode | None, *kinds: type[Act]) -> Operation | None:
        """Note that `node` is what the operation at `key` is about, if there is one of these kinds."""
        operation = self._find(key, *kinds)
        if operation is not None:
            self._taken[id(node)] = self._waiting.pop(operation.at)
        return operation

    def _changed(self, original: cst.CSTNode, new: NewT, *operations: Operation) -> NewT:
        group = self._groups[operations[0].group]
        return self.change(
            original,
            new,
            group.title,
            why=group.why,
            group=operations[0].group,
            requires=group.requires,
            imports=[need for operation in operations for need in self._imports(operation)],
        )

    def _imports(self, operation: Operation) -> list[ImportNeed]:
        adds = [
            ImportNeed(self.path, need.module, need.name, beside=need.beside, line=need.line)
            for need in operation.imports
        ]
        return [*adds, *(self.drop_import(module, name or None) for module, name in operation.drops)]


def _last_name(node: cst.BaseExpression) -> cst.Name | None:
    """Return the last name of a chain, and of `getattr(client, verb)` the name `getattr`: it is no call to await."""
    if isinstance(node, cst.Attribute):
        return node.attr
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "getattr":
        return node.func
    return node if isinstance(node, cst.Name) else None
