"""Carry out the operations of one file."""

from __future__ import annotations

from collections import defaultdict
from typing import TypeVar

import libcst as cst

from greenmod.api import Codemod, Context, ImportNeed

from .operations import (
    Act,
    Answer,
    Assign,
    At,
    Deepen,
    Entry,
    Insert,
    Lambda,
    Operation,
    Remove,
    Rename,
    Value,
    from_data,
)

NewT = TypeVar("NewT", bound=cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.BaseStatement])
StatementT = TypeVar(
    "StatementT", cst.SimpleStatementLine, cst.With, cst.If, cst.For, cst.While, cst.Try, cst.FunctionDef
)
Statement = cst.BaseStatement | cst.RemovalSentinel | cst.FlattenSentinel[cst.BaseStatement]


class Rewriting(Codemod):
    """The transformer. Each operation is met at the position of the node that it replaces."""

    name = ""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._operations: dict[At, list[Operation]] = defaultdict(list)
        for operation in from_data(self.decision or ()):
            line, column = operation.at
            self._operations[line, column].append(operation)

    def _found(self, node: cst.CSTNode, *kinds: type[Act]) -> list[Operation]:
        if not self._operations:
            return []
        return [each for each in self._operations.get(self.position(node), ()) if isinstance(each.act, kinds)]

    def _imports(self, operation: Operation) -> list[ImportNeed]:
        needs = [self.need_import(module, name, beside=beside or None) for module, name, beside in operation.imports]
        return needs + [self.drop_import(module, name or None) for module, name in operation.drops]

    def _record(self, original: cst.CSTNode, new: NewT, operation: Operation) -> NewT:
        group = operation.group or f"{operation.at[0]}:{operation.at[1]}"
        return self.change(
            original, new, operation.title, why=operation.why, group=group, imports=self._imports(operation)
        )

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        name = original_node.func.attr if isinstance(original_node.func, cst.Attribute) else original_node.func
        for operation in self._found(name, Rename):
            act = operation.act
            assert isinstance(act, Rename)
            func = updated_node.func
            if act.name.startswith("."):
                func = cst.Name("_")
            callee = (
                func.with_changes(attr=cst.Name(act.name.rpartition(".")[2]))
                if isinstance(func, cst.Attribute)
                else cst.parse_expression(act.name.removeprefix("."))
            )
            args = updated_node.args
            if act.answer:
                args = (*args, _keyword("return_value", cst.parse_expression(act.answer)))
            return self._record(original_node, updated_node.with_changes(func=callee, args=args), operation)
        return self._valued(original_node, updated_node)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        return self._valued(original_node, updated_node)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        return self._valued(original_node, updated_node)

    def _valued(self, original_node: cst.BaseExpression, updated_node: cst.BaseExpression) -> cst.BaseExpression:
        for operation in self._found(original_node, Value):
            act = operation.act
            assert isinstance(act, Value)
            # The value's first name begins where the whole does.
            if cst.Module(()).code_for_node(original_node) == act.old:
                return self._record(original_node, cst.parse_expression(act.text), operation)
        return updated_node

    def leave_Lambda(self, original_node: cst.Lambda, updated_node: cst.Lambda) -> cst.BaseExpression:
        for operation in self._found(original_node, Lambda):
            act = operation.act
            assert isinstance(act, Lambda)
            keyword = ("return_value", updated_node.body) if act.as_result else ("side_effect", updated_node)
            new = cst.Call(cst.parse_expression(act.name), (_keyword(*keyword),))
            return self._record(original_node, new, operation)
        return updated_node

    def leave_DictElement(self, original_node: cst.DictElement, updated_node: cst.DictElement) -> cst.DictElement:
        for operation in self._found(original_node.key, Entry):
            act = operation.act
            assert isinstance(act, Entry)
            assert isinstance(updated_node.key, cst.SimpleString)
            path, _, config = updated_node.key.raw_value.rpartition(".")
            quote = updated_node.key.prefix + updated_node.key.quote
            key = cst.SimpleString(f"{quote}{path}{updated_node.key.quote}")
            value = cst.Call(cst.parse_expression(act.name), (_keyword(config, updated_node.value),))
            new = updated_node.with_changes(key=key, value=value)
            return self._record(original_node, new, operation)
        return updated_node

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        for operation in self._found(original_node, Assign, Deepen, Answer):
            target = updated_node.targets[0].target
            assert isinstance(target, cst.Attribute)
            if isinstance(operation.act, Assign):
                value = cst.Call(
                    cst.parse_expression(operation.act.name),
                    (_keyword(target.attr.value, _enclosed(updated_node.value)),),
                )
                new = updated_node.with_changes(
                    targets=[updated_node.targets[0].with_changes(target=target.value)], value=value
                )
            elif isinstance(operation.act, Answer):
                new = updated_node.with_changes(
                    targets=[
                        updated_node.targets[0].with_changes(
                            target=target.with_changes(attr=cst.Name(operation.act.attr))
                        )
                    ],
                    value=cst.parse_expression(operation.act.text),
                )
            else:
                assert isinstance(operation.act, Deepen)
                deeper: cst.BaseExpression = target
                for step in operation.act.steps.split("."):
                    deeper = cst.Attribute(deeper, cst.Name(step))
                new = updated_node.with_changes(targets=[updated_node.targets[0].with_changes(target=deeper)])
            return self._record(original_node, new, operation)
        return updated_node

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> Statement:
        for operation in self._found(original_node, Remove):
            return self._record(original_node, cst.RemoveFromParent(), operation)
        return self._inserted(original_node, updated_node)

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> Statement:
        return self._inserted(original_node, updated_node)

    def leave_If(self, original_node: cst.If, updated_node: cst.If) -> Statement:
        return self._inserted(original_node, updated_node)

    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> Statement:
        return self._inserted(original_node, updated_node)

    def leave_While(self, original_node: cst.While, updated_node: cst.While) -> Statement:
        return self._inserted(original_node, updated_node)

    def leave_Try(self, original_node: cst.Try, updated_node: cst.Try) -> Statement:
        return self._inserted(original_node, updated_node)

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> Statement:
        return self._inserted(original_node, updated_node)

    def _inserted(self, original_node: StatementT, updated_node: StatementT) -> Statement:
        operations = self._found(original_node, Insert)
        lines: list[cst.SimpleStatementLine | cst.BaseCompoundStatement] = [
            cst.parse_statement(each.act.text) for each in operations if isinstance(each.act, Insert)
        ]
        if not lines:
            return updated_node
        first = lines[0].with_changes(leading_lines=updated_node.leading_lines)
        new: list[cst.BaseStatement] = [first, *lines[1:], updated_node.with_changes(leading_lines=())]
        return self._record(original_node, cst.FlattenSentinel(new), operations[0])


def _keyword(name: str, value: cst.BaseExpression) -> cst.Arg:
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return cst.Arg(value, cst.Name(name), equal)


def _enclosed(value: cst.BaseExpression) -> cst.BaseExpression:
    """Return a value as an argument: a tuple needs its parentheses."""
    if isinstance(value, cst.Tuple | cst.Yield) and not value.lpar:
        return value.with_changes(lpar=(cst.LeftParen(),), rpar=(cst.RightParen(),))
    return value
