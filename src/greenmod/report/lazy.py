"""Lazy loads, and what was saved of them, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from greenmod.report.wording import count

if TYPE_CHECKING:
    from greenmod.facts.evidence.loads import LazyLoad
    from greenmod.facts.evidence.observation import Frame
    from greenmod.verify import Saving


@dataclass(frozen=True, slots=True)
class Group:
    """The loads over one path of the rows of one query, over all `tests`; `path` and `query` are in words."""

    path: str
    query: str
    count: int
    tests: tuple[str, ...]
    accesses: tuple[str, ...]


def by_path(loads: Iterable[LazyLoad]) -> list[Group]:
    """Put loads together that an option in one place would save, the most frequent ones first."""
    found: dict[tuple[str, str], list[LazyLoad]] = {}
    for load in loads:
        found.setdefault((path_text(load), query_text(load)), []).append(load)
    groups = [
        Group(
            path,
            query,
            sum(load.count for load in of_path),
            tuple(sorted({load.test for load in of_path})),
            tuple(sorted({_place(load.access) for load in of_path if load.access is not None})),
        )
        for (path, query), of_path in found.items()
    ]
    return sorted(groups, key=lambda group: (-group.count, group.path, group.query))


def group_text(group: Group) -> str:
    """Return a group in a line: `40 × Author.books, queried in app/routes.py:12, read in a.html:9 (2 tests)`."""
    read = f", read in {' and '.join(group.accesses)}" if group.accesses else ""
    return f"{group.count:,} × {group.path}, {group.query}{read} ({count(len(group.tests), 'test')})"


def load_text(load: LazyLoad) -> str:
    """Return one load of a test in a line."""
    read = "" if load.access is None else f", read in {_place(load.access)}"
    return f"{load.count:,} × {path_text(load)}, {query_text(load)}{read}"


def path_text(load: LazyLoad) -> str:
    """Return where a load leads, and what kept it from that."""
    what = f"{load.path} (column)" if load.is_column else load.path
    return f"{what} [{load.failure}]" if load.failure else what


def query_text(load: LazyLoad) -> str:
    """Return where the rows came from."""
    if load.query is not None:
        kind = {"generic": " (a generic query)", "library": " (by a library)"}.get(load.query.kind, "")
        return f"queried in {_place(load.query.frame)}{kind}"
    return "of no query that is known" if load.birth is None else f"created in {_place(load.birth)}"


def saving_text(saving: Saving) -> str:
    """Return what a test says of a change that is to save statements: `test_api.py::test_list  41 → 3 statements`."""
    if saving.before is None:
        was, now = (f"hidden {saving.failure}", "") if saving.failure else ("red", "green, ")
        return f"{saving.test}  {was} → {now}{count(saving.after, 'statement')}"
    return f"{saving.test}  {saving.before:,} → {count(saving.after, 'statement')}"


def lazy_text(loads: Iterable[LazyLoad]) -> Iterator[str]:
    """Yield the groups, most first."""
    yield from map(group_text, by_path(loads))


def _place(frame: Frame) -> str:
    return f"{frame.path}:{frame.line}"
