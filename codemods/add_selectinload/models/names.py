"""What a name stands for, as far as models need to know: a class of the repository, a library's, or something made.

Imports say it where they lead to a class or to a library that models are made of; else `project.objects()` follows it,
and where a name is assigned (`Base = declarative_base()`), the assignment does.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator

from greenmod.api import Definition, External, Objects, Project, Thing, What

from ..survey.rows import Assigned, Class, Rows, from_data
from .expressions import name as plain_name
from .nouns import Foreign, Key, Made

Meaning = Key | Foreign | Made | None
# Libraries whose names mean what they say.
_WELL_KNOWN = frozenset(
    {"sqlalchemy", "sqlmodel", "flask_sqlalchemy", "pydantic", "builtins", "typing", "typing_extensions", "enum", "abc"}
)
_DEPTH = 20  # re-exports and aliases followed before a chain is given up
_NO_ROWS = Rows((), (), (), ())


class Names:
    """Answers from the rows of any file, each read when it is asked for."""

    def __init__(self, project: Project, objects: Objects) -> None:
        self.project = project
        self.objects = objects
        self._rows: dict[str, Rows] = {}
        self._classes: dict[str, dict[str, Class]] = {}
        self._meanings: dict[tuple[str, str, str], Meaning] = {}
        self._things: dict[Foreign, Thing] = {}

    def rows(self, path: str) -> Rows:
        """Return what a file says; nothing where it can't be read or parsed."""
        if path not in self._rows:
            data = self.project.survey(path)
            self._rows[path] = from_data(data[0]) if isinstance(data, list | tuple) else _NO_ROWS
        return self._rows[path]

    def class_row(self, key: Key) -> Class | None:
        """Return a class statement; the last one of a name, which is the one that counts."""
        if key.path not in self._classes:
            self._classes[key.path] = {row.qualname: row for row in self.rows(key.path).classes}
        return self._classes[key.path].get(key.qualname)

    def meant(self, path: str, text: str, scope: str = "") -> Meaning:
        """Return what a chain of names stands for, brackets behind it left out; None where that can't be told."""
        question = path, text, scope
        if question not in self._meanings:
            self._meanings[question] = None  # for what asks for itself
            self._meanings[question] = self._meant(path, text, scope)
        return self._meanings[question]

    def thing(self, foreign: Foreign) -> Thing | None:
        """Return what is known of a library's class or function; None where the library isn't installed."""
        return self._things.get(foreign)

    def _meant(self, path: str, text: str, scope: str) -> Meaning:
        dotted = plain_name(text)
        if not dotted:
            return None
        imported = self._imported(path, dotted, scope)
        if isinstance(imported, Key) or (imported is not None and imported.package in _WELL_KNOWN):
            return imported
        if imported is None and (made := self._assigned(path, dotted, scope, 0)) is not None:
            return made
        found = self.objects.named(path, dotted, scope)
        if found.what is What.CLASS and not found.is_library:
            return Key(found.file, found.qualname)
        if found.what in (What.CLASS, What.FUNCTION) and found.is_library:
            foreign = Foreign(found.file.partition("/")[0].removesuffix(".py"), found.qualname.rpartition(".")[2])
            self._things[foreign] = found
            return foreign
        return imported

    def _imported(self, path: str, dotted: str, scope: str) -> Key | Foreign | None:
        """Return what the imports alone say, from facts: most bases need no more, and no library has to be read."""
        facts = self.project.facts(path)
        if hasattr(builtins, dotted) and facts is not None and not facts.bindings(dotted, scope):
            return None if facts.star_imports else Foreign("builtins", dotted)
        targets = self.project.resolve(path, dotted, scope)
        target = next(iter(targets)) if len(targets) == 1 else None
        if isinstance(target, External) and "." in target.name:
            return Foreign(target.name.partition(".")[0], target.name.rpartition(".")[2])
        if isinstance(target, Definition) and self.class_row(Key(target.path, target.qualname)) is not None:
            return Key(target.path, target.qualname)
        return None

    def _assigned(self, path: str, dotted: str, scope: str, depth: int) -> Meaning:
        """Return where a name is assigned, through the imports that bring it."""
        if depth > _DEPTH or (facts := self.project.facts(path)) is None:
            return None
        first, _, rest = dotted.partition(".")
        fact = facts.find_import(first, scope)
        if fact is not None:
            for module, inside in _splits(f"{fact.target}.{rest}" if rest else fact.target):
                there = self.project.module_path(module, path)
                if there is not None and there != path:
                    return self._assigned(there, inside, "", depth + 1)
            return None
        for row in reversed(self.rows(path).assigned):
            if not row.owner and row.name == first:
                return self._made(path, row, rest, depth)
        for star in facts.star_imports:
            there = self.project.module_path(star, path)
            if there is not None and there != path and (found := self._assigned(there, dotted, "", depth + 1)):
                return found
        return None

    def _made(self, path: str, row: Assigned, rest: str, depth: int) -> Meaning:
        value = row.value
        if not value.callee and (other := plain_name(value.text)) and "[" not in value.text:
            text = f"{other}.{rest}" if rest else other
            return None if other == row.name else self.meant(path, text)
        return Made(path, row.name, row.line, value.callee, value.args, value.named, value.text, rest)


def _splits(name: str) -> Iterator[tuple[str, str]]:
    """Yield `(module, rest)` for each way to read a dotted name, the longest module first; there is always a rest."""
    level = len(name) - len(name.lstrip("."))
    dots, parts = name[:level], name[level:].split(".")
    for cut in range(len(parts) - 1, -1 if dots else 0, -1):
        yield dots + ".".join(parts[:cut]), ".".join(parts[cut:])
