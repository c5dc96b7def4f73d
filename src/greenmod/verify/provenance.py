"""What runs say of single changes: which tests ran their lines, and which changes a test may have stumbled over.

Pure over the runs with all changes of a set, whose lines were followed. What they don't show, the search finds anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from greenmod.model import Change
from greenmod.verify.outcomes import Record, Sign
from greenmod.verify.sites import Sites


def find_suspects(changes: Sequence[Change], sites: Sites, record: Record, sign: Sign) -> frozenset[str]:
    """Return the changes that most likely made `sign` worse.

    Those whose lines its test ran, those in its file and in the conftest files above it, and those in files that the
    message names; failing these, those whose lines ran while modules were imported.
    """
    file = record.in_repository(sign.test).partition("::")[0]
    home = PurePosixPath(file)
    near = {file, *(str(folder / "conftest.py") for folder in home.parents)}
    said = record.results[sign].message if sign in record.results else ""
    found = {id for site in record.executed.get(sign.test, ()) for id in sites.changes_of(site)}
    found |= {
        change.id
        for change in changes
        if not near.isdisjoint(change.paths) or any(path in said for path in change.paths)
    }
    return frozenset(found or (id for site in record.imported for id in sites.changes_of(site)))


def find_witnesses(sites: Sites, record: Record, tests: frozenset[str]) -> dict[str, str]:
    """Return for each change that some of `tests` ran the first of them.

    What ran while a file of tests or a conftest was imported was run for all tests in that file, or below it.
    """
    witnesses: dict[str, str] = {}
    for test in sorted(tests & record.executed.keys()):
        for site in sorted(record.executed[test]):
            for id in sites.changes_of(site):
                witnesses.setdefault(id, test)
    for path, lines in sites.by_path.items():
        imported = [site for _, _, site in lines if site in record.imported]
        first = (
            min((test for test in tests if _is_for(path, record.in_repository(test))), default="") if imported else ""
        )
        if first:
            witnesses = {**{id: first for site in imported for id in sites.changes_of(site)}, **witnesses}
    return witnesses


def _is_for(path: str, test: str) -> bool:
    """Tell whether a file is imported for a test, and for no other reason."""
    file, home = test.partition("::")[0], PurePosixPath(path)
    return path == file or (home.name == "conftest.py" and PurePosixPath(file).is_relative_to(home.parent))
