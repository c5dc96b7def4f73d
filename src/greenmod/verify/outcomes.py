"""What one run of the tests left behind: an outcome per sign, folded from the plugin's JSON lines.

Nothing here starts a process or reads a file. What a run that was cut short never said is unknown, not bad.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import Enum

_UNAWAITED = re.compile(r"coroutine '([^']+)' was never awaited")
# Where things go that pytest ties to no test, such as a warning of an import.
NO_TEST = "(outside of the tests)"


class Outcome(str, Enum):
    """What became of a sign. From `passed` to `failed` each outweighs those before it within one test."""

    PASSED = "passed"
    XPASSED = "xpassed"
    XFAILED = "xfailed"
    SKIPPED = "skipped"
    ERROR = "error"
    FAILED = "failed"
    UNAWAITED = "unawaited"  # a coroutine that the test made and nobody awaited
    GONE = "gone"  # no longer collected
    UNKNOWN = "unknown"  # the run ended before


_WEIGHT = {outcome: weight for weight, outcome in enumerate(Outcome)}


class Ending(str, Enum):
    """How a run came to its end. Only the first two allow a judgement."""

    FINISHED = "finished"
    UNUSABLE = "unusable"  # pytest itself gave up: usage error, a broken conftest, an internal error
    INTERRUPTED = "interrupted"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"


@dataclass(frozen=True, slots=True, order=True)
class Sign:
    """One thing that runs are compared by: a test (or a file that can't be collected), or a coroutine left in it."""

    test: str
    coroutine: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """A sign's outcome, and in a line or a few why it was not a pass."""

    outcome: Outcome
    message: str = ""


GONE = Result(Outcome.GONE, "no longer collected")


@dataclass(frozen=True, slots=True)
class Foreign:
    """Where a module of the project was imported from instead of the sandbox, and where it lies in the project."""

    file: str
    original: str


@dataclass(frozen=True, slots=True)
class Record:
    """What the plugin wrote. `status` is pytest's exit status, None when the session never finished."""

    results: Mapping[Sign, Result]
    running: tuple[str, ...] = ()
    foreign: Mapping[str, Foreign] = field(default_factory=dict)
    status: int | None = None
    lost_worker: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the tests. `running` are the tests that were under way at its end, `output` its last lines."""

    record: Record
    ending: Ending
    exit_code: int | None
    output: str
    seconds: float

    @property
    def is_conclusive(self) -> bool:
        return self.ending in (Ending.FINISHED, Ending.UNUSABLE)

    def result(self, sign: Sign) -> Result:
        """Return what became of `sign`; a coroutine is gone when its test left none."""
        if sign in self.record.results:
            return self.record.results[sign]
        if self.ending is Ending.UNUSABLE:
            return Result(Outcome.GONE, self.output)
        return GONE if self.is_conclusive else Result(Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many tests had which outcome; a file that can't be collected is one error."""

    passed: int = 0
    failed: int = 0
    error: int = 0
    skipped: int = 0
    xfailed: int = 0
    xpassed: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{number} {name}" for name, number in asdict(self).items() if number) or "no tests"


def count(run: Run) -> Counts:
    """Count the outcomes of `run`."""
    counted = Counter(result.outcome.value for result in run.record.results.values())
    return Counts(**{field.name: counted[field.name] for field in fields(Counts)})


def read(lines: Iterable[str]) -> Record:
    """Fold the plugin's lines, in the order they were written. A last line that a crash cut short is left out."""
    log = _Log()
    for line in lines:
        if line.endswith("\n"):
            log.take(json.loads(line))
    return Record(log.results, tuple(sorted(log.running)), log.foreign, log.status, log.lost_worker)


class _Log:
    """Grows line by line while a record is read."""

    def __init__(self) -> None:
        self.results: dict[Sign, Result] = {}
        self.running: set[str] = set()
        self.foreign: dict[str, Foreign] = {}
        self.status: int | None = None
        self.lost_worker = False

    def take(self, line: dict[str, str]) -> None:
        match line["event"]:
            case "begin":
                self.running.add(line["id"])
            case "phase":
                self._phase(line)
            case "collect":
                outcome = Outcome.ERROR if line["outcome"] == "failed" else Outcome.SKIPPED
                self._weigh(Sign(line["id"]), Result(outcome, line["message"]))
            case "warning":
                for coroutine in _UNAWAITED.findall(line["message"]):
                    sign = Sign(line["id"] or NO_TEST, coroutine)
                    self.results[sign] = Result(Outcome.UNAWAITED, f"coroutine '{coroutine}' was never awaited")
            case "foreign":
                self.foreign[line["module"]] = Foreign(line["file"], line["original"])
            case "finish":
                self.status = int(line["status"])

    def _phase(self, line: dict[str, str]) -> None:
        sign = Sign(line["id"])
        if line["when"] == "???":  # xdist speaks for a worker process that died under this test
            self.lost_worker = True
            return
        if line["when"] == "teardown":
            self.running.discard(sign.test)
        if line["outcome"] == "rerun":  # a plugin gives the test another try: what it said so far is void
            self.results.pop(sign, None)
            return
        outcome = _outcome(line)
        if outcome is not None:
            self._weigh(sign, Result(outcome, line["message"]))

    def _weigh(self, sign: Sign, result: Result) -> None:
        known = self.results.get(sign)
        if known is None or _WEIGHT[result.outcome] > _WEIGHT[known.outcome]:
            self.results[sign] = result


def _outcome(line: dict[str, str]) -> Outcome | None:
    """Return what one phase says of its test; a fixture that worked says nothing."""
    is_call, is_xfail = line["when"] == "call", line["xfail"] == "yes"
    match line["outcome"]:
        case "failed":
            return Outcome.FAILED if is_call else Outcome.ERROR
        case "skipped":
            return Outcome.XFAILED if is_xfail else Outcome.SKIPPED
        case "passed" if is_call:
            return Outcome.XPASSED if is_xfail else Outcome.PASSED
    return None
