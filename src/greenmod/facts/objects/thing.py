"""What names stand for, as plain data that can be compared, hashed and shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class What(str, Enum):
    """What kind of object a name stands for. PROPERTY: one whose value is not known, or has to be awaited."""

    MODULE = "module"
    FUNCTION = "function"
    CLASS = "class"
    INSTANCE = "instance"
    PROPERTY = "property"
    MISSING = "missing"
    UNKNOWN = "unknown"

    __hash__ = str.__hash__  # that of an Enum takes far longer


class Calling(str, Enum):
    """What a call gives before anything is awaited."""

    COROUTINE = "coroutine"
    ASYNC_ITERATOR = "async iterator"
    ASYNC_CONTEXT = "async context manager"
    AWAITABLE_CONTEXT = "awaitable, and async context manager"
    AWAITABLE_ITERATOR = "awaitable, and async iterator"
    SYNC = "plain"
    EITHER = "either"
    UNKNOWN = "unknown"

    __hash__ = str.__hash__


class Rule(str, Enum):
    """Why something is unknown."""

    NOT_INSTALLED = "not-installed"
    STAR_IMPORT = "star-import"
    IMPORT_CYCLE = "import-cycle"
    UNRESOLVED = "unresolved-target"


@dataclass(frozen=True, slots=True)
class Thing:
    """What a name stands for.

    `file` is relative to the root, and for a library to where it is installed; `qualname` is that of the definition,
    for an INSTANCE that of its class, and empty for a MODULE. `calling` says what a call gives; for a CLASS that is
    what its instances are. `decorators` are those that leave it in doubt. `is_certain` is false where a function
    without annotation returns something that can't be followed. `auto_async` says whether `unittest.mock.patch` makes
    an AsyncMock of it by itself, None where that isn't known. `arguments` are what a generic class is of, and the
    members of an unknown union; `owner` is the class or instance through which a function was reached.
    """

    what: What
    file: str = ""
    qualname: str = ""
    line: int = 0
    calling: Calling = Calling.UNKNOWN
    is_library: bool = False
    decorators: tuple[str, ...] = ()
    auto_async: bool | None = None
    reason: str = ""
    rule: str = ""
    closest: str = ""
    is_certain: bool = True
    arguments: tuple[Thing, ...] = ()
    owner: Thing | None = None

    @property
    def key(self) -> tuple[bool, str, str, int]:
        """What makes it the same definition as another, however it was reached."""
        return self.is_library, self.file, self.qualname, self.line


def unknown(reason: str, rule: Rule = Rule.UNRESOLVED, *among: Thing) -> Thing:
    """Return the answer where there is none; `among` are the possible ones."""
    return Thing(What.UNKNOWN, reason=reason, rule=rule.value, arguments=among)
