"""What the tests and the application said to each other in a run, as `greenmod_exchanges` wrote it down, and by whom.

Pure but for `read`. A test exchanges the same as before when every row is equal, field by field; a field that two runs
of the same content already disagree about is random and does not count.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Method, path with query, status, digest of the body.
Row = Sequence[object]
Rows = Sequence[Row]


@dataclass(frozen=True, slots=True)
class Said:
    """The exchanges of each test, and which clients carried them."""

    exchanges: Mapping[str, Rows] = field(default_factory=dict)
    clients: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def through(self, client: str) -> set[str]:
        """Return the tests that used `client`."""
        return {test for test, clients in self.clients.items() if client in clients}

    def rows(self, test: str) -> Rows:
        return self.exchanges.get(test, ())


@dataclass(frozen=True, slots=True)
class Difference:
    """The first row of a test that is not as it was; None where one side has no such row."""

    test: str
    before: Row | None
    after: Row | None


def read(path: Path) -> Said:
    """Read what a run left behind and remove it: the next run writes to the same place."""
    if not path.exists():
        return Said()
    written = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    return Said(written["exchanges"], written["clients"])


def find_differing(before: Said, after: Said) -> list[str]:
    """Return the tests whose exchanges are not equal."""
    tests = {*before.exchanges, *after.exchanges}
    return sorted(test for test in tests if before.rows(test) != after.rows(test))


def find_changed(before: Said, again: Said, after: Said) -> Iterator[Difference]:
    """Yield the tests that differ in more than what `again`, a second run of the same, differs in from `before`."""
    for test in find_differing(before, after):
        was, repeated, now = before.rows(test), again.rows(test), after.rows(test)
        if len(was) != len(repeated):
            continue  # how much is said is random itself
        for number in range(max(len(was), len(now))):
            old, new = _at(was, number), _at(now, number)
            if old is None or new is None or not _agree(old, repeated[number], new):
                yield Difference(test, old, new)
                break


def _agree(was: Row, repeated: Row, now: Row) -> bool:
    return all(old == new or old != other for old, other, new in zip(was, repeated, now, strict=True))


def _at(rows: Rows, number: int) -> Row | None:
    return rows[number] if number < len(rows) else None
