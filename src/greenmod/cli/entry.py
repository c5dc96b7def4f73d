"""Where `greenmod` starts: answers what needs no command line parser, and is the border for every error.

Importing Typer costs more than most runs of the hook; so `--version`, and a run that has nothing to do, end here.
"""

from __future__ import annotations

import errno
import os
import sys

from greenmod import __version__


def main() -> None:
    """Run greenmod on `sys.argv` and leave with its exit code."""
    sys.exit(guarded(sys.argv[1:]))


def guarded(argv: list[str]) -> int:
    """Run one command; every error becomes a message and an exit code."""
    try:
        _open_closed_streams()
        code = _dispatch(argv)
        sys.stdout.flush()  # what can't be written is met here, and not after the last handler
    except KeyboardInterrupt:
        print("greenmod: interrupted; every file is as it was, or whole and in `greenmod undo`", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader went away (`| head`): not an error, and nothing more can be said to it.
        _discard_output()
        return 0
    except Exception as error:  # the border: what is not one of greenmod's own errors is a bug in greenmod
        return _explain(error)
    return code


def _dispatch(argv: list[str]) -> int:
    if argv in (["--version"], ["-V"]):
        print(f"greenmod {__version__}")
        return 0
    from greenmod.cli.quick import nothing_to_do

    if nothing_to_do(argv):
        return 0
    import signal

    from greenmod.cli.app import run_app

    # Being asked to end is like Ctrl-C: child processes stop, sandboxes go, the journal says what was written.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return run_app(argv)


def _explain(error: Exception) -> int:
    from greenmod.errors import GreenmodError
    from greenmod.model import ExitCode

    if isinstance(error, GreenmodError):
        print(f"greenmod: {error}", file=sys.stderr)
        return error.exit_code
    if isinstance(error, OSError) and error.filename is None and error.errno in (errno.ENOSPC, errno.EIO):
        print(f"greenmod: the output can't be written: {error.strerror}", file=sys.stderr)
        _discard_output()
        return ExitCode.FILES
    import traceback

    traceback.print_exception(error)
    print("greenmod: this is a bug in greenmod; the lines above say where", file=sys.stderr)
    return ExitCode.BUG


def _open_closed_streams() -> None:
    """Give streams that the caller closed (`>&-`) a place to go, lest a file opened later gets their number."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        while (descriptor := os.open(os.devnull, os.O_RDWR)) < 3:
            pass
        os.close(descriptor)
        sys.stdout = sys.stdout or os.fdopen(1, "w")
        sys.stderr = sys.stderr or os.fdopen(2, "w")


def _discard_output() -> None:
    """Let what is still buffered go nowhere: Python flushes once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
