"""Evidence from a file that a user names: pytest's JUnit XML, or greenmod's own JSON; its content says which."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from greenmod.errors import FileError, UsageError
from greenmod.facts.evidence.document import from_data
from greenmod.facts.evidence.freshness import Stale, fresh
from greenmod.facts.evidence.junit import read_junit
from greenmod.facts.evidence.observation import Evidence
from greenmod.facts.evidence.places import Places
from greenmod.source import read_bytes

_REMEDY = (
    "Give what `pytest --junit-xml=FILE` or `greenmod run --verify --format json --output FILE` has written, "
    "of this repository."
)


def read_evidence(file: Path, root: Path, paths: Iterable[str]) -> tuple[Evidence, tuple[Stale, ...]]:
    """Return what still holds of a file's evidence about the files `paths` of a repository, and what does not.

    Raises UsageError.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(f"--evidence {file}: {error.strerror or error}", _REMEDY) from error
    try:
        evidence = _read(data, Places(os.path.realpath(root), paths))
    except ValueError as error:
        raise UsageError(f"--evidence {file}: {error}", _REMEDY) from error
    return fresh(evidence, lambda path: read_file(root, path))


def read_file(root: Path, path: str) -> bytes | None:
    """Return the bytes of a file of a repository; None where it can't be read, or is not the repository's own."""
    if not Path(os.path.realpath(root / path)).is_relative_to(os.path.realpath(root)):
        return None
    try:
        return read_bytes(root / path, path)
    except (FileNotFoundError, FileError):
        return None


def _read(data: bytes, places: Places) -> Evidence:
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<":
        return read_junit(data, places)
    if start != b"{":
        raise ValueError("it is empty" if not start else "it is neither XML nor a JSON object")
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except ValueError as error:
        raise ValueError(f"it can't be read as JSON: {error}") from error
    if "evidence" not in document:
        return from_data(document)
    if document["evidence"] is None:
        raise ValueError("it is the report of a run that verified nothing")
    return from_data(document["evidence"])
