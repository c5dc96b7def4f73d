"""greenmod's warm process: what a run of the tests always does first is done once, then each run is a fork of it.

It is pytest itself, started with the arguments of every run, that stops where the project's own code would first be
imported. By then pytest and its plugins are there; the libraries that the project imported in an earlier run are
imported now, under pytest's import hook, as if the project had asked for them. Nothing of the project may be there.

A run begins with a byte on the pipe of requests. The answers are lines: `ready` or `no REASON` once, then per run
`began PID` and `ended CODE`, a negative code being a signal. The process ends with the pipe of requests.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import threading
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def serve(channel: str, tree: str, output: str, modules: Sequence[str]) -> None:
    """Fork for each request; only the forks return. `channel` names the ends of the two pipes, `output` a file."""
    requests, answers = map(int, channel.split(","))
    obstacle = _preload(modules) or next(_obstacles(tree), "")
    if obstacle:
        os.write(answers, f"no {obstacle}\n".encode())
        os._exit(0)
    gc.collect()
    gc.freeze()
    os.write(answers, b"ready\n")
    while os.read(requests, 1):
        child = os.fork()
        if not child:
            _detach(output)
            os.write(answers, b"began %d\n" % os.getpid())
            os.close(requests)
            os.close(answers)
            return
        _, status = os.waitpid(child, 0)
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
        os.write(answers, b"ended %d\n" % code)
    os._exit(0)


def _preload(modules: Sequence[str]) -> str:
    """Import what the project has imported before. Return what forbids a fork: nothing may be left half done."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in modules:
            try:
                importlib.import_module(name)
            except ModuleNotFoundError:
                continue  # made by another module, without a file
            except Exception as error:
                # It needs what the project does first, such as settings, and has perhaps begun without.
                return f"{name} can't be imported before the project's own modules ({type(error).__name__})"
    return ""


def _obstacles(tree: str) -> Iterator[str]:
    """Yield what forbids a fork."""
    # A module of the project would be that of the first run for all others.
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__dict__", {}).get("__file__")
        if isinstance(file, str) and os.path.realpath(file).startswith(tree + os.sep):
            yield f"{name} is imported with pytest's plugins"
    # Threads don't survive a fork, and what they hold stays locked.
    if threading.active_count() > 1:
        yield f"the thread {threading.enumerate()[-1].name!r} runs as soon as the project's libraries are imported"
    tasks = "/proc/self/task"
    if os.path.isdir(tasks) and len(os.listdir(tasks)) > 1:
        yield "a library starts threads of its own when it is imported"


def _detach(output: str) -> None:
    """Give the fork a session of its own, so that all it starts can be ended with it, and its own output."""
    os.setsid()
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
