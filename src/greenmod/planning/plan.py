"""Survey, decide, propose: from candidate files to a ChangeSet.

Results don't depend on how many processes worked, nor on what the cache remembered.
"""

from __future__ import annotations

import io
import pickle
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from greenmod.api import Decision, FilePlan
from greenmod.description import CodemodSpec
from greenmod.discover import is_inside, link_target
from greenmod.engine.problems import codemod_problem
from greenmod.engine.propose import propose
from greenmod.engine.survey import survey_file
from greenmod.engine.work import Found, Task, TextWork, Work
from greenmod.errors import CodemodError
from greenmod.facts.cache import Cache
from greenmod.facts.evidence.observation import NO_EVIDENCE, Evidence
from greenmod.facts.project import Environment, Project
from greenmod.facts.record import FileFacts
from greenmod.facts.witness import Saw, nobody
from greenmod.model import ChangeSet, Problem, Skip
from greenmod.planning.assemble import Scope, assemble
from greenmod.planning.pool import Progress, spread, without_collector
from greenmod.planning.surveys import survey_all
from greenmod.prefilter import search
from greenmod.registry import MODULES, load

if TYPE_CHECKING:
    from greenmod.session import Candidates, Run

_SHARE = 400_000  # bytes that LibCST gets through in about half a second


@without_collector()
def plan_changes(
    run: Run,
    candidates: Candidates,
    cache: Cache,
    progress: Progress | None,
    evidence: Evidence = NO_EVIDENCE,
    saw: Saw = nobody,
) -> ChangeSet:
    """Return everything the run's codemods would change in its chosen files; `evidence` goes to those that want it.

    `saw` is told of each file that this depends on, beside the listed ones.
    """
    links, candidates = _without_links(run, candidates)
    specs = run.selection.specs
    if progress is not None:
        progress.begin("surveying", len(candidates))
    found = survey_all(
        run.root, candidates, [spec for spec in specs if spec.has_survey], cache, run.request.jobs, progress
    )
    planned = _Planned(run, candidates, found, Environment(run.request.python, cache, saw), evidence)
    for spec in specs:
        planned.add(spec)
    tasks, scope = planned.tasks(), Scope(planned.scope, tuple(spec.name for spec in specs))
    if progress is not None:
        progress.begin("rewriting", len(tasks))
    sizes = [_size(run.root / task.path) for task in tasks]
    proposals = spread(partial(propose, run.root), tasks, sizes, _SHARE, run.request.jobs, progress)
    problems = (problem for path, file in found.items() if path in planned.chosen for problem in file.problems)
    return assemble(
        list(proposals),
        scope,
        skips=(*links, *planned.skips),
        problems=(*problems, *planned.problems),
    )


def _without_links(run: Run, candidates: Candidates) -> tuple[list[Skip], dict[str, tuple[str, ...]]]:
    """Set links aside: what they lead to is changed under its own name, or is not the repository's."""
    skips: list[Skip] = []
    real: dict[str, tuple[str, ...]] = {}
    chosen = frozenset(run.files.chosen)
    for path, names in candidates.items():
        target = link_target(run.root, path)
        if target is None:
            real[path] = names
        elif path in chosen:
            skips += (Skip(name, path, 1, "link", f"the path leads through a link to {target}") for name in names)
    return skips, real


