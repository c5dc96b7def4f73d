"""Runs of the tests with sets of changes: each content and selection once, unless it is asked for again.

Test ids that a change renames are those of the baseline everywhere above.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from hashlib import sha256

from greenmod.verify.memory import Memory
from greenmod.verify.origin import check_origin, find_holders
from greenmod.verify.outcomes import Run, Sign
from greenmod.verify.renaming import pair_renamed, rename
from greenmod.verify.runner import Asked, Runner
from greenmod.verify.sandbox import Files
from greenmod.verify.sites import Sites
from greenmod.verify.transcript import Transcript

Render = Callable[[frozenset[str]], Files]
Tests = frozenset[str] | None

NONE: frozenset[str] = frozenset()


class Trials:
    """`render` gives the files under a set of changes, `locate` the lines in them that these changes wrote."""

    def __init__(
        self,
        runner: Runner,
        render: Render,
        locate: Callable[[frozenset[str]], Sites],
        memory: Memory,
        tell: Callable[[str], None],
    ) -> None:
        self._runner = runner
        self._render = render
        self._locate = locate
        self._sites: dict[frozenset[str], Sites] = {}
        self._memory = memory
        self._tell = tell
        self._runs: dict[str, list[tuple[Tests, Run]]] = defaultdict(list)
        self._old_names: dict[str, str] = {}
        self._new_names: dict[str, set[str]] = defaultdict(set)
        self._preferred: frozenset[str] = frozenset()
        self._baseline: Run | None = None

    def over(self, render: Render, locate: Callable[[frozenset[str]], Sites]) -> Trials:
        """Return trials of other changes to the same content; what was run without any change is known there."""
        other = Trials(self._runner, render, locate, self._memory, self._tell)
        unchanged = _digest(render(NONE))
        other._runs[unchanged] = self._runs[unchanged]
        other._preferred = self._preferred
        other._baseline = self._baseline
        return other

    def anew(self) -> Trials:
        """Return trials of the same changes that know of no run."""
        return Trials(self._runner, self._render, self._locate, self._memory, self._tell)

    def run(self, ids: frozenset[str], tests: Tests = None) -> Run:
        """Return a run of all tests, or of at least some, with the changes `ids`: any that was made."""
        for selection, run in self._runs[_digest(self._render(ids))]:
            if selection is None or (tests is not None and selection >= tests):
                return run
        return self.again(ids, tests)

    def again(self, ids: frozenset[str], tests: Tests = None, *, traces: bool = False) -> Run:
        """Run all tests, or some, with the changes `ids`. Raises VerifyError if others than the sandbox's ran.

        Of some it is said only with `traces` what they load lazily.
        """
        run = self._again(ids, tests, traces=traces)
        check_origin(run)
        return run

    def sites(self, ids: frozenset[str]) -> Sites:
        """Return the lines that runs of all tests with `ids` follow."""
        if ids not in self._sites:
            self._sites[ids] = self._locate(ids) if ids else Sites()
        return self._sites[ids]

    def _again(self, ids: frozenset[str], tests: Tests, *, traces: bool = False) -> Run:
        files = self._render(ids)
        digest = _digest(files)
        only = tests if tests is None else tests.union(*(self._new_names[test] for test in tests))
        sites = self.sites(ids) if tests is None else Sites()
        self._tell(_title(len(ids), tests))
        is_some = tests is not None
        asked = Asked(files, only, sites.by_path, is_warm=is_some, traces=traces or not is_some)
        run = self._transcript(asked, digest).read()
        run = self._with_old_names(run, tests)
        self._runs[digest].append((tests, run))
        return run

    def first(self) -> Run:
        """Run all tests without any change, from the sandbox alone whatever is installed in the environment."""
        while True:
            known = (run for tests, run in self._runs[_digest(self._render(NONE))] if tests is None)
            run = next(known, None) or self._again(NONE, None)
            holders = find_holders(run.record.foreign) - self._preferred
            if not holders:
                check_origin(run)
                return run
            folders = ", ".join(sorted(holders))
            self._tell(f"The environment holds an install of the project; the sandbox goes first ({folders})")
            self._runner.prefer(holders)
            self._preferred |= holders
            self._runs.clear()
            self._baseline = None

    def _transcript(self, asked: Asked, digest: str) -> Transcript:
        """Return what was remembered of the same run, else run it."""
        selection = (sorted(asked.only or ()), sorted(asked.sites.items()), asked.traces)
        about = (digest, len(self._runs[digest]), selection, sorted(self._preferred))
        key = sha256(repr(about).encode()).hexdigest()
        known = self._memory.recall(key)
        if known is not None:
            self._tell("  known from the verification that was stopped")
            return known
        transcript = self._runner.run(asked)
        self._memory.keep(key, transcript)
        return transcript

    def _with_old_names(self, run: Run, tests: Tests) -> Run:
        ids = [sign.test for sign in run.record.results if sign == Sign(sign.test)]
        if self._baseline is None:
            self._baseline = run
        if tests is not None:  # what is missing may not have been asked for: go by what all tests were called before
            here = {*ids}
            return rename(run, {new: old for new, old in self._old_names.items() if new in here and old not in here})
        before = [sign.test for sign in self._baseline.record.results if sign == Sign(sign.test)]
        names = pair_renamed(before, ids)
        self._old_names |= names
        for new, old in names.items():
            self._new_names[old].add(new)
        return rename(run, names)


def _title(changes: int, tests: Tests) -> str:
    what = "all tests" if tests is None else f"{len(tests)} {'test' if len(tests) == 1 else 'tests'}"
    which = "no change" if not changes else f"{changes} {'change' if changes == 1 else 'changes'}"
    return f"Running {what} with {which}"


def _digest(files: Mapping[str, bytes | None]) -> str:
    content = sorted((path, None if data is None else sha256(data).hexdigest()) for path, data in files.items())
    return sha256(repr(content).encode()).hexdigest()
