"""Which evidence still holds: what speaks of a file that has other bytes by now says nothing of its lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from greenmod.facts.evidence.loads import LazyLoad
from greenmod.facts.evidence.observation import Evidence, Frame, Observation
from greenmod.source import digest


@dataclass(frozen=True, slots=True)
class Stale:
    """A file that is not what it was, and how many observations and lazy loads were left out for it."""

    path: str
    observations: int


def fresh(evidence: Evidence, read: Callable[[str], bytes | None]) -> tuple[Evidence, tuple[Stale, ...]]:
    """Part evidence into what still holds, and what does not.

    `read` gives the bytes of a file as it is now, None where there is none. A file whose hash is not known counts as
    the same while its lines read as the evidence shows them. A test's own file counts, too, where its hash is known.
    """
    files = _Files(evidence, read)
    lost: Counter[str] = Counter()
    kept: list[Observation] = []
    for one in evidence.observations:
        changed = files.changed_under(one)
        lost.update(changed)
        if not changed:
            kept.append(one)
    loads: list[LazyLoad] = []
    for load in evidence.loads:
        changed = files.changed_under(load)
        lost.update(changed)
        if not changed:
            loads.append(load)
    same = {path: known for path, known in evidence.files.items() if not files.is_changed(path)}
    return Evidence(tuple(kept), same, tuple(loads)), tuple(
        Stale(path, number) for path, number in sorted(lost.items())
    )


def with_hashes(evidence: Evidence, read: Callable[[str], bytes | None]) -> Evidence:
    """Add the hashes of all files in which something was observed or loaded, as they are now."""
    known: tuple[Observation | LazyLoad, ...] = (*evidence.observations, *evidence.loads)
    paths = {frame.path for one in known for frame in one.frames}
    paths |= {one.test.partition("::")[0] for one in known}
    contents = {path: read(path) for path in sorted(paths)}
    return replace(evidence, files={path: digest(data) for path, data in contents.items() if data is not None})


class _Files:
    """What has become of files, each read once."""

    def __init__(self, evidence: Evidence, read: Callable[[str], bytes | None]) -> None:
        self._known = evidence.files
        self._read = read
        self._contents: dict[str, bytes | None] = {}

    def changed_under(self, one: Observation | LazyLoad) -> frozenset[str]:
        """Return the files that are not what they were when something was observed."""
        test = one.test.partition("::")[0]
        changed = {test} if test in self._known and self.is_changed(test) else set()
        return frozenset(changed.union(frame.path for frame in one.frames if not self._holds(frame)))

    def is_changed(self, path: str) -> bool:
        data = self._content(path)
        return data is None or digest(data) != self._known[path]

    def _holds(self, frame: Frame) -> bool:
        if frame.path in self._known:
            return not self.is_changed(frame.path)
        lines = (self._content(frame.path) or b"").splitlines()
        if frame.line > len(lines):
            return False
        return not frame.text or lines[frame.line - 1].decode("utf-8", "replace").strip() == frame.text

    def _content(self, path: str) -> bytes | None:
        if path not in self._contents:
            self._contents[path] = self._read(path)
        return self._contents[path]
