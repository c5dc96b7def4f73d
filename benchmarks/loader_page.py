"""What became of the loader options of an application, as a row, as lists to read, and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

# The rule of a path that is missing, and that nothing reads which is run.
UNREAD = "(unread)"
_HEADS = (
    ("application", "---"),
    ("options deleted", "---:"),
    ("left", "---:"),
    ("queries", "---:"),
    ("paths", "---:"),
    ("recovered", "---:"),
    ("missing", "---:"),
    ("unread", "---:"),
    ("extra", "---:"),
    ("tests", "---"),
    ("without options", "---"),
    ("repaired", "---"),
    ("run in", "---:"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A path of one query; `rule` is that of the skip there, or what else is known."""

    path: str
    line: int
    scope: str
    query: str
    loaded: str
    rule: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Suite:
    """How many tests passed and failed (errors too), and which failed."""

    passed: int
    failed: int
    seconds: float
    red: Sequence[str] = ()

    def __str__(self) -> str:
        return f"{self.passed} passed" + (f", {self.failed} failed" if self.failed else "")


@dataclass(frozen=True, slots=True)
class Result:
    """All that was found out about one application. `suites` are those of the original, ablated and repaired copy."""

    name: str
    commit: str
    deleted: Mapping[str, int]
    left: int
    queries: int
    paths: int
    recovered: int
    seconds: float
    changes: int
    again: int
    missing: Sequence[Found] = ()
    extra: Sequence[Found] = ()
    problems: Sequence[str] = ()
    suites: Sequence[Suite] = field(default_factory=tuple)

    def save(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> Result:
        data = json.loads(file.read_text(encoding="utf-8"))
        for name, kind in (("missing", Found), ("extra", Found), ("suites", Suite)):
            data[name] = tuple(kind(**each) for each in data[name])
        return cls(**data)


def table(results: Iterable[Result]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield f"| {' | '.join(head for head, _ in _HEADS)} |"
    yield f"| {' | '.join(rule for _, rule in _HEADS)} |"
    for one in results:
        unread = sum(each.rule == UNREAD for each in one.missing)
        read = one.paths - unread
        share = f" ({one.recovered / read:.0%})" if read else ""
        deleted = ", ".join(f"{count} {name}" for name, count in sorted(one.deleted.items()))
        suites = [str(suite) for suite in one.suites] + ["not run"] * (3 - len(one.suites))
        found = (f"{one.recovered}{share}", len(one.missing) - unread, unread, len(one.extra))
        numbers = (one.left, one.queries, one.paths, *found)
        cells = (f"{one.name} {one.commit[:9]}", deleted, *numbers, *suites, f"{one.seconds:.0f} s")
        yield f"| {' | '.join(map(str, cells))} |"


def details(result: Result) -> Iterator[str]:
    """Yield what is missing and extra, with the reasons."""
    yield f"## {result.name}"
    yield ""
    yield f"{result.changes} changes; {result.again} more in a second run."
    yield from (f"- problem: {problem}" for problem in result.problems)
    for title, found in (("Missing", result.missing), ("Extra", result.extra)):
        rules = ", ".join(f"{rule} {count}" for rule, count in Counter(one.rule for one in found).most_common())
        yield ""
        yield f"### {title}: {len(found)}" + (f" ({rules})" if title == "Missing" and found else "")
        yield ""
        yield from (_line(each) for each in found)
    yield from _red(result.suites)


def _line(one: Found) -> str:
    query = one.query if len(one.query) < 80 else f"{one.query[:77]}..."
    why = f" · {one.rule}: {one.reason}" if one.rule else ""
    return f"- {one.path}:{one.line} {one.scope}: `{one.loaded}` of `{query}`{why}"


def _red(suites: Sequence[Suite]) -> Iterator[str]:
    if len(suites) < 3:
        return
    worse = sorted({*suites[2].red} - {*suites[0].red})
    yield ""
    yield f"### Red in the repaired copy, green in the original: {len(worse)}"
    yield ""
    yield from (f"- {test}" for test in worse)
