"""Where `greenmod` starts: answers what needs no command line parser, and is the border for every error.

Importing Typer costs more than most runs of the hook; so `--version`, and a run that has nothing to do, end here.
"""

from __future__ import annotations

import sys

from greenmod import __version__


def main() -> None:
    """Run greenmod on `sys.argv` and leave with its exit code."""
    argv = sys.argv[1:]
    if argv in (["--version"], ["-V"]):
        print(f"greenmod {__version__}")
        return
    sys.exit(guarded(argv))


def guarded(argv: list[str]) -> int:
    """Run one command; every error becomes a message and an exit code."""
    from greenmod.errors import GreenmodError
    from greenmod.model import ExitCode

    try:
        return _dispatch(argv)
    except GreenmodError as error:
        print(f"greenmod: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("greenmod: interrupted; every file is as it was, or whole and in `greenmod undo`", file=sys.stderr)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`| head`): not an error, and nothing more can be said to it.
        sys.stderr.close()
        return ExitCode.OK
    except Exception:  # the border: a bug in greenmod
        import traceback

        traceback.print_exc()
        print("greenmod: this is a bug in greenmod; the lines above say where", file=sys.stderr)
        return ExitCode.BUG


def _dispatch(argv: list[str]) -> int:
    from greenmod.cli.quick import nothing_to_do

    if nothing_to_do(argv):
        return 0
    import signal

    from greenmod.cli.app import run_app

    # Being asked to end is like Ctrl-C: child processes stop, sandboxes go, the journal says what was written.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return run_app(argv)
