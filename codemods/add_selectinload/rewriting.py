"""Write loader options into the queries of one file."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from greenmod.api import Codemod, Context

from .flows.rows import At
from .operations import Operation, from_data

_PLAIN = cst.Module(())
_COMMA = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


class Rewriting(Codemod):
    """The transformer. A chain of calls begins where its first name does, so the call is told by what it is as well."""

    name = ""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._dots: dict[cst.BaseExpression, cst.Dot] = {}
        self._operations: dict[tuple[At, str, int], Operation] = {}
        for operation in from_data(self.decision or ()):
            self._operations[operation.at, operation.kind, operation.ordinal] = operation

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        word = _last_word(original_node.func)
        if word == "options":
            return self._joined(original_node, updated_node)
        operation = self._found(original_node, word)
        if operation is None:
            return updated_node
        if operation.kind == "get":
            return self._record(original_node, _with_keyword(updated_node, operation), operation)
        return self._record(original_node, self._with_options(original_node, updated_node, operation), operation)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        if original_node.attr.value != "query" or not self._operations:
            return updated_node
        operation = self._operations.get((self.position(original_node), "attribute", -1))
        if operation is None:
            return updated_node
        return self._record(original_node, self._with_options(original_node, updated_node, operation), operation)

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if self._operations and isinstance(node.value, cst.Call | cst.Attribute):
            self._dots[node.value] = node.dot

    def _with_options(
        self, original: cst.BaseExpression, updated: cst.BaseExpression, operation: Operation
    ) -> cst.Call:
        """Return a call of `.options(…)`, on a line of its own where the next step of the chain is."""
        args = [cst.Arg(cst.parse_expression(text)) for text in operation.added]
        args = [arg.with_changes(comma=_COMMA) for arg in args[:-1]] + args[-1:]
        dot = self._dots.get(original, cst.Dot())
        return cst.Call(cst.Attribute(updated, cst.Name("options"), dot), args)

    def _found(self, node: cst.Call, word: str) -> Operation | None:
        kind = {"select": "select", "query": "query"}.get(word, "get")
        if not self._operations or (kind == "get" and not word.startswith("get")):
            return None
        return self._operations.get((self.position(node), kind, -1))

    def _joined(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Add to the arguments of an `.options(…)` call."""
        if not self._operations:
            return updated_node
        at, ordinal = self.position(original_node), _options_inside(original_node)
        operations = [each for (where, _, number), each in self._operations.items() if (where, number) == (at, ordinal)]
        if not operations:
            return updated_node
        args = [*updated_node.args]
        for extension in operations[0].extended:
            value = _extended(args[extension.argument].value, extension.text)
            args[extension.argument] = args[extension.argument].with_changes(value=value)
        added = _with_more(args, operations[0].added, updated_node.whitespace_before_args)
        new = updated_node.with_changes(args=added)
        return self._record(original_node, new, operations[0])

    def _record(
        self, original: cst.BaseExpression, new: cst.BaseExpression, operation: Operation
    ) -> cst.BaseExpression:
        imports = [self.need_import(module, name, beside=beside or None) for module, name, beside in operation.imports]
        group = f"{operation.at[0]}:{operation.at[1]}:{operation.kind}"
        return self.change(original, new, operation.title, why=operation.why, group=group, imports=imports)


def _last_word(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def _options_inside(node: cst.Call) -> int:
    """Return how many `.options(…)` calls come before this one in its chain."""
    count = 0
    inner: cst.BaseExpression = node.func
    while isinstance(inner, cst.Attribute | cst.Call):
        if isinstance(inner, cst.Call):
            count += _last_word(inner.func) == "options"
            inner = inner.func
        else:
            inner = inner.value
    return count


def _extended(loader: cst.BaseExpression, text: str) -> cst.BaseExpression:
    return cst.parse_expression(f"{_PLAIN.code_for_node(loader)}{text}")


def _with_keyword(node: cst.Call, operation: Operation) -> cst.Call:
    """Return a `get` with `options=[…]`, or with more in it."""
    elements = [cst.Element(cst.parse_expression(text)) for text in operation.added]
    for number, arg in enumerate(node.args):
        if arg.keyword is not None and arg.keyword.value == "options" and isinstance(arg.value, cst.List):
            there = [*arg.value.elements]
            for extension in operation.extended:
                value = _extended(there[extension.argument].value, extension.text)
                there[extension.argument] = there[extension.argument].with_changes(value=value)
            changed = arg.with_changes(value=arg.value.with_changes(elements=[*there, *elements]))
            return node.with_changes(args=[*node.args[:number], changed, *node.args[number + 1 :]])
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    added = cst.Arg(cst.List(elements), cst.Name("options"), equal)
    return node.with_changes(args=[*_separated(node.args), added])


def _with_more(
    args: Sequence[cst.Arg], texts: Sequence[str], before: cst.BaseParenthesizableWhitespace
) -> list[cst.Arg]:
    """Return arguments with more of them behind, laid out as they are; `before` stands before the first."""
    found = [*args]
    between = found[-2].comma if len(found) > 1 else None
    space = between.whitespace_after if isinstance(between, cst.Comma) else before
    if isinstance(space, cst.ParenthesizedWhitespace):
        comma = cst.Comma(whitespace_after=space.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=()))
    else:
        comma = _COMMA
    for text in texts:
        new = cst.Arg(cst.parse_expression(text))
        if found:
            last = found[-1]
            new = new.with_changes(comma=last.comma, whitespace_after_arg=last.whitespace_after_arg)
            found[-1] = last.with_changes(comma=comma, whitespace_after_arg=cst.SimpleWhitespace(""))
        found.append(new)
    return found


def _separated(args: Sequence[cst.Arg]) -> list[cst.Arg]:
    """Return arguments that others can follow."""
    found = [*args]
    if found and not isinstance(found[-1].comma, cst.Comma):
        found[-1] = found[-1].with_changes(comma=_COMMA)
    return found
