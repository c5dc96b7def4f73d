"""What one module declares: plain data with expressions as source text, for a cache and for other processes.

Nothing here is resolved: a text means what it means in its module and scope.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

IMPORT = "import"  # `text` is the target, a dotted path; a relative one keeps its leading dots
FUNCTION = "def"
CLASS = "class"
VALUE = "="  # `text` is the value
ANEW = "=()"  # `text` is a value that is made of what the name was before: `send = to_plain(send)`
PARAMETER = "()"  # `text` is the default
ENTERED = "with"  # `text` is what is entered
ENTERED_ASYNC = "async with"
CAUGHT = "except"  # `text` is the class
OTHER = "?"

FOR_TYPES = "types"  # under `if TYPE_CHECKING`
FALLBACK = "fallback"  # in an `except` clause, or the `else` of a check for types or for a version


class Bound(NamedTuple):
    """One thing that a name is bound to. `scope`: where the texts are to be read, if it isn't the name's own."""

    kind: str
    line: int
    text: str = ""
    annotation: str = ""
    scope: str | None = None
    note: str = ""


class Function(NamedTuple):
    """One function statement; `line` is that of `def`.

    `gives` are the values that are yielded by a generator, else returned: each once, empty for one that is no chain of
    names and calls. `parameters` are names, in order, with `*` and `**` before those of the rest.
    """

    line: int
    is_async: bool
    is_generator: bool
    decorators: tuple[str, ...]
    returns: str
    parameters: tuple[str, ...]
    gives: tuple[str, ...]


class Class(NamedTuple):
    """One class statement; `keywords` are pairs of name and value."""

    line: int
    bases: tuple[str, ...]
    keywords: tuple[tuple[str, str], ...]
    decorators: tuple[str, ...]


Names = Mapping[str, tuple[Bound, ...]]


class Star(NamedTuple):
    """A `from module import *`."""

    module: str
    line: int


@dataclass(frozen=True, slots=True)
class Declarations:
    """Everything that a module declares, by qualified name.

    `names` are per scope, the module's own under the empty string, each with what it may be bound to once the module
    has run; `attributes` are those that methods set on `self`, per class. `stars` are the modules that everything is
    imported from, in their order. `exports` is `__all__` where it is a plain list. `is_part` tells that more is there
    than is declared here.
    """

    names: Mapping[str, Names]
    functions: Mapping[str, tuple[Function, ...]]
    classes: Mapping[str, tuple[Class, ...]]
    attributes: Mapping[str, Names]
    stars: tuple[Star, ...] = ()
    exports: tuple[str, ...] | None = None
    is_part: bool = False


def as_data(declarations: Declarations) -> object:
    """Return `declarations` as lists, dicts and plain values for JSON. Tuples of one kind become lists there."""
    return [
        declarations.names,
        declarations.functions,
        declarations.classes,
        declarations.attributes,
        declarations.stars,
        declarations.exports,
        declarations.is_part,
    ]


def from_data(data: Any) -> Declarations:
    """Read what `as_data` returned, after a trip through JSON. Raises ValueError where it is something else."""
    try:
        names, functions, classes, attributes, stars, exports, is_part = data
        return Declarations(
            {scope: _names(rows) for scope, rows in names.items()},
            {name: tuple(map(_function, rows)) for name, rows in functions.items()},
            {name: tuple(map(_class, rows)) for name, rows in classes.items()},
            {scope: _names(rows) for scope, rows in attributes.items()},
            tuple(Star(module, line) for module, line in stars),
            None if exports is None else tuple(exports),
            bool(is_part),
        )
    except (TypeError, AttributeError, ValueError) as error:
        raise ValueError("these are no declarations") from error


def _names(rows: Any) -> Names:
    return {name: tuple(Bound(*bound) for bound in bounds) for name, bounds in rows.items()}


def _function(row: Any) -> Function:
    line, is_async, is_generator, decorators, returns, parameters, gives = row
    return Function(line, is_async, is_generator, tuple(decorators), returns, tuple(parameters), tuple(gives))


def _class(row: Any) -> Class:
    line, bases, keywords, decorators = row
    return Class(line, tuple(bases), tuple((name, value) for name, value in keywords), tuple(decorators))
