"""`TestClient(app, …)` → `AsyncClient(transport=ASGITransport(app=app), …)`: every argument and every comment.

What `TestClient` does without being asked (starlette/testclient.py: `base_url`, `follow_redirects`, the user agent, the
client's address) is said aloud.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import libcst as cst

from ..operations import Construct
from .layout import BLANK, NOTHING, Frame, break_line, expression, indent_of, move, notes

# The order of `TestClient`'s parameters; all of them take positional arguments.
_PARAMETERS = (
    "app", "base_url", "raise_server_exceptions", "root_path", "backend", "backend_options", "cookies", "headers",
    "follow_redirects", "client",
)  # fmt: skip
# Of these `ASGITransport` takes care, under these names.
_TRANSPORT = {
    "app": "app",
    "raise_server_exceptions": "raise_app_exceptions",
    "root_path": "root_path",
    "client": "client",
}
_ADDRESS = '("testclient", 50000)'
_AGENT = '"testclient"'
_USER_AGENT = re.compile(r"""[a-z]*['"]+user-agent['"]+""", re.IGNORECASE)
_CLOSED = cst.Name | cst.Attribute | cst.Call | cst.Subscript | cst.Dict | cst.DictComp


class Argument(NamedTuple):
    """A value, the comments above and behind it, and the indentation of the line on which it began."""

    value: cst.BaseExpression
    above: tuple[cst.Comment, ...] = ()
    behind: tuple[cst.Comment, ...] = ()
    line: str | None = None


class Arguments(NamedTuple):
    """The arguments of a call by parameter; the comments behind its opening and above its closing parenthesis."""

    given: Mapping[str, Argument]
    opening: tuple[cst.Comment, ...]
    closing: tuple[cst.Comment, ...]


def read_arguments(call: cst.Call, frame: Frame) -> Arguments:
    """Read the arguments of a `TestClient(…)`, in their order."""
    given: dict[str, Argument] = {}
    opening, above = notes(call.whitespace_after_func, call.whitespace_before_args)
    line = indent_of(call.whitespace_before_args, frame.block, frame.line)
    for parameter, each in zip(_PARAMETERS + ("",) * len(call.args), call.args, strict=False):
        name = each.keyword.value if each.keyword else parameter
        assert name in _PARAMETERS, f"`decide` lets no such argument through: {name}"
        assert not each.star, "`decide` lets no `*` and `**` through"
        comma = each.comma if isinstance(each.comma, cst.Comma) else cst.Comma()
        equal = each.equal if isinstance(each.equal, cst.AssignEqual) else cst.AssignEqual()
        inside = notes(equal.whitespace_before, equal.whitespace_after)
        behind, below = notes(each.whitespace_after_arg, comma.whitespace_before, comma.whitespace_after)
        given[name] = Argument(each.value, (*above, *inside.below), (*inside.behind, *behind), line)
        above = below
        line = indent_of(comma.whitespace_after, frame.block, line)
    return Arguments(given, opening, above)


def as_async_client(call: cst.Call, act: Construct, frame: Frame) -> cst.Call:
    """Return the call of `AsyncClient` that stands for a `TestClient(…)`."""
    arguments = read_arguments(call, frame)
    new = [*_new_arguments(arguments.given, act, frame)]
    flat = call.with_changes(
        func=expression(act.client),
        args=[
            cst.Arg(value.value, cst.Name(name), _equal(), _comma(BLANK) if name != new[-1][0] else _no_comma())
            for name, value in new
        ],
        whitespace_after_func=NOTHING,
        whitespace_before_args=NOTHING,
    )
    has_notes = any((arguments.opening, arguments.closing, *((*value.above, *value.behind) for _, value in new)))
    return flat if not has_notes and frame.fits(flat) else _over_lines(flat, new, arguments, frame)


def _over_lines(call: cst.Call, new: Sequence[tuple[str, Argument]], arguments: Arguments, frame: Frame) -> cst.Call:
    """Give each argument a line of its own, with its comments."""
    first, *others = [value for _, value in new]
    above = [*(value.above for value in others), arguments.closing]
    args = [
        arg.with_changes(
            value=move(arg.value, value.line, frame.inner) if value.line is not None else arg.value,
            comma=_comma(
                break_line(frame.inner, below, _only(value.behind), frame.line if arg is call.args[-1] else None)
            ),
        )
        for arg, (_, value), below in zip(call.args, new, above, strict=True)
    ]
    before = break_line(frame.inner, (*arguments.opening[1:], *first.above), _only(arguments.opening[:1]))
    return call.with_changes(args=args, whitespace_before_args=before)


