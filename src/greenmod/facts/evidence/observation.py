"""What failing tests say, as plain frozen data: which exception, with which words, and through which lines it came.

Nothing here reads the file system. Paths are POSIX and relative to the root; lines are 1-based; columns count UTF-8
bytes from 0 and are half open, as `ast` counts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from greenmod.facts.evidence.loads import LazyLoad


class Phase(str, Enum):
    """What of a test failed."""

    COLLECT = "collect"
    SETUP = "setup"
    CALL = "call"
    TEARDOWN = "teardown"


class Origin(str, Enum):
    """How an exception is known. Only of the first it is sure that the test failed because of it."""

    RAISED = "raised"  # the test failed with it
    CAUSE = "cause"  # another one was raised from it
    CONTEXT = "context"  # another one was raised while it was handled
    MEMBER = "member"  # a group that was raised held it
    HANDLED = "handled"  # the code under test logged or answered it instead of raising it
    OUTPUT = "output"  # what was printed or logged speaks of it
    ANSWER = "answer"  # the body of an HTTP answer with a status of 500 or more


@dataclass(frozen=True, slots=True, order=True)
class Frame:
    """A line of the repository's own files through which an exception came, and as what it was called there.

    `function` is the plain name, empty where that is not known. The columns are those of the expression that was
    evaluated, which ends on `end_line`: Python 3.11 and later know them. `text` is the line, stripped, where it was
    shown.
    """

    path: str
    line: int
    function: str = ""
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """One exception that a failing test met, or what a text says of one.

    `test` is pytest's id, with the path of the file as the repository has it. `type` is the exception's qualified
    name as tracebacks show it, empty where only a text is known. `frames` come outermost first, those of libraries
    left out. `warnings` are the coroutines that the test left un-awaited, in Python's words. `round` says with how
    many rounds of changes it was seen, 0 being without any; the frames are in lines of the files without changes
    all the same.
    """

    test: str
    phase: Phase
    type: str
    message: str
    frames: tuple[Frame, ...] = ()
    origin: Origin = Origin.RAISED
    warnings: tuple[str, ...] = ()
    round: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of failing tests, and of what tests loaded lazily, where that was traced.

    `files` has the SHA-256 of files that it speaks of, as they were then.
    """

    observations: tuple[Observation, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    loads: tuple[LazyLoad, ...] = ()


NO_EVIDENCE = Evidence()


def merged(*parts: Evidence) -> Evidence:
    """Put evidence together that is all about the same content; what was said twice is there as it was said first."""
    observations: dict[Observation, Observation] = {}
    for one in (one for part in parts for one in part.observations):
        observations.setdefault(replace(one, round=0), one)
    loads: dict[LazyLoad, LazyLoad] = {}
    for load in (load for part in parts for load in part.loads):
        loads.setdefault(replace(load, count=0, parents=0, round=0), load)
    files = {path: digest for part in parts for path, digest in part.files.items()}
    return Evidence(tuple(observations.values()), dict(sorted(files.items())), tuple(loads.values()))
