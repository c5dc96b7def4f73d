"""Delete an application's loader options, let greenmod write them anew, and compare.

    python benchmarks/loader_ablation.py CHECKOUT PYTHON [--code FOLDER]... [--verify] [--no-tests] [-- PYTEST ARGS]
    python benchmarks/loader_ablation.py --table FILE... > docs/ablation.md

CHECKOUT is a git clone and is only read; its commit's subject names the application's commit where that is a hash.
PYTHON is the interpreter of an environment in which its tests run. A path is the class that a query selects and the
names of relationships, whatever strategy loads them; each beginning of a path is a path. What is missing has the rule
of greenmod's skip on the query's line, if there is one; where tests are run, and none of them loads it lazily in the
repaired copy, it is unread, and stands beside the shares. Everything made lies in the work folder.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import loader_page
from corpora import Repository, clone
from libcst import ParserSyntaxError
from loader_comparison import compare, read_tree
from loader_page import Result
from loader_removal import remove
from loader_runs import Application, find_lazy_loads, run_greenmod, run_tests
from loader_sites import LOADERS


def main() -> int:
    """Measure one application, or print the table of several."""
    given, pytest_args = _arguments()
    if given.table:
        print("\n".join(loader_page.page([Result.load(file) for file in given.table])))
        return 0
    checkout = given.checkout.resolve()
    application = Application(
        checkout,
        given.python.absolute(),
        given.name or checkout.name,
        given.folder,
        tuple(given.code),
        tuple(given.on_path),
        given.verify,
        not given.no_tests,
        tuple(pytest_args),
    )
    result = ablate(application, given.work.resolve())
    if given.output:
        result.save(given.output)
    print("\n".join((*loader_page.table([result]), "", *loader_page.details(result))))
    return 0


def ablate(application: Application, work: Path) -> Result:
    """Delete, repair, compare, and run the tests of the three copies."""
    original = clone(application.checkout, work / application.name / "original")
    repaired = clone(application.checkout, work / application.name / "repaired")
    paths = [path for path in original.python_files if _is_production(path, application.code)]
    before = read_tree(original.root, paths)
    _delete(repaired, paths)
    bare = read_tree(repaired.root, paths)
    suites = [run_tests(application, each.root) for each in (original, repaired) if application.has_tests]
    start = time.perf_counter()
    report = run_greenmod(application, repaired.root, "--write")
    seconds = time.perf_counter() - start
    after = read_tree(repaired.root, paths)
    again = run_greenmod(application, repaired.root)
    lazy = None
    if application.has_tests:
        suites.append(run_tests(application, repaired.root))
        lazy = find_lazy_loads(application, repaired.root)
    return Result(
        name=application.name,
        commit=original.git("log", "-1", "--format=%s").strip(),
        deleted=dict(before.loaders - bare.loaders),
        left=bare.loaders.total(),
        seconds=seconds,
        changes=len(report["changes"]),
        again=len(again["changes"]),
        pytest_args=application.pytest_args,
        problems=[f"{each['path']}:{each['line']} {each['message']}" for each in report["problems"]],
        suites=suites,
        **compare(before, bare, after, report["skips"], lazy),
    )


def _is_production(path: str, code: Sequence[str]) -> bool:
    parts = PurePosixPath(path).parts
    is_test = any(part in ("test", "tests", "testing", "docs", "examples") for part in parts[:-1])
    is_test |= parts[-1].startswith("test_") or parts[-1].endswith("_test.py") or parts[-1] == "conftest.py"
    return not is_test and any(PurePosixPath(path).is_relative_to(folder) for folder in code)


def _delete(copy: Repository, paths: Sequence[str]) -> None:
    for path in paths:
        file = copy.root / path
        source = file.read_bytes()
        if not any(word.encode() in source for word in LOADERS):
            continue
        try:
            without = remove(source)
        except ParserSyntaxError as error:
            print(f"{path}: {error}", file=sys.stderr)
            continue
        if without != source:
            file.write_bytes(without)
    copy.git("commit", "--quiet", "--all", "--allow-empty", "--no-verify", "--message", "Delete the loader options")
    copy.settle()


def _arguments() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path, nargs="?")
    parser.add_argument("python", type=Path, nargs="?")
    parser.add_argument("--name", help="what the application is called; the folder's name")
    parser.add_argument("--folder", default=".", help="where pytest starts, relative to the checkout")
    parser.add_argument("--code", action="append", metavar="FOLDER", help="production code; everything but tests")
    parser.add_argument("--on-path", action="append", default=[], metavar="FOLDER", help="for PYTHONPATH")
    parser.add_argument("--work", type=Path, default=Path("ablation-work"), help="where the copies go")
    parser.add_argument("--verify", action="store_true", help="let pytest decide which changes stay")
    parser.add_argument("--no-tests", action="store_true", help="only compare the options")
    parser.add_argument("--output", type=Path, help="where the result goes as JSON")
    parser.add_argument("--table", type=Path, nargs="+", metavar="FILE", help="print these results")
    cut = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    given = parser.parse_args(sys.argv[1:cut])
    if not given.table and not given.python:
        parser.error("CHECKOUT and PYTHON are needed, or --table with results")
    given.code = given.code or ["."]
    return given, sys.argv[cut + 1 :]


if __name__ == "__main__":
    sys.exit(main())
