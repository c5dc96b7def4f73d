"""The classes of the repository by name, and which of them a string in a model names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from ..survey.rows import Member, Value
from .annotations import shape_of
from .expressions import string
from .kinship import Kin
from .modules import module_name
from .names import Names
from .nouns import Key


class Registry:
    """Every mapped class that the surveys show, and those that strings name in files without a word of ours."""

    def __init__(self, names: Names, kin: Kin) -> None:
        self._names = names
        self._kin = kin
        self._paths = frozenset(names.project.paths)
        self._modules: dict[str, str] = {}

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """All mapped classes, by path and line."""
        return tuple(key for keys in self._by_name.values() for key in keys)

    @cached_property
    def _by_name(self) -> dict[str, list[Key]]:
        found: defaultdict[str, list[Key]] = defaultdict(list)
        surveyed = sorted(self._names.project.surveys)
        for path in (*surveyed, *self._mentioned(surveyed)):
            for row in self._names.rows(path).classes:
                key = Key(path, row.qualname)
                if self._kin.is_mapped(key) and key not in found[row.name]:
                    found[row.name].append(key)
        return dict(found)

    def _mentioned(self, surveyed: Iterable[str]) -> tuple[str, ...]:
        """Return the files that define a class which a model names in a string, and no surveyed file defines."""
        known, named = set[str](), set[str]()
        for path in surveyed:
            for row in self._names.rows(path).classes:
                known.add(row.name)
                for member in row.members:
                    named.update(_named(member))
        missing = sorted(name for name in named - known if name.isidentifier() and name[:1].isupper())
        if not missing:
            return ()
        files = self._names.project.mentioning(*(f"class {name}(" for name in missing))
        found = tuple(
            sorted(path for path in files if path.endswith(".py") and path not in self._names.project.surveys)
        )
        self._names.project.survey_all(found)
        return found

    def qualified(self, key: Key) -> str:
        """Return a class's name with that of its module."""
        if key.path not in self._modules:
            self._modules[key.path] = module_name(key.path, self._paths)
        return f"{self._modules[key.path]}.{key.qualname}"

    def candidates(self, text: str, registry: str, path: str) -> list[Key]:
        """Return the mapped classes that a string may name: of one name, and with the end of a module's name before it.

        As the registry has it, but for classes that are never imported together: those of the same file go first, and
        classes of the tests are seen by tests alone.
        """
        module, _, last = text.rpartition(".")
        found = [key for key in self._by_name.get(last, ()) if self._is_below(key, module)]
        found = [key for key in found if self._kin.of(key).registry in (registry, "") or not registry] or []
        own = [key for key in found if key.path == path]
        if own or is_test(path):
            return own or found
        return [key for key in found if not is_test(key.path)] or found

    def _is_below(self, key: Key, module: str) -> bool:
        return not module or f".{self._dotted_path(key)}".endswith(f".{module}")

    def _dotted_path(self, key: Key) -> str:
        owner = f".{key.scope}" if key.scope else ""
        return key.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") + owner


def is_test(path: str) -> bool:
    """Tell whether a file belongs to the tests, by its place."""
    parts = path.split("/")
    return any(part in ("tests", "test") for part in parts[:-1]) or parts[-1].startswith(("test_", "conftest."))


def _named(member: Member) -> Iterator[str]:
    """Yield the class names in the strings of a relationship."""
    value = member.value
    if value is not None and value.callee.rpartition(".")[2] in ("relationship", "Relationship", "relation"):
        yield string(argument_of(value)).rpartition(".")[2]
        yield from (leaf.name.rpartition(".")[2] for leaf in shape_of(member.annotation).leaves)


def argument_of(value: Value) -> str:
    """Return the text of what a relationship leads to."""
    return value.args[0] if value.args else value.named.get("argument", "")
