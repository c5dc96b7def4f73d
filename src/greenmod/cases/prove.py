"""What is proven of every case.

result      the files are exactly those of `after`
compiles    each changed file is valid Python
stable      a second run proposes nothing
skips       the skips are those that comments announce, no more and no less
comments    every comment is still there
crlf        with CRLF line ends the same happens, and the line ends stay
alone       each change by itself (with what it requires) leaves valid Python
stepwise    changes written one at a time, planning anew each time, come to the same
            (a codemod that is told what the tests say is told anew each time, and goes on until it proposes nothing)
runs        where `[run]` says so: its tests are green (or red) before and after, with no coroutine left un-awaited
exchanges   where they are green before and after: each test asks the app the same, and gets the same answers
"""

from __future__ import annotations

import io
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from greenmod import apply, session
from greenmod.cases.case import Case
from greenmod.config import Config, load
from greenmod.facts.evidence.observation import NO_EVIDENCE, Evidence
from greenmod.facts.survey import parse
from greenmod.model import ChangeSet
from greenmod.report.patch import file_patch
from greenmod.rounds import MOST_ROUNDS
from greenmod.source import decode

if TYPE_CHECKING:
    from greenmod.cases.runner import CaseRunner, Exchanges, Tested

Files = Mapping[str, bytes]
_LAST_LINES = 30


@dataclass(frozen=True, slots=True)
class Failure:
    """A proof that failed, and what was found instead."""

    proof: str
    message: str


@dataclass(frozen=True, slots=True)
class _Planned:
    plan: ChangeSet
    files: Files
    config: Config

    def render(self, ids: frozenset[str]) -> Files:
        baselines = {path: self.files.get(path) for path in self.plan.paths()}
        after = apply.render(self.plan, ids, baselines).after
        return {**self.files, **{path: data for path, data in after.items() if data is not None}}


def prove(case: Case, runner: CaseRunner, codemods: tuple[str, ...] = ()) -> list[Failure]:
    """Return the proofs that fail for a case. `runner` runs its tests; `codemods` are folders of a project's own."""
    if case.has_evidence:
        from greenmod.cases.packages import missing_packages

        if missing_packages(case):  # `greenmod test` says so
            return []
    planned = _plan(case, case.before, codemods)
    result = _result(case, planned, codemods)
    return [
        *_problems(planned),
        *_same("result", result, case.after),
        *_compiles("compiles", result),
        *_same("stable", _settled(case, result, codemods), result),
        *_skips(case, planned),
        *_comments(case.before, result),
        *_crlf(case, codemods),
        *_alone(planned),
        *_same("stepwise", _stepwise(case, codemods), result),
        *_runs(case, result, runner),
    ]


def _plan(case: Case, files: Files, codemods: tuple[str, ...]) -> _Planned:
    with TemporaryDirectory(prefix="greenmod-case-") as name:
        root = Path(name).resolve()
        _write(root, files)
        config = load(root)
        config = replace(config, codemods=(*config.codemods, *codemods))
        options = tuple(f"{case.codemod}.{key}={_as_text(value)}" for key, value in case.options.items())
        request = session.Request(
            (root,), select=(case.codemod,), unsafe=True, options=options, jobs=1, use_cache=False
        )
        run = session.start(request, config)
        evidence = _evidence(tuple(sorted(files.items()))) if case.has_evidence else NO_EVIDENCE
        plan = session.plan(run, session.find_candidates(run), None, evidence)
        return _Planned(plan, files, config)


@lru_cache(maxsize=64)
def _evidence(files: tuple[tuple[str, bytes], ...]) -> Evidence:
    from greenmod.cases.runner import ask_tests

    return ask_tests(dict(files))


def _result(case: Case, planned: _Planned, codemods: tuple[str, ...]) -> Files:
    """Return what a codemod makes of a case; where tests tell it what to do, they may then tell more."""
    result = planned.render(planned.plan.ids)
    for _ in range(MOST_ROUNDS - 1 if case.has_evidence and planned.plan.changes else 0):
        following = _plan(case, result, codemods)
        result = following.render(following.plan.ids)
        if not following.plan.changes:
            break
    return result


def _as_text(value: object) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)


def _write(root: Path, files: Files) -> None:
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)


def _problems(planned: _Planned) -> Iterator[Failure]:
    for problem in planned.plan.problems:
        yield Failure("problems", f"{problem.path}:{problem.line}: {problem.message}")


def _same(proof: str, found: Files, expected: Files) -> Iterator[Failure]:
    for path in sorted({*found, *expected}):
        if found.get(path) != expected.get(path):
            difference = file_patch(path, expected.get(path), found.get(path))
            yield Failure(proof, f"expected (-) and found (+):\n{difference.decode('utf-8', 'replace')}")