def _size(path: Path) -> int:
    """Return a file's size; 0 where that can't be said, which its proposal will report."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


class _Worker(pickle.Unpickler):
    """Reads what a worker is sent as a new one has to: it has imported no codemod yet."""

    def find_class(self, module_name: str, global_name: str) -> object:
        if module_name.startswith(MODULES):
            raise CodemodError(
                f"`decide` plans with objects of a class of its own, {global_name}",
                "Give FilePlan plain data: strings, numbers, and tuples, lists and dictionaries of them.",
            )
        found: object = super().find_class(module_name, global_name)
        return found


class _Planned:
    """What each codemod is to do in each file, gathered codemod by codemod."""

    def __init__(
        self,
        run: Run,
        candidates: Mapping[str, tuple[str, ...]],
        found: Mapping[str, Found],
        environment: Environment,
        evidence: Evidence,
    ) -> None:
        self._run = run
        self._evidence = evidence
        self._candidates = candidates
        self._found = found
        self._facts: dict[str, FileFacts | None] = {path: file.facts for path, file in found.items()}
        self._declared = {path: file.declared for path, file in found.items()}
        self._environment = replace(environment, declared=self._declared.get)
        self._works: dict[str, list[Work]] = defaultdict(list)
        self._texts: dict[str, list[TextWork]] = defaultdict(list)
        self.chosen = frozenset(run.files.chosen)
        self.skips: list[Skip] = []
        self.problems: list[Problem] = []

    def add(self, spec: CodemodSpec) -> None:
        """Find out where `spec` has work, by its decision, else its survey, else its triggers."""
        if spec.has_decide:
            plans = self._decided(spec)
        elif spec.has_survey:
            plans = {path: FilePlan(lines, data) for path, (lines, data) in self._surveys(spec).items() if lines}
        else:
            plans = {path: FilePlan() for path, names in self._candidates.items() if spec.name in names}
        for path, plan in plans.items():
            if path in self.chosen or self.chosen.intersection(plan.together):
                options = self._run.selection.options.get(spec.name, {})
                self._works[path].append(Work(spec, options, plan.lines, plan.data, plan.groups, plan.innermost))

    def tasks(self) -> list[Task]:
        return [
            Task(path, tuple(self._works.get(path, ())), self._facts.get(path), tuple(self._texts.get(path, ())))
            for path in sorted({*self._works, *self._texts})
        ]

    @property
    def scope(self) -> frozenset[str]:
        """The files that may change: those of Python, and of others those that are to be changed."""
        return self.chosen.union(filter(self._run.files.covers, self._texts))

    def _surveys(self, spec: CodemodSpec) -> dict[str, tuple[tuple[int, ...], object]]:
        return {path: file.surveys[spec.name] for path, file in self._found.items() if spec.name in file.surveys}

    def _decided(self, spec: CodemodSpec) -> Mapping[str, FilePlan]:
        surveys = {path: data for path, (_, data) in self._surveys(spec).items()}
        more = partial(self._survey_more, spec)
        evidence = self._evidence if spec.wants_evidence else NO_EVIDENCE
        files = self._run.files.all
        project = Project(
            self._run.root, files, surveys, self._facts_of, self._search, more, self._environment, evidence
        )
        try:
            decision = load(spec).decide(project, self._run.selection.options.get(spec.name, {}))
            self._check(decision)
        except (Exception, SystemExit) as error:  # the border: a codemod may fail in any way; only its own work is lost
            self.problems.append(codemod_problem("pyproject.toml", spec.name, error))
            return {}
        project.remember()
        self._leave(spec, decision)
        for text in decision.texts:
            self._environment.saw(self._run.root / text.path)
            self._texts[text.path].append(TextWork(spec.name, spec.safety, text))
        return decision.files

    def _check(self, decision: object) -> None:
        """Raise CodemodError for a decision that can't be carried out; what can't be pickled raises as it does."""
        if not isinstance(decision, Decision) or not all(isinstance(p, FilePlan) for p in decision.files.values()):
            raise CodemodError(f"`decide` returned {decision!r}", "Return a Decision, with a FilePlan for each file.")
        if beyond := sorted(decision.files.keys() - {*self._run.files.all, *self.chosen}):
            raise CodemodError(f"`decide` plans for {beyond[0]}, which is none of the project's Python files")
        if astray := sorted(text.path for text in decision.texts if not is_inside(text.path)):
            raise CodemodError(f"`decide` has a text for {astray[0]!r}, which is no path inside the repository")
        _Worker(io.BytesIO(pickle.dumps(decision))).load()

    def _leave(self, spec: CodemodSpec, decision: Decision) -> None:
        self.skips += (
            Skip(spec.name, site.path, site.line, site.rule, site.reason)
            for site in decision.skips
            if self._run.files.covers(site.path)
        )

    def _survey_more(self, spec: CodemodSpec, paths: Sequence[str]) -> dict[str, object]:
        """Survey files that the prefilter did not let through, because a decision asks for them."""
        new = {path: (spec.name,) for path in paths if spec.name not in self._candidates.get(path, ())}
        for path in new:
            self._environment.saw(self._run.root / path)
        cache = self._environment.cache or Cache(None)
        found = survey_all(self._run.root, new, (spec,), cache, self._run.request.jobs, None)
        for path, file in found.items():
            self._facts.setdefault(path, file.facts)
            self._declared.setdefault(path, file.declared)
            if path in self.chosen:
                self.problems += (problem for problem in file.problems if problem.kind == "codemod")
        return {path: file.surveys[spec.name][1] for path, file in found.items() if spec.name in file.surveys}

    def _facts_of(self, path: str) -> FileFacts | None:
        if path not in self._facts:
            self._environment.saw(self._run.root / path)
            found = survey_file(self._run.root, (), path)
            self._facts[path] = found.facts if found else None
        return self._facts[path]

    def _search(self, words: Sequence[str]) -> dict[str, frozenset[str]]:
        return dict(search(self._run.root, self._run.files.all, words)) if words else {}
