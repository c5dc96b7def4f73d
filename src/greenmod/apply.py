"""ChangeSet + chosen ids → bytes. Pure but for reading the baselines; the journal does the writing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from greenmod.errors import FileError, InternalError, StaleFileError
from greenmod.model import Change, ChangeSet, Edit, ImportNeed
from greenmod.source import Source, decode, digest, read_bytes


@dataclass(frozen=True, slots=True)
class Rendering:
    """What chosen changes make of the files: `before` and `after` by path; None where there is no file."""

    before: Mapping[str, bytes | None] = field(default_factory=dict)
    after: Mapping[str, bytes | None] = field(default_factory=dict)


def render(
    plan: ChangeSet,
    ids: Iterable[str],
    baselines: Mapping[str, bytes | None],
    settle: Callable[[Mapping[str, bytes], Mapping[str, bytes]], dict[str, bytes]] | None = None,
) -> Rendering:
    """Return the files that the changes of `ids` touch, before and after.

    `settle` formats the results: it gets the files before and after, and returns the latter.
    """
    chosen = plan.chosen(ids)
    edits: dict[str, list[Edit]] = defaultdict(list)
    needs: dict[str, list[ImportNeed]] = defaultdict(list)
    for change in chosen:
        for edit in change.edits:
            edits[edit.path].append(edit)
        for need in change.imports:
            needs[need.path].append(need)
    before = {path: baselines[path] for path in sorted({*edits, *needs})}
    after = {path: rewrite(path, data or b"", edits[path], needs[path]) for path, data in before.items()}
    if settle is not None:
        after = settle({path: data for path, data in before.items() if data is not None}, after)
    results = {**after, **{file.path: file.data for change in chosen for file in change.files}}
    return Rendering({path: baselines[path] for path in sorted(results)}, dict(sorted(results.items())))


class Renderer:
    """Renders many subsets of one plan: a file is made anew only under changes that it has not had together before."""

    def __init__(
        self,
        plan: ChangeSet,
        baselines: Mapping[str, bytes | None],
        settle: Callable[[Mapping[str, bytes], Mapping[str, bytes]], dict[str, bytes]] | None = None,
    ) -> None:
        self._plan = plan
        self._baselines = baselines
        self._settle = settle
        self._known: dict[tuple[str, frozenset[str]], bytes | None] = {}

    def __call__(self, ids: Iterable[str]) -> dict[str, bytes | None]:
        """Return the content of each file that the changes of `ids` touch."""
        by_path: dict[str, set[str]] = defaultdict(set)
        for change in self._plan.chosen(ids):
            for path in change.paths:
                by_path[path].add(change.id)
        wanted = {(path, frozenset(ids)) for path, ids in by_path.items()}
        if new := dict(wanted - self._known.keys()):
            after = render(_at(self._plan, new), self._plan.ids, self._baselines, self._settle).after
            self._known |= {(path, ids): after[path] for path, ids in new.items()}
        return {path: self._known[path, ids] for path, ids in sorted(wanted, key=lambda one: one[0])}


def _at(plan: ChangeSet, ids: Mapping[str, frozenset[str]]) -> ChangeSet:
    """Leave of the changes in each file those of `ids`, and of other files nothing."""
    changes = []
    for change in plan.changes:
        edits = tuple(edit for edit in change.edits if change.id in ids.get(edit.path, ()))
        needs = tuple(need for need in change.imports if change.id in ids.get(need.path, ()))
        files = tuple(file for file in change.files if change.id in ids.get(file.path, ()))
        changes.append(replace(change, edits=edits, imports=needs, files=files, requires=()))
    return replace(plan, changes=tuple(changes))


def rewrite(path: str, data: bytes, edits: Iterable[Edit], needs: Iterable[ImportNeed] = ()) -> bytes:
    """Return `data` with edits made and imports settled; bytes outside stay as they were. Raises FileError."""
    source = decode(path, data)
    spans = sorted((edit.start, edit.end, source.encode(edit.text)) for edit in edits)
    wanted = tuple(needs)
    if wanted:
        spans = _with_imports(source, spans, wanted)
    parts: list[bytes] = []
    at = 0
    for start, end, new in spans:
        parts += [data[at:start], new]
        at = end
    result = b"".join((*parts, data[at:]))
    if wanted:
        _check_imports(path, result)
    return result


def _check_imports(path: str, data: bytes) -> None:
    from greenmod.facts.survey import parse

    try:
        parse(decode(path, data))
    except SyntaxError as error:
        raise InternalError(f"{path}:{error.lineno}: adding imports broke the file; nothing was written") from error


def change_alone(change: Change, baselines: Mapping[str, bytes | None]) -> Rendering:
    """Render one change by itself, whatever it requires: for showing it."""
    alone = replace(change, requires=())
    return render(ChangeSet(changes=(alone,)), (alone.id,), baselines)


def _with_imports(
    source: Source, taken: list[tuple[int, int, bytes]], needs: tuple[ImportNeed, ...]
) -> list[tuple[int, int, bytes]]:
    from greenmod.settle.imports import import_spans

    characters = _characters(source, [point for span in taken for point in span[:2]])
    spans = [(characters[start], characters[end], new.decode(source.encoding)) for start, end, new in taken]
    try:
        found = import_spans(source, needs, spans)
    except SyntaxError as error:
        raise FileError(
            source.path,
            f"an import can't be added: {error.msg}",
            "Run greenmod with a Python that knows the file's syntax.",
            line=error.lineno or 1,
            kind="syntax",
        ) from error
    offsets = source.byte_offsets(point for span in found for point in span[:2])
    return [(offsets[start], offsets[end], source.encode(text)) for start, end, text in found]


def _characters(source: Source, offsets: Iterable[int]) -> dict[int, int]:
    """Map byte offsets of the file to characters of its text."""
    base = len(source.bom)
    return {offset: len(source.data[base:offset].decode(source.encoding)) for offset in offsets}


def read_baseline(root: Path, plan: ChangeSet, path: str) -> bytes | None:
    """Read a file that some change touches. Raises StaleFileError where it is not what was planned on."""
    planned = plan.baselines[path].sha256
    try:
        data = read_bytes(root / path, path)
    except FileNotFoundError:
        data = None
    if (None if data is None else digest(data)) != planned:
        raise StaleFileError(path, "changed after the run was planned", "Run greenmod again.", kind="stale")
    return data


def formatter(root: Path) -> Callable[[Mapping[str, bytes], Mapping[str, bytes]], dict[str, bytes]]:
    """Return the `settle` step of `render` for a repository."""
    from greenmod.settle.format import formatted

    return partial(formatted, root)
