"""A whole plan, remembered as long as nothing that it depended on is different: it is not decided again.

What was asked is a hash: of the run's own settings, and of whatever runs. What the answer depended on is a witness's
testimony. Where either is different, or in doubt, the answer is made anew.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from greenmod.description import CodemodSpec
from greenmod.facts.cache import Cache, cache_key
from greenmod.facts.evidence.observation import Evidence
from greenmod.facts.witness import Saw, Witness, nobody, still_true
from greenmod.model import Baseline, Change, ChangeSet, Edit, ImportNeed, Problem, Safety, Skip
from greenmod.registry import stamp

if TYPE_CHECKING:
    from greenmod.session import Candidates, Run

_PACKAGE = Path(__file__).resolve().parents[1]
# What says where libraries are looked for.
_VARIABLES = ("VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV")


class Memory:
    """The plan of one run, from the run before."""

    def __init__(self, run: Run, candidates: Candidates, cache: Cache, evidence: Evidence) -> None:
        self._run = run
        self._cache = cache
        self._question = _question(run, candidates, evidence) if _is_worth_it(run) else b""
        # One entry for each kind of run: what is different makes it forget, so that it stays small.
        names = (spec.name for spec in run.selection.specs)
        kind = f"{run.is_partial} {bool(evidence.observations)}"
        self._key = cache_key("plan", os.fsencode(run.root), kind, *names)

    def recall(self) -> ChangeSet | None:
        """Return the plan, if all is as it was then."""
        data = self._cache.get(self._key) if self._question else None
        try:
            question, testimony, plan = _unpacked(data) if data else (b"", b"", b"")
            renewed = still_true(self._run.root, testimony) if question and question == self._question else None
            found = _read(json.loads(plan)) if renewed else None
        except (ValueError, TypeError, KeyError):
            return None  # written by another build of the same version
        if renewed and renewed != testimony:
            self._cache.put({self._key: _packed(question, renewed, plan)})
        return found

    def keep(self, make: Callable[[Saw], ChangeSet]) -> ChangeSet:
        """Return the plan that `make` makes, and remember it unless it may turn out otherwise next time."""
        if not self._question:
            return make(nobody)
        witness = Witness(self._run.root)
        witness.saw_all(self._run.files.all)
        witness.saw_all(self._run.files.chosen)
        plan = make(witness.saw)
        if _is_settled(plan) and witness.holds():
            data = json.dumps(plan, separators=(",", ":"), default=_fields).encode()
            self._cache.put({self._key: _packed(self._question, witness.testimony(), data)})
        return plan


def _is_worth_it(run: Run) -> bool:
    """Tell whether a codemod decides over the repository; the code of a library's can't be told from that of before."""
    specs = run.selection.specs
    return run.request.use_cache and any(spec.has_decide for spec in specs) and not any(s.is_library for s in specs)


def _is_settled(plan: ChangeSet) -> bool:
    """Tell whether a plan can be written down, and no codemod failed: that may be for reasons of the moment."""
    return not any(change.files for change in plan.changes) and all(one.kind != "codemod" for one in plan.problems)


def _question(run: Run, candidates: Candidates, evidence: Evidence) -> bytes:
    """Return a hash of all that a plan follows from, but for what the witness saw."""
    files, python = run.files, run.request.python
    asked = (
        replace(run.request, paths=(), jobs=None, python=None, evidence=()),
        (run.config, run.selection.options, evidence),
        (files.scope, files.all, files.chosen, sorted(candidates.items()), _links(run)),
        (python and (os.path.abspath(python), os.environ.get("PATH")), [os.environ.get(name) for name in _VARIABLES]),
        (sys.version, sys.prefix, sys.base_prefix),
    )
    state = sha256(repr(asked).encode("utf-8", "surrogatepass"))
    for part in (*_of_codemods(run.selection.specs), *_of_greenmod()):
        state.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return state.digest()


def _links(run: Run) -> list[str]:
    """Return where the folders of files lead that are links."""
    folders: set[str] = set()
    for folder in {path.rpartition("/")[0] for path in (*run.files.all, *run.files.chosen)}:
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    base = f"{run.root}{os.sep}"
    return [os.path.realpath(base + folder) for folder in sorted(folders) if os.path.islink(base + folder)]


def _of_codemods(specs: tuple[CodemodSpec, ...]) -> Iterator[str]:
    """Yield what is different when a codemod is, or a file beside it: a project's may import each other."""
    for spec in specs:
        yield f"{spec!r} {stamp(spec)}"
        if spec.origin != "built-in":
            file = Path(spec.file)
            folder = file.parents[1] if file.name == "__init__.py" else file.parent
            yield from (f"{path} {sha256(path.read_bytes()).hexdigest()}" for path in sorted(folder.glob("*.py")))


def _of_greenmod() -> Iterator[str]:
    """Yield what is different when greenmod is, or a library that it works with."""
    for folder, folders, names in os.walk(_PACKAGE):
        folders.sort()
        for name in sorted(names):
            if name.endswith((".py", ".json")):
                status = os.stat(os.path.join(folder, name))
                yield f"{folder} {name} {status.st_size} {status.st_mtime_ns}"
    for place in filter(os.path.isdir, sys.path):
        if place.endswith("-packages"):
            yield f"{place} {os.stat(place).st_mtime_ns}"


def _packed(question: bytes, testimony: bytes, plan: bytes) -> bytes:
    return b"%d %d\n" % (len(question), len(testimony)) + question + testimony + plan


def _unpacked(data: bytes) -> tuple[bytes, bytes, bytes]:
    head, _, body = data.partition(b"\n")
    first, second = map(int, head.split())
    return body[:first], body[first : first + second], body[first + second :]


def _fields(record: Any) -> dict[str, object]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _read(data: Any) -> ChangeSet:
    """Read a plan after a trip through JSON."""
    return ChangeSet(
        {path: Baseline(**row) for path, row in data["baselines"].items()},
        tuple(map(_change, data["changes"])),
        tuple(Skip(**row) for row in data["skips"]),
        tuple(Problem(**row) for row in data["problems"]),
    )


def _change(row: Any) -> Change:
    edits = tuple(Edit(**edit) for edit in row["edits"])
    imports = tuple(ImportNeed(**need) for need in row["imports"])
    values = {**row, "safety": Safety(row["safety"]), "edits": edits, "imports": imports, "files": ()}
    return Change(**{**values, "requires": tuple(row["requires"])})
