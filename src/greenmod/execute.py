"""From a Request, or a diff, to a Report: plan, render, verify where asked, write where asked, in this order."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from greenmod import apply, session
from greenmod import config as configuration
from greenmod.discover import resolve_paths, uncommitted
from greenmod.errors import StaleFileError
from greenmod.facts.cache import cache_file
from greenmod.journal.recovery import recover
from greenmod.model import ChangeSet, Problem
from greenmod.report.report import Report, Task
from greenmod.report.wording import recovered
from greenmod.rounds import Draft, Outcome

if TYPE_CHECKING:
    from greenmod.facts.evidence.loads import LazyLoad
    from greenmod.facts.evidence.observation import Evidence
    from greenmod.journal.target import Write
    from greenmod.patches import Patch
    from greenmod.report.tracing import Trace
    from greenmod.verify import Audience, Suite


@dataclass(frozen=True, slots=True)
class Verifying:
    """How pytest decides; see `greenmod.verify.Suite`. `remembers`: a verification that was stopped goes on."""

    python: Path | None = None
    pytest_args: tuple[str, ...] = ()
    test_timeout: float | None = None
    jobs: int | None = None
    accepts_traffic: bool = False
    requires_proof: bool = False
    remembers: bool = True


@dataclass(frozen=True, slots=True)
class Orders:
    """What is to become of the changes that a run finds. Without `testing` pytest is not asked."""

    write: bool = False
    format: bool = True
    testing: Verifying | None = None


def execute(request: session.Request, orders: Orders, audience: Audience) -> Report:
    """Carry out one run, and tell the audience about long work."""
    began = time.monotonic()
    run = session.start(request)
    for cut_off in recover(run.root):
        audience.tell(recovered(cut_off))
    done = _found(run, orders, audience)
    draft, verification = done.draft, done.verification
    chosen = draft.plan.ids if verification is None else frozenset(verification.kept)
    after = draft.renderer(chosen)
    rendering = apply.Rendering({path: draft.baselines[path] for path in after}, after)
    report = Report(
        plan=draft.plan,
        chosen=chosen,
        rendering=rendering,
        baselines=draft.baselines,
        looked_at=len(run.files.chosen),
        seconds=time.monotonic() - began,
        uncommitted=uncommitted(run.root, tuple(rendering.after)),
        verification=verification,
        evidence=done.evidence,
    )
    return _written(run.root, report, _writes(rendering.before, rendering.after), began) if orders.write else report


def _found(run: session.Run, orders: Orders, audience: Audience) -> Outcome:
    """Plan, and have the plan verified where that is wanted; in rounds where a codemod decides by what tests say."""
    given = session.given_evidence(run, audience.tell)
    planner = _Planner(run, audience, with_format=orders.format)
    savers = tuple(spec.name for spec in run.selection.specs if spec.saves_statements)
    suite = None
    if orders.testing is not None:
        suite = replace(_suite(run.config, orders.testing), explains=True, savers=savers, traces=bool(savers))
    if suite is not None and session.wants_evidence(run, planner.candidates):
        from greenmod.rounds import plan_by_rounds
        from greenmod.verify import open_verifier

        foreseen = planner.candidates.keys() & set(run.files.chosen)
        with open_verifier(suite, foreseen, audience) as verifier:
            return plan_by_rounds(planner, verifier, given, audience.tell)
    draft = planner.draft(planner.plan(given))
    if suite is None or not draft.plan.changes:
        return Outcome(draft)
    from greenmod.verify import open_verifier

    with open_verifier(suite, tuple(draft.plan.paths()), audience) as verifier:
        verification = verifier.verify(draft.plan, draft.plan.ids, draft.renderer)
        return Outcome(draft, verification, verifier.evidence())


class _Planner:
    """Plans one run, as often as more is known."""

    def __init__(self, run: session.Run, audience: Audience, *, with_format: bool) -> None:
        self._run = run
        self._audience = audience
        self._settle = apply.formatter(run.root) if with_format else None
        with redirect_stdout(sys.stderr):
            self.candidates = session.find_candidates(run)

    def plan(self, evidence: Evidence) -> ChangeSet:
        with redirect_stdout(sys.stderr):  # what a codemod prints is not the run's result
            return session.plan(self._run, self.candidates, self._audience, evidence)

    def draft(self, plan: ChangeSet) -> Draft:
        baselines, plan = _baselines(self._run.root, plan)
        return Draft(plan, baselines, apply.Renderer(plan, baselines, self._settle))


def execute_patch(
    read: Callable[[Path], Patch], task: Task, testing: Verifying, audience: Audience, *, write: bool = False
) -> Report:
    """Have the diff that `read` finds for a root verified, change by change.

    What is written is what stays of a diff; where the work tree holds the changes, the rest is taken back out of it.
    """
    from greenmod.verify import verify

    began = time.monotonic()
    config = configuration.load(configuration.find_root(Path.cwd()))
    for cut_off in recover(config.root):
        audience.tell(recovered(cut_off))
    patch = read(config.root)
    plan = patch.plan
    suite = replace(_suite(config, testing), modes=patch.modes)
    verification = verify(suite, plan, plan.ids, patch.render, audience) if plan.changes else None
    chosen = frozenset(verification.kept if verification else ())
    report = Report(
        plan=plan,
        chosen=chosen,
        rendering=apply.render(plan, chosen, patch.baselines),
        baselines=patch.baselines,
        looked_at=len(patch.baselines),
        seconds=time.monotonic() - began,
        uncommitted=uncommitted(config.root, tuple(patch.baselines)) if task is Task.DIFF else (),
        verification=verification,
        task=task,
    )
    if not write:
        return report
    now = patch.render(plan.ids if task is Task.TREE else ())
    return _written(config.root, report, _writes(now, patch.render(chosen), patch.modes), began)


def execute_trace(paths: Sequence[Path], testing: Verifying, audience: Audience, *, is_cold: bool) -> Trace:
    """Run the tests once, and say what they make SQLAlchemy load lazily of what files below `paths` have queried."""
    from greenmod.report.tracing import Trace
    from greenmod.verify import open_verifier

    began = time.monotonic()
    start = paths or (Path.cwd(),)
    config = configuration.load(configuration.find_root(Path(os.path.abspath(start[0]))))
    scope = resolve_paths(config.root, paths) if paths else (".",)
    suite = replace(_suite(config, testing), explains=True, traces=True, is_cold=is_cold)
    with open_verifier(suite, (), audience) as verifier:
        evidence = verifier.evidence()
        chosen = tuple(load for load in evidence.loads if _is_below(load, scope))
        evidence = replace(evidence, loads=chosen)
        return Trace(evidence, verifier.statements(), verifier.outcome(), time.monotonic() - began)


def _is_below(load: LazyLoad, scope: Sequence[str]) -> bool:
    """Tell whether a load's rows were queried in the scope; of no known query, whether anything of it is there."""
    places = [load.query.path] if load.query is not None else [frame.path for frame in load.frames]
    return any(one == "." or path == one or path.startswith(f"{one}/") for path in places for one in scope) or (
        not places and "." in scope
    )


