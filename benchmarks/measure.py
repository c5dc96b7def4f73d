"""Measures greenmod beside the tools next to it, and writes `docs/performance.md`.

    python benchmarks/measure.py PYTHON CHECKOUT

PYTHON is the interpreter of an environment in which greenmod is installed as a user has it (from a wheel: an editable
install starts slower). CHECKOUT is a clone of fastapi/fastapi, in which an identifier is renamed. The large tree is
made of source distributions from the package index, once, or is a git work tree given by `--tree`. Programs to
compare with are taken from beside PYTHON and from `PATH`; those that are missing are left out and named.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import sys
from functools import partial
from pathlib import Path

import races
from clock import Rounds
from corpora import Repository, clone, grow_tree
from page import Goal, Section, page

_ROOT = Path(__file__).resolve().parents[1]
# Over 20,000 Python files in which the codemods that run by default have no candidate.
_PACKAGES = ("ansible==12.3.0", "moto==5.2.5", "networkx==3.6.1", "plotly==7.1.0", "sympy==1.14.0")
_SMALL = "networkx-3.6.1/networkx/algorithms/components"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("python", type=Path, help="the interpreter of the environment with greenmod")
    parser.add_argument("checkout", type=Path, help="a git clone of fastapi/fastapi")
    parser.add_argument("--tree", type=Path, help="a large git work tree, instead of one made of packages")
    parser.add_argument("--package", nargs="+", default=_PACKAGES, metavar="NAME==VERSION", help="what it is made of")
    parser.add_argument("--small", default=_SMALL, metavar="FOLDER", help="a small folder of it, for bump-pydantic")
    parser.add_argument("--runs", type=int, default=7, help="how often everything is run")
    parser.add_argument("--slow-runs", type=int, default=7, help="how often what takes a minute is run")
    parser.add_argument("--work", type=Path, default=_ROOT / "build" / "benchmarks", help="where corpora are made")
    parser.add_argument("--output", type=Path, default=_ROOT / "docs" / "performance.md", help="the page")
    return parser.parse_args()


def main() -> None:
    given = _arguments()
    work = given.work.resolve()
    rounds = Rounds(given.runs, min(given.runs, given.slow_runs))
    tools = races.Tools.of(Path(os.path.abspath(given.python)), work)
    tree = Repository(given.tree.resolve()) if given.tree else grow_tree(given.package, work)
    words, candidates = tools.probe(tree.root)
    renamed = races.rename(
        tools, rounds, lambda name: clone(given.checkout, work / f"rename-{name}", races.CONFIGURATION)
    )
    searched = races.nothing_to_do(tools, rounds, tree, words)
    bumped = races.bump_pydantic(tools, rounds, tree, given.small)
    checkout = clone(given.checkout, work / "checkout")
    started = races.start(tools, rounds, tree, checkout)
    ...


if __name__ == "__main__":
    main()
