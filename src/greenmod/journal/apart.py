"""Writing in a process that outlives this one: whenever this one is killed, nothing is written or everything is.

A run of writes is a row of renames, and a kill can cut it in two; see `run.py`. Who is killed is the process that a
person or the system knows of. The other one lives for some milliseconds, and has no name.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from greenmod.errors import InternalError
from greenmod.journal.run import Written, write
from greenmod.journal.target import Write


def write_apart(root: Path, writes: Sequence[Write], command: str) -> Written:
    """Write as `write` does. Where processes can't be forked, a kill in between leaves each file old or new."""
    if not hasattr(os, "fork"):
        return write(root, writes, command)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _write(root, writes, command, writing)
    os.close(writing)
    try:
        answer = _read(reading)
    except KeyboardInterrupt:  # it goes on to its end all the same
        _read(reading)
        raise
    finally:
        os.close(reading)
        os.waitpid(child, 0)
    if not answer:
        raise InternalError(
            "the process that writes ended before it was done; `greenmod undo` brings the old files back"
        )
    found = pickle.loads(answer)
    if isinstance(found, BaseException):
        raise found
    return cast(Written, found)


def _write(root: Path, writes: Sequence[Write], command: str, writing: int) -> None:
    """Do the work of the child, and end it."""
    try:
        os.setsid()  # no signal to the group of the other process reaches it
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        answer: object
        try:
            answer = write(root, writes, command)
        except Exception as error:  # the border: the other process raises it
            answer = error
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(answer, pipe)
    finally:
        os._exit(0)


def _read(reading: int) -> bytes:
    parts = []
    while part := os.read(reading, 1 << 16):
        parts.append(part)
    return b"".join(parts)
