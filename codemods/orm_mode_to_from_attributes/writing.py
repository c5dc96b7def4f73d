"""`class Config: ...` as `model_config = ConfigDict(...)` in LibCST's nodes, with every comment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import libcst as cst

from .sites import NEW, OLD

_WIDTH = 88  # where a call is broken into lines; the project's own formatter has the last word
_NOTHING = cst.SimpleWhitespace("")


class _Setting(NamedTuple):
    """One `key = value`, the comments above it and the one behind it."""

    argument: cst.Arg
    above: Sequence[cst.Comment]
    behind: cst.Comment | None


def as_model_config(config: cst.ClassDef, callee: str, default_indent: str, column: int) -> cst.SimpleStatementLine:
    """Return the statement for a `class Config` of nothing but settings, which stands at `column`."""
    settings = list(_settings(config.body, default_indent))
    header, below = _comments_around(config.body)
    comments = [header, *below, *(each for setting in settings for each in (*setting.above, setting.behind))]
    comments = [comment for comment in comments if comment]
    call = cst.Call(cst.parse_expression(callee), [setting.argument for setting in settings])
    at_the_end = [comment for comment in comments if comment in (header, settings[-1].behind)]
    if len(comments) > 1 or comments != at_the_end or not _fits(call, column):
        own_indent = config.body.indent if isinstance(config.body, cst.IndentedBlock) else None
        indent = cst.SimpleWhitespace(default_indent if own_indent is None else own_indent)
        call = _over_lines(call, settings, _Frame(header, below, indent))
        at_the_end = []
    return cst.SimpleStatementLine(
        [cst.Assign([cst.AssignTarget(cst.Name("model_config"))], call)],
        leading_lines=config.leading_lines,
        trailing_whitespace=_line_end(at_the_end[0] if at_the_end else None),
    )


class _Frame(NamedTuple):
    """What stands around the arguments: the comments behind the parenthesis and below them, and their indentation."""

    header: cst.Comment | None
    below: Sequence[cst.Comment]
    indent: cst.SimpleWhitespace


def _over_lines(call: cst.Call, settings: Sequence[_Setting], frame: _Frame) -> cst.Call:
    """Give each argument a line of its own, with its comments."""
    above = [*(setting.above for setting in settings[1:]), frame.below]
    indents = [*(frame.indent for _ in settings[1:]), _NOTHING]
    arguments = [
        setting.argument.with_changes(
            comma=cst.Comma(whitespace_after=_break(setting.behind, comments, frame.indent, indent))
        )
        for setting, comments, indent in zip(settings, above, indents, strict=True)
    ]
    before = _break(frame.header, settings[0].above, frame.indent, frame.indent)
    return call.with_changes(args=arguments, whitespace_before_args=before)


def _break(
    behind: cst.Comment | None, above: Sequence[cst.Comment], indent: cst.SimpleWhitespace, last: cst.SimpleWhitespace
) -> cst.ParenthesizedWhitespace:
    return cst.ParenthesizedWhitespace(
        first_line=_line_end(behind),
        empty_lines=[cst.EmptyLine(whitespace=indent, comment=comment) for comment in above],
        indent=True,
        last_line=last,
    )


def _settings(body: cst.BaseSuite, default_indent: str) -> Iterator[_Setting]:
    if isinstance(body, cst.IndentedBlock):
        deeper = _Deeper(body.indent if body.indent is not None else default_indent)
        for line in body.body:
            if isinstance(line, cst.SimpleStatementLine):
                above = [each.comment for each in line.leading_lines if each.comment]
                yield from _on_one_line(line.body, above, line.trailing_whitespace.comment, deeper)
    elif isinstance(body, cst.SimpleStatementSuite):
        yield from _on_one_line(body.body, [], body.trailing_whitespace.comment, _Deeper(""))


def _on_one_line(
    statements: Sequence[cst.BaseSmallStatement], above: list[cst.Comment], behind: cst.Comment | None, deeper: _Deeper
) -> Iterator[_Setting]:
    for statement in statements:
        target = (
            statement.targets[0].target if isinstance(statement, cst.Assign) else getattr(statement, "target", None)
        )
        value = getattr(statement, "value", None)
        if isinstance(target, cst.Name) and isinstance(value, cst.BaseExpression):
            is_last = statement is statements[-1]
            yield _Setting(_argument(target.value, value.visit(deeper)), above, behind if is_last else None)
            above = []


def _argument(key: str, value: cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]) -> cst.Arg:
    assert isinstance(value, cst.BaseExpression), "only white space changes"
    if isinstance(value, cst.Tuple) and not value.lpar:
        value = value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    equal = cst.AssignEqual(whitespace_before=_NOTHING, whitespace_after=_NOTHING)
    return cst.Arg(value, cst.Name(NEW if key == OLD else key), equal)


class _Deeper(cst.CSTTransformer):
    """Keeps the lines of a value where they are, now that its statement stands further left."""

    def __init__(self, indent: str) -> None:
        super().__init__()
        self._indent = indent

    def leave_EmptyLine(self, original_node: cst.EmptyLine, updated_node: cst.EmptyLine) -> cst.EmptyLine:
        if updated_node.comment is None or not updated_node.indent:
            return updated_node
        return updated_node.with_changes(whitespace=self._moved(updated_node.whitespace))

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        if not updated_node.indent:
            return updated_node
        return updated_node.with_changes(last_line=self._moved(updated_node.last_line))

    def _moved(self, space: cst.SimpleWhitespace) -> cst.SimpleWhitespace:
        return cst.SimpleWhitespace(self._indent + space.value)


def _comments_around(body: cst.BaseSuite) -> tuple[cst.Comment | None, list[cst.Comment]]:
    if not isinstance(body, cst.IndentedBlock):
        return None, []
    return body.header.comment, [line.comment for line in body.footer if line.comment]


def _line_end(comment: cst.Comment | None) -> cst.TrailingWhitespace:
    return cst.TrailingWhitespace(cst.SimpleWhitespace("  ") if comment else _NOTHING, comment)


def _fits(call: cst.Call, column: int) -> bool:
    code = cst.Module([]).code_for_node(call)
    return "\n" not in code and column + len("model_config = ") + len(code) <= _WIDTH
