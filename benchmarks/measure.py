"""Measures greenmod beside its neighbours, and writes `docs/performance.md`.

    python benchmarks/measure.py PYTHON CHECKOUT

PYTHON is the interpreter of an environment in which greenmod is installed as a user has it: from a wheel, for an
editable install starts slower. CHECKOUT is a git clone of fastapi/fastapi, in which an identifier is renamed. The large
tree is made, once, of source distributions from the package index, or is a git work tree given by `--tree`. Programs
to compare with are taken from beside PYTHON and from `PATH`; those that are missing are left out and named.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

import races
from clock import Rounds
from corpora import Repository, clone, grow_tree
from page import Goal, Page
from races import Race, Track
from tools import Tools

_ROOT = Path(__file__).resolve().parents[1]
# More than 20,000 Python files, none of which has a word that the codemods look for by default.
_PACKAGES = ("ansible==12.3.0", "moto==5.2.5", "networkx==3.6.1", "plotly==7.1.0", "sympy==1.14.0")
_FOLDER = "networkx-3.6.1/networkx/algorithms/components"


def main() -> None:
    given = _arguments()
    page = _measure(given, Tools.of(Path(os.path.abspath(given.python)), given.work.resolve())).markdown()
    given.output.write_text(page, encoding="utf-8")
    print(page)


def _measure(given: argparse.Namespace, tools: Tools) -> Page:
    """Make the corpora and run every race."""
    track = Track(tools, Rounds(given.runs, min(given.runs, given.slow_runs)))
    tree = Repository(given.tree.resolve()) if given.tree else grow_tree(given.packages, tools.work / "tree")
    words, candidates = tools.probe(tree.root)
    checkout = clone(given.checkout, tools.work / "checkout")
    renamed, renamed_one = races.rename(
        track, lambda name: clone(given.checkout, tools.work / f"checkout-{name}", races.CONFIGURATION)
    )
    cold, warm = races.cold(track, tree, words), races.warm(track, tree)
    parsed, bumped = races.parsers(track, tree), races.bump_pydantic(track, tree, given.folder)
    started = races.start(track, tree, checkout)
    origin = "given" if given.tree else f"all files of {', '.join(given.packages)}"
    return Page(
        f"python benchmarks/measure.py PYTHON CHECKOUT --runs {given.runs} --slow-runs {given.slow_runs}",
        tuple(_goals(renamed, cold, warm, started)),
        (renamed, renamed_one, cold, warm, parsed, bumped, started),
        (
            f"the repository: fastapi/fastapi at {checkout.commit}, {checkout.counts}",
            f"the large tree: {origin}, {tree.counts}; greenmod looks into {len(candidates)} of them",
        ),
        tuple(tools.versions()),
    )


def _goals(renamed: Race, cold: Race, warm: Race, started: Race) -> Iterator[Goal]:
    yield Goal("LibCST's tool to greenmod, a rename", renamed.ratio(races.LIBCST), 30, at_least=True)
    if cold.has(races.RIPGREP):
        yield Goal("greenmod to ripgrep, nothing to do, cold", 1 / cold.ratio(races.RIPGREP), 2)
    yield Goal("greenmod to `git status`, nothing to do, warm", 1 / warm.ratio(races.GIT), 1)
    yield Goal("`greenmod --version` to `python -c pass`", started.ratio(races.VERSION), 2)
    yield Goal("the hook on a file without trigger words", started.times.median(races.HOOK), 0.12, "s")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("python", type=Path, help="the interpreter of the environment with greenmod")
    parser.add_argument("checkout", type=Path, help="a git clone of fastapi/fastapi")
    parser.add_argument("--tree", type=Path, help="a large git work tree, instead of one made of packages")
    parser.add_argument("--packages", nargs="+", default=_PACKAGES, metavar="NAME==VERSION", help="what it is made of")
    parser.add_argument("--folder", default=_FOLDER, help="a small folder of it, for bump-pydantic")
    parser.add_argument("--runs", type=int, default=7, help="how often everything is run")
    parser.add_argument("--slow-runs", type=int, default=7, help="how often commands that take a minute are run")
    parser.add_argument("--work", type=Path, default=_ROOT / "build" / "benchmarks", help="where corpora are made")
    parser.add_argument("--output", type=Path, default=_ROOT / "docs" / "performance.md", help="the page")
    return parser.parse_args()


if __name__ == "__main__":
    main()
