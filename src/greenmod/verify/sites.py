"""Where changes ended up: the lines of the rendered files that each of them wrote, so that runs can tell who ran them.

The edits alone say where their own lines are. What imports and formatting made of those is found by comparing lines;
what they added goes to those it was for. Nothing here reads a file or runs anything.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from itertools import accumulate, groupby

from greenmod.apply import rewrite
from greenmod.engine.lines import Opcode, opcodes
from greenmod.errors import FileError
from greenmod.facts.survey import parse
from greenmod.model import Change, Edit
from greenmod.source import decode

_TAB = 8


@dataclass(frozen=True, slots=True)
class Sites:
    """Lines that changes wrote: by path the first line, the last line and the number of each site.

    Where nothing is left of what stood there, the last line is the one before the first.
    """

    by_path: Mapping[str, tuple[tuple[int, int, int], ...]] = field(default_factory=dict)
    owners: tuple[tuple[str, ...], ...] = ()

    def changes_of(self, site: int) -> tuple[str, ...]:
        """Return the ids of the changes that wrote the lines of `site`, in plan order."""
        return self.owners[site]


class _Kind(IntEnum):
    """What lines hold. A change that wrote some of one kind is not told by those of a later one."""

    CODE = 0
    IMPORT = 1
    BLANK = 2  # or comments


@dataclass(frozen=True, slots=True)
class _Site:
    path: str
    first: int
    last: int
    kind: _Kind
    owners: tuple[str, ...]


def find_sites(
    changes: Sequence[Change], before: Mapping[str, bytes | None], after: Mapping[str, bytes | None]
) -> Sites:
    """Find the lines of `after` that `changes`, all made together, wrote in place of `before`. Raises FileError."""
    found = [
        site
        for path, data in sorted(after.items())
        if data is not None and path.endswith(".py")
        for site in _File(path, changes, before.get(path) or b"", data).sites()
    ]
    best: dict[str, _Kind] = {}
    for site in found:
        for id in site.owners:
            best[id] = min(best.get(id, site.kind), site.kind)
    by_path: defaultdict[str, list[tuple[int, int, int]]] = defaultdict(list)
    owners: list[tuple[str, ...]] = []
    for site in found:
        told = tuple(id for id in site.owners if best[id] is site.kind)
        if told:
            by_path[site.path].append((site.first, site.last, len(owners)))
            owners.append(told)
    return Sites({path: tuple(sites) for path, sites in by_path.items()}, tuple(owners))


@dataclass(frozen=True, slots=True)
class _Gone:
    """Lines `[first, last)` of `text` of which nothing is left before line `at` of the next text."""

    at: int
    text: _Text
    first: int
    last: int
    owners: frozenset[str]


class _File:
    """One file: as it was, with the edits made, and with imports and formatting settled. Lines count from 0 here."""

    def __init__(self, path: str, changes: Sequence[Change], before: bytes, after: bytes) -> None:
        edits = sorted((edit, change.id) for change in changes for edit in change.edits if edit.path == path)
        self._path = path
        self._ranks = {change.id: rank for rank, change in enumerate(changes)}
        self._importers = frozenset(
            change.id for change in changes if any(need.path == path for need in change.imports)
        )
        self._old = _Text(path, before)
        self._made = _Text(path, rewrite(path, before, (edit for edit, _ in edits)))
        self._new = _Text(path, after)
        self._writers: dict[int, frozenset[str]] = {}  # by line with the edits made
        self._gone: list[_Gone] = []
        encode = decode(path, before).encode
        shift = 0
        for edit, id in edits:
            text = encode(edit.text)
            self._read_edit(edit, text, shift, frozenset((id,)))
            shift += len(text) - (edit.end - edit.start)

    def _read_edit(self, edit: Edit, text: bytes, shift: int, ids: frozenset[str]) -> None:
        old, made = self._old, self._made
        start, end = edit.start + shift, edit.start + shift + len(text)
        # Else what follows the edit is on its last line.
        is_whole = old.is_start(edit.end) and (text.endswith((b"\n", b"\r")) or (not text and old.is_start(edit.start)))
        i, j = old.line_at(edit.start), old.line_at(edit.end) + (not is_whole)
        k, m = made.line_at(start), made.line_at(end) + (not is_whole)
        for tag, first, last, new_first, new_last in opcodes(old.lines[i:j], made.lines[k:m]):
            if tag == "delete":
                self._gone.append(_Gone(k + new_first, old, i + first, i + last, ids))
            elif tag != "equal":
                for line in range(k + new_first, k + new_last):
                    self._writers[line] = self._writers_of(line) | ids

    def _writers_of(self, line: int) -> frozenset[str]:
        return self._writers.get(line, frozenset())

    def sites(self) -> list[_Site]:
        moves = opcodes(self._made.lines, self._new.lines)
        owners: dict[int, frozenset[str]] = {}
        gone = [replace(one, at=_moved(one.at, moves, len(self._new.lines))) for one in self._gone]
        for tag, i, j, k, m in moves:
            whole = frozenset[str]().union(*(self._writers_of(line) for line in range(i, j)))
            if tag == "delete":
                gone.append(_Gone(k, self._made, i, j, whole or self._beneficiaries(i, j, self._made.kinds(i, j))))
                continue
            if tag != "equal":
                whole = whole or self._beneficiaries(i, j, self._new.kinds(k, m))
            for line in range(k, m):
                # As many lines as before: each stands for its own, and may be of fewer changes.
                own = self._writers_of(line - k + i) if j - i == m - k else whole
                owners[line] = own if own or tag == "equal" else whole
        return sorted((*self._written(owners), *map(self._gap, gone)), key=lambda site: (site.first, site.last))

    def _beneficiaries(self, i: int, j: int, kinds: Collection[_Kind]) -> frozenset[str]:
        """Return for whom something was done at lines `[i, j)` that no edit touches."""
        if self._importers and (_Kind.CODE not in kinds or not (self._writers or self._gone)):
            return self._importers
        places = [*self._writers.items(), *((o.at, o.owners) for o in self._gone)]
        nearest = min(places, key=lambda place: max(place[0] - j, i - place[0], 0), default=None)
        return frozenset() if nearest is None else nearest[1]

    def _written(self, owners: Mapping[int, frozenset[str]]) -> Iterator[_Site]:
        """Yield the sites of new lines: those of one kind and owner that follow each other are one."""
        wrote = {line: (self._new.kind(line), ids) for line, ids in owners.items() if ids}
        for key, run in groupby(range(len(self._new.lines)), wrote.get):
            if key is not None:
                lines = list(run)
                yield self._site(lines[0] + 1, lines[-1] + 1, *key)

    def _gap(self, gone: _Gone) -> _Site:
        """Return the site that stands for lines of which nothing is left.

        It is before the line that follows, unless that is further out: then at the last line that is not further in.
        """
        text, new = gone.text, self._new
        kind = min(text.kinds(gone.first, gone.last))
        lines = [line for line in range(gone.first, gone.last) if text.kind(line) is not _Kind.BLANK] or [gone.first]
        depth = text.depth(lines[0])
        following = next((line for line in range(gone.at, len(new.lines)) if new.is_code(line)), None)
        if following is not None and new.depth(following) >= depth:
            # A decorator belongs to the function it stood at, not to what runs before that.
            is_of_header = text.lines[lines[-1]].lstrip().startswith(b"@")
            return self._site(following + 1, following + is_of_header, kind, gone.owners)
        before = (line for line in reversed(range(gone.at)) if new.is_code(line) and new.depth(line) <= depth)
        line = next(before, 0)
        return self._site(line + 1, line, kind, gone.owners)

    def _site(self, first: int, last: int, kind: _Kind, ids: Iterable[str]) -> _Site:
        return _Site(self._path, first, last, kind, tuple(sorted(ids, key=self._ranks.__getitem__)))


def _moved(line: int, moves: Iterable[Opcode], end: int) -> int:
    """Return where what stands before `line` is after `moves`."""
    for _, i, j, k, m in moves:
        if i <= line < j:
            return min(k + line - i, m)
    return end


class _Text:
    """A text by lines."""

    def __init__(self, path: str, data: bytes) -> None:
        self.lines = data.splitlines(keepends=True)
        ends = list(accumulate(map(len, self.lines), initial=0))
        is_ended = data.endswith((b"\n", b"\r"))
        self._starts = ends if is_ended or not data else ends[:-1]
        self._imports = frozenset(_import_lines(path, data))

    def line_at(self, offset: int) -> int:
        return bisect_right(self._starts, offset) - 1

    def is_start(self, offset: int) -> bool:
        return self._starts[self.line_at(offset)] == offset

    def kind(self, line: int) -> _Kind:
        if line in self._imports:
            return _Kind.IMPORT
        text = self.lines[line].strip()
        return _Kind.BLANK if not text or text.startswith(b"#") else _Kind.CODE

    def kinds(self, first: int, last: int) -> set[_Kind]:
        return {self.kind(line) for line in range(first, last)}

    def is_code(self, line: int) -> bool:
        return self.kind(line) is not _Kind.BLANK

    def depth(self, line: int) -> int:
        text = self.lines[line].expandtabs(_TAB)
        return len(text) - len(text.lstrip())


def _import_lines(path: str, data: bytes) -> Iterable[int]:
    try:
        tree = parse(decode(path, data))
    except (SyntaxError, FileError):  # the tests will say so
        return
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from range(node.lineno - 1, node.end_lineno or node.lineno)
