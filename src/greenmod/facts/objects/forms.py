"""The classes that annotations are made of, known by name: what `typing` and its kin make of them says nothing."""

from __future__ import annotations

from greenmod.facts.objects.thing import Thing, What

_TYPING = frozenset({"typing.py", "typing_extensions.py", "typing.pyi", "typing_extensions.pyi"})
_ABSTRACT = frozenset({"collections/abc.py", "_collections_abc.py"})
_ASYNCIO = {"asyncio/futures.py": "Future", "asyncio/tasks.py": "Task", "_asyncio": ""}

AWAITABLE = frozenset({"Awaitable", "Coroutine", "Future", "Task"})
CONTEXTS = frozenset({"AbstractAsyncContextManager"})
ITERATORS = frozenset({"AsyncIterator", "AsyncIterable", "AsyncGenerator"})
# Their first argument is what is meant.
TRANSPARENT = frozenset(
    {"Annotated", "ClassVar", "Final", "Required", "NotRequired", "ReadOnly", "InitVar", "Optional", "Unpack"}
)
_COLLECTIONS = frozenset({"Collection", "Sequence", "MutableSequence", "Mapping", "MutableMapping", "AbstractSet"})
_SYNC = _COLLECTIONS | {"AbstractContextManager", "Iterator", "Iterable", "Generator", "Callable"}
_PLAIN = {"List": "list", "Dict": "dict", "Set": "set", "FrozenSet": "frozenset", "Tuple": "tuple", "Text": "str"}
_RENAMED = {"AsyncContextManager": "AbstractAsyncContextManager", "ContextManager": "AbstractContextManager"}
_NAMES = (
    AWAITABLE
    | CONTEXTS
    | ITERATORS
    | TRANSPARENT
    | _SYNC
    | frozenset({"Any", "Union", "Type", "Self", "Literal", "Generic", "Protocol", "NoReturn", "Never", "TypedDict"})
    | frozenset({"NamedTuple", "AnyStr", "Concatenate", "TypeGuard", "TypeIs", "LiteralString"})
)
# What an instance of each has.
DUNDERS = {
    **dict.fromkeys(AWAITABLE, ("__await__",)),
    **dict.fromkeys(CONTEXTS, ("__aenter__", "__aexit__")),
    "AsyncIterable": ("__aiter__",),
    "AsyncIterator": ("__aiter__", "__anext__"),
    "AsyncGenerator": ("__aiter__", "__anext__", "aclose", "asend", "athrow"),
    "Callable": ("__call__",),
}
_PLACE = "typing.py"


def find_form(file: str, name: str) -> Thing | None:
    """Return the class that a name of `typing`, of the abstract collections or of asyncio stands for."""
    name = _RENAMED.get(name, name)
    if file in _TYPING and name in _PLAIN:
        return Thing(What.CLASS, "builtins", _PLAIN[name], is_library=True)
    is_form = (
        (file in _TYPING and name in _NAMES)
        or (file in _ABSTRACT and name in DUNDERS.keys() | _SYNC)
        or (file == "contextlib.py" and name in ("AbstractAsyncContextManager", "AbstractContextManager"))
        or (name in ("Future", "Task") and _ASYNCIO.get(file) in ("", name))
    )
    return form(name) if is_form else None


def form(name: str, *arguments: Thing) -> Thing:
    """Return one of these classes, of `arguments`."""
    return Thing(What.CLASS, _PLACE, name, is_library=True, arguments=arguments)


def is_form(thing: Thing, *names: str) -> bool:
    """Tell whether a class, or the class of an instance, is one of these; of these names, if any are given."""
    if thing.file != _PLACE or not thing.is_library or thing.what not in (What.CLASS, What.INSTANCE):
        return False
    return thing.qualname in (names or _NAMES)
