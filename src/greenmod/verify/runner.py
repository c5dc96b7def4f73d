"""One run of the project's tests in the sandbox, and what is left of it.

A test that hangs, or under which the process dies, is ended, named and left behind; the tests after it still run.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from greenmod.verify.environment import activated, environment, map_argument
from greenmod.verify.interpreter import ask, find_python
from greenmod.verify.outcomes import Ending, Outcome, Record, Sign
from greenmod.verify.process import Child, Command, Process
from greenmod.verify.sandbox import Files, Sandbox, unwritable
from greenmod.verify.transcript import Transcript, read
from greenmod.verify.verification import Audience, Suite
from greenmod.verify.warm import Warm, is_possible
from greenmod.verify.watch import Watch

# A folder of its own: nothing else of greenmod's environment may come in sight of the project.
_PLUGIN = Path(__file__).parent / "plugin"
_ASKS_FOR_XDIST = re.compile(r"-n|--numprocesses|--dist|--tx")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LAST_LINES = 15
_LAST_BYTES = 1 << 16
# How often a run is looked at while it goes on, in seconds.
_TICK = 0.1
# Tests that hang or crash before a run is given up.
_MOST_STOPS = 3
# What a test may take without a limit from the user: so many seconds, and so many times what it took before.
_LEAST_LIMIT = 60.0
_TIMES_BEFORE = 10
# What it may take while nothing is known of it; both hold for pytest while no test runs, too.
_FIRST_LIMIT = 600.0
# Where pytest reads its settings before it reads orders.
_SETTINGS = ("pyproject.toml", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini", "setup.cfg")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be run: with `files` in place of the original ones, `only` some tests, in a fork if that can be.

    `sites` are lines, see `sites.py`, of which it is told which tests run them. What they load lazily is told where it
    `traces` and the suite does.
    """

    files: Files
    only: frozenset[str] | None = None
    sites: Mapping[str, Sequence[tuple[int, int, int]]] = field(default_factory=dict)
    is_warm: bool = False
    traces: bool = True


