"""Statements of SQLAlchemy: where they were made, and which mapped classes they select.

It runs in the project's interpreter: Python 3.8 and the standard library must do.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any  # SQLAlchemy is the project's, and of any version

    from greenmod_frames import Frames

# A name in the dictionaries of statements, which SQLAlchemy copies along when it derives one from another.
_MADE = "_greenmod_made"
# Frames between `Query.get` and its statement, at most; this is looked for each time that a statement is made.
_FEW_FRAMES = 6


class Statements:
    """Has statements remember where they were made; no failure of this reaches SQLAlchemy."""

    def __init__(self, frames: Frames, stumble: Callable[[str], None]) -> None:
        self._frames = frames
        self._stumble = stumble
        self._legacy_get: object = None

    def mark(self, made: Any, kind: str) -> None:
        """Have the statements of a class do so: `kind` says what they are called."""
        initialise = made.__init__
        self._legacy_get = getattr(getattr(made, "_get_impl", None), "__code__", self._legacy_get)

        @functools.wraps(initialise)
        def __init__(statement: Any, *args: object, **options: object) -> None:
            initialise(statement, *args, **options)
            note(statement, kind, sys._getframe(1))

        note = guarded(self._note, self._stumble)
        made.__init__ = __init__

    def _note(self, statement: Any, kind: str, frame: FrameType) -> None:
        query = self._query_that_gets(frame)
        made = None if query is None else query.__dict__.get(_MADE)
        statement.__dict__[_MADE] = made or self._frames.makers(frame, kind)

    def _query_that_gets(self, frame: FrameType | None) -> Any:
        """Return the legacy Query on which `get` was called, if a statement is made for that."""
        for _ in range(_FEW_FRAMES):
            if frame is None:
                break
            if frame.f_code is self._legacy_get:
                return frame.f_locals.get("self")
            frame = frame.f_back
        return None


def made_of(statement: Any) -> tuple[str, tuple[int, ...]]:
    """Return the kind of a statement and the places that made it, innermost first; none where that is not known."""
    made: tuple[str, tuple[int, ...]] = statement.__dict__.get(_MADE) or ("", ())
    return made


def entities_of(statement: Any) -> tuple[type, ...]:
    """Return the mapped classes that a statement selects whole rows of."""
    found = []
    for column in getattr(statement, "_raw_columns", ()):
        entity = getattr(column, "_annotations", {}).get("parententity")
        if entity is not None and getattr(column, "is_selectable", False):
            found.append(entity.mapper.class_)
    return tuple(found)


def is_text(statement: Any) -> bool:
    """Tell whether rows of entities come from SQL that was written by hand, which SQLAlchemy doesn't call a select."""
    is_for_entities = getattr(statement, "__visit_name__", "") == "orm_from_statement"
    return is_for_entities and not (statement.is_insert or statement.is_update or statement.is_delete)


def guarded(hear: Callable[..., None], stumble: Callable[[str], None]) -> Callable[..., None]:
    """Keep a failure of ours from the application that it would otherwise reach; `stumble` says it instead."""

    @functools.wraps(hear)
    def guarded(*args: object, **options: object) -> None:
        try:
            hear(*args, **options)
        except Exception as error:  # the border to somebody else's application
            stumble(f"{type(error).__name__} in {hear.__name__}: {error}")

    return guarded
