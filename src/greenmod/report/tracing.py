"""What one run of the tests loaded lazily, as plain data, and as text and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from greenmod.facts.evidence.document import as_data
from greenmod.facts.evidence.observation import Evidence
from greenmod.report.lazy import lazy_text, load_text
from greenmod.report.wording import count


@dataclass(frozen=True, slots=True)
class Trace:
    """`evidence` of the chosen files, how many SQL `statements` each test sent, and how the run went, in words."""

    evidence: Evidence
    statements: Mapping[str, int]
    outcome: str
    seconds: float

    @property
    def lazy(self) -> int:
        """How many statements lazy loads of relationships sent, or would have sent where they failed."""
        return sum(self.lazy_of(test) for test in {load.test for load in self.evidence.loads})

    def lazy_of(self, test: str) -> int:
        """Return that number for one test. Columns that were expired or deferred are another matter."""
        return sum(load.count for load in self.evidence.loads if load.test == test and not load.is_column)


def trace_text(trace: Trace) -> Iterator[str]:
    """Yield the loads by test, sorted, and then by path, most first."""
    tests = sorted({load.test for load in trace.evidence.loads})
    for test in tests:
        sent = count(trace.statements.get(test, 0), "statement")
        yield f"{test}: {sent}, {count(trace.lazy_of(test), 'lazy load')}\n"
        loads = [load for load in trace.evidence.loads if load.test == test]
        yield from (f"  {load_text(load)}\n" for load in sorted(loads, key=lambda load: (-load.count, load.path)))
    if tests:
        yield "\nBy path:\n"
        yield from (f"  {line}\n" for line in lazy_text(trace.evidence.loads))


def trace_json(trace: Trace) -> str:
    """Return evidence that `run --evidence` reads, and the numbers of each test beside it."""
    tests = sorted({*trace.statements, *(load.test for load in trace.evidence.loads)})
    numbers = {test: {"statements": trace.statements.get(test, 0), "lazy": trace.lazy_of(test)} for test in tests}
    document = {**as_data(trace.evidence), "tests": numbers, "summary": {"lazy": trace.lazy}}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def trace_summary(trace: Trace, most: int | None) -> Iterator[str]:
    """Yield what it comes to, and whether that is more than `most`."""
    tests = {load.test for load in trace.evidence.loads if not load.is_column}
    where = f" in {count(len(tests), 'test')}" if tests else ""
    yield f"{count(trace.lazy, 'lazy load')}{where}; {trace.outcome}; {trace.seconds:.1f} s.\n"
    if most is not None and trace.lazy > most:
        yield f"That is more than --max-lazy {most} allows.\n"
