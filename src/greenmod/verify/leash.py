"""What ends a run when greenmod dies, however that comes: a pipe of which only greenmod holds the writing end.

When that closes, the kernel sends a signal to a session which holds the reading end. Nothing in the run's processes
has to look after it. Linux alone can send the signal that nobody survives; elsewhere a run goes on to its own end.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress


class Leash:
    """Holds one session at a time. `end` is what its processes must inherit."""

    def __init__(self) -> None:
        self.end, self._ours = os.pipe()

    def hold(self, leader: int) -> None:
        """Have the session that `leader` leads killed when this process ends, if this is still held then."""
        if sys.platform == "linux":
            import fcntl

            with suppress(OSError):  # the leader has ended, or the kernel only looks like Linux
                fcntl.fcntl(self.end, fcntl.F_SETSIG, signal.SIGKILL)
                fcntl.fcntl(self.end, fcntl.F_SETOWN, -leader)
                fcntl.fcntl(self.end, fcntl.F_SETFL, fcntl.fcntl(self.end, fcntl.F_GETFL) | os.O_ASYNC)

    def release(self) -> None:
        """Let go: nobody is killed."""
        if sys.platform == "linux":
            import fcntl

            fcntl.fcntl(self.end, fcntl.F_SETFL, fcntl.fcntl(self.end, fcntl.F_GETFL) & ~os.O_ASYNC)
        os.close(self.end)
        os.close(self._ours)
