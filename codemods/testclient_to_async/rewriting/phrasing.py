"""The small phrases: an awaited call, a list for a generator, an async generator's annotation, a block that raises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from ..operations import Act, Await, Delegate
from .layout import BLANK, NOTHING, Frame, comments_in, expression

Statement = cst.SimpleStatementLine | cst.With | cst.For


def as_await(call: cst.Call, act: Await) -> cst.Await:
    """Return the awaited call. Parentheses that it has become those of the `await`."""
    lpar, rpar = call.lpar, call.rpar
    if act.callee:
        call = call.with_changes(func=expression(act.callee))
    if act.parens and not lpar:
        lpar, rpar = [cst.LeftParen()], [cst.RightParen()]
    return cst.Await(call.with_changes(lpar=[], rpar=[]), lpar=lpar, rpar=rpar)


def as_list(call: cst.Call) -> cst.Call:
    """`all(x for …)` → `all([x for …])`"""
    argument = call.args[0]
    generator = argument.value
    assert isinstance(generator, cst.GeneratorExp), "only a generator expression becomes a list"
    lpar, rpar = [*generator.lpar], [*generator.rpar]
    left, right = cst.LeftSquareBracket(NOTHING), cst.RightSquareBracket(NOTHING)
    if lpar:
        left = left.with_changes(whitespace_after=lpar.pop().whitespace_after)
        right = right.with_changes(whitespace_before=rpar.pop(0).whitespace_before)
    found = cst.ListComp(generator.elt, generator.for_in, left, right, lpar=lpar, rpar=rpar)
    return call.with_changes(args=[argument.with_changes(value=found), *call.args[1:]])


def as_async_generator(annotation: cst.Subscript, callee: str) -> cst.Subscript:
    """`Generator[X, None, None]` → `AsyncGenerator[X, None]`: an async generator returns nothing."""
    elements = [*annotation.slice]
    if len(elements) == 3:
        last = elements.pop()
        comma = last.comma
        if not isinstance(comma, cst.Comma) and isinstance(elements[-1].comma, cst.Comma):
            comma = elements[-1].comma if comments_in(elements[-1].comma) else cst.MaybeSentinel.DEFAULT
        elif isinstance(comma, cst.Comma) and isinstance(elements[-1].comma, cst.Comma):
            comma = comma.with_changes(whitespace_after=_joined(elements[-1].comma, comma))
        elements[-1] = elements[-1].with_changes(comma=comma)
    return annotation.with_changes(value=expression(callee), slice=elements)


def _joined(one: cst.Comma, other: cst.Comma) -> cst.BaseParenthesizableWhitespace:
    """Return the white space of the other comma, with the comments of both."""
    first, last = one.whitespace_after, other.whitespace_after
    if not (isinstance(first, cst.ParenthesizedWhitespace) and isinstance(last, cst.ParenthesizedWhitespace)):
        return first if comments_in(first) else last
    moved = last.first_line.comment
    lines = [cst.EmptyLine(first.indent, first.last_line, moved)] if moved else []
    return last.with_changes(first_line=first.first_line, empty_lines=[*first.empty_lines, *lines, *last.empty_lines])


def called_in(statement: cst.BaseSmallStatement) -> cst.Call | None:
    """Return the call that a statement, or its `yield from`, consists of."""
    found = statement.value if isinstance(statement, cst.Expr) else None
    if isinstance(found, cst.Yield) and isinstance(found.value, cst.From):
        found = found.value.item
    return found if isinstance(found, cst.Call) else None


def in_blocks(
    statements: Sequence[cst.BaseSmallStatement],
    blocks: Mapping[int, Act],
    leading: Sequence[cst.EmptyLine],
    trailing: cst.TrailingWhitespace,
    frame: Frame,
) -> list[Statement]:
    """Return the statements of a line, those at the indexes of `blocks` as blocks of their own."""
    found: list[Statement] = []
    for index, statement in enumerate(statements):
        act = blocks.get(index)
        if isinstance(act, Delegate):
            found.append(_as_async_for(statement, act.name))
        elif act is not None:
            found.append(_as_block(statement, frame))
        elif found and isinstance(found[-1], cst.SimpleStatementLine):
            found[-1] = found[-1].with_changes(body=[*found[-1].body, statement])
        else:
            found.append(cst.SimpleStatementLine([statement]))
    for index, line in enumerate(found):
        if isinstance(line, cst.SimpleStatementLine):
            body = [*line.body[:-1], line.body[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]
            found[index] = line.with_changes(body=body)
    found[0] = found[0].with_changes(leading_lines=[*leading, *found[0].leading_lines])
    found[-1] = _ended(found[-1], trailing)
    return found


def _ended(line: Statement, trailing: cst.TrailingWhitespace) -> Statement:
    if isinstance(line, cst.SimpleStatementLine):
        return line.with_changes(trailing_whitespace=trailing)
    last = line.body.body[0].with_changes(trailing_whitespace=trailing)
    return line.with_changes(body=line.body.with_changes(body=[last]))


def _as_async_for(statement: cst.BaseSmallStatement, name: str) -> cst.For:
    """`yield from helper()` → `async for value in helper():` and `yield value`."""
    call = called_in(statement)
    assert call is not None, "only calls are delegated to"
    given = cst.SimpleStatementLine([cst.Expr(cst.Yield(cst.Name(name)))])
    return cst.For(cst.Name(name), call, cst.IndentedBlock([given]), asynchronous=cst.Asynchronous())


def _as_block(statement: cst.BaseSmallStatement, frame: Frame) -> cst.With:
    """`pytest.raises(E, client.get, "/")` → `with pytest.raises(E):` and the awaited call."""
    call = called_in(statement)
    assert call is not None, "only calls raise"
    expected, sender, *rest = call.args
    header = call.with_changes(
        args=[expected.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=NOTHING)],
        whitespace_after_func=NOTHING,
        whitespace_before_args=NOTHING,
        lpar=[],
        rpar=[],
    )
    space = sender.comma.whitespace_after if rest and isinstance(sender.comma, cst.Comma) else NOTHING
    sent = cst.Call(sender.value, rest, whitespace_before_args=space)
    inner = frame._replace(column=len(frame.block + frame.level + "await "))
    flat = cst.Call(sender.value, [_flat(argument, argument is rest[-1]) for argument in rest])
    if isinstance(space, cst.SimpleWhitespace):
        sent = sent.with_changes(whitespace_before_args=NOTHING)
    if inner.fits(flat) and not comments_in(sent):
        sent = flat
    lost = [text for text in comments_in(call) if text not in comments_in(header, sent)]
    return cst.With(
        [cst.WithItem(header)],
        cst.IndentedBlock([cst.SimpleStatementLine([cst.Expr(cst.Await(sent))])]),
        leading_lines=[cst.EmptyLine(comment=cst.Comment(text)) for text in lost],
    )


def _flat(argument: cst.Arg, is_last: bool) -> cst.Arg:
    comma = cst.MaybeSentinel.DEFAULT if is_last else cst.Comma(whitespace_after=BLANK)
    return argument.with_changes(comma=comma, whitespace_after_arg=NOTHING)
