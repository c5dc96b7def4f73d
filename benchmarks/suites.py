"""Converts the tests of a real project and compares its suite before and after; makes the page `docs/suites.md`.

    python benchmarks/suites.py CHECKOUT PYTHON [--name NAME] [--option NAME=VALUE]... [--output FILE] [-- PYTEST ARGS]
    python benchmarks/suites.py --table FILE... > docs/suites.md

CHECKOUT is a git clone or an unpacked source distribution and is only read. PYTHON is the interpreter of an
environment in which its tests run, with all that the converted ones import: asgi-lifespan, and pytest-asyncio where
that is to run them. It runs in an environment with greenmod. A test counts as one of TestClient when it was seen to
send a request through one, whatever the codemod thinks of it, and as converted when none is seen afterwards.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import suite_page
from conversion import Project, convert
from suite_page import Result


def main() -> int:
    """Measure a suite or print the page; the exit code is 1 where something is not as it was."""
    given, pytest_args = _arguments()
    if given.table:
        print(suite_page.page([Result.load(file) for file in given.table]))
        return 0
    checkout = given.checkout.resolve()
    project = Project(
        checkout, given.python.absolute(), given.folder, given.select, tuple(given.option), tuple(pytest_args)
    )
    result = replace(convert(project), name=given.name or checkout.name)
    if given.output:
        result.save(given.output)
    print("\n".join((*suite_page.table([result]), "", *suite_page.details(result))))
    return 0 if result.is_same else 1


def _arguments() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path, nargs="?")
    parser.add_argument("python", type=Path, nargs="?")
    parser.add_argument("--name", help="what the project is called, with its version; the folder's name")
    parser.add_argument("--folder", default=".", help="where pytest starts, relative to the checkout")
    parser.add_argument("--select", default="testclient-to-async", help="the codemod")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="of the codemod")
    parser.add_argument("--output", type=Path, help="where the result goes as JSON")
    parser.add_argument("--table", type=Path, nargs="+", metavar="FILE", help="print the page of these results")
    cut = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    given = parser.parse_args(sys.argv[1:cut])
    if not given.table and not given.python:
        parser.error("CHECKOUT and PYTHON are needed, or --table with results")
    return given, sys.argv[cut + 1 :]


if __name__ == "__main__":
    sys.exit(main())
