"""Measures what planning a checkout costs: cold, after one file was edited, and warm.

    python benchmarks/planning.py CHECKOUT PYTHON [--select mock-to-async-mock]

PYTHON is the interpreter of an environment in which greenmod is installed. `cold` starts with an empty cache, `edited`
with that of a run before which another file was there, `warm` with that of a run over the same files. CHECKOUT is
cloned, and left alone.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from clock import Command, Rounds
from corpora import clone

_CODES = (0, 1, 3)  # nothing to change, changes, changes beside files that can't be read


def main() -> None:
    given = _arguments()
    with tempfile.TemporaryDirectory() as work:
        checkout = clone(given.checkout, Path(work) / "checkout")
        commands = _commands(given, checkout.root, Path(work) / "cache")
        times = Rounds(given.runs, given.runs).time(commands, os.environ)
        print(f"{given.checkout.name} at {checkout.commit}, {checkout.counts}: CPU seconds of `greenmod run`")
        for command in commands:
            print(f"{command.name:>8} {times.median(command.name):7.2f}")


def _commands(given: argparse.Namespace, root: Path, cache: Path) -> list[Command]:
    argv = (given.python, "-m", "greenmod", "run", "--select", given.select, "--format", "summary", "--jobs", "1")
    env = {"GREENMOD_CACHE_DIR": str(cache)}

    def command(name: str, before: Callable[[], object] | None = None) -> Command:
        return Command(name, argv, root, before, env, _CODES, is_slow=True)

    return [
        command("cold", lambda: shutil.rmtree(cache, ignore_errors=True)),
        command("edited", lambda: _edit(root / "greenmod_measures_this.py")),
        command("warm"),
    ]


def _edit(file: Path) -> None:
    """Make a file another one than it was."""
    file.write_text(f"{file.read_text() if file.exists() else ''}x = 1\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("checkout", type=Path, help="a git clone of the repository to plan for")
    parser.add_argument("python", type=os.path.abspath, help="the interpreter of the environment with greenmod")
    parser.add_argument("--select", default="mock-to-async-mock", help="the codemod")
    parser.add_argument("--runs", type=int, default=3, help="how often each is run")
    return parser.parse_args()


if __name__ == "__main__":
    main()
