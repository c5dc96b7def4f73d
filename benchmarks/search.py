"""Counts the pytest runs that it takes to find k bad changes among n: they should grow like k · log2 n.

    python benchmarks/search.py [--output FILE]

It makes repositories whose changes each have a module of their own, every fifth without a test; which ones are bad is
drawn by a seed. In some each module has its own test, so that it is known what a failing test ran; in the others one
test asks all modules, so that nothing tells the changes apart. The loop is the real one, with pytest in child
processes, and what it drops is checked. It runs in an environment with greenmod; `verification.py` makes the page.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from greenmod.model import Change, ChangeSet, Edit, Safety
from greenmod.patches import Patch
from greenmod.verify import Suite, Verification, verify

_SEED = 2024
_UNTESTED = 5  # one in so many
_BEFORE, _GOOD, _BAD = "return 1 + 1", "return 2", "return 3"
SHARED = "one for all"
OWN = "one each"


@dataclass(frozen=True, slots=True)
class Case:
    """A repository with `n` changes, `k` of them bad, whose tests are of one shape."""

    n: int
    k: int
    tests: str

    @property
    def tested(self) -> list[int]:
        return [number for number in range(self.n) if number % _UNTESTED]

    @property
    def bad(self) -> list[int]:
        return sorted(random.Random(f"{_SEED} {self}").sample(self.tested, self.k))


@dataclass(frozen=True, slots=True)
class Measured:
    """What a case took: runs of pytest, and how many of them were of all tests and of some."""

    case: Case
    runs: int
    whole: int
    single: int
    seconds: float

    def row(self) -> str:
        one = self.case
        bound = f"{one.k * math.log2(one.n):.0f}"
        return (
            f"| {one.tests} | {one.n} | {one.k} | {self.runs} | {self.whole} | {self.single} | {bound} | "
            f"{self.seconds:.1f} |"
        )


@dataclass(slots=True)
class Counter:
    """Counts the runs that a verification announces."""

    whole: int = 0

    def tell(self, sentence: str) -> None:
        self.whole += sentence.startswith("Running all tests")

    def begin(self, stage: str, total: int | None) -> None:
        """See Audience."""

    def advance(self, count: int = 1) -> None:
        """See Audience."""


def main() -> None:
    """Measure all cases and print the table."""
    given = _arguments()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # this environment's plugins are no part of the repositories
    measured = []
    for case in (Case(n, k, tests) for tests in (OWN, SHARED) for n in given.sizes for k in given.bad):
        measured.append(measure(case))
        print(measured[-1].row(), file=sys.stderr, flush=True)
    if given.output:
        given.output.write_text(json.dumps([asdict(one) for one in measured], indent=1) + "\n", encoding="utf-8")
    print("\n".join(table(measured)))


def load(file: Path) -> list[Measured]:
    """Read what `--output` wrote."""
    found = json.loads(file.read_text(encoding="utf-8"))
    return [Measured(**{**one, "case": Case(**one["case"])}) for one in found]


def table(measured: Sequence[Measured]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield "| tests | changes (n) | bad ones (k) | runs of pytest | of all tests | of some | k · log2 n | seconds |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    yield from (one.row() for one in measured)


def measure(case: Case) -> Measured:
    """Verify the changes of a case. Ends the program where others than the bad ones were dropped."""
    with tempfile.TemporaryDirectory(prefix="greenmod-search-") as name:
        root = Path(os.path.realpath(name)) / "repository"
        patch, counter = _make(case, root), Counter()
        suite = Suite(root, python=Path(sys.executable))
        found = verify(suite, patch.plan, patch.plan.ids, patch.render, counter)
    _check(case, found)
    return Measured(case, found.runs, counter.whole, found.runs - counter.whole, found.seconds)


def _check(case: Case, found: Verification) -> None:
    dropped = [one.id for one in found.dropped]
    if dropped != sorted(map(_module, case.bad)):
        sys.exit(f"{case}: dropped {dropped}, but bad are {case.bad}")


def _make(case: Case, root: Path) -> Patch:
    """Write the repository and return its changes."""
    modules = {_module(number): f"def value():\n    {_BEFORE}\n" for number in range(case.n)}
    for path, text in {**modules, **_tests(case)}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    changes = tuple(_change(path, text, number in case.bad) for number, (path, text) in enumerate(modules.items()))
    return Patch(ChangeSet(changes=changes), {path: text.encode() for path, text in modules.items()})


def _change(path: str, text: str, is_bad: bool) -> Change:
    start = text.index(_BEFORE)
    edit = Edit(path, start, start + len(_BEFORE), _BAD if is_bad else _GOOD)
    return Change(path, "by-hand", "Write the sum", "to measure", Safety.UNSAFE, (edit,))


def _tests(case: Case) -> Mapping[str, str]:
    if case.tests == OWN:
        return {f"tests/test_part_{n:03}.py": _own_test(n) for n in case.tested}
    imports = "".join(f"from parts import part_{n:03}\n" for n in case.tested)
    asked = ", ".join(f"part_{n:03}" for n in case.tested)
    body = f"def test_all():\n    assert {{part.value() for part in ({asked})}} == {{2}}\n"
    return {"tests/test_parts.py": f"{imports}\n{body}"}


def _own_test(number: int) -> str:
    name = f"part_{number:03}"
    return f"from parts import {name}\n\ndef test_{name}():\n    assert {name}.value() == 2\n"


def _module(number: int) -> str:
    return f"parts/part_{number:03}.py"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 50, 200], metavar="N", help="numbers of changes")
    parser.add_argument("--bad", type=int, nargs="+", default=[1, 3], metavar="K", help="numbers of bad changes")
    parser.add_argument("--output", type=Path, help="where the figures go as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
