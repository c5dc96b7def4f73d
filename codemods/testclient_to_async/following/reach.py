"""Which files could use what is held, and must be loaded for it: by the words that they hold.

A client in a conftest file is for the tests in its folder; everything else is imported by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

from ..survey.rows import Function
from .fixtures import Fixtures, name_of
from .world import File, Place, World


class Reach:
    """Answers for one world; a question that was answered is not asked again."""

    def __init__(self, world: World, fixtures: Fixtures) -> None:
        self._world = world
        self._fixtures = fixtures
        self._asked: set[str] = set()
        self._paths = frozenset(world.project.paths)
        self._counted = 0
        self._known: list[tuple[str, File]] = []

    def needed(self, held: Set[Place], followed: Set[Place]) -> set[str]:
        """Return the files that could use what is held and are not loaded yet."""
        names: dict[str, set[str]] = {}
        for place in held | followed:
            for name, home in self._reachable(place, is_held=place in held):
                names.setdefault(name, set()).add(home)
        wanted = {name: homes for name, homes in names.items() if f"{name}:{len(homes)}" not in self._asked}
        self._asked |= {f"{name}:{len(homes)}" for name, homes in wanted.items()}
        stems = {stem for homes in wanted.values() for home in homes if home[-1:] != "/" for stem in self._stems(home)}
        if not wanted:
            return set()
        found: set[str] = set()
        for path, words in self._world.project.mentioning(*wanted, *stems).items():
            if path.endswith("conftest.py") and words & stems:
                found.add(path)
            for name in wanted.keys() & words:
                if any(self._reaches(path, home, words) for home in wanted[name]):
                    found.add(path)
        return found - self._world.files.keys()

    def may_use(self, path: str, place: Place) -> bool:
        """Tell whether a file, whatever it says, could use a place by name."""
        for name, home in self._reachable(place, is_held=True):
            words = self._world.project.mentioning(name, *self._stems(home)).get(path, frozenset())
            if name in words and self._reaches(path, home, words):
                return True
        return False

    def _reachable(self, place: Place, is_held: bool) -> Iterator[tuple[str, str]]:
        """Yield the names by which other files may know a place, each with its file, or with the folder it serves."""
        if place.kind == "var" and not place.scope:
            yield place.name, place.path
        elif place.kind == "attr":
            yield place.scope.rpartition(".")[2], place.path
        elif place.kind == "function" and (function := self._world.function(place)):
            name = place.name.rpartition(".")[2]
            if function.fixture:
                yield from self._served(place, function)
            if not is_held and self._fixtures.is_test(place.path, function):
                yield stem_of(place.path), place.path
            elif owner := self._world.owner(place.path, place.name):
                yield owner.rpartition(".")[2], place.path
            elif "." not in place.name:
                yield name, place.path

    def _served(self, place: Place, fixture: Function) -> Iterator[tuple[str, str]]:
        """Yield the names of a fixture with the folders whose tests see it: by its own conftest file or another's."""
        name = name_of(fixture)
        for path, file in self._homes():
            folder = f"{path.rpartition('/')[0]}/"
            if path.endswith("conftest.py") and (path == place.path or file.facts.star_imports):
                yield name, folder
            if path.endswith("conftest.py"):
                passed = self._fixtures.passed_on(path)
                yield from ((known, folder) for known, found in passed.items() if found == place)
            if file.rows.plugins:
                yield name, "/"

    def _homes(self) -> list[tuple[str, File]]:
        """Return the loaded files through which tests of others may get fixtures."""
        if self._counted != len(self._world.files):
            self._counted = len(self._world.files)
            files = self._world.files.items()
            self._known = [(path, file) for path, file in files if path.endswith("conftest.py") or file.rows.plugins]
        return self._known

    def _reaches(self, path: str, home: str, words: frozenset[str]) -> bool:
        if home.endswith("/"):
            return home == "/" or path.startswith(home)
        return path != home and bool(words & self._stems(home))

    def _stems(self, home: str) -> set[str]:
        """Return the words by which a module is imported: its name, and those of the packages that may pass it on."""
        found = {stem_of(home)}
        folder = home.rpartition("/")[0]
        while folder and f"{folder}/__init__.py" in self._paths:
            found.add(folder.rpartition("/")[2])
            folder = folder.rpartition("/")[0]
        return found - {""}


def stem_of(path: str) -> str:
    """Return the last name of the module that a file is, by which others import it."""
    name = path.removesuffix(".py").removesuffix("/__init__")
    return name.rpartition("/")[2]
