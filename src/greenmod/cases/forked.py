"""The far end of `runner.py`: a process that has run pytest already, and forks for the tests of each case.

The first of its arguments is the folder of the tests, the second the file for what a fork says, the third names the
modules that it imports before it forks, separated by commas; the rest are pytest's.
As with `python -m pytest`, the tests find the folder that it is started in on their path.
"""

from __future__ import annotations

import importlib
import os
import sys

import pytest
from greenmod_warm import serve


def main(folder: str, output: str, modules: str, *arguments: str) -> int:
    """Return the exit code of pytest, in a fork; the process itself never returns."""
    channel = os.environ.pop("GREENMOD_WARM")
    pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", folder])  # where nothing is yet
    serve(channel, folder, output, modules.split(","))
    os.chdir(folder)  # not the one that was there when this process began
    importlib.invalidate_caches()
    return pytest.main(list(arguments))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
