"""Where in the repository's own files something happens, as seen from inside of a library that they called.

A place is a number while tests run, and a row of JSON once it is told:

    [path, line, function, column, end_line, end_column]

with the names and conventions of `greenmod.facts.evidence.observation.Frame`. The lines of a call's place are those of
its exact range where Python knows columns. Of a call over several lines Python 3.11 and later let the range begin at
the method's name. A template's place has the line of the template, and no columns.

Frames are looked at and never kept: that would keep alive what they hold. It runs in the project's interpreter: Python
3.8 and the standard library must do.
"""

from __future__ import annotations

import os
import sys
from itertools import islice
from opcode import opname
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType, FrameType

    Row = list[object]
    Range = tuple[int, int, int, int]

# Callers of a place that are told with it.
_MOST_CALLERS = 5
_MOST_FRAMES = 1_000
# Libraries that call back, or are called, on behalf of whoever calls the ORM.
_ORM = frozenset({"sqlalchemy", "sqlmodel", "flask_sqlalchemy", "greenlet"})
_PASSING = frozenset({"functools.py", "contextlib.py"})
_INSTALLED = frozenset({"site-packages", "dist-packages"})
# Behind these nobody asked for what is read in front of them.
_BOUNDARIES = frozenset({"starlette", "fastapi", "flask", "werkzeug", "_pytest", "pluggy"})
# What the names of the ORM's own functions say about how a query was made.
_GETS = frozenset({"get", "get_one", "get_or_404", "one_or_404"})

_IS_ORM, _IS_PASSING, _IS_FOREIGN, _IS_BOUNDARY = "<orm>", "<passing>", "<foreign>", "<boundary>"


class Place:
    """An instruction of a piece of code in `path`."""

    __slots__ = ("code", "last", "line", "path", "template_line")

    def __init__(self, frame: FrameType, path: str) -> None:
        self.code = frame.f_code
        self.last = frame.f_lasti
        self.line = frame.f_lineno
        self.path = path
        self.template_line = _template_line(frame, path)


class Frames:
    """Knows the files at `tree`, a real path."""

    def __init__(self, tree: str) -> None:
        self._tree = tree.rstrip(os.sep) + os.sep
        self._here = os.path.dirname(os.path.abspath(__file__))
        self._whose: dict[str, str] = {}
        self._numbers: dict[tuple[int, int], int] = {}
        self._places: list[Place] = []

    def innermost(self, frame: FrameType | None) -> int | None:
        """Return the repository's own place that is nearest to a frame, the frame included."""
        greenlet = None
        for _ in range(_MOST_FRAMES):
            if frame is None:
                greenlet, frame = _outer(greenlet)
                if greenlet is None:
                    break
                continue
            whose = self._owner(frame.f_code.co_filename)
            if whose == _IS_BOUNDARY:
                break
            if whose[0] != "<":
                return self._number(frame, whose)
            frame = frame.f_back
        return None

    def makers(self, frame: FrameType | None, kind: str) -> tuple[str, tuple[int, ...]]:
        """Return how a query was made, `kind` unless the frames know better, and by which places, innermost first.

        Those after the first are the repository's functions that called it without anybody else between.
        """
        places: list[int] = []
        greenlet = None
        for _ in range(_MOST_FRAMES):
            if frame is None:
                greenlet, frame = _outer(greenlet)
                if greenlet is None:
                    break
                continue
            whose = self._owner(frame.f_code.co_filename)
            if whose[0] != "<":
                places.append(self._number(frame, whose))
                if len(places) == _MOST_CALLERS:
                    break
            elif whose == _IS_BOUNDARY or (places and whose == _IS_FOREIGN):
                break
            elif whose == _IS_FOREIGN:
                kind = "library"
            elif not places and kind == "select" and frame.f_code.co_name in _GETS and whose == _IS_ORM:
                kind = "get"
            frame = frame.f_back
        return kind, tuple(places)

    def is_orm(self, frame: FrameType) -> bool:
        """Tell whether a frame is the ORM's, or this plugin's."""
        return self._owner(frame.f_code.co_filename) in (_IS_ORM, _IS_PASSING)

    def row(self, number: int) -> Row:
        """Return what is told of a place."""
        place = self._places[number]
        function = place.code.co_name
        if place.template_line is not None:
            return [place.path, place.template_line, function, None, None, None]
        found = _range(place.code, place.last)
        if found is None:
            return [place.path, place.line, function, None, None, None]
        line, end_line, column, end_column = found
        return [place.path, line, function, column, end_line, end_column]

    def _owner(self, file: str) -> str:
        """Return the path of a file of the repository, else whose it is."""
        known = self._whose.get(file)
        if known is None:
            known = self._whose[file] = self._find_owner(file)
        return known

    def _find_owner(self, file: str) -> str:
        if os.path.dirname(os.path.abspath(file)) == self._here:
            return _IS_PASSING
        parts = file.replace(os.sep, "/").split("/")
        if os.path.isabs(file) or os.path.isfile(file):  # templates may be known by relative names
            real = os.path.realpath(file)
            is_installed = not _INSTALLED.isdisjoint(parts)  # an environment may lie in the tree
            if real.startswith(self._tree) and not is_installed:
                return real[len(self._tree) :].replace(os.sep, "/")
        if parts[-1] in _PASSING or file.startswith("<"):  # SQLAlchemy 1.4 makes some of its functions from strings
            return _IS_PASSING
        package = _package(parts)
        if package in _ORM:
            return _IS_ORM
        return _IS_BOUNDARY if package in _BOUNDARIES else _IS_FOREIGN

    def _number(self, frame: FrameType, path: str) -> int:
        # A place keeps its code alive, so that its id stays its own.
        key = id(frame.f_code), frame.f_lasti
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._places)
            self._places.append(Place(frame, path))
        return number


