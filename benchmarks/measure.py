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
    work = given.work.resolve()
    tools = Tools.of(Path(os.path.abspath(given.python)), work)
    track = Track(tools, Rounds(given.runs, min(given.runs, given.slow_runs)))
    tree = Repository(given.tree.resolve()) if given.tree else grow_tree(given.packages, work / "tree")
    words, candidates = tools.probe(tree.root)
    checkout = clone(given.checkout, work / "checkout")
    found = (
        *races.rename(track, lambda name: clone(given.checkout, work / f"checkout-{name}", races.CONFIGURATION)),
        races.cold(track, tree, words),
        races.warm(track, tree),
        races.bump_pydantic(track, tree, given.folder),
        races.start(track, tree, checkout),
    )
    corpora = (
        f"the repository: {checkout.counts}, fastapi/fastapi at {checkout.commit}",
        f"the large tree: {tree.counts}, {'given' if given.tree else 'all of ' + ', '.join(given.packages)}; "
        f"files that hold what the codemods look for: {len(candidates)}",
    )
    command = f"python benchmarks/measure.py PYTHON CHECKOUT --runs {given.runs} --slow-runs {given.slow_runs}"
    page = Page(command, tuple(_goals(*found)), found, corpora, tools.versions())
    given.output.write_text(page.markdown(), encoding="utf-8")
    print(page.markdown())


def _goals(rename: Race, _one: Race, cold: Race, warm: Race, _bump: Race, start: Race) -> Iterator[Goal]:
    def ratio(race: Race, name: str, other: str) -> float:
        return race.times.ratio(name, other)

    yield Goal("LibCST's tool to greenmod, a rename", ratio(rename, races.LIBCST, races.GREENMOD), 30, at_least=True)
    if races.RIPGREP in cold.times.seconds:
        yield Goal("greenmod to ripgrep, nothing to do, cold", ratio(cold, races.GREENMOD, races.RIPGREP), 2)
    yield Goal("greenmod to `git status`, nothing to do, warm", ratio(warm, races.GREENMOD, races.GIT), 1)
    yield Goal("`greenmod --version` to `python -c pass`", ratio(start, races.VERSION, races.PYTHON), 2)
    yield Goal("the hook on a file without trigger words", start.times.median(races.HOOK), 0.12, "s")


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
