"""Which files hold trigger words, remembered by their stat: an unchanged file is not read again.

Like git, a file touched so recently that its time stamp could not tell a second change is not remembered.
"""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Sequence
from pathlib import Path

from greenmod.facts.cache import Cache, cache_key
from greenmod.prefilter import Gate, scan

_RACY = 2_000_000_000  # nanoseconds: the coarsest time stamp of a file system in use (FAT)
_FIELDS = 3  # size, mtime and ctime of each file


def scan_cached(root: Path, paths: Sequence[str], gate: Gate, cache: Cache) -> dict[str, tuple[str, ...]]:
    """Return the files that concern some codemod, each with the codemods' names."""
    key = cache_key("scan", os.fsencode(root), gate.fingerprint)
    names, stats, hits = _load(cache.get(key))
    began = time.time_ns()
    now = _stat_all(root, paths)
    if names == list(paths) and stats == now:
        return hits
    known = {path: tuple(stats[i * _FIELDS : (i + 1) * _FIELDS]) for i, path in enumerate(names)}
    stale = [path for i, path in enumerate(paths) if known.get(path) != tuple(now[i * _FIELDS : (i + 1) * _FIELDS])]
    fresh = dict(scan(root, stale, gate))
    unchanged = set(paths).difference(stale)
    found = {
        path: fresh.get(path) or hits[path] for path in paths if path in fresh or (path in unchanged and path in hits)
    }
    _forget_racy(now, began)
    cache.put({key: _dump(paths, now, found)})
    return found


def _stat_all(root: Path, paths: Sequence[str]) -> array[int]:
    base, lstat = f"{root}{os.sep}", os.lstat
    stats = array("q")
    try:
        for status in map(lstat, [base + path for path in paths]):
            stats.extend((status.st_size, status.st_mtime_ns, status.st_ctime_ns))
    except OSError:  # some file is gone: ask for each
        return array("q", [field for path in paths for field in _stat(base + path)])
    return stats


def _stat(path: str) -> tuple[int, int, int]:
    try:
        status = os.lstat(path)
    except OSError:
        return -1, -1, -1
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _forget_racy(stats: array[int], began: int) -> None:
    for i in range(1, len(stats), _FIELDS):
        if max(stats[i], stats[i + 1]) > began - _RACY:
            stats[i] = -2


def _dump(paths: Sequence[str], stats: array[int], hits: dict[str, tuple[str, ...]]) -> bytes:
    text = "\0".join(paths), "\0\0".join("\0".join((path, *names)) for path, names in hits.items())
    head, tail = (os.fsencode(part) for part in text)
    return b"%d %d\n" % (len(head), len(tail)) + head + tail + stats.tobytes()


def _load(data: bytes | None) -> tuple[list[str], array[int], dict[str, tuple[str, ...]]]:
    stats = array("q")
    if data is None:
        return [], stats, {}
    sizes, _, body = data.partition(b"\n")
    head, tail = (int(size) for size in sizes.split())
    stats.frombytes(body[head + tail :])
    rows = os.fsdecode(body[head : head + tail]).split("\0\0") if tail else []
    hits = {path: tuple(names) for path, *names in (row.split("\0") for row in rows)}
    return os.fsdecode(body[:head]).split("\0") if head else [], stats, hits
