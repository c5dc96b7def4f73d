"""Declarations of the standard library's modules that have no source: asked of the running interpreter's own.

Nothing but modules of the standard library is ever imported here.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from functools import cache
from types import ModuleType

from greenmod.facts.objects import declarations as kinds
from greenmod.facts.objects.declarations import Bound, Class, Declarations, Function

# Modules whose import does something, or needs what may not be there.
_NOT_ASKED = frozenset({"_tkinter", "antigravity", "idlelib", "test", "this", "turtle"})


def is_native(name: str) -> bool:
    """Tell whether a module belongs to Python and is compiled."""
    if name.partition(".")[0] not in sys.stdlib_module_names or name in _NOT_ASKED or "." in name:
        return False
    if name in sys.builtin_module_names:
        return True
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    return found is not None and not (found.origin or "").endswith((".py", ".pyc")) and found.origin != "frozen"


@cache  # of which there are few, and which stay what they are as long as Python runs
def declare_native(name: str) -> Declarations | None:
    """Return what a compiled module of the standard library declares; None where it isn't there."""
    try:
        module = importlib.import_module(name)
    except ImportError:
        return None
    return _Asked(module).result


class _Asked:
    def __init__(self, module: ModuleType) -> None:
        self._names: dict[str, dict[str, tuple[Bound, ...]]] = {"": {}}
        self._functions: dict[str, tuple[Function, ...]] = {}
        self._classes: dict[str, tuple[Class, ...]] = {}
        for name, value in vars(module).items():
            if isinstance(value, type):
                self._class(name, value, value.__module__ == module.__name__)
            else:
                self._value("", name, value)
        self.result = Declarations(self._names, self._functions, self._classes, {}, is_part=True)

    def _class(self, name: str, found: type, is_own: bool) -> None:
        self._names[""][name] = (Bound(kinds.CLASS, 0),)
        bases = tuple(base.__name__ for base in found.__bases__ if base.__module__ == found.__module__)
        self._classes[name] = (Class(0, bases if is_own else (), (), ()),)
        self._names[name] = {}
        for attribute, value in vars(found).items():
            self._value(name, attribute, value)

    def _value(self, scope: str, name: str, value: object) -> None:
        if inspect.isroutine(value) or isinstance(value, classmethod | staticmethod):
            self._names[scope][name] = (Bound(kinds.FUNCTION, 0),)
            function = Function(0, False, False, (), "", (), ())
            self._functions[f"{scope}.{name}" if scope else name] = (function,)
        else:
            text = {str: "''", int: "0", float: "0.0", dict: "{}", list: "[]", tuple: "()", bytes: "b''"}
            self._names[scope][name] = (Bound(kinds.VALUE, 0, text.get(type(value), "")),)
