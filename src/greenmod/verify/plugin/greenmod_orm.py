"""Follows SQLAlchemy: says of each attribute that is loaded lazily which rows had it, and where these came from.

An Origin, an option that does nothing, goes with each query; SQLAlchemy carries it on to whatever is loaded for the
query's rows. Statements remember where they were made, and the states of rows what gave them last. It works with
SQLAlchemy 1.4, 2.0 and 2.1, and runs in the project's interpreter: Python 3.8 and the standard library must do.
"""

from __future__ import annotations

import functools
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from greenmod_queries import Journey, Root, Source, Trail, hops_of, name_of
from greenmod_statements import Statements, entities_of, guarded, is_text, made_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType, ModuleType
    from typing import Any  # SQLAlchemy is the project's, and of any version

    from greenmod_frames import Frames
    from greenmod_loads import Key, Loads

# Names in the dictionaries of the states of rows, which SQLAlchemy doesn't pickle.
_SOURCE, _NOTED = "_greenmod_source", "_greenmod_noted"
# SQLAlchemy's paths grow with each row that was loaded from another one.
_LONGEST_TRAIL = 30
# Frames between an attribute and the statement that is sent for it.
_MOST_FRAMES = 40
_ACCESSORS = frozenset({"__get__", "__set__", "__delete__"})


