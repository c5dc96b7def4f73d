"""Which files hold trigger words, remembered by their stat: an unchanged file is not read again."""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Sequence
from pathlib import Path

from greenmod.facts.cache import Cache, cache_key
from greenmod.facts.stats import FIELDS, forget_racy, stat_all
from greenmod.prefilter import Gate, scan


def scan_cached(root: Path, paths: Sequence[str], gate: Gate, cache: Cache) -> dict[str, tuple[str, ...]]:
    """Return the files that concern some codemod, each with the codemods' names."""
    key = cache_key("scan", os.fsencode(root), gate.fingerprint)
    names, stats, hits = _load(cache.get(key))
    began = time.time_ns()
    now = stat_all(root, paths)
    if names == list(paths) and stats == now:
        return hits
    known = {path: tuple(stats[i * FIELDS : (i + 1) * FIELDS]) for i, path in enumerate(names)}
    stale = [path for i, path in enumerate(paths) if known.get(path) != tuple(now[i * FIELDS : (i + 1) * FIELDS])]
    fresh = dict(scan(root, stale, gate))
    unchanged = set(paths).difference(stale)
    found = {
        path: fresh.get(path) or hits[path] for path in paths if path in fresh or (path in unchanged and path in hits)
    }
    forget_racy(now, began)
    cache.put({key: _dump(paths, now, found)})
    return found


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