def _baselines(root: Path, plan: ChangeSet) -> tuple[dict[str, bytes | None], ChangeSet]:
    """Read the files that change; one that changed since it was planned loses its changes, and is named."""
    baselines: dict[str, bytes | None] = {}
    problems: list[Problem] = []
    for path in plan.paths():
        try:
            baselines[path] = apply.read_baseline(root, plan, path)
        except StaleFileError as error:
            problems.append(Problem(path, 1, error.kind, f"{error.reason}. {error.remedy}"))
    if not problems:
        return baselines, plan
    ids = [change.id for change in plan.changes if baselines.keys() >= set(change.paths)]
    return baselines, replace(plan, changes=plan.chosen(ids), problems=(*plan.problems, *problems))


def _suite(config: configuration.Config, testing: Verifying) -> Suite:
    from greenmod.verify import Suite

    return Suite(
        config.root,
        testing.python,
        testing.pytest_args,
        config.sandbox_include,
        testing.test_timeout,
        folder=_folder_of_tests(config.root),
        jobs=testing.jobs,
        accepts_traffic=testing.accepts_traffic,
        requires_proof=testing.requires_proof,
        memory=cache_file().with_name("verify") if testing.remembers else None,
    )


def _folder_of_tests(root: Path) -> str:
    """Return where pytest starts: the current folder where it is below `root`; its arguments are relative to that."""
    here = Path(os.path.realpath(Path.cwd()))
    base = Path(os.path.realpath(root))
    return here.relative_to(base).as_posix() if here.is_relative_to(base) else "."


def _writes(
    before: Mapping[str, bytes | None], after: Mapping[str, bytes | None], modes: Mapping[str, int] | None = None
) -> list[Write]:
    from greenmod.journal.target import Write

    differing = [path for path in sorted(after) if before[path] != after[path]]
    return [Write(path, before[path], after[path], (modes or {}).get(path)) for path in differing]


def _written(root: Path, report: Report, writes: Sequence[Write], began: float) -> Report:
    from greenmod.journal.apart import write_apart

    done = write_apart(root, writes, shlex.join(["greenmod", *sys.argv[1:]])) if writes else None
    return replace(
        report,
        written=done.paths if done else (),
        problems=done.problems if done else (),
        seconds=time.monotonic() - began,
    )
