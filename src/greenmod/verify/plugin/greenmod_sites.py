"""Says which tests run which lines: the files that hold them are compiled with probes.

They are compiled by Python's own loader or, if they are tests and conftests, by pytest's rewriting of assertions; both
are wrapped. Code that comes to run in another way, such as in a process that a test starts, is not seen. Nor do probes
go along: a function that is pickled by value, code and all, can't be run by another process while it has some.

It works in the project's interpreter: Python 3.8, pytest 6 and the standard library must do.
"""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import os
import sys
from importlib.machinery import SourceFileLoader
from typing import TYPE_CHECKING, Protocol, cast

import pytest
from greenmod_probes import PROBE, insert_probes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import CodeType

    Lines = Sequence[Sequence[int]]

    class Log(Protocol):
        def say(self, event: str, **values: object) -> None: ...

    class Rewriting(Protocol):
        """What is private to pytest, and has been the same in versions 6 to 9."""

        rewrite_asserts: Callable[..., None]
        _read_pyc: Callable[..., object]
        _write_pyc: Callable[..., object]


def follow(config: pytest.Config, log: Log, tree: str, sites: Mapping[str, Lines]) -> None:
    """Have `sites` of the files of `tree`, a real path, noted from now on."""
    followed = Sites(log, tree, sites)
    followed.install()
    config.pluginmanager.register(followed, "greenmod-sites")


class Sites:
    """Lines of the project, by file: first line, last line and number of each site; see `greenmod_probes`."""

    def __init__(self, log: Log, tree: str, sites: Mapping[str, Lines]) -> None:
        self._say = log.say
        self._sites = {os.path.normcase(os.path.join(tree, *path.split("/"))): sites[path] for path in sites}
        self._names = {os.path.basename(path) for path in self._sites}
        self._ran: set[int | tuple[int, ...]] = set()
        self._outside: set[int] = set()

    def install(self) -> None:
        setattr(builtins, PROBE, self._ran.add)
        self._wrap_loader()
        self._wrap_rewriting()
        for module in list(sys.modules.values()):
            file = _file_of(module)
            if self._lines_of(file) is not None:
                self._say("blind", message=f"{file}: its lines can't be followed: it was imported too early")

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._outside |= self._take()
        yield
        ran = self._take()
        if ran:
            self._say("executed", id=item.nodeid, sites=sorted(ran))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Iterator[None]:
        yield
        self._outside |= self._take()
        if self._outside:
            self._say("imported", sites=sorted(self._outside))

    def _take(self) -> set[int]:
        """Return what has run since the last call."""
        taken: set[int] = set()
        for _ in range(len(self._ran)):  # one by one: other threads may go on
            ran = self._ran.pop()
            taken.update(ran if isinstance(ran, tuple) else (ran,))
        return taken

    def _lines_of(self, path: object) -> Lines | None:
        if not isinstance(path, (str, os.PathLike)) or os.path.basename(path) not in self._names:
            return None
        return self._sites.get(os.path.normcase(os.path.realpath(path)))

    def _wrap_loader(self) -> None:
        get_code, source_to_code = SourceFileLoader.get_code, SourceFileLoader.source_to_code

        @functools.wraps(get_code)
        def get_followed_code(loader: SourceFileLoader, fullname: str) -> CodeType | None:
            path = loader.get_filename(fullname)
            if self._lines_of(path) is None:
                return get_code(loader, fullname)
            return loader.source_to_code(loader.get_data(path), path)  # no bytecode is read, none is written

        @functools.wraps(source_to_code)
        def followed_source_to_code(
            loader: SourceFileLoader, data: bytes | ast.Module, path: str, *rest: object, **options: object
        ) -> CodeType:
            compiled: Callable[..., CodeType] = source_to_code
            lines = self._lines_of(path)
            if lines is not None:
                try:
                    return compiled(loader, _with_probes(data, path, lines), path, *rest, **options)
                except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                    self._say("blind", message=f"{path}: its lines can't be followed: {error}")
            return compiled(loader, data, path, *rest, **options)

        SourceFileLoader.get_code = get_followed_code  # type: ignore[assignment, method-assign] # of a subclass
        SourceFileLoader.source_to_code = followed_source_to_code  # type: ignore[assignment, method-assign] # as above

    def _wrap_rewriting(self) -> None:
        try:
            from _pytest.assertion import rewrite

            rewriting = cast("Rewriting", rewrite)
            rewrite_asserts, read, write = rewriting.rewrite_asserts, rewriting._read_pyc, rewriting._write_pyc
        except (ImportError, AttributeError) as error:
            self._say("blind", message=f"lines of tests can't be followed: {error}")
            return
        if list(inspect.signature(rewrite_asserts).parameters)[:3] != ["mod", "source", "module_path"]:
            self._say("blind", message="lines of tests can't be followed: this pytest rewrites them in its own way")
            return

        @functools.wraps(rewrite_asserts)
        def rewrite_followed_asserts(
            mod: ast.Module, source: bytes, module_path: str | None = None, *rest: object
        ) -> None:
            lines = self._lines_of(module_path)
            if lines is not None:
                try:
                    insert_probes(mod, lines)
                except RecursionError as error:
                    self._say("blind", message=f"{module_path}: its lines can't be followed: {error}")
            rewrite_asserts(mod, source, module_path, *rest)

        rewriting.rewrite_asserts = rewrite_followed_asserts
        rewriting._read_pyc = self._unless_followed(read, path_of=lambda source, *_: source)
        rewriting._write_pyc = self._unless_followed(write, path_of=lambda state, code, *_: code.co_filename)

    def _unless_followed(self, cache: Callable[..., object], path_of: Callable[..., object]) -> Callable[..., object]:
        """Have what pytest keeps of rewritten modules neither read nor written for those with probes."""

        @functools.wraps(cache)
        def unless_followed(*args: object) -> object:
            return None if self._lines_of(path_of(*args)) is not None else cache(*args)

        return unless_followed


def _with_probes(data: bytes | ast.Module, path: str, lines: Lines) -> ast.Module:
    tree = data if isinstance(data, ast.Module) else ast.parse(data, path)
    insert_probes(tree, lines)
    return tree


def _file_of(module: object) -> object:
    try:
        # Past any `__getattr__`: a lazy module must stay asleep.
        return object.__getattribute__(module, "__dict__").get("__file__")
    except (AttributeError, TypeError):
        return None
