"""Measures what planning loaders and tracing lazy loads cost, over the bare tests; makes the page `docs/tracing.md`.

    python benchmarks/tracing.py CHECKOUT PYTHON [--name NAME] [--rounds 5] [--output FILE] [-- PYTEST ARGS]
    python benchmarks/tracing.py --page FILE... > docs/tracing.md

CHECKOUT is only read. PYTHON is the interpreter of an environment in which its tests run. It runs in an environment
with greenmod. Bare pytest and greenmod's runs, with lazy loads being traced and without, take turns in copies of their
own; so does planning with an empty cache and with one that knows it all. All of it is told in CPU seconds, which other
work on the machine disturbs less than wall time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from clock import Command, Rounds
from verification import Bare, Listener, Ours, cpu_seconds, version_of

from greenmod.config import load
from greenmod.verify import Suite
from greenmod.verify.outcomes import count
from greenmod.verify.runner import Runner
from greenmod.verify.sandbox import open_sandbox

_CODES = (0, 1, 3)  # nothing to change, changes, changes beside files that can't be read
_ABOUT = """\
*bare* is pytest as a user runs it; *untraced* and *traced* are the same run as greenmod makes it, in the sandbox and
with its plugin, without and with following SQLAlchemy. *tracing adds* is the median of what one adds to the other in
the same round, with the least and the most; *in all* compares with the bare run, for which the aim is 25 %. That may be
less than nothing: greenmod's runs have a temporary folder of their own, and freeze what is there after each test. Most
is added where tests do nothing but ask a database in memory, and load lazily what they read: see [decision 16][16]; a
suite without lazy loads shows only what it costs to follow its queries. *cold* is
`greenmod run --select add-selectinload` with an empty cache, *warm* with nothing changed since, also in per cent of the
bare run. All of it is CPU seconds.

[16]: decisions/0016-lazy-loads-and-statements.md\
"""


@dataclass(frozen=True, slots=True)
class Result:
    """CPU seconds, a number per round: of the tests by themselves and traced, and of plans."""

    name: str
    python: str
    pytest_args: Sequence[str]
    tests: str
    loads: int
    bare: Sequence[float]
    untraced: Sequence[float]
    traced: Sequence[float]
    cold: Sequence[float]
    warm: Sequence[float]

    def added(self, to: Sequence[float]) -> str:
        """Tell how much more the traced runs cost than others in the same round."""
        each = [traced / other - 1 for other, traced in zip(to, self.traced, strict=True)]
        return f"{statistics.median(each):+.0%} ({min(each):+.0%} … {max(each):+.0%})"

    def row(self) -> str:
        """Return the line of the table."""
        bare, untraced, traced = map(statistics.median, (self.bare, self.untraced, self.traced))
        cold, warm = statistics.median(self.cold), statistics.median(self.warm)
        return (
            f"| {self.name} | {self.tests} | {self.loads:,} | {bare:.2f} | {untraced:.2f} | {traced:.2f} | "
            f"{self.added(self.untraced)} | {self.added(self.bare)} | "
            f"{cold:.2f}, {cold / bare:.0%} | {warm:.2f}, {warm / bare:.0%} |"
        )


def main() -> None:
    """Measure a project, or print the page."""
    given, pytest_args = _arguments()
    if given.page:
        results = [Result(**json.loads(file.read_text(encoding="utf-8"))) for file in given.page]
        print("\n".join(_page(results)))
        return
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as most users have it; containers often don't
    root = given.checkout.resolve()
    result = _measure(root, given.python.absolute(), tuple(pytest_args), given.rounds, given.name or root.name)
    if given.output:
        given.output.write_text(json.dumps(asdict(result), indent=1) + "\n", encoding="utf-8")
    print("\n".join(_table([result])))


def _measure(root: Path, python: Path, pytest_args: tuple[str, ...], turns: int, name: str) -> Result:
    """Run the tests by themselves and traced, by turns; then plan."""
    include = load(root).sandbox_include
    suite = Suite(root, python, pytest_args, include)
    with (
        open_sandbox(root, include) as copy,
        open_sandbox(root, include) as stage,
        open_sandbox(root, include) as traced_stage,
        closing(Runner(suite, stage, (), Listener())) as runner,
        closing(Runner(replace(suite, explains=True, traces=True), traced_stage, (), Listener())) as tracer,
    ):
        bare, untraced, traced = Bare(suite, python, copy), Ours(runner), Ours(tracer)
        bare.seconds()  # which leaves its bytecode, as the next do
        untraced.run()
        first = traced.run()
        rounds = []
        for _ in range(turns):
            rounds.append([cpu_seconds(run) for run in (bare.seconds, untraced.run, traced.run)])
            print("  ".join(f"{seconds:8.2f}" for seconds in rounds[-1]), file=sys.stderr, flush=True)
    loads = sum(len(found) for found in first.record.loads.values())
    times = (*zip(*rounds, strict=True), *_plan(root, turns))
    return Result(name, version_of(python), pytest_args, str(count(first)), loads, *times)


def _plan(root: Path, rounds: int) -> tuple[Sequence[float], Sequence[float]]:
    """Return what it costs to plan with an empty cache, and with a full one."""
    words = ("run", "--select", "add-selectinload", "--format", "summary", "--jobs", "1", str(root))
    with tempfile.TemporaryDirectory() as work:
        cache = Path(work) / "cache"
        command = Command(
            "cold",
            (sys.executable, "-m", "greenmod", *words),
            root,
            lambda: shutil.rmtree(cache, ignore_errors=True),
            {"GREENMOD_CACHE_DIR": str(cache)},
            _CODES,
            is_slow=True,
        )
        times = Rounds(rounds, rounds).time([command, replace(command, name="warm", before=None)], os.environ)
        return times.seconds["cold"], times.seconds["warm"]


def _page(results: Sequence[Result]) -> Iterator[str]:
    yield from ("# What planning and tracing cost", "")
    yield from ("Generated by `python benchmarks/tracing.py --page`; do not edit.", "")
    yield f"Measured on {platform.system()} {platform.machine()}, {os.cpu_count()} cores: `add-selectinload`."
    yield from ("", _ABOUT, "", *_table(results), "", "## Measured with", "")
    for one in results:
        yield f"- {one.name}: Python {one.python}; {len(one.bare)} rounds; `{shlex.join(('pytest', *one.pytest_args))}`"


def _table(results: Sequence[Result]) -> Iterator[str]:
    yield "| project | tests | lazy loads | bare | untraced | traced | tracing adds | in all | plan, cold | warm |"
    yield f"|---|---|{'---:|' * 8}"
    yield from (one.row() for one in results)


def _arguments() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path, nargs="?")
    parser.add_argument("python", type=Path, nargs="?")
    parser.add_argument("--name", help="what the project is called, with its version; the folder's name")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is run")
    parser.add_argument("--output", type=Path, help="where the result goes as JSON")
    parser.add_argument("--page", type=Path, nargs="+", metavar="FILE", help="print the page of these results")
    cut = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    given = parser.parse_args(sys.argv[1:cut])
    if not given.page and not given.python:
        parser.error("CHECKOUT and PYTHON are needed, or --page with results")
    return given, sys.argv[cut + 1 :]


if __name__ == "__main__":
    main()
