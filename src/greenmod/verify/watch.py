"""Reads what a run says while it goes on: for progress, and to notice what hangs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

# How long one test may take, in seconds; of "" how long nothing at all may happen.
Limit = Callable[[str], float]


class Watch:
    """Follows the plugin's log. `lines` are those that were read so far, ended each; `running` since when by test.

    `silence` is how long no test ran and nothing happened, in seconds.
    """

    def __init__(self, log: Path, limit: Limit, advance: Callable[[], None]) -> None:
        self.lines: list[str] = []
        self.running: dict[str, float] = {}
        self.silence = 0.0
        self._log = log
        self._limit = limit
        self._advance = advance
        self._at = 0
        self._rest = b""
        self._last = time.monotonic()

    def look(self) -> None:
        """Read what is new."""
        if not self._log.exists():
            return
        with self._log.open("rb") as file:
            file.seek(self._at)
            data = file.read()
        if not data:
            return
        self._at += len(data)
        self._last = time.monotonic()
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(line)

    def overdue(self) -> str | None:
        """Return a test that takes too long, "" where nothing runs and nothing happens, None while all is well."""
        now = time.monotonic()
        for test, since in self.running.items():
            if now - since > self._limit(test):
                return test
        if self.running:
            return None
        self.silence = max(self.silence, now - self._last)
        return "" if now - self._last > self._limit("") else None

    def _take(self, line: bytes) -> None:
        self.lines.append(line.decode() + "\n")
        said = json.loads(line)
        if said["event"] == "begin":
            self.running[said["id"]] = self._last
        elif said["event"] == "phase" and said["when"] == "teardown":
            self.running.pop(said["id"], None)
            self._advance()
