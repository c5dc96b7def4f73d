"""What a run left behind word for word, and how it is read: the plugin's lines of JSON, folded into a Record.

Nothing here starts a process or reads a file. What a run that was cut short never said is unknown, not bad.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypedDict, cast

from greenmod.facts.evidence.document import read_observation
from greenmod.facts.evidence.observation import Origin, Phase
from greenmod.verify.loads import Lazy
from greenmod.verify.outcomes import (
    NO_TEST,
    Ending,
    Exchange,
    Failure,
    Foreign,
    Outcome,
    Record,
    Result,
    Run,
    Sign,
    outweighs,
)


@dataclass(frozen=True, slots=True)
class Transcript:
    """The plugin's `lines`; for the rest see Run."""

    lines: tuple[str, ...]
    ending: Ending
    exit_code: int | None
    output: str
    seconds: float

    def read(self) -> Run:
        """Fold it into a Run."""
        return Run(read(self.lines), self.ending, self.exit_code, self.output, self.seconds)


class Line(TypedDict, total=False):
    """What the plugin writes, as its modules say it; each event has some of it."""

    event: str
    id: str
    ids: list[str]
    when: str
    outcome: str
    xfail: str
    message: str
    coroutine: str
    seconds: float
    module: str
    file: str
    original: str
    names: list[str]
    status: int
    rows: list[Any]
    arranged: int
    digest: str
    text: str
    sites: list[int]
    raised: list[dict[str, object]]
    texts: list[list[str]]
    folder: str


def read(lines: Iterable[str]) -> Record:
    """Fold the plugin's lines, in the order they were written. A last line that a crash cut short is left out."""
    log = _Log()
    for line in lines:
        if line.endswith("\n"):
            log.take(cast(Line, json.loads(line)))
    return log.record()


class _Log:
    """Grows line by line while a record is read."""

    def __init__(self) -> None:
        self._results: dict[Sign, Result] = {}
        self._running: set[str] = set()
        self._foreign: dict[str, Foreign] = {}
        self._status: int | None = None
        self._lost_worker = False
        self._collected: list[str] = []
        self._seconds: dict[str, float] = defaultdict(float)
        self._modules: list[str] = []
        self._traffic: dict[str, tuple[Exchange, ...]] = {}
        self._statements: dict[str, tuple[str, ...]] = {}
        self._arranged: dict[str, int] = {}
        self._texts: dict[str, str] = {}
        self._executed: dict[str, set[int]] = defaultdict(set)
        self._imported: set[int] = set()
        self._blind: set[str] = set()
        self._failures: dict[str, Failure] = {}
        self._rootdir = "."
        self._lazy = Lazy()
        self._untraced: set[str] = set()

    def record(self) -> Record:
        return Record(
            self._results,
            tuple(sorted(self._running)),
            self._foreign,
            self._status,
            self._lost_worker,
            tuple(self._collected),
            dict(self._seconds),
            tuple(self._modules),
            self._traffic,
            self._statements,
            self._texts,
            {test: frozenset(sites) for test, sites in self._executed.items()},
            frozenset(self._imported),
            tuple(sorted(self._blind)),
            self._failures,
            self._rootdir,
            self._lazy.loads(),
            tuple(sorted(self._untraced)),
            self._lazy.eager(),
            self._arranged,
        )

    def take(self, line: Line) -> None:
        match line["event"]:
            case "collected":
                self._collected = self._collected or line["ids"]  # a run that was resumed collects the rest
            case "begin":
                self._running.add(line["id"])
            case "phase":
                self._phase(line)
            case "stopped":  # said by the runner, of a test under which the process was ended or died
                self._running.discard(line["id"])
                self._weigh(Sign(line["id"]), Result(Outcome(line["outcome"]), line["message"]))
            case "collect":
                outcome = Outcome.ERROR if line["outcome"] == "failed" else Outcome.SKIPPED
                self._weigh(Sign(line["id"]), Result(outcome, line["message"]))
            case "unawaited":
                sign = Sign(line["id"] or NO_TEST, line["coroutine"])
                self._results[sign] = Result(Outcome.UNAWAITED, f"coroutine '{sign.coroutine}' was never awaited")
            case "foreign":
                self._foreign[line["module"]] = Foreign(line["file"], line["original"])
            case "modules":
                self._modules = line["names"]
            case "rootdir":
                self._rootdir = line["folder"]
            case "finish":
                self._status = line["status"]
            case _:
                self._evidence(line)

    def _evidence(self, line: Line) -> None:
        match line["event"]:
            case "traffic":  # of a test that was run again, each time
                self._traffic[line["id"]] = tuple(Exchange(*map(str, row)) for row in line["rows"])
            case "statements":
                self._statements[line["id"]] = tuple(map(str, line["rows"]))
                self._arranged[line["id"]] = line["arranged"]
            case "statement":
                self._texts[line["digest"]] = line["text"]
            case "executed":
                self._executed[line["id"]].update(line["sites"])
            case "imported":
                self._imported.update(line["sites"])
            case "blind":
                self._blind.add(line["message"])
            case "failure":
                self._failures[line["id"]] = _failure(line)
            case "loads":
                self._lazy.take(line["id"], line["rows"])
            case "eager":
                self._lazy.take_eager(line["id"], line["rows"])
            case "queries":
                self._lazy.serve(line["rows"])
            case "untraced":
                self._untraced.add(line["message"])

    def _phase(self, line: Line) -> None:
        sign = Sign(line["id"])
        self._seconds[sign.test] += line["seconds"]
        if line["when"] == "???":  # xdist speaks for a worker process that died under this test
            self._lost_worker = True
            return
        if line["when"] == "teardown":
            self._running.discard(sign.test)
        if line["outcome"] == "rerun":  # a plugin gives the test another try: what it said so far is void
            self._results.pop(sign, None)
            return
        outcome = _outcome(line)
        if outcome is not None:
            self._weigh(sign, Result(outcome, line["message"]))

    def _weigh(self, sign: Sign, result: Result) -> None:
        known = self._results.get(sign)
        if known is None or outweighs(result, known):
            self._results[sign] = result


def _failure(line: Line) -> Failure:
    return Failure(
        tuple(read_observation({**row, "test": line["id"]}) for row in line["raised"]),
        tuple((Phase(phase), Origin(origin), text) for phase, origin, text in line["texts"]),
    )


def _outcome(line: Line) -> Outcome | None:
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
