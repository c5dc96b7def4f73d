"""anyio's backends: converted tests run on asyncio, as `TestClient` did, and nobody else's tests run on fewer.

Without a fixture `anyio_backend` anyio runs each of its tests once for each backend. One in a conftest file keeps them
all on asyncio; where the project has tests that are meant to run on both, each module of converted ones gets its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from greenmod.api import ImportNeed, Project, Requirement, TextChange

from ..following.clients import Block
from ..following.fixtures import NOBODY, conftests
from ..following.world import Place
from ..judging.components import Analysis
from ..survey.rows import Function
from .pytest_settings import read_settings

BACKEND = "anyio_backend"
_FIXTURE = '@pytest.fixture(scope="session")\ndef anyio_backend():\n    return "asyncio"\n'
_ONE_BACKEND = 'parametrize("anyio_backend", [{pytest}.param("asyncio", id={pytest}.HIDDEN_PARAM)])'
_ABOUT = frozenset({"anyio_backend", "anyio_backend_name", "anyio_backend_options"})
_SCOPES = ("function", "class", "module", "package", "session")


class Missing(NamedTuple):
    """The fixtures that converted tests lack: the changes that add them, and the groups that each test's file needs;
    and the files in which there can't be one, with the reason.
    """

    changes: tuple[TextChange, ...]
    groups: Mapping[str, frozenset[str]]
    refused: Mapping[str, Block]


class Backends:
    """Answers for one project."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._world = analysis.world
        self._project: Project = analysis.world.project
        self._seen: dict[str, Place | None] = {}
        self._tops: dict[str, str] = {}
        self._hiding: dict[Requirement | None, bool] = {}

    def missing(self, paths: Sequence[str], tests: Sequence[Place]) -> Missing:
        """Return what the files in `paths` lack, and those that import a converted test from them."""
        lacking = [path for path in paths if not self._is_given(path)]
        refused = {path: block for path in lacking if (block := self._refusal(path)) is not None}
        importers = {path: home for path, home in self._importers(tests) if not self._is_given(path)}
        wanted = [path for path in lacking if path not in refused and not self.mark(path)]
        wanted += sorted(importers.keys() - refused.keys() - {*wanted})
        homes = {path: path for path in wanted} if self._is_both else self._homes(wanted)
        changes = tuple(self._change(home) for home in sorted(set(homes.values())))
        groups: dict[str, set[str]] = defaultdict(set)
        for path, home in homes.items():
            for needing in {path, importers.get(path, path)}:
                groups[needing].add(_group(home))
        return Missing(changes, {path: frozenset(found) for path, found in groups.items()}, refused)

    def mark(self, path: str) -> str:
        """Return the mark that keeps a converted test on asyncio beside tests that run on all backends."""
        return _ONE_BACKEND if path in self._own and self._can_hide(path) else ""

    def narrower(self, path: str, fixture: Function) -> Block | None:
        """Return why an async fixture can't have the scope that it has."""
        backend = self._backend(path)
        found = self._world.function(backend) if backend else None
        if backend is None or found is None or _SCOPES.index(found.scope) >= _SCOPES.index(fixture.scope):
            return None
        words = f"this fixture is narrower than the async one of the {fixture.scope} that would need it"
        return Block(backend.path, found.line, "fixture-scope", words)

    def _refusal(self, path: str) -> Block | None:
        """Return why a file can't have a fixture of its own."""
        if self._is_both and path.endswith("conftest.py"):
            words = "an async fixture here would run on both of anyio's backends, and converted tests on one"
            return Block(path, 1, "anyio-backends", words)
        if path in self._own:
            if self._can_hide(path):
                return None
            words = "anyio's tests run on both backends here, which the fixture for converted ones would end"
            return Block(path, self._own[path], "anyio-backends", words)
        if (place := self._backend(path)) and (function := self._world.function(place)):
            words = "this fixture runs anyio's tests on other backends than asyncio"
            return Block(place.path, function.line, "anyio-backends", words)
        return None

    def _importers(self, tests: Sequence[Place]) -> Iterator[tuple[str, str]]:
        """Yield the files that import a test from another one, and that: pytest collects it in both."""
        names = {(place.path, place.name) for place in tests}
        world = self._world
        for path, file in list(world.files.items()):
            for fact in file.facts.imports:
                if fact.name.startswith("test") and not fact.scope:
                    found = world.lookup(path, "", fact.name).place
                    if (found.path, found.name) in names:
                        yield path, found.path

    def _can_hide(self, path: str) -> bool:
        """Tell whether the project's pytest is sure to know `HIDDEN_PARAM`, which keeps a test's id as it is."""
        found = self._project.requirement(path, "pytest")
        if found not in self._hiding:
            self._hiding[found] = found is not None and found.excludes_before("8.4")
        return self._hiding[found]

    @cached_property
    def _own(self) -> dict[str, int]:
        """Return the files with anyio tests of their own that no fixture keeps on one backend, and a line of each."""
        marked = {path: 1 for path, words in self._words.items() if "mark.anyio" in words}
        indirect = {
            path: function.line
            for path, file in list(self._world.files.items())
            for function in file.rows.functions
            if self._asking and self._asks_backend(path, function, set())
        }
        found = {**indirect, **marked}
        return {path: found[path] for path in found if self._world.file(path) and not self._is_given(path)}

    @cached_property
    def _words(self) -> Mapping[str, frozenset[str]]:
        return self._project.mentioning("mark.anyio", BACKEND)

    @cached_property
    def _asking(self) -> bool:
        """Tell whether some fixture asks which backend of anyio runs."""
        return any(
            set(function.parameters) & _ABOUT
            for path, words in self._words.items()
            if BACKEND in words and (file := self._world.file(path))
            for function in file.rows.functions
        )

    def _asks_backend(self, path: str, function: Function, seen: set[str]) -> bool:
        """Tell whether a test gets, through its fixtures, the backend that it runs on."""
        fixtures = self._analysis.fixtures
        if not function.fixture and not fixtures.is_test(path, function):
            return False
        for name in fixtures.asked(function):
            if name in _ABOUT:
                return True
            found = fixtures.find(path, function, name) if name not in seen else None
            seen.add(name)
            inner = self._world.function(found) if found else None
            if found and inner and self._asks_backend(found.path, inner, seen):
                return True
        return False

    @property
    def _is_both(self) -> bool:
        """Tell whether the project has tests that are meant to run on both backends."""
        return bool(self._own) or self._asking

    def _is_given(self, path: str) -> bool:
        """Tell whether the tests of a file see a fixture `anyio_backend` that is not parametrised."""
        place = self._backend(path)
        function = self._world.function(place) if place else None
        is_plain = place is not None and "trio" not in (self._project.read(place.path) or "")
        return function is not None and not function.has_params and is_plain

    def _backend(self, path: str) -> Place | None:
        if path not in self._seen:
            self._seen[path] = self._analysis.fixtures.find(path, NOBODY, BACKEND)
        return self._seen[path]

    def _homes(self, paths: Sequence[str]) -> dict[str, str]:
        """Return the conftest file for each file: the rootmost above it, else a new one above all of them."""
        known = frozenset(self._project.paths)
        homes = {}
        for path in paths:
            above = [c for c in conftests(path) if c in known and c.startswith(self._top(path))]
            homes[path] = above[-1] if above else ""
        lonely = [path for path, home in homes.items() if not home]
        folder = _common_folder(lonely)
        new = f"{folder}/conftest.py".lstrip("/")
        return {path: home or new for path, home in homes.items()}

    def _top(self, path: str) -> str:
        """Return the folder of the settings that pytest reads: it loads no conftest file above them."""
        folder = path.rpartition("/")[0]
        if folder not in self._tops:
            top = read_settings(self._project.read, folder).path.rpartition("/")[0]
            self._tops[folder] = f"{top}/" if top else ""
        return self._tops[folder]

    def _change(self, path: str) -> TextChange:
        title = "Run anyio's tests on asyncio, as TestClient does"
        why = "anyio's tests run once for each of its backends unless a fixture `anyio_backend` says which"
        group, text = _group(path), self._project.read(path)
        if text is None:
            return TextChange(path, f"import pytest\n\n\n{_FIXTURE}", group, title, why)
        if self._is_both:
            text = _inserted(text, self._world.files[path].rows.first_definition)
        else:
            text = f"{text.rstrip()}\n\n\n{_FIXTURE}" if text.strip() else _FIXTURE
        return TextChange(path, text, group, title, why, imports=(ImportNeed(path, "pytest"),))


def _group(home: str) -> str:
    """Return the group of the change that adds a fixture to a file."""
    return f"anyio-backend:{home}"


def _common_folder(paths: Sequence[str]) -> str:
    parts: list[str] = []
    for level in zip(*(path.split("/")[:-1] for path in paths), strict=False):
        if len(set(level)) > 1:
            break
        parts.append(level[0])
    return "/".join(parts)


def _inserted(text: str, line: int) -> str:
    """Put the fixture in front of a module's first definition, below whatever stands above that."""
    lines = text.split("\n")
    above = line - 1
    while above and lines[above - 1].startswith("#"):
        above -= 1
    while above and not lines[above - 1].strip():
        above -= 1
    return "\n".join((*lines[:above], "", "", *_FIXTURE.rstrip("\n").split("\n"), *lines[above:]))
