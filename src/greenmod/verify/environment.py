"""The environment variables and arguments of the tests: greenmod's own, with the sandbox in place of the original."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from greenmod.verify.interpreter import Interpreter
from greenmod.verify.sandbox import Sandbox


def environment(sandbox: Sandbox, folder: Path) -> dict[str, str]:
    """Return the variables for a Python that starts in a folder of the sandbox."""
    env = dict(os.environ)
    path = env.get("PYTHONPATH", "").split(os.pathsep)
    env["PYTHONPATH"] = os.pathsep.join(sandbox.counterpart(entry) for entry in path if entry)
    env["PWD"] = str(folder)
    env["PYTHONDONTWRITEBYTECODE"] = "1"  # no stale bytecode of a file rewritten within a second, none in the original
    env.setdefault("PYTHONHASHSEED", "0")  # tests made from sets come in one order
    return env


def activated(sandbox: Sandbox, interpreter: Interpreter, env: Mapping[str, str], plugin: Path) -> dict[str, str]:
    """Do what the interpreter's `activate` does, for tests that start its commands by name, and bring in the plugin."""
    path = os.pathsep.join((str(interpreter.path.parent), env.get("PATH", os.defpath)))
    # Editable installs put folders of the original on the path: the sandbox's come first.
    ours = (place for entry in interpreter.sys_path if (place := sandbox.counterpart(entry)) != entry)
    theirs = env.get("PYTHONPATH", "").split(os.pathsep)
    entries = (str(plugin), *filter(None, theirs), *filter(os.path.isdir, ours))
    home = {} if interpreter.environment is None else {"VIRTUAL_ENV": str(interpreter.environment)}
    return {**env, **home, "PATH": path, "PYTHONPATH": os.pathsep.join(entries)}


def map_argument(sandbox: Sandbox, argument: str) -> str:
    """Have an argument of pytest's that names a place in the original name that of the sandbox."""
    if argument.startswith("-") and "=" in argument:
        option, _, value = argument.partition("=")
        return f"{option}={sandbox.counterpart(value)}"
    return sandbox.counterpart(argument)
