"""What one run of the tests left behind: an outcome per sign, and the evidence beside it.

Nothing here starts a process or reads a file. What a run that was cut short never said is unknown, not bad.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import Enum
from typing import NamedTuple

from greenmod.facts.evidence.loads import LazyLoad, QuerySite
from greenmod.facts.evidence.observation import Observation, Origin, Phase

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
    TIMED_OUT = "timed out"
    CRASHED = "crashed"  # the process died under it
    UNAWAITED = "unawaited"  # a coroutine that the test made and nobody awaited
    ALTERED = "different traffic"  # it passes, but what it asked or was answered is not the same
    COSTLIER = "more statements"  # it passes, but sends more SQL than before
    GONE = "gone"  # no longer collected
    UNKNOWN = "unknown"  # the run ended before


_WEIGHT = {outcome: weight for weight, outcome in enumerate(Outcome)}


class Ending(str, Enum):
    """How a run came to its end. After the first two all is known, after the others what was said before."""

    FINISHED = "finished"
    UNUSABLE = "unusable"  # pytest itself gave up: usage error, a broken conftest, an internal error
    INTERRUPTED = "interrupted"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"


@dataclass(frozen=True, slots=True, order=True)
class Sign:
    """One thing that runs are compared by: a test (or a file that can't be collected), a coroutine left in it, or
    its traffic.
    """

    test: str
    coroutine: str = ""
    is_traffic: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """A sign's outcome, and in a line or a few why it was not a pass."""

    outcome: Outcome
    message: str = ""


GONE = Result(Outcome.GONE, "no longer collected")
# The run as such.
WHOLE = Sign(NO_TEST)


def outweighs(one: Result, other: Result) -> bool:
    """Tell whether of two results of one test the first is what counts."""
    return _WEIGHT[one.outcome] > _WEIGHT[other.outcome]


@dataclass(frozen=True, slots=True)
class Foreign:
    """Where a module of the project was imported from instead of the sandbox, and where it lies in the project."""

    file: str
    original: str


class Exchange(NamedTuple):
    """A request that the application took in: its path with the query as sent, and what became of it.

    `status` is a number, "raised NAME" or "unfinished"; `digest` stands for the body, and is empty unless it is whole.
    """

    method: str
    path: str
    status: str
    digest: str


class Failure(NamedTuple):
    """What one failing test met: exceptions, and texts that may speak of more."""

    raised: tuple[Observation, ...] = ()
    texts: tuple[tuple[Phase, Origin, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """What the plugin wrote. `status` is pytest's exit status, None when the session never finished.

    `collected` are the tests in the order in which they were to run; `seconds` is how long each
    took, fixtures included; `modules` are those that the project imported from elsewhere, in order.

    A test without an entry in `traffic` or `statements` asked or sent nothing. Statements go by the digests that
    `texts` explains, as far as their first 2,000 characters do; `arranged` is how many of them were sent while a test
    was set up or torn down. `executed` are the sites that ran in each test,
    `imported` those that ran outside of all tests, `blind` says what kept the plugin from following some. `failures`
    are those of tests that failed, where that was asked for. `loads` is what each test loaded lazily, where that was
    traced, `eager` how many statements its queries sent along to load relationships at once, and `untraced` what kept
    the plugin from following. The files in ids are relative to `rootdir`, and that is to the
    tree.
    """

    results: Mapping[Sign, Result]
    running: tuple[str, ...] = ()
    foreign: Mapping[str, Foreign] = field(default_factory=dict)
    status: int | None = None
    lost_worker: bool = False
    collected: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    traffic: Mapping[str, tuple[Exchange, ...]] = field(default_factory=dict)
    statements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    executed: Mapping[str, frozenset[int]] = field(default_factory=dict)
    imported: frozenset[int] = frozenset()
    blind: tuple[str, ...] = ()
    failures: Mapping[str, Failure] = field(default_factory=dict)
    rootdir: str = "."
    loads: Mapping[str, tuple[LazyLoad, ...]] = field(default_factory=dict)
    untraced: tuple[str, ...] = ()
    eager: Mapping[str, tuple[tuple[QuerySite, int], ...]] = field(default_factory=dict)
    arranged: Mapping[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> frozenset[str]:
        """The tests that passed."""
        return frozenset(sign.test for sign, result in self.results.items() if result.outcome is Outcome.PASSED)

    def in_repository(self, test: str) -> str:
        """Return pytest's id with the file as the repository has it: pytest's folder may be one inside or above."""
        file, colons, names = test.partition("::")
        return posixpath.normpath(posixpath.join(self.rootdir, file)) + colons + names


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the tests. `output` is its last lines, `seconds` how long it took, its processes' start included."""

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
        if sign == WHOLE:
            return self._whole
        if self.ending is Ending.UNUSABLE:
            return Result(Outcome.GONE, self.output)
        file = self.record.results.get(Sign(sign.test.partition("::")[0]))
        if file is not None and file.outcome is Outcome.ERROR and not sign.coroutine and not sign.is_traffic:
            return Result(Outcome.GONE, file.message)  # it went with its file
        return GONE if self.is_conclusive else Result(Outcome.UNKNOWN)

    @property
    def passed(self) -> frozenset[str]:
        """The tests that passed."""
        return self.record.passed

    @property
    def _whole(self) -> Result:
        """What became of the run as such, where no test is to blame."""
        if self.is_conclusive:
            return Result(Outcome.PASSED)
        if self.ending is Ending.TIMED_OUT:
            return Result(Outcome.TIMED_OUT, "pytest did not come to its end in time")
        if self.ending is Ending.INTERRUPTED:
            return Result(Outcome.CRASHED, "pytest was stopped from within")
        return Result(Outcome.CRASHED, f"pytest crashed (exit code {self.exit_code})")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many tests had which outcome; a file that can't be collected is one error."""

    passed: int = 0
    failed: int = 0
    error: int = 0
    skipped: int = 0
    xfailed: int = 0
    xpassed: int = 0
    timed_out: int = 0
    crashed: int = 0

    def __str__(self) -> str:
        named = ((name.replace("_", " "), number) for name, number in asdict(self).items())
        return ", ".join(f"{number} {name}" for name, number in named if number) or "no tests"


def count(run: Run) -> Counts:
    """Count the outcomes of `run`."""
    counted = Counter(result.outcome.name.lower() for result in run.record.results.values())
    return Counts(**{field.name: counted[field.name] for field in fields(Counts)})
