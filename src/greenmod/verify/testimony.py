"""What tests say, as evidence about the files of the repository as they are, whatever changes they ran with.

Nothing here starts a process or touches the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from greenmod.engine.lines import Opcode, opcodes, split_lines
from greenmod.facts.evidence.freshness import with_hashes
from greenmod.facts.evidence.loads import LazyLoad
from greenmod.facts.evidence.observation import Evidence, Frame, Observation, Origin, Phase
from greenmod.facts.evidence.places import Places
from greenmod.facts.evidence.tracebacks import read_output
from greenmod.verify.outcomes import Failure, Outcome, Run, Sign

_RED = frozenset({Outcome.FAILED, Outcome.ERROR, Outcome.TIMED_OUT, Outcome.CRASHED})


def find_evidence(
    run: Run, places: Places, read: Callable[[str], bytes | None], files: Mapping[str, bytes | None]
) -> Evidence:
    """Return what the failing tests of a run say, and what all of them loaded lazily, where that was traced.

    It is told in lines of what `read` gives; the run had `files` instead.
    """
    moved = _Moved(read, files)
    unawaited: dict[str, list[str]] = {}
    for sign, result in run.record.results.items():
        if sign.coroutine:
            unawaited.setdefault(sign.test, []).append(result.message)
    found: list[Observation] = []
    for sign, result in run.record.results.items():
        if result.outcome in _RED and sign == Sign(sign.test):
            warnings = tuple(unawaited.get(sign.test, ()))
            test = run.record.in_repository(sign.test)
            said = tuple(_said(run.record.failures.get(sign.test), test, places))
            if not said:  # it was ended, or died, before it could
                said = (Observation(test, Phase.CALL, "", result.message),)
            found += (replace(one, frames=tuple(moved.back(one.frames)), warnings=warnings) for one in said)
    loads = tuple(
        moved.load(replace(load, test=run.record.in_repository(test)))
        for test, of_test in sorted(run.record.loads.items())
        for load in of_test
    )
    return with_hashes(Evidence(tuple(dict.fromkeys(found)), loads=loads), read)


def _said(failure: Failure | None, test: str, places: Places) -> Iterator[Observation]:
    if failure is None:
        return
    for one in failure.raised:
        yield replace(one, test=test)
    for phase, origin, text in failure.texts:
        if origin is Origin.ANSWER:
            yield Observation(test, phase, "", text, origin=origin)
            continue
        told = read_output(text, places.find)
        yield from (Observation(test, phase, one.type, one.message, one.frames, origin) for one in told)


class _Moved:
    """Lines of rendered files, and where they are in the originals."""

    def __init__(self, read: Callable[[str], bytes | None], files: Mapping[str, bytes | None]) -> None:
        self._read = read
        self._files = files
        self._codes: dict[str, list[Opcode]] = {}

    def back(self, frames: tuple[Frame, ...]) -> Iterator[Frame]:
        """Yield the frames at their original lines; those of a file that has none are left out.

        In a line that a change wrote, the columns say nothing; it counts as the line in whose place it is.
        """
        for frame in frames:
            if frame.path not in self._files:
                yield frame
                continue
            original = self._read(frame.path)
            if original is not None:
                yield self._original(frame, original)

    def load(self, load: LazyLoad) -> LazyLoad:
        """Return a lazy load in original lines. Where a file has none, the place is not known."""
        query = load.query
        if query is not None:
            made, via = self._one(query.frame), self._one(query.via)
            query = None if made is None else replace(query.at(made), via=via)
        return replace(load, query=query, access=self._one(load.access), birth=self._one(load.birth))

    def _one(self, frame: Frame | None) -> Frame | None:
        return None if frame is None else next(self.back((frame,)), None)

    def _original(self, frame: Frame, original: bytes) -> Frame:
        if frame.path not in self._codes:
            now = self._files[frame.path] or b""
            self._codes[frame.path] = opcodes(split_lines(original), split_lines(now))
        at = frame.line - 1
        for tag, i, j, k, m in self._codes[frame.path]:
            if k <= at < m:
                if tag == "equal":
                    moved = at - k + i + 1 - frame.line
                    end = None if frame.end_line is None else frame.end_line + moved
                    return replace(frame, line=frame.line + moved, end_line=end)
                line = max(1, min(i + at - k + 1, j if j > i else i + 1, len(split_lines(original))))
                return replace(frame, line=line, column=None, end_line=None, end_column=None)
        return frame
