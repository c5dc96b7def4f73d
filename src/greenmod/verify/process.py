"""Child processes that run tests: started, waited for, and ended with all that they started.

Whatever happens, Ctrl-C included, nothing of a run outlives it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from greenmod.verify.leash import Leash

# What a test gets to clean up before it is killed, in seconds.
GRACE = 0.5


@dataclass(frozen=True, slots=True)
class Command:
    """What is run, where, and where its output goes."""

    words: Sequence[str]
    folder: Path
    env: Mapping[str, str]
    output: Path


class Child(Protocol):
    """A run under way."""

    def wait(self, seconds: float) -> int | None:
        """Wait at most so long; return the exit code, or None while it runs."""

    def end(self) -> None:
        """End it, if it still runs, and what it has started."""


class Process:
    """A child of its own."""

    def __init__(self, command: Command) -> None:
        self._leash = Leash()
        with command.output.open("ab") as output:
            self._popen = start(command, output.fileno(), (self._leash.end,))
        self._leash.hold(self._popen.pid)
        self._ended = os.pidfd_open(self._popen.pid) if hasattr(os, "pidfd_open") else None

    def wait(self, seconds: float) -> int | None:
        if self._ended is not None:
            select.select([self._ended], [], [], seconds)
            return self._popen.poll()
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> None:
        try:
            if self._popen.poll() is None:
                interrupt(self._popen.pid)
                self.wait(GRACE)
        finally:
            if self._ended is not None:
                os.close(self._ended)
                self._ended = None
            kill(self._popen.pid)
            self._popen.wait()
            self._leash.release()


def start(command: Command, output: int, pipes: Sequence[int] = ()) -> subprocess.Popen[bytes]:
    """Start a command as the leader of a session, by which all that it starts can be ended."""
    return subprocess.Popen(
        list(command.words),
        cwd=command.folder,
        env=dict(command.env),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=tuple(pipes) if sys.platform != "win32" else (),
    )


def interrupt(leader: int) -> None:
    """Do to a session what Ctrl-C does, so that fixtures can clean up."""
    if sys.platform != "win32":
        _signal(leader, signal.SIGINT)


def kill(leader: int) -> None:
    """End a session for good."""
    if sys.platform != "win32":
        _signal(leader, signal.SIGKILL)
    else:
        with contextlib.suppress(OSError):  # it has ended
            os.kill(leader, signal.SIGTERM)


def _signal(leader: int, number: int) -> None:
    try:
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):
        return  # nobody is left (macOS says so with EPERM)
