"""The near end of the warm process, in which repeated runs of a few tests don't pay for imports again.

`plugin/greenmod_warm.py` is the far end, and says what is in it. Where it can't be had, runs are plain.
"""

from __future__ import annotations

import os
import select
import sys
import time
from dataclasses import replace

from greenmod.verify.leash import Leash
from greenmod.verify.process import GRACE, Command, interrupt, kill, start

# What a project's libraries may take to be imported, in seconds.
_LONGEST_START = 120.0
# By which libraries of numbers are asked not to start threads as soon as they are imported.
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def is_possible() -> bool:
    """Tell whether this platform can fork. On macOS libraries of the system break in forks."""
    return hasattr(os, "fork") and sys.platform != "darwin"


class Warm:
    """A process that forks for each run. `obstacle` says why it can't."""

    def __init__(self, command: Command) -> None:
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        self._leash = Leash()
        env = {**_ONE_THREAD, **command.env, "GREENMOD_WARM": f"{requests},{answers}"}
        with command.output.open("ab") as output:
            self._popen = start(replace(command, env=env), output.fileno(), (requests, answers, self._leash.end))
        self._leash.hold(self._popen.pid)
        os.close(requests)
        os.close(answers)
        self._heard = b""
        try:
            self.obstacle = self._begin()
        except BaseException:  # nobody else knows it yet
            self.close()
            raise

    @property
    def is_alive(self) -> bool:
        return self._popen.poll() is None

    def run(self) -> Fork | None:
        """Begin a run; None where the process has ended."""
        try:
            os.write(self._requests, b"\n")
        except BrokenPipeError:
            return None
        try:
            word, pid = self._answer(_LONGEST_START)
        except BaseException:  # nobody else knows the fork yet
            word, pid = self._answer(GRACE)
            if word == "began":
                kill(int(pid))
            raise
        if word != "began":
            return None
        self._leash.hold(int(pid))  # the warm process itself ends with its pipe
        return Fork(self, int(pid))

    def ended(self, seconds: float) -> int | None:
        """Return the exit code of the run under way, None if it doesn't end within so long."""
        word, code = self._answer(seconds)
        return int(code) if word == "ended" else None

    def close(self) -> None:
        """End the process."""
        os.close(self._requests)
        os.close(self._answers)
        kill(self._popen.pid)
        self._popen.wait()
        self._leash.release()

    def _begin(self) -> str:
        word, rest = self._answer(_LONGEST_START)
        if word == "ready":
            return ""
        return rest if word == "no" else "pytest does not get as far as to import anything of the project"

    def _answer(self, seconds: float) -> tuple[str, str]:
        """Return the next line, cut at its first space; nothing where none comes in time."""
        until = time.monotonic() + seconds
        while b"\n" not in self._heard:
            ready, _, _ = select.select([self._answers], [], [], max(0.0, until - time.monotonic()))
            more = os.read(self._answers, 1024) if ready else b""
            if not more:
                return "", ""
            self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        word, _, rest = line.decode().partition(" ")
        return word, rest


class Fork:
    """One run of a warm process."""

    def __init__(self, warm: Warm, pid: int) -> None:
        self._warm = warm
        self._pid = pid
        self._code: int | None = None

    def wait(self, seconds: float) -> int | None:
        if self._code is None:
            self._code = self._warm.ended(seconds)
        return self._code

    def end(self) -> None:
        try:
            if self._code is None:
                interrupt(self._pid)
                self.wait(GRACE)
        finally:
            kill(self._pid)
            if self._code is None:
                self.wait(_LONGEST_START)