class Runner:
    """Runs one selection of tests in one sandbox.

    `changed` are the files whose every import must come from the sandbox. `runs` counts the runs, `seconds` is what
    they took. `usual`, once it is set, is how long each test took in a first run: later ones are limited by it, and
    `modules` what was imported there, which forks need not import again.
    """

    def __init__(self, suite: Suite, sandbox: Sandbox, changed: Collection[str], audience: Audience) -> None:
        self.runs = 0
        self.seconds = 0.0
        self.usual: Mapping[str, float] | None = None
        self.modules: Sequence[str] = ()
        self._silence: float | None = None  # how long nothing happened in a run of all tests
        self._test_timeout = suite.test_timeout
        self._sandbox = sandbox
        self._audience = audience
        self._changed = sorted(changed)
        self._followed = set(changed)
        self._explains = suite.explains
        self._traces = suite.traces
        self._is_cold = suite.is_cold
        self._folder = sandbox.tree / suite.folder
        self._scratch = sandbox.scratch / "run"
        env = environment(sandbox, self._folder)
        self.interpreter = ask(find_python(suite, audience.tell), self._folder, env)
        self._args = (
            *(map_argument(sandbox, argument) for argument in suite.pytest_args),
            *self._processes(suite.jobs),
        )
        self._is_parallel = any(map(_ASKS_FOR_XDIST.match, self._args))
        self._env = activated(sandbox, self.interpreter, env, _PLUGIN)
        self._env["GREENMOD_ORDER"] = str(self._scratch / "order")
        self._can_warm = is_possible() and not self._is_parallel
        self._warm: Warm | None = None
        self._settings: Files = {}
        # Whether a run may leave bytecode for those after it: once, when none of it can end up in the original.
        self._may_compile = False
        self._has_compiled = "PYTHONDONTWRITEBYTECODE" in os.environ

    def run(self, asked: Asked) -> Transcript:
        """Run the tests once. Raises VerifyError where the sandbox can't be written."""
        self.runs += 1
        started = time.monotonic()
        known = len(self.usual) if self.usual is not None else None
        self._audience.begin("running tests", known if asked.only is None else len(asked.only))
        lines: list[str] = []
        only = asked.only
        for _ in range(_MOST_STOPS):
            part = self._part(asked, only)
            lines += map(self._relative, part.lines)
            record = read(lines)
            ending = _ending(record, part.exit_code)
            culprit = _culprit(record, part)
            if culprit is None or (self._is_parallel and part.overdue is None):
                break  # xdist itself goes on after a crash
            lines.append(_stopped(culprit, part))
            record = read(lines)
            only = frozenset(test for test in record.collected if Sign(test) not in record.results)
            if not only:
                ending = Ending.FINISHED
                break
        if asked.only is None and not self._has_compiled:
            self._keep_bytecode(record)
        seconds = time.monotonic() - started
        self.seconds += seconds
        return Transcript(
            tuple(lines), ending, part.exit_code, self._relative(_tail(self._scratch / "output")), seconds
        )

    def prefer(self, folders: Collection[str]) -> None:
        """Have modules imported from the sandbox's copies of these folders of the original before any other."""
        ours = (self._sandbox.counterpart(os.path.realpath(folder)) for folder in sorted(folders))
        self._env["PYTHONPATH"] = os.pathsep.join((*filter(os.path.isdir, ours), self._env["PYTHONPATH"]))

    def follow(self, changed: Collection[str]) -> bool:
        """Have other files' imports come from the sandbox; False if runs so far did not look at some of them."""
        self._changed = sorted(changed)
        modules = {path for path in changed if path.endswith(".py") and (self._sandbox.tree / path).exists()}
        has_all = modules <= self._followed
        self._followed |= modules
        return has_all

    def close(self) -> None:
        """End the warm process, if there is one."""
        if self._warm is not None:
            self._warm.close()
            self._warm = None

    def _part(self, asked: Asked, only: frozenset[str] | None) -> _Part:
        """Run tests until they end, or one of them takes too long."""
        self._prepare(asked, only)
        child = self._start(asked)
        try:
            watch = Watch(self._scratch / "results", self._limit, self._audience.advance)
            exit_code = overdue = None
            while exit_code is None and overdue is None:
                exit_code = child.wait(_TICK)
                watch.look()
                overdue = watch.overdue() if exit_code is None else None
        finally:
            child.end()
        if exit_code is not None and only is None:
            self._silence = max(self._silence or 0.0, watch.silence)
        said = len(watch.lines)
        watch.look()
        # Of what an interrupted test says only what it has run is true of it.
        late = (line for line in watch.lines[said:] if json.loads(line)["event"] == "executed")
        return _Part((*watch.lines[:said], *late), exit_code, overdue)

    def _prepare(self, asked: Asked, only: frozenset[str] | None) -> None:
        order = {
            "results": str(self._scratch / "results"),
            "output": str(self._scratch / "output"),
            "root": os.path.realpath(self._sandbox.root),
            "tree": str(self._sandbox.tree),
            "changed": self._changed,
            "only": None if only is None else self._in_order(only),
            "is_parallel": self._is_parallel,
            "modules": list(self.modules),
            "sites": dict(asked.sites),
            "explains": self._explains and asked.only is None,
            "traces": self._traces and asked.traces,
            "is_cold": self._is_cold,
        }
        try:
            self._sandbox.show(asked.files)
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch.mkdir()
            (self._scratch / "order").write_text(json.dumps(order), encoding="utf-8")
        except OSError as error:
            raise unwritable(error) from error

    def _keep_bytecode(self, record: Record) -> None:
        if self._may_compile:
            self._sandbox.adopt_bytecode(self._changed)
            self._has_compiled = True
        self._may_compile = record.status is not None and not record.foreign

    def _start(self, asked: Asked) -> Child:
        env = dict(self._env)
        if self._may_compile and not self._has_compiled and asked.only is None:
            del env["PYTHONDONTWRITEBYTECODE"]
        command = Command(self._words, self._folder, env, self._scratch / "output")
        warm = self._warmed(command, asked.files) if asked.is_warm and self._can_warm else None
        fork = warm.run() if warm is not None else None
        return fork or Process(command)

    def _warmed(self, command: Command, files: Files) -> Warm | None:
        """Return the warm process; a new one where pytest's settings are not those that it has read."""
        settings = {name: files[name] for name in _SETTINGS if name in files}
        if self._warm is not None and (settings != self._settings or not self._warm.is_alive):
            self.close()
        if self._warm is None:
            self._settings = settings
            self._warm = Warm(replace(command, output=self._sandbox.scratch / "warm"))
            if self._warm.obstacle:
                self._audience.tell(f"Each run starts anew: {self._warm.obstacle}")
                self._can_warm = False
                self.close()
        return self._warm

    def _in_order(self, tests: Collection[str]) -> list[str]:
        """Put tests into the order of the first run; those that it didn't have come last."""
        known = [test for test in self.usual or () if test in tests]
        return [*known, *sorted(set(tests).difference(known))]

    def _limit(self, test: str) -> float:
        if not test:
            return max(_limit_of(self._silence), self._test_timeout or 0.0)
        if self._test_timeout is not None:
            return self._test_timeout
        return _limit_of(None if self.usual is None else self.usual.get(test, 0.0))

    def _processes(self, jobs: int | None) -> tuple[str, ...]:
        if jobs is None:
            return ()
        if not self.interpreter.has_xdist:
            self._audience.tell("--jobs: the project has no pytest-xdist, so its tests run in one process")
            return ()
        return ("-n", str(jobs))

    @property
    def _words(self) -> tuple[str, ...]:
        return (
            *(str(self.interpreter.path), "-m", "pytest", "-p", "greenmod_pytest", *self._args),
            # One broken file, or one failure under `-x`, is not the end: the other tests speak too.
            *("--continue-on-collection-errors", "--maxfail=0"),
            # Each run starts with no memory of the last one, and leaves nothing behind.
            *("-o", f"cache_dir={self._scratch / 'cache'}", f"--basetemp={self._scratch / 'tmp'}"),
        )

    def _relative(self, text: str) -> str:
        """Take the sandbox out of what is shown: its paths mean nothing to anyone, and differ each time."""
        tree = str(self._sandbox.tree)
        for shown in (json.dumps(tree)[1:-1], tree):
            text = text.replace(shown + os.sep, "").replace(shown, ".")
        return text


