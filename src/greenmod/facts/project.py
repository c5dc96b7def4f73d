"""Questions over the facts of a whole repository, answered from as few files as they need.

A file is parsed when an answer asks for it, and no sooner: facts of everything would cost more than all the rest.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from greenmod.errors import FileError
from greenmod.facts.cache import Cache
from greenmod.facts.evidence.observation import NO_EVIDENCE, Evidence
from greenmod.facts.record import DEFINED, MODULE, ClassFact, FileFacts
from greenmod.facts.requirements import Requirement, find_requirement
from greenmod.facts.witness import Saw, nobody
from greenmod.source import load, plain_newlines

if TYPE_CHECKING:
    from greenmod.facts.objects.declarations import Declarations
    from greenmod.facts.objects.objects import Objects

_DEPTH = 20  # re-exports followed before a chain is given up


@dataclass(frozen=True, slots=True, order=True)
class Definition:
    """A class or function of this repository."""

    path: str
    qualname: str


@dataclass(frozen=True, slots=True, order=True)
class External:
    """A name that leads out of this repository: `pydantic.BaseModel`."""

    name: str


@dataclass(frozen=True, slots=True, order=True)
class Unknown:
    """A name that could not be followed, and why, in a few words."""

    name: str
    reason: str


Target = Definition | External | Unknown


@dataclass(frozen=True, slots=True)
class Environment:
    """Where libraries are found: `python` is the project's interpreter, if one was named. `cache` remembers them.

    `saw` is told each file and folder that an answer depends on, before it is looked at. `declared` gives the
    declarations of a file of the repository, as data, where they are known already.
    """

    python: Path | None = None
    cache: Cache | None = None
    saw: Saw = nobody
    declared: Callable[[str], object] = lambda path: None


class Project:
    """A repository as codemods see it in `decide`.

    `surveys` holds what the codemod's own `survey` returned for each of its candidate files. `evidence` is what is
    known of failing tests: nothing unless the codemod `wants_evidence`, and only what is true of the files as they are.
    """

    def __init__(
        self,
        root: Path,
        paths: Sequence[str],
        surveys: Mapping[str, object],
        facts: Callable[[str], FileFacts | None],
        search: Callable[[Sequence[str]], Mapping[str, frozenset[str]]],
        survey: Callable[[Sequence[str]], Mapping[str, object]] = lambda paths: {},
        environment: Environment | None = None,
        evidence: Evidence = NO_EVIDENCE,
    ) -> None:
        self.root = root
        self.paths = tuple(paths)
        self.surveys = surveys
        self.evidence = evidence
        self._facts = facts
        self._search = search
        self._survey = survey
        self._environment = environment or Environment()
        self.saw = self._environment.saw
        self._opened: list[Objects] = []
        self._surveyed: dict[str, object] = {}
        self._texts: dict[str, str | None] = {}
        self._found: dict[tuple[str, str], str | None] = {}
        self._requirements: dict[tuple[str, str], Requirement | None] = {}

    def facts(self, path: str) -> FileFacts | None:
        """Return a file's facts; None where it can't be read or parsed."""
        return self._facts(path)

    def survey(self, path: str) -> object:
        """Return what the codemod's own `survey` finds in any file, candidate or not (see `mentioning`)."""
        return self.survey_all((path,))[path]

    def survey_all(self, paths: Iterable[str]) -> Mapping[str, object]:
        """Return what `survey` does, for many files at once: on several processes where that is worth it."""
        wanted = tuple(dict.fromkeys(paths))
        if new := [path for path in wanted if path not in self.surveys and path not in self._surveyed]:
            self._surveyed |= {**dict.fromkeys(new), **self._survey(new)}
        return {path: self.surveys[path] if path in self.surveys else self._surveyed[path] for path in wanted}

    def read(self, path: str) -> str | None:
        """Return the text of any file of the repository, its lines ended by `\\n`; for settings such as `pytest.ini`.

        None where there is no such file, where it can't be decoded, and where a link leads out of the repository.
        """
        if path not in self._texts:
            self._texts[path] = self._read(path)
        return self._texts[path]

    def _read(self, path: str) -> str | None:
        self.saw(self.root / path)
        if not os.path.exists(self.root / path):
            return None
        if not Path(os.path.realpath(self.root / path)).is_relative_to(os.path.realpath(self.root)):
            return None
        try:
            return plain_newlines(load(self.root, path).text)
        except (FileNotFoundError, FileError):
            return None

    def mentioning(self, *words: str) -> Mapping[str, frozenset[str]]:
        """Return the files whose bytes hold any of `words`, each with the words it holds."""
        return self._search(words)

    def objects(self, declarations: Callable[[str], Declarations | None] | None = None) -> Objects:
        """Return what answers "what is this name, and what does calling it give?" over repository and libraries.

        `declarations` are those of the repository's files, where they are known already; else each file is read and
        declared when an answer needs it, and remembered by its content.
        """
        from greenmod.facts.objects.opening import open_objects

        opened = open_objects(self, self._environment, declarations)
        self._opened.append(opened)
        return opened

    def remember(self) -> None:
        """Write to the cache what was read of files and libraries; nothing is asked any more."""
        while self._opened:  # they know the project: it takes the collector to free what refers to each other
            self._opened.pop().remember()

    def requirement(self, path: str, package: str) -> Requirement | None:
        """Return what the project around `path` declares about `package`, in the nearest folder that says anything."""
        return self._required(path.rpartition("/")[0], package)

    def _required(self, folder: str, package: str) -> Requirement | None:
        """Ask a folder, then those above it; each once."""
        if (folder, package) not in self._requirements:
            found = find_requirement(self.root, folder, package, self.saw)
            if found is None and folder:
                found = self._required(folder.rpartition("/")[0], package)
            self._requirements[folder, package] = found
        return self._requirements[folder, package]

    def resolve(self, path: str, dotted: str, scope: str = MODULE) -> frozenset[Target]:
        """Follow `dotted`, used in `scope` of `path`, through imports and re-exports to what it stands for."""
        facts = self.facts(path)
        if facts is None:
            return frozenset({Unknown(dotted, f"{path} can't be parsed")})
        names = facts.qualified_names(dotted, scope)
        if not names:
            return self._through_stars(facts, dotted, scope)
        return frozenset().union(*(self._follow(path, name, 0) for name in names))

    def find_class(self, definition: Definition) -> ClassFact | None:
        return next(iter(self.find_classes(definition)), None)

    def find_classes(self, definition: Definition) -> tuple[ClassFact, ...]:
        """Return the class statements of one qualified name: several in the branches of an `if`, say."""
        facts = self.facts(definition.path)
        return tuple(fact for fact in facts.classes if fact.qualname == definition.qualname) if facts else ()

    def bases(self, definition: Definition, fact: ClassFact | None = None) -> tuple[frozenset[Target], ...]:
        """Return, for each base of a class as written, what it may stand for; of one statement, if it is given."""
        return tuple(
            self.resolve(definition.path, base, each.scope)
            if base
            else frozenset({Unknown("", "a base that is an expression")})
            for each in ((fact,) if fact else self.find_classes(definition))
            for base in each.bases
        )

    def ancestors(self, definition: Definition) -> frozenset[Target]:
        """Return everything a class derives from, at any depth, itself left out."""
        seen: set[Target] = set()
        waiting: list[Definition] = [definition]
        while waiting:
            for target in frozenset().union(*self.bases(waiting.pop())):
                if target not in seen:
                    seen.add(target)
                    if isinstance(target, Definition):
                        waiting.append(target)
        return frozenset(seen)

    def module_path(self, module: str, importer: str) -> str | None:
        """Return the file that `module`, as imported in `importer`, stands for; None for one of another repository."""
        key = module, importer
        if key not in self._found:
            find = self._relative_module if module.startswith(".") else self._absolute_module
            self._found[key] = find(module, importer)
        return self._found[key]

    def _absolute_module(self, module: str, importer: str) -> str | None:
        tail = module.replace(".", "/")
        ends = (f"/{tail}.py", f"/{tail}/__init__.py")
        found = [path for path in self._modules.get(tail.rpartition("/")[2], ()) if f"/{path}".endswith(ends)]
        roots = {
            path: path.removesuffix(".py").removesuffix("/__init__").removesuffix(tail).rstrip("/") for path in found
        }
        reachable = [path for path, root in roots.items() if self._is_import_root(root)]
        near = [path for path in reachable if _is_near(roots[path], importer)]
        if not near and self._is_foreign(module.partition(".")[0], importer):
            return None
        return max(near or reachable, key=lambda path: (_shared_prefix(path, importer), -len(path)), default=None)

    @cached_property
    def _modules(self) -> Mapping[str, list[str]]:
        """Every path under the last name of its module: `b` leads to `a/b.py` and `a/b/__init__.py`."""
        index: dict[str, list[str]] = {}
        for path in self.paths:
            name = path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
            index.setdefault(name, []).append(path)
        return index

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.paths)

    def _is_import_root(self, folder: str) -> bool:
        """Tell whether `folder` could be on the import path: it is no package itself."""
        return f"{folder}/__init__.py".lstrip("/") not in self._known or not folder

    def _is_foreign(self, name: str, importer: str) -> bool:
        """Tell whether a name that a far folder of the repository has, too, belongs to Python or to a requirement."""
        return name in sys.stdlib_module_names or self.requirement(importer, name) is not None

    def _relative_module(self, module: str, importer: str) -> str | None:
        level = len(module) - len(module.lstrip("."))
        folder = importer.rpartition("/")[0]
        for _ in range(level - 1):
            folder = folder.rpartition("/")[0]
        rest = module[level:].replace(".", "/")
        stem = "/".join(part for part in (folder, rest) if part)
        candidates = (
            (f"{stem}.py", f"{stem}/__init__.py") if rest else (f"{stem}/__init__.py" if stem else "__init__.py",)
        )
        return next((path for path in candidates if path in self._known), None)

    def _through_stars(self, facts: FileFacts, dotted: str, scope: str, depth: int = 0) -> frozenset[Target]:
        """Look for a name in the modules that `facts` imports everything from, and in those that they do."""
        first = dotted.partition(".")[0]
        if facts.bindings(first, scope):
            return frozenset({Unknown(dotted, f"`{first}` is also bound by something other than an import")})
        waiting = [(facts.path, star) for star in facts.star_imports]
        seen = {facts.path}
        while waiting:
            importer, star = waiting.pop(0)
            module = self.module_path(star, importer)
            if module is None:
                return frozenset({Unknown(dotted, f"it may come from `from {star} import *`")})
            if module in seen or (there := self.facts(module)) is None:
                continue
            seen.add(module)
            names = there.qualified_names(dotted)
            found: frozenset[Target] = frozenset().union(*(self._follow(module, name, depth + 1) for name in names))
            if not all(isinstance(target, Unknown) for target in found):
                return found
            if not there.bindings(first):
                waiting = [*((module, inner) for inner in there.star_imports), *waiting]
        return frozenset({Unknown(dotted, f"`{first}` is not bound in {facts.path}")})

    def _follow(self, path: str, name: str, depth: int) -> frozenset[Target]:
        """Follow one qualified name, as seen from `path`."""
        if name.startswith(DEFINED):
            return frozenset({Definition(path, name[1:])})
        if depth > _DEPTH:
            return frozenset({Unknown(name, "its re-exports go in a circle")})
        for module, rest in _splits(name):
            target = self.module_path(module, path)
            if target is not None and target != path:
                return self._follow_in(target, rest, depth + 1) if rest else frozenset({Definition(target, MODULE)})
        if name.startswith("."):
            return frozenset({Unknown(name, "its module is not in the repository")})
        return frozenset({External(name)})

    def _follow_in(self, path: str, dotted: str, depth: int) -> frozenset[Target]:
        """Follow `dotted` as an attribute of the module at `path`."""
        facts = self.facts(path)
        names = facts.qualified_names(dotted) if facts else frozenset()
        if names:
            return frozenset().union(*(self._follow(path, name, depth) for name in names))
        if facts and facts.star_imports and depth < _DEPTH and not facts.bindings(dotted.partition(".")[0]):
            return self._through_stars(facts, dotted, MODULE, depth + 1)
        return frozenset({Unknown(dotted, f"{path} doesn't say what it is")})


def _splits(name: str) -> Iterator[tuple[str, str]]:
    """Yield `(module, rest)` for each way to read a dotted name, the longest module first."""
    level = len(name) - len(name.lstrip("."))
    dots, parts = name[:level], name[level:].split(".")
    for cut in range(len(parts), -1 if dots else 0, -1):
        yield dots + ".".join(parts[:cut]), ".".join(parts[cut:])


def _is_near(root: str, importer: str) -> bool:
    """Tell whether `root` is on the import path of its neighbours: a folder around `importer`, or `src` in one."""
    around = root.rpartition("/")[0]
    return not around or f"{importer}/".startswith((f"{root}/", f"{around}/"))


def _shared_prefix(one: str, other: str) -> int:
    count = 0
    for a, b in zip(one.split("/"), other.split("/"), strict=False):
        if a != b:
            break
        count += 1
    return count
