"""Compare the graph of models that `add-selectinload` reads with the mappers of the running application.

    python benchmarks/models.py CHECKOUT INTERPRETER [MODULE ...]

The interpreter imports the MODULEs in the checkout (else those that hold mapped classes), configures the mappers and
says what each relationship is; greenmod reads the files. Every disagreement is printed, and the agreement counted.
Importing runs the application's code: use a copy.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from greenmod.api import SurveyedFile
from greenmod.discover import list_by_git
from greenmod.errors import FileError
from greenmod.facts.project import Environment, Project
from greenmod.facts.record import FileFacts
from greenmod.facts.survey import parse, survey
from greenmod.prefilter import Gate
from greenmod.registry import built_in_folder
from greenmod.source import load

# Runs in the other interpreter.
_PROBE = """
import importlib, json, sys, warnings
warnings.simplefilter("ignore")
failed = {}
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except BaseException as error:
        failed[name] = f"{type(error).__name__}: {error}"[:200]
from sqlalchemy import inspect
from sqlalchemy.orm import configure_mappers
from sqlalchemy.orm import mapperlib
try:
    configure_mappers()
except Exception as error:
    failed["mappers"] = f"{type(error).__name__}: {error}"[:300]
words = {True: "select", False: "joined", None: "noload"}
name = lambda cls: f"{cls.__module__}.{cls.__qualname__}"
found = {}
for registry in mapperlib._all_registries():
    for mapper in registry.mappers:
        try:
            relationships = list(mapper.relationships)
        except Exception as error:
            failed[name(mapper.class_)] = str(error)[-300:]
            continue
        found[name(mapper.class_)] = {
            each.key: [
                name(each.mapper.class_), bool(each.uselist), words.get(each.lazy, each.lazy), bool(each.viewonly),
                name(next(m for m in reversed(list(mapper.iterate_to_root())) if each.key in m.relationships).class_),
            ]
            for each in relationships
        }
print("\\n" + json.dumps([found, failed]))
"""


@dataclass(frozen=True, slots=True)
class Read:
    """A checkout as greenmod reads it, with the seconds that each part took."""

    models: Any
    surveyed: int
    files: int
    seconds: Mapping[str, float]


def main() -> int:
    root, python = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).absolute()
    found = read(root, python)
    modules = sys.argv[3:] or sorted({each.name.rpartition(".")[0] for each in found.models.entities})
    running, failed = _running(root, python, modules)
    for name, reason in failed.items():
        print(f"not imported: {name}: {reason}")
    counts = compare(found.models, running)
    for doubt in found.models.doubts:
        print(f"doubt: {doubt.path}:{doubt.line} {doubt.rule}: {doubt.reason}")
    timing = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in found.seconds.items())
    print(f"{found.files} files, {found.surveyed} surveyed; {timing}")
    print(", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    return 0


def read(root: Path, python: Path | None) -> Read:
    """Read the models of a checkout as a run would, on one process and without a cache."""
    began = time.perf_counter()
    collecting = package("survey.collecting")
    paths = [path for path in list_by_git(root) or _walked(root) if path.endswith(".py")]
    gate = Gate({"models": collecting.WORDS})
    facts: dict[str, FileFacts | None] = {}
    trees: dict[str, tuple[str, ast.Module] | None] = {}

    def tree(path: str) -> tuple[str, ast.Module] | None:
        if path not in trees:
            try:
                source = load(root, path)
                trees[path] = source.text, parse(source)
            except (OSError, SyntaxError, FileError):
                trees[path] = None
        return trees[path]

    def facts_of(path: str) -> FileFacts | None:
        if path not in facts:
            facts[path] = survey(path, found[1]) if (found := tree(path)) else None
        return facts[path]

    def surveyed(wanted: Sequence[str]) -> Mapping[str, object]:
        return {path: collect(path) for path in wanted}

    def collect(path: str) -> object:
        if (found := tree(path)) is None or (fact := facts_of(path)) is None:
            return None
        return collecting.collect(SurveyedFile(path, found[0], found[1], fact)), ()

    def search(words: Sequence[str]) -> Mapping[str, frozenset[str]]:
        held = {
            path: frozenset(word for word in words if word.encode() in (root / path).read_bytes()) for path in paths
        }
        return {path: found for path, found in held.items() if found}

    candidates = [path for path in paths if gate.names((root / path).read_bytes())]
    listed = time.perf_counter()
    for path in candidates:
        facts_of(path)
    parsed = time.perf_counter()
    surveys = {path: data for path in candidates if (data := collect(path)) is not None}
    collected = time.perf_counter()
    project = Project(root, paths, surveys, facts_of, search, surveyed, Environment(python))
    models = package("models.models").Models(project)
    count = len(models.entities)
    answered = time.perf_counter()
    return Read(
        models,
        len(surveys),
        len(paths),
        {
            "listed and read": listed - began,
            "parsed": parsed - listed,
            "surveyed": collected - parsed,
            f"{count} entities": answered - collected,
        },
    )


def package(name: str) -> ModuleType:
    """Import a module of the codemod from wherever the codemods are."""
    whole = "add_selectinload"
    if whole not in sys.modules:
        folder = built_in_folder() / whole
        spec = importlib.util.spec_from_file_location(
            whole, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert spec is not None, "the codemod comes with greenmod"
        assert spec.loader is not None, "and is a package"
        sys.modules[whole] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[whole])
    return importlib.import_module(f"{whole}.{name}")


def compare(models: Any, running: Mapping[str, Mapping[str, list[Any]]]) -> Counter[str]:
    """Print where the two disagree, and count."""
    counts: Counter[str] = Counter()
    for name, relationships in sorted(running.items()):
        entity = models.entity(name)
        counts["mappers"] += 1
        if entity is None:
            reason = models.doubt(name)
            counts["mappers not found"] += 1
            print(f"not found: {name}: {reason.reason if reason else 'not mapped'}")
            continue
        for extra in sorted(set(entity.relationships) - set(relationships)):
            counts["too many"] += 1
            print(f"too many: {name}.{extra}")
        for attribute, (target, several, lazy, viewonly, declared) in sorted(relationships.items()):
            counts["relationships"] += 1
            one = entity.relationships.get(attribute)
            if one is None:
                counts["missing"] += 1
                print(f"missing: {name}.{attribute}")
                continue
            there = models.entity(target)
            facts = {
                "target": (one.target, there.name if there else target),
                "uselist": (one.is_collection, several),
                "lazy": (one.lazy, lazy),
                "viewonly": (one.is_viewonly, viewonly),
                "declared": (one.declared_in, getattr(models.entity(declared), "name", declared)),
            }
            for what, (read_, ran) in facts.items():
                if read_ == ran:
                    counts[f"{what} agree"] += 1
                elif read_ is None:
                    counts[f"{what} open"] += 1
                    print(f"open: {name}.{attribute}: {what} is {ran}")
                else:
                    counts[f"{what} WRONG"] += 1
                    print(f"WRONG: {name}.{attribute}: {what} read {read_}, runs {ran}")
    return counts


def _running(root: Path, python: Path, modules: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
    done = subprocess.run(
        [python, "-c", _PROBE, *modules],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.environ.get("PYTHONPATH", str(root)), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    if done.returncode:
        print(done.stderr[-3000:], file=sys.stderr)
        raise SystemExit(f"the interpreter failed with {done.returncode}")
    found, failed = json.loads(done.stdout.strip().splitlines()[-1])
    return found, failed


def _walked(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py"))


if __name__ == "__main__":
    sys.exit(main())