@dataclass(frozen=True, slots=True)
class _Part:
    """What one process said. `exit_code` is None where it was ended: for `overdue`, a test, or "" if none ran."""

    lines: tuple[str, ...]
    exit_code: int | None
    overdue: str | None


def _limit_of(before: float | None) -> float:
    """Return how long something may take that took so long `before`, None if that is not known."""
    return _FIRST_LIMIT if before is None else _LEAST_LIMIT + _TIMES_BEFORE * before


def _culprit(record: Record, part: _Part) -> str | None:
    """Return the test that kept a process from coming to its end."""
    if part.overdue is not None:
        return part.overdue or None
    return record.running[0] if record.status is None and len(record.running) == 1 else None


def _stopped(test: str, part: _Part) -> str:
    """Return the line that says what became of a test whose process can't."""
    outcome, message = Outcome.CRASHED, f"the process ended under it (exit code {part.exit_code})"
    if part.exit_code is None:
        outcome, message = Outcome.TIMED_OUT, "it took too long, and was ended"
    return json.dumps({"event": "stopped", "id": test, "outcome": outcome.value, "message": message}) + "\n"


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


def _tail(path: Path) -> str:
    """Return the last lines of a run's output."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LAST_BYTES))
        text = _COLOUR.sub("", file.read().decode("utf-8", "replace"))
    return "\n".join(text.rstrip().splitlines()[-_LAST_LINES:])
