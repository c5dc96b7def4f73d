"""The surveys of the candidate files, from the cache where the bytes and the codemods are the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path

from greenmod.description import CodemodSpec
from greenmod.engine.survey import survey_file
from greenmod.engine.work import Found
from greenmod.errors import FileError
from greenmod.facts.cache import Cache, cache_key
from greenmod.facts.record import FileFacts, from_json
from greenmod.model import Problem
from greenmod.planning.pool import Progress, spread
from greenmod.registry import stamp
from greenmod.source import digest, read_bytes

_SHARE = 5_000_000  # bytes that `ast` gets through in about half a second


def survey_all(
    root: Path,
    candidates: Mapping[str, tuple[str, ...]],
    specs: Sequence[CodemodSpec],
    cache: Cache,
    jobs: int | None,
    progress: Progress | None,
) -> dict[str, Found]:
    """Survey each candidate file for those of `specs` that it may concern."""
    stamps = {spec.name: stamp(spec) for spec in specs}
    keys: dict[str, bytes] = {}
    digests: dict[str, str] = {}
    found: dict[str, Found] = {}
    missing: list[tuple[str, tuple[CodemodSpec, ...]]] = []
    sizes: list[int] = []
    for path, names in candidates.items():
        mine = tuple(spec for spec in specs if spec.name in names)
        data = _read(root, path)
        if not mine or data is None:
            continue
        digests[path] = digest(data)
        keys[path] = cache_key("survey", path, digests[path], *(stamps[spec.name] for spec in mine))
        if (known := _load(path, cache.get(keys[path]))) is not None:
            found[path] = known
        else:
            missing.append((path, mine))
            sizes.append(len(data))
    for fresh in spread(partial(_survey, root), missing, sizes, _SHARE, jobs, progress):
        if fresh is not None:
            found[fresh.path] = fresh
    # What failed is tried again, and what was surveyed must be what was read.
    sure = [path for path, _ in missing if path in found and _is_sure(found[path], digests[path])]
    cache.put({keys[path]: _dump(found[path]) for path in sure})
    return {path: found[path] for path in candidates if path in found}


def _is_sure(found: Found, digest: str) -> bool:
    return found.sha256 == digest and all(problem.kind != "codemod" for problem in found.problems)


def _survey(root: Path, item: tuple[str, tuple[CodemodSpec, ...]]) -> Found | None:
    path, specs = item
    return survey_file(root, specs, path)


def _read(root: Path, path: str) -> bytes | None:
    """Read a file; empty where it can't be read, which its survey will report, None where it is gone."""
    try:
        return read_bytes(root / path, path)
    except FileNotFoundError:
        return None
    except FileError:
        return b""


def _dump(found: Found) -> bytes:
    return json.dumps(_fields(found), separators=(",", ":"), default=_fields).encode()


def _fields(record: object) -> dict[str, object]:
    """Return a dataclass as JSON takes it; what it holds is asked for in its turn, and no more than that copied."""
    return {field.name: getattr(record, field.name) for field in fields(record)}  # type: ignore[arg-type]


def _load(path: str, data: bytes | None) -> Found | None:
    if data is None:
        return None
    try:
        row = json.loads(data)
        facts: FileFacts | None = from_json(row["facts"]) if row["facts"] else None
        surveys = {name: (tuple(lines), data) for name, (lines, data) in row["surveys"].items()}
        problems = tuple(Problem(**problem) for problem in row["problems"])
        return Found(path, row["sha256"], facts, surveys, problems, row["declared"])
    except (ValueError, KeyError, TypeError):
        return None  # written by another build of the same version: survey again
