"""Proposes `mock-to-async-mock` over checkouts whose authors got their mocks right; makes a page and a reading list.

    python benchmarks/mock_precision.py PYTHON CHECKOUT[=INTERPRETER]... [--wrong FILE] [--edits FILE] [--output FILE]

PYTHON is the interpreter of an environment with greenmod. A CHECKOUT is a git work tree and is only read; INTERPRETER
is that of an environment with the packages it imports, whose sources greenmod then reads. `--edits` writes every
proposed change with its reason, to be read and judged; `--wrong` names a file with a line `CHECKOUT CHANGE-ID` for each
that was judged wrong.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpora import Repository
from mock_run import Change, Run, applied, run
from mock_sites import sites
from mock_trees import is_test


@dataclass(frozen=True, slots=True)
class Project:
    """A checkout, what is in it, and what greenmod proposes; `warm` is a second run, in seconds."""

    repository: Repository
    files: int
    tests: int
    sites: int
    run: Run
    warm: float
    wrong: int

    @property
    def name(self) -> str:
        return self.repository.root.name

    @property
    def revision(self) -> str:
        """The commit; of an unpacked tree, the public one that it was made from, which is its subject."""
        subject = self.repository.git("log", "-1", "--format=%s").strip()
        return subject[:8] if re.fullmatch("[0-9a-f]{40}", subject) else self.repository.commit

    def row(self) -> str:
        rules = Counter(skip.rule for skip in self.run.skips)
        skips = ", ".join(f"`{rule}` {number:,}" for rule, number in rules.most_common()) or "none"
        counts = f"{self.files:,} | {self.tests:,} | {self.sites:,} | {len(self.run.changes):,} | {self.wrong:,}"
        seconds = f"{self.run.seconds:.1f} | {self.warm:.2f}"
        return f"| {self.name} {self.revision} | {counts} | {skips} | {seconds} |"


def measure(checkout: Path, interpreter: str, python: Path, wrong: frozenset[str]) -> Project:
    """Run twice, the first time with an empty cache."""
    repository = Repository(checkout)
    tests = [path for path in repository.python_files if is_test(path)]
    options = ("--python", interpreter) if interpreter else ()
    with tempfile.TemporaryDirectory() as folder:
        memory = {"GREENMOD_CACHE_DIR": f"{folder}/cache", "GREENMOD_STATE_DIR": f"{folder}/state"}
        env = {**os.environ, **memory, "NO_COLOR": "1"}
        cold, warm = (run(checkout, python, env, options) for _ in range(2))
    number = sum(f"{checkout.name} {change.id}" in wrong for change in cold.changes)
    found = sum(_count(checkout / path) for path in tests)
    return Project(repository, len(repository.python_files), len(tests), found, cold, warm.seconds, number)


def _count(file: Path) -> int:
    try:
        return len(sites(file.read_bytes()))
    except (SyntaxError, ValueError, OSError):
        return 0  # what greenmod can't read either


def page(projects: Sequence[Project]) -> Iterator[str]:
    """Yield the lines of a Markdown table, and of the problems below it."""
    yield "| project | .py files | of tests | sites | changes | wrong | left alone | cold s | warm s |"
    yield "|---|---:|---:|---:|---:|---:|---|---:|---:|"
    yield from (project.row() for project in projects)
    total = f"{sum(p.sites for p in projects):,} | {sum(len(p.run.changes) for p in projects):,}"
    skips = sum(len(project.run.skips) for project in projects)
    yield f"| all | | | {total} | {sum(p.wrong for p in projects):,} | {skips:,} | | |"
    for project in projects:
        yield from (f"- {project.name}: {problem}" for problem in project.run.problems)


def reading(projects: Iterable[Project]) -> Iterator[str]:
    """Yield each proposed change as a diff of its lines, with the id by which it is judged, and then the skips."""
    for project in projects:
        for change in project.run.changes:
            yield f"## {project.name} {change.id}"
            yield f"{change.path}:{change.line} {change.title}: {change.why}"
            yield from _diff(project.repository.root, change)
            yield ""
        for skip in project.run.skips:
            yield f"-- {project.name} {skip.path}:{skip.line} [{skip.rule}] {skip.reason}"


def _diff(root: Path, change: Change) -> Iterator[str]:
    for path, data in applied(root, [change]).items():
        before, after = ((one.decode(errors="replace").splitlines()) for one in ((root / path).read_bytes(), data))
        yield from list(difflib.unified_diff(before, after, n=2, lineterm=""))[2:]


def main() -> int:
    """Print the page; the exit code is 1 where a proposed change is known to be wrong."""
    given = _arguments()
    wrong = frozenset(given.wrong.read_text(encoding="utf-8").splitlines() if given.wrong else ())
    projects = []
    for checkout in given.checkouts:
        folder, _, interpreter = checkout.partition("=")
        projects.append(measure(Path(folder).resolve(), interpreter, given.python.absolute(), wrong))
        print(projects[-1].row(), file=sys.stderr, flush=True)
    if given.edits:
        given.edits.write_text("\n".join((*reading(projects), "")), encoding="utf-8")
    text = "\n".join((*page(projects), ""))
    if given.output:
        given.output.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 1 if any(project.wrong for project in projects) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python", type=Path, metavar="PYTHON")
    parser.add_argument("checkouts", nargs="+", metavar="CHECKOUT[=INTERPRETER]")
    parser.add_argument("--wrong", type=Path, metavar="FILE", help="the changes judged wrong")
    parser.add_argument("--edits", type=Path, metavar="FILE", help="where the reading list goes")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where the page goes")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
