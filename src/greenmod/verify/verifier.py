"""One copy of a tree, and what its tests said in it: of themselves, and of one plan of changes after another.

The user's tree is only read.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from greenmod import __version__
from greenmod.facts.evidence.observation import Evidence
from greenmod.facts.evidence.places import Places
from greenmod.model import ChangeSet
from greenmod.verify.baseline import Baseline, check_baseline, take_baseline
from greenmod.verify.loop import Attempt
from greenmod.verify.memory import Memory, remembering, variables
from greenmod.verify.outcomes import Run, count
from greenmod.verify.runner import Runner
from greenmod.verify.sandbox import Files, Sandbox, open_sandbox, unwritable
from greenmod.verify.sites import Sites, find_sites
from greenmod.verify.testimony import find_evidence
from greenmod.verify.trials import NONE, Render, Trials
from greenmod.verify.verification import Audience, Suite, Verification


def verify(suite: Suite, changes: ChangeSet, ids: frozenset[str], render: Render, audience: Audience) -> Verification:
    """Find the most of the changes `ids` with which no test of `suite` is worse than without. Raises VerifyError.

    `render` gives the content of each file under a subset of `ids`, always closed under `requires`; under none of them
    only of files that are not what they are in the tree.
    """
    if not (paths := _paths(changes, ids)):
        return Verification()
    with open_verifier(suite, paths, audience, render(NONE)) as verifier:
        return verifier.verify(changes, ids, render)


@contextmanager
def open_verifier(
    suite: Suite, paths: Collection[str], audience: Audience, original: Files | None = None
) -> Iterator[Verifier]:
    """Copy the tree for plans that change none but `paths`. Raises VerifyError.

    `original` are files that are not what they are in the tree while no change is made.
    """
    started = time.monotonic()
    changed = sorted(paths)
    # Git pathspecs: an ignored file that changes was named by the user, and is there as well.
    include = (*suite.include, *(f":(literal){path}" for path in changed))
    with open_sandbox(suite.root, include) as sandbox:
        sandbox.modes = suite.modes
        for path in sandbox.left_out:
            audience.tell(f"{path}: can't be read; the tests run without it")
        with closing(Runner(suite, sandbox, changed, audience)) as runner:
            audience.tell(f"Verifying with {runner.interpreter.path}")
            environment = (runner.interpreter, runner.interpreter.installs, variables(os.environ))
            about = (__version__, suite, os.path.realpath(suite.root), environment, sandbox.fingerprint)
            with remembering(suite.memory, *about) as memory, _telling_of_what_is_kept(suite, audience):
                yield Verifier(suite, sandbox, runner, memory, audience, original or {}, started)


@contextmanager
def _telling_of_what_is_kept(suite: Suite, audience: Audience) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if suite.memory is not None:
            audience.tell("Stopped. What the tests have said is kept for a day; the same command goes on from here")
        raise


class Verifier:
    """Asks the tests of one copy of the tree; each content is run once however often it is asked about."""

    def __init__(
        self,
        suite: Suite,
        sandbox: Sandbox,
        runner: Runner,
        memory: Memory,
        audience: Audience,
        original: Files,
        started: float,
    ) -> None:
        self._suite = suite
        self._sandbox = sandbox
        self._runner = runner
        self._audience = audience
        self._original = original
        self._started = started
        self._render: Render = lambda ids: original
        self._trials = Trials(runner, self._render, lambda ids: Sites(), memory, audience.tell)
        self._baseline: Baseline | None = None
        self._untraced: set[str] = set()

    def evidence(self, ids: frozenset[str] = NONE) -> Evidence:
        """Return what failing tests say with the changes `ids` of the last plan, in lines of the files without them."""
        run = self._trials.run(ids) if ids else self._trials.first()
        check_baseline(run)
        if not ids:
            self._tell_of_untraced(run)
        self._take_back()
        return find_evidence(run, Places(str(self._sandbox.tree), self._sandbox.paths), self._read, self._render(ids))

    def statements(self) -> dict[str, int]:
        """Return how many SQL statements each test sends without any change, if it sends any."""
        record = self._trials.first().record
        return {record.in_repository(test): len(sent) for test, sent in sorted(record.statements.items())}

    def outcome(self) -> str:
        """Return in words how the tests went without any change."""
        return str(count(self._trials.first()))

    def verify(self, changes: ChangeSet, ids: frozenset[str], render: Render) -> Verification:
        """Find the most of the changes `ids` with which no test is worse than without any. Raises VerifyError."""
        return self.attempt(changes, ids, render).proven() if _paths(changes, ids) else Verification()

    def attempt(self, changes: ChangeSet, ids: frozenset[str], render: Render) -> Attempted:
        """Find them, and prove them when that is asked for: not while what stays shows what else to change."""
        paths = _paths(changes, ids)
        self._take_back()
        self._foresee(paths)
        locate = partial(_locate, changes, self._contents(paths), render)
        self._render = render
        self._trials = self._trials.over(render, locate)
        attempt = Attempt(self._suite, changes.chosen(ids), self._trials, self._take_baseline(), self._audience.tell)
        return Attempted(attempt, partial(self._finished, self._trials, render))

    def _finished(self, trials: Trials, render: Render, found: Verification) -> Verification:
        """Say of an attempt what it took, and what the tests still load lazily."""
        self._trials, self._render = trials, render
        if self._suite.traces:
            found = replace(found, lazy=self.evidence(frozenset(found.kept)).loads)
        seconds = time.monotonic() - self._started
        return replace(found, runs=self._runner.runs, seconds=seconds, testing_seconds=self._runner.seconds)

    def _foresee(self, paths: Collection[str]) -> None:
        """Begin anew where files change that were not foreseen: the tests ran without watching or having them."""
        has_all = self._sandbox.add(paths)
        if not self._runner.follow(paths) or not has_all:
            self._trials = self._trials.anew()
            self._baseline = None

    def _take_back(self) -> None:
        """Make the tree what it was copied from, for reading it: it holds what the last run was shown, and left."""
        try:
            self._sandbox.show({})
        except OSError as error:
            raise unwritable(error) from error

    def _take_baseline(self) -> Baseline:
        if self._baseline is None:
            self._baseline = take_baseline(self._trials, self._suite.cheap, self._audience.tell)
            self._runner.usual = self._baseline.run.record.seconds
            self._runner.modules = self._baseline.run.record.modules
            self._tell_of_untraced(self._baseline.run)
        return self._baseline

    def _tell_of_untraced(self, run: Run) -> None:
        for message in sorted(set(run.record.untraced) - self._untraced):
            self._untraced.add(message)
            self._audience.tell(f"Not all lazy loads are seen: {message}")

    def _contents(self, paths: Iterable[str]) -> dict[str, bytes | None]:
        """Return what the edits of changes count in."""
        tree = self._sandbox.tree
        there = (path for path in paths if path not in self._original and (tree / path).is_file())
        return {**self._original, **{path: (tree / path).read_bytes() for path in there}}

    def _read(self, path: str) -> bytes | None:
        if path in self._original:
            return self._original[path]
        file = Path(os.path.realpath(self._sandbox.tree / path))
        return file.read_bytes() if file.is_relative_to(self._sandbox.tree) and file.is_file() else None


class Attempted:
    """Changes that were tried together; see `Attempt`."""

    def __init__(self, attempt: Attempt, finish: Callable[[Verification], Verification]) -> None:
        self._attempt = attempt
        self._finish = finish

    def unproven(self) -> Verification:
        return self._finish(self._attempt.unproven())

    def proven(self) -> Verification:
        return self._finish(self._attempt.proven())


def _paths(changes: ChangeSet, ids: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted({path for change in changes.chosen(ids) for path in change.paths}))


def _locate(changes: ChangeSet, baselines: Mapping[str, bytes | None], render: Render, ids: frozenset[str]) -> Sites:
    return find_sites(changes.chosen(ids), baselines, render(ids))
