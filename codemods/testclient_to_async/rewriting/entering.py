"""`with TestClient(app) as client:` → `async with (LifespanManager(app, …) as manager, AsyncClient(…) as client):`

One statement, so that its body stays where it is. The timeouts are None because `TestClient` has none.
"""

from __future__ import annotations

from collections import Counter

import libcst as cst

from ..operations import Construct, Enter
from .constructing import as_async_client, read_arguments
from .layout import BLANK, NOTHING, Frame, break_line, code, comments_in, expression


def as_async_with(statement: cst.With, act: Enter, construct: Construct | None, frame: Frame) -> cst.With:
    """Return the statement that enters the lifespan and, by `construct`, the client; `frame` is that of the block."""
    item = statement.items[0]
    entered = item.item
    manager = _manager(entered, act, frame)
    if construct is None:
        items = [cst.WithItem(manager)]
        parens: dict[str, object] = {"lpar": cst.MaybeSentinel.DEFAULT, "rpar": cst.MaybeSentinel.DEFAULT}
    else:
        assert isinstance(entered, cst.Call), "only what is called can be constructed"
        name = cst.AsName(cst.Name(act.manager), whitespace_before_as=BLANK, whitespace_after_as=BLANK)
        between = cst.Comma(whitespace_after=break_line(frame.inner))
        item = item.with_changes(
            asname=_on_one_line(item.asname), comma=cst.Comma(whitespace_after=break_line(frame.line))
        )
        client = as_async_client(entered, construct, _inner(frame, item))
        items = [cst.WithItem(manager, name, between), item.with_changes(item=client)]
        parens = {
            "lpar": cst.LeftParen(whitespace_after=break_line(frame.inner)),
            "rpar": cst.RightParen(whitespace_before=NOTHING),
        }
    return statement.with_changes(
        asynchronous=cst.Asynchronous(),
        items=items,
        whitespace_after_with=BLANK,
        whitespace_before_colon=NOTHING,
        leading_lines=[*statement.leading_lines, *_lost(statement, items)],
        **parens,
    )


def _manager(entered: cst.BaseExpression, act: Enter, frame: Frame) -> cst.Call:
    given = read_arguments(entered, frame).given if isinstance(entered, cst.Call) else {}
    app = given["app"].value if "app" in given else expression(act.app)
    manager = expression(f"{act.lifespan}(app, startup_timeout=None, shutdown_timeout=None)")
    assert isinstance(manager, cst.Call)
    return manager.with_changes(args=[manager.args[0].with_changes(value=app), *manager.args[1:]])


def _inner(frame: Frame, item: cst.WithItem) -> Frame:
    """Return the frame of the client: a line of its own, on which its name must fit as well."""
    name = code(item.asname) if item.asname else ""
    return frame._replace(column=len(frame.inner), line=frame.inner, tail=f"{name},")


def _on_one_line(name: cst.AsName | None) -> cst.AsName | None:
    return name.with_changes(whitespace_before_as=BLANK, whitespace_after_as=BLANK) if name else None


def _lost(statement: cst.With, items: list[cst.WithItem]) -> list[cst.EmptyLine]:
    """Return lines for the comments of the old header that found no place in the new one."""
    parens = [paren for paren in (statement.lpar, statement.rpar) if isinstance(paren, cst.CSTNode)]
    left = Counter(comments_in(*parens, *statement.items)) - Counter(comments_in(*items))
    return [cst.EmptyLine(comment=cst.Comment(text)) for text in left.elements()]
