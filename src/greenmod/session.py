"""One run, from discover to the ChangeSet; the only place that knows the order of things.

The first half (`start`, `find_candidates`) imports nothing heavy: most runs end there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from greenmod import config as configuration
from greenmod.discover import Files, resolve_paths
from greenmod.errors import UsageError
from greenmod.facts.cache import Cache, cache_file
from greenmod.facts.evidence.observation import NO_EVIDENCE, Evidence, merged
from greenmod.facts.listing import list_cached
from greenmod.facts.scan import scan_cached
from greenmod.model import ChangeSet
from greenmod.prefilter import Gate, scan
from greenmod.registry import Selection, choose

if TYPE_CHECKING:
    from greenmod.planning.pool import Progress

Candidates = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for. `jobs` of None means: as many processes as the work is worth.

    Without `reach`, given files are looked at only if they hold what a codemod looks for, as a hook wants it. `python`
    is the project's interpreter: codemods read libraries where it has them. `evidence` are reports of failing tests.
    """

    paths: tuple[Path, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    unsafe: bool = False
    options: tuple[str, ...] = ()
    jobs: int | None = None
    use_cache: bool = True
    gated: bool = True
    reach: bool = True
    python: Path | None = None
    evidence: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A run whose questions are settled: where, which codemods, which files."""

    request: Request
    config: configuration.Config
    selection: Selection
    files: Files
    gate: Gate
    is_partial: bool

    @property
    def root(self) -> Path:
        return self.config.root


def start(request: Request, config: configuration.Config | None = None) -> Run:
    """Find the root, its configuration (unless it is given), the codemods and the files. Raises UsageError."""
    paths = request.paths or (Path.cwd(),)
    for path in paths:
        _check_exists(path)
    config = config or configuration.load(configuration.find_root(Path(os.path.abspath(paths[0]))))
    root = config.root
    selection = choose(config, request.select, request.ignore, request.unsafe, request.options)
    scope = resolve_paths(root, paths)
    files = Files(root, scope, (*config.exclude, *_own(config)), partial(_list, request.use_cache))
    gate = Gate(
        {spec.name: spec.triggers if request.gated else () for spec in selection.specs},
        {spec.name: spec.pattern for spec in selection.specs if request.gated},
    )
    return Run(request, config, selection, files, gate, is_partial="." not in scope)


def _own(config: configuration.Config) -> tuple[str, ...]:
    """Return patterns for the project's codemods and their cases: what they speak of is not for them to rewrite."""
    if not config.codemods:
        return ()
    return (*(f"/{entry}" for entry in config.codemods), f"/{config.fixtures}/*/*/")


def _check_exists(path: Path) -> None:
    try:
        path.stat()
    except FileNotFoundError as error:
        remedy = "Check the path; it is taken from the current folder."
        raise UsageError(f"{path}: no such file or folder", remedy) from error
    except OSError as error:
        raise UsageError(
            f"{path}: can't be reached: {error.strerror}", "Check the path and its permissions."
        ) from error


def find_candidates(run: Run) -> Candidates:
    """Return the files that some codemod must look at, with the codemods' names; empty where there is nothing to do."""
    chosen = run.files.chosen
    needs_all = any(spec.has_decide for spec in run.selection.specs)
    if run.is_partial and not any(True for _ in scan(run.root, chosen, run.gate)) and not _is_reached(run):
        return {}
    with open_cache(run) as cache:
        needed = sorted({*run.files.all, *chosen}) if needs_all and run.is_partial else chosen
        return scan_cached(run.root, needed, run.gate, cache)


def _is_reached(run: Run) -> bool:
    """Tell whether a decision over the repository may concern given files that hold no trigger themselves."""
    reaches = {spec.name: spec.reaches for spec in run.selection.specs if spec.reaches and run.request.reach}
    return bool(reaches) and any(True for _ in scan(run.root, run.files.chosen, Gate(reaches)))


def given_evidence(run: Run, tell: Callable[[str], None]) -> Evidence:
    """Return what the request's reports say of the files as they are, and tell what is left out. Raises UsageError."""
    if not run.request.evidence:
        return NO_EVIDENCE
    from greenmod.facts.evidence.given import read_evidence

    found: list[Evidence] = []
    for file in run.request.evidence:
        evidence, stale = read_evidence(file, run.root, run.files.all)
        found.append(evidence)
        for one in stale:
            said = f"{one.observations} observation{'' if one.observations == 1 else 's'}"
            tell(f"{file}: {said} left out: {one.path} is not what it was then")
    return merged(*found)


def wants_evidence(run: Run, candidates: Candidates) -> bool:
    """Tell whether a codemod that may find something to change decides by what failing tests say."""
    wanting = {spec.name for spec in run.selection.specs if spec.wants_evidence}
    return bool(wanting) and any(wanting.intersection(candidates.get(path, ())) for path in run.files.chosen)


def plan(
    run: Run, candidates: Candidates, progress: Progress | None = None, evidence: Evidence = NO_EVIDENCE
) -> ChangeSet:
    """Survey, decide and propose over the candidates."""
    if not candidates:
        return ChangeSet()
    from greenmod.planning.memory import Memory

    with open_cache(run) as cache:
        memory = Memory(run, candidates, cache, evidence)
        known = memory.recall()
        if known is not None:
            return known
        from greenmod.planning.plan import plan_changes

        return memory.keep(lambda saw: plan_changes(run, candidates, cache, progress, evidence, saw))


def open_cache(run: Run) -> Cache:
    return Cache(cache_file() if run.request.use_cache else None)


def make_plan(request: Request, config: configuration.Config | None = None) -> tuple[Run, ChangeSet]:
    """Do all of the above."""
    run = start(request, config)
    return run, plan(run, find_candidates(run))


def _list(use_cache: bool, root: Path) -> Sequence[str] | None:
    with Cache(cache_file() if use_cache else None) as cache:
        return list_cached(root, cache)