def _new_arguments(given: Mapping[str, Argument], act: Construct, frame: Frame) -> Iterator[tuple[str, Argument]]:
    yield "transport", _transport(given, act)
    yield "base_url", _tidied(given.get("base_url") or Argument(_literal(act.base_url)))
    headers = given.get("headers") or Argument(cst.Name("None"))
    if act.user_agent:
        headers = headers._replace(value=_with_user_agent(headers.value))
    if act.user_agent or "headers" in given:
        yield "headers", _tidied(headers)
    if "cookies" in given:
        yield "cookies", _tidied(given["cookies"])
    yield "follow_redirects", _tidied(given.get("follow_redirects") or Argument(cst.Name("True")))


def _transport(given: Mapping[str, Argument], act: Construct) -> Argument:
    """Return `ASGITransport(…)`, with the comments of all that goes into it."""
    values = {_TRANSPORT[name]: argument.value for name, argument in given.items() if name in _TRANSPORT}
    if act.app:
        values["app"] = expression(act.app)
    if act.address and "client" not in values:
        values["client"] = expression(_ADDRESS)
    names = [name for name in _TRANSPORT.values() if name in values]
    args = [
        cst.Arg(_closed(values[name]), cst.Name(name), _equal(), _comma(BLANK) if name != names[-1] else _no_comma())
        for name in names
    ]
    parts = [argument for name, argument in given.items() if name in _TRANSPORT]
    behind = tuple(comment for part in parts for comment in part.behind)
    if len(behind) > 1:
        parts, behind = [part._replace(above=(*part.above, *part.behind)) for part in parts], ()
    above = tuple(comment for part in parts for comment in part.above)
    line = given["app"].line if "app" in given else None
    return Argument(cst.Call(expression(act.transport), args), above, behind, line)


def _tidied(argument: Argument) -> Argument:
    """Leave one comment at most behind a value; two of them have more room above."""
    value = _closed(argument.value)
    if len(argument.behind) < 2:
        return argument._replace(value=value)
    return argument._replace(value=value, above=(*argument.above, *argument.behind), behind=())


def _with_user_agent(headers: cst.BaseExpression) -> cst.BaseExpression:
    """Return the headers with `TestClient`'s user agent, which those that are given may replace."""
    if isinstance(headers, cst.Name) and headers.value == "None":
        return expression(f'{{"user-agent": {_AGENT}}}')
    own = cst.DictElement(cst.SimpleString('"user-agent"'), cst.SimpleString(_AGENT))
    if not isinstance(headers, cst.Dict):
        value = headers if isinstance(headers, _CLOSED) else _in_parentheses(headers)
        return cst.Dict([own, cst.StarredDictElement(value)])
    keys = [element.key for element in headers.elements if isinstance(element, cst.DictElement)]
    if any(isinstance(key, cst.SimpleString) and _USER_AGENT.fullmatch(key.value) for key in keys):
        return headers
    if not headers.elements:
        return headers.with_changes(elements=[own])
    space = headers.lbrace.whitespace_after
    if isinstance(space, cst.ParenthesizedWhitespace):
        space = space.with_changes(first_line=cst.TrailingWhitespace(NOTHING), empty_lines=[])
    else:
        space = BLANK
    return headers.with_changes(elements=[own.with_changes(comma=_comma(space)), *headers.elements])


def _closed(value: cst.BaseExpression) -> cst.BaseExpression:
    """Return a value as it can stand behind a keyword: `f(a := b)` is right, `f(app=a := b)` is not."""
    return _in_parentheses(value) if isinstance(value, cst.NamedExpr) else value


def _in_parentheses(value: cst.BaseExpression) -> cst.BaseExpression:
    return value if value.lpar else value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _literal(text: str) -> cst.BaseExpression:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return cst.SimpleString(f'"{escaped}"')


def _only(comments: Sequence[cst.Comment]) -> cst.Comment | None:
    return comments[0] if comments else None


def _equal() -> cst.AssignEqual:
    return cst.AssignEqual(whitespace_before=NOTHING, whitespace_after=NOTHING)


def _comma(space: cst.BaseParenthesizableWhitespace) -> cst.Comma:
    return cst.Comma(whitespace_after=space)


def _no_comma() -> cst.MaybeSentinel:
    return cst.MaybeSentinel.DEFAULT
