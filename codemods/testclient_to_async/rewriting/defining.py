"""`def f` → `async def f`, with its marks, its fixture decorator and, where it takes one, another parameter."""

from __future__ import annotations

import libcst as cst

from ..operations import Define
from .layout import NOTHING, append, expression


def as_async_def(function: cst.FunctionDef, act: Define, fixture: int | None) -> cst.FunctionDef:
    """Return the async function; `fixture` says which decorator makes it one."""
    decorators = [*function.decorators]
    if act.fixture or act.loop_scope:
        assert fixture is not None, f"{function.name.value} has no fixture decorator"
        decorators[fixture] = _as_fixture(decorators[fixture], act)
    marks = [cst.Decorator(expression(mark)) for mark in act.marks]
    new = function.with_changes(
        decorators=[*marks, *decorators], asynchronous=function.asynchronous or cst.Asynchronous()
    )
    return _with_parameter(new, act.parameter) if act.parameter else new


def _as_fixture(decorator: cst.Decorator, act: Define) -> cst.Decorator:
    """`@pytest.fixture(scope="module")` → `@pytest_asyncio.fixture(scope="module", loop_scope="module")`"""
    old = decorator.decorator
    callee = old.func if isinstance(old, cst.Call) else old
    new: cst.BaseExpression = expression(act.fixture) if act.fixture else callee
    if isinstance(old, cst.Call):
        new = old.with_changes(func=new)
    if act.loop_scope:
        call = new if isinstance(new, cst.Call) else cst.Call(new)
        equal = cst.AssignEqual(whitespace_before=NOTHING, whitespace_after=NOTHING)
        scope = cst.Arg(cst.SimpleString(f'"{act.loop_scope}"'), cst.Name("loop_scope"), equal)
        new = call.with_changes(args=append(call.args, scope, call.whitespace_before_args))
    return decorator.with_changes(decorator=new)


def _with_parameter(function: cst.FunctionDef, name: str) -> cst.FunctionDef:
    """Add a parameter behind the last one that has no default: pytest gives nothing to those that have one."""
    old = function.params
    plain = sum(1 for each in old.params if each.default is None)
    is_last = plain == len(old.params) and not (
        old.kwonly_params or old.star_kwarg or isinstance(old.star_arg, cst.Param | cst.ParamStar)
    )
    new = cst.Param(cst.Name(name))
    if is_last:
        params = append(old.params, new, function.whitespace_before_params)
    else:
        params = [*old.params[:plain], new.with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")))]
        params += old.params[plain:]
    return function.with_changes(params=old.with_changes(params=params))
