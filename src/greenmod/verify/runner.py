"""One run of the project's tests in the sandbox, as a child process, and what is left of it.

Whatever happens, Ctrl-C included, no process of a run outlives it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from pathlib import Path

from greenmod.verify.interpreter import ask, find_python
from greenmod.verify.outcomes import Ending, Record, Run, read
from greenmod.verify.sandbox import Files, Sandbox, unwritable
from greenmod.verify.verification import Suite

# A folder of its own: nothing else of greenmod's environment may come in sight of the project.
_PLUGIN = Path(__file__).parent / "plugin"
_ASKS_FOR_XDIST = re.compile(r"-n|--numprocesses|--dist|--tx")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LAST_LINES = 15
_LAST_BYTES = 1 << 16
# What a test gets to clean up before it is killed, in seconds.
_GRACE = 0.5


class Runner:
    """Runs one selection of tests in one sandbox. `limit` is how long a run may take, in seconds.

    `changed` are the files whose every import must come from the sandbox.
    """

    def __init__(self, suite: Suite, sandbox: Sandbox, changed: Collection[str] = ()) -> None:
        self.limit = suite.timeout
        self.runs = 0
        self._sandbox = sandbox
        self._changed = sorted(changed)
        self._folder = sandbox.tree / suite.folder
        self._args = tuple(_map_argument(sandbox, argument) for argument in suite.pytest_args)
        env = _environment(sandbox, self._folder, dict(os.environ))
        self.interpreter = ask(find_python(suite), self._folder, env)
        self._env = _activate(self.interpreter.path, self.interpreter.environment, env)
        # Editable installs put folders of the original on the path: the sandbox's come first.
        ours = (place for entry in self.interpreter.sys_path if (place := sandbox.counterpart(entry)) != entry)
        theirs = self._env.get("PYTHONPATH", "").split(os.pathsep)
        entries = (str(_PLUGIN), *filter(None, theirs), *filter(os.path.isdir, ours))
        self._env["PYTHONPATH"] = os.pathsep.join(entries)

    def run(self, files: Files, only: Collection[str] | None = None) -> Run:
        """Run the tests (`only` some of them) with `files` in place of the original ones."""
        self.runs += 1
        scratch = self._sandbox.scratch / str(self.runs)
        try:
            self._sandbox.show(files)
            scratch.mkdir()
            self._give_order(scratch, only)
        except OSError as error:
            raise unwritable(error) from error
        started = time.monotonic()
        exit_code = self._call(scratch)
        seconds = time.monotonic() - started
        record = read(self._relative(line) for line in _lines(scratch / "results"))
        output = self._relative(_tail(scratch / "output"))
        shutil.rmtree(scratch, ignore_errors=True)
        return Run(record, _ending(record, exit_code), exit_code, output, seconds)

    def _give_order(self, scratch: Path, only: Collection[str] | None) -> None:
        order = {
            "results": str(scratch / "results"),
            "root": os.path.realpath(self._sandbox.root),
            "tree": str(self._sandbox.tree),
            "changed": self._changed,
            "only": None if only is None else sorted(only),
            "is_parallel": any(map(_ASKS_FOR_XDIST.match, self._args)),
        }
        (scratch / "order").write_text(json.dumps(order), encoding="utf-8")

    def _call(self, scratch: Path) -> int | None:
        """Run pytest and return its exit code, or None if it took longer than the limit."""
        env = {**self._env, "GREENMOD_ORDER": str(scratch / "order")}
        with (scratch / "output").open("wb") as output:
            process = subprocess.Popen(
                self._command(scratch),
                cwd=self._folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                return process.wait(self.limit)
            except subprocess.TimeoutExpired:
                return None
            finally:
                _end(process)

    def _command(self, scratch: Path) -> list[str]:
        return [
            *(str(self.interpreter.path), "-m", "pytest", "-p", "greenmod_pytest", *self._args),
            # One broken file, or one failure under `-x`, is not the end: the other tests speak too.
            *("--continue-on-collection-errors", "--maxfail=0"),
            # Each run starts with no memory of the last one, and leaves nothing behind.
            *("-o", f"cache_dir={scratch / 'cache'}", f"--basetemp={scratch / 'tmp'}"),
        ]

    def _relative(self, text: str) -> str:
        """Take the sandbox out of what is shown: its paths mean nothing to anyone, and differ each time."""
        tree = str(self._sandbox.tree)
        for shown in (json.dumps(tree)[1:-1], tree):
            text = text.replace(shown + os.sep, "").replace(shown, ".")
        return text


def _environment(sandbox: Sandbox, folder: Path, env: dict[str, str]) -> dict[str, str]:
    """Turn greenmod's own environment variables into the tests'."""
    path = env.get("PYTHONPATH", "").split(os.pathsep)
    env["PYTHONPATH"] = os.pathsep.join(sandbox.counterpart(entry) for entry in path if entry)
    env["PWD"] = str(folder)
    env["PYTHONDONTWRITEBYTECODE"] = "1"  # no stale bytecode of a file rewritten within a second, none in the original
    env.setdefault("PYTHONHASHSEED", "0")  # tests made from sets come in one order
    return env


def _activate(python: Path, environment: Path | None, env: Mapping[str, str]) -> dict[str, str]:
    """Do what the environment's `activate` does, for tests that start its commands by name."""
    activated = {**env, "PATH": os.pathsep.join((str(python.parent), env.get("PATH", os.defpath)))}
    if environment is not None:
        activated["VIRTUAL_ENV"] = str(environment)
    return activated


def _map_argument(sandbox: Sandbox, argument: str) -> str:
    if argument.startswith("-") and "=" in argument:
        option, _, value = argument.partition("=")
        return f"{option}={sandbox.counterpart(value)}"
    return sandbox.counterpart(argument)


def _ending(record: Record, exit_code: int | None) -> Ending:
    if exit_code is None:
        return Ending.TIMED_OUT
    if record.lost_worker:
        return Ending.CRASHED
    if record.status is not None:
        return {2: Ending.INTERRUPTED, 3: Ending.UNUSABLE, 4: Ending.UNUSABLE}.get(record.status, Ending.FINISHED)
    # Without a session pytest still ends by itself (1 to 5) when arguments or a conftest are wrong.
    has_begun = bool(record.running or record.results)
    return Ending.UNUSABLE if 0 < exit_code < 6 and not has_begun else Ending.CRASHED


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a run's process and all that it started: first as Ctrl-C would, so that fixtures can clean up."""
    if sys.platform == "win32":
        process.kill()
    else:
        try:
            if process.poll() is None:
                _signal_group(process.pid, signal.SIGINT)
                process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _signal_group(process.pid, signal.SIGKILL)
    process.wait()


def _signal_group(leader: int, number: int) -> None:
    try:
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):
        return  # nobody is left (macOS says so with EPERM)


def _lines(path: Path) -> list[str]:
    if not path.exists():
        return []
    return path.read_text(encoding="utf-8").splitlines(keepends=True)


def _tail(path: Path) -> str:
    """Return the last lines of a run's output."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LAST_BYTES))
        text = _COLOUR.sub("", file.read().decode("utf-8", "replace"))
    return "\n".join(text.rstrip().splitlines()[-_LAST_LINES:])