class Orm:
    """Tells `loads` what it hears; no failure of this reaches SQLAlchemy."""

    def __init__(self, frames: Frames, loads: Loads) -> None:
        self._frames = frames
        self._loads = loads
        self._start = Trail()
        self._origin: Callable[[Journey], object] = lambda journey: journey
        self._origins: tuple[type, ...] = ()

    def follow(self, orm: ModuleType) -> None:
        """Follow an ORM that has just been imported."""
        option: Any = getattr(import_module("sqlalchemy.orm.interfaces"), "UserDefinedOption", None)
        if option is None or not hasattr(orm, "ORMExecuteState"):
            self._loads.stumble("SQLAlchemy before 1.4 can't be followed")
            return

        class Origin(option):  # type: ignore[misc] # see above
            propagate_to_loaders = True

            def __init__(self, journey: Journey) -> None:
                super().__init__(None)
                self.journey = journey

            def __reduce__(self) -> tuple[object, ...]:
                return option, (None,)  # rows that are pickled are read where there is no greenmod

        self._origin = Origin
        self._origins = (*self._origins, Origin)
        listen = import_module("sqlalchemy.event").listen
        listen(orm.Session, "do_orm_execute", self._guarded(self._execute))
        listen(orm.Session, "pending_to_persistent", self._guarded(self._hear_birth))
        listen(orm.Mapper, "load", self._guarded(self._hear_row), raw=True)
        listen(orm.Mapper, "refresh", self._guarded(self._hear_again), raw=True)
        made = Statements(self._frames, self._loads.stumble)
        made.mark(import_module("sqlalchemy.sql.selectable").GenerativeSelect, "select")
        made.mark(orm.Query, "query")
        strategies = import_module("sqlalchemy.orm.strategies")
        self._watch_loader(_any(strategies, "LazyLoader"), "_load_for_state")
        self._watch_loader(_any(strategies, "DeferredColumnLoader"), "_load_for_state")
        self._watch_loader(import_module("sqlalchemy.orm.state").InstanceState, "_load_expired")

    def _watch_loader(self, owner: Any, name: str) -> None:
        """Have what loads attributes tell of what it couldn't load."""
        load = getattr(owner, name)

        @functools.wraps(load)
        def wrapped(loader: Any, state: Any, *args: object, **options: object) -> object:
            state.__dict__.pop(_NOTED, None)
            try:
                return load(loader, state, *args, **options)
            except Exception as error:  # whatever it is, it goes on its way
                fail(loader, state, error, sys._getframe(1))
                raise

        fail = self._guarded(self._fail)
        setattr(owner, name, wrapped)

    def _execute(self, sent: Any) -> None:
        """Hear of a statement before it is sent."""
        if not sent.is_select:
            if is_text(sent.statement):
                self._query(sent)
        elif sent.lazy_loaded_from is not None:
            self._load(sent, sent.lazy_loaded_from)
        elif sent.is_column_load:
            self._load_column(sys._getframe(1), "")
        elif not sent.is_relationship_load:
            self._query(sent)
        else:
            journey = self._journey(sent.statement._with_options)
            if journey is not None:
                self._loads.note_eager(journey.root)

    def _query(self, sent: Any) -> None:
        statement = sent.statement
        entities = entities_of(statement)
        if not entities:
            return
        kind, places = made_of(statement)
        if not places:
            kind, places = self._frames.makers(sys._getframe(1), "execute")
        self._loads.serve(places, entities)
        root = Root(kind, places, entities)
        sent.statement = self._carrying(statement, Journey(root, self._start, 0))

    def _load(self, sent: Any, parent: Any) -> None:
        path = hops_of(sent.loader_strategy_path)
        if not path:
            return
        relationship = path[-1][1]
        source = _source(parent, self._start)
        trail = source.trail.child(parent.class_, relationship)
        if trail.length > _LONGEST_TRAIL:
            sent.statement = self._carrying(sent.statement, None)
        else:
            sent.statement = self._carrying(sent.statement, Journey(source.root, trail, len(path)))
        reading = self._reading(sys._getframe(1))
        if reading is not None:
            parent.__dict__[_NOTED] = self._note(source.root, trail, reading, "", None)

    def _load_column(self, frame: FrameType | None, failure: str) -> None:
        reading = self._reading(frame)
        if reading is None:
            return
        attribute, row = reading.f_locals.get("self"), reading.f_locals.get("instance")
        state = getattr(row, "_sa_instance_state", None)
        if state is None or attribute is None:
            return
        source = _source(state, self._start)
        column = f"{name_of(state.class_)} {attribute.key}"
        noted = self._note(source.root, source.trail, reading, failure, column)
        if not failure:
            state.__dict__[_NOTED] = noted

    def _fail(self, loader: Any, state: Any, error: Exception, frame: FrameType) -> None:
        """Take in that something could not be loaded; what was counted as sent was not."""
        failure = _failure(error)
        noted: Key | None = state.__dict__.pop(_NOTED, None)
        if not failure or _is_told(error):
            return
        if noted is not None:
            self._loads.forget(noted)
        relationship = getattr(loader, "parent_property", None)
        if relationship is None or not hasattr(relationship, "mapper"):
            self._load_column(frame, failure)
            return
        reading = self._reading(frame)
        if reading is not None:
            source = _source(state, self._start)
            self._note(source.root, source.trail.child(state.class_, relationship), reading, failure, None)

    def _note(self, root: Root, trail: Trail, reading: FrameType, failure: str, column: str | None) -> Key:
        access = self._frames.innermost(reading.f_back)
        key = trail, root.places, root.kind, access, failure, column
        self._loads.note(key, root)
        return key

    def _hear_row(self, state: Any, context: Any) -> None:
        """Hear of a row that has become an object."""
        # Without a context it was merged from another session.
        journey = self._journey(context.propagated_loader_options) if context is not None else None
        if journey is not None:
            source = journey.source(state.load_path)
            state.__dict__[_SOURCE] = source
            source.root.count(source.trail, state.class_)

    def _hear_again(self, state: Any, context: Any, attributes: object) -> None:
        """Hear of a row whose object was there already: what is read of it next the latest query gave.

        Where the object is refreshed as a whole, SQLAlchemy goes by the options of the query that made it.
        """
        if context is None:
            return
        if context.refresh_state is not None:
            made = self._journey(state.load_options) if attributes is None else None
            if made is not None:
                state.__dict__[_SOURCE] = made.source(state.load_path)
            return
        journey = self._journey(context.propagated_loader_options)
        if journey is not None and journey.trail is self._start and issubclass(state.class_, journey.root.entities):
            root = journey.root
            state.__dict__[_SOURCE] = Source(root, self._start)
            root.count(self._start, state.class_)

    def _hear_birth(self, session: object, instance: Any) -> None:
        """Hear of an object that has become a row."""
        state = instance._sa_instance_state
        place = self._frames.innermost(sys._getframe(1))
        root = Root("birth", () if place is None else (place,), (state.class_,))
        state.__dict__[_SOURCE] = Source(root, self._start)

    def _journey(self, options: Iterable[object]) -> Journey | None:
        for option in options:
            if isinstance(option, self._origins):
                journey: Journey = option.journey  # type: ignore[attr-defined] # it is an Origin
                return journey
        return None

    def _carrying(self, statement: Any, journey: Journey | None) -> Any:
        """Return a statement with an Origin of its own in place of the one that it has inherited."""
        others = tuple(one for one in statement._with_options if not isinstance(one, self._origins))
        carrying = statement._generate()  # what `options` does, too, at three times the cost
        carrying._with_options = others if journey is None else (*others, self._origin(journey))
        return carrying

    def _reading(self, frame: FrameType | None) -> FrameType | None:
        """Return the frame of the attribute for whose sake something is loaded; None if it is for something else."""
        for _ in range(_MOST_FRAMES):
            if frame is None or not self._frames.is_orm(frame):
                return None
            code = frame.f_code
            if code.co_name in _ACCESSORS and code.co_filename.endswith("attributes.py"):
                return frame
            frame = frame.f_back
        return None

    def _guarded(self, hear: Callable[..., None]) -> Callable[..., None]:
        return guarded(hear, self._loads.stumble)


def _source(state: Any, start: Trail) -> Source:
    """Return where a row came from; of one that nothing is known about a root without places."""
    found: Source | None = state.__dict__.get(_SOURCE)
    if found is None:
        found = state.__dict__[_SOURCE] = Source(Root("birth", (), (state.class_,)), start)
    return found


def _failure(error: BaseException) -> str:
    """Return the name of what keeps attributes from being loaded, empty for any other error."""
    seen: BaseException | None = error
    while seen is not None:
        name = type(seen).__name__
        if name in ("MissingGreenlet", "DetachedInstanceError"):
            return name
        if name == "InvalidRequestError" and "due to lazy='raise" in str(seen):
            return "raise"
        seen = seen.__cause__
    return ""


def _is_told(error: BaseException) -> bool:
    """Tell whether an error came through another loader before this one, which has told of it."""
    traceback, passed = error.__traceback__, 0
    while traceback is not None:
        code = traceback.tb_frame.f_code
        passed += code.co_name == "wrapped" and code.co_filename == __file__
        traceback = traceback.tb_next
    return passed > 1


def _any(module: ModuleType, name: str) -> Any:
    """Return a class of SQLAlchemy that 2.1 has made private."""
    return getattr(module, name, None) or getattr(module, f"_{name}")
