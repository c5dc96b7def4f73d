"""Which function or class of a mock library a call is of."""

from __future__ import annotations

from collections.abc import Iterable

#: Constructors of mocks; what is called by another name in another library has the name of unittest.mock here.
CONSTRUCTORS = frozenset(
    {
        "Mock",
        "MagicMock",
        "AsyncMock",
        "NonCallableMock",
        "NonCallableMagicMock",
        "PropertyMock",
        "CoroutineMock",
        "create_autospec",
        "mock_open",
        "stub",
        "async_stub",
        "spy",
    }
)
PATCHERS = frozenset({"patch", "patch.object", "patch.dict", "patch.multiple", "setattr", "setitem"})
LIBRARY = "unittest.mock"
LIBRARIES = frozenset({LIBRARY, "mock.mock", "mock", "asynctest.mock", "asynctest"})
_PREFIXES = tuple(f"{library}." for library in sorted(LIBRARIES, reverse=True))  # the longest first
_TAGS = (CONSTRUCTORS - {"stub", "async_stub", "spy"}) | {
    "patch",
    "patch.object",
    "patch.dict",
    "patch.multiple",
    "seal",
}
_MOCKERS = frozenset({"mocker", "class_mocker", "module_mocker", "package_mocker", "session_mocker"})
SETTERS = frozenset({"setattr", "setitem"})


def tag_of(callee: str, qualified: Iterable[str], parameters: Iterable[str]) -> str:
    """Return what a call of `callee`, which may stand for the names `qualified`, is to mocking; empty for the rest.

    What pytest-mock's fixture `mocker` patches is patched from there on: its tags begin with `mocker.`.
    """
    names = {_named(name) for name in qualified}
    if len(names) == 1 and (name := names.pop()):
        return name
    root, _, rest = callee.partition(".")
    if root in _MOCKERS and root in parameters:
        rest = rest.removeprefix("mock.")
        if rest in PATCHERS or rest in CONSTRUCTORS:
            return f"mocker.{rest}" if rest in PATCHERS else rest
    # `monkeypatch`, under whatever name, and the function of that name that every object has.
    last = callee.rpartition(".")[2]
    return last if last in SETTERS else ""


def is_name_of_mock(callee: str) -> bool:
    """Tell whether a callee, as written, has the name of something that a mock library makes or patches with."""
    if callee[:1] in "#=\\?&":
        return False
    head, _, last = callee.rpartition(".")
    return last in _TAGS or f"{head.rpartition('.')[2]}.{last}" in _TAGS


def _named(qualified: str) -> str:
    module = next((module for module in _PREFIXES if qualified.startswith(module)), "")
    name = qualified.removeprefix(module)
    return name if module and name in _TAGS else ""
