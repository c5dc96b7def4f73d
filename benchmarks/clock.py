"""CPU seconds of commands, taken in rounds, so that what disturbs the machine disturbs all of them alike.

A time is user plus system of the process and of every descendant that was waited for. Wall time is never looked at.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Command:
    """One way to do a piece of work. `before` makes the files as they were; its time does not count.

    `env` is added to the environment. `codes` are the exit codes that mean the work was done.
    """

    name: str
    argv: tuple[str, ...]
    cwd: Path
    before: Callable[[], object] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    codes: tuple[int, ...] = (0,)
    is_slow: bool = False


@dataclass(frozen=True, slots=True)
class Times:
    """CPU seconds by name of command, a number per round."""

    seconds: Mapping[str, Sequence[float]]

    def median(self, name: str) -> float:
        return statistics.median(self.seconds[name])

    def ratio(self, name: str, other: str) -> float:
        """Return the median of how much more `name` cost than `other` in the same round."""
        pairs = zip(self.seconds[name], self.seconds[other], strict=False)
        return statistics.median(one / another for one, another in pairs)


@dataclass(frozen=True, slots=True)
class Rounds:
    """How often everything is measured; slow commands take part in the first `slow` rounds only."""

    all: int
    slow: int

    def time(self, commands: Sequence[Command], env: Mapping[str, str]) -> Times:
        """Run the commands by turns, after one round of the fast ones that does not count."""
        seconds: dict[str, list[float]] = {command.name: [] for command in commands}
        for number in range(self.all + 1):
            for command in commands:
                if command.is_slow and not 0 < number <= self.slow:
                    continue
                spent = cpu_seconds(command, env)
                if number:
                    seconds[command.name].append(spent)
                    print(f"{number:3}  {spent:8.3f}  {command.name}", file=sys.stderr, flush=True)
        return Times(seconds)


def cpu_seconds(command: Command, env: Mapping[str, str]) -> float:
    """Run one command. Ends the program, with what the command said, where it did not do its work."""
    if command.before is not None:
        command.before()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command.argv,
            cwd=command.cwd,
            env={**env, **command.env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in command.codes:
            output.seek(0)
            said = output.read()[-2000:].decode(errors="replace")
            sys.exit(f"{command.name}: {' '.join(command.argv)}: exit code {process.returncode}\n{said}")
    return usage.ru_utime + usage.ru_stime
