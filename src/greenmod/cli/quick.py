"""The way out for runs that have nothing to do: found with the standard library and the prefilter alone.

It answers only what it is sure of; everything else goes the long way.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

# Options that don't matter as long as there is nothing to do.
_FLAGS = frozenset({"--write", "--check", "--show-skips", "--no-cache"})


def nothing_to_do(argv: list[str]) -> bool:
    """Say so and return True where a plain `run` or `hook` has no candidate file."""
    if not argv or argv[0] not in ("run", "hook") or "--" in argv:
        return False
    rest = [argument for argument in argv[1:] if argument not in _FLAGS]
    if any(argument.startswith("-") for argument in rest) or (argv[0] == "hook" and not rest):
        return False
    from greenmod import session
    from greenmod.journal.recovery import recover
    from greenmod.report import wording

    began = time.monotonic()
    run = session.start(
        session.Request(tuple(map(Path, rest)), use_cache="--no-cache" not in argv, reach=argv[0] == "run")
    )
    for recovered in recover(run.root):
        print(wording.recovered(recovered), file=sys.stderr)
    if session.find_candidates(run):
        return False
    print(wording.nothing_to_change(len(run.files.chosen), time.monotonic() - began), file=sys.stderr)
    return True