def _outer(greenlet: object | None) -> tuple[object | None, FrameType | None]:
    """Return the greenlet for which another one runs, None being the current one, and the frame in which it waits.

    SQLAlchemy lets coroutines wait in one greenlet for what another one sends.
    """
    if greenlet is None:
        greenlets = sys.modules.get("greenlet")
        greenlet = greenlets.getcurrent() if greenlets is not None else None
    parent = getattr(greenlet, "parent", None)
    return parent, getattr(parent, "gr_frame", None)


def _package(parts: list[str]) -> str:
    """Return the package that a library's file belongs to."""
    for folder in _INSTALLED:
        if folder in parts[:-1]:
            after = len(parts) - parts[::-1].index(folder)
            return parts[after].partition(".")[0]
    return next((part for part in reversed(parts[:-1]) if part in _ORM or part in _BOUNDARIES), "")


def _template_line(frame: FrameType, path: str) -> int | None:
    """Return the line of a Jinja template whose code a frame runs."""
    template = None if path.endswith(".py") else frame.f_globals.get("__jinja_template__")
    find = getattr(template, "get_corresponding_lineno", None)
    return int(find(frame.f_lineno)) if find is not None else None


def _range(code: CodeType, last: int) -> Range | None:
    """Return first line, last line, first column and end column of what an instruction evaluates; None before 3.11.

    Of `await call` it is the call.
    """
    if last < 0 or not hasattr(code, "co_positions"):
        return None
    at = last // 2
    found = list(islice(code.co_positions(), at + 1))
    whole = _known(found[at]) if at < len(found) else None
    while last > 0 and opname[code.co_code[last]] == "CACHE":  # Python 3.12 is past the instruction that it waits in
        last -= 2
    if whole is not None and opname[code.co_code[last]] == "SEND":
        before = next((one for one in reversed(found[:at]) if one != whole), None)
        called = _known(before) if before is not None else None
        if called is not None and called[1::2] == whole[1::2]:
            return called
    return whole


def _known(position: tuple[int | None, int | None, int | None, int | None]) -> Range | None:
    line, end_line, column, end_column = position
    if line is None or end_line is None or column is None or end_column is None:
        return None
    return line, end_line, column, end_column
