"""Facts and scan results between runs, in one SQLite file in the user's cache folder.

The cache is never needed and never an error: damaged, locked or unwritable, it is as if it were empty.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from types import TracebackType

from greenmod import __version__

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS entry (key BLOB PRIMARY KEY, data BLOB NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID
"""
_KEEP = 200_000  # entries; the oldest beyond are forgotten
_STAMP = f"{__version__}\0{sys.version_info[0]}.{sys.version_info[1]}".encode()


def cache_key(*parts: str | bytes) -> bytes:
    """Return the key of an entry: a hash of its parts, of greenmod's version and of Python's."""
    state = sha256(_STAMP)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        state.update(len(data).to_bytes(8, "little") + data)
    return state.digest()


def cache_file() -> Path:
    """Return where the cache lies: `GREENMOD_CACHE_DIR`, else the user's cache folder."""
    if folder := os.environ.get("GREENMOD_CACHE_DIR"):
        return Path(folder) / "facts.sqlite3"
    import platformdirs

    return Path(platformdirs.user_cache_dir("greenmod", appauthor=False)) / "facts.sqlite3"


class Cache:
    """A map from key to bytes that may forget anything at any time. `Cache(None)` remembers nothing."""

    def __init__(self, file: Path | None) -> None:
        self._connection = None
        if file is None:
            return
        import sqlite3

        self._errors: tuple[type[Exception], ...] = (sqlite3.Error, OSError)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(file, timeout=0.2, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=OFF")
            self._connection.execute(_SCHEMA)
        except self._errors:
            self._start_anew(file)

    def __enter__(self) -> Cache:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self, key: bytes) -> bytes | None:
        """Return the entry of `key`, if it is still there and whole."""
        if self._connection is None:
            return None
        try:
            row = self._connection.execute("SELECT data FROM entry WHERE key = ?", (key,)).fetchone()
        except self._errors:
            return None
        return _unwrap(row[0]) if row else None

    def put(self, entries: Mapping[bytes, bytes]) -> None:
        """Remember `entries`, if that is possible at once."""
        if self._connection is None or not entries:
            return
        import time

        now = int(time.time())
        rows = [(key, _wrap(data), now) for key, data in entries.items()]
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?, ?)", rows)
            self._forget()
            self._connection.execute("COMMIT")
        except self._errors:
            self._rollback()

    def _forget(self) -> None:
        assert self._connection is not None
        (count,) = self._connection.execute("SELECT count(*) FROM entry").fetchone()
        if count > _KEEP:
            self._connection.execute(
                "DELETE FROM entry WHERE key IN (SELECT key FROM entry ORDER BY used LIMIT ?)", (count - _KEEP // 2,)
            )

    def _rollback(self) -> None:
        assert self._connection is not None
        try:
            self._connection.execute("ROLLBACK")
        except self._errors:  # nothing was begun, or the file is beyond use: go on without it
            self._close()

    def _start_anew(self, file: Path) -> None:
        """Replace a damaged file by an empty one, where that is possible."""
        import sqlite3

        self._close()
        if not os.path.isfile(file) or _is_locked(file):
            return
        try:
            for suffix in ("", "-wal", "-shm"):
                file.with_name(file.name + suffix).unlink(missing_ok=True)
            self._connection = sqlite3.connect(file, timeout=0.2, isolation_level=None)
            self._connection.execute(_SCHEMA)
        except self._errors:
            self._close()


def _is_locked(file: Path) -> bool:
    """Tell whether somebody else works in the file: then it is theirs, and not damaged."""
    import sqlite3
    from contextlib import closing

    try:
        with closing(sqlite3.connect(file, timeout=0)) as connection:
            connection.execute("SELECT 1 FROM sqlite_master LIMIT 1")
    except sqlite3.OperationalError as error:
        return "locked" in str(error)
    except sqlite3.Error:
        return False
    return False


def _wrap(data: bytes) -> bytes:
    return sha256(data).digest()[:8] + data


def _unwrap(stored: object) -> bytes | None:
    if not isinstance(stored, bytes) or sha256(stored[8:]).digest()[:8] != stored[:8]:
        return None
    return stored[8:]