def _compiles(proof: str, files: Files) -> Iterator[Failure]:
    for path, data in files.items():
        if path.endswith(".py"):
            try:
                parse(decode(path, data))
            except SyntaxError as error:
                yield Failure(proof, f"{path}:{error.lineno}: {error.msg}")


def _settled(case: Case, result: Files, codemods: tuple[str, ...]) -> Files:
    planned = _plan(case, result, codemods)
    return planned.render(planned.plan.ids)


def _skips(case: Case, planned: _Planned) -> Iterator[Failure]:
    found = {(skip.path, skip.line, skip.rule) for skip in planned.plan.skips}
    expected = case.expected_skips()
    for path, line, rule in sorted(expected - found):
        yield Failure("skips", f"{path}:{line}: expected a skip [{rule}]; there is none")
    reasons = {(skip.path, skip.line, skip.rule): skip.reason for skip in planned.plan.skips}
    for path, line, rule in sorted(found - expected):
        yield Failure("skips", f"{path}:{line}: no `# skip: {rule}` announces this skip: {reasons[path, line, rule]}")


def _comments(before: Files, result: Files) -> Iterator[Failure]:
    lost = _all_comments(before) - _all_comments(result)
    if lost:
        yield Failure("comments", f"lost: {', '.join(sorted(lost))}")


def _all_comments(files: Files) -> Counter[str]:
    return Counter(
        token.string
        for path, data in files.items()
        if path.endswith(".py")
        for token in tokenize.generate_tokens(io.StringIO(decode(path, data).text).readline)
        if token.type == tokenize.COMMENT
    )


def _crlf(case: Case, codemods: tuple[str, ...]) -> Iterator[Failure]:
    if any(b"\r" in data for data in case.before.values()):
        return
    planned = _plan(case, _with_crlf(case.before, case), codemods)
    yield from _same("crlf", _result(case, planned, codemods), _with_crlf(case.after, case))


def _with_crlf(files: Files, case: Case) -> Files:
    """Return `files` with the other line ends, but for those that the codemod makes: these have no ends to keep."""
    return {
        path: data.replace(b"\n", b"\r\n") if path.endswith(".py") and path in case.before else data
        for path, data in files.items()
    }


def _alone(planned: _Planned) -> Iterator[Failure]:
    for change in planned.plan.changes:
        yield from _compiles(f"alone ({change.id})", planned.render(_with_needs(planned, change.id)))


def _with_needs(planned: _Planned, id: str) -> frozenset[str]:
    """Return a change's id with those of all changes that it can't live without."""
    by_id = {change.id: change for change in planned.plan.changes}
    needed = {id}
    while more := {need for name in needed for need in by_id[name].requires} - needed:
        needed |= more
    return frozenset(needed)


def _stepwise(case: Case, codemods: tuple[str, ...]) -> Files:
    files = case.before
    planned = _plan(case, files, codemods)
    steps = 2 * len(planned.plan.changes) + len(planned.plan.skips)  # a codemod that is not stable goes on for ever
    steps *= MOST_ROUNDS if case.has_evidence else 1
    while planned.plan.changes and steps:
        first = next((change for change in planned.plan.changes if not change.requires), planned.plan.changes[0])
        files = planned.render(_with_needs(planned, first.id))
        planned = _plan(case, files, codemods)
        steps -= 1
    return files


def _runs(case: Case, result: Files, runner: CaseRunner) -> Iterator[Failure]:
    from greenmod.cases.packages import missing_packages

    if not case.run or missing_packages(case):  # `greenmod test` says so
        return
    tested: dict[str, Tested] = {}
    for moment, files in (("before", case.before), ("after", result)):
        expected = case.run.get(moment)
        if expected is None:
            continue
        is_known = files == case.before and "before" in tested
        found = tested[moment] = tested["before"] if is_known else runner.run(files)
        if found.colour != expected:
            yield Failure("runs", f"{moment}: expected {expected}, found {found.colour}\n{_end(found.output)}")
    if len(tested) == 2 and all(each.colour == "green" for each in tested.values()):
        yield from _exchanged(tested["before"].exchanges, tested["after"].exchanges)


def _exchanged(before: Exchanges, after: Exchanges) -> Iterator[Failure]:
    for test in sorted({*before, *after}):
        if before.get(test) != after.get(test):
            yield Failure("exchanges", f"{test}: before {before.get(test, [])}, after {after.get(test, [])}")


def _end(output: str) -> str:
    return "\n".join(output.splitlines()[-_LAST_LINES:])
