"""What became of a project's suite, as a row, as details, as JSON, and together with others as a page."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

_HEADS = (
    ("project", "---"),
    ("tests before", "---"),
    ("after", "---"),
    ("TestClient tests", "---:"),
    ("converted", "---:"),
    ("worse", "---:"),
    ("vanished", "---:"),
    ("exchanges", "---:"),
    ("tests with different ones", "---:"),
    ("changes", "---:"),
    ("planned in", "---:"),
    ("second run", "---:"),
)
_TEXT = (
    "Each suite runs before and after in a copy. *TestClient tests* are those that were seen to send a request through "
    "a `TestClient`, whatever the codemod thinks of them; they are *converted* when afterwards all their requests go "
    "through an `AsyncClient`. *Worse* is a test that passed and no longer does, "
    "*vanished* one that is no longer collected. *Exchanges* are the requests that the tests sent to the application: "
    "method, path with query, status and digest of the body are compared one by one; only what two runs of the "
    "unconverted suite already disagree about is left out. *Second run* is what greenmod proposes for its own result."
)


@dataclass(frozen=True, slots=True)
class Result:
    """All that was found out about one project. `left` counts the tests that kept TestClient, by their skip's rule."""

    python: str
    command: Sequence[str]
    pytest_args: Sequence[str]
    before: str
    after: str
    seconds_before: float
    seconds_after: float
    plan_seconds: float
    write_seconds: float
    changes: int
    files: int
    again: int
    clients: int
    converted: int
    exchanges: int
    problems: Sequence[str] = ()
    skips: Mapping[str, int] = field(default_factory=dict)
    reasons: Sequence[str] = ()
    partly: Sequence[str] = ()
    left: Mapping[str, int] = field(default_factory=dict)
    unexplained: Sequence[str] = ()
    worse: Sequence[Sequence[str]] = ()
    vanished: Sequence[str] = ()
    appeared: Sequence[str] = ()
    fixed: Sequence[str] = ()
    unsteady: Sequence[str] = ()
    random: Sequence[str] = ()
    different: Sequence[Sequence[object]] = ()
    name: str = ""

    @property
    def is_same(self) -> bool:
        """Whether nothing got worse and the result needs no second run."""
        return not (self.worse or self.vanished or self.different or self.again or self.problems)

    @property
    def share(self) -> str:
        return f"{self.converted:,} ({100 * self.converted / self.clients:.1f} %)" if self.clients else "-"

    @classmethod
    def load(cls, path: Path) -> Result:
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def cells(self) -> tuple[object, ...]:
        return (
            self.name,
            self.before,
            self.after,
            f"{self.clients:,}",
            self.share,
            len(self.worse),
            len(self.vanished),
            f"{self.exchanges:,}",
            len(self.different),
            f"{self.changes:,}",
            f"{self.plan_seconds:.1f} s",
            self.again,
        )


def table(results: Sequence[Result]) -> Iterator[str]:
    """Yield the lines of a table with a row per project."""
    yield _row(name for name, _ in _HEADS)
    yield _row(dashes for _, dashes in _HEADS)
    yield from (_row(result.cells()) for result in results)


def details(result: Result) -> Iterator[str]:
    """Yield what a person needs who wants to know why."""
    yield f"{result.changes} changes in {result.files} files; written in {result.write_seconds:.1f} s"
    yield f"suite: {result.seconds_before:.1f} s before, {result.seconds_after:.1f} s after"
    yield from _counted("skips by rule", result.skips)
    yield from _counted("TestClient tests left alone, by the rule of their skip", result.left)
    worse = [f"{test}: {before}, now {after}: {message}" for test, before, after, message in result.worse]
    different = [f"{test}: {before}, now {after}" for test, before, after in result.different]
    for title, found in (
        ("problems", result.problems),
        ("worse", worse),
        ("vanished", result.vanished),
        ("appeared", result.appeared),
        ("fixed", result.fixed),
        ("unsteady: not the same in equal runs", result.unsteady),
        ("exchanges different", different),
        ("exchanges random", result.random),
        ("through both clients", result.partly),
        ("left alone, and no skip says why", result.unexplained),
        ("skips", result.reasons),
    ):
        if found:
            yield from ("", f"{title} ({len(found)}):", *(f"  {one}" for one in found))


def page(results: Sequence[Result]) -> str:
    """Return the page about all projects."""
    return "\n".join(_lines(results))


def _lines(results: Sequence[Result]) -> Iterator[str]:
    yield from ("# Suites", "", "Generated by `python benchmarks/suites.py --table`; do not edit.", "", _TEXT, "")
    yield from table(results)
    rules = sum((Counter(result.left) for result in results), Counter())
    if rules:
        yield from ("", "## TestClient tests left alone", "", "By the rule that greenmod names at each of them.", "")
        yield _row(("rule", *(result.name for result in results)))
        yield _row(("---", *("---:" for _ in results)))
        for rule, _ in sorted(rules.items(), key=lambda found: (-found[1], found[0])):
            yield _row((rule, *(result.left.get(rule, "") for result in results)))
    yield from ("", "## Runs", "", _row(("project", "Python", "command", "pytest", "suite before", "after")))
    yield _row(("---", "---", "---", "---", "---:", "---:"))
    for result in results:
        commands = (f"`{shlex.join(part)}`" for part in (result.command, ("pytest", *result.pytest_args)))
        seconds = (f"{result.seconds_before:.0f} s", f"{result.seconds_after:.0f} s")
        yield _row((result.name, result.python, *commands, *seconds))
    random = [f"{result.name}: {len(result.random)}" for result in results if result.random]
    if random:
        yield from ("", f"Tests whose exchanges are partly random, before as after: {', '.join(random)}.")
    different = [f"{result.name}: `{test}`" for result in results for test, *_ in result.different]
    if different:
        yield from ("", "Tests with different exchanges:", "", *(f"- {each}" for each in different))


def _counted(title: str, counts: Mapping[str, int]) -> Iterator[str]:
    if counts:
        named = ", ".join(f"{rule} {number}" for rule, number in sorted(counts.items(), key=lambda one: -one[1]))
        yield f"{title}: {named}"


def _row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"
