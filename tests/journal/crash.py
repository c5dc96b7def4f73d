"""Run the journal again and again, and cut it off one point later each time.

    python crash.py FOLDER kill write       killed before each call that changes the disk, and half-way in each os.write
    python crash.py FOLDER kill undo        the same for an undo
    python crash.py FOLDER kill recover     a write is killed between two files, then the recovery from it at each point
    python crash.py FOLDER interrupt write  Ctrl-C before each line of the journal's code

FOLDER holds `template`, the repository to write in, and `writes`, a pickled list of `Write`. For each point a copy of
the template, `FOLDER/<point>/repository`, is left as the dead process left it, with its journal in
`FOLDER/<point>/state`; the last one came to its end. The journal knows nothing of this: points are found by audit
events and by tracing.
"""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import greenmod.journal
from greenmod.journal.history import undo
from greenmod.journal.recovery import recover
from greenmod.journal.run import write
from greenmod.journal.target import Write

if TYPE_CHECKING:
    from types import FrameType

    from _typeshed import TraceFunction

CODE = os.path.dirname(greenmod.journal.__file__)
CHANGES = frozenset(
    f"os.{call}" for call in ("chmod", "chown", "link", "mkdir", "remove", "rename", "rmdir", "symlink", "truncate")
) | {"open to write", "half a write"}
WRITING = os.O_CREAT | os.O_WRONLY | os.O_RDWR


def main(folder: Path, how: str, what: str) -> None:
    arm = {"kill": kill_at, "interrupt": interrupt_at}[how]
    writes: list[Write] = pickle.loads((folder / "writes").read_bytes())
    for point in count(1):
        root = folder / str(point) / "repository"
        shutil.copytree(folder / "template", root, symlinks=True)
        os.environ["GREENMOD_STATE_DIR"] = str(folder / str(point) / "state")
        if what != "write":
            prepare(root, what, writes)
        pid = os.fork()
        if pid == 0:
            arm(point)
            act(root, what, writes)
        if has_ended(pid):
            return


def prepare(root: Path, what: str, writes: Sequence[Write]) -> None:
    pid = os.fork()
    if pid == 0:
        if what == "recover":
            kill_at(3, frozenset({"os.rename"}))  # the first is the journal's, the second makes a file new
        act(root, "write", writes)
    assert has_ended(pid) == (what == "undo")


def act(root: Path, what: str, writes: Sequence[Write]) -> NoReturn:
    try:
        if what == "write":
            write(root, writes, "write")
        elif what == "undo":
            undo(root)
        else:
            recover(root)
    except KeyboardInterrupt:
        os._exit(130)
    os._exit(0)


def has_ended(pid: int) -> bool:
    """Wait for a child; False where it was cut off."""
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code in (0, 130, -signal.SIGKILL), code
    return code == 0


def kill_at(point: int, events: frozenset[str] = CHANGES) -> None:
    """Have this process killed before the `point`-th of `events`."""
    passed = 0

    def is_last(event: str) -> bool:
        nonlocal passed
        passed += event in events
        return event in events and passed == point

    def listen(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING:
            event = "open to write"
        if is_last(event):
            die()

    write_whole = os.write

    def write_half(descriptor: int, data: memoryview) -> int:
        if is_last("half a write"):
            write_whole(descriptor, data[: len(data) // 2])
            die()
        return write_whole(descriptor, data)

    os.write = write_half  # type: ignore[assignment]
    sys.addaudithook(listen)


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("survived")


def interrupt_at(point: int) -> None:
    """Have KeyboardInterrupt raised before the `point`-th line that the journal executes."""
    passed = 0

    def trace(frame: FrameType, event: str, _: object) -> TraceFunction | None:
        nonlocal passed
        if not frame.f_code.co_filename.startswith(CODE):
            return None
        passed += event == "line"
        if event == "line" and passed == point:
            raise KeyboardInterrupt
        return trace

    sys.settrace(trace)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
