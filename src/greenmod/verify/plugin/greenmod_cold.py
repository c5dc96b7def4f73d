"""Cold requests: what the test itself has loaded is forgotten before the application answers, as it would be outside.

Tests that share one session with the application hide what a request loads lazily: its rows are there already. So the
objects of each session that was used are expired before a request, as far as they hold no changes. Those of sessions
over an async engine lose their relationships alone: their columns could be loaded again by nobody but an `await`.

It runs in the project's interpreter: Python 3.8, pytest 6 and the standard library must do.
"""

from __future__ import annotations

import functools
from importlib import import_module
from typing import TYPE_CHECKING
from weakref import WeakSet

from greenmod_watch import watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any  # SQLAlchemy and the frameworks are the project's

    from greenmod_pytest import Log


class Cold:
    """Knows the sessions that were used, and hears of requests before the application does."""

    def __init__(self, log: Log) -> None:
        self._say = log.say
        self._sessions: WeakSet[Any] = WeakSet()
        self._stumbled: set[str] = set()

    def pytest_configure(self) -> None:
        watch("sqlalchemy.orm", self._watch_sessions)
        watch("starlette.applications", lambda module: self._watch_calls(module, "Starlette", "__call__"))
        watch("flask.app", lambda module: self._watch_calls(module, "Flask", "wsgi_app"))

    def _watch_sessions(self, orm: ModuleType) -> None:
        import_module("sqlalchemy.event").listen(orm.Session, "after_begin", self._begin)

    def _begin(self, session: Any, transaction: object, connection: object) -> None:
        self._sessions.add(session)

    def _watch_calls(self, module: ModuleType, owner: str, name: str) -> None:
        application: Any = getattr(module, owner)
        setattr(application, name, self._wrap(getattr(application, name)))

    def _wrap(self, call: Callable[..., object]) -> Callable[..., object]:
        @functools.wraps(call)
        def wrapped(application: object, *args: Any) -> object:
            if not isinstance(args[0], dict) or args[0].get("type", "http") == "http":  # WSGI has no other type
                self._forget()
            return call(application, *args)

        return wrapped

    def _forget(self) -> None:
        for session in list(self._sessions):
            try:
                _expire(session)
            except Exception as error:  # the border to somebody else's sessions
                self._stumble(f"{type(error).__name__} while a session was expired: {error}")

    def _stumble(self, message: str) -> None:
        if message not in self._stumbled:
            self._stumbled.add(message)
            self._say("untraced", message=message)


def _expire(session: Any) -> None:
    bind = session.bind
    is_async = bool(getattr(getattr(bind, "dialect", None), "is_async", False))
    for state in list(session.identity_map.all_states()):
        instance = None if state.modified else state.obj()
        if instance is None:
            continue
        if not is_async:
            session.expire(instance)
        elif state.mapper.relationships:
            session.expire(instance, list(state.mapper.relationships.keys()))
