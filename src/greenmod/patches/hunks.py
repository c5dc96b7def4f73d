"""Files before and after → a Change per hunk; a file that no text can say is one Change as a whole. Pure.

A hunk's edits give exactly the bytes that the diff gives, or the file is replaced as a whole: that is checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from greenmod.apply import rewrite
from greenmod.engine.lines import Opcode, grouped, opcodes, split_lines
from greenmod.errors import FileError
from greenmod.model import Baseline, Change, ChangeSet, Edit, Replacement, Safety, Skip
from greenmod.patches.patch import Patch
from greenmod.source import decode, digest


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a diff comes from: `name` stands for the codemod's, `why` for its reason."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Two states of some files; None where there is no file.

    `renames` maps new names to old ones. `modes` as of Patch.
    """

    before: Mapping[str, bytes | None]
    after: Mapping[str, bytes | None]
    renames: Mapping[str, str]
    modes: Mapping[str, int]
    skips: tuple[Skip, ...] = ()


def make_patch(difference: Difference, origin: Origin) -> Patch:
    """Return the plan that makes of the files before those after, hunk by hunk."""
    before, after = difference.before, difference.after
    old_names = set(difference.renames.values())
    changes = [
        change
        for path in sorted(before)
        if before[path] != after[path] and path not in old_names
        for change in _changes(path, difference, origin)
    ]
    touched = sorted({path for change in changes for path in change.paths})
    baselines = {path: before[path] for path in touched}
    hashes = {path: Baseline(path, None if data is None else digest(data)) for path, data in baselines.items()}
    plan = ChangeSet(hashes, tuple(changes), tuple(sorted(difference.skips)))
    return Patch(plan, baselines, {path: mode for path, mode in difference.modes.items() if path in baselines})


def _changes(path: str, difference: Difference, origin: Origin) -> Iterator[Change]:
    before, after = difference.before[path], difference.after[path]
    if before is not None and after is not None:
        hunks = list(_hunks(path, before, after))
        edits = tuple(edit for hunk in hunks for edit in hunk.edits)
        if _gives(path, before, edits, after):
            yield from (_change(path, hunk.line, hunk.title, origin, hunk.edits) for hunk in hunks)
            return
        yield _change(path, 1, "Replace the file, which is not plain text", origin, (), (Replacement(path, after),))
        return
    gone = (Replacement(difference.renames[path], None),) if path in difference.renames else ()
    if after is None:
        yield _change(path, 1, "Delete the file", origin, (), (Replacement(path, None),))
        return
    title = f"Rename {gone[0].path} to {path}" if gone else "Add the file"
    edits = _whole(path, after)
    yield _change(path, 1, title, origin, edits, gone if edits else (Replacement(path, after), *gone))


def _change(
    path: str, line: int, title: str, origin: Origin, edits: tuple[Edit, ...], files: tuple[Replacement, ...] = ()
) -> Change:
    return Change(f"{path}:{line}", origin.name, title, origin.why, Safety.UNSAFE, edits, line=line, files=files)


@dataclass(frozen=True, slots=True)
class _Hunk:
    """`line` is that of the first difference in the new file."""

    line: int
    title: str
    edits: tuple[Edit, ...]


def _hunks(path: str, before: bytes, after: bytes) -> Iterator[_Hunk]:
    try:
        encoding = decode(path, before).encoding
    except FileError:
        return
    old, new = split_lines(before), split_lines(after)
    starts = list(accumulate(map(len, old), initial=0))
    for group in grouped(opcodes(old, new)):
        different = [code for code in group if code[0] != "equal"]
        edits = tuple(
            Edit(path, starts[i], starts[j], b"".join(new[k:m]).decode(encoding, "replace"))
            for _, i, j, k, m in different
        )
        yield _Hunk(different[0][3] + 1, _title(different), edits)


def _title(different: Sequence[Opcode]) -> str:
    """Say how many lines of a hunk go and come, as `git diff --stat` would count them."""
    removed = sum(j - i for _, i, j, _, _ in different)
    added = sum(m - k for _, _, _, k, m in different)
    if not removed:
        return f"Add {_lines(added)}"
    if not added:
        return f"Remove {_lines(removed)}"
    return f"Replace {_lines(removed)}{'' if added == removed else f' by {added}'}"


def _lines(number: int) -> str:
    return f"{number:,} line{'' if number == 1 else 's'}"


def _whole(path: str, data: bytes) -> tuple[Edit, ...]:
    """Return the edit that makes a new file; none where it holds nothing, or no text."""
    edits = (Edit(path, 0, 0, data.decode("utf-8", "replace")),) if data else ()
    return edits if _gives(path, b"", edits, data) else ()


def _gives(path: str, before: bytes, edits: tuple[Edit, ...], after: bytes) -> bool:
    if not edits or b"\0" in before + after:
        return False
    try:
        return rewrite(path, before, edits) == after
    except FileError:
        return False
