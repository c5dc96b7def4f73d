"""What is done to a file: operations, each at its key token, as plain data on the way from `decide` to the worker.

A key is the line and column (as `ast` counts) of one token that no other operation has; the classes say which. All
operations of a component carry its group, so that they make one Change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

At = tuple[int, int]


class Await(NamedTuple):
    """`client.get(…)` → `await client.get(…)`. Key: the callee's last name, `get` here.

    `callee`, if given, takes the place of the whole callee: `client.aclose` for `client.close`.
    """

    parens: bool
    callee: str = ""


class Construct(NamedTuple):
    """`TestClient(app, …)` → `AsyncClient(transport=ASGITransport(app=app), …)`. Key: the callee's last name.

    `client` and `transport` are how the file writes the two classes. `user_agent` and `address` say whether these are
    kept. Without `app` it stays as it was given.
    """

    client: str
    transport: str
    base_url: str
    user_agent: bool
    address: bool
    app: str = ""


class Enter(NamedTuple):
    """`with TestClient(app) as c:` → `async with (LifespanManager(app, …) as manager, … as c):`. Key: `with`.

    Without a `manager` nothing but the lifespan is entered: `with TestClient(app):`, `with client:`. The name goes, if
    there is one (`with client as c:`), so what uses it must be replaced. The app is that of the constructor in the
    statement, else `app`. With a `manager`, the constructor has a Construct of its own, whose `app` is `manager.app`.
    """

    lifespan: str
    manager: str = ""
    app: str = ""


class Define(NamedTuple):
    """`def f` → `async def f`. Key: the function's name.

    `marks` are whole expressions (`pytest.mark.anyio`) for decorators above the others. `fixture`, if given, is the
    callee that takes the place of the fixture decorator's, with `loop_scope` as a keyword if given. `parameter` is
    appended to the parameters. A function that is async already keeps its `async`.
    """

    marks: tuple[str, ...] = ()
    fixture: str = ""
    loop_scope: str = ""
    parameter: str = ""


class Replace(NamedTuple):
    """Another text for a name, for the attribute chain that ends in it, or for a string. Key: the (last) name."""

    text: str


class Generator(NamedTuple):
    """`Generator[X, None, None]` → `AsyncGenerator[X, None]`, `Iterator[X]` → `AsyncIterator[X]`. Key: last name."""

    text: str


class Raises(NamedTuple):
    """`pytest.raises(E, client.get, "/")` → `with pytest.raises(E):`, the awaited call in its block. Key: `raises`."""


class Delegate(NamedTuple):
    """`yield from helper(…)` → `async for value in helper(…):` and `yield value` in its block.

    Key: the callee's last name. `name` is what a value is called.
    """

    name: str


class Listed(NamedTuple):
    """`all(x for …)` → `all([x for …])`. Key: the name `all`."""


class Import(NamedTuple):
    """A name that an operation needs: see `Codemod.need_import`. Without a `name` it is the module."""

    module: str
    name: str | None = None
    beside: str | None = None
    line: int = 0


Act = Await | Construct | Enter | Define | Replace | Generator | Raises | Delegate | Listed

_KINDS: Mapping[str, type[Act]] = {
    kind.__name__: kind for kind in (Await, Construct, Enter, Define, Replace, Generator, Raises, Delegate, Listed)
}


class Operation(NamedTuple):
    """One act of one component. `drops` are imports that go once nothing uses them: module and name."""

    at: At
    group: str
    act: Act
    imports: tuple[Import, ...] = ()
    drops: tuple[tuple[str, str], ...] = ()


class Group(NamedTuple):
    """What the Change of a component says, and the groups that it can't live without."""

    title: str
    why: str
    requires: tuple[str, ...] = ()


class Expected(NamedTuple):
    """What the result is checked against.

    `clients` are `(group, scope, name)`: what `name` is sent in `scope` must be awaited. `helpers` are
    `(group, scope, callee)`: so must its calls. `tests` are `(group, qualname, mark)`: async, with the mark if any.
    """

    clients: tuple[tuple[str, str, str], ...] = ()
    helpers: tuple[tuple[str, str, str], ...] = ()
    tests: tuple[tuple[str, str, str], ...] = ()


class Orders(NamedTuple):
    """All that is done in one file."""

    operations: tuple[Operation, ...]
    groups: Mapping[str, Group]
    expected: Expected


def as_data(orders: Orders) -> object:
    """Return orders as data that a worker can be sent."""
    rows = [
        (op.at, op.group, type(op.act).__name__, tuple(op.act), tuple(map(tuple, op.imports)), op.drops)
        for op in orders.operations
    ]
    return rows, {name: tuple(group) for name, group in orders.groups.items()}, tuple(orders.expected)


def from_data(data: object) -> Orders:
    """Read orders back."""
    rows, groups, expected = cast("tuple[Sequence[Any], Mapping[str, Any], Sequence[Any]]", data)
    operations = tuple(
        Operation(at, group, _KINDS[kind](*fields), tuple(Import(*row) for row in imports), drops)
        for at, group, kind, fields, imports, drops in rows
    )
    return Orders(operations, {name: Group(*row) for name, row in groups.items()}, Expected(*expected))
